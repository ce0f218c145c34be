/*
 * Unit tests of engine/outbound/webhook.c. The vector is the one of the Standard Webhooks libraries.
 */
#include "outbound/webhook.h"

#include "tests/support/unit.h"

#include <string.h>

static const char SECRET[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char BODY[] = "{\"test\": 2432232314}";

static struct webhook_secret secret_of(const char *text)
{
    struct webhook_secret secret;

    assert_int_equal(webhook_secret_parse(text, strlen(text), &secret), HB_OK);
    return secret;
}

TEST(a_message_is_signed_as_everybody_signs_it)
{
    const struct webhook_secret secret = secret_of(SECRET);
    const struct webhook_message message = {"msg_p5jXN8AQM9LWM0D4loKWxJek", BODY, sizeof BODY - 1};
    struct webhook_headers headers;

    assert_int_equal(webhook_sign(&secret, &message, 1614265330, &headers), HB_OK);
    assert_string_equal(headers.id, "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek");
    assert_string_equal(headers.timestamp, "webhook-timestamp: 1614265330");
    assert_string_equal(headers.signature,
                        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(another_time_id_or_body_is_another_signature)
{
    const struct webhook_secret secret = secret_of(SECRET);
    const struct webhook_message message = {"a", BODY, sizeof BODY - 1}, other = {"b", BODY, sizeof BODY - 1},
                                 shorter = {"a", BODY, sizeof BODY - 2};
    struct webhook_headers one, two;

    assert_int_equal(webhook_sign(&secret, &message, 1, &one), HB_OK);
    assert_int_equal(webhook_sign(&secret, &message, 2, &two), HB_OK);
    assert_string_not_equal(one.signature, two.signature);
    assert_int_equal(webhook_sign(&secret, &other, 1, &two), HB_OK);
    assert_string_not_equal(one.signature, two.signature);
    assert_int_equal(webhook_sign(&secret, &shorter, 1, &two), HB_OK);
    assert_string_not_equal(one.signature, two.signature);
}

TEST(an_id_that_would_change_the_signed_text_is_refused)
{
    static const char *const BAD[] = {"", "a.b", "a b", "a\nb", "\xE4\xB8\xAD"};
    const struct webhook_secret secret = secret_of(SECRET);
    struct webhook_headers headers;

    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_int_equal(webhook_sign(&secret, &(struct webhook_message){BAD[i], "", 0}, 1, &headers),
                         HB_E_INPUT);
    }
}

TEST(a_secret_has_its_form_and_length)
{
    static const char *const BAD[] = {"",
                                      "whsec_",
                                      "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                      "whsec_MfKQ9r8GKYqr",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"};
    struct webhook_secret secret;

    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_int_equal(webhook_secret_parse(BAD[i], strlen(BAD[i]), &secret), HB_E_INPUT);
        assert_int_equal(secret.len, 0);
    }
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    assert_int_equal(secret.len, WEBHOOK_SECRET_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_message_is_signed_as_everybody_signs_it),
        RUN(another_time_id_or_body_is_another_signature),
        RUN(an_id_that_would_change_the_signed_text_is_refused),
        RUN(a_secret_has_its_form_and_length),
    };

    return RUN_ALL(tests);
}
