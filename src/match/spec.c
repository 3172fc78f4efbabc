/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the matching: block to a spec. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/text.h"
#include "match/match.h"
#include "match/options.h"

#include <math.h>
#include <string.h>

typedef struct reader {
    const mlab_context *context;
    const mlab_settings *settings;
    mlab_findings *findings;
    mlab_match_spec *spec;
} reader;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the rules of matching");
}

/* A copy of the text into *into; NULL stays NULL. */
static mlab_status keep(const reader *r, const char *text, char **into, mlab_error *err)
{
    if (!text) return MLAB_OK;
    *into = mlab_copy_text(r->context, text);
    return *into ? MLAB_OK : no_memory(err);
}

static const char *text_at(const reader *r, const mlab_setting *map, const char *key)
{
    const mlab_setting *found = mlab_settings_find(r->settings, map, key);
    return found && mlab_setting_kind_of(found) == MLAB_SETTING_TEXT ? mlab_setting_text(found) : NULL;
}

static bool number_at(const reader *r, const mlab_setting *map, const char *key, double *value)
{
    const char *text = text_at(r, map, key);
    return text && mlab_number_parse(text, strlen(text), '.', value);
}

static bool is(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

static mlab_status stop(const reader *r, const char *kind, mlab_place place, const char *value, mlab_error *err, const char *sentence)
{
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, kind, &place, value, "", err, "%s", sentence);
}

/* --- rules ---------------------------------------------------------------------------------------- */

static void read_weight(const reader *r, const mlab_setting *map, mlab_rule *rule)
{
    const char *weight = text_at(r, map, "weight"), *same = text_at(r, map, "same");
    rule->weight = is(weight, "high") ? 4 : is(weight, "low") ? 1 : 2;
    rule->must = is(weight, "must") || is(same, "must") || is(same, "never");
}

static mlab_status read_columns(const reader *r, const mlab_setting *map, const char *name, mlab_rule *rule, mlab_error *err)
{
    const char *both = text_at(r, map, "column"), *mentee = text_at(r, map, "mentee"), *mentor = text_at(r, map, "mentor");
    const char *need = text_at(r, map, "need"), *offer = text_at(r, map, "offer");
    if (!both) both = name;
    mlab_status status = keep(r, need ? need : mentee ? mentee : both, &rule->mentee_column, err);
    return status ? status : keep(r, offer ? offer : mentor ? mentor : both, &rule->mentor_column, err);
}

/* One term; what it is follows from the keys it has. */
static mlab_status read_rule(const reader *r, const char *name, mlab_place place, const mlab_setting *map, mlab_error *err)
{
    const bool overlap = text_at(r, map, "need") || text_at(r, map, "offer"), same = text_at(r, map, "same") != NULL;
    double best = 0;
    const bool gap = number_at(r, map, "best", &best);
    if (overlap + gap + same != 1)
        return stop(r, "unclear_rule", place, name, err, "a term of the score needs one of: need and offer, best, or same");
    if (overlap && !(text_at(r, map, "need") && text_at(r, map, "offer")))
        return stop(r, "unclear_rule", place, name, err, "a term of the score with need needs offer too, and the other way round");
    const char *likeness = text_at(r, map, "same"), *separator = text_at(r, map, "separator");
    mlab_rule *rule = &r->spec->rules[r->spec->n_rules++];
    *rule = (mlab_rule){.kind = overlap                                          ? MLAB_RULE_OVERLAP
                                : gap                                            ? MLAB_RULE_GAP
                                : is(likeness, "avoid") || is(likeness, "never") ? MLAB_RULE_DIFFERENT
                                                                                 : MLAB_RULE_SAME,
                        .best = best,
                        .place = place};
    if (!number_at(r, map, "spread", &rule->spread)) rule->spread = fabs(best) + 1;
    read_weight(r, map, rule);
    mlab_status status = keep(r, name, &rule->name, err);
    if (!status) status = keep(r, separator && *separator ? separator : ";", &rule->separator, err);
    return status ? status : read_columns(r, map, name, rule, err);
}

static mlab_status read_rules(const reader *r, mlab_error *err)
{
    const mlab_setting *score = mlab_settings_find(r->settings, NULL, "matching.score");
    if (!score || mlab_setting_kind_of(score) != MLAB_SETTING_MAP) return MLAB_OK;
    const size_t n = mlab_setting_size(score);
    if (!(r->spec->rules = mlab_allocate(r->context, n, sizeof *r->spec->rules))) return no_memory(err);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n; i++) {
        const mlab_setting *term = mlab_setting_item(score, i);
        if (mlab_setting_kind_of(term) == MLAB_SETTING_MAP) /* anything else is a finding of the walk */
            status = read_rule(r, mlab_setting_key(score, i), mlab_setting_key_place(score, i), term, err);
    }
    return status;
}

/* --- forbidden pairs ------------------------------------------------------------------------------ */

static const char *const forbid_names[] = {"line_manager", "past_pair", "same_team", "list"};
enum { N_FORBID = sizeof forbid_names / sizeof *forbid_names };

static int find_forbid(const char *name)
{
    for (int i = 0; i < N_FORBID; i++)
        if (is(name, forbid_names[i])) return i;
    return -1;
}

static mlab_status unknown_forbid(const reader *r, const char *name, mlab_place place, mlab_error *err)
{
    const char *near = mlab_nearest(name, forbid_names, N_FORBID);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_key", &place, name, "", err,
                             "forbid: '%s' is not known, allowed line_manager, past_pair, same_team, list%s%s%s", name,
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* A list's path is relative to the study file. */
static mlab_status keep_path(const reader *r, const char *path, char **into, mlab_error *err)
{
    char *folder = mlab_os_folder_of(r->context, mlab_settings_file(r->settings));
    *into = folder ? mlab_os_join(r->context, folder, path) : NULL;
    mlab_release(r->context, folder);
    return *into ? MLAB_OK : no_memory(err);
}

static mlab_status read_forbid_pair(const reader *r, const mlab_setting *map, size_t i, mlab_forbid *forbid, bool *named, mlab_error *err)
{
    const char *key = mlab_setting_key(map, i), *value = mlab_setting_text(mlab_setting_item(map, i));
    mlab_place place = mlab_setting_key_place(map, i);
    if (is(key, "levels")) {
        int64_t levels;
        if (!mlab_integer_parse(value, strlen(value), &levels) || levels < 1 || levels > 50)
            return stop(r, "bad_value", mlab_setting_place(mlab_setting_item(map, i)), value, err,
                        "forbid: levels must be a whole number from 1 to 50");
        forbid->levels = (int)levels;
        return MLAB_OK;
    }
    const int kind = find_forbid(key);
    if (kind < 0) return unknown_forbid(r, key, place, err);
    if (*named) return stop(r, "wrong_kind", place, key, err, "forbid: one rule an item, each with its own dash");
    *named = true;
    forbid->kind = (mlab_forbid_kind)kind;
    forbid->place = place;
    if (!*value) return stop(r, "no_value", place, key, err, "forbid: the key has no value");
    return kind == MLAB_FORBID_LIST ? keep_path(r, value, &forbid->column, err) : keep(r, value, &forbid->column, err);
}

static mlab_status read_forbid(const reader *r, const mlab_setting *item, mlab_error *err)
{
    mlab_forbid *forbid = &r->spec->forbids[r->spec->n_forbids];
    *forbid = (mlab_forbid){.levels = 1, .place = mlab_setting_place(item)};
    if (mlab_setting_kind_of(item) == MLAB_SETTING_TEXT) {
        const int kind = find_forbid(mlab_setting_text(item));
        if (kind < 0) return unknown_forbid(r, mlab_setting_text(item), forbid->place, err);
        if (kind == MLAB_FORBID_LIST) return stop(r, "no_value", forbid->place, "list", err, "forbid: a list needs its file, {list: pairs.csv}");
        forbid->kind = (mlab_forbid_kind)kind;
        r->spec->n_forbids++;
        return MLAB_OK;
    }
    if (mlab_setting_kind_of(item) == MLAB_SETTING_LIST)
        return stop(r, "wrong_kind", forbid->place, "", err, "forbid: a list in the list, allowed names and maps");
    bool named = false;
    mlab_status status = MLAB_OK;
    r->spec->n_forbids++; /* counted first: it may own a text already when a later key fails */
    for (size_t i = 0; !status && i < mlab_setting_size(item); i++) status = read_forbid_pair(r, item, i, forbid, &named, err);
    if (!status && !named) {
        r->spec->n_forbids--;
        status = stop(r, "wrong_kind", forbid->place, "", err, "forbid: the item names none of line_manager, past_pair, same_team, list");
    }
    return status;
}

static mlab_status read_forbids(const reader *r, mlab_error *err)
{
    const mlab_setting *forbid = mlab_settings_find(r->settings, NULL, "matching.forbid");
    if (!forbid) return MLAB_OK;
    const bool one = mlab_setting_kind_of(forbid) != MLAB_SETTING_LIST;
    const size_t n = one ? 1 : mlab_setting_size(forbid);
    if (!(r->spec->forbids = mlab_allocate(r->context, n, sizeof *r->spec->forbids))) return no_memory(err);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n; i++) status = read_forbid(r, one ? forbid : mlab_setting_item(forbid, i), err);
    return status;
}

/* --- policies ------------------------------------------------------------------------------------- */

static const char *const to_come[] = {"self_selection", "fair", "group"};
enum { N_TO_COME = sizeof to_come / sizeof *to_come };

static mlab_status unknown_policy(const reader *r, const char *name, mlab_place place, mlab_error *err)
{
    for (size_t i = 0; i < N_TO_COME; i++)
        if (is(name, to_come[i]))
            return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "not_built", &place, name, "", err, "policy '%s' is not built yet", name);
    const char *known[32];
    char list[512] = "";
    size_t n = 0;
    for (; mlab_policy_row(n) && n < 32; n++) {
        known[n] = mlab_policy_row(n)->name;
        strncat(list, n ? ", " : "; allowed ", sizeof list - strlen(list) - 1);
        strncat(list, known[n], sizeof list - strlen(list) - 1);
    }
    const char *near = mlab_nearest(name, known, n);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_policy", &place, name, "", err, "there is no policy '%s'%s%s%s", name,
                             near ? "; did you mean '" : list, near ? near : "", near ? "'?" : "");
}

static mlab_status read_policy(const reader *r, const mlab_setting *item, mlab_error *err)
{
    mlab_place place = mlab_setting_place(item);
    const mlab_setting_kind kind = mlab_setting_kind_of(item);
    if (kind == MLAB_SETTING_LIST) return stop(r, "wrong_kind", place, "", err, "policies: a list in the list, allowed names of policies");
    const char *name = kind == MLAB_SETTING_TEXT ? mlab_setting_text(item) : mlab_setting_size(item) ? mlab_setting_key(item, 0) : "";
    if (!mlab_policy_find(name)) return unknown_policy(r, name, place, err);
    if (kind == MLAB_SETTING_MAP) return stop(r, "wrong_kind", place, name, err, "policies: this policy has no options");
    for (size_t i = 0; i < r->spec->n_policies; i++)
        if (is(name, r->spec->policies[i])) return stop(r, "bad_value", place, name, err, "policies: a policy stands there twice");
    mlab_status status = keep(r, name, &r->spec->policies[r->spec->n_policies], err);
    r->spec->n_policies += !status;
    return status;
}

static mlab_status read_policies(const reader *r, mlab_error *err)
{
    const mlab_setting *policies = mlab_settings_find(r->settings, NULL, "matching.policies");
    const bool one = !policies || mlab_setting_kind_of(policies) != MLAB_SETTING_LIST;
    const size_t n = one ? 1 : mlab_setting_size(policies);
    if (!(r->spec->policies = mlab_allocate(r->context, n, sizeof *r->spec->policies))) return no_memory(err);
    mlab_status status = MLAB_OK;
    if (!policies) {
        status = keep(r, "optimal", &r->spec->policies[0], err);
        r->spec->n_policies = !status;
    }
    for (size_t i = 0; policies && !status && i < n; i++) status = read_policy(r, one ? policies : mlab_setting_item(policies, i), err);
    return status;
}

/* capacity: 2 is short for capacity: {default: 2}. */
static mlab_status read_short_capacity(const reader *r, mlab_error *err)
{
    const mlab_setting *capacity = mlab_settings_find(r->settings, NULL, "matching.mentors.capacity");
    if (!capacity || mlab_setting_kind_of(capacity) == MLAB_SETTING_MAP) return MLAB_OK;
    const char *text = mlab_setting_text(capacity);
    int64_t places;
    if (mlab_setting_kind_of(capacity) != MLAB_SETTING_TEXT || !mlab_integer_parse(text, strlen(text), &places) || places < 0 || places > 100)
        return stop(r, "bad_value", mlab_setting_place(capacity), text, err,
                    "capacity must be a whole number from 0 to 100, or {from: column, default: 1}");
    r->spec->default_capacity = (int32_t)places;
    return MLAB_OK;
}

mlab_status mlab_match_spec_read(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings, mlab_match_spec *spec,
                                 mlab_error *err)
{
    const reader r = {context, settings, findings, spec};
    mlab_match_settings fields = {0};
    *spec = (mlab_match_spec){0};
    mlab_status status = mlab_settings_fill(settings, mlab_match_option_rows, mlab_match_n_option_rows, &fields, err);
    if (status) return status;
    spec->default_capacity = (int32_t)fields.default_capacity;
    spec->seed = (uint64_t)fields.seed;
    status = keep(&r, fields.id_column, &spec->id_column, err);
    if (!status) status = keep(&r, fields.mentor_where, &spec->mentor_where, err);
    if (!status) status = keep(&r, fields.mentee_where, &spec->mentee_where, err);
    if (!status) status = keep(&r, fields.role_column, &spec->role_column, err);
    if (!status) status = keep(&r, fields.capacity_column, &spec->capacity_column, err);
    const mlab_setting *mentors = mlab_settings_find(settings, NULL, "matching.mentors.where");
    const mlab_setting *mentees = mlab_settings_find(settings, NULL, "matching.mentees.where");
    if (mentors) spec->mentor_where_place = mlab_setting_place(mentors);
    if (mentees) spec->mentee_where_place = mlab_setting_place(mentees);
    if (!status) status = read_short_capacity(&r, err);
    if (!status) status = read_rules(&r, err);
    if (!status) status = read_forbids(&r, err);
    if (!status) status = read_policies(&r, err);
    if (status) mlab_match_spec_free(context, spec);
    return status;
}
