/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this pair, and why nobody: in plain words, from the same terms that made the score. Reasons name no person.
 *
 * Weakness: a reason tells what the pair has; why the one and not another equally good pair was a matter of the others, or of the lot.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "match/match.h"

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

static void tell_term(mlab_text *text, const mlab_rule *rule, const mlab_term *term)
{
    if (text->n) mlab_text_append(text, ", ");
    if (!term->known) {
        append_words(text, rule->name);
        mlab_text_append(text, " not known");
    } else if (rule->kind == MLAB_RULE_OVERLAP) {
        mlab_text_print(text, "%u of %u wanted ", (unsigned)term->have, (unsigned)term->need);
        append_words(text, rule->name);
    } else if (rule->kind == MLAB_RULE_GAP)
        tell_gap(text, rule, term->gap);
    else {
        mlab_text_append(text, (rule->kind == MLAB_RULE_SAME) == (term->s > 0) ? "same " : "other ");
        append_words(text, rule->mentor_column);
    }
}

static void tell_pair(const mlab_scorer *scorer, const mlab_pool_request *request, size_t mentee, size_t mentor, mlab_text *text)
{
    for (size_t t = 0; t < mlab_scorer_terms(scorer); t++) {
        mlab_term term = mlab_scorer_term(scorer, request, t, mentee, mentor);
        tell_term(text, mlab_scorer_rule(scorer, t), &term);
    }
    if (!text->n) mlab_text_append(text, "no rule tells pairs apart");
}

/* One constraint and how many mentors it rules out. */
typedef struct bar {
    const char *name;
    const char *tail; /* ": must" for a rule */
    uint64_t n;
} bar;

static int by_count(const void *a, const void *b)
{
    const bar *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void count_bars(const mlab_scorer *scorer, const mlab_pool_request *request, size_t mentee, bar *bars, size_t n_bars)
{
    const size_t terms = mlab_scorer_terms(scorer);
    for (size_t t = 0; t < terms; t++) bars[t] = (bar){mlab_scorer_rule(scorer, t)->name, ": must", 0};
    for (size_t k = 0; k < request->n_forbidden; k++) bars[terms + k] = (bar){request->forbidden[k].name, "", 0};
    bars[n_bars - 1] = (bar){"themselves", "", 0};
    for (size_t j = 0; j < request->mentors.n; j++) {
        for (size_t t = 0; t < terms; t++) bars[t].n += !mlab_scorer_term(scorer, request, t, mentee, j).allowed;
        const char *name = mlab_pool_forbidden(request, mentee, j);
        for (size_t k = terms; name && k < n_bars; k++)
            if (strcmp(bars[k].name, name) == 0) {
                bars[k].n++;
                break;
            }
    }
}

static mlab_status tell_nobody_allowed(const mlab_scorer *scorer, const mlab_pool_request *request, size_t mentee, mlab_text *text, mlab_error *err)
{
    if (request->mentors.n == 0) {
        mlab_text_append(text, "there is no mentor");
        return MLAB_OK;
    }
    const size_t n = mlab_scorer_terms(scorer) + request->n_forbidden + 1;
    bar *bars = mlab_allocate(text->context, n, sizeof *bars);
    if (!bars) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu constraints", n);
    count_bars(scorer, request, mentee, bars, n);
    qsort(bars, n, sizeof *bars, by_count);
    mlab_text_append(text, "nobody allowed: ");
    for (size_t k = 0; k < n && bars[k].n; k++) {
        if (k) mlab_text_append(text, ", ");
        append_words(text, bars[k].name);
        mlab_text_append(text, bars[k].tail);
        if (n > 1 && k + 1 < n && (k || bars[1].n)) mlab_text_print(text, " (%llu)", (unsigned long long)bars[k].n);
    }
    mlab_release(text->context, bars);
    return MLAB_OK;
}

static void tell_no_place(const mlab_pool *pool, const mlab_pairs *pairs, size_t mentee, mlab_text *text)
{
    size_t allowed = pool->first[mentee + 1] - pool->first[mentee], full = 0;
    for (size_t e = pool->first[mentee]; e < pool->first[mentee + 1]; e++) full += pairs->load[pool->mentor[e]] >= pool->capacity[pool->mentor[e]];
    if (full < allowed)
        mlab_text_print(text, "left over by the rule: %zu of %zu allowed mentors have a free place", allowed - full, allowed);
    else if (allowed == 1)
        mlab_text_append(text, "no mentor left: the only allowed mentor is full");
    else
        mlab_text_print(text, "no mentor left: all %zu allowed mentors are full", allowed);
}

mlab_status mlab_pairs_explain(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_pool *pool, mlab_pairs *pairs, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < pairs->n_mentees; i++) {
        mlab_text text = MLAB_TEXT(pairs->context);
        if (pairs->mentor_of[i] != MLAB_UNMATCHED)
            tell_pair(scorer, request, i, (size_t)pairs->mentor_of[i], &text);
        else if (pool->first[i + 1] > pool->first[i])
            tell_no_place(pool, pairs, i, &text);
        else
            status = tell_nobody_allowed(scorer, request, i, &text, err);
        if (!status && (text.failed || !(pairs->reason[i] = mlab_copy_text(pairs->context, mlab_text_get(&text)))))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the reasons of %zu mentees", pairs->n_mentees);
        mlab_text_free(&text);
    }
    return status;
}
