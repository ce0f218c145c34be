/*
 * flow/notice_port.h - where a provider's notices are handed in: from any worker to the thread that pays.
 */
#pragma once

#include "flow/payout.h"

struct loop;

struct notice_port {
    void *self; /* NULL: nobody pays here */
    /* By the merchant's name; NULL: none of ours. Any thread; its notice() and reply() may be called there.
     */
    const struct provider_port *(*provider)(void *self, const char *merchant);
    /* A genuine notice of that provider; copied. Any thread; done runs exactly once, on the loop `home`. */
    void (*take)(void *self,
                 const struct provider_port *provider,
                 const struct provider_event *event,
                 const uint8_t body_hash[static SHA256_BYTES],
                 struct loop *home,
                 notice_done_fn done,
                 void *arg);
};
