/*
 * cli/campaign_pause.c - `hongbao campaign pause | resume`: first on the shards, so that it works without
 * PostgreSQL, then in the database, so that it stays.
 */
#include "cli/campaign_internal.h"
#include "cli/nodes.h"

#include "base/ids.h"
#include "store/pg.h"
#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum pause_result { PAUSE_DONE, PAUSE_NO_SHARD, PAUSE_FAILED };

/* Shard s lives on node s mod nodes: that is how campaign publish places them. */
static enum pause_result
pause_shard(const struct cli *cli, const char *slug, uint32_t shard, uint32_t nodes, bool paused)
{
    const struct control_entry pause = {.kind = RECORD_PAUSE, .paused = paused};
    struct redis *redis = NULL;
    struct shard *state = malloc(sizeof *state);
    bool present = false;
    uint64_t position;
    hb_err err = state == NULL ? HB_E_NOMEM : redis_open(cli->config, shard % nodes, &redis);

    if (err == HB_OK) {
        err = redis_state(redis, slug, shard, state, &present);
    }
    if (err == HB_OK && present && state->paused != paused) {
        err = redis_control(redis, slug, shard, state->epoch, &pause, &position);
    }
    if (err != HB_OK) {
        cli_fail("shard %u: %s", shard, redis == NULL ? err_title(err, HB_EN) : redis_error(redis));
    }
    redis_close(redis);
    free(state);
    return err != HB_OK ? PAUSE_FAILED : present ? PAUSE_DONE : PAUSE_NO_SHARD;
}

static bool pause_stored(const struct cli *cli, const char *slug, bool paused)
{
    const char *params[] = {slug, paused ? "true" : "false"};
    struct pg *pg = cli_database(cli, /* admin= */ false);
    bool failed =
        pg == NULL ||
        cli_failed(pg, pg_call(pg, "SELECT campaign_pause($1, $2::bool)", 2, params, NULL), "pause");

    pg_close(pg);
    return !failed;
}

int campaign_pause(struct cli *cli, bool paused)
{
    const char *slug = cli_word(cli);
    enum pause_result result = PAUSE_DONE;
    uint32_t shard = 0, nodes;
    bool stored, failed = false;

    if (slug == NULL || !slug_valid(slug, strlen(slug)) || !cli_done(cli)) {
        return cli_usage("campaign %s ID", paused ? "pause" : "resume");
    }
    nodes = cli_nodes_count(cli->config);
    if (nodes == 0) {
        return EXIT_FAILED;
    }
    /* Pausing hits the shards first; resuming asks the truth first, so that no shard runs on alone. */
    stored = !paused && pause_stored(cli, slug, paused);
    for (; shard < SHARDS_MAX && result != PAUSE_NO_SHARD; shard++) {
        result = pause_shard(cli, slug, shard, nodes, paused);
        failed = failed || result == PAUSE_FAILED;
        if (result == PAUSE_FAILED && shard + 1 >= nodes) {
            break;
        }
    }
    stored = stored || (paused && pause_stored(cli, slug, paused));
    if (!stored) {
        cli_fail("the database does not know yet; say it again when PostgreSQL is back");
    }
    return failed || !stored ? EXIT_FAILED : EXIT_YES;
}
