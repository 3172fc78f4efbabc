/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match: of a study, or of sign-up lists alone; the pairs as lists, and back again with decisions. */
#include "cli/match.h"

#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "report/lists.h"

#include <inttypes.h>
#include <string.h>

/* --- writing lists ---------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && mlab_equal_fold(text + n - m, end);
}

static int write_csv(const mlab_cli *cli, const mlab_matching *matching, const mlab_pairs *pairs, mlab_pairs_view view, const char *path)
{
    mlab_list *list = NULL;
    char *text = NULL;
    mlab_error err = {0};
    mlab_status status = mlab_pairs_list(matching, pairs, view, &list, &err);
    if (!status) status = mlab_list_csv(list, &text, &err);
    if (!status && strcmp(path, "-") == 0)
        fputs(text, stdout);
    else if (!status)
        status = mlab_os_write_file(&cli->context, path, text, strlen(text), true, &err);
    mlab_pairs_text_free(&cli->context, text);
    mlab_list_free(list);
    return status ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
}

static int write_workbook(const mlab_cli *cli, const mlab_matching *matching, const mlab_pairs *pairs, const char *path)
{
    mlab_list *lists[5] = {NULL};
    mlab_error err = {0};
    mlab_status status = MLAB_OK;
    for (int view = 0; view < 5 && !status; view++) status = mlab_pairs_list(matching, pairs, (mlab_pairs_view)view, &lists[view], &err);
    if (!status) status = mlab_lists_workbook(&cli->context, path, (const mlab_list *const *)lists, 5, &err);
    for (int view = 0; view < 5; view++) mlab_list_free(lists[view]);
    return status ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
}

/* --for WHAT; the list of pairs when absent. */
static int choose_view(const mlab_cli *cli, mlab_pairs_view *view)
{
    const char *name = mlab_flag_value(cli, "for");
    *view = MLAB_VIEW_PAIRS;
    for (int k = 0; name && k < MLAB_N_VIEWS; k++) {
        *view = (mlab_pairs_view)k;
        if (strcmp(name, mlab_pairs_view_name(*view)) == 0) return MLAB_EXIT_DONE;
    }
    return name ? mlab_usage(cli, "--for takes by_person, mentors, unmatched, summary, chronus or pushfar, found '%s'", name) : MLAB_EXIT_DONE;
}

/* They name people, so the file is the user's alone. */
static int write_pairs(const mlab_cli *cli, const mlab_matching *matching, const mlab_pairs *pairs)
{
    const char *path = mlab_flag_value(cli, "pairs");
    mlab_pairs_view view;
    if (!path) return MLAB_EXIT_DONE;
    int code = choose_view(cli, &view);
    if (code) return code;
    const bool book = ends_with(path, ".xlsx");
    if (book && mlab_flag_value(cli, "for")) return mlab_usage(cli, "a workbook has all lists; --for is for .csv");
    code = book ? write_workbook(cli, matching, pairs, path) : write_csv(cli, matching, pairs, view, path);
    if (!code && strcmp(path, "-") != 0 && !cli->json && !cli->quiet)
        printf("  the %s of '%s' %s in %s\n", view == MLAB_VIEW_PAIRS ? "pairs" : "list", pairs->policy, view == MLAB_VIEW_PAIRS ? "are" : "is",
               path);
    return code;
}

static int write_rules(const mlab_cli *cli, const char *yaml)
{
    mlab_error err;
    char *path = mlab_os_join(&cli->context, cli->out, "matching.yaml");
    mlab_status status = path ? mlab_os_make_folder(cli->out, &err) : MLAB_ERR_MEMORY;
    if (!path) err = (mlab_error){.status = MLAB_ERR_MEMORY, .sentence = "out of memory"};
    if (!status) status = mlab_os_write_file(&cli->context, path, yaml, strlen(yaml), false, &err);
    if (!status && !cli->json && !cli->quiet) printf("  the rules are in %s, for changing; --rules %s takes them\n", path, path);
    mlab_release(&cli->context, path);
    return status ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
}

/* --- what both ways share ------------------------------------------------------------------------------ */

static int exit_of(const mlab_pairs *pairs)
{
    return pairs->status == MLAB_POLICY_NONE_EXISTS || pairs->status == MLAB_POLICY_INFEASIBLE ? MLAB_EXIT_DOUBTFUL : MLAB_EXIT_DONE;
}

/* Decisions are taken up by the matching; the last policy's pairs are what the list shows otherwise. */
static int review_and_write(const mlab_cli *cli, mlab_study *study, mlab_matched *matched, mlab_findings *findings)
{
    const char *path = mlab_flag_value(cli, "decisions");
    mlab_review *review = NULL;
    mlab_error err = {0};
    const bool silent = cli->json || cli->quiet;
    if (!path) {
        const int code = write_pairs(cli, matched->matching, matched->pairs[matched->shown]);
        return code ? code : exit_of(matched->pairs[matched->shown]);
    }
    mlab_status status = mlab_matching_review(matched->matching, path, path, findings, &review, &err);
    if (status == MLAB_ERR_DATA_REJECTED) {
        mlab_show_findings(findings, NULL, MLAB_SEVERITY_DECIDE, stderr);
        return MLAB_EXIT_REJECTED;
    }
    if (status) return mlab_show_error(cli, &err);
    if (!silent) mlab_show_review(review);
    if (cli->json) mlab_show_review_json(review);
    int code = write_pairs(cli, matched->matching, review->pairs);
    if (!code && study && mlab_study_put_review(study, review, findings, &err)) code = mlab_show_error(cli, &err);
    const bool broken = review->broken > 0;
    mlab_review_free(review);
    return code ? code : broken ? MLAB_EXIT_DOUBTFUL : MLAB_EXIT_DONE;
}

/* The file that findings about the rules are placed in. */
static const char *rules_name(const mlab_cli *cli)
{
    const char *rules = mlab_flag_value(cli, "rules");
    return rules ? rules : "matching.yaml";
}

/* --- sign-up lists ---------------------------------------------------------------------------------- */

static int tell_lists(const mlab_cli *cli, mlab_matched *matched, mlab_findings *findings)
{
    const bool silent = cli->json || cli->quiet, review = mlab_flag_value(cli, "decisions") != NULL;
    if (!silent) {
        mlab_show_findings(findings, rules_name(cli), MLAB_SEVERITY_NOTE, stdout);
        if (matched->sentences && !review) mlab_show_sentences(matched->sentences);
        if (!review) mlab_show_policies(&cli->context, matched->pairs, matched->n_pairs, 1);
    }
    if (cli->json && !review) mlab_show_policies_json(matched->pairs, matched->n_pairs);
    int code = review_and_write(cli, NULL, matched, findings);
    return code == MLAB_EXIT_DONE && matched->yaml && !review ? write_rules(cli, matched->yaml) : code;
}

static int match_lists(mlab_cli *cli, const char *mentors, const char *mentees)
{
    mlab_findings findings;
    mlab_matched *matched = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, &cli->context);
    mlab_status status = mlab_match_lists(&cli->context, mentors, mentees, mlab_flag_value(cli, "rules"), cli->overrides, (size_t)cli->n_overrides,
                                          &findings, &matched, &err);
    int code;
    if (status == MLAB_ERR_DATA_REJECTED) {
        mlab_show_findings(&findings, rules_name(cli), MLAB_SEVERITY_DECIDE, stderr);
        code = MLAB_EXIT_REJECTED;
    } else {
        code = status ? mlab_show_error(cli, &err) : tell_lists(cli, matched, &findings);
    }
    mlab_matched_free(matched);
    mlab_findings_free(&findings);
    return code;
}

/* --- a study ---------------------------------------------------------------------------------------- */

/* Lists need the people with their ids, which results do not hold. */
static int study_lists(mlab_session *session)
{
    mlab_cli *cli = session->cli;
    mlab_matched *matched = NULL;
    mlab_error err = {0};
    if ((!mlab_flag_value(cli, "pairs") && !mlab_flag_value(cli, "decisions")) || !mlab_study_results(session->study)->n_pairs) return MLAB_EXIT_DONE;
    mlab_status status = mlab_study_matched(session->study, &session->findings, &matched, &err);
    const int code = status ? mlab_show_error(cli, &err) : review_and_write(cli, session->study, matched, &session->findings);
    mlab_matched_free(matched);
    return code;
}

static int match_study(mlab_cli *cli)
{
    mlab_session session;
    int code = mlab_session_run(&session, cli, MLAB_STAGE_MATCH);
    if (!code) {
        const mlab_results *results = mlab_study_results(session.study);
        int64_t minimum = mlab_session_minimum_cell(&session);
        if (cli->json)
            code = mlab_session_show_json(&session);
        else if (!cli->quiet)
            mlab_show_policies(&cli->context, (mlab_pairs *const *)results->pairs, results->n_pairs, minimum);
        if (!code) code = study_lists(&session);
    }
    mlab_session_end(&session);
    return code;
}

int mlab_command_match(mlab_cli *cli)
{
    const char *pairs = mlab_flag_value(cli, "pairs");
    mlab_pairs_view view;
    if (pairs && strcmp(pairs, "-") == 0) cli->quiet = true; /* the screen is for the pairs */
    const char *people = mlab_flag_value(cli, "people"), *mentors = mlab_flag_value(cli, "mentors"), *mentees = mlab_flag_value(cli, "mentees");
    if (cli->n_arguments + (people != NULL) + (mentors != NULL || mentees != NULL) != 1)
        return mlab_usage(cli, "give a study, or --people, or --mentors with --mentees");
    if ((mentors == NULL) != (mentees == NULL)) return mlab_usage(cli, "--mentors and --mentees go together");
    if (choose_view(cli, &view)) return MLAB_EXIT_USAGE;
    if (!pairs && mlab_flag_value(cli, "for")) return mlab_usage(cli, "--for says what --pairs FILE holds");
    if (cli->n_arguments && mlab_flag_value(cli, "rules")) return mlab_usage(cli, "a study has its own rules; --rules is for lists");
    if (people) return match_lists(cli, people, people);
    return mentors ? match_lists(cli, mentors, mentees) : match_study(cli);
}
