/*
 * Unit tests of base/crypto_cert*.c: certificates are read, made, and named as the providers name them.
 */
#include "base/crypto_cert.h"

#include "base/buf.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

enum { PEM_MAX = 64 * 1024 };

#define ANT "C=CN,O=Ant Financial,OU=Certification Authority,CN=Ant Financial Certification Authority"
#define ANT_SERIAL "2292228364100439313"
#define ITRUS "C=CN,O=iTrusChina,OU=China Trust Network,CN=iTrusChina Class 2 Root CA - G3"
#define ITRUS_SERIAL "95790491425698859646659490580052089075020051350"

/* Issuers and serial numbers of Alipay's own certificates, and the names that follow from them. */
struct named {
    const char *issuer, *serial, *sn;
};

static const struct named NAMED[] = {
    {ANT " Class 1 R1", "42706824561068464842605407058315913859", "e1b085ae86cbbba54fe9dc6cdf82b65a"},
    {ANT " R1", ANT_SERIAL, "687b59193f3f462dd5336e5abf83c5d8"},
    {ITRUS, ITRUS_SERIAL, "02941eef3187dddf3d3b83462e1dfcf6"},
};

static struct rsa_key *key;

static int setup(void **state)
{
    (void)state;
    return rsa_private_parse(VECTOR_KEY, strlen(VECTOR_KEY), &key) == HB_OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    rsa_key_free(key);
    return 0;
}

static struct certificate_spec spec_of(const char *issuer, const char *serial)
{
    return (struct certificate_spec){
        .subject = "C=CN,O=Sandbox,CN=leaf",
        .issuer = issuer,
        .serial = serial,
        .key = key,
        .issuer_key = key,
        .starts_ms = INT64_C(1700000000000),
        .ends_ms = INT64_C(1800000000000),
    };
}

static void make(const char *issuer, const char *serial, struct buf *pem)
{
    struct certificate_spec spec = spec_of(issuer, serial);

    assert_int_equal(certificate_make(&spec, pem), HB_OK);
}

static struct certificate *made(const char *issuer, const char *serial)
{
    struct certificate *certificate;
    struct buf pem;

    buf_init(&pem, PEM_MAX);
    make(issuer, serial, &pem);
    assert_int_equal(certificate_parse(pem.data, pem.len, &certificate), HB_OK);
    buf_free(&pem);
    return certificate;
}

TEST(alipays_names_are_the_published_ones)
{
    for (size_t i = 0; i < sizeof NAMED / sizeof NAMED[0]; i++) {
        struct certificate *certificate = made(NAMED[i].issuer, NAMED[i].serial);

        assert_string_equal(certificate_alipay_sn(certificate), NAMED[i].sn);
        certificate_free(certificate);
    }
}

TEST(a_serial_number_is_upper_case_hex)
{
    struct certificate *certificate = made("CN=root", "6700417");

    assert_string_equal(certificate_serial(certificate), "663D81");
    certificate_free(certificate);
}

TEST(a_certificate_is_valid_from_its_first_to_before_its_last_moment)
{
    struct certificate *certificate = made("CN=root", NULL);

    assert_int_equal(certificate_starts_ms(certificate), INT64_C(1700000000000));
    assert_false(certificate_valid_at(certificate, INT64_C(1699999999999)));
    assert_true(certificate_valid_at(certificate, INT64_C(1700000000000)));
    assert_true(certificate_valid_at(certificate, INT64_C(1799999999999)));
    assert_false(certificate_valid_at(certificate, INT64_C(1800000000000)));
    certificate_free(certificate);
}

TEST(its_key_verifies_and_is_only_public)
{
    struct certificate *certificate = made("CN=root", NULL);
    const struct rsa_key *public = certificate_key(certificate);

    assert_false(rsa_key_is_private(public));
    assert_true(rsa_keys_fit(public, key));
    assert_true(rsa_verify(public, "source", 6, VECTOR_SOURCE_SIGNATURE, strlen(VECTOR_SOURCE_SIGNATURE)));
    certificate_free(certificate);
}

TEST(who_signed_it_is_told_from_who_did_not)
{
    struct certificate *certificate = made("CN=root", NULL);
    struct rsa_key *other;

    assert_int_equal(rsa_generate(&other), HB_OK);
    assert_true(certificate_signed_by(certificate, key));
    assert_false(certificate_signed_by(certificate, other));
    rsa_key_free(other);
    certificate_free(certificate);
}

/* A root as some in Alipay's bundle are: its signature is not made with RSA. */
static void add_curve_root(struct buf *bundle)
{
    EVP_PKEY *curve = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    BIO *memory = BIO_new(BIO_s_mem());
    char *text;

    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), 7), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 3600));
    assert_int_equal(X509_set_pubkey(x509, curve), 1);
    assert_true(X509_sign(x509, curve, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(memory, x509), 1);
    buf_add(bundle, text, (size_t)BIO_get_mem_data(memory, &text));
    BIO_free(memory);
    X509_free(x509);
    EVP_PKEY_free(curve);
}

TEST(a_bundle_of_roots_is_named_by_those_signed_with_rsa)
{
    struct buf bundle, out;

    buf_init(&bundle, PEM_MAX);
    buf_init(&out, 256);
    add_curve_root(&bundle);
    make(ANT " R1", ANT_SERIAL, &bundle);
    add_curve_root(&bundle);
    make(ITRUS, ITRUS_SERIAL, &bundle);
    assert_int_equal(certificate_alipay_root_sn(bundle.data, bundle.len, &out), HB_OK);
    assert_string_equal(buf_cstr(&out), ALIPAY_ROOT_SN);
    buf_free(&bundle);
    buf_free(&out);
}

TEST(a_bundle_without_an_rsa_root_or_with_a_broken_one_has_no_name)
{
    struct buf bundle, out;

    buf_init(&bundle, PEM_MAX);
    buf_init(&out, 256);
    assert_int_equal(certificate_alipay_root_sn("", 0, &out), HB_E_INPUT);
    add_curve_root(&bundle);
    assert_int_equal(certificate_alipay_root_sn(bundle.data, bundle.len, &out), HB_E_INPUT);
    make(ANT " R1", ANT_SERIAL, &bundle);
    assert_int_equal(certificate_alipay_root_sn(bundle.data, bundle.len, &out), HB_OK);
    buf_clear(&out);
    bundle.data[bundle.len - 100] = '?';
    assert_int_equal(certificate_alipay_root_sn(bundle.data, bundle.len, &out), HB_E_INPUT);
    assert_int_equal(out.len, 0);
    buf_free(&bundle);
    buf_free(&out);
}

TEST(what_is_no_certificate_is_refused)
{
    static const char *const BAD[] = {"", "text", VECTOR_KEY, "-----BEGIN CERTIFICATE-----\nAAAA\n"};
    struct certificate *out;
    struct buf pem;

    buf_init(&pem, PEM_MAX);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(certificate_parse(BAD[i], strlen(BAD[i]), &out), HB_E_INPUT);
        assert_null(out);
    }
    add_curve_root(&pem);
    assert_int_equal(certificate_parse(pem.data, pem.len, &out), HB_E_INPUT);
    buf_free(&pem);
}

TEST(a_spec_that_cannot_be_a_certificate_is_refused)
{
    struct certificate_spec spec = spec_of("CN=root", "12x");
    struct buf pem;

    buf_init(&pem, PEM_MAX);
    assert_int_equal(certificate_make(&spec, &pem), HB_E_INPUT);
    spec = spec_of("root", NULL);
    assert_int_equal(certificate_make(&spec, &pem), HB_E_INPUT);
    spec = spec_of("CN=root", NULL);
    spec.hosts = "DNS:localhost,IP:not an address";
    assert_int_equal(certificate_make(&spec, &pem), HB_E_INPUT);
    assert_int_equal(pem.len, 0);
    spec.hosts = "DNS:localhost,IP:127.0.0.1";
    assert_int_equal(certificate_make(&spec, &pem), HB_OK);
    buf_free(&pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(alipays_names_are_the_published_ones),
        RUN(a_serial_number_is_upper_case_hex),
        RUN(a_certificate_is_valid_from_its_first_to_before_its_last_moment),
        RUN(its_key_verifies_and_is_only_public),
        RUN(who_signed_it_is_told_from_who_did_not),
        RUN(a_bundle_of_roots_is_named_by_those_signed_with_rsa),
        RUN(a_bundle_without_an_rsa_root_or_with_a_broken_one_has_no_name),
        RUN(what_is_no_certificate_is_refused),
        RUN(a_spec_that_cannot_be_a_certificate_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
