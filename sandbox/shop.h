/*
 * sandbox/shop.h - the merchant accounts that the sandbox keeps: two at WeChat Pay, one at Alipay.
 */
#pragma once

#include "sandbox/book.h"

#include <stdbool.h>

struct shop {
    const char *name;   /* of its merchant in merchants.json */
    const char *mch_id; /* NULL: a shop at Alipay */
    const char *app_id;
    bool uses_public_key; /* WeChat: no certificates, a public key with an ID */
};

extern const struct shop SHOPS[BOOK_SHOPS];

enum { SHOP_ALIPAY = BOOK_SHOPS - 1 };

bool shop_find(const char *name, size_t *out);
bool shop_find_mch_id(const char *mch_id, size_t len, size_t *out);
