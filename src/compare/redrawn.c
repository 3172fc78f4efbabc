/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples of people in which everything that is missing is imputed anew, and every model of the comparison fitted anew: bootstrap, then impute
 * (Schomaker & Heumann 2018, doi:10.1002/sim.7654), twice in each sample, so that what samples differ by is told from what imputations differ
 * by (von Hippel & Bartlett 2021, doi:10.1214/20-STS793). That holds also where the models of the imputation and of the comparison do not agree
 * (Bartlett & Hughes 2020, doi:10.1177/0962280220932189).
 *
 * With two estimates a sample, W the mean square within samples and B that between them: the variance between samples without that of imputing
 * is (B - W) / 2, and the mean over m imputations of the data itself has (B - W) / 2 + W / m. Weakness: each sample costs an imputation and two
 * comparisons, a hundred times a refit; knots of time are chosen anew in each, by its events. */
#include "compare/analysis.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/random.h"
#include "fit/impute/sampled.h"

#include <math.h>
#include <string.h>

enum { TWICE = 2, LEAST_SAMPLES = 10 };

typedef struct redrawing {
    const mlab_context *context;
    const mlab_data *data;
    const mlab_compare_spec *spec;
    const mlab_compare_options *options;
    const mlab_comparison *of;
    const mlab_outcome **outcomes; /* [spec->n_outcomes] */
    int rounds;
    size_t n, n_samples, n_people, n_units;
    uint32_t *unit;         /* [n_people] what is drawn; NULL = people */
    double *value, *ratio;  /* [n_samples * n * TWICE] */
    uint8_t *done, *ratios; /* [n_samples * n] both estimates are there; both ratios */
} redrawing;

/* --- who is drawn ------------------------------------------------------------------------------------------------------- */

/* Rows of answers that go together are drawn together; rows that are not compared are drawn on their own. */
static mlab_status find_units(redrawing *r, const mlab_imputation *imputation, mlab_error *err)
{
    mlab_completed *completed = NULL;
    mlab_cohort *cohort = NULL;
    r->n_units = r->n_people;
    if (r->data->panel || !mlab_compare_has_no_time(r->spec)) return MLAB_OK;
    mlab_status status = mlab_impute_complete(r->context, r->data, imputation, 0, &completed, err);
    mlab_cohort_choice choice = {.data = completed ? &completed->data : NULL, .spec = r->spec, .options = r->options};
    if (!status) status = mlab_cohort_make(&choice, r->context, &cohort, err);
    if (!status && cohort->cluster) {
        r->unit = mlab_allocate(r->context, r->n_people, sizeof *r->unit);
        if (!r->unit) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", r->n_people);
        for (size_t i = 0; !status && i < r->n_people; i++) r->unit[i] = UINT32_MAX;
        for (size_t g = 0; !status && g < cohort->n_people; g++) r->unit[cohort->zero_row[g]] = cohort->cluster[g];
        r->n_units = cohort->n_clusters;
        for (size_t i = 0; !status && i < r->n_people; i++)
            if (r->unit[i] == UINT32_MAX) r->unit[i] = (uint32_t)r->n_units++;
    }
    mlab_cohort_free(cohort);
    mlab_completed_free(r->context, completed);
    return status;
}

static mlab_status draw_people(const redrawing *r, const mlab_context *context, size_t b, double *count, mlab_error *err)
{
    mlab_address address = {.seed = (uint64_t)r->options->seed, .draw = (uint32_t)b, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    if (!r->unit) {
        mlab_random_sample(context, &address, r->n_people, count);
        return MLAB_OK;
    }
    double *drawn = mlab_allocate(context, r->n_units, sizeof *drawn);
    if (!drawn) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a bootstrap sample");
    mlab_random_sample(context, &address, r->n_units, drawn);
    for (size_t i = 0; i < r->n_people; i++) count[i] = drawn[r->unit[i]];
    mlab_release(context, drawn);
    return MLAB_OK;
}

/* --- one sample --------------------------------------------------------------------------------------------------------- */

static bool same(const mlab_contrast *a, const mlab_contrast *b)
{
    return !strcmp(a->outcome, b->outcome) && !strcmp(a->arm, b->arm) && !strcmp(a->group, b->group) && !strcmp(a->method, b->method) &&
           !strcmp(a->measure, b->measure) && a->horizon == b->horizon;
}

/* The estimates of completed data `which` of a sample; done and ratios count those there. */
static mlab_status compare_one(const redrawing *r, const mlab_context *context, size_t b, size_t which, const mlab_data *data, mlab_error *err)
{
    mlab_contrast *all;
    size_t n;
    mlab_error failed = {0};
    mlab_status status = mlab_compare_estimates(context, data, r->spec, r->options, &all, &n, &failed);
    if (status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED) return mlab_raise(err, status, "%s", failed.sentence);
    if (status) return MLAB_OK; /* a sample without somebody in a group, or nobody watched as long: it counts as failed */
    for (size_t c = 0, at = 0; c < r->n; c++) {
        for (size_t k = 0; k < n && (at >= n || !same(&all[at], &r->of->contrasts[c])); k++) at = at + 1 < n ? at + 1 : 0;
        if (at >= n || !same(&all[at], &r->of->contrasts[c]) || all[at].bootstrap_failed || !isfinite(all[at].estimate)) continue;
        size_t to = b * r->n + c;
        r->value[to * TWICE + which] = all[at].estimate;
        r->done[to]++;
        if (!(all[at].risk_ratio > 0)) continue;
        r->ratio[to * TWICE + which] = log(all[at].risk_ratio);
        r->ratios[to]++;
    }
    for (size_t k = 0; k < n; k++) mlab_contrast_clear(context, &all[k]);
    mlab_release(context, all);
    return MLAB_OK;
}

static mlab_status compare_sample(const redrawing *r, const mlab_context *context, size_t b, const mlab_data *data, mlab_error *err)
{
    mlab_imputation *imputation = NULL;
    mlab_error failed = {0};
    uint64_t seed = (uint64_t)r->options->seed ^ (UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)b + 1));
    mlab_status status = mlab_compare_impute(context, data, r->spec, TWICE, r->rounds, seed, &imputation, &failed);
    if (status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED) return mlab_raise(err, status, "%s", failed.sentence);
    if (status) return MLAB_OK; /* a column without any value */
    for (size_t which = 0; which < TWICE && !status; which++) {
        mlab_completed *completed = NULL;
        if (imputation) status = mlab_impute_complete(context, data, imputation, (int)which, &completed, err);
        if (!status) status = compare_one(r, context, b, which, completed ? &completed->data : data, err);
        mlab_completed_free(context, completed);
    }
    mlab_imputation_free(imputation);
    return status;
}

static mlab_status one_sample(void *work, size_t b, void *scratch, mlab_error *err)
{
    const redrawing *r = work;
    mlab_context own = *r->context;
    mlab_sampled *sampled = NULL;
    own.threads = 1;
    mlab_status status = draw_people(r, &own, b, scratch, err);
    if (!status) status = mlab_sampled_make(&own, r->data, r->outcomes, r->spec->n_outcomes, scratch, &sampled, err);
    if (!status) status = compare_sample(r, &own, b, &sampled->data, err);
    mlab_sampled_free(sampled);
    return status;
}

/* --- what they say ------------------------------------------------------------------------------------------------------ */

/* Variance of the mean over m imputations and its degrees of freedom (Satterthwaite 1946, doi:10.2307/3002019) from samples with two values each. */
static uint64_t part_variance(const redrawing *r, const double *value, const uint8_t *there, size_t c, double m, double *variance, double *df)
{
    double mean = 0, between = 0, within = 0;
    uint64_t samples = 0;
    for (size_t b = 0; b < r->n_samples; b++) {
        const double *two = value + (b * r->n + c) * TWICE;
        if (there[b * r->n + c] < TWICE) continue;
        double middle = (two[0] + two[1]) / 2, off = middle - mean;
        mean += off / (double)++samples;
        between += off * (middle - mean);
        within += (two[0] - two[1]) * (two[0] - two[1]) / 2;
    }
    *variance = *df = 0;
    if (samples < LEAST_SAMPLES) return samples;
    between *= TWICE / (double)(samples - 1);
    within /= (double)samples;
    double a = between / TWICE, share = 1 / m - 1.0 / TWICE, w = share * within;
    if (a + w < within / m) a = within / m - w; /* samples differ by no more than imputations: the variance is at least that of imputing */
    *variance = a + w;
    if (*variance > 0) *df = *variance * *variance / (a * a / (double)(samples - 1) + w * w / (double)samples);
    return samples;
}

mlab_status mlab_compare_redrawn(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                 const mlab_compare_options *options, const mlab_imputation *imputation, const mlab_comparison *of,
                                 mlab_redrawn_spread *spread, mlab_error *err)
{
    redrawing r = {.context = context, .data = data, .spec = spec, .options = options, .of = of, .rounds = imputation->n_rounds};
    r.n = of->n_contrasts;
    r.n_samples = (size_t)options->bootstrap;
    r.n_people = mlab_sampled_people(data);
    r.value = mlab_allocate(context, r.n_samples * TWICE, (r.n + 1) * sizeof *r.value);
    r.ratio = mlab_allocate(context, r.n_samples * TWICE, (r.n + 1) * sizeof *r.ratio);
    r.done = mlab_allocate(context, r.n_samples, r.n + 1);
    r.ratios = mlab_allocate(context, r.n_samples, r.n + 1);
    r.outcomes = mlab_allocate(context, spec->n_outcomes + 1, sizeof *r.outcomes);
    mlab_status status = MLAB_OK;
    if (!r.value || !r.ratio || !r.done || !r.ratios || !r.outcomes)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu bootstrap samples", r.n_samples);
    for (size_t k = 0; k < spec->n_outcomes && !status; k++) r.outcomes[k] = &spec->outcomes[k];
    if (!status) status = find_units(&r, imputation, err);
    if (!status) status = mlab_parallel_blocks(context, "compare", r.n_samples, r.n_people * sizeof(double), one_sample, &r, err);
    for (size_t c = 0; c < r.n && !status; c++) {
        double m = imputation->n_imputations;
        spread[c] = (mlab_redrawn_spread){0};
        spread[c].done = part_variance(&r, r.value, r.done, c, m, &spread[c].variance, &spread[c].df);
        spread[c].failed = r.n_samples - spread[c].done;
        (void)part_variance(&r, r.ratio, r.ratios, c, m, &spread[c].ratio_variance, &spread[c].ratio_df);
    }
    void *const memory[] = {r.value, r.ratio, r.done, r.ratios, r.outcomes, r.unit};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    return status;
}
