/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The people of a generated firm: who they are before anything happens.
 *
 * Every value is a function of (seed, replicate, rank) through addressed random numbers. Tenure at the start is exponential with
 * mean 4 years, cut at 20; performance is normal(3, 0.7), cut to 1 .. 5 and rounded to one decimal as the file has it.
 * Weakness: attributes are independent of each other but for skills, which follow the department. */
#include "simulate/truth.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Uniforms of a person. */
enum { U_GENDER, U_DEPARTMENT, U_PERFORMANCE, U_GRADE, U_TENURE, U_CAPACITY, U_MANAGER, U_HIDDEN, U_HIRED, U_SKILLS, U_OF_PERSON = 18 };

void mlab_firm_free(mlab_firm *firm)
{
    if (!firm) return;
    void *owned[] = {firm->boundary, firm->hired,   firm->left,        firm->cause,          firm->male,    firm->department,
                     firm->capacity, firm->hidden,  firm->entry_grade, firm->performance,    firm->manager, firm->offers,
                     firm->wants,    firm->grade,   firm->arm,         firm->in_grade_since, firm->base[0], firm->base[1],
                     firm->base[2],  firm->base[3], firm->base[4],     firm->promotions,     firm->answers, firm->pairs};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) mlab_release(firm->context, owned[k]);
    mlab_release(firm->context, firm);
}

const char *mlab_firm_id(const mlab_firm *firm, uint32_t i, char into[16])
{
    (void)firm;
    snprintf(into, 16, "SIM%07u", (unsigned)(i + 1) % 10000000u);
    return into;
}

const char *mlab_firm_skills(uint16_t set, char into[200])
{
    size_t n = 0;
    into[0] = '\0';
    for (int s = 0; s < MLAB_N_SKILLS; s++)
        if (set >> s & 1) n += (size_t)snprintf(into + n, 200 - n, "%s%s", n ? ";" : "", mlab_truth_skills[s]);
    return into;
}

static bool allocate_people(mlab_firm *firm)
{
    const mlab_context *context = firm->context;
    size_t n = firm->n;
    firm->boundary = mlab_allocate(context, (size_t)firm->truth->periods + 1, sizeof *firm->boundary);
    firm->hired = mlab_allocate(context, n, sizeof *firm->hired);
    firm->left = mlab_allocate(context, n, sizeof *firm->left);
    firm->cause = mlab_allocate(context, n, sizeof *firm->cause);
    firm->male = mlab_allocate(context, n, sizeof *firm->male);
    firm->department = mlab_allocate(context, n, sizeof *firm->department);
    firm->entry_grade = mlab_allocate(context, n, sizeof *firm->entry_grade);
    firm->capacity = mlab_allocate(context, n, sizeof *firm->capacity);
    firm->performance = mlab_allocate(context, n, sizeof *firm->performance);
    firm->hidden = mlab_allocate(context, n, sizeof *firm->hidden);
    firm->manager = mlab_allocate(context, n, sizeof *firm->manager);
    firm->offers = mlab_allocate(context, n, sizeof *firm->offers);
    firm->wants = mlab_allocate(context, n, sizeof *firm->wants);
    firm->grade = mlab_allocate(context, n, sizeof *firm->grade);
    firm->arm = mlab_allocate(context, n, sizeof *firm->arm);
    firm->in_grade_since = mlab_allocate(context, n, sizeof *firm->in_grade_since);
    for (int p = 0; p < 5; p++)
        if (!(firm->base[p] = mlab_allocate(context, n, sizeof *firm->base[p]))) return false;
    return firm->boundary && firm->hired && firm->left && firm->cause && firm->male && firm->department && firm->entry_grade && firm->capacity &&
           firm->performance && firm->hidden && firm->manager && firm->offers && firm->wants && firm->grade && firm->arm && firm->in_grade_since;
}

/* Entry grades 1 .. grades - 1, each 0.65 times as common as the one below. */
static uint8_t entry_grade_of(double u, int64_t grades)
{
    double total = 0, weight = 1, sum = 0;
    for (int64_t g = 1; g < grades; g++, weight *= 0.65) total += weight;
    weight = 1;
    for (int64_t g = 1; g < grades; g++, weight *= 0.65)
        if (u * total < (sum += weight)) return (uint8_t)g;
    return (uint8_t)(grades - 1);
}

static uint16_t skill_set(const double *u, int first, int n)
{
    uint16_t set = 0;
    for (int k = 0; k < n; k++) {
        int skill = k == 0 ? first + (int)(u[0] * 3) : (int)(u[k] * MLAB_N_SKILLS);
        set |= (uint16_t)(1u << (skill % MLAB_N_SKILLS));
    }
    return set;
}

static void draw_person(mlab_firm *firm, uint32_t i, const double *u)
{
    static const double department_share[] = {0.26, 0.45, 0.64, 0.84, 1.0};
    const mlab_truth *truth = firm->truth;
    int department = 0;
    while (department < MLAB_N_DEPARTMENTS - 1 && u[U_DEPARTMENT] > department_share[department]) department++;
    firm->department[i] = (uint8_t)department;
    firm->male[i] = u[U_GENDER] < 0.55;
    double performance = 3 + 0.7 * mlab_normal_quantile(u[U_PERFORMANCE]);
    firm->performance[i] = floor(10 * fmin(5, fmax(1, performance)) + 0.5) / 10;
    firm->hidden[i] = truth->unrecorded > 0 ? truth->unrecorded * mlab_normal_quantile(u[U_HIDDEN]) : 0;
    firm->entry_grade[i] = entry_grade_of(u[U_GRADE], truth->grades);
    firm->capacity[i] = (uint8_t)(1 + (u[U_CAPACITY] > 0.5) + (u[U_CAPACITY] > 0.85));
    firm->offers[i] = skill_set(u + U_SKILLS, 2 * department, 4);
    firm->wants[i] = skill_set(u + U_SKILLS + 4, (int)(u[U_SKILLS + 7] * MLAB_N_SKILLS), 3);
    if (i < firm->n_start) {
        double years = fmin(20, -4 * mlab_log(u[U_TENURE]));
        firm->hired[i] = firm->boundary[0] - (int32_t)(years * 365.25);
    } else {
        uint32_t k = (i - firm->n_start) / firm->n_hires;
        int32_t days = firm->boundary[k + 1] - firm->boundary[k];
        firm->hired[i] = firm->boundary[k] + 1 + (int32_t)(u[U_HIRED] * (days - 10));
    }
    firm->left[i] = MLAB_DATE_MISSING;
    firm->grade[i] = firm->entry_grade[i];
    firm->in_grade_since[i] = firm->hired[i] - 1;
}

/* The first of a walk from a drawn person on who is of the department, of a higher grade and was there at the start. */
static void draw_managers(mlab_firm *firm, const double *uniform)
{
    for (uint32_t i = 0; i < firm->n; i++) {
        uint32_t at = (uint32_t)(uniform[(size_t)i * U_OF_PERSON + U_MANAGER] * firm->n_start);
        firm->manager[i] = UINT32_MAX;
        for (uint32_t step = 0; step < firm->n_start && step < 400; step++, at = at + 1 == firm->n_start ? 0 : at + 1)
            if (at != i && firm->department[at] == firm->department[i] && firm->entry_grade[at] > firm->entry_grade[i]) {
                firm->manager[i] = at;
                break;
            }
    }
}

static void set_bases(mlab_firm *firm)
{
    const mlab_truth *t = firm->truth;
    const mlab_effects *effects[] = {&t->promotion, &t->voluntary, &t->involuntary, &t->satisfaction, &t->informal_start};
    for (int p = 0; p < 5; p++)
        for (uint32_t i = 0; i < firm->n; i++) {
            const mlab_effects *e = effects[p];
            firm->base[p][i] = e->intercept + e->entry_grade * firm->entry_grade[i] + (firm->male[i] ? e->male : 0) +
                               e->performance * firm->performance[i] + e->department[firm->department[i]] + e->hidden * firm->hidden[i];
        }
}

mlab_status mlab_firm_people(const mlab_context *context, const mlab_truth *truth, uint64_t seed, uint32_t replicate, int64_t people,
                             mlab_firm **firm, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    double *uniform = NULL;
    uint32_t *ranks = NULL;
    *firm = NULL;
    if (!people) people = truth->people;
    int64_t hires = (int64_t)floor(truth->hires * (double)people + 0.5), all = people + hires * truth->periods;
    if (people < 1 || all > 9999999)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "%lld people with all who are hired later, allowed 1 to 9999999", (long long)all);

    mlab_firm *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a firm");
    *made = (mlab_firm){.context = context, .truth = truth, .seed = seed, .replicate = replicate};
    made->n = (uint32_t)all;
    made->n_start = (uint32_t)people;
    made->n_hires = (uint32_t)hires;
    uniform = mlab_allocate(context, (size_t)all * U_OF_PERSON, sizeof *uniform);
    ranks = mlab_allocate(context, (size_t)all, sizeof *ranks);
    if (!uniform || !ranks || !allocate_people(made)) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a firm of %lld people", (long long)all);
        goto out;
    }
    for (int32_t k = 0; k <= truth->periods; k++) made->boundary[k] = mlab_date_add_months(truth->from, 3 * k) - 1;
    for (uint32_t i = 0; i < made->n; i++) ranks[i] = i;
    mlab_address address = {.seed = seed, .replicate = replicate, .purpose = MLAB_PURPOSE_GENERATE_PERSON};
    mlab_random_fill(context, &address, ranks, made->n, U_OF_PERSON, uniform);
    for (uint32_t i = 0; i < made->n; i++) draw_person(made, i, uniform + (size_t)i * U_OF_PERSON);
    draw_managers(made, uniform);
    set_bases(made);
    *firm = made;
    made = NULL;
out:
    mlab_release(context, uniform);
    mlab_release(context, ranks);
    mlab_firm_free(made);
    return status;
}
