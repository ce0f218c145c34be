/*
 * tests/system/duties_test.c - shards that die in every way, and what the duties make of it.
 *
 *   duties_test URI [SCENARIO]    URI of the engine's role in a fresh database
 */
#include "duties_world.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"

#include <inttypes.h>
#include <string.h>

static const char PRIZES[] =
    "[{\"id\":\"cash\",\"kind\":\"cash\",\"mode\":\"odds\",\"odds\":0.1,\"name\":{\"zh\":\"a\",\"en\":\"a\"},"
    "\"amount_fen\":100,"
    "\"units\":20000},"
    "{\"id\":\"split\",\"kind\":\"cash_split\",\"mode\":\"odds\",\"odds\":0.1,\"name\":{\"zh\":\"b\",\"en\":"
    "\"b\"},"
    "\"total_fen\":500000,\"min_fen\":10,\"max_fen\":300,\"units\":5000,\"wins_per_player\":3},"
    "{\"id\":\"card\",\"kind\":\"card\",\"mode\":\"odds\",\"odds\":0.2,\"name\":{\"zh\":\"c\",\"en\":\"c\"},"
    "\"units\":30000}]";
static const char CHANCES[] = "{\"base\":30,\"per_day\":10}";

static const struct campaign_spec PLAIN = {1, -60000, 3600 * 1000, PRIZES, CHANCES};

static void told(const char *what, int64_t since_us)
{
    printf("  %s: %" PRId64 " ms\n", what, (clock_mono_us() - since_us) / 1000);
}

/* Restarts and waits until it is open again; the time from the start of Redis. */
static void redis_back(struct world *world, uint32_t shards, const char *what)
{
    uint32_t epoch = world_epoch(world, 0);
    int64_t began_us = 0;

    redis_start(world);
    began_us = clock_mono_us();
    world_wait_ready(world, shards, epoch + 1);
    told(what, began_us);
}

/* ---- nothing is lost ---- */

struct memory {
    struct hash_dump players;
    struct shard *shard;
};

static struct memory memory_of(struct world *world)
{
    return (struct memory){players_dump(world, 0), shard_dump(world, 0)};
}

static void memory_same(struct world *world, struct memory *before)
{
    struct memory after = memory_of(world);

    CHECK(before->players.count > 0);
    CHECK(dumps_differ(&before->players, &after.players) == 0);
    CHECK(pools_kept(before->shard, after.shard));
    pools_check(world, 0);
    CHECK(after.shard->epoch > before->shard->epoch);
    dump_free(&before->players);
    dump_free(&after.players);
    free(before->shard);
    free(after.shard);
}

static void scenario_kinds_of_death(struct world *world)
{
    struct memory memory;
    struct drawn drawn;
    uint64_t lost = 0;
    off_t aof = 0;

    campaign_publish(world, &PLAIN);
    world_wait_ready(world, 1, 1);
    drawn = draws_make(world, 0, 2000, 4, 1);
    CHECK(drawn.none + drawn.won == 8000 && drawn.won > 2000);

    puts(" a kill before anything is drained");
    memory = memory_of(world);
    redis_kill(world);
    redis_back(world, 1, "open after a kill");
    memory_same(world, &memory);
    drawn = draws_make(world, 0, 2000, 4, 1);
    CHECK(drawn.replayed == 8000);

    puts(" an empty folder");
    CHECK(draws_make(world, 500, 1500, 3, 2).refused == 0);
    world_wait_drained(world, 1);
    memory = memory_of(world);
    redis_kill(world);
    redis_empty_folder(world);
    redis_back(world, 1, "open with an empty folder");
    memory_same(world, &memory);

    puts(" a log that was cut, all of it in the ledger");
    CHECK(draws_make(world, 0, 500, 1, 3).refused == 0);
    aof = redis_aof_bytes(world);
    CHECK(draws_make(world, 0, 1000, 5, 4).refused == 0);
    CHECK(draws_make(world, 3000, 3300, 1, 4).refused == 0);
    world_wait_drained(world, 1);
    memory = memory_of(world);
    redis_kill(world);
    redis_cut_aof(world, aof + 1000);
    redis_back(world, 1, "open with a cut log");
    memory_same(world, &memory);

    CHECK(draws_make(world, 0, 3300, 2, 5).refused == 0);
    world_wait_drained(world, 1);
    books_check(world);
    replay_check(world, 1, &lost);
    CHECK(lost == 0);
}

/* ---- a tail is lost for good ---- */

/* Small batches: most have no win, so that nothing but the drain would store them. */
static void draws_in_pairs(struct world *world, uint32_t salt)
{
    for (uint32_t p = 0; p < 400; p += 2) {
        CHECK(draws_make(world, p, p + 2, 1, salt).refused == 0);
    }
}

static void scenario_lost_tail(struct world *world)
{
    struct shard *before = NULL, *after = NULL;
    int64_t wins = 0;
    uint64_t lost = 0;
    off_t aof = 0;

    campaign_publish(world, &PLAIN);
    world_wait_ready(world, 1, 1);
    CHECK(draws_make(world, 0, 1000, 2, 1).refused == 0);
    world_wait_drained(world, 1);
    for (int i = 0; i < 4; i++) {
        aof = redis_aof_bytes(world);
        draws_in_pairs(world, 10 + (uint32_t)i); /* wins are committed, the rest is not drained */
        before = shard_dump(world, 0);
        redis_kill(world);
        redis_cut_aof(world, aof + 2000);
        wins = world_number(world, "SELECT count(*) FROM win");
        redis_back(world, 1, "open after a lost tail");
        after = shard_dump(world, 0);
        CHECK(after->pools[0].given ==
              before->pools[0].given); /* every win was acknowledged, so each is still there */
        CHECK(after->pools[1].given == before->pools[1].given);
        CHECK(world_number(world, "SELECT count(*) FROM win") == wins);
        free(before);
        free(after);
    }
    CHECK(draws_make(world, 0, 1500, 3, 20).refused == 0);
    world_wait_drained(world, 1);
    books_check(world);
    pools_check(world, 0);
    replay_check(world, 1, &lost);
    CHECK(lost > 0);
}

/* ---- several shards, scarce stock, the end ---- */

static const char SCARCE[] = "[{\"id\":\"rare\",\"kind\":\"cash\",\"mode\":\"odds\",\"odds\":0.05,\"name\":{"
                             "\"zh\":\"a\",\"en\":\"a\"},\"amount_fen\":100,"
                             "\"units\":50},"
                             "{\"id\":\"grand\",\"kind\":\"cash\",\"mode\":\"moments\",\"name\":{\"zh\":"
                             "\"m\",\"en\":\"m\"},\"amount_fen\":1000,\"units\":6},"
                             "{\"id\":\"tea\",\"kind\":\"voucher\",\"mode\":\"always\",\"name\":{\"zh\":"
                             "\"t\",\"en\":\"t\"},\"value_fen\":500,\"units\":3000}]";

static void scenario_scarce(struct world *world)
{
    const struct campaign_spec spec = {3, -1000, 9000, SCARCE, "{\"base\":1000,\"per_day\":0}"};
    struct drawn drawn = {0};
    int64_t ends_us = 0;
    uint64_t lost = 0;
    size_t won = 0;

    campaign_publish(world, &spec);
    ends_us = clock_mono_us() + (spec.starts_in_ms + spec.lasts_ms) * 1000;
    world_wait_ready(world, 3, 1);
    for (uint32_t i = 0; clock_mono_us() < ends_us - 2 * 1000000; i++) {
        drawn = draws_make(world, 0, 300, 1, 100 + i);
        won += drawn.won;
        world_nap(20); /* the moments are spread over the time: draws must be, too */
    }
    CHECK(won > 0);
    while (clock_mono_us() < ends_us) {
        world_nap(20);
    }
    world_wait_home(world); /* over: everything that is left goes back */
    world_wait_drained(world, 3);
    printf("  rare %" PRId64 " of 50, grand %" PRId64 " of 6, tea %" PRId64 " of 3000\n",
           world_number(world, "SELECT count(*) FROM win WHERE prize = 1"),
           world_number(world, "SELECT count(*) FROM win WHERE prize = 2"),
           world_number(world, "SELECT count(*) FROM win WHERE prize = 3"));
    CHECK(world_number(world, "SELECT count(*) FROM win WHERE prize = 1") == 50);
    CHECK(world_number(world, "SELECT count(*) FROM win WHERE prize = 3") == 3000);
    CHECK(world_number(world, "SELECT count(*) FROM win WHERE prize = 2") >= 3);
    CHECK(world_number(world,
                       "SELECT sum(units_count_left) FROM (SELECT leased_units - won_units - returned_units "
                       "AS units_count_left "
                       "FROM stock) x") == 0);
    books_check(world);
    replay_check(world, 3, &lost);
    CHECK(lost == 0);
}

/* ---- pause ---- */

static void wait_paused(struct world *world, bool paused)
{
    const int64_t until_us = clock_mono_us() + 5 * 1000000;

    for (;;) {
        struct shard *shard = shard_dump(world, 0);
        bool is = shard->paused;

        free(shard);
        if (is == paused) {
            return;
        }
        CHECK(clock_mono_us() < until_us);
        world_nap(20);
    }
}

static void scenario_pause(struct world *world)
{
    int64_t began_us = 0;

    campaign_publish(world, &PLAIN);
    world_wait_ready(world, 1, 1);
    began_us = clock_mono_us();
    (void)world_number(world, "SELECT 1 FROM campaign_pause('pause', true)");
    wait_paused(world, true);
    told("paused", began_us);
    CHECK(draws_make(world, 0, 10, 1, 1).other == HB_E_PAUSED);
    (void)world_number(world, "SELECT 1 FROM campaign_pause('pause', false)");
    wait_paused(world, false);
    CHECK(draws_make(world, 0, 10, 1, 1).refused == 0);
}

/* ---- a win without its entry ---- */

struct posted {
    struct world *world;
    enum win_verdict verdict;
};

static void win_posted(void *arg, hb_err err, const enum win_verdict *verdicts)
{
    struct posted *posted = arg;

    CHECK(err == HB_OK);
    posted->verdict = verdicts[0];
    loop_stop(posted->world->loop);
}

/* As after a remembered answer whose entry is not stored: the last unit in the shard's hand. */
static void win_post(struct world *world, const struct shard *shard, struct win_post win)
{
    struct catalog *catalog = catalog_take(world->slot);
    const struct pool *pool = &shard->pools[2];
    struct posted posted = {.world = world};
    struct ledger_post post = {.shard = 0, .epoch = shard->epoch, .wins = &win, .win_count = 1};

    post.campaign_id = catalog->campaigns[0].id;
    win.unit = pool->ranges[pool->range_count - 1].to - 1;
    world->deps.ledger.post(world->deps.ledger.self, &post, win_posted, &posted);
    loop_run(world->loop);
    CHECK(posted.verdict == WIN_WAITS);
    catalog_put_back(catalog);
}

static void scenario_unwritten_win(struct world *world)
{
    struct win_post win = {.player = player_of(5), .draw_no = 4, .prize = 3, .key = {{1, 2, 3, 4, 5, 6, 7}}};
    struct shard *shard = NULL;
    struct player_state player;
    bool same_body = false;

    campaign_publish(world, &PLAIN);
    world_wait_ready(world, 1, 1);
    CHECK(draws_make(world, 0, 100, 3, 1).refused == 0);
    shard = shard_dump(world, 0);
    win_post(world, shard, win);
    free(shard);
    redis_kill(world);
    redis_back(world, 1, "open after a win that had no entry");
    CHECK(redis_get_players(world->probe, world->campaign, 0, &win.player, 1, &player) == HB_OK);
    CHECK(player.draw_no == 3 && player_find(&player, &win.key, &same_body) == NULL);
    pools_check(world, 0);
    books_check(world);
}

/* ---- two nodes ---- */

static void scenario_next_leader(struct world *world)
{
    struct catalog_slot *slot = catalog_slot_new();
    struct duties *next = NULL, *first = world->duties;
    int64_t began_us = 0;
    uint64_t lost = 0;

    campaign_publish(world, &PLAIN);
    world_wait_ready(world, 1, 1);
    CHECK(duties_start(world->config, slot, &next) == HB_OK);
    CHECK(draws_make(world, 0, 500, 2, 1).refused == 0);
    began_us = clock_mono_us();
    duties_stop(first);
    world->duties = next;
    world->deps.duties = next;
    CHECK(draws_make(world, 0, 500, 2, 2).refused == 0);
    world_wait_drained(world, 1);
    told("drained by the next leader", began_us);
    redis_kill(world);
    redis_back(world, 1, "opened by the next leader");
    CHECK(draws_make(world, 0, 500, 2, 2).replayed == 1000);
    world_wait_drained(world, 1);
    books_check(world);
    replay_check(world, 1, &lost);
    CHECK(lost == 0);
    catalog_slot_free(world->slot);
    world->slot = slot;
    world->deps.catalogs = slot;
}

/* ---- a million players ---- */

enum { MILLION = 1000 * 1000, AT_ONCE = 20000 };

static void scenario_million(struct world *world)
{
    static const char FEW[] = "[{\"id\":\"cash\",\"kind\":\"cash\",\"mode\":\"odds\",\"odds\":0.02,\"name\":{"
                              "\"zh\":\"a\",\"en\":\"a\"},"
                              "\"amount_fen\":100,\"units\":100000}]";
    const struct campaign_spec spec = {1, -60000, 3600 * 1000, FEW, CHANCES};
    struct memory memory;

    campaign_publish(world, &spec);
    world_wait_ready(world, 1, 1);
    for (uint32_t from = 0; from < MILLION; from += AT_ONCE) {
        CHECK(draws_make(world, from, from + AT_ONCE, 1, 1).refused == 0);
    }
    world_wait_drained(world, 1);
    memory = memory_of(world);
    redis_kill(world);
    redis_empty_folder(world);
    redis_back(world, 1, "open with a million players and an empty folder");
    memory_same(world, &memory);
}

/* ---- */

static const struct scenario {
    const char *name;
    void (*run)(struct world *world);
} SCENARIOS[] = {
    {"death", scenario_kinds_of_death},
    {"tail", scenario_lost_tail},
    {"pause", scenario_pause},
    {"scarce", scenario_scarce},
    {"unwritten", scenario_unwritten_win},
    {"leader", scenario_next_leader},
    {"million", scenario_million},
};

int main(int argc, char **argv)
{
    struct world world;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 3) {
        fprintf(stderr, "duties_test URI SCENARIO\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        if (strcmp(argv[2], SCENARIOS[i].name) == 0) {
            puts(SCENARIOS[i].name);
            world_init(&world, argv[1], SCENARIOS[i].name);
            SCENARIOS[i].run(&world);
            world_free(&world);
            return 0;
        }
    }
    return 2;
}
