/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What joint models and several raters take, tried cell by cell: the second table of docs/models.md must say what happened. What is not taken is
 * refused with a sentence. */
#include "fit/joint/joint_draws.h"
#include "fit/joint_world.h"
#include "fit/ratings.h"
#include "mentorlab/draws.h"

enum { JOINT, RATERS, N_MODELS };
static const char *const models[N_MODELS] = {"joint", "raters"}, formula[] = "score ~ role + (1 | person) + (1 | rater)";
static const joint_truth truth_of = {.people = 60, .periods = 5, .seed = 5, .sd = 1, .gain = -0.6, .base = -1.5, .gaussian = true};

typedef struct tried {
    mlab_weight_kind weights;
    bool offset, prior, firth;
    int draws; /* 0 none, 1 normal, 2 bootstrap, 3 parametric */
} tried;

static bool told(mlab_status status, const mlab_error *err, const char *model)
{
    if (status) ck_assert_msg(strlen(err->sentence) > 20, "%s: refused without a sentence: \"%s\"", model, err->sentence);
    return status == MLAB_OK;
}

static bool joint_takes(const tried *t)
{
    static const mlab_draws_kind kinds[] = {MLAB_DRAWS_NORMAL, MLAB_DRAWS_BOOTSTRAP, MLAB_DRAWS_PARAMETRIC};
    char name[] = "x";
    mlab_prior prior = {.parameter = name, .sd = 1};
    mlab_error err = {0};
    mlab_fit *fit = NULL;
    mlab_draws *draws = NULL;
    options = mlab_fit_defaults();
    options.penalty = t->firth;
    joint_world w = joint_world_make(&context, &truth_of);
    double *more = joint_room(3 * w.d.n, sizeof *more);
    for (size_t i = 0; i < w.d.n; i++) more[i] = 1 + (double)(w.d.person[i] % 2), more[2 * w.d.n + i] = 0.1;
    for (size_t k = 0; k < w.d.n_answers; k++) more[w.d.n + k] = 1 + (double)(w.d.person_answer[k] % 2);
    mlab_fit_problem *const problems[] = {&w.exits.problem, &w.answers.problem};
    for (size_t k = 0; k < 2; k++) {
        if (t->weights) problems[k]->weight = more + k * w.d.n;
        problems[k]->weights = t->weights;
        problems[k]->weights_sampling = t->weights == MLAB_WEIGHTS_SAMPLING;
        if (t->offset) problems[k]->offset = more + 2 * w.d.n;
    }
    if (t->prior) w.exits.problem.priors = &prior, w.exits.problem.n_priors = 1;
    joint_prepare(&w, &context, &truth_of, &options);
    const mlab_joint_part_problem parts[] = {{w.prepared[0], NULL}, {w.prepared[1], NULL}};
    mlab_status status = mlab_joint_fit_parts(&context, "together", parts, joint_names, 2, MLAB_JOINT_SHARED, &options, &fit, &err);
    bool taken = told(status, &err, "joint");
    if (taken && t->draws) taken = told(mlab_joint_draw_parts(&context, parts, 2, fit, kinds[t->draws - 1], 2, 1, &draws, &err), &err, "joint");
    if (taken && !t->draws) ck_assert(fit->weights == t->weights && fit->n_priors == t->prior && !fit->penalised);
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    joint_world_free(&w);
    free(more);
    return taken;
}

static bool raters_take(const tried *t)
{
    char name[] = "roleself", weight[] = "w";
    mlab_prior prior = {.parameter = name, .sd = 1};
    mlab_error err = {0};
    mlab_fit *fit = NULL;
    mlab_draws *draws = NULL;
    mlab_column *column;
    make_ratings(3, 30, 15, true);
    make_data(NULL, true, true);
    ck_assert_int_eq(mlab_table_add(data.ratings, weight, MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < n_ratings; i++) column->as.integer[i] = 1 + (int32_t)(i % 2);
    options.penalty = t->firth;
    mlab_outcome outcome = outcome_of(t->offset ? "score ~ role + offset(0.1 * w) + (1 | person) + (1 | rater)" : formula);
    if (t->weights) outcome.weight = weight;
    outcome.weights = t->weights;
    if (t->prior) outcome.priors = &prior, outcome.n_priors = 1;
    const mlab_outcome *outcomes[] = {&outcome};
    bool taken = told(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err), &err, "raters");
    const mlab_fit *fits[] = {fit};
    if (taken && t->draws == 1) taken = told(mlab_draws_make_mixed(&context, &data, outcomes, &options, fits, 1, 2, 1, &draws, &err), &err, "raters");
    if (taken && t->draws > 1)
        taken = told(mlab_draws_bootstrap(&context, &data, outcomes, &options, fits, 1, t->draws == 3, 2, 1, &draws, &err), &err, "raters");
    if (taken && !t->draws) ck_assert(fit->weights == t->weights && fit->n_priors == t->prior && !fit->penalised);
    mlab_draws_free(draws);
    close_data(fit);
    return taken;
}

static const struct {
    const char *heading;
    tried what;
} columns[] = {{"frequency", {.weights = MLAB_WEIGHTS_FREQUENCY}},
               {"precision", {.weights = MLAB_WEIGHTS_PRECISION}},
               {"sampling", {.weights = MLAB_WEIGHTS_SAMPLING}},
               {"offset", {.offset = true}},
               {"priors", {.prior = true}},
               {"Firth", {.firth = true}},
               {"draws", {.draws = 1}},
               {"bootstrap", {.draws = 2}},
               {"parametric", {.draws = 3}}};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

START_TEST(the_second_table_says_what_joint_models_and_raters_take)
{
    char wanted[2000], *end = wanted, *said = calloc(1, 1 << 20);
    ck_assert_ptr_nonnull(said);
    context = mlab_test_context(NULL, 1);
    FILE *file = fopen(mlab_test_path("../docs/models.md"), "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(said, 1, (1 << 20) - 1, file), 0);
    fclose(file);
    end += sprintf(end, "| model |");
    for (size_t c = 0; c < N_COLUMNS; c++) end += sprintf(end, " %s |", columns[c].heading);
    end += sprintf(end, "\n|---|");
    for (size_t c = 0; c < N_COLUMNS; c++) end += sprintf(end, "---|");
    for (int k = 0; k < N_MODELS; k++) {
        end += sprintf(end, "\n| `%s` |", models[k]);
        for (size_t c = 0; c < N_COLUMNS; c++)
            end += sprintf(end, " %s |", (k == JOINT ? joint_takes(&columns[c].what) : raters_take(&columns[c].what)) ? "yes" : "");
    }
    if (!strstr(said, wanted)) fprintf(stderr, "the second table of docs/models.md must be:\n%s\n", wanted);
    ck_assert_msg(strstr(said, wanted) != NULL, "docs/models.md has another table");
    free(said);
}
END_TEST

MLAB_TEST_MAIN("matrix of people", the_second_table_says_what_joint_models_and_raters_take)
