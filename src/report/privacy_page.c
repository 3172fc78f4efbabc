/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The privacy filter over exported tables: the contrasts by the very judgement of the report, the rest by what a column counts.
 *
 *   contrasts     a difference whose groups are not told has no numbers; sizes and events only where the report tells them
 *   balance       no row of an arm whose contrasts are not told
 *   standardised  no curve of an arm whose contrasts are not told
 *   curves        no numbers where fewer than the minimum are at risk; no count of events under it
 *   stays         no row of few people, or of a state of few of them
 *   groups        no effect of a group of few people (privacy_groups.c)
 *   raters        no number of a role of few people or raters, no severity of any role then (privacy_raters.c)
 *   arms          people and events as a table whose sums are known; a hidden arm has no years either
 *   other counts  of people or events: those under the minimum, and one more where a single one is hidden
 * Simulated people are nobody, and pairs are rows about people, which only their owner may read.
 * Coefficients of few people are not in the file (store/terms_hidden.c); weakness: with a minimum above that of the file they are told.
 */
#include "core/error.h"
#include "core/memory.h"
#include "report/export.h"
#include "report/tell.h"

#include <math.h>
#include <string.h>

typedef struct protecting {
    mlab_page *page;
    const char *file;
    uint64_t minimum;
    size_t n_hidden;
} protecting;

static const mlab_context *context_of(const protecting *p)
{
    return p->page->context;
}

static mlab_status hide(protecting *p, mlab_page_column *column, size_t at, mlab_error *err)
{
    if (column->texts || mlab_page_hidden(column, at)) return MLAB_OK;
    p->n_hidden++;
    return mlab_page_hide(p->page, column, at, err);
}

static bool below(const mlab_page *page, const char *group)
{
    const size_t n = strlen(group);
    return !strncmp(page->path, group, n) && (page->path[n] == '\0' || page->path[n] == '/');
}

static bool one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!strcmp(names[k], name)) return true;
    return false;
}
#define ONE_OF(name_, ...) one_of(name_, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The columns that hold values: all of a table, the last of a variable. */
static size_t first_value(const mlab_page *page)
{
    return page->is_table ? 0 : page->n_columns - 1;
}

/* --- contrasts and balance ----------------------------------------------------------------------------- */

/* What the report tells of each contrast, by its row in the file; both are the caller's. */
static mlab_status judge(const protecting *p, mlab_comparison **comparison, mlab_told_contrast **by_row, mlab_error *err)
{
    const mlab_report_options options = {.minimum_cell = (int64_t)p->minimum, .width = 80};
    mlab_story story;
    *by_row = NULL;
    mlab_status status = mlab_store_read_comparison(context_of(p), p->file, comparison, err);
    if (status) return status;
    const mlab_results results = {.comparison = *comparison};
    const mlab_report_spec spec = {.title = "", .results = &results};
    status = mlab_story_make(context_of(p), &spec, &options, &story, err);
    if (!status && !(*by_row = mlab_allocate(context_of(p), (*comparison)->n_contrasts, sizeof **by_row)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", p->page->path);
    for (size_t k = 0; !status && k < story.n_contrasts; k++) (*by_row)[story.contrasts[k].contrast - (*comparison)->contrasts] = story.contrasts[k];
    mlab_story_free(&story);
    return status;
}

static bool may_tell(const mlab_told_contrast *told, const char *column)
{
    if (ONE_OF(column, "horizon", "level", "trust_code", "row")) return true;
    if (!told->told) return false;
    if (ONE_OF(column, "events_arm", "events_reference")) return told->events_told;
    if (ONE_OF(column, "unknown_people", "unknown_events", "bounded", "if_reference", "if_arm", "worst_lowest", "worst_highest"))
        return told->bounds_told || told->contrast->unknown_people == 0;
    return told->people_told || !ONE_OF(column, "n_arm", "n_reference", "years_arm", "years_reference");
}

static mlab_status protect_contrasts(protecting *p, const mlab_comparison *comparison, const mlab_told_contrast *told, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = first_value(p->page); k < p->page->n_columns; k++)
        for (size_t i = 0; i < p->page->columns[k].n && i < comparison->n_contrasts && !status; i++)
            if (!may_tell(&told[i], p->page->columns[k].name)) status = hide(p, &p->page->columns[k], i, err);
    return status;
}

static bool arm_is_told(const mlab_comparison *comparison, const mlab_told_contrast *told, const char *arm)
{
    for (size_t i = 0; i < comparison->n_contrasts; i++) {
        const mlab_contrast *c = &comparison->contrasts[i];
        if (!strcmp(c->arm, arm) && !(c->group && *c->group) && !told[i].told) return false;
    }
    return true;
}

static mlab_status protect_balance(protecting *p, const mlab_comparison *comparison, const mlab_told_contrast *told, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < comparison->n_balance; i++) {
        if (arm_is_told(comparison, told, comparison->balance[i].arm)) continue;
        for (size_t k = first_value(p->page); k < p->page->n_columns && !status; k++)
            if (i < p->page->columns[k].n) status = hide(p, &p->page->columns[k], i, err);
    }
    return status;
}

/* "outcome/arm" of a standardised curve: told where a difference of everyone with that arm, or against it, is. */
static bool curve_is_told(const mlab_comparison *comparison, const mlab_told_contrast *told, const char *name)
{
    for (size_t i = 0; i < comparison->n_contrasts; i++) {
        const mlab_contrast *c = &comparison->contrasts[i];
        const size_t n = strlen(c->outcome);
        if ((c->group && *c->group) || strncmp(name, c->outcome, n) != 0 || name[n] != '/') continue;
        if (told[i].told && (!strcmp(name + n + 1, c->arm) || !strcmp(name + n + 1, c->reference))) return true;
    }
    return false;
}

static mlab_status protect_standardised(protecting *p, const mlab_comparison *comparison, const mlab_told_contrast *told, mlab_error *err)
{
    const size_t curves = comparison->n_standardised;
    mlab_status status = MLAB_OK;
    for (size_t k = first_value(p->page); k < p->page->n_columns; k++) {
        mlab_page_column *column = &p->page->columns[k];
        for (size_t i = 0; curves && i < column->n && column->n % curves == 0 && !status; i++)
            if (!curve_is_told(comparison, told, comparison->standardised_names[i / (column->n / curves)])) status = hide(p, column, i, err);
    }
    return status;
}

static mlab_status protect_stays(protecting *p, const mlab_comparison *comparison, mlab_error *err)
{
    uint8_t *told = mlab_allocate(context_of(p), comparison->n_stays, 1);
    mlab_status status = told ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", p->page->path);
    if (told) mlab_privacy_stays(comparison, p->minimum, told);
    for (size_t k = first_value(p->page); k < p->page->n_columns; k++) {
        mlab_page_column *column = &p->page->columns[k];
        if (ONE_OF(column->name, "horizon", "level", "compared")) continue;
        for (size_t i = 0; i < column->n && i < comparison->n_stays && !status; i++)
            if (!told[i]) status = hide(p, column, i, err);
    }
    mlab_release(context_of(p), told);
    return status;
}

static mlab_status protect_comparison(protecting *p, mlab_error *err)
{
    mlab_comparison *comparison = NULL;
    mlab_told_contrast *told = NULL;
    mlab_status status = judge(p, &comparison, &told, err);
    if (!status && below(p->page, "/comparison/stays"))
        status = protect_stays(p, comparison, err);
    else if (!status && below(p->page, "/comparison/standardised"))
        status = protect_standardised(p, comparison, told, err);
    else if (!status)
        status = below(p->page, "/comparison/contrasts") ? protect_contrasts(p, comparison, told, err) : protect_balance(p, comparison, told, err);
    mlab_release(context_of(p), told);
    mlab_comparison_free(comparison);
    return status;
}

/* --- curves -------------------------------------------------------------------------------------------- */

static double number_at(const mlab_page_column *column, size_t at)
{
    return column->numbers ? (double)column->numbers[at] : column->reals ? column->reals[at] : NAN;
}

static mlab_page_column *find_column(mlab_page *page, const char *name)
{
    for (size_t k = 0; k < page->n_columns; k++)
        if (!strcmp(page->columns[k].name, name)) return &page->columns[k];
    return NULL;
}

static mlab_status protect_curves(protecting *p, mlab_error *err)
{
    mlab_page *whole;
    mlab_status status = mlab_page_load(context_of(p), p->file, "/comparison/curves", &whole, err);
    if (status) return status;
    const mlab_page_column *at_risk = find_column(whole, "at_risk");
    for (size_t k = first_value(p->page); at_risk && k < p->page->n_columns; k++) {
        mlab_page_column *column = &p->page->columns[k];
        if (ONE_OF(column->name, "curve_number", "cause", "time") || column->n != at_risk->n) continue;
        for (size_t i = 0; i < column->n && !status; i++) {
            const double events = !strcmp(column->name, "events") ? number_at(column, i) : 0;
            if (number_at(at_risk, i) < (double)p->minimum || (events > 0 && events < (double)p->minimum)) status = hide(p, column, i, err);
        }
    }
    mlab_page_free(whole);
    return status;
}

/* --- counts -------------------------------------------------------------------------------------------- */

/* Cells of a column of counts as rows of `width`, whose sums count as known. */
static mlab_status protect_counts(protecting *p, mlab_page_column *column, size_t width, mlab_error *err)
{
    const mlab_context *context = context_of(p);
    const size_t n = column->n, rows = width ? n / width : 0;
    if (!rows || column->texts) return MLAB_OK;
    uint64_t *count = mlab_allocate(context, n, sizeof *count);
    uint8_t *shown = mlab_allocate(context, n + rows, 1);
    mlab_status status = count && shown ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", p->page->path);
    for (size_t i = 0; i < n && !status; i++) {
        const double value = number_at(column, i);
        count[i] = value > 0 && value < 1e18 ? (uint64_t)value : 0;
    }
    if (!status) status = mlab_privacy_table(context, count, rows, width, p->minimum, shown, width > 1 ? shown + n : NULL, NULL, err);
    for (size_t i = 0; i < n && !status; i++)
        if (!shown[i]) status = hide(p, column, i, err);
    mlab_release(context, count);
    mlab_release(context, shown);
    return status;
}

/* What an arm has is hidden with its people. */
static mlab_status protect_arms(protecting *p, mlab_error *err)
{
    mlab_page *page;
    mlab_status status = mlab_page_load(context_of(p), p->file, "/data/arms/people", &page, err);
    if (status) return status;
    protecting people = {.page = page, .file = p->file, .minimum = p->minimum};
    const mlab_page_column *count = &page->columns[page->n_columns - 1];
    status = protect_counts(&people, &page->columns[page->n_columns - 1], count->n, err);
    for (size_t k = first_value(p->page); k < p->page->n_columns; k++) {
        mlab_page_column *column = &p->page->columns[k];
        for (size_t i = 0; i < column->n && count->n && column->n % count->n == 0 && !status; i++)
            if (mlab_page_hidden(count, i % count->n)) status = hide(p, column, i, err);
        if (!status && !strcmp(column->name, "events")) status = protect_counts(p, column, count->n, err);
    }
    mlab_page_free(page);
    return status;
}

/* Scores by group, a group's waves in a row: what the file hides counts as just too few, and is hidden again with what it would follow from. */
static mlab_status protect_groups(protecting *p, mlab_error *err)
{
    mlab_page *whole;
    mlab_status status = mlab_page_load(context_of(p), p->file, "/data/survey_groups", &whole, err);
    if (status) return status;
    const mlab_page_column *group = find_column(whole, "group"), *measure = find_column(whole, "measure");
    mlab_page_column *n = find_column(whole, "n"), *told = find_column(whole, "told");
    size_t waves = 0, block = 0, rows = n ? n->n : 0;
    while (rows && waves < rows && !strcmp(group->texts[waves], group->texts[0]) && !strcmp(measure->texts[waves], measure->texts[0])) waves++;
    while (rows && block < rows && !strcmp(measure->texts[block], measure->texts[0])) block++;
    uint64_t *count = mlab_allocate(context_of(p), rows, sizeof *count);
    uint8_t *shown = mlab_allocate(context_of(p), rows, 3);
    if (!count || !shown) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", p->page->path);
    for (size_t i = 0; i < rows && !status; i++) count[i] = number_at(told, i) > 0 ? (uint64_t)number_at(n, i) : p->minimum - 1;
    for (size_t i = 0; i < rows && !status; i += block)
        status = mlab_privacy_table(context_of(p), count + i, block / waves, waves, p->minimum, shown + i, shown + rows, shown + 2 * rows, err);
    for (size_t k = first_value(p->page); k < p->page->n_columns; k++)
        for (size_t i = 0; i < p->page->columns[k].n && i < rows && !status; i++)
            if (!shown[i] && number_at(told, i) > 0 && p->page->columns[k].reals) status = hide(p, &p->page->columns[k], i, err);
    mlab_release(context_of(p), count);
    mlab_release(context_of(p), shown);
    mlab_page_free(whole);
    return status;
}

/* Who was asked and who answered, by arm: those who answered and those who did not, with their sums, as in the report. */
static mlab_status protect_rates(protecting *p, mlab_error *err)
{
    mlab_page *asked = NULL, *answered = NULL;
    mlab_status status = mlab_page_load(context_of(p), p->file, "/data/surveys/invited", &asked, err);
    if (!status) status = mlab_page_load(context_of(p), p->file, "/data/surveys/replied", &answered, err);
    const size_t n = status ? 0 : asked->columns[asked->n_columns - 1].n, arms = status ? 0 : asked->columns[asked->n_columns - 2].n;
    uint64_t *count = mlab_allocate(context_of(p), arms, 2 * sizeof *count);
    uint8_t *shown = mlab_allocate(context_of(p), 3 * arms + 2, 1);
    if (!status && (!count || !shown)) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", p->page->path);
    for (size_t first = 0; first < n && !status; first += arms) {
        for (size_t k = 0; k < arms; k++) {
            const double all = number_at(&asked->columns[asked->n_columns - 1], first + k);
            count[k] = (uint64_t)number_at(&answered->columns[answered->n_columns - 1], first + k);
            count[arms + k] = (uint64_t)all - count[k];
        }
        status = mlab_privacy_table(context_of(p), count, 2, arms, p->minimum, shown, shown + 2 * arms, shown + 2 * arms + 2, err);
        mlab_page_column *column = &p->page->columns[p->page->n_columns - 1];
        for (size_t k = 0; k < arms && !status && first + k < column->n; k++)
            if (!shown[k] || !shown[arms + k]) status = hide(p, column, first + k, err);
    }
    mlab_release(context_of(p), count);
    mlab_release(context_of(p), shown);
    mlab_page_free(asked);
    mlab_page_free(answered);
    return status;
}

static mlab_status protect_others(protecting *p, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = first_value(p->page); k < p->page->n_columns && !status; k++) {
        mlab_page_column *column = &p->page->columns[k];
        if (ONE_OF(column->unit, "person", "event", "answer")) status = protect_counts(p, column, column->n, err);
    }
    return status;
}

mlab_status mlab_page_protect(mlab_page *page, const char *file, int64_t minimum, size_t *n_hidden, mlab_error *err)
{
    protecting p = {.page = page, .file = file, .minimum = (uint64_t)minimum};
    mlab_status status = MLAB_OK;
    *n_hidden = 0;
    if (minimum < 1 || minimum > 1000)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "the smallest count to be shown is %lld, allowed 1 to 1000", (long long)minimum);
    if (below(page, "/comparison/contrasts") || below(page, "/comparison/balance") || below(page, "/comparison/standardised") ||
        below(page, "/comparison/stays"))
        status = protect_comparison(&p, err);
    else if (below(page, "/comparison/curves"))
        status = protect_curves(&p, err);
    else if (below(page, "/data/survey_groups"))
        status = protect_groups(&p, err);
    else if (below(page, "/data/surveys/invited") || below(page, "/data/surveys/replied"))
        status = protect_rates(&p, err);
    else if (below(page, "/data/arms"))
        status = protect_arms(&p, err);
    else if (!below(page, "/simulation") && !below(page, "/forecast") && !below(page, "/draws") && !below(page, "/matching"))
        status = protect_others(&p, err);
    *n_hidden = p.n_hidden;
    if (!status) status = mlab_page_protect_groups(page, file, (uint64_t)minimum, n_hidden, err);
    return status ? status : mlab_page_protect_raters(page, file, (uint64_t)minimum, n_hidden, err);
}
