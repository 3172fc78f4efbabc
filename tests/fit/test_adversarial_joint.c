/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that break models, given to joint models: each ends in a right answer or in a clear status. */
#include "fit/hard_people.h"

START_TEST(hard_inputs_of_people_end_in_a_right_answer_or_a_clear_status)
{
    check_model((size_t)_i);
}
END_TEST

int main(void)
{
    return mlab_test_run_loop("adversarial_joint", hard_inputs_of_people_end_in_a_right_answer_or_a_clear_status, N_FIRST, N_MODELS, 120);
}
