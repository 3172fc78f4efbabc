/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every model takes: weights, offsets, random effects, penalties, robust errors, tests, draws and scales are tried on one world, and the table
 * of docs/models.md must say what happened. Whatever is not taken is refused with a sentence.
 *
 * 160 people in 16 teams: x and z continuous; every kind of response depends a little on x. For hazards the rows are quarters, ten to a person.
 */
#include "fit/outcome.h"
#include "fit/worlds.h"
#include "mentorlab/after.h"
#include "mentorlab/draws.h"

#include <stdio.h>

enum { N = 160, TEAMS = 16, DRAWS = 3 };
static mlab_context context;
static mlab_table *table;
static mlab_data people, quarters;
static mlab_panel panel;
static mlab_panel_event event;
static uint32_t person[N], spell[N];
static int32_t start_day[N], stop_day[N], exit_day[N];
static uint8_t left[N], at_risk[N];
static double share[N];
static char *causes[] = {"voluntary", "involuntary"};

static double spread(size_t i, size_t step, size_t of)
{
    return (double)((i * step) % of) / (double)of;
}

static void add(const char *name, mlab_column_type type, const char *const *levels, int32_t n_levels)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(table, name, type, levels, n_levels, &column, NULL), MLAB_OK);
}

/* A column to be written, once no more are added. */
static mlab_column *own(const char *name)
{
    return (mlab_column *)mlab_table_find(table, name);
}

static void make_world(void)
{
    static const char *const no_yes[] = {"no", "yes"}, *const four[] = {"a", "b", "c", "d"};
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_table_make(&context, N, &table, NULL), MLAB_OK);
    add("x", MLAB_COLUMN_REAL, NULL, 0);
    add("z", MLAB_COLUMN_REAL, NULL, 0);
    add("w", MLAB_COLUMN_INTEGER, NULL, 0);
    add("team", MLAB_COLUMN_INTEGER, NULL, 0);
    add("score", MLAB_COLUMN_REAL, NULL, 0);
    add("pay", MLAB_COLUMN_REAL, NULL, 0);
    add("count", MLAB_COLUMN_INTEGER, NULL, 0);
    add("time", MLAB_COLUMN_INTEGER, NULL, 0);
    add("status", MLAB_COLUMN_INTEGER, NULL, 0);
    add("yes", MLAB_COLUMN_FACTOR, no_yes, 2);
    add("level", MLAB_COLUMN_FACTOR, four, 4);
    mlab_column *x = own("x"), *z = own("z"), *w = own("w"), *team = own("team"), *score = own("score"), *pay = own("pay"), *count = own("count"),
                *time = own("time"), *status = own("status"), *yes = own("yes"), *level = own("level");
    level->ordered = true;
    for (size_t i = 0; i < N; i++) {
        double lean = spread(i / 10, 7, TEAMS) - 0.5, noise = spread(i, 149, 239) * 4 - 2, up = spread(i, 101, 233);
        x->as.real[i] = 2 * spread(i, 37, 61) - 1;
        z->as.real[i] = 2 * spread(i, 17, 53) - 1;
        double at = 0.5 * x->as.real[i] + lean + noise;
        w->as.integer[i] = 1 + (int32_t)(i % 3);
        team->as.integer[i] = (int32_t)(i / 10);
        score->as.real[i] = 3 + at;
        pay->as.real[i] = exp(1 + 0.3 * at);
        count->as.integer[i] = (int32_t)floor(6 * up * up * up * exp(0.5 * x->as.real[i] + lean));
        yes->as.integer[i] = at > 0;
        level->as.integer[i] = at < -1.2 ? 0 : at < 0 ? 1 : at < 1 ? 2 : 3;
        time->as.integer[i] = 1 + (int32_t)(200 * pow(-log(1 - 0.99 * up), 0.8) * exp(-0.3 * x->as.real[i]));
        status->as.integer[i] = i % 4 != 0;
        person[i] = (uint32_t)(i / 10);
        start_day[i] = (int32_t)(90 * (i % 10));
        stop_day[i] = start_day[i] + 90;
        at_risk[i] = 1;
        share[i] = 1;
        left[i] = up > 0.75 ? 1 : up < 0.2 ? 2 : 0;
        exit_day[i] = left[i] ? start_day[i] + 30 : INT32_MIN;
    }
    event = (mlab_panel_event){"retention", "exit", causes, 2, left, at_risk, share, exit_day};
    panel = (mlab_panel){.context = &context,
                         .rows = table,
                         .n_rows = N,
                         .n_people = TEAMS,
                         .person = person,
                         .spell = spell,
                         .start = start_day,
                         .stop = stop_day,
                         .events = &event,
                         .n_events = 1};
    people = (mlab_data){.context = &context, .people = table, .person_level = true};
    quarters = (mlab_data){.context = &context, .panel = &panel};
}

static bool is(const mlab_model *model, const char *name)
{
    return strcmp(model->name, name) == 0;
}

/* States, parts and ratings have worlds of their own. */
static bool tried(const mlab_model *model)
{
    return !(model->marks & MLAB_MODEL_STATES) && !is(model, "joint") && !is(model, "raters");
}

static const char *response_of(const mlab_model *model)
{
    if (model->marks & MLAB_MODEL_SHARE) return "exit";
    if (model->marks & MLAB_MODEL_TIMES) return "event(time, status)";
    if (!(model->marks & MLAB_MODEL_NUMBER)) return model->marks & MLAB_MODEL_TWO ? "yes" : "level";
    return is(model, "linear") ? "score" : is(model, "gamma") || is(model, "lognormal") ? "pay" : "count";
}

static bool effects; /* of x by threshold and on the scale */

static mlab_outcome outcome_of(const mlab_model *model, const char *right, char text[120])
{
    snprintf(text, 120, "%s ~ %s", response_of(model), right);
    static char *x_term[] = {"x"};
    mlab_outcome outcome = {.name = "it",
                            .kind = model->kind < 0 ? MLAB_OUTCOME_ORDINAL : (mlab_outcome_kind)model->kind,
                            .better = 1,
                            .model = (char *)model->name,
                            .formula = text};
    if (effects) {
        outcome.nominal = outcome.scale = x_term;
        outcome.n_nominal = outcome.n_scale = 1;
    }
    return outcome;
}

static const mlab_data *data_of(const mlab_model *model)
{
    return model->marks & MLAB_MODEL_SHARE ? &quarters : &people;
}

/* The fit, or NULL with a sentence. */
static mlab_fit *fit_of(const mlab_model *model, const mlab_outcome *outcome, const mlab_fit_options *options, const char *what)
{
    mlab_fit *fit = NULL;
    mlab_error err = {0};
    mlab_status status = mlab_fit_outcome(&context, data_of(model), outcome, options, &fit, &err);
    if (status) ck_assert_msg(strlen(err.sentence) > 20 && !fit, "%s with %s: refused without a sentence: \"%s\"", model->name, what, err.sentence);
    for (size_t j = 0; fit && j < fit->n_parameters; j++)
        ck_assert_msg(isfinite(fit->estimate[j]), "%s with %s: %s is %g", model->name, what, fit->names[j], fit->estimate[j]);
    return fit;
}

/* --- the columns of the table -------------------------------------------------------------------------------------- */

#define RIGHT "x + z + cluster(team)"

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

/* Weights by kind x offset x random effects x link. */
START_TEST(every_combination_is_fitted_or_refused_with_a_sentence)
{
    static const char *const rights[] = {RIGHT, "x + offset(z) + cluster(team)", "x + z + (1 | team)", "x + offset(z) + (1 | team)"};
    static const char *const links[] = {"", "logit", "probit", "cloglog"};
    size_t fitted = 0, refused = 0;
    make_world();
    for (size_t k = 0; mlab_model_name(k); k++) {
        const mlab_model *model = mlab_model_find(mlab_model_name(k));
        for (size_t right = 0; right < 4 && tried(model); right++)
            for (size_t link = 0; link < 4; link++)
                for (int kind = 0; kind < 4; kind++) {
                    char text[120];
                    mlab_fit_options options = mlab_fit_defaults();
                    mlab_outcome outcome = outcome_of(model, rights[right], text);
                    outcome.link = (char *)links[link];
                    outcome.weight = kind ? "w" : NULL;
                    outcome.weights = (mlab_weight_kind)kind;
                    bool slow = is(model, "generalised_gamma") || is(model, "spline"); /* a part of them is enough */
                    bool linked = (model->marks & (MLAB_MODEL_SHARE | MLAB_MODEL_THRESHOLDS)) || is(model, "spline");
                    if ((slow && (kind > 1 || right % 2)) || (link > 0 && !linked && (kind || right))) continue;
                    mlab_fit *fit = fit_of(model, &outcome, &options, rights[right]);
                    if (fit) ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->reason[0], "%s, %s: doubted without a reason", model->name, text);
                    if (fit && *links[link]) ck_assert_str_eq(fit->link, links[link]);
                    fitted += fit != NULL;
                    refused += fit == NULL;
                    mlab_fit_free(fit);
                }
    }
    ck_assert_uint_gt(fitted, 100);
    ck_assert_uint_gt(refused, 50);
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("matrix", the_table_in_the_documents_says_what_every_model_takes,
               effects_by_threshold_and_on_the_scale_go_with_all_that_ordinal_models_take_but_random_effects_and_firth,
               without_its_factor_a_robust_covariance_is_the_sum_of_squared_influence, every_combination_is_fitted_or_refused_with_a_sentence)
