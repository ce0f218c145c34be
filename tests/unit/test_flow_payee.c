/*
 * Unit tests of flow/payee.c: what is a payee, what is kept of it, and what is shown.
 */
#include "flow/payee.h"

#include "tests/support/unit.h"

#include <string.h>

static const struct seal_key KEY = {.bytes = {7}};
static const struct player_id PLAYER = {.bytes = {1, 2, 3}}, OTHER = {.bytes = {9}};

static hb_err parse(const char *text, struct payee *out, const char **why)
{
    json_t *object = NULL;
    hb_err err;

    assert_int_equal(json_parse(text, strlen(text), &object, NULL, 0), HB_OK);
    err = payee_parse(object, out, why);
    json_decref(object);
    return err;
}

static struct payee good(const char *text)
{
    struct payee payee;
    const char *why;

    assert_int_equal(parse(text, &payee, &why), HB_OK);
    assert_null(why);
    return payee;
}

TEST(every_kind_is_taken_with_its_provider)
{
    struct payee wechat = good("{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"o-"
                               "MYE42l80oelYMDE34nYD456Xoy\",\"app_id\":\"wx1\"}");

    assert_int_equal(wechat.kind, PAYEE_OPENID);
    assert_string_equal(wechat.app_id, "wx1");
    assert_string_equal(wechat.name, "");
    assert_int_equal(
        good("{\"provider\":\"alipay\",\"kind\":\"alipay_user_id\",\"id\":\"2088123456789012\"}").kind,
        PAYEE_ALIPAY_USER_ID);
    assert_int_equal(
        good("{\"provider\":\"alipay\",\"kind\":\"alipay_open_id\",\"id\":\"074a1CcTG1LelxKe4xQC0zgNdId0\"}")
            .kind,
        PAYEE_ALIPAY_OPEN_ID);
    assert_string_equal(good("{\"provider\":\"alipay\",\"kind\":\"alipay_logon_id\",\"id\":\"13800138000\","
                             "\"name\":\"\xe5\xbc\xa0\xe4\xb8\x89\"}")
                            .name,
                        "\xe5\xbc\xa0\xe4\xb8\x89");
    assert_string_equal(good("{\"provider\":\"alipay\",\"kind\":\"alipay_logon_id\",\"id\":\"a.b@example."
                             "com\",\"name\":\"A\",\"proof\":\"x\"}")
                            .id,
                        "a.b@example.com");
}

TEST(what_is_no_payee_is_refused_with_its_reason)
{
    static const char *const BAD[] = {
        "[]",
        "{}",
        "{\"provider\":\"wechat\"}",
        "{\"provider\":\"wechat\",\"kind\":\"alipay_user_id\",\"id\":\"2088123456789012\"}",
        "{\"provider\":\"paypal\",\"kind\":\"openid\",\"id\":\"o\"}",
        "{\"provider\":1,\"kind\":\"openid\",\"id\":\"o\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"o 1\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":7}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"o\",\"app_id\":\"a b\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"o\",\"name\":\" a\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"o\",\"name\":\"a\\nb\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"o\",\"name\":"
        "\"123456789012345678901234567890123\"}",
        "{\"provider\":\"alipay\",\"kind\":\"alipay_user_id\",\"id\":\"2088\"}",
        "{\"provider\":\"alipay\",\"kind\":\"alipay_user_id\",\"id\":\"1088123456789012\"}",
        "{\"provider\":\"alipay\",\"kind\":\"alipay_logon_id\",\"id\":\"13800138000\"}",
        "{\"provider\":\"alipay\",\"kind\":\"alipay_logon_id\",\"id\":\"a@b@c.d\",\"name\":\"A\"}",
        "{\"provider\":\"alipay\",\"kind\":\"alipay_logon_id\",\"id\":\"@c.d\",\"name\":\"A\"}",
        "{\"provider\":\"alipay\",\"kind\":\"alipay_logon_id\",\"id\":\"nobody\",\"name\":\"A\"}",
    };

    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct payee payee;
        const char *why = NULL;

        assert_int_equal(parse(BAD[i], &payee, &why), HB_E_FIELD);
        assert_non_null(why);
        assert_string_equal(payee.id, "");
    }
}

TEST(an_id_of_the_greatest_length_fits_and_one_more_does_not)
{
    char text[400], id[PROVIDER_PAYEE_MAX + 2];
    struct payee payee;
    struct payee_sealed sealed;
    const char *why;

    memset(id, 'o', sizeof id);
    id[sizeof id - 1] = '\0';
    snprintf(text, sizeof text, "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"%s\"}", id);
    assert_int_equal(parse(text, &payee, &why), HB_E_FIELD);
    snprintf(text, sizeof text, "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"%s\"}", id + 1);
    assert_int_equal(parse(text, &payee, &why), HB_OK);
    assert_true(payee_seal(&KEY, &PLAYER, &payee, &sealed));
}

TEST(what_is_sealed_opens_for_its_player_alone)
{
    struct payee payee = good(
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"o-1\",\"name\":\"\xe5\xbc\xa0\xe4\xb8\x89\"}");
    struct payee back = {.kind = PAYEE_ALIPAY_OPEN_ID};
    struct payee_sealed sealed;

    assert_true(payee_seal(&KEY, &PLAYER, &payee, &sealed));
    assert_true(
        payee_unseal(&KEY, &PLAYER, sealed.payee, sealed.payee_len, sealed.name, sealed.name_len, &back));
    assert_string_equal(back.id, payee.id);
    assert_string_equal(back.name, payee.name);
    assert_int_equal(back.kind, PAYEE_OPENID);
    assert_false(
        payee_unseal(&KEY, &OTHER, sealed.payee, sealed.payee_len, sealed.name, sealed.name_len, &back));
    assert_false(
        payee_unseal(&KEY, &PLAYER, sealed.name, sealed.name_len, sealed.payee, sealed.payee_len, &back));
    assert_true(payee_unseal(&KEY, &PLAYER, sealed.payee, sealed.payee_len, NULL, 0, &back));
    assert_string_equal(back.name, "");
}

TEST(the_same_payee_has_the_same_fingerprint)
{
    static const char *const TEXTS[] = {
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"ab\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"ac\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"ab\",\"name\":\"A\"}",
        "{\"provider\":\"wechat\",\"kind\":\"openid\",\"id\":\"ab\",\"app_id\":\"A\"}",
        "{\"provider\":\"alipay\",\"kind\":\"alipay_open_id\",\"id\":\"ab\"}",
    };
    struct payee_sealed sealed[5], again;

    for (size_t i = 0; i < 5; i++) {
        struct payee payee = good(TEXTS[i]);

        assert_true(payee_seal(&KEY, &PLAYER, &payee, &sealed[i]));
        assert_true(payee_seal(&KEY, &OTHER, &payee, &again));
        assert_memory_equal(sealed[i].fingerprint, again.fingerprint, SHA256_BYTES);
        assert_true(payee_equal(&payee, &payee));
        for (size_t k = 0; k < i; k++) {
            struct payee other = good(TEXTS[k]);

            assert_memory_not_equal(sealed[i].fingerprint, sealed[k].fingerprint, SHA256_BYTES);
            assert_false(payee_equal(&payee, &other));
        }
    }
}

static const char *masked_id(const char *id)
{
    static char out[PAYEE_MASK_MAX];
    struct payee payee = {.kind = PAYEE_OPENID};

    (void)snprintf(payee.id, sizeof payee.id, "%s", id);
    payee_mask_id(&payee, out);
    return out;
}

static const char *masked_name(const char *name)
{
    static char out[PAYEE_MASK_MAX];
    struct payee payee = {.kind = PAYEE_OPENID};

    (void)snprintf(payee.name, sizeof payee.name, "%s", name);
    payee_mask_name(&payee, out);
    return out;
}

TEST(what_is_shown_tells_its_owner_and_nobody_else)
{
    assert_string_equal(masked_id("o-MYE42l80oelYMDE34nYD456Xoy"), "o-M****6Xoy");
    assert_string_equal(masked_id("13800138000"), "138****8000");
    assert_string_equal(masked_id("short"), "s****");
    assert_string_equal(masked_id("lin.wei@example.com"), "l****@example.com");
    assert_string_equal(masked_name(""), "");
    assert_string_equal(masked_name("\xe5\xbc\xa0"), "*");
    assert_string_equal(masked_name("\xe5\xbc\xa0\xe4\xb8\x89"), "*\xe4\xb8\x89");
    assert_string_equal(masked_name("Li"), "*i");
}

int main(void)
{
    const struct CMUnitTest tests[] = {RUN(every_kind_is_taken_with_its_provider),
                                       RUN(what_is_no_payee_is_refused_with_its_reason),
                                       RUN(an_id_of_the_greatest_length_fits_and_one_more_does_not),
                                       RUN(what_is_sealed_opens_for_its_player_alone),
                                       RUN(the_same_payee_has_the_same_fingerprint),
                                       RUN(what_is_shown_tells_its_owner_and_nobody_else)};

    return RUN_ALL(tests);
}
