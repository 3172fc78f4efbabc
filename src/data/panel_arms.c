/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arm of a person in the morning of a day, from relationships and from what other sources say (docs/panel.md, docs/surveys.md).
 * A source says of an arm that the person is in it, or is not, or says nothing: then it is unknown, and with it the person's arm, unless
 * what is known settles it (both arms of two, or the first one of a ranking). Weakness: a person's relationships and exposures are
 * looked through for every row; thousands for one person would be slow. */
#include "data/panel_work.h"

#include "core/number.h"

/* Sets of arms as bits 1 .. n_arms; n_arms is checked by the builder. */
typedef struct arm_sets {
    uint64_t started; /* began on the morning or before */
    uint64_t going;   /* and goes on */
    uint64_t unknown; /* nothing says whether */
    bool unclear;     /* a relationship whose arm is unclear */
} arm_sets;

static int32_t arm_of_set(const mlab_panel_work *work, uint64_t set)
{
    int32_t n = 0, only = 0;
    for (int32_t a = 1; a <= (int32_t)work->spec->n_arms; a++)
        if (set >> a & 1) {
            n++;
            only = a;
        }
    if (n <= 1) return only;
    if (work->spec->both_separate) return (int32_t)work->spec->n_arms + 1;
    for (size_t k = 0; k < work->spec->n_arms; k++)
        if (set >> (work->spec->priority[k] + 1) & 1) return work->spec->priority[k] + 1;
    return only;
}

/* Is it settled, whatever the unknown arms are? */
static bool settles(const mlab_panel_work *work, uint64_t in, uint64_t unknown)
{
    if (!unknown) return true;
    if (!in) return false;
    if (work->spec->both_separate) return (in & (in - 1)) != 0; /* two already */
    for (size_t k = 0; k < work->spec->n_arms; k++) {
        uint64_t arm = UINT64_C(1) << (work->spec->priority[k] + 1);
        if (in & arm) return true;
        if (unknown & arm) return false;
    }
    return false;
}

static bool covered(const mlab_panel_work *work, int32_t start)
{
    const mlab_panel_relationships *r = work->relationships;
    if (!r || !work->spec->n_arms) return false;
    return (r->known_from == MLAB_DATE_MISSING || start + 1 >= r->known_from) && (r->known_to == MLAB_DATE_MISSING || start + 1 <= r->known_to);
}

static void look_at_ties(const mlab_panel_work *work, uint32_t person, int32_t start, arm_sets *sets)
{
    for (size_t k = work->mentee_first[person]; k < work->mentee_first[person + 1]; k++) {
        uint32_t tie = work->mentee_ties[k];
        int32_t meaning = work->meaning[tie];
        if (work->relationships->items[tie].start > start + 1) break;
        if (work->begins[tie] > start + 1) continue; /* the meeting that makes it count comes later */
        if (meaning == MLAB_TIE_UNCLEAR && (!work->spec->exposure_current || work->ends[tie] > start)) sets->unclear = true;
        if (meaning <= 0) continue;
        sets->started |= UINT64_C(1) << meaning;
        if (work->ends[tie] > start) sets->going |= UINT64_C(1) << meaning;
    }
}

/* What other sources say of the arms that they speak of; *out = arms that the person is known not to be in. */
static void look_at_exposures(const mlab_panel_work *work, uint32_t person, int32_t morning, arm_sets *sets, uint64_t *out)
{
    const mlab_panel_exposures *e = work->spec->exposures;
    for (size_t k = work->exposure_first[person]; k < work->exposure_first[person + 1]; k++) {
        const mlab_panel_exposure *item = &e->items[k];
        uint64_t arm = UINT64_C(1) << (item->arm + 1);
        if (item->from > morning) continue;
        bool speaks = item->to == MLAB_DATE_MISSING || item->to >= morning;
        if (!item->in && speaks) *out |= arm;
        if (!item->in) continue;
        sets->started |= arm;
        if (speaks) sets->going |= arm;
    }
}

static int32_t told(const mlab_panel_work *work, int32_t code)
{
    return code < 0 && work->spec->fill_unknown ? work->spec->fill_unknown - 1 : code;
}

int32_t mlab_panel_arm_at(const mlab_panel_work *work, uint32_t person, int32_t start)
{
    const mlab_panel_exposures *e = work->spec->exposures;
    arm_sets sets = {0};
    uint64_t out = 0, ties = 0;
    if (!work->spec->n_arms) return -1;
    look_at_ties(work, person, start, &sets);
    if (sets.unclear) return told(work, -1);
    bool is_covered = covered(work, start), any_tie = sets.started != 0;
    if (e) look_at_exposures(work, person, start + 1, &sets, &out);
    for (size_t a = 0; a < work->spec->n_arms; a++) {
        uint64_t arm = UINT64_C(1) << (a + 1);
        bool asked = e && e->asked[a];
        if (asked) sets.unknown |= ~out & arm;
        if (!work->spec->arms[a].not_related) ties |= arm;
    }
    if (!is_covered && !any_tie) sets.unknown |= ties; /* who is mentored by the records is in no other arm of theirs that they omit */
    if (!work->spec->exposure_current) {
        sets.unknown &= ~sets.started;
        return settles(work, sets.started, sets.unknown) ? arm_of_set(work, sets.started) : told(work, -1);
    }
    sets.unknown &= ~sets.going;
    if (!is_covered && !sets.going) sets.unknown |= ties;
    if (!settles(work, sets.going, sets.unknown)) return told(work, -1);
    if (sets.going) return arm_of_set(work, sets.going);
    return sets.started ? (int32_t)work->spec->n_arms + 2 : 0;
}

bool mlab_panel_mentors_at(const mlab_panel_work *work, uint32_t person, int32_t start)
{
    for (size_t k = work->mentor_first[person]; k < work->mentor_first[person + 1]; k++) {
        uint32_t tie = work->mentor_ties[k];
        if (work->relationships->items[tie].start > start + 1) return false;
        if (work->begins[tie] <= start + 1 && work->ends[tie] > start && work->meaning[tie] != MLAB_TIE_UNMET) return true;
    }
    return false;
}

bool mlab_panel_is_prevalent(const mlab_panel_work *work, uint32_t person, int32_t time_zero)
{
    const mlab_panel_exposures *e = work->spec->exposures;
    for (size_t k = work->mentee_first[person]; k < work->mentee_first[person + 1]; k++) {
        uint32_t tie = work->mentee_ties[k];
        if (work->meaning[tie] > 0 && work->begins[tie] <= time_zero) return true;
    }
    for (size_t k = e ? work->exposure_first[person] : 0; e && k < work->exposure_first[person + 1]; k++)
        if (e->items[k].in && e->items[k].began <= time_zero) return true;
    return false;
}
