/*
 * api/public.c - the public API: its routes, and what its handlers share.
 */
#include "api/public_internal.h"

#include "base/clock.h"
#include "http/chars.h"

#include <stdlib.h>
#include <string.h>

enum {
    BODY_MAX = 1024,        /* a read may carry a body, which nobody looks at */
    NOTICE_MAX = 32 * 1024, /* a provider's notice has some two thousand bytes */
    PAYEE_BODY_MAX = 8 * 1024,
    WITHDRAW_BODY_MAX = 48 * 1024, /* thousands of draw numbers */
    KEY_TEXT_MAX = 128,
    NUMBER_DIGITS = 19
};

// clang-format off
const struct http_route PUBLIC_ROUTES[] = {
    {HTTP_POST, "/v1/campaigns/:c/draws",                        draw_create,       BODY_MAX},
    {HTTP_GET,  "/v1/campaigns/:c",                              campaign_get,      BODY_MAX},
    {HTTP_GET,  "/v1/campaigns/:c/me",                           me_get,            BODY_MAX},
    {HTTP_GET,  "/v1/campaigns/:c/wins",                         wins_list,         BODY_MAX},
    {HTTP_GET,  "/v1/wallet",                                    wallet_get,        BODY_MAX},
    {HTTP_GET,  "/v1/wallet/transactions",                       transactions_list, BODY_MAX},
    {HTTP_GET,  "/v1/wallet/payee",                              payee_get,         BODY_MAX},
    {HTTP_PUT,  "/v1/wallet/payee",                              payee_put,         PAYEE_BODY_MAX},
    {HTTP_GET,  "/v1/wallet/withdrawals",                        withdrawals_list,  BODY_MAX},
    {HTTP_POST, "/v1/wallet/withdrawals",                        withdrawal_create, WITHDRAW_BODY_MAX},
    {HTTP_POST, "/v1/wallet/withdrawals/quote",                  withdrawal_quote,  WITHDRAW_BODY_MAX},
    {HTTP_GET,  "/v1/wallet/withdrawals/:id",                    withdrawal_get,    BODY_MAX},
    {HTTP_POST, "/v1/wallet/withdrawals/:id/parts/:n/again",     withdrawal_again,  BODY_MAX},
    {HTTP_POST, "/pay/:m",                                       notice_post,       NOTICE_MAX}, /* a provider may have one base for all its merchants */
    {HTTP_POST, "/pay/:m/notify",                                notice_post,       NOTICE_MAX},
    {HTTP_GET,  "/livez",                                        live_get,          BODY_MAX},
    {HTTP_GET,  "/readyz",                                       ready_get,         BODY_MAX},
    {HTTP_GET,  "/metrics",                                      metrics_get,       BODY_MAX},
    {HTTP_GET,  NULL,                                            NULL,              0},
};
// clang-format on

hb_err public_api_new(const struct public_spec *spec, struct public_api **out)
{
    struct public_api *api = calloc(1, sizeof *api);
    hb_err err;

    *out = NULL;
    if (api == NULL) {
        return HB_E_NOMEM;
    }
    api->deps = spec->deps;
    api->duties_ready = spec->duties_ready;
    api->duties = spec->duties;
    api->notices = spec->notices;
    api->wallet = spec->wallet;
    api->admission = admission_new(spec->deps->loop, spec->keys);
    err = api->admission == NULL ? HB_E_NOMEM : draws_new(spec->deps, &api->draws);
    if (err != HB_OK) {
        public_api_free(api);
        return err;
    }
    *out = api;
    return HB_OK;
}

void public_api_free(struct public_api *api)
{
    if (api == NULL) {
        return;
    }
    draws_free(api->draws);
    admission_free(api->admission);
    catalog_put_back(api->catalog);
    free(api);
}

void public_api_draining(struct public_api *api)
{
    api->draining = true;
}

struct catalog *api_catalog(struct public_api *api)
{
    uint64_t newest = catalog_generation(api->deps->catalogs);

    if (api->catalog == NULL || api->catalog->generation != newest) {
        struct catalog *catalog = catalog_take(api->deps->catalogs);

        catalog_put_back(api->catalog);
        api->catalog = catalog;
    }
    return api->catalog;
}

const struct campaign_view *api_campaign(struct public_api *api, struct http_call *call)
{
    struct http_text slug = http_call_request(call)->params[0];
    struct catalog *catalog = api_catalog(api);
    const struct campaign_view *campaign = catalog == NULL ? NULL : catalog_find(catalog, slug.at, slug.len);

    if (campaign == NULL) {
        http_call_problem(call, catalog == NULL ? HB_E_UNAVAILABLE : HB_E_NO_CAMPAIGN, NULL, NULL);
    }
    return campaign;
}

bool api_player(struct public_api *api, struct http_call *call, struct player_id *out)
{
    return admission_enter(api->admission, call, out);
}

void api_reply_json(struct http_call *call, int status, struct buf *body)
{
    if (body->failed) {
        http_call_problem(call, HB_E_INTERNAL, NULL, NULL);
    } else {
        http_call_reply(call, status, "application/json", body->data, body->len);
    }
    buf_free(body);
}

hb_err api_key_read(const struct http_call *call, struct http_text *out)
{
    if (!http_call_header(call, "idempotency-key", out)) {
        return HB_E_KEY_MISSING;
    }
    if (out->len >= 2 && out->at[0] == '"' && out->at[out->len - 1] == '"') {
        *out = (struct http_text){out->at + 1, out->len - 2};
    }
    return out->len > 0 && out->len <= KEY_TEXT_MAX && text_is(*out, CHAR_PLAIN) ? HB_OK : HB_E_KEY_INVALID;
}

bool api_number(struct http_text text, uint64_t min, uint64_t max, uint64_t *value)
{
    uint64_t got = 0;

    if (text.len == 0 || text.len > NUMBER_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!char_is_digit(text.at[i])) {
            return false;
        }
        got = got * 10 + (uint64_t)(text.at[i] - '0');
    }
    *value = got;
    return got >= min && got <= max;
}

bool api_query_number(struct http_call *call, const char *name, uint64_t min, uint64_t max, uint64_t *value)
{
    struct http_text text;

    return !http_call_query(call, name, &text) || api_number(text, min, max, value);
}

static const char *kind_on_the_wire(enum prize_kind kind)
{
    switch (kind) {
    case PRIZE_CASH:
    case PRIZE_CASH_SPLIT:
        return "cash";
    case PRIZE_VOUCHER:
        return "voucher";
    case PRIZE_CARD:
        return "card";
    }
    return "";
}

void api_add_prize(struct buf *out, const struct table *table, uint8_t prize, int64_t amount_fen)
{
    if (prize == 0 || prize > table->prize_count) {
        buf_adds(out, "null");
        return;
    }
    const struct table_prize *one = &table->prizes[prize - 1];

    buf_adds(out, "{\"id\":\"");
    buf_adds(out, one->id);
    buf_adds(out, "\",\"kind\":\"");
    buf_adds(out, kind_on_the_wire(one->kind));
    buf_addc(out, '"');
    if (one->kind == PRIZE_CASH || one->kind == PRIZE_CASH_SPLIT) {
        buf_adds(out, ",\"amount_fen\":");
        buf_add_u64(out, (uint64_t)amount_fen);
    }
    buf_addc(out, '}');
}

void api_add_win(struct buf *out,
                 const struct table *table,
                 const struct player_id *player,
                 const struct win_row *win)
{
    char hex[PLAYER_HEX + 1], when[25];

    player_hex(player, hex);
    clock_format_utc(win->won_at_ms, when);
    buf_addf(out, "{\"draw_id\":\"%s-%u\",\"draw_no\":%u,\"prize\":", hex, win->draw_no, win->draw_no);
    api_add_prize(out, table, win->prize, win->amount_fen);
    buf_addf(out, ",\"won_at\":\"%s\"", when);
}

/* ---- CORS: the origins of the campaign in the path; for what has no campaign, those of any ---- */

static bool campaign_allows(const struct campaign_view *campaign, struct http_text origin)
{
    for (const char *const *one = campaign->cors_origins; one != NULL && *one != NULL; one++) {
        if (strcmp(*one, "*") == 0 ||
            (strlen(*one) == origin.len && memcmp(*one, origin.at, origin.len) == 0)) {
            return true;
        }
    }
    return false;
}

bool public_origin_allowed(void *context, struct http_text path, struct http_text origin)
{
    static const char PREFIX[] = "/v1/campaigns/";
    struct public_api *api = context;
    const struct catalog *catalog = api_catalog(api);

    if (catalog == NULL) {
        return false;
    }
    if (path.len > sizeof PREFIX - 1 && memcmp(path.at, PREFIX, sizeof PREFIX - 1) == 0) {
        const char *slug = path.at + sizeof PREFIX - 1;
        size_t rest = path.len - (sizeof PREFIX - 1);
        const char *slash = memchr(slug, '/', rest);
        const struct campaign_view *campaign =
            catalog_find(catalog, slug, slash == NULL ? rest : (size_t)(slash - slug));

        return campaign != NULL && campaign_allows(campaign, origin);
    }
    for (size_t i = 0; i < catalog->count; i++) {
        if (campaign_allows(&catalog->campaigns[i], origin)) {
            return true;
        }
    }
    return false;
}
