/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory through the context's allocator. Products are checked; count 0 gives a valid pointer. */
#ifndef MLAB_CORE_MEMORY_H
#define MLAB_CORE_MEMORY_H

#include "mentorlab/core.h"

void *mlab_allocate(const mlab_context *context, size_t count, size_t size);                 /* zeroed; NULL = no memory or product too large */
void *mlab_reallocate(const mlab_context *context, void *memory, size_t count, size_t size); /* new part not zeroed; on NULL the old block stays */
void mlab_release(const mlab_context *context, void *memory);                                /* NULL is fine */
char *mlab_copy_text(const mlab_context *context, const char *text);                         /* NULL = no memory */
char *mlab_copy_bytes_as_text(const mlab_context *context, const char *bytes, size_t n);     /* terminated copy */

/* Room for one more element in a growing array: reallocates *array (capacity doubles) when n == *capacity.
 * Returns MLAB_OK or MLAB_ERR_MEMORY (raised into err); on failure array and capacity are unchanged. */
MLAB_MUST_USE mlab_status mlab_grow(const mlab_context *context, void *array_pointer, size_t n, size_t *capacity, size_t size, mlab_error *err);

#endif
