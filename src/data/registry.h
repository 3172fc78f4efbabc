/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of models/ whose registry.yaml lists the files in it. */
#ifndef MLAB_DATA_REGISTRY_H
#define MLAB_DATA_REGISTRY_H

#include "data/settings.h"

/* <models>/<folder>/<name>.yaml, released by the caller; NULL = no memory. */
char *mlab_registry_path(const mlab_context *context, const char *folder, const char *name);
/* Its registry, with the list `entries`. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_DATA_SYNTAX, `otherwise` with the first finding,
 * MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_registry_read(const mlab_context *context, const char *folder, mlab_status otherwise, mlab_settings **registry,
                                             mlab_error *err);
/* Whether the registry has the id. Errors: `otherwise`, with the nearest id: there is no `what` of that name. */
MLAB_MUST_USE mlab_status mlab_registry_check(const mlab_context *context, const char *folder, const char *what, const char *id,
                                              mlab_status otherwise, mlab_error *err);

#endif
