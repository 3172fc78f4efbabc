/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sets that mixed models are held to references on, with the random effects of one grouping. */
#ifndef MLAB_TESTS_FIT_MIXED_STUDY_H
#define MLAB_TESTS_FIT_MIXED_STUDY_H

#include "fit/mixed/mixed.h"
#include "fit/reference.h"

typedef struct mixed_study {
    study s;
    mlab_formula *terms;
    mlab_design *random;
    mlab_random_grouping *grouping;
    uint32_t *group;
} mixed_study;

static inline mixed_study open_mixed(const char *file, const char *const *columns, size_t n_columns, const char *first)
{
    mixed_study made = {.s = open_file(mlab_test_path(file))};
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < n_columns; k++) add_column(&made.s, columns[k], first);
    return made;
}

/* The response is set; the groups are the distinct texts of a column. */
static inline void random_by(mixed_study *made, const char *formula, const char *terms, const char *group, bool independent)
{
    mlab_error err = {0};
    cluster_by(&made->s, group);
    ready(&made->s, formula);
    ck_assert_msg(mlab_formula_parse(&context, terms, NULL, &made->terms, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_design_make(made->terms, made->s.w.table, NULL, &made->random, &err) == MLAB_OK, "%s", err.sentence);
    mlab_fit_problem *problem = &made->s.w.problem;
    made->grouping = room(1, sizeof *made->grouping);
    *made->grouping = (mlab_random_grouping){
        .design = made->random, .independent = independent, .group = made->s.cluster, .n_groups = problem->n_clusters, .name = group};
    problem->random = made->grouping;
    problem->n_random = 1;
    problem->cluster = NULL;
    problem->cluster_name = NULL;
    problem->n_clusters = 0;
}

static inline void close_mixed(mixed_study *made)
{
    mlab_design_free(made->random);
    free(made->grouping);
    mlab_formula_free(made->terms);
    close_study(&made->s);
}

static inline mixed_study bacteria(void)
{
    static const char *const columns[] = {"trt", "late"}, *const no_yes[] = {"0", "1"};
    mixed_study made = open_mixed("reference/mixed_bacteria.csv", columns, 2, "placebo");
    respond_by_text(&made.s, "y", no_yes, 2);
    return made;
}

static inline mixed_study epil(const char *terms, bool independent)
{
    static const char *const columns[] = {"trt", "lbase", "lage", "V4", "period"};
    mixed_study made = open_mixed("reference/mixed_epil.csv", columns, 5, "placebo");
    respond_number(&made.s, "y");
    random_by(&made, strchr(terms, 'p') ? "~ lbase + trt + lage" : "~ lbase + trt + lage + V4", terms, "subject", independent);
    return made;
}

static inline mixed_study wine(void)
{
    static const char *const columns[] = {"temp", "contact"};
    static const char *const ratings[] = {"1", "2", "3", "4", "5"};
    mixed_study made = open_mixed("reference/mixed_wine.csv", columns, 2, NULL);
    respond_by_text(&made.s, "rating", ratings, 5);
    random_by(&made, "~ temp + contact", "~ 1", "judge", false);
    return made;
}

#endif
