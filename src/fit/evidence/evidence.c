/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evidence registry: published effects in files of their own, each with what it must not be used for.
 *
 * An entry can become a prior of a hazard only when it comes from a randomised or quasi-experimental design, or is a judgement
 * that says so, and has an interval. Weakness: whether an entry's people and program are like the user's is the user's to judge. */
#include "fit/evidence/evidence.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/registry.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define TEXT_ROW(key_, help_, marks_)                                                                                                                \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", help_, (marks_) | MLAB_OPTION_NO_STRUCT                                         \
    }
#define NUMBER_ROW(key_, low_, high_, unit_, help_, marks_)                                                                                          \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, low_, high_, NULL, unit_, help_, (marks_) | MLAB_OPTION_NO_STRUCT                             \
    }
#define CHOICE_ROW(key_, choices_, help_)                                                                                                            \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, choices_, "", help_, MLAB_OPTION_REQUIRED | MLAB_OPTION_NO_STRUCT                       \
    }

static const mlab_option rows[] = {
    TEXT_ROW("id", "name of the entry, that of its file", MLAB_OPTION_REQUIRED),
    TEXT_ROW("outcome", "outcome it speaks of", MLAB_OPTION_REQUIRED),
    TEXT_ROW("event", "what the risk or number is of", MLAB_OPTION_REQUIRED),
    TEXT_ROW("contrast", "what was compared with what", MLAB_OPTION_REQUIRED),
    TEXT_ROW("population", "who was studied", MLAB_OPTION_REQUIRED),
    CHOICE_ROW("design", "randomised|quasi_experiment|judgement|correlational|vendor", "how the number came about"),
    TEXT_ROW("judged_from", "entries a judgement rests on", 0),
    CHOICE_ROW("effect", "marginal|conditional", "averaged over people, or given covariates"),
    CHOICE_ROW("scale", "hazard_ratio|risk_ratio|odds_ratio|risk_difference|standardised_difference|percent_difference|correlation",
               "scale of the estimate"),
    NUMBER_ROW("estimate", -1e6, 1e6, "", "the published number", MLAB_OPTION_REQUIRED),
    {"interval", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "", "lower and upper end", MLAB_OPTION_NO_STRUCT},
    NUMBER_ROW("level", 0.5, 0.999, "", "level of the interval", 0),
    NUMBER_ROW("horizon_months", 0, 1200, "months", "time over which the risk runs", 0),
    NUMBER_ROW("reference_risk", 0, 1, "", "risk of the event in the reference group", 0),
    TEXT_ROW("derived", "how the numbers were worked out", 0),
    TEXT_ROW("source", "where it was published", MLAB_OPTION_REQUIRED),
    TEXT_ROW("doi", "digital object identifier", 0),
    TEXT_ROW("must_not", "what it must not be used for", MLAB_OPTION_REQUIRED),
};
static mlab_status read_checked(const mlab_context *context, const char *path, const mlab_option *table, size_t n_rows, mlab_settings **settings,
                                mlab_error *err)
{
    mlab_findings findings;
    mlab_findings_start(&findings, context);
    mlab_status status = mlab_settings_read(context, path, &table, &n_rows, 1, &findings, settings, err);
    if (!status && findings.n > 0) {
        const mlab_finding *first = &findings.items[0];
        status = mlab_raise_at(err, MLAB_ERR_FIT_EVIDENCE, first->n_occurrences ? &first->occurrences[0].place : NULL, "evidence entry: %s",
                               first->sentence);
        mlab_settings_free(*settings);
        *settings = NULL;
    }
    mlab_findings_free(&findings);
    return status;
}

static bool number_at(const mlab_settings *settings, const char *key, double *value)
{
    const mlab_setting *node = mlab_settings_find(settings, NULL, key);
    return node && mlab_number_parse(mlab_setting_text(node), strlen(mlab_setting_text(node)), '.', value);
}

static bool is_ratio(const char *scale)
{
    return !strcmp(scale, "hazard_ratio") || !strcmp(scale, "risk_ratio") || !strcmp(scale, "odds_ratio");
}

static mlab_status read_interval(const mlab_settings *settings, mlab_evidence *entry, mlab_error *err)
{
    const mlab_setting *node = mlab_settings_find(settings, NULL, "interval");
    entry->standard_error = -1;
    if (!node) return MLAB_OK;
    mlab_place place = mlab_setting_place(node);
    double ends[2] = {0, 0};
    bool good = mlab_setting_size(node) == 2;
    for (size_t i = 0; good && i < 2; i++) {
        const char *text = mlab_setting_text(mlab_setting_item(node, i));
        good = mlab_number_parse(text, strlen(text), '.', &ends[i]);
    }
    bool ratio = is_ratio(entry->scale);
    good = good && ends[0] < ends[1] && ends[0] <= entry->estimate && entry->estimate <= ends[1] && (!ratio || ends[0] > 0);
    if (!good)
        return mlab_raise_at(err, MLAB_ERR_FIT_EVIDENCE, &place, "evidence entry %s: the interval must be two numbers around the estimate%s",
                             entry->id, ratio ? ", above 0 for a ratio" : "");
    entry->lower = ends[0];
    entry->upper = ends[1];
    double z = gsl_cdf_ugaussian_Pinv(0.5 + entry->level / 2);
    entry->standard_error = (ratio ? log(ends[1]) - log(ends[0]) : ends[1] - ends[0]) / (2 * z);
    return MLAB_OK;
}

/* Rule 11 of the design: why an entry cannot be a prior of a hazard; "" when it can. */
static const char *refusal_of(const mlab_evidence *entry)
{
    if (!strcmp(entry->design, "correlational") || !strcmp(entry->scale, "correlation"))
        return "it is a correlation, and a correlation is not an effect of a program";
    if (!strcmp(entry->design, "vendor")) return "it is a vendor's figure: nobody can tell what the people would have done otherwise";
    if (entry->standard_error < 0) return "it was published without an interval, so nobody can tell how sure it is";
    if (!strcmp(entry->scale, "percent_difference")) return "it is a difference in per cent of an amount, not of a risk";
    if (strcmp(entry->scale, "hazard_ratio") && strcmp(entry->scale, "standardised_difference") && entry->reference_risk < 0)
        return "it names no risk of its reference group, so a risk cannot be turned into a hazard";
    return "";
}

static mlab_status fill(const mlab_context *context, const mlab_settings *settings, mlab_evidence *entry, mlab_error *err)
{
    const struct {
        const char *key;
        char **text;
    } texts[] = {{"id", &entry->id},
                 {"outcome", &entry->outcome},
                 {"event", &entry->event},
                 {"contrast", &entry->contrast},
                 {"design", &entry->design},
                 {"population", &entry->population},
                 {"effect", &entry->kind_of_effect},
                 {"scale", &entry->scale},
                 {"source", &entry->source},
                 {"must_not", &entry->must_not},
                 {"doi", &entry->doi},
                 {"derived", &entry->derived}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const mlab_setting *node = mlab_settings_find(settings, NULL, texts[i].key);
        if (!(*texts[i].text = mlab_copy_text(context, node ? mlab_setting_text(node) : "")))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an evidence entry");
    }
    entry->level = 0.95;
    entry->reference_risk = entry->horizon_months = -1;
    if (!number_at(settings, "estimate", &entry->estimate) || (is_ratio(entry->scale) && entry->estimate <= 0))
        return mlab_raise(err, MLAB_ERR_FIT_EVIDENCE, "evidence entry %s: the estimate must be a number, above 0 for a ratio", entry->id);
    number_at(settings, "level", &entry->level);
    number_at(settings, "reference_risk", &entry->reference_risk);
    number_at(settings, "horizon_months", &entry->horizon_months);
    mlab_status status = read_interval(settings, entry, err);
    if (status) return status;
    entry->refusal = mlab_copy_text(context, refusal_of(entry));
    if (!entry->refusal) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an evidence entry");
    entry->usable_as_prior = !*entry->refusal;
    return MLAB_OK;
}

mlab_status mlab_evidence_read(const mlab_context *context, const char *path, mlab_evidence **out, mlab_error *err)
{
    *out = NULL;
    mlab_settings *settings = NULL;
    mlab_evidence *entry = NULL;
    mlab_status status = read_checked(context, path, rows, sizeof rows / sizeof *rows, &settings, err);
    if (status) return status;
    if (!(entry = mlab_allocate(context, 1, sizeof *entry))) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an evidence entry");
        goto out;
    }
    entry->context = context;
    status = fill(context, settings, entry, err);
out:
    if (status)
        mlab_evidence_free(entry);
    else
        *out = entry;
    mlab_settings_free(settings);
    return status;
}

void mlab_evidence_free(mlab_evidence *entry)
{
    if (!entry) return;
    char *parts[] = {entry->id,       entry->outcome,        entry->contrast, entry->population, entry->design,  entry->scale,  entry->source,
                     entry->must_not, entry->kind_of_effect, entry->event,    entry->doi,        entry->derived, entry->refusal};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) mlab_release(entry->context, parts[i]);
    mlab_release(entry->context, entry);
}

mlab_status mlab_evidence_find(const mlab_context *context, const char *id, mlab_evidence **entry, mlab_error *err)
{
    *entry = NULL;
    mlab_status status = mlab_registry_check(context, "evidence", "evidence entry", id, MLAB_ERR_FIT_EVIDENCE, err);
    if (status) return status;
    char *path = mlab_registry_path(context, "evidence", id);
    status = path ? mlab_evidence_read(context, path, entry, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an evidence entry");
    mlab_release(context, path);
    return status;
}

mlab_status mlab_evidence_all(const mlab_context *context, mlab_evidence ***out, size_t *n, mlab_error *err)
{
    *out = NULL;
    *n = 0;
    mlab_settings *settings;
    mlab_status status = mlab_registry_read(context, "evidence", MLAB_ERR_FIT_EVIDENCE, &settings, err);
    if (status) return status;
    const mlab_setting *list = mlab_settings_find(settings, NULL, "entries");
    size_t size = mlab_setting_size(list);
    mlab_evidence **entries = mlab_allocate(context, size, sizeof *entries);
    if (!entries) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu evidence entries", size);
    for (size_t i = 0; !status && i < size; i++) {
        char *path = mlab_registry_path(context, "evidence", mlab_setting_text(mlab_setting_item(list, i)));
        status = path ? mlab_evidence_read(context, path, &entries[i], err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an evidence entry");
        mlab_release(context, path);
    }
    if (status) {
        mlab_evidence_all_free(context, entries, size);
    } else {
        *out = entries;
        *n = size;
    }
    mlab_settings_free(settings);
    return status;
}

void mlab_evidence_all_free(const mlab_context *context, mlab_evidence **entries, size_t n)
{
    if (!entries) return;
    for (size_t i = 0; i < n; i++) mlab_evidence_free(entries[i]);
    mlab_release(context, entries);
}
