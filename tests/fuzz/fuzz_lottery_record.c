/*
 * Fuzzes module lottery: a log entry of any bytes is refused, or written again it is the same bytes.
 */
#include "lottery/shard.h"

#include <stdlib.h>
#include <string.h>

enum { WRITTEN_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int good)
{
    if (!good) {
        abort();
    }
}

static void check_draws(const uint8_t *entry, size_t len, uint16_t count, struct buf *again)
{
    for (uint16_t i = 0; i < count; i++) {
        struct draw_record draw;

        if (!record_draw_read(entry, len, i, &draw)) {
            return;
        }
        size_t at = again->len;
        record_draw_write(&draw, again);
        require(memcmp(again->data + at, entry + at, RECORD_DRAW_BYTES) == 0);
    }
    require(again->len == len);
}

static void check_lease(enum record_kind kind, const uint8_t *entry, size_t len, struct buf *again)
{
    struct lease_record lease;

    if (record_lease_read(entry, len, &lease)) {
        record_lease_write(kind, &lease, again);
        require(again->len == len && memcmp(again->data, entry, len) == 0);
    }
}

static void check_opening(const uint8_t *entry, size_t len)
{
    static struct shard shard;
    uint64_t kept;
    struct buf again;

    if (shard_opening_read(entry, len, &kept, &shard)) {
        buf_init(&again, WRITTEN_MAX);
        shard_opening_write(&shard, kept, &again);
        require(again.len == len && memcmp(again.data, entry, len) == 0);
        buf_free(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record_header header;
    struct draw_record draw;
    struct lease_record lease;
    struct buf again;

    if (!record_header_read(data, size, &header)) {
        require(!record_draw_read(data, size, 0, &draw) && !record_lease_read(data, size, &lease));
        return 0;
    }
    buf_init(&again, WRITTEN_MAX);
    record_header_write(&header, &again);
    require(again.len == RECORD_HEADER_BYTES && memcmp(again.data, data, RECORD_HEADER_BYTES) == 0);
    if (header.kind == RECORD_DRAWS) {
        check_draws(data, size, header.count, &again);
    } else if (header.kind == RECORD_OPENING) {
        check_opening(data, size);
    } else {
        check_lease(header.kind, data, size, &again);
    }
    buf_free(&again);
    return 0;
}
