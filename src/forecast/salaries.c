/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Salaries by group: one number for all, a map in the study file, a file with a column of groups and a column 'salary', or a column of
 * the data (salaries_of.c). */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "data/rows.h"
#include "forecast/options.h"

#include <string.h>

/* Keeps a salary; capacity is that of both arrays. */
static mlab_status add_salary(const mlab_forecast_reader *r, const char *group, double salary, size_t *groups_capacity, size_t *capacity,
                              mlab_error *err)
{
    mlab_forecast_spec *spec = r->spec;
    mlab_status status = mlab_grow(r->context, &spec->salary_groups, spec->n_salaries, groups_capacity, sizeof *spec->salary_groups, err);
    if (!status) status = mlab_grow(r->context, &spec->salary, spec->n_salaries, capacity, sizeof *spec->salary, err);
    if (status) return status;
    if (!(spec->salary_groups[spec->n_salaries] = mlab_copy_text(r->context, group)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for salaries");
    spec->salary[spec->n_salaries++] = salary;
    return MLAB_OK;
}

static bool is_salary(const char *text, double *salary)
{
    return mlab_number_parse(text, strlen(text), '.', salary) && *salary > 0;
}

static mlab_status add_text(const mlab_forecast_reader *r, const char *group, const char *text, mlab_place place, size_t capacities[2],
                            mlab_error *err)
{
    double salary;
    if (!is_salary(text, &salary)) return mlab_forecast_stop(r, "bad_value", place, text, err, "a salary must be a number above 0");
    return add_salary(r, group, salary, &capacities[0], &capacities[1], err);
}

static size_t heading(const mlab_rows *rows, const char *name)
{
    size_t i = 0;
    while (i < rows->n_columns && strcmp(rows->names[i], name) != 0) i++;
    return i;
}

static mlab_status read_rows(const mlab_forecast_reader *r, mlab_rows *rows, const char *by, mlab_place place, mlab_error *err)
{
    const size_t group = heading(rows, by), salary = heading(rows, "salary");
    size_t capacities[2] = {0, 0};
    if (group == rows->n_columns || salary == rows->n_columns)
        return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_column", &place, "", "", err,
                                 "the salary file has no column '%s', needed: '%s' and 'salary'", group == rows->n_columns ? by : "salary", by);
    mlab_row_block block;
    mlab_status status = MLAB_OK;
    while (!status && !(status = mlab_rows_next(rows, &block, err)) && block.n_rows)
        for (size_t i = 0; !status && i < block.n_rows; i++) {
            const mlab_cell *row = &block.cells[i * block.n_columns];
            const mlab_place cell = mlab_place_cell(rows->file, block.lines[i], (uint32_t)salary + 1, "salary");
            status = add_text(r, row[group].text, row[salary].text, cell, capacities, err);
        }
    return status;
}

static mlab_status read_file(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err)
{
    const char *by = mlab_forecast_text_at(r, map, "by"), *file = mlab_forecast_text_at(r, map, "file");
    const mlab_place place = mlab_setting_place(map);
    if (!by || !file) return mlab_forecast_stop(r, "missing_key", place, "", err, "salary from a file needs by (the groups) and file");
    const mlab_rows_options options = {0};
    mlab_rows *rows = NULL;
    char *folder = mlab_os_folder_of(r->context, mlab_settings_file(r->settings));
    char *path = folder ? mlab_os_join(r->context, folder, file) : NULL;
    mlab_status status = path ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a path");
    if (!status) status = mlab_rows_open(r->context, path, file, &options, r->findings, &rows, err);
    if (status == MLAB_ERR_OPEN || status == MLAB_ERR_READ)
        status = mlab_forecast_stop(r, "cannot_open", place, file, err, "the salary file cannot be read");
    else if (!status)
        status = read_rows(r, rows, by, place, err);
    mlab_rows_close(rows);
    mlab_release(r->context, path);
    mlab_release(r->context, folder);
    return status;
}

mlab_status mlab_forecast_read_salaries(const mlab_forecast_reader *r, mlab_error *err)
{
    const mlab_setting *salary = mlab_settings_find(r->settings, NULL, "forecast.salary");
    size_t capacities[2] = {0, 0};
    if (!salary) return MLAB_OK;
    const mlab_place place = mlab_setting_place(salary);
    if (mlab_setting_kind_of(salary) == MLAB_SETTING_TEXT) return add_text(r, "", mlab_setting_text(salary), place, capacities, err);
    if (mlab_setting_kind_of(salary) == MLAB_SETTING_LIST)
        return mlab_forecast_stop(r, "wrong_kind", place, "", err, "salary is a list, allowed a number or a map of groups");
    if (mlab_settings_find(r->settings, salary, "average") || mlab_settings_find(r->settings, salary, "from"))
        return mlab_forecast_read_salary_source(r, salary, err);
    if (mlab_forecast_text_at(r, salary, "file") || mlab_forecast_text_at(r, salary, "by")) return read_file(r, salary, err);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < mlab_setting_size(salary); i++) {
        const mlab_setting *item = mlab_setting_item(salary, i);
        status = add_text(r, mlab_setting_key(salary, i), mlab_setting_text(item), mlab_setting_place(item), capacities, err);
    }
    return status;
}
