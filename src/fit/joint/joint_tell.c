/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An association of a joint model in words: how much more or less of one goes with more of the other, its interval, and what it does not say. */
#include "mentorlab/joint.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "fit/model.h"

#include <math.h>
#include <string.h>

void mlab_joint_text_free(const mlab_fit *fit, char *sentence)
{
    if (fit) mlab_release(fit->context, sentence);
}

static const mlab_fit *part_named(const mlab_joint *joint, const char *name)
{
    for (size_t r = 0; r < joint->n_parts; r++)
        if (strcmp(joint->parts[r]->outcome, name) == 0) return joint->parts[r];
    return joint->parts[joint->n_parts - 1];
}

/* What the exponential of a coefficient multiplies; NULL = the coefficient is a difference. */
static const char *ratio_of(const mlab_fit *part)
{
    if (strcmp(part->link, "cloglog") == 0) return "hazard (chance per period)";
    if (strcmp(part->link, "logit") == 0) return part->n_thresholds ? "odds of more" : "odds";
    if (strcmp(part->model, "poisson") == 0) return "expected count";
    return NULL;
}

static void append_number(mlab_text *text, double value)
{
    char number[64];
    mlab_number_for_people(value, fabs(value) < 10 ? 2 : 1, number, sizeof number);
    mlab_text_append(text, number);
}

mlab_status mlab_joint_sentence(const mlab_fit *fit, size_t association, char **sentence, mlab_error *err)
{
    const mlab_joint *joint = fit->joint;
    *sentence = NULL;
    if (!joint || association >= joint->n_associations)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s has no association %zu", fit->outcome, association + 1);
    const mlab_association *a = &joint->associations[association];
    const mlab_fit *part = part_named(joint, a->part);
    const char *ratio = ratio_of(part), *first = joint->parts[0]->outcome;
    double level = joint->level, width = mlab_fit_interval_factor(fit, level) * a->per_sd_se, low = a->per_sd - width, high = a->per_sd + width;
    bool slope = strcmp(a->effect, "(Intercept)") != 0, known = a->per_sd_se > 0 && isfinite(width), clear = known && (low > 0 || high < 0);
    mlab_text text = MLAB_TEXT(fit->context);
    if (slope)
        mlab_text_print(&text, "People whose %s rises with %s by one standard deviation more than that of others", first, a->effect);
    else
        mlab_text_print(&text, "People whose %s stands one standard deviation above what their covariates say", first);
    mlab_text_print(&text, ratio ? " have " : " differ by ");
    append_number(&text, ratio ? exp(a->per_sd) : a->per_sd);
    if (ratio)
        mlab_text_print(&text, a->absence ? " times the %s that %s ends" : " times the %s of %s", ratio, a->part);
    else
        mlab_text_print(&text, " on the scale of %s", a->part);
    if (*a->block) mlab_text_print(&text, ", %s,", a->block);
    if (known) {
        mlab_text_append(&text, " (");
        mlab_text_number(&text, 100 * level);
        mlab_text_append(&text, "% interval ");
        append_number(&text, ratio ? exp(low) : low);
        mlab_text_append(&text, " to ");
        append_number(&text, ratio ? exp(high) : high);
        mlab_text_append(&text, ")");
    }
    mlab_text_append(&text, !known  ? ": no interval can be given, so nothing is shown by it."
                            : clear ? ". This says how lasting differences between people go together, not that changing one would change the other."
                                    : ": the data do not show whether they go together.");
    *sentence = text.failed ? NULL : mlab_copy_text(fit->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return *sentence ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
}
