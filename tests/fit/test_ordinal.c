/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordinal models with effects by threshold and on the scale: against references made by scripts/reference/ordinal.R, by hand, and where they must say
 * no. */
#include "fit/after/after.h"
#include "fit/reference.h"
#include "mentorlab/store.h"

#include "core/memory.h"

#define REFERENCE "reference/ordinal.csv"

static const char *const output[] = {"none", "one", "few", "many"}, *const ratings[] = {"1", "2", "3", "4", "5"};
static const char *const satisfied[] = {"Low", "Medium", "High"}, *const links[] = {"logit", "probit", "cloglog"};

static study phd(const char *formula)
{
    const char *const columns[] = {"gender", "married", "kids", "prestige", "mentor"};
    study s = open_file(mlab_test_path("reference/phd.csv"));
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < 5; k++) add_column(&s, columns[k], k == 0 ? "female" : NULL);
    cluster_by(&s, "mentor");
    s.category = room(s.n, sizeof *s.category);
    for (size_t i = 0; i < s.n; i++) {
        long articles = strtol(cell(&s, i, "articles"), NULL, 10);
        s.category[i] = articles == 0 ? 0 : articles == 1 ? 1 : articles <= 3 ? 2 : 3;
    }
    respond(&s, 4, output);
    ready(&s, formula);
    return s;
}

static study wine(void)
{
    study s = open_file(mlab_test_path("reference/mixed_wine.csv"));
    context = mlab_test_context(NULL, 2);
    add_column(&s, "temp", "cold");
    add_column(&s, "contact", "no");
    cluster_by(&s, "judge");
    respond_by_text(&s, "rating", ratings, 5);
    ready(&s, "~ temp + contact");
    return s;
}

static study housing(double **weight)
{
    study s = open_file(mlab_test_path("reference/housing.csv"));
    context = mlab_test_context(NULL, 2);
    add_column(&s, "Infl", "Low");
    add_column(&s, "Type", "Tower");
    add_column(&s, "Cont", "Low");
    cluster_by(&s, "row");
    respond_by_text(&s, "Sat", satisfied, 3);
    ready(&s, "~ Infl + Type + Cont");
    *weight = room(s.n, sizeof **weight);
    for (size_t i = 0; i < s.n; i++) (*weight)[i] = strtod(cell(&s, i, "Freq"), NULL);
    s.w.problem.weight = *weight;
    s.w.problem.weights = MLAB_WEIGHTS_FREQUENCY;
    return s;
}

static void effects(study *s, size_t n_nominal, const char *const *nominal, size_t n_scale, const char *const *scale)
{
    s->w.problem.nominal = nominal;
    s->w.problem.n_nominal = n_nominal;
    s->w.problem.scale = scale;
    s->w.problem.n_scale = n_scale;
}

static const char *const gender_kids[] = {"gender", "kids"}, *const gender_prestige[] = {"gender", "prestige"}, *const married[] = {"married"};
static const char *const married_prestige[] = {"married", "prestige"}, *const temp[] = {"temp"}, *const contact[] = {"contact"};

/* Which terms each case of the reference has. */
static void set_case(study *s, const char *kind)
{
    if (!strcmp(kind, "nominal")) effects(s, 2, gender_kids, 0, NULL);
    if (!strcmp(kind, "scale")) effects(s, 0, NULL, 2, gender_prestige);
    if (!strcmp(kind, "both")) effects(s, 1, married, 2, married_prestige);
}

static const char *const kinds[] = {"nominal", "scale", "both"};

START_TEST(effects_by_threshold_and_on_the_scale_agree_with_clm_for_every_link)
{
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + married + kids + prestige + mentor");
    for (size_t k = 0; k < 3; k++)
        for (int link = 0; link < 3; link++) {
            char name[40];
            snprintf(name, sizeof name, "%s_%s", kinds[k], links[link]);
            set_case(&s, kinds[k]);
            options.ordinal_link = link;
            compare(&s, REFERENCE, name, "ordinal", &options);
        }
    close_study(&s);
}
END_TEST

START_TEST(they_agree_with_clm_on_other_sets_and_with_weights)
{
    mlab_fit_options options = mlab_fit_defaults();
    double *weight;
    study s = phd("~ gender + married + prestige + mentor");
    weight = room(s.n, sizeof *weight);
    for (size_t i = 0; i < s.n; i++) weight[i] = strtod(cell(&s, i, "kids"), NULL) + 1;
    s.w.problem.weight = weight;
    s.w.problem.weights = MLAB_WEIGHTS_FREQUENCY;
    effects(&s, 1, gender_kids, 1, married);
    compare(&s, REFERENCE, "weighted_logit", "ordinal", &options);
    free(weight);
    close_study(&s);
    s = wine();
    effects(&s, 1, contact, 0, NULL);
    compare(&s, REFERENCE, "wine_nominal_logit", "ordinal", &options);
    effects(&s, 0, NULL, 1, temp);
    compare(&s, REFERENCE, "wine_scale_logit", "ordinal", &options);
    effects(&s, 1, contact, 1, temp);
    options.ordinal_link = 1;
    compare(&s, REFERENCE, "wine_both_probit", "ordinal", &options);
    close_study(&s);
    s = housing(&weight);
    options.ordinal_link = 0;
    effects(&s, 1, (const char *const[]){"Cont"}, 0, NULL);
    compare(&s, REFERENCE, "housing_nominal_logit", "ordinal", &options);
    effects(&s, 0, NULL, 1, (const char *const[]){"Cont"});
    compare(&s, REFERENCE, "housing_scale_logit", "ordinal", &options);
    free(weight);
    close_study(&s);
}
END_TEST

START_TEST(mean_probabilities_of_the_levels_agree_with_r)
{
    csv table = csv_read(mlab_test_path("reference/ordinal_shares.csv"));
    size_t held = 0;
    study s = phd("~ gender + married + kids + prestige + mentor");
    for (size_t k = 0; k < 3; k++)
        for (int link = 0; link < 3; link++) {
            mlab_fit_options options = mlab_fit_defaults();
            char name[40];
            double mean[4] = {0}, *p = room(s.n, 4 * sizeof *p);
            snprintf(name, sizeof name, "%s_%s", kinds[k], links[link]);
            set_case(&s, kinds[k]);
            options.ordinal_link = link;
            mlab_fit *fit = world_fit(&s.w, &context, "ordinal", &options);
            ck_assert_uint_eq(mlab_predict_width(fit, MLAB_SCALE_RESPONSE), 4);
            ck_assert_uint_eq(mlab_predict_width(fit, MLAB_SCALE_LINK), (k == 1 ? 1U : 3U) + (k > 0));
            ck_assert_int_eq(mlab_predict(&context, fit, s.w.table, NULL, 0, s.n, NULL, NULL, MLAB_SCALE_RESPONSE, p, NULL), MLAB_OK);
            for (size_t i = 0; i < 4 * s.n; i++) mean[i % 4] += p[i] / (double)s.n;
            for (size_t row = 0; row < table.n_rows; row++)
                for (size_t l = 0; l < 4; l++) {
                    if (strcmp(csv_text(&table, row, "case"), name) || strcmp(csv_text(&table, row, "level"), output[l])) continue;
                    ck_near(mean[l], csv_number(&table, row, "share"), 1e-9, 0);
                    held++;
                }
            mlab_fit_free(fit);
            free(p);
        }
    ck_assert_uint_eq(held, 36);
    csv_free(&table);
    close_study(&s);
}
END_TEST

START_TEST(a_fit_read_from_a_results_file_predicts_the_same)
{
    mlab_fit_options options = mlab_fit_defaults();
    char path[4200];
    mlab_error err = {0};
    study s = phd("~ gender + married + kids + prestige + mentor");
    set_case(&s, "both");
    mlab_fit *fit = world_fit(&s.w, &context, "ordinal", &options), **again;
    mlab_results results = {.fits = (const mlab_fit *const[]){fit}, .n_fits = 1};
    size_t n;
    mlab_draws *draws;
    double *p = room(s.n, 4 * sizeof *p), *q = room(s.n, 4 * sizeof *q);
    snprintf(path, sizeof path, "%s/ordinal.h5", mlab_test_folder("ordinal"));
    ck_assert_msg(!mlab_store_write(&context, path, &results, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", &err), "%s",
                  err.sentence);
    ck_assert_msg(!mlab_store_read_fits(&context, path, &again, &n, &draws, &err), "%s", err.sentence);
    ck_assert_uint_eq(again[0]->n_nominal, 1);
    ck_assert_uint_eq(again[0]->n_scale, 2);
    ck_assert_int_eq(mlab_predict(&context, fit, s.w.table, NULL, 0, s.n, NULL, NULL, MLAB_SCALE_RESPONSE, p, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict(&context, again[0], s.w.table, NULL, 0, s.n, NULL, NULL, MLAB_SCALE_RESPONSE, q, NULL), MLAB_OK);
    ck_assert_int_eq(memcmp(p, q, 4 * s.n * sizeof *p), 0);
    free(p);
    free(q);
    mlab_fit_free(again[0]);
    mlab_release(&context, again);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

MLAB_TEST_MAIN("fit/ordinal", effects_by_threshold_and_on_the_scale_agree_with_clm_for_every_link, they_agree_with_clm_on_other_sets_and_with_weights,
               mean_probabilities_of_the_levels_agree_with_r, a_fit_read_from_a_results_file_predicts_the_same)
