/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies made from the files under tests/reference, fitted and held to frozen values. Coefficients: |ours - reference| <= 1e-8
 * max(|reference|, its standard error); standard errors 1e-8 relative; log-likelihood max(1e-6, 1e-11 |reference|). */
#ifndef MLAB_TESTS_FIT_REFERENCE_H
#define MLAB_TESTS_FIT_REFERENCE_H

#include "fit/after/after.h"
#include "fit/csv.h"
#include "fit/worlds.h"

static mlab_context context;

/* Rows of a study made from the rows of a file: row i comes from row source[i] of it. */
typedef struct study {
    world w;
    csv file;
    uint32_t *source;
    int32_t *category;
    double *number, *offset, *share;
    uint32_t *cluster, *cluster_id;
    const char *names[8];
    size_t n;
} study;

static inline void *room(size_t n, size_t size)
{
    void *memory = calloc(n ? n : 1, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static inline study open_file(const char *path)
{
    study s = {.file = csv_read(path)};
    s.n = s.file.n_rows;
    s.source = room(s.n, sizeof *s.source);
    for (uint32_t i = 0; i < s.n; i++) s.source[i] = i;
    return s;
}

static inline void close_study(study *s)
{
    world_free(&s->w);
    csv_free(&s->file);
    void *const memory[] = {s->source, s->category, s->number, s->offset, s->share, s->cluster, s->cluster_id};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) free(memory[k]);
}

static const char *cell(const study *s, size_t row, const char *name)
{
    static char trimmed[2][CSV_CELL];
    static int turn;
    const char *text = csv_text(&s->file, s->source[row], name);
    turn = !turn;
    while (*text == ' ') text++;
    snprintf(trimmed[turn], CSV_CELL, "%s", text);
    for (size_t k = strlen(trimmed[turn]); k > 0 && trimmed[turn][k - 1] == ' ';) trimmed[turn][--k] = 0;
    return trimmed[turn];
}

/* One row a period of `width`, as in the script: an event row counts as wholly at risk. */
static inline void split_periods(study *s, const double *time, const int32_t *event, double width)
{
    size_t rows = 0, at = 0, people = s->n;
    for (size_t i = 0; i < people; i++) rows += (size_t)ceil(time[i] / width);
    uint32_t *source = room(rows, sizeof *source);
    double *period = room(rows, sizeof *period);
    s->category = room(rows, sizeof *s->category);
    s->offset = room(rows, sizeof *s->offset);
    s->share = room(rows, sizeof *s->share);
    s->cluster = room(rows, sizeof *s->cluster);
    for (uint32_t i = 0; i < people; i++)
        for (double k = 0; k * width < time[i]; k++, at++) {
            bool last = (k + 1) * width >= time[i];
            source[at] = i;
            period[at] = k;
            s->cluster[at] = i;
            s->category[at] = last ? event[i] : 0;
            s->share[at] = s->category[at] ? 1 : fmin(time[i] - width * k, width) / width;
            s->offset[at] = log(s->share[at]);
        }
    free(s->source);
    s->source = source;
    s->n = rows;
    world_real(&s->w, &context, "period", period, rows);
    free(period);
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Distinct texts of a column in byte order, `first` before all. */
static inline size_t levels_of(const study *s, const char *name, const char *first, char (*levels)[CSV_CELL])
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const char *text = cell(s, i, name);
        size_t k = 0;
        while (k < n && strcmp(levels[k], text)) k++;
        if (k == n) snprintf(levels[n++], CSV_CELL, "%s", text);
    }
    qsort(levels, n, sizeof *levels, by_text);
    for (size_t k = 1; first && k < n; k++)
        if (!strcmp(levels[k], first)) {
            memmove(levels + 1, levels, k * sizeof *levels);
            snprintf(levels[0], CSV_CELL, "%s", first);
        }
    return n;
}

static inline void add_column(study *s, const char *name, const char *first)
{
    char levels[40][CSV_CELL], *end;
    const char *pointers[40];
    strtod(cell(s, 0, name), &end);
    if (!*end) {
        double *values = room(s->n, sizeof *values);
        for (size_t i = 0; i < s->n; i++) values[i] = strtod(cell(s, i, name), NULL);
        world_real(&s->w, &context, name, values, s->n);
        free(values);
        return;
    }
    size_t n = levels_of(s, name, first, levels);
    int32_t *codes = room(s->n, sizeof *codes);
    for (size_t k = 0; k < n; k++) pointers[k] = levels[k];
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < n; k++)
            if (!strcmp(cell(s, i, name), levels[k])) codes[i] = (int32_t)k;
    world_factor(&s->w, &context, name, codes, s->n, pointers, (int32_t)n);
    free(codes);
}

/* Clusters are the distinct texts of a column. */
static inline void cluster_by(study *s, const char *name)
{
    char(*levels)[CSV_CELL] = room(1000, sizeof *levels);
    size_t n = levels_of(s, name, NULL, levels);
    s->cluster = room(s->n, sizeof *s->cluster);
    for (size_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < n; k++)
            if (!strcmp(cell(s, i, name), levels[k])) s->cluster[i] = k;
    free(levels);
}

static inline size_t n_clusters(const study *s)
{
    uint32_t most = 0;
    for (size_t i = 0; i < s->n; i++) most = s->cluster[i] > most ? s->cluster[i] : most;
    return (size_t)most + 1;
}

/* "(Intercept)" may be what a threshold or block has before it; blanks and commas stand as _ in the references. */
static inline bool same_name(const char *ours, const char *reference)
{
    for (; *ours && *reference; ours++, reference++)
        if (*ours != *reference && !(*reference == '_' && (*ours == ' ' || *ours == ','))) return false;
    return !*ours && !*reference;
}

static inline void compare(const study *s, const char *reference, const char *name, const char *model, const mlab_fit_options *options)
{
    csv table = csv_read(mlab_test_path(reference));
    ck_assert_uint_gt(table.n_rows, 0);
    mlab_fit *fit = world_fit(&s->w, &context, model, options);
    ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_EVENTS, "%s: %s", name, fit->reason); /* schooling 6 is rare */
    size_t j = 0;
    double worst = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        if (strcmp(csv_text(&table, row, "name"), "log(theta)") == 0) {
            ck_near(log(fit->shape), csv_number(&table, row, "estimate"), 1e-8, 0);
            ck_near(fit->shape_se / fit->shape, csv_number(&table, row, "se"), 1e-7, 0); /* by differences of refits */
            continue;
        }
        ck_assert_uint_lt(j, fit->n_parameters);
        ck_assert_msg(same_name(fit->names[j], csv_text(&table, row, "name")), "%s: %s", fit->names[j], csv_text(&table, row, "name"));
        double estimate = csv_number(&table, row, "estimate"), se = csv_number(&table, row, "se"), robust = csv_number(&table, row, "robust");
        double off = fabs(fit->estimate[j] - estimate) / fmax(fabs(estimate), se);
        ck_assert_msg(off <= 1e-8, "%s %s: %.17g, reference %.17g", name, fit->names[j], fit->estimate[j], estimate);
        ck_near(sqrt(fit->covariance[j * fit->n_parameters + j]), se, 1e-8, 0);
        ck_near(mlab_fit_standard_error(fit, j), robust, 1e-8, 0);
        double loglik = csv_number(&table, row, "loglik"), null = csv_number(&table, row, "null");
        ck_near(fit->log_likelihood, loglik, 0, fmax(1e-6, 1e-11 * fabs(loglik)));
        ck_near(fit->null_log_likelihood, null, 0, fmax(1e-6, 1e-11 * fabs(null)));
        worst = fmax(worst, off);
        j++;
    }
    ck_assert_uint_eq(j, fit->n_parameters);
    ck_assert_msg(fit->gradient < 1e-8 && worst < 1e-8, "%s: gradient %g", name, fit->gradient);
    csv_free(&table);
    mlab_fit_free(fit);
}

/* The design of a formula and the clusters; the response is set by the caller before. */
static inline void ready(study *s, const char *formula)
{
    mlab_fit_problem response = s->w.problem;
    world_formula(&s->w, &context, formula);
    s->w.problem.category = response.category;
    s->w.problem.n_categories = response.n_categories;
    s->w.problem.categories = response.categories;
    s->w.problem.number = response.number;
    s->w.problem.offset = response.offset;
    s->w.problem.cluster = s->cluster;
    s->w.problem.n_clusters = n_clusters(s);
    s->w.problem.cluster_name = "group";
}

static inline void respond(study *s, size_t n_categories, const char *const *names)
{
    for (size_t k = 0; k < n_categories; k++) s->names[k] = names[k];
    s->w.problem.category = s->category;
    s->w.problem.n_categories = n_categories;
    s->w.problem.categories = names;
    s->w.problem.offset = s->offset;
}

static inline void respond_by_text(study *s, const char *name, const char *const *levels, size_t n)
{
    s->category = room(s->n, sizeof *s->category);
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < n; k++)
            if (!strcmp(cell(s, i, name), levels[k])) s->category[i] = (int32_t)k;
    respond(s, n, levels);
}

static inline void respond_number(study *s, const char *name)
{
    s->number = room(s->n, sizeof *s->number);
    for (size_t i = 0; i < s->n; i++) s->number[i] = strtod(cell(s, i, name), NULL);
    s->w.problem.number = s->number;
}

/* The fit with what is asked for after it. */
static inline mlab_fit *fit_after(const mlab_fit_problem *problem, const char *model, mlab_fit_options asked)
{
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_error err = {0};
    asked.tolerance = 1e-12;
    ck_assert_msg(!mlab_prepare(&context, mlab_model_find(model), problem, &asked, &prepared, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_prepared_fit(&context, prepared, &fit, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_after_make(&context, prepared, fit, &err), "%s", err.sentence);
    mlab_prepared_free(prepared);
    return fit;
}

#endif
