/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of joint models: they spread as the errors say, effects of people follow their exact distribution, both bootstraps are refits of their own,
 * threads and failed allocations.
 *
 *     draw = parameters of all parts, Lambda ──► v of every person ──► effects of all parts
 */
#include "fit/joint/joint_draws.h"
#include "fit/joint_world.h"
#include "mentorlab/after.h"

static mlab_context context;

typedef struct drawn {
    joint_world w;
    mlab_joint_part_problem parts[2];
    mlab_fit *fit;
    mlab_draws *draws;
} drawn;

/* d stays where it is: what is prepared points into it. */
static void drawn_make(drawn *d, const joint_truth *truth, mlab_joint_effects effects, mlab_draws_kind kind, size_t n)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_error err = {0};
    *d = (drawn){.w = joint_world_make(&context, truth)};
    joint_prepare(&d->w, &context, truth, &options);
    d->fit = joint_world_fit(&d->w, &context, effects, &options);
    d->parts[0] = (mlab_joint_part_problem){d->w.prepared[0], d->w.effects};
    d->parts[1] = (mlab_joint_part_problem){d->w.prepared[1], NULL};
    ck_assert_msg(d->fit->trust == MLAB_TRUSTED, "%s", d->fit->reason);
    mlab_status status = mlab_joint_draw_parts(&context, d->parts, 2, d->fit, kind, n, 99, &d->draws, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
}

static void drawn_free(drawn *d)
{
    mlab_draws_free(d->draws);
    mlab_fit_free(d->fit);
    joint_world_free(&d->w);
}

/* Place of a parameter of the joint fit in the draws. */
static size_t place_of(const drawn *d, const char *name)
{
    const mlab_draws *draws = d->draws;
    for (size_t j = 0; j < draws->n_parameters; j++) {
        const char *own = draws->names[j], *rest = strncmp(own, "together:", 9) ? own : own + 9;
        if (strcmp(rest, name) == 0) return j;
    }
    ck_abort_msg("no draws of %s", name);
    return 0;
}

static void moments(const drawn *d, size_t j, double *mean, double *sd)
{
    const mlab_draws *draws = d->draws;
    double square = 0;
    *mean = 0;
    for (size_t k = 0; k < draws->n_draws; k++) *mean += draws->value[k * draws->n_parameters + j] / (double)draws->n_draws;
    for (size_t k = 0; k < draws->n_draws; k++) square += pow(draws->value[k * draws->n_parameters + j] - *mean, 2);
    *sd = sqrt(square / (double)(draws->n_draws - 1));
}

static const joint_truth plain = {.people = 120, .periods = 6, .seed = 5, .sd = 1, .gain = -0.6, .base = -2.3};

/* Every parameter of the joint fit: its mean within `off` errors of the estimate, its spread within `part` of `error`. */
static void check_spread(const drawn *d, bool of_model, double off, double part)
{
    const mlab_fit *fit = d->fit;
    for (size_t j = 0; j < fit->n_parameters; j++) {
        double mean, sd, error = of_model ? sqrt(fit->covariance[j * (fit->n_parameters + 1)]) : mlab_fit_standard_error(fit, j);
        moments(d, place_of(d, fit->names[j]), &mean, &sd);
        ck_assert_msg(fabs(mean - fit->estimate[j]) <= off * error, "%s: mean %g, estimate %g (%g)", fit->names[j], mean, fit->estimate[j], error);
        ck_assert_msg(fabs(sd / error - 1) <= part, "%s: spread %g, error %g", fit->names[j], sd, error);
    }
}

/* 300 draws: a spread is off by 4.1 % in one standard error; 21 % is five of them, beside what the logarithms bend. */
START_TEST(normal_draws_spread_as_the_robust_errors)
{
    context = mlab_test_context(NULL, 2);
    drawn d;
    drawn_make(&d, &plain, MLAB_JOINT_SHARED, MLAB_DRAWS_NORMAL, 300);
    ck_assert_uint_eq(d.draws->n_outcomes, 3);
    ck_assert_str_eq(d.draws->outcomes[2], "together");
    check_spread(&d, false, 0.25, 0.21);
    size_t one = place_of(&d, "satisfaction:1|2"), two = place_of(&d, "satisfaction:2|3"), sd = place_of(&d, "person(satisfaction)");
    for (size_t k = 0; k < d.draws->n_draws; k++) {
        const double *value = d.draws->value + k * d.draws->n_parameters;
        ck_assert(value[one] < value[two] && value[sd] > 0);
    }
    drawn_free(&d);
}
END_TEST

/* log density of the rows of person g and of v, but for a constant, at the estimates; written a second time. */
static double density(const drawn *d, uint32_t g, double v)
{
    const mlab_fit *fit = d->fit;
    const joint_data *t = &d->w.d;
    double sum = -0.5 * v * v, u = v * fit->estimate[joint_parameter(fit, "person(satisfaction)")];
    double e = v * fit->estimate[joint_parameter(fit, "retention ~ satisfaction")];
    double a = fit->estimate[joint_parameter(fit, "retention:(Intercept)")], b = fit->estimate[joint_parameter(fit, "retention:x")];
    double x = fit->estimate[joint_parameter(fit, "satisfaction:x")], time = fit->estimate[joint_parameter(fit, "satisfaction:time")];
    for (size_t i = 0; i < t->n; i++) {
        if (t->person[i] != g) continue;
        double h = exp(a + b * t->x[i] + e);
        sum += t->cause[i] ? log(-expm1(-h)) : -h;
    }
    for (size_t k = 0; k < t->n_answers; k++) {
        if (t->person_answer[k] != g) continue;
        double eta = x * t->x[t->rows[k]] + time * t->time[t->rows[k]] + u;
        double up = t->level[k] < 4 ? 1 / (1 + exp(eta - fit->estimate[t->level[k]])) : 1;
        double low = t->level[k] > 0 ? 1 / (1 + exp(eta - fit->estimate[t->level[k] - 1])) : 0;
        sum += log(up - low);
    }
    return sum;
}

/* 500 draws at the same parameters: the mean of one is off by 0.045 standard deviations; 5 of these are allowed for 20 people (one of 80,000 runs
 * fails), and 5 of the 3.2 % of a spread. */
START_TEST(effects_of_people_follow_their_distribution_given_the_data)
{
    enum { N = 500 };
    joint_truth t = plain;
    t.people = 60;
    context = mlab_test_context(NULL, 2);
    drawn d;
    drawn_make(&d, &t, MLAB_JOINT_SHARED, MLAB_DRAWS_NORMAL, 2);
    mlab_draws_free(d.draws);
    d.draws = NULL;
    mlab_error err = {0};
    size_t p = d.fit->n_parameters; /* as good as known */
    for (size_t k = 0; k < p * p; k++) d.fit->robust[k] *= 1e-20;
    ck_assert_msg(mlab_joint_draw_parts(&context, d.parts, 2, d.fit, MLAB_DRAWS_NORMAL, N, 3, &d.draws, &err) == MLAB_OK, "%s", err.sentence);
    const mlab_draws_effects *own = &d.draws->effects[0], *other = &d.draws->effects[1];
    double sd_u = d.fit->estimate[joint_parameter(d.fit, "person(satisfaction)")],
           per_sd = d.fit->estimate[joint_parameter(d.fit, "retention ~ satisfaction")];
    ck_assert(own->people && own->tie == other->tie && own->n_normals == 1 && own->n_groups == t.people);
    for (uint32_t g = 0; g < 20; g++) {
        double total = 0, mean = 0, square = 0, drawn_mean = 0, drawn_square = 0;
        for (double v = -8; v <= 8; v += 1.0 / 64) {
            double f = exp(density(&d, g, v) - density(&d, g, 0));
            total += f, mean += f * v, square += f * v * v;
        }
        mean /= total, square = square / total - mean * mean;
        for (size_t k = 0; k < N; k++) {
            double v = own->value[k * own->n_groups + g] / sd_u;
            drawn_mean += v / N, drawn_square += v * v / N;
            ck_near(other->value[k * own->n_groups + g], v * per_sd, 1e-6, 1e-9);
        }
        drawn_square -= drawn_mean * drawn_mean;
        ck_assert_msg(fabs(drawn_mean - mean) <= 5 * sqrt(square / N), "person %u: mean %g, exactly %g", g, drawn_mean, mean);
        ck_assert_msg(fabs(sqrt(drawn_square / square) - 1) <= 0.16, "person %u: spread %g, exactly %g", g, sqrt(drawn_square), sqrt(square));
    }
    ck_near(own->factor[0], sd_u, 1e-6, 0);
    ck_near(other->factor[0], per_sd, 1e-6, 0);
    drawn_free(&d);
}
END_TEST

/* A draw of the bootstrap is the fit to its sample, each copy of a person somebody else. */
START_TEST(a_bootstrap_draw_is_the_fit_to_its_sample)
{
    joint_truth t = plain;
    t.people = 80;
    context = mlab_test_context(NULL, 2);
    drawn d;
    drawn_make(&d, &t, MLAB_JOINT_SHARED, MLAB_DRAWS_BOOTSTRAP, 2);
    mlab_fit_options options = mlab_fit_defaults();
    double count[80];
    mlab_address address = {.seed = 99, .draw = 1, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    mlab_random_sample(&context, &address, 80, count);
    joint_world s = joint_world_make(&context, &t);
    const joint_data *from = &d.w.d;
    size_t n = 0, answers = 0;
    uint32_t copies = 0, *exits = joint_room(from->n * 10, sizeof *exits), *person = joint_room(from->n * 10, sizeof *person);
    int32_t *cause = joint_room(from->n * 10, sizeof *cause), *level = joint_room(from->n * 10, sizeof *level);
    uint32_t *rows = joint_room(from->n * 10, sizeof *rows), *person_answer = joint_room(from->n * 10, sizeof *person_answer);
    for (uint32_t g = 0; g < 80; g++)
        for (int c = 0; c < (int)count[g]; c++, copies++) {
            for (size_t i = 0; i < from->n; i++)
                if (from->person[i] == g) exits[n] = (uint32_t)i, cause[n] = from->cause[i], person[n++] = copies;
            for (size_t k = 0; k < from->n_answers; k++)
                if (from->person_answer[k] == g) rows[answers] = from->rows[k], level[answers] = from->level[k], person_answer[answers++] = copies;
        }
    s.exits.problem.rows = exits, s.exits.problem.n = n, s.exits.problem.category = cause, s.exits.problem.cluster = person;
    s.answers.problem.rows = rows, s.answers.problem.n = answers, s.answers.problem.category = level, s.answers.problem.cluster = person_answer;
    joint_prepare(&s, &context, &t, &options);
    mlab_fit *again = joint_world_fit(&s, &context, MLAB_JOINT_SHARED, &options);
    for (size_t j = 0; j < again->n_parameters; j++) {
        double value = d.draws->value[d.draws->n_parameters + place_of(&d, again->names[j])];
        ck_assert_msg(fabs(value - again->estimate[j]) <= 1e-5 * sqrt(again->covariance[j * (again->n_parameters + 1)]), "%s: %.10g, fitted %.10g",
                      again->names[j], value, again->estimate[j]);
    }
    mlab_fit_free(again);
    joint_world_free(&s);
    void *const memory[] = {exits, person, cause, level, rows, person_answer};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) free(memory[k]);
    drawn_free(&d);
}
END_TEST

/* 40 refits each: a spread is off by 11 %; four of these, and what small samples and people who are seen for less time add, are allowed. */
START_TEST(refits_spread_as_the_errors)
{
    context = mlab_test_context(NULL, 2);
    for (int k = 0; k < 2; k++) {
        joint_truth t = plain;
        t.people = 150, t.gaussian = true;
        drawn d;
        drawn_make(&d, &t, MLAB_JOINT_SHARED, k ? MLAB_DRAWS_PARAMETRIC : MLAB_DRAWS_BOOTSTRAP, 40);
        ck_assert_int_eq(d.draws->kind, k ? MLAB_DRAWS_PARAMETRIC : MLAB_DRAWS_BOOTSTRAP);
        check_spread(&d, k, 0.8, 0.5);
        drawn_free(&d);
    }
}
END_TEST

/* Whoever is drawn to leave has no later rows, of hazard or answers; levels and numbers come out as the fit says. */
START_TEST(drawn_people_leave_once_and_answer_no_more)
{
    context = mlab_test_context(NULL, 1);
    joint_truth t = plain;
    t.people = 250, t.base = -1.5;
    drawn d;
    drawn_make(&d, &t, MLAB_JOINT_SHARED, MLAB_DRAWS_NORMAL, 2);
    mlab_joint_model *m, *drawn_model;
    mlab_joint_simulated *s;
    ck_assert_int_eq(mlab_joint_make(&context, d.parts, 2, MLAB_JOINT_SHARED, &m, NULL), MLAB_OK);
    ck_assert(mlab_joint_nodes(m, 15));
    double *psi = joint_room(m->n_parameters, sizeof *psi), *placed = joint_room(m->n_people * 4, sizeof *placed);
    memcpy(psi, d.fit->estimate, m->n_parameters * sizeof *psi);
    mlab_joint_inward(m, psi);
    mlab_joint_drawing drawing = {.context = &context, .model = m, .fit = d.fit, .n = m->n_parameters, .psi = psi, .placed = placed};
    ck_assert_int_eq(mlab_joint_simulated_make(&drawing, &s, NULL), MLAB_OK);
    double events = 0, left = 0, low = 0, answers = 0, expected = 0;
    for (uint32_t k = 0; k < 20; k++) {
        mlab_address address = {.seed = 5, .draw = k, .purpose = MLAB_PURPOSE_BOOTSTRAP};
        ck_assert_int_eq(mlab_joint_simulated_draw(s, &address, &drawn_model, NULL), MLAB_OK);
        const mlab_joint_rows *exits = &drawn_model->parts[1], *of = &drawn_model->parts[0];
        for (size_t g = 0; g < m->n_people; g++) {
            ck_assert(exits->first[g + 1] > exits->first[g]);
            for (size_t i = exits->first[g]; i + 1 < exits->first[g + 1]; i++) ck_assert_int_eq(exits->category[i], 0);
            left += exits->category[exits->first[g + 1] - 1] != 0;
        }
        for (size_t i = 0; i < of->n; i++) low += of->category[i] == 0;
        answers += (double)of->n;
    }
    for (size_t i = 0; i < d.w.d.n; i++) events += d.w.d.cause[i] != 0;
    for (size_t i = 0; i < d.w.d.n_answers; i++) expected += d.w.d.level[i] == 0;
    ck_assert(left / 20 < events && left / 20 > 0.6 * events); /* seen for less time */
    ck_near(low / answers, expected / (double)d.w.d.n_answers, 0.15, 0);
    mlab_joint_simulated_free(s);
    mlab_joint_model_free(m);
    free(psi);
    free(placed);
    drawn_free(&d);
}
END_TEST

/* A draw of the fit predicts: intervals by draws are near those of the delta method. */
START_TEST(parts_are_predicted_with_intervals_by_draws)
{
    context = mlab_test_context(NULL, 2);
    drawn d;
    drawn_make(&d, &plain, MLAB_JOINT_SHARED, MLAB_DRAWS_NORMAL, 150);
    for (size_t r = 0; r < 2; r++) {
        const mlab_fit *part = d.fit->joint->parts[r];
        const mlab_table *table = r ? d.w.exits.table : d.w.answers.table;
        mlab_prediction_request request = {.table = table, .n = 3, .scale = MLAB_SCALE_RESPONSE, .level = 0.95, .averaged = r == 0};
        double value[15], se[15], lower[15], upper[15], delta[15], delta_se[15];
        mlab_error err = {0};
        ck_assert_msg(!mlab_predict_intervals_drawn(&context, part, d.draws, r, &request, value, se, lower, upper, &err), "%s", err.sentence);
        ck_assert_int_eq(mlab_predict_intervals(&context, part, &request, delta, delta_se, NULL, NULL, NULL), MLAB_OK);
        for (size_t k = 0; k < 3 * mlab_predict_width(part, MLAB_SCALE_RESPONSE); k++) {
            ck_near(value[k], delta[k], 1e-12, 0);
            ck_assert(lower[k] < value[k] && value[k] < upper[k]);
            ck_near(se[k], delta_se[k], 0.3, 0);
        }
    }
    drawn_free(&d);
}
END_TEST

START_TEST(threads_do_not_change_a_draw)
{
    joint_truth t = plain;
    t.people = 80, t.two_causes = true;
    for (int kind = 0; kind < 3; kind++) {
        static const mlab_draws_kind kinds[] = {MLAB_DRAWS_NORMAL, MLAB_DRAWS_BOOTSTRAP, MLAB_DRAWS_PARAMETRIC};
        static const int threads[] = {1, 2, 7};
        drawn d[3];
        for (int k = 0; k < 3; k++) {
            context = mlab_test_context(NULL, threads[k]);
            drawn_make(&d[k], &t, MLAB_JOINT_SHARED, kinds[kind], 3);
            const mlab_draws *a = d[0].draws, *b = d[k].draws;
            ck_assert_int_eq(memcmp(a->value, b->value, 3 * a->n_parameters * sizeof(double)), 0);
            for (size_t r = 0; r < 2; r++) {
                size_t n = a->effects[r].n;
                ck_assert_uint_eq(n, r + 1);
                ck_assert_int_eq(memcmp(a->effects[r].value, b->effects[r].value, 3 * 80 * n * sizeof(double)), 0);
                ck_assert_int_eq(memcmp(a->effects[r].factor, b->effects[r].factor, 3 * n * sizeof(double)), 0);
            }
        }
        for (int k = 0; k < 3; k++) drawn_free(&d[k]);
    }
}
END_TEST

START_TEST(fits_that_are_not_to_be_trusted_are_not_drawn)
{
    context = mlab_test_context(NULL, 1);
    joint_truth t = plain;
    t.people = 60;
    drawn d;
    drawn_make(&d, &t, MLAB_JOINT_SHARED, MLAB_DRAWS_NORMAL, 2);
    mlab_draws *draws;
    mlab_error err = {0};
    d.fit->trust = MLAB_ON_BOUNDARY;
    ck_assert_int_eq(mlab_joint_draw_parts(&context, d.parts, 2, d.fit, MLAB_DRAWS_NORMAL, 2, 1, &draws, &err), MLAB_ERR_FIT_DRAWS);
    ck_assert_ptr_nonnull(strstr(err.sentence, "no draws can be made"));
    d.fit->trust = MLAB_TRUSTED;
    ck_assert_int_eq(mlab_joint_draw_parts(&context, d.parts, 2, d.fit, MLAB_DRAWS_FIXED, 2, 1, &draws, &err), MLAB_ERR_ARGUMENT);
    ck_assert_int_eq(mlab_joint_draw_parts(&context, d.parts, 2, d.fit->joint->parts[0], MLAB_DRAWS_NORMAL, 2, 1, &draws, &err), MLAB_ERR_FIT_DRAWS);
    d.fit->robust[0] = 0;
    ck_assert_int_eq(mlab_joint_draw_parts(&context, d.parts, 2, d.fit, MLAB_DRAWS_NORMAL, 2, 1, &draws, &err), MLAB_ERR_FIT_COVARIANCE);
    ck_assert_ptr_null(draws);
    drawn_free(&d);
}
END_TEST

START_TEST(any_allocation_of_draws_may_fail)
{
    mlab_test_memory memory = {0};
    joint_truth t = plain;
    t.people = 40;
    mlab_context counting = mlab_test_context(&memory, 1);
    for (int kind = 0; kind < 3; kind++) {
        static const mlab_draws_kind kinds[] = {MLAB_DRAWS_NORMAL, MLAB_DRAWS_BOOTSTRAP, MLAB_DRAWS_PARAMETRIC};
        drawn d;
        context = mlab_test_context(NULL, 1);
        drawn_make(&d, &t, MLAB_JOINT_SHARED, MLAB_DRAWS_NORMAL, 1);
        mlab_status status = MLAB_ERR_MEMORY;
        for (long k = 1; status != MLAB_OK; k++) {
            mlab_draws *draws;
            mlab_error err = {0};
            memory.calls = 0, memory.fail_at = k;
            status = mlab_joint_draw_parts(&counting, d.parts, 2, d.fit, kinds[kind], 1, 1, &draws, &err);
            ck_assert_msg(status == MLAB_OK || (status == MLAB_ERR_MEMORY && !draws), "%ld: %s", k, err.sentence);
            mlab_draws_free(draws);
            ck_assert_int_eq(memory.live, 0);
            ck_assert_int_lt((int)k, 2000);
        }
        memory.fail_at = 0;
        drawn_free(&d);
    }
}
END_TEST

MLAB_TEST_MAIN("joint draws", refits_spread_as_the_errors, drawn_people_leave_once_and_answer_no_more, parts_are_predicted_with_intervals_by_draws,
               threads_do_not_change_a_draw, fits_that_are_not_to_be_trusted_are_not_drawn, any_allocation_of_draws_may_fail,
               normal_draws_spread_as_the_robust_errors, effects_of_people_follow_their_distribution_given_the_data,
               a_bootstrap_draw_is_the_fit_to_its_sample)
