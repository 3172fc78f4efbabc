/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs without a study: sign-up lists, rules found from their headings and written down for changing. */
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/reading.h"
#include "mentorlab/study.h"

#include <ctype.h>
#include <string.h>

/* Headings whose cells are names of people, whatever they look like: 0471 is not a number. */
static bool names_people(const char *heading)
{
    static const char *const words[] = {"id", "worker", "person", "email", "e-mail", "mail", "name", "manager", "supervisor"};
    char plain[64];
    size_t n = 0;
    for (; heading[n] && n + 1 < sizeof plain; n++) plain[n] = (char)tolower((unsigned char)heading[n]);
    plain[n] = '\0';
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        const char *at = strstr(plain, words[k]);
        size_t m = strlen(words[k]);
        if (at && (at == plain || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[m])) return true;
    }
    return false;
}

static mlab_status read_list(const mlab_context *context, const char *path, mlab_findings *findings, mlab_table **table, mlab_error *err)
{
    const mlab_rows_options options = {0};
    mlab_rows *rows = NULL;
    mlab_text guesses = MLAB_TEXT(context);
    mlab_reading reading = {0};
    mlab_column_spec *columns = NULL;
    mlab_file_spec spec = {.role = "people", .file = path, .path = path, .rules = {.trim = true}};
    mlab_status status = mlab_rows_open(context, path, path, &options, findings, &rows, err);
    if (!status && !(columns = mlab_allocate(context, rows->n_columns, sizeof *columns)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", path);
    for (size_t k = 0; !status && k < rows->n_columns; k++)
        if (names_people(rows->names[k]))
            columns[spec.n_columns++] =
                (mlab_column_spec){.name = rows->names[k], .from = rows->names[k], .type = MLAB_READ_TEXT, .rules = spec.rules};
    spec.columns = columns;
    if (!status) status = mlab_read_rows(rows, &spec, findings, &guesses, &reading, err);
    if (!status) {
        *table = reading.table;
        reading.table = NULL;
    }
    mlab_reading_free(context, &reading);
    mlab_rows_close(rows);
    mlab_release(context, columns);
    mlab_text_free(&guesses);
    return status;
}

static bool is_rejected(const mlab_findings *findings)
{
    return mlab_findings_count(findings, MLAB_SEVERITY_STOP) || mlab_findings_count(findings, MLAB_SEVERITY_DECIDE);
}

void mlab_signup_free(mlab_signup *signup)
{
    if (!signup) return;
    const mlab_context *context = signup->context;
    mlab_pairs_free(signup->pairs);
    mlab_pairs_text_free(context, signup->sentences);
    mlab_pairs_text_free(context, signup->yaml);
    mlab_release(context, signup);
}

mlab_status mlab_signup_match(const mlab_context *context, const char *mentors_path, const char *mentees_path, mlab_findings *findings,
                              mlab_signup **signup, mlab_error *err)
{
    *signup = NULL;
    const bool one = strcmp(mentors_path, mentees_path) == 0;
    mlab_table *mentors = NULL, *mentees = NULL;
    mlab_match_spec spec = {0};
    mlab_signup *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to match");
    made->context = context;
    mlab_status status = read_list(context, mentees_path, findings, &mentees, err);
    if (!status && !one) status = read_list(context, mentors_path, findings, &mentors, err);
    if (!status && is_rejected(findings)) status = mlab_raise(err, MLAB_ERR_DATA_REJECTED, "the lists were rejected; the findings say why");
    const mlab_table *offering = one ? mentees : mentors;
    if (!status) status = mlab_match_recognise(context, offering, mentees, &spec, &made->sentences, &made->yaml, err);
    if (!status) {
        mlab_pairs *results[8] = {NULL}; /* recognised rules name one policy */
        status = mlab_match(context, offering, mentees, NULL, 0, &spec, findings, results, err);
        made->pairs = results[0];
    }
    mlab_match_spec_free(context, &spec);
    mlab_table_free(mentors);
    mlab_table_free(mentees);
    if (status)
        mlab_signup_free(made);
    else
        *signup = made;
    return status;
}
