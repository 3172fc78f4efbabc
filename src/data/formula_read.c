/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the text of a formula into nodes, with R's operators and their precedence (R Language Definition, 10.4.2).
 * Weakness: the parts of R that no formula of ours needs ($, [, functions, newline rules) are answered as errors. */
#include "data/formula.h"
#include "data/text_error.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_OP } token_kind;

typedef struct token {
    token_kind kind;
    char op; /* one character; '=' is "==", 'a' is "=" between an argument and its value, 'i' is %in%, 'g' >=, 'l' <=, 'n' != */
    uint32_t at, n;
    const char *text;
    double number;
} token;

typedef struct reader {
    mlab_formula *formula;
    const char *text;
    uint32_t next; /* byte behind the current token */
    token now;
    uint32_t before; /* byte behind the token before */
    int depth;
    mlab_error *err;
} reader;

mlab_status mlab_formula_raise(const mlab_formula *formula, mlab_error *err, mlab_status status, uint32_t at, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const mlab_place *place = formula->has_place ? &formula->place : NULL;
    status = mlab_raise_in_text(err, status, "formula", formula->text, place, at, format, list);
    va_end(list);
    return status;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_name(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '_';
}

static const char *keep(mlab_formula *formula, const char *bytes, size_t n)
{
    char *at = formula->pool + formula->pool_used;
    memcpy(at, bytes, n);
    at[n] = 0;
    formula->pool_used += n + 1;
    return at;
}

/* What stands at the current token, for messages. */
static const char *found(const reader *r, char *into, size_t size)
{
    if (r->now.kind == TOKEN_END)
        snprintf(into, size, "the end of the formula");
    else
        snprintf(into, size, "\"%.*s\"", r->now.n > 40 ? 40 : (int)r->now.n, r->text + r->now.at);
    return into;
}

static mlab_status quoted_token(reader *r, uint32_t at)
{
    char quote = r->text[at];
    uint32_t end = at + 1;
    while (r->text[end] && r->text[end] != quote) end++;
    if (!r->text[end]) return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, at, "a %c is opened here and never closed", quote);
    if (end == at + 1) return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, at, "there is nothing between %c and %c", quote, quote);
    r->now = (token){quote == '`' ? TOKEN_NAME : TOKEN_TEXT, 0, at, end + 1 - at, keep(r->formula, r->text + at + 1, end - at - 1), 0};
    r->next = end + 1;
    return MLAB_OK;
}

static mlab_status number_token(reader *r, uint32_t at)
{
    uint32_t end = at;
    while (is_digit(r->text[end]) || r->text[end] == '.') end++;
    if ((r->text[end] == 'e' || r->text[end] == 'E')) {
        uint32_t e = end + 1;
        if (r->text[e] == '+' || r->text[e] == '-') e++;
        if (is_digit(r->text[e])) {
            while (is_digit(r->text[e])) e++;
            end = e;
        }
    }
    double value;
    bool good = mlab_number_parse(r->text + at, end - at, '.', &value);
    bool integer = good && r->text[end] == 'L';
    uint32_t stop = end + (integer ? 1 : 0);
    if (!good || is_name(r->text[stop])) {
        while (is_name(r->text[stop])) stop++;
        return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, at,
                                  "found \"%.*s\", neither a number nor a column; a column whose name begins with a digit is written in backticks",
                                  (int)(stop - at > 40 ? 40 : stop - at), r->text + at);
    }
    char printed[40];
    mlab_number_as_r(value, printed, sizeof printed - 2);
    if (integer) strcat(printed, "L");
    r->now = (token){TOKEN_NUMBER, 0, at, stop - at, keep(r->formula, printed, strlen(printed)), value};
    r->next = stop;
    return MLAB_OK;
}

static mlab_status operator_token(reader *r, uint32_t at)
{
    static const struct {
        const char *text;
        char op;
    } operators[] = {{"%in%", 'i'}, {"==", '='}, {">=", 'g'}, {"<=", 'l'}, {"!=", 'n'}, {"||", '|'}, {"&&", '&'}, {"**", '^'},
                     {"+", '+'},    {"-", '-'},  {"*", '*'},  {"/", '/'},  {":", ':'},  {"^", '^'},  {"~", '~'},  {"|", '|'},
                     {"&", '&'},    {"<", '<'},  {">", '>'},  {"!", '!'},  {"=", 'a'},  {"(", '('},  {")", ')'},  {",", ','}};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t n = strlen(operators[i].text);
        if (strncmp(r->text + at, operators[i].text, n) != 0) continue;
        r->now = (token){TOKEN_OP, operators[i].op, at, (uint32_t)n, NULL, 0};
        r->next = at + (uint32_t)n;
        return MLAB_OK;
    }
    return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, at,
                              "found \"%c\", which has no meaning here; allowed are columns, functions, numbers and + - * / : ^ ( ) ~", r->text[at]);
}

static mlab_status advance(reader *r)
{
    uint32_t at = r->next;
    r->before = at;
    while (r->text[at] == ' ' || r->text[at] == '\t' || r->text[at] == '\n' || r->text[at] == '\r') at++;
    char c = r->text[at];
    if (!c) {
        r->now = (token){TOKEN_END, 0, at, 0, NULL, 0};
        r->next = at;
        return MLAB_OK;
    }
    if (c == '`' || c == '"' || c == '\'') return quoted_token(r, at);
    if (is_digit(c) || (c == '.' && is_digit(r->text[at + 1]))) return number_token(r, at);
    if (is_letter(c) || c == '.') {
        uint32_t end = at;
        while (is_name(r->text[end])) end++;
        r->now = (token){TOKEN_NAME, 0, at, end - at, keep(r->formula, r->text + at, end - at), 0};
        r->next = end;
        return MLAB_OK;
    }
    return operator_token(r, at);
}

static int32_t add_node(reader *r, mlab_node_kind kind, char op, uint32_t at)
{
    int32_t i = r->formula->n_nodes++;
    r->formula->nodes[i] = (mlab_node){.kind = kind, .op = op, .at = at, .first = -1, .next = -1};
    return i;
}

static mlab_status read_binary(reader *r, int level, int32_t *node);

static mlab_status read_arguments(reader *r, int32_t call)
{
    mlab_node *nodes = r->formula->nodes;
    mlab_status status;
    int32_t last = -1;
    char buffer[64];
    while (!(r->now.kind == TOKEN_OP && r->now.op == ')')) {
        const char *name = NULL;
        int32_t argument;
        if ((status = read_binary(r, 1, &argument))) return status;
        if (r->now.kind == TOKEN_OP && r->now.op == 'a' && nodes[argument].kind == MLAB_NODE_NAME) {
            name = nodes[argument].text;
            if ((status = advance(r)) || (status = read_binary(r, 1, &argument))) return status;
        }
        nodes[argument].argument = name;
        if (last < 0)
            nodes[call].first = argument;
        else
            nodes[last].next = argument;
        last = argument;
        if (r->now.kind == TOKEN_OP && r->now.op == ')') break;
        if (r->now.kind != TOKEN_OP || r->now.op != ',')
            return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, r->now.at, "found %s inside %s(...), allowed are \",\" and \")\"",
                                      found(r, buffer, sizeof buffer), nodes[call].text);
        if ((status = advance(r))) return status;
        if (r->now.kind == TOKEN_OP && r->now.op == ')')
            return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, r->now.at,
                                      "an argument is missing between \",\" and \")\" of %s(...)", nodes[call].text);
    }
    return advance(r);
}

static mlab_status read_primary(reader *r, int32_t *node)
{
    token t = r->now;
    mlab_status status;
    char buffer[64];
    if (t.kind == TOKEN_NAME || t.kind == TOKEN_NUMBER || t.kind == TOKEN_TEXT) {
        mlab_node_kind kind = t.kind == TOKEN_NAME ? MLAB_NODE_NAME : t.kind == TOKEN_NUMBER ? MLAB_NODE_NUMBER : MLAB_NODE_TEXT;
        *node = add_node(r, kind, 0, t.at);
        r->formula->nodes[*node].text = t.text;
        r->formula->nodes[*node].number = t.number;
        if ((status = advance(r))) return status;
        if (t.kind != TOKEN_NAME || r->now.kind != TOKEN_OP || r->now.op != '(') return MLAB_OK;
        r->formula->nodes[*node].kind = MLAB_NODE_CALL;
        if ((status = advance(r))) return status;
        return read_arguments(r, *node);
    }
    if (t.kind == TOKEN_OP && t.op == '(') {
        *node = add_node(r, MLAB_NODE_PARENTHESIS, 0, t.at);
        int32_t inner;
        if ((status = advance(r)) || (status = read_binary(r, 1, &inner))) return status;
        r->formula->nodes[*node].first = inner;
        if (r->now.kind != TOKEN_OP || r->now.op != ')')
            return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, r->now.at,
                                      "found %s where the parenthesis opened at character %u should close", found(r, buffer, sizeof buffer),
                                      t.at + 1);
        return advance(r);
    }
    return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, t.at, "found %s where a column, a function or a number is expected",
                              found(r, buffer, sizeof buffer));
}

/* Level of an operator between two operands, 0 = not one; a higher level binds tighter. */
static int level_of(const token *t)
{
    if (t->kind != TOKEN_OP) return 0;
    switch (t->op) {
    case '~': return 1;
    case '|': return 2;
    case '&': return 3;
    case '=':
    case 'n':
    case 'g':
    case 'l':
    case '<':
    case '>': return 4;
    case '+':
    case '-': return 5;
    case '*':
    case '/': return 6;
    case 'i': return 7;
    case ':': return 8;
    case '^': return 10;
    default: return 0;
    }
}

static mlab_status read_unary(reader *r, int32_t *node)
{
    if (r->now.kind != TOKEN_OP || (r->now.op != '+' && r->now.op != '-' && r->now.op != '!' && r->now.op != '~')) return read_primary(r, node);
    token t = r->now;
    mlab_status status;
    int32_t inner;
    *node = add_node(r, MLAB_NODE_UNARY, t.op, t.at);
    int level = t.op == '~' ? 2 : t.op == '!' ? 4 : 9; /* minus binds tighter than ":" and less than "^" */
    if ((status = advance(r)) || (status = read_binary(r, level, &inner))) return status;
    r->formula->nodes[*node].first = inner;
    return MLAB_OK;
}

static mlab_status read_binary(reader *r, int level, int32_t *node)
{
    mlab_status status;
    if (++r->depth > MLAB_FORMULA_DEPTH)
        return mlab_formula_raise(r->formula, r->err, MLAB_ERR_DATA_FORMULA, r->now.at,
                                  "more than %d levels of parentheses or operators stand in one another", MLAB_FORMULA_DEPTH);
    if ((status = read_unary(r, node))) return status;
    for (int found_level; (found_level = level_of(&r->now)) >= level && found_level > 0;) {
        token t = r->now;
        int32_t right = -1;
        int32_t binary = add_node(r, MLAB_NODE_BINARY, t.op, t.at);
        if ((status = advance(r)) || (status = read_binary(r, t.op == '^' ? found_level - 1 : found_level + 1, &right))) return status;
        r->formula->nodes[binary].first = *node;
        r->formula->nodes[*node].next = right;
        *node = binary;
    }
    r->depth--;
    return MLAB_OK;
}

static mlab_status split_sides(reader *r, int32_t root)
{
    mlab_formula *formula = r->formula;
    const mlab_node *node = &formula->nodes[root];
    char buffer[64];
    if (r->now.kind != TOKEN_END)
        return mlab_formula_raise(formula, r->err, MLAB_ERR_DATA_FORMULA, r->now.at, "found %s after the end of a term; allowed are + - * / : ^",
                                  found(r, buffer, sizeof buffer));
    if (node->op != '~' || (node->kind != MLAB_NODE_BINARY && node->kind != MLAB_NODE_UNARY))
        return mlab_formula_raise(formula, r->err, MLAB_ERR_DATA_FORMULA, 0, "there is no \"~\"; a formula is written outcome ~ term + term");
    formula->left = node->kind == MLAB_NODE_BINARY ? node->first : -1;
    formula->right = node->kind == MLAB_NODE_BINARY ? formula->nodes[node->first].next : node->first;
    uint32_t tildes = 0, last = 0;
    for (int32_t i = 0; i < formula->n_nodes; i++) {
        if (formula->nodes[i].op != '~') continue;
        tildes++;
        last = formula->nodes[i].at > last ? formula->nodes[i].at : last;
    }
    if (tildes > 1) return mlab_formula_raise(formula, r->err, MLAB_ERR_DATA_FORMULA, last, "a second \"~\"; a formula has one");
    return MLAB_OK;
}

mlab_status mlab_formula_read(mlab_formula *formula, const char *text, mlab_error *err)
{
    size_t n = strlen(text);
    mlab_status status;
    int32_t root = -1;
    if (n > MLAB_FORMULA_LENGTH)
        return mlab_raise(err, MLAB_ERR_DATA_FORMULA, "a formula of %zu bytes; at most %d are allowed", n, MLAB_FORMULA_LENGTH);
    formula->text = mlab_copy_text(formula->context, text);
    formula->pool = mlab_allocate(formula->context, 24 * n + 64, 1); /* a printed number is at most 24 bytes for one written */
    formula->nodes = mlab_allocate(formula->context, n + 1, sizeof *formula->nodes);
    if (!formula->text || !formula->pool || !formula->nodes) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula of %zu bytes", n);
    size_t bad;
    if (!mlab_utf8_valid(text, n, &bad)) return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, (uint32_t)bad, "a byte that is not UTF-8");
    reader r = {.formula = formula, .text = formula->text, .err = err};
    if ((status = advance(&r)) || (status = read_binary(&r, 1, &root))) return status;
    return split_sides(&r, root);
}
