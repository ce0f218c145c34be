/*
 * duties/rebuild.h - players' states out of the shard's stored log, as the shard would have them. Pure.
 *
 *   rebuild_base()   a player as Redis still has it, at the point from which the log is read
 *   rebuild_win()    every win of the ledger that may be missing in the log, in any order
 *   rebuild_entry()  the log's entries in order
 *   rebuild_end()    wins that no entry told of
 *
 * A draw counts once: one whose number the player's state has reached is in it already. A win that only the
 * ledger knows (its entry was lost, the player asked again and it was recorded) takes its place when the next
 * opening is read, or at the end.
 *
 * Errors  HB_E_INPUT an entry or a state is malformed, or of a version nobody knows; HB_E_NOMEM.
 */
#pragma once

#include "base/err.h"
#include "lottery/record.h"

#include <stddef.h>
#include <stdint.h>

struct rebuild;

/* The table of a version (0: the newest), NULL when unknown; borrowed for the rebuild's life. */
typedef const struct table *(*rebuild_table_fn)(void *arg, uint32_t version);

struct rebuild *rebuild_new(rebuild_table_fn tables, void *arg); /* NULL when out of memory */
void rebuild_free(struct rebuild *rebuild);                      /* accepts NULL */

struct known_win {
    struct player_id player;
    struct draw_key key;
    uint32_t draw_no, unit;
    uint16_t chances_left;
    uint8_t prize;
    int64_t won_at_ms;
};

HB_CHECKED hb_err rebuild_base(struct rebuild *rebuild,
                               const struct player_id *player,
                               const struct player_state *state);
HB_CHECKED hb_err rebuild_win(struct rebuild *rebuild, const struct known_win *win);
HB_CHECKED hb_err rebuild_entry(struct rebuild *rebuild, const uint8_t *entry, size_t len);
HB_CHECKED hb_err rebuild_end(struct rebuild *rebuild);

uint64_t rebuild_won(const struct rebuild *rebuild,
                     uint8_t prize);                    /* draws that won it, in the entries that counted */
uint64_t rebuild_late(const struct rebuild *rebuild);   /* wins that no entry told of */
int64_t rebuild_time_ms(const struct rebuild *rebuild); /* of the newest entry */
size_t rebuild_count(const struct rebuild *rebuild);

/* Places 0 to rebuild_places() - 1; false: nobody there. */
size_t rebuild_places(const struct rebuild *rebuild);
bool rebuild_at(const struct rebuild *rebuild,
                size_t place,
                struct player_id *player,
                const uint8_t **packed,
                size_t *len);
