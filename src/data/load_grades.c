/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grades: their labels from low to high, by the stated scale, by their numbers, or else to be decided. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the grades");
}

/* The grade of a cell as a label; false when missing. */
static bool label_of(const mlab_column *column, size_t row, char *into, size_t size)
{
    if (mlab_is_missing_at(column, row)) return false;
    if (column->type == MLAB_COLUMN_INTEGER)
        snprintf(into, size, "%d", (int)column->as.integer[row]);
    else
        snprintf(into, size, "%s", mlab_column_text(column, row));
    return true;
}

static int by_number(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static mlab_status collect_labels(mlab_dictionary *labels, const mlab_grade_source *sources, size_t n, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    uint32_t code;
    char label[256];
    for (size_t k = 0; k < n && !status; k++) {
        const mlab_column *column = sources[k].column;
        for (int32_t i = 0; column->ordered && i < column->n_levels && !status; i++)
            status = mlab_dictionary_add(labels, column->levels[i], strlen(column->levels[i]), &code, err);
        for (size_t i = 0; i < sources[k].n && !status; i++)
            if (label_of(column, i, label, sizeof label)) status = mlab_dictionary_add(labels, label, strlen(label), &code, err);
    }
    return status;
}

/* l->grades in their order: the stated scale, numbers by value, else bytes. */
static mlab_status order_grades(mlab_loading *l, const mlab_dictionary *labels, bool ordered, mlab_error *err)
{
    uint32_t *order = NULL;
    mlab_status status = mlab_dictionary_order(labels, &order, err);
    if (status) return status;
    l->grades = mlab_allocate(l->context, labels->n, sizeof *l->grades);
    l->grade_value = mlab_allocate(l->context, labels->n, sizeof *l->grade_value);
    if (!l->grades || !l->grade_value) {
        mlab_release(l->context, order);
        return no_memory(err);
    }
    l->grade_is_number = !ordered;
    for (size_t i = 0; i < labels->n; i++) {
        int64_t value = 0;
        char number[16];
        const char *text = mlab_dictionary_text(labels, (uint32_t)i);
        l->grade_is_number &= mlab_integer_parse(text, strlen(text), &value) && value >= INT32_MIN && value <= INT32_MAX;
        l->grade_value[i] = (int32_t)value;
        snprintf(number, sizeof number, "%d", (int)l->grade_value[i]);
        l->grade_is_number &= !strcmp(number, text); /* 01 is a label */
    }
    if (l->grade_is_number) qsort(l->grade_value, labels->n, sizeof *l->grade_value, by_number);
    for (size_t i = 0; i < labels->n && !status; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", (int)l->grade_value[i]);
        const char *text = l->grade_is_number ? number : mlab_dictionary_text(labels, ordered ? (uint32_t)i : order[i]);
        if (!(l->grades[i] = mlab_copy_text(l->context, text)))
            status = no_memory(err);
        else
            l->n_grades = (int32_t)i + 1;
    }
    mlab_release(l->context, order);
    return status;
}

int32_t mlab_grade_code(const mlab_loading *l, const mlab_column *column, size_t row)
{
    char label[256];
    if (!label_of(column, row, label, sizeof label)) return -1;
    for (int32_t i = 0; i < l->n_grades; i++)
        if (!strcmp(l->grades[i], label)) return i;
    return -1;
}

static mlab_status say_unordered(const mlab_loading *l, const char *file, mlab_error *err)
{
    char remedy[300];
    mlab_place place = mlab_place_cell(file, 0, 0, "grade");
    int n = snprintf(remedy, sizeof remedy, "people: {grade: {from: %.60s, scale: [", mlab_loading_text(l, "data.people", "grade", "grade"));
    for (int32_t i = 0; i < l->n_grades && i < 5 && n < 200; i++)
        n += snprintf(remedy + n, sizeof remedy - (size_t)n, "%s%.30s", i ? ", " : "", l->grades[i]);
    snprintf(remedy + n, sizeof remedy - (size_t)n, "%s]}}", l->n_grades > 5 ? ", ..." : "");
    return mlab_findings_add(l->findings, MLAB_SEVERITY_DECIDE, "grades_unordered", &place, NULL, remedy, err,
                             "grades are labels without an order; write them from low to high");
}

mlab_status mlab_load_grades(mlab_loading *l, const mlab_grade_source *sources, size_t n, const char *file, mlab_error *err)
{
    mlab_dictionary labels;
    mlab_dictionary_start(&labels, l->context);
    bool ordered = n && sources[0].column->ordered;
    mlab_status status = collect_labels(&labels, sources, n, err);
    if (!status && labels.n) status = order_grades(l, &labels, ordered, err);
    mlab_dictionary_free(&labels);
    if (!status && l->n_grades && !l->grade_is_number && !ordered) status = say_unordered(l, file, err);
    return status;
}
