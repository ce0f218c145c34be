/*
 * outbound/alipay_keys.c - the certificates with which Alipay signs.
 */
#include "outbound/alipay_keys.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "outbound/merchant.h"

#include <pthread.h>
#include <stdlib.h>

enum { PEM_MAX = 256 * 1024, REREAD_US = 2 * 1000 * 1000 };

struct alipay_keys {
    pthread_mutex_t lock;
    char *file;
    struct certificate *certificates[ALIPAY_CERTIFICATES_MAX]; /* newest first */
    size_t count;
    int64_t read_us;
};

/* Under the lock. */
static const struct certificate *find(const struct alipay_keys *keys, struct span sn)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (span_is(sn, certificate_alipay_sn(keys->certificates[i]))) {
            return keys->certificates[i];
        }
    }
    return NULL;
}

/* Under the lock: takes over the certificate; the oldest makes room. */
static void put_in_front(struct alipay_keys *keys, struct certificate *certificate)
{
    if (find(keys, span_of(certificate_alipay_sn(certificate))) != NULL) {
        certificate_free(certificate);
        return;
    }
    if (keys->count == ALIPAY_CERTIFICATES_MAX) {
        certificate_free(keys->certificates[--keys->count]);
    }
    memmove(keys->certificates + 1, keys->certificates, keys->count * sizeof keys->certificates[0]);
    keys->certificates[0] = certificate;
    keys->count++;
}

/* Under the lock. */
static hb_err read_file(struct alipay_keys *keys)
{
    struct certificate *certificate = NULL;
    struct buf pem;
    hb_err err;

    buf_init(&pem, PEM_MAX);
    keys->read_us = clock_mono_us();
    err = file_read(keys->file, &pem);
    if (err == HB_OK) {
        err = certificate_parse(pem.data, pem.len, &certificate);
    }
    if (err == HB_OK) {
        put_in_front(keys, certificate);
    }
    buf_free(&pem);
    return err;
}

/* Under the lock. */
static void read_again(struct alipay_keys *keys)
{
    hb_err err;

    if (clock_mono_us() - keys->read_us < REREAD_US) {
        return;
    }
    err = read_file(keys);
    if (err != HB_OK) {
        log_error("provider.no_certificates", "file=%s err=%s", keys->file, err_code(err));
    }
}

hb_err alipay_keys_new(const char *file, struct alipay_keys **out)
{
    struct alipay_keys *keys = calloc(1, sizeof *keys);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (keys == NULL) {
        return HB_E_NOMEM;
    }
    (void)pthread_mutex_init(&keys->lock, NULL);
    keys->file = strdup(file);
    if (keys->file != NULL) {
        err = read_file(keys);
        keys->read_us -= REREAD_US; /* the first unknown name reads at once */
    }
    if (err != HB_OK) {
        alipay_keys_free(keys);
        return err;
    }
    *out = keys;
    return HB_OK;
}

void alipay_keys_free(struct alipay_keys *keys)
{
    if (keys != NULL) {
        while (keys->count > 0) {
            certificate_free(keys->certificates[--keys->count]);
        }
        (void)pthread_mutex_destroy(&keys->lock);
        free(keys->file);
        free(keys);
    }
}

struct rsa_key *alipay_keys_find(struct alipay_keys *keys, struct span sn)
{
    const struct certificate *certificate;
    struct rsa_key *held;

    (void)pthread_mutex_lock(&keys->lock);
    certificate = find(keys, sn);
    if (certificate == NULL) {
        read_again(keys);
        certificate = find(keys, sn);
    }
    held = certificate == NULL ? NULL : rsa_key_hold(certificate_key(certificate));
    (void)pthread_mutex_unlock(&keys->lock);
    return held;
}

/* Under the lock: a few signatures at most. */
static bool any_verifies(const struct alipay_keys *keys, struct span text, struct span signature)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (rsa_verify(
                certificate_key(keys->certificates[i]), text.at, text.len, signature.at, signature.len)) {
            return true;
        }
    }
    return false;
}

bool alipay_keys_verify(struct alipay_keys *keys, struct span text, struct span signature)
{
    bool good;

    (void)pthread_mutex_lock(&keys->lock);
    good = any_verifies(keys, text, signature);
    if (!good) {
        read_again(keys);
        good = any_verifies(keys, text, signature);
    }
    (void)pthread_mutex_unlock(&keys->lock);
    return good;
}
