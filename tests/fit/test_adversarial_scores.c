/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratings that break models, as numbers: each set ends in a right answer or in a clear status. */
#include "fit/hard_ratings.h"

START_TEST(hard_ratings_end_in_a_right_answer_or_a_clear_status)
{
    levels = false;
    check_all();
}
END_TEST

int main(void)
{
    return mlab_test_run_loop("adversarial_scores", hard_ratings_end_in_a_right_answer_or_a_clear_status, 0, 1, 120);
}
