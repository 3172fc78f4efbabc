/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a cohort takes, printed for the handbook; only a blunder of a factor of a hundred fails. */
#include "core/os.h"
#include "pools.h"
#include "support/support.h"

#include <stdio.h>

typedef struct setting {
    const char *name;
    size_t n, m;
    int most, levels;
    double density;
} setting;

static const setting settings[] = {
    {"300 x 100, places 0 to 4, any score", 300, 100, 4, 0, 1},    {"300 x 100, places 0 to 4, 8 levels", 300, 100, 4, 8, 1},
    {"300 x 100, places 0 to 7, any score", 300, 100, 7, 0, 1},    {"500 x 500, places 0 to 2, any score", 500, 500, 2, 0, 1},
    {"2,000 x 2,000, places 0 to 2, 1 %", 2000, 2000, 2, 0, 0.01},
};

static const char *const quick[] = {"random", "serial_dictatorship", "deferred_acceptance", "optimal"}; /* what simulations use much */

START_TEST(a_cohort_of_300_takes_about_a_millisecond)
{
    mlab_context context = mlab_test_context(NULL, 1);
    for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) {
        const setting *s = &settings[k];
        test_pool t = test_pool_hashed(s->n, s->m, s->most, s->levels, s->density, 0);
        int32_t *got = malloc(s->n * sizeof *got);
        for (size_t p = 0; p < sizeof quick / sizeof *quick; p++) {
            const mlab_policy *policy = mlab_policy_find(quick[p]);
            double best = 1e9;
            for (uint32_t r = 0; r < 3; r++) {
                const double start = mlab_os_seconds();
                ck_assert_int_eq(test_assign(&context, policy->name, &t.pool, 1, r, got, NULL), MLAB_OK);
                const double took = mlab_os_seconds() - start;
                if (took < best) best = took;
            }
            printf("%-38s %-20s %8.2f ms\n", s->name, policy->name, 1000 * best);
            ck_assert_double_lt(best, k < 3 ? 0.2 : 5);
        }
        free(got);
        test_pool_free(&t);
    }
}
END_TEST

MLAB_TEST_MAIN("speed", a_cohort_of_300_takes_about_a_millisecond)
