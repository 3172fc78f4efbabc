/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns that take a part out of a text, matched by walking all threads of the program in step, so that no text makes it slow
 * (Thompson 1968, doi:10.1145/363347.363387; captures as in Pike's sam). Weakness: no alternatives, one group. */
#include "data/pattern.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdint.h>
#include <string.h>

enum { MOST_STEPS = 512, MOST_REPEATS = 64 };

typedef enum step_kind { STEP_BYTES, STEP_SPLIT, STEP_SAVE, STEP_BEGIN, STEP_END, STEP_MATCH } step_kind;

typedef struct step {
    step_kind kind;
    uint16_t next, other; /* SPLIT: `next` is tried first; SAVE: other = 0 at the opening, 1 at the closing */
    uint8_t bytes[32];    /* BYTES: the set that it takes */
} step;

struct mlab_pattern {
    const mlab_context *context;
    uint16_t n;
    bool group;
    step steps[MOST_STEPS];
};

typedef struct reading {
    const char *text, *at;
    mlab_pattern *pattern;
    bool open;
    mlab_error *err;
} reading;

static mlab_status wrong(const reading *r, const char *what)
{
    return mlab_raise(r->err, MLAB_ERR_DATA_FORMULA, "the pattern '%.80s' has %s at its character %zu", r->text, what, (size_t)(r->at - r->text) + 1);
}

static void set_byte(uint8_t *bytes, unsigned byte)
{
    bytes[byte >> 3] |= (uint8_t)(1U << (byte & 7));
}

static bool has_byte(const uint8_t *bytes, unsigned char byte)
{
    return bytes[byte >> 3] >> (byte & 7) & 1;
}

static void set_range(uint8_t *bytes, unsigned low, unsigned high)
{
    for (unsigned b = low; b <= high; b++) set_byte(bytes, b);
}

/* \d and the like; another character stands for itself */
static void set_escaped(uint8_t *bytes, char c)
{
    if (c == 'd' || c == 'w') set_range(bytes, '0', '9');
    if (c == 'w') {
        set_range(bytes, 'a', 'z');
        set_range(bytes, 'A', 'Z');
        set_byte(bytes, '_');
    }
    if (c == 's') {
        set_range(bytes, '\t', '\r');
        set_byte(bytes, ' ');
    }
    if (!strchr("dws", c)) set_byte(bytes, (unsigned char)c);
}

/* [a-z_] behind its opening bracket */
static mlab_status read_class(reading *r, uint8_t *bytes)
{
    bool not_these = *r->at == '^';
    if (not_these) r->at++;
    for (bool first = true; *r->at && (first || *r->at != ']'); first = false) {
        if (*r->at == '\\') {
            if (!r->at[1]) return wrong(r, "nothing behind a backslash");
            set_escaped(bytes, r->at[1]);
            r->at += 2;
        } else if (r->at[1] == '-' && r->at[2] && r->at[2] != ']') {
            if ((unsigned char)r->at[0] > (unsigned char)r->at[2]) return wrong(r, "a range that goes down");
            set_range(bytes, (unsigned char)r->at[0], (unsigned char)r->at[2]);
            r->at += 3;
        } else {
            set_byte(bytes, (unsigned char)*r->at++);
        }
    }
    if (*r->at != ']') return wrong(r, "a [ that is not closed");
    r->at++;
    for (int i = 0; not_these && i < 32; i++) bytes[i] = (uint8_t)~bytes[i];
    return MLAB_OK;
}

static mlab_status read_atom(reading *r, uint8_t *bytes)
{
    memset(bytes, 0, 32);
    char c = *r->at++;
    if (c == '[') return read_class(r, bytes);
    if (c == '.') {
        memset(bytes, 0xFF, 32);
    } else if (c == '\\') {
        if (!*r->at) return wrong(r, "nothing behind a backslash");
        if (*r->at >= '1' && *r->at <= '9') return wrong(r, "a back reference, which is not known,");
        set_escaped(bytes, *r->at++);
    } else {
        if (strchr("*+?{}|", c)) {
            r->at--;
            return wrong(r, c == '|' ? "alternatives, which are not known," : "a mark of repetition without something before it");
        }
        set_byte(bytes, (unsigned char)c);
    }
    return MLAB_OK;
}

static bool read_count(reading *r, int *count)
{
    if (*r->at < '0' || *r->at > '9') return false;
    for (*count = 0; *r->at >= '0' && *r->at <= '9'; r->at++)
        if (*count <= MOST_REPEATS) *count = *count * 10 + (*r->at - '0');
    return true;
}

/* How often the atom before may stand; most = -1: without end */
static mlab_status read_repeats(reading *r, int *least, int *most)
{
    *least = *most = 1;
    char c = *r->at;
    if (c == '*' || c == '+' || c == '?') {
        *least = c == '+';
        *most = c == '?' ? 1 : -1;
        r->at++;
    } else if (c == '{') {
        r->at++;
        if (!read_count(r, least)) return wrong(r, "no number behind {");
        *most = *least;
        if (*r->at == ',') {
            r->at++;
            if (!read_count(r, most)) *most = -1;
        }
        if (*r->at != '}') return wrong(r, "a { that is not closed");
        if (*least > MOST_REPEATS || *most > MOST_REPEATS || (*most >= 0 && *most < *least))
            return wrong(r, "a repetition of more than 64 times, or from more to less,");
        r->at++;
    }
    return MLAB_OK;
}

static mlab_status add(reading *r, step_kind kind, const uint8_t *bytes, uint16_t other, uint16_t *at)
{
    mlab_pattern *p = r->pattern;
    if (p->n == MOST_STEPS) return wrong(r, "too much for one pattern");
    step *made = &p->steps[p->n];
    *made = (step){.kind = kind, .next = (uint16_t)(p->n + 1), .other = other};
    if (bytes) memcpy(made->bytes, bytes, 32);
    if (at) *at = p->n;
    p->n++;
    return MLAB_OK;
}

static mlab_status add_repeated(reading *r, const uint8_t *bytes, int least, int most)
{
    mlab_status status = MLAB_OK;
    uint16_t split;
    for (int k = 0; k < least && !status; k++) status = add(r, STEP_BYTES, bytes, 0, NULL);
    if (most < 0) { /* split: the atom and back, or on */
        if (!status) status = add(r, STEP_SPLIT, NULL, 0, &split);
        if (!status) status = add(r, STEP_BYTES, bytes, 0, NULL);
        if (status) return status;
        r->pattern->steps[split + 1].next = split;
        r->pattern->steps[split].other = (uint16_t)(split + 2);
        return MLAB_OK;
    }
    for (int k = least; k < most && !status; k++) {
        status = add(r, STEP_SPLIT, NULL, 0, &split);
        if (!status) status = add(r, STEP_BYTES, bytes, 0, NULL);
        if (!status) r->pattern->steps[split].other = (uint16_t)(split + 2);
    }
    return status;
}

static mlab_status read_piece(reading *r)
{
    uint8_t bytes[32];
    int least, most;
    char c = *r->at;
    if (c == '(') {
        if (r->pattern->group) return wrong(r, "a second group; one is taken");
        r->at++;
        r->pattern->group = r->open = true;
        return add(r, STEP_SAVE, NULL, 0, NULL);
    }
    if (c == ')') {
        if (!r->open) return wrong(r, "a ) without its (");
        r->at++;
        r->open = false;
        if (*r->at && strchr("*+?{", *r->at)) return wrong(r, "a mark of repetition behind a group");
        return add(r, STEP_SAVE, NULL, 1, NULL);
    }
    if (c == '^' || c == '$') {
        r->at++;
        return add(r, c == '^' ? STEP_BEGIN : STEP_END, NULL, 0, NULL);
    }
    mlab_status status = read_atom(r, bytes);
    if (!status) status = read_repeats(r, &least, &most);
    return status ? status : add_repeated(r, bytes, least, most);
}

mlab_status mlab_pattern_compile(const mlab_context *context, const char *text, mlab_pattern **pattern, mlab_error *err)
{
    *pattern = NULL;
    mlab_pattern *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the pattern '%.80s'", text);
    made->context = context;
    reading r = {.text = text, .at = text, .pattern = made, .err = err};
    mlab_status status = *text ? MLAB_OK : wrong(&r, "nothing");
    while (*r.at && !status) status = read_piece(&r);
    if (!status && r.open) status = wrong(&r, "a ( that is not closed, the end");
    if (!status) status = add(&r, STEP_MATCH, NULL, 0, NULL);
    if (status)
        mlab_pattern_free(made);
    else
        *pattern = made;
    return status;
}

void mlab_pattern_free(mlab_pattern *pattern)
{
    if (pattern) mlab_release(pattern->context, pattern);
}

/* --- matching -------------------------------------------------------------------------------------- */

typedef struct thread {
    uint16_t step;
    size_t start, open, close;
} thread;

typedef struct threads {
    thread items[MOST_STEPS];
    size_t n;
    size_t seen[MOST_STEPS]; /* position + 1 at which the step was added */
} threads;

/* Follows the steps that take no byte; at most one thread a step, the first (preferred) one. */
static void add_thread(const mlab_pattern *p, threads *list, thread t, size_t at, size_t n)
{
    thread waiting[2 * MOST_STEPS];
    size_t n_waiting = 0;
    waiting[n_waiting++] = t;
    while (n_waiting) {
        thread now = waiting[--n_waiting];
        const step *s = &p->steps[now.step];
        if (list->seen[now.step] == at + 1) continue;
        list->seen[now.step] = at + 1;
        if (s->kind == STEP_BYTES || s->kind == STEP_MATCH) {
            list->items[list->n++] = now;
            continue;
        }
        if ((s->kind == STEP_BEGIN && at != 0) || (s->kind == STEP_END && at != n)) continue;
        if (s->kind == STEP_SAVE) *(s->other ? &now.close : &now.open) = at;
        if (s->kind == STEP_SPLIT) {
            thread other = now;
            other.step = s->other;
            waiting[n_waiting++] = other;
        }
        now.step = s->next;
        waiting[n_waiting++] = now;
    }
}

bool mlab_pattern_take(const mlab_pattern *pattern, const char *text, size_t n, size_t *first, size_t *length)
{
    threads lists[2], *now = &lists[0], *then = &lists[1];
    bool matched = false;
    for (int k = 0; k < 2; k++) memset(lists[k].seen, 0, pattern->n * sizeof *lists[k].seen);
    now->n = 0;
    for (size_t at = 0; at <= n; at++) {
        then->n = 0;
        if (!matched) add_thread(pattern, now, (thread){0, at, at, at}, at, n);
        for (size_t k = 0; k < now->n; k++) {
            thread t = now->items[k];
            const step *s = &pattern->steps[t.step];
            if (s->kind == STEP_MATCH) { /* threads behind this one are less wanted */
                matched = true;
                *first = pattern->group ? t.open : t.start;
                *length = (pattern->group ? t.close : at) - *first;
                break;
            }
            if (at == n || !has_byte(s->bytes, (unsigned char)text[at])) continue;
            t.step = s->next;
            add_thread(pattern, then, t, at + 1, n);
        }
        threads *other = now;
        now = then;
        then = other;
        if (matched && !now->n) break;
    }
    return matched;
}
