/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/support.h"

#include "core/elementary.h"
#include "core/number.h"
#include "core/random.h"
#include "simulate/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_truth *default_truth(const mlab_context *context)
{
    mlab_truth *truth;
    mlab_error err;
    ck_assert_int_eq(mlab_truth_default(context, &truth, &err), MLAB_OK);
    return truth;
}

static mlab_firm *firm_of(const mlab_context *context, const mlab_truth *truth, uint64_t seed, int64_t people)
{
    mlab_firm *firm;
    mlab_error err;
    ck_assert_msg(mlab_firm_make(context, truth, seed, people, &firm, &err) == MLAB_OK, "%s", err.sentence);
    return firm;
}

/*  hired ──┬── promoted (at most one a quarter, never above the top) ──┬── left
 *          └── answers and relationships only while there ────────────┘                       */
START_TEST(nothing_happens_to_people_before_they_come_or_after_they_left)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_truth *truth = default_truth(&context);
    mlab_firm *firm = firm_of(&context, truth, 7, 800);
    int32_t first = firm->boundary[0], last = firm->boundary[truth->periods];
    for (uint32_t i = 0; i < firm->n; i++) {
        ck_assert(i < firm->n_start ? firm->hired[i] <= first : firm->hired[i] > first);
        if (firm->left[i] == MLAB_DATE_MISSING) continue;
        ck_assert_int_gt(firm->left[i], firm->hired[i]);
        ck_assert_int_le(firm->left[i], last);
    }
    for (size_t r = 0; r < firm->n_promotions; r++) {
        const mlab_firm_promotion *p = &firm->promotions[r], *before = r ? p - 1 : NULL;
        ck_assert_int_gt(p->date, firm->hired[p->person]);
        ck_assert_int_le(p->date, firm->left[p->person] == MLAB_DATE_MISSING ? last : firm->left[p->person]);
        bool again = before && before->person == p->person;
        ck_assert_int_eq(p->to, again ? before->to + 1 : firm->entry_grade[p->person] + 1);
        ck_assert_int_le(p->to, (int)truth->grades);
        if (again) ck_assert_int_gt(p->date, before->date);
    }
    for (size_t r = 0; r < firm->n_answers; r++) {
        const mlab_firm_answer *a = &firm->answers[r];
        ck_assert_int_ge(a->date, firm->hired[a->person]);
        ck_assert(firm->left[a->person] == MLAB_DATE_MISSING || a->date < firm->left[a->person]);
    }
    mlab_firm_free(firm);
    mlab_truth_free(truth);
}
END_TEST

START_TEST(pairs_are_between_two_people_who_are_there_and_mentors_keep_to_their_places)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_truth *truth = default_truth(&context);
    mlab_firm *firm = firm_of(&context, truth, 3, 1500);
    size_t structured = 0, informal = 0;
    int *times = calloc(firm->n, sizeof *times);
    for (size_t r = 0; r < firm->n_pairs; r++) {
        const mlab_firm_pair *p = &firm->pairs[r];
        int32_t end = p->end == MLAB_DATE_MISSING ? p->start + 1 : p->end;
        ck_assert_uint_ne(p->mentor, p->mentee);
        ck_assert_int_gt(end, p->start);
        ck_assert_int_eq(times[p->mentee]++, 0);
        const uint32_t both[] = {p->mentor, p->mentee};
        for (int b = 0; b < 2; b++) {
            ck_assert_int_gt(p->start, firm->hired[both[b]]);
            ck_assert(firm->left[both[b]] == MLAB_DATE_MISSING || p->start < firm->left[both[b]]);
            ck_assert(firm->left[both[b]] == MLAB_DATE_MISSING || (p->end != MLAB_DATE_MISSING && p->end <= firm->left[both[b]]));
        }
        for (int32_t k = 0; k <= truth->periods; k++) ck_assert_int_ne(p->start, firm->boundary[k] + 1);
        if (p->arm != 1) {
            informal++;
            continue;
        }
        structured++;
        int load = 0;
        for (size_t q = 0; q < firm->n_pairs; q++) {
            const mlab_firm_pair *o = &firm->pairs[q];
            load += o->arm == 1 && o->mentor == p->mentor && o->start <= p->start && (o->end == MLAB_DATE_MISSING || o->end > p->start);
        }
        ck_assert_int_le(load, firm->capacity[p->mentor]);
    }
    ck_assert_uint_gt(structured, 100);
    ck_assert_uint_gt(informal, 100);
    free(times);
    mlab_firm_free(firm);
    mlab_truth_free(truth);
}
END_TEST

START_TEST(pairs_of_leavers_close_before_the_exit_only_when_the_switch_says_so)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    for (int on = 0; on < 2; on++) {
        mlab_truth *truth = default_truth(&context);
        ck_assert_int_eq(mlab_truth_set(truth, "switches.close_before_exit", on ? "1" : "0", &err), MLAB_OK);
        mlab_firm *firm = firm_of(&context, truth, 5, 2000);
        int at_exit = 0, shortly = 0;
        for (size_t r = 0; r < firm->n_pairs; r++) {
            const mlab_firm_pair *p = &firm->pairs[r];
            int32_t left = firm->left[p->mentee];
            if (left == MLAB_DATE_MISSING || p->end == MLAB_DATE_MISSING) continue;
            at_exit += p->end == left;
            shortly += p->end < left && p->end >= left - 75;
        }
        if (on)
            ck_assert_int_gt(shortly, 3 * at_exit);
        else
            ck_assert_int_gt(at_exit, 2 * shortly);
        mlab_firm_free(firm);
        mlab_truth_free(truth);
    }
}
END_TEST

START_TEST(an_unknown_value_of_the_truth_is_refused_by_name)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_truth *truth = default_truth(&context);
    mlab_error err = {0};
    ck_assert_int_eq(mlab_truth_set(truth, "promotion.structure", "1", &err), MLAB_ERR_OPTION);
    ck_assert_ptr_nonnull(strstr(err.sentence, "promotion.structure"));
    ck_assert_int_eq(mlab_truth_set(truth, "surveys.response", "1.5", &err), MLAB_ERR_OPTION);
    ck_assert_int_eq(mlab_truth_set(truth, "satisfaction.thresholds.second", "3", &err), MLAB_ERR_SIMULATE_PARAMETER);
    mlab_truth_free(truth);
}
END_TEST

/* Whoever stays without mentoring leaves at the stated hazard: observed exits against the sum of 1 - exp(-H share), a sum of
 * independent events given the state, so (observed - expected) / sd is nearly normal. Seeds fixed; false-alarm rate of |z| > 4.5 over
 * the three sums: below 3e-5. */
START_TEST(events_come_at_the_stated_hazards)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_truth *truth = default_truth(&context);
    double observed[3] = {0}, expected[3] = {0}, variance[3] = {0};
    const mlab_effects *effects[] = {&truth->promotion, &truth->voluntary, &truth->involuntary};
    for (uint64_t seed = 1; seed <= 10; seed++) {
        mlab_firm *firm = firm_of(&context, truth, seed, 2000);
        size_t next_promotion = 0, n_pairs = firm->n_pairs;
        for (uint32_t i = 0; i < firm->n; i++) {
            int arm = 0;
            int32_t arm_from = INT32_MAX, since = firm->hired[i] - 1;
            for (size_t r = 0; r < n_pairs; r++)
                if (firm->pairs[r].mentee == i) arm = firm->pairs[r].arm, arm_from = firm->pairs[r].start;
            int grade = firm->entry_grade[i];
            for (int32_t k = 0; k < truth->periods; k++) {
                int32_t stop = firm->boundary[k + 1], start = firm->boundary[k] > firm->hired[i] - 1 ? firm->boundary[k] : firm->hired[i] - 1;
                if (stop < firm->hired[i] || (firm->left[i] != MLAB_DATE_MISSING && firm->left[i] <= start)) continue;
                double share = (double)(stop - start) / (stop - firm->boundary[k]), h[3];
                int now = arm_from <= start + 1 ? arm : 0;
                for (int p = 0; p < 3; p++) {
                    const mlab_effects *e = effects[p];
                    h[p] = exp(e->intercept +
                               (now == 1   ? e->structured
                                : now == 2 ? e->informal
                                           : 0) +
                               e->entry_grade * firm->entry_grade[i] + e->male * firm->male[i] + e->performance * firm->performance[i] +
                               e->department[firm->department[i]] + e->years * (start - (p ? firm->hired[i] - 1 : since)) / 365.25);
                }
                double all = 1 - exp(-(h[1] + h[2]) * share);
                double chance[] = {grade < truth->grades ? 1 - exp(-h[0] * share) : 0, all * h[1] / (h[1] + h[2]), all * h[2] / (h[1] + h[2])};
                for (int p = 0; p < 3; p++) {
                    expected[p] += chance[p];
                    variance[p] += chance[p] * (1 - chance[p]);
                }
                if (next_promotion < firm->n_promotions && firm->promotions[next_promotion].person == i &&
                    firm->promotions[next_promotion].date <= stop) {
                    since = firm->promotions[next_promotion++].date;
                    grade++;
                    observed[0]++;
                }
                if (firm->left[i] != MLAB_DATE_MISSING && firm->left[i] <= stop) observed[1 + firm->cause[i]]++;
            }
        }
        ck_assert_uint_eq(next_promotion, firm->n_promotions);
        mlab_firm_free(firm);
    }
    for (int p = 0; p < 3; p++) {
        double z = (observed[p] - expected[p]) / sqrt(variance[p]);
        ck_assert_msg(fabs(z) < 4.5, "event %d: %g seen, %g expected, z = %g", p, observed[p], expected[p], z);
        ck_assert_double_gt(observed[p], 1000);
    }
    mlab_truth_free(truth);
}
END_TEST

/* Everybody forced into an arm by switching self-selection off and setting the arm by hand is what the contrasts mean. Here the same is
 * done by simulation: firms without any mentoring whose intercepts hold the arm's effect. z over 4 numbers, |z| < 4.5. */
START_TEST(true_contrasts_agree_with_simulating_everybody_under_each_arm)
{
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_truth *truth = default_truth(&context);
    mlab_error err;
    const double horizon[] = {12};
    mlab_true_value *values;
    size_t n, firms = 40;
    truth->hires = 0;
    truth->replicates = 200;
    truth->response = 1;
    truth->involuntary.intercept = -1.4; /* so many that it matters that they compete */
    ck_assert_int_eq(mlab_true_values(&context, truth, 1000, horizon, 1, &values, &n, &err), MLAB_OK);
    double mean[4][2] = {{0}}, square[4][2] = {{0}};
    mlab_truth forced[2] = {*truth, *truth};
    for (int arm = 0; arm < 2; arm++) {
        mlab_truth *f = &forced[arm];
        f->informal_start.intercept = f->application.intercept = -30;
        f->promotion.intercept += arm * f->promotion.structured;
        f->voluntary.intercept += arm * f->voluntary.structured;
        f->involuntary.intercept += arm * f->involuntary.structured;
        for (int k = 0; k < 4; k++) f->threshold[k] -= arm * f->satisfaction.structured;
        for (uint64_t seed = 1; seed <= firms; seed++) {
            mlab_firm *firm = firm_of(&context, f, 1000 * (uint64_t)(arm + 1) + seed, 1000);
            double got[4] = {0}, answers = 0;
            for (uint32_t i = 0; i < firm->n; i++)
                got[0] += firm->left[i] == MLAB_DATE_MISSING || firm->left[i] > firm->boundary[4] || firm->cause[i] != 0; /* no voluntary exit */
            for (size_t r = 0; r < firm->n_promotions; r++)
                got[1] +=
                    firm->promotions[r].to == firm->entry_grade[firm->promotions[r].person] + 1 && firm->promotions[r].date <= firm->boundary[4];
            for (size_t r = 0; r < firm->n_answers; r++) /* the first survey: hardly anybody has left yet */
                if (firm->answers[r].date < firm->boundary[2]) {
                    got[2] += firm->answers[r].level + 1;
                    got[3] += firm->answers[r].level >= 3;
                    answers++;
                }
            for (int m = 0; m < 4; m++) {
                double x = got[m] / (m < 2 ? firm->n : answers);
                mean[m][arm] += x / (double)firms;
                square[m][arm] += x * x / (double)firms;
            }
            mlab_firm_free(firm);
        }
    }
    static const char *const measure[] = {"risk_difference", "risk_difference", "mean_difference", "share_difference"};
    static const char *const outcome[] = {"retention", "promotion", "satisfaction", "satisfaction"};
    for (int m = 0; m < 4; m++) {
        double difference = mean[m][1] - mean[m][0], variance = 0;
        for (int arm = 0; arm < 2; arm++) variance += (square[m][arm] - mean[m][arm] * mean[m][arm]) / (double)(firms - 1);
        size_t at = 0;
        while (strcmp(values[at].kind, "contrast") || strcmp(values[at].outcome, outcome[m]) || strcmp(values[at].measure, measure[m]) ||
               strcmp(values[at].name, "structured") || strcmp(values[at].reference, "none"))
            ck_assert_uint_lt(++at, n);
        double z = (difference - values[at].value) / sqrt(variance + values[at].monte_carlo_se * values[at].monte_carlo_se);
        ck_assert_msg(fabs(z) < 4.5, "%s %s: simulated %g, stated %g, z = %g", outcome[m], measure[m], difference, values[at].value, z);
        ck_assert_double_gt(values[at].monte_carlo_se, 0);
        ck_assert_double_lt(values[at].monte_carlo_se, 0.002);
    }
    mlab_true_values_free(&context, values);
    mlab_truth_free(truth);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_firm_and_another_seed_another)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_truth *truth = default_truth(&context);
    mlab_firm *a = firm_of(&context, truth, 1, 300), *b = firm_of(&context, truth, 1, 300), *c = firm_of(&context, truth, 2, 300);
    ck_assert_mem_eq(a->left, b->left, a->n * sizeof *a->left);
    ck_assert_int_ne(memcmp(a->left, c->left, a->n * sizeof *a->left), 0);
    ck_assert_uint_eq(a->n_pairs, b->n_pairs);
    mlab_firm_free(a);
    mlab_firm_free(b);
    mlab_firm_free(c);
    mlab_truth_free(truth);
}
END_TEST

START_TEST(every_failed_allocation_of_a_firm_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_truth *truth = default_truth(&context);
    const double horizon[] = {12};
    truth->replicates = 2;
    for (long k = 1;; k++) {
        mlab_error err = {0};
        mlab_firm *firm = NULL;
        mlab_true_value *values = NULL;
        size_t n;
        long live = memory.live;
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_firm_make(&context, truth, 1, 60, &firm, &err);
        if (!status) status = mlab_true_values(&context, truth, 60, horizon, 1, &values, &n, &err);
        bool through = memory.calls < k;
        memory.fail_at = 0;
        mlab_firm_free(firm);
        mlab_true_values_free(&context, values);
        ck_assert_int_eq(memory.live, live);
        if (through) {
            ck_assert_int_eq(status, MLAB_OK);
            ck_assert_int_gt(k, 40);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    mlab_truth_free(truth);
}
END_TEST

MLAB_TEST_MAIN("firm", nothing_happens_to_people_before_they_come_or_after_they_left,
               pairs_are_between_two_people_who_are_there_and_mentors_keep_to_their_places,
               pairs_of_leavers_close_before_the_exit_only_when_the_switch_says_so, an_unknown_value_of_the_truth_is_refused_by_name,
               events_come_at_the_stated_hazards, true_contrasts_agree_with_simulating_everybody_under_each_arm,
               the_same_seed_gives_the_same_firm_and_another_seed_another, every_failed_allocation_of_a_firm_is_reported_and_nothing_leaks)
