/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formulas in R's notation: from text to what a design needs to know. */
#include "data/formula.h"

#include "core/error.h"
#include "core/memory.h"

mlab_status mlab_formula_parse(const mlab_context *context, const char *text, const mlab_place *place, mlab_formula **formula, mlab_error *err)
{
    mlab_status status;
    *formula = NULL;
    mlab_formula *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
    made->context = context;
    made->left = made->right = -1;
    if (place) {
        made->place = *place;
        made->has_place = place->line > 0;
        if (!made->place.column) made->place.column = 1;
    }
    if ((status = mlab_formula_read(made, text, err)) || (status = mlab_formula_terms(made, err))) {
        mlab_formula_free(made);
        return status;
    }
    *formula = made;
    return MLAB_OK;
}

void mlab_formula_free(mlab_formula *formula)
{
    if (!formula) return;
    const mlab_context *context = formula->context;
    for (size_t i = 0; i < formula->n_atoms; i++) mlab_release(context, formula->atoms[i].label);
    mlab_release(context, formula->atoms);
    mlab_release(context, formula->terms);
    mlab_release(context, formula->offsets);
    mlab_release(context, formula->strata);
    mlab_release(context, formula->columns);
    for (size_t i = 0; i < formula->n_random; i++) {
        mlab_formula_free(formula->random[i].formula);
        mlab_release(context, formula->random[i].group);
    }
    mlab_release(context, formula->random);
    mlab_release(context, formula->nodes);
    mlab_release(context, formula->pool);
    mlab_release(context, formula->text);
    mlab_release(context, formula);
}

mlab_response_kind mlab_formula_response(const mlab_formula *formula)
{
    return formula->response;
}

const char *mlab_formula_response_name(const mlab_formula *formula, int which)
{
    return which >= 0 && which < 3 ? formula->names[which] : NULL;
}

size_t mlab_formula_strata(const mlab_formula *formula, const char *const **names)
{
    *names = (const char *const *)formula->strata;
    return formula->n_strata;
}

const char *mlab_formula_cluster(const mlab_formula *formula)
{
    return formula->cluster;
}

const char *mlab_formula_cluster_other(const mlab_formula *formula)
{
    return formula->cluster_other;
}

size_t mlab_formula_columns(const mlab_formula *formula, const char *const **names)
{
    *names = (const char *const *)formula->columns;
    return formula->n_columns;
}

/* Goes on in *said past text, blanks aside; false where they differ. */
static bool goes_on(const char **said, const char *text)
{
    for (;; text++, ++*said) {
        while (*text == ' ') text++;
        while (**said == ' ') ++*said;
        if (!*text) return true;
        if (*text != **said) return false;
    }
}

bool mlab_formula_has_term(const mlab_formula *formula, const char *label)
{
    for (size_t t = 0; t < formula->n_terms; t++) {
        const char *said = label;
        bool same = true, first = true;
        for (size_t a = 0; a < formula->n_atoms && same; a++) {
            if (!mlab_bits_get(&formula->terms[t], a)) continue;
            same = (first || goes_on(&said, ":")) && goes_on(&said, formula->atoms[a].label);
            first = false;
        }
        if (same && !*said) return true;
    }
    return false;
}
