/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every model takes: weights, offsets, random effects, penalties, robust errors, tests, draws and scales are tried on one world, and the table
 * of docs/models.md must say what happened. Whatever is not taken is refused with a sentence.
 */
#include "fit/matrix_world.h"
#include "mentorlab/after.h"
#include "mentorlab/draws.h"

enum { DRAWS = 3 };

/* --- the columns of the table -------------------------------------------------------------------------------------- */

static bool with_weights(const mlab_model *model, mlab_weight_kind kind, const char *right)
{
    char text[120];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, right, text);
    outcome.weight = "w";
    outcome.weights = kind;
    mlab_fit *fit = fit_of(model, &outcome, &options, "weights");
    bool taken = fit && fit->weights == kind && fit->weight_total > 0;
    ck_assert_msg(!fit || taken, "%s: weights are passed over in silence", model->name);
    mlab_fit_free(fit);
    return taken;
}

static bool frequency(const mlab_model *model)
{
    return with_weights(model, MLAB_WEIGHTS_FREQUENCY, RIGHT);
}

static bool precision(const mlab_model *model)
{
    return with_weights(model, MLAB_WEIGHTS_PRECISION, RIGHT);
}

static bool sampling(const mlab_model *model)
{
    return with_weights(model, MLAB_WEIGHTS_SAMPLING, RIGHT);
}

static bool formula(const mlab_model *model, const char *right, size_t n_random)
{
    char text[120];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, right, text);
    mlab_fit *fit = fit_of(model, &outcome, &options, right);
    bool taken = fit && fit->n_random == n_random;
    ck_assert_msg(!fit || taken, "%s: %s is passed over in silence", model->name, right);
    mlab_fit_free(fit);
    return taken;
}

static bool offset(const mlab_model *model)
{
    return formula(model, "x + offset(z) + cluster(team)", 0);
}

static bool random(const mlab_model *model)
{
    return formula(model, "x + z + (1 | team)", 1);
}

static bool priors(const mlab_model *model)
{
    char text[120];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, RIGHT, text);
    mlab_prior prior = {.parameter = is(model, "hazard")        ? "voluntary:x"
                                     : is(model, "multinomial") ? "b:x"
                                     : effects                  ? "a|b:x"
                                                                : "x",
                        .sd = 1,
                        .source = "stated"};
    outcome.priors = &prior;
    outcome.n_priors = 1;
    mlab_fit *fit = fit_of(model, &outcome, &options, "a prior");
    bool taken = fit && fit->n_priors == 1;
    ck_assert_msg(!fit || taken, "%s: a prior is passed over in silence", model->name);
    mlab_fit_free(fit);
    return taken;
}

static bool firth(const mlab_model *model)
{
    char text[120];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, RIGHT, text);
    options.penalty = 1;
    mlab_fit *fit = fit_of(model, &outcome, &options, "Firth's penalty");
    bool taken = fit && fit->penalised;
    ck_assert_msg(!fit || taken, "%s: Firth's penalty is passed over in silence", model->name);
    mlab_fit_free(fit);
    return taken;
}

static bool robust(const mlab_model *model, mlab_robust kind, const char *name)
{
    char text[120];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, RIGHT, text);
    options.robust = (int)kind;
    mlab_fit *fit = fit_of(model, &outcome, &options, name);
    bool taken = fit && strcmp(fit->robust_kind, name) == 0;
    ck_assert_msg(!fit || taken || fit->reason[0], "%s: %s is passed over in silence", model->name, name);
    mlab_fit_free(fit);
    return taken;
}

static bool cr0(const mlab_model *model)
{
    return robust(model, MLAB_ROBUST_CR0, "CR0");
}

static bool cr2(const mlab_model *model)
{
    return robust(model, MLAB_ROBUST_CR2, "CR2");
}

static bool hc3(const mlab_model *model)
{
    return robust(model, MLAB_ROBUST_HC3, "HC3");
}

static bool hc0(const mlab_model *model)
{
    return robust(model, MLAB_ROBUST_HC0, "HC0");
}

static bool after(const mlab_model *model, int what)
{
    char text[120];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, RIGHT, text);
    *(what == 0 ? &options.tests : what == 1 ? &options.profile : what == 2 ? &options.margins : &options.diagnose) = true;
    mlab_fit *fit = fit_of(model, &outcome, &options, "what is done after a fit");
    const mlab_after *made = fit ? fit->after : NULL;
    bool taken = made && (what == 0   ? made->n_tests && made->tests->likelihood_ratio.df > 0
                          : what == 1 ? made->n_profiles > 0
                          : what == 2 ? made->n_margins > 0
                                      : made->n_diagnoses > 1);
    mlab_fit_free(fit);
    return taken;
}

static bool tests(const mlab_model *model)
{
    return after(model, 0);
}

static bool profile(const mlab_model *model)
{
    return after(model, 1);
}

static bool margins(const mlab_model *model)
{
    return after(model, 2);
}

static bool diagnose(const mlab_model *model)
{
    return after(model, 3);
}

static bool draws(const mlab_model *model, int kind)
{
    char text[120];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, RIGHT, text);
    const mlab_outcome *outcomes[] = {&outcome};
    mlab_fit *fit = fit_of(model, &outcome, &options, "draws");
    const mlab_fit *fits[] = {fit};
    mlab_draws *made = NULL;
    mlab_error err = {0};
    ck_assert_ptr_nonnull(fit);
    mlab_status status = kind == 0 ? mlab_draws_make_mixed(&context, data_of(model), outcomes, &options, fits, 1, DRAWS, 1, &made, &err)
                                   : mlab_draws_bootstrap(&context, data_of(model), outcomes, &options, fits, 1, kind == 2, DRAWS, 1, &made, &err);
    ck_assert_msg(!status || strlen(err.sentence) > 20, "%s: no draws without a sentence", model->name);
    mlab_draws_free(made);
    mlab_fit_free(fit);
    return status == MLAB_OK;
}

static bool normal(const mlab_model *model)
{
    return draws(model, 0);
}

static bool bootstrap(const mlab_model *model)
{
    return draws(model, 1);
}

static bool parametric(const mlab_model *model)
{
    return draws(model, 2);
}

static const struct {
    const char *heading;
    bool (*takes)(const mlab_model *model);
} columns[] = {{"frequency", frequency}, {"precision", precision},  {"sampling", sampling}, {"offset", offset},
               {"(1 \\| g)", random},    {"priors", priors},        {"Firth", firth},       {"CR0", cr0},
               {"CR2, CR3", cr2},        {"HC0, HC1", hc0},         {"HC2, HC3", hc3},      {"tests", tests},
               {"profile", profile},     {"margins", margins},      {"diagnose", diagnose}, {"draws", normal},
               {"bootstrap", bootstrap}, {"parametric", parametric}};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

/* R response, S survival, I incidence, O occupation. */
static void scales(const mlab_model *model, char into[8])
{
    static const mlab_scale each[] = {MLAB_SCALE_RESPONSE, MLAB_SCALE_SURVIVAL, MLAB_SCALE_INCIDENCE, MLAB_SCALE_OCCUPATION};
    char text[120];
    size_t n = 0;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_outcome outcome = outcome_of(model, RIGHT, text);
    mlab_fit *fit = fit_of(model, &outcome, &options, "scales");
    for (size_t k = 0; fit && k < 4; k++)
        if (mlab_predict_width_at(fit, each[k], 1) > 0) into[n++] = "RSIO"[k];
    if (n == 0) into[n++] = '-';
    into[n] = 0;
    mlab_fit_free(fit);
}

START_TEST(the_table_in_the_documents_says_what_every_model_takes)
{
    make_world();
    char *said = NULL, wanted[8000], *end = wanted;
    size_t size = 0;
    FILE *file = fopen(mlab_test_path("../docs/models.md"), "rb");
    ck_assert_ptr_nonnull(file);
    said = calloc(1, 1 << 20);
    size = fread(said, 1, (1 << 20) - 1, file);
    fclose(file);
    ck_assert_uint_gt(size, 0);
    end += sprintf(end, "| model |");
    for (size_t c = 0; c < N_COLUMNS; c++) end += sprintf(end, " %s |", columns[c].heading);
    end += sprintf(end, " scales |\n|---|");
    for (size_t c = 0; c <= N_COLUMNS; c++) end += sprintf(end, "---|");
    end += sprintf(end, "\n");
    for (size_t k = 0; mlab_model_name(k); k++) {
        const mlab_model *model = mlab_model_find(mlab_model_name(k));
        char own[8];
        if (!tried(model)) continue;
        end += sprintf(end, "| `%s` |", model->name);
        for (size_t c = 0; c < N_COLUMNS; c++) end += sprintf(end, " %s |", columns[c].takes(model) ? "yes" : "");
        scales(model, own);
        end += sprintf(end, " %s |\n", own);
    }
    if (!strstr(said, wanted)) fprintf(stderr, "the table of docs/models.md must be:\n%s", wanted);
    ck_assert_msg(strstr(said, wanted) != NULL, "docs/models.md has another table");
    free(said);
    mlab_table_free(table);
}
END_TEST

START_TEST(effects_by_threshold_and_on_the_scale_go_with_all_that_ordinal_models_take_but_random_effects_and_firth)
{
    const mlab_model *ordinal = mlab_model_find("ordinal");
    make_world();
    for (size_t c = 0; c < N_COLUMNS; c++) {
        effects = false;
        bool plain = columns[c].takes(ordinal);
        effects = true;
        bool taken = columns[c].takes(ordinal);
        ck_assert_msg(taken == (plain && columns[c].takes != random && columns[c].takes != firth), "%s", columns[c].heading);
    }
    mlab_table_free(table);
}
END_TEST

START_TEST(without_its_factor_a_robust_covariance_is_the_sum_of_squared_influence)
{
    static const char *const names[] = {"weibull", "fine_gray", "spline"};
    make_world();
    for (size_t k = 0; k < 3; k++) {
        char text[120];
        mlab_fit_options options = mlab_fit_defaults();
        mlab_outcome outcome = outcome_of(mlab_model_find(names[k]), RIGHT, text);
        mlab_fit *one = fit_of(mlab_model_find(names[k]), &outcome, &options, "CR1");
        options.robust = MLAB_ROBUST_CR0;
        mlab_fit *zero = fit_of(mlab_model_find(names[k]), &outcome, &options, "CR0");
        double n = (double)one->n_rows, g = (double)one->n_clusters, p = (double)one->n_parameters;
        for (size_t j = 0; j < one->n_parameters * one->n_parameters; j++)
            ck_near(one->robust[j], zero->robust[j] * g / (g - 1) * (n - 1) / (n - p), 1e-12, 1e-300);
        mlab_fit_free(one);
        mlab_fit_free(zero);
    }
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("matrix", the_table_in_the_documents_says_what_every_model_takes,
               effects_by_threshold_and_on_the_scale_go_with_all_that_ordinal_models_take_but_random_effects_and_firth,
               without_its_factor_a_robust_covariance_is_the_sum_of_squared_influence)
