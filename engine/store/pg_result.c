/*
 * store/pg_result.c - typed reads of the rows of one call, and parameters by format.
 */
#include "store/pg_internal.h"

#include "base/crypto.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 32, PARAMS_BYTES = 1 << 28, NOT_DECODED = -1 };

struct pg_result {
    PGresult *rows;
    int *decoded; /* of each cell: its length once its bytea was decoded in place; NULL before the first */
};

struct pg_result *pg_result_wrap(PGresult *rows)
{
    struct pg_result *result = calloc(1, sizeof *result);

    if (result == NULL) {
        PQclear(rows);
        return NULL;
    }
    result->rows = rows;
    return result;
}

void pg_result_free(struct pg_result *result)
{
    if (result != NULL) {
        PQclear(result->rows);
        free(result->decoded);
        free(result);
    }
}

int pg_rows(const struct pg_result *result)
{
    return PQntuples(result->rows);
}

bool pg_null(const struct pg_result *result, int row, int column)
{
    return PQgetisnull(result->rows, row, column) != 0;
}

const char *pg_text(const struct pg_result *result, int row, int column)
{
    const char *text = PQgetvalue(result->rows, row, column);

    return text == NULL ? "" : text;
}

/* Booleans read as 1 and 0. */
int64_t pg_i64(const struct pg_result *result, int row, int column)
{
    const char *text = pg_text(result, row, column);

    return text[0] == 't' ? 1 : strtoll(text, NULL, 10);
}

static int *cell_decoded(struct pg_result *result, int row, int column)
{
    size_t columns = (size_t)PQnfields(result->rows);
    size_t cells = columns * (size_t)PQntuples(result->rows);

    if (result->decoded == NULL) {
        result->decoded = malloc(cells * sizeof *result->decoded);
        if (result->decoded == NULL) {
            abort(); /* a log entry read as empty would be worse */
        }
        for (size_t i = 0; i < cells; i++) {
            result->decoded[i] = NOT_DECODED;
        }
    }
    return &result->decoded[(size_t)row * columns + (size_t)column];
}

const uint8_t *pg_bytes(const struct pg_result *result, int row, int column, size_t *len)
{
    char *text = PQgetvalue(result->rows, row, column);
    int *decoded = NULL;

    *len = 0;
    if (text == NULL || pg_null(result, row, column)) {
        return (const uint8_t *)"";
    }
    decoded = cell_decoded((struct pg_result *)(uintptr_t)result, row, column);
    if (*decoded == NOT_DECODED) {
        size_t text_len = (size_t)PQgetlength(result->rows, row, column);

        *decoded = 0;
        if (text_len >= 2 &&
            hex_decode(text + 2, text_len - 2, text, text_len, len)) { /* behind "\x"; never overtakes */
            *decoded = (int)*len;
        }
    }
    *len = (size_t)*decoded;
    return (const uint8_t *)text;
}

/* ---- parameters ---- */

struct params {
    struct buf bytes;
    size_t at[PARAMS_MAX]; /* buf may move while it grows: places, not pointers */
    bool null[PARAMS_MAX];
    int count;
};

static void params_add_hex(struct params *params, const void *bytes, size_t len)
{
    buf_adds(&params->bytes, "\\x");
    buf_add_hex(&params->bytes, bytes, len);
}

static void params_add_text(struct params *params, const char *text)
{
    params->null[params->count] = text == NULL;
    buf_adds(&params->bytes, text == NULL ? "" : text);
}

/* One conversion of types; answers what follows it. */
static const char *params_add(struct params *params, const char *types, va_list *args)
{
    assert(params->count < PARAMS_MAX);
    params->at[params->count] = params->bytes.len;
    params->null[params->count] = false;
    if (strncmp(types, "%ld", 3) == 0) {
        buf_addf(&params->bytes, "%ld", va_arg(*args, long));
        types += 3;
    } else if (strncmp(types, "%d", 2) == 0) {
        buf_addf(&params->bytes, "%d", va_arg(*args, int));
        types += 2;
    } else if (strncmp(types, "%b", 2) == 0) {
        const void *bytes = va_arg(*args, const void *);

        params_add_hex(params, bytes, va_arg(*args, size_t));
        types += 2;
    } else {
        assert(strncmp(types, "%s", 2) == 0);
        params_add_text(params, va_arg(*args, const char *));
        types += 2;
    }
    buf_addc(&params->bytes, '\0');
    params->count++;
    return types + strspn(types, " ,");
}

hb_err pg_callf(struct pg *pg, struct pg_result **out, const char *sql, const char *types, ...)
{
    struct params params = {.count = 0};
    const char *texts[PARAMS_MAX];
    hb_err err = HB_E_NOMEM;
    va_list args;

    if (out != NULL) {
        *out = NULL;
    }
    buf_init(&params.bytes, PARAMS_BYTES);
    va_start(args, types);
    while (*types != '\0') {
        types = params_add(&params, types, &args);
    }
    va_end(args);
    for (int i = 0; i < params.count && !params.bytes.failed; i++) {
        texts[i] = params.null[i] ? NULL : params.bytes.data + params.at[i];
    }
    if (!params.bytes.failed) {
        err = pg_call(pg, sql, params.count, texts, out);
    }
    buf_free(&params.bytes);
    return err;
}
