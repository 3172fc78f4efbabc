/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of pairs with what speaks for each and what else there was: points of each rule, runners-up on both sides, and for every mentee the five
 * best allowed alternatives with what each would break. The list is read back with decisions in it.
 *
 * Weakness: what an alternative would break is told for this one change; several changes at once may break more or less.
 */
#include "match/list.h"

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

enum { ALTERNATIVES = 5 };

/* By the mentee's own ranks where there are some, else by score; equals by the mentor's place in the order of ids. */
static bool before(const mlab_pool *pool, size_t a, size_t b)
{
    const int32_t x = pool->mentee_rank && pool->mentee_rank[a] ? pool->mentee_rank[a] : INT32_MAX;
    const int32_t y = pool->mentee_rank && pool->mentee_rank[b] ? pool->mentee_rank[b] : INT32_MAX;
    if (x != y) return x < y;
    if (pool->score[a] != pool->score[b]) return pool->score[a] > pool->score[b];
    return a < b;
}

static bool is_theirs(const mlab_pairs *p, size_t i, int32_t mentor)
{
    for (size_t s = i * p->each; s < (i + 1) * p->each; s++)
        if (p->mentor_of[s] == mentor) return true;
    return false;
}

/* Of each mentor: the best candidate who is not theirs, and the pair that would go first for another. */
static void look_from_mentors(mlab_lister *l)
{
    const mlab_pool *pool = &l->m->pool;
    const mlab_pairs *p = l->pairs;
    const size_t n = p->n_mentors;
    l->runner_up = mlab_allocate(l->m->context, n, sizeof *l->runner_up);
    l->runner = mlab_allocate(l->m->context, n, sizeof *l->runner);
    l->weakest = mlab_allocate(l->m->context, n, sizeof *l->weakest);
    if (!l->runner_up || !l->runner || !l->weakest) {
        l->failed = true;
        return;
    }
    for (size_t j = 0; j < n; j++) l->runner_up[j] = l->weakest[j] = SIZE_MAX;
    for (size_t s = 0; s < p->n_mentees * p->each; s++) {
        const int32_t j = p->mentor_of[s];
        if (j == MLAB_UNMATCHED || (l->m->locked && l->m->locked[s / p->each] == j)) continue;
        if (l->weakest[j] == SIZE_MAX || p->score[s] < p->score[l->weakest[j]]) l->weakest[j] = s;
    }
    for (size_t i = 0; i < p->n_mentees; i++)
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            const int32_t j = pool->mentor[e];
            if (is_theirs(p, i, j)) continue;
            const size_t best = l->runner_up[j];
            const int32_t mine = pool->mentor_rank && pool->mentor_rank[e] ? pool->mentor_rank[e] : INT32_MAX;
            const int32_t theirs = best != SIZE_MAX && pool->mentor_rank && pool->mentor_rank[best] ? pool->mentor_rank[best] : INT32_MAX;
            if (best != SIZE_MAX && (mine > theirs || (mine == theirs && pool->score[e] <= pool->score[best]))) continue;
            l->runner_up[j] = e;
            l->runner[j] = i;
        }
}

static bool was_rejected(const mlab_matching *m, size_t i, int32_t j)
{
    for (size_t k = 0; k < m->n_rejected; k++)
        if (m->rejected[k] == ((uint64_t)i << 32 | (uint32_t)j)) return true;
    return false;
}

/* The best candidates of a mentee who are not theirs and were not turned down; returns how many. */
static size_t find_alternatives(const mlab_lister *l, size_t i, size_t into[ALTERNATIVES])
{
    const mlab_pool *pool = &l->m->pool;
    size_t n = 0;
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        const int32_t j = pool->mentor[e];
        if (is_theirs(l->pairs, i, j) || pool->capacity[j] <= 0 || (l->m->withdrawn && l->m->withdrawn[j]) || was_rejected(l->m, i, j)) continue;
        size_t at = n;
        while (at > 0 && before(pool, e, into[at - 1])) at--;
        if (at == ALTERNATIVES) continue;
        if (n < ALTERNATIVES) n++;
        for (size_t k = n - 1; k > at; k--) into[k] = into[k - 1];
        into[at] = e;
    }
    return n;
}

/* What taking this candidate would break. */
static void put_breaks(mlab_lister *l, size_t i, size_t e)
{
    const mlab_pool *pool = &l->m->pool;
    const mlab_pairs *p = l->pairs;
    const int32_t j = pool->mentor[e];
    mlab_text text = MLAB_TEXT(l->m->context);
    const double now = p->mentor_of[i * p->each] == MLAB_UNMATCHED ? 0 : p->score[i * p->each];
    char points[64];
    if (p->load[j] < p->capacity[j]) {
        mlab_number_for_people(fabs(pool->score[e] - now), 1, points, sizeof points);
        mlab_text_print(&text, "nothing: a place is free; score %s%s", pool->score[e] < now ? "-" : "+", points);
    } else if (l->weakest[j] == SIZE_MAX) {
        mlab_text_append(&text, "a locked pair");
    } else {
        const size_t other = l->weakest[j] / p->each;
        const double change = pool->score[e] - now - p->score[l->weakest[j]];
        mlab_number_for_people(fabs(change), 1, points, sizeof points);
        mlab_text_print(&text, "the pair of %s, who would need another; score %s%s before that", p->mentees[other], change < 0 ? "-" : "+", points);
    }
    mlab_lister_take(l, &text);
}

static void put_headings(mlab_lister *l)
{
    mlab_lister_heading(l, "decision", false);
    mlab_lister_heading(l, "mentee", false);
    mlab_lister_headings(l, "mentee");
    mlab_lister_heading(l, "mentor", false);
    mlab_lister_headings(l, "mentor");
    mlab_lister_heading(l, "score", true);
    mlab_lister_heading(l, "reason", false);
    for (size_t t = 0; t < l->pairs->n_rules; t++) {
        if (l->pairs->rules[t].must) continue;
        mlab_text text = MLAB_TEXT(l->m->context);
        mlab_text_print(&text, "points: %s", l->pairs->rules[t].name);
        l->failed |= text.failed;
        mlab_lister_heading(l, mlab_text_get(&text), true);
        mlab_text_free(&text);
    }
    for (size_t k = 0; k < l->pairs->n_gains; k++) {
        mlab_text text = MLAB_TEXT(l->m->context);
        mlab_text_print(&text, "gain: %s (%s)", l->pairs->gains[k].outcome, l->pairs->gains[k].unit);
        l->failed |= text.failed;
        mlab_lister_heading(l, mlab_text_get(&text), true);
        mlab_text_free(&text);
        mlab_lister_heading(l, "its standard error", true);
    }
    static const char *const more[] = {"mentee's runner-up", "its score", "mentor's runner-up", "their score"};
    for (size_t k = 0; k < 4; k++) mlab_lister_heading(l, more[k], k % 2 == 1);
    for (int k = 1; k <= ALTERNATIVES; k++) {
        char heading[40] = "alternative 0";
        heading[12] = (char)('0' + k);
        mlab_lister_heading(l, heading, false);
        strcpy(heading, "score 0");
        heading[6] = (char)('0' + k);
        mlab_lister_heading(l, heading, true);
        strcpy(heading, "breaks 0");
        heading[7] = (char)('0' + k);
        mlab_lister_heading(l, heading, false);
    }
    mlab_lister_heading(l, "rejected before", false);
}

/* Points that each rule gives the pair; they add up to its score. */
static void put_points(mlab_lister *l, size_t i, int32_t j)
{
    const mlab_matching *m = l->m;
    double weight = 0;
    for (size_t t = 0; j != MLAB_UNMATCHED && t < l->pairs->n_rules; t++) {
        const mlab_rule *rule = mlab_scorer_rule(m->scorer, t);
        if (!rule->must && mlab_scorer_term(m->scorer, &m->request, t, i, (size_t)j).known) weight += rule->weight;
    }
    for (size_t t = 0; t < l->pairs->n_rules; t++) {
        const mlab_rule *rule = mlab_scorer_rule(m->scorer, t);
        if (rule->must) continue;
        mlab_term term = {0};
        if (j != MLAB_UNMATCHED) term = mlab_scorer_term(m->scorer, &m->request, t, i, (size_t)j);
        mlab_lister_number(l, term.known ? 100 * rule->weight * term.s / weight : NAN, 1);
    }
}

static void put_candidate(mlab_lister *l, const char *id, double score)
{
    mlab_lister_text(l, id);
    mlab_lister_number(l, score, 1);
}

static void put_alternatives(mlab_lister *l, size_t i, int32_t j)
{
    const mlab_pool *pool = &l->m->pool;
    const mlab_pairs *p = l->pairs;
    size_t found[ALTERNATIVES];
    const size_t n = find_alternatives(l, i, found);
    if (n)
        put_candidate(l, p->mentors[pool->mentor[found[0]]], pool->score[found[0]]);
    else
        mlab_lister_empty(l, 2);
    const size_t back = j == MLAB_UNMATCHED ? SIZE_MAX : l->runner_up[j];
    if (back != SIZE_MAX)
        put_candidate(l, p->mentees[l->runner[j]], pool->score[back]);
    else
        mlab_lister_empty(l, 2);
    for (size_t k = 0; k < ALTERNATIVES; k++) {
        if (k >= n) {
            mlab_lister_empty(l, 3);
            continue;
        }
        put_candidate(l, p->mentors[pool->mentor[found[k]]], pool->score[found[k]]);
        put_breaks(l, i, found[k]);
    }
}

/* Mentors whom the mentee turned down in this or an earlier round. */
static void put_rejected(mlab_lister *l, size_t i)
{
    const mlab_matching *m = l->m;
    mlab_text text = MLAB_TEXT(m->context);
    for (size_t k = 0; k < m->n_rejected; k++)
        if (m->rejected[k] >> 32 == i) mlab_text_print(&text, "%s%s", text.n ? "; " : "", l->pairs->mentors[(uint32_t)m->rejected[k]]);
    mlab_lister_take(l, &text);
}

/* Mentors who withdrew have a row of their own, so that the list remembers them. */
static void put_withdrawn(mlab_lister *l)
{
    for (size_t j = 0; l->m->withdrawn && j < l->pairs->n_mentors; j++) {
        if (!l->m->withdrawn[j]) continue;
        mlab_lister_text(l, "mentor withdraws");
        mlab_lister_text(l, "");
        mlab_lister_carry(l, MLAB_MENTEES, SIZE_MAX);
        mlab_lister_text(l, l->pairs->mentors[j]);
        mlab_lister_carry(l, MLAB_MENTORS, j);
        mlab_lister_empty(l, l->list->n_columns - 3 - 2 * l->n_carried);
    }
}

void mlab_list_pairs(mlab_lister *l)
{
    const mlab_pairs *p = l->pairs;
    put_headings(l);
    look_from_mentors(l);
    for (size_t s = 0; !l->failed && s < p->n_mentees * p->each; s++) {
        const size_t i = s / p->each;
        const int32_t j = p->mentor_of[s];
        if (j == MLAB_UNMATCHED && s % p->each) continue;
        const char *decided = l->m->decided && l->m->decided_each == p->each ? l->m->decided[s] : NULL;
        mlab_lister_text(l, decided ? decided : "");
        mlab_lister_text(l, p->mentees[i]);
        mlab_lister_carry(l, MLAB_MENTEES, i);
        mlab_lister_text(l, j == MLAB_UNMATCHED ? "" : p->mentors[j]);
        mlab_lister_carry(l, MLAB_MENTORS, j == MLAB_UNMATCHED ? SIZE_MAX : (size_t)j);
        mlab_lister_number(l, j == MLAB_UNMATCHED ? NAN : p->score[s], 1);
        mlab_lister_text(l, p->reason[s]);
        put_points(l, i, j);
        for (size_t k = 0; k < p->n_gains; k++) {
            mlab_lister_number(l, p->gains[k].gain[i], 2);
            mlab_lister_number(l, p->gains[k].se[i], 2);
        }
        put_alternatives(l, i, j);
        put_rejected(l, i);
    }
    put_withdrawn(l);
}

/* --- summary -------------------------------------------------------------------------------------------- */

static void put_figure(mlab_lister *l, const char *what, double value, int decimals, const char *note)
{
    mlab_lister_text(l, what);
    mlab_lister_number(l, value, decimals);
    mlab_lister_text(l, note);
}

/* How groups fared: the list is for the owner of the names, so that small groups are told too. */
static void put_groups(mlab_lister *l)
{
    for (size_t k = 0; k < l->pairs->n_groups; k++) {
        const mlab_pairs_group *g = &l->pairs->groups[k];
        mlab_text text = MLAB_TEXT(l->m->context);
        char low[40], high[40];
        mlab_text_print(&text, "%s %s: per cent with a mentor", l->pairs->group_column, g->name);
        mlab_lister_take(l, &text);
        mlab_lister_number(l, g->n ? 100 * (double)g->matched / (double)g->n : NAN, 1);
        mlab_number_for_people(100 * g->rate_low, 0, low, sizeof low);
        mlab_number_for_people(100 * g->rate_high, 0, high, sizeof high);
        mlab_text_print(&text, "%llu of %llu, 95 %% interval %s to %s%s", (unsigned long long)g->matched, (unsigned long long)g->n, low, high,
                        g->below_four_fifths ? "; less than four fifths of the highest share" : "");
        mlab_lister_take(l, &text);
        mlab_text_print(&text, "%s %s: mean score", l->pairs->group_column, g->name);
        mlab_lister_take(l, &text);
        mlab_lister_number(l, g->matched ? g->mean_score : NAN, 1);
        mlab_number_for_people(g->mean_low, 1, low, sizeof low);
        mlab_number_for_people(g->mean_high, 1, high, sizeof high);
        if (isfinite(g->mean_low)) mlab_text_print(&text, "95 %% interval %s to %s", low, high);
        mlab_lister_take(l, &text);
    }
}

void mlab_list_summary(mlab_lister *l)
{
    const mlab_pairs *p = l->pairs;
    mlab_lister_heading(l, "figure", false);
    mlab_lister_heading(l, "value", true);
    mlab_lister_heading(l, "note", false);
    put_figure(l, "pairs", (double)p->n_pairs, 0, p->policy);
    put_figure(l, "mentees", (double)p->n_mentees, 0, "");
    put_figure(l, "mentees with a mentor", (double)p->n_matched, 0, "");
    put_figure(l, "mentors", (double)p->n_mentors, 0, "");
    put_figure(l, "mentors with a mentee", (double)p->mentors_used, 0, "");
    put_figure(l, "places", (double)p->places, 0, "");
    put_figure(l, "mean score", p->mean_score, 1, "of 100");
    put_figure(l, "lowest score", p->lowest_score, 1, "");
    put_figure(l, "spread of scores", p->score_sd, 1, "standard deviation");
    put_figure(l, "pairs who would both rather have each other", (double)p->blocking_pairs, 0, p->each > 1 ? "not counted for networks" : "");
    put_figure(l, "mean rank for mentees", p->mean_rank, 1, "1 = the best of those allowed");
    put_figure(l, "mean rank for mentors", p->mentor_mean_rank, 1, "");
    put_figure(l, "mean regret", p->mean_regret, 1, "points below the best allowed, nobody counting 0");
    put_figure(l, "most mentees of one mentor", (double)p->most_load, 0, "");
    put_figure(l, "total score", p->total_score, 1, "");
    put_figure(l, "best total score of the same people", p->optimum, 1, isnan(p->optimum) ? "not worked out" : "");
    put_figure(l, "points below the best total", p->optimum - p->total_score, 1, "");
    put_figure(l, "per cent below the best total", p->optimum > 0 ? 100 * (p->optimum - p->total_score) / p->optimum : NAN, 2, "");
    put_figure(l, "allowed pairs", (double)p->candidates, 0, "");
    put_groups(l);
    for (size_t t = 0; t < p->n_rules; t++) {
        const mlab_rule_share *r = &p->rules[t];
        mlab_text text = MLAB_TEXT(l->m->context);
        mlab_text_print(&text, "%s '%s' %s", r->must ? "must" : "rule", r->name,
                        r->must ? "alone ruled out, of 100 pairs" : "decided, of 100 points of spread");
        mlab_lister_take(l, &text);
        mlab_lister_number(l, r->must ? (r->sample ? 100 * (double)r->ruled_out / (double)r->sample : 0) : 100 * r->share, 1);
        mlab_text_print(&text, "not known of %llu of %llu pairs looked at", (unsigned long long)r->not_known, (unsigned long long)r->sample);
        mlab_lister_take(l, &text);
        if (!r->left_out) continue;
        mlab_text_print(&text, "mentees who would fare otherwise without '%s'", r->name);
        mlab_lister_take(l, &text);
        mlab_lister_number(l, (double)r->changed, 0);
        mlab_lister_text(l, "matched again without it, all else the same");
        mlab_text_print(&text, "points that '%s' costs the other rules", r->name);
        mlab_lister_take(l, &text);
        mlab_lister_number(l, r->costs, 1);
        mlab_lister_text(l, "");
    }
    for (size_t k = 0; k < p->n_gains; k++) put_figure(l, "mean gain", p->gains[k].mean, 2, p->gains[k].told);
}
