/*
 * tests/bench/ledger_draws.c - draws that were made by nobody, in the order of their shards.
 */
#include "ledger_bench.h"

#include "base/clock.h"

#include <pthread.h>

struct lane_shard {
    pthread_mutex_t lock;
    uint64_t position, unit;
};

static struct lane_shard g_shards[LANES_MAX];

/* Well mixed bits of a number: players come in no order. */
static uint64_t mixed(uint64_t n)
{
    n += UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

static void draw_make(struct draw_record *draw, uint64_t shard, uint64_t number, bool won)
{
    uint64_t seed = shard << 40 | number << 1 | won;

    *draw = (struct draw_record){.draw_no = 1, .chances_left = 3};
    be_write(draw->player.bytes, mixed(seed), 8);
    be_write(draw->player.bytes + 8, mixed(~seed), 8);
    be_write(draw->key.bytes, mixed(seed) >> 8, KEY_BYTES);
    if (won) {
        draw->selected = draw->prize = 1;
        draw->how = GIVEN_ODDS;
        draw->unit = (uint32_t)number;
    }
}

void draws_setup(void)
{
    for (int64_t i = 0; i < bench_options.shards; i++) {
        g_shards[i] = (struct lane_shard){.position = (uint64_t)bench_options.position,
                                          .unit = (uint64_t)(bench_options.unit + i * bench_options.units)};
        (void)pthread_mutex_init(&g_shards[i].lock, NULL);
    }
}

void draws_init(struct batch_of_draws *batch)
{
    buf_init(&batch->entry, RECORD_HEADER_BYTES + RECORD_DRAWS_MAX * RECORD_DRAW_BYTES);
}

void draws_make(struct batch_of_draws *batch, uint32_t shard, size_t count, bool won)
{
    struct lane_shard *at = &g_shards[shard];
    struct record_header header = {
        .kind = RECORD_DRAWS, .time_ms = clock_wall_ms(), .version = 1, .count = (uint16_t)count};
    uint64_t number = 0;

    (void)pthread_mutex_lock(&at->lock);
    batch->position = at->position;
    number = won ? at->unit : at->position;
    at->position += count;
    at->unit += won ? count : 0;
    (void)pthread_mutex_unlock(&at->lock);
    batch->shard = shard;
    batch->count = won ? count : 0;
    buf_clear(&batch->entry);
    record_header_write(&header, &batch->entry);
    for (size_t i = 0; i < count; i++) {
        struct draw_record draw;

        draw_make(&draw, shard, number + i, won);
        record_draw_write(&draw, &batch->entry);
        batch->wins[i] = (struct win_post){
            draw.player, draw.draw_no, draw.prize, draw.unit, AMOUNT_FEN, draw.key, draw.chances_left};
    }
}

void draws_told(uint32_t shard, uint64_t *position, uint64_t *unit)
{
    *position = g_shards[shard].position;
    *unit = g_shards[shard].unit;
}
