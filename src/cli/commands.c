/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of commands and the flags that all of them take. */
#include "cli/cli.h"

#include <string.h>

#define FLAGS(array) array, sizeof(array) / sizeof *(array)

static const mlab_flag common[] = {
    {"out", "DIR", "folder for what is written, . by default"},
    {"threads", "N", "threads; the numbers do not depend on it"},
    {"json", NULL, "machine output"},
    {"quiet", NULL, "nothing but errors"},
    {"help", NULL, "this page"},
};
static const mlab_flag new_flags[] = {
    {"from", "FILE ...", "exports to draft the study from, in any order, each perhaps with what it is: relationships=pairs.csv; nothing is copied"},
    {"as-of", "DATE", "the day of the export, with --from"},
};
static const mlab_flag run_flags[] = {
    {"force", NULL, "do everything again, also what is up to date"},
    {"set", "KEY=VALUE", "any key of the study file"},
};
static const mlab_flag match_flags[] = {
    {"people", "FILE", "a sign-up list with a role column, instead of a study"},
    {"mentors", "FILE", "a list of mentors, with --mentees FILE"},
    {"mentees", "FILE", "a list of mentees, with --mentors FILE"},
    {"rules", "FILE", "rules for lists: matching.yaml, changed"},
    {"pairs", "FILE", "write the pairs with ids (mode 0600): .csv, .xlsx, or -"},
    {"for", "WHAT", "by_person, mentors, unmatched, summary, chronus, pushfar"},
    {"decisions", "FILE", "pairs that came back with decisions, .csv or .xlsx"},
    {"force", NULL, "do everything again, also what is up to date"},
    {"set", "KEY=VALUE", "any key of the study file"},
};
static const mlab_flag panel_flags[] = {
    {"names", NULL, "the ids of the files instead of pseudonyms"},
    {"set", "KEY=VALUE", "any key of the study file"},
};
static const mlab_flag predict_flags[] = {
    {"out", "DIR|FILE", "a folder, or one FILE.csv, .json, .xlsx, .h5"},     {"outcome", "NAME", "this one alone; else those in predict:, or all"},
    {"effects", "WHICH", "of groups: own (the default), averaged, typical"}, {"names", NULL, "the ids of the files instead of pseudonyms"},
    {"force", NULL, "do everything again, also what is up to date"},         {"set", "KEY=VALUE", "any key of the study file"},
};
static const mlab_flag check_flags[] = {
    {"table", "FILE", "every finding with its place as a .csv or .xlsx file (mode 0600), for whoever owns the data"},
    {"set", "KEY=VALUE", "any key of the study file"},
};
static const mlab_flag inspect_flags[] = {
    {"digest", NULL, "the content digest: equal numbers, equal digest"},
    {"group", "/GROUP", "with --digest: of one group only"},
    {"provenance", NULL, "what decided the numbers, as JSON"},
};
static const mlab_flag export_flags[] = {
    {"out", "FILE", "write to FILE.csv, FILE.json or FILE.xlsx in place of the screen"},
    {"format", "csv|json|xlsx", "how it is written, when the name does not say"},
    {"minimum-cell", "N", "counts of fewer people are hidden, 5 by default"},
};
static const mlab_flag generate_flags[] = {
    {"seed", "N", "seed instead of the one in the truth"},
    {"people", "N", "people instead of the number in the truth"},
};
static const mlab_flag help_flags[] = {
    {"man", NULL, "the manual page (troff)"},
    {"completion", NULL, "completion for bash"},
};

static const mlab_command commands[] = {
    {"new", "DIR [--from FILE ...]", 1, MLAB_MOST_ARGUMENTS, "Write a commented study: a starter that runs, or one drafted from your exports.",
     "mentorlab new first && mentorlab run first/study.yaml --out first\n  mentorlab new mine --from people.xlsx jobs.csv survey.csv pairs.xlsx",
     FLAGS(new_flags), false, mlab_command_new},
    {"check", "STUDY.yaml", 1, 1, "Say what is wrong with the files, and what the study can answer.", "mentorlab check study.yaml",
     FLAGS(check_flags), true, mlab_command_check},
    {"fit", "STUDY.yaml", 1, 1, "Fit the outcome models.", "mentorlab fit study.yaml --link logit", FLAGS(run_flags), true, mlab_command_fit},
    {"compare", "STUDY.yaml", 1, 1, "Did it work: the groups against each other.", "mentorlab compare study.yaml --bootstrap 500", FLAGS(run_flags),
     true, mlab_command_compare},
    {"match", "STUDY.yaml | --people FILE", 0, 1, "Who with whom, and why.", "mentorlab match --people signup.xlsx --pairs pairs.xlsx",
     FLAGS(match_flags), true, mlab_command_match},
    {"simulate", "STUDY.yaml", 1, 1, "Simulate the organisation under each plan.", "mentorlab simulate study.yaml --draws 500", FLAGS(run_flags),
     true, mlab_command_simulate},
    {"forecast", "STUDY.yaml", 1, 1, "What each plan would return.", "mentorlab forecast study.yaml", FLAGS(run_flags), true, mlab_command_forecast},
    {"report", "STUDY.yaml", 1, 1, "Write report.html and summary.md.", "mentorlab report study.yaml --minimum-cell 10", FLAGS(run_flags), true,
     mlab_command_report},
    {"run", "STUDY.yaml", 1, 1, "All of it in order; what is up to date is skipped.", "mentorlab run study.yaml --out results", FLAGS(run_flags),
     true, mlab_command_run},
    {"inspect", "RESULTS.h5", 1, 1, "List what is in a results file.", "mentorlab inspect results.h5 --digest", FLAGS(inspect_flags), false,
     mlab_command_inspect},
    {"panel", "STUDY.yaml", 1, 1, "Write the person-periods as analysed, a codebook and a check in R.",
     "mentorlab panel study.yaml --out panel\n  mentorlab panel study.yaml --out panel.xlsx", FLAGS(panel_flags), true, mlab_command_panel},
    {"predict", "STUDY.yaml", 1, 1, "Write what the models predict for every row: one line a person and period.",
     "mentorlab predict study.yaml --outcome retention --out retention.csv", FLAGS(predict_flags), true, mlab_command_predict},
    {"export", "RESULTS.h5 [NAME]", 1, 2, "One table or variable as CSV, JSON or a workbook; without a name, what there is.",
     "mentorlab export results.h5 /comparison/contrasts --out contrasts.xlsx", FLAGS(export_flags), false, mlab_command_export},
    {"generate", "TRUTH.yaml", 1, 1, "Make a firm with a known truth.", "mentorlab generate truth.yaml --out firm --seed 7", FLAGS(generate_flags),
     false, mlab_command_generate},
    {"words", "[WORD]", 0, 1, "Explain the words of screens and reports.", "mentorlab words arm", NULL, 0, false, mlab_command_words},
    {"help", "[COMMAND]", 0, 1, "This list, or the page of one command.", "mentorlab help match", FLAGS(help_flags), false, mlab_command_help},
};

const mlab_command *mlab_command_row(size_t row)
{
    return row < sizeof commands / sizeof *commands ? &commands[row] : NULL;
}

const mlab_command *mlab_command_find(const char *name)
{
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
        if (strcmp(commands[k].name, name) == 0) return &commands[k];
    return NULL;
}

const mlab_flag *mlab_common_flag(size_t row)
{
    return row < sizeof common / sizeof *common ? &common[row] : NULL;
}

bool mlab_option_is_flag_of(const mlab_option *option, const mlab_command *command)
{
    if (!option->flag || !command->takes_study || (option->marks & MLAB_OPTION_NOT_BUILT)) return false;
    for (size_t k = 0; k < command->n_flags; k++)
        if (strcmp(command->flags[k].name, option->flag) == 0) return false; /* the command's own flag of that name wins */
    if (!option->commands) return strcmp(command->name, "check") != 0 && strcmp(command->name, "panel") != 0;
    const size_t n = strlen(command->name);
    for (const char *at = option->commands; (at = strstr(at, command->name)); at += n)
        if ((at == option->commands || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' ')) return true;
    return false;
}
