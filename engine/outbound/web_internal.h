/*
 * outbound/web_internal.h - a client and its calls: web.c drives them, web_call.c tells the library of one.
 */
#pragma once

#include "outbound/web.h"

#include "base/buf.h"

enum { WEB_WHY_BYTES = 256 };

struct curl_slist;

struct web_client {
    struct loop *loop;
    struct web_spec spec;
    char *ca_file; /* NULL: the system's */
    void *multi;   /* CURLM */
    struct loop_timer *timer;
    struct web_call *calls;
    size_t call_count;
};

struct web_call {
    struct web_client *client;
    struct web_call *prev, *next;
    void *easy; /* CURL */
    struct curl_slist *headers;
    char *body;
    size_t answer_max;
    struct buf answer, answer_headers;
    char why[WEB_WHY_BYTES];
    bool sent;
    web_done_fn done;
    void *arg;
};

/* Configured, and handed to the library. NULL: out of memory, or nothing that can be called. */
struct web_call *web_call_new(struct web_client *client, const struct web_request *request);
void web_call_free(struct web_call *call);
