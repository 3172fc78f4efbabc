/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores that are made from answers: one item on an ordered scale, or the mean of several. */
#ifndef MLAB_DATA_MEASURES_H
#define MLAB_DATA_MEASURES_H

#include "data/loading.h"

/* What the study says of one score. */
typedef struct mlab_measure_spec {
    const char *name;
    const char *from;          /* heading of the one column; NULL with several items */
    const mlab_setting *items; /* list of headings; NULL = from alone */
    const mlab_setting *reverse, *scale;
    const mlab_setting *at; /* where the study states it; NULL = it does not */
    int32_t need;           /* items that have to be answered; 0 = not stated */
    const char *kind;       /* "ordinal", "number", ...; NULL = found */
    bool optional;          /* fine when the heading is not there */
} mlab_measure_spec;

typedef struct mlab_measure_specs {
    mlab_measure_spec *items;
    size_t n, capacity;
} mlab_measure_specs;

bool mlab_measure_is_single(const mlab_measure_spec *measure); /* one item: it stays levels */
/* Adds what stands at `at` (a heading, or a map of items, reverse, need, scale) under a name; `scale` when it has none of its own. */
MLAB_MUST_USE mlab_status mlab_measures_add(mlab_loading *l, mlab_measure_specs *measures, const char *name, const char *fallback,
                                            const mlab_setting *at, const mlab_setting *scale, mlab_error *err);
/* Adds everything below <block>.measures. */
MLAB_MUST_USE mlab_status mlab_measures_stated(mlab_loading *l, const char *block, const mlab_setting *scale, mlab_measure_specs *measures,
                                               mlab_error *err);
/* The columns that the scores are made from. */
MLAB_MUST_USE mlab_status mlab_measures_columns(mlab_loading *l, const char *block, const mlab_measure_specs *measures, mlab_specs *specs,
                                                mlab_error *err);
/* Makes the column of the score in the table; *usable = false when findings say why there is none (or it is optional and not there). */
MLAB_MUST_USE mlab_status mlab_measure_make(mlab_loading *l, mlab_table *table, const mlab_measure_spec *measure, mlab_measure *made, bool *usable,
                                            mlab_error *err);
/* Cronbach's alpha over each person's first row with all items: rows [n] sorted by person, then date; person NULL = every row is one
 * person's, rows NULL = all rows of the table. Leaves alpha_people 0 where there is nothing to say. */
MLAB_MUST_USE mlab_status mlab_measure_alpha(const mlab_loading *l, const mlab_table *table, const mlab_measure_spec *measure, const uint32_t *rows,
                                             const uint32_t *person, size_t n, mlab_measure *made, mlab_error *err);
/* The scores of a person-level study, made in the table of people (people_measures.c). */
MLAB_MUST_USE mlab_status mlab_people_measures_make(mlab_loading *l, const mlab_measure_specs *measures, mlab_error *err);

#endif
