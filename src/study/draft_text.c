/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of a drafted study file: each guess with its reason, each question with the line that answers it. */
#include "core/error.h"
#include "core/number.h"
#include "study/draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { COMMENT_COLUMN = 56, SCALAR = 400, SCALARS = 8 };

static bool is_safe(const char *text)
{
    static const char *const words[] = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"};
    if (!*text) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (mlab_equal_fold(text, words[i])) return false;
    for (const char *c = text; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' || *c == '/' || (unsigned char)*c >= 0x80;
        bool inner = (*c >= '0' && *c <= '9') || *c == '-' || *c == '.' || (*c == ' ' && c[1] && c[1] != ' ');
        if (!letter && !(inner && c != text)) return c == text && *c == '.' ? is_safe(c + 1 + (c[1] == '.')) : false;
    }
    return true;
}

const char *mlab_draft_scalar(const char *text)
{
    static _Thread_local char buffers[SCALARS][SCALAR];
    static _Thread_local int turn;
    char *into = buffers[turn = (turn + 1) % SCALARS];
    if (is_safe(text) && strlen(text) < SCALAR) {
        snprintf(into, SCALAR, "%s", text);
        return into;
    }
    size_t n = 0;
    into[n++] = '"';
    for (; *text && n + 6 < SCALAR; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') into[n++] = '\\';
        if (c < 0x20)
            n += (size_t)snprintf(into + n, 5, "\\x%02X", c);
        else
            into[n++] = (char)c;
    }
    into[n++] = '"';
    into[n] = '\0';
    return into;
}

static void print_list(mlab_text *text, const char *format, va_list list)
{
    char line[2000];
    vsnprintf(line, sizeof line, format, list);
    mlab_text_append(text, line);
}

void mlab_draft_line(mlab_drafting *d, int indent, const char *format, ...)
{
    va_list list;
    mlab_text_print(&d->yaml, "%*s", indent, "");
    va_start(list, format);
    print_list(&d->yaml, format, list);
    va_end(list);
    mlab_text_append(&d->yaml, "\n");
}

void mlab_draft_guess(mlab_drafting *d, int indent, const char *line, const char *why, ...)
{
    va_list list;
    size_t width = (size_t)indent + mlab_text_width(line);
    mlab_text_print(&d->yaml, "%*s%s%*s# guessed: ", indent, "", line, width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 2, "");
    va_start(list, why);
    print_list(&d->yaml, why, list);
    va_end(list);
    mlab_text_append(&d->yaml, "; change it here\n");
}

void mlab_draft_ask(mlab_drafting *d, const char *answer, const char *format, ...)
{
    if (d->n_questions == MLAB_DRAFT_MOST_QUESTIONS) {
        d->n_unasked++;
        return;
    }
    mlab_text *question = &d->questions[d->n_questions++];
    va_list list;
    *question = MLAB_TEXT(d->context);
    va_start(list, format);
    print_list(question, format, list);
    va_end(list);
    mlab_text_print(question, "\n  %s", answer);
}

void mlab_draft_say(mlab_drafting *d, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    print_list(&d->says, format, list);
    va_end(list);
    mlab_text_append(&d->says, "\n");
}

/* --- columns -------------------------------------------------------------------------------------------- */

const char *mlab_draft_why(const mlab_known_file *file, const char *meaning)
{
    size_t n;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    for (size_t m = 0; m < n; m++)
        if (!strcmp(meanings[m].name, meaning)) {
            if (!*file->word_of[m]) return meanings[m].need == MLAB_NEED_ID ? "its cells: digits, nearly all different" : "its cells alone";
            return mlab_known_by_question(file, meaning) ? "its question" : "its heading";
        }
    return "its heading";
}

static void say_column(mlab_drafting *d, const mlab_known_file *file, const char *key, int j, const char *meaning)
{
    const mlab_profile *p = &file->columns[j];
    char what[96], first[16], last[16];
    if (mlab_profile_is_date(p) && p->first != MLAB_DATE_MISSING) {
        mlab_date_print(p->first, first, sizeof first);
        mlab_date_print(p->last, last, sizeof last);
        snprintf(what, sizeof what, "days from %s to %s", first, last);
    } else if (mlab_profile_is_email(p)) {
        snprintf(what, sizeof what, "e-mail addresses");
    } else if (p->values.n > MLAB_PROFILE_MOST_DISTINCT) {
        snprintf(what, sizeof what, "very many different texts");
    } else {
        bool one = p->values.n == 1;
        snprintf(what, sizeof what, "%s%s", one ? "one " : "", 10 * p->numbers >= 9 * p->filled ? "number" : "text");
        if (!one) snprintf(what, sizeof what, "%zu different %s", p->values.n, 10 * p->numbers >= 9 * p->filled ? "numbers" : "texts");
    }
    mlab_draft_say(d, "  %-14s %-28s by %s; %s", key, p->heading, mlab_draft_why(file, meaning), what);
}

bool mlab_draft_column(mlab_drafting *d, const mlab_known_file *file, int indent, const char *key, const char *meaning)
{
    char line[512];
    int j = mlab_known_column(file, meaning);
    if (j < 0) return false;
    say_column(d, file, key, j, meaning);
    snprintf(line, sizeof line, "%s: %s", key, mlab_draft_scalar(file->columns[j].heading));
    mlab_draft_guess(d, indent, line, "by %s", mlab_draft_why(file, meaning));
    return true;
}

void mlab_draft_file(mlab_drafting *d, const mlab_known_file *file, int indent)
{
    char line[640];
    mlab_draft_line(d, indent, "file: %s", mlab_draft_scalar(d->shown[file - d->files]));
    if (file->sheet) {
        snprintf(line, sizeof line, "sheet: %s", mlab_draft_scalar(file->sheet));
        mlab_draft_guess(d, indent, line, "by its columns");
    }
    if (!file->merged) return;
    mlab_draft_guess(d, indent, "merged: fill", "cells are merged; the value of the first counts for all of them");
    mlab_draft_ask(d, "merged: fill        (or merged: first), in the block of the file",
                   "%s: cells are merged. Does the value of the first count for all of them? Taken: yes.", file->name);
}

/* The share of ids found, in words. */
static void say_link(mlab_drafting *d, const mlab_known_file *file, const mlab_profile *column, uint64_t found, uint64_t distinct, const char *how)
{
    mlab_draft_say(d, "  %14s %llu of %llu different ones are people%s", "", (unsigned long long)found, (unsigned long long)distinct, how);
    if (20 * found >= 19 * distinct) return;
    char answer[120];
    if (2 * found < distinct)
        snprintf(answer, sizeof answer, "the heading of the right column there, or a crosswalk: {file: ids.csv, from: email, to: id}");
    else
        snprintf(answer, sizeof answer, "data.%s.accept_unlinked: %.2f     (or another column, or a crosswalk file)",
                 mlab_file_role_names[file->role], 1.005 - (double)found / (double)distinct);
    mlab_draft_ask(d, answer, "%s: only %llu of %llu different ids in \"%s\" are people. Is this the right column, and the right list of people?",
                   file->name, (unsigned long long)found, (unsigned long long)distinct, column->heading);
}

mlab_status mlab_draft_person(mlab_drafting *d, const mlab_known_file *file, int indent, const char *key, const char *meaning, mlab_error *err)
{
    int j = mlab_known_column(file, meaning);
    char line[640];
    if (j < 0 || !d->id) return MLAB_OK;
    const mlab_profile *column = &file->columns[j];
    bool by_mail = mlab_profile_is_email(column) && !mlab_profile_is_email(d->id);
    const mlab_known_file *ids = d->role[MLAB_FILE_CROSSWALK];
    const mlab_profile *to = !by_mail ? d->id : ids ? &ids->columns[mlab_known_column(ids, "from")] : d->email;
    mlab_link_evidence links = {0};
    mlab_status status = to ? mlab_link_columns(d->context, column, to, &links, err) : MLAB_OK;
    if (status) return status;
    say_column(d, file, key, j, meaning);
    if (!to) {
        snprintf(line, sizeof line, "%s: %s", key, mlab_draft_scalar(column->heading));
        mlab_draft_guess(d, indent, line, "by %s; nothing leads from e-mails to ids", mlab_draft_why(file, meaning));
        mlab_draft_ask(d, "crosswalk: {file: ids.csv, from: email, to: id}, in data",
                       "%s: \"%s\" holds e-mails. Which file leads from e-mails to ids?", file->name, column->heading);
        return MLAB_OK;
    }
    bool take = mlab_profile_is_bracketed(column);
    snprintf(line, sizeof line, "%s: %s", key, mlab_draft_scalar(column->heading));
    mlab_draft_guess(d, indent, line, "by %s; %llu of %llu are people", mlab_draft_why(file, meaning), (unsigned long long)links.with_zeros,
                     (unsigned long long)links.distinct);
    if (take && strcmp(key, "mentee")) mlab_draft_guess(d, indent, "id: {take: '\\((\\d+)\\)'}", "the digits in brackets are the id");
    if (links.with_zeros > links.with_take && column->longest > d->pad) d->pad = column->longest;
    if (links.with_zeros > links.with_take && d->id->longest > d->pad) d->pad = d->id->longest;
    say_link(d, file, column, links.with_zeros, links.distinct,
             by_mail && ids                       ? ", by the crosswalk"
             : by_mail                            ? ", by their e-mail"
             : links.with_zeros > links.with_take ? ", with leading zeros"
                                                  : "");
    return MLAB_OK;
}

void mlab_draft_marks(mlab_drafting *d, const mlab_known_file *file, int indent)
{
    uint64_t commas = 0, points = 0;
    const mlab_profile *doubtful = NULL;
    size_t dmy = 0, mdy = 0;
    for (size_t j = 0; j < file->n_columns; j++) {
        const mlab_profile *p = &file->columns[j];
        commas += p->commas;
        points += p->points;
        if (!mlab_profile_is_date(p) || p->iso + p->timed >= p->filled || p->ymd == p->shapes) continue;
        if (p->dmy == p->shapes && p->mdy < p->shapes) dmy++;
        if (p->mdy == p->shapes && p->dmy < p->shapes) mdy++;
        if (p->dmy == p->shapes && p->mdy == p->shapes) doubtful = p;
    }
    if (commas && !points) mlab_draft_guess(d, indent, "decimal: comma", "commas stand where decimals do");
    if (doubtful && (dmy > 0) != (mdy > 0))
        mlab_draft_guess(d, indent, dmy ? "dates: dmy" : "dates: mdy", "other columns of the file have this order only");
    else if (doubtful)
        mlab_draft_ask(d, "dates: dmy        (or mdy), in the block of the file", "%s: are the days in \"%s\" day/month/year or month/day/year?",
                       file->name, doubtful->heading);
}

void mlab_draft_missing(mlab_drafting *d, const mlab_known_file *file, int indent)
{
    const mlab_setting *codes = mlab_known_setting(file, "missing");
    static const char *const usual[] = {"N/A", "n/a", "Not applicable", "Prefer not to say", "Don't know"};
    mlab_text line = MLAB_TEXT(d->context);
    for (size_t i = 0; i < sizeof usual / sizeof *usual + (codes ? mlab_setting_size(codes) : 0); i++) {
        size_t own = sizeof usual / sizeof *usual;
        const char *code = i < own ? usual[i] : mlab_setting_text(mlab_setting_item(codes, i - own));
        bool there = false;
        for (size_t j = 0; j < file->n_columns && !there; j++)
            there = mlab_dictionary_find(&file->columns[j].values, code, strlen(code)) != MLAB_DICTIONARY_NONE;
        if (there && !strstr(mlab_text_get(&line), mlab_draft_scalar(code))) mlab_text_print(&line, ", %s", mlab_draft_scalar(code));
    }
    if (line.n) {
        mlab_text all = MLAB_TEXT(d->context);
        mlab_text_print(&all, "missing: [\"\", NA%s]", mlab_text_get(&line));
        mlab_draft_guess(d, indent, mlab_text_get(&all), "they say that there is nothing");
        mlab_text_free(&all);
    }
    mlab_text_free(&line);
}
