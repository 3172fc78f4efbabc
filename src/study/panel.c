/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The person-periods as analysed, for whoever wants to check: panel.csv, a codebook, and check.R, which refits the models of the
 * study with R alone; or a workbook with the codebook as a sheet. Rows are about people: mode 0600, pseudonyms unless names are asked for. */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "data/panel_write.h"
#include "report/findings_table.h"
#include "report/panel_book.h"
#include "study/inside.h"

#include <string.h>

/* Takes the text; n bytes of it are written. */
static mlab_status write_secret(const mlab_study *study, const char *name, char *text, size_t n, mlab_error *err)
{
    char *path = mlab_os_join(study->context, study->folder, name);
    mlab_status status =
        path ? mlab_os_write_file(study->context, path, text, n, true, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write %s", name);
    mlab_release(study->context, path);
    mlab_release(study->context, text);
    return status;
}

static mlab_status write_table(const mlab_study *study, const char *const *names, const char *file, mlab_error *err)
{
    char *text = NULL;
    size_t n = 0;
    mlab_status status;
    if (mlab_name_ends(file, ".xlsx")) {
        char *path = mlab_os_join(study->context, study->folder, file);
        status = path ? mlab_panel_workbook(study->data->panel, names, path, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write %s", file);
        mlab_release(study->context, path);
        return status;
    }
    status = mlab_panel_csv(study->data->panel, names, &text, &n, err);
    return status ? status : write_secret(study, file, text, n, err);
}

static mlab_status write_rows(const mlab_study *study, bool with_names, const char *file, mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    char(*pseudonyms)[17] = mlab_allocate(study->context, panel->n_ids, sizeof *pseudonyms);
    const char **names = mlab_allocate(study->context, panel->n_ids, sizeof *names);
    mlab_status status = MLAB_OK;
    if (!pseudonyms || !names) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu pseudonyms", panel->n_ids);
    for (size_t i = 0; i < panel->n_ids && !status; i++) {
        mlab_store_pseudonym(study->secret, panel->ids[i], pseudonyms[i]);
        names[i] = pseudonyms[i];
    }
    if (!status) status = write_table(study, with_names ? NULL : names, file, err);
    mlab_release(study->context, pseudonyms);
    mlab_release(study->context, names);
    return status;
}

static mlab_status write_script(const mlab_study *study, const char *file, mlab_error *err)
{
    mlab_panel_model *models = mlab_allocate(study->context, study->n_outcomes, sizeof *models);
    size_t n = 0;
    char *text;
    if (!models) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu models", study->n_outcomes);
    for (size_t k = 0; k < study->n_outcomes; k++) {
        const mlab_outcome *outcome = &study->outcomes[k];
        if (!outcome->formula || !outcome->model || !strcmp(outcome->model, "raters")) continue; /* not of the panel */
        models[n++] = (mlab_panel_model){.outcome = outcome->name,
                                         .model = outcome->model,
                                         .formula = outcome->formula,
                                         .causes = outcome->n_causes ? (const char *const *)outcome->causes : NULL,
                                         .n_causes = (size_t)outcome->n_causes,
                                         .logit = study->fit_options.link == 1};
    }
    mlab_status status = mlab_panel_script(study->data->panel, file, models, n, &text, err);
    if (!status) status = write_secret(study, "check.R", text, strlen(text), err);
    mlab_release(study->context, models);
    return status;
}

mlab_status mlab_study_panel(mlab_study *study, bool names, const char *file, mlab_error *err)
{
    char *text;
    if (!file) file = "panel.csv";
    if (!study->data || !study->data->panel) return mlab_raise(err, MLAB_ERR_STUDY_STAGE, "a person-level table has no person-periods");
    mlab_status status = mlab_os_make_folder(study->state, err);
    if (status || (status = mlab_study_secret(study, err)) || (status = write_rows(study, names, file, err))) return status;
    if (mlab_name_ends(file, ".xlsx")) return MLAB_OK; /* the codebook is a sheet of it */
    if ((status = mlab_panel_codebook(study->data->panel, names, &text, err))) return status;
    if ((status = write_secret(study, "codebook.md", text, strlen(text), err))) return status;
    return write_script(study, file, err);
}
