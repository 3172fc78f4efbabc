/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratings that break models, as levels and as numbers: each set ends in scores that are finite and right or doubted in words, or in an error with a
 * sentence.
 *
 * A base world of 40 people, each rated by themself, a supervisor, a mentor and 4 co-workers (ratings.h), with one thing made hard. What is right is
 * known by a symmetry (ratings times 1e8 have scores times 1e8), by the same ratings said otherwise (ratings without a score are no ratings), or by
 * what must be said.
 */
#ifndef MLAB_TESTS_FIT_HARD_RATINGS_H
#define MLAB_TESTS_FIT_HARD_RATINGS_H

#include "fit/hard.h"
#include "fit/ratings.h"

enum { BASE = 40 };
static bool levels, no_score[MOST], no_rater[MOST], no_role[MOST];
static const char *formula;

/* --- what makes it hard ------------------------------------------------------------------------------------------------ */

static void fewer(size_t n)
{
    n_ratings = n < n_ratings ? n : n_ratings;
}
static void no_ratings(void)
{
    fewer(0);
}
static void one_rating(void)
{
    fewer(1);
}
static void one_person(void)
{
    fewer(7);
}
static void two_people(void)
{
    fewer(14);
}
static void scores_missing_everywhere(void)
{
    memset(no_score, true, sizeof no_score);
}
static void raters_missing_everywhere(void)
{
    memset(no_rater, true, sizeof no_rater);
}
static void roles_missing_everywhere(void)
{
    memset(no_role, true, sizeof no_role);
}
static void raters_missing_here_and_there(void)
{
    for (size_t i = 0; i < n_ratings; i++) no_rater[i] = i % 11 == 0;
}
static void more_without_a_score(void)
{
    for (size_t i = 0, n = n_ratings; i < n; i++) {
        ratings[n_ratings] = ratings[i];
        ratings[n_ratings].score = levels ? 1 : 900;
        no_score[n_ratings++] = true;
    }
}
static void rows_turned_round(void)
{
    for (size_t i = 0; i < n_ratings / 2; i++) {
        rating other = ratings[i];
        ratings[i] = ratings[n_ratings - 1 - i];
        ratings[n_ratings - 1 - i] = other;
    }
}
static void one_rater(void)
{
    for (size_t i = 0; i < n_ratings; i++) snprintf(ratings[i].rater, sizeof ratings[i].rater, "r");
}
static void one_rater_of_each_role(void)
{
    for (size_t i = 0; i < n_ratings; i++) snprintf(ratings[i].rater, sizeof ratings[i].rater, "r%d", (int)ratings[i].role);
}
static void everybody_rates_once(void)
{
    for (size_t i = 0; i < n_ratings; i++) snprintf(ratings[i].rater, sizeof ratings[i].rater, "r%04zu", i);
}
static void one_level(void)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score = 3;
}
static void two_levels(void)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score = ratings[i].score > (levels ? 2.5 : 10);
}
static void one_other_level(void)
{
    one_level();
    ratings[50].score = 4;
}
static void everybody_agrees(void)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score = 1 + atoi(ratings[i].person + 1) % 5;
}
static void everybody_is_rated_alike(void)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score = 1 + (double)(i % 7 % 5);
}
static void raters_alone_decide(void)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score = 1 + atoi(ratings[i].rater + 1) % 5;
}
static void a_role_that_always_says_one(void)
{
    for (size_t i = 0; i < n_ratings; i++)
        if (ratings[i].role == 3) ratings[i].score = levels ? 1 : 0;
}
static void keep(bool (*kept)(size_t i))
{
    size_t n = 0;
    for (size_t i = 0; i < n_ratings; i++)
        if (kept(i)) ratings[n++] = ratings[i];
    n_ratings = n;
}
static bool is_first_or_no_mentor(size_t i)
{
    return ratings[i].role != 1 || strcmp(ratings[i].person, "p000") == 0;
}
static bool is_no_mentor(size_t i)
{
    return ratings[i].role != 1;
}
static bool is_self(size_t i)
{
    return ratings[i].role == 2;
}
static bool is_co_worker(size_t i)
{
    return ratings[i].role == 0;
}
static void a_role_with_one_rating(void)
{
    keep(is_first_or_no_mentor);
}
static void a_role_without_ratings(void)
{
    keep(is_no_mentor);
}
static void everybody_rates_themself_alone(void)
{
    keep(is_self);
}
static void co_workers_alone(void)
{
    keep(is_co_worker);
}
static void a_role_for_each_person(void)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].role = atoi(ratings[i].person + 1) % 4;
}
static void add_people(size_t n)
{
    for (size_t k = 0; k < n; k++, n_ratings++) {
        rating *r = &ratings[n_ratings];
        *r = ratings[k % 280];
        snprintf(r->person, sizeof r->person, "q%05zu", k);
    }
}
static void ten_thousand_people_of_one_rating(void)
{
    add_people(10000);
    n_ratings -= 280;
    memmove(ratings, ratings + 280, n_ratings * sizeof *ratings);
}
static void thousands_more_people_of_one_rating(void)
{
    add_people(levels ? 5000 : 10000); /* of levels each costs a quadrature */
}
static void times(double by)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score *= by;
}
static void scores_1e_300(void)
{
    times(1e-300);
}
static void scores_1e300(void)
{
    times(1e300);
}
static void scores_1e8(void)
{
    times(1e8);
}
static void scores_turned(void)
{
    times(-1);
}
static void scores_plus_1e6(void)
{
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score += 1e6;
}
static void one_outlier(void)
{
    ratings[33].score = 1e10;
}
static void ratings_twice(void)
{
    memcpy(ratings + n_ratings, ratings, n_ratings * sizeof *ratings);
    n_ratings *= 2;
}
static void views_of_roles(void)
{
    formula = "score ~ role + (1 | person) + (1 | rater) + (1 | person:role)";
}
static void every_pair_an_effect(void)
{
    formula = "score ~ role + (1 | person) + (1 | rater) + (1 | person:rater)"; /* each pair has one rating */
}
static void no_raters(void)
{
    formula = "score ~ role + (1 | person)";
}

typedef enum right {
    SOUND,   /* finite where it is trusted */
    REFUSED, /* an error with a sentence */
    DOUBTED, /* an error, or a fit that is not trusted */
    SAME,    /* the scores of the base, times `by` */
} right;

static const struct {
    const char *name;
    void (*make)(void);
    right of_levels, of_numbers;
    double by_levels, by_numbers;
    const char *note; /* words that must be in the note, where it is fitted; NULL = none */
} inputs[] = {
    {"the base itself", NULL, SAME, SAME, 1, 1, NULL},
    {"no ratings", no_ratings, REFUSED, REFUSED, 1, 1, NULL},
    {"one rating", one_rating, REFUSED, REFUSED, 1, 1, NULL},
    {"one person", one_person, DOUBTED, DOUBTED, 1, 1, NULL},
    {"two people", two_people, DOUBTED, DOUBTED, 1, 1, NULL},
    {"scores missing everywhere", scores_missing_everywhere, REFUSED, REFUSED, 1, 1, NULL},
    {"raters missing everywhere", raters_missing_everywhere, SOUND, SOUND, 1, 1, "do not say who rated"},
    {"roles missing everywhere", roles_missing_everywhere, SOUND, SOUND, 1, 1, "have no roles"},
    {"raters missing here and there", raters_missing_here_and_there, SOUND, SOUND, 1, 1, NULL},
    {"ratings without a score", more_without_a_score, SAME, SAME, 1, 1, NULL},
    {"rows turned round", rows_turned_round, SAME, SAME, 1, 1, NULL},
    {"one rater", one_rater, SOUND, SOUND, 1, 1, "One rater gave all ratings"},
    {"one rater of each role", one_rater_of_each_role, SOUND, SOUND, 1, 1, NULL},
    {"everybody rates once", everybody_rates_once, SOUND, SOUND, 1, 1, "Nobody rates two people"},
    {"one level", one_level, REFUSED, REFUSED, 1, 1, NULL},
    {"two levels", two_levels, SOUND, SOUND, 1, 1, NULL},
    {"one other level", one_other_level, DOUBTED, SOUND, 1, 1, NULL},
    {"everybody agrees", everybody_agrees, DOUBTED, DOUBTED, 1, 1, NULL},
    {"everybody is rated alike", everybody_is_rated_alike, SOUND, SOUND, 1, 1, NULL},
    {"raters alone decide", raters_alone_decide, DOUBTED, DOUBTED, 1, 1, NULL},
    {"a role that always says one", a_role_that_always_says_one, DOUBTED, SOUND, 1, 1, NULL},
    {"a role with one rating", a_role_with_one_rating, SOUND, SOUND, 1, 1, NULL},
    {"a role without ratings", a_role_without_ratings, SOUND, SOUND, 1, 1, NULL},
    {"everybody rates themself alone", everybody_rates_themself_alone, REFUSED, REFUSED, 1, 1, NULL},
    {"co-workers alone", co_workers_alone, SOUND, SOUND, 1, 1, "one role"},
    {"a role for each person", a_role_for_each_person, SOUND, SOUND, 1, 1, NULL},
    {"10,000 people of one rating", ten_thousand_people_of_one_rating, REFUSED, REFUSED, 1, 1, NULL},
    {"thousands more people of one rating", thousands_more_people_of_one_rating, SOUND, SOUND, 1, 1, NULL},
    {"scores times 1e-300", scores_1e_300, SAME, REFUSED, 1, 1, NULL},
    {"scores times 1e300", scores_1e300, SAME, REFUSED, 1, 1, NULL},
    {"scores times 1e8", scores_1e8, SAME, SAME, 1, 1e8, NULL},
    {"scores turned", scores_turned, SAME, SAME, -1, -1, NULL},
    {"scores plus a million", scores_plus_1e6, SAME, SAME, 1, 1, NULL},
    {"an outlier of 1e10", one_outlier, SOUND, SOUND, 1, 1, NULL},
    {"ratings twice", ratings_twice, SOUND, SOUND, 1, 1, NULL},
    {"views of roles", views_of_roles, SOUND, SOUND, 1, 1, NULL},
    {"every pair an effect", every_pair_an_effect, SOUND, DOUBTED, 1, 1, NULL},
    {"no effects of raters", no_raters, SOUND, SOUND, 1, 1, NULL},
};
enum { N_INPUTS = sizeof inputs / sizeof *inputs };

/* --- what is right -------------------------------------------------------------------------------------------------------- */

static void check_share(double share, const char *of, const char *where)
{
    ck_assert_msg(share >= 0 && share <= 1 + 1e-12, "%s: %s is %g", where, of, share);
}

static void check_raters(const mlab_fit *fit, const char *where)
{
    const mlab_raters *raters = fit->raters;
    ck_assert_msg(raters != NULL, "%s: says nothing of raters", where);
    double shares = 0;
    for (size_t k = 0; k < raters->n_sources; k++) {
        ck_assert_msg(isfinite(raters->sources[k].variance) && raters->sources[k].variance >= 0, "%s: a variance of %g", where,
                      raters->sources[k].variance);
        shares += raters->sources[k].share;
    }
    ck_assert_msg(fabs(shares - 1) < 1e-9 || shares == 0, "%s: shares add up to %g", where, shares);
    for (size_t r = 0; r < raters->n_roles; r++) {
        const mlab_rater_role *role = &raters->roles[r];
        if (role->severity_known && fit->trust == MLAB_TRUSTED)
            ck_assert_msg(isfinite(role->severity) && role->severity_se > 0 && role->lower < role->upper, "%s: %s is severe by %g (%g)", where,
                          role->name, role->severity, role->severity_se);
        check_share(role->one, "the reliability of one", where);
        check_share(role->alone, "the reliability of a role", where);
        ck_assert_msg(role->needed >= 0, "%s: %g raters are needed", where, role->needed);
    }
    check_share(raters->all, "the reliability of all", where);
    for (size_t i = 0; i < raters->n_scores; i++) {
        const mlab_person_score *s = &raters->scores[i];
        ck_assert_msg(isfinite(s->score) && isfinite(s->error) && s->error >= 0, "%s: the score of %s is %g (%g)", where, s->person, s->score,
                      s->error);
        if (fit->trust == MLAB_TRUSTED) ck_assert_msg(isfinite(s->expected), "%s: %s is expected %g", where, s->person, s->expected);
    }
}

static void check_scores(const mlab_raters *raters, const mlab_raters *base, double by, const char *where)
{
    ck_assert_msg(raters->n_scores == base->n_scores, "%s: %zu scores", where, raters->n_scores);
    for (size_t i = 0; i < base->n_scores; i++) {
        const mlab_person_score *s = &raters->scores[i], *of = &base->scores[i];
        ck_assert_str_eq(s->person, of->person);
        ck_assert_msg(fabs(s->score / by - of->score) < 1e-4 * of->error, "%s: the score of %s is %g, not %g", where, s->person, s->score / by,
                      of->score);
        ck_assert_msg(fabs(s->error / fabs(by) - of->error) < 1e-3 * of->error, "%s: the error of %s is %g, not %g", where, s->person,
                      s->error / fabs(by), of->error);
    }
}

static void make(size_t k)
{
    formula = NULL;
    memset(no_score, 0, sizeof no_score);
    memset(no_rater, 0, sizeof no_rater);
    memset(no_role, 0, sizeof no_role);
    make_ratings(21, BASE, 15, levels);
    if (inputs[k].make) inputs[k].make();
    make_data(NULL, true, true);
    for (size_t i = 0; i < n_ratings; i++) {
        if (no_score[i]) ck_assert_int_eq(mlab_column_set_missing(data.ratings, mlab_table_find(data.ratings, "score"), i, NULL), MLAB_OK);
        if (no_rater[i]) ck_assert_int_eq(mlab_column_set_missing(data.ratings, mlab_table_find(data.ratings, "rater"), i, NULL), MLAB_OK);
        if (no_role[i]) ck_assert_int_eq(mlab_column_set_missing(data.ratings, mlab_table_find(data.ratings, "role"), i, NULL), MLAB_OK);
    }
}

static mlab_fit *fit_input(size_t k, const char *where)
{
    mlab_fit *fit = NULL;
    mlab_error err = {0};
    make(k);
    mlab_outcome outcome = outcome_of(formula);
    outcome.kind = levels ? MLAB_OUTCOME_ORDINAL : MLAB_OUTCOME_NUMBER;
    mlab_status status = mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err);
    check_ending(status, fit, &err, where);
    right must = levels ? inputs[k].of_levels : inputs[k].of_numbers;
    if (status) ck_assert_msg(must != SAME, "%s: refused: %s", where, err.sentence);
    return fit;
}

static void check(size_t k, const mlab_fit *base)
{
    char where[160];
    right must = levels ? inputs[k].of_levels : inputs[k].of_numbers;
    snprintf(where, sizeof where, "%s, %s", inputs[k].name, levels ? "levels" : "numbers");
    mlab_fit *fit = fit_input(k, where);
    if (fit) {
        ck_assert_msg(must != REFUSED, "%s: not refused", where);
        check_numbers(fit, 1e-3, where);
        check_raters(fit, where);
        ck_assert_msg(must != DOUBTED || fit->trust != MLAB_TRUSTED, "%s: trusted", where);
        if (inputs[k].note) ck_assert_msg(strstr(fit->raters->note, inputs[k].note) != NULL, "%s: says \"%s\"", where, fit->raters->note);
        if (must == SAME) check_scores(fit->raters, base->raters, levels ? inputs[k].by_levels : inputs[k].by_numbers, where);
    }
    close_data(fit);
}

/* levels is set. */
static void check_all(void)
{
    mlab_fit *base = fit_input(0, "the base itself");
    ck_assert_int_eq(base->trust, MLAB_TRUSTED);
    mlab_table_free(data.ratings);
    for (size_t k = 0; k < N_INPUTS; k++) check(k, base);
    mlab_fit_free(base);
}

#endif
