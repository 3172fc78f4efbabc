/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in a text of the study file an error is: bytes become characters, so that the place is what a person counts. */
#include "data/text_error.h"

#include <stdio.h>

mlab_status mlab_raise_in_text(mlab_error *err, mlab_status status, const char *what, const char *text, const mlab_place *place, uint32_t at,
                               const char *format, va_list list)
{
    char sentence[400];
    vsnprintf(sentence, sizeof sentence, format, list);
    uint32_t character = 1;
    for (uint32_t i = 0; i < at && text[i]; i++)
        if (((unsigned char)text[i] & 0xC0u) != 0x80u) character++;
    mlab_place here = mlab_place_text("", 0, character);
    if (place) {
        here = *place;
        here.column += character - 1;
    }
    return mlab_raise_at(err, status, &here, "%s, character %u: %s", what, character, sentence);
}
