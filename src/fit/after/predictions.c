/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions for stated profiles, and how they differ: columns that a profile names have its values, all others stay as each row has them and
 * are averaged over (standardisation to the rows; Lane & Nelder 1982, doi:10.2307/2530043). Errors by the delta method (fit/after/average.c), limits
 * symmetric on a scale without bounds: log-log of survival, logit of other probabilities, logarithm of positive means and of ratios. Or by draws of
 * the parameters: the quantiles.
 * Models with a baseline hazard: fit/after/baseline_means.h. Weakness: the covariances of random effects are taken as known; an average over several
 * rows of a model with a baseline hazard and a frailty has no interval.
 */
#include "fit/after/after.h"
#include "fit/after/average.h"
#include "fit/after/average_groups.h"
#include "fit/after/baseline_draws.h"
#include "fit/after/limits.h"
#include "fit/after/profiles.h"
#include "fit/draws.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct predicting {
    const mlab_context *context;
    const mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_after *after;
    const mlab_predict_spec *spec;
    mlab_predict_outcome wish;
    mlab_average a;
    mlab_average_rows rows; /* of the fit, or the first of each person */
    mlab_average_firsts firsts;
    double *squares; /* [problem->n * n_random] of the rows of the fit; NULL = 1 */
    size_t n_profiles, n_draws, capacity;
    mlab_range kind;
    bool interval; /* the fit has intervals */
    double factor;
    double *means, *errors, *drawn; /* [n_profiles * part], [n_profiles * 3 * width] error, lower, upper, [n_profiles * n_draws * width] */
    bool curves;                    /* means rest on a baseline hazard */
    mlab_baseline_means curve;      /* [n_profiles * width] of these; without n = none */
    double *joint;                  /* [(n_profiles * width)^2] their covariance, or NULL: they have no errors */
    bool *alone, *known;            /* [n_profiles] all columns are stated: one row; it has errors and limits of its own */
    mlab_draws *draws;
    double *sets, *spreads; /* [n_draws * n_parameters] drawn parameters; [n_draws * spread->n] where there is a spread; sets NULL = no draws */
    double *sorted;         /* [n_draws] */
} predicting;

/* --- what, and over which rows ------------------------------------------------------------------------------------- */

/* Whether a baseline that is known up to the last time of the data is asked for a unit of time or more after it. */
static bool past_the_end(const predicting *p, int32_t *last)
{
    const mlab_fit_problem *problem = p->prepared->problem;
    *last = INT32_MIN;
    for (size_t i = 0; problem->stop && i < problem->n; i++) *last = problem->stop[i] > *last ? problem->stop[i] : *last;
    return p->fit->baseline && problem->stop && p->wish.times[p->wish.n_times - 1] >= *last + 1.0;
}

static mlab_status refuse_after(const predicting *p, int32_t end, mlab_error *err)
{
    const mlab_predict_outcome *wish = &p->wish;
    size_t last = wish->n_times - 1;
    const char *unit = wish->stated_unit ? wish->stated_unit : wish->unit ? wish->unit : "", *own = wish->unit ? wish->unit : "";
    return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &wish->place, "predict.outcomes.%s: nobody is followed to %g%s%s; the data end at %d%s%s",
                         p->fit->outcome, wish->stated ? wish->stated[last] : wish->times[last], *unit ? " " : "", unit, end, *own ? " " : "", own);
}

/* Whether something is to be predicted at all. */
static mlab_status choose(predicting *p, bool *any, mlab_error *err)
{
    const mlab_predict_spec *spec = p->spec;
    const mlab_fit *fit = p->fit;
    static const mlab_scale own[] = {MLAB_SCALE_RESPONSE, MLAB_SCALE_SURVIVAL, MLAB_SCALE_INCIDENCE, MLAB_SCALE_OCCUPATION};
    p->wish = (mlab_predict_outcome){.scale = -1};
    *any = spec->n_outcomes == 0;
    for (size_t k = 0; k < spec->n_outcomes && !*any; k++)
        if (strcmp(spec->outcomes[k].outcome, fit->outcome) == 0) {
            p->wish = spec->outcomes[k];
            *any = true;
        }
    for (size_t k = 0; k < 4 && p->wish.scale < 0 && *any; k++)
        if ((own[k] == MLAB_SCALE_RESPONSE || p->wish.n_times) && mlab_predict_width_at(fit, own[k], p->wish.n_times)) p->wish.scale = (int)own[k];
    if (!*any) return MLAB_OK;
    const unsigned open = MLAB_MODEL_TIMES | MLAB_MODEL_NO_INTERCEPT; /* the baseline is not in the parameters */
    if (!fit->baseline && p->wish.scale != MLAB_SCALE_LINK && p->wish.n_times && (p->prepared->model->marks & open) == open) {
        *any = false; /* separated */
        return mlab_fit_doubt(p->fit, MLAB_TRUSTED, err, "nothing is predicted: the fit has no baseline");
    }
    if (p->wish.scale < 0) {
        *any = false;
        return mlab_fit_doubt(p->fit, MLAB_TRUSTED, err,
                              "nothing is predicted: a %s model predicts over time, and predict.outcomes.%s states no times", fit->model,
                              fit->outcome);
    }
    int32_t end;
    bool over_time = p->wish.scale > MLAB_SCALE_RESPONSE;
    if (over_time && !p->wish.n_times)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &p->wish.place, "predict.outcomes.%s: %s needs times: [...]", fit->outcome,
                             mlab_scale_name(p->wish.scale));
    if (over_time && past_the_end(p, &end)) return refuse_after(p, end, err);
    p->a = (mlab_average){.context = p->context,
                          .fit = fit,
                          .scale = (mlab_scale)p->wish.scale,
                          .times = over_time ? p->wish.times : NULL,
                          .n_times = over_time ? p->wish.n_times : 0,
                          .averaged = !p->wish.typical,
                          .spread = p->prepared->spread};
    if (mlab_average_start(&p->a)) return MLAB_OK;
    return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &p->wish.place, "predict.outcomes.%s: a %s model has no %s scale", fit->outcome, fit->model,
                         mlab_scale_name(p->wish.scale));
}

/* --- profiles ------------------------------------------------------------------------------------------------------- */

/* Errors and limits of a single row, which models with a baseline have too. */
static mlab_status of_row(predicting *p, size_t k, const mlab_table *table, const double *squares, mlab_error *err)
{
    size_t width = p->a.width;
    double *se = p->errors + 3 * k * width, *value = p->means + k * p->a.part + 1;
    mlab_error failed = {0};
    mlab_prediction_request request = {.table = table,
                                       .n = 1,
                                       .averaged = p->a.averaged,
                                       .squares = squares,
                                       .scale = p->a.scale,
                                       .times = p->a.times,
                                       .n_times = p->a.n_times,
                                       .level = p->prepared->options.level};
    mlab_status status = mlab_predict_intervals(p->context, p->fit, &request, value, se, se + width, se + 2 * width, &failed);
    p->known[k] = status == MLAB_OK;
    return status && status != MLAB_ERR_DATA_NOT_BUILT ? mlab_raise(err, status, "%s", failed.sentence) : MLAB_OK;
}

static mlab_status of_profile(predicting *p, size_t k, mlab_error *err)
{
    const mlab_table *table = p->prepared->problem->table;
    const mlab_predict_profile everybody = {.name = NULL}, *profile = p->spec->n_profiles ? &p->spec->profiles[k] : &everybody;
    mlab_variant variant = {0};
    mlab_average_rows one = {.n = 1}, *rows = &p->rows;
    mlab_average_groups groups = {0};
    p->alone[k] = mlab_profile_alone(p->fit, profile, p->a.averaged);
    mlab_status status = mlab_variant_make(p->context, table, p->alone[k] ? 1 : table->n_rows, profile->n_values, &variant, err);
    if (!status) status = mlab_profile_put(p->fit, profile, &variant, err);
    if (!status) status = mlab_average_groups_of_profile(p->context, p->prepared->problem, p->fit, p->squares, profile, p->alone[k], &groups, err);
    if (p->alone[k]) rows = &one;
    rows->table = &variant.table;
    if (!status && p->curves)
        status = mlab_baseline_means_fill(&p->curve, k * p->a.width, p->fit, p->a.scale, p->a.times, p->a.n_times, rows, err);
    else if (!status)
        status = mlab_average_over_groups(&p->a, rows, &groups, NULL, 0, p->means + k * p->a.part, err);
    if (!status && p->curves) memcpy(p->means + k * p->a.part + 1, p->curve.value + k * p->a.width, p->a.width * sizeof *p->means);
    if (!status && p->sets) {
        mlab_average of = p->a;
        of.hazard = p->draws && p->draws->n_baselines ? p->draws->baselines->cumulative_hazard : NULL;
        of.spreads = p->spreads;
        status = mlab_average_over_groups(&of, rows, &groups, p->sets, p->n_draws, p->drawn + k * p->n_draws * p->a.width, err);
    }
    if (!status && p->alone[k] && p->interval && !p->sets && !p->curves && !p->a.spread && groups.n <= 1)
        status = of_row(p, k, &variant.table, groups.n ? groups.squares : NULL, err);
    mlab_average_groups_free(&groups);
    rows->table = NULL;
    mlab_variant_free(&variant);
    return status;
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

/* Spread and quantiles of p->sorted. */
static void by_draws(predicting *p, bool logarithm, mlab_prediction *to)
{
    double mean = 0, square = 0, n = (double)p->n_draws, level = p->prepared->options.level;
    for (size_t d = 0; d < p->n_draws; d++) mean += (logarithm ? log(p->sorted[d]) : p->sorted[d]) / n;
    for (size_t d = 0; d < p->n_draws; d++) square += pow((logarithm ? log(p->sorted[d]) : p->sorted[d]) - mean, 2) / (n - 1);
    qsort(p->sorted, p->n_draws, sizeof *p->sorted, mlab_by_size);
    to->se = sqrt(square);
    to->lower = mlab_quantile(p->sorted, p->n_draws, (1 - level) / 2);
    to->upper = mlab_quantile(p->sorted, p->n_draws, (1 + level) / 2);
}

/* --- lines ---------------------------------------------------------------------------------------------------------- */

static mlab_status add(predicting *p, size_t k, size_t c, const char *measure, const mlab_prediction *numbers, mlab_error *err)
{
    const mlab_predict_spec *spec = p->spec;
    bool level = strcmp(measure, "level") == 0;
    char name[200];
    mlab_status status = mlab_grow(p->context, &p->after->predictions, p->after->n_predictions, &p->capacity, sizeof *p->after->predictions, err);
    if (status) return status;
    mlab_prediction *to = &p->after->predictions[p->after->n_predictions++];
    *to = *numbers;
    to->time = p->a.n_times ? p->a.times[c / (p->a.width / p->a.n_times)] : -1;
    to->profile = mlab_copy_text(p->context, spec->n_profiles ? spec->profiles[k].name : "everybody");
    to->measure = mlab_copy_text(p->context, measure);
    to->against = mlab_copy_text(p->context, level ? "" : spec->profiles[spec->reference].name);
    to->scale = mlab_copy_text(p->context, mlab_scale_name((int)p->a.scale));
    to->of = mlab_copy_text(p->context, mlab_average_name(&p->a, c, name, sizeof name));
    to->unit = mlab_copy_text(p->context, p->a.n_times && p->wish.unit ? p->wish.unit : "");
    to->stated_time = p->a.n_times && p->wish.stated ? p->wish.stated[c / (p->a.width / p->a.n_times)] : to->time;
    to->stated_unit = mlab_copy_text(p->context, p->a.n_times && p->wish.stated_unit ? p->wish.stated_unit : to->unit ? to->unit : "");
    return to->profile && to->measure && to->against && to->scale && to->of && to->unit && to->stated_unit
               ? MLAB_OK
               : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a prediction");
}

/* Mean times are no longer than the time. */
static void keep_within(const predicting *p, size_t c, mlab_prediction *to)
{
    if (mlab_scale_is_time(p->a.scale)) to->upper = fmin(to->upper, p->a.times[c / (p->a.width / p->a.n_times)]);
}

/* Number c of profile k among all. */
static double joint_of(const predicting *p, size_t k, size_t l, size_t c)
{
    return p->joint[(k * p->a.width + c) * p->n_profiles * p->a.width + l * p->a.width + c];
}

static mlab_status add_level(predicting *p, size_t k, size_t c, mlab_error *err)
{
    const double *mean = p->means + k * p->a.part;
    mlab_prediction to = {.value = mean[1 + c], .lower = NAN, .upper = NAN};
    if (p->sets) {
        for (size_t d = 0; d < p->n_draws; d++) p->sorted[d] = p->drawn[(k * p->n_draws + d) * p->a.width + c];
        by_draws(p, false, &to);
    } else if (p->known[k]) {
        const double *own = p->errors + 3 * k * p->a.width + c;
        to = (mlab_prediction){.value = to.value, .se = own[0], .lower = own[p->a.width], .upper = own[2 * p->a.width]};
    } else if (p->joint) {
        to.se = sqrt(fmax(joint_of(p, k, k, c), 0));
        mlab_limits(p->kind, to.value, p->factor * to.se, &to.lower, &to.upper);
        keep_within(p, c, &to);
    } else if (!p->fit->baseline && p->interval) {
        to.se = mlab_average_error(&p->a, mean + 1 + p->a.width + c * p->a.n_slopes);
        mlab_limits(p->kind, to.value, p->factor * to.se, &to.lower, &to.upper);
        keep_within(p, c, &to);
    }
    return add(p, k, c, "level", &to, err);
}

/* How number c of profile k differs from that of the reference; room [n_slopes]. */
static mlab_status add_contrast(predicting *p, size_t k, size_t c, bool ratio, double *room, mlab_error *err)
{
    size_t np = p->a.n_slopes, width = p->a.width, reference = p->spec->reference;
    const double *mean = p->means + k * p->a.part, *base = p->means + reference * p->a.part;
    double value = mean[1 + c], other = base[1 + c];
    if (ratio && !(p->kind != MLAB_RANGE_ALL && value > 0 && other > 0)) return MLAB_OK;
    mlab_prediction to = {.value = ratio ? value / other : value - other, .lower = NAN, .upper = NAN};
    if (p->sets) {
        for (size_t d = 0; d < p->n_draws; d++) {
            double one = p->drawn[(k * p->n_draws + d) * width + c], two = p->drawn[(reference * p->n_draws + d) * width + c];
            p->sorted[d] = ratio ? one / two : one - two;
        }
        by_draws(p, ratio, &to);
    } else if (p->joint || (!p->fit->baseline && p->interval)) {
        double u = ratio ? value : 1, v = ratio ? other : 1;
        for (size_t j = 0; j < np && !p->joint; j++) room[j] = mean[1 + width + c * np + j] / u - base[1 + width + c * np + j] / v;
        if (p->joint) {
            double square = joint_of(p, k, k, c) / u / u + joint_of(p, reference, reference, c) / v / v - 2 * joint_of(p, k, reference, c) / u / v;
            to.se = sqrt(fmax(square, 0));
        } else
            to.se = mlab_average_error(&p->a, room);
        to.lower = ratio ? to.value * exp(-p->factor * to.se) : to.value - p->factor * to.se;
        to.upper = ratio ? to.value * exp(p->factor * to.se) : to.value + p->factor * to.se;
    }
    return add(p, k, c, ratio ? "ratio" : "difference", &to, err);
}

static mlab_status add_all(predicting *p, mlab_error *err)
{
    double *room = mlab_allocate(p->context, p->a.n_slopes, sizeof *room);
    mlab_status status = room ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions");
    for (int pass = 0; pass < 3 && !status; pass++)
        for (size_t k = 0; k < p->n_profiles && !status; k++)
            for (size_t c = 0; c < p->a.width && !status; c++) {
                if (pass && (p->spec->reference >= p->n_profiles || k == p->spec->reference)) continue;
                status = pass ? add_contrast(p, k, c, pass == 2, room, err) : add_level(p, k, c, err);
            }
    mlab_release(p->context, room);
    return status;
}

/* --- all ------------------------------------------------------------------------------------------------------------ */

static mlab_status make_draws(predicting *p, mlab_error *err)
{
    mlab_error failed = {0};
    if (!p->spec->draws) return MLAB_OK;
    mlab_status status =
        mlab_average_draw(&p->a, p->prepared, (size_t)p->spec->n_draws, (uint64_t)p->spec->seed, &p->draws, &p->sets, &p->spreads, &failed);
    if (status == MLAB_ERR_FIT_DRAWS || status == MLAB_ERR_FIT_COVARIANCE || status == MLAB_ERR_DATA_NOT_BUILT)
        return mlab_fit_doubt(p->fit, MLAB_TRUSTED, err, "intervals of predictions are by the delta method: %s", failed.sentence);
    if (status) return mlab_raise(err, status, "%s", failed.sentence);
    p->n_draws = (size_t)p->spec->n_draws;
    return mlab_average_tell_draws(p->prepared, p->fit, "predictions", p->draws, p->n_draws, err);
}

static mlab_status make_room(predicting *p, mlab_error *err)
{
    size_t n = p->n_profiles, width = p->a.width;
    p->means = mlab_allocate(p->context, n, p->a.part * sizeof *p->means);
    p->errors = mlab_allocate(p->context, n, 3 * width * sizeof *p->errors);
    p->known = mlab_allocate(p->context, n, sizeof *p->known);
    p->alone = mlab_allocate(p->context, n, sizeof *p->alone);
    p->drawn = p->sets ? mlab_allocate(p->context, n * p->n_draws, width * sizeof *p->drawn) : NULL;
    p->sorted = p->sets ? mlab_allocate(p->context, p->n_draws, sizeof *p->sorted) : NULL;
    bool whole = p->means && p->errors && p->alone && p->known && (!p->sets || (p->drawn && p->sorted));
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", p->fit->outcome);
}

/* The covariance of all means that rest on a baseline. */
static mlab_status make_joint(predicting *p, mlab_error *err)
{
    mlab_jackknife jackknife = {0};
    mlab_error failed = {0};
    bool rows = mlab_draws_needs_rows(p->fit);
    mlab_status status = rows ? mlab_jackknife_make(p->context, p->prepared, p->fit, &jackknife, &failed) : MLAB_OK;
    if (status == MLAB_ERR_DATA_NOT_BUILT) {
        mlab_jackknife_free(&jackknife);
        return mlab_fit_doubt(p->fit, MLAB_TRUSTED, err, "these predictions have no interval: %s", failed.sentence);
    }
    if (status) status = mlab_raise(err, status, "%s", failed.sentence);
    size_t n = p->curve.n;
    if (!status && !(p->joint = mlab_allocate(p->context, n, n * sizeof *p->joint)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of %zu predictions", n);
    if (!status) status = mlab_baseline_means_covariance(&p->curve, p->fit, rows ? &jackknife : NULL, p->joint, err);
    mlab_jackknife_free(&jackknife);
    return status;
}

/* Says why there are no intervals. */
static mlab_status tell(predicting *p, mlab_error *err)
{
    size_t n_alone = 0, n_known = 0;
    for (size_t k = 0; k < p->n_profiles; k++) n_alone += p->alone[k], n_known += p->known[k];
    if (!p->interval || p->sets || !p->fit->baseline || p->curves) return MLAB_OK; /* the fit's trust says it */
    if (n_known < n_alone || (n_alone == 0 && strcmp(p->fit->model, "cox") != 0))
        return mlab_fit_doubt(p->fit, MLAB_TRUSTED, err, "these predictions of a %s model have no interval", p->fit->model);
    if (n_alone < p->n_profiles)
        return mlab_fit_doubt(p->fit, MLAB_TRUSTED, err,
                              "predictions of a %s model have intervals only for profiles that name every column of the formula", p->fit->model);
    return MLAB_OK;
}

static mlab_status predict(predicting *p, mlab_error *err)
{
    const mlab_fit_problem *problem = p->prepared->problem;
    p->factor = mlab_fit_interval_factor(p->fit, p->prepared->options.level);
    p->interval = isfinite(p->factor) && p->fit->trust != MLAB_NOT_CONVERGED && p->fit->trust != MLAB_SEPARATED;
    p->kind = mlab_range_of(p->fit, p->a.scale);
    p->n_profiles = p->spec->n_profiles ? p->spec->n_profiles : 1;
    p->rows = (mlab_average_rows){.row = problem->rows, .n = problem->n, .weight = problem->weight}; /* whole periods: no offset of a share */
    mlab_status status = p->a.averaged ? mlab_average_squares(p->context, problem, &p->squares, err) : MLAB_OK;
    p->rows.squares = p->squares;
    if (!status && p->spec->people) status = mlab_average_first_rows(p->context, problem, &p->firsts, &p->rows, err);
    if (!status) status = make_draws(p, err);
    if (!status) status = make_room(p, err);
    p->curves = mlab_baseline_means_apply(p->fit, p->a.scale);
    if (!status && p->curves) status = mlab_baseline_means_make(p->context, p->fit, p->n_profiles * p->a.width, &p->curve, err);
    for (size_t k = 0; k < p->n_profiles && !status; k++) status = of_profile(p, k, err);
    if (!status && p->curves && p->interval && !p->sets) status = make_joint(p, err);
    if (!status) status = tell(p, err);
    return status ? status : add_all(p, err);
}

mlab_status mlab_after_predictions(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    predicting p = {.context = context, .prepared = prepared, .fit = fit, .after = after, .spec = prepared->options.predict};
    bool any;
    mlab_status status = choose(&p, &any, err);
    if (!status && any) status = predict(&p, err);
    mlab_baseline_means_free(&p.curve);
    void *const memory[] = {p.joint, p.firsts.row, p.firsts.weight, p.firsts.squares, p.squares, p.means,  p.errors,
                            p.drawn, p.alone,      p.known,         p.sorted,         p.sets,    p.spreads};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    mlab_draws_free(p.draws);
    return status;
}
