/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many people stand behind each coefficient: the coefficient of a level of one person is, in a linear model without other terms, that person's
 * number. A column tells of those who have a value other than 0 in it. A term of 0s and 1s tells also of its first level, those with 0 in all of its
 * columns, and so does the intercept, or the term that has a column for every level. Weakness: what several coefficients give away together is not
 * found, nor what a smooth term tells of few people at its end.
 */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"
#include "mentorlab/raters.h"

#include <string.h>

enum { ROWS = 256, ENOUGH = MLAB_PEOPLE_ENOUGH };

typedef struct behind {
    const mlab_outcome_problem *made;
    const mlab_design_term *terms;
    size_t p, n_terms;
    double *x;                /* [ROWS * p] */
    uint64_t *column, *first; /* people by column [p]; of the first level by term [n_terms] */
    uint32_t *last;           /* [p + n_terms] person counted last, plus 1 */
    uint8_t *levels;          /* [n_terms] 1 = of 0s and 1s alone */
} behind;

static uint32_t person_of(const mlab_outcome_problem *made, size_t i)
{
    return made->panel ? made->panel->person[made->rows[i]] : made->rows[i];
}

static void count(uint64_t *people, uint32_t *last, uint32_t person)
{
    if (*last == person + 1 || *people >= ENOUGH) return;
    *last = person + 1;
    ++*people;
}

static void look_at(behind *b, const double *x, uint32_t person)
{
    for (size_t j = 0; j < b->p; j++)
        if (x[j] != 0) count(&b->column[j], &b->last[j], person);
    for (size_t t = 0; t < b->n_terms; t++) {
        bool any = false;
        for (size_t j = b->terms[t].first; b->levels[t] && j < b->terms[t].first + b->terms[t].n_columns; j++) {
            any = any || x[j] != 0;
            if (x[j] != 0 && x[j] != 1) b->levels[t] = 0;
        }
        if (b->levels[t] && !any) count(&b->first[t], &b->last[b->p + t], person);
    }
}

/* Large data have seen enough people of everything after a few thousand rows. */
static bool is_enough(const behind *b)
{
    for (size_t j = 0; j < b->p; j++)
        if (b->column[j] < ENOUGH) return false;
    for (size_t t = 0; t < b->n_terms; t++)
        if (b->levels[t] && b->terms[t].n_columns > 0 && b->first[t] < ENOUGH) return false;
    return true;
}

static mlab_status look_at_all(behind *b, mlab_error *err)
{
    const mlab_outcome_problem *made = b->made;
    mlab_status status = MLAB_OK;
    for (size_t first = 0; first < made->problem.n && !status && !is_enough(b); first += ROWS) {
        const size_t n = made->problem.n - first < ROWS ? made->problem.n - first : ROWS;
        status = mlab_design_fill(made->design, made->table, made->rows + first, 0, n, b->x, NULL, err);
        for (size_t i = 0; i < n && !status; i++) look_at(b, b->x + i * b->p, person_of(made, first + i));
    }
    return status;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return b > 0 && b < a ? b : a;
}

/* What a first level of few people takes with it: its own term, and what stands for the mean of all first levels. */
static void take_first_levels(behind *b)
{
    uint64_t fewest = ENOUGH;
    const bool intercept = mlab_design_has_intercept(b->made->design);
    for (size_t t = 0; t < b->n_terms; t++) {
        if (!b->levels[t] || b->first[t] == 0) continue;
        fewest = least(fewest, b->first[t]);
        for (size_t c = 0; c < b->terms[t].n_columns; c++) {
            uint64_t *column = &b->column[b->terms[t].first + c];
            *column = least(*column, b->first[t]);
        }
    }
    if (intercept) b->column[0] = least(b->column[0], fewest);
    for (size_t t = 0; t < b->n_terms && !intercept; t++)
        for (size_t c = 0; b->levels[t] && b->first[t] == 0 && c < b->terms[t].n_columns; c++) {
            uint64_t *column = &b->column[b->terms[t].first + c];
            *column = least(*column, fewest);
        }
}

/* Of a parameter behind the blocks, "2|3:departmentSales" or "Log(scale):departmentSales": the column that its name ends with; others are of
 * everybody.
 */
static uint64_t behind_name(const behind *b, const char *name)
{
    size_t longest = 0;
    uint64_t people = ENOUGH;
    for (size_t j = 0; j < b->p; j++) {
        const char *column = mlab_design_name(b->made->design, j);
        const size_t n = strlen(column), all = strlen(name);
        if (n <= longest || all <= n || name[all - n - 1] != ':' || strcmp(name + all - n, column) != 0) continue;
        longest = n;
        people = b->column[j];
    }
    return people;
}

/* Thresholds stand for the intercept, and count in the size of the only block. */
static mlab_status keep(const behind *b, mlab_fit *fit, mlab_error *err)
{
    const size_t first = mlab_fit_first_column(fit), size = fit->block_size - fit->n_thresholds;
    fit->people_behind = mlab_allocate(fit->context, fit->n_parameters, sizeof *fit->people_behind);
    if (!fit->people_behind) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", fit->n_parameters);
    for (size_t j = 0; j < fit->n_parameters; j++) {
        const size_t at = j < fit->n_thresholds ? SIZE_MAX : j - fit->n_thresholds;
        fit->people_behind[j] = behind_name(b, fit->names[j]);
        if (j < fit->n_thresholds && first == 1)
            fit->people_behind[j] = b->column[0];
        else if (at < size * fit->n_blocks)
            fit->people_behind[j] = b->column[first + at % size];
    }
    return MLAB_OK;
}

mlab_status mlab_outcome_count_behind(const mlab_outcome_problem *made, mlab_fit *fit, mlab_error *err)
{
    behind b = {.made = made, .p = made->design ? mlab_design_columns(made->design) : 0};
    const mlab_context *context = made->context;
    mlab_status status = MLAB_OK;
    const size_t size = fit->block_size - fit->n_thresholds;
    if (!b.p || fit->people_behind || fit->joint || fit->raters || !made->rows || mlab_design_columns(fit->design) != b.p ||
        fit->n_thresholds + fit->n_blocks * size > fit->n_parameters)
        return MLAB_OK;
    b.terms = mlab_design_terms(made->design, &b.n_terms);
    b.x = mlab_allocate(context, ROWS * b.p, sizeof *b.x);
    b.column = mlab_allocate(context, b.p, sizeof *b.column);
    b.first = mlab_allocate(context, b.n_terms, sizeof *b.first);
    b.last = mlab_allocate(context, b.p + b.n_terms, sizeof *b.last);
    b.levels = mlab_allocate(context, b.n_terms, 1);
    if (!b.x || !b.column || !b.first || !b.last || !b.levels)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the people behind %zu columns", b.p);
    if (!status) {
        memset(b.levels, 1, b.n_terms);
        status = look_at_all(&b, err);
    }
    if (!status) take_first_levels(&b);
    if (!status) status = keep(&b, fit, err);
    mlab_release(context, b.x);
    mlab_release(context, b.column);
    mlab_release(context, b.first);
    mlab_release(context, b.last);
    mlab_release(context, b.levels);
    return status;
}

/* Whether a name is that of the parameter: "departmentSales", or "department: Sales - Finance" and "department: Sales / Finance". */
static bool is_of(const char *name, const char *parameter)
{
    while (*parameter) {
        if (name[0] == ':' && name[1] == ' ' && *parameter != ':') name += 2;
        if (*name++ != *parameter++) return false;
    }
    return !*name || !strncmp(name, " - ", 3) || !strncmp(name, " / ", 3);
}

/* The name of a parameter without its cause, threshold or equation; NULL = it has none. */
static const char *without_prefix(const mlab_fit *fit, size_t j)
{
    const char *colon = strchr(fit->names[j], ':'), *bar = strchr(fit->names[j], '|');
    const bool prefixed = fit->n_blocks > 1 || j >= fit->n_parameters - fit->n_ancillary || (fit->n_nominal > 0 && bar && bar < colon);
    return colon && prefixed ? colon + 1 : NULL;
}

bool mlab_fit_term_shown(const mlab_fit *fit, const char *name, uint64_t minimum)
{
    for (size_t j = 0; fit->people_behind && j < fit->n_parameters; j++) {
        if (fit->people_behind[j] == 0 || fit->people_behind[j] >= minimum) continue;
        const char *column = without_prefix(fit, j);
        if (is_of(name, fit->names[j]) || (column && is_of(name, column))) return false;
    }
    return mlab_rater_term_shown(fit, name, minimum);
}
