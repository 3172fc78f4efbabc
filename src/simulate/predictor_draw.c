/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One draw of coefficients put into the compiled predictors, and the inner loop that evaluates blocks of people.
 * Order of sums is fixed and no operation is fused, so every processor gives the same bits. */
#include "simulate/effects.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"

#include <stdio.h>
#include <string.h>

size_t mlab_assumption_find(const mlab_world *world, const char *name)
{
    for (size_t k = 0; k < world->n_assumptions; k++)
        if (!strcmp(world->assumptions[k].name, name)) return k;
    return SIZE_MAX;
}

double mlab_assumption_value(const mlab_world *world, size_t which, uint32_t draw)
{
    const mlab_assumption *a = &world->assumptions[which];
    if (a->standard_error <= 0) return a->value;
    mlab_address address = {
        .seed = (uint64_t)world->options.seed, .draw = draw, .entity = (uint32_t)which, .purpose = MLAB_PURPOSE_PARAMETERS, .block = 128};
    return a->value + a->standard_error * mlab_random_normal(&address, 0);
}

/* The stated effect of an arm on an equation, by cause or for all causes; SIZE_MAX = none stated. */
size_t mlab_stated_effect(const mlab_world *world, const mlab_equation *equation, const char *arm)
{
    const char *scale = equation->scale;
    char name[256];
    snprintf(name, sizeof name, "%s.%s.%s.%s", equation->fit->outcome, equation->cause, arm, scale);
    size_t found = mlab_assumption_find(world, name);
    if (found != SIZE_MAX) return found;
    snprintf(name, sizeof name, "%s.%s.%s", equation->fit->outcome, arm, scale);
    return mlab_assumption_find(world, name);
}

static double *take(double **memory, size_t n)
{
    double *taken = *memory;
    *memory += n;
    return taken;
}

/* whole: the predictor itself, not what another has more. */
static void fill_fixed(const mlab_world *world, const mlab_equation *equation, bool whole, mlab_equation_draw *draw)
{
    const mlab_predictor *p = equation->predictor;
    const double *b = draw->coefficients;
    bool intercept = whole && mlab_design_has_intercept(p->design) && equation->first_column == 0;
    for (uint32_t s = 0; s < world->n_sources; s++) {
        double sum = intercept ? b[0] : 0;
        const double *x = p->fixed + (size_t)s * p->n_fixed;
        for (size_t c = 0; c < p->n_fixed; c++) sum += x[c] * b[p->fixed_column[c]];
        draw->fixed[s] = whole && p->offset ? sum + p->offset[s] : sum;
    }
}

static void fill_table(const mlab_world *world, const mlab_equation *equation, bool whole, uint32_t draw_number, mlab_equation_draw *draw)
{
    const mlab_predictor *p = equation->predictor;
    for (uint32_t code = 0; code < world->n_states; code++) {
        uint32_t arm = code % world->n_arms;
        size_t stated = equation->stated_effect[arm];
        uint32_t seen = p->stand_in[stated == SIZE_MAX ? code : code - arm];
        double sum = 0;
        for (size_t c = 0; c < p->n_stated; c++) sum += p->stated[(size_t)seen * p->n_stated + c] * draw->coefficients[p->stated_column[c]];
        if (whole && stated != SIZE_MAX) sum += mlab_assumption_value(world, stated, draw_number);
        draw->table[code] = sum;
    }
}

static void fill_cubics(const mlab_clock_basis *clock, const double *b, double *cubic)
{
    size_t n = (size_t)clock->n_pieces * 4;
    memset(cubic, 0, n * sizeof *cubic);
    for (size_t c = 0; c < clock->n_columns; c++)
        for (size_t q = 0; q < n; q++) cubic[q] += b[clock->column[c]] * clock->cubic[c * n + q];
}

/* How many predictors an equation has beside its own. */
static size_t more_of(const mlab_equation *equation)
{
    const mlab_fit *fit = equation->fit;
    return (fit->n_nominal ? equation->n_thresholds - 1 : 0) + (fit->n_scale > 0);
}

static size_t memory_of(const mlab_world *world, size_t *n_more)
{
    size_t n = 0;
    *n_more = 0;
    for (size_t e = 0; e < world->n_equations; e++) {
        const mlab_predictor *p = world->equations[e].predictor;
        size_t one = world->n_sources + world->n_states + mlab_design_columns(p->design);
        one += 4 * (size_t)(p->clock[0].n_pieces + p->clock[1].n_pieces);
        n += one * (1 + more_of(&world->equations[e]));
        *n_more += more_of(&world->equations[e]);
    }
    return n + world->n_leans * world->n_sources;
}

/* The coefficients of a predictor stand in it: what follows from them. */
static void fill(const mlab_world *world, const mlab_equation *equation, bool whole, uint32_t draw, double **memory, mlab_equation_draw *to)
{
    fill_fixed(world, equation, whole, to);
    fill_table(world, equation, whole, draw, to);
    for (int c = 0; c < 2; c++) {
        const mlab_clock_basis *clock = &equation->predictor->clock[c];
        double *cubic = take(memory, 4 * (size_t)clock->n_pieces);
        to->cubic[c] = clock->n_columns ? cubic : NULL;
        fill_cubics(clock, to->coefficients, cubic);
    }
}

static void start_predictor(const mlab_world *world, const mlab_equation *equation, double **memory, mlab_equation_draw *to)
{
    to->equation = equation;
    to->fixed = take(memory, world->n_sources);
    to->table = take(memory, world->n_states);
    to->coefficients = take(memory, mlab_design_columns(equation->predictor->design));
}

/* value: the parameters of the fit. Places are those of mlab_fit: nominal effects at the thresholds after the first behind the block, then the scale.
 */
static void fill_more(const mlab_world *world, const mlab_equation *equation, const double *value, uint32_t draw, double **memory,
                      mlab_equation_draw *to)
{
    const mlab_fit *fit = equation->fit;
    to->n_more = more_of(equation);
    to->on_scale = fit->n_scale > 0;
    for (size_t j = 0; j < to->n_more; j++) {
        mlab_equation_draw *one = &to->more[j];
        bool scale = to->on_scale && j + 1 == to->n_more;
        start_predictor(world, equation, memory, one);
        for (size_t w = 0; w < fit->n_nominal && !scale; w++)
            one->coefficients[equation->first_column + fit->nominal[w]] =
                value[fit->block_size + j * fit->n_nominal + w] - value[fit->n_thresholds + fit->nominal[w]];
        for (size_t z = 0; z < fit->n_scale && scale; z++)
            one->coefficients[equation->first_column + fit->scale[z]] = value[fit->n_parameters - fit->n_scale + z];
        fill(world, equation, false, draw, memory, one);
    }
}

static double stated_or(const mlab_world *world, const char *name, double otherwise, uint32_t draw)
{
    size_t which = mlab_assumption_find(world, name);
    return which == SIZE_MAX ? otherwise : mlab_assumption_value(world, which, draw);
}

mlab_status mlab_world_draw_make(const mlab_world *world, uint32_t draw, mlab_world_draw **made, mlab_error *err)
{
    const mlab_context *context = world->context;
    const mlab_draws *draws = world->spec->draws;
    *made = mlab_allocate(context, 1, sizeof **made);
    size_t n_more, n = memory_of(world, &n_more);
    double *memory = *made ? mlab_allocate(context, n, sizeof *memory) : NULL;
    mlab_equation_draw *more = memory ? mlab_allocate(context, n_more, sizeof *more) : NULL;
    if (!more) {
        mlab_release(context, memory);
        mlab_release(context, *made);
        *made = NULL;
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a draw of %u people", (unsigned)world->n_sources);
    }
    **made = (mlab_world_draw){.world = world, .draw = draw, .memory = memory, .more = more};
    for (size_t e = 0; e < world->n_equations; e++) {
        const mlab_equation *equation = &world->equations[e];
        mlab_equation_draw *to = &(*made)->equations[e];
        const double *value = draws->value + (size_t)draw * draws->n_parameters;
        start_predictor(world, equation, &memory, to);
        for (size_t c = 0; c < equation->n_coefficients; c++) to->coefficients[equation->first_column + c] = value[equation->first_parameter + c];
        for (size_t k = 0; k < equation->n_thresholds; k++) to->threshold[k] = value[equation->first_threshold + k];
        fill(world, equation, true, draw, &memory, to);
        to->more = more;
        fill_more(world, equation, value + equation->first_threshold, draw, &memory, to);
        more += to->n_more;
    }
    (*made)->lean = take(&memory, world->n_leans * world->n_sources);
    mlab_effects_of_draw(world, *made);
    mlab_numbers_of_draw(world, *made);
    (*made)->replacement = stated_or(world, "replacement", world->options.replacement, draw);
    (*made)->early_ending = stated_or(world, "early_ending", world->options.early_ending, draw);
    (*made)->score_effect = stated_or(world, "score_effect", world->options.score_effect, draw);
    return MLAB_OK;
}

void mlab_world_draw_free(mlab_world_draw *made)
{
    if (!made) return;
    const mlab_context *context = made->world->context;
    mlab_release(context, made->memory);
    mlab_release(context, made->more);
    mlab_release(context, made);
}

/* --- blocks of people ----------------------------------------------------------------------------- */

static void add_cubics(const mlab_clock_basis *clock, const double *cubic, size_t n, const double *x, double *eta)
{
    if (clock->n_pieces == 1) {
        const double o = clock->origin[0], a = cubic[0], b = cubic[1], c = cubic[2], d = cubic[3];
        for (size_t i = 0; i < n; i++) {
            double u = x[i] - o;
            eta[i] += a + u * (b + u * (c + u * d));
        }
        return;
    }
    const double *breaks = clock->breaks, *origin = clock->origin;
    int32_t last = clock->n_pieces - 1;
    for (size_t i = 0; i < n; i++) {
        int32_t k = 0;
        for (int32_t q = 0; q < last; q++) k += x[i] >= breaks[q];
        const double *c = cubic + 4 * k;
        double u = x[i] - origin[k];
        eta[i] += c[0] + u * (c[1] + u * (c[2] + u * c[3]));
    }
}

enum { WIDEST_CLOCK = 64, DEEPEST = 64, MOST_INPUTS = 64 };

/* The numbers of one variable of a product at a person. room [WIDEST_CLOCK] is used by clocks. */
static const double *factor_at(const mlab_factor_values *f, uint32_t source, uint32_t code, double tenure, double in_grade, double *room)
{
    if (f->place == MLAB_PLACE_SOURCE) return f->values + (size_t)source * f->width;
    if (f->place == MLAB_PLACE_STATE) return f->values + (size_t)code * f->width;
    double inputs[MOST_INPUTS], stack[DEEPEST];
    inputs[f->input] = f->place == MLAB_PLACE_TENURE ? tenure : in_grade;
    mlab_design_variable_at(f->variable, mlab_program_value(&f->variable->program, inputs, stack), room);
    return room;
}

static void add_product(const mlab_product_term *term, const double *b, size_t n, const uint16_t *code, const double *tenure, const double *in_grade,
                        const uint32_t *source, double *eta)
{
    double room[4][WIDEST_CLOCK];
    const double *values[16];
    for (size_t i = 0; i < n; i++) {
        size_t used = 0;
        for (size_t v = 0; v < term->n_variables; v++)
            values[v] = factor_at(&term->variables[v], source[i], code[i], tenure[i], in_grade[i], room[used++ & 3]);
        double sum = 0;
        for (size_t c = 0; c < term->n_columns; c++) {
            double x = b[term->first + c];
            for (size_t v = 0; v < term->n_variables; v++) x *= values[v][c / term->variables[v].stride % term->variables[v].width];
            sum += x;
        }
        eta[i] += sum;
    }
}

void mlab_equation_block(const mlab_equation_draw *equation, size_t n, const double *base, const uint16_t *code, const double *tenure,
                         const double *in_grade, const uint32_t *source, double *eta)
{
    const mlab_predictor *p = equation->equation->predictor;
    const double *table = equation->table;
    for (size_t i = 0; i < n; i++) eta[i] = base[i] + table[code[i]];
    if (equation->cubic[0]) add_cubics(&p->clock[0], equation->cubic[0], n, tenure, eta);
    if (equation->cubic[1]) add_cubics(&p->clock[1], equation->cubic[1], n, in_grade, eta);
    for (size_t t = 0; t < p->n_products; t++) add_product(&p->products[t], equation->coefficients, n, code, tenure, in_grade, source, eta);
}
