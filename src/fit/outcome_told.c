/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which groups of a mixed fit may be told by name: those of one column whose values are no people, with how many people each has. Weakness: a column
 * that gives people away together with others is not found. */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_GROUPS = 20 }; /* so many may have few people each */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether some group is somebody of the people file. */
static bool names_people(const mlab_outcome_problem *made, const mlab_random_effects *r)
{
    const mlab_column *id = made->data->people ? mlab_table_find(made->data->people, "id") : NULL;
    for (size_t g = 0; g < r->n_groups; g++) {
        const char *name = r->groups[g];
        if (made->panel && bsearch(&name, made->panel->ids, made->panel->n_ids, sizeof *made->panel->ids, by_text)) return true;
        for (size_t i = 0; !made->panel && id && id->type == MLAB_COLUMN_TEXT && i < made->data->people->n_rows; i++)
            if (strcmp(mlab_column_text(id, i), name) == 0) return true;
    }
    return false;
}

static bool may_be_told(const mlab_outcome_problem *made, const mlab_random_effects *r, uint64_t people)
{
    const mlab_column *column = mlab_table_find(made->table, r->group);
    if (r->people || !r->groups || !r->mode || !r->mode_se || !column || strcmp(r->group, "rater") == 0) return false;
    if (column->type != MLAB_COLUMN_FACTOR && column->type != MLAB_COLUMN_TEXT) return false;
    return (r->n_groups <= FEW_GROUPS || r->n_groups <= people / 2) && !names_people(made, r);
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
        else if (may_be_told(made, r, count_people(made, g, last, count))) {
            r->n_people = count;
            count = NULL;
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
