/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which groups of a mixed fit may be told by name: those of one column whose values are no people, with how many people each has. Weakness: a column
 * that gives people away together with others is not found. */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_GROUPS = 20 }; /* so many may have few people each */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The id of a row as text, also where ids are numbers; NULL = none. */
static const char *id_of(const mlab_column *id, size_t row, char into[64])
{
    if (id->missing && id->missing[row]) return NULL;
    if (id->type == MLAB_COLUMN_TEXT || id->type == MLAB_COLUMN_FACTOR) return mlab_column_text(id, row);
    mlab_number_print(id->type == MLAB_COLUMN_REAL ? id->as.real[row] : id->as.integer[row], into, 64);
    return into;
}

/* Whether some group is somebody of the people file. sorted [n_groups]: the names of the groups. */
static bool names_people(const mlab_outcome_problem *made, const mlab_random_effects *r, const char *const *sorted)
{
    const mlab_table *people = made->data->people;
    const mlab_column *id = people ? mlab_table_find(people, "id") : NULL;
    char number[64];
    for (size_t g = 0; made->panel && g < r->n_groups; g++)
        if (bsearch(&sorted[g], made->panel->ids, made->panel->n_ids, sizeof *made->panel->ids, by_text)) return true;
    for (size_t i = 0; !made->panel && id && i < people->n_rows; i++) {
        const char *name = id_of(id, i, number);
        if (name && bsearch(&name, sorted, r->n_groups, sizeof *sorted, by_text)) return true;
    }
    return false;
}

static mlab_status may_be_told(const mlab_outcome_problem *made, const mlab_random_effects *r, uint64_t people, bool *told, mlab_error *err)
{
    const mlab_column *column = mlab_table_find(made->table, r->group);
    *told = false;
    if (r->people || !r->groups || !r->mode || !r->mode_se || !column || strcmp(r->group, "rater") == 0) return MLAB_OK;
    if (column->type != MLAB_COLUMN_FACTOR && column->type != MLAB_COLUMN_TEXT) return MLAB_OK;
    if (r->n_groups > FEW_GROUPS && r->n_groups > people / 2) return MLAB_OK;
    const char **sorted = mlab_allocate(made->context, r->n_groups, sizeof *sorted);
    if (!sorted) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the names of %zu groups", r->n_groups);
    for (size_t g = 0; g < r->n_groups; g++) sorted[g] = r->groups[g];
    qsort(sorted, r->n_groups, sizeof *sorted, by_text);
    *told = !names_people(made, r, sorted);
    mlab_release(made->context, sorted);
    return MLAB_OK;
}

/* People of each group; rows of one person stand side by side. */
static uint64_t count_people(const mlab_outcome_problem *made, const mlab_random_grouping *g, uint32_t *last, uint64_t *count)
{
    uint64_t all = 0;
    uint32_t before = UINT32_MAX;
    for (size_t i = 0; i < made->problem.n; i++) {
        uint32_t person = made->panel ? made->panel->person[made->rows[i]] : made->rows[i], group = g->group[i];
        all += person != before;
        before = person;
        if (group == UINT32_MAX || last[group] == person + 1) continue;
        last[group] = person + 1;
        count[group]++;
    }
    return all;
}

mlab_status mlab_outcome_tell_groups(const mlab_outcome_problem *made, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < fit->n_random && t < made->problem.n_random && !status; t++) {
        mlab_random_effects *r = &fit->random[t];
        const mlab_random_grouping *g = &made->problem.random[t];
        if (g->memberships > 1 || g->n_groups != r->n_groups) continue;
        uint32_t *last = mlab_allocate(made->context, r->n_groups, sizeof *last);
        uint64_t *count = mlab_allocate(made->context, r->n_groups, sizeof *count);
        if (!last || !count)
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the people of %zu groups", r->n_groups);
        else {
            bool told;
            status = may_be_told(made, r, count_people(made, g, last, count), &told, err);
            if (!status && told) {
                r->n_people = count;
                count = NULL;
            }
        }
        mlab_release(made->context, last);
        mlab_release(made->context, count);
    }
    return status;
}

void mlab_groups_told(const uint64_t *people, size_t n, uint64_t minimum, uint8_t *told)
{
    size_t hidden = 0, next = SIZE_MAX;
    for (size_t g = 0; g < n; g++) {
        told[g] = people[g] >= minimum;
        hidden += !told[g];
        if (told[g] && (next == SIZE_MAX || people[g] < people[next])) next = g;
    }
    if (hidden == 1 && next != SIZE_MAX) told[next] = 0; /* effects of groups add up to 0 */
}
