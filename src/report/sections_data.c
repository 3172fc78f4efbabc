/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies behind the differences: curves over time, likeness of the groups, the models. */
#include "core/error.h"
#include "core/memory.h"
#include "mentorlab/joint.h"
#include "mentorlab/raters.h"
#include "report/sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- curves ------------------------------------------------------------------------------------------------ */

enum { MOST_LINES = 12 };

/* "retention" of "retention/none"; the length, and the arm after it. */
static size_t outcome_of(const char *name, const char **arm)
{
    const char *slash = strchr(name, '/');
    *arm = slash ? slash + 1 : "";
    return slash ? (size_t)(slash - name) : strlen(name);
}

/* A curve of an arm is shown where a difference with the arm in it is told. */
static bool arm_told(const mlab_story *story, const char *outcome, size_t n, const char *arm)
{
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        if (!story->contrasts[k].told || (c->group && *c->group) || strlen(c->outcome) != n || strncmp(c->outcome, outcome, n) != 0) continue;
        if (strcmp(c->arm, arm) == 0 || strcmp(c->reference, arm) == 0) return true;
    }
    return false;
}

static double factor_of(const mlab_story *story, const char *outcome, size_t n)
{
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        if (strlen(c->outcome) == n && strncmp(c->outcome, outcome, n) == 0) return strcmp(c->measure, "mean_difference") == 0 ? 1 : 100;
    }
    return 100;
}

typedef struct plot {
    mlab_chart_line lines[MOST_LINES];
    double *memory[MOST_LINES]; /* x, then y */
    size_t n;
} plot;

static mlab_status add_line(const mlab_story *story, plot *p, const char *label, size_t n, bool steps, double **x, double **y, mlab_error *err)
{
    double *memory = mlab_allocate(story->context, n, 2 * sizeof *memory);
    if (!memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a chart");
    p->memory[p->n] = memory;
    *x = memory;
    *y = memory + n;
    p->lines[p->n++] = (mlab_chart_line){.label = label, .x = memory, .y = memory + n, .n = n, .steps = steps};
    return MLAB_OK;
}

static void plot_free(const mlab_story *story, plot *p)
{
    for (size_t i = 0; i < p->n; i++) mlab_release(story->context, p->memory[i]);
    p->n = 0;
}

/* Place of a line's value at x, SIZE_MAX = none: a step line keeps its value up to its last step, others have values at their own x alone. */
static size_t place_at(const mlab_chart_line *line, double x)
{
    const double near = 1e-9 * (1 + fabs(x));
    if (!line->n || x < line->x[0] - near || x > line->x[line->n - 1] + near) return SIZE_MAX;
    size_t i = 0;
    while (i + 1 < line->n && line->x[i + 1] <= x + near) i++;
    return line->steps || fabs(line->x[i] - x) <= near ? i : SIZE_MAX;
}

/* The lines of a chart as a table, at most a dozen times. Lines may have steps at different times. */
static void tell_plot(mlab_doc *doc, const mlab_story *story, const plot *p, const char *title, double factor)
{
    const char *headings[MOST_LINES + 1] = {"Months"}, *cell[MOST_LINES + 1];
    size_t longest = 0;
    for (size_t k = 0; k < p->n; k++) {
        headings[k + 1] = p->lines[k].label;
        if (p->lines[k].n > p->lines[longest].n) longest = k;
    }
    const mlab_chart_line *along = &p->lines[longest];
    const size_t step = along->n > 12 ? (along->n + 11) / 12 : 1;
    mlab_doc_table(doc, title, true, headings, p->n + 1);
    for (size_t i = 0; i < along->n; i += step) {
        mlab_cells cells = {.used = 0};
        mlab_number_text number;
        for (size_t k = 0; k <= p->n; k++) {
            mlab_text made = MLAB_TEXT(story->context);
            size_t at;
            if (k == 0)
                mlab_text_append(&made, mlab_tell_number(along->x[i], 0, false, number));
            else if ((at = place_at(&p->lines[k - 1], along->x[i])) != SIZE_MAX)
                mlab_text_append(&made, mlab_tell_number(p->lines[k - 1].y[at], factor == 1 ? 2 : 1, false, number));
            cell[k] = mlab_cells_cell(&cells, &made);
            mlab_text_free(&made);
        }
        if (cells.failed) doc->text.failed = true;
        mlab_doc_row(doc, cell);
    }
    mlab_doc_table_end(doc, true);
}

static void show_plot(mlab_doc *doc, const mlab_story *story, const plot *p, const char *outcome, size_t n, const char *what, double factor)
{
    if (!p->n) return;
    mlab_text title = MLAB_TEXT(story->context), name = MLAB_TEXT(story->context), table = MLAB_TEXT(story->context);
    mlab_text_append_bytes(&name, outcome, n);
    mlab_tell_name(&title, mlab_text_get(&name), true);
    mlab_text_print(&title, ", %s", what);
    mlab_text_print(&table, "%s: the numbers", mlab_text_get(&title));
    mlab_chart_lines(doc, mlab_text_get(&title), "months", p->lines, p->n);
    tell_plot(doc, story, p, mlab_text_get(&table), factor);
    if (title.failed || name.failed || table.failed) doc->text.failed = true;
    mlab_text_free(&title);
    mlab_text_free(&name);
    mlab_text_free(&table);
}

/* Months up to which enough people of the curve's group were observed; INFINITY when nothing was. */
static double months_observed(const mlab_story *story, const char *name)
{
    const mlab_comparison *c = story->spec->results->comparison;
    for (size_t k = 0; k < c->n_curves; k++) {
        if (strcmp(c->curves[k].group, name) != 0) continue;
        const size_t kept = mlab_privacy_curve(&c->curves[k], (uint64_t)story->options->minimum_cell);
        return kept ? c->curves[k].time[kept - 1] * c->months_per_time : 0;
    }
    return INFINITY;
}

/* What would have been is told from where somebody and as far as enough people were observed. */
static mlab_status add_standardised(const mlab_story *story, const char *outcome, size_t n, double factor, plot *p, mlab_error *err)
{
    const mlab_comparison *c = story->spec->results->comparison;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < c->n_standardised && !status && p->n < MOST_LINES; k++) {
        const char *arm;
        double *x, *y;
        if (outcome_of(c->standardised_names[k], &arm) != n || strncmp(c->standardised_names[k], outcome, n) != 0) continue;
        const double until = months_observed(story, c->standardised_names[k]);
        const double from = c->standardised_from ? c->standardised_from[k] : 0;
        size_t first = 0, end = 0;
        while (first < c->n_times && (double)first * c->months_per_time < from) first++;
        for (end = first; end < c->n_times && (double)end * c->months_per_time <= until;) end++;
        if (end == first) continue;
        if (!arm_told(story, outcome, n, arm) || (status = add_line(story, p, arm, end - first, false, &x, &y, err))) continue;
        for (size_t t = first; t < end; t++) {
            x[t - first] = (double)t * c->months_per_time;
            y[t - first] = factor * c->standardised[k * c->n_times + t];
        }
    }
    return status;
}

/* Whether the outcome tells that something has not happened: retention is the share who stayed, 1 at the start. */
static bool tells_absence(const mlab_comparison *c, const char *outcome, size_t n)
{
    const char *arm;
    for (size_t k = 0; k < c->n_standardised; k++)
        if (c->n_times && outcome_of(c->standardised_names[k], &arm) == n && strncmp(c->standardised_names[k], outcome, n) == 0)
            return c->standardised[k * c->n_times] > 0.5;
    return n == strlen("retention") && strncmp(outcome, "retention", n) == 0;
}

/* The share of 100 at a time, in the direction of the outcome; with several causes the first is the one that counts. */
static double observed_share(const mlab_curve *curve, size_t time, bool absence)
{
    if (!curve->n_causes) return 100 * (absence ? curve->estimate[time] : 1 - curve->estimate[time]);
    const double incidence = curve->estimate[time * curve->n_causes];
    return 100 * (absence ? 1 - incidence : incidence);
}

/* Observed curves up to where too few are at risk. */
static mlab_status add_observed(const mlab_story *story, const char *outcome, size_t n, plot *p, mlab_error *err)
{
    const mlab_comparison *c = story->spec->results->comparison;
    const bool absence = tells_absence(c, outcome, n);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < c->n_curves && !status && p->n < MOST_LINES; k++) {
        const mlab_curve *curve = &c->curves[k];
        const size_t kept = mlab_privacy_curve(curve, (uint64_t)story->options->minimum_cell);
        const char *arm;
        double *x, *y;
        if (!kept || outcome_of(curve->group, &arm) != n || strncmp(curve->group, outcome, n) != 0) continue;
        if (!arm_told(story, outcome, n, arm) || (status = add_line(story, p, arm, kept + 1, true, &x, &y, err))) continue;
        y[0] = absence ? 100 : 0;
        for (size_t t = 0; t < kept; t++) {
            x[t + 1] = curve->time[t] * c->months_per_time;
            y[t + 1] = observed_share(curve, t, absence);
        }
    }
    return status;
}

/* Which event is counted where several compete: "without a voluntary exit", or "with" where the outcome tells the event itself. */
static void put_cause(const mlab_story *story, const char *outcome, mlab_text *text)
{
    const bool absence = tells_absence(story->spec->results->comparison, outcome, strlen(outcome));
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        if (strcmp(c->outcome, outcome) != 0 || strcmp(c->measure, "risk_difference") != 0 || !c->cause || !*c->cause) continue;
        mlab_text_print(text, " %s a %s exit", absence ? "without" : "with", c->cause);
        return;
    }
}

static mlab_status tell_outcome(mlab_doc *doc, const mlab_story *story, const char *outcome, mlab_error *err)
{
    const size_t n = strlen(outcome);
    const double factor = factor_of(story, outcome, n);
    mlab_text forced = MLAB_TEXT(story->context), seen = MLAB_TEXT(story->context);
    mlab_text_append(&forced, factor == 1 ? "mean" : "of 100 people");
    if (factor != 1) put_cause(story, outcome, &forced);
    mlab_text_append(&forced, factor == 1 ? " had everyone been in the group" : ", had everyone been in the group");
    mlab_text_append(&seen, "as observed in each group, of 100");
    put_cause(story, outcome, &seen);
    plot p = {.n = 0};
    mlab_status status = add_standardised(story, outcome, n, factor, &p, err);
    if (!status) show_plot(doc, story, &p, outcome, n, mlab_text_get(&forced), factor);
    plot_free(story, &p);
    if (!status) status = add_observed(story, outcome, n, &p, err);
    if (!status) show_plot(doc, story, &p, outcome, n, mlab_text_get(&seen), 100);
    plot_free(story, &p);
    if (forced.failed || seen.failed) doc->text.failed = true;
    mlab_text_free(&forced);
    mlab_text_free(&seen);
    return status;
}

mlab_status mlab_tell_curves(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_comparison *c = story->spec->results->comparison;
    mlab_status status = MLAB_OK;
    if (!c || (!c->n_standardised && !c->n_curves) || !story->n_contrasts) return MLAB_OK;
    mlab_doc_heading(doc, 3, "Over time");
    for (size_t k = 0; k < story->n_contrasts && !status; k++) {
        bool before = false;
        for (size_t i = 0; i < k; i++) before |= strcmp(story->contrasts[i].contrast->outcome, story->contrasts[k].contrast->outcome) == 0;
        if (!before) status = tell_outcome(doc, story, story->contrasts[k].contrast->outcome, err);
    }
    return status ? status : mlab_tell_stays(doc, story, err);
}

/* --- likeness of the groups ----------------------------------------------------------------------------------- */

static bool arm_told_anywhere(const mlab_story *story, const char *arm)
{
    for (size_t k = 0; k < story->n_contrasts; k++)
        if (story->contrasts[k].told && strcmp(story->contrasts[k].contrast->arm, arm) == 0) return true;
    return false;
}

/* Means by group would tell counts of small levels, so that only the standardised differences are told. */
void mlab_tell_balance(mlab_doc *doc, const mlab_story *story)
{
    const mlab_comparison *c = story->spec->results->comparison;
    if (!c || !c->n_balance) return;
    mlab_doc_heading(doc, 3, "How alike are the groups?");
    mlab_doc_paragraph(
        doc, NULL,
        "Differences of what was recorded at the start, in standard deviations; below 0.1 counts as alike. Nobody can tell from this what "
        "was not recorded.");
    mlab_doc_table(doc, "Likeness of the groups", true, (const char *const[]){"Group", "Recorded", "Before weighting", "After weighting"}, 4);
    for (size_t k = 0; k < c->n_balance; k++) {
        const mlab_balance *b = &c->balance[k];
        mlab_number_text before, after;
        if (!arm_told_anywhere(story, b->arm)) continue;
        mlab_tell_number(b->smd_before, 2, true, before);
        mlab_tell_number(b->smd_after, 2, true, after);
        mlab_doc_row(doc, (const char *const[]){b->arm, b->covariate, before, after});
    }
    mlab_doc_table_end(doc, true);
}

/* --- models ----------------------------------------------------------------------------------------------------- */

static void tell_coefficients(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    mlab_text caption = MLAB_TEXT(story->context);
    mlab_text_print(&caption, "Coefficients of %s (conditional on the other terms: not the effect of the program)", fit->outcome);
    mlab_doc_table(doc, mlab_text_get(&caption), true, (const char *const[]){"Term", "Estimate", "Standard error"}, 3);
    if (caption.failed) doc->text.failed = true;
    mlab_text_free(&caption);
    for (size_t j = 0; j < fit->n_parameters; j++) {
        mlab_number_text estimate, error;
        const double *covariance = fit->robust ? fit->robust : fit->covariance;
        const double variance = covariance ? covariance[j * fit->n_parameters + j] : 0;
        const bool aliased = fit->aliased && fit->aliased[j];
        if (!mlab_rater_term_shown(fit, fit->names[j], (uint64_t)story->options->minimum_cell)) continue;
        mlab_tell_number(fit->estimate[j], 4, false, estimate);
        mlab_tell_number(sqrt(variance > 0 ? variance : 0), 4, false, error);
        const bool hidden = mlab_joint_hides(fit, j) || !mlab_fit_term_shown(fit, fit->names[j], (uint64_t)story->options->minimum_cell);
        mlab_doc_row(doc, (const char *const[]){fit->names[j],
                                                hidden    ? "cannot be told"
                                                : aliased ? "left out"
                                                          : estimate,
                                                aliased || hidden ? "" : error});
    }
    mlab_doc_table_end(doc, true);
}

mlab_status mlab_tell_fits(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_results *r = story->spec->results;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    if (!r->n_fits) return MLAB_OK;
    mlab_doc_heading(doc, 3, "The models");
    mlab_doc_table(doc, NULL, false, (const char *const[]){"Outcome", "Model", "Formula", "People", "Rows", "Events", "Clusters", "Trust"}, 8);
    for (size_t k = 0; k < r->n_fits; k++) {
        const mlab_fit *fit = r->fits[k];
        mlab_number_text people, rows, events, clusters;
        const mlab_told_fit told = mlab_fit_counts_told(fit, minimum);
        mlab_tell_fit_count(fit->n_people, told.people, minimum, people);
        mlab_tell_fit_count(fit->n_rows, told.rows, minimum, rows);
        mlab_tell_fit_count(fit->n_events, told.events, minimum, events);
        mlab_tell_fit_count(fit->n_clusters, told.clusters, minimum, clusters);
        char *reason = NULL;
        if (mlab_fit_reason_told(story->context, fit, minimum, &reason, err)) return MLAB_ERR_MEMORY;
        mlab_doc_row(doc, (const char *const[]){fit->outcome, fit->model, fit->formula ? fit->formula : "", people, rows, events, clusters,
                                                fit->trust == MLAB_TRUSTED ? "yes"
                                                : *reason                  ? reason
                                                                           : mlab_trust_sentence(fit->trust)});
        mlab_fit_reason_free(story->context, reason);
    }
    mlab_doc_table_end(doc, false);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < r->n_fits && !status; k++) {
        tell_coefficients(doc, story, r->fits[k]);
        mlab_tell_joint(doc, story, r->fits[k]);
        mlab_tell_random(doc, story, r->fits[k]);
        status = mlab_tell_groups(doc, story, r->fits[k], err);
        mlab_tell_raters(doc, story, r->fits[k], minimum);
        mlab_tell_after(doc, story, r->fits[k]);
    }
    return status;
}
