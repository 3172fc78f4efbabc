/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generate: a firm with a known truth. */
#include "cli/cli.h"
#include "core/number.h"
#include "core/os.h"
#include "simulate/truth.h"

#include <string.h>

static bool read_whole(const mlab_cli *cli, const char *flag, int64_t low, int64_t otherwise, int64_t *value)
{
    const char *text = mlab_flag_value(cli, flag);
    *value = otherwise;
    return !text || (mlab_integer_parse(text, strlen(text), value) && *value >= low);
}

int mlab_command_generate(mlab_cli *cli)
{
    int64_t seed, people;
    mlab_findings findings;
    mlab_truth *truth = NULL;
    mlab_error err = {0};
    if (!read_whole(cli, "seed", 0, -1, &seed)) return mlab_usage(cli, "--seed takes a whole number of 0 or more");
    if (!read_whole(cli, "people", 20, 0, &people)) return mlab_usage(cli, "--people takes a whole number of 20 or more");
    mlab_findings_start(&findings, &cli->context);
    mlab_status status = mlab_truth_read(&cli->context, cli->arguments[0], &findings, &truth, &err);
    if (findings.n && !cli->json) mlab_show_findings(&findings, cli->arguments[0], MLAB_SEVERITY_NOTE, stderr);
    if (!status) status = mlab_os_make_folder(cli->out, &err);
    if (!status) status = mlab_generate(&cli->context, truth, seed >= 0 ? (uint64_t)seed : (uint64_t)truth->seed, people, cli->out, &err);
    if (!status && !cli->quiet && !cli->json) printf("a simulated firm (no real people) is in %s\n", cli->out);
    if (!status && cli->json) printf("{\"folder\": \"%s\"}\n", cli->out);
    mlab_truth_free(truth);
    int code = status ? findings.n && status == MLAB_ERR_DATA_REJECTED ? MLAB_EXIT_REJECTED : mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
    mlab_findings_free(&findings);
    return code;
}
