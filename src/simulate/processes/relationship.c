/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Relationships: they end, cohorts of the program are matched, and people find mentors by themselves.
 *
 * A relationship ends after its duration, when one of the two leaves, or early by chance. Who ends stays in the arm (intention to
 * treat). A cohort draws its mentees by lot among those who may, have no mentor and are still in the reference arm; the policy fills
 * the places that mentors still offer. It starts on the first day of the period, so the arm acts in this period.
 * Weakness: informal mentors are not named, take no place and end nothing when they leave. */
#include "simulate/effects.h"

#include "core/random.h"

#include <string.h>

static mlab_address address_of(const mlab_organisation *o)
{
    return (mlab_address){.seed = (uint64_t)o->world->options.seed,
                          .draw = o->draw->draw,
                          .replicate = o->replicate,
                          .period = (uint16_t)o->period,
                          .purpose = MLAB_PURPOSE_RELATIONSHIP};
}

/* Uniforms of a person at purpose RELATIONSHIP. */
enum { U_INFORMAL, U_EARLY, U_LOT }; /* U_LOT is the first of a block */

void mlab_process_end_relationships(mlab_organisation *o)
{
    mlab_address address = address_of(o);
    for (uint32_t p = 0; p < o->n; p++) {
        int32_t m = o->mentor[p];
        if (m < 0) continue;
        bool over = !o->there[p] || !o->there[m] || o->period >= o->ends[p];
        if (!over && o->draw->early_ending > 0 && o->period > 0) {
            address.entity = o->entity[p];
            over = mlab_random_uniform(&address, U_EARLY) < o->draw->early_ending;
        }
        if (!over) continue;
        if (o->there[m]) o->load[m]--;
        o->mentor[p] = -1;
        o->program[p] = 0;
        if (o->world->has_ties) mlab_effects_tie(o, p);
    }
}

/* --- cohorts --------------------------------------------------------------------------------------- */

/* Columns of state of our table, in the order they were added; NULL = not there. */
typedef struct state_columns {
    mlab_column *grade, *tenure, *in_grade, *arm, *mentoring;
} state_columns;

static void show_state(const mlab_organisation *o, const state_columns *columns, uint32_t p, uint32_t row)
{
    if (columns->grade) columns->grade->as.integer[row] = o->world->lowest_grade + o->grade[p];
    columns->tenure->as.real[row] = o->tenure[p];
    columns->in_grade->as.real[row] = o->in_grade[p];
    columns->arm->as.integer[row] = o->arm[p];
    columns->mentoring->as.integer[row] = o->load[p] > 0;
}

static bool says_yes(const mlab_expression *expression, uint32_t row)
{
    return !expression || mlab_expression_test(expression, row) == MLAB_ANSWER_YES;
}

/* Positions of those who may mentor (with places left, into capacity) and be mentored, ascending; returns the places. */
static size_t find_sides(mlab_organisation *o, size_t *n_mentees, size_t *n_mentors)
{
    const mlab_world *world = o->world;
    const state_columns columns = {world->grade_column ? mlab_table_find(o->table, "grade") : NULL, mlab_table_find(o->table, "tenure"),
                                   mlab_table_find(o->table, "time_in_grade"), mlab_table_find(o->table, "arm"),
                                   mlab_table_find(o->table, "mentoring_others")};
    size_t places = 0;
    *n_mentees = *n_mentors = 0;
    for (uint32_t p = 0; p < o->n; p++) {
        if (!o->there[p]) continue;
        uint32_t source = o->source[p], row = world->people_row[source];
        int32_t open = world->places[source] - o->load[p];
        bool mentee = o->arm[p] == 0 && o->mentor[p] < 0 && (world->role[source] & 2), mentor = open > 0 && (world->role[source] & 1);
        if (!mentee && !mentor) continue;
        show_state(o, &columns, p, row);
        if (mentee && says_yes(o->mentee_where, row)) o->mentees[(*n_mentees)++] = p;
        if (!mentor || !says_yes(o->mentor_where, row)) continue;
        o->capacity[*n_mentors] = open;
        o->mentors[(*n_mentors)++] = p;
        places += (size_t)open;
    }
    return places;
}

/* The k-th smallest (from 0) of n keys, which are reordered (Hoare 1961, doi:10.1145/366622.366647). */
static double kth_key(double *key, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        double pivot = key[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (key[i] < pivot) i++;
            while (key[j] > pivot) j--;
            if (i >= j) break;
            double swap = key[i];
            key[i++] = key[j];
            key[j--] = swap;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return key[k];
}

/* Keeps `places` mentees by lot, the smallest keys, in ascending order of position; equal keys by position. */
static size_t draw_mentees(mlab_organisation *o, size_t n, size_t places)
{
    if (n <= places || !places) return n < places ? n : places;
    double *key = o->keys, *ordered = o->keys + o->n;
    mlab_address address = address_of(o);
    address.block = U_LOT / 2;
    for (size_t k = 0; k < n; k++) o->side_entity[0][k] = o->entity[o->mentees[k]];
    mlab_random_fill(o->context, &address, o->side_entity[0], n, 1, key);
    memcpy(ordered, key, n * sizeof *key);
    double last = kth_key(ordered, n, places - 1);
    size_t below = 0, kept = 0;
    for (size_t k = 0; k < n; k++) below += key[k] < last;
    for (size_t k = 0; k < n; k++) {
        if (key[k] > last || (key[k] == last && below == places)) continue;
        below += key[k] == last;
        o->mentees[kept++] = o->mentees[k];
    }
    return kept;
}

static mlab_pool_side side_of(mlab_organisation *o, int side, const uint32_t *positions, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint32_t p = positions[k];
        o->side_row[side][k] = o->world->people_row[o->source[p]];
        o->side_entity[side][k] = o->entity[p];
        o->side_state[side][0][k] = o->world->lowest_grade + (double)o->grade[p];
        o->side_state[side][1][k] = o->tenure[p];
        o->side_state[side][2][k] = o->in_grade[p];
    }
    return (mlab_pool_side){n, o->side_row[side], o->side_entity[side], (const double *const *)o->side_state[side]};
}

static double score_of(const mlab_pool *pool, size_t mentee, int32_t mentor)
{
    for (size_t k = pool->first[mentee]; k < pool->first[mentee + 1]; k++)
        if (pool->mentor[k] == mentor) return pool->score[k];
    return 0;
}

static void start_relationship(mlab_organisation *o, uint32_t mentee, uint32_t mentor, double score)
{
    o->mentor[mentee] = (int32_t)mentor;
    o->ends[mentee] = o->period + o->scenario->duration;
    o->load[mentor]++;
    o->program[mentee] = 1;
    o->arm[mentee] = (uint8_t)o->scenario_arm;
    if (o->world->has_ties) mlab_effects_tie(o, mentee);
    o->strength[mentee] = 1 + o->draw->score_effect * (score - 50) / 10;
    mlab_count(o, MLAB_METRIC_relationships_started, o->grade[mentee], 1);
    mlab_count(o, MLAB_METRIC_mean_score, o->grade[mentee], score); /* a sum until the end of the period */
}

mlab_status mlab_process_cohort(mlab_organisation *o, mlab_error *err)
{
    size_t n_mentees, n_mentors;
    if (!o->policy || o->period % o->scenario->start_every) return MLAB_OK;
    size_t places = find_sides(o, &n_mentees, &n_mentors);
    if (o->scenario->places && (size_t)o->scenario->places < places) places = (size_t)o->scenario->places;
    n_mentees = draw_mentees(o, n_mentees, places);
    if (!n_mentees || !n_mentors) return MLAB_OK;
    const mlab_pool_request request = {.mentees = side_of(o, 0, o->mentees, n_mentees),
                                       .mentors = side_of(o, 1, o->mentors, n_mentors),
                                       .capacity = o->capacity,
                                       .forbidden = o->world->forbidden,
                                       .n_forbidden = o->world->n_forbidden};
    mlab_status status = mlab_pool_build(o->world->scorer, &request, &o->pool, err);
    if (status) return status;
    const mlab_policy_request rule = {.pool = &o->pool.pool,
                                      .seed = (uint64_t)o->world->options.seed,
                                      .draw = o->draw->draw,
                                      .replicate = o->replicate,
                                      .period = (uint16_t)o->period};
    mlab_policy_result result = {.mentor_of = o->mentor_of};
    status = mlab_policy_assign(o->context, o->policy, &rule, &result, err);
    if (status) return status;
    for (size_t k = 0; k < n_mentees; k++)
        if (o->mentor_of[k] != MLAB_UNMATCHED)
            start_relationship(o, o->mentees[k], o->mentors[o->mentor_of[k]], score_of(&o->pool.pool, k, o->mentor_of[k]));
    return MLAB_OK;
}

/* --- informal -------------------------------------------------------------------------------------- */

void mlab_process_informal(mlab_organisation *o, uint32_t first, uint32_t n)
{
    const double *rate = o->world->informal_rate;
    double all = 0;
    for (uint32_t a = 1; a < o->world->n_arms; a++) all += rate[a];
    if (!(all > 0)) return;
    const mlab_address address = address_of(o);
    mlab_random_fill(o->context, &address, o->entity + first, n, 1, o->uniform);
    for (uint32_t i = 0; i < n; i++) {
        double u = o->uniform[i];
        if (u >= all || !o->there[first + i] || o->arm[first + i]) continue;
        uint8_t a = 1;
        while (a + 1u < o->world->n_arms && u >= rate[a]) u -= rate[a++];
        o->arm[first + i] = a;
    }
}
