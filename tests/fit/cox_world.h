/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables for Cox models, and what coxph of R says of them. */
#ifndef MLAB_TESTS_FIT_COX_WORLD_H
#define MLAB_TESTS_FIT_COX_WORLD_H

#include "fit/csv.h"
#include "fit/model.h"

#include <math.h>

enum { ROWS = 2000 };

/* A table and a problem on it. Columns named in the csv become numbers or factors, levels in byte order but `first`. */
typedef struct world {
    mlab_context context;
    mlab_table *table;
    mlab_formula *formula;
    mlab_design *design;
    size_t n;
    int32_t start[ROWS], stop[ROWS], status[ROWS], stratum[ROWS];
    uint32_t source[ROWS], cluster[ROWS];
    double weight[ROWS];
    mlab_fit_problem problem;
} world;

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void add_number(world *w, const char *name, double (*value)(const world *, const csv *, size_t row), const csv *data)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(w->table, name, MLAB_COLUMN_REAL, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < w->n; i++) column->as.real[i] = value(w, data, i);
}

static inline void add_column(world *w, const csv *data, const char *name, const char *first)
{
    const char *levels[64];
    size_t n_levels = 0;
    char *end;
    mlab_column *column;
    strtod(csv_text(data, 0, name), &end);
    bool is_number = !*end;
    for (size_t i = 0; i < data->n_rows && !is_number; i++) {
        const char *text = csv_text(data, i, name);
        size_t k = 0;
        while (k < n_levels && strcmp(levels[k], text)) k++;
        if (k == n_levels) levels[n_levels++] = text;
    }
    qsort(levels, n_levels, sizeof *levels, by_text);
    for (size_t k = n_levels; first && k-- > 0;)
        if (!strcmp(levels[k], first)) {
            memmove(levels + 1, levels, k * sizeof *levels);
            levels[0] = first;
            break;
        }
    ck_assert_int_eq(mlab_table_add(w->table, name, is_number ? MLAB_COLUMN_REAL : MLAB_COLUMN_FACTOR, is_number ? NULL : levels, (int32_t)n_levels,
                                    &column, NULL),
                     MLAB_OK);
    for (size_t i = 0; i < w->n; i++) {
        const char *text = csv_text(data, w->source[i], name);
        size_t k = 0;
        while (!is_number && strcmp(levels[k], text)) k++;
        if (is_number)
            column->as.real[i] = strtod(text, NULL);
        else
            column->as.integer[i] = (int32_t)k;
    }
}

/* Rows of Rossi, or of Rossi cut at weeks 13, 26 and 39. */
static inline world *rossi(const csv *data, bool cut)
{
    world *w = calloc(1, sizeof *w);
    w->context = mlab_test_context(NULL, 1);
    for (size_t i = 0; i < data->n_rows; i++) {
        int32_t week = (int32_t)csv_number(data, i, "week"), event = (int32_t)csv_number(data, i, "arrest");
        for (int32_t from = 0; from < week; from += cut ? 13 : 1000) {
            int32_t to = !cut || from + 13 >= week || from == 39 ? week : from + 13;
            w->source[w->n] = (uint32_t)i;
            w->start[w->n] = from;
            w->stop[w->n] = to;
            w->status[w->n] = to == week && event;
            w->n++;
            if (to == week) break;
        }
    }
    ck_assert_int_eq(mlab_table_make(&w->context, w->n, &w->table, NULL), MLAB_OK);
    const char *const columns[] = {"fin", "age", "race", "wexp", "mar", "paro", "prio"};
    for (size_t j = 0; j < 7; j++) add_column(w, data, columns[j], NULL);
    return w;
}

static inline void set(world *w, const char *formula, const int32_t *start, const csv *data, const char *strata, const char *cluster, bool weights)
{
    ck_assert_int_eq(mlab_formula_parse(&w->context, formula, NULL, &w->formula, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(w->formula, w->table, NULL, &w->design, NULL), MLAB_OK);
    mlab_fit_problem *p = &w->problem;
    *p = (mlab_fit_problem){.table = w->table, .n = w->n, .design = w->design, .stop = w->stop, .status = w->status, .start = start};
    p->outcome = "arrest";
    p->formula = formula;
    for (size_t i = 0; i < w->n; i++) {
        size_t from = w->source[i];
        if (strata) w->stratum[i] = csv_text(data, from, strata)[0];
        if (cluster) w->cluster[i] = (uint32_t)csv_number(data, from, cluster);
        w->weight[i] = weights ? csv_number(data, from, "weight") : 1;
        if (cluster && w->cluster[i] >= p->n_clusters) p->n_clusters = w->cluster[i] + 1;
    }
    p->stratum = strata ? w->stratum : NULL;
    p->n_strata = strata ? 256 : 1;
    p->weight = weights ? w->weight : NULL;
    p->cluster = cluster ? w->cluster : NULL;
    p->cluster_name = cluster;
}

/* Cluster numbers without gaps, ascending, as a problem has them. */
static inline void close_gaps(world *w)
{
    uint32_t next = 0, of[4096] = {0};
    for (uint32_t g = 0; g < w->problem.n_clusters; g++)
        for (size_t i = 0; i < w->n; i++)
            if (w->cluster[i] == g) {
                of[g] = next++;
                break;
            }
    for (size_t i = 0; i < w->n; i++) w->cluster[i] = of[w->cluster[i]];
    w->problem.n_clusters = next;
}

static inline void end(world *w)
{
    mlab_design_free(w->design);
    mlab_formula_free(w->formula);
    mlab_table_free(w->table);
    free(w);
}

static inline mlab_fit *fit_of(world *w, int ties)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.ties = ties;
    options.tolerance = 1e-10;
    mlab_fit *fit;
    mlab_error err = {0};
    mlab_status status = mlab_fit_problem_fit(&w->context, &mlab_model_cox, &w->problem, &options, &fit, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    return fit;
}

static inline void check_against(world *w, const csv *reference, const char *name, int ties)
{
    mlab_fit *fit = fit_of(w, ties);
    size_t j = 0, p = fit->n_parameters;
    double clusters = (double)w->problem.n_clusters, rows = (double)w->n, free_ones = 0;
    for (size_t k = 0; k < p; k++) free_ones += !fit->aliased[k];
    double factor = clusters / (clusters - 1) * (rows - 1) / (rows - free_ones);
    for (size_t r = 0; r < reference->n_rows; r++) {
        if (strcmp(csv_text(reference, r, "fit"), name)) continue;
        ck_assert_uint_lt(j, p);
        double se = csv_number(reference, r, "se"), estimate = csv_number(reference, r, "estimate"), robust = csv_number(reference, r, "robust");
        ck_assert_int_eq(fit->aliased[j], (int)csv_number(reference, r, "aliased"));
        ck_assert_msg(fabs(fit->estimate[j] - estimate) <= 1e-8 * fmax(fabs(estimate), se), "%s %s: %.12g, expected %.12g", name, fit->names[j],
                      fit->estimate[j], estimate);
        ck_near(sqrt(fit->covariance[j * p + j]), se, 1e-8, 0);
        if (robust > 0) ck_near(sqrt(fit->robust[j * p + j] / factor), robust, 1e-8, 0);
        double loglik = csv_number(reference, r, "loglik"), null = csv_number(reference, r, "null");
        ck_near(fit->log_likelihood, loglik, 1e-11, 1e-6);
        ck_near(fit->null_log_likelihood, null, 1e-11, 1e-6);
        ck_assert_uint_eq(fit->n_events, (uint64_t)csv_number(reference, r, "events"));
        j++;
    }
    ck_assert_uint_eq(j, p);
    ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
    mlab_fit_free(fit);
}

#endif
