/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists that a program manager works with: who with whom, by person, by mentor, who waits, and what platforms import. */
#include "match/list.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

/* --- cells -------------------------------------------------------------------------------------------- */

void mlab_lister_heading(mlab_lister *l, const char *heading, bool number)
{
    mlab_list *list = l->list;
    if (l->failed) return;
    if (mlab_grow(l->m->context, &list->headings, list->n_columns, &list->headings_capacity, sizeof *list->headings, NULL) ||
        mlab_grow(l->m->context, &list->numbers, list->n_columns, &list->numbers_capacity, sizeof *list->numbers, NULL) ||
        !(list->headings[list->n_columns] = mlab_copy_text(l->m->context, heading))) {
        l->failed = true;
        return;
    }
    list->numbers[list->n_columns++] = number;
}

void mlab_lister_headings(mlab_lister *l, const char *before)
{
    for (size_t k = 0; k < l->n_carried; k++) {
        mlab_text text = MLAB_TEXT(l->m->context);
        mlab_text_print(&text, "%s %s", before, l->carried[k].name);
        l->failed |= text.failed;
        mlab_lister_heading(l, mlab_text_get(&text), false);
        mlab_text_free(&text);
    }
}

void mlab_lister_text(mlab_lister *l, const char *text)
{
    mlab_list *list = l->list;
    if (l->failed) return;
    if (mlab_grow(l->m->context, &list->cells, list->n_cells, &list->cells_capacity, sizeof *list->cells, NULL) ||
        !(list->cells[list->n_cells] = mlab_copy_text(l->m->context, text))) {
        l->failed = true;
        return;
    }
    list->n_cells++;
}

void mlab_lister_take(mlab_lister *l, mlab_text *text)
{
    l->failed |= text->failed;
    mlab_lister_text(l, mlab_text_get(text));
    mlab_text_free(text);
    *text = MLAB_TEXT(l->m->context);
}

void mlab_lister_number(mlab_lister *l, double value, int decimals)
{
    char digits[64] = "";
    const double scale = pow(10, decimals);
    if (isfinite(value)) mlab_number_print(floor(value * scale + 0.5) / scale, digits, sizeof digits);
    mlab_lister_text(l, digits);
}

void mlab_lister_empty(mlab_lister *l, size_t n)
{
    while (n--) mlab_lister_text(l, "");
}

void mlab_lister_carry(mlab_lister *l, int side, size_t member)
{
    for (size_t k = 0; k < l->n_carried; k++) {
        const mlab_column *column = l->carried[k].column[side];
        char digits[40] = "";
        const char *text = digits;
        if (member != SIZE_MAX && column) {
            const size_t row = l->m->people.row[side][member];
            const bool missing = column->missing && column->missing[row];
            if (column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR)
                text = mlab_column_text(column, row);
            else if (!missing && column->type == MLAB_COLUMN_DATE)
                mlab_date_print(column->as.integer[row], digits, sizeof digits);
            else if (!missing)
                mlab_number_print(column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row], digits, sizeof digits);
        }
        mlab_lister_text(l, text);
    }
}

/* --- what is carried ------------------------------------------------------------------------------------ */

const mlab_column *mlab_table_find_fold(const mlab_table *table, const char *name)
{
    for (size_t k = 0; k < table->n_columns; k++)
        if (mlab_equal_fold(table->columns[k].name, name)) return &table->columns[k];
    return NULL;
}

/* Columns named in carry: must be on a side; name, email and department are taken where they are. The id column stands in front anyway. */
static mlab_status choose_carried(mlab_lister *l, mlab_error *err)
{
    static const char *const usual[] = {"name", "email", "department"};
    const mlab_matching *m = l->m;
    const mlab_match_spec *spec = m->spec;
    const bool stated = spec->n_carry > 0;
    const size_t n = stated ? spec->n_carry : sizeof usual / sizeof *usual;
    if (!(l->carried = mlab_allocate(m->context, n, sizeof *l->carried))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for columns");
    for (size_t k = 0; k < n; k++) {
        const char *name = stated ? spec->carry[k] : usual[k];
        mlab_carried c = {name, {mlab_table_find_fold(m->people.tables[0], name), mlab_table_find_fold(m->people.tables[1], name)}};
        if (!c.column[0] && !c.column[1]) {
            if (!stated) continue;
            return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "carry: neither list has a column '%s'", name);
        }
        if (mlab_equal_fold(name, spec->id_column ? spec->id_column : "id")) continue;
        l->carried[l->n_carried++] = c;
    }
    return MLAB_OK;
}

/* --- views ---------------------------------------------------------------------------------------------- */

static void put_partner(mlab_lister *l, int side, size_t me, size_t partner, double score)
{
    const mlab_pairs *p = l->pairs;
    mlab_lister_text(l, side == MLAB_MENTEES ? p->mentees[me] : p->mentors[me]);
    mlab_lister_text(l, p->mutual ? "peer" : side == MLAB_MENTEES ? "mentee" : "mentor");
    mlab_lister_carry(l, side, me);
    mlab_lister_text(l, partner == SIZE_MAX ? "" : side == MLAB_MENTEES ? p->mentors[partner] : p->mentees[partner]);
    mlab_lister_carry(l, 1 - side, partner);
    if (partner == SIZE_MAX)
        mlab_lister_text(l, "");
    else
        mlab_lister_number(l, score, 1);
}

static void list_by_person(mlab_lister *l)
{
    const mlab_pairs *p = l->pairs;
    mlab_lister_heading(l, "person", false);
    mlab_lister_heading(l, "as", false);
    mlab_lister_headings(l, "own");
    mlab_lister_heading(l, "partner", false);
    mlab_lister_headings(l, "partner");
    mlab_lister_heading(l, "score", true);
    for (size_t i = 0; i < p->n_mentees; i++) {
        bool any = false;
        for (size_t s = i * p->each; s < (i + 1) * p->each; s++) {
            if (p->mentor_of[s] == MLAB_UNMATCHED) continue;
            put_partner(l, MLAB_MENTEES, i, (size_t)p->mentor_of[s], p->score[s]);
            any = true;
        }
        if (!any) put_partner(l, MLAB_MENTEES, i, SIZE_MAX, 0);
    }
    for (size_t j = 0; !p->mutual && j < p->n_mentors; j++) {
        if (!p->load[j]) put_partner(l, MLAB_MENTORS, j, SIZE_MAX, 0);
        for (size_t s = 0; p->load[j] && s < p->n_mentees * p->each; s++)
            if (p->mentor_of[s] == (int32_t)j) put_partner(l, MLAB_MENTORS, j, s / p->each, p->score[s]);
    }
}

static void list_mentors(mlab_lister *l)
{
    const mlab_pairs *p = l->pairs;
    mlab_lister_heading(l, "mentor", false);
    mlab_lister_headings(l, "mentor");
    mlab_lister_heading(l, "places", true);
    mlab_lister_heading(l, "used", true);
    mlab_lister_heading(l, "mentees", false);
    for (size_t j = 0; j < p->n_mentors; j++) {
        mlab_text who = MLAB_TEXT(l->m->context);
        mlab_lister_text(l, p->mentors[j]);
        mlab_lister_carry(l, MLAB_MENTORS, j);
        mlab_lister_number(l, p->capacity[j], 0);
        mlab_lister_number(l, p->load[j], 0);
        for (size_t s = 0; p->load[j] && s < p->n_mentees * p->each; s++)
            if (p->mentor_of[s] == (int32_t)j) mlab_text_print(&who, "%s%s", who.n ? "; " : "", p->mentees[s / p->each]);
        mlab_lister_take(l, &who);
    }
}

static void list_unmatched(mlab_lister *l)
{
    const mlab_pairs *p = l->pairs;
    mlab_lister_heading(l, "mentee", false);
    mlab_lister_headings(l, "mentee");
    mlab_lister_heading(l, "why", false);
    for (size_t i = 0; i < p->n_mentees; i++) {
        bool any = false;
        for (size_t s = i * p->each; s < (i + 1) * p->each; s++) any = any || p->mentor_of[s] != MLAB_UNMATCHED;
        if (any) continue;
        mlab_lister_text(l, p->mentees[i]);
        mlab_lister_carry(l, MLAB_MENTEES, i);
        mlab_lister_text(l, p->reason[i * p->each]);
    }
}

/* What platforms import: people by e-mail address. Headings as the platforms' help pages give them. */
static mlab_status list_platform(mlab_lister *l, const char *mentor, const char *mentee, mlab_error *err)
{
    static const char *const usual[] = {"email", "e-mail", "email address", "e-mail address", "mail"};
    const mlab_pairs *p = l->pairs;
    const mlab_column *mail[2] = {NULL, NULL};
    for (int side = 0; side < 2; side++) {
        for (size_t k = 0; !mail[side] && k < sizeof usual / sizeof *usual; k++)
            mail[side] = mlab_table_find_fold(l->m->people.tables[side], usual[k]);
        if (!mail[side] || mail[side]->type != MLAB_COLUMN_TEXT)
            return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "the platform knows people by e-mail address; the %s' list has no text column 'email'",
                              mlab_side_names[side]);
    }
    mlab_lister_heading(l, mentor, false);
    mlab_lister_heading(l, mentee, false);
    for (size_t s = 0; s < p->n_mentees * p->each; s++) {
        const int32_t j = p->mentor_of[s];
        if (j == MLAB_UNMATCHED) continue;
        const char *theirs = mlab_column_text(mail[MLAB_MENTORS], l->m->people.row[MLAB_MENTORS][j]);
        const char *own = mlab_column_text(mail[MLAB_MENTEES], l->m->people.row[MLAB_MENTEES][s / p->each]);
        if (!*theirs || !*own)
            return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "the platform knows people by e-mail address; '%s' has none",
                              *own ? p->mentors[j] : p->mentees[s / p->each]);
        mlab_lister_text(l, theirs);
        mlab_lister_text(l, own);
    }
    return MLAB_OK;
}

static mlab_status fill_list(mlab_lister *l, mlab_pairs_view view, mlab_error *err)
{
    switch (view) {
    case MLAB_VIEW_BY_PERSON: list_by_person(l); return MLAB_OK;
    case MLAB_VIEW_MENTORS: list_mentors(l); return MLAB_OK;
    case MLAB_VIEW_UNMATCHED: list_unmatched(l); return MLAB_OK;
    case MLAB_VIEW_SUMMARY: mlab_list_summary(l); return MLAB_OK;
    case MLAB_VIEW_CHRONUS: return list_platform(l, "Mentor Email Address", "Mentee Email Address", err);
    case MLAB_VIEW_PUSHFAR: return list_platform(l, "Mentor Email", "Mentee Email", err);
    default: mlab_list_pairs(l); return MLAB_OK;
    }
}

mlab_status mlab_pairs_list(const mlab_matching *m, const mlab_pairs *pairs, mlab_pairs_view view, mlab_list **list, mlab_error *err)
{
    mlab_lister l = {.m = m, .pairs = pairs};
    *list = NULL;
    if (!(l.list = mlab_allocate(m->context, 1, sizeof *l.list))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a list");
    l.list->context = m->context;
    l.list->view = view;
    mlab_status status = choose_carried(&l, err);
    if (!status) status = fill_list(&l, view, err);
    if (!status && l.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a list");
    if (!status) l.list->n_rows = l.list->n_columns ? l.list->n_cells / l.list->n_columns : 0;
    mlab_release(m->context, l.carried);
    mlab_release(m->context, l.runner_up);
    mlab_release(m->context, l.runner);
    mlab_release(m->context, l.weakest);
    if (status)
        mlab_list_free(l.list);
    else
        *list = l.list;
    return status;
}
