/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file, and which sheet of a workbook, is what in a drafted study: the surest of each role is taken, surveys and snapshots may be
 * several, and what is left out is told with its reason.
 *
 * Lists of people with days in their names and the same headings are snapshots when they are at least three.
 * Weakness: a day in a name is believed (the month alone stands for its last day); it stands in the study file as a guess.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "study/draft.h"

#include <stdio.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to draft a study");
}

/* --- days in names ----------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int32_t end_of_month(int year, int month)
{
    return year < 1900 || year > 2199 || month < 1 || month > 12 ? MLAB_DATE_MISSING
                                                                 : mlab_date_add_months(mlab_date_from_civil(year, month, 1), 1) - 1;
}

/* YYYY-MM-DD or YYYYMMDD. */
static int32_t day_in(const char *name)
{
    int32_t day;
    for (const char *c = name; *c; c++) {
        char text[11];
        if (strlen(c) >= 10 && mlab_date_parse_iso(c, 10, &day)) return day;
        if (strspn(c, "0123456789") != 8) continue;
        snprintf(text, sizeof text, "%.4s-%.2s-%.2s", c, c + 4, c + 6);
        if (mlab_date_parse_iso(text, 10, &day)) return day;
    }
    return MLAB_DATE_MISSING;
}

static int number_of(const char *digits, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (!is_digit(digits[i])) return -1;
        value = 10 * value + digits[i] - '0';
    }
    return value;
}

/* The last day of the month of "2021-03", "2021_03", "Mar 2021", "March-2021". */
static int32_t month_in(const char *name)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    char small[256] = "";
    size_t n = 0;
    for (; name[n] && n + 1 < sizeof small; n++) small[n] = name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] | 32) : name[n];
    small[n] = '\0';
    for (size_t i = 0; i < n; i++) {
        bool starts = i == 0 || !is_digit(small[i - 1]);
        if (starts && strspn(small + i, "0123456789") == 4 && (small[i + 4] == '-' || small[i + 4] == '_') &&
            strspn(small + i + 5, "0123456789") == 2)
            return end_of_month(number_of(small + i, 4), number_of(small + i + 5, 2));
        for (int month = 0; month < 12 && n - i >= 3; month++) {
            if (strncmp(small + i, months + 3 * month, 3) || (i && small[i - 1] >= 'a' && small[i - 1] <= 'z')) continue;
            size_t k = i + strspn(small + i, "abcdefghijklmnopqrstuvwxyz");
            k += strspn(small + k, " -_.");
            if (strspn(small + k, "0123456789") == 4) return end_of_month(number_of(small + k, 4), month + 1);
        }
    }
    return MLAB_DATE_MISSING;
}

/* Of the sheet's name, else of the file's. */
static int32_t day_of_name(const mlab_known_file *file, bool months)
{
    const char *slash = strrchr(file->path, '/'), *names[] = {file->sheet, slash ? slash + 1 : file->path};
    for (int k = 0; k < 2; k++) {
        int32_t day = names[k] ? day_in(names[k]) : MLAB_DATE_MISSING;
        if (day == MLAB_DATE_MISSING && months && names[k]) day = month_in(names[k]);
        if (day != MLAB_DATE_MISSING) return day;
    }
    return MLAB_DATE_MISSING;
}

/* By the name, else the last day of its column of days, else the month in the name. */
static int32_t day_of_wave(const mlab_known_file *file)
{
    int32_t day = day_of_name(file, false);
    int j = mlab_known_column(file, "date");
    if (day != MLAB_DATE_MISSING) return day;
    return j >= 0 ? file->columns[j].last : day_of_name(file, true);
}

static void add_dated(mlab_dated_files *files, size_t f, int32_t day)
{
    size_t at = files->n++;
    for (; at && files->day[at - 1] > day; at--) {
        files->file[at] = files->file[at - 1];
        files->day[at] = files->day[at - 1];
    }
    files->file[at] = f;
    files->day[at] = day;
}

/* --- roles ------------------------------------------------------------------------------------------------ */

/* What ids are headed in the list of people helps to know the other files. */
static void look_again(mlab_drafting *d)
{
    const mlab_known_file *people = NULL;
    for (size_t f = 0; f < d->n_files; f++)
        if (d->files[f].role == MLAB_FILE_PEOPLE && (!people || d->files[f].score > people->score)) people = &d->files[f];
    for (size_t f = 0; people && f < d->n_files; f++)
        if (&d->files[f] != people && !d->files[f].stated)
            mlab_recognise_again(&d->layouts, &d->files[f], people->columns[mlab_known_column(people, "id")].words);
}

static bool same_headings(const mlab_known_file *a, const mlab_known_file *b)
{
    if (a->n_columns != b->n_columns) return false;
    for (size_t j = 0; j < a->n_columns; j++)
        if (strcmp(a->columns[j].words, b->columns[j].words)) return false;
    return true;
}

/* Lists of people by their days are snapshots; a job history says more. */
static void find_snapshots(mlab_drafting *d)
{
    for (size_t f = 0; f < d->n_files; f++)
        if (d->files[f].role == MLAB_FILE_HISTORY || d->files[f].role == MLAB_FILE_SNAPSHOTS) return;
    for (size_t first = 0; first < d->n_files && !d->snapshots.n; first++) {
        mlab_dated_files found = {.n = 0};
        bool twice = false;
        for (size_t f = first; f < d->n_files; f++) {
            int32_t day = d->files[f].role == MLAB_FILE_PEOPLE && !d->files[f].stated ? day_of_name(&d->files[f], true) : MLAB_DATE_MISSING;
            if (day == MLAB_DATE_MISSING || !same_headings(&d->files[first], &d->files[f])) continue;
            for (size_t k = 0; k < found.n; k++) twice = twice || found.day[k] == day;
            add_dated(&found, f, day);
        }
        if (found.n >= 3 && !twice && found.file[0] < d->n_files && day_of_name(&d->files[first], true) != MLAB_DATE_MISSING) d->snapshots = found;
    }
    for (size_t k = 0; k < d->snapshots.n; k++) mlab_recognise_as(&d->layouts, &d->files[d->snapshots.file[k]], MLAB_FILE_SNAPSHOTS);
    if (d->snapshots.n) d->role[MLAB_FILE_SNAPSHOTS] = &d->files[d->snapshots.file[d->snapshots.n - 1]];
}

/* Without a list of people the ids are those of all snapshots, not of the last one. */
static mlab_status join_ids(mlab_drafting *d, mlab_error *err)
{
    if (!d->snapshots.n) return MLAB_OK;
    mlab_known_file *last = &d->files[d->snapshots.file[d->snapshots.n - 1]];
    mlab_profile *ids = &last->columns[mlab_known_column(last, "person")];
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k + 1 < d->snapshots.n && !status; k++) {
        const mlab_known_file *file = &d->files[d->snapshots.file[k]];
        const mlab_profile *more = &file->columns[mlab_known_column(file, "person")];
        if (more->longest > ids->longest) ids->longest = more->longest;
        for (uint32_t i = 0; i < more->values.n && ids->values.n <= MLAB_PROFILE_MOST_DISTINCT && !status; i++) {
            uint32_t ignored;
            const char *text = mlab_dictionary_text(&more->values, i);
            status = mlab_dictionary_add(&ids->values, text, strlen(text), &ignored, err);
        }
    }
    return status;
}

static bool is_used(const mlab_drafting *d, size_t f)
{
    const mlab_known_file *file = &d->files[f];
    if (file->role == MLAB_FILE_SNAPSHOTS && d->role[MLAB_FILE_HISTORY]) return false;
    if (file->role == MLAB_FILE_SURVEYS || (file->role == MLAB_FILE_SNAPSHOTS && d->snapshots.n)) return true;
    return file->role != MLAB_FILE_UNKNOWN && d->role[file->role] == file;
}

/* One line for what is taken for nothing; a question where the user named it. */
static void say_left_out(mlab_drafting *d, size_t f)
{
    mlab_known_file *file = &d->files[f];
    char why[400], answer[512];
    const mlab_known_file *other = file->role == MLAB_FILE_SNAPSHOTS && d->role[MLAB_FILE_HISTORY] ? d->role[MLAB_FILE_HISTORY] : d->role[file->role];
    if (file->sheet)
        snprintf(answer, sizeof answer, "data: {relationships: {file: %s, sheet: %s}}     (or people, history, surveys, meetings, ...)",
                 mlab_draft_scalar(d->shown[f]), mlab_draft_scalar(file->sheet));
    else
        snprintf(answer, sizeof answer, "--from relationships=%s     (or people, history, surveys, meetings, ...) drafts the study with it",
                 mlab_draft_scalar(d->shown[f]));
    if (file->role == MLAB_FILE_UNKNOWN) {
        mlab_recognise_why_not(&d->layouts, file, why, sizeof why);
        mlab_text_print(&d->left_out, "%s: left out: %s\n", file->name, why);
        if (!file->sheet) mlab_draft_ask(d, answer, "%s: nothing tells what this file is; it is left out. What is it?", file->name);
        return;
    }
    snprintf(why, sizeof why, "also looks like %s, as %s does", mlab_file_role_names[file->role], other->name);
    mlab_text_print(&d->left_out, "%s: left out: %s\n", file->name, why);
    mlab_draft_ask(d, answer, "%s: %s; it is left out. What is it?", file->name, why);
}

mlab_status mlab_draft_share_roles(mlab_drafting *d, mlab_error *err)
{
    look_again(d);
    find_snapshots(d);
    for (size_t f = 0; f < d->n_files; f++) {
        const mlab_known_file *file = &d->files[f], **taken = &d->role[file->role];
        if (file->role == MLAB_FILE_SURVEYS) add_dated(&d->waves, f, day_of_wave(file));
        if (file->role != MLAB_FILE_UNKNOWN && (!*taken || (file->stated == (*taken)->stated ? file->score > (*taken)->score : file->stated)))
            *taken = file;
    }
    for (size_t f = 0; f < d->n_files; f++)
        if (!is_used(d, f)) say_left_out(d, f);
    if (d->role[MLAB_FILE_HISTORY]) d->role[MLAB_FILE_SNAPSHOTS] = NULL;
    const mlab_known_file *people = d->role[MLAB_FILE_PEOPLE], *history = d->role[MLAB_FILE_HISTORY], *snapshots = d->role[MLAB_FILE_SNAPSHOTS];
    int email = people ? mlab_known_column(people, "email") : -1;
    if (people) d->id = &people->columns[mlab_known_column(people, "id")];
    if (!people && history) d->id = &history->columns[mlab_known_column(history, "person")];
    if (!people && !history && snapshots) d->id = &snapshots->columns[mlab_known_column(snapshots, "person")];
    if (email >= 0) d->email = &people->columns[email];
    return people || history ? MLAB_OK : join_ids(d, err);
}

/* --- looking at files ------------------------------------------------------------------------------------- */

/* "relationships=pairs.csv" says what the file is; UNKNOWN = it is to be found. *path becomes the name without it. */
static mlab_file_role stated_role(const char **path)
{
    const char *mark = strchr(*path, '=');
    if (!mark || mlab_os_exists(*path)) return MLAB_FILE_UNKNOWN;
    for (mlab_file_role role = MLAB_FILE_PEOPLE; role < MLAB_N_FILE_ROLES; role++) {
        size_t n = strlen(mlab_file_role_names[role]);
        if ((size_t)(mark - *path) != n || strncmp(*path, mlab_file_role_names[role], n) != 0) continue;
        *path = mark + 1;
        return role;
    }
    return MLAB_FILE_UNKNOWN;
}

/* What a file that is said to be of this kind must have. */
static mlab_status take_stated(mlab_drafting *d, mlab_known_file *file, mlab_file_role role, mlab_error *err)
{
    size_t n;
    const mlab_meaning *meanings = mlab_meanings_of(role, &n);
    if (!file->n_columns) return MLAB_OK; /* its findings say why */
    mlab_recognise_as(&d->layouts, file, role);
    file->stated = true;
    for (size_t m = 0; m < n; m++)
        if (meanings[m].required && file->column_of[m] < 0)
            return mlab_raise(err, MLAB_ERR_DATA_EMPTY, "%s is said to be %s, but no column is its %s", file->name, mlab_file_role_names[role],
                              meanings[m].name);
    return MLAB_OK;
}

/* One table: a file, or a sheet of it. A sheet that cannot be read is left out, with the reason. */
static mlab_status look_at(mlab_drafting *d, const char *path, const char *folder, const char *sheet, mlab_findings *findings, mlab_error *err)
{
    mlab_findings own;
    size_t f = d->n_files++;
    if (!(d->shown[f] = mlab_os_relative(d->context, folder, path))) return no_memory(err);
    mlab_findings_start(&own, d->context);
    mlab_status status = mlab_recognise(d->context, &d->layouts, path, sheet, sheet ? &own : findings, &d->files[f], err);
    for (size_t i = 0; !status && i < own.n; i++) {
        if (own.items[i].severity != MLAB_SEVERITY_STOP) continue;
        mlab_text_print(&d->left_out, "%s: left out: %s\n", d->files[f].name, own.items[i].sentence);
        mlab_known_file_free(&d->files[f]);
        mlab_release(d->context, d->shown[f]);
        d->n_files--;
        break;
    }
    mlab_findings_free(&own);
    return status;
}

static mlab_status look_at_sheets(mlab_drafting *d, const char *path, const char *folder, const mlab_sheet_names *sheets, mlab_findings *findings,
                                  mlab_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t before = d->n_files;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < sheets->n && !status; i++) {
        if (sheets->hidden[i])
            mlab_text_print(&d->left_out, "%s, sheet \"%s\": left out: it is hidden; sheet: names it\n", name, sheets->names[i]);
        else if (d->n_files == MLAB_DRAFT_MOST_FILES)
            mlab_text_print(&d->left_out, "%s, sheet \"%s\": left out: more than %d tables\n", name, sheets->names[i], MLAB_DRAFT_MOST_FILES);
        else
            status = look_at(d, path, folder, sheets->names[i], findings, err);
    }
    if (status || d->n_files > before) return status;
    return look_at(d, path, folder, NULL, findings, err); /* none can be read: told as findings */
}

mlab_status mlab_draft_look(mlab_drafting *d, const char *const *paths, size_t n, const char *folder, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = mlab_layouts_read(d->context, &d->layouts, err);
    if (status) return status;
    d->files = mlab_allocate(d->context, MLAB_DRAFT_MOST_FILES, sizeof *d->files);
    d->shown = mlab_allocate(d->context, MLAB_DRAFT_MOST_FILES, sizeof *d->shown);
    if (!d->files || !d->shown) return no_memory(err);
    for (size_t k = 0; k < n && !status; k++) {
        const char *path = paths[k];
        mlab_file_role role = stated_role(&path);
        const char *slash = strrchr(path, '/');
        mlab_sheet_names sheets;
        if (d->n_files + n - k > MLAB_DRAFT_MOST_FILES)
            return mlab_raise(err, MLAB_ERR_ARGUMENT, "more than %d tables in the files, counted with their sheets; give fewer files",
                              MLAB_DRAFT_MOST_FILES);
        size_t first = d->n_files;
        status = mlab_rows_sheet_names(d->context, path, slash ? slash + 1 : path, &sheets, err);
        size_t visible = 0;
        for (size_t i = 0; i < sheets.n; i++) visible += !sheets.hidden[i];
        if (!status && visible > 1 && role == MLAB_FILE_UNKNOWN)
            status = look_at_sheets(d, path, folder, &sheets, findings, err);
        else if (!status)
            status = look_at(d, path, folder, NULL, findings, err);
        if (!status && role != MLAB_FILE_UNKNOWN && d->n_files > first) status = take_stated(d, &d->files[first], role, err);
        mlab_sheet_names_free(&sheets);
    }
    return status;
}
