/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real pool: a mentor matchmaking event at a research institution, 99 candidates and 87 faculty. Each policy against the 11 pairs that
 * really formed and have both members in the file. Ids of the file stand there twice for some people, so that rows are people here. */
#include "core/memory.h"
#include "core/os.h"
#include "core/text.h"
#include "data/rows.h"
#include "support/support.h"

#include "mentorlab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 300 };

typedef struct person {
    char id[8], area[3][8], dyad[24];
    bool is_mentor;
} person;

static person people[MOST];
static size_t n_people;

static size_t heading(const mlab_rows *rows, const char *name)
{
    size_t k = 0;
    while (k < rows->n_columns && strcmp(rows->names[k], name) != 0) k++;
    ck_assert_uint_lt(k, rows->n_columns);
    return k;
}

static bool read_event(const mlab_context *context)
{
    const char *data = getenv("MLAB_TEST_DATA");
    char path[4200];
    mlab_rows *rows = NULL;
    mlab_findings findings;
    mlab_row_block block;
    const mlab_rows_options options = {0};
    snprintf(path, sizeof path, "%s/mentor-matching-event/matching_event_reduced.csv", data ? data : "");
    if (!data || !mlab_os_exists(path)) {
        fprintf(stderr, "SKIPPED: real/mentor_event, because MLAB_TEST_DATA does not name the folder with mentor-matching-event\n");
        return false;
    }
    mlab_findings_start(&findings, context);
    ck_assert_int_eq(mlab_rows_open(context, path, "event.csv", &options, &findings, &rows, NULL), MLAB_OK);
    const size_t kind = heading(rows, "indicator"), dyad = heading(rows, "dyad_key");
    const size_t area[] = {heading(rows, "primaryresearcharea"), heading(rows, "secondChoice"), heading(rows, "thirdChoice")};
    n_people = 0;
    while (!mlab_rows_next(rows, &block, NULL) && block.n_rows)
        for (size_t k = 0; k < block.n_rows; k++) {
            const mlab_cell *row = &block.cells[k * block.n_columns];
            person *p = &people[n_people];
            ck_assert_uint_lt(n_people, MOST);
            p->is_mentor = row[kind].text[0] == 'F';
            snprintf(p->id, sizeof p->id, "%c%03u", p->is_mentor ? 'F' : 'S', (unsigned)n_people);
            snprintf(p->dyad, sizeof p->dyad, "%.20s", row[dyad].text);
            for (int c = 0; c < 3; c++) snprintf(p->area[c], sizeof p->area[c], "%.6s", row[area[c]].text);
            n_people++;
        }
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    return true;
}

static void append_faculty(mlab_text *text, const char *area)
{
    bool any = false;
    for (size_t k = 0; *area && k < n_people; k++) {
        if (!people[k].is_mentor || strcmp(people[k].area[0], area) != 0) continue;
        mlab_text_print(text, "%s%s", any ? ";" : "", people[k].id);
        any = true;
    }
}

static void write_list(const mlab_context *context, const char *path, bool mentors)
{
    mlab_text text = MLAB_TEXT(context);
    mlab_text_append(&text, mentors ? "id,area\n" : "id,choice1,choice2,choice3\n");
    for (size_t k = 0; k < n_people; k++) {
        if (people[k].is_mentor != mentors) continue;
        mlab_text_print(&text, "%s,", people[k].id);
        if (mentors)
            mlab_text_append(&text, people[k].area[0]);
        else
            for (int c = 0; c < 3; c++) {
                if (c) mlab_text_append(&text, ",");
                append_faculty(&text, people[k].area[c]);
            }
        mlab_text_append(&text, "\n");
    }
    ck_assert_int_eq(mlab_os_write_file(context, path, mlab_text_get(&text), text.n, true, NULL), MLAB_OK);
    mlab_text_free(&text);
}

/* The candidate's choice that the faculty's area is: 1 to 3; 0 = none of them; -1 = not known. */
static int choice_of(const person *mentee, const person *mentor)
{
    if (!*mentor->area[0] || !*mentee->area[0]) return -1;
    for (int c = 0; c < 3; c++)
        if (strcmp(mentee->area[c], mentor->area[0]) == 0) return c + 1;
    return 0;
}

static const person *find(const char *id)
{
    for (size_t k = 0; k < n_people; k++)
        if (strcmp(people[k].id, id) == 0) return &people[k];
    ck_abort_msg("%s", id);
    return NULL;
}

/* The faculty with whom a candidate really paired; NULL = nobody in the file. */
static const person *real_partner(const person *mentee)
{
    for (size_t k = 0; *mentee->dyad && k < n_people; k++)
        if (people[k].is_mentor && strcmp(people[k].dyad, mentee->dyad) == 0) return &people[k];
    return NULL;
}

static void count_real(unsigned by_choice[5], unsigned *elsewhere)
{
    for (size_t k = 0; k < n_people; k++) {
        const person *partner = people[k].is_mentor ? NULL : real_partner(&people[k]);
        if (partner) by_choice[choice_of(&people[k], partner) + 1]++;
        if (people[k].is_mentor || partner || !*people[k].dyad) continue;
        ++*elsewhere;
    }
}

static void judge(const mlab_pairs *p)
{
    unsigned by_choice[5] = {0}, real = 0;
    for (size_t i = 0; i < p->n_mentees; i++) {
        if (p->mentor_of[i] == MLAB_UNMATCHED) continue;
        const person *mentee = find(p->mentees[i]), *mentor = find(p->mentors[p->mentor_of[i]]);
        by_choice[choice_of(mentee, mentor) + 1]++;
        real += real_partner(mentee) == mentor;
    }
    printf("%-20s %3lu pairs; first choice %2u, second %2u, third %2u, none %2u, not known %2u; %u of the 11 real pairs\n", p->policy,
           (unsigned long)p->n_pairs, by_choice[2], by_choice[3], by_choice[4], by_choice[1], by_choice[0], real);
    ck_assert_uint_le(p->n_pairs, 87);
    ck_assert_uint_le(real, 5); /* areas alone do not tell who will pair: 14 faculty share one */
    if (strcmp(p->policy, "optimal") == 0) {
        ck_assert_uint_eq(p->n_pairs, 87);
        ck_assert_uint_ge(by_choice[2], 40);
    }
    if (strcmp(p->policy, "random") == 0) ck_assert_uint_le(by_choice[2], 25); /* 99 x 87 by chance: 7 expected */
}

START_TEST(every_policy_is_held_against_the_pairs_that_really_formed)
{
    mlab_context context = mlab_test_context(NULL, 1);
    if (!read_event(&context)) return;
    char mentees[4200], mentors[4200];
    unsigned by_choice[5] = {0}, elsewhere = 0;
    snprintf(mentees, sizeof mentees, "%s", mlab_test_folder("mentor_event"));
    snprintf(mentors, sizeof mentors, "%s/mentors.csv", mentees);
    strcat(mentees, "/mentees.csv");
    write_list(&context, mentees, false);
    write_list(&context, mentors, true);
    count_real(by_choice, &elsewhere);
    ck_assert_uint_eq(by_choice[2], 6); /* of the 11 pairs: first choice */
    ck_assert_uint_eq(by_choice[3], 1);
    ck_assert_uint_eq(by_choice[4], 1);
    ck_assert_uint_eq(by_choice[1], 1); /* another area */
    ck_assert_uint_eq(by_choice[0], 2); /* the faculty's area is not known */
    printf("real pairs: 11 in the file; %u candidates paired with somebody who is not in the file\n", elsewhere);

    mlab_findings findings;
    mlab_matched *matched = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, &context);
    ck_assert_msg(mlab_match_lists(&context, mentors, mentees, mlab_test_path("real/mentor-event/matching.yaml"), NULL, 0, &findings, &matched,
                                   &err) == MLAB_OK,
                  "%s %s", err.sentence, findings.n ? findings.items[0].sentence : "");
    ck_assert_uint_ge(matched->n_pairs, 3);
    for (size_t k = 0; k < matched->n_pairs; k++) {
        ck_assert_uint_eq(matched->pairs[k]->n_mentees, 99);
        ck_assert_uint_eq(matched->pairs[k]->n_mentors, 87);
        judge(matched->pairs[k]);
    }
    mlab_matched_free(matched);
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("mentor event", every_policy_is_held_against_the_pairs_that_really_formed)
