/*
 * api/jwt.h - JSON Web Tokens of the operator's identity service (RFC 7519), strictly.
 *
 * The algorithm is fixed by the key, never by the token; `kid` chooses the key (absent: the only key).
 * Unknown `crit` is refused. Required claims: sub (1-256 bytes), exp.
 */
#pragma once

#include "base/crypto.h"
#include "base/json.h"

enum { JWT_MAX = 4096, JWT_SUB_MAX = 256, JWKS_MAX = 16 };

struct jwt_keys {
    struct jwt_key *keys[JWKS_MAX];
    size_t count;
};

struct jwt_rules {
    const char *issuer, *audience; /* "" not checked */
    int64_t leeway_s;
};

struct jwt_claims {
    char sub[JWT_SUB_MAX + 1];
    size_t sub_len;
    int64_t expires_s;
};

/* A JWK Set (RFC 7517 section 5). HB_E_INPUT: no usable key; `why` says which. */
HB_CHECKED hb_err
jwt_keys_parse(const char *jwks, size_t len, struct jwt_keys *out, char *why, size_t why_max);
void jwt_keys_free(struct jwt_keys *keys);

/* HB_E_TOKEN_INVALID, HB_E_TOKEN_EXPIRED. */
HB_CHECKED hb_err jwt_check(const struct jwt_keys *keys,
                            const struct jwt_rules *rules,
                            const char *token,
                            size_t len,
                            int64_t now_s,
                            struct jwt_claims *out);
/* The same, and the whole payload: the caller's to json_decref(), NULL on error. Takes also tokens that are
 * meant for one purpose (claim `purpose`), which jwt_check() refuses: they sign nobody in. */
HB_CHECKED hb_err jwt_open(const struct jwt_keys *keys,
                           const struct jwt_rules *rules,
                           const char *token,
                           size_t len,
                           int64_t now_s,
                           struct jwt_claims *out,
                           json_t **payload);
/* For demo tokens and tests: malloc'ed, NULL on failure. */
char *jwt_issue(const struct jwt_key *key,
                const char *sub,
                const char *issuer,
                const char *audience,
                int64_t issued_s,
                int64_t expires_s);
