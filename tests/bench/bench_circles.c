/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circles, networks and a cohort matched again: time, nodes of the search and the gap that is left. bench_circles [circles|networks|cohorts]: all,
 * or only these. */
#include "bench/bench.h"
#include "match/pools.h"

#include "match/cohort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

typedef struct world {
    mlab_pool pool;
    size_t *first;
    int32_t *mentor, *capacity, *group, *team, *role, *got;
    double *score;
    mlab_context context;
    mlab_policy_request request;
    mlab_policy_result result;
    const char *policy;
} world;

/* density: share of pairs that are allowed; tied: scores in 20 steps. */
static world make(size_t n, size_t m, int32_t places, double density, bool tied)
{
    world w = {.first = need(n + 1, sizeof *w.first),
               .mentor = need((size_t)((double)n * (double)m * density * 1.2) + m, sizeof *w.mentor),
               .capacity = need(m, sizeof *w.capacity),
               .group = need(n, sizeof *w.group),
               .team = need(n, sizeof *w.team),
               .role = need(m, sizeof *w.role),
               .got = need(3 * n, sizeof *w.got),
               .score = need((size_t)((double)n * (double)m * density * 1.2) + m, sizeof *w.score),
               .context = mlab_bench_context(1)};
    size_t e = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            if (test_hash(1, i * m + j) >= density) continue;
            const double s = test_hash(2, i * m + j);
            w.mentor[e] = (int32_t)j;
            w.score[e++] = tied ? 5 * (double)(int)(20 * s) : 100 * s;
        }
        w.first[i + 1] = e;
        w.group[i] = (int32_t)(test_hash(3, i) * 3);
        w.team[i] = (int32_t)(test_hash(4, i) * (double)n / 4);
    }
    for (size_t j = 0; j < m; j++) {
        w.capacity[j] = places;
        w.role[j] = (int32_t)(j % 3);
    }
    w.pool = (mlab_pool){.n_mentees = n, .n_mentors = m, .capacity = w.capacity, .first = w.first, .mentor = w.mentor, .score = w.score};
    return w;
}

static void drop(world *w)
{
    free(w->first);
    free(w->mentor);
    free(w->capacity);
    free(w->group);
    free(w->team);
    free(w->role);
    free(w->got);
    free(w->score);
}

static void body(void *pointer)
{
    world *w = pointer;
    mlab_error err;
    w->request.pool = &w->pool;
    w->result.mentor_of = w->got;
    if (mlab_policy_assign(&w->context, mlab_policy_find(w->policy), &w->request, &w->result, &err)) {
        fprintf(stderr, "%s\n", err.sentence);
        exit(EXIT_FAILURE);
    }
}

static void circles(size_t n, size_t m, bool mix, bool teams, bool tied)
{
    world w = make(n, m, 8, 0.8, tied);
    w.policy = "group";
    w.request.options = (mlab_policy_options){.group_low = 4, .group_high = 7, .mix_least = mix, .time_limit = 10};
    if (mix) {
        w.pool.mentee_group = w.group;
        w.pool.n_groups = 3;
    }
    if (teams) w.pool.mentee_team = w.team;
    char what[128];
    snprintf(what, sizeof what, "%zu in circles of %zu mentors%s%s%s", n, m, mix ? ", one of each of 3" : "", teams ? ", no team twice" : "",
             tied ? ", tied" : "");
    mlab_bench_rate(what, 1, 3, 1, "matchings/s", body, &w);
    printf("%-66s %s, %llu nodes, gap %.4g %%\n", what, mlab_policy_status_name(w.result.status), (unsigned long long)w.result.nodes,
           100 * w.result.gap);
    drop(&w);
}

static void networks(size_t n, size_t m, double density)
{
    world w = make(n, m, 8, density, false);
    w.policy = "network";
    w.request.options.mentors_each = 3;
    w.pool.mentor_role = w.role;
    char what[128];
    snprintf(what, sizeof what, "networks of 3 of %zu mentees, %zu mentors", n, m);
    mlab_bench_rate(what, 1, 3, 1, "matchings/s", body, &w);
    drop(&w);
}

static void again(void *pointer)
{
    world *w = pointer;
    const size_t n = w->pool.n_mentees;
    mlab_decision *decision = need(n, sizeof *decision);
    mlab_fate *fate = need(n, sizeof *fate);
    int32_t *now = need(n, sizeof *now);
    for (size_t i = 0; i < n; i++)
        decision[i] = w->got[i] == MLAB_UNMATCHED ? MLAB_DECISION_NEW
                      : i % 10 == 0               ? MLAB_DECISION_REJECT
                      : i % 3                     ? MLAB_DECISION_ACCEPT
                                                  : MLAB_DECISION_OPEN;
    const mlab_cohort_request request = {.pool = &w->pool, .previous = w->got, .decision = decision};
    mlab_cohort_result result = {.mentor_of = now, .fate = fate};
    if (mlab_cohort_rematch(&w->context, &request, &result, NULL)) exit(EXIT_FAILURE);
    free(decision);
    free(fate);
    free(now);
}

static void cohorts(size_t n, size_t m, double density)
{
    world w = make(n, m, 4, density, false);
    w.policy = "optimal";
    body(&w);
    char what[128];
    snprintf(what, sizeof what, "%zu mentees, %zu mentors matched again, every tenth declined", n, m);
    mlab_bench_rate(what, 1, 3, 1, "matchings/s", again, &w);
    drop(&w);
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : "";
    for (size_t n = 60; n <= 960 && (!*only || strcmp(only, "circles") == 0); n *= 4)
        for (int kind = 0; kind < 6; kind++) circles(n, n / 6, kind % 3 > 0, kind % 3 > 1, kind > 2);
    if (!*only || strcmp(only, "networks") == 0) {
        networks(300, 100, 1);
        networks(3000, 1000, 0.02);
        networks(10000, 3000, 0.01);
    }
    if (!*only || strcmp(only, "cohorts") == 0) {
        cohorts(240, 80, 1);
        cohorts(2000, 600, 0.1);
        cohorts(20000, 6000, 0.003);
    }
    mlab_bench_memory("peak memory");
    return 0;
}
