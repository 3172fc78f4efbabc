/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory through the context's allocator, with checked products. */
#include "core/memory.h"
#include "core/error.h"

#include <string.h>

/* Returns false when count * size does not fit a pointer difference; 0 becomes 1 so that the pointer is valid. */
static bool bytes_of(size_t count, size_t size, size_t *bytes)
{
    if (size != 0 && count > (size_t)PTRDIFF_MAX / size) return false;
    size_t product = count * size;
    *bytes = product > 0 ? product : 1;
    return true;
}

void *mlab_allocate(const mlab_context *context, size_t count, size_t size)
{
    size_t bytes;
    if (!bytes_of(count, size, &bytes)) return NULL;
    void *memory = context->allocator.allocate(context->allocator.user, bytes);
    if (memory) memset(memory, 0, bytes);
    return memory;
}

void *mlab_reallocate(const mlab_context *context, void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (!bytes_of(count, size, &bytes)) return NULL;
    return context->allocator.reallocate(context->allocator.user, memory, bytes);
}

void mlab_release(const mlab_context *context, void *memory)
{
    if (memory) context->allocator.release(context->allocator.user, memory);
}

char *mlab_copy_bytes_as_text(const mlab_context *context, const char *bytes, size_t n)
{
    if (n == SIZE_MAX) return NULL;
    char *copy = mlab_allocate(context, n + 1, 1);
    if (copy && n) memcpy(copy, bytes, n);
    return copy;
}

char *mlab_copy_text(const mlab_context *context, const char *text)
{
    return mlab_copy_bytes_as_text(context, text, strlen(text));
}

mlab_status mlab_grow(const mlab_context *context, void *array_pointer, size_t n, size_t *capacity, size_t size, mlab_error *err)
{
    if (n < *capacity) return MLAB_OK;
    size_t larger = *capacity < 8 ? 8 : *capacity * 2;
    if (larger <= n) larger = n + 1;
    void *old;
    memcpy(&old, array_pointer, sizeof old);
    void *grown = n == SIZE_MAX || larger < *capacity ? NULL : mlab_reallocate(context, old, larger, size);
    if (!grown) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu elements of %zu bytes", larger, size);
    memcpy(array_pointer, &grown, sizeof grown);
    *capacity = larger;
    return MLAB_OK;
}
