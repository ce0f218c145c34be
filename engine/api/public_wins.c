/*
 * api/public_wins.c - GET /v1/campaigns/{c}/wins: the caller's wins, with what vouchers and cards brought.
 */
#include "api/public_internal.h"

#include "base/log.h"
#include "flow/voucher_code.h"

#include <string.h>

enum { WINS_DEFAULT = 20, WINS_LIMIT = 200 };

static void wins_read(void *arg, hb_err err, const struct win_row *rows, size_t count);
static void vouchers_read(void *arg, hb_err err, const struct voucher_row *rows, size_t count);

struct listing {
    struct asking asking;
    struct catalog *catalog; /* ours */
    const struct campaign_view *campaign;
    uint32_t limit;
    struct win_row *wins; /* of the page */
    size_t count;
};

void wins_list(struct http_call *call, void *context)
{
    struct public_api *api = context;
    const struct campaign_view *campaign = api_campaign(api, call);
    uint64_t limit = WINS_DEFAULT, before = 0;
    struct listing *listing;

    if (campaign == NULL) {
        return;
    }
    if (!api_query_number(call, "limit", 1, WINS_LIMIT, &limit) ||
        !api_query_number(call, "cursor", 1, UINT32_MAX, &before)) {
        http_call_problem(
            call, HB_E_FIELD, "limit is 1 to 200; cursor is a next_cursor of an earlier answer", NULL);
        return;
    }
    listing = asking_start(api, call, sizeof *listing);
    if (listing == NULL) {
        return;
    }
    listing->catalog = catalog_hold(api->catalog);
    listing->campaign = campaign;
    listing->limit = (uint32_t)limit;
    api->deps->ledger.wins(api->deps->ledger.self,
                           campaign->id,
                           &listing->asking.player,
                           (uint32_t)before,
                           listing->limit,
                           wins_read,
                           listing);
}

static void listing_fail(struct listing *listing, hb_err err)
{
    catalog_put_back(listing->catalog);
    http_call_problem(listing->asking.call, err, NULL, NULL);
}

static bool is_goods(const struct listing *listing, const struct win_row *win)
{
    const struct table *table = listing->campaign->table;
    const struct table_prize *prize =
        win->prize == 0 || win->prize > table->prize_count ? NULL : &table->prizes[win->prize - 1];

    return prize != NULL && (prize->kind == PRIZE_VOUCHER || prize->kind == PRIZE_CARD);
}

static void wins_read(void *arg, hb_err err, const struct win_row *rows, size_t count)
{
    struct listing *listing = arg;
    const struct wallet_port *wallet = &listing->asking.api->deps->wallet;
    bool goods = false;

    if (err == HB_OK) {
        listing->wins = arena_alloc(http_call_arena(listing->asking.call), (count + 1) * sizeof *rows);
        err = listing->wins == NULL ? HB_E_NOMEM : HB_OK;
    }
    if (err != HB_OK) {
        listing_fail(listing, err);
        return;
    }
    listing->count = count;
    for (size_t i = 0; i < count; i++) {
        listing->wins[i] = rows[i];
        goods = goods || is_goods(listing, &rows[i]);
    }
    if (goods) {
        wallet->vouchers(
            wallet->self, listing->campaign->id, &listing->asking.player, vouchers_read, listing);
    } else {
        vouchers_read(listing, HB_OK, NULL, 0);
    }
}

/* Rows are in the order of their draws. */
static const struct voucher_row *voucher_find(const struct voucher_row *rows, size_t count, uint32_t draw_no)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rows[middle].draw_no < draw_no) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && rows[low].draw_no == draw_no ? &rows[low] : NULL;
}

static void add_code(struct buf *body,
                     const struct listing *listing,
                     const struct win_row *win,
                     const struct voucher_row *voucher)
{
    const struct table *table = listing->campaign->table;
    char memory[VOUCHER_CODE_MAX + 1];
    struct buf code;

    buf_over(&code, memory, sizeof memory);
    if (voucher->code.at == NULL) {
        buf_adds(body, "null");
    } else if (voucher_code_open(&listing->asking.api->wallet->people,
                                 table->campaign,
                                 table->prizes[win->prize - 1].id,
                                 voucher->code.at,
                                 voucher->code.len,
                                 &code)) {
        buf_add_json_string(body, code.data, code.len);
    } else {
        log_error("voucher.unreadable", "campaign=%s draw_no=%u", table->campaign, win->draw_no);
        body->failed = true;
    }
    crypto_wipe(memory, sizeof memory);
}

static void add_voucher(struct buf *body,
                        const struct listing *listing,
                        const struct win_row *win,
                        const struct voucher_row *voucher)
{
    buf_adds(body, ",\"voucher\":{");
    api_add_text(body, "state", voucher->state);
    buf_adds(body, ",\"code\":");
    add_code(body, listing, win, voucher);
    buf_addc(body, '}');
}

static void vouchers_read(void *arg, hb_err err, const struct voucher_row *rows, size_t count)
{
    struct listing *listing = arg;
    const struct win_row *wins = listing->wins;
    struct buf body;

    if (err != HB_OK) {
        listing_fail(listing, err);
        return;
    }
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_adds(&body, "{\"wins\":[");
    for (size_t i = 0; i < listing->count; i++) {
        const struct voucher_row *voucher = voucher_find(rows, count, wins[i].draw_no);

        buf_adds(&body, i == 0 ? "" : ",");
        api_add_win(&body, listing->campaign->table, &listing->asking.player, &wins[i]);
        if (voucher != NULL) {
            add_voucher(&body, listing, &wins[i], voucher);
        }
        buf_addc(&body, '}');
    }
    if (listing->count == listing->limit && wins[listing->count - 1].draw_no > 1) {
        buf_addf(&body, "],\"next_cursor\":\"%u\"}", wins[listing->count - 1].draw_no);
    } else {
        buf_adds(&body, "],\"next_cursor\":null}");
    }
    catalog_put_back(listing->catalog);
    asking_reply(&listing->asking, 200, &body);
}
