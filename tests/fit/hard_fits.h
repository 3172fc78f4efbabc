/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hard rows given to a model, with effects by threshold or on the scale or with a frailty, and what is right for each. */
#ifndef MLAB_TESTS_FIT_HARD_FITS_H
#define MLAB_TESTS_FIT_HARD_FITS_H

#include "fit/hard_rows.h"
#include "fit/worlds.h"

static mlab_context context;
static input base, hard;
static char group_names[MOST][8];
static const char *groups[MOST];
static const char *const levels[] = {"a", "b", "c", "d"};

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

static unsigned kind_of(const mlab_model *model)
{
    if (model->marks & MLAB_MODEL_TIMES) return TIMED;
    if (model->marks & MLAB_MODEL_NUMBER) return NUMBERS;
    return model->marks & MLAB_MODEL_THRESHOLDS ? THRESHOLDS : CATEGORIES;
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
    mlab_status status = mlab_fit_problem_fit(&context, model, &w.problem, options, fit, err);
    check_ending(status, *fit, err, where);
    if (!status && !frail) check_predictions(&w, *fit, where);
    world_free(&w);
    mlab_design_free(ones);
    mlab_formula_free(one);
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
        return;
    }
    ck_assert_msg(must != REFUSED, "%s: not refused", where);
    check_numbers(fit, 1e-4, where);
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

/* The base, then every hard input; frail, gamma_law and effects are set. */
static void check_model(const mlab_model *model)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.frailty = gamma_law;
    mlab_fit *standard = NULL;
    mlab_error err = {0};
    context = mlab_test_context(NULL, 1);
    make_base(&base);
    ck_assert_msg(fit_input(&base, model, &options, model->name, &standard, &err) == MLAB_OK, "%s: %s", model->name, err.sentence);
    check_numbers(standard, 1e-4, model->name);
    for (size_t k = 0; k < N_INPUTS; k++) check(k, model, standard);
    mlab_fit_free(standard);
}

#endif
