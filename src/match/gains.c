/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gains most: predicted differences between two arms, cross-fitted and shrunk.
 *
 * A person's gain is predicted by the fit from which their fold was left out (cross-fitting: Chernozhukov et al. 2018, doi:10.1111/ectj.12097), as a
 * deviation from the mean over all people by the same fit. Deviations are noise and signal: their mean square exceeds the mean of their squared
 * standard errors by the variance of true gains. All are shrunk by the share of signal (parametric empirical Bayes: Morris 1983,
 * doi:10.2307/2287098), which is the posterior mean when a true deviation varies in proportion to its standard error, as it does in a model whose
 * deviations are coefficients times values. Where equal gains would differ so much in one of 20 samples or more often, all gains are the mean.
 * Towards that the share falls to 0 without a jump: a spread that is barely found is found because it looks wide.
 * Weakness: the arms are as comparable as the formula makes them, and the fit's standard errors are taken at their word.
 */
#include "match/gains.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128 };

/* --- one fold ------------------------------------------------------------------------------------------- */

/* Work of a fold over all people: sums of the slopes, their cross-products, and the covariance they meet. */
typedef struct spread_work {
    const mlab_context *context;
    mlab_gain_people *people;
    const uint32_t *rows; /* [n] people who are known */
    size_t n;
    double *gain, *slope;           /* of a block */
    double *mean, *cross, *product; /* [p], [p * p] twice */
    const double *covariance;
    size_t p;
} spread_work;

static mlab_status work_make(spread_work *w, const mlab_fit *fit, mlab_error *err)
{
    const size_t p = w->p = fit->n_parameters;
    w->covariance = fit->robust ? fit->robust : fit->covariance;
    w->gain = mlab_allocate(w->context, BLOCK, sizeof(double));
    w->slope = mlab_allocate(w->context, BLOCK, p * sizeof(double));
    w->mean = mlab_allocate(w->context, p, sizeof(double));
    w->cross = mlab_allocate(w->context, p, p * sizeof(double));
    w->product = mlab_allocate(w->context, p, p * sizeof(double));
    return w->gain && w->slope && w->mean && w->cross && w->product ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
}

static void work_free(const spread_work *w)
{
    mlab_release(w->context, w->gain);
    mlab_release(w->context, w->slope);
    mlab_release(w->context, w->mean);
    mlab_release(w->context, w->cross);
    mlab_release(w->context, w->product);
}

/* The mean gain of all people by this fit, its variance, and the traces that tell of how many independent parts the noise is. */
typedef struct fold_sums {
    double mean, variance_of_mean, trace, trace2;
} fold_sums;

static void add_slopes(spread_work *w, size_t m)
{
    for (size_t k = 0; k < m; k++) {
        const double *s = w->slope + k * w->p;
        for (size_t a = 0; a < w->p; a++) {
            w->mean[a] += s[a];
            if (s[a] == 0) continue;
            for (size_t b = 0; b < w->p; b++) w->cross[a * w->p + b] += s[a] * s[b];
        }
    }
}

static void trace(spread_work *w, fold_sums *sums)
{
    const size_t p = w->p;
    const double n = (double)w->n;
    for (size_t a = 0; a < p; a++) w->mean[a] /= n;
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++) {
            w->cross[a * p + b] = w->cross[a * p + b] / n - w->mean[a] * w->mean[b];
            sums->variance_of_mean += w->mean[a] * w->covariance[a * p + b] * w->mean[b];
        }
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++) {
            double sum = 0;
            for (size_t c = 0; c < p; c++) sum += w->covariance[a * p + c] * w->cross[c * p + b];
            w->product[a * p + b] = sum;
        }
    for (size_t a = 0; a < p; a++) {
        sums->trace += w->product[a * p + a];
        for (size_t b = 0; b < p; b++) sums->trace2 += w->product[a * p + b] * w->product[b * p + a];
    }
}

static mlab_status sum_people(spread_work *w, const mlab_fit *fit, fold_sums *sums, mlab_error *err)
{
    *sums = (fold_sums){0};
    for (size_t at = 0; at < w->n; at += BLOCK) {
        const size_t m = w->n - at < BLOCK ? w->n - at : BLOCK;
        mlab_status status = mlab_gain_predict(w->people, fit, w->rows + at, m, w->gain, w->slope, err);
        if (status) return status;
        for (size_t k = 0; k < m; k++) sums->mean += w->gain[k] / (double)w->n;
        add_slopes(w, m);
    }
    trace(w, sums);
    return MLAB_OK;
}

/* Deviations of the people rows [n] from the mean, and their variances. */
static mlab_status deviate(spread_work *w, const mlab_fit *fit, const fold_sums *sums, const uint32_t *rows, size_t n, double *deviation,
                           double *variance, mlab_error *err)
{
    const size_t p = w->p;
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t m = n - at < BLOCK ? n - at : BLOCK;
        mlab_status status = mlab_gain_predict(w->people, fit, rows + at, m, w->gain, w->slope, err);
        if (status) return status;
        for (size_t k = 0; k < m; k++) {
            double *s = w->slope + k * p, sum = 0;
            for (size_t a = 0; a < p; a++) s[a] -= w->mean[a];
            for (size_t a = 0; a < p; a++)
                for (size_t b = 0; b < p; b++) sum += s[a] * w->covariance[a * p + b] * s[b];
            deviation[rows[at + k]] = w->gain[k] - sums->mean;
            variance[rows[at + k]] = sum > 0 ? sum : 0;
        }
    }
    return MLAB_OK;
}

/* --- all folds ------------------------------------------------------------------------------------------- */

typedef struct making {
    const mlab_context *context;
    const mlab_fit_options *options;
    mlab_gain_rows rows;
    mlab_gain_people people;
    mlab_fit *fits[20];
    int32_t folds;
    uint8_t *fold, *known;        /* [n] of each person of the table */
    uint32_t *list, *some;        /* [n] people who are known; of one fold */
    double *deviation, *variance; /* [n] */
    size_t n_known;
    double parts, clusters; /* independent parts of the noise; clusters of the fits */
} making;

static void making_free(making *m)
{
    for (int32_t k = 0; k < m->folds; k++) mlab_fit_free(m->fits[k]);
    mlab_gain_rows_free(&m->rows);
    mlab_gain_people_free(&m->people);
    mlab_release(m->context, m->fold);
    mlab_release(m->context, m->known);
    mlab_release(m->context, m->list);
    mlab_release(m->context, m->some);
    mlab_release(m->context, m->deviation);
    mlab_release(m->context, m->variance);
}

static mlab_status cannot(const mlab_fit *fit, mlab_error *err)
{
    if (fit->n_nominal || fit->n_scale)
        return mlab_raise(err, MLAB_ERR_MATCH_GAINS, "%s: gains of an ordinal model with effects by threshold or on the scale are not built yet",
                          fit->outcome);
    static const char *const models[] = {"hazard", "ordinal", "linear", "logit", "probit", "cloglog", "poisson", "negative_binomial", "gamma"};
    for (size_t k = 0; k < sizeof models / sizeof *models; k++)
        if (strcmp(fit->model, models[k]) == 0 && fit->n_blocks == 1) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_MATCH_GAINS,
                      "a model '%s' does not tell what each person gains, allowed hazard, ordinal, linear, logit, probit, "
                      "cloglog, poisson, negative_binomial, gamma",
                      fit->model);
}

/* A formula without the arm gives everybody a gain of exactly 0, which is no answer. */
static mlab_status fit_folds(making *m, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (int32_t k = 0; !status && k < m->folds; k++) {
        if (m->context->cancelled && m->context->cancelled(m->context->user)) return mlab_raise(err, MLAB_ERR_CANCELLED, "interrupted");
        status = mlab_gain_rows_fit(&m->rows, k, m->options, &m->fits[k], err);
        if (!status) status = cannot(m->fits[k], err);
        if (!status) status = mlab_gain_known(&m->people, m->fits[k], m->known, err);
    }
    for (size_t i = 0; i < m->people.n; i++)
        if (m->known[i]) m->list[m->n_known++] = (uint32_t)i;
    if (!status && m->n_known < 2)
        status = mlab_raise(err, MLAB_ERR_MATCH_GAINS, "the values that %s reads are known of %zu people alone", m->rows.formula, m->n_known);
    return status;
}

static mlab_status score_folds(making *m, mlab_gains *g, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (int32_t k = 0; !status && k < m->folds; k++) {
        spread_work w = {.context = m->context, .people = &m->people, .rows = m->list, .n = m->n_known};
        fold_sums sums = {0};
        size_t n = 0;
        for (size_t i = 0; i < m->n_known; i++)
            if (m->fold[m->list[i]] == k) m->some[n++] = m->list[i];
        status = work_make(&w, m->fits[k], err);
        if (!status) status = sum_people(&w, m->fits[k], &sums, err);
        if (!status) status = deviate(&w, m->fits[k], &sums, m->some, n, m->deviation, m->variance, err);
        work_free(&w);
        g->mean += sums.mean / m->folds;
        g->se_of_mean += sums.variance_of_mean / m->folds;
        m->parts += (sums.trace2 > 0 ? sums.trace * sums.trace / sums.trace2 : 1) / m->folds;
        m->clusters += (double)m->fits[k]->n_clusters / m->folds;
    }
    g->se_of_mean = sqrt(g->se_of_mean);
    if (!status && !(g->se_of_mean > 0))
        status = mlab_raise(err, MLAB_ERR_MATCH_GAINS, "%s has no arm in it, so that nobody gains anything", m->rows.formula);
    return status;
}

/* --- shrinking ------------------------------------------------------------------------------------------- */

static void shrink(const making *m, const size_t *place, mlab_gains *g)
{
    double squares = 0, noise = 0;
    for (size_t k = 0; k < m->n_known; k++) {
        squares += m->deviation[m->list[k]] * m->deviation[m->list[k]] / (double)m->n_known;
        noise += m->variance[m->list[k]] / (double)m->n_known;
    }
    g->noise = sqrt(noise);
    g->chance = noise > 0 ? gsl_cdf_fdist_Q(squares / noise, fmax(m->parts, 1), fmax(m->clusters - 1, 1)) : squares > 0 ? 0 : 1;
    const double spread2 = g->chance < 0.05 && squares > noise ? squares - noise : 0;
    g->spread = sqrt(spread2);
    g->signal = spread2 > 0 ? spread2 / (spread2 + noise) * (1 - g->chance / 0.05) : 0;
    for (size_t k = 0; k < m->n_known; k++) {
        const uint32_t i = m->list[k];
        const size_t at = place[i];
        g->known[at] = 1;
        g->plain[at] = g->mean + m->deviation[i];
        g->gain[at] = g->mean + g->signal * m->deviation[i];
        g->se[at] = sqrt(g->signal * m->variance[i] + g->se_of_mean * g->se_of_mean);
        if (fabs(m->deviation[i]) > g->widest) g->widest = fabs(m->deviation[i]);
    }
}

/* --- the whole ------------------------------------------------------------------------------------------- */

typedef struct named {
    const char *id;
    size_t row;
} named;

static int by_id(const void *a, const void *b)
{
    return strcmp(((const named *)a)->id, ((const named *)b)->id);
}

/* Ids in byte order, place [n] of each row among them, and the fold of each person. */
static mlab_status list_people(const mlab_table *people, const mlab_panel *panel, making *m, size_t *place, mlab_gains *g, mlab_error *err)
{
    const mlab_column *id = mlab_table_find(people, "id");
    if (!id || id->type != MLAB_COLUMN_TEXT) return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "the people have no column of ids");
    named *names = mlab_allocate(m->context, people->n_rows, sizeof *names);
    if (!names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
    for (size_t i = 0; i < people->n_rows; i++) names[i] = (named){mlab_column_text(id, i), i};
    if (people->n_rows) qsort(names, people->n_rows, sizeof *names, by_id);
    mlab_status status = MLAB_OK;
    size_t rank = 0;
    for (; !status && g->n < people->n_rows; g->n++) {
        const named *here = &names[g->n];
        place[here->row] = g->n;
        while (rank < panel->n_ids && strcmp(panel->ids[rank], here->id) < 0) rank++;
        const bool in_panel = rank < panel->n_ids && strcmp(panel->ids[rank], here->id) == 0;
        m->fold[here->row] = in_panel ? m->rows.fold[rank] : 0;
        m->known[here->row] = 1;
        if (!(g->ids[g->n] = mlab_copy_text(m->context, here->id))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
    }
    mlab_release(m->context, names);
    return status;
}

static mlab_status start(const mlab_context *context, size_t n, const mlab_gains_ask *ask, const char *arm, const char *against, making *m,
                         mlab_gains *g, mlab_error *err)
{
    g->ids = mlab_allocate(context, n, sizeof *g->ids);
    g->known = mlab_allocate(context, n, 1);
    g->plain = mlab_allocate(context, n, sizeof(double));
    g->gain = mlab_allocate(context, n, sizeof(double));
    g->se = mlab_allocate(context, n, sizeof(double));
    g->outcome = mlab_copy_text(context, ask->outcome->name);
    g->arm = mlab_copy_text(context, arm);
    g->against = mlab_copy_text(context, against);
    m->fold = mlab_allocate(context, n, 1);
    m->known = mlab_allocate(context, n, 1);
    m->list = mlab_allocate(context, n, sizeof *m->list);
    m->some = mlab_allocate(context, n, sizeof *m->some);
    m->deviation = mlab_allocate(context, n, sizeof(double));
    m->variance = mlab_allocate(context, n, sizeof(double));
    const bool all = g->ids && g->known && g->plain && g->gain && g->se && g->outcome && g->arm && g->against && m->fold && m->known && m->list &&
                     m->some && m->deviation && m->variance;
    return all ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the gains of %zu people", n);
}

static mlab_status finish(const making *m, mlab_gains *g, mlab_error *err)
{
    mlab_text unit = MLAB_TEXT(m->context);
    const mlab_outcome_kind kind = m->rows.outcome.kind;
    g->folds = m->folds;
    g->months = kind == MLAB_OUTCOME_EVENT ? m->people.steps * m->people.months_per_period : 0;
    if (g->months)
        mlab_text_print(&unit, "points in %d months", (int)g->months);
    else
        mlab_text_append(&unit, kind == MLAB_OUTCOME_YES_NO ? "points" : kind == MLAB_OUTCOME_ORDINAL ? "levels" : "");
    for (int32_t k = 0; k < m->folds; k++) {
        g->n_rows += m->fits[k]->n_rows;
        g->n_events += m->fits[k]->n_events;
    }
    const uint64_t times = m->folds > 1 ? (uint64_t)m->folds - 1 : 1; /* each row is in all fits but one */
    g->n_rows /= times;
    g->n_events /= times;
    g->formula = mlab_copy_text(m->context, m->rows.formula);
    g->unit = unit.failed ? NULL : mlab_copy_text(m->context, mlab_text_get(&unit));
    mlab_text_free(&unit);
    return g->formula && g->unit ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
}

static const char *usual_arm(const mlab_panel *panel)
{
    for (int32_t k = 1; k < panel->n_arms; k++)
        if (strcmp(panel->arms[k], "structured") == 0) return panel->arms[k];
    return panel->n_arms > 1 ? panel->arms[1] : "structured";
}

mlab_status mlab_gains_make(const mlab_context *context, const mlab_data *data, const mlab_table *people, const mlab_gains_ask *ask,
                            const mlab_fit_options *options, mlab_gains **gains, mlab_error *err)
{
    *gains = NULL;
    if (!data->panel) return mlab_raise(err, MLAB_ERR_MATCH_GAINS, "gains are worked out from periods, and a table of persons has none");
    const char *arm = ask->arm ? ask->arm : usual_arm(data->panel);
    const char *against = ask->against ? ask->against : data->panel->n_arms ? data->panel->arms[0] : "none";
    making m = {.context = context, .options = options, .folds = ask->folds ? ask->folds : 5};
    if (m.folds < 2 || m.folds > 20) return mlab_raise(err, MLAB_ERR_ARGUMENT, "%d folds, allowed 2 to 20", (int)m.folds);
    size_t *place = mlab_allocate(context, people->n_rows, sizeof *place);
    mlab_gains *g = mlab_allocate(context, 1, sizeof *g);
    if (g) g->context = context;
    mlab_status status =
        place && g ? start(context, people->n_rows, ask, arm, against, &m, g, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
    if (!status) status = mlab_gain_rows_make(context, data, ask, arm, against, m.folds, &m.rows, err);
    if (!status) status = list_people(people, data->panel, &m, place, g, err);
    if (!status) status = mlab_gain_people_make(context, people, data->panel, &m.rows, ask->months ? ask->months : 12, &m.people, err);
    if (!status) status = fit_folds(&m, err);
    if (!status) status = score_folds(&m, g, err);
    if (!status) shrink(&m, place, g);
    if (!status) status = finish(&m, g, err);
    making_free(&m);
    mlab_release(context, place);
    if (status)
        mlab_gains_free(g);
    else
        *gains = g;
    return status;
}
