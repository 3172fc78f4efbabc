/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Optimal matching: the highest total score over all ways to fill the places; of those, the one with the most pairs. With participation_first
 * the most pairs, and of those the highest total. Fewest mentees of a mentor are kept where that is possible.
 *
 * Exact. A pool becomes an assignment problem in whole numbers (assignment.h): scores are taken to whole multiples of 2^-k of a point, k up
 * to 35 by the size of the pool, so that every sum is a whole number below 2^53 and "equal" means equal, on every processor. A pair
 * is worth score x (n + 1) + 1, or with participation first score + more than all scores together. The first places of a mentor who has a fewest
 * number are a column of their own, worth more than everything else. Small pools are solved by shortest paths (assignment_search.c), large
 * ones by an auction with an exact finish (assignment.c), those in which nearly everybody is allowed by a core (assignment_core.c). Where several
 * answers are equally good, an order of mentees and mentors drawn by lot decides, never ids.
 * Weakness: the total is what counts; a few people may get poor pairs for the good of all, and people may prefer to swap.
 */
#include "match/assignment.h"
#include "match/policies.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdio.h>

enum {
    SMALL_ARCS = 40000, /* up to here shortest paths are as fast as anything */
    MANY_EACH = 96,     /* from here a core pays */
};

/* Columns of the assignment: a mentor by turn has one, or two, the fewest places first. Rows are mentees by turn. */
typedef struct columns {
    const mlab_pool *pool;
    mlab_match_turn *mentees, *mentors; /* in turn */
    uint32_t *column_at;                /* [n_mentors] the (last) column of a mentor */
    uint32_t *mentor_at;                /* [n] */
    int32_t *room;                      /* [n] at most the number of mentees */
    uint8_t *fewest;                    /* [n] 1 = the places that must be filled */
    size_t n, rooms;
    mlab_worth worth;
    double of_fewest; /* what a place that must be filled is worth beside that */
} columns;

static size_t fewest_of(const mlab_pool *pool, uint32_t mentor)
{
    return pool->lower && pool->lower[mentor] > 0 ? (size_t)pool->lower[mentor] : 0;
}

static void add_column(columns *c, uint32_t mentor, size_t room, bool fewest)
{
    if (room > c->pool->n_mentees) room = c->pool->n_mentees;
    c->mentor_at[c->n] = mentor;
    c->room[c->n] = (int32_t)room;
    c->fewest[c->n] = fewest;
    c->rooms += room;
    c->column_at[mentor] = (uint32_t)c->n++;
}

static void number_columns(columns *c)
{
    const mlab_pool *pool = c->pool;
    for (size_t t = 0; t < pool->n_mentors; t++) {
        const uint32_t mentor = c->mentors[t].who;
        const size_t places = (size_t)pool->capacity[mentor], fewest = fewest_of(pool, mentor);
        if (fewest) add_column(c, mentor, fewest < places ? fewest : places, true);
        add_column(c, mentor, places > fewest ? places - fewest : 0, false);
    }
}

/* Worths below 2^51, so that sums of two and their differences are exact. */
static void choose_worths(columns *c, bool participation_first)
{
    const double n = (double)c->pool->n_mentees + 2;
    const bool fewest = c->n > c->pool->n_mentors;
    for (c->worth.grains = 0x1p35; c->worth.grains * 400 * n * (fewest ? n : 1) >= 0x1p53;) c->worth.grains /= 2;
    c->worth.of_grain = participation_first ? 1 : n;
    c->worth.of_pair = participation_first ? 100 * c->worth.grains * n : 1;
    c->of_fewest = fewest ? mlab_worth_of(&c->worth, 100) * n : 0;
}

static mlab_status columns_make(const mlab_context *context, const mlab_policy_request *request, columns *c, void **block, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t n = pool->n_mentees, m = pool->n_mentors;
    *c = (columns){.pool = pool};
    const mlab_part parts[] = {{&c->mentees, n, sizeof *c->mentees},     {&c->mentors, m, sizeof *c->mentors},
                               {&c->column_at, m, sizeof *c->column_at}, {&c->mentor_at, 2 * m, sizeof *c->mentor_at},
                               {&c->room, 2 * m, sizeof *c->room},       {&c->fewest, 2 * m, sizeof *c->fewest}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
    if (status) return status;
    mlab_match_order(request, MLAB_MATCH_MENTEE_ORDER, pool->mentee_entity, n, c->mentees);
    mlab_match_order(request, MLAB_MATCH_MENTOR_ORDER, pool->mentor_entity, m, c->mentors);
    number_columns(c);
    choose_worths(c, request->options.participation_first);
    if (c->rooms >= MLAB_NOBODY) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu places that can be filled, at most %u", c->rooms, MLAB_NOBODY - 1);
    return MLAB_OK;
}

/* --- lists of arcs ------------------------------------------------------------------------------- */

/* Rows are columns of the assignment, each with the mentees by turn: ascending because mentees are walked in turn. */
static mlab_status list_by_column(const mlab_context *context, const columns *c, mlab_arcs *arcs, void **block, mlab_error *err)
{
    const mlab_pool *pool = c->pool;
    size_t n_arcs = pool->first[pool->n_mentees];
    for (size_t e = 0; c->n > pool->n_mentors && e < pool->first[pool->n_mentees]; e++) n_arcs += fewest_of(pool, (uint32_t)pool->mentor[e]) > 0;
    if (n_arcs >= MLAB_NOBODY)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu allowed pairs, at most %u; add a constraint that rules pairs out", n_arcs, MLAB_NOBODY);
    mlab_status status = mlab_arcs_make(context, c->n, pool->n_mentees, n_arcs, arcs, block, err);
    if (status) return status;
    for (size_t e = 0; e < pool->first[pool->n_mentees]; e++) {
        const uint32_t column = c->column_at[pool->mentor[e]];
        arcs->first[column + 1]++;
        if (column && c->mentor_at[column - 1] == c->mentor_at[column]) arcs->first[column]++;
    }
    for (size_t k = 0; k < c->n; k++) arcs->first[k + 1] += arcs->first[k];
    for (uint32_t t = 0; t < pool->n_mentees; t++) {
        const uint32_t i = c->mentees[t].who;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            const uint32_t column = c->column_at[pool->mentor[e]], two = column && c->mentor_at[column - 1] == c->mentor_at[column];
            for (uint32_t k = column - two; k <= column; k++) {
                const size_t at = arcs->first[k]++;
                arcs->column[at] = t;
                arcs->worth[at] = mlab_worth_of(&c->worth, pool->score[e]) + (c->fewest[k] ? c->of_fewest : 0);
            }
        }
    }
    for (size_t k = c->n; k > 0; k--) arcs->first[k] = arcs->first[k - 1];
    arcs->first[0] = 0;
    return MLAB_OK;
}

/* --- three ways ---------------------------------------------------------------------------------- */

static void read_slots(const mlab_search *s, const columns *c, bool rows_are_mentees, int32_t *mentor_of)
{
    for (uint32_t k = 0; k < s->arcs.n_columns; k++)
        for (size_t slot = s->first_slot[k]; slot < s->first_slot[k] + s->filled[k]; slot++) {
            const uint32_t row = s->slot_row[slot], mentee = rows_are_mentees ? row : k, column = rows_are_mentees ? k : row;
            mentor_of[c->mentees[mentee].who] = (int32_t)c->mentor_at[column];
        }
}

/* The side with fewer units enters. */
static mlab_status solve_small(const mlab_context *context, const columns *c, mlab_arcs *by_column, int32_t *mentor_of, mlab_error *err)
{
    const bool rows_are_mentees = c->rooms >= c->pool->n_mentees;
    void *arc_block = NULL, *search_block = NULL;
    mlab_search s = {0};
    mlab_status status = MLAB_OK;
    if (rows_are_mentees) {
        status = mlab_arcs_make(context, by_column->n_columns, by_column->n_rows, by_column->first[by_column->n_rows], &s.arcs, &arc_block, err);
        if (status) return status;
        mlab_arcs_transpose(by_column, &s.arcs);
        s.room = c->room;
    } else {
        s.arcs = *by_column;
        s.units = c->room;
    }
    status = mlab_search_make(context, &s, rows_are_mentees ? c->rooms : by_column->n_columns, &search_block, err);
    if (!status) {
        for (uint32_t row = 0; row < s.arcs.n_rows; row++) mlab_search_enter(&s, row, s.units ? s.units[row] : 1);
        read_slots(&s, c, rows_are_mentees, mentor_of);
    }
    mlab_release(context, search_block);
    mlab_release(context, arc_block);
    return status;
}

static const float *fetch_scores(const void *source, uint32_t row, float *scratch, double *more, const double **exact)
{
    const columns *c = source;
    const mlab_pool *pool = c->pool;
    const uint32_t i = c->mentees[row].who;
    if (pool->score_row) {
        pool->score_row(pool->source, i, scratch);
        return scratch;
    }
    const size_t first = pool->first[i], n = pool->first[i + 1] - first, m = pool->n_mentors;
    *exact = n == m ? pool->score + first : more;
    for (size_t j = 0; j < m && n < m; j++) more[j] = -1;
    for (size_t e = first; e < first + n && n < m; e++) more[pool->mentor[e]] = pool->score[e];
    for (size_t j = 0; j < m; j++) scratch[j] = (float)(*exact)[j];
    return scratch;
}

static mlab_status solve_large(const mlab_context *context, const columns *c, const mlab_arcs *by_column, int32_t *mentor_of, mlab_error *err)
{
    const size_t n = c->pool->n_mentees;
    void *block = NULL, *arc_block = NULL;
    uint32_t *mate;
    double *value, *price;
    mlab_arcs arcs;
    const mlab_part parts[] = {{&mate, n, sizeof *mate}, {&value, n, sizeof *value}, {&price, c->n, sizeof *price}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (!status && by_column) {
        status = mlab_arcs_make(context, n, c->n, by_column->first[c->n], &arcs, &arc_block, err);
        if (!status) mlab_arcs_transpose(by_column, &arcs);
        if (!status) arcs.range = 100 * c->worth.grains * c->worth.of_grain;
        if (!status) status = mlab_assignment_solve(context, &arcs, c->room, false, mate, value, price, err);
    } else if (!status) {
        const mlab_assignment_rows rows = {
            .n_rows = n, .n_columns = c->n, .column_at = c->column_at, .fetch = fetch_scores, .worth = c->worth, .source = c};
        status = mlab_assignment_solve_rows(context, &rows, c->room, mate, value, price, err);
    }
    for (size_t t = 0; t < n && !status; t++) mentor_of[c->mentees[t].who] = mate[t] == MLAB_NOBODY ? MLAB_UNMATCHED : (int32_t)c->mentor_at[mate[t]];
    mlab_release(context, arc_block);
    mlab_release(context, block);
    return status;
}

/* --- what was reached ---------------------------------------------------------------------------- */

static mlab_status tell(const mlab_context *context, const mlab_pool *pool, mlab_policy_result *result, mlab_error *err)
{
    int32_t *load = mlab_allocate(context, pool->n_mentors, sizeof *load);
    float *scores = mlab_allocate(context, pool->score_row ? pool->n_mentors : 0, sizeof *scores);
    if (!load || !scores) {
        mlab_release(context, load);
        mlab_release(context, scores);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentors", pool->n_mentors);
    }
    result->status = MLAB_POLICY_OPTIMAL;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        const int32_t mentor = result->mentor_of[i];
        if (mentor == MLAB_UNMATCHED) continue;
        load[mentor]++;
        if (pool->score_row) {
            pool->score_row(pool->source, i, scores);
            result->objective += (double)scores[mentor];
        } else
            result->objective += mlab_match_score(pool, i, mentor);
    }
    result->bound = result->objective;
    size_t mentors = 0, places = 0;
    for (size_t j = 0; pool->lower && j < pool->n_mentors; j++)
        if (load[j] < pool->lower[j]) {
            mentors++;
            places += (size_t)(pool->lower[j] - load[j]);
        }
    if (mentors) {
        result->status = MLAB_POLICY_INFEASIBLE;
        snprintf(result->why, sizeof result->why, "%zu %s the fewest mentees asked for: %zu %s missing, and no matching misses fewer", mentors,
                 mentors == 1 ? "mentor cannot have" : "mentors cannot have", places, places == 1 ? "is" : "are");
    }
    mlab_release(context, scores);
    mlab_release(context, load);
    return MLAB_OK;
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    void *column_block = NULL, *arc_block = NULL;
    columns c;
    mlab_arcs by_column;
    mlab_status status = columns_make(context, request, &c, &column_block, err);
    if (status) goto out;
    const bool fewest = c.n > pool->n_mentors;
    if (fewest && pool->score_row) {
        status = mlab_raise(err, MLAB_ERR_MATCH_UNSUPPORTED, "a least number of mentees needs a pool whose candidates are listed");
        goto out;
    }
    const size_t n = pool->n_mentees, n_arcs = pool->score_row ? SIZE_MAX : pool->first[n];
    if (n == 0 || pool->n_mentors == 0) goto out;
    if (!fewest && n_arcs > SMALL_ARCS && n_arcs / n >= MANY_EACH && n_arcs / n >= pool->n_mentors / 8)
        status = solve_large(context, &c, NULL, result->mentor_of, err);
    else if (!(status = list_by_column(context, &c, &by_column, &arc_block, err)))
        status = n_arcs <= SMALL_ARCS ? solve_small(context, &c, &by_column, result->mentor_of, err)
                                      : solve_large(context, &c, &by_column, result->mentor_of, err);
out:
    mlab_release(context, arc_block);
    mlab_release(context, column_block);
    return status ? status : tell(context, pool, result, err);
}

const mlab_policy mlab_policy_optimal = {
    .name = "optimal",
    .summary = "the highest total score that the places allow",
    .source = "Jonker & Volgenant 1987, doi:10.1007/BF02278710; Bertsekas 1988, doi:10.1007/BF02186476",
    .keeps = MLAB_KEEPS_LOWER | MLAB_KEEPS_ROWS,
    .assign = assign,
};
