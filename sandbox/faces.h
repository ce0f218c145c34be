/*
 * sandbox/faces.h - what the two providers' faces share with the notices, the admin port and each other.
 */
#pragma once

#include "sandbox/exchange.h"

enum { PACKAGE_MAX = 128 };

/* WeChat's package_info of an order that waits. */
void wechat_package(const struct order *order, char out[static PACKAGE_MAX]);
/* The object of a bill, as queries answer it; fault: WRONG_NUMBER, WRONG_AMOUNT, WRONG_PAYEE. */
void wechat_write_bill(struct buf *out, const struct order *order, enum fault fault);

/* Alipay's object of a transfer, as queries answer it and notices hold it. */
void alipay_write_transfer(struct buf *out, const struct order *order, enum fault fault);
/* Alipay's signature with its newest key; fault: BAD_SIGNATURE. */
void alipay_sign(
    const struct sandbox *sandbox, enum fault fault, const char *text, size_t len, struct buf *out);

void wechat_create(struct http_call *call, void *context);
void wechat_query(struct http_call *call, void *context);
void wechat_query_provider_no(struct http_call *call, void *context);
void wechat_cancel(struct http_call *call, void *context);
void wechat_certificates(struct http_call *call, void *context);
void wechat_bill(struct http_call *call, void *context);
void wechat_download(struct http_call *call, void *context);
void alipay_gateway(struct http_call *call, void *context);
void alipay_download(struct http_call *call, void *context);
