/*
 * Unit tests of base/crypto_jwk.c and base/crypto_jwt.c: the examples of the RFCs, and keys that must be
 * refused.
 */
#include "base/crypto.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#define JOE "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

struct example {
    const char *jwk;
    enum jwt_alg alg;
    const char *signed_part, *signature;
    size_t signature_len;
    bool signs_the_same; /* ES256 draws a number for every signature */
};

#define RSA_N                                                                                                \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-" \
    "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"        \
    "KXBdQOS-"                                                                                               \
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"            \
    "h9iaGNj8q2eth"                                                                                          \
    "FkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_D                                                                                                \
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-"                     \
    "7YwVol2NXOoAJe46sui395"                                                                                 \
    "IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_"                          \
    "V51gfpRLI9JYanrC4D4qAdGcopV"                                                                            \
    "_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_" \
    "RQ"                                                                                                     \
    "yGWSeWjnczT0QU91p1DhOVRuOopznQ"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_D "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_D "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"

/* RFC 7515 A.1, A.2, A.3; RFC 8037 A.4. */
static const struct example EXAMPLES[] = {
    {"{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"joe\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_"
     "T-"
     "1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}",
     JWT_HS256,
     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE,
     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
     32,
     true},
    {"{\"kty\":\"RSA\",\"alg\":\"RS256\",\"kid\":\"joe\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"d\":\"" RSA_D
     "\"}",
     JWT_RS256,
     "eyJhbGciOiJSUzI1NiJ9." JOE,
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
     "O8W2Fp5jujGbds9uJdbF"
     "9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
     "eSN9383Lc"
     "OLn6_dO--xi12jzDwusC-"
     "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlV"
     "mtVrBp0igcN_IoypGlUPQGe77Rw",
     256,
     true},
    {"{\"kty\":\"EC\",\"alg\":\"ES256\",\"kid\":\"joe\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
     "\",\"d\":\"" EC_D "\",\"use\":\"sig\"}",
     JWT_ES256,
     "eyJhbGciOiJFUzI1NiJ9." JOE,
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
     64,
     false},
    {"{\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"kid\":\"joe\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\",\"d\":\"" ED_D
     "\"}",
     JWT_EDDSA,
     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
     64,
     true},
};

static struct jwt_key *key_of(const char *jwk)
{
    struct jwt_key *key;

    assert_int_equal(jwt_key_parse(jwk, strlen(jwk), &key), HB_OK);
    return key;
}

static void check_verify(const struct jwt_key *key, const char *part, uint8_t *signature, size_t len)
{
    assert_true(jwt_key_verify(key, part, strlen(part), signature, len));
    assert_false(jwt_key_verify(key, part, strlen(part) - 1, signature, len));
    assert_false(jwt_key_verify(key, part, strlen(part), signature, len - 1));
    assert_false(jwt_key_verify(key, part, strlen(part), signature, 0));
    signature[len / 2] ^= 1;
    assert_false(jwt_key_verify(key, part, strlen(part), signature, len));
    signature[len / 2] ^= 1;
}

TEST(the_examples_of_the_rfcs_verify_and_nothing_near_them)
{
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof EXAMPLES[0]; i++) {
        const struct example *example = &EXAMPLES[i];
        struct jwt_key *key = key_of(example->jwk);
        uint8_t signature[256];
        size_t len;

        assert_int_equal(jwt_key_alg(key), example->alg);
        assert_string_equal(jwt_key_id(key), "joe");
        assert_true(base64url_decode(
            example->signature, strlen(example->signature), signature, sizeof signature, &len));
        assert_int_equal(len, example->signature_len);
        check_verify(key, example->signed_part, signature, len);
        jwt_key_free(key);
    }
    jwt_key_free(NULL);
}

TEST(what_a_key_signs_it_verifies)
{
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof EXAMPLES[0]; i++) {
        const struct example *example = &EXAMPLES[i];
        struct jwt_key *key = key_of(example->jwk);
        const char *part = example->signed_part;
        uint8_t signature[256];
        char text[350];
        size_t len;

        assert_int_equal(jwt_key_sign(key, part, strlen(part), signature, example->signature_len - 1, &len),
                         HB_E_INPUT);
        assert_int_equal(jwt_key_sign(key, part, strlen(part), signature, sizeof signature, &len), HB_OK);
        assert_int_equal(len, example->signature_len);
        check_verify(key, part, signature, len);
        base64url_encode(signature, len, text);
        if (example->signs_the_same) {
            assert_string_equal(text, example->signature);
        }
        jwt_key_free(key);
    }
}

TEST(a_public_key_verifies_and_does_not_sign)
{
    struct jwt_key *key =
        key_of("{\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}");
    uint8_t out[64];
    size_t len;

    assert_string_equal(jwt_key_id(key), "");
    assert_int_equal(jwt_key_sign(key, "a", 1, out, sizeof out, &len), HB_E_INPUT);
    assert_int_equal(len, 0);
    jwt_key_free(key);
}

TEST(an_es256_signature_of_zeros_is_refused)
{
    struct jwt_key *key = key_of(EXAMPLES[2].jwk);
    const uint8_t zeros[64] = {0};

    assert_false(jwt_key_verify(key, "a", 1, zeros, sizeof zeros));
    jwt_key_free(key);
}

#define EC_START "{\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\","

static const char *const BAD_KEYS[] = {
    "",
    "[]",
    "{}",
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", /* no alg */
    "{\"kty\":\"EC\",\"alg\":\"none\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
    "{\"kty\":\"EC\",\"alg\":\"RS256\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
    "{\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
    EC_START "\"x\":\"" EC_X "\"}",
    EC_START "\"x\":\"" EC_Y "\",\"y\":\"" EC_X "\"}",                        /* not on the curve */
    EC_START "\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\",\"d\":\"" ED_D "\"}",     /* another point's secret */
    EC_START "\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\",\"d\":1}",                /* not text */
    EC_START "\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\",\"use\":\"enc\"}",        /* for encryption */
    EC_START "\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\",\"kid\":7}",              /* kid is text */
    EC_START "\"x\":\"" EC_X "=\",\"y\":\"" EC_Y "\"}",                       /* padding */
    "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"c2hvcnQ\"}",                  /* under 256 bits */
    "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"" EC_X "\",\"e\":\"AQAB\"}",  /* under 2048 bits */
    "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"}",   /* 1: everything verifies */
    "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"" RSA_N "\",\"e\":\"AQAA\"}", /* even */
    "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"" RSA_N "\",\"e\":\"" RSA_D "\"}", /* slow on purpose */
    "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"d\":\"\"}",
    "{\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"crv\":\"Ed448\",\"x\":\"" ED_X "\"}",
    "{\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"x\":\"" EC_X "\",\"d\":\"" ED_D "\"}",
};

TEST(a_key_that_does_not_fit_is_refused)
{
    for (size_t i = 0; i < sizeof BAD_KEYS / sizeof BAD_KEYS[0]; i++) {
        struct jwt_key *key;

        assert_int_equal(jwt_key_parse(BAD_KEYS[i], strlen(BAD_KEYS[i]), &key), HB_E_INPUT);
        assert_null(key);
    }
}

TEST(a_fresh_key_signs_and_verifies)
{
    static const enum jwt_alg ALGS[] = {JWT_HS256, JWT_ES256};

    for (size_t i = 0; i < 2; i++) {
        char *jwk = jwt_key_generate(ALGS[i], "demo \"1\"");
        struct jwt_key *key = key_of(jwk);
        uint8_t signature[64];
        size_t len;

        assert_string_equal(jwt_key_id(key), "demo \"1\"");
        assert_int_equal(jwt_key_sign(key, "a.b", 3, signature, sizeof signature, &len), HB_OK);
        check_verify(key, "a.b", signature, len);
        jwt_key_free(key);
        free(jwk);
    }
    assert_null(jwt_key_generate(JWT_RS256, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_examples_of_the_rfcs_verify_and_nothing_near_them),
        RUN(what_a_key_signs_it_verifies),
        RUN(a_public_key_verifies_and_does_not_sign),
        RUN(an_es256_signature_of_zeros_is_refused),
        RUN(a_key_that_does_not_fit_is_refused),
        RUN(a_fresh_key_signs_and_verifies),
    };

    return RUN_ALL(tests);
}
