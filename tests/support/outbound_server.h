/*
 * tests/support/outbound_server.h - a server on the test's own loop that says what a test wants, or nothing.
 *
 * Plain HTTP, one connection at a time as far as tests look at it; every request that arrived whole is kept.
 */
#pragma once

#include "base/buf.h"
#include "base/loop.h"

#include <stdint.h>

enum server_act {
    SERVER_ANSWERS, /* the text, and keeps the connection */
    SERVER_CLOSES,  /* after the request came: without a word, or with the text first */
    SERVER_SILENT,
};

struct outbound_server {
    struct loop *loop;
    struct loop_io *listening;
    int listen_fd;
    uint16_t port;
    enum server_act act;
    const char *text; /* what it says, whole; NULL: nothing */
    size_t connections, requests;
    struct buf request; /* the last one */
    struct server_peer *peers;
};

void outbound_server_open(struct outbound_server *server, struct loop *loop);
void outbound_server_close(struct outbound_server *server);
/* "HTTP/1.1 200 OK" and its fields around a body; extra: header lines with CRLF, or "". In a static buffer.
 */
const char *outbound_server_text(int status, const char *extra, const char *body);
