/*
 * lottery/table.c - the compiled table's own questions: which day, which shard.
 */
#include "lottery/table.h"

#include <stdlib.h>

void table_free(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (uint32_t i = 0; table->prizes != NULL && i < table->prize_count; i++) {
        free(table->prizes[i].curve);
        free(table->prizes[i].slots);
    }
    free(table->prizes);
    free(table->days);
    free(table);
}

uint32_t table_day(const struct table *table, int64_t now_ms)
{
    uint32_t low = 0, high = table->day_count; /* days[0..low) have begun, days[high..) have not */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (table->days[middle] <= now_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t table_shard_of(const struct table *table, const struct player_id *player)
{
    const uint8_t *b = player->bytes;

    return ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) % table->shards;
}
