/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forty firms: the mean bias of every coefficient and contrast is within t Monte Carlo errors of 0, t for a joint false-alarm rate
 * of 1 % over all of them; Student's t, because the Monte Carlo error is itself estimated from forty firms. The whole study (1,000 and 400 firms) is
 * made by scripts/coverage. */
#include "statistical/firms.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>

enum { FIRMS = 40, CLOCK_FIRMS = 6 };

static void mean_bias_is_small(firm_study study, int64_t people, int64_t bootstrap, int firms, firm_verdict *verdicts, size_t *n_verdicts)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_plan plan;
    mlab_error err = {0};
    size_t n = 0, got = 0;
    firm_number *numbers = calloc((size_t)firms * FIRM_MAX_NUMBERS, sizeof *numbers);
    ck_assert_ptr_nonnull(numbers);
    ck_assert_msg(firm_plan_start(&plan, &context, study, people, bootstrap, &err) == MLAB_OK, "%s", err.sentence);
    for (uint64_t seed = 1; seed <= (uint64_t)firms; seed++) {
        ck_assert_msg(firm_numbers(&plan, &context, seed, numbers + n, &got, &err) == MLAB_OK, "firm %d: %s", (int)seed, err.sentence);
        ck_assert_uint_gt(got, 0);
        n += got;
    }
    *n_verdicts = firm_verdicts(numbers, n, verdicts, FIRM_MAX_NUMBERS);
    firm_plan_end(&plan);
    free(numbers);
}

static void judge(const firm_verdict *verdicts, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        double t = firm_t(0.01, n, verdicts[k].firms);
        ck_assert_uint_eq(verdicts[k].failed, 0);
        ck_assert_msg(fabs(verdicts[k].bias) <= t * verdicts[k].bias_error, "%s: bias %g, Monte Carlo error %g, t %g", verdicts[k].name,
                      verdicts[k].bias, verdicts[k].bias_error, t);
    }
}

START_TEST(coefficients_of_forty_firms_have_no_bias_that_can_be_seen)
{
    firm_verdict verdicts[FIRM_MAX_NUMBERS];
    size_t n;
    mean_bias_is_small(FIRM_COEFFICIENTS, 0, 0, FIRMS, verdicts, &n);
    ck_assert_uint_ge(n, 40);
    judge(verdicts, n);
}
END_TEST

START_TEST(contrasts_of_forty_firms_have_no_bias_that_can_be_seen)
{
    firm_verdict verdicts[FIRM_MAX_NUMBERS];
    size_t n;
    mean_bias_is_small(FIRM_CONTRASTS, 0, 20, FIRMS, verdicts, &n);
    ck_assert_uint_ge(n, 12);
    judge(verdicts, n);
}
END_TEST

/* No effect is true. The state at the start finds none; the other codings do, by far more than their Monte Carlo error. */
START_TEST(the_clock_finds_no_effect_where_there_is_none_and_wrong_clocks_do)
{
    firm_verdict verdicts[FIRM_MAX_NUMBERS];
    size_t n;
    mean_bias_is_small(FIRM_CLOCK, 20000, 0, CLOCK_FIRMS, verdicts, &n);
    ck_assert_uint_eq(n, 2 * FIRM_N_CODINGS);
    judge(verdicts, 2);
    for (size_t k = 2; k < n; k++)
        ck_assert_msg(fabs(verdicts[k].bias) > 3 * verdicts[k].bias_error, "%s: bias %g, Monte Carlo error %g", verdicts[k].name, verdicts[k].bias,
                      verdicts[k].bias_error);
}
END_TEST

MLAB_TEST_MAIN("truth", coefficients_of_forty_firms_have_no_bias_that_can_be_seen, contrasts_of_forty_firms_have_no_bias_that_can_be_seen,
               the_clock_finds_no_effect_where_there_is_none_and_wrong_clocks_do)
