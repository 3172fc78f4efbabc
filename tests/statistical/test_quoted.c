/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the README quotes is what the program prints: the first screen of the bundled study, numbers included. It is among the slow tests because it
 * runs the whole study. */
#include "cli/program.h"

static char readme[1 << 17], screen[1 << 14];

/* The block of indented lines, indent taken off, from the line that begins with `first`. */
static void find_quote(const char *first)
{
    char path[4400], start[200];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/README.md", MLAB_SOURCE_FOLDER);
    FILE *stream = fopen(path, "rb");
    ck_assert_ptr_nonnull(stream);
    readme[fread(readme, 1, sizeof readme - 1, stream)] = '\0';
    fclose(stream);
    snprintf(start, sizeof start, "\n    %s", first);
    const char *at = strstr(readme, start);
    ck_assert_msg(at != NULL, "README.md quotes no screen that begins with \"%s\"", first);
    for (at++; strncmp(at, "    ", 4) == 0 || *at == '\n';) {
        size_t indent = *at == '\n' ? 0 : 4, length = strcspn(at, "\n") - indent;
        ck_assert_uint_lt(n + length + 2, sizeof screen);
        memcpy(screen + n, at + indent, length);
        n += length;
        screen[n++] = '\n';
        at += indent + length + (at[indent + length] == '\n');
    }
    while (n > 1 && screen[n - 2] == '\n') n--; /* the blank lines before the text goes on */
    screen[n] = '\0';
}

/* The program names a title, the steps with their seconds and a warning before; those are not quoted. */
START_TEST(the_first_screen_of_the_readme_is_what_the_program_prints)
{
    static const char first[] = "DID IT WORK?";
    find_quote(first);
    start_here();
    ck_assert_int_eq(shell(PROGRAM " run %s/datasets/simulated-firm/study.yaml", MLAB_SOURCE_FOLDER), 0);
    const char *printed = strstr(out, first);
    ck_assert_msg(printed != NULL, "printed: %s", out);
    ck_assert_msg(strcmp(printed, screen) == 0, "README.md quotes\n%s\nand the program prints\n%s", screen, printed);
}
END_TEST

int main(void)
{
    return mlab_test_run_loop("quoted", the_first_screen_of_the_readme_is_what_the_program_prints, 0, 1, 280);
}
