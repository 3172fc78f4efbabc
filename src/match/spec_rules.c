/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From matching: score: to rules. What a term is follows from the keys it has. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "match/spec.h"

#include <math.h>
#include <string.h>

/* The key that makes a term what it is. */
typedef struct kind_key {
    const char *key;
    mlab_rule_kind kind;
} kind_key;
static const kind_key kind_keys[] = {
    {"need", MLAB_RULE_OVERLAP},    {"best", MLAB_RULE_GAP},      {"same", MLAB_RULE_SAME},     {"common", MLAB_RULE_COMMON},
    {"similar", MLAB_RULE_SIMILAR}, {"unlike", MLAB_RULE_UNLIKE}, {"within", MLAB_RULE_HOURS},  {"past_pair", MLAB_RULE_PAST},
    {"choice", MLAB_RULE_CHOICE},   {"file", MLAB_RULE_FILE},     {"outcome", MLAB_RULE_GAINS},
};
enum { N_KIND_KEYS = sizeof kind_keys / sizeof *kind_keys };

static const mlab_setting *find(const mlab_spec_reader *r, const mlab_setting *map, const char *key)
{
    return mlab_settings_find(r->settings, map, key);
}

/* Which of the keys stands there; -1 = none, -2 = several. */
static int find_kind(const mlab_spec_reader *r, const mlab_setting *map)
{
    int found = -1;
    for (int k = 0; k < N_KIND_KEYS; k++) {
        const bool offer = k == 0 && find(r, map, "offer");
        if (!find(r, map, kind_keys[k].key) && !offer) continue;
        if (found >= 0) return -2;
        found = k;
    }
    return found;
}

static mlab_status read_weight(const mlab_spec_reader *r, const mlab_setting *map, mlab_rule *rule, mlab_error *err)
{
    const char *weight = mlab_spec_text(r, map, "weight"), *same = mlab_spec_text(r, map, "same"), *past = mlab_spec_text(r, map, "past_pair");
    rule->weight = 2;
    rule->must = mlab_spec_is(weight, "must") || mlab_spec_is(same, "must") || mlab_spec_is(same, "never") || mlab_spec_is(past, "must");
    if (!weight || mlab_spec_is(weight, "must") || mlab_spec_is(weight, "some")) return MLAB_OK;
    if (mlab_spec_is(weight, "high"))
        rule->weight = 4;
    else if (mlab_spec_is(weight, "low"))
        rule->weight = 1;
    else if (!mlab_number_parse(weight, strlen(weight), '.', &rule->weight) || !(rule->weight > 0 && rule->weight <= 1e6))
        return mlab_spec_stop(r, "bad_value", mlab_setting_place(find(r, map, "weight")), weight, err,
                              "weight must be must, high, some, low or a number above 0; high counts 4, some 2, low 1");
    return MLAB_OK;
}

static mlab_status read_columns(const mlab_spec_reader *r, const mlab_setting *map, const char *name, mlab_rule *rule, mlab_error *err)
{
    const char *both = mlab_spec_text(r, map, "column"), *mentee = mlab_spec_text(r, map, "mentee"), *mentor = mlab_spec_text(r, map, "mentor");
    const char *need = mlab_spec_text(r, map, "need"), *offer = mlab_spec_text(r, map, "offer");
    if (!both) both = name;
    mlab_status status = mlab_spec_keep(r, need ? need : mentee ? mentee : both, &rule->mentee_column, err);
    return status ? status : mlab_spec_keep(r, offer ? offer : mentor ? mentor : both, &rule->mentor_column, err);
}

/* similar: yes = of the term's own column; a column; or a list of columns of numbers. */
static mlab_status read_likeness(const mlab_spec_reader *r, const mlab_setting *map, const char *key, mlab_rule *rule, mlab_error *err)
{
    const mlab_setting *value = find(r, map, key);
    const char *text = mlab_setting_kind_of(value) == MLAB_SETTING_TEXT ? mlab_setting_text(value) : NULL;
    if (mlab_setting_kind_of(value) == MLAB_SETTING_MAP)
        return mlab_spec_stop(r, "wrong_kind", mlab_setting_place(value), "", err, "similar and unlike take yes, a column, or a list of columns");
    if (mlab_spec_is(text, "yes")) {
        if (strcmp(rule->mentee_column, rule->mentor_column) != 0) return MLAB_OK; /* two columns: sets */
        rule->columns = mlab_allocate(r->context, 1, sizeof *rule->columns);
        if (!rule->columns) return mlab_spec_no_memory(err);
        rule->n_columns = 1;
        return mlab_spec_keep(r, rule->mentee_column, &rule->columns[0], err);
    }
    return mlab_spec_keep_list(r, value, &rule->columns, &rule->n_columns, err);
}

static mlab_status read_range(const mlab_spec_reader *r, const mlab_setting *map, mlab_rule *rule, mlab_error *err)
{
    const bool low = mlab_spec_number(r, map, "low", &rule->low), high = mlab_spec_number(r, map, "high", &rule->high);
    if (low == high && (!low || rule->high > rule->low)) return MLAB_OK;
    return mlab_spec_stop(r, "bad_value", rule->place, rule->name, err, "low and high go together, high above low: what counts 0 and 1");
}

static mlab_status read_file(const mlab_spec_reader *r, const mlab_setting *map, mlab_rule *rule, mlab_error *err)
{
    const char *file = mlab_spec_text(r, map, "file");
    if (!file || !*file)
        return mlab_spec_stop(r, "no_value", rule->place, rule->name, err, "file: names a file with columns mentor, mentee and score");
    mlab_status status = mlab_spec_keep_path(r, file, &rule->path, err);
    if (!status) status = mlab_spec_keep(r, file, &rule->file_name, err);
    if (!status) status = mlab_spec_keep(r, mlab_spec_text(r, map, "value"), &rule->score_column, err);
    if (!status) status = read_range(r, map, rule, err);
    if (!status && rule->must)
        status = mlab_spec_stop(r, "bad_value", rule->place, rule->name, err,
                                "a score of a file cannot be a must; forbid: [{list: file}] rules pairs out");
    return status;
}

/* Who gains most by the outcome of that name; whether there is one is known when there are data. */
static mlab_status read_gains(const mlab_spec_reader *r, const mlab_setting *map, mlab_rule *rule, mlab_error *err)
{
    const mlab_setting *formula = find(r, map, "formula");
    double months = 0, folds = 0;
    mlab_status status = mlab_spec_keep(r, mlab_spec_text(r, map, "outcome"), &rule->outcome, err);
    if (!status) status = mlab_spec_keep(r, mlab_spec_text(r, map, "arm"), &rule->arm, err);
    if (!status) status = mlab_spec_keep(r, mlab_spec_text(r, map, "against"), &rule->against, err);
    if (!status) status = mlab_spec_keep(r, mlab_spec_text(r, map, "formula"), &rule->formula, err);
    if (status) return status;
    mlab_spec_number(r, map, "months", &months);
    mlab_spec_number(r, map, "folds", &folds);
    rule->months = (int32_t)months;
    rule->folds = (int32_t)folds;
    if (formula) rule->formula_place = mlab_setting_place(formula);
    if (formula && mlab_setting_quoted(formula) && rule->formula_place.column) rule->formula_place.column++;
    if (rule->must)
        return mlab_spec_stop(r, "bad_value", rule->place, rule->name, err, "what people gain cannot be a must; weight: high, some, low or a number");
    return read_range(r, map, rule, err);
}

static mlab_status read_kind(const mlab_spec_reader *r, const char *key, const mlab_setting *map, mlab_rule *rule, mlab_error *err)
{
    const char *likeness = mlab_spec_text(r, map, "same"), *choice = mlab_spec_text(r, map, "choice");
    rule->enough = 1;
    rule->within = 1;
    switch (rule->kind) {
    case MLAB_RULE_OVERLAP:
        if (!mlab_spec_text(r, map, "need") || !mlab_spec_text(r, map, "offer"))
            return mlab_spec_stop(r, "unclear_rule", rule->place, rule->name, err,
                                  "a term of the score with need needs offer too, and the other way round");
        return MLAB_OK;
    case MLAB_RULE_SAME:
        if (mlab_spec_is(likeness, "avoid") || mlab_spec_is(likeness, "never")) rule->kind = MLAB_RULE_DIFFERENT;
        return MLAB_OK;
    case MLAB_RULE_GAP:
        mlab_spec_number(r, map, "best", &rule->best);
        if (!mlab_spec_number(r, map, "spread", &rule->spread)) rule->spread = fabs(rule->best) + 1;
        return MLAB_OK;
    case MLAB_RULE_COMMON: mlab_spec_number(r, map, "common", &rule->enough); return MLAB_OK;
    case MLAB_RULE_HOURS: mlab_spec_number(r, map, "within", &rule->within); return MLAB_OK;
    case MLAB_RULE_SIMILAR:
    case MLAB_RULE_UNLIKE: return read_likeness(r, map, key, rule, err);
    case MLAB_RULE_CHOICE: rule->of_mentors = mlab_spec_is(choice, "mentors"); return MLAB_OK;
    case MLAB_RULE_FILE: return read_file(r, map, rule, err);
    case MLAB_RULE_GAINS: return read_gains(r, map, rule, err);
    default: return MLAB_OK;
    }
}

static mlab_status read_rule(const mlab_spec_reader *r, const char *name, mlab_place place, const mlab_setting *map, mlab_error *err)
{
    const int which = find_kind(r, map);
    if (which < 0)
        return mlab_spec_stop(
            r, "unclear_rule", place, name, err,
            "a term of the score needs one of: need and offer, best, same, common, similar, unlike, within, past_pair, choice, file, or outcome");
    const char *separator = mlab_spec_text(r, map, "separator");
    mlab_rule *rule = &r->spec->rules[r->spec->n_rules++];
    *rule = (mlab_rule){.kind = kind_keys[which].kind, .place = place, .spread = 1};
    mlab_status status = mlab_spec_keep(r, name, &rule->name, err);
    if (!status) status = mlab_spec_keep(r, separator && *separator ? separator : ";", &rule->separator, err);
    rule->not_simulated = mlab_spec_is(mlab_spec_text(r, map, "in_simulation"), "leave_out");
    if (!status) status = read_columns(r, map, name, rule, err);
    if (!status) status = read_weight(r, map, rule, err);
    return status ? status : read_kind(r, kind_keys[which].key, map, rule, err);
}

mlab_status mlab_spec_read_rules(const mlab_spec_reader *r, mlab_error *err)
{
    const mlab_setting *score = mlab_settings_find(r->settings, NULL, "matching.score");
    if (!score || mlab_setting_kind_of(score) != MLAB_SETTING_MAP) return MLAB_OK;
    const size_t n = mlab_setting_size(score);
    if (!(r->spec->rules = mlab_allocate(r->context, n, sizeof *r->spec->rules))) return mlab_spec_no_memory(err);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n; i++) {
        const mlab_setting *term = mlab_setting_item(score, i);
        if (mlab_setting_kind_of(term) == MLAB_SETTING_MAP) /* anything else is a finding of the walk */
            status = read_rule(r, mlab_setting_key(score, i), mlab_setting_key_place(score, i), term, err);
    }
    return status;
}
