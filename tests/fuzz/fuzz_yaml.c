/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as a study file, walked against rows of options, printed as resolved text. Most inputs meet a few rows of every
 * type, one in eight all rows of the data blocks, whose "did you mean" takes most of the time. */
#include "core/memory.h"
#include "data/settings.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define ROW(key_, type_, low_, high_, choices_)                                                                                                      \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_##type_, 0, NULL, low_, high_, choices_, "", "", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES                   \
    }
static const mlab_option few[] = {ROW("a", FLAG, 0, 0, NULL),          ROW("b", INTEGER, -5, 5, NULL),
                                  ROW("c", NUMBER, 0, INFINITY, NULL), ROW("d", TEXT, 0, 0, NULL),
                                  ROW("e", CHOICE, 0, 0, "x|y|zed"),   ROW("f", DATE, 0, 0, NULL),
                                  ROW("g", DURATION, 0, 0, NULL),      ROW("h", LIST, 0, 0, NULL),
                                  ROW("i", MAP, 0, 0, NULL),           ROW("i.*", MAP, 0, 0, NULL),
                                  ROW("i.*.from", TEXT, 0, 0, NULL),   ROW("i.*.n", INTEGER, 0, 9, NULL),
                                  ROW("j", ANY, 0, 0, NULL),           ROW("panel.period", CHOICE, 0, 0, "month|year")};
static const size_t n_few = sizeof few / sizeof *few;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static mlab_context context; /* made once: it holds no state */
    mlab_error err;
    if (!context.threads && mlab_setup(&context, &err)) return 0;
    const bool all = n % 8 == 7;
    const mlab_option *tables[] = {all ? mlab_data_options : few};
    mlab_findings findings;
    mlab_settings *settings = NULL;
    char *text = NULL;
    mlab_findings_start(&findings, &context);
    mlab_status status = mlab_settings_parse(&context, "fuzz.yaml", (const char *)bytes, n, tables, all ? &mlab_data_n_options : &n_few, 1, &findings,
                                             &settings, &err);
    if (status && status != MLAB_ERR_DATA_SYNTAX) abort();
    if (!status && (!all || n % 64 == 63) && mlab_settings_resolved(settings, NULL, &text, &err)) abort();
    if (!status && mlab_settings_override(settings, "panel.period", "month", NULL, &findings, &err)) abort();
    mlab_release(&context, text);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
    return 0;
}
