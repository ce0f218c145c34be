/*
 * api/public.h - the public API of one worker: what phones call, and the probes of the operators.
 */
#pragma once

#include "api/auth.h"
#include "base/crypto_seal.h"
#include "flow/draw.h"
#include "flow/notice_port.h"

struct public_api;

/* What wallets are run by; shared by all workers. */
struct wallet_rules {
    struct seal_key people;
    bool proof_required; /* a payee needs a proof of the identity service */
    bool is_demo;        /* where no merchant number says whether money is real */
};

struct public_spec {
    const struct deps *deps;           /* borrowed */
    const struct auth_keys *keys;      /* borrowed */
    const struct wallet_rules *wallet; /* borrowed */
    bool (*duties_ready)(void *arg);   /* every live campaign's shards are open */
    void *duties;
    struct notice_port notices;
};

HB_CHECKED hb_err public_api_new(const struct public_spec *spec, struct public_api **out);
void public_api_free(struct public_api *api); /* accepts NULL */

/* For http_server_spec: routes, and the origins that a campaign allows (CORS). context is the api. */
extern const struct http_route PUBLIC_ROUTES[];
bool public_origin_allowed(void *context, struct http_text path, struct http_text origin);

void public_api_draining(struct public_api *api); /* from now on /readyz says no */
