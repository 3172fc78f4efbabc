/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that break models: a base world of 60 rows and that world with one thing made hard, with what is right for it.
 *
 * x continuous, z another, g three groups; every kind of response depends a little on x. What is right is known by a symmetry (a column times
 * 1e-300 has a coefficient times 1e300), by the same data said otherwise (rows of weight 0 are no rows), or by what must be said (an error, a
 * doubt, a column left out).
 */
#ifndef MLAB_TESTS_FIT_HARD_ROWS_H
#define MLAB_TESTS_FIT_HARD_ROWS_H

#include "fit/hard.h"

#include <string.h>

enum { BASE = 60, MOST = 10050 };

/* Everything that a problem can hold; models take what they read. */
typedef struct input {
    size_t n;
    double x[MOST], z[MOST], number[MOST], positive[MOST], count[MOST], weight[MOST], offset[MOST];
    int32_t g[MOST], two[MOST], four[MOST], stop[MOST], event[MOST];
    uint32_t cluster[MOST];
    int32_t n_groups, n_levels;
    bool weighted, offsets, clustered;
    size_t n_clusters;
    const char *formula;
} input;

static void make_base(input *in)
{
    memset(in, 0, sizeof *in);
    in->n = BASE;
    in->n_groups = 3;
    in->n_levels = 4;
    in->formula = "~ x + z + g";
    for (size_t i = 0; i < BASE; i++) {
        in->x[i] = (double)((i * 37) % 61) / 20 - 1.5;
        in->z[i] = (double)((i * 17) % 53) / 25 - 1;
        in->g[i] = (int32_t)(i % 3);
        double at = 0.5 * in->x[i] + (double)((i * 29) % 59) / 15 - 2, up = (double)((i * 43) % 47) / 47;
        in->two[i] = at > 0;
        in->four[i] = at < -1.2 ? 0 : at < 0 ? 1 : at < 1 ? 2 : 3;
        in->number[i] = 3 + at;
        in->positive[i] = exp(1 + 0.3 * at);
        in->count[i] = floor(6 * up * up * up * exp(0.5 * in->x[i]));
        in->stop[i] = 1 + (int32_t)(100 * up);
        in->event[i] = i % 4 != 0;
        in->weight[i] = 1;
        in->cluster[i] = (uint32_t)(i / 2);
    }
}
/* --- what makes it hard ------------------------------------------------------------------------------------ */

static void constant_column(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->z[i] = 7;
}
static void column_of_zeros(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->z[i] = 0;
}
static void same_column_twice(input *in)
{
    memcpy(in->z, in->x, sizeof in->x);
}
static void column_is_another_turned(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->z[i] = 3 - 2 * in->x[i];
}
static void column_is_nearly_another(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->z[i] = in->x[i] + 1e-5 * in->z[i];
}
static void one_row(input *in)
{
    in->n = 1;
    in->n_groups = 1;
    in->g[0] = 0;
}
static void two_rows(input *in)
{
    in->n = 2;
    in->n_groups = 2;
    in->g[1] = 1;
}
static void fewer_rows_than_columns(input *in)
{
    in->n = 4;
}
static void as_many_rows_as_columns(input *in)
{
    in->n = 5;
}
static void all_events(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->two[i] = in->event[i] = 1, in->four[i] = 3, in->count[i] = 2, in->number[i] = in->positive[i] = 5;
}
static void no_events(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->two[i] = in->event[i] = in->four[i] = 0, in->count[i] = 0, in->number[i] = 0, in->positive[i] = 1;
}
static void one_event(input *in)
{
    no_events(in);
    in->two[7] = in->event[7] = in->four[7] = 1;
    in->count[7] = 1;
    in->number[7] = 1;
    in->positive[7] = 2;
}
static void perfect_separation(input *in)
{
    for (size_t i = 0; i < in->n; i++) {
        in->two[i] = in->x[i] > 0.2;
        in->four[i] = in->x[i] < -0.8 ? 0 : in->x[i] < 0 ? 1 : in->x[i] < 0.8 ? 2 : 3;
        in->event[i] = 1;
        in->stop[i] = (int32_t)(100 - 60 * in->x[i]);
        in->count[i] = in->x[i] > 0.2;
    }
}
static void a_group_without_events(input *in)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->g[i] == 2) in->two[i] = in->event[i] = in->four[i] = 0, in->count[i] = 0;
}
static void a_group_of_one(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->g[i] = i == 5 ? 2 : (int32_t)(i % 2);
}
static void a_level_that_no_row_has(input *in)
{
    in->n_groups = 4;
}
static void one_group(input *in)
{
    in->n_groups = 1;
    memset(in->g, 0, sizeof in->g);
}
static void every_row_a_group(input *in)
{
    in->n = BASE / 2; /* what is hard is that rows are as many as groups, not how many they are */
    in->n_groups = (int32_t)in->n;
    for (size_t i = 0; i < in->n; i++) in->g[i] = (int32_t)i;
}
static void ten_thousand_groups(input *in)
{
    for (size_t i = BASE; i < 10000; i++) {
        in->x[i] = in->x[i % BASE], in->z[i] = in->z[i % BASE], in->two[i] = in->two[i % BASE], in->four[i] = in->four[i % BASE];
        in->number[i] = in->number[i % BASE], in->positive[i] = in->positive[i % BASE], in->count[i] = in->count[i % BASE];
        in->stop[i] = in->stop[i % BASE], in->event[i] = in->event[i % BASE];
    }
    in->n = 10000;
    in->n_groups = 10000;
    for (size_t i = 0; i < in->n; i++) in->g[i] = (int32_t)i;
}
static void scale(input *in, double by)
{
    for (size_t i = 0; i < in->n; i++) in->x[i] *= by;
}
static void scale_1e_300(input *in)
{
    scale(in, 1e-300);
}
static void scale_1e300(input *in)
{
    scale(in, 1e300);
}
static void scale_1e_100(input *in)
{
    scale(in, 1e-100);
}
static void scale_1e100(input *in)
{
    scale(in, 1e100);
}
static void scale_1e8(input *in)
{
    scale(in, 1e8);
}
static void shift_1e6(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->x[i] += 1e6;
}
static void shift_1e15(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->x[i] += 1e15;
}
static void one_outlier(input *in)
{
    in->x[11] = 1e10;
}
static void weights_all_zero(input *in)
{
    in->weighted = true;
    memset(in->weight, 0, sizeof in->weight);
}
static void weights_of_the_second_half_zero(input *in)
{
    in->weighted = true;
    for (size_t i = in->n; i < 2 * in->n; i++) {
        in->x[i] = 1e3 * in->x[i - in->n], in->z[i] = -9, in->g[i] = 1, in->two[i] = 1 - in->two[i - in->n], in->four[i] = 0;
        in->number[i] = -50, in->positive[i] = 900, in->count[i] = 77, in->stop[i] = 3, in->event[i] = 1, in->weight[i] = 0;
    }
    in->n *= 2;
}
static void rows_twice(input *in)
{
    for (size_t i = in->n; i < 2 * in->n; i++) {
        in->x[i] = in->x[i - in->n], in->z[i] = in->z[i - in->n], in->g[i] = in->g[i - in->n], in->two[i] = in->two[i - in->n],
        in->four[i] = in->four[i - in->n];
        in->number[i] = in->number[i - in->n], in->positive[i] = in->positive[i - in->n], in->count[i] = in->count[i - in->n];
        in->stop[i] = in->stop[i - in->n], in->event[i] = in->event[i - in->n];
    }
    in->n *= 2;
}
static void weigh(input *in, double by)
{
    in->weighted = true;
    for (size_t i = 0; i < in->n; i++) in->weight[i] = by;
}
static void weights_1e_300(input *in)
{
    weigh(in, 1e-300);
}
static void weights_1e300(input *in)
{
    weigh(in, 1e300);
}
static void weights_1e6(input *in)
{
    weigh(in, 1e6);
}
static void one_heavy_row(input *in)
{
    weigh(in, 1);
    in->weight[3] = 1e12;
}
static void cluster(input *in, size_t n)
{
    in->clustered = true;
    in->n_clusters = n;
    for (size_t i = 0; i < in->n; i++) in->cluster[i] = (uint32_t)(i * n / in->n);
}
static void one_cluster(input *in)
{
    cluster(in, 1);
}
static void two_clusters(input *in)
{
    cluster(in, 2);
}
static void offsets(input *in, double by)
{
    in->offsets = true;
    for (size_t i = 0; i < in->n; i++) in->offset[i] = by;
}
static void offsets_700(input *in)
{
    offsets(in, 700);
}
static void offsets_1e4(input *in)
{
    offsets(in, -1e4);
}
static void offset_is_a_column(input *in)
{
    in->offsets = true;
    memcpy(in->offset, in->x, sizeof in->x);
}
static void responses_1e300(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->number[i] *= 1e300, in->positive[i] *= 1e300;
}
static void responses_1e_300(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->number[i] *= 1e-300, in->positive[i] *= 1e-300;
}
static void counts_of_1e12(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->count[i] *= 1e12;
}
static void a_level_without_answers(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->four[i] = in->four[i] == 1 ? 2 : in->four[i];
}
static void equal_times(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->stop[i] = 5;
}
static void no_columns(input *in)
{
    in->formula = "~ 1";
}
static void no_intercept(input *in)
{
    in->formula = "~ 0 + x + z";
}
static void ten_powers(input *in)
{
    in->formula = "~ x + I(x^2) + I(x^3) + I(x^4) + I(x^5) + I(x^6) + I(x^7) + I(x^8) + I(x^9) + I(x^10)";
}
static void every_interaction(input *in)
{
    in->formula = "~ x * z * g";
}

/* --- what is right ------------------------------------------------------------------------------------------ */

typedef enum right {
    SOUND,    /* finite, and trusted only with a small gradient */
    LEFT_OUT, /* a column is left out and the others are those of the base without it */
    REFUSED,  /* an error with a sentence */
    DOUBTED,  /* an error, or a fit that is not trusted */
    TIMES,    /* the base, the coefficient of x divided by `by` */
    SHIFTED,  /* the base but for the intercept */
    SAME      /* the base */
} right;

enum { NUMBERS = 1, CATEGORIES = 2, TIMED = 4, THRESHOLDS = 8, ALL = 15 };
static const struct {
    const char *name;
    void (*make)(input *in);
    right right;
    double by, tolerance;
    unsigned of; /* models for which it is known; SOUND for the others */
} inputs[] = {
    {"the base itself", NULL, SAME, 1, 0, ALL},
    {"a constant column", constant_column, LEFT_OUT, 1, 0, ALL},
    {"a column of zeros", column_of_zeros, LEFT_OUT, 1, 0, ALL},
    {"the same column twice", same_column_twice, LEFT_OUT, 1, 0, ALL},
    {"a column that is another turned", column_is_another_turned, LEFT_OUT, 1, 0, ALL},
    {"a column that is nearly another", column_is_nearly_another, SOUND, 1, 0, ALL},
    {"one row", one_row, DOUBTED, 1, 0, ALL},
    {"two rows", two_rows, DOUBTED, 1, 0, ALL & ~TIMED},
    {"fewer rows than columns", fewer_rows_than_columns, DOUBTED, 1, 0, ALL},
    {"as many rows as columns", as_many_rows_as_columns, DOUBTED, 1, 0, ALL},
    {"all events", all_events, DOUBTED, 1, 0, CATEGORIES | THRESHOLDS},
    {"no events", no_events, DOUBTED, 1, 0, CATEGORIES | THRESHOLDS | TIMED},
    {"one event", one_event, DOUBTED, 1, 0, CATEGORIES | TIMED},
    {"perfect separation", perfect_separation, DOUBTED, 1, 0, CATEGORIES | THRESHOLDS}, /* laws of times stay finite: x is continuous */
    {"a group without events", a_group_without_events, DOUBTED, 1, 0, CATEGORIES | TIMED},
    {"a group of one", a_group_of_one, SOUND, 1, 0, ALL},
    {"a level that no row has", a_level_that_no_row_has, SAME, 1, 1e-9, ALL},
    {"one group", one_group, SOUND, 1, 0, ALL},
    {"every row a group", every_row_a_group, DOUBTED, 1, 0, ALL},
    {"10,000 groups", ten_thousand_groups, REFUSED, 1, 0, ALL},
    {"a column times 1e-300", scale_1e_300, TIMES, 1e-300, 1e-6, ALL},
    {"a column times 1e300", scale_1e300, TIMES, 1e300, 1e-6, ALL},
    {"a column times 1e-100", scale_1e_100, TIMES, 1e-100, 1e-6, ALL},
    {"a column times 1e100", scale_1e100, TIMES, 1e100, 1e-6, ALL},
    {"a column times 1e8", scale_1e8, TIMES, 1e8, 1e-8, ALL},
    {"a column plus a million", shift_1e6, SHIFTED, 1, 1e-7, ALL},
    {"a column plus 1e15", shift_1e15, SOUND, 1, 0, ALL},
    {"one outlier of 1e10", one_outlier, SOUND, 1, 0, ALL},
    {"weights all 0", weights_all_zero, DOUBTED, 1, 0, ALL},
    {"other rows of weight 0", weights_of_the_second_half_zero, SAME, 1, 1e-7, ALL},
    {"rows twice", rows_twice, SAME, 1, 1e-7, CATEGORIES | THRESHOLDS | NUMBERS},
    {"weights of 1e-300", weights_1e_300, SOUND, 1, 0, ALL},
    {"weights of 1e300", weights_1e300, SOUND, 1, 0, ALL},
    {"weights of 1e6", weights_1e6, SAME, 1, 1e-7, CATEGORIES | THRESHOLDS | NUMBERS},
    {"one heavy row", one_heavy_row, SOUND, 1, 0, ALL},
    {"one cluster", one_cluster, DOUBTED, 1, 0, ALL},
    {"two clusters", two_clusters, DOUBTED, 1, 0, ALL},
    {"offsets of 700", offsets_700, SOUND, 1, 0, ALL},
    {"offsets of -10,000", offsets_1e4, SOUND, 1, 0, ALL},
    {"a column as offset", offset_is_a_column, SHIFTED, 1, 1e-7, ALL},
    {"responses of 1e300", responses_1e300, SOUND, 1, 0, ALL},
    {"responses of 1e-300", responses_1e_300, SOUND, 1, 0, ALL},
    {"counts of 1e12", counts_of_1e12, SOUND, 1, 0, ALL},
    {"a level without answers", a_level_without_answers, DOUBTED, 1, 0, THRESHOLDS},
    {"equal times", equal_times, SOUND, 1, 0, ALL},
    {"no columns", no_columns, SOUND, 1, 0, ALL},
    {"no intercept", no_intercept, SOUND, 1, 0, ALL},
    {"ten powers", ten_powers, SOUND, 1, 0, ALL},
    {"every interaction", every_interaction, SOUND, 1, 0, ALL},
};
enum { N_INPUTS = sizeof inputs / sizeof *inputs };

#endif
