/*
 * sandbox/keys.c - every key on both sides of the wire.
 */
#include "sandbox/keys.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "sandbox/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ISSUER "C=CN,O=Hongbao Sandbox,CN="

enum { PEM_MAX = 64 * 1024 };

static const int64_t YEAR_MS = INT64_C(365) * 86400 * 1000;

/* ---- files ---- */

void keys_path(const struct keys *keys, const char *name, char out[static KEYS_PATH_MAX])
{
    (void)snprintf(out, KEYS_PATH_MAX, "%s/%s", keys->folder, name);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* ---- one key, one certificate ---- */

static hb_err key_make(const char *path, struct rsa_key **out)
{
    struct buf pem;
    hb_err err = rsa_generate(out);

    buf_init(&pem, PEM_MAX);
    if (err == HB_OK) {
        err = rsa_private_write(*out, &pem);
    }
    if (err == HB_OK) {
        err = file_write(path, pem.data, pem.len);
    }
    buf_free(&pem);
    return err;
}

static hb_err key_load(const char *path, struct rsa_key **out)
{
    struct buf pem;
    hb_err err;

    buf_init(&pem, PEM_MAX);
    errno = 0;
    err = file_read(path, &pem);
    if (err == HB_OK) {
        err = rsa_private_parse(pem.data, pem.len, out);
    }
    buf_free(&pem);
    return err == HB_OK ? HB_OK : complain(path);
}

static hb_err key_ensure(const struct keys *keys, const char *name, struct rsa_key **out)
{
    char path[KEYS_PATH_MAX], file[64];

    (void)snprintf(file, sizeof file, "%s.key", name);
    keys_path(keys, file, path);
    return is_there(path) ? key_load(path, out) : key_make(path, out);
}

static hb_err certificate_write(const char *path, const struct certificate_spec *spec)
{
    struct buf pem;
    hb_err err;

    buf_init(&pem, PEM_MAX);
    err = certificate_make(spec, &pem);
    if (err == HB_OK) {
        err = file_write(path, pem.data, pem.len);
    }
    buf_free(&pem);
    return err;
}

static hb_err certificate_load(const char *path, struct key_pair *pair)
{
    struct buf pem;
    hb_err err;

    buf_init(&pem, PEM_MAX);
    errno = 0;
    err = file_read(path, &pem);
    if (err == HB_OK) {
        err = certificate_parse(pem.data, pem.len, &pair->certificate);
    }
    pair->pem = err == HB_OK ? strdup(buf_cstr(&pem)) : NULL;
    buf_free(&pem);
    return pair->pem != NULL ? HB_OK : complain(path);
}

/* issuer NULL: signed by itself, an authority. hosts: of a server. */
static hb_err pair_ensure(const struct keys *keys,
                          const char *name,
                          const struct key_pair *issuer,
                          const char *issuer_name,
                          const char *hosts,
                          struct key_pair *out)
{
    char path[KEYS_PATH_MAX], file[64], subject[128], issued_by[128];
    int64_t now_ms = clock_wall_ms();
    hb_err err = key_ensure(keys, name, &out->key);

    (void)snprintf(file, sizeof file, "%s.crt", name);
    (void)snprintf(subject, sizeof subject, ISSUER "%s", name);
    (void)snprintf(issued_by, sizeof issued_by, ISSUER "%s", issuer_name);
    keys_path(keys, file, path);
    if (err == HB_OK && !is_there(path)) {
        const struct certificate_spec spec = {
            .subject = subject,
            .issuer = issued_by,
            .key = out->key,
            .issuer_key = issuer == NULL ? out->key : issuer->key,
            .starts_ms = now_ms - 60000,
            .ends_ms = now_ms + 5 * YEAR_MS,
            .is_authority = issuer == NULL,
            .hosts = hosts,
        };

        err = certificate_write(path, &spec);
    }
    return err == HB_OK ? certificate_load(path, out) : err;
}

static void pair_free(struct key_pair *pair)
{
    certificate_free(pair->certificate);
    rsa_key_free(pair->key);
    free(pair->pem);
    *pair = (struct key_pair){0};
}

/* ---- everybody's ---- */

static hb_err tls_ensure(const struct keys *keys)
{
    struct key_pair authority = {0}, server = {0};
    hb_err err = pair_ensure(keys, "tls-ca", NULL, "tls-ca", NULL, &authority);

    if (err == HB_OK) {
        err = pair_ensure(keys, "tls", &authority, "tls-ca", "DNS:localhost,IP:127.0.0.1,IP:::1", &server);
    }
    pair_free(&authority);
    pair_free(&server);
    return err;
}

/* 32 letters and digits, as the provider's console takes them. */
static hb_err api_key_ensure(const struct keys *keys, const char *shop, struct aead_key *out)
{
    char path[KEYS_PATH_MAX], file[64], text[2 * AEAD_KEY_BYTES + 1];
    uint8_t bytes[AEAD_KEY_BYTES];
    struct buf read;
    hb_err err = HB_OK;

    (void)snprintf(file, sizeof file, "%s.api-v3.key", shop);
    keys_path(keys, file, path);
    if (!is_there(path)) {
        crypto_random(bytes, sizeof bytes);
        hex_encode(bytes, sizeof bytes, text);
        err = file_write(path, text, AEAD_KEY_BYTES);
    }
    buf_init(&read, AEAD_KEY_BYTES);
    errno = 0;
    if (err == HB_OK && (file_read(path, &read) != HB_OK || !aead_key_init(out, read.data, read.len))) {
        err = complain(path);
    }
    buf_free(&read);
    return err;
}

static hb_err shops_ensure(struct keys *keys, const struct key_pair *issuer)
{
    hb_err err = HB_OK;

    for (size_t i = 0; err == HB_OK && i < BOOK_SHOPS; i++) {
        err = pair_ensure(keys, SHOPS[i].name, issuer, "merchant-ca", NULL, &keys->shops[i].pair);
        if (err == HB_OK && SHOPS[i].mch_id != NULL) {
            err = api_key_ensure(keys, SHOPS[i].name, &keys->shops[i].api_key);
        }
    }
    return err;
}

/* All rotations that there are, at least one. */
static hb_err rotations_ensure(const struct keys *keys,
                               const char *name,
                               const struct key_pair *issuer,
                               const char *issuer_name,
                               struct key_pair *pairs,
                               size_t *count)
{
    char path[KEYS_PATH_MAX], file[64];
    hb_err err = HB_OK;

    for (*count = 0; err == HB_OK && *count < KEYS_ROTATIONS_MAX; ++*count) {
        (void)snprintf(file, sizeof file, "%s-%zu.crt", name, *count + 1);
        keys_path(keys, file, path);
        if (*count > 0 && !is_there(path)) {
            break;
        }
        (void)snprintf(file, sizeof file, "%s-%zu", name, *count + 1);
        err = pair_ensure(keys, file, issuer, issuer_name, NULL, &pairs[*count]);
    }
    return err;
}

static hb_err rotate(const struct keys *keys,
                     const char *name,
                     const struct key_pair *issuer,
                     const char *issuer_name,
                     struct key_pair *pairs,
                     size_t *count)
{
    char file[64];
    hb_err err;

    if (*count == KEYS_ROTATIONS_MAX) {
        return HB_E_CONFLICT;
    }
    (void)snprintf(file, sizeof file, "%s-%zu", name, *count + 1);
    err = pair_ensure(keys, file, issuer, issuer_name, NULL, &pairs[*count]);
    *count += err == HB_OK;
    return err;
}

hb_err keys_rotate_platform(struct keys *keys)
{
    return rotate(keys, "platform", &keys->root, "root", keys->platform, &keys->platform_count);
}

hb_err keys_rotate_alipay(struct keys *keys)
{
    return rotate(keys, "alipay", &keys->root, "root", keys->alipay, &keys->alipay_count);
}

hb_err keys_deliver(const struct keys *keys)
{
    char path[KEYS_PATH_MAX];
    const char *pem = keys->alipay[keys->alipay_count - 1].pem;

    keys_path(keys, "alipay-public.crt", path);
    return file_write(path, pem, strlen(pem));
}

static hb_err public_ensure(struct keys *keys)
{
    char path[KEYS_PATH_MAX];
    struct buf pem;
    hb_err err = key_ensure(keys, "public", &keys->public_key);

    buf_init(&pem, PEM_MAX);
    keys_path(keys, "public.pem", path);
    if (err == HB_OK) {
        err = rsa_public_write(keys->public_key, &pem);
    }
    if (err == HB_OK) {
        err = file_write(path, pem.data, pem.len);
    }
    buf_free(&pem);
    return err;
}

static hb_err keys_ensure(struct keys *keys)
{
    struct key_pair merchants = {0};
    char path[KEYS_PATH_MAX];
    hb_err err = tls_ensure(keys);

    err = err == HB_OK ? pair_ensure(keys, "merchant-ca", NULL, "merchant-ca", NULL, &merchants) : err;
    err = err == HB_OK ? shops_ensure(keys, &merchants) : err;
    err = err == HB_OK ? pair_ensure(keys, "root", NULL, "root", NULL, &keys->root) : err;
    err = err == HB_OK
              ? rotations_ensure(keys, "platform", &keys->root, "root", keys->platform, &keys->platform_count)
              : err;
    err = err == HB_OK
              ? rotations_ensure(keys, "alipay", &keys->root, "root", keys->alipay, &keys->alipay_count)
              : err;
    err = err == HB_OK ? public_ensure(keys) : err;
    keys_path(keys, "alipay-public.crt", path);
    if (err == HB_OK && !is_there(path)) {
        err = keys_deliver(keys);
    }
    pair_free(&merchants);
    return err;
}

hb_err keys_open(const char *home, struct keys **out)
{
    struct keys *keys = calloc(1, sizeof *keys);
    hb_err err;

    *out = NULL;
    if (keys == NULL) {
        return HB_E_NOMEM;
    }
    (void)snprintf(keys->folder, sizeof keys->folder, "%s/keys", home);
    if ((mkdir(home, 0700) != 0 && errno != EEXIST) || (mkdir(keys->folder, 0700) != 0 && errno != EEXIST)) {
        err = complain(keys->folder);
    } else {
        err = keys_ensure(keys);
    }
    if (err != HB_OK) {
        keys_free(keys);
        return err;
    }
    *out = keys;
    return HB_OK;
}

void keys_free(struct keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < BOOK_SHOPS; i++) {
        pair_free(&keys->shops[i].pair);
    }
    for (size_t i = 0; i < KEYS_ROTATIONS_MAX; i++) {
        pair_free(&keys->platform[i]);
        pair_free(&keys->alipay[i]);
    }
    pair_free(&keys->root);
    rsa_key_free(keys->public_key);
    crypto_wipe(keys, sizeof *keys);
    free(keys);
}
