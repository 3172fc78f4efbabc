/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits of times with a frailty to files of tests/reference, through the study's own way. */
#ifndef TESTS_FIT_FRAILTY_GROUPS_H
#define TESTS_FIT_FRAILTY_GROUPS_H

#include "fit/reference.h"

static mlab_fit_options options;
static const char *model_name = "cox";

typedef struct groups {
    study s;
    mlab_data data;
} groups;

static groups open_groups(const char *path, const char *const *columns, size_t n)
{
    groups g = {0};
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    options.ties = 1;
    g.s = open_file(mlab_test_path(path));
    for (size_t j = 0; j < n; j++) add_column(&g.s, columns[j], NULL);
    g.data = (mlab_data){.context = &context, .people = g.s.w.table, .person_level = true};
    return g;
}

static mlab_status fit_into(const groups *g, const char *formula, const char *frailty, mlab_fit **fit, mlab_error *err)
{
    mlab_outcome outcome = {
        .name = "it", .kind = MLAB_OUTCOME_EVENT, .better = 1, .model = (char *)model_name, .frailty = (char *)frailty, .formula = (char *)formula};
    return mlab_fit_outcome(&context, &g->data, &outcome, &options, fit, err);
}

static mlab_fit *fit_of(const groups *g, const char *formula, const char *frailty)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(fit_into(g, formula, frailty, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

static const char *const kidney_columns[] = {"group", "time", "status", "age", "female"}, *const rats_columns[] = {"group", "time", "status", "rx",
                                                                                                                   "female"};

/* rats of survival, of which two thirds enter at day 30 or 55, where they are there; a name for each. */
static inline groups late_rats(void)
{
    static double column[7][400];
    static const char *const names[] = {"group", "start", "stop", "status", "rx", "id", "weight"};
    groups rats = open_groups("reference/rats.csv", rats_columns, 5), g = {0};
    size_t n = rats.s.n;
    for (size_t i = 0; i < n; i++) {
        double entry = ((const double[]){0, 30, 55})[(i + 1) % 3];
        column[0][i] = mlab_table_find(rats.data.people, "group")->as.real[i];
        column[2][i] = mlab_table_find(rats.data.people, "time")->as.real[i];
        column[1][i] = entry < column[2][i] ? entry : 0;
        column[3][i] = mlab_table_find(rats.data.people, "status")->as.real[i];
        column[4][i] = mlab_table_find(rats.data.people, "rx")->as.real[i];
        column[5][i] = (double)i;
        column[6][i] = 1;
    }
    close_study(&rats.s);
    for (size_t c = 0; c < 7; c++) world_real(&g.s.w, &context, names[c], column[c], n);
    g.data = (mlab_data){.context = &context, .people = g.s.w.table, .person_level = true};
    g.s.n = n;
    return g;
}
#define LATE "event(start, stop, status) ~ rx + (1 | group) + cluster(id)"

#endif
