/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Visits every object below a group. */
#ifndef MLAB_STORE_WALK_H
#define MLAB_STORE_WALK_H

#include "store/h5.h"

/* Called for each group and variable with its path ("/fits/retention/estimate"); false stops the walk. */
typedef bool (*mlab_h5_visit)(void *user, mlab_h5_file *file, hid_t object, bool is_group, const char *path);

/* By name (H5_INDEX_NAME) or as made (H5_INDEX_CRT_ORDER); `path` is the path of `group`, "" for the root. The group itself is not visited. */
void mlab_h5_walk(mlab_h5_file *file, hid_t group, const char *path, H5_index_t order, mlab_h5_visit visit, void *user);
/* True for a dimension without values of its own. */
bool mlab_h5_is_bare_dimension(hid_t dataset);
/* Name of the dimension at an axis of a variable, "" when it has none. */
void mlab_h5_axis_name(hid_t dataset, unsigned axis, char *into, size_t size);
/* Attribute text of a variable, "" when absent; cut at size. */
void mlab_h5_text_of(hid_t object, const char *attribute, char *into, size_t size);

#endif
