/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as columns of double-doubles, and their reduction to a triangle block by block (TSQR; Demmel, Grigori, Hoemmen & Langou 2012,
 * doi:10.1137/080731992). Weakness: about 40 operations for each of n p^2 products.
 */
#include "fit/exact_rows.h"

#include "data/design_terms.h"

enum { BLOCK = MLAB_EXACT_BLOCK, LANES = MLAB_EXACT_LANES };

size_t mlab_exact_scratch(const mlab_exact_rows *rows)
{
    return BLOCK * (2 * rows->q + 2 * rows->design_columns + 1);
}

mlab_status mlab_exact_fill(const mlab_exact_rows *rows, size_t first, size_t n, bool weighted, double *scratch, mlab_error *err)
{
    const mlab_fit_problem *problem = rows->problem;
    size_t width = rows->design_columns;
    double *x = scratch + BLOCK * 2 * rows->q, *low = x + BLOCK * width, *offset = low + BLOCK * width;
    mlab_status status =
        mlab_design_fill_precise(problem->design, problem->table, problem->rows ? problem->rows + first : NULL, first, n, x, low, offset, err);
    if (status) return status;
    for (size_t i = 0; i < BLOCK; i++) {
        double weight = i >= n ? 0 : !weighted || !problem->weight ? 1 : problem->weight[first + i];
        mlab_dd root = weight == 1 ? mlab_dd_of(1) : mlab_dd_root(mlab_dd_of(weight));
        for (size_t j = 0; j < rows->q; j++) {
            mlab_dd value = mlab_dd_of(0);
            if (weight > 0 && j < rows->p) {
                size_t at = i * width + rows->first_column + j;
                value = (mlab_dd){x[at], low[at]};
            } else if (weight > 0) {
                mlab_dd offsets = mlab_dd_sum(offset[i], problem->offset ? problem->offset[first + i] : 0);
                value = mlab_dd_subtract(mlab_dd_of(rows->response[first + i]), offsets);
            }
            value = mlab_dd_scale(value, rows->scale[j]);
            if (weight > 0 && weight != 1) value = mlab_dd_multiply(value, root);
            double *column = mlab_exact_column(scratch, j);
            column[i] = value.high;
            column[BLOCK + i] = value.low;
        }
    }
    return MLAB_OK;
}

mlab_dd mlab_exact_dot(const double *a, const double *b, size_t m)
{
    double high[LANES] = {0}, low[LANES] = {0};
    for (size_t i = 0; i < m; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            mlab_dd x = {a[i + l], a[BLOCK + i + l]}, y = {b[i + l], b[BLOCK + i + l]}, sum = {high[l], low[l]};
            sum = mlab_dd_add(sum, mlab_dd_multiply(x, y));
            high[l] = sum.high;
            low[l] = sum.low;
        }
    mlab_dd sum = {high[0], low[0]};
    for (size_t l = 1; l < LANES; l++) sum = mlab_dd_add(sum, (mlab_dd){high[l], low[l]});
    return sum;
}

void mlab_exact_less(double *a, const double *b, mlab_dd factor, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        mlab_dd x = {a[i], a[BLOCK + i]}, y = {b[i], b[BLOCK + i]};
        x = mlab_dd_subtract(x, mlab_dd_multiply(factor, y));
        a[i] = x.high;
        a[BLOCK + i] = x.low;
    }
}

void mlab_exact_reduce(mlab_dd *triangle, size_t q, double *columns, size_t m)
{
    for (size_t j = 0; j < q; j++) {
        double *own = mlab_exact_column(columns, j);
        mlab_dd below = mlab_exact_dot(own, own, m), top = triangle[j * q + j];
        if (!(below.high > 0)) continue;
        mlab_dd norm = mlab_dd_root(mlab_dd_add(mlab_dd_multiply(top, top), below));
        mlab_dd pivot = top.high > 0 ? mlab_dd_negate(norm) : norm, head = mlab_dd_subtract(top, pivot);
        mlab_dd half = mlab_dd_negate(mlab_dd_multiply(pivot, head)); /* of the squared length of the reflector (head, own) */
        triangle[j * q + j] = pivot;
        for (size_t k = j + 1; k < q; k++) {
            double *other = mlab_exact_column(columns, k);
            mlab_dd along = mlab_dd_add(mlab_dd_multiply(head, triangle[j * q + k]), mlab_exact_dot(own, other, m));
            along = mlab_dd_divide(along, half);
            triangle[j * q + k] = mlab_dd_subtract(triangle[j * q + k], mlab_dd_multiply(along, head));
            mlab_exact_less(other, own, along, m);
        }
    }
}
