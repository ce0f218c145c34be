/*
 * cli/campaign_pause.c - `hongbao campaign pause | resume`: first on the shards, so that it works without
 * PostgreSQL, then in the database, so that it stays.
 */
#include "cli/campaign_internal.h"

#include "base/ids.h"
#include "store/pg.h"
#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shard s lives on node s mod nodes: that is how campaign publish places them. */
static const char *node_address_of(const struct cli *cli, uint32_t shard, char out[static 512])
{
    const char *list = config_text(cli->config, CFG_REDIS_NODES);
    uint32_t skip = shard % nodes_count(cli);
    size_t len;

    while (skip-- > 0) {
        list = strchr(list, ',') + 1;
    }
    list += strspn(list, " ");
    len = strcspn(list, ", ");
    snprintf(out, 512, "%.*s", (int)len, list);
    return out;
}

enum pause_result { PAUSE_DONE, PAUSE_NO_SHARD, PAUSE_FAILED };

static enum pause_result pause_shard(const struct cli *cli, const char *slug, uint32_t shard, bool paused)
{
    const struct control_entry pause = {.kind = RECORD_PAUSE, .paused = paused};
    char address[512];
    struct redis *redis = NULL;
    struct shard *state = malloc(sizeof *state);
    bool present = false;
    uint64_t position;
    hb_err err = state == NULL ? HB_E_NOMEM
                               : redis_open(node_address_of(cli, shard, address),
                                            config_text(cli->config, CFG_REDIS_PASSWORD_FILE),
                                            config_int(cli->config, CFG_REDIS_TIMEOUT_MS),
                                            &redis);

    if (err == HB_OK) {
        err = redis_state(redis, slug, shard, state, &present);
    }
    if (err == HB_OK && present && state->paused != paused) {
        err = redis_control(redis, slug, shard, state->epoch, &pause, &position);
    }
    if (err != HB_OK) {
        cli_fail(
            "shard %u at %s: %s", shard, address, redis == NULL ? err_title(err, HB_EN) : redis_error(redis));
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
    uint32_t shard = 0;
    bool stored, failed = false;

    if (slug == NULL || !slug_valid(slug, strlen(slug)) || !cli_done(cli)) {
        return cli_usage("campaign %s ID", paused ? "pause" : "resume");
    }
    /* Pausing hits the shards first; resuming asks the truth first, so that no shard runs on alone. */
    stored = !paused && pause_stored(cli, slug, paused);
    for (; shard < SHARDS_MAX && result != PAUSE_NO_SHARD; shard++) {
        result = pause_shard(cli, slug, shard, paused);
        failed = failed || result == PAUSE_FAILED;
        if (result == PAUSE_FAILED && shard + 1 >= nodes_count(cli)) {
            break;
        }
    }
    stored = stored || (paused && pause_stored(cli, slug, paused));
    if (!stored) {
        cli_fail("the database does not know yet; say it again when PostgreSQL is back");
    }
    return failed || !stored ? EXIT_FAILED : EXIT_YES;
}
