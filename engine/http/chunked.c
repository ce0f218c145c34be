/*
 * http/chunked.c - the body: by its length, or chunk by chunk joined in place, with its trailers.
 */
#include "http/chars.h"
#include "http/parser_internal.h"

static size_t blanks(const char *at, size_t len)
{
    size_t i = 0;

    while (i < len && char_is_blank(at[i])) {
        i++;
    }
    return i;
}

static size_t token(const char *at, size_t len)
{
    size_t i = 0;

    while (i < len && char_is(at[i], CHAR_TOKEN)) {
        i++;
    }
    return i;
}

/* The length of a quoted string at the start, 0 when it is none. Its bytes are checked by the caller. */
static size_t quoted(const char *at, size_t len)
{
    for (size_t i = 1; i < len && at[0] == '"'; i++) {
        if (at[i] == '"') {
            return i + 1;
        }
        i += at[i] == '\\';
    }
    return 0;
}

/* One `BWS ; BWS name [ BWS = BWS value ]`; its length, 0 when malformed. */
static size_t extension(const char *at, size_t len)
{
    size_t i = blanks(at, len), size, equals;

    if (i == len || at[i] != ';') {
        return 0;
    }
    i++;
    i += blanks(at + i, len - i);
    size = token(at + i, len - i);
    if (size == 0) {
        return 0;
    }
    i += size;
    equals = i + blanks(at + i, len - i);
    if (equals == len || at[equals] != '=') {
        return i;
    }
    i = equals + 1;
    i += blanks(at + i, len - i);
    size = i < len && at[i] == '"' ? quoted(at + i, len - i) : token(at + i, len - i);
    return size == 0 ? 0 : i + size;
}

static bool extensions_check(struct http_parser *parser, const char *at, size_t len)
{
    parser->chunk_ext_bytes += len;
    if (parser->chunk_ext_bytes > HTTP_CHUNK_EXT_MAX || !chars_are_value(at, len)) {
        return http_refuse(parser, HB_E_INPUT, "a chunk extension is too long or holds a control character");
    }
    while (len > 0) {
        size_t size = extension(at, len);

        if (size == 0) {
            return http_refuse(parser, HB_E_INPUT, "a chunk extension is malformed");
        }
        at += size;
        len -= size;
    }
    return true;
}

/* 15 hexadecimal digits cannot overflow and are more than any body here. */
static bool chunk_size_parse(struct http_parser *parser, const char *at, size_t len, size_t body_max)
{
    uint64_t size = 0;
    size_t digits = 0;

    while (digits < len && digits < 16 && char_hex(at[digits]) >= 0) {
        size = size << 4 | (uint64_t)char_hex(at[digits]);
        digits++;
    }
    if (digits == 0 || digits > 15) {
        return http_refuse(parser, HB_E_INPUT, "a chunk size is not a short hexadecimal number");
    }
    if (!extensions_check(parser, at + digits, len - digits)) {
        return false;
    }
    if (size > body_max - parser->body_len) {
        return http_refuse(parser, HB_E_BODY_SIZE, NULL);
    }
    parser->chunk_left = size;
    parser->stage = size > 0 ? HTTP_STAGE_CHUNK_DATA : HTTP_STAGE_TRAILERS;
    parser->trailer_left = parser->header_max;
    return true;
}

static enum http_parse
chunk_size_take(struct http_parser *parser, const char *data, size_t len, size_t body_max)
{
    struct http_line line;
    enum http_parse got =
        http_line_take(parser, data, len, parser->pos + HTTP_CHUNK_LINE_MAX, HB_E_INPUT, &line);

    if (got == HTTP_PARSE_DONE && !chunk_size_parse(parser, data + line.at, line.len, body_max)) {
        return HTTP_PARSE_REFUSED;
    }
    return got;
}

static enum http_parse chunk_data_take(struct http_parser *parser, char *data, size_t len)
{
    size_t here = len - parser->pos;
    size_t size = parser->chunk_left < here ? (size_t)parser->chunk_left : here;

    memmove(data + parser->head_len + parser->body_len, data + parser->pos, size);
    parser->body_len += size;
    parser->chunk_left -= size;
    parser->pos += size;
    parser->scan = parser->pos;
    if (parser->chunk_left > 0) {
        return HTTP_PARSE_MORE;
    }
    parser->stage = HTTP_STAGE_CHUNK_END;
    return HTTP_PARSE_DONE;
}

static enum http_parse chunk_end_take(struct http_parser *parser, const char *data, size_t len)
{
    size_t here = len - parser->pos;

    if ((here > 0 && data[parser->pos] != '\r') || (here > 1 && data[parser->pos + 1] != '\n')) {
        http_refuse(parser, HB_E_INPUT, "a chunk is longer than its size");
        return HTTP_PARSE_REFUSED;
    }
    if (here < 2) {
        return HTTP_PARSE_MORE;
    }
    parser->pos += 2;
    parser->scan = parser->pos;
    parser->stage = HTTP_STAGE_CHUNK_SIZE;
    return HTTP_PARSE_DONE;
}

/* Fields that frame, route, sign in or say how to read the body have no place behind it (RFC 9110, 6.5.1). */
static bool trailer_allowed(struct http_text name)
{
    static const char *const FORBIDDEN[] = {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "authorization",
        "cookie",
        "set-cookie",
        "content-type",
        "content-encoding",
        "content-range",
        "cache-control",
        "max-forwards",
        "range",
        "proxy-authorization",
        "x-forwarded-for",
        "forwarded",
        "age",
        "date",
        "idempotency-key",
        "origin",
    };

    for (size_t i = 0; i < sizeof FORBIDDEN / sizeof FORBIDDEN[0]; i++) {
        if (text_equal_fold(name, FORBIDDEN[i])) {
            return false;
        }
    }
    return name.len < 3 || !chars_equal_fold(name.at, "if-", 3);
}

/* Trailers are checked and forgotten. */
static bool trailer_parse(struct http_parser *parser, const char *data, struct http_line line)
{
    struct http_line relative = {0, line.len}; /* a body may put it past what a span can hold */
    struct http_field field;

    if (line.len == 0) {
        parser->stage = HTTP_STAGE_DONE;
        return true;
    }
    if (++parser->trailer_count > parser->fields_max) {
        return http_refuse(parser, HB_E_HEADER_SIZE, "there are too many trailers");
    }
    if (!http_field_split(parser, data + line.at, relative, &field)) {
        return false;
    }
    if (!trailer_allowed((struct http_text){data + line.at, field.name.len})) {
        return http_refuse(parser, HB_E_INPUT, "a trailer holds a field that belongs to the head");
    }
    return true;
}

static enum http_parse trailer_take(struct http_parser *parser, const char *data, size_t len)
{
    struct http_line line;
    enum http_parse got =
        http_line_take(parser, data, len, parser->pos + parser->trailer_left, HB_E_HEADER_SIZE, &line);

    if (got == HTTP_PARSE_DONE) {
        parser->trailer_left -= line.len + 2;
        got = trailer_parse(parser, data, line) ? got : HTTP_PARSE_REFUSED;
    }
    return got;
}

static enum http_parse chunked_take(struct http_parser *parser, char *data, size_t len, size_t body_max)
{
    switch (parser->stage) {
    case HTTP_STAGE_CHUNK_SIZE:
        return chunk_size_take(parser, data, len, body_max);
    case HTTP_STAGE_CHUNK_DATA:
        return chunk_data_take(parser, data, len);
    case HTTP_STAGE_CHUNK_END:
        return chunk_end_take(parser, data, len);
    default:
        return trailer_take(parser, data, len);
    }
}

/* Closes the gap that sizes and extensions left, so that what is kept stays near the body's own size. */
static void gap_close(struct http_parser *parser, char *data, size_t *len)
{
    size_t kept = parser->head_len + parser->body_len;
    size_t gap = parser->pos - kept;

    memmove(data + kept, data + parser->pos, *len - parser->pos);
    parser->pos -= gap;
    parser->scan -= gap;
    *len -= gap;
}

static enum http_parse chunked_parse(struct http_parser *parser, char *data, size_t *len, size_t body_max)
{
    enum http_parse got = HTTP_PARSE_DONE;

    while (got == HTTP_PARSE_DONE && parser->stage != HTTP_STAGE_DONE) {
        got = chunked_take(parser, data, *len, body_max);
    }
    if (got == HTTP_PARSE_MORE) {
        gap_close(parser, data, len);
    }
    return got;
}

enum http_parse http_parse_body(struct http_parser *parser, char *data, size_t *len, size_t body_max)
{
    if (parser->stage != HTTP_STAGE_BODY) {
        return chunked_parse(parser, data, len, body_max);
    }
    if (parser->content_length > body_max) {
        http_refuse(parser, HB_E_BODY_SIZE, NULL);
        return HTTP_PARSE_REFUSED;
    }
    if (*len - parser->head_len < parser->content_length) {
        return HTTP_PARSE_MORE;
    }
    parser->body_len = (size_t)parser->content_length;
    parser->pos = parser->head_len + parser->body_len;
    parser->stage = HTTP_STAGE_DONE;
    return HTTP_PARSE_DONE;
}
