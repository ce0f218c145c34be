/*
 * Fuzzes module lottery: a packed player of any bytes is refused, or packed again it is the same bytes, and a
 * win and an answer more keep it readable.
 */
#include "lottery/player.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int good)
{
    if (!good) {
        abort();
    }
}

static void check_next_draw(struct player_state *state)
{
    uint8_t packed[PLAYER_PACKED_MAX];
    struct player_state read;
    uint8_t count = state->remembered_count;

    if (state->draw_no == UINT32_MAX ||
        (count > 0 && state->draw_no - state->remembered[count - 1].draw_no > 252)) {
        return; /* no number left, or an answer older than anyone may set */
    }
    state->draw_no++;
    struct remembered answer = {.draw_no = state->draw_no, .prize = (uint8_t)(1 + state->today % PRIZES_MAX)};
    player_won(state, answer.prize);
    player_remember(state, &answer);
    require(player_unpack(packed, player_pack(state, packed), &read));
    require(read.remembered[0].draw_no == state->draw_no);
    require(player_wins(&read, answer.prize) == player_wins(state, answer.prize));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t packed[PLAYER_PACKED_MAX];
    struct player_state state;

    if (!player_unpack(data, size, &state)) {
        return 0;
    }
    size_t len = player_pack(&state, packed);
    require(size == 0 || (len == size && memcmp(packed, data, size) == 0));
    check_next_draw(&state);
    return 0;
}
