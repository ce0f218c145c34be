/*
 * cli/bill_source.c - asks a provider's port and waits for its answer.
 */
#include "cli/bill_source.h"

#include "base/loop.h"
#include "cli/merchant_accounts.h"
#include "outbound/providers.h"

#include <stdlib.h>

enum { BILL_MS = 120 * 1000 }; /* a day of a large campaign */

struct bill_source {
    struct loop *loop;
    struct providers *providers;
};

hb_err bill_source_new(const struct config *config, struct bill_source **out)
{
    struct bill_source *source = calloc(1, sizeof *source);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (source == NULL) {
        return HB_E_NOMEM;
    }
    source->loop = loop_new();
    if (source->loop != NULL) {
        err = merchant_accounts_open(config, source->loop, BILL_MS, &source->providers);
    }
    if (err != HB_OK || source->providers == NULL) {
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
