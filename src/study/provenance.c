/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decides the numbers, as keys of stages and as JSON in the results; and what two equal runs may differ in. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/text.h"
#include "study/inside.h"

#include <gsl/gsl_version.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the provenance");
}

static void add_line(mlab_sha256 *hash, const char *text)
{
    mlab_sha256_add(hash, text, strlen(text));
    mlab_sha256_add(hash, "\n", 1);
}

/* The resolved options under each of the prefixes. */
static mlab_status add_options(const mlab_study *study, mlab_sha256 *hash, const char *prefixes, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    while (!status && prefixes && *prefixes) {
        char prefix[64];
        size_t n = strcspn(prefixes, " ");
        snprintf(prefix, sizeof prefix, "%.*s", (int)n, prefixes);
        prefixes += n + (prefixes[n] == ' ');
        char *text;
        status = mlab_settings_resolved(study->settings, prefix, &text, err);
        if (status) break;
        add_line(hash, prefix);
        add_line(hash, text);
        mlab_release(study->context, text);
    }
    return status;
}

mlab_status mlab_study_key(mlab_study *study, mlab_stage stage, mlab_error *err)
{
    const mlab_stage_row *row = &mlab_stage_rows[stage];
    mlab_sha256 hash;
    mlab_sha256_start(&hash, study->context);
    add_line(&hash, "mentorlab");
    add_line(&hash, mlab_version());
    add_line(&hash, mlab_commit());
    add_line(&hash, row->name);
    for (size_t k = 0; k < study->data->n_inputs; k++) {
        add_line(&hash, study->data->inputs[k].role);
        add_line(&hash, study->data->inputs[k].sha256);
    }
    for (size_t k = 0; k < study->n_assumptions && stage >= MLAB_STAGE_SIMULATE; k++) {
        char line[512];
        const mlab_assumption *a = &study->assumptions[k];
        snprintf(line, sizeof line, "%s %a %a %s", a->name, a->value, a->standard_error, a->source);
        add_line(&hash, line);
    }
    for (int k = 0; k < MLAB_N_STAGES; k++)
        if (row->needs & (1u << k)) add_line(&hash, study->key[k]);
    mlab_status status = add_options(study, &hash, row->prefixes, err);
    if (!status && stage == MLAB_STAGE_MATCH && mlab_study_asks_gains(study)) status = add_options(study, &hash, "outcomes fit", err);
    mlab_sha256_end(&hash, study->key[stage]);
    return status;
}

/* --- provenance ------------------------------------------------------------------------------------ */

/* "key = value, default" lines into an object of values and a list of the defaults. */
static bool options_to_json(char *lines, json_t *options, json_t *defaults)
{
    static const char mark[] = ", default";
    for (char *line = lines, *next; line && *line; line = next) {
        if ((next = strchr(line, '\n'))) *next++ = '\0';
        char *value = strstr(line, " = ");
        if (!value) continue;
        *value = '\0';
        value += 3;
        size_t n = strlen(value), m = sizeof mark - 1;
        bool is_default = n >= m && strcmp(value + n - m, mark) == 0;
        if (is_default) value[n - m] = '\0';
        if (json_object_set_new(options, line, json_string(value))) return false;
        if (is_default && json_array_append_new(defaults, json_string(line))) return false;
    }
    return true;
}

static json_t *inputs_to_json(const mlab_data *data)
{
    json_t *list = json_array();
    for (size_t k = 0; list && k < data->n_inputs; k++) {
        const mlab_input *input = &data->inputs[k];
        json_t *item =
            json_pack("{s:s, s:s, s:s, s:I}", "role", input->role, "file", input->file, "sha256", input->sha256, "rows", (json_int_t)input->rows);
        if (!item || json_array_append_new(list, item)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *models_to_json(const mlab_study *study)
{
    json_t *models = json_object();
    for (size_t k = 0; models && k < study->n_outcomes; k++) {
        const mlab_outcome *outcome = &study->outcomes[k];
        json_t *item = json_pack("{s:s, s:s, s:b}", "model", outcome->model ? outcome->model : "", "formula",
                                 outcome->formula ? outcome->formula : "", "default", outcome->stated_default);
        if (!item || json_object_set_new(models, outcome->name, item)) {
            json_decref(models);
            return NULL;
        }
    }
    return models;
}

static json_t *assumptions_to_json(const mlab_study *study)
{
    json_t *list = json_array();
    for (size_t k = 0; list && k < study->n_assumptions; k++) {
        const mlab_assumption *a = &study->assumptions[k];
        json_t *item =
            json_pack("{s:s, s:f, s:f, s:s}", "name", a->name, "value", a->value, "standard_error", a->standard_error, "source", a->source);
        if (!item || json_array_append_new(list, item)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *libraries(void)
{
    char store[64];
    mlab_store_library(store, sizeof store);
    return json_pack("{s:s, s:s, s:s}", "gsl", gsl_version, "hdf5", store, "jansson", jansson_version_str());
}

static char *copy_json(const mlab_context *context, const json_t *json)
{
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_INDENT(1) | JSON_ENSURE_ASCII), *mine = text ? mlab_copy_text(context, text) : NULL;
    free(text);
    return mine;
}

mlab_status mlab_study_provenance(mlab_study *study, char **json, mlab_error *err)
{
    *json = NULL;
    char *lines = NULL;
    mlab_status status = mlab_settings_resolved(study->settings, NULL, &lines, err);
    if (status) return status;
    const char *sampling = mlab_study_setting(study, "data.sampling");
    json_t *root = json_object(), *options = json_object(), *defaults = json_array();
    bool fine = root && options && defaults && options_to_json(lines, options, defaults);
    mlab_release(study->context, lines);
    fine = fine && !json_object_set_new(root, "program", json_string("mentorlab")) &&
           !json_object_set_new(root, "version", json_string(mlab_version())) && !json_object_set(root, "options", options) &&
           !json_object_set(root, "defaults", defaults) && !json_object_set_new(root, "inputs", inputs_to_json(study->data)) &&
           !json_object_set_new(root, "models", models_to_json(study)) && !json_object_set_new(root, "assumptions", assumptions_to_json(study)) &&
           !json_object_set_new(root, "libraries", libraries()) && !json_object_set_new(root, "title", json_string(study->title)) &&
           !json_object_set_new(root, "sampling", json_string(sampling ? sampling : "")) &&
           !json_object_set_new(root, "simulated_data", json_boolean(study->simulated));
    fine = fine && !json_object_set_new(root, "commit", json_string(mlab_commit()));
    if (fine) *json = copy_json(study->context, root);
    json_decref(options);
    json_decref(defaults);
    json_decref(root);
    return *json ? MLAB_OK : no_memory(err);
}

/* --- run -------------------------------------------------------------------------------------------- */

static void print_time(int64_t seconds, char *into, size_t size)
{
    char day[16];
    int second = (int)(seconds % 86400);
    mlab_date_print((mlab_date)(seconds / 86400), day, sizeof day);
    snprintf(into, size, "%sT%02d:%02d:%02dZ", day, second / 3600, second / 60 % 60, second % 60);
}

mlab_status mlab_study_run_attribute(const mlab_study *study, char **json, mlab_error *err)
{
    static const char *const sets[] = {"generic", "avx2", "avx512"};
    char start[40], end[40], host[128];
    *json = NULL;
    print_time(study->started, start, sizeof start);
    print_time(mlab_os_wall_seconds(), end, sizeof end);
    mlab_os_host_name(host, sizeof host);
    json_t *root;
    if (getenv("SOURCE_DATE_EPOCH")) /* asked for the same bytes: nothing of this run is told */
        root = json_pack("{s:s, s:s}", "start", start, "end", end);
    else
        root = json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:s}", "start", start, "end", end, "threads", study->context->threads, "ranks", 1, "host",
                         host, "instruction_set", sets[study->context->isa], "study", mlab_settings_file(study->settings));
    if (root) *json = copy_json(study->context, root);
    if (*json && strlen(*json) > MLAB_RUN_SIZE && !json_object_del(root, "study")) {
        mlab_release(study->context, *json);
        *json = copy_json(study->context, root);
    }
    json_decref(root);
    return *json ? MLAB_OK : no_memory(err);
}

/* --- secret ----------------------------------------------------------------------------------------- */

mlab_status mlab_study_secret(mlab_study *study, mlab_error *err)
{
    char *path = mlab_os_join(study->context, study->state, "secret"), *bytes = NULL;
    if (!path) return no_memory(err);
    size_t n = 0;
    mlab_status status = MLAB_OK;
    if (mlab_os_exists(path)) status = mlab_os_read_file(study->context, path, &bytes, &n, err);
    if (!status && bytes && n >= 64 && strspn(bytes, "0123456789abcdef") >= 64) {
        memcpy(study->secret, bytes, 64);
    } else if (!status) {
        unsigned char random[32];
        status = mlab_os_random_bytes(random, sizeof random, err);
        for (size_t k = 0; !status && k < sizeof random; k++) snprintf(study->secret + 2 * k, 3, "%02x", random[k]);
        if (!status) status = mlab_os_write_file(study->context, path, study->secret, 64, true, err);
    }
    mlab_release(study->context, bytes);
    mlab_release(study->context, path);
    return status;
}
