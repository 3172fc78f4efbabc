/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that break models, given to every model of times without a frailty: each ends in the right answer or in a clear status. */
#include "fit/hard_fits.h"

START_TEST(hard_times_end_in_a_right_answer_or_a_clear_status)
{
    const mlab_model *model = mlab_model_find(mlab_model_name((size_t)_i));
    if (model->marks & MLAB_MODEL_TIMES) check_model(model);
}
END_TEST

int main(void)
{
    size_t n = 0;
    while (mlab_model_name(n)) n++;
    return mlab_test_run_loop("adversarial_times", hard_times_end_in_a_right_answer_or_a_clear_status, 0, (int)n, 300);
}
