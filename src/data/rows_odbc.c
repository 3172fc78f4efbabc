/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of a query through unixODBC (ODBC 3.8, Microsoft's Programmer's Reference; the only file that calls it).
 *
 * Numbers of floating point are fetched as such, everything else as text in UTF-16, which drivers give the same in every locale: decimals
 * keep their digits, dates are YYYY-MM-DD. The connection is opened to read, and what the query did is rolled back.
 * Weakness: one call a cell, which suits people and years, not logs; many drivers hold the whole answer in memory.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_query.h"

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>
#include <stdio.h>
#include <string.h>

enum { UNITS = 2048, LOGIN_SECONDS = 30, MOST_BYTES = 16 << 20 };

typedef struct odbc {
    const mlab_context *context;
    const char *name, *connection;
    SQLHENV environment;
    SQLHDBC link;
    SQLHSTMT statement;
    bool connected, named;
    SQLSMALLINT n_columns;
    SQLSMALLINT *types; /* [n_columns] */
    SQLWCHAR *units;    /* [UNITS] */
} odbc;

static void odbc_close(void *user)
{
    odbc *o = user;
    if (o->statement) SQLFreeHandle(SQL_HANDLE_STMT, o->statement);
    if (o->connected) {
        SQLEndTran(SQL_HANDLE_DBC, o->link, SQL_ROLLBACK);
        SQLDisconnect(o->link);
    }
    if (o->link) SQLFreeHandle(SQL_HANDLE_DBC, o->link);
    if (o->environment) SQLFreeHandle(SQL_HANDLE_ENV, o->environment);
    mlab_release(o->context, o->types);
    mlab_release(o->context, o->units);
    mlab_release(o->context, o);
}

/* --- what the driver says ----------------------------------------------------------------------------- */

/* The value of a key of the connection that is a password is left out of the text. */
static void hide_passwords(const char *connection, char *text)
{
    static const char *const keys[] = {"pwd=", "password="};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (const char *at = connection; *at; at++) {
            size_t n = strlen(keys[k]), length = 0;
            char word[16];
            snprintf(word, sizeof word, "%.*s", (int)n, at);
            if (!mlab_equal_fold(word, keys[k]) || (at > connection && at[-1] != ';')) continue;
            const char *value = at + n;
            if (*value == '{') value++;
            while (value[length] && value[length] != ';' && value[length] != '}') length++;
            for (char *found = text; length && (found = strchr(found, value[0])); found++)
                if (!strncmp(found, value, length)) memset(found, '*', length);
        }
}

static void to_text(const SQLWCHAR *units, size_t n, char *into, size_t size)
{
    size_t k = 0;
    for (size_t i = 0; i < n && units[i] && k + 4 < size; i++) {
        unsigned code = units[i];
        if (code < 0x80)
            into[k++] = code < ' ' ? ' ' : (char)code;
        else if (code < 0x800) {
            into[k++] = (char)(0xC0 | code >> 6);
            into[k++] = (char)(0x80 | (code & 0x3F));
        } else if (code >= 0xD800 && code < 0xE000) {
            into[k++] = '?';
        } else {
            into[k++] = (char)(0xE0 | code >> 12);
            into[k++] = (char)(0x80 | (code >> 6 & 0x3F));
            into[k++] = (char)(0x80 | (code & 0x3F));
        }
    }
    into[k] = '\0';
}

/* An error with the state and the sentence of the driver. */
static mlab_status driver_says(const odbc *o, SQLSMALLINT kind, SQLHANDLE handle, mlab_status status, const char *what, mlab_error *err)
{
    SQLWCHAR state[6] = {0}, sentence[512] = {0};
    SQLINTEGER native = 0;
    SQLSMALLINT n = 0;
    char state_text[24] = "", text[700] = "";
    if (SQL_SUCCEEDED(SQLGetDiagRecW(kind, handle, 1, state, &native, sentence, sizeof sentence / sizeof *sentence, &n))) {
        to_text(state, 5, state_text, sizeof state_text);
        to_text(sentence, sizeof sentence / sizeof *sentence, text, sizeof text);
        hide_passwords(o->connection, text);
    }
    if (!strcmp(state_text, "HY001")) status = MLAB_ERR_MEMORY;
    return mlab_raise(err, status, "%s: %s (SQLSTATE %s): %.350s", o->name, what, *state_text ? state_text : "unknown",
                      *text ? text : "the driver says nothing");
}

/* --- cells -------------------------------------------------------------------------------------------- */

static mlab_status take_number(odbc *o, mlab_query_rows *rows, SQLUSMALLINT column, mlab_error *err)
{
    double value = 0;
    SQLLEN n = 0;
    if (!SQL_SUCCEEDED(SQLGetData(o->statement, column, SQL_C_DOUBLE, &value, sizeof value, &n)))
        return driver_says(o, SQL_HANDLE_STMT, o->statement, MLAB_ERR_READ, "a number cannot be read", err);
    return n == SQL_NULL_DATA ? mlab_query_put_null(rows, err) : mlab_query_put_number(rows, value, err);
}

static mlab_status take_text(odbc *o, mlab_query_rows *rows, SQLUSMALLINT column, mlab_error *err)
{
    size_t all = 0;
    for (;;) {
        SQLLEN n = 0;
        SQLRETURN got = SQLGetData(o->statement, column, SQL_C_WCHAR, o->units, UNITS * sizeof *o->units, &n);
        if (got == SQL_NO_DATA) break;
        if (!SQL_SUCCEEDED(got)) return driver_says(o, SQL_HANDLE_STMT, o->statement, MLAB_ERR_READ, "a cell cannot be read", err);
        if (n == SQL_NULL_DATA) return mlab_query_put_null(rows, err);
        size_t length = 0;
        while (length < UNITS && o->units[length]) length++;
        mlab_query_add_utf16(rows, o->units, length);
        all += length;
        if (all > MOST_BYTES) return mlab_raise(err, MLAB_ERR_READ, "%s: a cell has more than %d characters", o->name, MOST_BYTES);
        if (got == SQL_SUCCESS || length == 0) break;
    }
    return mlab_query_end_utf16(rows, err);
}

static bool is_floating(SQLSMALLINT type)
{
    return type == SQL_DOUBLE || type == SQL_FLOAT || type == SQL_REAL;
}

/* Whole numbers, decimals and dates come as text too, but are none. */
static bool is_text(SQLSMALLINT type)
{
    return type == SQL_CHAR || type == SQL_VARCHAR || type == SQL_LONGVARCHAR || type == SQL_WCHAR || type == SQL_WVARCHAR ||
           type == SQL_WLONGVARCHAR;
}

static mlab_status take_cell(odbc *o, mlab_query_rows *rows, SQLUSMALLINT column, mlab_error *err)
{
    SQLSMALLINT type = o->types[column - 1];
    if (is_floating(type)) return take_number(o, rows, column, err);
    mlab_status status = take_text(o, rows, column, err);
    if (!status && !is_text(type)) rows->cells[rows->n_cells - 1].quoted = false;
    return status;
}

static mlab_status take_names(odbc *o, mlab_query_rows *rows, mlab_error *err)
{
    for (SQLSMALLINT c = 1; c <= o->n_columns; c++) {
        SQLSMALLINT n = 0, digits = 0, nullable = 0;
        SQLULEN size = 0;
        SQLRETURN got = SQLDescribeColW(o->statement, (SQLUSMALLINT)c, o->units, UNITS, &n, &o->types[c - 1], &size, &digits, &nullable);
        if (!SQL_SUCCEEDED(got)) return driver_says(o, SQL_HANDLE_STMT, o->statement, MLAB_ERR_READ, "a column cannot be described", err);
        SQLSMALLINT type = o->types[c - 1];
        if (type == SQL_BINARY || type == SQL_VARBINARY || type == SQL_LONGVARBINARY) {
            char name[200];
            to_text(o->units, n < 0 ? 0 : (size_t)n, name, sizeof name);
            return mlab_raise(err, MLAB_ERR_READ, "%s: column '%s' holds bytes, not text or numbers; leave it out of the query", o->name, name);
        }
        mlab_query_add_utf16(rows, o->units, n < 0 ? 0 : n > UNITS ? UNITS : (size_t)n);
        mlab_status status = mlab_query_end_utf16(rows, err);
        if (status) return status;
    }
    return MLAB_OK;
}

static mlab_status odbc_row(void *user, mlab_query_rows *into, bool *end, mlab_error *err)
{
    odbc *o = user;
    if (!o->named) {
        o->named = true;
        return take_names(o, into, err);
    }
    SQLRETURN got = SQLFetch(o->statement);
    *end = got == SQL_NO_DATA;
    if (*end) return MLAB_OK;
    if (!SQL_SUCCEEDED(got)) return driver_says(o, SQL_HANDLE_STMT, o->statement, MLAB_ERR_READ, "the next row cannot be read", err);
    mlab_status status = MLAB_OK;
    for (SQLSMALLINT c = 1; c <= o->n_columns && !status; c++) status = take_cell(o, into, (SQLUSMALLINT)c, err);
    return status;
}

/* --- opening ------------------------------------------------------------------------------------------ */

static mlab_status no_memory(const odbc *o, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", o->name);
}

/* UTF-8 as UTF-16, terminated: with narrow texts the driver would take those of the locale. NULL = no memory. */
static SQLWCHAR *wide(const mlab_context *context, const char *text)
{
    size_t n = strlen(text), at = 0;
    SQLWCHAR *units = mlab_allocate(context, n + 1, sizeof *units);
    for (size_t i = 0; units && i < n;) {
        const unsigned char first = (unsigned char)text[i++];
        uint32_t code = first < 0x80 ? first : first < 0xE0 ? first & 0x1Fu : first < 0xF0 ? first & 0x0Fu : first & 0x07u;
        for (; i < n && ((unsigned char)text[i] & 0xC0u) == 0x80u; i++) code = code << 6 | ((unsigned char)text[i] & 0x3Fu);
        if (code >= 0x10000) units[at++] = (SQLWCHAR)(0xD7C0u + (code >> 10));
        units[at++] = (SQLWCHAR)(code >= 0x10000 ? 0xDC00u + (code & 0x3FFu) : code);
    }
    return units;
}

static mlab_status connect(odbc *o, const char *connection, mlab_error *err)
{
    /* ODBC takes attributes that are numbers in the place of pointers. */
    SQLPOINTER version = (SQLPOINTER)(uintptr_t)SQL_OV_ODBC3, seconds = (SQLPOINTER)(uintptr_t)LOGIN_SECONDS;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &o->environment)) ||
        !SQL_SUCCEEDED(SQLSetEnvAttr(o->environment, SQL_ATTR_ODBC_VERSION, version, 0)) ||
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, o->environment, &o->link)))
        return no_memory(o, err);
    (void)SQLSetConnectAttr(o->link, SQL_ATTR_LOGIN_TIMEOUT, seconds, 0); /* drivers may not know these two */
    (void)SQLSetConnectAttr(o->link, SQL_ATTR_ACCESS_MODE, (SQLPOINTER)(uintptr_t)SQL_MODE_READ_ONLY, 0);
    SQLWCHAR *text = wide(o->context, connection);
    if (!text) return no_memory(o, err);
    SQLRETURN got = SQLDriverConnectW(o->link, NULL, text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
    mlab_release(o->context, text);
    if (!SQL_SUCCEEDED(got)) return driver_says(o, SQL_HANDLE_DBC, o->link, MLAB_ERR_OPEN, "there is no connection", err);
    o->connected = true;
    (void)SQLSetConnectAttr(o->link, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)(uintptr_t)SQL_AUTOCOMMIT_OFF, 0);
    return MLAB_OK;
}

static mlab_status ask(odbc *o, const char *sql, mlab_error *err)
{
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, o->link, &o->statement))) return no_memory(o, err);
    SQLWCHAR *text = wide(o->context, sql);
    if (!text) return no_memory(o, err);
    SQLRETURN got = SQLExecDirectW(o->statement, text, SQL_NTS);
    mlab_release(o->context, text);
    if (!SQL_SUCCEEDED(got) && got != SQL_NO_DATA) return driver_says(o, SQL_HANDLE_STMT, o->statement, MLAB_ERR_READ, "the query failed", err);
    if (!SQL_SUCCEEDED(SQLNumResultCols(o->statement, &o->n_columns)) || o->n_columns < 1)
        return mlab_raise(err, MLAB_ERR_READ, "%s: the query answers no table", o->name);
    o->types = mlab_allocate(o->context, (size_t)o->n_columns, sizeof *o->types);
    o->units = mlab_allocate(o->context, UNITS, sizeof *o->units);
    return o->types && o->units ? MLAB_OK : no_memory(o, err);
}

/* Only what begins with one of the words that read. */
static bool reads(const char *sql)
{
    static const char *const words[] = {"select", "with", "values", "table"};
    while (*sql == ' ' || *sql == '\n' || *sql == '\t' || *sql == '\r' || *sql == '(') sql++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char word[16];
        snprintf(word, sizeof word, "%.*s", (int)strlen(words[i]), sql);
        if (mlab_equal_fold(word, words[i])) return true;
    }
    return false;
}

/* An SQLite driver makes the file that is not there, and looks for it where the program was started. */
static mlab_status settle_file(const mlab_context *context, const char *name, const char *connection, const char *folder, mlab_text *into,
                               mlab_error *err)
{
    static const char key[] = "database=";
    bool sqlite = false;
    const char *value = NULL;
    for (const char *at = connection; *at; at++) {
        char word[16];
        snprintf(word, sizeof word, "%.6s", at);
        sqlite |= mlab_equal_fold(word, "sqlite");
        snprintf(word, sizeof word, "%.9s", at);
        if (mlab_equal_fold(word, key) && (at == connection || at[-1] == ';')) value = at + sizeof key - 1;
    }
    if (!sqlite || !value || *value == '{' || *value == ':') {
        mlab_text_append(into, connection);
        return into->failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name) : MLAB_OK;
    }
    size_t n = strcspn(value, ";");
    char *file = mlab_copy_bytes_as_text(context, value, n), *path = file ? mlab_os_join(context, folder, file) : NULL;
    mlab_status status = path ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    if (path && !mlab_os_exists(path)) status = mlab_raise(err, MLAB_ERR_OPEN, "%s: the database %.200s is not there", name, file);
    mlab_text_append_bytes(into, connection, (size_t)(value - connection));
    if (path) mlab_text_append(into, path);
    mlab_text_append(into, value + n);
    if (!status && into->failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    mlab_release(context, file);
    mlab_release(context, path);
    return status;
}

mlab_status mlab_rows_open_sql(const mlab_context *context, const char *name, const char *sql, const char *connection, const char *folder,
                               mlab_findings *findings, mlab_rows **rows, mlab_error *err)
{
    *rows = NULL;
    if (!reads(sql)) return mlab_raise(err, MLAB_ERR_READ, "%s: the query has to begin with select or with; nothing else is sent", name);
    mlab_text settled = MLAB_TEXT(context);
    odbc *o = mlab_allocate(context, 1, sizeof *o);
    mlab_status status = o ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    if (o) *o = (odbc){.context = context, .name = name, .connection = connection};
    if (!status) status = settle_file(context, name, connection, folder, &settled, err);
    if (!status) status = connect(o, mlab_text_get(&settled), err);
    if (!status) status = ask(o, sql, err);
    const mlab_query_source source = {odbc_row, odbc_close, o};
    if (!status)
        status = mlab_rows_open_source(context, name, &source, findings, rows, err);
    else if (o)
        odbc_close(o);
    mlab_text_free(&settled);
    return status;
}
