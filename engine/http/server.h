/*
 * http/server.h - the HTTP/1.1 server of one worker: listener, connections, limits, drain.
 *
 * One server per loop, each with its own SO_REUSEPORT listener; servers share nothing but a Unix socket, if
 * there is one. A handler gets a call and answers it exactly once, at once or later on the same loop, also
 * when the client has gone (the answer is then dropped). Answers to pipelined requests leave in order,
 * together.
 *
 * Ownership  the request is readable until the call is answered; strings are not NUL-terminated unless said.
 * Errors     what the parser refuses never reaches a handler.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS };

struct http_text {
    const char *at;
    size_t len;
};

enum { HTTP_PARAMS_MAX = 4 };

struct http_request {
    enum http_method method;
    struct http_text path;  /* as sent, without the query; decoded segments are in params */
    struct http_text query; /* after '?', "" when absent */
    struct http_text host;
    struct http_text body;
    struct http_text params[HTTP_PARAMS_MAX]; /* the route's :names, percent-decoded, in order */
    enum hb_lang lang;                        /* from Accept-Language */
    char client[46]; /* address of the client, behind trusted proxies the forwarded one */
};

struct http_call; /* one request and its one answer */

const struct http_request *http_call_request(const struct http_call *call);
struct arena *http_call_arena(struct http_call *call); /* lives until the answer */
struct loop *http_call_loop(struct http_call *call);
int64_t http_call_started_us(const struct http_call *call); /* monotonic, first byte of the request */
/* name in lower case; the line's value without blanks around it. False when absent. */
bool http_call_header(const struct http_call *call, const char *name, struct http_text *out);
/* A query parameter, percent-decoded into the arena. False when absent or malformed. */
bool http_call_query(struct http_call *call, const char *name, struct http_text *out);

/* Adds a header to the coming answer; name and value must be free of CR, LF and NUL (else dropped and
 * logged). */
void http_call_add_header(struct http_call *call, const char *name, const char *value);
/* Answers. The body is copied. content_type NULL: none, for 204. */
void http_call_reply(
    struct http_call *call, int status, const char *content_type, const void *body, size_t len);
/* Instead of an answer: the connection is closed, as if this end had died. */
void http_call_hang_up(struct http_call *call);
/* RFC 9457 problem in the caller's language, with Retry-After (jittered) when the error may be retried.
 * detail and extra_json (`"next_draw_no":4`, members without braces) may be NULL. */
void http_call_problem(struct http_call *call, hb_err err, const char *detail, const char *extra_json);

/* Runs the route's handler once more, for a call that it left unanswered; from the loop, not from a handler.
 */
void http_call_again(struct http_call *call);

typedef void (*http_handler_fn)(struct http_call *call, void *context);

struct http_route {
    enum http_method method;
    const char *path; /* "/v1/campaigns/:c/draws" */
    http_handler_fn handler;
    size_t body_max_bytes;
};

struct http_limits {
    size_t header_max_bytes, header_count_max, body_max_bytes;
    int64_t request_timeout_ms, idle_timeout_ms, write_timeout_ms;
    size_t connections_max, accepts_per_turn;
    int backlog;
};

struct tls_context; /* http/tls.h; NULL: plain */
struct unix_socket; /* http/unix_socket.h; NULL: none */

struct http_server_spec {
    const char *listen;
    uint16_t port;
    struct http_limits limits;
    const char *trusted_proxies;     /* by comma, "" none */
    struct tls_context *tls;         /* of the port; borrowed */
    struct unix_socket *unix_socket; /* taken from beside the port, always plain; borrowed */
    const struct http_route *routes; /* borrowed, ends with path NULL */
    const char *static_dir;          /* files for GET of anything no route takes; "" none */
    void *context;                   /* handed to every handler */
    /* CORS: true when origin may call this path. Called for requests that carry Origin. NULL: none allowed.
     */
    bool (*origin_allowed)(void *context, struct http_text path, struct http_text origin);
};

struct http_server;

/* HB_E_INPUT: a route, network or address that is none; HB_E_IO: the port or static_dir cannot be had. */
HB_CHECKED hb_err http_server_new(struct loop *loop,
                                  const struct http_server_spec *spec,
                                  struct http_server **out);
uint16_t http_server_port(const struct http_server *server); /* for spec.port 0 */
/* Stops accepting (what the kernel has queued is still taken), answers what was received with
 * `Connection: close`, closes idle connections, then calls done once: all gone, or after timeout_ms. */
void http_server_drain(struct http_server *server, int64_t timeout_ms, loop_fn done, void *arg);
void http_server_free(struct http_server *server); /* accepts NULL; closes what is left */
