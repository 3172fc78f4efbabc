/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks of a finished panel: what must hold of any, and that each cell is what its inputs say, worked out anew the slow way. */
#ifndef MLAB_DATA_PANEL_CHECK_H
#define MLAB_DATA_PANEL_CHECK_H

#include "data/panel_build.h"

/* Order, contiguity, grid, ranges of shares, events inside their rows, columns that agree with arrays.
 * Errors: MLAB_ERR_ARGUMENT with the first violation. */
MLAB_MUST_USE mlab_status mlab_panel_check(const mlab_panel *panel, mlab_error *err);

/* Every row and cell derived again, day by day and without indexes: time people x days x relationships, for small worlds.
 * Errors: as above, and those of the arms' filters. */
MLAB_MUST_USE mlab_status mlab_panel_check_inputs(const mlab_context *context, const mlab_panel_people *people,
                                                  const mlab_panel_promotion *promotions, size_t n_promotions, const mlab_panel_surveys *surveys,
                                                  const mlab_panel_relationships *relationships, const mlab_panel_spec *spec, const mlab_panel *panel,
                                                  mlab_error *err);

/* Raises MLAB_ERR_ARGUMENT about a row. */
mlab_status mlab_panel_wrong(const mlab_panel *panel, size_t row, const char *what, mlab_error *err);

#endif
