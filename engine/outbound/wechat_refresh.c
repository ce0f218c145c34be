/*
 * outbound/wechat_refresh.c - the platform's certificates: at the start, every hour, and when a serial number
 * is unknown.
 *
 * Nobody can check the first download but by the tag that only a holder of the APIv3 key can make; it and
 * every later one must also be signed by a key that it brings, or by one that was here.
 */
#include "outbound/wechat_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "outbound/wechat_certificates.h"

enum { SECOND_US = 1000 * 1000, EVERY_S = 3600, AFTER_FAILURE_S = 5, ASKED_S = 2 };

static void refresh_again(struct wechat *wechat, int64_t seconds)
{
    wechat->refreshing = false;
    loop_timer_set(wechat->refresh, seconds * SECOND_US);
}

/* Signed by a key of the download itself? Borrowed certificates in a ring of their own. */
static bool is_sealed_by(struct certificate **certificates, size_t count, const struct web_answer *answer)
{
    struct wechat_seal seal = wechat_seal_of_answer(answer);
    struct span body = {answer->body, answer->body_len};
    bool found = false;

    for (size_t i = 0; i < count && !found; i++) {
        struct wechat_keys *ring = wechat_keys_new();

        found = ring != NULL &&
                wechat_keys_set_public(
                    ring, certificate_serial(certificates[i]), certificate_key(certificates[i])) == HB_OK &&
                wechat_believe(ring, &seal, clock_wall_ms(), body) == WECHAT_GENUINE;
        wechat_keys_free(ring);
    }
    return found;
}

static bool is_sealed(struct wechat *wechat,
                      struct certificate **certificates,
                      size_t count,
                      const struct web_answer *answer)
{
    struct wechat_seal seal = wechat_seal_of_answer(answer);
    struct span body = {answer->body, answer->body_len};

    return wechat_believe(wechat->keys, &seal, clock_wall_ms(), body) == WECHAT_GENUINE ||
           is_sealed_by(certificates, count, answer);
}

static bool certificates_take(struct wechat *wechat, const struct web_answer *answer)
{
    struct certificate *certificates[WECHAT_CERTIFICATES_MAX];
    struct span body = {answer->body, answer->body_len};
    size_t count;

    if (answer->err != HB_OK || answer->status != 200 ||
        wechat_certificates_read(&wechat->merchant->api_key, body, certificates, &count) != HB_OK) {
        return false;
    }
    if (!is_sealed(wechat, certificates, count, answer)) {
        while (count > 0) {
            certificate_free(certificates[--count]);
        }
        return false;
    }
    wechat_keys_set_certificates(wechat->keys, certificates, count);
    log_info("provider.certificates", "merchant=%s count=%zu", wechat->merchant->name, count);
    return true;
}

static void refresh_answered(void *arg, const struct web_answer *answer)
{
    struct wechat *wechat = arg;

    if (wechat->freed) {
        return;
    }
    if (certificates_take(wechat, answer)) {
        refresh_again(wechat, EVERY_S);
        wechat_fetch_resume(wechat);
        return;
    }
    log_error("provider.no_certificates",
              "merchant=%s http=%d why=\"%s\"",
              wechat->merchant->name,
              answer->status,
              answer->why);
    refresh_again(wechat, AFTER_FAILURE_S);
    wechat_fetch_resume(wechat);
}

static void refresh_run(void *arg)
{
    struct wechat *wechat = arg;
    const struct wechat_request request = {
        .method = "GET", .path = "/v3/certificates", .serial = "", .answer_max_bytes = WECHAT_ANSWER_MAX};

    wechat->refreshing = true;
    wechat->refreshed_us = loop_now_us(wechat->loop);
    if (!wechat_send(wechat, &request, refresh_answered, wechat)) {
        refresh_again(wechat, AFTER_FAILURE_S);
        wechat_fetch_resume(wechat);
    }
}

void wechat_refresh_start(struct wechat *wechat)
{
    wechat->refresh = loop_timer_new(wechat->loop, refresh_run, wechat);
    if (wechat->refresh != NULL && wechat->merchant->has_certificates) {
        loop_timer_set(wechat->refresh, 0);
    }
}

void wechat_refresh_ask(struct wechat *wechat)
{
    int64_t since_us = loop_now_us(wechat->loop) - wechat->refreshed_us;

    if (!wechat->merchant->has_certificates || wechat->refreshing) {
        return;
    }
    loop_timer_set(wechat->refresh, since_us < ASKED_S * SECOND_US ? ASKED_S * SECOND_US - since_us : 0);
}
