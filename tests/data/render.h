/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings as lines of text, for tests that compare them with what was expected. */
#ifndef MLAB_TESTS_DATA_RENDER_H
#define MLAB_TESTS_DATA_RENDER_H

#include "core/error.h"
#include "core/text.h"
#include "mentorlab/data.h"

/* severity kind | first three places with their values | count | sentence | remedy */
static inline void render_findings(const mlab_findings *findings, mlab_text *into)
{
    static const char *const severities[] = {"note", "decide", "stop"};
    for (size_t i = 0; i < findings->n; i++) {
        const mlab_finding *finding = &findings->items[i];
        mlab_text_print(into, "%-6s %s (%llu)\n", severities[finding->severity], finding->kind, (unsigned long long)finding->count);
        for (size_t k = 0; k < finding->n_occurrences && k < 3; k++) {
            char place[400];
            const mlab_occurrence *at = &finding->occurrences[k];
            mlab_text_print(into, "         %s%s%s\n", mlab_place_print(&at->place, place, sizeof place), *at->value ? "  found: " : "", at->value);
        }
        mlab_text_print(into, "       %s\n", finding->sentence);
        if (*finding->remedy) mlab_text_print(into, "       > %s\n", finding->remedy);
    }
}

#endif
