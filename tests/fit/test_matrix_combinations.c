/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What models take two and three at a time. */
#include "fit/matrix_world.h"

/* Weights by kind x offset x random effects x link. */
START_TEST(every_combination_is_fitted_or_refused_with_a_sentence)
{
    static const char *const rights[] = {RIGHT, "x + offset(z) + cluster(team)", "x + z + (1 | team)", "x + offset(z) + (1 | team)"};
    static const char *const links[] = {"", "logit", "probit", "cloglog"};
    size_t fitted = 0, refused = 0;
    make_world();
    for (size_t k = 0; mlab_model_name(k); k++) {
        const mlab_model *model = mlab_model_find(mlab_model_name(k));
        for (size_t right = 0; right < 4 && tried(model); right++)
            for (size_t link = 0; link < 4; link++)
                for (int kind = 0; kind < 4; kind++) {
                    char text[120];
                    mlab_fit_options options = mlab_fit_defaults();
                    mlab_outcome outcome = outcome_of(model, rights[right], text);
                    outcome.link = (char *)links[link];
                    outcome.weight = kind ? "w" : NULL;
                    outcome.weights = (mlab_weight_kind)kind;
                    bool slow = is(model, "generalised_gamma") || is(model, "spline"); /* a part of them is enough */
                    bool linked = (model->marks & (MLAB_MODEL_SHARE | MLAB_MODEL_THRESHOLDS)) || is(model, "spline");
                    if ((slow && (kind > 1 || right % 2)) || (link > 0 && !linked && (kind || right))) continue;
                    mlab_fit *fit = fit_of(model, &outcome, &options, rights[right]);
                    if (fit) ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->reason[0], "%s, %s: doubted without a reason", model->name, text);
                    if (fit && *links[link]) ck_assert_str_eq(fit->link, links[link]);
                    fitted += fit != NULL;
                    refused += fit == NULL;
                    mlab_fit_free(fit);
                }
    }
    ck_assert_uint_gt(fitted, 100);
    ck_assert_uint_gt(refused, 50);
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("matrix_combinations", every_combination_is_fitted_or_refused_with_a_sentence)
