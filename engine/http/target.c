/*
 * http/target.c - the request target and the host: RFC 3986 as far as a server needs it.
 */
#include "http/chars.h"
#include "http/parser_internal.h"

#include <arpa/inet.h>

static bool port_valid(const char *at, size_t len)
{
    unsigned port = 0;

    if (len > 5) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!char_is_digit(at[i])) {
            return false;
        }
        port = port * 10 + (unsigned)(at[i] - '0');
    }
    return port <= 65535;
}

/* The length of "[address]" at the start, 0 when it is none. */
static size_t ipv6_literal(const char *at, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    const char *end = memchr(at, ']', len);
    size_t inner = end == NULL ? 0 : (size_t)(end - at) - 1;

    if (inner == 0 || inner >= sizeof text) {
        return 0;
    }
    memcpy(text, at + 1, inner);
    text[inner] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1 ? inner + 2 : 0;
}

/* Narrower than the grammar: no user, no comma and no other sub-delimiter, which names never hold. */
bool http_host_valid(const char *at, size_t len)
{
    size_t name = 0;

    if (len > 0 && at[0] == '[') {
        name = ipv6_literal(at, len);
    } else {
        for (; name < len && char_is(at[name], CHAR_HOST); name++) {
        }
    }
    if (name == 0 || name > 255) {
        return false;
    }
    return name == len || (at[name] == ':' && port_valid(at + name + 1, len - name - 1));
}

/* How far bytes of a class and whole escapes reach: to the blank before the version, at the furthest. */
static size_t run_length(const char *at, size_t len, unsigned class, bool *escaped)
{
    size_t i = 0;

    for (;;) {
        while (char_is(at[i], class)) {
            i++;
        }
        if (at[i] != '%' || i + 2 >= len || char_hex(at[i + 1]) < 0 || char_hex(at[i + 2]) < 0 ||
            (at[i + 1] == '0' && at[i + 2] == '0')) {
            return i;
        }
        *escaped = true;
        i += 3;
    }
}

static bool path_and_query_parse(struct http_parser *parser, const char *data, size_t at, size_t len)
{
    bool in_query = false;
    size_t path = run_length(data + at, len, CHAR_PATH, &parser->path_escaped);
    size_t query = 0;

    parser->path = http_span_of(at, path);
    if (path < len && data[at + path] == '?') {
        query = run_length(data + at + path + 1, len - path - 1, CHAR_QUERY, &in_query);
        parser->query = http_span_of(at + path + 1, query);
        query++;
    }
    if (path + query != len) {
        return http_refuse(parser, HB_E_INPUT, "the target holds a byte or an escape it must not");
    }
    return true;
}

static bool absolute_parse(struct http_parser *parser, const char *data, size_t at, size_t len, size_t scheme)
{
    size_t host = 0;

    at += scheme;
    len -= scheme;
    while (host < len && data[at + host] != '/' && data[at + host] != '?') {
        host++;
    }
    if (!http_host_valid(data + at, host)) {
        return http_refuse(parser, HB_E_INPUT, "the target names no host");
    }
    parser->authority = http_span_of(at, host);
    return path_and_query_parse(parser, data, at + host, len - host);
}

bool http_target_parse(struct http_parser *parser, const char *data, size_t at, size_t len)
{
    const char *target = data + at;

    if (target[0] == '/') {
        return path_and_query_parse(parser, data, at, len);
    }
    if (len == 1 && target[0] == '*' && parser->method == HTTP_OPTIONS) {
        parser->path = http_span_of(at, 1);
        return true;
    }
    if (len > 7 && chars_equal_fold(target, "http", 4) && memcmp(target + 4, "://", 3) == 0) {
        return absolute_parse(parser, data, at, len, 7);
    }
    if (len > 8 && chars_equal_fold(target, "https", 5) && memcmp(target + 5, "://", 3) == 0) {
        return absolute_parse(parser, data, at, len, 8);
    }
    return http_refuse(parser, HB_E_INPUT, "the target is neither a path nor an absolute address");
}
