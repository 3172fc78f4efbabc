/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People of a chunk: their rows at given effects, and the modes of their effects, all people together so that families work on whole tiles. */
#include "fit/joint/joint.h"

#include "fit/small.h"

#include <math.h>
#include <string.h>

enum { STEPS = 100 };
static const double SETTLED = 1e-12; /* squared Newton decrement at which the last step is taken */
static const double NOISE = 1e-13;   /* of a log-likelihood: a fall within it is rounding */
#define MOST MLAB_JOINT_EFFECTS
#define NORMALS MLAB_JOINT_NORMALS

static size_t n_pairs(const mlab_joint_rows *part)
{
    return part->n_eta * (part->n_eta + 1) / 2;
}

static size_t part_doubles(const mlab_joint_work *w, size_t r)
{
    const mlab_joint_rows *part = &w->model->parts[r];
    size_t planes = 3 * part->n_eta + 1 + n_pairs(part) + (part->n_thresholds ? 5 : 0) + part->n_pieces * w->n_moments;
    return planes * w->model->most_rows[r];
}

static size_t most_eta(const mlab_joint_model *m)
{
    size_t most = 1;
    for (size_t r = 0; r < m->n_parts; r++)
        if (m->parts[r].n_eta > most) most = m->parts[r].n_eta;
    return most;
}

size_t mlab_joint_room_bytes(const mlab_joint_work *w)
{
    const mlab_joint_model *m = w->model;
    size_t n = m->n_parameters, doubles = (most_eta(m) + 3) * MLAB_TILE + m->most_people * (1 + n + n * (n + 1) / 2) + n;
    for (size_t r = 0; r < m->n_parts; r++) doubles += part_doubles(w, r);
    return doubles * sizeof(double) + m->most_people * sizeof(mlab_joint_search) + m->n_parts * sizeof(mlab_joint_part_room);
}

mlab_joint_room mlab_joint_room_of(const mlab_joint_work *w, void *memory)
{
    const mlab_joint_model *m = w->model;
    size_t n = m->n_parameters;
    mlab_joint_room room = {.parts = memory};
    double *at = (double *)(void *)(room.parts + m->n_parts);
    for (size_t r = 0; r < m->n_parts; r++) {
        const mlab_joint_rows *part = &m->parts[r];
        mlab_joint_part_room *own = &room.parts[r];
        size_t rows = m->most_rows[r];
        double **const planes[] = {&own->likelihood, &own->fixed, &own->eta, &own->score, &own->curvature};
        const size_t sizes[] = {1, part->n_eta, part->n_eta, part->n_eta, n_pairs(part)};
        for (size_t k = 0; k < 5; k++, at += sizes[k - 1] * rows) *planes[k] = at;
        double **const ends[] = {&own->upper, &own->lower, &own->upper_upper, &own->upper_lower, &own->lower_lower};
        for (size_t k = 0; k < 5 && part->n_thresholds; k++, at += rows) *ends[k] = at;
        own->moments = at;
        at += part->n_pieces * w->n_moments * rows;
    }
    room.scratch = at;
    room.sum = at + (most_eta(m) + 3) * MLAB_TILE;
    room.score_sum = room.sum + m->most_people;
    room.square_sum = room.score_sum + m->most_people * n;
    room.own = room.square_sum + m->most_people * (n * (n + 1) / 2);
    room.searches = (mlab_joint_search *)(void *)(room.own + n);
    return room;
}

/* --- rows --------------------------------------------------------------------------------------------------- */

static void set_fixed(const mlab_joint_work *w, const mlab_joint_room *room, size_t r, size_t first, size_t n)
{
    const mlab_joint_rows *part = &w->model->parts[r];
    for (size_t k = 0; k < part->n_eta; k++) {
        const double *b = w->psi + part->at + part->n_thresholds + k * part->p;
        for (size_t i = 0; i < n; i++) {
            const double *x = part->x + (first + i) * part->p;
            double sum = part->offset[first + i];
            for (size_t j = 0; j < part->p; j++) sum += x[j] * b[j];
            room->parts[r].fixed[mlab_joint_plane(part->n_eta, k, i)] = sum;
        }
    }
}

static void set_eta(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, size_t r, size_t g, const double *v)
{
    const mlab_joint_model *m = w->model;
    const mlab_joint_rows *part = &m->parts[r];
    size_t person = m->chunk[chunk] + g, first = part->first[m->chunk[chunk]];
    for (size_t k = 0; k < part->n_eta; k++) {
        double effect[MOST] = {0};
        for (size_t c = 0; c < part->n_z; c++) {
            effect[c] = 0;
            for (size_t a = 0; a < m->q; a++) effect[c] += w->lambda[(part->effect + k * part->n_z + c) * m->q + a] * v[a];
        }
        for (size_t i = part->first[person]; i < part->first[person + 1]; i++) {
            size_t at = mlab_joint_plane(part->n_eta, k, i - first);
            double sum = part->z ? 0 : effect[0];
            for (size_t c = 0; part->z && c < part->n_z; c++) sum += part->z[i * part->n_z + c] * effect[c];
            room->parts[r].eta[at] = room->parts[r].fixed[at] + sum;
        }
    }
}

/* From a residual SD of 1 to exp(log_sd): numbers and predictors were given as they are. */
static void scale_gaussian(mlab_joint_part_room *own, size_t n, double log_sd)
{
    double precision = exp(-2 * log_sd);
    for (size_t i = 0; i < n; i++) {
        own->likelihood[i] = own->likelihood[i] * precision - log_sd - 0.918938533204672741780;
        own->score[i] *= precision;
        own->curvature[i] = precision;
    }
}

static bool evaluate_part(const mlab_joint_work *w, const mlab_joint_room *room, size_t r, size_t first, size_t n)
{
    const mlab_joint_rows *part = &w->model->parts[r];
    mlab_joint_part_room *own = &room->parts[r];
    for (size_t at = 0; at < n; at += MLAB_TILE) {
        mlab_family_tile tile = {.context = w->model->context,
                                 .rows = n - at < MLAB_TILE ? n - at : MLAB_TILE,
                                 .n_eta = part->n_eta,
                                 .category = part->category ? part->category + first + at : NULL,
                                 .number = part->number ? part->number + first + at : NULL,
                                 .eta = own->eta + at * part->n_eta,
                                 .thresholds = w->psi + part->at,
                                 .n_thresholds = part->n_thresholds,
                                 .derivatives = true,
                                 .log_likelihood = own->likelihood + at,
                                 .score = own->score + at * part->n_eta,
                                 .curvature = own->curvature + at * n_pairs(part),
                                 .scratch = room->scratch};
        if (part->n_thresholds) {
            tile.upper = own->upper + at, tile.lower = own->lower + at;
            tile.upper_upper = own->upper_upper + at, tile.upper_lower = own->upper_lower + at, tile.lower_lower = own->lower_lower + at;
        }
        if (!part->engine->family->tile(&tile)) return false;
    }
    if (part->gaussian) scale_gaussian(own, n, w->psi[part->at + part->n_own - 1]);
    return true;
}

bool mlab_joint_at(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk)
{
    const mlab_joint_model *m = w->model;
    size_t people = m->chunk[chunk + 1] - m->chunk[chunk];
    for (size_t r = 0; r < m->n_parts; r++) {
        size_t first = m->parts[r].first[m->chunk[chunk]];
        for (size_t g = 0; g < people; g++) set_eta(w, room, chunk, r, g, room->searches[g].v);
        if (!evaluate_part(w, room, r, first, m->parts[r].first[m->chunk[chunk + 1]] - first)) return false;
    }
    return true;
}

double mlab_joint_value(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, size_t g)
{
    const mlab_joint_model *m = w->model;
    size_t person = m->chunk[chunk] + g;
    double sum = 0;
    for (size_t r = 0; r < m->n_parts; r++) {
        const size_t *first = m->parts[r].first, from = first[m->chunk[chunk]];
        for (size_t i = first[person]; i < first[person + 1]; i++) sum += room->parts[r].likelihood[i - from];
    }
    return sum;
}

/* One pair of predictors of one row: effects of the first by those of the second. */
static void cross_pair(const mlab_joint_rows *part, size_t i, size_t k, size_t l, double weight, double *curvature, size_t n_effects)
{
    const double *z = part->z ? part->z + i * part->n_z : NULL;
    for (size_t c = 0; c < part->n_z; c++)
        for (size_t d = 0; d < part->n_z; d++) {
            size_t e = part->effect + k * part->n_z + c, f = part->effect + l * part->n_z + d;
            double value = z ? weight * z[c] * z[d] : weight;
            curvature[e * n_effects + f] += value;
            if (k != l) curvature[f * n_effects + e] += value;
        }
}

void mlab_joint_cross(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, size_t g, double *by_effect, double *curvature)
{
    const mlab_joint_model *m = w->model;
    size_t person = m->chunk[chunk] + g, n = m->n_effects;
    memset(by_effect, 0, n * sizeof *by_effect);
    if (curvature) memset(curvature, 0, n * n * sizeof *curvature);
    for (size_t r = 0; r < m->n_parts; r++) {
        const mlab_joint_rows *part = &m->parts[r];
        const mlab_joint_part_room *own = &room->parts[r];
        size_t from = part->first[m->chunk[chunk]];
        for (size_t i = part->first[person]; i < part->first[person + 1]; i++) {
            size_t pair = 0;
            for (size_t k = 0; k < part->n_eta; k++) {
                double score = own->score[mlab_joint_plane(part->n_eta, k, i - from)];
                for (size_t c = 0; c < part->n_z; c++)
                    by_effect[part->effect + k * part->n_z + c] += part->z ? score * part->z[i * part->n_z + c] : score;
                for (size_t l = k; curvature && l < part->n_eta; l++, pair++)
                    cross_pair(part, i, k, l, own->curvature[mlab_joint_plane(n_pairs(part), pair, i - from)], curvature, n);
            }
        }
    }
}

/* --- modes ---------------------------------------------------------------------------------------------------- */

/* l = factor of Lambda' curvature Lambda + I; slope = Lambda' by_effect - v. */
static bool reduce(const mlab_joint_work *w, const double *by_effect, const double *curvature, const double *v, double *l, double *slope)
{
    size_t n = w->model->n_effects, q = w->model->q;
    double half[MOST * NORMALS];
    for (size_t e = 0; e < n; e++)
        for (size_t a = 0; a < q; a++) {
            double sum = 0;
            for (size_t f = 0; f < n; f++) sum += curvature[e * n + f] * w->lambda[f * q + a];
            half[e * q + a] = sum;
        }
    for (size_t a = 0; a < q; a++) {
        slope[a] = -v[a];
        for (size_t e = 0; e < n; e++) slope[a] += w->lambda[e * q + a] * by_effect[e];
        for (size_t b = 0; b < q; b++) {
            double sum = a == b;
            for (size_t e = 0; e < n; e++) sum += w->lambda[e * q + a] * half[e * q + b];
            l[a * q + b] = sum;
        }
    }
    return mlab_small_factor(l, q);
}

/* One step of a person after the rows were evaluated at v: accept and find the next step, or halve. */
static bool advance(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, size_t g)
{
    mlab_joint_model *m = w->model;
    mlab_joint_search *s = &room->searches[g];
    size_t q = m->q, person = m->chunk[chunk] + g;
    double by_effect[MOST], curvature[MOST * MOST], slope[NORMALS], decrement = 0, *mode = m->mode + person * q;
    double value = mlab_joint_value(w, room, chunk, g);
    for (size_t a = 0; a < q; a++) value -= 0.5 * s->v[a] * s->v[a];
    if (s->value == -HUGE_VAL && !isfinite(value)) return false;
    if (!(value >= s->value - NOISE * (fabs(s->value) + 1))) {
        s->part /= 2;
        if (s->part < 1e-15) return false;
        for (size_t a = 0; a < q; a++) s->v[a] = mode[a] + s->part * s->step[a];
        return true;
    }
    memcpy(mode, s->v, q * sizeof *mode);
    mlab_joint_cross(w, room, chunk, g, by_effect, curvature);
    if (!reduce(w, by_effect, curvature, mode, m->factor + person * q * q, slope)) return false;
    memcpy(s->step, slope, q * sizeof *slope);
    mlab_small_solve(m->factor + person * q * q, q, s->step);
    for (size_t a = 0; a < q; a++) decrement += slope[a] * s->step[a];
    s->value = value;
    s->part = 1;
    for (size_t a = 0; a < q; a++) s->v[a] = mode[a] + s->step[a];
    if (decrement > SETTLED) return true;
    memcpy(s->v, mode, q * sizeof *mode);
    s->moving = false;
    return true;
}

bool mlab_joint_modes(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk)
{
    mlab_joint_model *m = w->model;
    size_t people = m->chunk[chunk + 1] - m->chunk[chunk];
    bool moving = true;
    for (size_t g = 0; g < people; g++) {
        room->searches[g] = (mlab_joint_search){.value = -HUGE_VAL, .part = 1, .moving = true};
        memcpy(room->searches[g].v, m->mode + (m->chunk[chunk] + g) * m->q, m->q * sizeof(double));
    }
    for (size_t r = 0; r < m->n_parts; r++) {
        size_t first = m->parts[r].first[m->chunk[chunk]];
        set_fixed(w, room, r, first, m->parts[r].first[m->chunk[chunk + 1]] - first);
    }
    for (int step = 0; step < STEPS && moving; step++) {
        if (!mlab_joint_at(w, room, chunk)) return false;
        moving = false;
        for (size_t g = 0; g < people; g++) {
            if (room->searches[g].moving && !advance(w, room, chunk, g)) return false;
            moving |= room->searches[g].moving;
        }
    }
    return !moving;
}
