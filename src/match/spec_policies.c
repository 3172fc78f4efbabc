/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From matching: policies: to policies and what is asked of each: names, or maps of one name and its options. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "match/spec.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef enum ask_type { ASK_NUMBER, ASK_COUNT, ASK_YES, ASK_CHOICE, ASK_TEXT, ASK_LIST } ask_type;

/* One option of policies: a key of their map. CHOICE puts the place among the names; names of YES are the two words. */
typedef struct ask {
    const char *policies; /* "a|b"; NULL = all */
    const char *key;
    ask_type type;
    size_t at;         /* in mlab_policy_options, or in mlab_policy_ask for TEXT and LIST */
    const char *names; /* CHOICE: "a|b"; YES: "no|yes" words; else NULL */
    double low, high;  /* of numbers; a low of `above` means above 0 */
} ask;
static const double above = 1e-300;

#define AT(field_) offsetof(mlab_policy_options, field_)
#define OWN(field_) offsetof(mlab_policy_ask, field_)
#define INFORMAL "self_selection|hybrid"
static const ask asks[] = {
    {"optimal|lottery|peer|network", "first", ASK_YES, AT(participation_first), "score|participation", 0, 0},
    {"lottery", "cap", ASK_NUMBER, AT(lottery_cap), NULL, above, 1},
    {"deferred_acceptance|stable_best", "propose", ASK_YES, AT(mentors_propose), "mentees|mentors", 0, 0},
    {"fair|group|" INFORMAL, "group", ASK_TEXT, OWN(group_column), NULL, 0, 0},
    {"fair", "groups", ASK_LIST, OWN(groups), NULL, 0, 0},
    {"fair", "kind", ASK_CHOICE, AT(fair_kind), "leximin|minimum|rate|quality", 0, 0},
    {"fair", "level", ASK_NUMBER, AT(fair_level), NULL, 0, 100},
    {"group", "size", ASK_COUNT, AT(group_high), NULL, 1, 1000},
    {"group", "most", ASK_COUNT, AT(group_high), NULL, 1, 1000},
    {"group", "least", ASK_COUNT, AT(group_low), NULL, 0, 1000},
    {"group", "mix_least", ASK_COUNT, AT(mix_least), NULL, 0, 1000},
    {"group", "mix_most", ASK_COUNT, AT(mix_most), NULL, 0, 1000},
    {"group", "mix_also", ASK_LIST, OWN(mix_columns), NULL, 0, 0},
    {"group", "apart", ASK_LIST, OWN(team_columns), NULL, 0, 0},
    {"peer", "stable", ASK_YES, AT(peer_stable), "no|yes", 0, 0},
    {"network", "mentors", ASK_COUNT, AT(mentors_each), NULL, 1, 64},
    {"network", "role", ASK_TEXT, OWN(role_column), NULL, 0, 0},
    {"network", "roles", ASK_LIST, OWN(roles), NULL, 0, 0},
    {"serial_dictatorship", "by", ASK_TEXT, OWN(turn_column), NULL, 0, 0},
    {INFORMAL, "score", ASK_NUMBER, AT(choice_score), NULL, -100, 100},
    {INFORMAL, "same_group", ASK_NUMBER, AT(choice_same_group), NULL, -100, 100},
    {INFORMAL, "fit", ASK_YES, AT(choice_fitted), "no|yes", 0, 0},
    {INFORMAL, "meeting", ASK_NUMBER, AT(choice_meeting), NULL, above, 1},
    {INFORMAL, "meeting_across", ASK_NUMBER, AT(choice_meeting_across), NULL, above, 1},
    {"hybrid", "reserve", ASK_NUMBER, AT(hybrid_reserve), NULL, 0, 1},
    {"hybrid", "places", ASK_TEXT, OWN(places_column), NULL, 0, 0},
    {NULL, "gap", ASK_NUMBER, AT(gap), NULL, 0, 1},
    {NULL, "time", ASK_NUMBER, AT(time_limit), NULL, 0, 1e9},
    {NULL, "minimum", ASK_NUMBER, AT(minimum_score), NULL, 0, 100},
};
enum { N_ASKS = sizeof asks / sizeof *asks };

static const char *const compared[] = {"random",  "self_selection", "serial_dictatorship", "deferred_acceptance", "stable_best", "fair",
                                       "lottery", "optimal"};
enum { N_COMPARED = sizeof compared / sizeof *compared };

static mlab_status unknown_policy(const mlab_spec_reader *r, const char *name, mlab_place place, mlab_error *err)
{
    const char *known[32];
    mlab_text list = MLAB_TEXT(r->context);
    size_t n = 0;
    for (; mlab_policy_row(n) && n < 32; n++) {
        known[n] = mlab_policy_row(n)->name;
        mlab_text_print(&list, "%s%s", n ? ", " : "", known[n]);
    }
    const char *near = mlab_nearest(name, known, n);
    mlab_status status = mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_policy", &place, name, "", err, "there is no policy '%s'%s%s%s",
                                           name, near ? "; did you mean '" : ", allowed ", near ? near : mlab_text_get(&list), near ? "'?" : "");
    mlab_text_free(&list);
    return status;
}

static mlab_status bad(const mlab_spec_reader *r, const ask *a, const mlab_setting *value, const char *allowed, mlab_error *err)
{
    mlab_place place = mlab_setting_place(value);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "bad_value", &place, mlab_setting_text(value), "", err, "%s must be %s", a->key,
                             allowed);
}

/* Place of the text among names "a|b|c"; -1 = none. */
static int choose(const char *names, const char *text)
{
    const size_t n = strlen(text);
    int which = 0;
    for (;; which++) {
        const char *end = strchr(names, '|');
        const size_t m = end ? (size_t)(end - names) : strlen(names);
        if (m == n && strncmp(names, text, n) == 0) return which;
        if (!end) return -1;
        names = end + 1;
    }
}

static mlab_status read_number(const mlab_spec_reader *r, const ask *a, const mlab_setting *value, unsigned char *at, mlab_error *err)
{
    const char *text = mlab_setting_text(value), *kind = a->type == ASK_COUNT ? "whole number" : "number";
    char allowed[100], low[40], high[40];
    double number;
    mlab_number_print(a->low, low, sizeof low);
    mlab_number_print(a->high, high, sizeof high);
    if (a->low > 0 && a->low < 1)
        snprintf(allowed, sizeof allowed, "a %s above 0, at most %s", kind, high);
    else
        snprintf(allowed, sizeof allowed, "a %s from %s to %s", kind, low, high);
    if (!mlab_number_parse(text, strlen(text), '.', &number) || !(number >= a->low && number <= a->high) ||
        (a->type == ASK_COUNT && number != (double)(int32_t)number))
        return bad(r, a, value, allowed, err);
    if (a->type == ASK_COUNT)
        memcpy(at, &(int32_t){(int32_t)number}, sizeof(int32_t));
    else
        memcpy(at, &number, sizeof number);
    return MLAB_OK;
}

static mlab_status read_ask(const mlab_spec_reader *r, const ask *a, const mlab_setting *value, mlab_policy_ask *into, mlab_error *err)
{
    const bool own = a->type == ASK_TEXT || a->type == ASK_LIST;
    unsigned char *at = own ? (unsigned char *)into + a->at : (unsigned char *)&into->options + a->at;
    if (a->type == ASK_LIST) {
        if (a->at == OWN(groups)) return mlab_spec_keep_list(r, value, &into->groups, &into->n_groups, err);
        if (a->at == OWN(roles)) return mlab_spec_keep_list(r, value, &into->roles, &into->n_roles, err);
        if (a->at == OWN(mix_columns)) return mlab_spec_keep_list(r, value, &into->mix_columns, &into->n_mix_columns, err);
        return mlab_spec_keep_list(r, value, &into->team_columns, &into->n_team_columns, err);
    }
    if (mlab_setting_kind_of(value) != MLAB_SETTING_TEXT) return bad(r, a, value, "one word or number", err);
    if (a->type == ASK_TEXT) {
        char *copy = NULL;
        mlab_status status = mlab_spec_keep(r, mlab_setting_text(value), &copy, err);
        memcpy(at, &copy, sizeof copy);
        return status;
    }
    if (a->type == ASK_COUNT || a->type == ASK_NUMBER) return read_number(r, a, value, at, err);
    const int which = choose(a->names, mlab_setting_text(value));
    if (which < 0) return bad(r, a, value, a->names, err);
    if (a->type == ASK_YES)
        memcpy(at, &(bool){which == 1}, sizeof(bool));
    else
        into->options.fair_kind = (mlab_fair_kind)which;
    return MLAB_OK;
}

static mlab_status read_options(const mlab_spec_reader *r, const char *policy, const mlab_setting *map, mlab_policy_ask *into, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < mlab_setting_size(map); i++) {
        const char *key = mlab_setting_key(map, i), *known[N_ASKS];
        const ask *found = NULL;
        size_t n = 0;
        for (size_t k = 0; k < N_ASKS; k++) {
            if (asks[k].policies && choose(asks[k].policies, policy) < 0) continue;
            known[n++] = asks[k].key;
            if (strcmp(asks[k].key, key) == 0) found = &asks[k];
        }
        if (found) {
            status = read_ask(r, found, mlab_setting_item(map, i), into, err);
            continue;
        }
        const char *near = mlab_nearest(key, known, n);
        mlab_place place = mlab_setting_key_place(map, i);
        status = mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_key", &place, key, "", err, "policy '%s' has no option '%s'%s%s%s",
                                   policy, key, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return status;
}

static mlab_status read_policy(const mlab_spec_reader *r, const mlab_setting *item, mlab_error *err)
{
    mlab_place place = mlab_setting_place(item);
    const mlab_setting_kind kind = mlab_setting_kind_of(item);
    if (kind == MLAB_SETTING_LIST) return mlab_spec_stop(r, "wrong_kind", place, "", err, "policies: a list in the list, allowed names of policies");
    if (kind == MLAB_SETTING_MAP && mlab_setting_size(item) != 1)
        return mlab_spec_stop(r, "wrong_kind", place, "", err, "policies: one policy an item, each with its own dash");
    const char *name = kind == MLAB_SETTING_TEXT ? mlab_setting_text(item) : mlab_setting_key(item, 0);
    if (!mlab_policy_find(name)) return unknown_policy(r, name, place, err);
    for (size_t i = 0; i < r->spec->n_policies; i++)
        if (mlab_spec_is(name, r->spec->policies[i]))
            return mlab_spec_stop(r, "bad_value", place, name, err, "policies: a policy stands there twice");
    const size_t k = r->spec->n_policies;
    mlab_status status = mlab_spec_keep(r, name, &r->spec->policies[k], err);
    if (status) return status;
    r->spec->asks[k].place = place;
    r->spec->n_policies++;
    if (kind == MLAB_SETTING_TEXT) return MLAB_OK;
    const mlab_setting *map = mlab_setting_item(item, 0);
    if (mlab_setting_kind_of(map) != MLAB_SETTING_MAP)
        return mlab_spec_stop(r, "wrong_kind", place, name, err, "policies: the options of a policy are a map, {fair: {group: gender}}");
    const size_t stops = mlab_findings_count(r->findings, MLAB_SEVERITY_STOP);
    status = read_options(r, name, map, &r->spec->asks[k], err);
    if (status || mlab_findings_count(r->findings, MLAB_SEVERITY_STOP) > stops) return status;
    return mlab_spec_check_ask(r, name, map, &r->spec->asks[k], err);
}

/* Those that need nothing said to them, beside those that stand there. */
static mlab_status add_compared(const mlab_spec_reader *r, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < N_COMPARED; k++) {
        bool there = !mlab_policy_find(compared[k]);
        for (size_t i = 0; i < r->spec->n_policies; i++) there = there || strcmp(r->spec->policies[i], compared[k]) == 0;
        if (there) continue;
        status = mlab_spec_keep(r, compared[k], &r->spec->policies[r->spec->n_policies], err);
        r->spec->n_policies += !status;
    }
    return status;
}

mlab_status mlab_spec_read_policies(const mlab_spec_reader *r, bool compare, mlab_error *err)
{
    const mlab_setting *policies = mlab_settings_find(r->settings, NULL, "matching.policies");
    const bool one = !policies || mlab_setting_kind_of(policies) != MLAB_SETTING_LIST;
    const size_t n = one ? 1 : mlab_setting_size(policies);
    r->spec->policies = mlab_allocate(r->context, n + N_COMPARED, sizeof *r->spec->policies);
    r->spec->asks = mlab_allocate(r->context, n + N_COMPARED, sizeof *r->spec->asks);
    if (!r->spec->policies || !r->spec->asks) return mlab_spec_no_memory(err);
    mlab_status status = MLAB_OK;
    if (!policies) {
        status = mlab_spec_keep(r, "optimal", &r->spec->policies[0], err);
        r->spec->n_policies = !status;
    }
    for (size_t i = 0; policies && !status && i < n; i++) status = read_policy(r, one ? policies : mlab_setting_item(policies, i), err);
    r->spec->n_stated = r->spec->n_policies;
    return !status && compare ? add_compared(r, err) : status;
}
