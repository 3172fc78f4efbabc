/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this folder that talk to HDF5 itself share. */
#ifndef MLAB_STORE_H5_H
#define MLAB_STORE_H5_H

#include "mentorlab/store.h"
#include "store/group.h"

#include <hdf5.h>
#include <hdf5_hl.h>

#define MLAB_H5_FORMAT "mentorlab results"
#define MLAB_H5_MOST_DIMENSIONS 8

/* A creation list with creation order tracked and times off; class H5P_FILE_CREATE, H5P_GROUP_CREATE, H5P_DATASET_CREATE. */
hid_t mlab_h5_creation_list(hid_t class_id);
hid_t mlab_h5_memory_type(mlab_h5_type type); /* a library type, not to be closed */
hid_t mlab_h5_file_type(mlab_h5_type type);
/* A transfer list for n texts, whose conversion buffer is as small as it may be: HDF5 zeroes one of 1 MB for each transfer else. */
hid_t mlab_h5_text_transfer(size_t n);
hid_t mlab_h5_text_type(void); /* variable length, UTF-8; the caller closes it */

#endif
