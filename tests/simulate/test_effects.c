/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random effects in the simulation.
 *
 *   85 people at the start, people of even rank among the groups of the fit ──► their drawn effect; the others and hires ──► a new one
 *   mentors of rank 0, 3, 6, ... in the data                      ──► acts while the relationship goes on */
#include "simulate/little_run.h"

#include "simulate/effects.h"

#include <math.h>

enum { STARTERS = 60, PEOPLE = STARTERS + LITTLE_HIRES, MOST_GROUPS = 100 }; /* hires of the panel are there at its end too */

/* One grouping, by hand. */
typedef struct by_hand {
    mlab_random_effects random;
    mlab_draws_effects drawn;
    char *names[4];
    uint32_t key[MOST_GROUPS], place[MOST_GROUPS];
} by_hand;

static char intercept[] = "(Intercept)";

/* Gives fit k of w the grouping; factor [n * n] in every draw; values are left 0. */
static void set_effects(little_world *w, by_hand *h, size_t k, const char *formula, char *group, bool people, size_t n_groups, size_t n,
                        char *const *names, const double *factor)
{
    size_t n_draws = w->draws.n_draws;
    h->random = (mlab_random_effects){.group = group, .n_groups = n_groups, .n = n, .names = h->names};
    for (size_t a = 0; a < n; a++) h->names[a] = names[a];
    h->drawn = (mlab_draws_effects){.outcome = k, .group = group, .n_groups = n_groups, .n = n, .people = people, .key = h->key, .place = h->place};
    h->drawn.factor = calloc(n_draws * n * n, sizeof(double));
    h->drawn.value = calloc(n_draws * n_groups * n, sizeof(double));
    for (size_t d = 0; d < n_draws; d++) memcpy(h->drawn.factor + d * n * n, factor, n * n * sizeof(double));
    w->fits[k].formula = (char *)formula;
    w->fits[k].random = &h->random;
    w->fits[k].n_random = 1;
    w->draws.effects = &h->drawn;
    w->draws.n_effects = 1;
}

static void free_effects(little_world *w, by_hand *h)
{
    free(h->drawn.factor);
    free(h->drawn.value);
    little_free(w);
}

START_TEST(people_of_the_data_have_their_drawn_effect_and_others_a_new_one)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    static by_hand h;
    char *names[] = {intercept};
    double sd = 0.8, sum = 0, square = 0;
    enum { D = 400 };
    little_fit(w, little_promotion, "promoted ~ gender");
    little_draws(w, D);
    little_set(w, 0, 0, 0, -3);
    little_set(w, 0, 0, 1, 0.25);
    set_effects(w, &h, 0, "promoted ~ gender + (1 | person)", (char[]){"person"}, true, STARTERS / 2, 1, names, &sd);
    w->spec.n_scenarios = 1;
    for (uint32_t g = 0; g < STARTERS / 2; g++) h.key[g] = 2 * g;
    for (size_t d = 0; d < D; d++)
        for (size_t g = 0; g < STARTERS / 2; g++) h.drawn.value[d * (STARTERS / 2) + g] = 0.01 * (double)g + 0.0001 * (double)d;
    mlab_world *world = world_of(&context, w);
    const mlab_column *gender = mlab_table_find(w->panel.rows, "gender");
    for (uint32_t d = 0; d < D; d++) {
        mlab_world_draw *draw;
        ck_assert_int_eq(mlab_world_draw_make(world, d, &draw, NULL), MLAB_OK);
        for (uint32_t s = 0; s < world->n_sources; s++) {
            double fixed = -3 + 0.25 * gender->as.integer[world->panel_row[s]], got = draw->equations[0].fixed[s] - fixed;
            if (s >= world->n_starters)
                ck_assert_double_eq_tol(got, 0, 1e-14); /* donors are nobody yet */
            else if (world->person[s] % 2 == 0 && world->person[s] < STARTERS)
                ck_assert_double_eq_tol(got, 0.01 * (world->person[s] / 2.0) + 0.0001 * d, 1e-14);
            else
                sum += got, square += got * got;
        }
        mlab_world_draw_free(draw);
    }
    double n = D * (PEOPLE - STARTERS / 2.0); /* 4.5 standard errors: a false alarm once in 70,000 runs; the seed is fixed */
    ck_assert_double_eq_tol(sum / n, 0, 4.5 * sd / sqrt(n));
    ck_assert_double_eq_tol(square / n, sd * sd, 4.5 * sd * sd * sqrt(2 / n));
    mlab_world_free(world);
    free_effects(w, &h);
}
END_TEST

START_TEST(groups_of_columns_are_known_again_by_their_values)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    static by_hand h;
    char *names[] = {intercept};
    double sd = 1, unseen = 0;
    little_fit(w, little_promotion, "promoted ~ 1");
    little_draws(w, 2);
    const mlab_column *gender = mlab_table_find(w->panel.rows, "gender"), *age = mlab_table_find(w->panel.rows, "age");
    set_effects(w, &h, 0, "promoted ~ (1 | gender)", (char[]){"gender"}, false, 1, 1, names, &sd);
    while (gender->as.integer[h.key[0]] != 1) h.key[0]++;
    h.drawn.value[0] = 0.5, h.drawn.value[1] = -0.5;
    w->spec.n_scenarios = 1;
    mlab_world *world = world_of(&context, w);
    for (uint32_t d = 0; d < 2; d++) {
        mlab_world_draw *draw;
        ck_assert_int_eq(mlab_world_draw_make(world, d, &draw, NULL), MLAB_OK);
        unseen = 0;
        for (uint32_t s = 0; s < world->n_sources; s++) { /* donors too: their department exists */
            double got = draw->equations[0].fixed[s];
            if (gender->as.integer[world->panel_row[s]] == 1)
                ck_assert_double_eq(got, d ? -0.5 : 0.5);
            else if (unseen == 0)
                ck_assert_double_ne(unseen = got, 0); /* the other one is new, and one */
            else
                ck_assert_double_eq(got, unseen);
        }
        mlab_world_draw_free(draw);
    }
    mlab_world_free(world);
    /* two columns of which one is a number: only the row itself has both values */
    w->fits[0].formula = (char *)"promoted ~ (1 | gender:age)";
    world = world_of(&context, w);
    mlab_world_draw *draw;
    ck_assert_int_eq(mlab_world_draw_make(world, 0, &draw, NULL), MLAB_OK);
    for (uint32_t s = 0; s < world->n_sources; s++) {
        bool same = age->as.real[world->panel_row[s]] == age->as.real[h.key[0]];
        ck_assert(same == (draw->equations[0].fixed[s] == 0.5));
    }
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    free_effects(w, &h);
}
END_TEST

/* Chance of an exit of the first period, in the mean over effects, by a fine grid. */
static double mean_chance(double b, double sd)
{
    double sum = 0, size = 0;
    for (int k = -4000; k <= 4000; k++) {
        double z = 0.002 * k, density = exp(-0.5 * z * z);
        sum += density * -expm1(-exp(b + sd * z));
        size += density;
    }
    return sum / size;
}

/* Two causes, of which one has effects with a standard deviation of 1.2. 22,950 effects, 10 histories each: 4 standard errors, a false alarm once in
 * 15,000 runs; the seed is fixed. Without the effects it would be 25 standard errors off. */
START_TEST(exits_happen_as_often_as_the_mean_over_normal_effects_says)
{
    enum { D = 270, R = 10 };
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, STARTERS);
    static by_hand h;
    char voluntary[] = "voluntary:(Intercept)", involuntary[] = "involuntary:(Intercept)", *names[] = {voluntary, involuntary};
    double factor[] = {1.2, 0, 0, 0};
    little_fit(w, little_retention, "exit ~ 1");
    little_draws(w, D);
    little_set(w, 0, 0, 0, -2.5);
    little_set(w, 0, 1, 0, -40);
    set_effects(w, &h, 0, "exit ~ (1 | person)", (char[]){"person"}, true, 1, 2, names, factor);
    h.key[0] = 100000; /* nobody here */
    w->spec.n_scenarios = 1;
    w->options.replicates = R;
    w->options.horizon = 91.3;
    w->options.replacement = 0;
    mlab_outcomes *o = run_of(&context, w);
    double n = (double)PEOPLE * D, exits = total(o, MLAB_METRIC_voluntary_exits, 0, 0), p = mean_chance(-2.5, 1.2), square = 0, size = 0;
    for (int k = -4000; k <= 4000; k++) {
        double z = 0.002 * k, density = exp(-0.5 * z * z), q = -expm1(-exp(-2.5 + 1.2 * z));
        square += density * q * q;
        size += density;
    }
    double variance = square / size - p * p + (p - square / size) / R;
    ck_assert_double_eq_tol(exits / (n * R), p, 4 * sqrt(variance / n));
    ck_assert(fabs(exits / (n * R) + expm1(-exp(-2.5))) > 20 * sqrt(variance / n));
    mlab_outcomes_free(o);
    free_effects(w, &h);
}
END_TEST

START_TEST(a_hire_has_an_effect_of_the_history_that_scenarios_share)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    static by_hand h;
    char *names[] = {intercept};
    double sd = 0.8, seen[2][PEOPLE] = {{0}};
    little_fit(w, little_promotion, "promoted ~ arm");
    little_fit(w, little_retention, "exit ~ arm");
    little_draws(w, 1);
    little_set(w, 0, 0, 0, -2);
    little_set(w, 1, 0, 0, 0.5);
    little_set(w, 1, 1, 0, -40);
    w->options.replacement = 1;
    set_effects(w, &h, 0, "promoted ~ arm + (1 | person)", (char[]){"person"}, true, 1, 1, names, &sd);
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o;
    size_t hires = 0, other = 0;
    ck_assert_int_eq(mlab_world_draw_make(world, 0, &draw, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_organisation_make(world, &o, NULL), MLAB_OK);
    for (uint32_t run = 0; run < 3; run++) { /* two scenarios of one replicate, then another replicate */
        mlab_organisation_start(o, draw, run == 1, run == 2);
        for (int t = 0; t < 2; t++) ck_assert_int_eq(mlab_organisation_period(o, NULL), MLAB_OK);
        for (uint32_t p = 0; p < PEOPLE; p++) {
            double own = o->generation[p] == 1 ? o->base[0][p] - draw->equations[0].fixed[o->source[p]] : 0;
            if (run < 2) seen[run][p] = own;
            if (run == 0) hires += own != 0;
            if (run == 1 && own != 0 && seen[0][p] != 0) ck_assert_double_eq(own, seen[0][p]);
            if (run == 2) other += own != 0 && seen[0][p] != 0 && own != seen[0][p];
        }
    }
    ck_assert_uint_gt(hires, 10);
    ck_assert_uint_gt(other, 5);
    mlab_organisation_free(o);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    free_effects(w, &h);
}
END_TEST

START_TEST(the_effect_of_a_mentor_acts_while_the_relationship_goes_on)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    static by_hand h;
    char *names[] = {intercept};
    double sd = 0.8;
    little_fit(w, little_promotion, "promoted ~ arm");
    little_draws(w, 1);
    little_set(w, 0, 0, 0, -2);
    set_effects(w, &h, 0, "promoted ~ arm + (1 | mentor)", (char[]){"mentor"}, true, STARTERS / 3, 1, names, &sd);
    for (uint32_t g = 0; g < STARTERS / 3; g++) h.key[g] = 3 * g, h.drawn.value[g] = 1 + 0.01 * g;
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o;
    size_t ties = 0, ended = 0, fresh = 0;
    ck_assert_int_eq(mlab_world_draw_make(world, 0, &draw, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_organisation_make(world, &o, NULL), MLAB_OK);
    mlab_organisation_start(o, draw, 1, 0);
    for (int t = 0; t < 8; t++) {
        uint8_t had[PEOPLE];
        for (uint32_t p = 0; p < PEOPLE; p++) had[p] = o->mentor[p] >= 0;
        ck_assert_int_eq(mlab_organisation_period(o, NULL), MLAB_OK);
        for (uint32_t p = 0; p < PEOPLE; p++) {
            uint32_t person = o->mentor[p] < 0 ? 0 : world->person[o->source[o->mentor[p]]];
            ended += had[p] && o->mentor[p] < 0;
            if (o->mentor[p] < 0)
                ck_assert_double_eq(o->tied[0][p], 0);
            else if (person % 3 == 0)
                ck_assert_double_eq(o->tied[0][p], 1 + 0.01 * (person / 3.0));
            else
                ck_assert(o->tied[0][p] != 0 && o->tied[0][p] < 5);
            ties += o->mentor[p] >= 0 && person % 3 == 0;
            fresh += o->mentor[p] >= 0 && person % 3 != 0;
            uint16_t code = (uint16_t)mlab_state_code(world, o->arm[p], o->grade[p], 0, 0);
            double eta = 7;
            mlab_effects_add(o, 0, p, 1, &code, &eta);
            ck_assert_double_eq(eta, 7 + o->tied[0][p]);
        }
    }
    ck_assert(ties > 5 && ended > 5 && fresh > 5);
    mlab_organisation_free(o);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    free_effects(w, &h);
}
END_TEST

/* What the program does for somebody differs between people: the slope acts in the arm alone. */
START_TEST(a_slope_acts_through_the_column_it_belongs_to)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    static by_hand h;
    char slope[] = "armstructured", male[] = "gendermale", *names[] = {intercept, slope, male};
    double factor[] = {0.5, 0, 0, 0, 0.7, 0, 0, 0, 0.2};
    little_fit(w, little_promotion, "promoted ~ arm + gender");
    little_draws(w, 1);
    set_effects(w, &h, 0, "promoted ~ arm + gender + (1 + arm + gender | person)", (char[]){"person"}, true, PEOPLE, 3, names, factor);
    for (uint32_t g = 0; g < PEOPLE; g++) {
        h.key[g] = g;
        h.drawn.value[3 * g] = 0.5, h.drawn.value[3 * g + 1] = 0.01 * (g + 1), h.drawn.value[3 * g + 2] = 0.125;
    }
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o;
    const mlab_column *gender = mlab_table_find(w->panel.rows, "gender");
    ck_assert_uint_eq(world->n_leans, 1);
    ck_assert_int_eq(mlab_world_draw_make(world, 0, &draw, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_organisation_make(world, &o, NULL), MLAB_OK);
    mlab_organisation_start(o, draw, 0, 0);
    for (uint32_t p = 0; p < PEOPLE; p++) {
        ck_assert_double_eq(o->base[0][p], 0.5 + 0.125 * gender->as.integer[world->panel_row[p]]);
        for (uint32_t arm = 0; arm < 3; arm++) {
            uint16_t code = (uint16_t)mlab_state_code(world, arm, o->grade[p], 0, 0);
            double eta = 0;
            mlab_effects_add(o, 0, p, 1, &code, &eta);
            ck_assert_double_eq(eta, !strcmp(world->arms[arm], "structured") ? 0.01 * (world->person[p] + 1) : 0);
        }
    }
    mlab_organisation_free(o);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    free_effects(w, &h);
}
END_TEST

static mlab_outcomes *mixed_run(int threads, bool in_parts)
{
    static mlab_context context;
    static by_hand h;
    char *names[] = {intercept};
    double sd = 0.8;
    context = mlab_test_context(NULL, threads);
    little_world *w = little_make(&context, STARTERS);
    little_fit(w, little_promotion, "promoted ~ arm + gender");
    little_fit(w, little_retention, "exit ~ arm");
    little_draws(w, 5);
    little_set(w, 0, 0, 0, -2);
    little_set(w, 1, 0, 0, -2);
    little_set(w, 1, 1, 0, -3);
    set_effects(w, &h, 0, "promoted ~ arm + gender + (1 | mentor)", (char[]){"mentor"}, true, STARTERS / 3, 1, names, &sd);
    for (uint32_t g = 0; g < STARTERS / 3; g++) h.key[g] = 3 * g;
    mlab_outcomes *outcomes;
    mlab_sink sink;
    mlab_error err;
    little_ok(mlab_sink_memory(&context, &w->spec, &w->options, &sink, &outcomes, &err), &err);
    for (size_t part = 0; part < 2; part++) /* shards, the later one first */
        if (in_parts)
            little_ok(mlab_simulate(&context, &w->spec, &w->options, part ? 0 : 3, part ? 3 : 5, &sink, &err), &err);
        else if (part == 0)
            little_ok(mlab_simulate(&context, &w->spec, &w->options, 0, 5, &sink, &err), &err);
    mlab_sink_memory_end(&sink);
    free_effects(w, &h);
    return outcomes;
}

START_TEST(threads_and_shards_change_no_byte)
{
    mlab_outcomes *one = mixed_run(1, false), *two = mixed_run(2, false), *seven = mixed_run(7, true);
    same_outcomes(one, two);
    same_outcomes(one, seven);
    ck_assert_double_gt(total(one, MLAB_METRIC_promotions, 0, -1), 0);
    mlab_outcomes_free(one);
    mlab_outcomes_free(two);
    mlab_outcomes_free(seven);
}
END_TEST

static void refused(little_world *w, const mlab_context *context, const char *sentence)
{
    mlab_world *world;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_world_make(context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
    ck_assert_ptr_null(world);
    ck_assert_msg(strstr(err.sentence, sentence) != NULL, "%s", err.sentence);
}

START_TEST(effects_that_cannot_be_carried_into_the_future_are_refused_in_words)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    static by_hand h;
    char tenure[] = "tenure", *names[] = {intercept, tenure};
    double factor[] = {1, 0, 0, 1};
    little_fit(w, little_promotion, "promoted ~ tenure");
    little_draws(w, 1);
    w->spec.n_scenarios = 1;
    set_effects(w, &h, 0, "promoted ~ tenure + (1 | grade)", (char[]){"grade"}, false, 4, 1, names, factor);
    refused(w, &context, "effects by 'grade', which changes over time, cannot be carried into the future");
    w->fits[0].formula = (char *)"promoted ~ tenure + (1 + tenure | gender)";
    h.random.n = h.drawn.n = 2, h.names[1] = names[1];
    refused(w, &context, "the effect of 'tenure' by grade cannot be carried into the future");
    h.drawn.n = 1;
    refused(w, &context, "of another fit");
    w->draws.n_effects = 0;
    refused(w, &context, "the draws of promotion hold effects of 0 groupings, its fit has 1");
    free_effects(w, &h);
}
END_TEST

/* Answers under each link, no covariates: shares are differences of F at the thresholds; 17,000 answers, 4.5 standard errors, 15 shares: a false
 * alarm once in 10,000 runs; the seed is fixed. */
START_TEST(answers_follow_the_link_of_the_fit)
{
    static const char *const links[] = {"logit", "probit", "cloglog"};
    static const double thresholds[] = {-1.5, -0.5, 0.2, 0.9};
    for (int link = 0; link < 3; link++) {
        enum { D = 20, R = 10 };
        mlab_context context = mlab_test_context(NULL, 1);
        little_world *w = little_make(&context, STARTERS);
        little_fit(w, little_satisfaction, "satisfaction ~ 1");
        w->fits[0].link = (char *)links[link];
        little_draws(w, D);
        w->spec.n_scenarios = 1;
        for (size_t k = 0; k < 4; k++) little_set(w, 0, 0, k, thresholds[k]);
        mlab_world *world = world_of(&context, w);
        mlab_organisation *o;
        double count[5] = {0}, n = (double)D * R * PEOPLE;
        ck_assert_int_eq(mlab_organisation_make(world, &o, NULL), MLAB_OK);
        world->survey_every = 1;
        for (uint32_t d = 0; d < D; d++) {
            mlab_world_draw *draw;
            ck_assert_int_eq(mlab_world_draw_make(world, d, &draw, NULL), MLAB_OK);
            for (uint32_t r = 0; r < R; r++) {
                mlab_organisation_start(o, draw, 0, r);
                ck_assert_int_eq(mlab_organisation_period(o, NULL), MLAB_OK);
                for (uint32_t p = 0; p < PEOPLE; p++) count[o->last[p] - 1]++;
            }
            mlab_world_draw_free(draw);
        }
        for (int k = 0; k < 5; k++) {
            double ends[2] = {0, 1};
            for (int side = 0; side < 2; side++) {
                if (k - 1 + side < 0 || k - 1 + side > 3) continue;
                double t = thresholds[k - 1 + side];
                ends[side] = link == 0 ? 1 / (1 + exp(-t)) : link == 1 ? 0.5 * erfc(-t / sqrt(2)) : -expm1(-exp(t));
            }
            double p = ends[1] - ends[0];
            ck_assert_msg(fabs(count[k] / n - p) <= 4.5 * sqrt(p * (1 - p) / n), "%s, level %d: %g, %g expected", links[link], k + 1, count[k] / n,
                          p);
        }
        mlab_organisation_free(o);
        mlab_world_free(world);
        little_free(w);
    }
}
END_TEST

static double share_below(int link, double t)
{
    return link == 0 ? 1 / (1 + exp(-t)) : link == 1 ? 0.5 * erfc(-t / sqrt(2)) : -expm1(-exp(t));
}

/* Effects of gender by threshold and on the scale: shares of each gender are those of the model; about 8,500 answers each, 4.5 standard errors, 50
 * shares: a false alarm once in 3,000 runs; the seed is fixed. */
static void answers_of_each_gender(int link, bool by_threshold, bool on_scale)
{
    static const char *const links[] = {"logit", "probit", "cloglog"};
    static const double thresholds[] = {-1.5, -0.5, 0.2, 0.9}, effect[] = {0.3, 0.1, -0.2, 0.5}, log_scale = 0.4;
    enum { D = 20, R = 10 };
    uint32_t column[] = {0};
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    mlab_fit *fit = little_fit(w, little_satisfaction, "satisfaction ~ gender");
    fit->link = (char *)links[link];
    fit->n_nominal = by_threshold;
    fit->n_scale = on_scale;
    fit->nominal = fit->scale = column;
    fit->n_ancillary = (by_threshold ? 3u : 0u) + on_scale;
    fit->n_parameters += fit->n_ancillary;
    little_draws(w, D);
    w->spec.n_scenarios = 1;
    for (size_t k = 0; k < 4; k++) little_set(w, 0, 0, k, thresholds[k]);
    little_set(w, 0, 0, 4, effect[0]);
    for (size_t k = 1; k < 4 && by_threshold; k++) little_set(w, 0, 0, 4 + k, effect[k]);
    if (on_scale) little_set(w, 0, 0, fit->n_parameters - 1, log_scale);
    mlab_world *world = world_of(&context, w);
    const mlab_column *gender = mlab_table_find(w->panel.rows, "gender");
    mlab_organisation *o;
    double count[2][5] = {{0}}, n[2] = {0};
    ck_assert_int_eq(mlab_organisation_make(world, &o, NULL), MLAB_OK);
    world->survey_every = 1;
    for (uint32_t d = 0; d < D; d++) {
        mlab_world_draw *draw;
        ck_assert_int_eq(mlab_world_draw_make(world, d, &draw, NULL), MLAB_OK);
        for (uint32_t r = 0; r < R; r++) {
            mlab_organisation_start(o, draw, 0, r);
            ck_assert_int_eq(mlab_organisation_period(o, NULL), MLAB_OK);
            for (uint32_t p = 0; p < PEOPLE; p++) {
                int32_t g = gender->as.integer[world->panel_row[o->source[p]]];
                count[g][o->last[p] - 1]++;
                n[g]++;
            }
        }
        mlab_world_draw_free(draw);
    }
    for (int g = 0; g < 2; g++)
        for (int k = 0; k < 5; k++) {
            double ends[2] = {0, 1};
            for (int side = 0; side < 2; side++) {
                int at = k - 1 + side;
                if (at < 0 || at > 3) continue;
                ends[side] = share_below(link, (thresholds[at] - g * effect[by_threshold ? at : 0]) / exp(on_scale ? g * log_scale : 0));
            }
            double p = ends[1] - ends[0], share = count[g][k] / n[g];
            ck_assert_msg(fabs(share - p) <= 4.5 * sqrt(p * (1 - p) / n[g]), "%s, gender %d, level %d: %g, %g expected", links[link], g, k + 1, share,
                          p);
        }
    mlab_organisation_free(o);
    mlab_world_free(world);
    little_free(w);
}

START_TEST(answers_follow_effects_by_threshold_and_on_the_scale)
{
    for (int link = 0; link < 3; link++) answers_of_each_gender(link, true, true);
    answers_of_each_gender(0, true, false);
    answers_of_each_gender(0, false, true);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    for (long k = 1; k < 4000; k++) {
        mlab_context context = mlab_test_context(NULL, 1);
        little_world *w = little_make(&context, STARTERS);
        static by_hand h;
        char *names[] = {intercept};
        double sd = 0.8;
        little_fit(w, little_promotion, "promoted ~ arm");
        little_draws(w, 1);
        set_effects(w, &h, 0, "promoted ~ arm + (1 | gender)", (char[]){"gender"}, false, 1, 1, names, &sd);
        mlab_test_memory memory = {.fail_at = k};
        mlab_context counting = mlab_test_context(&memory, 1);
        mlab_world *world;
        mlab_status got = mlab_world_make(&counting, &w->spec, &w->options, &world, NULL);
        mlab_world_free(world);
        ck_assert_int_eq(memory.live, 0);
        free_effects(w, &h);
        if (!got) return;
        ck_assert_int_eq(got, MLAB_ERR_MEMORY);
    }
    ck_abort_msg("never done");
}
END_TEST

MLAB_TEST_MAIN("effects", people_of_the_data_have_their_drawn_effect_and_others_a_new_one, groups_of_columns_are_known_again_by_their_values,
               exits_happen_as_often_as_the_mean_over_normal_effects_says, a_hire_has_an_effect_of_the_history_that_scenarios_share,
               the_effect_of_a_mentor_acts_while_the_relationship_goes_on, a_slope_acts_through_the_column_it_belongs_to,
               threads_and_shards_change_no_byte, effects_that_cannot_be_carried_into_the_future_are_refused_in_words,
               answers_follow_the_link_of_the_fit, answers_follow_effects_by_threshold_and_on_the_scale, every_failed_allocation_is_reported)
