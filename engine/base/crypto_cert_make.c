/*
 * base/crypto_cert_make.c - fresh certificates, for stand-ins and tests.
 */
#include "base/crypto_cert.h"

#include "base/buf.h"
#include "base/civil.h"
#include "base/crypto.h"
#include "base/crypto_rsa_internal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { SERIAL_BITS = 159, NAME_PART_MAX = 128, X509_VERSION_MADE = 2 /* X.509 v3 */ };

/* One "CN=root", len bytes. */
static bool part_add(X509_NAME *name, const char *part, size_t len)
{
    char text[NAME_PART_MAX];
    char *value;

    if (len >= sizeof text) {
        return false;
    }
    memcpy(text, part, len);
    text[len] = '\0';
    value = strchr(text, '=');
    if (value == NULL) {
        return false;
    }
    *value++ = '\0';
    return X509_NAME_add_entry_by_txt(name, text, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) ==
           1;
}

static X509_NAME *name_new(const char *text)
{
    X509_NAME *name = X509_NAME_new();

    for (bool good = name != NULL; good && *text != '\0';) {
        size_t len = strcspn(text, ",");

        good = part_add(name, text, len);
        if (!good) {
            X509_NAME_free(name);
            return NULL;
        }
        text += len + (text[len] == ',');
    }
    return name;
}

static bool names_set(X509 *x509, const struct certificate_spec *spec)
{
    X509_NAME *subject = name_new(spec->subject);
    X509_NAME *issuer = name_new(spec->issuer);
    bool good = subject != NULL && issuer != NULL && X509_set_subject_name(x509, subject) == 1 &&
                X509_set_issuer_name(x509, issuer) == 1;

    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    return good;
}

static bool serial_set(X509 *x509, const char *decimal)
{
    BIGNUM *number = NULL;
    bool good;

    if (decimal == NULL) {
        number = BN_new();
        good = number != NULL && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1;
    } else {
        good = BN_dec2bn(&number, decimal) == (int)strlen(decimal);
    }
    good = good && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return good;
}

/* YYYYMMDDHHMMSSZ: ASN1_TIME_adj() counts days from now, which a time of the past is not. */
static bool time_set(ASN1_TIME *time, int64_t ms)
{
    struct civil civil = civil_from_seconds(ms / 1000);
    char text[] = "YYYYMMDDHHMMSSZ";

    civil_write_digits(text, 4, civil.year);
    civil_write_digits(text + 4, 2, civil.month);
    civil_write_digits(text + 6, 2, civil.day);
    civil_write_digits(text + 8, 2, civil.hour);
    civil_write_digits(text + 10, 2, civil.minute);
    civil_write_digits(text + 12, 2, civil.second);
    return ASN1_TIME_set_string_X509(time, text) == 1;
}

static bool extension_add(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool good = extension != NULL && X509_add_ext(x509, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return good;
}

static bool extensions_set(X509 *x509, const struct certificate_spec *spec)
{
    return extension_add(
               x509, NID_basic_constraints, spec->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
           (!spec->is_authority || extension_add(x509, NID_key_usage, "critical,keyCertSign,cRLSign")) &&
           (spec->hosts == NULL || extension_add(x509, NID_subject_alt_name, spec->hosts));
}

static bool certificate_sign(X509 *x509, const struct certificate_spec *spec)
{
    return X509_set_version(x509, X509_VERSION_MADE) == 1 && names_set(x509, spec) &&
           serial_set(x509, spec->serial) && time_set(X509_getm_notBefore(x509), spec->starts_ms) &&
           time_set(X509_getm_notAfter(x509), spec->ends_ms) &&
           X509_set_pubkey(x509, rsa_key_pkey(spec->key)) == 1 && extensions_set(x509, spec) &&
           X509_sign(x509, rsa_key_pkey(spec->issuer_key), EVP_sha256()) > 0;
}

hb_err certificate_make(const struct certificate_spec *spec, struct buf *out)
{
    X509 *x509 = X509_new();
    BIO *memory = BIO_new(BIO_s_mem());
    hb_err err = HB_E_INPUT;

    if (x509 != NULL && memory != NULL && rsa_key_is_private(spec->issuer_key) &&
        certificate_sign(x509, spec) && PEM_write_bio_X509(memory, x509) == 1) {
        err = rsa_add_memory(memory, out);
    }
    BIO_free(memory);
    X509_free(x509);
    ERR_clear_error();
    return err;
}
