/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may take part: an expression over the columns of the people. */
#include "core/error.h"
#include "match/match.h"

mlab_status mlab_match_where(const mlab_table *table, const char *expression, uint8_t *keep, mlab_error *err)
{
    (void)table;
    (void)keep;
    return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "'%s': expressions are not built yet", expression);
}
