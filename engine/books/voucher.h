/*
 * books/voucher.h - codes of vouchers and cards: imported before the first publication, counted, marked.
 */
#pragma once

#include "base/crypto_seal.h"
#include "store/pg.h"

enum { VOUCHER_CSV_MAX_BYTES = 64 * 1024 * 1024 };

struct voucher_prize {
    const char *campaign, *prize; /* slugs */
};

struct voucher_imported {
    int64_t read, codes; /* of the file; of the prize now, known ones skipped */
    size_t bad_line;     /* of an HB_E_FIELD: no code, or more than one cell */
};

/* Every code of a CSV text, one a row, a first row "code" skipped; all of them or none. Changes the text.
 * HB_E_FIELD: see bad_line. HB_E_CONFLICT: a code belongs to another prize of the campaign. Else as
 * pg_call(). pg: the operators' role. */
HB_CHECKED hb_err voucher_import(struct pg *pg,
                                 const struct seal_key *key,
                                 const struct voucher_prize *prize,
                                 char *csv,
                                 size_t len,
                                 struct voucher_imported *out);
