/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The problems of both parts of joint_truth.h, prepared and fitted together. */
#ifndef MLAB_TESTS_FIT_JOINT_WORLD_H
#define MLAB_TESTS_FIT_JOINT_WORLD_H

#include "fit/joint/joint.h"
#include "fit/joint_truth.h"
#include "fit/worlds.h"

typedef struct joint_world {
    world answers, exits;
    joint_data d;
    mlab_formula *terms;
    mlab_design *effects;
    mlab_prepared *prepared[2];
} joint_world;

static const char *const joint_causes[] = {"none", "voluntary", "involuntary"}, *const joint_levels[] = {"1", "2", "3", "4", "5"};

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
    joint_world w = {.d = {.x = joint_room(most, sizeof(double)),
                           .time = joint_room(most, sizeof(double)),
                           .number = joint_room(most, sizeof(double)),
                           .level = joint_room(most, sizeof(int32_t)),
                           .cause = joint_room(most, sizeof(int32_t)),
                           .rows = joint_room(most, sizeof(uint32_t)),
                           .person = joint_room(most, sizeof(uint32_t)),
                           .person_answer = joint_room(most, sizeof(uint32_t))}};
    joint_rows(&w.d, truth);
    for (int k = 0; k < 2; k++) {
        world *part = k ? &w.exits : &w.answers;
        world_real(part, context, "x", w.d.x, w.d.n);
        world_real(part, context, "time", w.d.time, w.d.n);
        world_formula(part, context, k ? "~ x" : "~ x + time");
        part->problem.cluster = k ? w.d.person : w.d.person_answer;
        part->problem.n_clusters = truth->people;
        part->problem.cluster_name = "person";
    }
    w.answers.problem.rows = w.d.rows;
    w.answers.problem.n = w.d.n_answers;
    if (truth->gaussian)
        w.answers.problem.number = w.d.number;
    else
        world_categories(&w.answers, w.d.level, 5, joint_levels);
    world_categories(&w.exits, w.d.cause, truth->two_causes ? 3 : 2, joint_causes);
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
    void *const memory[] = {w->d.x, w->d.time, w->d.number, w->d.level, w->d.cause, w->d.rows, w->d.person, w->d.person_answer};
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
