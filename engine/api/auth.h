/*
 * api/auth.h - who is calling: an engine session or a JWT, remembered once verified.
 *
 * Keys are read once and shared by all workers (read only); each worker has its own cache of verified tokens.
 */
#pragma once

#include "api/jwt.h"
#include "api/session.h"
#include "base/config.h"
#include "http/server.h"

struct auth_keys {
    struct jwt_keys jwt;
    struct jwt_rules rules;
    struct hmac_key player, session;
    int64_t session_s;
    size_t cache_entries;
};

/* Reads player.key and session.key (64 hex digits each) and jwks.json from engine.secrets_dir; logs what is
 * wrong. */
HB_CHECKED hb_err auth_keys_load(const struct config *config, struct auth_keys *out);
void auth_keys_free(struct auth_keys *keys);

struct auth;                                                                 /* a worker's view */
HB_CHECKED hb_err auth_new(const struct auth_keys *keys, struct auth **out); /* keys borrowed */
void auth_free(struct auth *auth);

/* In a microsecond: a session, or a token that was verified before. *is_new: neither; auth_verify() finds
 * out. HB_E_TOKEN_MISSING, HB_E_TOKEN_INVALID, HB_E_TOKEN_EXPIRED. */
HB_CHECKED hb_err auth_known(const struct auth *auth,
                             const struct http_call *call,
                             struct player_id *out,
                             bool *is_new);
/* Checks the signature of the call's JWT, a hundred times slower, and remembers it. Errors as above. */
HB_CHECKED hb_err auth_verify(struct auth *auth, const struct http_call *call, struct player_id *out);
/* A fresh session for the player; answers when it ends, UTC seconds. */
int64_t
auth_session(const struct auth *auth, const struct player_id *player, char out[static SESSION_TEXT + 1]);

/* Another token of the same issuers, for one purpose: see jwt_open(). */
HB_CHECKED hb_err
auth_open(const struct auth *auth, const char *token, size_t len, struct jwt_claims *out, json_t **payload);
/* Who the call's own token says the player is. False: it is a session, which does not know. */
bool auth_subject(const struct auth *auth, const struct http_call *call, struct jwt_claims *out);
bool auth_is(const struct auth *auth, const struct jwt_claims *claims, const struct player_id *player);

/* player = HMAC-SHA256(player key, sub), first 128 bits (P9). */
void auth_player_of(const struct auth_keys *keys, const char *sub, size_t len, struct player_id *out);
