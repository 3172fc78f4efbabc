/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that tell who somebody is. As a term of a model, a covariate or a subgroup each of their values would become a name in the results file
 * and the report, which hold no ids. Weakness: a column that gives people away together with others is not found. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "study/inside.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_VALUES = 20 }; /* so many values may be anything */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool declared_id(const mlab_study *study, const char *name)
{
    const mlab_setting *columns = mlab_settings_find(study->settings, NULL, "data.columns");
    for (size_t i = 0; columns && mlab_setting_kind_of(columns) == MLAB_SETTING_MAP && i < mlab_setting_size(columns); i++) {
        const mlab_setting *type = mlab_settings_find(study->settings, mlab_setting_item(columns, i), "type");
        if (strcmp(mlab_setting_key(columns, i), name) == 0) return type && strcmp(mlab_setting_text(type), "id") == 0;
    }
    return false;
}

/* Whether a value is the id of somebody of a table with one row a person; ids may be numbers. sorted [n] */
static bool has_id(const mlab_table *people, const char **sorted, size_t n)
{
    const mlab_column *id = people ? mlab_table_find(people, "id") : NULL;
    char number[64];
    for (size_t i = 0; id && i < people->n_rows; i++) {
        const char *name = number;
        if (id->missing && id->missing[i]) continue;
        if (id->type == MLAB_COLUMN_TEXT || id->type == MLAB_COLUMN_FACTOR)
            name = mlab_column_text(id, i);
        else
            mlab_number_print(id->type == MLAB_COLUMN_REAL ? id->as.real[i] : id->as.integer[i], number, sizeof number);
        if (bsearch(&name, sorted, n, sizeof *sorted, by_text)) return true;
    }
    return false;
}

/* Whether a value is the id of somebody, or most rows have a value of their own. */
static mlab_status look_at_values(const mlab_study *study, const mlab_table *table, const mlab_column *column, bool *tells, mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    const char **values = mlab_allocate(study->context, table->n_rows, sizeof *values);
    if (!values) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look at column %s", column->name);
    size_t n = 0, distinct = 0;
    for (size_t i = 0; i < table->n_rows; i++)
        if (!column->missing || !column->missing[i]) values[n++] = mlab_column_text(column, i);
    qsort(values, n, sizeof *values, by_text);
    if (!panel) *tells = has_id(study->data->people, values, n);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(values[i], values[i - 1]) == 0) continue;
        distinct++;
        if (panel && !*tells) *tells = bsearch(&values[i], panel->ids, panel->n_ids, sizeof *panel->ids, by_text) != NULL;
    }
    if (distinct > FEW_VALUES && distinct > n / 2) *tells = true;
    mlab_release(study->context, values);
    return MLAB_OK;
}

mlab_status mlab_study_tells_who(const mlab_study *study, const char *name, bool *tells, mlab_error *err)
{
    const mlab_table *people = study->data->people, *table = mlab_study_table(study);
    const mlab_column *column = people ? mlab_table_find(people, name) : NULL; /* one row a person */
    if (column)
        table = people;
    else
        column = mlab_table_find(table, name);
    *tells = false;
    if (!column || (column->type != MLAB_COLUMN_TEXT && column->type != MLAB_COLUMN_FACTOR)) return MLAB_OK;
    *tells = strcmp(name, "id") == 0 || declared_id(study, name);
    return *tells ? MLAB_OK : look_at_values(study, table, column, tells, err);
}
