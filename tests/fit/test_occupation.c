/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State occupation and mean times in states: tiny worlds by hand, and survfit of R with the influence of every person. */
#include "fit/csv.h"
#include "mentorlab/curves.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const mlab_fit_options plain_options = {.curve_interval = 2, .level = 0.95};

/*  day      1   2   3   4   5        a leaves on 2, b is censored on 3, c and d leave on 4, e is censored on 5
 *  S        1  4/5  4/5 .8/3         area up to 5: 2 + 2 * 0.8 + 0.8/3                                         */
START_TEST(mean_time_of_five_people_is_the_area_under_the_curve_by_hand)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const double stop[] = {2, 3, 4, 4, 5}, times[] = {0, 1, 4, 5, 6};
    const int32_t to[] = {1, -1, 1, 1, -1};
    const mlab_moves moves = {.n = 5, .n_states = 2, .stop = stop, .to = to, .n_groups = 1};
    mlab_occupation *o;
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, times, 5, &plain_options, &o, NULL), MLAB_OK);
    const double share[] = {1, 1, 0.8 / 3, 0.8 / 3, 0.8 / 3}, stay[] = {0, 1, 3.6, 3.6 + 0.8 / 3, 3.6 + 1.6 / 3};
    for (size_t t = 0; t < 5; t++) {
        ck_near(o->share[2 * t], share[t], 1e-15, 0);
        ck_near(o->stay[2 * t], stay[t], 1e-15, 0);
        ck_near(o->share[2 * t + 1], 1 - share[t], 1e-15, 0);
        ck_near(o->stay[2 * t + 1], times[t] - stay[t], 1e-14, 1e-15);
    }
    /* Greenwood's sum d / (n (n - d)) area^2: areas from 2 and from 4 on up to 5 */
    double after_2 = 1.6 + 0.8 / 3, after_4 = 0.8 / 3;
    ck_near(o->stay_se[2 * 3], sqrt(after_2 * after_2 / 20 + after_4 * after_4 * 2 / 3), 1e-14, 0);
    ck_near(o->followed, 5, 0, 0);
    ck_near(o->at_risk[2 * 2], 3, 0, 0);
    mlab_occupations_free(o, 1);
}
END_TEST

/* Two states to begin in, moves back, rows of one person in several states, entry after the origin, three arms. */
enum { N = 90, PEOPLE = 30, STATES = 3 };
typedef struct hard {
    double start[N], stop[N], weight[N];
    int32_t from[N], to[N], group[N];
    uint32_t cluster[N];
} hard;

static hard hard_world(void)
{
    hard h;
    for (int i = 0; i < N; i++) {
        int person = i / 3, part = i % 3;
        h.start[i] = part == 0 ? person % 5 == 4 ? 2 : 0 : h.stop[i - 1];
        h.stop[i] = h.start[i] + 1 + (i * 37) % 5;
        h.from[i] = part == 0 ? person % 2 : h.to[i - 1] >= 0 ? h.to[i - 1] : h.from[i - 1];
        h.to[i] = part == 2 && person % 4 == 0 ? -1 : (h.from[i] + 1 + (i * 5) % 2) % STATES;
        h.weight[i] = 1 + (i * 7) % 4 / 2.0;
        h.group[i] = i % 11 == 10 ? 1 : person % 2;
        h.cluster[i] = (uint32_t)person;
    }
    return h;
}

static mlab_moves moves_of(const hard *h)
{
    return (mlab_moves){.n = N,
                        .n_states = STATES,
                        .start = h->start,
                        .stop = h->stop,
                        .from = h->from,
                        .to = h->to,
                        .group = h->group,
                        .n_groups = 2,
                        .weight = h->weight,
                        .cluster = h->cluster,
                        .n_clusters = PEOPLE};
}

START_TEST(errors_are_those_that_small_changes_of_the_weight_of_people_give)
{
    mlab_context context = mlab_test_context(NULL, 1);
    hard h = hard_world();
    const mlab_moves moves = moves_of(&h);
    const double times[] = {3, 7.5, 12};
    enum { CELLS = 3 * STATES };
    double square[2][2][CELLS] = {0}, cross[2][CELLS] = {0};
    mlab_occupation *base, *up, *down;
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, times, 3, &plain_options, &base, NULL), MLAB_OK);
    for (uint32_t person = 0; person < PEOPLE; person++) {
        const double e = 1e-5;
        hard a = h, b = h;
        for (int i = 0; i < N; i++)
            if (h.cluster[i] == person) a.weight[i] *= 1 + e, b.weight[i] *= 1 - e;
        const mlab_moves more = moves_of(&a), less = moves_of(&b);
        ck_assert_int_eq(mlab_occupation_fit(&context, &more, times, 3, &plain_options, &up, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_occupation_fit(&context, &less, times, 3, &plain_options, &down, NULL), MLAB_OK);
        for (size_t c = 0; c < CELLS; c++) {
            double share[2], stay[2];
            for (int g = 0; g < 2; g++) {
                share[g] = (up[g].share[c] - down[g].share[c]) / (2 * e);
                stay[g] = (up[g].stay[c] - down[g].stay[c]) / (2 * e);
                square[g][0][c] += share[g] * share[g];
                square[g][1][c] += stay[g] * stay[g];
            }
            cross[0][c] += share[0] * share[1];
            cross[1][c] += stay[0] * stay[1];
        }
        mlab_occupations_free(up, 2);
        mlab_occupations_free(down, 2);
    }
    double most = 0;
    for (size_t c = 0; c < CELLS; c++) {
        for (int g = 0; g < 2; g++) {
            ck_near(base[g].share_se[c], sqrt(square[g][0][c]), 1e-7, 1e-10);
            ck_near(base[g].stay_se[c], sqrt(square[g][1][c]), 1e-7, 1e-10);
        }
        ck_near(base[1].share_covariance[c], cross[0][c], 1e-6, 1e-9);
        ck_near(base[1].stay_covariance[c], cross[1][c], 1e-6, 1e-9);
        most = fmax(most, fabs(cross[1][c]));
    }
    ck_assert_double_gt(most, 1e-4); /* people are in both groups */
    mlab_occupations_free(base, 2);
}
END_TEST

START_TEST(shares_add_up_to_one_and_stays_to_the_time)
{
    mlab_context context = mlab_test_context(NULL, 1);
    hard h = hard_world();
    const mlab_moves moves = moves_of(&h);
    const double times[] = {1, 4, 11};
    mlab_occupation *o;
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, times, 3, &plain_options, &o, NULL), MLAB_OK);
    for (size_t g = 0; g < 2; g++)
        for (size_t t = 0; t < 3; t++) {
            double share = 0, stay = 0;
            for (size_t s = 0; s < STATES; s++) share += o[g].share[t * STATES + s], stay += o[g].stay[t * STATES + s];
            ck_near(share, 1, 1e-14, 0);
            ck_near(stay, times[t], 1e-14, 0);
        }
    mlab_occupations_free(o, 2);
}
END_TEST

START_TEST(the_order_of_rows_does_not_change_a_bit)
{
    mlab_context context = mlab_test_context(NULL, 1);
    hard h = hard_world(), r = h;
    for (int i = 0; i < N; i++) {
        int k = (i * 47) % N;
        r.start[i] = h.start[k], r.stop[i] = h.stop[k], r.weight[i] = h.weight[k] / 3, h.weight[k] /= 3;
        r.from[i] = h.from[k], r.to[i] = h.to[k], r.group[i] = h.group[k], r.cluster[i] = h.cluster[k];
    }
    const double times[] = {4, 11};
    for (int clustered = 0; clustered < 2; clustered++) {
        mlab_moves a = moves_of(&h), b = moves_of(&r);
        mlab_occupation *one, *two;
        if (!clustered) a.cluster = b.cluster = NULL;
        ck_assert_int_eq(mlab_occupation_fit(&context, &a, times, 2, &plain_options, &one, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_occupation_fit(&context, &b, times, 2, &plain_options, &two, NULL), MLAB_OK);
        for (size_t g = 0; g < 2; g++) {
            ck_assert_int_eq(memcmp(one[g].stay, two[g].stay, 2 * STATES * sizeof(double)), 0);
            ck_assert_int_eq(memcmp(one[g].stay_se, two[g].stay_se, 2 * STATES * sizeof(double)), 0);
        }
        mlab_occupations_free(one, 2);
        mlab_occupations_free(two, 2);
    }
}
END_TEST

typedef struct file_world {
    size_t n, n_clusters;
    double start[1700], stop[1700], weight[1700];
    int32_t from[1700], event[1700], cause[1700], group[1700];
    uint32_t cluster[1700];
    const char *group_name[2];
} file_world;

static void check_against(const mlab_moves *moves, const csv *reference, const char *name, const char *const *groups, const double *times,
                          size_t n_times)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err = {0};
    mlab_occupation *o;
    ck_assert_msg(mlab_occupation_fit(&context, moves, times, n_times, &plain_options, &o, &err) == MLAB_OK, "%s", err.sentence);
    size_t seen = 0;
    for (size_t r = 0; r < reference->n_rows; r++) {
        if (strcmp(csv_text(reference, r, "case"), name)) continue;
        size_t g = strcmp(csv_text(reference, r, "group"), groups[0]) ? 1 : 0, t = 0;
        while (times[t] != csv_number(reference, r, "time")) ck_assert_uint_lt(++t, n_times);
        size_t c = t * moves->n_states + (size_t)csv_number(reference, r, "state");
        ck_near(o[g].share[c], csv_number(reference, r, "share"), 1e-10, 1e-14);
        ck_near(o[g].share_se[c], csv_number(reference, r, "share_se"), 1e-10, 1e-14);
        ck_near(o[g].stay[c], csv_number(reference, r, "stay"), 1e-10, 1e-14);
        ck_near(o[g].stay_se[c], csv_number(reference, r, "stay_se"), 1e-10, 1e-14);
        seen++;
    }
    ck_assert_uint_eq(seen, 2 * n_times * moves->n_states);
    mlab_occupations_free(o, 2);
}

START_TEST(shares_and_stays_of_patients_between_five_states_are_those_of_survfit)
{
    csv data = csv_read(mlab_test_path("reference/myeloid.csv")), reference = csv_read(mlab_test_path("reference/occupation.csv"));
    ck_assert_ptr_nonnull(data.cell);
    ck_assert_ptr_nonnull(reference.cell);
    static file_world w;
    w.n = data.n_rows;
    for (size_t i = 0; i < w.n; i++) {
        w.start[i] = csv_number(&data, i, "start");
        w.stop[i] = csv_number(&data, i, "stop");
        w.weight[i] = csv_number(&data, i, "weight");
        w.from[i] = (int32_t)csv_number(&data, i, "from");
        w.event[i] = (int32_t)csv_number(&data, i, "to");
        w.group[i] = strcmp(csv_text(&data, i, "arm"), "A") != 0;
        w.cluster[i] = (uint32_t)csv_number(&data, i, "id") - 1;
    }
    const char *const groups[] = {"A", "B"};
    const double times[] = {100, 365.25, 1000};
    mlab_moves moves = {.n = w.n,
                        .n_states = 5,
                        .start = w.start,
                        .stop = w.stop,
                        .from = w.from,
                        .to = w.event,
                        .group = w.group,
                        .n_groups = 2,
                        .cluster = w.cluster,
                        .n_clusters = 646};
    check_against(&moves, &reference, "myeloid", groups, times, 3);
    moves.weight = w.weight;
    check_against(&moves, &reference, "myeloid_weight", groups, times, 3);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(restricted_means_of_rossi_are_those_of_survfit)
{
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/occupation.csv"));
    static file_world w;
    w.n = data.n_rows;
    for (size_t i = 0; i < w.n; i++) {
        w.stop[i] = csv_number(&data, i, "week");
        w.start[i] = csv_number(&data, i, "entry");
        w.weight[i] = csv_number(&data, i, "weight");
        w.event[i] = csv_number(&data, i, "arrest") > 0 ? 1 : -1;
        w.cause[i] = csv_number(&data, i, "cause") > 0 ? (int32_t)csv_number(&data, i, "cause") : -1;
        w.group[i] = !strcmp(csv_text(&data, i, "fin"), "yes");
    }
    const char *const groups[] = {"no", "yes"};
    const double times[] = {20, 52};
    mlab_moves moves = {.n = w.n, .n_states = 2, .stop = w.stop, .to = w.event, .group = w.group, .n_groups = 2};
    check_against(&moves, &reference, "rossi", groups, times, 2);
    moves.n_states = 3;
    moves.to = w.cause;
    moves.start = w.start;
    check_against(&moves, &reference, "rossi_entry", groups, times, 2);
    moves.start = NULL;
    moves.weight = w.weight;
    check_against(&moves, &reference, "rossi_causes", groups, times, 2);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(a_gap_between_two_numbers_is_told_as_difference_and_ratio)
{
    mlab_gap gap = mlab_gap_of(6, 0.3, 4, 0.4, 0.02, 0.95);
    const double z = 1.959963984540054, se = sqrt(0.09 + 0.16 - 0.04);
    ck_near(gap.difference, 2, 1e-15, 0);
    ck_near(gap.se, se, 1e-15, 0);
    ck_near(gap.lower, 2 - z * se, 1e-14, 0);
    ck_near(gap.ratio, 1.5, 1e-15, 0);
    ck_near(gap.ratio_upper, 1.5 * exp(z * sqrt(0.0025 + 0.01 - 0.04 / 24)), 1e-14, 0);
    gap = mlab_gap_of(0, 0, 4, 0.4, 0, 0.95);
    ck_near(gap.ratio, 0, 0, 0);
}
END_TEST

START_TEST(rows_that_cannot_be_are_errors_that_say_which)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const double start[] = {0, 3}, stop[] = {2, 3}, times[] = {1}, late[] = {1, 1};
    const int32_t to[] = {1, -1}, wrong[] = {1, 0}, once[] = {1, -1}, from[] = {0, 1};
    mlab_occupation *o;
    mlab_error err = {0};
    mlab_moves moves = {.n = 2, .n_states = 2, .start = start, .stop = stop, .to = to, .n_groups = 1};
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, times, 1, &plain_options, &o, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_str_eq(err.sentence, "row 2 of moves: start 3 is not before time 3");
    ck_assert_ptr_null(o);
    moves.start = NULL;
    moves.to = wrong;
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, times, 1, &plain_options, &o, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_str_eq(err.sentence, "row 2 of moves: from state 0 to 0, allowed 0 to 1 and not to itself; -1 = no move");
    moves.to = once;
    moves.start = late;
    moves.from = from;
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, times, 1, &plain_options, &o, &err), MLAB_OK);
    ck_assert_double_eq(o->followed, -HUGE_VAL); /* nobody is there at the origin, and rows begin in two states */
    ck_assert_double_eq(o->share[0], 0);
    mlab_occupations_free(o, 1);
    moves.from = NULL;
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, times, 1, &plain_options, &o, &err), MLAB_OK);
    ck_assert_double_eq(o->followed, 3);
    ck_assert_double_eq(o->began, 1);
    ck_assert_double_eq(o->share[0], 1);
    ck_assert_double_eq(o->share_se[0], 0);
    mlab_occupations_free(o, 1);
    moves.start = NULL;
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, start, 2, &plain_options, &o, &err), MLAB_OK);
    mlab_occupations_free(o, 1);
    ck_assert_int_eq(mlab_occupation_fit(&context, &moves, late, 2, &plain_options, &o, &err), MLAB_ERR_ARGUMENT);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    hard h = hard_world();
    const mlab_moves moves = moves_of(&h);
    const double times[] = {4, 11};
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 300; k++) {
        mlab_occupation *o;
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_occupation_fit(&context, &moves, times, 2, &plain_options, &o, NULL);
        if (got == MLAB_OK) mlab_occupations_free(o, 2);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(got, MLAB_OK);
}
END_TEST

MLAB_TEST_MAIN("occupation", mean_time_of_five_people_is_the_area_under_the_curve_by_hand,
               errors_are_those_that_small_changes_of_the_weight_of_people_give, shares_add_up_to_one_and_stays_to_the_time,
               the_order_of_rows_does_not_change_a_bit, shares_and_stays_of_patients_between_five_states_are_those_of_survfit,
               restricted_means_of_rossi_are_those_of_survfit, a_gap_between_two_numbers_is_told_as_difference_and_ratio,
               rows_that_cannot_be_are_errors_that_say_which, every_failed_allocation_is_reported_and_nothing_leaks)
