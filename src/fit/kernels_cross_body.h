/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weighted cross-products of a block of up to 4 by 4 columns with all sums in registers, for instruction sets with 32 of them; only included by
 * fit/kernels_body.h. Each sum is what it is one by one. */

/* s_JK += w x[J] x[K] of the columns K of the block; of the same columns (D) only K >= J. */
#define CROSS_ROW(J, NJ, NK, D)                                                                                                                      \
    if ((J) < (NJ)) {                                                                                                                                \
        lanes wx = lanes_product(wi, lanes_at(xj + (J)*MLAB_TILE + i));                                                                              \
        if (!(D) || (J) <= 0) s##J##0 = lanes_add_product(s##J##0, wx, k0);                                                                          \
        if ((NK) > 1 && (!(D) || (J) <= 1)) s##J##1 = lanes_add_product(s##J##1, wx, k1);                                                            \
        if ((NK) > 2 && (!(D) || (J) <= 2)) s##J##2 = lanes_add_product(s##J##2, wx, k2);                                                            \
        if ((NK) > 3 && (!(D) || (J) <= 3)) s##J##3 = lanes_add_product(s##J##3, wx, k3);                                                            \
    }
#define CROSS_ADD(J, K, NJ, NK, D)                                                                                                                   \
    if ((J) < (NJ) && (K) < (NK) && (!(D) || (J) <= (K))) into[(J)*stride + (K)] += sum_lanes(s##J##K);
#define CROSS_ADD_ROW(J, NJ, NK, D) CROSS_ADD(J, 0, NJ, NK, D) CROSS_ADD(J, 1, NJ, NK, D) CROSS_ADD(J, 2, NJ, NK, D) CROSS_ADD(J, 3, NJ, NK, D)
#define CROSS_BLOCK(NAME, NJ, NK, D)                                                                                                                 \
    static void NAME(const double *restrict w, const double *restrict xj, const double *restrict xk, size_t n, double *restrict into, size_t stride) \
    {                                                                                                                                                \
        lanes s00 = lanes_zero(), s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;                                       \
        lanes s20 = s00, s21 = s00, s22 = s00, s23 = s00, s30 = s00, s31 = s00, s32 = s00, s33 = s00;                                                \
        for (size_t i = 0; i < n; i += MLAB_LANES) {                                                                                                 \
            lanes wi = lanes_at(w + i), k0 = lanes_at(xk + i), k1 = k0, k2 = k0, k3 = k0;                                                            \
            if ((NK) > 1) k1 = lanes_at(xk + MLAB_TILE + i);                                                                                         \
            if ((NK) > 2) k2 = lanes_at(xk + 2 * MLAB_TILE + i);                                                                                     \
            if ((NK) > 3) k3 = lanes_at(xk + 3 * MLAB_TILE + i);                                                                                     \
            CROSS_ROW(0, NJ, NK, D)                                                                                                                  \
            CROSS_ROW(1, NJ, NK, D)                                                                                                                  \
            CROSS_ROW(2, NJ, NK, D)                                                                                                                  \
            CROSS_ROW(3, NJ, NK, D)                                                                                                                  \
        }                                                                                                                                            \
        CROSS_ADD_ROW(0, NJ, NK, D)                                                                                                                  \
        CROSS_ADD_ROW(1, NJ, NK, D)                                                                                                                  \
        CROSS_ADD_ROW(2, NJ, NK, D)                                                                                                                  \
        CROSS_ADD_ROW(3, NJ, NK, D)                                                                                                                  \
    }

CROSS_BLOCK(cross_4x1, 4, 1, 0)
CROSS_BLOCK(cross_4x2, 4, 2, 0)
CROSS_BLOCK(cross_4x3, 4, 3, 0)
CROSS_BLOCK(cross_4x4, 4, 4, 0)
CROSS_BLOCK(cross_same_1, 1, 1, 1)
CROSS_BLOCK(cross_same_2, 2, 2, 1)
CROSS_BLOCK(cross_same_3, 3, 3, 1)
CROSS_BLOCK(cross_same_4, 4, 4, 1)
