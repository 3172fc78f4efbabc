/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as the answer of a database, through the converter of rows to cells into a typed table. A byte says what the
 * next cell is; its bytes follow. tests/fuzz/run sql builds and runs it. */
#include "data/reading.h"
#include "data/rows_query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef struct answer {
    const uint8_t *bytes;
    size_t n, n_columns;
    bool named;
} answer;

static size_t take(answer *a, void *into, size_t n)
{
    if (n > a->n) n = a->n;
    if (n) memcpy(into, a->bytes, n);
    a->bytes += n;
    a->n -= n;
    return n;
}

static mlab_status put_cell(answer *a, mlab_query_rows *into, mlab_error *err)
{
    uint8_t kind = 0, length = 0;
    uint16_t units[64];
    char text[64];
    double value = 0;
    take(a, &kind, 1);
    switch (kind % 4) {
    case 0: return mlab_query_put_null(into, err);
    case 1: take(a, &value, sizeof value); return mlab_query_put_number(into, value, err);
    case 2: take(a, &length, 1); return mlab_query_put_text(into, text, take(a, text, length % sizeof text), err);
    default:
        for (int parts = 0; parts < 1 + kind / 4 % 3; parts++) {
            take(a, &length, 1);
            mlab_query_add_utf16(into, units, take(a, units, length % sizeof units) / 2);
        }
        return mlab_query_end_utf16(into, err);
    }
}

static mlab_status put_row(void *user, mlab_query_rows *into, bool *end, mlab_error *err)
{
    answer *a = user;
    *end = a->named && !a->n;
    mlab_status status = MLAB_OK;
    for (size_t c = 0; c < a->n_columns && !*end && !status; c++) status = put_cell(a, into, err);
    a->named = true;
    return status;
}

static void nothing(void *user)
{
    (void)user;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static mlab_context context; /* made once: it holds no state */
    static const mlab_reading_type types[] = {MLAB_READ_FOUND,  MLAB_READ_NUMBER, MLAB_READ_DATE,    MLAB_READ_EVENT,
                                              MLAB_READ_FACTOR, MLAB_READ_ID,     MLAB_READ_DURATION};
    mlab_error err;
    if (n < 1 || (!context.threads && mlab_setup(&context, &err))) return 0;
    context.threads = 1;
    const unsigned how = bytes[0];
    answer a = {bytes + 1, n - 1, 1 + how / 7 % 5, false};
    const mlab_query_source source = {put_row, nothing, &a};
    const mlab_column_spec column = {
        .name = "a", .from = "a", .type = types[how % 7], .optional = true, .low = -10, .high = HUGE_VAL, .days = 30.4375, .pad = how % 5};
    mlab_file_spec spec = {.role = "people", .file = "query", .sql = "select", .columns = &column, .n_columns = 1};
    spec.drop_duplicates = how % 3 == 0;
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_reading reading = {0};
    mlab_rows *rows = NULL;
    if (mlab_rows_open_source(&context, "query", &source, &findings, &rows, &err) || mlab_read_rows(rows, &spec, &findings, &guesses, &reading, &err))
        abort(); /* only memory could fail, and there is enough */
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
    return 0;
}
