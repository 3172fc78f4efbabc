/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/os.h"
#include "report/tell.h"
#include "report/world.h"

#include <ctype.h>
#include <stdio.h>

typedef mlab_status (*report_function)(const mlab_context *, const mlab_report_spec *, const mlab_report_options *, char **, mlab_error *);

static char *tell(report_function report, const test_world *w, int64_t minimum)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_report_options options = mlab_report_defaults();
    options.minimum_cell = minimum;
    static char *text; /* not on the stack: gcc 12 takes what is found in it for a pointer to it */
    mlab_error err = {0};
    text = NULL;
    ck_assert_msg(report(&context, &w->spec, &options, &text, &err) == MLAB_OK, "%s", err.sentence);
    return w_keep(text);
}

/* --- numbers ------------------------------------------------------------------------------------------------- */

START_TEST(numbers_are_rounded_by_how_unsure_they_are)
{
    mlab_number_text text;
    ck_assert_int_eq(mlab_decimals_for(1.38), 1); /* first digit 1 to 3: two digits */
    ck_assert_int_eq(mlab_decimals_for(0.046), 2);
    ck_assert_int_eq(mlab_decimals_for(0.0312), 3);
    ck_assert_int_eq(mlab_decimals_for(325000), -4);
    ck_assert_int_eq(mlab_decimals_for(5), 0);
    ck_assert_str_eq(mlab_tell_number(312345, -4, false, text), "310,000");
    ck_assert_str_eq(mlab_tell_number(-182000, -4, true, text), "-180,000");
    ck_assert_str_eq(mlab_tell_number(3.14, 1, true, text), "+3.1");
    ck_assert_str_eq(mlab_tell_number(-0.04, 1, true, text), "0.0");
    ck_assert_str_eq(mlab_tell_count(4, 5, text), "fewer than 5");
    ck_assert_str_eq(mlab_tell_count(0, 5, text), "0");
    ck_assert_str_eq(mlab_tell_count(12345, 5, text), "12,345");
    ck_assert_str_eq(mlab_tell_chance(0.84, 40, text), "84 %");
    ck_assert_str_eq(mlab_tell_chance(0, 200, text), "under 2 %"); /* none of 200: 1.5 % at most */
    ck_assert_str_eq(mlab_tell_chance(1, 40, text), "over 92 %");
}
END_TEST

/* --- the summary --------------------------------------------------------------------------------------------- */

START_TEST(the_summary_answers_the_three_questions_on_one_screen)
{
    static const char expected[] = "DID IT WORK?\n"
                                   "  Retention    structured against none  +3.1 points in 12 months (+0.4 to +5.8)\n"
                                   "               3 more of 100 stay\n"
                                   "  Retention    informal against none    +2.1 points in 12 months (-1.2 to +5.4)\n"
                                   "               could be nothing\n"
                                   "  Promotion    structured against none  +1.2 points in 12 months (-0.9 to +3.3)\n"
                                   "               could be nothing\n"
                                   "  Promotion    informal against none    +3.4 points in 12 months (+1.0 to +5.8)\n"
                                   "               3 more of 100 are promoted\n"
                                   "  Satisfaction structured against none  +0.18   (+0.09 to +0.27)\n"
                                   "               on a scale of 1 to 5\n"
                                   "  Satisfaction informal against none    +0.11   (-0.01 to +0.23)\n"
                                   "               on a scale of 1 to 5; could be nothing\n"
                                   "  How sure: adjusted comparison, comparable people for 94 %, no trial.\n"
                                   "  A hidden trait would need a risk ratio of 1.6 with both mentoring and leaving\n"
                                   "  to explain the difference away (E-value).\n"
                                   "\n"
                                   "WHO WITH WHOM?                                           214 mentees, 131 places\n"
                                   "  Best total: 131 pairs, mean fit 74 of 100, lowest 41; 83 wait.\n"
                                   "  Random matching reaches 52.\n"
                                   "\n"
                                   "WHAT WOULD IT RETURN?                       5 years, 5 % discount, against today\n"
                                   "  Random          net present value  100,000 EUR   (-310,000 to +510,000)\n"
                                   "                  chance of a positive return 63 %   does not pay back in time\n"
                                   "  Best match      net present value  310,000 EUR   (-180,000 to +890,000)\n"
                                   "                  chance of a positive return 84 %   pays back in 26 months\n"
                                   "  Largest unknown: what an exit costs (avoided_exit). Knowing everything before\n"
                                   "  choosing is worth up to 41,000 EUR.\n"
                                   "\n"
                                   "  forecast of salaries: no bands in this study\n"
                                   "  3 caveats, all numbers and how they were made: report.html   data: results.h5\n";
    const char *got = tell(mlab_report_summary, w_make(), 5);
    for (size_t i = 0; i < sizeof expected; i++) ck_assert_msg(got[i] == expected[i], "differs from byte %zu on: %.60s", i, got + i);
}
END_TEST

START_TEST(the_truth_and_doubts_stand_beside_the_number)
{
    test_world *w = w_make();
    w->spec.truth = w_truth;
    w->spec.simulated = true;
    w->contrasts[3].trust = MLAB_TOO_FEW_EVENTS;
    w->contrasts[3].reason = w_text("4 promotions in the group");
    char *text = tell(mlab_report_summary, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "SIMULATED DATA: these numbers describe no real people\n"));
    ck_assert_ptr_nonnull(strstr(text, "               3 more of 100 stay; the truth is +2.9\n"));
    ck_assert_ptr_nonnull(strstr(text, "               on a scale of 1 to 5; the truth is +0.20\n"));
    ck_assert_ptr_nonnull(strstr(text, "could be nothing; not to be trusted: 4 promotions in the group"));
    char *page = tell(mlab_report_page, w, 5);
    ck_assert_ptr_nonnull(strstr(page, "Simulated data: these numbers describe no real people."));
    ck_assert_ptr_nonnull(strstr(page, "class=\"truth\""));
    ck_assert_ptr_nonnull(strstr(page, "Not to be trusted: 4 promotions in the group."));
}
END_TEST

START_TEST(what_unknown_groups_could_do_is_told_unless_few_people_would_be)
{
    test_world *w = w_make();
    mlab_contrast *c = &w->contrasts[0];
    c->unknown_people = 1312;
    c->unknown_events = 40;
    c->bounded = true;
    c->if_reference = 0.024;
    c->if_arm = -0.001;
    c->worst_lowest = -0.053;
    c->worst_highest = 0.087;
    char *text = tell(mlab_report_summary, w, 5), *page = tell(mlab_report_markdown, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "were all unknown time in none: +2.4, in structured: -0.1; at\n               worst -5.3 to +8.7\n"));
    ck_assert_ptr_nonnull(strstr(text, "Of 1,312 people nothing says for some of the time in which group they were"));
    ck_assert_ptr_nonnull(strstr(page, "How far could the unknown move it?"));
    ck_assert_ptr_nonnull(strstr(page, "| Retention: structured against none | +3.1 points | +2.4 | -0.1 | -5.3 to +8.7 | 1,312 |"));
    c->unknown_events = 4; /* few had the event */
    ck_assert_ptr_null(strstr(tell(mlab_report_summary, w, 5), "unknown time"));
    ck_assert_ptr_null(strstr(tell(mlab_report_markdown, w, 5), "could the unknown move"));
    c->unknown_events = 1310; /* few did not */
    ck_assert_ptr_null(strstr(tell(mlab_report_summary, w, 5), "unknown time"));
    c->unknown_events = 40;
    c->bounded = false;
    ck_assert_ptr_nonnull(strstr(tell(mlab_report_summary, w, 5), "how far time of unknown group could move it"));
}
END_TEST

START_TEST(without_results_each_part_is_left_out)
{
    test_world *w = w_make();
    const mlab_results nothing = {0};
    w->spec = (mlab_report_spec){.title = "Empty", .results = &nothing};
    ck_assert_str_eq(tell(mlab_report_summary, w, 5), "\n  0 caveats, all numbers and how they were made: report.html   data: results.h5\n");
    char *page = tell(mlab_report_page, w, 5);
    ck_assert_ptr_nonnull(strstr(page, "<h1>Empty</h1>"));
    ck_assert_ptr_null(strstr(page, "Did it work?"));
}
END_TEST

/* --- privacy --------------------------------------------------------------------------------------------------- */

START_TEST(groups_that_are_too_small_are_told_nowhere)
{
    test_world *w = w_make();
    w->contrasts[2].n_arm = w->contrasts[4].n_arm = w->contrasts[6].n_arm = 4;
    char *texts[] = {tell(mlab_report_summary, w, 5), tell(mlab_report_markdown, w, 5), tell(mlab_report_page, w, 5)};
    for (int k = 0; k < 3; k++) {
        ck_assert_ptr_null(strstr(texts[k], "+2.1")); /* informal on retention */
        ck_assert_ptr_nonnull(strstr(texts[k], "fewer than 5 people"));
    }
    ck_assert_ptr_null(strstr(texts[2], "1,800"));            /* the sum and the other groups would tell the small one */
    ck_assert_ptr_null(strstr(texts[2], ">informal</text>")); /* no curve of the group either */
    ck_assert_ptr_nonnull(strstr(texts[2], ">structured</text>"));
}
END_TEST

START_TEST(a_subgroup_that_follows_from_the_whole_is_hidden_with_the_small_one)
{
    test_world *w = w_make();
    mlab_contrast *women = &w->contrasts[7], *men = &w->contrasts[8];
    *women = w_contrast("retention", "structured", "none", "risk_difference", 12, 0.0777, 0.01, 0.14);
    *men = w_contrast("retention", "structured", "none", "risk_difference", 12, 0.0333, 0.01, 0.06);
    women->group = w_text("gender = female");
    men->group = w_text("gender = male");
    women->n_arm = 3;
    men->n_arm = 397;
    women->n_reference = men->n_reference = 900;
    w->comparison.n_contrasts = 9;
    char *page = tell(mlab_report_page, w, 5);
    ck_assert_ptr_null(strstr(page, "+7.8 points"));
    ck_assert_ptr_null(strstr(page, "+3.3 points")); /* 400 - 397 = 3 */
    women->n_arm = 150;
    men->n_arm = 250;
    page = tell(mlab_report_page, w, 5);
    ck_assert_ptr_nonnull(strstr(page, "+7.8 points"));
    ck_assert_ptr_nonnull(strstr(page, "+3.3 points"));
}
END_TEST

START_TEST(curves_stop_and_waiting_people_are_not_counted_out)
{
    test_world *w = w_make();
    w->curve_risk[3] = 4; /* from 12 months on */
    char *page = tell(mlab_report_page, w, 5), *numbers = strstr(page, "as observed in each group");
    ck_assert_ptr_nonnull(numbers);
    ck_assert_ptr_nonnull(strstr(page, "<td class=\"n\">91.0</td>")); /* 9 months */
    ck_assert_ptr_null(strstr(page, "<td class=\"n\">88.0</td>"));    /* 12 months */
    w->optimal.n_mentees = w->random.n_mentees = 133;
    char *text = tell(mlab_report_summary, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "nearly everybody is paired"));
    ck_assert_ptr_null(strstr(text, "131 pairs"));
    page = tell(mlab_report_page, w, 5);
    ck_assert_ptr_nonnull(strstr(page, "<td>hidden</td><td>hidden</td>"));
}
END_TEST

/* --- the page --------------------------------------------------------------------------------------------------- */

static bool is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "!doctype") == 0;
}

/* Every element that opens closes in order, attributes are quoted, & begins a known entity. */
static void check_well_formed(const char *page)
{
    char open[64][32];
    size_t depth = 0;
    bool in_style = false;
    for (const char *at = page; *at; at++) {
        if (in_style && strncmp(at, "</style>", 8) != 0) continue;
        if (*at == '&') {
            static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
            bool fine = false;
            for (size_t k = 0; k < 5; k++) fine |= strncmp(at, known[k], strlen(known[k])) == 0;
            ck_assert_msg(fine, "a bare & at: %.40s", at);
        }
        ck_assert_msg(*at != '>', "a bare > at: %.40s", at);
        if (*at != '<') continue;
        const bool closing = at[1] == '/';
        const char *from = at + 1 + closing;
        char name[32];
        size_t n = 0;
        for (; n < 31 && (isalnum((unsigned char)from[n]) || from[n] == '!'); n++) name[n] = (char)tolower((unsigned char)from[n]);
        name[n] = '\0';
        ck_assert_msg(n > 0, "a bare < at: %.40s", at);
        bool quoted = false, self = false;
        for (at = from + n; *at && (quoted || *at != '>'); at++) {
            if (*at == '"') quoted = !quoted;
            ck_assert_msg(quoted || *at != '<', "a tag in a tag at: %.40s", at);
            self = *at == '/';
        }
        ck_assert(*at == '>' && !quoted);
        if (closing) {
            ck_assert_msg(depth > 0 && strcmp(open[depth - 1], name) == 0, "</%s> closes %s", name, depth ? open[depth - 1] : "nothing");
            depth--;
            in_style = false;
        } else if (!self && !is_void(name)) {
            ck_assert_uint_lt(depth, 64);
            strcpy(open[depth++], name);
            in_style = strcmp(name, "style") == 0;
        }
    }
    ck_assert_uint_eq(depth, 0);
}

START_TEST(the_page_is_well_formed_and_loads_and_runs_nothing)
{
    test_world *w = w_make();
    char *page = tell(mlab_report_page, w, 5);
    check_well_formed(page);
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "http://"));
    ck_assert_ptr_null(strstr(page, "https://"));
    ck_assert_ptr_null(strstr(page, "style=\"")); /* the policy allows the sheet alone */
    ck_assert_ptr_null(strstr(page, "\"nan"));
    ck_assert_ptr_null(strstr(page, "Lnan"));
    ck_assert_ptr_null(strstr(page, "\"inf"));
    ck_assert_ptr_nonnull(strstr(page, "<html lang=\"en\">"));
    ck_assert_ptr_nonnull(strstr(page, "default-src 'none'; style-src 'sha256-"));
    ck_assert_ptr_nonnull(strstr(page, "prefers-color-scheme:dark"));
    ck_assert_ptr_nonnull(strstr(page, "@media print"));
    size_t charts = 0, tables = 0;
    for (const char *at = page; (at = strstr(at, "<svg ")); at++) {
        charts++;
        ck_assert_ptr_nonnull(strstr(at, "role=\"img\" aria-labelledby=\"chart"));
    }
    for (const char *at = page; (at = strstr(at, "<table>")); at++) tables++;
    ck_assert_uint_eq(charts, 7);
    ck_assert_uint_gt(tables, charts); /* the numbers behind each */
}
END_TEST

/* The SHA-256 of the empty text in Base64 is known: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=. The hash of the sheet is checked by its length and
 * by hashing the sheet in the page anew. */
START_TEST(the_policy_names_the_hash_of_the_sheet_in_the_page)
{
    test_world *w = w_make();
    char *page = tell(mlab_report_page, w, 5), *from = strstr(page, "<style>") + 7, *to = strstr(page, "</style>");
    char hash[64], hex[65];
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    mlab_page_style_hash(hash);
    ck_assert_uint_eq(strlen(hash), 7 + 44);
    ck_assert_int_eq(hash[50], '=');
    ck_assert_ptr_nonnull(strstr(page, hash));
    mlab_sha256_hex(from, (size_t)(to - from), hex);
    for (size_t i = 0; i < 32; i++) { /* byte i of the digest from the letters */
        const size_t bit = 8 * i, letter = bit / 6, shift = bit % 6;
        const unsigned a = (unsigned)(strchr(letters, hash[7 + letter]) - letters);
        const unsigned b = (unsigned)(hash[8 + letter] == '=' ? 0 : strchr(letters, hash[8 + letter]) - letters);
        char byte[3];
        snprintf(byte, sizeof byte, "%02x", ((a << 6 | b) >> (4 - shift)) & 0xff);
        ck_assert_mem_eq(byte, hex + 2 * i, 2);
    }
}
END_TEST

static const char hostile[] = "<script>alert(\"1\")</script>'&|`*\x1b[31m\xff\n";

START_TEST(hostile_names_stay_names)
{
    test_world *w = w_make();
    w->spec.title = hostile;
    for (size_t k = 0; k < w->comparison.n_contrasts; k++) {
        w->contrasts[k].arm = w_text(hostile);
        w->contrasts[k].caveats = w_text(hostile);
        w->contrasts[k].estimand = w_text(hostile);
    }
    w->balance[0].covariate = w_text(hostile);
    w->standardised_names[1] = w_text("retention/<script>x</script>");
    w->fit_names[1] = w_text(hostile);
    w->optimal.policy = w_text(hostile);
    w->returns[0].scenario = w->scenarios[1] = w_text(hostile);
    w->ledger.currency = w_text(hostile);
    w->results.provenance = hostile;
    w->finding.sentence = w_text(hostile);
    w->not_applicable[0] = hostile;
    char *page = tell(mlab_report_page, w, 5), *text = tell(mlab_report_summary, w, 5), *markdown = tell(mlab_report_markdown, w, 5);
    check_well_formed(page);
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_nonnull(strstr(page, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"));
    ck_assert_ptr_null(strchr(page, 0x1b));
    ck_assert_ptr_null(strchr(page, (char)0xff));
    ck_assert_ptr_null(strchr(text, 0x1b));
    ck_assert_ptr_null(strstr(markdown, "<script"));
    ck_assert_ptr_nonnull(strstr(markdown, "&lt;script>"));
    ck_assert_ptr_null(strchr(markdown, 0x1b));
}
END_TEST

START_TEST(a_very_long_name_shortens_a_row_and_fails_nothing)
{
    test_world *w = w_make();
    char *name = w_keep(malloc(20001));
    memset(name, 'x', 20000);
    name[20000] = '\0';
    w->contrasts[0].arm = name;
    check_well_formed(tell(mlab_report_page, w, 5));
    ck_assert_uint_gt(strlen(tell(mlab_report_summary, w, 5)), 500);
}
END_TEST

START_TEST(markdown_has_the_same_numbers_and_the_caveats)
{
    test_world *w = w_make();
    char *text = tell(mlab_report_markdown, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "# Engineering mentoring 2021-2024\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "- Retention: structured against none: +3.1 points in 12 months (likely range +0.4 to +5.8): 3 more of 100 stay.\n"));
    ck_assert_ptr_nonnull(strstr(text, "| Optimal | 214 | 96 | 131 | 131 | 83 | 74 | 41 | 6.3 | 12 |\n"));
    ck_assert_ptr_nonnull(strstr(text, "- Informal mentoring chosen by people themselves may go with what nobody recorded.\n"));
    ck_assert_ptr_nonnull(strstr(text, "conditional on the other terms: not the effect of the program"));
    ck_assert_ptr_null(strstr(text, "<svg"));
    char *once = strstr(text, "Informal mentoring chosen");
    ck_assert_ptr_null(strstr(once + 1, "Informal mentoring chosen")); /* a caveat is told once */
}
END_TEST

START_TEST(what_was_asked_of_a_fit_stands_beside_its_coefficients)
{
    test_world *w = w_make();
    char *text = tell(mlab_report_markdown, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "| arm | 2 | 9.44 | 0.0089 | 10.12 | 0.0064 |  |  |\n"));
    ck_assert_ptr_nonnull(strstr(text, "| arm: structured - none | difference |  |  | 0.0076 | 0.0021 | 0.0130 |\n"));
    ck_assert_ptr_nonnull(strstr(text, "| armstructured | -0.1000 | no end |\n"));
    ck_assert_ptr_nonnull(strstr(text, "| grade | not found: a fit on the way did not converge | 0.0000 |\n"));
    ck_assert_ptr_nonnull(strstr(text, "| collinearity | careful | tenure is nearly told by the other terms. |\n"));
}
END_TEST

START_TEST(the_same_bytes_every_time_and_for_any_threads)
{
    test_world *w = w_make();
    mlab_context seven = mlab_test_context(NULL, 7);
    const mlab_report_options options = mlab_report_defaults();
    char *again = NULL;
    ck_assert_int_eq(mlab_report_page(&seven, &w->spec, &options, &again, NULL), MLAB_OK);
    ck_assert_str_eq(tell(mlab_report_page, w, 5), again);
    mlab_report_text_free(&seven, again);
}
END_TEST

/* Two observed curves whose steps fall on other times, and one cause of two:
 *   period      1    2    3
 *   none       97   95   92      structured   -   98   90 */
START_TEST(observed_curves_with_other_steps_stand_at_their_own_months)
{
    test_world *w = w_make();
    double early[] = {1, 2, 3}, late[] = {2, 3}, risk[] = {900, 800, 700}, gone[] = {0.03, 0.01, 0.05, 0.02, 0.08, 0.04},
           few[] = {0.02, 0.3, 0.1, 0.3};
    mlab_curve curves[] = {
        {.group = "retention/none", .n_times = 3, .n_causes = 2, .time = early, .at_risk = risk, .estimate = gone},
        {.group = "retention/structured", .n_times = 2, .n_causes = 2, .time = late, .at_risk = risk, .estimate = few},
    };
    w->comparison.curves = curves;
    w->comparison.n_curves = 2;
    for (size_t k = 0; k < 3; k++) w->contrasts[k].cause = w_text("voluntary");
    char *text = tell(mlab_report_markdown, w, 5), *table = strstr(text, "Retention, as observed in each group, of 100 without a voluntary exit");
    ck_assert_ptr_nonnull(table);
    ck_assert_ptr_nonnull(strstr(table, "| 0 | 100.0 | 100.0 |\n| 3 | 97.0 | 100.0 |\n| 6 | 95.0 | 98.0 |\n| 9 | 92.0 | 90.0 |\n"));
    for (size_t k = 0; k < 3; k++) w->contrasts[k].outcome = w_text("turnover"); /* the share that left */
    curves[0].group = w_text("turnover/none"), curves[1].group = w_text("turnover/structured");
    text = tell(mlab_report_markdown, w, 5), table = strstr(text, "Turnover, as observed in each group, of 100 with a voluntary exit");
    ck_assert_ptr_nonnull(table);
    ck_assert_ptr_nonnull(strstr(table, "| 0 | 0.0 | 0.0 |\n| 3 | 3.0 | 0.0 |\n"));
}
END_TEST

/* Where one way of leaving is counted, nothing follows for who stays. */
START_TEST(one_cause_of_leaving_is_told_as_leaving)
{
    test_world *w = w_make();
    char *text = tell(mlab_report_summary, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "3 more of 100 stay"));
    for (size_t k = 0; k < 3; k++) w->contrasts[k].cause = w_text("voluntary");
    text = tell(mlab_report_summary, w, 5);
    ck_assert_ptr_null(strstr(text, "stay"));
    ck_assert_ptr_nonnull(strstr(text, "3 fewer of 100 leave by choice"));
    ck_assert_ptr_nonnull(strstr(text, "with both mentoring and leaving\n  by choice"));
    for (size_t k = 0; k < 3; k++) w->contrasts[k].cause = w_text("dismissed");
    ck_assert_ptr_nonnull(strstr(tell(mlab_report_summary, w, 5), "3 fewer of 100 leave (dismissed)"));
}
END_TEST

/* Only "retention" tells the share without the event: an exit by another name is the share that left. */
START_TEST(an_exit_by_another_name_is_told_in_the_direction_of_leaving)
{
    test_world *w = w_make();
    for (size_t k = 0; k < 3; k++) {
        w->contrasts[k].outcome = w_text("turnover");
        w->contrasts[k].event = w_text("exit");
        w->contrasts[k].cause = w_text("voluntary");
    }
    char *text = tell(mlab_report_summary, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "3 more of 100 leave by choice"));
    ck_assert_ptr_nonnull(strstr(text, "with both mentoring and leaving\n  by choice"));
    for (size_t k = 0; k < 3; k++) w->contrasts[k].cause = NULL;
    ck_assert_ptr_nonnull(strstr(tell(mlab_report_summary, w, 5), "3 more of 100 leave\n"));
}
END_TEST

/* +7.5 (0.3 to 14.6) at the decimals of its error would be "0 to +15", which says that it could be nothing. */
START_TEST(a_range_beside_zero_is_not_rounded_onto_it)
{
    test_world *w = w_make();
    w->contrasts[0] = w_contrast("retention", "structured", "none", "risk_difference", 12, 0.075, 0.0031, 0.146);
    char *text = tell(mlab_report_summary, w, 5);
    ck_assert_ptr_nonnull(strstr(text, "(+0.3 to +14.6)"));
    w->contrasts[0].lower = w->contrasts[0].upper = w->contrasts[0].estimate;
    w->contrasts[0].se = 0;
    ck_assert_ptr_null(strstr(tell(mlab_report_summary, w, 5), "more of 100 stay")); /* without a range nothing is claimed */
}
END_TEST

/* Nobody in the group answered before month 6. */
START_TEST(what_would_have_been_is_told_from_where_somebody_was_observed)
{
    test_world *w = w_make();
    double from[] = {0, 0, 0, 3, 6, 6};
    w->comparison.standardised_from = from;
    char *text = tell(mlab_report_markdown, w, 5), *table = strstr(text, "Satisfaction, mean had everyone been in the group: the numbers");
    ck_assert_ptr_nonnull(table);
    ck_assert_ptr_nonnull(strstr(table, "| 3 | 3.41 |  |  |\n| 6 | 3.42 | 3.48 | 3.54 |\n"));
}
END_TEST

START_TEST(figures_of_plans_are_those_worked_out_by_hand)
{
    test_world *w = w_make();
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_summary_number value, difference;
    ck_assert_int_eq(mlab_figure_make(&context, &w->outcomes, MLAB_FIGURE_STAYED, 2, 0.9, &value, &difference, NULL), MLAB_OK);
    /* 2000 - 60 * 20 + 8 * 20 = 960 of 2000, and 0 to 6 by luck; today 800 */
    ck_near(difference.mean, 8, 1e-9, 0);
    ck_assert_double_ge(value.mean, 48);
    ck_assert_double_le(value.mean, 48.3);
    ck_assert_int_eq(mlab_figure_make(&context, &w->outcomes, MLAB_FIGURE_IN_PROGRAM, 1, 0.9, &value, &difference, NULL), MLAB_OK);
    ck_near(value.mean, 6, 1e-9, 0); /* people with a mentor from elsewhere are not in the program */
    ck_near(difference.mean, 6, 1e-9, 0);
    ck_assert_int_eq(mlab_figure_make(&context, &w->outcomes, MLAB_FIGURE_EXITS, 1, 0.9, &value, &difference, NULL), MLAB_OK);
    ck_near(difference.mean, -6.0 / 2000 * 400, 1e-9, 0); /* four quarters, per 100 people */
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    const report_function reports[] = {mlab_report_summary, mlab_report_markdown, mlab_report_page};
    test_world *w = w_make();
    w->spec.truth = w_truth;
    for (int f = 0; f < 3; f++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            mlab_context context = mlab_test_context(&memory, 1);
            const mlab_report_options options = mlab_report_defaults();
            char *text = NULL;
            mlab_status status = reports[f](&context, &w->spec, &options, &text, NULL);
            if (status == MLAB_OK) {
                ck_assert_int_gt(k, 20);
                mlab_report_text_free(&context, text);
                ck_assert_int_eq(memory.live, 0);
                break;
            }
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
            ck_assert_ptr_null(text);
            ck_assert_int_eq(memory.live, 0);
        }
}
END_TEST

MLAB_TEST_MAIN("report", numbers_are_rounded_by_how_unsure_they_are, the_summary_answers_the_three_questions_on_one_screen,
               the_truth_and_doubts_stand_beside_the_number, what_unknown_groups_could_do_is_told_unless_few_people_would_be,
               without_results_each_part_is_left_out, groups_that_are_too_small_are_told_nowhere,
               a_subgroup_that_follows_from_the_whole_is_hidden_with_the_small_one, curves_stop_and_waiting_people_are_not_counted_out,
               the_page_is_well_formed_and_loads_and_runs_nothing, the_policy_names_the_hash_of_the_sheet_in_the_page, hostile_names_stay_names,
               a_very_long_name_shortens_a_row_and_fails_nothing, markdown_has_the_same_numbers_and_the_caveats,
               what_was_asked_of_a_fit_stands_beside_its_coefficients, the_same_bytes_every_time_and_for_any_threads,
               observed_curves_with_other_steps_stand_at_their_own_months, one_cause_of_leaving_is_told_as_leaving,
               an_exit_by_another_name_is_told_in_the_direction_of_leaving, a_range_beside_zero_is_not_rounded_onto_it,
               what_would_have_been_is_told_from_where_somebody_was_observed, figures_of_plans_are_those_worked_out_by_hand,
               every_failed_allocation_is_reported_and_nothing_leaks)
