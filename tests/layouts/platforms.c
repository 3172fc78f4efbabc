/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pair lists of mentoring platforms: people by e-mail, some in capitals, and columns of status. */
#include "layouts/firm.h"

#include <stdio.h>

static void put_email(firm_file *file, const firm_person *p, bool capitals)
{
    char email[64];
    firm_email(p, email);
    for (char *c = email; capitals && *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    firm_text(file, email);
}

static void put_name(firm_file *file, const firm_person *p)
{
    char name[48];
    snprintf(name, sizeof name, "%s %s", p->first, p->last);
    firm_text(file, name);
}

static const char *pair_status(const firm_pair *pair, const char *going, const char *done)
{
    return pair->end == MLAB_DATE_MISSING ? going : done;
}

void firm_write_pairs_chronus(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "connections.csv", FIRM_CSV, FIRM_SLASHES_MDY);
    FIRM_HEADINGS(&file, "Mentoring Connection Name", "Mentor", "Mentor Email Address", "Mentee", "Mentee Email Address", "Status", "Started On",
                  "Closed On", "Meetings");
    for (int k = 0; k < f->n_pairs; k++) {
        const firm_pair *pair = &f->pairs[k];
        const firm_person *mentor = &f->people[pair->mentor], *mentee = &f->people[pair->mentee];
        char name[64];
        snprintf(name, sizeof name, "%s & %s", mentor->first, mentee->first);
        firm_text(&file, name);
        put_name(&file, mentor);
        put_email(&file, mentor, false);
        put_name(&file, mentee);
        put_email(&file, mentee, false);
        firm_text(&file, pair_status(pair, "Active", "Closed"));
        firm_date(&file, pair->start);
        firm_date(&file, pair->end);
        firm_number(&file, pair->meetings);
        firm_end_row(&file);
    }
    firm_close(&file);
}

void firm_write_pairs_mentorcliq(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "relationships.xlsx", FIRM_XLSX, FIRM_ISO);
    FIRM_HEADINGS(&file, "Program", "Mentor Name", "Mentor Email", "Mentee Name", "Mentee Email", "Relationship Status", "Start Date", "End Date",
                  "Meetings Logged");
    for (int k = 0; k < f->n_pairs; k++) {
        const firm_pair *pair = &f->pairs[k];
        firm_text(&file, "Emerging Leaders");
        put_name(&file, &f->people[pair->mentor]);
        put_email(&file, &f->people[pair->mentor], false);
        put_name(&file, &f->people[pair->mentee]);
        put_email(&file, &f->people[pair->mentee], false);
        firm_text(&file, pair_status(pair, "Active", "Completed"));
        firm_date(&file, pair->start);
        firm_date(&file, pair->end);
        firm_number(&file, pair->meetings);
        firm_end_row(&file);
    }
    firm_close(&file);
}

void firm_write_pairs_together(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "pairings.csv", FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "Mentee Name", "Mentee Email", "Mentor Name", "Mentor Email", "Pairing Status", "Match Started", "Match Ended",
                  "Sessions Completed");
    for (int k = 0; k < f->n_pairs; k++) {
        const firm_pair *pair = &f->pairs[k];
        put_name(&file, &f->people[pair->mentee]);
        put_email(&file, &f->people[pair->mentee], k % 5 == 0);
        put_name(&file, &f->people[pair->mentor]);
        put_email(&file, &f->people[pair->mentor], k % 7 == 0);
        firm_text(&file, pair_status(pair, "In progress", "Ended"));
        firm_date(&file, pair->start);
        firm_date(&file, pair->end);
        firm_number(&file, pair->meetings);
        firm_end_row(&file);
    }
    firm_close(&file);
}

void firm_write_pairs_pushfar(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "mentoring_relationships.csv", FIRM_CSV, FIRM_DOTS);
    FIRM_HEADINGS(&file, "Mentor Email", "Mentee Email", "Programme", "Status", "Relationship Start", "Relationship End", "Total Meetings",
                  "Goals Set", "Goals Completed");
    for (int k = 0; k < f->n_pairs; k++) {
        const firm_pair *pair = &f->pairs[k];
        put_email(&file, &f->people[pair->mentor], false);
        put_email(&file, &f->people[pair->mentee], false);
        firm_text(&file, "Mentoring");
        firm_text(&file, pair_status(pair, "Ongoing", "Ended"));
        firm_date(&file, pair->start);
        firm_date(&file, pair->end);
        firm_number(&file, pair->meetings);
        firm_number(&file, k % 4);
        firm_number(&file, k % 3);
        firm_end_row(&file);
    }
    firm_close(&file);
}
