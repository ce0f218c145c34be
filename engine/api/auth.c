/*
 * api/auth.c - signs requests in.
 */
#include "api/auth.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES = 32, FILE_MAX = 256 * 1024 };

/* A verified token: the first half of its hash stands for it, so no token text stays in memory. */
struct verified {
    uint8_t token[16];
    struct player_id player;
    int64_t expires_s;
};

struct auth {
    const struct auth_keys *keys;
    struct verified *cache;
};

/* ---- keys ---- */

static char *file_text(const char *dir, const char *name, size_t *len)
{
    char path[4096];
    FILE *file;
    char *text = malloc(FILE_MAX);

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "re");
    if (file == NULL || text == NULL) {
        log_error("auth.secret_missing", "path=\"%s\"", path);
        free(text);
        if (file != NULL) {
            fclose(file);
        }
        return NULL;
    }
    *len = fread(text, 1, FILE_MAX, file);
    fclose(file);
    return text;
}

static hb_err hmac_key_load(const char *dir, const char *name, struct hmac_key *out)
{
    uint8_t secret[SECRET_BYTES];
    size_t len = 0, got = 0;
    char *text = file_text(dir, name, &len);
    bool good;

    if (text == NULL) {
        return HB_E_IO;
    }
    good = hex_decode(text, len > 2 * SECRET_BYTES ? 2 * SECRET_BYTES : len, secret, sizeof secret, &got) &&
           got == SECRET_BYTES;
    if (good) {
        hmac_key_init(out, secret, sizeof secret);
    } else {
        log_error("auth.secret_malformed", "file=%s expected=\"64 hex digits\"", name);
    }
    crypto_wipe(secret, sizeof secret);
    crypto_wipe(text, len);
    free(text);
    return good ? HB_OK : HB_E_INPUT;
}

static hb_err jwks_load(const char *dir, struct jwt_keys *out)
{
    char why[200] = "";
    size_t len = 0;
    char *text = file_text(dir, "jwks.json", &len);
    hb_err err;

    if (text == NULL) {
        return HB_E_IO;
    }
    err = jwt_keys_parse(text, len, out, why, sizeof why);
    if (err != HB_OK) {
        log_error("auth.jwks_malformed", "why=\"%s\"", why);
    }
    crypto_wipe(text, len);
    free(text);
    return err;
}

hb_err auth_keys_load(const struct config *config, struct auth_keys *out)
{
    const char *dir = config_text(config, CFG_ENGINE_SECRETS);
    hb_err err;

    *out = (struct auth_keys){
        .rules = {.issuer = config_text(config, CFG_AUTH_ISSUER),
                  .audience = config_text(config, CFG_AUTH_AUDIENCE),
                  .leeway_s = config_int(config, CFG_AUTH_LEEWAY_S)},
        .session_s = config_int(config, CFG_AUTH_SESSION_S),
        .cache_entries = (size_t)config_int(config, CFG_AUTH_CACHE),
    };
    err = hmac_key_load(dir, "player.key", &out->player);
    if (err == HB_OK) {
        err = hmac_key_load(dir, "session.key", &out->session);
    }
    return err == HB_OK ? jwks_load(dir, &out->jwt) : err;
}

void auth_keys_free(struct auth_keys *keys)
{
    jwt_keys_free(&keys->jwt);
    crypto_wipe(&keys->player, sizeof keys->player);
    crypto_wipe(&keys->session, sizeof keys->session);
}

void auth_player_of(const struct auth_keys *keys, const char *sub, size_t len, struct player_id *out)
{
    uint8_t mac[SHA256_BYTES];

    hmac_sha256(&keys->player, sub, len, mac);
    memcpy(out->bytes, mac, PLAYER_BYTES);
}

/* ---- a worker ---- */

hb_err auth_new(const struct auth_keys *keys, struct auth **out)
{
    struct auth *auth = calloc(1, sizeof *auth);

    *out = NULL;
    if (auth == NULL) {
        return HB_E_NOMEM;
    }
    auth->keys = keys;
    if (keys->cache_entries > 0) {
        auth->cache = calloc(keys->cache_entries, sizeof *auth->cache);
    }
    if (keys->cache_entries > 0 && auth->cache == NULL) {
        free(auth);
        return HB_E_NOMEM;
    }
    *out = auth;
    return HB_OK;
}

void auth_free(struct auth *auth)
{
    if (auth != NULL) {
        free(auth->cache);
        free(auth);
    }
}

static bool bearer(const struct http_call *call, struct http_text *out)
{
    static const char SCHEME[] = "bearer ";
    struct http_text value;

    if (!http_call_header(call, "authorization", &value) || value.len < sizeof SCHEME) {
        return false;
    }
    for (size_t i = 0; i < sizeof SCHEME - 1; i++) {
        if ((value.at[i] | (SCHEME[i] == ' ' ? 0 : 0x20)) != SCHEME[i]) {
            return false;
        }
    }
    *out = (struct http_text){value.at + sizeof SCHEME - 1, value.len - (sizeof SCHEME - 1)};
    return true;
}

static struct verified *
slot_of(const struct auth *auth, const struct http_text *token, uint8_t hash[SHA256_BYTES])
{
    sha256(token->at, token->len, hash);
    return &auth->cache[be_read(hash + 16, 8) % auth->keys->cache_entries];
}

static bool
seen_before(const struct auth *auth, const struct http_text *token, int64_t now_s, struct player_id *out)
{
    uint8_t hash[SHA256_BYTES];
    const struct verified *slot;

    if (auth->cache == NULL) {
        return false;
    }
    slot = slot_of(auth, token, hash);
    if (slot->expires_s + auth->keys->rules.leeway_s <= now_s ||
        memcmp(slot->token, hash, sizeof slot->token) != 0) {
        return false;
    }
    *out = slot->player;
    return true;
}

static void
remember(struct auth *auth, const struct http_text *token, const struct player_id *player, int64_t expires_s)
{
    uint8_t hash[SHA256_BYTES];

    if (auth->cache != NULL) {
        struct verified *slot = slot_of(auth, token, hash);

        memcpy(slot->token, hash, sizeof slot->token);
        slot->player = *player;
        slot->expires_s = expires_s;
    }
}

static hb_err refused(hb_err err)
{
    if (err != HB_OK) {
        metrics_add(M_AUTH_FAILED, 1);
    }
    return err;
}

hb_err auth_known(const struct auth *auth, const struct http_call *call, struct player_id *out, bool *is_new)
{
    int64_t now_s = clock_wall_ms() / 1000;
    struct http_text token;
    hb_err err = HB_OK;

    *is_new = false;
    if (!bearer(call, &token)) {
        return refused(HB_E_TOKEN_MISSING);
    }
    if (session_looks_like(token.at, token.len)) {
        err = session_check(&auth->keys->session, token.at, token.len, now_s, out);
    } else {
        *is_new = !seen_before(auth, &token, now_s, out);
    }
    if (err == HB_OK && !*is_new) {
        metrics_add(M_AUTH_CACHED, 1);
    }
    return refused(err);
}

hb_err auth_verify(struct auth *auth, const struct http_call *call, struct player_id *out)
{
    const struct auth_keys *keys = auth->keys;
    struct http_text token;
    struct jwt_claims claims;
    hb_err err;

    if (!bearer(call, &token)) {
        return refused(HB_E_TOKEN_MISSING);
    }
    err = jwt_check(&keys->jwt, &keys->rules, token.at, token.len, clock_wall_ms() / 1000, &claims);
    if (err != HB_OK) {
        return refused(err);
    }
    metrics_add(M_AUTH_VERIFIED, 1);
    auth_player_of(keys, claims.sub, claims.sub_len, out);
    remember(auth, &token, out, claims.expires_s);
    return HB_OK;
}

int64_t
auth_session(const struct auth *auth, const struct player_id *player, char out[static SESSION_TEXT + 1])
{
    int64_t expires_s = clock_wall_ms() / 1000 + auth->keys->session_s;

    session_issue(&auth->keys->session, player, expires_s, out);
    return expires_s;
}

hb_err
auth_open(const struct auth *auth, const char *token, size_t len, struct jwt_claims *out, json_t **payload)
{
    const struct auth_keys *keys = auth->keys;

    return jwt_open(&keys->jwt, &keys->rules, token, len, clock_wall_ms() / 1000, out, payload);
}

bool auth_subject(const struct auth *auth, const struct http_call *call, struct jwt_claims *out)
{
    const struct auth_keys *keys = auth->keys;
    struct http_text token;

    return bearer(call, &token) && !session_looks_like(token.at, token.len) &&
           jwt_check(&keys->jwt, &keys->rules, token.at, token.len, clock_wall_ms() / 1000, out) == HB_OK;
}

bool auth_is(const struct auth *auth, const struct jwt_claims *claims, const struct player_id *player)
{
    struct player_id named;

    auth_player_of(auth->keys, claims->sub, claims->sub_len, &named);
    return crypto_equal(named.bytes, player->bytes, PLAYER_BYTES);
}
