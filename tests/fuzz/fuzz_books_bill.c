/*
 * Fuzz target: a bill as CSV is rows, each with a number and an amount, or a line that is named.
 */
#include "books/bill.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct bill bill;
    size_t bad_line = 0;
    hb_err err;

    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    err = bill_parse(text, size, &bill, &bad_line);
    assert((err == HB_E_FIELD) == (bad_line != 0));
    for (size_t i = 0; err == HB_OK && i < bill.count; i++) {
        assert(bill.rows[i].order_no[0] != '\0' && strlen(bill.rows[i].order_no) <= PROVIDER_ORDER_MAX);
        assert(strlen(bill.rows[i].provider_no) <= PROVIDER_NO_MAX && bill.rows[i].amount_fen != 0);
    }
    assert(err == HB_OK || bill.rows == NULL);
    bill_free(&bill);
    free(text);
    return 0;
}
