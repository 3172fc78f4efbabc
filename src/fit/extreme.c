/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that a fit left out because their squares are beyond what a number can hold, and not because others say the same: said by name. */
#include "fit/model.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>

enum { ROWS = 256 };
static const double LARGE = 1e150, SMALL = 1e-150; /* squares beyond overflow or vanish, times the rows */

/* most [columns of the design]: largest absolute value of each. */
static mlab_status measure(const mlab_context *context, const mlab_fit_problem *problem, double *most, mlab_error *err)
{
    size_t columns = mlab_design_columns(problem->design);
    double *block = mlab_allocate(context, ROWS, (columns + 1) * sizeof *block);
    if (!block) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    mlab_status status = MLAB_OK;
    for (size_t at = 0; at < problem->n && !status; at += ROWS) {
        size_t n = problem->n - at < ROWS ? problem->n - at : ROWS;
        status =
            mlab_design_fill(problem->design, problem->table, problem->rows ? problem->rows + at : NULL, at, n, block, block + ROWS * columns, err);
        for (size_t i = 0; i < n && !status; i++)
            for (size_t j = 0; j < columns; j++) most[j] = fmax(most[j], fabs(block[i * columns + j]));
    }
    mlab_release(context, block);
    return status;
}

mlab_status mlab_fit_doubt_extremes(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t p = fit->block_size - fit->n_thresholds, first = mlab_fit_first_column(fit), any = 0;
    for (size_t j = 0; j < p; j++) any += fit->aliased[fit->n_thresholds + j];
    if (any == 0 || !problem->design || first + p > mlab_design_columns(problem->design)) return MLAB_OK;
    double *most = mlab_allocate(context, mlab_design_columns(problem->design), sizeof *most);
    mlab_status status = most ? measure(context, problem, most, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    for (size_t j = 0; j < p && !status; j++) {
        double size = most[first + j];
        if (!fit->aliased[fit->n_thresholds + j] || !(size > 0) || (size > SMALL && size < LARGE)) continue;
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                                "%s was left out: its values go up to %.1e, whose squares are no numbers; state it in another unit",
                                fit->names[fit->n_thresholds + j], size);
    }
    mlab_release(context, most);
    return status;
}
