/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulator: person-periods a second of the bundled models, without and with a program, and generated firms a second.
 *
 *   bench_simulate [PEOPLE]     2,000 by default; two plans of 20 quarters, 8 draws of 8 histories
 *
 * Inside the clock: draws put into the predictors, histories, counting, the sink; not the panel and the fits. The floor of a person-period is
 * what it must draw and exponentiate: 4 uniforms (promotion; exit and cause; informal start) and 3 exp; a survey needs one more. */
#include "bench/bench.h"

#include "core/elementary.h"
#include "core/os.h"
#include "core/random.h"
#include "mentorlab/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(mlab_status status, const mlab_error *err)
{
    if (status == MLAB_OK) return;
    fprintf(stderr, "bench_simulate: %s\n", err->sentence);
    exit(EXIT_FAILURE);
}

typedef struct job {
    mlab_context context;
    mlab_simulate_spec spec;
    mlab_simulate_options options;
    const mlab_truth *truth;
    int64_t people;
    uint64_t seed, person_periods;
} job;

static bool has_none(void *user, size_t draw)
{
    (void)user;
    (void)draw;
    return false;
}

static mlab_status count(void *user, size_t draw, const mlab_outcomes *one, mlab_error *err)
{
    (void)draw;
    (void)err;
    *(uint64_t *)user += one->person_periods;
    return MLAB_OK;
}

static void run(void *work)
{
    job *j = work;
    mlab_error err;
    j->person_periods = 0;
    const mlab_sink sink = {has_none, count, &j->person_periods};
    need(mlab_simulate(&j->context, &j->spec, &j->options, 0, (size_t)j->options.draws, &sink, &err), &err);
}

static void generate(void *work)
{
    job *j = work;
    mlab_error err;
    mlab_data *data;
    need(mlab_generate_data(&j->context, j->truth, j->seed++, j->people, &data, &err), &err);
    mlab_data_free(data);
}

/* What a person-period must draw and exponentiate, and nothing else. */
static void floor_of(void *work)
{
    enum { N = 1024 };
    static double uniform[2 * N], eta[N];
    static uint32_t entity[N];
    job *j = work;
    mlab_address address = {.seed = 1};
    for (uint32_t i = 0; i < N; i++) entity[i] = i << 8;
    for (int t = 0; t < 1000; t++) {
        static const uint32_t per_entity[] = {1, 2, 1};
        address.period = (uint16_t)t;
        for (int k = 0; k < 3; k++) {
            address.purpose = (uint8_t)k;
            mlab_random_fill(&j->context, &address, entity, N, per_entity[k], uniform);
            for (int i = 0; i < N; i++) eta[i] = uniform[i] - 4;
            mlab_exp_array(&j->context, eta, eta, N);
        }
    }
}

int main(int argc, char **argv)
{
    static char promotion[] = "promotion", retention[] = "retention", satisfaction[] = "satisfaction", hazard[] = "hazard", ordinal[] = "ordinal";
    static char formulas[3][120] = {"promoted ~ arm + time_in_grade + entry_grade + gender + department + performance",
                                    "exit ~ arm + tenure + entry_grade + gender + department + performance",
                                    "satisfaction ~ arm + entry_grade + gender + department + performance"};
    static char none[] = "none", random[] = "random", optimal[] = "optimal", structured[] = "structured", where[] = "grade >= 4 and tenure >= 2",
                mentee[] = "grade <= 3";
    static char wants[] = "wants", skills[] = "skills", semicolon[] = ";", capacity[] = "capacity";
    char *names[] = {promotion, retention, satisfaction}, *models[] = {hazard, hazard, ordinal};
    mlab_error err;
    mlab_truth *truth;
    mlab_data *data;
    mlab_fit *fits[3];
    mlab_draws *draws;
    job j = {.context = mlab_bench_context(1), .people = argc > 1 ? atoll(argv[1]) : 2000};
    need(mlab_truth_default(&j.context, &truth, &err), &err);
    j.truth = truth;
    mlab_bench_rate("a generated firm in memory, panel included", 1, 9, 1, "firms/s", generate, &j);
    need(mlab_generate_data(&j.context, truth, 1, j.people, &data, &err), &err);
    for (int k = 0; k < 3; k++) {
        mlab_outcome outcome = {
            .name = names[k], .kind = k == 2 ? MLAB_OUTCOME_ORDINAL : MLAB_OUTCOME_EVENT, .better = 1, .model = models[k], .formula = formulas[k]};
        mlab_fit_options options = mlab_fit_defaults();
        need(mlab_fit_outcome(&j.context, data, &outcome, &options, &fits[k], &err), &err);
    }
    need(mlab_draws_make(&j.context, (const mlab_fit *const *)fits, 3, 8, 1, &draws, &err), &err);
    mlab_rule rule = {
        .name = skills, .kind = MLAB_RULE_OVERLAP, .mentee_column = wants, .mentor_column = skills, .weight = 4, .separator = semicolon};
    mlab_match_spec matching = {
        .mentor_where = where, .mentee_where = mentee, .capacity_column = capacity, .default_capacity = 1, .rules = &rule, .n_rules = 1};
    mlab_scenario scenarios[] = {
        {.name = none, .policy = none, .start_every = 4, .duration = 4, .arm = structured},
        {.name = random, .policy = random, .start_every = 4, .duration = 4, .places = (int32_t)(j.people / 20), .arm = structured},
        {.name = optimal, .policy = optimal, .start_every = 4, .duration = 4, .places = (int32_t)(j.people / 20), .arm = structured}};
    j.spec = (mlab_simulate_spec){.data = data,
                                  .fits = (const mlab_fit *const *)fits,
                                  .n_fits = 3,
                                  .draws = draws,
                                  .matching = &matching,
                                  .n_scenarios = 1,
                                  .satisfied_from = 3};
    j.options = mlab_simulate_defaults();
    j.options.draws = j.options.replicates = 8;
    mlab_bench_rate("floor: 4 uniforms and 3 exp a person-period", 1, 5, 1000.0 * 1024, "/s", floor_of, &j);
    for (int threads = 1; threads <= 2; threads++) {
        static const char *const what[] = {"simulate, no program", "simulate, random, cohorts of 5 %", "simulate, optimal, cohorts of 5 %"};
        for (int s = 0; s < 3; s++) {
            j.context.threads = threads;
            j.spec.scenarios = &scenarios[s];
            run(&j);
            mlab_bench_rate(what[s], threads, 5, (double)j.person_periods, "person-periods/s", run, &j);
        }
    }
    mlab_bench_memory("simulate");
    mlab_draws_free(draws);
    for (int k = 0; k < 3; k++) mlab_fit_free(fits[k]);
    mlab_data_free(data);
    mlab_truth_free(truth);
    return EXIT_SUCCESS;
}
