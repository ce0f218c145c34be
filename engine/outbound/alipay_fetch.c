/*
 * outbound/alipay_fetch.c - the account bill of a day: where it is (an address that lives for 30 seconds),
 * then the archive.
 */
#include "outbound/alipay_internal.h"

#include "base/beijing.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/loop.h"
#include "outbound/alipay_bill.h"
#include "outbound/fields.h"

#include <stdlib.h>

enum { FETCH_TIMEOUT_MS = 300 * 1000, URL_MAX = 4096 };

struct fetch {
    struct alipay *alipay;
    provider_billed_fn done;
    void *arg;
    hb_err err; /* of an end at once */
};

static void fetch_finish(struct fetch *fetch, hb_err err, const struct bill_rows *rows)
{
    if (err != HB_OK) {
        log_warn("provider.no_bill", "merchant=%s err=%s", fetch->alipay->merchant->name, err_code(err));
    }
    fetch->done(fetch->arg, err, rows == NULL ? NULL : rows->items, rows == NULL ? 0 : rows->count);
    free(fetch);
}

static void fetch_fail(void *arg)
{
    struct fetch *fetch = arg;

    fetch_finish(fetch, fetch->err, NULL);
}

static void fetch_fail_later(struct fetch *fetch, hb_err err)
{
    fetch->err = err;
    loop_defer(fetch->alipay->loop, fetch_fail, fetch);
}

static void fetch_downloaded(void *arg, const struct web_answer *answer)
{
    struct fetch *fetch = arg;
    struct bill_rows rows = {0};
    hb_err err = HB_E_UNAVAILABLE;

    if (answer->err == HB_OK && answer->status == 200) {
        err = alipay_bill_read((struct span){answer->body, answer->body_len}, &rows);
    }
    fetch_finish(fetch, err, err == HB_OK ? &rows : NULL);
    bill_rows_free(&rows);
}

/* The address came signed; it carries its own ticket, so nothing of ours is sent with it. */
static hb_err fetch_download(struct fetch *fetch, struct span inner)
{
    char url[URL_MAX], code[16], sub_code[PROVIDER_CODE_MAX + 1];
    json_t *json = NULL;
    hb_err err = HB_E_INPUT;

    if (json_parse(inner.at, inner.len, &json, NULL, 0) == HB_OK &&
        field_word(json, "code", code, sizeof code) &&
        field_word(json, "sub_code", sub_code, sizeof sub_code) &&
        field_word(json, "bill_download_url", url, sizeof url)) {
        err = strcmp(code, "10000") == 0 && url[0] != '\0'  ? HB_OK
              : strcmp(sub_code, "isp.bill_not_exist") == 0 ? HB_E_NOT_FOUND
                                                            : HB_E_UNAVAILABLE;
    }
    json_decref(json);
    if (err == HB_OK) {
        web_send(fetch->alipay->web,
                 &(struct web_request){.method = "GET",
                                       .url = url,
                                       .headers = {"User-Agent: hongbao"},
                                       .answer_max_bytes = BILL_BYTES_MAX,
                                       .timeout_ms = FETCH_TIMEOUT_MS},
                 fetch_downloaded,
                 fetch);
    }
    return err;
}

static void fetch_asked(void *arg, const struct web_answer *answer)
{
    struct fetch *fetch = arg;
    struct alipay_parts parts;
    hb_err err = HB_E_UNAVAILABLE;

    if (answer->err == HB_OK &&
        alipay_believe_answer(fetch->alipay, ALIPAY_BILL_URL, answer, &parts) == ALIPAY_GENUINE) {
        err = fetch_download(fetch, parts.inner);
    }
    if (err != HB_OK) {
        fetch_finish(fetch, err, NULL);
    }
}

void alipay_fetch_bill(struct alipay *alipay, const char *day, provider_billed_fn done, void *arg)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    char text[96];
    struct buf content;
    int64_t day_ms;

    if (fetch == NULL) {
        abort(); /* the caller would wait for ever */
    }
    *fetch = (struct fetch){.alipay = alipay, .done = done, .arg = arg};
    if (!beijing_parse_day(day, strlen(day), &day_ms)) {
        fetch_fail_later(fetch, HB_E_INPUT);
        return;
    }
    buf_over(&content, text, sizeof text);
    buf_addf(&content, "{\"bill_type\":\"signcustomer\",\"bill_date\":\"%s\"}", day);
    if (!alipay_send(alipay, ALIPAY_BILL_URL, (struct span){content.data, content.len}, fetch_asked, fetch)) {
        fetch_fail_later(fetch, HB_E_UNAVAILABLE);
    }
}
