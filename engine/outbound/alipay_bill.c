/*
 * outbound/alipay_bill.c - Alipay's account bill out of its archive.
 */
#include "outbound/alipay_bill.h"

#include "base/buf.h"
#include "outbound/gbk.h"
#include "outbound/zip.h"

/* HB_E_NOT_FOUND: this one is no table of movements. */
static hb_err file_read_rows(const struct zip *zip, const struct zip_entry *entry, struct bill_rows *out)
{
    struct buf bytes, text;
    hb_err err;

    buf_init(&bytes, BILL_BYTES_MAX);
    buf_init(&text, BILL_BYTES_MAX);
    err = zip_unpack(zip, entry, &bytes);
    if (err == HB_OK) {
        err = gbk_to_utf8((struct span){bytes.data, bytes.len}, &text);
    }
    if (err == HB_OK) {
        err = bill_read(&BILL_ALIPAY, text.data, text.len, out);
    }
    buf_free(&bytes);
    buf_free(&text);
    return err;
}

hb_err alipay_bill_read(struct span archive, struct bill_rows *out)
{
    struct zip_entry entry;
    struct zip zip;
    hb_err err = zip_start(&zip, archive);

    while (err == HB_OK) {
        err = zip_next(&zip, &entry);
        if (err != HB_OK) {
            break; /* NOT_FOUND: no file of it was one */
        }
        err = file_read_rows(&zip, &entry, out);
        if (err == HB_OK) {
            return HB_OK;
        }
        err = err == HB_E_NOT_FOUND ? HB_OK : err;
    }
    return err == HB_E_NOMEM ? err : HB_E_INPUT;
}
