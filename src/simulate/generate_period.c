/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One period of a generated firm: promotions, exits, informal starts, surveys.
 *
 * A hazard is that of a whole period and constant inside it given the state at its start: the waiting time is exponential, so the
 * chance over d of D days is 1 - exp(-h d / D) (complementary log-log with offset log(d / D)) and events fall on days. Exits
 * compete: the cause of an exit is voluntary with probability h_v / (h_v + h_i). A promotion is drawn before the exit;
 * whoever has both in one period is promoted on the earlier day, so that no promotion is lost to an exit and both risk sets are
 * everybody at the start, as the panel has it. People are hired in the morning, events fall in the evening of their day,
 * relationships begin in the morning (docs/panel.md).
 * Source: discrete competing hazards, design rules 4 and 5; exponential waiting times as in any survival text.
 * Weakness: at most one promotion a period. */
#include "simulate/truth.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/random.h"

#include <math.h>

#define YEAR_DAYS 365.25

static double arm_effect(const mlab_effects *effects, uint8_t arm, bool none)
{
    return none || arm == 0 ? 0 : arm == 1 ? effects->structured : effects->informal;
}

/* Linear predictors of everybody, then hazards. */
static void set_rates(mlab_firm *firm, mlab_firm_period *period)
{
    const mlab_truth *t = firm->truth;
    const mlab_effects *effects[] = {&t->promotion, &t->voluntary, &t->involuntary, &t->satisfaction, &t->informal_start};
    for (int p = 0; p < 5; p++) {
        double by_arm[3] = {0, arm_effect(effects[p], 1, t->no_effect), arm_effect(effects[p], 2, t->no_effect)};
        double *rate = period->rate[p];
        for (size_t j = 0; j < period->n; j++) {
            uint32_t i = period->who[j];
            int32_t clock = p == MLAB_PREDICTOR_PROMOTION ? firm->in_grade_since[i] : firm->hired[i] - 1;
            rate[j] = firm->base[p][i] + by_arm[firm->arm[i]] + effects[p]->years * ((period->start[j] - clock) / YEAR_DAYS);
        }
        if (p != MLAB_PREDICTOR_SATISFACTION) mlab_exp_array(firm->context, rate, rate, period->n);
    }
}

/* Standard exponential waiting times from uniforms 0, 1, 3; uniform 2 is the cause. */
static void set_waits(mlab_firm *firm, mlab_firm_period *period)
{
    static const int from[] = {0, 1, 3};
    for (int w = 0; w < 3; w++) {
        double *wait = period->wait[w];
        for (size_t j = 0; j < period->n; j++) wait[j] = period->uniform[j * MLAB_FIRM_UNIFORMS + (size_t)from[w]];
        mlab_log_array(firm->context, wait, wait, period->n);
        for (size_t j = 0; j < period->n; j++) wait[j] = -wait[j];
    }
}

/* Day 1 .. days of an event with hazard `rate` a period of `length` days, 0 = none within `days`. */
static int32_t day_of(double wait, double rate, int32_t days, int32_t length)
{
    double t = wait * length;
    if (!(t <= rate * days)) return 0;
    double day = ceil(t / rate);
    return day < 1 ? 1 : day > days ? days : (int32_t)day;
}

static mlab_status promote(mlab_firm *firm, uint32_t i, int32_t date, mlab_error *err)
{
    mlab_status status = mlab_grow(firm->context, &firm->promotions, firm->n_promotions, &firm->promotions_room, sizeof *firm->promotions, err);
    if (status) return status;
    firm->grade[i]++;
    firm->in_grade_since[i] = date;
    firm->promotions[firm->n_promotions++] = (mlab_firm_promotion){i, date, firm->grade[i]};
    return MLAB_OK;
}

mlab_status mlab_firm_events(mlab_firm *firm, mlab_firm_period *period, mlab_error *err)
{
    int32_t stop = firm->boundary[period->k + 1], length = stop - firm->boundary[period->k];
    set_rates(firm, period);
    set_waits(firm, period);
    for (size_t j = 0; j < period->n; j++) {
        uint32_t i = period->who[j];
        int32_t days = stop - period->start[j], promoted = 0;
        double voluntary = period->rate[MLAB_PREDICTOR_VOLUNTARY][j], all = voluntary + period->rate[MLAB_PREDICTOR_INVOLUNTARY][j];
        if (firm->grade[i] < firm->truth->grades) promoted = day_of(period->wait[0][j], period->rate[MLAB_PREDICTOR_PROMOTION][j], days, length);
        int32_t left = day_of(period->wait[1][j], all, days, length);
        if (left == 1 && firm->hired[i] > period->start[j]) left = 2; /* not on the day they were hired */
        if (promoted == 1 && firm->hired[i] > period->start[j]) promoted = 2;
        if (left && promoted > left) { /* both: the promotion on the earlier day */
            int32_t late = promoted;
            promoted = left;
            left = late;
        }
        if (left) {
            firm->left[i] = period->start[j] + left;
            firm->cause[i] = period->uniform[j * MLAB_FIRM_UNIFORMS + 2] * all >= voluntary;
        }
        if (!promoted) continue;
        mlab_status status = promote(firm, i, period->start[j] + promoted, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* A mentor for person i: the first of a walk from a drawn person on who is of the same department, of grade 3 or more and not lower,
 * and there that day. */
static uint32_t find_mentor(const mlab_firm *firm, uint32_t i, int32_t k, int32_t day)
{
    mlab_address address = {
        .seed = firm->seed, .replicate = firm->replicate, .entity = i, .period = (uint16_t)k, .purpose = MLAB_PURPOSE_GENERATE_PAIR};
    uint32_t m = (uint32_t)mlab_random_below(&address, 0, firm->n_start);
    for (uint32_t step = 0; step < firm->n_start; step++, m = m + 1 == firm->n_start ? 0 : m + 1) {
        bool there = firm->left[m] == MLAB_DATE_MISSING || firm->left[m] > day;
        if (m != i && there && firm->department[m] == firm->department[i] && firm->grade[m] >= 3 && firm->grade[m] >= firm->grade[i]) return m;
    }
    return UINT32_MAX;
}

/* Length in days of an informal relationship: exponential, at least 30 days. */
static int32_t informal_days(const mlab_firm *firm, uint32_t i, int32_t k)
{
    mlab_address address = {
        .seed = firm->seed, .replicate = firm->replicate, .entity = i, .period = (uint16_t)k, .purpose = MLAB_PURPOSE_GENERATE_PAIR};
    double days = -mlab_log(mlab_random_uniform(&address, 2)) * firm->truth->informal_months * 30.4375;
    return (int32_t)fmin(fmax(days, 30), 20000);
}

mlab_status mlab_firm_informal(mlab_firm *firm, mlab_firm_period *period, mlab_error *err)
{
    int32_t stop = firm->boundary[period->k + 1], length = stop - firm->boundary[period->k];
    for (size_t j = 0; j < period->n; j++) {
        uint32_t i = period->who[j];
        if (firm->arm[i] != 0) continue;
        int32_t day = day_of(period->wait[2][j], period->rate[MLAB_PREDICTOR_INFORMAL][j], stop - period->start[j], length);
        if (!day) continue;
        int32_t date = period->start[j] + day;
        if (day == 1) date++; /* the first morning would be read as the state of this period's start */
        if (date > stop || (firm->left[i] != MLAB_DATE_MISSING && date >= firm->left[i])) continue;
        uint32_t mentor = find_mentor(firm, i, period->k, date);
        if (mentor == UINT32_MAX) continue;
        mlab_status status = mlab_grow(firm->context, &firm->pairs, firm->n_pairs, &firm->pairs_room, sizeof *firm->pairs, err);
        if (status) return status;
        firm->pairs[firm->n_pairs++] = (mlab_firm_pair){mentor, i, date, date + informal_days(firm, i, period->k), 2};
        period->begins[j] = 2;
    }
    return MLAB_OK;
}

/* The 45th day of the period; asked are those there that day. Latent logistic variable: eta + logit(u). */
mlab_status mlab_firm_survey(mlab_firm *firm, mlab_firm_period *period, mlab_error *err)
{
    int32_t date = firm->boundary[period->k] + 45;
    const double *eta = period->rate[MLAB_PREDICTOR_SATISFACTION];
    mlab_address address = {.seed = firm->seed, .replicate = firm->replicate, .period = (uint16_t)period->k, .purpose = MLAB_PURPOSE_GENERATE_SURVEY};
    mlab_random_fill(firm->context, &address, period->who, period->n, 2, period->uniform);
    for (size_t j = 0; j < period->n; j++) {
        double u = period->uniform[2 * j + 1];
        period->wait[0][j] = u;
        period->wait[1][j] = 1 - u;
    }
    mlab_log_array(firm->context, period->wait[0], period->wait[0], period->n);
    mlab_log_array(firm->context, period->wait[1], period->wait[1], period->n);
    for (size_t j = 0; j < period->n; j++) {
        uint32_t i = period->who[j];
        if (period->start[j] >= date || (firm->left[i] != MLAB_DATE_MISSING && firm->left[i] <= date)) continue;
        if (period->uniform[2 * j] >= firm->truth->response) continue;
        double latent = eta[j] + period->wait[0][j] - period->wait[1][j];
        int32_t level = 0;
        while (level < MLAB_N_SATISFACTION - 1 && latent > firm->truth->threshold[level]) level++;
        mlab_status status = mlab_grow(firm->context, &firm->answers, firm->n_answers, &firm->answers_room, sizeof *firm->answers, err);
        if (status) return status;
        firm->answers[firm->n_answers++] = (mlab_firm_answer){i, date, level};
    }
    return MLAB_OK;
}

/* Pairs end when one of the two leaves; with the switch, those of leavers close shortly before the exit of the mentee. */
void mlab_firm_close_pairs(mlab_firm *firm)
{
    int32_t last = firm->boundary[firm->truth->periods];
    for (size_t k = 0; k < firm->n_pairs; k++) {
        mlab_firm_pair *pair = &firm->pairs[k];
        int32_t mentee_left = firm->left[pair->mentee], mentor_left = firm->left[pair->mentor];
        if (mentor_left != MLAB_DATE_MISSING && mentor_left < pair->end) pair->end = mentor_left;
        if (mentee_left != MLAB_DATE_MISSING && mentee_left <= pair->end) {
            mlab_address address = {.seed = firm->seed,
                                    .replicate = firm->replicate,
                                    .entity = pair->mentee,
                                    .purpose = MLAB_PURPOSE_GENERATE_PAIR,
                                    .pair = pair->mentor + 1};
            pair->end = mentee_left;
            int32_t early = mentee_left - 15 - (int32_t)mlab_random_below(&address, 1, 61);
            if (mlab_random_uniform(&address, 0) < firm->truth->close_before_exit && early > pair->start) pair->end = early;
        }
        if (pair->end > last) pair->end = MLAB_DATE_MISSING;
    }
}
