/*
 * Unit tests of outbound/wechat_answer.c, wechat_table.c: what every answer means, and what none may mean.
 */
#include "outbound/wechat_answer.h"

#include "outbound/verdict.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static const struct wechat_account ACCOUNT = {"1900000001", "wx0000000000000001"};

static struct provider_verdict verdict;

static enum provider_outcome read_as(enum wechat_call call, int status, bool verified, const char *body)
{
    memset(&verdict, 0, sizeof verdict);
    verdict.http_status = status;
    verdict.verified = verified;
    verdict_set(&verdict, PROVIDER_UNKNOWN, verified ? "genuine" : "bad_signature");
    wechat_answer_read(call, &ACCOUNT, span_of(body), &verdict);
    return verdict.outcome;
}

static const char *bill(const char *state, const char *more)
{
    static char text[512];

    (void)snprintf(text,
                   sizeof text,
                   "{\"out_bill_no\":\"RP1\",\"transfer_bill_no\":\"133\",\"state\":\"%s\"%s}",
                   state,
                   more);
    return text;
}

TEST(the_vectors_answer_waits_for_the_payee)
{
    assert_int_equal(read_as(WECHAT_CREATE, 200, true, WECHAT_ANSWER_BODY), PROVIDER_WAITS);
    assert_string_equal(verdict.code, "WAIT_USER_CONFIRM");
    assert_string_equal(verdict.order_no, "RP0000000000000000000001");
    assert_string_equal(verdict.provider_no, "1330000000000000000000000000000001");
    assert_string_equal(verdict.confirm.package, "AAAA");
    assert_string_equal(verdict.confirm.mch_id, "1900000001");
    assert_string_equal(verdict.confirm.app_id, "wx0000000000000001");
    assert_int_equal(verdict.confirm.expires_at_ms, INT64_C(1700000001000) + 86400000);
}

struct state {
    const char *state;
    enum provider_outcome outcome;
};

static const struct state STATES[] = {
    {"ACCEPTED", PROVIDER_IN_PROGRESS},
    {"PROCESSING", PROVIDER_IN_PROGRESS},
    {"WAIT_USER_CONFIRM", PROVIDER_WAITS},
    {"TRANSFERING", PROVIDER_IN_PROGRESS},
    {"SUCCESS", PROVIDER_PAID},
    {"FAIL", PROVIDER_REFUSED},
    {"CANCELING", PROVIDER_IN_PROGRESS},
    {"CANCELLED", PROVIDER_REFUSED},
    {"SOMETHING_NEW", PROVIDER_IN_PROGRESS},
    {"success", PROVIDER_IN_PROGRESS},
};

TEST(every_state_means_the_same_whichever_call_it_answers)
{
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        for (enum wechat_call call = 0; call < WECHAT_CALLS; call++) {
            assert_int_equal(read_as(call, 200, true, bill(STATES[i].state, "")), STATES[i].outcome);
        }
    }
}

TEST(without_a_good_signature_a_2xx_says_nothing)
{
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        assert_int_equal(read_as(WECHAT_QUERY, 200, false, bill(STATES[i].state, "")), PROVIDER_UNKNOWN);
        assert_string_equal(verdict.code, "bad_signature");
        assert_string_equal(verdict.order_no, "");
    }
}

TEST(nothing_but_a_verified_2xx_is_final)
{
    static const int STATUSES[] = {0, 100, 301, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504};

    for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++) {
        for (size_t j = 0; j < sizeof STATES / sizeof STATES[0]; j++) {
            enum provider_outcome got =
                read_as(WECHAT_QUERY, STATUSES[i], true, bill(STATES[j].state, ",\"code\":\"SUCCESS\""));

            assert_true(got == PROVIDER_UNKNOWN || (STATUSES[i] == 429 && got == PROVIDER_TOO_FAST));
        }
    }
}

struct cause {
    const char *reason;
    enum provider_cause cause;
};

static const struct cause CAUSES[] = {
    {"NAME_NOT_CORRECT", PROVIDER_CAUSE_NAME},
    {"ACCOUNT_FROZEN", PROVIDER_CAUSE_PAYEE},
    {"DAY_RECEIVED_QUOTA_EXCEED", PROVIDER_CAUSE_PAYEE_LIMIT},
    {"TRANSFER_QUOTA_EXCEED", PROVIDER_CAUSE_MERCHANT},
    {"OVERDUE_CLOSE", PROVIDER_CAUSE_EXPIRED},
    {"MCH_CANCEL", PROVIDER_CAUSE_CANCELLED},
    {"TRANSFER_RISK", PROVIDER_CAUSE_RISK},
    {"OTHER_FAIL_REASON_TYPE", PROVIDER_CAUSE_OTHER},
    {"NEVER_SEEN_BEFORE", PROVIDER_CAUSE_OTHER},
};

TEST(a_refusal_has_its_reason)
{
    for (size_t i = 0; i < sizeof CAUSES / sizeof CAUSES[0]; i++) {
        char more[96];

        (void)snprintf(more, sizeof more, ",\"fail_reason\":\"%s\"", CAUSES[i].reason);
        assert_int_equal(read_as(WECHAT_QUERY, 200, true, bill("FAIL", more)), PROVIDER_REFUSED);
        assert_string_equal(verdict.code, CAUSES[i].reason);
        assert_int_equal(verdict.cause, CAUSES[i].cause);
    }
    assert_int_equal(read_as(WECHAT_CANCEL, 200, true, bill("CANCELLED", "")), PROVIDER_REFUSED);
    assert_int_equal(verdict.cause, PROVIDER_CAUSE_CANCELLED);
}

struct code {
    int status;
    const char *code;
    enum provider_outcome create, query, cancel;
};

static const struct code CODES[] = {
    {400, "PARAM_ERROR", PROVIDER_DECLINED, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {400, "INVALID_REQUEST", PROVIDER_DECLINED, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {400, "ALREADY_EXISTS", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {403, "ALREADY_EXISTS", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {401, "SIGN_ERROR", PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED},
    {403, "NO_AUTH", PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED},
    {403, "NOT_ENOUGH", PROVIDER_NO_FUNDS, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {404, "NOT_FOUND", PROVIDER_UNKNOWN, PROVIDER_ABSENT, PROVIDER_ABSENT},
    {404, "RESOURCE_NOT_EXISTS", PROVIDER_UNKNOWN, PROVIDER_ABSENT, PROVIDER_ABSENT},
    {429, "FREQUENCY_LIMITED", PROVIDER_TOO_FAST, PROVIDER_TOO_FAST, PROVIDER_TOO_FAST},
    {429, "FREQUENCY_LIMIT_EXCEED", PROVIDER_TOO_FAST, PROVIDER_TOO_FAST, PROVIDER_TOO_FAST},
    {429, "RATELIMIT_EXCEEDED", PROVIDER_TOO_FAST, PROVIDER_TOO_FAST, PROVIDER_TOO_FAST},
    {429, "FREQUENCY_LIMIT", PROVIDER_TOO_FAST, PROVIDER_TOO_FAST, PROVIDER_TOO_FAST},
    {429, "SOMETHING_NEW", PROVIDER_TOO_FAST, PROVIDER_TOO_FAST, PROVIDER_TOO_FAST},
    {500, "SYSTEM_ERROR", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {503, "SERVICE_UNAVAILABLE", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {500, "NOT_ENOUGH", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {500, "NOT_FOUND", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {404, "PARAM_ERROR", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
    {400, "SOMETHING_NEW", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_UNKNOWN},
};

TEST(every_code_means_what_its_table_says_for_each_call)
{
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        const struct code *row = &CODES[i];
        char body[128];

        (void)snprintf(body, sizeof body, "{\"code\":\"%s\",\"message\":\"说明\"}", row->code);
        assert_int_equal(read_as(WECHAT_CREATE, row->status, false, body), row->create);
        assert_string_equal(verdict.code, row->code);
        assert_int_equal(read_as(WECHAT_QUERY, row->status, false, body), row->query);
        assert_int_equal(read_as(WECHAT_CANCEL, row->status, false, body), row->cancel);
    }
}

TEST(too_fast_has_a_time_to_come_back)
{
    assert_int_equal(read_as(WECHAT_CREATE, 429, false, "{}"), PROVIDER_TOO_FAST);
    assert_int_equal(verdict.retry_after_ms, RETRY_AFTER_MS);
    verdict = (struct provider_verdict){.http_status = 429, .retry_after_ms = 7000};
    wechat_answer_read(WECHAT_CREATE, &ACCOUNT, span_of("{}"), &verdict);
    assert_int_equal(verdict.retry_after_ms, 7000);
}

TEST(an_answer_without_a_word_of_its_own_is_its_status)
{
    static const char *const BODIES[] = {
        "", "<html>", "{}", "[]", "{\"code\":7}", "{\"code\":\"A B\"}", "{\"code\":\"X\\nY\"}"};

    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        assert_int_equal(read_as(WECHAT_CREATE, 502, false, BODIES[i]), PROVIDER_UNKNOWN);
        assert_string_equal(verdict.code, "http_502");
    }
}

TEST(a_verified_answer_that_is_not_of_its_form_is_unknown)
{
    static const char *const BODIES[] = {
        "{}",
        "[]",
        "{\"state\":\"SUCCESS\"}",
        "{\"out_bill_no\":\"RP1\"}",
        "{\"out_bill_no\":\"RP1\",\"state\":\"\"}",
        "{\"out_bill_no\":\"RP1\",\"state\":7}",
        "{\"out_bill_no\":\"RP1\",\"state\":\"SUCCESS\",\"transfer_amount\":\"188\"}",
        "{\"out_bill_no\":\"RP1\",\"state\":\"SUCCESS\",\"transfer_amount\":1.88}",
        "{\"out_bill_no\":\"RP1\",\"state\":\"SUCCESS\",\"transfer_amount\":-188}",
        "{\"out_bill_no\":\"RP1\",\"state\":\"SUCCESS\",\"transfer_amount\":0}",
        "{\"out_bill_no\":\"RP1\",\"state\":\"SUCCESS\",\"update_time\":\"yesterday\"}",
        "{\"out_bill_no\":\"RP1\",\"state\":\"SUCCESS\",\"openid\":[]}",
    };

    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        assert_int_equal(read_as(WECHAT_QUERY, 200, true, BODIES[i]), PROVIDER_UNKNOWN);
        assert_string_equal(verdict.code, "malformed");
        assert_int_equal(verdict.amount_fen, 0);
    }
    assert_int_equal(read_as(WECHAT_QUERY, 200, true, ""), PROVIDER_UNKNOWN);
    assert_string_equal(verdict.code, "not_json");
    assert_int_equal(read_as(WECHAT_QUERY, 204, true, ""), PROVIDER_UNKNOWN);
    assert_int_equal(read_as(WECHAT_QUERY, 200, true, "{\"state\":\"SUCCESS\",\"state\":\"FAIL\"}"),
                     PROVIDER_UNKNOWN);
}

TEST(an_answer_for_another_merchant_differs)
{
    static const char *const OTHERS[] = {
        ",\"mch_id\":\"1900000002\"", ",\"mchid\":\"1900000002\"", ",\"appid\":\"wx0000000000000002\""};

    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        assert_int_equal(read_as(WECHAT_QUERY, 200, true, bill("SUCCESS", OTHERS[i])), PROVIDER_DIFFERS);
    }
    assert_int_equal(read_as(WECHAT_QUERY,
                             200,
                             true,
                             bill("SUCCESS", ",\"mchid\":\"1900000001\",\"appid\":\"wx0000000000000001\"")),
                     PROVIDER_PAID);
}

TEST(what_the_provider_says_is_handed_on)
{
    assert_int_equal(read_as(WECHAT_QUERY, 200, true, WECHAT_NOTICE_PLAIN), PROVIDER_PAID);
    assert_int_equal(verdict.amount_fen, 188);
    assert_string_equal(verdict.payee_id, "oTESTopenid0000000000000001");
    assert_int_equal(verdict.settled_at_ms, INT64_C(1700000060000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_vectors_answer_waits_for_the_payee),
        RUN(every_state_means_the_same_whichever_call_it_answers),
        RUN(without_a_good_signature_a_2xx_says_nothing),
        RUN(nothing_but_a_verified_2xx_is_final),
        RUN(a_refusal_has_its_reason),
        RUN(every_code_means_what_its_table_says_for_each_call),
        RUN(too_fast_has_a_time_to_come_back),
        RUN(an_answer_without_a_word_of_its_own_is_its_status),
        RUN(a_verified_answer_that_is_not_of_its_form_is_unknown),
        RUN(an_answer_for_another_merchant_differs),
        RUN(what_the_provider_says_is_handed_on),
    };

    return RUN_ALL(tests);
}
