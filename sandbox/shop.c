/*
 * sandbox/shop.c - the merchant accounts that the sandbox keeps.
 */
#include "sandbox/shop.h"

#include <string.h>

/* clang-format off */
const struct shop SHOPS[BOOK_SHOPS] = {
    {.name = "wechat-sandbox",   .mch_id = "1900000001", .app_id = "wx73616e64626f7801", .uses_public_key = false},
    {.name = "wechat-sandbox-2", .mch_id = "1900000002", .app_id = "wx73616e64626f7802", .uses_public_key = true},
    {.name = "alipay-sandbox",   .mch_id = NULL,         .app_id = "2021000000000001",   .uses_public_key = false},
};
/* clang-format on */

bool shop_find(const char *name, size_t *out)
{
    for (*out = 0; *out < BOOK_SHOPS; ++*out) {
        if (strcmp(name, SHOPS[*out].name) == 0) {
            return true;
        }
    }
    return false;
}

bool shop_find_mch_id(const char *mch_id, size_t len, size_t *out)
{
    for (*out = 0; *out < BOOK_SHOPS; ++*out) {
        const char *known = SHOPS[*out].mch_id;

        if (known != NULL && strlen(known) == len && memcmp(known, mch_id, len) == 0) {
            return true;
        }
    }
    return false;
}
