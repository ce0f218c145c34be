/*
 * books/bill.h - the rows of a provider's bill of a day, and where they come from.
 */
#pragma once

#include "flow/provider.h"

#include <stddef.h>

#define BILL_FEN_MAX INT64_C(10000000000000) /* a row, either way: sums of them stay in int64_t */
enum { BILL_ROWS_MAX = 2000000, BILL_CSV_MAX_BYTES = 256 * 1024 * 1024 };

struct bill {
    struct provider_bill_row *rows;
    size_t count, capacity;
};

/* False past BILL_ROWS_MAX or out of memory. */
bool bill_add(struct bill *bill, const struct provider_bill_row *row);
void bill_free(struct bill *bill);

/* order_no,provider_no,yuan and a row each; a heading of those words is skipped; a negative amount came back.
 * Changes the text. HB_E_FIELD: *bad_line is none of that. */
HB_CHECKED hb_err bill_parse(char *csv, size_t len, struct bill *out, size_t *bad_line);

/* Who can be asked for bills. fetch blocks; its errors are those of provider_billed_fn. */
struct bill_port {
    void *self;
    const char *source; /* kept with the result: "wechat", a file's name */
    hb_err (*fetch)(void *self, const char *merchant, const char *day, struct bill *out);
};

/* "2026-02-16", a day of the calendar. */
bool bill_day_valid(const char *day);
