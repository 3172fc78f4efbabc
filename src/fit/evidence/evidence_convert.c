/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a published effect to a normal prior of a model's coefficient, one step at a time.
 *
 * Risks p0 and p1 over the same time: log hazard ratio = ln(-ln(1 - p1)) - ln(-ln(1 - p0)), log odds ratio = logit p1 - logit p0
 * (both exact for their own scale; a constant ratio in between is assumed). Standardised difference d: log odds ratio = d pi / sqrt 3
 * (Hasselblad & Hedges 1995, doi:10.1037/0033-2909.117.1.167; Chinn 2000). A marginal effect used as a conditional one keeps its
 * value and gets a wider error (Daniel, Zhang & Farewell 2021, doi:10.1002/bimj.201900297). Every step widens: the delta method's
 * factor is never below 1, a reference risk is uncertain by a quarter of itself, and each assumption adds a tenth of the effect's
 * size to the standard error in quadrature. Weakness: the quarter and the tenths are judgements. */
#include "fit/evidence/evidence.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

static const double risk_uncertainty = 0.25; /* of ln p0 */
static const double assumption_share = 0.1;  /* of the size of the effect */

static double link_of(mlab_evidence_target target, double p)
{
    return target == MLAB_EVIDENCE_LOG_HAZARD_RATIO ? log(-log1p(-p)) : log(p / (1 - p));
}

/* Risk in the arm, from the effect (its log for ratios) and the reference risk of the entry's event. */
static double arm_risk(const char *scale, double effect, double p0)
{
    if (!strcmp(scale, "risk_ratio")) return exp(effect) * p0;
    if (!strcmp(scale, "risk_difference")) return p0 + effect;
    double odds = exp(effect) * p0 / (1 - p0);
    return odds / (1 + odds);
}

/* The target's coefficient; NAN when the effect and the reference risk give a risk outside (0, 1). Staying is told as leaving. */
static double coefficient(const mlab_evidence *entry, mlab_evidence_target target, double effect, double p0)
{
    double p1 = arm_risk(entry->scale, effect, p0);
    if (!(p1 > 0 && p1 < 1 && p0 > 0 && p0 < 1)) return NAN;
    if (!strcmp(entry->event, "staying")) {
        p0 = 1 - p0;
        p1 = 1 - p1;
    }
    return link_of(target, p1) - link_of(target, p0);
}

/* Four significant digits. */
static void say_number(mlab_text *steps, double value)
{
    double unit = value != 0 ? pow(10, 3 - floor(log10(fabs(value)))) : 1;
    mlab_text_number(steps, round(value * unit) / unit);
}

/* One line; each "{}" is the next number. */
static void say(mlab_text *steps, const char *line, double a, double b, double c)
{
    const double numbers[] = {a, b, c};
    size_t used = 0;
    for (const char *at = line; *at; at++) {
        if (at[0] == '{' && at[1] == '}' && used < 3) {
            say_number(steps, numbers[used++]);
            at++;
        } else {
            mlab_text_append_bytes(steps, at, 1);
        }
    }
    mlab_text_append(steps, "\n");
}

static void widen(mlab_evidence_prior *prior, double by)
{
    prior->standard_error = sqrt(prior->standard_error * prior->standard_error + by * by);
}

static mlab_status from_risks(const mlab_evidence *entry, mlab_evidence_target target, double effect, double p0, mlab_evidence_prior *prior,
                              mlab_text *steps, mlab_error *err)
{
    const double h = 1e-5;
    prior->mean = coefficient(entry, target, effect, p0);
    double slope = (coefficient(entry, target, effect + h, p0) - coefficient(entry, target, effect - h, p0)) / (2 * h);
    double by_risk = (coefficient(entry, target, effect, p0 * exp(h)) - coefficient(entry, target, effect, p0 * exp(-h))) / (2 * h);
    if (!isfinite(prior->mean) || !isfinite(slope) || !isfinite(by_risk))
        return mlab_raise(err, MLAB_ERR_FIT_EVIDENCE, "evidence entry %s: its effect with a reference risk of %.3g gives no risk between 0 and 1",
                          entry->id, p0);
    prior->standard_error *= fmax(fabs(slope), 1);
    say(steps,
        target == MLAB_EVIDENCE_LOG_HAZARD_RATIO
            ? "risk to hazard: ln(-ln(1 - p1)) - ln(-ln(1 - p0)) with reference risk {} gives {}, standard error {}"
            : "risk to odds: ln(p1 / (1 - p1)) - ln(p0 / (1 - p0)) with reference risk {} gives {}, standard error {}",
        p0, prior->mean, prior->standard_error);
    widen(prior, risk_uncertainty * by_risk);
    say(steps, "reference risk uncertain by a quarter of itself: standard error {}", prior->standard_error, 0, 0);
    widen(prior, assumption_share * prior->mean);
    say(steps, "a ratio that is constant in time is assumed: standard error {}", prior->standard_error, 0, 0);
    return MLAB_OK;
}

static mlab_status refuse(const mlab_evidence *entry, const char *why, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_FIT_EVIDENCE, "evidence entry %s cannot be a prior: %s", entry->id, why);
}

static mlab_status convert(const mlab_evidence *entry, mlab_evidence_target target, double reference_risk, mlab_evidence_prior *prior,
                           mlab_text *steps, mlab_error *err)
{
    bool difference = !strcmp(entry->scale, "standardised_difference"), hazard = !strcmp(entry->scale, "hazard_ratio");
    bool ratio = hazard || !strcmp(entry->scale, "risk_ratio") || !strcmp(entry->scale, "odds_ratio");
    double effect = ratio ? log(entry->estimate) : entry->estimate, p0 = reference_risk >= 0 ? reference_risk : entry->reference_risk;
    prior->mean = effect;
    prior->standard_error = entry->standard_error;
    say(steps,
        ratio ? "interval to standard error: (ln upper - ln lower) / (2 z) = {}, ln estimate {}"
              : "interval to standard error: (upper - lower) / (2 z) = {}, estimate {}",
        prior->standard_error, effect, 0);
    if (difference) {
        if (target == MLAB_EVIDENCE_LOG_HAZARD_RATIO) return refuse(entry, "a standardised difference says nothing of a hazard", err);
        prior->mean *= acos(-1) / sqrt(3);
        prior->standard_error *= acos(-1) / sqrt(3);
        widen(prior, assumption_share * prior->mean);
        say(steps, "d pi / sqrt 3 = {}, standard error {} with a tenth of the effect for the assumed logistic shape", prior->mean,
            prior->standard_error, 0);
    } else if (hazard && target == MLAB_EVIDENCE_LOG_ODDS_RATIO) {
        return refuse(entry, "a hazard ratio says nothing of odds", err);
    } else if (!hazard) {
        if (p0 < 0) return refuse(entry, "the risk of the reference group is not known", err);
        mlab_status status = from_risks(entry, target, effect, p0, prior, steps, err);
        if (status) return status;
    }
    if (!strcmp(entry->kind_of_effect, "marginal")) {
        widen(prior, assumption_share * prior->mean);
        say(steps, "a marginal effect is used as a conditional one: standard error {}", prior->standard_error, 0, 0);
    }
    return MLAB_OK;
}

mlab_status mlab_evidence_convert(const mlab_context *context, const mlab_evidence *entry, mlab_evidence_target target, double reference_risk,
                                  mlab_evidence_prior *prior, mlab_error *err)
{
    *prior = (mlab_evidence_prior){0};
    if (!entry->usable_as_prior) return refuse(entry, entry->refusal, err);
    if (reference_risk >= 1) return mlab_raise(err, MLAB_ERR_ARGUMENT, "a reference risk of %.3g, allowed below 1", reference_risk);
    mlab_text steps = MLAB_TEXT(context);
    mlab_status status = convert(entry, target, reference_risk, prior, &steps, err);
    if (!status && !(prior->steps = mlab_copy_text(context, mlab_text_get(&steps)))) status = MLAB_ERR_MEMORY;
    if (!status && steps.failed) status = MLAB_ERR_MEMORY;
    if (status == MLAB_ERR_MEMORY) mlab_raise(err, status, "no memory to convert evidence entry %s", entry->id);
    if (status) mlab_evidence_prior_free(context, prior);
    mlab_text_free(&steps);
    return status;
}

void mlab_evidence_prior_free(const mlab_context *context, mlab_evidence_prior *prior)
{
    mlab_release(context, prior->steps);
    *prior = (mlab_evidence_prior){0};
}

void mlab_evidence_update(double prior_mean, double prior_se, double data_mean, double data_se, double *mean, double *se)
{
    double a = prior_se > 0 ? 1 / (prior_se * prior_se) : 0, b = data_se > 0 ? 1 / (data_se * data_se) : 0;
    if (a == 0 || b == 0) {
        *mean = a > 0 ? prior_mean : data_mean;
        *se = a > 0 ? prior_se : data_se;
        return;
    }
    *mean = (a * prior_mean + b * data_mean) / (a + b);
    *se = sqrt(1 / (a + b));
}
