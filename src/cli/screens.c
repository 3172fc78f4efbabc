/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings and errors as the reader sees them, and findings as JSON. */
#include "cli/cli.h"
#include "core/error.h"
#include "core/os.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char *mlab_paint(FILE *stream, int paint)
{
    static const char *const codes[] = {"\033[1m", "\033[31m", "\033[33m", "\033[2m", "\033[0m"};
    const char *no = getenv("NO_COLOR");
    return (no && *no) || !mlab_os_is_terminal(fileno(stream)) ? "" : codes[paint];
}

/* Columns that the first n bytes of a UTF-8 text take. */
static int columns_of(const char *text, size_t n)
{
    int columns = 0;
    for (size_t k = 0; k < n; k++) columns += ((unsigned char)text[k] & 0xc0) != 0x80;
    return columns;
}

void mlab_show_folded(FILE *to, int at, int indent, const char *text)
{
    const int width = mlab_os_is_terminal(fileno(to)) ? mlab_os_terminal_width(fileno(to)) : INT_MAX;
    bool first = true;
    while (*text) {
        const size_t n = strcspn(text, " ");
        const int columns = columns_of(text, n);
        if (!first && at + 1 + columns > width) {
            fprintf(to, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', to);
            at++;
        }
        fprintf(to, "%.*s", (int)n, text);
        at += columns;
        first = false;
        text += n + (text[n] == ' ');
    }
    fputc('\n', to);
}

int mlab_exit_code(mlab_status status)
{
    switch (status) {
    case MLAB_OK: return MLAB_EXIT_DONE;
    case MLAB_ERR_CANCELLED: return MLAB_EXIT_INTERRUPTED;
    case MLAB_ERR_OPTION: return MLAB_EXIT_USAGE;
    case MLAB_ERR_STUDY_REJECTED:
    case MLAB_ERR_STUDY_STAGE:
    case MLAB_ERR_FIT_MODEL:
    case MLAB_ERR_FIT_RESPONSE:
    case MLAB_ERR_FIT_EVIDENCE:
    case MLAB_ERR_MATCH_CAPACITY:
    case MLAB_ERR_MATCH_POLICY:
    case MLAB_ERR_MATCH_POOL:
    case MLAB_ERR_MATCH_COLUMN:
    case MLAB_ERR_SIMULATE_PARAMETER:
    case MLAB_ERR_COMPARE_ARM:
    case MLAB_ERR_COMPARE_IMMORTAL:
    case MLAB_ERR_COMPARE_HORIZON:
    case MLAB_ERR_FORECAST_LINE: return MLAB_EXIT_REJECTED;
    default: return status <= -101 && status > -200 ? MLAB_EXIT_REJECTED : MLAB_EXIT_FAILED;
    }
}

int mlab_show_error(const mlab_cli *cli, const mlab_error *err)
{
    char place[400];
    mlab_place_print(&err->place, place, sizeof place);
    if (cli->json) {
        mlab_text json = MLAB_TEXT(&cli->context);
        mlab_text_append(&json, "{\"error\": ");
        mlab_json_text(&json, mlab_status_name(err->status));
        mlab_text_append(&json, ", \"place\": ");
        mlab_json_text(&json, place);
        mlab_text_append(&json, ", \"sentence\": ");
        mlab_json_text(&json, err->sentence);
        printf("%s}\n", mlab_text_get(&json));
        mlab_text_free(&json);
    } else if (place[0]) {
        fprintf(stderr, "%s: %s\n", place, err->sentence);
    } else {
        fprintf(stderr, "mentorlab %s: %s\n", cli->command->name, err->sentence);
    }
    return mlab_exit_code(err->status);
}

/* --- findings --------------------------------------------------------------------------------------- */

/* In the study file, or another file of settings that it names. */
static bool in_study_file(const mlab_finding *finding, const char *study_file)
{
    const char *file = finding->n_occurrences ? finding->occurrences[0].place.file : "";
    size_t n = strlen(file);
    return strcmp(file, "command line") == 0 || (n > 5 && strcmp(file + n - 5, ".yaml") == 0) ||
           (study_file && *file && strlen(study_file) >= strlen(file) && strcmp(study_file + strlen(study_file) - strlen(file), file) == 0);
}

typedef struct located {
    const mlab_finding *finding;
    const mlab_place *place;
} located;

static int by_place(const void *a, const void *b)
{
    const mlab_place *x = ((const located *)a)->place, *y = ((const located *)b)->place;
    int files = strcmp(x->file, y->file);
    if (files) return files;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

/* study.yaml:31:5: unknown key ..., in the order of the file */
static void show_in_study(const mlab_findings *findings, const char *study_file, FILE *to)
{
    enum { MOST = 1000 };
    static located list[MOST];
    size_t n = 0;
    for (size_t k = 0; k < findings->n; k++)
        for (size_t i = 0; in_study_file(&findings->items[k], study_file) && i < findings->items[k].n_occurrences && n < MOST; i++)
            list[n++] = (located){&findings->items[k], &findings->items[k].occurrences[i].place};
    qsort(list, n, sizeof *list, by_place);
    for (size_t k = 0; k < n; k++) {
        char place[400];
        const char *remedy = list[k].finding->remedy;
        mlab_place_print(list[k].place, place, sizeof place);
        fprintf(to, "%s: %s\n", place, list[k].finding->sentence);
        if (remedy && *remedy) fprintf(to, "  %s\n", remedy);
    }
}

/* row 14 column B "Mentee ID"  4471 */
static void show_occurrence(const mlab_occurrence *occurrence, FILE *to)
{
    const mlab_place *place = &occurrence->place;
    char letters[MLAB_COLUMN_LETTERS];
    if (place->line) fprintf(to, "row %" PRIu64, place->line);
    if (place->column_name[0] || place->column) fprintf(to, "%scolumn", place->line ? " " : "");
    if (place->column) fprintf(to, " %s", mlab_column_letters(place->column, letters));
    if (place->column_name[0]) fprintf(to, " \"%s\"", place->column_name);
    if (occurrence->value && *occurrence->value) fprintf(to, "  %.40s", occurrence->value);
}

static void show_in_data(const mlab_finding *finding, FILE *to)
{
    static const char *const words[] = {"note", "decide", "stop"};
    static const int paints[] = {MLAB_DIM, MLAB_YELLOW, MLAB_RED};
    const char *file = finding->n_occurrences ? finding->occurrences[0].place.file : "";
    fprintf(to, "%s%-6s%s   %s%s", mlab_paint(to, paints[finding->severity]), words[finding->severity], mlab_paint(to, MLAB_PLAIN), file,
            *file ? "  " : "");
    mlab_show_folded(to, 9 + (*file ? 2 + columns_of(file, strlen(file)) : 0), 11, finding->sentence);
    size_t shown = 0;
    for (size_t k = 0; k < finding->n_occurrences && shown < 3; k++) {
        const mlab_place *place = &finding->occurrences[k].place;
        if (!place->line && !place->column_name[0]) continue;
        fputs(shown ? "      " : "           ", to);
        if (strcmp(place->file, file) != 0) fprintf(to, "%s ", place->file); /* one finding over several files */
        show_occurrence(&finding->occurrences[k], to);
        shown++;
    }
    if (shown && finding->count > shown) fprintf(to, "   ... %" PRIu64 " more", finding->count - shown);
    if (shown) fputc('\n', to);
    if (finding->remedy && *finding->remedy)
        fprintf(to, "           %s%s%s\n", mlab_paint(to, MLAB_BOLD), finding->remedy, mlab_paint(to, MLAB_PLAIN));
}

void mlab_show_findings(const mlab_findings *findings, const char *study_file, mlab_severity least, FILE *to)
{
    show_in_study(findings, study_file, to);
    for (int severity = MLAB_SEVERITY_STOP; severity >= (int)least; severity--)
        for (size_t k = 0; k < findings->n; k++)
            if ((int)findings->items[k].severity == severity && !in_study_file(&findings->items[k], study_file))
                show_in_data(&findings->items[k], to);
}

void mlab_findings_json(const mlab_findings *findings, bool values, mlab_text *json)
{
    static const char *const words[] = {"note", "decide", "stop"};
    mlab_text_append(json, "[");
    for (size_t k = 0; k < findings->n; k++) {
        const mlab_finding *finding = &findings->items[k];
        mlab_text_print(json, "%s\n{\"severity\": \"%s\", \"kind\": ", k ? "," : "", words[finding->severity]);
        mlab_json_text(json, finding->kind);
        mlab_text_append(json, ", \"sentence\": ");
        mlab_json_text(json, finding->sentence);
        mlab_text_append(json, ", \"remedy\": ");
        mlab_json_text(json, finding->remedy);
        mlab_text_print(json, ", \"count\": %" PRIu64 ", \"places\": [", finding->count);
        for (size_t i = 0; i < finding->n_occurrences; i++) {
            const mlab_occurrence *occurrence = &finding->occurrences[i];
            mlab_text_append(json, i ? ", {\"file\": " : "{\"file\": ");
            mlab_json_text(json, occurrence->place.file);
            mlab_text_print(json, ", \"row\": %" PRIu64 ", \"column\": %u, \"heading\": ", occurrence->place.line, occurrence->place.column);
            mlab_json_text(json, occurrence->place.column_name);
            mlab_text_append(json, ", \"value\": ");
            if (values)
                mlab_json_text(json, occurrence->value);
            else
                mlab_text_append(json, "null");
            mlab_text_append(json, "}");
        }
        mlab_text_append(json, "]}");
    }
    mlab_text_append(json, "]");
}
