/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs without a study: sign-up lists, rules found from their headings and written down for changing. */
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/reading.h"
#include "match/match.h"
#include "match/options.h"
#include "study/inside.h"

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

static mlab_status reject(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_DATA_REJECTED, "the lists were rejected; the findings say why");
}

void mlab_matched_free(mlab_matched *matched)
{
    if (!matched) return;
    const mlab_context *context = matched->context;
    for (size_t k = 0; matched->pairs && k < matched->n_pairs; k++) mlab_pairs_free(matched->pairs[k]);
    mlab_release(context, matched->pairs);
    mlab_matching_free(matched->matching);
    if (matched->spec) mlab_match_spec_free(context, matched->spec);
    mlab_release(context, matched->spec);
    mlab_table_free(matched->mentors);
    mlab_table_free(matched->mentees);
    mlab_settings_free(matched->settings);
    mlab_pairs_text_free(context, matched->sentences);
    mlab_pairs_text_free(context, matched->yaml);
    mlab_release(context, matched);
}

/* Each policy of the spec. One that cannot keep to what is asked of all is left out and noted, unless it is the only one. */
mlab_status mlab_matched_run(mlab_matched *made, const mlab_match_spec *spec, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!(made->pairs = mlab_allocate(made->context, spec->n_policies, sizeof *made->pairs)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for pairs");
    for (size_t k = 0; !status && k < spec->n_policies; k++) {
        mlab_error own = {0};
        status = mlab_matching_run(made->matching, k, findings, &made->pairs[made->n_pairs], &own);
        if (!status && (!spec->n_stated || k < spec->n_stated)) made->shown = made->n_pairs;
        made->n_pairs += !status;
        if (!status) status = mlab_matching_leave_out(made->matching, k, made->pairs[made->n_pairs - 1], &own);
        if (status == MLAB_ERR_MATCH_UNSUPPORTED && spec->n_policies > 1)
            status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "policy_left_out", own.place.line ? &own.place : NULL, spec->policies[k], "",
                                       err, "left out: %s", own.sentence);
        else if (status && err)
            *err = own;
    }
    if (!status && !made->n_pairs)
        status = mlab_raise(err, MLAB_ERR_MATCH_UNSUPPORTED, "none of the policies can keep to what is asked of them; the findings say why");
    if (!status) mlab_pairs_compare(made->pairs, made->n_pairs);
    return status;
}

/* --- rules of lists ------------------------------------------------------------------------------------ */

static mlab_status parse_rules(mlab_matched *made, const char *rules, mlab_findings *findings, mlab_settings **settings, mlab_error *err)
{
    const mlab_option *const tables[] = {mlab_match_option_rows};
    const size_t n_rows[] = {mlab_match_n_option_rows};
    if (rules) return mlab_settings_read(made->context, rules, tables, n_rows, 1, findings, settings, err);
    mlab_status status =
        mlab_match_recognise(made->context, made->mentors ? made->mentors : made->mentees, made->mentees, &made->sentences, &made->yaml, err);
    return status ? status
                  : mlab_settings_parse(made->context, "matching.yaml", made->yaml, strlen(made->yaml), tables, n_rows, 1, findings, settings, err);
}

static mlab_status read_rules(mlab_matched *made, const char *rules, const mlab_override *overrides, size_t n, mlab_findings *findings,
                              mlab_error *err)
{
    mlab_settings *settings = NULL;
    mlab_status status = parse_rules(made, rules, findings, &settings, err);
    made->settings = settings;
    const mlab_place place = mlab_place_text("command line", 0, 0);
    for (size_t k = 0; !status && k < n; k++) status = mlab_settings_override(settings, overrides[k].key, overrides[k].value, &place, findings, err);
    if (!status && !(made->spec = mlab_allocate(made->context, 1, sizeof *made->spec)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for rules");
    return status ? status : mlab_match_spec_read(made->context, settings, findings, made->spec, err);
}

static mlab_status match_tables(mlab_matched *made, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = mlab_matching_open(made->context, made->mentors ? made->mentors : made->mentees, made->mentees, NULL, 0, made->spec,
                                            findings, &made->matching, err);
    if (status && mlab_findings_count(findings, MLAB_SEVERITY_STOP)) return reject(err); /* the findings say it with its place */
    return status ? status : mlab_matched_run(made, made->spec, findings, err);
}

mlab_status mlab_match_lists(const mlab_context *context, const char *mentors_path, const char *mentees_path, const char *rules,
                             const mlab_override *overrides, size_t n_overrides, mlab_findings *findings, mlab_matched **matched, mlab_error *err)
{
    *matched = NULL;
    mlab_matched *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to match");
    made->context = context;
    mlab_status status = read_list(context, mentees_path, findings, &made->mentees, err);
    if (!status && strcmp(mentors_path, mentees_path) != 0) status = read_list(context, mentors_path, findings, &made->mentors, err);
    if (!status && is_rejected(findings)) status = reject(err);
    if (!status) status = read_rules(made, rules, overrides, n_overrides, findings, err);
    if (!status && is_rejected(findings)) status = reject(err);
    if (!status) status = match_tables(made, findings, err);
    if (status)
        mlab_matched_free(made);
    else
        *matched = made;
    return status;
}
