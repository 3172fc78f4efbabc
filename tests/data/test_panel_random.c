/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Panels of random worlds: against a second derivation, damaged, on several threads, with allocations that fail. */
#include "core/error.h"
#include "core/random.h"
#include "data/panel_world.h"

#include <stdlib.h>

static world w;

static uint32_t drawn; /* number of the next draw of a world */
static mlab_address address;
static int32_t below(int32_t n)
{
    return (int32_t)mlab_random_below(&(mlab_address){.seed = address.seed, .entity = drawn++}, 0, (uint64_t)n);
}

static void random_spec(void)
{
    static const int32_t months[] = {1, 3, 6, 12};
    w.spec.months_per_period = months[below(4)];
    w.spec.from = day("2020-06-01") + below(400);
    w.spec.to = w.spec.from + 200 + below(500);
    w.spec.as_of = w.spec.to - 100 + below(200);
    w.spec.both_separate = below(2);
    w.spec.exposure_current = below(2);
    w.spec.split_exact = below(4) == 0;
    w.priority[0] = below(2);
    w.priority[1] = 1 - w.priority[0];
    if (below(2)) {
        w.arms[0].met = "met";
        w.arms[0].least_meetings = 2;
    }
    if (below(3) == 0) w.arms[1].filter = "";
    if (below(3) == 0) w.known_from = w.spec.from + below(300);
    if (below(3) == 0) w.known_to = w.spec.to - below(300);
}

static int by_person_date(const void *a, const void *b)
{
    const mlab_panel_promotion *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return x->date != y->date ? (x->date < y->date ? -1 : 1) : x->line < y->line ? -1 : 1;
}

/* Each person hired between 2019 and 2021, some leave, some are promoted, answer, mentor and are mentored. */
static void random_world(uint64_t seed)
{
    address.seed = seed;
    drawn = 0;
    world_start(&w, 20);
    random_spec();
    for (uint32_t i = 0; i < w.n; i++) {
        w.hired[i] = day("2019-06-01") + below(900);
        w.grade[i] = below(4) - 1;
        if (below(2)) {
            w.left[i] = w.hired[i] + below(700);
            w.cause[i] = below(3);
            if (w.cause[i] == 2) w.cause[i] = MLAB_CAUSE_CENSORS;
        }
        int32_t until = w.left[i] == NEVER ? w.spec.to + 50 : w.left[i];
        if (until < w.hired[i]) until = w.hired[i];
        for (int k = below(4); k > 0; k--)
            w.promotions[w.n_promotions++] =
                (mlab_panel_promotion){.person = i, .date = w.hired[i] + below(until - w.hired[i] + 1), .to = below(4) - 1};
        int32_t at = w.hired[i];
        for (int k = below(4); k > 0; k--) {
            w.answers[w.n_answers].person = i;
            w.answers[w.n_answers].date = at += below(150);
            w.answers[w.n_answers].mood = below(4) - 1;
            w.answers[w.n_answers++].score = below(100);
        }
    }
    for (size_t i = 0; i < w.n_promotions; i++) w.promotions[i].line = i + 2;
    qsort(w.promotions, w.n_promotions, sizeof *w.promotions, by_person_date);
    int32_t start = day("2020-01-01");
    for (int k = 0; k < 30; k++) {
        uint32_t mentee = (uint32_t)below(20), mentor = below(10) ? (uint32_t)below(20) : MLAB_NO_PERSON;
        start += below(40);
        w.ties[w.n_ties].mentor = mentor;
        w.ties[w.n_ties].mentee = mentee;
        w.ties[w.n_ties].start = start;
        w.ties[w.n_ties].end = below(3) ? start + below(300) : NEVER;
        w.ties[w.n_ties].kind = below(20) ? below(3) : -1;
        w.ties[w.n_ties++].met = below(20) ? below(5) : -1;
    }
}

/* Half of those who left come back; all have states that change, some are on leave; some changes of grade are no promotions. */
static void random_stays(void)
{
    world_states_start(&w, 160);
    for (uint32_t i = 0; i < w.n; i++) {
        int32_t until = w.left[i] == NEVER ? w.spec.to + 50 : w.left[i], at = w.hired[i];
        w.spells[w.n_spells++] = (mlab_panel_spell){i, w.hired[i], w.left[i], w.cause[i], w.hired[i], w.grade[i], w.hired[i] - 1};
        for (int k = below(4); k > 0 && at <= until; k--, at += below(300)) world_change(&w, i, at, below(4) - 1, below(2) ? 1 : 0.5);
        if (until > w.hired[i] + 40 && below(3) == 0) {
            int32_t from = w.hired[i] + 1 + below(until - w.hired[i] - 20);
            w.leaves[w.n_leaves++] = (mlab_panel_leave){i, from, from + below(19)};
        }
        if (w.left[i] == NEVER || below(2)) continue;
        mlab_panel_spell again = {i, w.left[i] + 1 + below(200), NEVER, MLAB_CAUSE_STAYS, 0, below(4) - 1, 0};
        if (below(2)) {
            again.to = again.from + below(300);
            again.cause = below(2);
        }
        again.since = below(2) ? again.from : again.from - (w.left[i] - w.hired[i] + 1);
        again.grade_since = again.since - 1;
        w.spells[w.n_spells++] = again;
        for (int k = below(3); k > 0; k--) {
            int32_t end = again.to == NEVER ? again.from + 300 : again.to;
            w.promotions[w.n_promotions] = (mlab_panel_promotion){
                .person = i, .date = again.from + below(end - again.from + 1), .to = below(5) - 2, .line = 500 + w.n_promotions};
            w.n_promotions++;
        }
        if (below(2)) world_change(&w, i, again.from, below(4) - 1, 0.25);
        if (below(2)) world_change(&w, i, again.from + 30, below(4) - 1, 0.75);
    }
    size_t kept = 0; /* nothing happens on a leave */
    for (size_t k = 0; k < w.n_promotions; k++) {
        bool away = false;
        for (size_t m = 0; m < w.n_leaves; m++)
            away |=
                w.leaves[m].person == w.promotions[k].person && w.promotions[k].date >= w.leaves[m].from && w.promotions[k].date <= w.leaves[m].to;
        w.promotions[k].counting = (mlab_panel_counting)below(3);
        if (!away) w.promotions[kept++] = w.promotions[k];
    }
    w.n_promotions = kept;
    qsort(w.promotions, w.n_promotions, sizeof *w.promotions, by_person_date);
}

START_TEST(random_worlds_agree_with_a_second_derivation)
{
    size_t rows = 0, events = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        context = mlab_test_context(NULL, 1);
        random_world(seed);
        if (seed > 150) random_stays();
        const mlab_panel *panel = world_build(&w);
        rows += panel->n_rows;
        for (size_t i = 0; i < panel->n_rows; i++) events += (size_t)(panel->events[0].what[i] > 0) + (size_t)(panel->events[1].what[i] > 0);
        world_free(&w);
    }
    ck_assert_uint_gt(rows, 20000);
    ck_assert_uint_gt(events, 2000);
}
END_TEST

/* Flips a bit of a cell; the check must fail; flips it back. */
static void damage(void *cell, size_t byte, unsigned char bit)
{
    mlab_error err = {0};
    ((unsigned char *)cell)[byte] ^= bit;
    ck_assert_int_eq(mlab_panel_check_inputs(&context, &w.people_in, w.promotions, w.n_promotions, &w.surveys_in, &w.ties_in, &w.spec, w.panel, &err),
                     MLAB_ERR_ARGUMENT);
    ((unsigned char *)cell)[byte] ^= bit;
}

START_TEST(a_damaged_panel_is_found)
{
    mlab_error err = {0};
    context = mlab_test_context(NULL, 1);
    random_world(7);
    mlab_panel *panel = world_build(&w);
    size_t i = panel->n_rows / 2;
    damage(&panel->start[i], 0, 1);
    damage(&panel->stop[i], 0, 1);
    damage(&panel->period[i], 0, 1);
    damage(&panel->since[i], 0, 1);
    damage(&panel->arm[i], 0, 1);
    damage(&panel->prevalent[i], 0, 1);
    damage(&panel->person[i], 0, 1);
    damage(&panel->n_people, 0, 1);
    damage(&panel->events[0].share[i], 6, 8);
    damage(&panel->events[1].share[i], 6, 8);
    damage(&panel->events[1].what[i], 0, 1);
    damage(&mlab_table_find(panel->rows, "tenure")->as.real[i], 6, 8);
    damage(&mlab_table_find(panel->rows, "time_in_grade")->as.real[i], 6, 8);
    damage(&mlab_table_find(panel->rows, "mentoring_others")->as.integer[i], 0, 1);
    ck_assert_int_eq(mlab_panel_check(panel, &err), MLAB_OK);
    world_free(&w);
}
END_TEST

START_TEST(one_and_seven_threads_make_the_same_panel)
{
    static world kept;
    context = mlab_test_context(NULL, 1);
    random_world(11);
    const mlab_panel *one = world_build(&w);
    kept = w;
    context.threads = 7;
    random_world(11);
    const mlab_panel *seven = world_build(&w);
    ck_assert_uint_eq(one->n_rows, seven->n_rows);
    ck_assert_mem_eq(one->arm, seven->arm, one->n_rows * sizeof *one->arm);
    ck_assert_mem_eq(one->events[1].share, seven->events[1].share, one->n_rows * sizeof(double));
    ck_assert_mem_eq(mlab_table_find(one->rows, "mood_last")->as.integer, mlab_table_find(seven->rows, "mood_last")->as.integer, one->n_rows * 4);
    world_free(&w);
    world_free(&kept);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    random_world(5);
    world_tables(&w);
    world_inputs(&w);
    long live = memory.live;
    for (long k = 1;; k++) {
        mlab_error err = {0};
        memory.calls = 0;
        memory.fail_at = k;
        mlab_findings_start(&w.findings, &context);
        mlab_status status =
            mlab_panel_build(&context, &w.people_in, w.promotions, w.n_promotions, &w.surveys_in, &w.ties_in, &w.spec, &w.findings, &w.panel, &err);
        ck_assert((status == MLAB_OK) == (w.panel != NULL));
        mlab_panel_free(w.panel);
        mlab_findings_free(&w.findings);
        ck_assert_int_eq(memory.live, live);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 50);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    memory.fail_at = 0;
    w.panel = NULL;
    world_free(&w);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("panel_random", random_worlds_agree_with_a_second_derivation, a_damaged_panel_is_found, one_and_seven_threads_make_the_same_panel,
               every_failed_allocation_is_reported_and_nothing_leaks)
