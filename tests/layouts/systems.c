/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exports of personnel systems, with their quirks: Workday (workbooks, title rows, "Jane Doe (00123456) (Terminated)"),
 * SuccessFactors (UTF-16 with tabs, decimal commas, 31.12.9999, an exit dated the day after the last one, ids without their
 * zeros), Oracle (YYYY/MM/DD, 4712/12/31, upper-case headings). */
#include "layouts/firm.h"

#include <stdio.h>
#include <string.h>

static bool is_gone(const firm_person *p)
{
    return !firm_is_in(p, mlab_date_from_civil(2025, 1, 1));
}

/* --- Workday ---------------------------------------------------------------------------------------- */

static void put_worker(firm_file *file, const firm_person *p)
{
    char text[96];
    snprintf(text, sizeof text, "%s %s (%08u)%s", p->first, p->last, p->number, is_gone(p) ? " (Terminated)" : p->contractor ? " [C]" : "");
    firm_text(file, text);
}

static void put_titles(firm_file *file, const char *title)
{
    firm_text(file, title);
    firm_end_row(file);
    firm_text(file, "Run as of");
    firm_date(file, mlab_date_from_civil(2024, 12, 31));
    firm_end_row(file);
    firm_end_row(file);
}

static void write_workers(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "workers.xlsx", FIRM_XLSX, FIRM_ISO);
    put_titles(&file, "All Workers");
    FIRM_HEADINGS(&file, "Worker", "Email - Primary Work", "Hire Date", "Gender", "Worker Type");
    for (int i = 0; i < f->n_people; i++) {
        char email[64];
        firm_email(&f->people[i], email);
        put_worker(&file, &f->people[i]);
        firm_text(&file, email);
        firm_date(&file, f->people[i].jobs[0].date);
        firm_text(&file, f->people[i].female ? "female" : "male");
        firm_text(&file, f->people[i].contractor ? "Contractor" : "Regular");
        firm_end_row(&file);
    }
    firm_close(&file);
}

void firm_write_workday(const firm *f, const char *folder)
{
    static const char *const process[] = {"Hire",       "Hire", "Change Job", "Change Job", "Leave of Absence", "Return from Leave of Absence",
                                          "Termination"};
    static const char *const reason[] = {"Hire Employee > New Hire",
                                         "Hire Employee > Rehire",
                                         "Promotion > Promotion",
                                         "Transfer > Transfer",
                                         "Leave of Absence > Family Leave",
                                         "Return from Leave > Returned",
                                         ""};
    static const char *const exits[] = {"Voluntary > Resignation", "Involuntary > Performance", "Involuntary > Redundancy", "Voluntary > Retirement"};
    firm_file file;
    write_workers(f, folder);
    firm_open(&file, f->context, folder, "job_history.xlsx", FIRM_XLSX, FIRM_ISO);
    put_titles(&file, "Worker Job History");
    FIRM_HEADINGS(&file, "Worker", "Effective Date", "Sequence", "Business Process Type", "Business Process Reason", "Job Level", "Cost Center",
                  "Location", "Manager");
    for (int i = 0; i < f->n_people; i++)
        for (int k = 0; k < f->people[i].n_jobs; k++) {
            const firm_job *job = &f->people[i].jobs[k];
            put_worker(&file, &f->people[i]);
            firm_date(&file, job->date);
            firm_number(&file, job->order);
            firm_text(&file, process[job->event]);
            firm_text(&file, job->event == FIRM_EXIT ? exits[job->exit] : reason[job->event]);
            firm_number(&file, job->grade);
            firm_text(&file, firm_departments[job->department]);
            firm_text(&file, firm_locations[job->location]);
            if (job->manager >= 0)
                put_worker(&file, &f->people[job->manager]);
            else
                firm_text(&file, "");
            firm_end_row(&file);
        }
    firm_close(&file);
}

/* --- SuccessFactors ----------------------------------------------------------------------------------- */

static void put_bare(firm_file *file, const firm_person *p)
{
    char text[16];
    snprintf(text, sizeof text, "%u", p->number);
    firm_text(file, text);
}

static void write_employees(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "employees.txt", FIRM_TABS_UTF16, FIRM_DOTS);
    FIRM_HEADINGS(&file, "User ID", "First Name", "Last Name", "Email Address", "Gender", "Employee Type", "FTE");
    for (int i = 0; i < f->n_people; i++) {
        char email[64];
        firm_email(&f->people[i], email);
        put_bare(&file, &f->people[i]);
        firm_text(&file, f->people[i].first);
        firm_text(&file, f->people[i].last);
        firm_text(&file, email);
        firm_text(&file, f->people[i].female ? "female" : "male");
        firm_text(&file, f->people[i].contractor ? "Contractor" : "Regular");
        firm_number(&file, i % 7 ? 1 : 0.75);
        firm_end_row(&file);
    }
    firm_close(&file);
}

/* The day on which the row ends: the evening before the next one begins; open ends stand in the year 9999. */
static int32_t row_end(const firm_person *p, int k)
{
    int32_t end = mlab_date_from_civil(9999, 12, 31);
    for (int later = k + 1; later < p->n_jobs; later++) {
        int32_t begins = p->jobs[later].date + (p->jobs[later].event == FIRM_EXIT);
        int32_t own = p->jobs[k].date + (p->jobs[k].event == FIRM_EXIT);
        return begins == own ? own : begins - 1;
    }
    return end;
}

void firm_write_successfactors(const firm *f, const char *folder)
{
    static const char *const event[] = {"Hire", "Rehire", "Promotion", "Transfer", "Leave of Absence", "Return to Work", "Termination"};
    static const char *const reason[] = {"HIRNEW", "REHIRE", "PROMO", "TRANSF", "LOA", "RETLOA", ""};
    static const char *const exits[] = {"TERVRESIGN", "TERIPERF", "TERIREDUN", "TERRETIRE"};
    firm_file file;
    write_employees(f, folder);
    firm_open(&file, f->context, folder, "job_info.txt", FIRM_TABS_UTF16, FIRM_DOTS);
    FIRM_HEADINGS(&file, "User ID", "Event Date", "End Date", "Sequence Number", "Event", "Event Reason", "Pay Grade", "Department", "Location",
                  "Supervisor");
    for (int i = 0; i < f->n_people; i++)
        for (int k = 0; k < f->people[i].n_jobs; k++) {
            const firm_job *job = &f->people[i].jobs[k];
            put_bare(&file, &f->people[i]);
            firm_date(&file, job->date + (job->event == FIRM_EXIT)); /* gone from that day on */
            firm_date(&file, row_end(&f->people[i], k));
            firm_number(&file, job->order);
            firm_text(&file, event[job->event]);
            firm_text(&file, job->event == FIRM_EXIT ? exits[job->exit] : reason[job->event]);
            firm_number(&file, job->grade);
            firm_text(&file, firm_departments[job->department]);
            firm_text(&file, firm_locations[job->location]);
            if (job->manager >= 0)
                put_bare(&file, &f->people[job->manager]);
            else
                firm_text(&file, "NO_MANAGER");
            firm_end_row(&file);
        }
    firm_close(&file);
}

/* --- Oracle ------------------------------------------------------------------------------------------- */

static void write_persons(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "persons.csv", FIRM_CSV, FIRM_SLASHES_YMD);
    FIRM_HEADINGS(&file, "PERSON_NUMBER", "EMAIL_ADDRESS", "SEX", "SYSTEM_PERSON_TYPE");
    for (int i = 0; i < f->n_people; i++) {
        char id[16], email[64];
        firm_id(&f->people[i], id);
        firm_email(&f->people[i], email);
        firm_text(&file, id);
        firm_text(&file, email);
        firm_text(&file, f->people[i].female ? "female" : "male");
        firm_text(&file, f->people[i].contractor ? "Contractor" : "Regular");
        firm_end_row(&file);
    }
    firm_close(&file);
}

static int32_t oracle_end(const firm_person *p, int k)
{
    int32_t end = row_end(p, k);
    return end == mlab_date_from_civil(9999, 12, 31) ? mlab_date_from_civil(4712, 12, 31) : end;
}

void firm_write_oracle(const firm *f, const char *folder)
{
    static const char *const action[] = {"HIRE", "REHIRE", "PROMOTION", "TRANSFER", "ASG_CHANGE_LOA", "RETURN_TO_WORK", ""};
    static const char *const exits[] = {"RESIGNATION", "INVOLUNTARY_TERMINATION", "REDUCTION_FORCE", "RETIREMENT"};
    firm_file file;
    write_persons(f, folder);
    firm_open(&file, f->context, folder, "assignments.csv", FIRM_CSV, FIRM_SLASHES_YMD);
    FIRM_HEADINGS(&file, "PERSON_NUMBER", "EFFECTIVE_START_DATE", "EFFECTIVE_END_DATE", "EFFECTIVE_SEQUENCE", "ACTION_CODE", "GRADE_CODE",
                  "DEPARTMENT_NAME", "LOCATION_CODE", "MANAGER_PERSON_NUMBER");
    for (int i = 0; i < f->n_people; i++)
        for (int k = 0; k < f->people[i].n_jobs; k++) {
            const firm_job *job = &f->people[i].jobs[k];
            char id[16], manager[16] = "";
            firm_id(&f->people[i], id);
            if (job->manager >= 0) firm_id(&f->people[job->manager], manager);
            firm_text(&file, id);
            firm_date(&file, job->date + (job->event == FIRM_EXIT));
            firm_date(&file, oracle_end(&f->people[i], k));
            firm_number(&file, job->order);
            firm_text(&file, job->event == FIRM_EXIT ? exits[job->exit] : action[job->event]);
            firm_number(&file, job->grade);
            firm_text(&file, firm_departments[job->department]);
            firm_text(&file, firm_locations[job->location]);
            firm_text(&file, manager);
            firm_end_row(&file);
        }
    firm_close(&file);
}

void firm_write_crosswalk(const firm *f, const char *folder)
{
    firm_file file;
    firm_open(&file, f->context, folder, "ids.csv", FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "Email", "Employee ID");
    for (int i = 0; i < f->n_people; i++) {
        char email[64];
        firm_email(&f->people[i], email);
        firm_text(&file, email);
        put_bare(&file, &f->people[i]);
        firm_end_row(&file);
    }
    firm_close(&file);
}
