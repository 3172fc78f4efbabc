/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in the study, who is out and why, step by step, as the CONSORT statement asks of trials (Schulz 2010, doi:10.1136/bmj.c332).
 * The steps add up: those in the files less those left out are those in the panel. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/loading.h"

#include <stdio.h>
#include <string.h>

enum { MOST_STEPS = 10 };

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for who is in the study");
}

static mlab_status add(mlab_loading *l, bool out, uint64_t people, const char *what, mlab_error *err)
{
    mlab_data *data = l->data;
    if (out && !people) return MLAB_OK;
    char *copy = mlab_copy_text(l->context, what);
    if (!copy) return no_memory(err);
    data->flow[data->n_flow++] = (mlab_flow_step){copy, people, out};
    return MLAB_OK;
}

typedef struct fates {
    uint64_t no_row, no_member, no_stay, before, after;
} fates;

static void count(const mlab_loading *l, const uint8_t *in_panel, fates *n)
{
    size_t s = 0;
    for (uint32_t rank = 0; rank < l->ids.n; rank++) {
        bool left = true; /* every stay ended before the panel */
        for (; s < l->n_spells && l->spells[s].person == rank; s++)
            left &= l->spells[s].to != MLAB_DATE_MISSING && l->spells[s].to < l->data->panel->from;
        uint8_t fate = l->fate ? l->fate[rank] : MLAB_FATE_STAYS;
        if (in_panel[rank]) continue;
        n->no_row += fate == MLAB_FATE_NO_ROW;
        n->no_member += fate == MLAB_FATE_NO_MEMBER;
        n->no_stay += fate == MLAB_FATE_NO_STAY;
        n->before += fate == MLAB_FATE_STAYS && left;
        n->after += fate == MLAB_FATE_STAYS && !left;
    }
}

mlab_status mlab_load_flow(mlab_loading *l, mlab_error *err)
{
    const mlab_panel *panel = l->data->panel;
    const mlab_setting *population = mlab_loading_population(l);
    uint8_t *in_panel = mlab_allocate(l->context, l->ids.n, 1);
    l->data->flow = mlab_allocate(l->context, MOST_STEPS, sizeof *l->data->flow);
    mlab_status status = in_panel && l->data->flow ? MLAB_OK : no_memory(err);
    char what[300];
    fates n = {0};
    if (status) goto out;
    for (size_t i = 0; i < panel->n_rows; i++) in_panel[panel->person[i]] = 1;
    count(l, in_panel, &n);
    snprintf(what, sizeof what, "in %.200s", l->ids.file);
    status = add(l, false, l->ids.texts.n, what, err);
    snprintf(what, sizeof what, "do not belong to the population (%.200s)", population ? mlab_setting_text(population) : "");
    if (!status) status = add(l, true, l->ids.texts.n - l->ids.n - l->n_impossible, what, err);
    if (!status) status = add(l, true, n.no_member, what, err);
    if (!status) status = add(l, true, l->n_impossible, "have no day of hire, or left before it", err);
    snprintf(what, sizeof what, "have no row in %.200s", l->job ? l->job->file : "");
    if (!status) status = add(l, true, n.no_row, what, err);
    snprintf(what, sizeof what, "have no stay in %.200s", l->job ? l->job->file : "");
    if (!status) status = add(l, true, n.no_stay, what, err);
    if (!status) status = add(l, true, n.before, "left before the study begins", err);
    if (!status) status = add(l, true, n.after, "come after it ends", err);
    snprintf(what, sizeof what, "there on at least one day of the study");
    if (!status) status = add(l, false, panel->n_people, what, err);
out:
    mlab_release(l->context, in_panel);
    return status;
}

mlab_status mlab_load_flow_of_rows(mlab_loading *l, size_t n, mlab_error *err)
{
    const mlab_table *people = l->data->people;
    char what[300];
    l->data->flow = mlab_allocate(l->context, MOST_STEPS, sizeof *l->data->flow);
    if (!l->data->flow) return no_memory(err);
    snprintf(what, sizeof what, "in %.200s", people->file);
    mlab_status status = add(l, false, n, what, err);
    snprintf(what, sizeof what, "do not belong to the population (%.200s)", mlab_setting_text(mlab_loading_population(l)));
    if (!status) status = add(l, true, n - people->n_rows, what, err);
    return status ? status : add(l, false, people->n_rows, "in the study", err);
}

size_t mlab_flow_told(const mlab_data *data, uint64_t minimum, mlab_flow_step *told)
{
    uint64_t small = 0;
    size_t n_small = 0, n = 0, least = SIZE_MAX;
    if (data->n_flow < 2 || data->flow[data->n_flow - 1].people < minimum) return 0;
    for (size_t i = 0; i < data->n_flow; i++) {
        const mlab_flow_step *step = &data->flow[i];
        if (step->out && step->people < minimum) {
            small += step->people;
            n_small++;
        } else if (step->out && (least == SIZE_MAX || step->people < data->flow[least].people)) {
            least = i;
        }
    }
    if (small && small < minimum && least == SIZE_MAX) { /* whom they are taken from would tell how many they are */
        told[0] = data->flow[data->n_flow - 1];
        return 1;
    }
    bool joined = small && (small < minimum || n_small == 1); /* one alone is never its own group: it is put to the least of the others */
    for (size_t i = 0; i < data->n_flow; i++) {
        const mlab_flow_step *step = &data->flow[i];
        if (step->out && (step->people < minimum || (joined && i == least))) continue;
        if (!step->out && i + 1 == data->n_flow && small)
            told[n++] = (mlab_flow_step){"are left out for other reasons", small + (joined ? data->flow[least].people : 0), true};
        told[n++] = *step;
    }
    return n;
}
