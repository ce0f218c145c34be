/*
 * api/public_internal.h - what the handlers of the public API share.
 */
#pragma once

#include "api/admission.h"
#include "api/public.h"
#include "base/buf.h"

struct public_api {
    const struct deps *deps;
    bool (*duties_ready)(void *arg);
    void *duties;
    struct notice_port notices;
    const struct wallet_rules *wallet;
    struct admission *admission;
    struct draws *draws;
    struct catalog *catalog; /* ours; renewed when the slot has a newer one */
    bool draining;
};

enum { ANSWER_MAX_BYTES = 1024 * 1024 };

/* Borrowed until the loop turns; NULL before the first. */
struct catalog *api_catalog(struct public_api *api);

/* The campaign of the route's :c; answers 404 or 503 and returns NULL when there is none. */
const struct campaign_view *api_campaign(struct public_api *api, struct http_call *call);
/* Signs in. False: answered, or the handler runs again when the token was verified; see admission_enter(). */
bool api_player(struct public_api *api, struct http_call *call, struct player_id *out);

/* Frees body; a failed one answers 500. */
void api_reply_json(struct http_call *call, int status, struct buf *body);
/* {"id":..,"kind":..,"amount_fen":..} or null for prize 0. */
void api_add_prize(struct buf *out, const struct table *table, uint8_t prize, int64_t amount_fen);
/* Without the closing brace. */
void api_add_win(struct buf *out,
                 const struct table *table,
                 const struct player_id *player,
                 const struct win_row *win);

/* The Idempotency-Key header: a structured-field string in quotes, or bare; 1 to 128 visible characters. */
HB_CHECKED hb_err api_key_read(const struct http_call *call, struct http_text *out);
/* A decimal number in [min, max] from a query parameter; absent keeps the preset. */
bool api_query_number(struct http_call *call, const char *name, uint64_t min, uint64_t max, uint64_t *value);
bool api_number(struct http_text text, uint64_t min, uint64_t max, uint64_t *value);

bool api_is_uuid(struct http_text text); /* as PostgreSQL writes one: lower case */

/* "name":"2026-02-16T12:00:00.000Z", or null for 0. */
void api_add_time(struct buf *out, const char *name, int64_t at_ms);
/* "name":"text" with the text escaped. */
void api_add_text(struct buf *out, const char *name, const char *text);
void api_add_fen(struct buf *out, const char *name, int64_t fen);
void api_add_sandbox(struct buf *out, const struct public_api *api, enum wallet_sandbox sandbox);

/* A player's question to the wallet: in the call's arena, so it goes with the answer. */
struct asking {
    struct http_call *call;
    struct public_api *api;
    struct player_id player;
};
/* Signs in. NULL: answered, or the handler runs again. size: of the struct that begins with the asking. */
void *asking_start(struct public_api *api, struct http_call *call, size_t size);
/* 200 or the status given; frees body. Never kept by anyone in between. */
void asking_reply(struct asking *asking, int status, struct buf *body);

/* GET's answer for one withdrawal: asks for it, its parts, and replies with `status`. wrote: what happened
 * before is done, so a read that fails answers "ask again with the same key". */
void withdrawal_show(struct public_api *api,
                     struct http_call *call,
                     const struct player_id *player,
                     const char *id,
                     int status,
                     bool wrote);

void draw_create(struct http_call *call, void *context);
void campaign_get(struct http_call *call, void *context);
void me_get(struct http_call *call, void *context);
void wins_list(struct http_call *call, void *context);
void wallet_get(struct http_call *call, void *context);
void transactions_list(struct http_call *call, void *context);
void payee_put(struct http_call *call, void *context);
void payee_get(struct http_call *call, void *context);
void withdrawal_create(struct http_call *call, void *context);
void withdrawal_quote(struct http_call *call, void *context);
void withdrawals_list(struct http_call *call, void *context);
void withdrawal_get(struct http_call *call, void *context);
void withdrawal_again(struct http_call *call, void *context);
void notice_post(struct http_call *call, void *context);
void live_get(struct http_call *call, void *context);
void ready_get(struct http_call *call, void *context);
void metrics_get(struct http_call *call, void *context);
