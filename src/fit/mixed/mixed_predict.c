/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of mixed models: for groups whose effects are given, and averaged over the normal effects of groups (Zeger, Liang & Albert 1988,
 * doi:10.2307/2531734). All effects of a row, intercepts and slopes of every grouping, add up to one normal number a predictor, so that the
 * average is an integral over as many numbers as there are predictors: by the trapezoidal rule, which converges geometrically for such
 * functions (Trefethen & Weideman 2014, doi:10.1137/130932132) and, unlike Gauss-Hermite's, does not lose digits where effects are large.
 * Effects that are multiples of fewer numbers (parts of a joint model) have a grid of these alone.
 * Weakness: beyond four predictors there is no grid; with three, standard deviations over 1.2 lose digits, with four those over 0.6 (5e-5 at 2).
 */
#include "fit/after/after.h"
#include "fit/families/responses.h"
#include "fit/mixed/averaged.h"
#include "fit/mixed/mixed.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { ROWS = 512, MOST_PREDICTORS = 4 };
/* Grids for standard deviations up to MOST_SD, of which a row takes the coarsest that is fine enough: of a logistic or complementary log-log mean
 * the error is then about exp(-16) (poles at pi / sd, and pi / (2 sd)). With many predictors the finer ones would take too long. */
enum { N_GRIDS = 4 };
static const double MOST_SD[N_GRIDS] = {0.6, 1.2, 2.4, HUGE_VAL}, STEP[N_GRIDS] = {1, 0.5, 0.25, 0.125};
static const int STEPS[N_GRIDS] = {7, 15, 34, 88}; /* to each side: 6 standard deviations, and those by which exp() moves the mass */
static const size_t FINEST[MOST_PREDICTORS] = {3, 2, 1, 0};

mlab_status mlab_predict_conditional(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                     size_t n, const double *parameters, const double *share, const double *effect, mlab_scale scale,
                                     const double *times, size_t n_times, double *out, mlab_error *err)
{
    size_t width = mlab_predict_width_at(fit, scale, n_times), k = mlab_fit_predictors(fit);
    bool frailty = mlab_fit_has_frailty(fit), moves = effect && (!frailty || strcmp(fit->model, "cox") == 0);
    if (width == 0) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s fit has no such scale", fit->outcome, fit->model);
    double *eta = mlab_allocate(context, ROWS, k * sizeof *eta);
    mlab_status status = eta ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", fit->outcome);
    for (size_t at = 0; at < n && !status; at += ROWS) {
        size_t some = n - at < ROWS ? n - at : ROWS;
        const double *own = share ? share + at : NULL;
        status = mlab_predict_at(context, fit, table, rows ? rows + at : NULL, first + at, some, parameters, own, MLAB_SCALE_LINK, NULL, 0, eta, err);
        for (size_t i = 0; i < some * k && moves && !status; i++) eta[i] += effect[at * k + i];
        mlab_predict_frailty of = {.log_frailty = frailty && effect && !moves ? effect + at : NULL};
        if (!status && of.log_frailty && scale != MLAB_SCALE_LINK)
            status = mlab_predict_frail(context, fit, table, rows ? rows + at : NULL, first + at, some, parameters, eta, &of, scale, times, n_times,
                                        out + at * width, err);
        else if (!status && scale == MLAB_SCALE_LINK)
            memcpy(out + at * width, eta, some * k * sizeof *out);
        else if (!status)
            status = mlab_predict_scale(context, fit, table, rows ? rows + at : NULL, first + at, some, parameters, eta, own, scale, times, n_times,
                                        out + at * width, err);
    }
    mlab_release(context, eta);
    return status;
}

/* covariance [n * K * K] += of one grouping: z' D z of the row, for each pair of predictors. */
static mlab_status add_covariance(const mlab_context *context, const mlab_fit *fit, const mlab_random_effects *random, const mlab_table *table,
                                  const uint32_t *rows, size_t first, size_t n, const double *square, double *covariance, mlab_error *err)
{
    size_t blocks = fit->n_blocks, columns = random->design ? mlab_design_columns(random->design) : 0;
    if (columns * blocks != random->n)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the effects of %s have no recipe to average over them", fit->outcome, random->group);
    double *z = mlab_allocate(context, n, columns * sizeof *z), *offset = mlab_allocate(context, n, sizeof *offset);
    mlab_status status = z && offset ? mlab_design_fill(random->design, table, rows, first, n, z, offset, err)
                                     : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for averages of %s", fit->outcome);
    for (size_t i = 0; i < n && !status; i++)
        for (size_t k = 0; k < blocks; k++)
            for (size_t l = 0; l < blocks; l++) {
                double sum = 0;
                for (size_t a = 0; a < columns; a++)
                    for (size_t b = 0; b < columns; b++)
                        sum += z[i * columns + a] * random->covariance[(k * columns + a) * random->n + l * columns + b] * z[i * columns + b];
                covariance[(i * blocks + k) * blocks + l] += (square ? square[i * fit->n_random] : 1) * sum;
            }
    mlab_release(context, z);
    mlab_release(context, offset);
    return status;
}

/* a [n * n] semidefinite becomes its lower Cholesky factor; what is above the diagonal becomes 0. */
static void factor(double *a, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        double own = a[j * n + j], pivot = own;
        for (size_t k = 0; k < j; k++) pivot -= a[j * n + k] * a[j * n + k];
        pivot = pivot > 1e-14 * own ? sqrt(pivot) : 0;
        for (size_t i = j; i < n; i++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = i == j ? pivot : pivot > 0 ? sum / pivot : 0;
        }
        for (size_t i = 0; i < j; i++) a[i * n + j] = 0;
    }
}

/* Columns of zeros go to the end. */
static void pack(double *a, size_t n)
{
    size_t used = 0;
    for (size_t j = 0; j < n; j++) {
        if (!(a[j * n + j] > 0)) continue;
        for (size_t i = 0; i < n && used < j; i++) a[i * n + used] = a[i * n + j], a[i * n + j] = 0;
        used++;
    }
}

mlab_status mlab_effects_root(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                              const double *squares, double *root, mlab_error *err)
{
    size_t blocks = fit->n_blocks;
    if (blocks > MOST_PREDICTORS)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: averages over the effects of groups are for up to %d causes, found %zu", fit->outcome,
                          (int)MOST_PREDICTORS, blocks);
    memset(root, 0, n * blocks * blocks * sizeof *root);
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < fit->n_random && !status; t++)
        status = add_covariance(context, fit, &fit->random[t], table, rows, first, n, squares ? squares + t : NULL, root, err);
    for (size_t i = 0; i < n && !status; i++) {
        factor(root + i * blocks * blocks, blocks);
        pack(root + i * blocks * blocks, blocks);
    }
    return status;
}

/* Numbers that a grid is over, one at least, and how fine it is. */
typedef struct mesh {
    size_t numbers, grid;
} mesh;

/* The grid of a row whose effects have this factor. */
static mesh mesh_of(size_t blocks, const double *root)
{
    double most = 0;
    mesh m = {.numbers = 1};
    for (size_t k = 0; k < blocks; k++) {
        double square = 0;
        for (size_t j = 0; j < blocks; j++) {
            square += root[k * blocks + j] * root[k * blocks + j];
            if (fabs(root[k * blocks + j]) > 0 && j >= m.numbers) m.numbers = j + 1;
        }
        most = fmax(most, square);
    }
    size_t finest = m.numbers - 1 < MOST_PREDICTORS ? FINEST[m.numbers - 1] : 0;
    while (m.grid < finest && m.grid + 1 < N_GRIDS && most > MOST_SD[m.grid] * MOST_SD[m.grid]) m.grid++;
    return m;
}

static bool same_mesh(mesh a, mesh b)
{
    return a.numbers == b.numbers && a.grid == b.grid;
}

/* Point g of a grid; false past the end. */
static bool node(mesh m, size_t g, double *at)
{
    size_t side = 2 * (size_t)STEPS[m.grid] + 1;
    for (size_t k = 0; k < m.numbers; k++, g /= side) at[k] = STEP[m.grid] * ((double)(g % side) - STEPS[m.grid]);
    return g == 0;
}

/* One call of mlab_respond_averaged, or (slopes) of mlab_respond_slopes. */
typedef struct averaged_rows {
    const mlab_context *context;
    const mlab_fit *fit;
    const mlab_table *table;
    const uint32_t *rows;
    size_t first, n;
    const double *parameters, *eta, *root, *share, *times;
    mlab_scale scale;
    size_t n_times, blocks, width; /* width: with the derivatives */
    bool slopes;
    double *out, *moved, *one;
} averaged_rows;

/* What is predicted with the effects of node `at`, into r->one. */
static mlab_status at_node(const averaged_rows *r, mesh m, const double *at, mlab_error *err)
{
    bool frailty = mlab_fit_has_frailty(r->fit);
    for (size_t i = 0; i < r->n * r->blocks; i++) {
        const double *row = r->root + i * r->blocks; /* row i % blocks of the factor of i / blocks */
        r->moved[i] = frailty ? 0 : r->eta[i];
        for (size_t k = 0; k < m.numbers; k++) r->moved[i] += row[k] * at[k];
    }
    const mlab_predict_frailty of = {.log_frailty = r->moved};
    if (r->slopes) return mlab_hazard_slopes(r->context, r->fit, r->scale, r->n, r->moved, r->times, r->n_times, r->one, err);
    return frailty ? mlab_predict_frail(r->context, r->fit, r->table, r->rows, r->first, r->n, r->parameters, r->eta, &of, r->scale, r->times,
                                        r->n_times, r->one, err)
                   : mlab_predict_scale(r->context, r->fit, r->table, r->rows, r->first, r->n, r->parameters, r->moved, r->share, r->scale, r->times,
                                        r->n_times, r->one, err);
}

/* The rows whose grid is m. */
static mlab_status over_mesh(const averaged_rows *r, mesh m, mlab_error *err)
{
    size_t square_of = r->blocks * r->blocks, width = r->width;
    double all = 0, edge = STEP[m.grid] * STEPS[m.grid], at[MOST_PREDICTORS];
    bool any = false;
    for (size_t i = 0; i < r->n && !any; i++) any = same_mesh(mesh_of(r->blocks, r->root + i * square_of), m);
    for (size_t g = 0; any && node(m, g, at); g++) {
        double square = 0;
        for (size_t k = 0; k < m.numbers; k++) square += at[k] * at[k];
        if (square > edge * edge) continue;
        mlab_status status = at_node(r, m, at, err);
        if (status) return status;
        double weight = exp(-0.5 * square);
        all += weight;
        for (size_t i = 0; i < r->n; i++) {
            bool own = same_mesh(mesh_of(r->blocks, r->root + i * square_of), m);
            for (size_t c = 0; own && c < width; c++) r->out[i * width + c] += weight * r->one[i * width + c];
        }
    }
    for (size_t i = 0; i < r->n && any; i++) {
        bool own = same_mesh(mesh_of(r->blocks, r->root + i * square_of), m);
        for (size_t c = 0; own && c < width; c++) r->out[i * width + c] /= all;
    }
    return MLAB_OK;
}

static mlab_status over_meshes(const averaged_rows *r, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    memset(r->out, 0, r->n * r->width * sizeof *r->out);
    for (mesh m = {.numbers = 1}; m.numbers <= r->blocks && !status; m.numbers++)
        for (m.grid = 0; m.grid < N_GRIDS && !status; m.grid++) status = over_mesh(r, m, err);
    return status;
}

mlab_status mlab_respond_averaged(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                  size_t n, const double *parameters, const double *eta, const double *root, const double *share, mlab_scale scale,
                                  const double *times, size_t n_times, double *out, double *room, mlab_error *err)
{
    averaged_rows r = {context, fit, table, rows, first, n, parameters, eta, root, share, times, scale, n_times, .blocks = fit->n_blocks};
    r.width = mlab_predict_width_at(fit, scale, n_times);
    r.out = out;
    r.moved = room;
    r.one = room + n * r.blocks;
    if (scale == MLAB_SCALE_LINK) {
        memcpy(out, eta, n * r.width * sizeof *out);
        return MLAB_OK;
    }
    if (!root) return mlab_predict_scale(context, fit, table, rows, first, n, parameters, eta, share, scale, times, n_times, out, err);
    if (mlab_fit_has_frailty(fit) && fit->random->gamma) {
        for (size_t i = 0; i < n; i++) r.moved[i] = root[i] * root[i];
        const mlab_predict_frailty of = {.variance = r.moved};
        return mlab_predict_frail(context, fit, table, rows, first, n, parameters, eta, &of, scale, times, n_times, out, err);
    }
    return over_meshes(&r, err);
}

bool mlab_respond_has_slopes(const mlab_fit *fit, mlab_scale scale)
{
    const mlab_model *model = mlab_model_find(fit->model);
    return scale != MLAB_SCALE_LINK && model && model->predict == mlab_predict_hazard;
}

mlab_status mlab_respond_slopes(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                size_t n, const double *eta, const double *root, mlab_scale scale, const double *times, size_t n_times, double *out,
                                double *room, mlab_error *err)
{
    averaged_rows r = {context, fit, table, rows, first, n, NULL, eta, root, NULL, times, scale, n_times, .blocks = fit->n_blocks, .slopes = true};
    r.width = mlab_predict_width_at(fit, scale, n_times) * (1 + r.blocks);
    r.out = out;
    r.moved = room;
    r.one = room + n * r.blocks;
    if (!root) return mlab_hazard_slopes(context, fit, scale, n, eta, times, n_times, out, err);
    return over_meshes(&r, err);
}

/* slopes: out has the derivatives too. */
static mlab_status predict_averaged(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                    size_t n, const double *squares, const double *parameters, const double *share, mlab_scale scale,
                                    const double *times, size_t n_times, bool slopes, double *out, mlab_error *err)
{
    size_t width = mlab_predict_width_at(fit, scale, n_times), blocks = fit->n_blocks, wide = slopes ? width * (1 + blocks) : width;
    if (width == 0) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s fit has no such scale", fit->outcome, fit->model);
    double *eta = mlab_allocate(context, ROWS, mlab_fit_predictors(fit) * sizeof *eta),
           *root = mlab_allocate(context, ROWS, blocks * blocks * sizeof *root);
    double *room = mlab_allocate(context, ROWS, (blocks + wide) * sizeof *room);
    mlab_status status = eta && root && room ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", fit->outcome);
    for (size_t at = 0; at < n && !status; at += ROWS) {
        size_t some = n - at < ROWS ? n - at : ROWS;
        const uint32_t *own = rows ? rows + at : NULL;
        const double *part = share ? share + at : NULL, *factors = fit->n_random ? root : NULL;
        status = mlab_predict_at(context, fit, table, own, first + at, some, parameters, part, MLAB_SCALE_LINK, NULL, 0, eta, err);
        if (!status) status = mlab_effects_root(context, fit, table, own, first + at, some, squares ? squares + at * fit->n_random : NULL, root, err);
        if (!status && slopes)
            status = mlab_respond_slopes(context, fit, table, own, first + at, some, eta, factors, scale, times, n_times, out + at * wide, room, err);
        else if (!status)
            status = mlab_respond_averaged(context, fit, table, own, first + at, some, parameters, eta, factors, part, scale, times, n_times,
                                           out + at * wide, room, err);
    }
    mlab_release(context, eta);
    mlab_release(context, root);
    mlab_release(context, room);
    return status;
}

mlab_status mlab_predict_averaged_in(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                     size_t n, const double *squares, const double *parameters, const double *share, mlab_scale scale,
                                     const double *times, size_t n_times, double *out, mlab_error *err)
{
    return predict_averaged(context, fit, table, rows, first, n, squares, parameters, share, scale, times, n_times, false, out, err);
}

mlab_status mlab_predict_averaged_slopes(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                         size_t first, size_t n, const double *squares, const double *share, mlab_scale scale, const double *times,
                                         size_t n_times, double *out, mlab_error *err)
{
    return predict_averaged(context, fit, table, rows, first, n, squares, NULL, share, scale, times, n_times, true, out, err);
}

mlab_status mlab_predict_averaged(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                  size_t n, const double *parameters, const double *share, mlab_scale scale, const double *times, size_t n_times,
                                  double *out, mlab_error *err)
{
    return mlab_predict_averaged_in(context, fit, table, rows, first, n, NULL, parameters, share, scale, times, n_times, out, err);
}
