/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all draws of a simulation share: made once, checked wholly, then read only. */
#include "simulate/effects.h"

#include "core/error.h"
#include "core/memory.h"
#include "simulate/options.h"

#include <string.h>

void mlab_world_free(mlab_world *world)
{
    if (!world) return;
    const mlab_context *context = world->context;
    for (int p = 0; p < 3 + MLAB_MAX_NUMBERS; p++) mlab_predictor_free(&world->predictors[p]);
    for (size_t e = 0; e < MLAB_MAX_EQUATIONS; e++) mlab_release(context, world->equations[e].stated_effect);
    mlab_scorer_free(world->scorer);
    mlab_forbidden_free(context, world->forbidden, world->n_forbidden);
    mlab_world_effects_free(world);
    mlab_assumptions_free(context, world->assumptions, world->n_assumptions);
    void *owned[] = {world->panel_row, world->people_row, world->person, world->tenure,      world->in_grade,      world->grade,
                     world->role,      world->arm,        world->last,   world->places,      world->start_source,  world->start_mentor,
                     world->start_age, world->arms,       world->policy, world->grade_label, world->informal_rate, world->scenario_arm};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) mlab_release(context, owned[k]);
    mlab_release(context, world);
}

static mlab_status check_spec(const mlab_simulate_spec *spec, const mlab_simulate_options *o, mlab_error *err)
{
    if (!spec->data || !spec->data->panel)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "a simulation needs people over time; a person-level table has no periods");
    if (!spec->n_scenarios) return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "there is no scenario to simulate");
    if (!spec->draws || !spec->draws->n_draws)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "there are no draws of parameters to simulate from");
    if (o->draws < 1 || o->replicates < 2)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%lld draws of %lld replicates, allowed at least 1 of 2", (long long)o->draws,
                          (long long)o->replicates);
    if ((uint64_t)o->draws > spec->draws->n_draws)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%lld draws are asked for, %zu were made", (long long)o->draws, spec->draws->n_draws);
    int64_t periods = mlab_simulate_periods(o, spec->data->panel->months_per_period);
    if (periods > 65535) return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the horizon is %lld periods, allowed 1 to 65535", (long long)periods);
    for (size_t s = 0; s < spec->n_scenarios; s++) {
        const mlab_scenario *x = &spec->scenarios[s];
        if (x->start_every < 1 || x->duration < 1 || x->places < 0)
            return mlab_raise_at(err, MLAB_ERR_SIMULATE_PARAMETER, &x->place,
                                 "scenario %s: start_every %d, duration %d, places %d; allowed at least 1, 1 and 0", x->name, (int)x->start_every,
                                 (int)x->duration, (int)x->places);
    }
    return mlab_options_check(mlab_simulate_option_rows, mlab_simulate_n_option_rows, o, err);
}

/* Errors whose cause is in the study file have a place there: of the outcome that is read, else of the plans. */
static void locate(const mlab_simulate_spec *spec, const mlab_fit *about, mlab_error *err)
{
    if (!err || err->place.file[0] || err->status == MLAB_ERR_MEMORY) return;
    const mlab_place *place = &spec->place;
    for (size_t k = 0; about && spec->outcome_places && k < spec->n_fits; k++)
        if (spec->fits[k] == about && spec->outcome_places[k].line) place = &spec->outcome_places[k];
    if (place->line) err->place = *place;
}

mlab_status mlab_world_make(const mlab_context *context, const mlab_simulate_spec *spec, const mlab_simulate_options *options, mlab_world **world,
                            mlab_error *err)
{
    *world = NULL;
    mlab_status status = check_spec(spec, options, err);
    if (status) {
        locate(spec, NULL, err);
        return status;
    }
    mlab_world *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a simulation");
    made->context = context;
    made->spec = spec;
    made->options = *options;
    made->panel = spec->data->panel;
    made->years = made->panel->months_per_period / 12.0;
    if ((status = mlab_world_people(made, err))) goto out;
    if ((status = mlab_world_equations(made, err))) goto out;
    if ((status = mlab_world_effects(made, err))) goto out;
    made->about = NULL;
    if ((status = mlab_world_assumptions(made, err))) goto out;
    status = mlab_world_matching(made, err);
out:
    if (status) {
        locate(spec, made->about, err);
        mlab_world_free(made);
        return status;
    }
    *world = made;
    return MLAB_OK;
}
