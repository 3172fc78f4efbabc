/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching people from tables: who takes part, the pool with its scores, then each policy on the same pool. */
#include "match/matching.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "match/scorer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t most_candidates = 25000000; /* 12 bytes each */

void mlab_matching_free(mlab_matching *m)
{
    if (!m) return;
    mlab_pool_work_free(&m->work);
    mlab_forbidden_free(m->context, m->forbidden, m->n_forbidden);
    mlab_pair_terms_free(m);
    mlab_wish_list_free(m->context, &m->wishes[0]);
    mlab_wish_list_free(m->context, &m->wishes[1]);
    mlab_scorer_free(m->scorer);
    mlab_release(m->context, m->mentee_rank);
    mlab_release(m->context, m->mentor_rank);
    mlab_release(m->context, m->locked);
    mlab_release(m->context, m->past);
    mlab_release(m->context, m->rejected);
    mlab_release(m->context, m->withdrawn);
    for (size_t s = 0; m->decided && s < m->people.n[MLAB_MENTEES] * m->decided_each; s++) mlab_release(m->context, m->decided[s]);
    mlab_release(m->context, m->decided);
    mlab_people_free(&m->people);
    mlab_release(m->context, m);
}

static mlab_status check_policies(const mlab_match_spec *spec, mlab_error *err)
{
    for (size_t i = 0; i < spec->n_policies; i++)
        if (!mlab_policy_find(spec->policies[i])) {
            char list[400] = "";
            for (size_t row = 0; mlab_policy_row(row); row++) {
                strncat(list, row ? ", " : "", sizeof list - strlen(list) - 1);
                strncat(list, mlab_policy_row(row)->name, sizeof list - strlen(list) - 1);
            }
            return mlab_raise(err, MLAB_ERR_MATCH_POLICY, "there is no policy '%s', allowed %s", spec->policies[i], list);
        }
    return MLAB_OK;
}

/* Columns that lists shall show must be on one side at least. */
static mlab_status check_carried(const mlab_matching *m, mlab_findings *findings, mlab_error *err)
{
    const mlab_match_spec *spec = m->spec;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < spec->n_carry; k++)
        if (!mlab_table_find_fold(m->people.tables[0], spec->carry[k]) && !mlab_table_find_fold(m->people.tables[1], spec->carry[k]))
            status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_column", spec->places.carry.line ? &spec->places.carry : NULL,
                                       spec->carry[k], "", err, "carry: neither list has a column '%s'", spec->carry[k]);
    return status;
}

/* --- what is stated about pairs ----------------------------------------------------------------------- */

static mlab_status keep_past(mlab_matching *m, const char *const (*past)[2], size_t n_past, mlab_error *err)
{
    const mlab_people *p = &m->people;
    mlab_keys keys = {.context = m->context};
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < n_past; k++) {
        const uint32_t mentor = mlab_match_find_id(p->ids, p->n_ids, past[k][0]), mentee = mlab_match_find_id(p->ids, p->n_ids, past[k][1]);
        if (mentor != UINT32_MAX && mentee != UINT32_MAX) status = mlab_keys_add(&keys, (uint64_t)mentee << 32 | mentor, 1, err);
    }
    if (!status) status = mlab_keys_sort(&keys, err);
    if (!status) {
        m->past = keys.key;
        m->n_past = keys.n;
        keys.key = NULL;
    }
    mlab_keys_free(&keys);
    return status;
}

/* Pairs that are not wanted by either side join those the spec forbids. */
static mlab_status forbid_unwanted(mlab_matching *m, mlab_error *err)
{
    static const char *const names[] = {"the mentee does not want it", "the mentor does not want it"};
    mlab_forbidden *all = mlab_reallocate(m->context, m->forbidden, m->n_forbidden + 2, sizeof *all);
    if (!all) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for pairs that are not wanted");
    m->forbidden = all;
    for (int side = 0; side < 2; side++) {
        mlab_wish_list *list = &m->wishes[side];
        if (!list->n_nots) continue;
        all[m->n_forbidden++] = (mlab_forbidden){names[side], list->nots, list->n_nots};
        list->nots = NULL;
    }
    return MLAB_OK;
}

static mlab_status state_pairs(mlab_matching *m, const char *const (*past)[2], size_t n_past, mlab_findings *findings, mlab_error *err)
{
    const mlab_people *p = &m->people;
    mlab_status status = keep_past(m, past, n_past, err);
    if (!status) status = mlab_wishes_read(p, MLAB_MENTEES, &m->spec->mentee_wishes, findings, &m->wishes[MLAB_MENTEES], err);
    if (!status) status = mlab_wishes_read(p, MLAB_MENTORS, &m->spec->mentor_wishes, findings, &m->wishes[MLAB_MENTORS], err);
    if (!status)
        status = mlab_forbidden_make(m->context, m->spec, p->tables[MLAB_MENTORS], p->tables[MLAB_MENTEES], p->ids, p->n_ids, past, n_past, findings,
                                     &m->forbidden, &m->n_forbidden, err);
    if (!status) status = forbid_unwanted(m, err);
    if (!status) status = mlab_pair_terms_make(m, findings, err);
    return status ? status : mlab_locks_read(m, findings, err);
}

/* --- the pool ------------------------------------------------------------------------------------------- */

static size_t candidates_of_each(const mlab_matching *m)
{
    const size_t n = m->people.n[MLAB_MENTEES], all = m->people.n[MLAB_MENTORS];
    if (m->spec->most) return m->spec->most;
    if (n == 0 || all <= most_candidates / n) return 0;
    const size_t each = most_candidates / n;
    return each < 20 ? 20 : each;
}

mlab_status mlab_matching_build(mlab_matching *m, mlab_error *err)
{
    const mlab_people *p = &m->people;
    m->request = (mlab_pool_request){.mentees = {.n = p->n[MLAB_MENTEES], .row = p->row[MLAB_MENTEES], .entity = p->entity[MLAB_MENTEES]},
                                     .mentors = {.n = p->n[MLAB_MENTORS], .row = p->row[MLAB_MENTORS], .entity = p->entity[MLAB_MENTORS]},
                                     .capacity = p->capacity,
                                     .forbidden = m->forbidden,
                                     .n_forbidden = m->n_forbidden,
                                     .pair_values = m->values,
                                     .n_pair_values = m->n_values};
    mlab_status status = mlab_pool_build_large(m->scorer, &m->request, candidates_of_each(m), m->spec->seed, &m->work, err);
    if (!status) status = mlab_wishes_rank(m->context, &m->wishes[MLAB_MENTEES], &m->work.pool, &m->mentee_rank, err);
    if (!status) status = mlab_wishes_rank(m->context, &m->wishes[MLAB_MENTORS], &m->work.pool, &m->mentor_rank, err);
    if (status) return status;
    m->pool = m->work.pool;
    m->pool.mentee_rank = m->mentee_rank;
    m->pool.mentor_rank = m->mentor_rank;
    m->pool.lower = p->least;
    m->pool.mentor_hours = p->mentor_hours;
    m->pool.mentee_hours = p->mentee_hours;
    m->pool.locked = m->locked;
    return MLAB_OK;
}

static mlab_status note_cut(const mlab_matching *m, mlab_findings *findings, mlab_error *err)
{
    if (!m->work.cut_mentees) return MLAB_OK;
    return mlab_findings_add(
        findings, MLAB_SEVERITY_NOTE, "candidates_left_out", NULL, "", "matching: {candidates: 1000}", err,
        "of %zu allowed pairs the %zu best by mentee are kept, at most %zu a mentee; the result says how much the rest could add",
        (size_t)m->work.allowed, m->work.pool.first[m->work.pool.n_mentees], candidates_of_each(m));
}

static mlab_status fill(mlab_matching *m, const mlab_table *mentors, const mlab_table *mentees, const char *const (*past)[2], size_t n_past,
                        mlab_findings *findings, mlab_error *err)
{
    const size_t stops = mlab_findings_count(findings, MLAB_SEVERITY_STOP);
    mlab_status status = check_policies(m->spec, err);
    if (!status) status = mlab_people_gather(m->context, m->spec, mentors, mentees, findings, &m->people, err);
    if (!status) status = check_carried(m, findings, err);
    if (!status) status = mlab_scorer_make(m->context, m->spec, mentors, mentees, NULL, 0, findings, &m->scorer, err);
    if (!status) status = state_pairs(m, past, n_past, findings, err);
    if (!status && mlab_findings_count(findings, MLAB_SEVERITY_STOP) > stops)
        status = mlab_raise(err, MLAB_ERR_DATA_REJECTED, "the tables cannot be matched; the findings say why");
    if (status) return status;
    if ((status = mlab_matching_build(m, err))) return status;
    status = mlab_scorer_note_missing(m->scorer, &m->request, findings, err);
    return status ? status : note_cut(m, findings, err);
}

mlab_status mlab_matching_open(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees, const char *const (*past)[2],
                               size_t n_past, const mlab_match_spec *spec, mlab_findings *findings, mlab_matching **matching, mlab_error *err)
{
    *matching = NULL;
    mlab_matching *m = mlab_allocate(context, 1, sizeof *m);
    if (!m) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to match");
    *m = (mlab_matching){.context = context, .spec = spec, .people = {.context = context}, .work = MLAB_POOL_WORK(context)};
    mlab_status status = fill(m, mentors, mentees, past, n_past, findings, err);
    if (status)
        mlab_matching_free(m);
    else
        *matching = m;
    return status;
}

mlab_status mlab_match(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees, const char *const (*past)[2], size_t n_past,
                       const mlab_match_spec *spec, mlab_findings *findings, mlab_pairs **results, mlab_error *err)
{
    mlab_matching *m = NULL;
    for (size_t i = 0; i < spec->n_policies; i++) results[i] = NULL;
    mlab_status status = mlab_matching_open(context, mentors, mentees, past, n_past, spec, findings, &m, err);
    for (size_t i = 0; i < spec->n_policies && !status; i++) status = mlab_matching_run(m, i, findings, &results[i], err);
    if (!status) mlab_pairs_compare(results, spec->n_policies);
    for (size_t i = 0; status && i < spec->n_policies; i++) {
        mlab_pairs_free(results[i]);
        results[i] = NULL;
    }
    mlab_matching_free(m);
    return status;
}
