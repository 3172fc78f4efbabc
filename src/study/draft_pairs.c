/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks of relationships, crosswalk and arms of a drafted study, and the day of the export. */
#include "core/error.h"
#include "core/number.h"
#include "core/os.h"
#include "study/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

mlab_status mlab_draft_relationships(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *file = d->role[MLAB_FILE_RELATIONSHIPS];
    mlab_draft_line(d, 2, "relationships:");
    mlab_draft_file(d, file, 4);
    mlab_draft_marks(d, file, 4);
    mlab_status status = mlab_draft_person(d, file, 4, "mentor", "mentor", err);
    if (!status) status = mlab_draft_person(d, file, 4, "mentee", "mentee", err);
    if (status) return status;
    if (!mlab_draft_column(d, file, 4, "start", "start"))
        mlab_draft_ask(d, "data.relationships.start: HEADING", "%s: which column says when a relationship began?", file->name);
    mlab_draft_column(d, file, 4, "end", "end");
    mlab_draft_column(d, file, 4, "kind", "kind");
    mlab_draft_column(d, file, 4, "meetings", "meetings");
    return MLAB_OK;
}

mlab_status mlab_draft_crosswalk(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *file = d->role[MLAB_FILE_CROSSWALK], *people = d->role[MLAB_FILE_PEOPLE];
    char line[640];
    mlab_link_evidence links = {0};
    if (!file && !d->email) return MLAB_OK;
    const mlab_profile *from = file ? &file->columns[mlab_known_column(file, "from")] : d->email;
    const mlab_profile *to = file ? &file->columns[mlab_known_column(file, "to")] : d->id;
    mlab_status status = mlab_link_columns(d->context, to, d->id, &links, err);
    if (status) return status;
    if (links.with_zeros > links.with_take && d->id->longest > d->pad) d->pad = d->id->longest;
    if (links.with_zeros > links.with_take && to->longest > d->pad) d->pad = to->longest;
    mlab_draft_line(d, 2, "crosswalk:");
    mlab_draft_file(d, file ? file : people, 4);
    snprintf(line, sizeof line, "from: %s", mlab_draft_scalar(from->heading));
    mlab_draft_guess(d, 4, line, "e-mail addresses");
    snprintf(line, sizeof line, "to: %s", mlab_draft_scalar(to->heading));
    mlab_draft_guess(d, 4, line, "%llu of %llu are people", (unsigned long long)links.with_zeros, (unsigned long long)links.distinct);
    mlab_draft_say(d, "%s: e-mails in \"%s\" lead to the ids in \"%s\"", (file ? file : people)->name, from->heading, to->heading);
    return MLAB_OK;
}

/* --- arms ------------------------------------------------------------------------------------------------- */

static bool has_informal(const mlab_drafting *d)
{
    return d->waves.n && mlab_known_column(&d->files[d->waves.file[0]], "informal") >= 0;
}

static void arm_from_survey(mlab_drafting *d)
{
    const mlab_known_file *file = &d->files[d->waves.file[0]];
    char line[1000];
    const char *informal = mlab_known_heading(file, "informal"), *since = mlab_known_heading(file, "since");
    int n = snprintf(line, sizeof line, "informal: {survey: %s", mlab_draft_scalar(informal));
    if (since) n += snprintf(line + n, sizeof line - (size_t)n, ", since: %s", mlab_draft_scalar(since));
    snprintf(line + n, sizeof line - (size_t)n, ", carry: 12 months}");
    mlab_draft_guess(d, 2, line, "a question about an informal mentor");
    mlab_draft_say(d, "  %-14s %-28s a question about an informal mentor", "informal", informal);
    mlab_draft_ask(d, line, "%s: for how long does an answer about an informal mentor hold after the survey?", file->name);
}

/* A column of kinds with several labels makes the arms by itself; else all pairs are the program. */
void mlab_draft_arms(mlab_drafting *d)
{
    const mlab_known_file *file = d->role[MLAB_FILE_RELATIONSHIPS];
    int kind = file ? mlab_known_column(file, "kind") : -1, meetings = file ? mlab_known_column(file, "meetings") : -1;
    bool met = meetings >= 0 || (file && d->role[MLAB_FILE_MEETINGS]);
    bool several = kind >= 0 && file->columns[kind].values.n > 1;
    if ((!file && !has_informal(d)) || (several && !has_informal(d) && !met)) return;
    mlab_draft_line(d, 0, "\narms:");
    for (uint32_t i = 0; file && i < (several ? (uint32_t)file->columns[kind].values.n : 1); i++) {
        char line[512];
        const char *label = several ? mlab_dictionary_text(&file->columns[kind].values, i) : NULL;
        if (several)
            snprintf(line, sizeof line, "%s: {relationships: \"kind == '%s'\"%s}", mlab_draft_scalar(label), label, met ? ", met: 1" : "");
        else
            snprintf(line, sizeof line, "structured: {%s}", met ? "met: 1" : "");
        mlab_draft_guess(d, 2, line, several ? "a label of the column of kinds" : "all pairs of the list are those of the program");
    }
    if (meetings >= 0)
        mlab_draft_ask(d, "met: 1        (0 = also pairs that never met), in each arm",
                       "%s: do pairs that never met (\"%s\" is 0) count as mentored? Taken: no.", file->name, file->columns[meetings].heading);
    else if (met)
        mlab_draft_ask(d, "met: 1        (0 = also pairs that never met), in each arm",
                       "%s: do pairs without a meeting there count as mentored? Taken: no; a pair counts from its first meeting on.",
                       d->role[MLAB_FILE_MEETINGS]->name);
    if (has_informal(d)) arm_from_survey(d);
}

/* --- the day of the export ------------------------------------------------------------------------------------ */

enum { MONTHS = 12 * 300, FIRST_YEAR = 1900 };

static void count_months(const mlab_profile *p, uint64_t *counts)
{
    for (uint32_t i = 0; i < p->values.n; i++) {
        int32_t day;
        int year, month, ignored;
        if (!mlab_profile_day(p, i, &day)) continue;
        mlab_date_to_civil(day, &year, &month, &ignored);
        if (year >= FIRST_YEAR && year < 2200) counts[12 * (year - FIRST_YEAR) + month - 1] += p->values.entries[i].count;
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int32_t mlab_draft_as_of(const mlab_drafting *d)
{
    static const char *const days[] = {"hired", "left", "from", "date", "start", "end", "set", "reached"};
    uint64_t counts[MONTHS] = {0}, before[12];
    for (size_t f = 0; f < d->n_files; f++)
        for (size_t k = 0; k < sizeof days / sizeof *days; k++) {
            int j = mlab_known_column(&d->files[f], days[k]);
            if (j >= 0) count_months(&d->files[f].columns[j], counts);
        }
    int32_t today = (int32_t)(mlab_os_wall_seconds() / 86400);
    for (size_t m = MONTHS; m-- > 12;) {
        memcpy(before, counts + m - 12, sizeof before);
        qsort(before, 12, sizeof *before, by_size);
        if (!counts[m] || 6 * counts[m] < before[5] + before[6]) continue; /* under a third of the median */
        int32_t first = mlab_date_from_civil(FIRST_YEAR + (int)(m / 12), (int)(m % 12) + 1, 1), last = mlab_date_add_months(first, 1) - 1;
        return last < today ? last : today;
    }
    return MLAB_DATE_MISSING;
}
