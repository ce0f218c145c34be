/*
 * cli/clerk_tell.c - a signed webhook for each voucher that is to be told.
 *
 * Taking one from the books leases it for longer than a call may take, so no other node sends it meanwhile.
 * A failed one is not given back: it is due again when its lease is over, each time for twice as long.
 */
#include "cli/clerk_internal.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/log.h"
#include "outbound/web.h"
#include "outbound/webhook.h"
#include "store/pg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLS_MAX = 64,
    CONNECT_MS = 5000,
    CONNECTIONS_MAX = 8,
    SECRET_FILE_MAX = 256,
    BODY_MAX = 4096,
    ANSWER_MAX = 65536,
    LEASES = 3
};

struct teller {
    struct loop *loop;
    struct pg *pg;
    const struct config *config;
    struct web_client *client;
    struct webhook_secret secret;
};

struct telling {
    struct teller *teller;
    char campaign[16], player[PLAYER_HEX + 8], draw_no[16];
};

static hb_err secret_read(const char *path, struct webhook_secret *out)
{
    struct buf text;
    hb_err err;

    buf_init(&text, SECRET_FILE_MAX);
    err = file_read(path, &text);
    if (err == HB_OK) {
        err = webhook_secret_parse(text.data, text.len, out);
    }
    if (text.data != NULL) {
        crypto_wipe(text.data, text.len);
    }
    buf_free(&text);
    if (err != HB_OK) {
        log_error("webhook.secret", "file=\"%s\" expected=\"whsec_ and base64 of 24 to 64 bytes\"", path);
    }
    return err == HB_OK ? HB_OK : HB_E_INPUT;
}

hb_err teller_new(struct loop *loop, struct pg *pg, const struct config *config, struct teller **out)
{
    /* Without TLS only where no money and nobody is real. */
    const struct web_spec spec = {.ca_file = config_text(config, CFG_WEBHOOK_CA),
                                  .connect_timeout_ms = CONNECT_MS,
                                  .timeout_ms = config_int(config, CFG_WEBHOOK_TIMEOUT_MS),
                                  .calls_max = CALLS_MAX,
                                  .connections_max = CONNECTIONS_MAX,
                                  .allow_plain =
                                      strcmp(config_text(config, CFG_ENGINE_ENVIRONMENT), "demo") == 0};
    struct teller *teller = calloc(1, sizeof *teller);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (teller != NULL) {
        *teller = (struct teller){.loop = loop, .pg = pg, .config = config};
        err = secret_read(config_text(config, CFG_WEBHOOK_SECRET), &teller->secret);
    }
    if (err == HB_OK) {
        err = web_client_new(loop, &spec, &teller->client);
    }
    if (err != HB_OK) {
        teller_free(teller);
        return err;
    }
    *out = teller;
    return HB_OK;
}

void teller_free(struct teller *teller)
{
    if (teller != NULL) {
        web_client_free(teller->client);
        crypto_wipe(&teller->secret, sizeof teller->secret);
        free(teller);
    }
}

/* ---- answers ---- */

static void sent_note(const struct telling *telling)
{
    hb_err err = pg_callf(telling->teller->pg,
                          NULL,
                          "SELECT voucher_state($1::int, $2::uuid, $3::int, 'sent', NULL)",
                          "%s%s%s",
                          telling->campaign,
                          telling->player,
                          telling->draw_no);

    if (err != HB_OK) { /* it will be sent again, under the same id */
        log_warn("webhook.not_noted", "error=\"%s\"", pg_error(telling->teller->pg));
    }
}

static void told(void *arg, const struct web_answer *answer)
{
    struct telling *telling = arg;

    if (answer->err == HB_OK && answer->status >= 200 && answer->status < 300) {
        sent_note(telling);
    } else {
        log_warn("webhook.refused",
                 "campaign=%s draw_no=%s status=%d why=\"%s\"",
                 telling->campaign,
                 telling->draw_no,
                 answer->status,
                 answer->err == HB_OK || answer->why == NULL ? "" : answer->why);
    }
    free(telling);
}

/* ---- sending ---- */

enum { CAMPAIGN, SLUG, PLAYER, DRAW_NO, PRIZE, UNIT, AT };

static void body_write(const struct pg_result *rows, int row, struct buf *out)
{
    char at[25];

    clock_format_utc(pg_i64(rows, row, AT), at);
    buf_addf(out,
             "{\"type\":\"voucher.won\",\"timestamp\":\"%s\",\"data\":{\"campaign\":\"%s\",\"player\":\"%s\","
             "\"draw_no\":%s,\"prize\":\"%s\",\"unit\":%s}}",
             at,
             pg_text(rows, row, SLUG),
             pg_text(rows, row, PLAYER),
             pg_text(rows, row, DRAW_NO),
             pg_text(rows, row, PRIZE),
             pg_text(rows, row, UNIT));
}

static void
message_send(struct teller *teller, const struct pg_result *rows, int row, const char *body, size_t len)
{
    struct telling *telling = calloc(1, sizeof *telling);
    char id[WEBHOOK_ID_MAX + 1];
    const struct webhook_message message = {id, body, len};
    struct webhook_headers headers;

    (void)snprintf(id,
                   sizeof id,
                   "voucher_%s_%s_%s",
                   pg_text(rows, row, SLUG),
                   pg_text(rows, row, PLAYER),
                   pg_text(rows, row, DRAW_NO));
    if (telling == NULL ||
        webhook_sign(&teller->secret, &message, clock_wall_ms() / 1000, &headers) != HB_OK) {
        free(telling);
        return;
    }
    telling->teller = teller;
    (void)snprintf(telling->campaign, sizeof telling->campaign, "%s", pg_text(rows, row, CAMPAIGN));
    (void)snprintf(telling->player, sizeof telling->player, "%s", pg_text(rows, row, PLAYER));
    (void)snprintf(telling->draw_no, sizeof telling->draw_no, "%s", pg_text(rows, row, DRAW_NO));
    web_send(teller->client,
             &(struct web_request){.method = "POST",
                                   .url = config_text(teller->config, CFG_WEBHOOK_URL),
                                   .headers = {"Content-Type: application/json",
                                               headers.id,
                                               headers.timestamp,
                                               headers.signature,
                                               NULL},
                                   .body = body,
                                   .body_len = len,
                                   .answer_max_bytes = ANSWER_MAX},
             told,
             telling);
}

void teller_turn(struct teller *teller)
{
    static const char SQL[] =
        "SELECT campaign, slug, replace(player::text, '-', ''), draw_no, prize_id, unit, (extract(epoch FROM "
        "at) * 1000)::bigint FROM voucher_due($1::int, $2::bigint)";
    const size_t in_flight = web_client_in_flight(teller->client);
    struct pg_result *rows = NULL;
    struct buf body;

    if (in_flight >= CALLS_MAX ||
        pg_callf(teller->pg,
                 &rows,
                 SQL,
                 "%d%ld",
                 (int)(CALLS_MAX - in_flight),
                 (long)(LEASES * config_int(teller->config, CFG_WEBHOOK_TIMEOUT_MS))) != HB_OK) {
        return;
    }
    buf_init(&body, BODY_MAX);
    for (int row = 0; row < pg_rows(rows); row++) {
        buf_clear(&body);
        body_write(rows, row, &body);
        message_send(teller, rows, row, body.data, body.len);
    }
    buf_free(&body);
    pg_result_free(rows);
}
