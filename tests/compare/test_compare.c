/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons whose answer is arithmetic, refusals, E-values in print, and the same bytes for any threads. */
#include "compare/analysis.h"
#include "compare/world.h"

#include <math.h>

/* 400 people in each arm, no covariates, all arms fixed at time zero: the models are saturated.
 *
 *              there   voluntary   involuntary   |            there   voluntary   involuntary
 *   none   0    400       40           20        |  struct 0   400        20          20
 *          1    340       34           17        |         1   360        18          36
 *   incidence of a voluntary exit: 74/400 and 38/400 by the end of the second quarter, 40/400 and 20/400 of the first    */
static world *two_quarters(void)
{
    static const int exits[2][2][2] = {{{40, 20}, {34, 17}}, {{20, 20}, {18, 36}}};
    world *w = world_start(2, 2);
    for (uint32_t i = 0; i < 800; i++) {
        int arm = i >= 400, k = (int)(i % 400);
        for (int t = 0; t < 2; t++) {
            const int *n = exits[arm][t];
            int exit = k < n[0] ? 1 : k < n[0] + n[1] ? 2 : 0;
            world_add(w, (world_row){.person = i, .since = t, .arm = arm, .share = 1, .exit = exit, .promoted = -1, .level = -1});
            if (exit) break;
            k -= n[0] + n[1];
        }
    }
    world_finish(w);
    return w;
}

START_TEST(without_covariates_standardised_incidence_is_the_share_itself_and_its_error_the_binomial_one)
{
    world *w = two_quarters();
    double horizons[] = {3, 6};
    mlab_compare_spec spec = world_spec(horizons, 2, 0);
    spec.n_outcomes = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    options.method = 2;
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_uint_eq(c->n_contrasts, 4);
    const double share[2][2] = {{40.0 / 400, 74.0 / 400}, {20.0 / 400, 38.0 / 400}};
    for (int m = 0; m < 2; m++)
        for (int h = 0; h < 2; h++) {
            const mlab_contrast *k = world_find(c, "retention", "structured", "risk_difference", m ? "weighting" : "standardisation", horizons[h]);
            double p0 = share[0][h], p1 = share[1][h], se = sqrt(p0 * (1 - p0) / 400 + p1 * (1 - p1) / 400);
            ck_near(k->risk_reference, 1 - p0, 1e-8, 0);
            ck_near(k->risk_arm, 1 - p1, 1e-8, 0);
            ck_near(k->estimate, p0 - p1, 1e-7, 0);
            ck_near(k->risk_ratio, p1 / p0, 1e-7, 0);
            ck_near(k->se, se, 1e-6, 0);
            ck_near(k->upper - k->estimate, k->estimate - k->lower, 1e-9, 0);
            ck_near(k->e_value, p0 / p1 + sqrt(p0 / p1 * (p0 / p1 - 1)), 1e-7, 0);
            ck_assert_uint_eq(k->n_arm, 400);
            ck_assert_uint_eq(k->events_arm, 38);
            ck_assert_uint_eq(k->events_reference, 74);
            ck_near(k->years_reference, (400 + 340) * 91 / 365.25, 1e-12, 0);
            ck_assert_int_eq(k->trust, MLAB_TRUSTED);
            ck_assert_ptr_nonnull(strstr(k->estimand, "no voluntary exit within"));
            ck_assert_ptr_nonnull(strstr(k->estimand, "had everyone been in \"structured\" from time zero on"));
        }
    ck_near(c->weight_lowest, 1, 1e-9, 0);
    ck_near(c->weight_highest, 1, 1e-9, 0);
    ck_assert_uint_eq(c->n_times, 3);
    for (size_t i = 0; i < c->n_standardised; i++) {
        int arm = !strcmp(c->standardised_names[i], "retention/structured");
        ck_near(c->standardised[i * 3], 1, 1e-12, 0);
        ck_near(c->standardised[i * 3 + 2], 1 - share[arm][1], 1e-8, 0);
    }
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(the_observed_curve_of_an_arm_fixed_at_time_zero_is_the_standardised_one)
{
    world *w = two_quarters();
    double horizons[] = {6};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.n_outcomes = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 20;
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_uint_eq(c->n_curves, 2);
    ck_assert_str_eq(c->curves[1].group, "retention/structured");
    ck_assert_uint_eq(c->curves[1].n_causes, 2);
    ck_near(c->curves[1].estimate[2], 38.0 / 400, 1e-12, 0); /* two times, two causes: the first cause at the second time */
    ck_near(1 - c->contrasts[0].risk_arm, 38.0 / 400, 1e-8, 0);
    ck_assert_str_eq(c->contrasts[0].cause, "voluntary");
    mlab_comparison_free(c);
    static char *other_order[] = {"involuntary", "voluntary"};
    w->event[1].causes = other_order; /* what was voluntary is now the second cause, and is counted: it stands first in the curves */
    c = world_compare(w, &spec, &options);
    ck_assert_str_eq(c->contrasts[0].cause, "voluntary");
    ck_assert(fabs(c->curves[1].estimate[2] - 38.0 / 400) > 0.01);
    ck_near(1 - c->contrasts[0].risk_arm, c->curves[1].estimate[2], 1e-8, 0);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

/* Promotion is drawn before the exit of a quarter. 400 in each arm:
 *   none    0: 40 promoted, of the other 360 leave 36;  1: of 324 are promoted 54       incidence 94/400
 *   struct  0: 80 promoted, of the other 320 leave 32;  1: of 288 are promoted 72       incidence 152/400      */
START_TEST(first_promotion_has_leaving_as_a_competing_event)
{
    static const int n[2][3] = {{40, 36, 54}, {80, 32, 72}};
    world *w = world_start(2, 1);
    for (uint32_t i = 0; i < 800; i++) {
        int arm = i >= 400, k = (int)(i % 400);
        bool first = k < n[arm][0], gone = !first && k < n[arm][0] + n[arm][1], second = !first && !gone && k < n[arm][0] + n[arm][1] + n[arm][2];
        world_add(w, (world_row){.person = i, .arm = arm, .share = 1, .exit = gone, .promoted = first, .level = -1});
        if (!gone) world_add(w, (world_row){.person = i, .since = 1, .arm = arm, .share = 1, .promoted = second, .level = -1});
    }
    world_finish(w);
    double horizons[] = {6};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.outcomes++;
    spec.n_outcomes = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_comparison *c = world_compare(w, &spec, &options);
    const mlab_contrast *k = &c->contrasts[0];
    ck_near(k->risk_reference, 94.0 / 400, 1e-8, 0);
    ck_near(k->risk_arm, 152.0 / 400, 1e-8, 0);
    ck_near(k->se, sqrt(94.0 / 400 * 306 / 400 / 400 + 152.0 / 400 * 248 / 400 / 400), 1e-6, 0);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(people_in_the_top_grade_are_not_in_the_average_of_promotion)
{
    world *w = world_start(2, 1);
    for (uint32_t i = 0; i < 300; i++)
        world_add(w, (world_row){.person = i,
                                 .arm = i % 2,
                                 .share = 1,
                                 .promoted = i >= 200    ? -1
                                             : i % 4 < 2 ? i % 8 == 0 || i % 8 == 1
                                                         : 0,
                                 .level = -1});
    world_finish(w);
    double horizons[] = {3};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.outcomes++;
    spec.n_outcomes = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_uint_eq(c->contrasts[0].n_arm, 100);
    ck_near(c->contrasts[0].risk_reference, 0.25, 1e-7, 0);
    ck_assert_ptr_nonnull(strstr(c->contrasts[0].estimand, "average over the 200 people"));
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

/* Two levels only: the cumulative logit is saturated. 300 asked in each arm, 150 and 210 satisfied (level 5 against 1). */
START_TEST(satisfaction_of_one_wave_is_the_share_and_the_mean_of_those_asked)
{
    world *w = world_start(2, 1);
    for (uint32_t i = 0; i < 600; i++) {
        int arm = i >= 300, k = (int)(i % 300);
        world_add(w, (world_row){.person = i, .arm = arm, .share = 1, .promoted = -1, .level = k < (arm ? 210 : 150) ? 4 : 0});
    }
    world_finish(w);
    double horizons[] = {3};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.outcomes += 2;
    spec.n_outcomes = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_comparison *c = world_compare(w, &spec, &options);
    const mlab_contrast *share = world_find(c, "satisfaction", "structured", "share_difference", "standardisation", 3);
    const mlab_contrast *mean = world_find(c, "satisfaction", "structured", "mean_difference", "standardisation", 3);
    ck_near(share->risk_arm, 0.7, 1e-8, 0);
    ck_near(share->risk_reference, 0.5, 1e-8, 0);
    ck_near(share->se, sqrt(0.21 / 300 + 0.25 / 300), 1e-6, 0);
    ck_near(mean->risk_arm, 1 + 4 * 0.7, 1e-8, 0);
    ck_near(mean->estimate, 0.8, 1e-7, 0);
    ck_assert_ptr_nonnull(strstr(mean->estimand, "as if nobody had left before"));
    ck_assert_str_eq(mean->cause, "");
    for (size_t k = 0; k < c->n_standardised; k++) ck_near(c->standardised_from[k], 3, 1e-12, 0); /* the end of the first quarter */
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

/* VanderWeele & Ding 2017: risk ratio 3.9 (1.8 to 8.7) has E-value 7.26, its limit 3.0; and 0.80 (0.71 to 0.91) 1.81 and 1.43. */
START_TEST(e_values_are_those_in_print)
{
    ck_near(mlab_e_value(3.9), 7.26, 0, 0.005);
    ck_near(mlab_e_value_limit(1.8, 8.7), 3.0, 0, 0.005);
    ck_near(mlab_e_value(0.80), 1.81, 0, 0.005);
    ck_near(mlab_e_value_limit(0.71, 0.91), 1.43, 0, 0.005);
    ck_near(mlab_e_value_limit(0.9, 1.2), 1, 0, 0);
}
END_TEST

static bool same(const mlab_comparison *a, const mlab_comparison *b)
{
    if (a->n_contrasts != b->n_contrasts) return false;
    for (size_t i = 0; i < a->n_contrasts; i++) {
        const mlab_contrast *x = &a->contrasts[i], *y = &b->contrasts[i];
        if (memcmp(&x->horizon, &y->horizon, offsetof(mlab_contrast, trust) - offsetof(mlab_contrast, horizon))) return false;
    }
    return !memcmp(a->standardised, b->standardised, a->n_standardised * a->n_times * sizeof *a->standardised);
}

START_TEST(the_same_bytes_come_from_one_two_and_seven_threads)
{
    world *w = world_starters(200, 3);
    double horizons[] = {6, 12};
    char *by[] = {"g"};
    mlab_compare_spec spec = world_spec(horizons, 2, 2);
    spec.by = by;
    spec.n_by = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 24;
    options.method = 2;
    mlab_comparison *one, *more;
    w->context.threads = 1;
    one = world_compare(w, &spec, &options);
    for (int threads = 2; threads <= 7; threads += 5) {
        w->context.threads = threads;
        more = world_compare(w, &spec, &options);
        ck_assert(same(one, more));
        mlab_comparison_free(more);
    }
    options.seed = 2;
    more = world_compare(w, &spec, &options);
    ck_assert(!same(one, more)); /* another seed gives other samples */
    mlab_comparison_free(more);
    mlab_comparison_free(one);
    world_end(w);
}
END_TEST

START_TEST(bootstrap_and_influence_agree_about_the_error)
{
    world *w = world_starters(400, 2);
    double horizons[] = {12};
    mlab_compare_spec spec = world_spec(horizons, 1, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_comparison *influence = world_compare(w, &spec, &options);
    options.bootstrap = 200;
    mlab_comparison *bootstrap = world_compare(w, &spec, &options);
    for (size_t i = 0; i < influence->n_contrasts; i++) { /* 200 samples know a standard deviation within 5 % */
        ck_near(bootstrap->contrasts[i].estimate, influence->contrasts[i].estimate, 0, 0);
        ck_near(bootstrap->contrasts[i].se, influence->contrasts[i].se, 0.25, 0);
        ck_assert_uint_eq(bootstrap->contrasts[i].bootstrap_done, 200);
        ck_assert_uint_eq(bootstrap->contrasts[i].bootstrap_failed, 0);
    }
    mlab_comparison_free(influence);
    mlab_comparison_free(bootstrap);
    world_end(w);
}
END_TEST

START_TEST(weighting_brings_the_covariates_together)
{
    world *w = world_starters(900, 2);
    double horizons[] = {12};
    mlab_compare_spec spec = world_spec(horizons, 1, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    options.method = 1;
    options.truncate = 0;
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_uint_eq(c->n_balance, 3); /* x, g = b, g = c */
    ck_assert_str_eq(c->balance[0].covariate, "x");
    ck_assert_double_gt(c->balance[0].smd_before, 0.1);
    ck_assert_double_lt(fabs(c->balance[0].smd_after), 0.03);
    ck_near(c->weight_mean, 1, 0.05, 0);
    ck_assert_double_gt(c->effective_share, 0.5);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(prevalent_people_and_unknown_time_are_left_out_and_counted)
{
    world *w = world_starters(200, 2);
    for (size_t i = 0; i < w->n; i++) {
        if (w->row[i].person < 5) w->prevalent[i] = 1;
        if (w->row[i].person == 10 && w->row[i].since > 0) w->arm[i] = -1;
    }
    double horizons[] = {12};
    mlab_compare_spec spec = world_spec(horizons, 1, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_ptr_nonnull(strstr(c->caveats, "5 people are left out: their relationship began before time zero"));
    ck_assert_ptr_nonnull(strstr(c->caveats, "no source says which group"));
    ck_assert_ptr_nonnull(strstr(c->contrasts[0].estimand, "average over the 195 people"));
    mlab_comparison_free(c);
    options.include_prevalent = true;
    c = world_compare(w, &spec, &options);
    ck_assert_ptr_nonnull(strstr(c->contrasts[0].estimand, "average over the 200 people"));
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

/* Everybody with x above 0 is in the arm, nobody else: no one has anyone to be compared with. */
START_TEST(groups_that_share_nothing_have_no_overlap)
{
    world *w = world_start(2, 1);
    for (uint32_t i = 0; i < 200; i++) {
        double x = (double)i / 100 - 1;
        world_add(w, (world_row){.person = i, .arm = x >= 0, .share = 1, .exit = i % 5 == 0, .promoted = -1, .level = -1, .x = x});
    }
    world_finish(w);
    double horizons[] = {3};
    mlab_compare_spec spec = world_spec(horizons, 1, 1);
    spec.n_outcomes = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_int_eq(c->contrasts[0].trust, MLAB_NO_OVERLAP);
    ck_assert_double_lt(c->contrasts[0].overlap, 0.1);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(few_events_and_few_people_are_said)
{
    world *w = world_start(3, 1);
    for (uint32_t i = 0; i < 200; i++) {
        int arm = i < 2 ? 2 : i < 60 ? 1 : 0;
        world_add(w, (world_row){.person = i, .arm = arm, .share = 1, .exit = i % 9 == 0, .promoted = -1, .level = -1});
    }
    world_finish(w);
    double horizons[] = {3};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.n_outcomes = 1;
    mlab_compare_options options = mlab_compare_defaults();
    mlab_comparison *c = world_compare(w, &spec, &options);
    const mlab_contrast *few = world_find(c, "retention", "structured", "risk_difference", "standardisation", 3);
    ck_assert_int_eq(few->trust, MLAB_TOO_FEW_EVENTS);
    const mlab_contrast *nobody = world_find(c, "retention", "informal", "risk_difference", "standardisation", 3);
    ck_assert_int_eq(nobody->trust, MLAB_TOO_FEW_CLUSTERS);
    ck_near(nobody->lower, nobody->upper, 0, 0);
    ck_assert_ptr_nonnull(strstr(nobody->reason, "fewer than 10 events"));
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

static void refused(world *w, const mlab_compare_spec *spec, mlab_status expected, const char *words)
{
    mlab_comparison *c;
    mlab_error err = {0};
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_status status = mlab_compare(&w->context, &w->data, spec, &options, &c, &err);
    ck_assert_int_eq(status, expected);
    ck_assert_msg(strstr(err.sentence, words), "%s", err.sentence);
    ck_assert_ptr_null(c);
}

START_TEST(what_cannot_be_compared_is_refused_with_a_sentence)
{
    world *w = world_starters(60, 2);
    double horizons[] = {12}, beyond[] = {60}, crooked[] = {4};
    mlab_compare_spec spec = world_spec(horizons, 1, 2), other = spec;
    other.reference = "nobody";
    refused(w, &other, MLAB_ERR_COMPARE_ARM, "there is no arm \"nobody\"; the arms are none, structured");
    other = spec;
    other.horizons = beyond;
    refused(w, &other, MLAB_ERR_COMPARE_HORIZON, "nobody is followed to 60 months; the data end 18 months");
    other.horizons = crooked;
    refused(w, &other, MLAB_ERR_COMPARE_HORIZON, "4 months is not a whole number of periods of 3 months");
    char *misspelt[] = {"xx"}, *outcome[] = {"exit"}, *arm[] = {"arm"};
    other = spec;
    other.adjust = misspelt;
    other.n_adjust = 1;
    refused(w, &other, MLAB_ERR_DATA_COLUMN, "there is no column \"xx\" at time zero");
    other.adjust = outcome;
    refused(w, &other, MLAB_ERR_DATA_COLUMN, "\"exit\" is an outcome");
    other.adjust = arm;
    refused(w, &other, MLAB_ERR_DATA_COLUMN, "\"arm\" is what is compared");
    for (size_t i = 0; i < w->n; i++) w->arm[i] = 0;
    refused(w, &spec, MLAB_ERR_COMPARE_ARM, "there is nothing to compare it with");
    world_end(w);
}
END_TEST

/* --- a person-level table -------------------------------------------------------------------- */

typedef struct single {
    mlab_context context;
    mlab_data data;
    mlab_outcome outcome;
    mlab_compare_spec spec;
    double horizons[1];
} single;

/* 200 people in each arm; half leave on day 30 (month 1), of the arm a quarter; the others are seen for 60.875 days (2 months). */
static single *months(char *exposure)
{
    static const char *const arms[] = {"none", "coach"};
    single *s = calloc(1, sizeof *s);
    s->context = mlab_test_context(NULL, 1);
    mlab_column *time, *left, *arm;
    ck_assert_int_eq(mlab_table_make(&s->context, 400, &s->data.people, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(s->data.people, "days", MLAB_COLUMN_REAL, NULL, 0, &time, NULL), MLAB_OK);
    for (size_t i = 0; i < 400; i++) time->as.real[i] = i % 200 < (i < 200 ? 100u : 50u) ? 30 : 61;
    ck_assert_int_eq(mlab_table_add(s->data.people, "left", MLAB_COLUMN_INTEGER, NULL, 0, &left, NULL), MLAB_OK);
    for (size_t i = 0; i < 400; i++) left->as.integer[i] = i % 200 < (i < 200 ? 100u : 50u);
    ck_assert_int_eq(mlab_table_add(s->data.people, "coach", MLAB_COLUMN_FACTOR, arms, 2, &arm, NULL), MLAB_OK);
    for (size_t i = 0; i < 400; i++) arm->as.integer[i] = i >= 200;
    s->data.context = &s->context;
    s->data.person_level = true;
    s->data.arm_column = "coach";
    s->data.arm_exposure = exposure;
    s->outcome = (mlab_outcome){.name = "retention", .kind = MLAB_OUTCOME_EVENT, .absence = true, .formula = "event(days, left) ~ arm"};
    s->horizons[0] = 1;
    s->spec = (mlab_compare_spec){.outcomes = &s->outcome, .n_outcomes = 1, .horizons = s->horizons, .n_horizons = 1, .satisfied_from = -1};
    return s;
}

START_TEST(a_time_fixed_arm_on_survival_data_is_refused_with_what_immortal_time_is)
{
    single *s = months("");
    mlab_comparison *c;
    mlab_error err = {0};
    mlab_compare_options options = mlab_compare_defaults();
    ck_assert_int_eq(mlab_compare(&s->context, &s->data, &s->spec, &options, &c, &err), MLAB_ERR_COMPARE_IMMORTAL);
    ck_assert_msg(strstr(err.sentence, "immortal time") && strstr(err.sentence, "exposure: baseline") && strstr(err.sentence, "\"coach\""), "%s",
                  err.sentence);
    mlab_table_free(s->data.people);
    free(s);
}
END_TEST

START_TEST(an_arm_fixed_at_time_zero_is_compared_and_one_accepted_by_name_says_so_everywhere)
{
    for (int ever = 0; ever < 2; ever++) {
        single *s = months(ever ? "ever" : "baseline");
        mlab_comparison *c;
        mlab_error err = {0};
        mlab_compare_options options = mlab_compare_defaults();
        options.bootstrap = 0;
        ck_assert_msg(mlab_compare(&s->context, &s->data, &s->spec, &options, &c, &err) == MLAB_OK, "%s", err.sentence);
        ck_near(c->contrasts[0].risk_reference, 0.5, 1e-7, 0);
        ck_near(c->contrasts[0].risk_arm, 0.75, 1e-7, 0);
        ck_assert_int_eq(c->contrasts[0].trust, ever ? MLAB_IMMORTAL_TIME : MLAB_TRUSTED);
        ck_assert_int_eq(strstr(c->caveats, "immortal time") != NULL, ever);
        mlab_comparison_free(c);
        mlab_table_free(s->data.people);
        free(s);
    }
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    world *w = world_starters(45, 3);
    double horizons[] = {6};
    char *by[] = {"g"};
    mlab_compare_spec spec = world_spec(horizons, 1, 2);
    spec.by = by;
    spec.n_by = 1;
    mlab_compare_options options = mlab_compare_defaults();
    options.method = 2;
    options.bootstrap = 20;
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_status got = MLAB_ERR_MEMORY;
    long k = 1;
    for (; got == MLAB_ERR_MEMORY && k < 5000; k += k < 150 ? 1 : 11) {
        mlab_comparison *c;
        mlab_error err = {0};
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_compare(&context, &w->data, &spec, &options, &c, &err);
        if (got == MLAB_OK) mlab_comparison_free(c);
        ck_assert_msg(memory.live == 0, "call %ld leaves %ld blocks", k, memory.live);
        ck_assert_msg(got == MLAB_OK || got == MLAB_ERR_MEMORY, "call %ld: %s", k, err.sentence);
    }
    ck_assert_int_eq(got, MLAB_OK);
    ck_assert_int_gt(k, 300);
    world_end(w);
}
END_TEST

MLAB_TEST_MAIN("compare", without_covariates_standardised_incidence_is_the_share_itself_and_its_error_the_binomial_one,
               the_observed_curve_of_an_arm_fixed_at_time_zero_is_the_standardised_one, first_promotion_has_leaving_as_a_competing_event,
               people_in_the_top_grade_are_not_in_the_average_of_promotion, satisfaction_of_one_wave_is_the_share_and_the_mean_of_those_asked,
               e_values_are_those_in_print, the_same_bytes_come_from_one_two_and_seven_threads, bootstrap_and_influence_agree_about_the_error,
               weighting_brings_the_covariates_together, prevalent_people_and_unknown_time_are_left_out_and_counted,
               groups_that_share_nothing_have_no_overlap, few_events_and_few_people_are_said, what_cannot_be_compared_is_refused_with_a_sentence,
               a_time_fixed_arm_on_survival_data_is_refused_with_what_immortal_time_is,
               an_arm_fixed_at_time_zero_is_compared_and_one_accepted_by_name_says_so_everywhere,
               every_failed_allocation_is_reported_and_nothing_leaks)
