/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scoring one mentee against all mentors: musts first, then the other terms over those who are left, in loops a compiler can widen.
 *
 * Weakness: a must is still looked at for every mentor; a pool of millions on both sides would want an index of them.
 */
#include "match/score.h"

#include <math.h>
#include <string.h>

enum { NEUTRAL = 50 }; /* score of a pair of whom nothing is known */

/* --- memory ----------------------------------------------------------------------------------------- */

static void *part(void *base, size_t *at, size_t count, size_t size)
{
    void *here = base ? (unsigned char *)base + *at : NULL;
    *at += (count * size + 63) / 64 * 64;
    return here;
}

size_t mlab_bench_place(const mlab_scorer *scorer, size_t n, void *base, mlab_bench *bench)
{
    size_t at = 0;
    mlab_bench placed = {part(base, &at, scorer->n_terms, sizeof(double *)), part(base, &at, scorer->n_terms, sizeof(uint64_t *))};
    for (size_t t = 0; t < scorer->n_terms; t++) {
        const mlab_term_rule *term = &scorer->terms[t];
        double *value = NULL;
        uint64_t *bits = NULL;
        if (term->mentor.bits)
            bits = part(base, &at, n * term->words, sizeof *bits);
        else if (term->mentor.value || term->mentor.state >= 0)
            value = part(base, &at, n * term->width, sizeof *value);
        if (!base) continue;
        placed.value[t] = value;
        placed.bits[t] = bits;
    }
    if (base) *bench = placed;
    return at;
}

size_t mlab_lane_place(const mlab_scorer *scorer, size_t n, void *base, mlab_lane *lane)
{
    size_t at = 0, width = 1, words = 1;
    for (size_t t = 0; t < scorer->n_terms; t++) {
        if (scorer->terms[t].width > width) width = scorer->terms[t].width;
        if (scorer->terms[t].words > words) words = scorer->terms[t].words;
    }
    mlab_lane placed = {.sum = part(base, &at, n, sizeof(double)),
                        .weight = part(base, &at, n, sizeof(double)),
                        .fit = part(base, &at, n, sizeof(double)),
                        .known = part(base, &at, n, sizeof(double)),
                        .allowed = part(base, &at, n, sizeof(double)),
                        .missing = part(base, &at, n, sizeof(double)),
                        .some = part(base, &at, n * width, sizeof(double)),
                        .some_bits = part(base, &at, n * words, sizeof(uint64_t)),
                        .list = part(base, &at, n, sizeof(uint32_t)),
                        .sort = part(base, &at, n, sizeof(double))};
    if (base) *lane = placed;
    return at;
}

static double value_of(const mlab_attribute *attribute, const mlab_pool_side *side, size_t member, size_t width, size_t k)
{
    return attribute->state >= 0 ? side->state[attribute->state][member] : attribute->value[(size_t)side->row[member] * width + k];
}

void mlab_bench_fill(const mlab_scorer *scorer, const mlab_pool_side *side, const mlab_bench *bench)
{
    for (size_t t = 0; t < scorer->n_terms; t++) {
        const mlab_term_rule *term = &scorer->terms[t];
        for (size_t j = 0; bench->bits[t] && j < side->n; j++)
            memcpy(bench->bits[t] + j * term->words, term->mentor.bits + side->row[j] * term->words, term->words * sizeof(uint64_t));
        for (size_t k = 0; bench->value[t] && k < term->width; k++)
            for (size_t j = 0; j < side->n; j++) bench->value[t][k * side->n + j] = value_of(&term->mentor, side, j, term->width, k);
    }
}

/* --- one term over mentors ---------------------------------------------------------------------------- */

static void fit_sets(const mlab_term_rule *term, const uint64_t *mine, const uint64_t *theirs, size_t n, mlab_lane *lane)
{
    uint32_t wanted = 0;
    for (size_t w = 0; w < term->words; w++) wanted += mlab_count_bits(mine[w]);
    for (size_t j = 0; j < n; j++) {
        uint32_t have = 0, offered = 0;
        for (size_t w = 0; w < term->words; w++) {
            const uint64_t offer = theirs[j * term->words + w];
            offered += mlab_count_bits(offer);
            have += mlab_count_bits(mine[w] & offer);
        }
        lane->known[j] = wanted && offered;
        lane->fit[j] = mlab_set_fit(term->rule, wanted, offered, have);
    }
}

static void fit_vectors(const mlab_term_rule *term, const double *mine, const double *theirs, size_t n, mlab_lane *lane)
{
    for (size_t j = 0; j < n; j++) lane->fit[j] = lane->known[j] = 0;
    for (size_t k = 0; k < term->width; k++) {
        const double a = mine[k], range = term->range[k];
        if (a == MLAB_ATTRIBUTE_MISSING) continue;
        for (size_t j = 0; j < n; j++) {
            const double b = theirs[k * n + j], here = b != MLAB_ATTRIBUTE_MISSING;
            lane->known[j] += here;
            lane->fit[j] += here * fabs((here > 0 ? b : a) - a) / range;
        }
    }
    const bool unlike = term->rule->kind == MLAB_RULE_UNLIKE;
    for (size_t j = 0; j < n; j++) {
        const double apart = lane->known[j] > 0 ? lane->fit[j] / lane->known[j] : 0;
        lane->fit[j] = unlike ? apart : 1 - apart;
        lane->known[j] = lane->known[j] > 0;
    }
}

static void fit_values(const mlab_rule *rule, double mine, const double *theirs, size_t n, mlab_lane *lane)
{
    const double here = mine != MLAB_ATTRIBUTE_MISSING, same = rule->kind == MLAB_RULE_SAME;
    for (size_t j = 0; j < n; j++) lane->known[j] = here * (theirs[j] != MLAB_ATTRIBUTE_MISSING);
    if (rule->kind == MLAB_RULE_GAP) {
        const double best = rule->best, spread = rule->spread;
        for (size_t j = 0; j < n; j++) {
            const double fit = 1 - fabs(theirs[j] - mine - best) / spread;
            lane->fit[j] = fit > 0 ? fit : 0;
        }
    } else if (rule->kind == MLAB_RULE_GAINS) {
        for (size_t j = 0; j < n; j++) lane->fit[j] = here > 0 ? mine : 0;
    } else if (rule->kind == MLAB_RULE_HOURS) {
        for (size_t j = 0; j < n; j++) lane->fit[j] = lane->known[j] > 0 ? mlab_hours_fit(rule, mlab_hours_apart(mine, theirs[j])) : 0;
    } else
        for (size_t j = 0; j < n; j++) lane->fit[j] = (mine == theirs[j]) == same;
}

/* First place of `keys` that is not below key. */
size_t mlab_lower_key(const uint64_t *keys, size_t n, uint64_t key)
{
    size_t low = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (keys[low + half] < key) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return low;
}

static size_t find_entity(const mlab_pool_side *side, uint32_t entity)
{
    size_t low = 0, n = side->n;
    while (n > 0) {
        size_t half = n / 2;
        if (side->entity[low + half] < entity) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return low < side->n && side->entity[low] == entity ? low : SIZE_MAX;
}

/* Place of mentor j among those at work; SIZE_MAX = not there. list NULL = all are. */
static size_t place_in(const uint32_t *list, size_t n, size_t j)
{
    if (!list || j == SIZE_MAX) return j;
    size_t low = 0, left = n;
    while (left > 0) {
        size_t half = left / 2;
        if (list[low + half] < j) {
            low += half + 1;
            left -= half + 1;
        } else
            left = half;
    }
    return low < n && list[low] == j ? low : SIZE_MAX;
}

/* Terms that are stated pair by pair. */
static void fit_pairs(const mlab_pool_request *request, const mlab_pair_values *values, size_t i, const uint32_t *list, size_t n, mlab_lane *lane)
{
    const uint64_t mentee = (uint64_t)request->mentees.entity[i] << 32;
    size_t at = values ? mlab_lower_key(values->keys, values->n, mentee) : 0;
    const bool listed = values && at < values->n && values->keys[at] >> 32 == mentee >> 32;
    for (size_t j = 0; j < n; j++) {
        lane->fit[j] = 0;
        lane->known[j] = mlab_pair_otherwise(values, listed, list ? list[j] : j);
    }
    for (; values && at < values->n && values->keys[at] >> 32 == mentee >> 32; at++) {
        const size_t j = place_in(list, n, find_entity(&request->mentors, (uint32_t)values->keys[at]));
        if (j == SIZE_MAX) continue;
        lane->fit[j] = values->s[at];
        lane->known[j] = 1;
    }
}

static const mlab_pair_values *pair_values_of(const mlab_pool_request *request, size_t t)
{
    for (size_t k = 0; k < request->n_pair_values; k++)
        if (request->pair_values[k].term == t) return &request->pair_values[k];
    return NULL;
}

/* fit and known of term t over the n mentors of the list (NULL = all). */
static void fit_term(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_bench *bench, size_t t, size_t i, const uint32_t *list,
                     size_t n, mlab_lane *lane)
{
    const mlab_term_rule *term = &scorer->terms[t];
    const size_t all = request->mentors.n;
    const double *theirs = bench->value[t];
    const uint64_t *sets = bench->bits[t];
    if (list && sets) {
        for (size_t j = 0; j < n; j++) memcpy(lane->some_bits + j * term->words, sets + list[j] * term->words, term->words * sizeof *sets);
        sets = lane->some_bits;
    }
    if (list && theirs) {
        for (size_t k = 0; k < term->width; k++)
            for (size_t j = 0; j < n; j++) lane->some[k * n + j] = theirs[k * all + list[j]];
        theirs = lane->some;
    }
    if (sets)
        fit_sets(term, term->mentee.bits + request->mentees.row[i] * term->words, sets, n, lane);
    else if (!theirs)
        fit_pairs(request, pair_values_of(request, t), i, list, n, lane);
    else if (term->range)
        fit_vectors(term, term->mentee.value + request->mentees.row[i] * term->width, theirs, n, lane);
    else
        fit_values(term->rule, value_of(&term->mentee, &request->mentees, i, 1, 0), theirs, n, lane);
}

/* --- one mentee ------------------------------------------------------------------------------------- */

static void forbid(const mlab_pool_request *request, size_t i, double *allowed)
{
    const uint32_t mentee = request->mentees.entity[i];
    size_t j = find_entity(&request->mentors, mentee);
    if (j != SIZE_MAX) allowed[j] = 0;
    for (size_t k = 0; k < request->n_forbidden; k++) {
        const mlab_forbidden *list = &request->forbidden[k];
        for (size_t p = mlab_lower_key(list->pairs, list->n, (uint64_t)mentee << 32); p < list->n && list->pairs[p] >> 32 == mentee; p++)
            if ((j = find_entity(&request->mentors, (uint32_t)list->pairs[p])) != SIZE_MAX) allowed[j] = 0;
    }
}

void mlab_lane_allow(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_bench *bench, size_t i, mlab_lane *lane)
{
    const size_t n = request->mentors.n;
    for (size_t j = 0; j < n; j++) lane->allowed[j] = 1;
    for (size_t j = 0; j < n; j++) lane->missing[j] = 0;
    for (size_t t = 0; t < scorer->n_terms; t++) {
        if (!scorer->terms[t].rule->must) continue;
        fit_term(scorer, request, bench, t, i, NULL, n, lane);
        for (size_t j = 0; j < n; j++) lane->missing[j] += 1 - lane->known[j];
        const double least = mlab_rule_least(scorer->terms[t].rule);
        for (size_t j = 0; j < n; j++) lane->allowed[j] = lane->known[j] > 0 && !(lane->fit[j] > least) ? 0 : lane->allowed[j];
    }
    forbid(request, i, lane->allowed);
    lane->n = 0;
    for (size_t j = 0; j < n; j++)
        if (lane->allowed[j] > 0) lane->list[lane->n++] = (uint32_t)j;
    for (size_t k = 0; k < lane->n; k++) lane->missing[k] = lane->missing[lane->list[k]];
}

/* Scores are whole multiples of 2^-30 of a point: the same score by other terms is the same number, or rounding would decide between equals in
 * place of the lot. At most 100, so that the product stays far below 2^53. */
static double settle(double score)
{
    static const double grains = 1073741824;
    return score >= 100 ? 100 : (double)(int64_t)(score * grains + 0.5) / grains;
}

double mlab_score_of(double sum, double weight)
{
    return weight > 0 ? settle(100 * sum / weight) : NEUTRAL;
}

size_t mlab_lane_score(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_bench *bench, size_t i, mlab_lane *lane)
{
    const size_t all = request->mentors.n, n = lane->n;
    const bool few = n < all - all / 4;
    const size_t m = few ? n : all;
    for (size_t j = 0; j < m; j++) lane->sum[j] = lane->weight[j] = 0;
    for (size_t t = 0; t < scorer->n_terms; t++) {
        const mlab_rule *rule = scorer->terms[t].rule;
        if (rule->must) continue;
        fit_term(scorer, request, bench, t, i, few ? lane->list : NULL, m, lane);
        const double w = rule->weight;
        for (size_t j = 0; j < m; j++) {
            lane->sum[j] += w * lane->known[j] * lane->fit[j];
            lane->weight[j] += w * lane->known[j];
        }
        if (few || n == all)
            for (size_t j = 0; j < n; j++) lane->missing[j] += 1 - lane->known[j];
        else
            for (size_t k = 0; k < n; k++) lane->missing[k] += 1 - lane->known[lane->list[k]];
    }
    size_t unscored = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t j = few ? k : lane->list[k];
        const bool any = lane->weight[j] > 0;
        unscored += !any;
        lane->sum[k] = mlab_score_of(lane->sum[j], lane->weight[j]);
    }
    return unscored;
}

/* --- the best of many --------------------------------------------------------------------------------- */

/* The k-th largest (from 0) of n values, which are moved about (Hoare 1961, doi:10.1145/366622.366647). */
static double select_largest(double *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const double pivot = x[low + (high - low) / 2];
        size_t a = low, b = high;
        for (;;) {
            while (x[a] > pivot) a++;
            while (x[b] < pivot) b--;
            if (a >= b) break;
            const double swap = x[a];
            x[a++] = x[b];
            x[b--] = swap;
        }
        if (a == b && x[a] >= pivot) a++;
        if (k < a)
            high = a - 1;
        else
            low = a;
    }
    return x[k];
}

double mlab_lane_cut(mlab_lane *lane, size_t most, double start)
{
    const size_t n = lane->n;
    if (n <= most || most == 0) return 0;
    memcpy(lane->sort, lane->sum, n * sizeof *lane->sort);
    const double edge = select_largest(lane->sort, n, most - 1);
    size_t above = 0, kept = 0;
    double left_out = 0;
    for (size_t k = 0; k < n; k++) {
        above += lane->sum[k] > edge;
        lane->fit[k] = lane->sum[k] > edge;
    }
    /* Equals at the edge: the first met from a place by lot, round the list. */
    for (size_t s = 0, k = (size_t)(start * (double)n); s < n; s++, k = k + 1 == n ? 0 : k + 1)
        if (lane->sum[k] == edge && above < most) {
            lane->fit[k] = 1;
            above++;
        }
    for (size_t k = 0; k < n; k++) {
        if (!(lane->fit[k] > 0)) {
            if (lane->sum[k] > left_out) left_out = lane->sum[k];
            continue;
        }
        lane->list[kept] = lane->list[k];
        lane->sum[kept] = lane->sum[k];
        lane->missing[kept++] = lane->missing[k];
    }
    lane->n = kept;
    return left_out;
}
