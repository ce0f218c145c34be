/*
 * http/parser.c - lines of the head: request line and fields, each looked at once, when it is whole.
 */
#include "http/parser.h"

#include "http/chars.h"
#include "http/parser_internal.h"

void http_parser_start(struct http_parser *parser, size_t header_max, size_t fields_max)
{
    memset(parser, 0, offsetof(struct http_parser, fields)); /* the table is only read up to field_count */
    parser->header_max = header_max < HTTP_HEAD_BYTES_MAX ? header_max : HTTP_HEAD_BYTES_MAX;
    parser->fields_max = fields_max < HTTP_FIELDS_MAX ? fields_max : HTTP_FIELDS_MAX;
}

enum http_parse http_line_take(
    struct http_parser *parser, const char *data, size_t len, size_t end, hb_err err, struct http_line *out)
{
    size_t limit = len < end ? len : end;
    const char *lf = limit > parser->scan ? memchr(data + parser->scan, '\n', limit - parser->scan) : NULL;
    size_t at;

    if (lf == NULL) {
        parser->scan = limit > parser->scan ? limit : parser->scan;
        if (len < end) {
            return HTTP_PARSE_MORE;
        }
        http_refuse(parser, err, "a line or the head is too long");
        return HTTP_PARSE_REFUSED;
    }
    at = (size_t)(lf - data);
    if (at == parser->pos || data[at - 1] != '\r') {
        http_refuse(parser, HB_E_INPUT, "a line ends with a bare LF");
        return HTTP_PARSE_REFUSED;
    }
    *out = (struct http_line){parser->pos, at - 1 - parser->pos};
    parser->pos = parser->scan = at + 1;
    return HTTP_PARSE_DONE;
}

static bool method_parse(struct http_parser *parser, const char *at, size_t len)
{
    static const struct {
        const char *name;
        size_t len;
        enum http_method method;
    } METHODS[] = {
        {"GET", 3, HTTP_GET},
        {"POST", 4, HTTP_POST},
        {"HEAD", 4, HTTP_HEAD},
        {"OPTIONS", 7, HTTP_OPTIONS},
        {"PUT", 3, HTTP_PUT},
        {"PATCH", 5, HTTP_PATCH},
        {"DELETE", 6, HTTP_DELETE},
    };

    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        if (METHODS[i].len == len && memcmp(METHODS[i].name, at, len) == 0) {
            parser->method = METHODS[i].method;
            return true;
        }
    }
    return http_refuse(parser, HB_E_NOT_IMPLEMENTED, "the method is not known");
}

/* Exactly "HTTP/" digit "." digit. A higher minor version is ours to read as 1.1 (RFC 9110, 2.5). */
static bool version_parse(struct http_parser *parser, const char *at)
{
    if (memcmp(at, "HTTP/", 5) != 0 || !char_is_digit(at[5]) || at[6] != '.' || !char_is_digit(at[7])) {
        return http_refuse(parser, HB_E_INPUT, "the request line does not end with a version");
    }
    if (at[5] != '1') {
        return http_refuse(parser, HB_E_HTTP_VERSION, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    parser->minor = at[7] != '0';
    return true;
}

/* method SP target SP version; one space each, so that nobody reads another target than we do. */
static bool request_line_parse(struct http_parser *parser, const char *data, struct http_line line)
{
    enum { VERSION = 8 };
    const char *at = data + line.at;
    size_t method = 0, target_len;

    while (char_is(at[method], CHAR_TOKEN)) { /* ends at the line's CR, at the latest */
        method++;
    }
    if (method == 0 || method + 1 + 1 + 1 + VERSION > line.len || at[method] != ' ' ||
        at[line.len - VERSION - 1] != ' ') {
        return http_refuse(parser, HB_E_INPUT, "the request line is not method, target and version");
    }
    target_len = line.len - method - 1 - 1 - VERSION;
    return version_parse(parser, at + line.len - VERSION) && method_parse(parser, at, method) &&
           http_target_parse(parser, data, line.at + method + 1, target_len);
}

bool http_field_split(struct http_parser *parser,
                      const char *data,
                      struct http_line line,
                      struct http_field *out)
{
    const char *at = data + line.at;
    size_t name = 0;
    struct http_text value;

    if (char_is_blank(at[0])) {
        return http_refuse(parser, HB_E_INPUT, "a field line is folded");
    }
    while (char_is(at[name], CHAR_TOKEN)) { /* ends at the line's CR, at the latest */
        name++;
    }
    if (name == 0 || at[name] != ':') {
        return http_refuse(parser, HB_E_INPUT, "a field name is not a token with a colon behind it");
    }
    value = text_trim((struct http_text){at + name + 1, line.len - name - 1});
    if (!chars_are_value(value.at, value.len)) {
        return http_refuse(parser, HB_E_INPUT, "a field value holds a control character");
    }
    out->name = http_span_of(line.at, name);
    out->value = http_span_of((size_t)(value.at - data), value.len);
    return true;
}

static bool field_parse(struct http_parser *parser, const char *data, struct http_line line)
{
    size_t index = parser->field_count;

    if (index >= parser->fields_max) {
        return http_refuse(parser, HB_E_HEADER_SIZE, "there are too many fields");
    }
    if (!http_field_split(parser, data, line, &parser->fields[index])) {
        return false;
    }
    parser->field_count++;
    return http_field_note(parser, data, index);
}

static bool head_line_parse(struct http_parser *parser, const char *data, struct http_line line)
{
    if (parser->stage == HTTP_STAGE_REQUEST_LINE) {
        parser->stage = HTTP_STAGE_FIELDS;
        return request_line_parse(parser, data, line);
    }
    if (line.len > 0) {
        return field_parse(parser, data, line);
    }
    parser->head_len = parser->pos;
    parser->stage = parser->chunked ? HTTP_STAGE_CHUNK_SIZE : HTTP_STAGE_BODY;
    return http_fields_check(parser, data);
}

/* One empty line before a request is skipped (RFC 9112, 2.2). Whatever else is no method is refused by its
 * first byte, so that a client speaking TLS or HTTP/2 frames hears so at once. */
static enum http_parse start_check(struct http_parser *parser, const char *data, size_t len)
{
    if (len > 0 && data[0] == '\r' && parser->pos == 0) {
        if (len < 2) {
            return HTTP_PARSE_MORE;
        }
        if (data[1] == '\n') {
            parser->pos = parser->scan = 2;
        }
    }
    if (len <= parser->pos) {
        return HTTP_PARSE_MORE;
    }
    if (!char_is(data[parser->pos], CHAR_TOKEN)) {
        http_refuse(parser, HB_E_INPUT, "the request does not start with a method");
        return HTTP_PARSE_REFUSED;
    }
    return HTTP_PARSE_DONE;
}

enum http_parse http_parse_head(struct http_parser *parser, const char *data, size_t len)
{
    enum http_parse got = HTTP_PARSE_DONE;

    if (parser->stage == HTTP_STAGE_REQUEST_LINE) {
        got = start_check(parser, data, len);
    }
    while (got == HTTP_PARSE_DONE && parser->stage <= HTTP_STAGE_FIELDS) {
        bool first = parser->stage == HTTP_STAGE_REQUEST_LINE;
        struct http_line line;

        got = http_line_take(
            parser, data, len, parser->header_max, first ? HB_E_URI_SIZE : HB_E_HEADER_SIZE, &line);
        if (got == HTTP_PARSE_DONE && !head_line_parse(parser, data, line)) {
            got = HTTP_PARSE_REFUSED;
        }
    }
    return got;
}
