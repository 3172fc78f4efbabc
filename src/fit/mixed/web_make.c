/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a mixed model of several groupings, copied in the order of their groups. */
#include "fit/mixed/web.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

enum { BLOCK = 1024 };

void mlab_web_free(mlab_web *web)
{
    if (!web) return;
    for (size_t t = 0; t < web->n_terms; t++) {
        mlab_release(web->context, web->terms[t].own_group);
        mlab_release(web->context, web->terms[t].own_share);
    }
    void *const memory[] = {web->row,        web->x,         web->offset,      web->number,    web->weight,       web->category,     web->z,
                            web->cells,      web->slot_term, web->slot_knot,   web->slot_near, web->leaf_cell,    web->near_first,   web->near,
                            web->chunk_leaf, web->cross,     web->leaf_factor, web->half,      web->leaf_inverse, web->near_inverse, web->v,
                            web->trial};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(web->context, memory[i]);
    mlab_sparse_free(web->s);
    mlab_release(web->context, web);
}

void mlab_web_entry(const mlab_web_term *term, size_t k, size_t *row, size_t *column)
{
    size_t r = 0;
    if (term->independent) {
        *row = *column = k;
        return;
    }
    while (k > r) k -= ++r;
    *row = r;
    *column = k;
}

void mlab_web_set_lambda(mlab_web *web, const double *entries)
{
    memset(web->lambda, 0, sizeof web->lambda);
    for (size_t t = 0; t < web->n_terms; t++)
        for (size_t k = 0; k < web->terms[t].n_lambda; k++) {
            size_t a, b;
            mlab_web_entry(&web->terms[t], k, &a, &b);
            web->lambda[t * MLAB_MOST_OF_TERM * MLAB_MOST_OF_TERM + a * web->terms[t].q + b] = entries[web->terms[t].lambda + k];
        }
}

/* --- terms ------------------------------------------------------------------------------------------------------ */

/* Several memberships: groups of a row rising and once each, shares added, none behind the last. */
static mlab_status own_memberships(const mlab_web *web, mlab_web_term *term, mlab_error *err)
{
    const mlab_random_grouping *g = term->grouping;
    size_t m = term->memberships, n = web->n;
    term->group = term->own_group = mlab_allocate(web->context, n, m * sizeof *term->own_group);
    term->share = term->own_share = mlab_allocate(web->context, n, m * sizeof *term->own_share);
    if (!term->own_group || !term->own_share) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the memberships of %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        uint32_t *group = term->own_group + i * m;
        double *share = term->own_share + i * m, known = 0;
        size_t used = 0;
        for (size_t k = 0; k < m; k++) known += g->group[i * m + k] != UINT32_MAX;
        for (size_t k = 0; k < m; k++) {
            uint32_t which = g->group[i * m + k];
            double part = g->share ? g->share[i * m + k] : 1 / known;
            if (which == UINT32_MAX || part == 0) continue;
            size_t at = 0;
            while (at < used && group[at] < which) at++;
            if (at < used && group[at] == which) {
                share[at] += part;
                continue;
            }
            for (size_t s = used; s > at; s--) group[s] = group[s - 1], share[s] = share[s - 1];
            group[at] = which, share[at] = part, used++;
        }
        for (size_t k = used; k < m; k++) group[k] = UINT32_MAX;
    }
    return MLAB_OK;
}

/* One group for every row: it can be the leaf. */
static bool is_single(const mlab_web *web, const mlab_random_grouping *g)
{
    if (g->memberships > 1 || g->share) return false;
    for (size_t i = 0; i < web->n; i++)
        if (g->group[i] == UINT32_MAX) return false;
    return true;
}

static mlab_status set_terms(mlab_web *web, mlab_error *err)
{
    size_t most = 0, several = 0; /* effects of the largest term of single groups; of terms of several memberships */
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < web->problem->n_random; t++) {
        const mlab_random_grouping *g = &web->problem->random[t];
        mlab_web_term *term = &web->terms[web->n_terms++];
        size_t columns = mlab_design_columns(g->design), q = columns * web->n_eta;
        *term = (mlab_web_term){.grouping = g, .independent = g->independent, .columns = columns, .q = q, .n_groups = g->n_groups};
        term->memberships = g->memberships ? g->memberships : 1;
        term->lambda = web->n_lambda;
        web->n_lambda += term->n_lambda = term->independent ? q : q * (q + 1) / 2;
        term->group = g->group;
        if (!is_single(web, g)) {
            if ((status = own_memberships(web, term, err))) return status;
            several += q * g->n_groups;
        } else if (q * g->n_groups > most) {
            most = q * g->n_groups;
            web->leaf = t;
        }
    }
    if (most < several) most = 0; /* eliminating a few groups first would tie all mentors to each other */
    if (most == 0) web->leaf = web->n_terms;
    web->n_of_leaves = most;
    size_t next = most;
    for (size_t t = 0; t < web->n_terms; t++) {
        if (t == web->leaf) continue;
        web->terms[t].first = next;
        next += web->terms[t].q * web->terms[t].n_groups;
    }
    web->n_effects = next;
    web->n_knots = next - most;
    web->q_leaf = most ? web->terms[web->leaf].q : 0;
    return MLAB_OK;
}

/* --- columns of the rows ---------------------------------------------------------------------------------------- */

typedef struct filling {
    mlab_web *web;
    const mlab_design *design;
    size_t columns;
    uint32_t rows[BLOCK];
    double *block, *offsets;
} filling;

static mlab_status next_block(filling *f, size_t at, size_t n, mlab_error *err)
{
    const mlab_fit_problem *problem = f->web->problem;
    for (size_t i = 0; i < n; i++) {
        size_t row = f->web->row[at + i];
        f->rows[i] = problem->rows ? problem->rows[row] : (uint32_t)row;
    }
    return mlab_design_fill(f->design, problem->table, f->rows, 0, n, f->block, f->offsets, err);
}

static mlab_status fill_fixed(filling *f, size_t from, const uint8_t *aliased, mlab_error *err)
{
    mlab_web *web = f->web;
    for (size_t at = 0; at < web->n; at += BLOCK) {
        size_t n = web->n - at < BLOCK ? web->n - at : BLOCK, to = 0;
        mlab_status status = next_block(f, at, n, err);
        if (status) return status;
        for (size_t j = from; j < f->columns; j++) {
            if (aliased[j - from]) continue;
            for (size_t i = 0; i < n; i++) web->x[to * web->n + at + i] = f->block[i * f->columns + j];
            to++;
        }
        for (size_t i = 0; i < n; i++) web->offset[at + i] = f->offsets[i] + (web->problem->offset ? web->problem->offset[web->row[at + i]] : 0);
    }
    return MLAB_OK;
}

/* The columns of one term at every row's places, times the row's shares. */
static mlab_status fill_term(filling *f, size_t t, mlab_error *err)
{
    mlab_web *web = f->web;
    const mlab_web_term *term = &web->terms[t];
    size_t cell = 0, leaf = 0, n_blocks = 0;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    for (size_t at = 0; at < web->n; at += BLOCK) {
        size_t n = web->n - at < BLOCK ? web->n - at : BLOCK;
        mlab_status status = next_block(f, at, n, err);
        if (status) return status;
        for (size_t i = 0; i < n; i++) {
            while (web->cells[cell].end <= at + i) cell++, n_blocks = 0;
            while (web->leaf_cell[leaf + 1] <= cell) leaf++, n_blocks = 0;
            const mlab_web_cell *c = &web->cells[cell];
            if (n_blocks == 0) n_blocks = mlab_web_blocks(web, c, leaf, blocks);
            double *z = web->z + c->z + (at + i - c->begin) * c->base;
            size_t membership = 0;
            for (size_t b = 0; b < n_blocks; b++) {
                if (blocks[b].term != t) continue;
                double share = term->share ? term->share[web->row[at + i] * term->memberships + membership++] : 1;
                for (size_t j = 0; j < f->columns; j++) z[blocks[b].base + j] = share * f->block[i * f->columns + j];
            }
        }
    }
    return MLAB_OK;
}

static mlab_status fill(mlab_web *web, const mlab_design *design, size_t term, size_t from, const uint8_t *aliased, mlab_error *err)
{
    filling f = {.web = web, .design = design, .columns = mlab_design_columns(design)};
    f.block = mlab_allocate(web->context, BLOCK, (f.columns + 1) * sizeof *f.block);
    if (!f.block) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", f.columns);
    f.offsets = f.block + BLOCK * f.columns;
    mlab_status status = aliased ? fill_fixed(&f, from, aliased, err) : fill_term(&f, term, err);
    mlab_release(web->context, f.block);
    return status;
}

/* --- all --------------------------------------------------------------------------------------------------------- */

static mlab_status allocate(mlab_web *web, const double *number, mlab_error *err)
{
    const mlab_context *context = web->context;
    const mlab_fit_problem *problem = web->problem;
    size_t n = web->n, q = web->q_leaf;
    web->x = mlab_allocate(context, n, (web->p + 1) * sizeof *web->x);
    web->offset = mlab_allocate(context, n, sizeof *web->offset);
    web->z = mlab_allocate(context, web->z_size, sizeof *web->z);
    web->cross = mlab_allocate(context, web->cross_size, sizeof *web->cross);
    web->leaf_factor = mlab_allocate(context, web->n_leaves, q * q * sizeof *web->leaf_factor);
    web->leaf_inverse = mlab_allocate(context, web->n_leaves, q * q * sizeof *web->leaf_inverse);
    web->half = mlab_allocate(context, web->near_first[web->n_leaves], q * sizeof *web->half);
    web->near_inverse = mlab_allocate(context, web->near_first[web->n_leaves], q * sizeof *web->near_inverse);
    web->v = mlab_allocate(context, web->n_effects, sizeof *web->v);
    web->trial = mlab_allocate(context, web->n_effects, sizeof *web->trial);
    bool whole = web->x && web->offset && web->z && web->cross && web->leaf_factor && web->leaf_inverse && web->half && web->near_inverse && web->v &&
                 web->trial;
    if (number) whole = whole && (web->number = mlab_allocate(context, n, sizeof *web->number));
    if (problem->weight) whole = whole && (web->weight = mlab_allocate(context, n, sizeof *web->weight));
    if (problem->category) whole = whole && (web->category = mlab_allocate(context, n, sizeof *web->category));
    for (size_t i = 0; whole && i < n; i++) {
        if (number) web->number[i] = number[web->row[i]];
        if (problem->weight && web->weight) web->weight[i] = problem->weight[web->row[i]];
        if (problem->category && web->category) web->category[i] = problem->category[web->row[i]];
    }
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a mixed model of %zu rows", n);
}

mlab_status mlab_web_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit_problem *problem, const double *number,
                          mlab_web **out, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    const uint8_t *aliased = engine->aliased + engine->n_thresholds;
    *out = NULL;
    mlab_web *web = mlab_allocate(context, 1, sizeof *web);
    if (!web) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a mixed model");
    web->context = context;
    web->problem = problem;
    web->family = engine->family;
    web->expected = engine->expected;
    web->shape = engine->shape;
    web->n = problem->n;
    web->n_eta = engine->n_eta;
    web->n_thresholds = engine->n_thresholds;
    for (size_t j = 0; j < engine->p; j++) web->p += !aliased[j];
    mlab_status status = set_terms(web, err);
    if (!status) status = mlab_web_sort(web, err);
    if (!status) status = allocate(web, number, err);
    if (!status) status = fill(web, problem->design, 0, prepared->first_column, aliased, err);
    for (size_t t = 0; t < web->n_terms && !status; t++) status = fill(web, web->terms[t].grouping->design, t, 0, NULL, err);
    for (size_t i = 0; !status && web->family->additive && i < web->n; i++)
        web->number[i] -= web->offset[i]; /* linear models know no predictor of rows */
    if (status) {
        mlab_web_free(web);
        web = NULL;
    }
    *out = web;
    return status;
}
