/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terms that are stated pair by pair: pairs there have been, places on people's own lists, scores of a file of the user's own; and
 * pairs that are locked. */
#include "match/matching.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "match/scorer.h"

#include <math.h>
#include <string.h>

static void hand_over(mlab_keys *keys, mlab_pair_values *into)
{
    into->keys = keys->key;
    into->s = keys->value;
    into->n = keys->n;
    keys->key = NULL;
    keys->value = NULL;
}

static mlab_status past_values(const mlab_matching *m, mlab_keys *keys, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < m->n_past; k++) status = mlab_keys_add(keys, m->past[k], 1, err);
    return status;
}

static mlab_status choice_values(const mlab_wish_list *list, mlab_keys *keys, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < list->n; k++)
        status = mlab_keys_add(keys, list->keys[k], 1 - (double)(list->rank[k] - 1) / (double)list->of[k], err);
    return status;
}

/* --- a file of the user's own ------------------------------------------------------------------------- */

typedef struct own_file {
    const mlab_matching *matching;
    const mlab_rule *rule;
    mlab_findings *findings;
    mlab_keys *keys;
} own_file;

static mlab_status add_own(void *user, const mlab_pair_row *row, mlab_error *err)
{
    const own_file *file = user;
    const mlab_people *p = &file->matching->people;
    double score;
    if (!mlab_number_parse(row->third, strlen(row->third), '.', &score)) {
        if (!*row->third) return MLAB_OK;
        return mlab_findings_add(file->findings, MLAB_SEVERITY_STOP, "bad_score", &row->third_place, row->third, "", err,
                                 "rule '%s': a score of the file is no number", file->rule->name);
    }
    const uint32_t mentee = mlab_match_find_id(p->ids, p->n_ids, row->mentee), mentor = mlab_match_find_id(p->ids, p->n_ids, row->mentor);
    if (mentee == UINT32_MAX || mentor == UINT32_MAX)
        return mlab_findings_add(file->findings, MLAB_SEVERITY_NOTE, "unlinked_id", &row->place, mentee == UINT32_MAX ? row->mentee : row->mentor, "",
                                 err, "a score of the file is of somebody who is not in the tables; it is passed over");
    const mlab_rule *rule = file->rule;
    if (rule->high > rule->low && (score < rule->low || score > rule->high))
        return mlab_findings_add(file->findings, MLAB_SEVERITY_STOP, "bad_score", &row->third_place, row->third, "", err,
                                 "rule '%s': a score of the file is outside low to high", rule->name);
    return mlab_keys_add(file->keys, (uint64_t)mentee << 32 | mentor, score, err);
}

static mlab_status file_values(const mlab_matching *m, const mlab_rule *rule, mlab_findings *findings, mlab_keys *keys, mlab_error *err)
{
    own_file file = {m, rule, findings, keys};
    mlab_status status = mlab_pair_rows_read(m->context, rule->path, rule->file_name, rule->score_column ? rule->score_column : "score", &rule->place,
                                             findings, add_own, &file, err);
    double low = rule->low, high = rule->high;
    if (status || !keys->n) return status;
    if (!(high > low)) {
        low = INFINITY;
        high = -INFINITY;
        for (size_t k = 0; k < keys->n; k++) {
            if (keys->value[k] < low) low = keys->value[k];
            if (keys->value[k] > high) high = keys->value[k];
        }
        char least[40], most[40];
        mlab_number_print(low, least, sizeof least);
        mlab_number_print(high, most, sizeof most);
        status =
            mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "own_score_range", &rule->place, "", "", err,
                              "rule '%s': scores of the file from %s to %s count from 0 to 1; low: and high: say otherwise", rule->name, least, most);
    }
    for (size_t k = 0; k < keys->n; k++) keys->value[k] = high > low ? (keys->value[k] - low) / (high - low) : 1;
    return status;
}

static mlab_status make_values(mlab_matching *m, size_t term, const mlab_rule *rule, mlab_findings *findings, mlab_error *err)
{
    mlab_keys keys = {.context = m->context};
    mlab_pair_values *into = &m->values[m->n_values];
    const mlab_wish_list *list = &m->wishes[rule->of_mentors ? MLAB_MENTORS : MLAB_MENTEES];
    *into = (mlab_pair_values){.term = term};
    mlab_status status;
    if (rule->kind == MLAB_RULE_PAST) {
        into->otherwise = MLAB_OTHERWISE_NONE;
        status = past_values(m, &keys, err);
    } else if (rule->kind == MLAB_RULE_CHOICE) {
        into->otherwise = MLAB_OTHERWISE_NONE_OF_THE_LISTED;
        into->mentor_speaks = rule->of_mentors ? list->speaks : NULL;
        status = choice_values(list, &keys, err);
    } else
        status = file_values(m, rule, findings, &keys, err);
    if (!status) status = mlab_keys_sort(&keys, err);
    if (!status) {
        hand_over(&keys, into);
        m->n_values++;
    }
    mlab_keys_free(&keys);
    return status;
}

mlab_status mlab_pair_terms_make(mlab_matching *m, mlab_findings *findings, mlab_error *err)
{
    m->values = mlab_allocate(m->context, m->scorer->n_terms, sizeof *m->values);
    mlab_status status = m->values ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the terms of pairs");
    for (size_t t = 0; !status && t < m->scorer->n_terms; t++)
        if (mlab_rule_is_of_pairs(m->scorer->terms[t].rule->kind)) status = make_values(m, t, m->scorer->terms[t].rule, findings, err);
    return status;
}

void mlab_pair_terms_free(mlab_matching *m)
{
    for (size_t k = 0; m->values && k < m->n_values; k++) {
        void *owned[2]; /* owned, handed out as const */
        memcpy(&owned[0], &m->values[k].keys, sizeof owned[0]);
        memcpy(&owned[1], &m->values[k].s, sizeof owned[1]);
        mlab_release(m->context, owned[0]);
        mlab_release(m->context, owned[1]);
    }
    mlab_release(m->context, m->values);
}

/* --- locked pairs ------------------------------------------------------------------------------------- */

typedef struct locking {
    mlab_matching *matching;
    mlab_findings *findings;
} locking;

static mlab_status refuse(mlab_findings *findings, const mlab_place *place, const char *who, const char *sentence, mlab_error *err)
{
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_lock", place, who, "", err, "%s", sentence);
}

static mlab_status lock_pair(const locking *l, const char *mentor, const char *mentee, const mlab_place *place, mlab_error *err)
{
    mlab_matching *m = l->matching;
    const mlab_people *p = &m->people;
    const size_t i = mlab_people_member(p, MLAB_MENTEES, mlab_match_find_id(p->ids, p->n_ids, mentee));
    const size_t j = mlab_people_member(p, MLAB_MENTORS, mlab_match_find_id(p->ids, p->n_ids, mentor));
    if (i == SIZE_MAX) return refuse(l->findings, place, mentee, "lock: no mentee has this id", err);
    if (j == SIZE_MAX) return refuse(l->findings, place, mentor, "lock: no mentor has this id", err);
    if (p->entity[MLAB_MENTEES][i] == p->entity[MLAB_MENTORS][j]) return refuse(l->findings, place, mentee, "lock: a person with themselves", err);
    if (m->locked[i] != MLAB_UNMATCHED && m->locked[i] != (int32_t)j)
        return refuse(l->findings, place, mentee, "lock: the mentee is locked to two mentors", err);
    m->locked[i] = (int32_t)j;
    return MLAB_OK;
}

static mlab_status lock_row(void *user, const mlab_pair_row *row, mlab_error *err)
{
    return lock_pair(user, row->mentor, row->mentee, &row->place, err);
}

mlab_status mlab_locks_read(mlab_matching *m, mlab_findings *findings, mlab_error *err)
{
    const mlab_match_spec *spec = m->spec;
    locking l = {m, findings};
    mlab_status status = MLAB_OK;
    if (!spec->n_locks && !spec->lock_file) return MLAB_OK;
    if (!m->locked) {
        if (!(m->locked = mlab_allocate(m->context, m->people.n[MLAB_MENTEES], sizeof *m->locked)))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for locked pairs");
        for (size_t i = 0; i < m->people.n[MLAB_MENTEES]; i++) m->locked[i] = MLAB_UNMATCHED;
    }
    for (size_t k = 0; !status && k < spec->n_locks; k++)
        status = lock_pair(&l, spec->locks[k].mentor, spec->locks[k].mentee, &spec->locks[k].place, err);
    if (!status && spec->lock_file)
        status = mlab_pair_rows_read(m->context, spec->lock_file, spec->lock_name, NULL, &spec->lock_place, findings, lock_row, &l, err);
    return status;
}
