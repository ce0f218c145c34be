/*
 * http/cors.c - who may call from another origin, and OPTIONS as browsers and people ask it.
 */
#include "http/chars.h"
#include "http/http_internal.h"

bool cors_origin_allowed(const struct http_call *call)
{
    const struct http_server_spec *spec = &call->server->spec;
    struct http_text origin = call_known(call, HTTP_ORIGIN);

    return origin.len > 0 && spec->origin_allowed != NULL &&
           spec->origin_allowed(spec->context, call->request.path, origin);
}

/* The answer itself carries Access-Control-Allow-Origin (reply.c); an origin that may not gets none of it. */
static void preflight_add(struct http_call *call, const char *methods)
{
    http_call_add_header(call, "Access-Control-Allow-Methods", methods);
    http_call_add_header(call,
                         "Access-Control-Allow-Headers",
                         "Authorization, Content-Type, Idempotency-Key, Accept-Language, traceparent");
    http_call_add_header(call, "Access-Control-Max-Age", "600");
}

void cors_options(struct http_call *call)
{
    static const unsigned EVERY = (1u << (HTTP_OPTIONS + 1)) - 1;
    struct http_text asked;
    char allow[ROUTER_ALLOW_MAX];
    bool preflight = http_call_header(call, "access-control-request-method", &asked);
    unsigned methods = call->request.path.at[0] == '*' ? EVERY : call->match.methods;

    router_allow(methods == 0 ? 1u << HTTP_GET : methods, allow);
    http_call_add_header(call, "Allow", allow);
    if (preflight && cors_origin_allowed(call)) {
        preflight_add(call, allow);
    }
    http_call_reply(call, 204, NULL, NULL, 0);
}
