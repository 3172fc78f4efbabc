/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every sort of guess about a file that can be wrong is pinned in one line: read as guessed, the file gives another table or is refused; with
 * the pin it gives the table of a file that leaves nothing to guess. */
#include "core/text.h"
#include "data/study_world.h"

#include <math.h>

typedef struct pin {
    const char *what;
    const char *file;  /* as it came */
    const char *pin;   /* what the study file says of it */
    const char *clear; /* the same, with nothing to guess */
} pin;

static const pin pins[] = {
    {"header row", "name,city\nunit,place\nlab,rome\nfab,oslo\n", "header: 2", "unit,place\nlab,rome\nfab,oslo\n"},
    {"rows of headings", "kind,grade\ntext,level\na,1\nb,2\n", "header_rows: 2", "kind,grade\na,1\nb,2\n"},
    {"rows after the headings", "kind,grade\nx,0\na,1\nb,2\n", "skip_after_header: 1", "kind,grade\na,1\nb,2\n"},
    {"end of the table", "kind,grade\na,1\nb,2\nother,9\n", "stop_at: other", "kind,grade\na,1\nb,2\n"},
    {"separator", "a,b;c,d\n1,x;3,4\n5,x;7,8\n", "delimiter: semicolon", "\"a,b\",\"c,d\"\n\"1,x\",\"3,4\"\n\"5,x\",\"7,8\"\n"},
    {"encoding", "kind,grade\nF\xc3\xa9,1\nG\xc3\xa9,2\n", "encoding: windows-1252", "kind,grade\nF\xc3\x83\xc2\xa9,1\nG\xc3\x83\xc2\xa9,2\n"},
    {"decimal mark", "kind;pay\na;1,5\nb;2,25\n", "decimal: comma", "kind,pay\na,1.5\nb,2.25\n"},
    {"thousands", "kind;pay\na;1,500.5\nb;2,250.5\n", "thousands: comma", "kind,pay\na,1500.5\nb,2250.5\n"},
    {"order of dates", "kind,day\na,02/03/2024\nb,04/05/2024\n", "dates: dmy", "kind,day\na,2024-03-02\nb,2024-05-04\n"},
    {"serial numbers of days", "day,kind\n45292,a\n45323,b\n", "serials: 1904, columns: {day: {type: date}}",
     "day,kind\n2028-01-02,a\n2028-02-02,b\n"},
    {"codes of missing cells", "kind,grade\na,1\nb,-9\n", "missing: [-9]", "kind,grade\na,1\nb,\n"},
    {"type of a column", "grade,kind\n01,a\n02,b\n", "columns: {grade: {type: integer}}", "grade,kind\n1,a\n2,b\n"},
    {"blanks around labels", "kind,grade\n a,1\nb ,2\na,3\n", "trim: true", "kind,grade\na,1\nb,2\na,3\n"},
};

/* The people table as text; "refused" where the study is. */
static void read_people(const char *study, char *into, size_t size)
{
    study_world w;
    put("study.yaml", study);
    world_load(&w, 0);
    bool stopped = w.status != MLAB_OK;
    for (size_t i = 0; i < w.findings.n; i++) stopped |= w.findings.items[i].severity != MLAB_SEVERITY_NOTE;
    int n = snprintf(into, size, "%s", stopped ? w.err.sentence[0] ? w.err.sentence : w.findings.items[0].sentence : "");
    for (size_t c = 0; !stopped && c < w.data->people->n_columns; c++) {
        const mlab_column *column = &w.data->people->columns[c];
        n += snprintf(into + n, size - (size_t)n, "%s %d:", column->name, (int)column->type);
        for (size_t row = 0; row < w.data->people->n_rows && (size_t)n < size - 64; row++)
            if (column->missing && column->missing[row])
                n += snprintf(into + n, size - (size_t)n, " -");
            else if (column->type == MLAB_COLUMN_REAL)
                n += snprintf(into + n, size - (size_t)n, " %g", column->as.real[row]);
            else if (column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR)
                n += snprintf(into + n, size - (size_t)n, " %s", mlab_column_text(column, row));
            else
                n += snprintf(into + n, size - (size_t)n, " %d", (int)column->as.integer[row]);
        n += snprintf(into + n, size - (size_t)n, "\n");
    }
    world_close(&w);
}

START_TEST(every_wrong_guess_is_pinned_in_one_line)
{
    char guessed[2000], pinned[2000], clear[2000], study[400];
    for (size_t k = 0; k < sizeof pins / sizeof *pins; k++) {
        put("came.csv", pins[k].file);
        put("clear.csv", pins[k].clear);
        read_people("data: {people: {file: came.csv}}\n", guessed, sizeof guessed);
        snprintf(study, sizeof study, "data:\n  people:\n    {file: came.csv, %s}\n", pins[k].pin);
        const char *columns = strstr(pins[k].pin, "columns:");
        if (columns) { /* columns stand beside the file */
            int before = (int)(columns - pins[k].pin);
            while (before > 0 && strchr(", ", pins[k].pin[before - 1])) before--;
            snprintf(study, sizeof study, "data:\n  people: {file: came.csv%s%.*s}\n  %s\n", before ? ", " : "", before, pins[k].pin, columns);
        }
        read_people(study, pinned, sizeof pinned);
        read_people("data: {people: {file: clear.csv}}\n", clear, sizeof clear);
        ck_assert_msg(strcmp(pinned, clear) == 0, "%s: pinned\n%s\nexpected\n%s", pins[k].what, pinned, clear);
        ck_assert_msg(strcmp(guessed, clear) != 0, "%s: the guess was right\n%s", pins[k].what, guessed);
    }
}
END_TEST

MLAB_TEST_MAIN("data/pins", every_wrong_guess_is_pinned_in_one_line)
