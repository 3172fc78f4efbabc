/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mentorlab on the command line: finds the command, reads its arguments, runs it. */
#include "cli/cli.h"
#include "core/os.h"

#include <string.h>

static int start(mlab_cli *cli, int n, char **arguments)
{
    int code = mlab_read_arguments(cli, n, arguments);
    if (code) return code;
    if (cli->help) {
        mlab_show_help(cli->command, stdout);
        return MLAB_EXIT_DONE;
    }
    mlab_error err;
    mlab_os_catch_signals();
    if (mlab_setup(&cli->context, &err)) return mlab_show_error(cli, &err);
    const char *threads = mlab_flag_value(cli, "threads");
    if (threads) {
        static const mlab_option row = {.key = "--threads", .type = MLAB_OPTION_INTEGER, .low = 1, .high = 4096};
        int64_t value;
        if (mlab_option_read(&row, threads, &value, &err)) return mlab_usage(cli, "%s", err.sentence);
        cli->context.threads = (int)value;
    }
    cli->context.cancelled = mlab_os_signalled;
    code = cli->command->run(cli);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "mentorlab: the output cannot be written\n");
        return code ? code : MLAB_EXIT_FAILED;
    }
    return code;
}

int main(int n, char **arguments)
{
    static mlab_cli cli; /* large, and lives as long as the program */
    mlab_store_end_plainly();
    if (n < 2) {
        mlab_show_commands(stderr);
        return MLAB_EXIT_USAGE;
    }
    if (strcmp(arguments[1], "--version") == 0) {
        printf("mentorlab %s\n", mlab_version());
        return MLAB_EXIT_DONE;
    }
    if (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0) {
        mlab_show_commands(stdout);
        return MLAB_EXIT_DONE;
    }
    cli.command = mlab_command_find(arguments[1]);
    if (!cli.command) {
        const char *names[32];
        size_t count = 0;
        for (; mlab_command_row(count) && count < 32; count++) names[count] = mlab_command_row(count)->name;
        const char *near = mlab_nearest(arguments[1], names, count);
        fprintf(stderr, "mentorlab: there is no command '%s'%s%s%s; mentorlab --help lists them\n", arguments[1], near ? "; did you mean '" : "",
                near ? near : "", near ? "'?" : "");
        return MLAB_EXIT_USAGE;
    }
    return start(&cli, n - 2, arguments + 2);
}
