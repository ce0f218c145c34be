/*
 * api/public_wallet.c - GET /v1/wallet and its movements, and what the wallet's handlers share.
 */
#include "api/public_internal.h"

#include "base/clock.h"
#include "http/chars.h"

#include <inttypes.h>
#include <string.h>

enum { MOVES_DEFAULT = 20, CURSOR_MAX = MOVE_ID_MAX + 24, AT_DIGITS = 18 };

static void sums_read(void *arg, hb_err err, const struct wallet_sum *rows, size_t count);
static void moves_read(void *arg, hb_err err, const struct wallet_move *rows, size_t count);

/* ---- shared ---- */

void *asking_start(struct public_api *api, struct http_call *call, size_t size)
{
    struct asking *asking;
    struct player_id player;

    if (!api_player(api, call, &player)) {
        return NULL;
    }
    asking = arena_alloc(http_call_arena(call), size);
    if (asking == NULL) {
        http_call_problem(call, HB_E_UNAVAILABLE, NULL, NULL);
        return NULL;
    }
    memset(asking, 0, size);
    *asking = (struct asking){.call = call, .api = api, .player = player};
    return asking;
}

void asking_reply(struct asking *asking, int status, struct buf *body)
{
    http_call_add_header(asking->call, "Cache-Control", "no-store");
    api_reply_json(asking->call, status, body);
}

void api_add_time(struct buf *out, const char *name, int64_t at_ms)
{
    char when[25];

    if (at_ms == 0) {
        buf_addf(out, "\"%s\":null", name);
        return;
    }
    clock_format_utc(at_ms, when);
    buf_addf(out, "\"%s\":\"%s\"", name, when);
}

void api_add_text(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "\"%s\":", name);
    buf_add_json_string(out, text, strlen(text));
}

void api_add_fen(struct buf *out, const char *name, int64_t fen)
{
    buf_addf(out, "\"%s\":%" PRId64, name, fen);
}

void api_add_sandbox(struct buf *out, const struct public_api *api, enum wallet_sandbox sandbox)
{
    bool is_sandbox = sandbox == SANDBOX_UNKNOWN ? api->wallet->is_demo : sandbox == SANDBOX_YES;

    buf_adds(out, is_sandbox ? "\"sandbox\":true" : "\"sandbox\":false");
}

/* ---- the wallet ---- */

void wallet_get(struct http_call *call, void *context)
{
    struct public_api *api = context;
    struct asking *asking = asking_start(api, call, sizeof *asking);

    if (asking != NULL) {
        api->deps->wallet.sums(api->deps->wallet.self, &asking->player, sums_read, asking);
    }
}

static void add_sum(struct buf *body, const struct public_api *api, const struct wallet_sum *sum)
{
    const struct {
        const char *name;
        int64_t fen;
    } parts[] = {{"balance_fen", sum->available_fen},
                 {"won_fen", sum->gross_fen},
                 {"bound_fen", sum->bound_fen},
                 {"paid_fen", sum->paid_fen},
                 {"tax_fen", sum->tax_fen},
                 {"expired_fen", sum->expired_fen},
                 {"clawed_back_fen", sum->clawed_back_fen},
                 {"min_fen", sum->min_fen}};

    buf_addc(body, '{');
    api_add_text(body, "campaign", sum->campaign);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_addc(body, ',');
        api_add_fen(body, parts[i].name, parts[i].fen);
    }
    buf_addf(body, ",\"cash_wins\":%" PRId64 ",\"other_wins\":%" PRId64 ",", sum->cash_wins, sum->other_wins);
    api_add_time(body, "lapses_at", sum->lapses_at_ms);
    buf_addc(body, ',');
    api_add_text(body, "withdrawing", sum->state);
    buf_addc(body, ',');
    api_add_time(body, "opens_at", sum->opens_at_ms);
    buf_addc(body, ',');
    api_add_sandbox(body, api, sum->sandbox);
    buf_addc(body, '}');
}

/* Real money in one campaign is real money. */
static enum wallet_sandbox sandbox_both(enum wallet_sandbox a, enum wallet_sandbox b)
{
    return a == SANDBOX_NO || b == SANDBOX_NO ? SANDBOX_NO : a == SANDBOX_YES ? a : b;
}

static void sums_read(void *arg, hb_err err, const struct wallet_sum *rows, size_t count)
{
    struct asking *asking = arg;
    enum wallet_sandbox sandbox = SANDBOX_UNKNOWN;
    int64_t balance_fen = 0, wins = 0;
    char hex[PLAYER_HEX + 1];
    struct buf body;

    if (err != HB_OK) {
        http_call_problem(asking->call, err, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        balance_fen += rows[i].available_fen;
        wins += rows[i].cash_wins + rows[i].other_wins;
        sandbox = sandbox_both(sandbox, rows[i].sandbox);
    }
    player_hex(&asking->player, hex);
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_addf(&body,
             "{\"player\":\"%s\",\"balance_fen\":%" PRId64 ",\"wins\":%" PRId64 ",",
             hex,
             balance_fen,
             wins);
    api_add_sandbox(&body, asking->api, sandbox);
    buf_adds(&body, ",\"campaigns\":[");
    for (size_t i = 0; i < count; i++) {
        buf_adds(&body, i == 0 ? "" : ",");
        add_sum(&body, asking->api, &rows[i]);
    }
    buf_adds(&body, "]}");
    asking_reply(asking, 200, &body);
}

/* ---- movements ---- */

struct moves_asking {
    struct asking asking;
    uint32_t limit;
};

/* <microseconds>.<id of the last row seen>, as transactions_list() wrote it. */
static bool cursor_read(struct http_text text, struct wallet_cursor *out)
{
    const char *dot = text.len > CURSOR_MAX ? NULL : memchr(text.at, '.', text.len);
    size_t digits = dot == NULL ? 0 : (size_t)(dot - text.at), id_len = text.len - digits - 1;
    uint64_t at_us = 0;

    if (dot == NULL || digits > AT_DIGITS ||
        !api_number((struct http_text){text.at, digits}, 1, INT64_MAX, &at_us) || id_len == 0 ||
        id_len > MOVE_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < id_len; i++) {
        char c = dot[1 + i];

        if (!char_is_digit(c) && !(c >= 'a' && c <= 'z') && c != ':' && c != '-') {
            return false;
        }
    }
    out->at_us = (int64_t)at_us;
    memcpy(out->id, dot + 1, id_len);
    out->id[id_len] = '\0';
    return true;
}

void transactions_list(struct http_call *call, void *context)
{
    struct public_api *api = context;
    struct wallet_cursor from = {.at_us = 0};
    uint64_t limit = MOVES_DEFAULT;
    struct http_text cursor;
    struct moves_asking *asking;

    if (!api_query_number(call, "limit", 1, WALLET_PAGE_MAX, &limit) ||
        (http_call_query(call, "cursor", &cursor) && !cursor_read(cursor, &from))) {
        http_call_problem(
            call, HB_E_FIELD, "limit is 1 to 200; cursor is a next_cursor of an earlier answer", NULL);
        return;
    }
    asking = asking_start(api, call, sizeof *asking);
    if (asking != NULL) {
        asking->limit = (uint32_t)limit;
        api->deps->wallet.moves(
            api->deps->wallet.self, &asking->asking.player, &from, asking->limit, moves_read, asking);
    }
}

/* A win, an expiry and a claw-back are of a draw; the others are of a withdrawal. */
static void add_move(struct buf *body, const struct wallet_move *move)
{
    bool is_draw = strcmp(move->kind, "win") == 0 || strcmp(move->kind, "expired") == 0 ||
                   strcmp(move->kind, "clawed_back") == 0;

    buf_addc(body, '{');
    api_add_text(body, "id", move->id);
    buf_addc(body, ',');
    api_add_time(body, "at", move->at_us / 1000);
    buf_addc(body, ',');
    api_add_text(body, "campaign", move->campaign);
    buf_addc(body, ',');
    api_add_text(body, "kind", move->kind);
    buf_addc(body, ',');
    api_add_fen(body, "amount_fen", move->amount_fen);
    buf_addc(body, ',');
    api_add_fen(body, "net_fen", move->net_fen);
    if (is_draw) {
        buf_addf(body, ",\"draw_no\":%s}", move->ref);
    } else {
        buf_addc(body, ',');
        api_add_text(body, "withdrawal", move->ref);
        buf_addc(body, '}');
    }
}

static void moves_read(void *arg, hb_err err, const struct wallet_move *rows, size_t count)
{
    struct moves_asking *asking = arg;
    enum wallet_sandbox sandbox = SANDBOX_UNKNOWN;
    struct buf body;

    if (err != HB_OK) {
        http_call_problem(asking->asking.call, err, NULL, NULL);
        return;
    }
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_adds(&body, "{\"transactions\":[");
    for (size_t i = 0; i < count; i++) {
        buf_adds(&body, i == 0 ? "" : ",");
        add_move(&body, &rows[i]);
        sandbox = sandbox_both(sandbox, rows[i].sandbox);
    }
    buf_adds(&body, "],");
    api_add_sandbox(&body, asking->asking.api, sandbox);
    if (count == asking->limit) {
        const struct wallet_move *last = &rows[count - 1];

        buf_addf(&body, ",\"next_cursor\":\"%" PRId64 ".%s\"}", last->at_us, last->id);
    } else {
        buf_adds(&body, ",\"next_cursor\":null}");
    }
    asking_reply(&asking->asking, 200, &body);
}
