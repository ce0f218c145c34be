/*
 * Unit tests of api/jwt.c: a token for one purpose signs nobody in, and only opens as what it is.
 */
#include "api/jwt.h"

#include "base/buf.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1771243200 };

static const struct jwt_rules RULES = {.issuer = "iss", .audience = "aud", .leeway_s = 60};
static struct jwt_keys g_keys;

/* header.payload.signature of the claims given, by the only key. */
static char *token_of(const char *claims)
{
    static const char HEADER[] = "{\"alg\":\"HS256\",\"kid\":\"k\"}";
    char *token = calloc(1, 4096);
    uint8_t signature[64];
    size_t len, signature_len = 0;

    assert_non_null(token);
    len = base64url_encode(HEADER, strlen(HEADER), token);
    token[len++] = '.';
    len += base64url_encode(claims, strlen(claims), token + len);
    assert_int_equal(jwt_key_sign(g_keys.keys[0], token, len, signature, sizeof signature, &signature_len),
                     HB_OK);
    token[len++] = '.';
    base64url_encode(signature, signature_len, token + len);
    return token;
}

static hb_err checked(const char *claims)
{
    char *token = token_of(claims);
    struct jwt_claims out;
    hb_err err = jwt_check(&g_keys, &RULES, token, strlen(token), NOW_S, &out);

    free(token);
    return err;
}

static hb_err opened(const char *claims, json_t **payload)
{
    char *token = token_of(claims);
    struct jwt_claims out;
    hb_err err = jwt_open(&g_keys, &RULES, token, strlen(token), NOW_S, &out, payload);

    free(token);
    return err;
}

#define CLAIMS "\"iss\":\"iss\",\"aud\":\"aud\",\"sub\":\"lin\",\"exp\":1771243500"

TEST(a_sign_in_token_signs_in)
{
    assert_int_equal(checked("{" CLAIMS "}"), HB_OK);
}

TEST(a_token_with_a_purpose_signs_nobody_in)
{
    assert_int_equal(checked("{" CLAIMS ",\"purpose\":\"payee\"}"), HB_E_TOKEN_INVALID);
    assert_int_equal(checked("{" CLAIMS ",\"purpose\":\"else\"}"), HB_E_TOKEN_INVALID);
    assert_int_equal(checked("{" CLAIMS ",\"purpose\":null}"), HB_E_TOKEN_INVALID);
}

TEST(it_opens_with_its_whole_payload)
{
    json_t *payload = NULL;

    assert_int_equal(opened("{" CLAIMS ",\"purpose\":\"payee\",\"jti\":\"1\"}", &payload), HB_OK);
    assert_string_equal(json_string_value(json_object_get(payload, "jti")), "1");
    json_decref(payload);
}

TEST(what_is_not_good_opens_to_nothing)
{
    static const char *const BAD[] = {
        "{}",
        "[]",
        "{\"iss\":\"iss\",\"aud\":\"aud\",\"sub\":\"lin\",\"exp\":1771243000,\"purpose\":\"payee\"}",
        "{\"iss\":\"other\",\"aud\":\"aud\",\"sub\":\"lin\",\"exp\":1771243500}",
        "{\"iss\":\"iss\",\"aud\":[\"b\"],\"sub\":\"lin\",\"exp\":1771243500}",
        "{\"iss\":\"iss\",\"aud\":\"aud\",\"sub\":\"\",\"exp\":1771243500}",
        "{\"iss\":\"iss\",\"aud\":\"aud\",\"sub\":\"lin\",\"exp\":\"soon\"}",
    };

    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        json_t *payload = NULL;

        assert_int_not_equal(opened(BAD[i], &payload), HB_OK);
        assert_null(payload);
    }
}

static int setup(void **state)
{
    char *jwk = jwt_key_generate(JWT_HS256, "k");
    char set[1024], why[100] = "";

    (void)state;
    assert_non_null(jwk);
    (void)snprintf(set, sizeof set, "{\"keys\":[%s]}", jwk);
    free(jwk);
    assert_int_equal(jwt_keys_parse(set, strlen(set), &g_keys, why, sizeof why), HB_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jwt_keys_free(&g_keys);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {RUN(a_sign_in_token_signs_in),
                                       RUN(a_token_with_a_purpose_signs_nobody_in),
                                       RUN(it_opens_with_its_whole_payload),
                                       RUN(what_is_not_good_opens_to_nothing)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
