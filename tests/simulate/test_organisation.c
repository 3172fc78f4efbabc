/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/little_run.h"

#include <math.h>

/* Constant hazards and no mentoring: after k quarters binomial(n, exp(-H k)) of the starters are left; exits split h_v : h_i, promotions
 * are binomial with 1 - exp(-h) among those not at the top. 55 people x 40 draws x 10 replicates; 6 z values, |z| < 4.5: a false
 * alarm once in 24,000 seeds. */
START_TEST(constant_hazards_give_binomial_counts)
{
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, 30);
    little_fit(w, little_retention, "exit ~ 1");
    little_fit(w, little_promotion, "promoted ~ 1");
    little_draws(w, 40);
    w->options.replicates = 10;
    w->options.replacement = 0;
    w->spec.n_scenarios = 1;
    const double voluntary = 0.12, involuntary = 0.06, promotion = 0.15;
    little_set(w, 0, 0, 0, log(voluntary));
    little_set(w, 0, 1, 0, log(involuntary));
    little_set(w, 1, 0, 0, log(promotion));
    mlab_outcomes *o = run_of(&context, w);
    double people = 55.0 * 400, H = voluntary + involuntary;
    for (int k = 0; k < 8; k += 7) {
        double p = exp(-H * (k + 1)), z = (total(o, MLAB_METRIC_starters_left, 0, k) - people * p) / sqrt(people * p * (1 - p));
        ck_assert_msg(fabs(z) < 4.5, "starters left after %d quarters: z = %g", k + 1, z);
    }
    double exits = total(o, MLAB_METRIC_voluntary_exits, 0, -1) + total(o, MLAB_METRIC_involuntary_exits, 0, -1), share = voluntary / H;
    double z = (total(o, MLAB_METRIC_voluntary_exits, 0, -1) - exits * share) / sqrt(exits * share * (1 - share));
    ck_assert_msg(fabs(z) < 4.5, "voluntary exits: z = %g", z);
    double at_risk = 0, promoted = 0, p = 1 - exp(-promotion);
    for (size_t c = 0; c < size_of(o); c++) {
        bool top = c % o->n_groups + 1 == o->n_groups;
        if (!top)
            at_risk += (double)o->value[MLAB_METRIC_person_periods][c], promoted += (double)o->value[MLAB_METRIC_promotions][c];
        else
            ck_assert(o->value[MLAB_METRIC_promotions][c] == 0);
    }
    z = (promoted - at_risk * p) / sqrt(at_risk * p * (1 - p));
    ck_assert_msg(fabs(z) < 4.5, "promotions: z = %g", z);
    ck_assert(total(o, MLAB_METRIC_hires, 0, -1) == 0);
    ck_assert(total(o, MLAB_METRIC_headcount, 0, -1) == total(o, MLAB_METRIC_starters_left, 0, -1));
    mlab_outcomes_free(o);
    little_free(w);
}
END_TEST

/* One cut at 0.3: P(Y > level 4) = logistic(x'b - threshold). z as above. */
START_TEST(answers_follow_the_cumulative_logit)
{
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, 30);
    little_fit(w, little_satisfaction, "satisfaction ~ gender");
    little_draws(w, 40);
    w->spec.n_scenarios = 1;
    w->spec.satisfied_from = 4;
    w->options.survey_every = 1;
    for (size_t k = 0; k < 4; k++) little_set(w, 0, 0, k, -1.5 + 0.6 * (double)k);
    little_set(w, 0, 0, 4, 0.8);
    mlab_world *world = world_of(&context, w);
    double expected = 0, variance = 0;
    for (uint32_t s = 0; s < world->n_starters; s++) {
        double p = 1 / (1 + exp(0.3 - 0.8 * mlab_table_find(w->panel.rows, "gender")->as.integer[world->panel_row[s]]));
        expected += 80 * p, variance += 80 * p * (1 - p);
    }
    mlab_outcomes *o = run_of(&context, w);
    for (int t = 0; t < 8; t += 3) {
        double z = (total(o, MLAB_METRIC_satisfied, 0, t) - expected) / sqrt(variance);
        ck_assert_msg(fabs(z) < 4.5, "satisfied in period %d: z = %g", t, z);
    }
    mlab_outcomes_free(o);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

/* Two organisations side by side, one without and one with a program. Who has never been in another arm, nor mentored others, nor sits
 * on a position where that happened, has the same life in both.
 *
 *   none    ──●────●────●── ...        position, generation, grade, answers, clocks
 *   random  ──●────●────●── ...                                                        */
START_TEST(a_person_whom_the_program_does_not_touch_has_the_same_history)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 150);
    mlab_error err;
    little_rich(w, 1);
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o[2];
    uint8_t *touched = calloc(world->n_positions, 1);
    size_t alike = 0, unlike = 0;
    little_ok(mlab_world_draw_make(world, 0, &draw, &err), &err);
    for (size_t k = 0; k < 2; k++) {
        little_ok(mlab_organisation_make(world, &o[k], &err), &err);
        mlab_organisation_start(o[k], draw, k, 5);
    }
    for (int t = 0; t < 8; t++) {
        for (size_t k = 0; k < 2; k++) little_ok(mlab_organisation_period(o[k], &err), &err);
        for (uint32_t p = 0; p < world->n_positions; p++) {
            touched[p] = touched[p] || o[0]->arm[p] != o[1]->arm[p] || o[0]->load[p] != o[1]->load[p];
            bool same = o[0]->there[p] == o[1]->there[p] && o[0]->generation[p] == o[1]->generation[p] && o[0]->source[p] == o[1]->source[p] &&
                        o[0]->grade[p] == o[1]->grade[p] && o[0]->last[p] == o[1]->last[p] && o[0]->in_grade[p] == o[1]->in_grade[p];
            alike += !touched[p];
            unlike += touched[p] && !same;
            ck_assert_msg(touched[p] || same, "period %d position %u", t, (unsigned)p);
        }
    }
    ck_assert_uint_gt(alike, 100);
    ck_assert_uint_gt(unlike, 10);
    free(touched);
    mlab_organisation_free(o[0]);
    mlab_organisation_free(o[1]);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

START_TEST(the_state_agrees_with_itself_between_all_periods_of_random_worlds)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        little_world *w = little_make(&context, 20 + 15 * seed);
        little_rich(w, 1);
        w->options.seed = seed;
        w->options.people = seed % 3 == 0 ? 200 : 0;
        w->options.replacement = seed % 4 ? 1 : 0.6;
        w->options.early_ending = seed % 2 ? 0.2 : 0;
        w->options.informal_rate = 0.02 * (seed % 5);
        w->options.score_effect = seed % 2 ? 0.1 : 0;
        w->scenarios[1].start_every = 1 + (int32_t)seed % 3;
        w->scenarios[1].places = seed % 5 ? 0 : 7;
        mlab_world *world = world_of(&context, w);
        mlab_world_draw *draw;
        mlab_organisation *o;
        little_ok(mlab_world_draw_make(world, 0, &draw, &err), &err);
        little_ok(mlab_organisation_make(world, &o, &err), &err);
        for (size_t scenario = 0; scenario < 3; scenario++) {
            mlab_organisation_start(o, draw, scenario, seed);
            for (int t = 0; t < 20; t++) {
                little_ok(mlab_organisation_check(o, &err), &err);
                little_ok(mlab_organisation_period(o, &err), &err);
                double pairs = 0;
                for (uint32_t g = 0; g < world->n_grades; g++) pairs += o->tally[MLAB_METRIC_relationships_started * world->n_grades + g];
                if (scenario == 0 || t % w->scenarios[scenario].start_every) ck_assert(pairs == 0);
                if (w->scenarios[scenario].places && scenario == 1) ck_assert(pairs <= 7);
            }
            little_ok(mlab_organisation_check(o, &err), &err);
        }
        o->grade[3] = 250; /* the walker must see a state that is wrong */
        ck_assert_int_eq(mlab_organisation_check(o, &err), MLAB_ERR_SIMULATE_STATE);
        mlab_organisation_free(o);
        mlab_world_draw_free(draw);
        mlab_world_free(world);
        little_free(w);
    }
}
END_TEST

/* Who is there at the end = who was there at the start less exits; who starts the next period = these and the hires. */
START_TEST(people_are_neither_lost_nor_made)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    little_world *w = little_make(&context, 100);
    little_rich(w, 1);
    for (size_t b = 0; b < 2; b++) little_set(w, 1, b, 0, -1.8);
    w->options.replacement = 0.8;
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o;
    little_ok(mlab_world_draw_make(world, 0, &draw, &err), &err);
    little_ok(mlab_organisation_make(world, &o, &err), &err);
    mlab_organisation_start(o, draw, 1, 0);
    uint8_t *arm = malloc(o->n), *program = malloc(o->n), *generation = malloc(o->n);
    double before = o->n, exits = 0, hires = 0;
    for (int t = 0; t < 16; t++) {
        double sum[MLAB_N_METRICS] = {0}, starters = 0, satisfied = 0, there = 0;
        memcpy(arm, o->arm, o->n);
        memcpy(program, o->program, o->n);
        memcpy(generation, o->generation, o->n);
        little_ok(mlab_organisation_period(o, &err), &err);
        for (int m = 0; m < MLAB_N_METRICS; m++)
            for (uint32_t g = 0; g < world->n_grades; g++) sum[m] += o->tally[(size_t)m * world->n_grades + g];
        for (uint32_t p = 0; p < o->n; p++) {
            bool same = generation[p] == o->generation[p];
            ck_assert(same || o->generation[p] == generation[p] + 1);
            ck_assert_msg(o->generation[p] == 0 || o->source[p] >= world->n_starters, "a hire who is no donor");
            if (same && o->program[p] && !program[p]) ck_assert_int_eq(arm[p], 0);
            there += o->there[p];
            starters += o->there[p] && o->generation[p] == 0;
            satisfied += o->there[p] && o->last[p] > 3;
        }
        ck_assert(sum[MLAB_METRIC_person_periods] == before + sum[MLAB_METRIC_hires]);
        before = sum[MLAB_METRIC_person_periods] - sum[MLAB_METRIC_voluntary_exits] - sum[MLAB_METRIC_involuntary_exits];
        ck_assert(sum[MLAB_METRIC_headcount] == before && there == before);
        ck_assert(sum[MLAB_METRIC_starters_left] == starters && sum[MLAB_METRIC_satisfied] == satisfied);
        ck_assert(sum[MLAB_METRIC_in_program] <= sum[MLAB_METRIC_mentored]);
        if (t < 15) exits += sum[MLAB_METRIC_voluntary_exits] + sum[MLAB_METRIC_involuntary_exits];
        hires += sum[MLAB_METRIC_hires];
    }
    ck_assert(hires > 0.65 * exits && hires < 0.95 * exits); /* 0.8 of some 500: 4.5 standard errors are 0.08 */
    free(arm);
    free(program);
    free(generation);
    mlab_organisation_free(o);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

/* Nobody leaves, one cohort: pairs last three periods, not two or four; half as long on average when a third ends early each period. */
START_TEST(relationships_last_as_long_as_the_scenario_says)
{
    mlab_context context = mlab_test_context(NULL, 1);
    for (int early = 0; early < 2; early++) {
        little_world *w = little_make(&context, 100);
        little_fit(w, little_retention, "exit ~ arm");
        little_draws(w, 2);
        for (size_t b = 0; b < 2; b++) little_set(w, 0, b, 0, -30);
        w->options.early_ending = early ? 0.34 : 0;
        w->options.informal_rate = 0;
        w->scenarios[1].start_every = 100;
        mlab_outcomes *o = run_of(&context, w);
        double pairs = total(o, MLAB_METRIC_relationships_started, 1, 0);
        ck_assert(pairs > 50 && total(o, MLAB_METRIC_in_program, 1, 0) == pairs);
        for (int t = 1; t < 8; t++) {
            double going = total(o, MLAB_METRIC_in_program, 1, t), expected = t < 3 ? pairs * pow(1 - w->options.early_ending, t) : 0;
            ck_assert_msg(fabs(going - expected) <= 4.5 * sqrt(pairs) * early / 2, "period %d: %g go on, %g expected", t, going, expected);
        }
        mlab_outcomes_free(o);
        little_free(w);
    }
}
END_TEST

/* The clock of the grade restarts in the middle of the period; tenure goes on. */
START_TEST(clocks_move_on_and_a_promotion_restarts_one)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    little_world *w = little_make(&context, 40);
    little_fit(w, little_promotion, "promoted ~ 1");
    little_draws(w, 1);
    little_set(w, 0, 0, 0, -0.5);
    w->spec.n_scenarios = 1;
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o;
    little_ok(mlab_world_draw_make(world, 0, &draw, &err), &err);
    little_ok(mlab_organisation_make(world, &o, &err), &err);
    mlab_organisation_start(o, draw, 0, 0);
    little_ok(mlab_organisation_period(o, &err), &err);
    int promoted = 0;
    for (uint32_t p = 0; p < o->n; p++) {
        bool up = o->grade[p] > world->grade[p];
        promoted += up;
        ck_near(o->tenure[p], world->tenure[p] + 0.25, 1e-15, 0);
        ck_near(o->in_grade[p], up ? 0.125 : world->in_grade[p] + 0.25, 1e-15, 0);
    }
    ck_assert_int_gt(promoted, 10);
    mlab_organisation_free(o);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

/* In the panel 2 of the people in no arm at first are in another arm in the next row: the rates are counts over person-periods. Starts of
 * one period are then binomial; 3,000 people, two arms, |z| < 4.5: a false alarm once in 70,000 seeds. */
START_TEST(people_find_mentors_at_the_rate_of_the_data)
{
    static char other[] = "other";
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    little_world *w = little_make(&context, 60);
    little_fit(w, little_retention, "exit ~ 1");
    little_draws(w, 1);
    little_set(w, 0, 0, 0, -30);
    little_set(w, 0, 1, 0, -30);
    w->spec.n_scenarios = 1;
    w->scenarios[0].arm = other; /* so that both arms of the panel are started by people themselves */
    w->options.people = 3000;
    int at_risk = 0, changed = 0;
    for (size_t r = 0; r < 120; r += 2) {
        if (w->panel.arm[r] != 0) continue;
        at_risk++;
        if (changed < 5) w->panel.arm[r + 1] = changed++ < 3 ? 1 : 2;
    }
    mlab_world *world = world_of(&context, w);
    ck_near(world->informal_rate[1], 3.0 / at_risk, 1e-14, 0);
    ck_near(world->informal_rate[2], 2.0 / at_risk, 1e-14, 0);
    mlab_world_draw *draw;
    mlab_organisation *o;
    little_ok(mlab_world_draw_make(world, 0, &draw, &err), &err);
    little_ok(mlab_organisation_make(world, &o, &err), &err);
    mlab_organisation_start(o, draw, 0, 0);
    double none = 0, starts[3] = {0};
    uint8_t *arm = malloc(o->n);
    memcpy(arm, o->arm, o->n);
    little_ok(mlab_organisation_period(o, &err), &err);
    for (uint32_t p = 0; p < o->n; p++) {
        none += arm[p] == 0;
        starts[o->arm[p]] += arm[p] == 0;
        ck_assert(arm[p] == 0 || o->arm[p] == arm[p]);
    }
    for (int a = 1; a < 3; a++) {
        double p = world->informal_rate[a], z = (starts[a] - none * p) / sqrt(none * p * (1 - p));
        ck_assert_msg(fabs(z) < 4.5, "arm %d: z = %g", a, z);
    }
    free(arm);
    mlab_organisation_free(o);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

START_TEST(the_best_matching_has_a_higher_score_than_a_random_one_and_mentors_keep_their_places)
{
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, 150);
    little_rich(w, 4);
    mlab_outcomes *o = run_of(&context, w);
    double sum[3] = {0}, pairs[3] = {0};
    for (size_t c = 0; c < size_of(o); c++) {
        size_t scenario = c / (size_of(o) / 3);
        double n = (double)o->value[MLAB_METRIC_relationships_started][c];
        sum[scenario] += n * (double)o->value[MLAB_METRIC_mean_score][c];
        pairs[scenario] += n;
    }
    ck_assert(pairs[0] == 0 && pairs[1] > 100 && pairs[2] > 100);
    ck_assert_msg(sum[2] / pairs[2] > sum[1] / pairs[1] + 3, "best %g, random %g", sum[2] / pairs[2], sum[1] / pairs[1]);
    mlab_outcomes_free(o);
    little_free(w);
}
END_TEST

/* Mentoring that halves the hazard of leaving keeps people; by how much more with a score effect. Common random numbers: differences are
 * sums over the same people, so their direction is certain here. */
START_TEST(an_effect_moves_outcomes_in_its_direction_and_the_score_scales_it)
{
    mlab_context context = mlab_test_context(NULL, 2);
    double left[3];
    for (int effect = 0; effect < 3; effect++) {
        little_world *w = little_make(&context, 200);
        little_fit(w, little_retention, "exit ~ arm");
        little_draws(w, 10);
        w->options.score_effect = effect == 2 ? 0.2 : 0;
        for (size_t b = 0; b < 2; b++) {
            little_set(w, 0, b, 0, -3);
            little_set(w, 0, b, 1, effect ? -1 : 0);
        }
        mlab_outcomes *o = run_of(&context, w);
        left[effect] = total(o, MLAB_METRIC_starters_left, 2, 7);
        if (!effect) ck_assert(total(o, MLAB_METRIC_starters_left, 0, 7) == left[0]);
        mlab_outcomes_free(o);
        little_free(w);
    }
    ck_assert_msg(left[1] > left[0] && left[2] > left[1], "%g %g %g", left[0], left[1], left[2]);
}
END_TEST

MLAB_TEST_MAIN("organisation", constant_hazards_give_binomial_counts, answers_follow_the_cumulative_logit,
               a_person_whom_the_program_does_not_touch_has_the_same_history, the_state_agrees_with_itself_between_all_periods_of_random_worlds,
               people_are_neither_lost_nor_made, relationships_last_as_long_as_the_scenario_says, clocks_move_on_and_a_promotion_restarts_one,
               people_find_mentors_at_the_rate_of_the_data, the_best_matching_has_a_higher_score_than_a_random_one_and_mentors_keep_their_places,
               an_effect_moves_outcomes_in_its_direction_and_the_score_scales_it)
