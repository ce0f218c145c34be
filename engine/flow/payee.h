/*
 * flow/payee.h - where a player is paid: read, sealed, and shown without giving it away.
 *
 *   {"provider": "wechat", "kind": "openid", "id": "o-...", "app_id": "wx...", "name": "..."}
 *
 *   provider  kinds
 *   wechat    openid: under an app of the merchant's
 *   alipay    alipay_user_id (16 digits from 2088), alipay_open_id, alipay_logon_id (phone or mail; with the
 * name)
 *
 * app_id may be left out where the operator has one app. name is the real name; needed for some sums.
 */
#pragma once

#include "base/crypto_seal.h"
#include "base/ids.h"
#include "base/json.h"
#include "flow/provider.h"

enum { PAYEE_PROVIDER_MAX = 32, PAYEE_APP_MAX = 64, PAYEE_NAME_CHARACTERS = 32, PAYEE_MASK_MAX = 160 };

struct payee {
    char provider[PAYEE_PROVIDER_MAX + 1];
    char app_id[PAYEE_APP_MAX + 1]; /* "": not said */
    enum payee_kind kind;
    char id[PROVIDER_PAYEE_MAX + 1];
    char name[PROVIDER_NAME_MAX + 1]; /* "": not given */
};

/* HB_E_FIELD: *why says which member and what it may be. *out holds personal data: payee_wipe() it. */
HB_CHECKED hb_err payee_parse(const json_t *object, struct payee *out, const char **why);
bool payee_equal(const struct payee *a, const struct payee *b);
void payee_wipe(struct payee *payee);
const char *payee_kind_name(enum payee_kind kind);

/* As the people's table keeps it: bound to the player. False: out of memory. */
enum { PAYEE_SEALED_MAX = 512 };
struct payee_sealed {
    uint8_t payee[PAYEE_SEALED_MAX], name[PAYEE_SEALED_MAX];
    size_t payee_len, name_len;        /* name_len 0: no name */
    uint8_t fingerprint[SHA256_BYTES]; /* the same payee has the same */
};
bool payee_seal(const struct seal_key *key,
                const struct player_id *player,
                const struct payee *payee,
                struct payee_sealed *out);
/* Sets kind, id and name; name_len 0: none. False: it does not open, or holds something else. */
bool payee_unseal(const struct seal_key *key,
                  const struct player_id *player,
                  const void *sealed,
                  size_t len,
                  const void *name_sealed,
                  size_t name_len,
                  struct payee *out);

/* What its owner recognises and nobody else can use: first and last letters of an id, the end of a name. */
void payee_mask_id(const struct payee *payee, char out[static PAYEE_MASK_MAX]);
void payee_mask_name(const struct payee *payee, char out[static PAYEE_MASK_MAX]);
