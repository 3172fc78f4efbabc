/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arms from pairs, meetings and answers, from files to the panel. */
#include "core/random.h"
#include "data/study_world.h"

#include <math.h>
#include <stdlib.h>

/*        2022                2023                      half-years: H1 2022, H2 2022, H1 2023, H2 2023
 *  p1    Mar no              Mar yes, since 2022-10
 *  p2    Mar yes, since 2021-06 (before the panel)      pair with m from 2022-08 on
 *  p3    Mar Don't know      Mar no
 *  p4    nothing at all
 *  p5    Mar yes, since unknown
 *  m     mentors p2
 */
static void put_firm(const char *arms, const char *rest)
{
    static char text[4000];
    ck_assert_int_eq(chdir(mlab_test_folder("arms")), 0);
    put("people.csv", "id,hired\np1,2020-01-01\np2,2020-01-01\np3,2020-01-01\np4,2020-01-01\np5,2020-01-01\nm,2015-01-01\n");
    put("w1.csv", "id,mentor,since,ago\np1,No,,\np2,YES ,2021-06-01,longer\np3,Don't know,,\np5,Yes,,less than a year\nm,no,,\n");
    put("w2.csv", "id,mentor,since,ago\np1,Yes,2022-10-01,less than a year\np3,No,,\n");
    put("pairs.csv", "mentor,mentee,start,end,kind\nm,p2,2022-08-01,,program\n");
    put("meetings.csv", "mentor,mentee,date,minutes\nm,p2,2023-01-20,60\nm,p2,2022-09-01,30\nm,p1,2022-09-01,30\n");
    snprintf(text, sizeof text,
             "as_of: 2023-12-31\n"
             "data:\n"
             "  people: {file: people.csv}\n"
             "  surveys: {files: {2022-03-01: w1.csv, 2023-03-01: w2.csv}, missing: [\"Don't know\", \"\"]}\n"
             "  relationships: {file: pairs.csv}\n%s"
             "panel: {period: half-year, from: 2022-01-01, to: 2023-12-31}\n"
             "arms:\n%s",
             rest, arms);
    put("study.yaml", text);
}

/* The arms of a person by half-year. */
static void has_arms(const study_world *w, const char *id, const char *expected)
{
    char got[200] = "";
    const mlab_panel *panel = w->data->panel;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (strcmp(panel->ids[panel->person[i]], id) != 0) continue;
        if (*got) strcat(got, " ");
        strcat(got, panel->arm[i] < 0 ? "?" : panel->arms[panel->arm[i]]);
    }
    ck_assert_msg(!strcmp(got, expected), "%s: %s, expected %s", id, got, expected);
}

static int is_prevalent(const study_world *w, const char *id)
{
    const mlab_panel *panel = w->data->panel;
    for (size_t i = 0; i < panel->n_rows; i++)
        if (!strcmp(panel->ids[panel->person[i]], id)) return panel->prevalent[i];
    return -1;
}

static const char informal[] = "  informal: {survey: mentor, since: since, carry: 12 months}\n";

START_TEST(an_answer_counts_from_its_day_on_and_is_carried)
{
    study_world w;
    put_firm(informal, "");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p1", "? none none informal"); /* the no of March 2022 holds on 1 July and on 1 January */
    has_arms(&w, "p2", "? informal informal informal");
    has_arms(&w, "p3", "? ? ? none");
    has_arms(&w, "p4", "? ? ? ?");
    has_arms(&w, "p5", "? informal informal informal");
    ck_assert_int_eq(is_prevalent(&w, "p2"), 1);
    ck_assert_int_eq(is_prevalent(&w, "p1"), 0);
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "arm_from_answers")->sentence, "informal: 3 answers say yes, 3 no, 1 nothing"));
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "arm_from_answers")->sentence, "a yes counts from the day of the answer (from_answer) on"));
    ck_assert_ptr_nonnull(strstr(w.data->caveats, "informal is what people answered; it counts from the day of the answer (from_answer)"));
    ck_assert_uint_eq(w.data->before_answer, 0);
    ck_assert_ptr_nonnull(strstr(w.data->guesses, "mentor: Yes counts as in the arm informal"));
    ck_assert_ptr_nonnull(finding_of(&w, "unknown_arm"));
    world_close(&w);
}
END_TEST

START_TEST(what_was_carried_too_far_is_unknown_again)
{
    study_world w;
    put_firm("  informal: {survey: mentor, since: since, carry: 3 months}\n", "");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p1", "? ? ? informal"); /* the no was over in June */
    world_close(&w);
    put_firm("  informal: {survey: mentor, since: since, carry: 3 months}\n", "");
    put("study.yaml", "as_of: 2023-12-31\n"
                      "data:\n"
                      "  people: {file: people.csv}\n"
                      "  surveys: {files: {2022-03-01: w1.csv, 2023-03-01: w2.csv}, missing: [\"Don't know\", \"\"]}\n"
                      "panel: {period: half-year, from: 2022-01-01, to: 2023-12-31, exposure: current}\n"
                      "arms: {informal: {survey: mentor, carry: 6 months}}\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p5", "? informal ? ?");
    has_arms(&w, "p1", "? none ? informal");
    world_close(&w);
}
END_TEST

START_TEST(counting_from_since_is_a_choice_that_says_what_it_is)
{
    study_world w;
    put_firm("  informal: {survey: mentor, since: since, counts: from_since}\n", "");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p1", "? none informal informal"); /* since October 2022 */
    has_arms(&w, "p2", "informal informal informal informal");
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "counted_before_answer")->sentence, "do not compare retention with it"));
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "arm_from_answers")->sentence, "a yes counts from the day that it tells of (from_since) on"));
    ck_assert_ptr_nonnull(strstr(w.data->caveats, "nobody can have left counts as mentored"));
    ck_assert_uint_eq(w.data->before_answer, 2);
    world_close(&w);
    put_firm("  informal: {survey: mentor, since: since, counts: from_since, before: none}\n", "");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p1", "none none informal informal");
    world_close(&w);
}
END_TEST

START_TEST(brackets_of_time_count_from_their_latest_day_unless_the_study_says_otherwise)
{
    study_world w;
    put_firm("  informal: {survey: mentor, since: {from: ago, brackets: {less than a year: [0, 12], longer: [12]}}, counts: from_since}\n", "");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p1", "? ? ? informal");                      /* some day from March 2022 to March 2023: unknown until the answer */
    has_arms(&w, "p2", "informal informal informal informal"); /* longer than a year before March 2022 */
    has_arms(&w, "p5", "? informal informal informal");
    world_close(&w);
    put_firm(
        "  informal: {survey: mentor, since: {from: ago, brackets: {less than a year: [0, 12], longer: [12]}, rule: midpoint}, counts: from_since}\n",
        "");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p1", "? none informal informal"); /* the end of August 2022 */
    world_close(&w);
    put_firm(
        "  informal: {survey: mentor, since: {from: ago, brackets: {less than a year: [0, 12], longer: [12]}, rule: earliest}, counts: from_since}\n",
        "");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p1", "? informal informal informal"); /* the day after the no */
    world_close(&w);
}
END_TEST

static const char both[] = "  structured: {relationships: \"kind == 'program'\", met: 1}\n"
                           "  informal: {survey: mentor, since: since, carry: 12 months}\n";

START_TEST(two_sources_make_two_arms_and_meetings_say_when_a_pair_counts)
{
    study_world w;
    put_firm(both, "  meetings: {file: meetings.csv}\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p2", "? informal both both"); /* the first meeting was in September */
    has_finding(&w, "meeting_of_no_pair", MLAB_SEVERITY_NOTE, 1, "");
    world_close(&w);
    static char ranked[400];
    snprintf(ranked, sizeof ranked, "%s  both: [structured, informal]\n", both);
    put_firm(ranked, "  meetings: {file: meetings.csv}\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p2", "? informal structured structured");
    world_close(&w);
    put_firm("  structured: {relationships: \"kind == 'program'\", met: 3}\n", "  meetings: {file: meetings.csv}\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p2", "none none none none"); /* they met twice */
    world_close(&w);
}
END_TEST

START_TEST(unknown_time_is_counted_as_an_arm_only_by_name)
{
    study_world w;
    put_firm(informal, "");
    world_load(&w, 0);
    world_close(&w);
    static char text[2000];
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    size_t n;
    char *study;
    ck_assert_int_eq(mlab_os_read_file(&context, "study.yaml", &study, &n, &err), MLAB_OK);
    snprintf(text, sizeof text, "%s", study);
    memcpy(strstr(text, "to: 2023-12-31}"), "unknown: none }", 15);
    put("study.yaml", text);
    world_load(&w, 0);
    has_loaded(&w);
    has_arms(&w, "p4", "none none none none");
    has_finding(&w, "unknown_filled", MLAB_SEVERITY_NOTE, 1, "");
    world_close(&w);
    memcpy(strstr(text, "unknown: none }"), "unknown: nobod}", 15);
    put("study.yaml", text);
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_ptr_nonnull(finding_of(&w, "unknown_arm"));
    world_close(&w);
    free(study);
}
END_TEST

static void refuses(const char *arms, const char *rest, const char *kind, mlab_severity severity, const char *part)
{
    study_world w;
    put_firm(arms, rest);
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    const mlab_finding *f = finding_of(&w, kind);
    ck_assert_msg(f, "no finding '%s'; the first is '%s'", kind, w.findings.n ? w.findings.items[0].kind : "none");
    ck_assert_int_eq(f->severity, severity);
    ck_assert_msg(strstr(f->sentence, part) || strstr(f->remedy, part), "%s / %s", f->sentence, f->remedy);
    ck_assert_uint_gt(f->occurrences[0].place.line, 0);
    world_close(&w);
}

START_TEST(what_is_wrong_with_an_arm_is_said)
{
    refuses("  informal: {survey: mentr}\n", "", "missing_column", MLAB_SEVERITY_STOP, "mentr");
    refuses("  informal: {survey: ago}\n", "", "unknown_answer", MLAB_SEVERITY_DECIDE, "is neither a yes nor a no");
    refuses("  informal: {survey: mentor, since: ago}\n", "", "since_unclear", MLAB_SEVERITY_DECIDE, "unit: months");
    refuses("  informal: {survey: mentor, since: {from: ago, brackets: {longer: [12]}}}\n", "", "no_bracket", MLAB_SEVERITY_STOP, "less than a year");
    refuses("  informal: {survey: mentor, since: {from: ago, brackets: {longer: [12], less than a year: [12, 0]}}}\n", "", "bad_bracket",
            MLAB_SEVERITY_STOP, "from low to high");
    refuses("  structured: {met: 1}\n", "", "no_meetings", MLAB_SEVERITY_STOP, "no column of pairs.csv holds it");
    refuses(both, "  meetings: {file: none.csv}\n", "cannot_open", MLAB_SEVERITY_STOP, "none.csv");
}
END_TEST

START_TEST(answers_that_contradict_an_earlier_one_are_noted)
{
    study_world w;
    put_firm(informal, "");
    put("w2.csv", "id,mentor,since\np1,Yes,2021-10-01\np3,yes,2023-06-01\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_finding(&w, "since_contradicts", MLAB_SEVERITY_NOTE, 1, "");
    has_finding(&w, "since_after_answer", MLAB_SEVERITY_NOTE, 1, "");
    ck_assert_int_eq(is_prevalent(&w, "p1"), 0);
    world_close(&w);
}
END_TEST

/* 3,000 people, 2 % of whom leave in every month whatever they do. Half of them find a mentor on some day of the first two years. Who is
 * still there is asked after 12 and 24 months. Mentoring has no effect, so that the rate of leaving is the same in both arms. */
static void put_many(const char *counts)
{
    FILE *people, *first, *second;
    static char text[1000];
    ck_assert_int_eq(chdir(mlab_test_folder("many")), 0);
    people = fopen("people.csv", "w"), first = fopen("w1.csv", "w"), second = fopen("w2.csv", "w");
    ck_assert(people && first && second);
    fputs("id,hired,left\n", people);
    fputs("id,mentor,since\n", first);
    fputs("id,mentor,since\n", second);
    const mlab_date start = mlab_date_from_civil(2021, 1, 1), asked[] = {mlab_date_from_civil(2022, 1, 1), mlab_date_from_civil(2023, 1, 1)};
    FILE *wave[] = {first, second};
    for (uint32_t i = 0; i < 3000; i++) {
        mlab_address at = {.seed = 20210101, .entity = i};
        int32_t left = start + (int32_t)(-log(mlab_random_uniform(&at, 0)) / 0.02 * 30.4375) + 1;
        int32_t found = mlab_random_below(&at, 1, 2) ? start + 1 + (int32_t)mlab_random_below(&at, 2, 730) : INT32_MAX;
        char leaves[16], since[16];
        mlab_date_print(left, leaves, sizeof leaves);
        fprintf(people, "p%04u,2021-01-01,%s\n", i, left <= mlab_date_from_civil(2024, 6, 30) ? leaves : "");
        for (int w = 0; w < 2; w++) {
            if (left < asked[w]) continue;
            bool yes = found <= asked[w];
            if (yes) mlab_date_print(found, since, sizeof since);
            fprintf(wave[w], "p%04u,%s,%s\n", i, yes ? "Yes" : "No", yes ? since : "");
        }
    }
    fclose(people);
    fclose(first);
    fclose(second);
    snprintf(text, sizeof text,
             "as_of: 2023-12-31\ndata:\n  people: {file: people.csv}\n  surveys: {files: {2022-01-01: w1.csv, 2023-01-01: w2.csv}}\n"
             "arms: {informal: {survey: mentor, since: since, carry: 12 months, counts: %s}}\n"
             "panel: {period: month, from: 2021-01-01, to: 2023-12-31}\n",
             counts);
    put("study.yaml", text);
}

/* Rate of leaving in the arm over that in none, with the standard error of its logarithm. */
static double rate_ratio(const char *counts, double *error)
{
    study_world w;
    double events[2] = {0}, years[2] = {0};
    put_many(counts);
    world_load(&w, 0);
    has_loaded(&w);
    const mlab_panel *panel = w.data->panel;
    const mlab_panel_event *exits = mlab_panel_find_event(panel, "retention");
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (panel->arm[i] < 0) continue;
        events[panel->arm[i]] += exits->what[i] != 0;
        years[panel->arm[i]] += (panel->stop[i] - panel->start[i]) / 365.25;
    }
    world_close(&w);
    *error = sqrt(1 / events[0] + 1 / events[1]);
    return events[1] / years[1] / (events[0] / years[0]);
}

/* Within four standard errors: a false alarm in 16,000 seeds; the seed is fixed. */
START_TEST(mentoring_without_effect_has_none_when_answers_count_from_their_day_and_would_seem_to_have_one_from_since)
{
    double error, ratio = rate_ratio("from_answer", &error);
    ck_assert_msg(fabs(log(ratio)) < 4 * error, "rate ratio %.3f (standard error of its logarithm %.3f), the truth is 1", ratio, error);
    double biased = rate_ratio("from_since", &error);
    ck_assert_msg(log(biased) < -4 * error, "rate ratio %.3f (standard error of its logarithm %.3f)", biased, error);
    printf("rate ratio, truth 1: from the answer %.3f, from since %.3f\n", ratio, biased);
}
END_TEST

START_TEST(every_allocation_may_fail_while_arms_are_made)
{
    put_firm(both, "  meetings: {file: meetings.csv}\n");
    sweep_allocations();
}
END_TEST

MLAB_TEST_MAIN("data/arms", an_answer_counts_from_its_day_on_and_is_carried, what_was_carried_too_far_is_unknown_again,
               counting_from_since_is_a_choice_that_says_what_it_is, brackets_of_time_count_from_their_latest_day_unless_the_study_says_otherwise,
               two_sources_make_two_arms_and_meetings_say_when_a_pair_counts, unknown_time_is_counted_as_an_arm_only_by_name,
               what_is_wrong_with_an_arm_is_said, answers_that_contradict_an_earlier_one_are_noted,
               mentoring_without_effect_has_none_when_answers_count_from_their_day_and_would_seem_to_have_one_from_since,
               every_allocation_may_fail_while_arms_are_made)
