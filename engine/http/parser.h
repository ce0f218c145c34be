/*
 * http/parser.h - the strict HTTP/1.1 request parser: bytes in, a request or a refusal out.
 *
 * Pure: no I/O, no memory of its own. Positions are offsets from the request's first byte, so the bytes may
 * move between calls as long as they stay in front. Called again with more bytes it goes on where it was, and
 * says the same of a request however it was cut into pieces.
 *
 * What RFC 9112 tells a server to refuse is refused, and of what it may refuse everything that two parsers
 * could read differently. After a refusal the connection has to end: the framing is not known any more.
 */
#pragma once

#include "http/server.h"

enum {
    HTTP_FIELDS_MAX = 100,
    HTTP_HEAD_BYTES_MAX = 65535,
    HTTP_CHUNK_LINE_MAX = 256,
    HTTP_CHUNK_EXT_MAX = 4096
};

enum http_parse { HTTP_PARSE_MORE, HTTP_PARSE_DONE, HTTP_PARSE_REFUSED };

/* 16 bits are enough: a head is never longer than HTTP_HEAD_BYTES_MAX. */
struct http_span {
    uint16_t at, len;
};

struct http_field {
    struct http_span name, value; /* the value without blanks around it */
};

/* Fields whose place is remembered; the first line wins where repeating one is not refused. */
enum http_known {
    HTTP_HOST,
    HTTP_CONTENT_LENGTH,
    HTTP_TRANSFER_ENCODING,
    HTTP_EXPECT,
    HTTP_ORIGIN,
    HTTP_ACCEPT_LANGUAGE,
    HTTP_TRACEPARENT,
    HTTP_KNOWN_COUNT
};

enum http_stage {
    HTTP_STAGE_REQUEST_LINE,
    HTTP_STAGE_FIELDS,
    HTTP_STAGE_BODY,
    HTTP_STAGE_CHUNK_SIZE,
    HTTP_STAGE_CHUNK_DATA,
    HTTP_STAGE_CHUNK_END,
    HTTP_STAGE_TRAILERS,
    HTTP_STAGE_DONE
};

struct http_parser {
    size_t header_max, fields_max;
    enum http_stage stage;
    size_t pos;  /* everything before it is understood; when done: where the next request begins */
    size_t scan; /* no LF between pos and here */

    enum http_method method;
    uint8_t minor;     /* 0 for HTTP/1.0, else 1 */
    bool path_escaped; /* the path holds a '%' */
    bool has_length, chunked, close, keep_alive, expects_continue;
    uint8_t known[HTTP_KNOWN_COUNT]; /* index + 1 into fields; 0: absent */
    struct http_span path, query, authority;
    uint64_t content_length;
    size_t head_len, body_len;

    uint64_t chunk_left;
    size_t chunk_ext_bytes, trailer_left, trailer_count;

    hb_err err; /* why it was refused */
    const char *why;
    size_t field_count;
    struct http_field fields[HTTP_FIELDS_MAX];
};

void http_parser_start(struct http_parser *parser, size_t header_max, size_t fields_max);

/* DONE: request line and fields are known and consistent; the body starts at head_len. */
enum http_parse http_parse_head(struct http_parser *parser, const char *data, size_t len);

/* After a DONE head. Chunks are joined in place, so *len shrinks; when DONE the body is the body_len bytes at
 * head_len and the next request begins at pos. */
enum http_parse http_parse_body(struct http_parser *parser, char *data, size_t *len, size_t body_max);

/* A Host value or authority: name, IPv4 or [IPv6], maybe a port. */
bool http_host_valid(const char *at, size_t len);
