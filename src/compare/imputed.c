/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons over imputations: each completed data set is compared as if nothing had been missing, and the contrasts are pooled by Rubin's rules
 * (Rubin 1987) with the degrees of freedom of Barnard & Rubin (1999, doi:10.1093/biomet/86.4.948).
 *
 * With a bootstrap the intervals are those of samples of people in which everything is imputed anew (compare/redrawn.c); estimates and the share of
 * information that is missing stay those of the imputations of the data. Weakness: Rubin's rules are right when imputation and analysis agree. */
#include "compare/analysis.h"

#include "compare/options.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

enum { MOST_IMPUTATIONS = 200 };

/* --- what is imputed ---------------------------------------------------------------------------------------------------- */

static double value_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

/* Whether somebody of the panel has two values of the column. */
static bool changes(const mlab_panel *panel, const mlab_column *column)
{
    size_t last = SIZE_MAX; /* row of the person's last value */
    for (size_t row = 0; row < panel->n_rows; row++) {
        if (row > 0 && panel->person[row] != panel->person[row - 1]) last = SIZE_MAX;
        if (column->missing && column->missing[row]) continue;
        if (last != SIZE_MAX && value_at(column, row) != value_at(column, last)) return true;
        last = row;
    }
    return false;
}

static bool is_attribute(const mlab_data *data, const char *name)
{
    const mlab_column *column = mlab_table_find(data->panel ? data->panel->rows : data->people, name);
    if (!column || (column->type != MLAB_COLUMN_REAL && column->type != MLAB_COLUMN_INTEGER && column->type != MLAB_COLUMN_FACTOR)) return false;
    return !data->panel || !changes(data->panel, column) || !column->missing;
}

mlab_status mlab_compare_impute(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec, int n_imputations, int n_rounds,
                                uint64_t seed, mlab_imputation **out, mlab_error *err)
{
    size_t n = 0, n_outcomes = data->panel ? 0 : spec->n_outcomes; /* of a panel all events and answers are known without them */
    mlab_text formula = MLAB_TEXT(context);
    mlab_outcome *outcomes = mlab_allocate(context, n_outcomes + 1, sizeof *outcomes);
    *out = NULL;
    mlab_text_append(&formula, "~ ");
    for (size_t a = 0; a < spec->n_adjust; a++)
        if (is_attribute(data, spec->adjust[a])) mlab_text_print(&formula, "%s%s", n++ ? " + " : "", spec->adjust[a]);
    mlab_status status = MLAB_OK;
    if (!outcomes || formula.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to impute what is adjusted for");
    if (!status && n > 0) {
        for (size_t k = 0; k < n_outcomes; k++) outcomes[k] = spec->outcomes[k];
        outcomes[n_outcomes] = (mlab_outcome){.name = (char *)"comparison", .formula = formula.bytes};
        status = mlab_impute(context, data, outcomes, n_outcomes + 1, n_imputations, n_rounds, seed, out, err);
    }
    if (!status && *out && (*out)->n_columns == 0) {
        mlab_imputation_free(*out);
        *out = NULL;
    }
    mlab_release(context, outcomes);
    mlab_text_free(&formula);
    return status;
}

/* --- pooling ------------------------------------------------------------------------------------------------------------- */

typedef struct pooling {
    const mlab_context *context;
    mlab_comparison **all; /* [n]; the first becomes the pooled one */
    size_t n;
    mlab_redrawn_spread *redrawn; /* [contrasts], or NULL = no bootstrap */
    double value[MOST_IMPUTATIONS], variance[MOST_IMPUTATIONS];
} pooling;

static bool same_contrasts(const pooling *p)
{
    bool same = true;
    for (size_t k = 1; k < p->n && same; k++) {
        const mlab_comparison *a = p->all[0], *b = p->all[k];
        same = a->n_contrasts == b->n_contrasts && a->n_balance == b->n_balance && a->n_standardised == b->n_standardised && a->n_times == b->n_times;
        for (size_t c = 0; same && c < a->n_contrasts; c++) {
            const mlab_contrast *x = &a->contrasts[c], *y = &b->contrasts[c];
            same = !strcmp(x->outcome, y->outcome) && !strcmp(x->arm, y->arm) && !strcmp(x->group, y->group) && !strcmp(x->method, y->method) &&
                   !strcmp(x->measure, y->measure) && x->horizon == y->horizon;
        }
    }
    return same;
}

/* The mean of one field over the imputations. */
static double mean_of(const pooling *p, size_t c, size_t offset)
{
    double sum = 0;
    for (size_t k = 0; k < p->n; k++) sum += *(const double *)(const void *)((const char *)&p->all[k]->contrasts[c] + offset);
    return sum / (double)p->n;
}

/* d of RR = exp(d estimate) behind the E-value of a mean; RR = E^2 / (2 E - 1). */
static double scale_of(const mlab_contrast *c)
{
    double e = c->e_value, rr = e > 1 ? e * e / (2 * e - 1) : 1;
    return c->estimate != 0 ? log(rr) / fabs(c->estimate) : 0;
}

/* Of an interval: those of the people, and those of the variance (0 = there is none). */
static double degrees(double complete, double of_variance)
{
    return of_variance > 0 ? 1 / (1 / complete + 1 / of_variance) : 0;
}

static void pool_ratio(pooling *p, size_t c, const double complete, double level, mlab_contrast *to)
{
    double mean, total, df, step;
    if (!(to->risk_ratio > 0)) return;
    for (size_t k = 0; k < p->n; k++) {
        const mlab_contrast *from = &p->all[k]->contrasts[c];
        if (!(from->risk_ratio > 0)) return;
        p->value[k] = log(from->risk_ratio);
        p->variance[k] = from->log_ratio_se * from->log_ratio_se;
    }
    mlab_rubin(p->value, p->variance, p->n, complete, &mean, &total, &df, NULL);
    if (p->redrawn) {
        total = p->redrawn[c].ratio_variance;
        df = degrees(complete, p->redrawn[c].ratio_df);
    }
    to->risk_ratio = exp(mean);
    to->e_value = mlab_e_value(to->risk_ratio);
    if (!(to->log_ratio_se > 0) || !(df > 0)) return;
    to->log_ratio_se = sqrt(total);
    step = mlab_t_quantile((1 + level) / 2, fmin(df, 1e9)) * to->log_ratio_se;
    to->e_value_limit = mlab_e_value_limit(exp(mean - step), exp(mean + step));
}

/* Trust is the least of all, with the reason of the first that doubts; refits are counted over all. */
static mlab_status pool_trust(pooling *p, size_t c, mlab_contrast *to, mlab_error *err)
{
    for (size_t k = 1; k < p->n; k++) {
        mlab_contrast *from = &p->all[k]->contrasts[c];
        to->bootstrap_done += from->bootstrap_done;
        to->bootstrap_failed += from->bootstrap_failed;
        to->bounded = to->bounded && from->bounded;
        if (to->trust != MLAB_TRUSTED || from->trust == MLAB_TRUSTED) continue;
        char *reason = mlab_copy_text(p->context, from->reason);
        if (!reason) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a reason");
        mlab_release(p->context, to->reason);
        to->reason = reason;
        to->trust = from->trust;
    }
    return MLAB_OK;
}

static mlab_status doubt_failed(const pooling *p, mlab_contrast *to, mlab_error *err)
{
    if (to->bootstrap_failed <= (to->bootstrap_done + to->bootstrap_failed) / 10) return MLAB_OK;
    mlab_text text = MLAB_TEXT(p->context);
    mlab_text_print(&text, "%s%sMore than a tenth of the samples, each imputed anew, could not be compared.", to->reason, *to->reason ? " " : "");
    char *made = text.failed ? NULL : mlab_copy_text(p->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a reason");
    mlab_release(p->context, to->reason);
    to->reason = made;
    if (to->trust == MLAB_TRUSTED) to->trust = MLAB_BOOTSTRAP_FAILED;
    return MLAB_OK;
}

/* A line more under the number. */
static mlab_status tell_missing(const pooling *p, mlab_contrast *to, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(p->context);
    if (to->caveats) mlab_text_append(&text, to->caveats);
    mlab_text_print(
        &text,
        "Missing values were imputed %zu times: %.0f %% of what complete data would say of this number is missing, and so many imputations "
        "have %.1f %% of the efficiency of ever more.\n",
        p->n, 100 * to->missing_information, 100 / (1 + to->missing_information / (double)p->n));
    if (p->redrawn)
        mlab_text_print(&text, "The interval is that of %llu samples of people, in each of which everything missing was imputed anew.\n",
                        (unsigned long long)to->bootstrap_done);
    char *made = text.failed ? NULL : mlab_copy_text(p->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the caveats");
    mlab_release(p->context, to->caveats);
    to->caveats = made;
    return MLAB_OK;
}

static mlab_status pool_contrast(pooling *p, size_t c, mlab_error *err)
{
    mlab_contrast *to = &p->all[0]->contrasts[c];
    const double complete = to->df, d = strcmp(to->measure, "mean_difference") ? 0 : scale_of(to);
    double total;
    mlab_status status = pool_trust(p, c, to, err);
    if (status) return status;
    for (size_t k = 0; k < p->n; k++) {
        const mlab_contrast *from = &p->all[k]->contrasts[c];
        p->value[k] = from->estimate;
        p->variance[k] = from->se * from->se;
    }
    static const size_t means[] = {offsetof(mlab_contrast, risk_arm),     offsetof(mlab_contrast, risk_reference),
                                   offsetof(mlab_contrast, overlap),      offsetof(mlab_contrast, if_reference),
                                   offsetof(mlab_contrast, if_arm),       offsetof(mlab_contrast, worst_lowest),
                                   offsetof(mlab_contrast, worst_highest)};
    double mean[sizeof means / sizeof *means];
    for (size_t f = 0; f < sizeof means / sizeof *means; f++) mean[f] = mean_of(p, c, means[f]);
    for (size_t f = 0; f < sizeof means / sizeof *means; f++) memcpy((char *)to + means[f], &mean[f], sizeof(double));
    mlab_rubin(p->value, p->variance, p->n, complete > 0 ? complete : HUGE_VAL, &to->estimate, &total, &to->df, &to->missing_information);
    to->imputations = p->n;
    to->lower = to->upper = to->estimate;
    if (p->redrawn) {
        total = p->redrawn[c].variance;
        to->df = degrees(complete > 0 ? complete : HUGE_VAL, p->redrawn[c].df);
        to->bootstrap_done = p->redrawn[c].done;
        to->bootstrap_failed = p->redrawn[c].failed;
        if ((status = doubt_failed(p, to, err))) return status;
    }
    if (complete > 0 && to->df > 0) {
        to->se = sqrt(total);
        double step = mlab_t_quantile((1 + to->level) / 2, fmin(to->df, 1e9)) * to->se;
        to->lower = to->estimate - step;
        to->upper = to->estimate + step;
    } else {
        to->se = to->df = 0;
    }
    if (d > 0) {
        to->e_value = mlab_e_value(exp(d * to->estimate));
        to->e_value_limit = mlab_e_value_limit(exp(d * to->lower), exp(d * to->upper));
    }
    pool_ratio(p, c, complete > 0 ? complete : HUGE_VAL, to->level, to);
    return tell_missing(p, to, err);
}

static void pool_rest(pooling *p)
{
    mlab_comparison *to = p->all[0];
    double m = (double)p->n;
    for (size_t b = 0; b < to->n_balance; b++) {
        mlab_balance sum = {0};
        for (size_t k = 0; k < p->n; k++) {
            const mlab_balance *from = &p->all[k]->balance[b];
            sum.mean_arm += from->mean_arm / m;
            sum.mean_reference += from->mean_reference / m;
            sum.smd_before += from->smd_before / m;
            sum.smd_after += from->smd_after / m;
        }
        sum.arm = to->balance[b].arm;
        sum.covariate = to->balance[b].covariate;
        to->balance[b] = sum;
    }
    for (size_t i = 0; i < to->n_standardised * to->n_times; i++) {
        double sum = 0;
        for (size_t k = 0; k < p->n; k++) sum += p->all[k]->standardised[i] / m;
        to->standardised[i] = sum;
    }
    for (size_t k = 1; k < p->n; k++) {
        to->weight_lowest = fmin(to->weight_lowest, p->all[k]->weight_lowest);
        to->weight_highest = fmax(to->weight_highest, p->all[k]->weight_highest);
        to->weight_mean += (p->all[k]->weight_mean - to->weight_mean) / (double)(k + 1);
        to->effective_share += (p->all[k]->effective_share - to->effective_share) / (double)(k + 1);
    }
}

/* What was imputed, and whether the chains settled. */
static mlab_status tell_imputed(const pooling *p, const mlab_data *data, const mlab_imputation *imputation, mlab_error *err)
{
    mlab_comparison *to = p->all[0];
    mlab_text text = MLAB_TEXT(p->context);
    bool unsettled = false;
    if (to->caveats) mlab_text_append(&text, to->caveats);
    mlab_text_append(&text, "Imputed: ");
    for (size_t c = 0; c < imputation->n_columns; c++) {
        mlab_text_print(&text, "%s%s for %zu %s", c ? ", " : "", imputation->columns[c].name, imputation->columns[c].n_missing,
                        data->panel ? "people" : "rows");
        unsettled = unsettled || imputation->columns[c].unsettled;
    }
    mlab_text_print(&text, ", %zu times; right when what is missing hangs on nothing but what was recorded.\n", p->n);
    if (unsettled) mlab_text_append(&text, "The chains of imputations have not settled: state more fit.imputation_rounds.\n");
    char *made = text.failed ? NULL : mlab_copy_text(p->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the caveats");
    mlab_release(p->context, to->caveats);
    to->caveats = made;
    for (size_t c = 0; c < to->n_contrasts && unsettled; c++)
        if (to->contrasts[c].trust == MLAB_TRUSTED) to->contrasts[c].trust = MLAB_NOT_CONVERGED;
    return MLAB_OK;
}

/* Every completed data set is compared, without a bootstrap. */
static mlab_status compare_all(pooling *p, const mlab_data *data, const mlab_compare_spec *spec, const mlab_compare_options *options,
                               const mlab_imputation *imputation, mlab_error *err)
{
    mlab_compare_options plain = *options;
    mlab_status status = MLAB_OK;
    plain.bootstrap = 0;
    for (size_t k = 0; k < p->n && !status; k++) {
        mlab_completed *completed;
        status = mlab_impute_complete(p->context, data, imputation, (int)k, &completed, err);
        if (!status) status = mlab_compare(p->context, &completed->data, spec, &plain, &p->all[k], err);
        mlab_completed_free(p->context, completed);
    }
    if (!status && !same_contrasts(p))
        status = mlab_raise(err, MLAB_ERR_COMPARE_ARM, "the imputations do not have the same contrasts: a rare level came in or out");
    if (status || options->bootstrap == 0) return status;
    p->redrawn = mlab_allocate(p->context, p->all[0]->n_contrasts + 1, sizeof *p->redrawn);
    if (!p->redrawn) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu contrasts", p->all[0]->n_contrasts);
    return mlab_compare_redrawn(p->context, data, spec, options, imputation, p->all[0], p->redrawn, err);
}

mlab_status mlab_compare_imputed(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                 const mlab_compare_options *options, const mlab_imputation *imputation, mlab_comparison **out, mlab_error *err)
{
    pooling p = {.context = context, .n = (size_t)imputation->n_imputations};
    *out = NULL;
    if (p.n < 2 || p.n > MOST_IMPUTATIONS) return mlab_raise(err, MLAB_ERR_ARGUMENT, "%zu imputations; allowed 2 to %d", p.n, MOST_IMPUTATIONS);
    p.all = mlab_allocate(context, p.n, sizeof *p.all);
    if (!p.all) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu comparisons", p.n);
    mlab_status status = mlab_options_check(mlab_compare_option_rows, mlab_compare_n_option_rows, options, err);
    if (!status && options->bootstrap > 0 && options->bootstrap < 20)
        status = mlab_raise(err, MLAB_ERR_OPTION, "comparison.bootstrap: found %lld, allowed 0 or at least 20", (long long)options->bootstrap);
    if (!status) status = compare_all(&p, data, spec, options, imputation, err);
    if (!status) pool_rest(&p);
    for (size_t c = 0; !status && c < p.all[0]->n_contrasts; c++) status = pool_contrast(&p, c, err);
    if (!status) status = tell_imputed(&p, data, imputation, err);
    if (!status) {
        *out = p.all[0];
        p.all[0] = NULL;
    }
    for (size_t k = 0; k < p.n; k++) mlab_comparison_free(p.all[k]);
    mlab_release(context, p.all);
    mlab_release(context, p.redrawn);
    return status;
}
