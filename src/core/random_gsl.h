/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addressed numbers as a generator of GSL, for its samplers outside loops over people. */
#ifndef MLAB_CORE_RANDOM_GSL_H
#define MLAB_CORE_RANDOM_GSL_H

#include "core/random.h"

#include <gsl/gsl_rng.h>

/* gsl_rng_alloc(&mlab_random_gsl), then mlab_random_gsl_at. gsl_rng_set(r, seed) alone means the address with that seed
 * and zeros. Number j is uniform j of the address for j < 510; block 255 is the counter at which the next 510 begin, and so
 * on, so that a sampler may take any number of them. */
extern const gsl_rng_type mlab_random_gsl;
void mlab_random_gsl_at(gsl_rng *generator, const mlab_address *address); /* address->block must be 0 */

#endif
