/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One policy on a pool: what is asked of it is put together, it runs, and its pairs are measured and explained. */
#include "match/matching.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

/* What a policy is asked, with the arrays that the pool borrows for it. */
typedef struct asked {
    mlab_policy_request request;
    mlab_pool pool;
    int32_t *groups[2], *roles[2], *team, *mix, *mix_groups, *locked;
    const char *group_column;
    char **names, **role_names;
    size_t n_names, n_roles;
    int64_t *turn;
    uint8_t *places;
    char fitted[200]; /* what a choice was fitted to */
} asked;

static void free_names(const mlab_context *context, char **names, size_t n)
{
    for (size_t i = 0; names && i < n; i++) mlab_release(context, names[i]);
    mlab_release(context, names);
}

static void asked_free(const mlab_context *context, asked *a)
{
    for (int side = 0; side < 2; side++) {
        mlab_release(context, a->groups[side]);
        mlab_release(context, a->roles[side]);
    }
    mlab_release(context, a->team);
    mlab_release(context, a->mix);
    mlab_release(context, a->mix_groups);
    mlab_release(context, a->locked);
    mlab_release(context, a->turn);
    mlab_release(context, a->places);
    free_names(context, a->names, a->n_names);
    free_names(context, a->role_names, a->n_roles);
}

/* Options of the policy over those of all. */
static mlab_policy_options merge(const mlab_policy_options *all, const mlab_policy_ask *ask)
{
    if (!ask) return *all;
    mlab_policy_options o = ask->options;
    if (o.gap == 0) o.gap = all->gap;
    if (o.time_limit == 0) o.time_limit = all->time_limit;
    if (o.minimum_score == 0) o.minimum_score = all->minimum_score;
    return o;
}

static size_t find_name(char *const *names, size_t n, const char *name)
{
    size_t k = 0;
    while (k < n && strcmp(names[k], name) != 0) k++;
    return k;
}

static mlab_status ask_groups(const mlab_matching *m, const mlab_policy_ask *ask, asked *a, mlab_findings *findings, mlab_error *err)
{
    const char *column = ask && ask->group_column ? ask->group_column : m->spec->group_column;
    if (!column) return MLAB_OK;
    const mlab_place *place = ask && ask->group_column ? &ask->place : &m->spec->places.group;
    mlab_status status = mlab_people_groups(&m->people, column, place, a->groups, &a->names, &a->n_names, findings, err);
    if (status) return status;
    a->group_column = column;
    a->pool.mentee_group = a->groups[MLAB_MENTEES];
    a->pool.mentor_group = a->groups[MLAB_MENTORS];
    a->pool.n_groups = (int32_t)a->n_names;
    for (size_t k = 0; ask && k < ask->n_groups; k++) {
        const size_t g = find_name(a->names, a->n_names, ask->groups[k]);
        if (g == a->n_names || g > 63)
            return mlab_raise_at(err, MLAB_ERR_MATCH_POLICY, &ask->place, "column '%s' has no group '%s'%s", column, ask->groups[k],
                                 g == a->n_names ? "" : " among its first 64");
        a->request.options.fair_groups |= UINT64_C(1) << g;
    }
    return MLAB_OK;
}

/* Roles of mentors: those named, else all values in byte order; a mentor of another role takes no part. */
static mlab_status ask_roles(const mlab_matching *m, const mlab_policy_ask *ask, asked *a, mlab_findings *findings, mlab_error *err)
{
    if (!ask || !ask->role_column) return MLAB_OK;
    const mlab_people *p = &m->people;
    const mlab_column *column;
    mlab_status status = mlab_people_column(p, MLAB_MENTORS, ask->role_column, "roles", &ask->place, findings, &column, err);
    if (!status) status = mlab_people_groups(p, ask->role_column, &ask->place, a->roles, &a->role_names, &a->n_roles, findings, err);
    if (status) return status;
    const size_t n = ask->n_roles ? ask->n_roles : a->n_roles;
    if (n < 1 || n > 64) return mlab_raise_at(err, MLAB_ERR_MATCH_POLICY, &ask->place, "%zu roles, allowed 1 to 64", n);
    for (size_t j = 0; j < p->n[MLAB_MENTORS]; j++) {
        const int32_t code = a->roles[MLAB_MENTORS][j];
        const size_t slot = code < 0 ? n : ask->n_roles ? find_name(ask->roles, ask->n_roles, a->role_names[code]) : (size_t)code;
        if (slot >= n)
            return mlab_raise_at(err, MLAB_ERR_MATCH_POLICY, &ask->place, "column '%s': a mentor has %s", ask->role_column,
                                 code < 0 ? "no role" : "a role that is not among the roles named");
        a->roles[MLAB_MENTORS][j] = (int32_t)slot;
    }
    a->pool.mentor_role = a->roles[MLAB_MENTORS];
    a->request.options.mentors_each = (int32_t)n;
    return MLAB_OK;
}

/* Codes of several columns, side by side for each mentee; groups [n] (NULL = not wanted): how many each has. */
static mlab_status code_columns(const mlab_matching *m, char *const *columns, size_t n_columns, const mlab_place *place, int32_t **codes,
                                int32_t *groups, mlab_findings *findings, mlab_error *err)
{
    const size_t n = m->people.n[MLAB_MENTEES];
    if (!(*codes = mlab_allocate(m->context, n, n_columns * sizeof **codes))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for groups");
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < n_columns; k++) {
        int32_t *own[2] = {NULL, NULL};
        char **names = NULL;
        size_t n_names = 0;
        status = mlab_people_groups(&m->people, columns[k], place, own, &names, &n_names, findings, err);
        for (size_t i = 0; !status && i < n; i++) (*codes)[i * n_columns + k] = own[MLAB_MENTEES][i];
        if (groups) groups[k] = (int32_t)n_names;
        mlab_release(m->context, own[0]);
        mlab_release(m->context, own[1]);
        free_names(m->context, names, n_names);
    }
    return status;
}

static mlab_status ask_teams(const mlab_matching *m, const mlab_policy_ask *ask, asked *a, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (ask && ask->n_team_columns) {
        status = code_columns(m, ask->team_columns, ask->n_team_columns, &ask->place, &a->team, NULL, findings, err);
        a->pool.mentee_team = a->team;
        a->pool.team_columns = ask->n_team_columns;
    }
    if (status || !ask || !ask->n_mix_columns) return status;
    if (!(a->mix_groups = mlab_allocate(m->context, ask->n_mix_columns, sizeof *a->mix_groups)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for groups");
    status = code_columns(m, ask->mix_columns, ask->n_mix_columns, &ask->place, &a->mix, a->mix_groups, findings, err);
    a->pool.mentee_mix = a->mix;
    a->pool.mix_groups = a->mix_groups;
    a->pool.mix_columns = ask->n_mix_columns;
    return status;
}

static bool value_at(const mlab_column *column, size_t row, double *value)
{
    if (column->missing && column->missing[row]) return false;
    if (column->type == MLAB_COLUMN_REAL)
        *value = column->as.real[row];
    else if (column->type == MLAB_COLUMN_TEXT)
        return false;
    else
        *value = column->as.integer[row];
    return true;
}

static mlab_status ask_turns(const mlab_matching *m, const mlab_policy_ask *ask, asked *a, mlab_findings *findings, mlab_error *err)
{
    const mlab_people *p = &m->people;
    const mlab_column *column = NULL;
    mlab_status status = MLAB_OK;
    if (ask && ask->turn_column) {
        status = mlab_people_column(p, MLAB_MENTEES, ask->turn_column, "turns", &ask->place, findings, &column, err);
        if (!status && column->type == MLAB_COLUMN_TEXT)
            status = mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &ask->place, "column '%s' must be dates, numbers or levels to go by", column->name);
        if (!status && !(a->turn = mlab_allocate(m->context, p->n[MLAB_MENTEES], sizeof *a->turn)))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for turns");
        for (size_t i = 0; !status && i < p->n[MLAB_MENTEES]; i++) {
            double value;
            a->turn[i] = value_at(column, p->row[MLAB_MENTEES][i], &value) ? (int64_t)floor(value * 1000) : INT64_MAX; /* not known: last */
        }
        a->pool.mentee_turn = a->turn;
    }
    if (!status && ask && ask->places_column) {
        status = mlab_people_column(p, MLAB_MENTEES, ask->places_column, "places", &ask->place, findings, &column, err);
        if (!status && !(a->places = mlab_allocate(m->context, p->n[MLAB_MENTEES], sizeof *a->places)))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for places");
        for (size_t i = 0; !status && i < p->n[MLAB_MENTEES]; i++) {
            double value = 0;
            const char *text = mlab_column_text(column, p->row[MLAB_MENTEES][i]);
            a->places[i] =
                value_at(column, p->row[MLAB_MENTEES][i], &value) && column->type != MLAB_COLUMN_FACTOR ? value > 0 : mlab_equal_fold(text, "yes");
        }
        a->pool.mentee_places = a->places;
    }
    return status;
}

/* The slot of a mentor among those of a mentee: that of the role, or the first that is free; -1 = taken by another. */
static int slot_of(const asked *a, const int32_t *locked, size_t each, int32_t mentor)
{
    size_t slot = 0;
    if (a->pool.mentor_role)
        slot = (size_t)a->pool.mentor_role[mentor];
    else
        while (slot < each && locked[slot] != MLAB_UNMATCHED && locked[slot] != mentor) slot++;
    return slot < each && (locked[slot] == MLAB_UNMATCHED || locked[slot] == mentor) ? (int)slot : -1;
}

/* Locked pairs of the spec, and those that stay in a review, each in its slot. */
static mlab_status ask_locks(const mlab_matching *m, asked *a, mlab_error *err)
{
    const size_t each = a->request.options.mentors_each > 1 ? (size_t)a->request.options.mentors_each : 1, n = m->people.n[MLAB_MENTEES];
    if ((!m->locked || each == 1) && !m->n_bound) return MLAB_OK;
    if (n > SIZE_MAX / each || !(a->locked = mlab_allocate(m->context, n * each, sizeof *a->locked)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for locked pairs");
    for (size_t i = 0; i < n * each; i++) a->locked[i] = MLAB_UNMATCHED;
    for (size_t k = 0; k < (m->locked ? n : 0) + m->n_bound; k++) {
        const bool own = m->locked && k < n;
        const uint64_t key = own ? 0 : m->bound[k - (m->locked ? n : 0)];
        const size_t i = own ? k : (size_t)(key >> 32);
        const int32_t mentor = own ? m->locked[i] : (int32_t)(uint32_t)key;
        if (mentor == MLAB_UNMATCHED) continue;
        const int slot = slot_of(a, a->locked + i * each, each, mentor);
        if (slot < 0)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "a mentee is to keep two mentors in one place: of one role, or more than the policy gives");
        a->locked[i * each + (size_t)slot] = mentor;
    }
    a->pool.locked = a->locked;
    return MLAB_OK;
}

static mlab_status put_question(const mlab_matching *m, size_t which, asked *a, mlab_findings *findings, mlab_error *err)
{
    const mlab_policy_ask *ask = m->spec->asks ? &m->spec->asks[which] : NULL;
    a->pool = m->pool;
    a->request = (mlab_policy_request){.pool = &a->pool, .seed = m->spec->seed, .options = merge(&m->spec->options, ask)};
    mlab_status status = ask_groups(m, ask, a, findings, err);
    if (!status) status = ask_roles(m, ask, a, findings, err);
    if (!status) status = ask_teams(m, ask, a, findings, err);
    if (!status) status = ask_turns(m, ask, a, findings, err);
    if (!status && a->request.options.choice_fitted)
        status = mlab_matching_fit_choice(m, &a->pool, ask ? &ask->place : NULL, &a->request.options, a->fitted, err);
    return status ? status : ask_locks(m, a, err);
}

/* --- the result -------------------------------------------------------------------------------------------- */

static mlab_status copy_ids(const mlab_people *p, int side, char ***into, size_t *n, mlab_error *err)
{
    *into = mlab_allocate(p->context, p->n[side], sizeof **into);
    if (!*into) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu %s", p->n[side], mlab_side_names[side]);
    *n = p->n[side];
    for (size_t i = 0; i < *n; i++)
        if (!((*into)[i] = mlab_copy_text(p->context, p->ids[p->entity[side][i]])))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu %s", p->n[side], mlab_side_names[side]);
    return MLAB_OK;
}

mlab_status mlab_pairs_make(const mlab_matching *m, const char *policy, size_t each, mlab_pairs **made, mlab_error *err)
{
    const mlab_context *context = m->context;
    const mlab_people *p = &m->people;
    mlab_pairs *pairs = *made = mlab_allocate(context, 1, sizeof *pairs);
    if (!pairs) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for pairs");
    pairs->context = context;
    pairs->each = each;
    pairs->optimum = NAN;
    mlab_status status = copy_ids(p, MLAB_MENTEES, &pairs->mentees, &pairs->n_mentees, err);
    if (!status) status = copy_ids(p, MLAB_MENTORS, &pairs->mentors, &pairs->n_mentors, err);
    if (status) return status;
    if (pairs->n_mentees > SIZE_MAX / each) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu mentees with %zu mentors each", pairs->n_mentees, each);
    pairs->policy = mlab_copy_text(context, policy);
    pairs->why = mlab_copy_text(context, "");
    pairs->group_column = mlab_copy_text(context, "");
    pairs->mentor_of = mlab_allocate(context, pairs->n_mentees * each, sizeof *pairs->mentor_of);
    pairs->score = mlab_allocate(context, pairs->n_mentees * each, sizeof *pairs->score);
    pairs->reason = mlab_allocate(context, pairs->n_mentees * each, sizeof *pairs->reason);
    pairs->capacity = mlab_allocate(context, pairs->n_mentors, sizeof *pairs->capacity);
    pairs->load = mlab_allocate(context, pairs->n_mentors, sizeof *pairs->load);
    if (!pairs->policy || !pairs->why || !pairs->group_column || !pairs->mentor_of || !pairs->score || !pairs->reason || !pairs->capacity ||
        !pairs->load)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for pairs");
    return MLAB_OK;
}

mlab_status mlab_pairs_finish(const mlab_matching *m, const int32_t *group, char *const *names, size_t n_names, mlab_pairs *pairs, mlab_error *err)
{
    pairs->candidates = m->work.allowed;
    pairs->candidates_kept = m->pool.first[m->pool.n_mentees];
    pairs->terms_missing = m->work.terms_missing;
    mlab_status status = mlab_pairs_evaluate(m, pairs, err);
    if (!status && group) status = mlab_pairs_by_group(pairs, group, names, n_names, err);
    if (!status) status = mlab_pairs_share_rules(m, pairs, err);
    if (!status) status = mlab_pairs_gains(m, pairs, err);
    return status ? status : mlab_pairs_explain(m, pairs, err);
}

static mlab_status keep_result(const mlab_matching *m, const asked *a, const mlab_policy_result *result, mlab_pairs *pairs, mlab_error *err)
{
    pairs->status = result->status;
    pairs->objective = result->objective;
    pairs->bound = result->bound;
    pairs->gap = result->gap;
    char *why = mlab_copy_text(m->context, result->why), *group = mlab_copy_text(m->context, a->group_column ? a->group_column : "");
    if (!why || !group) {
        mlab_release(m->context, why);
        mlab_release(m->context, group);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for pairs");
    }
    mlab_release(m->context, pairs->why);
    mlab_release(m->context, pairs->group_column);
    pairs->why = why;
    pairs->group_column = group;
    return MLAB_OK;
}

/* What a policy refuses is refused where the study asks for it. */
static mlab_status put_place(const mlab_matching *m, size_t which, mlab_status status, mlab_error *err)
{
    const mlab_policy_ask *ask = m->spec->asks ? &m->spec->asks[which] : NULL;
    if ((status == MLAB_ERR_ARGUMENT || status == MLAB_ERR_MATCH_UNSUPPORTED) && err && ask && ask->place.line && !err->place.line)
        err->place = ask->place;
    return status;
}

mlab_status mlab_matching_run(mlab_matching *m, size_t which, mlab_findings *findings, mlab_pairs **pairs, mlab_error *err)
{
    asked a = {0};
    *pairs = NULL;
    const mlab_policy *policy = mlab_policy_find(m->spec->policies[which]);
    mlab_status status = put_question(m, which, &a, findings, err);
    const size_t each = a.request.options.mentors_each > 1 ? (size_t)a.request.options.mentors_each : 1;
    if (!status) status = mlab_pairs_make(m, m->spec->policies[which], each, pairs, err);
    mlab_policy_result result = {.mentor_of = *pairs ? (*pairs)->mentor_of : NULL};
    if (*pairs) (*pairs)->mutual = strcmp(policy->name, "peer") == 0;
    if (!status) status = put_place(m, which, mlab_policy_assign(m->context, policy, &a.request, &result, err), err);
    if (!status && *a.fitted) strcpy(result.why, a.fitted);
    if (!status) status = keep_result(m, &a, &result, *pairs, err);
    if (!status) status = mlab_pairs_finish(m, a.groups[MLAB_MENTEES], a.names, a.n_names, *pairs, err);
    asked_free(m->context, &a);
    if (status) {
        mlab_pairs_free(*pairs);
        *pairs = NULL;
    }
    return status;
}

mlab_status mlab_matching_assign(const mlab_matching *m, size_t which, size_t each, mlab_policy_result *result, mlab_error *err)
{
    asked a = {0};
    mlab_findings findings;
    mlab_findings_start(&findings, m->context); /* said already */
    mlab_status status = put_question(m, which, &a, &findings, err);
    const size_t slots = a.request.options.mentors_each > 1 ? (size_t)a.request.options.mentors_each : 1;
    if (!status && slots != each) status = mlab_raise(err, MLAB_ERR_ARGUMENT, "%zu mentors each, and room for %zu", slots, each);
    if (!status) status = mlab_policy_assign(m->context, mlab_policy_find(m->spec->policies[which]), &a.request, result, err);
    asked_free(m->context, &a);
    mlab_findings_free(&findings);
    return status;
}

mlab_status mlab_matching_each(const mlab_matching *m, size_t which, mlab_findings *findings, size_t *each, mlab_error *err)
{
    asked a = {0};
    mlab_status status = put_question(m, which, &a, findings, err);
    *each = a.request.options.mentors_each > 1 ? (size_t)a.request.options.mentors_each : 1;
    asked_free(m->context, &a);
    return status;
}
