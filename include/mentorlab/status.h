/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status codes: one list per folder, grouped by hundreds. The list makes the enum, the names and the sentences. */
#ifndef MENTORLAB_STATUS_H
#define MENTORLAB_STATUS_H

/* X(name, code, sentence) */
#define MLAB_STATUS_CORE(X)                                                                                                                          \
    X(ERR_MEMORY, -1, "out of memory")                                                                                                               \
    X(ERR_ARGUMENT, -2, "an argument is outside what the function allows")                                                                           \
    X(ERR_OVERFLOW, -3, "a size or an address does not fit its type")                                                                                \
    X(ERR_CANCELLED, -4, "stopped on request")                                                                                                       \
    X(ERR_OPEN, -5, "a file cannot be opened")                                                                                                       \
    X(ERR_READ, -6, "a file cannot be read")                                                                                                         \
    X(ERR_WRITE, -7, "a file cannot be written")                                                                                                     \
    X(ERR_NUMBER, -8, "a text is not a number of the kind asked for")                                                                                \
    X(ERR_OPTION, -9, "an option has an unknown name or a value that is not allowed")                                                                \
    X(ERR_ISA, -10, "this processor lacks the instruction set asked for")                                                                            \
    X(ERR_LOCKED, -11, "another run holds the output")

#define MLAB_STATUS_DATA(X)                                                                                                                          \
    X(ERR_DATA_SYNTAX, -101, "a file is not written in the form it should have")                                                                     \
    X(ERR_DATA_REJECTED, -102, "the input was rejected; the findings say why")                                                                       \
    X(ERR_DATA_COLUMN, -103, "a column is not in the table")                                                                                         \
    X(ERR_DATA_TYPE, -104, "a column has another type than needed")                                                                                  \
    X(ERR_DATA_FORMULA, -105, "a formula or an expression cannot be read")                                                                           \
    X(ERR_DATA_NOT_BUILT, -106, "this part is not built yet")                                                                                        \
    X(ERR_DATA_EMPTY, -107, "there are no rows to work on")                                                                                          \
    X(ERR_DATA_LEVEL, -108, "a level was not there when the design was made")

#define MLAB_STATUS_FIT(X)                                                                                                                           \
    X(ERR_FIT_MODEL, -201, "there is no model of that name, or it does not fit the outcome")                                                         \
    X(ERR_FIT_RESPONSE, -202, "the response has values that the model does not allow")                                                               \
    X(ERR_FIT_RANK, -203, "the design has no columns that can be estimated")                                                                         \
    X(ERR_FIT_COVARIANCE, -204, "a covariance matrix is not positive definite")                                                                      \
    X(ERR_FIT_DRAWS, -205, "draws cannot be made from this fit")                                                                                     \
    X(ERR_FIT_EVIDENCE, -206, "an entry of the evidence registry cannot be used so")                                                                 \
    X(ERR_FIT_CROSSED, -207, "thresholds of an ordinal fit cross: a probability would be negative")

#define MLAB_STATUS_MATCH(X)                                                                                                                         \
    X(ERR_MATCH_CAPACITY, -301, "a mentor offers fewer than 0 places")                                                                               \
    X(ERR_MATCH_POLICY, -302, "there is no policy of that name")                                                                                     \
    X(ERR_MATCH_POOL, -303, "the pool contradicts itself")                                                                                           \
    X(ERR_MATCH_COLUMN, -304, "a rule names a column that is missing")                                                                               \
    X(ERR_MATCH_UNSUPPORTED, -305, "a policy cannot keep a constraint that was asked of it")                                                         \
    X(ERR_MATCH_GAINS, -306, "what people gain cannot be told from the data")

#define MLAB_STATUS_SIMULATE(X)                                                                                                                      \
    X(ERR_SIMULATE_PARAMETER, -401, "a parameter of the simulation is missing or outside its range")                                                 \
    X(ERR_SIMULATE_STATE, -402, "the state of the organisation contradicts itself")

#define MLAB_STATUS_COMPARE(X)                                                                                                                       \
    X(ERR_COMPARE_ARM, -501, "an arm is not in the data")                                                                                            \
    X(ERR_COMPARE_IMMORTAL, -502, "a time-fixed arm on survival data would count the time before mentoring as mentored")                             \
    X(ERR_COMPARE_HORIZON, -503, "a horizon lies beyond the data")

#define MLAB_STATUS_FORECAST(X) X(ERR_FORECAST_LINE, -601, "a line of the ledger cannot be worked out")

#define MLAB_STATUS_STORE(X)                                                                                                                         \
    X(ERR_STORE_OPEN, -701, "a results file cannot be opened")                                                                                       \
    X(ERR_STORE_WRITE, -702, "a results file cannot be written")                                                                                     \
    X(ERR_STORE_READ, -703, "a results file lacks what was looked for")                                                                              \
    X(ERR_STORE_VERSION, -704, "a results file was written in another format version")

#define MLAB_STATUS_REPORT(X) X(ERR_REPORT_PAGE, -801, "the report page cannot be made")

#define MLAB_STATUS_STUDY(X)                                                                                                                         \
    X(ERR_STUDY_REJECTED, -901, "the study file was rejected; the findings say why")                                                                 \
    X(ERR_STUDY_STAGE, -902, "a stage does not apply to this study")

#define MLAB_STATUS_ALL(X)                                                                                                                           \
    MLAB_STATUS_CORE(X)                                                                                                                              \
    MLAB_STATUS_DATA(X)                                                                                                                              \
    MLAB_STATUS_FIT(X)                                                                                                                               \
    MLAB_STATUS_MATCH(X)                                                                                                                             \
    MLAB_STATUS_SIMULATE(X)                                                                                                                          \
    MLAB_STATUS_COMPARE(X)                                                                                                                           \
    MLAB_STATUS_FORECAST(X)                                                                                                                          \
    MLAB_STATUS_STORE(X)                                                                                                                             \
    MLAB_STATUS_REPORT(X)                                                                                                                            \
    MLAB_STATUS_STUDY(X)

typedef enum mlab_status {
    MLAB_OK = 0,
#define MLAB_X(name, code, sentence) MLAB_##name = code,
    MLAB_STATUS_ALL(MLAB_X)
#undef MLAB_X
} mlab_status;

/* How far a result may be trusted: an outcome of the work, not an error. It travels into the results file, the
 * report and the exit code (4 when any result of a run is not MLAB_TRUSTED). X(name, code, sentence) */
#define MLAB_TRUST_ALL(X)                                                                                                                            \
    X(TRUSTED, 0, "no reason for doubt was found")                                                                                                   \
    X(NOT_CONVERGED, 1, "the fit did not converge")                                                                                                  \
    X(SEPARATED, 2, "a coefficient is infinite: some group has only events, or none")                                                                \
    X(INDEFINITE, 3, "the covariance matrix is not positive definite")                                                                               \
    X(TOO_FEW_EVENTS, 4, "too little to judge by")                                                                                                   \
    X(TOO_FEW_CLUSTERS, 5, "too few clusters")                                                                                                       \
    X(NO_OVERLAP, 6, "the groups are not comparable: too little overlap")                                                                            \
    X(BOOTSTRAP_FAILED, 7, "too many bootstrap refits failed")                                                                                       \
    X(IMMORTAL_TIME, 8, "accepted by name: time before mentoring counts as mentored")                                                                \
    X(ON_BOUNDARY, 9, "how groups differ lies on a boundary, or cannot be told from one: a standard deviation of 0, a correlation of 1 or -1")

typedef enum mlab_trust {
#define MLAB_X(name, code, sentence) MLAB_##name = code,
    MLAB_TRUST_ALL(MLAB_X)
#undef MLAB_X
} mlab_trust;

#endif
