/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all readers of blocks share: texts, numbers and lists at a key, and findings at a place. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "study/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *mlab_study_keep(mlab_study *study, size_t count, size_t size)
{
    void *memory = mlab_allocate(study->context, count, size);
    if (!memory) return NULL;
    if (mlab_grow(study->context, &study->kept, study->n_kept, &study->kept_capacity, sizeof *study->kept, NULL)) {
        mlab_release(study->context, memory);
        return NULL;
    }
    study->kept[study->n_kept++] = memory;
    return memory;
}

char *mlab_study_keep_text(mlab_study *study, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = mlab_study_keep(study, n, 1);
    if (copy) memcpy(copy, text, n);
    return copy;
}

mlab_status mlab_study_stop(const mlab_study_reading *reading, const char *kind, const mlab_place *place, const char *value, mlab_error *err,
                            const char *format, ...)
{
    char sentence[512];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    return mlab_findings_add(reading->findings, MLAB_SEVERITY_STOP, kind, place, value, NULL, err, "%s", sentence);
}

const char *mlab_study_text_at(const mlab_study_reading *reading, const mlab_setting *map, const char *key)
{
    const mlab_setting *found = mlab_settings_find(reading->settings, map, key);
    return found && mlab_setting_kind_of(found) == MLAB_SETTING_TEXT ? mlab_setting_text(found) : NULL;
}

bool mlab_study_number_at(const mlab_study_reading *reading, const mlab_setting *map, const char *key, double *value)
{
    const char *text = mlab_study_text_at(reading, map, key);
    return text && mlab_number_parse(text, strlen(text), '.', value);
}

mlab_status mlab_study_list_at(const mlab_study_reading *reading, const mlab_setting *map, const char *key, char ***list, size_t *n, mlab_error *err)
{
    const mlab_setting *found = mlab_settings_find(reading->settings, map, key);
    *list = NULL;
    *n = 0;
    if (!found || mlab_setting_kind_of(found) == MLAB_SETTING_MAP) return MLAB_OK;
    size_t size = mlab_setting_size(found);
    char **texts = mlab_study_keep(reading->study, size, sizeof *texts);
    if (!texts) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", key);
    for (size_t i = 0; i < size; i++) {
        const mlab_setting *item = mlab_setting_item(found, i);
        if (mlab_setting_kind_of(item) != MLAB_SETTING_TEXT) continue;
        texts[*n] = mlab_study_keep_text(reading->study, mlab_setting_text(item));
        if (!texts[*n]) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", key);
        ++*n;
    }
    *list = texts;
    return MLAB_OK;
}

const char *mlab_study_setting(const mlab_study *study, const char *path)
{
    const mlab_setting *found = mlab_settings_find(study->settings, NULL, path);
    return found && mlab_setting_kind_of(found) == MLAB_SETTING_TEXT ? mlab_setting_text(found) : NULL;
}
