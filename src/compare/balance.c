/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How alike the arms are in what was known at time zero, before and after weighting, and how many people have others like them.
 *
 * Standardised mean differences over person-time at the same times since time zero (people, when the arm is fixed at time zero):
 * difference over the root of the mean of the two unweighted variances (Austin 2009, doi:10.1002/sim.3697). Overlap: the person's part of the
 * predictor of starting the arm must lie inside the range, less half a per cent at each end, of those in the arm and of those in the reference arm.
 */
#include "compare/weights.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* First and second moments of one covariate in one arm. */
typedef struct moments {
    double weight, sum, square;
} moments;

static void add(moments *m, double w, double x)
{
    m->weight += w;
    m->sum += w * x;
    m->square += w * x * x;
}

static double mean_of(const moments *m)
{
    return m->weight > 0 ? m->sum / m->weight : 0;
}
static double variance_of(const moments *m)
{
    return m->weight > 0 ? fmax(m->square / m->weight - mean_of(m) * mean_of(m), 0) : 0;
}

static double smd(double difference, const moments *a, const moments *b)
{
    double spread = sqrt((variance_of(a) + variance_of(b)) / 2);
    return spread > 0 ? difference / spread : 0;
}

/* At each time the two arms are set beside each other; times count by the arm's rows, so that who is there late is no difference. */
static void fill(const mlab_weights *weights, size_t arm, size_t j, moments *at, mlab_balance *out)
{
    const mlab_cohort *cohort = weights->cohort;
    size_t times = cohort->n_times;
    moments plain[2] = {{0, 0, 0}, {0, 0, 0}};
    double mean[4] = {0, 0, 0, 0}, total = 0;
    memset(at, 0, 4 * times * sizeof *at); /* arm and reference, plain and weighted, by time */
    for (size_t g = 0; g < cohort->n_people; g++) {
        double x = cohort->z[g * cohort->n_z + j];
        size_t end = cohort->person_level ? cohort->first[g] + 1 : cohort->first[g + 1];
        for (size_t r = cohort->first[g]; r < end; r++) {
            int which = cohort->arm[r] == cohort->reference ? 1 : cohort->arm[r] == (int32_t)arm ? 0 : -1;
            if (which < 0) continue;
            moments *here = at + 4 * (size_t)cohort->time[r];
            add(&plain[which], 1, x);
            add(&here[which], 1, x);
            add(&here[2 + which], weights->row[r], x);
        }
    }
    for (size_t t = 0; t < times; t++) {
        const moments *here = at + 4 * t;
        if (!(here[0].weight > 0 && here[1].weight > 0)) continue;
        total += here[0].weight;
        for (int k = 0; k < 4; k++) mean[k] += here[0].weight * mean_of(&here[k]);
    }
    for (int k = 0; k < 4; k++) mean[k] = total > 0 ? mean[k] / total : 0;
    out->mean_arm = cohort->z_mean[j] + cohort->z_scale[j] * mean[0];
    out->mean_reference = cohort->z_mean[j] + cohort->z_scale[j] * mean[1];
    out->smd_before = smd(mean[0] - mean[1], &plain[0], &plain[1]);
    out->smd_after = smd(mean[2] - mean[3], &plain[0], &plain[1]);
}

static bool has_rows(const mlab_cohort *cohort, size_t arm)
{
    for (size_t r = 0; r < cohort->n_rows; r++)
        if (cohort->arm[r] == (int32_t)arm) return true;
    return false;
}

mlab_status mlab_balance_make(const mlab_context *context, const mlab_weights *weights, mlab_balance **out, size_t *n, mlab_error *err)
{
    const mlab_cohort *cohort = weights->cohort;
    mlab_status status = MLAB_OK;
    *n = 0;
    *out = mlab_allocate(context, cohort->n_arms, (cohort->n_z + 1) * sizeof **out);
    moments *at = mlab_allocate(context, cohort->n_times, 4 * sizeof *at);
    if (!*out || !at) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the balance of %zu covariates", cohort->n_z);
    for (size_t a = 0; !status && a < cohort->n_arms; a++) {
        if ((int32_t)a == cohort->reference || !has_rows(cohort, a)) continue;
        for (size_t j = 0; !status && j < cohort->n_z; j++) {
            mlab_balance *one = &(*out)[*n];
            one->arm = mlab_copy_text(context, cohort->arms[a]);
            one->covariate = mlab_copy_text(context, cohort->z_names[j]);
            (*n)++;
            if (!one->arm || !one->covariate)
                status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the balance of %zu covariates", cohort->n_z);
            else
                fill(weights, a, j, at, one);
        }
    }
    mlab_release(context, at);
    return status;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The person's part of the predictor of starting the arm; arms that nobody starts from the reference arm: along the difference
 * of the means. */
static void set_scores(const mlab_weights *weights, int32_t arm, const uint8_t *group, double *score)
{
    const mlab_cohort *cohort = weights->cohort;
    const mlab_separable *is = &weights->starts.is;
    size_t q = cohort->n_z;
    int32_t block = weights->block_of[arm];
    for (size_t j = 0; j < q; j++) {
        double by = block >= 0 ? weights->estimate[(size_t)block * (is->n_basis + q) + is->n_basis + j] : 0;
        if (block < 0) {
            moments m[2] = {{0, 0, 0}, {0, 0, 0}};
            for (size_t g = 0; g < cohort->n_people; g++)
                for (int k = 0; k < 2; k++)
                    if (group[g] >> k & 1) add(&m[k], 1, cohort->z[g * q + j]);
            by = mean_of(&m[0]) - mean_of(&m[1]);
        }
        for (size_t g = 0; g < cohort->n_people; g++) score[g] += by * cohort->z[g * q + j];
    }
}

mlab_status mlab_overlap(const mlab_context *context, const mlab_weights *weights, int32_t arm, double *overlap, mlab_error *err)
{
    const mlab_cohort *cohort = weights->cohort;
    size_t n = cohort->n_people, inside = 0;
    double low = -INFINITY, high = INFINITY, *score = mlab_allocate(context, n, sizeof *score), *sorted = mlab_allocate(context, n, sizeof *sorted);
    uint8_t *group = mlab_allocate(context, n, sizeof *group); /* bit 0: in the arm; bit 1: in the reference arm */
    mlab_status status = MLAB_OK;
    if (!score || !sorted || !group) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the overlap of %zu people", n);
        goto out;
    }
    for (size_t g = 0; g < n; g++)
        for (size_t r = cohort->first[g]; r < cohort->first[g + 1]; r++)
            group[g] |= cohort->arm[r] == arm ? 1 : cohort->arm[r] == cohort->reference ? 2 : 0;
    set_scores(weights, arm, group, score);
    for (int k = 0; k < 2; k++) {
        size_t m = 0;
        for (size_t g = 0; g < n; g++)
            if (group[g] >> k & 1) sorted[m++] = score[g];
        if (m == 0) {
            *overlap = 0;
            goto out;
        }
        qsort(sorted, m, sizeof *sorted, by_value);
        low = fmax(low, sorted[(size_t)(0.005 * (double)(m - 1))]);
        high = fmin(high, sorted[(size_t)(0.995 * (double)(m - 1) + 0.5)]);
    }
    double slack = 1e-9 * (1 + fabs(low) + fabs(high));
    for (size_t g = 0; g < n; g++) inside += score[g] >= low - slack && score[g] <= high + slack;
    *overlap = (double)inside / (double)n;
out:
    mlab_release(context, group);
    mlab_release(context, sorted);
    mlab_release(context, score);
    return status;
}
