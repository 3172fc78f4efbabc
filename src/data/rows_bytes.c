/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of delimited text, in blocks: read, hashed as they are, and turned into UTF-8 when the study says that
 * they are Windows-1252 (WHATWG Encoding, index windows-1252).
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_text.h"

#include <errno.h>
#include <string.h>

/* Code points of bytes 0x80 to 0x9F; 0 = the byte stands for nothing. */
static const uint16_t windows_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                          0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                          0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/* At most 3 bytes for each. An undefined byte is kept as it is, so that the check of UTF-8 finds its cell. */
static size_t to_utf8(const unsigned char *from, size_t n, char *into)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned code = from[i];
        if (code >= 0x80 && code < 0xA0) {
            if (!windows_1252[code - 0x80]) {
                into[k++] = (char)code;
                continue;
            }
            code = windows_1252[code - 0x80];
        }
        if (code < 0x80) {
            into[k++] = (char)code;
        } else if (code < 0x800) {
            into[k++] = (char)(0xC0 | code >> 6);
            into[k++] = (char)(0x80 | (code & 0x3F));
        } else {
            into[k++] = (char)(0xE0 | code >> 12);
            into[k++] = (char)(0x80 | (code >> 6 & 0x3F));
            into[k++] = (char)(0x80 | (code & 0x3F));
        }
    }
    return k;
}

static mlab_status read_raw(mlab_text_bytes *input, void *into, size_t wanted, size_t *got, const char *name, mlab_error *err)
{
    if (input->stream) {
        *got = fread(into, 1, wanted, input->stream);
        if (*got < wanted && ferror(input->stream)) return mlab_raise(err, MLAB_ERR_READ, "%s cannot be read: %s", name, strerror(errno));
    } else {
        *got = wanted < input->bytes_left ? wanted : input->bytes_left;
        if (*got) memcpy(into, input->bytes, *got);
        input->bytes += *got;
        input->bytes_left -= *got;
    }
    if (*got < wanted) input->at_end = true;
    mlab_sha256_add(&input->hash, into, *got);
    return MLAB_OK;
}

/* Room for one more block behind `end`, three times that when bytes may grow. */
static mlab_status make_room(mlab_text_bytes *input, size_t needed, const char *name, mlab_error *err)
{
    if (input->start > 0) {
        memmove(input->buffer, input->buffer + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    if (input->buffer && input->size - input->end >= needed) return MLAB_OK;
    if (input->end > MLAB_ROWS_LONGEST_ROW)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a row of %s is longer than %zu bytes", name, MLAB_ROWS_LONGEST_ROW);
    size_t size = input->end + needed + input->end / 2;
    char *buffer = mlab_reallocate(input->context, input->buffer, size + 1, 1);
    if (!buffer) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    input->buffer = buffer;
    input->size = size;
    return MLAB_OK;
}

mlab_status mlab_text_bytes_more(mlab_text_bytes *input, const char *name, mlab_error *err)
{
    size_t got = 0, wanted = MLAB_ROWS_BLOCK, held = input->end - input->start;
    if (held > wanted && !input->windows_1252) wanted = held; /* a long row, so that it is not scanned anew for every block */
    mlab_status status = make_room(input, input->windows_1252 ? 3 * wanted : wanted, name, err);
    if (status) return status;
    if (input->windows_1252) {
        if (!input->raw && !(input->raw = mlab_allocate(input->context, wanted, 1)))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
        status = read_raw(input, input->raw, wanted, &got, name, err);
        if (!status) input->end += to_utf8(input->raw, got, input->buffer + input->end);
    } else {
        status = read_raw(input, input->buffer + input->end, wanted, &got, name, err);
        if (!status) input->end += got;
    }
    input->buffer[input->end] = '\0';
    return status;
}
