/*
 * outbound/bill.h - the rows of a provider's bill, from its CSV.
 *
 * Columns are found by their names: the providers move them about. Every row of the table is kept, also those
 * that are no payment of ours (top-ups, fees): a bill that is compared must be the whole bill.
 */
#pragma once

#include "flow/provider.h"
#include "outbound/span.h"

enum { BILL_BYTES_MAX = 256 * 1024 * 1024, BILL_ROWS_MAX = 4 * 1000 * 1000 };

struct bill_rows {
    struct provider_bill_row *items;
    size_t count, cap;
};

void bill_rows_free(struct bill_rows *rows);

/* How one provider names its columns; each by the beginning of its name. */
struct bill_format {
    const char *order_no, *provider_no, *at;
    const char *out;       /* what left: an amount; or, with `direction`, any amount */
    const char *in;        /* what came; NULL with `direction` */
    const char *direction; /* NULL, or the column that says which it was */
    const char *out_word;  /* in that column: it left */
    const char *end;       /* a line that begins so ends the table */
};

extern const struct bill_format BILL_WECHAT, BILL_ALIPAY;

/* Reads in place; text is changed. HB_E_NOT_FOUND: no line names all columns. HB_E_INPUT: a row that is none:
 * a bill that is half understood is not used. */
HB_CHECKED hb_err bill_read(const struct bill_format *format, char *text, size_t len, struct bill_rows *out);
