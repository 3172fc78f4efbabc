/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind of rows that a sheet of a workbook is. */
#include "data/rows.h"

mlab_status mlab_rows_open_sheet(const mlab_context *context, const char *path, const char *name, const mlab_rows_options *options,
                                 mlab_findings *findings, mlab_rows **rows, mlab_error *err)
{
    (void)options;
    mlab_status status = mlab_rows_open_nothing(context, path, name, findings, rows, err);
    if (!status)
        status = mlab_rows_say(*rows, MLAB_SEVERITY_STOP, "not_text", 1, 0, NULL, NULL, err,
                               "the file is a spreadsheet or an archive, which is not built yet; save it as CSV UTF-8");
    if (status) {
        mlab_rows_close(*rows);
        *rows = NULL;
    }
    return status;
}
