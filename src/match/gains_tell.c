/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gains that were worked out: release, somebody's place, and the sentence that tells of them. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "mentorlab/gains.h"

#include <math.h>
#include <string.h>

void mlab_gains_free(mlab_gains *g)
{
    if (!g) return;
    const mlab_context *context = g->context;
    for (size_t i = 0; g->ids && i < g->n; i++) mlab_release(context, g->ids[i]);
    mlab_release(context, g->ids);
    mlab_release(context, g->known);
    mlab_release(context, g->plain);
    mlab_release(context, g->gain);
    mlab_release(context, g->se);
    mlab_release(context, g->outcome);
    mlab_release(context, g->formula);
    mlab_release(context, g->arm);
    mlab_release(context, g->against);
    mlab_release(context, g->unit);
    mlab_release(context, g);
}

size_t mlab_gains_find(const mlab_gains *g, const char *id)
{
    size_t low = 0, high = g->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(g->ids[middle], id);
        if (order == 0) return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

mlab_status mlab_gains_tell(const mlab_gains *g, char **sentence, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(g->context);
    char mean[64], se[64], spread[64], share[64];
    const int decimals = *g->unit == 'p' ? 1 : 2;
    mlab_number_for_people(g->mean, decimals, mean, sizeof mean);
    mlab_number_for_people(g->se_of_mean, decimals, se, sizeof se);
    mlab_number_for_people(g->spread, decimals, spread, sizeof spread);
    mlab_number_for_people(floor(100 * g->signal + 0.5), 0, share, sizeof share);
    mlab_text_print(&text, "gain in %s, %s against %s: %s %s on average (standard error %s)", g->outcome, g->arm, g->against, mean, g->unit, se);
    if (g->spread > 0)
        mlab_text_print(&text, "; true gains differ by a standard deviation of about %s: %s %% of the variation in predicted gains is signal", spread,
                        share);
    else
        mlab_text_append(&text, "; differences between people cannot be told from chance, so everybody counts the same");
    *sentence = text.failed ? NULL : mlab_copy_text(g->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return *sentence ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
}
