/*
 * outbound/web.h - HTTPS requests on the loop: one client a purpose, its connections kept and used again.
 *
 * What counts is whether a failed request may have reached the other side. A request that fails before its
 * first byte was handed to a ready connection (name, connection, certificate, too many calls) is
 * HB_E_UNAVAILABLE: nothing was sent. Every later failure is HB_E_UNSURE: it may have been received and done.
 *
 * One call is one send: nothing is repeated here.
 * No redirects, no proxy from the environment, no cookies, no compression. Names and certificates are
 * checked, always.
 *
 * Ownership  everything of a request is copied. An answer is readable during the call of done.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct web_client;

struct web_spec {
    const char *ca_file;                    /* PEM: who may sign certificates. NULL or "": the system's */
    int64_t connect_timeout_ms, timeout_ms; /* until TLS is up; from the call to the answer's last byte */
    size_t calls_max;                       /* in flight; more are refused, nothing sent */
    size_t connections_max;                 /* to one host */
    bool allow_plain;                       /* http:// as well */
};

/* HB_E_INPUT: ca_file cannot be read. */
HB_CHECKED hb_err web_client_new(struct loop *loop, const struct web_spec *spec, struct web_client **out);
/* Answers what is in flight (HB_E_UNSURE or HB_E_UNAVAILABLE) during this call; not from a callback of its
 * own. Accepts NULL. */
void web_client_free(struct web_client *client);
size_t web_client_in_flight(const struct web_client *client);

enum { WEB_HEADERS_MAX = 16 };

struct web_request {
    const char *method; /* GET or POST */
    const char *url;
    const char *headers[WEB_HEADERS_MAX]; /* "Name: value"; NULL ends them */
    const char *body;                     /* of a POST; NULL: empty */
    size_t body_len;
    size_t answer_max_bytes; /* a longer answer is a failure */
    int64_t timeout_ms;      /* 0: the client's */
};

struct web_answer {
    hb_err err; /* HB_OK: a whole answer of any status */
    int status;
    const char *body;
    size_t body_len;
    const char *why; /* of an err: the library's words, for the log */
    const char *headers;
    size_t headers_len; /* as received, for web_answer_header() */
};

/* The last header of that name (lower case), without blanks around it. False when absent. */
bool web_answer_header(const struct web_answer *answer, const char *name, const char **value, size_t *len);

typedef void (*web_done_fn)(void *arg, const struct web_answer *answer);

/* done runs exactly once, on the loop, never before this returns. */
void web_send(struct web_client *client, const struct web_request *request, web_done_fn done, void *arg);
