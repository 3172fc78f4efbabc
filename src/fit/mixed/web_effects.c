/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes out of a mixed model of several groupings besides its coefficients: standard deviations between groups, modes, and doubts. */
#include "fit/mixed/mixed.h"
#include "fit/mixed/web.h"

#include "core/dot.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>

double mlab_web_size(const mlab_web *web, size_t term, size_t column)
{
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    double sum = 0;
    size_t leaf = 0;
    for (size_t c = 0; c < web->n_cells; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        while (web->leaf_cell[leaf + 1] <= c) leaf++;
        size_t n = mlab_web_blocks(web, cell, leaf, blocks);
        for (size_t b = 0; b < n; b++)
            for (size_t i = 0; blocks[b].term == term && i < cell->end - cell->begin; i++) {
                double z = web->z[cell->z + i * cell->base + blocks[b].base + column];
                sum += z * z;
            }
    }
    return sqrt(sum / (double)web->n);
}

void mlab_web_start_lambda(mlab_climb *c, const mlab_web *web, size_t at, double sd)
{
    double part = sd / sqrt((double)web->n_terms);
    for (size_t t = 0; t < web->n_terms; t++)
        for (size_t k = 0; k < web->terms[t].n_lambda; k++, at++) {
            size_t a, b;
            mlab_web_entry(&web->terms[t], k, &a, &b);
            double size = mlab_web_size(web, t, a % web->terms[t].columns);
            if (!(size > 0)) size = 1;
            c->psi[at] = a == b ? part / size : 0;
            c->inverse[at * c->n + at] = part * part / (size * size * (double)web->terms[t].n_groups);
        }
}

mlab_status mlab_web_climb_edges(mlab_climb *c, const mlab_web *web, size_t at, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < web->n_terms && !status; t++)
        if (web->terms[t].q > 1) status = mlab_climb_edge(c, at + web->terms[t].lambda + web->terms[t].n_lambda - 1, err);
    return status;
}

/* --- names ------------------------------------------------------------------------------------------------------- */

/* "(Intercept)"; with several causes "voluntary:(Intercept)". */
static char *effect_name(const mlab_context *context, const mlab_web *web, const mlab_web_term *term, size_t a)
{
    const char *name = mlab_design_name(term->grouping->design, a % term->columns);
    if (web->n_eta == 1) return mlab_copy_text(context, name);
    mlab_text text = MLAB_TEXT(context);
    mlab_text_append(&text, web->problem->categories[a / term->columns + 1]);
    mlab_text_append(&text, ":");
    mlab_text_append(&text, name);
    char *copy = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

static bool make_one(const mlab_context *context, const mlab_web *web, const mlab_web_term *term, mlab_random_effects *r)
{
    r->independent = term->independent;
    bool whole = mlab_random_effects_room(context, term->grouping, term->q, term->n_groups, r);
    for (size_t a = 0; whole && a < r->n; a++) whole = (r->names[a] = effect_name(context, web, term, a));
    return whole;
}

mlab_status mlab_web_effects_make(const mlab_context *context, const mlab_web *web, mlab_fit *fit, mlab_error *err)
{
    fit->random = mlab_allocate(context, web->n_terms, sizeof *fit->random);
    if (!fit->random) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for random effects");
    for (size_t t = 0; t < web->n_terms; t++) {
        fit->n_random = t + 1;
        if (!make_one(context, web, &web->terms[t], &fit->random[t]))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of %zu groups", web->terms[t].n_groups);
        mlab_status status = mlab_design_copy(web->terms[t].grouping->design, &fit->random[t].design, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

/* Standard error of the length of row a of Lambda times scale, by the delta method. */
static double error_of(const mlab_climb *c, const mlab_web_term *term, size_t base, size_t log_scale, const double *lambda, size_t a, double sd,
                       double scale)
{
    size_t n = term->n_lambda + (log_scale != SIZE_MAX);
    double variance = 0;
    for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l < n; l++) {
            double slope = 1;
            size_t at[2];
            for (int side = 0; side < 2; side++) {
                size_t which = side ? l : k, row = a, column = 0;
                at[side] = which < term->n_lambda ? base + term->lambda + which : log_scale;
                if (which < term->n_lambda) mlab_web_entry(term, which, &row, &column);
                slope *= which == term->n_lambda ? sd : row == a ? scale * scale * lambda[a * term->q + column] / sd : 0;
            }
            variance += slope * c->inverse[at[0] * c->n + at[1]];
        }
    return sqrt(fmax(variance, 0));
}

/* Block of the inverse of H of group g [q * q]. */
static void own_inverse(const mlab_web *web, size_t t, size_t g, double *block)
{
    const mlab_web_term *term = &web->terms[t];
    size_t q = term->q;
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++) {
            size_t first = term->first - web->n_of_leaves + g * q;
            block[a * q + b] = t == web->leaf
                                   ? web->leaf_inverse[g * q * q + a * q + b]
                                   : mlab_sparse_inverse(web->s)[mlab_sparse_place(web->s, first + (a < b ? b : a), first + (a < b ? a : b))];
        }
}

static void place_one(const mlab_climb *c, const mlab_web *web, size_t t, size_t base, size_t log_scale, double scale, mlab_random_effects *r)
{
    const mlab_web_term *term = &web->terms[t];
    const double *lambda = mlab_web_lambda(web, t);
    size_t q = term->q;
    for (size_t a = 0; a < q; a++) {
        for (size_t b = 0; b < q; b++) r->covariance[a * q + b] = scale * scale * mlab_dot(lambda + a * q, lambda + b * q, q);
        r->sd[a] = sqrt(r->covariance[a * q + a]);
        r->sd_se[a] = r->sd[a] > 0 ? error_of(c, term, base, log_scale, lambda, a, r->sd[a], scale) : 0;
    }
    for (size_t g = 0; g < term->n_groups; g++) {
        double inverse[MLAB_MOST_OF_TERM * MLAB_MOST_OF_TERM];
        own_inverse(web, t, g, inverse);
        for (size_t a = 0; a < q; a++) {
            double variance = 0;
            for (size_t b = 0; b < q; b++) variance += lambda[a * q + b] * mlab_dot(inverse + b * q, lambda + a * q, q);
            r->mode[g * q + a] = mlab_dot(lambda + a * q, web->v + term->first + g * q, q);
            r->mode_se[g * q + a] = scale * sqrt(fmax(variance, 0));
        }
    }
}

void mlab_web_effects_place(const mlab_climb *c, const mlab_web *web, size_t base, size_t log_scale, mlab_fit *fit)
{
    double scale = log_scale == SIZE_MAX ? 1 : exp(c->psi[log_scale]);
    for (size_t t = 0; t < web->n_terms; t++) place_one(c, web, t, base, log_scale, scale, &fit->random[t]);
}

mlab_status mlab_web_doubt(const mlab_climb *c, const mlab_web *web, double boundary, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    bool on_boundary = false;
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_random_effects *r = &fit->random[t];
        bool zero = false;
        for (size_t a = 0; a < r->n && !status; a++) {
            if (r->sd[a] * mlab_web_size(web, t, a % web->terms[t].columns) >= boundary) continue;
            zero = true;
            status = mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err, "the standard deviation of %s between %s is 0: nothing is left over for it",
                                    r->names[a], r->group);
        }
        if (!status && !zero) status = mlab_mixed_doubt_singular(r, fit, err);
        on_boundary = on_boundary || zero || fit->trust == MLAB_ON_BOUNDARY;
        if (!status && r->n_groups < 5)
            status = mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err,
                                    "%zu groups of %s are too few to tell how they differ: intervals for other groups than these would be wider",
                                    r->n_groups, r->group);
    }
    if (!status && !on_boundary && (!c->definite || !c->converged))
        status = mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err,
                                c->definite ? "the mixed model did not settle in %d steps"
                                            : "the likelihood of the mixed model has no definite maximum after %d steps",
                                c->iterations);
    return status;
}
