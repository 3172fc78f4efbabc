/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts that vary more than Poisson's: Pearson's phi = sum w (y - m)^2 / m over n - p, m the mean of each row given the most likely effects of its
 * groups, beside its own spread under the model, the variance 2 + 1 / m of every term. Rows of tiny means alone do not decide: the sum of
 * (y - m)^2 - y must be large beside sqrt(2 sum m^2) too: Dean's score test (1992, Journal of the American Statistical Association 87, 451-457).
 *
 * Weakness: with few and small counts neither sum is normal, so what is little more than Poisson's is not told; effects of groups take up a part of
 * the spread that n - p does not count, so that phi of mixed models is low. */
#include "fit/model.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>

enum { ROWS = 1024 };
static const double NOTABLE = 2, SURPRISING = 3.09; /* one in a thousand */

typedef struct spread_sums {
    double pearson, variance, excess, squares, n;
} spread_sums;

/* eta of rows at .. at + n - 1 += the modes of one grouping. z [n * columns], offset [n]: room. */
static mlab_status add_modes(const mlab_fit_problem *problem, const mlab_fit *fit, size_t t, size_t at, size_t n, double *z, double *offset,
                             double *eta, mlab_error *err)
{
    const mlab_random_grouping *g = &problem->random[t];
    size_t m = g->memberships ? g->memberships : 1, columns = mlab_design_columns(g->design);
    mlab_status status = mlab_design_fill(g->design, problem->table, problem->rows ? problem->rows + at : NULL, at, n, z, offset, err);
    for (size_t i = 0; i < n && !status; i++) {
        const uint32_t *group = g->group + (at + i) * m;
        size_t known = 0;
        for (size_t k = 0; k < m; k++) known += group[k] != UINT32_MAX;
        for (size_t k = 0; k < m; k++) {
            if (group[k] == UINT32_MAX) continue;
            const double share = g->share ? g->share[(at + i) * m + k] : 1 / (double)known;
            for (size_t a = 0; a < columns; a++) eta[i] += share * z[i * columns + a] * fit->random[t].mode[group[k] * columns + a];
        }
    }
    return status;
}

static void add(spread_sums *sums, double y, double m, double w)
{
    double off = y - m;
    sums->n += w;
    if (!(m > 0)) return;
    sums->pearson += w * off * off / m;
    sums->variance += w * (2 + 1 / m);
    sums->excess += w * (off * off - y);
    sums->squares += w * m * m;
}

static mlab_status sum_up(const mlab_context *context, const mlab_fit_problem *problem, const mlab_fit *fit, spread_sums *sums, mlab_error *err)
{
    size_t columns = 0;
    for (size_t t = 0; t < problem->n_random; t++) {
        size_t own = mlab_design_columns(problem->random[t].design);
        columns = own > columns ? own : columns;
    }
    double *eta = mlab_allocate(context, ROWS, (columns + 2) * sizeof *eta);
    if (!eta) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the means of counts");
    double *offset = eta + ROWS, *z = offset + ROWS;
    mlab_status status = MLAB_OK;
    for (size_t at = 0; at < problem->n && !status; at += ROWS) {
        const size_t n = problem->n - at < ROWS ? problem->n - at : ROWS;
        status = mlab_predict(context, fit, problem->table, problem->rows ? problem->rows + at : NULL, at, n, NULL, NULL, MLAB_SCALE_LINK, eta, err);
        for (size_t t = 0; t < problem->n_random && !status; t++) status = add_modes(problem, fit, t, at, n, z, offset, eta, err);
        for (size_t i = 0; i < n && !status; i++) {
            const size_t row = at + i;
            const double mean = mlab_exp(eta[i] + (problem->offset ? problem->offset[row] : 0));
            add(sums, problem->number[row], mean, problem->weight ? problem->weight[row] : 1);
        }
    }
    mlab_release(context, eta);
    return status;
}

mlab_status mlab_fit_doubt_overdispersion(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    spread_sums sums = {0};
    double p = 0;
    if (prepared->model != &mlab_model_poisson || fit->robust || fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED ||
        problem->warm_mixed)
        return MLAB_OK;
    for (size_t t = 0; t < problem->n_random; t++)
        if (!fit->random || !fit->random[t].mode) return MLAB_OK;
    mlab_status status = sum_up(context, problem, fit, &sums, err);
    if (status) return status;
    for (size_t j = 0; j < fit->n_parameters; j++) p += !fit->aliased[j];
    const double df = sums.n - p, phi = sums.pearson / df;
    if (!(df > 0) || !(phi > NOTABLE) || !(sums.pearson - df > SURPRISING * sqrt(sums.variance)) ||
        !(sums.excess > SURPRISING * sqrt(2 * sums.squares)))
        return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                          "counts vary %.*f times as much as Poisson's%s: the errors are too small; write model: negative_binomial%s",
                          phi < 100 ? 2 : 0, phi, problem->n_random ? ", given the groups" : "", problem->n_random ? "" : ", or fit: {robust: HC1}");
}
