/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a contrast answers and what it takes for granted, in plain words. Numbers in English form, whatever the locale. */
#include "compare/analysis.h"

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

static void put_number(mlab_text *text, double value, int decimals)
{
    char number[64];
    mlab_number_for_people(value, decimals, number, sizeof number);
    mlab_text_append(text, number);
}

enum { LEAST_TOLD = 5 }; /* sentences stand where small counts do not */

static void put_people(mlab_text *text, double people, bool capital)
{
    if (people >= 1 && people < LEAST_TOLD)
        mlab_text_print(text, "%s than %d", capital ? "Fewer" : "fewer", LEAST_TOLD);
    else
        put_number(text, people, 0);
}

static char *taken(mlab_text *text, const mlab_context *context)
{
    char *copy = text->failed ? NULL : mlab_copy_text(context, mlab_text_get(text));
    mlab_text_free(text);
    return copy;
}

static uint64_t people_of(const mlab_task *task)
{
    uint64_t n = 0;
    for (size_t g = 0; g < task->cohort->n_people; g++) n += !task->eligible || task->eligible[g];
    return n;
}

static void put_event(mlab_text *text, const mlab_task *task, double months)
{
    const mlab_panel_event *event = task->event;
    if (task->kind == MLAB_TASK_FIRST) {
        mlab_text_print(text, "Difference in the share with a first %s within ", event->name);
    } else {
        mlab_text_append(text, task->outcome->absence ? "Difference in the share with no " : "Difference in the share with a ");
        if (*mlab_task_cause(task)) mlab_text_print(text, "%s ", mlab_task_cause(task));
        mlab_text_print(text, "%s within ", event ? event->response : "event");
    }
    put_number(text, months, 0);
    mlab_text_append(text, " months of time zero");
}

static void put_answer(mlab_text *text, const mlab_task *task, size_t stat, double months, double from, double to)
{
    char *yes = task->outcome->kind == MLAB_OUTCOME_YES_NO ? mlab_task_yes(task) : NULL;
    if (yes)
        mlab_text_print(text, "Difference in the share with %s", yes);
    else if (task->answers.n_levels && (stat == 1 || task->n_stats == 1))
        mlab_text_print(text, "Difference in the share satisfied by \"%s\"", task->outcome->name);
    else
        mlab_text_print(text, "Difference in mean %s%s", task->outcome->name, task->answers.n_levels ? " (levels counted from 1)" : "");
    mlab_release(task->cohort->context, yes);
    if (task->cohort->no_time) return;
    mlab_text_append(text, " at the last wave before month ");
    put_number(text, months, 0);
    mlab_text_append(text, " (months ");
    put_number(text, from, 0);
    mlab_text_append(text, " to ");
    put_number(text, to, 0);
    mlab_text_append(text, " after time zero), as if nobody had left before");
}

char *mlab_estimand_sentence(const mlab_analysis *analysis, const mlab_task *task, size_t arm, size_t horizon, size_t stat)
{
    const mlab_cohort *cohort = task->cohort;
    mlab_text text = MLAB_TEXT(analysis->context);
    double months = cohort->months * (double)analysis->horizon[horizon], wave = cohort->months * (double)task->horizon[horizon];
    if (task->kind == MLAB_TASK_ANSWERS)
        put_answer(&text, task, stat, months, wave, wave + cohort->months);
    else
        put_event(&text, task, months);
    mlab_text_print(&text, ", had everyone been in \"%s\"%s, against \"%s\"; average over the ", cohort->arms[arm],
                    cohort->no_time ? "" : " from time zero on", cohort->arms[cohort->reference]);
    if (!*analysis->group) { /* of a subgroup the size may be one that is hidden */
        put_people(&text, (double)people_of(task), false);
        if (!cohort->no_time) mlab_text_append(&text, " ");
    }
    if (cohort->no_time) mlab_text_append(&text, *analysis->group ? "rows" : " rows");
    if (cohort->cluster) {
        mlab_text_append(&text, ", of ");
        put_people(&text, (double)cohort->n_clusters, false);
        mlab_text_append(&text, " that were asked");
    }
    mlab_text_append(&text, cohort->no_time ? "" : cohort->person_level ? "people" : "people at time zero (entry into the panel, or hire)");
    if (*analysis->group) mlab_text_print(&text, " with %s", analysis->group);
    if (task->kind == MLAB_TASK_FIRST) mlab_text_append(&text, "; whoever leaves before can no longer have it");
    if (*mlab_task_cause(task)) mlab_text_append(&text, "; other causes of leaving compete");
    mlab_text_append(&text, ".");
    return taken(&text, analysis->context);
}

static void put_share(mlab_text *text, double share)
{
    put_number(text, 100 * share, 0);
    mlab_text_append(text, " of 100");
}

char *mlab_contrast_caveats(const mlab_analysis *analysis, const mlab_task *task, size_t arm, size_t horizon, double overlap)
{
    const mlab_cohort *cohort = task->cohort;
    size_t reference = (size_t)cohort->reference;
    mlab_text text = MLAB_TEXT(analysis->context);
    uint64_t people = task->people[arm] < task->people[reference] ? task->people[arm] : task->people[reference];
    if (people < 10) mlab_text_append(&text, "Fewer than 10 people in one of the groups: the interval is a guess.\n");
    if (overlap < 0.9) {
        mlab_text_append(&text, "Only ");
        put_share(&text, overlap);
        mlab_text_append(&text, " people have comparable others in both groups; for the rest the number is the model's.\n");
    }
    if (task->kind == MLAB_TASK_ANSWERS)
        mlab_text_append(&text, "Those who left or did not answer were not asked; the model speaks for them, given what was adjusted for.\n");
    if (task->weighted && !cohort->person_level && horizon < task->n_horizons) {
        mlab_text_append(&text, "Weights run from ");
        put_number(&text, analysis->weights->lowest, 2);
        mlab_text_append(&text, " to ");
        put_number(&text, analysis->weights->highest, 2);
        mlab_text_append(&text, ", cut at ");
        put_share(&text, analysis->options->truncate);
        mlab_text_append(&text, " rows on both sides.\n");
    }
    if (*analysis->group) mlab_text_append(&text, "One of several subgroups: some will differ by chance alone.\n");
    return taken(&text, analysis->context);
}

/* Columns of adjust that are not a state at the period's start. */
static void put_adjust(mlab_text *text, const mlab_analysis *analysis)
{
    static const char *const states[] = {"grade", "tenure", "time_in_grade", "mentoring_others", "period"};
    const mlab_compare_spec *spec = analysis->spec;
    const mlab_panel *panel = analysis->data->panel;
    bool started = false;
    if (spec->n_adjust == 0) mlab_text_append(text, "Nothing is adjusted for: the groups are compared as they are.\n");
    for (size_t a = 0; panel && a < spec->n_adjust; a++) {
        const char *name = spec->adjust[a];
        bool state = strlen(name) > 5 && !strcmp(name + strlen(name) - 5, "_last");
        for (size_t k = 0; k < sizeof states / sizeof *states; k++) state = state || !strcmp(name, states[k]);
        for (size_t m = 0; m < panel->n_measures; m++)
            if (!strcmp(panel->measures[m], name)) {
                mlab_text_print(text, "\"%s\" is answered after exposure can start, so adjusting for it can hide an effect; use \"%s_last\".\n", name,
                                name);
                state = true;
            }
        if (state) continue;
        mlab_text_append(text, started ? ", " : "Taken as known at time zero, whenever it was recorded: ");
        mlab_text_append(text, name);
        started = true;
    }
    if (started) mlab_text_append(text, ".\n");
}

static void put_left_out(mlab_text *text, const mlab_cohort *cohort)
{
    const struct {
        double amount;
        int decimals;
        const char *what;
    } left[] = {
        {(double)cohort->prevalent_people, 0, " people are left out: their relationship began before time zero.\n"},
        {(double)cohort->missing_people, 0, " people are left out: something that is adjusted for is missing.\n"},
        {(double)cohort->empty_people, 0, " people are left out: they have no time at risk with a known group.\n"},
        {cohort->unknown_years, 1, " person-years are left out: no source says which group they belong to.\n"},
        {cohort->later_years, 1, " person-years are left out: second employments of the same people.\n"},
    };
    for (size_t k = 0; k < sizeof left / sizeof *left; k++) {
        if (!(left[k].amount > 0)) continue;
        if (left[k].decimals)
            put_number(text, left[k].amount, left[k].decimals);
        else
            put_people(text, left[k].amount, true);
        mlab_text_append(text, left[k].what);
    }
}

char *mlab_comparison_caveats(const mlab_analysis *analysis)
{
    mlab_text text = MLAB_TEXT(analysis->context);
    const mlab_cohort *cohort = analysis->cohort;
    if (cohort->person_level && !strcmp(analysis->data->arm_exposure, "ever"))
        mlab_text_append(&text, "Time before mentoring counts as mentored (immortal time): groups that had to stay to be mentored look better.\n");
    mlab_text_append(&text, "These numbers are right only if nothing that was not recorded drives both who is mentored and what happens to them; the "
                            "E-value says how strong it would have to be.\n");
    if (!cohort->person_level)
        mlab_text_append(&text, analysis->options->exposure == 0
                                    ? "People stay in the group of the relationship they started, also after it ends.\n"
                                    : "People leave their group when the relationship ends; pairs tend to close shortly before people leave.\n");
    mlab_text_append(&text,
                     "Confounding that earlier mentoring itself changes (a mentor changes satisfaction, which changes who looks for the next one) "
                     "is beyond this comparison.\n"
                     "One person's mentoring is taken to change nobody else's outcome; where mentors or vacancies are scarce that is doubtful.\n");
    if (analysis->data->caveats) mlab_text_append(&text, analysis->data->caveats);
    if (cohort->cluster)
        mlab_text_append(&text,
                         "Rows of one cluster (the column in cluster()) are counted together for the intervals; so are the counts of people.\n");
    put_adjust(&text, analysis);
    put_left_out(&text, cohort);
    if (analysis->skipped) mlab_text_append(&text, analysis->skipped);
    return taken(&text, analysis->context);
}
