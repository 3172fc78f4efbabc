/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Influence of every person on a share or mean, by the delta method: what the person adds to the average itself, and through the
 * model's parameters.
 *
 *   psi_g = (F_g - F) / n + s_g' I^-1 D,   D = derivative of the average in the parameters, s_g = the person's score.
 * Sums of squares over people are cluster-robust variances (Liang & Zeger 1986). For incidence with all hazards of a period h_k,
 * dF/d log h_kt = h_kt (S_(t-1) dp_t/dh_k - (F_T - F_t)). Weakness: weights are taken as known, which makes intervals of the
 * weighting method somewhat too wide (Robins, Hernan & Brumback 2000). */
#include "compare/analysis.h"

#include "core/dot.h"
#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_BLOCKS = 8 };

/* Predictor of the blocks of a task (leaving is the last) and the direction c = I^-1 D in the same shape. */
typedef struct parts {
    size_t blocks, cells, n_z;
    const mlab_separable *is[MOST_BLOCKS];
    const double *own[MOST_BLOCKS]; /* parameters of the block */
    double *cell[MOST_BLOCKS];      /* [cells] linear predictor */
    double *by_cell[MOST_BLOCKS];   /* [cells] dF/d eta summed over people, then the direction's predictor */
    double *by_z[MOST_BLOCKS];      /* [n_z] the same, then the direction's coefficients */
} parts;

static void set_parts(const mlab_task *task, mlab_room *room, parts *at)
{
    bool answers = task->kind == MLAB_TASK_ANSWERS;
    const mlab_separable *main = answers ? &task->answers.is : &task->main.is;
    size_t first = answers ? task->n_main - main->n_basis - main->n_z : 0;
    at->blocks = main->n_blocks + task->has_leaving;
    at->cells = main->n_arms * main->n_times;
    at->n_z = main->n_z;
    for (size_t k = 0; k < at->blocks; k++) {
        const mlab_separable *is = at->is[k] = k < main->n_blocks ? main : &task->leaving.is;
        at->own[k] = task->estimate + (k < main->n_blocks ? first + k * (is->n_basis + is->n_z) : task->n_main);
        at->cell[k] = mlab_room_take(room, at->cells);
        at->by_cell[k] = mlab_room_take(room, at->cells);
        at->by_z[k] = mlab_room_take(room, at->n_z);
        for (size_t c = 0; c < at->cells; c++) at->cell[k][c] = mlab_dot(is->basis + c * is->n_basis, at->own[k], is->n_basis);
    }
}

static double person_part(const parts *at, size_t k, const double *z)
{
    return mlab_dot(z, at->own[k] + at->is[k]->n_basis, at->n_z);
}

/* Incidence of a person in an arm at a horizon; derivatives go to by_cell and by_z, times weight. */
static double person_incidence(const mlab_task *task, parts *at, size_t arm, int32_t horizon, const double *z, double weight, double *there,
                               double *incidence, double *stay)
{
    size_t times = task->cohort->n_times, events = task->main.is.n_blocks, target = task->target;
    double part[MOST_BLOCKS] = {0}, by_eta[MOST_BLOCKS] = {0}, s = 1, f = 0;
    for (size_t k = 0; k < at->blocks; k++) part[k] = person_part(at, k, z);
    for (int32_t t = 0; t < horizon; t++) {
        double all = 0, own = mlab_exp(at->cell[target][arm * times + (size_t)t] + part[target]);
        for (size_t k = 0; k < events; k++) all += mlab_exp(at->cell[k][arm * times + (size_t)t] + part[k]);
        stay[t] = mlab_exp(-all);
        there[t] = s;
        f += all > 0 ? s * own / all * -mlab_expm1(-all) : 0;
        incidence[t] = f;
        s *= stay[t] * (task->has_leaving ? mlab_exp(-mlab_exp(at->cell[events][arm * times + (size_t)t] + part[events])) : 1);
    }
    for (int32_t t = 0; t < horizon; t++) {
        size_t c = arm * times + (size_t)t;
        double h[MOST_BLOCKS], all = 0;
        for (size_t k = 0; k < at->blocks; k++) {
            h[k] = mlab_exp(at->cell[k][c] + part[k]);
            all += k < events ? h[k] : 0;
        }
        double event = all > 0 ? -mlab_expm1(-all) / all : 1;
        for (size_t k = 0; k < at->blocks; k++) {
            double dp = k >= events || !(all > 0) ? 0 : (k == target) * event + h[target] / all * (stay[t] - event);
            double d = weight * h[k] * (there[t] * dp - (f - incidence[t]));
            at->by_cell[k][c] += d;
            by_eta[k] += d;
        }
    }
    for (size_t k = 0; k < at->blocks; k++)
        for (size_t j = 0; j < at->n_z; j++) at->by_z[k][j] += by_eta[k] * z[j];
    return f;
}

/* D of the parameters from by_cell and by_z, then I^-1 D, back into by_cell (as a predictor) and by_z. */
static void turn(const mlab_task *task, parts *at, mlab_room *room, double *theta)
{
    size_t mark = room->used, m = task->kind == MLAB_TASK_ANSWERS && at->is[0] ? task->n_main - at->is[0]->n_basis - at->n_z : 0;
    size_t n = task->n_main + task->n_leaving, most = task->n_main > task->n_leaving ? task->n_main : task->n_leaving;
    double *d = mlab_room_take(room, n), *work = mlab_room_take(room, most * most);
    for (size_t j = 0; j < m; j++) d[j] = theta[j];
    for (size_t k = 0; k < at->blocks; k++) {
        double *own = d + (at->own[k] - task->estimate);
        size_t b = at->is[k]->n_basis;
        for (size_t c = 0; c < at->cells; c++)
            for (size_t j = 0; j < b; j++) own[j] += at->is[k]->basis[c * b + j] * at->by_cell[k][c];
        memcpy(own + b, at->by_z[k], at->n_z * sizeof *own);
    }
    memcpy(work, task->information, task->n_main * task->n_main * sizeof *work);
    mlab_solve(work, task->n_main, d, d);
    memcpy(work, task->leaving_information, task->n_leaving * task->n_leaving * sizeof *work);
    mlab_solve(work, task->n_leaving, d + task->n_main, d + task->n_main);
    for (size_t j = 0; j < m; j++) theta[j] = d[j];
    for (size_t k = 0; k < at->blocks; k++) {
        const double *own = d + (at->own[k] - task->estimate);
        size_t b = at->is[k]->n_basis;
        for (size_t c = 0; c < at->cells; c++) at->by_cell[k][c] = mlab_dot(at->is[k]->basis + c * b, own, b);
        memcpy(at->by_z[k], own + b, at->n_z * sizeof *own);
    }
    room->used = mark;
}

/* s_g' c of one hazard's blocks first .. first + n - 1. */
static double hazard_score(const mlab_hazard *hazard, const parts *at, size_t first, size_t g, const double *row_weight, const uint32_t *row_of)
{
    size_t times = hazard->is.n_times, blocks = hazard->is.n_blocks;
    const double *z = hazard->is.z + g * at->n_z;
    double sum = 0, part[MOST_BLOCKS], turned[MOST_BLOCKS];
    for (size_t k = 0; k < blocks; k++) {
        part[k] = person_part(at, first + k, z);
        turned[k] = mlab_dot(z, at->by_z[first + k], at->n_z);
    }
    for (size_t r = hazard->first_run[g]; r < hazard->first_run[g + 1]; r++) {
        size_t arm = hazard->runs[r].slot / (times + 1), time = hazard->runs[r].slot % (times + 1);
        for (size_t t = time; t < time + hazard->runs[r].length; t++)
            for (size_t k = 0; k < blocks; k++) {
                size_t c = arm * times + t;
                sum -= mlab_exp(at->cell[first + k][c] + part[k]) * (at->by_cell[first + k][c] + turned[k]);
            }
    }
    for (size_t r = hazard->first_row[g]; r < hazard->first_row[g + 1]; r++) {
        const mlab_row *row = &hazard->rows[r];
        double h[MOST_BLOCKS], all = 0, slope = -1, w = row_weight ? row_weight[row_of[r]] : 1;
        for (size_t k = 0; k < blocks; k++) all += h[k] = row->share * mlab_exp(at->cell[first + k][row->cell] + part[k]);
        if (row->event) slope = all < 0.02 ? -0.5 + all / 12 : 1 / mlab_expm1(all) - 1 / all;
        for (size_t k = 0; k < blocks; k++)
            sum += w * (h[k] * slope + (row->event == (int32_t)k + 1)) * (at->by_cell[first + k][row->cell] + turned[k]);
    }
    return sum;
}

static double answer_score(const mlab_task *task, const parts *at, const double *theta, size_t g, const double *row_weight)
{
    const mlab_answers *answers = &task->answers;
    size_t m = answers->n_levels ? answers->n_levels - 1 : 0;
    const double *z = answers->is.z + g * at->n_z;
    double sum = 0, part = person_part(at, 0, z), turned = mlab_dot(z, at->by_z[0], at->n_z);
    for (size_t r = answers->first[g]; r < answers->first[g + 1]; r++) {
        uint32_t c = answers->cell[r];
        double eta = at->cell[0][c] + part, along = at->by_cell[0][c] + turned, w = row_weight ? row_weight[task->row[r]] : 1;
        if (!answers->n_levels) {
            sum += w * (answers->number[r] - eta) * along;
            continue;
        }
        size_t y = (size_t)answers->level[r];
        double up = y < m ? mlab_logistic(task->estimate[y] - eta) : 1, low = y > 0 ? mlab_logistic(task->estimate[y - 1] - eta) : 0;
        double p = fmax(up - low, 1e-300);
        sum += w * (up * (1 - up) * ((y < m ? theta[y] : 0) - along) - low * (1 - low) * ((y > 0 ? theta[y - 1] : 0) - along)) / p;
    }
    return sum;
}

/* Mean (stat 0 of two), share or number of a person at a wave; derivatives as for incidence. */
static double person_answer(const mlab_task *task, parts *at, size_t arm, int32_t wave, size_t stat, const double *z, double weight, double *theta)
{
    size_t m = task->answers.n_levels ? task->answers.n_levels - 1 : 0, c = arm * task->cohort->n_times + (size_t)wave;
    bool mean = task->n_stats == 2 && stat == 0;
    double eta = at->cell[0][c] + person_part(at, 0, z), value = mean ? task->score[0] : 0, by_eta = 0;
    if (m == 0 && !task->answers.n_levels) {
        value = eta;
        by_eta = weight;
    }
    if (m > 0 && !mean && task->satisfied_from == 0) value = 1;
    for (size_t k = 0; k < m; k++) {
        double by = mean ? task->score[k + 1] - task->score[k] : (int32_t)k + 1 == task->satisfied_from;
        double p = by != 0 ? mlab_logistic(eta - task->estimate[k]) : 0, d = weight * by * p * (1 - p);
        value += by * p;
        by_eta += d;
        theta[k] -= d;
    }
    at->by_cell[0][c] += by_eta;
    for (size_t j = 0; j < at->n_z; j++) at->by_z[0][j] += by_eta * z[j];
    return value;
}

size_t mlab_influence_room(const mlab_task *task)
{
    size_t cells = task->cohort->n_arms * task->cohort->n_times, n = task->n_main + task->n_leaving;
    return MOST_BLOCKS * (2 * cells + task->cohort->n_z) + 2 * n + n * n + 4 * task->cohort->n_times + task->cohort->n_people + 256;
}

typedef struct one_level {
    size_t arm, stat;
    int32_t horizon;
} one_level;

static void influence_of(const mlab_task *task, const one_level *level, const mlab_sample *everybody, const double *row_weight, mlab_room *room,
                         double *psi, size_t stride)
{
    size_t mark = room->used, n = everybody->n, times = task->cohort->n_times;
    bool answers = task->kind == MLAB_TASK_ANSWERS;
    const double *z = task->cohort->z, *weight = task->weighted ? row_weight : NULL;
    size_t q = task->weighted ? 0 : task->cohort->n_z;
    parts at = {0};
    set_parts(task, room, &at);
    double *value = mlab_room_take(room, n), *there = mlab_room_take(room, times), *incidence = mlab_room_take(room, times),
           *stay = mlab_room_take(room, times), *theta = mlab_room_take(room, answers ? task->n_main : 0), count = 0, mean = 0;
    for (size_t g = 0; g < n; g++) count += !task->eligible || task->eligible[g];
    for (size_t g = 0; g < n; g++) {
        if (task->eligible && !task->eligible[g]) continue;
        value[g] = answers ? person_answer(task, &at, level->arm, level->horizon, level->stat, z + g * q, 1 / count, theta)
                           : person_incidence(task, &at, level->arm, level->horizon, z + g * q, 1 / count, there, incidence, stay);
        mean += value[g] / count;
    }
    turn(task, &at, room, theta);
    double sign = !answers && task->outcome->absence ? -1 : 1;
    for (size_t g = 0; g < n; g++) {
        double sum = answers ? answer_score(task, &at, theta, g, weight) : hazard_score(&task->main, &at, 0, g, weight, task->row);
        if (task->has_leaving) sum += hazard_score(&task->leaving, &at, task->main.is.n_blocks, g, weight, task->leaving_row);
        if (!task->eligible || task->eligible[g]) sum += (value[g] - mean) / count;
        psi[g * stride] = sign * sum;
    }
    room->used = mark;
}

void mlab_task_influence(const mlab_context *context, const mlab_task *task, const mlab_sample *everybody, const double *row_weight, mlab_room *room,
                         double *psi, size_t stride)
{
    (void)context;
    for (size_t a = 0; a < task->cohort->n_arms; a++)
        for (size_t h = 0; h < task->n_horizons; h++)
            for (size_t s = 0; s < task->n_stats; s++) {
                one_level level = {a, s, task->horizon[h]};
                if (level.horizon >= 0 && task->people[a] > 0)
                    influence_of(task, &level, everybody, row_weight, room, psi + (a * task->n_horizons + h) * task->n_stats + s, stride);
            }
}

/* Influences of rows that go together are added up: from [people * n_levels] to [clusters * n_levels]. */
static mlab_status add_clusters(mlab_analysis *analysis, mlab_error *err)
{
    const mlab_cohort *cohort = analysis->cohort;
    const size_t levels = analysis->n_levels;
    if (!cohort->cluster) return MLAB_OK;
    double *sums = mlab_allocate(analysis->context, cohort->n_clusters, (levels ? levels : 1) * sizeof *sums);
    if (!sums) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu clusters", cohort->n_clusters);
    for (size_t g = 0; g < cohort->n_people; g++)
        for (size_t j = 0; j < levels; j++) sums[cohort->cluster[g] * levels + j] += analysis->spread[g * levels + j];
    mlab_release(analysis->context, analysis->spread);
    analysis->spread = sums;
    return MLAB_OK;
}

mlab_status mlab_analysis_influence(mlab_analysis *analysis, mlab_error *err)
{
    const mlab_context *context = analysis->context;
    size_t n = analysis->cohort->n_people, size = 0;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        size_t own = mlab_influence_room(analysis->task[k]);
        size = own > size ? own : size;
    }
    mlab_room room = {.memory = mlab_allocate(context, size, sizeof(double)), .size = size};
    uint32_t *who = mlab_allocate(context, n, sizeof *who);
    double *one = mlab_allocate(context, n, sizeof *one);
    analysis->spread = mlab_allocate(context, n, (analysis->n_levels ? analysis->n_levels : 1) * sizeof *analysis->spread);
    if (!room.memory || !who || !one || !analysis->spread) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu people", n);
        goto out;
    }
    for (size_t g = 0; g < n; g++) {
        who[g] = (uint32_t)g;
        one[g] = 1;
    }
    mlab_sample everybody = {.n = n, .who = who, .weight = one};
    for (size_t k = 0; k < analysis->n_tasks; k++)
        mlab_task_influence(context, analysis->task[k], &everybody, analysis->weights->row, &room, analysis->spread + analysis->offset[k],
                            analysis->n_levels);
    status = add_clusters(analysis, err);
out:
    mlab_release(context, one);
    mlab_release(context, who);
    mlab_release(context, room.memory);
    return status;
}
