/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From pseudonyms back to ids, for whoever has the secret and the people file. */
#include "core/error.h"
#include "core/memory.h"
#include "study/inside.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(((const mlab_known_person *)a)->pseudonym, ((const mlab_known_person *)b)->pseudonym);
}

mlab_status mlab_study_know_people(const mlab_study *study, mlab_known_person **people, mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    *people = mlab_allocate(study->context, panel->n_ids, sizeof **people);
    if (!*people) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu pseudonyms", panel->n_ids);
    for (size_t i = 0; i < panel->n_ids; i++) {
        mlab_store_pseudonym(study->secret, panel->ids[i], (*people)[i].pseudonym);
        (*people)[i].id = panel->ids[i];
    }
    qsort(*people, panel->n_ids, sizeof **people, by_name);
    return MLAB_OK;
}

const char *mlab_study_id_of(const mlab_study *study, const mlab_known_person *people, const char *pseudonym)
{
    mlab_known_person wanted = {.id = NULL};
    strncpy(wanted.pseudonym, pseudonym, sizeof wanted.pseudonym - 1);
    const mlab_known_person *found = bsearch(&wanted, people, study->data->panel->n_ids, sizeof *people, by_name);
    return found ? found->id : NULL;
}
