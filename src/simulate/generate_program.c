/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cohort of the structured program: who asks for a place, who draws one, who mentors.
 *
 * Asking depends on what the files record; places are limited by the program and by what mentors of grade 4 or more with two
 * years of tenure still offer; when more ask than there are places, a lottery in random order decides. The relationship starts on
 * the 20th day of the period, so the arm acts from the next one on.
 * Weakness: a mentor is drawn, not chosen by fit. */
#include "simulate/truth.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/random.h"

#include <math.h>
#include <stdlib.h>

typedef struct ticket {
    double key; /* smaller goes first */
    uint32_t person;
    uint32_t at; /* place in the period's list */
} ticket;

static int by_key(const void *a, const void *b)
{
    const ticket *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->person < y->person ? -1 : 1;
}

static bool there(const mlab_firm *firm, uint32_t i, int32_t day)
{
    return firm->left[i] == MLAB_DATE_MISSING || firm->left[i] > day;
}

/* Chance to ask: complementary log-log, so exp(eta) needs one exponential. */
static double asks(const mlab_firm *firm, uint32_t i, int32_t start)
{
    const mlab_effects *e = &firm->truth->application;
    double eta = e->intercept + e->entry_grade * firm->entry_grade[i] + (firm->male[i] ? e->male : 0) + e->performance * firm->performance[i] +
                 e->department[firm->department[i]] + e->hidden * firm->hidden[i] + e->years * ((start + 1 - firm->hired[i]) / 365.25);
    return -mlab_expm1(-mlab_exp(eta));
}

static size_t draw_tickets(const mlab_firm *firm, const mlab_firm_period *period, int32_t day, ticket *tickets)
{
    int32_t start = firm->boundary[period->k];
    size_t n = 0;
    for (size_t j = 0; j < period->n; j++) {
        uint32_t i = period->who[j];
        const double *u = period->uniform + j * MLAB_FIRM_UNIFORMS;
        if (firm->arm[i] || period->begins[j] || period->start[j] != start || !there(firm, i, day)) continue;
        if (firm->grade[i] > 4 || u[4] >= asks(firm, i, start)) continue;
        tickets[n++] = (ticket){u[5], i, (uint32_t)j};
    }
    qsort(tickets, n, sizeof *tickets, by_key);
    return n;
}

/* One slot for each place that a mentor still offers, in random order. taken is [n] working room. */
static size_t open_slots(const mlab_firm *firm, const mlab_firm_period *period, int32_t day, uint8_t *taken, ticket *slots)
{
    size_t n = 0;
    for (uint32_t i = 0; i < firm->n; i++) taken[i] = 0;
    for (size_t p = 0; p < firm->n_pairs; p++) {
        const mlab_firm_pair *pair = &firm->pairs[p];
        if (pair->arm == 1 && pair->end > day && there(firm, pair->mentee, day)) taken[pair->mentor]++;
    }
    mlab_address address = {
        .seed = firm->seed, .replicate = firm->replicate, .period = (uint16_t)period->k, .purpose = MLAB_PURPOSE_GENERATE_PAIR, .block = 8};
    for (size_t j = 0; j < period->n; j++) {
        uint32_t m = period->who[j];
        if (firm->grade[m] < 4 || firm->hired[m] + 730 > day || !there(firm, m, day)) continue;
        address.entity = m;
        for (uint8_t c = taken[m]; c < firm->capacity[m]; c++) slots[n++] = (ticket){mlab_random_uniform(&address, c), m, (uint32_t)j};
    }
    qsort(slots, n, sizeof *slots, by_key);
    return n;
}

/* The first slot whose mentor is another person and not of a lower grade. */
static uint32_t take_slot(const mlab_firm *firm, uint32_t mentee, ticket *slots, size_t n)
{
    for (size_t s = 0; s < n; s++) {
        uint32_t m = slots[s].person;
        if (m == UINT32_MAX || m == mentee || firm->grade[m] < firm->grade[mentee]) continue;
        slots[s].person = UINT32_MAX;
        return m;
    }
    return UINT32_MAX;
}

mlab_status mlab_firm_cohort(mlab_firm *firm, mlab_firm_period *period, mlab_error *err)
{
    const mlab_context *context = firm->context;
    mlab_status status = MLAB_OK;
    int32_t day = firm->boundary[period->k] + 20;
    ticket *tickets = mlab_allocate(context, period->n, sizeof *tickets);
    ticket *slots = mlab_allocate(context, period->n * 3, sizeof *slots);
    uint8_t *taken = mlab_allocate(context, firm->n, sizeof *taken);
    if (!tickets || !slots || !taken) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a cohort");
        goto out;
    }
    size_t n_tickets = draw_tickets(firm, period, day, tickets), n_slots = open_slots(firm, period, day, taken, slots);
    size_t places = (size_t)floor(firm->truth->program_places * (double)period->n + 0.5), first = 0;
    for (size_t k = 0; k < n_tickets && places; k++) {
        while (first < n_slots && slots[first].person == UINT32_MAX) first++;
        uint32_t mentor = take_slot(firm, tickets[k].person, slots + first, n_slots - first);
        if (mentor == UINT32_MAX) continue;
        if ((status = mlab_grow(context, &firm->pairs, firm->n_pairs, &firm->pairs_room, sizeof *firm->pairs, err))) goto out;
        int32_t end = mlab_date_add_months(day, (int)firm->truth->program_months);
        firm->pairs[firm->n_pairs++] = (mlab_firm_pair){mentor, tickets[k].person, day, end, 1};
        period->begins[tickets[k].at] = 1;
        places--;
    }
out:
    mlab_release(context, taken);
    mlab_release(context, slots);
    mlab_release(context, tickets);
    return status;
}
