/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Until reports are built: a line in their place. */
#include "core/error.h"
#include "core/memory.h"
#include "mentorlab/report.h"

static mlab_status say(const mlab_context *context, char **text, mlab_error *err)
{
    *text = mlab_copy_text(context, "reports are not built yet\n");
    return *text ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a report");
}

#define STAND_IN(name)                                                                                                                               \
    __attribute__((weak)) mlab_status name(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options,            \
                                           char **text, mlab_error *err)                                                                             \
    {                                                                                                                                                \
        (void)spec, (void)options;                                                                                                                   \
        return say(context, text, err);                                                                                                              \
    }
STAND_IN(mlab_report_summary)
STAND_IN(mlab_report_markdown)
STAND_IN(mlab_report_page)
__attribute__((weak)) void mlab_report_text_free(const mlab_context *context, char *text)
{
    mlab_release(context, text);
}
