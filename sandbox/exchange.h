/*
 * sandbox/exchange.h - one call at the sandbox's face: who calls, what goes wrong, what is answered.
 *
 *   exchange_new --> (authenticated) --> exchange_begin: a rule? --> done --> exchange_answer
 *
 * An exchange answers its call exactly once, at once or later, and is gone then.
 */
#pragma once

#include "base/buf.h"
#include "sandbox/sandbox.h"

struct exchange {
    struct sandbox *sandbox;
    struct http_call *call;
    size_t shop;
    struct rule rule; /* FAULT_NONE: nothing goes wrong */
    int status;
    const char *type;
    struct buf body;
    void (*seal)(struct exchange *exchange); /* signs the answer as its provider does */
    void (*fail)(struct exchange *exchange); /* makes the answer its provider's "system error" */
    struct loop_timer *timer;
    struct exchange *next, **link; /* on sandbox->exchanges */
};

struct exchange *exchange_new(struct sandbox *sandbox,
                              struct http_call *call); /* aborts when out of memory */

enum { DIGEST_TEXT = 65 };
/* Of what a request means, whatever the order of its members. */
void exchange_digest(const json_t *json, char out[static DIGEST_TEXT]);

/* Picks the rule for this call. True when the exchange is over already: nothing is done for it. REFUSE is
 * left to the caller, who knows his provider's form of a refusal. */
bool exchange_begin(struct exchange *exchange, enum call_kind call, const char *order_no, int64_t amount_fen);

/* At the sandbox's end: whoever still waits is hung up on. */
void exchanges_end(struct sandbox *sandbox);

/* status, type and body are set: goes wrong as its rule says, or right. */
void exchange_answer(struct exchange *exchange);
