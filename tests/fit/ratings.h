/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A firm in which everybody is rated by several others, for tests of model raters. */
#ifndef MLAB_TESTS_FIT_RATINGS_H
#define MLAB_TESTS_FIT_RATINGS_H

#include "core/random.h"
#include "fit/model.h"
#include "mentorlab/raters.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everybody is rated by themself, their supervisor (8 people each), a mentor (5 people each) and 4 co-workers, who are other people:
 *
 *   score = person + rater + noise - severity of the role          self -0.8, co-worker 0, mentor 0.2, supervisor 0.6
 */
enum { PEOPLE = 240, MOST = 11000 };
static const char *const roles[] = {"co-worker", "mentor", "self", "supervisor"};
static const double severity[] = {0, 0.2, -0.8, 0.6};
static const double PERSON_SD = 1.5, RATER_SD = 0.8;

static mlab_context context;
static mlab_fit_options options;
static mlab_data data;
static double truth[PEOPLE];

typedef struct rating {
    char person[8], rater[8];
    int32_t role;
    double score;
} rating;
static rating ratings[MOST];
static size_t n_ratings;

static inline double rating_normal(uint32_t seed, uint32_t entity, uint16_t period)
{
    mlab_address at = {.seed = seed, .entity = entity, .period = period, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_normal(&at, 0);
}

static inline void rate(uint32_t seed, uint32_t who, const char *by, uint32_t rater, int32_t role, bool levels)
{
    rating *r = &ratings[n_ratings];
    mlab_address at = {.seed = seed, .entity = (uint32_t)n_ratings, .period = 3, .purpose = MLAB_PURPOSE_TEST};
    double uniform = mlab_random_uniform(&at, 0), eta = truth[who] + RATER_SD * rating_normal(seed, rater, 2) - severity[role];
    snprintf(r->person, sizeof r->person, "p%03u", who);
    snprintf(r->rater, sizeof r->rater, "%s%03u", by, rater % 1000);
    r->role = role;
    if (levels) {
        static const double thresholds[] = {-2.5, -0.8, 0.9, 2.6};
        double latent = eta + log(uniform / (1 - uniform));
        r->score = 1;
        for (int l = 0; l < 4; l++) r->score += latent > thresholds[l];
    } else
        r->score = 10 + eta + mlab_random_normal(&at, 2);
    n_ratings++;
}

/* Bits of `who_rates` are roles. */
static inline void make_ratings(uint32_t seed, uint32_t people, unsigned who_rates, bool levels)
{
    n_ratings = 0;
    for (uint32_t p = 0; p < people; p++) truth[p] = PERSON_SD * rating_normal(seed, p, 1);
    for (uint32_t p = 0; p < people; p++) {
        for (uint32_t k = 1; k <= 4 && who_rates & 1; k++) rate(seed, p, "p", (p + k * k * 7) % people, 0, levels);
        if (who_rates & 2) rate(seed, p, "m", 2000 + p / 5, 1, levels);
        if (who_rates & 4) rate(seed, p, "p", p, 2, levels);
        if (who_rates & 8) rate(seed, p, "s", 1000 + p / 8, 3, levels);
    }
}

static inline void make_data(mlab_test_memory *memory, bool with_rater, bool with_role)
{
    mlab_column *role, *score;
    context = mlab_test_context(memory, 1);
    options = mlab_fit_defaults();
    options.scores = 1;
    data = (mlab_data){.context = &context, .as_of = INT32_MIN};
    ck_assert_int_eq(mlab_table_make(&context, n_ratings, &data.ratings, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(data.ratings, "person", MLAB_COLUMN_TEXT, NULL, 0, NULL, NULL), MLAB_OK);
    if (with_rater) ck_assert_int_eq(mlab_table_add(data.ratings, "rater", MLAB_COLUMN_TEXT, NULL, 0, NULL, NULL), MLAB_OK);
    for (size_t i = 0; i < n_ratings; i++) {
        const rating *r = &ratings[i];
        ck_assert_int_eq(mlab_column_set_text(data.ratings, mlab_table_find(data.ratings, "person"), i, r->person, strlen(r->person), NULL), MLAB_OK);
        if (with_rater)
            ck_assert_int_eq(mlab_column_set_text(data.ratings, mlab_table_find(data.ratings, "rater"), i, r->rater, strlen(r->rater), NULL),
                             MLAB_OK);
    }
    if (with_role) {
        ck_assert_int_eq(mlab_table_add(data.ratings, "role", MLAB_COLUMN_FACTOR, roles, 4, &role, NULL), MLAB_OK);
        for (size_t i = 0; i < n_ratings; i++) role->as.integer[i] = ratings[i].role;
    }
    ck_assert_int_eq(mlab_table_add(data.ratings, "score", MLAB_COLUMN_REAL, NULL, 0, &score, NULL), MLAB_OK);
    for (size_t i = 0; i < n_ratings; i++) score->as.real[i] = ratings[i].score;
}

static inline mlab_outcome outcome_of(const char *formula)
{
    return (mlab_outcome){
        .name = (char *)"performance", .kind = MLAB_OUTCOME_ORDINAL, .better = 1, .model = (char *)"raters", .formula = (char *)(uintptr_t)formula};
}

static inline mlab_fit *fit_of(const char *formula)
{
    mlab_fit *fit;
    mlab_error err = {0};
    mlab_outcome outcome = outcome_of(formula);
    ck_assert_msg(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_str_eq(fit->model, "raters");
    return fit;
}

static inline void close_data(mlab_fit *fit)
{
    mlab_fit_free(fit);
    mlab_table_free(data.ratings);
}

/* Squared correlation of scores with the truth, share of intervals that hold it. */
static inline void compare_scores(const mlab_raters *raters, double *squared, double *covered, double *squared_error)
{
    double xx = 0, yy = 0, xy = 0, x = 0, y = 0, n = (double)raters->n_scores;
    *covered = *squared_error = 0;
    for (size_t i = 0; i < raters->n_scores; i++) {
        const mlab_person_score *s = &raters->scores[i];
        double t = truth[atoi(s->person + 1)];
        x += t / n, y += s->score / n;
        xx += t * t, yy += s->score * s->score, xy += t * s->score;
        *covered += fabs(s->score - t) < 1.959964 * s->error;
        *squared_error += s->error * s->error / n;
    }
    xy = xy / n - x * y;
    *squared = xy * xy / ((xx / n - x * x) * (yy / n - y * y));
    *covered /= n;
}

#endif
