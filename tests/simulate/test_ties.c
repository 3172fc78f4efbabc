/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects of people that go together in a simulation: those of all parts of a joint model are made of the same normal number.
 *
 *     z of a person ──► promotion: 0.5 z        also of people without data and of hires
 *                └────► exits: -0.8 z, 0.3 z
 */
#include "simulate/little_run.h"

#include "simulate/effects.h"

enum { STARTERS = 60, PEOPLE = STARTERS + LITTLE_HIRES };

typedef struct tied {
    mlab_random_effects random[2];
    mlab_draws_effects drawn[2];
    uint32_t key[1], place[1];
    double factor[3], value[3];
} tied;

static char intercept[] = "(Intercept)", voluntary[] = "voluntary:(Intercept)", involuntary[] = "involuntary:(Intercept)", person[] = "person";
static char *one_name[] = {intercept}, *two_names[] = {voluntary, involuntary};
static char promoted_by[] = "promoted ~ arm + (1 | person)", exit_by[] = "exit ~ arm + (1 | person)";

static void tie(little_world *w, tied *t)
{
    static const double factor[] = {0.5, -0.8, 0.3};
    memset(t, 0, sizeof *t);
    memcpy(t->factor, factor, sizeof factor);
    for (size_t k = 0; k < 2; k++) {
        t->random[k] = (mlab_random_effects){.group = person, .n_groups = 1, .n = k + 1, .names = k ? two_names : one_name};
        t->drawn[k] = (mlab_draws_effects){.outcome = k,
                                           .group = person,
                                           .n_groups = 1,
                                           .n = k + 1,
                                           .people = true,
                                           .n_normals = 1,
                                           .tie = 1,
                                           .key = t->key,
                                           .place = t->place,
                                           .factor = t->factor + k,
                                           .value = t->value + k};
        w->fits[k].formula = k ? exit_by : promoted_by;
        w->fits[k].random = &t->random[k];
        w->fits[k].n_random = 1;
    }
    w->draws.effects = t->drawn;
    w->draws.n_effects = 2;
}

START_TEST(who_has_no_data_and_who_is_hired_has_one_number_in_all_parts)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    static tied t;
    little_fit(w, little_promotion, "promoted ~ arm");
    little_fit(w, little_retention, "exit ~ arm");
    little_draws(w, 1);
    little_set(w, 0, 0, 0, -2);
    little_set(w, 1, 0, 0, 0.5);
    little_set(w, 1, 1, 0, -3);
    w->options.replacement = 1;
    tie(w, &t);
    mlab_world *world = world_of(&context, w);
    mlab_world_draw *draw;
    mlab_organisation *o;
    size_t hires = 0;
    ck_assert_int_eq(mlab_world_draw_make(world, 0, &draw, NULL), MLAB_OK);
    for (uint32_t s = 0; s < world->n_starters; s++) {
        double z = (draw->equations[0].fixed[s] + 2) / 0.5;
        if (world->person[s] == 0) continue; /* is in the data: 0 */
        ck_assert_double_ne(z, 0);
        ck_near(draw->equations[1].fixed[s] - 0.5, -0.8 * z, 1e-12, 1e-12);
        ck_near(draw->equations[2].fixed[s] + 3, 0.3 * z, 1e-12, 1e-12);
    }
    ck_assert_int_eq(mlab_organisation_make(world, &o, NULL), MLAB_OK);
    mlab_organisation_start(o, draw, 0, 0);
    for (int k = 0; k < 2; k++) ck_assert_int_eq(mlab_organisation_period(o, NULL), MLAB_OK);
    for (uint32_t p = 0; p < PEOPLE; p++) {
        if (o->generation[p] != 1) continue;
        double z = (o->base[0][p] - draw->equations[0].fixed[o->source[p]]) / 0.5;
        if (z == 0) continue;
        hires++;
        ck_near(o->base[1][p] - draw->equations[1].fixed[o->source[p]], -0.8 * z, 1e-12, 1e-12);
        ck_near(o->base[2][p] - draw->equations[2].fixed[o->source[p]], 0.3 * z, 1e-12, 1e-12);
    }
    ck_assert_uint_gt(hires, 10);
    mlab_organisation_free(o);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

MLAB_TEST_MAIN("ties", who_has_no_data_and_who_is_hired_has_one_number_in_all_parts)
