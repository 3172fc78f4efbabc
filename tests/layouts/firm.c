/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The firm behind all layouts, drawn from a fixed seed: who is hired, promoted, moved, on leave, leaves and comes back, who
 * answers what, who mentors whom. Weakness: made for its quirks, not to be a realistic labour market. */
#include "layouts/firm.h"

#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const firm_departments[5] = {"Engineering", "Finance", "Operations", "Research & Development", "Sales"};
const char *const firm_locations[3] = {"Berlin", "Lyon", "São Paulo"};

/* SplitMix64: one stream, good enough for fixtures. */
static uint64_t state;
static double draw(void)
{
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}
static int below(int n)
{
    return (int)(draw() * n);
}
static bool chance(double p)
{
    return draw() < p;
}

void firm_id(const firm_person *person, char into[16])
{
    snprintf(into, 16, "%08u", person->number);
}

void firm_email(const firm_person *person, char into[64])
{
    snprintf(into, 64, "%s.%s%u@example.com", person->first, person->last, person->number);
    for (char *c = into; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
}

int32_t firm_wave_day(int wave)
{
    return mlab_date_from_civil(2021 + wave, 5, 17);
}

const firm_job *firm_state(const firm_person *person, int32_t day)
{
    const firm_job *at = NULL;
    for (int i = 0; i < person->n_jobs && person->jobs[i].date <= day; i++) at = &person->jobs[i];
    return at && at->event == FIRM_EXIT && at->date < day ? NULL : at;
}

bool firm_is_in(const firm_person *person, int32_t day)
{
    return firm_state(person, day) != NULL;
}

/* --- jobs --------------------------------------------------------------------------------------------- */

static firm_job *add(firm_person *p, int32_t date, firm_event event)
{
    firm_job *job = &p->jobs[p->n_jobs];
    *job = p->n_jobs ? p->jobs[p->n_jobs - 1] : (firm_job){0};
    job->order = p->n_jobs && job->date == date ? job->order + 1 : 1;
    job->date = date;
    job->event = event;
    p->n_jobs++;
    return job;
}

static firm_exit why_gone(void)
{
    double u = draw();
    return u < 0.64 ? FIRM_RESIGNED : u < 0.8 ? FIRM_DISMISSED : u < 0.9 ? FIRM_REDUNDANT : FIRM_RETIRED;
}

/* One quarter of somebody who is in at its first day; at most one change and one exit, on different days. */
static void live_quarter(firm_person *p, int32_t first, bool *on_leave)
{
    firm_job *last = &p->jobs[p->n_jobs - 1];
    int32_t day = first + 1 + below(40), exit_day = first + 45 + below(40);
    if (*on_leave) {
        add(p, day, FIRM_RETURN);
        *on_leave = false;
    } else if (last->grade < 6 && chance(0.035)) {
        add(p, day, FIRM_PROMOTION)->grade++;
        if (chance(0.15)) add(p, day, FIRM_TRANSFER)->department = below(5); /* two rows of one day */
    } else if (chance(0.02)) {
        firm_job *job = add(p, day, FIRM_TRANSFER);
        job->department = below(5);
        job->location = below(3);
    } else if (chance(0.008)) {
        add(p, day, FIRM_LEAVE);
        *on_leave = true;
    }
    if (chance(0.03)) {
        add(p, exit_day, FIRM_EXIT)->exit = why_gone();
        *on_leave = false;
    }
}

static void live(firm_person *p, bool returns)
{
    int32_t from = mlab_date_from_civil(2012, 1, 1), to = mlab_date_from_civil(2025, 6, 30); /* beyond the day of the export */
    bool early = chance(0.6), on_leave = false;
    int32_t start = mlab_date_from_civil(2021, 1, 1), hired = early ? from + below(start - from) : start + below(1460);
    firm_job *job = add(p, hired, FIRM_HIRE);
    job->grade = 1 + below(4) * (below(3) > 0);
    job->department = below(5);
    job->location = below(3);
    int back = 0;
    for (int32_t first = hired < start ? start : mlab_date_add_months(hired + 30, 1); first < to; first = mlab_date_add_months(first, 3)) {
        if (p->n_jobs > FIRM_MOST_JOBS - 5) break;
        job = &p->jobs[p->n_jobs - 1];
        if (job->event != FIRM_EXIT)
            live_quarter(p, first, &on_leave);
        else if (!returns || job->exit == FIRM_RETIRED || back || !chance(0.04))
            continue;
        else {
            add(p, first + 7, FIRM_REHIRE);
            back++;
        }
    }
}

/* What lies ahead of the day of the export is known of few. */
static void forget_most_ahead(firm_person *p)
{
    if (chance(0.1)) return;
    while (p->n_jobs > 1 && p->jobs[p->n_jobs - 1].date > mlab_date_from_civil(2024, 12, 31)) p->n_jobs--;
}

static void make_people(firm *f)
{
    static const char *const first[2][8] = {{"Jan", "Omar", "Luca", "Pedro", "Tom", "Ivan", "Ken", "Ali"},
                                            {"Jane", "Sara", "Lucia", "Paula", "Tina", "Irina", "Keiko", "Aisha"}};
    static const char *const last[12] = {"Doe",   "Nakamura", "Schmidt", "Silva",  "Martin", "Okafor",
                                         "Rossi", "Novak",    "Haddad",  "Larsen", "Kaya",   "Park"};
    unsigned number = 400;
    for (int i = 0; i < f->n_people; i++) {
        firm_person *p = &f->people[i];
        number += 1 + (unsigned)below(4000);
        *p = (firm_person){.number = number, .female = chance(0.45), .contractor = chance(0.05)};
        snprintf(p->first, sizeof p->first, "%s", first[p->female][below(8)]);
        snprintf(p->last, sizeof p->last, "%s", last[below(12)]);
        live(p, f->returns);
        forget_most_ahead(p);
        p->born = mlab_date_add_months(p->jobs[0].date, -12 * (20 + below(30))) - below(300);
    }
    for (int i = 0; i < f->n_people; i++) { /* one manager for all of a person's rows: somebody of a higher grade at hire */
        int manager = -1;
        for (int tries = 0; tries < 20 && manager < 0; tries++) {
            int other = below(f->n_people);
            if (f->people[other].jobs[0].grade > f->people[i].jobs[0].grade && f->people[other].jobs[0].date <= f->people[i].jobs[0].date)
                manager = other;
        }
        for (int k = 0; k < f->people[i].n_jobs; k++) f->people[i].jobs[k].manager = manager;
    }
}

/* --- pairs ---------------------------------------------------------------------------------------------- */

static int32_t last_day(const firm_person *p, int32_t from)
{
    for (int k = 0; k < p->n_jobs; k++)
        if (p->jobs[k].event == FIRM_EXIT && p->jobs[k].date >= from) return p->jobs[k].date;
    return INT32_MAX;
}

/* A cohort every half year: 60 mentees of low grades who are not in a pair, for a year. */
static void make_pairs(firm *f)
{
    int32_t *busy = mlab_allocate(f->context, (size_t)f->n_people, sizeof *busy);
    int32_t as_of = mlab_date_from_civil(2024, 12, 31);
    for (int cohort = 0; cohort < 7; cohort++) {
        int32_t day = mlab_date_add_months(mlab_date_from_civil(2021, 2, 15), 6 * cohort);
        for (int tries = 0, made = 0; tries < 4000 && made < f->n_people / 20; tries++) {
            int a = below(f->n_people), b = below(f->n_people);
            const firm_job *mentee = firm_state(&f->people[a], day), *mentor = firm_state(&f->people[b], day);
            bool fits = a != b && mentee && mentor && mentee->grade <= 3 && mentor->grade >= 4 && busy[a] < day && !f->people[a].contractor &&
                        !f->people[b].contractor && f->people[a].jobs[0].date < day - 60;
            if (!fits) continue;
            int32_t end = mlab_date_add_months(day, 12), gone = last_day(&f->people[a], day), other = last_day(&f->people[b], day);
            if (gone < end) end = gone;
            if (other < end) end = other;
            f->pairs[f->n_pairs++] = (firm_pair){b, a, day, end > as_of ? MLAB_DATE_MISSING : end, chance(0.12) ? 0 : 1 + below(14)};
            busy[a] = INT32_MAX;
            made++;
        }
    }
    mlab_release(f->context, busy);
}

/* --- surveys -------------------------------------------------------------------------------------------- */

static bool ever_paired(const firm *f, int person)
{
    for (int k = 0; k < f->n_pairs; k++)
        if (f->pairs[k].mentee == person) return true;
    return false;
}

static void make_answers(firm *f)
{
    int32_t *mentored = mlab_allocate(f->context, (size_t)f->n_people, sizeof *mentored);
    for (int i = 0; i < f->n_people; i++) mentored[i] = MLAB_DATE_MISSING;
    for (int wave = 0; wave < FIRM_WAVES; wave++)
        for (int i = 0; i < f->n_people; i++) {
            int32_t day = firm_wave_day(wave);
            const firm_person *p = &f->people[i];
            if (!firm_is_in(p, day) || p->contractor || p->jobs[0].date > day - 100) continue;
            if (mentored[i] == MLAB_DATE_MISSING && !ever_paired(f, i) && chance(0.15)) { /* since the first day of one of the last months */
                int year, month, ignored;
                mlab_date_to_civil(mlab_date_add_months(day, -1 - below(2)), &year, &month, &ignored);
                mentored[i] = mlab_date_from_civil(year, month, 1);
            }
            if (!chance(0.7)) continue;
            firm_answer *a = &f->answers[f->n_answers++];
            *a = (firm_answer){.person = i, .wave = wave, .date = day, .finished = !chance(0.04)};
            int liking = 1 + below(4) + (mentored[i] != MLAB_DATE_MISSING);
            for (int k = 0; k < FIRM_ITEMS; k++) {
                int answer = liking + below(3) - 1;
                answer = answer < 1 ? 1 : answer > 5 ? 5 : answer;
                a->item[k] = chance(0.03) || (!a->finished && k) ? 0 : k == FIRM_ITEMS - 1 ? 6 - answer : answer;
            }
            a->informal = !a->finished ? -1 : mentored[i] != MLAB_DATE_MISSING;
            a->since = a->informal == 1 ? mentored[i] : MLAB_DATE_MISSING;
        }
    mlab_release(f->context, mentored);
}

void firm_must(bool is_so, const char *words)
{
    if (is_so) return;
    fprintf(stderr, "the firm's files cannot be made: %s\n", words);
    abort();
}

firm *firm_make(const mlab_context *context, int n_people, uint64_t seed, bool returns)
{
    firm *f = mlab_allocate(context, 1, sizeof *f);
    firm_must(f != NULL, "no memory");
    state = seed;
    *f = (firm){.context = context, .n_people = n_people, .returns = returns};
    f->people = mlab_allocate(context, (size_t)n_people, sizeof *f->people);
    f->answers = mlab_allocate(context, (size_t)n_people * FIRM_WAVES, sizeof *f->answers);
    f->pairs = mlab_allocate(context, (size_t)n_people, sizeof *f->pairs);
    firm_must(f->people && f->answers && f->pairs, "no memory");
    make_people(f);
    make_pairs(f);
    make_answers(f);
    return f;
}

void firm_free(firm *f)
{
    mlab_release(f->context, f->people);
    mlab_release(f->context, f->answers);
    mlab_release(f->context, f->pairs);
    mlab_release(f->context, f);
}
