/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How groups fared, and how much each rule decided.
 *
 * Intervals of shares are Wilson's (1927, doi:10.1080/01621459.1927.10502953), of means Student's. They tell how far chance alone could take a figure
 * were the people of a group drawn from many alike; matching itself makes people depend on each other, so they are a guide, not a test. A share of a
 * rule is the covariance of its part of the score with the score, over the variance of the score, among allowed pairs: it says what tells pairs apart
 * here, whatever the weight was meant to say. Parts of terms that are not known are 0.
 */
#include "core/error.h"
#include "core/memory.h"
#include "match/matching.h"
#include "match/scorer.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

enum { SAMPLE = 20000 };

static void wilson(mlab_pairs_group *g)
{
    const double z = 1.959963984540054, n = (double)g->n, p = n > 0 ? (double)g->matched / n : 0;
    if (!(n > 0)) {
        g->rate_low = g->rate_high = NAN;
        return;
    }
    const double middle = p + z * z / (2 * n), half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)), scale = 1 + z * z / n;
    g->rate_low = fmax(0, (middle - half) / scale);
    g->rate_high = fmin(1, (middle + half) / scale);
}

static void mean_interval(mlab_pairs_group *g)
{
    g->mean_low = g->mean_high = NAN;
    if (g->matched < 2) return;
    const double half = gsl_cdf_tdist_Pinv(0.975, (double)g->matched - 1) * g->score_sd / sqrt((double)g->matched);
    g->mean_low = fmax(0, g->mean_score - half); /* scores are 0 to 100 */
    g->mean_high = fmin(100, g->mean_score + half);
}

/* 5 a m < 4 c n for the group with the highest share c / m, in whole numbers (29 CFR 1607.4 D). */
static void four_fifths(mlab_pairs_group *groups, size_t n)
{
    size_t top = 0;
    for (size_t k = 1; k < n; k++)
        if (groups[k].matched * groups[top].n > groups[top].matched * groups[k].n) top = k;
    for (size_t k = 0; k < n; k++) groups[k].below_four_fifths = 5 * groups[k].matched * groups[top].n < 4 * groups[top].matched * groups[k].n;
}

static double best_of(const mlab_pairs *pairs, size_t i, bool *any)
{
    double best = 0;
    *any = false;
    for (size_t k = 0; k < pairs->each; k++) {
        const size_t s = i * pairs->each + k;
        if (pairs->mentor_of[s] == MLAB_UNMATCHED) continue;
        if (!*any || pairs->score[s] > best) best = pairs->score[s];
        *any = true;
    }
    return best;
}

mlab_status mlab_pairs_by_group(mlab_pairs *pairs, const int32_t *group, char *const *names, size_t n_names, mlab_error *err)
{
    if (!(pairs->groups = mlab_allocate(pairs->context, n_names, sizeof *pairs->groups)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for groups");
    mlab_pairs_group *groups = pairs->groups;
    for (size_t k = 0; k < n_names; k++, pairs->n_groups++)
        if (!(groups[k].name = mlab_copy_text(pairs->context, names[k]))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for groups");
    for (int pass = 0; pass < 2; pass++) { /* means, then squares about them */
        for (size_t i = 0; i < pairs->n_mentees; i++) {
            bool any;
            const double got = best_of(pairs, i, &any);
            if (group[i] < 0) continue;
            mlab_pairs_group *g = &groups[group[i]];
            if (pass == 0) {
                g->n++;
                g->matched += any;
                g->mean_score += got;
            } else if (any)
                g->score_sd += (got - g->mean_score) * (got - g->mean_score);
        }
        for (size_t k = 0; k < n_names; k++)
            if (pass == 0)
                groups[k].mean_score = groups[k].matched ? groups[k].mean_score / (double)groups[k].matched : 0;
            else
                groups[k].score_sd = groups[k].matched > 1 ? sqrt(groups[k].score_sd / (double)(groups[k].matched - 1)) : 0;
    }
    for (size_t k = 0; k < n_names; k++) {
        wilson(&groups[k]);
        mean_interval(&groups[k]);
    }
    if (n_names) four_fifths(groups, n_names);
    return MLAB_OK;
}

/* --- rules --------------------------------------------------------------------------------------------- */

typedef struct sums {
    double n, score, score2;
    double *part, *cross; /* [terms] */
} sums;

/* Adds pair i, j of the sample: each term's part of the score. */
static void add_pair(const mlab_matching *m, size_t i, size_t j, mlab_term *terms, sums *s, mlab_pairs *pairs)
{
    const size_t n = m->scorer->n_terms;
    size_t barred = 0, last = 0;
    double weight = 0, score = 0;
    for (size_t t = 0; t < n; t++) {
        terms[t] = mlab_scorer_term(m->scorer, &m->request, t, i, j);
        const mlab_rule *rule = m->scorer->terms[t].rule;
        if (!terms[t].known) pairs->rules[t].not_known++;
        if (!terms[t].allowed) barred++, last = t;
        if (!rule->must && terms[t].known) weight += rule->weight;
    }
    if (barred == 1 && !mlab_pool_forbidden(&m->request, i, j)) pairs->rules[last].ruled_out++;
    if (barred || !(weight > 0) || mlab_pool_forbidden(&m->request, i, j)) return;
    for (size_t t = 0; t < n; t++) {
        const mlab_rule *rule = m->scorer->terms[t].rule;
        if (!rule->must && terms[t].known) score += rule->weight * terms[t].s / weight;
    }
    s->n++;
    s->score += score;
    s->score2 += score * score;
    for (size_t t = 0; t < n; t++) {
        const mlab_rule *rule = m->scorer->terms[t].rule;
        const double part = !rule->must && terms[t].known ? rule->weight * terms[t].s / weight : 0;
        s->part[t] += part;
        s->cross[t] += part * score;
    }
}

/* A step through 0 .. all - 1 that meets each once and its first places evenly: near the golden section of it, without a common divisor. */
static uint64_t step_of(uint64_t all)
{
    if (all <= SAMPLE) return 1;
    for (uint64_t step = (uint64_t)((double)all * 0.6180339887498949);; step++) {
        uint64_t a = all, b = step;
        while (b) {
            const uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1) return step;
    }
}

mlab_status mlab_pairs_share_rules(const mlab_matching *m, mlab_pairs *pairs, mlab_error *err)
{
    const size_t n = m->scorer->n_terms;
    const uint64_t all = (uint64_t)pairs->n_mentees * pairs->n_mentors, step = step_of(all);
    mlab_term *terms = mlab_allocate(m->context, n, sizeof *terms);
    sums s = {.part = mlab_allocate(m->context, n, sizeof(double)), .cross = mlab_allocate(m->context, n, sizeof(double))};
    pairs->rules = mlab_allocate(m->context, n, sizeof *pairs->rules);
    mlab_status status = terms && s.part && s.cross && pairs->rules ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rules", n);
    for (size_t t = 0; !status && t < n; t++, pairs->n_rules++)
        if (!(pairs->rules[t].name = mlab_copy_text(m->context, m->scorer->terms[t].rule->name)))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rules", n);
    const uint64_t looked = all < SAMPLE ? all : SAMPLE;
    for (uint64_t r = 0, k = 0; !status && r < looked; r++, k = (k + step) % all)
        add_pair(m, (size_t)(k / pairs->n_mentors), (size_t)(k % pairs->n_mentors), terms, &s, pairs);
    const double variance = s.n > 0 ? s.score2 - s.score * s.score / s.n : 0;
    for (size_t t = 0; !status && t < n; t++) {
        const mlab_rule *rule = m->scorer->terms[t].rule;
        pairs->rules[t].must = rule->must;
        pairs->rules[t].weight = rule->must ? 0 : rule->weight;
        pairs->rules[t].sample = looked;
        pairs->rules[t].share = variance > 1e-12 * s.n ? (s.cross[t] - s.part[t] * s.score / s.n) / variance : 0;
    }
    mlab_release(m->context, terms);
    mlab_release(m->context, s.part);
    mlab_release(m->context, s.cross);
    return status;
}

double mlab_matching_score(const mlab_matching *m, size_t mentee, size_t mentor)
{
    double sum = 0, weight = 0;
    for (size_t t = 0; t < m->scorer->n_terms; t++) {
        const mlab_rule *rule = m->scorer->terms[t].rule;
        const mlab_term term = mlab_scorer_term(m->scorer, &m->request, t, mentee, mentor);
        if (rule->must || !term.known) continue;
        sum += rule->weight * term.s;
        weight += rule->weight;
    }
    return mlab_score_of(sum, weight);
}
