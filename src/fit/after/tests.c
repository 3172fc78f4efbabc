/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Likelihood ratio, Wald and score tests of terms (Cox & Hinkley 1974, ch. 9; Rao 1948, doi:10.1017/S0305004100023987).
 *
 * A term is tested beside all others but those that contain it (type II): both fits are made to the rows of the whole model. The score test
 * takes the score and information of the larger model at the smaller one's estimates. Wald tests: fit/after/wald.c. Terms of an ordinal model whose
 * effect differs by threshold, or that act on the scale, are also tested against the same effect at every threshold, and against none on the scale.
 * Weakness: likelihood ratio and score tests take rows as independent, also where they are clustered.
 */
#include "fit/after/penalised.h"
#include "fit/after/wald.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/design_terms.h"
#include "fit/families/ordinal_effects.h"
#include "fit/mixed/mixed.h"

#include <math.h>
#include <string.h>

/* --- likelihood ratio --------------------------------------------------------------------------------------------- */

static size_t estimated(const mlab_fit *fit)
{
    size_t n = fit->shape > 0 || fit->residual_variance > 0; /* both have it: only differences count */
    for (size_t j = 0; j < fit->n_parameters; j++) n += !fit->aliased[j];
    for (size_t t = 0; t < fit->n_random; t++) n += fit->random[t].independent ? fit->random[t].n : fit->random[t].n * (fit->random[t].n + 1) / 2;
    return n;
}

static size_t find_name(const mlab_fit *fit, const char *name)
{
    size_t j = 0;
    while (j < fit->n_parameters && strcmp(fit->names[j], name) != 0) j++;
    return j;
}

/* Place of nominal column w at threshold k. */
static size_t nominal_place(const mlab_fit *fit, size_t k, size_t w)
{
    return k == 0 ? fit->n_thresholds + fit->nominal[w] : fit->block_size + (k - 1) * fit->n_nominal + w;
}

static const char *nominal_column(const mlab_fit *fit, size_t w)
{
    return mlab_design_name(fit->design, mlab_fit_first_column(fit) + fit->nominal[w]);
}

/* A parameter of that name, or effects by threshold of the column that it is of. */
static bool has_name(const mlab_fit *fit, const char *name)
{
    if (find_name(fit, name) < fit->n_parameters) return true;
    for (size_t w = 0; w < fit->n_nominal; w++)
        if (strcmp(nominal_column(fit, w), name) == 0) return true;
    return false;
}

/* The estimates of the smaller fit as parameters [n_parameters] of the larger one; what the smaller one does not have is 0. */
static void carry(const mlab_fit *small, const mlab_fit *large, double *b)
{
    for (size_t j = 0; j < large->n_parameters; j++) {
        size_t k = find_name(small, large->names[j]);
        b[j] = k < small->n_parameters ? small->estimate[k] : 0;
    }
    for (size_t w = 0; w < large->n_nominal; w++) {
        size_t same = find_name(small, nominal_column(large, w));
        for (size_t k = 0; k < large->n_thresholds && same < small->n_parameters; k++) b[nominal_place(large, k, w)] = small->estimate[same];
    }
}

static const char *not_nested(const mlab_fit *smaller, const mlab_fit *larger)
{
    for (size_t j = 0; j < smaller->n_parameters; j++)
        if (!smaller->aliased[j] && !has_name(larger, smaller->names[j])) return smaller->names[j];
    return NULL;
}

mlab_status mlab_fit_likelihood_ratio(const mlab_fit *smaller, const mlab_fit *larger, mlab_test *test, mlab_error *err)
{
    *test = (mlab_test){0};
    const char *missing = not_nested(smaller, larger), *outcome = larger->outcome;
    size_t few = estimated(smaller), many = estimated(larger);
    if (strcmp(smaller->model, larger->model) != 0 || strcmp(smaller->link, larger->link) != 0)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s (%s) and a %s (%s) fit are not nested", outcome, smaller->model, smaller->link,
                          larger->model, larger->link);
    if (smaller->n_rows != larger->n_rows || smaller->rows_digest != larger->rows_digest)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                          "%s: the two fits are to other rows (%llu and %llu); a likelihood ratio needs the same, without values missing in either",
                          outcome, (unsigned long long)smaller->n_rows, (unsigned long long)larger->n_rows);
    if (missing) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fits are not nested: %s is in the smaller one alone", outcome, missing);
    if ((smaller->restricted || larger->restricted) && smaller->n_parameters != larger->n_parameters)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: restricted likelihoods of other coefficients cannot be compared; use fit.variances: ml",
                          outcome);
    if (many <= few) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the second fit has no more parameters than the first", outcome);
    *test = mlab_chi_squared(2 * (larger->log_likelihood - smaller->log_likelihood), many - few);
    return MLAB_OK;
}

/* --- terms ---------------------------------------------------------------------------------------------------------- */

/* A fit without some terms, to the same rows. */
typedef struct part_fit {
    const mlab_context *context;
    mlab_design *design;
    const char **nominal, **scale; /* labels that are left */
    mlab_fit_problem problem;
    mlab_prepared *prepared;
    mlab_fit *fit;
} part_fit;

static void part_free(part_fit *part)
{
    mlab_fit_free(part->fit);
    mlab_prepared_free(part->prepared);
    mlab_design_free(part->design);
    if (part->context) {
        mlab_release(part->context, part->nominal);
        mlab_release(part->context, part->scale);
    }
    *part = (part_fit){0};
}

/* What a part leaves out: terms [n_terms] or NULL, and an effect by threshold or on the scale by its label or NULL. */
typedef struct left_out {
    const uint8_t *terms;
    const char *nominal, *scale;
} left_out;

/* The labels but those left out. */
static mlab_status labels_left(part_fit *part, const left_out *out, const char *one, const char *const *labels, size_t n, const char ***left,
                               size_t *n_left, mlab_error *err)
{
    size_t n_terms;
    const mlab_design_term *terms = mlab_design_terms(part->problem.design, &n_terms);
    *n_left = 0;
    if (n == 0) return MLAB_OK;
    *left = mlab_allocate(part->context, n, sizeof **left);
    if (!*left) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu terms", n);
    for (size_t k = 0; k < n; k++) {
        bool keep = !one || strcmp(one, labels[k]) != 0;
        for (size_t t = 0; out->terms && t < n_terms; t++) keep = keep && !(out->terms[t] && mlab_same_term(terms[t].label, labels[k]));
        if (keep) (*left)[(*n_left)++] = labels[k];
    }
    return MLAB_OK;
}

/* bare: only the likelihood is wanted. */
static mlab_status part_make(const mlab_context *context, const mlab_prepared *whole, const left_out *out, bool bare, part_fit *part, mlab_error *err)
{
    mlab_fit_options options = whole->options;
    *part = (part_fit){.context = context, .problem = *whole->problem};
    mlab_fit_problem *problem = &part->problem;
    mlab_status status =
        labels_left(part, out, out->nominal, whole->problem->nominal, whole->problem->n_nominal, &part->nominal, &problem->n_nominal, err);
    if (!status) status = labels_left(part, out, out->scale, whole->problem->scale, whole->problem->n_scale, &part->scale, &problem->n_scale, err);
    if (!status) status = mlab_design_copy(whole->problem->design, &part->design, err);
    if (status) return status;
    problem->nominal = part->nominal;
    problem->scale = part->scale;
    if (out->terms) mlab_design_drop_terms(part->design, out->terms);
    problem->design = part->design;
    problem->warm = NULL;
    if (bare) {
        problem->cluster = NULL;
        problem->weights_sampling = false;
        options.robust = MLAB_ROBUST_CR1;
    }
    options.restricted = 1; /* likelihoods of other coefficients are compared: never restricted ones */
    status = mlab_prepare(context, whole->model, problem, &options, &part->prepared, err);
    return status ? status : mlab_prepared_fit(context, part->prepared, &part->fit, err);
}

static bool contains(const mlab_design_term *large, const mlab_design_term *small)
{
    for (size_t a = 0; a < small->n_variables; a++) {
        bool there = false;
        for (size_t b = 0; b < large->n_variables; b++) there = there || large->variables[b] == small->variables[a];
        if (!there) return false;
    }
    return true;
}

/* A factor that stands for the intercept cannot be taken out: what is left has none. */
static bool stands_for_intercept(const mlab_design *design, const mlab_design_term *term)
{
    for (size_t k = 0; k < term->n_variables && !mlab_design_has_intercept(design); k++)
        if (term->full[k]) return true;
    return false;
}

/* What the score of a model is over the unscaled one of its rows; 0 = no score test. */
static double scale_of(const mlab_fit *fit)
{
    if (strcmp(fit->model, "linear") == 0 || strcmp(fit->model, "lognormal") == 0) {
        size_t used = 0;
        for (size_t j = 0; j < fit->n_parameters; j++) used += !fit->aliased[j];
        double squares = fit->residual_variance * ((double)fit->n_rows - (double)used);
        return squares > 0 ? (double)fit->n_rows / squares : 0;
    }
    if (strcmp(fit->model, "gamma") == 0) return fit->shape;
    return strcmp(fit->model, "negative_binomial") == 0 ? 0 : 1;
}

static mlab_status score_test(const mlab_context *context, const mlab_prepared *larger, const mlab_fit *large, const mlab_fit *small, size_t df,
                              mlab_test *test, mlab_error *err)
{
    const mlab_engine *engine = mlab_engine_of(larger);
    size_t n = large->n_parameters, used = 0;
    double scale = scale_of(small), sum, statistic;
    if (!engine || scale == 0 || (larger->problem->weight && scale != 1)) return MLAB_OK;
    double *b = mlab_allocate(context, 2 * n, sizeof *b), *information = mlab_allocate(context, 2 * n, n * sizeof *information);
    mlab_status status = b && information ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a score test");
    if (status) goto out;
    double *score = b + n, *v = information + n * n;
    carry(small, large, b);
    mlab_engine_inward(engine, b);
    mlab_pass pass = {context, engine, larger->problem->weight, 1, false};
    if ((status = mlab_pass_evaluate(&pass, b, &sum, score, information, err))) goto out;
    for (size_t j = 0; j < n; j++) {
        if (large->aliased[j]) continue;
        score[used] = score[j];
        for (size_t k = 0, m = 0; k < n; k++)
            if (!large->aliased[k]) v[used * n + m++] = information[j * n + k];
        used++;
    }
    for (size_t j = 0; j < used; j++) memmove(information + j * used, v + j * n, used * sizeof *v);
    if (mlab_quadratic(information, score, used, &statistic) == used) *test = mlab_chi_squared(scale * statistic, df);
out:
    mlab_release(context, b);
    mlab_release(context, information);
    return status;
}

/* The term's own coefficients in the fit that does not hold what contains it; of effects by threshold that are one in the smaller fit, their
 * differences. */
static mlab_status wald_of_term(const mlab_context *context, const mlab_fit *large, const mlab_fit *small, mlab_test *test, mlab_error *err)
{
    size_t n = 0, p = large->n_parameters;
    double *h = mlab_allocate(context, p, p * sizeof *h);
    if (!h) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a Wald test");
    for (size_t j = 0; j < p; j++)
        if (!large->aliased[j] && find_name(small, large->names[j]) == small->n_parameters) h[n++ * p + j] = 1;
    for (size_t w = 0; w < large->n_nominal; w++) {
        size_t first = nominal_place(large, 0, w);
        if (find_name(small, nominal_column(large, w)) == small->n_parameters) continue;
        for (size_t row = 0; row < n; row++)
            for (size_t k = 0; k < large->n_thresholds; k++)
                if (h[row * p + nominal_place(large, k, w)] == 1) h[row * p + first] -= 1; /* the first one itself becomes an empty row */
    }
    mlab_status status = n ? mlab_fit_wald(context, large, h, NULL, n, test, err) : MLAB_OK;
    mlab_release(context, h);
    return status;
}

/* Likelihood ratio, Wald and score between two fits of one family. */
static mlab_status compare_fits(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *large, const mlab_fit *small,
                                mlab_term_test *test, mlab_error *err)
{
    size_t many = estimated(large), few = estimated(small);
    bool known = small->trust != MLAB_SEPARATED && small->trust != MLAB_NOT_CONVERGED, own = large->trust != MLAB_NOT_CONVERGED;
    mlab_status status = MLAB_OK;
    if (many <= few) return MLAB_OK; /* all aliased */
    if (known && own) test->likelihood_ratio = mlab_chi_squared(2 * (large->log_likelihood - small->log_likelihood), many - few);
    if (own && large->trust != MLAB_SEPARATED) status = wald_of_term(context, large, small, &test->wald, err);
    if (!status && known) status = score_test(context, prepared, large, small, many - few, &test->score, err);
    return status;
}

/* One label of nominal or scale against none. */
static mlab_status test_effect(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, const left_out *out,
                               mlab_after *after, mlab_error *err)
{
    part_fit smaller = {0};
    mlab_term_test *test = &after->tests[after->n_tests++];
    mlab_text text = MLAB_TEXT(context);
    mlab_text_print(&text, out->nominal ? "%s by threshold" : "%s on the scale", out->nominal ? out->nominal : out->scale);
    test->term = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!test->term) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    mlab_status status = part_make(context, prepared, out, true, &smaller, err);
    if (!status) status = compare_fits(context, prepared, fit, smaller.fit, test, err);
    part_free(&smaller);
    return status;
}

static mlab_status test_term(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, size_t t, uint8_t *drop,
                             mlab_term_test *test, mlab_error *err)
{
    size_t n_terms;
    const mlab_design *design = prepared->problem->design;
    const mlab_design_term *terms = mlab_design_terms(design, &n_terms);
    part_fit larger = {0}, smaller = {0};
    bool whole = !fit->restricted;
    mlab_status status = MLAB_OK;
    if (terms[t].n_columns == 0 || stands_for_intercept(design, &terms[t])) return MLAB_OK;
    for (size_t k = 0; k < n_terms; k++) {
        drop[k] = k != t && contains(&terms[k], &terms[t]);
        whole = whole && !drop[k];
    }
    if (!whole && (status = part_make(context, prepared, &(left_out){.terms = drop}, false, &larger, err))) goto out;
    drop[t] = 1;
    if ((status = part_make(context, prepared, &(left_out){.terms = drop}, true, &smaller, err))) goto out;
    status = compare_fits(context, whole ? prepared : larger.prepared, whole ? fit : larger.fit, smaller.fit, test, err);
out:
    part_free(&larger);
    part_free(&smaller);
    return status;
}

mlab_status mlab_after_tests(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    size_t n_terms;
    const mlab_design_term *terms = mlab_design_terms(prepared->problem->design, &n_terms);
    uint8_t *drop = mlab_allocate(context, n_terms, 1);
    const mlab_fit_problem *problem = prepared->problem;
    after->tests = mlab_allocate(context, n_terms + problem->n_nominal + problem->n_scale, sizeof *after->tests);
    mlab_status status = drop && after->tests ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for tests of %s", fit->outcome);
    const bool penalised = mlab_is_penalised(prepared);
    if (!status && prepared->options.penalty && mlab_penalised_is_made(prepared, fit))
        status = mlab_penalised_tests(context, prepared, fit, after, err);
    for (size_t t = 0; t < n_terms && !status && !penalised; t++) {
        mlab_term_test *test = &after->tests[after->n_tests++];
        if (context->progress) context->progress(context->user, "tests", t, n_terms);
        test->term = mlab_copy_text(context, terms[t].label);
        status = test->term ? test_term(context, prepared, fit, t, drop, test, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    }
    for (size_t k = 0; k < problem->n_nominal && !status && !penalised; k++)
        status = test_effect(context, prepared, fit, &(left_out){.nominal = problem->nominal[k]}, after, err);
    for (size_t k = 0; k < problem->n_scale && !status && !penalised; k++)
        status = test_effect(context, prepared, fit, &(left_out){.scale = problem->scale[k]}, after, err);
    for (size_t k = 0; after->tests && k < after->n_tests; k++) {
        mlab_test *const made[] = {&after->tests[k].likelihood_ratio, &after->tests[k].wald, &after->tests[k].score};
        for (size_t t = 0; t < 3; t++)
            if (made[t]->df == 0) made[t]->statistic = made[t]->p = NAN;
    }
    mlab_release(context, drop);
    return status;
}
