/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was observed, by arm as started: Kaplan-Meier, or Aalen-Johansen where causes compete, in periods since time zero.
 *
 * Cause 1 is the event that the outcome counts. A stay in one arm is one row: it enters when it begins and is censored when the person goes to
 * another arm. Weakness: people choose when to start, so these curves are not what would have happened; the standardised ones are. */
#include "compare/analysis.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

/* Cause of cohort row r: 0 none, 1 the event counted, from 2 on what competes with it. `at_risk` says whether the row counts. */
static int32_t cause_of(const mlab_task *task, size_t r, bool *at_risk)
{
    const mlab_cohort *cohort = task->cohort;
    *at_risk = true;
    if (cohort->person_level) return cohort->event[r];
    uint32_t row = cohort->source[r];
    *at_risk = task->event && task->event->at_risk[row];
    if (!task->event) return 0;
    int32_t what = task->event->what[row], target = (int32_t)task->target + 1;
    if (what) return task->kind == MLAB_TASK_FIRST || what == target ? 1 : what < target ? what + 1 : what;
    return task->kind == MLAB_TASK_FIRST && task->exit && task->exit->what[row] ? 2 : 0;
}

static void collect(const mlab_task *task, mlab_stay_rows *out)
{
    const mlab_cohort *cohort = task->cohort;
    for (size_t g = 0; g < cohort->n_people; g++) {
        bool open = false;
        for (size_t r = cohort->first[g]; r < cohort->first[g + 1]; r++) {
            bool at_risk;
            int32_t cause = cause_of(task, r, &at_risk);
            if (!at_risk) {
                open = false;
                continue;
            }
            if (!open || out->arm[out->n - 1] != cohort->arm[r] || out->stop[out->n - 1] != (double)cohort->time[r]) {
                out->start[out->n] = cohort->time[r];
                out->arm[out->n] = cohort->arm[r];
                out->person[out->n] = (uint32_t)g;
                out->n++;
            }
            open = true;
            out->stop[out->n - 1] = (double)cohort->time[r] + 1;
            out->status[out->n - 1] = cause;
            if (cause) break;
        }
    }
}

mlab_status mlab_stay_rows_make(const mlab_context *context, const mlab_task *task, mlab_stay_rows *s, mlab_error *err)
{
    size_t n = task->cohort->n_rows;
    *s = (mlab_stay_rows){.start = mlab_allocate(context, n, sizeof *s->start),
                          .stop = mlab_allocate(context, n, sizeof *s->stop),
                          .status = mlab_allocate(context, n, sizeof *s->status),
                          .arm = mlab_allocate(context, n, sizeof *s->arm),
                          .person = mlab_allocate(context, n, sizeof *s->person)};
    if (!s->start || !s->stop || !s->status || !s->arm || !s->person)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the curves of %s", task->outcome->name);
    collect(task, s);
    return MLAB_OK;
}

void mlab_stay_rows_free(const mlab_context *context, mlab_stay_rows *s)
{
    void *const memory[] = {s->start, s->stop, s->status, s->arm, s->person};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
}

size_t mlab_task_causes(const mlab_task *task)
{
    return task->kind == MLAB_TASK_FIRST ? 1 + (size_t)(task->exit != NULL) : task->event ? (size_t)task->event->n_causes : 1;
}

static mlab_status add(const mlab_analysis *analysis, const mlab_task *task, mlab_curve *into, mlab_error *err)
{
    const mlab_context *context = analysis->context;
    const mlab_cohort *cohort = task->cohort;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_curve *curves = NULL;
    mlab_stay_rows s;
    options.level = analysis->options->level;
    mlab_status status = mlab_stay_rows_make(context, task, &s, err);
    if (!status)
        status = mlab_curve_fit(context, s.n, s.start, s.stop, s.status, mlab_task_causes(task), s.arm, cohort->n_arms, NULL, &options, &curves, err);
    mlab_stay_rows_free(context, &s);
    if (status) return status;
    for (size_t a = 0; a < cohort->n_arms; a++) {
        mlab_text name = MLAB_TEXT(context);
        mlab_text_print(&name, "%s/%s", task->outcome->name, cohort->arms[a]);
        mlab_release(context, curves[a].group);
        curves[a].group = name.failed ? NULL : mlab_copy_text(context, mlab_text_get(&name));
        mlab_text_free(&name);
        if (!curves[a].group) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the curves of %s", task->outcome->name);
        into[a] = curves[a];
    }
    mlab_release(context, curves); /* its contents have moved */
    return status;
}

mlab_status mlab_observed_curves(const mlab_analysis *analysis, mlab_curve **curves, size_t *n, mlab_error *err)
{
    size_t arms = analysis->cohort->n_arms;
    *n = 0;
    *curves = mlab_allocate(analysis->context, analysis->n_tasks + 1, arms * sizeof **curves);
    if (!*curves) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the curves of %zu outcomes", analysis->n_tasks);
    for (size_t i = 0; i < (analysis->n_tasks + 1) * arms; i++) (*curves)[i].context = analysis->context;
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        const mlab_task *task = analysis->task[k];
        bool again = k > 0 && analysis->task[k - 1]->outcome == task->outcome; /* the same outcome by the other method */
        if (task->kind == MLAB_TASK_ANSWERS || again) continue;
        size_t at = *n;
        *n += arms;
        mlab_status status = add(analysis, task, *curves + at, err);
        if (status) return status;
    }
    return MLAB_OK;
}
