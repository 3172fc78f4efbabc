/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorts the rows of a mixed model of several groupings by their groups; finds the cells, the knots tied to each leaf, and the pattern of S. */
#include "fit/mixed/web.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 4096, BLOCK_ROWS = 512 };

size_t mlab_web_blocks(const mlab_web *web, const mlab_web_cell *cell, size_t leaf, mlab_web_block *blocks)
{
    size_t n = 0, base = 0;
    if (web->q_leaf) {
        blocks[n++] = (mlab_web_block){web->leaf, 0, leaf * web->q_leaf, SIZE_MAX};
        base = web->terms[web->leaf].columns;
    }
    for (size_t s = cell->slot; s < cell->slot + cell->n_slots; s++) {
        blocks[n++] = (mlab_web_block){web->slot_term[s], base, web->n_of_leaves + web->slot_knot[s], web->slot_near[s]};
        base += web->terms[web->slot_term[s]].columns;
    }
    return n;
}

/* --- order ------------------------------------------------------------------------------------------------------- */

/* Stable, by the group in one place of the memberships; rows without one come last. */
static void sort_by(const mlab_web_term *term, size_t place, size_t n, const size_t *from, size_t *to, size_t *count)
{
    memset(count, 0, (term->n_groups + 2) * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        uint32_t g = term->group[i * term->memberships + place];
        count[(g == UINT32_MAX ? term->n_groups : g) + 1]++;
    }
    for (size_t g = 0; g <= term->n_groups; g++) count[g + 1] += count[g];
    for (size_t i = 0; i < n; i++) {
        uint32_t g = term->group[from[i] * term->memberships + place];
        to[count[g == UINT32_MAX ? term->n_groups : g]++] = from[i];
    }
}

static mlab_status order_rows(mlab_web *web, mlab_error *err)
{
    size_t most = 0;
    for (size_t t = 0; t < web->n_terms; t++)
        if (web->terms[t].n_groups > most) most = web->terms[t].n_groups;
    web->row = mlab_allocate(web->context, web->n, sizeof *web->row);
    size_t *other = mlab_allocate(web->context, web->n, sizeof *other), *count = mlab_allocate(web->context, most + 2, sizeof *count);
    mlab_status status = web->row && other && count ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort %zu rows", web->n);
    for (size_t i = 0; i < web->n && !status; i++) web->row[i] = i;
    for (size_t t = web->n_terms + 1; t-- > 0 && !status;) { /* the leaf is sorted by last */
        size_t which = t == 0 ? web->leaf : t - 1;
        if (which == web->n_terms || (t > 0 && which == web->leaf)) continue;
        for (size_t place = web->terms[which].memberships; place-- > 0;) {
            sort_by(&web->terms[which], place, web->n, web->row, other, count);
            size_t *swap = web->row;
            web->row = other;
            other = swap;
        }
    }
    mlab_release(web->context, other);
    mlab_release(web->context, count);
    return status;
}

/* --- cells ------------------------------------------------------------------------------------------------------- */

static bool same_groups(const mlab_web *web, size_t t, size_t a, size_t b)
{
    const mlab_web_term *term = &web->terms[t];
    size_t m = term->memberships;
    return memcmp(term->group + web->row[a] * m, term->group + web->row[b] * m, m * sizeof *term->group) == 0;
}

/* Row i begins a cell, a leaf. */
static void begins(const mlab_web *web, size_t i, size_t rows_of_leaf, bool *cell, bool *leaf)
{
    *cell = i == 0;
    for (size_t t = 0; t < web->n_terms && !*cell; t++) *cell = !same_groups(web, t, i, i - 1);
    *leaf = i == 0 || (web->q_leaf ? !same_groups(web, web->leaf, i, i - 1) : *cell && rows_of_leaf >= BLOCK_ROWS);
}

static size_t count_slots(const mlab_web *web, size_t row)
{
    size_t n = 0;
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_web_term *term = &web->terms[t];
        for (size_t k = 0; t != web->leaf && k < term->memberships; k++) n += term->group[web->row[row] * term->memberships + k] != UINT32_MAX;
    }
    return n;
}

static void put_slots(mlab_web *web, mlab_web_cell *cell)
{
    cell->slot = web->n_slots;
    cell->base = (uint32_t)(web->q_leaf ? web->terms[web->leaf].columns : 0);
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_web_term *term = &web->terms[t];
        for (size_t k = 0; t != web->leaf && k < term->memberships; k++) {
            uint32_t g = term->group[web->row[cell->begin] * term->memberships + k];
            if (g == UINT32_MAX) break;
            web->slot_term[web->n_slots] = (uint8_t)t;
            web->slot_knot[web->n_slots++] = (uint32_t)(term->first - web->n_of_leaves + g * term->q);
            cell->base += (uint32_t)term->columns;
        }
    }
    cell->n_slots = (uint32_t)(web->n_slots - cell->slot);
    size_t d = cell->base * web->n_eta;
    cell->z = web->z_size;
    cell->cross = web->cross_size;
    web->z_size += cell->base * (cell->end - cell->begin);
    web->cross_size += d * (d + 1) / 2;
}

static mlab_status find_cells(mlab_web *web, mlab_error *err)
{
    size_t slots = 0, rows = 0, n_leaves = 0;
    bool cell, leaf;
    for (size_t i = 0; i < web->n; i++, rows++) {
        begins(web, i, rows, &cell, &leaf);
        if (leaf) rows = 0;
        n_leaves += leaf;
        web->n_cells += cell;
        if (cell) slots += count_slots(web, i);
    }
    web->n_leaves = n_leaves;
    if (web->q_leaf && n_leaves != web->terms[web->leaf].n_groups)
        return mlab_raise(err, MLAB_ERR_FIT_RANK, "%s: %zu of %zu groups have rows; every group must have one", web->problem->outcome, n_leaves,
                          web->terms[web->leaf].n_groups);
    web->cells = mlab_allocate(web->context, web->n_cells, sizeof *web->cells);
    web->slot_term = mlab_allocate(web->context, slots, sizeof *web->slot_term);
    web->slot_knot = mlab_allocate(web->context, slots, sizeof *web->slot_knot);
    web->slot_near = mlab_allocate(web->context, slots, sizeof *web->slot_near);
    web->leaf_cell = mlab_allocate(web->context, n_leaves + 1, sizeof *web->leaf_cell);
    if (!web->cells || !web->slot_term || !web->slot_knot || !web->slot_near || !web->leaf_cell)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu cells of groups", web->n_cells);
    size_t at = 0, leaves = 0;
    rows = 0;
    for (size_t i = 0; i < web->n; i++, rows++) {
        begins(web, i, rows, &cell, &leaf);
        if (leaf) rows = 0, web->leaf_cell[leaves++] = at;
        if (cell) web->cells[at++].begin = i;
        web->cells[at - 1].end = i + 1;
    }
    web->leaf_cell[leaves] = at;
    for (size_t c = 0; c < web->n_cells; c++) {
        put_slots(web, &web->cells[c]);
        if (web->cells[c].base * web->n_eta > MLAB_MOST_LOCAL)
            return mlab_raise(err, MLAB_ERR_FIT_RANK, "%s: a row has %zu random effects; allowed: %zu", web->problem->outcome,
                              web->cells[c].base * web->n_eta, MLAB_MOST_LOCAL);
    }
    return MLAB_OK;
}

/* --- what is near a leaf ------------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Knots of the slots of a leaf into `list`, rising, once each. */
static size_t list_near(const mlab_web *web, size_t from, size_t to, uint32_t *list)
{
    size_t n = 0, used = 0;
    for (size_t c = from; c < to; c++)
        for (size_t s = web->cells[c].slot; s < web->cells[c].slot + web->cells[c].n_slots; s++)
            for (size_t a = 0; a < web->terms[web->slot_term[s]].q; a++) list[n++] = web->slot_knot[s] + (uint32_t)a;
    qsort(list, n, sizeof *list, by_number);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || list[i] != list[i - 1]) list[used++] = list[i];
    return used;
}

static mlab_status find_near(mlab_web *web, mlab_error *err)
{
    size_t most = 0, all = 0;
    web->near_first = mlab_allocate(web->context, web->n_leaves + 1, sizeof *web->near_first);
    for (size_t l = 0; l < web->n_leaves; l++) {
        size_t n = 0;
        for (size_t c = web->leaf_cell[l]; c < web->leaf_cell[l + 1]; c++) n += web->cells[c].base * web->n_eta;
        if (n > most) most = n;
        all += n;
    }
    uint32_t *list = mlab_allocate(web->context, most, sizeof *list);
    web->near = mlab_allocate(web->context, web->q_leaf ? all : 0, sizeof *web->near);
    mlab_status status = web->near_first && list && web->near ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ties of groups");
    for (size_t l = 0; l < web->n_leaves && !status && web->q_leaf; l++) {
        size_t from = web->leaf_cell[l], to = web->leaf_cell[l + 1], n = list_near(web, from, to, list);
        memcpy(web->near + web->near_first[l], list, n * sizeof *list);
        web->near_first[l + 1] = web->near_first[l] + n;
        if (n > web->most_near) web->most_near = n;
        for (size_t s = from < to ? web->cells[from].slot : 0; s < web->cells[to - 1].slot + web->cells[to - 1].n_slots; s++) {
            const uint32_t *found = bsearch(&web->slot_knot[s], list, n, sizeof *list, by_number);
            web->slot_near[s] = (uint32_t)(found - list);
        }
    }
    mlab_release(web->context, list);
    return status;
}

static mlab_status cut(mlab_web *web, mlab_error *err)
{
    web->chunk_leaf = mlab_allocate(web->context, web->n_leaves + 1, sizeof *web->chunk_leaf);
    if (!web->chunk_leaf) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the chunks of %zu rows", web->n);
    size_t begin = 0;
    for (size_t l = 0; l < web->n_leaves; l++) {
        size_t end = web->cells[web->leaf_cell[l + 1] - 1].end;
        if (l + 1 < web->n_leaves && end - begin < CHUNK_ROWS) continue;
        if (end - begin > web->most_rows) web->most_rows = end - begin;
        web->chunk_leaf[++web->n_chunks] = l + 1;
        begin = end;
    }
    return MLAB_OK;
}

/* --- the pattern of S ---------------------------------------------------------------------------------------------- */

/* Lists of knots that are all tied to each other: those near a leaf, or those of a cell. */
static size_t list_of(const mlab_web *web, size_t k, uint32_t *own, const uint32_t **list)
{
    if (web->q_leaf) {
        *list = web->near + web->near_first[k];
        return web->near_first[k + 1] - web->near_first[k];
    }
    *list = own;
    return list_near(web, k, k + 1, own);
}

typedef struct pattern {
    size_t n_lists, *first, *member; /* of each knot: the lists that it is in */
    size_t *seen;                    /* [n_knots] column + 1 that noted this row last */
    size_t *column;                  /* [n_knots + 1] */
    uint32_t *row;
    size_t n_rows, capacity;
} pattern;

static mlab_status index_lists(const mlab_web *web, pattern *p, mlab_error *err)
{
    uint32_t own[MLAB_MOST_LOCAL];
    const uint32_t *list;
    p->first = mlab_allocate(web->context, web->n_knots + 2, sizeof *p->first);
    p->seen = mlab_allocate(web->context, web->n_knots, sizeof *p->seen);
    p->column = mlab_allocate(web->context, web->n_knots + 1, sizeof *p->column);
    if (!p->first || !p->seen || !p->column) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ties of %zu effects", web->n_knots);
    for (size_t k = 0; k < p->n_lists; k++)
        for (size_t n = list_of(web, k, own, &list), i = 0; i < n; i++) p->first[list[i] + 2]++;
    for (size_t b = 0; b < web->n_knots; b++) p->first[b + 2] += p->first[b + 1];
    p->member = mlab_allocate(web->context, p->first[web->n_knots + 1], sizeof *p->member);
    if (!p->member) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ties of %zu effects", web->n_knots);
    for (size_t k = 0; k < p->n_lists; k++)
        for (size_t n = list_of(web, k, own, &list), i = 0; i < n; i++) p->member[p->first[list[i] + 1]++] = k;
    return MLAB_OK;
}

static mlab_status note_row(const mlab_web *web, pattern *p, size_t column, uint32_t row, mlab_error *err)
{
    if (p->seen[row] == column + 1) return MLAB_OK;
    p->seen[row] = column + 1;
    mlab_status status = mlab_grow(web->context, &p->row, p->n_rows, &p->capacity, sizeof *p->row, err);
    if (!status) p->row[p->n_rows++] = row;
    return status;
}

static mlab_status find_pattern(mlab_web *web, mlab_error *err)
{
    pattern p = {.n_lists = web->q_leaf ? web->n_leaves : web->n_cells};
    uint32_t own[MLAB_MOST_LOCAL];
    const uint32_t *list;
    if (web->n_knots == 0) return MLAB_OK;
    mlab_status status = index_lists(web, &p, err);
    for (size_t b = 0; b < web->n_knots && !status; b++) {
        p.column[b] = p.n_rows;
        status = note_row(web, &p, b, (uint32_t)b, err);
        for (size_t k = b ? p.first[b] : 0; k < p.first[b + 1] && !status; k++)
            for (size_t n = list_of(web, p.member[k], own, &list), i = 0; i < n && !status; i++)
                if (list[i] > b) status = note_row(web, &p, b, list[i], err);
        if (!status && p.row && p.n_rows > p.column[b]) qsort(p.row + p.column[b], p.n_rows - p.column[b], sizeof *p.row, by_number);
    }
    mlab_release(web->context, p.first);
    mlab_release(web->context, p.member);
    mlab_release(web->context, p.seen);
    if (!status) {
        p.column[web->n_knots] = p.n_rows;
        return mlab_sparse_make(web->context, web->n_knots, p.column, p.row, &web->s, err);
    }
    mlab_release(web->context, p.column);
    mlab_release(web->context, p.row);
    return status;
}

mlab_status mlab_web_sort(mlab_web *web, mlab_error *err)
{
    mlab_status status = order_rows(web, err);
    if (!status) status = find_cells(web, err);
    if (!status) status = find_near(web, err);
    if (!status) status = cut(web, err);
    return status ? status : find_pattern(web, err);
}
