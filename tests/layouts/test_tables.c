/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `new --from` on what companies also have: a workbook whose sheets are the tables, monthly headcounts, and lists of meetings, ratings,
 * training and goals.
 *
 *   all.xlsx:  Read me | Staff | Promotions | Pairs | Answers | (Codes, hidden)          meetings.csv  reviews.csv  courses.csv  goals.csv
 *                 │        │         │         │        │          │                          └───────────┴────┬──────┴───────────┘
 *            left out   people  promotions   pairs   survey    left out                                 tables of their own
 */
#include "cli/program.h"
#include "layouts/firm.h"

#include "data/rows.h"
#include "mentorlab.h"

#include <xlsxwriter.h>

static mlab_context context;

/* A table of the little firm that `new` makes, as a sheet: days as days, numbers as numbers. */
static void put_sheet(lxw_workbook *book, const char *name, const char *csv)
{
    lxw_worksheet *sheet = workbook_add_worksheet(book, name);
    lxw_format *days = workbook_add_format(book);
    mlab_findings findings;
    mlab_rows *rows;
    mlab_row_block block;
    mlab_error err;
    char path[4400];
    lxw_row_t at = 1;
    format_set_num_format(days, "yyyy-mm-dd");
    snprintf(path, sizeof path, "%s/%s", here, csv);
    mlab_findings_start(&findings, &context);
    ck_assert_msg(!mlab_rows_open(&context, path, csv, &(mlab_rows_options){0}, &findings, &rows, &err), "%s", err.sentence);
    for (size_t k = 0; k < rows->n_columns; k++) worksheet_write_string(sheet, 0, (lxw_col_t)k, rows->names[k], NULL);
    while (!mlab_rows_next(rows, &block, &err) && block.n_rows)
        for (size_t i = 0; i < block.n_rows; i++, at++)
            for (size_t k = 0; k < block.n_columns; k++) {
                const mlab_cell *cell = &block.cells[i * block.n_columns + k];
                double number;
                int32_t day;
                int year, month, of_month;
                if (mlab_date_parse_iso(cell->text, cell->n, &day)) {
                    mlab_date_to_civil(day, &year, &month, &of_month);
                    worksheet_write_datetime(sheet, at, (lxw_col_t)k, &(lxw_datetime){.year = year, .month = month, .day = of_month}, days);
                } else if (mlab_number_parse(cell->text, cell->n, '.', &number)) {
                    worksheet_write_number(sheet, at, (lxw_col_t)k, number, NULL);
                } else if (cell->n) {
                    worksheet_write_string(sheet, at, (lxw_col_t)k, cell->text, NULL);
                }
            }
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
}

static void write_all(void)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/all.xlsx", here);
    lxw_workbook *book = workbook_new(path);
    worksheet_write_string(workbook_add_worksheet(book, "Read me"), 0, 0, "Exported by HR on the second of January; ask Jo", NULL);
    put_sheet(book, "Staff", "sim/people.csv");
    put_sheet(book, "Promotions", "sim/promotions.csv");
    put_sheet(book, "Pairs", "sim/relationships.csv");
    put_sheet(book, "Answers", "sim/surveys.csv");
    lxw_worksheet *codes = workbook_add_worksheet(book, "Codes");
    worksheet_write_string(codes, 0, 0, "code", NULL);
    worksheet_hide(codes);
    ck_assert_int_eq(workbook_close(book), LXW_NO_ERROR);
}

static void start_with_firm(void)
{
    start_here();
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(shell(PROGRAM " new sim"), 0);
}

START_TEST(each_sheet_of_a_workbook_is_taken_like_a_file_of_its_own)
{
    start_with_firm();
    write_all();
    ck_assert_msg(shell(PROGRAM " new mine --from all.xlsx --as-of 2024-12-31") == 0, "%s%s", out, err_out);
    ck_says(out, "all.xlsx, sheet \"Staff\": people, one row a person");
    ck_says(out, "all.xlsx, sheet \"Promotions\": promotions");
    ck_says(out, "all.xlsx, sheet \"Pairs\": pairs of mentors and mentees");
    ck_says(out, "all.xlsx, sheet \"Answers\": answers to a survey");
    ck_says(out, "all.xlsx, sheet \"Read me\": left out: ");
    ck_says(out, "all.xlsx, sheet \"Codes\": left out: it is hidden");
    ck_assert_int_eq(shell("grep -c '^    sheet: .*# guessed: by its columns; change it here' mine/study.yaml"), 0);
    ck_assert_str_eq(out, "4\n");
    int code = shell(PROGRAM " run mine/study.yaml --out mine --set comparison.bootstrap=20");
    ck_assert_msg(code == 0 || code == 4, "%s%s", out, err_out);
    ck_says(out, "DID IT WORK?");
    /* the panel is that of the files */
    ck_assert_int_eq(shell(PROGRAM " new plain --as-of 2024-12-31 --from sim/people.csv sim/promotions.csv sim/relationships.csv sim/surveys.csv"),
                     0);
    ck_assert_int_eq(shell(PROGRAM " panel mine/study.yaml --names --out mine && " PROGRAM " panel plain/study.yaml --names --out plain"), 0);
    ck_assert_int_eq(shell("cmp mine/panel.csv plain/panel.csv && test $(wc -l < mine/panel.csv) -gt 1000"), 0);
}
END_TEST

/* Meetings of the pairs, reviews, courses and goals of the firm's people, from a small generator in awk. */
static void write_more(void)
{
    ck_assert_int_eq(shell("awk -F, 'NR == 1 { print \"Mentor,Mentee,Meeting date,Duration (minutes)\" } NR > 1 && $1 != \"\" { n = NR %% 4; "
                           "for (k = 0; k < n; k++) print $1 \",\" $2 \",\" $3 \",\" 30 + 15 * k }' sim/relationships.csv > meetings.csv"),
                     0);
    ck_assert_int_eq(shell("awk -F, 'NR == 1 { print \"Employee ID,Review date,Reviewer ID,Role,Competency,Rating\" } NR > 2 { print $1 "
                           "\",2023-0\" 1 + NR %% 9 \"-15,\" last \",\" (NR %% 2 ? \"manager\" : \"peer\") \",Leading,\" 1 + NR %% 5 } "
                           "{ last = $1 }' sim/people.csv > reviews.csv"),
                     0);
    ck_assert_int_eq(shell("awk -F, 'NR == 1 { print \"Participant ID,Course,Provider,Completed on,Hours\" } NR > 1 { print $1 \",Excel,\" "
                           "(NR %% 2 ? \"Acme\" : \"Inhouse\") \",2023-0\" 1 + NR %% 9 \"-10,\" 4 + NR %% 3 }' sim/people.csv > courses.csv"),
                     0);
    ck_assert_int_eq(shell("awk -F, 'NR == 1 { print \"Employee,Goal,Date set,Date achieved\" } NR > 1 { print $1 \",better,2023-0\" 1 + NR %% 9 "
                           "\"-05,\" (NR %% 2 ? \"2023-12-0\" 1 + NR %% 9 : \"\") }' sim/people.csv > goals.csv"),
                     0);
}

START_TEST(meetings_ratings_training_and_goals_are_recognised)
{
    start_with_firm();
    write_more();
    write_here("canteen.csv", "Dish,Price\nSoup,3\nCake,2\n");
    ck_assert_int_eq(shell(PROGRAM " new mine --as-of 2024-12-31 --from sim/people.csv sim/promotions.csv sim/relationships.csv meetings.csv "
                                   "reviews.csv courses.csv goals.csv canteen.csv"),
                     0);
    ck_says(out, "meetings.csv: meetings of pairs, one row each");
    ck_says(out, "reviews.csv: ratings of people, one row each");
    ck_says(out, "courses.csv: training, one row a course and person");
    ck_says(out, "goals.csv: goals, one row each");
    ck_says(out, "canteen.csv: left out: none of its headings is known (\"Dish\", \"Price\")");
    ck_says(out, "canteen.csv: nothing tells what this file is; it is left out. What is it?");
    ck_says_not(out, "11. ");
    static const char *const lines[] = {"minutes: \"Duration (minutes)\" *# guessed",
                                        "    score: Rating *# guessed",
                                        "    rater: Reviewer ID *# guessed",
                                        "    hours: Hours *# guessed",
                                        "    set: Date set *# guessed",
                                        "    reached: Date achieved *# guessed",
                                        "met: 1} *# guessed"};
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
        ck_assert_msg(shell("grep -q '%s' mine/study.yaml", lines[k]) == 0, "no line %s", lines[k]);
    int code = shell(PROGRAM " run mine/study.yaml --out mine --set comparison.bootstrap=20");
    ck_assert_msg(code == 0 || code == 4, "%s%s", out, err_out);
    ck_assert_int_eq(shell(PROGRAM " panel mine/study.yaml --names --out mine && head -1 mine/panel.csv"), 0);
    static const char *const columns[] = {"training_hours", "goals_set", "goals_reached", "meetings_per_month", "rating_last"};
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) ck_says(out, columns[k]);
}
END_TEST

/* --- who is there, quarter by quarter ---------------------------------------------------------------------------- */

/* headcount_<day>.csv, or all in one with a column of days; who has left is not in the next. */
static int write_headcounts(const firm *f, bool in_one)
{
    static const char *const quarters[] = {"03-31", "06-30", "09-30", "12-31"};
    char name[64], folder[4300], id[16];
    firm_file file;
    int n = 0;
    snprintf(folder, sizeof folder, "%s/exports", here);
    if (in_one) firm_open(&file, f->context, folder, "headcount.csv", FIRM_CSV, FIRM_ISO);
    if (in_one) FIRM_HEADINGS(&file, "Snapshot Date", "Employee ID", "Hire Date", "Job Level", "Department");
    for (int year = 2021; year <= 2024; year++)
        for (int q = 0; q < 4; q++, n++) {
            int32_t day;
            snprintf(name, sizeof name, "%d-%s", year, quarters[q]);
            ck_assert(mlab_date_parse_iso(name, 10, &day));
            snprintf(name, sizeof name, "headcount_%d-%s.csv", year, quarters[q]);
            if (!in_one) firm_open(&file, f->context, folder, name, FIRM_CSV, FIRM_ISO);
            if (!in_one) FIRM_HEADINGS(&file, "Employee ID", "Hire Date", "Job Level", "Department");
            for (int i = 0; i < f->n_people; i++) {
                if (!firm_is_in(&f->people[i], day)) continue;
                const firm_job *state = firm_state(&f->people[i], day);
                if (in_one) firm_date(&file, day);
                firm_id(&f->people[i], id);
                firm_text(&file, id);
                firm_date(&file, f->people[i].jobs[0].date);
                firm_number(&file, state->grade);
                firm_text(&file, firm_departments[state->department]);
                firm_end_row(&file);
            }
            if (!in_one) firm_close(&file);
        }
    if (in_one) firm_close(&file);
    return n;
}

/* Plain pairs of ids: there is no list of people who have e-mails. */
static void write_pairs(const firm *f)
{
    char folder[4300], id[16];
    firm_file file;
    snprintf(folder, sizeof folder, "%s/exports", here);
    firm_open(&file, f->context, folder, "pairs.csv", FIRM_CSV, FIRM_ISO);
    FIRM_HEADINGS(&file, "mentor", "mentee", "start", "end");
    for (int k = 0; k < f->n_pairs; k++) {
        firm_id(&f->people[f->pairs[k].mentor], id);
        firm_text(&file, id);
        firm_id(&f->people[f->pairs[k].mentee], id);
        firm_text(&file, id);
        firm_date(&file, f->pairs[k].start);
        firm_date(&file, f->pairs[k].end);
        firm_end_row(&file);
    }
    firm_close(&file);
}

START_TEST(headcounts_with_days_in_their_names_are_snapshots)
{
    char folder[4300];
    mlab_error err;
    start_here();
    context = mlab_test_context(NULL, 1);
    snprintf(folder, sizeof folder, "%s/exports", here);
    ck_assert(!mlab_os_make_folder(folder, &err));
    firm *f = firm_make(&context, 400, 7, false);
    ck_assert_int_eq(write_headcounts(f, false), 16);
    write_pairs(f);
    ck_assert_msg(shell(PROGRAM " new mine --from exports/*.csv") == 0, "%s%s", out, err_out);
    ck_says(out, "headcount_2021-03-31.csv: snapshots of who is there");
    ck_says(out, "pairs.csv: pairs of mentors and mentees");
    ck_says_not(out, ": only "); /* who is in an earlier snapshot alone is known too */
    ck_says(out, "does each snapshot hold everybody who was there on its day?");
    ck_assert_int_eq(shell("grep -c '2022-06-30: .*headcount_2022-06-30.csv.*# guessed' mine/study.yaml"), 0);
    int code = shell(PROGRAM " run mine/study.yaml --out mine --set comparison.bootstrap=20");
    ck_assert_msg(code == 0 || code == 4, "%s%s", out, err_out);
    ck_says(out, "structured against none");
    /* one file with a column of days gives the same panel */
    ck_assert_msg(shell(PROGRAM " panel mine/study.yaml --names --out mine && rm exports/headcount_*") == 0, "%s%s", out, err_out);
    write_headcounts(f, true);
    firm_free(f);
    ck_assert_msg(shell(PROGRAM " new one --from exports/*.csv") == 0, "%s%s", out, err_out);
    ck_says(out, "headcount.csv: snapshots of who is there");
    ck_assert_msg(shell(PROGRAM " panel one/study.yaml --names --out one") == 0, "%s%s", out, err_out);
    ck_assert_int_eq(shell("cmp mine/panel.csv one/panel.csv && test $(wc -l < one/panel.csv) -gt 1000"), 0);
}
END_TEST

/* Waves and months as sheets: {file: book.xlsx, sheet: "Wave 1"}. */
START_TEST(sheets_with_days_in_their_names_are_waves)
{
    start_with_firm();
    ck_assert_int_eq(shell("awk -F, 'NR == 1 || $2 < \"2023\"' sim/surveys.csv | cut -d, -f1,3 > a.csv; awk -F, 'NR == 1 || $2 >= \"2023\"' "
                           "sim/surveys.csv | sort -u -t, -k1,1 | sort -r | cut -d, -f1,3 > b.csv"),
                     0);
    char path[4400];
    snprintf(path, sizeof path, "%s/waves.xlsx", here);
    lxw_workbook *book = workbook_new(path);
    put_sheet(book, "Pulse May 2023", "b.csv");
    put_sheet(book, "Pulse Nov 2022", "a.csv");
    ck_assert_int_eq(workbook_close(book), LXW_NO_ERROR);
    ck_assert_int_eq(shell(PROGRAM " new mine --as-of 2024-12-31 --from sim/people.csv sim/relationships.csv waves.xlsx"), 0);
    ck_assert_int_eq(shell("grep -A2 '^    files:' mine/study.yaml"), 0);
    ck_says(out, "      2022-11-30: {file: ../waves.xlsx, sheet: Pulse Nov 2022}  # guessed");
    ck_says(out, "      2023-05-31: {file: ../waves.xlsx, sheet: Pulse May 2023}  # guessed");
    ck_assert_msg(shell(PROGRAM " check mine/study.yaml") == 0, "%s%s", out, err_out);
    ck_says(out, "satisfaction");
    ck_assert_int_eq(shell("sed -i 's/sheet: Pulse May 2023/sheet: Pulse Mai 2023/' mine/study.yaml"), 0);
    ck_assert_int_eq(shell(PROGRAM " check mine/study.yaml"), 3);
    ck_says(err_out, "there is no sheet \"Pulse Mai 2023\" in the workbook");
    ck_says(err_out, "sheet: \"Pulse May 2023\"");
}
END_TEST

/* A little workbook of three months, pairs and meetings: every allocation of ours fails once. */
START_TEST(nothing_is_lost_when_memory_runs_out_over_sheets)
{
    static const char *const names[] = {"Jan 2021", "Feb 2021", "Mar 2021"};
    mlab_test_memory memory = {0};
    mlab_findings findings;
    mlab_error err;
    mlab_draft *made = NULL;
    char path[4400];
    start_here();
    context = mlab_test_context(NULL, 1);
    write_here("month.csv", "Employee ID,Hire Date,Job Level,Department\n00101,2020-01-01,1,Sales\n00102,2020-02-01,2,Lab\n");
    write_here("met.csv", "Mentor,Mentee,Meeting date,Minutes\n00101,00102,2021-02-03,30\n");
    snprintf(path, sizeof path, "%s/all.xlsx", here);
    lxw_workbook *book = workbook_new(path);
    for (size_t k = 0; k < 3; k++) put_sheet(book, names[k], "month.csv");
    put_sheet(book, "Meetings", "met.csv");
    workbook_add_worksheet(book, "Nothing");
    ck_assert_int_eq(workbook_close(book), LXW_NO_ERROR);
    const char *paths[] = {path};
    const mlab_context failing = mlab_test_context(&memory, 1);
    mlab_status status = MLAB_ERR_MEMORY;
    long fails = 0;
    for (long k = 1; status && fails < 5000; k += k < 200 ? 1 : 23, fails++) {
        mlab_findings_start(&findings, &failing);
        memory.calls = 0;
        memory.fail_at = k;
        status = mlab_draft_study(&failing, paths, 1, here, NULL, &findings, &made, &err);
        memory.fail_at = 0;
        ck_assert_int_eq(status, made ? MLAB_OK : MLAB_ERR_MEMORY);
        if (made) ck_says(made->yaml, "2021-02-28: {file: all.xlsx, sheet: Feb 2021}");
        if (made) ck_says(made->says, "sheet \"Nothing\": left out: the sheet is empty");
        mlab_draft_free(made);
        mlab_findings_free(&findings);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_gt(fails, 200);
}
END_TEST

START_TEST(merged_cells_are_filled_and_asked_about)
{
    start_with_firm();
    char path[4400];
    snprintf(path, sizeof path, "%s/staff.xlsx", here);
    lxw_workbook *book = workbook_new(path);
    put_sheet(book, "Staff", "sim/people.csv");
    worksheet_merge_range(workbook_get_worksheet_by_name(book, "Staff"), 4, 5, 6, 5, "Sales", NULL);
    ck_assert_int_eq(workbook_close(book), LXW_NO_ERROR);
    ck_assert_int_eq(shell(PROGRAM " new mine --as-of 2024-12-31 --from staff.xlsx sim/relationships.csv"), 0);
    ck_says(out, "staff.xlsx: cells are merged. Does the value of the first count for all of them? Taken: yes.");
    ck_assert_int_eq(shell("grep -q '^    merged: fill  *# guessed' mine/study.yaml"), 0);
    ck_assert_msg(shell(PROGRAM " check mine/study.yaml") == 0, "%s%s", out, err_out);
    ck_says(out, "merged cells; the value of the first counts for all of them, as the study says");
    ck_assert_int_eq(shell("sed -i '/merged: fill/d' mine/study.yaml && " PROGRAM " check mine/study.yaml"), 3);
    ck_says(err_out, "column F \"department\"  F5:F7");
    ck_says(err_out, "merged: fill      (or merged: first");
}
END_TEST

/* Several days a pair under the heading Date look like meetings; one word says that they are pairs. */
START_TEST(a_wrong_kind_of_table_is_pinned_in_one_word)
{
    start_with_firm();
    write_here("met.csv", "Mentor,Mentee,Date\nSIM0000001,SIM0000002,2022-01-01\nSIM0000001,SIM0000002,2023-01-01\n");
    ck_assert_int_eq(shell(PROGRAM " new guessed --from sim/people.csv met.csv"), 0);
    ck_says(out, "met.csv: meetings of pairs");
    ck_assert_int_eq(shell(PROGRAM " new stated --from sim/people.csv relationships=met.csv"), 0);
    ck_says(out, "met.csv: pairs of mentors and mentees");
    ck_assert_int_eq(shell(PROGRAM " new wrong --from sim/people.csv ratings=met.csv"), 3);
    ck_says(err_out, "met.csv is said to be ratings, but no column is its");
}
END_TEST

MLAB_TEST_MAIN("tables", a_wrong_kind_of_table_is_pinned_in_one_word, merged_cells_are_filled_and_asked_about,
               nothing_is_lost_when_memory_runs_out_over_sheets, each_sheet_of_a_workbook_is_taken_like_a_file_of_its_own,
               meetings_ratings_training_and_goals_are_recognised, headcounts_with_days_in_their_names_are_snapshots,
               sheets_with_days_in_their_names_are_waves)
