/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exports of survey platforms: Qualtrics (a file a wave, three header rows, labels, "N/A", unfinished rows), Culture Amp (one
 * file of all waves, by e-mail). */
#include "layouts/firm.h"

#include <stdio.h>

static const char *const labels[] = {"N/A", "Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"};
static const char *const questions[] = {"I am satisfied with my job", "I would recommend this firm", "I often think of leaving"};

static void write_wave(const firm *f, const char *folder, int wave)
{
    firm_file file;
    char name[64], day[16], text[160];
    mlab_date_print(firm_wave_day(wave), day, sizeof day);
    snprintf(name, sizeof name, "wave_%s.csv", day);
    firm_open(&file, f->context, folder, name, FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "StartDate", "EndDate", "Status", "Progress", "Finished", "RecordedDate", "ResponseId", "RecipientEmail",
                  "ExternalReference", "Q3_1", "Q3_2", "Q3_4", "Q5", "Q6");
    FIRM_HEADINGS(&file, "Start Date", "End Date", "Response Type", "Progress", "Finished", "Recorded Date", "Response ID", "Recipient Email",
                  "External Data Reference", questions[0], questions[1], questions[2], "Do you have an informal mentor, outside any program?",
                  "Since when, \"roughly\"?");
    for (int k = 0; k < 14; k++) {
        static const char *const names[] = {
            "startDate", "endDate", "status", "progress", "finished", "recordedDate", "_recordId", "recipientEmail", "externalDataReference",
            "QID3_1",    "QID3_2",  "QID3_4", "QID5",     "QID6_TEXT"};
        snprintf(text, sizeof text, "{\"ImportId\":\"%s\"}", names[k]);
        firm_text(&file, text);
    }
    firm_end_row(&file);
    for (int k = 0; k < f->n_answers; k++) {
        const firm_answer *a = &f->answers[k];
        if (a->wave != wave) continue;
        char id[16], email[64];
        firm_id(&f->people[a->person], id);
        firm_email(&f->people[a->person], email);
        for (int at = 0; at < 2; at++) {
            snprintf(text, sizeof text, "%s 09:%02d:11", day, 10 + 20 * at);
            firm_text(&file, text);
        }
        firm_text(&file, "IP Address");
        firm_text(&file, a->finished ? "100" : "43");
        firm_text(&file, a->finished ? "True" : "False");
        firm_text(&file, text);
        snprintf(text, sizeof text, "R_%06dx", k);
        firm_text(&file, text);
        firm_text(&file, email);
        firm_text(&file, id);
        for (int i = 0; i < FIRM_ITEMS; i++) firm_text(&file, a->item[i] || a->finished ? labels[a->item[i]] : "");
        firm_text(&file, a->informal < 0 ? "" : a->informal ? "Yes" : "No");
        firm_date(&file, a->since);
        firm_end_row(&file);
    }
    firm_close(&file);
}

void firm_write_qualtrics(const firm *f, const char *folder)
{
    for (int wave = 0; wave < FIRM_WAVES; wave++) write_wave(f, folder, wave);
}

void firm_write_cultureamp(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "survey.csv", FIRM_SEMICOLONS, FIRM_DOTS);
    FIRM_HEADINGS(&file, "Email", "Survey Date", "Status", questions[0], questions[1], questions[2], "Informal mentor", "Mentor since");
    for (int k = 0; k < f->n_answers; k++) {
        const firm_answer *a = &f->answers[k];
        char email[64];
        firm_email(&f->people[a->person], email);
        firm_text(&file, email);
        firm_date(&file, a->date);
        firm_text(&file, a->finished ? "Submitted" : "Started");
        for (int i = 0; i < FIRM_ITEMS; i++) firm_text(&file, a->item[i] ? labels[a->item[i]] : "");
        firm_text(&file, a->informal < 0 ? "" : a->informal ? "Yes" : "No");
        firm_date(&file, a->since);
        firm_end_row(&file);
    }
    firm_close(&file);
}
