/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over rows that stand one by one, for models whose rows are sorted by time; only included by fit/kernels_body.h. */

static inline void add_some(size_t p, const double *restrict x, const double *restrict risk, size_t n, double *restrict sum, double *restrict square)
{
    for (size_t i = 0; i < n; i++, x += p)
        for (size_t j = 0; j < p; j++) {
            double rx = risk[i] * x[j];
            sum[j] += rx;
            for (size_t k = 0; k <= j; k++) square[j * p + k] += rx * x[k];
        }
}

/* Unrolled for the usual numbers of columns. */
static void add_rows(const double *restrict x, size_t p, const double *restrict risk, size_t n, double *restrict sum, double *restrict square)
{
#ifdef MLAB_WIDE_REGISTERS
    if (p <= 7 && n >= 8) {
        add_packed(x, p, risk, n, sum, square);
        return;
    }
#endif
    switch (p) {
    case 1: add_some(1, x, risk, n, sum, square); break;
    case 2: add_some(2, x, risk, n, sum, square); break;
    case 3: add_some(3, x, risk, n, sum, square); break;
    case 4: add_some(4, x, risk, n, sum, square); break;
    case 5: add_some(5, x, risk, n, sum, square); break;
    case 6: add_some(6, x, risk, n, sum, square); break;
    case 7: add_some(7, x, risk, n, sum, square); break;
    case 8: add_some(8, x, risk, n, sum, square); break;
    default: add_some(p, x, risk, n, sum, square);
    }
}
