/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean times in states by arm: means of what every person did, a common start for arms that begin late, ladders of states, refusals. */
#include "compare/world.h"
#include "core/memory.h"

#include <math.h>

enum { PEOPLE = 400, QUARTERS = 4 };

/* Person p leaves in quarter p % 5 (4: stays), by choice in the first two. Arms by p / 5 % 2. g: a, from the third quarter on b.
 * late: the structured arm begins in the second quarter, after one in the arm none. */
static world *firm_watched(bool late, int quarters_of_none)
{
    world *w = world_start(2, 2);
    for (uint32_t p = 0; p < PEOPLE; p++)
        for (int t = 0; t < QUARTERS && t <= (int)(p % 5); t++) {
            bool leaves = t == (int)(p % 5);
            int arm = p / 5 % 2 && (!late || t > 0);
            if (!arm && t >= quarters_of_none) continue;
            world_add(
                w,
                (world_row){
                    .person = p, .since = t, .arm = arm, .share = 1, .exit = leaves ? t < 2 ? 1 : 2 : 0, .promoted = -1, .level = -1, .g = t >= 2});
        }
    world_finish(w);
    return w;
}

static world *firm(bool late)
{
    return firm_watched(late, QUARTERS);
}

static mlab_comparison *compare_firm(world *w, char **states, size_t n_states)
{
    double horizons[] = {6, 12};
    mlab_compare_spec spec = world_spec(horizons, 2, 0);
    mlab_compare_options options = mlab_compare_defaults();
    spec.n_outcomes = 1;
    spec.states = states;
    spec.n_states = n_states;
    options.bootstrap = 0;
    return world_compare(w, &spec, &options);
}

static const mlab_stay *stay_of(const mlab_comparison *c, const char *outcome, const char *arm, const char *state, double horizon)
{
    for (size_t i = 0; i < c->n_stays; i++) {
        const mlab_stay *s = &c->stays[i];
        if (!strcmp(s->outcome, outcome) && !strcmp(s->arm, arm) && !strcmp(s->state, state) && s->horizon == horizon) return s;
    }
    ck_abort_msg("no stay %s %s %s %g", outcome, arm, state, horizon);
    return NULL;
}

START_TEST(without_censoring_mean_times_are_means_of_people_and_their_errors_those_of_means)
{
    world *w = firm(false);
    mlab_comparison *c = compare_firm(w, NULL, 0);
    /* quarters without an event up to 4: 1, 2, 3, 4, 4; lost to voluntary 3, 2, 0, 0, 0; to involuntary 0, 0, 1, 0, 0 */
    static const double quarters[3][5] = {{1, 2, 3, 4, 4}, {3, 2, 0, 0, 0}, {0, 0, 1, 0, 0}};
    static const char *const states[] = {"no event", "voluntary", "involuntary"};
    for (int s = 0; s < 3; s++) {
        double mean = 0, square = 0;
        for (int k = 0; k < 5; k++) mean += quarters[s][k] / 5;
        for (int k = 0; k < 5; k++) square += pow(quarters[s][k] - mean, 2) / 5;
        const mlab_stay *none = stay_of(c, "retention", "none", states[s], 12), *own = stay_of(c, "retention", "structured", states[s], 12);
        double se = 3 * sqrt(square / (PEOPLE / 2));
        ck_near(own->months, 3 * mean, 1e-12, 0);
        ck_near(own->months_se, se, 1e-12, 0);
        ck_near(own->difference, 0, 0, 1e-12);
        ck_near(own->difference_se, se * sqrt(2), 1e-12, 0);
        ck_near(own->ratio, 1, 1e-12, 0);
        ck_assert(own->compared && !none->compared && own->from == 0);
        ck_near(own->n, PEOPLE / 2 * 0.4, 1e-12, 0); /* before the events of the last quarter */
    }
    ck_near(stay_of(c, "retention", "none", "voluntary", 6)->share, 0.4, 1e-12, 0);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(an_arm_that_begins_late_has_no_time_in_which_nobody_can_leave)
{
    world *w = firm(true);
    mlab_comparison *c = compare_firm(w, NULL, 0);
    /* of those there at month 3 (who leave in quarters 1, 2, 3 or stay): 1, 2, 3, 3 quarters up to month 12, in both arms */
    const mlab_stay *none = stay_of(c, "retention", "none", "no event", 12), *own = stay_of(c, "retention", "structured", "no event", 12);
    ck_near(own->from, 3, 0, 0);
    ck_near(none->from, 3, 0, 0);
    ck_near(none->months, 3 * 9 / 4.0, 1e-12, 0);
    ck_near(own->months, 3 * 9 / 4.0, 1e-12, 0);
    ck_near(own->difference, 0, 0, 1e-12);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(arms_are_compared_up_to_where_both_are_watched)
{
    world *w = firm_watched(false, 2);
    mlab_comparison *c = compare_firm(w, NULL, 0);
    ck_assert(stay_of(c, "retention", "structured", "no event", 6)->compared);
    const mlab_stay *none = stay_of(c, "retention", "none", "no event", 12), *own = stay_of(c, "retention", "structured", "no event", 12);
    ck_near(none->until, 6, 1e-12, 0);
    ck_assert(own->months > 0 && !own->compared);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(a_ladder_says_who_is_where_at_the_end_of_every_quarter_since_people_came_into_the_arm)
{
    static char *states[] = {"g"};
    world *w = firm(true);
    mlab_comparison *c = compare_firm(w, states, 1);
    /* structured, from quarter 1 on: a in the first quarter there, then b; 1/4 leave at the end of each */
    ck_near(stay_of(c, "g", "structured", "a", 3)->share, 0, 0, 1e-12);
    ck_near(stay_of(c, "g", "structured", "b", 3)->share, 0.75, 1e-12, 0);
    ck_near(stay_of(c, "g", "structured", "voluntary", 3)->share, 0.25, 1e-12, 0);
    ck_near(stay_of(c, "g", "structured", "b", 6)->share, 0.5, 1e-12, 0);
    ck_near(stay_of(c, "g", "structured", "a", 6)->months, 3, 1e-12, 0);
    ck_near(stay_of(c, "g", "structured", "b", 6)->months, 3 * 0.75, 1e-12, 0);
    ck_near(stay_of(c, "g", "structured", "b", 6)->in_state, PEOPLE / 2 * 0.6, 1e-12, 0);
    ck_assert(stay_of(c, "g", "structured", "b", 6)->compared);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(a_column_without_states_is_refused_by_name)
{
    static char *wrong[] = {"gg"}, *number[] = {"x"};
    char **const lists[] = {wrong, number};
    const mlab_status expected[] = {MLAB_ERR_DATA_COLUMN, MLAB_ERR_DATA_TYPE};
    world *w = firm(false);
    double horizons[] = {6};
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    for (int k = 0; k < 2; k++) {
        mlab_compare_spec spec = world_spec(horizons, 1, 0);
        mlab_comparison *c;
        mlab_error err = {0};
        spec.n_outcomes = 1;
        spec.states = lists[k];
        spec.n_states = 1;
        ck_assert_int_eq(mlab_compare(&w->context, &w->data, &spec, &options, &c, &err), expected[k]);
        ck_assert_ptr_nonnull(strstr(err.sentence, "comparison.states"));
    }
    world_end(w);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    static char *states[] = {"g"};
    world *w = firm(true);
    double horizons[] = {6};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    mlab_compare_options options = mlab_compare_defaults();
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_status got = MLAB_ERR_MEMORY;
    spec.n_outcomes = 1;
    spec.states = states;
    spec.n_states = 1;
    options.bootstrap = 0;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 5000; k++) {
        mlab_comparison *c;
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_compare(&context, &w->data, &spec, &options, &c, NULL);
        if (got == MLAB_OK) mlab_comparison_free(c);
        ck_assert_msg(memory.live == 0, "call %ld leaves %ld blocks", k, memory.live);
    }
    ck_assert_int_eq(got, MLAB_OK);
    world_end(w);
}
END_TEST

MLAB_TEST_MAIN("stays", without_censoring_mean_times_are_means_of_people_and_their_errors_those_of_means,
               an_arm_that_begins_late_has_no_time_in_which_nobody_can_leave, arms_are_compared_up_to_where_both_are_watched,
               a_ladder_says_who_is_where_at_the_end_of_every_quarter_since_people_came_into_the_arm, a_column_without_states_is_refused_by_name,
               every_failed_allocation_is_reported_and_nothing_leaks)
