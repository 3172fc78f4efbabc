/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a node of a formula as R's deparse() does, because R's names of coefficients are made of it. */
#include "data/formula.h"

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits and exponent of value rounded to `digits` significant ones; trailing zeros are cut. Returns their number. */
static int significant(double value, int digits, char *into, int *exponent)
{
    char text[48];
    snprintf(text, sizeof text, "%.*e", digits - 1, fabs(value));
    char *e = strchr(text, 'e');
    *exponent = atoi(e + 1);
    int n = 0;
    for (char *c = text; c < e; c++)
        if (*c >= '0' && *c <= '9') into[n++] = *c; /* the decimal mark depends on the locale */
    while (n > 1 && into[n - 1] == '0') n--;
    into[n] = 0;
    return n;
}

void mlab_number_as_r(double value, char *into, size_t size)
{
    char digits[32];
    int exponent;
    if (value == 0) {
        snprintf(into, size, "0");
        return;
    }
    int n = significant(value, 15, digits, &exponent);
    const char *sign = value < 0 ? "-" : "";
    int left = exponent >= 0 ? exponent + 1 : 1;
    int right = n - exponent - 1 > 0 ? n - exponent - 1 : 0;
    int fixed_width = left + (right ? right + 1 : 0);
    int scientific_width = n + (n > 1 ? 1 : 0) + (abs(exponent) >= 100 ? 5 : 4);
    if (fixed_width > scientific_width) {
        snprintf(into, size, "%s%c%s%se%c%02d", sign, digits[0], n > 1 ? "." : "", digits + 1, exponent < 0 ? '-' : '+', abs(exponent));
        return;
    }
    char text[64];
    int k = 0;
    for (int i = 0; i < left; i++) text[k++] = exponent < 0 ? '0' : i < n ? digits[i] : '0';
    if (right) text[k++] = '.';
    for (int i = 0; i < right; i++) {
        int d = exponent + 1 + i; /* index of the digit */
        text[k++] = d >= 0 && d < n ? digits[d] : '0';
    }
    text[k] = 0;
    snprintf(into, size, "%s%s", sign, text);
}

static bool is_plain_name(const char *name)
{
    static const char *const reserved[] = {"if",   "else",  "repeat", "while", "function", "for", "next", "break",
                                           "TRUE", "FALSE", "NULL",   "Inf",   "NaN",      "NA",  "in"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcmp(name, reserved[i])) return false;
    if ((name[0] >= '0' && name[0] <= '9') || name[0] == '_' || (name[0] == '.' && name[1] >= '0' && name[1] <= '9')) return false;
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' || *c == '_' ||
              (unsigned char)*c >= 0x80))
            return false;
    return true;
}

static const char *operator_text(char op)
{
    switch (op) {
    case '+': return " + ";
    case '-': return " - ";
    case '*': return " * ";
    case '/': return "/";
    case ':': return ":";
    case '^': return "^";
    case '~': return " ~ ";
    case '|': return " | ";
    case '&': return " & ";
    case '<': return " < ";
    case '>': return " > ";
    case '=': return " == ";
    case 'g': return " >= ";
    case 'l': return " <= ";
    case 'n': return " != ";
    default: return " %in% ";
    }
}

static void put(const mlab_formula *formula, int32_t at, mlab_text *text)
{
    const mlab_node *node = &formula->nodes[at];
    switch (node->kind) {
    case MLAB_NODE_NAME: {
        bool logical = !strcmp(node->text, "TRUE") || !strcmp(node->text, "FALSE");
        bool plain = logical || is_plain_name(node->text);
        if (!plain) mlab_text_append(text, "`");
        mlab_text_append(text, node->text);
        if (!plain) mlab_text_append(text, "`");
        break;
    }
    case MLAB_NODE_NUMBER: mlab_text_append(text, node->text); break;
    case MLAB_NODE_TEXT:
        mlab_text_append(text, "\"");
        mlab_text_append(text, node->text);
        mlab_text_append(text, "\"");
        break;
    case MLAB_NODE_CALL:
        mlab_text_append(text, node->text);
        mlab_text_append(text, "(");
        for (int32_t i = node->first; i >= 0; i = formula->nodes[i].next) {
            if (formula->nodes[i].argument) {
                mlab_text_append(text, formula->nodes[i].argument);
                mlab_text_append(text, " = ");
            }
            put(formula, i, text);
            if (formula->nodes[i].next >= 0) mlab_text_append(text, ", ");
        }
        mlab_text_append(text, ")");
        break;
    case MLAB_NODE_BINARY:
        put(formula, node->first, text);
        mlab_text_append(text, operator_text(node->op));
        put(formula, formula->nodes[node->first].next, text);
        break;
    case MLAB_NODE_UNARY:
        mlab_text_append_bytes(text, &node->op, 1);
        put(formula, node->first, text);
        break;
    case MLAB_NODE_PARENTHESIS:
        mlab_text_append(text, "(");
        put(formula, node->first, text);
        mlab_text_append(text, ")");
        break;
    }
}

char *mlab_formula_deparse(const mlab_formula *formula, int32_t node)
{
    mlab_text text = MLAB_TEXT(formula->context);
    put(formula, node, &text);
    char *copy = text.failed ? NULL : mlab_copy_text(formula->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}
