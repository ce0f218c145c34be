/*
 * base/crypto_cert.c - reads certificates and names them.
 */
#include "base/crypto_cert.h"

#include "base/buf.h"
#include "base/civil.h"
#include "base/crypto.h"
#include "base/crypto_rsa_internal.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SERIAL_BYTES_MAX = 32, MD5_BYTES = 16 };

struct certificate {
    X509 *x509;
    struct rsa_key *key;
    char serial[2 * SERIAL_BYTES_MAX + 2];
    char alipay_sn[ALIPAY_SN_TEXT + 1];
    int64_t starts_ms, ends_ms;
};

/* The serial number, written by `write`. Cut short when it is longer than RFC 5280 lets it be. */
static bool serial_write(const X509 *x509, char *(*write)(const BIGNUM *), char *out, size_t max)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    char *text = number == NULL ? NULL : write(number);
    bool good = text != NULL && strlen(text) < max;

    if (good) {
        memcpy(out, text, strlen(text) + 1);
    }
    OPENSSL_free(text);
    BN_free(number);
    return good;
}

static bool md5_hex(const void *data, size_t len, char out[static ALIPAY_SN_TEXT + 1])
{
    uint8_t hash[MD5_BYTES];
    unsigned hash_len = sizeof hash;

    if (EVP_Digest(data, len, hash, &hash_len, EVP_md5(), NULL) != 1) {
        return false;
    }
    hex_encode(hash, sizeof hash, out);
    return true;
}

/* Issuer in the order and with the escapes of RFC 2253, then the serial number. Letters outside ASCII stay as
 * they are in the name: the providers' own code hashes the text, not its escaped form. */
static bool alipay_sn_of(const X509 *x509, char out[static ALIPAY_SN_TEXT + 1])
{
    BIO *memory = BIO_new(BIO_s_mem());
    char serial[4 * SERIAL_BYTES_MAX];
    char *text;
    long len;
    bool good = memory != NULL && serial_write(x509, BN_bn2dec, serial, sizeof serial) &&
                X509_NAME_print_ex(memory,
                                   X509_get_issuer_name(x509),
                                   0,
                                   XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0 &&
                BIO_puts(memory, serial) > 0;

    if (good) {
        len = BIO_get_mem_data(memory, &text);
        good = len > 0 && md5_hex(text, (size_t)len, out);
    }
    BIO_free(memory);
    return good;
}

static bool time_read(const ASN1_TIME *from, int64_t *out_ms)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(from, &tm) != 1) {
        return false;
    }
    *out_ms = 1000 * civil_to_seconds(&(struct civil){.year = tm.tm_year + 1900,
                                                      .month = tm.tm_mon + 1,
                                                      .day = tm.tm_mday,
                                                      .hour = tm.tm_hour,
                                                      .minute = tm.tm_min,
                                                      .second = tm.tm_sec});
    return true;
}

static hb_err certificate_fill(struct certificate *certificate)
{
    const X509 *x509 = certificate->x509;

    if (!serial_write(x509, BN_bn2hex, certificate->serial, sizeof certificate->serial) ||
        !alipay_sn_of(x509, certificate->alipay_sn) ||
        !time_read(X509_get0_notBefore(x509), &certificate->starts_ms) ||
        !time_read(X509_get0_notAfter(x509), &certificate->ends_ms)) {
        return HB_E_INPUT;
    }
    return rsa_key_adopt(X509_get_pubkey(certificate->x509), /* is_private= */ false, &certificate->key);
}

hb_err certificate_parse(const char *pem, size_t len, struct certificate **out)
{
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    X509 *x509 = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    struct certificate *certificate = x509 == NULL ? NULL : calloc(1, sizeof *certificate);
    hb_err err = HB_E_INPUT;

    *out = NULL;
    if (certificate != NULL) {
        certificate->x509 = x509;
        x509 = NULL; /* handed over */
        err = certificate_fill(certificate);
    }
    if (err == HB_OK) {
        *out = certificate;
        certificate = NULL; /* handed over */
    }
    certificate_free(certificate);
    X509_free(x509);
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

void certificate_free(struct certificate *certificate)
{
    if (certificate != NULL) {
        rsa_key_free(certificate->key);
        X509_free(certificate->x509);
        free(certificate);
    }
}

const struct rsa_key *certificate_key(const struct certificate *certificate)
{
    return certificate->key;
}

const char *certificate_serial(const struct certificate *certificate)
{
    return certificate->serial;
}

const char *certificate_alipay_sn(const struct certificate *certificate)
{
    return certificate->alipay_sn;
}

bool certificate_valid_at(const struct certificate *certificate, int64_t wall_ms)
{
    return wall_ms >= certificate->starts_ms && wall_ms < certificate->ends_ms;
}

int64_t certificate_starts_ms(const struct certificate *certificate)
{
    return certificate->starts_ms;
}

bool certificate_signed_by(const struct certificate *certificate, const struct rsa_key *issuer)
{
    bool good = X509_verify(certificate->x509, rsa_key_pkey(issuer)) == 1;

    ERR_clear_error();
    return good;
}

/* OID prefix 1.2.840.113549.1.1: every signature made with RSA. */
static bool is_rsa_signed(const X509 *x509)
{
    static const char PREFIX[] = "1.2.840.113549.1.1";
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    char oid[64];

    X509_get0_signature(NULL, &algorithm, x509);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return OBJ_obj2txt(oid, sizeof oid, object, 1) > 0 && strncmp(oid, PREFIX, sizeof PREFIX - 1) == 0;
}

static bool root_add(const X509 *x509, struct buf *names)
{
    char sn[ALIPAY_SN_TEXT + 1];

    if (!is_rsa_signed(x509)) {
        return true;
    }
    if (!alipay_sn_of(x509, sn)) {
        return false;
    }
    buf_adds(names, names->len > 0 ? "_" : "");
    buf_adds(names, sn);
    return true;
}

static bool at_end_of_pem(void)
{
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

hb_err certificate_alipay_root_sn(const char *pem, size_t len, struct buf *out)
{
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    bool good = bio != NULL;
    struct buf names;
    X509 *x509;

    buf_init(&names, out->max);
    while (good && (x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        good = root_add(x509, &names);
        X509_free(x509);
    }
    good = good && at_end_of_pem() && names.len > 0;
    if (good) {
        buf_add(out, names.data, names.len);
    }
    buf_free(&names);
    BIO_free(bio);
    ERR_clear_error();
    return !good ? HB_E_INPUT : out->failed ? HB_E_NOMEM : HB_OK;
}
