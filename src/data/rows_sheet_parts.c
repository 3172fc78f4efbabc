/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a workbook's archive, by libzip, unpacked in pieces and counted: a file that would unpack to far more than it
 * says (a "zip bomb") ends in a finding. Source: ECMA-376 part 2 (packages). */
#include "core/error.h"
#include "data/rows_sheet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

static mlab_status say(mlab_sheet_rows *s, const char *kind, const char *value, const char *sentence, mlab_error *err)
{
    s->broken = true;
    return mlab_rows_say(&s->base, MLAB_SEVERITY_STOP, kind, 0, 0, value, NULL, err, sentence);
}

bool mlab_sheet_has(const mlab_sheet_parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->n_memory; i++)
        if (!strcmp(parts->memory[i].name, name)) return true;
    return parts->archive && zip_name_locate(parts->archive, name, ZIP_FL_NOCASE) >= 0;
}

/* --- what the archive is ----------------------------------------------------------------------------- */

/* Most kinds of archives have been told apart by their first and last bytes (rows_sniff.c). */
static mlab_status say_other(mlab_sheet_rows *s, mlab_error *err)
{
    if (mlab_sheet_has(&s->parts, "xl/workbook.bin"))
        return say(s, "binary_workbook", NULL, "the file is a binary workbook (.xlsb); save it as .xlsx or as CSV UTF-8", err);
    if (mlab_sheet_has(&s->parts, "[Content_Types].xml") || mlab_sheet_has(&s->parts, "xl/workbook.xml")) return MLAB_OK;
    return say(s, "archive", NULL, "the file is a ZIP archive without a workbook in it; unpack it and name the file inside", err);
}

mlab_status mlab_sheet_parts_open(mlab_sheet_rows *s, const char *path, mlab_error *err)
{
    int why = 0;
    s->parts.archive = zip_open(path, ZIP_RDONLY, &why);
    if (s->parts.archive) return say_other(s, err);
    if (why == ZIP_ER_MEMORY) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
    if (why == ZIP_ER_OPEN || why == ZIP_ER_NOENT) return mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", s->base.file, strerror(errno));
    if (why == ZIP_ER_READ || why == ZIP_ER_SEEK) return mlab_raise(err, MLAB_ERR_READ, "%s cannot be read: %s", s->base.file, strerror(errno));
    return say(s, "broken_archive", NULL,
               "the workbook is cut off or damaged: its table of contents cannot be found; fetch the file again, or open it in a spreadsheet "
               "program, let that repair it and save it anew",
               err);
}

void mlab_sheet_parts_close(mlab_sheet_parts *parts)
{
    if (parts->archive) zip_discard(parts->archive);
    parts->archive = NULL;
}

/* --- a part ------------------------------------------------------------------------------------------ */

static mlab_status say_unreadable(mlab_sheet_rows *s, const char *name, int why, mlab_error *err)
{
    char sentence[300];
    if (why == ZIP_ER_MEMORY) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
    if (why == ZIP_ER_NOPASSWD || why == ZIP_ER_WRONGPASSWD || why == ZIP_ER_ENCRNOTSUPP)
        return say(s, "encrypted", NULL, "the workbook is locked with a password; open it in a spreadsheet program and save it without one", err);
    snprintf(sentence, sizeof sentence,
             "%.100s of the workbook cannot be unpacked (%s); fetch the file again, or open it in a spreadsheet program and save it anew", name,
             why == ZIP_ER_CRC           ? "its checksum is wrong"
             : why == ZIP_ER_COMPNOTSUPP ? "packed in a way that is not known"
                                         : "it is damaged");
    return say(s, "broken_part", NULL, sentence, err);
}

mlab_status mlab_sheet_part_open(mlab_sheet_rows *s, const char *name, mlab_sheet_part *part, bool *there, mlab_error *err)
{
    zip_stat_t about;
    *part = (mlab_sheet_part){.parts = &s->parts, .name = name};
    *there = false;
    for (size_t i = 0; i < s->parts.n_memory && !*there; i++) {
        if (strcmp(s->parts.memory[i].name, name)) continue;
        part->memory = &s->parts.memory[i];
        part->packed = part->size = part->memory->n;
        *there = true;
    }
    if (!s->parts.archive) return MLAB_OK;
    const zip_int64_t at = zip_name_locate(s->parts.archive, name, ZIP_FL_NOCASE);
    if (at < 0) return MLAB_OK;
    if (!zip_stat_index(s->parts.archive, (zip_uint64_t)at, 0, &about)) {
        if (about.valid & ZIP_STAT_COMP_SIZE) part->packed = about.comp_size;
        if (about.valid & ZIP_STAT_SIZE) part->size = about.size;
    }
    part->file = zip_fopen_index(s->parts.archive, (zip_uint64_t)at, 0);
    *there = part->file != NULL;
    return *there ? MLAB_OK : say_unreadable(s, name, zip_error_code_zip(zip_get_error(s->parts.archive)), err);
}

static mlab_status check_limits(mlab_sheet_rows *s, const mlab_sheet_part *part, mlab_error *err)
{
    char sentence[300];
    if (s->parts.unpacked > MLAB_SHEET_MOST_BYTES) {
        snprintf(sentence, sizeof sentence, "the workbook unpacks to more than %d GB, the most that is read; save its sheets as CSV UTF-8",
                 (int)(MLAB_SHEET_MOST_BYTES >> 30));
        return say(s, "too_large", NULL, sentence, err);
    }
    if (part->unpacked <= MLAB_SHEET_RATIO_FROM || part->unpacked / MLAB_SHEET_MOST_RATIO <= part->packed) return MLAB_OK;
    snprintf(sentence, sizeof sentence,
             "%.100s unpacks to more than %d times its size, as files do that are made to fill a memory; if it is no such file, save the sheet as "
             "CSV UTF-8",
             part->name, (int)MLAB_SHEET_MOST_RATIO);
    return say(s, "unpacks_too_far", NULL, sentence, err);
}

mlab_status mlab_sheet_part_read(mlab_sheet_rows *s, mlab_sheet_part *part, void *into, size_t wanted, size_t *got, mlab_error *err)
{
    *got = 0;
    if (part->memory) {
        const size_t left = part->memory->n - (size_t)part->unpacked;
        *got = wanted < left ? wanted : left;
        if (*got) memcpy(into, part->memory->bytes + part->unpacked, *got);
    } else {
        const zip_int64_t n = zip_fread(part->file, into, wanted);
        if (n < 0) return say_unreadable(s, part->name, zip_error_code_zip(zip_file_get_error(part->file)), err);
        *got = (size_t)n;
    }
    part->unpacked += *got;
    s->parts.unpacked += *got;
    return part->memory ? MLAB_OK : check_limits(s, part, err);
}

void mlab_sheet_part_close(mlab_sheet_part *part)
{
    if (part->file) zip_fclose(part->file);
    *part = (mlab_sheet_part){0};
}
