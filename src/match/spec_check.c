/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of a policy that are fine alone and wrong together: each with the place of the one that has to change. */
#include "match/spec.h"

#include <string.h>

typedef struct checking {
    const mlab_spec_reader *r;
    const mlab_setting *map;
    const mlab_policy_ask *ask;
} checking;

static mlab_status wrong(const checking *c, const char *key, const char *sentence, mlab_error *err)
{
    const mlab_setting *value = mlab_settings_find(c->r->settings, c->map, key);
    const char *text = value && mlab_setting_kind_of(value) == MLAB_SETTING_TEXT ? mlab_setting_text(value) : key;
    return mlab_spec_stop(c->r, "bad_value", value ? mlab_setting_place(value) : mlab_setting_place(c->map), text, err, sentence);
}

static bool has(const checking *c, const char *key)
{
    return mlab_settings_find(c->r->settings, c->map, key) != NULL;
}

static bool knows_groups(const checking *c)
{
    return c->ask->group_column || c->r->spec->group_column;
}

static mlab_status check_fair(const checking *c, mlab_error *err)
{
    const mlab_policy_options *o = &c->ask->options;
    if (o->fair_kind == MLAB_FAIR_LEXIMIN && has(c, "level"))
        return wrong(c, "level", "level is for kind: minimum, rate or quality; leximin puts the worst-off first and has none", err);
    if (o->fair_kind == MLAB_FAIR_LEXIMIN && has(c, "groups")) return wrong(c, "groups", "groups are for kind: minimum, rate or quality", err);
    if (o->fair_kind != MLAB_FAIR_LEXIMIN && !knows_groups(c))
        return wrong(c, "kind", "this kind of fairness is between groups; group: names their column", err);
    if (o->fair_kind != MLAB_FAIR_LEXIMIN && o->fair_kind != MLAB_FAIR_PARITY_QUALITY && o->fair_level > 1)
        return wrong(c, "level", "level is a share of the group here, a number from 0 to 1; for 7 % write 0.07", err);
    return MLAB_OK;
}

static mlab_status check_group(const checking *c, mlab_error *err)
{
    const mlab_policy_options *o = &c->ask->options;
    if (has(c, "size") && has(c, "most")) return wrong(c, "most", "size and most say the same; keep one", err);
    if (o->group_high && o->group_low > o->group_high) return wrong(c, "least", "least is above the most of a circle", err);
    if (o->mix_most && o->mix_least > o->mix_most) return wrong(c, "mix_least", "mix_least is above mix_most", err);
    if ((o->mix_least || o->mix_most) && !knows_groups(c))
        return wrong(c, o->mix_least ? "mix_least" : "mix_most", "bounds on the mix of a circle are about groups; group: names their column", err);
    if (has(c, "mix_also") && !knows_groups(c)) return wrong(c, "mix_also", "mix_also names further columns; group: names the first", err);
    if (has(c, "mix_also") && !o->mix_least && !o->mix_most)
        return wrong(c, "mix_also", "mix_also is about the mix of a circle; mix_least: or mix_most: says what it shall be", err);
    return MLAB_OK;
}

static mlab_status check_informal(const checking *c, mlab_error *err)
{
    const mlab_policy_options *o = &c->ask->options;
    if (o->choice_fitted && (has(c, "score") || has(c, "same_group")))
        return wrong(c, has(c, "score") ? "score" : "same_group", "with fit: yes the weights come from past pairs; state them or fit them", err);
    if (has(c, "same_group") && !knows_groups(c)) return wrong(c, "same_group", "same_group is about groups; group: names their column", err);
    if (has(c, "meeting_across") && !knows_groups(c))
        return wrong(c, "meeting_across", "meeting_across is about groups; group: names their column", err);
    return MLAB_OK;
}

static mlab_status check_network(const checking *c, mlab_error *err)
{
    if (has(c, "roles") && !c->ask->role_column) return wrong(c, "roles", "roles are values of a column of the mentors; role: names it", err);
    if (has(c, "mentors") && c->ask->role_column)
        return wrong(c, "mentors", "with role: each mentee has at most one mentor of each role; mentors: says how many where there are no roles",
                     err);
    return MLAB_OK;
}

static mlab_status check_peer(const checking *c, mlab_error *err)
{
    if (c->ask->options.peer_stable && c->ask->options.participation_first)
        return wrong(c, "first", "stable pairs go by wishes; first: participation is for stable: no", err);
    return MLAB_OK;
}

mlab_status mlab_spec_check_ask(const mlab_spec_reader *r, const char *policy, const mlab_setting *map, const mlab_policy_ask *ask, mlab_error *err)
{
    static const struct {
        const char *policy;
        mlab_status (*check)(const checking *c, mlab_error *err);
    } rows[] = {{"fair", check_fair},       {"group", check_group},     {"self_selection", check_informal},
                {"hybrid", check_informal}, {"network", check_network}, {"peer", check_peer}};
    const checking c = {r, map, ask};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        if (strcmp(rows[k].policy, policy) == 0) return rows[k].check(&c, err);
    return MLAB_OK;
}
