/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a study's outcome to a fit. */
#include "fit/outcome.h"

#include "core/memory.h"
#include "fit/worlds.h"

#include <stdio.h>

static mlab_context context;
static mlab_fit_options options;

/* 8 people, 6 quarters each; period 0 of every odd person is half a period. Exits are rare and voluntary or involuntary.
 *
 *   row      0   1   2   3   4   5 | 6 ...
 *   person   0   0   0   0   0   0 | 1 ...
 *   share    1   1   1   1   1   1 | .5 1 ...      promotion: nobody at risk in period 5 (top grade)
 */
enum { PEOPLE = 8, PERIODS = 6, ROWS = PEOPLE * PERIODS };
static uint32_t person[ROWS], stay[ROWS];
static int32_t start_day[ROWS], stop_day[ROWS], exit_day[ROWS];
static uint8_t left[ROWS], at_risk[ROWS], promoted[ROWS], at_risk_promotion[ROWS];
static double share[ROWS], tenure[ROWS];
static char *exit_causes[] = {"voluntary", "involuntary"}, *promotion_causes[] = {"promotion"}, *measures[] = {"satisfaction"};
static const char *const arm_levels[] = {"none", "structured"}, *const answers[] = {"low", "unused", "mid", "high"};
static mlab_panel_event events[2];
static mlab_panel panel;
static mlab_data data;
static mlab_table *table;

static void fill_rows(void)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t who = i / PERIODS, period = i % PERIODS;
        person[i] = who * 10;
        start_day[i] = (int32_t)(90 * period);
        stop_day[i] = start_day[i] + 90;
        share[i] = who % 2 && period == 0 ? 0.5 : 1;
        at_risk[i] = 1;
        at_risk_promotion[i] = period < 5;
        left[i] = (uint8_t)(i % 7 == 3 ? 1 : i % 7 == 5 && who % 2 ? 2 : 0);
        exit_day[i] = left[i] ? start_day[i] + 30 : INT32_MIN;
        promoted[i] = period < 5 && i % 5 == 2;
        tenure[i] = 0.25 * period + who % 3;
    }
}

static void fill_table(void)
{
    mlab_column *arm, *grade, *satisfaction, *years;
    ck_assert_int_eq(mlab_table_make(&context, ROWS, &table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "arm", MLAB_COLUMN_FACTOR, arm_levels, 2, &arm, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) arm->as.integer[i] = i % PERIODS >= 3 && i / PERIODS % 2 == 0;
    ck_assert_int_eq(mlab_column_set_missing(table, arm, 4, NULL), MLAB_OK); /* unknown, not none */
    ck_assert_int_eq(mlab_table_add(table, "grade", MLAB_COLUMN_INTEGER, NULL, 0, &grade, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) grade->as.integer[i] = (int32_t)(i / PERIODS % 3);
    ck_assert_int_eq(mlab_table_add(table, "tenure", MLAB_COLUMN_REAL, NULL, 0, &years, NULL), MLAB_OK);
    memcpy(years->as.real, tenure, sizeof tenure);
    ck_assert_int_eq(mlab_table_add(table, "satisfaction", MLAB_COLUMN_FACTOR, answers, 4, &satisfaction, NULL), MLAB_OK);
    satisfaction->ordered = true;
    for (size_t i = 0; i < ROWS; i++) {
        int32_t answer = (int32_t)((i * i + i / 5) % 3);
        satisfaction->as.integer[i] = answer == 0 ? 0 : answer + 1;
        if (i % 2) ck_assert_int_eq(mlab_column_set_missing(table, satisfaction, i, NULL), MLAB_OK);
    }
}

static void make_data(mlab_test_memory *memory)
{
    context = mlab_test_context(memory, 2);
    options = mlab_fit_defaults();
    fill_rows();
    fill_table();
    events[0] = (mlab_panel_event){"promotion", "promoted", promotion_causes, 1, promoted, at_risk_promotion, share, exit_day};
    events[1] = (mlab_panel_event){"retention", "exit", exit_causes, 2, left, at_risk, share, exit_day};
    panel = (mlab_panel){.context = &context,
                         .rows = table,
                         .n_rows = ROWS,
                         .n_people = PEOPLE,
                         .person = person,
                         .spell = stay,
                         .start = start_day,
                         .stop = stop_day,
                         .events = events,
                         .n_events = 2,
                         .measures = measures,
                         .n_measures = 1};
    data = (mlab_data){.context = &context, .panel = &panel};
}

static mlab_outcome outcome_of(const char *name, mlab_outcome_kind kind, const char *model, const char *formula)
{
    return (mlab_outcome){.name = (char *)name, .kind = kind, .better = 1, .model = (char *)model, .formula = (char *)formula};
}

static mlab_fit *fit_of(mlab_outcome outcome)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

static mlab_status refused(mlab_outcome outcome, const char *word)
{
    mlab_fit *fit;
    mlab_error err = {0};
    mlab_status status = mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err);
    ck_assert_ptr_null(fit);
    ck_assert_msg(strstr(err.sentence, word) != NULL, "%s", err.sentence);
    return status;
}

START_TEST(an_event_of_the_panel_is_a_hazard_of_all_its_causes)
{
    make_data(NULL);
    mlab_fit *fit = fit_of(outcome_of("retention", MLAB_OUTCOME_EVENT, NULL, "exit ~ arm + tenure"));
    ck_assert_str_eq(fit->model, "hazard");
    ck_assert_uint_eq(fit->n_blocks, 2);
    ck_assert_str_eq(fit->names[1], "voluntary:armstructured");
    ck_assert_uint_eq(fit->n_rows, ROWS - 1);
    ck_assert_uint_eq(fit->n_dropped_missing, 1); /* the unknown arm */
    ck_assert_uint_eq(fit->n_dropped_stubs, 0);
    ck_assert_uint_eq(fit->n_people, PEOPLE);
    ck_assert_str_eq(fit->cluster, "person");
    ck_assert_uint_eq(fit->influence_id[7], 70);
    ck_assert_int_eq(fit->trust, MLAB_SEPARATED); /* so its errors are those of the model */
    ck_assert_ptr_null(fit->robust);
    mlab_fit_free(fit);
    options.link = 1;
    fit = fit_of(outcome_of("retention", MLAB_OUTCOME_EVENT, "hazard", "exit ~ arm"));
    ck_assert_uint_eq(fit->n_dropped_stubs, 4);
    ck_assert_uint_eq(fit->n_rows, ROWS - 1 - 4);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

/* A logit knows no parts of periods: those rows would look safer than they are. */
START_TEST(plain_binomial_models_take_whole_periods_only)
{
    make_data(NULL);
    mlab_fit *fit = fit_of(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "exit ~ tenure"));
    ck_assert_uint_eq(fit->n_dropped_stubs, 4);
    ck_assert_uint_eq(fit->n_rows, ROWS - 4);
    ck_assert_uint_eq(fit->n_blocks, 1);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

START_TEST(causes_can_be_chosen_and_the_others_are_no_event)
{
    make_data(NULL);
    mlab_outcome outcome = outcome_of("retention", MLAB_OUTCOME_EVENT, NULL, "exit ~ arm");
    outcome.causes = exit_causes + 1;
    outcome.n_causes = 1;
    mlab_fit *fit = fit_of(outcome);
    uint64_t expected = 0;
    for (size_t i = 0; i < ROWS; i++) expected += left[i] == 2;
    ck_assert_uint_eq(fit->n_blocks, 1);
    ck_assert_uint_eq(fit->n_events, expected);
    ck_assert_str_eq(fit->names[1], "armstructured");
    ck_assert_str_eq(fit->blocks[0], "involuntary");
    mlab_fit_free(fit);
    outcome.causes = (char *[]){"moon"};
    ck_assert_int_eq(refused(outcome, "moon"), MLAB_ERR_FIT_RESPONSE);
    mlab_table_free(table);
}
END_TEST

START_TEST(rows_not_at_risk_are_not_in_the_fit)
{
    make_data(NULL);
    mlab_fit *fit = fit_of(outcome_of("promotion", MLAB_OUTCOME_EVENT, NULL, "promoted ~ tenure"));
    ck_assert_uint_eq(fit->n_rows, PEOPLE * 5);
    ck_assert_uint_eq(fit->n_dropped_missing, 0);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

START_TEST(answers_are_ordinal_with_the_levels_that_were_given)
{
    make_data(NULL);
    mlab_fit *fit = fit_of(outcome_of("satisfaction", MLAB_OUTCOME_ORDINAL, NULL, "satisfaction ~ tenure"));
    ck_assert_str_eq(fit->model, "ordinal");
    ck_assert_uint_eq(fit->n_levels, 3);
    ck_assert_str_eq(fit->levels[1], "mid");
    ck_assert_str_eq(fit->names[0], "low|mid");
    ck_assert_uint_eq(fit->n_rows, ROWS / 2);
    ck_assert_uint_eq(fit->n_dropped_missing, 0); /* rows without an answer are no missing answers */
    mlab_fit_free(fit);
    fit = fit_of(outcome_of("satisfaction", MLAB_OUTCOME_ORDINAL, "linear", "satisfaction ~ tenure + cluster(grade)"));
    ck_assert_str_eq(fit->link, "identity");
    ck_assert_uint_eq(fit->n_clusters, 3);
    ck_assert_str_eq(fit->cluster, "grade");
    ck_assert_uint_eq(fit->n_people, PEOPLE);
    mlab_fit_free(fit);
    fit = fit_of(outcome_of("satisfaction", MLAB_OUTCOME_ORDINAL, "linear", "satisfaction ~ tenure + cluster(person)")); /* no column of the rows */
    mlab_fit *same = fit_of(outcome_of("satisfaction", MLAB_OUTCOME_ORDINAL, "linear", "satisfaction ~ tenure"));
    ck_assert_str_eq(fit->cluster, "person");
    ck_assert_uint_eq(fit->n_clusters, same->n_clusters);
    ck_assert_mem_eq(fit->robust, same->robust, fit->n_parameters * fit->n_parameters * sizeof(double));
    mlab_fit_free(same);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

START_TEST(an_outcome_without_a_formula_gets_a_stated_one)
{
    make_data(NULL);
    mlab_fit *fit = fit_of(outcome_of("retention", MLAB_OUTCOME_EVENT, NULL, NULL));
    ck_assert_str_eq(fit->formula, "exit ~ arm + ns(tenure, 3) + grade");
    mlab_fit_free(fit);
    fit = fit_of(outcome_of("satisfaction", MLAB_OUTCOME_ORDINAL, NULL, ""));
    ck_assert_str_eq(fit->formula, "satisfaction ~ arm + grade");
    mlab_fit_free(fit);
    ck_assert_int_eq(refused(outcome_of("moon", MLAB_OUTCOME_EVENT, NULL, NULL), "moon"), MLAB_ERR_DATA_FORMULA);
    mlab_table_free(table);
}
END_TEST

START_TEST(cox_on_a_panel_counts_days_since_time_zero_of_one_cause)
{
    make_data(NULL);
    mlab_outcome outcome = outcome_of("retention", MLAB_OUTCOME_EVENT, "cox", "exit ~ arm");
    ck_assert_int_eq(refused(outcome, "one cause"), MLAB_ERR_FIT_MODEL);
    outcome.causes = exit_causes;
    outcome.n_causes = 1;
    mlab_outcome_problem *made;
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, NULL), MLAB_OK);
    ck_assert_int_eq(made->problem.start[3], 270);
    ck_assert_int_eq(made->problem.stop[3], 300); /* row 3: an event on day 30 of the period */
    ck_assert_int_eq(made->problem.status[3], 1);
    mlab_outcome_problem_free(made);
    mlab_table_free(table);
}
END_TEST

START_TEST(a_table_of_people_has_its_own_models)
{
    make_data(NULL);
    data = (mlab_data){.context = &context, .people = table, .person_level = true, .arm_column = (char *)"arm"};
    mlab_column *days, *gone;
    ck_assert_int_eq(mlab_table_add(table, "days", MLAB_COLUMN_INTEGER, NULL, 0, &days, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "gone", MLAB_COLUMN_INTEGER, NULL, 0, &gone, NULL), MLAB_OK);
    days = mlab_table_find(table, "days");
    for (size_t i = 0; i < ROWS; i++) {
        days->as.integer[i] = 10 + (int32_t)(i * 37 % 41);
        gone->as.integer[i] = i % 3 == 0;
    }
    mlab_fit *fit = fit_of(outcome_of("retention", MLAB_OUTCOME_EVENT, NULL, "event(days, gone) ~ arm"));
    ck_assert_str_eq(fit->model, "cox");
    ck_assert_uint_eq(fit->n_parameters, 1);
    ck_assert_uint_eq(fit->n_rows, ROWS - 1);
    ck_assert_str_eq(fit->cluster, "");
    mlab_fit_free(fit);
    fit = fit_of(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "gone ~ tenure"));
    ck_assert_uint_eq(fit->n_events, ROWS / 3);
    ck_assert_ptr_null(fit->robust);
    ck_assert_uint_eq(fit->influence_id[ROWS - 1], ROWS - 1);
    mlab_fit_free(fit);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "event(days, gone) ~ arm"), "use cox"), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "cox", "event(days, grade) ~ arm"), "0 and 1"), MLAB_ERR_FIT_RESPONSE);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "cox", "event(tenure, gone) ~ arm"), "whole days"), MLAB_ERR_FIT_RESPONSE);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "hazard", "gone ~ arm"), "person-periods"), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "gone ~ arm + strata(grade)"), "strata"), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "grade ~ arm"), "0 and 1"), MLAB_ERR_FIT_RESPONSE);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "moon ~ arm"), "moon"), MLAB_ERR_DATA_COLUMN);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "gone ~ moon"), "moon"), MLAB_ERR_DATA_COLUMN);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "guess", "gone ~ arm"), "guess"), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(refused(outcome_of("retention", MLAB_OUTCOME_EVENT, "logit", "~ arm"), "no response"), MLAB_ERR_DATA_FORMULA);
    mlab_table_free(table);
}
END_TEST

/* Levels stand in the order of the alphabet: what says that nothing happened is not the first. */
START_TEST(the_level_without_an_event_is_told_by_its_word_or_asked_for)
{
    static const char *const what[] = {"home", "None", "work"}, *const unclear[] = {"left", "leaver"}, *const clear[] = {"left", "stayed"};
    static const int32_t status_of[] = {1, 0, 2};
    make_data(NULL);
    data = (mlab_data){.context = &context, .people = table, .person_level = true};
    mlab_column *days, *causes, *status, *other;
    ck_assert_int_eq(mlab_table_add(table, "days", MLAB_COLUMN_INTEGER, NULL, 0, &days, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) days->as.integer[i] = 1 + (int32_t)i;
    ck_assert_int_eq(mlab_table_add(table, "cause", MLAB_COLUMN_FACTOR, what, 3, &causes, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) causes->as.integer[i] = (int32_t)(i % 3);
    ck_assert_int_eq(mlab_table_add(table, "clear", MLAB_COLUMN_FACTOR, clear, 2, &status, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) status->as.integer[i] = i % 3 != 0;
    ck_assert_int_eq(mlab_table_add(table, "unclear", MLAB_COLUMN_FACTOR, unclear, 2, &other, NULL), MLAB_OK);
    mlab_outcome_problem *made;
    mlab_outcome outcome = outcome_of("exit", MLAB_OUTCOME_EVENT, "fine_gray", "event(days, cause) ~ tenure");
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) ck_assert_int_eq(made->problem.status[i], status_of[i % 3]);
    mlab_outcome_problem_free(made);
    outcome = outcome_of("exit", MLAB_OUTCOME_EVENT, "cox", "event(days, clear) ~ tenure");
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) ck_assert_int_eq(made->problem.status[i], i % 3 == 0);
    mlab_outcome_problem_free(made);
    ck_assert_int_eq(refused(outcome_of("exit", MLAB_OUTCOME_EVENT, "cox", "event(days, unclear) ~ tenure"), "that level first"),
                     MLAB_ERR_FIT_RESPONSE);
    other->ordered = true; /* a stated scale */
    outcome = outcome_of("exit", MLAB_OUTCOME_EVENT, "cox", "event(days, unclear) ~ tenure");
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, NULL), MLAB_OK);
    mlab_outcome_problem_free(made);
    mlab_table_free(table);
}
END_TEST

/* Rows cover (90 k, 90 k + 90]; mentors by their first and last days:
 *     person 0    a from 91 to 180    b from 182
 *     person 1    a from 1
 */
START_TEST(a_mentor_counts_from_the_first_day_of_a_row_as_the_arm_does)
{
    enum { A = 1, B = 2, NOBODY = -1 };
    static const int told[2][4] = {{NOBODY, 0, NOBODY, 1}, {0, 0, 0, 0}};
    mlab_relationship ties[] = {{A, 0, 91, 180, 0, false, 2}, {B, 0, 182, INT32_MIN, 0, false, 3}, {A, 10, 1, INT32_MIN, 0, false, 4}};
    mlab_outcome outcome = outcome_of("retention", MLAB_OUTCOME_EVENT, "hazard", "exit ~ tenure + (1 | mentor)");
    mlab_outcome_problem *made;
    mlab_error err = {0};
    make_data(NULL);
    panel.n_ids = PEOPLE * 10;
    data.relationships = ties;
    data.n_relationships = 3;
    ck_assert_msg(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, &err) == MLAB_OK, "%s", err.sentence);
    const mlab_random_grouping *mentors = &made->problem.random[0];
    ck_assert_uint_eq(mentors->n_groups, 2);
    ck_assert_uint_eq(mentors->memberships, 1);
    for (size_t i = 0; i < made->problem.n; i++) {
        uint32_t row = made->rows[i], who = person[row] / 10, period = row % PERIODS;
        if (who < 2 && period < 4) ck_assert_int_eq((int32_t)mentors->group[i], told[who][period]);
        if (who > 1) ck_assert_uint_eq(mentors->group[i], UINT32_MAX);
    }
    mlab_outcome_problem_free(made);
    mlab_table_free(table);
}
END_TEST

/* From 2^53 on a level and the next are one number: the list of levels had no end. */
START_TEST(huge_whole_numbers_are_no_levels)
{
    make_data(NULL);
    mlab_column *tenures = mlab_table_find(table, "tenure");
    for (size_t i = 0; i < ROWS; i++) tenures->as.real[i] = 1e300;
    ck_assert_int_eq(refused(outcome_of("tenure", MLAB_OUTCOME_ORDINAL, "ordinal", "tenure ~ grade"), "1e+300 in row 1"), MLAB_ERR_FIT_RESPONSE);
    for (size_t i = 0; i < ROWS; i++) tenures->as.real[i] = 9007199254740992.0 + 2.0 * (double)(i % 3);
    ck_assert_int_eq(refused(outcome_of("tenure", MLAB_OUTCOME_ORDINAL, "ordinal", "tenure ~ grade"), "in row 1"), MLAB_ERR_FIT_RESPONSE);
    mlab_table_free(table);
}
END_TEST

enum { SITES = 30000, STAFF = 60000 };

/* 60,000 people p0 .. p59999 at 30,000 sites s0 .. s29999, told by name unless one is called as somebody of the people file. */
static bool sites_are_told(const char *last)
{
    static char text[STAFF][8], site[SITES][8];
    static char *groups[SITES];
    static uint32_t at[STAFF], rows[STAFF];
    static double mode[SITES], mode_se[SITES];
    const char **levels = calloc(SITES, sizeof *levels);
    mlab_column *id;
    mlab_table *people;
    ck_assert_ptr_nonnull(levels);
    for (size_t g = 0; g < SITES; g++) {
        snprintf(site[g], sizeof site[g], "s%zu", g);
        levels[g] = groups[g] = site[g];
    }
    if (last) snprintf(site[SITES - 1], sizeof site[0], "%s", last);
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_table_make(&context, STAFF, &people, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(people, "site", MLAB_COLUMN_FACTOR, levels, SITES, &id, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(people, "id", MLAB_COLUMN_TEXT, NULL, 0, &id, NULL), MLAB_OK);
    id = mlab_table_find(people, "id");
    for (size_t i = 0; i < STAFF; i++) {
        snprintf(text[i], sizeof text[i], "p%zu", i);
        ck_assert_int_eq(mlab_column_set_text(people, id, i, text[i], strlen(text[i]), NULL), MLAB_OK);
        at[i] = (uint32_t)(i % SITES), rows[i] = (uint32_t)i;
    }
    const mlab_data here = {.context = &context, .people = people, .person_level = true};
    mlab_random_grouping grouping = {.group = at, .n_groups = SITES, .name = "site"};
    mlab_random_effects effects = {.group = "site", .n_groups = SITES, .groups = groups, .mode = mode, .mode_se = mode_se};
    mlab_outcome_problem made = {.context = &context, .table = people, .data = &here, .rows = rows};
    mlab_fit fit = {.context = &context, .random = &effects, .n_random = 1};
    made.problem = (mlab_fit_problem){.n = STAFF, .random = &grouping, .n_random = 1};
    ck_assert_int_eq(mlab_outcome_tell_groups(&made, &fit, NULL), MLAB_OK);
    bool told = effects.n_people != NULL;
    if (told) ck_assert_uint_eq(effects.n_people[SITES - 1], 2);
    mlab_release(&context, effects.n_people);
    mlab_table_free(people);
    free(levels);
    return told;
}

START_TEST(the_name_of_a_group_is_not_told_where_it_is_the_id_of_one_of_many_people)
{
    ck_assert(sites_are_told(NULL));
    ck_assert(!sites_are_told("p59999"));
    ck_assert(!sites_are_told("p0"));
}
END_TEST

/* A factor with one level has no column; of the arm at time zero everybody is in "none". */
START_TEST(a_term_without_a_column_is_said)
{
    static const char *const only[] = {"only"};
    static const struct {
        const char *name, *model, *cause, *formula, *said;
        mlab_outcome_kind kind;
    } cases[] = {
        {"retention", "hazard", NULL, "exit ~ tenure + one", "one was left out: it has one level, \"only\", in the rows of the fit",
         MLAB_OUTCOME_EVENT},
        {"retention", "logit", NULL, "exit ~ tenure + one", "one was left out", MLAB_OUTCOME_EVENT},
        {"retention", "cox", "voluntary", "exit ~ tenure * one", "tenure:one was left out: one has one level", MLAB_OUTCOME_EVENT},
        {"retention", "fine_gray", "voluntary", "exit ~ tenure + arm", "\"none\", in the rows of the fit, which are those at time zero",
         MLAB_OUTCOME_EVENT},
        {"satisfaction", "ordinal", NULL, "satisfaction ~ one + tenure", "one was left out", MLAB_OUTCOME_ORDINAL},
        {"satisfaction", "linear", NULL, "satisfaction ~ tenure + (1 + one | grade)", "one by grade was left out", MLAB_OUTCOME_NUMBER},
        {"retention", "hazard", NULL, "exit ~ tenure + arm", NULL, MLAB_OUTCOME_EVENT},
        {"retention", "hazard", NULL, "exit ~ 0 + one", NULL, MLAB_OUTCOME_EVENT}, /* it stands for the intercept */
    };
    make_data(NULL);
    ck_assert_int_eq(mlab_table_add(table, "one", MLAB_COLUMN_FACTOR, only, 1, NULL, NULL), MLAB_OK);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mlab_outcome outcome = outcome_of(cases[k].name, cases[k].kind, cases[k].model, cases[k].formula);
        char *causes[] = {(char *)cases[k].cause};
        outcome.causes = causes;
        outcome.n_causes = cases[k].cause != NULL;
        mlab_fit *fit = fit_of(outcome);
        ck_assert_msg(strstr(fit->reason, cases[k].said ? cases[k].said : "was left out") ? cases[k].said != NULL : !cases[k].said, "%s: %s",
                      cases[k].formula, fit->reason);
        mlab_fit_free(fit);
    }
    mlab_table_free(table);
}
END_TEST

/* grade is the same in all rows of a grade, tenure is not; with an offset the response is another one. */
START_TEST(a_number_that_its_groups_tell_wholly_is_refused_and_named)
{
    make_data(NULL);
    ck_assert_int_eq(refused(outcome_of("level", MLAB_OUTCOME_NUMBER, "linear", "grade ~ tenure + (1 | grade)"), "\"grade\" is the same number in"),
                     MLAB_ERR_FIT_RESPONSE);
    ck_assert_int_eq(refused(outcome_of("level", MLAB_OUTCOME_NUMBER, "lognormal", "grade ~ tenure + (1 | grade)"), "residual variance is 0"),
                     MLAB_ERR_FIT_RESPONSE);
    mlab_fit *fit = fit_of(outcome_of("level", MLAB_OUTCOME_NUMBER, "linear", "tenure ~ (1 | grade)"));
    ck_assert(fit->residual_variance > 0);
    mlab_fit_free(fit);
    fit = fit_of(outcome_of("level", MLAB_OUTCOME_NUMBER, "linear", "grade ~ offset(tenure) + (1 | grade)"));
    ck_assert(fit->residual_variance > 0);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

START_TEST(no_memory_is_an_error_that_leaks_nothing)
{
    mlab_test_memory memory = {0};
    make_data(&memory);
    mlab_fit *fit;
    mlab_outcome outcomes[] = {outcome_of("retention", MLAB_OUTCOME_EVENT, NULL, NULL),
                               outcome_of("satisfaction", MLAB_OUTCOME_ORDINAL, NULL, "satisfaction ~ arm + tenure + cluster(grade)")};
    for (size_t k = 0; k < 2; k++) {
        long live = memory.live, failures = 0;
        for (long call = 1;; call++) {
            memory.calls = 0;
            memory.fail_at = call;
            mlab_status status = mlab_fit_outcome(&context, &data, &outcomes[k], &options, &fit, NULL);
            long done = memory.calls;
            memory.fail_at = 0;
            if (status == MLAB_OK) {
                mlab_fit_free(fit);
                ck_assert_int_lt(done, call);
                break;
            }
            failures++;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
            ck_assert_ptr_null(fit);
            ck_assert_int_eq(memory.live, live);
        }
        ck_assert_int_gt(failures, 50);
    }
    mlab_table_free(table);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* Weights 0, 1, 2, 0, ...; -1 in row 7 where asked for. */
static void add_weights(bool wrong)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(table, wrong ? "wrong" : "w", MLAB_COLUMN_REAL, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) column->as.real[i] = wrong && i == 6 ? -1 : (double)(i % 3);
    ck_assert_int_eq(mlab_column_set_missing(table, column, 8, NULL), MLAB_OK);
}

START_TEST(weights_come_from_a_column_and_rows_without_weight_are_counted)
{
    make_data(NULL);
    add_weights(false);
    add_weights(true);
    mlab_outcome outcome = outcome_of("retention", MLAB_OUTCOME_EVENT, NULL, "exit ~ tenure");
    outcome.weight = (char *)"w";
    outcome.weights = MLAB_WEIGHTS_FREQUENCY;
    mlab_fit *fit = fit_of(outcome);
    ck_assert_uint_eq(fit->n_dropped_weightless, 16);
    ck_assert_uint_eq(fit->n_dropped_missing, 1);
    ck_assert_uint_eq(fit->n_rows, ROWS - 17);
    ck_assert(fit->weights == MLAB_WEIGHTS_FREQUENCY && fit->weight_total == 46);
    uint64_t happened = 0; /* as often as their weight */
    for (size_t i = 0; i < ROWS; i++) happened += left[i] && i != 8 ? i % 3 : 0;
    ck_assert_uint_eq(fit->n_events, happened);
    mlab_fit_free(fit);
    outcome.weights = MLAB_WEIGHTS_SAMPLING; /* scaled to the number of rows */
    fit = fit_of(outcome);
    ck_near(fit->weight_total, (double)fit->n_rows, 1e-12, 0);
    mlab_fit_free(fit);
    outcome.weights = MLAB_WEIGHTS_PRECISION;
    ck_assert_int_eq(refused(outcome, "precision weights, which belong to linear and lognormal"), MLAB_ERR_FIT_MODEL);
    outcome.weights = MLAB_WEIGHTS_FREQUENCY;
    outcome.weight = (char *)"wrong";
    ck_assert_int_eq(refused(outcome, "is -1 in row 7; allowed: whole numbers from 0"), MLAB_ERR_FIT_RESPONSE);
    outcome.weight = (char *)"ww";
    ck_assert_int_eq(refused(outcome, "the weights \"ww\" are not a column"), MLAB_ERR_DATA_COLUMN);
    outcome.weight = (char *)"arm";
    ck_assert_int_eq(refused(outcome, "are not numbers"), MLAB_ERR_DATA_TYPE);
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("outcome", huge_whole_numbers_are_no_levels, a_mentor_counts_from_the_first_day_of_a_row_as_the_arm_does,
               weights_come_from_a_column_and_rows_without_weight_are_counted, an_event_of_the_panel_is_a_hazard_of_all_its_causes,
               plain_binomial_models_take_whole_periods_only, causes_can_be_chosen_and_the_others_are_no_event, rows_not_at_risk_are_not_in_the_fit,
               answers_are_ordinal_with_the_levels_that_were_given, an_outcome_without_a_formula_gets_a_stated_one,
               cox_on_a_panel_counts_days_since_time_zero_of_one_cause, a_table_of_people_has_its_own_models,
               the_level_without_an_event_is_told_by_its_word_or_asked_for, the_name_of_a_group_is_not_told_where_it_is_the_id_of_one_of_many_people,
               a_term_without_a_column_is_said, a_number_that_its_groups_tell_wholly_is_refused_and_named, no_memory_is_an_error_that_leaks_nothing)
