/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may not be trusted says so: every model that can be separated, have too few events or not converge is given such a study, and the sentence,
 * the results file and the exit code say it.
 *
 *     90 people, a third of whom leave: all with x = yes (separated); or three of them (few events); or one step of the fit is allowed
 */
#include "cli/program.h"

#include "core/random.h"

typedef enum trouble { SEPARATED, FEW, ONE_STEP } trouble;

static double normal(uint32_t who, uint16_t what)
{
    mlab_address at = {.seed = 5, .entity = who, .period = what, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_normal(&at, 0);
}

static double uniform(uint32_t who, uint16_t what)
{
    mlab_address at = {.seed = 6, .entity = who, .period = what, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_uniform(&at, 0);
}

static void put_people(trouble what)
{
    static char text[20000];
    size_t n = (size_t)snprintf(text, sizeof text, "time,left,risk,x,z,w,v,team,level,kind,counted\n");
    for (uint32_t i = 0; i < 90; i++) {
        bool left = what == SEPARATED ? i % 3 == 0 : what == FEW ? i == 5 || i == 20 || i == 41 : uniform(i, 0) < 0.5;
        bool x = what == SEPARATED ? left : what == FEW ? i % 2 : uniform(i, 1) < 0.5;
        int level = left ? 5 : what == FEW ? 3 : 1 + (int)(i % 4);
        if (what == FEW && i < 4) level = 1 + (int)i;
        n += (size_t)snprintf(text + n, sizeof text - n, "%d,%d,%s,%s,%.3f,%.3f,%.3f,t%02u,%d,%s,%d\n", 1 + (int)(400 * uniform(i, 2)), left,
                              left         ? "left"
                              : i % 5 == 1 ? "moved"
                                           : "none",
                              x ? "yes" : "no", normal(i, 3), normal(i, 4), normal(i, 5), i % 12, level,
                              left         ? "b"
                              : i % 7 == 0 ? "c"
                                           : "a",
                              left               ? 1 + (int)(3 * uniform(i, 6))
                              : what == ONE_STEP ? (int)(6 * uniform(i, 7))
                                                 : 0);
    }
    write_here("people.csv", text);
}

/* The trust that --json tells, after the exit code and the results file were held to it. */
static const char *trust_of(trouble what, const char *model, const char *response, const char *more)
{
    static const char *const words[] = {"separated", "too_few_events", "not_converged"};
    static char text[2000];
    snprintf(
        text, sizeof text,
        "data:\n  people: {file: people.csv}\n  columns: {time: {type: duration, unit: days}, left: {type: event}, level: {scale: [1, 2, 3, 4, 5]}, "
        "risk: {scale: [none, left, moved]}}\n%soutcomes:\n  it: {model: %s, formula: \"%s ~ x + z + w + v%s\"%s}\n",
        what == ONE_STEP ? "fit: {iterations: 1}\n" : "", model, response, more, strcmp(model, "fine_gray") ? "" : ", causes: [left]");
    write_here("study.yaml", text);
    int code = shell(PROGRAM " fit study.yaml --json");
    ck_assert_msg(code == 4, "%s%s: code %d: %s%s", model, more, code, out, err_out);
    for (size_t k = 0; k < 3; k++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "\"trust\": \"%s\", \"reason\": \"", words[k]);
        const char *at = strstr(out, wanted);
        if (!at) continue;
        ck_assert_msg(at[strlen(wanted)] != '"', "%s%s: no reason", model, more);
        if (what == SEPARATED && k == 0 && strcmp(model, "survival_lognormal")) ck_assert_msg(strstr(at, "xyes"), "%s%s: %s", model, more, at);
        ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/it/trust_code | grep -vx -e 0 -e trust_code"), 0);
        return words[k];
    }
    ck_abort_msg("%s%s: %s", model, more, out);
    return NULL;
}

static const struct {
    const char *model, *response, *more;
} models[] = {
    {"logit", "left", ""},
    {"cloglog", "left", ""},
    {"probit", "left", ""},
    {"multinomial", "kind", ""},
    {"ordinal", "level", ""},
    {"poisson", "counted", ""},
    {"negative_binomial", "counted", ""},
    {"cox", "event(time, left)", ""},
    {"fine_gray", "event(time, risk)", ""},
    {"exponential", "event(time, left)", ""},
    {"weibull", "event(time, left)", ""},
    {"gompertz", "event(time, left)", ""},
    {"survival_lognormal", "event(time, left)", ""},
    {"loglogistic", "event(time, left)", ""},
    {"generalised_gamma", "event(time, left)", ""},
    {"spline", "event(time, left)", ""},
    {"logit", "left", " + (1 | team)"},
    {"ordinal", "level", " + (1 | team)"},
    {"poisson", "counted", " + (1 | team)"},
    {"cox", "event(time, left)", " + (1 | team)"},
};
enum { N_MODELS = sizeof models / sizeof *models };

START_TEST(separation_is_said_and_names_the_term)
{
    start_here();
    put_people(SEPARATED);
    for (size_t k = 0; k < N_MODELS; k++) {
        const char *trust = trust_of(SEPARATED, models[k].model, models[k].response, models[k].more);
        if (strcmp(models[k].model, "generalised_gamma")) ck_assert_msg(!strcmp(trust, "separated"), "%s: %s", models[k].model, trust);
    }
}
END_TEST

START_TEST(too_few_events_are_said)
{
    start_here();
    put_people(FEW);
    for (size_t k = 0; k < N_MODELS; k++) {
        if (!strcmp(models[k].model, "spline")) continue; /* three events are refused: it has no knots */
        const char *trust = trust_of(FEW, models[k].model, models[k].response, models[k].more);
        bool other = !strcmp(models[k].model, "generalised_gamma") || !strcmp(models[k].model, "multinomial");
        if (!other) ck_assert_msg(!strcmp(trust, "too_few_events"), "%s: %s", models[k].model, trust);
    }
}
END_TEST

START_TEST(a_fit_that_did_not_arrive_says_so)
{
    start_here();
    put_people(ONE_STEP);
    for (size_t k = 0; k < N_MODELS; k++) {
        bool mixed = *models[k].more && strcmp(models[k].model, "cox"); /* have an end of their own */
        if (mixed) continue;
        const char *trust = trust_of(ONE_STEP, models[k].model, models[k].response, models[k].more);
        ck_assert_msg(!strcmp(trust, "not_converged"), "%s: %s", models[k].model, trust);
    }
}
END_TEST

/* What is said must be so: no interval that is there is said not to be, a response of one number is no lack of events, and what is stated for draws
 * is answered where nothing is drawn. */
START_TEST(the_words_beside_a_doubt_are_so)
{
    static const char head[] = "data:\n  people: {file: people.csv}\n  columns: {time: {type: duration, unit: days}, left: {type: event}}\n";
    static char people[3000], text[1000];
    size_t n = (size_t)snprintf(people, sizeof people, "time,left,country,x,same\n");
    start_here();
    for (uint32_t i = 0; i < 80; i++)
        n += (size_t)snprintf(people + n, sizeof people - n, "%d,%d,%s,%.3f,3\n", 1 + (int)(200 * uniform(i, 0)), uniform(i, 1) < 0.6,
                              i % 2 ? "here" : "there", normal(i, 2));
    write_here("people.csv", people);
    snprintf(text, sizeof text, "%soutcomes:\n  it: {model: linear, formula: \"x ~ time + (1 | country)\"}\n", head);
    write_here("study.yaml", text);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 4);
    ck_assert_msg(strstr(out, "2 groups of country are too few") && !strstr(out, "too few clusters for an interval"), "%s", out);
    snprintf(text, sizeof text, "%soutcomes:\n  it: {model: linear, formula: \"same ~ time\"}\n", head);
    write_here("study.yaml", text);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 4);
    ck_assert_msg(strstr(out, "the response does not vary") && !strstr(out, "too few events"), "%s", out);
    snprintf(text, sizeof text, "%sfit: {draws: parametric}\noutcomes:\n  it: {model: cox, formula: \"event(time, left) ~ x\"}\n", head);
    write_here("study.yaml", text);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 0);
    ck_assert_msg(strstr(out, "fit.draws: parametric is stated, but no parameters are drawn") && strstr(out, "Cox"), "%s", out);
}
END_TEST

/* Six on the left with 9 .. 11, six on the right with 11 .. 13: the means differ by 2. */
START_TEST(json_of_a_fit_holds_what_was_asked_for_after_it)
{
    start_here();
    ck_assert_int_eq(
        shell("awk 'BEGIN { print \"id,side,score,late\"; for (i = 0; i < 12; i++) "
              "printf \"p%%d,%%s,%%d,%%d\\n\", i, i %% 2 ? \"right\" : \"left\", 9 + int(i / 2) %% 3 + 2 * (i %% 2), i %% 5 < 2 }' > p.csv"),
        0);
    write_here("after.yaml", "title: after\ndata:\n  people: {file: p.csv}\n"
                             "  columns: {side: {type: factor}, score: {type: number}, late: {type: number}}\n"
                             "outcomes:\n  score: {model: linear, kind: number, formula: \"score ~ side\"}\n"
                             "  late: {model: logit, formula: \"late ~ side\"}\nfit: {penalty: firth}\n");
    ck_assert_int_eq(shell("sed 's/^fit: .*//; /late: {model/d' after.yaml > plain.yaml"), 0);
    ck_assert_int_eq(shell(PROGRAM " fit plain.yaml --json"), 0);
    ck_says_not(out, "\"margins\"");
    ck_assert_int_eq(shell(PROGRAM " fit plain.yaml --json --margins --profile --tests --diagnose --force"), 0);
    ck_says(out, "{\"what\": \"side: right - left\", \"of\": \"\", \"measure\": \"difference\", \"time\": null, \"unit\": \"\", \"effect\": 2, ");
    ck_says(out, "\"profiles\": [{\"name\": \"sideright\", \"lower\": 0.9969");
    ck_says(out, "\"tests\": [{\"term\": \"side\", \"likelihood_ratio\": {\"df\": 1, ");
    ck_says(out, "\"diagnoses\": [{\"what\": \"convergence\", \"doubt\": false, ");
    ck_assert_int_eq(shell("sed '/score: {model/d' after.yaml > firth.yaml"), 0);
    int code = shell(PROGRAM " fit firth.yaml --json --tests --force");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_says(out, "\"score\": null}]"); /* not made of a penalised likelihood */
}
END_TEST

MLAB_TEST_MAIN("doubts", json_of_a_fit_holds_what_was_asked_for_after_it, the_words_beside_a_doubt_are_so, separation_is_said_and_names_the_term,
               too_few_events_are_said, a_fit_that_did_not_arrive_says_so)
