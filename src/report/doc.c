/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One document, two forms: headings, paragraphs, lists and tables as HTML or as Markdown. Every text is escaped here and nowhere else. */
#include "report/tell.h"

#include <stdio.h>
#include <string.h>

static void put(mlab_doc *doc, const char *text)
{
    mlab_text_append(&doc->text, text);
}

/* Text between tags and in double quotes. Bytes that are no UTF-8 become question marks, and so do control characters. */
static void escape_html(mlab_doc *doc, const char *plain, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)plain[i];
        switch (c) {
        case '&': put(doc, "&amp;"); break;
        case '<': put(doc, "&lt;"); break;
        case '>': put(doc, "&gt;"); break;
        case '"': put(doc, "&quot;"); break;
        case '\'': put(doc, "&#39;"); break;
        default:
            if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
                put(doc, "?");
            else
                mlab_text_append_bytes(&doc->text, plain + i, 1);
        }
    }
}

/* Markdown shows HTML as it stands, so < is escaped as well; a line break inside a cell would end the row. */
static void escape_markdown(mlab_doc *doc, const char *plain, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)plain[i];
        if (c == '<' || c == '&') {
            put(doc, c == '<' ? "&lt;" : "&amp;");
            continue;
        }
        if (strchr("\\`*_[]|#", c) && c) put(doc, "\\");
        const char shown = c < 0x20 || c == 0x7F ? ' ' : plain[i];
        mlab_text_append_bytes(&doc->text, &shown, 1);
    }
}

void mlab_doc_escape(mlab_doc *doc, const char *plain)
{
    if (!plain) return;
    size_t n = strlen(plain), bad;
    while (!mlab_utf8_valid(plain, n, &bad)) {
        doc->html ? escape_html(doc, plain, bad) : escape_markdown(doc, plain, bad);
        put(doc, "?");
        plain += bad + 1;
        n -= bad + 1;
    }
    doc->html ? escape_html(doc, plain, n) : escape_markdown(doc, plain, n);
}

static void end_list(mlab_doc *doc)
{
    if (doc->in_list) put(doc, doc->html ? "</ul>\n" : "\n");
    doc->in_list = false;
}

void mlab_doc_heading(mlab_doc *doc, int level, const char *plain)
{
    end_list(doc);
    if (doc->html) {
        mlab_text_print(&doc->text, "<h%d>", level);
        mlab_doc_escape(doc, plain);
        mlab_text_print(&doc->text, "</h%d>\n", level);
        return;
    }
    for (int i = 0; i < level; i++) put(doc, "#");
    put(doc, " ");
    mlab_doc_escape(doc, plain);
    put(doc, "\n\n");
}

void mlab_doc_paragraph(mlab_doc *doc, const char *class, const char *plain)
{
    if (!plain || !*plain) return;
    end_list(doc);
    if (!doc->html) {
        mlab_doc_escape(doc, plain);
        put(doc, "\n\n");
        return;
    }
    if (class)
        mlab_text_print(&doc->text, "<p class=\"%s\">", class);
    else
        put(doc, "<p>");
    mlab_doc_escape(doc, plain);
    put(doc, "</p>\n");
}

void mlab_doc_item(mlab_doc *doc, const char *plain)
{
    if (doc->html && !doc->in_list) put(doc, "<ul>\n");
    doc->in_list = true;
    put(doc, doc->html ? "<li>" : "- ");
    mlab_doc_escape(doc, plain);
    put(doc, doc->html ? "</li>\n" : "\n");
}

/* A cell that reads as a number stands at the right. */
static bool is_number(const char *cell)
{
    return *cell && strchr("+-0123456789", *cell) && strspn(cell, "+-0123456789.,%() to") == strlen(cell);
}

void mlab_doc_table(mlab_doc *doc, const char *caption, bool folded, const char *const *headings, size_t n)
{
    end_list(doc);
    doc->n_columns = n;
    if (!doc->html) {
        if (caption) {
            mlab_doc_escape(doc, caption);
            put(doc, "\n\n");
        }
        for (size_t i = 0; i < n; i++) {
            put(doc, i ? " | " : "| ");
            mlab_doc_escape(doc, headings[i]);
        }
        put(doc, " |\n");
        for (size_t i = 0; i < n; i++) put(doc, i ? "---|" : "|---|");
        put(doc, "\n");
        return;
    }
    if (folded) {
        put(doc, "<details><summary>");
        mlab_doc_escape(doc, caption);
        put(doc, "</summary>\n");
    }
    put(doc, "<div class=\"scroll\" tabindex=\"0\"><table>\n");
    if (caption) {
        put(doc, folded ? "<caption class=\"unseen\">" : "<caption>");
        mlab_doc_escape(doc, caption);
        put(doc, "</caption>\n");
    }
    put(doc, "<thead><tr>");
    for (size_t i = 0; i < n; i++) {
        put(doc, "<th scope=\"col\">");
        mlab_doc_escape(doc, headings[i]);
        put(doc, "</th>");
    }
    put(doc, "</tr></thead>\n<tbody>\n");
}

void mlab_doc_row(mlab_doc *doc, const char *const *cells)
{
    put(doc, doc->html ? "<tr>" : "|");
    for (size_t i = 0; i < doc->n_columns; i++) {
        if (doc->html)
            put(doc, i == 0 ? "<th scope=\"row\">" : is_number(cells[i]) ? "<td class=\"n\">" : "<td>");
        else
            put(doc, " ");
        mlab_doc_escape(doc, cells[i]);
        put(doc, !doc->html ? " |" : i == 0 ? "</th>" : "</td>");
    }
    put(doc, doc->html ? "</tr>\n" : "\n");
}

void mlab_doc_table_end(mlab_doc *doc, bool folded)
{
    put(doc, doc->html ? "</tbody></table></div>\n" : "\n");
    if (doc->html && folded) put(doc, "</details>\n");
    doc->n_columns = 0;
}

void mlab_doc_end(mlab_doc *doc)
{
    end_list(doc);
}
