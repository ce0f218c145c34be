/*
 * api/public_notice.c - POST /pay/{merchant}/notify: what a payment provider says by itself.
 *
 * No sign-in but the provider's signature. Genuine: compared, stored and applied in one transaction, then
 * answered; before that the provider is asked to come again. What is not believed changes nothing and is said
 * in no more words than the provider's own protocol has.
 */
#include "api/public_internal.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct notify {
    struct http_call *call; /* ours to answer exactly once */
    const struct provider_port *provider;
};

static void notify_taken(void *arg, bool taken);

static bool header_of(void *headers, const char *name, const char **value, size_t *len)
{
    struct http_text text;

    if (!http_call_header(headers, name, &text)) {
        return false;
    }
    *value = text.at;
    *len = text.len;
    return true;
}

static const struct provider_port *provider_of(const struct public_api *api, const struct http_call *call)
{
    struct http_text name = http_call_request(call)->params[0];
    char merchant[SLUG_MAX + 1];

    if (api->notices.self == NULL || !slug_valid(name.at, name.len)) {
        return NULL;
    }
    (void)snprintf(merchant, sizeof merchant, "%.*s", (int)name.len, name.at);
    return api->notices.provider(api->notices.self, merchant);
}

static void reply(struct http_call *call, const struct provider_port *provider, bool taken)
{
    struct provider_reply words = provider->reply(provider->self, taken);
    const char *body = words.body == NULL ? "" : words.body;

    http_call_reply(call, words.status, words.content_type, body, strlen(body));
}

static hb_err verify(struct http_call *call, const struct provider_port *provider, struct provider_event *out)
{
    struct http_text body = http_call_request(call)->body;
    const struct provider_notice notice = {.body = body.at,
                                           .body_len = body.len,
                                           .header = header_of,
                                           .headers = call,
                                           .now_ms = clock_wall_ms()};

    return provider->notice(provider->self, &notice, out);
}

void notice_post(struct http_call *call, void *context)
{
    struct public_api *api = context;
    const struct provider_port *provider = provider_of(api, call);
    struct http_text body = http_call_request(call)->body;
    struct provider_event *event;
    struct notify *notify;
    uint8_t hash[SHA256_BYTES];
    hb_err err;

    if (provider == NULL) {
        http_call_problem(call, HB_E_NOT_FOUND, NULL, NULL);
        return;
    }
    event = calloc(1, sizeof *event); /* some kilobytes: not on the stack of a worker */
    notify = calloc(1, sizeof *notify);
    err = event == NULL || notify == NULL ? HB_E_NOMEM : verify(call, provider, event);
    if (err == HB_OK) {
        *notify = (struct notify){call, provider};
        sha256(body.at, body.len, hash);
        api->notices.take(api->notices.self, provider, event, hash, api->deps->loop, notify_taken, notify);
        notify = NULL; /* handed over */
    } else {
        if (err != HB_E_NOT_FOUND) {
            metrics_add(M_PAYOUT_NOTICES_REFUSED, 1);
            log_warn("payout.notice_refused", "merchant=%s why=%s", provider->merchant, err_code(err));
        }
        reply(call, provider, err == HB_E_NOT_FOUND);
    }
    free(event);
    free(notify);
}

static void notify_taken(void *arg, bool taken)
{
    struct notify *notify = arg;

    reply(notify->call, notify->provider, taken);
    free(notify);
}
