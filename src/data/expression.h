/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters and values over the rows of a table, as a study file writes them:
 *
 *   grade >= 4 and tenure >= 2          kind == 'program'          not (site in ('Berlin', "Graz") or fte < 0.5)
 *   end is missing                      hired >= '2021-01-01'      2 * (grade - 1)
 *
 * A missing value makes a comparison unknown; unknown and no = no, unknown or yes = yes, not unknown = unknown
 * (Kleene 1952). A filter takes the rows that are yes. Texts stand in quotes; names with other characters in backticks. */
#ifndef MLAB_DATA_EXPRESSION_H
#define MLAB_DATA_EXPRESSION_H

#include "mentorlab/data.h"

typedef struct mlab_expression mlab_expression;
typedef enum mlab_answer { MLAB_ANSWER_NO = 0, MLAB_ANSWER_YES = 1, MLAB_ANSWER_UNKNOWN = 2 } mlab_answer;
typedef enum mlab_expression_type { MLAB_EXPRESSION_CONDITION, MLAB_EXPRESSION_NUMBER } mlab_expression_type;

/* Compiles the text over the columns of the table, whose arrays must outlive the expression. wanted: what the caller needs.
 * place: of the first character, may be NULL. Errors: MLAB_ERR_DATA_FORMULA, MLAB_ERR_DATA_COLUMN (with the nearest name),
 * MLAB_ERR_DATA_TYPE, all with the place of the character; MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_expression_compile(const mlab_context *context, const char *text, const mlab_place *place, const mlab_table *table,
                                                  mlab_expression_type wanted, mlab_expression **expression, mlab_error *err);
void mlab_expression_free(mlab_expression *expression); /* NULL is fine */

mlab_answer mlab_expression_test(const mlab_expression *expression, size_t row);
bool mlab_expression_number(const mlab_expression *expression, size_t row, double *value); /* false = unknown, *value unchanged */

/* Quoted text i that is no level of the factor it is compared with, so that the comparison is never true; NULL past the end.
 * Worth a finding: it may be misspelt. *near is the nearest level or NULL; *place of the text. */
const char *mlab_expression_absent(const mlab_expression *expression, size_t i, const char **near, mlab_place *place);

#endif
