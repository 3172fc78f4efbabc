/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes on what the panel could not use or what a reader of its numbers should know. */
#include "data/panel_work.h"

#include "core/error.h"
#include "core/number.h"

#include <stdio.h>

static mlab_status note(mlab_findings *findings, const char *kind, const mlab_place *place, const char *value, const char *sentence, mlab_error *err)
{
    return mlab_findings_add(findings, MLAB_SEVERITY_NOTE, kind, place, value, "", err, "%s", sentence);
}

static bool on_first_day(const mlab_panel_work *work, const mlab_panel_promotion *p)
{
    for (size_t s = work->spell_first[p->person]; s < work->spell_first[p->person + 1]; s++)
        if (work->people->spells[s].from == p->date) return true;
    return false;
}

static mlab_status note_promotion(const mlab_panel_work *work, const mlab_panel_promotion *p, bool again, mlab_findings *findings, mlab_error *err)
{
    mlab_place place = mlab_place_cell(work->spec->promotions_file ? work->spec->promotions_file : "", p->line, 0, "");
    char day[16];
    mlab_date_print(p->date, day, sizeof day);
    if (on_first_day(work, p))
        return note(findings, "promotion_on_hire_day", &place, day, "a promotion on the day of hire sets the grade and is not counted as an event",
                    err);
    if (p->date <= work->boundaries[0])
        return note(findings, "promotion_before_panel", &place, day,
                    "a promotion before the panel begins sets the grade and is not counted as an event", err);
    if (p->date > work->last) return note(findings, "promotion_after_panel", &place, day, "a promotion after the panel's last day is not used", err);
    if (again)
        return note(findings, "second_promotion", &place, day,
                    "a further promotion of a person within one period sets the grade and is not counted as an event", err);
    return note(findings, "promotion_not_upward", &place, day,
                "a promotion to the same or a lower grade, or above the top grade, is not counted as an event", err);
}

/* Every promotion is the event of a row, or a note says why not. */
static mlab_status note_promotions(const mlab_panel_work *work, mlab_findings *findings, mlab_error *err)
{
    mlab_status status;
    for (uint32_t person = 0; work->promotion && person < work->people->n; person++) {
        size_t row = work->row_first[person], end = work->row_first[person + 1];
        for (size_t k = work->promotion_first[person]; k < work->promotion_first[person + 1]; k++) {
            const mlab_panel_promotion *p = &work->promotions[k];
            while (row < end && work->panel->stop[row] < p->date) row++;
            bool inside = row < end && p->date > work->panel->start[row];
            bool twin = k > work->promotion_first[person] && work->promotions[k - 1].date == p->date;
            if (p->counting == MLAB_COUNTS_NEVER || (inside && work->promotion->day[row] == p->date && !twin)) continue;
            if ((status = note_promotion(work, p, inside && work->promotion->what[row], findings, err))) return status;
        }
    }
    return MLAB_OK;
}

static mlab_status note_exits(const mlab_panel_work *work, mlab_findings *findings, mlab_error *err)
{
    const mlab_panel_people *people = work->people;
    mlab_status status;
    for (uint32_t person = 0; person < people->n; person++) {
        const mlab_table *table = people->table;
        mlab_place place = table ? mlab_place_cell(table->file, table->lines ? table->lines[people->row[person]] : 0, 0, "") : (mlab_place){0};
        char day[16];
        const mlab_panel_spell *spells = people->spells;
        size_t first = work->spell_first[person], end = work->spell_first[person + 1];
        for (size_t s = first; s < end; s++) {
            if (spells[s].to == MLAB_DATE_MISSING || spells[s].to <= work->last || spells[s].from > work->last) continue;
            mlab_date_print(spells[s].to, day, sizeof day);
            if ((status = note(findings, "exit_after_panel", &place, day, "an exit after the panel's last day counts as not having happened", err)))
                return status;
        }
        if (work->row_first[person] < work->row_first[person + 1]) continue;
        day[0] = '\0';
        if (first < end) mlab_date_print(spells[first].from, day, sizeof day);
        if ((status = note(findings, "not_in_panel", &place, day, "a person who is not there on any day of the panel has no rows", err)))
            return status;
    }
    return MLAB_OK;
}

static mlab_status note_relationships(const mlab_panel_work *work, mlab_findings *findings, mlab_error *err)
{
    const mlab_panel_relationships *r = work->relationships;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; r && i < r->n && !status; i++) {
        const mlab_relationship *tie = &r->items[i];
        mlab_place place = mlab_place_cell(r->table ? r->table->file : "", tie->line, 0, "");
        char day[16];
        mlab_date_print(tie->start, day, sizeof day);
        if (work->meaning[i] == MLAB_TIE_UNCLEAR)
            status = note(findings, "relationship_unclear", &place, day,
                          "a missing value leaves open which arm a relationship belongs to; its mentee's arm is unknown from its start on", err);
        else if (tie->prevalent && work->meaning[i] > 0)
            status = note(findings, "prevalent_relationship", &place, day,
                          "a relationship that began before its mentee's time in the panel; comparisons leave the mentee out unless asked", err);
        else if (tie->start > work->last)
            status =
                note(findings, "relationship_after_panel", &place, day, "a relationship that begins after the panel's last day is not used", err);
    }
    return status;
}

static mlab_status note_unknown(const mlab_panel_work *work, mlab_findings *findings, mlab_error *err)
{
    const mlab_panel *panel = work->panel;
    size_t rows = 0;
    double days = 0;
    for (size_t i = 0; i < panel->n_rows; i++)
        if (panel->arm[i] < 0) {
            rows++;
            days += panel->stop[i] - panel->start[i];
        }
    if (!rows || !work->spec->n_arms) return MLAB_OK;
    char value[80], years[64];
    mlab_number_for_people(days / 365.25, 1, years, sizeof years);
    snprintf(value, sizeof value, "%zu person-periods", rows);
    return mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "unknown_arm", NULL, value, "", err,
                             "no source says who was mentored in %s of the person-years; they are unknown, not %s, and left out of models with arm",
                             years, work->spec->reference);
}

mlab_status mlab_panel_note(const mlab_panel_work *work, mlab_findings *findings, mlab_error *err)
{
    mlab_status status;
    if (!findings) return MLAB_OK;
    if ((status = note_promotions(work, findings, err)) || (status = note_exits(work, findings, err)) ||
        (status = note_relationships(work, findings, err)))
        return status;
    return note_unknown(work, findings, err);
}
