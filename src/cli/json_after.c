/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was done after a fit, in its JSON object: the tables that the screen shows. */
#include "cli/json_write.h"

#include "mentorlab/after.h"
#include "mentorlab/joint.h"

static void flag(mlab_text *json, const char *key, bool value)
{
    name(json, key);
    mlab_text_append(json, value ? "true" : "false");
}

static void open_list(mlab_text *json, const char *key)
{
    next(json);
    name(json, key);
    mlab_text_append(json, "[");
}

static void test_to_json(mlab_text *json, const char *key, const mlab_test *test, bool told)
{
    name(json, key);
    if (!told || test->df == 0) {
        mlab_text_append(json, "null");
        return;
    }
    mlab_text_append(json, "{");
    number(json, "df", (double)test->df), next(json);
    number(json, "statistic", test->statistic), next(json);
    number(json, "p", test->p);
    mlab_text_append(json, "}");
}

static void tests_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    open_list(json, "tests");
    for (size_t k = 0; k < fit->after->n_tests; k++) {
        const mlab_term_test *test = &fit->after->tests[k];
        const bool told = mlab_fit_term_shown(fit, test->term, minimum);
        mlab_text_append(json, k ? ", {" : "{");
        text(json, "term", test->term), next(json);
        test_to_json(json, "likelihood_ratio", &test->likelihood_ratio, told), next(json);
        test_to_json(json, "wald", &test->wald, told), next(json);
        test_to_json(json, "score", &test->score, told);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
}

/* Error and limits, where there are any. */
static void interval_to_json(mlab_text *json, double se, double lower, double upper, bool told)
{
    const bool is = told && se > 0 && lower <= upper;
    number(json, "standard_error", is ? se : HUGE_VAL), next(json);
    number(json, "lower", is ? lower : HUGE_VAL), next(json);
    number(json, "upper", is ? upper : HUGE_VAL);
}

static void margins_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    open_list(json, "margins");
    for (size_t k = 0; k < fit->after->n_margins; k++) {
        const mlab_margin *m = &fit->after->margins[k];
        const bool told = mlab_fit_term_shown(fit, m->what, minimum);
        mlab_text_append(json, k ? ", {" : "{");
        text(json, "what", m->what), next(json);
        text(json, "of", m->of), next(json);
        text(json, "measure", m->measure), next(json);
        number(json, "time", m->time < 0 ? HUGE_VAL : m->time), next(json);
        text(json, "unit", m->unit), next(json);
        number(json, "effect", told ? m->effect : HUGE_VAL), next(json);
        interval_to_json(json, m->se, m->lower, m->upper, told);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
}

static void profiles_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    open_list(json, "profiles");
    for (size_t k = 0; k < fit->after->n_profiles; k++) {
        const mlab_profile *p = &fit->after->profiles[k];
        const bool told = mlab_fit_term_shown(fit, p->name, minimum);
        mlab_text_append(json, k ? ", {" : "{");
        text(json, "name", p->name), next(json);
        number(json, "lower", told && !p->lower_open && !p->lower_unknown ? p->lower : HUGE_VAL), next(json);
        number(json, "upper", told && !p->upper_open && !p->upper_unknown ? p->upper : HUGE_VAL), next(json);
        flag(json, "lower_unknown", p->lower_unknown), next(json);
        flag(json, "upper_unknown", p->upper_unknown);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
}

static void predictions_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    const bool told = mlab_fit_term_shown(fit, "role", minimum);
    open_list(json, "predictions");
    for (size_t k = 0; k < fit->after->n_predictions; k++) {
        const mlab_prediction one = mlab_prediction_told(&fit->after->predictions[k]), *p = &one;
        mlab_text_append(json, k ? ", {" : "{");
        text(json, "profile", p->profile), next(json);
        text(json, "measure", p->measure), next(json);
        text(json, "against", p->against), next(json);
        text(json, "scale", p->scale), next(json);
        text(json, "of", p->of), next(json);
        number(json, "time", p->time < 0 ? HUGE_VAL : p->time), next(json);
        text(json, "unit", p->unit), next(json);
        number(json, "value", told ? p->value : HUGE_VAL), next(json);
        interval_to_json(json, p->se, p->lower, p->upper, told);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
}

static void diagnoses_to_json(mlab_text *json, const mlab_after *after)
{
    open_list(json, "diagnoses");
    for (size_t k = 0; k < after->n_diagnoses; k++) {
        const mlab_diagnosis *d = &after->diagnoses[k];
        mlab_text_append(json, k ? ", {" : "{");
        text(json, "what", d->what), next(json);
        flag(json, "doubt", d->doubt), next(json);
        number(json, "p", d->p < 0 ? HUGE_VAL : d->p), next(json);
        text(json, "sentence", d->sentence);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
}

void mlab_after_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum)
{
    const mlab_after *after = fit->after;
    if (after && after->n_tests) tests_to_json(json, fit, minimum);
    if (after && after->n_margins) margins_to_json(json, fit, minimum);
    if (after && after->n_profiles) profiles_to_json(json, fit, minimum);
    if (after && after->n_predictions) predictions_to_json(json, fit, minimum);
    if (after && after->n_diagnoses) diagnoses_to_json(json, after);
    if (!fit->joint || fit->n_people < minimum) return;
    open_list(json, "parts");
    for (size_t r = 0; r < fit->joint->n_parts; r++) {
        mlab_text_append(json, r ? ", {" : "{");
        text(json, "outcome", fit->joint->parts[r]->outcome);
        mlab_after_to_json(json, fit->joint->parts[r], minimum);
        mlab_text_append(json, "}");
    }
    mlab_text_append(json, "]");
}
