/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings: what is wrong with the input, grouped by kind and sentence, each with its first places.
 *
 * Weakness: a group keeps 10,000 places; the count goes on, the later places are not kept. Groups are searched from the
 * latest backwards, so sentences must not hold the value of a cell, or every cell becomes a group.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/remedies.h"
#include "mentorlab/data.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOST_OCCURRENCES ((size_t)10000)

void mlab_findings_start(mlab_findings *findings, const mlab_context *context)
{
    *findings = (mlab_findings){.context = context};
}

static void finding_free(const mlab_context *context, mlab_finding *finding)
{
    for (size_t i = 0; i < finding->n_occurrences; i++) mlab_release(context, finding->occurrences[i].value);
    mlab_release(context, finding->occurrences);
    mlab_release(context, finding->kind);
    mlab_release(context, finding->sentence);
    mlab_release(context, finding->remedy);
}

void mlab_findings_free(mlab_findings *findings)
{
    if (!findings || !findings->context) return;
    for (size_t i = 0; i < findings->n; i++) finding_free(findings->context, &findings->items[i]);
    mlab_release(findings->context, findings->items);
    *findings = (mlab_findings){.context = findings->context};
}

static mlab_finding *same_finding(mlab_findings *findings, mlab_severity severity, const char *kind, const char *sentence)
{
    for (size_t i = findings->n; i-- > 0;) {
        mlab_finding *finding = &findings->items[i];
        if (finding->severity == severity && !strcmp(finding->kind, kind) && !strcmp(finding->sentence, sentence)) return finding;
    }
    return NULL;
}

static mlab_status new_finding(mlab_findings *findings, mlab_severity severity, const char *kind, const char *sentence, const char *remedy,
                               mlab_finding **made, mlab_error *err)
{
    const mlab_context *context = findings->context;
    mlab_status status = mlab_grow(context, &findings->items, findings->n, &findings->capacity, sizeof *findings->items, err);
    if (status) return status;
    mlab_finding finding = {.severity = severity};
    finding.kind = mlab_copy_text(context, kind);
    finding.sentence = mlab_copy_text(context, sentence);
    if (severity != MLAB_SEVERITY_NOTE && (!remedy || !*remedy)) remedy = mlab_usual_remedy(kind);
    finding.remedy = mlab_copy_text(context, remedy ? remedy : "");
    if (!finding.kind || !finding.sentence || !finding.remedy) {
        finding_free(context, &finding);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a finding");
    }
    *made = &findings->items[findings->n++];
    **made = finding;
    return MLAB_OK;
}

static mlab_status add_occurrence(const mlab_context *context, mlab_finding *finding, const mlab_place *place, const char *value, mlab_error *err)
{
    finding->count++;
    if (finding->n_occurrences >= MOST_OCCURRENCES) return MLAB_OK;
    mlab_status status = mlab_grow(context, &finding->occurrences, finding->n_occurrences, &finding->capacity, sizeof *finding->occurrences, err);
    if (status) return status;
    mlab_occurrence occurrence = {.value = mlab_copy_text(context, value ? value : "")};
    if (!occurrence.value) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a finding");
    if (place) occurrence.place = *place;
    finding->occurrences[finding->n_occurrences++] = occurrence;
    return MLAB_OK;
}

mlab_status mlab_findings_add(mlab_findings *findings, mlab_severity severity, const char *kind, const mlab_place *place, const char *value,
                              const char *remedy, mlab_error *err, const char *format, ...)
{
    char sentence[2048];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    if (length < 0) return mlab_raise(err, MLAB_ERR_ARGUMENT, "the sentence of a finding cannot be formatted");

    mlab_finding *finding = same_finding(findings, severity, kind, sentence);
    if (!finding) {
        mlab_status status = new_finding(findings, severity, kind, sentence, remedy, &finding, err);
        if (status) return status;
    }
    return add_occurrence(findings->context, finding, place, value, err);
}

size_t mlab_findings_count(const mlab_findings *findings, mlab_severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->n; i++) n += findings->items[i].severity == severity;
    return n;
}
