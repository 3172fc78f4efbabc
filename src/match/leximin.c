/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leximin by taking pairs away, the lowest scores first (a threshold that rises; Burkard & Rendl 1991 treat one place each).
 *
 * At hand are always a matching and all others that are as good so far: those of the pairs that are alive, in which some mentees must have a
 * mentor and mentors have between low and high mentees. All pairs of the next score are taken away; mentees who lose theirs look for another way
 * through changes of others (breadth first, in the residual network with one node for "nobody"). Whoever finds none needs a pair of this
 * score. When all pairs of the score are needed they are fixed. Otherwise labels of the nodes (a dual solution of "the fewest pairs of this score",
 * raised by 1 where a search ends) tell which pairs no best matching uses and which all do; the others stay alive, and what is left is again exactly
 * the set of matchings that are as good (complementary slackness, as in Huang, Kavitha, Mehlhorn & Michail 2016, doi:10.1007/s00453-015-9994-9).
 * Weakness: a score that many pairs share and only some need costs a pass over all that are alive.
 */
#include "match/leximin.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "match/policies.h"

#include <stdlib.h>

#define NONE UINT32_MAX
enum { LOOK = 256 }; /* levels between two looks at the clock */

typedef enum kind { MAY, MUST, DONE } kind; /* mentee: may stay without a mentor, must have one, has theirs (or nobody) for good */

typedef struct arc {
    double score;
    uint32_t row, column;
} arc;

/* Nodes: rows 0 .. n - 1, columns n .. n + m - 1, and n + m, nobody: it gives to rows and takes from columns. */
typedef struct leximin {
    const mlab_context *context;
    uint32_t n, m;
    size_t n_arcs;
    arc *arcs;                     /* [n_arcs] the lowest scores first */
    uint8_t *dead;                 /* [n_arcs] */
    size_t *first, *low;           /* [n + 1], [n]: arcs of a row in list, the lowest first; below low all are dead */
    uint32_t *list;                /* [n_arcs] */
    uint32_t *mate;                /* [n] arc, NONE = nobody */
    uint8_t *kind;                 /* [n] */
    uint32_t *head, *next, *prior; /* [m], [n], [n] rows of a column that may change */
    int32_t *load, *least, *most;  /* [m] mentees that may change; bounds of it */
    int32_t *lacks;                /* [m] mentees taken away in this level */
    uint8_t *waits;                /* [n] lost theirs in this level and looks for another way */
    uint32_t *unused;              /* [m] arcs alive that lead to it and are not used */
    uint32_t *lacking;             /* [n] columns that lack, with repetition */
    size_t n_lacking;
    int32_t *label;         /* [n + m + 1] */
    uint8_t *seen;          /* [n + m + 1] */
    uint32_t *from;         /* [n + m + 1] node before; for a column the arc */
    uint32_t *queue;        /* [n + m + 1] */
    size_t n_queue, n_kept; /* of the queue, those that earlier searches of this label reached in vain */
    size_t begin, end;      /* arcs of the level at hand */
    bool open;              /* first of all: any column with room will do, and nobody leaves */
    void *memory;
} leximin;

static uint32_t nobody(const leximin *x)
{
    return x->n + x->m;
}

static int by_score(const void *a, const void *b)
{
    const arc *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

/* --- the matching -------------------------------------------------------------------------------- */

static void join(leximin *x, uint32_t row, uint32_t a)
{
    const uint32_t c = x->arcs[a].column;
    x->mate[row] = a;
    x->prior[row] = NONE;
    x->next[row] = x->head[c];
    if (x->head[c] != NONE) x->prior[x->head[c]] = row;
    x->head[c] = row;
    x->unused[c]--;
}

static void leave(leximin *x, uint32_t row)
{
    const uint32_t c = x->arcs[x->mate[row]].column;
    if (x->prior[row] == NONE)
        x->head[c] = x->next[row];
    else
        x->next[x->prior[row]] = x->next[row];
    if (x->next[row] != NONE) x->prior[x->next[row]] = x->prior[row];
    x->mate[row] = NONE;
    x->unused[c]++;
}

static void kill(leximin *x, uint32_t a)
{
    if (x->dead[a]) return;
    x->dead[a] = 1;
    if (x->mate[x->arcs[a].row] != a) x->unused[x->arcs[a].column]--;
}

/* What the row has stays for good. */
static void settle(leximin *x, uint32_t row)
{
    const uint32_t a = x->mate[row];
    if (a != NONE) {
        const uint32_t c = x->arcs[a].column;
        leave(x, row);
        x->mate[row] = a;
        x->unused[c]--;
        x->load[c]--;
        x->most[c]--;
        if (x->least[c] > 0) x->least[c]--;
    }
    x->kind[row] = DONE;
    for (size_t k = x->low[row]; k < x->first[row + 1]; k++)
        if (x->list[k] != a) kill(x, x->list[k]);
}

/* --- one search ---------------------------------------------------------------------------------- */

static void reach(leximin *x, uint32_t node, uint32_t from)
{
    x->seen[node] = 1;
    x->from[node] = from;
    x->queue[x->n_queue++] = node;
}

static int32_t cost_of(const leximin *x, uint32_t a)
{
    return a >= x->begin && a < x->end;
}

/* Each returns the node at which the search ends, or NONE. */
static uint32_t scan_row(leximin *x, uint32_t row)
{
    while (x->low[row] < x->first[row + 1] && x->dead[x->list[x->low[row]]]) x->low[row]++;
    for (size_t k = x->first[row + 1]; k-- > x->low[row];) {
        const uint32_t a = x->list[k], node = x->n + x->arcs[a].column;
        if (x->dead[a] || x->seen[node] || x->mate[row] == a || cost_of(x, a) + x->label[row] != x->label[node]) continue;
        reach(x, node, a);
        if (x->open ? x->load[node - x->n] < x->most[node - x->n] : x->lacks[node - x->n] > 0) return node;
    }
    if (!x->open && x->kind[row] == MAY && !x->seen[nobody(x)] && x->label[row] == x->label[nobody(x)]) reach(x, nobody(x), row);
    return NONE;
}

static void scan_column(leximin *x, uint32_t node)
{
    const uint32_t c = node - x->n;
    for (uint32_t row = x->head[c]; row != NONE; row = x->next[row])
        if (!x->seen[row] && x->label[node] - cost_of(x, x->mate[row]) == x->label[row]) reach(x, row, node);
    if (x->load[c] < x->most[c] && !x->seen[nobody(x)] && x->label[node] == x->label[nobody(x)]) reach(x, nobody(x), node);
}

static bool can_give(const leximin *x, uint32_t c)
{
    return x->load[c] > x->least[c] && !x->seen[x->n + c] && x->label[x->n + c] == x->label[nobody(x)];
}

static uint32_t scan_nobody(leximin *x)
{
    for (size_t k = 0; k < x->n_lacking; k++) {
        const uint32_t c = x->lacking[k];
        if (!x->lacks[c] || !can_give(x, c)) continue;
        reach(x, x->n + c, NONE);
        return x->n + c;
    }
    for (uint32_t row = 0; row < x->n; row++)
        if (x->kind[row] == MAY && x->mate[row] == NONE && !x->waits[row] && !x->seen[row] && x->label[row] == x->label[nobody(x)])
            reach(x, row, nobody(x));
    for (uint32_t c = 0; c < x->m; c++)
        if (can_give(x, c)) reach(x, x->n + c, NONE);
    return NONE;
}

/* From the end back to the root: whoever is met on the way changes. */
static void change(leximin *x, uint32_t end, uint32_t root)
{
    if (x->open)
        x->load[end - x->n]++;
    else
        x->lacks[end - x->n]--;
    for (uint32_t node = end;;) {
        if (node == nobody(x)) { /* a column takes one more, or a row stays without */
            const uint32_t from = x->from[node];
            if (from >= x->n) x->load[from - x->n]++;
            if (from == root) return;
            node = from;
        } else if (node >= x->n && x->from[node] == NONE) { /* nobody comes instead */
            x->load[node - x->n]--;
            node = nobody(x);
        } else if (node >= x->n) {
            const uint32_t a = x->from[node], row = x->arcs[a].row;
            const uint32_t before = x->from[row];
            if (row != root && before != nobody(x)) leave(x, row);
            join(x, row, a);
            if (row == root) return;
            node = before;
        } else { /* a row that nobody was reached from: it gives its place up */
            const uint32_t before = x->from[node];
            leave(x, node);
            node = before;
        }
    }
}

/* A row without a place looks for a way; in vain it keeps what it reached marked. */
static bool look_for_way(leximin *x, uint32_t root)
{
    if (x->seen[root]) return false; /* an earlier search that found nothing came by */
    x->n_queue = x->n_kept;
    reach(x, root, NONE);
    uint32_t end = NONE;
    for (size_t k = x->n_kept; k < x->n_queue && end == NONE; k++) {
        const uint32_t node = x->queue[k];
        if (node < x->n)
            end = scan_row(x, node);
        else if (node < nobody(x))
            scan_column(x, node);
        else
            end = scan_nobody(x);
    }
    if (end == NONE) {
        x->n_kept = x->n_queue;
        return false;
    }
    for (size_t k = x->n_kept; k < x->n_queue; k++) x->seen[x->queue[k]] = 0;
    change(x, end, root);
    x->waits[root] = 0;
    return true;
}

static void forget(leximin *x)
{
    for (size_t k = 0; k < x->n_kept; k++) x->seen[x->queue[k]] = 0;
    x->n_kept = 0;
}

/* --- first of all: the most pairs ----------------------------------------------------------------- */

static void make_most_pairs(leximin *x)
{
    for (size_t k = x->n_arcs; k-- > 0;) { /* the highest first */
        const arc *a = &x->arcs[k];
        if (x->mate[a->row] != NONE || x->load[a->column] == x->most[a->column]) continue;
        join(x, a->row, (uint32_t)k);
        x->load[a->column]++;
    }
    x->open = true;
    for (uint32_t row = 0; row < x->n; row++) x->kind[row] = MUST;
    for (uint32_t row = 0; row < x->n; row++)
        if (x->mate[row] == NONE) (void)look_for_way(x, row);
    x->open = false;
    /* Rows that somebody left out reaches may take turns at being left out; the columns between them are full in every such matching. */
    for (size_t k = 0; k < x->n_kept; k++)
        if (x->queue[k] < x->n)
            x->kind[x->queue[k]] = MAY;
        else
            x->least[x->queue[k] - x->n] = x->most[x->queue[k] - x->n];
    for (uint32_t k = 0; k < x->n_arcs; k++)
        if (x->kind[x->arcs[k].row] == MUST && x->seen[x->n + x->arcs[k].column]) kill(x, k);
    forget(x);
}

/* --- one level ------------------------------------------------------------------------------------ */

/* What labels say of every matching with the fewest pairs of this level. */
static void rule_out(leximin *x)
{
    const int32_t none = x->label[nobody(x)];
    for (uint32_t row = 0; row < x->n; row++) {
        if (x->kind[row] == DONE) continue;
        bool stays = false;
        for (size_t k = x->low[row]; k < x->first[row + 1]; k++) {
            const uint32_t a = x->list[k];
            const int32_t reduced = x->dead[a] ? 0 : cost_of(x, a) + x->label[row] - x->label[x->n + x->arcs[a].column];
            if (reduced > 0) kill(x, a);
            stays = stays || (reduced < 0 && x->mate[row] == a);
        }
        if (x->kind[row] == MAY && x->mate[row] != NONE && none < x->label[row]) x->kind[row] = MUST;
        if (stays || (x->kind[row] == MAY && x->mate[row] == NONE && none > x->label[row])) settle(x, row);
    }
    for (uint32_t c = 0; c < x->m; c++)
        if (x->label[x->n + c] != none) x->least[c] = x->most[c] = x->load[c];
    for (uint32_t v = 0; v <= nobody(x); v++) x->label[v] = 0;
}

/* All pairs of the level that are alive are needed: they stay. */
static void fix_level(leximin *x, uint32_t *rows, size_t n)
{
    for (size_t k = 0; k < n; k++) settle(x, rows[k]);
}

static bool is_hopeless(const leximin *x, uint32_t row, uint32_t a)
{
    const uint32_t c = x->arcs[a].column;
    return x->kind[row] == MUST && x->unused[c] == 0 && x->load[c] == x->least[c];
}

/* Rows that have a pair of this level lose it and look for another way; returns how many there are and how many pairs are alive. */
static size_t take_away(leximin *x, uint32_t *rows, uint32_t *had, size_t *alive)
{
    size_t n = 0;
    *alive = 0;
    for (size_t k = x->begin; k < x->end; k++) {
        const uint32_t row = x->arcs[k].row;
        if (x->dead[k] || x->kind[row] == DONE) continue;
        ++*alive;
        if (x->mate[row] != k) continue;
        rows[n] = row;
        had[n++] = (uint32_t)k;
    }
    return n;
}

static void solve_level(leximin *x, uint32_t *rows, uint32_t *had)
{
    size_t alive;
    const size_t n = take_away(x, rows, had, &alive);
    bool raised = false;
    if (n == 1 && alive == 1 && is_hopeless(x, rows[0], had[0])) {
        settle(x, rows[0]);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        const uint32_t c = x->arcs[had[k]].column;
        leave(x, rows[k]);
        x->waits[rows[k]] = 1;
        x->lacks[c]++;
        x->lacking[x->n_lacking++] = c;
    }
    size_t left = n;
    for (bool again = n > 0; again;) {
        size_t stuck = 0;
        for (size_t k = 0; k < left; k++)
            if (!look_for_way(x, rows[k])) rows[stuck++] = rows[k];
        if (stuck == alive && !raised) break; /* no other pair of this level could help */
        again = stuck > 0;
        for (uint32_t v = 0; again && v <= nobody(x); v++) x->label[v] += !x->seen[v];
        raised = raised || again;
        left = stuck;
        forget(x);
        if (!again) left = 0;
    }
    forget(x);
    for (size_t k = 0; k < left; k++) { /* all of them: each takes back what it had */
        x->lacks[x->arcs[had[k]].column]--;
        join(x, rows[k], had[k]);
        x->waits[rows[k]] = 0;
    }
    x->n_lacking = 0;
    if (raised)
        rule_out(x);
    else if (left)
        fix_level(x, rows, left);
    else
        for (uint32_t k = (uint32_t)x->begin; k < x->end; k++) kill(x, k);
}

/* --- all together --------------------------------------------------------------------------------- */

static void build(leximin *x, const mlab_policy_request *request, const mlab_lots *lots)
{
    size_t at = 0;
    for (uint32_t t = 0; t < x->n; t++)
        for (size_t k = lots->first[t]; k < lots->first[t + 1]; k++)
            x->arcs[at++] = (arc){request->pool->score[lots->edges[k].edge], t, lots->edges[k].mentor};
    if (at) qsort(x->arcs, at, sizeof *x->arcs, by_score);
    for (uint32_t t = 0; t < x->n; t++) {
        x->first[t] = x->low[t] = lots->first[t];
        x->mate[t] = NONE;
    }
    x->first[x->n] = at;
    for (uint32_t k = 0; k < at; k++) {
        x->list[x->low[x->arcs[k].row]++] = k;
        x->unused[x->arcs[k].column]++;
    }
    for (uint32_t t = 0; t < x->n; t++) x->low[t] = x->first[t];
    for (uint32_t c = 0; c < x->m; c++) {
        const int32_t places = request->pool->capacity[lots->mentors[c].who];
        x->most[c] = places < (int32_t)x->n ? places : (int32_t)x->n;
        x->head[c] = NONE;
    }
}

static mlab_status solve(leximin *x, double end, uint32_t *rows, uint32_t *had, bool *late, mlab_error *err)
{
    make_most_pairs(x);
    size_t levels = 0;
    for (x->begin = 0; x->begin < x->n_arcs; x->begin = x->end) {
        for (x->end = x->begin + 1; x->end < x->n_arcs && x->arcs[x->end].score == x->arcs[x->begin].score;) x->end++;
        solve_level(x, rows, had);
        if (levels++ % LOOK) continue;
        if (x->context->cancelled && x->context->cancelled(x->context->user))
            return mlab_raise(err, MLAB_ERR_CANCELLED, "matching was stopped on request");
        *late = end > 0 && mlab_os_seconds() >= end;
        if (*late) break;
    }
    return MLAB_OK;
}

mlab_status mlab_leximin(const mlab_context *context, const mlab_policy_request *request, const mlab_lots *lots, double end,
                         mlab_policy_result *result, bool *late, mlab_error *err)
{
    const size_t n = request->pool->n_mentees, m = request->pool->n_mentors, arcs = lots->first[n], nodes = n + m + 1;
    leximin x = {.context = context, .n = (uint32_t)n, .m = (uint32_t)m, .n_arcs = arcs};
    uint32_t *rows, *had;
    const mlab_part parts[] = {
        {&x.arcs, arcs, sizeof *x.arcs},    {&x.dead, arcs, sizeof *x.dead},  {&x.list, arcs, sizeof *x.list},  {&x.first, n + 1, sizeof *x.first},
        {&x.low, n, sizeof *x.low},         {&x.mate, n, sizeof *x.mate},     {&x.kind, n, sizeof *x.kind},     {&x.head, m, sizeof *x.head},
        {&x.next, n, sizeof *x.next},       {&x.prior, n, sizeof *x.prior},   {&x.load, m, sizeof *x.load},     {&x.least, m, sizeof *x.least},
        {&x.most, m, sizeof *x.most},       {&x.lacks, m, sizeof *x.lacks},   {&x.unused, m, sizeof *x.unused}, {&x.lacking, n, sizeof *x.lacking},
        {&x.label, nodes, sizeof *x.label}, {&x.seen, nodes, sizeof *x.seen}, {&x.from, nodes, sizeof *x.from}, {&x.queue, nodes, sizeof *x.queue},
        {&rows, n, sizeof *rows},           {&had, n, sizeof *had},           {&x.waits, n, sizeof *x.waits}};
    *late = false;
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &x.memory, err);
    if (status) return status;
    build(&x, request, lots);
    status = solve(&x, end, rows, had, late, err);
    for (uint32_t t = 0; t < n; t++)
        result->mentor_of[lots->mentees[t].who] = x.mate[t] == NONE ? MLAB_UNMATCHED : (int32_t)lots->mentors[x.arcs[x.mate[t]].column].who;
    mlab_release(context, x.memory);
    return status;
}
