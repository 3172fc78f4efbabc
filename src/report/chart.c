/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small charts as inline SVG: intervals, lines, bars. Drawn with the page's colours, so that they can be read in the dark and on paper; groups differ
 * by dash and by a label at the line's end, not by colour alone. A table with the numbers stands behind each.
 *
 * Weakness: labels are placed by the width that their characters have on average, so very wide letters can touch a chart.
 */
#include "core/number.h"
#include "report/tell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 720, LABEL = 230, TOLD = 150, ROW = 30, TOP = 12, AXIS = 34, MOST_TICKS = 12 };

static void put(mlab_doc *doc, const char *text)
{
    mlab_text_append(&doc->text, text);
}

/* A coordinate with one decimal: enough on a screen, and the same bytes everywhere. */
static void coordinate(mlab_doc *doc, const char *before, double value)
{
    put(doc, before);
    mlab_text_number(&doc->text, floor(value * 10 + 0.5) / 10);
}

static void text_at(mlab_doc *doc, double x, double y, const char *class, const char *plain)
{
    coordinate(doc, "<text x=\"", x);
    coordinate(doc, "\" y=\"", y);
    mlab_text_print(&doc->text, "\" class=\"%s\">", class);
    mlab_doc_escape(doc, plain);
    put(doc, "</text>\n");
}

static void line_at(mlab_doc *doc, double x1, double y1, double x2, double y2, const char *class)
{
    coordinate(doc, "<line x1=\"", x1);
    coordinate(doc, "\" y1=\"", y1);
    coordinate(doc, "\" x2=\"", x2);
    coordinate(doc, "\" y2=\"", y2);
    mlab_text_print(&doc->text, "\" class=\"%s\"/>\n", class);
}

static void start(mlab_doc *doc, const char *title, double height)
{
    const unsigned id = ++doc->n_charts;
    mlab_text_print(&doc->text, "<figure><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"chart%u\"><title id=\"chart%u\">", WIDTH,
                    (int)ceil(height), id, id);
    mlab_doc_escape(doc, title);
    put(doc, "</title>\n");
}

static void finish(mlab_doc *doc)
{
    put(doc, "</svg></figure>\n");
}

/* Round steps of 1, 2 or 5 times a power of ten that cover low to high. */
typedef struct axis {
    double low, high, step;
    double left, right; /* or bottom and top */
    int decimals;
} axis;

static axis axis_for(double low, double high, double left, double right, int wanted)
{
    if (!(high > low)) high = low + 1;
    const double raw = (high - low) / wanted, unit = pow(10, floor(log10(raw))), first = raw / unit;
    axis a = {.step = unit * (first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10), .left = left, .right = right};
    a.low = floor(low / a.step + 1e-9) * a.step;
    a.high = ceil(high / a.step - 1e-9) * a.step;
    a.decimals = a.step >= 1 ? 0 : (int)ceil(-log10(a.step) - 1e-9);
    return a;
}

static double at(const axis *a, double value)
{
    return a->left + (value - a->low) / (a->high - a->low) * (a->right - a->left);
}

static size_t ticks(const axis *a, double values[MOST_TICKS])
{
    size_t n = 0;
    for (; n < MOST_TICKS && a->low + (double)n * a->step <= a->high + a->step / 1e6; n++) values[n] = a->low + (double)n * a->step;
    return n;
}

/* --- intervals ------------------------------------------------------------------------------------- */

static void forest_row(mlab_doc *doc, const axis *x, const mlab_chart_interval *row, double y)
{
    text_at(doc, 0, y + 4, "label", row->label);
    text_at(doc, WIDTH, y + 4, "label right", row->told);
    line_at(doc, at(x, row->lower), y, at(x, row->upper), y, "whisker");
    coordinate(doc, "<circle cx=\"", at(x, row->estimate));
    coordinate(doc, "\" cy=\"", y);
    put(doc, "\" r=\"5\" class=\"dot\"/>\n");
    if (!row->truth) return;
    const double t = at(x, *row->truth);
    coordinate(doc, "<path d=\"M", t);
    coordinate(doc, " ", y - 8);
    coordinate(doc, "L", t + 6);
    coordinate(doc, " ", y);
    coordinate(doc, "L", t);
    coordinate(doc, " ", y + 8);
    coordinate(doc, "L", t - 6);
    coordinate(doc, " ", y);
    put(doc, "Z\" class=\"truth\"/>\n");
}

void mlab_chart_forest(mlab_doc *doc, const char *title, const char *unit, const mlab_chart_interval *rows, size_t n)
{
    double low = 0, high = 0, tick[MOST_TICKS];
    if (!doc->html || !n) return;
    for (size_t i = 0; i < n; i++) {
        low = fmin(fmin(low, rows[i].lower), fmin(rows[i].estimate, rows[i].truth ? *rows[i].truth : low));
        high = fmax(fmax(high, rows[i].upper), fmax(rows[i].estimate, rows[i].truth ? *rows[i].truth : high));
    }
    const axis x = axis_for(low, high, LABEL, WIDTH - TOLD - 10, 6);
    const double bottom = TOP + (double)n * ROW;
    start(doc, title, bottom + AXIS);
    const size_t n_ticks = ticks(&x, tick);
    for (size_t i = 0; i < n_ticks; i++) {
        mlab_number_text number;
        const bool zero = fabs(tick[i]) < x.step / 2;
        line_at(doc, at(&x, tick[i]), TOP, at(&x, tick[i]), bottom, zero ? "zero" : "grid");
        text_at(doc, at(&x, tick[i]), bottom + 14, "tick", mlab_tell_number(tick[i], x.decimals, true, number));
    }
    text_at(doc, (LABEL + WIDTH - TOLD) / 2.0, bottom + 30, "tick", unit);
    for (size_t i = 0; i < n; i++) forest_row(doc, &x, &rows[i], TOP + ((double)i + 0.5) * ROW);
    finish(doc);
}

/* --- lines ------------------------------------------------------------------------------------------- */

enum { PLOT_LEFT = 56, PLOT_RIGHT = 560, PLOT_BOTTOM = 232, LINE_KINDS = 5 };

static void draw_line(mlab_doc *doc, const axis *x, const axis *y, const mlab_chart_line *line, size_t kind)
{
    put(doc, "<path d=\"");
    for (size_t i = 0; i < line->n; i++) {
        coordinate(doc, i ? "L" : "M", at(x, line->x[i]));
        coordinate(doc, " ", at(y, line->steps && i ? line->y[i - 1] : line->y[i]));
        if (line->steps && i) coordinate(doc, "V", at(y, line->y[i]));
    }
    mlab_text_print(&doc->text, "\" class=\"line k%zu\"/>\n", kind % LINE_KINDS);
}

enum { MOST_LINES = 16, LABEL_STEP = 16 };

/* Lines by their last value, from the top down; their number. */
static size_t order_lines(const mlab_chart_line *lines, size_t n, size_t order[MOST_LINES])
{
    size_t found = 0;
    for (size_t k = 0; k < n; k++) {
        if (!lines[k].n) continue;
        size_t at_place = found++;
        for (; at_place > 0 && lines[order[at_place - 1]].y[lines[order[at_place - 1]].n - 1] < lines[k].y[lines[k].n - 1]; at_place--)
            order[at_place] = order[at_place - 1];
        order[at_place] = k;
    }
    return found;
}

/* Labels stand at the ends of their lines, pushed apart downwards, and up again where they would leave the chart. */
static void label_lines(mlab_doc *doc, const axis *x, const axis *y, const mlab_chart_line *lines, size_t n)
{
    size_t order[MOST_LINES];
    double place[MOST_LINES];
    const size_t found = order_lines(lines, n, order);
    for (size_t k = 0; k < found; k++) {
        place[k] = at(y, lines[order[k]].y[lines[order[k]].n - 1]);
        if (k && place[k] < place[k - 1] + LABEL_STEP) place[k] = place[k - 1] + LABEL_STEP;
    }
    double lowest = PLOT_BOTTOM - 4;
    for (size_t k = found; k-- > 0; lowest -= LABEL_STEP) place[k] = fmin(place[k], lowest);
    for (size_t k = 0; k < found; k++) {
        const mlab_chart_line *line = &lines[order[k]];
        line_at(doc, at(x, line->x[line->n - 1]) + 2, at(y, line->y[line->n - 1]), PLOT_RIGHT + 8, place[k], "leader");
        mlab_text_print(&doc->text, "<path d=\"M%d ", PLOT_RIGHT + 10);
        coordinate(doc, "", place[k]);
        mlab_text_print(&doc->text, "h22\" class=\"line k%zu\"/>\n", order[k] % LINE_KINDS);
        text_at(doc, PLOT_RIGHT + 38, place[k] + 4, "label", line->label);
    }
}

void mlab_chart_lines(mlab_doc *doc, const char *title, const char *x_unit, const mlab_chart_line *lines, size_t n)
{
    double low = INFINITY, high = -INFINITY, last = 0, tick[MOST_TICKS];
    if (n > MOST_LINES) n = MOST_LINES;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < lines[k].n; i++) {
            low = fmin(low, lines[k].y[i]);
            high = fmax(high, lines[k].y[i]);
            last = fmax(last, lines[k].x[i]);
        }
    if (!doc->html || !(high >= low)) return;
    const axis y = axis_for(low, high, PLOT_BOTTOM, TOP + 18, 5), x = axis_for(0, last, PLOT_LEFT, PLOT_RIGHT, 8);
    start(doc, title, PLOT_BOTTOM + AXIS + 4);
    mlab_number_text number;
    size_t n_ticks = ticks(&y, tick);
    for (size_t i = 0; i < n_ticks; i++) {
        line_at(doc, PLOT_LEFT, at(&y, tick[i]), PLOT_RIGHT, at(&y, tick[i]), "grid");
        text_at(doc, PLOT_LEFT - 8, at(&y, tick[i]) + 4, "tick right", mlab_tell_number(tick[i], y.decimals, false, number));
    }
    n_ticks = ticks(&x, tick);
    for (size_t i = 0; i < n_ticks; i++)
        text_at(doc, at(&x, tick[i]), PLOT_BOTTOM + 16, "tick", mlab_tell_number(tick[i], x.decimals, false, number));
    text_at(doc, (PLOT_LEFT + PLOT_RIGHT) / 2.0, PLOT_BOTTOM + 34, "tick", x_unit);
    text_at(doc, 0, TOP + 4, "label", title);
    for (size_t k = 0; k < n; k++)
        if (lines[k].n) draw_line(doc, &x, &y, &lines[k], k);
    label_lines(doc, &x, &y, lines, n);
    finish(doc);
}

/* --- bars --------------------------------------------------------------------------------------------- */

void mlab_chart_bars(mlab_doc *doc, const char *title, double most, const mlab_chart_bar *bars, size_t n)
{
    if (!doc->html || !n || !(most > 0)) return;
    start(doc, title, TOP + (double)n * ROW);
    for (size_t i = 0; i < n; i++) {
        const double y = TOP + (double)i * ROW, width = fmax(0, fmin(1, bars[i].value / most)) * (WIDTH - LABEL - TOLD - 10);
        text_at(doc, 0, y + 15, "label", bars[i].label);
        coordinate(doc, "<rect x=\"", LABEL);
        coordinate(doc, "\" y=\"", y + 2);
        coordinate(doc, "\" width=\"", width);
        put(doc, "\" height=\"18\" rx=\"2\" class=\"bar\"/>\n");
        text_at(doc, LABEL + width + 8, y + 15, "label", bars[i].told);
    }
    finish(doc);
}
