/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Screens of match: the policies side by side, groups, what the rules decided, and what became of decisions. */
#include "cli/match.h"

#include "core/memory.h"
#include "core/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef char number_text[64];

static const char *tell(double value, int decimals, number_text into)
{
    if (!isfinite(value)) return "-";
    mlab_number_for_people(value, decimals, into, sizeof(number_text));
    return into;
}

void mlab_show_sentences(const char *sentences)
{
    while (*sentences) {
        const size_t n = strcspn(sentences, "\n");
        char line[2000];
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), sentences);
        printf("  ");
        mlab_show_folded(stdout, 2, 4, line);
        sentences += n + (sentences[n] == '\n');
    }
    putchar('\n');
}

/* --- policies --------------------------------------------------------------------------------------------- */

static void show_status(const mlab_pairs *p)
{
    number_text a, b;
    const char *blank = "";
    if (p->status == MLAB_POLICY_WITHIN_GAP || p->status == MLAB_POLICY_TIME_LIMIT)
        printf("  %-22s best found; at most %s %% better is possible%s\n", blank, tell(100 * p->gap, 1, a),
               p->status != MLAB_POLICY_TIME_LIMIT || (p->why && *p->why) ? "" : " (stopped by the time limit: another run may differ)");
    if (p->status == MLAB_POLICY_TIME_LIMIT && p->why && *p->why) printf("  %-22s %s\n", blank, p->why);
    if (p->status == MLAB_POLICY_NONE_EXISTS) printf("  %-22s proved: none exists. %s\n", blank, p->why);
    if (p->status == MLAB_POLICY_DONE && p->why && *p->why) printf("  %-22s %s\n", blank, p->why);
    if (p->status == MLAB_POLICY_INFEASIBLE) printf("  %-22s proved: not possible. %s\n", blank, p->why);
    if (p->most_left_out > 0)
        printf("  %-22s %s of %s allowed pairs were kept; the rest could add at most %s points\n", blank, tell((double)p->candidates_kept, 0, a),
               tell((double)p->candidates, 0, b), tell(p->most_left_out, 0, (number_text){0}));
}

static void show_pairs(const mlab_pairs *p)
{
    number_text mean, lowest, others;
    printf("  %-22s %" PRIu64 " pair%s", p->policy, p->n_pairs, p->n_pairs == 1 ? "" : "s");
    if (p->n_pairs) printf(", mean fit %s of 100, lowest %s", tell(p->mean_score, 0, mean), tell(p->lowest_score, 0, lowest));
    if (p->n_mentees > p->n_matched) printf("; %zu wait", p->n_mentees - (size_t)p->n_matched);
    if (p->blocking_pairs)
        printf("\n  %-22s %s pair%s of others would both rather have each other", "", tell((double)p->blocking_pairs, 0, others),
               p->blocking_pairs == 1 ? "" : "s");
    putchar('\n');
    show_status(p);
}

/* Figures side by side; 79 columns. */
static void show_table(mlab_pairs *const *pairs, size_t n)
{
    printf("\n  %-20s %6s %6s %5s %5s %6s %6s %6s %7s\n", "rule", "paired", "of 100", "mean", "low", "spread", "rank", "regret", "rather");
    for (size_t k = 0; k < n; k++) {
        const mlab_pairs *p = pairs[k];
        number_text paired, share, mean, low, spread, rank, regret, rather;
        const double all = (double)p->n_mentees;
        printf("  %-20s %6s %6s %5s %5s %6s %6s %6s %7s\n", p->policy, tell((double)p->n_matched, 0, paired),
               tell(all > 0 ? 100 * (double)p->n_matched / all : 0, 0, share), tell(p->mean_score, 1, mean), tell(p->lowest_score, 0, low),
               tell(p->score_sd, 1, spread), tell(p->mean_rank, 1, rank), tell(p->mean_regret, 1, regret),
               tell((double)p->blocking_pairs, 0, rather));
    }
    printf("  paired: mentees with a mentor. mean, low, spread: of fit. rank: of what they\n"
           "  got on their own list, 1 = top. regret: points below their best allowed.\n"
           "  rather: pairs of others who would both rather have each other.\n");
    printf("\n  %-20s %10s %9s %8s %8s %9s %8s\n", "rule", "total fit", "costs", "% below", "mentors", "with all", "rank for");
    printf("  %-20s %10s %9s %8s %8s %9s %8s\n", "", "", "points", "the best", "used", "places", "mentors");
    for (size_t k = 0; k < n; k++) {
        const mlab_pairs *p = pairs[k];
        number_text total, costs, share, used, full, rank;
        printf("  %-20s %10s %9s %8s %8s %9s %8s\n", p->policy, tell(p->total_score, 1, total), tell(p->optimum - p->total_score, 1, costs),
               tell(p->optimum > 0 ? 100 * (p->optimum - p->total_score) / p->optimum : NAN, 2, share), tell((double)p->mentors_used, 0, used),
               tell((double)p->mentors_full, 0, full), tell(p->mentor_mean_rank, 1, rank));
    }
    printf("  costs: points of total fit below the best total of the same people.\n");
}

/* "The price of stability": what the best matching that keeps to it has less than the best of all. */
static void show_price(mlab_pairs *const *pairs, size_t n, const char *policy, const char *what)
{
    for (size_t k = 0; k < n; k++) {
        const mlab_pairs *p = pairs[k];
        number_text points, share;
        if (strcmp(p->policy, policy) != 0 || !(p->optimum > 0)) continue;
        if (p->optimum - p->total_score < 0.05)
            printf("  The price of %s: nothing; it has the best total too.\n", what);
        else
            printf("  The price of %s: %s points of total fit, %s %% of the best.\n", what, tell(p->optimum - p->total_score, 1, points),
                   tell(100 * (p->optimum - p->total_score) / p->optimum, 2, share));
        return;
    }
}

static void show_prices(mlab_pairs *const *pairs, size_t n)
{
    show_price(pairs, n, "stable_best", "stability");
    show_price(pairs, n, "fair", "fairness");
    show_price(pairs, n, "random", "pairing by lot");
}

/* --- groups ------------------------------------------------------------------------------------------------ */

static void show_group(const mlab_pairs_group *g, bool shown)
{
    number_text share, low, high, mean, least, most;
    if (!shown) {
        printf("    %-18s too few people to tell\n", g->name);
        return;
    }
    const double rate = g->n ? 100 * (double)g->matched / (double)g->n : 0;
    printf("    %-18s %" PRIu64 " of %" PRIu64 " paired, %s %% (%s to %s); mean fit %s (%s to %s)%s\n", g->name, g->matched, g->n,
           tell(rate, 0, share), tell(100 * g->rate_low, 0, low), tell(100 * g->rate_high, 0, high), tell(g->mean_score, 1, mean),
           tell(g->mean_low, 1, least), tell(g->mean_high, 1, most),
           g->below_four_fifths ? "\n                       less than four fifths of the highest share" : "");
}

static void show_groups(const mlab_context *context, const mlab_pairs *p, int64_t minimum)
{
    uint64_t *count = mlab_allocate(context, p->n_groups, 2 * sizeof *count);
    uint8_t *shown = mlab_allocate(context, p->n_groups, 4);
    if (count && shown) {
        for (size_t k = 0; k < p->n_groups; k++) {
            count[2 * k] = p->groups[k].matched;
            count[2 * k + 1] = p->groups[k].n - p->groups[k].matched;
        }
        uint8_t column_shown[2];
        if (!mlab_privacy_table(context, count, p->n_groups, 2, (uint64_t)minimum, shown, shown + 2 * p->n_groups, column_shown, NULL)) {
            printf("  %s by %s\n", p->policy, p->group_column);
            for (size_t k = 0; k < p->n_groups; k++) show_group(&p->groups[k], shown[2 * k] && shown[2 * k + 1]);
        }
    }
    mlab_release(context, count);
    mlab_release(context, shown);
}

/* --- rules ------------------------------------------------------------------------------------------------- */

static void show_rules(const mlab_pairs *p)
{
    mlab_text line = MLAB_TEXT(p->context);
    number_text share;
    for (int must = 0; must < 2; must++)
        for (size_t t = 0; t < p->n_rules; t++) {
            const mlab_rule_share *r = &p->rules[t];
            if (r->must != (must == 1)) continue;
            mlab_text_append(&line, line.n ? ", " : "What told pairs apart: ");
            if (must)
                mlab_text_print(&line, "%s alone ruled out %s of 100 pairs", r->name,
                                tell(r->sample ? 100 * (double)r->ruled_out / (double)r->sample : 0, 0, share));
            else
                mlab_text_print(&line, "%s %s %%", r->name, tell(100 * r->share, 0, share));
        }
    if (line.n) {
        printf("  ");
        mlab_show_folded(stdout, 2, 4, mlab_text_get(&line));
    }
    mlab_text_free(&line);
}

/* What would have been without each rule. */
static void show_left_out(const mlab_pairs *p)
{
    mlab_text line = MLAB_TEXT(p->context);
    number_text changed, all, points;
    for (size_t t = 0; t < p->n_rules; t++) {
        const mlab_rule_share *r = &p->rules[t];
        if (!r->left_out) continue;
        if (!line.n)
            mlab_text_print(&line, "Matched again without one rule, so many of %s mentees would fare otherwise: without ",
                            tell((double)p->n_mentees, 0, all));
        else
            mlab_text_append(&line, ", ");
        mlab_text_print(&line, "%s %s", r->name, tell((double)r->changed, 0, changed));
        if (r->changed)
            mlab_text_print(&line, " (it %s the other rules %s points)", r->costs < -0.05 ? "brings" : "costs", tell(fabs(r->costs), 1, points));
    }
    if (line.n) {
        printf("  ");
        mlab_show_folded(stdout, 2, 4, mlab_text_get(&line));
    } else if (p->n_rules)
        printf("  Too many people to match them again without each rule.\n");
    mlab_text_free(&line);
}

static void show_gains(const mlab_pairs *p)
{
    for (size_t k = 0; k < p->n_gains; k++) {
        mlab_text line = MLAB_TEXT(p->context);
        mlab_text_print(&line, "%s: %s", p->gains[k].name, p->gains[k].told);
        printf("  ");
        mlab_show_folded(stdout, 2, 4, mlab_text_get(&line));
        mlab_text_free(&line);
    }
}

void mlab_show_policies(const mlab_context *context, mlab_pairs *const *pairs, size_t n, int64_t minimum)
{
    for (size_t k = 0; k < n; k++) show_pairs(pairs[k]);
    if (n > 1) show_table(pairs, n);
    if (n > 1) show_prices(pairs, n);
    for (size_t k = 0; k < n; k++)
        if (pairs[k]->n_groups) show_groups(context, pairs[k], minimum);
    if (!n) return;
    show_rules(pairs[n - 1]);
    show_left_out(pairs[n - 1]);
    show_gains(pairs[n - 1]);
}

static void put_json(const char *name, double value)
{
    number_text text;
    mlab_number_print(value, text, sizeof text);
    printf(", \"%s\": %s", name, isfinite(value) ? text : "null");
}

void mlab_show_policies_json(mlab_pairs *const *pairs, size_t n)
{
    printf("{\"matching\": [");
    for (size_t k = 0; k < n; k++) {
        const mlab_pairs *p = pairs[k];
        printf("%s{\"policy\": \"%s\", \"status\": \"%s\", \"pairs\": %" PRIu64 ", \"matched\": %" PRIu64
               ", \"mentees\": %zu, \"mentors\": %zu, \"places\": %" PRIu64 ", \"blocking_pairs\": %" PRIu64,
               k ? ", " : "", p->policy, mlab_policy_status_name(p->status), p->n_pairs, p->n_matched, p->n_mentees, p->n_mentors, p->places,
               p->blocking_pairs);
        put_json("total_score", p->total_score);
        put_json("mean_score", p->mean_score);
        put_json("lowest_score", p->lowest_score);
        put_json("score_sd", p->score_sd);
        put_json("mean_rank", p->mean_rank);
        put_json("mentor_mean_rank", p->mentor_mean_rank);
        put_json("mean_regret", p->mean_regret);
        put_json("gap", p->gap);
        put_json("costs", p->optimum - p->total_score);
        put_json("costs_share", p->optimum > 0 ? (p->optimum - p->total_score) / p->optimum : NAN);
        printf("}");
    }
    printf("]}\n");
}

/* --- review ------------------------------------------------------------------------------------------------ */

static void show_loser(const mlab_review *review, size_t i)
{
    const mlab_review_change *c = &review->changes[i];
    const mlab_pairs *p = review->pairs;
    number_text points;
    if (c->after == MLAB_UNMATCHED)
        printf("    %s had %s and has nobody: %s\n", p->mentees[i], p->mentors[c->before], p->reason[i * p->each]);
    else
        printf("    %s %s %s instead of %s, %s points less\n", p->mentees[i], "has", p->mentors[c->after], p->mentors[c->before],
               tell(-c->points, 1, points));
}

void mlab_show_review(const mlab_review *review)
{
    number_text before, now, best, cost;
    printf("  %zu kept, %zu moved, %zu matched anew after a decline, %zu placed, %zu lost their mentor,\n"
           "  %zu wait, %zu withdrawn\n",
           review->kept, review->moved, review->rematched, review->placed, review->lost, review->waiting, review->withdrawn);
    if (review->broken)
        printf("  %zu accepted pair%s could not be kept: no place any more, or a rule forbids it\n", review->broken, review->broken == 1 ? "" : "s");
    printf("  total score %s before, %s now; %s with nobody bound but accepted and locked pairs:\n  leaving the others undisturbed costs %s points\n",
           tell(review->total_before, 1, before), tell(review->total, 1, now), tell(review->total_free, 1, best),
           tell(review->total_free - review->total, 1, cost));
    bool any = false;
    for (size_t i = 0; i < review->pairs->n_mentees; i++) {
        const mlab_review_change *c = &review->changes[i];
        const bool lost = c->before != MLAB_UNMATCHED && strcmp(c->fate, "withdrawn") != 0 && (c->after == MLAB_UNMATCHED || c->points < -0.05);
        if (!lost) continue;
        if (!any) printf("  who lost by the changes:\n");
        any = true;
        show_loser(review, i);
    }
    if (!any) printf("  nobody lost by the changes\n");
}

void mlab_show_review_json(const mlab_review *review)
{
    number_text total, before, best;
    mlab_number_print(review->total, total, sizeof total);
    mlab_number_print(review->total_before, before, sizeof before);
    mlab_number_print(review->total_free, best, sizeof best);
    printf("{\"kept\": %zu, \"moved\": %zu, \"rematched\": %zu, \"placed\": %zu, \"lost\": %zu, \"waiting\": %zu, \"withdrawn\": %zu, "
           "\"broken\": %zu, \"total_before\": %s, \"total\": %s, \"total_free\": %s}\n",
           review->kept, review->moved, review->rematched, review->placed, review->lost, review->waiting, review->withdrawn, review->broken, before,
           total, best);
}
