/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of /matching/<policy>: its figures. */
#ifndef MLAB_STORE_MATCHING_H
#define MLAB_STORE_MATCHING_H

#include "mentorlab/match.h"
#include "store/group.h"

void mlab_store_put_figures(const mlab_h5_group *group, const mlab_pairs *pairs);
void mlab_store_get_figures(const mlab_h5_group *group, mlab_pairs *pairs); /* sets each and mutual too */

/* order [mentees]: the place in pairs of each of the pseudonyms, in their order. */
void mlab_store_put_gains(const mlab_h5_group *policy, const mlab_pairs *pairs, char *const *mentees, const size_t *order);
void mlab_store_get_gains(const mlab_h5_group *policy, mlab_pairs *pairs);

#endif
