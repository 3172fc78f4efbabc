/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file is and what its columns mean. Each column gets points for each meaning: words of the layout, then words of plain tables,
 * the earlier the more, less when they are only part of the heading, none when the cells cannot be of that kind; the most points are
 * given first. The role of the file is that whose meanings tell most.
 *
 * Weakness: a heading that says one thing over cells of another of the same kind is believed; the study file says so and takes another
 * column in one line.
 */
#include "data/recognise.h"
#include "core/error.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

/* --- one column, one meaning --------------------------------------------------------------------------- */

static bool may_be(const mlab_profile *column, mlab_need need)
{
    bool date = mlab_profile_is_date(column);
    if (!column->filled) return need == MLAB_NEED_DATE; /* nobody has left yet */
    switch (need) {
    case MLAB_NEED_ID: return !date;
    case MLAB_NEED_DATE: return date;
    case MLAB_NEED_LABEL: return !date && column->values.n <= 400;
    case MLAB_NEED_NUMBER: return 10 * column->numbers >= 9 * column->filled;
    case MLAB_NEED_EMAIL: return mlab_profile_is_email(column);
    case MLAB_NEED_ANY:
    default: return true;
    }
}

/* Whole words of `part` inside `words`. */
static bool holds_words(const char *words, const char *part)
{
    size_t n = strlen(part);
    for (const char *at = words; n > 3 && (at = strstr(at, part)); at++)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n])) return true;
    return false;
}

/* Points of a list of words for a heading; 0 = none of them. */
static double points_of(const mlab_setting *list, const mlab_profile *column, double most, const char **word)
{
    char plain[128], question[256];
    double best = 0;
    mlab_plain_words(column->question, question, sizeof question);
    for (size_t i = 0; list && i < mlab_setting_size(list); i++) {
        const char *text = mlab_setting_text(mlab_setting_item(list, i));
        mlab_plain_words(text, plain, sizeof plain);
        double points = mlab_same_words(column->words, plain)                               ? most - (double)i
                        : holds_words(column->words, plain) || holds_words(question, plain) ? most / 2 - (double)i
                                                                                            : 0;
        if (points <= best) continue;
        best = points;
        *word = text;
    }
    return best;
}

static const mlab_setting *words_of(const mlab_settings *layout, mlab_file_role role, const char *meaning)
{
    char path[96];
    snprintf(path, sizeof path, "files.%s.columns.%s", mlab_file_role_names[role], meaning);
    return layout ? mlab_settings_find(layout, NULL, path) : NULL;
}

/* Names of people, not ids: several words, and neither e-mails nor digits. */
static bool is_name(const mlab_profile *column)
{
    return !mlab_profile_is_email(column) && !mlab_profile_is_bracketed(column) && 2 * column->digits < column->filled && column->values.n &&
           strchr(mlab_dictionary_text(&column->values, 0), ' ');
}

static double points(const mlab_layouts *layouts, const mlab_known_file *file, const mlab_settings *layout, const mlab_meaning *meaning, size_t j,
                     const char **word)
{
    const mlab_profile *column = &file->columns[j];
    if (!may_be(column, meaning->need)) return 0;
    double best = points_of(words_of(layout, file->role, meaning->name), column, 160, word);
    if (best <= 0) best = points_of(words_of(layouts->files[0], file->role, meaning->name), column, 100, word);
    bool of_people = !strcmp(meaning->name, "person") || (file->role == MLAB_FILE_CROSSWALK && !strcmp(meaning->name, "to"));
    if (best <= 0 && of_people && *file->id_words && !strcmp(file->id_words, column->words)) {
        best = 90;
        *word = column->heading;
    }
    if (best <= 0) return 0;
    if (meaning->need == MLAB_NEED_ID && is_name(column)) best /= 4;
    return best > 1 ? best : 1;
}

/* The surest pair of meaning and column first, until none is left. */
static void assign(const mlab_layouts *layouts, mlab_known_file *file, const mlab_settings *layout)
{
    size_t n;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    for (size_t m = 0; m < MLAB_MOST_MEANINGS; m++) {
        file->column_of[m] = -1;
        file->word_of[m] = "";
    }
    for (;;) {
        double most = 0;
        size_t best_m = 0, best_j = 0;
        const char *word = "", *best_word = "";
        for (size_t m = 0; m < n; m++)
            for (size_t j = 0; file->column_of[m] < 0 && j < file->n_columns; j++) {
                bool taken = false;
                for (size_t k = 0; k < n; k++) taken = taken || file->column_of[k] == (int)j;
                double p = taken ? 0 : points(layouts, file, layout, &meanings[m], j, &word);
                if (p <= most) continue;
                most = p;
                best_m = m;
                best_j = j;
                best_word = word;
            }
        if (most <= 0) break;
        file->column_of[best_m] = (int)best_j;
        file->word_of[best_m] = best_word;
    }
}

/* --- the file ------------------------------------------------------------------------------------------- */

int mlab_known_column(const mlab_known_file *file, const char *meaning)
{
    size_t n;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    for (size_t m = 0; m < n; m++)
        if (!strcmp(meanings[m].name, meaning)) return file->column_of[m];
    return -1;
}

const char *mlab_known_heading(const mlab_known_file *file, const char *meaning)
{
    int j = mlab_known_column(file, meaning);
    return j < 0 ? NULL : file->columns[j].heading;
}

bool mlab_known_by_question(const mlab_known_file *file, const char *meaning)
{
    size_t n;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    char plain[128];
    for (size_t m = 0; m < n; m++) {
        if (strcmp(meanings[m].name, meaning) || file->column_of[m] < 0) continue;
        const mlab_profile *column = &file->columns[file->column_of[m]];
        mlab_plain_words(file->word_of[m], plain, sizeof plain);
        return !mlab_same_words(column->words, plain) && !holds_words(column->words, plain);
    }
    return false;
}

bool mlab_known_by_whole_heading(const mlab_known_file *file, const char *meaning)
{
    size_t n;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    char plain[128];
    for (size_t m = 0; m < n; m++) {
        if (strcmp(meanings[m].name, meaning) || file->column_of[m] < 0) continue;
        mlab_plain_words(file->word_of[m], plain, sizeof plain);
        return mlab_same_words(file->columns[file->column_of[m]].words, plain);
    }
    return false;
}

const mlab_setting *mlab_known_setting(const mlab_known_file *file, const char *key)
{
    char path[96];
    snprintf(path, sizeof path, "files.%s.%s", mlab_file_role_names[file->role], key);
    return file->layout ? mlab_settings_find(file->layout, NULL, path) : NULL;
}

static double marks_share(const mlab_known_file *file, const mlab_settings *layout)
{
    char path[64], plain[128];
    snprintf(path, sizeof path, "files.%s.marks", mlab_file_role_names[file->role]);
    const mlab_setting *marks = mlab_settings_find(layout, NULL, path);
    size_t n = marks ? mlab_setting_size(marks) : 0, met = 0;
    for (size_t i = 0; i < n; i++) {
        mlab_plain_words(mlab_setting_text(mlab_setting_item(marks, i)), plain, sizeof plain);
        for (size_t j = 0; j < file->n_columns; j++)
            if (mlab_same_words(file->columns[j].words, plain)) {
                met++;
                break;
            }
    }
    return n ? (double)met / (double)n : 0;
}

static double score_role(const mlab_known_file *file)
{
    size_t n;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    double score = 0, fits = mlab_recognise_shape(file);
    if (fits <= 0) return 0;
    for (size_t m = 0; m < n; m++) {
        if (meanings[m].required && file->column_of[m] < 0) return 0;
        if (file->column_of[m] >= 0) score += meanings[m].weight * (*file->word_of[m] ? 1 : 0.3);
    }
    return score + fits - 1;
}

/* The layout whose marks are there (the most of them), then the columns by it. */
void mlab_recognise_as(const mlab_layouts *layouts, mlab_known_file *file, mlab_file_role role)
{
    size_t n;
    double most = 0.7;
    file->role = role;
    file->layout = NULL;
    for (size_t k = 1; k < layouts->n; k++) {
        double share = marks_share(file, layouts->files[k]);
        if (share <= most) continue;
        most = share;
        file->layout = layouts->files[k];
    }
    assign(layouts, file, file->layout);
    mlab_meanings_of(role, &n);
    bool ids = role == MLAB_FILE_PEOPLE || role == MLAB_FILE_HISTORY || role == MLAB_FILE_PROMOTIONS;
    if (ids && n && file->column_of[0] < 0) mlab_recognise_ids(file, 0);
    if (role == MLAB_FILE_PEOPLE) mlab_recognise_cells(file);
    if (role == MLAB_FILE_HISTORY && file->column_of[MLAB_HISTORY_REASON] < 0) { /* one column says both what happened and why */
        file->column_of[MLAB_HISTORY_REASON] = file->column_of[MLAB_HISTORY_EVENT];
        file->word_of[MLAB_HISTORY_REASON] = file->word_of[MLAB_HISTORY_EVENT];
    }
    file->score = score_role(file);
}

static void find_role(const mlab_layouts *layouts, mlab_known_file *file)
{
    mlab_file_role best = MLAB_FILE_UNKNOWN;
    double most = 0;
    for (mlab_file_role role = MLAB_FILE_PEOPLE; role < MLAB_N_FILE_ROLES; role++) {
        mlab_recognise_as(layouts, file, role);
        if (file->score <= most) continue;
        most = file->score;
        best = role;
    }
    mlab_recognise_as(layouts, file, best);
}

void mlab_recognise_again(const mlab_layouts *layouts, mlab_known_file *file, const char *id_words)
{
    snprintf(file->id_words, sizeof file->id_words, "%s", id_words);
    if (file->n_columns && file->n_rows) find_role(layouts, file);
}

void mlab_known_file_free(mlab_known_file *file)
{
    if (!file->context) return;
    for (size_t j = 0; file->columns && j < file->n_columns; j++) mlab_profile_free(file->context, &file->columns[j]);
    mlab_release(file->context, file->columns);
    mlab_release(file->context, file->scale_of);
    mlab_release(file->context, file->path);
    mlab_release(file->context, file->name);
    mlab_release(file->context, file->sheet);
    *file = (mlab_known_file){0};
}

static uint64_t count_merged(const mlab_findings *findings)
{
    uint64_t n = 0;
    for (size_t i = 0; i < findings->n; i++)
        if (!strcmp(findings->items[i].kind, "merged_cells")) n += findings->items[i].count;
    return n;
}

/* people.xlsx, or people.xlsx, sheet "Pairs" */
static mlab_status start_file(const mlab_context *context, const char *path, const char *sheet, mlab_known_file *file, mlab_error *err)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    mlab_text shown = MLAB_TEXT(context);
    mlab_text_append(&shown, name);
    if (sheet) mlab_text_print(&shown, ", sheet \"%s\"", sheet);
    *file = (mlab_known_file){.context = context, .path = mlab_copy_text(context, path)};
    file->name = shown.failed ? NULL : mlab_copy_text(context, mlab_text_get(&shown));
    file->sheet = sheet ? mlab_copy_text(context, sheet) : NULL;
    mlab_text_free(&shown);
    return file->path && file->name && (file->sheet || !sheet) ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look at %s", name);
}

mlab_status mlab_recognise(const mlab_context *context, const mlab_layouts *layouts, const char *path, const char *sheet, mlab_findings *findings,
                           mlab_known_file *file, mlab_error *err)
{
    const mlab_rows_options options = {.sheet = sheet};
    mlab_rows *rows = NULL;
    size_t stops = mlab_findings_count(findings, MLAB_SEVERITY_STOP);
    uint64_t merged = count_merged(findings);
    mlab_status status = start_file(context, path, sheet, file, err);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (!status) status = mlab_rows_open(context, path, name, &options, findings, &rows, err);
    if (!status) {
        file->columns = mlab_allocate(context, rows->n_columns, sizeof *file->columns);
        file->scale_of = mlab_allocate(context, rows->n_columns, sizeof *file->scale_of);
        if (!file->columns || !file->scale_of)
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look at %s", name);
        else
            file->n_columns = rows->n_columns;
    }
    if (!status) status = mlab_profile_rows(rows, file->columns, err);
    if (!status) {
        file->n_rows = rows->n_rows;
        file->delimiter = rows->delimiter;
        file->merged = count_merged(findings) > merged;
        for (size_t j = 0; j < file->n_columns; j++) file->scale_of[j] = mlab_profile_scale(layouts, &file->columns[j]);
        if (file->n_columns && file->n_rows && mlab_findings_count(findings, MLAB_SEVERITY_STOP) == stops) find_role(layouts, file);
    }
    mlab_rows_close(rows);
    if (status) mlab_known_file_free(file);
    return status;
}
