/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real matchmaking event (99 candidates who rank up to three research areas, 87 faculty with one), where MLAB_TEST_DATA has it. */
#include "data/rows.h"
#include "pools.h"
#include "support/support.h"

#include <stdio.h>

enum { MOST = 200, CHOICES = 3, PLACES = 2 };

typedef struct event {
    size_t n, m;
    char wants[MOST][CHOICES][16], has[MOST][16];
    size_t first[MOST + 1];
    int32_t mentor[MOST * MOST], rank[MOST * MOST], capacity[MOST];
    double score[MOST * MOST];
    mlab_pool pool;
} event;

static event it;

static size_t column(const mlab_rows *rows, const char *name)
{
    size_t i = 0;
    while (i < rows->n_columns && strcmp(rows->names[i], name)) i++;
    ck_assert_uint_lt(i, rows->n_columns);
    return i;
}

static void take_row(const mlab_rows *rows, const mlab_cell *row)
{
    static const char *const names[] = {"primaryresearcharea", "secondChoice", "thirdChoice"};
    const char *side = row[column(rows, "indicator")].text;
    if (*side == 'F')
        snprintf(it.has[it.m++], sizeof it.has[0], "%s", row[column(rows, names[0])].text);
    else if (*side == 'S') {
        for (size_t k = 0; k < CHOICES; k++) snprintf(it.wants[it.n][k], sizeof it.wants[0][0], "%s", row[column(rows, names[k])].text);
        it.n++;
    }
}

/* A candidate may have any faculty of an area they rank; the score falls with the rank. */
static bool load(const mlab_context *context)
{
    char path[4096];
    const char *folder = getenv("MLAB_TEST_DATA");
    if (!folder) {
        fprintf(stderr, "SKIPPED: MLAB_TEST_DATA is not set, the matchmaking event is not tried\n");
        return false;
    }
    snprintf(path, sizeof path, "%s/mentor-matching-event/matching_event_reduced.csv", folder);
    const mlab_rows_options options = {0};
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_row_block block;
    mlab_findings_start(&findings, context);
    ck_assert_int_eq(mlab_rows_open(context, path, path, &options, &findings, &rows, NULL), MLAB_OK);
    while (mlab_rows_next(rows, &block, NULL) == MLAB_OK && block.n_rows)
        for (size_t i = 0; i < block.n_rows; i++) take_row(rows, &block.cells[i * block.n_columns]);
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    size_t e = 0;
    for (size_t i = 0; i < it.n; i++) {
        for (size_t j = 0; j < it.m; j++)
            for (int k = 0; k < CHOICES; k++)
                if (*it.has[j] && !strcmp(it.has[j], it.wants[i][k])) {
                    it.mentor[e] = (int32_t)j;
                    it.rank[e] = k + 1;
                    it.score[e++] = 100 - 30 * k;
                    break;
                }
        it.first[i + 1] = e;
    }
    for (size_t j = 0; j < it.m; j++) it.capacity[j] = PLACES;
    it.pool = (mlab_pool){.n_mentees = it.n, .n_mentors = it.m, .capacity = it.capacity, .first = it.first, .mentor = it.mentor, .score = it.score};
    return true;
}

START_TEST(the_best_total_of_the_event_is_not_below_the_stable_one_nor_that_below_chance)
{
    mlab_context context = mlab_test_context(NULL, 1);
    if (!load(&context)) return;
    ck_assert_uint_eq(it.n, 99);
    ck_assert_uint_eq(it.m, 87);
    int32_t got[MOST];
    size_t best_pairs, stable_pairs, chance_pairs = 0, pairs;
    double best, stable, chance = 0;
    ck_assert_int_eq(test_assign(&context, "optimal", &it.pool, 1, 0, got, NULL), MLAB_OK);
    best = test_total(&it.pool, got, &best_pairs);
    it.pool.mentee_rank = it.rank;
    ck_assert_int_eq(test_assign(&context, "deferred_acceptance", &it.pool, 1, 0, got, NULL), MLAB_OK);
    stable = test_total(&it.pool, got, &stable_pairs);
    for (uint32_t r = 0; r < 50; r++) {
        ck_assert_int_eq(test_assign(&context, "random", &it.pool, 1, r, got, NULL), MLAB_OK);
        chance += test_total(&it.pool, got, &pairs) / 50;
        chance_pairs += pairs;
    }
    printf("event: optimal %.0f with %zu pairs, deferred acceptance %.0f with %zu, random %.0f with %.1f\n", best, best_pairs, stable, stable_pairs,
           chance, (double)chance_pairs / 50);
    ck_assert_double_ge(best, stable);
    ck_assert_double_gt(stable, chance);
    ck_assert_uint_ge(best_pairs, 80);
}
END_TEST

MLAB_TEST_MAIN("event", the_best_total_of_the_event_is_not_below_the_stable_one_nor_that_below_chance)
