/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small simulated firm with a study over it, in a new folder. */
#ifndef TESTS_FIRM_H
#define TESTS_FIRM_H

#include "mentorlab.h"

#include "core/os.h"

#include <stdio.h>
#include <string.h>

#define FIRM_PEOPLE 120

static const char firm_study[] = "title: Small firm\n"                                                                               /* 1 */
                                 "simulated: yes\n"                                                                                  /* 2 */
                                 "data:\n"                                                                                           /* 3 */
                                 "  people: {file: people.csv}\n"                                                                    /* 4 */
                                 "  promotions: {file: promotions.csv}\n"                                                            /* 5 */
                                 "  surveys: {file: surveys.csv, satisfaction: satisfaction, scale: [1, 2, 3, 4, 5]}\n"              /* 6 */
                                 "  relationships: {file: relationships.csv}\n"                                                      /* 7 */
                                 "events:\n"                                                                                         /* 8 */
                                 "  exit: {voluntary: [voluntary], involuntary: [involuntary]}\n"                                    /* 9 */
                                 "panel: {period: quarter, from: 2021-01-01, to: 2024-12-31}\n"                                      /* 10 */
                                 "outcomes:\n"                                                                                       /* 11 */
                                 "  promotion: {formula: \"promoted ~ arm + grade\"}\n"                                              /* 12 */
                                 "  retention: {formula: \"exit ~ arm + grade\"}\n"                                                  /* 13 */
                                 "  satisfaction: {formula: \"satisfaction ~ arm + grade\"}\n"                                       /* 14 */
                                 "comparison: {reference: none, adjust: [grade, gender], horizons: {months: [12]}, bootstrap: 20}\n" /* 15 */
                                 "matching:\n"                                                                                       /* 16 */
                                 "  mentors: {where: \"grade >= 3\", capacity: {from: capacity, default: 1}}\n"                      /* 17 */
                                 "  mentees: {where: \"grade <= 2\"}\n"                                                              /* 18 */
                                 "  score: {skills: {need: wants, offer: skills, weight: high}}\n"                                   /* 19 */
                                 "  policies: [random, optimal]\n"                                                                   /* 20 */
                                 "simulation: {horizon: 4 quarters, draws: 4, replicates: 2, seed: 1}\n"                             /* 21 */
                                 "scenarios:\n"                                                                                      /* 22 */
                                 "  today: {policy: none}\n"                                                                         /* 23 */
                                 "  best: {policy: optimal, start_every: 4 quarters, duration: 4 quarters}\n"                        /* 24 */
                                 "forecast:\n"                                                                                       /* 25 */
                                 "  salary: 60000\n"                                                                                 /* 26 */
                                 "  costs: {software: {kind: cash, per: person year, amount: 60}}\n"                                 /* 27 */
                                 "  benefits: {avoided_exit: {kind: avoided, share_of_salary: 0.21}}\n";                             /* 28 */

static char firm_folder[4200], firm_path[4300];

static void firm_write(const mlab_context *context, const char *text)
{
    mlab_error err;
    ck_assert_msg(mlab_os_write_file(context, firm_path, text, strlen(text), false, &err) == MLAB_OK, "%s", err.sentence);
}

/* The study with one piece of its text in another form. */
static void firm_write_with(const mlab_context *context, const char *from, const char *to)
{
    char text[2 * sizeof firm_study];
    const char *at = strstr(firm_study, from);
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - firm_study), firm_study, to, at + strlen(from));
    firm_write(context, text);
}

static void firm_make(const mlab_context *context)
{
    mlab_truth *truth = NULL;
    mlab_error err;
    snprintf(firm_folder, sizeof firm_folder, "%s", mlab_test_folder("firm"));
    snprintf(firm_path, sizeof firm_path, "%s/study.yaml", firm_folder);
    ck_assert_int_eq(mlab_truth_default(context, &truth, &err), MLAB_OK);
    ck_assert_msg(mlab_generate(context, truth, 3, FIRM_PEOPLE, firm_folder, &err) == MLAB_OK, "%s", err.sentence);
    mlab_truth_free(truth);
    firm_write(context, firm_study);
}

#endif
