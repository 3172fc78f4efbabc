/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the forecast: block to a spec: what a line multiplies follows from the keys it has. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "forecast/ledger.h"
#include "forecast/options.h"

#include <stdio.h>
#include <string.h>

typedef mlab_forecast_reader reader;

const char *mlab_forecast_text_at(const reader *r, const mlab_setting *map, const char *key)
{
    const mlab_setting *found = mlab_settings_find(r->settings, map, key);
    return found && mlab_setting_kind_of(found) == MLAB_SETTING_TEXT ? mlab_setting_text(found) : NULL;
}

mlab_status mlab_forecast_stop(const reader *r, const char *kind, mlab_place place, const char *value, mlab_error *err, const char *sentence)
{
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, kind, &place, value, "", err, "%s", sentence);
}

static bool is(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

static bool number(const mlab_setting *setting, double *value)
{
    const char *text = mlab_setting_text(setting);
    return mlab_setting_kind_of(setting) == MLAB_SETTING_TEXT && mlab_number_parse(text, strlen(text), '.', value);
}

static bool number_at(const reader *r, const mlab_setting *map, const char *key, double *value)
{
    const mlab_setting *found = mlab_settings_find(r->settings, map, key);
    return found && number(found, value);
}

/* --- spreads --------------------------------------------------------------------------------------- */

static bool read_list(const mlab_setting *list, size_t n, double value[3])
{
    if (mlab_setting_kind_of(list) != MLAB_SETTING_LIST || mlab_setting_size(list) != n) return false;
    for (size_t i = 0; i < n; i++)
        if (!number(mlab_setting_item(list, i), &value[i])) return false;
    return true;
}

static bool read_lognormal(const mlab_setting *map, mlab_spread *spread)
{
    bool median = false, p95 = false;
    if (mlab_setting_kind_of(map) != MLAB_SETTING_MAP || mlab_setting_size(map) != 2) return false;
    for (size_t i = 0; i < 2; i++) {
        if (is(mlab_setting_key(map, i), "median")) median = number(mlab_setting_item(map, i), &spread->a);
        if (is(mlab_setting_key(map, i), "p95")) p95 = number(mlab_setting_item(map, i), &spread->b);
    }
    return median && p95;
}

static const char how_to_write[] =
    "write a number, {triangular: [lowest, likeliest, highest]}, {lognormal: {median: m, p95: q}} or {uniform: [a, b]}";

static bool read_spread(const mlab_setting *setting, mlab_spread *spread)
{
    double value[3] = {0};
    *spread = (mlab_spread){.kind = MLAB_SPREAD_FIXED};
    if (number(setting, &spread->a)) return true;
    if (mlab_setting_kind_of(setting) != MLAB_SETTING_MAP || mlab_setting_size(setting) != 1) return false;
    const char *kind = mlab_setting_key(setting, 0);
    const mlab_setting *inside = mlab_setting_item(setting, 0);
    if (is(kind, "lognormal")) {
        spread->kind = MLAB_SPREAD_LOGNORMAL;
        return read_lognormal(inside, spread);
    }
    const bool triangular = is(kind, "triangular");
    if (!triangular && !is(kind, "uniform")) return false;
    if (!read_list(inside, triangular ? 3 : 2, value)) return false;
    *spread = (mlab_spread){triangular ? MLAB_SPREAD_TRIANGULAR : MLAB_SPREAD_UNIFORM, value[0], value[1], value[2]};
    return true;
}

/* --- lines ----------------------------------------------------------------------------------------- */

/* "person year", "year", "once", "25 mentees"; false = none of them. */
static bool read_per(const char *per, mlab_line_spec *line)
{
    if (is(per, "person year")) {
        line->driver = MLAB_PER_PERSON_YEAR;
        return true;
    }
    if (is(per, "year") || is(per, "once")) {
        line->driver = is(per, "year") ? MLAB_PER_YEAR : MLAB_ONCE;
        return true;
    }
    const char *space = strchr(per, ' ');
    line->driver = MLAB_PER_MENTEES;
    return space && (is(space, " mentees") || is(space, " pairs")) && mlab_number_parse(per, (size_t)(space - per), '.', &line->per) && line->per > 0;
}

/* What a line has decides what it is; NULL, or what is wrong with it. */
static const char *read_driver(const reader *r, const mlab_setting *map, mlab_line_spec *line, const char **amount)
{
    const char *per = mlab_forecast_text_at(r, map, "per"), *on = mlab_forecast_text_at(r, map, "on");
    const bool hours = mlab_settings_find(r->settings, map, "hours_per_month"), share = mlab_settings_find(r->settings, map, "share_of_salary");
    const bool money = mlab_settings_find(r->settings, map, "amount"), post = mlab_settings_find(r->settings, map, "fte");
    if (hours + share + money + post != 1) return "a line needs one of: amount, hours_per_month, share_of_salary, fte";
    *amount = hours ? "hours_per_month" : share ? "share_of_salary" : money ? "amount" : "fte";
    line->of_salary = share;
    if (hours) {
        line->driver = MLAB_PER_PAIR_PERIOD;
        return number_at(r, map, "hourly", &line->hourly) && line->hourly > 0 ? NULL : "hours_per_month needs hourly, what an hour costs";
    }
    if (post) {
        if (!per || !read_per(per, line) || line->driver != MLAB_PER_MENTEES) return "fte needs per: a number of mentees, for example 25 mentees";
        return number_at(r, map, "salary", &line->salary) && line->salary > 0 ? NULL : "fte needs salary, the yearly cost of a full post";
    }
    const bool hire = mlab_forecast_text_at(r, map, "against") != NULL;
    if (!per && !on && !hire && line->benefit && line->kind == MLAB_LINE_AVOIDED) on = "exit"; /* what is avoided is an exit, unless said otherwise */
    if (per && (on || share)) return "a line has per and on, or per and share_of_salary; which of the two?";
    if (per) return read_per(per, line) && line->driver != MLAB_PER_MENTEES ? NULL : "per must be person year, year or once";
    if (hire || is(on, "promotion"))
        line->driver = MLAB_PER_PROMOTION;
    else if (is(on, "exit"))
        line->driver = MLAB_PER_VOLUNTARY_EXIT;
    else
        return "a line needs per (person year, year, once, 25 mentees) or on (promotion, exit)";
    return NULL;
}

static mlab_status keep(const reader *r, const char *text, char **into, mlab_error *err)
{
    if (!text) return MLAB_OK;
    *into = mlab_copy_text(r->context, text);
    return *into ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the lines of the ledger");
}

static mlab_status refuse(const reader *r, mlab_place place, const char *name, const char *why, mlab_error *err)
{
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unclear_line", &place, "", "", err, "line '%s': %s", name, why);
}

static mlab_status read_line(const reader *r, const char *name, mlab_place place, const mlab_setting *map, bool benefit, mlab_error *err)
{
    mlab_line_spec line = {.benefit = benefit, .backfill = 1, .place = place};
    const char *kind = mlab_forecast_text_at(r, map, "kind"), *amount = NULL, *lasting = mlab_forecast_text_at(r, map, "lasting");
    line.kind = is(kind, "time") ? MLAB_LINE_TIME : is(kind, "avoided") ? MLAB_LINE_AVOIDED : MLAB_LINE_CASH;
    const char *wrong = read_driver(r, map, &line, &amount);
    if (wrong) return refuse(r, place, name, wrong, err);
    const mlab_setting *value = mlab_settings_find(r->settings, map, amount);
    if (!read_spread(value, &line.amount)) return refuse(r, mlab_setting_place(value), name, how_to_write, err);
    number_at(r, map, "backfill", &line.backfill);
    line.lasting = line.driver == MLAB_PER_PROMOTION && (lasting ? is(lasting, "yes") || is(lasting, "true") : !benefit && line.of_salary);

    mlab_error why = {0};
    char copy[160]; /* the check tells the line by its name */
    snprintf(copy, sizeof copy, "%s", name);
    line.name = copy;
    if (mlab_spread_check(&line, &why)) return mlab_forecast_stop(r, "bad_value", mlab_setting_place(value), "", err, why.sentence);
    line.name = NULL;
    mlab_line_spec *kept = &r->spec->lines[r->spec->n_lines++];
    *kept = line;
    mlab_status status = keep(r, name, &kept->name, err);
    if (!status) status = keep(r, mlab_forecast_text_at(r, map, "source"), &kept->source, err);
    return status ? status : keep(r, mlab_forecast_text_at(r, map, "owner"), &kept->owner, err);
}

static const mlab_setting *block_of(const reader *r, const char *path)
{
    const mlab_setting *block = mlab_settings_find(r->settings, NULL, path);
    return block && mlab_setting_kind_of(block) == MLAB_SETTING_MAP ? block : NULL;
}

static bool named_before(const reader *r, const char *name)
{
    for (size_t i = 0; i < r->spec->n_lines; i++)
        if (is(name, r->spec->lines[i].name)) return true;
    return false;
}

static mlab_status read_lines(const reader *r, mlab_error *err)
{
    const mlab_setting *blocks[] = {block_of(r, "forecast.costs"), block_of(r, "forecast.benefits")};
    size_t n = 0;
    for (int b = 0; b < 2; b++) n += blocks[b] ? mlab_setting_size(blocks[b]) : 0;
    if (!(r->spec->lines = mlab_allocate(r->context, n, sizeof *r->spec->lines)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu lines", n);
    mlab_status status = MLAB_OK;
    for (int b = 0; b < 2; b++)
        for (size_t i = 0; !status && blocks[b] && i < mlab_setting_size(blocks[b]); i++) {
            const mlab_setting *line = mlab_setting_item(blocks[b], i);
            const char *name = mlab_setting_key(blocks[b], i);
            const mlab_place place = mlab_setting_key_place(blocks[b], i);
            if (mlab_setting_kind_of(line) != MLAB_SETTING_MAP) continue; /* a finding of the walk */
            status = named_before(r, name) ? refuse(r, place, name, "there is a cost of that name; the names of all lines differ", err)
                                           : read_line(r, name, place, line, b == 1, err);
        }
    return status;
}

mlab_status mlab_forecast_spec_read(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings, mlab_forecast_spec *spec,
                                    mlab_error *err)
{
    const reader r = {context, settings, findings, spec};
    const char *currency = mlab_forecast_text_at(&r, NULL, "forecast.currency");
    *spec = (mlab_forecast_spec){0};
    mlab_status status = mlab_settings_fill(settings, mlab_forecast_option_rows, mlab_forecast_n_option_rows, spec, err);
    if (!status) status = keep(&r, currency ? currency : "EUR", &spec->currency, err);
    if (!status) status = mlab_forecast_read_salaries(&r, err);
    if (!status) status = read_lines(&r, err);
    if (status) mlab_forecast_spec_free(context, spec);
    return status;
}
