/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain simple form: a row a person, a row a promotion, a row an answer with its score, a row a pair. */
#include "layouts/firm.h"

#include <stdio.h>

static const char *const reasons[] = {"resigned", "dismissed", "redundancy", "retirement"};

static void write_people(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "people.csv", FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "id", "email", "hired", "left", "exit_reason", "grade", "gender", "department", "location", "type", "manager");
    for (int i = 0; i < f->n_people; i++) {
        const firm_person *p = &f->people[i];
        char id[16], email[64], manager[16] = "";
        firm_id(p, id);
        firm_email(p, email);
        if (p->jobs[0].manager >= 0) firm_id(&f->people[p->jobs[0].manager], manager);
        const firm_job *hire = &p->jobs[0], *last = &p->jobs[p->n_jobs - 1];
        bool left = last->event == FIRM_EXIT;
        firm_text(&file, id);
        firm_text(&file, email);
        firm_date(&file, hire->date);
        firm_date(&file, left ? last->date : MLAB_DATE_MISSING);
        firm_text(&file, left ? reasons[last->exit] : "");
        firm_number(&file, hire->grade);
        firm_text(&file, p->female ? "female" : "male");
        firm_text(&file, firm_departments[hire->department]);
        firm_text(&file, firm_locations[hire->location]);
        firm_text(&file, p->contractor ? "Contractor" : "Regular");
        firm_text(&file, manager);
        firm_end_row(&file);
    }
    firm_close(&file);
}

static void write_promotions(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "promotions.csv", FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "id", "date", "to");
    for (int i = 0; i < f->n_people; i++)
        for (int k = 0; k < f->people[i].n_jobs; k++) {
            char id[16];
            if (f->people[i].jobs[k].event != FIRM_PROMOTION) continue;
            firm_id(&f->people[i], id);
            firm_text(&file, id);
            firm_date(&file, f->people[i].jobs[k].date);
            firm_number(&file, f->people[i].jobs[k].grade);
            firm_end_row(&file);
        }
    firm_close(&file);
}

/* The mean of those answered, at least two of three; the last item counts the other way round. */
static void put_score(firm_file *file, const firm_answer *a)
{
    double sum = 0, n = 0;
    for (int k = 0; k < FIRM_ITEMS; k++) {
        if (!a->item[k]) continue;
        sum += k == FIRM_ITEMS - 1 ? 6 - a->item[k] : a->item[k];
        n++;
    }
    if (n >= 2)
        firm_number(file, sum / n);
    else
        firm_text(file, "");
}

static void write_surveys(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "surveys.csv", FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "id", "date", "satisfaction", "has_informal_mentor", "mentor_since");
    for (int k = 0; k < f->n_answers; k++) {
        const firm_answer *a = &f->answers[k];
        char id[16];
        if (!a->finished) continue;
        firm_id(&f->people[a->person], id);
        firm_text(&file, id);
        firm_date(&file, a->date);
        put_score(&file, a);
        firm_text(&file, a->informal < 0 ? "" : a->informal ? "yes" : "no");
        firm_date(&file, a->since);
        firm_end_row(&file);
    }
    firm_close(&file);
}

static void write_pairs(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "pairs.csv", FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "mentor", "mentee", "start", "end", "kind", "meetings");
    for (int k = 0; k < f->n_pairs; k++) {
        char id[16];
        firm_id(&f->people[f->pairs[k].mentor], id);
        firm_text(&file, id);
        firm_id(&f->people[f->pairs[k].mentee], id);
        firm_text(&file, id);
        firm_date(&file, f->pairs[k].start);
        firm_date(&file, f->pairs[k].end);
        firm_text(&file, "program");
        firm_number(&file, f->pairs[k].meetings);
        firm_end_row(&file);
    }
    firm_close(&file);
}

void firm_write_simple(const firm *f, const char *folder)
{
    firm_must(!f->returns, "the simple form has one row a person");
    write_people(f, folder);
    write_promotions(f, folder);
    write_surveys(f, folder);
    write_pairs(f, folder);
}
