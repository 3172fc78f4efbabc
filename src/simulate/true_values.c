/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a method should find in a generated firm: coefficients, and marginal contrasts had everybody been in an arm from time zero.
 *
 * A contrast is a mean over populations drawn as the firm's people are. Given who a person is and an arm forced from time zero, the
 * chances are exact: the incidence of a voluntary exit is the sum over periods of
 * (still there) (h_v / H)(1 - exp(-H)), H the sum of the exit hazards (retention is 1 less it: involuntary exits compete), the incidence of the first
 * promotion is the sum over periods of (still there, not yet promoted) (1 - exp(-h)): a promotion comes before the exits of its period. So the only
 * Monte Carlo error is that of the population, and it is given. Clock: whole periods from time zero, a quarter of a year each. Weakness: people hired
 * inside a quarter have a first period that is shorter than this; with 0.06 a year of tenure that moves a hazard by less than 1 %. */
#include "simulate/truth.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_ARMS = 3, RETENTION = 0, PROMOTION, MEAN, SHARE, N_MEASURES };

typedef struct work {
    const mlab_context *context;
    const mlab_truth *truth;
    int64_t people;
    size_t n_horizons;
    int32_t horizon[MLAB_MAX_HORIZONS]; /* periods */
    double *level;                      /* [populations][N_MEASURES][N_ARMS][n_horizons] */
} work;

typedef struct room {
    double *rate[3], *stay, *left, *waiting, *promoted, *years;
} room;

static double effect_of(const mlab_truth *truth, const mlab_effects *effects, int arm)
{
    return truth->no_effect || arm == 0 ? 0 : arm == 1 ? effects->structured : effects->informal;
}

static mlab_status allocate_room(const mlab_context *context, size_t n, room *r, mlab_error *err)
{
    double **all[] = {&r->rate[0], &r->rate[1], &r->rate[2], &r->stay, &r->left, &r->waiting, &r->promoted, &r->years};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (!(*all[k] = mlab_allocate(context, n, sizeof **all[k]))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a population");
    return MLAB_OK;
}

static void free_room(const mlab_context *context, room *r)
{
    double *all[] = {r->rate[0], r->rate[1], r->rate[2], r->stay, r->left, r->waiting, r->promoted, r->years};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) mlab_release(context, all[k]);
}

/* One period: r->waiting is the log chance of being there and never promoted, r->stay that of being there, r->left the
 * chance of having left voluntarily. */
static void one_period(const work *w, const mlab_firm *firm, int arm, int32_t k, room *r)
{
    const mlab_effects *effects[] = {&w->truth->promotion, &w->truth->voluntary, &w->truth->involuntary};
    size_t n = firm->n;
    for (int p = 0; p < 3; p++) {
        double shift = effect_of(w->truth, effects[p], arm);
        for (size_t i = 0; i < n; i++) r->rate[p][i] = firm->base[p][i] + shift + effects[p]->years * (r->years[i] + 0.25 * k);
        mlab_exp_array(w->context, r->rate[p], r->rate[p], n);
    }
    for (size_t i = 0; i < n; i++) {
        double exits = r->rate[1][i] + r->rate[2][i];
        r->promoted[i] += mlab_exp(r->waiting[i]) * -mlab_expm1(-r->rate[0][i]);
        r->left[i] += mlab_exp(r->stay[i]) * r->rate[1][i] / exits * -mlab_expm1(-exits);
        r->stay[i] -= exits;
        r->waiting[i] -= exits + r->rate[0][i];
    }
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}

/* Mean score 1 .. 5 and share of the two best levels. */
static void satisfaction_of(const work *w, const mlab_firm *firm, int arm, room *r, double *mean, double *share)
{
    double shift = effect_of(w->truth, &w->truth->satisfaction, arm);
    *mean = 1;
    for (int k = 0; k < MLAB_N_SATISFACTION - 1; k++) {
        for (size_t i = 0; i < firm->n; i++) r->rate[0][i] = firm->base[MLAB_PREDICTOR_SATISFACTION][i] + shift - w->truth->threshold[k];
        mlab_logistic_array(w->context, r->rate[0], r->rate[0], firm->n);
        double above = mean_of(r->rate[0], firm->n);
        *mean += above;
        if (k == MLAB_N_SATISFACTION - 3) *share = above;
    }
}

static void one_arm(const work *w, const mlab_firm *firm, int arm, room *r, double *level)
{
    double mean = 0, share = 0;
    for (uint32_t i = 0; i < firm->n; i++) {
        r->stay[i] = r->left[i] = r->waiting[i] = r->promoted[i] = 0;
        r->years[i] = i < firm->n_start ? (firm->boundary[0] + 1 - firm->hired[i]) / 365.25 : 0;
    }
    satisfaction_of(w, firm, arm, r, &mean, &share);
    int32_t k = 0;
    for (size_t h = 0; h < w->n_horizons; h++) {
        for (; k < w->horizon[h]; k++) one_period(w, firm, arm, k, r);
        const double values[N_MEASURES] = {1 - mean_of(r->left, firm->n), mean_of(r->promoted, firm->n), mean, share};
        for (size_t m = 0; m < N_MEASURES; m++) level[(m * N_ARMS + (size_t)arm) * w->n_horizons + h] = values[m];
    }
}

static mlab_status one_population(void *user, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch;
    work *w = user;
    mlab_firm *firm = NULL;
    room r;
    memset(&r, 0, sizeof r);
    mlab_status status = mlab_firm_people(w->context, w->truth, (uint64_t)w->truth->seed, (uint32_t)block + 1, w->people, &firm, err);
    if (!status) status = allocate_room(w->context, firm->n, &r, err);
    for (int arm = 0; !status && arm < N_ARMS; arm++) one_arm(w, firm, arm, &r, w->level + block * N_MEASURES * N_ARMS * w->n_horizons);
    free_room(w->context, &r);
    mlab_firm_free(firm);
    return status;
}

/* --- the list ------------------------------------------------------------------------------------ */

typedef struct list {
    mlab_true_value *values;
    size_t n;
} list;

static void add_coefficient(list *to, const char *outcome, const char *block, const char *name, double value)
{
    mlab_true_value *v = &to->values[to->n++];
    *v = (mlab_true_value){.kind = "coefficient", .outcome = outcome, .reference = "", .measure = "", .value = value};
    snprintf(v->name, sizeof v->name, "%s%s", block, name);
}

static void add_effects(list *to, const mlab_truth *truth, const char *outcome, const char *block, const mlab_effects *effects, const char *clock)
{
    add_coefficient(to, outcome, block, "armstructured", effect_of(truth, effects, 1));
    add_coefficient(to, outcome, block, "arminformal", effect_of(truth, effects, 2));
    if (clock) add_coefficient(to, outcome, block, clock, effects->years);
    add_coefficient(to, outcome, block, "entry_grade", effects->entry_grade);
    add_coefficient(to, outcome, block, "gendermale", effects->male);
    for (int d = 1; d < MLAB_N_DEPARTMENTS; d++) {
        char name[32];
        snprintf(name, sizeof name, "department%s", mlab_truth_departments[d]);
        add_coefficient(to, outcome, block, name, effects->department[d]);
    }
    add_coefficient(to, outcome, block, "performance", effects->performance);
}

static void add_coefficients(list *to, const mlab_truth *truth)
{
    static const char *const threshold[] = {"1|2", "2|3", "3|4", "4|5"};
    add_coefficient(to, "promotion", "", "(Intercept)", truth->promotion.intercept);
    add_effects(to, truth, "promotion", "", &truth->promotion, "time_in_grade");
    add_coefficient(to, "retention", "voluntary:", "(Intercept)", truth->voluntary.intercept);
    add_effects(to, truth, "retention", "voluntary:", &truth->voluntary, "tenure");
    add_coefficient(to, "retention", "involuntary:", "(Intercept)", truth->involuntary.intercept);
    add_effects(to, truth, "retention", "involuntary:", &truth->involuntary, "tenure");
    for (int k = 0; k < MLAB_N_SATISFACTION - 1; k++) add_coefficient(to, "satisfaction", "", threshold[k], truth->threshold[k]);
    add_effects(to, truth, "satisfaction", "", &truth->satisfaction, NULL);
}

/* Mean and standard error over populations of arm a less arm b. */
static void add_contrast(list *to, const work *w, int measure, int a, int b, size_t h)
{
    static const char *const outcome[] = {"retention", "promotion", "satisfaction", "satisfaction"};
    static const char *const name[] = {"risk_difference", "risk_difference", "mean_difference", "share_difference"};
    size_t n = (size_t)w->truth->replicates, stride = N_MEASURES * N_ARMS * w->n_horizons;
    const double *x = w->level + ((size_t)measure * N_ARMS + (size_t)a) * w->n_horizons + h;
    const double *y = w->level + ((size_t)measure * N_ARMS + (size_t)b) * w->n_horizons + h;
    double mean = 0, square = 0;
    for (size_t r = 0; r < n; r++) mean += (x[r * stride] - y[r * stride]) / (double)n;
    for (size_t r = 0; r < n; r++) {
        double off = x[r * stride] - y[r * stride] - mean;
        square += off * off;
    }
    mlab_true_value *v = &to->values[to->n++];
    *v = (mlab_true_value){.kind = "contrast",
                           .outcome = outcome[measure],
                           .reference = mlab_truth_arms[b],
                           .measure = name[measure],
                           .horizon = 3.0 * w->horizon[h],
                           .value = mean,
                           .monte_carlo_se = sqrt(square / (double)(n - 1) / (double)n)};
    snprintf(v->name, sizeof v->name, "%s", mlab_truth_arms[a]);
}

static mlab_status set_horizons(work *w, const double *horizons, size_t n, mlab_error *err)
{
    if (n > MLAB_MAX_HORIZONS) return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%zu horizons, allowed at most %d", n, MLAB_MAX_HORIZONS);
    w->n_horizons = n;
    for (size_t h = 0; h < n; h++) {
        double periods = horizons[h] / 3;
        if (!(periods >= 1 && periods <= 400) || periods != floor(periods) || (h && horizons[h] <= horizons[h - 1]))
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "horizon %g months, allowed are rising whole quarters, 3 to 1200", horizons[h]);
        w->horizon[h] = (int32_t)periods;
    }
    return MLAB_OK;
}

void mlab_true_values_free(const mlab_context *context, mlab_true_value *values)
{
    mlab_release(context, values);
}

mlab_status mlab_true_values(const mlab_context *context, const mlab_truth *truth, int64_t people, const double *horizons, size_t n_horizons,
                             mlab_true_value **values, size_t *n, mlab_error *err)
{
    static const int pairs[][2] = {{1, 0}, {2, 0}, {1, 2}};
    work w = {.context = context, .truth = truth, .people = people};
    list to = {NULL, 0};
    mlab_status status;

    *values = NULL;
    *n = 0;
    if ((status = set_horizons(&w, horizons, n_horizons, err))) return status;
    to.values = mlab_allocate(context, 80 + N_MEASURES * 3 * n_horizons, sizeof *to.values);
    w.level = mlab_allocate(context, (size_t)truth->replicates * N_MEASURES * N_ARMS * n_horizons, sizeof *w.level);
    if (!to.values || !w.level) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the true values");
        goto out;
    }
    add_coefficients(&to, truth);
    if (n_horizons && (status = mlab_parallel_blocks(context, "truth", (size_t)truth->replicates, 0, one_population, &w, err))) goto out;
    for (int m = 0; m < N_MEASURES; m++)
        for (size_t p = 0; p < 3; p++)
            for (size_t h = 0; h < n_horizons; h++) add_contrast(&to, &w, m, pairs[p][0], pairs[p][1], h);
    *values = to.values;
    *n = to.n;
    to.values = NULL;
out:
    mlab_release(context, w.level);
    mlab_release(context, to.values);
    return status;
}
