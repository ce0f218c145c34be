/*
 * Unit tests of outbound/alipay_cut.c, alipay_answer.c, alipay_table.c, alipay_keys.c: what the gateway's
 * answers are, whether they are believed, and what they mean.
 */
#include "outbound/alipay_answer.h"

#include "base/buf.h"
#include "outbound/verdict.h"
#include "tests/support/outbound_world.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#define WRAP(inner, rest) "{\"alipay_fund_trans_uni_transfer_response\":" inner rest "}"

static struct outbound_world world;
static struct alipay_parts parts;
static struct provider_verdict verdict;

static int setup(void **state)
{
    (void)state;
    outbound_world_open(&world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    outbound_world_close(&world);
    return 0;
}

static bool cut(const char *answer)
{
    return alipay_cut(span_of(answer), ALIPAY_TRANSFER, &parts);
}

static void check_span(struct span span, const char *expected)
{
    assert_int_equal(span.len, strlen(expected));
    assert_memory_equal(span.at, expected, span.len);
}

TEST(an_answer_is_cut_whatever_the_order_of_its_members)
{
    static const char *const ANSWERS[] = {
        WRAP("{\"a\":\"}\\\"{\"}", ",\"alipay_cert_sn\":\"sn\",\"sign\":\"s=\""),
        "{\"sign\":\"s=\",\"alipay_cert_sn\":\"sn\",\"alipay_fund_trans_uni_transfer_response\":{\"a\":\"}"
        "\\\"{\"}}",
        " {\n\"sign\" : \"s=\" ,\"other\":[1,{\"sign\":\"x\"}],\"alipay_fund_trans_uni_transfer_response\" : "
        "{\"a\":\"}\\\"{\"} , \"alipay_cert_sn\":\"sn\",\"n\":null,\"t\":true }\n",
        "{\"error_response\":{\"a\":\"}\\\"{\"},\"sign\":\"s=\",\"alipay_cert_sn\":\"sn\"}",
    };

    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        assert_true(cut(ANSWERS[i]));
        check_span(parts.inner, "{\"a\":\"}\\\"{\"}");
        check_span(parts.sign, "s=");
        check_span(parts.sn, "sn");
    }
}

TEST(what_is_not_of_its_form_or_says_a_thing_twice_is_not_cut)
{
    static const char *const BAD[] = {
        "",
        "{}",
        "[]",
        "{\"sign\":\"s\"}",
        WRAP("{}", ""), /* control: see below */
        WRAP("{", ""),
        WRAP("{\"a\":\"}", ""),
        WRAP("\"{}\"", ""),
        WRAP("{}", ",\"alipay_fund_trans_uni_transfer_response\":{}"),
        WRAP("{}", ",\"error_response\":{}"),
        WRAP("{}", ",\"sign\":\"a\",\"sign\":\"b\""),
        WRAP("{}", ",\"alipay_cert_sn\":\"a\",\"alipay_cert_sn\":\"b\""),
        WRAP("{}", ",\"sign\":"),
        WRAP("{}", ",\"sign\""),
        WRAP("{}", ","),
        WRAP("{}", "") "x",
        WRAP("{}", ",\"sign\":{}"),
        WRAP("[]", ""),
        "{\"alipay_fund_trans_common_query_response\":{}}",
    };

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(cut(BAD[i]), i == 4);
    }
}

static enum alipay_belief believe(const char *answer)
{
    assert_true(cut(answer));
    return alipay_believe(world.alipay_keys, &parts);
}

static const char *signed_answer(const char *inner, const char *sn, const char *sign)
{
    static char text[4096];

    (void)snprintf(
        text,
        sizeof text,
        "{\"alipay_fund_trans_uni_transfer_response\":%s,\"alipay_cert_sn\":\"%s\",\"sign\":\"%s\"}",
        inner,
        sn,
        sign);
    return text;
}

TEST(the_vectors_answer_is_believed)
{
    assert_int_equal(believe(signed_answer(ALIPAY_ANSWER_INNER, world.alipay_sn, ALIPAY_ANSWER_SIGNATURE)),
                     ALIPAY_GENUINE);
}

TEST(one_altered_byte_is_forged)
{
    char inner[] = ALIPAY_ANSWER_INNER, sign[] = ALIPAY_ANSWER_SIGNATURE;

    for (size_t at = 2; at < sizeof inner - 3; at += 5) {
        char kept = inner[at];

        inner[at] = kept == '"' || kept == '{' || kept == '}' ? kept : 'x';
        if (inner[at] != kept) {
            assert_int_equal(believe(signed_answer(inner, world.alipay_sn, sign)), ALIPAY_FORGED);
        }
        inner[at] = kept;
    }
    sign[10] = sign[10] == 'A' ? 'B' : 'A';
    assert_int_equal(believe(signed_answer(inner, world.alipay_sn, sign)), ALIPAY_FORGED);
}

TEST(blanks_that_were_not_signed_are_forged)
{
    assert_int_equal(
        believe(signed_answer("{ \"code\":\"10000\"}", world.alipay_sn, ALIPAY_ANSWER_SIGNATURE)),
        ALIPAY_FORGED);
}

TEST(without_a_signature_nothing_is_believed)
{
    assert_int_equal(believe(WRAP(ALIPAY_ANSWER_INNER, "")), ALIPAY_UNSIGNED);
    assert_int_equal(believe(signed_answer(ALIPAY_ANSWER_INNER, "", ALIPAY_ANSWER_SIGNATURE)),
                     ALIPAY_UNSIGNED);
    assert_int_equal(believe(signed_answer(ALIPAY_ANSWER_INNER, world.alipay_sn, "")), ALIPAY_UNSIGNED);
    assert_int_equal(believe(signed_answer(ALIPAY_ANSWER_INNER, "0123", ALIPAY_ANSWER_SIGNATURE)),
                     ALIPAY_UNKNOWN_CERTIFICATE);
}

TEST(slashes_may_be_escaped_on_the_way)
{
    static const char SIGNED[] = "{\"code\":\"10000\",\"url\":\"a/b\"}";
    struct buf signature;

    buf_init(&signature, 1024);
    assert_int_equal(rsa_sign(world.key, SIGNED, strlen(SIGNED), &signature), HB_OK);
    assert_int_equal(believe(signed_answer(
                         "{\"code\":\"10000\",\"url\":\"a\\/b\"}", world.alipay_sn, buf_cstr(&signature))),
                     ALIPAY_GENUINE);
    buf_free(&signature);
}

TEST(a_renewed_certificate_is_found_in_its_file)
{
    const char *pem = outbound_certificate(world.key, "18");
    struct certificate *certificate;
    struct rsa_key *key;

    assert_int_equal(certificate_parse(pem, strlen(pem), &certificate), HB_OK);
    outbound_write(world.certificate_file, pem);
    key = alipay_keys_find(world.alipay_keys, span_of(certificate_alipay_sn(certificate)));
    assert_non_null(key);
    rsa_key_free(key);
    key = alipay_keys_find(world.alipay_keys, span_of(world.alipay_sn)); /* the old one stays known */
    assert_non_null(key);
    rsa_key_free(key);
    assert_null(alipay_keys_find(world.alipay_keys, span_of("unknown")));
    certificate_free(certificate);
}

/* ---- what they mean ---- */

static enum provider_outcome read_as(enum alipay_call call, const char *inner)
{
    memset(&verdict, 0, sizeof verdict);
    verdict.verified = true;
    alipay_answer_read(call, span_of(inner), &verdict);
    return verdict.outcome;
}

TEST(the_vectors_answer_is_paid)
{
    assert_int_equal(read_as(ALIPAY_CREATE, ALIPAY_ANSWER_INNER), PROVIDER_PAID);
    assert_string_equal(verdict.order_no, "RP0000000000000000000001");
    assert_string_equal(verdict.provider_no, "20231115110070001500000000000001");
    assert_int_equal(verdict.settled_at_ms, INT64_C(1700000001000));
    assert_string_equal(verdict.code, "SUCCESS");
}

static const char *with_status(const char *status, const char *more)
{
    static char text[256];

    (void)snprintf(
        text, sizeof text, "{\"code\":\"10000\",\"out_biz_no\":\"RP1\",\"status\":\"%s\"%s}", status, more);
    return text;
}

struct status {
    const char *status;
    enum provider_outcome create, query;
};

static const struct status STATUSES[] = {
    {"SUCCESS", PROVIDER_PAID, PROVIDER_PAID},
    {"FAIL", PROVIDER_DECLINED, PROVIDER_REFUSED},
    {"CLOSED", PROVIDER_DECLINED, PROVIDER_REFUSED},
    {"WAIT_PAY", PROVIDER_IN_PROGRESS, PROVIDER_IN_PROGRESS},
    {"DEALING", PROVIDER_IN_PROGRESS, PROVIDER_IN_PROGRESS},
    {"REFUND", PROVIDER_RETURNED, PROVIDER_RETURNED},
    {"SOMETHING_NEW", PROVIDER_IN_PROGRESS, PROVIDER_IN_PROGRESS},
};

TEST(only_the_query_says_that_a_number_is_done_with)
{
    for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++) {
        assert_int_equal(read_as(ALIPAY_CREATE, with_status(STATUSES[i].status, "")), STATUSES[i].create);
        assert_int_equal(read_as(ALIPAY_QUERY, with_status(STATUSES[i].status, "")), STATUSES[i].query);
    }
    assert_int_equal(read_as(ALIPAY_QUERY, with_status("FAIL", ",\"error_code\":\"PAYEE_NOT_EXIST\"")),
                     PROVIDER_REFUSED);
    assert_string_equal(verdict.code, "PAYEE_NOT_EXIST");
    assert_int_equal(verdict.cause, PROVIDER_CAUSE_PAYEE);
}

TEST(amounts_come_in_yuan)
{
    assert_int_equal(read_as(ALIPAY_QUERY, with_status("SUCCESS", ",\"trans_amount\":\"1.88\"")),
                     PROVIDER_PAID);
    assert_int_equal(verdict.amount_fen, 188);
    assert_int_equal(read_as(ALIPAY_CREATE, with_status("SUCCESS", ",\"amount\":\"0.07\"")), PROVIDER_PAID);
    assert_int_equal(verdict.amount_fen, 7);
}

struct code {
    const char *code, *sub_code;
    enum provider_outcome create, query;
    enum provider_cause cause;
};

static const struct code CODES[] = {
    {"20000", "isp.unknow-error", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"20001", "aop.invalid-auth-token", PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40001", "isv.missing-method", PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40002", "isv.invalid-signature", PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40003", "", PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40006",
     "isv.insufficient-isv-permissions",
     PROVIDER_MISCONFIGURED,
     PROVIDER_MISCONFIGURED,
     PROVIDER_CAUSE_NONE},
    {"40004", "SYSTEM_ERROR", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "REQUEST_PROCESSING", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "ORDER_NOT_EXIST", PROVIDER_UNKNOWN, PROVIDER_ABSENT, PROVIDER_CAUSE_NONE},
    {"40004", "RESOURCE_LIMIT_EXCEED", PROVIDER_TOO_FAST, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "PAYER_BALANCE_NOT_ENOUGH", PROVIDER_NO_FUNDS, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "BALANCE_IS_NOT_ENOUGH", PROVIDER_NO_FUNDS, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "EXCEED_LIMIT_DM_MAX_AMOUNT", PROVIDER_LIMITED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_MERCHANT},
    {"40004", "EXCEED_LIMIT_UNRN_DM_AMOUNT", PROVIDER_LIMITED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_PAYEE_LIMIT},
    {"40004", "PAYEE_NOT_EXIST", PROVIDER_DECLINED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_PAYEE},
    {"40004", "PAYEE_CERT_INFO_ERROR", PROVIDER_DECLINED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NAME},
    {"40004", "SECURITY_CHECK_FAILED", PROVIDER_DECLINED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_RISK},
    {"40004", "PAYMENT_INFO_INCONSISTENCY", PROVIDER_DECLINED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_REQUEST},
    {"40004", "PERM_PAY_USER_DAILY_QUOTA", PROVIDER_MISCONFIGURED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "PERM_AML_NOT_REALNAME_REV", PROVIDER_DECLINED, PROVIDER_UNKNOWN, PROVIDER_CAUSE_PAYEE},
    {"40004", "PAYMENT_FAIL", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "SOMETHING_NEW", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"40004", "", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
    {"50000", "", PROVIDER_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE},
};

TEST(every_code_means_what_its_table_says_for_each_call)
{
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        const struct code *row = &CODES[i];
        char inner[256];

        (void)snprintf(inner,
                       sizeof inner,
                       "{\"code\":\"%s\",\"sub_code\":\"%s\",\"msg\":\"x\"}",
                       row->code,
                       row->sub_code);
        assert_int_equal(read_as(ALIPAY_CREATE, inner), row->create);
        assert_int_equal(verdict.cause, row->cause);
        assert_string_equal(verdict.code, row->sub_code[0] != '\0' ? row->sub_code : row->code);
        assert_int_equal(read_as(ALIPAY_QUERY, inner), row->query);
    }
}

TEST(an_unverified_answer_says_nothing)
{
    memset(&verdict, 0, sizeof verdict);
    verdict_set(&verdict, PROVIDER_PAID, "bad_signature");
    alipay_answer_read(ALIPAY_CREATE, span_of(ALIPAY_ANSWER_INNER), &verdict);
    assert_int_equal(verdict.outcome, PROVIDER_UNKNOWN);
    assert_string_equal(verdict.code, "bad_signature");
    assert_string_equal(verdict.order_no, "");
}

TEST(a_verified_answer_that_is_not_of_its_form_is_unknown)
{
    static const char *const INNERS[] = {
        "{}",
        "{\"code\":10000}",
        "{\"code\":\"10000\"}",
        "{\"code\":\"10000\",\"status\":\"SUCCESS\"}",
        "{\"code\":\"10000\",\"out_biz_no\":\"RP1\"}",
        "{\"code\":\"10000\",\"out_biz_no\":\"RP1\",\"status\":\"SUCCESS\",\"trans_amount\":1.88}",
        "{\"code\":\"10000\",\"out_biz_no\":\"RP1\",\"status\":\"SUCCESS\",\"trans_amount\":\"1.888\"}",
        "{\"code\":\"10000\",\"out_biz_no\":\"RP1\",\"status\":\"SUCCESS\",\"trans_amount\":\"-1.88\"}",
        "{\"code\":\"10000\",\"out_biz_no\":\"RP1\",\"status\":\"SUCCESS\",\"pay_date\":\"soon\"}",
        "{\"code\":\"10000\",\"code\":\"10000\"}",
    };

    for (size_t i = 0; i < sizeof INNERS / sizeof INNERS[0]; i++) {
        assert_int_equal(read_as(ALIPAY_QUERY, INNERS[i]), PROVIDER_UNKNOWN);
        assert_int_equal(verdict.amount_fen, 0);
    }
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_answer_is_cut_whatever_the_order_of_its_members),
        RUN(what_is_not_of_its_form_or_says_a_thing_twice_is_not_cut),
        RUN_IN_WORLD(the_vectors_answer_is_believed),
        RUN_IN_WORLD(one_altered_byte_is_forged),
        RUN_IN_WORLD(blanks_that_were_not_signed_are_forged),
        RUN_IN_WORLD(without_a_signature_nothing_is_believed),
        RUN_IN_WORLD(slashes_may_be_escaped_on_the_way),
        RUN_IN_WORLD(a_renewed_certificate_is_found_in_its_file),
        RUN(the_vectors_answer_is_paid),
        RUN(only_the_query_says_that_a_number_is_done_with),
        RUN(amounts_come_in_yuan),
        RUN(every_code_means_what_its_table_says_for_each_call),
        RUN(an_unverified_answer_says_nothing),
        RUN(a_verified_answer_that_is_not_of_its_form_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
