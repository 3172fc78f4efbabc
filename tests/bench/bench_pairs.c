/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From lists of people to pairs with reasons: 500 by 500 with six rules, growth with n, and 100,000 mentees by 20,000 mentors with eight rules in
 * bounded memory. An open mentor-matching tool tells 97 s for 500 by 500 in its README. */
#include "bench/bench.h"
#include "core/os.h"
#include "mentorlab/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text_of[16][16] = {"wants", "offers", "grade", "department", "language", "zone", "free", "site", "drive", "calm", ";", "optimal"};
enum { WANTS, OFFERS, GRADE, DEPARTMENT, LANGUAGE, ZONE, SPARE, SITE, DRIVE, CALM, SEMICOLON, OPTIMAL };
static char *policies[] = {text_of[OPTIMAL]}, *vector[] = {text_of[DRIVE], text_of[CALM]};
static mlab_rule rules[] = {
    {.name = text_of[WANTS], .kind = MLAB_RULE_OVERLAP, .mentee_column = text_of[WANTS], .mentor_column = text_of[OFFERS], .weight = 4},
    {.name = text_of[GRADE],
     .kind = MLAB_RULE_GAP,
     .mentee_column = text_of[GRADE],
     .mentor_column = text_of[GRADE],
     .weight = 2,
     .best = 2,
     .spread = 3},
    {.name = text_of[DEPARTMENT],
     .kind = MLAB_RULE_DIFFERENT,
     .mentee_column = text_of[DEPARTMENT],
     .mentor_column = text_of[DEPARTMENT],
     .weight = 2},
    {.name = text_of[LANGUAGE],
     .kind = MLAB_RULE_COMMON,
     .mentee_column = text_of[LANGUAGE],
     .mentor_column = text_of[LANGUAGE],
     .enough = 1,
     .must = true,
     .weight = 1},
    {.name = text_of[ZONE], .kind = MLAB_RULE_HOURS, .mentee_column = text_of[ZONE], .mentor_column = text_of[ZONE], .within = 6, .weight = 2},
    {.name = text_of[SPARE], .kind = MLAB_RULE_COMMON, .mentee_column = text_of[SPARE], .mentor_column = text_of[SPARE], .enough = 2, .weight = 2},
    {.name = text_of[SITE], .kind = MLAB_RULE_SAME, .mentee_column = text_of[SITE], .mentor_column = text_of[SITE], .weight = 1},
    {.name = text_of[DRIVE], .kind = MLAB_RULE_SIMILAR, .columns = vector, .n_columns = 2, .weight = 1},
};

static uint64_t state = 1;
static uint32_t draw(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

static void end(const mlab_error *err)
{
    fprintf(stderr, "%s\n", err->sentence);
    exit(EXIT_FAILURE);
}

static mlab_column *add(mlab_table *table, const char *name, mlab_column_type type)
{
    mlab_column *column;
    mlab_error err;
    if (mlab_table_add(table, name, type, NULL, 0, &column, &err)) end(&err);
    return column;
}

/* Some items of a vocabulary of n, between semicolons. */
static void add_lists(mlab_table *table, const char *name, const char *letter, uint32_t n, uint32_t most)
{
    mlab_column *column = add(table, name, MLAB_COLUMN_TEXT);
    mlab_error err;
    for (size_t i = 0; i < table->n_rows; i++) {
        char text[128] = "";
        for (uint32_t k = 0, items = 1 + draw(most); k < items; k++) {
            char item[16];
            snprintf(item, sizeof item, "%s%s%u", k ? ";" : "", letter, (unsigned)draw(n));
            strcat(text, item);
        }
        if (mlab_column_set_text(table, column, i, text, strlen(text), &err)) end(&err);
    }
}

static void add_numbers(mlab_table *table, const char *name, uint32_t n)
{
    mlab_column *column = add(table, name, MLAB_COLUMN_INTEGER);
    for (size_t i = 0; i < table->n_rows; i++) column->as.integer[i] = (int32_t)draw(n);
}

static mlab_table *people(const mlab_context *context, size_t n, const char *letter)
{
    mlab_table *table;
    mlab_error err;
    if (mlab_table_make(context, n, &table, &err)) end(&err);
    mlab_column *id = add(table, "id", MLAB_COLUMN_TEXT);
    for (size_t i = 0; i < n; i++) {
        char text[16];
        snprintf(text, sizeof text, "%s%06u", letter, (unsigned)i);
        if (mlab_column_set_text(table, id, i, text, strlen(text), &err)) end(&err);
    }
    add_lists(table, text_of[*letter == 'e' ? WANTS : OFFERS], "skill", 40, 4);
    add_numbers(table, text_of[GRADE], 8);
    add_lists(table, text_of[DEPARTMENT], "d", 12, 1);
    add_lists(table, text_of[LANGUAGE], "l", 4, 2);
    add_numbers(table, text_of[ZONE], 10);
    add_lists(table, text_of[SPARE], "h", 20, 5);
    add_lists(table, text_of[SITE], "s", 9, 1);
    add_numbers(table, text_of[DRIVE], 7);
    add_numbers(table, text_of[CALM], 7);
    return table;
}

typedef struct work {
    mlab_context context;
    mlab_table *mentors, *mentees;
    mlab_match_spec spec;
    mlab_pairs *pairs;
    double opened;
} work;

static void match(void *user)
{
    work *w = user;
    mlab_findings findings;
    mlab_matching *matching;
    mlab_error err;
    mlab_pairs_free(w->pairs);
    w->pairs = NULL;
    mlab_findings_start(&findings, &w->context);
    const double start = mlab_os_seconds();
    if (mlab_matching_open(&w->context, w->mentors, w->mentees, NULL, 0, &w->spec, &findings, &matching, &err)) end(&err);
    w->opened = mlab_os_seconds() - start;
    if (mlab_matching_run(matching, 0, &findings, &w->pairs, &err)) end(&err);
    mlab_matching_free(matching);
    mlab_findings_free(&findings);
}

/* In place: the tables keep the address of the context. */
static void prepare(work *w, int threads, size_t n_mentees, size_t n_mentors, size_t n_rules)
{
    *w = (work){.context = mlab_bench_context(threads)};
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) rules[k].separator = text_of[SEMICOLON];
    w->mentees = people(&w->context, n_mentees, "e");
    w->mentors = people(&w->context, n_mentors, "m");
    w->spec = (mlab_match_spec){.default_capacity = 1, .rules = rules, .n_rules = n_rules, .policies = policies, .n_policies = 1, .seed = 1};
}

static void finish(work *w)
{
    mlab_pairs_free(w->pairs);
    mlab_table_free(w->mentors);
    mlab_table_free(w->mentees);
}

int main(int argc, char **argv)
{
    const bool large = argc < 2 || strcmp(argv[1], "small") != 0;
    for (size_t n = 125; n <= 2000; n *= 2) {
        work w;
        prepare(&w, 1, n, n, 6);
        char what[80];
        snprintf(what, sizeof what, "%u by %u, 6 rules, scores, pairs and reasons", (unsigned)n, (unsigned)n);
        double best = 1e9;
        for (int k = 0; k < 5; k++) {
            const double start = mlab_os_seconds();
            match(&w);
            const double took = mlab_os_seconds() - start;
            if (took < best) best = took;
        }
        mlab_bench_figure(what, 1, 1000 * best, "ms, best of 5");
        finish(&w);
    }
    if (!large) return 0;
    for (size_t n = 6250; n <= 100000; n *= 4) {
        work w;
        prepare(&w, 2, n, n / 5, 8);
        char what[80];
        w.spec.default_capacity = 5;
        snprintf(what, sizeof what, "%u by %u, 8 rules", (unsigned)n, (unsigned)(n / 5));
        const double start = mlab_os_seconds();
        match(&w);
        mlab_bench_figure(what, 2, mlab_os_seconds() - start, "s");
        mlab_bench_figure("  of these, scores", 2, w.opened, "s");
        mlab_bench_figure("  pairs kept of those allowed", 2, (double)w.pairs->candidates_kept / (double)w.pairs->candidates, "");
        mlab_bench_figure("  total could be higher by at most", 2, 100 * w.pairs->most_left_out / w.pairs->total_score, "%");
        mlab_bench_memory("  peak of the process");
        finish(&w);
    }
    return 0;
}
