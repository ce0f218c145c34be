/*
 * api/public_withdrawals.c - GET /v1/wallet/withdrawals and one of them: where the money is, in plain words.
 */
#include "api/public_internal.h"

#include "base/clock.h"
#include "flow/withdrawal.h"
#include "http/chars.h"

#include <inttypes.h>
#include <string.h>

enum { LIST_DEFAULT = 20 };

static void list_was_read(void *arg, hb_err err, const struct withdrawal_row *rows, size_t count);
static void one_was_read(void *arg, hb_err err, const struct withdrawal_row *rows, size_t count);
static void parts_were_read(void *arg, hb_err err, const struct withdrawal_part_row *rows, size_t count);

/* One that is shown: first itself, then its parts. */
struct showing {
    struct asking asking;
    char id[UUID_TEXT + 1];
    uint32_t limit; /* of a list */
    int status;
    bool wrote;
    struct buf body; /* begun by the first, ended by the second */
};

bool api_is_uuid(struct http_text text)
{
    for (size_t i = 0; i < text.len && text.len == UUID_TEXT; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = text.at[i];

        if (dash ? c != '-' : !char_is_digit(c) && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return text.len == UUID_TEXT;
}

static enum hb_lang lang_of(const struct showing *showing)
{
    return http_call_request(showing->asking.call)->lang;
}

static void add_stage(struct buf *body, enum withdrawal_stage stage, enum hb_lang lang)
{
    api_add_text(body, "stage", withdrawal_stage_name(stage));
    buf_addc(body, ',');
    api_add_text(body, "message", withdrawal_stage_words(stage, lang));
}

/* The members of a withdrawal, without the closing brace. */
static void add_withdrawal(struct buf *body, const struct showing *showing, const struct withdrawal_row *row)
{
    buf_addc(body, '{');
    api_add_text(body, "id", row->id);
    buf_addc(body, ',');
    api_add_text(body, "campaign", row->campaign);
    buf_addc(body, ',');
    api_add_text(body, "state", row->state);
    buf_addc(body, ',');
    add_stage(body, withdrawal_stage(row), lang_of(showing));
    buf_addf(body,
             ",\"gross_fen\":%" PRId64 ",\"tax_fen\":%" PRId64 ",\"net_fen\":%" PRId64
             ",\"paid_fen\":%" PRId64 ",\"wins\":%" PRId64 ",\"part_count\":%" PRId64 ",",
             row->gross_fen,
             row->tax_fen,
             row->net_fen,
             row->paid_fen,
             row->wins,
             row->parts);
    api_add_time(body, "opened_at", row->opened_at_ms);
    buf_addc(body, ',');
    api_add_time(body, "ended_at", row->ended_at_ms);
    buf_addc(body, ',');
    api_add_sandbox(body, showing->asking.api, row->sandbox);
}

/* ---- the list ---- */

void withdrawals_list(struct http_call *call, void *context)
{
    struct public_api *api = context;
    uint64_t limit = LIST_DEFAULT, before = 0;
    struct showing *showing;

    if (!api_query_number(call, "limit", 1, WALLET_PAGE_MAX, &limit) ||
        !api_query_number(call, "cursor", 1, INT64_MAX, &before)) {
        http_call_problem(
            call, HB_E_FIELD, "limit is 1 to 200; cursor is a next_cursor of an earlier answer", NULL);
        return;
    }
    showing = asking_start(api, call, sizeof *showing);
    if (showing != NULL) {
        showing->limit = (uint32_t)limit;
        api->deps->wallet.withdrawals(api->deps->wallet.self,
                                      &showing->asking.player,
                                      NULL,
                                      before,
                                      showing->limit,
                                      list_was_read,
                                      showing);
    }
}

static void list_was_read(void *arg, hb_err err, const struct withdrawal_row *rows, size_t count)
{
    struct showing *showing = arg;
    bool is_real = false;
    struct buf body;

    if (err != HB_OK) {
        http_call_problem(showing->asking.call, err, NULL, NULL);
        return;
    }
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_adds(&body, "{\"withdrawals\":[");
    for (size_t i = 0; i < count; i++) {
        buf_adds(&body, i == 0 ? "" : ",");
        add_withdrawal(&body, showing, &rows[i]);
        buf_addc(&body, '}');
        is_real = is_real || rows[i].sandbox != SANDBOX_YES;
    }
    buf_adds(&body, "],");
    api_add_sandbox(&body,
                    showing->asking.api,
                    count == 0 ? SANDBOX_UNKNOWN
                    : is_real  ? SANDBOX_NO
                               : SANDBOX_YES);
    if (count == showing->limit) {
        buf_addf(&body, ",\"next_cursor\":\"%" PRId64 "\"}", rows[count - 1].no);
    } else {
        buf_adds(&body, ",\"next_cursor\":null}");
    }
    asking_reply(&showing->asking, 200, &body);
}

/* ---- one ---- */

void withdrawal_show(struct public_api *api,
                     struct http_call *call,
                     const struct player_id *player,
                     const char *id,
                     int status,
                     bool wrote)
{
    struct showing *showing = arena_alloc(http_call_arena(call), sizeof *showing);

    if (showing == NULL || strlen(id) != UUID_TEXT) {
        http_call_problem(call, wrote ? HB_E_UNSURE : HB_E_UNAVAILABLE, NULL, NULL);
        return;
    }
    *showing = (struct showing){
        .asking = {.call = call, .api = api, .player = *player}, .status = status, .wrote = wrote};
    memcpy(showing->id, id, UUID_TEXT);
    api->deps->wallet.withdrawals(
        api->deps->wallet.self, &showing->asking.player, showing->id, 0, 1, one_was_read, showing);
}

void withdrawal_get(struct http_call *call, void *context)
{
    struct http_text id = http_call_request(call)->params[0];
    struct player_id player;
    char text[UUID_TEXT + 1] = "";

    if (!api_player(context, call, &player)) {
        return;
    }
    if (!api_is_uuid(id)) {
        http_call_problem(call, HB_E_NO_WITHDRAWAL, NULL, NULL);
        return;
    }
    memcpy(text, id.at, UUID_TEXT);
    withdrawal_show(context, call, &player, text, 200, /* wrote= */ false);
}

static void showing_fail(struct showing *showing, hb_err err)
{
    buf_free(&showing->body);
    http_call_problem(showing->asking.call, showing->wrote ? HB_E_UNSURE : err, NULL, NULL);
}

static void one_was_read(void *arg, hb_err err, const struct withdrawal_row *rows, size_t count)
{
    struct showing *showing = arg;
    const struct wallet_port *wallet = &showing->asking.api->deps->wallet;

    if (err != HB_OK || count == 0) {
        showing_fail(showing, err == HB_OK ? HB_E_NO_WITHDRAWAL : err);
        return;
    }
    buf_init(&showing->body, ANSWER_MAX_BYTES);
    add_withdrawal(&showing->body, showing, &rows[0]);
    wallet->parts(wallet->self, &showing->asking.player, showing->id, parts_were_read, showing);
}

static void add_percent(struct buf *body, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (char_is(*at, CHAR_HOST)) {
            buf_addc(body, *at);
        } else {
            buf_addf(body, "%%%02X", (unsigned)(unsigned char)*at);
        }
    }
}

/* What the phone hands to the provider. url: a sandbox's page instead, where somebody can play the payee. */
static void add_confirm(struct buf *body, const struct withdrawal_part_row *part)
{
    char memory[8192];
    struct buf url;

    buf_addc(body, '{');
    api_add_text(body, "mch_id", part->mch_id);
    buf_addc(body, ',');
    api_add_text(body, "app_id", part->app_id);
    buf_addc(body, ',');
    api_add_text(body, "package", part->package);
    buf_addc(body, ',');
    api_add_time(body, "expires_at", part->package_until_ms);
    if (part->confirm_url[0] != '\0') {
        buf_over(&url, memory, sizeof memory);
        buf_adds(&url, part->confirm_url);
        buf_adds(&url, strchr(part->confirm_url, '?') == NULL ? "?package=" : "&package=");
        add_percent(&url, part->package);
        buf_adds(body, ",\"url\":");
        buf_add_json_string(body, url.failed ? "" : url.data, url.failed ? 0 : url.len);
    }
    buf_addc(body, '}');
}

static void add_part(struct buf *body, const struct showing *showing, const struct withdrawal_part_row *part)
{
    enum withdrawal_stage stage = withdrawal_part_stage(part, clock_wall_ms());

    buf_addf(body, "{\"part\":%" PRId64 ",", part->part);
    add_stage(body, stage, lang_of(showing));
    buf_addf(body,
             ",\"net_fen\":%" PRId64 ",\"attempts\":%" PRId64 ",\"again\":%s,",
             part->net_fen,
             part->attempts,
             part->again ? "true" : "false");
    api_add_time(body, "ended_at", part->ended_at_ms);
    buf_adds(body, ",\"confirm\":");
    if (stage == STAGE_WAITING_USER) {
        add_confirm(body, part);
    } else {
        buf_adds(body, "null");
    }
    buf_addc(body, '}');
}

static const struct withdrawal_part_row *first_waiting(const struct withdrawal_part_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (withdrawal_part_stage(&rows[i], clock_wall_ms()) == STAGE_WAITING_USER) {
            return &rows[i];
        }
    }
    return NULL;
}

static void parts_were_read(void *arg, hb_err err, const struct withdrawal_part_row *rows, size_t count)
{
    struct showing *showing = arg;
    struct buf *body = &showing->body;
    const struct withdrawal_part_row *waiting = first_waiting(rows, count);

    if (err != HB_OK) {
        showing_fail(showing, err);
        return;
    }
    buf_adds(body, ",\"parts\":[");
    for (size_t i = 0; i < count; i++) {
        buf_adds(body, i == 0 ? "" : ",");
        add_part(body, showing, &rows[i]);
    }
    buf_adds(body, "],\"confirm\":");
    if (waiting == NULL) {
        buf_adds(body, "null");
    } else {
        add_confirm(body, waiting);
    }
    buf_addc(body, '}');
    asking_reply(&showing->asking, showing->status, body);
}
