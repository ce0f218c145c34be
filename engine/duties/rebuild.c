/*
 * duties/rebuild.c - players' states out of the shard's stored log.
 */
#include "duties/rebuild.h"

#include "duties/player_map.h"
#include "duties/win_index.h"

#include <stdlib.h>
#include <string.h>

enum { REMEMBERED_REACH = 255 /* a remembered number is told by its low byte */ };

struct rebuild {
    rebuild_table_fn tables;
    void *arg;
    const struct table *table; /* of the last version asked for */
    struct player_map players;
    struct win_index wins;
    uint64_t won[PRIZES_MAX + 1], late;
    int64_t time_ms;
};

struct rebuild *rebuild_new(rebuild_table_fn tables, void *arg)
{
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);

    if (rebuild != NULL && !player_map_init(&rebuild->players)) {
        free(rebuild);
        rebuild = NULL;
    }
    if (rebuild != NULL) {
        rebuild->tables = tables;
        rebuild->arg = arg;
    }
    return rebuild;
}

void rebuild_free(struct rebuild *rebuild)
{
    if (rebuild != NULL) {
        player_map_free(&rebuild->players);
        win_index_free(&rebuild->wins);
        free(rebuild);
    }
}

/* ---- one draw ---- */

static uint16_t one_more(uint32_t counter)
{
    return (uint16_t)(counter < UINT16_MAX ? counter + 1 : UINT16_MAX);
}

static void answers_out_of_reach(struct player_state *state, uint32_t draw_no)
{
    while (state->remembered_count > 0 &&
           draw_no - state->remembered[state->remembered_count - 1].draw_no > REMEMBERED_REACH) {
        state->remembered_count--;
    }
}

static struct remembered answer_of(const struct draw_record *record)
{
    return (struct remembered){.draw_no = record->draw_no,
                               .key = record->key,
                               .chances_left = record->chances_left,
                               .prize = record->prize,
                               .unit = record->prize == 0 ? 0 : record->unit};
}

/* One draw onto a state, as shard_draw() leaves it; false when it was in it already. */
static bool player_apply(const struct table *table,
                         struct player_state *state,
                         const struct draw_record *record,
                         int64_t time_ms)
{
    uint32_t day = table_day(table, time_ms);
    struct remembered answer = answer_of(record);

    if (record->draw_no <= state->draw_no) {
        return false;
    }
    if (player_day_left(table, state, day) == 0) {
        state->base_used = one_more(state->base_used);
    }
    state->today = one_more(player_today(state, day));
    state->day = (uint16_t)day;
    state->draw_no = record->draw_no;
    if (record->prize != 0) {
        player_won(state, record->prize);
    }
    answers_out_of_reach(state, record->draw_no);
    player_remember(state, &answer);
    return true;
}

/* A win from before the player's last draw: it counts, and is remembered if it is among the newest. */
static void player_apply_late(struct player_state *state, const struct draw_record *record)
{
    struct remembered answer = answer_of(record);
    uint8_t at = 0;

    player_won(state, record->prize);
    while (at < state->remembered_count && state->remembered[at].draw_no > record->draw_no) {
        at++;
    }
    if (at == REMEMBERED_MAX || state->draw_no - record->draw_no > REMEMBERED_REACH ||
        (at < state->remembered_count && state->remembered[at].draw_no == record->draw_no)) {
        return;
    }
    if (state->remembered_count < REMEMBERED_MAX) {
        state->remembered_count++;
    }
    memmove(&state->remembered[at + 1],
            &state->remembered[at],
            (size_t)(state->remembered_count - at - 1) * sizeof state->remembered[0]);
    state->remembered[at] = answer;
}

/* ---- what comes in ---- */

hb_err rebuild_base(struct rebuild *rebuild, const struct player_id *player, const struct player_state *state)
{
    struct player_place *place = player_map_add(&rebuild->players, player);

    return place != NULL && player_map_store(&rebuild->players, place, state) ? HB_OK : HB_E_NOMEM;
}

static hb_err state_of(const struct player_place *place, struct player_state *state)
{
    return player_unpack(place->packed, place->len, state) ? HB_OK : HB_E_INPUT;
}

hb_err rebuild_win(struct rebuild *rebuild, const struct known_win *win)
{
    const struct player_place *place = player_map_find(&rebuild->players, &win->player);
    struct player_state state = {0};
    hb_err err = place != NULL ? state_of(place, &state) : HB_OK;

    if (err != HB_OK || win->prize == 0 || win->prize > PRIZES_MAX) {
        return HB_E_INPUT;
    }
    if (win->draw_no <= state.draw_no) { /* Redis has it */
        return HB_OK;
    }
    return win_index_add(&rebuild->wins, win) ? HB_OK : HB_E_NOMEM;
}

static hb_err table_use(struct rebuild *rebuild, uint32_t version)
{
    if (rebuild->table == NULL || rebuild->table->version != version) {
        rebuild->table = rebuild->tables(rebuild->arg, version);
    }
    return rebuild->table != NULL ? HB_OK : HB_E_INPUT;
}

static hb_err draw_apply(struct rebuild *rebuild, const struct draw_record *record, int64_t time_ms)
{
    struct player_place *place = player_map_add(&rebuild->players, &record->player);
    struct player_state state;
    hb_err err = place == NULL ? HB_E_NOMEM : state_of(place, &state);

    if (err != HB_OK || !player_apply(rebuild->table, &state, record, time_ms)) {
        return err;
    }
    rebuild->won[record->prize]++;
    if (record->prize != 0) {
        win_index_seen(&rebuild->wins, &record->player, record->draw_no);
    }
    return player_map_store(&rebuild->players, place, &state) ? HB_OK : HB_E_NOMEM;
}

static hb_err win_apply(struct rebuild *rebuild, const struct known_win *win)
{
    const struct draw_record record = {.player = win->player,
                                       .draw_no = win->draw_no,
                                       .key = win->key,
                                       .prize = win->prize,
                                       .unit = win->unit,
                                       .chances_left = win->chances_left};
    struct player_place *place = player_map_add(&rebuild->players, &win->player);
    struct player_state state;
    hb_err err = place == NULL ? HB_E_NOMEM : state_of(place, &state);

    if (err != HB_OK) {
        return err;
    }
    if (!player_apply(rebuild->table, &state, &record, win->won_at_ms)) {
        player_apply_late(&state, &record);
    }
    rebuild->late++;
    return player_map_store(&rebuild->players, place, &state) ? HB_OK : HB_E_NOMEM;
}

/* Wins up to then that no entry told of. */
static hb_err wins_apply(struct rebuild *rebuild, int64_t until_ms)
{
    const struct known_win *win = NULL;
    hb_err err = HB_OK;

    while (err == HB_OK && (win = win_index_next(&rebuild->wins, until_ms)) != NULL) {
        if (rebuild->table == NULL) { /* not one entry is left */
            err = table_use(rebuild, 0);
        }
        if (err == HB_OK) {
            err = win_apply(rebuild, win);
        }
    }
    return err;
}

static hb_err
draws_apply(struct rebuild *rebuild, const struct record_header *header, const uint8_t *entry, size_t len)
{
    hb_err err = HB_OK;

    for (uint16_t i = 0; i < header->count && err == HB_OK; i++) {
        struct draw_record record;

        err = record_draw_read(entry, len, i, &record) ? draw_apply(rebuild, &record, header->time_ms)
                                                       : HB_E_INPUT;
    }
    return err;
}

hb_err rebuild_entry(struct rebuild *rebuild, const uint8_t *entry, size_t len)
{
    struct record_header header;
    hb_err err = HB_OK;

    if (!record_header_read(entry, len, &header)) {
        return HB_E_INPUT;
    }
    rebuild->time_ms = header.time_ms > rebuild->time_ms ? header.time_ms : rebuild->time_ms;
    err = table_use(rebuild, header.version);
    if (err == HB_OK && header.kind == RECORD_DRAWS) {
        err = draws_apply(rebuild, &header, entry, len);
    } else if (err == HB_OK && header.kind == RECORD_OPENING) {
        err = wins_apply(rebuild, header.time_ms);
    }
    return err;
}

hb_err rebuild_end(struct rebuild *rebuild)
{
    return wins_apply(rebuild, INT64_MAX);
}

/* ---- what comes out ---- */

uint64_t rebuild_won(const struct rebuild *rebuild, uint8_t prize)
{
    return rebuild->won[prize];
}

uint64_t rebuild_late(const struct rebuild *rebuild)
{
    return rebuild->late;
}

int64_t rebuild_time_ms(const struct rebuild *rebuild)
{
    return rebuild->time_ms;
}

size_t rebuild_count(const struct rebuild *rebuild)
{
    return rebuild->players.count;
}

size_t rebuild_places(const struct rebuild *rebuild)
{
    return rebuild->players.capacity;
}

bool rebuild_at(const struct rebuild *rebuild,
                size_t place,
                struct player_id *player,
                const uint8_t **packed,
                size_t *len)
{
    const struct player_place *found = &rebuild->players.places[place];

    if (found->packed == NULL) {
        return false;
    }
    *player = found->player;
    *packed = found->packed;
    *len = found->len;
    return true;
}
