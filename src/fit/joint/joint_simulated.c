/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses drawn from a joint model for the people and rows it was fitted to: effects of everybody from the fitted distribution, then every row
 * given these, by inversion. Where an event ends a person's rows in the data (nobody has a later one), it ends those of who is drawn to have it.
 * Weakness: nobody is followed for longer than in the data, so that drawn people are seen a little shorter and draws spread a little wider.
 */
#include "fit/joint/joint_draws.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/after/simulated.h"

#include <math.h>
#include <string.h>

struct mlab_joint_simulated {
    const mlab_joint_drawing *from;
    mlab_joint_model model; /* rows of its own */
    mlab_joint_rows parts[MLAB_JOINT_PARTS];
    bool ends[MLAB_JOINT_PARTS][MLAB_JOINT_PARTS]; /* an event of the first ends rows of the second */
    double *parameters[MLAB_JOINT_PARTS];          /* of each part in the engine's columns */
    double *v;                                     /* [n_people * q] */
    double *eta, *value;                           /* of the part with most of them */
    int32_t *category[MLAB_JOINT_PARTS];           /* [n] of all rows; NULL = numbers */
    double *number[MLAB_JOINT_PARTS];
    uint32_t *last[MLAB_JOINT_PARTS]; /* [n_people] row of the first drawn event of a part; UINT32_MAX = none */
};

static void free_rows(const mlab_context *context, mlab_joint_rows *part)
{
    void *const memory[] = {part->first, part->x, part->z, part->offset, part->number, part->category, part->row};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
}

void mlab_joint_simulated_free(mlab_joint_simulated *s)
{
    if (!s) return;
    const mlab_context *context = s->from->context;
    for (size_t r = 0; r < MLAB_JOINT_PARTS; r++) {
        free_rows(context, &s->parts[r]);
        void *const memory[] = {s->parameters[r], s->category[r], s->number[r], s->last[r]};
        for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    }
    void *const memory[] = {s->v, s->eta, s->value, s->model.mode, s->model.factor, s->model.shift, s->model.spread};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    mlab_release(context, s);
}

/* --- made once ------------------------------------------------------------------------------------------------------ */

static bool is_hazard(const mlab_joint_rows *part)
{
    return part->category && (part->prepared->model->marks & MLAB_MODEL_SHARE);
}

/* Whether nobody has a row of `other` after an event of `part`. */
static bool ends_rows(const mlab_joint_model *m, const mlab_joint_rows *part, const mlab_joint_rows *other)
{
    bool any = false;
    for (size_t g = 0; g < m->n_people && is_hazard(part); g++)
        for (size_t i = part->first[g]; i < part->first[g + 1]; i++) {
            if (part->category[i] == 0) continue;
            any = true;
            if (other->first[g + 1] > other->first[g] && other->row[other->first[g + 1] - 1] > part->row[i]) return false;
        }
    return any;
}

static bool own_rows(const mlab_context *context, const mlab_joint_model *m, const mlab_joint_rows *from, mlab_joint_rows *to)
{
    *to = *from;
    to->x = to->z = to->offset = to->number = NULL;
    to->category = NULL;
    to->row = NULL;
    to->weight = NULL;
    to->first = mlab_allocate(context, m->n_people + 1, sizeof *to->first);
    to->x = mlab_allocate(context, from->n, from->p * sizeof *to->x);
    to->offset = mlab_allocate(context, from->n, sizeof *to->offset);
    if (from->z) to->z = mlab_allocate(context, from->n, from->n_z * sizeof *to->z);
    if (from->number) to->number = mlab_allocate(context, from->n, sizeof *to->number);
    if (from->category) to->category = mlab_allocate(context, from->n, sizeof *to->category);
    return to->first && to->x && to->offset && (to->z || !from->z) && (to->number || !from->number) && (to->category || !from->category);
}

static bool make_part(mlab_joint_simulated *s, size_t r)
{
    const mlab_context *context = s->from->context;
    const mlab_joint_model *m = s->from->model;
    const mlab_joint_rows *part = &m->parts[r];
    bool whole = own_rows(context, m, part, &s->parts[r]);
    s->parameters[r] = mlab_allocate(context, part->n_own, sizeof(double));
    s->last[r] = mlab_allocate(context, m->n_people, sizeof **s->last);
    if (part->category)
        s->category[r] = mlab_allocate(context, part->n, sizeof **s->category);
    else
        s->number[r] = mlab_allocate(context, part->n, sizeof **s->number);
    whole = whole && s->parameters[r] && s->last[r] && (s->category[r] || s->number[r]);
    if (whole) memcpy(s->parameters[r], s->from->psi + part->at, part->n_own * sizeof(double));
    for (size_t t = 0; t < m->n_parts; t++) s->ends[r][t] = ends_rows(m, part, &m->parts[t]);
    return whole;
}

static size_t width_of(const mlab_joint_simulated *s, size_t r)
{
    const mlab_joint_rows *part = &s->from->model->parts[r];
    return part->category ? part->prepared->model->width(s->from->fit->joint->parts[r], MLAB_SCALE_RESPONSE, 0) : 1;
}

mlab_status mlab_joint_simulated_make(const mlab_joint_drawing *from, mlab_joint_simulated **out, mlab_error *err)
{
    const mlab_context *context = from->context;
    const mlab_joint_model *m = from->model;
    size_t eta = 1, value = 1, one = m->n_people * m->q;
    *out = NULL;
    mlab_joint_simulated *s = mlab_allocate(context, 1, sizeof *s);
    if (!s) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for drawn responses");
    s->from = from;
    s->model = *m;
    s->model.parts = s->parts;
    s->model.scores = NULL;
    s->model.mode = mlab_allocate(context, one, sizeof(double));
    s->model.factor = mlab_allocate(context, one, m->q * sizeof(double));
    s->model.shift = mlab_allocate(context, one, sizeof(double));
    s->model.spread = mlab_allocate(context, one, m->q * sizeof(double));
    bool whole = s->model.mode && s->model.factor && s->model.shift && s->model.spread;
    for (size_t r = 0; r < m->n_parts && whole; r++) {
        whole = make_part(s, r);
        eta = m->parts[r].n * m->parts[r].n_eta > eta ? m->parts[r].n * m->parts[r].n_eta : eta;
        value = m->parts[r].n * width_of(s, r) > value ? m->parts[r].n * width_of(s, r) : value;
    }
    s->v = mlab_allocate(context, one, sizeof *s->v);
    s->eta = mlab_allocate(context, eta, sizeof *s->eta);
    s->value = mlab_allocate(context, value, sizeof *s->value);
    if (!whole || !s->v || !s->eta || !s->value) {
        mlab_joint_simulated_free(s);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for drawn responses of %zu people", m->n_people);
    }
    *out = s;
    return MLAB_OK;
}

/* --- one sample -------------------------------------------------------------------------------------------------------- */

static void draw_people(mlab_joint_simulated *s, const mlab_address *address)
{
    mlab_address at = *address;
    size_t q = s->model.q;
    at.block = 64;
    for (size_t g = 0; g < s->model.n_people; g++) {
        at.entity = (uint32_t)g;
        for (size_t a = 0; a < q; a++) s->v[g * q + a] = mlab_random_normal(&at, (uint32_t)a);
    }
}

/* Predictors of all rows of a part, the effects of their people included. */
static void set_eta(mlab_joint_simulated *s, size_t r)
{
    const mlab_joint_model *m = s->from->model;
    const mlab_joint_rows *part = &m->parts[r];
    for (size_t g = 0; g < m->n_people; g++) {
        double effect[MLAB_JOINT_EFFECTS] = {0};
        for (size_t e = 0; e < part->n_eta * part->n_z; e++)
            for (size_t a = 0; a < m->q; a++) {
                size_t entry = m->entry[(part->effect + e) * m->q + a];
                effect[e] += entry == SIZE_MAX ? 0 : s->from->psi[entry] * s->v[g * m->q + a];
            }
        for (size_t i = part->first[g]; i < part->first[g + 1]; i++)
            for (size_t k = 0; k < part->n_eta; k++) {
                const double *b = s->parameters[r] + part->n_thresholds + k * part->p, *x = part->x + i * part->p;
                double sum = part->offset[i];
                for (size_t j = 0; j < part->p; j++) sum += x[j] * b[j];
                for (size_t c = 0; c < part->n_z; c++) sum += (part->z ? part->z[i * part->n_z + c] : 1) * effect[k * part->n_z + c];
                s->eta[i * part->n_eta + k] = sum;
            }
    }
}

static mlab_status draw_part(mlab_joint_simulated *s, size_t r, const mlab_address *address, mlab_error *err)
{
    const mlab_joint_model *m = s->from->model;
    const mlab_joint_rows *part = &m->parts[r];
    const mlab_fit *fit = s->from->fit->joint->parts[r];
    mlab_address at = *address;
    mlab_expected expected = {
        .context = s->from->context, .prepared = part->prepared, .fit = fit, .width = part->category ? width_of(s, r) : 0, .value = s->value};
    expected.from_one = fit->n_levels == 0;
    double sd = part->gaussian ? exp(s->parameters[r][part->n_own - 1]) : 0;
    at.replicate = (uint32_t)(1 + r);
    set_eta(s, r);
    if (part->category) {
        mlab_status status = part->prepared->model->predict(s->from->context, fit, MLAB_SCALE_RESPONSE, s->parameters[r], part->n, s->eta, NULL, NULL,
                                                            0, s->value, err);
        if (status) return status;
    } else
        memcpy(s->value, s->eta, part->n * sizeof *s->value);
    for (size_t i = 0; i < part->n; i++) {
        at.entity = (uint32_t)i;
        double u = mlab_random_uniform(&at, 0);
        if (part->category)
            s->category[r][i] = mlab_expected_category(&expected, i, u);
        else
            s->number[r][i] = part->gaussian ? s->eta[i] + sd * mlab_normal_quantile(u) : mlab_expected_number(&expected, i, u);
    }
    for (size_t g = 0; g < m->n_people; g++) {
        s->last[r][g] = UINT32_MAX;
        for (size_t i = part->first[g]; i < part->first[g + 1] && is_hazard(part) && s->last[r][g] == UINT32_MAX; i++)
            if (s->category[r][i] > 0) s->last[r][g] = part->row[i];
    }
    return MLAB_OK;
}

/* The rows of a part that people still have. */
static void keep_rows(mlab_joint_simulated *s, size_t r)
{
    const mlab_joint_model *m = s->from->model;
    const mlab_joint_rows *from = &m->parts[r];
    mlab_joint_rows *to = &s->parts[r];
    size_t n = 0;
    for (size_t g = 0; g < m->n_people; g++) {
        uint32_t last = UINT32_MAX;
        to->first[g] = n;
        for (size_t t = 0; t < m->n_parts; t++)
            if (s->ends[t][r] && s->last[t][g] < last) last = s->last[t][g];
        for (size_t i = from->first[g]; i < from->first[g + 1] && from->row[i] <= last; i++, n++) {
            memcpy(to->x + n * from->p, from->x + i * from->p, from->p * sizeof *to->x);
            if (from->z) memcpy(to->z + n * from->n_z, from->z + i * from->n_z, from->n_z * sizeof *to->z);
            to->offset[n] = from->offset[i];
            if (to->category) to->category[n] = s->category[r][i];
            if (to->number) to->number[n] = s->number[r][i];
        }
    }
    to->first[m->n_people] = to->n = n;
}

mlab_status mlab_joint_simulated_draw(mlab_joint_simulated *s, const mlab_address *address, mlab_joint_model **model, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    draw_people(s, address);
    for (size_t r = 0; r < s->model.n_parts && !status; r++) status = draw_part(s, r, address, err);
    for (size_t r = 0; r < s->model.n_parts && !status; r++) keep_rows(s, r);
    *model = &s->model;
    return status;
}
