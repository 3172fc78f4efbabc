/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The people compared, from their time zero on, with what was known of them then. */
#ifndef MLAB_COMPARE_COHORT_H
#define MLAB_COMPARE_COHORT_H

#include "compare/separable.h"

/* Who is taken. */
typedef struct mlab_cohort_choice {
    const mlab_data *data;
    const mlab_compare_spec *spec;
    const mlab_compare_options *options;
    bool take_unknown;        /* time of unknown arm is taken too, as that of the reference arm; unknown_people is still counted */
    bool estimates_only;      /* no intervals, no bounds */
    const char *group_column; /* subgroup: column and level at time zero; NULL = everyone */
    int32_t group_level;
} mlab_cohort_choice;

/* A person's rows are first[g] .. first[g + 1] - 1, in time. Time zero is the first row of the person's first spell. */
typedef struct mlab_cohort {
    const mlab_context *context;
    const mlab_data *data;
    bool person_level;
    bool no_time;      /* person-level: rows of answers, each a "person" of one time */
    uint32_t *cluster; /* [n_people] rows that go together; NULL = each on its own */
    size_t n_clusters;
    size_t n_people, n_rows, n_arms, n_times;
    char *const *arms; /* [n_arms], of the panel or the levels of the arm column */
    int32_t reference;
    double months; /* of one time */
    const mlab_table *table;
    uint32_t *zero_row;  /* [n_people] row of the table at time zero, ascending */
    size_t *first;       /* [n_people + 1] */
    uint32_t *source;    /* [n_rows] row of the panel; person-level: row of the people */
    int32_t *arm, *time; /* [n_rows] periods since time zero */
    double *years;       /* [n_rows] */
    double *share;       /* [n_rows] person-level: of the period at risk; NULL for a panel */
    uint8_t *event;      /* [n_rows] person-level: 1 = event; NULL for a panel */
    size_t n_z;
    double *z; /* [n_people * n_z] mean 0, standard deviation 1 */
    char **z_names;
    double *z_mean, *z_scale;
    /* left out, and counted */
    uint64_t prevalent_people, missing_people, empty_people;
    uint64_t unknown_people; /* with some time of unknown arm */
    double unknown_years, later_years;
} mlab_cohort;

MLAB_MUST_USE mlab_status mlab_cohort_make(const mlab_cohort_choice *choice, const mlab_context *context, mlab_cohort **cohort, mlab_error *err);
void mlab_cohort_free(mlab_cohort *cohort); /* NULL is fine */

/* Is the arm of row r of a cohort made with take_unknown unknown? */
bool mlab_cohort_is_unknown(const mlab_cohort *cohort, size_t r);

/* Parts of it. */
mlab_status mlab_cohort_allocate(mlab_cohort *cohort, mlab_error *err); /* arrays for n_people and n_rows */
mlab_status mlab_cohort_from_panel(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err);
mlab_status mlab_cohort_from_rows(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err);
bool mlab_compare_has_no_time(const mlab_compare_spec *spec); /* no outcome has a time and an event */
size_t mlab_cohort_units(const mlab_cohort *cohort);          /* that are drawn and counted together: clusters, else people */
mlab_status mlab_cohort_from_people(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err);
/* keep[row] = 0 where an adjust column is missing or the subgroup is another; [n_rows of table]. */
mlab_status mlab_cohort_keep(const mlab_cohort_choice *choice, const mlab_table *table, uint8_t *keep, mlab_error *err);
/* z from the adjust columns at zero_row. */
mlab_status mlab_cohort_covariates(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err);
/* Index of the reference arm. Errors: MLAB_ERR_COMPARE_ARM with the arms there are. */
mlab_status mlab_cohort_reference(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err);
/* A column of the table, with the nearest name when there is none. */
mlab_status mlab_cohort_column(const mlab_table *table, const char *name, const char *use, const mlab_column **column, mlab_error *err);

#endif
