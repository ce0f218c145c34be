/*
 * outbound/wechat_send.c - signed requests to WeChat Pay, and whether their answers are believed.
 */
#include "outbound/wechat_internal.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "outbound/verdict.h"

enum { HEAD_MAX = 4096, URL_MAX = 2048 };

struct head {
    struct buf url, authorization, serial;
};

static void head_init(struct head *head)
{
    buf_init(&head->url, URL_MAX);
    buf_init(&head->authorization, HEAD_MAX);
    buf_init(&head->serial, HEAD_MAX);
}

static void head_free(struct head *head)
{
    buf_free(&head->url);
    buf_free(&head->authorization);
    buf_free(&head->serial);
}

bool wechat_has_key(const struct wechat *wechat)
{
    char serial[WECHAT_SERIAL_MAX + 1];
    struct rsa_key *key = wechat_keys_current(wechat->keys, clock_wall_ms(), serial);

    rsa_key_free(key);
    return key != NULL;
}

/* Which key the answer is to be signed with; the one in the request when a name is encrypted with it. */
static void add_serial(struct wechat *wechat, const char *serial, struct buf *out)
{
    char current[WECHAT_SERIAL_MAX + 1] = "";

    if (serial[0] == '\0') {
        rsa_key_free(wechat_keys_current(wechat->keys, clock_wall_ms(), current));
        serial = current;
    }
    if (serial[0] != '\0') {
        buf_addf(out, "Wechatpay-Serial: %s", serial);
    }
}

static bool head_write(struct wechat *wechat, const struct wechat_request *request, struct head *head)
{
    const struct merchant *merchant = wechat->merchant;
    const struct wechat_signer signer = {merchant->mch_id, merchant->serial, merchant->key};
    const struct wechat_stamp stamp = wechat_stamp_now(clock_wall_ms());

    buf_addf(&head->url, "%s%s", merchant->base_url, request->path);
    buf_adds(&head->authorization, "Authorization: ");
    add_serial(wechat, request->serial, &head->serial);
    return wechat_authorization(
               &signer, request->method, request->path, &stamp, request->body, &head->authorization) ==
               HB_OK &&
           !head->url.failed && !head->authorization.failed && !head->serial.failed;
}

bool wechat_send(struct wechat *wechat, const struct wechat_request *request, web_done_fn done, void *arg)
{
    struct head head;
    bool good;

    head_init(&head);
    good = head_write(wechat, request, &head);
    if (good) {
        struct web_request web = {
            .method = request->method,
            .url = buf_cstr(&head.url),
            .headers = {buf_cstr(&head.authorization),
                        "Accept: application/json",
                        "Content-Type: application/json",
                        "User-Agent: hongbao",
                        head.serial.len > 0 ? buf_cstr(&head.serial) : NULL},
            .body = request->body.at,
            .body_len = request->body.len,
            .answer_max_bytes = request->answer_max_bytes,
            .timeout_ms = request->timeout_ms,
        };

        web_send(wechat->web, &web, done, arg);
    } else {
        log_error("provider.not_signed", "merchant=%s", wechat->merchant->name);
    }
    head_free(&head);
    return good;
}

static bool answer_header(void *headers, const char *name, const char **value, size_t *len)
{
    return web_answer_header(headers, name, value, len);
}

struct wechat_seal wechat_seal_of_answer(const struct web_answer *answer)
{
    struct web_answer copy = *answer; /* the accessor takes no const */

    return wechat_seal_of(answer_header, &copy);
}

enum wechat_belief wechat_believe_answer(struct wechat *wechat, const struct web_answer *answer)
{
    struct wechat_seal seal = wechat_seal_of_answer(answer);
    enum wechat_belief belief =
        wechat_believe(wechat->keys, &seal, clock_wall_ms(), (struct span){answer->body, answer->body_len});

    if (belief == WECHAT_UNKNOWN_SERIAL) {
        wechat_refresh_ask(wechat);
    }
    if (belief != WECHAT_GENUINE) {
        metrics_add(M_PROVIDER_FORGED, 1);
    }
    return belief;
}
