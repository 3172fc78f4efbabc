/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A design as text and back: its formula and, for each variable, what was learned from the data. Numbers are written so that
 * they read back as the same doubles. */
#include "data/design.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <string.h>

static const char head[] = "mentorlab-design 1\n";

static void put_text(mlab_text *text, const char *value)
{
    for (; *value; value++) {
        if (*value == '\\')
            mlab_text_append(text, "\\\\");
        else if (*value == '\n')
            mlab_text_append(text, "\\n");
        else if (*value == '\r')
            mlab_text_append(text, "\\r");
        else
            mlab_text_append_bytes(text, value, 1);
    }
    mlab_text_append(text, "\n");
}

static void put_numbers(mlab_text *text, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mlab_text_append(text, " ");
        mlab_text_number(text, values[i]);
    }
}

static void put_variable(mlab_text *text, const mlab_design_variable *variable)
{
    switch (variable->kind) {
    case MLAB_VARIABLE_FACTOR:
        mlab_text_print(text, "factor %d%s", variable->n_levels, variable->level_values ? " numbers" : "");
        if (variable->level_values) put_numbers(text, variable->level_values, (size_t)variable->n_levels);
        mlab_text_append(text, "\n");
        for (int32_t l = 0; l < variable->n_levels; l++) put_text(text, variable->levels[l]);
        return;
    case MLAB_VARIABLE_SPLINE:
        mlab_text_print(text, "spline %d %d", variable->spline.intercept, variable->spline.n_knots);
        put_numbers(text, variable->spline.boundary, 2);
        put_numbers(text, variable->spline.knots, (size_t)variable->spline.n_knots);
        break;
    case MLAB_VARIABLE_POLY:
        mlab_text_append(text, variable->raw ? "powers" : "poly");
        if (variable->raw) break;
        put_numbers(text, variable->alpha, variable->width);
        put_numbers(text, variable->norm2, variable->width + 2);
        break;
    case MLAB_VARIABLE_LINEAR:
    case MLAB_VARIABLE_EXPRESSION: mlab_text_append(text, "number"); break;
    }
    mlab_text_append(text, "\n");
}

mlab_status mlab_design_write(const mlab_design *design, char **text, mlab_error *err)
{
    mlab_text made = MLAB_TEXT(design->context);
    mlab_text_append(&made, head);
    put_text(&made, design->formula->text);
    mlab_text_append(&made, design->formula->intercept && !design->intercept ? "intercept dropped\n" : "intercept as written\n");
    for (size_t i = 0; i < design->n_variables; i++) put_variable(&made, &design->variables[i]);
    mlab_text_append(&made, "end\n");
    *text = made.failed ? NULL : mlab_copy_text(design->context, mlab_text_get(&made));
    mlab_text_free(&made);
    return *text ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write a design");
}

void mlab_design_text_free(const mlab_context *context, char *text)
{
    mlab_release(context, text);
}

/* --- reading ------------------------------------------------------------------------------------ */

typedef struct lines {
    const mlab_context *context;
    const char *next;
    uint64_t line; /* of the line last taken */
    char *now;     /* the line without its escapes */
    char *word;    /* the next word of it */
    mlab_error *err;
} lines;

static mlab_status broken(const lines *in)
{
    return mlab_raise(in->err, MLAB_ERR_DATA_SYNTAX, "line %llu of a design's text is not one that mentorlab writes", (unsigned long long)in->line);
}

static mlab_status take_line(lines *in)
{
    const char *end = strchr(in->next, '\n');
    in->line++;
    if (!end) return broken(in);
    mlab_release(in->context, in->now);
    in->now = mlab_copy_bytes_as_text(in->context, in->next, (size_t)(end - in->next));
    if (!in->now) return mlab_raise(in->err, MLAB_ERR_MEMORY, "no memory to read a design");
    in->next = end + 1;
    char *to = in->now;
    for (const char *from = in->now; *from; from++) {
        if (*from == '\\' && from[1]) {
            from++;
            *to++ = *from == 'n' ? '\n' : *from == 'r' ? '\r' : *from;
        } else
            *to++ = *from;
    }
    *to = 0;
    in->word = in->now;
    return MLAB_OK;
}

/* The next word of the line, terminated; "" at its end. */
static const char *take_word(lines *in)
{
    while (*in->word == ' ') in->word++;
    char *word = in->word;
    while (*in->word && *in->word != ' ') in->word++;
    if (*in->word) *in->word++ = 0;
    return word;
}

static bool take_numbers(lines *in, double *into, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *word = take_word(in);
        if (!mlab_number_parse(word, strlen(word), '.', &into[i])) return false;
    }
    return true;
}

static bool take_count(lines *in, int32_t most, int32_t *value)
{
    const char *word = take_word(in);
    int64_t number;
    if (!mlab_integer_parse(word, strlen(word), &number) || number < 0 || number > most) return false;
    *value = (int32_t)number;
    return true;
}

static mlab_status read_factor(lines *in, mlab_design_variable *variable)
{
    int32_t n;
    mlab_status status;
    if (!take_count(in, MLAB_DESIGN_COLUMNS, &n) || !n) return broken(in);
    variable->kind = MLAB_VARIABLE_FACTOR;
    variable->levels = mlab_allocate(in->context, (size_t)n, sizeof *variable->levels);
    if (!variable->levels) return mlab_raise(in->err, MLAB_ERR_MEMORY, "no memory for %d levels", n);
    if (!strcmp(take_word(in), "numbers")) {
        variable->level_values = mlab_allocate(in->context, (size_t)n, sizeof *variable->level_values);
        if (!variable->level_values) return mlab_raise(in->err, MLAB_ERR_MEMORY, "no memory for %d levels", n);
        if (!take_numbers(in, variable->level_values, (size_t)n)) return broken(in);
    }
    for (int32_t l = 0; l < n; l++) {
        if ((status = take_line(in))) return status;
        variable->levels[l] = mlab_copy_text(in->context, in->now);
        if (!variable->levels[l]) return mlab_raise(in->err, MLAB_ERR_MEMORY, "no memory for %d levels", n);
        variable->n_levels = l + 1;
    }
    variable->width = (size_t)n;
    return MLAB_OK;
}

static mlab_status read_spline(lines *in, mlab_design_variable *variable)
{
    int32_t intercept, n;
    double boundary[2], knots[MLAB_SPLINE_KNOTS];
    if (!take_count(in, 1, &intercept) || !take_count(in, MLAB_SPLINE_KNOTS, &n) || !take_numbers(in, boundary, 2) ||
        !take_numbers(in, knots, (size_t)n))
        return broken(in);
    mlab_status status = mlab_spline_make(in->context, knots, n, boundary, intercept == 1, &variable->spline, in->err);
    if (status == MLAB_ERR_ARGUMENT) return broken(in);
    variable->width = (size_t)variable->spline.n_basis;
    return status;
}

static mlab_status read_poly(lines *in, mlab_design_variable *variable)
{
    variable->alpha = mlab_allocate(in->context, variable->width, sizeof *variable->alpha);
    variable->norm2 = mlab_allocate(in->context, variable->width + 2, sizeof *variable->norm2);
    if (!variable->alpha || !variable->norm2) return mlab_raise(in->err, MLAB_ERR_MEMORY, "no memory to read a design");
    if (!take_numbers(in, variable->alpha, variable->width) || !take_numbers(in, variable->norm2, variable->width + 2)) return broken(in);
    return MLAB_OK;
}

static mlab_status read_variable(lines *in, mlab_atom_kind atom, mlab_design_variable *variable)
{
    mlab_status status = take_line(in);
    if (status) return status;
    const char *kind = take_word(in);
    if (!strcmp(kind, "factor") && (atom == MLAB_ATOM_FACTOR || atom == MLAB_ATOM_COLUMN)) return read_factor(in, variable);
    if (!strcmp(kind, "spline") && atom == MLAB_ATOM_SPLINE) return read_spline(in, variable);
    if (!strcmp(kind, "poly") && atom == MLAB_ATOM_POLY && !variable->raw) return read_poly(in, variable);
    if (!strcmp(kind, "powers") && atom == MLAB_ATOM_POLY && variable->raw) return MLAB_OK;
    if (!strcmp(kind, "number") && (atom == MLAB_ATOM_COLUMN || atom == MLAB_ATOM_EXPRESSION)) return MLAB_OK;
    return broken(in);
}

mlab_status mlab_design_read(const mlab_context *context, const char *text, mlab_design **design, mlab_error *err)
{
    lines in = {.context = context, .next = text, .err = err};
    mlab_design *made = NULL;
    bool dropped = false;
    *design = NULL;
    mlab_status status = take_line(&in);
    if (!status && strncmp(text, head, sizeof head - 1) != 0) status = broken(&in);
    if (status || (status = take_line(&in)) || (status = mlab_design_start(context, in.now, NULL, &made, err))) goto out;
    if ((status = take_line(&in))) goto out;
    dropped = !strcmp(in.now, "intercept dropped");
    if (!dropped && strcmp(in.now, "intercept as written") != 0) {
        status = broken(&in);
        goto out;
    }
    for (size_t i = 0; i < made->n_variables; i++)
        if ((status = read_variable(&in, made->formula->atoms[i].kind, &made->variables[i]))) goto out;
    if ((status = take_line(&in))) goto out;
    if (strcmp(in.now, "end") != 0) {
        status = broken(&in);
        goto out;
    }
    if ((status = mlab_design_assemble(made, err))) goto out;
    if (dropped) mlab_design_drop_intercept(made);
    *design = made;
    made = NULL;
out:
    mlab_release(context, in.now);
    mlab_design_free(made);
    return status;
}

mlab_status mlab_design_copy(const mlab_design *design, mlab_design **copy, mlab_error *err)
{
    char *text;
    *copy = NULL;
    mlab_status status = mlab_design_write(design, &text, err);
    if (status) return status;
    status = mlab_design_read(design->context, text, copy, err);
    mlab_design_text_free(design->context, text);
    return status;
}
