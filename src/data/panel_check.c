/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds of any panel, whatever it was made from. */
#include "data/panel_check.h"

#include "core/error.h"
#include "core/number.h"

/* --- what holds of any panel ---------------------------------------------------------------------- */

mlab_status mlab_panel_wrong(const mlab_panel *p, size_t row, const char *what, mlab_error *err)
{
    char start[16], stop[16];
    mlab_date_print(p->start[row], start, sizeof start);
    mlab_date_print(p->stop[row], stop, sizeof stop);
    return mlab_raise(err, MLAB_ERR_ARGUMENT, "panel row %zu, person %s (%s, %s]: %s", row, p->ids[p->person[row]], start, stop, what);
}

typedef struct checker {
    const mlab_panel *panel;
    mlab_error *err;
} checker;

static mlab_status wrong(const checker *c, size_t row, const char *what)
{
    return mlab_panel_wrong(c->panel, row, what, c->err);
}

static mlab_status check_order(const checker *c, size_t i)
{
    const mlab_panel *p = c->panel;
    int32_t first = mlab_date_add_months(p->from, p->period[i] * p->months_per_period) - 1;
    int32_t next = mlab_date_add_months(p->from, (p->period[i] + 1) * p->months_per_period) - 1;
    if (p->person[i] >= p->n_ids) return wrong(c, 0, "no such person");
    if (p->start[i] >= p->stop[i]) return wrong(c, i, "ends before it starts");
    if (p->period[i] < 0 || p->period[i] >= p->n_periods || p->start[i] < first || p->stop[i] > next) return wrong(c, i, "outside its period");
    if (p->stop[i] > p->to) return wrong(c, i, "ends after the panel");
    bool same = i > 0 && p->person[i - 1] == p->person[i];
    if (i > 0 && p->person[i - 1] > p->person[i]) return wrong(c, i, "people are not in order");
    if (same && p->spell[i - 1] == p->spell[i] && p->stop[i - 1] != p->start[i]) return wrong(c, i, "a gap or an overlap with the row before");
    if (same && p->stop[i - 1] > p->start[i]) return wrong(c, i, "begins before the row before ends");
    if (same && p->spell[i] < p->spell[i - 1]) return wrong(c, i, "stays are not in order");
    bool stays = same && p->spell[i] == p->spell[i - 1];
    if (p->since[i] < 0 || (stays && p->since[i] - p->since[i - 1] != p->period[i] - p->period[i - 1]))
        return wrong(c, i, "since does not count periods");
    if (!stays && p->since[i] != 0) return wrong(c, i, "since does not begin at 0");
    if (same && p->prevalent[i] != p->prevalent[i - 1]) return wrong(c, i, "prevalent changes within a person");
    return MLAB_OK;
}

static mlab_status check_arm(const checker *c, const mlab_column *arm, size_t i)
{
    int32_t code = c->panel->arm[i];
    bool missing = arm->missing && arm->missing[i];
    if (code < -1 || code >= c->panel->n_arms) return wrong(c, i, "no such arm");
    if (missing != (code < 0) || (!missing && arm->as.integer[i] != code)) return wrong(c, i, "the column arm differs from the array");
    return MLAB_OK;
}

static mlab_status check_event(const checker *c, const mlab_panel_event *event, size_t i)
{
    const mlab_panel *p = c->panel;
    const mlab_column *column = mlab_table_find(p->rows, event->response);
    if (!column) return wrong(c, i, "an event has no column");
    bool missing = column->missing && column->missing[i];
    if (missing == event->at_risk[i]) return wrong(c, i, "the event's column is missing where at risk, or the reverse");
    if (!event->at_risk[i] && (event->what[i] || event->share[i] != 0)) return wrong(c, i, "an event or share without risk");
    if (event->at_risk[i] && !(event->share[i] > 0 && event->share[i] <= 1)) return wrong(c, i, "a share outside (0, 1]");
    if (event->what[i] > event->n_causes) return wrong(c, i, "no such cause");
    if (!missing && column->as.integer[i] != event->what[i]) return wrong(c, i, "the event's column differs from the array");
    if ((event->day[i] == MLAB_DATE_MISSING) != (event->what[i] == 0)) return wrong(c, i, "a day without an event, or the reverse");
    if (event->what[i] && (event->day[i] <= p->start[i] || event->day[i] > p->stop[i])) return wrong(c, i, "an event outside its row");
    return MLAB_OK;
}

mlab_status mlab_panel_check(const mlab_panel *panel, mlab_error *err)
{
    checker c = {panel, err};
    const mlab_column *arm = mlab_table_find(panel->rows, "arm");
    size_t people = 0;
    mlab_status status;
    if (!arm || panel->rows->n_rows != panel->n_rows)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "the panel has no column arm, or another number of rows");
    for (size_t i = 0; i < panel->n_rows; i++) {
        if ((status = check_order(&c, i)) || (status = check_arm(&c, arm, i))) return status;
        for (size_t k = 0; k < panel->n_events; k++)
            if ((status = check_event(&c, &panel->events[k], i))) return status;
        people += i == 0 || panel->person[i] != panel->person[i - 1];
    }
    return people == panel->n_people ? MLAB_OK
                                     : mlab_raise(err, MLAB_ERR_ARGUMENT, "the panel counts %zu people, its rows %zu", panel->n_people, people);
}
