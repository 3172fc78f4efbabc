/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People with a level of satisfaction u ~ N(0, sd^2), observed period by period until they leave; u enters the hazards with loadings.
 *
 *     u ──► satisfaction (5 levels, or a number)      answered in 4 of 5 periods
 *      └──► hazards of leaving: voluntary (gain), involuntary (gain_other, if there are two causes)
 */
#ifndef MLAB_TESTS_FIT_JOINT_WORLD_H
#define MLAB_TESTS_FIT_JOINT_WORLD_H

#include "core/random.h"
#include "fit/joint/joint.h"
#include "fit/worlds.h"

typedef struct joint_truth {
    uint32_t people, periods, seed, replicate;
    double sd, gain, gain_other; /* gains: change of the log hazard for one unit of u */
    double own;                  /* standard deviation of what the hazard has of its own */
    double base;                 /* log hazard of leaving at x = 0, u = 0 */
    bool gaussian, two_causes;
    double slope; /* standard deviation of a person's slope over time, which enters the hazard with 2 * gain */
} joint_truth;

typedef struct joint_world {
    world answers, exits;
    size_t n, n_answers;
    double *x, *time, *number;
    int32_t *level, *cause;
    uint32_t *rows, *person, *person_answer;
    mlab_formula *terms;
    mlab_design *effects;
    mlab_prepared *prepared[2];
} joint_world;

static const char *const joint_causes[] = {"none", "voluntary", "involuntary"}, *const joint_levels[] = {"1", "2", "3", "4", "5"};

static inline void joint_rows(joint_world *w, const joint_truth *truth)
{
    static const double cut[] = {-2, -0.7, 0.5, 2};
    for (uint32_t i = 0; i < truth->people; i++) {
        mlab_address address = {.seed = truth->seed, .entity = i, .replicate = truth->replicate, .purpose = MLAB_PURPOSE_TEST};
        double u = truth->sd * mlab_random_normal(&address, 0), x = mlab_random_normal(&address, 1),
               own = truth->own * mlab_random_normal(&address, 2);
        double slope = truth->slope * mlab_random_normal(&address, 3);
        for (uint32_t t = 0; t < truth->periods; t++) {
            address.period = (uint16_t)(t + 1);
            double now = u + slope * t, h = exp(truth->base + 0.3 * x + truth->gain * (u + 2 * slope) + own), eta = 0.5 * x - 0.1 * t + now;
            double g = truth->two_causes ? exp(truth->base - 0.7 - 0.2 * x + truth->gain_other * u) : 0, H = h + g;
            double leaves = mlab_random_uniform(&address, 0), which = mlab_random_uniform(&address, 1), p = mlab_random_uniform(&address, 2);
            w->x[w->n] = x, w->time[w->n] = t, w->person[w->n] = i;
            w->cause[w->n] = leaves < 1 - exp(-H) ? 1 + (which > h / H) : 0;
            if (mlab_random_uniform(&address, 3) < 0.8) {
                double latent = eta + log(p / (1 - p));
                int32_t level = 0;
                while (level < 4 && latent > cut[level]) level++;
                w->rows[w->n_answers] = (uint32_t)w->n, w->person_answer[w->n_answers] = i;
                w->number[w->n_answers] = 3 + eta + 0.8 * mlab_random_normal(&address, 2);
                w->level[w->n_answers++] = level;
            }
            if (w->cause[w->n++]) break;
        }
    }
}

static inline void *joint_room(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* The problems of both parts; clusters are people. Everybody has a row of the hazard. */
static inline joint_world joint_world_make(const mlab_context *context, const joint_truth *truth)
{
    size_t most = (size_t)truth->people * truth->periods;
    joint_world w = {.x = joint_room(most, sizeof(double)),
                     .time = joint_room(most, sizeof(double)),
                     .number = joint_room(most, sizeof(double)),
                     .level = joint_room(most, sizeof(int32_t)),
                     .cause = joint_room(most, sizeof(int32_t)),
                     .rows = joint_room(most, sizeof(uint32_t)),
                     .person = joint_room(most, sizeof(uint32_t)),
                     .person_answer = joint_room(most, sizeof(uint32_t))};
    joint_rows(&w, truth);
    for (int k = 0; k < 2; k++) {
        world *part = k ? &w.exits : &w.answers;
        world_real(part, context, "x", w.x, w.n);
        world_real(part, context, "time", w.time, w.n);
        world_formula(part, context, k ? "~ x" : "~ x + time");
        part->problem.cluster = k ? w.person : w.person_answer;
        part->problem.n_clusters = truth->people;
        part->problem.cluster_name = "person";
    }
    w.answers.problem.rows = w.rows;
    w.answers.problem.n = w.n_answers;
    if (truth->gaussian)
        w.answers.problem.number = w.number;
    else
        world_categories(&w.answers, w.level, 5, joint_levels);
    world_categories(&w.exits, w.cause, truth->two_causes ? 3 : 2, joint_causes);
    w.answers.problem.outcome = "satisfaction";
    w.exits.problem.outcome = "retention";
    return w;
}

static inline void joint_prepare(joint_world *w, const mlab_context *context, const joint_truth *truth, const mlab_fit_options *options)
{
    mlab_error err = {0};
    const char *const models[] = {truth->gaussian ? "linear" : "ordinal", "hazard"};
    for (int k = 0; k < 2; k++)
        ck_assert_msg(
            mlab_prepare(context, mlab_model_find(models[k]), k ? &w->exits.problem : &w->answers.problem, options, &w->prepared[k], &err) == MLAB_OK,
            "%s", err.sentence);
    if (truth->slope > 0) {
        ck_assert_int_eq(mlab_formula_parse(context, "~ 1 + time", NULL, &w->terms, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_design_make(w->terms, w->answers.table, NULL, &w->effects, NULL), MLAB_OK);
    }
}

static inline void joint_world_free(joint_world *w)
{
    mlab_design_free(w->effects);
    mlab_formula_free(w->terms);
    for (int k = 0; k < 2; k++) mlab_prepared_free(w->prepared[k]);
    world_free(&w->answers);
    world_free(&w->exits);
    void *const memory[] = {w->x, w->time, w->number, w->level, w->cause, w->rows, w->person, w->person_answer};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) free(memory[k]);
}

static const char *const joint_names[] = {"satisfaction", "retention"};

static inline mlab_fit *joint_world_fit(const joint_world *w, const mlab_context *context, mlab_joint_effects effects,
                                        const mlab_fit_options *options)
{
    mlab_fit *fit;
    mlab_error err = {0};
    const mlab_joint_part_problem parts[] = {{w->prepared[0], w->effects}, {w->prepared[1], NULL}};
    mlab_status status = mlab_joint_fit_parts(context, "together", parts, joint_names, 2, effects, options, &fit, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    return fit;
}

static inline size_t joint_parameter(const mlab_fit *fit, const char *name)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (strcmp(fit->names[j], name) == 0) return j;
    ck_abort_msg("no parameter %s", name);
    return 0;
}

#endif
