/*
 * api/public_read.c - what a phone reads: the campaign and itself.
 */
#include "api/public_internal.h"

#include "base/clock.h"
#include "flow/block_guesses.h"

enum { ME_WINS = 20 };

/* A read under way: lives in the call's arena, so it goes with the answer. */
struct reading {
    struct http_call *call;
    struct public_api *api;
    struct catalog *catalog; /* ours */
    const struct campaign_view *campaign;
    struct player_id player;
    struct player_peek peek;
};

static void me_peeked(void *arg, hb_err err, const struct player_peek *peek);
static void me_won(void *arg, hb_err err, const struct win_row *rows, size_t count);

static struct reading *
reading_start(struct public_api *api, struct http_call *call, const struct campaign_view *campaign)
{
    struct reading *reading;
    struct player_id player;

    if (!api_player(api, call, &player)) {
        return NULL;
    }
    reading = api_catalog(api) == NULL ? NULL : arena_alloc(http_call_arena(call), sizeof *reading);
    if (reading == NULL) {
        http_call_problem(call, HB_E_UNAVAILABLE, NULL, NULL);
        return NULL;
    }
    *reading = (struct reading){.call = call,
                                .api = api,
                                .catalog = catalog_hold(api->catalog),
                                .campaign = campaign,
                                .player = player};
    return reading;
}

static void reading_fail(struct reading *reading, hb_err err)
{
    catalog_put_back(reading->catalog);
    /* A read changes nothing: an unanswered one may simply be asked again. */
    http_call_problem(reading->call, err == HB_E_UNSURE ? HB_E_UNAVAILABLE : err, NULL, NULL);
}

static void reading_reply(struct reading *reading, struct buf *body)
{
    catalog_put_back(reading->catalog);
    http_call_add_header(reading->call, "Cache-Control", "no-store");
    api_reply_json(reading->call, 200, body);
}

/* ---- the campaign ---- */

static const char *state_of(const struct campaign_view *campaign, int64_t now_ms)
{
    if (campaign->ended || now_ms >= campaign->table->end_ms) {
        return "ended";
    }
    if (campaign->paused) {
        return "paused";
    }
    return now_ms < campaign->table->start_ms || !campaign->seeded ? "scheduled" : "live";
}

void campaign_get(struct http_call *call, void *context)
{
    const struct campaign_view *campaign = api_campaign(context, call);
    int64_t now_ms = clock_wall_ms();
    char now[25];
    struct buf body;

    if (campaign == NULL) {
        return;
    }
    clock_format_utc(now_ms, now);
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_add(&body, campaign->disclosure, campaign->disclosure_len);
    buf_addf(&body, ",\"state\":\"%s\",\"server_time\":\"%s\"}", state_of(campaign, now_ms), now);
    http_call_add_header(call, "Cache-Control", "no-cache");
    api_reply_json(call, 200, &body);
}

/* ---- me ---- */

void me_get(struct http_call *call, void *context)
{
    struct public_api *api = context;
    const struct campaign_view *campaign = api_campaign(api, call);
    struct reading *reading = campaign == NULL ? NULL : reading_start(api, call, campaign);

    if (reading == NULL) {
        return;
    }
    api->deps->shards.peek(api->deps->shards.self,
                           campaign,
                           table_shard_of(campaign->table, &reading->player),
                           &reading->player,
                           me_peeked,
                           reading);
}

static void me_peeked(void *arg, hb_err err, const struct player_peek *peek)
{
    struct reading *reading = arg;
    const struct deps *deps = reading->api->deps;

    if (err != HB_OK || !peek->open) {
        if (err == HB_OK || err == HB_E_CLOSED) {
            deps->shard_closed(deps->duties,
                               reading->campaign->id,
                               table_shard_of(reading->campaign->table, &reading->player));
        }
        reading_fail(reading, err == HB_OK ? HB_E_CLOSED : err);
        return;
    }
    reading->peek = *peek;
    block_guess_keep(
        deps->guesses, reading->campaign->id, &reading->player, peek->state.draw_no / BLOCK_DRAWS);
    if (peek->state.win_kinds == 0) {
        me_won(reading, HB_OK, NULL, 0);
        return;
    }
    deps->ledger.wins(
        deps->ledger.self, reading->campaign->id, &reading->player, 0, ME_WINS, me_won, reading);
}

static void
add_wins(struct buf *body, const struct reading *reading, const struct win_row *rows, size_t count)
{
    buf_addc(body, '[');
    for (size_t i = 0; i < count; i++) {
        buf_adds(body, i == 0 ? "" : ",");
        api_add_win(body, reading->campaign->table, &reading->player, &rows[i]);
        buf_addc(body, '}');
    }
    buf_addc(body, ']');
}

static void add_session(struct buf *body, const struct reading *reading)
{
    char session[SESSION_TEXT + 1], until[25];
    int64_t expires_s = auth_session(admission_auth(reading->api->admission), &reading->player, session);

    session[SESSION_TEXT] = '\0';
    clock_format_utc(expires_s * 1000, until);
    buf_addf(body, "{\"token\":\"%s\",\"expires_at\":\"%s\"}", session, until);
}

static void me_won(void *arg, hb_err err, const struct win_row *rows, size_t count)
{
    struct reading *reading = arg;
    const struct player_state *state = &reading->peek.state;
    const struct table *table = reading->campaign->table;
    int64_t wall_ms = clock_wall_ms();
    uint32_t day =
        table_day(table, reading->peek.shard_time_ms > wall_ms ? reading->peek.shard_time_ms : wall_ms);
    char hex[PLAYER_HEX + 1];
    struct buf body;

    if (err != HB_OK) {
        reading_fail(reading, err);
        return;
    }
    player_hex(&reading->player, hex);
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_addf(&body,
             "{\"player\":\"%s\",\"chances_left\":%u,\"next_draw_no\":%u,\"draws_today\":%u,\"wins\":",
             hex,
             player_chances_left(table, state, day),
             state->draw_no + 1,
             state->day == day ? state->today : 0U);
    add_wins(&body, reading, rows, count);
    buf_adds(&body, ",\"session\":");
    add_session(&body, reading);
    buf_addc(&body, '}');
    reading_reply(reading, &body);
}
