/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching people from tables: who takes part, how many places there are, the pool, then each policy on the same pool.
 *
 * Weakness: every allowed pair is scored and kept, 12 bytes each; 10,000 mentees with 5,000 mentors and no constraint need 600 MB.
 */
#include "match/match.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 100000 };

/* Everybody in either table, and the members of each side in byte order of their ids. */
typedef struct people {
    const mlab_context *context;
    const char **ids; /* [n_ids] */
    size_t n_ids;
    uint32_t *row[2], *entity[2]; /* of mentees (0) and mentors (1) */
    size_t n[2];
    int32_t *capacity; /* [n[1]] */
} people;

enum { MENTEES = 0, MENTORS = 1 };
static const char *const side_names[] = {"mentees", "mentors"};

static void people_free(people *p)
{
    for (int side = 0; side < 2; side++) {
        mlab_release(p->context, p->row[side]);
        mlab_release(p->context, p->entity[side]);
    }
    mlab_release(p->context, p->capacity);
    mlab_release(p->context, p->ids);
}

static mlab_place row_place(const mlab_table *table, size_t row, const char *column)
{
    return mlab_place_cell(table->file ? table->file : "", table->lines ? table->lines[row] : row + 2, 0, column);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const mlab_column *mlab_match_id_column(const mlab_match_spec *spec, const mlab_table *table)
{
    const mlab_column *id = mlab_table_find(table, spec->id_column ? spec->id_column : "id");
    return id && (id->type == MLAB_COLUMN_TEXT || id->type == MLAB_COLUMN_FACTOR) ? id : NULL;
}

static mlab_status list_ids(people *p, const mlab_match_spec *spec, const mlab_table *const tables[2], mlab_error *err)
{
    size_t n = 0;
    for (int side = 0; side < 2; side++)
        if (!mlab_match_id_column(spec, tables[side]))
            return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "the %s' table has no text column '%s'", side_names[side],
                              spec->id_column ? spec->id_column : "id");
    p->ids = mlab_allocate(p->context, tables[0]->n_rows + tables[1]->n_rows, sizeof *p->ids);
    if (!p->ids) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ids");
    for (int side = 0; side < (tables[0] == tables[1] ? 1 : 2); side++)
        for (size_t row = 0; row < tables[side]->n_rows; row++) p->ids[n++] = mlab_column_text(mlab_match_id_column(spec, tables[side]), row);
    if (n) qsort(p->ids, n, sizeof *p->ids, by_text);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(p->ids[i], p->ids[i - 1]) != 0) p->ids[p->n_ids++] = p->ids[i];
    return MLAB_OK;
}

/* --- who takes part ------------------------------------------------------------------------------ */

/* The role column must say mentor, mentee or both, whatever the case; anything else takes part nowhere and is found. */
static mlab_status apply_role(const mlab_table *table, const char *name, int side, uint8_t *keep, mlab_findings *findings, mlab_error *err)
{
    const mlab_column *role = mlab_table_find(table, name);
    if (!role || (role->type != MLAB_COLUMN_TEXT && role->type != MLAB_COLUMN_FACTOR))
        return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "the %s' table has no text column '%s' for the role", side_names[side], name);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        const char *text = mlab_column_text(role, i);
        const bool both = mlab_equal_fold(text, "both"), mentor = mlab_equal_fold(text, "mentor"), mentee = mlab_equal_fold(text, "mentee");
        if (!both && !(side == MENTORS ? mentor : mentee)) keep[i] = 0;
        if (both || mentor || mentee) continue;
        mlab_place place = row_place(table, i, name);
        status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "unknown_role", &place, text, "", err,
                                   "column '%s' says neither mentor, mentee nor both; the person takes no part", name);
    }
    return status;
}

static mlab_status choose_rows(const mlab_table *table, const mlab_match_spec *spec, int side, uint8_t *keep, mlab_findings *findings,
                               mlab_error *err)
{
    const mlab_column *id = mlab_match_id_column(spec, table);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        keep[i] = mlab_column_text(id, i)[0] != '\0';
        if (keep[i]) continue;
        mlab_place place = row_place(table, i, id->name);
        status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "no_id", &place, "", "", err, "a row without an id takes no part in matching");
    }
    if (!status && spec->role_column) status = apply_role(table, spec->role_column, side, keep, findings, err);
    const char *where = side == MENTORS ? spec->mentor_where : spec->mentee_where;
    const mlab_place *place = side == MENTORS ? &spec->mentor_where_place : &spec->mentee_where_place;
    if (!status && where) status = mlab_match_where(table, where, place, keep, findings, err);
    return status;
}

/* rows [n_ids] by entity; a kept id twice is an error that names both rows. */
static mlab_status place_rows(const people *p, const mlab_table *table, const mlab_column *id, const uint8_t *keep, uint32_t *rows,
                              mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    bool twice = false;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        if (!keep[i]) continue;
        uint32_t entity = mlab_match_find_id(p->ids, p->n_ids, mlab_column_text(id, i));
        if (rows[entity] == 0) {
            rows[entity] = (uint32_t)i + 1;
            continue;
        }
        twice = true;
        mlab_place place = row_place(table, i, id->name);
        status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "duplicate_id", &place, p->ids[entity], "", err,
                                   "an id stands in two rows; everybody must have one row");
    }
    if (!status && twice) status = mlab_raise(err, MLAB_ERR_MATCH_POOL, "an id stands in two rows; everybody must have one row");
    return status;
}

static mlab_status gather_side(people *p, const mlab_table *table, const mlab_match_spec *spec, int side, mlab_findings *findings, mlab_error *err)
{
    uint8_t *keep = mlab_allocate(p->context, table->n_rows, sizeof *keep);
    uint32_t *rows = mlab_allocate(p->context, p->n_ids, sizeof *rows);
    p->row[side] = mlab_allocate(p->context, table->n_rows, sizeof *p->row[side]);
    p->entity[side] = mlab_allocate(p->context, table->n_rows, sizeof *p->entity[side]);
    mlab_status status = MLAB_OK;
    if (!keep || !rows || !p->row[side] || !p->entity[side])
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu %s", table->n_rows, side_names[side]);
    if (!status) status = choose_rows(table, spec, side, keep, findings, err);
    if (!status) status = place_rows(p, table, mlab_match_id_column(spec, table), keep, rows, findings, err);
    for (size_t entity = 0; !status && entity < p->n_ids; entity++) {
        if (!rows[entity]) continue;
        p->entity[side][p->n[side]] = (uint32_t)entity;
        p->row[side][p->n[side]++] = rows[entity] - 1;
    }
    mlab_release(p->context, rows);
    mlab_release(p->context, keep);
    return status;
}

/* --- places -------------------------------------------------------------------------------------- */

static bool places_at(const mlab_column *column, size_t row, double *places)
{
    if (column->type == MLAB_COLUMN_REAL)
        *places = column->as.real[row];
    else if (column->type == MLAB_COLUMN_INTEGER)
        *places = column->as.integer[row];
    else {
        const char *text = mlab_column_text(column, row);
        if (!mlab_number_parse(text, strlen(text), '.', places)) return false;
    }
    return *places >= 0 && *places <= MOST_PLACES && *places == floor(*places);
}

static mlab_status read_capacity(people *p, const mlab_table *mentors, const mlab_match_spec *spec, mlab_findings *findings, mlab_error *err)
{
    const mlab_column *column = spec->capacity_column ? mlab_table_find(mentors, spec->capacity_column) : NULL;
    if (spec->capacity_column && !column)
        return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "the mentors' table has no column '%s' for the places", spec->capacity_column);
    p->capacity = mlab_allocate(p->context, p->n[MENTORS], sizeof *p->capacity);
    if (!p->capacity) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentors", p->n[MENTORS]);
    mlab_status status = MLAB_OK;
    bool bad = false;
    for (size_t j = 0; j < p->n[MENTORS] && !status; j++) {
        const size_t row = p->row[MENTORS][j];
        double places = spec->default_capacity;
        const bool given = column && !(column->missing && column->missing[row]);
        if (given && !places_at(column, row, &places)) {
            bad = true;
            mlab_place place = row_place(mentors, row, column->name);
            status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_capacity", &place, mlab_column_text(column, row), "", err,
                                       "the places of a mentor must be a whole number from 0 to %d", MOST_PLACES);
        }
        p->capacity[j] = bad ? 0 : (int32_t)places;
    }
    if (!status && bad)
        status = mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "column '%s': the places of a mentor must be a whole number from 0 to %d", column->name,
                            MOST_PLACES);
    return status;
}

/* --- one policy ---------------------------------------------------------------------------------- */

static mlab_status copy_ids(const people *p, int side, char ***into, size_t *n, mlab_error *err)
{
    *into = mlab_allocate(p->context, p->n[side], sizeof **into);
    if (!*into) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu %s", p->n[side], side_names[side]);
    *n = p->n[side];
    for (size_t i = 0; i < *n; i++)
        if (!((*into)[i] = mlab_copy_text(p->context, p->ids[p->entity[side][i]])))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu %s", p->n[side], side_names[side]);
    return MLAB_OK;
}

static mlab_status pairs_make(const people *p, const mlab_policy *policy, mlab_pairs **made, mlab_error *err)
{
    const mlab_context *context = p->context;
    mlab_pairs *pairs = *made = mlab_allocate(context, 1, sizeof *pairs);
    if (!pairs) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for pairs");
    pairs->context = context;
    mlab_status status = copy_ids(p, MENTEES, &pairs->mentees, &pairs->n_mentees, err);
    if (!status) status = copy_ids(p, MENTORS, &pairs->mentors, &pairs->n_mentors, err);
    if (status) return status;
    pairs->policy = mlab_copy_text(context, policy->name);
    pairs->mentor_of = mlab_allocate(context, pairs->n_mentees, sizeof *pairs->mentor_of);
    pairs->score = mlab_allocate(context, pairs->n_mentees, sizeof *pairs->score);
    pairs->reason = mlab_allocate(context, pairs->n_mentees, sizeof *pairs->reason);
    pairs->capacity = mlab_allocate(context, pairs->n_mentors, sizeof *pairs->capacity);
    pairs->load = mlab_allocate(context, pairs->n_mentors, sizeof *pairs->load);
    if (!pairs->policy || !pairs->mentor_of || !pairs->score || !pairs->reason || !pairs->capacity || !pairs->load)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for pairs");
    return MLAB_OK;
}

static mlab_status run_policy(const people *p, const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_pool_work *work,
                              const mlab_policy *policy, uint64_t seed, mlab_pairs **made, mlab_error *err)
{
    mlab_status status = pairs_make(p, policy, made, err);
    if (status) return status;
    const mlab_policy_request rule = {.pool = &work->pool, .seed = seed};
    mlab_policy_result result = {.mentor_of = (*made)->mentor_of};
    status = mlab_policy_assign(p->context, policy, &rule, &result, err);
    if (!status) status = mlab_pairs_evaluate(p->context, &work->pool, *made, err);
    if (!status) status = mlab_pairs_explain(scorer, request, &work->pool, *made, err);
    if (!status) {
        (*made)->candidates = work->pool.first[work->pool.n_mentees];
        (*made)->terms_missing = work->terms_missing;
    }
    return status;
}

static mlab_status check_policies(const mlab_match_spec *spec, mlab_error *err)
{
    for (size_t i = 0; i < spec->n_policies; i++)
        if (!mlab_policy_find(spec->policies[i])) {
            char list[200] = "";
            for (size_t row = 0; mlab_policy_row(row); row++) {
                strncat(list, row ? ", " : "", sizeof list - strlen(list) - 1);
                strncat(list, mlab_policy_row(row)->name, sizeof list - strlen(list) - 1);
            }
            return mlab_raise(err, MLAB_ERR_MATCH_POLICY, "there is no policy '%s', allowed %s", spec->policies[i], list);
        }
    return MLAB_OK;
}

mlab_status mlab_match(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees, const char *const (*past)[2], size_t n_past,
                       const mlab_match_spec *spec, mlab_findings *findings, mlab_pairs **results, mlab_error *err)
{
    const mlab_table *const tables[2] = {mentees, mentors};
    people p = {.context = context};
    mlab_scorer *scorer = NULL;
    mlab_forbidden *forbidden = NULL;
    size_t n_forbidden = 0;
    mlab_pool_work work = MLAB_POOL_WORK(context);
    for (size_t i = 0; i < spec->n_policies; i++) results[i] = NULL;

    mlab_status status = check_policies(spec, err);
    if (status || (status = list_ids(&p, spec, tables, err))) goto out;
    if ((status = gather_side(&p, mentees, spec, MENTEES, findings, err))) goto out;
    if ((status = gather_side(&p, mentors, spec, MENTORS, findings, err))) goto out;
    if ((status = read_capacity(&p, mentors, spec, findings, err))) goto out;
    if ((status = mlab_scorer_make(context, spec, mentors, mentees, NULL, 0, findings, &scorer, err))) goto out;
    if ((status = mlab_forbidden_make(context, spec, mentors, mentees, p.ids, p.n_ids, past, n_past, findings, &forbidden, &n_forbidden, err)))
        goto out;

    const mlab_pool_request request = {.mentees = {.n = p.n[MENTEES], .row = p.row[MENTEES], .entity = p.entity[MENTEES]},
                                       .mentors = {.n = p.n[MENTORS], .row = p.row[MENTORS], .entity = p.entity[MENTORS]},
                                       .capacity = p.capacity,
                                       .forbidden = forbidden,
                                       .n_forbidden = n_forbidden};
    if ((status = mlab_scorer_note_missing(scorer, &request, findings, err))) goto out;
    if ((status = mlab_pool_build(scorer, &request, &work, err))) goto out;
    for (size_t i = 0; i < spec->n_policies && !status; i++)
        status = run_policy(&p, scorer, &request, &work, mlab_policy_find(spec->policies[i]), spec->seed, &results[i], err);
out:
    for (size_t i = 0; status && i < spec->n_policies; i++) {
        mlab_pairs_free(results[i]);
        results[i] = NULL;
    }
    mlab_pool_work_free(&work);
    mlab_forbidden_free(context, forbidden, n_forbidden);
    mlab_scorer_free(scorer);
    people_free(&p);
    return status;
}
