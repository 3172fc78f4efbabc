/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a study file to its data: files, links between them, the grid, the panel. Everything that can be found is found
 * before the work is refused.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "data/loading.h"

#include <stdio.h>
#include <string.h>

/* --- the day of the export --------------------------------------------------------------------------- */

static mlab_status say_later(const mlab_loading *l, const char *kind, size_t n, const char *what, mlab_error *err)
{
    char day[16];
    if (!n) return MLAB_OK;
    mlab_date_print(l->data->as_of, day, sizeof day);
    mlab_place place = mlab_place_text(mlab_settings_file(l->settings), 0, 0);
    bool one = n == 1;
    return mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, kind, &place, NULL, NULL, err, "%zu %s%s after %s %s not happened yet and %s left out",
                             n, what, one ? "" : "s", day, one ? "has" : "have", one ? "is" : "are");
}

mlab_status mlab_load_as_of(mlab_loading *l, mlab_error *err)
{
    int32_t as_of = mlab_loading_date(l, "", "as_of");
    size_t exits = 0, promotions = 0, pairs = 0, answers = 0;
    if (as_of == MLAB_DATE_MISSING && l->last_seen != MLAB_DATE_MISSING) {
        char day[16];
        as_of = l->last_seen;
        mlab_date_print(as_of, day, sizeof day);
        mlab_text_print(&l->guesses, "the last day on which anything happened is taken as the day of the export; to pin it: as_of: %s\n", day);
    }
    l->data->as_of = as_of;
    if (as_of == MLAB_DATE_MISSING) return MLAB_OK;
    for (size_t s = 0; s < l->n_spells; s++) {
        mlab_panel_spell *spell = &l->spells[s];
        if (spell->to == MLAB_DATE_MISSING || spell->to <= as_of) continue;
        spell->to = l->left[spell->person] = MLAB_DATE_MISSING;
        spell->cause = MLAB_CAUSE_STAYS;
        exits++;
    }
    size_t n = 0;
    for (size_t i = 0; i < l->n_promotions; i++)
        if (l->promotions[i].date <= as_of) l->promotions[n++] = l->promotions[i];
    promotions = l->n_promotions - n;
    l->n_promotions = n;
    n = 0;
    for (size_t i = 0; i < l->n_answers; i++) {
        if (l->answer_date[i] > as_of) continue;
        l->answer_person[n] = l->answer_person[i];
        l->answer_row[n] = l->answer_row[i];
        l->answer_date[n++] = l->answer_date[i];
    }
    answers = l->n_answers - n;
    l->n_answers = n;
    n = 0;
    for (size_t i = 0; i < l->n_pairs; i++) {
        if (l->pairs[i].start > as_of) continue;
        l->pair_row[n] = l->pair_row[i];
        l->pairs[n] = l->pairs[i];
        if (l->pairs[n].end != MLAB_DATE_MISSING && l->pairs[n].end > as_of) l->pairs[n].end = MLAB_DATE_MISSING;
        n++;
    }
    pairs = l->n_pairs - n;
    l->n_pairs = n;
    mlab_status status = say_later(l, "later_exits", exits, "exit", err);
    if (!status) status = say_later(l, "later_promotions", promotions, "promotion", err);
    if (!status) status = say_later(l, "later_answers", answers, "answer", err);
    return status ? status : say_later(l, "later_relationships", pairs, "relationship", err);
}

/* --- all --------------------------------------------------------------------------------------------- */

static bool is_panel_study(const mlab_settings *settings)
{
    static const char *const signs[] = {"data.relationships", "data.promotions", "data.surveys", "data.history",  "data.snapshots",
                                        "data.ratings",       "data.training",   "data.goals",   "data.meetings", "panel"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (mlab_settings_find(settings, NULL, signs[i])) return true;
    return false;
}

static mlab_status load_panel_study(mlab_loading *l, mlab_error *err)
{
    bool alone = !mlab_settings_find(l->settings, NULL, "data.people"); /* the job history names the people */
    mlab_status status = alone ? mlab_read_job(l, err) : MLAB_OK;
    if (!status) status = mlab_load_people(l, err);
    if (!status) status = mlab_load_crosswalks(l, err);
    if (!status && !alone) status = mlab_read_job(l, err);
    if (!status) status = mlab_load_job(l, err);
    if (!status) status = mlab_load_promotions(l, err);
    if (!status) status = mlab_load_surveys(l, err);
    if (!status) status = mlab_load_relationships(l, err);
    if (!status) status = mlab_load_meetings(l, err);
    if (!status) status = mlab_load_extras(l, err);
    if (!status) status = mlab_load_exits(l, err);
    if (!status) status = mlab_load_as_of(l, err);
    if (!status && l->ids.context && l->left) status = mlab_check_relationships(l, err);
    return status;
}

static mlab_status refuse(const mlab_loading *l, mlab_error *err)
{
    size_t stops = mlab_findings_count(l->findings, MLAB_SEVERITY_STOP), decides = mlab_findings_count(l->findings, MLAB_SEVERITY_DECIDE);
    if (!stops && !decides && l->data->people) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_DATA_REJECTED, "%zu findings stop the work, %zu are to be decided; nothing was run", stops, decides);
}

static mlab_status start(mlab_loading *l, mlab_error *err)
{
    l->guesses = MLAB_TEXT(l->context);
    l->caveats = MLAB_TEXT(l->context);
    l->first_seen = l->last_seen = MLAB_DATE_MISSING;
    mlab_dictionary_start(&l->words, l->context);
    l->folder = mlab_os_folder_of(l->context, mlab_settings_file(l->settings));
    l->data = mlab_allocate(l->context, 1, sizeof *l->data);
    if (l->data) *l->data = (mlab_data){.context = l->context, .as_of = MLAB_DATE_MISSING};
    if (!l->folder || !l->data) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the data");
    return mlab_loading_words(l, err);
}

static void end(mlab_loading *l)
{
    const mlab_context *context = l->context;
    void *owned[] = {l->fate,          l->days,       (void *)l->states, l->change_person,    l->change_row,     l->change_date, l->leaves,
                     l->folder,        l->hired,      l->left,           l->spells,           (void *)l->causes, l->grade_value, l->promotions,
                     l->answer_person, l->answer_row, l->answer_date,    (void *)l->measures, l->pairs,          l->pair_row};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mlab_release(context, owned[i]);
    for (int32_t i = 0; l->grades && i < l->n_grades; i++) mlab_release(context, l->grades[i]);
    mlab_release(context, l->grades);
    mlab_ids_free(&l->ids);
    mlab_pattern_free(l->id_rule.take);
    for (size_t k = 0; k < l->n_crosswalks; k++) {
        mlab_dictionary_free(&l->crosswalks[k].from);
        mlab_release(context, l->crosswalks[k].code);
    }
    mlab_release(context, l->crosswalks);
    mlab_dictionary_free(&l->words);
    mlab_table_free(l->relationships);
    mlab_table_free(l->meetings);
    mlab_extras_free(l);
    mlab_release(context, l->meeting_mentor);
    mlab_release(context, l->meeting_mentee);
    mlab_table_free(l->job);
    mlab_text_free(&l->guesses);
    mlab_text_free(&l->caveats);
}

mlab_status mlab_data_load(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings, mlab_data **data, mlab_error *err)
{
    *data = NULL;
    mlab_loading l = {.context = context, .settings = settings, .findings = findings};
    mlab_status status = start(&l, err);
    bool panel = is_panel_study(settings);
    if (!status) status = panel ? load_panel_study(&l, err) : mlab_load_person_level(&l, err);
    if (!status) status = refuse(&l, err);
    if (!status && panel) status = mlab_load_panel(&l, err);
    if (!status && l.data->panel) status = mlab_load_flow(&l, err);
    if (!status) status = refuse(&l, err);
    if (!status) {
        l.data->guesses = l.guesses.failed ? NULL : mlab_copy_text(context, mlab_text_get(&l.guesses));
        l.data->caveats = l.caveats.failed ? NULL : mlab_copy_text(context, mlab_text_get(&l.caveats));
        if (!l.data->guesses || !l.data->caveats) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the guesses");
    }
    if (status)
        mlab_data_free(l.data);
    else
        *data = l.data;
    end(&l);
    return status;
}
