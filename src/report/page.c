/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page and the Markdown: the same sections in two forms. The page is one file that loads nothing and runs nothing: its policy allows its own
 * style sheet by hash and no scripts at all, so that no name in the data could ever become code. */
#include "core/error.h"
#include "core/number.h"
#include "report/sections.h"

#include <stdio.h>

static const char banner[] = "Simulated data: these numbers describe no real people.";

static void tell_head(mlab_doc *doc, const mlab_story *story)
{
    mlab_text text = MLAB_TEXT(story->context);
    mlab_number_text people;
    char from[16], to[16];
    if (story->people) mlab_text_print(&text, "%s people", mlab_tell_count(story->people, (uint64_t)story->options->minimum_cell, people));
    if (story->from != MLAB_DATE_MISSING) {
        mlab_date_print(story->from, from, sizeof from);
        mlab_date_print(story->to, to, sizeof to);
        mlab_text_print(&text, "%s%s to %s", text.n ? ", " : "", from, to);
    }
    mlab_doc_heading(doc, 1, story->spec->title ? story->spec->title : "Mentoring study");
    mlab_say(doc, "small", &text);
    if (story->spec->simulated) mlab_doc_paragraph(doc, "banner", banner);
    if (story->spec->sampling) {
        mlab_text data = MLAB_TEXT(story->context);
        mlab_text_print(&data, "The data: %s.", story->spec->sampling);
        mlab_say(doc, "small", &data);
    }
}

static void start_page(mlab_doc *doc, const mlab_story *story)
{
    char hash[64];
    mlab_page_style_hash(hash);
    mlab_text_print(
        &doc->text,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src '%s'; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
        hash);
    mlab_doc_escape(doc, story->spec->title ? story->spec->title : "Mentoring study");
    mlab_text_append(&doc->text, "</title>\n<style>");
    mlab_text_append(&doc->text, mlab_page_style());
    mlab_text_append(&doc->text, "</style>\n</head>\n<body>\n<main>\n");
}

static mlab_status make(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options, bool html, char **text,
                        mlab_error *err)
{
    mlab_story story;
    *text = NULL;
    mlab_status status = mlab_story_make(context, spec, options, &story, err);
    if (status) return status;
    mlab_doc doc = {.text = MLAB_TEXT(context), .html = html};
    if (html) start_page(&doc, &story);
    tell_head(&doc, &story);
    status = mlab_tell_all(&doc, &story, err);
    if (html) mlab_text_append(&doc.text, "</main>\n</body>\n</html>\n");
    mlab_story_free(&story);
    if (!status && doc.text.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the report");
    if (status)
        mlab_text_free(&doc.text);
    else
        *text = doc.text.bytes;
    return status;
}

mlab_status mlab_report_page(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options, char **html,
                             mlab_error *err)
{
    return make(context, spec, options, true, html, err);
}

mlab_status mlab_report_markdown(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options, char **text,
                                 mlab_error *err)
{
    return make(context, spec, options, false, text, err);
}
