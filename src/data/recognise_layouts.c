/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layouts of exports as data: read from models/layouts, and the comparing of headings and labels with their words.
 *
 * Weakness: the words are English; a heading in another language is recognised by its cells alone, or asked for.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "data/recognise.h"

#include <stdio.h>
#include <string.h>

#define ROW(key_, type_, help_, marks_)                                                                                                              \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_##type_, 0, NULL, 0, 0, NULL, "", help_, (marks_) | MLAB_OPTION_NO_STRUCT                                      \
    }

static const mlab_option rows[] = {
    ROW("layout", TEXT, "name of the layout, that of its file", MLAB_OPTION_REQUIRED),
    ROW("title", TEXT, "what it is called in a sentence: 'a Workday report'", MLAB_OPTION_REQUIRED),
    ROW("source", TEXT, "where its headings are told", MLAB_OPTION_REQUIRED),
    ROW("fixed", FLAG, "yes: the export has these headings; no: they are those of a typical report", MLAB_OPTION_REQUIRED),
    ROW("files", MAP, "what it knows of each kind of file", MLAB_OPTION_REQUIRED),
    ROW("files.*", MAP, "people, history, promotions, surveys, relationships, snapshots, ratings, meetings, training, goals or crosswalk", 0),
    ROW("files.*.marks", LIST, "headings that tell this layout from others", 0),
    ROW("files.*.columns", MAP, "headings of each meaning, the surest first", MLAB_OPTION_REQUIRED),
    ROW("files.*.columns.*", LIST, "headings of this meaning", 0),
    ROW("files.*.last_day", TEXT, "last_day or first_day_gone: what the day of an exit says", 0),
    ROW("files.*.missing", LIST, "codes of missing cells", 0),
    ROW("labels", MAP, "words of labels that mean something", 0),
    ROW("labels.*", LIST, "words that a label of this meaning holds", 0),
    ROW("scales", MAP, "answers from low to high", 0),
    ROW("scales.*", LIST, "answers from low to high", 0),
};
static const mlab_option registry_rows[] = {ROW("entries", LIST, "names of the layouts", MLAB_OPTION_REQUIRED)};

/* models/layouts/<name>.yaml, read and checked. */
static mlab_status read_one(const mlab_context *context, const char *name, const mlab_option *table, size_t n_rows, mlab_settings **settings,
                            mlab_error *err)
{
    mlab_findings findings;
    mlab_text file = MLAB_TEXT(context);
    char *models = mlab_os_models_folder(context), *path = NULL;
    mlab_findings_start(&findings, context);
    *settings = NULL;
    mlab_text_print(&file, "layouts/%s.yaml", name);
    if (models && !file.failed) path = mlab_os_join(context, models, mlab_text_get(&file));
    mlab_status status = path ? mlab_settings_read(context, path, &table, &n_rows, 1, &findings, settings, err)
                              : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the layouts");
    if (!status && findings.n) {
        const mlab_finding *first = &findings.items[0];
        status = mlab_raise_at(err, MLAB_ERR_DATA_SYNTAX, first->n_occurrences ? &first->occurrences[0].place : NULL, "layout %s: %s", name,
                               first->sentence);
        mlab_settings_free(*settings);
        *settings = NULL;
    }
    mlab_release(context, path);
    mlab_release(context, models);
    mlab_text_free(&file);
    mlab_findings_free(&findings);
    return status;
}

void mlab_layouts_free(mlab_layouts *layouts)
{
    if (!layouts->context) return;
    for (size_t i = 0; layouts->files && i < layouts->n; i++) mlab_settings_free(layouts->files[i]);
    mlab_release(layouts->context, layouts->files);
    *layouts = (mlab_layouts){0};
}

mlab_status mlab_layouts_read(const mlab_context *context, mlab_layouts *layouts, mlab_error *err)
{
    mlab_settings *registry = NULL;
    *layouts = (mlab_layouts){.context = context};
    mlab_status status = read_one(context, "registry", registry_rows, sizeof registry_rows / sizeof *registry_rows, &registry, err);
    if (status) return status;
    const mlab_setting *entries = mlab_settings_find(registry, NULL, "entries");
    size_t n = mlab_setting_size(entries);
    if (!(layouts->files = mlab_allocate(context, n, sizeof *layouts->files))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the layouts");
    for (size_t i = 0; !status && i < n; i++) {
        status = read_one(context, mlab_setting_text(mlab_setting_item(entries, i)), rows, sizeof rows / sizeof *rows, &layouts->files[i], err);
        if (!status) layouts->n++;
    }
    mlab_settings_free(registry);
    if (status) mlab_layouts_free(layouts);
    return status;
}

/* --- words ---------------------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

void mlab_plain_words(const char *text, char *into, size_t size)
{
    size_t n = 0;
    bool gap = false, small = false;
    for (; *text && n + 2 < size; text++) {
        char c = *text;
        if (!is_word(c)) {
            gap = gap || c != '\''; /* "don't" stays one word */
            continue;
        }
        bool capital = c >= 'A' && c <= 'Z';
        if (n && (gap || (capital && small))) into[n++] = ' ';
        into[n++] = capital ? (char)(c - 'A' + 'a') : c;
        small = c >= 'a' && c <= 'z';
        gap = false;
    }
    into[n] = '\0';
}

bool mlab_same_words(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == ' ') a++;
        while (*b == ' ') b++;
        if (*a != *b) return false;
        if (!*a) return true;
    }
}

bool mlab_layouts_label(const mlab_layouts *layouts, const mlab_settings *layout, const char *name, const char *label, bool whole)
{
    const mlab_settings *const from[] = {layouts->files[0], layout};
    char path[64], plain[128], word[64];
    mlab_plain_words(label, plain, sizeof plain);
    snprintf(path, sizeof path, "labels.%s", name);
    for (size_t k = 0; k < 2; k++) {
        const mlab_setting *list = from[k] ? mlab_settings_find(from[k], NULL, path) : NULL;
        for (size_t i = 0; list && i < mlab_setting_size(list); i++) {
            mlab_plain_words(mlab_setting_text(mlab_setting_item(list, i)), word, sizeof word);
            if (mlab_same_words(plain, word) || (!whole && strstr(plain, word))) return true;
        }
    }
    return false;
}
