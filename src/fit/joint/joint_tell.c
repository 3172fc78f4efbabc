/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An association of a joint model in words: how much more or less of one goes with more of the other, its interval, and what it does not say. */
#include "fit/joint/joint_parts.h"

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
    if (part->n_thresholds) return strcmp(part->link, "logit") == 0 ? "odds of more" : NULL;
    if (strcmp(part->link, "cloglog") == 0) return "hazard (chance per period)";
    if (strcmp(part->link, "logit") == 0) return "odds";
    if (strcmp(part->model, "poisson") == 0) return "expected count";
    if (strcmp(part->model, "lognormal") == 0) return "typical value";
    return NULL;
}

static void append_number(mlab_text *text, double value)
{
    char number[64];
    mlab_number_for_people(value, fabs(value) < 10 ? 2 : 1, number, sizeof number);
    mlab_text_append(text, number);
}

static bool is_slope(const mlab_association *a)
{
    return strcmp(a->effect, "(Intercept)") != 0;
}

/* Effects of the first part that stand before that of the association: they are held. */
static void tell_held(mlab_text *text, const mlab_joint *joint, size_t association)
{
    const mlab_association *a = &joint->associations[association];
    size_t from = association;
    while (from > 0 && strcmp(a->part, joint->associations[from - 1].part) == 0 && strcmp(a->block, joint->associations[from - 1].block) == 0) from--;
    for (size_t k = from; k < association; k++) {
        mlab_text_append(text, k == from ? ", among people of the same " : " and the same ");
        if (is_slope(&joint->associations[k]))
            mlab_text_print(text, "change with %s", joint->associations[k].effect);
        else
            mlab_text_append(text, "level");
    }
    if (from < association) mlab_text_append(text, ",");
}

static void tell_who(mlab_text *text, const char *people, const mlab_joint *joint, size_t association)
{
    const mlab_association *a = &joint->associations[association];
    const char *first = joint->parts[0]->outcome;
    if (is_slope(a))
        mlab_text_print(text, "%s whose %s rises with %s by one standard deviation more than that of others", people, first, a->effect);
    else
        mlab_text_print(text, "%s whose %s stands one standard deviation above what their covariates say", people, first);
    tell_held(text, joint, association);
}

static void tell_size(mlab_text *text, const mlab_association *a, const char *ratio)
{
    mlab_text_append(text, ratio ? " have " : " differ by ");
    append_number(text, ratio ? exp(a->per_sd) : a->per_sd);
    if (ratio)
        mlab_text_print(text, a->absence ? " times the %s that %s ends" : " times the %s of %s", ratio, a->part);
    else
        mlab_text_print(text, a->absence ? " on the model's scale of whether %s ends" : " on the model's scale of %s", a->part);
    if (*a->block) mlab_text_print(text, ", %s,", a->block);
}

static void tell_interval(mlab_text *text, const mlab_fit *fit, const mlab_association *a, bool ratio)
{
    double width = mlab_fit_interval_factor_of(fit, a->parameter, fit->joint->level) * a->per_sd_se, low = a->per_sd - width,
           high = a->per_sd + width;
    if (!(a->per_sd_se > 0 && isfinite(width))) {
        mlab_text_append(text, ": no interval can be given, so nothing is shown by it.");
        return;
    }
    mlab_text_append(text, " (");
    mlab_text_number(text, 100 * fit->joint->level);
    mlab_text_append(text, "% interval ");
    append_number(text, ratio ? exp(low) : low);
    mlab_text_append(text, " to ");
    append_number(text, ratio ? exp(high) : high);
    mlab_text_append(text, low > 0 || high < 0
                               ? "). This says how lasting differences between people go together, not that changing one would change the other."
                               : "): the data do not show whether they go together.");
}

/* Too few events leave a number that is doubted; after every other doubt there is none. */
bool mlab_joint_told(const mlab_fit *fit)
{
    return !fit->joint || fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_EVENTS;
}

bool mlab_joint_hides(const mlab_fit *fit, size_t j)
{
    size_t first = 0;
    if (mlab_joint_told(fit)) return false;
    for (size_t r = 0; r < fit->joint->n_parts; r++) first += fit->joint->parts[r]->n_parameters + (fit->joint->parts[r]->residual_variance > 0);
    return j >= first && (!mlab_random_told(fit) || strstr(fit->names[j], " ~ "));
}

bool mlab_joint_hides_effect(const mlab_fit *fit, size_t e)
{
    if (!mlab_random_told(fit)) return true;
    return !mlab_joint_told(fit) && fit->joint->n_parts && fit->joint->parts[0]->n_random && e >= fit->joint->parts[0]->random->n;
}

bool mlab_joint_from_zero(const mlab_fit *fit, size_t e)
{
    const double seen = 2; /* errors, as for associations (fit/joint/joint_doubts.c) */
    if (!fit->joint || !fit->n_random || e >= fit->random->n) return true;
    return fit->random->sd[e] >= seen * fit->random->sd_se[e];
}

bool mlab_joint_tells_correlation(const mlab_fit *fit, size_t one, size_t other)
{
    const mlab_joint *joint = fit->joint;
    if (!joint) return mlab_random_told(fit);
    bool multiples = joint->effects == MLAB_JOINT_SHARED && joint->n_parts && joint->parts[0]->n_random && joint->parts[0]->random->n == 1;
    bool told = !mlab_joint_hides_effect(fit, one) && !mlab_joint_hides_effect(fit, other);
    return told && !multiples && mlab_joint_from_zero(fit, one) && mlab_joint_from_zero(fit, other);
}

bool mlab_joint_tells_association(const mlab_fit *fit, size_t association)
{
    const mlab_joint *joint = fit->joint;
    size_t own = joint && joint->n_parts && joint->parts[0]->n_random ? joint->parts[0]->random->n : 0;
    return own > 0 && mlab_joint_told(fit) && mlab_joint_tells_correlation(fit, own + association / own, association % own);
}

static void tell_reason(mlab_text *text, const char *before, const mlab_fit *fit)
{
    mlab_text_append(text, before);
    mlab_text_append(text, fit->reason);
    mlab_text_append(text, ".");
}

mlab_status mlab_joint_sentence(const mlab_fit *fit, size_t association, char **sentence, mlab_error *err)
{
    const mlab_joint *joint = fit->joint;
    *sentence = NULL;
    if (!joint || association >= joint->n_associations)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s has no association %zu", fit->outcome, association + 1);
    const mlab_association *a = &joint->associations[association];
    mlab_text text = MLAB_TEXT(fit->context);
    tell_who(&text, mlab_joint_told(fit) ? "People" : "Whether people", joint, association);
    if (mlab_joint_told(fit)) {
        const char *ratio = ratio_of(part_named(joint, a->part));
        tell_size(&text, a, ratio);
        tell_interval(&text, fit, a, ratio != NULL);
        if (fit->trust != MLAB_TRUSTED) tell_reason(&text, " The fit is doubted: ", fit);
    } else {
        mlab_text_print(&text, a->absence ? " differ in the chance that %s ends" : " differ in %s", a->part);
        if (*a->block) mlab_text_print(&text, " (%s)", a->block);
        tell_reason(&text, " cannot be told: ", fit);
    }
    *sentence = text.failed ? NULL : mlab_copy_text(fit->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return *sentence ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
}
