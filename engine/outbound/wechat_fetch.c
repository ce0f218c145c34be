/*
 * outbound/wechat_fetch.c - the fund-flow bill of a day: where it is, then the file itself.
 *
 *   (wait for a key) --> ask ("signed: hash, address") --> download (not signed: the hash counts) --> read
 * --> told
 *
 * A program that only compares bills asks at once, and the platform's certificates come a moment later.
 * Transfers leave the operations account. The bill is asked for as it is, without compression.
 */
#include "outbound/wechat_internal.h"

#include "base/beijing.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/loop.h"
#include "outbound/bill.h"
#include "outbound/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { FETCH_TIMEOUT_MS = 300 * 1000, PATH_MAX_BYTES = 2048, SHA1_TEXT = 2 * SHA1_BYTES };

struct wechat_fetch {
    struct wechat *wechat;
    struct wechat_fetch *next; /* of those that wait */
    provider_billed_fn done;
    void *arg;
    hb_err err; /* of an end at once */
    char day[BEIJING_DAY];
    char hash[SHA1_TEXT + 1];
};

static void fetch_finish(struct wechat_fetch *fetch, hb_err err, const struct bill_rows *rows)
{
    if (err != HB_OK) {
        log_warn("provider.no_bill", "merchant=%s err=%s", fetch->wechat->merchant->name, err_code(err));
    }
    fetch->done(fetch->arg, err, rows == NULL ? NULL : rows->items, rows == NULL ? 0 : rows->count);
    free(fetch);
}

static void fetch_fail(void *arg)
{
    struct wechat_fetch *fetch = arg;

    fetch_finish(fetch, fetch->err, NULL);
}

static void fetch_fail_later(struct wechat_fetch *fetch, hb_err err)
{
    fetch->err = err;
    loop_defer(fetch->wechat->loop, fetch_fail, fetch);
}

static bool hash_fits(const struct wechat_fetch *fetch, const struct web_answer *answer)
{
    uint8_t hash[SHA1_BYTES];
    char text[SHA1_TEXT + 1];

    sha1(answer->body, answer->body_len, hash);
    hex_encode(hash, sizeof hash, text);
    return strcasecmp(text, fetch->hash) == 0;
}

static void fetch_downloaded(void *arg, const struct web_answer *answer)
{
    struct wechat_fetch *fetch = arg;
    struct bill_rows rows = {0};
    struct buf text;
    hb_err err = HB_E_UNAVAILABLE;

    buf_init(&text, BILL_BYTES_MAX);
    if (answer->err == HB_OK && answer->status == 200) {
        buf_add(&text, answer->body, answer->body_len);
        err = hash_fits(fetch, answer) && !text.failed ? bill_read(&BILL_WECHAT, text.data, text.len, &rows)
                                                       : HB_E_INPUT;
        err = err == HB_E_NOT_FOUND ? HB_E_INPUT : err; /* a file that is no bill */
    }
    buf_free(&text);
    fetch_finish(fetch, err, err == HB_OK ? &rows : NULL);
    bill_rows_free(&rows);
}

/* The address must be one of the provider's own: what we sign is not sent anywhere else. */
static bool path_of(const struct wechat *wechat, const char *url, char out[static PATH_MAX_BYTES])
{
    size_t len = strlen(wechat->merchant->base_url);

    return strncmp(url, wechat->merchant->base_url, len) == 0 && url[len] == '/' &&
           snprintf(out, PATH_MAX_BYTES, "%s", url + len) < PATH_MAX_BYTES;
}

static hb_err fetch_download(struct wechat_fetch *fetch, const json_t *json)
{
    char url[PATH_MAX_BYTES], path[PATH_MAX_BYTES], kind[8];
    const struct wechat_request request = {.method = "GET",
                                           .path = path,
                                           .serial = "",
                                           .answer_max_bytes = BILL_BYTES_MAX,
                                           .timeout_ms = FETCH_TIMEOUT_MS};

    if (!json_is_object(json) || !field_word(json, "hash_type", kind, sizeof kind) ||
        strcmp(kind, "SHA1") != 0 || !field_word(json, "hash_value", fetch->hash, sizeof fetch->hash) ||
        !field_word(json, "download_url", url, sizeof url) || !path_of(fetch->wechat, url, path)) {
        return HB_E_INPUT;
    }
    return wechat_send(fetch->wechat, &request, fetch_downloaded, fetch) ? HB_OK : HB_E_UNAVAILABLE;
}

/* A day without movements, or one whose bill is not made yet. */
static hb_err refusal_of(const struct web_answer *answer, const json_t *json)
{
    char code[64];

    if (answer->err != HB_OK || !json_is_object(json) || !field_word(json, "code", code, sizeof code)) {
        return HB_E_UNAVAILABLE;
    }
    return strcmp(code, "NO_STATEMENT_EXIST") == 0 || strcmp(code, "STATEMENT_CREATING") == 0
               ? HB_E_NOT_FOUND
               : HB_E_UNAVAILABLE;
}

static void fetch_asked(void *arg, const struct web_answer *answer)
{
    struct wechat_fetch *fetch = arg;
    json_t *json = NULL;
    hb_err err = HB_E_UNAVAILABLE;

    if (answer->err == HB_OK) {
        (void)!json_parse(answer->body, answer->body_len, &json, NULL, 0); /* NULL is refused below */
    }
    if (answer->err != HB_OK || answer->status != 200) {
        err = refusal_of(answer, json);
    } else if (wechat_believe_answer(fetch->wechat, answer) == WECHAT_GENUINE) {
        err = fetch_download(fetch, json);
    }
    json_decref(json);
    if (err != HB_OK) {
        fetch_finish(fetch, err, NULL);
    }
}

static bool fetch_send(struct wechat_fetch *fetch)
{
    char path[128];
    const struct wechat_request request = {
        .method = "GET", .path = path, .serial = "", .answer_max_bytes = WECHAT_ANSWER_MAX};

    (void)snprintf(
        path, sizeof path, "/v3/bill/fundflowbill?bill_date=%s&account_type=OPERATION", fetch->day);
    return wechat_send(fetch->wechat, &request, fetch_asked, fetch);
}

void wechat_fetch_resume(struct wechat *wechat)
{
    struct wechat_fetch *fetch = wechat->waiting;
    bool good = !wechat->freed && wechat_has_key(wechat);

    wechat->waiting = NULL;
    while (fetch != NULL) {
        struct wechat_fetch *next = fetch->next;

        if (!good || !fetch_send(fetch)) {
            fetch_finish(fetch, HB_E_UNAVAILABLE, NULL);
        }
        fetch = next;
    }
}

void wechat_fetch_bill(struct wechat *wechat, const char *day, provider_billed_fn done, void *arg)
{
    struct wechat_fetch *fetch = calloc(1, sizeof *fetch);
    int64_t day_ms;

    if (fetch == NULL) {
        abort(); /* the caller would wait for ever */
    }
    *fetch = (struct wechat_fetch){.wechat = wechat, .done = done, .arg = arg};
    if (!beijing_parse_day(day, strlen(day), &day_ms)) {
        fetch_fail_later(fetch, HB_E_INPUT);
        return;
    }
    beijing_write_day(day_ms, fetch->day);
    if (!wechat_has_key(wechat) && wechat->merchant->has_certificates) {
        fetch->next = wechat->waiting;
        wechat->waiting = fetch;
        wechat_refresh_ask(wechat);
    } else if (!fetch_send(fetch)) {
        fetch_fail_later(fetch, HB_E_UNAVAILABLE);
    }
}
