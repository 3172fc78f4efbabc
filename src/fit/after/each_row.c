/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of every row of a fit: for the groups that the row is in, on average over all groups, or for a typical one.
 *
 * Errors by the delta method. Beside the effects of own groups they are by draws: the parameters, then the effects of all groups given these and the
 * data, so that what the coefficients and the effects have in common is counted once (Kass & Steffey 1989, J. Am. Stat. Assoc. 84:717-726, by
 * simulation). Rows are worked in blocks that do not depend on the threads. Weakness: rows that the fit left out (something is missing) have none.
 */
#include "fit/after/each_row.h"

#include "core/dot.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/parallel.h"
#include "core/text.h"
#include "fit/after/after.h"
#include "fit/after/average.h"
#include "fit/after/limits.h"
#include "fit/draws.h"
#include "fit/joint/joint.h"
#include "fit/mixed/averaged.h"
#include "fit/outcome.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_DRAWN = 32, ROWS = 512 }; /* of a block */
static const double MOST_DRAWN = 2e9; /* bytes of drawn effects and baselines, which are all kept */

typedef struct each_row {
    const mlab_context *context;
    const mlab_fit *fit;
    const mlab_outcome_problem *made;
    const mlab_draws *draws;    /* NULL = delta method */
    const mlab_tied_rows *tied; /* a part of a joint model; NULL = a fit of its own */
    size_t which;               /* outcome of the draws */
    mlab_row_predictions *p;
    const double *times;
    size_t n_times;
    double level;
    bool interval;   /* is wanted */
    double *squares; /* [n_rows * n_random] of the shares of groups, for averages over their effects; NULL = one group each */
} each_row;

void mlab_row_predictions_free(mlab_row_predictions *p)
{
    if (!p) return;
    for (size_t c = 0; p->names && c < p->width; c++) mlab_release(p->context, p->names[c]);
    void *const memory[] = {p->row, p->names, p->value, p->se, p->lower, p->upper, p->note};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(p->context, memory[k]);
    mlab_release(p->context, p);
}

/* --- effects of own groups --------------------------------------------------------------------------------------- */

/* effect [n * n_blocks] of rows first .. first + n - 1: values[t] [n_groups * n effects] of grouping t. z: room for the columns of its design. */
static mlab_status own_effects(const each_row *e, size_t first, size_t n, const double *const *values, double *z, double *offset, double *effect,
                               mlab_error *err)
{
    const mlab_fit *fit = e->fit;
    size_t blocks = fit->n_blocks;
    memset(effect, 0, n * mlab_fit_predictors(fit) * sizeof *effect);
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *r = &fit->random[t];
        const mlab_random_grouping *from = &e->made->problem.random[t];
        size_t m = from->memberships ? from->memberships : 1, q = mlab_design_columns(r->design);
        mlab_status status = mlab_design_fill(r->design, e->made->table, e->made->rows + first, first, n, z, offset, err);
        if (status) return status;
        for (size_t i = 0; i < n; i++) {
            size_t in = 0;
            for (size_t k = 0; k < m; k++) in += from->group[(first + i) * m + k] != UINT32_MAX;
            for (size_t k = 0; k < m; k++) {
                uint32_t g = from->group[(first + i) * m + k];
                double share = from->share ? from->share[(first + i) * m + k] : 1 / (double)in;
                for (size_t b = 0; b < blocks && g != UINT32_MAX; b++)
                    for (size_t a = 0; a < q; a++) effect[i * blocks + b] += share * z[i * q + a] * values[t][g * r->n + b * q + a];
            }
        }
    }
    return MLAB_OK;
}

/* Whether what the fit knows of its groups is there, and of these data. */
static mlab_status check_groups(const each_row *e, mlab_error *err)
{
    const mlab_fit *fit = e->fit;
    if (e->made->problem.n_random != fit->n_random || mlab_fit_predictors(fit) != fit->n_blocks)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the effects of its groups have no predictor of their own", fit->outcome);
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *r = &fit->random[t];
        if (!r->mode || !r->design || r->n_groups != e->made->problem.random[t].n_groups || r->n != mlab_design_columns(r->design) * fit->n_blocks)
            return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fit does not hold the effects of the groups of %s in these data", fit->outcome,
                              r->group);
    }
    return MLAB_OK;
}

/* --- one block ---------------------------------------------------------------------------------------------------- */

/* fit: that of the rows, or a draw of it. */
static mlab_status at_parameters(const each_row *e, const mlab_fit *fit, size_t first, size_t n, const double *effect, double *out, mlab_error *err)
{
    const mlab_table *table = e->made->table;
    const uint32_t *rows = e->made->rows + first;
    const mlab_row_predictions *p = e->p;
    if (p->mixed && p->effects == MLAB_EFFECTS_AVERAGED)
        return mlab_predict_averaged_in(e->context, fit, table, rows, 0, n, e->squares ? e->squares + first * fit->n_random : NULL, NULL, NULL,
                                        p->scale, e->times, e->n_times, out, err);
    return mlab_predict_conditional(e->context, fit, table, rows, 0, n, NULL, NULL, effect, p->scale, e->times, e->n_times, out, err);
}

/* Errors and limits from the cells [n * width * n_draws] of rows first ... */
static void spread_of(const each_row *e, size_t first, size_t n, double *cells)
{
    mlab_row_predictions *p = e->p;
    size_t n_draws = e->draws->n_draws;
    for (size_t c = 0; c < n * p->width; c++) {
        double *of = cells + c * n_draws, mean = 0, square = 0;
        size_t to = first * p->width + c;
        for (size_t d = 0; d < n_draws; d++) mean += of[d] / (double)n_draws;
        for (size_t d = 0; d < n_draws; d++) square += (of[d] - mean) * (of[d] - mean) / (double)(n_draws - 1);
        qsort(of, n_draws, sizeof *of, mlab_by_size);
        p->se[to] = sqrt(square);
        p->lower[to] = mlab_quantile(of, n_draws, (1 - e->level) / 2);
        p->upper[to] = mlab_quantile(of, n_draws, (1 + e->level) / 2);
    }
}

/* How people differ in draw d of a joint model. covariance [n * n] of the effects. */
static void differ_as_drawn(const each_row *e, size_t d, mlab_fit *drawn, mlab_random_effects *random, double *covariance)
{
    const mlab_draws_effects *from = &e->draws->effects[e->which];
    size_t n = from->n, q = from->n_normals;
    const double *factor = from->factor + d * n * q;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) covariance[i * n + j] = mlab_dot(factor + i * q, factor + j * q, q);
    *random = *e->fit->random;
    random->covariance = covariance;
    drawn->random = random;
}

static mlab_status drawn_rows(const each_row *e, size_t first, size_t n, double *room, mlab_error *err)
{
    const mlab_fit *fit = e->fit;
    const mlab_draws *draws = e->draws;
    size_t most = 1, width = e->p->width, blocks = mlab_fit_predictors(fit);
    bool own = e->p->mixed && e->p->effects == MLAB_EFFECTS_OWN;
    const double *values[64];
    for (size_t t = 0; t < fit->n_random; t++) most = fit->random[t].n > most ? fit->random[t].n : most;
    double *z = room, *offset = z + n * most, *effect = offset + n, *one = effect + n * blocks, *cells = one + n * width;
    for (size_t t = 0; own && t < fit->n_random; t++) values[t] = fit->random[t].mode;
    mlab_status status = own ? own_effects(e, first, n, values, z, offset, effect, err) : MLAB_OK;
    if (!status) status = at_parameters(e, fit, first, n, own ? effect : NULL, e->p->value + first * width, err);
    for (size_t d = 0; draws && d < draws->n_draws && !status; d++) {
        for (size_t t = 0; own && t < fit->n_random; t++) {
            const mlab_draws_effects *of = &draws->effects[e->which + t];
            values[t] = of->value + d * of->n_groups * of->n;
        }
        if (own) status = own_effects(e, first, n, values, z, offset, effect, err);
        mlab_fit drawn;
        mlab_baseline baseline;
        mlab_random_effects random;
        double covariance[MLAB_JOINT_EFFECTS * MLAB_JOINT_EFFECTS];
        mlab_draws_view(draws, e->which, d, fit, &drawn, &baseline);
        if (e->tied) differ_as_drawn(e, d, &drawn, &random, covariance);
        if (!status) status = at_parameters(e, &drawn, first, n, own ? effect : NULL, one, err);
        for (size_t c = 0; c < n * width && !status; c++) cells[c * draws->n_draws + d] = one[c];
    }
    if (!status && draws) spread_of(e, first, n, cells);
    return status;
}

static mlab_status drawn_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    const each_row *e = work;
    size_t first = block * ROWS_DRAWN, n = e->p->n_rows - first < ROWS_DRAWN ? e->p->n_rows - first : ROWS_DRAWN;
    return drawn_rows(e, first, n, scratch, err);
}

static size_t drawn_room(const each_row *e)
{
    size_t most = 1, cells = e->draws ? e->draws->n_draws : 0;
    for (size_t t = 0; t < e->fit->n_random; t++) most = e->fit->random[t].n > most ? e->fit->random[t].n : most;
    return ROWS_DRAWN * (most + 1 + mlab_fit_predictors(e->fit) + e->p->width * (1 + cells)) * sizeof(double);
}

static mlab_status delta_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    const each_row *e = work;
    const mlab_row_predictions *p = e->p;
    size_t first = block * ROWS, at = first * p->width;
    (void)scratch;
    mlab_prediction_request request = {.table = e->made->table,
                                       .rows = e->made->rows + first,
                                       .n = p->n_rows - first < ROWS ? p->n_rows - first : ROWS,
                                       .averaged = p->mixed && p->effects == MLAB_EFFECTS_AVERAGED,
                                       .squares = e->squares ? e->squares + first * e->fit->n_random : NULL,
                                       .scale = p->scale,
                                       .times = e->times,
                                       .n_times = e->n_times,
                                       .level = e->level};
    return mlab_predict_intervals(e->context, e->fit, &request, p->value + at, p->se + at, p->lower + at, p->upper + at, err);
}

/* --- all ------------------------------------------------------------------------------------------------------------ */

static mlab_status say(mlab_row_predictions *p, const char *sentence, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(p->context);
    mlab_text_print(&text, "%s%s%s", p->note ? p->note : "", p->note && *p->note ? "; " : "", sentence);
    char *copy = text.failed ? NULL : mlab_copy_text(p->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!copy) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
    mlab_release(p->context, p->note);
    p->note = copy;
    return MLAB_OK;
}

static mlab_status choose_scale(each_row *e, const mlab_predict_outcome *wish, mlab_error *err)
{
    static const mlab_scale own[] = {MLAB_SCALE_RESPONSE, MLAB_SCALE_SURVIVAL, MLAB_SCALE_INCIDENCE, MLAB_SCALE_OCCUPATION};
    const mlab_fit *fit = e->fit;
    int scale = wish ? wish->scale : -1;
    size_t n_times = wish ? wish->n_times : 0;
    if (fit->joint || fit->raters)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: rows are not predicted from a %s model%s", fit->outcome, fit->model,
                          fit->joint ? "; its parts, each an outcome of the study, are" : "; it gives scores (fit.scores)");
    for (size_t k = 0; k < 4 && scale < 0; k++)
        if ((own[k] == MLAB_SCALE_RESPONSE || n_times) && mlab_predict_width_at(fit, own[k], n_times)) scale = (int)own[k];
    if (scale < 0)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s model predicts over time; state predict: {outcomes: {%s: {times: {months: [12]}}}}",
                          fit->outcome, fit->model, fit->outcome);
    e->n_times = scale > (int)MLAB_SCALE_RESPONSE ? n_times : 0;
    e->times = e->n_times ? wish->times : NULL;
    e->p->scale = (mlab_scale)scale;
    e->p->width = mlab_predict_width_at(fit, e->p->scale, e->n_times);
    if (scale > (int)MLAB_SCALE_RESPONSE && !e->n_times)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: %s needs times", fit->outcome, mlab_scale_name((int)scale));
    return e->p->width ? MLAB_OK
                       : mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s model has no %s scale", fit->outcome, fit->model, mlab_scale_name((int)scale));
}

static mlab_status name_numbers(each_row *e, const mlab_predict_outcome *wish, mlab_error *err)
{
    mlab_row_predictions *p = e->p;
    mlab_average a = {.fit = e->fit, .scale = p->scale, .times = e->times, .n_times = e->n_times};
    mlab_status status = mlab_average_start(&a) ? MLAB_OK : mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: no such scale", e->fit->outcome);
    for (size_t c = 0; c < p->width && !status; c++) {
        char name[200], number[64];
        mlab_text text = MLAB_TEXT(p->context);
        mlab_text_append(&text, mlab_average_name(&a, c, name, sizeof name));
        if (e->n_times) {
            size_t t = c / (p->width / e->n_times);
            const char *unit = wish->stated_unit ? wish->stated_unit : wish->unit ? wish->unit : "";
            mlab_number_print(wish->stated ? wish->stated[t] : wish->times[t], number, sizeof number);
            mlab_text_print(&text, "%s%s%s%s", text.n ? " " : "", number, *unit ? " " : "", unit);
        }
        p->names[c] = text.failed ? NULL : mlab_copy_text(p->context, mlab_text_get(&text));
        if (!p->names[c]) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
        mlab_text_free(&text);
    }
    return status;
}

/* Mean times in the unit that their headings name. */
static void put_in_stated_unit(mlab_row_predictions *p, const mlab_predict_outcome *wish, size_t n_times)
{
    double *const all[] = {p->value, p->se, p->lower, p->upper};
    for (size_t c = 0; n_times && c < p->width; c++) {
        double by = mlab_stated_factor(wish, p->scale, c / (p->width / n_times));
        for (size_t k = 0; by != 1 && k < 4; k++)
            for (size_t i = 0; all[k] && i < p->n_rows; i++) all[k][i * p->width + c] *= by;
    }
}

static mlab_status make_room(each_row *e, mlab_error *err)
{
    mlab_row_predictions *p = e->p;
    p->n_rows = e->made->problem.n;
    size_t n = p->n_rows, width = p->width * sizeof(double);
    p->row = mlab_allocate(p->context, n, sizeof *p->row);
    p->names = mlab_allocate(p->context, p->width, sizeof *p->names);
    p->value = mlab_allocate(p->context, n, width);
    p->se = e->interval ? mlab_allocate(p->context, n, width) : NULL;
    p->lower = e->interval ? mlab_allocate(p->context, n, width) : NULL;
    p->upper = e->interval ? mlab_allocate(p->context, n, width) : NULL;
    if (!p->row || !p->names || !p->value || (e->interval && (!p->se || !p->lower || !p->upper)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %zu rows", n);
    memcpy(p->row, e->made->rows, n * sizeof *p->row);
    return MLAB_OK;
}

/* Errors are not by draws, for a reason. */
static mlab_status go_without(each_row *e, bool own, const char *why, mlab_error *err)
{
    char sentence[600];
    e->interval = !own;
    snprintf(sentence, sizeof sentence, "%s: %.480s", own ? "predictions for own groups have no errors" : "errors are by the delta method", why);
    return say(e->p, sentence, err);
}

/* Bytes of n draws of the effects of all groups and of the baseline. */
static double bytes_drawn(const mlab_fit *fit, double n)
{
    double each = fit->baseline ? (double)fit->baseline->n : 0;
    for (size_t t = 0; t < fit->n_random; t++) each += (double)fit->random[t].n_groups * (double)fit->random[t].n;
    return n * each * sizeof(double);
}

/* Draws where they are wanted or own groups need them; *draws NULL and a note where there are none. */
static mlab_status make_draws(each_row *e, const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options,
                              const mlab_predict_spec *spec, mlab_draws **draws, mlab_error *err)
{
    bool own = e->p->mixed && e->p->effects == MLAB_EFFECTS_OWN;
    char sentence[400];
    mlab_error failed = {0};
    *draws = NULL;
    double factor = mlab_fit_interval_factor(e->fit, e->level);
    e->interval = isfinite(factor) && e->fit->trust != MLAB_NOT_CONVERGED && e->fit->trust != MLAB_SEPARATED;
    if (!e->interval) return say(e->p, "the fit has no intervals, and neither have its predictions", err);
    bool spread = e->tied && e->p->effects == MLAB_EFFECTS_AVERAGED; /* how people differ is uncertain, too */
    if (!own && !spread && !(spec && spec->draws)) return MLAB_OK;
    size_t n = spec && spec->n_draws ? (size_t)spec->n_draws : 1000;
    double bytes = bytes_drawn(e->tied ? e->tied->whole : e->fit, (double)n);
    if (bytes > MOST_DRAWN) {
        snprintf(sentence, sizeof sentence, "%zu draws of its effects and baseline take %.1f GB, allowed %.0f; state fewer predict.draws%s", n,
                 bytes / 1e9, MOST_DRAWN / 1e9, own ? ", or --effects averaged" : "");
        return go_without(e, own, sentence, err);
    }
    mlab_fit plain = *e->fit; /* by its covariance: the influence of people is not in a fit that was read back */
    const mlab_fit *fit = &plain;
    if (!mlab_draws_needs_rows(fit)) plain.influence = NULL, plain.influence_id = NULL; /* a jackknifed baseline is drawn by it */
    uint64_t seed = spec && spec->n_draws ? (uint64_t)spec->seed : 1;
    mlab_status status = e->tied ? e->tied->draw(e->tied->of, n, seed, draws, &failed)
                         : options->draws
                             ? mlab_draws_bootstrap(e->context, data, &outcome, options, &fit, 1, options->draws == 2, n, seed, draws, &failed)
                             : mlab_draws_make_mixed(e->context, data, &outcome, options, &fit, 1, n, seed, draws, &failed);
    if (!status) {
        e->draws = *draws;
        e->p->drawn = true;
        if (options->draws && (*draws)->note) return say(e->p, (*draws)->note, err);
        return MLAB_OK;
    }
    if (status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED) return mlab_raise(err, status, "%s", failed.sentence);
    return go_without(e, own, failed.sentence, err);
}

/* The delta method where it is known, else the values alone. */
static mlab_status fill(each_row *e, mlab_error *err)
{
    mlab_row_predictions *p = e->p;
    mlab_error failed = {0};
    if (e->interval && !e->draws) {
        mlab_status status = mlab_parallel_blocks(e->context, NULL, (p->n_rows + ROWS - 1) / ROWS, 0, delta_block, e, &failed);
        if (status != MLAB_ERR_DATA_NOT_BUILT) return status ? mlab_raise(err, status, "%s", failed.sentence) : MLAB_OK;
        double **const none[] = {&p->se, &p->lower, &p->upper};
        for (size_t k = 0; k < 3; k++) {
            mlab_release(p->context, *none[k]);
            *none[k] = NULL;
        }
        if ((status = say(p, failed.sentence, err))) return status;
    }
    return mlab_parallel_blocks(e->context, NULL, (p->n_rows + ROWS_DRAWN - 1) / ROWS_DRAWN, drawn_room(e), drawn_block, e, err);
}

/* data, outcome: of a fit of its own. */
static mlab_status predict_rows(each_row *row, const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options,
                                const mlab_predict_outcome *wish, const mlab_predict_spec *spec, mlab_group_effects effects,
                                mlab_row_predictions **predictions, mlab_error *err)
{
    mlab_outcome_problem *own = NULL;
    mlab_draws *draws = NULL;
    char words[300];
    *predictions = NULL;
    each_row e = *row;
    mlab_row_predictions *p = e.p = mlab_allocate(e.context, 1, sizeof *p);
    if (!p) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", e.fit->outcome);
    p->context = e.context;
    p->effects = effects;
    p->mixed = e.fit->n_random > 0;
    e.level = options->level;
    mlab_status status = choose_scale(&e, wish, err);
    if (!status && !e.tied) status = mlab_outcome_problem_make(e.context, data, outcome, options, &own, err);
    const mlab_outcome_problem *made = e.made = e.tied ? e.tied->made : own;
    if (!status) status = say(p, "", err);
    if (!status && p->mixed && effects == MLAB_EFFECTS_OWN) status = check_groups(&e, err);
    if (!status && p->mixed && !e.tied && effects == MLAB_EFFECTS_AVERAGED && made->problem.n_random == e.fit->n_random)
        status = mlab_average_squares(e.context, &made->problem, &e.squares, err);
    if (!status && made->problem.n < e.fit->n_rows) status = say(p, "rows whose attributes were imputed are left out", err);
    if (!status && e.n_times && mlab_times_beyond(&made->problem, e.fit, wish, words, sizeof words)) status = say(p, words, err);
    if (!status) status = make_draws(&e, data, outcome, options, spec, &draws, err);
    if (!status) status = make_room(&e, err);
    if (!status) status = name_numbers(&e, wish, err);
    if (!status) status = fill(&e, err);
    if (!status) put_in_stated_unit(p, wish, e.n_times);
    mlab_release(e.context, e.squares);
    mlab_draws_free(draws);
    mlab_outcome_problem_free(own);
    if (status) {
        mlab_row_predictions_free(p);
        p = NULL;
    }
    *predictions = p;
    return status;
}

mlab_status mlab_predict_rows(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options,
                              const mlab_fit *fit, const mlab_predict_outcome *wish, const mlab_predict_spec *spec, mlab_group_effects effects,
                              mlab_row_predictions **predictions, mlab_error *err)
{
    each_row e = {.context = context, .fit = fit};
    return predict_rows(&e, data, outcome, options, wish, spec, effects, predictions, err);
}

mlab_status mlab_predict_tied_rows(const mlab_context *context, const mlab_tied_rows *tied, const mlab_fit_options *options,
                                   const mlab_predict_outcome *wish, const mlab_predict_spec *spec, mlab_group_effects effects,
                                   mlab_row_predictions **predictions, mlab_error *err)
{
    each_row e = {.context = context, .fit = tied->whole->joint->parts[tied->part], .tied = tied, .which = tied->part};
    return predict_rows(&e, NULL, NULL, options, wish, spec, effects, predictions, err);
}
