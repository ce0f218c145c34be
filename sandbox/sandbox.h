/*
 * sandbox/sandbox.h - a stand-in for both payment providers, for everything but real money.
 *
 * One HTTPS port speaks their protocols: signatures, clocks, numbers, states and notices are theirs. A second
 * port, plain and on loopback alone, belongs to whoever tests: misbehaviour, taps of the payees, money into
 * the float, new certificates, the bill.
 */
#pragma once

#include "http/server.h"
#include "sandbox/book.h"
#include "sandbox/fault.h"
#include "sandbox/keys.h"

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct notices;
struct tls_context;

struct sandbox_options {
    const char *home;
    uint16_t port, admin_port; /* 0: any that is free */
    const char *notify_base;   /* where notices go, the shop's name behind it; "": nowhere */
    int64_t float_fen;         /* of each shop of a new home */
    int64_t confirm_after_ms;  /* the payee's tap comes by itself; -1: only when asked for */
    int64_t transfer_ms;       /* from the tap to SUCCESS */
    int64_t expire_ms;         /* without a tap: closed */
    int64_t notice_retry_ms;   /* before a notice that was not taken comes again; longer each time */
    int64_t calls_per_s;       /* of creates, per shop; above: too fast. 0: no limit */
    uint64_t seed;             /* of the rules' dice */
};

/* The tokens of one shop, for calls_per_s. */
struct sandbox_rate {
    int64_t second, count;
};

struct sandbox {
    struct sandbox_options options;
    struct loop *loop;
    struct keys *keys;
    struct book *book;
    struct faults *faults;
    struct notices *notices;
    struct http_server *face, *admin;
    struct tls_context *tls;
    struct loop_timer *tick;
    struct exchange *exchanges; /* calls that are not answered yet */
    struct sandbox_rate rates[BOOK_SHOPS];
    char base_url[64];
};

/* HB_E_IO: home or a port cannot be had; HB_E_INPUT: the journal is not understood. Said on stderr. */
HB_CHECKED hb_err sandbox_open(struct loop *loop,
                               const struct sandbox_options *options,
                               struct sandbox **out);
void sandbox_close(struct sandbox *sandbox); /* accepts NULL */
uint16_t sandbox_port(const struct sandbox *sandbox);
uint16_t sandbox_admin_port(const struct sandbox *sandbox);

/* ---- what its parts share ---- */

extern const struct http_route FACE_ROUTES[], ADMIN_ROUTES[];

/* True when this create is one too many in this second. */
bool sandbox_too_fast(struct sandbox *sandbox, size_t shop);

/* The payee's tap: WAITING --> TRANSFERRING. False in any other state. */
bool sandbox_tap(struct sandbox *sandbox, struct order *order);
/* TRANSFERRING --> SUCCESS, or the failure that a rule has set; its notice follows. */
void sandbox_settle(struct sandbox *sandbox, struct order *order);
/* What waits for money and has some now goes on. */
void sandbox_resume(struct sandbox *sandbox, size_t shop);
