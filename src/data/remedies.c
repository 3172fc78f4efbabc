/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The usual remedy of each kind of finding about rows and cells: a line for the study file where there is one, else what to change in the
 * file. Kinds whose sentence ends in what to do are not here. */
#include "data/remedies.h"

#include <stddef.h>
#include <string.h>

static const char *const remedies[][2] = {
    {"bad_row_number", "save the sheet as CSV UTF-8 when it has more rows than a sheet can have"},
    {"cannot_open", "file: its path from the folder of the study file"},
    {"document_type", "open the workbook in a spreadsheet program and save it anew"},
    {"duplicate_heading", "give one of the headings another name in the file"},
    {"empty_file", "file: another file, or export it again"},
    {"empty_sheet", "sheet: another one, or fill this one"},
    {"empty_workbook", "file: another file, or export it again"},
    {"impossible_date", "missing: [NA, \"\", \"...\"]      (the texts that mean none; or correct the cells)"},
    {"mixed_delimiters", "export the file anew with one mark between cells"},
    {"missing_cell", "fill the cells in the file, or take the rows out"},
    {"missing_column", "write the heading that is there behind its key, or as columns: {name: {from: heading}}"},
    {"negative_duration", "missing: [NA, \"\", \"...\"]      (the texts that mean none; or correct the cells)"},
    {"no_header", "header: the row of the headings, or add a row with the names of the columns"},
    {"no_header_there", "header: the row of the headings, counted as lines of the file"},
    {"no_rows", "file: another file, or export it again with its rows"},
    {"not_a_date", "missing: [NA, \"\", \"...\"]      (the texts that mean none; or correct the cells)"},
    {"nul", "export the file anew as UTF-8 text"},
    {"other_delimiter", "write these rows in the file with the mark that divides the others"},
    {"out_of_range", "columns: {name: {range: [lowest, highest]}}      (or correct the cells)"},
    {"text_after_quote", "write quotes inside a quoted cell twice (\"\") in the file"},
    {"too_few_cells", "write the missing cells in the file, or delimiter: what divides them"},
    {"too_many_cells", "put cells that hold the mark between quotes in the file, or delimiter: what divides them"},
    {"too_many_columns", "export fewer columns, or delimiter: what divides the cells"},
    {"unterminated_quote", "close the quote in the file; a quote inside a cell is written twice (\"\")"},
    {"utf32", "save the file as UTF-8"},
    {"bad_utf8", "save the file as UTF-8"},
};

const char *mlab_usual_remedy(const char *kind)
{
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (!strcmp(remedies[i][0], kind)) return remedies[i][1];
    return "";
}
