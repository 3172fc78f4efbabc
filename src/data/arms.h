/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arms of a study: what the study file says, and what relationships, meetings and surveys make of it. */
#ifndef MLAB_DATA_ARMS_H
#define MLAB_DATA_ARMS_H

#include "data/loading.h"

typedef struct mlab_arms {
    mlab_panel_arm *arms;    /* [n] other than the reference */
    char **made;             /* [n] filters made here */
    const mlab_setting **at; /* [n] where the study states it; NULL = it does not */
    size_t n;
    int32_t *priority; /* [n] */
    bool both_separate;
    mlab_panel_exposure *items; /* sorted by person */
    size_t n_items, capacity;
    uint8_t *asked; /* [n] 1 = a survey asks for it */
    mlab_panel_exposures exposures;
    size_t *meeting_first; /* [n_pairs + 1]; NULL = no table of meetings */
    int32_t *meeting_day;
} mlab_arms;

/* Reads the block arms; findings about arms without a source. */
MLAB_MUST_USE mlab_status mlab_arms_make(mlab_loading *l, mlab_arms *arms, mlab_error *err);
void mlab_arms_free(const mlab_context *context, mlab_arms *arms);

/* What the answers to an arm's question say (load_exposures.c). */
MLAB_MUST_USE mlab_status mlab_arms_ask(mlab_loading *l, mlab_arms *arms, size_t which, mlab_error *err);
/* Days of the meetings of each pair, from the table of meetings (load_meetings.c). */
MLAB_MUST_USE mlab_status mlab_arms_meetings(mlab_loading *l, mlab_arms *arms, mlab_error *err);

#endif
