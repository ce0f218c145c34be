/*
 * outbound/merchant_files.c - the keys and certificates that a merchant names.
 */
#include "base/buf.h"
#include "base/file.h"
#include "outbound/merchant_internal.h"

#include <string.h>

enum { SECRET_MAX = 64 * 1024, PATH_MAX_BYTES = 4096, SN_MAX = 2048 };

const char *merchant_path(struct merchant_reading *reading, const char *file)
{
    struct buf path;
    const char *kept;

    if (file[0] == '/' || file[0] == '\0') {
        return file;
    }
    buf_init(&path, PATH_MAX_BYTES);
    buf_addf(&path, "%s%s", reading->folder, file);
    kept = arena_strndup(reading->memory, buf_cstr(&path), path.len);
    buf_free(&path);
    return kept != NULL ? kept : "";
}

/* The content; *out belongs to the caller also when it cannot be read. */
static bool
read_named(struct merchant_reading *reading, const char *member, const char *file, struct buf *out)
{
    buf_init(out, SECRET_MAX);
    if (file[0] == '\0') {
        return false; /* said already */
    }
    if (file_read(merchant_path(reading, file), out) != HB_OK) {
        merchant_problem(reading, member, "the file cannot be read");
        return false;
    }
    return true;
}

static void wipe_and_free(struct buf *secret)
{
    if (secret->data != NULL) {
        crypto_wipe(secret->data, secret->len);
    }
    buf_free(secret);
}

struct rsa_key *merchant_private_key(struct merchant_reading *reading, const char *file)
{
    struct rsa_key *key = NULL;
    struct buf pem;

    if (read_named(reading, "private_key_file", file, &pem) &&
        rsa_private_parse(pem.data, pem.len, &key) != HB_OK) {
        merchant_problem(reading,
                         "private_key_file",
                         "must hold an RSA private key in PEM, at least 2048 bits, without a password");
    }
    wipe_and_free(&pem);
    return key;
}

struct rsa_key *merchant_public_key(struct merchant_reading *reading, const char *file)
{
    struct rsa_key *key = NULL;
    struct buf pem;

    if (read_named(reading, "public_key_file", file, &pem) &&
        rsa_public_parse(pem.data, pem.len, &key) != HB_OK) {
        merchant_problem(reading, "public_key_file", "must hold an RSA public key in PEM");
    }
    buf_free(&pem);
    return key;
}

static struct certificate *
load_certificate(struct merchant_reading *reading, const char *member, const char *file)
{
    struct certificate *certificate = NULL;
    struct buf pem;

    if (read_named(reading, member, file, &pem) &&
        certificate_parse(pem.data, pem.len, &certificate) != HB_OK) {
        merchant_problem(reading, member, "must hold a certificate with an RSA key in PEM");
    }
    buf_free(&pem);
    return certificate;
}

const char *merchant_certificate(struct merchant_reading *reading,
                                 const char *member,
                                 const char *file,
                                 const struct rsa_key *key,
                                 const char *(*name_of)(const struct certificate *))
{
    struct certificate *certificate = load_certificate(reading, member, file);
    const char *name = "";

    if (certificate != NULL) {
        if (key != NULL && !rsa_keys_fit(certificate_key(certificate), key)) {
            merchant_problem(reading, member, "is not the certificate of the private key");
        }
        name = arena_strndup(reading->memory, name_of(certificate), strlen(name_of(certificate)));
    }
    certificate_free(certificate);
    return name != NULL ? name : "";
}

void merchant_api_key(struct merchant_reading *reading, const char *file, struct aead_key *out)
{
    struct buf secret;

    if (read_named(reading, "api_v3_key_file", file, &secret)) {
        while (secret.len > 0 &&
               (secret.data[secret.len - 1] == '\n' || secret.data[secret.len - 1] == '\r')) {
            secret.len--;
        }
        if (!aead_key_init(out, secret.data, secret.len)) {
            merchant_problem(reading, "api_v3_key_file", "must hold exactly 32 bytes");
        }
    }
    wipe_and_free(&secret);
}

const char *merchant_root_sn(struct merchant_reading *reading, const char *file)
{
    const char *kept = "";
    struct buf pem, sn;

    buf_init(&sn, SN_MAX);
    if (read_named(reading, "root_certificate_file", file, &pem)) {
        if (certificate_alipay_root_sn(pem.data, pem.len, &sn) != HB_OK) {
            merchant_problem(
                reading, "root_certificate_file", "must hold root certificates, one of them signed with RSA");
        } else {
            kept = arena_strndup(reading->memory, buf_cstr(&sn), sn.len);
        }
    }
    buf_free(&pem);
    buf_free(&sn);
    return kept != NULL ? kept : "";
}

void merchant_certificate_check(struct merchant_reading *reading, const char *member, const char *file)
{
    certificate_free(load_certificate(reading, member, file));
}
