/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/little_world.h"

#include "simulate/runner.h"

#include <math.h>

static mlab_world *world_of(const mlab_context *context, little_world *w)
{
    mlab_world *world;
    mlab_error err;
    little_ok(mlab_world_make(context, &w->spec, &w->options, &world, &err), &err);
    return world;
}

static mlab_outcomes *run_of(const mlab_context *context, little_world *w)
{
    mlab_sink sink;
    mlab_outcomes *outcomes;
    mlab_error err;
    little_ok(mlab_sink_memory(context, &w->spec, &w->options, &sink, &outcomes, &err), &err);
    little_ok(mlab_simulate(context, &w->spec, &w->options, 0, (size_t)w->options.draws, &sink, &err), &err);
    mlab_sink_memory_end(&sink);
    return outcomes;
}

static size_t size_of(const mlab_outcomes *o)
{
    return o->n_scenarios * o->n_draws * o->n_replicates * o->n_periods * o->n_groups;
}

/* Sum of a metric over all histories, and groups, at period t of a scenario; t < 0 = over all periods. */
static double total(const mlab_outcomes *o, mlab_metric metric, size_t scenario, int t)
{
    double sum = 0;
    for (size_t h = 0; h < o->n_draws * o->n_replicates; h++)
        for (size_t k = 0; k < o->n_periods; k++)
            for (size_t g = 0; g < o->n_groups; g++)
                if (t < 0 || (size_t)t == k)
                    sum += (double)o->value[metric][((scenario * o->n_draws * o->n_replicates + h) * o->n_periods + k) * o->n_groups + g];
    return sum;
}

static void same_outcomes(const mlab_outcomes *a, const mlab_outcomes *b)
{
    ck_assert_uint_eq(size_of(a), size_of(b));
    for (int m = 0; m < MLAB_N_METRICS; m++) ck_assert_mem_eq(a->value[m], b->value[m], size_of(a) * sizeof(float));
}

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

START_TEST(scenarios_with_the_same_policy_give_the_same_bytes)
{
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, 80);
    little_rich(w, 2);
    w->scenarios[2] = w->scenarios[1];
    mlab_outcomes *o = run_of(&context, w);
    size_t block = size_of(o) / 3;
    for (int m = 0; m < MLAB_N_METRICS; m++) ck_assert_mem_eq(o->value[m] + block, o->value[m] + 2 * block, block * sizeof(float));
    ck_assert_int_ne(memcmp(o->value[MLAB_METRIC_mentored], o->value[MLAB_METRIC_mentored] + block, block * sizeof(float)), 0);
    mlab_outcomes_free(o);
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

START_TEST(each_history_is_its_own_and_a_score_without_pairs_changes_nothing)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 80);
    little_fit(w, little_retention, "exit ~ arm");
    little_draws(w, 2);
    for (size_t b = 0; b < 2; b++) little_set(w, 0, b, 0, -2.5);
    w->spec.n_scenarios = 1;
    w->options.replacement = 0;
    mlab_outcomes *o = run_of(&context, w);
    size_t history = o->n_periods * o->n_groups;
    const float *exits = o->value[MLAB_METRIC_voluntary_exits];
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < a; b++) ck_assert_int_ne(memcmp(exits + a * history, exits + b * history, history * sizeof *exits), 0);
    w->options.score_effect = 0.3;
    mlab_outcomes *scored = run_of(&context, w);
    same_outcomes(o, scored);
    w->options.seed++;
    mlab_outcomes *other = run_of(&context, w);
    ck_assert_int_ne(memcmp(exits, other->value[MLAB_METRIC_voluntary_exits], history * sizeof *exits), 0);
    mlab_outcomes_free(o);
    mlab_outcomes_free(scored);
    mlab_outcomes_free(other);
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

START_TEST(threads_and_instruction_sets_do_not_change_a_byte)
{
    mlab_context context = mlab_test_context(NULL, 1), other = context;
    little_world *w = little_make(&context, 120);
    little_rich(w, 5);
    mlab_outcomes *one = run_of(&context, w);
    static const int threads[] = {2, 7};
    for (int k = 0; k < 2; k++) {
        other.threads = threads[k];
        mlab_outcomes *o = run_of(&other, w);
        same_outcomes(one, o);
        mlab_outcomes_free(o);
    }
    for (int isa = MLAB_ISA_GENERIC; isa < (int)context.isa; isa++) {
        other.isa = (mlab_isa)isa;
        mlab_outcomes *o = run_of(&other, w);
        same_outcomes(one, o);
        mlab_outcomes_free(o);
    }
    ck_assert(total(one, MLAB_METRIC_promotions, 0, -1) > 0);
    mlab_outcomes_free(one);
    little_free(w);
}
END_TEST

typedef struct counting_sink {
    mlab_sink inner;
    size_t takes, stop_after;
} counting_sink;

static bool counting_has(void *user, size_t draw)
{
    return ((counting_sink *)user)->inner.has(((counting_sink *)user)->inner.user, draw);
}

static mlab_status counting_take(void *user, size_t draw, const mlab_outcomes *one, mlab_error *err)
{
    counting_sink *s = user;
    if (s->takes++ == s->stop_after) return MLAB_ERR_CANCELLED;
    return s->inner.take(s->inner.user, draw, one, err);
}

START_TEST(a_run_that_was_stopped_goes_on_to_the_same_bytes_without_doing_a_draw_twice)
{
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, 60);
    mlab_error err;
    little_rich(w, 6);
    mlab_outcomes *straight = run_of(&context, w), *resumed;
    counting_sink counting = {.stop_after = 3};
    little_ok(mlab_sink_memory(&context, &w->spec, &w->options, &counting.inner, &resumed, &err), &err);
    const mlab_sink sink = {counting_has, counting_take, &counting};
    ck_assert_int_eq(mlab_simulate(&context, &w->spec, &w->options, 0, 6, &sink, &err), MLAB_ERR_CANCELLED);
    size_t done = counting.takes - 1;
    ck_assert_uint_ge(done, 3); /* other threads may have been busy */
    counting.takes = 0;
    counting.stop_after = SIZE_MAX;
    little_ok(mlab_simulate(&context, &w->spec, &w->options, 0, 6, &sink, &err), &err);
    ck_assert_uint_le(counting.takes, 6 - done);
    same_outcomes(straight, resumed);
    ck_assert_uint_eq(straight->person_periods, resumed->person_periods);
    mlab_sink_memory_end(&counting.inner);
    mlab_outcomes_free(straight);
    mlab_outcomes_free(resumed);
    little_free(w);
}
END_TEST

START_TEST(one_history_can_be_replayed_alone)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 90);
    mlab_error err;
    little_rich(w, 4);
    w->options.replicates = 3;
    mlab_outcomes *all = run_of(&context, w), *alone;
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o;
    little_ok(mlab_world_draw_make(world, 2, &draw, &err), &err);
    little_ok(mlab_organisation_make(world, &o, &err), &err);
    little_ok(mlab_outcomes_make(world, 1, &alone, &err), &err);
    little_ok(mlab_history_run(o, draw, 2, 1, alone, &err), &err);
    size_t row = all->n_periods * all->n_groups;
    for (int m = 0; m < MLAB_N_METRICS; m++)
        ck_assert_mem_eq(alone->value[m] + (2 * 3 + 1) * row, all->value[m] + ((2 * 4 + 2) * 3 + 1) * row, row * sizeof(float));
    mlab_outcomes_free(alone);
    mlab_outcomes_free(all);
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

START_TEST(an_arm_that_the_data_never_saw_needs_a_stated_effect_and_every_assumption_is_named)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 60);
    mlab_error err = {0};
    mlab_world *world;
    static char coaching[] = "coaching", name[] = "retention.coaching.log_hazard_ratio", source[] = "evidence: formal_program_retention";
    little_fit(w, little_retention, "exit ~ arm");
    little_draws(w, 3);
    little_set(w, 0, 0, 0, -2);
    little_set(w, 0, 1, 0, -3);
    w->scenarios[1].arm = coaching;
    ck_assert_int_eq(mlab_world_make(&context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.sentence, "retention.coaching.log_hazard_ratio"));
    w->assumptions[0] = (mlab_assumption){name, -0.4, 0.1, source};
    w->spec.n_assumptions = 1;
    world = world_of(&context, w);
    mlab_world_draw *draw[2];
    double effect[2];
    for (uint32_t d = 0; d < 2; d++) {
        little_ok(mlab_world_draw_make(world, d, &draw[d], &err), &err);
        uint32_t code = mlab_state_code(world, 3, 0, 0, 0);
        effect[d] = draw[d]->equations[0].table[code] - draw[d]->equations[0].table[code - 3];
        ck_assert(fabs(effect[d] + 0.4) < 0.5 && draw[d]->equations[0].table[code] == draw[d]->equations[1].table[code]);
        mlab_world_draw_free(draw[d]);
    }
    ck_assert(effect[0] != effect[1]);
    mlab_world_free(world);
    mlab_outcomes *o = run_of(&context, w);
    bool named = false, replacement = false, informal = false;
    for (size_t k = 0; k < o->n_assumptions; k++) {
        named = named || (!strcmp(o->assumptions[k].name, name) && !strcmp(o->assumptions[k].source, source));
        replacement = replacement || !strcmp(o->assumptions[k].name, "replacement");
        informal = informal || !strcmp(o->assumptions[k].name, "informal.start_rate");
    }
    ck_assert(named && replacement && informal);
    mlab_outcomes_free(o);
    little_free(w);
}
END_TEST

START_TEST(what_cannot_be_simulated_is_said)
{
    mlab_context context = mlab_test_context(NULL, 1);
    static char nobody[] = "nobody", cox[] = "cox";
    struct {
        const char *says;
        int what;
    } cases[] = {{"there is no matching rule 'nobody'", 0},
                 {"start_every 0", 1},
                 {"9 draws are asked for", 2},
                 {"Cox", 3},
                 {"nothing says who may mentor whom", 4},
                 {"at least 1 of 2", 5},
                 {"people over time", 6},
                 {"reference arm", 7},
                 {"parameters, its fit has", 8},
                 {"periods, allowed 1 to 65535", 9},
                 {"no scenario", 10}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        little_world *w = little_make(&context, 30);
        mlab_world *world;
        mlab_error err = {0};
        little_fit(w, little_retention, "exit ~ arm");
        little_draws(w, 2);
        switch (cases[k].what) {
        case 0: w->scenarios[1].policy = nobody; break;
        case 1: w->scenarios[2].start_every = 0; break;
        case 2: w->options.draws = 9; break;
        case 3: w->fits[0].model = cox; break;
        case 4: w->spec.matching = NULL; break;
        case 5: w->options.replicates = 1; break;
        case 6: w->data.panel = NULL; break;
        case 7: w->scenarios[1].arm = little_none; break;
        case 8: w->fits[0].n_parameters++; break;
        case 9: w->options.horizon = 1e7; break;
        default: w->spec.n_scenarios = 0;
        }
        ck_assert_int_eq(mlab_world_make(&context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
        ck_assert_msg(strstr(err.sentence, cases[k].says), "%s", err.sentence);
        ck_assert_ptr_null(world);
        w->data.panel = &w->panel;
        little_free(w);
    }
}
END_TEST

START_TEST(every_failed_allocation_of_a_run_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context plain = mlab_test_context(NULL, 1), context = mlab_test_context(&memory, 1);
    little_world *w = little_make(&plain, 12);
    little_rich(w, 1);
    w->options.horizon = 182.625;
    for (long k = 1;; k++) {
        mlab_sink sink;
        mlab_outcomes *outcomes = NULL;
        mlab_error err = {0};
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_sink_memory(&context, &w->spec, &w->options, &sink, &outcomes, &err);
        if (!status) status = mlab_simulate(&context, &w->spec, &w->options, 0, 1, &sink, &err);
        bool through = memory.calls < k;
        mlab_sink_memory_end(&sink);
        mlab_outcomes_free(outcomes);
        ck_assert_msg(memory.live == 0, "allocation %ld: %ld blocks left", k, memory.live);
        if (through) {
            ck_assert_int_eq(status, MLAB_OK);
            ck_assert_int_gt(k, 100);
            break;
        }
        ck_assert_msg(status == MLAB_ERR_MEMORY, "allocation %ld: %d %s", k, (int)status, err.sentence);
    }
    little_free(w);
}
END_TEST

/* D = 3, R = 2 by hand: draw means 1, 3, 8; within variances 0.5, 2, 8 (mean 3.5); between variance 13. */
START_TEST(both_uncertainties_are_told_apart)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    mlab_summary_number s;
    const double value[] = {0.5, 1.5, 2, 4, 6, 10}, noise[] = {0, 2, 0.1, 1.9, 0.2, 1.8};
    little_ok(mlab_summarise(&context, value, 3, 2, 0.5, &s, &err), &err);
    ck_near(s.mean, 4, 1e-14, 0);
    ck_near(s.parameter_sd, sqrt(13 - 3.5 / 2), 1e-14, 0);
    ck_near(s.monte_carlo_se, sqrt(13.0 / 3), 1e-14, 0);
    ck_near(s.lower, 2, 1e-14, 0);
    ck_near(s.upper, 5.5, 1e-14, 0);
    ck_assert(!s.parameter_sd_clipped);
    little_ok(mlab_summarise(&context, noise, 3, 2, 0.95, &s, &err), &err);
    ck_assert(s.parameter_sd_clipped && s.parameter_sd == 0);
    ck_assert_int_eq(mlab_summarise(&context, value, 0, 2, 0.5, &s, &err), MLAB_ERR_ARGUMENT);
}
END_TEST

MLAB_TEST_MAIN("organisation", constant_hazards_give_binomial_counts, answers_follow_the_cumulative_logit,
               scenarios_with_the_same_policy_give_the_same_bytes, a_person_whom_the_program_does_not_touch_has_the_same_history,
               the_state_agrees_with_itself_between_all_periods_of_random_worlds, people_are_neither_lost_nor_made,
               relationships_last_as_long_as_the_scenario_says, clocks_move_on_and_a_promotion_restarts_one,
               each_history_is_its_own_and_a_score_without_pairs_changes_nothing, people_find_mentors_at_the_rate_of_the_data,
               threads_and_instruction_sets_do_not_change_a_byte, a_run_that_was_stopped_goes_on_to_the_same_bytes_without_doing_a_draw_twice,
               one_history_can_be_replayed_alone, the_best_matching_has_a_higher_score_than_a_random_one_and_mentors_keep_their_places,
               an_effect_moves_outcomes_in_its_direction_and_the_score_scales_it,
               an_arm_that_the_data_never_saw_needs_a_stated_effect_and_every_assumption_is_named, what_cannot_be_simulated_is_said,
               every_failed_allocation_of_a_run_is_reported_and_nothing_leaks, both_uncertainties_are_told_apart)
