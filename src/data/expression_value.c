/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types of an expression's parts, how they are compared, and the value in a row. */
#include "data/expression_tree.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

static const char *describe(mlab_value_kind value)
{
    static const char *const names[] = {[MLAB_VALUE_NUMBER] = "a number", [MLAB_VALUE_CONDITION] = "a condition", [MLAB_VALUE_QUOTED] = "a text",
                                        [MLAB_VALUE_LEVELS] = "a factor", [MLAB_VALUE_TEXTS] = "a text",          [MLAB_VALUE_DATES] = "a date"};
    return names[value];
}

/* The numbers that a factor's labels read as; stays NULL when one of them is no number. */
static mlab_status label_numbers(mlab_expression *e, size_t column, mlab_error *err)
{
    const mlab_column *factor = &e->columns[column];
    if (e->labels[column] || !factor->n_levels) return MLAB_OK;
    double *numbers = mlab_allocate(e->context, (size_t)factor->n_levels, sizeof *numbers);
    if (!numbers) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an expression");
    for (int32_t l = 0; l < factor->n_levels; l++)
        if (!mlab_number_parse(factor->levels[l], strlen(factor->levels[l]), '.', &numbers[l])) {
            mlab_release(e->context, numbers);
            return MLAB_OK;
        }
    e->labels[column] = numbers;
    return MLAB_OK;
}

mlab_status mlab_expression_as_number(mlab_expression *e, int32_t *leaf, mlab_error *err)
{
    const mlab_leaf *found = &e->leaves[*leaf];
    mlab_status status;
    if (found->value == MLAB_VALUE_NUMBER) return MLAB_OK;
    if (found->value == MLAB_VALUE_LEVELS) {
        if ((status = label_numbers(e, found->column, err))) return status;
        const mlab_column *factor = &e->columns[found->column];
        if (!e->labels[found->column])
            return mlab_expression_raise(e, err, MLAB_ERR_DATA_TYPE, found->at,
                                         "\"%.60s\" has levels such as '%.40s', not numbers; levels stand in quotes", factor->name,
                                         factor->n_levels ? factor->levels[0] : "");
        mlab_leaf number = *found;
        number.kind = MLAB_LEAF_LABEL;
        number.value = MLAB_VALUE_NUMBER;
        return mlab_expression_add(e, &number, leaf, err);
    }
    return mlab_expression_raise(e, err, MLAB_ERR_DATA_TYPE, found->at, "this is %s where a number is needed", describe(found->value));
}

static mlab_status add_comparison(mlab_expression *e, mlab_leaf_kind kind, char op, uint32_t at, int32_t a, int32_t b, int32_t *leaf, mlab_error *err)
{
    mlab_leaf made = {.kind = kind, .value = MLAB_VALUE_CONDITION, .op = op, .a = a, .b = b, .at = at};
    return mlab_expression_add(e, &made, leaf, err);
}

static mlab_status add_constant(mlab_expression *e, double number, uint32_t at, int32_t *leaf, mlab_error *err)
{
    mlab_leaf made = {.kind = MLAB_LEAF_CONSTANT, .value = MLAB_VALUE_NUMBER, .number = number, .at = at};
    return mlab_expression_add(e, &made, leaf, err);
}

static mlab_status compare_date(mlab_expression *e, char op, uint32_t at, int32_t date, int32_t quoted, int32_t *leaf, mlab_error *err)
{
    const mlab_leaf *text = &e->leaves[quoted];
    mlab_date day;
    mlab_status status;
    int32_t constant;
    if (!mlab_date_parse_iso(text->text, strlen(text->text), &day))
        return mlab_expression_raise(e, err, MLAB_ERR_DATA_TYPE, text->at, "'%.40s' is not a date; dates are written '2021-01-31'", text->text);
    if ((status = add_constant(e, day, text->at, &constant, err))) return status;
    return add_comparison(e, MLAB_LEAF_COMPARE, op, at, date, constant, leaf, err);
}

static mlab_status compare_level(mlab_expression *e, char op, uint32_t at, int32_t factor, int32_t quoted, int32_t *leaf, mlab_error *err)
{
    const mlab_leaf *text = &e->leaves[quoted];
    const mlab_column *column = &e->columns[e->leaves[factor].column];
    mlab_status status;
    int32_t constant, code = 0;
    if (op != '=' && op != 'n' && !column->ordered)
        return mlab_expression_raise(e, err, MLAB_ERR_DATA_TYPE, at, "the levels of \"%.60s\" have no order; allowed are == and !=", column->name);
    while (code < column->n_levels && strcmp(column->levels[code], text->text) != 0) code++;
    if (code == column->n_levels) {
        const char *near = mlab_nearest(text->text, (const char *const *)column->levels, (size_t)column->n_levels);
        if (op != '=' && op != 'n')
            return mlab_expression_raise(e, err, MLAB_ERR_DATA_TYPE, text->at, "\"%.60s\" has no level '%.40s'%s%.40s%s", column->name, text->text,
                                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        if ((status = mlab_grow(e->context, &e->absent, e->n_absent, &e->absent_capacity, sizeof *e->absent, err))) return status;
        e->absent[e->n_absent++] = (mlab_absent){text->text, near, text->at};
    }
    if ((status = add_constant(e, code, text->at, &constant, err))) return status;
    return add_comparison(e, MLAB_LEAF_COMPARE, op, at, factor, constant, leaf, err);
}

static char mirrored(char op)
{
    return op == '<' ? '>' : op == '>' ? '<' : op == 'l' ? 'g' : op == 'g' ? 'l' : op;
}

/* Two columns of one ordered scale are compared by their places on it. */
static bool same_scale(const mlab_expression *e, int32_t a, int32_t b)
{
    const mlab_column *x = &e->columns[e->leaves[a].column], *y = &e->columns[e->leaves[b].column];
    if (!x->ordered || !y->ordered || x->n_levels != y->n_levels) return false;
    for (int32_t i = 0; i < x->n_levels; i++)
        if (strcmp(x->levels[i], y->levels[i])) return false;
    return true;
}

mlab_status mlab_expression_compare(mlab_expression *e, char op, uint32_t at, int32_t a, int32_t b, int32_t *leaf, mlab_error *err)
{
    mlab_value_kind x = e->leaves[a].value, y = e->leaves[b].value;
    mlab_status status;
    if (x == MLAB_VALUE_QUOTED && y != MLAB_VALUE_QUOTED) return mlab_expression_compare(e, mirrored(op), at, b, a, leaf, err);
    if (x == MLAB_VALUE_DATES && y == MLAB_VALUE_QUOTED) return compare_date(e, op, at, a, b, leaf, err);
    if (x == MLAB_VALUE_DATES && y == MLAB_VALUE_DATES) return add_comparison(e, MLAB_LEAF_COMPARE, op, at, a, b, leaf, err);
    if (x == MLAB_VALUE_LEVELS && y == MLAB_VALUE_QUOTED) return compare_level(e, op, at, a, b, leaf, err);
    if (x == MLAB_VALUE_LEVELS && y == MLAB_VALUE_LEVELS && op != '=' && op != 'n' && same_scale(e, a, b))
        return add_comparison(e, MLAB_LEAF_COMPARE, op, at, a, b, leaf, err);
    bool x_text = x == MLAB_VALUE_TEXTS || x == MLAB_VALUE_LEVELS, y_text = y == MLAB_VALUE_TEXTS || y == MLAB_VALUE_LEVELS || y == MLAB_VALUE_QUOTED;
    if (x_text && y_text) {
        if (op != '=' && op != 'n') return mlab_expression_raise(e, err, MLAB_ERR_DATA_TYPE, at, "texts have no order; allowed are == and !=");
        return add_comparison(e, MLAB_LEAF_TEXT, op, at, a, b, leaf, err);
    }
    bool x_number = x == MLAB_VALUE_NUMBER || x == MLAB_VALUE_LEVELS, y_number = y == MLAB_VALUE_NUMBER || y == MLAB_VALUE_LEVELS;
    if (!x_number || !y_number) return mlab_expression_raise(e, err, MLAB_ERR_DATA_TYPE, at, "%s is compared with %s", describe(x), describe(y));
    if ((status = mlab_expression_as_number(e, &a, err)) || (status = mlab_expression_as_number(e, &b, err))) return status;
    return add_comparison(e, MLAB_LEAF_COMPARE, op, at, a, b, leaf, err);
}

/* --- value in a row ------------------------------------------------------------------------------ */

typedef struct value {
    double number; /* a condition: 0 or 1 */
    bool known;
} value;

static value eval(const mlab_expression *e, int32_t at, size_t row);

static const char *text_of(const mlab_expression *e, int32_t at, size_t row)
{
    const mlab_leaf *leaf = &e->leaves[at];
    if (leaf->kind == MLAB_LEAF_QUOTED) return leaf->text;
    const mlab_column *column = &e->columns[leaf->column];
    return column->missing && column->missing[row] ? NULL : mlab_column_text(column, row);
}

static value column_value(const mlab_expression *e, const mlab_leaf *leaf, size_t row)
{
    const mlab_column *column = &e->columns[leaf->column];
    if (column->missing && column->missing[row]) return (value){0, false};
    if (leaf->kind == MLAB_LEAF_LABEL) return (value){e->labels[leaf->column][column->as.integer[row]], true};
    return (value){column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row], true};
}

static double calculate(char op, double a, double b)
{
    switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/': return a / b;
    case 'm': return -a;
    case '=': return a == b;
    case 'n': return a != b;
    case '<': return a < b;
    case '>': return a > b;
    case 'l': return a <= b;
    default: return a >= b;
    }
}

static value eval_logical(const mlab_expression *e, const mlab_leaf *leaf, size_t row)
{
    value a = eval(e, leaf->a, row);
    double decides = leaf->kind == MLAB_LEAF_OR ? 1 : 0; /* either side with it settles the answer */
    if (a.known && a.number == decides) return a;
    value b = eval(e, leaf->b, row);
    if (b.known && b.number == decides) return b;
    return a.known && b.known ? b : (value){0, false};
}

static value eval(const mlab_expression *e, int32_t at, size_t row)
{
    const mlab_leaf *leaf = &e->leaves[at];
    switch (leaf->kind) {
    case MLAB_LEAF_CONSTANT: return (value){leaf->number, true};
    case MLAB_LEAF_COLUMN:
    case MLAB_LEAF_LABEL: return column_value(e, leaf, row);
    case MLAB_LEAF_AND:
    case MLAB_LEAF_OR: return eval_logical(e, leaf, row);
    case MLAB_LEAF_NOT: {
        value a = eval(e, leaf->a, row);
        return (value){a.number == 0, a.known};
    }
    case MLAB_LEAF_MISSING: return (value){e->columns[leaf->column].missing && e->columns[leaf->column].missing[row], true};
    case MLAB_LEAF_TEXT: {
        const char *a = text_of(e, leaf->a, row), *b = text_of(e, leaf->b, row);
        return a && b ? (value){(strcmp(a, b) == 0) == (leaf->op == '='), true} : (value){0, false};
    }
    default: break;
    }
    value a = eval(e, leaf->a, row), b = leaf->op == 'm' ? a : eval(e, leaf->b, row);
    if (!a.known || !b.known) return (value){0, false};
    double number = calculate(leaf->op, a.number, b.number);
    return (value){isfinite(number) ? number : 0, isfinite(number)}; /* x / 0 is unknown */
}

mlab_answer mlab_expression_test(const mlab_expression *expression, size_t row)
{
    value got = eval(expression, expression->root, row);
    return !got.known ? MLAB_ANSWER_UNKNOWN : got.number != 0 ? MLAB_ANSWER_YES : MLAB_ANSWER_NO;
}

bool mlab_expression_number(const mlab_expression *expression, size_t row, double *into)
{
    value got = eval(expression, expression->root, row);
    if (got.known) *into = got.number;
    return got.known;
}

const char *mlab_expression_absent(const mlab_expression *expression, size_t i, const char **near, mlab_place *place)
{
    if (i >= expression->n_absent) return NULL;
    mlab_error where;
    (void)mlab_expression_raise(expression, &where, MLAB_ERR_DATA_LEVEL, expression->absent[i].at, "absent");
    *place = where.place;
    *near = expression->absent[i].near;
    return expression->absent[i].text;
}

void mlab_expression_free(mlab_expression *expression)
{
    if (!expression) return;
    const mlab_context *context = expression->context;
    for (size_t i = 0; i < expression->n_columns; i++) mlab_release(context, expression->labels[i]);
    mlab_release(context, expression->labels);
    mlab_release(context, expression->columns);
    mlab_release(context, expression->absent);
    mlab_release(context, expression->leaves);
    mlab_release(context, expression->pool);
    mlab_release(context, expression->text);
    mlab_release(context, expression);
}
