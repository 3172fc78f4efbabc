/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/settings.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

START_TEST(every_row_can_read_its_own_default)
{
    for (size_t i = 0; i < mlab_data_n_options; i++) {
        const mlab_option *row = &mlab_data_options[i];
        union {
            int64_t integer;
            double number;
            const char *text;
            int choice;
        } value;
        mlab_error err;
        ck_assert_msg(row->help && *row->help, "%s has no help", row->key);
        for (size_t j = 0; j < i; j++) ck_assert_str_ne(row->key, mlab_data_options[j].key);
        if (!row->fallback || row->type >= MLAB_OPTION_LIST) continue;
        ck_assert_msg(mlab_option_read(row, row->fallback, &value, &err) == MLAB_OK, "%s", err.sentence);
    }
}
END_TEST

/* The data blocks of the two studies in the handbook. */
static const char person_level[] =
    "data:\n"
    "  people: {file: turnover.csv, encoding: utf-8, trim: true, duplicates: keep}\n"
    "  sampling: length-biased web sample, not one firm\n"
    "  columns:\n"
    "    tenure: {from: stag, type: duration, unit: months}\n"
    "    left:   {from: event, type: event}\n"
    "    arm:    {from: coach, type: arm, exposure: baseline, levels: {\"no\": none, \"my head\": own boss, \"yes\": coach}}\n"
    "    age:    {type: number}\n";
static const char program[] =
    "as_of: 2024-12-31\n"
    "data:\n"
    "  people:    {file: people.csv, id: {from: Worker, pad: 8}, population: \"type == 'Regular'\"}\n"
    "  history:   {file: job_history.csv, person: Worker}\n"
    "  surveys:   {files: {2022-05-01: w1.csv}, person: Employee ID, scale: [No, Yes], missing: [N/A],\n"
    "              satisfaction: {items: [Q3_1, Q3_2], reverse: [Q3_2], need: 2}}\n"
    "  relationships: {file: pairs.csv, mentor: Mentor Email, mentee: Mentee Email, start: start, end: end, form: form}\n"
    "  crosswalk: {file: ids.csv, from: email, to: person}\n"
    "events:\n"
    "  promotion: {when: \"grade > previous\", not_reason: [RECLASS], at_once: warn 5%}\n"
    "  exit:      {voluntary: [resign], involuntary: [dismissed, redundancy], end_of_study: [retirement, death, transfer]}\n"
    "arms:\n"
    "  structured: {relationships: \"kind == 'program'\", met: 1}\n"
    "  informal:   {survey: has_informal_mentor, since: mentor_since, carry: 12 months}\n"
    "  both: separate\n"
    "panel: {period: quarter, from: 2021-01-01, to: 2024-12-31}\n";

static void findings_of(const char *text, char *into, size_t size)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const mlab_option *tables[] = {mlab_data_options};
    mlab_findings findings;
    mlab_settings *settings = NULL;
    mlab_error err;
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_settings_parse(&context, "study.yaml", text, strlen(text), tables, &mlab_data_n_options, 1, &findings, &settings, &err),
                     MLAB_OK);
    size_t n = 0;
    into[0] = '\0';
    for (size_t i = 0; i < findings.n; i++)
        n += (size_t)snprintf(into + n, size - n, "%d:%d %s\n", (int)findings.items[i].occurrences[0].place.line,
                              (int)findings.items[i].occurrences[0].place.column, findings.items[i].sentence);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
}

START_TEST(both_studies_of_the_handbook_are_understood)
{
    char got[4000];
    findings_of(person_level, got, sizeof got);
    ck_assert_str_eq(got, "");
    findings_of(program, got, sizeof got);
    ck_assert_str_eq(got, "");
}
END_TEST

MLAB_TEST_MAIN("options", every_row_can_read_its_own_default, both_studies_of_the_handbook_are_understood)
