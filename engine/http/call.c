/*
 * http/call.c - one request on its way through a handler: what the handler can ask, and who answers instead.
 *
 *   head arrived --> route known, body limit --> body complete --> dispatched --> answered --> back to the
 * pool
 *
 * At dispatch the bytes move into the call's arena: they stay put for as long as the handler takes, while the
 * connection goes on reading.
 */
#include "http/chars.h"
#include "http/http_internal.h"
#include "http/lang.h"
#include "http/static.h"

#include <string.h>

enum { ARENA_BLOCK = 2048, ARENA_EXTRA = 1 << 20 };

static struct http_text call_text(const struct http_call *call, struct http_span span)
{
    return (struct http_text){call->bytes + span.at, span.len};
}

struct http_text call_known(const struct http_call *call, enum http_known known)
{
    unsigned index = call->parser.known[known];

    return index == 0 ? (struct http_text){NULL, 0} : call_text(call, call->parser.fields[index - 1].value);
}

static struct http_text call_path(const struct http_call *call)
{
    struct http_text path = call_text(call, call->parser.path);

    return path.len == 0 ? (struct http_text){"/", 1} : path; /* absolute target without a path */
}

void call_head_arrived(struct http_call *call, const char *data)
{
    const struct http_server *server = call->server;
    const struct http_route *route;

    call->bytes = data;
    call->matched = true;
    call->body_max = server->spec.limits.body_max_bytes;
    router_find(server->router, call_path(call), call->parser.method, &call->match);
    route = call->match.route;
    if (route != NULL && route->body_max_bytes < call->body_max) {
        call->body_max = route->body_max_bytes;
    }
}

/* --- before the handler --- */

static struct arena *call_arena(struct http_call *call)
{
    const struct http_limits *limits = &call->server->spec.limits;

    if (call->arena == NULL) {
        call->arena = arena_new(ARENA_BLOCK, limits->header_max_bytes + limits->body_max_bytes + ARENA_EXTRA);
    }
    return call->arena;
}

static bool call_keep(struct http_call *call, const char *data)
{
    size_t len = call->parser.head_len + call->parser.body_len;
    struct arena *arena = call_arena(call);
    char *bytes = arena == NULL ? NULL : arena_alloc(arena, len);

    call->bytes = data;
    if (bytes == NULL) {
        return false;
    }
    memcpy(bytes, data, len);
    call->bytes = bytes;
    return true;
}

/* The escape was checked by the parser, so only memory can fail. */
static bool call_param(struct http_call *call, struct http_span span, struct http_text *out)
{
    struct http_text raw = {call_path(call).at + span.at, span.len};
    char *text;

    *out = raw;
    if (!call->parser.path_escaped) {
        return true;
    }
    text = arena_alloc(call->arena, raw.len);
    out->at = text;
    return text != NULL && chars_unescape(raw.at, raw.len, /* plus_is_blank= */ false, text, &out->len);
}

static void call_client(struct http_call *call)
{
    const struct http_conn *conn = call->conn;
    const struct proxy_list *proxies = call->server->proxies;
    struct http_address client = conn->peer;
    bool on = proxy_list_trusts(proxies, &client);

    if (!on) {
        memcpy(call->request.client, conn->client, sizeof conn->client);
        return;
    }
    for (size_t i = call->parser.field_count; on && i > 0; i--) {
        const struct http_field *field = &call->parser.fields[i - 1];

        if (text_equal_fold(call_text(call, field->name), "x-forwarded-for")) {
            on = proxy_walk(proxies, call_text(call, field->value), &client);
        }
    }
    address_format(&client, call->request.client);
}

static bool call_fill(struct http_call *call)
{
    struct http_request *request = &call->request;
    const struct http_parser *parser = &call->parser;

    request->method = parser->method;
    request->path = call_path(call);
    request->query = call_text(call, parser->query);
    request->host =
        parser->authority.len > 0 ? call_text(call, parser->authority) : call_known(call, HTTP_HOST);
    request->body = (struct http_text){call->bytes + parser->head_len, parser->body_len};
    request->lang = http_lang_choose(call_known(call, HTTP_ACCEPT_LANGUAGE));
    call_client(call);
    memset(request->params, 0, sizeof request->params);
    for (size_t i = 0; i < call->match.param_count; i++) {
        if (!call_param(call, call->match.params[i], &request->params[i])) {
            return false;
        }
    }
    return true;
}

static void call_unrouted(struct http_call *call)
{
    enum http_method method = call->request.method;
    const struct static_file *file = static_find(call->server->files, call->request.path);
    unsigned methods = file != NULL && call->match.methods == 0 ? 1u << HTTP_GET : call->match.methods;
    char allow[ROUTER_ALLOW_MAX];

    if (method == HTTP_OPTIONS && (methods != 0 || call->request.path.at[0] == '*')) {
        cors_options(call);
    } else if (methods == 0) {
        http_call_problem(call, HB_E_NOT_FOUND, NULL, NULL);
    } else if (call->match.methods == 0 && (method == HTTP_GET || method == HTTP_HEAD)) {
        static_send(call, file);
    } else {
        router_allow(methods, allow);
        http_call_add_header(call, "Allow", allow);
        http_call_problem(call, HB_E_METHOD, NULL, NULL);
    }
}

static void call_end(struct http_call *call)
{
    if (call->conn != NULL) {
        call->conn->call = NULL;
    }
    pool_call_put_back(call);
}

void call_dispatch(struct http_call *call, const char *data)
{
    struct http_server *server = call->server;

    call->dispatched = call->in_handler = true;
    server->call_count++;
    link_append(&server->calls, &call->open);
    if (!call_keep(call, data) || !call_fill(call)) {
        http_call_problem(call, HB_E_NOMEM, NULL, NULL);
    } else if (call->match.route != NULL) {
        call->match.route->handler(call, server->spec.context);
    } else {
        call_unrouted(call);
    }
    call->in_handler = false;
    if (call->answered) {
        call_end(call);
    }
}

/* Its answers are late ones, as any that come from the loop. */
void http_call_again(struct http_call *call)
{
    call->match.route->handler(call, call->server->spec.context);
}

/* A request that the parser refused, or that took too long. */
void call_refuse(struct http_call *call, const char *data, hb_err err, const char *why)
{
    call->bytes = data;
    call->in_handler = true;
    call->request = (struct http_request){
        .method = call->parser.method,
        .path = call->matched ? call_path(call) : (struct http_text){"", 0},
        .lang = http_lang_choose(call_known(call, HTTP_ACCEPT_LANGUAGE)),
    };
    problem_send(call, err, why, NULL);
    call_end(call);
}

void call_drop(struct http_call *call)
{
    call->conn = NULL;
    if (!call->dispatched) {
        pool_call_put_back(call);
    }
}

/* --- what a handler may ask --- */

const struct http_request *http_call_request(const struct http_call *call)
{
    return &call->request;
}

struct arena *http_call_arena(struct http_call *call)
{
    return call->arena;
}

struct loop *http_call_loop(struct http_call *call)
{
    return call->loop;
}

int64_t http_call_started_us(const struct http_call *call)
{
    return call->started_us;
}

bool http_call_header(const struct http_call *call, const char *name, struct http_text *out)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < call->parser.field_count; i++) {
        const struct http_field *field = &call->parser.fields[i];

        if (field->name.len == len && chars_equal_fold(call->bytes + field->name.at, name, len)) {
            *out = call_text(call, field->value);
            return true;
        }
    }
    return false;
}

/* "name=value" with an equal name, also an escaped one. */
static bool pair_is(struct http_call *call, struct http_text pair, const char *name, struct http_text *value)
{
    const char *equals = memchr(pair.at, '=', pair.len);
    size_t key_len = equals == NULL ? pair.len : (size_t)(equals - pair.at);
    char *key = arena_alloc(call->arena, key_len);
    struct http_text decoded = {key, 0};

    if (key == NULL || !chars_unescape(pair.at, key_len, /* plus_is_blank= */ true, key, &decoded.len)) {
        return false;
    }
    *value =
        equals == NULL ? (struct http_text){"", 0} : (struct http_text){equals + 1, pair.len - key_len - 1};
    return text_equal(decoded, name);
}

bool http_call_query(struct http_call *call, const char *name, struct http_text *out)
{
    const char *at = call->request.query.at, *end = at + call->request.query.len;
    struct http_text value;

    while (at < end) {
        const char *amp = memchr(at, '&', (size_t)(end - at));
        struct http_text pair = {at, (size_t)((amp == NULL ? end : amp) - at)};

        if (pair_is(call, pair, name, &value)) {
            char *text = arena_alloc(call->arena, value.len);

            out->at = text;
            return text != NULL &&
                   chars_unescape(value.at, value.len, /* plus_is_blank= */ true, text, &out->len);
        }
        at = pair.at + pair.len + 1;
    }
    return false;
}
