/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be told of what a study can answer. */
#ifndef MLAB_STUDY_ANSWERS_H
#define MLAB_STUDY_ANSWERS_H

#include "core/text.h"
#include "data/answers.h"
#include "study/inside.h"

/* What may be told of an outcome, by arm. */
typedef struct mlab_told_answers {
    const mlab_answerable *item;
    uint8_t *people; /* [n_arms] */
    uint8_t *events; /* [n_arms] and those without; person-years and differences go with them */
} mlab_told_answers;

/* The file that an outcome comes from; NULL = the people file itself. */
const mlab_input *mlab_answers_source(const mlab_study *study, const mlab_answerable *item);
/* Who answered, of those asked when the waves are known, else of the people; not told when few did, or few did not. */
double mlab_answers_share(const mlab_answerable_arm *arm);
bool mlab_answers_share_told(const mlab_study *study, const mlab_answerable_arm *arm);
void mlab_answers_json(const mlab_study *study, mlab_text *text, const mlab_told_answers *t);

#endif
