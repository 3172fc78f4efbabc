/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of the effects of groups beside those of the parameters: one draw is the parameters, then the effects of all groups given these and the
 * data. The data of each outcome are read again. Numbers of draw d, outcome k, grouping t: purpose EFFECT, replicate 256 k + t, entity = group and
 * effect. */
#include "fit/after/baseline_draws.h"
#include "fit/draws.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "fit/joint/initial.h"
#include "fit/mixed/web_draw.h"
#include "fit/spread.h"
#include "fit/spread_profile.h"
#include "fit/survival/frailty_draw.h"

#include <math.h>
#include <string.h>

void mlab_draws_drop_effects(mlab_draws *draws)
{
    for (size_t k = 0; draws->effects && k < draws->n_effects; k++) {
        const mlab_draws_effects *e = &draws->effects[k];
        void *const memory[] = {e->group, e->key, e->place, e->factor, e->value};
        for (size_t m = 0; m < sizeof memory / sizeof *memory; m++) mlab_release(draws->context, memory[m]);
    }
    mlab_release(draws->context, draws->effects);
    draws->effects = NULL;
    draws->n_effects = 0;
}

bool mlab_draws_take_effects(mlab_draws *into, const mlab_draws *from, size_t k, size_t step)
{
    if (from->n_effects != into->n_effects) return false;
    for (size_t e = 0; e < into->n_effects; e++) {
        mlab_draws_effects *to = &into->effects[e];
        const mlab_draws_effects *own = &from->effects[e];
        size_t square = to->n * to->n, all = to->n_groups * to->n;
        if (own->n != to->n || own->n_groups != to->n_groups) return false;
        for (size_t d = k; d < into->n_draws; d += step) {
            memcpy(to->factor + d * square, own->factor + d * square, square * sizeof *to->factor);
            memcpy(to->value + d * all, own->value + d * all, all * sizeof *to->value);
        }
    }
    return true;
}

static mlab_status no_memory(const mlab_fit *fit, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for drawn effects of %s", fit->outcome);
}

/* How each group is known again. */
static void set_keys(const mlab_outcome_problem *made, const mlab_random_grouping *from, mlab_draws_effects *e)
{
    size_t m = from->memberships ? from->memberships : 1;
    e->people = from->person != NULL;
    for (size_t g = 0; from->person && g < e->n_groups; g++) e->key[g] = from->person[g];
    for (size_t i = made->problem.n; !from->person && i-- > 0;)
        for (size_t k = m; k-- > 0;) {
            uint32_t g = from->group[i * m + k];
            if (g == UINT32_MAX) continue;
            e->key[g] = made->rows[i];
            e->place[g] = (uint32_t)k;
        }
}

static mlab_status start_effects(const mlab_outcome_problem *made, const mlab_fit *fit, size_t k, size_t t, mlab_draws *draws, mlab_error *err)
{
    const mlab_context *context = draws->context;
    const mlab_random_effects *r = &fit->random[t];
    const mlab_random_grouping *from = &made->problem.random[t];
    mlab_draws_effects *e = &draws->effects[draws->n_effects++];
    if (from->n_groups != r->n_groups) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other data", fit->outcome);
    *e = (mlab_draws_effects){.outcome = k, .n_groups = r->n_groups, .n = r->n};
    e->group = mlab_copy_text(context, r->group);
    e->key = mlab_allocate(context, e->n_groups, sizeof *e->key);
    e->place = mlab_allocate(context, e->n_groups, sizeof *e->place);
    e->factor = mlab_allocate(context, draws->n_draws, e->n * e->n * sizeof *e->factor);
    size_t all = e->n_groups <= SIZE_MAX / (e->n * sizeof *e->value) ? e->n_groups * e->n * sizeof *e->value : SIZE_MAX;
    e->value = mlab_allocate(context, draws->n_draws, all);
    if (!e->group || !e->key || !e->place || !e->factor || !e->value) return no_memory(fit, err);
    set_keys(made, from, e);
    return MLAB_OK;
}

/* spread: of draw d at spread + d * stride. */
static mlab_status draw_all(mlab_web_draw *work, const mlab_fit *fit, size_t k, const double *spread, size_t stride, mlab_draws *draws,
                            mlab_error *err)
{
    mlab_draws_effects *effects = draws->effects + draws->n_effects - fit->n_random;
    double *value[64];
    for (size_t d = 0; d < draws->n_draws; d++) {
        mlab_address address = {.seed = draws->seed, .draw = (uint32_t)d, .replicate = (uint32_t)k << 8, .purpose = MLAB_PURPOSE_EFFECT};
        bool possible = true;
        for (size_t t = 0; t < fit->n_random; t++) {
            mlab_draws_effects *e = &effects[t];
            value[t] = e->value + d * e->n_groups * e->n;
            mlab_web_draw_factor(work, spread + d * stride, t, e->factor + d * e->n * e->n);
        }
        mlab_status status = mlab_web_draw_effects(work, draws->value + d * draws->n_parameters + draws->first[k], spread + d * stride, &address,
                                                   value, &possible, err);
        if (status) return status;
        if (!possible)
            return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the groups have no most likely effects at draw %zu of the parameters", fit->outcome,
                              d + 1);
    }
    return MLAB_OK;
}

/* Of the log frailties of a model of times. */
static mlab_status draw_frailties(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, size_t k, const double *spread,
                                  size_t stride, mlab_draws *draws, mlab_error *err)
{
    mlab_draws_effects *e = &draws->effects[draws->n_effects - 1];
    mlab_frailty_draw *work;
    mlab_status status = mlab_frailty_draw_make(context, prepared, fit, &work, err);
    for (size_t d = 0; d < draws->n_draws && !status; d++) {
        mlab_address address = {.seed = draws->seed, .draw = (uint32_t)d, .replicate = (uint32_t)k << 8, .purpose = MLAB_PURPOSE_EFFECT};
        bool possible = true;
        const mlab_draws_baseline *baseline = mlab_draws_baseline_of(draws, k);
        e->factor[d] = fabs(spread[d * stride]);
        status = mlab_frailty_draw_effects(work, draws->value + d * draws->n_parameters + draws->first[k], spread[d * stride], &address,
                                           draws->kind != MLAB_DRAWS_NORMAL, baseline ? baseline->cumulative_hazard + d * baseline->n : NULL,
                                           e->value + d * e->n_groups, &possible, err);
        if (!status && !possible)
            status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: draw %zu of the parameters has no likelihood", fit->outcome, d + 1);
    }
    mlab_frailty_draw_free(work);
    return status;
}

static mlab_status add_outcome(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options,
                               const mlab_fit *fit, size_t k, const double *spread, size_t stride, mlab_draws *draws, mlab_error *err)
{
    mlab_outcome_problem *made = NULL;
    mlab_prepared *prepared = NULL;
    mlab_web_draw *work = NULL;
    mlab_status status = mlab_outcome_problem_make(context, data, outcome, options, &made, err);
    if (!status && made->problem.n_random != fit->n_random)
        status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is of another formula", fit->outcome);
    if (!status) status = mlab_prepare(context, made->model, &made->problem, &made->options, &prepared, err);
    if (!status && prepared->n_parameters + fit->n_initial != fit->n_parameters)
        status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other data", fit->outcome);
    for (size_t t = 0; t < fit->n_random && !status; t++) status = start_effects(made, fit, k, t, draws, err);
    bool first = fit->n_initial > 0;
    if (!status && first) status = mlab_initial_draw_effects(context, data, outcome, made, prepared, fit, k, spread, stride, draws, err);
    bool frailty = !status && !first && (prepared->model->marks & MLAB_MODEL_FRAILTY);
    if (frailty) status = draw_frailties(context, prepared, fit, k, spread, stride, draws, err);
    if (!status && !frailty && !first) status = mlab_web_draw_make(context, prepared, fit, &work, err);
    if (!status && !frailty && !first) status = draw_all(work, fit, k, spread, stride, draws, err);
    mlab_web_draw_free(work);
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    return status;
}

mlab_status mlab_draws_add_effects(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                   const mlab_fit_options *options, const mlab_fit *const *fits, const double *spread, mlab_draws *draws,
                                   mlab_error *err)
{
    size_t n = 0, stride = 0, first = 0;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < draws->n_outcomes; k++) {
        n += fits[k]->n_random;
        stride += fits[k]->n_spread;
    }
    if (n == 0) return MLAB_OK;
    if (!(draws->effects = mlab_allocate(context, n, sizeof *draws->effects))) return no_memory(fits[0], err);
    for (size_t k = 0; k < draws->n_outcomes && !status; k++) {
        if (fits[k]->n_random) status = add_outcome(context, data, outcomes[k], options, fits[k], k, spread + first, stride, draws, err);
        first += fits[k]->n_spread;
    }
    return status;
}

/* What is said of standard deviations near 0. */
static mlab_status say_near_zero(const mlab_fit *const *fits, const mlab_spread_profile *profiles, mlab_draws *draws, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(draws->context);
    for (size_t k = 0, first = 0; k < draws->n_outcomes; first += fits[k++]->n_spread)
        for (size_t t = 0, s = 0; t < fits[k]->n_random; t++) {
            const mlab_random_effects *r = &fits[k]->random[t];
            for (size_t a = 0; a < r->n; s += r->independent ? 1 : a + 1, a++) {
                if (!mlab_spread_near_zero(r, a)) continue;
                const mlab_spread_profile *p = &profiles[first + s];
                mlab_text_print(&text, "%s%s: the standard deviation of %s between %s is within two standard errors of 0: it is drawn ",
                                mlab_text_get(&text)[0] ? "; " : "", fits[k]->outcome, r->names[a], r->group);
                if (p->n > 1)
                    mlab_text_print(&text, "by its profile likelihood, as 0 with chance %.2f", 0.5 * erfc(-p->root[0] / sqrt(2)));
                else
                    mlab_text_print(&text, "as normal; fit.draws: bootstrap would be better");
            }
        }
    if (!text.failed && !mlab_text_get(&text)[0]) {
        mlab_text_free(&text);
        return MLAB_OK;
    }
    draws->note = text.failed ? NULL : mlab_copy_text(draws->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return draws->note ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
}

static mlab_status profiles_of(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options,
                               const mlab_fit *fit, mlab_spread_profile *profiles, mlab_error *err)
{
    mlab_outcome_problem *made = NULL;
    mlab_prepared *prepared = NULL;
    bool any = false;
    for (size_t t = 0; t < fit->n_random; t++)
        for (size_t a = 0; a < fit->random[t].n; a++) any = any || mlab_spread_near_zero(&fit->random[t], a);
    if (!any || !fit->n_spread || fit->n_initial) return MLAB_OK;
    mlab_status status = mlab_outcome_problem_make(context, data, outcome, options, &made, err);
    if (!status && made->problem.n_random != fit->n_random)
        status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is of another formula", fit->outcome);
    if (!status) status = mlab_prepare(context, made->model, &made->problem, &made->options, &prepared, err);
    if (!status && prepared->n_parameters != fit->n_parameters)
        status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other data", fit->outcome);
    if (!status) status = mlab_spread_profiles_make(context, prepared, fit, profiles, err);
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    return status;
}

mlab_status mlab_draws_make_mixed(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                  const mlab_fit_options *options, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, uint64_t seed,
                                  mlab_draws **draws, mlab_error *err)
{
    double *spread = NULL;
    size_t n = 0, first = 0;
    mlab_status status = MLAB_OK;
    *draws = NULL;
    for (size_t k = 0; k < n_fits; k++) n += fits[k]->n_spread;
    mlab_spread_profile *profiles = mlab_allocate(context, n, sizeof *profiles);
    if (!profiles) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws");
    for (size_t k = 0; k < n_fits && !status; first += fits[k++]->n_spread)
        if (!(status = mlab_draws_check(fits[k], true, err)))
            status = profiles_of(context, data, outcomes[k], options, fits[k], profiles + first, err);
    if (!status) status = mlab_draws_normal(context, fits, n_fits, n_draws, seed, profiles, draws, &spread, err);
    if (!status) status = mlab_draws_add_effects(context, data, outcomes, options, fits, spread, *draws, err);
    if (!status) status = mlab_draws_add_baselines(context, data, outcomes, options, fits, *draws, err);
    if (!status) status = say_near_zero(fits, profiles, *draws, err);
    mlab_release(context, spread);
    mlab_release(context, profiles);
    if (status) {
        mlab_draws_free(*draws);
        *draws = NULL;
    }
    return status;
}
