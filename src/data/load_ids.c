/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the study file says about ids: how they stand in each file, the crosswalks between kinds of them, and the one way in which every
 * file is linked to people. */
#include "core/error.h"
#include "core/memory.h"
#include "data/loading.h"

#include <stdio.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the crosswalks");
}

const char *mlab_loading_id_heading(const mlab_loading *l, const char *block)
{
    return mlab_loading_text(l, block, "id", mlab_loading_text(l, "data.people", "id", "id"));
}

/* The block's own, else that of people. */
static const char *stated(const mlab_loading *l, const char *block, const char *key)
{
    return mlab_loading_text(l, block, key, mlab_loading_text(l, "data.people", key, ""));
}

mlab_status mlab_loading_id_rule(mlab_loading *l, const char *block, mlab_id_rule *rule, mlab_error *err)
{
    const mlab_setting *take = mlab_loading_at(l, block, "id.take");
    *rule = (mlab_id_rule){.pad = (size_t)mlab_loading_number(l, block, "id.pad", mlab_loading_number(l, "data.people", "id.pad", 0))};
    rule->fold = !strcmp(stated(l, block, "id.case"), "ignore");
    rule->drop_blanks = !strcmp(stated(l, block, "id.blanks"), "drop");
    if (!take) return MLAB_OK;
    mlab_error why = {0};
    mlab_status status = mlab_pattern_compile(l->context, mlab_setting_text(take), &rule->take, &why);
    if (status && status != MLAB_ERR_DATA_FORMULA) {
        if (err) *err = why;
        return status;
    }
    if (!status) return MLAB_OK;
    mlab_place place = mlab_setting_place(take);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "bad_pattern", &place, mlab_setting_text(take), "id: {take: '\\((\\d+)\\)'}", err, "%s",
                             why.sentence);
}

/* --- crosswalks -------------------------------------------------------------------------------------- */

static mlab_status read_crosswalk(mlab_loading *l, const char *block, mlab_table **table, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *from, *to;
    mlab_status status = mlab_loading_column(l, block, "from", "from", MLAB_READ_ID, false, &specs, &from, err);
    if (!status) from->filled = false;
    if (!status) status = mlab_loading_column(l, block, "to", mlab_loading_id_heading(l, "data.people"), MLAB_READ_ID, false, &specs, &to, err);
    if (!status) to->filled = false;
    if (!status) status = mlab_loading_file(l, block, &specs, &reading, err);
    *table = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

/* One row: what it leads from in lower case, and to whom. */
static mlab_status take_row(mlab_loading *l, const mlab_table *table, size_t row, mlab_crosswalk *made, mlab_id_text text[2], mlab_error *err)
{
    const mlab_column *from = mlab_table_find(table, "from"), *to = mlab_table_find(table, "to");
    if (mlab_is_missing_at(from, row) || mlab_is_missing_at(to, row)) return MLAB_OK;
    uint32_t code = MLAB_DICTIONARY_NONE, at;
    mlab_status status = mlab_id_apply(l->context, &l->id_rule, mlab_column_text(to, row), &text[0], err);
    if (!status) status = mlab_ids_find(&l->ids, text[0].bytes, &text[1], &code, err);
    if (!status) status = mlab_id_apply(l->context, NULL, mlab_column_text(from, row), &text[0], err);
    if (status) return status;
    for (char *c = text[0].bytes; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
    if (code == MLAB_DICTIONARY_NONE)
        return mlab_loading_say(l, MLAB_SEVERITY_NOTE, "crosswalk_to_nobody", table, row, "to", mlab_column_text(to, row), NULL, err,
                                "rows of a crosswalk that lead to ids which are not in the people file");
    size_t before = made->from.n;
    status = mlab_dictionary_add(&made->from, text[0].bytes, text[0].n, &at, err);
    if (!status && made->from.n == before && made->code[at] != code)
        return mlab_loading_say(l, MLAB_SEVERITY_STOP, "crosswalk_ambiguous", table, row, "from", mlab_column_text(from, row), NULL, err,
                                "what leads to two different people in a crosswalk; each may lead to one");
    if (!status) made->code[at] = code;
    return status;
}

static mlab_status load_crosswalk(mlab_loading *l, const char *block, mlab_error *err)
{
    mlab_table *table = NULL;
    mlab_id_text text[2] = {{0}, {0}};
    mlab_status status = read_crosswalk(l, block, &table, err);
    if (!status && table && mlab_table_find(table, "from") && mlab_table_find(table, "to") && l->ids.context) {
        mlab_crosswalk *made = &l->crosswalks[l->n_crosswalks++];
        mlab_dictionary_start(&made->from, l->context);
        made->name = mlab_loading_text(l, block, "from", "from");
        made->code = mlab_allocate(l->context, table->n_rows, sizeof *made->code);
        if (!made->code) status = no_memory(err);
        for (size_t i = 0; i < table->n_rows && !status; i++) status = take_row(l, table, i, made, text, err);
    }
    mlab_release(l->context, text[0].bytes);
    mlab_release(l->context, text[1].bytes);
    mlab_table_free(table);
    return status;
}

mlab_status mlab_load_crosswalks(mlab_loading *l, mlab_error *err)
{
    const mlab_setting *several = mlab_settings_find(l->settings, NULL, "data.crosswalks"),
                       *one = mlab_settings_find(l->settings, NULL, "data.crosswalk");
    size_t n = several && mlab_setting_kind_of(several) == MLAB_SETTING_MAP ? mlab_setting_size(several) : 0;
    mlab_status status = MLAB_OK;
    if (!one && !n) return MLAB_OK;
    if (!(l->crosswalks = mlab_allocate(l->context, n + 1, sizeof *l->crosswalks))) return no_memory(err);
    if (one) status = load_crosswalk(l, "data.crosswalk", err);
    for (size_t i = 0; i < n && !status; i++) {
        char block[200];
        snprintf(block, sizeof block, "data.crosswalks.%.150s", mlab_setting_key(several, i));
        status = load_crosswalk(l, block, err);
    }
    return status;
}

/* --- joins ------------------------------------------------------------------------------------------- */

/* The file of the block that was read last. */
static mlab_input *input_of(const mlab_loading *l, const char *role)
{
    for (size_t i = l->data->n_inputs; i-- > 0;)
        if (!strcmp(l->data->inputs[i].role, role)) return &l->data->inputs[i];
    return NULL;
}

mlab_status mlab_loading_link(mlab_loading *l, const char *block, const mlab_table *table, const char *column, const char *who, uint32_t *rank,
                              mlab_error *err)
{
    static const char *const ways[] = {"either", "id", "crosswalk"};
    mlab_id_rule rule;
    const mlab_column *ids = mlab_table_find(table, column);
    if (!ids || ids->type != MLAB_COLUMN_TEXT) { /* a missing heading was a finding; another column may have the name */
        for (size_t i = 0; i < table->n_rows; i++) rank[i] = MLAB_ID_UNKNOWN;
        return MLAB_OK;
    }
    int by = mlab_choice_of(mlab_loading_text(l, block, "link", "either"), ways, 3);
    bool outside = !strcmp(column, "mentor") && mlab_loading_yes(l, block, "external"); /* they need not be people of the file */
    mlab_status status = mlab_loading_id_rule(l, block, &rule, err);
    const mlab_link link = {.who = who,
                            .block = strchr(block, '.') + 1,
                            .accept = outside ? 1 : mlab_loading_number(l, block, "accept_unlinked", 0.05),
                            .input = input_of(l, strchr(block, '.') + 1),
                            .rule = &rule,
                            .crosswalks = l->crosswalks,
                            .n_crosswalks = l->n_crosswalks,
                            .by = by < 0 ? MLAB_LINK_EITHER : (mlab_link_by)by};
    if (link.input && !outside) {
        link.input->accept = link.accept;
        link.input->accepted = mlab_loading_at(l, block, "accept_unlinked") != NULL;
    }
    if (!status) status = mlab_ids_link(&l->ids, table, column, &link, l->findings, rank, err);
    mlab_pattern_free(rule.take);
    return status;
}
