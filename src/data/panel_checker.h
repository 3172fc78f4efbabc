/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files share that derive a panel a second time. */
#ifndef MLAB_DATA_PANEL_CHECKER_H
#define MLAB_DATA_PANEL_CHECKER_H

#include "data/panel_check.h"

typedef struct mlab_panel_checker {
    const mlab_panel *panel;
    mlab_error *err;
} mlab_panel_checker;

/* The panel's inputs, and the panel that is checked against them. */
typedef struct mlab_panel_source {
    mlab_panel_checker c;
    const mlab_context *context;
    const mlab_panel_people *people;
    const mlab_panel_promotion *promotions;
    size_t n_promotions;
    const mlab_panel_surveys *surveys;
    const mlab_panel_relationships *ties;
    const mlab_panel_spec *spec;
} mlab_panel_source;

/* Arm, prevalent and mentoring_others of a row (panel_check_arms.c). */
mlab_status mlab_panel_check_exposure(const mlab_panel_source *s, size_t row);

#endif
