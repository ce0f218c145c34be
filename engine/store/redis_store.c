/*
 * store/redis_store.c - the shards, for one worker: batches of draws, acknowledgements, looks at a player.
 *
 *   draw ──> node ──> reply: results, the entry's place, the entry when somebody won
 *   stored ─> kept per shard; leaves with the shard's next batch, or after 200 ms on its own
 *
 * Acknowledgements may be lost with a batch: the drain finds these entries, stores them again for nothing and
 * takes them out of the stream.
 */
#include "store/store.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "lottery/table.h"
#include "store/redis_batch.h"
#include "store/redis_node.h"
#include "store/redis_nodes.h"
#include "store/redis_visit.h"
#include "store/redis_wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BUCKETS = 1024,
    ACK_BYTES = 12,
    ACKS_MAX = 65536, /* kept a shard; more are left to the drain */
    ACKS_IN_BATCH = 512,
    ACK_DELAY_US = 200 * 1000,
    DRAWS_ARGUMENTS = 5,
    DRAWS_CALL_MAX = 1024,
};

/* What the store keeps of one shard. Lines live as long as the store. */
struct line {
    struct line *next_in_bucket, *next_with_acks;
    uint32_t campaign_id, shard, node;
    char campaign[SLUG_MAX + 1];
    struct buf draws_call; /* the beginning of every call: function and keys */
    struct buf acks;
    bool listed; /* in store->with_acks */
};

struct redis_store {
    struct loop *loop;
    size_t node_count;
    struct redis_node *nodes[NODES_MAX];
    struct line *buckets[LINE_BUCKETS];
    struct line *with_acks;
    struct loop_timer *acks_due;
    bool acks_timed;
    struct visits visits;
    struct buf command, packed;
};

/* ---- lines ---- */

static struct line *line_new(const struct campaign_view *campaign, uint32_t shard)
{
    struct line *line = calloc(1, sizeof *line);

    if (line == NULL) {
        abort(); /* a batch must be answered */
    }
    line->campaign_id = campaign->id;
    line->shard = shard;
    memcpy(line->campaign, campaign->table->campaign, sizeof line->campaign);
    buf_init(&line->acks, (size_t)ACKS_MAX * ACK_BYTES);
    buf_init(&line->draws_call, DRAWS_CALL_MAX);
    wire_call(&line->draws_call, LIBRARY_DRAWS, line->campaign, line->shard, DRAWS_ARGUMENTS);
    if (line->draws_call.failed) {
        abort(); /* as above */
    }
    return line;
}

static struct line *line_of(struct redis_store *store, const struct campaign_view *campaign, uint32_t shard)
{
    struct line **place = &store->buckets[(campaign->id * 257U + shard) % LINE_BUCKETS];

    while (*place != NULL && ((*place)->campaign_id != campaign->id || (*place)->shard != shard)) {
        place = &(*place)->next_in_bucket;
    }
    if (*place == NULL) {
        *place = line_new(campaign, shard);
    }
    (*place)->node = campaign->shards[shard].node;
    return *place;
}

static struct redis_node *node_of(const struct redis_store *store, uint32_t node)
{
    return node < store->node_count ? store->nodes[node] : NULL;
}

/* ---- acknowledgements ---- */

static void acks_send(struct redis_store *store, struct line *line)
{
    size_t len = line->acks.len < (size_t)ACKS_IN_BATCH * ACK_BYTES ? line->acks.len
                                                                    : (size_t)ACKS_IN_BATCH * ACK_BYTES;

    wire_bulk(&store->command, line->acks.data, len);
    buf_consume(&line->acks, len);
}

static void acks_sent(void *arg, hb_err err, const struct redisReply *reply)
{
    (void)arg;
    (void)reply;
    CRASH_POINT(FORGET_DONE);
    if (err != HB_OK) {
        log_debug("redis.acks_lost", "error=%s", err_code(err)); /* the drain sees to it */
    }
}

static void acks_due(void *arg)
{
    struct redis_store *store = arg;
    struct line *line = store->with_acks;

    store->with_acks = NULL;
    store->acks_timed = false;
    while (line != NULL) {
        struct line *next = line->next_with_acks;
        struct redis_node *node = node_of(store, line->node);

        line->listed = false;
        while (node != NULL && line->acks.len > 0) {
            buf_clear(&store->command);
            wire_call(&store->command, LIBRARY_FORGET, line->campaign, line->shard, 1);
            acks_send(store, line);
            CRASH_POINT(FORGET_DUE);
            redis_node_call(node, &store->command, acks_sent, NULL);
        }
        line = next;
    }
}

static void store_stored(
    void *self, const struct campaign_view *campaign, uint32_t shard, uint32_t epoch, uint64_t position)
{
    struct redis_store *store = self;
    struct line *line = line_of(store, campaign, shard);

    if (line->acks.len + ACK_BYTES > (size_t)ACKS_MAX * ACK_BYTES) {
        return;
    }
    buf_add_be(&line->acks, epoch, 4);
    buf_add_be(&line->acks, position, 8);
    if (!line->listed) {
        line->listed = true;
        line->next_with_acks = store->with_acks;
        store->with_acks = line;
    }
    if (!store->acks_timed) {
        store->acks_timed = true;
        loop_timer_set(store->acks_due, ACK_DELAY_US);
    }
}

/* ---- draws ---- */

/* HB_OK with results and entry; HB_E_UNSURE when the answer makes no sense. */
static hb_err
results_read(const struct visit *visit, const struct redisReply *reply, struct shard_entry *entry)
{
    const struct shard_batch *batch = visit->batch;
    struct batch_answer answer = {0};

    if (!reply_bytes(reply_at(reply, 1), &answer.refused, &answer.refused_len) ||
        !reply_number(reply_at(reply, 2), &entry->position) ||
        !reply_bytes(reply_at(reply, 3), &answer.entry, &answer.entry_len) || !batch_read(&answer, batch)) {
        log_error("shard.answer_not_understood",
                  "campaign=%s shard=%" PRIu32,
                  batch->campaign->table->campaign,
                  batch->shard);
        return HB_E_UNSURE;
    }
    entry->epoch = visit->epoch;
    entry->bytes = answer.entry_len == 0 ? NULL : answer.entry;
    entry->len = answer.entry_len;
    return HB_OK;
}

static void draws_replied(void *arg, hb_err err, const struct redisReply *reply)
{
    struct visit *visit = arg;
    struct shard_entry entry = {0};

    CRASH_POINT(DRAW_ANSWERED);
    if (err == HB_OK && !reply_is(reply_at(reply, 0), "ok")) {
        err = HB_E_CLOSED;
        if (reply_is(reply_at(reply, 0), "jump")) {
            log_error("shard.clock_jumped",
                      "campaign=%s shard=%" PRIu32,
                      visit->batch->campaign->table->campaign,
                      visit->batch->shard);
        }
    }
    if (err == HB_OK) {
        err = results_read(visit, reply, &entry);
    }
    visit_drawn(visit, err, err == HB_OK ? &entry : NULL);
}

static void draws_write(struct redis_store *store, struct line *line, const struct visit *visit)
{
    struct redis_node *node = node_of(store, line->node);

    batch_pack(visit->batch, &store->packed);
    buf_clear(&store->command);
    buf_add(&store->command, line->draws_call.data, line->draws_call.len);
    wire_bulk(&store->command, redis_node_run_id(node), RUN_ID_BYTES);
    wire_number(&store->command, visit->epoch);
    wire_text(&store->command, "0");
    acks_send(store, line);
    wire_bulk(&store->command, store->packed.data, store->packed.len);
}

static void store_draw(void *self, struct shard_batch *batch, shard_drawn_fn done, void *arg)
{
    struct redis_store *store = self;
    const struct shard_view *shard = &batch->campaign->shards[batch->shard];
    struct line *line = line_of(store, batch->campaign, batch->shard);
    struct redis_node *node = node_of(store, shard->node);
    struct visit *visit = visit_take(&store->visits);

    visit->batch = batch;
    visit->drawn = done;
    visit->arg = arg;
    visit->epoch = atomic_load_explicit(shard->epoch, memory_order_acquire);
    metrics_add(M_SHARD_BATCHES, 1);
    if (node == NULL || visit->epoch == 0) {
        visit_close(visit);
        return;
    }
    if (redis_node_ready(node)) {
        draws_write(store, line, visit);
    }
    redis_node_call(node, &store->command, draws_replied, visit);
}

/* ---- a look at a player ---- */

static void peek_replied(void *arg, hb_err err, const struct redisReply *reply)
{
    struct visit *visit = arg;
    struct player_peek peek = {0};
    const uint8_t *packed = NULL;
    uint64_t time_ms = 0, open = 0;
    size_t len = 0;

    if (err == HB_OK &&
        (!reply_bytes(reply_at(reply, 0), &packed, &len) || !player_unpack(packed, len, &peek.state) ||
         !reply_number(reply_at(reply, 1), &time_ms) || !reply_number(reply_at(reply, 2), &open))) {
        err = HB_E_UNSURE;
    }
    peek.shard_time_ms = (int64_t)time_ms;
    peek.open = open != 0;
    visit_peeked(visit, err, err == HB_OK ? &peek : NULL);
}

static void store_peek(void *self,
                       const struct campaign_view *campaign,
                       uint32_t shard,
                       const struct player_id *player,
                       player_peeked_fn done,
                       void *arg)
{
    struct redis_store *store = self;
    struct redis_node *node = node_of(store, campaign->shards[shard].node);
    struct visit *visit = visit_take(&store->visits);

    visit->peeked = done;
    visit->arg = arg;
    if (node == NULL) {
        visit_close(visit);
        return;
    }
    buf_clear(&store->command);
    wire_call(&store->command, LIBRARY_PEEK, campaign->table->campaign, shard, 4);
    wire_bulk(&store->command, redis_node_run_id(node), RUN_ID_BYTES);
    wire_number(&store->command, atomic_load_explicit(campaign->shards[shard].epoch, memory_order_acquire));
    wire_text(&store->command, "0");
    wire_bulk(&store->command, player->bytes, PLAYER_BYTES);
    redis_node_call(node, &store->command, peek_replied, visit);
}

/* ---- its life ---- */

static bool store_ready(void *self)
{
    const struct redis_store *store = self;

    for (size_t i = 0; i < store->node_count; i++) {
        if (!redis_node_ready(store->nodes[i])) {
            return false;
        }
    }
    return store->node_count > 0;
}

struct shard_port redis_store_port(struct redis_store *store)
{
    return (struct shard_port){store, store_draw, store_stored, store_peek, store_ready};
}

static hb_err nodes_new(struct redis_store *store, const struct config *config)
{
    struct node_address addresses[NODES_MAX];
    char password[PASSWORD_MAX + 1];
    size_t count = node_addresses_parse(config_text(config, CFG_REDIS_NODES), addresses);
    hb_err err = node_password_read(config_text(config, CFG_REDIS_PASSWORD_FILE), password);

    if (count == 0 && err == HB_OK) {
        err = HB_E_INPUT;
    }
    for (size_t i = 0; i < count && err == HB_OK; i++) {
        store->nodes[i] =
            redis_node_new(store->loop, &addresses[i], password, config_int(config, CFG_REDIS_TIMEOUT_MS));
        store->node_count = i + 1;
        err = store->nodes[i] == NULL ? HB_E_NOMEM : HB_OK;
    }
    explicit_bzero(password, sizeof password);
    return err;
}

hb_err redis_store_new(struct loop *loop, const struct config *config, struct redis_store **out)
{
    struct redis_store *store = calloc(1, sizeof *store);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (store == NULL) {
        return HB_E_NOMEM;
    }
    store->loop = loop;
    store->visits.loop = loop;
    buf_init(&store->command, COMMAND_BYTES_MAX);
    buf_init(&store->packed, (size_t)RECORD_DRAWS_MAX * BATCH_REQUEST_BYTES);
    store->acks_due = loop_timer_new(loop, acks_due, store);
    if (store->acks_due != NULL) {
        err = nodes_new(store, config);
    }
    if (err == HB_OK) {
        *out = store;
        store = NULL; /* handed over */
    }
    redis_store_free(store);
    return err;
}

static void lines_free(struct redis_store *store)
{
    for (size_t i = 0; i < LINE_BUCKETS; i++) {
        while (store->buckets[i] != NULL) {
            struct line *line = store->buckets[i];

            store->buckets[i] = line->next_in_bucket;
            buf_free(&line->acks);
            buf_free(&line->draws_call);
            free(line);
        }
    }
}

void redis_store_free(struct redis_store *store)
{
    if (store == NULL) {
        return;
    }
    store->visits.silent = true;
    for (size_t i = 0; i < store->node_count; i++) {
        redis_node_free(store->nodes[i]);
    }
    loop_timer_free(store->acks_due);
    lines_free(store);
    visits_free(&store->visits);
    buf_free(&store->command);
    buf_free(&store->packed);
    free(store);
}
