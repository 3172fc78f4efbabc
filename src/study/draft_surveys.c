/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block of surveys of a drafted study: waves, the person, the items of satisfaction and those asked the other way round.
 *
 * An item is taken as asked the other way round when its answers fall as the other items' rise: items are turned until none covaries
 * negatively with the sum of the others, over the people who answered all; what at most half of them are, is turned.
 * Weakness: items of several scales on one page are taken for one; the line that lists them is the place to say otherwise.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "study/draft.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ITEMS = 60 };

typedef struct items {
    size_t column[MOST_ITEMS];
    bool turned[MOST_ITEMS];
    size_t n;
    int scale;
} items;

static const mlab_setting *scale_labels(const mlab_drafting *d, int scale)
{
    const mlab_setting *scales = mlab_settings_find(d->layouts.files[0], NULL, "scales");
    return scale >= 0 ? mlab_setting_item(scales, (size_t)scale) : NULL;
}

/* 1 to 7; 0 = no answer. */
static int answer_of(const mlab_setting *labels, const char *text)
{
    char plain[96], word[96];
    if (!labels) return text[0] >= '1' && text[0] <= '7' && !text[1] ? text[0] - '0' : 0;
    mlab_plain_words(text, plain, sizeof plain);
    for (size_t i = 0; i < mlab_setting_size(labels); i++) {
        mlab_plain_words(mlab_setting_text(mlab_setting_item(labels, i)), word, sizeof word);
        if (mlab_same_words(plain, word)) return (int)i + 1;
    }
    return 0;
}

/* The columns of the scale that most columns have. */
static void find_items(const mlab_known_file *file, items *found)
{
    size_t counts[64] = {0}, most = 0;
    *found = (items){.scale = -1};
    for (size_t j = 0; j < file->n_columns; j++) {
        int scale = file->scale_of[j];
        if (scale == -1 || scale > 60) continue;
        size_t n = ++counts[scale + 3];
        if (n <= most) continue;
        most = n;
        found->scale = scale;
    }
    for (size_t j = 0; j < file->n_columns && found->n < MOST_ITEMS && most; j++)
        if (file->scale_of[j] == found->scale) found->column[found->n++] = j;
}

/* Sums of products of the answers, people who answered all items; reads the file once more. */
static mlab_status add_products(const mlab_drafting *d, const mlab_known_file *file, const items *found, double *products, double *sums, double *n,
                                mlab_error *err)
{
    const mlab_rows_options options = {.sheet = file->sheet};
    const mlab_setting *labels = scale_labels(d, found->scale);
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_findings_start(&findings, d->context);
    mlab_status status = mlab_rows_open(d->context, file->path, file->name, &options, &findings, &rows, err);
    while (!status && rows->n_rows < 100000) {
        mlab_row_block block;
        status = mlab_rows_next(rows, &block, err);
        if (status || !block.n_rows) break;
        for (size_t i = 0; i < block.n_rows; i++) {
            int answers[MOST_ITEMS];
            bool all = block.n_columns == file->n_columns;
            for (size_t k = 0; k < found->n && all; k++)
                all = (answers[k] = answer_of(labels, block.cells[i * block.n_columns + found->column[k]].text)) > 0;
            if (!all) continue;
            *n += 1;
            for (size_t a = 0; a < found->n; a++) {
                sums[a] += answers[a];
                for (size_t b = 0; b < found->n; b++) products[a * found->n + b] += (double)answers[a] * answers[b];
            }
        }
    }
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    return status;
}

/* Turns the item whose answers fall most as the others' rise, again and again until none falls; at most half of them are turned. */
static void turn_items(items *found, const double *covariance)
{
    size_t n = found->n, turned = 0;
    for (size_t round = 0; round < 2 * n; round++) {
        double least = -1e-9;
        size_t worst = n;
        for (size_t a = 0; a < n; a++) {
            double with_others = 0;
            for (size_t b = 0; b < n; b++)
                if (b != a) with_others += (found->turned[a] == found->turned[b] ? 1 : -1) * covariance[a * n + b];
            if (with_others >= least) continue;
            least = with_others;
            worst = a;
        }
        if (worst == n) break;
        found->turned[worst] = !found->turned[worst];
    }
    for (size_t a = 0; a < n; a++) turned += found->turned[a];
    bool other_way = 2 * turned > n || (2 * turned == n && found->turned[0]);
    for (size_t a = 0; other_way && a < n; a++) found->turned[a] = !found->turned[a];
}

static mlab_status find_turned(const mlab_drafting *d, const mlab_known_file *file, items *found, mlab_error *err)
{
    if (found->n < 3) return MLAB_OK;
    double *products = mlab_allocate(d->context, found->n * found->n + found->n, sizeof *products), n = 0;
    if (!products) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the items of %s", file->name);
    double *sums = products + found->n * found->n;
    mlab_status status = add_products(d, file, found, products, sums, &n, err);
    for (size_t a = 0; n > 0 && a < found->n; a++)
        for (size_t b = 0; b < found->n; b++) products[a * found->n + b] = products[a * found->n + b] / n - sums[a] / n * (sums[b] / n);
    if (!status && n > 30) turn_items(found, products);
    mlab_release(d->context, products);
    return status;
}

static void put_list(mlab_text *text, const mlab_known_file *file, const items *found, bool turned)
{
    bool any = false;
    for (size_t k = 0; k < found->n; k++) {
        if (turned && !found->turned[k]) continue;
        mlab_text_print(text, "%s%s", any ? ", " : "", mlab_draft_scalar(file->columns[found->column[k]].heading));
        any = true;
    }
}

static void put_scale(mlab_drafting *d, const items *found)
{
    const mlab_setting *labels = scale_labels(d, found->scale);
    mlab_text line = MLAB_TEXT(d->context);
    mlab_text_append(&line, "scale: [");
    if (labels)
        for (size_t i = 0; i < mlab_setting_size(labels); i++)
            mlab_text_print(&line, "%s%s", i ? ", " : "", mlab_draft_scalar(mlab_setting_text(mlab_setting_item(labels, i))));
    else
        mlab_text_append(&line, found->scale == -3 ? "1, 2, 3, 4, 5, 6, 7" : "1, 2, 3, 4, 5");
    mlab_text_append(&line, "]");
    mlab_draft_guess(d, 4, mlab_text_get(&line), "from low to high");
    mlab_text_free(&line);
}

static mlab_status draft_items(mlab_drafting *d, const mlab_known_file *file, mlab_error *err)
{
    items found;
    int told = mlab_known_column(file, "satisfaction");
    find_items(file, &found);
    bool one_of_several = told >= 0 && found.n > 1 && file->scale_of[told] == found.scale; /* "I am satisfied with ..." among others */
    if (told >= 0 && !one_of_several) {
        mlab_draft_column(d, file, 4, "satisfaction", "satisfaction");
        if (file->scale_of[told] >= 0) {
            found.scale = file->scale_of[told];
            put_scale(d, &found);
        }
        return MLAB_OK;
    }
    if (!found.n) return MLAB_OK;
    mlab_status status = find_turned(d, file, &found, err);
    if (status) return status;
    mlab_text line = MLAB_TEXT(d->context), turned = MLAB_TEXT(d->context);
    put_list(&turned, file, &found, true);
    put_scale(d, &found);
    mlab_text_append(&line, "satisfaction: {items: [");
    put_list(&line, file, &found, false);
    mlab_text_append(&line, "]");
    if (turned.n) mlab_text_print(&line, ", reverse: [%s]", mlab_text_get(&turned));
    if (found.n > 1) mlab_text_print(&line, ", need: %zu", (found.n + 2) / 2);
    mlab_text_append(&line, "}");
    mlab_draft_guess(d, 4, mlab_text_get(&line), "questions with these answers%s", turned.n ? "; reversed: answers fall as the others' rise" : "");
    mlab_draft_say(d, "  %-14s %zu questions with the same answers%s%s", "satisfaction", found.n, turned.n ? "; the other way round: " : "",
                   mlab_text_get(&turned));
    if (found.n > 1)
        mlab_draft_ask(d, mlab_text_get(&line), "%s: do these questions measure satisfaction, and which are asked the other way round?", file->name);
    mlab_text_free(&line);
    mlab_text_free(&turned);
    return MLAB_OK;
}

/* Rows that are not answers: Finished is False, Status is Started. */
static void draft_finished(mlab_drafting *d, const mlab_known_file *file)
{
    int j = mlab_known_column(file, "finished");
    if (j < 0) return;
    const mlab_profile *p = &file->columns[j];
    for (uint32_t i = 0; i < p->values.n; i++) {
        const char *label = mlab_dictionary_text(&p->values, i);
        if (!mlab_layouts_label(&d->layouts, file->layout, "finished", label, true)) continue;
        char line[512];
        snprintf(line, sizeof line, "finished: {column: %s, is: %s}", mlab_draft_scalar(p->heading), mlab_draft_scalar(label));
        mlab_draft_say(d, "  %-14s %-28s rows with another text than %s are not finished", "finished", p->heading, label);
        mlab_draft_guess(d, 4, line, "%llu of %llu rows", (unsigned long long)p->values.entries[i].count, (unsigned long long)p->filled);
        return;
    }
}

mlab_status mlab_draft_surveys(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *file = &d->files[d->waves.file[0]];
    mlab_draft_line(d, 2, "surveys:");
    if (d->waves.n == 1) {
        mlab_draft_file(d, file, 4);
    } else {
        mlab_draft_files(d, &d->waves, "the day of the wave, by the name or the answers");
    }
    mlab_draft_marks(d, file, 4);
    const char *key = mlab_known_column(file, "person") >= 0 ? "person" : "email";
    mlab_status status = mlab_draft_person(d, file, 4, "person", key, err);
    if (mlab_known_column(file, key) < 0)
        mlab_draft_ask(d, "data.surveys.person: HEADING", "%s: which column says who answered? Without one, satisfaction is told by group alone.",
                       file->name);
    if (d->waves.n == 1) mlab_draft_column(d, file, 4, "date", "date");
    mlab_draft_missing(d, file, 4);
    draft_finished(d, file);
    return status ? status : draft_items(d, file, err);
}
