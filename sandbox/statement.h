/*
 * sandbox/statement.h - what the sandbox really paid, in both providers' forms and as JSON.
 */
#pragma once

#include "sandbox/shop.h"

struct buf;

/* A day's movements of one shop, in CSV: its payments that succeeded on that day, and its top-ups. day_ms:
 * its beginning. Returns how many there are. */
size_t statement_wechat(struct book *book, size_t shop, int64_t day_ms, struct buf *out);
size_t statement_alipay(struct book *book, size_t shop, int64_t day_ms, struct buf *out);

/* Every payment that succeeded, of all shops and days: a list of objects, oldest first. */
void statement_json(struct book *book, struct buf *out);
