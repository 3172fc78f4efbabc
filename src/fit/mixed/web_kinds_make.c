/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the kinds of leaves of a linear model: what the likelihood needs of each leaf is its z'z, its cross-products with its knots, and its Z'X, and
 * of leaves that are alike in the first two only the sums of the third and of its squares. */
#include "fit/mixed/web_kinds.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

void mlab_web_kinds_free(mlab_web_kinds *kinds)
{
    if (!kinds) return;
    const mlab_context *context = kinds->linear->web->context;
    void *const memory[] = {kinds->kinds, kinds->knot, kinds->cross, kinds->place, kinds->sums, kinds->products, kinds->knots};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(context, memory[i]);
    mlab_release(context, kinds);
}

/* --- one leaf ------------------------------------------------------------------------------------------------------ */

typedef struct finder {
    mlab_web_kinds *k;
    const mlab_web *web;
    double *cross;      /* [near of the web] of every leaf with its knots */
    double *square;     /* [n_leaves] */
    size_t *kind_of;    /* [n_leaves] */
    size_t *head, mask; /* hash table of kinds + 1 */
} finder;

/* z'z of a leaf, and its cross-products with the knots near it. */
static void read_leaf(finder *f, size_t leaf)
{
    const mlab_web *web = f->web;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    double *cross = f->cross + web->near_first[leaf];
    for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        const double *of = web->cross + cell->cross;
        size_t n = mlab_web_blocks(web, cell, leaf, blocks);
        f->square[leaf] += of[0];
        for (size_t b = 1; b < n; b++) cross[blocks[b].near] += of[blocks[b].base * (blocks[b].base + 1) / 2];
    }
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        uint32_t word;
        memcpy(&word, (const char *)bytes + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return hash;
}

static bool alike(const finder *f, const mlab_web_kind *kind, size_t leaf, size_t n)
{
    size_t at = f->web->near_first[leaf];
    return kind->n == n && kind->square == f->square[leaf] && memcmp(f->k->knot + kind->near, f->web->near + at, n * sizeof *f->web->near) == 0 &&
           memcmp(f->k->cross + kind->near, f->cross + at, n * sizeof *f->cross) == 0;
}

/* The kind of a leaf, a new one behind the others when it is the first. Kinds are in the order of their first leaves. */
static void place_leaf(finder *f, size_t leaf)
{
    mlab_web_kinds *k = f->k;
    size_t at = f->web->near_first[leaf], n = f->web->near_first[leaf + 1] - at;
    uint64_t hash =
        mix(mix(mix(n, &f->square[leaf], sizeof(double)), f->web->near + at, n * sizeof *f->web->near), f->cross + at, n * sizeof(double));
    size_t slot = (size_t)(hash >> 20) & f->mask;
    while (f->head[slot] && !alike(f, &k->kinds[f->head[slot] - 1], leaf, n)) slot = (slot + 1) & f->mask;
    if (!f->head[slot]) {
        mlab_web_kind *kind = &k->kinds[k->n], *before = k->n ? kind - 1 : NULL;
        *kind = (mlab_web_kind){.square = f->square[leaf], .n = n, .products = SIZE_MAX};
        kind->near = before ? before->near + before->n : 0;
        kind->pair = before ? before->pair + before->n * (before->n + 1) / 2 : 0;
        memcpy(k->knot + kind->near, f->web->near + at, n * sizeof *k->knot);
        memcpy(k->cross + kind->near, f->cross + at, n * sizeof *k->cross);
        f->head[slot] = ++k->n;
    }
    f->kind_of[leaf] = f->head[slot] - 1;
    k->kinds[f->kind_of[leaf]].count++;
}

/* --- sums ---------------------------------------------------------------------------------------------------------- */

static void add_leaves(finder *f)
{
    mlab_web_kinds *k = f->k;
    size_t e = f->web->n_effects, c = k->columns;
    const double *zx = k->linear->zx;
    for (size_t leaf = 0; leaf < f->web->n_leaves; leaf++) {
        const mlab_web_kind *kind = &k->kinds[f->kind_of[leaf]];
        double *sums = k->sums + f->kind_of[leaf] * c, own[MLAB_WEB_COLUMNS];
        for (size_t j = 0; j < c; j++) sums[j] += own[j] = zx[j * e + leaf];
        double *into = k->products + (kind->products == SIZE_MAX ? 0 : kind->products);
        for (size_t i = 0; kind->products != SIZE_MAX && i < c; i++)
            for (size_t j = 0; j <= i; j++) *into++ += own[i] * own[j];
    }
}

/* Z'Z of the knots on the pattern, and places of the pairs of each kind. */
static void place_knots(finder *f)
{
    mlab_web_kinds *k = f->k;
    const mlab_web *web = f->web;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    size_t leaf = 0;
    for (size_t i = 0; i < k->n; i++) {
        const mlab_web_kind *kind = &k->kinds[i];
        const uint32_t *knot = k->knot + kind->near;
        size_t *place = k->place + kind->pair;
        for (size_t a = 0; a < kind->n; a++)
            for (size_t b = 0; b <= a; b++) *place++ = mlab_sparse_place(web->s, knot[a], knot[b]);
    }
    for (size_t c = 0; c < web->n_cells; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        while (web->leaf_cell[leaf + 1] <= c) leaf++;
        size_t n = mlab_web_blocks(web, cell, leaf, blocks);
        for (size_t a = 1; a < n; a++)
            for (size_t b = 1; b <= a; b++) {
                size_t at = cell->cross + blocks[a].base * (blocks[a].base + 1) / 2 + blocks[b].base; /* a column each, knots rise */
                k->knots[mlab_sparse_place(web->s, blocks[a].effect - web->n_of_leaves, blocks[b].effect - web->n_of_leaves)] += web->cross[at];
            }
    }
    for (size_t b = 0; b < web->n_knots; b++)
        for (size_t j = 0; j < k->columns; j++) k->knot_sums[b * k->columns + j] = k->linear->zx[j * web->n_effects + web->n_of_leaves + b];
}

/* --- made ------------------------------------------------------------------------------------------------------------ */

static bool is_simple(const mlab_web_linear *w)
{
    const mlab_web *web = w->web;
    if (web->q_leaf != 1 || web->n_knots == 0 || w->columns > MLAB_WEB_COLUMNS) return false;
    for (size_t t = 0; t < web->n_terms; t++)
        if (web->terms[t].q != 1) return false;
    return true;
}

static mlab_status no_memory(const mlab_web *web, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the kinds of %zu groups", web->n_leaves);
}

static mlab_status find_kinds(finder *f, mlab_error *err)
{
    const mlab_web *web = f->web;
    const mlab_context *context = web->context;
    mlab_web_kinds *k = f->k;
    size_t near = web->near_first[web->n_leaves];
    for (f->mask = 1; f->mask < 2 * web->n_leaves;) f->mask *= 2;
    f->cross = mlab_allocate(context, near, sizeof *f->cross);
    f->square = mlab_allocate(context, web->n_leaves, sizeof *f->square);
    f->kind_of = mlab_allocate(context, web->n_leaves, sizeof *f->kind_of);
    f->head = mlab_allocate(context, f->mask, sizeof *f->head);
    f->mask--;
    k->kinds = mlab_allocate(context, web->n_leaves, sizeof *k->kinds);
    k->knot = mlab_allocate(context, near, sizeof *k->knot);
    k->cross = mlab_allocate(context, near, sizeof *k->cross);
    if (!f->cross || !f->square || !f->kind_of || !f->head || !k->kinds || !k->knot || !k->cross) return no_memory(web, err);
    for (size_t leaf = 0; leaf < web->n_leaves; leaf++) {
        read_leaf(f, leaf);
        place_leaf(f, leaf);
    }
    return MLAB_OK;
}

static mlab_status make_sums(finder *f, mlab_error *err)
{
    const mlab_web *web = f->web;
    mlab_web_kinds *k = f->k;
    size_t c = k->columns, pattern = mlab_sparse_size(web->s), knots = web->n_knots, products = 0;
    const mlab_web_kind *last = &k->kinds[k->n - 1];
    for (size_t i = 0; i < k->n; i++) {
        if (k->kinds[i].count == 1) continue;
        k->kinds[i].products = products;
        products += k->triangle;
    }
    k->place = mlab_allocate(web->context, last->pair + last->n * (last->n + 1) / 2, sizeof *k->place);
    k->sums = mlab_allocate(web->context, k->n, c * sizeof *k->sums);
    k->products = mlab_allocate(web->context, products, sizeof *k->products);
    k->knots = mlab_allocate(web->context, 2 * pattern + 5 * c * knots + k->n + k->triangle + 2 * knots, sizeof *k->knots);
    if (!k->place || !k->sums || !k->products || !k->knots) return no_memory(web, err);
    double **const parts[] = {&k->reduced, &k->knot_sums, &k->left, &k->u, &k->q, &k->v, &k->one_plus, &k->taken, &k->lambda, &k->room};
    const size_t sizes[] = {pattern, pattern, c * knots, c * knots, c * knots, c * knots, c * knots, k->n, k->triangle, knots}; /* of those before */
    double *at = k->knots;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) *parts[i] = at += sizes[i];
    add_leaves(f);
    place_knots(f);
    return MLAB_OK;
}

mlab_status mlab_web_kinds_make(mlab_web_linear *linear, mlab_web_kinds **out, mlab_error *err)
{
    const mlab_context *context = linear->web->context;
    *out = NULL;
    if (!is_simple(linear)) return MLAB_OK;
    mlab_web_kinds *k = mlab_allocate(context, 1, sizeof *k);
    if (!k) return no_memory(linear->web, err);
    *k = (mlab_web_kinds){.linear = linear, .columns = linear->columns, .triangle = linear->columns * (linear->columns + 1) / 2};
    finder f = {.k = k, .web = linear->web};
    mlab_status status = find_kinds(&f, err);
    if (!status) status = make_sums(&f, err);
    mlab_release(context, f.cross);
    mlab_release(context, f.square);
    mlab_release(context, f.kind_of);
    mlab_release(context, f.head);
    if (status)
        mlab_web_kinds_free(k);
    else
        *out = k;
    return status;
}
