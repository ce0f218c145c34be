/*
 * loadtest/answer.h - an HTTP/1.1 answer out of the bytes of a connection.
 *
 * Reads what the engine and the usual servers send: a Content-Length, chunks (joined in place, once all are
 * there), or no body with 204 and 304. Anything else (HTTP/1.0, a body until the end) is BAD: the connection
 * is closed and counted.
 */
#pragma once

#include "loadtest/text.h"

#include <stdint.h>

enum { ANSWER_BYTES_MAX = 1 << 20 };

enum answer_state { ANSWER_PART, ANSWER_WHOLE, ANSWER_BAD };

struct answer {
    int status;
    int32_t retry_after_s; /* -1: none */
    bool is_replayed;      /* Idempotency-Replayed: true */
    bool closes;
    struct text body; /* in the bytes that were read */
    size_t bytes;     /* head and body, as they came */
};

enum answer_state answer_read(char *bytes, size_t len, struct answer *out);
