/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that break models, given to models of times with a normal or a gamma frailty: each ends in the right answer or in a clear status. */
#include "fit/hard_fits.h"

static const mlab_model *const of_times[] = {&mlab_model_cox, &mlab_model_weibull, &mlab_model_loglogistic};

START_TEST(hard_times_with_a_frailty_end_in_a_right_answer_or_a_clear_status)
{
    frail = true;
    gamma_law = _i % 2;
    check_model(of_times[_i / 2]);
}
END_TEST

int main(void)
{
    return mlab_test_run_loop("adversarial_frailty", hard_times_with_a_frailty_end_in_a_right_answer_or_a_clear_status, 0, 6, 300);
}
