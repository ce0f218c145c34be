/* Tests of engine/http/parser.c, fields.c, target.c, chunked.c. The long list of wire cases is
 * tests/system/http_probes.py. */
#include "http/parser.h"

#include "tests/support/unit.h"

#include <string.h>

struct parsed {
    struct http_parser parser;
    enum http_parse verdict;
    char data[70000];
    size_t len;
};

static struct parsed parsed;

static enum http_parse parse_again(size_t len, size_t body_max)
{
    parsed.len = len;
    parsed.verdict = http_parse_head(&parsed.parser, parsed.data, parsed.len);
    if (parsed.verdict == HTTP_PARSE_DONE) {
        parsed.verdict = http_parse_body(&parsed.parser, parsed.data, &parsed.len, body_max);
    }
    return parsed.verdict;
}

static enum http_parse parse(const char *text)
{
    size_t len = strlen(text);

    http_parser_start(&parsed.parser, 8192, 64);
    memcpy(parsed.data, text, len);
    return parse_again(len, 65536);
}

static void assert_span(struct http_span span, const char *expected)
{
    assert_int_equal(span.len, strlen(expected));
    assert_memory_equal(parsed.data + span.at, expected, span.len);
}

static void assert_refused(const char *text, hb_err err)
{
    assert_int_equal(parse(text), HTTP_PARSE_REFUSED);
    assert_int_equal(parsed.parser.err, err);
}

TEST(a_request_is_taken_apart)
{
    assert_int_equal(
        parse("POST /v1/x?a=1 HTTP/1.1\r\nHost: a:80\r\nX-B:  c d \r\nContent-Length: 2\r\n\r\nhiGET"),
        HTTP_PARSE_DONE);
    assert_int_equal(parsed.parser.method, HTTP_POST);
    assert_span(parsed.parser.path, "/v1/x");
    assert_span(parsed.parser.query, "a=1");
    assert_int_equal(parsed.parser.field_count, 3);
    assert_span(parsed.parser.fields[1].name, "X-B");
    assert_span(parsed.parser.fields[1].value, "c d");
    assert_int_equal(parsed.parser.body_len, 2);
    assert_memory_equal(parsed.data + parsed.parser.head_len, "hi", 2);
    assert_memory_equal(parsed.data + parsed.parser.pos, "GET", 3);
}

TEST(a_request_byte_by_byte_is_the_same_request)
{
    static const char TEXT[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                               "chunked\r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n";

    http_parser_start(&parsed.parser, 8192, 64);
    parsed.len = 0;
    for (size_t i = 0; i < sizeof TEXT - 1; i++) {
        parsed.data[parsed.len] = TEXT[i];
        parse_again(parsed.len + 1, 100);
        assert_int_equal(parsed.verdict, i + 2 < sizeof TEXT ? HTTP_PARSE_MORE : HTTP_PARSE_DONE);
    }
    assert_int_equal(parsed.parser.body_len, 5);
    assert_memory_equal(parsed.data + parsed.parser.head_len, "abcde", 5);
    assert_int_equal(parsed.parser.pos, parsed.len);
}

TEST(what_chunks_leave_behind_does_not_pile_up)
{
    size_t before;

    assert_int_equal(parse("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
                     HTTP_PARSE_MORE);
    before = parsed.len;
    for (int i = 0; i < 100; i++) {
        memcpy(parsed.data + parsed.len, "1;some=ext\r\nx\r\n", 15);
        assert_int_equal(parse_again(parsed.len + 15, 100), HTTP_PARSE_MORE);
    }
    assert_int_equal(parsed.len, before + 100);
}

TEST(a_line_too_long_is_refused_before_its_end_has_come)
{
    http_parser_start(&parsed.parser, 512, 64);
    memset(parsed.data, 'a', 600);
    memcpy(parsed.data, "GET /", 5);
    assert_int_equal(parse_again(511, 0), HTTP_PARSE_MORE);
    assert_int_equal(parse_again(512, 0), HTTP_PARSE_REFUSED);
    assert_int_equal(parsed.parser.err, HB_E_URI_SIZE);
    http_parser_start(&parsed.parser, 512, 64);
    memcpy(parsed.data, "GET / HTTP/1.1\r\nX: ", 19);
    assert_int_equal(parse_again(600, 0), HTTP_PARSE_REFUSED);
    assert_int_equal(parsed.parser.err, HB_E_HEADER_SIZE);
}

TEST(a_head_at_the_largest_size_keeps_its_places)
{
    static const char START[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";

    http_parser_start(&parsed.parser, HTTP_HEAD_BYTES_MAX, 64);
    memset(parsed.data, 'v', HTTP_HEAD_BYTES_MAX);
    memcpy(parsed.data, START, sizeof START - 1);
    memcpy(parsed.data + HTTP_HEAD_BYTES_MAX - 4, "\r\n\r\n", 4);
    assert_int_equal(parse_again(HTTP_HEAD_BYTES_MAX, 0), HTTP_PARSE_DONE);
    assert_int_equal(parsed.parser.fields[1].value.len, HTTP_HEAD_BYTES_MAX - 4 - (sizeof START - 1));
    assert_int_equal(parsed.parser.head_len, HTTP_HEAD_BYTES_MAX);
}

TEST(two_lengths_are_never_reconciled)
{
    assert_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
                   HB_E_INPUT);
    assert_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n", HB_E_INPUT);
    assert_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                   HB_E_INPUT);
    assert_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", HB_E_INPUT);
    assert_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", HB_E_NOT_IMPLEMENTED);
}

TEST(a_body_above_its_limit_is_refused_before_it_comes)
{
    http_parser_start(&parsed.parser, 8192, 64);
    memcpy(parsed.data, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 49);
    assert_int_equal(parse_again(49, 10), HTTP_PARSE_REFUSED);
    assert_int_equal(parsed.parser.err, HB_E_BODY_SIZE);
}

TEST(the_connection_field_is_a_list)
{
    assert_int_equal(
        parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Keep-Alive\r\nconnection: CLOSE\r\n\r\n"),
        HTTP_PARSE_DONE);
    assert_true(parsed.parser.close);
    assert_true(parsed.parser.keep_alive);
}

TEST(an_absolute_target_must_name_the_host)
{
    assert_int_equal(parse("GET https://A:443/x HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_PARSE_DONE);
    assert_span(parsed.parser.path, "/x");
    assert_refused("GET http://a:443/x HTTP/1.1\r\nHost: a\r\n\r\n", HB_E_INPUT);
    assert_refused("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", HB_E_INPUT);
}

TEST(hosts_are_names_or_addresses)
{
    assert_true(http_host_valid("a-b.example", 11));
    assert_true(http_host_valid("127.0.0.1:65535", 15));
    assert_true(http_host_valid("[::1]:80", 8));
    assert_false(http_host_valid("", 0));
    assert_false(http_host_valid("a:65536", 7));
    assert_false(http_host_valid("a,b", 3));
    assert_false(http_host_valid("[::1", 4));
    assert_false(http_host_valid("[]", 2));
    assert_false(http_host_valid("[::1]x", 6));
}

TEST(long_values_are_looked_at_to_the_last_byte)
{
    static const char START[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";

    for (size_t bad = 0; bad < 40; bad++) {
        http_parser_start(&parsed.parser, 8192, 64);
        memset(parsed.data, 'v', 100);
        memcpy(parsed.data, START, sizeof START - 1);
        parsed.data[sizeof START + bad] = '\x1f';
        memcpy(parsed.data + sizeof START + 41, "z\r\n\r\n", 5);
        assert_int_equal(parse_again(sizeof START + 46, 0), HTTP_PARSE_REFUSED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_request_is_taken_apart),
        RUN(a_request_byte_by_byte_is_the_same_request),
        RUN(what_chunks_leave_behind_does_not_pile_up),
        RUN(a_line_too_long_is_refused_before_its_end_has_come),
        RUN(a_head_at_the_largest_size_keeps_its_places),
        RUN(two_lengths_are_never_reconciled),
        RUN(a_body_above_its_limit_is_refused_before_it_comes),
        RUN(the_connection_field_is_a_list),
        RUN(an_absolute_target_must_name_the_host),
        RUN(hosts_are_names_or_addresses),
        RUN(long_values_are_looked_at_to_the_last_byte),
    };

    return RUN_ALL(tests);
}
