/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study file drafted from exports: what each file and column is taken for, every guess marked where it can be changed, and the
 * questions that only people can answer.
 *
 * Weakness: one file a role (surveys and snapshots may have one a day); a second file of a role is named and left out.
 */
#include "study/draft.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"

#include <stdio.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to draft a study");
}

/* --- which column holds the ids ------------------------------------------------------------------------------- */

/* Distinct ids of the other files that a column of people would link. */
static mlab_status count_links(const mlab_drafting *d, const mlab_profile *id, uint64_t *found, mlab_error *err)
{
    static const char *const meanings[] = {"person", "mentor", "mentee"};
    const mlab_known_file *people = d->role[MLAB_FILE_PEOPLE];
    mlab_status status = MLAB_OK;
    *found = 0;
    for (size_t f = 0; f < d->n_files && !status; f++)
        for (size_t k = 0; k < 3 && !status && &d->files[f] != people; k++) {
            int j = mlab_known_column(&d->files[f], meanings[k]);
            mlab_link_evidence links = {0};
            if (j < 0 || mlab_profile_is_email(&d->files[f].columns[j])) continue;
            status = mlab_link_columns(d->context, &d->files[f].columns[j], id, &links, err);
            *found += links.with_zeros;
        }
    return status;
}

/* A heading may name ids that no other file uses: the column that links more is taken, and it is said. */
static mlab_status find_linking_id(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *people = d->role[MLAB_FILE_PEOPLE];
    uint64_t most, found;
    if (!people) return MLAB_OK;
    mlab_status status = count_links(d, d->id, &most, err);
    for (size_t j = 0; j < people->n_columns && !status; j++) {
        const mlab_profile *p = &people->columns[j];
        if (p == d->id || mlab_profile_is_date(p) || 20 * p->values.n < 19 * people->n_rows) continue;
        status = count_links(d, p, &found, err);
        if (status || found <= most + most / 4 + 2) continue;
        most = found;
        d->id = p;
        d->id_by_links = found;
    }
    return status;
}

static bool joins_by_mail(const mlab_known_file *file, const char *meaning)
{
    int j = mlab_known_column(file, meaning);
    return j >= 0 && mlab_profile_is_email(&file->columns[j]);
}

static bool needs_crosswalk(const mlab_drafting *d)
{
    const mlab_known_file *survey = d->waves.n ? &d->files[d->waves.file[0]] : NULL;
    if (mlab_profile_is_email(d->id)) return false;
    for (mlab_file_role role = MLAB_FILE_HISTORY; role < MLAB_FILE_CROSSWALK; role++) {
        const mlab_known_file *file = d->role[role];
        if (file && (joins_by_mail(file, "person") || joins_by_mail(file, "mentor") || joins_by_mail(file, "mentee"))) return true;
    }
    return survey && mlab_known_column(survey, "person") < 0 && mlab_known_column(survey, "email") >= 0;
}

/* --- the whole text ----------------------------------------------------------------------------------------- */

static void say_file(mlab_drafting *d, const mlab_known_file *file)
{
    static const char *const what[MLAB_N_FILE_ROLES] = {"not known",
                                                        "people, one row a person",
                                                        "a job history, one row a change",
                                                        "promotions, one row each",
                                                        "answers to a survey",
                                                        "pairs of mentors and mentees",
                                                        "snapshots of who is there",
                                                        "ratings of people, one row each",
                                                        "meetings of pairs, one row each",
                                                        "training, one row a course and person",
                                                        "goals, one row each",
                                                        "a table from e-mails to ids",
                                                        "a table of persons, how long each was there"};
    const mlab_setting *title = file->layout ? mlab_settings_find(file->layout, NULL, "title") : NULL;
    mlab_draft_say(d, "%s: %s (%llu rows, %zu columns%s%s)", file->name, what[file->role], (unsigned long long)file->n_rows, file->n_columns,
                   title ? "; like " : "", title ? mlab_setting_text(title) : "");
}

typedef mlab_status block_writer(mlab_drafting *d, mlab_error *err);

/* The blocks below data:, which find out how far ids have to be filled up; people comes last and is put first. */
static mlab_status draft_data(mlab_drafting *d, mlab_error *err)
{
    static const struct {
        mlab_file_role role;
        block_writer *write;
    } blocks[] = {
        {MLAB_FILE_HISTORY, mlab_draft_history}, {MLAB_FILE_SNAPSHOTS, mlab_draft_snapshots},         {MLAB_FILE_PROMOTIONS, mlab_draft_promotions},
        {MLAB_FILE_SURVEYS, mlab_draft_surveys}, {MLAB_FILE_RELATIONSHIPS, mlab_draft_relationships}, {MLAB_FILE_MEETINGS, mlab_draft_meetings},
        {MLAB_FILE_RATINGS, mlab_draft_ratings}, {MLAB_FILE_TRAINING, mlab_draft_training},           {MLAB_FILE_GOALS, mlab_draft_goals}};
    mlab_text before = d->yaml, said = d->says;
    mlab_status status = MLAB_OK;
    d->yaml = MLAB_TEXT(d->context);
    d->says = MLAB_TEXT(d->context);
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks && !status; k++) {
        mlab_file_role role = blocks[k].role;
        if (!d->role[role]) continue;
        const mlab_dated_files *parts = role == MLAB_FILE_SURVEYS ? &d->waves : role == MLAB_FILE_SNAPSHOTS ? &d->snapshots : NULL;
        for (size_t w = 0; parts && w < parts->n; w++) say_file(d, &d->files[parts->file[w]]);
        if (!parts || !parts->n) say_file(d, d->role[role]);
        status = blocks[k].write(d, err);
    }
    if (!status && needs_crosswalk(d)) status = mlab_draft_crosswalk(d, err);
    mlab_text rest = d->yaml, rest_said = d->says;
    d->yaml = before;
    d->says = said;
    if (!status && d->role[MLAB_FILE_PEOPLE]) {
        say_file(d, d->role[MLAB_FILE_PEOPLE]);
        status = mlab_draft_people(d, err);
    }
    mlab_text_append(&d->yaml, mlab_text_get(&rest));
    mlab_text_append(&d->says, mlab_text_get(&rest_said));
    mlab_text_append(&d->says, mlab_text_get(&d->left_out));
    if (rest.failed || rest_said.failed) d->yaml.failed = true;
    mlab_text_free(&rest);
    mlab_text_free(&rest_said);
    return status;
}

static void draft_head(mlab_drafting *d, const char *as_of)
{
    char day[16], line[64];
    mlab_draft_line(d, 0, "# Drafted by `mentorlab new` from the files named below. Every guess says so and can be changed in its line:");
    mlab_draft_line(d, 0, "#   mentorlab check study.yaml     what is wrong with the files, what the study can answer");
    mlab_draft_line(d, 0, "#   mentorlab run study.yaml       all of it: results.h5, report.html, summary.md");
    mlab_draft_line(d, 0, "title: My mentoring program");
    d->as_of = mlab_draft_as_of(d);
    if (as_of) {
        mlab_draft_line(d, 0, "as_of: %s", as_of);
    } else if (d->as_of != MLAB_DATE_MISSING) {
        mlab_date_print(d->as_of, day, sizeof day);
        snprintf(line, sizeof line, "as_of: %s", day);
        mlab_draft_guess(d, 0, line, "the end of the last month in which as much happened as before");
        mlab_draft_ask(d, line, "On which day were the files exported? Nothing after it counts as having happened.");
    }
    mlab_draft_line(d, 0, "\ndata:");
}

static int32_t first_survey(const mlab_drafting *d)
{
    if (!d->waves.n) return MLAB_DATE_MISSING;
    const mlab_known_file *file = &d->files[d->waves.file[0]];
    int j = mlab_known_column(file, "date");
    return d->waves.n == 1 && j >= 0 ? file->columns[j].first : d->waves.day[0];
}

static int32_t quarter_from(int32_t day, bool next)
{
    int year, month, of_month;
    mlab_date_to_civil(day, &year, &month, &of_month);
    int32_t first = mlab_date_from_civil(year, (month - 1) / 3 * 3 + 1, 1);
    return next && first < day ? mlab_date_add_months(first, 3) : first;
}

/* Before the first snapshot nothing tells of anybody's state. */
static int32_t first_snapshot(const mlab_drafting *d)
{
    const mlab_known_file *file = d->role[MLAB_FILE_SNAPSHOTS];
    if (!file) return MLAB_DATE_MISSING;
    return d->snapshots.n ? d->snapshots.day[0] : file->columns[mlab_known_column(file, "date")].first;
}

/* The grid begins with the year in which the list of pairs, or the first survey, begins: before it nobody could be seen to be mentored.
 * Where a survey tells of informal mentors, with the quarter of the first one: before it nothing tells who had none. Snapshots: not before
 * the first quarter that begins with one. */
static void draft_panel(mlab_drafting *d)
{
    const mlab_known_file *pairs = d->role[MLAB_FILE_RELATIONSHIPS];
    int j = pairs ? mlab_known_column(pairs, "start") : -1, year, month, ignored;
    int32_t survey = first_survey(d), snapshot = first_snapshot(d), first = j >= 0 ? pairs->columns[j].first : survey;
    bool informal = survey != MLAB_DATE_MISSING && survey >= first && mlab_known_column(&d->files[d->waves.file[0]], "informal") >= 0;
    const char *why = informal ? "the quarter of the first survey; before it nobody is known to have no mentor"
                      : j >= 0 ? "the year in which the list of pairs begins"
                               : "the year of the first survey";
    char line[80], day[16];
    if (informal) first = quarter_from(survey, false);
    if (first == MLAB_DATE_MISSING) return;
    mlab_date_to_civil(first, &year, &month, &ignored);
    if (!informal) first = mlab_date_from_civil(year, 1, 1);
    if (snapshot != MLAB_DATE_MISSING && snapshot > first) {
        first = quarter_from(snapshot, true);
        why = "the first quarter at whose beginning there is a snapshot";
    }
    mlab_date_print(first, day, sizeof day);
    snprintf(line, sizeof line, "panel: {period: quarter, from: %s}", day);
    mlab_text_append(&d->yaml, "\n");
    mlab_draft_guess(d, 0, line, "%s", why);
}

static void draft_tail(mlab_drafting *d)
{
    mlab_draft_line(d, 0, "\n# Without a block outcomes, every outcome that the data allow gets a stated default model.");
    mlab_draft_line(d, 0, "report: {minimum_cell: 5}");
    if (!d->n_questions) return;
    mlab_draft_line(d, 0, "\n# Questions that only you can answer, each with the line that answers it:");
    for (size_t q = 0; q < d->n_questions; q++) {
        const char *text = mlab_text_get(&d->questions[q]), *end = strchr(text, '\n');
        if (d->questions[q].failed || !end) continue; /* told when the draft is given */
        mlab_draft_line(d, 0, "# %zu. %.*s", q + 1, (int)(end - text), text);
        mlab_draft_line(d, 0, "#      %s", end + 3);
    }
}

static mlab_status draft_all(mlab_drafting *d, const char *as_of, mlab_error *err)
{
    draft_head(d, as_of);
    mlab_status status = mlab_draft_share_roles(d, err);
    if (status) return status;
    if (!d->id && d->role[MLAB_FILE_PERSONS]) {
        say_file(d, d->role[MLAB_FILE_PERSONS]);
        mlab_draft_persons(d);
        mlab_text_append(&d->says, mlab_text_get(&d->left_out));
        draft_tail(d);
        return MLAB_OK;
    }
    if (!d->id)
        return mlab_raise(err, MLAB_ERR_DATA_EMPTY,
                          "none of the files has one row a person with an id, or a job history; give the list of people, with headings such as id, "
                          "hired, left, grade");
    status = find_linking_id(d, err);
    if (!status) status = draft_data(d, err);
    if (status) return status;
    mlab_draft_events(d);
    mlab_draft_arms(d);
    draft_panel(d);
    draft_tail(d);
    return MLAB_OK;
}

/* --- in and out --------------------------------------------------------------------------------------------- */

static mlab_status give(mlab_drafting *d, mlab_draft *draft, mlab_error *err)
{
    bool failed = d->yaml.failed || d->says.failed || d->left_out.failed;
    for (size_t q = 0; q < d->n_questions; q++) failed = failed || d->questions[q].failed;
    if (failed) return no_memory(err);
    draft->yaml = mlab_copy_text(d->context, mlab_text_get(&d->yaml));
    draft->says = mlab_copy_text(d->context, mlab_text_get(&d->says));
    draft->n_unasked = d->n_unasked;
    if (!draft->yaml || !draft->says) return no_memory(err);
    for (size_t q = 0; q < d->n_questions; q++) {
        if (!(draft->questions[q] = mlab_copy_text(d->context, mlab_text_get(&d->questions[q])))) return no_memory(err);
        draft->n_questions = q + 1;
    }
    return MLAB_OK;
}

void mlab_draft_free(mlab_draft *draft)
{
    if (!draft) return;
    const mlab_context *context = draft->context;
    for (size_t q = 0; q < draft->n_questions; q++) mlab_release(context, draft->questions[q]);
    mlab_release(context, draft->yaml);
    mlab_release(context, draft->says);
    mlab_release(context, draft);
}

static void end(mlab_drafting *d)
{
    for (size_t f = 0; f < d->n_files; f++) {
        mlab_known_file_free(&d->files[f]);
        mlab_release(d->context, d->shown[f]);
    }
    mlab_release(d->context, d->files);
    mlab_release(d->context, d->shown);
    mlab_text_free(&d->yaml);
    mlab_text_free(&d->says);
    mlab_text_free(&d->left_out);
    for (size_t q = 0; q < d->n_questions; q++) mlab_text_free(&d->questions[q]);
    mlab_layouts_free(&d->layouts);
}

mlab_status mlab_draft_study(const mlab_context *context, const char *const *paths, size_t n, const char *folder, const char *as_of,
                             mlab_findings *findings, mlab_draft **draft, mlab_error *err)
{
    *draft = NULL;
    if (!n || n > MLAB_DRAFT_MOST_FILES) return mlab_raise(err, MLAB_ERR_ARGUMENT, "%zu files, allowed 1 to %d", n, MLAB_DRAFT_MOST_FILES);
    mlab_drafting d = {.context = context, .yaml = MLAB_TEXT(context), .says = MLAB_TEXT(context), .left_out = MLAB_TEXT(context)};
    mlab_draft *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return no_memory(err);
    made->context = context;
    mlab_status status = mlab_draft_look(&d, paths, n, folder, findings, err);
    if (!status && mlab_findings_count(findings, MLAB_SEVERITY_STOP))
        status = mlab_raise(err, MLAB_ERR_DATA_REJECTED, "some files cannot be read; the findings say why");
    if (!status) status = draft_all(&d, as_of, err);
    if (!status) status = give(&d, made, err);
    end(&d);
    if (status)
        mlab_draft_free(made);
    else
        *draft = made;
    return status;
}
