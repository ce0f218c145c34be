/*
 * lottery/shard_pack.c - the shard's state as the string that Redis keeps, and its OPENING entry.
 */
#include "lottery/shard.h"

#include <string.h>

enum { FORMAT = 1 };

static void pack_pool(const struct pool *pool, struct buf *out)
{
    buf_add_be(out, pool->given, 4);
    buf_add_be(out, (uint64_t)pool->second, 8);
    buf_add_be(out, pool->in_second, 4);
    buf_add_be(out, pool->more, 1);
    buf_add_be(out, pool->range_count, 1);
    for (unsigned i = 0; i < pool->range_count; i++) {
        buf_add_be(out, pool->ranges[i].from, 4);
        buf_add_be(out, pool->ranges[i].to, 4);
    }
}

static void pack_moments(const struct shard *shard, struct buf *out)
{
    buf_add_be(out, shard->moment_count, 2);
    for (unsigned i = 0; i < shard->moment_count; i++) {
        buf_add_be(out, shard->moments[i].prize, 1);
        buf_add_be(out, shard->moments[i].unit, 4);
        buf_add_be(out, (uint64_t)shard->moments[i].at_ms, 8);
    }
}

void shard_pack(const struct shard *shard, struct buf *out)
{
    buf_add_be(out, FORMAT, 1);
    buf_add_be(out, shard->epoch, 4);
    buf_add_be(out, shard->position, 8);
    buf_add(out, shard->run_id, RUN_ID_BYTES);
    buf_add_be(out, (uint64_t)shard->time_ms, 8);
    buf_add_be(out, shard->version, 4);
    buf_add_be(out, shard->paused, 1);
    buf_add_be(out, shard->lease_no, 4);
    buf_add_be(out, shard->prize_count, 1);
    for (unsigned i = 0; i < shard->prize_count; i++) {
        pack_pool(&shard->pools[i], out);
    }
    pack_moments(shard, out);
}

/* Reads from the front; past the end it is spent and everything reads as zero. */
struct reader {
    const uint8_t *at;
    size_t left;
    bool good;
};

static uint64_t take(struct reader *reader, unsigned bytes)
{
    if (!reader->good || reader->left < bytes) {
        reader->good = false;
        return 0;
    }
    uint64_t value = be_read(reader->at, bytes);
    reader->at += bytes;
    reader->left -= bytes;
    return value;
}

static uint64_t take_at_most(struct reader *reader, unsigned bytes, uint64_t max)
{
    uint64_t value = take(reader, bytes);

    reader->good = reader->good && value <= max;
    return reader->good ? value : 0;
}

static void unpack_head(struct reader *reader, struct shard *out)
{
    reader->good = take(reader, 1) == FORMAT;
    out->epoch = (uint32_t)take(reader, 4);
    out->position = take_at_most(reader, 8, EXACT_MAX);
    for (unsigned i = 0; i < RUN_ID_BYTES; i++) {
        out->run_id[i] = (char)take(reader, 1);
    }
    out->time_ms = (int64_t)take_at_most(reader, 8, EXACT_MAX);
    out->version = (uint32_t)take(reader, 4);
    out->paused = take_at_most(reader, 1, 1) == 1;
    out->lease_no = (uint32_t)take(reader, 4);
    out->prize_count = (uint8_t)take_at_most(reader, 1, PRIZES_MAX);
}

static void unpack_pool(struct reader *reader, struct pool *out)
{
    out->given = (uint32_t)take(reader, 4);
    out->second = (int64_t)take_at_most(reader, 8, EXACT_MAX);
    out->in_second = (uint32_t)take(reader, 4);
    out->more = take_at_most(reader, 1, 1) == 1;
    out->range_count = (uint8_t)take_at_most(reader, 1, RANGES_MAX);
    for (unsigned i = 0; i < out->range_count; i++) {
        out->ranges[i].from = (uint32_t)take(reader, 4);
        out->ranges[i].to = (uint32_t)take(reader, 4);
        reader->good = reader->good && out->ranges[i].from < out->ranges[i].to;
    }
}

static void unpack_moments(struct reader *reader, struct shard *out)
{
    out->moment_count = (uint16_t)take_at_most(reader, 2, MOMENTS_MAX);
    for (unsigned i = 0; i < out->moment_count; i++) {
        struct moment *moment = &out->moments[i];

        moment->prize = (uint8_t)take_at_most(reader, 1, out->prize_count);
        moment->unit = (uint32_t)take(reader, 4);
        moment->at_ms = (int64_t)take_at_most(reader, 8, EXACT_MAX);
        if (moment->prize == 0 || (i > 0 && moment_compare(&moment[-1], moment) >= 0)) {
            reader->good = false;
        }
    }
}

int moment_compare(const struct moment *a, const struct moment *b)
{
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms ? -1 : 1;
    }
    if (a->prize != b->prize) {
        return a->prize < b->prize ? -1 : 1;
    }
    return (a->unit > b->unit) - (a->unit < b->unit);
}

bool shard_unpack(const uint8_t *packed, size_t len, struct shard *out)
{
    struct reader reader = {packed, len, true};

    memset(out, 0, sizeof *out);
    unpack_head(&reader, out);
    for (unsigned i = 0; i < out->prize_count; i++) {
        unpack_pool(&reader, &out->pools[i]);
    }
    unpack_moments(&reader, out);
    return reader.good && reader.left == 0;
}

void shard_opening_write(const struct shard *shard, uint64_t kept, struct buf *out)
{
    struct record_header header = {
        .kind = RECORD_OPENING, .time_ms = shard->time_ms, .version = shard->version, .count = 1};

    record_header_write(&header, out);
    buf_add_be(out, kept, 8);
    shard_pack(shard, out);
}

bool shard_opening_read(const uint8_t *entry, size_t len, uint64_t *kept, struct shard *out)
{
    struct record_header header;

    memset(out, 0, sizeof *out);
    if (!record_header_read(entry, len, &header) || header.kind != RECORD_OPENING) {
        return false;
    }
    *kept = be_read(entry + RECORD_HEADER_BYTES, 8);
    return *kept <= EXACT_MAX &&
           shard_unpack(entry + RECORD_HEADER_BYTES + 8, len - RECORD_HEADER_BYTES - 8, out) &&
           out->time_ms == header.time_ms && out->version == header.version;
}
