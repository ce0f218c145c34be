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
void api_add_win(struct buf *out,
                 const struct table *table,
                 const struct player_id *player,
                 const struct win_row *win);

void draw_create(struct http_call *call, void *context);
void campaign_get(struct http_call *call, void *context);
void me_get(struct http_call *call, void *context);
void wins_list(struct http_call *call, void *context);
void wallet_get(struct http_call *call, void *context);
void notice_post(struct http_call *call, void *context);
void live_get(struct http_call *call, void *context);
void ready_get(struct http_call *call, void *context);
void metrics_get(struct http_call *call, void *context);
