/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is doubtful about the labels of a column that the study uses is to be decided; about others there is one note for all
 * of them. Misspelt labels: column_near.c.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/column_labels.h"

#include <stdio.h>
#include <string.h>

#define MOST_COMPARED 500 /* levels whose pairs are compared; longer lists are texts more than labels */

static bool has_letter(const char *text)
{
    for (; *text; text++)
        if (((*text | 32) >= 'a' && (*text | 32) <= 'z') || (*text & 0x80)) return true;
    return false;
}

static bool equal_when_trimmed(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    mlab_trim(&a, &n);
    mlab_trim(&b, &m);
    return n == m && !memcmp(a, b, n);
}

/* Case counts for letters, blanks inside only between letters: "1 2" and "12" are two labels. */
static bool alike(const char *a, const char *b)
{
    if (!has_letter(a)) return false;
    for (;;) {
        while (*a == ' ') a++;
        while (*b == ' ') b++;
        char x = *a >= 'A' && *a <= 'Z' ? (char)(*a | 32) : *a, y = *b >= 'A' && *b <= 'Z' ? (char)(*b | 32) : *b;
        if (x != y) return false;
        if (!x) return true;
        a++;
        b++;
    }
}

static uint64_t count_of(const mlab_column_reading *column, const mlab_labels *l, const char *name)
{
    uint64_t count = 0;
    for (uint32_t code = 0; code < column->texts.n; code++)
        if (l->name[code] && !strcmp(l->name[code], name)) count += column->texts.entries[code].count;
    return count;
}

static mlab_severity doubt(const mlab_column_reading *column)
{
    return column->named ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE;
}

/* Two levels that are one but for case or inner blanks: which is meant changes numbers. */
static mlab_status say_alike(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, uint8_t *flag,
                             mlab_error *err)
{
    if (column->spec.folded) return MLAB_OK; /* whoever reads them does not look at case */
    for (size_t i = 0; i < l->n_levels && l->n_levels <= MOST_COMPARED; i++)
        for (size_t j = i + 1; j < l->n_levels; j++) {
            if (!alike(l->level[i], l->level[j]) || equal_when_trimmed(l->level[i], l->level[j])) continue;
            bool first_is_rare = count_of(column, l, l->level[i]) <= count_of(column, l, l->level[j]);
            const char *rare = l->level[first_is_rare ? i : j], *usual = l->level[first_is_rare ? j : i];
            char sentence[400], pin[300], what[200];
            snprintf(sentence, sizeof sentence, "column \"%.80s\" has '%.80s' and '%.80s', which differ only in case or blanks", column->spec.from,
                     rare, usual);
            snprintf(what, sizeof what, "levels: {\"%.60s\": %.60s, ...}", rare, usual);
            mlab_column_pin(column, what, pin, sizeof pin);
            for (uint32_t code = 0; code < column->texts.n; code++) flag[code] = l->name[code] && !strcmp(l->name[code], rare);
            const char *said =
                column->named ? sentence : "labels that differ from another only in case or blanks, in columns that the study does not use";
            mlab_status status = mlab_column_say_codes(column, finish, flag, doubt(column), "labels_alike", column->named ? pin : NULL, said, err);
            if (status) return status;
        }
    return MLAB_OK;
}

/* Blanks around labels: a note, unless leaving them out would make two labels one and the study has not said what to do. */
static mlab_status say_blanks(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, mlab_error *err)
{
    bool trim = column->spec.rules.trim || column->spec.folded, joins = false;
    char sentence[300], pin[160];
    for (size_t i = 0; !trim && i < l->n_levels && l->n_levels <= MOST_COMPARED; i++)
        for (size_t j = i + 1; j < l->n_levels; j++) joins |= equal_when_trimmed(l->level[i], l->level[j]);
    snprintf(sentence, sizeof sentence, "labels of column \"%.100s\" have blanks around them, which are %s", column->spec.from,
             trim    ? column->spec.rules.trim ? "left out, as the study says" : "left out, as for every answer on a scale"
             : joins ? "kept; without them some would be one with other labels"
                     : "kept");
    if (!column->named)
        snprintf(sentence, sizeof sentence, "labels with blanks around them, in columns that the study does not use%s",
                 trim ? "; left out, as the study says" : "");
    return mlab_column_say_codes(
        column, finish, l->blanks, joins ? doubt(column) : MLAB_SEVERITY_NOTE, joins && column->named ? "labels_alike" : "label_blanks",
        trim ? column->spec.folded ? NULL : "trim: false" : mlab_column_pin(column, "trim: true", pin, sizeof pin), sentence, err);
}

static mlab_status say_like_missing(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, uint8_t *flag,
                                    mlab_error *err)
{
    static const char *const words[] = {"N/A", "n/a", "na", "#N/A", "NULL",    "null",    "NaN",    "nan",
                                        "-",   "--",  "?",  ".",    "missing", "(blank)", "#VALUE!"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        bool any = false;
        for (uint32_t code = 0; code < column->texts.n; code++) {
            flag[code] = l->name[code] && !column->spec.levels && !strcmp(l->name[code], words[w]);
            any |= flag[code];
        }
        if (!any) continue;
        char sentence[300], pin[80];
        snprintf(sentence, sizeof sentence, "column \"%.100s\" has the label '%s', which looks like a missing value", column->spec.from, words[w]);
        snprintf(pin, sizeof pin, "missing: [NA, \"\", \"%s\"]", words[w]);
        mlab_status status = mlab_column_say_codes(column, finish, flag, MLAB_SEVERITY_NOTE, "like_missing", pin, sentence, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* The label as far as it fits, without the blanks around it where they do not count. */
static const char *shown_label(const mlab_column_reading *column, uint32_t code, char *into, size_t size)
{
    const char *text = mlab_dictionary_text(&column->texts, code);
    size_t n = column->texts.entries[code].n;
    if (column->spec.folded) mlab_trim(&text, &n);
    snprintf(into, size, "%.*s", (int)(n < size - 1 ? n : size - 1), text);
    return into;
}

static mlab_status say_one_unknown(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, uint32_t code,
                                   uint8_t *flag, mlab_error *err)
{
    char sentence[400], pin[300], what[200], text[128];
    const char *near = mlab_nearest(shown_label(column, code, text, sizeof text), l->level, l->n_levels);
    bool blanks = l->blanks[code] && !column->spec.folded;
    snprintf(sentence, sizeof sentence, "column \"%.100s\" has the label '%.100s', which is not among its %s%s%.60s%s", column->spec.from, text,
             column->spec.ordered ? "scale" : "levels", near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    snprintf(what, sizeof what, near ? "rename: {\"%.60s\": \"%.60s\"}" : "levels: {..., \"%.60s\": ...}", text, near ? near : "");
    mlab_column_pin(column, blanks ? "trim: true" : what, pin, sizeof pin);
    if (column->spec.ordered && !blanks && !near) snprintf(pin, sizeof pin, "scale: [..., \"%.60s\"]      (in its place)", text);
    memset(flag, 0, column->texts.n);
    flag[code] = 1;
    return mlab_column_say_codes(column, finish, flag, MLAB_SEVERITY_STOP, "unknown_label", pin, sentence, err);
}

#define ANOTHER_SCALE 3 /* so many labels that are near to none of a scale are answers on another one */

static bool is_foreign(const mlab_column_reading *column, const mlab_labels *l, uint32_t code)
{
    char text[128];
    return l->unknown[code] && !mlab_nearest(shown_label(column, code, text, sizeof text), l->level, l->n_levels);
}

/* Answers on another scale are one finding, with the line that leaves them out. */
static mlab_status say_another_scale(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, uint8_t *flag,
                                     size_t n_foreign, mlab_error *err)
{
    char sentence[300], text[128];
    size_t listed = 0;
    mlab_text remedy = MLAB_TEXT(column->context);
    snprintf(sentence, sizeof sentence, "column \"%.100s\" has %zu labels that are near to none of its scale: answers on another scale?",
             column->spec.from, n_foreign);
    mlab_text_print(&remedy, "columns: {%s: {missing: [", column->spec.name);
    for (uint32_t code = 0; code < column->texts.n; code++) {
        flag[code] = is_foreign(column, l, code);
        if (flag[code] && listed < 20) mlab_text_print(&remedy, "%s\"%s\"", listed++ ? ", " : "", shown_label(column, code, text, sizeof text));
    }
    mlab_text_print(&remedy, "%s]}}      (leaves them out; or put them into the scale)", n_foreign > listed ? ", ..." : "");
    mlab_status status =
        remedy.failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory to tell of column '%s'", column->spec.from)
                      : mlab_column_say_codes(column, finish, flag, MLAB_SEVERITY_STOP, "another_scale", mlab_text_get(&remedy), sentence, err);
    mlab_text_free(&remedy);
    return status;
}

static mlab_status say_unknown(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, uint8_t *flag,
                               mlab_error *err)
{
    size_t n_foreign = 0;
    mlab_status status = MLAB_OK;
    for (uint32_t code = 0; code < column->texts.n; code++) n_foreign += is_foreign(column, l, code);
    bool another = column->spec.ordered && n_foreign >= ANOTHER_SCALE;
    if (another) status = say_another_scale(column, finish, l, flag, n_foreign, err);
    for (uint32_t code = 0; code < column->texts.n && !status; code++)
        if (l->unknown[code] && !(another && is_foreign(column, l, code))) status = say_one_unknown(column, finish, l, code, flag, err);
    return status;
}

mlab_status mlab_labels_doubts(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, mlab_error *err)
{
    uint8_t *flag = mlab_allocate(column->context, column->texts.n, 1);
    if (!flag) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check column '%s'", column->spec.from);
    mlab_status status = say_blanks(column, finish, l, err);
    if (!status) status = say_alike(column, finish, l, flag, err);
    if (!status && !column->doubted) status = mlab_labels_near(column, finish, l, flag, err);
    if (!status && !column->doubted) status = say_like_missing(column, finish, l, flag, err);
    if (!status) status = say_unknown(column, finish, l, flag, err);
    mlab_release(column->context, flag);
    return status;
}
