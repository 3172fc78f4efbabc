/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the blocks as_of, data, events, arms and panel of the study file. What is not built yet has its row, so
 * that it is answered with "not built yet" at its place.
 */
#include "data/settings.h"

#include <math.h>

#define READ (MLAB_OPTION_DECIDES | MLAB_OPTION_NO_STRUCT)
#define LATER (MLAB_OPTION_NOT_BUILT | MLAB_OPTION_NO_STRUCT)
#define ROW(key_, type_, fallback_, low_, high_, choices_, unit_, help_, marks_)                                                                     \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_##type_, 0, fallback_, low_, high_, choices_, unit_, help_, marks_                                             \
    }
#define TEXT(key_, fallback_, help_) ROW(key_, TEXT, fallback_, 0, 0, NULL, "", help_, READ)
#define LIST(key_, fallback_, help_) ROW(key_, LIST, fallback_, 0, 0, NULL, "", help_, READ)
#define ANY(key_, fallback_, help_) ROW(key_, ANY, fallback_, 0, 0, NULL, "", help_, READ)
#define MAP(key_, help_) ROW(key_, MAP, NULL, 0, 0, NULL, "", help_, READ)
#define FLAG(key_, fallback_, help_) ROW(key_, FLAG, fallback_, 0, 0, NULL, "", help_, READ)
#define DATE(key_, help_) ROW(key_, DATE, NULL, 0, 0, NULL, "", help_, READ)
#define CHOICE(key_, fallback_, choices_, help_) ROW(key_, CHOICE, fallback_, 0, 0, choices_, "", help_, READ)
#define SHARE(key_, fallback_, help_) ROW(key_, NUMBER, fallback_, 0, 1, NULL, "", help_, READ)
#define NOT_YET(key_, help_) ROW(key_, ANY, NULL, 0, 0, NULL, "", help_, LATER)

/* How a file is laid out and its cells are written. A file's own value comes before that of data, a column's before that of its file. */
#define RULES(prefix_)                                                                                                                               \
    ROW(prefix_ "header", INTEGER, NULL, 1, 1e9, NULL, "", "line (row of a sheet) of the headings; found when not stated", READ),                    \
        ROW(prefix_ "header_rows", INTEGER, NULL, 1, 100, NULL, "rows", "rows of headings; the first names the columns", READ),                      \
        ROW(prefix_ "skip_after_header", INTEGER, NULL, 0, 1e6, NULL, "rows", "rows to pass over below the headings", READ),                         \
        TEXT(prefix_ "stop_at", NULL, "the row that begins with this text, and all below it, are left out; \"\" = none is"),                         \
        TEXT(prefix_ "sheet", NULL, "sheet of a workbook, the first one with rows when not stated"),                                                 \
        CHOICE(prefix_ "merged", NULL, "fill|first", "merged cells of a sheet: the value counts for all of them, or for the first"),                 \
        TEXT(prefix_ "sql", NULL, "a query whose answer is read in the place of a file"),                                                            \
        ROW(prefix_ "connection", TEXT, NULL, 0, 0, NULL, "", "the database: \"Driver=SQLite3;Database=hr.db\"; told in no output",                  \
            MLAB_OPTION_NO_STRUCT),                                                                                                                  \
        ROW(prefix_ "connection.env", TEXT, NULL, 0, 0, NULL, "", "variable of the environment that holds the connection", MLAB_OPTION_NO_STRUCT),   \
        MARKS(prefix_)
#define MARKS(prefix_)                                                                                                                               \
    CHOICE(prefix_ "encoding", NULL, "utf-8|windows-1252|utf-16", "how characters are stored in the file; found when not stated"),                   \
        CHOICE(prefix_ "delimiter", NULL, "comma|semicolon|tab|bar", "what stands between cells; found when not stated"), CELL_RULES(prefix_)
#define CELL_RULES(prefix_)                                                                                                                          \
    LIST(prefix_ "missing", NULL, "codes of missing cells, in place of NA and the empty cell"),                                                      \
        CHOICE(prefix_ "decimal", NULL, "point|comma", "what marks decimals; a comma only when stated"),                                             \
        CHOICE(prefix_ "thousands", NULL, "none|comma|point|blank|apostrophe", "what stands between thousands"),                                     \
        CHOICE(prefix_ "dates", NULL, "ymd|dmy|mdy", "order of dates that are not YYYY-MM-DD"),                                                      \
        CHOICE(prefix_ "serials", NULL, "1900|1904", "since when numbers in a column of dates count days, as spreadsheets do"),                      \
        CHOICE(prefix_ "zone", NULL, "as_written|nearest_midnight", "the day of a moment with a zone: as written, or that of the next midnight"),    \
        FLAG(prefix_ "trim", NULL, "leave out blanks around labels and texts")

/* What is known of a column: by any name below `columns`. */
#define COLUMNS(prefix_)                                                                                                                             \
    MAP(prefix_ "columns", "what is known of columns, by the name that the study gives them"),                                                       \
        TEXT(prefix_ "columns.*.from", NULL, "heading in the file; the same name when not stated"),                                                  \
        CHOICE(prefix_ "columns.*.type", NULL, "number|integer|date|factor|text|id|duration|event|arm",                                              \
               "what its cells hold; found when not stated"),                                                                                        \
        CHOICE(prefix_ "columns.*.unit", NULL, "days|weeks|months|quarters|years", "of a duration; a month is 30.4375 days, a year 365.25"),         \
        CHOICE(prefix_ "columns.*.exposure", NULL, "baseline|ever", "of an arm: baseline = fixed at time zero, ever = at any time (immortal time)"), \
        ANY(prefix_ "columns.*.levels", NULL, "labels in their order [a, b], or label: name in the study {a: A, b: B}"),                             \
        MAP(prefix_ "columns.*.rename", "labels that are read as another: {Finane: Finance}; the others stay"),                                      \
        TEXT(prefix_ "columns.*.rename.*", NULL, "the label that it is read as"),                                                                    \
        LIST(prefix_ "columns.*.scale", NULL, "labels of an ordered scale, from low to high"),                                                       \
        LIST(prefix_ "columns.*.range", NULL, "lowest and highest number allowed [16, 80]"), CELL_RULES(prefix_ "columns.*.")

#define FILE_AND_SHEET(prefix_)                                                                                                                      \
    TEXT(prefix_ "file", NULL, "name of the file, where a sheet is named too"), TEXT(prefix_ "sheet", NULL, "sheet of that workbook")

/* What an id is in a cell. */
#define ID_RULES(prefix_)                                                                                                                            \
    TEXT(prefix_ "take", NULL, "pattern of the part that is the id, in a group: '\\((\\d+)\\)'"),                                                    \
        ROW(prefix_ "pad", INTEGER, NULL, 1, 64, NULL, "digits", "leading zeros are put before ids shorter than this; that of people for all files", \
            READ),                                                                                                                                   \
        CHOICE(prefix_ "case", NULL, "ignore|keep", "does case count when ids are compared; that of people for all files"),                          \
        CHOICE(prefix_ "blanks", NULL, "drop|keep", "blanks inside ids; that of people for all files")

#define JOINED(prefix_)                                                                                                                              \
    SHARE(prefix_ "accept_unlinked", "0.05", "share of ids that may be missing from the people file"),                                               \
        CHOICE(prefix_ "link", "either", "either|id|crosswalk", "how its ids lead to people"),                                                       \
        TEXT(prefix_ "id", NULL, "column of ids of people, where there is one; that of people when not stated"),                                     \
        TEXT(prefix_ "id.from", NULL, "column of ids"), ID_RULES(prefix_ "id.")

#define CROSSWALK(prefix_)                                                                                                                           \
    ROW(prefix_ "file", TEXT, NULL, 0, 0, NULL, "", "name of the file", READ | MLAB_OPTION_REQUIRED), RULES(prefix_),                                \
        TEXT(prefix_ "from", NULL, "column of the other kind of id: an e-mail address, a badge"),                                                    \
        TEXT(prefix_ "to", NULL, "column of ids of people, that of people when not stated")
/* A score of several items. */
#define MEASURE(prefix_)                                                                                                                             \
    LIST(prefix_ "items", NULL, "columns whose mean it is"), LIST(prefix_ "reverse", NULL, "items that count from the other end of the scale"),      \
        ROW(prefix_ "need", INTEGER, NULL, 1, 1000, NULL, "items", "items that have to be answered; half of them when not stated", READ)

const mlab_option mlab_data_options[] = {
    {"as_of", "as-of", "check fit compare simulate forecast report run", MLAB_OPTION_DATE, 0, NULL, 0, 0, NULL, "",
     "the day of the export: nothing after it counts as having happened", READ},

    ROW("data", MAP, NULL, 0, 0, NULL, "", "the files and what is in them", READ | MLAB_OPTION_REQUIRED),
    MARKS("data."),
    ROW("data.sampling", TEXT, NULL, 0, 0, NULL, "", "how these people came into the data, said in every output", MLAB_OPTION_NO_STRUCT),
    COLUMNS("data."),
    MAP("data.measures", "scores of a person-level study, by name"),
    TEXT("data.measures.*", NULL, "column of the score"),
    MEASURE("data.measures.*."),
    TEXT("data.measures.*.from", NULL, "column of the score"),
    LIST("data.measures.*.scale", NULL, "labels of its answers, from low to high"),

    TEXT("data.population", NULL, "condition for people who belong to the study, where there is no people file: \"type == 'Regular'\""),
    MAP("data.people", "the file with one row a person"),
    TEXT("data.people.file", NULL, "name of the file"),
    RULES("data.people."),
    TEXT("data.people.id", NULL, "column of ids, 'id' when not stated"),
    TEXT("data.people.id.from", NULL, "column of ids"),
    ID_RULES("data.people.id."),
    TEXT("data.people.hired", NULL, "column of the first day, 'hired' when not stated"),
    TEXT("data.people.left", NULL, "column of the last day, empty for those still there; 'left' when not stated"),
    TEXT("data.people.birth", NULL, "column of the day of birth, 'birth' when not stated; for the check of ages"),
    CHOICE("data.people.odd_dates", NULL, "keep", "days of hire before 1940 and at an age under 14 or over 90: keep = they are right"),
    TEXT("data.people.exit_reason", NULL, "column of the reason for leaving, 'exit_reason' when not stated"),
    TEXT("data.people.grade", NULL, "column of the grade at hire, 'grade' when not stated"),
    TEXT("data.people.grade.from", NULL, "column of the grade at hire"),
    LIST("data.people.grade.scale", NULL, "grades from low to high, when they are no whole numbers"),
    TEXT("data.people.population", NULL, "condition for people who belong to the study: \"type == 'Regular'\""),
    CHOICE("data.people.impossible", "stop", "stop|drop", "what to do with people who have no day of hire or left before it"),
    CHOICE("data.people.duplicates", "keep", "keep|drop", "what to do with exact copies of earlier rows"),
    MAP("data.people.near_duplicates", "look for rows that are equal but for some columns"),
    LIST("data.people.near_duplicates.ignore", NULL, "columns in which near-duplicates may differ"),
    NOT_YET("data.people.files", "several files"),

    MAP("data.promotions", "the file with one row a promotion"),
    TEXT("data.promotions.file", NULL, "name of the file"),
    RULES("data.promotions."),
    TEXT("data.promotions.person", NULL, "column of ids, that of people when not stated"),
    TEXT("data.promotions.date", NULL, "column of the day, 'date' when not stated"),
    TEXT("data.promotions.to", NULL, "column of the grade after it, 'to' when not stated"),
    CHOICE("data.promotions.impossible", "stop", "stop|drop", "what to do with promotions before the hire or after the exit"),
    JOINED("data.promotions."),
    COLUMNS("data.promotions."),

    MAP("data.surveys", "the file with one row an answer to a survey, or a file a wave"),
    TEXT("data.surveys.file", NULL, "name of the file"),
    MAP("data.surveys.files", "a file a wave, by its day: {2022-05-01: w1.csv, 2023-05-01: w2.csv}"),
    LIST("data.surveys.files.*", NULL, "the file of the wave, or several"),
    FILE_AND_SHEET("data.surveys.files.*."),
    RULES("data.surveys."),
    TEXT("data.surveys.person", NULL, "column of ids, that of people when not stated"),
    TEXT("data.surveys.date", NULL, "column of the day of the answer, 'date' when not stated"),
    LIST("data.surveys.scale", NULL, "labels of the answers, from low to high; whole numbers need none"),
    TEXT("data.surveys.satisfaction", NULL, "column of the outcome satisfaction"),
    TEXT("data.surveys.satisfaction.from", NULL, "column of the outcome satisfaction"),
    LIST("data.surveys.satisfaction.scale", NULL, "labels of its answers, from low to high"),
    MEASURE("data.surveys.satisfaction."),
    MAP("data.surveys.measures", "more scores, by name"),
    TEXT("data.surveys.measures.*", NULL, "column of the score"),
    MEASURE("data.surveys.measures.*."),
    TEXT("data.surveys.measures.*.from", NULL, "column of the score"),
    LIST("data.surveys.measures.*.scale", NULL, "labels of its answers, from low to high"),
    MAP("data.surveys.finished", "which rows somebody finished; the others are left out"),
    TEXT("data.surveys.finished.column", NULL, "the column that says it"),
    LIST("data.surveys.finished.is", NULL, "its labels that say yes; True, yes and 1 when not stated"),
    CHOICE("data.surveys.unfinished", "drop", "drop|keep", "what to do with rows that nobody finished"),
    TEXT("data.surveys.group", NULL, "column of groups (department) of answers that no key links to people: scores by group and wave alone"),
    FLAG("data.surveys.anonymous", "no", "no key links the answers to people: scores by wave alone"),
    JOINED("data.surveys."),
    COLUMNS("data.surveys."),

    MAP("data.relationships", "the file with one row a relationship"),
    TEXT("data.relationships.file", NULL, "name of the file"),
    RULES("data.relationships."),
    TEXT("data.relationships.mentor", NULL, "column of the mentor's id, 'mentor' when not stated"),
    TEXT("data.relationships.mentee", NULL, "column of the mentee's id, 'mentee' when not stated"),
    TEXT("data.relationships.start", NULL, "column of the first day, 'start' when not stated"),
    TEXT("data.relationships.end", NULL, "column of the last day, empty when still going; 'end' when not stated"),
    TEXT("data.relationships.kind", NULL, "column whose labels are the arms when there is no block arms; 'kind' when not stated"),
    TEXT("data.relationships.form", NULL, "column of the form: one_to_one, group, peer, co_mentoring"),
    TEXT("data.relationships.meetings", NULL, "column of the number of meetings, for arms.*.met; 'meetings' when not stated"),
    DATE("data.relationships.known_from", "first day that the file covers; before it a time without relationship is unknown"),
    DATE("data.relationships.known_to", "last day that the file covers"),
    CHOICE("data.relationships.impossible", "stop", "stop|drop",
           "what to do with rows that cannot be: ended before the start, begun after an exit, with oneself"),
    FLAG("data.relationships.external", "no", "mentors need not be in the people file"),
    JOINED("data.relationships."),
    COLUMNS("data.relationships."),

    MAP("data.history", "the file with one row a change in somebody's job: from a day on"),
    TEXT("data.history.file", NULL, "name of the file"),
    RULES("data.history."),
    TEXT("data.history.person", NULL, "column of ids, that of people when not stated"),
    TEXT("data.history.from", NULL, "column of the day from which the row holds, 'from' when not stated"),
    TEXT("data.history.to", NULL, "column of the last day on which it holds, where there is one; empty or far ahead = open"),
    TEXT("data.history.order", NULL, "column of the order of rows of one day; that of the file when not stated"),
    TEXT("data.history.hired", NULL, "column of the first day of employment, where there is one; 'hired' when not stated"),
    TEXT("data.history.reason", NULL, "column of the reason of the change, 'reason' when not stated"),
    LIST("data.history.state", NULL, "columns that change in time: [grade, department]; all others when not stated"),
    TEXT("data.history.job", NULL, "column of the number of a job, where people may have several at a time"),
    CHOICE("data.history.concurrent", NULL, "main|highest_fte|latest",
           "which of several jobs of one person counts; to be decided where there are such"),
    TEXT("data.history.main", NULL, "condition on the rows of the main job: \"primary == 'yes'\""),
    CHOICE("data.history.exit_day", NULL, "last_day|first_day_gone", "the day of a row that ends somebody's stay; found when not stated"),
    CHOICE("data.history.rehire", "new_spell", "new_spell|same_person", "who comes back: tenure from 0, or with the days of earlier stays"),
    SHARE("data.history.accept_missing", "0.05", "share of the people that may be without a row in it"),
    JOINED("data.history."),
    COLUMNS("data.history."),
    MAP("data.snapshots", "files of who is there on a day, month by month"),
    TEXT("data.snapshots.file", NULL, "one file with a column of days"),
    MAP("data.snapshots.files", "files by their day: {2021-01-31: jan.csv, 2021-02-28: feb.csv}"),
    TEXT("data.snapshots.files.*", NULL, "name of the file of that day"),
    FILE_AND_SHEET("data.snapshots.files.*."),
    RULES("data.snapshots."),
    TEXT("data.snapshots.person", NULL, "column of ids, that of people when not stated"),
    TEXT("data.snapshots.date", NULL, "column of the day, with file; 'date' when not stated"),
    TEXT("data.snapshots.hired", NULL, "column of the first day of employment, where there is one; 'hired' when not stated"),
    LIST("data.snapshots.state", NULL, "columns that change in time: [grade, department]; all others when not stated"),
    CHOICE("data.snapshots.left", "latest", "latest|middle|earliest",
           "the day of who is missing from the next snapshot: the day before it, the middle, the day of the last one"),
    CHOICE("data.snapshots.rehire", "new_spell", "new_spell|same_person", "who comes back: tenure from 0, or with the days of earlier stays"),
    SHARE("data.snapshots.accept_missing", "0.05", "share of the people that may be in no snapshot"),
    JOINED("data.snapshots."),
    COLUMNS("data.snapshots."),
    MAP("data.crosswalk", "a table from another kind of id to ids of people"),
    CROSSWALK("data.crosswalk."),
    MAP("data.crosswalks", "several of them, by any names"),
    MAP("data.crosswalks.*", "one of them"),
    CROSSWALK("data.crosswalks.*."),

    MAP("events.promotion", "which changes in a job history are promotions"),
    TEXT("events.promotion.when", NULL, "condition on a change: \"grade > previous\""),
    LIST("events.promotion.or_reason", NULL, "reasons that make a promotion whatever the grade"),
    LIST("events.promotion.not_reason", NULL, "reasons that make none: [RECLASS]"),
    TEXT("events.promotion.at_once", "warn 5%", "many on one day, as a share of those there: 'warn 5%', 'drop 5%', 'keep'"),
    LIST("events.hire", NULL, "reasons with which somebody comes (back); those that sound like it when not stated"),
    MAP("events.leave", "time on leave in a job history"),
    LIST("events.leave.begins", NULL, "reasons with which a leave begins"),
    LIST("events.leave.ends", NULL, "reasons with which it ends; any later row when not stated"),
    FLAG("events.leave.at_risk", NULL, "do days on leave count as days at risk of promotion and exit"),
    LIST("events.other", NULL, "reasons that mean nothing here"),
    MAP("events.exit", "which reasons for leaving make which cause"),
    LIST("events.exit.*", NULL, "reasons of this cause: voluntary: [resign]"),
    LIST("events.exit.end_of_study", NULL, "reasons that end somebody's time without being an event"),
    TEXT("events.exit.no_reason", NULL, "the cause of exits without a reason"),

    MAP("data.meetings", "the file with one row a meeting of a pair"),
    TEXT("data.meetings.file", NULL, "name of the file"),
    RULES("data.meetings."),
    TEXT("data.meetings.mentor", NULL, "column of the mentor's id, 'mentor' when not stated"),
    TEXT("data.meetings.mentee", NULL, "column of the mentee's id, 'mentee' when not stated"),
    TEXT("data.meetings.date", NULL, "column of the day, 'date' when not stated"),
    TEXT("data.meetings.minutes", NULL, "column of the length in minutes, 'minutes' when not stated"),
    FLAG("data.meetings.external", "no", "mentors need not be in the people file"),
    JOINED("data.meetings."),
    COLUMNS("data.meetings."),

    MAP("data.ratings", "the file with one row a rating of a person; the mean of a day is the measure rating"),
    ROW("data.ratings.file", TEXT, NULL, 0, 0, NULL, "", "name of the file", READ | MLAB_OPTION_REQUIRED),
    RULES("data.ratings."),
    TEXT("data.ratings.person", NULL, "column of ids, that of people when not stated"),
    TEXT("data.ratings.rater", NULL, "column of who rated, 'rater' when not stated"),
    TEXT("data.ratings.role", NULL, "column of the rater's role, 'role' when not stated"),
    TEXT("data.ratings.skill", NULL, "column of what was rated, 'skill' when not stated"),
    TEXT("data.ratings.date", NULL, "column of the day, 'date' when not stated"),
    TEXT("data.ratings.score", NULL, "column of the score, 'score' when not stated"),
    TEXT("data.ratings.where", NULL, "condition on the rows that count: \"role == 'manager'\""),
    JOINED("data.ratings."),
    COLUMNS("data.ratings."),

    MAP("data.training", "the file with one row a training of a person; training_hours adds up its hours"),
    ROW("data.training.file", TEXT, NULL, 0, 0, NULL, "", "name of the file", READ | MLAB_OPTION_REQUIRED),
    RULES("data.training."),
    TEXT("data.training.person", NULL, "column of ids, that of people when not stated"),
    TEXT("data.training.provider", NULL, "column of who gave it, 'provider' when not stated"),
    TEXT("data.training.date", NULL, "column of the day, 'date' when not stated"),
    TEXT("data.training.hours", NULL, "column of its hours, 'hours' when not stated"),
    JOINED("data.training."),
    COLUMNS("data.training."),

    MAP("data.goals", "the file with one row a goal of a person; goals_set and goals_reached count them"),
    ROW("data.goals.file", TEXT, NULL, 0, 0, NULL, "", "name of the file", READ | MLAB_OPTION_REQUIRED),
    RULES("data.goals."),
    TEXT("data.goals.person", NULL, "column of ids, that of people when not stated"),
    TEXT("data.goals.set", NULL, "column of the day on which it was set, 'set' when not stated"),
    TEXT("data.goals.reached", NULL, "column of the day on which it was reached, empty when it was not; 'reached' when not stated"),
    JOINED("data.goals."),
    COLUMNS("data.goals."),

    MAP("arms", "what people are exposed to; without it each kind of relationship is an arm"),
    MAP("arms.*", "one arm"),
    TEXT("arms.*.relationships", NULL, "condition on the rows of the relationships file: \"kind == 'program'\""),
    ROW("arms.*.met", INTEGER, NULL, 0, 1000, NULL, "meetings", "pairs that met at least so often", READ),
    TEXT("arms.*.survey", NULL, "question of the survey whose yes puts people into the arm"),
    LIST("arms.*.is", NULL, "its answers that mean the arm, all others do not; yes and no are known when not stated"),
    TEXT("arms.*.since", NULL, "column since when: a date"),
    TEXT("arms.*.since.from", NULL, "column since when"),
    CHOICE("arms.*.since.unit", NULL, "days|weeks|months|quarters|years|calendar_year",
           "what it counts: time before the answer (brackets: months when not stated), or the year in which it began"),
    MAP("arms.*.since.brackets", "labels and the time before the answer that each stands for: {less than a year: [0, 12], longer: [12]}"),
    LIST("arms.*.since.brackets.*", NULL, "from, to; open without to"),
    CHOICE("arms.*.since.rule", "latest", "latest|midpoint|earliest", "which day of a bracket counts"),
    ROW("arms.*.carry", DURATION, "12 months", 0, INFINITY, NULL, "", "how long an answer is carried on", READ),
    CHOICE("arms.*.counts", "from_answer", "from_answer|from_since",
           "an arm counts from the answer on, or from its since: time in which nobody can have left"),
    CHOICE("arms.*.before", "unknown", "unknown|none", "with counts: from_since, the time before what the first answer tells of"),
    ANY("arms.both", "separate", "a second arm: separate = the arm 'both', [a, b] = the first listed wins"),

    MAP("panel", "the grid of periods"),
    CHOICE("panel.period", "quarter", "month|quarter|half-year|year", "length of a period"),
    DATE("panel.from", "first day of the grid"),
    DATE("panel.to", "last day of the grid, as_of when not stated"),
    CHOICE("panel.exposure", "started", "started|current", "after the end of a relationship: started = stays in its arm, current = level past"),
    TEXT("panel.unknown", "left_out", "time of which nothing says in which arm it was: left_out, none, or an arm (a bound, not an estimate)"),
    CHOICE("panel.split", "grid", "grid|exact", "exact = rows are cut at the day of a change"),
};
const size_t mlab_data_n_options = sizeof mlab_data_options / sizeof *mlab_data_options;
