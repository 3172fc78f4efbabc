/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint models and several ratings on real data, through a study file: a trial of mentoring of small firms (profits by wave and who stays to the end;
 * Brooks, Donovan & Johnson 2018, CC BY 4.0), and four questions on satisfaction of the research software survey of 2016 and 2017 (CC BY 2.5). Both
 * are read where MLAB_TEST_DATA leads to them; nothing of them is kept. */
#include "mentorlab.h"

#include "core/memory.h"
#include "core/os.h"
#include "support/support.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 12, CELL = 60, MOST = 1 << 19 };

static mlab_context context;
static char folder[4200], people[MOST], answers[MOST];
static size_t n_people, n_answers;

static void add(char *text, size_t *n, const char *line)
{
    ck_assert_uint_lt(*n + strlen(line) + 1, MOST);
    memcpy(text + *n, line, strlen(line) + 1);
    *n += strlen(line);
}

/* The first cells of a line. */
static void split(const char *line, char (*cell)[CELL])
{
    size_t k = 0, n = 0;
    bool quoted = false;
    memset(cell, 0, CELLS * sizeof *cell);
    for (; *line && *line != '\n' && k < CELLS; line++) {
        if (*line == '"')
            quoted = !quoted;
        else if (*line == ',' && !quoted)
            k++, n = 0;
        else if (n + 1 < CELL)
            cell[k][n++] = *line;
    }
}

static FILE *open_real(const char *name)
{
    char path[4200];
    const char *below = getenv("MLAB_TEST_DATA");
    if (!below) {
        fprintf(stderr, "SKIPPED: %s: MLAB_TEST_DATA is not set\n", name);
        return NULL;
    }
    snprintf(path, sizeof path, "%s/%s", below, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    return file;
}

static void write_file(const char *name, const char *text)
{
    char path[4300];
    mlab_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(mlab_os_write_file(&context, path, text, strlen(text), false, &err) == MLAB_OK, "%s", err.sentence);
}

/* The last fit of the study; the study stays open. */
static const mlab_fit *fit_study(const char *text, mlab_study **study)
{
    char path[4300];
    mlab_findings findings;
    mlab_error err = {0};
    write_file("study.yaml", text);
    snprintf(path, sizeof path, "%s/study.yaml", folder);
    mlab_findings_start(&findings, &context);
    mlab_status status = mlab_study_open(&context, path, NULL, 0, folder, &findings, study, &err);
    if (!status) status = mlab_study_run(*study, MLAB_STAGE_FIT, false, NULL, NULL, &findings, &err);
    ck_assert_msg(status == MLAB_OK, "%s %s", err.sentence, findings.n ? findings.items[0].sentence : "");
    mlab_findings_free(&findings);
    const mlab_results *results = mlab_study_results(*study);
    return results->fits[results->n_fits - 1];
}

/* --- firms in a trial ------------------------------------------------------------------------------------------------ */

static void put_day(double months, int later, char into[24])
{
    static const int32_t start = 16375; /* 2014-11-01, days since 1970 */
    int32_t day = start + (int32_t)lround(months * 30.4375) + later;
    int64_t z = day + 719468, era = z / 146097, doe = z - era * 146097, yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
    snprintf(into, 24, "%d-%02d-%02d", (int)(yoe + era * 400 + (month <= 2)), (int)month, (int)(doy - (153 * mp + 2) / 5 + 1));
}

static void close_firm(int id, const char *group, double wave, double months)
{
    char left[24] = "", line[200];
    if (id < 0) return;
    if (wave < 7) put_day(months, 20, left);
    snprintf(line, sizeof line, "F%d,2014-08-01,%s,%s,%s\n", id, left, *left ? "voluntary" : "", group);
    add(people, &n_people, line);
}

/* Firms stand one after the other, waves rising. */
static void read_trial(FILE *file)
{
    static const char *const groups[] = {"control", "class", "mentee"};
    char line[4096], cell[CELLS][CELL], group[20] = "";
    int id = -1;
    double wave = 0, months = 0;
    add(people, &n_people, "id,hired,left,exit_reason,group\n");
    add(answers, &n_answers, "id,date,profit\n");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        char day[24], out[120];
        split(line, cell);
        if (strtod(cell[1], NULL) <= 0 || !cell[8][0]) continue;
        if ((int)strtod(cell[0], NULL) != id) {
            close_firm(id, group, wave, months);
            id = (int)strtod(cell[0], NULL);
            snprintf(group, sizeof group, "%s", groups[(int)strtod(cell[4], NULL) - 2]);
        }
        wave = strtod(cell[1], NULL);
        months = strtod(cell[2], NULL);
        put_day(months, 0, day);
        snprintf(out, sizeof out, "F%d,%s,%.4f\n", id, day, log1p(strtod(cell[8], NULL)));
        add(answers, &n_answers, out);
    }
    close_firm(id, group, wave, months);
}

START_TEST(profits_and_staying_of_a_trial_in_one_likelihood)
{
    mlab_study *study;
    FILE *file = open_real("kenya-mentor-trial/BDJ_Dandora_Data.csv");
    if (!file) return;
    context = mlab_test_context(NULL, 2);
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("trial"));
    n_people = n_answers = 0;
    read_trial(file);
    fclose(file);
    write_file("people.csv", people);
    write_file("surveys.csv", answers);
    const mlab_fit *fit = fit_study("title: A trial\nas_of: 2016-05-01\n"
                                    "data:\n  people: {file: people.csv}\n  columns: {group: {type: factor}}\n"
                                    "  surveys: {file: surveys.csv, measures: {profit: profit}}\n"
                                    "events:\n  exit: {voluntary: [voluntary]}\n"
                                    "panel: {period: month, from: 2014-11-01, to: 2016-04-30}\n"
                                    "outcomes:\n  profit: {kind: number, model: linear, formula: \"profit ~ group + (1 | person)\"}\n"
                                    "  retention: {model: hazard, formula: \"exit ~ group\", causes: [voluntary]}\n"
                                    "  both: {model: joint, of: [profit, retention]}\n",
                                    &study);
    ck_assert_str_eq(fit->model, "joint");
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    ck_assert_uint_eq(fit->n_people, 372);
    const mlab_fit *alone = mlab_study_results(study)->fits[0];
    ck_near(fit->random->sd[0], alone->random->sd[0], 0.05, 0); /* leaving says little more of profits */
    const mlab_association *of = &fit->joint->associations[0];
    ck_near(of->per_sd, 0.24, 0, 0.02);
    ck_assert_double_lt(fabs(of->per_sd), 2 * of->per_sd_se);
    char *sentence;
    ck_assert_int_eq(mlab_joint_sentence(fit, 0, &sentence, NULL), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(sentence, "do not show whether"));
    mlab_joint_text_free(fit, sentence);
    mlab_study_free(study);
    /* who leaves once tells of no effect of their own: it ends at 0, and the fit says so */
    fit = fit_study("title: A trial\nas_of: 2016-05-01\n"
                    "data:\n  people: {file: people.csv}\n  columns: {group: {type: factor}}\n"
                    "  surveys: {file: surveys.csv, measures: {profit: profit}}\n"
                    "events:\n  exit: {voluntary: [voluntary]}\n"
                    "panel: {period: month, from: 2014-11-01, to: 2016-04-30}\n"
                    "outcomes:\n  profit: {kind: number, model: linear, formula: \"profit ~ group\"}\n"
                    "  retention: {model: hazard, formula: \"exit ~ group\", causes: [voluntary]}\n"
                    "  both: {model: joint, of: [profit, retention], effects: own}\n",
                    &study);
    ck_assert_msg(strstr(fit->reason, "person(retention) is 0"), "%s", fit->reason);
    mlab_study_free(study);
}
END_TEST

/* --- a survey -------------------------------------------------------------------------------------------------------- */

static int level_of(const char *answer)
{
    static const char *const labels[] = {"strongly disagree", "disagree", "neither agree or disagree", "agree", "strongly agree"};
    char low[CELL];
    size_t n = 0;
    for (; *answer; answer++)
        if (isalpha((unsigned char)*answer) || (*answer == ' ' && n > 0)) low[n++] = (char)tolower((unsigned char)*answer);
    while (n > 0 && low[n - 1] == ' ') n--;
    low[n] = 0;
    for (int k = 0; k < 5; k++)
        if (strcmp(low, labels[k]) == 0) return k + 1;
    return 0;
}

START_TEST(four_questions_are_one_score_a_person)
{
    char line[4096], cell[CELLS][CELL], out[120];
    int id = 0;
    mlab_study *study;
    FILE *file = open_real("research-software-survey/rse_pooled_2016_2017.csv");
    if (!file) return;
    context = mlab_test_context(NULL, 2);
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("questions"));
    n_people = n_answers = 0;
    add(people, &n_people, "id,hired\n");
    add(answers, &n_answers, "person,date,skill,score\n");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file); id++) {
        split(line, cell);
        snprintf(out, sizeof out, "R%d,2015-01-01\n", id);
        add(people, &n_people, out);
        for (int k = 7; k <= 10; k++) {
            int level = level_of(cell[k]);
            if (level == 0) continue;
            snprintf(out, sizeof out, "R%d,2017-01-01,item%d,%d\n", id, k - 6, level);
            add(answers, &n_answers, out);
        }
    }
    fclose(file);
    write_file("people.csv", people);
    write_file("ratings.csv", answers);
    const mlab_fit *fit = fit_study("title: Four questions\nas_of: 2017-06-01\n"
                                    "data:\n  people: {file: people.csv}\n  ratings: {file: ratings.csv}\n"
                                    "panel: {period: quarter, from: 2016-01-01, to: 2017-03-31}\n"
                                    "outcomes:\n  contentment: {model: raters}\n",
                                    &study);
    const mlab_raters *raters = fit->raters;
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    ck_assert_ptr_nonnull(raters);
    ck_assert_uint_eq(raters->n_people, 991);
    ck_near(raters->person_sd, 3.24, 0.01, 0);
    ck_near(raters->all, 0.92, 0, 0.01);
    ck_near(raters->of_score, 0.88, 0, 0.01);
    ck_assert_ptr_nonnull(strstr(raters->note, "do not say who rated"));
    mlab_study_free(study);
}
END_TEST

MLAB_TEST_MAIN("study/real people", profits_and_staying_of_a_trial_in_one_likelihood, four_questions_are_one_score_a_person)
