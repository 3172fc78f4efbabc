/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs of a name and a value in a JSON object that is being written. */
#ifndef MLAB_CLI_JSON_WRITE_H
#define MLAB_CLI_JSON_WRITE_H

#include "core/text.h"
#include "mentorlab/fit.h"

#include <math.h>

static inline void name(mlab_text *json, const char *key)
{
    mlab_text_print(json, "\"%s\": ", key);
}

static inline void text(mlab_text *json, const char *key, const char *value)
{
    name(json, key);
    mlab_json_text(json, value);
}

static inline void number(mlab_text *json, const char *key, double value)
{
    name(json, key);
    if (isfinite(value))
        mlab_text_number(json, value);
    else
        mlab_text_append(json, "null");
}

static inline void next(mlab_text *json)
{
    mlab_text_append(json, ", ");
}

/* What was done after a fit, as far as it was asked for: tests, margins, profiles, predictions, diagnoses, of the parts of a joint model too. What
 * tells of fewer than `minimum` people is null, and so is what is not there. */
void mlab_after_to_json(mlab_text *json, const mlab_fit *fit, uint64_t minimum);

#endif
