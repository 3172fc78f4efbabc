/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gains most, in worlds whose gains are known.
 *
 *   y = 2 + x + z + arm (1 + b x) + noise of sd 2            one row a person; arms: none, structured by coin, and one in ten informal
 *   chance of leaving in a quarter: cloglog -3 + 0.3 x + arm (-0.5 + b x)
 */
#include "core/elementary.h"
#include "core/random.h"
#include "match/matching.h"
#include "match/scorer.h"
#include "mentorlab/gains.h"
#include "tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 4000, QUARTERS = 6, ROWS = MOST * QUARTERS };

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_data data;
    mlab_panel panel;
    mlab_panel_event event;
    mlab_table *people;
    uint32_t person[ROWS], spell[ROWS];
    int32_t period[ROWS], start[ROWS], stop[ROWS], arm[ROWS], day[ROWS];
    uint8_t what[ROWS], at_risk[ROWS];
    double share[ROWS], x[MOST], z[MOST], truth[MOST];
    char *ids[MOST], id[MOST][8];
    mlab_outcome outcome;
    mlab_gains *gains;
    mlab_error err;
} world;

static world w;
static char *arms[] = {"none", "structured", "informal"}, *causes[] = {"involuntary", "voluntary"};
static char score_name[] = "score", linear[] = "linear", hazard[] = "hazard", retention[] = "retention";
static char linear_formula[] = "score ~ arm + x + z", hazard_formula[] = "exit ~ arm + x";

static double draw(uint64_t seed, uint32_t entity, uint16_t period, uint32_t j, bool normal)
{
    const mlab_address address = {.seed = seed, .entity = entity, .period = period, .purpose = MLAB_PURPOSE_TEST};
    return normal ? mlab_random_normal(&address, j) : mlab_random_uniform(&address, j);
}

static mlab_column *column(mlab_table *table, const char *name, mlab_column_type type, char *const *levels, int32_t n)
{
    mlab_column *made = NULL;
    ck_assert_int_eq(mlab_table_add(table, name, type, (const char *const *)levels, n, &made, NULL), MLAB_OK);
    return made;
}

static void begin(size_t n, uint64_t seed)
{
    memset(&w, 0, sizeof w);
    w.context = mlab_test_context(&w.memory, 1);
    w.panel = (mlab_panel){.context = &w.context, .arms = arms, .n_arms = 3, .n_people = n, .n_ids = n, .ids = w.ids, .months_per_period = 3};
    w.data = (mlab_data){.context = &w.context, .panel = &w.panel};
    w.panel.person = w.person;
    w.panel.spell = w.spell;
    w.panel.period = w.panel.since = w.period;
    w.panel.start = w.start;
    w.panel.stop = w.stop;
    w.panel.arm = w.arm;
    for (size_t i = 0; i < n; i++) {
        snprintf(w.id[i], sizeof w.id[i], "p%05zu", i);
        w.ids[i] = w.id[i];
        w.x[i] = draw(seed, (uint32_t)i, 0, 0, true);
        w.z[i] = draw(seed, (uint32_t)i, 0, 1, true);
    }
    ck_assert_int_eq(mlab_table_make(&w.context, n, &w.people, NULL), MLAB_OK);
    mlab_column *id = column(w.people, "id", MLAB_COLUMN_TEXT, NULL, 0), *x, *z;
    for (size_t i = 0; i < n; i++) ck_assert_int_eq(mlab_column_set_text(w.people, id, n - 1 - i, w.id[i], 6, NULL), MLAB_OK); /* another order */
    x = column(w.people, "x", MLAB_COLUMN_REAL, NULL, 0);
    for (size_t i = 0; i < n; i++) x->as.real[n - 1 - i] = w.x[i];
    z = column(w.people, "z", MLAB_COLUMN_REAL, NULL, 0);
    for (size_t i = 0; i < n; i++) z->as.real[n - 1 - i] = w.z[i];
    column(w.people, "arm", MLAB_COLUMN_FACTOR, arms, 3);
}

static int32_t arm_of(uint64_t seed, size_t i)
{
    return draw(seed, (uint32_t)i, 0, 2, false) < 0.1 ? 2 : draw(seed, (uint32_t)i, 0, 3, false) < 0.5;
}

/* Columns of the panel's rows. */
static void add_rows(size_t n)
{
    ck_assert_int_eq(mlab_table_make(&w.context, n, &w.panel.rows, NULL), MLAB_OK);
    w.panel.n_rows = n;
    mlab_column *arm = column(w.panel.rows, "arm", MLAB_COLUMN_FACTOR, arms, 3);
    for (size_t i = 0; i < n; i++) arm->as.integer[i] = w.arm[i];
    mlab_column *x = column(w.panel.rows, "x", MLAB_COLUMN_REAL, NULL, 0);
    for (size_t i = 0; i < n; i++) x->as.real[i] = w.x[w.person[i]];
    mlab_column *z = column(w.panel.rows, "z", MLAB_COLUMN_REAL, NULL, 0);
    for (size_t i = 0; i < n; i++) z->as.real[i] = w.z[w.person[i]];
}

static void numbers(size_t n, double b, uint64_t seed)
{
    begin(n, seed);
    for (size_t i = 0; i < n; i++) {
        w.person[i] = (uint32_t)i;
        w.arm[i] = arm_of(seed, i);
        w.stop[i] = 91;
        w.truth[i] = 1 + b * w.x[i];
    }
    add_rows(n);
    mlab_column *y = column(w.panel.rows, "score", MLAB_COLUMN_REAL, NULL, 0);
    for (size_t i = 0; i < n; i++)
        y->as.real[i] = 2 + w.x[i] + w.z[i] + (w.arm[i] == 1 ? w.truth[i] : w.arm[i] ? 5 : 0) + 2 * draw(seed, (uint32_t)i, 0, 4, true);
    w.outcome = (mlab_outcome){.name = score_name, .kind = MLAB_OUTCOME_NUMBER, .better = 1, .model = linear, .formula = linear_formula};
}

static double chance_of(size_t i, bool arm, double b)
{
    return 1 - exp(-exp(-3 + 0.3 * w.x[i] + (arm ? -0.5 + b * w.x[i] : 0)));
}

static void exits(size_t n, double b, uint64_t seed)
{
    size_t rows = 0;
    begin(n, seed);
    for (size_t i = 0; i < n; i++) {
        const int32_t arm = arm_of(seed, i);
        for (int32_t t = 0; t < QUARTERS; t++, rows++) {
            w.person[rows] = (uint32_t)i;
            w.period[rows] = t;
            w.start[rows] = 91 * t;
            w.stop[rows] = 91 * (t + 1);
            w.arm[rows] = arm;
            w.at_risk[rows] = 1;
            w.share[rows] = 1;
            const double u = draw(seed, (uint32_t)i, (uint16_t)(t + 1), 5, false);
            w.what[rows] = u < chance_of(i, arm == 1, b) ? 2 : u > 0.98 ? 1 : 0;
            if (w.what[rows]) t = QUARTERS;
        }
        w.truth[i] = 100 * (pow(1 - chance_of(i, true, b), 4) - pow(1 - chance_of(i, false, b), 4));
    }
    add_rows(rows);
    w.event = (mlab_panel_event){
        .name = retention, .response = "exit", .causes = causes, .n_causes = 2, .what = w.what, .at_risk = w.at_risk, .share = w.share, .day = w.day};
    w.panel.events = &w.event;
    w.panel.n_events = 1;
    w.outcome =
        (mlab_outcome){.name = retention, .kind = MLAB_OUTCOME_EVENT, .better = 1, .absence = true, .model = hazard, .formula = hazard_formula};
}

static mlab_status gain(const mlab_gains_ask *more)
{
    mlab_gains_ask ask = more ? *more : (mlab_gains_ask){0};
    const mlab_fit_options options = mlab_fit_defaults();
    if (!ask.outcome) ask.outcome = &w.outcome;
    if (!ask.seed) ask.seed = 7;
    mlab_gains_free(w.gains);
    w.gains = NULL;
    return mlab_gains_make(&w.context, &w.data, w.people, &ask, &options, &w.gains, &w.err);
}

static void end(void)
{
    mlab_gains_free(w.gains);
    mlab_table_free(w.people);
    mlab_table_free(w.panel.rows);
    ck_assert_int_eq(w.memory.live, 0);
}

/* How the truth goes with the prediction. */
typedef struct calibration {
    double correlation, slope, sd;
} calibration;

static calibration calibrate(void)
{
    double n = (double)w.gains->n, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < w.gains->n; i++) {
        ck_assert_int_eq(w.gains->known[i], 1);
        const double x = w.gains->gain[i], y = w.truth[i];
        sx += x, sy += y, xx += x * x, yy += y * y, xy += x * y;
    }
    const double vx = xx / n - sx / n * (sx / n), vy = yy / n - sy / n * (sy / n), c = xy / n - sx / n * (sy / n);
    return (calibration){c / sqrt(vx * vy), vx > 0 ? c / vx : 0, sqrt(vx)};
}

/* --- gains that differ -------------------------------------------------------------------------------------- */

START_TEST(gains_that_differ_are_found_in_size_and_order)
{
    numbers(1200, 1, 1);
    ck_assert_msg(gain(NULL) == MLAB_OK, "%s", w.err.sentence);
    const calibration c = calibrate();
    ck_assert_double_gt(c.correlation, 0.9);
    ck_near(c.slope, 1, 0, 0.2);
    ck_near(w.gains->mean, 1, 0, 3 * w.gains->se_of_mean);
    ck_near(w.gains->spread, 1, 0, 0.25);
    ck_assert_double_gt(w.gains->signal, 0.8);
    ck_assert_str_eq(w.gains->formula, "score ~ arm * (x + z)");
    ck_assert_str_eq(w.gains->arm, "structured");
    ck_assert_str_eq(w.gains->against, "none");
    ck_assert_str_eq(w.gains->ids[3], "p00003");
    ck_assert_uint_eq(mlab_gains_find(w.gains, "p00003"), 3);
    ck_assert_uint_eq(mlab_gains_find(w.gains, "nobody"), SIZE_MAX);
    ck_assert_uint_lt(w.gains->n_rows, 1200); /* without the informal ones */
    end();
}
END_TEST

/* Worlds with gains of sd b and errors of about 0.27: where the spread is plain, the slope of the truth on shrunk gains is 1 within three standard
 * errors; where it is barely found, the worlds in which it is found are those where it looks wide, and the slope is below 1. */
static double slopes(double b, size_t worlds, size_t *found, double *covered)
{
    double sum = 0, weight = 0, people = 0;
    *found = 0;
    *covered = 0;
    for (uint64_t seed = 1; seed <= worlds; seed++) {
        numbers(500, b, 100 + seed);
        ck_assert_msg(gain(NULL) == MLAB_OK, "%s", w.err.sentence);
        if (w.gains->spread > 0) {
            const calibration c = calibrate();
            sum += c.slope * c.sd * c.sd;
            weight += c.sd * c.sd;
            ++*found;
            for (size_t i = 0; i < w.gains->n; i++) *covered += fabs(w.gains->gain[i] - w.truth[i]) < 1.96 * w.gains->se[i];
            people += (double)w.gains->n;
        }
        end();
    }
    *covered /= people;
    printf("gains of sd %g: found in %zu of %zu worlds, slope %.3f, covered %.3f\n", b, *found, worlds, sum / weight, *covered);
    return sum / weight; /* of all worlds together, each about its own mean */
}

START_TEST(shrunk_gains_are_calibrated_over_many_worlds)
{
    size_t found;
    double covered;
    ck_near(slopes(1, 30, &found, &covered), 1, 0, 0.12);
    ck_assert_uint_ge(found, 29);
    ck_assert_double_gt(covered, 0.88);
    ck_near(slopes(0.4, 30, &found, &covered), 0.9, 0, 0.2);
    ck_assert_double_gt(covered, 0.88);
}
END_TEST

START_TEST(gains_in_staying_are_found_over_the_horizon)
{
    exits(4000, -0.6, 3);
    ck_assert_msg(gain(NULL) == MLAB_OK, "%s", w.err.sentence);
    const calibration c = calibrate();
    ck_assert_double_gt(c.correlation, 0.9);
    ck_near(c.slope, 1, 0, 0.25);
    ck_assert_int_eq(w.gains->months, 12);
    ck_assert_str_eq(w.gains->unit, "points in 12 months");
    double mean = 0;
    for (size_t i = 0; i < 4000; i++) mean += w.truth[i] / 4000;
    ck_near(w.gains->mean, mean, 0, 3 * w.gains->se_of_mean);
    char *told;
    ck_assert_int_eq(mlab_gains_tell(w.gains, &told, NULL), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(told, "% of the variation in predicted gains is signal"));
    mlab_pairs_text_free(&w.context, told);
    end();
}
END_TEST

/* --- gains that do not -------------------------------------------------------------------------------------- */

/* Equal gains are told apart in 1 of 20 worlds by design: 3 of 60 expected, 8 or more have probability below 0.01. */
START_TEST(gains_that_are_equal_are_told_equal)
{
    size_t alarms = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        numbers(300, 0, 1000 + seed);
        ck_assert_msg(gain(NULL) == MLAB_OK, "%s", w.err.sentence);
        alarms += w.gains->spread > 0;
        if (w.gains->spread == 0)
            for (size_t i = 0; i < w.gains->n; i++) ck_assert_double_eq(w.gains->gain[i], w.gains->mean);
        end();
    }
    printf("false alarms %zu of 60\n", alarms);
    ck_assert_uint_lt(alarms, 8);
}
END_TEST

/* Two people of one fold are scored by one fit, in which neither is. */
START_TEST(nobodys_own_outcome_scores_them)
{
    numbers(400, 1, 5);
    ck_assert_int_eq(gain(NULL), MLAB_OK);
    size_t twin = 0;
    uint64_t fold[2];
    for (size_t i = 0; i < 2; i++) {
        do {
            const mlab_address address = {.seed = 7, .entity = (uint32_t)twin, .purpose = MLAB_PURPOSE_CROSS_FIT};
            fold[i] = mlab_random_below(&address, 0, 5);
            twin += !(i == 1 && fold[1] == fold[0]);
        } while (i == 1 && fold[1] != fold[0]);
    }
    ck_assert_uint_gt(twin, 0);
    const double apart = w.gains->plain[0] - w.gains->plain[twin], before = w.gains->plain[twin == 1 ? 2 : 1];
    mlab_table_find(w.panel.rows, "score")->as.real[0] += 500;
    ck_assert_int_eq(gain(NULL), MLAB_OK);
    ck_near(w.gains->plain[0] - w.gains->plain[twin], apart, 1e-9, 1e-12);
    ck_assert_double_gt(fabs(w.gains->plain[twin == 1 ? 2 : 1] - before), 1e-3); /* it does move the others */
    end();
}
END_TEST

/* --- as a term of the score ----------------------------------------------------------------------------------- */

/* One place, four mentees alike in all but x. */
START_TEST(who_gains_most_gets_the_place)
{
    static char name[] = "gains", outcome[] = "score", optimal[] = "optimal";
    static char *policies[] = {optimal};
    numbers(800, 1, 2);
    ck_assert_int_eq(gain(NULL), MLAB_OK);
    size_t best = 0;
    const char *const some[] = {"p00010", "p00011", "p00012", "p00013"};
    for (size_t k = 0; k < 4; k++)
        if (w.gains->gain[mlab_gains_find(w.gains, some[k])] > w.gains->gain[mlab_gains_find(w.gains, some[best])]) best = k;
    mlab_table *mentees = test_table(&w.context, 4), *mentors = test_table(&w.context, 1);
    test_texts(mentees, "id", some);
    test_texts(mentors, "id", TEXTS("m1"));
    mlab_rule rule = {.name = name, .kind = MLAB_RULE_GAINS, .mentee_column = name, .mentor_column = name, .outcome = outcome, .weight = 2};
    mlab_match_spec spec = {.default_capacity = 1, .rules = &rule, .n_rules = 1, .policies = policies, .n_policies = 1, .seed = 1};
    mlab_findings findings;
    mlab_findings_start(&findings, &w.context);
    mlab_matching *matching = NULL;
    mlab_pairs *pairs = NULL;
    ck_assert_int_eq(mlab_matching_open(&w.context, mentors, mentees, NULL, 0, &spec, &findings, &matching, &w.err), MLAB_ERR_MATCH_COLUMN);
    ck_assert_uint_eq(findings.n, 1); /* nobody worked the gains out */
    ck_assert_str_eq(findings.items[0].kind, "no_gains");
    rule.gains = w.gains;
    ck_assert_msg(mlab_matching_open(&w.context, mentors, mentees, NULL, 0, &spec, &findings, &matching, &w.err) == MLAB_OK, "%s", w.err.sentence);
    ck_assert_int_eq(mlab_matching_run(matching, 0, &findings, &pairs, &w.err), MLAB_OK);
    for (size_t k = 0; k < 4; k++) ck_assert_int_eq(pairs->mentor_of[k], k == best ? 0 : MLAB_UNMATCHED);
    ck_assert_ptr_nonnull(strstr(pairs->reason[best], "gains "));
    ck_assert_ptr_nonnull(strstr(pairs->reason[best], "standard error"));
    ck_assert_uint_eq(pairs->n_gains, 1);
    ck_assert_double_eq(pairs->gains[0].gain[best], w.gains->gain[mlab_gains_find(w.gains, some[best])]);
    ck_assert_double_gt(pairs->gains[0].se[best], 0);
    ck_assert_double_gt(pairs->score[best], 50);
    mlab_pairs_free(pairs);
    mlab_matching_free(matching);
    static const char *const state[] = {"grade"}; /* people who change have no gains */
    mlab_scorer *scorer = NULL;
    ck_assert_int_eq(mlab_scorer_make(&w.context, &spec, mentors, mentees, state, 1, &findings, &scorer, &w.err), MLAB_ERR_MATCH_COLUMN);
    mlab_findings_free(&findings);
    mlab_table_free(mentees);
    mlab_table_free(mentors);
    end();
}
END_TEST

/* --- what cannot be told ---------------------------------------------------------------------------------------- */

static void refuses(const mlab_gains_ask *ask, const char *why)
{
    ck_assert_int_eq(gain(ask), MLAB_ERR_MATCH_GAINS);
    ck_assert_msg(strstr(w.err.sentence, why) != NULL, "%s", w.err.sentence);
    ck_assert_ptr_null(w.gains);
}

START_TEST(what_cannot_be_told_is_refused_with_the_reason)
{
    numbers(200, 1, 9);
    refuses(&(mlab_gains_ask){.arm = "coaching"}, "nobody is in an arm 'coaching', allowed none, structured, informal");
    refuses(&(mlab_gains_ask){.arm = "none"}, "both are 'none'");
    refuses(&(mlab_gains_ask){.formula = "score ~ x"}, "has no arm in it");
    w.outcome.formula = "score ~ arm + x - 1";
    refuses(NULL, "state a formula");
    w.outcome.formula = "score ~ arm";
    refuses(NULL, "state a formula");
    end();
    exits(60, 0, 9); /* a handful of events */
    refuses(NULL, "is not trusted");
    w.data.panel = NULL;
    refuses(NULL, "a table of persons has none");
    end();
}
END_TEST

START_TEST(a_formula_of_ones_own_and_missing_values_are_taken)
{
    numbers(300, 1, 4);
    mlab_column *x = mlab_table_find(w.people, "x");
    ck_assert_int_eq(mlab_column_set_missing(w.people, x, 299, NULL), MLAB_OK); /* p00000 */
    ck_assert_msg(gain(&(mlab_gains_ask){.formula = "score ~ arm * x", .folds = 3}) == MLAB_OK, "%s", w.err.sentence);
    ck_assert_str_eq(w.gains->formula, "score ~ arm * x");
    ck_assert_int_eq(w.gains->known[0], 0);
    ck_assert_int_eq(w.gains->known[1], 1);
    ck_assert_int_eq(w.gains->folds, 3);
    w.outcome.formula = "score ~ arm + x + (1 | person) + offset(z)";
    ck_assert_msg(gain(NULL) == MLAB_OK, "%s", w.err.sentence);
    ck_assert_str_eq(w.gains->formula, "score ~ arm * (x) + offset(z)");
    end();
}
END_TEST

START_TEST(no_memory_is_survived_everywhere)
{
    mlab_status status = MLAB_ERR_MEMORY;
    numbers(60, 1, 6);
    for (long k = 1; status; k++) {
        w.memory.fail_at = w.memory.calls + k;
        status = gain(&(mlab_gains_ask){.folds = 2});
        w.memory.fail_at = 0;
        if (status) ck_assert_ptr_null(w.gains);
        if (status) ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_int_lt(k, 20000);
    }
    end();
}
END_TEST

MLAB_TEST_MAIN("gains", gains_that_differ_are_found_in_size_and_order, shrunk_gains_are_calibrated_over_many_worlds,
               gains_in_staying_are_found_over_the_horizon, gains_that_are_equal_are_told_equal, nobodys_own_outcome_scores_them,
               who_gains_most_gets_the_place, what_cannot_be_told_is_refused_with_the_reason, a_formula_of_ones_own_and_missing_values_are_taken,
               no_memory_is_survived_everywhere)
