/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profile limits and likelihood ratio tests of penalised likelihoods: Firth's penalty (Heinze & Schemper 2002, doi:10.1002/sim.1047) and normal
 * priors.
 *
 * The limits are those of Venzon & Moolgavkar 1988 (doi:10.2307/2347496). A ratio holds the coefficients of a term at 0 and maximises the penalised
 * likelihood over the others; the penalty stays that of the whole information, so that both likelihoods are of one function.
 * Weakness: rows are taken as independent; with Firth's penalty every step costs 6 passes for each parameter.
 */
#include "fit/after/penalised.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"
#include "fit/after/profile.h"
#include "fit/engine.h"
#include "fit/penalty/penalty.h"
#include "fit/survival/cox.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define MOST_WORK 5e8 /* rows times parameters^4: about a minute of one core */

typedef struct penalised {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_fit *fit;
    mlab_profile_machine machine;
    mlab_penalty penalty;
    double *outward; /* [n * n] row j gives coefficient j of the parameters that Newton moves */
    double top;      /* the largest penalised likelihood */
} penalised;

static bool is_cox(const mlab_prepared *prepared)
{
    return prepared->model == &mlab_model_cox;
}

bool mlab_penalised_is_made(const mlab_prepared *prepared, const mlab_fit *fit)
{
    if (prepared->problem->n_random || mlab_has_dispersion(prepared->model) || prepared->model == &mlab_model_negative_binomial) return false;
    return fit->n_parameters > 0 && (is_cox(prepared) || mlab_engine_of(prepared));
}

static bool is_too_much(const mlab_prepared *prepared, const mlab_fit *fit)
{
    const double n = (double)fit->n_parameters;
    return prepared->options.penalty != 0 && (double)prepared->problem->n * n * n * n * n > MOST_WORK;
}

static void engine_outward(const void *engine, double *v, double sign)
{
    mlab_engine_uncentre(engine, v, sign);
}

static void cox_outward(const void *of, double *v, double sign)
{
    const mlab_cox_rows *rows = of;
    for (size_t j = 0; j < rows->p; j++) v[j] *= !(rows->scale[j] > 0) ? 1 : sign > 0 ? 1 / rows->scale[j] : rows->scale[j];
}

static void end(penalised *w)
{
    mlab_penalty_end(&w->penalty);
    mlab_profile_machine_free(w->context, w->machine);
    mlab_release(w->context, w->outward);
}

static mlab_status begin(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, penalised *w, mlab_error *err)
{
    *w = (penalised){.context = context, .prepared = prepared, .fit = fit};
    const bool cox = is_cox(prepared);
    size_t n = fit->n_parameters;
    double *score = NULL;
    mlab_status status = mlab_profile_machine_make(context, prepared, fit, fit->aliased, &w->machine, err);
    if (!status)
        status = cox ? mlab_cox_penalise(context, prepared, fit, &w->machine.spec, &w->penalty, err)
                     : mlab_engine_penalise(context, prepared, w->machine.own, fit, &w->machine.spec, &w->penalty, err);
    if (!status) status = mlab_penalty_outward(context, cox ? cox_outward : engine_outward, prepared->own, n, &w->outward, err);
    if (status) return status;
    score = mlab_allocate(context, n, (n + 1) * sizeof *score);
    if (!score) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for profiles of %s", fit->outcome);
    status = mlab_penalty_evaluate(&w->penalty, w->machine.best, &w->top, score, score + n, err);
    mlab_release(context, score);
    return status;
}

/* Intercepts and thresholds have no profiles, as elsewhere. */
static bool has_profile(const penalised *w, size_t j)
{
    if (w->fit->aliased[j] || is_cox(w->prepared)) return !w->fit->aliased[j];
    const mlab_engine *engine = w->prepared->own;
    return j >= w->prepared->n_thresholds && !(engine->intercept && (j - w->prepared->n_thresholds) % engine->p == 0);
}

mlab_status mlab_penalised_profiles(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after,
                                    mlab_error *err)
{
    penalised w;
    const double fall = 0.5 * gsl_cdf_chisq_Pinv(prepared->options.level, 1);
    if (is_too_much(prepared, fit)) return MLAB_OK;
    mlab_status status = begin(context, prepared, fit, &w, err);
    for (size_t j = 0; j < fit->n_parameters && !status; j++) {
        if (!has_profile(&w, j)) continue;
        mlab_profile *made = &after->profiles[after->n_profiles];
        made->name = mlab_copy_text(context, fit->names[j]);
        if (!made->name) {
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
            break;
        }
        after->n_profiles++;
        double *const ends[] = {&made->lower, &made->upper};
        bool *const unknown[] = {&made->lower_unknown, &made->upper_unknown};
        for (int side = 0; side < 2 && !status; side++) {
            status = mlab_penalty_profile(&w.penalty, w.outward + j * fit->n_parameters, w.machine.best, w.top, fall, 2 * side - 1, ends[side], err);
            *unknown[side] = !isfinite(*ends[side]);
            *ends[side] = *unknown[side] ? 0 : *ends[side] + fit->estimate[j];
        }
    }
    end(&w);
    return status;
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

/* Marks the term's columns in every block; false when one cannot be held at 0 by itself, or another term contains the term. */
static bool mark_columns(const penalised *w, const mlab_design_term *terms, size_t n_terms, size_t t, uint8_t *held)
{
    const mlab_fit *fit = w->fit;
    const mlab_engine *engine = is_cox(w->prepared) ? NULL : w->prepared->own;
    const size_t first = mlab_fit_first_column(fit), p = engine ? engine->p : fit->n_parameters, before = w->prepared->n_thresholds,
                 blocks = engine ? engine->n_eta : 1;
    memcpy(held, fit->aliased, fit->n_parameters);
    for (size_t k = 0; k < n_terms; k++) {
        size_t shared = 0;
        for (size_t a = 0; a < terms[t].n_variables; a++)
            for (size_t b = 0; b < terms[k].n_variables; b++) shared += terms[t].variables[a] == terms[k].variables[b];
        if (k != t && shared == terms[t].n_variables) return false;
    }
    for (size_t a = 0; a < terms[t].n_variables; a++) /* a factor that stands for the intercept cannot be taken out */
        if (terms[t].full[a] && !mlab_design_has_intercept(w->prepared->problem->design)) return false;
    for (size_t c = 0; c < terms[t].n_columns; c++) {
        const size_t column = terms[t].first + c - first;
        if (engine && engine->tiles->mix && engine->tiles->mixed[column]) return false;
        for (size_t b = 0; b < blocks; b++) held[before + b * p + column] = 1;
    }
    return terms[t].n_columns > 0;
}

static mlab_status ratio_test(penalised *w, const uint8_t *held, size_t df, double *at, mlab_test *test, mlab_error *err)
{
    mlab_newton_spec spec = w->machine.spec;
    mlab_newton_result result;
    spec.fixed = held;
    memcpy(at, w->machine.best, spec.n * sizeof *at);
    for (size_t j = 0; j < spec.n; j++)
        if (held[j]) at[j] = 0;
    mlab_status status = mlab_newton(w->context, &spec, at, NULL, NULL, &result, err);
    if (status || !result.converged || !isfinite(result.log_likelihood)) return status;
    const double statistic = fmax(0, 2 * (w->top - result.log_likelihood));
    *test = (mlab_test){df, statistic, gsl_cdf_chisq_Q(statistic, (double)df)};
    return MLAB_OK;
}

static mlab_status test_term(penalised *w, const mlab_design_term *terms, size_t n_terms, size_t t, uint8_t *held, double *h, mlab_term_test *test,
                             mlab_error *err)
{
    const size_t n = w->fit->n_parameters;
    size_t df = 0;
    if (!mark_columns(w, terms, n_terms, t, held)) return MLAB_OK;
    memset(h, 0, n * n * sizeof *h);
    for (size_t j = 0; j < n; j++)
        if (held[j] && !w->fit->aliased[j]) h[df++ * n + j] = 1;
    if (df == 0) return MLAB_OK;
    mlab_status status = ratio_test(w, held, df, h + n * n, &test->likelihood_ratio, err);
    return status ? status : mlab_fit_wald(w->context, w->fit, h, NULL, df, &test->wald, err);
}

mlab_status mlab_penalised_tests(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    penalised w;
    size_t n = fit->n_parameters, n_terms;
    const mlab_design_term *terms = mlab_design_terms(prepared->problem->design, &n_terms);
    if (prepared->problem->n_nominal || prepared->problem->n_scale || is_too_much(prepared, fit)) return MLAB_OK;
    uint8_t *held = mlab_allocate(context, n, 1);
    double *h = mlab_allocate(context, n, (n + 1) * sizeof *h);
    mlab_status status = held && h ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for tests of %s", fit->outcome);
    if (!status) {
        status = begin(context, prepared, fit, &w, err);
        for (size_t t = 0; t < n_terms && !status; t++) {
            mlab_term_test *test = &after->tests[after->n_tests];
            if (!(test->term = mlab_copy_text(context, terms[t].label)))
                status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
            else
                status = (after->n_tests++, test_term(&w, terms, n_terms, t, held, h, test, err));
        }
        end(&w);
    }
    mlab_release(context, held);
    mlab_release(context, h);
    return status;
}
