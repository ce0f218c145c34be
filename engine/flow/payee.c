/*
 * flow/payee.c - where a player is paid.
 */
#include "flow/payee.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { JSON_MAX = 512, USER_ID_DIGITS = 16 };

static bool openid_good(const char *id);
static bool user_id_good(const char *id);
static bool logon_id_good(const char *id);

static const struct kind {
    enum payee_kind kind;
    const char *name, *provider;
    bool (*good)(const char *id);
    bool needs_name;
    const char *why;
} KINDS[] = {
    {PAYEE_OPENID, "openid", "wechat", openid_good, false, "/id must be an openid: letters, digits, _ and -"},
    {PAYEE_ALIPAY_USER_ID,
     "alipay_user_id",
     "alipay",
     user_id_good,
     false,
     "/id must be 16 digits that begin with 2088"},
    {PAYEE_ALIPAY_OPEN_ID,
     "alipay_open_id",
     "alipay",
     openid_good,
     false,
     "/id must be an open id: letters, digits, _ and -"},
    {PAYEE_ALIPAY_LOGON_ID,
     "alipay_logon_id",
     "alipay",
     logon_id_good,
     true,
     "/id must be a phone number or a mail address"},
};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

/* ---- what may stand there ---- */

static bool all_of(const char *text, const char *allowed)
{
    return text[0] != '\0' && strspn(text, allowed) == strlen(text);
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool openid_good(const char *id)
{
    return all_of(id, DIGITS LETTERS "_-");
}

static bool user_id_good(const char *id)
{
    return strlen(id) == USER_ID_DIGITS && all_of(id, DIGITS) && strncmp(id, "2088", 4) == 0;
}

static bool logon_id_good(const char *id)
{
    const char *at = strchr(id, '@');

    if (at == NULL) {
        return all_of(id, DIGITS "+-") && strlen(id) >= 6;
    }
    return at != id && strchr(at + 1, '@') == NULL && strchr(at + 1, '.') != NULL &&
           all_of(id, DIGITS LETTERS "._%+-@");
}

static bool name_good(const char *name)
{
    size_t characters = 0;

    return utf8_count(name, strlen(name), &characters) && characters <= PAYEE_NAME_CHARACTERS &&
           name[0] != ' ' && (name[0] == '\0' || name[strlen(name) - 1] != ' ');
}

/* ---- reading ---- */

static const struct kind *kind_find(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(KINDS[i].name, name) == 0) {
            return &KINDS[i];
        }
    }
    return NULL;
}

const char *payee_kind_name(enum payee_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (KINDS[i].kind == kind) {
            return KINDS[i].name;
        }
    }
    return "";
}

/* A text member, absent: "". False: no text, or too long. */
static bool member(const json_t *object, const char *name, char *out, size_t max)
{
    const json_t *value = json_object_get(object, name);

    out[0] = '\0';
    if (value == NULL || json_is_null(value)) {
        return true;
    }
    if (!json_is_string(value) || json_string_length(value) > max) {
        return false;
    }
    memcpy(out, json_string_value(value), json_string_length(value) + 1);
    return true;
}

static const char *why_not(const json_t *object, struct payee *out)
{
    char kind_name[PAYEE_PROVIDER_MAX + 1];
    const struct kind *kind;

    if (!member(object, "provider", out->provider, PAYEE_PROVIDER_MAX) ||
        !member(object, "kind", kind_name, sizeof kind_name - 1)) {
        return "/provider and /kind must be short texts";
    }
    kind = kind_find(kind_name);
    if (kind == NULL || strcmp(kind->provider, out->provider) != 0) {
        return "/provider is wechat with /kind openid, or alipay with /kind alipay_user_id, alipay_open_id "
               "or "
               "alipay_logon_id";
    }
    out->kind = kind->kind;
    if (!member(object, "id", out->id, PROVIDER_PAYEE_MAX) || !kind->good(out->id)) {
        return kind->why;
    }
    if (!member(object, "app_id", out->app_id, PAYEE_APP_MAX) ||
        (out->app_id[0] != '\0' && !openid_good(out->app_id))) {
        return "/app_id must be at most 64 letters, digits, _ and -";
    }
    if (!member(object, "name", out->name, PROVIDER_NAME_MAX) || !name_good(out->name)) {
        return "/name must be at most 32 characters, without blanks around it";
    }
    return kind->needs_name && out->name[0] == '\0' ? "/name is needed for an alipay_logon_id" : NULL;
}

hb_err payee_parse(const json_t *object, struct payee *out, const char **why)
{
    *out = (struct payee){.kind = PAYEE_OPENID};
    *why = json_is_object(object) ? why_not(object, out) : "a payee is an object";
    if (*why != NULL) {
        payee_wipe(out);
    }
    return *why == NULL ? HB_OK : HB_E_FIELD;
}

bool payee_equal(const struct payee *a, const struct payee *b)
{
    return a->kind == b->kind && strcmp(a->provider, b->provider) == 0 && strcmp(a->app_id, b->app_id) == 0 &&
           strcmp(a->id, b->id) == 0 && strcmp(a->name, b->name) == 0;
}

void payee_wipe(struct payee *payee)
{
    crypto_wipe(payee, sizeof *payee);
}

/* ---- sealing ---- */

/* Each text with its end: none runs into the next. */
static void mark(const struct seal_key *key, const struct payee *payee, uint8_t out[static SHA256_BYTES])
{
    const char *const texts[] = {
        payee->provider, payee->app_id, payee_kind_name(payee->kind), payee->id, payee->name};
    char memory[sizeof *payee + PAYEE_PROVIDER_MAX];
    struct buf bytes;

    buf_over(&bytes, memory, sizeof memory);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        buf_add(&bytes, texts[i], strlen(texts[i]) + 1);
    }
    seal_mark(key, "payee", bytes.data, bytes.len, out);
    crypto_wipe(memory, sizeof memory);
}

static size_t sealed(const struct seal_key *key,
                     const char *purpose,
                     const struct player_id *player,
                     const struct buf *plain,
                     uint8_t out[static PAYEE_SEALED_MAX])
{
    struct buf room;

    buf_over(&room, (char *)out, PAYEE_SEALED_MAX);
    return !plain->failed &&
                   seal_write(key, purpose, player->bytes, PLAYER_BYTES, plain->data, plain->len, &room)
               ? room.len
               : 0;
}

bool payee_seal(const struct seal_key *key,
                const struct player_id *player,
                const struct payee *payee,
                struct payee_sealed *out)
{
    char memory[JSON_MAX];
    struct buf plain;

    buf_over(&plain, memory, sizeof memory);
    buf_addf(&plain, "{\"kind\":\"%s\",\"id\":", payee_kind_name(payee->kind));
    buf_add_json_string(&plain, payee->id, strlen(payee->id));
    buf_addc(&plain, '}');
    out->payee_len = sealed(key, "payee", player, &plain, out->payee);
    out->name_len = 0;
    if (payee->name[0] != '\0') {
        buf_clear(&plain);
        buf_adds(&plain, payee->name);
        out->name_len = sealed(key, "name", player, &plain, out->name);
    }
    crypto_wipe(memory, sizeof memory);
    mark(key, payee, out->fingerprint);
    return out->payee_len > 0 && (payee->name[0] == '\0' || out->name_len > 0);
}

static bool payee_json(const struct buf *plain, struct payee *out)
{
    json_t *object = NULL;
    char kind_name[PAYEE_PROVIDER_MAX + 1];
    const struct kind *kind = NULL;
    bool good = json_parse(plain->data, plain->len, &object, NULL, 0) == HB_OK &&
                member(object, "kind", kind_name, sizeof kind_name - 1) &&
                member(object, "id", out->id, PROVIDER_PAYEE_MAX);

    kind = good ? kind_find(kind_name) : NULL;
    if (kind != NULL) {
        out->kind = kind->kind;
    }
    json_decref(object);
    return kind != NULL && out->id[0] != '\0';
}

bool payee_unseal(const struct seal_key *key,
                  const struct player_id *player,
                  const void *sealed_payee,
                  size_t len,
                  const void *name_sealed,
                  size_t name_len,
                  struct payee *out)
{
    char memory[JSON_MAX];
    struct buf plain;
    bool good;

    out->name[0] = '\0';
    buf_over(&plain, memory, sizeof memory);
    good = seal_open(key, "payee", player->bytes, PLAYER_BYTES, sealed_payee, len, &plain) &&
           payee_json(&plain, out);
    if (good && name_len > 0) {
        buf_over(&plain, memory, sizeof memory);
        good = seal_open(key, "name", player->bytes, PLAYER_BYTES, name_sealed, name_len, &plain) &&
               plain.len <= PROVIDER_NAME_MAX && memchr(plain.data, '\0', plain.len) == NULL;
        if (good) {
            memcpy(out->name, plain.data, plain.len);
            out->name[plain.len] = '\0';
        }
    }
    crypto_wipe(memory, sizeof memory);
    return good;
}

/* ---- masking ---- */

enum { SHOWN_SHORT = 1, SHOWN_FRONT = 3, SHOWN_BACK = 4, LONG_ENOUGH = 11 };

void payee_mask_id(const struct payee *payee, char out[static PAYEE_MASK_MAX])
{
    const char *at = strchr(payee->id, '@');
    size_t len = strlen(payee->id);

    if (at != NULL) { /* the host of a mail address names nobody */
        snprintf(out, PAYEE_MASK_MAX, "%.1s****%s", payee->id, at);
    } else if (len < LONG_ENOUGH) {
        snprintf(out, PAYEE_MASK_MAX, "%.*s****", SHOWN_SHORT, payee->id);
    } else {
        snprintf(out, PAYEE_MASK_MAX, "%.*s****%s", SHOWN_FRONT, payee->id, payee->id + len - SHOWN_BACK);
    }
}

void payee_mask_name(const struct payee *payee, char out[static PAYEE_MASK_MAX])
{
    size_t len = strlen(payee->name), last = 0, characters = 0;

    for (size_t at = 0; at < len; characters++) {
        size_t one = utf8_length(payee->name + at, len - at);

        last = at;
        at += one == 0 ? 1 : one;
    }
    snprintf(
        out, PAYEE_MASK_MAX, "%s%s", characters == 0 ? "" : "*", characters < 2 ? "" : payee->name + last);
}
