/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From spells to person-periods: counts each person's rows, then fills them in parallel, block by block of people.
 * The rules are those of docs/panel.md; immortal time: Suissa 2008, doi:10.1093/aje/kwm324. */
#include "data/panel_work.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/parallel.h"

enum { MOST_ARMS = 60 };

static mlab_status count_people(void *from, size_t block, void *scratch, mlab_error *err)
{
    mlab_panel_work *work = from;
    (void)scratch, (void)err;
    uint32_t first = (uint32_t)(block * MLAB_PANEL_BLOCK), last = first + MLAB_PANEL_BLOCK;
    if (last > work->people->n) last = work->people->n;
    for (uint32_t person = first; person < last; person++) {
        size_t n = 0;
        for (size_t s = work->spell_first[person]; s < work->spell_first[person + 1]; s++) {
            mlab_panel_walk walk = mlab_panel_walk_start(work, &work->people->spells[s]);
            for (; walk.start < walk.end; n++) walk.start = mlab_panel_walk_stop(work, &walk);
        }
        work->row_first[person + 1] = n;
    }
    return MLAB_OK;
}

static mlab_status count_rows(mlab_panel_work *work, size_t *n_rows, size_t *n_people, mlab_error *err)
{
    size_t n_blocks = ((size_t)work->people->n + MLAB_PANEL_BLOCK - 1) / MLAB_PANEL_BLOCK;
    mlab_status status = mlab_parallel_blocks(work->context, NULL, n_blocks, 0, count_people, work, err);
    if (status) return status;
    *n_people = 0;
    for (size_t i = 0; i < work->people->n; i++) {
        *n_people += work->row_first[i + 1] > 0;
        work->row_first[i + 1] += work->row_first[i];
    }
    *n_rows = work->row_first[work->people->n];
    if (*n_rows > UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "the panel has %zu person-periods; at most 4294967295 are allowed", *n_rows);
    return *n_rows ? MLAB_OK
                   : mlab_raise(err, MLAB_ERR_DATA_EMPTY,
                                "nobody is there between the first and the last day of the panel; see panel.from, panel.to, as_of");
}

static mlab_status check_spec(const mlab_panel_spec *spec, mlab_error *err)
{
    int32_t m = spec->months_per_period;
    if (m != 1 && m != 3 && m != 6 && m != 12) return mlab_raise(err, MLAB_ERR_ARGUMENT, "a period of %d months, allowed 1, 3, 6 and 12", m);
    if (spec->from > spec->to) return mlab_raise(err, MLAB_ERR_ARGUMENT, "the panel ends before it begins");
    if (spec->n_arms > MOST_ARMS) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu arms, at most %d are allowed", spec->n_arms, MOST_ARMS);
    return MLAB_OK;
}

static void set_prevalent(mlab_panel_work *work)
{
    mlab_panel_relationships *r = work->relationships;
    for (size_t i = 0; r && i < r->n; i++) {
        uint32_t mentee = r->items[i].mentee;
        size_t first = mentee == MLAB_NO_PERSON ? 0 : work->row_first[mentee], last = mentee == MLAB_NO_PERSON ? 0 : work->row_first[mentee + 1];
        r->items[i].prevalent = first < last && work->begins[i] <= work->panel->start[first];
    }
}

mlab_status mlab_panel_build(const mlab_context *context, const mlab_panel_people *people, const mlab_panel_promotion *promotions,
                             size_t n_promotions, const mlab_panel_surveys *surveys, mlab_panel_relationships *relationships,
                             const mlab_panel_spec *spec, mlab_findings *findings, mlab_panel **panel, mlab_error *err)
{
    mlab_panel_work work = {.context = context,
                            .people = people,
                            .promotions = promotions,
                            .n_promotions = n_promotions,
                            .surveys = surveys,
                            .relationships = relationships,
                            .spec = spec};
    size_t n_rows = 0, n_people = 0;
    *panel = NULL;
    mlab_status status = check_spec(spec, err);
    if (status || (status = mlab_panel_index(&work, findings, err)) || (status = count_rows(&work, &n_rows, &n_people, err)) ||
        (status = mlab_panel_make_columns(&work, n_rows, err)))
        goto out;
    work.panel->n_people = n_people;
    if ((status = mlab_panel_fill(&work, err))) goto out;
    set_prevalent(&work);
    if ((status = mlab_panel_fill_columns(&work, err)) || (status = mlab_panel_note(&work, findings, err))) goto out;
    *panel = work.panel;
    work.panel = NULL;
out:
    mlab_panel_work_free(&work);
    return status;
}
