/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several mentors of one mentee, and raters crossed with people, on simulated truth: coefficients and standard deviations between groups come back,
 * and intervals cover as often as they say.
 *
 * 150 samples each. Mentors: 400 rows, 50 mentors of standard deviation 0.7; a row has one, two or three of them with shares that add up to 1;
 * numbers, and yes or no. Raters: 60 people of standard deviation 1, each rated by 8 of 40 raters of standard deviation 0.6, three levels.
 * Coefficient of x 0.5 throughout. Coverage of 95 % intervals: binomial(150, 0.95) is outside 134 .. 149 once in 250; 7 comparisons, a false alarm
 * once in 35 seeds, the seed is fixed. Means of estimates are held within 4 standard errors of the mean, and 0.03 for the bias of maximum likelihood
 * in few groups. */
#include "core/random.h"
#include "fit/worlds.h"

#include <stdio.h>

enum { SAMPLES = 150, ROWS = 480, MENTORS = 50, MEMBERSHIPS = 3, PEOPLE = 60, RATERS = 40, EACH = 8 };
static const double B = 0.5, OF_MENTOR = 0.7, OF_PERSON = 1, OF_RATER = 0.6;

typedef struct sums {
    const char *name;
    double truth, sum, square;
    int covered, n;
} sums;

static double x[ROWS], number[ROWS], share[ROWS * MEMBERSHIPS];
static int32_t level[ROWS];
static uint32_t mentor[ROWS * MEMBERSHIPS], person[ROWS], rater[ROWS];
static mlab_context context;
static const char *const no_yes[] = {"no", "yes"}, *const levels[] = {"low", "mid", "high"};

static void add(sums *s, double estimate, double lower, double upper)
{
    s->sum += estimate;
    s->square += estimate * estimate;
    s->covered += lower <= s->truth && s->truth <= upper;
    s->n++;
}

static void judge(const sums *s, bool of_interval)
{
    double mean = s->sum / s->n, se = sqrt((s->square / s->n - mean * mean) / s->n);
    printf("| %s | %.2f | %.4f | %.4f | %.3f | %d |\n", s->name, s->truth, mean, se, (double)s->covered / s->n, s->n);
    ck_assert_msg(fabs(mean - s->truth) <= 4 * se + 0.03, "%s: %.4f (%.4f), truth %.2f", s->name, mean, se, s->truth);
    if (of_interval) ck_assert_msg(s->covered >= 134 && s->covered <= 149, "%s: covered %d of %d", s->name, s->covered, s->n);
}

static void draw_mentors(uint32_t sample, bool yes_no)
{
    mlab_address at = {.seed = 20261122 + yes_no, .replicate = sample, .purpose = MLAB_PURPOSE_TEST};
    double effect[MENTORS];
    for (uint32_t g = 0; g < MENTORS; g++) {
        at.entity = 100000 + g;
        effect[g] = OF_MENTOR * mlab_random_normal(&at, 0);
    }
    for (uint32_t i = 0; i < 400; i++) {
        at.entity = i;
        x[i] = mlab_random_normal(&at, 0);
        double eta = 0.2 + B * x[i], first = 0.5 + 0.5 * mlab_random_uniform(&at, 2), u = mlab_random_uniform(&at, 3);
        uint32_t n = 1 + i % 3;
        for (uint32_t k = 0; k < MEMBERSHIPS; k++) {
            size_t place = i * MEMBERSHIPS + k;
            mentor[place] = k < n ? (i * 7 + k * 11 + i / 50) % MENTORS : UINT32_MAX;
            share[place] = k >= n ? 0 : n == 1 ? 1 : k == 0 ? first : (1 - first) / (n - 1);
            if (k < n) eta += share[place] * effect[mentor[place]];
        }
        number[i] = eta + 0.8 * mlab_random_normal(&at, 4);
        level[i] = u < 1 / (1 + exp(-eta));
    }
}

static void draw_raters(uint32_t sample)
{
    mlab_address at = {.seed = 20261124, .replicate = sample, .purpose = MLAB_PURPOSE_TEST};
    double of_person[PEOPLE], of_rater[RATERS];
    for (uint32_t g = 0; g < PEOPLE; g++) {
        at.entity = 100000 + g;
        of_person[g] = OF_PERSON * mlab_random_normal(&at, 0);
    }
    for (uint32_t g = 0; g < RATERS; g++) {
        at.entity = 200000 + g;
        of_rater[g] = OF_RATER * mlab_random_normal(&at, 0);
    }
    for (uint32_t i = 0; i < PEOPLE * EACH; i++) {
        at.entity = i;
        person[i] = i / EACH;
        rater[i] = (i / EACH * 3 + i % EACH * 5) % RATERS;
        x[i] = mlab_random_normal(&at, 0);
        double u = mlab_random_uniform(&at, 3), eta = B * x[i] + of_person[person[i]] + of_rater[rater[i]] + log(u / (1 - u));
        level[i] = (eta > -0.8) + (eta > 0.9);
    }
}

static mlab_fit *fit_of(world *w, const char *model, mlab_random_grouping *groupings, size_t n)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_formula *one;
    mlab_design *design;
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &one, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(one, w->table, NULL, &design, NULL), MLAB_OK);
    for (size_t t = 0; t < n; t++) groupings[t].design = design;
    w->problem.random = groupings;
    w->problem.n_random = n;
    ck_assert_msg(mlab_fit_problem_fit(&context, mlab_model_find(model), &w->problem, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    mlab_design_free(design);
    mlab_formula_free(one);
    return fit;
}

static void add_fit(const mlab_fit *fit, size_t coefficient, sums *b, sums *const *sd)
{
    double se = mlab_fit_standard_error(fit, coefficient), factor = mlab_fit_interval_factor(fit, 0.95), lower, upper;
    add(b, fit->estimate[coefficient], fit->estimate[coefficient] - factor * se, fit->estimate[coefficient] + factor * se);
    for (size_t t = 0; t < fit->n_random; t++) {
        mlab_random_interval(&fit->random[t], 0, 0.95, &lower, &upper);
        add(sd[t], fit->random[t].sd[0], lower, upper);
    }
}

static void recover_mentors(bool yes_no)
{
    context = mlab_test_context(NULL, 1);
    sums b = {.name = yes_no ? "several mentors, logit: x" : "several mentors, linear: x", .truth = B};
    sums sd = {.name = yes_no ? "several mentors, logit: sd of mentors" : "several mentors, linear: sd of mentors", .truth = OF_MENTOR},
         *const sds[] = {&sd};
    for (uint32_t sample = 0; sample < SAMPLES; sample++) {
        world w = {0};
        draw_mentors(sample, yes_no);
        world_real(&w, &context, "x", x, 400);
        world_formula(&w, &context, "~ x");
        if (yes_no)
            world_categories(&w, level, 2, no_yes);
        else
            w.problem.number = number;
        mlab_random_grouping grouping = {.memberships = MEMBERSHIPS, .group = mentor, .share = share, .n_groups = MENTORS, .name = "mentor"};
        mlab_fit *fit = fit_of(&w, yes_no ? "logit" : "linear", &grouping, 1);
        add_fit(fit, 1, &b, sds);
        mlab_fit_free(fit);
        world_free(&w);
    }
    judge(&b, true);
    judge(&sd, true);
}

START_TEST(several_mentors_of_numbers_come_back)
{
    recover_mentors(false);
}
END_TEST

START_TEST(several_mentors_of_yes_or_no_come_back)
{
    recover_mentors(true);
}
END_TEST

START_TEST(raters_crossed_with_people_come_back)
{
    context = mlab_test_context(NULL, 1);
    sums b = {.name = "crossed, ordinal: x", .truth = B}, people = {.name = "crossed, ordinal: sd of people", .truth = OF_PERSON},
         raters = {.name = "crossed, ordinal: sd of raters", .truth = OF_RATER}, *const sds[] = {&people, &raters};
    for (uint32_t sample = 0; sample < SAMPLES; sample++) {
        world w = {0};
        draw_raters(sample);
        world_real(&w, &context, "x", x, PEOPLE * EACH);
        world_formula(&w, &context, "~ x");
        world_categories(&w, level, 3, levels);
        mlab_random_grouping groupings[] = {{.memberships = 1, .group = person, .n_groups = PEOPLE, .name = "person"},
                                            {.memberships = 1, .group = rater, .n_groups = RATERS, .name = "rater"}};
        mlab_fit *fit = fit_of(&w, "ordinal", groupings, 2);
        add_fit(fit, 2, &b, sds);
        mlab_fit_free(fit);
        world_free(&w);
    }
    judge(&b, true);
    judge(&people, true);
    judge(&raters, true);
}
END_TEST

MLAB_TEST_MAIN("mentors", several_mentors_of_numbers_come_back, several_mentors_of_yes_or_no_come_back, raters_crossed_with_people_come_back)
