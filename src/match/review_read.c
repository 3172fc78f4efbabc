/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a list of pairs with decisions. A cell that is not understood is found with its place, and nothing is changed. */
#include "match/review.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <string.h>

static mlab_place place_of(const mlab_review_reader *r, uint64_t line, size_t column)
{
    return mlab_place_cell(r->rows->file, line, (uint32_t)column + 1, r->rows->names[column]);
}

static mlab_status find(const mlab_review_reader *r, mlab_severity severity, const char *kind, uint64_t line, size_t column, const char *value,
                        const char *sentence, mlab_error *err)
{
    mlab_place place = place_of(r, line, column);
    return mlab_findings_add(r->findings, severity, kind, &place, value, "", err, "%s", sentence);
}

static size_t member_of(const mlab_review_reader *r, int side, const char *id)
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

static mlab_status unknown_word(const mlab_review_reader *r, uint64_t line, const char *text, mlab_error *err)
{
    static const char *const words[] = {"accept", "reject", "lock", "withdraw", "mentor withdraws", "pair with"};
    const char *near = mlab_nearest(text, words, 6);
    mlab_place place = place_of(r, line, r->decided);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_decision", &place, text, "", err,
                             "a decision must be accept, reject, lock, pair with and an id, withdraw, mentor withdraws, or nothing%s%s%s",
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* pair with ID: by the id as it stands, blanks around it left out. */
static mlab_status pair_with(mlab_review_reader *r, size_t i, size_t slot, uint64_t line, const char *text, mlab_error *err)
{
    const char *id = text + 10;
    while (*id == ' ') id++;
    const size_t j = member_of(r, MLAB_MENTORS, id);
    if (j == SIZE_MAX) return find(r, MLAB_SEVERITY_STOP, "unlinked_id", line, r->decided, text, "pair with: no mentor has this id", err);
    if (r->m->people.entity[MLAB_MENTORS][j] == r->m->people.entity[MLAB_MENTEES][i])
        return find(r, MLAB_SEVERITY_STOP, "bad_decision", line, r->decided, text, "pair with: a person with themselves", err);
    r->previous[slot] = (int32_t)j;
    r->decision[slot] = MLAB_DECISION_LOCK;
    return MLAB_OK;
}

static mlab_status take_decision(mlab_review_reader *r, size_t i, size_t slot, size_t j, bool named, uint64_t line, const char *text, mlab_error *err)
{
    const word said = read_word(text);
    const bool has = j != SIZE_MAX;
    r->line[slot] = line;
    r->previous[slot] = has ? (int32_t)j : MLAB_UNMATCHED;
    r->decision[slot] = has ? MLAB_DECISION_OPEN : MLAB_DECISION_NEW;
    switch (said) {
    case WORD_NONE: return MLAB_OK;
    case WORD_WITHDRAW: r->decision[slot] = MLAB_DECISION_WITHDRAW; return MLAB_OK;
    case WORD_PAIR: return pair_with(r, i, slot, line, text, err);
    case WORD_UNKNOWN: return unknown_word(r, line, text, err);
    default: break;
    }
    if (!has)
        return find(r, MLAB_SEVERITY_STOP, "bad_decision", line, r->decided, text,
                    named ? "the mentor of this row takes no part any more; there is no pair to decide about"
                          : "there is no pair in this row to decide about",
                    err);
    if (said == WORD_ACCEPT) r->decision[slot] = MLAB_DECISION_ACCEPT;
    if (said == WORD_LOCK) r->decision[slot] = MLAB_DECISION_LOCK;
    if (said == WORD_REJECT) r->decision[slot] = MLAB_DECISION_REJECT;
    if (said == WORD_REJECT) return mlab_keys_add(&r->rejected, (uint64_t)i << 32 | j, 1, err);
    if (said == WORD_MENTOR_WITHDRAWS) r->m->withdrawn[j] = 1;
    return MLAB_OK;
}

/* Mentors turned down in earlier rounds: ids between semicolons. */
static mlab_status take_rejected(mlab_review_reader *r, size_t i, uint64_t line, const mlab_cell *cell, mlab_error *err)
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

static mlab_status take_row(mlab_review_reader *r, const mlab_cell *row, uint64_t line, mlab_error *err)
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
    if (r->seen[i] == r->each)
        return find(r, MLAB_SEVERITY_STOP, "duplicate_id", line, r->mentee, mentee,
                    r->each == 1 ? "a mentee stands in two rows; each has one" : "a mentee stands in more rows than the policy gives mentors", err);
    const size_t slot = i * r->each + r->seen[i]++;
    for (size_t s = i * r->each; j != SIZE_MAX && s < slot; s++)
        if (r->previous[s] == (int32_t)j)
            return find(r, MLAB_SEVERITY_STOP, "duplicate_id", line, r->mentor, mentor, "this pair stands in two rows", err);
    mlab_status status = take_decision(r, i, slot, j, *mentor != '\0', line, decision, err);
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

static mlab_status read_list(mlab_review_reader *r, const char *path, const char *name, mlab_error *err)
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

/* Pairs that the study itself locks, in the first row of their mentees. */
static void take_locks(mlab_review_reader *r)
{
    const mlab_matching *m = r->m;
    for (size_t i = 0; m->locked && i < m->people.n[MLAB_MENTEES]; i++) {
        const size_t first = i * r->each;
        size_t s = first;
        if (m->locked[i] == MLAB_UNMATCHED || r->decision[first] == MLAB_DECISION_WITHDRAW) continue;
        while (s < first + r->each && r->previous[s] != m->locked[i]) s++;
        if (s == first + r->each) s = first;
        r->previous[s] = m->locked[i];
        r->decision[s] = MLAB_DECISION_LOCK;
    }
}

/* Somebody who withdraws in one row withdraws. */
static void spread_withdrawals(mlab_review_reader *r)
{
    for (size_t i = 0; i < r->m->people.n[MLAB_MENTEES]; i++) {
        bool gone = false;
        for (size_t s = i * r->each; s < (i + 1) * r->each; s++) gone = gone || r->decision[s] == MLAB_DECISION_WITHDRAW;
        for (size_t s = i * r->each; gone && s < (i + 1) * r->each; s++) r->decision[s] = MLAB_DECISION_WITHDRAW;
    }
}

/* The two rows of a pair of peers must not say yes and no. */
static mlab_status check_mutual(const mlab_review_reader *r, mlab_error *err)
{
    const mlab_people *p = &r->m->people;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && r->mutual && i < p->n[MLAB_MENTEES]; i++) {
        if (r->decision[i] != MLAB_DECISION_ACCEPT && r->decision[i] != MLAB_DECISION_LOCK) continue;
        const size_t other = mlab_people_member(p, MLAB_MENTEES, p->entity[MLAB_MENTORS][r->previous[i]]);
        if (other == SIZE_MAX || r->decision[other] != MLAB_DECISION_REJECT) continue;
        if (p->entity[MLAB_MENTORS][r->previous[other]] != p->entity[MLAB_MENTEES][i]) continue;
        mlab_place place = place_of(r, r->line[other] ? r->line[other] : r->line[i], r->decided);
        status = mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "bad_decision", &place, p->ids[p->entity[MLAB_MENTEES][other]], "", err,
                                   "one row of this pair accepts it and the other rejects it");
    }
    return status;
}

/* Mentors with more locked pairs than places: at the row that is one too many. */
static mlab_status check_locks(mlab_review_reader *r, mlab_error *err)
{
    const mlab_people *p = &r->m->people;
    int32_t *locked = mlab_allocate(r->m->context, p->n[MLAB_MENTORS], sizeof *locked);
    if (!locked) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentors", p->n[MLAB_MENTORS]);
    mlab_status status = MLAB_OK;
    for (size_t j = 0; j < p->n[MLAB_MENTORS]; j++)
        if (r->m->withdrawn[j]) r->capacity[j] = 0;
    for (size_t s = 0; !status && s < p->n[MLAB_MENTEES] * r->each; s++) {
        if (r->decision[s] != MLAB_DECISION_LOCK) continue;
        const int32_t j = r->previous[s];
        if (++locked[j] <= r->capacity[j] || r->mutual) continue;
        char offered[40];
        mlab_place place = r->line[s] ? place_of(r, r->line[s], r->decided) : r->m->spec->lock_place;
        mlab_number_print(r->capacity[j], offered, sizeof offered);
        status = mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "too_many_locked", &place, p->ids[p->entity[MLAB_MENTORS][j]], "", err,
                                   "more pairs of a mentor are locked than the %s places offered", offered);
    }
    mlab_release(r->m->context, locked);
    return status;
}

mlab_status mlab_review_start(mlab_review_reader *r, mlab_error *err)
{
    const mlab_people *p = &r->m->people;
    const size_t n = p->n[MLAB_MENTEES], slots = n * r->each;
    r->previous = mlab_allocate(p->context, slots, sizeof *r->previous);
    r->decision = mlab_allocate(p->context, slots, sizeof *r->decision);
    r->line = mlab_allocate(p->context, slots, sizeof *r->line);
    r->seen = mlab_allocate(p->context, n, sizeof *r->seen);
    r->capacity = mlab_allocate(p->context, p->n[MLAB_MENTORS], sizeof *r->capacity);
    if (!r->m->withdrawn) r->m->withdrawn = mlab_allocate(p->context, p->n[MLAB_MENTORS], sizeof *r->m->withdrawn);
    if (!r->previous || !r->decision || !r->line || !r->seen || !r->capacity || !r->m->withdrawn)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for decisions");
    for (size_t s = 0; s < slots; s++) {
        r->previous[s] = MLAB_UNMATCHED;
        r->decision[s] = MLAB_DECISION_NEW;
    }
    if (p->n[MLAB_MENTORS]) memcpy(r->capacity, p->capacity, p->n[MLAB_MENTORS] * sizeof *r->capacity);
    return MLAB_OK;
}

mlab_status mlab_review_read(mlab_review_reader *r, const char *path, const char *name, mlab_error *err)
{
    mlab_status status = read_list(r, path, name, err);
    if (status) return status;
    take_locks(r);
    spread_withdrawals(r);
    status = check_mutual(r, err);
    if (!status) status = check_locks(r, err);
    return status ? status : mlab_keys_sort(&r->rejected, err);
}

void mlab_review_end(mlab_review_reader *r)
{
    const mlab_context *context = r->m->context;
    mlab_rows_close(r->rows);
    mlab_release(context, r->previous);
    mlab_release(context, r->decision);
    mlab_release(context, r->line);
    mlab_release(context, r->seen);
    mlab_release(context, r->capacity);
    mlab_keys_free(&r->rejected);
}
