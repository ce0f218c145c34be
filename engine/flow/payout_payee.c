/*
 * flow/payout_payee.c - who is paid, out of what is sealed.
 */
#include "flow/payout_internal.h"

#include "base/json.h"

#include <stdio.h>

static const struct {
    const char *name;
    enum payee_kind kind;
} KINDS[] = {
    {"openid", PAYEE_OPENID},
    {"alipay_user_id", PAYEE_ALIPAY_USER_ID},
    {"alipay_open_id", PAYEE_ALIPAY_OPEN_ID},
    {"alipay_logon_id", PAYEE_ALIPAY_LOGON_ID},
};

static bool kind_parse(const char *name, enum payee_kind *out)
{
    for (size_t i = 0; name != NULL && i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strcmp(name, KINDS[i].name) == 0) {
            *out = KINDS[i].kind;
            return true;
        }
    }
    return false;
}

static bool payee_read(const struct buf *json, struct payout_payee *out)
{
    json_t *payee = NULL;
    const char *id = NULL;
    bool good = false;

    if (json_parse(json->data, json->len, &payee, NULL, 0) != HB_OK) {
        return false;
    }
    id = json_string_value(json_object_get(payee, "id"));
    good = id != NULL && id[0] != '\0' && strlen(id) <= PROVIDER_PAYEE_MAX &&
           kind_parse(json_string_value(json_object_get(payee, "kind")), &out->kind);
    if (good) {
        (void)snprintf(out->id, sizeof out->id, "%s", id);
    }
    json_decref(payee);
    return good;
}

static void wipe_and_free(struct buf *plain)
{
    if (plain->data != NULL) {
        crypto_wipe(plain->data, plain->len);
    }
    buf_free(plain);
}

static bool unseal(const struct seal_key *key,
                   const char *purpose,
                   const struct payout_job *job,
                   struct payout_bytes sealed,
                   struct buf *out)
{
    return sealed.at != NULL &&
           seal_open(key, purpose, job->player.bytes, PLAYER_BYTES, sealed.at, sealed.len, out);
}

static bool
name_open(const struct seal_key *key, const struct payout_job *job, char out[static PROVIDER_NAME_MAX + 1])
{
    struct buf plain;
    bool good = true;

    out[0] = '\0';
    if (job->name_sealed.at == NULL) {
        return true;
    }
    buf_init(&plain, PROVIDER_NAME_MAX);
    good = unseal(key, "name", job, job->name_sealed, &plain) && memchr(plain.data, '\0', plain.len) == NULL;
    if (good) {
        (void)snprintf(out, PROVIDER_NAME_MAX + 1, "%.*s", (int)plain.len, plain.data);
    }
    wipe_and_free(&plain);
    return good;
}

bool payee_open(const struct seal_key *key, const struct payout_job *job, struct payout_payee *out)
{
    struct buf plain;
    bool good;

    buf_init(&plain, PAYEE_JSON_MAX);
    good = unseal(key, "payee", job, job->payee_sealed, &plain) && payee_read(&plain, out) &&
           name_open(key, job, out->name);
    wipe_and_free(&plain);
    return good;
}
