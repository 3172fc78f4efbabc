/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promotions, and the grades that they lead through. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the promotions");
}

static bool usable_rank(const mlab_loading *l, uint32_t rank)
{
    return rank < l->ids.n;
}

/* --- grades ---------------------------------------------------------------------------------------- */

/* A grade into which nobody was hired may be the top one, or a slip of the pen that makes a new top one. */
static mlab_status say_new_grades(const mlab_loading *l, const mlab_column *of_people, const mlab_column *to, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    uint8_t *hired_into = mlab_allocate(l->context, (size_t)l->n_grades, 1);
    if (!hired_into) return no_memory(err);
    for (size_t i = 0; i < l->data->people->n_rows; i++) {
        int32_t code = mlab_grade_code(l, of_people, i);
        if (code >= 0) hired_into[code] = 1;
    }
    for (size_t i = 0; to && i < l->data->promotions->n_rows && !status; i++) {
        int32_t code = mlab_grade_code(l, to, i);
        if (code < 0 || hired_into[code]) continue;
        status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "grade_by_promotion_only", l->data->promotions, i, "to", l->grades[code], NULL, err,
                                  "grades that people are promoted to and nobody was hired into");
    }
    mlab_release(l->context, hired_into);
    return status;
}

static mlab_status take_grades(mlab_loading *l, mlab_error *err)
{
    const mlab_table *promotions = l->data->promotions;
    const mlab_column *of_people = mlab_table_find(l->data->people, "grade"), *to = mlab_table_find(promotions, "to");
    if (l->n_grades) return MLAB_OK; /* those of a job history */
    if (!of_people || of_people->type == MLAB_COLUMN_REAL || of_people->type == MLAB_COLUMN_DATE) return MLAB_OK;
    if (to && (to->type == MLAB_COLUMN_REAL || to->type == MLAB_COLUMN_DATE)) to = NULL;
    const mlab_grade_source sources[2] = {{of_people, l->data->people->n_rows}, {to, promotions->n_rows}};
    mlab_status status = mlab_load_grades(l, sources, to ? 2 : 1, l->data->people->file, err);
    if (status || !l->n_grades) return status;
    if (!status && !of_people->ordered) status = say_new_grades(l, of_people, to, err);
    for (size_t i = 0; i < l->n_spells && !status; i++)
        if (i == 0 || l->spells[i].person != l->spells[i - 1].person)
            l->spells[i].grade = mlab_grade_code(l, of_people, l->ids.row_of_rank[l->spells[i].person]);
    return status;
}

/* --- promotions ------------------------------------------------------------------------------------ */

static mlab_status read_promotions(mlab_loading *l, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *person, *date, *to;
    const mlab_setting *scale = mlab_loading_at(l, "data.people", "grade.scale");
    mlab_status status = mlab_loading_columns(l, "data.promotions", &specs, err);
    if (!status)
        status = mlab_loading_column(l, "data.promotions", "person", mlab_loading_id_heading(l, "data.promotions"), MLAB_READ_ID, false, &specs,
                                     &person, err);
    if (!status) status = mlab_loading_column(l, "data.promotions", "date", "date", MLAB_READ_DATE, false, &specs, &date, err);
    if (!status) date->filled = true;
    if (!status) status = mlab_loading_column(l, "data.promotions", "to", "to", MLAB_READ_FOUND, true, &specs, &to, err);
    if (!status && scale) {
        to->type = MLAB_READ_FACTOR;
        to->levels = scale;
        to->ordered = true;
    }
    if (!status) status = mlab_loading_file(l, "data.promotions", &specs, &reading, err);
    l->data->promotions = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

static int by_person_and_date(const void *a, const void *b)
{
    const mlab_panel_promotion *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* Before the hire or after the exit; *usable says whether the row may count. */
static mlab_status check_promotion(mlab_loading *l, const mlab_panel_promotion *p, size_t row, bool *usable, mlab_error *err)
{
    const char *remedy, *kind = NULL, *sentence = "";
    mlab_severity severity = mlab_loading_impossible(l, "data.promotions", &remedy);
    if (l->hired[p->person] != MLAB_DATE_MISSING && p->date < l->hired[p->person]) {
        kind = "promoted_before_hired";
        sentence = severity == MLAB_SEVERITY_STOP ? "promotions before the person was hired"
                                                  : "promotions before the person was hired are left out, as the study says";
    } else if (l->left[p->person] != MLAB_DATE_MISSING && p->date > l->left[p->person]) {
        kind = "promoted_after_left";
        sentence = severity == MLAB_SEVERITY_STOP ? "promotions after the person had left"
                                                  : "promotions after the person had left are left out, as the study says";
    }
    *usable = !kind;
    if (!kind) return MLAB_OK;
    char day[16];
    mlab_date_print(p->date, day, sizeof day);
    return mlab_loading_say(l, severity, kind, l->data->promotions, row, "date", day, remedy, err, sentence);
}

static mlab_status take_promotions(mlab_loading *l, const uint32_t *rank, mlab_error *err)
{
    const mlab_table *table = l->data->promotions;
    const mlab_column *date = mlab_table_find(table, "date"), *to = mlab_table_find(table, "to");
    mlab_status status = MLAB_OK;
    if (!date || date->type != MLAB_COLUMN_DATE) return MLAB_OK;
    if (!(l->promotions = mlab_allocate(l->context, table->n_rows, sizeof *l->promotions))) return no_memory(err);
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        if (!usable_rank(l, rank[i]) || mlab_is_missing_at(date, i)) continue;
        mlab_panel_promotion p = {
            .person = rank[i], .date = date->as.integer[i], .to = MLAB_GRADE_ONE_UP, .line = table->lines ? table->lines[i] : 0};
        if (to && l->n_grades) p.to = mlab_grade_code(l, to, i);
        bool usable;
        status = check_promotion(l, &p, i, &usable, err);
        if (!usable) continue;
        mlab_loading_seen(l, p.date);
        l->promotions[l->n_promotions++] = p;
    }
    qsort(l->promotions, l->n_promotions, sizeof *l->promotions, by_person_and_date);
    return status;
}

mlab_status mlab_load_promotions(mlab_loading *l, mlab_error *err)
{
    if (!mlab_settings_find(l->settings, NULL, "data.promotions")) return MLAB_OK;
    mlab_status status = read_promotions(l, err);
    if (status || !l->data->promotions || !l->ids.context || !mlab_table_find(l->data->promotions, "person")) return status;
    uint32_t *rank = mlab_allocate(l->context, l->data->promotions->n_rows, sizeof *rank);
    status = rank ? mlab_loading_link(l, "data.promotions", l->data->promotions, "person", "people with promotions", rank, err) : no_memory(err);
    if (!status) status = take_grades(l, err);
    if (!status) status = take_promotions(l, rank, err);
    mlab_release(l->context, rank);
    return status;
}
