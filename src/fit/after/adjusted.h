/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Influence of groups of rows, adjusted for what each group's own leverage takes away, and degrees of freedom. */
#ifndef MLAB_FIT_AFTER_ADJUSTED_H
#define MLAB_FIT_AFTER_ADJUSTED_H

#include "fit/after/rows.h"

typedef enum mlab_adjustment {
    MLAB_ADJUST_NONE, /* s */
    MLAB_ADJUST_HALF, /* (1 - M)^(-1/2) s: HC2, CR2 */
    MLAB_ADJUST_FULL  /* 1/(1 - M) s: HC3, CR3 */
} mlab_adjustment;

/* influence [n_groups * n_parameters]: V times the adjusted score of each group, in the design's columns. df [n_parameters], HALF only, NULL = not
 * wanted: Satterthwaite degrees of freedom of each parameter; 0 where aliased. saturated: groups of which a coefficient hangs on alone. */
MLAB_MUST_USE mlab_status mlab_adjusted_influence(const mlab_row_parts *parts, const mlab_row_groups *groups, mlab_adjustment adjustment,
                                                  double *influence, double *df, size_t *saturated, mlab_error *err);

#endif
