/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels that are one slip of the pen away from another: one letter changed, left out, put in, or two neighbours exchanged (the
 * distance of Damerau 1964, doi:10.1145/363958.363994, up to 1), from a label that is far more frequent, or from a usual name of a
 * profession or department. Weakness: two different words may be one letter apart (trainer, trainee), so that this is a note, and only
 * in the columns that make arms to be decided; a slip in a short or a frequent label is not found. */
#include "core/error.h"
#include "core/memory.h"
#include "data/column_labels.h"

#include <stdio.h>
#include <string.h>

#define MOST_COMPARED 500
#define LEAST_LENGTH 5  /* letters (bytes) of a label that is looked at */
#define TIMES_RARER 4   /* the other label is at least so many times as frequent */
#define MOST_FREQUENT 5 /* percent of the column's rows that a slip may make up */

/* Names that stand in staff lists everywhere, in small letters; a label one edit from one of them is likely meant to be it. */
static const char *const usual_names[] = {"accounting",       "administration", "assistant",  "commercial", "consultant",    "controlling",
                                          "customer service", "development",    "director",   "engineer",   "engineering",   "finance",
                                          "logistics",        "maintenance",    "management", "manager",    "manufacturing", "marketing",
                                          "operations",       "procurement",    "production", "purchasing", "research",      "sales",
                                          "security",         "specialist",     "strategy",   "teaching",   "technician",    "technology"};

static char low(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static bool is_letter(char c)
{
    return (low(c) >= 'a' && low(c) <= 'z') || ((unsigned char)c & 0x80);
}

/* One edit of letters apart, case aside. Digits are never slips: "Level 1" and "Level 2" are two labels. */
static bool one_edit(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), head = 0, tail = 0;
    if (n + 1 < m || m + 1 < n) return false;
    while (head < n && head < m && low(a[head]) == low(b[head])) head++;
    while (tail < n - head && tail < m - head && low(a[n - 1 - tail]) == low(b[m - 1 - tail])) tail++;
    size_t x = n - head - tail, y = m - head - tail; /* what differs */
    for (size_t i = 0; i < x; i++)
        if (!is_letter(a[head + i])) return false;
    for (size_t i = 0; i < y; i++)
        if (!is_letter(b[head + i])) return false;
    if (x == 2 && y == 2) return low(a[head]) == low(b[head + 1]) && low(a[head + 1]) == low(b[head]);
    return x <= 1 && y <= 1 && x + y > 0;
}

static bool has_letters(const char *text)
{
    size_t letters = 0;
    for (const char *c = text; *c; c++) letters += is_letter(*c);
    return letters >= LEAST_LENGTH;
}

typedef struct near_labels {
    const mlab_column_reading *column;
    const mlab_column_finish *finish;
    const mlab_labels *labels;
    uint64_t *count; /* [n_levels] rows of each level */
    uint64_t rows;
    uint8_t *flag; /* [texts.n] */
} near_labels;

static void count_levels(near_labels *n)
{
    for (uint32_t code = 0; code < n->column->texts.n; code++) {
        const char *name = n->labels->name[code];
        for (size_t i = 0; name && i < n->labels->n_levels; i++)
            if (!strcmp(n->labels->level[i], name)) {
                n->count[i] += n->column->texts.entries[code].count;
                n->rows += n->column->texts.entries[code].count;
                break;
            }
    }
}

/* The more frequent label that level i is a slip of; NULL = none. */
static const char *meant_by(const near_labels *n, size_t i)
{
    const char *level = n->labels->level[i];
    if (!n->count[i] || n->count[i] * 100 > n->rows * MOST_FREQUENT) return NULL;
    for (size_t j = 0; j < n->labels->n_levels; j++)
        if (j != i && n->count[j] >= TIMES_RARER * n->count[i] && one_edit(level, n->labels->level[j])) return n->labels->level[j];
    for (size_t w = 0; w < sizeof usual_names / sizeof *usual_names; w++)
        if (mlab_equal_fold(level, usual_names[w])) return NULL; /* trainer is no slip of trainee when both are usual */
    for (size_t w = 0; w < sizeof usual_names / sizeof *usual_names; w++)
        if (one_edit(level, usual_names[w])) return usual_names[w];
    return NULL;
}

static mlab_status say_near(const near_labels *n, size_t i, const char *meant, mlab_error *err)
{
    const mlab_column_reading *column = n->column;
    const char *level = n->labels->level[i];
    char name[64], sentence[400], what[200], pin[300];
    bool found = false;
    snprintf(name, sizeof name, "%.60s", meant);
    for (size_t j = 0; j < n->labels->n_levels; j++) found |= !strcmp(n->labels->level[j], meant);
    if (!found && level[0] >= 'A' && level[0] <= 'Z' && name[0] >= 'a' && name[0] <= 'z') name[0] = (char)(name[0] & ~32);
    snprintf(sentence, sizeof sentence, "column \"%.80s\" has '%.80s', one letter from %s'%.60s'", column->spec.from, level,
             found ? "the more frequent " : "the usual ", name);
    if (!column->named) snprintf(sentence, sizeof sentence, "labels one letter from another that is usual, in columns that the study does not use");
    snprintf(what, sizeof what, "rename: {\"%.60s\": \"%.60s\"}", level, name);
    mlab_column_pin(column, what, pin, sizeof pin);
    for (uint32_t code = 0; code < column->texts.n; code++) n->flag[code] = n->labels->name[code] && !strcmp(n->labels->name[code], level);
    bool decide = column->named && column->spec.makes_arms && found;
    return mlab_column_say_codes(column, n->finish, n->flag, decide ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE, "label_near",
                                 column->named ? pin : NULL, sentence, err);
}

mlab_status mlab_labels_near(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, uint8_t *flag,
                             mlab_error *err)
{
    if (column->spec.levels || l->n_levels > MOST_COMPARED || l->n_levels < 2) return MLAB_OK; /* stated levels are meant as they stand */
    near_labels n = {.column = column, .finish = finish, .labels = l, .flag = flag};
    if (!(n.count = mlab_allocate(column->context, l->n_levels, sizeof *n.count)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check column '%s'", column->spec.from);
    mlab_status status = MLAB_OK;
    count_levels(&n);
    for (size_t i = 0; i < l->n_levels && !status; i++) {
        const char *meant = has_letters(l->level[i]) ? meant_by(&n, i) : NULL;
        if (meant) status = say_near(&n, i, meant, err);
    }
    mlab_release(column->context, n.count);
    return status;
}
