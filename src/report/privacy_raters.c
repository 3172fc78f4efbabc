/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ratings by several raters say, exported: a role of few people or raters has no numbers, and no role has a severity then, nor a coefficient or
 * an effect that is one; the rule of the screens and the report. Weakness: how far raters differ as a whole is told. */
#include "core/memory.h"
#include "mentorlab/raters.h"
#include "report/export.h"

#include <string.h>

typedef struct hiding {
    mlab_page *page;
    const mlab_fit *fit;
    uint64_t minimum;
    size_t n_hidden;
} hiding;

static bool ends(const char *path, const char *part)
{
    const char *at = strstr(path, part);
    return at && (at[strlen(part)] == '\0' || at[strlen(part)] == '/');
}

static mlab_status hide(hiding *h, mlab_page_column *column, size_t at, mlab_error *err)
{
    if (column->texts || mlab_page_hidden(column, at)) return MLAB_OK;
    h->n_hidden++;
    return mlab_page_hide(h->page, column, at, err);
}

static bool is_severity(const char *column)
{
    return !strcmp(column, "severity") || !strcmp(column, "severity_error") || !strcmp(column, "lower") || !strcmp(column, "upper");
}

/* Of one line of a table or variable: the names of its texts decide. */
static bool line_shown(const hiding *h, size_t line)
{
    if (ends(h->page->path, "/predictions")) return mlab_rater_term_shown(h->fit, "role", h->minimum);
    for (size_t k = 0; k < h->page->n_columns; k++) {
        const mlab_page_column *column = &h->page->columns[k];
        if (column->texts && !mlab_rater_term_shown(h->fit, column->texts[mlab_page_at(h->page, k, line)], h->minimum)) return false;
    }
    return true;
}

static mlab_status hide_lines(hiding *h, mlab_error *err)
{
    bool roles = ends(h->page->path, "/raters/roles") || ends(h->page->path, "/raters/needed");
    bool severities = mlab_rater_term_shown(h->fit, "role", h->minimum);
    size_t first = h->page->is_table ? 0 : h->page->n_columns - 1;
    mlab_status status = MLAB_OK;
    for (size_t line = 0; line < h->page->n_lines; line++)
        for (size_t k = first; k < h->page->n_columns && !status; k++) {
            mlab_page_column *column = &h->page->columns[k];
            size_t at = mlab_page_at(h->page, k, line);
            bool shown = roles ? line < h->fit->raters->n_roles && mlab_rater_role_shown(h->fit->raters, line, h->minimum) : line_shown(h, line);
            if (!shown || (roles && is_severity(column->name) && !severities)) status = hide(h, column, at, err);
        }
    return status;
}

mlab_status mlab_page_protect_raters(mlab_page *page, const char *file, uint64_t minimum, size_t *n_hidden, mlab_error *err)
{
    mlab_fit **fits = NULL;
    mlab_draws *draws = NULL;
    size_t n_fits = 0, before = strlen("/fits/"), n = strncmp(page->path, "/fits/", before) ? 0 : strcspn(page->path + before, "/");
    hiding h = {.page = page, .minimum = minimum};
    if (!n || ends(page->path, "/raters/scores")) return MLAB_OK;
    mlab_status status = mlab_store_read_fits(page->context, file, &fits, &n_fits, &draws, err);
    for (size_t k = 0; k < n_fits && !status; k++)
        if (strlen(fits[k]->outcome) == n && !strncmp(page->path + before, fits[k]->outcome, n)) h.fit = fits[k];
    if (!status && h.fit && h.fit->raters) status = hide_lines(&h, err);
    *n_hidden += h.n_hidden;
    for (size_t k = 0; k < n_fits; k++) mlab_fit_free(fits[k]);
    mlab_release(page->context, fits);
    mlab_draws_free(draws);
    return status;
}
