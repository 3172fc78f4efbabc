/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that break models, given to every model that takes them: each ends in the right answer or in a clear status, and in time.
 *
 * A base world of 60 rows: x continuous, z another, g three groups; every kind of response depends a little on x. Each input is the base with one
 * thing made hard. What is right is known by a symmetry (a column times 1e-300 has a coefficient times 1e300), by the same data said
 * otherwise (rows of weight 0 are no rows), or by what must be said (an error, a doubt, a column left out).
 */
#include "fit/worlds.h"

#include <stdio.h>
#include <time.h>

enum { BASE = 60, MOST = 10050 };
static mlab_context context;

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
static input base, hard;
static char group_names[MOST][8];
static const char *groups[MOST];
static const char *const levels[] = {"a", "b", "c", "d"};

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

/* Moves of a small ladder: rows are low or high by turns, up where `four` is 2 (low ones) and gone where it is 3. */
static const char *const state_names[] = {"low", "high", "gone"}, *const moves[] = {"none", "low>high", "low>gone", "high>gone"};
static const int32_t moves_from[] = {0, 0, 1}, moves_to[] = {1, 2, 2};
static int32_t move[MOST], origin[MOST];
static mlab_states states = {.n = 3, .names = state_names, .origin = origin, .from = moves_from, .to = moves_to};

static void build_moves(world *w, const input *in)
{
    for (size_t i = 0; i < in->n; i++) {
        origin[i] = (int32_t)(i / 3 % 2);
        move[i] = in->four[i] == 3 ? 2 + origin[i] : in->four[i] == 2 && origin[i] == 0;
    }
    world_categories(w, move, 4, moves);
    w->problem.states = &states;
}

static void build(world *w, const input *in, const mlab_model *model)
{
    *w = (world){0};
    for (int32_t k = 0; k < in->n_groups; k++) {
        snprintf(group_names[k], sizeof group_names[k], "g%d", (int)k);
        groups[k] = group_names[k];
    }
    world_real(w, &context, "x", in->x, in->n);
    world_real(w, &context, "z", in->z, in->n);
    world_factor(w, &context, "g", in->g, in->n, groups, in->n_groups);
    world_formula(w, &context, in->formula);
    mlab_fit_problem *p = &w->problem;
    bool positive = !strcmp(model->name, "gamma") || !strcmp(model->name, "lognormal");
    if (model->marks & MLAB_MODEL_STATES) {
        build_moves(w, in);
    } else if (model->marks & MLAB_MODEL_TIMES) {
        p->stop = in->stop;
        p->status = in->event;
    } else if (model->marks & MLAB_MODEL_NUMBER) {
        p->number = positive ? in->positive : !strcmp(model->name, "linear") ? in->number : in->count;
    } else {
        bool two = (model->marks & (MLAB_MODEL_TWO | MLAB_MODEL_SHARE)) != 0;
        world_categories(w, two ? in->two : in->four, two ? 2 : (size_t)in->n_levels, levels);
    }
    if (in->weighted) p->weight = in->weight;
    if (in->offsets) p->offset = in->offset;
    if (in->clustered) {
        p->cluster = in->cluster;
        p->n_clusters = in->n_clusters;
        p->cluster_name = "it";
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
    in->n_groups = BASE;
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

static unsigned kind_of(const mlab_model *model)
{
    if (model->marks & MLAB_MODEL_TIMES) return TIMED;
    if (model->marks & MLAB_MODEL_NUMBER) return NUMBERS;
    return model->marks & MLAB_MODEL_THRESHOLDS ? THRESHOLDS : CATEGORIES;
}

static void check_numbers(const mlab_fit *fit, const char *where)
{
    size_t n = fit->n_parameters;
    for (size_t j = 0; j < n; j++) {
        double se = mlab_fit_standard_error(fit, j);
        ck_assert_msg(isfinite(fit->estimate[j]), "%s: %s is %g (%s)", where, fit->names[j], fit->estimate[j], fit->reason);
        bool told = fit->trust != MLAB_NOT_CONVERGED; /* where it stopped is not */
        if (fit->aliased[j] && told) ck_assert_msg(fit->estimate[j] == 0, "%s: %s is left out and %g", where, fit->names[j], fit->estimate[j]);
        if (fit->trust == MLAB_TRUSTED)
            ck_assert_msg(fit->aliased[j] || (isfinite(se) && se > 0), "%s: the error of %s is %g", where, fit->names[j], se);
        for (size_t k = 0; k < n; k++)
            if (fit->trust == MLAB_TRUSTED) ck_assert_msg(isfinite(fit->covariance[j * n + k]), "%s: a covariance is not finite", where);
    }
    ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->reason[0], "%s: no reason", where);
    if (fit->trust != MLAB_TRUSTED) return;
    ck_assert_msg(isfinite(fit->log_likelihood), "%s: the log-likelihood is %g", where, fit->log_likelihood);
    ck_assert_msg(fit->gradient < 1e-4, "%s: trusted with a gradient of %g", where, fit->gradient);
}

/* Coefficients by name; `but` is not compared. */
static void check_same(const mlab_fit *fit, const mlab_fit *to, double by, double shift_x, const char *but, double tolerance, const char *where)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        for (size_t k = 0; k < to->n_parameters; k++) {
            if (strcmp(fit->names[j], to->names[k]) || (but && strstr(fit->names[j], but)) || j < (but ? fit->n_thresholds : 0)) continue;
            size_t n = strlen(fit->names[j]);
            bool is_x = n && fit->names[j][n - 1] == 'x' && (n == 1 || fit->names[j][n - 2] == ':');
            double wanted = (to->estimate[k] + (is_x ? shift_x : 0)) / (is_x ? by : 1), se = mlab_fit_standard_error(to, k) / (is_x ? by : 1);
            ck_assert_msg(fabs(fit->estimate[j] - wanted) <= tolerance * fmax(fabs(wanted), se), "%s: %s is %.15g, not %.15g", where, fit->names[j],
                          fit->estimate[j], wanted);
        }
}

/* Effects of an ordinal model: none, x by threshold, z on the scale, both. */
enum { PLAIN, BY_THRESHOLD, ON_SCALE, BOTH, N_EFFECTS };
static int effects;

/* Groups of a frailty: rows of near times together; 12 of them in the base. */
static bool frail, gamma_law;
static int n_models;
static uint32_t frailty_group[MOST];

static void build_groups(world *w, const input *in, mlab_random_grouping *grouping, mlab_formula **formula, mlab_design **design)
{
    uint32_t number[16] = {0}, n = 0;
    for (size_t i = 0; i < in->n; i++) {
        uint32_t *at = &number[(i * 43) % 47 / 4];
        if (!*at) *at = ++n;
        frailty_group[i] = *at - 1;
    }
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, formula, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(*formula, w->table, NULL, design, NULL), MLAB_OK);
    *grouping = (mlab_random_grouping){.design = *design, .memberships = 1, .group = frailty_group, .n_groups = n, .name = "near"};
    w->problem.random = grouping;
    w->problem.n_random = 1;
}

/* Predictions of every scale that the model has, at the rows of the fit. */
static void check_predictions(const world *w, const mlab_fit *fit, const char *where)
{
    static const mlab_scale scales[] = {MLAB_SCALE_LINK,      MLAB_SCALE_RESPONSE,   MLAB_SCALE_SURVIVAL,
                                        MLAB_SCALE_INCIDENCE, MLAB_SCALE_OCCUPATION, MLAB_SCALE_RESTRICTED};
    static const double times[] = {0, 1, 50, 101, 1e4};
    static double out[BASE * 5 * 64];
    size_t n = w->problem.n < 3 ? w->problem.n : 3;
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        size_t n_times = scales[k] >= MLAB_SCALE_SURVIVAL ? 5 : 0, width = mlab_predict_width_at(fit, scales[k], n_times);
        mlab_error err = {0};
        if (width == 0) continue;
        ck_assert_uint_le(width, 5 * 64);
        if (mlab_predict_at(&context, fit, w->table, NULL, 0, n, NULL, NULL, scales[k], n_times ? times : NULL, n_times, out, &err)) {
            ck_assert_msg(strlen(err.sentence) > 20, "%s, scale %zu: \"%s\"", where, k, err.sentence);
            continue;
        }
        for (size_t i = 0; i < n * width && fit->trust == MLAB_TRUSTED; i++) {
            bool share = scales[k] == MLAB_SCALE_SURVIVAL || scales[k] == MLAB_SCALE_INCIDENCE || scales[k] == MLAB_SCALE_OCCUPATION;
            ck_assert_msg(!isnan(out[i]), "%s, scale %zu: row %zu is no number", where, k, i / width);
            if (share) ck_assert_msg(out[i] >= 0 && out[i] <= 1 + 1e-12, "%s, scale %zu: a share of %g", where, k, out[i]);
            if (scales[k] == MLAB_SCALE_RESTRICTED)
                ck_assert_msg(out[i] >= 0 && out[i] <= times[i % width] * (1 + 1e-9), "%s: %g of %g units of time", where, out[i], times[i % width]);
        }
    }
}

/* Seconds of the processor that a fit may take: none of these inputs is large. */
#define MOST_SECONDS 2.0

static mlab_status fit_input(const input *in, const mlab_model *model, const mlab_fit_options *options, const char *where, mlab_fit **fit,
                             mlab_error *err)
{
    static const char *const x_term[] = {"x"}, *const z_term[] = {"z"};
    world w;
    mlab_random_grouping grouping;
    mlab_formula *one = NULL;
    mlab_design *ones = NULL;
    build(&w, in, model);
    if (frail) build_groups(&w, in, &grouping, &one, &ones);
    w.problem.nominal = x_term;
    w.problem.n_nominal = effects == BY_THRESHOLD || effects == BOTH;
    w.problem.scale = z_term;
    w.problem.n_scale = effects == ON_SCALE || effects == BOTH;
    clock_t began = clock();
    mlab_status status = mlab_fit_problem_fit(&context, model, &w.problem, options, fit, err);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    ck_assert_msg(seconds < MOST_SECONDS, "%s takes %.1f s", where, seconds);
    if (!status && !frail) check_predictions(&w, *fit, where);
    world_free(&w);
    return status;
}

static void check(size_t k, const mlab_model *model, const mlab_fit *standard)
{
    char where[160];
    mlab_fit *fit = NULL;
    mlab_error err = {0};
    mlab_fit_options options = mlab_fit_defaults();
    options.frailty = gamma_law;
    bool known = inputs[k].of & kind_of(model);
    right must = known ? inputs[k].right : SOUND;
    if (frail && (inputs[k].make == one_cluster || inputs[k].make == two_clusters)) must = SOUND; /* its errors are the model's */
    double tolerance = inputs[k].tolerance > 0 ? inputs[k].tolerance : 1e-9;
    static const char *const with[] = {"", ", by threshold", ", on the scale", ", both"};
    snprintf(where, sizeof where, "%s, %s%s%s", inputs[k].name, model->name, with[effects],
             !frail      ? ""
             : gamma_law ? " with a gamma frailty"
                         : " with a normal frailty");
    make_base(&hard);
    if (inputs[k].make) inputs[k].make(&hard);
    mlab_status status = fit_input(&hard, model, &options, where, &fit, &err);
    if (status) {
        ck_assert_msg(must == REFUSED || must == DOUBTED || must == SOUND || must == TIMES, "%s: refused: %s", where, err.sentence);
        ck_assert_msg(strlen(err.sentence) > 20 && !fit, "%s: \"%s\"", where, err.sentence);
        return;
    }
    ck_assert_msg(must != REFUSED, "%s: not refused", where);
    check_numbers(fit, where);
    if (must == DOUBTED) ck_assert_msg(fit->trust != MLAB_TRUSTED, "%s: trusted", where);
    bool judged = fit->trust == standard->trust || fit->trust == MLAB_TOO_FEW_EVENTS || standard->trust == MLAB_TOO_FEW_EVENTS; /* twice the events */
    if (must == SAME || must == TIMES || must == SHIFTED)
        ck_assert_msg(judged || must == TIMES, "%s: %s where the base is %s (%s)", where, mlab_trust_name(fit->trust),
                      mlab_trust_name(standard->trust), fit->reason);
    bool left_out = false; /* so small or so large that its squares are none: said, and not wrong */
    for (size_t j = 0; must == TIMES && j < fit->n_parameters; j++) left_out |= fit->aliased[j];
    if (left_out) ck_assert_msg(strstr(fit->reason, "x was left out: its values go up to"), "%s: left out in silence (%s)", where, fit->reason);
    bool settled = fit->trust != MLAB_NOT_CONVERGED && fit->trust != MLAB_SEPARATED; /* where it stopped is not told */
    if ((must == SAME || must == TIMES) && judged && settled && !left_out) check_same(fit, standard, inputs[k].by, 0, NULL, tolerance, where);
    if (must == SHIFTED && settled) check_same(fit, standard, 1, hard.offsets ? -1 : 0, "(Intercept)", tolerance, where);
    if (must == LEFT_OUT) {
        size_t out = 0;
        for (size_t j = 0; j < fit->n_parameters; j++) out += fit->aliased[j];
        size_t more = fit->n_scale > 0 && fit->aliased[fit->n_parameters - 1]; /* a constant acts on no scale */
        ck_assert_msg(out == fit->n_blocks + more, "%s: %zu columns are left out", where, out);
    }
    mlab_fit_free(fit);
}

START_TEST(hard_inputs_end_in_a_right_answer_or_a_clear_status)
{
    static const mlab_model *const of_times[] = {&mlab_model_cox, &mlab_model_weibull, &mlab_model_loglogistic};
    frail = _i >= n_models; /* normal and gamma by turns */
    gamma_law = frail && (_i - n_models) % 2;
    const mlab_model *model = _i < 0 ? &mlab_model_ordinal : frail ? of_times[(_i - n_models) / 2] : mlab_model_find(mlab_model_name((size_t)_i));
    effects = _i < 0 ? -_i : PLAIN;
    mlab_fit_options options = mlab_fit_defaults();
    options.frailty = gamma_law;
    mlab_fit *standard = NULL;
    mlab_error err = {0};
    if (model->marks & MLAB_MODEL_RATINGS) return; /* test_adversarial_people.c */
    if (strcmp(model->name, "joint") == 0) return; /* test_adversarial_people.c */
    context = mlab_test_context(NULL, 1);
    make_base(&base);
    ck_assert_msg(fit_input(&base, model, &options, model->name, &standard, &err) == MLAB_OK, "%s: %s", model->name, err.sentence);
    check_numbers(standard, model->name);
    for (size_t k = 0; k < N_INPUTS; k++) check(k, model, standard);
    mlab_fit_free(standard);
}
END_TEST

int main(void)
{
    size_t n = 0;
    while (mlab_model_name(n)) n++;
    n_models = (int)n;
    Suite *suite = suite_create("adversarial");
    TCase *tests = tcase_create("adversarial");
    tcase_set_timeout(tests, 300); /* on a machine with other work */
    tcase_add_loop_test(tests, hard_inputs_end_in_a_right_answer_or_a_clear_status, 1 - N_EFFECTS, n_models + 6);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
