/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One firm, and the exports in which systems would tell of it. The firm is drawn once from a fixed seed; every layout is
 * another way of writing the same people, jobs, surveys and pairs. */
#ifndef TESTS_LAYOUTS_FIRM_H
#define TESTS_LAYOUTS_FIRM_H

#include "core/number.h"
#include "core/text.h"
#include "support/support.h"

enum { FIRM_MOST_JOBS = 40, FIRM_WAVES = 4, FIRM_ITEMS = 3 };

typedef enum firm_event { FIRM_HIRE, FIRM_REHIRE, FIRM_PROMOTION, FIRM_TRANSFER, FIRM_LEAVE, FIRM_RETURN, FIRM_EXIT } firm_event;
typedef enum firm_exit { FIRM_RESIGNED, FIRM_DISMISSED, FIRM_REDUNDANT, FIRM_RETIRED } firm_exit;

/* A row of the job history: the state from that morning on; of an exit the day is the last one at work. */
typedef struct firm_job {
    int32_t date;
    int order; /* of the rows of one day, from 1 */
    firm_event event;
    firm_exit exit;
    int grade, department, location, manager; /* manager: index of a person, -1 = none */
} firm_job;

typedef struct firm_person {
    unsigned number; /* the id is "%08u" */
    char first[16], last[20];
    bool female, contractor;
    int32_t born;
    firm_job jobs[FIRM_MOST_JOBS]; /* [n_jobs] by day and order */
    int n_jobs;
} firm_person;

typedef struct firm_answer {
    int person, wave;
    int32_t date;
    int item[FIRM_ITEMS]; /* 1 to 5 as ticked, the last one is asked the other way round; 0 = not answered */
    bool finished;
    int informal;  /* 1 = has an informal mentor, 0 = none, -1 = not answered */
    int32_t since; /* first day of a month; MLAB_DATE_MISSING when there is none */
} firm_answer;

typedef struct firm_pair {
    int mentor, mentee;
    int32_t start, end; /* MLAB_DATE_MISSING = still going */
    int meetings;
} firm_pair;

typedef struct firm {
    const mlab_context *context;
    firm_person *people; /* [n_people] */
    firm_answer *answers;
    firm_pair *pairs;
    int n_people, n_answers, n_pairs;
    bool returns;
} firm;

/* Ends the program with the words when it is false: also outside of tests. */
void firm_must(bool is_so, const char *words);
/* returns: some who left come back; the simple form, one row a person, cannot say so. */
firm *firm_make(const mlab_context *context, int n_people, uint64_t seed, bool returns);
void firm_free(firm *f);

extern const char *const firm_departments[5];
extern const char *const firm_locations[3];
void firm_id(const firm_person *person, char into[16]);
void firm_email(const firm_person *person, char into[64]);
int32_t firm_wave_day(int wave);
const firm_job *firm_state(const firm_person *person, int32_t day); /* the last row up to the day; NULL = not there, or gone */
bool firm_is_in(const firm_person *person, int32_t day);

#define FIRM_FROM "2021-01-01"
#define FIRM_AS_OF "2024-12-31"

/* --- writing files ---------------------------------------------------------------------------------- */

typedef enum firm_form { FIRM_CSV, FIRM_SEMICOLONS, FIRM_TABS_UTF16, FIRM_XLSX } firm_form;
typedef enum firm_dates { FIRM_ISO, FIRM_DOTS, FIRM_SLASHES_MDY, FIRM_SLASHES_YMD } firm_dates;

typedef struct firm_file {
    const mlab_context *context;
    firm_form form;
    firm_dates dates;
    mlab_text text; /* of delimited text */
    void *book, *sheet, *date_format;
    int row, column;
    char path[4400];
} firm_file;

void firm_open(firm_file *file, const mlab_context *context, const char *folder, const char *name, firm_form form, firm_dates dates);
void firm_text(firm_file *file, const char *text);
void firm_number(firm_file *file, double value); /* decimal comma between semicolons and tabs */
void firm_date(firm_file *file, int32_t date);   /* MLAB_DATE_MISSING = empty */
void firm_end_row(firm_file *file);
void firm_headings(firm_file *file, const char *const *headings, size_t n);
void firm_close(firm_file *file);
#define FIRM_HEADINGS(file_, ...)                                                                                                                    \
    do {                                                                                                                                             \
        const char *const headings_[] = {__VA_ARGS__};                                                                                               \
        firm_headings((file_), headings_, sizeof headings_ / sizeof *headings_);                                                                     \
    } while (0)

/* --- the layouts; each writes its files into the folder ------------------------------------------------ */

void firm_write_simple(const firm *f, const char *folder);         /* people.csv promotions.csv surveys.csv pairs.csv */
void firm_write_workday(const firm *f, const char *folder);        /* workers.xlsx job_history.xlsx */
void firm_write_successfactors(const firm *f, const char *folder); /* employees.txt job_info.txt */
void firm_write_oracle(const firm *f, const char *folder);         /* persons.csv assignments.csv */
void firm_write_crosswalk(const firm *f, const char *folder);      /* ids.csv: e-mail and id with its zeros gone */
void firm_write_qualtrics(const firm *f, const char *folder);      /* wave_<day>.csv */
void firm_write_cultureamp(const firm *f, const char *folder);     /* survey.csv, all waves */
void firm_write_pairs_chronus(const firm *f, const char *folder);  /* connections.csv */
void firm_write_pairs_mentorcliq(const firm *f, const char *folder);
void firm_write_pairs_together(const firm *f, const char *folder);
void firm_write_pairs_pushfar(const firm *f, const char *folder);

#endif
