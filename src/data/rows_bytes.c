/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of delimited text, in blocks: read, hashed as they are, and turned into UTF-8 when they are UTF-16 (told by the
 * byte order mark, or by the zeros beside plain letters), or Windows-1252 because the study says so (WHATWG Encoding, index windows-1252).
 * What is no character stays no character, so that the check of UTF-8 finds its cell.
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

static size_t put(unsigned code, char *into)
{
    size_t k = 0;
    if (code < 0x80) {
        into[k++] = (char)code;
    } else if (code < 0x800) {
        into[k++] = (char)(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        into[k++] = (char)(0xE0 | code >> 12);
        into[k++] = (char)(0x80 | (code >> 6 & 0x3F));
    } else {
        into[k++] = (char)(0xF0 | code >> 18);
        into[k++] = (char)(0x80 | (code >> 12 & 0x3F));
        into[k++] = (char)(0x80 | (code >> 6 & 0x3F));
    }
    if (code >= 0x80) into[k++] = (char)(0x80 | (code & 0x3F));
    return k;
}

/* At most 3 bytes for each. */
static size_t from_1252(const unsigned char *from, size_t n, char *into)
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
        k += put(code, into + k);
    }
    return k;
}

/* At most 3 bytes for each pair. A half without its other half gives the three bytes that UTF-8 does not allow. */
static size_t from_utf16(mlab_text_bytes *input, const unsigned char *from, size_t n, char *into)
{
    size_t k = 0, low = input->encoding == MLAB_TEXT_UTF16_LE ? 0 : 1;
    for (size_t i = 0; i + 1 < n; i += 2) {
        unsigned code = (unsigned)from[i + low] | (unsigned)from[i + 1 - low] << 8;
        bool second = code >= 0xDC00 && code < 0xE000;
        if (input->high && second)
            code = 0x10000 + ((input->high - 0xD800) << 10) + (code - 0xDC00);
        else if (input->high)
            k += put(input->high, into + k);
        input->high = 0;
        if (code >= 0xD800 && code < 0xDC00)
            input->high = code;
        else
            k += put(code, into + k);
    }
    if (input->at_end && input->high) k += put(input->high, into + k);
    if (n % 2) into[k++] = (char)0xFF;
    return k;
}

/* Plain letters in UTF-16 have a zero beside them. */
static mlab_text_encoding by_zeros(const unsigned char *bytes, size_t n, mlab_text_encoding otherwise)
{
    size_t even = 0, odd = 0, pairs = (n < 4096 ? n : 4096) / 2;
    for (size_t i = 0; i < pairs; i++) {
        even += !bytes[2 * i];
        odd += !bytes[2 * i + 1];
    }
    if (pairs >= 2 && odd * 10 > pairs * 4 && even * 10 < pairs) return MLAB_TEXT_UTF16_LE;
    if (pairs >= 2 && even * 10 > pairs * 4 && odd * 10 < pairs) return MLAB_TEXT_UTF16_BE;
    return otherwise;
}

/* Bytes of the mark at the start. */
static size_t settle_encoding(mlab_text_bytes *input, const unsigned char *bytes, size_t n)
{
    mlab_encoding marked = MLAB_ENCODING_FOUND, stated = input->stated;
    size_t mark = 0;
    input->encoding = MLAB_TEXT_UTF8;
    if (n >= 4 && (!memcmp(bytes, "\xFF\xFE\0\0", 4) || !memcmp(bytes, "\0\0\xFE\xFF", 4))) {
        input->encoding = MLAB_TEXT_UTF32;
    } else if (n >= 2 && (!memcmp(bytes, "\xFF\xFE", 2) || !memcmp(bytes, "\xFE\xFF", 2))) {
        input->encoding = bytes[0] == 0xFF ? MLAB_TEXT_UTF16_LE : MLAB_TEXT_UTF16_BE;
        marked = MLAB_ENCODING_UTF16;
        mark = 2;
    } else if (n >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3)) {
        marked = MLAB_ENCODING_UTF8;
        mark = 3;
    } else if (stated == MLAB_ENCODING_WINDOWS_1252) {
        input->encoding = MLAB_TEXT_WINDOWS_1252;
    } else if (stated != MLAB_ENCODING_UTF8) {
        input->encoding = by_zeros(bytes, n, stated == MLAB_ENCODING_UTF16 ? MLAB_TEXT_UTF16_LE : MLAB_TEXT_UTF8);
    }
    input->says_otherwise = marked && stated && marked != stated;
    input->started = true;
    return mark;
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
    input->n_read += *got;
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
    char *buffer = mlab_reallocate(input->context, input->buffer, size + MLAB_MARKS_WINDOW, 1);
    if (!buffer) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    input->buffer = buffer;
    input->size = size;
    return MLAB_OK;
}

/* Raw bytes to text behind `end`. */
static void decode(mlab_text_bytes *input, const unsigned char *raw, size_t n)
{
    char *into = input->buffer + input->end;
    if (input->encoding == MLAB_TEXT_WINDOWS_1252)
        input->end += from_1252(raw, n, into);
    else if (input->encoding == MLAB_TEXT_UTF16_LE || input->encoding == MLAB_TEXT_UTF16_BE)
        input->end += from_utf16(input, raw, n, into);
    else if (n) {
        memcpy(into, raw, n);
        input->end += n;
    }
}

mlab_status mlab_text_bytes_more(mlab_text_bytes *input, const char *name, mlab_error *err)
{
    size_t got = 0, wanted = MLAB_ROWS_BLOCK, held = input->end - input->start;
    bool plain = input->started && input->encoding == MLAB_TEXT_UTF8;
    if (held > wanted && plain) wanted = held; /* a long row, so that it is not scanned anew for every block */
    mlab_status status = make_room(input, plain ? wanted : 3 * wanted, name, err);
    if (status) return status;
    if (plain) {
        status = read_raw(input, input->buffer + input->end, wanted, &got, name, err);
        input->end += got;
    } else {
        if (!input->raw && !(input->raw = mlab_allocate(input->context, wanted, 1)))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
        status = read_raw(input, input->raw, wanted, &got, name, err);
        size_t mark = !status && !input->started ? settle_encoding(input, input->raw, got) : 0;
        if (!status) decode(input, input->raw + mark, got - mark);
    }
    input->buffer[input->end] = '\0';
    return status;
}
