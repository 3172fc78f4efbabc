/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surveys as the reader sees them: how scores were made and how well their items hang together, who answered, and scores by group where
 * no key leads to people. Counts pass the privacy filter. */
#include "core/error.h"
#include "core/memory.h"
#include "report/sections.h"

#include <stdio.h>

/* "0.93 (0.92 to 0.94)", or why not. */
static const char *tell_alpha(const mlab_measure *m, uint64_t minimum, char *into, size_t size)
{
    mlab_number_text alpha;
    char range[2 * MLAB_NUMBER_SIZE + 8];
    if (m->n_items < 2)
        snprintf(into, size, "one item");
    else if (!m->alpha_people || m->alpha_people < minimum)
        snprintf(into, size, "too few people");
    else
        snprintf(into, size, "%s (%s)", mlab_tell_number(m->alpha, 2, false, alpha),
                 mlab_tell_range(m->alpha_lower, m->alpha_upper, 2, false, range, sizeof range));
    return into;
}

static void put_padded(mlab_text *text, const char *what, size_t width, bool right)
{
    size_t n = mlab_text_width(what);
    if (!right) mlab_text_append(text, what);
    for (; n < width; n++) mlab_text_append(text, " ");
    if (right) mlab_text_append(text, what);
}

/* shown [groups * waves] of a score; released by the caller. */
static mlab_status judge_groups(const mlab_context *context, const mlab_survey *survey, size_t measure, uint64_t minimum, uint8_t **shown,
                                mlab_error *err)
{
    size_t n = survey->n_groups * survey->n_waves, cells = n;
    uint64_t *count = mlab_allocate(context, cells, sizeof *count);
    uint8_t *rows = mlab_allocate(context, survey->n_groups, 1), *columns = mlab_allocate(context, survey->n_waves, 1);
    *shown = mlab_allocate(context, cells, 1);
    mlab_status status = count && rows && columns && *shown ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for scores by group");
    for (size_t i = 0; i < cells && !status; i++) count[i] = survey->cells[measure * cells + i].n;
    if (!status && n) status = mlab_privacy_table(context, count, survey->n_groups, survey->n_waves, minimum, *shown, rows, columns, err);
    mlab_release(context, count);
    mlab_release(context, rows);
    mlab_release(context, columns);
    if (!status) return MLAB_OK;
    mlab_release(context, *shown);
    *shown = NULL;
    return status;
}

mlab_status mlab_survey_judge(const mlab_context *context, mlab_survey *survey, uint64_t minimum, mlab_error *err)
{
    const size_t block = survey && survey->cells ? survey->n_groups * survey->n_waves : 0;
    mlab_status status = MLAB_OK;
    if (!block) return MLAB_OK;
    uint8_t *told = mlab_allocate(context, survey->n_measures, block), *shown;
    if (!told) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for scores by group");
    for (size_t m = 0; m < survey->n_measures && !status; m++) {
        status = judge_groups(context, survey, m, minimum, &shown, err);
        for (size_t k = 0; k < block && !status; k++) told[m * block + k] = shown[k] && survey->cells[m * block + k].n > 0;
        if (!status) mlab_release(context, shown);
    }
    if (status) {
        mlab_release(context, told);
        return status;
    }
    mlab_release(context, survey->told);
    survey->told = told;
    return MLAB_OK;
}

/* "3.4 (27)", or "hidden". */
static const char *tell_cell(const mlab_survey_cell *cell, bool shown, char *into, size_t size)
{
    mlab_number_text mean, n;
    if (!cell->n)
        snprintf(into, size, "none");
    else if (!shown)
        snprintf(into, size, "hidden");
    else
        snprintf(into, size, "%s (%s)", mlab_tell_number(cell->mean, 2, false, mean), mlab_tell_number((double)cell->n, 0, false, n));
    return into;
}

/* "3.4 (3.1 to 3.7), 27 answers of 40 people". */
static const char *tell_whole_cell(const mlab_survey_cell *cell, bool shown, uint64_t minimum, char *into, size_t size)
{
    mlab_number_text mean, n, people;
    char range[2 * MLAB_NUMBER_SIZE + 8], of[MLAB_NUMBER_SIZE + 20] = "";
    if (!cell->n || !shown) return tell_cell(cell, shown, into, size);
    const int decimals = mlab_decimals_for((cell->upper - cell->lower) / 4);
    if (mlab_survey_size_told(cell, minimum)) snprintf(of, sizeof of, " of %s people", mlab_tell_number((double)cell->size, 0, false, people));
    snprintf(into, size, "%s (%s), %s answers%s", mlab_tell_number(cell->mean, decimals, false, mean),
             mlab_tell_range(cell->lower, cell->upper, decimals, false, range, sizeof range), mlab_tell_number((double)cell->n, 0, false, n), of);
    return into;
}

/* --- the screen -------------------------------------------------------------------------------------------- */

static mlab_status put_groups(const mlab_context *context, const mlab_survey *survey, size_t m, uint64_t minimum, mlab_text *text, mlab_error *err)
{
    uint8_t *shown;
    char cell[64];
    mlab_status status = judge_groups(context, survey, m, minimum, &shown, err);
    if (status) return status;
    mlab_text_print(text, "  %s by %s: mean (answers); no difference between groups of mentoring can be told\n", survey->measures[m].name,
                    *survey->group_name ? survey->group_name : "wave");
    put_padded(text, "", 28, false);
    for (size_t w = 0; w < survey->n_waves; w++) put_padded(text, survey->waves[w].name, 16, true);
    mlab_text_append(text, "\n");
    for (size_t g = 0; g < survey->n_groups; g++) {
        mlab_text_append(text, "    ");
        put_padded(text, survey->groups[g], 24, false);
        for (size_t w = 0; w < survey->n_waves; w++) {
            size_t at = g * survey->n_waves + w;
            put_padded(text, tell_cell(&survey->cells[m * survey->n_groups * survey->n_waves + at], shown[at], cell, sizeof cell), 16, true);
        }
        mlab_text_append(text, "\n");
    }
    mlab_release(context, shown);
    return MLAB_OK;
}

mlab_status mlab_survey_text(const mlab_context *context, const mlab_survey *survey, uint64_t minimum, mlab_text *text, mlab_error *err)
{
    mlab_number_text number;
    char alpha[128];
    mlab_status status = MLAB_OK;
    if (!survey->n_measures) return MLAB_OK;
    mlab_text_append(text, "  scores                      items    scored   reliability (alpha, 95 %)\n");
    for (size_t m = 0; m < survey->n_measures; m++) {
        const mlab_measure *made = &survey->measures[m];
        mlab_text_append(text, "    ");
        put_padded(text, made->name, 24, false);
        put_padded(text, mlab_tell_number(made->n_items, 0, false, number), 5, true);
        put_padded(text, mlab_tell_count(made->scored, minimum, number), 10, true);
        mlab_text_print(text, "   %s\n", tell_alpha(made, minimum, alpha, sizeof alpha));
    }
    for (size_t m = 0; m < survey->n_measures && survey->cells && !status; m++) status = put_groups(context, survey, m, minimum, text, err);
    return status;
}

/* --- the report -------------------------------------------------------------------------------------------- */

static void tell_scores(mlab_doc *doc, const mlab_survey *survey, uint64_t minimum)
{
    mlab_doc_table(doc, "How scores were made", false,
                   (const char *const[]){"Score", "Items", "Reversed", "Needed", "Scored", "Too few items", "Reliability (alpha, 95 %)"}, 7);
    for (size_t m = 0; m < survey->n_measures; m++) {
        const mlab_measure *made = &survey->measures[m];
        mlab_number_text items, reversed, need, scored, few;
        char alpha[128];
        mlab_doc_row(doc, (const char *const[]){
                              made->name, mlab_tell_number(made->n_items, 0, false, items), mlab_tell_number(made->n_reversed, 0, false, reversed),
                              mlab_tell_number(made->need, 0, false, need), mlab_tell_count(made->scored, minimum, scored),
                              made->too_few ? mlab_tell_count(made->too_few, minimum, few) : "none", tell_alpha(made, minimum, alpha, sizeof alpha)});
    }
    mlab_doc_table_end(doc, false);
}

/* Who answered, of those asked; arms of which few answered, or few did not, are not told. */
static void tell_rates(mlab_doc *doc, const mlab_survey *survey, const mlab_panel *panel, uint64_t minimum)
{
    size_t arms = (size_t)survey->n_arms + 1;
    mlab_doc_table(doc, "Who answered, of those who were there on the first day of a wave", false,
                   (const char *const[]){"Score", "Group", "Answered"}, 3);
    for (size_t m = 0; m < survey->n_measures; m++)
        for (size_t k = 0; k < arms; k++) {
            uint64_t asked = survey->invited[m * arms + k], replied = survey->replied[m * arms + k], silent = asked - replied;
            mlab_number_text number;
            char share[MLAB_NUMBER_SIZE + 3];
            if (!asked) continue;
            bool told = (replied == 0 || replied >= minimum) && (silent == 0 || silent >= minimum);
            snprintf(share, sizeof share, "%s %%", mlab_tell_number(100 * (double)replied / (double)asked, 0, false, number));
            mlab_doc_row(doc, (const char *const[]){survey->measures[m].name, k + 1 < arms ? panel->arms[k] : "not known", told ? share : "hidden"});
        }
    mlab_doc_table_end(doc, false);
}

enum { MOST_WAVES = 12 };

static mlab_status tell_groups(mlab_doc *doc, const mlab_context *context, const mlab_survey *survey, size_t m, uint64_t minimum, mlab_error *err)
{
    const char *headings[MOST_WAVES + 1] = {*survey->group_name ? survey->group_name : "People"}, *row[MOST_WAVES + 1];
    char cells[MOST_WAVES][256], title[200];
    size_t first = survey->n_waves > MOST_WAVES ? survey->n_waves - MOST_WAVES : 0, n = survey->n_waves - first;
    uint8_t *shown;
    mlab_status status = judge_groups(context, survey, m, minimum, &shown, err);
    if (status) return status;
    for (size_t w = 0; w < n; w++) headings[w + 1] = survey->waves[first + w].name;
    snprintf(title, sizeof title, "%.80s by %.60s and wave: mean (95 %% interval), answers", survey->measures[m].name,
             *survey->group_name ? survey->group_name : "everyone");
    mlab_doc_table(doc, title, false, headings, n + 1);
    for (size_t g = 0; g < survey->n_groups; g++) {
        row[0] = survey->groups[g];
        for (size_t w = 0; w < n; w++) {
            size_t at = g * survey->n_waves + first + w;
            row[w + 1] = tell_whole_cell(&survey->cells[m * survey->n_groups * survey->n_waves + at], shown[at], minimum, cells[w], sizeof cells[w]);
        }
        mlab_doc_row(doc, row);
    }
    mlab_doc_table_end(doc, false);
    mlab_release(context, shown);
    return MLAB_OK;
}

mlab_status mlab_tell_surveys(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_data *data = story->spec->results->data;
    const mlab_survey *survey = data ? data->survey : NULL;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    mlab_status status = MLAB_OK;
    if (!survey || !survey->n_measures) return MLAB_OK;
    mlab_doc_heading(doc, 3, "Surveys");
    tell_scores(doc, survey, minimum);
    if (survey->invited && data->panel && data->panel->n_arms == survey->n_arms) tell_rates(doc, survey, data->panel, minimum);
    if (survey->anonymous)
        mlab_doc_paragraph(doc, NULL,
                           "No key leads from these answers to people: nobody can tell in which group those were who answered, nor whether the same "
                           "people answered twice, so that no difference between groups is estimated from them.");
    for (size_t m = 0; m < survey->n_measures && survey->cells && !status; m++) status = tell_groups(doc, story->context, survey, m, minimum, err);
    return status;
}
