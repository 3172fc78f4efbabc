/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this pair, and why nobody: in plain words, from the same terms that made the score. Reasons name no person.
 *
 * Weakness: a reason tells what the pair has; why the one and not another equally good pair was a matter of the others, or of the lot. What
 * would have matched somebody is told for this person alone: two people cannot both have the one place that is added.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "match/matching.h"
#include "match/scorer.h"
#include "mentorlab/gains.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A heading inside a sentence: blanks for underscores, "Grade" as "grade", "SAP" as it is. */
static void append_words(mlab_text *text, const char *name)
{
    for (size_t i = 0; name[i]; i++) {
        char c = name[i] == '_' ? ' ' : name[i];
        if (i == 0 && c >= 'A' && c <= 'Z' && name[1] >= 'a' && name[1] <= 'z') c = (char)(c - 'A' + 'a');
        mlab_text_append_bytes(text, &c, 1);
    }
}

static void tell_gap(mlab_text *text, const mlab_rule *rule, double gap)
{
    static const char *const words[] = {"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"};
    const double size = fabs(gap);
    if (size == 0) {
        mlab_text_append(text, "same ");
        append_words(text, rule->mentor_column);
    } else if (size == floor(size) && size <= 12) {
        mlab_text_print(text, "%s ", words[(int)size]);
        append_words(text, rule->mentor_column);
        mlab_text_append(text, size == 1 ? "" : "s");
        mlab_text_append(text, gap > 0 ? " above" : " below");
    } else {
        char digits[64];
        mlab_number_for_people(size, size == floor(size) ? 0 : 1, digits, sizeof digits);
        append_words(text, rule->mentor_column);
        mlab_text_print(text, " %s %s", digits, gap > 0 ? "higher" : "lower");
    }
}

/* The rank that a listed pair has on the list; 0 = none. */
static int32_t rank_of(const mlab_matching *m, const mlab_rule *rule, size_t mentee, size_t mentor)
{
    const mlab_wish_list *list = &m->wishes[rule->of_mentors ? MLAB_MENTORS : MLAB_MENTEES];
    const uint64_t key = (uint64_t)m->request.mentees.entity[mentee] << 32 | m->request.mentors.entity[mentor];
    const size_t at = list->n ? mlab_lower_key(list->keys, list->n, key) : 0;
    return at < list->n && list->keys[at] == key ? list->rank[at] : 0;
}

static void tell_number(mlab_text *text, double value, int decimals)
{
    char digits[64];
    mlab_number_for_people(value, value == floor(value) ? 0 : decimals, digits, sizeof digits);
    mlab_text_append(text, digits);
}

static void tell_sets(mlab_text *text, const mlab_term_rule *compiled, const mlab_term *term)
{
    const mlab_rule *rule = compiled->rule;
    append_words(text, rule->name);
    if (compiled->sets)
        mlab_text_print(text, ": %u of %u in common", (unsigned)term->have, (unsigned)term->all);
    else {
        mlab_text_append(text, " ");
        tell_number(text, floor(100 * term->s + 0.5), 0);
        mlab_text_append(text, rule->kind == MLAB_RULE_UNLIKE ? " % apart" : " % alike");
    }
}

static void tell_of_pair(const mlab_matching *m, mlab_text *text, const mlab_rule *rule, const mlab_term *term, size_t mentee, size_t mentor)
{
    const char *who = rule->of_mentors ? "mentor" : "mentee";
    if (rule->kind == MLAB_RULE_PAST)
        mlab_text_append(text, term->s > 0 ? "were a pair before" : "no pair before");
    else if (rule->kind == MLAB_RULE_CHOICE && term->listed)
        mlab_text_print(text, "choice %d of the %s", rank_of(m, rule, mentee, mentor), who);
    else if (rule->kind == MLAB_RULE_CHOICE)
        mlab_text_print(text, "not named by the %s", who);
    else {
        append_words(text, rule->name);
        mlab_text_append(text, " ");
        tell_number(text, floor(100 * term->s + 0.5), 0);
        mlab_text_append(text, " of 100");
    }
}

/* "gains 3.1 points in 12 months (retention; standard error 1.2)" */
static void tell_gain(const mlab_matching *m, mlab_text *text, const mlab_rule *rule, size_t mentee)
{
    const mlab_gains *gains = rule->gains;
    const size_t at = mlab_gains_find(gains, m->people.ids[m->request.mentees.entity[mentee]]);
    if (at == SIZE_MAX) return;
    const int decimals = strncmp(gains->unit, "points", 6) == 0 ? 1 : 2;
    mlab_text_append(text, "gains ");
    tell_number(text, gains->gain[at], decimals);
    mlab_text_print(text, "%s%s (%s; standard error ", *gains->unit ? " " : "", gains->unit, gains->outcome);
    tell_number(text, gains->se[at], decimals);
    mlab_text_append(text, ")");
}

static void tell_term(const mlab_matching *m, mlab_text *text, size_t t, const mlab_term *term, size_t mentee, size_t mentor)
{
    const mlab_term_rule *compiled = &m->scorer->terms[t];
    const mlab_rule *rule = compiled->rule;
    if (text->n) mlab_text_append(text, ", ");
    if (!term->known) {
        append_words(text, rule->name);
        mlab_text_append(text, " not known");
        return;
    }
    switch (rule->kind) {
    case MLAB_RULE_OVERLAP:
        mlab_text_print(text, "%u of %u wanted ", (unsigned)term->have, (unsigned)term->need);
        append_words(text, rule->name);
        return;
    case MLAB_RULE_GAP: tell_gap(text, rule, term->gap); return;
    case MLAB_RULE_SAME:
    case MLAB_RULE_DIFFERENT:
        mlab_text_append(text, (rule->kind == MLAB_RULE_SAME) == (term->s > 0) ? "same " : "other ");
        append_words(text, rule->mentor_column);
        return;
    case MLAB_RULE_COMMON:
        append_words(text, rule->name);
        mlab_text_print(text, ": %u in common", (unsigned)term->have);
        return;
    case MLAB_RULE_SIMILAR:
    case MLAB_RULE_UNLIKE: tell_sets(text, compiled, term); return;
    case MLAB_RULE_HOURS:
        if (term->gap > 0) tell_number(text, term->gap, 1);
        mlab_text_append(text, term->gap > 0 ? term->gap == 1 ? " hour apart" : " hours apart" : "same time zone");
        return;
    case MLAB_RULE_GAINS: tell_gain(m, text, rule, mentee); return;
    default: tell_of_pair(m, text, rule, term, mentee, mentor);
    }
}

mlab_status mlab_pairs_tell_pair(const mlab_matching *m, size_t mentee, size_t mentor, mlab_text *text, mlab_error *err)
{
    mlab_text own = MLAB_TEXT(text->context); /* commas are between terms, whatever stands in the text already */
    for (size_t t = 0; t < m->scorer->n_terms; t++) {
        mlab_term term = mlab_scorer_term(m->scorer, &m->request, t, mentee, mentor);
        tell_term(m, &own, t, &term, mentee, mentor);
    }
    if (!own.n) mlab_text_append(&own, "no rule tells pairs apart");
    if (m->locked && m->locked[mentee] == (int32_t)mentor) mlab_text_append(text, "locked; ");
    mlab_text_append(text, mlab_text_get(&own));
    const bool failed = own.failed || text->failed;
    mlab_text_free(&own);
    return failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a reason") : MLAB_OK;
}

/* --- nobody ------------------------------------------------------------------------------------------- */

/* One constraint: how many mentors it rules out, how many it alone does, and how many of those have a place. */
typedef struct bar {
    const char *name;
    const char *tail; /* ": must" for a rule */
    uint64_t n, alone, free;
} bar;

static int by_count(const void *a, const void *b)
{
    const bar *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void count_bars(const mlab_matching *m, const mlab_pairs *pairs, size_t mentee, bar *bars, size_t n_bars)
{
    const size_t terms = m->scorer->n_terms;
    for (size_t t = 0; t < terms; t++) bars[t] = (bar){m->scorer->terms[t].rule->name, ": must", 0, 0, 0};
    for (size_t k = 0; k < m->n_forbidden; k++) bars[terms + k] = (bar){m->forbidden[k].name, "", 0, 0, 0};
    bars[n_bars - 1] = (bar){"themselves", "", 0, 0, 0};
    for (size_t j = 0; j < m->request.mentors.n; j++) {
        size_t broken = 0, last = 0;
        for (size_t t = 0; t < terms; t++)
            if (!mlab_scorer_term(m->scorer, &m->request, t, mentee, j).allowed) broken++, last = t, bars[t].n++;
        const uint32_t me = m->request.mentees.entity[mentee], them = m->request.mentors.entity[j];
        for (size_t k = 0; k < m->n_forbidden; k++) {
            const size_t at = mlab_lower_key(m->forbidden[k].pairs, m->forbidden[k].n, (uint64_t)me << 32 | them);
            if (at < m->forbidden[k].n && m->forbidden[k].pairs[at] == ((uint64_t)me << 32 | them)) broken++, last = terms + k, bars[terms + k].n++;
        }
        if (me == them) broken++, last = n_bars - 1, bars[n_bars - 1].n++;
        if (broken != 1) continue;
        bars[last].alone++;
        bars[last].free += pairs->load[j] < pairs->capacity[j];
    }
}

/* The bar without which the mentee would most likely have somebody; NULL = no single one would do. */
static const bar *easiest(const bar *bars, size_t n)
{
    const bar *best = NULL;
    for (size_t k = 0; k < n; k++) {
        if (!bars[k].alone || strcmp(bars[k].name, "themselves") == 0) continue;
        if (!best || bars[k].free > best->free || (bars[k].free == best->free && bars[k].alone > best->alone)) best = &bars[k];
    }
    return best;
}

static mlab_status tell_nobody_allowed(const mlab_matching *m, const mlab_pairs *pairs, size_t mentee, mlab_text *text, mlab_error *err)
{
    if (m->request.mentors.n == 0) {
        mlab_text_append(text, "there is no mentor");
        return MLAB_OK;
    }
    const size_t n = m->scorer->n_terms + m->n_forbidden + 1;
    bar *bars = mlab_allocate(text->context, n, sizeof *bars);
    if (!bars) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu constraints", n);
    count_bars(m, pairs, mentee, bars, n);
    qsort(bars, n, sizeof *bars, by_count);
    mlab_text_append(text, "nobody allowed: ");
    for (size_t k = 0; k < n && bars[k].n; k++) {
        if (k) mlab_text_append(text, ", ");
        append_words(text, bars[k].name);
        mlab_text_append(text, bars[k].tail);
        if (n > 1 && k + 1 < n && (k || bars[1].n)) mlab_text_print(text, " (%llu)", (unsigned long long)bars[k].n);
    }
    const bar *best = easiest(bars, n);
    if (best) {
        mlab_text_append(text, "; smallest change: without '");
        append_words(text, best->name);
        mlab_text_print(text, "' %llu mentor%s would be allowed, %llu with a free place", (unsigned long long)best->alone,
                        best->alone == 1 ? "" : "s", (unsigned long long)best->free);
    } else if (bars[0].n == m->request.mentors.n && strcmp(bars[0].name, "themselves") == 0)
        mlab_text_append(text, "; smallest change: another mentor");
    else
        mlab_text_append(text, "; smallest change: two rules or more would have to go");
    mlab_release(text->context, bars);
    return MLAB_OK;
}

/* Where the mentee could have been: allowed mentors with a place, and those who are full of mentees they would rather have. */
typedef struct chances {
    size_t allowed, full, preferred, above; /* above: at or above the minimum score */
    double best;
} chances;

static chances look(const mlab_matching *m, const mlab_pairs *pairs, size_t mentee)
{
    const mlab_pool *pool = &m->pool;
    chances c = {.allowed = pool->first[mentee + 1] - pool->first[mentee], .best = -1};
    for (size_t e = pool->first[mentee]; e < pool->first[mentee + 1]; e++) {
        const int32_t j = pool->mentor[e];
        const bool above = pool->score[e] >= m->spec->options.minimum_score;
        if (pool->score[e] > c.best) c.best = pool->score[e];
        c.above += above;
        c.full += above && pairs->load[j] >= pool->capacity[j];
    }
    return c;
}

static void tell_no_place(const mlab_matching *m, const mlab_pairs *pairs, size_t mentee, mlab_text *text)
{
    const chances c = look(m, pairs, mentee);
    const bool stable = strcmp(pairs->policy, "deferred_acceptance") == 0 || strcmp(pairs->policy, "stable_best") == 0;
    if (!c.above) {
        mlab_text_append(text, "below the minimum: the best of ");
        mlab_text_print(text, "%zu allowed mentors fits ", c.allowed);
        tell_number(text, c.best, 1);
        mlab_text_append(text, " of 100; smallest change: a minimum of ");
        tell_number(text, floor(c.best), 0);
        return;
    }
    if (c.full < c.above)
        mlab_text_print(text, "left over by the rule: %zu of %zu allowed mentors have a free place", c.above - c.full, c.above);
    else if (c.above == 1)
        mlab_text_print(text, "no mentor left: the only allowed mentor is full%s", stable ? " with mentees they would rather have" : "");
    else
        mlab_text_print(text, "no mentor left: all %zu allowed mentors are full%s", c.above, stable ? " with mentees they would rather have" : "");
    if (c.full == c.above) mlab_text_print(text, "; smallest change: one more place with %s", c.above == 1 ? "that mentor" : "any of them");
}

static mlab_status tell_slot(const mlab_matching *m, const mlab_pairs *pairs, size_t slot, mlab_text *text, mlab_error *err)
{
    const size_t i = slot / pairs->each;
    if (pairs->mentor_of[slot] != MLAB_UNMATCHED) return mlab_pairs_tell_pair(m, i, (size_t)pairs->mentor_of[slot], text, err);
    bool any = slot % pairs->each != 0; /* why nobody stands in slot 0 of those without any */
    for (size_t k = 0; k < pairs->each; k++) any = any || pairs->mentor_of[i * pairs->each + k] != MLAB_UNMATCHED;
    if (any) return MLAB_OK;
    if (pairs->status == MLAB_POLICY_NONE_EXISTS) {
        mlab_text_append(text, pairs->why);
        return MLAB_OK;
    }
    if (m->pool.first[i + 1] == m->pool.first[i]) return tell_nobody_allowed(m, pairs, i, text, err);
    tell_no_place(m, pairs, i, text);
    return MLAB_OK;
}

mlab_status mlab_pairs_explain(const mlab_matching *m, mlab_pairs *pairs, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t s = 0; !status && s < pairs->n_mentees * pairs->each; s++) {
        mlab_text text = MLAB_TEXT(pairs->context);
        status = tell_slot(m, pairs, s, &text, err);
        if (!status && (text.failed || !(pairs->reason[s] = mlab_copy_text(pairs->context, mlab_text_get(&text)))))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the reasons of %zu mentees", pairs->n_mentees);
        mlab_text_free(&text);
    }
    return status;
}
