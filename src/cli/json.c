/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results of a run as one JSON object: what each part says, its trust, and where the files are. */
#include "cli/json.h"
#include "cli/cli.h"
#include "cli/json_write.h"
#include "mentorlab/joint.h"
#include "report/tell.h"

#include <math.h>

static void associations_to_json(mlab_text *json, const mlab_fit *fit)
{
    mlab_text_append(json, ", \"associations\": [");
    for (size_t k = 0; k < fit->joint->n_associations; k++) {
        const mlab_association *a = &fit->joint->associations[k];
        char *sentence = NULL;
        mlab_text_append(json, k ? ", {" : "{");
        text(json, "part", a->part), next(json);
        text(json, "cause", a->block), next(json);
        text(json, "effect", a->effect), next(json);
        bool told = mlab_joint_told(fit);
        number(json, "per_sd", told ? a->per_sd : HUGE_VAL), next(json);
        number(json, "standard_error", told ? a->per_sd_se : HUGE_VAL), next(json);
        number(json, "correlation", mlab_joint_tells_association(fit, k) ? a->correlation : HUGE_VAL);
        if (mlab_joint_sentence(fit, k, &sentence, NULL) == MLAB_OK) {
            next(json);
            text(json, "sentence", sentence);
        } else
            json->failed = true;
        mlab_joint_text_free(fit, sentence);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
}

/* An end that is not there is null. */
static void random_to_json(mlab_text *json, const mlab_fit *fit)
{
    bool first = true;
    mlab_text_append(json, ", \"random_effects\": [");
    for (size_t t = 0; t < fit->n_random; t++)
        for (size_t a = 0; a < fit->random[t].n; a++) {
            const mlab_random_effects *random = &fit->random[t];
            double lower, upper;
            bool interval = mlab_random_interval(random, a, 0.95, &lower, &upper), told = !mlab_joint_hides_effect(fit, a);
            interval = interval && mlab_joint_from_zero(fit, a);
            mlab_text_append(json, first ? "{" : ", {");
            first = false;
            text(json, "group", random->group), next(json);
            mlab_text_print(json, "\"groups\": %zu, ", random->n_groups);
            text(json, "effect", random->names[a]), next(json);
            number(json, "standard_deviation", told ? random->sd[a] : HUGE_VAL), next(json);
            number(json, "lower", told && interval ? lower : HUGE_VAL), next(json);
            number(json, "upper", told && interval ? upper : HUGE_VAL);
            mlab_text_append(json, "}");
        }
    mlab_text_append(json, "]");
}

/* What the standard errors are: "model", "CR1", ..., and whose clusters they are of. */
static void errors_to_json(mlab_text *json, const mlab_fit *fit)
{
    const bool clustered = fit->robust && (fit->cluster[0] || !fit->n_random); /* else pooled over imputations, each with the errors of the model */
    text(json, "errors", fit->robust ? fit->robust_kind : "model"), next(json);
    name(json, "clusters");
    mlab_text_append(json, "[");
    if (clustered) mlab_json_text(json, fit->cluster[0] ? fit->cluster : "row");
    if (clustered && fit->cluster_other[0]) next(json), mlab_json_text(json, fit->cluster_other);
    mlab_text_append(json, "]");
}

static void told_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    mlab_text_append(json, "{");
    text(json, "outcome", fit->outcome), next(json);
    text(json, "model", fit->model), next(json);
    text(json, "formula", fit->formula), next(json);
    text(json, "trust", mlab_trust_name(fit->trust)), next(json);
    text(json, "reason", fit->reason), next(json);
    const mlab_told_fit told = mlab_fit_counts_told(fit, minimum);
    number(json, "rows", told.rows ? (double)fit->n_rows : HUGE_VAL), next(json);
    number(json, "people", told.people ? (double)fit->n_people : HUGE_VAL), next(json);
    number(json, "events", told.events ? (double)fit->n_events : HUGE_VAL), next(json);
    number(json, "log_likelihood", fit->log_likelihood), next(json);
    errors_to_json(json, fit), next(json);
    mlab_text_append(json, "\"coefficients\": [");
    for (size_t j = 0; j < fit->n_parameters; j++) {
        mlab_text_append(json, j ? ", {" : "{");
        text(json, "name", fit->names[j]), next(json);
        bool shown = mlab_fit_term_shown(fit, fit->names[j], minimum) && !mlab_joint_hides(fit, j);
        number(json, "estimate", shown ? fit->estimate[j] : HUGE_VAL), next(json);
        number(json, "standard_error", shown ? mlab_fit_standard_error(fit, j) : HUGE_VAL);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
    if (fit->n_random) random_to_json(json, fit);
    if (fit->joint) associations_to_json(json, fit);
    mlab_after_to_json(json, fit, minimum);
    mlab_text_append(json, "}");
}

/* Without what its doubts say of few people. */
static void fit_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    mlab_fit told = *fit;
    if (mlab_fit_reason_told(fit->context, fit, minimum, &told.reason, NULL))
        json->failed = true;
    else
        told_to_json(json, &told, minimum);
    mlab_fit_reason_free(fit->context, told.reason);
}

/* What the report hides is null, with the reason why. */
static void contrast_to_json(mlab_text *json, const mlab_told_contrast *judged)
{
    const mlab_contrast *c = judged->contrast;
    const bool told = judged->told;
    mlab_text_append(json, "{");
    text(json, "outcome", c->outcome), next(json);
    text(json, "arm", c->arm), next(json);
    text(json, "reference", c->reference), next(json);
    text(json, "group", c->group), next(json);
    text(json, "estimand", c->estimand), next(json);
    text(json, "measure", c->measure), next(json);
    text(json, "event", c->event ? c->event : ""), next(json);
    text(json, "cause", c->cause ? c->cause : ""), next(json);
    text(json, "method", c->method), next(json);
    number(json, "months", c->horizon), next(json);
    number(json, "estimate", told ? c->estimate : HUGE_VAL), next(json);
    number(json, "lower", told ? c->lower : HUGE_VAL), next(json);
    number(json, "upper", told ? c->upper : HUGE_VAL), next(json);
    number(json, "e_value", told ? c->e_value : HUGE_VAL), next(json);
    number(json, "comparable", told ? c->overlap : HUGE_VAL), next(json);
    text(json, "trust", mlab_trust_name(c->trust)), next(json);
    text(json, "reason", told ? c->reason : "hidden: too few people"), next(json);
    text(json, "caveats", told ? c->caveats : "");
    mlab_text_append(json, "}");
}

/* Mentees less pairs are those who wait: where these are few, the pairs are not counted out either. */
static void pairs_to_json(mlab_text *json, const mlab_pairs *pairs, uint64_t minimum)
{
    const uint64_t waiting = pairs->n_mentees - pairs->n_matched;
    const bool told = pairs->n_pairs >= minimum && (waiting == 0 || waiting >= minimum);
    mlab_text_append(json, "{");
    text(json, "policy", pairs->policy), next(json);
    number(json, "mentees", pairs->n_mentees == 0 || pairs->n_mentees >= minimum ? (double)pairs->n_mentees : HUGE_VAL), next(json);
    number(json, "mentors", pairs->n_mentors == 0 || pairs->n_mentors >= minimum ? (double)pairs->n_mentors : HUGE_VAL), next(json);
    number(json, "places", pairs->places == 0 || pairs->places >= minimum ? (double)pairs->places : HUGE_VAL), next(json);
    number(json, "pairs", told || pairs->n_pairs == 0 ? (double)pairs->n_pairs : HUGE_VAL), next(json);
    number(json, "mean_score", pairs->n_pairs >= minimum ? pairs->mean_score : HUGE_VAL), next(json);
    number(json, "lowest_score", pairs->n_pairs >= minimum ? pairs->lowest_score : HUGE_VAL), next(json);
    number(json, "blocking_pairs", pairs->n_pairs >= minimum ? (double)pairs->blocking_pairs : HUGE_VAL);
    mlab_text_append(json, "}");
}

static void return_to_json(mlab_text *json, const mlab_return *r)
{
    mlab_text_append(json, "{");
    text(json, "scenario", r->scenario), next(json);
    number(json, "net_present_value", r->net_present_value.mean), next(json);
    number(json, "lower", r->net_present_value.lower), next(json);
    number(json, "upper", r->net_present_value.upper), next(json);
    number(json, "probability_positive", r->probability_positive), next(json);
    number(json, "payback_months", r->payback_months), next(json);
    number(json, "roi", r->roi_defined ? r->roi : HUGE_VAL);
    mlab_text_append(json, "}");
}

#define LIST(key_, n_, call_)                                                                                                                        \
    mlab_text_append(json, ", \"" key_ "\": [");                                                                                                     \
    for (size_t k = 0; k < (n_); k++) {                                                                                                              \
        mlab_text_append(json, k ? ",\n" : "\n");                                                                                                    \
        call_;                                                                                                                                       \
    }                                                                                                                                                \
    mlab_text_append(json, "]");

static void results_to_json(const mlab_session *session, const mlab_story *story, mlab_text *json)
{
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    const mlab_results *results = mlab_study_results(session->study);
    const mlab_report_spec *report = mlab_study_report(session->study);
    mlab_text_append(json, "{");
    text(json, "title", report->title), next(json);
    text(json, "version", mlab_version()), next(json);
    text(json, "trust", mlab_trust_name(mlab_study_trust(session->study)));
    LIST("not_applicable", report->n_not_applicable, mlab_json_text(json, report->not_applicable[k]))
    mlab_text_append(json, ", \"findings\": ");
    mlab_findings_json(&session->findings, false, json);
    LIST("fits", results->n_fits, fit_to_json(json, results->fits[k], minimum))
    LIST("contrasts", story->n_contrasts, contrast_to_json(json, &story->contrasts[k]))
    LIST("matching", results->n_pairs, pairs_to_json(json, results->pairs[k], minimum))
    LIST("returns", results->forecast ? results->forecast->n_returns : 0, return_to_json(json, &results->forecast->returns[k]))
    mlab_text_append(json, "}\n");
}

/* What may be told is judged as in the report. */
void mlab_session_json(const mlab_session *session, mlab_text *json)
{
    const mlab_report_options options = {.minimum_cell = mlab_session_minimum_cell(session), .width = 80};
    mlab_story story;
    if (mlab_story_make(json->context, mlab_study_report(session->study), &options, &story, NULL)) {
        json->failed = true;
        return;
    }
    results_to_json(session, &story, json);
    mlab_story_free(&story);
}

int mlab_session_show_json(const mlab_session *session)
{
    mlab_text json = MLAB_TEXT(&session->cli->context);
    mlab_session_json(session, &json);
    bool failed = json.failed;
    if (!failed) fputs(mlab_text_get(&json), stdout);
    mlab_text_free(&json);
    if (failed) fprintf(stderr, "mentorlab: out of memory\n");
    return failed ? MLAB_EXIT_FAILED : MLAB_EXIT_DONE;
}
