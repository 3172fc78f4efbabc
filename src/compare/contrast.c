/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From levels to contrasts: difference, interval, ratio, E-value, counts, and how far to trust it.
 *
 * Interval: estimate -+ t(people - 1) se, se the standard deviation over bootstrap samples or the root of the sum of squared
 * influences; ratios on the log scale. E-value of a mean: RR = exp(0.91 d), d in standard deviations (VanderWeele & Ding 2017). */
#include "compare/analysis.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { FEW_EVENTS = 10, FEW_PEOPLE = 10, LEAST_PEOPLE = 3 };
static const double least_overlap = 0.5, most_failed = 0.1;

typedef struct pair {
    const mlab_analysis *analysis;
    const mlab_task *task;
    size_t k, arm, horizon, stat; /* k: number of the task */
    size_t at, at_reference;      /* levels */
    bool event, absence;
} pair;

/* Risk of the event itself from a level in the direction of the outcome's name. */
static double risk_of(const pair *p, double level)
{
    return p->absence ? 1 - level : level;
}

/* Standard errors of the difference and of the log risk ratio (0 = none). */
static void set_errors(const pair *p, mlab_contrast *c, double *log_ratio_se)
{
    const mlab_analysis *analysis = p->analysis;
    if (!analysis->spread) { /* estimates alone */
        bool converged = p->task->converged && (!p->task->weighted || analysis->weights->converged);
        c->bootstrap_done = converged;
        c->bootstrap_failed = !converged;
        return;
    }
    size_t n = analysis->options->bootstrap > 0 ? (size_t)analysis->options->bootstrap : mlab_cohort_units(analysis->cohort), good = 0, ratios = 0;
    double mean = 0, square = 0, log_mean = 0, log_square = 0, risk = risk_of(p, c->risk_arm), other = risk_of(p, c->risk_reference);
    for (size_t i = 0; i < n; i++) {
        double a = analysis->spread[i * analysis->n_levels + p->at], b = analysis->spread[i * analysis->n_levels + p->at_reference];
        if (analysis->options->bootstrap == 0) {
            double along = (p->absence ? -1 : 1) * (a / risk - b / other);
            square += (a - b) * (a - b);
            log_square += along * along;
            continue;
        }
        if (analysis->failed[i * analysis->n_tasks + p->k]) continue;
        double off = a - b - mean, ra = risk_of(p, a), rb = risk_of(p, b);
        mean += off / (double)++good;
        square += off * (a - b - mean);
        if (!(ra > 0 && rb > 0)) continue;
        double along = log(ra / rb) - log_mean;
        log_mean += along / (double)++ratios;
        log_square += along * (log(ra / rb) - log_mean);
    }
    bool influence = analysis->options->bootstrap == 0;
    c->se = influence ? sqrt(square) : good > 1 ? sqrt(square / (double)(good - 1)) : 0;
    *log_ratio_se = influence ? sqrt(log_square) : ratios > 1 ? sqrt(log_square / (double)(ratios - 1)) : 0;
    if (!(risk > 0 && other > 0) || !isfinite(*log_ratio_se)) *log_ratio_se = 0;
    c->bootstrap_done = influence ? 0 : (uint64_t)good;
    c->bootstrap_failed = influence ? 0 : (uint64_t)(n - good);
}

static void set_ratio(const pair *p, mlab_contrast *c, double t, double log_ratio_se)
{
    if (!strcmp(c->measure, "mean_difference")) {
        double d = p->task->spread > 0 ? 0.91 / p->task->spread : 0;
        if (!(d > 0)) return;
        c->e_value = mlab_e_value(exp(d * c->estimate));
        c->e_value_limit = mlab_e_value_limit(exp(d * c->lower), exp(d * c->upper));
        return;
    }
    double a = risk_of(p, c->risk_arm), b = risk_of(p, c->risk_reference);
    if (!(a > 0 && b > 0)) return;
    c->risk_ratio = a / b;
    c->e_value = mlab_e_value(a / b);
    if (log_ratio_se > 0) c->e_value_limit = mlab_e_value_limit(a / b * exp(-t * log_ratio_se), a / b * exp(t * log_ratio_se));
}

static void doubt(mlab_contrast *c, mlab_text *reason, mlab_trust trust, const char *sentence)
{
    if (c->trust == MLAB_TRUSTED) c->trust = trust;
    if (reason->n) mlab_text_append(reason, " ");
    mlab_text_append(reason, sentence);
}

/* Nobody is in an arm in its first period, since relationships count from the next one on. More than that, or more than a quarter of the
 * horizon (an eighth for the reference), is a stretch of time of which the model alone speaks: a hazard at its beginning moves all after it. */
static bool is_late(const mlab_task *task, size_t arm, size_t horizon, int32_t part)
{
    if (task->kind == MLAB_TASK_ANSWERS || task->cohort->person_level) return false;
    int32_t allowed = task->horizon[horizon] / part;
    return task->begins[arm] > (allowed > 1 ? allowed : 1);
}

/* Leaving, in an arm that counts from before the answers that make it. */
static bool counts_before_answer(const pair *p)
{
    const mlab_data *data = p->analysis->data;
    if (!data->panel || !data->before_answer || p->task->kind != MLAB_TASK_EXIT) return false;
    return data->before_answer >> p->arm & 1 || !strcmp(p->task->cohort->arms[p->arm], "both");
}

/* The first reason found is the trust; all are told. */
static void set_trust(const pair *p, mlab_contrast *c, mlab_text *reason)
{
    const mlab_task *task = p->task;
    const mlab_cohort *cohort = task->cohort;
    size_t reference = (size_t)cohort->reference;
    uint64_t people = task->people[p->arm] < task->people[reference] ? task->people[p->arm] : task->people[reference];
    uint64_t events = task->events[p->arm] < task->events[reference] ? task->events[p->arm] : task->events[reference];
    if (cohort->person_level && !strcmp(p->analysis->data->arm_exposure, "ever"))
        doubt(c, reason, MLAB_IMMORTAL_TIME, "Time before mentoring counts as mentored: the study accepts this by name.");
    if (counts_before_answer(p))
        doubt(c, reason, MLAB_IMMORTAL_TIME,
              "The group counts from before the answer that tells of it (from_since), and nobody can have left in that time.");
    if (!task->converged || (task->weighted && !p->analysis->weights->converged))
        doubt(c, reason, MLAB_NOT_CONVERGED, "The model behind this number did not converge.");
    if (people < LEAST_PEOPLE) doubt(c, reason, MLAB_TOO_FEW_CLUSTERS, "One of the groups has fewer than 3 people: no interval is given.");
    if (events < FEW_EVENTS)
        doubt(c, reason, MLAB_TOO_FEW_EVENTS,
              p->event ? "One of the groups has fewer than 10 events." : "One of the groups has fewer than 10 answers.");
    if (c->overlap < least_overlap) doubt(c, reason, MLAB_NO_OVERLAP, "Fewer than half of the people have comparable others in both groups.");
    int32_t needed = task->horizon[p->horizon] + !p->event;
    if (task->followed[p->arm] < needed || task->followed[reference] < needed)
        doubt(c, reason, MLAB_NO_OVERLAP, "Nobody in one of the groups was followed that long: the number is the model's extrapolation.");
    if (is_late(task, p->arm, p->horizon, 4) || is_late(task, reference, p->horizon, 8))
        doubt(c, reason, MLAB_NO_OVERLAP,
              "Fewer than 5 people of one of the groups were seen in its first periods after time zero: the number there is the model's "
              "extrapolation.");
    if (c->bootstrap_failed > 0 && (double)c->bootstrap_failed > most_failed * (double)(c->bootstrap_done + c->bootstrap_failed))
        doubt(c, reason, MLAB_BOOTSTRAP_FAILED, "More than a tenth of the bootstrap refits failed.");
    if (people < LEAST_PEOPLE) {
        c->se = c->df = 0;
        c->lower = c->upper = c->estimate;
    }
}

static const char *measure_of(const mlab_task *task, size_t stat)
{
    if (task->kind != MLAB_TASK_ANSWERS) return "risk_difference";
    if (stat == 1 || task->outcome->kind == MLAB_OUTCOME_YES_NO) return "share_difference";
    return "mean_difference";
}

/* Student's t of the interval: people - 1 degrees of freedom; a standard error from B bootstrap samples is itself uncertain and has
 * B - 1 of its own (Satterthwaite 1946, doi:10.2307/3002019). 0 = no interval. */
static double interval_t(double level, size_t people, uint64_t samples, double *df)
{
    *df = 0;
    if (people < 2) return 0;
    *df = 1 / (1 / ((double)people - 1) + (samples > 1 ? 1 / ((double)samples - 1) : 0));
    return gsl_cdf_tdist_Pinv(0.5 + level / 2, *df);
}

static mlab_status fill(const pair *p, double overlap, mlab_contrast *c, mlab_error *err)
{
    const mlab_analysis *analysis = p->analysis;
    const mlab_context *context = analysis->context;
    const mlab_task *task = p->task;
    const mlab_cohort *cohort = task->cohort;
    size_t reference = (size_t)cohort->reference;
    mlab_text reason = MLAB_TEXT(context);
    double log_ratio_se = 0;
    c->measure = mlab_copy_text(context, measure_of(task, p->stat));
    c->outcome = mlab_copy_text(context, task->outcome->name);
    c->arm = mlab_copy_text(context, cohort->arms[p->arm]);
    c->reference = mlab_copy_text(context, cohort->arms[reference]);
    c->group = mlab_copy_text(context, analysis->group);
    c->cause = task->kind == MLAB_TASK_ANSWERS && task->outcome->kind == MLAB_OUTCOME_YES_NO ? mlab_task_yes(task)
                                                                                             : mlab_copy_text(context, mlab_task_cause(task));
    c->event = mlab_copy_text(context, task->event && task->event->response ? task->event->response : "");
    c->method = mlab_copy_text(context, task->weighted ? "weighting" : "standardisation");
    c->estimand = mlab_estimand_sentence(analysis, task, p->arm, p->horizon, p->stat);
    c->horizon = cohort->months * (double)analysis->horizon[p->horizon];
    c->level = analysis->options->level;
    c->overlap = overlap;
    c->risk_arm = analysis->level[p->at];
    c->risk_reference = analysis->level[p->at_reference];
    c->estimate = c->risk_arm - c->risk_reference;
    c->n_arm = task->people[p->arm];
    c->n_reference = task->people[reference];
    c->events_arm = task->events[p->arm];
    c->events_reference = task->events[reference];
    c->years_arm = task->years[p->arm];
    c->years_reference = task->years[reference];
    set_errors(p, c, &log_ratio_se);
    double t = interval_t(c->level, mlab_cohort_units(cohort), c->bootstrap_done, &c->df);
    c->lower = c->estimate - t * c->se;
    c->upper = c->estimate + t * c->se;
    c->log_ratio_se = log_ratio_se;
    if (c->measure) {
        set_trust(p, c, &reason);
        set_ratio(p, c, t, log_ratio_se);
    }
    mlab_bounds_set(analysis, p->k, p->arm, p->at, p->at_reference, c);
    c->reason = mlab_copy_text(context, mlab_text_get(&reason));
    c->caveats = mlab_contrast_caveats(analysis, task, p->arm, p->horizon, overlap);
    bool made = !reason.failed && c->measure && c->outcome && c->arm && c->reference && c->group && c->cause && c->event && c->method &&
                c->estimand && c->reason && c->caveats;
    mlab_text_free(&reason);
    return made ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a contrast");
}

void mlab_contrast_clear(const mlab_context *context, mlab_contrast *c)
{
    char *parts[] = {c->outcome, c->arm, c->reference, c->group, c->cause, c->event, c->estimand, c->measure, c->method, c->reason, c->caveats};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(context, parts[j]);
}

static mlab_status add_arm(const mlab_analysis *analysis, size_t k, size_t arm, double overlap, mlab_contrast **contrasts, size_t *n,
                           size_t *capacity, mlab_error *err)
{
    const mlab_task *task = analysis->task[k];
    for (size_t h = 0; h < task->n_horizons; h++)
        for (size_t s = 0; s < task->n_stats; s++) {
            if (task->horizon[h] < 0) continue;
            mlab_status status = mlab_grow(analysis->context, contrasts, *n, capacity, sizeof **contrasts, err);
            if (status) return status;
            mlab_contrast *c = &(*contrasts)[(*n)++];
            memset(c, 0, sizeof *c);
            size_t first = analysis->offset[k], reference = (size_t)task->cohort->reference;
            pair p = {.analysis = analysis,
                      .task = task,
                      .k = k,
                      .arm = arm,
                      .horizon = h,
                      .stat = s,
                      .at = first + (arm * task->n_horizons + h) * task->n_stats + s,
                      .at_reference = first + (reference * task->n_horizons + h) * task->n_stats + s,
                      .event = task->kind != MLAB_TASK_ANSWERS,
                      .absence = task->kind != MLAB_TASK_ANSWERS && task->outcome->absence};
            if ((status = fill(&p, overlap, c, err))) return status;
        }
    return MLAB_OK;
}

mlab_status mlab_contrasts_add(const mlab_analysis *analysis, mlab_contrast **contrasts, size_t *n, size_t *capacity, mlab_error *err)
{
    const mlab_cohort *cohort = analysis->cohort;
    for (size_t a = 0; a < cohort->n_arms; a++) {
        double overlap = 0;
        if ((int32_t)a == cohort->reference || !strcmp(cohort->arms[a], "past")) continue;
        mlab_status status = mlab_overlap(analysis->context, analysis->weights, (int32_t)a, &overlap, err);
        for (size_t k = 0; !status && k < analysis->n_tasks; k++)
            if (analysis->task[k]->people[a] > 0) status = add_arm(analysis, k, a, overlap, contrasts, n, capacity, err);
        if (status) return status;
    }
    return MLAB_OK;
}
