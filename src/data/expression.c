/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads an expression into its tree. Grammar, loosest first: or; and; not; comparison, in, is missing; + -; * /; minus.
 * Weakness: no functions; whoever needs them derives a column first. */
#include "data/expression_tree.h"
#include "data/text_error.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 100, LONGEST = 16384 }; /* bytes: a tree is as deep as its text is long, and is walked by recursion */

typedef enum word_kind { WORD_END, WORD_NAME, WORD_BACKTICKED, WORD_NUMBER, WORD_QUOTED, WORD_SIGN } word_kind;

typedef struct reader {
    mlab_expression *expression;
    const mlab_table *table;
    mlab_error *err;
    uint32_t next, at;
    word_kind kind;
    char sign; /* as op of a leaf, ( ) , too */
    const char *word;
    double number;
    size_t pool_used;
    int depth;
} reader;

static mlab_status read_or(reader *r, int32_t *leaf);

mlab_status mlab_expression_raise(const mlab_expression *expression, mlab_error *err, mlab_status status, uint32_t at, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const mlab_place *place = expression->has_place ? &expression->place : NULL;
    status = mlab_raise_in_text(err, status, "expression", expression->text, place, at, format, list);
    va_end(list);
    return status;
}

static mlab_status wrong(const reader *r, const char *expected)
{
    const char *text = r->expression->text;
    if (r->kind == WORD_END)
        return mlab_expression_raise(r->expression, r->err, MLAB_ERR_DATA_FORMULA, r->at, "it ends where %s is expected", expected);
    return mlab_expression_raise(r->expression, r->err, MLAB_ERR_DATA_FORMULA, r->at, "found \"%.*s\" where %s is expected",
                                 r->next - r->at > 40 ? 40 : (int)(r->next - r->at), text + r->at, expected);
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void keep(reader *r, uint32_t from, uint32_t to)
{
    char *at = r->expression->pool + r->pool_used;
    memcpy(at, r->expression->text + from, to - from);
    at[to - from] = 0;
    r->pool_used += to - from + 1;
    r->word = at;
}

static mlab_status take_quoted(reader *r)
{
    const char *text = r->expression->text;
    char quote = text[r->at];
    uint32_t end = r->at + 1;
    while (text[end] && text[end] != quote) end++;
    if (!text[end]) return mlab_expression_raise(r->expression, r->err, MLAB_ERR_DATA_FORMULA, r->at, "a %c is opened here and never closed", quote);
    keep(r, r->at + 1, end);
    r->kind = quote == '`' ? WORD_BACKTICKED : WORD_QUOTED;
    r->next = end + 1;
    return MLAB_OK;
}

static mlab_status take_number(reader *r)
{
    const char *text = r->expression->text;
    uint32_t end = r->at;
    while (is_name(text[end]) || ((text[end] == '+' || text[end] == '-') && (text[end - 1] == 'e' || text[end - 1] == 'E'))) end++;
    if (!mlab_number_parse(text + r->at, end - r->at, '.', &r->number))
        return mlab_expression_raise(r->expression, r->err, MLAB_ERR_DATA_FORMULA, r->at, "\"%.*s\" is not a number; texts and dates stand in quotes",
                                     end - r->at > 40 ? 40 : (int)(end - r->at), text + r->at);
    r->kind = WORD_NUMBER;
    r->next = end;
    return MLAB_OK;
}

static mlab_status take_sign(reader *r)
{
    static const struct {
        const char *text;
        char op;
    } signs[] = {{"==", '='}, {"!=", 'n'}, {"<>", 'n'}, {">=", 'g'}, {"<=", 'l'}, {"<", '<'}, {">", '>'},
                 {"+", '+'},  {"-", '-'},  {"*", '*'},  {"/", '/'},  {"(", '('},  {")", ')'}, {",", ','}};
    const char *at = r->expression->text + r->at;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].text);
        if (strncmp(at, signs[i].text, n) != 0) continue;
        r->kind = WORD_SIGN;
        r->sign = signs[i].op;
        r->next = r->at + (uint32_t)n;
        return MLAB_OK;
    }
    const char *hint = *at == '='   ? "; equal is written =="
                       : *at == '&' ? "; write and"
                       : *at == '|' ? "; write or"
                       : *at == '!' ? "; write not"
                                    : "";
    return mlab_expression_raise(r->expression, r->err, MLAB_ERR_DATA_FORMULA, r->at, "\"%c\" has no meaning here%s", *at, hint);
}

static mlab_status advance(reader *r)
{
    const char *text = r->expression->text;
    while (text[r->next] == ' ' || text[r->next] == '\t' || text[r->next] == '\n' || text[r->next] == '\r') r->next++;
    r->at = r->next;
    char c = text[r->at];
    if (!c) {
        r->kind = WORD_END;
        return MLAB_OK;
    }
    if (c == '\'' || c == '"' || c == '`') return take_quoted(r);
    if (is_digit(c) || (c == '.' && is_digit(text[r->at + 1]))) return take_number(r);
    if (!is_name(c)) return take_sign(r);
    while (is_name(text[r->next])) r->next++;
    keep(r, r->at, r->next);
    r->kind = WORD_NAME;
    return MLAB_OK;
}

static bool is_word(const reader *r, const char *word)
{
    return r->kind == WORD_NAME && mlab_equal_fold(r->word, word);
}
static bool is_sign(const reader *r, char sign)
{
    return r->kind == WORD_SIGN && r->sign == sign;
}

mlab_status mlab_expression_add(mlab_expression *expression, const mlab_leaf *leaf, int32_t *index, mlab_error *err)
{
    mlab_status status = mlab_grow(expression->context, &expression->leaves, expression->n_leaves, &expression->capacity, sizeof *leaf, err);
    if (status) return status;
    *index = (int32_t)expression->n_leaves;
    expression->leaves[expression->n_leaves++] = *leaf;
    return MLAB_OK;
}

static mlab_status find_column(reader *r, size_t *column)
{
    mlab_expression *e = r->expression;
    mlab_status status;
    const mlab_column *found = mlab_table_find(r->table, r->word);
    if (!found) {
        const char **names = mlab_allocate(e->context, r->table->n_columns, sizeof *names), *near = NULL;
        for (size_t i = 0; names && i < r->table->n_columns; i++) names[i] = r->table->columns[i].name;
        if (names) near = mlab_nearest(r->word, names, r->table->n_columns);
        status = mlab_expression_raise(e, r->err, MLAB_ERR_DATA_COLUMN, r->at, "there is no column \"%.60s\"%s%.60s%s; texts stand in quotes",
                                       r->word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
        mlab_release(e->context, names);
        return status;
    }
    for (*column = 0; *column < e->n_columns; ++*column)
        if (!strcmp(e->columns[*column].name, found->name)) return MLAB_OK;
    if ((status = mlab_grow(e->context, &e->columns, e->n_columns, &e->columns_capacity, sizeof *e->columns, r->err)) ||
        (status = mlab_grow(e->context, &e->labels, e->n_columns, &e->labels_capacity, sizeof *e->labels, r->err)))
        return status;
    e->labels[e->n_columns] = NULL;
    e->columns[e->n_columns++] = *found;
    return MLAB_OK;
}

static mlab_status read_column(reader *r, int32_t *leaf)
{
    static const mlab_value_kind values[] = {[MLAB_COLUMN_REAL] = MLAB_VALUE_NUMBER,
                                             [MLAB_COLUMN_INTEGER] = MLAB_VALUE_NUMBER,
                                             [MLAB_COLUMN_FACTOR] = MLAB_VALUE_LEVELS,
                                             [MLAB_COLUMN_DATE] = MLAB_VALUE_DATES,
                                             [MLAB_COLUMN_TEXT] = MLAB_VALUE_TEXTS};
    mlab_leaf made = {.kind = MLAB_LEAF_COLUMN, .at = r->at};
    mlab_status status = find_column(r, &made.column);
    if (status) return status;
    made.value = values[r->expression->columns[made.column].type];
    if ((status = mlab_expression_add(r->expression, &made, leaf, r->err))) return status;
    return advance(r);
}

static mlab_status read_primary(reader *r, int32_t *leaf)
{
    mlab_leaf made = {.at = r->at};
    mlab_status status;
    if (is_sign(r, '(')) {
        if ((status = advance(r)) || (status = read_or(r, leaf))) return status;
        if (!is_sign(r, ')')) return wrong(r, "\")\"");
        return advance(r);
    }
    if (is_sign(r, '-')) {
        if (++r->depth > DEEPEST) return wrong(r, "less than 100 levels");
        if ((status = advance(r)) || (status = read_primary(r, leaf)) || (status = mlab_expression_as_number(r->expression, leaf, r->err)))
            return status;
        made = (mlab_leaf){.kind = MLAB_LEAF_ARITHMETIC, .value = MLAB_VALUE_NUMBER, .op = 'm', .a = *leaf, .b = *leaf, .at = made.at};
        r->depth--;
        return mlab_expression_add(r->expression, &made, leaf, r->err);
    }
    if (r->kind == WORD_NUMBER || r->kind == WORD_QUOTED) {
        bool number = r->kind == WORD_NUMBER;
        made.kind = number ? MLAB_LEAF_CONSTANT : MLAB_LEAF_QUOTED;
        made.value = number ? MLAB_VALUE_NUMBER : MLAB_VALUE_QUOTED;
        made.number = r->number;
        made.text = r->word;
        if ((status = mlab_expression_add(r->expression, &made, leaf, r->err))) return status;
        return advance(r);
    }
    if (r->kind == WORD_BACKTICKED) return read_column(r, leaf);
    static const char *const words[] = {"and", "or", "not", "in", "is"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(r, words[i])) return wrong(r, "a column, a number or a text");
    return r->kind == WORD_NAME ? read_column(r, leaf) : wrong(r, "a column, a number or a text");
}

static mlab_status read_arithmetic(reader *r, bool product, int32_t *leaf)
{
    mlab_status status = product ? read_primary(r, leaf) : read_arithmetic(r, true, leaf);
    while (!status && r->kind == WORD_SIGN && strchr(product ? "*/" : "+-", r->sign)) {
        mlab_leaf made = {.kind = MLAB_LEAF_ARITHMETIC, .value = MLAB_VALUE_NUMBER, .op = r->sign, .at = r->at};
        if ((status = advance(r)) || (status = product ? read_primary(r, &made.b) : read_arithmetic(r, true, &made.b))) return status;
        made.a = *leaf;
        if ((status = mlab_expression_as_number(r->expression, &made.a, r->err)) ||
            (status = mlab_expression_as_number(r->expression, &made.b, r->err)))
            return status;
        status = mlab_expression_add(r->expression, &made, leaf, r->err);
    }
    return status;
}

/* in (a, b) is == a or == b */
static mlab_status read_in(reader *r, int32_t left, int32_t *leaf)
{
    mlab_status status;
    if (!is_sign(r, '(')) return wrong(r, "\"(\"");
    *leaf = -1;
    do {
        int32_t item, equal;
        uint32_t at;
        if ((status = advance(r))) return status;
        at = r->at;
        if ((status = read_arithmetic(r, false, &item)) || (status = mlab_expression_compare(r->expression, '=', at, left, item, &equal, r->err)))
            return status;
        mlab_leaf either = {.kind = MLAB_LEAF_OR, .value = MLAB_VALUE_CONDITION, .a = *leaf, .b = equal, .at = at};
        if (*leaf < 0)
            *leaf = equal;
        else if ((status = mlab_expression_add(r->expression, &either, leaf, r->err)))
            return status;
    } while (is_sign(r, ','));
    if (!is_sign(r, ')')) return wrong(r, "\",\" or \")\"");
    return advance(r);
}

static mlab_status negate(reader *r, uint32_t at, int32_t *leaf)
{
    mlab_leaf made = {.kind = MLAB_LEAF_NOT, .value = MLAB_VALUE_CONDITION, .a = *leaf, .at = at};
    return mlab_expression_add(r->expression, &made, leaf, r->err);
}

static mlab_status read_is_missing(reader *r, uint32_t at, int32_t left, int32_t *leaf)
{
    mlab_status status;
    bool no = is_word(r, "not");
    if (no && (status = advance(r))) return status;
    if (!is_word(r, "missing")) return wrong(r, "\"missing\" or \"not missing\"");
    if (r->expression->leaves[left].kind != MLAB_LEAF_COLUMN)
        return mlab_expression_raise(r->expression, r->err, MLAB_ERR_DATA_TYPE, at, "only a column can be missing");
    mlab_leaf made = {.kind = MLAB_LEAF_MISSING, .value = MLAB_VALUE_CONDITION, .column = r->expression->leaves[left].column, .at = at};
    if ((status = mlab_expression_add(r->expression, &made, leaf, r->err)) || (no && (status = negate(r, at, leaf)))) return status;
    return advance(r);
}

static mlab_status read_comparison(reader *r, int32_t *leaf)
{
    int32_t left, right;
    uint32_t at;
    mlab_status status = read_arithmetic(r, false, &left);
    if (status) return status;
    *leaf = left;
    at = r->at;
    if (r->kind == WORD_SIGN && strchr("=n<>lg", r->sign)) {
        char op = r->sign;
        if ((status = advance(r)) || (status = read_arithmetic(r, false, &right))) return status;
        if (r->kind == WORD_SIGN && strchr("=n<>lg", r->sign)) return wrong(r, "\"and\" between two comparisons");
        return mlab_expression_compare(r->expression, op, at, left, right, leaf, r->err);
    }
    if (is_word(r, "is")) return (status = advance(r)) ? status : read_is_missing(r, at, left, leaf);
    bool no = is_word(r, "not");
    if (no && (status = advance(r))) return status;
    if (is_word(r, "in")) {
        if ((status = advance(r)) || (status = read_in(r, left, leaf))) return status;
        return no ? negate(r, at, leaf) : MLAB_OK;
    }
    return no ? wrong(r, "\"in\"") : MLAB_OK;
}

static mlab_status need_condition(reader *r, int32_t leaf)
{
    const mlab_leaf *found = &r->expression->leaves[leaf];
    if (found->value == MLAB_VALUE_CONDITION) return MLAB_OK;
    return mlab_expression_raise(r->expression, r->err, MLAB_ERR_DATA_TYPE, found->at,
                                 "this is %s, not a condition; write a comparison, for example ... == 1",
                                 found->value == MLAB_VALUE_NUMBER  ? "a number"
                                 : found->value == MLAB_VALUE_DATES ? "a date"
                                                                    : "a text");
}

static mlab_status read_not(reader *r, int32_t *leaf)
{
    mlab_status status;
    if (++r->depth > DEEPEST) return wrong(r, "less than 100 levels");
    if (is_word(r, "not")) {
        uint32_t at = r->at;
        if ((status = advance(r)) || (status = read_not(r, leaf)) || (status = need_condition(r, *leaf))) return status;
        status = negate(r, at, leaf);
    } else
        status = read_comparison(r, leaf);
    r->depth--;
    return status;
}

static mlab_status read_chain(reader *r, bool any, int32_t *leaf)
{
    mlab_status status = any ? read_chain(r, false, leaf) : read_not(r, leaf);
    while (!status && is_word(r, any ? "or" : "and")) {
        mlab_leaf made = {.kind = any ? MLAB_LEAF_OR : MLAB_LEAF_AND, .value = MLAB_VALUE_CONDITION, .at = r->at};
        if ((status = need_condition(r, *leaf)) || (status = advance(r)) || (status = any ? read_chain(r, false, &made.b) : read_not(r, &made.b)) ||
            (status = need_condition(r, made.b)))
            return status;
        made.a = *leaf;
        status = mlab_expression_add(r->expression, &made, leaf, r->err);
    }
    return status;
}

static mlab_status read_or(reader *r, int32_t *leaf)
{
    return read_chain(r, true, leaf);
}

static mlab_status read_all(reader *r, mlab_expression_type wanted)
{
    mlab_status status;
    mlab_expression *e = r->expression;
    size_t bad;
    if (!mlab_utf8_valid(e->text, strlen(e->text), &bad))
        return mlab_expression_raise(e, r->err, MLAB_ERR_DATA_FORMULA, (uint32_t)bad, "a byte that is not UTF-8");
    if ((status = advance(r)) || (status = read_or(r, &e->root))) return status;
    if (r->kind != WORD_END) return wrong(r, "and, or, or the end");
    if (wanted == MLAB_EXPRESSION_CONDITION) return need_condition(r, e->root);
    if (e->leaves[e->root].value == MLAB_VALUE_CONDITION)
        return mlab_expression_raise(e, r->err, MLAB_ERR_DATA_TYPE, e->leaves[e->root].at, "this is a condition where a number is needed");
    return mlab_expression_as_number(e, &e->root, r->err);
}

mlab_status mlab_expression_compile(const mlab_context *context, const char *text, const mlab_place *place, const mlab_table *table,
                                    mlab_expression_type wanted, mlab_expression **expression, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    *expression = NULL;
    if (strlen(text) > LONGEST)
        return mlab_raise(err, MLAB_ERR_DATA_FORMULA, "an expression of %zu bytes; at most %d are allowed", strlen(text), LONGEST);
    mlab_expression *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an expression");
    made->context = context;
    made->text = mlab_copy_text(context, text);
    made->pool = mlab_allocate(context, 2 * strlen(text) + 2, 1);
    if (place) {
        made->place = *place;
        made->has_place = place->line > 0;
        if (!made->place.column) made->place.column = 1;
    }
    if (!made->text || !made->pool) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an expression");
    reader r = {.expression = made, .table = table, .err = err};
    if (!status) status = read_all(&r, wanted);
    if (status) {
        mlab_expression_free(made);
        return status;
    }
    *expression = made;
    return MLAB_OK;
}
