/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with a mixed model after it is fitted: predictions for groups, on average, and refits to samples of clusters. */
#include "core/random.h"
#include "fit/mixed/averaged.h"
#include "fit/mixed/mixed.h"
#include "fit/worlds.h"

enum { GROUPS = 40, ROWS = 8, N = GROUPS * ROWS, TEAMS = 5 };

static mlab_context context;

typedef struct use_world {
    world w;
    mlab_formula *terms;
    mlab_design *design;
    mlab_random_grouping groupings[2];
    uint32_t person[N], team[N];
    int32_t event[N];
    double number[N];
} use_world;

static const char *const no_yes[] = {"no", "yes"};

/* People of 8 rows each; people change between 5 teams. */
static void open_world(use_world *o)
{
    double x[N];
    memset(o, 0, sizeof *o);
    context = mlab_test_context(NULL, 2);
    for (uint32_t i = 0; i < N; i++) {
        mlab_address row = {.seed = 77, .entity = i, .purpose = MLAB_PURPOSE_TEST}, who = row, where = row;
        o->person[i] = who.entity = i / ROWS;
        who.period = 1;
        o->team[i] = where.entity = (uint32_t)(TEAMS * mlab_random_uniform(&row, 2));
        where.period = 2;
        x[i] = mlab_random_normal(&row, 0);
        double eta = 0.3 + 0.5 * x[i] + mlab_random_normal(&who, 0), noise = mlab_random_uniform(&row, 4);
        o->event[i] = eta + log(noise / (1 - noise)) > 0;
        o->number[i] = eta + mlab_random_normal(&where, 0) + mlab_random_normal(&row, 6);
    }
    world_real(&o->w, &context, "x", x, N);
    world_formula(&o->w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &o->terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(o->terms, o->w.table, NULL, &o->design, NULL), MLAB_OK);
    o->groupings[0] = (mlab_random_grouping){.design = o->design, .group = o->person, .n_groups = GROUPS, .name = "person"};
    o->groupings[1] = (mlab_random_grouping){.design = o->design, .group = o->team, .n_groups = TEAMS, .name = "team"};
    o->w.problem.random = o->groupings;
    o->w.problem.n_random = 1;
    o->w.problem.cluster = o->person;
    o->w.problem.n_clusters = GROUPS;
    o->w.problem.cluster_name = "person";
}

static void close_world(use_world *o)
{
    mlab_design_free(o->design);
    mlab_formula_free(o->terms);
    world_free(&o->w);
}

START_TEST(averaged_predictions_are_the_integral_and_conditional_ones_add_the_mode)
{
    static use_world o;
    mlab_fit_options options = mlab_fit_defaults();
    double link[N], averaged[N], conditional[N], effect[N];
    open_world(&o);
    world_categories(&o.w, o.event, 2, no_yes);
    mlab_fit *fit = world_fit(&o.w, &context, "logit", &options);
    for (size_t i = 0; i < N; i++) effect[i] = fit->random->mode[o.person[i]];
    ck_assert_int_eq(mlab_predict(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_LINK, link, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_averaged(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_RESPONSE, NULL, 0, averaged, NULL), MLAB_OK);
    ck_assert_int_eq(
        mlab_predict_conditional(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, effect, MLAB_SCALE_RESPONSE, NULL, 0, conditional, NULL), MLAB_OK);
    for (size_t i = 0; i < N; i += 37) {
        double sum = 0, size = 0;
        for (int k = -2000; k <= 2000; k++) {
            double v = 0.004 * k, density = exp(-0.5 * v * v);
            sum += density / (1 + exp(-link[i] - fit->random->sd[0] * v));
            size += density;
        }
        ck_near(averaged[i], sum / size, 1e-7, 0);
        ck_near(conditional[i], 1 / (1 + exp(-link[i] - effect[i])), 1e-12, 0);
    }
    fit->random->n = 2; /* no recipe says what a second effect multiplies */
    mlab_error err = {0};
    ck_assert_int_eq(mlab_predict_averaged(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_RESPONSE, NULL, 0, averaged, &err),
                     MLAB_ERR_FIT_MODEL);
    fit->random->n = 1;
    mlab_fit_free(fit);
    close_world(&o);
}
END_TEST

/* eta + s v over v standard normal, by a fine sum. */
static double logistic_mean(double eta, double s)
{
    double sum = 0, size = 0;
    for (int k = -2000; k <= 2000; k++) {
        double v = 0.004 * k, density = exp(-0.5 * v * v);
        sum += density / (1 + exp(-eta - s * v));
        size += density;
    }
    return sum / size;
}

START_TEST(averages_hold_slopes_and_several_groupings)
{
    static use_world o;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_formula *terms;
    mlab_design *slopes;
    double link[N], averaged[N], x[N];
    open_world(&o);
    world_categories(&o.w, o.event, 2, no_yes);
    ck_assert_int_eq(mlab_formula_parse(&context, "~ x", NULL, &terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(terms, o.w.table, NULL, &slopes, NULL), MLAB_OK);
    o.groupings[0].design = slopes;
    o.w.problem.n_random = 2;
    mlab_fit *fit = world_fit(&o.w, &context, "logit", &options);
    const double covariance[4] = {1.1, -0.4, -0.4, 0.7};
    memcpy(fit->random[0].covariance, covariance, sizeof covariance);
    fit->random[1].covariance[0] = 0.3;
    memcpy(x, mlab_table_find(o.w.table, "x")->as.real, sizeof x);
    ck_assert_int_eq(mlab_predict(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_LINK, link, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_averaged(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_RESPONSE, NULL, 0, averaged, NULL), MLAB_OK);
    for (size_t i = 0; i < N; i += 7) {
        double s = sqrt(1.1 - 2 * 0.4 * x[i] + 0.7 * x[i] * x[i] + 0.3);
        ck_near(averaged[i], logistic_mean(link[i], s), 1e-7, 0);
    }
    mlab_fit_free(fit);
    mlab_design_free(slopes);
    mlab_formula_free(terms);
    close_world(&o);
}
END_TEST

/* Two causes, whose effects are related: the plain sum goes over a plane. */
START_TEST(averages_over_two_causes_are_the_integral_over_a_plane)
{
    static use_world o;
    static const char *const three[] = {"none", "left", "sent"};
    mlab_fit_options options = mlab_fit_defaults();
    double link[2 * N], averaged[3 * N];
    open_world(&o);
    for (size_t i = 0; i < N; i++) o.event[i] += o.event[i] && o.number[i] > 1;
    world_categories(&o.w, o.event, 3, three);
    mlab_fit *fit = world_fit(&o.w, &context, "multinomial", &options);
    ck_assert_uint_eq(fit->random->n, 2);
    const double covariance[4] = {0.9, 0.5, 0.5, 0.6};
    memcpy(fit->random->covariance, covariance, sizeof covariance);
    ck_assert_int_eq(mlab_predict(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_LINK, link, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_averaged(&context, fit, o.w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_RESPONSE, NULL, 0, averaged, NULL), MLAB_OK);
    double a = sqrt(0.9), b = 0.5 / a, c = sqrt(0.6 - b * b);
    for (size_t i = 0; i < N; i += 61) {
        double sum[3] = {0}, size = 0;
        for (int k = -160; k <= 160; k++)
            for (int l = -160; l <= 160; l++) {
                double u = 0.05 * k, v = 0.05 * l, density = exp(-0.5 * (u * u + v * v));
                double p = exp(link[2 * i] + a * u), q = exp(link[2 * i + 1] + b * u + c * v), all = 1 + p + q;
                sum[0] += density / all;
                sum[1] += density * p / all;
                sum[2] += density * q / all;
                size += density;
            }
        for (size_t k = 0; k < 3; k++) ck_near(averaged[3 * i + k], sum[k] / size, 1e-6, 0);
    }
    mlab_fit_free(fit);
    close_world(&o);
}
END_TEST

/* The derivatives of a hazard's averages in closed form, beside differences of fourth order of the averages: of `causes` causes. */
static void slopes_are_those(const char *link, mlab_scale scale, size_t causes, bool effects)
{
    enum { CASES = 4, MOST = 4 };
    const double eta[CASES * 2] = {-3, -2, -9, 0.5, 1.2, -30, -45, -50}, times[2] = {0.5, 6}, points[4] = {-2, -1, 1, 2};
    const double parts[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12}, factor[4] = {0.4, 0, 0.3, 0.7};
    mlab_fit fit = {.context = &context, .model = (char *)"hazard", .link = (char *)link, .outcome = (char *)"exit", .n_blocks = causes};
    size_t width = mlab_predict_width_at(&fit, scale, 2), wide = width * (1 + causes), rooms = causes * causes;
    double own[CASES * 2], moved[CASES * 2], root[CASES * 4], out[CASES * MOST * 3], value[CASES * MOST], room[CASES * (2 + MOST * 3)];
    ck_assert(mlab_respond_has_slopes(&fit, scale) && width <= MOST);
    for (size_t i = 0; i < CASES; i++) {
        for (size_t k = 0; k < causes; k++) own[i * causes + k] = eta[2 * i + k];
        for (size_t k = 0; k < rooms; k++) root[i * rooms + k] = factor[k] * (double)(i + 1);
    }
    const double *factors = effects ? root : NULL;
    ck_assert_int_eq(mlab_respond_slopes(&context, &fit, NULL, NULL, 0, CASES, own, factors, scale, times, 2, out, room, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_respond_averaged(&context, &fit, NULL, NULL, 0, CASES, NULL, own, factors, NULL, scale, times, 2, value, room, NULL),
                     MLAB_OK);
    for (size_t i = 0; i < CASES; i++)
        for (size_t c = 0; c < width; c++) ck_near(out[i * wide + c], value[i * width + c], 1e-13, 1e-300);
    for (size_t k = 0; k < causes; k++) {
        double slope[CASES * MOST] = {0};
        for (int s = 0; s < 4; s++) {
            memcpy(moved, own, sizeof own);
            for (size_t i = 0; i < CASES; i++) moved[i * causes + k] += 1e-3 * points[s];
            ck_assert_int_eq(
                mlab_respond_averaged(&context, &fit, NULL, NULL, 0, CASES, NULL, moved, factors, NULL, scale, times, 2, value, room, NULL), MLAB_OK);
            for (size_t i = 0; i < CASES * width; i++) slope[i] += parts[s] / 1e-3 * value[i];
        }
        for (size_t i = 0; i < CASES; i++)
            for (size_t c = 0; c < width; c++) {
                double size = fabs(out[i * wide + c]);
                ck_assert_msg(fabs(out[i * wide + (1 + k) * width + c] - slope[i * width + c]) <= 2e-10 * size + 1e-8 * fabs(slope[i * width + c]),
                              "%s, scale %d, %zu causes: row %zu, number %zu by predictor %zu is %.12g, by differences %.12g", link, (int)scale,
                              causes, i, c, k, out[i * wide + (1 + k) * width + c], slope[i * width + c]);
            }
    }
}

START_TEST(averages_of_hazards_have_the_derivatives_of_the_average)
{
    const mlab_scale scales[] = {MLAB_SCALE_RESPONSE, MLAB_SCALE_SURVIVAL, MLAB_SCALE_INCIDENCE, MLAB_SCALE_RESTRICTED, MLAB_SCALE_LOST};
    context = mlab_test_context(NULL, 1);
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++)
        for (size_t causes = 1; causes <= 2; causes++)
            for (int effects = 0; effects < 2; effects++) {
                slopes_are_those("cloglog", scales[s], causes, effects);
                slopes_are_those("logit", scales[s], causes, effects);
            }
}
END_TEST

/* Every person twice: the coefficients stay, the log-likelihood doubles. With teams, which span people, it does not. */
START_TEST(a_sample_with_everybody_twice_is_as_good_as_everybody_once)
{
    static use_world o;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_refit_info info;
    double twice[GROUPS], estimate[2], once[2], some[2];
    options.restricted = 1;
    open_world(&o);
    for (int m = 0; m < 2; m++) {
        if (m)
            o.w.problem.category = NULL, o.w.problem.number = o.number;
        else
            world_categories(&o.w, o.event, 2, no_yes);
        const char *model = m ? "linear" : "logit";
        mlab_fit *fit = world_fit(&o.w, &context, model, &options);
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(model), &o.w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_refit(&context, prepared, NULL, fit->estimate, once, &info, NULL), MLAB_OK);
        for (size_t g = 0; g < GROUPS; g++) twice[g] = 2;
        mlab_refit_weights weights = {.cluster = twice};
        ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, NULL, estimate, &info, NULL), MLAB_OK);
        ck_assert_int_eq(info.trust, MLAB_TRUSTED);
        ck_near(info.log_likelihood, 2 * fit->log_likelihood, 0, 1e-6);
        for (size_t j = 0; j < 2; j++) {
            ck_near(once[j], fit->estimate[j], 0, 1e-5 * mlab_fit_standard_error(fit, j));
            ck_near(estimate[j], fit->estimate[j], 0, 1e-4 * mlab_fit_standard_error(fit, j));
        }
        for (size_t g = 0; g < GROUPS; g++) twice[g] = (double)(g % 3); /* some are left out */
        ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, fit->estimate, some, &info, NULL), MLAB_OK);
        ck_assert(fabs(some[1] - once[1]) > 1e-3);
        twice[0] = 0.5;
        ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, NULL, some, &info, NULL), MLAB_ERR_DATA_NOT_BUILT);
        mlab_prepared_free(prepared);
        mlab_fit_free(fit);
    }
    o.w.problem.n_random = 2;
    mlab_fit *fit = world_fit(&o.w, &context, "linear", &options);
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("linear"), &o.w.problem, &options, &prepared, NULL), MLAB_OK);
    for (size_t g = 0; g < GROUPS; g++) twice[g] = 2;
    mlab_refit_weights weights = {.cluster = twice};
    ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, NULL, estimate, &info, NULL), MLAB_OK);
    ck_near(estimate[1], fit->estimate[1], 0, 0.3 * mlab_fit_standard_error(fit, 1));
    ck_assert(fabs(info.log_likelihood - 2 * fit->log_likelihood) > 1);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    close_world(&o);
}
END_TEST

/* A true lag of 0.3 beside effects of 200 people over 6 rows that begin at the effect: the fit says that the lag comes out too large, which it does.
 */
START_TEST(a_lag_beside_an_effect_of_the_person_is_doubted)
{
    enum { PEOPLE = 200, TIMES = 6, ALL = PEOPLE * TIMES };
    static double y[ALL], last[ALL];
    static int32_t person[ALL];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_column *column;
    world w = {0};
    context = mlab_test_context(NULL, 2);
    for (uint32_t i = 0; i < ALL; i++) {
        mlab_address row = {.seed = 9, .entity = i, .purpose = MLAB_PURPOSE_TEST}, who = row;
        person[i] = (int32_t)(who.entity = i / TIMES);
        who.period = 1;
        double effect = mlab_random_normal(&who, 0);
        last[i] = i % TIMES ? y[i - 1] : effect / 0.7 + mlab_random_normal(&who, 1);
        y[i] = 0.3 * last[i] + effect + mlab_random_normal(&row, 0);
    }
    world_real(&w, &context, "y", y, ALL);
    world_real(&w, &context, "y_last", last, ALL);
    ck_assert_int_eq(mlab_table_add(w.table, "person", MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, person, sizeof person);
    const mlab_data data = {.people = w.table};
    mlab_outcome outcome = {.name = "y", .kind = MLAB_OUTCOME_NUMBER, .formula = "y ~ y_last + (1 | person)"};
    mlab_error err = {0};
    mlab_fit *fit;
    ck_assert_msg(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(strstr(fit->reason, "y_last and an effect of each person") != NULL, "%s", fit->reason);
    ck_assert_double_gt(fit->estimate[1], 0.3 + 3 * mlab_fit_standard_error(fit, 1));
    mlab_fit_free(fit);
    outcome.formula = "y ~ y_last";
    ck_assert_int_eq(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, NULL), MLAB_OK);
    ck_assert_str_eq(fit->reason, "");
    mlab_fit_free(fit);
    mlab_table_free(w.table);
}
END_TEST

START_TEST(every_failed_allocation_of_a_refit_is_reported)
{
    static use_world o;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_refit_info info;
    double estimate[2];
    open_world(&o);
    o.w.problem.number = o.number;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("linear"), &o.w.problem, &options, &prepared, NULL), MLAB_OK);
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 2000; k += k < 40 ? 1 : 11) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context counting = mlab_test_context(&memory, 1);
        got = mlab_prepared_refit(&counting, prepared, NULL, NULL, estimate, &info, NULL);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(got, MLAB_OK);
    mlab_prepared_free(prepared);
    close_world(&o);
}
END_TEST

MLAB_TEST_MAIN("mixed_use", averaged_predictions_are_the_integral_and_conditional_ones_add_the_mode, averages_hold_slopes_and_several_groupings,
               averages_over_two_causes_are_the_integral_over_a_plane, averages_of_hazards_have_the_derivatives_of_the_average,
               a_sample_with_everybody_twice_is_as_good_as_everybody_once, a_lag_beside_an_effect_of_the_person_is_doubted,
               every_failed_allocation_of_a_refit_is_reported)
