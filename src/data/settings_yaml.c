/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML 1.1 by libyaml to a tree of texts, lists and maps.
 *
 * Aliases are copied where they are used; depth, nodes and bytes are bounded, so that a small file cannot grow large.
 * Weakness: libyaml's own memory does not go through the context's allocator; merge keys (<<) are plain keys here and
 * so end as unknown keys.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/settings_tree.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

typedef struct reading {
    mlab_settings *settings;
    const char *file;
    yaml_document_t *document;
    mlab_findings *findings;
    bool full; /* the bound on values was met and reported */
} reading;

static mlab_status stop(const reading *r, yaml_mark_t mark, const char *kind, mlab_error *err, const char *sentence)
{
    mlab_place place = mlab_place_text(r->file, mark.line + 1, (uint32_t)mark.column + 1);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, kind, &place, NULL, NULL, err, "%s", sentence);
}

static mlab_status no_memory(const reading *r, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", r->file);
}

static mlab_status copy_node(reading *r, int index, int depth, mlab_setting **made, mlab_error *err);

static mlab_status copy_sequence(reading *r, const yaml_node_t *node, int depth, mlab_setting *into, mlab_error *err)
{
    for (const yaml_node_item_t *item = node->data.sequence.items.start; !r->full && item < node->data.sequence.items.top; item++) {
        mlab_setting_entry entry = {0};
        mlab_status status = copy_node(r, *item, depth + 1, &entry.value, err);
        if (!status && entry.value) status = mlab_settings_append(r->settings, into, &entry, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* Adds a pair unless its key is there already. */
static mlab_status copy_pair(reading *r, const yaml_node_pair_t *pair, int depth, mlab_setting *into, mlab_error *err)
{
    const yaml_node_t *key = yaml_document_get_node(r->document, pair->key);
    if (key->type != YAML_SCALAR_NODE) return stop(r, key->start_mark, "key_no_text", err, "a key must be a text");
    const char *name = (const char *)key->data.scalar.value;
    size_t length = key->data.scalar.length;
    if (memchr(name, '\0', length)) return stop(r, key->start_mark, "key_no_text", err, "a key must not hold a NUL character");
    const mlab_setting_entry *there = mlab_setting_entry_of(into, name, length);
    if (there) {
        char sentence[400];
        snprintf(sentence, sizeof sentence, "duplicate key '%.200s', first on line %llu; the first is used", name,
                 (unsigned long long)there->key_line);
        return stop(r, key->start_mark, "duplicate_key", err, sentence);
    }
    mlab_setting_entry entry = {.key_file = r->file, .key_line = key->start_mark.line + 1, .key_column = (uint32_t)key->start_mark.column + 1};
    entry.key = mlab_settings_keep_text(r->settings, name, length);
    if (!entry.key) return no_memory(r, err);
    mlab_status status = copy_node(r, pair->value, depth + 1, &entry.value, err);
    if (!status && entry.value) status = mlab_settings_append(r->settings, into, &entry, err);
    return status;
}

static mlab_status copy_scalar(reading *r, const yaml_node_t *node, mlab_setting *into, mlab_error *err)
{
    const char *text = (const char *)node->data.scalar.value;
    if (memchr(text, '\0', node->data.scalar.length)) {
        into->text = "";
        return stop(r, node->start_mark, "nul", err, "a text must not hold a NUL character");
    }
    into->quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    into->text = mlab_settings_keep_text(r->settings, text, node->data.scalar.length);
    return into->text ? MLAB_OK : no_memory(r, err);
}

/* *made stays NULL for a node that was refused. */
static mlab_status copy_node(reading *r, int index, int depth, mlab_setting **made, mlab_error *err)
{
    *made = NULL;
    const yaml_node_t *node = yaml_document_get_node(r->document, index);
    if (depth > MLAB_SETTINGS_MOST_DEPTH) return stop(r, node->start_mark, "too_deep", err, "nested deeper than 32 levels, allowed 32");
    if (r->settings->n_nodes >= MLAB_SETTINGS_MOST_NODES) {
        r->full = true;
        return stop(r, node->start_mark, "too_many_values", err, "more than 20,000 values (aliases count wherever they are used), allowed 20,000");
    }

    mlab_setting_kind kind = node->type == YAML_MAPPING_NODE    ? MLAB_SETTING_MAP
                             : node->type == YAML_SEQUENCE_NODE ? MLAB_SETTING_LIST
                                                                : MLAB_SETTING_TEXT;
    *made = mlab_settings_node(r->settings, kind, r->file, node->start_mark.line + 1, (uint32_t)node->start_mark.column + 1);
    if (!*made) return no_memory(r, err);
    if (kind == MLAB_SETTING_LIST) return copy_sequence(r, node, depth, *made, err);
    if (kind == MLAB_SETTING_TEXT) return copy_scalar(r, node, *made, err);
    mlab_status status = MLAB_OK;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; !status && !r->full && pair < node->data.mapping.pairs.top; pair++)
        status = copy_pair(r, pair, depth, *made, err);
    return status;
}

static mlab_place place_of_offset(const char *file, const char *text, size_t n, size_t offset)
{
    uint64_t line = 1;
    uint32_t column = 1;
    for (size_t i = 0; i < n && i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            column = 0;
        }
        if (((unsigned char)text[i] & 0xC0) != 0x80) column++;
    }
    return mlab_place_text(file, line, column);
}

/* The syntax error is a finding, so that it stands in the same list, and the error that ends the reading. */
static mlab_status syntax_error(const yaml_parser_t *parser, const char *file, const char *text, size_t n, mlab_findings *findings, mlab_error *err)
{
    char sentence[400];
    mlab_place place;
    if (parser->error == YAML_MEMORY_ERROR || parser->error == YAML_NO_ERROR) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", file);
    if (parser->error == YAML_READER_ERROR) {
        place = place_of_offset(file, text, n, parser->problem_offset);
        snprintf(sentence, sizeof sentence, "%s; the file must be UTF-8 text", parser->problem ? parser->problem : "unreadable characters");
    } else {
        place = mlab_place_text(file, parser->problem_mark.line + 1, (uint32_t)parser->problem_mark.column + 1);
        bool tab = parser->problem_mark.index < n && memchr(text, '\t', n) && text[parser->problem_mark.index] == '\t';
        snprintf(sentence, sizeof sentence, "%s%s%s%s", parser->context ? parser->context : "", parser->context ? ": " : "",
                 parser->problem ? parser->problem : "not readable as YAML", tab ? "; a tab cannot indent, use blanks" : "");
    }
    mlab_status status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "syntax", &place, NULL, NULL, err, "%s", sentence);
    return status ? status : mlab_raise_at(err, MLAB_ERR_DATA_SYNTAX, &place, "%s", sentence);
}

/* Everything after the first document must be empty. */
static mlab_status check_end(yaml_parser_t *parser, const reading *r, const char *text, size_t n, mlab_error *err)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) return syntax_error(parser, r->file, text, n, r->findings, err);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    mlab_status status = root ? stop(r, root->start_mark, "second_document", err, "a second document begins here, allowed one") : MLAB_OK;
    yaml_document_delete(&second);
    return status;
}

static mlab_status load_document(yaml_parser_t *parser, const char *text, size_t n, reading *r, mlab_setting **root, mlab_error *err)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) return syntax_error(parser, r->file, text, n, r->findings, err);
    r->document = &document;
    mlab_status status = MLAB_OK;
    const yaml_node_t *top = yaml_document_get_root_node(&document);
    if (top) status = copy_node(r, 1, 0, root, err);
    yaml_document_delete(&document);
    r->document = NULL;
    if (!status && top) status = check_end(parser, r, text, n, err);
    return status;
}

mlab_status mlab_settings_load(mlab_settings *settings, const char *file, const char *text, size_t n, mlab_findings *findings, mlab_setting **root,
                               mlab_error *err)
{
    *root = NULL;
    if (n > MLAB_SETTINGS_MOST_BYTES)
        return mlab_raise(err, MLAB_ERR_DATA_SYNTAX, "%s has %zu bytes, allowed %zu", file, n, MLAB_SETTINGS_MOST_BYTES);
    if (n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) { /* a byte order mark would count as a character of the first line */
        text += 3;
        n -= 3;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", file);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    reading r = {settings, file, NULL, findings, false};
    mlab_status status = load_document(&parser, text, n, &r, root, err);
    yaml_parser_delete(&parser);
    if (!status && !*root) { /* an empty file is an empty map: the walk says which keys are missing */
        *root = mlab_settings_node(settings, MLAB_SETTING_MAP, file, 1, 1);
        if (!*root) status = no_memory(&r, err);
    }
    return status;
}
