/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects of groups in a file that is shared: those of groups that may not be told by name, or of too few people, are left out. Source: the rule of
 * the report, mlab_groups_told. Weakness: groups whose people are not counted (numbers, nested or several columns) are left out whatever their size.
 */
#include "store/stages.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

double *mlab_store_hide_groups(mlab_h5_file *file, mlab_random_effects *random)
{
    const size_t groups = random->n_groups, size = groups * random->n;
    if (random->people || !random->n_people || !random->groups || !random->mode || !random->mode_se) {
        random->mode = random->mode_se = NULL;
        random->n_people = NULL;
        return NULL;
    }
    double *copy = mlab_allocate(file->context, 2 * size + groups, sizeof *copy);
    uint8_t *told = mlab_allocate(file->context, groups, sizeof *told);
    if (!copy || !told) {
        mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to write effects of %s", random->group);
        mlab_release(file->context, copy);
        mlab_release(file->context, told);
        random->mode = random->mode_se = NULL;
        return NULL;
    }
    mlab_groups_told(random->n_people, groups, file->minimum, told);
    for (size_t i = 0; i < size; i++) {
        copy[i] = told[i / random->n] ? random->mode[i] : NAN;
        copy[size + i] = told[i / random->n] ? random->mode_se[i] : NAN;
    }
    uint64_t *people = (uint64_t *)(void *)(copy + 2 * size);
    for (size_t g = 0; g < groups; g++) people[g] = told[g] ? random->n_people[g] : 0;
    random->mode = copy;
    random->mode_se = copy + size;
    random->n_people = people;
    mlab_release(file->context, told);
    return copy;
}
