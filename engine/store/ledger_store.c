/*
 * store/ledger_store.c - one worker's ledger: a writing and a reading connection behind the port.
 */
#include "store/ledger_internal.h"

#include "base/loop.h"

#include <stdlib.h>

struct ledger_store {
    struct ledger_writer *writer;
    struct ledger_reader *reader;
};

static void store_eased(void *arg)
{
    struct ledger_store *store = arg;

    if (store->reader != NULL) {
        ledger_reader_send(store->reader);
    }
}

hb_err ledger_store_new(struct loop *loop, const struct config *config, struct ledger_store **out)
{
    const char *uri = config_text(config, CFG_DATABASE_URI);
    int64_t timeout_ms = config_int(config, CFG_DATABASE_TIMEOUT_MS);
    struct ledger_store *store = calloc(1, sizeof *store);

    *out = NULL;
    if (store != NULL) {
        store->writer = ledger_writer_new(loop, uri, timeout_ms, store_eased, store);
    }
    if (store != NULL && store->writer != NULL) {
        store->reader = ledger_reader_new(loop, uri, timeout_ms, store->writer);
    }
    if (store == NULL || store->reader == NULL) {
        ledger_store_free(store);
        return HB_E_NOMEM;
    }
    *out = store;
    return HB_OK;
}

void ledger_store_free(struct ledger_store *store)
{
    if (store != NULL) {
        ledger_reader_free(store->reader);
        ledger_writer_free(store->writer);
        free(store);
    }
}

static void port_post(void *self, const struct ledger_post *post, ledger_posted_fn done, void *arg)
{
    ledger_writer_post(((struct ledger_store *)self)->writer, post, done, arg);
}

static void port_wins(void *self,
                      uint32_t campaign_id,
                      const struct player_id *player,
                      uint32_t before,
                      uint32_t limit,
                      wins_read_fn done,
                      void *arg)
{
    ledger_reader_wins(((struct ledger_store *)self)->reader, campaign_id, player, before, limit, done, arg);
}

static bool port_ready(void *self)
{
    const struct ledger_store *store = self;

    return ledger_writer_ready(store->writer) && ledger_reader_ready(store->reader);
}

struct ledger_port ledger_store_port(struct ledger_store *store)
{
    return (struct ledger_port){.self = store, .post = port_post, .wins = port_wins, .ready = port_ready};
}
