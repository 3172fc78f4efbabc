/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the command line: flags of all commands, of the command, and of the options table. */
#include "cli/cli.h"
#include "study/options.h"

#include <stdarg.h>
#include <string.h>

static const mlab_flag *find_flag(const mlab_command *command, const char *name, size_t n)
{
    const mlab_flag *flag;
    for (size_t k = 0; k < command->n_flags; k++)
        if (strlen(command->flags[k].name) == n && strncmp(command->flags[k].name, name, n) == 0) return &command->flags[k];
    for (size_t k = 0; (flag = mlab_common_flag(k)); k++)
        if (strlen(flag->name) == n && strncmp(flag->name, name, n) == 0) return flag;
    return NULL;
}

static const mlab_option *find_option(const mlab_command *command, const char *name, size_t n)
{
    const mlab_option_tables all = mlab_study_options();
    for (size_t t = 0; t < all.n; t++) {
        const mlab_option *rows = all.tables[t];
        for (size_t k = 0; k < all.n_rows[t]; k++) {
            const mlab_option *row = rows + k;
            if (mlab_option_is_flag_of(row, command) && strlen(row->flag) == n && strncmp(row->flag, name, n) == 0) return row;
        }
    }
    return NULL;
}

static const char *nearest_flag(const mlab_command *command, const char *name)
{
    const char *names[256];
    size_t n = 0;
    const mlab_option_tables all = mlab_study_options();
    for (size_t k = 0; k < command->n_flags && n < 256; k++) names[n++] = command->flags[k].name;
    for (size_t k = 0; mlab_common_flag(k) && n < 256; k++) names[n++] = mlab_common_flag(k)->name;
    for (size_t t = 0; t < all.n; t++)
        for (size_t k = 0; k < all.n_rows[t] && n < 256; k++)
            if (mlab_option_is_flag_of(&all.tables[t][k], command)) names[n++] = all.tables[t][k].flag;
    return mlab_nearest(name, names, n);
}

int mlab_usage(const mlab_cli *cli, const char *format, ...)
{
    va_list list;
    fprintf(stderr, "mentorlab %s: ", cli->command->name);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\nmentorlab %s --help shows the flags\n", cli->command->name);
    return MLAB_EXIT_USAGE;
}

/* --set key=value */
static int take_set(mlab_cli *cli, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : 0;
    if (!n || n >= sizeof *cli->set_keys) return mlab_usage(cli, "--set takes KEY=VALUE, found '%s'", text);
    snprintf(cli->set_keys[cli->n_overrides], sizeof *cli->set_keys, "%.*s", (int)n, text);
    cli->overrides[cli->n_overrides] = (mlab_override){cli->set_keys[cli->n_overrides], equals + 1};
    cli->n_overrides++;
    return MLAB_EXIT_DONE;
}

static int take_flag(mlab_cli *cli, const mlab_flag *flag, const char *value)
{
    if (value && strcmp(flag->name, "set") == 0) return take_set(cli, value);
    cli->given[cli->n_given].flag = flag;
    cli->given[cli->n_given++].value = value ? value : "";
    if (strcmp(flag->name, "json") == 0) cli->json = true;
    if (strcmp(flag->name, "quiet") == 0) cli->quiet = true;
    if (strcmp(flag->name, "help") == 0) cli->help = true;
    if (strcmp(flag->name, "out") == 0) cli->out = value;
    return MLAB_EXIT_DONE;
}

/* One argument that begins with "--"; *used is set to the arguments it took. */
static int take(mlab_cli *cli, const char *text, const char *next, int *used)
{
    const char *name = text + 2, *equals = strchr(name, '=');
    const size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const mlab_flag *flag = find_flag(cli->command, name, n);
    const mlab_option *option = flag ? NULL : find_option(cli->command, name, n);
    *used = 1;
    if (!flag && !option) {
        const char *near = nearest_flag(cli->command, name);
        return mlab_usage(cli, "unknown flag '%s'%s%s%s", text, near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
    }
    const bool is_switch = flag ? !flag->value : option->type == MLAB_OPTION_FLAG;
    const char *value = equals ? equals + 1 : NULL;
    if (flag && is_switch && equals) return mlab_usage(cli, "--%s takes no value", flag->name);
    if (!is_switch && !value) {
        if (!next) return mlab_usage(cli, "--%.*s needs a value", (int)n, name);
        value = next;
        *used = 2;
    }
    if (flag) return take_flag(cli, flag, value);
    cli->overrides[cli->n_overrides++] = (mlab_override){option->key, value ? value : "yes"};
    return MLAB_EXIT_DONE;
}

int mlab_read_arguments(mlab_cli *cli, int n, char **arguments)
{
    bool only_arguments = false;
    cli->out = ".";
    for (int k = 0, used = 1; k < n; k += used) {
        used = 1;
        if (cli->n_arguments == MLAB_MOST_ARGUMENTS || cli->n_given == MLAB_MOST_ARGUMENTS || cli->n_overrides == MLAB_MOST_ARGUMENTS)
            return mlab_usage(cli, "more than %d arguments", MLAB_MOST_ARGUMENTS);
        const char *text = arguments[k];
        if (!only_arguments && strcmp(text, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && (strcmp(text, "-h") == 0)) {
            cli->help = true;
        } else if (!only_arguments && text[0] == '-' && text[1]) {
            if (text[1] != '-') return mlab_usage(cli, "unknown flag '%s'; flags begin with two dashes", text);
            int code = take(cli, text, k + 1 < n ? arguments[k + 1] : NULL, &used);
            if (code) return code;
        } else {
            cli->arguments[cli->n_arguments++] = text;
        }
    }
    if (cli->help) return MLAB_EXIT_DONE;
    if (cli->n_arguments < cli->command->least || cli->n_arguments > cli->command->most)
        return mlab_usage(cli, "expected %s, found %d argument%s", cli->command->arguments, cli->n_arguments, cli->n_arguments == 1 ? "" : "s");
    return MLAB_EXIT_DONE;
}

const char *mlab_flag_value(const mlab_cli *cli, const char *name)
{
    for (int k = cli->n_given; k-- > 0;)
        if (strcmp(cli->given[k].flag->name, name) == 0) return cli->given[k].value;
    return NULL;
}
