/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of /matching/<policy>: its figures. */
#ifndef MLAB_STORE_MATCHING_H
#define MLAB_STORE_MATCHING_H

#include "mentorlab/match.h"
#include "store/group.h"

/* Pseudonyms of people in their own order. Without a secret the ids are pseudonyms already. */
typedef struct mlab_store_masked {
    char name[17];
    size_t was; /* index before sorting */
} mlab_store_masked;
typedef struct mlab_store_crowd {
    mlab_store_masked *people; /* [n] sorted */
    size_t *place;             /* [n] new place of the old index */
    char **names;              /* [n] pointers into people */
    size_t n;
} mlab_store_crowd;
bool mlab_store_mask(const mlab_context *context, char *const *ids, size_t n, const char *secret, mlab_store_crowd *into);
void mlab_store_unmask(const mlab_context *context, mlab_store_crowd *people);
void mlab_store_put_policy(const mlab_h5_group *matching, const mlab_pairs *pairs, const char *secret);

void mlab_store_put_figures(const mlab_h5_group *group, const mlab_pairs *pairs);
void mlab_store_get_figures(const mlab_h5_group *group, mlab_pairs *pairs); /* sets each and mutual too */

/* order [mentees]: the place in pairs of each of the pseudonyms, in their order. */
void mlab_store_put_gains(const mlab_h5_group *policy, const mlab_pairs *pairs, char *const *mentees, const size_t *order);
void mlab_store_get_gains(const mlab_h5_group *policy, mlab_pairs *pairs);

#endif
