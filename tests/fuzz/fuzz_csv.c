/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as delimited text, from the first bytes to a typed table. The first two bytes choose how they are read.
 * tests/fuzz/run csv builds and runs it. */
#include "data/reading.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const mlab_reading_type types[] = {MLAB_READ_FOUND,  MLAB_READ_NUMBER, MLAB_READ_DATE,    MLAB_READ_EVENT,
                                          MLAB_READ_FACTOR, MLAB_READ_ID,     MLAB_READ_DURATION};

static mlab_rows_options frame(unsigned how)
{
    static const char *const ends[] = {NULL, NULL, "", "total"};
    return (mlab_rows_options){.delimiter = "\0\0,;\t|"[how % 6],
                               .encoding = (mlab_encoding)(how / 6 % 4),
                               .header = how / 24 % 4 == 3 ? 2 : 0,
                               .header_rows = how / 96 % 3,
                               .skip_after_header = how % 13 == 5,
                               .stop_at = ends[how / 5 % 4]};
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static mlab_context context; /* made once: it holds no state */
    mlab_error err;
    if (n < 2 || (!context.threads && mlab_setup(&context, &err))) return 0;
    context.threads = 1;
    const unsigned how = bytes[0];
    const mlab_column_spec column = {
        .name = "a", .from = "a", .type = types[how % 7], .optional = true, .low = -10, .high = HUGE_VAL, .days = 30.4375, .pad = how % 5};
    mlab_file_spec spec = {.role = "people", .file = "fuzz.csv", .rows = frame(bytes[1]), .columns = &column, .n_columns = 1};
    spec.rules.trim = how % 2;
    spec.rules.decimal = "\0.,"[how / 3 % 3];
    spec.rules.thousands = "\0\0,. '"[how / 9 % 6];
    spec.drop_duplicates = how % 3 == 0;
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_reading reading = {0};
    mlab_rows *rows = NULL;
    if (!mlab_rows_open_bytes(&context, "fuzz.csv", (const char *)bytes + 2, n - 2, &spec.rows, &findings, &rows, &err) &&
        mlab_read_rows(rows, &spec, &findings, &guesses, &reading, &err))
        abort(); /* only memory could fail, and there is enough */
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
    return 0;
}
