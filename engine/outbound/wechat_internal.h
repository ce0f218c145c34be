/*
 * outbound/wechat_internal.h - one merchant account at WeChat Pay, shared by the files that speak with it.
 *
 * wechat.c the port; wechat_send.c signed requests; wechat_refresh.c certificates; wechat_fetch.c bills.
 */
#pragma once

#include "outbound/merchant.h"
#include "outbound/span.h"
#include "outbound/wechat.h"
#include "outbound/wechat_answer.h"
#include "outbound/wechat_sign.h"

struct wechat_fetch;

struct wechat {
    struct loop *loop;
    const struct merchant *merchant;
    struct wechat_account account;
    struct web_client *web;
    struct wechat_keys *keys;
    struct loop_timer *refresh; /* when certificates are fetched next */
    bool refreshing;
    int64_t refreshed_us;         /* when that was begun last */
    struct wechat_fetch *waiting; /* bills that were asked for before the first key was here */
    bool freed;
};

enum { WECHAT_ANSWER_MAX = 256 * 1024 };

struct wechat_request {
    const char *method, *path; /* path with query */
    struct span body;
    const char *serial; /* of the key that the request names; "": the current one */
    size_t answer_max_bytes;
    int64_t timeout_ms; /* 0: the client's */
};

/* Signs and sends. False: it could not be signed; then done is not called. */
bool wechat_send(struct wechat *wechat, const struct wechat_request *request, web_done_fn done, void *arg);
/* Is there a key to check answers with? */
bool wechat_has_key(const struct wechat *wechat);
struct wechat_seal wechat_seal_of_answer(const struct web_answer *answer); /* points into the answer */
/* Is a whole answer the provider's? An unknown serial number has the certificates fetched. */
enum wechat_belief wechat_believe_answer(struct wechat *wechat, const struct web_answer *answer);

void wechat_refresh_start(struct wechat *wechat);
/* Soon, but not more than every few seconds. On the loop's thread. */
void wechat_refresh_ask(struct wechat *wechat);

void wechat_fetch_bill(struct wechat *wechat, const char *day, provider_billed_fn done, void *arg);
/* Certificates came, or could not be had: what waited for them is asked, or unavailable. */
void wechat_fetch_resume(struct wechat *wechat);
