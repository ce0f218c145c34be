/*
 * tests/system/duties_draws.c - draws through the real journey, and what is compared afterwards.
 */
#include "duties_world.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/loop.h"
#include "campaign/table_json.h"
#include "lottery/replay.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <string.h>

struct player_id player_of(uint32_t index)
{
    struct player_id player;
    uint8_t hash[SHA256_BYTES];

    sha256(&index, sizeof index, hash);
    memcpy(player.bytes, hash, sizeof player.bytes);
    for (int i = 0; i < 4;
         i++) { /* a place of its own in the journey's cache of numbers: up to 16384 players */
        player.bytes[8 + i] = (uint8_t)(index >> (24 - 8 * i));
    }
    return player;
}

/* ---- drawing ---- */

struct round {
    struct world *world;
    struct drawn drawn;
    struct asked *asked;
    size_t waiting;
};

struct asked {
    struct round *round;
    struct draw_order order;
    unsigned tries;
};

enum { TRIES = 20 };

static void answered(void *arg, const struct draw_answer *answer);

/* As a phone does: what was refused without anything used up is asked for again with the same key. */
static bool asked_again(struct asked *asked, hb_err err)
{
    if ((err != HB_E_UNAVAILABLE && err != HB_E_BUSY && err != HB_E_CLOSED) || ++asked->tries == TRIES) {
        return false;
    }
    draw_start(asked->round->world->draws, &asked->order, answered, asked);
    return true;
}

static void answered(void *arg, const struct draw_answer *answer)
{
    struct asked *asked = arg;
    struct round *round = asked->round;

    if (asked_again(asked, answer->err)) {
        return;
    }
    round->drawn.replayed += answer->replayed;
    if (answer->err == HB_OK && answer->prize != 0) {
        round->drawn.won++;
    } else if (answer->err == HB_OK) {
        round->drawn.none++;
    } else if (answer->err == HB_E_UNSURE) {
        round->drawn.unsure++;
    } else if (answer->err == HB_E_RECORDING) {
        round->drawn.recording++;
    } else {
        if (round->drawn.refused++ == 0) {
            fprintf(stderr, "  refused: %s\n", err_code(answer->err));
        }
        round->drawn.other = answer->err;
    }
    if (--round->waiting == 0) {
        loop_stop(round->world->loop);
    }
}

static struct draw_key key_of(uint32_t player, uint32_t draw, uint32_t salt)
{
    const uint32_t parts[] = {player, draw, salt};
    uint8_t hash[SHA256_BYTES];
    struct draw_key key;

    sha256(parts, sizeof parts, hash);
    memcpy(key.bytes, hash, sizeof key.bytes);
    return key;
}

/* One draw of each, all at once. */
static void draws_once(
    struct round *round, struct catalog *catalog, uint32_t from, uint32_t to, uint32_t draw, uint32_t salt)
{
    struct world *world = round->world;
    const struct campaign_view *view = catalog_find(catalog, world->campaign, strlen(world->campaign));

    CHECK(view != NULL);
    for (uint32_t p = from; p < to; p++) {
        struct asked *asked = &round->asked[p - from];

        *asked = (struct asked){.round = round,
                                .order = {.catalog = catalog,
                                          .campaign = view,
                                          .player = player_of(p),
                                          .key = key_of(p, draw, salt),
                                          .started_us = clock_mono_us()}};
        round->waiting++;
        draw_start(world->draws, &asked->order, answered, asked);
    }
    if (round->waiting > 0) {
        loop_run(world->loop);
    }
}

struct drawn draws_make(struct world *world, uint32_t from, uint32_t to, uint32_t each, uint32_t salt)
{
    struct catalog *catalog = catalog_take(world->slot);
    struct round round = {.world = world, .asked = calloc(to - from, sizeof *round.asked)};

    CHECK(round.asked != NULL);
    for (uint32_t i = 0; i < each; i++) {
        draws_once(&round, catalog, from, to, i, salt);
    }
    free(round.asked);
    catalog_put_back(catalog);
    return round.drawn;
}

/* ---- comparing ---- */

static int packed_order(const void *a, const void *b)
{
    return memcmp(a, b, PLAYER_BYTES);
}

struct hash_dump players_dump(struct world *world, uint32_t shard)
{
    redisContext *redis = redisConnectUnix(world->socket);
    redisReply *reply = NULL;
    struct hash_dump dump = {0};

    CHECK(redis != NULL && redis->err == 0);
    reply = redisCommand(redis, "HGETALL {%s:%u}:players", world->campaign, shard);
    CHECK(reply != NULL && reply->type == REDIS_REPLY_ARRAY);
    dump.players = calloc(reply->elements / 2 + 1, sizeof *dump.players);
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        struct packed *packed = &dump.players[dump.count++];

        memcpy(packed->player, reply->element[i]->str, PLAYER_BYTES);
        packed->len = reply->element[i + 1]->len;
        memcpy(packed->bytes, reply->element[i + 1]->str, packed->len);
    }
    if (dump.count > 0) {
        qsort(dump.players, dump.count, sizeof *dump.players, packed_order);
    }
    freeReplyObject(reply);
    redisFree(redis);
    return dump;
}

void dump_free(struct hash_dump *dump)
{
    free(dump->players);
    dump->players = NULL;
    dump->count = 0;
}

static void packed_print(const char *when, const struct packed *packed)
{
    fprintf(stderr, "  %s ", when);
    for (size_t i = 0; i < packed->len; i++) {
        fprintf(stderr, "%02x", packed->bytes[i]);
    }
    fprintf(stderr, "\n");
}

size_t dumps_differ(const struct hash_dump *before, const struct hash_dump *after)
{
    size_t differ =
        before->count > after->count ? before->count - after->count : after->count - before->count;

    for (size_t i = 0; i < before->count && i < after->count; i++) {
        const struct packed *a = &before->players[i], *b = &after->players[i];

        if (memcmp(a->player, b->player, PLAYER_BYTES) != 0 || a->len != b->len ||
            memcmp(a->bytes, b->bytes, a->len) != 0) {
            if (differ++ < 3) {
                packed_print("before", a);
                packed_print("after ", b);
            }
        }
    }
    return differ;
}

struct shard *shard_dump(struct world *world, uint32_t shard)
{
    struct shard *out = calloc(1, sizeof *out);
    bool present = false;

    CHECK(out != NULL);
    CHECK(redis_state(world->probe, world->campaign, shard, out, &present) == HB_OK && present);
    return out;
}

static bool pool_holds(const struct pool *pool, uint32_t unit)
{
    for (uint8_t i = 0; i < pool->range_count; i++) {
        if (unit >= pool->ranges[i].from && unit < pool->ranges[i].to) {
            return true;
        }
    }
    return false;
}

static bool pool_within(const struct pool *before, const struct pool *after)
{
    for (uint8_t r = 0; r < before->range_count; r++) {
        for (uint32_t unit = before->ranges[r].from; unit < before->ranges[r].to; unit++) {
            if (!pool_holds(after, unit)) {
                return false;
            }
        }
    }
    return true;
}

bool pools_kept(const struct shard *before, const struct shard *after)
{
    for (uint8_t i = 0; i < before->prize_count; i++) {
        const struct pool *a = &before->pools[i], *b = &after->pools[i];

        if (a->given != b->given || !pool_within(a, b)) {
            fprintf(stderr,
                    "pool %u: given %" PRIu32 " and %" PRIu32 ", left %" PRIu32 " and %" PRIu32 "\n",
                    i + 1U,
                    a->given,
                    b->given,
                    shard_units_left(a),
                    shard_units_left(b));
            return false;
        }
    }
    return before->prize_count == after->prize_count && before->moment_count <= after->moment_count;
}

static bool pools_match(struct world *world, uint32_t index)
{
    struct shard *shard = shard_dump(world, index);
    bool match = true;
    char sql[300];

    for (uint8_t i = 0; i < shard->prize_count; i++) {
        int64_t open = 0;

        for (uint16_t m = 0; m < shard->moment_count; m++) {
            open += shard->moments[m].prize == i + 1;
        }
        (void)snprintf(sql,
                       sizeof sql,
                       "SELECT leased_units - won_units - returned_units FROM stock WHERE campaign = "
                       "(SELECT id FROM campaign WHERE slug = '%s') AND shard = %" PRIu32 " AND prize = %u",
                       world->campaign,
                       index,
                       i + 1U);
        match = match && world_number(world, sql) == (int64_t)shard_units_left(&shard->pools[i]) + open;
    }
    free(shard);
    return match;
}

/* The duties go on meanwhile: a lease may be in the ledger and on its way to the shard. */
void pools_check(struct world *world, uint32_t index)
{
    const int64_t until_us = clock_mono_us() + 3 * 1000000;

    while (!pools_match(world, index)) {
        CHECK(clock_mono_us() < until_us);
        world_nap(50);
    }
}

/* ---- the books and the replay ---- */

void books_check(struct world *world)
{
    static const char *const SQL[] = {
        "SELECT count(*) FROM stock WHERE won_units + returned_units > leased_units",
        "SELECT count(*) FROM quarantine",
        "SELECT abs(sum(debit) - sum(credit)) FROM account",
        "SELECT count(*) FROM (SELECT FROM win GROUP BY campaign, prize, unit HAVING count(*) > 1) x",
        "SELECT (SELECT count(*) FROM win) - (SELECT coalesce(sum(won_units), 0) FROM stock)",
    };

    for (size_t i = 0; i < sizeof SQL / sizeof *SQL; i++) {
        int64_t number = world_number(world, SQL[i]);

        if (number != 0) {
            fprintf(stderr, "%s: %" PRId64 "\n", SQL[i], number);
            world_abort();
        }
    }
}

struct verifying {
    struct table *table;
    struct replay *replay;
    size_t findings;
};

static const struct table *table_find(void *arg, uint32_t version)
{
    const struct verifying *verifying = arg;

    return verifying->table->version == version ? verifying->table : NULL;
}

static void found(void *arg, const struct replay_finding *finding)
{
    struct verifying *verifying = arg;

    if (verifying->findings++ < 10) {
        fprintf(stderr,
                "  finding %s at %" PRIu32 "-%" PRIu64 ": %s\n",
                replay_finding_name(finding->kind),
                finding->epoch,
                finding->position,
                finding->text);
    }
}

static bool entry_fed(void *arg, const struct pg_result *row)
{
    struct verifying *verifying = arg;
    size_t len = 0;
    const uint8_t *entry = pg_bytes(row, 0, 2, &len);

    replay_entry(verifying->replay, (uint32_t)pg_i64(row, 0, 0), (uint64_t)pg_i64(row, 0, 1), entry, len);
    return true;
}

static void table_of(struct world *world, struct verifying *verifying, struct seed *seed)
{
    struct pg_result *row = NULL;
    const char *text = NULL;
    size_t len = 0;

    CHECK(pg_callf(world->pg,
                   &row,
                   "SELECT v.table_json, c.secret FROM campaign_version v JOIN campaign c ON c.id = "
                   "v.campaign WHERE c.slug = $1",
                   "%s",
                   world->campaign) == HB_OK);
    text = pg_text(row, 0, 0);
    CHECK(table_json_read(text, strlen(text), &verifying->table, NULL, 0) == HB_OK);
    fairness_seed(world->campaign, pg_bytes(row, 0, 1, &len), "", seed);
    pg_result_free(row);
}

void replay_check(struct world *world, uint32_t shards, uint64_t *lost)
{
    struct verifying verifying = {.findings = 0};
    struct seed seed;

    *lost = 0;
    table_of(world, &verifying, &seed);
    for (uint32_t i = 0; i < shards; i++) {
        char index[16];
        const char *params[] = {world->campaign, index};
        struct replay_totals totals;

        (void)snprintf(index, sizeof index, "%" PRIu32, i);
        verifying.replay = replay_new(&seed, world->campaign, i, table_find, found, &verifying);
        CHECK(pg_stream(world->pg,
                        "SELECT epoch, position, entry FROM draw_log WHERE campaign = (SELECT id FROM "
                        "campaign WHERE slug = $1) "
                        "AND shard = $2 ORDER BY epoch, position",
                        2,
                        params,
                        entry_fed,
                        &verifying) == HB_OK);
        totals = replay_end(verifying.replay);
        printf("  replay shard %" PRIu32 ": %" PRIu64 " draws, %" PRIu64 " wins, %" PRIu64 " lost, %" PRIu64
               " redrawn\n",
               i,
               totals.draws,
               totals.wins,
               totals.lost_positions,
               totals.redrawn);
        *lost += totals.lost_positions;
        replay_free(verifying.replay);
    }
    table_free(verifying.table);
    CHECK(verifying.findings == 0);
}
