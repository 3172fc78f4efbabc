/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The person-periods as analysed, for whoever wants to check: panel.csv, a codebook, and check.R, which refits the models of the
 * study in base R. Rows are about people: mode 0600, pseudonyms unless names are asked for. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/text.h"
#include "study/inside.h"

#include <string.h>

static void put_text(mlab_text *csv, const char *text)
{
    mlab_text_append(csv, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"') mlab_text_append(csv, "\"");
        mlab_text_append_bytes(csv, c, 1);
    }
    mlab_text_append(csv, "\"");
}

static void put_date(mlab_text *csv, int32_t date)
{
    char text[16];
    mlab_date_print(date, text, sizeof text);
    mlab_text_append(csv, text);
}

static void put_cell(mlab_text *csv, const mlab_column *column, size_t row)
{
    mlab_text_append(csv, ",");
    if (column->missing && column->missing[row]) return;
    switch (column->type) {
    case MLAB_COLUMN_REAL: mlab_text_number(csv, column->as.real[row]); break;
    case MLAB_COLUMN_INTEGER: mlab_text_print(csv, "%d", (int)column->as.integer[row]); break;
    case MLAB_COLUMN_DATE: put_date(csv, column->as.integer[row]); break;
    default: put_text(csv, mlab_column_text(column, row)); break;
    }
}

/* The share of the period at risk of each event, as offset of its hazard. */
static void put_head(mlab_text *csv, const mlab_panel *panel)
{
    mlab_text_append(csv, "person,start,stop");
    for (size_t k = 0; k < panel->n_events; k++) mlab_text_print(csv, ",share_%s", panel->events[k].response);
    for (size_t k = 0; k < panel->rows->n_columns; k++) {
        mlab_text_append(csv, ",");
        put_text(csv, panel->rows->columns[k].name);
    }
    mlab_text_append(csv, "\n");
}

/* Columns of free text may say who somebody is: only with names. */
static bool is_shown(const mlab_column *column, bool names)
{
    return names || column->type != MLAB_COLUMN_TEXT;
}

static void put_rows(const mlab_study *study, mlab_text *csv, bool names)
{
    const mlab_panel *panel = study->data->panel;
    put_head(csv, panel);
    for (size_t i = 0; i < panel->n_rows && !csv->failed; i++) {
        char person[17];
        mlab_store_pseudonym(study->secret, panel->ids[panel->person[i]], person);
        put_text(csv, names ? panel->ids[panel->person[i]] : person);
        mlab_text_append(csv, ",");
        put_date(csv, panel->start[i]);
        mlab_text_append(csv, ",");
        put_date(csv, panel->stop[i]);
        for (size_t k = 0; k < panel->n_events; k++) {
            mlab_text_append(csv, ",");
            mlab_text_number(csv, panel->events[k].share[i]);
        }
        for (size_t k = 0; k < panel->rows->n_columns; k++) {
            if (is_shown(&panel->rows->columns[k], names))
                put_cell(csv, &panel->rows->columns[k], i);
            else
                mlab_text_append(csv, ",");
        }
        mlab_text_append(csv, "\n");
    }
}

static void put_codebook(const mlab_study *study, mlab_text *text)
{
    static const char *const types[] = {"number", "whole number", "label", "date", "text"};
    const mlab_panel *panel = study->data->panel;
    mlab_text_print(
        text,
        "# Codebook of panel.csv\n\nOne row is one person in one %s: (start, stop]. What a row says of the person is the state at its start.\n\n",
        panel->period_name);
    mlab_text_append(text, "- person: pseudonym (or id)\n- start, stop: dates; the row covers (start, stop]\n");
    for (size_t k = 0; k < panel->n_events; k++)
        mlab_text_print(text, "- share_%s: days that %s could have happened over the days of the period; 0 = not at risk\n",
                        panel->events[k].response, panel->events[k].name);
    for (size_t k = 0; k < panel->rows->n_columns; k++) {
        const mlab_column *column = &panel->rows->columns[k];
        mlab_text_print(text, "- %s: %s", column->name, types[column->type]);
        if (column->unit && *column->unit) mlab_text_print(text, ", %s", column->unit);
        for (int32_t level = 0; column->type == MLAB_COLUMN_FACTOR && level < column->n_levels && level < 20; level++)
            mlab_text_print(text, "%s%s", level ? ", " : ": ", column->levels[level]);
        mlab_text_append(text, "\n");
    }
}

/* R refits what base R can: binomial hazards of one cause and logits. */
static void put_check(const mlab_study *study, mlab_text *r)
{
    const mlab_panel *panel = study->data->panel;
    mlab_text_append(r, "# Refits the models of the study in base R from panel.csv.\nlibrary(splines)\n");
    mlab_text_append(r, "d <- read.csv(\"panel.csv\", check.names = FALSE, stringsAsFactors = TRUE)\n");
    for (size_t k = 0; k < panel->rows->n_columns; k++) {
        const mlab_column *column = &panel->rows->columns[k];
        if (column->type != MLAB_COLUMN_FACTOR) continue;
        mlab_text_print(r, "d[[\"%s\"]] <- factor(d[[\"%s\"]], levels = c(", column->name, column->name);
        for (int32_t level = 0; level < column->n_levels; level++) {
            mlab_text_append(r, level ? ", " : "");
            mlab_text_print(r, "\"%s\"", column->levels[level]);
        }
        mlab_text_append(r, "))\n");
    }
    for (size_t k = 0; k < study->n_outcomes; k++) {
        const mlab_outcome *outcome = &study->outcomes[k];
        const mlab_panel_event *event = mlab_panel_find_event(panel, outcome->name);
        const char *tilde = outcome->formula ? strchr(outcome->formula, '~') : NULL;
        if (!event || !tilde) {
            mlab_text_print(r, "\n# %s: %s\n# ordinal and other models need a package (ordinal::clm): not refitted here\n", outcome->name,
                            outcome->formula ? outcome->formula : "");
            continue;
        }
        mlab_text_print(r, "\n# %s: %s\n", outcome->name, outcome->formula);
        for (int32_t cause = 0; cause < event->n_causes; cause++) {
            const bool one = event->n_causes == 1;
            mlab_text_print(r, "risk <- subset(d, share_%s > 0)\n", event->response);
            mlab_text_print(r, "risk$y <- as.integer(risk$%s == %s%s%s)\n", event->response, one ? "" : "\"", one ? "1" : event->causes[cause],
                            one ? "" : "\"");
            if (!one)
                mlab_text_append(r, "# several causes are fitted together by mentorlab; one at a time is close to it where hazards are small\n");
            mlab_text_print(
                r,
                "print(summary(glm(y %s + offset(log(share_%s)), family = binomial(\"cloglog\"), data = risk,\n                  control = "
                "list(epsilon = 1e-12)))$coefficients)\n",
                tilde, event->response);
        }
    }
}

static mlab_status write_secret(const mlab_study *study, const char *name, mlab_text *text, mlab_error *err)
{
    char *path = mlab_os_join(study->context, study->folder, name);
    mlab_status status = text->failed || !path ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write %s", name)
                                               : mlab_os_write_file(study->context, path, text->bytes, text->n, true, err);
    mlab_release(study->context, path);
    mlab_text_free(text);
    return status;
}

mlab_status mlab_study_panel(mlab_study *study, bool names, mlab_error *err)
{
    if (!study->data || !study->data->panel) return mlab_raise(err, MLAB_ERR_STUDY_STAGE, "a person-level table has no person-periods");
    mlab_status status = mlab_os_make_folder(study->state, err);
    if (!status) status = mlab_study_secret(study, err);
    mlab_text text = MLAB_TEXT(study->context);
    if (!status) {
        put_rows(study, &text, names);
        status = write_secret(study, "panel.csv", &text, err);
    }
    if (!status) {
        put_codebook(study, &text);
        status = write_secret(study, "codebook.md", &text, err);
    }
    if (!status) {
        put_check(study, &text);
        status = write_secret(study, "check.R", &text, err);
    }
    return status;
}
