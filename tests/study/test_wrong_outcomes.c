/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wrong outcome models, one a row: each is refused with the line and column of the study file (or the line of the data) where it stands, in words
 * that say what is wrong, and nothing is written. */
#include "core/os.h"
#include "mentorlab/study.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

enum { AT = 8 }; /* line of the outcome in the study file; 0 in a row: a place in the data */

static const struct {
    const char *outcome, *block; /* of the study file */
    uint64_t line;
    const char *says;
} wrong[] = {
    {"retention: {model: coxx, formula: \"event(time, left) ~ arm\"}", "", AT, "coxx"},
    {"retention: {model: cox, formula: \"event(time, left) ~ arm + agee\"}", "", AT, "did you mean 'age'"},
    {"retention: {model: cox, formula: \"event(time left) ~ arm\"}", "", AT, "formula"},
    {"retention: {model: cox, formula: \"event(time, left) ~\"}", "", AT, "formula"},
    {"retention: {model: cox, formula: \"left ~ arm\"}", "", AT, "event("},
    {"retention: {model: logit, formula: \"event(time, left) ~ arm\"}", "", AT, ""},
    {"retention: {model: logit, formula: \"age ~ arm\"}", "", AT, "allowed"},
    {"retention: {model: fine_gray, formula: \"event(time, left) ~ arm + (1 | site)\"}", "", AT, "random effects in model fine_gray"},
    {"retention: {model: logit, formula: \"left ~ arm + (1 | nowhere)\"}", "", AT, "nowhere"},
    {"retention: {model: logit, formula: \"left ~ arm + (1 | one)\"}", "", AT, "at least 2"},
    {"mood: {kind: ordinal, formula: \"whole ~ arm\"}", "", AT, "write data: {columns: {whole: {scale: [1, 2, 3, 4, 5]}}}"},
    {"retention: {model: fine_gray, formula: \"event(time, how) ~ arm\", causes: [lft]}", "", AT, "found 'lft'; write causes: [left]"},
    {"mood: {kind: ordinal, formula: \"site ~ arm\", causes: [left]}", "", AT, "causes belong to an exit"},
    {"visits: {kind: count, model: poisson, formula: \"score ~ arm\"}", "", 0, "whole numbers"},
    {"pay: {kind: number, model: gamma, formula: \"negative ~ arm\"}", "", 0, "allowed"},
    {"pay: {kind: number, model: lognormal, formula: \"negative ~ arm\"}", "", 0, "allowed"},
    {"mood: {kind: ordinal, model: ordinal, formula: \"score ~ arm\", link: log}", "", AT, "log"},
    {"retention: {model: logit, formula: \"left ~ arm\", weights: {column: nowhere, kind: sampling}}", "", AT, "nowhere"},
    {"retention: {model: logit, formula: \"left ~ arm\", weights: {column: negative, kind: frequency}}", "", AT, "weight"},
    {"retention: {model: logit, formula: \"left ~ arm\", weights: {column: score, kind: often}}", "", AT, "often"},
    {"retention: {model: logit, formula: \"left ~ arm\", priors: {armyes: {mean: 0}}}", "", AT, "sd"},
    {"retention: {model: logit, formula: \"left ~ arm\", priors: {armyess: {mean: 0, sd: 1}}}", "", AT, "armyess"},
    {"retention: {model: logit, formula: \"left ~ arm\", priors: {armyes: {mean: 0, sd: -1}}}", "", AT, "-1"},
    {"retention: {model: logit, formula: \"left ~ arm\", penalty: firth}", "", AT, "belongs in fit"},
    {"surprise: {formula: \"left ~ arm\"}", "", AT, "kind"},
    {"drop-out: {model: logit, formula: \"left ~ arm\"}", "", AT, "cannot name"},
    {"retention: {model: logit, formula: \"left ~ arm\"}", "fit: {tolerance: 1}\n", AT + 1, "tolerance"},
    {"retention: {model: logit, formula: \"left ~ arm\"}", "fit: {quadrature: 99}\n", AT + 1, "quadrature"},
    {"retention: {model: logit, formula: \"left ~ arm\"}", "fit: {robust: HC9}\n", AT + 1, "HC9"},
    {"retention: {model: logit, formula: \"left ~ arm\"}", "fit: {penalti: firth}\n", AT + 1, "did you mean"},
    {"retention: {model: gamma, formula: \"score ~ arm\"}", "fit: {penalty: firth}\n", AT + 1, "poisson and cox, not for gamma"},
    {"retention: {model: logit, formula: \"left ~ arm\"}", "fit: {imputations: -1}\n", AT + 1, "imputations"},
};
enum { N_WRONG = sizeof wrong / sizeof *wrong, PEOPLE = 60 };

static char folder[4200];

static void put(const char *name, const char *text, char path[4300])
{
    snprintf(path, 4300, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void put_people(char path[4300])
{
    char text[4000];
    size_t n = (size_t)snprintf(text, sizeof text, "arm,age,time,left,site,one,score,negative,whole,how\n");
    for (int i = 0; i < PEOPLE; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s,%d,%d,%d,s%d,a,%d.5,%d,%d,%s\n", i % 2 ? "yes" : "no", 20 + i % 37, 1 + (i * 7) % 23,
                              i % 3 == 0, i % 6, 1 + i % 5, i % 7 - 3, 1 + i % 5,
                              i % 3 == 0   ? "left"
                              : i % 3 == 1 ? "fired"
                                           : "stayed");
    ck_assert_uint_lt(n, sizeof text);
    put("people.csv", text, path);
}

/* Whether a stop, or the error, stands at the line (0 = anywhere in the data) and says so. */
static bool is_refused(const mlab_findings *findings, const mlab_error *err, uint64_t line, const char *says)
{
    for (size_t k = 0; k < findings->n; k++) {
        const mlab_finding *finding = &findings->items[k];
        if (finding->severity != MLAB_SEVERITY_STOP || !finding->n_occurrences) continue;
        const mlab_place *place = &finding->occurrences[0].place;
        bool here = line ? place->line == line && place->column > 0 && strstr(place->file, "study.yaml") : place->line > 0;
        if (here && strstr(finding->sentence, says)) return true;
    }
    bool here = line ? err->place.line == line && err->place.column > 0 && strstr(err->place.file, "study.yaml")
                     : err->place.line > 0 && strstr(err->place.file, "people.csv");
    return here && strstr(err->sentence, says);
}

START_TEST(a_wrong_outcome_model_is_refused_where_it_stands)
{
    mlab_test_memory memory = {0};
    const mlab_context context = mlab_test_context(&memory, 1);
    char people[4300], path[4300];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("wrong_outcomes"));
    put_people(people);
    for (size_t k = 0; k < N_WRONG; k++) {
        char text[2000];
        snprintf(
            text, sizeof text,
            "title: wrong outcomes\ndata:\n  people: {file: people.csv}\n  columns:\n    arm: {type: arm, exposure: baseline, levels: {\"no\": none, "
            "\"yes\": yes}}\n    time: {type: number}\noutcomes:\n  %s\n%scomparison: {reference: none}\n",
            wrong[k].outcome, wrong[k].block);
        put("study.yaml", text, path);
        mlab_findings findings;
        mlab_study *study = NULL;
        mlab_error err = {0};
        mlab_findings_start(&findings, &context);
        mlab_status status = mlab_study_open(&context, path, NULL, 0, folder, &findings, &study, &err);
        if (!status) status = mlab_study_run(study, MLAB_STAGE_FIT, false, NULL, NULL, &findings, &err);
        ck_assert_msg(status != MLAB_OK, "taken: %s", wrong[k].outcome);
        char found[1000] = "";
        for (size_t f = 0; f < findings.n; f++) {
            size_t used = strlen(found);
            snprintf(found + used, sizeof found - used, "%s:%d ", findings.items[f].sentence,
                     findings.items[f].n_occurrences ? (int)findings.items[f].occurrences[0].place.line : -1);
        }
        ck_assert_msg(is_refused(&findings, &err, wrong[k].line, wrong[k].says), "%s\n  \"%s\" (%s:%d) %s", wrong[k].outcome, err.sentence,
                      err.place.file, (int)err.place.line, found);
        mlab_study_free(study);
        mlab_findings_free(&findings);
    }
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("study/wrong_outcomes", a_wrong_outcome_model_is_refused_where_it_stands)
