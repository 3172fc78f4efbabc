/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fits predict for every row, as a file a outcome: one line a row of the fit (a person and period, or a person), sorted by pseudonyms, since
 * the order of ids would tell; mode 0600, ids only when they are asked for. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/text.h"
#include "report/export.h"
#include "study/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const effects[] = {"own_groups", "averaged", "typical"};

enum { NUMBER_SIZE = 40 };

/* One line: its person and its row among the predictions. */
typedef struct line {
    char name[NUMBER_SIZE]; /* a pseudonym, or an id that is a number */
    const char *id;         /* the name when ids are asked for */
    size_t row;             /* of the predictions */
} line;

typedef struct writing {
    mlab_study *study;
    const mlab_row_predictions *p;
    const char *name, *title; /* of the file and the page; in words */
    bool names;               /* ids were asked for */
    bool named;               /* some line has an id */
    line *lines;              /* [n_rows] */
    mlab_page *page;
} writing;

static int by_name(const void *a, const void *b)
{
    const line *x = a, *y = b;
    int order = strcmp(x->id ? x->id : x->name, y->id ? y->id : y->name);
    return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

static mlab_status no_memory(const writing *w, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write predictions of %s", w->title);
}

/* The id of the person of a row, a number written into `into`; NULL = the people have none. */
static const char *id_of(const writing *w, size_t row, char into[NUMBER_SIZE])
{
    const mlab_data *data = w->study->data;
    if (data->panel) return data->panel->ids[data->panel->person[row]];
    const mlab_column *id = mlab_table_find(data->people, "id");
    if (!id || (id->missing && id->missing[row])) return NULL;
    if (id->type == MLAB_COLUMN_TEXT) return mlab_column_text(id, row);
    if (id->type == MLAB_COLUMN_FACTOR) return id->levels[id->as.integer[row]];
    into[mlab_number_print(id->type == MLAB_COLUMN_REAL ? id->as.real[row] : id->as.integer[row], into, NUMBER_SIZE - 1)] = '\0';
    return into;
}

static mlab_status sort_lines(writing *w, mlab_error *err)
{
    char into[NUMBER_SIZE] = "";
    const char *before = NULL;
    if (!(w->lines = mlab_allocate(w->study->context, w->p->n_rows, sizeof *w->lines))) return no_memory(w, err);
    for (size_t i = 0; i < w->p->n_rows; i++) {
        line *of = &w->lines[i];
        const char *id = id_of(w, w->p->row[i], into);
        of->row = i;
        if (!id) continue;
        w->named = true;
        if (w->names && id == into)
            memcpy(of->name, into, sizeof of->name);
        else if (w->names)
            of->id = id;
        else if (id == before && id != into)
            memcpy(of->name, w->lines[i - 1].name, sizeof of->name);
        else
            mlab_store_pseudonym(w->study->secret, id, of->name);
        before = id;
    }
    qsort(w->lines, w->p->n_rows, sizeof *w->lines, by_name);
    return MLAB_OK;
}

static mlab_status add_date(writing *w, const char *name, const int32_t *dates, mlab_error *err)
{
    mlab_page_column *column;
    mlab_status status = mlab_page_add(w->page, name, "1", MLAB_PAGE_TEXTS, &column, err);
    for (size_t i = 0; i < w->p->n_rows && !status; i++) {
        char day[16] = "";
        mlab_date_print(dates[w->p->row[w->lines[i].row]], day, sizeof day);
        if (!(column->texts[i] = mlab_copy_text(w->study->context, day))) status = no_memory(w, err);
    }
    return status;
}

/* Whose the line is, and which. The line of a file of people would tell whose pseudonym it is. */
static mlab_status add_keys(writing *w, mlab_error *err)
{
    const mlab_panel *panel = w->study->data->panel;
    const uint64_t *places = panel ? NULL : w->study->data->people->lines;
    mlab_page_column *column;
    mlab_status status = MLAB_OK;
    if (w->named) {
        status = mlab_page_add(w->page, "person", "1", MLAB_PAGE_TEXTS, &column, err);
        for (size_t i = 0; i < w->p->n_rows && !status; i++) {
            const line *of = &w->lines[i];
            if (!(column->texts[i] = mlab_copy_text(w->study->context, of->id ? of->id : of->name))) status = no_memory(w, err);
        }
    }
    if (status || (!panel && w->named && !w->names)) return status;
    status = mlab_page_add(w->page, panel ? "period" : "line", "1", MLAB_PAGE_NUMBERS, &column, err);
    for (size_t i = 0; i < w->p->n_rows && !status; i++) {
        const uint32_t row = w->p->row[w->lines[i].row];
        column->numbers[i] = panel ? panel->period[row] : places ? (int64_t)places[row] : (int64_t)row + 1;
    }
    if (!status && panel) status = add_date(w, "start", panel->start, err);
    return status || !panel ? status : add_date(w, "stop", panel->stop, err);
}

/* "response_voluntary_own_groups", then what it is of it; no sign that a file's names do not take. */
static void name_column(const writing *w, size_t c, const char *what, char *into, size_t size)
{
    const mlab_row_predictions *p = w->p;
    char of[72];
    snprintf(of, sizeof of, "%.60s", p->names[c]);
    if (strlen(p->names[c]) > 60) snprintf(of, sizeof of, "%.48s_%zu", p->names[c], c + 1);
    snprintf(into, size, "%s%s%s%s%s%s", mlab_scale_name((int)p->scale), *of ? "_" : "", of, p->mixed ? "_" : "", p->mixed ? effects[p->effects] : "",
             what);
    for (char *at = into; *at; at++)
        if (*at == ' ' || *at == '/') *at = '_';
}

static mlab_status add_numbers(writing *w, mlab_error *err)
{
    const mlab_row_predictions *p = w->p;
    static const char *const whats[] = {"", "_error", "_lower", "_upper"};
    const double *const from[] = {p->value, p->se, p->lower, p->upper};
    mlab_status status = MLAB_OK;
    for (size_t c = 0; c < p->width; c++)
        for (int k = 0; k < 4 && !status; k++) {
            mlab_page_column *column;
            char name[128];
            if (!from[k]) continue;
            name_column(w, c, whats[k], name, sizeof name);
            status = mlab_page_add(w->page, name, "1", MLAB_PAGE_REALS, &column, err);
            for (size_t i = 0; i < p->n_rows && !status; i++) column->reals[i] = from[k][w->lines[i].row * p->width + c];
        }
    return status;
}

static void tell(const writing *w, const char *file, mlab_text *told)
{
    static const char *const in_words[] = {"for the row's own groups (conditional)", "averaged over groups", "for a typical group"};
    const mlab_row_predictions *p = w->p;
    char rows[64];
    mlab_number_for_people((double)p->n_rows, 0, rows, sizeof rows);
    mlab_text_print(told, "%s: %s of %s rows of %s%s%s%s%s%s\n", file, mlab_scale_name((int)p->scale), rows, w->title, p->mixed ? ", " : "",
                    p->mixed ? in_words[p->effects] : "",
                    !p->se     ? ", without errors"
                    : p->drawn ? ", errors by draws"
                               : ", errors by the delta method",
                    p->note && *p->note ? "; " : "", p->note ? p->note : "");
}

static mlab_status write_page(writing *w, const char *file, mlab_error *err)
{
    const mlab_context *context = w->study->context;
    char path[512];
    mlab_export_format format;
    if (!mlab_export_format_of(file, &format))
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "predictions go to a .csv, .json, .xlsx or .h5 file, found '%s'", file);
    if (w->p->width * (w->p->se ? 4 : 1) + 4 > MLAB_PAGE_MOST_COLUMNS)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "%s: %zu numbers a row with their errors are over %d columns; state fewer times", w->title,
                          w->p->width, (int)MLAB_PAGE_MOST_COLUMNS);
    snprintf(path, sizeof path, "/predictions/%s", w->name);
    mlab_status status = sort_lines(w, err);
    if (!status) status = mlab_page_make(context, path, w->p->n_rows, &w->page, err);
    if (!status) status = add_keys(w, err);
    if (!status) status = add_numbers(w, err);
    char *place = status ? NULL : mlab_os_join(context, w->study->folder, file);
    if (!status && !place) status = no_memory(w, err);
    if (!status) status = mlab_page_write(w->page, format, place, err);
    mlab_release(context, place);
    mlab_page_free(w->page);
    mlab_release(context, w->lines);
    w->page = NULL;
    w->lines = NULL;
    return status;
}

/* The fit of an outcome with all steps of its baseline, which the results file joins for the sake of privacy: *fresh NULL = that of the study has
 * them, or no baseline. */
static mlab_status fit_again(mlab_study *study, size_t k, mlab_fit **fresh, mlab_error *err)
{
    mlab_fit_options options = study->fit_options;
    *fresh = NULL;
    if (!study->fits_read || !study->fits[k]->baseline) return MLAB_OK;
    options.tests = options.margins = options.ratios = options.profile = options.diagnose = false;
    options.predict = NULL;
    return mlab_fit_outcome(study->context, study->data, &study->outcomes[k], &options, fresh, err);
}

/* One table to its file. name: of the file, and of the page in it; title: in words. */
static mlab_status write_rows(mlab_study *study, const mlab_row_predictions *p, const char *name, const char *title,
                              const mlab_prediction_files *files, mlab_text *told, mlab_error *err)
{
    char own[300];
    snprintf(own, sizeof own, "predictions_%.240s.csv", name);
    for (char *at = own; *at; at++)
        if (*at == '/' || *at == ' ') *at = '_';
    writing w = {.study = study, .p = p, .name = name, .title = title, .names = files->names};
    const char *file = files->file ? files->file : own;
    mlab_status status = write_page(&w, file, err);
    if (!status) tell(&w, file, told);
    return status;
}

/* What the study asks of the outcome; *asked = false where it asks only for others. */
static const mlab_predict_outcome *wish_of(const mlab_study *study, const char *name, bool *asked)
{
    const mlab_predict_spec *spec = study->fit_options.predict;
    *asked = !spec || spec->n_outcomes == 0;
    for (size_t k = 0; spec && k < spec->n_outcomes; k++)
        if (strcmp(spec->outcomes[k].outcome, name) == 0) return *asked = true, &spec->outcomes[k];
    return NULL;
}

static mlab_status write_outcome(mlab_study *study, size_t k, const mlab_predict_outcome *wish, const mlab_prediction_files *files, mlab_text *told,
                                 mlab_error *err)
{
    mlab_row_predictions *p = NULL;
    mlab_fit *fresh;
    const char *name = study->outcomes[k].name;
    const mlab_predict_spec *spec = study->fit_options.predict;
    mlab_status status = fit_again(study, k, &fresh, err);
    const mlab_fit *fit = fresh ? fresh : study->fits[k];
    if (!status)
        status = mlab_predict_rows(study->context, study->data, &study->outcomes[k], &study->fit_options, fit, wish, spec, files->effects, &p, err);
    if (!status) status = write_rows(study, p, name, name, files, told, err);
    mlab_row_predictions_free(p);
    mlab_fit_free(fresh);
    return status;
}

/* --- parts of joint models ------------------------------------------------------------------------------------------------ */

/* Whether --outcome names part r of a joint model: "together", or "together:retention". */
static bool names_part(const mlab_joint_outcome *joint, size_t r, const char *outcome)
{
    size_t n = strlen(joint->name);
    if (!outcome || strncmp(outcome, joint->name, n) != 0) return false;
    return !outcome[n] || (outcome[n] == ':' && strcmp(outcome + n + 1, joint->of[r]) == 0);
}

/* "together:retention" where --outcome comes near it, else NULL. */
static const char *near_part(const mlab_joint_outcome *joint, size_t r, const char *outcome, char *into, size_t size)
{
    const char *name = into;
    snprintf(into, size, "%.140s:%.140s", joint->name, joint->of[r]);
    return mlab_nearest(outcome, &name, 1);
}

static mlab_status write_part(mlab_study *study, const mlab_joint_outcome *joint, size_t r, const mlab_fit *fit, const mlab_predict_outcome *wish,
                              const mlab_prediction_files *files, mlab_text *told, mlab_error *err)
{
    mlab_row_predictions *p = NULL;
    char name[300], title[300];
    snprintf(name, sizeof name, "%.120s_%.120s", joint->name, joint->of[r]);
    snprintf(title, sizeof title, "%.120s, as a part of %.120s", joint->of[r], joint->name);
    mlab_status status = mlab_predict_joint_rows(study->context, study->data, joint, study->outcomes, study->n_outcomes, &study->fit_options, fit, r,
                                                 wish, study->fit_options.predict, files->effects, &p, err);
    if (!status) status = write_rows(study, p, name, title, files, told, err);
    mlab_row_predictions_free(p);
    return status;
}

/* Those that --outcome names; else where they are to be had is said. The effects of people are not in a fit that was read back. */
static mlab_status write_joint(mlab_study *study, size_t k, const mlab_prediction_files *files, mlab_text *told, mlab_error *err)
{
    const mlab_joint_outcome *joint = &study->joints[k];
    const mlab_fit *fit = study->n_outcomes + k < study->n_fits ? study->fits[study->n_outcomes + k] : NULL;
    mlab_fit *fresh = NULL;
    bool any = false, asked;
    for (size_t r = 0; r < joint->n_of; r++) any = any || names_part(joint, r, files->outcome);
    if (!any && !files->outcome)
        mlab_text_print(told, "%s: its parts are predicted by --outcome %s, or %s:%s\n", joint->name, joint->name, joint->name, joint->of[0]);
    if (!any || !fit) return MLAB_OK;
    if (fit->n_imputations)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: rows are not predicted from a joint model over imputations; its outcomes alone are",
                          joint->name);
    mlab_fit_options options = study->fit_options;
    options.tests = options.margins = options.ratios = options.profile = options.diagnose = false;
    options.predict = NULL;
    mlab_status status =
        study->fits_read ? mlab_fit_joint(study->context, study->data, joint, study->outcomes, study->n_outcomes, &options, &fresh, err) : MLAB_OK;
    for (size_t r = 0; r < joint->n_of && !status; r++)
        if (names_part(joint, r, files->outcome))
            status = write_part(study, joint, r, fresh ? fresh : fit, wish_of(study, joint->of[r], &asked), files, told, err);
    mlab_fit_free(fresh);
    return status;
}

mlab_status mlab_study_predictions_check(const mlab_study *study, const mlab_prediction_files *files, mlab_error *err)
{
    mlab_text known = MLAB_TEXT(study->context), wanted = MLAB_TEXT(study->context);
    bool found = !files->outcome;
    const char *near = NULL;
    char part[300] = "";
    size_t n = 0;
    for (size_t k = 0; k < study->n_outcomes; k++) {
        const char *name = study->outcomes[k].name;
        if (!near && files->outcome) near = mlab_nearest(files->outcome, &name, 1);
        bool asked, named = files->outcome && strcmp(name, files->outcome) == 0;
        wish_of(study, name, &asked);
        if (!files->outcome && asked) mlab_text_print(&wanted, "%s%s", n++ ? ", " : "", name);
        found = found || named;
        mlab_text_print(&known, "%s%s", k ? ", " : "", name);
    }
    for (size_t k = 0; k < study->n_joints; k++) {
        const mlab_joint_outcome *joint = &study->joints[k];
        mlab_text_print(&known, ", %s", joint->name);
        for (size_t r = 0; r < joint->n_of; r++) {
            mlab_text_print(&known, ", %s:%s", joint->name, joint->of[r]);
            if (!near && files->outcome) near = near_part(joint, r, files->outcome, part, sizeof part);
            if (!names_part(joint, r, files->outcome)) continue;
            found = true;
            mlab_text_print(&wanted, "%s%s:%s", n++ ? ", " : "", joint->name, joint->of[r]);
        }
    }
    mlab_status status = MLAB_OK;
    if (!found && study->n_outcomes) /* else the data tell the outcomes */
        status = mlab_raise(err, MLAB_ERR_OPTION, "'%s' is no outcome of the study%s%s%s; allowed: %s", files->outcome,
                            near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", mlab_text_get(&known));
    else if (files->file && n > 1)
        status = mlab_raise(err, MLAB_ERR_OPTION, "%s would hold %zu outcomes (%s): name one by --outcome, or a folder by --out", files->file, n,
                            mlab_text_get(&wanted));
    mlab_text_free(&known);
    mlab_text_free(&wanted);
    return status;
}

mlab_status mlab_study_predictions(mlab_study *study, const mlab_prediction_files *files, char **told, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(study->context);
    *told = NULL;
    if (!study->data || study->n_fits < study->n_outcomes)
        return mlab_raise(err, MLAB_ERR_STUDY_STAGE, "nothing is predicted before the study is fitted");
    mlab_status status = mlab_study_predictions_check(study, files, err);
    for (size_t k = 0; k < study->n_outcomes && !status; k++) {
        bool asked;
        mlab_error failed = {0};
        const mlab_predict_outcome *wish = wish_of(study, study->outcomes[k].name, &asked);
        if (files->outcome ? strcmp(study->outcomes[k].name, files->outcome) != 0 : !asked) continue;
        status = write_outcome(study, k, wish, files, &text, &failed);
        if (status == MLAB_ERR_FIT_MODEL && !files->outcome && !wish) { /* it was not named: the others go on */
            mlab_text_print(&text, "not predicted: %s\n", failed.sentence);
            status = MLAB_OK;
        } else if (status && err) {
            *err = failed;
        }
    }
    for (size_t k = 0; k < study->n_joints && !status; k++) status = write_joint(study, k, files, &text, err);
    if (!status && text.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to tell of predictions");
    if (status)
        mlab_text_free(&text);
    else
        *told = text.bytes;
    return status;
}
