/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clinic of scripts/reference/joint.R (pbcseq of R's survival) as joint models: stage or bilirubin over years, transplant and death. */
#ifndef MLAB_TESTS_FIT_JOINT_CLINIC_H
#define MLAB_TESTS_FIT_JOINT_CLINIC_H

#include "fit/joint_world.h"
#include "fit/reference.h"

typedef struct reference_part {
    study s;
    mlab_prepared *prepared;
} reference_part;

static inline void respond_part(reference_part *part, const char *column, int lowest, size_t n, const char *const *names)
{
    study *s = &part->s;
    s->category = room(s->n, sizeof *s->category);
    for (size_t i = 0; i < s->n; i++) s->category[i] = (int32_t)strtol(cell(s, i, column), NULL, 10) - lowest;
    for (size_t i = 0; i < s->n && n == 2; i++) s->category[i] = s->category[i] == 2; /* death alone */
    respond(s, n, names);
}

static inline reference_part open_part(const char *file, const char *const *columns, size_t n)
{
    reference_part part = {.s = open_file(mlab_test_path(file))};
    for (size_t k = 0; k < n; k++) add_column(&part.s, columns[k], NULL);
    part.s.cluster = room(part.s.n, sizeof *part.s.cluster);
    for (size_t i = 0; i < part.s.n; i++) part.s.cluster[i] = (uint32_t)strtoul(cell(&part.s, i, "id"), NULL, 10) - 1;
    return part;
}

static inline void prepare_part(reference_part *part, const char *formula, const char *model, const char *name, const mlab_fit_options *options)
{
    mlab_error err = {0};
    ready(&part->s, formula);
    part->s.w.problem.outcome = name;
    ck_assert_msg(mlab_prepare(&context, mlab_model_find(model), &part->s.w.problem, options, &part->prepared, &err) == MLAB_OK, "%s", err.sentence);
}

typedef struct clinic {
    reference_part visits, years;
    mlab_formula *terms;
    mlab_design *design;
    mlab_fit *fit;
} clinic;

/* wish: more options, NULL = the defaults. */
static inline clinic clinic_open(const char *name, const char *measure, const char *effects, bool causes, mlab_joint_effects ties,
                                 const mlab_fit_options *wish)
{
    static const char *const of_visits[] = {"year"}, *const of_years[] = {"age", "year"};
    static const char *const stages[] = {"1", "2", "3", "4"}, *const ends[] = {"none", "transplant", "death"}, *const died[] = {"none", "death"};
    mlab_fit_options options = wish ? *wish : mlab_fit_defaults();
    mlab_error err = {0};
    options.quadrature = effects || ties == MLAB_JOINT_OWN ? 17 : 61;
    clinic c = {.visits = open_part("reference/joint_visits.csv", of_visits, 1), .years = open_part("reference/joint_years.csv", of_years, 2)};
    if (strcmp(measure, "ordinal") == 0)
        respond_part(&c.visits, "stage", 1, 4, stages);
    else
        respond_number(&c.visits.s, "bili");
    prepare_part(&c.visits, "~ year", measure, "satisfaction", &options);
    respond_part(&c.years, "cause", 0, causes ? 3 : 2, causes ? ends : died);
    prepare_part(&c.years, "~ age + year", "hazard", "retention", &options);
    if (effects) {
        ck_assert_int_eq(mlab_formula_parse(&context, effects, NULL, &c.terms, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_design_make(c.terms, c.visits.s.w.table, NULL, &c.design, NULL), MLAB_OK);
    }
    const mlab_joint_part_problem parts[] = {{c.visits.prepared, c.design}, {c.years.prepared, NULL}};
    mlab_status status = mlab_joint_fit_parts(&context, "together", parts, joint_names, 2, ties, &options, &c.fit, &err);
    ck_assert_msg(status == MLAB_OK, "%s: %s", name, err.sentence);
    return c;
}

static inline void clinic_close(clinic *c)
{
    mlab_fit_free(c->fit);
    mlab_design_free(c->design);
    mlab_formula_free(c->terms);
    mlab_prepared_free(c->visits.prepared);
    mlab_prepared_free(c->years.prepared);
    close_study(&c->visits.s);
    close_study(&c->years.s);
}

#endif
