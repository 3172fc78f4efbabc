/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run as JSON. */
#ifndef MLAB_CLI_JSON_H
#define MLAB_CLI_JSON_H

#include "cli/cli.h"

void mlab_session_json(const mlab_session *session, mlab_text *json);
/* Prints it. */
int mlab_session_show_json(const mlab_session *session);

#endif
