/*
 * Unit tests of loadtest/answer.c, loadtest/drawn.c and loadtest/verdict.c: from bytes to what they mean.
 */
#include "loadtest/answer.h"

#include "loadtest/verdict.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>

static char WON[] =
    "HTTP/1.1 201 Created\r\nDate: x\r\ncontent-length: 23\r\nIdempotency-Replayed: true\r\n\r\n"
    "{\"outcome\":\"won\",\"a\":1}";

static struct text text_of(const char *word)
{
    return (struct text){word, strlen(word)};
}

static enum answer_state state_of(const char *bytes)
{
    struct answer answer;
    char copy[1024];

    assert_true(strlen(bytes) < sizeof copy);
    strcpy(copy, bytes);
    return answer_read(copy, strlen(bytes), &answer);
}

TEST(an_answer_is_whole_only_at_its_last_byte)
{
    struct answer answer;

    for (size_t len = 0; len < sizeof WON - 1; len++) {
        char *exact = malloc(len + 1); /* so that a sanitizer sees a read past the end */

        assert_non_null(exact);
        memcpy(exact, WON, len);
        assert_int_equal(answer_read(exact, len, &answer), ANSWER_PART);
        free(exact);
    }
    assert_int_equal(answer_read(WON, sizeof WON - 1, &answer), ANSWER_WHOLE);
    assert_int_equal(answer.status, 201);
    assert_true(answer.is_replayed);
    assert_false(answer.closes);
    assert_int_equal(answer.retry_after_s, -1);
    assert_int_equal(answer.body.len, 23);
    assert_int_equal(answer.bytes, sizeof WON - 1);
}

TEST(headers_that_matter_are_read_in_any_case)
{
    static char BUSY[] = "HTTP/1.1 503 Service Unavailable\r\nRETRY-AFTER: 7\r\nConnection: "
                         "Close\r\nContent-Length:0\r\n\r\nmore";
    struct answer answer;

    assert_int_equal(answer_read(BUSY, sizeof BUSY - 1, &answer), ANSWER_WHOLE);
    assert_int_equal(answer.retry_after_s, 7);
    assert_true(answer.closes);
    assert_int_equal(answer.bytes, sizeof BUSY - 5);
    assert_int_equal(state_of("HTTP/1.1 204 No Content\r\n\r\n"), ANSWER_WHOLE);
}

TEST(chunks_are_joined_where_they_are)
{
    static const char CHUNKED[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "3\r\n{\"a\r\n00A;x=\"y\"\r\n\":\"0123456\r\n2 \r\n\"}\r\n0\r\nTrailer: t\r\n\r\n";
    static const char *const BAD[] = {
        "\r\n", "x\r\n", "-1\r\n", "3x\r\nabc\r\n", "3\r\nabcd\r\n", "100001\r\n", "11111111111111111\r\n"};
    struct answer answer;
    char copy[sizeof CHUNKED];

    for (size_t len = 0; len < sizeof CHUNKED - 1; len++) {
        memcpy(copy, CHUNKED, sizeof CHUNKED);
        assert_int_equal(answer_read(copy, len, &answer), ANSWER_PART);
        assert_memory_equal(copy, CHUNKED, sizeof CHUNKED);
    }
    assert_int_equal(answer_read(copy, sizeof CHUNKED - 1, &answer), ANSWER_WHOLE);
    assert_true(text_is(answer.body, "{\"a\":\"0123456\"}"));
    assert_int_equal(answer.bytes, sizeof CHUNKED - 1);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char bytes[256];

        snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s", BAD[i]);
        assert_int_equal(state_of(bytes), ANSWER_BAD);
    }
}

TEST(what_is_not_understood_is_bad)
{
    assert_int_equal(state_of("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), ANSWER_BAD);
    assert_int_equal(state_of("HTTP/1.1 200 OK\r\n\r\n"), ANSWER_BAD);
    assert_int_equal(state_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
                     ANSWER_BAD);
    assert_int_equal(
        state_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        ANSWER_BAD);
    assert_int_equal(state_of("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), ANSWER_BAD);
    assert_int_equal(state_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
                     ANSWER_BAD);
    assert_int_equal(state_of("HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n"), ANSWER_BAD);
    assert_int_equal(state_of("HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"), ANSWER_BAD);
    assert_int_equal(state_of("\r\n\r\n"), ANSWER_BAD);
}

TEST(a_draw_is_read_from_its_body)
{
    struct drawn drawn;

    assert_true(drawn_read(
        text_of(" {\"draw_id\":\"ab-12\", \"draw_no\":12,\"extra\":{\"outcome\":\"none\",\"x\":[\"}\",1]},"
                "\"outcome\":\"won\",\"prize\":{\"id\":\"small\",\"kind\":\"cash\",\"amount_fen\":188},"
                "\"chances_left\":0}\n"),
        &drawn));
    assert_true(text_is(drawn.draw_id, "ab-12") && text_is(drawn.outcome, "won"));
    assert_true(text_is(drawn.prize, "small") && text_is(drawn.kind, "cash"));
    assert_int_equal(drawn.draw_no, 12);
    assert_int_equal(drawn.amount_fen, 188);
    assert_int_equal(drawn.chances_left, 0);
    assert_true(drawn_read(
        text_of("{\"outcome\":\"none\",\"prize\":null,\"code\":\"a\\\"b\",\"draw_no\":1.5}"), &drawn));
    assert_int_equal(drawn.prize.len, 0);
    assert_int_equal(drawn.code.len, 0);
    assert_int_equal(drawn.amount_fen, -1);
    assert_int_equal(drawn.draw_no, -1);
    assert_true(drawn_read(text_of("{\"session\":{\"token\":\"hbs1.x\",\"expires_at\":\"t\"}}"), &drawn));
    assert_true(text_is(drawn.session, "hbs1.x"));
    assert_true(drawn_read(text_of("{}"), &drawn));
}

TEST(a_body_that_is_no_object_or_is_cut_off_is_refused)
{
    static const char WHOLE[] = "{\"a\":{\"b\":[1,\"\\\"]\"]},\"outcome\":\"won\",\"draw_no\":3}";
    struct drawn drawn;

    for (size_t len = 0; len < sizeof WHOLE - 1; len++) {
        char *exact = malloc(len + 1);

        assert_non_null(exact);
        memcpy(exact, WHOLE, len);
        assert_false(drawn_read((struct text){exact, len}, &drawn));
        free(exact);
    }
    assert_true(drawn_read(text_of(WHOLE), &drawn));
    assert_false(drawn_read(text_of("[]"), &drawn));
    assert_false(drawn_read(text_of("{\"a\" 1}"), &drawn));
    assert_false(drawn_read(text_of("{1:2}"), &drawn));
    assert_false(drawn_read(text_of("{\"a\":}"), &drawn));
}

static void
check_verdict(enum verdict_of of, int status, const char *body, enum verdict_kind kind, const char *why)
{
    struct answer answer = {.status = status, .retry_after_s = -1, .body = text_of(body)};
    struct verdict verdict;

    verdict_read(of, &answer, NULL, &verdict);
    assert_int_equal(verdict.kind, kind);
    assert_string_equal(verdict.why, why);
}

TEST(every_answer_has_one_meaning)
{
    static const char NONE[] = "{\"outcome\":\"none\",\"draw_no\":1}";
    struct verdict verdict;

    check_verdict(VERDICT_OF_DRAW, 201, "{\"outcome\":\"won\",\"draw_no\":1}", VERDICT_WON, "");
    check_verdict(VERDICT_OF_DRAW, 201, NONE, VERDICT_NONE, "");
    check_verdict(VERDICT_OF_DRAW, 201, "{\"outcome\":\"won\"}", VERDICT_ERROR, "bad_answer");
    check_verdict(VERDICT_OF_DRAW, 200, "hello", VERDICT_ERROR, "bad_answer");
    check_verdict(VERDICT_OF_DRAW, 409, "{\"code\":\"no_chance_left\"}", VERDICT_REFUSED, "no_chance_left");
    check_verdict(VERDICT_OF_DRAW, 404, "", VERDICT_REFUSED, "http_404");
    check_verdict(VERDICT_OF_DRAW, 302, "", VERDICT_ERROR, "http_302");
    check_verdict(VERDICT_OF_DRAW, 408, "", VERDICT_RETRY, "http_408");
    check_verdict(
        VERDICT_OF_DRAW, 429, "{\"code\":\"too_many_requests\"}", VERDICT_RETRY, "too_many_requests");
    check_verdict(VERDICT_OF_DRAW, 503, "{\"code\":\"overloaded\"}", VERDICT_RETRY, "overloaded");
    check_verdict(VERDICT_OF_DRAW, 504, "{\"code\":\"outcome_unknown\"}", VERDICT_RETRY, "outcome_unknown");
    check_verdict(VERDICT_OF_DRAW, 500, "x", VERDICT_RETRY, "http_500");
    check_verdict(VERDICT_OF_DRAW, 501, "", VERDICT_ERROR, "http_501");
    check_verdict(VERDICT_OF_GET, 200, "anything", VERDICT_OK, "");
    check_verdict(VERDICT_OF_GET, 503, "{\"status\":\"not_ready\"}", VERDICT_RETRY, "http_503");
    check_verdict(VERDICT_OF_SIGN_IN, 200, "{\"session\":{\"token\":\"t\"}}", VERDICT_OK, "");
    check_verdict(VERDICT_OF_SIGN_IN, 200, "{}", VERDICT_ERROR, "bad_answer");
    check_verdict(VERDICT_OF_SIGN_IN, 401, "{\"code\":\"token_expired\"}", VERDICT_REFUSED, "token_expired");
    verdict_read(VERDICT_OF_DRAW, NULL, "reset", &verdict);
    assert_int_equal(verdict.kind, VERDICT_RETRY);
    assert_string_equal(verdict.why, "reset");
}

static void check_backoff(uint32_t attempts, int32_t retry_after_s, int64_t low_us, int64_t high_us)
{
    struct rng rng = {.state = 3};
    int64_t min = INT64_MAX, max = 0;

    for (int i = 0; i < 2000; i++) {
        int64_t wait_us = verdict_backoff_us(attempts, retry_after_s, &rng);

        min = wait_us < min ? wait_us : min;
        max = wait_us > max ? wait_us : max;
    }
    assert_true(min >= low_us && max <= high_us);
    assert_true(max - min > (high_us - low_us) * 9 / 10);
}

TEST(coming_back_is_spread_and_never_before_retry_after)
{
    check_backoff(1, 3, 3000000, 3750000);
    check_backoff(9, 1, 1000000, 1250000);
    check_backoff(1, -1, 50000, 150000);
    check_backoff(3, -1, 200000, 600000);
    check_backoff(50, -1, 1000000, 3000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_answer_is_whole_only_at_its_last_byte),
        RUN(headers_that_matter_are_read_in_any_case),
        RUN(chunks_are_joined_where_they_are),
        RUN(what_is_not_understood_is_bad),
        RUN(a_draw_is_read_from_its_body),
        RUN(a_body_that_is_no_object_or_is_cut_off_is_refused),
        RUN(every_answer_has_one_meaning),
        RUN(coming_back_is_spread_and_never_before_retry_after),
    };

    return RUN_ALL(tests);
}
