/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formula of model raters is about the columns of the ratings, not of the panel; who rated and who was rated may group rows and be no term. */
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "study/inside.h"

#include <string.h>

static mlab_status check_column(const mlab_study *study, const char *name, const mlab_place *place, mlab_findings *findings, mlab_error *err)
{
    const mlab_table *table = study->data->ratings;
    if (mlab_table_find(table, name)) return MLAB_OK;
    const char **names = mlab_allocate(study->context, table->n_columns, sizeof *names);
    if (!names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check the study");
    for (size_t k = 0; k < table->n_columns; k++) names[k] = table->columns[k].name;
    const char *near = mlab_nearest(name, names, table->n_columns);
    mlab_status status =
        mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_column", place, name, NULL, err, "column '%s' is not in the ratings%s%s%s", name,
                          near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    mlab_release(study->context, names);
    return status;
}

static bool groups_rows(const mlab_formula *formula, const char *name)
{
    const char *const *columns;
    bool multiple;
    for (size_t t = 0, n = mlab_formula_random(formula); t < n; t++)
        for (size_t k = mlab_formula_random_columns(formula, t, &columns, &multiple); k-- > 0;)
            if (strcmp(columns[k], name) == 0) return true;
    return false;
}

static mlab_status check_columns(const mlab_study *study, const mlab_outcome *outcome, const mlab_formula *formula, mlab_findings *findings,
                                 mlab_error *err)
{
    const char *const *names;
    size_t n = mlab_formula_columns(formula, &names);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k <= n && !status; k++) {
        const char *name = k < n ? names[k] : mlab_formula_response_name(formula, 0);
        if (!name) continue;
        mlab_place place = outcome->formula_place;
        const char *at = outcome->stated_default ? NULL : strstr(outcome->formula, name);
        if (at && place.column) place.column += (uint32_t)(at - outcome->formula);
        status = check_column(study, name, &place, findings, err);
        bool who = strcmp(name, "person") == 0 || strcmp(name, "rater") == 0;
        if (!status && who && k < n && !groups_rows(formula, name))
            status =
                mlab_findings_add(findings, MLAB_SEVERITY_STOP, "tells_who", &place, name, NULL, err,
                                  "the values of column '%s' tell who somebody is, and would be names in the results; write (1 | %s)", name, name);
    }
    return status;
}

mlab_status mlab_study_bind_raters(mlab_study *study, const mlab_outcome *outcome, mlab_findings *findings, mlab_error *err)
{
    mlab_formula *formula = NULL;
    mlab_error failed = {0};
    if (!study->data->ratings)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_ratings", &outcome->formula_place, outcome->name,
                                 "ratings: {file: ratings.csv}   in data", err, "model raters needs ratings of people, and the study has none");
    mlab_status status = mlab_formula_parse(study->context, outcome->formula, &outcome->formula_place, &formula, &failed);
    if (status == MLAB_ERR_DATA_FORMULA || status == MLAB_ERR_DATA_NOT_BUILT) return MLAB_OK; /* a finding of the reading already */
    if (status) return mlab_raise(err, status, "%s", failed.sentence);
    status = check_columns(study, outcome, formula, findings, err);
    mlab_formula_free(formula);
    return status;
}
