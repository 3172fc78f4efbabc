/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fit of several raters says: sources of differences, roles with their severity, one score a person, and what cannot be told.
 * A score is the person's effect, most likely given all ratings; its error holds the uncertainty of the parameters (fit/mixed/web_errors.c).
 */
#include "fit/raters/made.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "data/missing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void mlab_raters_free(mlab_raters *raters)
{
    if (!raters) return;
    const mlab_context *context = raters->context;
    for (size_t k = 0; raters->sources && k < raters->n_sources; k++) mlab_release(context, raters->sources[k].name);
    for (size_t k = 0; raters->roles && k < raters->n_roles; k++) mlab_release(context, raters->roles[k].name);
    for (size_t k = 0; raters->scores && k < raters->n_scores; k++) mlab_release(context, raters->scores[k].person);
    mlab_release(context, raters->sources);
    mlab_release(context, raters->roles);
    mlab_release(context, raters->scores);
    mlab_release(context, raters->note);
    mlab_release(context, raters);
}

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for what ratings say");
}

/* --- the ratings --------------------------------------------------------------------------------------------------- */

typedef struct place {
    uint32_t person, role, rater, at;
} place;

static int by_place(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->role != y->role) return x->role < y->role ? -1 : 1;
    if (x->rater != y->rater) return x->rater < y->rater ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static mlab_status sort_rows(mlab_raters_work *w, mlab_error *err)
{
    size_t n = w->made->problem.n;
    place *places = mlab_allocate(w->made->context, n, sizeof *places);
    if (!places) return no_memory(err);
    for (size_t i = 0; i < n; i++) places[i] = (place){w->person[i], w->role[i], w->rater ? w->rater[i] : 0, (uint32_t)i};
    qsort(places, n, sizeof *places, by_place);
    for (size_t i = 0; i < n; i++) w->order[i] = places[i].at;
    mlab_release(w->made->context, places);
    return MLAB_OK;
}

/* Whether any rating says who gave it. */
static bool has_raters(const mlab_outcome_problem *made)
{
    const mlab_column *rater = mlab_table_find(made->table, "rater");
    for (size_t i = 0; rater && i < made->problem.n; i++)
        if (!mlab_is_missing_at(rater, made->rows[i])) return true;
    return false;
}

static mlab_status read_rows(mlab_raters_work *w, mlab_error *err)
{
    const mlab_context *context = w->made->context;
    size_t n = w->made->problem.n;
    bool rater = has_raters(w->made), role = mlab_table_find(w->made->table, "role");
    w->person = mlab_allocate(context, n, sizeof *w->person);
    w->role = mlab_allocate(context, n, sizeof *w->role);
    w->order = mlab_allocate(context, n, sizeof *w->order);
    if (rater) w->rater = mlab_allocate(context, n, sizeof *w->rater);
    if (!w->person || !w->role || !w->order || (rater && !w->rater)) return no_memory(err);
    w->n_roles = 1;
    mlab_status status = mlab_raters_codes(w->made, "person", w->person, &w->n_people, err);
    if (!status && rater) status = mlab_raters_codes(w->made, "rater", w->rater, &w->n_raters, err);
    if (!status && role) status = mlab_raters_codes(w->made, "role", w->role, &w->n_roles, err);
    return status ? status : sort_rows(w, err);
}

/* --- sources --------------------------------------------------------------------------------------------------------- */

static bool is_pair(const char *const *columns, size_t n, const char *a, const char *b)
{
    return n == 2 && ((!strcmp(columns[0], a) && !strcmp(columns[1], b)) || (!strcmp(columns[0], b) && !strcmp(columns[1], a)));
}

/* Whether what a grouping adds to a rating becomes less with more raters, or is known not to: its part of the error of a mean is told. */
static bool is_told(const char *const *columns, size_t n)
{
    bool of_rater = n == 1 && strcmp(columns[0], "person") == 0;
    for (size_t k = 0; k < n; k++) of_rater = of_rater || strcmp(columns[k], "rater") == 0;
    return of_rater || is_pair(columns, n, "person", "role");
}

static mlab_status find_sources(mlab_raters_work *w, mlab_raters *raters, mlab_error *err)
{
    const mlab_fit *fit = w->fit;
    double sum = w->residual = mlab_fit_residual(fit);
    raters->reliability_known = fit->n_random <= sizeof w->variance / sizeof *w->variance;
    raters->sources = mlab_allocate(raters->context, fit->n_random + 1, sizeof *raters->sources);
    if (!raters->sources) return no_memory(err);
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *random = &fit->random[t];
        const char *const *columns;
        bool multiple;
        size_t n = mlab_formula_random_columns(w->made->formula, t, &columns, &multiple);
        raters->reliability_known = raters->reliability_known && is_told(columns, n);
        w->variance[t] = random->covariance[0];
        w->role_view[t] = is_pair(columns, n, "person", "role");
        if (n == 1 && strcmp(columns[0], "person") == 0) {
            w->person_term = t;
            w->person_variance = w->variance[t];
        }
        raters->sources[t] = (mlab_rating_source){.name = mlab_copy_text(raters->context, random->group), .variance = w->variance[t]};
        raters->n_sources = t + 1;
        if (!raters->sources[t].name) return no_memory(err);
        sum += w->variance[t];
    }
    raters->sources[raters->n_sources] = (mlab_rating_source){.name = mlab_copy_text(raters->context, "rating"), .variance = w->residual};
    if (!raters->sources[raters->n_sources++].name) return no_memory(err);
    for (size_t k = 0; k < raters->n_sources; k++) raters->sources[k].share = sum > 0 ? raters->sources[k].variance / sum : 0;
    raters->reliability_known = raters->reliability_known && w->person_variance > 0;
    raters->person_sd = sqrt(w->person_variance);
    return MLAB_OK;
}

/* --- roles ----------------------------------------------------------------------------------------------------------- */

static size_t coefficient_of(const mlab_fit *fit, const char *role)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (strncmp(fit->names[j], "role", 4) == 0 && strcmp(fit->names[j] + 4, role) == 0 && !fit->aliased[j]) return j;
    return SIZE_MAX;
}

/* Whether a role stands in an interaction: its own coefficient is then its severity at the reference of the other term alone. */
static bool is_crossed(const mlab_fit *fit, const mlab_raters *raters)
{
    for (size_t j = 0; j < fit->n_parameters; j++) {
        const char *part = fit->names[j];
        if (!strchr(part, ':')) continue;
        for (; part; part = strchr(part, ':') ? strchr(part, ':') + 1 : NULL)
            for (size_t r = 0; r < raters->n_roles; r++) {
                size_t n = strlen(raters->roles[r].name);
                bool here = strncmp(part, "role", 4) == 0 && strncmp(part + 4, raters->roles[r].name, n) == 0;
                if (here && (part[4 + n] == 0 || part[4 + n] == ':')) return true;
            }
    }
    return false;
}

/* The mean of the roles less the role: all but the first must have a coefficient. */
static void find_severity(const mlab_fit *fit, double level, mlab_raters *raters, size_t *at)
{
    size_t n = raters->n_roles, p = fit->n_parameters;
    for (size_t r = 0; r < n; r++) at[r] = coefficient_of(fit, raters->roles[r].name);
    for (size_t r = 1; r < n; r++)
        if (at[r] == SIZE_MAX) return;
    if (is_crossed(fit, raters)) return;
    for (size_t r = 0; n > 1 && r < n; r++) {
        mlab_rater_role *role = &raters->roles[r];
        double variance = 0;
        for (size_t a = 0; a < n; a++) {
            double x = 1 / (double)n - (a == r);
            if (at[a] == SIZE_MAX) continue;
            role->severity += x * fit->estimate[at[a]];
            for (size_t b = 0; b < n; b++)
                if (at[b] != SIZE_MAX) variance += x * (1 / (double)n - (b == r)) * fit->covariance[at[a] * p + at[b]];
        }
        double factor = mlab_fit_interval_factor(fit, level);
        role->severity_known = variance > 0;
        role->severity_se = sqrt(fmax(variance, 0));
        role->lower = role->severity - factor * role->severity_se;
        role->upper = role->severity + factor * role->severity_se;
    }
}

/* Names and counts. */
static mlab_status count_roles(const mlab_raters_work *w, mlab_raters *raters, mlab_error *err)
{
    const mlab_column *column = mlab_table_find(w->made->table, "role");
    size_t n = w->made->problem.n;
    raters->roles = mlab_allocate(raters->context, w->n_roles, sizeof *raters->roles);
    uint64_t *seen = mlab_allocate(raters->context, w->n_roles * (w->n_raters + 1), sizeof *seen);
    mlab_status status = raters->roles && seen ? MLAB_OK : no_memory(err);
    for (size_t i = 0; i < n && !status; i++) {
        size_t row = w->order[i], before = i ? w->order[i - 1] : 0;
        mlab_rater_role *role = &raters->roles[w->role[row]];
        if (!role->name) role->name = mlab_copy_text(raters->context, column ? mlab_column_text(column, w->made->rows[row]) : "");
        if (!role->name) status = no_memory(err);
        role->n_ratings++;
        role->n_people += i == 0 || w->person[row] != w->person[before] || w->role[row] != w->role[before];
        if (w->rater && !seen[w->role[row] * w->n_raters + w->rater[row]]++) role->n_raters++;
    }
    if (raters->roles) raters->n_roles = w->n_roles;
    mlab_release(raters->context, seen);
    return status;
}

static mlab_status find_roles(const mlab_raters_work *w, mlab_raters *raters, mlab_error *err)
{
    size_t *at = mlab_allocate(raters->context, w->n_roles, sizeof *at);
    mlab_status status = at ? count_roles(w, raters, err) : no_memory(err);
    if (!status) find_severity(w->fit, w->made->options.level, raters, at);
    mlab_release(raters->context, at);
    if (!status && raters->reliability_known) status = mlab_raters_reliability(w, raters, err);
    return status;
}

/* --- scores ---------------------------------------------------------------------------------------------------------- */

/* The mean of the fixed part over all ratings. */
static mlab_status mean_predictor(const mlab_raters_work *w, double *mean, mlab_error *err)
{
    const mlab_fit_problem *problem = &w->made->problem;
    double *eta = mlab_allocate(w->made->context, problem->n, sizeof *eta);
    if (!eta) return no_memory(err);
    mlab_status status = mlab_predict(w->made->context, w->fit, problem->table, problem->rows, 0, problem->n, NULL, NULL, MLAB_SCALE_LINK, eta, err);
    *mean = 0;
    for (size_t i = 0; i < problem->n && !status; i++) *mean += eta[i] / (double)problem->n;
    mlab_release(w->made->context, eta);
    return status;
}

static double probability_up_to(const mlab_fit *fit, size_t level, double eta)
{
    double x = fit->estimate[level] - eta;
    if (strcmp(fit->link, "probit") == 0) return 0.5 * erfc(-x / sqrt(2));
    return strcmp(fit->link, "cloglog") == 0 ? -expm1(-exp(x)) : 1 / (1 + exp(-x));
}

/* Levels are the numbers that stand in the ratings. */
static double expected_at(const mlab_fit *fit, const double *values, double eta)
{
    if (!fit->n_thresholds) return eta;
    double sum = values[fit->n_levels - 1];
    for (size_t l = 0; l + 1 < fit->n_levels; l++) sum -= (values[l + 1] - values[l]) * probability_up_to(fit, l, eta);
    return sum;
}

static mlab_status keep_scores(const mlab_raters_work *w, mlab_raters *raters, mlab_error *err)
{
    const mlab_random_effects *people = &w->fit->random[w->person_term];
    double values[MLAB_MOST_RATING_LEVELS] = {0}, mean = 0;
    mlab_status status = mean_predictor(w, &mean, err);
    for (size_t l = 0; l < w->fit->n_levels && l < MLAB_MOST_RATING_LEVELS; l++)
        mlab_number_parse(w->fit->levels[l], strlen(w->fit->levels[l]), '.', &values[l]);
    raters->scores = mlab_allocate(raters->context, people->n_groups, sizeof *raters->scores);
    if (!raters->scores) return no_memory(err);
    raters->n_scores = people->n_groups;
    for (size_t g = 0; g < people->n_groups && !status; g++) {
        mlab_person_score *score = &raters->scores[g];
        score->person = mlab_copy_text(raters->context, people->groups[g]);
        score->score = people->mode[g];
        score->error = people->mode_error ? people->mode_error[g] : people->mode_se[g];
        score->expected = expected_at(w->fit, values, mean + score->score);
        if (!score->person) status = no_memory(err);
    }
    for (size_t i = 0; i < w->made->problem.n && !status; i++) raters->scores[w->person[i]].n_ratings++;
    return status;
}

/* The mean squared error of the scores beside the variance of people. */
static double reliability_of_scores(const mlab_raters_work *w)
{
    const mlab_random_effects *people = &w->fit->random[w->person_term];
    double sum = 0;
    for (size_t g = 0; g < people->n_groups; g++) {
        double error = people->mode_error ? people->mode_error[g] : people->mode_se[g];
        sum += error * error / (double)people->n_groups;
    }
    return fmax(0, 1 - sum / w->person_variance);
}

/* --- what cannot be told --------------------------------------------------------------------------------------------- */

static uint32_t root_of(uint32_t *to, uint32_t k)
{
    while (to[k] != k) k = to[k] = to[to[k]];
    return k;
}

/* People and raters who are tied by ratings, directly or through others. */
static mlab_status count_islands(const mlab_raters_work *w, mlab_raters *raters, bool *nobody_rates_two, mlab_error *err)
{
    size_t n = w->n_people + w->n_raters;
    uint32_t *to = mlab_allocate(raters->context, n, sizeof *to), *only = mlab_allocate(raters->context, w->n_raters, sizeof *only);
    mlab_status status = to && only ? MLAB_OK : no_memory(err);
    *nobody_rates_two = true;
    for (size_t k = 0; k < n && !status; k++) to[k] = (uint32_t)k;
    for (size_t i = 0; i < w->made->problem.n && !status; i++) {
        uint32_t *one = &only[w->rater[i]];
        if (*one && *one != w->person[i] + 1) *nobody_rates_two = false;
        *one = w->person[i] + 1;
        to[root_of(to, w->person[i])] = root_of(to, (uint32_t)w->n_people + w->rater[i]);
    }
    for (size_t k = 0; k < n && !status; k++) raters->n_islands += to[k] == k;
    mlab_release(raters->context, to);
    mlab_release(raters->context, only);
    return status;
}

static mlab_status note(const mlab_raters_work *w, mlab_raters *raters, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(raters->context);
    bool two = false;
    mlab_status status = w->rater ? count_islands(w, raters, &two, err) : MLAB_OK;
    if (!w->rater) mlab_text_append(&text, "The ratings do not say who rated: how raters differ is part of each rating. ");
    if (w->rater && two) mlab_text_append(&text, "Nobody rates two people: how severe a rater is and how they see this person are one. ");
    if (w->n_raters == 1) mlab_text_append(&text, "One rater gave all ratings: how severe that rater is cannot be told. ");
    if (w->rater && !two && raters->n_islands > 1)
        mlab_text_print(&text,
                        "People and raters fall into %llu groups that share nobody: scores between them rest on raters being alike on average. ",
                        (unsigned long long)raters->n_islands);
    if (raters->n_roles == 1 && raters->roles[0].name[0])
        mlab_text_print(&text, "All ratings are of one role, %s: how severe roles are cannot be told. ", raters->roles[0].name);
    if (raters->n_roles == 1 && !raters->roles[0].name[0])
        mlab_text_append(&text, "The ratings have no roles: how severe roles are cannot be told. ");
    if (raters->n_roles > 1 && !raters->roles[0].severity_known)
        mlab_text_append(&text, is_crossed(w->fit, raters) ? "Roles differ by another term of the formula: one severity of each is not told. "
                                                           : "The formula has no role: how severe roles are is not told. ");
    if (!raters->reliability_known)
        mlab_text_append(&text, w->person_variance > 0 ? "Reliability is told where random effects are of person, person:role or a rater. "
                                                       : "People do not differ by more than chance: their ratings have no reliability. ");
    if (w->made->options.scores && !raters->scores) mlab_text_append(&text, "Scores are not given, since the fit may not be trusted. ");
    if (!raters->errors_whole) mlab_text_append(&text, "Errors of scores take the variances as known. ");
    if (text.n) text.bytes[--text.n] = 0;
    if (!status && (text.failed || !(raters->note = mlab_copy_text(raters->context, mlab_text_get(&text))))) status = no_memory(err);
    mlab_text_free(&text);
    return status;
}

/* Slopes would make the score of a person depend on who rates, and severity on whom. */
static mlab_status check_intercepts(const mlab_fit *fit, mlab_error *err)
{
    for (size_t t = 0; t < fit->n_random; t++)
        if (fit->random[t].n != 1 || strcmp(fit->random[t].names[0], "(Intercept)") != 0)
            return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: model raters takes intercepts alone, (1 | %s)", fit->outcome, fit->random[t].group);
    return MLAB_OK;
}

mlab_status mlab_raters_make(const mlab_outcome_problem *made, bool scores, mlab_fit *fit, mlab_error *err)
{
    mlab_raters_work w = {.made = made, .fit = fit};
    mlab_raters *raters = fit->raters = mlab_allocate(fit->context, 1, sizeof *raters);
    char *model = mlab_copy_text(fit->context, mlab_model_raters.name);
    mlab_status status = raters && model ? MLAB_OK : no_memory(err);
    if (raters) raters->context = fit->context;
    if (!status) status = check_intercepts(fit, err);
    if (!status) status = read_rows(&w, err);
    if (!status) status = find_sources(&w, raters, err);
    if (!status) {
        raters->ordinal = fit->n_thresholds > 0;
        raters->n_people = fit->n_people = w.n_people;
        raters->n_raters = w.n_raters;
        raters->errors_whole = fit->random[w.person_term].mode_error;
        status = find_roles(&w, raters, err);
    }
    if (!status && raters->reliability_known) raters->of_score = reliability_of_scores(&w);
    bool doubted = fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED || fit->trust == MLAB_INDEFINITE;
    if (!status && scores && !doubted) status = keep_scores(&w, raters, err);
    if (!status) status = note(&w, raters, err);
    if (!status) {
        mlab_release(fit->context, fit->model);
        fit->model = model;
        model = NULL;
    }
    mlab_release(fit->context, model);
    void *const memory[] = {w.person, w.rater, w.role, w.order};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(made->context, memory[k]);
    return status;
}
