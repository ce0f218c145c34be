/*
 * outbound/wechat_keys.c - the keys with which WeChat Pay signs.
 */
#include "outbound/wechat_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct wechat_keys {
    pthread_mutex_t lock; /* held for a look, never for arithmetic */
    char public_id[WECHAT_SERIAL_MAX + 1];
    struct rsa_key *public;
    struct certificate *certificates[WECHAT_CERTIFICATES_MAX];
    size_t count;
};

struct wechat_keys *wechat_keys_new(void)
{
    struct wechat_keys *keys = calloc(1, sizeof *keys);

    if (keys != NULL) {
        (void)pthread_mutex_init(&keys->lock, NULL);
    }
    return keys;
}

static void certificates_free(struct wechat_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        certificate_free(keys->certificates[i]);
    }
    keys->count = 0;
}

void wechat_keys_free(struct wechat_keys *keys)
{
    if (keys != NULL) {
        certificates_free(keys);
        rsa_key_free(keys->public);
        (void)pthread_mutex_destroy(&keys->lock);
        free(keys);
    }
}

hb_err wechat_keys_set_public(struct wechat_keys *keys, const char *id, const struct rsa_key *key)
{
    size_t len = strlen(id);

    if (len == 0 || len > WECHAT_SERIAL_MAX) {
        return HB_E_INPUT;
    }
    (void)pthread_mutex_lock(&keys->lock);
    memcpy(keys->public_id, id, len + 1);
    rsa_key_free(keys->public);
    keys->public = rsa_key_hold(key);
    (void)pthread_mutex_unlock(&keys->lock);
    return HB_OK;
}

void wechat_keys_set_certificates(struct wechat_keys *keys, struct certificate **certificates, size_t count)
{
    (void)pthread_mutex_lock(&keys->lock);
    certificates_free(keys);
    for (size_t i = 0; i < count; i++) {
        if (keys->count < WECHAT_CERTIFICATES_MAX) {
            keys->certificates[keys->count++] = certificates[i];
        } else {
            certificate_free(certificates[i]);
        }
    }
    (void)pthread_mutex_unlock(&keys->lock);
}

static bool is_named(const char *name, const char *serial, size_t len)
{
    return len > 0 && strlen(name) == len && strncasecmp(name, serial, len) == 0;
}

/* Under the lock. */
static const struct rsa_key *key_of(const struct wechat_keys *keys, const char *serial, size_t len)
{
    if (keys->public != NULL && is_named(keys->public_id, serial, len)) {
        return keys->public;
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (is_named(certificate_serial(keys->certificates[i]), serial, len)) {
            return certificate_key(keys->certificates[i]);
        }
    }
    return NULL;
}

struct rsa_key *wechat_keys_find(struct wechat_keys *keys, const char *serial, size_t len)
{
    const struct rsa_key *key;
    struct rsa_key *held;

    (void)pthread_mutex_lock(&keys->lock);
    key = key_of(keys, serial, len);
    held = key == NULL ? NULL : rsa_key_hold(key);
    (void)pthread_mutex_unlock(&keys->lock);
    return held;
}

/* Under the lock. */
static const struct certificate *newest_valid(const struct wechat_keys *keys, int64_t now_ms)
{
    const struct certificate *newest = NULL;

    for (size_t i = 0; i < keys->count; i++) {
        const struct certificate *certificate = keys->certificates[i];

        if (certificate_valid_at(certificate, now_ms) &&
            (newest == NULL || certificate_starts_ms(certificate) > certificate_starts_ms(newest))) {
            newest = certificate;
        }
    }
    return newest;
}

struct rsa_key *
wechat_keys_current(struct wechat_keys *keys, int64_t now_ms, char serial[static WECHAT_SERIAL_MAX + 1])
{
    const struct certificate *certificate;
    struct rsa_key *held = NULL;

    (void)pthread_mutex_lock(&keys->lock);
    certificate = newest_valid(keys, now_ms);
    if (keys->public != NULL) {
        memcpy(serial, keys->public_id, sizeof keys->public_id);
        held = rsa_key_hold(keys->public);
    } else if (certificate != NULL && strlen(certificate_serial(certificate)) <= WECHAT_SERIAL_MAX) {
        memcpy(serial, certificate_serial(certificate), strlen(certificate_serial(certificate)) + 1);
        held = rsa_key_hold(certificate_key(certificate));
    }
    (void)pthread_mutex_unlock(&keys->lock);
    return held;
}
