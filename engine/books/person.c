/*
 * books/person.c - SQL gathers, this opens what is sealed and adds the draws.
 */
#include "books/person.h"

#include "base/clock.h"
#include "base/json.h"
#include "flow/voucher_code.h"
#include "lottery/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEALED_MAX = 65536 };

/* ---- what is sealed ---- */

/* The name that something was sealed under. */
struct owner {
    const char *purpose;
    const void *name;
    size_t name_len;
};

/* Opens a text of hex digits. NULL when it does not open; otherwise a JSON text, or its JSON when it is one.
 */
static json_t *sealed_open(const struct seal_key *key, const struct owner *owner, const json_t *hex)
{
    const char *text = json_string_value(hex);
    size_t len = text == NULL ? 0 : strlen(text), sealed_len = 0;
    uint8_t *sealed = malloc(len / 2 + 1);
    json_t *value = NULL;
    struct buf plain;

    buf_init(&plain, SEALED_MAX);
    if (text != NULL && sealed != NULL && hex_decode(text, len, sealed, len / 2, &sealed_len) &&
        seal_open(key, owner->purpose, owner->name, owner->name_len, sealed, sealed_len, &plain) &&
        json_parse(plain.data, plain.len, &value, NULL, 0) != HB_OK) {
        value = json_stringn(plain.data, plain.len);
    }
    if (plain.data != NULL) {
        crypto_wipe(plain.data, plain.len);
    }
    buf_free(&plain);
    free(sealed);
    return value;
}

/* Puts what `from` holds, opened, under `to`. */
static void member_open(
    const struct seal_key *key, const struct owner *owner, json_t *row, const char *from, const char *to)
{
    const json_t *sealed = json_object_get(row, from);
    json_t *value = NULL;

    if (json_is_string(sealed)) {
        value = sealed_open(key, owner, sealed);
        if (value == NULL) {
            (void)json_object_set_new(row, "unreadable", json_true());
        } else {
            (void)json_object_set_new(row, to, value);
        }
    }
    (void)json_object_del(row, from);
}

static void code_open(const struct seal_key *key, json_t *row)
{
    const char *slug = json_string_value(json_object_get(row, "campaign"));
    const char *prize = json_string_value(json_object_get(row, "prize"));
    char name[2 * SLUG_MAX + 2];
    int len = snprintf(name, sizeof name, "%s/%s", slug == NULL ? "" : slug, prize == NULL ? "" : prize);

    member_open(key, &(struct owner){"voucher", name, (size_t)len}, row, "sealed", "code");
}

static void document_open(const struct seal_key *key, const struct player_id *player, json_t *document)
{
    const struct owner person = {"person", player->bytes, PLAYER_BYTES};
    const struct owner payee = {"payee", player->bytes, PLAYER_BYTES};
    const struct owner name = {"name", player->bytes, PLAYER_BYTES};
    json_t *row;
    size_t i;

    if (json_is_object(json_object_get(document, "person"))) {
        member_open(key, &person, json_object_get(document, "person"), "sealed", "identity");
    }
    json_array_foreach(json_object_get(document, "payees"), i, row)
    {
        member_open(key, &payee, row, "sealed", "payee");
        member_open(key, &name, row, "name_sealed", "name");
    }
    json_array_foreach(json_object_get(document, "payout_bodies"), i, row)
    {
        const char *out_no = json_string_value(json_object_get(row, "out_no"));

        member_open(key, &(struct owner){"payout_body", out_no, strlen(out_no)}, row, "sealed", "body");
    }
    json_array_foreach(json_object_get(document, "vouchers"), i, row)
    {
        code_open(key, row);
    }
}

/* ---- draws ---- */

struct draws {
    const struct player_id *player;
    json_t *list;
    bool failed;
};

static void
draw_add(struct draws *draws, const char *campaign, int64_t time_ms, const struct draw_record *draw)
{
    char at[25];

    clock_format_utc(time_ms, at);
    draws->failed |= json_array_append_new(draws->list,
                                           json_pack("{s:s, s:I, s:s, s:i, s:i}",
                                                     "campaign",
                                                     campaign,
                                                     "draw_no",
                                                     (json_int_t)draw->draw_no,
                                                     "at",
                                                     at,
                                                     "prize_no",
                                                     (int)draw->prize,
                                                     "chances_left",
                                                     (int)draw->chances_left)) != 0;
}

static bool entry_add(void *arg, const struct pg_result *row)
{
    struct draws *draws = arg;
    struct record_header header;
    struct draw_record draw;
    size_t len = 0;
    const uint8_t *entry = pg_bytes(row, 0, 1, &len);

    if (!record_header_read(entry, len, &header)) {
        return true; /* the audit names it */
    }
    for (uint16_t i = 0; i < header.count && record_draw_read(entry, len, i, &draw); i++) {
        if (memcmp(&draw.player, draws->player, sizeof draw.player) == 0) {
            draw_add(draws, pg_text(row, 0, 0), header.time_ms, &draw);
        }
    }
    return !draws->failed;
}

/* The bytes are looked for by the server: of a long log only the entries with the player travel. */
static hb_err draws_add(struct pg *pg, const struct player_id *player, json_t *document)
{
    static const char SQL[] =
        "SELECT f.slug, d.entry FROM draw_log d JOIN fairness f ON f.campaign = d.campaign "
        "WHERE d.kind = 1 AND position($1::bytea IN d.entry) > 0 "
        "ORDER BY f.slug, d.epoch, d.position";
    struct draws draws = {.player = player, .list = json_array()};
    char hex[2 + PLAYER_HEX + 1] = "\\x";
    const char *params[] = {hex};
    hb_err err = HB_E_NOMEM;

    if (draws.list != NULL) {
        player_hex(player, hex + 2);
        err = pg_stream(pg, SQL, 1, params, entry_add, &draws);
        draws.failed |= json_object_set_new(document, "draws", draws.list) != 0;
    }
    return err == HB_OK && draws.failed ? HB_E_NOMEM : err;
}

static hb_err document_read(struct pg *pg, const struct player_id *player, json_t **out)
{
    struct pg_result *rows = NULL;
    char hex[PLAYER_HEX + 1];
    hb_err err;

    player_hex(player, hex);
    err = pg_callf(pg, &rows, "SELECT person_export($1::uuid)", "%s", hex);
    if (err == HB_OK) {
        err = json_parse(pg_text(rows, 0, 0), strlen(pg_text(rows, 0, 0)), out, NULL, 0);
    }
    pg_result_free(rows);
    return err;
}

hb_err
person_export(struct pg *pg, const struct seal_key *key, const struct player_id *player, struct buf *out)
{
    json_t *document = NULL;
    hb_err err = pg_begin(pg, /* repeatable_read= */ true);
    char *text = NULL;

    if (err != HB_OK) {
        return err;
    }
    err = document_read(pg, player, &document);
    if (err == HB_OK) {
        document_open(key, player, document);
        err = draws_add(pg, player, document);
    }
    pg_rollback(pg); /* nothing was written */
    if (err == HB_OK) {
        text = json_dumps(document, JSON_INDENT(2) | JSON_SORT_KEYS);
        buf_adds(out, text == NULL ? "" : text);
        err = text == NULL || out->failed ? HB_E_NOMEM : HB_OK;
    }
    if (text != NULL) {
        crypto_wipe(text, strlen(text));
    }
    free(text);
    json_decref(document);
    return err;
}

/* ---- erasure ---- */

hb_err person_erase(struct pg *pg, const struct player_id *player, struct person_erasure *out)
{
    static const char SQL[] =
        "SELECT e.verdict = 'erased', e.open_withdrawals, r.wins, r.withdrawals, r.payouts, "
        "r.vouchers FROM person_erase($1::uuid) e CROSS JOIN person_rows($1::uuid) r";
    struct pg_result *rows = NULL;
    char hex[PLAYER_HEX + 1];
    hb_err err;

    player_hex(player, hex);
    err = pg_callf(pg, &rows, SQL, "%s", hex);
    if (err == HB_OK) {
        *out = (struct person_erasure){.erased = pg_text(rows, 0, 0)[0] == 't',
                                       .open_withdrawals = pg_i64(rows, 0, 1),
                                       .wins = pg_i64(rows, 0, 2),
                                       .withdrawals = pg_i64(rows, 0, 3),
                                       .payouts = pg_i64(rows, 0, 4),
                                       .vouchers = pg_i64(rows, 0, 5)};
    }
    pg_result_free(rows);
    return err;
}
