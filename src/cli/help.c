/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help from the table of commands and the table of options: a page of a command, the manual, completion. */
#include "cli/cli.h"
#include "study/options.h"

#include <string.h>

void mlab_show_commands(FILE *to)
{
    const mlab_command *command;
    fprintf(to, "mentorlab: does mentoring work here, who with whom, and what does it return?\n\n");
    for (size_t k = 0; (command = mlab_command_row(k)); k++) fprintf(to, "  %-9s %s\n", command->name, command->summary);
    fprintf(to, "\n  mentorlab COMMAND --help explains one. Begin with: mentorlab new first\n");
}

enum { SCREEN = 80, LEFT = 24 };

/* One line of at most SCREEN columns: what does not fit is left out at a word. */
static void print_flag(FILE *to, const char *name, const char *value, const char *help, const char *fallback)
{
    char left[64], right[SCREEN - LEFT - 1];
    snprintf(left, sizeof left, "--%s%s%s", name, value ? " " : "", value ? value : "");
    size_t n = strlen(help), room = sizeof right - 1;
    if (n > room) {
        for (n = room; n > 0 && help[n] != ' '; n--) continue;
        while (n > 0 && strchr(" ,;:", help[n - 1])) n--;
    }
    snprintf(right, sizeof right, "%.*s", (int)n, help);
    fprintf(to, "  %-*s %s", LEFT - 2, left, right);
    if (fallback && n + strlen(fallback) + 3 <= room) fprintf(to, " (%s)", fallback);
    fputc('\n', to);
}

/* What an option takes, in capitals or as choices when they are short. */
static const char *takes(const mlab_option *row)
{
    switch (row->type) {
    case MLAB_OPTION_FLAG: return NULL;
    case MLAB_OPTION_INTEGER: return "N";
    case MLAB_OPTION_NUMBER: return "X";
    case MLAB_OPTION_DATE: return "DATE";
    case MLAB_OPTION_DURATION: return "TIME";
    case MLAB_OPTION_CHOICE: return "NAME";
    default: return "TEXT";
    }
}

static void print_option(FILE *to, const mlab_option *row)
{
    char help[160];
    if (row->type == MLAB_OPTION_CHOICE)
        snprintf(help, sizeof help, "%s", row->choices);
    else
        snprintf(help, sizeof help, "%s", row->help);
    print_flag(to, row->flag, takes(row), help, row->fallback);
}

/* A command's own flag comes before the one of that name that all commands take. */
static bool has_own(const mlab_command *command, const char *name)
{
    for (size_t k = 0; k < command->n_flags; k++)
        if (strcmp(command->flags[k].name, name) == 0) return true;
    return false;
}

void mlab_show_help(const mlab_command *command, FILE *to)
{
    const mlab_option_tables all = mlab_study_options();
    const mlab_flag *flag;
    fprintf(to, "mentorlab %s %s\n%s\n\n", command->name, command->arguments, command->summary);
    for (size_t k = 0; k < command->n_flags; k++) print_flag(to, command->flags[k].name, command->flags[k].value, command->flags[k].help, NULL);
    for (size_t t = 0; t < all.n; t++)
        for (size_t k = 0; k < all.n_rows[t]; k++)
            if (mlab_option_is_flag_of(&all.tables[t][k], command)) print_option(to, &all.tables[t][k]);
    for (size_t k = 0; (flag = mlab_common_flag(k)); k++)
        if (!has_own(command, flag->name)) print_flag(to, flag->name, flag->value, flag->help, NULL);
    fprintf(to, "\nfor example\n  %s\n", command->example);
}

/* --- manual ----------------------------------------------------------------------------------------- */

/* Text for troff: backslashes, and lines that begin with a dot or a quote. */
static void troff(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (c == text && (*c == '.' || *c == '\'')) fputs("\\&", stdout);
        if (*c == '\\')
            fputs("\\e", stdout);
        else if (*c == '-')
            fputs("\\-", stdout);
        else
            putchar(*c);
    }
}

static void manual_flag(const char *name, const char *value, const char *help)
{
    fputs(".TP\n.B \\-\\-", stdout);
    troff(name);
    if (value) {
        putchar(' ');
        troff(value);
    }
    putchar('\n');
    troff(help);
    putchar('\n');
}

static void manual_command(const mlab_command *command)
{
    const mlab_option_tables all = mlab_study_options();
    printf(".SS mentorlab %s ", command->name);
    troff(command->arguments);
    putchar('\n');
    troff(command->summary);
    putchar('\n');
    for (size_t k = 0; k < command->n_flags; k++) manual_flag(command->flags[k].name, command->flags[k].value, command->flags[k].help);
    for (size_t t = 0; t < all.n; t++)
        for (size_t k = 0; k < all.n_rows[t]; k++)
            if (mlab_option_is_flag_of(&all.tables[t][k], command)) {
                char help[400];
                const mlab_option *row = &all.tables[t][k];
                snprintf(help, sizeof help, "%s%s%s%s%s (%s)", row->help, row->choices ? ": " : "", row->choices ? row->choices : "",
                         row->fallback ? "; default " : "", row->fallback ? row->fallback : "", row->key);
                manual_flag(row->flag, takes(row), help);
            }
    printf(".nf\n");
    troff(command->example);
    printf("\n.fi\n");
}

static void manual_keys(void)
{
    const mlab_option_tables all = mlab_study_options();
    char allowed[400];
    printf(".SH STUDY FILE\nKeys of the study file; * stands for a name of your own.\n");
    for (size_t t = 0; t < all.n; t++)
        for (size_t k = 0; k < all.n_rows[t]; k++) {
            const mlab_option *row = &all.tables[t][k];
            if (row->marks & MLAB_OPTION_NOT_BUILT) continue;
            fputs(".TP\n.B ", stdout);
            troff(row->key);
            putchar('\n');
            troff(row->help ? row->help : "");
            if (row->type != MLAB_OPTION_MAP && row->type != MLAB_OPTION_ANY && row->type != MLAB_OPTION_TEXT && row->type != MLAB_OPTION_LIST) {
                fputs("; ", stdout);
                troff(mlab_option_allowed(row, allowed, sizeof allowed));
            }
            if (row->fallback) {
                fputs("; default ", stdout);
                troff(row->fallback);
            }
            putchar('\n');
        }
}

static void manual(void)
{
    const mlab_command *command;
    const mlab_flag *flag;
    printf(".TH MENTORLAB 1 \"\" \"mentorlab %s\"\n.SH NAME\nmentorlab \\- analytics and simulation for mentoring programs\n", mlab_version());
    printf(".SH SYNOPSIS\n.B mentorlab\n.I COMMAND\n[\\fIarguments\\fR]\n.SH DESCRIPTION\n");
    printf("mentorlab answers from a program's own data: did it work, who should be matched with whom, and what would it return.\n.SH COMMANDS\n");
    for (size_t k = 0; (command = mlab_command_row(k)); k++) manual_command(command);
    printf(".SS Flags of all commands\n");
    for (size_t k = 0; (flag = mlab_common_flag(k)); k++) manual_flag(flag->name, flag->value, flag->help);
    manual_keys();
    printf(".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage, 3 input rejected, 4 finished but a result is not trustworthy, 5 interrupted and can be "
           "resumed.\n.SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colour on a terminal\n.TP\n.B OMP_NUM_THREADS\nthreads, when \\-\\-threads is not "
           "given\n.TP\n.B MLAB_ISA\ngeneric, avx2 or avx512\n.TP\n.B MLAB_MODELS\nfolder of the models\n.TP\n.B SOURCE_DATE_EPOCH\nthe "
           "time that results carry\n");
}

/* --- completion ------------------------------------------------------------------------------------- */

static void completion_flags(const mlab_command *command)
{
    const mlab_option_tables all = mlab_study_options();
    const mlab_flag *flag;
    for (size_t k = 0; k < command->n_flags; k++) printf("--%s ", command->flags[k].name);
    for (size_t t = 0; t < all.n; t++)
        for (size_t k = 0; k < all.n_rows[t]; k++)
            if (mlab_option_is_flag_of(&all.tables[t][k], command)) printf("--%s ", all.tables[t][k].flag);
    for (size_t k = 0; (flag = mlab_common_flag(k)); k++)
        if (!has_own(command, flag->name)) printf("--%s ", flag->name);
}

static void completion(void)
{
    const mlab_command *command;
    printf("# bash completion for mentorlab\n_mentorlab() {\n  local word=${COMP_WORDS[COMP_CWORD]} flags=\n");
    printf("  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"");
    for (size_t k = 0; (command = mlab_command_row(k)); k++) printf("%s ", command->name);
    printf("--help --version\" -- \"$word\"))\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n");
    for (size_t k = 0; (command = mlab_command_row(k)); k++) {
        printf("    %s) flags=\"", command->name);
        completion_flags(command);
        printf("\" ;;\n");
    }
    printf("  esac\n  case $word in\n    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) ;;\n    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
           "  esac\n}\ncomplete -o filenames -F _mentorlab mentorlab\n");
}

int mlab_command_help(mlab_cli *cli)
{
    if (mlab_flag_value(cli, "man")) {
        manual();
    } else if (mlab_flag_value(cli, "completion")) {
        completion();
    } else if (cli->n_arguments == 0) {
        mlab_show_commands(stdout);
    } else {
        const mlab_command *command = mlab_command_find(cli->arguments[0]);
        if (!command) return mlab_usage(cli, "there is no command '%s'", cli->arguments[0]);
        mlab_show_help(command, stdout);
    }
    return MLAB_EXIT_DONE;
}
