/*
 * cli/worker.h - one worker of `hongbao serve`: a thread with its own loop, listener, connections and
 * journeys.
 */
#pragma once

#include "api/public.h"
#include "base/config.h"
#include "duties/duties.h"
#include "flow/notice_port.h"
#include "http/server.h"

struct worker;

struct worker_spec {
    const struct config *config; /* borrowed, like everything here */
    const struct auth_keys *keys;
    const struct wallet_rules *wallet;
    struct catalog_slot *catalogs;
    struct block_guesses *guesses;
    struct duties *duties;
    struct notice_port notices;
    struct tls_context *tls;         /* NULL: plain */
    struct unix_socket *unix_socket; /* NULL: none */
};

/* Listens when it returns; serves from worker_start() on. */
HB_CHECKED hb_err worker_new(const struct worker_spec *spec, struct worker **out);
HB_CHECKED hb_err worker_start(struct worker *worker);
void worker_drain(struct worker *worker); /* any thread: no new connections, answers what it has, then ends */
void worker_join(struct worker *worker);
void worker_free(struct worker *worker); /* after worker_join(), or never started; accepts NULL */
