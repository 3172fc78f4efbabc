/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parametric bootstrap of models of times: everybody's time is drawn from the fit, given that it is later than the entry, and censored as
 * fit/survival/times_chains.c says (for Cox's model: Burr 1994, doi:10.1080/01621459.1994.10476869); the model is refitted to these times.
 *
 * A standard exponential number is the cumulative hazard at which the event happens: a law of times is inverted there, the baseline of Cox's model is
 * passed through step by step, so that its drawn times are among the days with an event. Frailties are drawn anew from the fitted distribution, of
 * groups with late entries given that these came so far. Times of a law are not rounded to days. The knots of a spline stay.
 *
 * Weakness: several events fall on one step of Cox's baseline though the data may have no ties; after its last step nobody has an event.
 */
#include "fit/survival/times_draw.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/mixed.h"
#include "fit/penalty/redrawn.h"
#include "fit/survival/cox.h"
#include "fit/survival/frailty_draw.h"
#include "fit/survival/times.h"

#include <math.h>
#include <string.h>

enum { BLOCK_FRAILTIES = 192 };
#define MOST_TIME 1e15 /* as good as never */

struct mlab_times_draw {
    const mlab_context *context;
    const mlab_fit *fit;
    const mlab_prepared *prepared; /* of the problem drawn for */
    mlab_prepared *own;            /* it, where rows stand for several people */
    mlab_fit_problem problem;      /* that is drawn for */
    mlab_random_grouping random;
    mlab_time_chains chains;
    mlab_time_law law;
    bool is_cox;
    double *eta;    /* [n_rows] predictor; Cox: less that of the baseline */
    double *before; /* [n_groups] hazard before the entries; NULL = no frailty */
    void *copy[10];
    size_t n_copies;
};

void mlab_times_draw_free(mlab_times_draw *d)
{
    if (!d) return;
    mlab_prepared_free(d->own);
    mlab_time_chains_free(&d->chains);
    mlab_release(d->context, d->eta);
    mlab_release(d->context, d->before);
    while (d->n_copies) mlab_release(d->context, d->copy[--d->n_copies]);
    mlab_release(d->context, d);
}

static mlab_status no_memory(const mlab_fit *fit, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "%s: no memory for drawn times", fit->outcome);
}

/* --- the problem drawn for ------------------------------------------------------------------------------------------- */

/* *into = what every row of the problem drawn for has of `from`, `size` bytes each; NULL stays NULL. */
static bool take(mlab_times_draw *d, const void *from, size_t size, const void **into)
{
    if (!from) return true;
    char *to = mlab_allocate(d->context, d->chains.n_rows, size);
    if (!to) return false;
    d->copy[d->n_copies++] = to;
    for (size_t i = 0; i < d->chains.n_rows; i++) memcpy(to + i * size, (const char *)from + d->chains.source[i] * size, size);
    *into = to;
    return true;
}

static bool copy_rows(mlab_times_draw *d, const mlab_fit_problem *from, const uint8_t *enters)
{
    mlab_fit_problem *p = &d->problem;
    uint32_t *rows = mlab_allocate(d->context, d->chains.n_rows, sizeof *rows);
    if (!rows) return false;
    d->copy[d->n_copies++] = rows;
    for (size_t i = 0; i < d->chains.n_rows; i++) rows[i] = from->rows ? from->rows[d->chains.source[i]] : d->chains.source[i];
    p->n = d->chains.n_rows;
    p->rows = rows;
    p->weight = NULL;
    p->weights = MLAB_WEIGHTS_NONE;
    return take(d, from->start, sizeof *p->start, (const void **)&p->start) && take(d, from->stop, sizeof *p->stop, (const void **)&p->stop) &&
           take(d, from->status, sizeof *p->status, (const void **)&p->status) &&
           take(d, from->offset, sizeof *p->offset, (const void **)&p->offset) &&
           take(d, from->stratum, sizeof *p->stratum, (const void **)&p->stratum) && take(d, enters, sizeof *enters, (const void **)&p->enters) &&
           (!p->n_random || take(d, from->random->group, sizeof(uint32_t), (const void **)&d->random.group));
}

static mlab_status make_problem(mlab_times_draw *d, const mlab_prepared *prepared, mlab_error *err)
{
    mlab_fit_problem *p = &d->problem;
    *p = *prepared->problem;
    d->prepared = prepared;
    if (p->n_random) {
        d->random = *p->random;
        p->random = &d->random;
    }
    p->cluster = p->cluster_id = p->cluster_other = NULL;
    p->cluster_name = p->cluster_other_name = NULL;
    p->n_clusters = p->n_clusters_other = 0;
    p->cluster_stated = false;
    p->n_people = 0;
    p->enters = prepared->enters;
    if (!d->chains.copied) return MLAB_OK;
    if (!copy_rows(d, prepared->problem, prepared->enters)) return no_memory(d->fit, err);
    mlab_status status = mlab_prepare(d->context, prepared->model, p, &prepared->options, &d->own, err);
    d->prepared = d->own;
    return status;
}

static mlab_status set_predictors(mlab_times_draw *d, mlab_error *err)
{
    const mlab_fit *fit = d->fit;
    const mlab_fit_problem *p = &d->problem;
    if (!(d->eta = mlab_allocate(d->context, p->n, sizeof *d->eta))) return no_memory(fit, err);
    mlab_status status = mlab_predict(d->context, fit, p->table, p->rows, 0, p->n, fit->estimate, NULL, MLAB_SCALE_LINK, d->eta, err);
    double at = d->is_cox ? mlab_baseline_predictor(fit->baseline, fit->estimate) : 0;
    for (size_t i = 0; i < p->n && !status; i++) d->eta[i] += (p->offset ? p->offset[i] : 0) - at;
    return status;
}

/* --- hazards ----------------------------------------------------------------------------------------------------------- */

/* Steps of the stratum up to a time: the place behind the last of them. */
static size_t steps_to(const mlab_baseline *b, size_t stratum, double time)
{
    size_t low = b->first[stratum], high = b->first[stratum + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->time[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The cumulative hazard of row i up to a time, without its frailty. */
static double hazard_at(const mlab_times_draw *d, size_t i, double time)
{
    if (!d->is_cox) return time > 0 ? mlab_time_law_hazard(&d->law, d->eta[i], mlab_time_law_part(&d->law, time)) : 0;
    const mlab_baseline *b = d->fit->baseline;
    size_t stratum = d->problem.stratum ? (size_t)d->problem.stratum[i] : 0, to = steps_to(b, stratum, time);
    return to > b->first[stratum] ? b->cumulative_hazard[to - 1] * mlab_exp(fmin(d->eta[i], 700)) : 0;
}

/* The time after `start` at which it is more than `hazard`; HUGE_VAL where it never is. */
static double time_at(const mlab_times_draw *d, size_t i, double start, double hazard)
{
    if (!d->is_cox) {
        double time = mlab_time_law_time(&d->law, d->eta[i], fmax(hazard, 1e-300));
        return time < MOST_TIME ? fmax(time, start > 0 ? start * (1 + 1e-12) : 1e-9) : HUGE_VAL;
    }
    const mlab_baseline *b = d->fit->baseline;
    size_t stratum = d->problem.stratum ? (size_t)d->problem.stratum[i] : 0, low = steps_to(b, stratum, start), high = b->first[stratum + 1];
    double wanted = hazard / mlab_exp(fmax(fmin(d->eta[i], 700), -700));
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->cumulative_hazard[middle] <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->first[stratum + 1] ? b->time[low] : HUGE_VAL;
}

static double start_of(const mlab_fit_problem *p, size_t i)
{
    return p->start ? p->start[i] : -HUGE_VAL;
}

static mlab_status sum_before(mlab_times_draw *d, mlab_error *err)
{
    const mlab_fit_problem *p = &d->problem;
    if (!p->n_random) return MLAB_OK;
    if (!(d->before = mlab_allocate(d->context, p->random->n_groups, sizeof *d->before))) return no_memory(d->fit, err);
    for (size_t i = 0; i < p->n && p->enters; i++)
        if (p->enters[i]) d->before[p->random->group[i]] += (p->weight ? p->weight[i] : 1) * hazard_at(d, i, start_of(p, i));
    return MLAB_OK;
}

static mlab_status check(const mlab_prepared *prepared, const mlab_fit *fit, mlab_error *err)
{
    if (prepared->model->marks & MLAB_MODEL_COMPETING)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                          "%s: a %s fit tells when the event of interest happens, not when the others do, so nothing can be drawn from it; state "
                          "fit.draws: bootstrap",
                          fit->outcome, fit->model);
    if (prepared->model == &mlab_model_cox && !fit->baseline)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: this %s fit has no baseline to draw times from", fit->outcome, fit->model);
    return MLAB_OK;
}

mlab_status mlab_times_draw_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_times_draw **out,
                                 mlab_error *err)
{
    *out = NULL;
    mlab_status status = check(prepared, fit, err);
    if (status) return status;
    mlab_times_draw *d = mlab_allocate(context, 1, sizeof *d);
    if (!d) return no_memory(fit, err);
    d->context = context;
    d->fit = fit;
    d->is_cox = prepared->model == &mlab_model_cox;
    if (!d->is_cox) d->law = mlab_time_law_of(fit, fit->estimate + fit->n_parameters - fit->n_ancillary);
    status = mlab_time_chains_make(context, prepared->problem, &d->chains, err);
    if (!status) status = make_problem(d, prepared, err);
    if (!status) status = set_predictors(d, err);
    if (!status) status = sum_before(d, err);
    if (status) {
        mlab_times_draw_free(d);
        d = NULL;
    }
    *out = d;
    return status;
}

/* --- one draw ------------------------------------------------------------------------------------------------------------ */

/* Chain c with a frailty z. */
static void draw_chain(const mlab_times_draw *d, size_t c, const mlab_address *address, double z, double *time, int32_t *status, double *weight)
{
    const mlab_fit_problem *p = &d->problem;
    const mlab_time_chains *chains = &d->chains;
    mlab_address at = *address;
    at.entity = (uint32_t)c;
    double left = -mlab_log(mlab_random_uniform(&at, 0)) / z, limit = mlab_time_chains_limit(chains, c, mlab_random_uniform(&at, 1));
    bool over = false;
    for (size_t k = chains->first[c]; k < chains->first[c + 1]; k++) {
        size_t i = chains->row[k];
        bool last = k + 1 == chains->first[c + 1];
        double end = last ? limit : p->stop[i], start = start_of(p, i), passed = start > -HUGE_VAL ? hazard_at(d, i, start) : 0;
        double event = over ? HUGE_VAL : time_at(d, i, start, passed + left);
        weight[i] = over ? 0 : p->weight ? p->weight[i] : 1;
        status[i] = event <= end && event < HUGE_VAL;
        time[i] = status[i] ? event : end < HUGE_VAL ? end : chains->last[chains->stratum[c]];
        if (over) time[i] = p->stop[i];
        if (!last && !over) left -= hazard_at(d, i, p->stop[i]) - passed;
        over = over || status[i];
        left = fmax(left, 0);
    }
}

mlab_status mlab_times_draw_times(const mlab_context *context, const mlab_times_draw *d, const mlab_address *address, double *time, int32_t *status,
                                  double *weight, mlab_error *err)
{
    const mlab_fit_problem *p = &d->problem;
    const mlab_fit *fit = d->fit;
    size_t n_groups = p->n_random ? p->random->n_groups : 0;
    double *z = n_groups ? mlab_allocate(context, n_groups, sizeof *z) : NULL;
    if (n_groups && !z) return no_memory(fit, err);
    for (size_t g = 0; z && g < n_groups; g++) {
        mlab_address at = *address;
        at.block = BLOCK_FRAILTIES;
        at.entity = (uint32_t)g;
        z[g] = mlab_exp(mlab_frailty_quantile(fit->random->gamma, 0, d->before[g], fit->random->covariance[0], mlab_random_uniform(&at, 0)));
    }
    for (size_t c = 0; c < d->chains.n; c++)
        draw_chain(d, c, address, z ? fmax(z[p->random->group[d->chains.row[d->chains.first[c]]]], 1e-300) : 1, time, status, weight);
    mlab_release(context, z);
    return MLAB_OK;
}

/* What one refit owns. */
typedef struct redraw {
    const mlab_context *context;
    mlab_fit_problem problem;
    mlab_prepared prepared, *made; /* made: Cox, whose rows are sorted anew */
    mlab_times times;
    double *time, *log_time, *weight;
    int32_t *status, *stop;
    mlab_prior *priors;
} redraw;

static void redraw_end(redraw *r)
{
    mlab_prepared_free(r->made);
    void *const memory[] = {r->time, r->log_time, r->weight, r->status, r->stop, r->priors};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(r->context, memory[k]);
}

/* A drawn sample that cannot be fitted is one that failed, not an error. */
static mlab_status prepare_cox(const mlab_times_draw *d, redraw *r, mlab_refit_info *info, mlab_error *err)
{
    size_t n = r->problem.n;
    for (size_t i = 0; i < n; i++) r->stop[i] = (int32_t)r->time[i];
    r->problem.stop = r->stop;
    mlab_error why = {0};
    mlab_status status = mlab_prepare(r->context, d->prepared->model, &r->problem, &d->prepared->options, &r->made, &why);
    if (status == MLAB_ERR_FIT_MODEL) { /* more ties than are fitted exactly */
        info->trust = MLAB_NOT_CONVERGED;
        return MLAB_OK;
    }
    if (status) return mlab_raise(err, status, "%s", why.sentence);
    const mlab_cox_rows *rows = r->made->own, *all = d->prepared->own;
    for (size_t j = 0; j < rows->p; j++) info->n_aliased += rows->aliased[j] && !all->aliased[j];
    r->prepared = *r->made;
    return MLAB_OK;
}

static mlab_status prepare_law(const mlab_times_draw *d, redraw *r, mlab_error *err)
{
    r->times = *(const mlab_times *)d->prepared->own;
    r->log_time = mlab_allocate(r->context, r->problem.n, sizeof *r->log_time);
    if (!r->log_time) return no_memory(d->fit, err);
    mlab_log_array(r->context, r->time, r->log_time, r->problem.n);
    r->times.problem = &r->problem;
    r->times.stop = r->time;
    r->times.log_stop = r->log_time;
    if (d->law.n_knots) r->times.knots = d->fit->knots;
    r->prepared = *d->prepared;
    r->prepared.own = &r->times;
    return MLAB_OK;
}

static mlab_status begin(const mlab_times_draw *d, redraw *r, const mlab_address *address, mlab_refit_info *info, mlab_error *err)
{
    size_t n = d->problem.n, events = 0;
    r->problem = d->problem;
    r->time = mlab_allocate(r->context, n, sizeof *r->time);
    r->weight = mlab_allocate(r->context, n, sizeof *r->weight);
    r->status = mlab_allocate(r->context, n, sizeof *r->status);
    r->stop = mlab_allocate(r->context, n, sizeof *r->stop);
    if (!r->time || !r->weight || !r->status || !r->stop) return no_memory(d->fit, err);
    mlab_status status = mlab_times_draw_times(r->context, d, address, r->time, r->status, r->weight, err);
    if (!status) status = mlab_priors_redraw(r->context, &d->problem, address, &r->priors, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) events += r->status[i] && r->weight[i] > 0;
    r->problem.status = r->status;
    if (d->chains.n < d->problem.n) {
        r->problem.weight = r->weight;
        if (!d->problem.weight) r->problem.weights = MLAB_WEIGHTS_FREQUENCY;
    }
    r->problem.priors = r->priors;
    r->problem.warm = d->fit->estimate;
    r->problem.warm_mixed = d->fit->n_random ? d->fit : NULL;
    if (events == 0) info->trust = MLAB_NOT_CONVERGED;
    if (events == 0) return MLAB_OK;
    status = d->is_cox ? prepare_cox(d, r, info, err) : prepare_law(d, r, err);
    r->prepared.problem = &r->problem;
    return status;
}

mlab_status mlab_times_draw_refit(const mlab_context *context, const mlab_times_draw *d, const mlab_address *address, double *estimate,
                                  double *spread, double *hazard, mlab_refit_info *info, mlab_error *err)
{
    redraw r = {.context = context};
    mlab_refit_info own = {0};
    mlab_fit *fit = NULL;
    *info = (mlab_refit_info){.trust = MLAB_TRUSTED};
    mlab_status status = begin(d, &r, address, info, err);
    if (status || info->trust != MLAB_TRUSTED) goto out;
    own = *info;
    if (d->fit->n_random) {
        if ((status = mlab_prepared_fit(context, &r.prepared, &fit, err))) goto out;
        mlab_mixed_refit_tell(d->prepared, d->fit, fit, estimate, spread, info);
        if (fit->n_events == 0) info->trust = MLAB_NOT_CONVERGED;
        if (hazard && fit->baseline) mlab_baseline_place(fit->baseline, d->fit->baseline, estimate, hazard);
    } else if (!(status = mlab_prepared_refit(context, &r.prepared, NULL, d->fit->estimate, estimate, info, err))) {
        if (hazard && info->trust == MLAB_TRUSTED) status = r.prepared.model->baseline(context, &r.prepared, NULL, d->fit, estimate, hazard, err);
    }
    info->n_aliased += own.n_aliased;
out:
    mlab_fit_free(fit);
    redraw_end(&r);
    return status;
}
