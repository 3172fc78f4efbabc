/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coefficients of a level of one person are told nowhere, of whatever model: on screen, in JSON, in the results file and in what is exported of it.
 *
 *   people.csv   120 people of the simulated firm, one of them, who stays, alone in the department Solo
 */
#include "cli/program.h"

#include "store/export.h"

#include <math.h>

static const char study[] =
    "title: a firm\n"
    "simulated: yes\n"
    "data:\n"
    "  people: {file: people.csv}\n"
    "  surveys: {file: surveys.csv, satisfaction: satisfaction, scale: [1, 2, 3, 4, 5]}\n"
    "events:\n"
    "  exit: {voluntary: [voluntary], involuntary: [involuntary]}\n"
    "panel: {period: quarter, from: 2024-01-01, to: 2024-12-31}\n"
    "outcomes:\n"
    "  retention: {formula: \"exit ~ department\"}\n"
    "  plain: {kind: ordinal, formula: \"satisfaction ~ department\"}\n"
    "  partial: {kind: ordinal, formula: \"satisfaction ~ tenure + department\", nominal: [department]}\n"
    "  spread: {kind: ordinal, formula: \"satisfaction ~ department\", scale: [department]}\n"
    "  many: {kind: ordinal, model: multinomial, formula: \"satisfaction ~ department\"}\n"
    "  early: {kind: ordinal, model: linear, formula: \"satisfaction ~ satisfaction_last + department + (1 | person)\", initial: joint}\n"
    "  both: {model: joint, of: [plain, retention]}\n"
    "report: {minimum_cell: 5}\n"
    "fit: {margins: yes}\n";

static void make_world(void)
{
    make_study(120);
    write_here("first/study.yaml", study);
    ck_assert_int_eq(shell("awk -F, -v OFS=, 'NR > 1 && $3 == \"\" && !done {$6 = \"Solo\"; done = 1} {print}' first/people.csv > first/some.csv && "
                           "mv first/some.csv first/people.csv && grep -c ',Solo' first/people.csv | grep -qx 1"),
                     0);
}

/* Every line of a text that has the level says no number: "departmentSolo   not told  it tells of fewer than 5 people". */
static size_t ck_screen(const char *text)
{
    static char copy[sizeof out];
    size_t n = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strstr(line, "Solo")) continue;
        ck_assert_msg(strstr(line, "not told") != NULL, "the screen tells: %s", line);
        n++;
    }
    return n;
}

static size_t ck_json(const char *text)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, "Solo\"")); at++, n++)
        ck_assert_msg(strncmp(at, "Solo\", \"estimate\": null", 23) == 0, "JSON tells: %.80s", at);
    return n;
}

typedef struct walk {
    const mlab_context *context;
    const char *file;
    size_t n;
} walk;

static void look_at_variable(void *user, const char *path, const char *shape, const char *unit, const char *long_name)
{
    walk *w = user;
    mlab_page *page;
    const char *last = strrchr(path, '/');
    (void)shape, (void)unit, (void)long_name;
    static const char *const told[] = {"/estimate", "/standard_error", "/effect", "/covariance", "/robust"};
    bool any = false;
    for (size_t k = 0; k < sizeof told / sizeof *told; k++) any = any || !strcmp(last, told[k]);
    if (!last || strncmp(path, "/fits/", 6) != 0 || !any || mlab_page_load(w->context, w->file, path, &page, NULL)) return;
    for (size_t i = 0; i < page->n_lines; i++) {
        bool solo = false;
        for (size_t k = 0; k < page->n_columns; k++) {
            const mlab_page_column *c = &page->columns[k];
            solo = solo || (c->texts && strstr(c->texts[mlab_page_at(page, k, i)], "Solo"));
        }
        for (size_t k = 0; solo && k < page->n_columns; k++) {
            const mlab_page_column *c = &page->columns[k];
            ck_assert_msg(!c->reals || isnan(c->reals[mlab_page_at(page, k, i)]), "%s tells of Solo in line %zu", path, i);
        }
        w->n += solo;
    }
    mlab_page_free(page);
}

START_TEST(no_model_tells_the_coefficient_of_a_level_of_one_person)
{
    char path[5000];
    mlab_context context = mlab_test_context(NULL, 1);
    make_world();
    int code = shell(PROGRAM " fit first/study.yaml --out o");
    ck_assert_msg(code == 0 || code == 4, "code %d: %s", code, err_out);
    ck_assert_msg(ck_screen(out) >= 2 + 1 + 4 + 2 + 4 + 2 + 3, "%s", out);
    code = shell(PROGRAM " fit first/study.yaml --out o --json");
    ck_assert_msg(code == 0 || code == 4, "code %d: %s", code, err_out);
    ck_assert_uint_ge(ck_json(out), 18);
    ck_says(out, "a coefficient that tells of few people has no maximum");
    ck_says_not(out, "Solo has");
    ck_assert_int_eq(shell("grep -a 'Solo has no maximum' o/results.h5"), 1); /* texts stand plainly in it */
    ck_assert_int_eq(shell("grep -aq 'tells of few people has no maximum' o/results.h5"), 0);
    snprintf(path, sizeof path, "%s/o/results.h5", here);
    walk w = {&context, path, 0};
    ck_assert_int_eq(mlab_store_list(&context, path, look_at_variable, &w, NULL), MLAB_OK);
    ck_assert_uint_ge(w.n, 18);
}
END_TEST

MLAB_TEST_MAIN("cli/privacy_terms", no_model_tells_the_coefficient_of_a_level_of_one_person)
