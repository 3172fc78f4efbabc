/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcomes that are numbers or counts (pay growth, publications): drawn for everybody who is there, in every period in which the data have them, from
 * the law of the fit given the state at the start of the period and the effects of groups. Normal and log-normal numbers and counts by inversion;
 * gamma numbers by Marsaglia & Tsang (2000, doi:10.1145/358407.358414); negative binomial counts as Poisson counts with gamma means. Nothing calls
 * the C library's mathematics. What is kept is the sum over people: a number changes nothing in what becomes of them. Weakness: the numbers of one
 * person are tied by the effects of groups alone; of different outcomes of one person they are independent given these.
 */
#include "simulate/organisation.h"

#include "core/elementary.h"
#include "core/random.h"

#include <math.h>

/* Uniforms of a person and number begin at block 64 k: the first is the number's own, those of a gamma from 2 on, of split counts from 64 on. */
enum { OWN_BLOCKS = 64, GAMMA_FROM = 2, GAMMA_TRIES = 30, PIECES_FROM = 64, MOST_PIECES = 60, BLOCK_REST = 160 };
static const double PIECE = 400; /* a mean whose exponential is far from 0 */

void mlab_numbers_of_draw(const mlab_world *world, mlab_world_draw *draw)
{
    bool fixed = world->spec->draws->kind == MLAB_DRAWS_FIXED;
    for (size_t k = 0; k < world->n_numbers; k++) {
        const mlab_fit *fit = world->equations[world->numbers[k].equation].fit;
        bool normal = world->numbers[k].law <= MLAB_LAW_LOGNORMAL;
        double left = (double)fit->n_rows - (double)fit->n_parameters, base = normal ? sqrt(fit->residual_variance) : fit->shape, se = 0;
        size_t all = fit->n_parameters + fit->n_spread;
        if (normal)
            se = fit->n_spread ? sqrt(fmax(fit->joint_covariance[all * all - 1], 0)) : left > 0 ? 1 / sqrt(2 * left) : 0;
        else if (fit->shape > 0)
            se = fit->shape_se / fit->shape;
        mlab_address address = {.seed = (uint64_t)world->options.seed,
                                .draw = draw->draw,
                                .entity = (uint32_t)k,
                                .purpose = MLAB_PURPOSE_PARAMETERS,
                                .block = BLOCK_REST};
        draw->rest[k] = base * (fixed || !(se > 0) ? 1 : mlab_exp(se * mlab_random_normal(&address, 0)));
    }
}

/* The count whose distribution function first reaches u, for a mean up to PIECE. */
static double poisson_by(double u, double mean)
{
    double p = mlab_exp(-mean), sum = p, count = 0;
    while (sum < u && count < 4 * PIECE) {
        count++;
        p *= mean / count;
        sum += p;
    }
    return count;
}

/* A sum of independent counts has the sum of their means. */
static double poisson(const mlab_address *address, double u, double mean)
{
    if (!(mean > 0)) return 0;
    if (mean <= PIECE) return poisson_by(u, mean);
    double pieces = ceil(mean / PIECE), sum = 0;
    if (pieces > MOST_PIECES) return fmax(floor(mean + sqrt(mean) * mlab_normal_quantile(u) + 0.5), 0);
    for (uint32_t j = 0; j < (uint32_t)pieces; j++) sum += poisson_by(mlab_random_uniform(address, PIECES_FROM + j), mean / pieces);
    return sum;
}

/* Gamma with mean `shape` and scale 1. */
static double gamma_of(const mlab_address *address, double shape)
{
    double more = shape < 1 ? shape + 1 : shape, d = more - 1.0 / 3, c = 1 / sqrt(9 * d), value = more;
    for (uint32_t t = 0; t < GAMMA_TRIES; t++) { /* each is taken with a chance over 0.95 */
        double z = mlab_random_normal(address, GAMMA_FROM + 2 * t), u = mlab_random_uniform(address, GAMMA_FROM + 2 * t + 1), v = 1 + c * z;
        if (!(v > 0)) continue;
        v = v * v * v;
        if (mlab_log(u) >= 0.5 * z * z + d - d * v + d * mlab_log(v)) continue;
        value = d * v;
        break;
    }
    return shape < 1 ? value * mlab_exp(mlab_log(mlab_random_uniform(address, 1)) / shape) : value;
}

static double draw_one(mlab_number_law law, double rest, const mlab_address *address, double u, double mean)
{
    if (law == MLAB_LAW_POISSON) return poisson(address, u, mean);
    double shaped = mean * gamma_of(address, rest) / rest;
    return law == MLAB_LAW_GAMMA ? shaped : poisson(address, u, shaped);
}

void mlab_process_number(mlab_organisation *o, size_t k, uint32_t first, uint32_t n)
{
    const mlab_world *world = o->world;
    const mlab_world_number *number = &world->numbers[k];
    mlab_address address = {.seed = (uint64_t)world->options.seed,
                            .draw = o->draw->draw,
                            .replicate = o->replicate,
                            .period = (uint16_t)o->period,
                            .purpose = MLAB_PURPOSE_NUMBER,
                            .block = (uint8_t)(OWN_BLOCKS * k)};
    double *eta = o->eta[number->equation], *u = o->uniform, rest = o->draw->rest[k];
    double *sum = o->tally + (MLAB_N_METRICS + k) * world->n_grades;
    mlab_random_fill(o->context, &address, o->entity + first, n, 1, u);
    if (number->law <= MLAB_LAW_LOGNORMAL) {
        mlab_normal_quantile_array(o->context, u, u, n);
        for (uint32_t i = 0; i < n; i++) eta[i] += rest * u[i];
    }
    if (number->law != MLAB_LAW_NORMAL) mlab_exp_array(o->context, eta, eta, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!o->there[first + i]) continue;
        address.entity = o->entity[first + i];
        sum[o->group[i]] += number->law <= MLAB_LAW_LOGNORMAL ? eta[i] : draw_one(number->law, rest, &address, u[i], eta[i]);
    }
}
