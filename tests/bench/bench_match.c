/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching at size, one task a process, so that the memory said is the task's own.
 *
 *   bench_match                          a round of all tasks at small sizes
 *   bench_match dense|tied|levelsL|popular|effects|crowd N   the optimal matching of N by N, all allowed, by rows of a matrix of single precision:
 *                                        any score; by how many of 8 attributes agree; L levels by lot; products of two people's worth; their
 *                                        sums; sums of three levels of each
 *   bench_match sparse|sparse_tied N     the most pairs, then the highest total, of N by N with 20 candidates each
 *   bench_match leximin|leximin_tied N   the worst-off first, N by N listed, all allowed: any score; 20 levels
 *   bench_match write FILE N [zipf]      lists of 20 for N proposers, with ranks within each receiver; zipf: popular receivers
 *   bench_match lists FILE               deferred acceptance on them
 *
 * Inside the clock: from the scores or lists in memory to the pairs, checks of the pool, lots and certificate included. match_peers runs each in turn
 * with SciPy, LEMON and NumPy on the same scores, which come from a counter hash. Prints: task, N, processor seconds of the best of the runs, total
 * or checksum, pairs, peak of the process in MB. */
#include "bench/bench.h"
#include "match/pools.h"

#include "match/market.h"
#include "mentorlab/match.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIST = 20 };

static void need(mlab_status status, const mlab_error *err)
{
    if (status == MLAB_OK) return;
    fprintf(stderr, "bench_match: %s\n", err->sentence);
    exit(EXIT_FAILURE);
}

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory) return memory;
    fprintf(stderr, "bench_match: no memory for %zu elements\n", count);
    exit(EXIT_FAILURE);
}

/* Seconds of the processor: one thread, so on a quiet machine those of the clock. */
static double processor(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* MB this process had at most */
static double peak(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[128];
    double kb = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %lf", &kb) == 1) break;
    if (file) fclose(file);
    return kb / 1024;
}

static void tell(const char *task, size_t n, double seconds, double total, size_t pairs)
{
    printf("%s,%zu,%.6g,%.10g,%zu,%.0f\n", task, n, seconds, total, pairs, peak());
}

typedef struct matrix {
    size_t n;
    float *score;
} matrix;

static void give_row(void *source, size_t mentee, float *score)
{
    const matrix *m = source;
    memcpy(score, m->score + mentee * m->n, m->n * sizeof *score);
}

static double dense_score(const char *task, size_t n, size_t i, size_t j)
{
    if (strcmp(task, "dense") == 0) return 100 * test_hash(1, i * n + j);
    if (strcmp(task, "popular") == 0) return 100 * test_hash(2, i) * test_hash(3, j);
    if (strcmp(task, "effects") == 0) return 50 * (test_hash(2, i) + test_hash(3, j));
    if (strcmp(task, "crowd") == 0) return 25 * (floor(3 * test_hash(2, i)) + floor(3 * test_hash(3, j)));
    if (strncmp(task, "levels", 6) == 0) {
        const double levels = strtod(task + 6, NULL);
        return 100 * floor(levels * test_hash(1, i * n + j)) / levels;
    }
    unsigned differ = (unsigned)(test_hash(7, i) * 256) ^ (unsigned)(test_hash(8, j) * 256), agree = 8;
    for (; differ; differ &= differ - 1) agree--;
    return 12.5 * agree;
}

static void run_pool(const char *task, const char *policy, const mlab_pool *pool, bool participation, int runs)
{
    mlab_context context = mlab_bench_context(1);
    const mlab_policy_request request = {.pool = pool, .seed = 1, .options = {.participation_first = participation}};
    mlab_policy_result result = {.mentor_of = room(pool->n_mentees, sizeof *result.mentor_of)};
    double best = INFINITY;
    for (int k = 0; k < runs; k++) {
        mlab_error err;
        const double start = processor();
        need(mlab_policy_assign(&context, mlab_policy_find(policy), &request, &result, &err), &err);
        best = fmin(best, processor() - start);
    }
    size_t pairs = 0;
    for (size_t i = 0; i < pool->n_mentees; i++) pairs += result.mentor_of[i] != MLAB_UNMATCHED;
    tell(task, pool->n_mentees, best, result.objective / 100, pairs);
    free(result.mentor_of);
}

static int32_t *ones(size_t n)
{
    int32_t *capacity = room(n, sizeof *capacity);
    for (size_t j = 0; j < n; j++) capacity[j] = 1;
    return capacity;
}

static void run_dense(const char *task, size_t n, int runs)
{
    matrix m = {n, room(n * n, sizeof *m.score)};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) m.score[i * n + j] = (float)dense_score(task, n, i, j);
    int32_t *capacity = ones(n);
    const mlab_pool pool = {.n_mentees = n, .n_mentors = n, .capacity = capacity, .score_row = give_row, .source = &m};
    run_pool(task, "optimal", &pool, false, runs);
    free(capacity);
    free(m.score);
}

/* The worst-off first, of N by N candidates all listed: any score, or 20 levels. */
static void run_leximin(const char *task, size_t n)
{
    size_t *first = room(n + 1, sizeof *first);
    int32_t *mentor = room(n * n, sizeof *mentor), *capacity = ones(n);
    double *score = room(n * n, sizeof *score);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            mentor[i * n + j] = (int32_t)j;
            const double s = test_hash(1, i * n + j);
            score[i * n + j] = strcmp(task, "leximin") == 0 ? 100 * s : 5 * floor(20 * s);
        }
        first[i + 1] = (i + 1) * n;
    }
    const mlab_pool pool = {.n_mentees = n, .n_mentors = n, .capacity = capacity, .first = first, .mentor = mentor, .score = score};
    run_pool(task, "fair", &pool, false, 1);
    free(first);
    free(mentor);
    free(capacity);
    free(score);
}

typedef struct entry {
    uint32_t to;
    double score;
} entry;

static int by_to(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return (x->to > y->to) - (x->to < y->to);
}

/* List of one proposer in order of wish, each receiver once. */
static size_t make_list(size_t n, size_t i, double power, entry list[LIST])
{
    size_t used = 0;
    for (size_t r = 0; r < LIST; r++) {
        const double u = test_hash(2, i * LIST + r);
        const uint32_t to = (uint32_t)((power == 1 ? u : pow(u, power)) * (double)n);
        size_t k = 0;
        while (k < used && list[k].to != to) k++;
        if (k == used) list[used++] = (entry){to, test_hash(3, i * LIST + r)};
    }
    return used;
}

static void run_sparse(const char *task, size_t n, int runs)
{
    size_t *first = room(n + 1, sizeof *first), used = 0;
    int32_t *mentor = room(n * LIST, sizeof *mentor), *capacity = ones(n);
    double *score = room(n * LIST, sizeof *score);
    for (size_t i = 0; i < n; i++) {
        entry list[LIST];
        const size_t length = make_list(n, i, 1, list);
        qsort(list, length, sizeof *list, by_to);
        for (size_t k = 0; k < length; k++) {
            mentor[used] = (int32_t)list[k].to;
            score[used++] = 100 * (strcmp(task, "sparse") == 0 ? list[k].score : floor(8 * list[k].score) / 8);
        }
        first[i + 1] = used;
    }
    const mlab_pool pool = {.n_mentees = n, .n_mentors = n, .capacity = capacity, .first = first, .mentor = mentor, .score = score};
    run_pool(task, "optimal", &pool, true, runs);
    free(first);
    free(mentor);
    free(capacity);
    free(score);
}

/* --- lists --------------------------------------------------------------------------------------- */

typedef struct wish {
    double score;
    size_t at;
    uint32_t to;
} wish;

static int by_wish(const void *a, const void *b)
{
    const wish *x = a, *y = b;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    return x->score > y->score ? -1 : x->score < y->score;
}

static void write_lists(const char *path, size_t n, double power)
{
    size_t *first = room(n + 1, sizeof *first), used = 0;
    mlab_choice *choice = room(n * LIST, sizeof *choice);
    wish *wishes = room(n * LIST, sizeof *wishes);
    for (size_t i = 0; i < n; i++) {
        entry list[LIST];
        const size_t length = make_list(n, i, power, list);
        for (size_t k = 0; k < length; k++, used++) {
            choice[used].to = list[k].to;
            wishes[used] = (wish){list[k].score, used, list[k].to};
        }
        first[i + 1] = used;
    }
    qsort(wishes, used, sizeof *wishes, by_wish);
    for (size_t k = 0; k < used; k++) choice[wishes[k].at].rank = k && wishes[k].to == wishes[k - 1].to ? choice[wishes[k - 1].at].rank + 1 : 0;
    FILE *file = fopen(path, "wb");
    const bool done = file && fwrite(&n, sizeof n, 1, file) == 1 && fwrite(first, sizeof *first, n + 1, file) == n + 1 &&
                      fwrite(choice, sizeof *choice, used, file) == used;
    if (!file || fclose(file) || !done) {
        fprintf(stderr, "bench_match: cannot write %s\n", path);
        exit(EXIT_FAILURE);
    }
    free(first);
    free(choice);
    free(wishes);
}

static void run_lists(const char *path, int runs)
{
    FILE *file = fopen(path, "rb");
    size_t n = 0;
    if (!file || fread(&n, sizeof n, 1, file) != 1) exit(EXIT_FAILURE);
    size_t *first = malloc((n + 1) * sizeof *first);
    if (!first || fread(first, sizeof *first, n + 1, file) != n + 1) exit(EXIT_FAILURE);
    mlab_choice *choice = malloc(first[n] * sizeof *choice);
    uint64_t *held = malloc(n * sizeof *held);
    if (!choice || !held || fread(choice, sizeof *choice, first[n], file) != first[n]) exit(EXIT_FAILURE);
    fclose(file);
    mlab_context context = mlab_bench_context(1);
    const mlab_market market = {.n_proposers = n, .n_receivers = n, .first = first, .choice = choice};
    double best = INFINITY;
    for (int k = 0; k < runs; k++) {
        mlab_error err;
        const double start = processor();
        need(mlab_market_clear(&context, &market, held, &err), &err);
        best = fmin(best, processor() - start);
    }
    size_t pairs = 0;
    double checksum = 0;
    for (size_t j = 0; j < n; j++)
        if (held[j] != MLAB_NO_TAKER) {
            pairs++;
            checksum += (double)(31 * (held[j] & UINT32_MAX) + 17 * j);
        }
    printf("lists,%zu,%.6g,%.17g,%zu,%.0f\n", n, best, checksum, pairs, peak());
    free(first);
    free(choice);
    free(held);
}

static bool is_dense(const char *task)
{
    static const char *const tasks[] = {"dense", "tied", "popular", "effects", "crowd"};
    for (size_t k = 0; k < sizeof tasks / sizeof *tasks; k++)
        if (strcmp(task, tasks[k]) == 0) return true;
    return strncmp(task, "levels", 6) == 0 && strtod(task + 6, NULL) >= 1;
}

int main(int argc, char **argv)
{
    const char *task = argc > 1 ? argv[1] : "";
    if (argc == 1) {
        run_dense("dense", 1000, 5);
        run_dense("tied", 1000, 5);
        run_sparse("sparse", 20000, 3);
    } else if (argc >= 4 && strcmp(task, "write") == 0)
        write_lists(argv[2], strtoul(argv[3], NULL, 10), argc > 4 ? 3 : 1);
    else if (argc == 3 && strcmp(task, "lists") == 0)
        run_lists(argv[2], 3);
    else if (argc == 3 && strncmp(task, "sparse", 6) == 0)
        run_sparse(task, strtoul(argv[2], NULL, 10), 1);
    else if (argc == 3 && strncmp(task, "leximin", 7) == 0)
        run_leximin(task, strtoul(argv[2], NULL, 10));
    else if (argc == 3 && is_dense(task))
        run_dense(task, strtoul(argv[2], NULL, 10), strtoul(argv[2], NULL, 10) > 2000 ? 1 : 5);
    else {
        fprintf(stderr, "usage: bench_match [dense|tied|levelsL|popular|effects|crowd|leximin|leximin_tied|sparse|sparse_tied N | write FILE N "
                        "[zipf] | lists FILE]\n");
        return 2;
    }
    return 0;
}
