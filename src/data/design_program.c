/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic in formulas, log(x), I(x^2), compiled to steps on a stack that run over blocks of rows.
 * Powers: 2 is x * x as in R, whole ones up to 64 by multiplication, others exp(y log x) with about |y log x| units of
 * error in the last place. */
#include "data/design.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static mlab_status input_of(mlab_design *design, const char *name, uint32_t *input, mlab_error *err)
{
    mlab_status status;
    for (size_t i = 0; i < design->n_inputs; i++)
        if (!strcmp(design->inputs[i], name)) {
            *input = (uint32_t)i;
            return MLAB_OK;
        }
    if ((status = mlab_grow(design->context, &design->inputs, design->n_inputs, &design->inputs_capacity, sizeof *design->inputs, err)))
        return status;
    design->inputs[design->n_inputs] = mlab_copy_text(design->context, name);
    if (!design->inputs[design->n_inputs]) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    *input = (uint32_t)design->n_inputs++;
    return MLAB_OK;
}

static mlab_step_kind function_step(const char *name)
{
    static const struct {
        const char *name;
        mlab_step_kind kind;
    } steps[] = {{"log", MLAB_STEP_LOG},     {"exp", MLAB_STEP_EXP},   {"sqrt", MLAB_STEP_SQRT},
                 {"log1p", MLAB_STEP_LOG1P}, {"log2", MLAB_STEP_LOG2}, {"log10", MLAB_STEP_LOG10}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!strcmp(name, steps[i].name)) return steps[i].kind;
    return MLAB_STEP_ABS;
}

static mlab_step_kind operator_step(char op)
{
    return op == '+'   ? MLAB_STEP_ADD
           : op == '-' ? MLAB_STEP_SUBTRACT
           : op == '*' ? MLAB_STEP_MULTIPLY
           : op == '/' ? MLAB_STEP_DIVIDE
                       : MLAB_STEP_POWER;
}

typedef struct compiler {
    mlab_design *design;
    mlab_program *program;
    size_t capacity, height;
    mlab_error *err;
} compiler;

static mlab_status emit(compiler *c, mlab_step_kind kind, const char *column, double number, int change)
{
    mlab_step step = {.kind = kind, .number = number};
    mlab_status status;
    if (column && (status = input_of(c->design, column, &step.column, c->err))) return status;
    if ((status = mlab_grow(c->design->context, &c->program->steps, c->program->n, &c->capacity, sizeof step, c->err))) return status;
    c->program->steps[c->program->n++] = step;
    c->height = (size_t)((int64_t)c->height + change);
    if (c->height > c->program->depth) c->program->depth = c->height;
    return MLAB_OK;
}

static mlab_status compile(compiler *c, int32_t at)
{
    const mlab_node *nodes = c->design->formula->nodes, *node = &nodes[at];
    mlab_status status;
    if (node->kind == MLAB_NODE_NAME) return emit(c, MLAB_STEP_COLUMN, node->text, 0, 1);
    if (node->kind == MLAB_NODE_NUMBER) return emit(c, MLAB_STEP_NUMBER, NULL, node->number, 1);
    if ((status = compile(c, node->first))) return status;
    if (node->kind == MLAB_NODE_CALL && strcmp(node->text, "I") != 0) return emit(c, function_step(node->text), NULL, 0, 0);
    if (node->kind == MLAB_NODE_UNARY && node->op == '-') return emit(c, MLAB_STEP_NEGATE, NULL, 0, 0);
    if (node->kind != MLAB_NODE_BINARY) return MLAB_OK;
    if ((status = compile(c, nodes[node->first].next))) return status;
    return emit(c, operator_step(node->op), NULL, 0, -1);
}

mlab_status mlab_program_make(mlab_design *design, int32_t node, mlab_program *program, mlab_error *err)
{
    compiler c = {.design = design, .program = program, .err = err};
    program->label = mlab_formula_deparse(design->formula, node);
    if (!program->label) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    return compile(&c, node);
}

static double power(double x, double y)
{
    if (y == 2) return x * x;
    if (y == 0.5) return sqrt(x);
    if (y == floor(y) && fabs(y) <= 64) {
        double product = 1, base = x;
        for (int k = (int)fabs(y); k; k >>= 1, base *= base)
            if (k & 1) product *= base;
        return y < 0 ? 1 / product : product;
    }
    return x == 0 && y > 0 ? 0 : mlab_exp(y * mlab_log(x));
}

/* In place, for one operand. */
static void apply_one(const mlab_context *context, mlab_step_kind kind, size_t n, double *a)
{
    switch (kind) {
    case MLAB_STEP_NEGATE:
        for (size_t i = 0; i < n; i++) a[i] = -a[i];
        break;
    case MLAB_STEP_LOG: mlab_log_array(context, a, a, n); break;
    case MLAB_STEP_EXP: mlab_exp_array(context, a, a, n); break;
    case MLAB_STEP_SQRT:
        for (size_t i = 0; i < n; i++) a[i] = sqrt(a[i]);
        break;
    case MLAB_STEP_LOG1P:
        for (size_t i = 0; i < n; i++) a[i] = mlab_log1p(a[i]);
        break;
    case MLAB_STEP_LOG2:
        for (size_t i = 0; i < n; i++) a[i] = mlab_log(a[i]) / 0.69314718055994530942;
        break;
    case MLAB_STEP_LOG10:
        for (size_t i = 0; i < n; i++) a[i] = mlab_log(a[i]) / 2.3025850929940456840;
        break;
    default:
        for (size_t i = 0; i < n; i++) a[i] = fabs(a[i]);
        break;
    }
}

static void apply_two(mlab_step_kind kind, size_t n, double *a, const double *b)
{
    switch (kind) {
    case MLAB_STEP_ADD:
        for (size_t i = 0; i < n; i++) a[i] += b[i];
        break;
    case MLAB_STEP_SUBTRACT:
        for (size_t i = 0; i < n; i++) a[i] -= b[i];
        break;
    case MLAB_STEP_MULTIPLY:
        for (size_t i = 0; i < n; i++) a[i] *= b[i];
        break;
    case MLAB_STEP_DIVIDE:
        for (size_t i = 0; i < n; i++) a[i] /= b[i];
        break;
    default:
        for (size_t i = 0; i < n; i++) a[i] = power(a[i], b[i]);
        break;
    }
}

static bool takes_two(mlab_step_kind kind)
{
    return kind >= MLAB_STEP_ADD && kind <= MLAB_STEP_POWER;
}

void mlab_program_run(const mlab_context *context, const mlab_program *program, const double *inputs, size_t n, double *stack, double *into)
{
    size_t height = 0; /* vectors on the stack */
    for (size_t k = 0; k < program->n; k++) {
        const mlab_step *step = &program->steps[k];
        double *next = stack + height * MLAB_DESIGN_BLOCK;
        if (step->kind == MLAB_STEP_COLUMN) {
            memcpy(next, inputs + (size_t)step->column * MLAB_DESIGN_BLOCK, n * sizeof *next);
            height++;
        } else if (step->kind == MLAB_STEP_NUMBER) {
            for (size_t i = 0; i < n; i++) next[i] = step->number;
            height++;
        } else if (takes_two(step->kind)) {
            apply_two(step->kind, n, next - 2 * MLAB_DESIGN_BLOCK, next - MLAB_DESIGN_BLOCK);
            height--;
        } else
            apply_one(context, step->kind, n, next - MLAB_DESIGN_BLOCK);
    }
    memcpy(into, stack, n * sizeof *into);
}

double mlab_program_value(const mlab_program *program, const double *inputs, double *stack)
{
    static const mlab_context scalar = {.threads = 1, .isa = MLAB_ISA_GENERIC};
    size_t height = 0;
    for (size_t k = 0; k < program->n; k++) {
        const mlab_step *step = &program->steps[k];
        if (step->kind == MLAB_STEP_COLUMN)
            stack[height++] = inputs[step->column];
        else if (step->kind == MLAB_STEP_NUMBER)
            stack[height++] = step->number;
        else if (takes_two(step->kind)) {
            height--;
            apply_two(step->kind, 1, &stack[height - 1], &stack[height]);
        } else
            apply_one(&scalar, step->kind, 1, &stack[height - 1]);
    }
    return stack[0];
}
