/*
 * api/session.h - the engine's own short session: player, expiry and MAC in one text that any worker checks
 * in under a microsecond, so that phones which opened the page early cost nothing at the start.
 *
 *   "hbs1." base64url( player 16 | expires u64 big-endian seconds | mac 16 )
 *   mac: the first bytes of HMAC-SHA256(key, "session" 00 player expires)
 */
#pragma once

#include "base/crypto.h"
#include "base/ids.h"

enum { SESSION_TEXT = 5 + 54 };

void session_issue(const struct hmac_key *key,
                   const struct player_id *player,
                   int64_t expires_s,
                   char out[static SESSION_TEXT + 1]);
/* HB_E_TOKEN_INVALID, HB_E_TOKEN_EXPIRED. */
HB_CHECKED hb_err
session_check(const struct hmac_key *key, const char *text, size_t len, int64_t now_s, struct player_id *out);
bool session_looks_like(const char *text, size_t len);
