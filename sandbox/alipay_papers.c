/*
 * sandbox/alipay_papers.c - Alipay's bill of a day, as its clients download it: a ZIP with a CSV in GBK.
 */
#include "base/beijing.h"
#include "outbound/zip.h"
#include "sandbox/faces.h"
#include "sandbox/statement.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENT_MAX = 64 << 20 };

/* Never longer than its UTF-8. */
static void to_gbk(struct buf *text, struct buf *out)
{
    iconv_t converter = iconv_open("GB18030", "UTF-8");
    char *from = text->data, *to = buf_reserve(out, 2 * text->len + 1), *start = to;
    size_t left = text->len, room = 2 * text->len;

    if (converter == (iconv_t)-1 || to == NULL || iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
        abort();
    }
    out->len += (size_t)(to - start);
    (void)iconv_close(converter);
}

static void fail(struct exchange *exchange)
{
    exchange->status = 500;
    buf_clear(&exchange->body);
}

/* Nothing is signed: the address is the ticket. A rule about it names the order "download". */
void alipay_download(struct http_call *call, void *context)
{
    struct exchange *exchange = exchange_new(context, call);
    struct http_text day = http_call_request(call)->params[0];
    struct buf text, gbk;
    int64_t day_ms;

    exchange->shop = SHOP_ALIPAY;
    exchange->type = "application/zip";
    exchange->fail = fail;
    if (exchange_begin(exchange, CALL_BILL, "download", 0)) {
        return;
    }
    if (!beijing_parse_day(day.at, day.len, &day_ms)) {
        exchange->status = 404;
        exchange_answer(exchange);
        return;
    }
    buf_init(&text, STATEMENT_MAX);
    buf_init(&gbk, 2 * STATEMENT_MAX);
    (void)statement_alipay(exchange->sandbox->book, SHOP_ALIPAY, day_ms, &text);
    to_gbk(&text, &gbk);
    if (zip_pack(span_of("20880000000000000156_detail.csv"),
                 (struct span){gbk.data, gbk.len},
                 &exchange->body) != HB_OK) {
        abort();
    }
    buf_free(&text);
    buf_free(&gbk);
    exchange_answer(exchange);
}
