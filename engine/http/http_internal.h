/*
 * http/http_internal.h - what the server's files share: server, connection, call.
 *
 * accept.c connections -> server.c lists and limits -> conn.c bytes in and out -> call.c one request ->
 * reply.c, problem.c its answer.
 */
#pragma once

#include "base/buf.h"
#include "http/parser.h"
#include "http/proxy.h"
#include "http/router.h"

#include <sys/types.h>

struct static_files;
struct static_file;
struct tls_session;

/* A doubly linked list's node and its head; a head points at itself when empty. */
struct link {
    struct link *prev, *next;
};

static inline void link_init(struct link *link)
{
    link->prev = link->next = link;
}

static inline void link_remove(struct link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link_init(link);
}

static inline void link_append(struct link *head, struct link *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

#define LINK_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* Where a connection waits is its state. Every list is in order of entry, so only its head can be late. */
enum conn_list {
    CONN_IDLE,      /* between requests */
    CONN_READING,   /* a request (or a TLS handshake) has begun to arrive */
    CONN_WAITING,   /* its handler has not answered yet: no time limit of ours */
    CONN_WRITING,   /* the client has not taken everything yet */
    CONN_LINGERING, /* our side is closed; what still comes is thrown away, so that the last answer arrives */
    CONN_LISTS
};

struct http_conn {
    struct link listed; /* on server->lists[where] */
    struct link ready;  /* on server->ready, when an answer came outside of its own turn */
    struct http_server *server;
    struct loop_io *io;
    struct tls_session *tls; /* NULL: plain */
    struct http_call *call;  /* being read or answered; NULL between requests */
    struct buf in, out;      /* kept only while something is in them */
    size_t sent;             /* of out */
    struct http_text file;   /* goes out behind `out`: bytes of a static file, owned by the server */
    size_t behind;           /* bytes that came behind the request at hand */
    size_t moved;     /* bytes taken by the client (writing) or thrown away (lingering) since since_us */
    int64_t since_us; /* entered its list */
    uint32_t request_count, listed_count;
    int fd;
    enum conn_list where;
    bool eof, close_after, linger, reads, writes, refused, late;
    struct http_address peer;
    char client[46];
};

/* One request and its answer. Owned by its connection until its handler starts, by the handler until it
 * answers; pooled by the server. */
struct http_call {
    struct link open; /* on server->calls from dispatch to answer */
    struct http_call *spare;
    struct http_server *server; /* NULL once it is gone */
    struct http_conn *conn;     /* NULL once the client is gone */
    struct loop *loop;
    struct arena *arena; /* NULL until first needed */
    const char *bytes;   /* the request; offsets of the parser count from here */
    int64_t started_us;
    bool dispatched, in_handler, answered, matched, continued, retry_after;
    size_t body_max;
    struct http_request request;
    struct router_match match;
    struct buf headers; /* added lines, each with its CRLF */
    struct buf text;    /* a problem while it is written */
    struct http_parser parser;
};

enum { CALLS_SPARE_MAX = 1024, BUFFERS_SPARE_MAX = 128, BUFFER_SPARE_BYTES = 16384, SCRATCH_BYTES = 65536 };

enum http_listener_kind { LISTENER_PORT, LISTENER_UNIX, LISTENERS };

/* A socket that connections come from. */
struct http_listener {
    struct http_server *server;
    struct loop_io *io; /* NULL: closed */
    struct loop_timer *resume;
    struct tls_context *tls; /* NULL: plain */
    int fd;
};

struct http_server {
    struct loop *loop;
    struct http_server_spec spec;
    struct router *router;
    struct static_files *files;
    struct proxy_list *proxies;
    struct http_listener listeners[LISTENERS];
    struct loop_timer *tick;
    uint16_t port;
    size_t open_count, call_count;
    struct link lists[CONN_LISTS];
    struct link ready, calls;
    bool deferred, draining, freed;
    int64_t drain_deaf_until_us, drain_idle_until_us, drain_end_us;
    loop_fn drain_done;
    void *drain_arg;
    uint64_t random;
    int64_t date_until_us;
    char date[64]; /* "Date: ...\r\n" */
    size_t date_len;
    struct http_call *spare_calls;
    size_t spare_call_count, spare_buffer_count;
    struct buf spare_buffers[BUFFERS_SPARE_MAX];
    char scratch[SCRATCH_BYTES]; /* what a recv() brings, until it is understood or kept */
};

/* server.c */
void server_conn_gone(struct http_server *server);
void server_conn_ready(struct http_conn *conn);
uint32_t server_random(struct http_server *server, uint32_t below);

/* accept.c */
hb_err accept_start(struct http_server *server);
void accept_deafen(struct http_server *server); /* the port; a Unix socket is hidden by its owner */
bool accept_is_open(const struct http_server *server);
void accept_queued(struct http_server *server); /* what the kernel has queued */
void accept_end(struct http_server *server);

/* pool.c: calls and buffers that go round */
struct http_call *pool_call_take(struct http_server *server);
void pool_call_put_back(struct http_call *call); /* also after the server has gone */
void pool_buffer_take(struct http_server *server, struct buf *out, size_t max_bytes);
void pool_buffer_put_back(struct http_server *server, struct buf *buffer);
void pool_free(struct http_server *server);

/* conn.c */
/* tls NULL: plain */
void conn_open(struct http_server *server, int fd, const struct http_address *peer, struct tls_context *tls);
void conn_close(struct http_conn *conn);
void conn_expire(struct http_conn *conn); /* too long on its list */
void conn_turn(struct http_conn *conn);   /* sends, goes on with kept requests, settles; may close */

/* transport.c: plain or TLS */
enum { TRANSPORT_AGAIN = -1, TRANSPORT_FAILED = -2 }; /* 0: the other side has closed */
ssize_t transport_receive(struct http_conn *conn, void *out, size_t max);
ssize_t transport_send(struct http_conn *conn);
void transport_shutdown(struct http_conn *conn);
void transport_abort(struct http_conn *conn); /* closing will throw away what the client did not take */

/* call.c */
void call_head_arrived(struct http_call *call, const char *data);
void call_dispatch(struct http_call *call, const char *data);
void call_refuse(struct http_call *call, const char *data, hb_err err, const char *why);
void call_drop(struct http_call *call); /* its client has gone */
struct http_text call_known(const struct http_call *call, enum http_known known);

/* reply.c */
struct reply {
    int status;
    const char *content_type;
    struct http_text body;
    struct http_text block; /* header lines made beforehand */
    bool borrowed;          /* the body lives as long as the server */
};
void reply_send(struct http_call *call, const struct reply *reply);

/* problem.c */
void problem_send(struct http_call *call, hb_err err, const char *detail, const char *extra_json);
size_t
problem_refusal(struct http_server *server, char *out, size_t max); /* the answer above connections_max */

/* cors.c */
bool cors_origin_allowed(const struct http_call *call); /* there is an Origin, and it may */
void cors_options(struct http_call *call);              /* OPTIONS that no route takes */
