/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as a study file, walked against the rows of the data blocks, printed as resolved text. */
#include "core/memory.h"
#include "data/settings.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static mlab_context context; /* made once: it holds no state */
    mlab_error err;
    if (!context.threads && mlab_setup(&context, &err)) return 0;
    const mlab_option *tables[] = {mlab_data_options};
    mlab_findings findings;
    mlab_settings *settings = NULL;
    char *text = NULL;
    mlab_findings_start(&findings, &context);
    mlab_status status =
        mlab_settings_parse(&context, "fuzz.yaml", (const char *)bytes, n, tables, &mlab_data_n_options, 1, &findings, &settings, &err);
    if (status && status != MLAB_ERR_DATA_SYNTAX) abort();
    if (!status && n % 64 == 0 && mlab_settings_resolved(settings, NULL, &text, &err)) abort(); /* slow: some of them */
    if (!status && mlab_settings_override(settings, "panel.period", "month", NULL, &findings, &err)) abort();
    mlab_release(&context, text);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
    return 0;
}
