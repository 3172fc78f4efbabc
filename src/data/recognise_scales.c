/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a column one of answers on a known scale? All its labels stand in one of the scales of models/layouts, or are the numbers 1 to 5 or
 * 1 to 7. Weakness: a numbered scale that nobody used to its ends looks like a shorter one. */
#include "core/memory.h"
#include "data/recognise.h"

#include <string.h>

#define COUNT(array_) (sizeof(array_) / sizeof *(array_))

static bool says_missing(const char *plain)
{
    static const char *const words[] = {"n a",         "na",         "",          "not applicable", "prefer not to say", "prefer not to answer",
                                        "do not know", "don t know", "dont know", "no answer"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (!strcmp(words[i], plain)) return true;
    return false;
}

static bool is_answer(const mlab_setting *scale, const char *label)
{
    char plain[96];
    for (size_t i = 0; i < mlab_setting_size(scale); i++) {
        mlab_plain_words(mlab_setting_text(mlab_setting_item(scale, i)), plain, sizeof plain);
        if (mlab_same_words(plain, label)) return true;
    }
    return false;
}

int mlab_profile_scale(const mlab_layouts *layouts, const mlab_profile *column)
{
    const mlab_setting *scales = mlab_settings_find(layouts->files[0], NULL, "scales");
    char plain[96];
    if (!column->filled || column->values.n < 2 || column->values.n > 12) return -1;
    for (size_t s = 0; scales && s < mlab_setting_size(scales); s++) {
        bool all = true, any = false;
        for (uint32_t i = 0; i < column->values.n && all; i++) {
            mlab_plain_words(mlab_dictionary_text(&column->values, i), plain, sizeof plain);
            bool answer = is_answer(mlab_setting_item(scales, s), plain);
            any = any || answer;
            all = answer || says_missing(plain);
        }
        if (all && any) return (int)s;
    }
    int low = 100, high = 0;
    for (uint32_t i = 0; i < column->values.n; i++) {
        const char *text = mlab_dictionary_text(&column->values, i);
        mlab_plain_words(text, plain, sizeof plain);
        if (says_missing(plain)) continue;
        if (text[0] < '1' || text[0] > '7' || text[1]) return -1;
        low = text[0] - '0' < low ? text[0] - '0' : low;
        high = text[0] - '0' > high ? text[0] - '0' : high;
    }
    return high < 3 || low > 3 ? -1 : high <= 5 ? -2 : -3;
}
