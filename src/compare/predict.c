/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits a task on a sample of people, and what would have been had everyone in it been in an arm from time zero on.
 *
 * EXIT: incidence of the target F = sum over t of S(t-) (h_j / H)(1 - exp(-H)), S = prod exp(-H).
 * FIRST: F = sum of S(t-)(1 - exp(-h)), S = prod exp(-h - h_exit): the event is drawn before leaving in a period.
 * ANSWERS: mean level and share of the satisfied levels at the wave, as if nobody had left.
 * Averages are over the people of the sample at their time zero (g-computation, Robins 1986, doi:10.1016/0270-0255(86)90088-6). */
#include "compare/task.h"

#include "core/elementary.h"

#include <math.h>
#include <string.h>

enum { MOST_BLOCKS = 8 };

static mlab_sample weigh(const mlab_task *task, const mlab_sample *sample, const double *row_weight, const uint32_t *row_of, size_t n,
                         mlab_room *room)
{
    mlab_sample now = *sample;
    if (task->weighted) {
        double *own = mlab_room_take(room, n);
        for (size_t r = 0; r < n; r++) own[r] = row_weight[row_of[r]];
        now.row_weight = own;
    }
    return now;
}

bool mlab_task_fit(const mlab_context *context, const mlab_task *task, const mlab_sample *sample, const double *row_weight, double tolerance,
                   mlab_room *room, double *parameters, double *information, double *leaving_information)
{
    size_t mark = room->used, people = task->cohort->n_people;
    bool answers = task->kind == MLAB_TASK_ANSWERS;
    mlab_sample now = weigh(task, sample, row_weight, task->row, answers ? task->answers.first[people] : task->main.first_row[people], room);
    bool good = mlab_maximise(context, answers ? mlab_answers_evaluate : mlab_hazard_evaluate, answers ? (const void *)&task->answers : &task->main,
                              &now, task->n_main, tolerance, room, parameters, information);
    room->used = mark;
    if (good && task->has_leaving) {
        now = weigh(task, sample, row_weight, task->leaving_row, task->leaving.first_row[people], room);
        good = mlab_maximise(context, mlab_hazard_evaluate, &task->leaving, &now, task->n_leaving, tolerance, room, parameters + task->n_main,
                             leaving_information);
    }
    room->used = mark;
    return good;
}

/* Linear predictors of cells and people of one block. */
static void set_parts(const mlab_separable *is, const mlab_sample *sample, const double *own, double *cell, double *person)
{
    size_t cells = is->n_arms * is->n_times, b = is->n_basis, q = is->n_z;
    for (size_t c = 0; c < cells; c++) {
        cell[c] = 0;
        for (size_t i = 0; i < b; i++) cell[c] += is->basis[c * b + i] * own[i];
    }
    for (size_t i = 0; i < sample->n; i++) {
        person[i] = 0;
        for (size_t j = 0; j < q; j++) person[i] += is->z[sample->who[i] * q + j] * own[b + j];
    }
}

typedef struct rates {
    size_t blocks, cells, n;
    double *cell[MOST_BLOCKS], *person[MOST_BLOCKS]; /* exp of the parts; the last block may be leaving */
} rates;

static void set_rates(const mlab_context *context, const mlab_task *task, const mlab_sample *sample, const double *parameters, mlab_room *room,
                      rates *at)
{
    const mlab_separable *is = &task->main.is;
    at->blocks = is->n_blocks + task->has_leaving;
    at->cells = is->n_arms * is->n_times;
    at->n = sample->n;
    for (size_t k = 0; k < at->blocks; k++) {
        bool leaving = k == is->n_blocks;
        at->cell[k] = mlab_room_take(room, at->cells);
        at->person[k] = mlab_room_take(room, sample->n);
        set_parts(leaving ? &task->leaving.is : is, sample, leaving ? parameters + task->n_main : parameters + k * (is->n_basis + is->n_z),
                  at->cell[k], at->person[k]);
        mlab_exp_array(context, at->cell[k], at->cell[k], at->cells);
        mlab_exp_array(context, at->person[k], at->person[k], sample->n);
    }
}

/* One period of everybody: there[i] and incidence[i] move on. */
static void one_period(const mlab_context *context, const mlab_task *task, const rates *at, size_t cell, double *there, double *incidence,
                       double *all, double *own, double *stay)
{
    size_t n = at->n, target = task->target, events = task->main.is.n_blocks;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < events; k++) sum += at->person[k][i] * at->cell[k][cell]; /* NOLINT: set_rates filled every block */
        all[i] = sum;
        own[i] = at->person[target][i] * at->cell[target][cell];
        stay[i] = -sum;
    }
    mlab_exp_array(context, stay, stay, n);
    for (size_t i = 0; i < n; i++) {
        if (all[i] > 0) incidence[i] += there[i] * (own[i] / all[i]) * (all[i] < 1e-5 ? all[i] * (1 - all[i] / 2) : 1 - stay[i]);
        there[i] *= stay[i];
    }
    if (!task->has_leaving) return;
    for (size_t i = 0; i < n; i++) stay[i] = -at->person[events][i] * at->cell[events][cell];
    mlab_exp_array(context, stay, stay, n);
    for (size_t i = 0; i < n; i++) there[i] *= stay[i];
}

static double average(const mlab_task *task, const mlab_sample *sample, const double *x)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < sample->n; i++) {
        if (task->eligible && !task->eligible[sample->who[i]]) continue;
        sum += sample->weight[i] * x[i];
        weight += sample->weight[i];
    }
    return weight > 0 ? sum / weight : 0;
}

static void hazard_levels(const mlab_context *context, const mlab_task *task, const mlab_sample *sample, const double *parameters,
                          const int32_t *horizon, size_t n_horizons, mlab_room *room, double *level)
{
    rates at;
    size_t n = sample->n, times = task->cohort->n_times;
    set_rates(context, task, sample, parameters, room, &at);
    double *there = mlab_room_take(room, n), *incidence = mlab_room_take(room, n), *all = mlab_room_take(room, n), *own = mlab_room_take(room, n),
           *stay = mlab_room_take(room, n);
    for (size_t a = 0; a < task->cohort->n_arms; a++) {
        for (size_t i = 0; i < n; i++) {
            there[i] = 1;
            incidence[i] = 0;
        }
        size_t t = 0;
        for (size_t h = 0; h < n_horizons; h++) {
            for (; t < (size_t)horizon[h] && t < times; t++) one_period(context, task, &at, a * times + t, there, incidence, all, own, stay);
            double share = average(task, sample, incidence);
            level[a * n_horizons + h] = task->outcome->absence ? 1 - share : share;
        }
    }
}

static void answer_levels(const mlab_context *context, const mlab_task *task, const mlab_sample *sample, const double *parameters,
                          const int32_t *horizon, size_t n_horizons, mlab_room *room, double *level)
{
    const mlab_answers *answers = &task->answers;
    const mlab_separable *is = &answers->is;
    size_t n = sample->n, m = answers->n_levels ? answers->n_levels - 1 : 0, times = is->n_times;
    double *cell = mlab_room_take(room, is->n_arms * times), *person = mlab_room_take(room, n), *above = mlab_room_take(room, n);
    set_parts(is, sample, parameters + m, cell, person);
    for (size_t a = 0; a < is->n_arms; a++)
        for (size_t h = 0; h < n_horizons; h++) {
            double *to = level + (a * n_horizons + h) * task->n_stats, mean = answers->n_levels ? task->score[0] : 0, share = 0;
            if (horizon[h] < 0) { /* no wave lies before it: nobody looks at this level */
                for (size_t s = 0; s < task->n_stats; s++) to[s] = 0;
                continue;
            }
            const double at = cell[a * times + (size_t)horizon[h]];
            if (h > 0 && horizon[h] == horizon[h - 1]) {
                memcpy(to, to - task->n_stats, task->n_stats * sizeof *to);
                continue;
            }
            if (!answers->n_levels) {
                to[0] = at + average(task, sample, person);
                continue;
            }
            for (size_t k = 0; k < m; k++) { /* P(Y > k) */
                for (size_t i = 0; i < n; i++) above[i] = at + person[i] - parameters[k];
                mlab_logistic_array(context, above, above, n);
                double p = average(task, sample, above);
                mean += p * (task->score[k + 1] - task->score[k]);
                if ((int32_t)k + 1 == task->satisfied_from) share = p;
            }
            if (task->satisfied_from == 0) share = 1;
            to[0] = task->n_stats == 2 ? mean : share;
            if (task->n_stats == 2) to[1] = share;
        }
}

void mlab_task_levels(const mlab_context *context, const mlab_task *task, const mlab_sample *sample, const double *parameters, const int32_t *horizon,
                      size_t n_horizons, mlab_room *room, double *level)
{
    static const uint32_t first = 0;
    static const double one = 1;
    size_t mark = room->used;
    mlab_sample average_person = {.n = 1, .who = &first, .weight = &one};
    bool same = task->weighted && !task->eligible; /* without covariates everybody is the same */
    if (task->kind == MLAB_TASK_ANSWERS)
        answer_levels(context, task, same ? &average_person : sample, parameters, horizon, n_horizons, room, level);
    else
        hazard_levels(context, task, same ? &average_person : sample, parameters, horizon, n_horizons, room, level);
    room->used = mark;
}

size_t mlab_task_room(const mlab_task *task)
{
    size_t people = task->cohort->n_people, cells = task->cohort->n_arms * task->cohort->n_times, most, n = task->n_main, rows;
    if (task->kind == MLAB_TASK_ANSWERS) {
        most = mlab_answers_room(&task->answers);
        rows = task->answers.first[people];
    } else {
        most = mlab_hazard_room(&task->main);
        rows = task->main.first_row[people];
    }
    if (task->has_leaving) {
        size_t leaving = mlab_hazard_room(&task->leaving);
        most = leaving > most ? leaving : most;
        n = task->n_leaving > n ? task->n_leaving : n;
        rows = task->leaving.first_row[people] > rows ? task->leaving.first_row[people] : rows;
    }
    most += mlab_maximise_room(n) + (task->weighted ? rows : 0);
    size_t levels = MOST_BLOCKS * (cells + people) + 5 * people;
    return most > levels ? most : levels;
}
