/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a fit is doubted, as it may be told where groups of few people are hidden: a coefficient that runs to minus infinity says that the one person
 * of its level had no event. Weakness: a sentence is known by the name of the coefficient in it; one that has the name of another, longer by words,
 * goes too.
 */
#include "mentorlab/fit.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "mentorlab/joint.h"

#include <string.h>

/* Whether a name stands in n bytes of a sentence as words of its own. */
static bool stands_in(const char *sentence, size_t n, const char *name)
{
    const size_t size = strlen(name);
    for (size_t i = 0; size > 0 && i + size <= n; i++) {
        const bool begins = i == 0 || strchr(" (:", sentence[i - 1]), ends = i + size == n || strchr(" ,:;.)", sentence[i + size]);
        if (begins && ends && memcmp(sentence + i, name, size) == 0) return true;
    }
    return false;
}

/* The name without the part or the equation of a parameter behind the others: sentences of a part have it without. */
static bool names_hidden(const mlab_fit *fit, uint64_t minimum, const char *sentence, size_t n)
{
    for (size_t j = 0; fit->people_behind && j < fit->n_parameters; j++) {
        if (fit->people_behind[j] == 0 || fit->people_behind[j] >= minimum) continue;
        const char *colon = j >= fit->n_parameters - fit->n_ancillary ? strchr(fit->names[j], ':') : NULL;
        if (stands_in(sentence, n, fit->names[j]) || (colon && stands_in(sentence, n, colon + 1))) return true;
    }
    for (size_t r = 0; fit->joint && r < fit->joint->n_parts; r++)
        if (names_hidden(fit->joint->parts[r], minimum, sentence, n)) return true;
    return false;
}

static bool has(const char *sentence, size_t n, const char *words)
{
    const size_t size = strlen(words);
    for (size_t i = 0; i + size <= n; i++)
        if (memcmp(sentence + i, words, size) == 0) return true;
    return false;
}

mlab_status mlab_fit_reason_told(const mlab_context *context, const mlab_fit *fit, uint64_t minimum, char **reason, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(context);
    *reason = NULL;
    for (const char *at = fit->reason ? fit->reason : "", *next; *at; at = next) {
        const char *end = strstr(at, "; ");
        const size_t n = end ? (size_t)(end - at) : strlen(at);
        next = end ? end + 2 : at + n;
        if (text.n) mlab_text_append(&text, "; ");
        if (!names_hidden(fit, minimum, at, n))
            mlab_text_append_bytes(&text, at, n);
        else if (has(at, n, "no maximum"))
            mlab_text_append(&text, "a coefficient that tells of few people has no maximum");
        else
            mlab_text_append(&text, "there is a doubt about a coefficient that tells of few people");
    }
    *reason = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return *reason ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
}

void mlab_fit_reason_free(const mlab_context *context, char *reason)
{
    mlab_release(context, reason);
}
