/*
 * api/public_draw.c - POST /v1/campaigns/{c}/draws.
 */
#include "api/public_internal.h"

#include "base/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { OUTCOME_BYTES = 512 };

static void draw_answered(void *arg, const struct draw_answer *answer);

/* The body: nothing, {}, or {"draw_no": n}. `why` gets the reason and pointer of a refusal. */
static hb_err body_read(struct http_text body, uint32_t *draw_no, const char **why)
{
    json_t *value = NULL;
    const json_t *number;
    hb_err err;

    *draw_no = 0;
    *why = NULL;
    if (body.len == 0 || (body.len == 2 && memcmp(body.at, "{}", 2) == 0)) {
        return HB_OK;
    }
    err = json_parse(body.at, body.len, &value, NULL, 0);
    if (err != HB_OK) {
        return HB_E_JSON;
    }
    number = json_object_get(value, "draw_no");
    if (!json_is_object(value) || json_object_size(value) > (number == NULL ? 0U : 1U)) {
        *why = "the body may have one member: draw_no";
    } else if (number != NULL && (!json_is_integer(number) || json_integer_value(number) < 1 ||
                                  json_integer_value(number) > UINT32_MAX)) {
        *why = "/draw_no must be a whole number from 1";
    } else if (number != NULL) {
        *draw_no = (uint32_t)json_integer_value(number);
    }
    json_decref(value);
    return *why == NULL ? HB_OK : HB_E_FIELD;
}

/* What stands for key and body in a player's memory: see KEY_BYTES in lottery/player.h. The body counts by
 * its meaning, so the same request written with other blanks is the same. */
static void body_fold(uint32_t draw_no, uint8_t out[static 2])
{
    static const uint8_t WITHOUT_NUMBER[2] = {0xdf, 0x3f}; /* of 00000000: nearly every request */
    uint8_t hash[SHA256_BYTES];
    uint8_t body[4];

    if (draw_no == 0) {
        memcpy(out, WITHOUT_NUMBER, 2);
        return;
    }
    be_write(body, draw_no, sizeof body);
    sha256(body, sizeof body, hash);
    memcpy(out, hash, 2);
}

static void key_fold(struct http_text key, uint32_t draw_no, struct draw_key *out)
{
    uint8_t hash[SHA256_BYTES];

    sha256(key.at, key.len, hash);
    memcpy(out->bytes, hash, 5);
    body_fold(draw_no, out->bytes + 5);
}

void draw_create(struct http_call *call, void *context)
{
    struct public_api *api = context;
    const struct campaign_view *campaign = api_campaign(api, call);
    struct draw_order order = {
        .campaign = campaign, .catalog = api->catalog, .started_us = http_call_started_us(call)};
    struct http_text key;
    const char *why = NULL;
    hb_err err;

    if (campaign == NULL || !api_player(api, call, &order.player)) {
        return;
    }
    err = api_key_read(call, &key);
    if (err == HB_OK) {
        err = body_read(http_call_request(call)->body, &order.draw_no, &why);
    }
    if (err != HB_OK) {
        http_call_problem(call, err, why, NULL);
        return;
    }
    key_fold(key, order.draw_no, &order.key);
    draw_start(api->draws, &order, draw_answered, call);
}

/* ---- the answer ---- */

static void outcome_write(struct buf *out, const struct draw_answer *answer)
{
    buf_adds(out, "{\"draw_id\":\"");
    buf_add_hex(out, answer->player.bytes, PLAYER_BYTES);
    buf_addc(out, '-');
    buf_add_u64(out, answer->draw_no);
    buf_adds(out, "\",\"draw_no\":");
    buf_add_u64(out, answer->draw_no);
    buf_adds(out,
             answer->prize == 0 ? ",\"outcome\":\"none\",\"prize\":" : ",\"outcome\":\"won\",\"prize\":");
    api_add_prize(out, answer->campaign->table, answer->prize, answer->amount_fen);
    buf_adds(out, ",\"chances_left\":");
    buf_add_u64(out, answer->chances_left);
    buf_addc(out, '}');
}

static void reply_outcome(struct http_call *call, const struct draw_answer *answer)
{
    char memory[OUTCOME_BYTES];
    struct buf body;

    buf_over(&body, memory, sizeof memory);
    outcome_write(&body, answer);
    assert(!body.failed); /* ids are short */
    if (answer->replayed) {
        http_call_add_header(call, "Idempotency-Replayed", "true");
    }
    http_call_reply(call, 201, "application/json", body.data, body.len);
}

static void draw_answered(void *arg, const struct draw_answer *answer)
{
    struct http_call *call = arg;
    char extra[48];

    if (answer->err == HB_OK) {
        reply_outcome(call, answer);
    } else if (answer->err == HB_E_DRAW_NO) {
        snprintf(extra, sizeof extra, "\"next_draw_no\":%u", answer->draw_no);
        http_call_problem(call, answer->err, NULL, extra);
    } else {
        http_call_problem(call, answer->err, NULL, NULL);
    }
}
