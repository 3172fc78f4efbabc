/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registries of what models/ holds: which names there are, and where the file of one is. */
#include "data/registry.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/text.h"

#include <string.h>

static const mlab_option rows[] = {
    {"entries", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "", "names of the files", MLAB_OPTION_REQUIRED | MLAB_OPTION_NO_STRUCT},
};

static mlab_status no_memory(const char *folder, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the registry of models/%s", folder);
}

char *mlab_registry_path(const mlab_context *context, const char *folder, const char *name)
{
    mlab_text file = MLAB_TEXT(context);
    mlab_text_print(&file, "%s/%s.yaml", folder, name);
    char *models = mlab_os_models_folder(context), *path = models && !file.failed ? mlab_os_join(context, models, mlab_text_get(&file)) : NULL;
    mlab_release(context, models);
    mlab_text_free(&file);
    return path;
}

mlab_status mlab_registry_read(const mlab_context *context, const char *folder, mlab_status otherwise, mlab_settings **registry, mlab_error *err)
{
    char *path = mlab_registry_path(context, folder, "registry");
    const mlab_option *table = rows;
    const size_t n_rows = 1;
    mlab_findings findings;
    *registry = NULL;
    if (!path) return no_memory(folder, err);
    mlab_findings_start(&findings, context);
    mlab_status status = mlab_settings_read(context, path, &table, &n_rows, 1, &findings, registry, err);
    if (!status && findings.n > 0) {
        const mlab_finding *first = &findings.items[0];
        status = mlab_raise_at(err, otherwise, first->n_occurrences ? &first->occurrences[0].place : NULL, "registry of models/%s: %s", folder,
                               first->sentence);
        mlab_settings_free(*registry);
        *registry = NULL;
    }
    mlab_findings_free(&findings);
    mlab_release(context, path);
    return status;
}

mlab_status mlab_registry_check(const mlab_context *context, const char *folder, const char *what, const char *id, mlab_status otherwise,
                                mlab_error *err)
{
    mlab_settings *registry;
    mlab_status status = mlab_registry_read(context, folder, otherwise, &registry, err);
    if (status) return status;
    const mlab_setting *list = mlab_settings_find(registry, NULL, "entries");
    size_t n = mlab_setting_size(list);
    const char **names = mlab_allocate(context, n, sizeof *names);
    bool known = false;
    for (size_t i = 0; names && i < n; i++) {
        names[i] = mlab_setting_text(mlab_setting_item(list, i));
        known = known || strcmp(names[i], id) == 0;
    }
    if (!names) {
        status = no_memory(folder, err);
    } else if (!known) {
        const char *near = mlab_nearest(id, names, n);
        if (near)
            status = mlab_raise(err, otherwise, "there is no %s \"%s\"; did you mean \"%s\"?", what, id, near);
        else
            status = mlab_raise(err, otherwise, "there is no %s \"%s\"; models/%s/registry.yaml lists them", what, id, folder);
    }
    mlab_release(context, names);
    mlab_settings_free(registry);
    return status;
}
