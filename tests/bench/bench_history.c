/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the rows of a job history to the panel: 80,000 people (or argv[1]) with about seven rows each, drawn, shuffled, read, linked, made into
 * stays and states, and cut into quarters. The files are written by another process, so that the peak of memory is that of loading. */
#include "bench/bench.h"

#include "core/number.h"
#include "data/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ROWS = 15, RUNS = 3 };
static const char jobs_path[] = "/tmp/mentorlab-bench-jobs.csv", study_path[] = "/tmp/mentorlab-bench-history.yaml";
static const char study[] = "as_of: 2024-12-31\n"
                            "data:\n"
                            "  history: {file: mentorlab-bench-jobs.csv, exit_day: last_day, state: [grade, department, fte]}\n"
                            "events:\n"
                            "  hire: [Hire]\n"
                            "  exit: {voluntary: [Resignation]}\n"
                            "  promotion: {when: \"grade > previous\"}\n"
                            "  other: [Change]\n"
                            "panel: {period: quarter, from: 2021-01-01, to: 2024-12-31}\n";

static uint64_t state = 1;
static uint32_t below(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

typedef struct job {
    uint32_t person;
    mlab_date date;
    int grade, department;
    const char *reason;
} job;

static size_t draw_jobs(job *jobs, uint32_t people)
{
    size_t n = 0;
    mlab_date first = mlab_date_from_civil(2015, 1, 1), last = mlab_date_from_civil(2024, 12, 31);
    for (uint32_t i = 0; i < people; i++) {
        job now = {i, first + (mlab_date)below(2500), 1 + (int)below(4), (int)below(8), "Hire"};
        jobs[n++] = now;
        for (uint32_t k = 2 + below(12); k > 0; k--) {
            now.date += 20 + (mlab_date)below(380);
            if (now.date > last) break;
            uint32_t what = below(100);
            now.grade += what < 10 && now.grade < 6;
            if (what >= 80) now.department = (int)below(8);
            now.reason = what >= 10 && what < 15 ? "Resignation" : "Change";
            jobs[n++] = now;
            if (what >= 10 && what < 15) break;
        }
    }
    return n;
}

static void write_files(uint32_t people)
{
    job *jobs = calloc((size_t)people * MOST_ROWS, sizeof *jobs);
    FILE *file = fopen(jobs_path, "w"), *settings = fopen(study_path, "w");
    if (!jobs || !file || !settings) exit(EXIT_FAILURE);
    fputs(study, settings);
    fclose(settings);
    size_t n = draw_jobs(jobs, people);
    fputs("id,from,reason,grade,department,fte\n", file);
    for (size_t i = n; i > 0; i--) { /* in an order of its own */
        size_t k = below((uint32_t)i);
        char day[16];
        mlab_date_print(jobs[k].date, day, sizeof day);
        fprintf(file, "%08u,%s,%s,%d,%c,%s\n", (unsigned)jobs[k].person, day, jobs[k].reason, jobs[k].grade, 'A' + jobs[k].department,
                jobs[k].department % 2 ? "1" : "0.8");
        jobs[k] = jobs[i - 1];
    }
    fclose(file);
    free(jobs);
    printf("rows of the job history: %zu\n", n);
}

typedef struct loading_work {
    mlab_context context;
    size_t rows, people;
} loading_work;

static void load(void *from)
{
    loading_work *w = from;
    const mlab_option *tables[] = {mlab_data_options};
    mlab_findings findings;
    mlab_settings *settings = NULL;
    mlab_data *data = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, &w->context);
    if (mlab_settings_read(&w->context, study_path, tables, &mlab_data_n_options, 1, &findings, &settings, &err) ||
        mlab_data_load(&w->context, settings, &findings, &data, &err)) {
        fprintf(stderr, "%s; %s\n", err.sentence, findings.n ? findings.items[findings.n - 1].sentence : "");
        exit(EXIT_FAILURE);
    }
    w->rows = data->panel->n_rows;
    w->people = data->panel->n_people;
    mlab_data_free(data);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
}

int main(int argc, char **argv)
{
    uint32_t people = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 80000;
    loading_work w = {.context = mlab_bench_context(1)};
    fflush(stdout);
    pid_t writer = fork();
    if (writer == 0) {
        write_files(people);
        exit(EXIT_SUCCESS);
    }
    int ended = 0;
    if (writer < 0 || waitpid(writer, &ended, 0) != writer || ended) return EXIT_FAILURE;
    mlab_bench_rate_of_processor("job history to panel", RUNS, people, "people/s", load, &w);
    printf("person-periods: %zu of %zu people\n", w.rows, w.people);
    mlab_bench_memory("job history to panel");
    unlink(jobs_path);
    unlink(study_path);
    return EXIT_SUCCESS;
}
