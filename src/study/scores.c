/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of people by several raters: under pseudonyms in all that is stored; as rows in scores.csv when asked for, mode 0600, with ids only when
 * those are asked for, too. */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/text.h"
#include "mentorlab/raters.h"
#include "study/inside.h"

#include <stdlib.h>
#include <string.h>

static int by_person(const void *a, const void *b)
{
    return strcmp(((const mlab_person_score *)a)->person, ((const mlab_person_score *)b)->person);
}

mlab_status mlab_study_mask_scores(mlab_study *study, mlab_error *err)
{
    for (size_t k = 0; k < study->n_fits; k++) {
        mlab_raters *raters = study->fits[k]->raters;
        if (!raters || !raters->scores || raters->masked) continue;
        for (size_t i = 0; i < raters->n_scores; i++) {
            char name[17];
            mlab_store_pseudonym(study->secret, raters->scores[i].person, name);
            char *copy = mlab_copy_text(raters->context, name);
            if (!copy) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu pseudonyms", raters->n_scores);
            mlab_release(raters->context, raters->scores[i].person);
            raters->scores[i].person = copy;
        }
        qsort(raters->scores, raters->n_scores, sizeof *raters->scores, by_person); /* the order of ids would tell, too */
        raters->masked = true;
    }
    return MLAB_OK;
}

static void write_rows(const mlab_study *study, const mlab_fit *fit, const mlab_known_person *people, mlab_text *text)
{
    for (size_t i = 0; i < fit->raters->n_scores; i++) {
        const mlab_person_score *s = &fit->raters->scores[i];
        const char *id = people ? mlab_study_id_of(study, people, s->person) : NULL;
        mlab_text_csv(text, fit->outcome);
        mlab_text_append(text, ",");
        mlab_text_csv(text, id ? id : s->person);
        const double values[] = {s->score, s->error, s->expected};
        for (int k = 0; k < 3; k++) {
            mlab_text_append(text, ",");
            mlab_text_number(text, values[k]);
        }
        mlab_text_print(text, ",%llu\n", (unsigned long long)s->n_ratings);
    }
}

mlab_status mlab_study_scores(mlab_study *study, size_t *n, mlab_error *err)
{
    mlab_known_person *people = NULL;
    mlab_text text = MLAB_TEXT(study->context);
    bool names = study->fit_options.scores == 2;
    mlab_status status = names && study->data && study->data->panel ? mlab_study_know_people(study, &people, err) : MLAB_OK;
    char *path = NULL;
    *n = 0;
    mlab_text_append(&text, "outcome,person,score,standard_error,expected,ratings\n");
    for (size_t k = 0; k < study->n_fits && !status; k++) {
        const mlab_raters *raters = study->fits[k]->raters;
        if (!raters || !raters->scores) continue;
        *n += raters->n_scores;
        write_rows(study, study->fits[k], people, &text);
    }
    if (!status && *n) {
        path = mlab_os_join(study->context, study->folder, "scores.csv");
        status = path && !text.failed ? mlab_os_write_file(study->context, path, mlab_text_get(&text), text.n, true, err)
                                      : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write scores.csv");
    }
    mlab_release(study->context, path);
    mlab_release(study->context, people);
    mlab_text_free(&text);
    return status;
}
