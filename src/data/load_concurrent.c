/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several jobs of one person at the same time: which of them counts on which day.
 *
 * A row holds until the day of the next row of its job (history.job), and no longer than its end (history.to). Of the rows that hold on a day
 * the one with the highest share of a post counts (highest_fte), or the one that began last (latest); it counts anew where another one that
 * hid it ends. An exit from one of several jobs is none of the person. history.concurrent: main takes the rows of a condition alone.
 * Weakness: without numbers of jobs and without ends two jobs look like changes of one. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/expression.h"
#include "data/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 2000 }; /* of one person: what follows looks at all of them on every day */

typedef enum rule { RULE_NONE, RULE_MAIN, RULE_HIGHEST_FTE, RULE_LATEST } rule;

/* A row as an interval of days. */
typedef struct holding {
    mlab_job_row row;
    int32_t last; /* INT32_MAX = open */
    double fte;
} holding;

typedef struct resolving {
    mlab_loading *l;
    rule rule;
    const mlab_column *to, *job, *fte;
    mlab_job_row *out; /* [n_out] */
    size_t n_out, capacity;
    holding *held;     /* [MOST_ROWS] of the person at hand */
    int32_t *days;     /* [2 * MOST_ROWS] */
    bool stopped;      /* a finding says why nothing is resolved */
    size_t end_of_one; /* exits from one of several jobs */
    mlab_error *err;
} resolving;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for jobs at the same time");
}

static bool same_job(const resolving *r, uint32_t a, uint32_t b)
{
    bool missing = mlab_is_missing_at(r->job, a);
    return missing == mlab_is_missing_at(r->job, b) && (missing || !strcmp(mlab_column_text(r->job, a), mlab_column_text(r->job, b)));
}

static double fte_of(const resolving *r, uint32_t row)
{
    if (!r->fte || mlab_is_missing_at(r->fte, row)) return 0;
    if (r->fte->type == MLAB_COLUMN_REAL) return r->fte->as.real[row];
    return r->fte->type == MLAB_COLUMN_INTEGER ? (double)r->fte->as.integer[row] : 0;
}

/* How long each row of a person holds. */
static void set_holdings(const resolving *r, const mlab_job_row *rows, size_t n)
{
    const mlab_column *order = mlab_table_find(r->l->job, "order");
    for (size_t i = 0; i < n; i++) {
        int32_t last = mlab_job_date(r->to, rows[i].row);
        if (last == MLAB_DATE_MISSING) last = INT32_MAX;
        if (rows[i].exits) last = rows[i].date;
        for (size_t k = i + 1; k < n; k++) { /* the next row of the job; without numbers an exit is one of all jobs */
            bool next = r->job ? same_job(r, rows[i].row, rows[k].row)
                               : rows[k].exits || (!r->to && rows[k].date > rows[i].date) || (order && rows[k].date == rows[i].date) ||
                                     (r->to && mlab_job_date(r->to, rows[i].row) == MLAB_DATE_MISSING &&
                                      mlab_job_date(r->to, rows[k].row) == MLAB_DATE_MISSING);
            if (!next) continue;
            int32_t before = rows[k].exits ? rows[k].date : rows[k].date - 1;
            if (before < last) last = before;
            break;
        }
        r->held[i] = (holding){rows[i], last, fte_of(r, rows[i].row)};
    }
}

/* Goes another job of the person on after the day of the exit? */
static bool goes_on(const resolving *r, size_t n, size_t exit)
{
    for (size_t i = 0; i < n; i++) {
        const holding *h = &r->held[i];
        if (!h->row.exits && !same_job(r, h->row.row, r->held[exit].row.row) && h->row.date <= r->held[exit].row.date + 1 &&
            h->last > r->held[exit].row.date)
            return true;
    }
    return false;
}

/* The first row that begins while another one holds for more than that day: an end that is the day of the next beginning is an exclusive one. */
static size_t first_overlap(const resolving *r, size_t n)
{
    int32_t longest = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        const holding *h = &r->held[i];
        if (h->row.exits || h->last < h->row.date) continue;
        if (longest > h->row.date) return i;
        if (h->last > longest) longest = h->last;
    }
    return SIZE_MAX;
}

static mlab_status put(resolving *r, mlab_job_row row)
{
    mlab_status status = mlab_grow(r->l->context, &r->out, r->n_out, &r->capacity, sizeof *r->out, r->err);
    if (!status) r->out[r->n_out++] = row;
    return status;
}

static bool comes_before(const resolving *r, const holding *a, const holding *b)
{
    if (r->rule == RULE_LATEST) return mlab_job_row_order(&a->row, &b->row) > 0;
    if (a->fte > b->fte || a->fte < b->fte) return a->fte > b->fte;
    return mlab_job_row_order(&a->row, &b->row) < 0;
}

static int by_number(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* One row at a time: on every day on which something begins or has ended the one that counts. */
static mlab_status resolve(resolving *r, size_t n)
{
    size_t n_days = 0, before = SIZE_MAX;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < n; i++) {
        r->days[n_days++] = r->held[i].row.date;
        if (r->held[i].last < INT32_MAX && r->held[i].last >= r->held[i].row.date) r->days[n_days++] = r->held[i].last + 1;
        if (r->held[i].row.exits && !status) status = put(r, r->held[i].row);
    }
    qsort(r->days, n_days, sizeof *r->days, by_number);
    for (size_t d = 0; d < n_days && !status; d++) {
        size_t best = SIZE_MAX;
        if (d > 0 && r->days[d] == r->days[d - 1]) continue;
        for (size_t i = 0; i < n; i++) {
            const holding *h = &r->held[i];
            if (h->row.exits || h->row.date > r->days[d] || h->last < r->days[d]) continue;
            if (best == SIZE_MAX || comes_before(r, h, &r->held[best])) best = i;
        }
        if (best == before || best == SIZE_MAX) {
            before = best;
            continue;
        }
        mlab_job_row row = r->held[best].row;
        row.again = row.date < r->days[d];
        row.date = r->days[d];
        status = put(r, row);
        before = best;
    }
    return status;
}

static mlab_status say(const resolving *r, const mlab_job_row *row)
{
    char day[16];
    mlab_date_print(row->date, day, sizeof day);
    return mlab_loading_say(r->l, MLAB_SEVERITY_DECIDE, "jobs_at_once", r->l->job, row->row, "from", day,
                            "history: {concurrent: highest_fte}      (or latest; or main, with main: \"primary == 'yes'\")", r->err,
                            "people have two jobs at the same time; which one counts?");
}

static mlab_status take_person(resolving *r, const mlab_job_row *rows, size_t n)
{
    mlab_status status = MLAB_OK;
    if (n > MOST_ROWS) {
        char sentence[120];
        snprintf(sentence, sizeof sentence, "people with more than %d rows, whose jobs cannot be told apart", (int)MOST_ROWS);
        return mlab_loading_say(r->l, MLAB_SEVERITY_STOP, "too_many_rows", r->l->job, rows[0].row, "from", NULL, NULL, r->err, sentence);
    }
    set_holdings(r, rows, n);
    size_t kept = 0, overlap = first_overlap(r, n);
    for (size_t i = 0; i < n; i++) { /* an exit from one job of several */
        bool drop = r->job && r->held[i].row.exits && goes_on(r, n, i);
        r->end_of_one += drop;
        r->held[i].last = drop ? INT32_MIN : r->held[i].last;
    }
    for (size_t i = 0; i < n; i++)
        if (r->held[i].last != INT32_MIN) r->held[kept++] = r->held[i];
    if (overlap != SIZE_MAX && r->rule != RULE_HIGHEST_FTE && r->rule != RULE_LATEST) status = say(r, &rows[overlap]);
    if (!status && overlap != SIZE_MAX) return resolve(r, kept);
    for (size_t i = 0; i < kept && !status; i++) status = put(r, r->held[i].row);
    return status;
}

/* Rows that the condition says no to are those of other jobs; where it says nothing, an exit is one of the person. */
static mlab_status keep_main(mlab_loading *l, mlab_job_row *rows, size_t *n, mlab_error *err)
{
    const mlab_setting *main = mlab_loading_at(l, "data.history", "main");
    mlab_expression *condition = NULL;
    mlab_error why = {0};
    if (!main)
        return mlab_loading_stop(l, mlab_loading_at(l, "data.history", "concurrent"), "no_main", "history: {main: \"primary == 'yes'\"}", err,
                                 "concurrent is main, and no condition says which rows are those of the main job");
    mlab_place place = mlab_setting_place(main);
    mlab_status status = mlab_expression_compile(l->context, mlab_setting_text(main), &place, l->job, MLAB_EXPRESSION_CONDITION, &condition, &why);
    if (status == MLAB_ERR_MEMORY && err) *err = why;
    if (status == MLAB_ERR_MEMORY) return status;
    if (status)
        return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "bad_condition", why.place.line ? &why.place : &place, NULL, NULL, err, "%s",
                                 why.sentence);
    size_t kept = 0, exits = 0;
    for (size_t i = 0; i < *n; i++) {
        mlab_answer is = mlab_expression_test(condition, rows[i].row);
        if (is == MLAB_ANSWER_YES || (is == MLAB_ANSWER_UNKNOWN && rows[i].exits))
            rows[kept++] = rows[i];
        else
            exits += rows[i].exits;
    }
    if (kept < *n)
        status = mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "not_main_job", &place, NULL, NULL, err,
                                   "%zu of %zu rows are not of the main job and left out, %zu exits among them", *n - kept, *n, exits);
    *n = kept;
    mlab_expression_free(condition);
    return status;
}

static mlab_status start(resolving *r)
{
    static const char *const names[] = {"main", "highest_fte", "latest"};
    mlab_loading *l = r->l;
    const char *stated = mlab_loading_text(l, "data.history", "concurrent", NULL);
    r->rule = stated ? (rule)(RULE_MAIN + mlab_choice_of(stated, names, 3)) : RULE_NONE;
    r->to = mlab_table_find(l->job, "to");
    r->job = mlab_table_find(l->job, "job");
    r->fte = mlab_table_find(l->job, "fte");
    if (r->to && r->to->type != MLAB_COLUMN_DATE) r->to = NULL;
    r->stopped = r->rule == RULE_HIGHEST_FTE && (!r->fte || (r->fte->type != MLAB_COLUMN_REAL && r->fte->type != MLAB_COLUMN_INTEGER));
    if (r->stopped)
        return mlab_loading_stop(l, mlab_loading_at(l, "data.history", "concurrent"), "no_fte", "history: {columns: {fte: {from: <column>}}}", r->err,
                                 "concurrent is highest_fte, and the job history has no numbers in a column fte");
    r->held = mlab_allocate(l->context, MOST_ROWS, sizeof *r->held);
    r->days = mlab_allocate(l->context, MOST_ROWS, 2 * sizeof *r->days);
    return r->held && r->days ? MLAB_OK : no_memory(r->err);
}

mlab_status mlab_history_concurrent(mlab_loading *l, mlab_job_row **rows, size_t *n, mlab_error *err)
{
    resolving r = {.l = l, .err = err};
    mlab_status status = start(&r);
    if (!status && r.rule == RULE_MAIN) status = keep_main(l, *rows, n, err);
    if (status || r.stopped || (!r.to && !r.job)) goto out;
    for (size_t i = 0, end; i < *n && !status; i = end) {
        for (end = i + 1; end < *n && (*rows)[end].person == (*rows)[i].person;) end++;
        status = take_person(&r, *rows + i, end - i);
    }
    if (!status && r.end_of_one) {
        mlab_place place = mlab_place_cell(l->job->file, 0, 0, NULL);
        status = mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "end_of_one_job", &place, NULL, NULL, err,
                                   "exits from one of several jobs of people who go on in another are no exits: %zu", r.end_of_one);
    }
    if (status) goto out;
    mlab_release(l->context, *rows);
    *rows = r.out;
    *n = r.n_out;
    r.out = NULL;
    if (*rows) qsort(*rows, *n, sizeof **rows, mlab_job_row_order);
out:
    mlab_release(l->context, r.out);
    mlab_release(l->context, r.held);
    mlab_release(l->context, r.days);
    return status;
}
