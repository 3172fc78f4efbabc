/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as delimited text. The first byte chooses how they are read. Build and run (not part of ctest):
 *   clang -std=c17 -g -O1 -fsanitize=fuzzer,address,undefined -D_POSIX_C_SOURCE=200809L -Iinclude -Isrc tests/fuzz/fuzz_csv.c <objects> -lyaml -lgsl
 * -lm tests/fuzz/run does it. */
#include "data/reading.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    mlab_context context;
    mlab_error err;
    if (n < 1 || mlab_setup(&context, &err)) return 0;
    context.threads = 1;
    const unsigned how = bytes[0];
    static const mlab_reading_type types[] = {MLAB_READ_FOUND,  MLAB_READ_NUMBER, MLAB_READ_DATE,    MLAB_READ_EVENT,
                                              MLAB_READ_FACTOR, MLAB_READ_ID,     MLAB_READ_DURATION};
    const mlab_column_spec column = {
        .name = "a", .from = "a", .type = types[how % 7], .optional = true, .low = -10, .high = HUGE_VAL, .days = 30.4375, .pad = how % 5};
    const mlab_rows_options text = {.delimiter = "\0,;\t"[how / 7 % 4], .encoding = how >= 128 ? MLAB_ENCODING_WINDOWS_1252 : MLAB_ENCODING_FOUND};
    mlab_file_spec spec = {.role = "people", .file = "fuzz.csv", .rows = text, .columns = &column, .n_columns = 1};
    spec.rules.trim = how % 2;
    spec.drop_duplicates = how % 3 == 0;
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_reading reading = {0};
    mlab_rows *rows = NULL;
    if (!mlab_rows_open_bytes(&context, "fuzz.csv", (const char *)bytes + 1, n - 1, &text, &findings, &rows, &err) &&
        mlab_read_rows(rows, &spec, &findings, &guesses, &reading, &err))
        abort(); /* only memory could fail, and there is enough */
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
    return 0;
}
