/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results of a run as one JSON object: what each part says, its trust, and where the files are. */
#include "cli/json.h"
#include "cli/cli.h"
#include "mentorlab/joint.h"

#include <inttypes.h>
#include <math.h>

static void name(mlab_text *json, const char *key)
{
    mlab_text_print(json, "\"%s\": ", key);
}

static void text(mlab_text *json, const char *key, const char *value)
{
    name(json, key);
    mlab_json_text(json, value);
}

static void number(mlab_text *json, const char *key, double value)
{
    name(json, key);
    if (isfinite(value))
        mlab_text_number(json, value);
    else
        mlab_text_append(json, "null");
}

static void next(mlab_text *json)
{
    mlab_text_append(json, ", ");
}

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
        number(json, "correlation", told ? a->correlation : HUGE_VAL);
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

static void fit_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    mlab_text_append(json, "{");
    text(json, "outcome", fit->outcome), next(json);
    text(json, "model", fit->model), next(json);
    text(json, "formula", fit->formula), next(json);
    text(json, "trust", mlab_trust_name(fit->trust)), next(json);
    text(json, "reason", fit->reason), next(json);
    mlab_text_print(json, "\"rows\": %" PRIu64 ", \"people\": %" PRIu64 ", \"events\": %" PRIu64 ", ", fit->n_rows, fit->n_people, fit->n_events);
    number(json, "log_likelihood", fit->log_likelihood), next(json);
    mlab_text_append(json, "\"coefficients\": [");
    for (size_t j = 0; j < fit->n_parameters; j++) {
        mlab_text_append(json, j ? ", {" : "{");
        text(json, "name", fit->names[j]), next(json);
        bool shown = mlab_rater_term_shown(fit, fit->names[j], minimum) && !mlab_joint_hides(fit, j);
        number(json, "estimate", shown ? fit->estimate[j] : HUGE_VAL), next(json);
        number(json, "standard_error", shown ? mlab_fit_standard_error(fit, j) : HUGE_VAL);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
    if (fit->n_random) random_to_json(json, fit);
    if (fit->joint) associations_to_json(json, fit);
    mlab_text_append(json, "}");
}

static void contrast_to_json(mlab_text *json, const mlab_contrast *c)
{
    mlab_text_append(json, "{");
    text(json, "outcome", c->outcome), next(json);
    text(json, "arm", c->arm), next(json);
    text(json, "reference", c->reference), next(json);
    text(json, "group", c->group), next(json);
    text(json, "estimand", c->estimand), next(json);
    text(json, "measure", c->measure), next(json);
    text(json, "method", c->method), next(json);
    number(json, "months", c->horizon), next(json);
    number(json, "estimate", c->estimate), next(json);
    number(json, "lower", c->lower), next(json);
    number(json, "upper", c->upper), next(json);
    number(json, "e_value", c->e_value), next(json);
    number(json, "comparable", c->overlap), next(json);
    text(json, "trust", mlab_trust_name(c->trust)), next(json);
    text(json, "reason", c->reason), next(json);
    text(json, "caveats", c->caveats);
    mlab_text_append(json, "}");
}

static void pairs_to_json(mlab_text *json, const mlab_pairs *pairs)
{
    mlab_text_append(json, "{");
    text(json, "policy", pairs->policy), next(json);
    mlab_text_print(json, "\"mentees\": %zu, \"mentors\": %zu, \"places\": %" PRIu64 ", \"pairs\": %" PRIu64 ", ", pairs->n_mentees, pairs->n_mentors,
                    pairs->places, pairs->n_pairs);
    number(json, "mean_score", pairs->mean_score), next(json);
    number(json, "lowest_score", pairs->lowest_score), next(json);
    mlab_text_print(json, "\"blocking_pairs\": %" PRIu64 "}", pairs->blocking_pairs);
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

void mlab_session_json(const mlab_session *session, mlab_text *json)
{
    const mlab_results *results = mlab_study_results(session->study);
    const mlab_report_spec *report = mlab_study_report(session->study);
    mlab_text_append(json, "{");
    text(json, "title", report->title), next(json);
    text(json, "version", mlab_version()), next(json);
    text(json, "trust", mlab_trust_name(mlab_study_trust(session->study)));
    LIST("not_applicable", report->n_not_applicable, mlab_json_text(json, report->not_applicable[k]))
    mlab_text_append(json, ", \"findings\": ");
    mlab_findings_json(&session->findings, json);
    LIST("fits", results->n_fits, fit_to_json(json, results->fits[k], (uint64_t)mlab_session_minimum_cell(session)))
    LIST("contrasts", results->comparison ? results->comparison->n_contrasts : 0, contrast_to_json(json, &results->comparison->contrasts[k]))
    LIST("matching", results->n_pairs, pairs_to_json(json, results->pairs[k]))
    LIST("returns", results->forecast ? results->forecast->n_returns : 0, return_to_json(json, &results->forecast->returns[k]))
    mlab_text_append(json, "}\n");
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
