/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading a study's files: what its parts share. */
#ifndef MLAB_DATA_LOADING_H
#define MLAB_DATA_LOADING_H

#include "data/ids.h"
#include "data/missing.h"
#include "data/panel_build.h"
#include "data/reading.h"

/* Columns that a file is asked for, in the order of the table. */
typedef struct mlab_specs {
    mlab_column_spec *items;
    size_t n, capacity;
} mlab_specs;

/* The last row of a person and day in a job history or a snapshot, and what the rows of that day say. */
typedef struct mlab_job_day {
    uint32_t person, row; /* rank; row of mlab_loading.job */
    uint32_t state;       /* last row of the day that is no exit; UINT32_MAX = none */
    int32_t date;
    int32_t last;  /* of an exit: the last day there; else MLAB_DATE_MISSING */
    int32_t cause; /* of an exit: as in mlab_panel_spell */
    bool exits;    /* a row that ends the stay */
    bool closes;   /* a state that ends with `last`, and with it the stay */
    bool hires, leave_begins, leave_ends;
    bool promotes, promotes_not; /* by reason */
} mlab_job_day;

typedef struct mlab_loading {
    const mlab_context *context;
    const mlab_settings *settings;
    mlab_findings *findings;
    mlab_text guesses, caveats;
    uint64_t n_impossible; /* people left out by impossible: drop */
    char *folder;          /* of the study file */
    mlab_data *data;
    mlab_dictionary words;      /* every name that stands somewhere in the study file */
    mlab_id_rule id_rule;       /* of the people file; other files have what they do not state themselves from it, `take` apart */
    mlab_crosswalk *crosswalks; /* [n_crosswalks] */
    size_t n_crosswalks;
    mlab_ids ids;                              /* n == 0 and texts.n == 0 when people could not be read */
    mlab_table *relationships, *meetings;      /* meetings: NULL = not given */
    uint32_t *meeting_mentor, *meeting_mentee; /* [rows of meetings] ranks */
    mlab_panel_spell *spells;                  /* [n_spells] sorted by person, from */
    size_t n_spells;
    int32_t *hired, *left;   /* [ids.n] by rank: first day of the first stay, last day of the last one (MLAB_DATE_MISSING = still there) */
    bool hires_known;        /* a day after an exit begins a stay only when it hires */
    uint8_t *fate;           /* [ids.n] MLAB_FATE_*; NULL = all have a stay */
    bool population_in_time; /* the population's condition is on states that change in time */
    bool exits_known;        /* exits came with a job history or snapshots, not with the people file */
    mlab_table *job;         /* rows of a job history or of snapshots; NULL = none */
    mlab_job_day *days;      /* [n_days] sorted by person, date */
    size_t n_days;
    const char **states; /* [n_states] columns of job that change in time */
    size_t n_states;
    uint32_t *change_person, *change_row; /* [n_changes] of states */
    int32_t *change_date;
    size_t n_changes;
    mlab_panel_leave *leaves; /* [n_leaves] not at risk */
    size_t n_leaves;
    const char **causes; /* [n_causes] texts of settings or static */
    int32_t n_causes;
    char **grades; /* [n_grades] own */
    int32_t *grade_value;
    int32_t n_grades;
    bool grade_is_number;
    mlab_panel_promotion *promotions; /* usable ones, sorted */
    size_t n_promotions;
    uint32_t *answer_person, *answer_row; /* [n_answers] usable answers, sorted */
    int32_t *answer_date;
    size_t n_answers;
    const char **measures; /* [n_measures] */
    size_t n_measures;
    mlab_relationship *pairs; /* [n_pairs] usable ones, sorted */
    uint32_t *pair_row;
    size_t n_pairs;
    mlab_panel_record records[4]; /* training_hours, goals_set, goals_reached, meetings_per_month; their arrays are owned */
    size_t n_records;
    int32_t first_seen, last_seen; /* days with something that happened; MLAB_DATE_MISSING = none */
} mlab_loading;

/* --- the study file (load_settings.c) ---------------------------------------------------------------- */

const mlab_setting *mlab_loading_at(const mlab_loading *l, const char *block, const char *key); /* "data.people" + "id"; NULL = absent */
const char *mlab_loading_text(const mlab_loading *l, const char *block, const char *key, const char *fallback);
double mlab_loading_number(const mlab_loading *l, const char *block, const char *key, double fallback);
bool mlab_loading_yes(const mlab_loading *l, const char *block, const char *key);     /* stated as yes or true */
int32_t mlab_loading_date(const mlab_loading *l, const char *block, const char *key); /* MLAB_DATE_MISSING = absent */
int mlab_choice_of(const char *text, const char *const *names, size_t n);             /* -1 = none */
/* Marks, orders and codes of a block; what it does not state is taken from `over`, which may be NULL. */
mlab_reading_rules mlab_loading_rules(const mlab_setting *block, const mlab_reading_rules *over);
/* Adds the columns below <block>.columns. */
MLAB_MUST_USE mlab_status mlab_loading_columns(mlab_loading *l, const char *block, mlab_specs *specs, mlab_error *err);
/* Adds a column that the room itself needs, or completes the one of that name: heading from <block>.<key>, else the first
 * heading is the fallback; optional when the study does not state it and `optional`. */
MLAB_MUST_USE mlab_status mlab_loading_column(mlab_loading *l, const char *block, const char *key, const char *fallback, mlab_reading_type type,
                                              bool optional, mlab_specs *specs, mlab_column_spec **spec, mlab_error *err);
/* Reads the file of a block; role = last part of the block. A file that cannot be opened is a finding at its key and gives
 * a reading without a table. */
MLAB_MUST_USE mlab_status mlab_loading_file(mlab_loading *l, const char *block, const mlab_specs *specs, mlab_reading *reading, mlab_error *err);
/* The same for one of several files of the block, which is named by the setting. */
MLAB_MUST_USE mlab_status mlab_loading_file_of(mlab_loading *l, const char *block, const mlab_setting *file, const mlab_specs *specs,
                                               mlab_reading *reading, mlab_error *err);
mlab_input *mlab_loading_last_input(const mlab_loading *l); /* of the file read last; valid until the next one is read; NULL = none */
/* A stop at a place of the study file. */
MLAB_MUST_USE mlab_status mlab_loading_stop(const mlab_loading *l, const mlab_setting *at, const char *kind, const char *remedy, mlab_error *err,
                                            const char *sentence);
MLAB_MUST_USE mlab_status mlab_loading_words(mlab_loading *l, mlab_error *err);
/* Is the person there on the day? *last, when not NULL: the last day of that stay, else of the next one, else of the last one
 * (MLAB_DATE_MISSING = still there). */
bool mlab_loading_there(const mlab_loading *l, uint32_t rank, int32_t day, int32_t *last);
void mlab_loading_seen(mlab_loading *l, int32_t date);
MLAB_MUST_USE mlab_status mlab_loading_say(const mlab_loading *l, mlab_severity severity, const char *kind, const mlab_table *table, size_t row,
                                           const char *column, const char *value, const char *remedy, mlab_error *err, const char *sentence);
/* <block>.impossible: the severity of what cannot be, and whether such rows are left out. */
mlab_severity mlab_loading_impossible(const mlab_loading *l, const char *block, const char **remedy);

/* --- ids (load_ids.c) ---------------------------------------------------------------------------------- */

/* The heading of ids in a file: <block>.id or <block>.id.from, else that of people. */
const char *mlab_loading_id_heading(const mlab_loading *l, const char *block);
/* How ids are written in the file of a block; a pattern that is none becomes a finding. rule->take is the caller's to free. */
MLAB_MUST_USE mlab_status mlab_loading_id_rule(mlab_loading *l, const char *block, mlab_id_rule *rule, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_crosswalks(mlab_loading *l, mlab_error *err);
/* Links a column of the file read last to people, by everything that the study says about ids, crosswalks and accepted shares: the one way
 * for every join. who: "mentees"; rank [n_rows] as in mlab_ids_link. */
MLAB_MUST_USE mlab_status mlab_loading_link(mlab_loading *l, const char *block, const mlab_table *table, const char *column, const char *who,
                                            uint32_t *rank, mlab_error *err);

/* --- grades (load_grades.c) and exits (load_exits.c) ------------------------------------------------------ */

typedef struct mlab_grade_source {
    const mlab_column *column;
    size_t n; /* rows */
} mlab_grade_source;
/* Labels of all sources in their order: l->grades. file: for the finding that they have none. */
MLAB_MUST_USE mlab_status mlab_load_grades(mlab_loading *l, const mlab_grade_source *sources, size_t n, const char *file, mlab_error *err);
int32_t mlab_grade_code(const mlab_loading *l, const mlab_column *column, size_t row); /* -1 = missing */
bool mlab_setting_holds(const mlab_setting *list, const char *reason);                 /* the list (or the one text); NULL holds nothing */
MLAB_MUST_USE mlab_status mlab_exit_causes(mlab_loading *l, const mlab_setting *exits, const mlab_column *reasons, mlab_error *err);
int32_t mlab_exit_cause(const mlab_loading *l, const mlab_setting *exits, const char *reason); /* MLAB_CAUSE_STAYS = no cause has it */
/* What events.exit says of exits without a reason; MLAB_CAUSE_STAYS = nothing, and there are several causes. */
MLAB_MUST_USE mlab_status mlab_exit_without_reason(const mlab_loading *l, const mlab_setting *exits, int32_t *cause, mlab_error *err);
/* The condition for people who belong to the study; NULL = all do. */
const mlab_setting *mlab_loading_population(const mlab_loading *l);
const char *mlab_exit_sounds_like(const char *reason);
void mlab_exit_remedy(const char *reason, char *into, size_t size);

/* --- job histories (load_history*.c), snapshots (load_snapshots.c), stays (load_stays.c), promotions (load_events.c) ---- */

bool mlab_has_job(const mlab_settings *settings); /* the study has a job history or snapshots */
/* Reads the files; then links them, finds days, stays, states, leaves and promotions. Without a people file the people are those of the
 * job's rows. */
MLAB_MUST_USE mlab_status mlab_read_job(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_job(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_read_snapshots(mlab_loading *l, mlab_error *err);
/* Days from rows: those of a history, those of snapshots. rank [job rows]. */
MLAB_MUST_USE mlab_status mlab_history_days(mlab_loading *l, const uint32_t *rank, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_snapshot_days(mlab_loading *l, const uint32_t *rank, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_stays(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_job_promotions(mlab_loading *l, mlab_error *err);

/* --- who is in (load_flow.c) ------------------------------------------------------------------------------- */

/* Why somebody has no stay. */
enum { MLAB_FATE_STAYS, MLAB_FATE_NO_ROW, MLAB_FATE_NO_MEMBER, MLAB_FATE_NO_STAY };
/* data->flow; the panel is there. */
MLAB_MUST_USE mlab_status mlab_load_flow(mlab_loading *l, mlab_error *err);
/* The same of a table of persons, of which n rows were read. */
MLAB_MUST_USE mlab_status mlab_load_flow_of_rows(mlab_loading *l, size_t n, mlab_error *err);

/* --- the files --------------------------------------------------------------------------------------- */

MLAB_MUST_USE mlab_status mlab_load_person_level(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_people(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_exits(mlab_loading *l, mlab_error *err); /* reasons to causes, impossible orders */
MLAB_MUST_USE mlab_status mlab_load_promotions(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_surveys(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_relationships(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_meetings(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_extras(mlab_loading *l, mlab_error *err); /* ratings, training, goals; meetings a month */
/* Ratings one by one as mlab_data.ratings: rows of linked people with a day and a score where use[i]; rank NULL = people could not be read. */
MLAB_MUST_USE mlab_status mlab_keep_ratings(mlab_loading *l, const mlab_table *from, const uint32_t *rank, const uint8_t *use, mlab_error *err);
void mlab_extras_free(mlab_loading *l);
/* Nothing after as_of has happened; from here on as_of is known. */
MLAB_MUST_USE mlab_status mlab_load_as_of(mlab_loading *l, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_load_panel(mlab_loading *l, mlab_error *err);
/* Who was asked in each wave, and answered, by arm (survey_rates.c). */
MLAB_MUST_USE mlab_status mlab_survey_rates(mlab_loading *l, mlab_error *err);
/* The size of each group of answers without a person (survey_groups.c). */
void mlab_survey_group_sizes(mlab_data *data);
/* Notes that need several files: relationships that end before an exit, pairs twice at a time, ... */
MLAB_MUST_USE mlab_status mlab_check_relationships(const mlab_loading *l, mlab_error *err);

#endif
