/*
 * api/public_ops.c - probes and metrics: /livez says the process turns, /readyz that it can serve draws.
 */
#include "api/public_internal.h"

#include "base/metrics.h"

void live_get(struct http_call *call, void *context)
{
    static const char ALIVE[] = "{\"status\":\"alive\"}";

    (void)context;
    http_call_reply(call, 200, "application/json", ALIVE, sizeof ALIVE - 1);
}

/* Without PostgreSQL draws go on, wins wait in the log: degraded, but ready. */
void ready_get(struct http_call *call, void *context)
{
    struct public_api *api = context;
    const struct deps *deps = api->deps;
    bool redis = deps->shards.ready(deps->shards.self);
    bool postgres = deps->ledger.ready(deps->ledger.self);
    bool shards = api->duties_ready(api->duties);
    bool ready = redis && shards && !api->draining;
    struct buf body;

    buf_init(&body, ANSWER_MAX_BYTES);
    buf_addf(&body,
             "{\"status\":\"%s\",\"checks\":{\"redis\":%s,\"postgres\":%s,\"shards\":%s,\"accepting\":%s}}",
             !ready     ? "not_ready"
             : postgres ? "ready"
                        : "degraded",
             redis ? "true" : "false",
             postgres ? "true" : "false",
             shards ? "true" : "false",
             api->draining ? "false" : "true");
    api_reply_json(call, ready ? 200 : 503, &body);
}

void metrics_get(struct http_call *call, void *context)
{
    struct buf body;

    (void)context;
    buf_init(&body, ANSWER_MAX_BYTES);
    metrics_render(&body);
    if (body.failed) {
        http_call_problem(call, HB_E_INTERNAL, NULL, NULL);
    } else {
        http_call_reply(call, 200, "text/plain; version=0.0.4; charset=utf-8", body.data, body.len);
    }
    buf_free(&body);
}
