/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordinal models with effects by threshold and on the scale: sums over tiles are those of rows one by one, for few levels and for many.
 *
 *   700 rows, x smooth, z of two levels, weights with zeros;  level ~ x + z, z by threshold, x on the scale
 */
#include "core/random.h"
#include "fit/families/ordinal_tile.h"
#include "fit/worlds.h"

enum { ROWS = 700, MOST = 16 };

static double x[ROWS], z[ROWS], weight[ROWS];
static int32_t level[ROWS];
static const char *const names[MOST] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"};

static void make(world *w, const mlab_context *context, size_t levels)
{
    static const char *const by_threshold[] = {"z"}, *const on_scale[] = {"x"};
    *w = (world){0};
    for (size_t i = 0; i < ROWS; i++) {
        mlab_address at = {.seed = 5, .entity = (uint32_t)i};
        x[i] = 2 * mlab_random_uniform(&at, 0);
        z[i] = mlab_random_uniform(&at, 1) < 0.4;
        weight[i] = mlab_random_uniform(&at, 3) < 0.1 ? 0 : 0.5 + mlab_random_uniform(&at, 4);
        level[i] = (int32_t)((double)levels * mlab_random_uniform(&at, 2));
    }
    world_real(w, context, "x", x, ROWS);
    world_real(w, context, "z", z, ROWS);
    world_formula(w, context, "~ x + z");
    world_categories(w, level, levels, names);
    w->problem.weight = weight;
    w->problem.nominal = by_threshold;
    w->problem.n_nominal = 1;
    w->problem.scale = on_scale;
    w->problem.n_scale = 1;
}

/* The same sums by rows, from the parts that draws and tests read. */
static void by_rows(const mlab_pass *pass, const double *parameters, double *score, double *information)
{
    const mlab_engine *engine = pass->engine;
    double *parts = calloc(ROWS * MLAB_LEVEL_PARTS, sizeof *parts), *room = calloc(mlab_level_row_room(engine), sizeof *room);
    ck_assert(parts && room);
    ck_assert_int_eq(mlab_pass_rows(pass, parameters, parts, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) {
        const double *columns, *offset;
        double row[2];
        ck_assert_int_eq(mlab_tiles_get(engine->tiles, i / MLAB_TILE, NULL, &columns, &offset, NULL), MLAB_OK);
        for (size_t j = 0; j < 2; j++) row[j] = columns[j * MLAB_TILE + i % MLAB_TILE];
        mlab_level_row_add(engine, (size_t)level[i], parts + i * MLAB_LEVEL_PARTS, row, room, score, information);
    }
    free(parts);
    free(room);
}

START_TEST(tiles_sum_to_what_rows_sum_to_under_every_link)
{
    static const size_t levels[] = {3, 6, 15};
    mlab_context context = mlab_test_context(NULL, 1);
    for (int link = 0; link < 3; link++)
        for (size_t m = 0; m < 3; m++) {
            world w;
            mlab_prepared *prepared;
            mlab_fit_options options = mlab_fit_defaults();
            double at[64] = {0}, score[64], information[64 * 64], expected[64] = {0}, expected_information[64 * 64] = {0}, log_likelihood;
            options.ordinal_link = link;
            make(&w, &context, levels[m]);
            ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("ordinal"), &w.problem, &options, &prepared, NULL), MLAB_OK);
            const mlab_engine *engine = prepared->own;
            size_t n = engine->n_parameters, t = levels[m] - 1;
            ck_assert_uint_eq(n, t + 2 + (t - 1) + 1);
            for (size_t k = 0; k < n; k++) at[k] = k < t ? 0.3 * ((double)k - 0.5 * (double)t) : 0.02 * (double)(k - t + 1);
            mlab_pass pass = {&context, engine, weight, 1, false};
            ck_assert_int_eq(mlab_pass_evaluate(&pass, at, &log_likelihood, score, information, NULL), MLAB_OK);
            ck_assert(isfinite(log_likelihood));
            by_rows(&pass, at, expected, expected_information);
            for (size_t j = 0; j < n; j++) {
                ck_near(score[j], expected[j], 1e-11, 1e-10);
                for (size_t k = j; k < n; k++) ck_near(information[j * n + k], expected_information[j * n + k], 1e-11, 1e-10);
            }
            /* minus the differences of the score */
            for (size_t j = 0; j < n; j++) {
                double up[64], down[64], other[64 * 64], l, step = 1e-5, from = at[j];
                at[j] = from + step;
                ck_assert_int_eq(mlab_pass_evaluate(&pass, at, &l, up, other, NULL), MLAB_OK);
                at[j] = from - step;
                ck_assert_int_eq(mlab_pass_evaluate(&pass, at, &l, down, other, NULL), MLAB_OK);
                at[j] = from;
                for (size_t k = 0; k < n; k++)
                    ck_assert_msg(fabs((down[k] - up[k]) / (2 * step) - expected_information[j < k ? j * n + k : k * n + j]) < 1e-4,
                                  "link %d, %zu levels, %zu and %zu", link, levels[m], j, k);
            }
            mlab_prepared_free(prepared);
            world_free(&w);
        }
}
END_TEST

/* 256 tiles and more are looked at one in 16; a column that is 1 in few rows, wherever they stand, is no constant, and one that is 0 everywhere is.
 */
START_TEST(a_column_that_is_rarely_1_is_no_constant_wherever_its_rows_stand)
{
    static const char *const on_scale[] = {"rare", "never"};
    enum { MANY = 260 * MLAB_TILE };
    double *column = calloc(3 * (size_t)MANY, sizeof *column);
    int32_t *answer = calloc(MANY, sizeof *answer);
    ck_assert(column && answer);
    mlab_context context = mlab_test_context(NULL, 2);
    for (size_t i = 0; i < MANY; i++) {
        column[i] = (double)(i % 7);
        answer[i] = (int32_t)(i % 3);
    }
    for (size_t place = 0; place < 2; place++) { /* in a tile that is looked at, and in one that is not */
        world w = {0};
        mlab_prepared *prepared;
        mlab_fit_options options = mlab_fit_defaults();
        memset(column + MANY, 0, MANY * sizeof *column);
        for (size_t i = 0; i < 100; i++) column[MANY + place * MLAB_TILE + i] = 1;
        world_real(&w, &context, "x", column, MANY);
        world_real(&w, &context, "rare", column + MANY, MANY);
        world_real(&w, &context, "never", column + 2 * (size_t)MANY, MANY);
        world_formula(&w, &context, "~ x + rare + never");
        world_categories(&w, answer, 3, names);
        w.problem.scale = on_scale;
        w.problem.n_scale = 2;
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("ordinal"), &w.problem, &options, &prepared, NULL), MLAB_OK);
        const mlab_engine *engine = prepared->own;
        size_t n = engine->n_parameters;
        ck_assert(!engine->aliased[n - 2] && engine->aliased[n - 1]);
        ck_assert(engine->tiles->reach[1] > 0 && engine->tiles->reach[2] == 0);
        mlab_prepared_free(prepared);
        world_free(&w);
    }
    free(column);
    free(answer);
}
END_TEST

/* Of 300 tiles every 16th is looked at; 40 rows with `seldom` = 1 stand together in tile `tile`. */
static void make_many(world *w, const mlab_context *context, size_t tile, const char *formula)
{
    static const char *const on_scale[] = {"seldom"};
    static double year[300 * MLAB_TILE], seldom[300 * MLAB_TILE];
    static int32_t answer[300 * MLAB_TILE];
    const size_t n = 300 * MLAB_TILE;
    *w = (world){0};
    for (size_t i = 0; i < n; i++) {
        year[i] = 2000 + (double)(i % 13);
        seldom[i] = i / MLAB_TILE == tile && i % MLAB_TILE < 40;
        answer[i] = (int32_t)(i % 3);
    }
    world_real(w, context, "year", year, n);
    world_real(w, context, "seldom", seldom, n);
    world_formula(w, context, formula);
    world_categories(w, answer, 3, names);
    w->problem.scale = on_scale;
    w->problem.n_scale = 1;
}

START_TEST(columns_that_are_looked_at_twice_are_centred_once)
{
    static const char *const formulas[] = {"~ year + seldom", "~ I(year + 0) + seldom"}; /* read from the table, and kept */
    mlab_context context = mlab_test_context(NULL, 2);
    for (size_t f = 0; f < 2; f++)
        for (size_t tile = 0; tile < 6; tile += 5) {
            world w;
            mlab_prepared *prepared;
            mlab_fit_options options = mlab_fit_defaults();
            make_many(&w, &context, tile, formulas[f]);
            ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("ordinal"), &w.problem, &options, &prepared, NULL), MLAB_OK);
            const mlab_engine *engine = prepared->own;
            const mlab_tiles *tiles = engine->tiles;
            ck_assert_uint_eq(tiles->direct != NULL, f == 0);
            ck_assert_uint_eq(engine->n_parameters, 5);
            ck_assert_int_eq(engine->aliased[4], 0);
            ck_assert_double_eq(tiles->reach[1], 1);
            ck_assert_double_eq(engine->scale[4], 1);
            ck_near(tiles->centre[0], 2006, 0, 0.01);
            double *scratch = calloc(mlab_tiles_scratch(tiles), sizeof *scratch);
            for (size_t k = 0; k < tiles->n_tiles; k++) { /* looked at twice, centred once */
                const double *columns, *offset;
                ck_assert_int_eq(mlab_tiles_get(tiles, k, scratch, &columns, &offset, NULL), MLAB_OK);
                for (size_t i = 0; i < MLAB_TILE; i += 37) ck_near(columns[i] + tiles->centre[0], 2000 + (double)((k * MLAB_TILE + i) % 13), 0, 1e-9);
            }
            free(scratch);
            mlab_prepared_free(prepared);
            world_free(&w);
        }
}
END_TEST

MLAB_TEST_MAIN("fit/ordinal_tiles", tiles_sum_to_what_rows_sum_to_under_every_link, a_column_that_is_rarely_1_is_no_constant_wherever_its_rows_stand,
               columns_that_are_looked_at_twice_are_centred_once)
