/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Salaries by group: one number for all, a map in the study file, a file of bands with a column of groups and one of salaries, or a column of
 * the data (salaries_of.c). */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "data/rows.h"
#include "forecast/options.h"

#include <stdio.h>
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

/* Money of the forecast, a year, for 1 as it stands in the row; 0 = a finding was made. */
static mlab_status factor_of(const mlab_forecast_reader *r, const mlab_rows *rows, const mlab_cell *row, uint64_t line, double *factor,
                             mlab_error *err)
{
    const mlab_salary_source *source = &r->spec->salary_source;
    char sentence[200];
    *factor = source->times;
    if (!source->currency) return MLAB_OK;
    const size_t column = heading(rows, source->currency);
    for (size_t i = 0; i < source->n_rates; i++)
        if (!strcmp(source->currencies[i], row[column].text)) {
            *factor *= source->rates[i];
            return MLAB_OK;
        }
    *factor = 0;
    snprintf(sentence, sizeof sentence, "a salary in '%.60s', which has no rate", row[column].text);
    return mlab_forecast_stop(r, "no_rate", mlab_place_cell(rows->file, line, (uint32_t)column + 1, source->currency), row[column].text, err,
                              sentence);
}

static mlab_status add_band(const mlab_forecast_reader *r, const mlab_rows *rows, const mlab_cell *row, uint64_t line, const size_t at[2],
                            size_t capacities[2], mlab_error *err)
{
    const mlab_forecast_spec *spec = r->spec;
    double salary, factor;
    const mlab_place place = mlab_place_cell(rows->file, line, (uint32_t)at[1] + 1, rows->names[at[1]]);
    for (size_t g = 0; g < spec->n_salaries; g++)
        if (!strcmp(spec->salary_groups[g], row[at[0]].text))
            return mlab_forecast_stop(r, "group_twice", mlab_place_cell(rows->file, line, (uint32_t)at[0] + 1, rows->names[at[0]]), row[at[0]].text,
                                      err, "the salary file has a group twice");
    if (!is_salary(row[at[1]].text, &salary))
        return mlab_forecast_stop(r, "bad_value", place, row[at[1]].text, err, "a salary must be a number above 0");
    mlab_status status = factor_of(r, rows, row, line, &factor, err);
    return status ? status : add_salary(r, row[at[0]].text, salary * factor, &capacities[0], &capacities[1], err);
}

static mlab_status read_rows(const mlab_forecast_reader *r, mlab_rows *rows, const char *const names[2], mlab_place place, mlab_error *err)
{
    const char *currency = r->spec->salary_source.currency;
    const char *const needed[] = {names[0], names[1], currency};
    const size_t at[] = {heading(rows, names[0]), heading(rows, names[1])};
    size_t capacities[2] = {0, 0};
    for (size_t k = 0; k < 2 + (size_t)(currency != NULL); k++)
        if (heading(rows, needed[k]) == rows->n_columns)
            return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_column", &place, "", "", err,
                                     "the salary file has no column '%s', needed: '%s' and '%s'%s%s%s", needed[k], names[0], names[1],
                                     currency ? " and '" : "", currency ? currency : "", currency ? "'" : "");
    mlab_row_block block;
    mlab_status status = MLAB_OK;
    while (!status && !(status = mlab_rows_next(rows, &block, err)) && block.n_rows)
        for (size_t i = 0; !status && i < block.n_rows; i++)
            status = add_band(r, rows, &block.cells[i * block.n_columns], block.lines[i], at, capacities, err);
    return status;
}

static mlab_status read_file(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err)
{
    const char *by = mlab_forecast_text_at(r, map, "by"), *file = mlab_forecast_text_at(r, map, "file");
    const char *column = mlab_forecast_text_at(r, map, "column"), *const names[] = {by, column ? column : "salary"};
    const mlab_place place = mlab_setting_place(map);
    if (!by || !file) return mlab_forecast_stop(r, "missing_key", place, "", err, "salary from a file needs by (the groups) and file");
    const size_t stops = mlab_findings_count(r->findings, MLAB_SEVERITY_STOP);
    mlab_status status = mlab_forecast_read_band_units(r, map, err);
    if (status || mlab_findings_count(r->findings, MLAB_SEVERITY_STOP) > stops) return status;
    const mlab_rows_options options = {.sheet = mlab_forecast_text_at(r, map, "sheet")};
    mlab_rows *rows = NULL;
    char *folder = mlab_os_folder_of(r->context, mlab_settings_file(r->settings));
    char *path = folder ? mlab_os_join(r->context, folder, file) : NULL;
    status = path ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a path");
    if (!status) status = mlab_rows_open(r->context, path, file, &options, r->findings, &rows, err);
    if (status == MLAB_ERR_OPEN || status == MLAB_ERR_READ)
        status = mlab_forecast_stop(r, "cannot_open", place, file, err, "the salary file cannot be read");
    else if (!status)
        status = read_rows(r, rows, names, place, err);
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
