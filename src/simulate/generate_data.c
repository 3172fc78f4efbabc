/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A generated firm as data in memory: the tables and the panel that reading its files back would give, without files. */
#include "simulate/truth.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/panel_build.h"

#include <stdio.h>
#include <string.h>

static const char *const levels_of_satisfaction[MLAB_N_SATISFACTION] = {"1", "2", "3", "4", "5"};
static const char *const causes[] = {"voluntary", "involuntary"};

static mlab_status add(mlab_table *table, const char *name, mlab_column_type type, const char *const *levels, int32_t n_levels, mlab_column **column,
                       mlab_error *err)
{
    return mlab_table_add(table, name, type, levels, n_levels, column, err);
}

static mlab_status fill_text(mlab_table *table, const mlab_firm *firm, const char *name, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = add(table, name, MLAB_COLUMN_TEXT, NULL, 0, &column, err);
    char text[200];
    for (uint32_t i = 0; !status && i < firm->n; i++) {
        if (!strcmp(name, "id"))
            mlab_firm_id(firm, i, text);
        else if (!strcmp(name, "skills"))
            mlab_firm_skills(firm->offers[i], text);
        else if (!strcmp(name, "wants"))
            mlab_firm_skills(firm->wants[i], text);
        else if (firm->manager[i] != UINT32_MAX)
            mlab_firm_id(firm, firm->manager[i], text);
        else {
            status = mlab_column_set_missing(table, column, i, err);
            continue;
        }
        status = mlab_column_set_text(table, column, i, text, strlen(text), err);
    }
    return status;
}

static mlab_status fill_dates(mlab_table *table, const mlab_firm *firm, const char *name, const int32_t *dates, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = add(table, name, MLAB_COLUMN_DATE, NULL, 0, &column, err);
    for (uint32_t i = 0; !status && i < firm->n; i++) {
        if (dates[i] == MLAB_DATE_MISSING)
            status = mlab_column_set_missing(table, column, i, err);
        else
            column->as.integer[i] = dates[i];
    }
    return status;
}

static mlab_status fill_codes(mlab_table *table, const mlab_firm *firm, const char *name, const char *const *levels, int32_t n_levels,
                              const uint8_t *codes, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = add(table, name, levels ? MLAB_COLUMN_FACTOR : MLAB_COLUMN_INTEGER, levels, n_levels, &column, err);
    if (status) return status;
    for (uint32_t i = 0; i < firm->n; i++) column->as.integer[i] = codes[i];
    return MLAB_OK;
}

static mlab_status fill_reasons(mlab_table *table, const mlab_firm *firm, mlab_error *err)
{
    static const char *const levels[] = {"involuntary", "voluntary"};
    mlab_column *column;
    mlab_status status = add(table, "exit_reason", MLAB_COLUMN_FACTOR, levels, 2, &column, err);
    for (uint32_t i = 0; !status && i < firm->n; i++) {
        if (firm->left[i] == MLAB_DATE_MISSING)
            status = mlab_column_set_missing(table, column, i, err);
        else
            column->as.integer[i] = firm->cause[i] == 0;
    }
    return status;
}

static mlab_status make_people(const mlab_firm *firm, mlab_table **people, mlab_error *err)
{
    mlab_status status;
    mlab_column *column;
    if ((status = mlab_table_make(firm->context, firm->n, people, err))) return status;
    mlab_table *t = *people;
    if ((status = fill_text(t, firm, "id", err))) return status;
    if ((status = fill_dates(t, firm, "hired", firm->hired, err))) return status;
    if ((status = fill_dates(t, firm, "left", firm->left, err))) return status;
    if ((status = fill_reasons(t, firm, err))) return status;
    if ((status = fill_codes(t, firm, "gender", mlab_truth_genders, 2, firm->male, err))) return status;
    if ((status = fill_codes(t, firm, "department", mlab_truth_departments, MLAB_N_DEPARTMENTS, firm->department, err))) return status;
    if ((status = add(t, "performance", MLAB_COLUMN_REAL, NULL, 0, &column, err))) return status;
    memcpy(column->as.real, firm->performance, firm->n * sizeof *firm->performance);
    if ((status = fill_codes(t, firm, "grade", NULL, 0, firm->entry_grade, err))) return status;
    if ((status = fill_codes(t, firm, "entry_grade", NULL, 0, firm->entry_grade, err))) return status;
    if ((status = fill_text(t, firm, "manager", err))) return status;
    if ((status = fill_text(t, firm, "skills", err))) return status;
    if ((status = fill_text(t, firm, "wants", err))) return status;
    return fill_codes(t, firm, "capacity", NULL, 0, firm->capacity, err);
}

/* Adds an id and a date column of n rows; the rows' people and dates are `stride` bytes apart. */
static mlab_status fill_who_and_when(mlab_table *table, const mlab_firm *firm, const char *who, const uint32_t *person, const char *when,
                                     const int32_t *date, size_t stride, size_t n, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = MLAB_OK;
    char id[16];
    if (who) {
        status = add(table, who, MLAB_COLUMN_TEXT, NULL, 0, &column, err);
        for (size_t r = 0; !status && person && r < n; r++) {
            uint32_t i = *(const uint32_t *)(const void *)((const char *)person + r * stride);
            mlab_firm_id(firm, i, id);
            status = mlab_column_set_text(table, column, r, id, strlen(id), err);
        }
    }
    if (status || !when) return status;
    status = add(table, when, MLAB_COLUMN_DATE, NULL, 0, &column, err);
    for (size_t r = 0; !status && date && r < n; r++) {
        int32_t day = *(const int32_t *)(const void *)((const char *)date + r * stride);
        if (day == MLAB_DATE_MISSING)
            status = mlab_column_set_missing(table, column, r, err);
        else
            column->as.integer[r] = day;
    }
    return status;
}

static mlab_status make_promotions(const mlab_firm *firm, mlab_table **table, mlab_error *err)
{
    mlab_column *to;
    mlab_status status;
    const mlab_firm_promotion *p = firm->promotions;
    if ((status = mlab_table_make(firm->context, firm->n_promotions, table, err))) return status;
    if ((status = fill_who_and_when(*table, firm, "person", p ? &p->person : NULL, "date", p ? &p->date : NULL, sizeof *p, firm->n_promotions, err)))
        return status;
    if ((status = add(*table, "to", MLAB_COLUMN_INTEGER, NULL, 0, &to, err))) return status;
    for (size_t r = 0; p && r < firm->n_promotions; r++) to->as.integer[r] = p[r].to;
    return MLAB_OK;
}

static mlab_status make_surveys(const mlab_firm *firm, mlab_table **table, mlab_error *err)
{
    mlab_column *level;
    mlab_status status;
    const mlab_firm_answer *a = firm->answers;
    if ((status = mlab_table_make(firm->context, firm->n_answers, table, err))) return status;
    if ((status = fill_who_and_when(*table, firm, "person", a ? &a->person : NULL, "date", a ? &a->date : NULL, sizeof *a, firm->n_answers, err)))
        return status;
    if ((status = add(*table, "satisfaction", MLAB_COLUMN_FACTOR, levels_of_satisfaction, MLAB_N_SATISFACTION, &level, err))) return status;
    level->ordered = true;
    for (size_t r = 0; a && r < firm->n_answers; r++) level->as.integer[r] = a[r].level;
    return MLAB_OK;
}

static mlab_status make_pairs(const mlab_firm *firm, mlab_table **table, mlab_error *err)
{
    static const char *const kinds[] = {"informal", "structured"};
    mlab_column *kind;
    mlab_status status;
    const mlab_firm_pair *p = firm->pairs;
    size_t n = firm->n_pairs;
    if ((status = mlab_table_make(firm->context, n, table, err))) return status;
    if ((status = fill_who_and_when(*table, firm, "mentor", p ? &p->mentor : NULL, NULL, NULL, sizeof *p, n, err))) return status;
    if ((status = fill_who_and_when(*table, firm, "mentee", p ? &p->mentee : NULL, "start", p ? &p->start : NULL, sizeof *p, n, err))) return status;
    if ((status = fill_who_and_when(*table, firm, NULL, NULL, "end", p ? &p->end : NULL, sizeof *p, n, err))) return status;
    if ((status = add(*table, "kind", MLAB_COLUMN_FACTOR, kinds, 2, &kind, err))) return status;
    for (size_t r = 0; p && r < n; r++) kind->as.integer[r] = p[r].arm == 1;
    return MLAB_OK;
}

/* What the panel builder wants, in arrays of its own. */
typedef struct inputs {
    const char **ids;
    uint32_t *row; /* 0, 1, ...: long enough for every table */
    mlab_panel_spell *spells;
    mlab_panel_promotion *promotions;
    uint32_t *answer_person;
    int32_t *answer_date;
    mlab_relationship *relationships;
    char grade_text[20][4];
    const char *grades[20];
    int32_t grade_value[20];
} inputs;

static void free_inputs(const mlab_context *context, inputs *in)
{
    void *owned[] = {(void *)in->ids, in->row, in->spells, in->promotions, in->answer_person, in->answer_date, in->relationships};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) mlab_release(context, owned[k]);
}

static mlab_status make_inputs(const mlab_firm *firm, const mlab_data *data, inputs *in, mlab_error *err)
{
    const mlab_context *context = firm->context;
    size_t n = firm->n, longest = n > firm->n_answers ? n : firm->n_answers;
    if (firm->n_pairs > longest) longest = firm->n_pairs;
    in->ids = mlab_allocate(context, n, sizeof *in->ids);
    in->row = mlab_allocate(context, longest, sizeof *in->row);
    in->spells = mlab_allocate(context, n, sizeof *in->spells);
    in->promotions = mlab_allocate(context, firm->n_promotions, sizeof *in->promotions);
    in->answer_person = mlab_allocate(context, firm->n_answers, sizeof *in->answer_person);
    in->answer_date = mlab_allocate(context, firm->n_answers, sizeof *in->answer_date);
    in->relationships = mlab_allocate(context, firm->n_pairs, sizeof *in->relationships);
    if (!in->ids || !in->row || !in->spells || !in->promotions || !in->answer_person || !in->answer_date || !in->relationships)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the panel's inputs");
    const mlab_column *id = mlab_table_find(data->people, "id");
    for (size_t r = 0; r < longest; r++) in->row[r] = (uint32_t)r;
    for (size_t i = 0; i < n; i++) {
        in->ids[i] = mlab_column_text(id, i);
        in->spells[i] = (mlab_panel_spell){.person = (uint32_t)i,
                                           .from = firm->hired[i],
                                           .to = firm->left[i],
                                           .cause = firm->left[i] == MLAB_DATE_MISSING ? MLAB_CAUSE_STAYS : firm->cause[i],
                                           .since = firm->hired[i],
                                           .grade = firm->entry_grade[i] - 1,
                                           .grade_since = firm->hired[i] - 1};
    }
    for (size_t r = 0; r < firm->n_promotions; r++) {
        const mlab_firm_promotion *p = &firm->promotions[r];
        in->promotions[r] = (mlab_panel_promotion){p->person, p->date, p->to - 1, r + 2, MLAB_COUNTS_UPWARD};
    }
    for (size_t r = 0; r < firm->n_answers; r++) in->answer_person[r] = firm->answers[r].person, in->answer_date[r] = firm->answers[r].date;
    for (size_t r = 0; r < firm->n_pairs; r++) {
        const mlab_firm_pair *p = &firm->pairs[r];
        in->relationships[r] = (mlab_relationship){p->mentor, p->mentee, p->start, p->end, p->arm, false, r + 2};
    }
    for (int g = 0; g < firm->truth->grades; g++) {
        snprintf(in->grade_text[g], sizeof in->grade_text[g], "%d", g + 1);
        in->grades[g] = in->grade_text[g];
        in->grade_value[g] = g + 1;
    }
    return MLAB_OK;
}

static const mlab_panel_arm arms[] = {{.name = "structured", .filter = "kind == 'structured'", .met = ""},
                                      {.name = "informal", .filter = "kind == 'informal'", .met = ""}};

static mlab_status build_panel(const mlab_firm *firm, mlab_data *data, const mlab_table *pairs, inputs *in, mlab_error *err)
{
    static const char *const attributes[] = {"gender", "department", "performance", "entry_grade", "manager", "skills", "wants", "capacity"};
    static const char *const measures[] = {"satisfaction"};
    const mlab_panel_people people = {.table = data->people,
                                      .n = firm->n,
                                      .ids = in->ids,
                                      .row = in->row,
                                      .spells = in->spells,
                                      .n_spells = firm->n,
                                      .causes = causes,
                                      .n_causes = 2,
                                      .grades = in->grades,
                                      .n_grades = (int32_t)firm->truth->grades,
                                      .grade_is_number = true,
                                      .grade_value = in->grade_value,
                                      .attributes = attributes,
                                      .n_attributes = sizeof attributes / sizeof *attributes};
    const mlab_panel_surveys surveys = {.table = data->surveys,
                                        .n = firm->n_answers,
                                        .person = in->answer_person,
                                        .date = in->answer_date,
                                        .row = in->row,
                                        .measures = measures,
                                        .n_measures = 1};
    mlab_panel_relationships relationships = {.table = pairs,
                                              .items = in->relationships,
                                              .row = in->row,
                                              .n = firm->n_pairs,
                                              .known_from = MLAB_DATE_MISSING,
                                              .known_to = MLAB_DATE_MISSING};
    static const int32_t priority[] = {0, 1};
    const mlab_panel_spec spec = {.months_per_period = 3,
                                  .from = firm->boundary[0] + 1,
                                  .to = firm->boundary[firm->truth->periods],
                                  .as_of = firm->boundary[firm->truth->periods],
                                  .reference = "none",
                                  .arms = arms,
                                  .n_arms = 2,
                                  .both_separate = true,
                                  .priority = priority};
    mlab_findings findings;
    mlab_findings_start(&findings, firm->context);
    mlab_status status =
        mlab_panel_build(firm->context, &people, in->promotions, firm->n_promotions, &surveys, &relationships, &spec, &findings, &data->panel, err);
    mlab_findings_free(&findings);
    return status;
}

mlab_status mlab_generate_data(const mlab_context *context, const mlab_truth *truth, uint64_t seed, int64_t people, mlab_data **data, mlab_error *err)
{
    mlab_status status;
    mlab_firm *firm = NULL;
    mlab_table *pairs = NULL;
    inputs *in = mlab_allocate(context, 1, sizeof *in);
    mlab_data *made = mlab_allocate(context, 1, sizeof *made);

    *data = NULL;
    if (!in || !made) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a generated firm");
        goto out;
    }
    made->context = context;
    if ((status = mlab_firm_make(context, truth, seed, people, &firm, err))) goto out;
    made->as_of = firm->boundary[truth->periods];
    if ((status = make_people(firm, &made->people, err))) goto out;
    if ((status = make_promotions(firm, &made->promotions, err))) goto out;
    if ((status = make_surveys(firm, &made->surveys, err))) goto out;
    if ((status = make_pairs(firm, &pairs, err))) goto out;
    if ((status = make_inputs(firm, made, in, err))) goto out;
    if ((status = build_panel(firm, made, pairs, in, err))) goto out;
    made->relationships = in->relationships;
    made->n_relationships = firm->n_pairs;
    in->relationships = NULL;
    made->guesses = mlab_copy_text(context, "these data are simulated: they were generated from a stated truth and describe no real people\n");
    made->arm_exposure = mlab_copy_text(context, "");
    made->arm_column = mlab_copy_text(context, "");
    if (!made->guesses || !made->arm_exposure || !made->arm_column) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a generated firm");
        goto out;
    }
    *data = made;
    made = NULL;
out:
    if (in) free_inputs(context, in);
    mlab_release(context, in);
    mlab_table_free(pairs);
    mlab_firm_free(firm);
    if (made && made->context)
        mlab_data_free(made);
    else
        mlab_release(context, made);
    return status;
}
