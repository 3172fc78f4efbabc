/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discrimination and accuracy of predicted risks of censored times.
 *
 * Harrell's C; Uno's C with inverse-probability-of-censoring weights (Uno, Cai, Pencina, D'Agostino & Wei 2011, doi:10.1002/sim.4154), as
 * concordance(timewt = "n/G2") of the R package survival; the Brier score with such weights (Graf, Schmoor, Sauerbrei & Schumacher 1999). G is Kaplan
 * and Meier's curve of censoring, events of a time before those censored at it. Pairs are counted by a tree of ranks, O(n log n).
 * Weakness: censoring must not depend on the covariates. */
#include "fit/diagnose/scores.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/order.h"

#include <math.h>
#include <string.h>

typedef struct sorted {
    size_t n;
    uint32_t *by_time; /* [n] rising */
    uint32_t *rank;    /* [n] of the risk, from 1, equal ones alike */
    size_t n_ranks;
    double *tree;  /* [n_ranks + 1] sums of counts by rank (Fenwick) */
    double *count; /* [n_ranks + 1] */
    double *still; /* [n] G just before the row's time */
} sorted;

static void add(sorted *s, size_t rank)
{
    s->count[rank]++;
    for (; rank <= s->n_ranks; rank += rank & (~rank + 1)) s->tree[rank]++;
}

/* Rows added with a rank of at most `rank`. */
static double up_to(const sorted *s, size_t rank)
{
    double sum = 0;
    for (; rank > 0; rank -= rank & (~rank + 1)) sum += s->tree[rank];
    return sum;
}

/* G before each row's time; *at = G at the horizon, *share = Kaplan & Meier's share with the event by then. */
static void curves(sorted *s, const double *time, const int32_t *event, double horizon, double *at, double *share)
{
    double g = 1, survival = 1;
    *at = 1;
    for (size_t i = 0, end; i < s->n; i = end) {
        double now = time[s->by_time[i]], events = 0, there = (double)(s->n - i);
        for (end = i; end < s->n && time[s->by_time[end]] == now; end++) {
            events += event[s->by_time[end]] != 0;
            s->still[s->by_time[end]] = g;
        }
        double censored = (double)(end - i) - events;
        if (now <= horizon) survival *= 1 - events / there;
        if (censored > 0) g *= 1 - censored / (there - events);
        if (now <= horizon) *at = g;
    }
    *share = 1 - survival;
}

static void concordance(sorted *s, const double *time, const int32_t *event, double horizon, mlab_time_scores *scores)
{
    double right = 0, all = 0, right_uno = 0, all_uno = 0;
    for (size_t end = s->n, first; end > 0; end = first) {
        double now = time[s->by_time[end - 1]];
        for (first = end; first > 0 && time[s->by_time[first - 1]] == now;) first--;
        for (size_t k = first; k < end; k++)
            if (!event[s->by_time[k]]) add(s, s->rank[s->by_time[k]]);
        double later = up_to(s, s->n_ranks);
        for (size_t k = first; k < end; k++) {
            size_t i = s->by_time[k];
            if (!event[i]) continue;
            double below = up_to(s, s->rank[i] - 1) + s->count[s->rank[i]] / 2, w = now <= horizon ? 1 / (s->still[i] * s->still[i]) : 0;
            right += below;
            all += later;
            right_uno += w * below;
            all_uno += w * later;
        }
        for (size_t k = first; k < end; k++)
            if (event[s->by_time[k]]) add(s, s->rank[s->by_time[k]]);
    }
    scores->harrell = all > 0 ? right / all : -1;
    scores->uno = all_uno > 0 ? right_uno / all_uno : -1;
}

static void at_horizon(sorted *s, const double *time, const int32_t *event, const double *risk, double horizon, double still,
                       mlab_time_scores *scores)
{
    double right = 0, all = 0, error = 0, alike = 0, n = (double)s->n;
    memset(s->tree, 0, (s->n_ranks + 1) * sizeof *s->tree);
    memset(s->count, 0, (s->n_ranks + 1) * sizeof *s->count);
    for (size_t i = 0; i < s->n; i++)
        if (time[i] > horizon) add(s, s->rank[i]);
    double later = up_to(s, s->n_ranks);
    for (size_t i = 0; i < s->n; i++) {
        bool happened = time[i] <= horizon && event[i];
        double w = happened ? 1 / s->still[i] : time[i] > horizon && still > 0 ? 1 / still : 0;
        error += w * pow(happened - risk[i], 2) / n;
        alike += w * pow(happened - scores->share, 2) / n;
        if (!happened) continue;
        right += w * (up_to(s, s->rank[i] - 1) + s->count[s->rank[i]] / 2);
        all += w * later;
    }
    scores->auc = all > 0 ? right / all : -1;
    scores->brier = error;
    scores->brier_alike = alike;
}

mlab_status mlab_time_scores_make(const mlab_context *context, size_t n, const double *time, const int32_t *event, const double *risk, double horizon,
                                  mlab_time_scores *scores, mlab_error *err)
{
    sorted s = {.n = n};
    double still;
    *scores = (mlab_time_scores){.harrell = -1, .uno = -1, .auc = -1};
    uint64_t *keys = mlab_allocate(context, n, sizeof *keys);
    uint32_t *by_risk = mlab_allocate(context, n, sizeof *by_risk);
    s.by_time = mlab_allocate(context, n, sizeof *s.by_time);
    s.rank = mlab_allocate(context, n, sizeof *s.rank);
    s.tree = mlab_allocate(context, n + 1, sizeof *s.tree);
    s.count = mlab_allocate(context, n + 1, sizeof *s.count);
    s.still = mlab_allocate(context, n, sizeof *s.still);
    bool made = keys && by_risk && s.by_time && s.rank && s.tree && s.count && s.still;
    mlab_status status = made ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", n);
    for (size_t i = 0; i < n && !status; i++) {
        s.by_time[i] = by_risk[i] = (uint32_t)i;
        keys[i] = mlab_order_of_real(risk[i]);
    }
    if (!status) status = mlab_order_by(context, keys, by_risk, n, err);
    for (size_t k = 0; k < n && !status; k++) {
        s.n_ranks += k == 0 || risk[by_risk[k]] > risk[by_risk[k - 1]];
        s.rank[by_risk[k]] = (uint32_t)s.n_ranks;
    }
    for (size_t i = 0; i < n && !status; i++) keys[i] = mlab_order_of_real(time[i]);
    if (!status) status = mlab_order_by(context, keys, s.by_time, n, err);
    if (!status) {
        curves(&s, time, event, horizon, &still, &scores->share);
        concordance(&s, time, event, horizon, scores);
        at_horizon(&s, time, event, risk, horizon, still, scores);
    }
    void *const memory[] = {keys, by_risk, s.by_time, s.rank, s.tree, s.count, s.still};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    return status;
}
