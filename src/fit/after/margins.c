/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average marginal effects: the mean over the rows of the fit of what the response would change by if one variable changed and all else stayed (Lane
 * & Nelder 1982, doi:10.2307/2530043; Hanmer & Kalkan 2013, doi:10.1111/j.1540-5907.2012.00602.x), as differences and, on request, as ratios of the
 * means: standardised risk, odds and rate ratios (Localio, Margolis & Berlin 2007, doi:10.1016/j.jclinepi.2006.12.001).
 *
 * A factor is set to each level for everybody and compared with its first; a number is moved a little (differences of fourth order, a thousandth
 * of its standard deviation), for ratios by one. Standard errors by the delta method (fit/after/average.c), of ratios on the logarithm, or by draws
 * of the parameters; those of mixed models are averaged over the effects of groups. Models of times have effects at the times that are predicted.
 * Where everybody is set to an arm, the effects of groups are as in the rows of that arm (fit/after/average_groups.h).
 * Weakness: rows stand as they are (for a stated profile see fit/after/predictions.c); effects are conditional on the other terms, and of no program
 * unless the design says so; the first period's covariates do not move on.
 */
#include "fit/after/after.h"
#include "fit/after/average.h"
#include "fit/after/average_groups.h"
#include "fit/after/baseline_draws.h"
#include "fit/after/limits.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/design_terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 1000 }; /* of the parameters, where predict states no other number */

/* How two means are compared, or that one stands alone. */
typedef enum measure { MEAN, DIFFERENCE, SLOPE, RATIO, ODDS_RATIO } measure;

/* Means over the rows, their gradient, and the means at every draw. */
typedef struct means {
    double *at;    /* [part] */
    double *drawn; /* [n_draws * width] or NULL */
} means;

typedef struct variants {
    const mlab_prepared *prepared;
    mlab_average a;
    mlab_average_rows rows;
    mlab_after *after;
    const mlab_predict_outcome *wish; /* where the times come from; NULL = the response */
    size_t capacity;
    mlab_variant variant;
    mlab_draws *draws;
    double *sets, *spreads; /* as in fit/after/predictions.c */
    size_t n_draws;
    mlab_range range;
    means sums[2]; /* those compared */
    double *room;  /* [n_slopes + n_draws] */
} variants;

static const mlab_average_groups as_they_are = {0};

/* Means over the rows of the variant. */
static mlab_status average(variants *v, const mlab_average_groups *groups, means *into, mlab_error *err)
{
    v->rows.table = &v->variant.table;
    mlab_status status = mlab_average_over_groups(&v->a, &v->rows, groups, NULL, 0, into->at, err);
    if (status || !v->sets) return status;
    mlab_average of = v->a;
    of.hazard = v->draws && v->draws->n_baselines ? v->draws->baselines->cumulative_hazard : NULL;
    of.spreads = v->spreads;
    return mlab_average_over_groups(&of, &v->rows, groups, v->sets, v->n_draws, into->drawn, err);
}

/* to += by * from, or to = 0 (from NULL). */
static void add_means(const variants *v, means *to, double by, const means *from)
{
    for (size_t k = 1; k < v->a.part; k++) to->at[k] = from ? to->at[k] + by * from->at[k] : 0;
    for (size_t k = 0; k < v->n_draws * v->a.width; k++) to->drawn[k] = from ? to->drawn[k] + by * from->drawn[k] : 0;
}

/* --- lines ---------------------------------------------------------------------------------------------------------- */

static const char *name_of(const variants *v, measure m)
{
    const mlab_model *model = mlab_model_find(v->a.fit->model);
    bool counts = model && model->kind == MLAB_OUTCOME_COUNT;
    bool risks = v->range == MLAB_RANGE_INCIDENCE || (v->range == MLAB_RANGE_PROBABILITY && v->a.scale == MLAB_SCALE_RESPONSE);
    bool chances = v->range == MLAB_RANGE_PROBABILITY || v->range == MLAB_RANGE_SURVIVAL;
    switch (m) {
    case MEAN: return "mean";
    case DIFFERENCE: return "difference";
    case SLOPE: return "slope";
    case ODDS_RATIO: return "odds ratio";
    case RATIO: break;
    }
    return risks ? "risk ratio" : chances ? "ratio of probabilities" : counts ? "rate ratio" : "ratio of means";
}

/* Where a ratio is taken on the logarithm: of the mean, or of its odds. */
static double logarithm(measure m, double mean)
{
    return log(m == ODDS_RATIO ? mean / (1 - mean) : mean);
}

static double slope_of_logarithm(measure m, double mean)
{
    return 1 / (m == ODDS_RATIO ? mean * (1 - mean) : mean);
}

/* Number c of one less that of other (NULL = nothing): differences as they are, ratios by their logarithm. */
static double value_of(measure m, double one, const double *other)
{
    if (m < RATIO) return other ? one - *other : one;
    return logarithm(m, one) - logarithm(m, *other);
}

static void by_draws(variants *v, measure m, size_t c, const means *one, const means *other, mlab_margin *to)
{
    size_t n = v->n_draws, width = v->a.width;
    double mean = 0, square = 0, level = v->prepared->options.level, *sorted = v->room;
    for (size_t d = 0; d < n; d++) sorted[d] = value_of(m, one->drawn[d * width + c], other ? &other->drawn[d * width + c] : NULL);
    for (size_t d = 0; d < n; d++) mean += sorted[d] / (double)n;
    for (size_t d = 0; d < n; d++) square += (sorted[d] - mean) * (sorted[d] - mean) / (double)(n - 1);
    qsort(sorted, n, sizeof *sorted, mlab_by_size);
    to->se = sqrt(square);
    to->lower = mlab_quantile(sorted, n, (1 - level) / 2);
    to->upper = mlab_quantile(sorted, n, (1 + level) / 2);
}

static void by_delta(variants *v, measure m, size_t c, const means *one, const means *other, mlab_margin *to)
{
    const mlab_fit *fit = v->a.fit;
    size_t np = v->a.n_slopes, at = 1 + v->a.width + c * np;
    double factor = mlab_fit_interval_factor(fit, v->prepared->options.level), *gradient = v->room;
    bool interval = isfinite(factor) && fit->trust != MLAB_NOT_CONVERGED && fit->trust != MLAB_SEPARATED;
    if (fit->baseline) return; /* uncertain too, and in no covariance */
    for (size_t j = 0; j < np; j++) {
        double a = one->at[at + j], b = other ? other->at[at + j] : 0;
        if (m >= RATIO) a *= slope_of_logarithm(m, one->at[1 + c]), b *= slope_of_logarithm(m, other->at[1 + c]);
        gradient[j] = a - b;
    }
    to->se = mlab_average_error(&v->a, gradient);
    if (!interval) return;
    to->lower = to->effect - factor * to->se;
    to->upper = to->effect + factor * to->se;
}

static mlab_status add_line(variants *v, measure m, const char *what, size_t c, const means *one, const means *other, mlab_error *err)
{
    mlab_after *after = v->after;
    const mlab_context *context = v->a.context;
    const mlab_predict_outcome *wish = v->wish;
    char name[200];
    mlab_status status = mlab_grow(context, &after->margins, after->n_margins, &v->capacity, sizeof *after->margins, err);
    if (status) return status;
    mlab_margin *to = &after->margins[after->n_margins++];
    size_t t = v->a.n_times ? c / (v->a.width / v->a.n_times) : 0;
    double value = value_of(m, one->at[1 + c], other ? &other->at[1 + c] : NULL);
    *to = (mlab_margin){.effect = value, .lower = NAN, .upper = NAN, .time = -1};
    if (v->sets)
        by_draws(v, m, c, one, other, to);
    else
        by_delta(v, m, c, one, other, to);
    if (m >= RATIO) to->effect = exp(to->effect), to->lower = exp(to->lower), to->upper = exp(to->upper);
    if (wish && m < RATIO) {
        double by = mlab_stated_factor(wish, v->a.scale, t);
        to->effect *= by, to->se *= by, to->lower *= by, to->upper *= by;
    }
    if (wish) to->time = wish->stated ? wish->stated[t] : wish->times[t];
    to->what = mlab_copy_text(context, what);
    to->measure = mlab_copy_text(context, name_of(v, m));
    to->of = mlab_copy_text(context, mlab_average_name(&v->a, c, name, sizeof name));
    to->unit = mlab_copy_text(context, !wish ? "" : wish->stated_unit ? wish->stated_unit : wish->unit ? wish->unit : "");
    return to->what && to->measure && to->of && to->unit ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
}

/* One line a response; other NULL = the means alone. Frees what. */
static mlab_status add(variants *v, measure m, mlab_text *what, const means *one, const means *other, mlab_error *err)
{
    mlab_status status = what->failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name") : MLAB_OK;
    for (size_t c = 0; c < v->a.width && !status; c++) {
        double a = one->at[1 + c], b = other ? other->at[1 + c] : 1;
        if (m >= RATIO && !(a > 0 && b > 0)) continue;
        if (m == ODDS_RATIO && !(a < 1 && b < 1)) continue;
        status = add_line(v, m, mlab_text_get(what), c, one, other, err);
    }
    mlab_text_free(what);
    return status;
}

/* The ratios that numbers of the range have. */
static mlab_status add_ratios(variants *v, const char *column, const char *level, const char *base, const means *one, const means *other,
                              mlab_error *err)
{
    mlab_status status = MLAB_OK;
    bool odds = v->range == MLAB_RANGE_PROBABILITY || v->range == MLAB_RANGE_INCIDENCE;
    if (!v->prepared->options.ratios || v->range == MLAB_RANGE_ALL) return MLAB_OK;
    for (int m = RATIO; m <= (odds ? ODDS_RATIO : RATIO) && !status; m++) {
        mlab_text what = MLAB_TEXT(v->a.context);
        mlab_text_print(&what, "%s: %s%s%s", column, level, *base ? " / " : "", base);
        status = add(v, (measure)m, &what, one, other, err);
    }
    return status;
}

/* --- what changes --------------------------------------------------------------------------------------------------- */

static mlab_status of_level(variants *v, const mlab_design_variable *variable, int32_t level, means *into, mlab_error *err)
{
    mlab_column *column;
    bool number = variable->level_values != NULL;
    mlab_variant_reset(&v->variant, v->prepared->problem->table);
    mlab_status status = mlab_variant_column(&v->variant, variable->column, number ? NULL : variable->levels, variable->n_levels, &column, err);
    if (status) return status;
    for (size_t i = 0; i < v->variant.table.n_rows; i++) {
        if (number)
            column->as.real[i] = variable->level_values[level];
        else
            column->as.integer[i] = level;
    }
    mlab_average_groups groups;
    status = mlab_average_groups_of_level(v->a.context, v->prepared->problem, (mlab_fit *)v->a.fit, v->rows.squares, variable->column,
                                          number ? "" : variable->levels[level], number ? variable->level_values[level] : 0, &groups, err);
    if (!status) status = average(v, &groups, into, err);
    mlab_average_groups_free(&groups);
    return status;
}

static mlab_status factor_margins(variants *v, const mlab_design_variable *variable, mlab_error *err)
{
    means *base = &v->sums[0], *own = &v->sums[1];
    mlab_status status = of_level(v, variable, 0, base, err);
    for (int32_t l = 1; l < variable->n_levels && !status; l++) {
        if ((status = of_level(v, variable, l, own, err))) break;
        mlab_text what = MLAB_TEXT(v->a.context);
        mlab_text_print(&what, "%s: %s - %s", variable->column, variable->levels[l], variable->levels[0]);
        status = add(v, DIFFERENCE, &what, own, base, err);
        if (!status) status = add_ratios(v, variable->column, variable->levels[l], variable->levels[0], own, base, err);
    }
    return status;
}

static double cell(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

/* Means with a number moved for everybody; *possible = false where a formula has no value there, as log(0). */
static mlab_status moved(variants *v, const mlab_column *own, double by, means *into, bool *possible, mlab_error *err)
{
    mlab_column *column;
    mlab_error failed;
    mlab_variant_reset(&v->variant, v->prepared->problem->table);
    mlab_status status = mlab_variant_column(&v->variant, own->name, NULL, 0, &column, err);
    if (status) return status;
    for (size_t i = 0; i < v->variant.table.n_rows; i++) column->as.real[i] = own->missing && own->missing[i] ? 0 : cell(own, i) + by;
    status = average(v, &as_they_are, into, &failed);
    *possible = status != MLAB_ERR_DATA_TYPE;
    return status && *possible ? mlab_raise(err, status, "%s", failed.sentence) : MLAB_OK;
}

static mlab_status number_margins(variants *v, const char *name, mlab_error *err)
{
    const mlab_fit_problem *problem = v->prepared->problem;
    const mlab_column *own = mlab_table_find(problem->table, name);
    double mean = 0, square = 0, n = (double)problem->n;
    bool possible = true;
    mlab_status status = MLAB_OK;
    if (!own || (own->type != MLAB_COLUMN_REAL && own->type != MLAB_COLUMN_INTEGER)) return MLAB_OK;
    for (size_t i = 0; i < problem->n; i++) mean += cell(own, problem->rows ? problem->rows[i] : i) / n;
    for (size_t i = 0; i < problem->n; i++) square += pow(cell(own, problem->rows ? problem->rows[i] : i) - mean, 2) / n;
    double step = MLAB_AVERAGE_AWAY * sqrt(square);
    if (!(step > 0)) return MLAB_OK;
    add_means(v, &v->sums[0], 0, NULL);
    for (int s = 0; s < 4 && possible && !status; s++) {
        status = moved(v, own, mlab_average_points[s] * step, &v->sums[1], &possible, err);
        if (!status && possible) add_means(v, &v->sums[0], mlab_average_parts[s] / step, &v->sums[1]);
    }
    if (status || !possible) return status;
    mlab_text what = MLAB_TEXT(v->a.context);
    mlab_text_print(&what, "%s: slope", name);
    status = add(v, SLOPE, &what, &v->sums[0], NULL, err);
    if (status || !v->prepared->options.ratios || v->range == MLAB_RANGE_ALL) return status;
    status = moved(v, own, 0, &v->sums[0], &possible, err);
    if (!status && possible) status = moved(v, own, 1, &v->sums[1], &possible, err);
    return status || !possible ? status : add_ratios(v, name, "one more", "", &v->sums[1], &v->sums[0], err);
}

static mlab_status all_margins(variants *v, mlab_error *err)
{
    size_t n_variables, n_inputs;
    const mlab_design *design = v->a.fit->design;
    const mlab_design_variable *variables = mlab_design_variables(design, &n_variables);
    const char *const *inputs = mlab_design_inputs(design, &n_inputs);
    mlab_text what = MLAB_TEXT(v->a.context);
    mlab_text_append(&what, "mean");
    mlab_status status = average(v, &as_they_are, &v->sums[0], err);
    if (status)
        mlab_text_free(&what);
    else
        status = add(v, MEAN, &what, &v->sums[0], NULL, err);
    for (size_t k = 0; k < n_variables && !status; k++)
        if (variables[k].kind == MLAB_VARIABLE_FACTOR) status = factor_margins(v, &variables[k], err);
    for (size_t k = 0; k < n_inputs && !status; k++) {
        bool factor = false;
        for (size_t m = 0; m < n_variables; m++)
            factor = factor || (variables[m].kind == MLAB_VARIABLE_FACTOR && strcmp(variables[m].column, inputs[k]) == 0);
        if (!factor) status = number_margins(v, inputs[k], err);
    }
    return status;
}

bool mlab_margin_is_ratio(const mlab_margin *margin)
{
    return strstr(margin->measure, "ratio") != NULL;
}

/* --- all ------------------------------------------------------------------------------------------------------------ */

/* The response, or what predict says of the outcome over time. */
static bool choose_scale(variants *v)
{
    static const mlab_scale over_time[] = {MLAB_SCALE_SURVIVAL, MLAB_SCALE_INCIDENCE, MLAB_SCALE_OCCUPATION};
    const mlab_predict_spec *spec = v->prepared->options.predict;
    v->a.scale = MLAB_SCALE_RESPONSE;
    if (mlab_average_start(&v->a)) return true;
    for (size_t k = 0; spec && k < spec->n_outcomes; k++)
        if (strcmp(spec->outcomes[k].outcome, v->a.fit->outcome) == 0 && spec->outcomes[k].n_times) v->wish = &spec->outcomes[k];
    if (!v->wish) return false;
    v->a.times = v->wish->times;
    v->a.n_times = v->wish->n_times;
    v->a.averaged = !v->wish->typical;
    v->rows.offset = NULL; /* whole periods */
    if (v->wish->scale > (int)MLAB_SCALE_RESPONSE) return v->a.scale = (mlab_scale)v->wish->scale, mlab_average_start(&v->a);
    for (size_t k = 0; k < 3; k++)
        if (v->a.scale = over_time[k], mlab_average_start(&v->a)) return true;
    return false;
}

static mlab_status make_draws(variants *v, mlab_error *err)
{
    const mlab_predict_spec *spec = v->prepared->options.predict;
    const mlab_fit *fit = v->a.fit;
    mlab_error failed = {0};
    size_t n = spec && spec->n_draws ? (size_t)spec->n_draws : DRAWS;
    if (!v->prepared->options.margins_interval)
        return fit->baseline
                   ? mlab_fit_doubt((mlab_fit *)fit, MLAB_TRUSTED, err,
                                    "average effects over a baseline have no interval by the delta method; write fit: {margins_interval: draws}")
                   : MLAB_OK;
    mlab_status status = mlab_average_draw(&v->a, v->prepared, n, spec ? (uint64_t)spec->seed : 1, &v->draws, &v->sets, &v->spreads, &failed);
    if (status == MLAB_ERR_FIT_DRAWS || status == MLAB_ERR_FIT_COVARIANCE || status == MLAB_ERR_DATA_NOT_BUILT)
        return mlab_fit_doubt((mlab_fit *)fit, MLAB_TRUSTED, err, "%s: %s",
                              fit->baseline ? "average effects have no interval" : "intervals of average effects are by the delta method",
                              failed.sentence);
    if (status) return mlab_raise(err, status, "%s", failed.sentence);
    v->n_draws = n;
    return mlab_average_tell_draws(v->prepared, (mlab_fit *)fit, "average effects", v->draws, n, err);
}

static mlab_status make_room(variants *v, mlab_error *err)
{
    bool whole = true;
    for (size_t k = 0; k < 2; k++) {
        v->sums[k].at = mlab_allocate(v->a.context, v->a.part, sizeof(double));
        v->sums[k].drawn = v->sets ? mlab_allocate(v->a.context, v->n_draws, v->a.width * sizeof(double)) : NULL;
        whole = whole && v->sums[k].at && (!v->sets || v->sums[k].drawn);
    }
    v->room = mlab_allocate(v->a.context, v->a.n_slopes + v->n_draws, sizeof *v->room);
    return whole && v->room ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for average effects");
}

mlab_status mlab_after_margins(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    double *squares = NULL;
    variants v = {.prepared = prepared,
                  .a = {.context = context, .fit = fit, .averaged = true, .spread = prepared->spread},
                  .rows = {.row = problem->rows, .n = problem->n, .weight = problem->weight, .offset = problem->offset},
                  .after = after};
    if (!choose_scale(&v))
        return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "no average effects: a %s model has them over time; state predict.outcomes.%s.times",
                              fit->model, fit->outcome);
    v.range = mlab_range_of(fit, v.a.scale);
    mlab_status status = mlab_average_squares(context, problem, &squares, err);
    v.rows.squares = squares;
    if (!status) status = make_draws(&v, err);
    if (!status) status = make_room(&v, err);
    if (!status) status = mlab_variant_make(context, problem->table, problem->table->n_rows, 1, &v.variant, err);
    if (!status) status = all_margins(&v, err);
    mlab_variant_free(&v.variant);
    for (size_t k = 0; k < 2; k++) {
        mlab_release(context, v.sums[k].at);
        mlab_release(context, v.sums[k].drawn);
    }
    mlab_release(context, v.room);
    mlab_release(context, v.sets);
    mlab_release(context, v.spreads);
    mlab_release(context, squares);
    mlab_draws_free(v.draws);
    return status;
}
