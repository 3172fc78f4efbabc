/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of further outcomes put beside draws that there are: draw d of both together. */
#include "fit/draws.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

static bool join_values(mlab_draws *into, const mlab_draws *add)
{
    size_t p = into->n_parameters, q = add->n_parameters;
    double *value = mlab_allocate(into->context, into->n_draws, (p + q) * sizeof *value);
    double *estimate = mlab_allocate(into->context, p + q, sizeof *estimate);
    if (value && estimate) {
        memcpy(estimate, into->estimate, p * sizeof *estimate);
        memcpy(estimate + p, add->estimate, q * sizeof *estimate);
        for (size_t d = 0; d < into->n_draws; d++) {
            memcpy(value + d * (p + q), into->value + d * p, p * sizeof *value);
            memcpy(value + d * (p + q) + p, add->value + d * q, q * sizeof *value);
        }
    }
    mlab_release(into->context, value && estimate ? into->value : value);
    mlab_release(into->context, value && estimate ? into->estimate : estimate);
    if (!value || !estimate) return false;
    into->value = value;
    into->estimate = estimate;
    return true;
}

static bool join_note(mlab_draws *into, const mlab_draws *add)
{
    bool both = into->note && into->note[0] && add->note && add->note[0];
    if (!add->note || !add->note[0]) return true;
    mlab_text text = MLAB_TEXT(into->context);
    mlab_text_print(&text, "%s%s%s", into->note ? into->note : "", both ? "; " : "", add->note);
    char *note = text.failed ? NULL : mlab_copy_text(into->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!note) return false;
    mlab_release(into->context, into->note);
    into->note = note;
    return true;
}

static bool grow_texts(const mlab_context *context, char ***texts, size_t n)
{
    char **grown = mlab_reallocate(context, *texts, n, sizeof *grown);
    if (grown) *texts = grown;
    return grown != NULL;
}

/* Arrays that have grown before a failure are as good as before: counts are set last. */
static bool make_room(mlab_draws *into, const mlab_draws *add)
{
    const mlab_context *context = into->context;
    size_t *first = mlab_reallocate(context, into->first, into->n_outcomes + add->n_outcomes + 1, sizeof *first);
    if (!first) return false;
    into->first = first;
    if (!grow_texts(context, &into->outcomes, into->n_outcomes + add->n_outcomes) ||
        !grow_texts(context, &into->names, into->n_parameters + add->n_parameters) ||
        !grow_texts(context, &into->sources, into->n_parameters + add->n_parameters))
        return false;
    if (add->n_effects == 0) return true;
    mlab_draws_effects *effects = mlab_reallocate(context, into->effects, into->n_effects + add->n_effects, sizeof *effects);
    if (!effects) return false;
    into->effects = effects;
    return true;
}

static void move_texts(char **into, size_t n, char **from, size_t m)
{
    memcpy(into + n, from, m * sizeof *from);
    memset(from, 0, m * sizeof *from);
}

static void move_effects(mlab_draws *into, mlab_draws *add)
{
    uint32_t ties = 0;
    for (size_t k = 0; k < into->n_effects; k++) ties = into->effects[k].tie > ties ? into->effects[k].tie : ties;
    for (size_t k = 0; k < add->n_effects; k++) {
        mlab_draws_effects *e = &into->effects[into->n_effects++];
        *e = add->effects[k];
        e->outcome += into->n_outcomes;
        e->tie += e->tie ? ties : 0;
    }
    add->n_effects = 0;
}

mlab_status mlab_draws_join(mlab_draws *into, mlab_draws *add, mlab_error *err)
{
    size_t p = into->n_parameters, q = add->n_parameters, n = into->n_outcomes, m = add->n_outcomes;
    if (into->n_draws != add->n_draws) return mlab_raise(err, MLAB_ERR_ARGUMENT, "%zu draws cannot be put beside %zu", add->n_draws, into->n_draws);
    if (!make_room(into, add) || !join_note(into, add) || !join_values(into, add))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %zu outcomes", n + m);
    move_texts(into->outcomes, n, add->outcomes, m);
    move_texts(into->names, p, add->names, q);
    move_texts(into->sources, p, add->sources, q);
    for (size_t k = 0; k <= m; k++) into->first[n + k] = p + add->first[k];
    move_effects(into, add);
    into->n_failed += add->n_failed;
    into->n_outcomes = n + m;
    into->n_parameters = p + q;
    return MLAB_OK;
}
