/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/little_run.h"

#include <math.h>

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

MLAB_TEST_MAIN("runner", scenarios_with_the_same_policy_give_the_same_bytes, each_history_is_its_own_and_a_score_without_pairs_changes_nothing,
               threads_and_instruction_sets_do_not_change_a_byte, a_run_that_was_stopped_goes_on_to_the_same_bytes_without_doing_a_draw_twice,
               one_history_can_be_replayed_alone, an_arm_that_the_data_never_saw_needs_a_stated_effect_and_every_assumption_is_named,
               what_cannot_be_simulated_is_said, every_failed_allocation_of_a_run_is_reported_and_nothing_leaks, both_uncertainties_are_told_apart)
