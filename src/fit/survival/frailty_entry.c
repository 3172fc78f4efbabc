/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who comes under observation late. Somebody seen from t > 0 on had no event before t, which the less frail of a group are more likely to have
 * managed: the likelihood has to be conditioned on it (van den Berg & Drepper 2011, IZA discussion paper 6031). A row that goes on where
 * another row of the same person ends is not such an entry, nor is any when events recur, since then nobody is left out for having had one.
 *
 * Whose row a row is: the panel's person, else cluster() where it is as fine as the groups, else the group when it is people. Where nothing says so,
 * rows of a group of which none ends where another begins (or the day before) are of different people; else the fit is refused, with the line to
 * write. Weakness: covariates are taken to have been before the entry what they are in the first row; members of a group who had their event before
 * they could be seen are not known of, so that the variance is biased where there are many.
 */
#include "fit/survival/frailty_group.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/order.h"

#include <string.h>

typedef struct entry {
    const mlab_fit_problem *problem;
    size_t n;
    const uint32_t *person; /* of rows of the problem (by_row) or of the table */
    bool of_table, certain;
    uint64_t *stops; /* [n] person and stop, rising */
    uint32_t *row;   /* [n] row of each stop */
} entry;

static uint32_t of(const entry *e, size_t i)
{
    const mlab_fit_problem *p = e->problem;
    return e->of_table ? e->person[p->rows ? p->rows[i] : i] : e->person[i];
}

static uint64_t key(uint32_t person, int32_t time)
{
    return (uint64_t)person << 32 | ((uint32_t)time ^ 0x80000000u);
}

/* First place of e->stops that is not below. */
static size_t place(const entry *e, uint64_t wanted)
{
    size_t low = 0, high = e->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (e->stops[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether every cluster lies in one group. */
static mlab_status clusters_are_within(const mlab_context *context, const mlab_fit_problem *p, bool *within, mlab_error *err)
{
    uint32_t *home = mlab_allocate(context, p->n_clusters, sizeof *home);
    if (!home) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu clusters", p->n_clusters);
    *within = true;
    for (size_t i = 0; i < p->n; i++) {
        uint32_t *at = &home[p->cluster[i]], group = p->random->group[i] + 1;
        if (*at && *at != group) *within = false;
        *at = group;
    }
    mlab_release(context, home);
    return MLAB_OK;
}

static mlab_status choose_person(const mlab_context *context, entry *e, mlab_error *err)
{
    const mlab_fit_problem *p = e->problem;
    bool within = false;
    mlab_status status = p->cluster && !p->person ? clusters_are_within(context, p, &within, err) : MLAB_OK;
    e->of_table = e->certain = p->person != NULL;
    e->person = p->person ? p->person : within ? p->cluster : p->random->group;
    if (within || p->random->person) e->certain = true;
    return status;
}

static mlab_status sort_stops(const mlab_context *context, entry *e, mlab_error *err)
{
    const mlab_fit_problem *p = e->problem;
    e->stops = mlab_allocate(context, e->n, sizeof *e->stops);
    e->row = mlab_allocate(context, e->n, sizeof *e->row);
    if (!e->stops || !e->row) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look for late entry in %zu rows", e->n);
    for (size_t i = 0; i < e->n; i++) {
        e->stops[i] = key(of(e, i), p->stop[i]);
        e->row[i] = (uint32_t)i;
    }
    return mlab_order_by(context, e->stops, e->row, e->n, err);
}

/* Rows of the person of row i that end at the time, and those of them without an event. */
static size_t ending(const entry *e, size_t i, int32_t time, size_t *without)
{
    uint64_t wanted = key(of(e, i), time);
    size_t n = 0;
    *without = 0;
    for (size_t k = place(e, wanted); k < e->n && e->stops[k] == wanted; k++, n++) *without += e->problem->status[e->row[k]] == 0;
    return n;
}

/* Whether an event ended a row that another row of the person goes on from. */
static bool events_recur(const entry *e)
{
    const mlab_fit_problem *p = e->problem;
    for (size_t i = 0; i < e->n; i++) {
        size_t without;
        if (p->start[i] > 0 && ending(e, i, p->start[i], &without) && without == 0) return true;
    }
    return false;
}

static mlab_status ambiguous(const mlab_fit_problem *p, size_t i, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                      "%s: row %zu enters at %d, where another row of its %s ends, and no column says whether they are of one person; write "
                      "cluster(person) with a column that names the person (one value a row if every row is somebody else), since a frailty (1 | %s) "
                      "treats those who come late otherwise than those who go on",
                      p->outcome ? p->outcome : "outcome", (p->rows ? p->rows[i] : i) + 1, (int)p->start[i],
                      p->random->name ? p->random->name : "group", p->random->name ? p->random->name : "group");
}

static mlab_status gap(const mlab_fit_problem *p, size_t i, mlab_error *err)
{
    return mlab_raise(
        err, MLAB_ERR_FIT_MODEL,
        "%s: row %zu begins at %d, after a gap: an earlier row of the same %s ended before; a frailty (1 | %s) cannot tell what happened "
        "in between; close the gap, or name each stretch as a person of its own with cluster()",
        p->outcome ? p->outcome : "outcome", (p->rows ? p->rows[i] : i) + 1, (int)p->start[i],
        p->person                       ? "person"
        : p->cluster && p->cluster_name ? p->cluster_name
        : p->random->name               ? p->random->name
                                        : "group",
        p->random->name ? p->random->name : "group");
}

/* enters[i] of every row that comes late. */
static mlab_status mark(const entry *e, uint8_t *enters, size_t *found, mlab_error *err)
{
    const mlab_fit_problem *p = e->problem;
    size_t without;
    *found = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (p->start[i] <= 0) continue;
        size_t on = ending(e, i, p->start[i], &without);
        if (!e->certain && (on || ending(e, i, p->start[i] - 1, &without))) return ambiguous(p, i, err);
        if (on) continue;
        size_t at = place(e, key(of(e, i), p->start[i]));
        if (e->certain && at > 0 && e->stops[at - 1] >> 32 == of(e, i)) return gap(p, i, err);
        enters[i] = 1;
        ++*found;
    }
    return MLAB_OK;
}

mlab_status mlab_frailty_entries(const mlab_context *context, const mlab_fit_problem *problem, uint8_t **out, mlab_error *err)
{
    entry e = {.problem = problem, .n = problem->n};
    size_t late = 0, found = 0;
    *out = NULL;
    for (size_t i = 0; problem->start && i < problem->n; i++) late += problem->start[i] > 0;
    if (late == 0) return MLAB_OK;
    uint8_t *enters = mlab_allocate(context, problem->n, 1);
    mlab_status status = enters ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look for late entry in %zu rows", problem->n);
    if (!status && problem->enters)
        for (size_t i = 0; i < problem->n; i++) found += enters[i] = problem->enters[i];
    else if (!status) {
        status = choose_person(context, &e, err);
        if (!status) status = sort_stops(context, &e, err);
        if (!status && !(e.certain && events_recur(&e))) status = mark(&e, enters, &found, err);
    }
    mlab_release(context, e.stops);
    mlab_release(context, e.row);
    if (status || found == 0) {
        mlab_release(context, enters);
        enters = NULL;
    }
    *out = enters;
    return status;
}
