/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match: of a study, or of sign-up lists alone. */
#include "cli/cli.h"
#include "cli/json.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"

#include <inttypes.h>
#include <string.h>

static void show_pairs(const mlab_pairs *pairs)
{
    char mean[64], lowest[64];
    mlab_number_for_people(pairs->mean_score, 0, mean, sizeof mean);
    mlab_number_for_people(pairs->lowest_score, 0, lowest, sizeof lowest);
    printf("  %-22s %" PRIu64 " pairs", pairs->policy, pairs->n_pairs);
    if (pairs->n_pairs) printf(", mean fit %s of 100, lowest %s", mean, lowest);
    if (pairs->n_mentees > pairs->n_pairs) printf("; %zu wait", pairs->n_mentees - (size_t)pairs->n_pairs);
    if (pairs->blocking_pairs) {
        char others[64];
        mlab_number_for_people((double)pairs->blocking_pairs, 0, others, sizeof others);
        printf("\n  %-22s %s pair%s of others would both rather have each other", "", others, pairs->blocking_pairs == 1 ? "" : "s");
    }
    putchar('\n');
}

/* Writes the pairs where asked; they name people, so the file is the user's alone. */
static int write_pairs(const mlab_cli *cli, const char *text)
{
    const char *path = mlab_flag_value(cli, "pairs");
    mlab_error err;
    if (!path) return MLAB_EXIT_DONE;
    if (strcmp(path, "-") == 0) {
        fputs(text, stdout);
        return MLAB_EXIT_DONE;
    }
    if (mlab_os_write_file(&cli->context, path, text, strlen(text), true, &err)) return mlab_show_error(cli, &err);
    if (!cli->json && !cli->quiet) printf("  the pairs are in %s\n", path);
    return MLAB_EXIT_DONE;
}

/* --- sign-up lists ---------------------------------------------------------------------------------- */

static int write_rules(const mlab_cli *cli, const char *yaml)
{
    mlab_error err;
    char *path = mlab_os_join(&cli->context, cli->out, "matching.yaml");
    mlab_status status = path ? mlab_os_make_folder(cli->out, &err) : MLAB_ERR_MEMORY;
    if (!path) err = (mlab_error){.status = MLAB_ERR_MEMORY, .sentence = "out of memory"};
    if (!status) status = mlab_os_write_file(&cli->context, path, yaml, strlen(yaml), false, &err);
    if (!status && !cli->json && !cli->quiet) printf("  the rules are in %s, for changing\n", path);
    mlab_release(&cli->context, path);
    return status ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
}

static int tell_signup(const mlab_cli *cli, const mlab_signup *signup, const mlab_findings *findings)
{
    mlab_error err;
    char *csv = NULL;
    if (mlab_pairs_csv(&cli->context, signup->pairs, &csv, &err)) return mlab_show_error(cli, &err);
    if (!cli->json && !cli->quiet) {
        mlab_show_findings(findings, NULL, MLAB_SEVERITY_NOTE, stdout);
        printf("%s\n", signup->sentences);
        show_pairs(signup->pairs);
    }
    if (cli->json)
        printf("{\"policy\": \"%s\", \"pairs\": %" PRIu64 ", \"mentees\": %zu, \"mentors\": %zu, \"places\": %" PRIu64 "}\n", signup->pairs->policy,
               signup->pairs->n_pairs, signup->pairs->n_mentees, signup->pairs->n_mentors, signup->pairs->places);
    int code = write_pairs(cli, csv);
    mlab_pairs_text_free(&cli->context, csv);
    return code ? code : write_rules(cli, signup->yaml);
}

static int match_lists(mlab_cli *cli, const char *mentors, const char *mentees)
{
    mlab_findings findings;
    mlab_signup *signup = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, &cli->context);
    mlab_status status = mlab_signup_match(&cli->context, mentors, mentees, &findings, &signup, &err);
    int code;
    if (status == MLAB_ERR_DATA_REJECTED) {
        mlab_show_findings(&findings, NULL, MLAB_SEVERITY_NOTE, stderr);
        code = MLAB_EXIT_REJECTED;
    } else {
        code = status ? mlab_show_error(cli, &err) : tell_signup(cli, signup, &findings);
    }
    mlab_signup_free(signup);
    mlab_findings_free(&findings);
    return code;
}

/* --- a study ---------------------------------------------------------------------------------------- */

static int write_study_pairs(mlab_session *session)
{
    char *csv = NULL;
    mlab_error err;
    const mlab_results *results = mlab_study_results(session->study);
    if (!mlab_flag_value(session->cli, "pairs") || !results->n_pairs) return MLAB_EXIT_DONE;
    if (mlab_study_pairs_csv(session->study, results->n_pairs - 1, &csv, &err)) return mlab_show_error(session->cli, &err);
    int code = write_pairs(session->cli, csv);
    mlab_pairs_text_free(&session->cli->context, csv);
    return code;
}

static int match_study(mlab_cli *cli)
{
    mlab_session session;
    int code = mlab_session_run(&session, cli, MLAB_STAGE_MATCH);
    if (!code) {
        const mlab_results *results = mlab_study_results(session.study);
        if (cli->json)
            code = mlab_session_show_json(&session);
        else if (!cli->quiet)
            for (size_t k = 0; k < results->n_pairs; k++) show_pairs(results->pairs[k]);
        if (!code) code = write_study_pairs(&session);
    }
    mlab_session_end(&session);
    return code;
}

int mlab_command_match(mlab_cli *cli)
{
    const char *pairs = mlab_flag_value(cli, "pairs");
    if (pairs && strcmp(pairs, "-") == 0) cli->quiet = true; /* the screen is for the pairs */
    const char *people = mlab_flag_value(cli, "people"), *mentors = mlab_flag_value(cli, "mentors"), *mentees = mlab_flag_value(cli, "mentees");
    if (cli->n_arguments + (people != NULL) + (mentors != NULL || mentees != NULL) != 1)
        return mlab_usage(cli, "give a study, or --people, or --mentors with --mentees");
    if ((mentors == NULL) != (mentees == NULL)) return mlab_usage(cli, "--mentors and --mentees go together");
    if (people) return match_lists(cli, people, people);
    return mentors ? match_lists(cli, mentors, mentees) : match_study(cli);
}
