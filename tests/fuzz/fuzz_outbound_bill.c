/*
 * Fuzzes module outbound: a bill of any bytes is read whole or refused: WeChat's CSV, Alipay's CSV, an
 * archive.
 *
 * The first byte chooses which.
 */
#include "outbound/alipay_bill.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static hb_err read_text(const struct bill_format *format, struct span text, struct bill_rows *rows)
{
    char *copy = malloc(text.len + 1);
    hb_err err;

    require(copy != NULL);
    memcpy(copy, text.at, text.len);
    err = bill_read(format, copy, text.len, rows);
    free(copy);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = {(const char *)data + 1, size - 1};
    struct bill_rows rows = {0};
    hb_err err;

    if (size == 0) {
        return 0;
    }
    switch (data[0] % 3) {
    case 0:
        err = read_text(&BILL_WECHAT, rest, &rows);
        break;
    case 1:
        err = read_text(&BILL_ALIPAY, rest, &rows);
        break;
    default:
        err = alipay_bill_read(rest, &rows);
        break;
    }
    for (size_t i = 0; err == HB_OK && i < rows.count; i++) {
        require(memchr(rows.items[i].order_no, '\0', sizeof rows.items[i].order_no) != NULL);
        require(rows.items[i].at_ms >= 0);
    }
    bill_rows_free(&rows);
    return 0;
}
