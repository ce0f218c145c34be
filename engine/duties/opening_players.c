/*
 * duties/opening_players.c - players of a shard that is being opened.
 *
 *   Redis has all that the ledger has           they stay
 *   the ledger has entries past Redis' point    these are put onto what Redis has: a lost tail
 *   Redis has nothing, or what it has is wrong  all of them are made from the whole log
 *
 * The log is read twice only when the ledger counts other wins than the log tells of: then the wins
 * themselves are read as well. Counters come from records alone, so they are never above the ledger's.
 */
#include "duties/duties_internal.h"

#include "base/log.h"
#include "duties/player_map.h"
#include "duties/rebuild.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FETCH = 2000, SEND = 20000, WIN_MARGIN_MS = 120 * 1000 };

struct players {
    struct duties *duties;
    struct opening *opening;
    uint32_t from_epoch; /* the log from here on */
    uint64_t from_position;
    bool whole;
    struct player_map named; /* of a tail: who is in it */
    struct rebuild *rebuild;
    hb_err err;
};

/* ---- reading the log ---- */

static hb_err log_read(struct players *players, bool (*fn)(void *, const struct pg_result *))
{
    char parts[4][24];
    const char *params[4] = {parts[0], parts[1], parts[2], parts[3]};
    hb_err err = HB_OK;

    (void)snprintf(parts[0], sizeof parts[0], "%" PRIu32, players->opening->campaign->id);
    (void)snprintf(parts[1], sizeof parts[1], "%" PRIu32, players->opening->shard->index);
    (void)snprintf(parts[2], sizeof parts[2], "%" PRIu32, players->from_epoch);
    (void)snprintf(parts[3], sizeof parts[3], "%" PRIu64, players->from_position);
    players->err = HB_OK;
    err = pg_stream(
        players->duties->pg,
        "SELECT entry FROM draw_log WHERE campaign = $1 AND shard = $2 AND (epoch, position) >= ($3, $4) "
        "AND kind IN (1, 2) ORDER BY epoch, position",
        4,
        params,
        fn,
        players);
    return ledger_failed(players->duties, err, "draw_log") == HB_OK ? players->err : err;
}

static bool entry_apply(void *arg, const struct pg_result *row)
{
    struct players *players = arg;
    size_t len = 0;
    const uint8_t *entry = pg_bytes(row, 0, 0, &len);

    players->err = rebuild_entry(players->rebuild, entry, len);
    leader_keep(players->duties);
    if (players->err == HB_OK && players->duties->fence == 0) {
        players->err = HB_E_CLOSED; /* somebody else opens it now */
    }
    return players->err == HB_OK;
}

static bool entry_names(void *arg, const struct pg_result *row)
{
    struct players *players = arg;
    struct record_header header;
    struct draw_record draw;
    size_t len = 0;
    const uint8_t *entry = pg_bytes(row, 0, 0, &len);

    if (!record_header_read(entry, len, &header)) {
        players->err = HB_E_INPUT;
    }
    for (uint16_t i = 0; players->err == HB_OK && header.kind == RECORD_DRAWS && i < header.count; i++) {
        if (!record_draw_read(entry, len, i, &draw)) {
            players->err = HB_E_INPUT;
        } else if (player_map_add(&players->named, &draw.player) == NULL) {
            players->err = HB_E_NOMEM;
        }
    }
    return players->err == HB_OK;
}

/* ---- what Redis has of them ---- */

static hb_err
bases_fetch(struct players *players, const struct player_id *ids, size_t count, struct player_state *states)
{
    const struct opening *opening = players->opening;
    hb_err err =
        redis_get_players(opening->redis, opening->campaign->slug, opening->shard->index, ids, count, states);

    for (size_t i = 0; i < count && err == HB_OK; i++) {
        err = rebuild_base(players->rebuild, &ids[i], &states[i]);
    }
    return err;
}

static hb_err bases_read(struct players *players)
{
    struct player_id *ids = calloc(FETCH, sizeof *ids);
    struct player_state *states = calloc(FETCH, sizeof *states);
    hb_err err = ids == NULL || states == NULL ? HB_E_NOMEM : HB_OK;
    size_t count = 0;

    for (size_t i = 0; i <= players->named.capacity && err == HB_OK; i++) {
        if (count == FETCH || (i == players->named.capacity && count > 0)) {
            err = bases_fetch(players, ids, count, states);
            count = 0;
        }
        if (i < players->named.capacity && players->named.places[i].packed != NULL) {
            ids[count++] = players->named.places[i].player;
        }
    }
    free(ids);
    free(states);
    return err;
}

/* ---- wins that the log may not tell of ---- */

static struct known_win win_read(const struct pg_result *row)
{
    struct known_win win = {
        .draw_no = (uint32_t)pg_i64(row, 0, 1),
        .prize = (uint8_t)pg_i64(row, 0, 2),
        .unit = (uint32_t)pg_i64(row, 0, 3),
        .chances_left = (uint16_t)pg_i64(row, 0, 5),
        .won_at_ms = pg_i64(row, 0, 6),
    };
    size_t len = 0;
    const uint8_t *player = pg_bytes(row, 0, 0, &len);

    memcpy(win.player.bytes, player, len < PLAYER_BYTES ? len : PLAYER_BYTES);
    be_write(win.key.bytes, (uint64_t)pg_i64(row, 0, 4), KEY_BYTES);
    return win;
}

static bool win_add(void *arg, const struct pg_result *row)
{
    struct players *players = arg;
    const struct known_win win = win_read(row);

    players->err = rebuild_win(players->rebuild, &win);
    leader_keep(players->duties);
    return players->err == HB_OK;
}

static bool win_names(void *arg, const struct pg_result *row)
{
    struct players *players = arg;
    const struct known_win win = win_read(row);

    if (player_map_add(&players->named, &win.player) == NULL) {
        players->err = HB_E_NOMEM;
    }
    return players->err == HB_OK;
}

static hb_err wins_read(struct players *players, bool (*fn)(void *, const struct pg_result *))
{
    const struct opening *opening = players->opening;
    char parts[3][24];
    const char *params[3] = {parts[0], parts[1], parts[2]};
    hb_err err = HB_OK;

    (void)snprintf(parts[0], sizeof parts[0], "%" PRIu32, opening->campaign->id);
    (void)snprintf(parts[1], sizeof parts[1], "%" PRIu32, opening->shard->index);
    (void)snprintf(
        parts[2], sizeof parts[2], "%" PRId64, players->whole ? 0 : opening->before->time_ms - WIN_MARGIN_MS);
    players->err = HB_OK;
    err = pg_stream(players->duties->pg,
                    "SELECT uuid_send(player), draw_no, prize, unit, key, chances_left, (extract(epoch FROM "
                    "won_at) * 1000)::bigint "
                    "FROM win WHERE campaign = $1 AND shard = $2 AND won_at >= to_timestamp($3::float8 / "
                    "1000)",
                    3,
                    params,
                    fn,
                    players);
    return ledger_failed(players->duties, err, "wins") == HB_OK ? players->err : err;
}

/* ---- rebuilding ---- */

static hb_err rebuild_again(struct players *players, bool with_wins)
{
    hb_err err = HB_OK;

    rebuild_free(players->rebuild);
    players->rebuild = rebuild_new(campaign_table, players->opening->campaign);
    if (players->rebuild == NULL) {
        return HB_E_NOMEM;
    }
    if (!players->whole) {
        err = log_read(players, entry_names);
        err = err == HB_OK && with_wins ? wins_read(players, win_names) : err;
        err = err == HB_OK ? bases_read(players) : err;
    }
    err = err == HB_OK && with_wins ? wins_read(players, win_add) : err;
    err = err == HB_OK ? log_read(players, entry_apply) : err;
    return err == HB_OK ? rebuild_end(players->rebuild) : err;
}

/* Does the ledger count as many wins as Redis' point and the log after it tell of? */
static bool wins_agree(const struct players *players)
{
    const struct opening *opening = players->opening;

    for (uint8_t i = 0; i < opening->state->prize_count; i++) {
        uint64_t told = players->rebuild == NULL ? 0 : rebuild_won(players->rebuild, (uint8_t)(i + 1));

        if (!players->whole && i < opening->before->prize_count) {
            told += opening->before->pools[i].given;
        }
        if (told != opening->state->pools[i].given) {
            return false;
        }
    }
    return true;
}

/* ---- writing ---- */

static hb_err players_write(struct players *players)
{
    const struct opening *opening = players->opening;
    struct packed_player *list = calloc(SEND, sizeof *list);
    size_t places = rebuild_places(players->rebuild), count = 0;
    hb_err (*write)(struct redis *, const char *, uint32_t, uint32_t, const struct packed_player *, size_t) =
        players->whole ? redis_put_players_beside : redis_set_players;
    hb_err err = list == NULL ? HB_E_NOMEM : HB_OK;

    for (size_t i = 0; i < places && err == HB_OK; i++) {
        count += rebuild_at(players->rebuild, i, &list[count].player, &list[count].packed, &list[count].len);
        if (count == SEND || (i + 1 == places && count > 0)) {
            err = write(opening->redis,
                        opening->campaign->slug,
                        opening->shard->index,
                        opening->state->epoch,
                        list,
                        count);
            count = 0;
            leader_keep(players->duties);
        }
    }
    free(list);
    return err != HB_OK || !players->whole
               ? err
               : redis_take_players(
                     opening->redis, opening->campaign->slug, opening->shard->index, opening->state->epoch);
}

static hb_err players_rebuild(struct players *players)
{
    struct opening *opening = players->opening;
    hb_err err = campaign_tables(players->duties, opening->campaign);

    if (err == HB_OK && players->whole) {
        err = redis_forget_state(
            opening->redis, opening->campaign->slug, opening->shard->index, opening->state->epoch);
    }
    if (err == HB_OK && players->whole) {
        err = redis_clear_players(
            opening->redis, opening->campaign->slug, opening->shard->index, opening->state->epoch);
    }
    err = err == HB_OK ? rebuild_again(players, /* with_wins= */ false) : err;
    if (err == HB_OK && !wins_agree(players)) {
        err = rebuild_again(players, /* with_wins= */ true);
    }
    if (err == HB_OK && rebuild_late(players->rebuild) > 0) {
        log_warn("opening.wins_without_entry",
                 "campaign=%s shard=%" PRIu32 " wins=%" PRIu64,
                 opening->campaign->slug,
                 opening->shard->index,
                 rebuild_late(players->rebuild));
    }
    err = err == HB_OK ? players_write(players) : err;
    if (err == HB_OK) {
        opening->players = rebuild_count(players->rebuild);
        opening->log_time_ms = rebuild_time_ms(players->rebuild);
    }
    return err;
}

/* The place behind the newest entry that is stored; 0, 0: none is. */
static hb_err
newest_read(struct duties *duties, const struct opening *opening, uint32_t *epoch, uint64_t *position)
{
    struct pg_result *row = NULL;
    hb_err err = pg_callf(duties->pg,
                          &row,
                          "SELECT epoch, position + count FROM draw_log WHERE campaign = $1 AND shard = $2 "
                          "ORDER BY epoch DESC, position DESC LIMIT 1",
                          "%d%d",
                          (int)opening->campaign->id,
                          (int)opening->shard->index);

    *epoch = 0;
    *position = 0;
    if (ledger_failed(duties, err, "draw_log") == HB_OK && pg_rows(row) == 1) {
        *epoch = (uint32_t)pg_i64(row, 0, 0);
        *position = (uint64_t)pg_i64(row, 0, 1);
    }
    pg_result_free(row);
    return err;
}

hb_err opening_players(struct duties *duties, struct opening *opening)
{
    struct players players = {
        .duties = duties, .opening = opening, .whole = !opening->present || opening->diverged};
    uint32_t epoch = 0;
    uint64_t position = 0;
    hb_err err = newest_read(duties, opening, &epoch, &position);

    if (err != HB_OK) {
        return err;
    }
    if (!players.whole) {
        players.from_epoch = opening->before->epoch;
        players.from_position = opening->before->position;
        opening->reason = "restart";
        if (epoch < players.from_epoch ||
            (epoch == players.from_epoch && position <= players.from_position)) {
            if (wins_agree(&players)) {
                return HB_OK; /* they stay */
            }
        } else {
            opening->reason = "tail_lost";
        }
    } else {
        opening->reason = opening->diverged ? "diverged" : epoch == 0 ? "first" : "state_lost";
    }
    if (!player_map_init(&players.named)) {
        return HB_E_NOMEM;
    }
    err = players_rebuild(&players);
    player_map_free(&players.named);
    rebuild_free(players.rebuild);
    return err;
}
