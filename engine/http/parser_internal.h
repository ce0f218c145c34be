/*
 * http/parser_internal.h - what the parser's files share.
 */
#pragma once

#include "http/parser.h"

struct http_line {
    size_t at, len; /* without the CRLF */
};

/* Refuses; false, so that a check can end with it. */
static inline bool http_refuse(struct http_parser *parser, hb_err err, const char *why)
{
    parser->err = err;
    parser->why = why;
    return false;
}

static inline struct http_span http_span_of(size_t at, size_t len)
{
    return (struct http_span){(uint16_t)at, (uint16_t)len};
}

/* The next line, which must end before offset end; else refused with err. */
enum http_parse http_line_take(
    struct http_parser *parser, const char *data, size_t len, size_t end, hb_err err, struct http_line *out);
/* name ":" value of one field line; refuses everything else. */
bool http_field_split(struct http_parser *parser,
                      const char *data,
                      struct http_line line,
                      struct http_field *out);
/* The request target, in the form its method allows. */
bool http_target_parse(struct http_parser *parser, const char *data, size_t at, size_t len);
/* Notes what a field means for framing and connection. */
bool http_field_note(struct http_parser *parser, const char *data, size_t index);
/* What the fields say together. */
bool http_fields_check(struct http_parser *parser, const char *data);
