/*
 * books/voucher.c - a CSV of codes, sealed and handed over in slices of one transaction.
 */
#include "books/voucher.h"

#include "base/csv.h"
#include "flow/voucher_code.h"

#include <string.h>

enum {
    SLICE_CODES = 1000,
    SEALED_MAX = SEAL_OVERHEAD + VOUCHER_CODE_MAX,
    ELEMENT_MAX = 2 * SEALED_MAX + 8, /* "\\x..", and a comma */
    ARRAY_MAX = SLICE_CODES * ELEMENT_MAX + 2,
};

struct import {
    struct pg *pg;
    const struct seal_key *key;
    const struct voucher_prize *prize;
    struct buf sealed, marks, scratch; /* text forms of bytea[] */
    size_t waiting;
    struct voucher_imported *out;
};

static void element_add(struct buf *array, const void *bytes, size_t len)
{
    buf_adds(array, array->len == 0 ? "{\"\\\\x" : ",\"\\\\x");
    buf_add_hex(array, bytes, len);
    buf_addc(array, '"');
}

static hb_err slice_send(struct import *import)
{
    struct pg_result *rows = NULL;
    hb_err err;

    if (import->waiting == 0) {
        return HB_OK;
    }
    buf_addc(&import->sealed, '}');
    buf_addc(&import->marks, '}');
    if (import->sealed.failed || import->marks.failed) {
        return HB_E_NOMEM;
    }
    err = pg_callf(import->pg,
                   &rows,
                   "SELECT voucher_import($1, $2, $3::bytea[], $4::bytea[])",
                   "%s%s%s%s",
                   import->prize->campaign,
                   import->prize->prize,
                   buf_cstr(&import->sealed),
                   buf_cstr(&import->marks));
    if (err == HB_OK) {
        import->out->codes = pg_i64(rows, 0, 0);
    }
    pg_result_free(rows);
    buf_clear(&import->sealed);
    buf_clear(&import->marks);
    import->waiting = 0;
    return err;
}

static hb_err code_add(struct import *import, const struct csv_cell *cell)
{
    uint8_t mark[SHA256_BYTES];

    buf_clear(&import->scratch);
    if (!voucher_code_seal(import->key,
                           import->prize->campaign,
                           import->prize->prize,
                           cell->at,
                           cell->len,
                           &import->scratch)) {
        return HB_E_NOMEM;
    }
    voucher_code_mark(import->key, import->prize->campaign, cell->at, cell->len, mark);
    element_add(&import->sealed, import->scratch.data, import->scratch.len);
    element_add(&import->marks, mark, sizeof mark);
    import->out->read++;
    import->waiting++;
    return import->waiting == SLICE_CODES ? slice_send(import) : HB_OK;
}

static bool is_heading(const struct csv_cell *cell)
{
    return cell->len == 4 && memcmp(cell->at, "code", 4) == 0;
}

static hb_err rows_add(struct import *import, char *text, size_t len)
{
    struct csv_cell cells[2] = {{NULL, 0}, {NULL, 0}};
    enum csv_got got = CSV_ROW;
    hb_err err = HB_OK;
    bool first = true;
    struct csv csv;
    size_t count = 0;

    csv_start(&csv, text, len);
    while (err == HB_OK && (got = csv_row(&csv, cells, 2, &count)) == CSV_ROW) {
        bool empty = count == 1 && cells[0].len == 0;

        if (!empty && !(first && is_heading(&cells[0]))) {
            err = count == 1 && voucher_code_valid(cells[0].at, cells[0].len) ? code_add(import, &cells[0])
                                                                              : HB_E_FIELD;
        }
        first = false;
    }
    if (err == HB_OK && got == CSV_MALFORMED) {
        err = HB_E_FIELD;
    }
    import->out->bad_line = err == HB_E_FIELD ? csv.line : 0;
    return err == HB_OK ? slice_send(import) : err;
}

hb_err voucher_import(struct pg *pg,
                      const struct seal_key *key,
                      const struct voucher_prize *prize,
                      char *csv,
                      size_t len,
                      struct voucher_imported *out)
{
    struct import import = {.pg = pg, .key = key, .prize = prize, .out = out};
    hb_err err = pg_begin(pg, /* repeatable_read= */ false);

    *out = (struct voucher_imported){.read = 0};
    if (err != HB_OK) {
        return err;
    }
    buf_init(&import.sealed, ARRAY_MAX);
    buf_init(&import.marks, ARRAY_MAX);
    buf_init(&import.scratch, SEALED_MAX);
    err = rows_add(&import, csv, len);
    if (err == HB_OK) {
        err = pg_commit(pg);
    } else {
        pg_rollback(pg);
    }
    buf_free(&import.sealed);
    buf_free(&import.marks);
    buf_free(&import.scratch);
    return err;
}
