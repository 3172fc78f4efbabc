/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests of terms, average effects, predictions, profile intervals and diagnoses of a fit, where the study asked for them. */
#include "report/sections.h"

#include "mentorlab/after.h"
#include "mentorlab/joint.h"
#include "mentorlab/raters.h"

#include <math.h>
#include <string.h>

/* Severities of roles are not told where they would be those of few. */
static bool shown(const mlab_story *story, const mlab_fit *fit, const char *name)
{
    return mlab_fit_term_shown(fit, name, (uint64_t)story->options->minimum_cell);
}

static const char *tell_p(double p, bool there, mlab_number_text into)
{
    if (!there || p < 0) return "";
    return p < 0.0001 ? "under 0.0001" : mlab_tell_number(p, 4, false, into);
}

void mlab_tell_begin(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, const char *what, const char *const *headings, size_t n)
{
    mlab_text caption = MLAB_TEXT(story->context);
    mlab_text_print(&caption, "%s of %s", what, fit->outcome);
    mlab_doc_table(doc, mlab_text_get(&caption), true, headings, n);
    if (caption.failed) doc->text.failed = true;
    mlab_text_free(&caption);
}

static void tell_tests(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    const mlab_after *after = fit->after;
    if (!after->n_tests) return;
    mlab_tell_begin(doc, story, fit, fit->robust ? "Tests of the terms (ratio and score take rows as independent)" : "Tests of the terms",
                    (const char *const[]){"Term", "Degrees of freedom", "Likelihood ratio", "p", "Wald", "p", "Score", "p"}, 8);
    for (size_t k = 0; k < after->n_tests; k++) {
        const mlab_term_test *t = &after->tests[k];
        if (!shown(story, fit, t->term)) continue;
        const mlab_test *const tests[] = {&t->likelihood_ratio, &t->wald, &t->score};
        mlab_number_text df, statistic[3], p[3];
        const char *cells[8] = {t->term, mlab_tell_number((double)(t->likelihood_ratio.df ? t->likelihood_ratio.df : t->wald.df), 0, false, df)};
        for (size_t i = 0; i < 3; i++) {
            cells[2 + 2 * i] = tests[i]->df ? mlab_tell_number(tests[i]->statistic, 2, false, statistic[i]) : "";
            cells[3 + 2 * i] = tell_p(tests[i]->p, tests[i]->df > 0, p[i]);
        }
        mlab_doc_row(doc, cells);
    }
    mlab_doc_table_end(doc, true);
}

static void tell_margins(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    const mlab_after *after = fit->after;
    if (!after->n_margins) return;
    mlab_tell_begin(doc, story, fit, "Average effects on the response scale (conditional on the other terms: not the effect of the program)",
                    (const char *const[]){"What changes", "As", "Probability of", "After", "Effect", "From", "To"}, 7);
    for (size_t k = 0; k < after->n_margins; k++) {
        const mlab_margin *m = &after->margins[k];
        if (!shown(story, fit, m->what)) continue;
        mlab_number_text effect, lower, upper, time;
        mlab_text after_time = MLAB_TEXT(story->context);
        bool interval = m->lower < m->upper;
        if (m->time >= 0)
            mlab_text_print(&after_time, "%s%s%s", mlab_tell_number(m->time, m->time == floor(m->time) ? 0 : 2, false, time), m->unit[0] ? " " : "",
                            m->unit);
        mlab_doc_row(doc, (const char *const[]){m->what, m->measure, m->of, mlab_text_get(&after_time), mlab_tell_number(m->effect, 4, false, effect),
                                                interval ? mlab_tell_number(m->lower, 4, false, lower) : "",
                                                interval ? mlab_tell_number(m->upper, 4, false, upper) : ""});
        if (after_time.failed) doc->text.failed = true;
        mlab_text_free(&after_time);
    }
    mlab_doc_table_end(doc, true);
}

static void tell_predictions(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    const mlab_after *after = fit->after;
    if (!after->n_predictions || !shown(story, fit, "role")) return;
    mlab_text what = MLAB_TEXT(story->context);
    const mlab_prediction first = mlab_prediction_told(&after->predictions[0]);
    bool lost = strcmp(first.scale, "time_lost") == 0, mean_time = lost || strcmp(first.scale, "restricted_mean") == 0;
    mlab_text_print(&what, "Predicted %s%s%s (conditional: a difference is not the effect of the program)",
                    lost        ? "mean time lost"
                    : mean_time ? "mean time"
                                : first.scale,
                    mean_time && first.unit[0] ? " in " : "", mean_time ? first.unit : "");
    mlab_tell_begin(doc, story, fit, mlab_text_get(&what),
                    (const char *const[]){"For", "Compared with", "Probability of", "After", "Value", "From", "To"}, 7);
    for (size_t k = 0; k < after->n_predictions; k++) {
        const mlab_prediction told = mlab_prediction_told(&after->predictions[k]), *p = &told;
        mlab_number_text time, value, lower, upper;
        mlab_text against = MLAB_TEXT(story->context), after_time = MLAB_TEXT(story->context);
        bool interval = p->lower < p->upper;
        if (p->time >= 0)
            mlab_text_print(&after_time, "%s%s%s", mlab_tell_number(p->time, p->time == floor(p->time) ? 0 : 2, false, time), p->unit[0] ? " " : "",
                            p->unit);
        mlab_text_print(&against, "%s%s%s", p->against[0] ? p->measure : "", p->against[0] ? " to " : "", p->against);
        mlab_doc_row(doc,
                     (const char *const[]){p->profile, mlab_text_get(&against), p->of, mlab_text_get(&after_time),
                                           mlab_tell_number(p->value, 4, false, value), interval ? mlab_tell_number(p->lower, 4, false, lower) : "",
                                           interval ? mlab_tell_number(p->upper, 4, false, upper) : ""});
        if (against.failed || after_time.failed) doc->text.failed = true;
        mlab_text_free(&against);
        mlab_text_free(&after_time);
    }
    if (what.failed) doc->text.failed = true;
    mlab_text_free(&what);
    mlab_doc_table_end(doc, true);
}

static void tell_profiles(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    const mlab_after *after = fit->after;
    if (!after->n_profiles) return;
    static const char *const unknown = "not found: a fit on the way did not converge";
    mlab_tell_begin(doc, story, fit,
                    !fit->robust      ? "Profile intervals of the coefficients"
                    : fit->cluster[0] ? "Profile intervals of the coefficients (they take rows as independent; here they are clustered)"
                                      : "Profile intervals of the coefficients (those of the model, not robust)",
                    (const char *const[]){"Term", "From", "To"}, 3);
    for (size_t k = 0; k < after->n_profiles; k++) {
        const mlab_profile *p = &after->profiles[k];
        if (!shown(story, fit, p->name)) continue;
        mlab_number_text lower, upper;
        const char *const from = mlab_tell_number(p->lower, 4, false, lower), *const to = mlab_tell_number(p->upper, 4, false, upper);
        mlab_doc_row(doc, (const char *const[]){p->name,
                                                p->lower_unknown ? unknown
                                                : p->lower_open  ? "no end"
                                                                 : from,
                                                p->upper_unknown ? unknown
                                                : p->upper_open  ? "no end"
                                                                 : to});
    }
    mlab_doc_table_end(doc, true);
}

static void tell_diagnoses(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    const mlab_after *after = fit->after;
    if (!after->n_diagnoses) return;
    mlab_tell_begin(doc, story, fit, "What was looked at in the fit", (const char *const[]){"What", "Finding", "In words"}, 3);
    for (size_t k = 0; k < after->n_diagnoses; k++) {
        const mlab_diagnosis *d = &after->diagnoses[k];
        mlab_doc_row(doc, (const char *const[]){d->what, d->doubt ? "careful" : "fine", d->sentence});
    }
    mlab_doc_table_end(doc, true);
}

void mlab_tell_joint(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    const mlab_joint *joint = fit->joint;
    if (!joint || fit->n_people < (uint64_t)story->options->minimum_cell) return;
    mlab_tell_begin(doc, story, fit, "What goes together in people",
                    (const char *const[]){"Part", "Cause", "Goes with", "Change for one SD", "Error", "Correlation"}, 6);
    for (size_t k = 0; k < joint->n_associations; k++) {
        const mlab_association *a = &joint->associations[k];
        mlab_number_text change, error, correlation;
        const bool told = mlab_joint_told(fit);
        mlab_doc_row(doc, (const char *const[]){a->part, a->block, strcmp(a->effect, "(Intercept)") ? a->effect : joint->parts[0]->outcome,
                                                told ? mlab_tell_number(a->per_sd, 3, true, change) : "cannot be told",
                                                told ? mlab_tell_number(a->per_sd_se, 3, false, error) : "",
                                                mlab_joint_tells_association(fit, k) ? mlab_tell_number(a->correlation, 2, true, correlation) : ""});
    }
    mlab_doc_table_end(doc, true);
    mlab_fit view = *fit;
    if (mlab_fit_reason_told(story->context, fit, (uint64_t)story->options->minimum_cell, &view.reason, NULL)) doc->text.failed = true;
    for (size_t k = 0; view.reason && k < joint->n_associations; k++) {
        char *sentence = NULL;
        if (mlab_joint_sentence(&view, k, &sentence, NULL) == MLAB_OK)
            mlab_doc_paragraph(doc, NULL, sentence);
        else
            doc->text.failed = true;
        mlab_joint_text_free(fit, sentence);
    }
    mlab_fit_reason_free(story->context, view.reason);
}

/* Tables of a part say of which model. */
static void tell_part(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, const mlab_fit *part)
{
    mlab_text name = MLAB_TEXT(story->context);
    mlab_fit view = *part;
    mlab_text_print(&name, "%s, as a part of %s", part->outcome, fit->outcome);
    if (name.failed)
        doc->text.failed = true;
    else {
        view.outcome = name.bytes;
        mlab_tell_after(doc, story, &view);
    }
    mlab_text_free(&name);
}

void mlab_tell_after(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    for (size_t r = 0; fit->joint && r < fit->joint->n_parts && fit->n_people >= (uint64_t)story->options->minimum_cell; r++)
        tell_part(doc, story, fit, fit->joint->parts[r]);
    if (!fit->after) return;
    tell_tests(doc, story, fit);
    tell_margins(doc, story, fit);
    tell_predictions(doc, story, fit);
    tell_profiles(doc, story, fit);
    tell_diagnoses(doc, story, fit);
}
