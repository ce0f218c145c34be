/*
 * http/fields.c - the fields that decide where a request ends and what becomes of its connection.
 */
#include "http/chars.h"
#include "http/parser_internal.h"

static struct http_text span_text(const char *data, struct http_span span)
{
    return (struct http_text){data + span.at, span.len};
}

/* Digits only: no sign, blank, list or base. 18 of them cannot overflow. */
static bool content_length_note(struct http_parser *parser, struct http_text value)
{
    if (parser->has_length) {
        return http_refuse(parser, HB_E_INPUT, "there are two Content-Length fields");
    }
    parser->has_length = true;
    if (value.len == 0 || value.len > 18) {
        return http_refuse(parser, HB_E_INPUT, "Content-Length is not a number");
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!char_is_digit(value.at[i])) {
            return http_refuse(parser, HB_E_INPUT, "Content-Length is not a number");
        }
        parser->content_length = parser->content_length * 10 + (uint64_t)(value.at[i] - '0');
    }
    return true;
}

/* 501 for a coding we do not have, 400 where the end of the body would be anybody's guess. */
static bool transfer_encoding_refuse(struct http_parser *parser, struct http_text value)
{
    struct http_text element;
    size_t chunked = 0, unknown = 0;
    bool last = false;

    while (text_list_next(&value, &element)) {
        last = text_equal_fold(element, "chunked");
        chunked += last;
        unknown += !last && element.len > 0;
    }
    if (unknown > 0 && (chunked == 0 || (chunked == 1 && last))) {
        return http_refuse(parser, HB_E_NOT_IMPLEMENTED, "the only transfer coding known here is chunked");
    }
    return http_refuse(parser, HB_E_INPUT, "Transfer-Encoding is not exactly `chunked`");
}

static bool transfer_encoding_note(struct http_parser *parser, struct http_text value)
{
    if (parser->known[HTTP_TRANSFER_ENCODING] != 0) {
        return http_refuse(parser, HB_E_INPUT, "there are two Transfer-Encoding fields");
    }
    if (parser->minor == 0) {
        return http_refuse(parser, HB_E_INPUT, "HTTP/1.0 has no Transfer-Encoding");
    }
    if (!text_equal_fold(value, "chunked")) {
        return transfer_encoding_refuse(parser, value);
    }
    parser->chunked = true;
    return true;
}

static bool host_note(struct http_parser *parser, struct http_text value)
{
    if (parser->known[HTTP_HOST] != 0) {
        return http_refuse(parser, HB_E_INPUT, "there are two Host fields");
    }
    if (!http_host_valid(value.at, value.len)) {
        return http_refuse(parser, HB_E_INPUT, "Host is not a host");
    }
    return true;
}

static bool expect_note(struct http_parser *parser, struct http_text value)
{
    if (parser->minor == 0) {
        return true; /* RFC 9110, 10.1.1: ignored in HTTP/1.0 */
    }
    if (!text_equal_fold(value, "100-continue")) {
        return http_refuse(parser, HB_E_EXPECT, "the only expectation known here is 100-continue");
    }
    parser->expects_continue = true;
    return true;
}

static void connection_note(struct http_parser *parser, struct http_text value)
{
    struct http_text element;

    while (text_list_next(&value, &element)) {
        parser->close |= text_equal_fold(element, "close");
        parser->keep_alive |= text_equal_fold(element, "keep-alive");
    }
}

/* By length first: most fields are none of these and cost one comparison. */
static int known_find(const char *name, size_t len)
{
    static const struct {
        const char *name;
        int known;
    } BY_LENGTH[18][2] = {
        [4] = {{"host", HTTP_HOST}},
        [6] = {{"origin", HTTP_ORIGIN}, {"expect", HTTP_EXPECT}},
        [11] = {{"traceparent", HTTP_TRACEPARENT}},
        [14] = {{"content-length", HTTP_CONTENT_LENGTH}},
        [15] = {{"accept-language", HTTP_ACCEPT_LANGUAGE}},
        [17] = {{"transfer-encoding", HTTP_TRANSFER_ENCODING}},
    };

    if (len >= sizeof BY_LENGTH / sizeof BY_LENGTH[0]) {
        return -1;
    }
    for (size_t i = 0; i < 2 && BY_LENGTH[len][i].name != NULL; i++) {
        if (chars_equal_fold(name, BY_LENGTH[len][i].name, len)) {
            return BY_LENGTH[len][i].known;
        }
    }
    return -1;
}

static bool known_note(struct http_parser *parser, int known, struct http_text value)
{
    switch (known) {
    case HTTP_HOST:
        return host_note(parser, value);
    case HTTP_CONTENT_LENGTH:
        return content_length_note(parser, value);
    case HTTP_TRANSFER_ENCODING:
        return transfer_encoding_note(parser, value);
    case HTTP_EXPECT:
        return expect_note(parser, value);
    default:
        return true;
    }
}

bool http_field_note(struct http_parser *parser, const char *data, size_t index)
{
    const struct http_field *field = &parser->fields[index];
    const char *name = data + field->name.at;
    int known;

    if (field->name.len == 10 && chars_equal_fold(name, "connection", 10)) {
        connection_note(parser, span_text(data, field->value));
        return true;
    }
    known = known_find(name, field->name.len);
    if (known < 0) {
        return true;
    }
    if (!known_note(parser, known, span_text(data, field->value))) {
        return false;
    }
    if (parser->known[known] == 0) {
        parser->known[known] = (uint8_t)(index + 1);
    }
    return true;
}

static struct http_text without_port(struct http_text host, const char *port)
{
    size_t len = strlen(port);

    if (host.len > len && memcmp(host.at + host.len - len, port, len) == 0) {
        host.len -= len;
    }
    return host;
}

static bool same_fold(struct http_text a, struct http_text b)
{
    for (size_t i = 0; i < a.len && a.len == b.len; i++) {
        if ((a.at[i] | 0x20) != (b.at[i] | 0x20)) {
            return false;
        }
    }
    return a.len == b.len;
}

/* An absolute target must name the host that Host names: whoever routes by the other one sees the same. */
static bool authority_check(struct http_parser *parser, const char *data, struct http_text host)
{
    const char *port =
        (data[parser->authority.at - 4] | 0x20) == 's' ? ":443" : ":80"; /* https:// or http:// */
    struct http_text named = span_text(data, parser->authority);

    if (!same_fold(without_port(named, port), without_port(host, port))) {
        return http_refuse(parser, HB_E_INPUT, "the target and Host name different hosts");
    }
    return true;
}

bool http_fields_check(struct http_parser *parser, const char *data)
{
    unsigned host = parser->known[HTTP_HOST];

    if (host == 0 && parser->minor > 0) {
        return http_refuse(parser, HB_E_INPUT, "Host is missing");
    }
    if (parser->chunked && parser->has_length) {
        return http_refuse(parser, HB_E_INPUT, "both Content-Length and Transfer-Encoding are there");
    }
    if (host != 0 && parser->authority.len > 0) {
        return authority_check(parser, data, span_text(data, parser->fields[host - 1].value));
    }
    return true;
}
