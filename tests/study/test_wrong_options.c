/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wrong options of matching, one a row: each is refused with the line and column of the file where it stands, before anybody is matched. */
#include "core/os.h"
#include "mentorlab/study.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

static const char *const wrong[] = {
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{fair: {level: 7}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{fair: {kind: rate, group: site, level: 7}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{fair: {kind: rate}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{fair: {kind: rates, group: site}}]\n",
    ("matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{fair: {kind: minimum, group: site, groups: [nowhere], level: "
     "0.5}}]\n"),
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{fair: {group: sitee, kind: rate}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{lottery: {cap: 0}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{lottery: {cap: 2}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{group: {size: 2, least: 5}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{group: {size: 0}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{group: {size: 3, mix_least: 1}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{group: {size: 3, mix_least: 3, mix_most: 1, group: site}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{group: {size: 3, apart: teem}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{network: {mentors: 100}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{network: {mentors: 0}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{network: {roles: [a, b]}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{network: {role: sitee}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{network: {role: site, roles: [x]}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{self_selection: {meeting: 1.5}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{self_selection: {fit: yes}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{self_selection: {fit: yes, score: 2}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{hybrid: {reserve: 3}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{hybrid: {places: nope}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{serial_dictatorship: {by: nope}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{serial_dictatorship: {by: name}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{optimal: {gap: 5}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{optimal: {frist: score}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{optimall: {gap: 0.5}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [{peer: {stable: maybe}}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  policies: [optimal, optimal]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  minimum: 400\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  candidates: -1\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  seed: abc\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  group: nowhere\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  carry: [nowhere]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  id: nowhere\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  role: nowhere\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  mentors: {capacity: -3}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  mentors: {capacity: {from: nowhere}}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  mentors: {capacity: {default: 1, least: 4}}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  mentors: {hours: nowhere}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  mentors: {where: \"grade >\"}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  mentors: {where: \"grad > 3\"}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  mentors: {capacity: {from: places, least: nowhere}}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  forbid: [{line_manager: nobody}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  forbid: [{list: none.csv}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  forbid: [{line_manager: manager, levels: 0}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  forbid: [past_pear]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  lock: [{mentor: zz, mentee: e1}]\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  lock: none.csv\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  preferences: {mentees: {ranks: [nope]}}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  preferences: {mentees: {ranks: [choice1], only: perhaps}}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  preferences: {by: nope, mentees: {ranks: [choice1]}}\n",
    "matching:\n  score:\n    skills: {need: wants, offer: offers}\n  time: -4\n",
    "matching:\n  score:\n    skills: {need: wants}\n",
    "matching:\n  score:\n    skills: {need: want, offer: offers}\n",
    "matching:\n  score:\n    site: {same: perhaps}\n",
    "matching:\n  score:\n    grade: {best: two}\n",
    "matching:\n  score:\n    grade: {best: 2, spread: 0}\n",
    "matching:\n  score:\n    grade: {best: 2, weight: huge}\n",
    "matching:\n  score:\n    zone: {within: 50}\n",
    "matching:\n  score:\n    site: {within: 5}\n",
    "matching:\n  score:\n    own: {file: none.csv}\n",
    "matching:\n  score:\n    gains: {outcome: retention}\n",
    "matching:\n  score:\n    gains: {outcome: retention, months: 0}\n",
    "matching:\n  score:\n    x: {need: wants, offer: offers, same: must}\n",
    "matching:\n  score:\n    w: {choice: mentees}\n",
};
enum { N_WRONG = sizeof wrong / sizeof *wrong };

static const char mentors[] = "id,name,offers,site,grade,places,zone\nm1,Ann,a;b,north,5,2,+1\nm2,Bob,b,south,6,1,+2\n";
static const char mentees[] = "id,name,wants,site,grade,choice1,manager,zone\ne1,Cy,a,north,2,m1,m1,+1\ne2,Di,b,south,3,m2,m1,+3\n";

static const char *put(const char *name, const char *text)
{
    static char paths[3][4200];
    static int next;
    char *path = paths[next++ % 3];
    snprintf(path, sizeof paths[0], "%s/%s", mlab_test_folder("wrong"), name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return path;
}

/* Whether some stop, or the error, says where. */
static bool is_located(const mlab_findings *findings, const mlab_error *err)
{
    for (size_t k = 0; k < findings->n; k++)
        if (findings->items[k].severity == MLAB_SEVERITY_STOP && findings->items[k].n_occurrences && findings->items[k].occurrences[0].place.line)
            return true;
    return err->place.line > 0;
}

START_TEST(a_wrong_option_is_refused_where_it_stands)
{
    mlab_test_memory memory = {0};
    const mlab_context context = mlab_test_context(&memory, 1);
    for (size_t k = 0; k < N_WRONG; k++) {
        const char *rules = put("rules.yaml", wrong[k]), *a = put("a.csv", mentors), *b = put("b.csv", mentees);
        mlab_findings findings;
        mlab_matched *matched = NULL;
        mlab_error err = {0};
        mlab_findings_start(&findings, &context);
        const mlab_status status = mlab_match_lists(&context, a, b, rules, NULL, 0, &findings, &matched, &err);
        ck_assert_msg(status != MLAB_OK, "taken: %s", wrong[k]);
        ck_assert_msg(is_located(&findings, &err), "without a place (%s): %s", err.sentence, wrong[k]);
        ck_assert_ptr_null(matched);
        mlab_findings_free(&findings);
    }
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("wrong_options", a_wrong_option_is_refused_where_it_stands)
