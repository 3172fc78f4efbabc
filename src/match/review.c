/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The review loop: a list of pairs comes back with decisions; what was decided stays, the rest is matched again with the least change (cohort.h).
 *
 * Weakness: one mentor a mentee; networks and peers are not reviewed this way.
 */
#include "match/cohort.h"
#include "match/matching.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "data/rows.h"

#include <stdlib.h>
#include <string.h>

typedef struct review_reader {
    mlab_matching *m;
    mlab_findings *findings;
    int32_t *previous, *capacity;
    mlab_decision *decision;
    uint8_t *seen; /* [mentees] 1 = has a row */
    mlab_keys rejected;
    mlab_rows *rows;
    size_t mentee, mentor, decided, before; /* columns; before == n_columns: there is none */
} review_reader;

static mlab_place place_of(const review_reader *r, uint64_t line, size_t column)
{
    return mlab_place_cell(r->rows->file, line, (uint32_t)column + 1, r->rows->names[column]);
}

static mlab_status find(const review_reader *r, mlab_severity severity, const char *kind, uint64_t line, size_t column, const char *value,
                        const char *sentence, mlab_error *err)
{
    mlab_place place = place_of(r, line, column);
    return mlab_findings_add(r->findings, severity, kind, &place, value, "", err, "%s", sentence);
}

static size_t member_of(const review_reader *r, int side, const char *id)
{
    const mlab_people *p = &r->m->people;
    const uint32_t entity = mlab_match_find_id(p->ids, p->n_ids, id);
    return entity == UINT32_MAX ? SIZE_MAX : mlab_people_member(p, side, entity);
}

/* A cell without the apostrophe that keeps it a text, and without blanks around it. */
static void clean(const mlab_cell *cell, char *into, size_t size)
{
    const char *text = cell->text;
    size_t n = cell->n;
    while (n && strchr(" \t\r\n", *text)) text++, n--;
    while (n && strchr(" \t\r\n", text[n - 1])) n--;
    if (n > 1 && *text == '\'' && strchr("=+-@", text[1])) text++, n--;
    if (n >= size) n = size - 1;
    memcpy(into, text, n);
    into[n] = '\0';
}

typedef enum word { WORD_NONE, WORD_ACCEPT, WORD_REJECT, WORD_LOCK, WORD_WITHDRAW, WORD_MENTOR_WITHDRAWS, WORD_PAIR, WORD_UNKNOWN } word;

static word read_word(const char *text)
{
    static const struct {
        const char *text;
        word meant;
    } words[] = {{"", WORD_NONE},
                 {"accept", WORD_ACCEPT},
                 {"accepted", WORD_ACCEPT},
                 {"reject", WORD_REJECT},
                 {"rejected", WORD_REJECT},
                 {"lock", WORD_LOCK},
                 {"locked", WORD_LOCK},
                 {"withdraw", WORD_WITHDRAW},
                 {"withdrawn", WORD_WITHDRAW},
                 {"withdraws", WORD_WITHDRAW},
                 {"mentor withdraws", WORD_MENTOR_WITHDRAWS},
                 {"mentor withdrawn", WORD_MENTOR_WITHDRAWS}};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (mlab_equal_fold(text, words[k].text)) return words[k].meant;
    char start[11] = "";
    if (strlen(text) <= 10) return WORD_UNKNOWN;
    memcpy(start, text, 10);
    return mlab_equal_fold(start, "pair with ") ? WORD_PAIR : WORD_UNKNOWN;
}

static mlab_status unknown_word(const review_reader *r, uint64_t line, const char *text, mlab_error *err)
{
    static const char *const words[] = {"accept", "reject", "lock", "withdraw", "mentor withdraws", "pair with"};
    const char *near = mlab_nearest(text, words, 6);
    mlab_place place = place_of(r, line, r->decided);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_decision", &place, text, "", err,
                             "a decision must be accept, reject, lock, pair with and an id, withdraw, mentor withdraws, or nothing%s%s%s",
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* pair with ID: by the id as it stands, blanks around it left out. */
static mlab_status pair_with(review_reader *r, size_t i, uint64_t line, const char *text, mlab_error *err)
{
    const char *id = text + 10;
    while (*id == ' ') id++;
    const size_t j = member_of(r, MLAB_MENTORS, id);
    if (j == SIZE_MAX) return find(r, MLAB_SEVERITY_STOP, "unlinked_id", line, r->decided, text, "pair with: no mentor has this id", err);
    if (r->m->people.entity[MLAB_MENTORS][j] == r->m->people.entity[MLAB_MENTEES][i])
        return find(r, MLAB_SEVERITY_STOP, "bad_decision", line, r->decided, text, "pair with: a person with themselves", err);
    r->previous[i] = (int32_t)j;
    r->decision[i] = MLAB_DECISION_LOCK;
    return MLAB_OK;
}

static mlab_status take_decision(review_reader *r, size_t i, size_t j, bool named, uint64_t line, const char *text, mlab_error *err)
{
    const word said = read_word(text);
    const bool has = j != SIZE_MAX;
    r->previous[i] = has ? (int32_t)j : MLAB_UNMATCHED;
    r->decision[i] = has ? MLAB_DECISION_OPEN : MLAB_DECISION_NEW;
    switch (said) {
    case WORD_NONE: return MLAB_OK;
    case WORD_WITHDRAW: r->decision[i] = MLAB_DECISION_WITHDRAW; return MLAB_OK;
    case WORD_PAIR: return pair_with(r, i, line, text, err);
    case WORD_UNKNOWN: return unknown_word(r, line, text, err);
    default: break;
    }
    if (!has)
        return find(r, MLAB_SEVERITY_STOP, "bad_decision", line, r->decided, text,
                    named ? "the mentor of this row takes no part any more; there is no pair to decide about"
                          : "there is no pair in this row to decide about",
                    err);
    if (said == WORD_ACCEPT) r->decision[i] = MLAB_DECISION_ACCEPT;
    if (said == WORD_LOCK) r->decision[i] = MLAB_DECISION_LOCK;
    if (said == WORD_REJECT) r->decision[i] = MLAB_DECISION_REJECT;
    if (said == WORD_REJECT) return mlab_keys_add(&r->rejected, (uint64_t)i << 32 | j, 1, err);
    if (said == WORD_MENTOR_WITHDRAWS) r->m->withdrawn[j] = 1;
    return MLAB_OK;
}

/* Mentors turned down in earlier rounds: ids between semicolons. */
static mlab_status take_rejected(review_reader *r, size_t i, uint64_t line, const mlab_cell *cell, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    const char *text = cell->text;
    while (!status && *text) {
        const size_t n = strcspn(text, ";");
        char id[256];
        clean(&(mlab_cell){.text = text, .n = (uint32_t)n}, id, sizeof id);
        const size_t j = *id ? member_of(r, MLAB_MENTORS, id) : SIZE_MAX;
        if (j != SIZE_MAX)
            status = mlab_keys_add(&r->rejected, (uint64_t)i << 32 | j, 1, err);
        else if (*id)
            status = find(r, MLAB_SEVERITY_NOTE, "unlinked_id", line, r->before, id, "a mentor rejected before takes no part any more", err);
        text += n + (text[n] == ';');
    }
    return status;
}

static mlab_status take_row(review_reader *r, const mlab_cell *row, uint64_t line, mlab_error *err)
{
    char mentee[256], mentor[256], decision[256];
    clean(&row[r->mentee], mentee, sizeof mentee);
    clean(&row[r->mentor], mentor, sizeof mentor);
    clean(&row[r->decided], decision, sizeof decision);
    if (!*mentee && !*mentor && !*decision) return MLAB_OK;
    const size_t i = member_of(r, MLAB_MENTEES, mentee), j = *mentor ? member_of(r, MLAB_MENTORS, mentor) : SIZE_MAX;
    if (!*mentee && read_word(decision) == WORD_MENTOR_WITHDRAWS) { /* a row of a mentor alone */
        if (j != SIZE_MAX) r->m->withdrawn[j] = 1;
        return MLAB_OK;
    }
    if (i == SIZE_MAX && read_word(decision) == WORD_WITHDRAW) return MLAB_OK;
    if (i == SIZE_MAX)
        return find(r, *decision ? MLAB_SEVERITY_STOP : MLAB_SEVERITY_NOTE, "unlinked_id", line, r->mentee, mentee,
                    *decision ? "no mentee has this id; a late sign-up needs a row in the list of people too"
                              : "a mentee of the list takes no part any more; taken as withdrawn",
                    err);
    if (r->seen[i]) return find(r, MLAB_SEVERITY_STOP, "duplicate_id", line, r->mentee, mentee, "a mentee stands in two rows; each has one", err);
    r->seen[i] = 1;
    mlab_status status = take_decision(r, i, j, *mentor != '\0', line, decision, err);
    if (!status && *mentor && j == SIZE_MAX)
        status = find(r, MLAB_SEVERITY_NOTE, "unlinked_id", line, r->mentor, mentor, "a mentor of the list takes no part any more", err);
    return !status && r->before < r->rows->n_columns ? take_rejected(r, i, line, &row[r->before], err) : status;
}

static size_t find_heading(const mlab_rows *rows, const char *name)
{
    size_t k = 0;
    while (k < rows->n_columns && !mlab_equal_fold(rows->names[k], name)) k++;
    return k;
}

static mlab_status read_list(review_reader *r, const char *path, const char *name, mlab_error *err)
{
    const mlab_rows_options options = {0};
    mlab_status status = mlab_rows_open(r->m->context, path, name, &options, r->findings, &r->rows, err);
    if (status) return status;
    r->mentee = find_heading(r->rows, "mentee");
    r->mentor = find_heading(r->rows, "mentor");
    r->decided = find_heading(r->rows, "decision");
    r->before = find_heading(r->rows, "rejected before");
    const size_t n = r->rows->n_columns;
    if (r->mentee == n || r->mentor == n || r->decided == n)
        return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "%s has no column '%s', needed: mentee, mentor and decision, as in the list of pairs", name,
                          r->mentee == n   ? "mentee"
                          : r->mentor == n ? "mentor"
                                           : "decision");
    mlab_row_block block;
    while (!status && !(status = mlab_rows_next(r->rows, &block, err)) && block.n_rows)
        for (size_t k = 0; !status && k < block.n_rows; k++) status = take_row(r, &block.cells[k * block.n_columns], block.lines[k], err);
    return status;
}

/* Pairs that the study itself locks, and mentors with more locked pairs than places. */
static mlab_status check_locks(review_reader *r, mlab_error *err)
{
    const mlab_people *p = &r->m->people;
    int32_t *locked = mlab_allocate(r->m->context, p->n[MLAB_MENTORS], sizeof *locked);
    if (!locked) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentors", p->n[MLAB_MENTORS]);
    mlab_status status = MLAB_OK;
    for (size_t j = 0; j < p->n[MLAB_MENTORS]; j++)
        if (r->m->withdrawn[j]) r->capacity[j] = 0;
    for (size_t i = 0; !status && i < p->n[MLAB_MENTEES]; i++) {
        if (r->m->locked && r->m->locked[i] != MLAB_UNMATCHED && r->decision[i] != MLAB_DECISION_WITHDRAW) {
            r->previous[i] = r->m->locked[i];
            r->decision[i] = MLAB_DECISION_LOCK;
        }
        if (r->decision[i] != MLAB_DECISION_LOCK) continue;
        const int32_t j = r->previous[i];
        if (++locked[j] > r->capacity[j]) {
            char offered[40];
            mlab_number_print(r->capacity[j], offered, sizeof offered);
            status = mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "too_many_locked", NULL, p->ids[p->entity[MLAB_MENTORS][j]], "", err,
                                       "more pairs of a mentor are locked than the %s places offered", offered);
        }
    }
    mlab_release(r->m->context, locked);
    return status;
}

/* --- the result ------------------------------------------------------------------------------------------- */

void mlab_review_free(mlab_review *review)
{
    if (!review) return;
    mlab_pairs_free(review->pairs);
    mlab_release(review->context, review->changes);
    mlab_release(review->context, review);
}

/* What stands in the decision cell of the next list: what binds stays. */
static mlab_status keep_decisions(review_reader *r, const int32_t *mentor_of, mlab_error *err)
{
    mlab_matching *m = r->m;
    const size_t n = m->people.n[MLAB_MENTEES];
    if (!m->decided && !(m->decided = mlab_allocate(m->context, n, sizeof *m->decided)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for decisions");
    for (size_t i = 0; i < n; i++) {
        mlab_release(m->context, m->decided[i]);
        m->decided[i] = NULL;
        const bool stays = mentor_of[i] != MLAB_UNMATCHED && mentor_of[i] == r->previous[i];
        const char *text = r->decision[i] == MLAB_DECISION_WITHDRAW          ? "withdraw"
                           : stays && r->decision[i] == MLAB_DECISION_ACCEPT ? "accept"
                           : stays && r->decision[i] == MLAB_DECISION_LOCK   ? "lock"
                                                                             : NULL;
        if (text && !(m->decided[i] = mlab_copy_text(m->context, text))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for decisions");
    }
    mlab_release(m->context, m->rejected);
    m->rejected = r->rejected.key;
    m->n_rejected = r->rejected.n;
    r->rejected.key = NULL;
    return MLAB_OK;
}

static double score_of(const mlab_matching *m, size_t i, int32_t j)
{
    if (j == MLAB_UNMATCHED) return 0;
    const size_t e = mlab_pool_find(&m->pool, i, j);
    return e == SIZE_MAX ? mlab_matching_score(m, i, (size_t)j) : m->pool.score[e];
}

static void fill_review(const review_reader *r, const mlab_fate *fate, const mlab_cohort_result *result, mlab_review *review)
{
    for (size_t i = 0; i < review->pairs->n_mentees; i++) {
        const int32_t before = r->previous[i], after = review->pairs->mentor_of[i];
        review->changes[i] = (mlab_review_change){mlab_fate_name(fate[i]), before, after, score_of(r->m, i, after) - score_of(r->m, i, before)};
    }
    review->kept = result->count[MLAB_FATE_KEPT];
    review->moved = result->count[MLAB_FATE_MOVED];
    review->rematched = result->count[MLAB_FATE_REMATCHED];
    review->placed = result->count[MLAB_FATE_PLACED];
    review->lost = result->count[MLAB_FATE_LOST];
    review->waiting = result->count[MLAB_FATE_WAITING];
    review->withdrawn = result->count[MLAB_FATE_WITHDRAWN];
    review->broken = result->broken;
    review->total_before = result->total_before;
    review->total = result->total;
    review->total_free = result->total_free;
    review->n_fell = result->n_fell;
    review->lost_points = result->lost_points;
}

/* Reasons of those who decided themselves. */
static mlab_status retell(const review_reader *r, mlab_pairs *pairs, mlab_error *err)
{
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        if (r->decision[i] != MLAB_DECISION_WITHDRAW) continue;
        mlab_release(pairs->context, pairs->reason[i]);
        if (!(pairs->reason[i] = mlab_copy_text(pairs->context, "withdrawn"))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for reasons");
    }
    return MLAB_OK;
}

static mlab_status rematch(review_reader *r, mlab_review *review, mlab_error *err)
{
    mlab_matching *m = r->m;
    const size_t n = m->people.n[MLAB_MENTEES];
    mlab_pool pool = m->pool;
    pool.capacity = r->capacity;
    pool.locked = NULL;
    mlab_fate *fate = mlab_allocate(m->context, n, sizeof *fate);
    mlab_status status =
        fate ? mlab_pairs_make(m, "reviewed", 1, &review->pairs, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentees", n);
    const mlab_cohort_request request = {.pool = &pool,
                                         .previous = r->previous,
                                         .decision = r->decision,
                                         .rejected = r->rejected.key,
                                         .n_rejected = r->rejected.n,
                                         .change = MLAB_CHANGE_FEWEST,
                                         .seed = m->spec->seed};
    mlab_cohort_result result = {.mentor_of = review->pairs ? review->pairs->mentor_of : NULL, .fate = fate};
    if (!status) status = mlab_cohort_rematch(m->context, &request, &result, err);
    m->pool.capacity = r->capacity; /* mentors who withdrew have no place, in reasons too */
    if (!status) status = mlab_pairs_finish(m, NULL, NULL, 0, review->pairs, err);
    m->pool.capacity = m->people.capacity;
    if (!status && !(review->changes = mlab_allocate(m->context, n, sizeof *review->changes)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentees", n);
    if (!status && review->pairs) fill_review(r, fate, &result, review);
    if (!status && review->pairs) status = retell(r, review->pairs, err);
    if (!status && review->pairs) status = keep_decisions(r, review->pairs->mentor_of, err);
    mlab_release(m->context, fate);
    return status;
}

static mlab_status start(review_reader *r, mlab_error *err)
{
    const mlab_people *p = &r->m->people;
    const size_t n = p->n[MLAB_MENTEES];
    r->previous = mlab_allocate(p->context, n, sizeof *r->previous);
    r->decision = mlab_allocate(p->context, n, sizeof *r->decision);
    r->seen = mlab_allocate(p->context, n, sizeof *r->seen);
    r->capacity = mlab_allocate(p->context, p->n[MLAB_MENTORS], sizeof *r->capacity);
    if (!r->m->withdrawn) r->m->withdrawn = mlab_allocate(p->context, p->n[MLAB_MENTORS], sizeof *r->m->withdrawn);
    if (!r->previous || !r->decision || !r->seen || !r->capacity || !r->m->withdrawn)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for decisions");
    for (size_t i = 0; i < n; i++) {
        r->previous[i] = MLAB_UNMATCHED;
        r->decision[i] = MLAB_DECISION_NEW;
    }
    if (p->n[MLAB_MENTORS]) memcpy(r->capacity, p->capacity, p->n[MLAB_MENTORS] * sizeof *r->capacity);
    return MLAB_OK;
}

mlab_status mlab_matching_review(mlab_matching *m, const char *path, const char *name, mlab_findings *findings, mlab_review **review, mlab_error *err)
{
    review_reader r = {.m = m, .findings = findings, .rejected = {.context = m->context}};
    const size_t stops = mlab_findings_count(findings, MLAB_SEVERITY_STOP);
    *review = NULL;
    mlab_review *made = mlab_allocate(m->context, 1, sizeof *made);
    mlab_status status = made ? start(&r, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a review");
    if (made) made->context = m->context;
    if (!status) status = read_list(&r, path, name, err);
    if (!status) status = check_locks(&r, err);
    if (!status && mlab_findings_count(findings, MLAB_SEVERITY_STOP) > stops)
        status = mlab_raise(err, MLAB_ERR_DATA_REJECTED, "the decisions were rejected; the findings say why");
    if (!status) status = mlab_keys_sort(&r.rejected, err);
    if (!status) status = rematch(&r, made, err);
    mlab_rows_close(r.rows);
    mlab_release(m->context, r.previous);
    mlab_release(m->context, r.decision);
    mlab_release(m->context, r.seen);
    mlab_release(m->context, r.capacity);
    mlab_keys_free(&r.rejected);
    if (status)
        mlab_review_free(made);
    else
        *review = made;
    return status;
}
