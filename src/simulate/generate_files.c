/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A generated firm as files: people, promotions, surveys, relationships, the truth to be found, and what all of it is. */
#include "simulate/truth.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/text.h"

static void put_date(mlab_text *text, int32_t date)
{
    char day[16];
    if (date != MLAB_DATE_MISSING && mlab_date_print(date, day, sizeof day)) mlab_text_append(text, day);
}

static void put_id(mlab_text *text, const mlab_firm *firm, uint32_t i)
{
    char id[16];
    mlab_text_append(text, i == UINT32_MAX ? "" : mlab_firm_id(firm, i, id));
}

static void put_people(mlab_text *text, const mlab_firm *firm)
{
    char skills[200];
    mlab_text_append(text, "id,hired,left,exit_reason,gender,department,performance,grade,entry_grade,manager,skills,wants,capacity\n");
    for (uint32_t i = 0; i < firm->n; i++) {
        bool left = firm->left[i] != MLAB_DATE_MISSING;
        put_id(text, firm, i);
        mlab_text_append(text, ",");
        put_date(text, firm->hired[i]);
        mlab_text_append(text, ",");
        put_date(text, firm->left[i]);
        mlab_text_print(text, ",%s,%s,%s,", left ? (firm->cause[i] ? "involuntary" : "voluntary") : "", mlab_truth_genders[firm->male[i]],
                        mlab_truth_departments[firm->department[i]]);
        mlab_text_number(text, firm->performance[i]);
        mlab_text_print(text, ",%d,%d,", firm->entry_grade[i], firm->entry_grade[i]);
        put_id(text, firm, firm->manager[i]);
        mlab_text_print(text, ",%s,", mlab_firm_skills(firm->offers[i], skills));
        mlab_text_print(text, "%s,%d\n", mlab_firm_skills(firm->wants[i], skills), firm->capacity[i]);
    }
}

static void put_promotions(mlab_text *text, const mlab_firm *firm)
{
    mlab_text_append(text, "id,date,to\n");
    for (size_t r = 0; r < firm->n_promotions; r++) {
        put_id(text, firm, firm->promotions[r].person);
        mlab_text_append(text, ",");
        put_date(text, firm->promotions[r].date);
        mlab_text_print(text, ",%d\n", (int)firm->promotions[r].to);
    }
}

static void put_surveys(mlab_text *text, const mlab_firm *firm)
{
    mlab_text_append(text, "id,date,satisfaction\n");
    for (size_t r = 0; r < firm->n_answers; r++) {
        put_id(text, firm, firm->answers[r].person);
        mlab_text_append(text, ",");
        put_date(text, firm->answers[r].date);
        mlab_text_print(text, ",%d\n", (int)firm->answers[r].level + 1);
    }
}

static void put_relationships(mlab_text *text, const mlab_firm *firm)
{
    mlab_text_append(text, "mentor,mentee,start,end,kind\n");
    for (size_t r = 0; r < firm->n_pairs; r++) {
        const mlab_firm_pair *p = &firm->pairs[r];
        put_id(text, firm, p->mentor);
        mlab_text_append(text, ",");
        put_id(text, firm, p->mentee);
        mlab_text_append(text, ",");
        put_date(text, p->start);
        mlab_text_append(text, ",");
        put_date(text, p->end);
        mlab_text_print(text, ",%s\n", mlab_truth_arms[p->arm]);
    }
}

static void put_truth(mlab_text *text, const mlab_true_value *values, size_t n)
{
    mlab_text_append(text, "kind,outcome,name,reference,measure,horizon_months,value,monte_carlo_error\n");
    for (size_t k = 0; k < n; k++) {
        const mlab_true_value *v = &values[k];
        mlab_text_print(text, "%s,%s,%s,%s,%s,", v->kind, v->outcome, v->name, v->reference, v->measure);
        if (v->horizon > 0) mlab_text_number(text, v->horizon);
        mlab_text_append(text, ",");
        mlab_text_number(text, v->value);
        mlab_text_append(text, ",");
        mlab_text_number(text, v->monte_carlo_se);
        mlab_text_append(text, "\n");
    }
}

static void put_readme(mlab_text *text, const mlab_firm *firm)
{
    const mlab_truth *t = firm->truth;
    mlab_text_append(text, "SIMULATED DATA\n\nThese files describe no real people. `mentorlab generate` made them from a stated truth.\n\n");
    mlab_text_print(text, "Seed %llu; %u people at the start, %u in all; %lld quarters from ", (unsigned long long)firm->seed,
                    (unsigned)firm->n_start, (unsigned)firm->n, (long long)t->periods);
    put_date(text, t->from);
    mlab_text_print(text, ".\n%zu promotions, %zu answers to surveys, %zu relationships.\n\n", firm->n_promotions, firm->n_answers, firm->n_pairs);
    if (t->no_effect) mlab_text_append(text, "Switch: mentoring has no effect on anything.\n");
    if (t->unrecorded > 0) mlab_text_append(text, "Switch: a trait that no file records moves both mentoring and outcomes.\n");
    if (t->close_before_exit > 0) mlab_text_append(text, "Switch: relationships of leavers close 15 to 75 days before the exit.\n");
    mlab_text_append(text, "people.csv         one row a person; grade is that at entry, entry_grade the same as an attribute\n"
                           "promotions.csv     one row a promotion; to = grade after\n"
                           "surveys.csv        answers 1 (very dissatisfied) to 5 (very satisfied)\n"
                           "relationships.csv  mentor, mentee, first and last day (empty = still going), kind\n"
                           "truth.csv          what a method should find: coefficients under R's names; marginal contrasts had\n"
                           "                   everybody been in the arm from time zero, capacity ignored, with Monte Carlo error\n");
}

static mlab_status write_text(const mlab_context *context, const char *folder, const char *name, mlab_text *text, mlab_error *err)
{
    if (text->failed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %s", name);
    char *path = mlab_os_join(context, folder, name);
    if (!path) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %s", name);
    mlab_status status = mlab_os_write_file(context, path, mlab_text_get(text), text->n, false, err);
    mlab_release(context, path);
    return status;
}

mlab_status mlab_generate(const mlab_context *context, const mlab_truth *truth, uint64_t seed, int64_t people, const char *folder, mlab_error *err)
{
    static const char *const names[] = {"people.csv", "promotions.csv", "surveys.csv", "relationships.csv", "README.txt", "truth.csv"};
    static void (*const put[])(mlab_text *, const mlab_firm *) = {put_people, put_promotions, put_surveys, put_relationships, put_readme};
    static const double horizons[] = {12, 24, 36};
    mlab_status status;
    mlab_firm *firm = NULL;
    mlab_true_value *values = NULL;
    size_t n_values = 0;
    mlab_text text = MLAB_TEXT(context);

    if ((status = mlab_firm_make(context, truth, seed, people, &firm, err))) goto out;
    if ((status = mlab_true_values(context, truth, people, horizons, 3, &values, &n_values, err))) goto out;
    if ((status = mlab_os_make_folder(folder, err))) goto out;
    for (size_t f = 0; f < 6; f++) {
        mlab_text_free(&text);
        text = MLAB_TEXT(context);
        f < 5 ? put[f](&text, firm) : put_truth(&text, values, n_values);
        if ((status = write_text(context, folder, names[f], &text, err))) goto out;
    }
out:
    mlab_text_free(&text);
    mlab_true_values_free(context, values);
    mlab_firm_free(firm);
    return status;
}
