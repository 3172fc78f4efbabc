/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the study file to what is asked of a file: columns, marks, codes, names in use. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "data/loading.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array_) (sizeof(array_) / sizeof *(array_))

const mlab_setting *mlab_loading_at(const mlab_loading *l, const char *block, const char *key)
{
    char path[256];
    snprintf(path, sizeof path, "%s.%s", block, key);
    return mlab_settings_find(l->settings, NULL, path);
}

const char *mlab_loading_text(const mlab_loading *l, const char *block, const char *key, const char *fallback)
{
    const mlab_setting *at = mlab_loading_at(l, block, key);
    if (at && mlab_setting_kind_of(at) == MLAB_SETTING_MAP) at = mlab_settings_find(l->settings, at, "from");
    return at && *mlab_setting_text(at) ? mlab_setting_text(at) : fallback;
}

double mlab_loading_number(const mlab_loading *l, const char *block, const char *key, double fallback)
{
    const char *text = mlab_loading_text(l, block, key, NULL);
    double value = fallback;
    if (text && !mlab_number_parse(text, strlen(text), '.', &value)) value = fallback; /* a bad value was a finding of the walk */
    return value;
}

int32_t mlab_loading_date(const mlab_loading *l, const char *block, const char *key)
{
    const mlab_setting *at = *block ? mlab_loading_at(l, block, key) : mlab_settings_find(l->settings, NULL, key);
    mlab_date date = MLAB_DATE_MISSING;
    const char *text = at ? mlab_setting_text(at) : "";
    return mlab_date_parse_iso(text, strlen(text), &date) ? date : MLAB_DATE_MISSING;
}

int mlab_choice_of(const char *text, const char *const *names, size_t n)
{
    for (size_t i = 0; text && i < n; i++)
        if (!strcmp(text, names[i])) return (int)i;
    return -1;
}

static const char *text_below(const mlab_setting *block, const char *key)
{
    const mlab_setting *at = NULL;
    for (size_t i = 0; block && i < mlab_setting_size(block) && !at; i++)
        if (!strcmp(mlab_setting_key(block, i), key)) at = mlab_setting_item(block, i);
    return at && *mlab_setting_text(at) ? mlab_setting_text(at) : NULL;
}

static const mlab_setting *below(const mlab_setting *block, const char *key)
{
    for (size_t i = 0; block && i < mlab_setting_size(block); i++)
        if (!strcmp(mlab_setting_key(block, i), key)) return mlab_setting_item(block, i);
    return NULL;
}

static bool is_yes(const char *text)
{
    return mlab_equal_fold(text, "yes") || mlab_equal_fold(text, "true");
}

bool mlab_loading_yes(const mlab_loading *l, const char *block, const char *key)
{
    const char *text = mlab_loading_text(l, block, key, NULL);
    return text && is_yes(text);
}

mlab_reading_rules mlab_loading_rules(const mlab_setting *block, const mlab_reading_rules *over)
{
    static const char *const decimals[] = {"point", "comma"}, *const thousands[] = {"none", "comma", "point", "blank", "apostrophe"};
    static const char *const orders[] = {"dmy", "mdy", "ymd"};
    mlab_reading_rules rules = over ? *over : (mlab_reading_rules){0};
    int decimal = mlab_choice_of(text_below(block, "decimal"), decimals, COUNT(decimals));
    int mark = mlab_choice_of(text_below(block, "thousands"), thousands, COUNT(thousands));
    int order = mlab_choice_of(text_below(block, "dates"), orders, COUNT(orders));
    static const char *const serials[] = {"1900", "1904"}, *const zones[] = {"as_written", "nearest_midnight"};
    int serial = mlab_choice_of(text_below(block, "serials"), serials, COUNT(serials)),
        zone = mlab_choice_of(text_below(block, "zone"), zones, COUNT(zones));
    if (serial >= 0) rules.serials = (mlab_serials)(MLAB_SERIALS_1900 + serial);
    if (zone >= 0) rules.zone = (mlab_zone_rule)(MLAB_ZONE_AS_WRITTEN + zone);
    const char *trim = text_below(block, "trim");
    if (decimal >= 0) rules.decimal = ".,"[decimal];
    if (mark >= 0) rules.thousands = "\0,. '"[mark];
    if (order >= 0) rules.dates = (mlab_date_order)(MLAB_DATES_DMY + order);
    if (below(block, "missing")) rules.missing = below(block, "missing");
    if (trim) rules.trim = is_yes(trim);
    return rules;
}

/* --- columns --------------------------------------------------------------------------------------- */

mlab_status mlab_loading_stop(const mlab_loading *l, const mlab_setting *at, const char *kind, const char *remedy, mlab_error *err,
                              const char *sentence)
{
    mlab_place place = mlab_setting_place(at);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, kind, &place, NULL, remedy, err, "%s", sentence);
}

static mlab_status read_range(const mlab_loading *l, const mlab_setting *range, mlab_column_spec *spec, mlab_error *err)
{
    double ends[2];
    bool good = mlab_setting_kind_of(range) == MLAB_SETTING_LIST && mlab_setting_size(range) == 2;
    for (size_t i = 0; i < 2 && good; i++) {
        const char *text = mlab_setting_text(mlab_setting_item(range, i));
        good = mlab_number_parse(text, strlen(text), '.', &ends[i]);
    }
    if (!good || ends[0] > ends[1])
        return mlab_loading_stop(l, range, "bad_range", NULL, err, "a range is the lowest and the highest number allowed, like [16, 80]");
    spec->low = ends[0];
    spec->high = ends[1];
    return MLAB_OK;
}

static mlab_status read_unit(const mlab_loading *l, const mlab_setting *column, mlab_column_spec *spec, mlab_error *err)
{
    static const char *const units[] = {"days", "weeks", "months", "quarters", "years"};
    static const double days[] = {1, 7, 30.4375, 91.3125, 365.25};
    int unit = mlab_choice_of(text_below(column, "unit"), units, COUNT(units));
    spec->days = unit < 0 ? 1 : days[unit];
    if (unit >= 0 || text_below(column, "unit")) return MLAB_OK; /* an unknown one was a finding of the walk */
    return mlab_loading_stop(l, column, "no_unit", "unit: months      (or days, weeks, quarters, years)", err, "a duration needs its unit");
}

static mlab_status read_column(mlab_loading *l, const mlab_setting *columns, size_t i, mlab_column_spec *spec, mlab_error *err)
{
    static const char *const types[] = {"number", "integer", "date", "factor", "text", "id", "duration", "event", "arm"};
    static const mlab_reading_type as[] = {MLAB_READ_NUMBER, MLAB_READ_INTEGER,  MLAB_READ_DATE,  MLAB_READ_FACTOR, MLAB_READ_TEXT,
                                           MLAB_READ_ID,     MLAB_READ_DURATION, MLAB_READ_EVENT, MLAB_READ_FACTOR};
    const mlab_setting *column = mlab_setting_item(columns, i);
    const char *name = mlab_setting_key(columns, i), *from = text_below(column, "from");
    *spec = (mlab_column_spec){.name = name, .from = from ? from : name, .low = -HUGE_VAL, .high = HUGE_VAL, .days = 1};
    spec->place = mlab_setting_key_place(columns, i);
    if (mlab_setting_kind_of(column) != MLAB_SETTING_MAP) return MLAB_OK;
    int type = mlab_choice_of(text_below(column, "type"), types, COUNT(types));
    if (type >= 0) spec->type = as[type];
    spec->rules = mlab_loading_rules(column, NULL);
    spec->levels = below(column, "levels");
    spec->rename = below(column, "rename");
    spec->makes_arms = type >= 0 && !strcmp(types[type], "arm");
    if (below(column, "scale")) {
        spec->levels = below(column, "scale");
        spec->ordered = true;
    }
    if ((spec->levels || spec->rename) && spec->type == MLAB_READ_FOUND) spec->type = MLAB_READ_FACTOR;
    if (spec->rules.dates && spec->type == MLAB_READ_FOUND) spec->type = MLAB_READ_DATE;
    if ((spec->rules.decimal || spec->rules.thousands) && spec->type == MLAB_READ_FOUND) spec->type = MLAB_READ_NUMBER;
    mlab_status status = below(column, "range") ? read_range(l, below(column, "range"), spec, err) : MLAB_OK;
    if (!status && spec->type == MLAB_READ_DURATION) status = read_unit(l, column, spec, err);
    return status;
}

mlab_status mlab_loading_columns(mlab_loading *l, const char *block, mlab_specs *specs, mlab_error *err)
{
    const mlab_setting *columns = mlab_loading_at(l, block, "columns");
    mlab_status status = MLAB_OK;
    for (size_t i = 0; columns && mlab_setting_kind_of(columns) == MLAB_SETTING_MAP && i < mlab_setting_size(columns) && !status; i++) {
        status = mlab_grow(l->context, &specs->items, specs->n, &specs->capacity, sizeof *specs->items, err);
        if (!status) status = read_column(l, columns, i, &specs->items[specs->n], err);
        if (!status) specs->n++;
    }
    return status;
}

mlab_status mlab_loading_column(mlab_loading *l, const char *block, const char *key, const char *fallback, mlab_reading_type type, bool optional,
                                mlab_specs *specs, mlab_column_spec **spec, mlab_error *err)
{
    const mlab_setting *stated = mlab_loading_at(l, block, key);
    size_t i = 0;
    while (i < specs->n && strcmp(specs->items[i].name, key)) i++;
    if (i == specs->n) {
        mlab_status status = mlab_grow(l->context, &specs->items, specs->n, &specs->capacity, sizeof *specs->items, err);
        if (status) return status;
        specs->items[specs->n++] = (mlab_column_spec){.name = key, .from = fallback, .low = -HUGE_VAL, .high = HUGE_VAL, .days = 1};
        specs->items[i].optional = optional && !stated;
        bool own = mlab_loading_at(l, block, "id"); /* the file's own heading is stated */
        if (!strcmp(key, "person") && !own && strcmp(fallback, "person") != 0) specs->items[i].also = "person";
    }
    *spec = &specs->items[i];
    if (stated) {
        (*spec)->from = mlab_loading_text(l, block, key, (*spec)->from);
        (*spec)->place = mlab_setting_place(stated);
    }
    if (type != MLAB_READ_FOUND) (*spec)->type = type;
    if (type == MLAB_READ_ID) (*spec)->filled = !optional;
    return MLAB_OK;
}

/* --- names in use ---------------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '.' || (c & 0x80);
}

/* The whole text and every name inside it: "ns(tenure, 3)" gives tenure. */
static mlab_status add_words(mlab_loading *l, const char *text, mlab_error *err)
{
    uint32_t code;
    mlab_status status = mlab_dictionary_add(&l->words, text, strlen(text), &code, err);
    while (*text && !status) {
        size_t n = 0;
        while (text[n] && is_name_byte(text[n])) n++;
        if (n) status = mlab_dictionary_add(&l->words, text, n, &code, err);
        text += n ? n : 1;
    }
    return status;
}

static mlab_status walk_words(mlab_loading *l, const mlab_setting *at, mlab_error *err)
{
    if (mlab_setting_kind_of(at) == MLAB_SETTING_TEXT) return add_words(l, mlab_setting_text(at), err);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < mlab_setting_size(at) && !status; i++) {
        if (mlab_setting_kind_of(at) == MLAB_SETTING_MAP) status = add_words(l, mlab_setting_key(at, i), err);
        if (!status) status = walk_words(l, mlab_setting_item(at, i), err);
    }
    return status;
}

/* Columns are used by the blocks that compute; `data` itself names its own by their specs. */
mlab_status mlab_loading_words(mlab_loading *l, mlab_error *err)
{
    static const char *const blocks[] = {"outcomes", "comparison", "matching", "simulation", "scenarios", "forecast", "arms", "report"};
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < COUNT(blocks) && !status; i++) {
        const mlab_setting *block = mlab_settings_find(l->settings, NULL, blocks[i]);
        if (block) status = walk_words(l, block, err);
    }
    const mlab_setting *population = mlab_settings_find(l->settings, NULL, "data.people.population");
    return status || !population ? status : walk_words(l, population, err);
}

/* --- small things ---------------------------------------------------------------------------------- */

void mlab_loading_seen(mlab_loading *l, int32_t date)
{
    if (date == MLAB_DATE_MISSING) return;
    if (l->first_seen == MLAB_DATE_MISSING || date < l->first_seen) l->first_seen = date;
    if (l->last_seen == MLAB_DATE_MISSING || date > l->last_seen) l->last_seen = date;
}

bool mlab_loading_there(const mlab_loading *l, uint32_t rank, int32_t day, int32_t *last)
{
    size_t low = 0, high = l->n_spells; /* the first stay of the person */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->spells[middle].person < rank)
            low = middle + 1;
        else
            high = middle;
    }
    if (last) *last = MLAB_DATE_MISSING;
    for (; low < l->n_spells && l->spells[low].person == rank; low++) {
        const mlab_panel_spell *spell = &l->spells[low];
        if (last) *last = spell->to;
        if (spell->to == MLAB_DATE_MISSING || spell->to >= day) return spell->from != MLAB_DATE_MISSING && spell->from <= day;
    }
    return false;
}

mlab_status mlab_loading_say(const mlab_loading *l, mlab_severity severity, const char *kind, const mlab_table *table, size_t row, const char *column,
                             const char *value, const char *remedy, mlab_error *err, const char *sentence)
{
    mlab_place place = mlab_place_cell(table->file, table->lines ? table->lines[row] : 0, 0, column);
    return mlab_findings_add(l->findings, severity, kind, &place, value, remedy, err, "%s", sentence);
}

mlab_severity mlab_loading_impossible(const mlab_loading *l, const char *block, const char **remedy)
{
    bool drop = !strcmp(mlab_loading_text(l, block, "impossible", "stop"), "drop");
    *remedy = drop ? "" : strstr(block, "promotions") ? "promotions: {impossible: drop}" : "relationships: {impossible: drop}";
    return drop ? MLAB_SEVERITY_NOTE : MLAB_SEVERITY_STOP;
}
