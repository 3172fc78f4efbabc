/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models against R: Rossi et al. 1980, Long 1990, and the turnover data where MLAB_TEST_DATA leads to them. References are made by
 * scripts/reference/fit.R. */
#include "fit/reference.h"

static void binomial(study *s, const char *reference)
{
    mlab_fit_options options = mlab_fit_defaults();
    compare(s, reference, "logit", "logit", &options);
    compare(s, reference, "cloglog", "cloglog", &options);
    compare(s, reference, "cloglog", "hazard", &options); /* one cause, whole periods */
    options.information = 1;
    compare(s, reference, "cloglog_expected", "cloglog", &options);
}

static const char *const zero_one[] = {"0", "1"}, *const one_cause[] = {"none", "left"}, *const two_causes[] = {"none", "first", "second"};

/* --- Rossi ------------------------------------------------------------------------------------------------------- */

#define ROSSI "reference/rossi.csv"

static study rossi(const char *const *columns, size_t n)
{
    study s = open_file(mlab_test_path(ROSSI));
    ck_assert_uint_eq(s.n, 432);
    for (size_t k = 0; k < n; k++) add_column(&s, columns[k], NULL);
    return s;
}

static study rossi_periods(bool causes)
{
    study s = open_file(mlab_test_path(ROSSI));
    double week[432];
    int32_t cause[432];
    for (size_t i = 0; i < 432; i++) {
        week[i] = strtod(cell(&s, i, "week"), NULL);
        cause[i] = (int32_t)strtol(cell(&s, i, "cause"), NULL, 10);
        if (!causes) cause[i] = cause[i] > 0;
    }
    split_periods(&s, week, cause, 5);
    const char *const columns[] = {"fin", "age", "race", "prio"};
    for (size_t k = 0; k < 4; k++) add_column(&s, columns[k], NULL);
    respond(&s, causes ? 3 : 2, causes ? two_causes : one_cause);
    return s;
}

START_TEST(binomial_models_agree_on_rossi)
{
    context = mlab_test_context(NULL, 2);
    const char *const columns[] = {"fin", "age", "race", "prio"};
    study s = rossi(columns, 4);
    respond_by_text(&s, "arrest", zero_one, 2);
    cluster_by(&s, "educ");
    ready(&s, "~ fin + age + race + prio");
    binomial(&s, "reference/fit_rossi.csv");
    close_study(&s);
}
END_TEST

START_TEST(hazards_with_parts_of_periods_agree_on_rossi)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    study s = rossi_periods(false);
    ready(&s, "~ fin + age + race + prio + period");
    compare(&s, "reference/fit_rossi.csv", "hazard", "hazard", &options);
    close_study(&s);
}
END_TEST

START_TEST(competing_hazards_agree_on_rossi)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    study s = rossi_periods(true);
    ready(&s, "~ fin + age + race + prio + period");
    compare(&s, "reference/fit_rossi.csv", "competing", "hazard", &options);
    close_study(&s);
}
END_TEST

START_TEST(levels_of_schooling_agree_on_rossi)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    static const char *const educ[] = {"2", "3", "4", "5", "6"};
    const char *const columns[] = {"fin", "age", "prio", "race", "educ"};
    study s = rossi(columns, 5);
    respond_by_text(&s, "educ", educ, 5);
    cluster_by(&s, "prio");
    ready(&s, "~ fin + age + prio");
    compare(&s, "reference/fit_rossi.csv", "multinomial", "multinomial", &options);
    close_study(&s);
    s = rossi(columns, 5);
    respond_by_text(&s, "educ", educ, 5);
    cluster_by(&s, "prio");
    ready(&s, "~ fin + age + prio + race");
    compare(&s, "reference/fit_rossi.csv", "ordinal", "ordinal", &options);
    close_study(&s);
    s = rossi(columns, 5);
    respond_number(&s, "prio");
    cluster_by(&s, "educ");
    ready(&s, "~ fin + age + race + educ");
    compare(&s, "reference/fit_rossi.csv", "linear", "linear", &options);
    close_study(&s);
}
END_TEST

/* --- biochemists -------------------------------------------------------------------------------------------------- */

static const char *const output[] = {"none", "one", "few", "many"};

static study phd(const char *cluster)
{
    const char *const columns[] = {"gender", "married", "kids", "prestige", "mentor"};
    study s = open_file(mlab_test_path("reference/phd.csv"));
    ck_assert_uint_eq(s.n, 915);
    for (size_t k = 0; k < 5; k++) add_column(&s, columns[k], k == 0 ? "female" : NULL);
    s.category = room(s.n, sizeof *s.category);
    for (size_t i = 0; i < s.n; i++) {
        long articles = strtol(cell(&s, i, "articles"), NULL, 10);
        s.category[i] = articles == 0 ? 0 : articles == 1 ? 1 : articles <= 3 ? 2 : 3;
    }
    cluster_by(&s, cluster);
    return s;
}

START_TEST(articles_of_biochemists_agree)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("mentor");
    respond(&s, 4, output);
    ready(&s, "~ gender + married + kids + prestige + mentor");
    compare(&s, "reference/fit_phd.csv", "multinomial", "multinomial", &options);
    compare(&s, "reference/fit_phd.csv", "ordinal", "ordinal", &options);
    for (size_t i = 0; i < s.n; i++) s.category[i] = s.category[i] > 0;
    s.w.problem.n_categories = 2;
    binomial(&s, "reference/fit_phd.csv");
    close_study(&s);
    s = phd("kids");
    respond_number(&s, "articles");
    ready(&s, "~ gender + married + kids + prestige + mentor");
    compare(&s, "reference/fit_phd.csv", "linear", "linear", &options);
    close_study(&s);
}
END_TEST

/* --- turnover ------------------------------------------------------------------------------------------------------ */

static bool turnover_path(char *path, size_t size)
{
    const char *folder = getenv("MLAB_TEST_DATA");
    if (folder) snprintf(path, size, "%s/employee-turnover/turnover.csv", folder);
    FILE *file = folder ? fopen(path, "r") : NULL;
    if (file) fclose(file);
    if (!file) printf("SKIPPED models on the turnover data: MLAB_TEST_DATA does not lead to employee-turnover/turnover.csv\n");
    return file;
}

static void turnover_columns(study *s)
{
    const char *const columns[] = {"coach", "age", "gender", "industry", "traffic", "greywage"};
    for (size_t k = 0; k < 6; k++) add_column(s, columns[k], k == 0 ? "no" : NULL);
}

static study turnover_periods(const char *path, bool causes)
{
    study s = open_file(path);
    double *days = room(s.n, sizeof *days);
    int32_t *cause = room(s.n, sizeof *cause);
    for (size_t i = 0; i < s.n; i++) {
        days[i] = round(strtod(cell(&s, i, "stag"), NULL) * 30.4375);
        cause[i] = strtol(cell(&s, i, "event"), NULL, 10) == 0 ? 0 : !causes || !strcmp(cell(&s, i, "way"), "bus") ? 1 : 2;
    }
    split_periods(&s, days, cause, 180);
    free(days);
    free(cause);
    turnover_columns(&s);
    respond(&s, causes ? 3 : 2, causes ? two_causes : one_cause);
    return s;
}

START_TEST(models_agree_on_turnover)
{
    char path[4096];
    static const char *const ways[] = {"bus", "car", "foot"}, *const paces[] = {"a", "b", "c", "d"};
    const char *const reference = "reference/fit_turnover.csv";
    mlab_fit_options options = mlab_fit_defaults();
    if (!turnover_path(path, sizeof path)) return;
    context = mlab_test_context(NULL, 2);
    study s = open_file(path);
    turnover_columns(&s);
    respond_by_text(&s, "event", zero_one, 2);
    cluster_by(&s, "profession");
    ready(&s, "~ coach + age + gender + industry + traffic + greywage");
    binomial(&s, reference);
    close_study(&s);
    for (int causes = 0; causes < 2; causes++) {
        s = turnover_periods(path, causes);
        ready(&s, "~ coach + age + gender + greywage + period");
        compare(&s, reference, causes ? "competing" : "hazard", "hazard", &options);
        close_study(&s);
    }
    s = open_file(path);
    turnover_columns(&s);
    respond_by_text(&s, "way", ways, 3);
    cluster_by(&s, "profession");
    ready(&s, "~ age + gender + greywage");
    compare(&s, reference, "multinomial", "multinomial", &options);
    close_study(&s);
    s = open_file(path);
    turnover_columns(&s);
    s.category = room(s.n, sizeof *s.category);
    for (size_t i = 0; i < s.n; i++) {
        double independ = strtod(cell(&s, i, "independ"), NULL);
        s.category[i] = (independ > 4) + (independ > 5.5) + (independ > 7);
    }
    respond(&s, 4, paces);
    respond_number(&s, "selfcontrol");
    cluster_by(&s, "profession");
    ready(&s, "~ coach + age + gender + industry");
    compare(&s, reference, "ordinal", "ordinal", &options);
    compare(&s, reference, "linear", "linear", &options);
    close_study(&s);
}
END_TEST

MLAB_TEST_MAIN("reference", binomial_models_agree_on_rossi, hazards_with_parts_of_periods_agree_on_rossi, competing_hazards_agree_on_rossi,
               levels_of_schooling_agree_on_rossi, articles_of_biochemists_agree, models_agree_on_turnover)
