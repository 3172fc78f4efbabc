/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XML of a part in pieces, by expat: never the whole part in memory. A document type, which no workbook has, is refused,
 * and with it every entity of its own. */
#include "core/error.h"
#include "data/rows_sheet.h"

#include <stdio.h>
#include <string.h>

enum { PIECE = 65536 };

static const char *without_prefix(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon ? colon + 1 : name;
}

/* The name without its prefix; NULL: an extension's element, which may have the name of one of ours and another meaning. Ours have the
 * prefix of the root. */
static const char *name_of(mlab_sheet_xml *xml, const char *name)
{
    const char *local = name;
    for (const char *c = name; *c; c++)
        if (*c == ':') local = c + 1;
    const size_t n = (size_t)(local - name);
    if (!xml->rooted) {
        xml->rooted = true;
        xml->prefix_length = n < sizeof xml->prefix ? n : 0;
        memcpy(xml->prefix, name, xml->prefix_length);
    }
    return n == xml->prefix_length && (!n || !memcmp(name, xml->prefix, n)) ? local : NULL;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    mlab_sheet_rows *s = user;
    const char *local = name_of(s->parsing, name);
    if (s->parsing->extension || (local && !strcmp(local, "extLst"))) {
        s->parsing->extension++; /* its depth */
        return;
    }
    if (local && !s->status && !s->broken) s->parsing->handlers->start(s, local, attributes);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    mlab_sheet_rows *s = user;
    const char *local = name_of(s->parsing, name);
    if (s->parsing->extension) {
        s->parsing->extension--;
        return;
    }
    if (local && !s->status && !s->broken) s->parsing->handlers->end(s, local);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int n)
{
    mlab_sheet_rows *s = user;
    if (!s->status && !s->broken) s->parsing->handlers->text(s, text, (size_t)n);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    mlab_sheet_rows *s = user;
    (void)name, (void)system, (void)public, (void)internal;
    s->broken = true;
    s->status = mlab_rows_say(&s->base, MLAB_SEVERITY_STOP, "document_type", 0, 0, s->parsing->part.name, NULL, s->err,
                              "a part of the workbook declares a document type, which no spreadsheet program writes; the file is not read");
    XML_StopParser(s->parsing->parser, XML_FALSE);
}

void mlab_sheet_fail(mlab_sheet_rows *s, mlab_status status)
{
    if (!status && !s->broken) return;
    s->status = status;
    XML_StopParser(s->parsing->parser, XML_FALSE);
}

void mlab_sheet_pause(mlab_sheet_rows *s)
{
    s->parsing->paused = XML_StopParser(s->parsing->parser, XML_TRUE) == XML_STATUS_OK;
}

const char *mlab_sheet_attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (!strcmp(without_prefix(*attributes), name)) return attributes[1];
    return NULL;
}

bool mlab_sheet_true(const char *attribute)
{
    return attribute && (!strcmp(attribute, "1") || !strcmp(attribute, "true"));
}

bool mlab_sheet_count(const char *text, uint64_t most, uint64_t *value)
{
    uint64_t count = 0;
    if (!text || !*text) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        count = count * 10 + (uint64_t)(*text - '0');
        if (count > most) return false;
    }
    *value = count;
    return true;
}

mlab_status mlab_sheet_xml_open(mlab_sheet_rows *s, const char *part, const mlab_sheet_handlers *handlers, mlab_sheet_xml *xml, bool *there,
                                mlab_error *err)
{
    *xml = (mlab_sheet_xml){.handlers = handlers};
    mlab_status status = mlab_sheet_part_open(s, part, &xml->part, there, err);
    if (status || !*there) return status;
    xml->parser = XML_ParserCreate(NULL);
    if (!xml->parser) {
        mlab_sheet_xml_close(xml);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
    }
    XML_SetUserData(xml->parser, s);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    if (handlers->text) XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    return MLAB_OK;
}

void mlab_sheet_xml_close(mlab_sheet_xml *xml)
{
    if (xml->parser) XML_ParserFree(xml->parser);
    mlab_sheet_part_close(&xml->part);
    *xml = (mlab_sheet_xml){0};
}

static mlab_status say_broken(mlab_sheet_rows *s, const mlab_sheet_xml *xml, mlab_error *err)
{
    const enum XML_Error why = XML_GetErrorCode(xml->parser);
    if (why == XML_ERROR_NO_MEMORY) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
    char sentence[300];
    snprintf(sentence, sizeof sentence,
             "%.120s of the workbook is damaged at its line %lu (%.60s); open it in a spreadsheet program and save it anew", xml->part.name,
             (unsigned long)XML_GetCurrentLineNumber(xml->parser), XML_ErrorString(why));
    s->broken = true;
    return mlab_rows_say(&s->base, MLAB_SEVERITY_STOP, "broken_xml", 0, 0, NULL, NULL, err, sentence);
}

static mlab_status next_piece(mlab_sheet_rows *s, mlab_sheet_xml *xml, enum XML_Status *parsed, mlab_error *err)
{
    size_t got;
    void *into = XML_GetBuffer(xml->parser, PIECE);
    if (!into) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
    mlab_status status = mlab_sheet_part_read(s, &xml->part, into, PIECE, &got, err);
    if (status || s->broken) return status;
    xml->at_end = got == 0;
    *parsed = XML_ParseBuffer(xml->parser, (int)got, got == 0);
    return MLAB_OK;
}

mlab_status mlab_sheet_xml_go(mlab_sheet_rows *s, mlab_sheet_xml *xml, mlab_error *err)
{
    enum XML_Status parsed = XML_STATUS_OK;
    s->parsing = xml;
    s->err = err;
    s->status = MLAB_OK;
    while (!s->broken) {
        mlab_status status = MLAB_OK;
        if (xml->paused) {
            xml->paused = false;
            parsed = XML_ResumeParser(xml->parser);
        } else if (xml->at_end)
            return MLAB_OK;
        else
            status = next_piece(s, xml, &parsed, err);
        if (!status) status = s->status;
        if (status || s->broken) return status;
        if (parsed == XML_STATUS_ERROR) return say_broken(s, xml, err);
        if (parsed == XML_STATUS_SUSPENDED) return MLAB_OK;
    }
    return MLAB_OK;
}

mlab_status mlab_sheet_xml_whole(mlab_sheet_rows *s, const char *part, const mlab_sheet_handlers *handlers, bool *there, mlab_error *err)
{
    mlab_sheet_xml xml;
    mlab_status status = mlab_sheet_xml_open(s, part, handlers, &xml, there, err);
    if (!status && *there) status = mlab_sheet_xml_go(s, &xml, err);
    mlab_sheet_xml_close(&xml);
    return status;
}
