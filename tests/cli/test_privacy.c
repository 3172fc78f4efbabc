/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every output of one study with a cell of one person and a department of two: nobody's id is in it, nor what would be their number. A command, a
 * file or a variable that comes new is walked too.
 *
 *   people.csv   160 people, SIM0000001 ... of the simulated firm
 *                two of them alone in the department Dwarf, bonus 77,771.25 and 77,772.75
 *                one of them alone with the gender Single,  bonus 88,881.375; all others 1,000 to 1,500
 */
#include "cli/program.h"

#include "store/export.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <sys/stat.h>

#define ID "SIM0"

static void make_world(void)
{
    make_study(160);
    ck_assert_int_eq(shell("awk -F, -v OFS=, 'NR == 1 {print $0, \"bonus\"; next} {b = 1000 + (NR * 7919) %% 500} $3 == \"\" {stays++; "
                           "if (stays <= 2) {$6 = \"Dwarf\"; b = 77769.75 + 1.5 * stays} if (stays == 3) {$5 = \"Single\"; b = 88881.375}} "
                           "{print $0, b}' OFMT=%%.6f CONVFMT=%%.6f first/people.csv > first/some.csv && mv first/some.csv first/people.csv"),
                     0);
    ck_assert_int_eq(shell("grep -c Dwarf first/people.csv | grep -qx 2 && grep -q 'Single.*88881.375' first/people.csv"), 0);
    ck_assert_int_eq(shell("sed -i 's/2021-01-01/2023-01-01/; s/bootstrap: 20/bootstrap: 0\\n  by: [department, gender]/; s/draws: 12/draws: 2/; s/6 "
                           "quarters/2 quarters/; "
                           "s/ + gender + performance + department\"/ + performance\"/; "
                           "s/^  satisfaction: .*/  satisfaction: {formula: \"satisfaction ~ arm + (1 | department)\"}\\n"
                           "  bonus: {kind: number, model: linear, formula: \"bonus ~ 0 + department + arm\"}\\n"
                           "  extra: {kind: number, model: linear, formula: \"bonus ~ gender + arm\"}/; "
                           "s/^report: .*/report: {minimum_cell: 5}\\nfit: {margins: yes, tests: yes}/' first/study.yaml"),
                     0);
}

/* --- what an attacker looks for ------------------------------------------------------------------------- */

static bool is_theirs(double value)
{
    static const double theirs[] = {77771.25, 77772.75, 77772, 88881.375};
    for (size_t k = 0; k < sizeof theirs / sizeof *theirs; k++)
        if (fabs(fabs(value) - theirs[k]) < 1e-3 * theirs[k]) return true;
    return false;
}

/* The numbers of a text, digits with a point; thousands may have marks. Digits inside a word are of a pseudonym or a digest, which are drawn anew in
 * every folder: five of them in a row are near one of these numbers once in some 300. */
static void ck_tells_nobody(const char *what, const char *text, size_t n, bool numbers)
{
    for (size_t i = 0; i + sizeof ID <= n; i++) ck_assert_msg(memcmp(text + i, ID, sizeof ID - 1) != 0, "%s has an id: %.20s", what, text + i);
    for (size_t i = 0; numbers && i < n;) {
        char digits[40];
        size_t used = 0, from = i;
        for (; i < n && used + 1 < sizeof digits && ((text[i] >= '0' && text[i] <= '9') || (used && strchr(".,", text[i]) && text[i])); i++)
            if (text[i] != ',') digits[used++] = text[i];
        digits[used] = '\0';
        const bool word = (from > 0 && isalnum((unsigned char)text[from - 1])) || (i < n && isalnum((unsigned char)text[i]));
        if (used >= 5 && !word) ck_assert_msg(!is_theirs(strtod(digits, NULL)), "%s has their number: %.*s", what, (int)(i - from), text + from);
        i += i == from;
    }
}

static bool counts_people(const mlab_page *page, const mlab_page_column *column)
{
    static const char *const nobody[] = {"/simulation", "/forecast", "/draws", "/matching"}; /* simulated, or rows under pseudonyms */
    for (size_t k = 0; k < sizeof nobody / sizeof *nobody; k++)
        if (!strncmp(page->path, nobody[k], strlen(nobody[k]))) return false;
    return !strcmp(column->unit, "person") || !strcmp(column->unit, "event") || !strcmp(column->unit, "answer");
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
    (void)shape, (void)unit, (void)long_name;
    if (mlab_page_load(w->context, w->file, path, &page, NULL)) return; /* a group without a table */
    w->n++;
    for (size_t k = 0; k < page->n_columns; k++) {
        const mlab_page_column *c = &page->columns[k];
        const bool counted = counts_people(page, c);
        for (size_t i = 0; i < c->n; i++) {
            if (c->texts) ck_tells_nobody(path, c->texts[i], strlen(c->texts[i]), true);
            const double value = c->texts ? 0 : c->reals ? c->reals[i] : (double)c->numbers[i];
            ck_assert_msg(!is_theirs(value), "%s of %s has their number %g", c->name, path, value);
            ck_assert_msg(!counted || !(value > 0 && value < 5), "%s of %s counts %g", c->name, path, value);
        }
    }
    mlab_page_free(page);
}

static size_t n_files, n_compared;

/* Subgroups of few people have no numbers, whatever they would be. */
static void look_at_contrasts(const mlab_context *context, const char *file)
{
    mlab_page *page;
    size_t hidden = 0, group = 0;
    if (mlab_page_load(context, file, "/comparison/contrasts", &page, NULL)) return;
    n_compared++;
    while (strcmp(page->columns[group].name, "group") != 0) group++;
    for (size_t i = 0; i < page->n_lines; i++) {
        const char *name = page->columns[group].texts[i];
        if (!strstr(name, "Dwarf") && !strstr(name, "Single")) continue;
        hidden++;
        for (size_t k = 0; k < page->n_columns; k++) {
            const mlab_page_column *c = &page->columns[k];
            if (!strcmp(c->name, "horizon") || !strcmp(c->name, "level") || !c->reals) continue;
            ck_assert_msg(isnan(c->reals[i]), "%s of %s is %g", c->name, name, c->reals[i]);
        }
    }
    ck_assert_uint_gt(hidden, 0);
    mlab_page_free(page);
}

/* --- files ---------------------------------------------------------------------------------------------- */

static void look_at_file(const char *path, const char *name, bool named)
{
    static char bytes[1 << 23];
    struct stat info = {0};
    mlab_context context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_msg(!strstr(name, ".tmp") && !strstr(name, ".part") && strcmp(name, "lock") != 0, "%s was left behind", path);
    if (strstr(path, "/.mentorlab/")) {
        ck_assert_msg((info.st_mode & 0777) == 0600, "%s has mode %o", path, (unsigned)info.st_mode & 0777);
        return;
    }
    n_files++;
    const bool open_to_others = (info.st_mode & 077) != 0;
    if (named) {
        ck_assert_msg(!open_to_others, "%s has names and mode %o", path, (unsigned)info.st_mode & 0777);
        return;
    }
    FILE *stream = fopen(path, "rb");
    ck_assert_ptr_nonnull(stream);
    const size_t n = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    ck_assert_uint_lt(n, sizeof bytes);
    const bool is_text = !strstr(name, ".h5") && !strstr(name, ".xlsx");
    ck_tells_nobody(path, bytes, n, is_text && open_to_others);
    if (!strstr(name, ".h5") || !open_to_others) return;
    walk w = {&context, path, 0};
    ck_assert_int_eq(mlab_store_list(&context, path, look_at_variable, &w, NULL), MLAB_OK);
    ck_assert_uint_gt(w.n, 100);
    look_at_contrasts(&context, path);
}

static void look_at_folder(const char *folder, bool named)
{
    char path[9000];
    struct stat info = {0};
    DIR *entries = opendir(folder);
    ck_assert_msg(entries != NULL, "%s is not there", folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(path, sizeof path, "%.4500s/%.255s", folder, entry->d_name);
        ck_assert_int_eq(stat(path, &info), 0);
        if (S_ISDIR(info.st_mode))
            look_at_folder(path, named);
        else
            look_at_file(path, entry->d_name, named);
    }
    closedir(entries);
}

/* --- commands ------------------------------------------------------------------------------------------- */

static const struct one_command {
    const char *name, *arguments; /* NULL = tells nothing of a study */
} commands[] = {{"new", NULL},
                {"check", "first/study.yaml --out o"},
                {"check", "first/study.yaml --out o --json"},
                {"run", "first/study.yaml --out o"},
                {"run", "first/study.yaml --out o --json"},
                {"fit", "first/study.yaml --out o"},
                {"fit", "first/study.yaml --out o --json"},
                {"compare", "first/study.yaml --out o"},
                {"compare", "first/study.yaml --out o --json"},
                {"match", "first/study.yaml --out o"},
                {"match", "first/study.yaml --out o --json"},
                {"simulate", "first/study.yaml --out o --json"},
                {"forecast", "first/study.yaml --out o --json"},
                {"report", "first/study.yaml --out o"},
                {"inspect", "o/results.h5 --json"},
                {"inspect", "o/results.h5 --provenance"},
                {"export", "o/results.h5"},
                {"export", "o/results.h5 /comparison/contrasts --json"},
                {"export", "o/results.h5 /comparison/contrasts --minimum-cell 1"},
                {"export", "o/results.h5 /data/arms --minimum-cell 1"},
                {"export", "o/results.h5 /fits/bonus --out o/bonus.csv"},
                {"export", "o/results.h5 /fits/bonus --out o/bonus.xlsx"},
                {"panel", "first/study.yaml --out rows"},
                {"predict", "first/study.yaml --outcome satisfaction --effects own --out rows/own.csv"},
                {"predict", "first/study.yaml --outcome retention --out rows/retention.h5"},
                {"check", "first/study.yaml --out rows --table rows/findings.csv"},
                {"generate", NULL},
                {"words", NULL},
                {"help", NULL}};

static bool is_known(const char *name)
{
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
        if (!strcmp(commands[k].name, name)) return true;
    return false;
}

/* "  fit       Fit the outcome models." */
static void ck_all_commands_are_here(void)
{
    size_t n = 0;
    ck_assert_int_eq(shell(PROGRAM " help"), 0);
    for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n")) {
        char name[32];
        if (strncmp(line, "  ", 2) != 0 || sscanf(line, " %31s", name) != 1 || !strcmp(name, "mentorlab")) continue;
        ck_assert_msg(is_known(name), "what does the command %s tell of small groups? Add it to this test", name);
        n++;
    }
    ck_assert_uint_ge(n, 16);
}

START_TEST(no_output_tells_an_id_or_the_number_of_a_cell_of_one_or_a_department_of_two)
{
    char path[5000];
    make_world();
    ck_all_commands_are_here();
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        if (!commands[k].arguments) continue;
        const int code = shell("umask 022; " PROGRAM " %s %s", commands[k].name, commands[k].arguments);
        ck_assert_msg(code == 0 || code == 4, "%s %s: code %d: %s%s", commands[k].name, commands[k].arguments, code, err_out, out);
        ck_tells_nobody(commands[k].name, out, strlen(out), strcmp(commands[k].name, "check") != 0); /* places in the files are its work */
        ck_tells_nobody(commands[k].name, err_out, strlen(err_out), true);
    }
    for (int rows = 0; rows < 2; rows++) {
        snprintf(path, sizeof path, "%s/%s", here, rows ? "rows" : "o");
        look_at_folder(path, false);
    }
    ck_assert_uint_ge(n_files, 9);
    ck_assert_uint_ge(n_compared, 1);
}
END_TEST

START_TEST(what_names_people_was_asked_for_and_is_for_its_owner)
{
    char path[5000];
    make_world();
    ck_assert_int_eq(shell("umask 022; mkdir named && : > named/pairs.csv"), 0); /* open to others before */
    for (int k = 0; k < 3; k++) {
        static const char *const asked[] = {"match first/study.yaml --pairs named/pairs.csv --out o",
                                            "panel first/study.yaml --names --out named/p.xlsx",
                                            "predict first/study.yaml --outcome retention --names --out named/r.csv"};
        const int code = shell("umask 022; " PROGRAM " %s", asked[k]);
        ck_assert_msg(code == 0 || code == 4, "%s: code %d: %s", asked[k], code, err_out);
    }
    ck_assert_int_eq(
        shell("grep -q " ID " named/pairs.csv && grep -q " ID " named/r.csv && rm -f named/results.h5 named/report.html named/summary.md"), 0);
    snprintf(path, sizeof path, "%s/named", here);
    look_at_folder(path, true);
}
END_TEST

START_TEST(stage_files_that_were_open_to_others_are_tightened)
{
    make_study(160);
    int code =
        shell("umask 022; " PROGRAM " match first/study.yaml --out o && chmod 644 o/.mentorlab/*.h5 && " PROGRAM " compare first/study.yaml --out o");
    ck_assert_msg(code == 0 || code == 4, "code %d: %s", code, err_out);
    ck_assert_int_eq(shell("stat -c %%a o/.mentorlab/* | sort -u"), 0);
    ck_assert_str_eq(out, "600\n");
}
END_TEST

MLAB_TEST_MAIN("cli/privacy", no_output_tells_an_id_or_the_number_of_a_cell_of_one_or_a_department_of_two,
               what_names_people_was_asked_for_and_is_for_its_owner, stage_files_that_were_open_to_others_are_tightened)
