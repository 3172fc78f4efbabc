/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small groups must not leak: cells under the minimum are hidden, and others with them, until no hidden cell follows by subtraction.
 *
 * Rows and columns are the nodes of a graph, hidden cells its edges (Gusfield 1988, doi:10.1137/0217034). A cell can have another value with
 * all printed numbers unchanged exactly when it lies on a cycle whose cells go up and down by one in turn; a cell of 1 cannot go down,
 * because everybody knows that zeros are not hidden. Totals are cells too, of the opposite sign. A cell that lies on no such cycle gets the
 * cheapest one: the path of least count through cells that are still shown is hidden (Kelly, Golden & Assad 1992, doi:10.1002/net.3230220407).
 * Weakness: cells are hidden one after the other, so now and then more than the fewest possible; it protects against subtraction within one table,
 * not against other tables about the same people.
 */
#include "core/error.h"
#include "core/memory.h"
#include "mentorlab/report.h"

#include <string.h>

/* The table with its totals as last row and column. */
typedef struct lattice {
    size_t rows, columns;               /* totals included */
    uint64_t *value;                    /* [rows * columns] */
    uint8_t *hidden;                    /* [rows * columns] */
    bool rows_printed, columns_printed; /* their totals */
    uint64_t *cost;                     /* [rows + columns] of the search */
    size_t *from;                       /* [rows + columns] node before */
    uint8_t *done;                      /* [rows + columns] */
} lattice;

static bool is_total(const lattice *l, size_t cell)
{
    return (cell / l->columns == l->rows - 1) != (cell % l->columns == l->columns - 1);
}

/* Whether a cell can change so that an edge is walked from its row to its column (up) or back. */
static bool walkable(const lattice *l, size_t cell, bool row_to_column)
{
    const bool goes_up = row_to_column != is_total(l, cell);
    return goes_up || l->value[cell] > 1;
}

#define UNREACHED UINT64_MAX

/* What hiding a shown cell costs; totals last, zeros never (their value would be known). */
static uint64_t price(const lattice *l, size_t cell)
{
    if (l->hidden[cell]) return 0;
    const bool margin = cell / l->columns == l->rows - 1 || cell % l->columns == l->columns - 1;
    if (l->value[cell] == 0 || (cell == l->rows * l->columns - 1)) return UNREACHED;
    const uint64_t count = l->value[cell] < UINT64_C(1) << 40 ? l->value[cell] : UINT64_C(1) << 40;
    return margin ? (UINT64_C(1) << 44) + count : count;
}

static void relax(lattice *l, size_t node, size_t avoid)
{
    const bool at_row = node < l->rows;
    const size_t n = at_row ? l->columns : l->rows;
    for (size_t k = 0; k < n; k++) {
        const size_t cell = at_row ? node * l->columns + k : k * l->columns + (node - l->rows);
        const size_t next = at_row ? l->rows + k : k;
        if (cell == avoid || l->done[next] || !walkable(l, cell, at_row)) continue;
        const uint64_t step = price(l, cell);
        if (step == UNREACHED || l->cost[node] + step >= l->cost[next]) continue;
        l->cost[next] = l->cost[node] + step;
        l->from[next] = node;
    }
}

/* Dijkstra 1959, doi:10.1007/BF01386390, from one node to another without the cell `avoid`; the cost, UNREACHED = no path. */
static uint64_t find_path(lattice *l, size_t start, size_t goal, size_t avoid)
{
    const size_t n = l->rows + l->columns;
    for (size_t i = 0; i < n; i++) {
        l->cost[i] = UNREACHED;
        l->done[i] = 0;
    }
    l->cost[start] = 0;
    for (;;) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!l->done[i] && l->cost[i] != UNREACHED && (best == n || l->cost[i] < l->cost[best])) best = i;
        if (best == n) return UNREACHED;
        if (best == goal) return l->cost[goal];
        l->done[best] = 1;
        relax(l, best, avoid);
    }
}

static void hide_path(lattice *l, size_t start, size_t goal)
{
    for (size_t node = goal; node != start; node = l->from[node]) {
        const size_t other = l->from[node], row = node < l->rows ? node : other, column = (node < l->rows ? other : node) - l->rows;
        l->hidden[row * l->columns + column] = 1;
    }
}

/* Makes a hidden cell ambiguous; true when something had to be hidden. *lost is set when nothing can make it so. */
static bool protect(lattice *l, size_t cell, bool *lost)
{
    const size_t row = cell / l->columns, column = l->rows + cell % l->columns;
    const bool up = walkable(l, cell, true), down = walkable(l, cell, false);
    const uint64_t back = up ? find_path(l, column, row, cell) : UNREACHED;
    if (back == 0) return false;
    const uint64_t forth = down ? find_path(l, row, column, cell) : UNREACHED;
    if (forth == 0) return false;
    if (back == UNREACHED && forth == UNREACHED) {
        *lost = true;
        return false;
    }
    if (forth <= back)
        hide_path(l, row, column);
    else {
        find_path(l, column, row, cell);
        hide_path(l, column, row);
    }
    return true;
}

/* Totals that are not printed anyway need no cover. */
static bool needs_cover(const lattice *l, size_t cell)
{
    const bool last_column = cell % l->columns == l->columns - 1, last_row = cell / l->columns == l->rows - 1;
    return l->hidden[cell] && !(last_column && !l->rows_printed) && !(last_row && !l->columns_printed);
}

static void protect_all(lattice *l)
{
    bool again = true, lost = false;
    while (again && !lost) {
        again = false;
        for (size_t cell = 0; cell < l->rows * l->columns && !lost; cell++)
            if (needs_cover(l, cell) && protect(l, cell, &lost)) again = true;
    }
    if (lost) memset(l->hidden, 1, l->rows * l->columns);
}

static void fill(lattice *l, const uint64_t *count, uint64_t minimum)
{
    const size_t rows = l->rows - 1, columns = l->columns - 1;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            const uint64_t c = count[i * columns + j];
            l->value[i * l->columns + j] = c;
            l->value[i * l->columns + columns] += c;
            l->value[rows * l->columns + j] += c;
            l->value[rows * l->columns + columns] += c;
        }
    for (size_t cell = 0; cell < l->rows * l->columns; cell++) l->hidden[cell] = l->value[cell] > 0 && l->value[cell] < minimum;
    for (size_t i = 0; i < rows; i++) l->hidden[i * l->columns + columns] |= !l->rows_printed;
    for (size_t j = 0; j < columns; j++) l->hidden[rows * l->columns + j] |= !l->columns_printed;
    if (l->hidden[l->rows * l->columns - 1]) memset(l->hidden, 1, l->rows * l->columns);
}

mlab_status mlab_privacy_table(const mlab_context *context, const uint64_t *count, size_t rows, size_t columns, uint64_t minimum, uint8_t *shown,
                               uint8_t *row_shown, uint8_t *column_shown, mlab_error *err)
{
    if (rows >= UINT32_MAX || columns >= UINT32_MAX || (columns && rows > SIZE_MAX / 64 / columns))
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a table of %zu rows and %zu columns is too large", rows, columns);
    for (size_t i = 0; i < rows * columns; i++) shown[i] = count[i] == 0 || count[i] >= minimum;
    if (!row_shown && !column_shown) return MLAB_OK;

    lattice l = {.rows = rows + 1, .columns = columns + 1, .rows_printed = row_shown != NULL, .columns_printed = column_shown != NULL};
    const size_t cells = l.rows * l.columns, nodes = l.rows + l.columns;
    mlab_status status = MLAB_OK;
    l.value = mlab_allocate(context, cells, sizeof *l.value);
    l.hidden = mlab_allocate(context, cells, sizeof *l.hidden);
    l.cost = mlab_allocate(context, nodes, sizeof *l.cost);
    l.from = mlab_allocate(context, nodes, sizeof *l.from);
    l.done = mlab_allocate(context, nodes, sizeof *l.done);
    if (!l.value || !l.hidden || !l.cost || !l.from || !l.done) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a table of %zu rows", rows);
        goto out;
    }
    fill(&l, count, minimum);
    protect_all(&l);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) shown[i * columns + j] = !l.hidden[i * l.columns + j];
    for (size_t i = 0; row_shown && i < rows; i++) row_shown[i] = !l.hidden[i * l.columns + columns];
    for (size_t j = 0; column_shown && j < columns; j++) column_shown[j] = !l.hidden[rows * l.columns + j];
out:
    mlab_release(context, l.done);
    mlab_release(context, l.from);
    mlab_release(context, l.cost);
    mlab_release(context, l.hidden);
    mlab_release(context, l.value);
    return status;
}

size_t mlab_privacy_curve(const mlab_curve *curve, uint64_t minimum)
{
    size_t n = 0;
    while (n < curve->n_times && curve->at_risk[n] >= (double)minimum) n++;
    return n;
}
