/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who takes part on which side, and how many places there are. What a table says that cannot be is a finding with its row. */
#include "match/people.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 100000 };
const char *const mlab_side_names[2] = {"mentees", "mentors"};

void mlab_people_free(mlab_people *p)
{
    for (int side = 0; side < 2; side++) {
        mlab_release(p->context, p->row[side]);
        mlab_release(p->context, p->entity[side]);
    }
    mlab_release(p->context, p->capacity);
    mlab_release(p->context, p->least);
    mlab_release(p->context, p->mentor_hours);
    mlab_release(p->context, p->mentee_hours);
    mlab_release(p->context, p->ids);
}

mlab_place mlab_people_place(const mlab_table *table, size_t row, const char *column)
{
    uint32_t at = 0;
    for (size_t k = 0; k < table->n_columns; k++)
        if (strcmp(table->columns[k].name, column) == 0) at = (uint32_t)k + 1;
    return mlab_place_cell(table->file ? table->file : "", table->lines ? table->lines[row] : row + 2, at, column);
}

size_t mlab_people_member(const mlab_people *p, int side, uint32_t entity)
{
    size_t low = 0, n = p->n[side];
    while (n > 0) {
        size_t half = n / 2;
        if (p->entity[side][low + half] < entity) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return low < p->n[side] && p->entity[side][low] == entity ? low : SIZE_MAX;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const mlab_column *mlab_match_id_column(const mlab_match_spec *spec, const mlab_table *table)
{
    const mlab_column *id = mlab_table_find(table, spec->id_column ? spec->id_column : "id");
    return id && (id->type == MLAB_COLUMN_TEXT || id->type == MLAB_COLUMN_FACTOR) ? id : NULL;
}

static const mlab_place *stated(const mlab_place *place)
{
    return place->line ? place : NULL;
}

static mlab_status list_ids(mlab_people *p, const mlab_match_spec *spec, const mlab_table *const tables[2], mlab_findings *findings, mlab_error *err)
{
    size_t n = 0;
    for (int side = 0; side < 2; side++)
        if (!mlab_match_id_column(spec, tables[side])) {
            const mlab_column *column;
            const char *name = spec->id_column ? spec->id_column : "id";
            mlab_status status = mlab_people_column(p, side, name, "ids", stated(&spec->places.id), findings, &column, err);
            return status ? status
                          : mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &spec->places.id, "column '%s' of the %s' table must be texts to be ids", name,
                                          mlab_side_names[side]);
        }
    p->ids = mlab_allocate(p->context, tables[0]->n_rows + tables[1]->n_rows, sizeof *p->ids);
    if (!p->ids) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ids");
    for (int side = 0; side < (tables[0] == tables[1] ? 1 : 2); side++)
        for (size_t row = 0; row < tables[side]->n_rows; row++) p->ids[n++] = mlab_column_text(mlab_match_id_column(spec, tables[side]), row);
    if (n) qsort(p->ids, n, sizeof *p->ids, by_text);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(p->ids[i], p->ids[i - 1]) != 0) p->ids[p->n_ids++] = p->ids[i];
    return MLAB_OK;
}

/* --- who takes part ------------------------------------------------------------------------------ */

/* The role column must say mentor, mentee or both, whatever the case; anything else takes part nowhere and is found. */
static mlab_status apply_role(const mlab_people *p, const mlab_table *table, const char *name, int side, uint8_t *keep, mlab_findings *findings,
                              mlab_error *err)
{
    const mlab_column *role;
    mlab_status status = mlab_people_column(p, side, name, "roles", stated(&p->spec->places.role), findings, &role, err);
    if (!status && role->type != MLAB_COLUMN_TEXT && role->type != MLAB_COLUMN_FACTOR)
        status = mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &p->spec->places.role, "column '%s' of the %s' table must be texts to say the role", name,
                               mlab_side_names[side]);
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        const char *text = mlab_column_text(role, i);
        const bool both = mlab_equal_fold(text, "both"), mentor = mlab_equal_fold(text, "mentor"), mentee = mlab_equal_fold(text, "mentee");
        if (!both && !(side == MLAB_MENTORS ? mentor : mentee)) keep[i] = 0;
        if (both || mentor || mentee) continue;
        mlab_place place = mlab_people_place(table, i, name);
        status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "unknown_role", &place, text, "", err,
                                   "column '%s' says neither mentor, mentee nor both; the person takes no part", name);
    }
    return status;
}

static mlab_status choose_rows(const mlab_people *p, const mlab_table *table, const mlab_match_spec *spec, int side, uint8_t *keep,
                               mlab_findings *findings, mlab_error *err)
{
    const mlab_column *id = mlab_match_id_column(spec, table);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        keep[i] = mlab_column_text(id, i)[0] != '\0';
        if (keep[i]) continue;
        mlab_place place = mlab_people_place(table, i, id->name);
        status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "no_id", &place, "", "", err, "a row without an id takes no part in matching");
    }
    if (!status && spec->role_column) status = apply_role(p, table, spec->role_column, side, keep, findings, err);
    const char *where = side == MLAB_MENTORS ? spec->mentor_where : spec->mentee_where;
    const mlab_place *place = side == MLAB_MENTORS ? &spec->mentor_where_place : &spec->mentee_where_place;
    if (!status && where) status = mlab_match_where(table, where, place, keep, findings, err);
    return status;
}

/* rows [n_ids] by entity; a kept id twice is an error that names both rows. */
static mlab_status place_rows(const mlab_people *p, const mlab_table *table, const mlab_column *id, const uint8_t *keep, uint32_t *rows,
                              mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    bool twice = false;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        if (!keep[i]) continue;
        uint32_t entity = mlab_match_find_id(p->ids, p->n_ids, mlab_column_text(id, i));
        if (rows[entity] == 0) {
            rows[entity] = (uint32_t)i + 1;
            continue;
        }
        twice = true;
        mlab_place place = mlab_people_place(table, i, id->name);
        status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "duplicate_id", &place, p->ids[entity], "", err,
                                   "an id stands in two rows; everybody must have one row");
    }
    if (!status && twice) status = mlab_raise(err, MLAB_ERR_MATCH_POOL, "an id stands in two rows; everybody must have one row");
    return status;
}

static mlab_status gather_side(mlab_people *p, const mlab_table *table, const mlab_match_spec *spec, int side, mlab_findings *findings,
                               mlab_error *err)
{
    uint8_t *keep = mlab_allocate(p->context, table->n_rows, sizeof *keep);
    uint32_t *rows = mlab_allocate(p->context, p->n_ids, sizeof *rows);
    p->row[side] = mlab_allocate(p->context, table->n_rows, sizeof *p->row[side]);
    p->entity[side] = mlab_allocate(p->context, table->n_rows, sizeof *p->entity[side]);
    mlab_status status = MLAB_OK;
    if (!keep || !rows || !p->row[side] || !p->entity[side])
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu %s", table->n_rows, mlab_side_names[side]);
    if (!status) status = choose_rows(p, table, spec, side, keep, findings, err);
    if (!status) status = place_rows(p, table, mlab_match_id_column(spec, table), keep, rows, findings, err);
    for (size_t entity = 0; !status && entity < p->n_ids; entity++) {
        if (!rows[entity]) continue;
        p->entity[side][p->n[side]] = (uint32_t)entity;
        p->row[side][p->n[side]++] = rows[entity] - 1;
    }
    mlab_release(p->context, rows);
    mlab_release(p->context, keep);
    return status;
}

/* --- columns ------------------------------------------------------------------------------------ */

mlab_status mlab_people_column(const mlab_people *p, int side, const char *name, const char *what, const mlab_place *place, mlab_findings *findings,
                               const mlab_column **column, mlab_error *err)
{
    const mlab_table *table = p->tables[side];
    if ((*column = mlab_table_find(table, name))) return MLAB_OK;
    const char **names = mlab_allocate(p->context, table->n_columns, sizeof *names);
    if (!names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the names of columns");
    for (size_t i = 0; i < table->n_columns; i++) names[i] = table->columns[i].name;
    const char *near = mlab_nearest(name, names, table->n_columns);
    mlab_status status =
        mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_column", place, name, "", err, "%s: column '%s' is not in the %s' table%s%s%s", what,
                          name, mlab_side_names[side], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    mlab_release(p->context, names);
    return status ? status
                  : mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, place, "the %s' table has no column '%s' for %s", mlab_side_names[side], name, what);
}

static bool whole_number(const mlab_column *column, size_t row, double *value)
{
    if (column->type == MLAB_COLUMN_REAL)
        *value = column->as.real[row];
    else if (column->type == MLAB_COLUMN_INTEGER)
        *value = column->as.integer[row];
    else {
        const char *text = mlab_column_text(column, row);
        if (!mlab_number_parse(text, strlen(text), '.', value)) return false;
    }
    return *value == floor(*value);
}

static void cell_text(const mlab_column *column, size_t row, double value, char *into, size_t size)
{
    if (column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR) {
        const char *text = mlab_column_text(column, row);
        size_t n = strlen(text);
        if (n >= size) n = size - 1;
        memcpy(into, text, n);
        into[n] = '\0';
    } else
        mlab_number_print(value, into, size);
}

mlab_status mlab_people_numbers(const mlab_people *p, int side, const char *name, const mlab_place *place, const char *what, int32_t low,
                                int32_t high, int32_t fallback, mlab_findings *findings, int32_t **values, mlab_error *err)
{
    const mlab_column *column = NULL;
    mlab_status status = name ? mlab_people_column(p, side, name, what, stated(place), findings, &column, err) : MLAB_OK;
    if (status) return status;
    if (!(*values = mlab_allocate(p->context, p->n[side], sizeof **values)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu %s", p->n[side], mlab_side_names[side]);
    bool bad = false;
    for (size_t j = 0; j < p->n[side] && !status; j++) {
        const size_t row = p->row[side][j];
        double value = fallback;
        const bool text = column && (column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR);
        const bool given = column && !(column->missing && column->missing[row]) && !(text && !*mlab_column_text(column, row));
        if (given && !(whole_number(column, row, &value) && value >= low && value <= high)) {
            char found[64];
            cell_text(column, row, value, found, sizeof found);
            bad = true;
            value = low;
            mlab_place cell = mlab_people_place(p->tables[side], row, column->name);
            status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_capacity", &cell, found, "", err,
                                       "%s must be a whole number from %ld to %ld", what, (long)low, (long)high);
        }
        (*values)[j] = (int32_t)value;
    }
    if (!status && bad)
        status = mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "column '%s': %s must be a whole number from %ld to %ld", column->name, what, (long)low,
                            (long)high);
    return status;
}

static mlab_status check_least(const mlab_people *p, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    bool bad = false;
    for (size_t j = 0; p->least && !status && j < p->n[MLAB_MENTORS]; j++) {
        if (p->least[j] <= p->capacity[j]) continue;
        bad = true;
        mlab_place place = mlab_people_place(p->tables[MLAB_MENTORS], p->row[MLAB_MENTORS][j], p->spec->least_column ? p->spec->least_column : "");
        char found[32];
        mlab_number_print(p->least[j], found, sizeof found);
        status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "contradictory_bounds", &place, found, "", err,
                                   "the fewest mentees of a mentor are more than the places offered");
    }
    if (!status && bad) status = mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "the fewest mentees of a mentor are more than the places offered");
    return status;
}

static mlab_status read_places(mlab_people *p, mlab_findings *findings, mlab_error *err)
{
    const mlab_match_spec *spec = p->spec;
    mlab_status status = mlab_people_numbers(p, MLAB_MENTORS, spec->capacity_column, &spec->places.capacity, "the places of a mentor", 0, MOST_PLACES,
                                             spec->default_capacity, findings, &p->capacity, err);
    if (!status && (spec->least_column || spec->default_least))
        status = mlab_people_numbers(p, MLAB_MENTORS, spec->least_column, &spec->places.least, "the fewest mentees of a mentor", 0, MOST_PLACES,
                                     spec->default_least, findings, &p->least, err);
    for (size_t j = 0; !status && p->least && !spec->least_column && j < p->n[MLAB_MENTORS]; j++)
        if (p->least[j] > p->capacity[j]) p->least[j] = p->capacity[j]; /* one number for all: nobody takes more than their places */
    if (!status && spec->mentor_hours_column)
        status = mlab_people_numbers(p, MLAB_MENTORS, spec->mentor_hours_column, &spec->places.mentor_hours, "the hours of a mentor", 0, MOST_PLACES,
                                     0, findings, &p->mentor_hours, err);
    if (!status && spec->mentee_hours_column)
        status = mlab_people_numbers(p, MLAB_MENTEES, spec->mentee_hours_column, &spec->places.mentee_hours, "the hours of a mentee", 1, MOST_PLACES,
                                     1, findings, &p->mentee_hours, err);
    return status ? status : check_least(p, findings, err);
}

/* --- groups ------------------------------------------------------------------------------------- */

/* The value of a cell as a text: numbers as they read. */
static const char *group_text(const mlab_column *column, size_t row, char into[40])
{
    if (column->missing && column->missing[row]) return "";
    if (column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR) return mlab_column_text(column, row);
    mlab_number_print(column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row], into, 40);
    return into;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static mlab_status name_groups(const mlab_people *p, const mlab_column *const columns[2], char ***names, size_t *n, mlab_error *err)
{
    size_t capacity = 0;
    mlab_status status = MLAB_OK;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; !status && columns[side] && i < p->n[side]; i++) {
            char number[40];
            const char *text = group_text(columns[side], p->row[side][i], number);
            bool known = !*text;
            for (size_t k = 0; !known && k < *n; k++) known = strcmp((*names)[k], text) == 0;
            if (known) continue;
            if ((status = mlab_grow(p->context, names, *n, &capacity, sizeof **names, err))) break;
            if (!((*names)[*n] = mlab_copy_text(p->context, text))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for groups");
            if (++*n > 1000)
                return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "column '%s' has more than 1,000 values; groups have few", columns[side]->name);
        }
    if (!status && *n) qsort(*names, *n, sizeof **names, by_name);
    return status;
}

mlab_status mlab_people_groups(const mlab_people *p, const char *name, const mlab_place *place, int32_t *codes[2], char ***names, size_t *n,
                               mlab_findings *findings, mlab_error *err)
{
    const mlab_column *columns[2] = {NULL, mlab_table_find(p->tables[MLAB_MENTORS], name)};
    *names = NULL;
    *n = 0;
    codes[0] = codes[1] = NULL;
    mlab_status status = mlab_people_column(p, MLAB_MENTEES, name, "groups", stated(place), findings, &columns[0], err);
    if (!status) status = name_groups(p, columns, names, n, err);
    for (int side = 0; !status && side < 2; side++) {
        if (!columns[side]) continue;
        if (!(codes[side] = mlab_allocate(p->context, p->n[side], sizeof **codes))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for groups");
        for (size_t i = 0; i < p->n[side]; i++) {
            char number[40];
            const char *text = group_text(columns[side], p->row[side][i], number);
            char *const *found = *n ? bsearch(&text, *names, *n, sizeof **names, by_name) : NULL;
            codes[side][i] = found ? (int32_t)(found - *names) : -1;
        }
    }
    return status;
}

/* --- all ---------------------------------------------------------------------------------------- */

mlab_status mlab_people_gather(const mlab_context *context, const mlab_match_spec *spec, const mlab_table *mentors, const mlab_table *mentees,
                               mlab_findings *findings, mlab_people *p, mlab_error *err)
{
    *p = (mlab_people){.context = context, .spec = spec, .tables = {mentees, mentors}};
    mlab_status status = list_ids(p, spec, p->tables, findings, err);
    if (!status) status = gather_side(p, mentees, spec, MLAB_MENTEES, findings, err);
    if (!status) status = gather_side(p, mentors, spec, MLAB_MENTORS, findings, err);
    return status ? status : read_places(p, findings, err);
}
