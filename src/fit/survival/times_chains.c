/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose times are drawn in a parametric bootstrap, and when they are censored.
 *
 * Somebody who was censored is censored at the same time in every draw; somebody who had the event could have been censored at any time from then
 * on: it is drawn from the Kaplan-Meier estimate of the censoring of the stratum, given that it is not earlier (the conditional bootstrap of Davison
 * & Hinkley 1997, Bootstrap Methods and their Application, doi:10.1017/CBO9780511802843, algorithm 3.3). Events come before censoring on the same
 * day. What that estimate leaves at its end is censored at the longest time of the stratum; where nobody is censored, nobody is.
 *
 * Rows are of one person where the panel or cluster() says so, the latter where no cluster is at risk twice at a time; else every row is somebody.
 * Rows go on where one begins at the end of another without an event. After an event a person's next row ends what can be drawn before it.
 * Weakness: the censoring is taken not to depend on covariates but strata; covariates stay what they were in the last row seen.
 */
#include "fit/survival/times_draw.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/order.h"

#include <math.h>
#include <string.h>

#define MOST_ROWS ((size_t)100000000)

typedef struct maker {
    const mlab_context *context;
    const mlab_fit_problem *problem;
    const uint32_t *person; /* of rows of the problem, or of the table (of_table); NULL = every row is somebody */
    bool of_table;
    uint32_t *order; /* [n] rows, those of one person side by side as time goes */
    size_t *first;   /* [n + 1] of each chain in order */
    int32_t *next;   /* [n] where the person's next chain begins; INT32_MAX = there is none */
    size_t *copies;  /* [n] of each chain */
    size_t n_chains;
} maker;

static mlab_status no_memory(const mlab_fit_problem *problem, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for drawn times of %zu rows", problem->n);
}

static uint32_t person_of(const maker *m, size_t i)
{
    return m->of_table ? m->person[m->problem->rows ? m->problem->rows[i] : i] : m->person[i];
}

static size_t stratum_of(const mlab_fit_problem *problem, size_t i)
{
    return problem->stratum ? (size_t)problem->stratum[i] : 0;
}

/* Orders the rows by cluster and start; clusters are people when none is at risk twice at a time. */
static mlab_status try_clusters(maker *m, mlab_error *err)
{
    const mlab_fit_problem *p = m->problem;
    uint64_t *keys = mlab_allocate(m->context, p->n, sizeof *keys);
    if (!keys) return no_memory(p, err);
    for (size_t i = 0; i < p->n; i++) keys[i] = (uint64_t)p->cluster[i] << 32 | ((uint32_t)p->start[i] ^ 0x80000000u);
    mlab_status status = mlab_order_by(m->context, keys, m->order, p->n, err);
    bool people = true;
    for (size_t k = 1; k < p->n && people; k++) {
        uint32_t i = m->order[k], before = m->order[k - 1];
        people = p->cluster[i] != p->cluster[before] || p->start[i] >= p->stop[before];
    }
    if (people)
        m->person = p->cluster;
    else
        for (size_t i = 0; i < p->n; i++) m->order[i] = (uint32_t)i;
    mlab_release(m->context, keys);
    return status;
}

static mlab_status find_people(maker *m, mlab_error *err)
{
    const mlab_fit_problem *p = m->problem;
    for (size_t i = 0; i < p->n; i++) m->order[i] = (uint32_t)i;
    if (!p->start) return MLAB_OK;
    m->of_table = p->person != NULL;
    m->person = p->person;
    return p->cluster && !p->person ? try_clusters(m, err) : MLAB_OK;
}

/* Cuts the ordered rows into chains. */
static void cut(maker *m)
{
    const mlab_fit_problem *p = m->problem;
    for (size_t k = 0; k < p->n; k++) {
        uint32_t i = m->order[k], before = k ? m->order[k - 1] : 0;
        bool same = k > 0 && m->person && person_of(m, i) == person_of(m, before);
        if (same && p->start[i] == p->stop[before] && p->status[before] == 0 && stratum_of(p, i) == stratum_of(p, before)) continue;
        if (same && p->start[i] >= p->stop[before]) m->next[m->n_chains - 1] = p->start[i];
        m->next[m->n_chains] = INT32_MAX;
        m->first[m->n_chains++] = k;
    }
    m->first[m->n_chains] = p->n;
}

/* How many people each chain is. */
static mlab_status count_copies(maker *m, size_t *rows, bool *copied, mlab_error *err)
{
    const mlab_fit_problem *p = m->problem;
    bool counts = p->weight && p->weights == MLAB_WEIGHTS_FREQUENCY;
    for (size_t i = 0; counts && i < p->n; i++) counts = p->weight[i] == floor(p->weight[i]);
    *rows = 0;
    *copied = false;
    for (size_t c = 0; c < m->n_chains; c++) {
        double weight = counts ? p->weight[m->order[m->first[c]]] : 1;
        for (size_t k = m->first[c]; counts && k < m->first[c + 1]; k++)
            if (p->weight[m->order[k]] != weight)
                return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                                  "%s: the rows of a person have frequencies of %g and %g; allowed: one for all rows of a person",
                                  p->outcome ? p->outcome : "outcome", weight, p->weight[m->order[k]]);
        if (weight * (double)(m->first[c + 1] - m->first[c]) + (double)*rows > (double)MOST_ROWS)
            return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: weights stand for more than %zu rows, each of which is drawn; state fit.draws: bootstrap",
                              p->outcome ? p->outcome : "outcome", MOST_ROWS);
        m->copies[c] = (size_t)weight;
        *copied = *copied || weight != 1;
        *rows += m->copies[c] * (m->first[c + 1] - m->first[c]);
    }
    return MLAB_OK;
}

static bool is_censored(const maker *m, size_t c)
{
    return m->problem->status[m->order[m->first[c + 1] - 1]] == 0;
}

static int32_t end_of(const maker *m, size_t c)
{
    return m->problem->stop[m->order[m->first[c + 1] - 1]];
}

/* --- censoring ------------------------------------------------------------------------------------------------------- */

enum { ENTERS, HAS_EVENT, IS_CENSORED };

/* The Kaplan-Meier estimate of one stratum's censoring from its moments [n] in order: stratum, time, then events before censoring before entries. */
static void estimate(const maker *m, const uint64_t *keys, const uint32_t *moment, size_t n, mlab_time_chains *made)
{
    double at_risk = 0, left = 1;
    size_t stratum = 0, found = 0;
    for (size_t k = 0; k < n;) {
        uint64_t key = keys[k];
        size_t now = (size_t)(key >> 34), what = moment[k] & 3;
        int32_t time = (int32_t)((uint32_t)(key >> 2) ^ 0x80000000u);
        double weight = 0;
        for (; k < n && keys[k] == key; k++) weight += (double)m->copies[moment[k] >> 2];
        for (; stratum < now; at_risk = 0, left = 1) made->censored_first[++stratum] = found;
        if (what == IS_CENSORED && weight > 0 && at_risk > 0) {
            left *= fmax(1 - weight / at_risk, 0);
            made->censored[found] = time;
            made->left[found++] = left;
        }
        at_risk += what == ENTERS ? weight : -weight;
    }
    while (stratum < made->n_strata) made->censored_first[++stratum] = found;
}

static mlab_status find_censoring(const maker *m, mlab_time_chains *made, mlab_error *err)
{
    const mlab_fit_problem *p = m->problem;
    size_t n = 2 * m->n_chains;
    uint64_t *keys = mlab_allocate(m->context, n, sizeof *keys);
    uint32_t *moment = mlab_allocate(m->context, n, sizeof *moment);
    mlab_status status = keys && moment && n < UINT32_MAX / 4 ? MLAB_OK : no_memory(p, err);
    for (size_t c = 0; c < m->n_chains && !status; c++) {
        size_t begin = m->order[m->first[c]], stratum = stratum_of(p, begin);
        int32_t end = end_of(m, c), start = p->start ? p->start[begin] : INT32_MIN;
        uint32_t what = is_censored(m, c) ? IS_CENSORED : HAS_EVENT;
        moment[2 * c] = (uint32_t)c << 2 | ENTERS;
        moment[2 * c + 1] = (uint32_t)c << 2 | what;
        keys[2 * c] = (uint64_t)stratum << 34 | (uint64_t)((uint32_t)start ^ 0x80000000u) << 2 | 3; /* at risk after the day */
        keys[2 * c + 1] = (uint64_t)stratum << 34 | (uint64_t)((uint32_t)end ^ 0x80000000u) << 2 | what;
        if (end > made->last[stratum] && m->copies[c]) made->last[stratum] = end;
    }
    if (!status) status = mlab_order_by(m->context, keys, moment, n, err);
    if (!status) estimate(m, keys, moment, n, made);
    mlab_release(m->context, keys);
    mlab_release(m->context, moment);
    return status;
}

double mlab_time_chains_limit(const mlab_time_chains *chains, size_t c, double u)
{
    if (!chains->open[c]) return chains->limit[c];
    size_t s = chains->stratum[c], low = chains->censored_first[s], first = low, end = chains->censored_first[s + 1], high = end;
    if (low == high) return HUGE_VAL;
    while (low < high) { /* the first that is not before its event */
        size_t middle = low + (high - low) / 2;
        if (chains->censored[middle] < chains->limit[c])
            low = middle + 1;
        else
            high = middle;
    }
    double wanted = u * (low > first ? chains->left[low - 1] : 1);
    for (high = end; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (chains->left[middle] > wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end ? chains->censored[low] : chains->last[s];
}

/* --- all of it ------------------------------------------------------------------------------------------------------- */

void mlab_time_chains_free(mlab_time_chains *chains)
{
    if (!chains->context) return;
    void *const memory[] = {chains->first,   chains->row,  chains->source,         chains->open,     chains->limit,
                            chains->stratum, chains->left, chains->censored_first, chains->censored, chains->last};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(chains->context, memory[k]);
    *chains = (mlab_time_chains){0};
}

static mlab_status allocate(const maker *m, size_t n, size_t rows, mlab_time_chains *made, mlab_error *err)
{
    const mlab_context *context = m->context;
    made->n = n;
    made->n_rows = rows;
    made->n_strata = m->problem->stratum && m->problem->n_strata ? m->problem->n_strata : 1;
    made->first = mlab_allocate(context, n + 1, sizeof *made->first);
    made->row = mlab_allocate(context, rows, sizeof *made->row);
    made->source = mlab_allocate(context, rows, sizeof *made->source);
    made->open = mlab_allocate(context, n, 1);
    made->limit = mlab_allocate(context, n, sizeof *made->limit);
    made->stratum = mlab_allocate(context, n, sizeof *made->stratum);
    made->censored_first = mlab_allocate(context, made->n_strata + 1, sizeof *made->censored_first);
    made->censored = mlab_allocate(context, m->n_chains, sizeof *made->censored);
    made->left = mlab_allocate(context, m->n_chains, sizeof *made->left);
    made->last = mlab_allocate(context, made->n_strata, sizeof *made->last);
    bool whole = made->first && made->row && made->source && made->open && made->limit && made->stratum && made->censored_first && made->censored &&
                 made->left && made->last;
    return whole ? MLAB_OK : no_memory(m->problem, err);
}

static void fill(const maker *m, mlab_time_chains *made)
{
    size_t n = 0, rows = 0;
    for (size_t c = 0; c < m->n_chains; c++) {
        bool open = !is_censored(m, c) && m->next[c] == INT32_MAX;
        for (size_t copy = 0; copy < m->copies[c]; copy++, n++) {
            made->first[n] = rows;
            made->open[n] = open;
            made->limit[n] = is_censored(m, c) || open ? end_of(m, c) : m->next[c];
            made->stratum[n] = (uint32_t)stratum_of(m->problem, m->order[m->first[c]]);
            for (size_t k = m->first[c]; k < m->first[c + 1]; k++, rows++) {
                made->row[rows] = made->copied ? (uint32_t)rows : m->order[k];
                made->source[made->row[rows]] = m->order[k];
            }
        }
    }
    made->first[n] = rows;
}

mlab_status mlab_time_chains_make(const mlab_context *context, const mlab_fit_problem *problem, mlab_time_chains *made, mlab_error *err)
{
    maker m = {.context = context, .problem = problem};
    size_t rows = 0, n = 0;
    *made = (mlab_time_chains){.context = context};
    m.order = mlab_allocate(context, problem->n, sizeof *m.order);
    m.first = mlab_allocate(context, problem->n + 1, sizeof *m.first);
    m.next = mlab_allocate(context, problem->n, sizeof *m.next);
    m.copies = mlab_allocate(context, problem->n, sizeof *m.copies);
    mlab_status status = m.order && m.first && m.next && m.copies ? find_people(&m, err) : no_memory(problem, err);
    if (!status) {
        cut(&m);
        status = count_copies(&m, &rows, &made->copied, err);
    }
    for (size_t c = 0; c < m.n_chains && !status; c++) n += m.copies[c];
    if (!status) status = allocate(&m, n, rows, made, err);
    if (!status) status = find_censoring(&m, made, err);
    if (!status) fill(&m, made);
    void *const memory[] = {m.order, m.first, m.next, m.copies};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    if (status) mlab_time_chains_free(made);
    return status;
}
