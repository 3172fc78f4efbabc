/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program around the library: arguments in, screens out. No statistics here. */
#ifndef MLAB_CLI_CLI_H
#define MLAB_CLI_CLI_H

#include "core/options.h"
#include "core/text.h"
#include "mentorlab.h"

#include <stdio.h>

enum { MLAB_EXIT_DONE = 0, MLAB_EXIT_FAILED = 1, MLAB_EXIT_USAGE = 2, MLAB_EXIT_REJECTED = 3, MLAB_EXIT_DOUBTFUL = 4, MLAB_EXIT_INTERRUPTED = 5 };

/* A flag that is no option of the study file. */
typedef struct mlab_flag {
    const char *name;  /* without "--" */
    const char *value; /* what it takes, for the help: "DIR"; NULL = nothing */
    const char *help;
} mlab_flag;

enum { MLAB_MOST_ARGUMENTS = 64 };

/* What was typed. */
typedef struct mlab_cli {
    mlab_context context;
    const struct mlab_command *command;
    const char *arguments[MLAB_MOST_ARGUMENTS]; /* those without "--" */
    int n_arguments;
    struct {
        const mlab_flag *flag;
        const char *value;
    } given[MLAB_MOST_ARGUMENTS]; /* flags of the command or of all commands */
    int n_given;
    mlab_override overrides[MLAB_MOST_ARGUMENTS]; /* options of the study file given as flags */
    int n_overrides;
    char set_keys[MLAB_MOST_ARGUMENTS][128]; /* keys of --set key=value */
    bool json, quiet, help;
    const char *out; /* "." by default */
} mlab_cli;

/* Adding a command = one file and its row in commands.c. */
typedef struct mlab_command {
    const char *name;
    const char *arguments; /* "STUDY.yaml", "DIR" */
    int least, most;       /* arguments allowed */
    const char *summary;   /* one line */
    const char *example;   /* one line or more that work */
    const mlab_flag *flags;
    size_t n_flags;
    bool takes_study; /* options of the study file may be given as flags */
    int (*run)(mlab_cli *cli);
} mlab_command;

const mlab_command *mlab_command_row(size_t row); /* NULL past the end */
const mlab_command *mlab_command_find(const char *name);
const mlab_flag *mlab_common_flag(size_t row); /* NULL past the end */

/* Does this option row have a flag that the command takes? */
bool mlab_option_is_flag_of(const mlab_option *option, const mlab_command *command);

/* Reads the arguments after the command; prints what is wrong. Returns MLAB_EXIT_DONE or MLAB_EXIT_USAGE. */
int mlab_read_arguments(mlab_cli *cli, int n, char **arguments);
const char *mlab_flag_value(const mlab_cli *cli, const char *name); /* NULL = not given; "" for a switch */

/* --- screens ---------------------------------------------------------------------------------------- */

enum { MLAB_BOLD, MLAB_RED, MLAB_YELLOW, MLAB_DIM, MLAB_PLAIN };
/* Escape codes when the stream is a terminal and NO_COLOR is not set, else "". */
const char *mlab_paint(FILE *stream, int paint);
/* Text from column `at` on, folded at words on a terminal, further lines indented; ends the line. Elsewhere it stays one line. */
void mlab_show_folded(FILE *to, int at, int indent, const char *text);
void mlab_show_help(const mlab_command *command, FILE *to);
void mlab_show_commands(FILE *to);
/* Findings of at least that severity, most severe first. study_file: findings in it are shown as file:line:column. */
void mlab_show_findings(const mlab_findings *findings, const char *study_file, mlab_severity least, FILE *to);
/* values: what was found in each place, which may be about one person; null without. */
void mlab_findings_json(const mlab_findings *findings, bool values, mlab_text *json);
/* Prints the error and returns the exit code of its status. */
int mlab_show_error(const mlab_cli *cli, const mlab_error *err);
int mlab_exit_code(mlab_status status);
int mlab_usage(const mlab_cli *cli, const char *format, ...) MLAB_PRINTF(2, 3);

/* --- running a study -------------------------------------------------------------------------------- */

/* Progress on a terminal: one line that is rewritten; the context's callbacks. */
typedef struct mlab_progress {
    double started, shown;
    const char *stage;
    bool on, is_drawn;
    char last[32];
} mlab_progress;

/* A study run up to a stage; the findings stay for the caller. */
typedef struct mlab_session {
    mlab_cli *cli;
    mlab_study *study;
    mlab_findings findings;
    mlab_progress progress;
    bool only_check; /* the check's own screen follows */
    bool titled;
} mlab_session;

/* Opens and runs; prints stage lines, findings and errors unless --quiet or --json. Returns an exit code. */
int mlab_session_run(mlab_session *session, mlab_cli *cli, mlab_stage last);
/* The same in two steps: the study is open between them, and nothing has been worked on. */
int mlab_session_open(mlab_session *session, mlab_cli *cli, mlab_stage last);
int mlab_session_work(mlab_session *session, mlab_stage last);
int64_t mlab_session_minimum_cell(const mlab_session *session); /* report.minimum_cell of the study */
void mlab_session_end(mlab_session *session);
/* The exit code of a finished run: 4 when a result is not trustworthy. */
int mlab_session_exit(const mlab_session *session);

/* Starts and stops showing progress for a context whose user is a session. */
void mlab_progress_start(mlab_session *session);
void mlab_progress_clear(mlab_session *session);

/* --- commands --------------------------------------------------------------------------------------- */

/* Tests, average effects, profile intervals and diagnoses of a fit; nothing where none were asked for. */
/* Roles, reliability and what cannot be told of ratings by several raters; nothing for other models. */
void mlab_show_raters(const mlab_fit *fit, uint64_t minimum);
void mlab_show_after(const mlab_fit *fit, uint64_t minimum);
/* The associations of a joint model in words; nothing for another. */
/* Correlations of effects of the same groups. */
void mlab_show_correlations(const mlab_fit *fit, const mlab_random_effects *random);
void mlab_show_joint(const mlab_fit *fit);

int mlab_command_new(mlab_cli *cli);
int mlab_command_check(mlab_cli *cli);
int mlab_command_fit(mlab_cli *cli);
int mlab_command_compare(mlab_cli *cli);
int mlab_command_match(mlab_cli *cli);
int mlab_command_simulate(mlab_cli *cli);
int mlab_command_forecast(mlab_cli *cli);
int mlab_command_report(mlab_cli *cli);
int mlab_command_run(mlab_cli *cli);
int mlab_command_inspect(mlab_cli *cli);
int mlab_command_panel(mlab_cli *cli);
int mlab_command_predict(mlab_cli *cli);
int mlab_command_export(mlab_cli *cli);
int mlab_command_generate(mlab_cli *cli);
int mlab_command_words(mlab_cli *cli);
int mlab_command_help(mlab_cli *cli);

#endif
