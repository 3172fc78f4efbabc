/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A joint model from the study file: fitted, stored, read back, told; and parts that cannot be tied, each refused where it stands. */
#include "support/support.h"

#include "study/firm.h"
#include "study/inside.h"

#include "core/memory.h"
#include "core/random.h"

#include <math.h>

static mlab_context context;

static mlab_study *run(const char *joint, mlab_stage last, mlab_findings *findings, mlab_status *status, mlab_error *err)
{
    mlab_study *study = NULL;
    char with[600];
    snprintf(with, sizeof with, "  satisfaction: {formula: \"satisfaction ~ arm + grade\"}\n  %s\n", joint);
    firm_write_with(&context, "  satisfaction: {formula: \"satisfaction ~ arm + grade\"}\n", with);
    mlab_findings_start(findings, &context);
    *status = mlab_study_open(&context, firm_path, NULL, 0, firm_folder, findings, &study, err);
    if (!*status) *status = mlab_study_run(study, last, false, NULL, NULL, findings, err);
    return study;
}

static void same_numbers(const double *a, const double *b, size_t n)
{
    ck_assert_int_eq(memcmp(a, b, n * sizeof *a), 0);
}

/* The fit as it was stored: without what it says of single people. */
static void compare_read(const mlab_fit *fit, const mlab_fit *read)
{
    const mlab_joint *a = fit->joint, *b = read->joint;
    ck_assert_str_eq(read->model, "joint");
    ck_assert_str_eq(read->formula, "satisfaction, retention");
    same_numbers(fit->estimate, read->estimate, fit->n_parameters);
    same_numbers(fit->random->covariance, read->random->covariance, fit->random->n * fit->random->n);
    ck_assert_ptr_nonnull(fit->random->mode);
    ck_assert_ptr_null(read->random->mode);
    ck_assert_ptr_nonnull(b);
    ck_assert(a->effects == b->effects && a->n_nodes == b->n_nodes && a->level == b->level);
    ck_assert_uint_eq(b->n_associations, a->n_associations);
    for (size_t k = 0; k < a->n_associations; k++) {
        char *one, *other;
        ck_assert_str_eq(a->associations[k].block, b->associations[k].block);
        ck_assert(a->associations[k].per_sd == b->associations[k].per_sd && b->associations[k].absence);
        ck_assert_int_eq(mlab_joint_sentence(fit, k, &one, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_joint_sentence(read, k, &other, NULL), MLAB_OK);
        ck_assert_str_eq(one, other);
        ck_assert_ptr_nonnull(strstr(one, "that retention ends"));
        mlab_joint_text_free(fit, one);
        mlab_joint_text_free(read, other);
    }
    ck_assert_uint_eq(b->n_parts, 2);
    for (size_t r = 0; r < 2; r++) {
        ck_assert_str_eq(a->parts[r]->outcome, b->parts[r]->outcome);
        same_numbers(a->parts[r]->estimate, b->parts[r]->estimate, a->parts[r]->n_parameters);
        ck_assert_ptr_null(b->parts[r]->random->mode);
    }
}

static void compare_predictions(const mlab_data *data, const mlab_fit *fit, const mlab_fit *read)
{
    double one[20], other[20];
    for (size_t r = 0; r < 2; r++) {
        const mlab_fit *a = fit->joint->parts[r], *b = read->joint->parts[r];
        ck_assert_int_eq(mlab_predict(&context, a, data->panel->rows, NULL, 0, 3, NULL, NULL, MLAB_SCALE_RESPONSE, one, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_predict(&context, b, data->panel->rows, NULL, 0, 3, NULL, NULL, MLAB_SCALE_RESPONSE, other, NULL), MLAB_OK);
        same_numbers(one, other, 3 * mlab_predict_width(a, MLAB_SCALE_RESPONSE));
        ck_assert_int_eq(mlab_predict_averaged(&context, b, data->panel->rows, NULL, 0, 3, NULL, NULL, MLAB_SCALE_RESPONSE, NULL, 0, other, NULL),
                         MLAB_OK);
    }
}

START_TEST(a_joint_model_is_fitted_stored_and_told)
{
    mlab_findings findings;
    mlab_error err = {0};
    mlab_status status;
    char path[4400], *page;
    context = mlab_test_context(NULL, 2);
    firm_make(&context);
    mlab_study *study = run("wellbeing: {model: joint, of: [satisfaction, retention]}", MLAB_STAGE_FIT, &findings, &status, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    const mlab_results *results = mlab_study_results(study);
    ck_assert_uint_eq(results->n_fits, 4);
    const mlab_fit *fit = results->fits[3];
    ck_assert_str_eq(fit->outcome, "wellbeing");
    ck_assert_uint_eq(fit->joint->n_associations, 2);
    mlab_fit **fits;
    size_t n;
    snprintf(path, sizeof path, "%s/results.h5", firm_folder);
    ck_assert_msg(mlab_store_read_fits(&context, path, &fits, &n, NULL, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(n, 4);
    compare_read(fit, fits[3]);
    compare_predictions(mlab_study_data(study), fit, fits[3]);
    for (size_t k = 0; k < n; k++) mlab_fit_free(fits[k]);
    mlab_release(&context, fits);
    mlab_report_options options = mlab_report_defaults();
    ck_assert_int_eq(mlab_report_page(&context, mlab_study_report(study), &options, &page, &err), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(page, "What goes together in people of wellbeing"));
    ck_assert_ptr_nonnull(strstr(page, "stands one standard deviation above what their covariates say"));
    mlab_report_text_free(&context, page);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

/* Answers that differ between people: the generated firm has none. Level 1 to 5 by a number of the person, and one of the answer. */
static void write_answers(void)
{
    static char text[400000], path[4400];
    size_t n = 0;
    mlab_error err;
    n += (size_t)snprintf(text, sizeof text, "id,date,satisfaction\n");
    for (uint32_t i = 1; i <= 200; i++)
        for (uint32_t year = 2021; year <= 2024; year++)
            for (uint32_t month = 2; month <= 11; month += 3) {
                mlab_address address = {.seed = 7, .entity = i, .purpose = MLAB_PURPOSE_TEST};
                double u = 1.5 * mlab_random_normal(&address, 0);
                address.period = (uint16_t)(year * 12 + month);
                double answer = floor(3.5 + u + mlab_random_normal(&address, 0));
                n += (size_t)snprintf(text + n, sizeof text - n, "SIM%07u,%u-%02u-14,%d\n", i, year, month, (int)fmin(fmax(answer, 1), 5));
            }
    snprintf(path, sizeof path, "%s/surveys.csv", firm_folder);
    ck_assert_int_eq(mlab_os_write_file(&context, path, text, n, false, &err), MLAB_OK);
}

static void drawn_as(const mlab_study *study, mlab_draws_kind kind)
{
    const mlab_draws *draws = mlab_study_results(study)->draws;
    ck_assert_ptr_nonnull(draws);
    ck_assert_int_eq(draws->kind, kind);
    ck_assert_uint_eq(draws->n_outcomes, 4);
    ck_assert_str_eq(draws->outcomes[0], "promotion");
    ck_assert_str_eq(draws->outcomes[1], "satisfaction");
    ck_assert_str_eq(draws->outcomes[2], "retention");
    ck_assert_str_eq(draws->outcomes[3], "wellbeing");
    ck_assert_uint_eq(draws->n_effects, 2);
    ck_assert(draws->effects[0].tie > 0 && draws->effects[0].tie == draws->effects[1].tie && draws->effects[0].outcome == 1);
}

/* The parts of a joint model drive the simulation; what was stored is what a second run starts from. */
/* Lines of rows: for their person they are predictions at the person's effect, on average those over all people. */
static void compare_rows(const mlab_study *study, const mlab_fit *fit, mlab_group_effects effects)
{
    const mlab_data *data = mlab_study_data(study);
    const mlab_fit *part = fit->joint->parts[1];
    const mlab_predict_spec spec = {.n_draws = 100, .seed = 2};
    const double year[] = {4};
    const mlab_predict_outcome wish = {.scale = MLAB_SCALE_INCIDENCE, .times = (double *)year, .n_times = 1};
    mlab_row_predictions *p;
    mlab_error err = {0};
    mlab_status status = mlab_predict_joint_rows(&context, data, study->joints, study->outcomes, study->n_outcomes, &study->fit_options, fit, 1,
                                                 &wish, &spec, effects, &p, &err);
    ck_assert_msg(!status, "%s", err.sentence);
    ck_assert_uint_eq(p->n_rows, part->n_rows);
    ck_assert_uint_eq(p->width, 2);
    ck_assert_ptr_nonnull(p->se);
    ck_assert(p->drawn == (effects != MLAB_EFFECTS_TYPICAL));
    for (size_t i = 0; i < p->n_rows; i += 97) {
        double expected[2], effect[2] = {0};
        size_t g = 0;
        while (fit->influence_id[g] != data->panel->person[p->row[i]]) g++;
        for (size_t k = 0; k < 2 && effects == MLAB_EFFECTS_OWN; k++) effect[k] = part->random->mode[g * 2 + k];
        status = effects == MLAB_EFFECTS_AVERAGED ? mlab_predict_averaged(&context, part, data->panel->rows, p->row + i, 0, 1, NULL, NULL,
                                                                          MLAB_SCALE_INCIDENCE, year, 1, expected, &err)
                                                  : mlab_predict_conditional(&context, part, data->panel->rows, p->row + i, 0, 1, NULL, NULL, effect,
                                                                             MLAB_SCALE_INCIDENCE, year, 1, expected, &err);
        ck_assert_msg(!status, "%s", err.sentence);
        for (size_t k = 0; k < 2; k++) {
            ck_near(p->value[2 * i + k], expected[k], 1e-12, 0);
            ck_assert(p->se[2 * i + k] > 0 && p->lower[2 * i + k] <= p->value[2 * i + k] && p->value[2 * i + k] <= p->upper[2 * i + k]);
        }
    }
    mlab_row_predictions_free(p);
}

START_TEST(parts_are_predicted_from_the_study_file)
{
    mlab_findings findings;
    mlab_error err = {0};
    mlab_status status;
    char path[4400], *page, *told;
    context = mlab_test_context(NULL, 2);
    firm_make(&context);
    write_answers();
    mlab_study *study =
        run("wellbeing: {model: joint, of: [satisfaction, retention]}\n"
            "predict: {draws: 100, profiles: {low: {grade: 1}, high: {grade: 2}}, reference: low, rows: people, outcomes: {retention: "
            "{scale: incidence, times: {months: [12]}}}}",
            MLAB_STAGE_FIT, &findings, &status, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    const mlab_fit *fit = mlab_study_results(study)->fits[3];
    const mlab_after *after = fit->joint->parts[1]->after;
    ck_assert_uint_eq(after->n_predictions, 8); /* two causes: two levels, a difference, a ratio */
    ck_assert_str_eq(after->predictions[0].stated_unit, "months");
    ck_assert(after->predictions[0].lower > 0 && after->predictions[0].se > 0);
    mlab_fit **fits;
    size_t n;
    snprintf(path, sizeof path, "%s/results.h5", firm_folder);
    ck_assert_msg(mlab_store_read_fits(&context, path, &fits, &n, NULL, &err) == MLAB_OK, "%s", err.sentence);
    const mlab_after *read = fits[3]->joint->parts[1]->after;
    ck_assert_uint_eq(read->n_predictions, 8);
    for (size_t k = 0; k < 8; k++)
        ck_assert(read->predictions[k].value == after->predictions[k].value && read->predictions[k].upper == after->predictions[k].upper);
    for (size_t k = 0; k < n; k++) mlab_fit_free(fits[k]);
    mlab_release(&context, fits);
    mlab_report_options options = mlab_report_defaults();
    ck_assert_int_eq(mlab_report_page(&context, mlab_study_report(study), &options, &page, &err), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(page, "of retention, as a part of wellbeing"));
    mlab_report_text_free(&context, page);
    for (int effects = MLAB_EFFECTS_OWN; effects <= MLAB_EFFECTS_TYPICAL; effects++) compare_rows(study, fit, (mlab_group_effects)effects);
    mlab_prediction_files files = {.outcome = "wellbeing:retention", .effects = MLAB_EFFECTS_OWN};
    ck_assert_msg(mlab_study_predictions(study, &files, &told, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(strstr(told, "predictions_wellbeing_retention.csv: incidence of ") && strstr(told, "rows of retention, as a part of wellbeing") &&
                      strstr(told, "errors by draws"),
                  "%s", told);
    mlab_study_text_free(study, told);
    files.file = "both.csv";
    files.outcome = "wellbeing";
    ck_assert_int_eq(mlab_study_predictions(study, &files, &told, &err), MLAB_ERR_OPTION);
    ck_assert_msg(strstr(err.sentence, "wellbeing:satisfaction, wellbeing:retention"), "%s", err.sentence);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(a_joint_model_drives_the_simulation)
{
    static const char *const kinds[] = {"normal", "bootstrap"};
    context = mlab_test_context(NULL, 2);
    for (int k = 0; k < 2; k++) {
        mlab_findings findings;
        mlab_error err = {0};
        mlab_status status;
        char more[300];
        firm_make(&context);
        write_answers();
        snprintf(more, sizeof more, "wellbeing: {model: joint, of: [satisfaction, retention], simulate: yes}\nfit: {draws: %s}", kinds[k]);
        mlab_study *study = run(more, MLAB_STAGE_SIMULATE, &findings, &status, &err);
        ck_assert_msg(status == MLAB_OK, "%s %s", err.sentence, findings.n ? findings.items[findings.n - 1].sentence : "");
        drawn_as(study, k ? MLAB_DRAWS_BOOTSTRAP : MLAB_DRAWS_NORMAL);
        const mlab_outcomes *first = mlab_study_results(study)->outcomes;
        ck_assert_ptr_nonnull(first);
        size_t n = first->n_scenarios * first->n_draws * first->n_replicates * first->n_periods * first->n_groups;
        mlab_study *again;
        char path[4400];
        snprintf(path, sizeof path, "%s/.mentorlab/simulate.h5", firm_folder);
        ck_assert_int_eq(remove(path), 0);
        ck_assert_int_eq(mlab_study_open(&context, firm_path, NULL, 0, firm_folder, &findings, &again, &err), MLAB_OK);
        ck_assert_msg(mlab_study_run(again, MLAB_STAGE_SIMULATE, false, NULL, NULL, &findings, &err) == MLAB_OK, "%s", err.sentence);
        const mlab_outcomes *second = mlab_study_results(again)->outcomes;
        for (int m = 0; m < MLAB_N_METRICS; m++) ck_assert_mem_eq(first->value[m], second->value[m], n * sizeof(float));
        mlab_study_free(again);
        mlab_study_free(study);
        mlab_findings_free(&findings);
    }
}
END_TEST

/* No number of what goes together is shown. */
START_TEST(numbers_of_a_doubted_joint_model_are_not_shown)
{
    mlab_findings findings;
    mlab_error err = {0};
    mlab_status status;
    char *page, *table;
    context = mlab_test_context(NULL, 2);
    firm_make(&context);
    mlab_study *study = run("wellbeing: {model: joint, of: [satisfaction, retention]}", MLAB_STAGE_FIT, &findings, &status, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    mlab_fit *fit = (mlab_fit *)mlab_study_results(study)->fits[3];
    ck_assert(mlab_joint_told(fit) && !mlab_joint_hides(fit, fit->n_parameters - 1));
    fit->trust = MLAB_ON_BOUNDARY;
    for (size_t j = 0; j < fit->n_parameters; j++) ck_assert_int_eq(mlab_joint_hides(fit, j), strstr(fit->names[j], " ~ ") != NULL);
    ck_assert(!mlab_joint_hides_effect(fit, 0) && mlab_joint_hides_effect(fit, 1) && !mlab_joint_told(fit));
    mlab_report_options options = mlab_report_defaults();
    ck_assert_int_eq(mlab_report_page(&context, mlab_study_report(study), &options, &page, &err), MLAB_OK);
    table = strstr(page, "What goes together in people of wellbeing");
    ck_assert_ptr_nonnull(table);
    ck_assert_ptr_nonnull(strstr(table, "cannot be told"));
    mlab_report_text_free(&context, page);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

/* Column `skip` of every seventh person becomes empty. */
static void empty_some(size_t skip)
{
    static char text[200000], out[200000], path[4400];
    size_t n, at = 0, line = 0;
    snprintf(path, sizeof path, "%s/people.csv", firm_folder);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    for (size_t i = 0, column = 0; i < n; i++) {
        if (text[i] == ',') column++;
        if (text[i] == '\n') column = 0, line++;
        if (column == skip && line > 0 && line % 7 == 0 && text[i] != ',' && text[i] != '\n') continue;
        out[at++] = text[i];
    }
    mlab_error err;
    ck_assert_int_eq(mlab_os_write_file(&context, path, out, at, false, &err), MLAB_OK);
}

/* Pooled: estimates are the mean of those of the completed data, variances hold what lies between; parts and associations follow. */
START_TEST(a_joint_model_of_imputed_data_is_pooled)
{
    enum { M = 3 };
    mlab_findings findings;
    mlab_error err = {0};
    mlab_status status;
    context = mlab_test_context(NULL, 2);
    firm_make(&context);
    write_answers();
    empty_some(5);
    mlab_study *study = run("mood: {from: satisfaction, model: ordinal, formula: \"satisfaction ~ arm + department\"}\n  wellbeing: {model: joint, "
                            "of: [mood, retention]}\nfit: {imputations: 3, imputation_rounds: 2}",
                            MLAB_STAGE_FIT, &findings, &status, &err);
    ck_assert_msg(status == MLAB_OK, "%s %s", err.sentence, findings.n ? findings.items[findings.n - 1].sentence : "");
    const mlab_results *results = mlab_study_results(study);
    const mlab_fit *told = results->fits[results->n_fits - 1];
    ck_assert_str_eq(told->model, "joint");
    ck_assert_int_eq(told->n_imputations, M);
    ck_assert_ptr_nonnull(strstr(told->imputed, "department"));
    const mlab_data *data = mlab_study_data(study);
    char of_mood[] = "satisfaction ~ arm + department", of_exit[] = "exit ~ arm + grade", ordinal[] = "ordinal", hazard[] = "hazard";
    char mood[] = "satisfaction", retention[] = "retention", together[] = "together", *of[] = {mood, retention};
    mlab_outcome outcomes[] = {{.name = mood, .kind = MLAB_OUTCOME_ORDINAL, .better = 1, .model = ordinal, .formula = of_mood},
                               {.name = retention, .kind = MLAB_OUTCOME_EVENT, .better = 1, .absence = true, .model = hazard, .formula = of_exit}};
    mlab_joint_outcome joint = {.name = together, .of = of, .n_of = 2};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_imputation *imputation;
    mlab_fit *pooled, *each[M];
    ck_assert_msg(!mlab_impute(&context, data, outcomes, 2, M, 2, 9, &imputation, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_fit_joint_imputed(&context, data, &joint, outcomes, 2, &options, imputation, &pooled, &err), "%s", err.sentence);
    for (int k = 0; k < M; k++) {
        mlab_completed *completed;
        ck_assert_int_eq(mlab_impute_complete(&context, data, imputation, k, &completed, &err), MLAB_OK);
        ck_assert_msg(!mlab_fit_joint(&context, &completed->data, &joint, outcomes, 2, &options, &each[k], &err), "%s", err.sentence);
        mlab_completed_free(&context, completed);
    }
    size_t p = pooled->n_parameters, part = pooled->joint->parts[0]->n_parameters;
    bool grown = false;
    for (size_t j = 0; j < p; j++) {
        double mean = 0, within = 0, between = 0;
        for (int k = 0; k < M; k++) mean += each[k]->estimate[j] / M, within += each[k]->robust[j * p + j] / M;
        for (int k = 0; k < M; k++) between += pow(each[k]->estimate[j] - mean, 2) / (M - 1);
        ck_assert_double_eq_tol(pooled->estimate[j], mean, 1e-9);
        ck_assert_double_eq_tol(pooled->robust[j * p + j], within + (1 + 1.0 / M) * between, 1e-9);
        grown = grown || between > 0.01 * within;
    }
    ck_assert(grown);
    for (size_t j = 0; j < part; j++) ck_assert_double_eq(pooled->joint->parts[0]->estimate[j], pooled->estimate[j]);
    for (size_t a = 0; a < pooled->joint->n_associations; a++) {
        const mlab_association *of_it = &pooled->joint->associations[a];
        ck_assert_double_eq_tol(of_it->per_sd, pooled->estimate[of_it->parameter], 1e-9);
        ck_assert_double_eq_tol(of_it->per_sd_se, mlab_fit_standard_error(pooled, of_it->parameter), 1e-9);
    }
    for (size_t g = 0; g < 5; g++) {
        double mean = 0;
        for (int k = 0; k < M; k++) mean += each[k]->random->mode[g * pooled->random->n] / M;
        ck_assert_double_eq_tol(pooled->random->mode[g * pooled->random->n], mean, 1e-9);
    }
    for (size_t e = 0; e < pooled->random->n; e++) { /* the second and third are near 0, so none is a logarithm */
        double mean = 0, within = 0, between = 0;
        for (int k = 0; k < M; k++) mean += each[k]->random->sd[e] / M, within += pow(each[k]->random->sd_se[e], 2) / M;
        for (int k = 0; k < M; k++) between += pow(each[k]->random->sd[e] - mean, 2) / (M - 1);
        ck_assert(e == 0 || each[0]->random->sd[e] < 2 * each[0]->random->sd_se[e]);
        ck_assert_double_eq_tol(pooled->random->sd[e], mean, 1e-12);
        ck_assert_double_eq_tol(pooled->random->sd_se[e], sqrt(within + (1 + 1.0 / M) * between), 1e-12);
    }
    ck_assert_double_eq(pooled->joint->parts[0]->random->sd[0], pooled->random->sd[0]);
    mlab_fit_free(pooled);
    for (int k = 0; k < M; k++) mlab_fit_free(each[k]);
    mlab_imputation_free(imputation);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(a_last_value_beside_effects_of_people_is_doubted)
{
    mlab_findings findings;
    mlab_error err = {0};
    mlab_status status;
    context = mlab_test_context(NULL, 2);
    firm_make(&context);
    mlab_study *study = run("mood: {model: ordinal, formula: \"satisfaction ~ satisfaction_last + arm\"}\n  wellbeing: {model: joint, of: "
                            "[mood, retention]}",
                            MLAB_STAGE_FIT, &findings, &status, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    const mlab_results *results = mlab_study_results(study);
    const mlab_fit *fit = results->fits[results->n_fits - 1];
    ck_assert_str_eq(fit->model, "joint");
    ck_assert_msg(strstr(fit->reason, "satisfaction_last and the effect of each person share") && strstr(fit->reason, "wooldridge"), "%s",
                  fit->reason);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

/* Line 15 of the study file is that of the joint model. */
static const struct {
    const char *joint;
    uint32_t column;
    const char *says;
} wrong[] = {
    {"wellbeing: {model: joint, of: [satisfaction, retenton]}", 48, "did you mean 'retention'?"},
    {"wellbeing: {model: joint, of: [satisfaction, satisfaction]}", 48, "stands twice"},
    {"wellbeing: {model: joint, of: [satisfaction]}", 3, "write 2 to 8 outcomes"},
    {"wellbeing: {model: joint}", 3, "has 0 parts"},
    {"wellbeing: {model: joint, of: [satisfaction, wellbeing]}", 48, "joint model itself"},
    {"wellbeing: {model: joint, of: [satisfaction, retention], formula: \"satisfaction ~ arm\"}", 69, "belongs to its parts"},
    {"wellbeing: {model: joint, of: [satisfaction, retention], effects: his}", 69, "shared"},
    {"mood: {model: ordinal, formula: \"satisfaction ~ arm + (1 | department)\"}\n  wellbeing: {model: joint, of: [mood, retention]}", 34,
     "random effects of other groups than people"},
    {"gone: {model: hazard, formula: \"exit ~ arm + (1 | person)\"}\n  wellbeing: {model: joint, of: [satisfaction, gone]}", 48, "effects: own"},
    {"gone: {model: cox, formula: \"exit ~ arm\"}\n  wellbeing: {model: joint, of: [satisfaction, gone]}", 48, "has model cox"},
    {"one: {model: joint, of: [satisfaction, retention], simulate: yes}\n  wellbeing: {model: joint, of: [satisfaction, promotion], simulate: yes}",
     34, "is simulated by one already"},
    {"gone: {model: hazard, formula: \"exit ~ arm\", effects: own}", 57, "belongs to a joint model"},
    {"gone: {model: hazard, formula: \"exit ~ arm\", weights: {column: tenure, kind: sampling}}\n  wellbeing: {model: joint, of: [satisfaction, "
     "gone]}",
     48, "must be those of all its parts"},
};

START_TEST(parts_that_cannot_be_tied_are_refused_where_they_stand)
{
    context = mlab_test_context(NULL, 1);
    firm_make(&context);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        mlab_findings findings;
        mlab_error err = {0};
        mlab_status status;
        mlab_study *study = run(wrong[k].joint, MLAB_STAGE_FIT, &findings, &status, &err);
        uint64_t line = strchr(wrong[k].joint, '\n') ? 16 : 15;
        bool seen = false;
        char found[600] = "";
        ck_assert_int_eq(status, MLAB_ERR_STUDY_REJECTED);
        for (size_t f = 0; f < findings.n; f++) {
            const mlab_finding *finding = &findings.items[f];
            if (finding->severity != MLAB_SEVERITY_STOP) continue;
            const mlab_place *place = &finding->occurrences[0].place;
            snprintf(found, sizeof found, "%d:%d %s", (int)place->line, (int)place->column, finding->sentence);
            seen = seen || (place->line == line && place->column == wrong[k].column && strstr(finding->sentence, wrong[k].says));
        }
        ck_assert_msg(seen, "%s: %s", wrong[k].joint, found);
        mlab_study_free(study);
        mlab_findings_free(&findings);
    }
}
END_TEST

MLAB_TEST_MAIN("study/joint", a_joint_model_is_fitted_stored_and_told, parts_are_predicted_from_the_study_file, a_joint_model_drives_the_simulation,
               a_joint_model_of_imputed_data_is_pooled, numbers_of_a_doubted_joint_model_are_not_shown,
               a_last_value_beside_effects_of_people_is_doubted, parts_that_cannot_be_tied_are_refused_where_they_stand)
