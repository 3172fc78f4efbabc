/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnoses of fits with a frailty: R's test of proportional hazards, groups that decide, residuals and risks of right and wrong worlds.
 *
 *   60 groups of 6; log hazards differ by 0.8; times Weibull (shape 1.4), x 0.7; wrong: x acts before day 25 alone */
#include "fit/frailty_groups.h"
#include "mentorlab/after.h"

#include "core/random.h"

static const mlab_diagnosis *find(const mlab_fit *fit, const char *what, const char *about)
{
    for (size_t k = 0; fit->after && k < fit->after->n_diagnoses; k++) {
        const mlab_diagnosis *d = &fit->after->diagnoses[k];
        if (!strcmp(d->what, what) && (!about || !strcmp(d->about, about))) return d;
    }
    return NULL;
}

/* cox.zph of survival 3.5.3 for coxph(..., ties = "breslow") with frailty(group, dist = "gamma", method = "em", eps = 1e-10), by
 * scripts/reference/frailty_zph.R; chi-squares. R takes fewer than one degree of freedom each for them, so that its p-values are smaller. */
START_TEST(proportional_hazards_are_tested_given_the_frailties_as_in_r)
{
    groups g = open_groups("reference/kidney.csv", kidney_columns, 5);
    options.diagnose = true;
    mlab_fit *fit = fit_of(&g, "event(time, status) ~ age + female + (1 | group)", "gamma");
    const mlab_diagnosis *age = find(fit, "proportional hazards", "age"), *female = find(fit, "proportional hazards", "female");
    ck_assert(age && female && !age->doubt && !female->doubt);
    ck_near(age->statistic, 0.06005636558, 1e-3, 0);
    ck_near(female->statistic, 2.73864347830, 1e-4, 0);
    ck_near(find(fit, "proportional hazards", "")->statistic, 2.95289765351, 1e-4, 0);
    ck_assert(strstr(find(fit, "proportional hazards", "group")->sentence, "tested within group") != NULL);
    mlab_fit_free(fit);
    close_study(&g.s);
    g = open_groups("reference/rats.csv", rats_columns, 5);
    options.diagnose = true;
    fit = fit_of(&g, "event(time, status) ~ rx + (1 | group)", "gamma");
    ck_near(find(fit, "proportional hazards", "rx")->statistic, 3.859986937, 1e-4, 0);
    mlab_fit_free(fit);
    close_study(&g.s);
}
END_TEST

enum { GROUPS = 60, EACH = 6, N = GROUPS * EACH };

static groups made(bool wrong, bool outlier)
{
    static double group[N], time[N], status[N], x[N];
    mlab_address at = {.seed = 8, .purpose = MLAB_PURPOSE_TEST};
    context = mlab_test_context(NULL, 2);
    options = mlab_fit_defaults();
    options.ties = 1;
    options.diagnose = true;
    for (uint32_t i = 0; i < N; i++) {
        at.entity = 100000 + i / EACH;
        double u = 0.8 * mlab_random_normal(&at, 0), left, day;
        at.entity = i;
        group[i] = i / EACH;
        x[i] = mlab_random_normal(&at, 0);
        left = -log(mlab_random_uniform(&at, 4)) * exp(-u);
        day = 40 * pow(left * exp(wrong ? -1.5 * x[i] : -0.7 * x[i]), 1 / 1.4);
        if (wrong && day > 25) day = 40 * pow(left - (exp(1.5 * x[i]) - exp(-0.5 * x[i])) * pow(25 / 40.0, 1.4), 1 / 1.4) * exp(0.5 * x[i] / 1.4);
        if (!(day > 0)) day = 25;
        double limit = 30 + 90 * mlab_random_uniform(&at, 5);
        time[i] = ceil(fmin(day, limit));
        status[i] = day <= limit;
        if (outlier && i < EACH) { /* one group against all others */
            x[i] = i % 2 ? 6 : 0;
            time[i] = i % 2 ? 110 + i : 3;
            status[i] = i % 2 == 0;
        }
    }
    groups g = {0};
    world_real(&g.s.w, &context, "group", group, N);
    world_real(&g.s.w, &context, "time", time, N);
    world_real(&g.s.w, &context, "status", status, N);
    world_real(&g.s.w, &context, "x", x, N);
    g.data = (mlab_data){.context = &context, .people = g.s.w.table, .person_level = true};
    return g;
}

/* Each of three fits has six findings, of which one in 100 or 1,000 would doubt a right model; the seed is fixed. */
START_TEST(a_right_model_is_called_right)
{
    static const char *const models[] = {"cox", "weibull", "weibull"}, *const laws[] = {"gamma", "gamma", "normal"};
    groups g = made(false, false);
    for (size_t k = 0; k < 3; k++) {
        model_name = models[k];
        mlab_fit *fit = fit_of(&g, "event(time, status) ~ x + (1 | group)", laws[k]);
        ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
        for (size_t d = 0; d < fit->after->n_diagnoses; d++)
            ck_assert_msg(!fit->after->diagnoses[d].doubt, "%s: %s", models[k], fit->after->diagnoses[d].sentence);
        const mlab_diagnosis *c = find(fit, "discrimination", NULL), *residual = find(fit, "residuals", NULL), *group = find(fit, "influence", NULL);
        ck_assert(c && c->statistic > 0.58 && c->statistic < 0.75 && strstr(c->sentence, "of groups it has not seen"));
        ck_assert(residual && residual->p > 0.01);
        ck_assert(group && group->statistic < 0.6 && strstr(group->sentence, "single group of group"));
        ck_assert(find(fit, "prediction", NULL) && find(fit, "calibration by group", NULL));
        mlab_fit_free(fit);
    }
    model_name = "cox";
    world_free(&g.s.w);
}
END_TEST

START_TEST(hazards_that_change_and_groups_that_decide_are_found)
{
    groups g = made(true, false);
    mlab_fit *fit = fit_of(&g, "event(time, status) ~ x + (1 | group)", "gamma");
    const mlab_diagnosis *d = find(fit, "proportional hazards", "x");
    ck_assert_msg(d && d->doubt && d->p < 1e-4, "%s", d ? d->sentence : "none");
    mlab_fit_free(fit);
    world_free(&g.s.w);
    static const char *const models[] = {"cox", "weibull"};
    g = made(false, true);
    for (size_t k = 0; k < 2; k++) {
        model_name = models[k];
        fit = fit_of(&g, "event(time, status) ~ x + (1 | group)", "gamma");
        d = find(fit, "influence", NULL);
        ck_assert_msg(d && d->doubt && d->statistic > 1 && strstr(d->sentence, "groups of group move"), "%s", d ? d->sentence : "none");
        mlab_fit_free(fit);
    }
    model_name = "cox";
    world_free(&g.s.w);
}
END_TEST

START_TEST(few_groups_are_told_and_any_allocation_may_fail)
{
    static const double group[] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5},
                        x[] = {0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1};
    double time[18], status[18];
    for (size_t i = 0; i < 18; i++) {
        time[i] = (double)(2 + (i * 7) % 17 + 4 * (i / 9));
        status[i] = i % 6 != 5;
    }
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    options = mlab_fit_defaults();
    options.diagnose = true;
    groups g = {0};
    world_real(&g.s.w, &context, "group", group, 18);
    world_real(&g.s.w, &context, "time", time, 18);
    world_real(&g.s.w, &context, "status", status, 18);
    world_real(&g.s.w, &context, "x", x, 18);
    g.data = (mlab_data){.context = &context, .people = g.s.w.table, .person_level = true};
    static const char *const models[] = {"cox", "weibull"};
    for (size_t k = 0; k < 2; k++) {
        mlab_status status_of = MLAB_ERR_MEMORY;
        long live = memory.live;
        model_name = models[k];
        for (long at = 1; status_of == MLAB_ERR_MEMORY && at < 4000; at += at < 300 ? 1 : 7) {
            mlab_fit *fit;
            memory.calls = 0;
            memory.fail_at = at;
            status_of = fit_into(&g, "event(time, status) ~ x + (1 | group)", "gamma", &fit, NULL);
            memory.fail_at = 0;
            mlab_fit_free(fit);
            ck_assert_int_eq(memory.live, live);
        }
        ck_assert_int_eq(status_of, MLAB_OK);
    }
    model_name = "cox";
    world_free(&g.s.w);
}
END_TEST

MLAB_TEST_MAIN("frailty_diagnose", proportional_hazards_are_tested_given_the_frailties_as_in_r, a_right_model_is_called_right,
               hazards_that_change_and_groups_that_decide_are_found, few_groups_are_told_and_any_allocation_may_fail)
