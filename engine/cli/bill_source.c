/*
 * cli/bill_source.c - asks a provider's port and waits for its answer.
 */
#include "cli/bill_source.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/loop.h"
#include "cli/payer.h"
#include "outbound/providers.h"

#include <stdlib.h>

enum {
    CONNECT_MS = 5000,
    CALL_MS = 120 * 1000,
    CALLS_MAX = 4,
    CONNECTIONS_MAX = 2,
    PROBLEMS_MAX = 16 * 1024
};

struct bill_source {
    struct loop *loop;
    struct providers *providers;
};

static hb_err providers_open(struct bill_source *source, const char *path)
{
    const struct web_spec web = {.connect_timeout_ms = CONNECT_MS,
                                 .timeout_ms = CALL_MS,
                                 .calls_max = CALLS_MAX,
                                 .connections_max = CONNECTIONS_MAX};
    struct buf problems;
    hb_err err;

    buf_init(&problems, PROBLEMS_MAX);
    err = providers_new(source->loop, path, &web, &source->providers, &problems);
    if (err != HB_OK) {
        log_error("bills.merchants", "file=%s problems=\"%s\"", path, buf_cstr(&problems));
    }
    buf_free(&problems);
    return err;
}

hb_err bill_source_new(const struct config *config, struct bill_source **out)
{
    struct bill_source *source = NULL;
    char path[PAYER_PATH_BYTES];
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (!payer_merchants_file(config, path)) {
        return HB_OK;
    }
    source = calloc(1, sizeof *source);
    if (source != NULL) {
        source->loop = loop_new();
        err = source->loop == NULL ? HB_E_NOMEM : providers_open(source, path);
    }
    if (err != HB_OK) {
        bill_source_free(source);
        return err;
    }
    *out = source;
    return HB_OK;
}

void bill_source_free(struct bill_source *source)
{
    if (source != NULL) {
        providers_free(source->providers);
        loop_free(source->loop);
        free(source);
    }
}

/* ---- one bill ---- */

struct waiting {
    struct loop *loop;
    struct bill *bill;
    hb_err err;
};

static void billed(void *arg, hb_err err, const struct provider_bill_row *rows, size_t count)
{
    struct waiting *waiting = arg;

    for (size_t i = 0; err == HB_OK && i < count; i++) {
        err = bill_add(waiting->bill, &rows[i]) ? HB_OK : HB_E_NOMEM;
    }
    waiting->err = err;
    loop_stop(waiting->loop);
}

static hb_err source_fetch(void *self, const char *merchant, const char *day, struct bill *out)
{
    struct bill_source *source = self;
    const struct provider_port *port = providers_find(source->providers, merchant);
    struct waiting waiting = {.loop = source->loop, .bill = out, .err = HB_E_UNAVAILABLE};

    if (port == NULL) {
        return HB_E_UNAVAILABLE;
    }
    port->bill(port->self, day, billed, &waiting);
    loop_run(source->loop); /* the port answers, at its deadline at the latest */
    return waiting.err;
}

struct bill_port bill_source_port(struct bill_source *source)
{
    return (struct bill_port){.self = source, .source = "provider", .fetch = source_fetch};
}
