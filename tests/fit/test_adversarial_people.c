/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that break models, given to those with first values, by an equation of their own or as terms: each ends in a right answer or in a clear
 * status. */
#include "fit/hard_people.h"

START_TEST(hard_inputs_of_people_end_in_a_right_answer_or_a_clear_status)
{
    check_model((size_t)_i);
}
END_TEST

int main(void)
{
    return mlab_test_run_loop("adversarial_people", hard_inputs_of_people_end_in_a_right_answer_or_a_clear_status, 0, N_FIRST, 120);
}
