/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /comparison: contrasts, balance, observed curves, standardised curves. */
#include "store/records.h"
#include "store/stages.h"

#include "core/memory.h"

#define TEXT(field, long_name)                                                                                                                       \
    {                                                                                                                                                \
        MLAB_RECORD_TEXT, #field, offsetof(mlab_contrast, field), "1", long_name                                                                     \
    }
#define REAL(field, unit, long_name)                                                                                                                 \
    {                                                                                                                                                \
        MLAB_RECORD_REAL, #field, offsetof(mlab_contrast, field), unit, long_name                                                                    \
    }
#define COUNT(field, unit, long_name)                                                                                                                \
    {                                                                                                                                                \
        MLAB_RECORD_COUNT, #field, offsetof(mlab_contrast, field), unit, long_name                                                                   \
    }
static const mlab_record_field contrast_columns[] = {
    TEXT(outcome, "outcome"),
    TEXT(arm, "arm"),
    TEXT(reference, "arm it is compared with"),
    TEXT(group, "subgroup, empty = everyone"),
    TEXT(cause, "cause of the event counted, empty = there is one only"),
    TEXT(event, "event of the panel that is counted, empty = answers, or a table of persons"),
    TEXT(estimand, "what the number answers"),
    TEXT(measure, "scale of the estimate"),
    TEXT(method, "method"),
    REAL(horizon, "month", "time from time zero"),
    REAL(estimate, "1", "arm less reference"),
    REAL(se, "1", "standard error"),
    REAL(lower, "1", "lower limit"),
    REAL(upper, "1", "upper limit"),
    REAL(level, "1", "level of the interval"),
    REAL(risk_arm, "1", "share or mean had everyone been in the arm"),
    REAL(risk_reference, "1", "share or mean had everyone been in the reference arm"),
    REAL(risk_ratio, "1", "risk ratio of the event itself, arm over reference, 0 = does not apply"),
    REAL(e_value, "1", "E-value of the ratio, 0 = does not apply"),
    REAL(e_value_limit, "1", "E-value of the limit nearer to 1, 0 = does not apply"),
    COUNT(n_arm, "person", "people ever in the arm"),
    COUNT(n_reference, "person", "people ever in the reference arm"),
    COUNT(events_arm, "event", "events, or answers, in the arm"),
    COUNT(events_reference, "event", "events, or answers, in the reference arm"),
    REAL(years_arm, "year", "person-years in the arm"),
    REAL(years_reference, "year", "person-years in the reference arm"),
    REAL(overlap, "1", "share of people with comparable others"),
    COUNT(bootstrap_done, "1", "bootstrap refits done"),
    COUNT(bootstrap_failed, "1", "bootstrap refits failed"),
    REAL(df, "1", "degrees of freedom of the interval, 0 = no interval"),
    COUNT(imputations, "1", "imputations that are pooled, 0 = people with missing values were left out"),
    REAL(missing_information, "1", "share of what the data would say of the estimate that is missing"),
    COUNT(unknown_people, "person", "people of whom for some of the time nothing says the arm"),
    COUNT(unknown_events, "event", "those of them with the event, or an answer, in such time"),
    {MLAB_RECORD_YES_NO, "bounded", offsetof(mlab_contrast, bounded), "1", "1 = the four columns that follow are there"},
    REAL(if_reference, "1", "estimate had all time of unknown arm been in the reference arm"),
    REAL(if_arm, "1", "estimate had all time of unknown arm been in the arm"),
    REAL(worst_lowest, "1", "lowest of the cases worked out for people of unknown arm"),
    REAL(worst_highest, "1", "highest of the cases worked out for people of unknown arm"),
    {MLAB_RECORD_ENUM, "trust_code", offsetof(mlab_contrast, trust), "1", "0 = no reason for doubt was found"},
    TEXT(reason, "reason for doubt"),
    TEXT(caveats, "caveats in plain words"),
};
static const mlab_record_table contrast_table = MLAB_RECORD_TABLE("contrasts", mlab_contrast, contrast_columns);
static const mlab_record_field balance_columns[] = {
    {MLAB_RECORD_TEXT, "arm", offsetof(mlab_balance, arm), "1", "arm"},
    {MLAB_RECORD_TEXT, "covariate", offsetof(mlab_balance, covariate), "1", "covariate, or level of one"},
    {MLAB_RECORD_REAL, "mean_arm", offsetof(mlab_balance, mean_arm), "1", "mean in the arm of what was known at time zero"},
    {MLAB_RECORD_REAL, "mean_reference", offsetof(mlab_balance, mean_reference), "1", "mean in the reference arm at the same times"},
    {MLAB_RECORD_REAL, "smd_before", offsetof(mlab_balance, smd_before), "1", "standardised mean difference before weighting"},
    {MLAB_RECORD_REAL, "smd_after", offsetof(mlab_balance, smd_after), "1", "standardised mean difference after weighting"},
};
static const mlab_record_table balance_table = MLAB_RECORD_TABLE("balance", mlab_balance, balance_columns);
static const mlab_record_field stay_columns[] = {
    {MLAB_RECORD_TEXT, "outcome", offsetof(mlab_stay, outcome), "1", "outcome of events, or column of states"},
    {MLAB_RECORD_TEXT, "arm", offsetof(mlab_stay, arm), "1", "arm as started"},
    {MLAB_RECORD_TEXT, "reference", offsetof(mlab_stay, reference), "1", "arm that it is compared with"},
    {MLAB_RECORD_TEXT, "state", offsetof(mlab_stay, state), "1", "no event, a cause, a value of the column"},
    {MLAB_RECORD_REAL, "horizon", offsetof(mlab_stay, horizon), "month", "time since time zero"},
    {MLAB_RECORD_REAL, "n", offsetof(mlab_stay, n), "person", "people of the arm watched just before the horizon"},
    {MLAB_RECORD_REAL, "in_state", offsetof(mlab_stay, in_state), "person", "of them in the state"},
    {MLAB_RECORD_REAL, "share", offsetof(mlab_stay, share), "1", "share in the state at the horizon"},
    {MLAB_RECORD_REAL, "share_se", offsetof(mlab_stay, share_se), "1", "standard error"},
    {MLAB_RECORD_REAL, "share_lower", offsetof(mlab_stay, share_lower), "1", "lower limit"},
    {MLAB_RECORD_REAL, "share_upper", offsetof(mlab_stay, share_upper), "1", "upper limit"},
    {MLAB_RECORD_REAL, "months", offsetof(mlab_stay, months), "month", "mean time in the state from `from` to the horizon"},
    {MLAB_RECORD_REAL, "months_se", offsetof(mlab_stay, months_se), "month", "standard error"},
    {MLAB_RECORD_REAL, "months_lower", offsetof(mlab_stay, months_lower), "month", "lower limit"},
    {MLAB_RECORD_REAL, "months_upper", offsetof(mlab_stay, months_upper), "month", "upper limit"},
    {MLAB_RECORD_REAL, "difference", offsetof(mlab_stay, difference), "month", "mean time in the arm less that in the reference"},
    {MLAB_RECORD_REAL, "difference_se", offsetof(mlab_stay, difference_se), "month", "standard error"},
    {MLAB_RECORD_REAL, "difference_lower", offsetof(mlab_stay, difference_lower), "month", "lower limit"},
    {MLAB_RECORD_REAL, "difference_upper", offsetof(mlab_stay, difference_upper), "month", "upper limit"},
    {MLAB_RECORD_REAL, "ratio", offsetof(mlab_stay, ratio), "1", "mean time in the arm over that in the reference, 0 = none"},
    {MLAB_RECORD_REAL, "ratio_lower", offsetof(mlab_stay, ratio_lower), "1", "lower limit"},
    {MLAB_RECORD_REAL, "ratio_upper", offsetof(mlab_stay, ratio_upper), "1", "upper limit"},
    {MLAB_RECORD_YES_NO, "compared", offsetof(mlab_stay, compared), "1", "differences and ratios are there"},
    {MLAB_RECORD_REAL, "from", offsetof(mlab_stay, from), "month", "time at which mean times begin, of those without an event then"},
    {MLAB_RECORD_REAL, "until", offsetof(mlab_stay, until), "month", "time up to which somebody is; infinite = nobody is left"},
    {MLAB_RECORD_REAL, "level", offsetof(mlab_stay, level), "1", "of the intervals"},
};
static const mlab_record_table stay_table = MLAB_RECORD_TABLE("stays", mlab_stay, stay_columns);

static size_t blocks_of(const mlab_curve *curve)
{
    return curve->n_causes ? curve->n_causes : 1;
}

/* Real columns of the curves, one value a time and cause. X(name, unit, long_name, value) */
#define CURVE_COLUMNS(X)                                                                                                                             \
    X(time, "1", "time in the unit of the data", curve->time[t])                                                                                     \
    X(at_risk, "person", "people at risk", curve->at_risk[t])                                                                                        \
    X(events, "event", "events at this time", curve->events[t * blocks + c])                                                                         \
    X(estimate, "1", "survival, or cumulative incidence of the cause", curve->estimate[t * blocks + c])                                              \
    X(se, "1", "standard error", curve->se[t * blocks + c])                                                                                          \
    X(lower, "1", "lower limit", curve->lower[t * blocks + c])                                                                                       \
    X(upper, "1", "upper limit", curve->upper[t * blocks + c])

static void put_curve_rows(const mlab_h5_group *group, const mlab_curve *curves, size_t n_curves, size_t n_rows)
{
    const mlab_context *context = group->file->context;
    double *real = mlab_allocate(context, n_rows, sizeof *real);
    int64_t *number = mlab_allocate(context, n_rows, 2 * sizeof *number);
    if (!real || !number) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %zu rows of curves", n_rows);
    size_t row = 0;
    for (size_t k = 0; real && number && k < n_curves; k++)
        for (size_t t = 0; t < curves[k].n_times; t++)
            for (size_t c = 0; c < blocks_of(&curves[k]); c++, row++) {
                number[row] = (int64_t)k;
                number[n_rows + row] = curves[k].n_causes ? (int64_t)c + 1 : 0;
            }
    mlab_h5_put(group, "curve_number", "row", MLAB_H5_INT64, number, "1", "place of the curve");
    mlab_h5_put(group, "cause", "row", MLAB_H5_INT64, number ? number + n_rows : NULL, "1",
                "cause, 0 = survival, 1 = the event counted, the others compete");
#define PUT(name, unit, long_name, value)                                                                                                            \
    row = 0;                                                                                                                                         \
    for (size_t k = 0; real && k < n_curves; k++) {                                                                                                  \
        const mlab_curve *curve = &curves[k];                                                                                                        \
        const size_t blocks = blocks_of(curve);                                                                                                      \
        for (size_t t = 0; t < curve->n_times; t++)                                                                                                  \
            for (size_t c = 0; c < blocks; c++) real[row++] = value;                                                                                 \
    }                                                                                                                                                \
    mlab_h5_put(group, #name, "row", MLAB_H5_REAL, real, unit, long_name);
    CURVE_COLUMNS(PUT)
#undef PUT
    mlab_release(context, real);
    mlab_release(context, number);
}

static void put_curves(const mlab_h5_group *parent, const mlab_curve *curves, size_t n)
{
    const mlab_context *context = parent->file->context;
    mlab_h5_group group = mlab_h5_group_make(parent, "curves");
    char **names = mlab_allocate(context, n, sizeof *names);
    int64_t *sizes = mlab_allocate(context, n, 2 * sizeof *sizes);
    size_t n_rows = 0;
    if (!names || !sizes) mlab_h5_fail(parent->file, MLAB_ERR_MEMORY, "no memory to write %zu curves", n);
    for (size_t k = 0; names && sizes && k < n; k++) {
        names[k] = curves[k].group;
        sizes[k] = (int64_t)curves[k].n_times;
        sizes[n + k] = (int64_t)curves[k].n_causes;
        n_rows += curves[k].n_times * blocks_of(&curves[k]);
    }
    mlab_h5_dimension_texts(&group, "curve", names, n, "outcome/arm as started");
    mlab_h5_dimension(&group, "row", n_rows);
    mlab_h5_put(&group, "n_times", "curve", MLAB_H5_INT64, sizes, "1", "times of the curve");
    mlab_h5_put(&group, "n_causes", "curve", MLAB_H5_INT64, sizes ? sizes + n : NULL, "1", "causes, 0 = survival");
    if (!group.file->status) put_curve_rows(&group, curves, n, n_rows);
    mlab_release(context, names);
    mlab_release(context, sizes);
    mlab_h5_group_close(&group);
}

static void put_standardised(const mlab_h5_group *parent, const mlab_comparison *comparison)
{
    mlab_h5_group group = mlab_h5_group_make(parent, "standardised");
    const mlab_context *context = parent->file->context;
    double *months = mlab_allocate(context, comparison->n_times, sizeof *months);
    if (!months) mlab_h5_fail(parent->file, MLAB_ERR_MEMORY, "no memory to write curves");
    for (size_t t = 0; months && t < comparison->n_times; t++) months[t] = comparison->months_per_time * (double)t;
    mlab_h5_dimension_texts(&group, "curve", comparison->standardised_names, comparison->n_standardised, "outcome/arm");
    mlab_h5_dimension_values(&group, "time", MLAB_H5_REAL, months, comparison->n_times, "month", "time from time zero");
    mlab_h5_put(&group, "standardised", "curve time", MLAB_H5_REAL, comparison->standardised, "1", "share or mean had everyone been in the arm");
    mlab_h5_put(&group, "observed_from", "curve", MLAB_H5_REAL, comparison->standardised_from, "month",
                "time from which somebody in the arm was observed; before it is extrapolation");
    mlab_release(context, months);
    mlab_h5_group_close(&group);
}

void mlab_store_put_comparison(const mlab_h5_group *root, const mlab_comparison *comparison)
{
    mlab_h5_group group = mlab_h5_group_make(root, "comparison");
    mlab_h5_attribute(&group, "caveats", comparison->caveats);
    mlab_h5_put_real(&group, "weight_lowest", comparison->weight_lowest, "1", "lowest stabilised weight after truncation, 0 = not used");
    mlab_h5_put_real(&group, "weight_highest", comparison->weight_highest, "1", "highest stabilised weight after truncation, 0 = not used");
    mlab_h5_put_real(&group, "weight_mean", comparison->weight_mean, "1", "mean stabilised weight, 0 = not used");
    mlab_h5_put_real(&group, "effective_share", comparison->effective_share, "1", "effective sample size over n");
    mlab_h5_put_real(&group, "months_per_time", comparison->months_per_time, "month", "step of the standardised curves");
    mlab_h5_group table = mlab_h5_group_make(&group, "contrasts");
    mlab_records_put_in(&table, &contrast_table, comparison->contrasts, comparison->n_contrasts);
    mlab_h5_group_close(&table);
    table = mlab_h5_group_make(&group, "balance");
    mlab_records_put_in(&table, &balance_table, comparison->balance, comparison->n_balance);
    mlab_h5_group_close(&table);
    table = mlab_h5_group_make(&group, "stays");
    mlab_records_put_in(&table, &stay_table, comparison->stays, comparison->n_stays);
    mlab_h5_group_close(&table);
    put_curves(&group, comparison->curves, comparison->n_curves);
    put_standardised(&group, comparison);
    mlab_h5_group_close(&group);
}

/* --- reading ----------------------------------------------------------------------------------- */

static double *own(const mlab_h5_group *group, size_t n)
{
    double *values = mlab_allocate(group->file->context, n, sizeof *values);
    if (!values) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read curves");
    return values;
}

static void make_curve(const mlab_h5_group *group, mlab_curve *curve)
{
    const size_t n = curve->n_times * blocks_of(curve);
    curve->time = own(group, curve->n_times);
    curve->at_risk = own(group, curve->n_times);
    curve->events = own(group, n);
    curve->estimate = own(group, n);
    curve->se = own(group, n);
    curve->lower = own(group, n);
    curve->upper = own(group, n);
}

static void get_curve_rows(const mlab_h5_group *group, mlab_curve *curves, size_t n_curves)
{
    size_t n_rows = 0;
    for (size_t k = 0; k < n_curves; k++) n_rows += curves[k].n_times * blocks_of(&curves[k]);
#define GET(name, unit, long_name, value)                                                                                                            \
    {                                                                                                                                                \
        double *real = mlab_h5_get(group, #name, MLAB_H5_REAL, n_rows);                                                                              \
        size_t row = 0;                                                                                                                              \
        for (size_t k = 0; real && k < n_curves; k++) {                                                                                              \
            mlab_curve *curve = &curves[k];                                                                                                          \
            const size_t blocks = blocks_of(curve);                                                                                                  \
            for (size_t t = 0; t < curve->n_times; t++)                                                                                              \
                for (size_t c = 0; c < blocks; c++) value = real[row++];                                                                             \
        }                                                                                                                                            \
        mlab_release(group->file->context, real);                                                                                                    \
    }
    CURVE_COLUMNS(GET)
#undef GET
}

static void get_curves(const mlab_h5_group *parent, mlab_comparison *comparison)
{
    const mlab_context *context = parent->file->context;
    mlab_h5_group group = mlab_h5_group_get(parent, "curves");
    size_t n = mlab_h5_size(&group, "curve");
    char **names = mlab_h5_get_texts(&group, "curve", n);
    int64_t *times = mlab_h5_get(&group, "n_times", MLAB_H5_INT64, n), *causes = mlab_h5_get(&group, "n_causes", MLAB_H5_INT64, n);
    if (!group.file->status && !(comparison->curves = mlab_allocate(context, n, sizeof *comparison->curves)))
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to read %zu curves", n);
    for (size_t k = 0; comparison->curves && k < n; k++) {
        mlab_curve *curve = &comparison->curves[comparison->n_curves++];
        curve->context = context;
        curve->group = names[k];
        names[k] = NULL;
        curve->n_times = (size_t)times[k];
        curve->n_causes = (size_t)causes[k];
        make_curve(&group, curve);
    }
    if (!group.file->status) get_curve_rows(&group, comparison->curves, n);
    mlab_h5_free_texts(context, names, n);
    mlab_release(context, times);
    mlab_release(context, causes);
    mlab_h5_group_close(&group);
}

static void get_comparison(const mlab_h5_group *root, mlab_comparison *comparison)
{
    mlab_h5_group group = mlab_h5_group_get(root, "comparison");
    comparison->caveats = mlab_h5_attribute_get(&group, "caveats");
    comparison->weight_lowest = mlab_h5_get_real(&group, "weight_lowest");
    comparison->weight_highest = mlab_h5_get_real(&group, "weight_highest");
    comparison->weight_mean = mlab_h5_get_real(&group, "weight_mean");
    comparison->effective_share = mlab_h5_get_real(&group, "effective_share");
    comparison->months_per_time = mlab_h5_get_real(&group, "months_per_time");
    mlab_h5_group table = mlab_h5_group_get(&group, "contrasts");
    comparison->contrasts = mlab_records_get_in(&table, &contrast_table, &comparison->n_contrasts);
    mlab_h5_group_close(&table);
    table = mlab_h5_group_get(&group, "balance");
    comparison->balance = mlab_records_get_in(&table, &balance_table, &comparison->n_balance);
    mlab_h5_group_close(&table);
    if (mlab_h5_has(&group, "stays")) { /* files of before have none */
        table = mlab_h5_group_get(&group, "stays");
        comparison->stays = mlab_records_get_in(&table, &stay_table, &comparison->n_stays);
        mlab_h5_group_close(&table);
    }
    get_curves(&group, comparison);
    table = mlab_h5_group_get(&group, "standardised");
    comparison->n_times = mlab_h5_size(&table, "time");
    size_t n = mlab_h5_size(&table, "curve");
    comparison->standardised_names = mlab_h5_get_texts(&table, "curve", n);
    if (comparison->standardised_names) comparison->n_standardised = n;
    comparison->standardised = mlab_h5_get(&table, "standardised", MLAB_H5_REAL, n * comparison->n_times);
    comparison->standardised_from = mlab_h5_get(&table, "observed_from", MLAB_H5_REAL, n);
    mlab_h5_group_close(&table);
    mlab_h5_group_close(&group);
    if (!comparison->contrasts) comparison->n_contrasts = 0;
    if (!comparison->balance) comparison->n_balance = 0;
    if (!comparison->stays) comparison->n_stays = 0;
}

mlab_status mlab_store_read_comparison(const mlab_context *context, const char *path, mlab_comparison **comparison, mlab_error *err)
{
    *comparison = NULL;
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    mlab_comparison *got = mlab_allocate(context, 1, sizeof *got);
    if (!got) mlab_h5_fail(&file, MLAB_ERR_MEMORY, "no memory to read %s", path);
    if (got) {
        got->context = context;
        get_comparison(&root, got);
    }
    mlab_status status = mlab_h5_close(&file, &root);
    if (status)
        mlab_comparison_free(got);
    else
        *comparison = got;
    return status;
}
