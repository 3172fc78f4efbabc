/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/after/profiles.h"

#include "core/error.h"
#include "core/text.h"
#include "data/design_terms.h"

#include <string.h>

static const mlab_design_variable *factor_of(const mlab_design *design, const char *column)
{
    size_t n;
    const mlab_design_variable *variables = design ? mlab_design_variables(design, &n) : NULL;
    for (size_t k = 0; variables && k < n; k++)
        if (variables[k].kind == MLAB_VARIABLE_FACTOR && strcmp(variables[k].column, column) == 0) return &variables[k];
    return NULL;
}

static bool names_all(const mlab_predict_profile *profile, const mlab_design *design)
{
    size_t n_variables, n_inputs;
    const mlab_design_variable *variables = mlab_design_variables(design, &n_variables);
    const char *const *inputs = mlab_design_inputs(design, &n_inputs);
    for (size_t k = 0; k < n_variables + n_inputs; k++) {
        const char *name = k < n_inputs ? inputs[k] : variables[k - n_inputs].column;
        bool found = k >= n_inputs && variables[k - n_inputs].kind != MLAB_VARIABLE_FACTOR;
        for (size_t v = 0; v < profile->n_values && !found; v++) found = strcmp(profile->values[v].column, name) == 0;
        if (!found) return false;
    }
    return true;
}

static bool is_stratum(const mlab_fit *fit, const char *column)
{
    bool found = false;
    for (size_t c = 0; fit->baseline && c < fit->baseline->n_stratum_columns; c++)
        found = found || strcmp(fit->baseline->stratum_column[c], column) == 0;
    return found;
}

bool mlab_profile_alone(const mlab_fit *fit, const mlab_predict_profile *profile, bool averaged)
{
    const mlab_baseline *baseline = fit->baseline;
    bool all = names_all(profile, fit->design);
    for (size_t t = 0; t < fit->n_random && all && averaged; t++) all = names_all(profile, fit->random[t].design);
    for (size_t c = 0; baseline && c < baseline->n_stratum_columns && all; c++) {
        all = false;
        for (size_t v = 0; v < profile->n_values; v++) all = all || strcmp(profile->values[v].column, baseline->stratum_column[c]) == 0;
    }
    return all;
}

static mlab_status no_level(const mlab_fit *fit, const mlab_predict_profile *profile, const mlab_profile_value *value, char *const *levels, int32_t n,
                            mlab_error *err)
{
    mlab_text known = MLAB_TEXT(fit->context);
    for (int32_t l = 0; l < n; l++) mlab_text_print(&known, "%s%s", l ? ", " : "", levels[l]);
    mlab_status status = mlab_raise_at(err, MLAB_ERR_DATA_TYPE, &value->place, "profile %s: '%s' is no level of %s in the rows of %s; allowed: %s",
                                       profile->name, value->text, value->column, fit->outcome, mlab_text_get(&known));
    mlab_text_free(&known);
    return status;
}

/* One value for all rows of the variant. Columns that the model does not read stay. */
static mlab_status put_value(const mlab_fit *fit, const mlab_predict_profile *profile, mlab_profile_value *value, mlab_variant *variant,
                             mlab_error *err)
{
    const mlab_column *from = mlab_table_find(&variant->table, value->column);
    const mlab_design_variable *factor = factor_of(fit->design, value->column);
    for (size_t t = 0; t < fit->n_random && !factor; t++) factor = factor_of(fit->random[t].design, value->column);
    if (!from) return mlab_raise_at(err, MLAB_ERR_DATA_COLUMN, &value->place, "profile %s: there is no column '%s'", profile->name, value->column);
    bool text = from->type == MLAB_COLUMN_TEXT, levels = factor ? !factor->level_values : from->type == MLAB_COLUMN_FACTOR;
    char **names = factor ? factor->levels : from->levels;
    int32_t n = factor ? factor->n_levels : from->n_levels, code = 0;
    if (text && !factor) {    /* strata() reads it by name, nothing else does */
        names = &value->text; /* outlives the variant */
        n = 1;
        levels = true;
    }
    if (!levels && !value->is_number)
        return mlab_raise_at(err, MLAB_ERR_DATA_TYPE, &value->place, "profile %s: %s is a number, found '%s'", profile->name, value->column,
                             value->text);
    while (levels && code < n && strcmp(names[code], value->text) != 0) code++;
    bool known = !levels || code < n;
    for (int32_t l = 0; factor && factor->level_values && l <= n && known; l++) {
        if (l == n) known = false;
        if (l < n && factor->level_values[l] == value->number) break;
    }
    if (!known) return factor || is_stratum(fit, value->column) ? no_level(fit, profile, value, names, n, err) : MLAB_OK;
    mlab_column *column;
    mlab_status status = mlab_variant_column(variant, value->column, levels ? names : NULL, n, &column, err);
    for (size_t i = 0; i < variant->table.n_rows && !status; i++) {
        if (levels)
            column->as.integer[i] = code;
        else
            column->as.real[i] = value->number;
    }
    return status;
}

mlab_status mlab_profile_put(const mlab_fit *fit, const mlab_predict_profile *profile, mlab_variant *variant, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t v = 0; v < profile->n_values && !status; v++) status = put_value(fit, profile, &profile->values[v], variant, err);
    return status;
}
