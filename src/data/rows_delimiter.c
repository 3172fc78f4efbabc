/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding what divides cells.
 *
 * It is what stands most often in the first line, outside quotes, unless another mark divides the lines below it much more evenly: then
 * the first line is one of titles. Weakness: a file whose only delimiter stands in quoted cells is read as one column.
 */
#include "data/rows_text.h"

#include <string.h>

enum { MARKS = 4, MOST_LINES = 64 };
static const char marks[MARKS] = {',', ';', '\t', '|'};

typedef struct counts {
    size_t n[MOST_LINES][MARKS];
    size_t lines;
} counts;

static void count(counts *c, const char *bytes, size_t n)
{
    bool quoted = false, filled = false;
    for (size_t i = 0; i < n && c->lines < MOST_LINES; i++) {
        if (bytes[i] == '"') quoted = !quoted;
        if (!quoted && (bytes[i] == '\n' || bytes[i] == '\r')) {
            c->lines += filled;
            filled = false;
            continue;
        }
        filled = true;
        for (size_t k = 0; !quoted && k < MARKS; k++) c->n[c->lines][k] += bytes[i] == marks[k];
    }
    if (c->lines < MOST_LINES) c->lines += filled;
}

/* Lines that have the number of marks that most lines with any have. */
static size_t agreeing(const counts *c, size_t mark, size_t *mode)
{
    size_t most = 0;
    *mode = 0;
    for (size_t i = 0; i < c->lines; i++) {
        size_t same = 0;
        if (!c->n[i][mark]) continue;
        for (size_t k = 0; k < c->lines; k++) same += c->n[k][mark] == c->n[i][mark];
        if (same < most || (same == most && c->n[i][mark] <= *mode)) continue;
        most = same;
        *mode = c->n[i][mark];
    }
    return most;
}

char mlab_text_find_delimiter(const char *bytes, size_t n, char *mixed)
{
    counts c = {0};
    size_t first = 0, best = 0, agree[MARKS], mode[MARKS];
    bool tie = false;
    count(&c, bytes, n);
    *mixed = 0;
    for (size_t k = 0; k < MARKS; k++) agree[k] = agreeing(&c, k, &mode[k]);
    for (size_t k = 1; k < MARKS; k++) {
        if (c.n[0][k] > c.n[0][first]) first = k;
        if (agree[k] * mode[k] > agree[best] * mode[best]) best = k;
    }
    for (size_t k = 0; k < MARKS; k++) tie |= k != first && c.n[0][k] == c.n[0][first];
    if (!tie && c.n[0][first] == mode[first] && 2 * agree[first] >= agree[best]) return marks[first];
    if (2 * agree[best] < c.lines || c.lines < 3) return marks[first];
    if (!c.n[0][best] && c.n[0][first] == mode[best]) *mixed = marks[first];
    return marks[best];
}
