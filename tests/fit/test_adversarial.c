/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that break models, given to every model that takes rows on their own, but those of times (test_adversarial_times.c): each ends in the right
 * answer or in a clear status. */
#include "fit/hard_fits.h"

START_TEST(hard_inputs_end_in_a_right_answer_or_a_clear_status)
{
    const mlab_model *model = _i < 0 ? &mlab_model_ordinal : mlab_model_find(mlab_model_name((size_t)_i));
    effects = _i < 0 ? -_i : PLAIN;
    if (model->marks & MLAB_MODEL_TIMES) return;
    if (model->marks & MLAB_MODEL_RATINGS) return; /* test_adversarial_levels.c, test_adversarial_scores.c */
    if (strcmp(model->name, "joint") == 0) return; /* test_adversarial_joint.c */
    check_model(model);
}
END_TEST

int main(void)
{
    size_t n = 0;
    while (mlab_model_name(n)) n++;
    return mlab_test_run_loop("adversarial", hard_inputs_end_in_a_right_answer_or_a_clear_status, 1 - N_EFFECTS, (int)n, 300);
}
