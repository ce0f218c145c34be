/*
 * tests/system/duties_world.c - an engine in one process, and the Redis that it loses.
 */
#include "duties_world.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/zone.h"
#include "campaign/compile.h"
#include "campaign/problem.h"
#include "campaign/table_json.h"
#include "campaign/validate.h"
#include "flow/block_guesses.h"
#include "lottery/fairness.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 30000, LIST_MAX = 16 << 20 };

static pid_t running_redis; /* ended with the program, however that ends */

_Noreturn void world_abort(void)
{
    if (running_redis > 0) {
        (void)kill(running_redis, SIGKILL);
    }
    exit(1);
}

void world_nap(long ms)
{
    (void)usleep((useconds_t)ms * 1000);
}

/* ---- Redis ---- */

static void redis_exec(const struct world *world)
{
    int log = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)dup2(log, STDOUT_FILENO);
    (void)execlp("redis-server",
                 "redis-server",
                 "--port",
                 "0",
                 "--unixsocket",
                 world->socket,
                 "--dir",
                 world->redis_dir,
                 "--save",
                 "",
                 "--appendonly",
                 "yes",
                 "--appendfsync",
                 "always",
                 "--aof-load-truncated",
                 "yes",
                 "--auto-aof-rewrite-percentage",
                 "0",
                 (char *)NULL);
    _exit(127);
}

void redis_start(struct world *world)
{
    const int64_t until_us = clock_mono_us() + (int64_t)WAIT_MS * 1000;
    char run_id[RUN_ID_BYTES + 1];

    (void)mkdir(world->redis_dir, 0700);
    (void)unlink(world->socket);
    world->redis_pid = fork();
    CHECK(world->redis_pid >= 0);
    if (world->redis_pid == 0) {
        redis_exec(world);
    }
    running_redis = world->redis_pid;
    while (redis_run_id(world->probe, run_id) != HB_OK) {
        CHECK(clock_mono_us() < until_us);
        world_nap(10);
    }
}

void redis_kill(struct world *world)
{
    int status = 0;
    int64_t time_ms = 0;

    CHECK(kill(world->redis_pid, SIGKILL) == 0);
    CHECK(waitpid(world->redis_pid, &status, 0) == world->redis_pid);
    running_redis = world->redis_pid = 0;
    CHECK(redis_time(world->probe, &time_ms) != HB_OK); /* the probe notices, and connects anew next time */
}

static void aof_path(const struct world *world, char *out, size_t max)
{
    char folder[256];
    DIR *dir = NULL;
    struct dirent *entry = NULL;

    (void)snprintf(folder, sizeof folder, "%s/appendonlydir", world->redis_dir);
    dir = opendir(folder);
    CHECK(dir != NULL);
    out[0] = '\0';
    while ((entry = readdir(dir)) != NULL) {
        if (strstr(entry->d_name, ".incr.aof") != NULL) {
            (void)snprintf(out, max, "%s/%s", folder, entry->d_name);
        }
    }
    (void)closedir(dir);
    CHECK(out[0] != '\0');
}

off_t redis_aof_bytes(struct world *world)
{
    struct stat info;
    char path[512];

    aof_path(world, path, sizeof path);
    CHECK(stat(path, &info) == 0);
    return info.st_size;
}

void redis_cut_aof(struct world *world, off_t to_bytes)
{
    char path[512];

    aof_path(world, path, sizeof path);
    CHECK(truncate(path, to_bytes) == 0);
}

void redis_empty_folder(struct world *world)
{
    char command[256];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", world->redis_dir);
    CHECK(system(command) == 0);
}

/* ---- the world ---- */

static void closed(void *arg, uint32_t campaign_id, uint32_t shard)
{
    duties_shard_closed(arg, campaign_id, shard);
}

static void dry(void *arg, uint32_t campaign_id, uint32_t shard, uint8_t prize)
{
    duties_stock_dry(arg, campaign_id, shard, prize);
}

static void waits(void *arg, uint32_t campaign_id, uint32_t shard)
{
    duties_win_waits(arg, campaign_id, shard);
}

static void ticked(void *arg)
{
    struct world *world = arg;

    loop_stop(world->loop);
}

static void config_make(struct world *world)
{
    char nodes[200], uri[300];
    char *argv[] = {nodes,
                    uri,
                    (char[]){"--lease.min_units=200"},
                    (char[]){"--lease.seconds=2"},
                    (char[]){"--redis.timeout_ms=2000"},
                    (char[]){"--engine.draw_timeout_ms=4000"},
                    NULL};
    char *environment[] = {NULL};
    int argc = 6;
    struct buf problems;

    buf_init(&problems, 65536);
    (void)snprintf(nodes, sizeof nodes, "--redis.nodes=unix:%s", world->socket);
    (void)snprintf(uri, sizeof uri, "--database.uri=%s", world->uri);
    CHECK(config_load(&argc, argv, environment, &world->config, &problems) == HB_OK);
    buf_free(&problems);
}

static void worker_make(struct world *world)
{
    world->loop = loop_new();
    CHECK(world->loop != NULL);
    world->tick = loop_timer_new(world->loop, ticked, world);
    CHECK(redis_store_new(world->loop, world->config, &world->redis) == HB_OK);
    CHECK(ledger_store_new(world->loop, world->config, &world->ledger) == HB_OK);
    world->deps = (struct deps){
        .loop = world->loop,
        .catalogs = world->slot,
        .guesses = world->guesses,
        .shards = redis_store_port(world->redis),
        .ledger = ledger_store_port(world->ledger),
        .shard_closed = closed,
        .stock_dry = dry,
        .win_waits = waits,
        .duties = world->duties,
        .batch_max = 64,
        .draws_waiting_max = 100000,
        .draw_timeout_ms = 4000,
    };
    CHECK(draws_new(&world->deps, &world->draws) == HB_OK);
}

void world_init(struct world *world, const char *uri, const char *campaign)
{
    memset(world, 0, sizeof *world);
    (void)signal(SIGPIPE, SIG_IGN); /* as `serve` does: hiredis writes to sockets that may be gone */
    metrics_thread_setup();
    (void)snprintf(world->dir, sizeof world->dir, "/tmp/hongbao-duties-XXXXXX");
    CHECK(mkdtemp(world->dir) != NULL);
    (void)snprintf(world->redis_dir, sizeof world->redis_dir, "%s/data", world->dir);
    (void)snprintf(world->socket, sizeof world->socket, "%s/redis.sock", world->dir);
    (void)snprintf(world->uri, sizeof world->uri, "%s", uri);
    (void)snprintf(world->campaign, sizeof world->campaign, "%s", campaign);
    config_make(world);
    CHECK(redis_open(world->config, 0, &world->probe) == HB_OK);
    CHECK(pg_open(uri, 60000, &world->pg) == HB_OK);
    redis_start(world);
    world->slot = catalog_slot_new();
    world->guesses = block_guesses_new();
    CHECK(duties_start(world->config, world->slot, &world->duties) == HB_OK);
    worker_make(world);
}

void world_free(struct world *world)
{
    char command[200];

    duties_stop(world->duties);
    draws_free(world->draws);
    redis_store_free(world->redis);
    ledger_store_free(world->ledger);
    loop_timer_free(world->tick);
    loop_free(world->loop);
    block_guesses_free(world->guesses);
    catalog_slot_free(world->slot);
    if (world->redis_pid > 0) {
        redis_kill(world);
    }
    redis_close(world->probe);
    pg_close(world->pg);
    config_free(world->config);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", world->dir);
    CHECK(system(command) == 0);
}

/* ---- the campaign ---- */

static void document_write(const struct world *world, const struct campaign_spec *spec, struct buf *out)
{
    char starts[26], ends[26];
    int64_t now_ms = clock_wall_ms();

    zone_format("Asia/Shanghai", (now_ms + spec->starts_in_ms) / 1000 * 1000, starts);
    zone_format("Asia/Shanghai", (now_ms + spec->starts_in_ms + spec->lasts_ms) / 1000 * 1000, ends);
    starts[19] = ends[19] = '\0';
    buf_addf(
        out,
        "{\"id\":\"%s\",\"title\":{\"zh\":\"t\",\"en\":\"t\"},\"rules\":{\"zh\":\"r\",\"en\":\"r\"},"
        "\"time_zone\":\"Asia/Shanghai\",\"starts_at\":\"%s\",\"ends_at\":\"%s\",\"budget_fen\":100000000000,"
        "\"shards\":%u,\"chances\":%s,\"prizes\":%s}",
        world->campaign,
        starts,
        ends,
        spec->shards,
        spec->chances,
        spec->prizes);
}

static struct document *document_checked(const struct buf *text, uint32_t shards)
{
    const struct validate_facts facts = {.now_ms = clock_wall_ms(), .shards = shards};
    struct problems *problems = problems_new();
    struct document *document = NULL;
    struct buf said;

    if (document_check(text->data, text->len, &facts, problems, &document) != HB_OK) {
        buf_init(&said, 1 << 20);
        problems_write_json(problems, &said);
        fprintf(stderr, "%s\n", buf_cstr(&said));
        world_abort();
    }
    problems_free(problems);
    return document;
}

static void array_next(struct buf *out)
{
    buf_addc(out, out->len == 0 ? '{' : ',');
}

static void array_text(struct buf *out, const char *text)
{
    array_next(out);
    buf_adds(out, text);
}

static void array_number(struct buf *out, int64_t number)
{
    array_next(out);
    buf_add_u64(out, (uint64_t)number);
}

/* What campaign_publish() of the database takes a list of: an array's text each. */
struct prize_lists {
    struct buf nodes, ids, kinds, units, fen;
};

static void list_init(struct buf *list)
{
    buf_init(list, LIST_MAX);
}

static void list_end(struct buf *list)
{
    buf_addc(list, '}');
}

static void lists_each(struct prize_lists *lists, void (*visit)(struct buf *list))
{
    visit(&lists->nodes);
    visit(&lists->ids);
    visit(&lists->kinds);
    visit(&lists->units);
    visit(&lists->fen);
}

static void lists_fill(struct prize_lists *lists, const struct document *document, const struct table *table)
{
    lists_each(lists, list_init);
    for (uint32_t i = 0; i < table->shards; i++) {
        array_number(&lists->nodes, 0);
    }
    for (uint32_t i = 0; i < table->prize_count; i++) {
        array_text(&lists->ids, table->prizes[i].id);
        array_text(&lists->kinds, prize_kind_name(table->prizes[i].kind));
        array_number(&lists->units, table->prizes[i].units);
        array_number(&lists->fen, prize_stock_fen(&document->prizes[i]));
    }
    lists_each(lists, list_end);
}

struct seal {
    uint8_t secret[32], commitment[32], cover[32], hash[32];
};

static void seal_make(struct seal *seal, const char *campaign, const struct table *table)
{
    *seal = (struct seal){.secret = "a secret of thirty-two bytes !!"};
    CHECK(table_hash(table, seal->hash) == HB_OK);
    fairness_commitment(campaign, seal->secret, seal->commitment);
    fairness_cover(seal->commitment, 1, seal->hash, seal->cover);
}

static void table_publish(struct world *world,
                          const struct document *document,
                          const struct table *table,
                          const char *text)
{
    static const char SQL[] =
        "SELECT campaign_publish($1, 1, $2::jsonb, $3, $4::bytea, $5::bytea, $6::bytea, $7::bytea, NULL, $8, "
        "$9::bigint, $10::bigint, $11::int[], $12::text[], $13::text[], $14::bigint[], $15::bigint[])";
    struct prize_lists lists;
    struct seal seal;
    struct buf json;

    buf_init(&json, LIST_MAX);
    CHECK(table_json_write(table, &json) == HB_OK);
    seal_make(&seal, world->campaign, table);
    lists_fill(&lists, document, table);
    // clang-format off
    CHECK(pg_callf(world->pg, NULL, SQL, "%s%s%s%b%b%b%b%s%ld%ld%s%s%s%s%s",
                   world->campaign, text, buf_cstr(&json),
                   seal.hash, sizeof seal.hash, seal.cover, sizeof seal.cover,
                   seal.commitment, sizeof seal.commitment, seal.secret, sizeof seal.secret,
                   document->time_zone, (long)table->start_ms, (long)table->end_ms,
                   buf_cstr(&lists.nodes), buf_cstr(&lists.ids), buf_cstr(&lists.kinds),
                   buf_cstr(&lists.units), buf_cstr(&lists.fen)) == HB_OK);
    // clang-format on
    lists_each(&lists, buf_free);
    buf_free(&json);
}

static void campaign_fund(struct world *world)
{
    CHECK(pg_callf(world->pg,
                   NULL,
                   "SELECT campaign_fund($1, 100000000000, $2)",
                   "%s%s",
                   world->campaign,
                   world->campaign) == HB_OK);
}

void campaign_publish(struct world *world, const struct campaign_spec *spec)
{
    struct document *document = NULL;
    struct table *table = NULL;
    struct buf text;

    buf_init(&text, 1 << 20);
    document_write(world, spec, &text);
    document = document_checked(&text, spec->shards);
    CHECK(table_compile(document, 1, spec->shards, &table) == HB_OK);
    table_publish(world, document, table, buf_cstr(&text));
    campaign_fund(world);
    table_free(table);
    document_free(document);
    buf_free(&text);
}

int64_t world_number(struct world *world, const char *sql)
{
    struct pg_result *result = NULL;
    int64_t number = 0;

    if (pg_call(world->pg, sql, 0, NULL, &result) != HB_OK) {
        fprintf(stderr, "%s: %s\n", sql, pg_error(world->pg));
        world_abort();
    }
    number = pg_rows(result) > 0 ? pg_i64(result, 0, 0) : 0;
    pg_result_free(result);
    return number;
}

/* ---- waiting ---- */

uint32_t world_epoch(struct world *world, uint32_t shard)
{
    struct catalog *catalog = catalog_take(world->slot);
    const struct campaign_view *view = catalog_find(catalog, world->campaign, strlen(world->campaign));
    uint32_t epoch = view == NULL ? 0 : atomic_load(view->shards[shard].epoch);

    catalog_put_back(catalog);
    return epoch;
}

static void loop_for_ms(struct world *world, int64_t ms)
{
    loop_timer_set(world->tick, ms * 1000);
    loop_run(world->loop);
}

static bool all_open(struct world *world, uint32_t shards, uint32_t epoch)
{
    for (uint32_t i = 0; i < shards; i++) {
        if (world_epoch(world, i) < epoch) {
            return false;
        }
    }
    return duties_ready(world->duties) && world->deps.shards.ready(world->deps.shards.self);
}

void world_wait_ready(struct world *world, uint32_t shards, uint32_t epoch_at_least)
{
    const int64_t until_us = clock_mono_us() + (int64_t)WAIT_MS * 1000;

    while (!all_open(world, shards, epoch_at_least)) {
        CHECK(clock_mono_us() < until_us);
        loop_for_ms(world, 10);
    }
}

void world_wait_home(struct world *world)
{
    const int64_t until_us = clock_mono_us() + (int64_t)WAIT_MS * 1000;

    while (world_number(world,
                        "SELECT count(*) FROM stock WHERE leased_units <> won_units + returned_units") > 0) {
        CHECK(clock_mono_us() < until_us);
        loop_for_ms(world, 20);
    }
}

void world_wait_drained(struct world *world, uint32_t shards)
{
    const int64_t until_us = clock_mono_us() + (int64_t)WAIT_MS * 1000;

    for (uint32_t i = 0; i < shards; i++) {
        uint64_t count = 1;

        while (count > 0) {
            CHECK(clock_mono_us() < until_us);
            CHECK(redis_entry_count(world->probe, world->campaign, i, &count) == HB_OK);
            loop_for_ms(world, 20);
        }
    }
}
