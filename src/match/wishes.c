/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom people named themselves: first, second, third choice, ties, blanks, and "not this person".
 *
 * A person may rank nobody, some or all of the other side; who is not named comes after those who are, by score, or not at all (only).
 * Weakness: names must be written as in the id column (or that of preferences: by); a slip of the pen is found, not guessed.
 */
#include "match/matching.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

#include <stdlib.h>
#include <string.h>

/* What the other side is called, in byte order without ASCII case and blanks around. */
typedef struct call {
    const char *text;
    size_t n;
    uint32_t entity;
} call;

typedef struct reader {
    const mlab_people *people;
    int side; /* who speaks */
    mlab_findings *findings;
    call *calls; /* [n_calls] of the other side */
    size_t n_calls;
    mlab_keys ranks, nots; /* value = rank */
    mlab_wish_list *list;
} reader;

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void trim(const char **text, size_t *n)
{
    while (*n && strchr(" \t\r\n", **text)) ++*text, --*n;
    while (*n && strchr(" \t\r\n", (*text)[*n - 1])) --*n;
}

static int compare_calls(const call *a, const call *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        const unsigned char x = (unsigned char)folded(a->text[i]), y = (unsigned char)folded(b->text[i]);
        if (x != y) return x < y ? -1 : 1;
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

static int by_call(const void *a, const void *b)
{
    const call *x = a, *y = b;
    const int order = compare_calls(x, y);
    return order ? order : x->entity < y->entity ? -1 : x->entity > y->entity;
}

static mlab_status list_calls(reader *r, mlab_error *err)
{
    const mlab_people *p = r->people;
    const int other = 1 - r->side;
    const mlab_match_spec *spec = p->spec;
    const mlab_column *column = mlab_match_id_column(spec, p->tables[other]);
    mlab_status status = MLAB_OK;
    if (spec->wish_column)
        status = mlab_people_column(p, other, spec->wish_column, "preferences", spec->places.wish.line ? &spec->places.wish : NULL, r->findings,
                                    &column, err);
    if (status) return status;
    if (!(r->calls = mlab_allocate(p->context, p->n[other], sizeof *r->calls))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for names");
    for (size_t i = 0; i < p->n[other]; i++) {
        call c = {mlab_column_text(column, p->row[other][i]), 0, p->entity[other][i]};
        c.n = strlen(c.text);
        trim(&c.text, &c.n);
        if (c.n) r->calls[r->n_calls++] = c;
    }
    if (r->n_calls) qsort(r->calls, r->n_calls, sizeof *r->calls, by_call);
    return MLAB_OK;
}

/* Who is meant; UINT32_MAX = nobody, or one of several of that name. */
static uint32_t find_call(const reader *r, const char *text, size_t n, bool *several)
{
    const call wanted = {text, n, 0};
    size_t low = 0, left = r->n_calls;
    while (left > 0) {
        const size_t half = left / 2;
        if (compare_calls(&r->calls[low + half], &wanted) < 0) {
            low += half + 1;
            left -= half + 1;
        } else
            left = half;
    }
    *several = false;
    if (low >= r->n_calls || compare_calls(&r->calls[low], &wanted) != 0) return UINT32_MAX;
    *several = low + 1 < r->n_calls && compare_calls(&r->calls[low + 1], &wanted) == 0;
    return *several ? UINT32_MAX : r->calls[low].entity;
}

static mlab_status note(const reader *r, size_t row, const char *column, const char *text, size_t n, bool several, mlab_error *err)
{
    char found[80];
    const size_t m = n < sizeof found - 1 ? n : sizeof found - 1;
    memcpy(found, text, m);
    found[m] = '\0';
    mlab_place place = mlab_people_place(r->people->tables[r->side], row, column);
    return mlab_findings_add(r->findings, several ? MLAB_SEVERITY_STOP : MLAB_SEVERITY_NOTE, several ? "two_of_a_name" : "unknown_choice", &place,
                             found, several ? "preferences: {by: id}" : "", err,
                             several ? "a choice names one of several people of that name"
                                     : "a choice names nobody of the other side; it is passed over");
}

/* One name with its rank; rank 0 = not this person. */
static mlab_status add_name(reader *r, size_t member, const char *column, const char *text, size_t n, int32_t rank, mlab_error *err)
{
    const mlab_people *p = r->people;
    trim(&text, &n);
    if (!n) return MLAB_OK;
    bool several;
    const uint32_t who = find_call(r, text, n, &several), me = p->entity[r->side][member];
    if (who == UINT32_MAX) return note(r, p->row[r->side][member], column, text, n, several, err);
    const uint64_t key = r->side == MLAB_MENTEES ? (uint64_t)me << 32 | who : (uint64_t)who << 32 | me;
    return mlab_keys_add(rank ? &r->ranks : &r->nots, key, rank, err);
}

/* The items of a cell, from rank `first` on when in_order, else all of that rank. */
static mlab_status add_cell(reader *r, size_t member, const char *column, const char *text, int32_t first, bool in_order, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    int32_t rank = first;
    while (!status && *text) {
        const size_t n = strcspn(text, ";|\n=");
        status = add_name(r, member, column, text, n, rank, err);
        if (text[n] && text[n] != '=' && in_order) rank++;
        text += n + (text[n] != '\0');
    }
    return status;
}

static mlab_status read_column(reader *r, const char *name, int32_t rank, bool in_order, mlab_error *err)
{
    const mlab_people *p = r->people;
    const mlab_column *column;
    const mlab_wishes *wishes = r->side == MLAB_MENTEES ? &p->spec->mentee_wishes : &p->spec->mentor_wishes;
    mlab_status status = mlab_people_column(p, r->side, name, "preferences", wishes->place.line ? &wishes->place : NULL, r->findings, &column, err);
    for (size_t i = 0; !status && i < p->n[r->side]; i++) {
        const size_t row = p->row[r->side][i];
        char number[40] = "";
        if (column->type == MLAB_COLUMN_INTEGER && !(column->missing && column->missing[row])) mlab_number_print(column->as.integer[row], number, 40);
        const char *text = column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR ? mlab_column_text(column, row) : number;
        status = add_cell(r, i, name, text, rank, in_order, err);
    }
    return status;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The ranks as the lists of the result: how far each person's list goes, and who has one. */
static mlab_status finish_list(reader *r, mlab_error *err)
{
    const mlab_people *p = r->people;
    mlab_wish_list *list = r->list;
    const size_t members = p->n[r->side];
    mlab_status status = mlab_keys_sort(&r->ranks, err);
    if (status) return status;
    list->n = r->ranks.n;
    list->rank = mlab_allocate(p->context, list->n, sizeof *list->rank);
    list->of = mlab_allocate(p->context, list->n, sizeof *list->of);
    list->speaks = mlab_allocate(p->context, members, sizeof *list->speaks);
    if (!list->rank || !list->of || !list->speaks) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for preferences");
    for (size_t k = 0; k < list->n; k++) {
        const size_t me = mlab_people_member(p, r->side, (uint32_t)(r->side == MLAB_MENTEES ? r->ranks.key[k] >> 32 : r->ranks.key[k]));
        list->rank[k] = (int32_t)r->ranks.value[k];
        if (list->speaks[me] < list->rank[k]) list->speaks[me] = list->rank[k];
    }
    for (size_t k = 0; k < list->n; k++) {
        const size_t me = mlab_people_member(p, r->side, (uint32_t)(r->side == MLAB_MENTEES ? r->ranks.key[k] >> 32 : r->ranks.key[k]));
        list->of[k] = (int32_t)list->speaks[me];
    }
    for (size_t i = 0; i < members; i++) list->speaks[i] = list->speaks[i] > 0;
    list->keys = r->ranks.key;
    r->ranks.key = NULL;
    list->nots = r->nots.key;
    list->n_nots = r->nots.n;
    r->nots.key = NULL;
    if (list->n_nots) qsort(list->nots, list->n_nots, sizeof *list->nots, by_value);
    return MLAB_OK;
}

mlab_status mlab_wishes_read(const mlab_people *people, int side, const mlab_wishes *wishes, mlab_findings *findings, mlab_wish_list *list,
                             mlab_error *err)
{
    *list = (mlab_wish_list){0};
    if (!wishes->n_columns && !wishes->not_column) return MLAB_OK;
    reader r = {.people = people, .side = side, .findings = findings, .list = list};
    r.ranks.context = r.nots.context = people->context;
    mlab_status status = list_calls(&r, err);
    for (size_t k = 0; !status && k < wishes->n_columns; k++)
        status = read_column(&r, wishes->columns[k], (int32_t)k + 1, wishes->n_columns == 1, err);
    if (!status && wishes->not_column) status = read_column(&r, wishes->not_column, 0, false, err);
    if (!status) status = finish_list(&r, err);
    mlab_keys_free(&r.ranks);
    mlab_keys_free(&r.nots);
    mlab_release(people->context, r.calls);
    return status;
}

void mlab_wish_list_free(const mlab_context *context, mlab_wish_list *list)
{
    mlab_release(context, list->keys);
    mlab_release(context, list->rank);
    mlab_release(context, list->of);
    mlab_release(context, list->speaks);
    mlab_release(context, list->nots);
    *list = (mlab_wish_list){0};
}

mlab_status mlab_wishes_rank(const mlab_context *context, const mlab_wish_list *list, const mlab_pool *pool, int32_t **rank, mlab_error *err)
{
    *rank = NULL;
    if (!list->n) return MLAB_OK;
    if (!(*rank = mlab_allocate(context, pool->first[pool->n_mentees], sizeof **rank)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ranks of %zu candidates", pool->first[pool->n_mentees]);
    for (size_t i = 0, k = 0; i < pool->n_mentees; i++) /* both ascend by mentee, then mentor */
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            const uint64_t key = (uint64_t)pool->mentee_entity[i] << 32 | pool->mentor_entity[pool->mentor[e]];
            while (k < list->n && list->keys[k] < key) k++;
            if (k < list->n && list->keys[k] == key) (*rank)[e] = list->rank[k];
        }
    return MLAB_OK;
}
