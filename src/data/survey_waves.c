/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers sorted by person and day, and the waves that they came in: a file a wave, or days no more than 30 apart. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/surveys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_APART 30 /* days between two answers of one wave */

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the answers");
}

/* --- waves ------------------------------------------------------------------------------------------- */

static int by_day(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static mlab_status add_wave(mlab_survey *survey, const mlab_context *context, int32_t first, int32_t last, const char *name, mlab_error *err)
{
    char day[16];
    mlab_survey_wave *waves = mlab_reallocate(context, survey->waves, survey->n_waves + 1, sizeof *waves);
    if (!waves) return no_memory(err);
    survey->waves = waves;
    mlab_date_print(first, day, sizeof day);
    waves[survey->n_waves] = (mlab_survey_wave){.name = mlab_copy_text(context, name ? name : day), .first = first, .last = last};
    return waves[survey->n_waves++].name ? MLAB_OK : no_memory(err);
}

/* A file a wave; several files of one day are one wave. */
static mlab_status stated_waves(mlab_loading *l, const mlab_surveying *s, mlab_error *err)
{
    mlab_survey *survey = l->data->survey;
    mlab_status status = MLAB_OK;
    for (size_t p = 0; p < s->n_parts && !status; p++) {
        size_t w = 0;
        while (w < survey->n_waves && survey->waves[w].first != s->parts[p].day) w++;
        if (w == survey->n_waves) status = add_wave(survey, l->context, s->parts[p].day, s->parts[p].day, NULL, err);
        if (status) break;
        survey->waves[w].answers += s->parts[p].n_rows;
        survey->waves[w].unfinished += s->parts[p].unfinished;
    }
    for (size_t i = 1; i < survey->n_waves; i++) /* few: by insertion */
        for (size_t k = i; k > 0 && survey->waves[k].first < survey->waves[k - 1].first; k--) {
            mlab_survey_wave wave = survey->waves[k];
            survey->waves[k] = survey->waves[k - 1];
            survey->waves[k - 1] = wave;
        }
    return status;
}

mlab_status mlab_survey_find_waves(mlab_loading *l, const mlab_surveying *s, const int32_t *days, size_t n, mlab_error *err)
{
    mlab_survey *survey = l->data->survey;
    if (s->waves) return stated_waves(l, s, err);
    int32_t *sorted = mlab_allocate(l->context, n, sizeof *sorted);
    mlab_status status = sorted ? MLAB_OK : no_memory(err);
    if (!status && n) {
        memcpy(sorted, days, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, by_day);
    }
    for (size_t i = 0; i < n && !status; i++) {
        if (i == 0 || (int64_t)sorted[i] - sorted[i - 1] > MOST_APART) status = add_wave(survey, l->context, sorted[i], sorted[i], NULL, err);
        if (status) break;
        survey->waves[survey->n_waves - 1].last = sorted[i];
        survey->waves[survey->n_waves - 1].answers++;
    }
    mlab_release(l->context, sorted);
    if (status || !survey->n_waves) return status;
    for (size_t p = 0; p < s->n_parts; p++) survey->waves[0].unfinished += s->parts[p].unfinished;
    if (n)
        mlab_text_print(&l->guesses,
                        "%s: answers no more than %d days apart are one wave, %zu in all; to state them: surveys: {files: {day: file}}\n",
                        l->data->surveys->file, MOST_APART, survey->n_waves);
    return MLAB_OK;
}

/* --- answers ----------------------------------------------------------------------------------------- */

int mlab_by_survey_answer(const void *a, const void *b)
{
    const mlab_survey_answer *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static mlab_status sort_answers(mlab_loading *l, const mlab_surveying *s, const mlab_column *date, mlab_survey_answer *answers, mlab_error *err)
{
    const mlab_table *table = l->data->surveys;
    mlab_status status = MLAB_OK;
    size_t n = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (s->rank[i] >= l->ids.n || mlab_is_missing_at(date, i)) continue;
        answers[n++] = (mlab_survey_answer){s->rank[i], (uint32_t)i, date->as.integer[i]};
        mlab_loading_seen(l, date->as.integer[i]);
    }
    qsort(answers, n, sizeof *answers, mlab_by_survey_answer);
    for (size_t i = 0; i < n && !status; i++) {
        l->answer_person[i] = answers[i].person;
        l->answer_row[i] = answers[i].row;
        l->answer_date[i] = answers[i].date;
        if (i == 0 || answers[i - 1].person != answers[i].person || answers[i - 1].date != answers[i].date) continue;
        status = mlab_survey_say(l, s, MLAB_SEVERITY_NOTE, "answered_twice", answers[i].row, "person", mlab_ids_text(&l->ids, answers[i].person),
                                 NULL, err, "people with two answers on one day; the later row counts");
    }
    l->n_answers = status ? 0 : n;
    return status;
}

mlab_status mlab_survey_take_answers(mlab_loading *l, mlab_surveying *s, mlab_error *err)
{
    const mlab_table *table = l->data->surveys;
    const mlab_column *date = mlab_table_find(table, "date");
    mlab_survey *survey = l->data->survey;
    if (!s->rank || !date || date->type != MLAB_COLUMN_DATE) return MLAB_OK;
    mlab_survey_answer *answers = mlab_allocate(l->context, table->n_rows, sizeof *answers);
    l->answer_person = mlab_allocate(l->context, table->n_rows, sizeof *l->answer_person);
    l->answer_row = mlab_allocate(l->context, table->n_rows, sizeof *l->answer_row);
    l->answer_date = mlab_allocate(l->context, table->n_rows, sizeof *l->answer_date);
    mlab_status status = answers && l->answer_person && l->answer_row && l->answer_date ? MLAB_OK : no_memory(err);
    if (!status) status = sort_answers(l, s, date, answers, err);
    mlab_release(l->context, answers);
    if (!status) status = mlab_survey_find_waves(l, s, l->answer_date, l->n_answers, err);
    for (size_t k = 0; k < survey->n_measures && !status; k++)
        status =
            mlab_measure_alpha(l, table, &s->measures.items[s->made[k]], l->answer_row, l->answer_person, l->n_answers, &survey->measures[k], err);
    return status;
}
