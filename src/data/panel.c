/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The person-period panel as a thing: releasing it, finding an event. */
#include "core/memory.h"
#include "mentorlab/data.h"

#include <string.h>

static void free_names(const mlab_context *context, char **names, size_t n)
{
    for (size_t i = 0; names && i < n; i++) mlab_release(context, names[i]);
    mlab_release(context, names);
}

static void free_event(const mlab_context *context, mlab_panel_event *event)
{
    mlab_release(context, event->name);
    mlab_release(context, event->response);
    free_names(context, event->causes, (size_t)event->n_causes);
    mlab_release(context, event->what);
    mlab_release(context, event->at_risk);
    mlab_release(context, event->share);
    mlab_release(context, event->day);
}

void mlab_panel_free(mlab_panel *panel)
{
    if (!panel) return;
    const mlab_context *context = panel->context;
    mlab_table_free(panel->rows);
    free_names(context, panel->ids, panel->n_ids);
    free_names(context, panel->arms, (size_t)panel->n_arms);
    free_names(context, panel->measures, panel->n_measures);
    for (size_t k = 0; panel->events && k < panel->n_events; k++) free_event(context, &panel->events[k]);
    mlab_release(context, panel->events);
    mlab_release(context, panel->person);
    mlab_release(context, panel->spell);
    mlab_release(context, panel->period);
    mlab_release(context, panel->since);
    mlab_release(context, panel->start);
    mlab_release(context, panel->stop);
    mlab_release(context, panel->arm);
    mlab_release(context, panel->prevalent);
    mlab_release(context, panel->final);
    mlab_release(context, panel->period_name);
    mlab_release(context, panel);
}

const mlab_panel_event *mlab_panel_find_event(const mlab_panel *panel, const char *outcome_or_response)
{
    for (size_t k = 0; k < panel->n_events; k++)
        if (!strcmp(panel->events[k].name, outcome_or_response) || !strcmp(panel->events[k].response, outcome_or_response)) return &panel->events[k];
    return NULL;
}
