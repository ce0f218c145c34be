/*
 * api/jwt.c - checks and makes JSON Web Tokens (RFC 7515, 7519).
 */
#include "api/jwt.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parts {
    const char *header, *payload, *signature;
    size_t header_len, payload_len, signature_len, signed_len;
};

static const char *const ALG_NAMES[] = {
    [JWT_HS256] = "HS256", [JWT_ES256] = "ES256", [JWT_RS256] = "RS256", [JWT_EDDSA] = "EdDSA"};

/* ---- keys ---- */

static hb_err keys_add(struct jwt_keys *out, const json_t *jwk)
{
    char *text = json_canonical(jwk);
    hb_err err = HB_E_INPUT;

    if (text != NULL && out->count < JWKS_MAX) {
        err = jwt_key_parse(text, strlen(text), &out->keys[out->count]);
        crypto_wipe(text, strlen(text));
    }
    free(text);
    if (err == HB_OK) {
        out->count++;
    }
    return err;
}

hb_err jwt_keys_parse(const char *jwks, size_t len, struct jwt_keys *out, char *why, size_t why_max)
{
    json_t *set = NULL;
    hb_err err = json_parse(jwks, len, &set, why, why_max);
    const json_t *jwk;
    size_t index;

    *out = (struct jwt_keys){.count = 0};
    if (err != HB_OK) {
        return err;
    }
    json_array_foreach(json_object_get(set, "keys"), index, jwk)
    {
        if (keys_add(out, jwk) != HB_OK) {
            snprintf(why, why_max, "key %zu of the set is not usable", index + 1);
            jwt_keys_free(out);
            json_decref(set);
            return HB_E_INPUT;
        }
    }
    json_decref(set);
    if (out->count == 0) {
        snprintf(why, why_max, "the set has no keys");
        return HB_E_INPUT;
    }
    return HB_OK;
}

void jwt_keys_free(struct jwt_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        jwt_key_free(keys->keys[i]);
    }
    keys->count = 0;
}

/* ---- checking ---- */

static bool token_split(const char *token, size_t len, struct parts *out)
{
    const char *dot = len == 0 || len > JWT_MAX ? NULL : memchr(token, '.', len);
    const char *dot2 = dot == NULL ? NULL : memchr(dot + 1, '.', len - (size_t)(dot + 1 - token));

    if (dot2 == NULL) {
        return false;
    }
    *out = (struct parts){
        .header = token,
        .header_len = (size_t)(dot - token),
        .payload = dot + 1,
        .payload_len = (size_t)(dot2 - dot - 1),
        .signature = dot2 + 1,
        .signature_len = len - (size_t)(dot2 + 1 - token),
        .signed_len = (size_t)(dot2 - token),
    };
    return true;
}

static json_t *part_json(const char *text, size_t len)
{
    char bytes[JWT_MAX];
    size_t got;
    json_t *value = NULL;

    if (!base64url_decode(text, len, bytes, sizeof bytes, &got) ||
        json_parse(bytes, got, &value, NULL, 0) != HB_OK) {
        return NULL;
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

static const struct jwt_key *key_for(const struct jwt_keys *keys, const json_t *header)
{
    const char *kid = json_string_value(json_object_get(header, "kid"));
    const char *alg = json_string_value(json_object_get(header, "alg"));

    if (alg == NULL || json_object_get(header, "crit") != NULL) {
        return NULL;
    }
    for (size_t i = 0; i < keys->count; i++) {
        const struct jwt_key *key = keys->keys[i];
        bool named = kid == NULL ? keys->count == 1 : strcmp(kid, jwt_key_id(key)) == 0;

        if (named) {
            return strcmp(alg, ALG_NAMES[jwt_key_alg(key)]) == 0 ? key : NULL;
        }
    }
    return NULL;
}

static bool signature_good(const struct jwt_keys *keys, const struct parts *parts, const char *token)
{
    json_t *header = part_json(parts->header, parts->header_len);
    const struct jwt_key *key = header == NULL ? NULL : key_for(keys, header);
    uint8_t signature[512];
    size_t got;
    bool good = key != NULL &&
                base64url_decode(parts->signature, parts->signature_len, signature, sizeof signature, &got) &&
                jwt_key_verify(key, token, parts->signed_len, signature, got);

    json_decref(header);
    return good;
}

static bool audience_has(const json_t *aud, const char *wanted)
{
    const json_t *one;
    size_t index;

    if (json_is_string(aud)) {
        return strcmp(json_string_value(aud), wanted) == 0;
    }
    json_array_foreach(aud, index, one)
    {
        if (json_is_string(one) && strcmp(json_string_value(one), wanted) == 0) {
            return true;
        }
    }
    return false;
}

static hb_err
claims_check(const json_t *payload, const struct jwt_rules *rules, int64_t now_s, struct jwt_claims *out)
{
    const json_t *sub = json_object_get(payload, "sub");
    const json_t *exp = json_object_get(payload, "exp");
    const json_t *nbf = json_object_get(payload, "nbf");
    const char *iss = json_string_value(json_object_get(payload, "iss"));

    if (!json_is_string(sub) || json_string_length(sub) == 0 || json_string_length(sub) > JWT_SUB_MAX ||
        !json_is_number(exp) || (nbf != NULL && !json_is_number(nbf))) {
        return HB_E_TOKEN_INVALID;
    }
    if ((rules->issuer[0] != '\0' && (iss == NULL || strcmp(iss, rules->issuer) != 0)) ||
        (rules->audience[0] != '\0' && !audience_has(json_object_get(payload, "aud"), rules->audience))) {
        return HB_E_TOKEN_INVALID;
    }
    double expires = json_number_value(exp);

    if (!(expires > 0) || expires > 1e12 ||
        (nbf != NULL && json_number_value(nbf) > (double)(now_s + rules->leeway_s))) {
        return HB_E_TOKEN_INVALID;
    }
    out->expires_s = (int64_t)expires;
    if (out->expires_s + rules->leeway_s <= now_s) {
        return HB_E_TOKEN_EXPIRED;
    }
    out->sub_len = json_string_length(sub);
    memcpy(out->sub, json_string_value(sub), out->sub_len + 1);
    return HB_OK;
}

hb_err jwt_open(const struct jwt_keys *keys,
                const struct jwt_rules *rules,
                const char *token,
                size_t len,
                int64_t now_s,
                struct jwt_claims *out,
                json_t **payload)
{
    struct parts parts;
    hb_err err = HB_E_TOKEN_INVALID;

    *payload = NULL;
    if (!token_split(token, len, &parts) || !signature_good(keys, &parts, token)) {
        return HB_E_TOKEN_INVALID;
    }
    *payload = part_json(parts.payload, parts.payload_len);
    if (*payload != NULL) {
        err = claims_check(*payload, rules, now_s, out);
    }
    if (err != HB_OK) {
        json_decref(*payload);
        *payload = NULL;
    }
    return err;
}

hb_err jwt_check(const struct jwt_keys *keys,
                 const struct jwt_rules *rules,
                 const char *token,
                 size_t len,
                 int64_t now_s,
                 struct jwt_claims *out)
{
    json_t *payload;
    hb_err err = jwt_open(keys, rules, token, len, now_s, out, &payload);

    if (err == HB_OK && json_object_get(payload, "purpose") != NULL) {
        err = HB_E_TOKEN_INVALID;
    }
    json_decref(payload);
    return err;
}

/* ---- making ---- */

static void add_part(struct buf *token, const char *json)
{
    size_t len = strlen(json);
    char *room = buf_reserve(token, (len * 4 + 2) / 3 + 1);

    if (room != NULL) {
        token->len += base64url_encode(json, len, room);
    }
}

static bool add_claims(struct buf *token,
                       const char *sub,
                       const char *issuer,
                       const char *audience,
                       int64_t issued_s,
                       int64_t expires_s)
{
    json_t *claims =
        json_pack("{s:s, s:I, s:I}", "sub", sub, "iat", (json_int_t)issued_s, "exp", (json_int_t)expires_s);
    char *text;

    if (claims != NULL && issuer[0] != '\0') {
        json_object_set_new(claims, "iss", json_string(issuer));
    }
    if (claims != NULL && audience[0] != '\0') {
        json_object_set_new(claims, "aud", json_string(audience));
    }
    text = claims == NULL ? NULL : json_canonical(claims);
    if (text != NULL) {
        add_part(token, text);
    }
    json_decref(claims);
    free(text);
    return text != NULL;
}

char *jwt_issue(const struct jwt_key *key,
                const char *sub,
                const char *issuer,
                const char *audience,
                int64_t issued_s,
                int64_t expires_s)
{
    struct buf token;
    char header[256];
    uint8_t signature[512];
    size_t signature_len;

    buf_init(&token, JWT_MAX);
    snprintf(header,
             sizeof header,
             "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
             ALG_NAMES[jwt_key_alg(key)],
             jwt_key_id(key));
    add_part(&token, header);
    buf_addc(&token, '.');
    if (!add_claims(&token, sub, issuer, audience, issued_s, expires_s) || token.failed ||
        jwt_key_sign(key, token.data, token.len, signature, sizeof signature, &signature_len) != HB_OK) {
        buf_free(&token);
        return NULL;
    }
    buf_addc(&token, '.');
    char *room = buf_reserve(&token, (signature_len * 4 + 2) / 3 + 1);

    if (room != NULL) {
        token.len += base64url_encode(signature, signature_len, room);
    }
    buf_addc(&token, '\0');
    if (token.failed) {
        buf_free(&token);
        return NULL;
    }
    return token.data;
}
