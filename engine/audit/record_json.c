/* audit/record_json.c - writes entries for readers that do not know the packed format. */
#include "audit/record_json.h"

#include "base/crypto.h"
#include "lottery/shard.h"

#include <inttypes.h>

static const char *const KINDS[] = {
    [RECORD_DRAWS] = "draws",
    [RECORD_OPENING] = "opening",
    [RECORD_LEASE] = "lease",
    [RECORD_RETURN] = "return",
    [RECORD_MOMENT] = "moment",
    [RECORD_GONE] = "gone",
    [RECORD_VERSION] = "version",
    [RECORD_PAUSE] = "pause",
};
static const char *const WHYS[] = {"", "spent", "paced", "capped"};
static const char *const HOWS[] = {"none", "odds", "moment", "always"};

static const char *true_or_false(bool value)
{
    return value ? "true" : "false";
}

void json_member_hex(struct buf *out, const char *name, const void *bytes, size_t len)
{
    buf_addf(out, ",\"%s\":\"", name);
    buf_add_hex(out, bytes, len);
    buf_addc(out, '"');
}

static void draw_json(const struct draw_record *draw, struct buf *out)
{
    buf_adds(out, "{\"player\":\"");
    buf_add_hex(out, draw->player.bytes, sizeof draw->player.bytes);
    buf_addf(out, "\",\"draw_no\":%" PRIu32, draw->draw_no);
    json_member_hex(out, "key", draw->key.bytes, sizeof draw->key.bytes);
    buf_addf(out,
             ",\"selected\":%u,\"withheld\":\"%s\",\"how\":\"%s\",\"prize\":%u,\"unit\":%" PRIu32
             ",\"chances_left\":%u}",
             draw->selected,
             WHYS[draw->why],
             HOWS[draw->how],
             draw->prize,
             draw->unit,
             draw->chances_left);
}

static bool draws_json(const struct log_entry *entry, const struct record_header *header, struct buf *out)
{
    struct draw_record draw;

    buf_adds(out, ",\"draws\":[");
    for (uint16_t i = 0; i < header->count; i++) {
        if (!record_draw_read(entry->bytes, entry->len, i, &draw)) {
            return false;
        }
        if (i > 0) {
            buf_addc(out, ',');
        }
        draw_json(&draw, out);
    }
    buf_addc(out, ']');
    return true;
}

static void pool_json(const struct pool *pool, struct buf *out)
{
    buf_addf(out,
             "{\"given\":%" PRIu32 ",\"second\":%" PRId64 ",\"in_second\":%" PRIu32
             ",\"more\":%s,\"ranges\":[",
             pool->given,
             pool->second,
             pool->in_second,
             true_or_false(pool->more));
    for (uint8_t i = 0; i < pool->range_count; i++) {
        buf_addf(
            out, "%s[%" PRIu32 ",%" PRIu32 "]", i == 0 ? "" : ",", pool->ranges[i].from, pool->ranges[i].to);
    }
    buf_adds(out, "]}");
}

static bool opening_json(const struct log_entry *entry, struct buf *out)
{
    struct shard state;

    if (!shard_unpack(entry->bytes + RECORD_HEADER_BYTES + 8, entry->len - RECORD_HEADER_BYTES - 8, &state)) {
        return false;
    }
    buf_addf(out,
             ",\"kept\":%" PRIu64 ",\"paused\":%s,\"lease_no\":%" PRIu32 ",\"pools\":[",
             be_read(entry->bytes + RECORD_HEADER_BYTES, 8),
             true_or_false(state.paused),
             state.lease_no);
    for (uint8_t i = 0; i < state.prize_count; i++) {
        if (i > 0) {
            buf_addc(out, ',');
        }
        pool_json(&state.pools[i], out);
    }
    buf_adds(out, "],\"moments\":[");
    for (uint16_t i = 0; i < state.moment_count; i++) {
        const struct moment *moment = &state.moments[i];

        buf_addf(out,
                 "%s[%u,%" PRIu32 ",%" PRId64 "]",
                 i == 0 ? "" : ",",
                 moment->prize,
                 moment->unit,
                 moment->at_ms);
    }
    buf_addc(out, ']');
    return true;
}

static bool lease_json(const struct log_entry *entry, enum record_kind kind, struct buf *out)
{
    struct lease_record lease;

    if (!record_lease_read(entry->bytes, entry->len, &lease)) {
        return false;
    }
    buf_addf(out,
             ",\"lease_no\":%" PRIu32 ",\"prize\":%u,\"from\":%" PRIu32 ",\"to\":%" PRIu32,
             lease.lease_no,
             lease.prize,
             lease.from,
             lease.to);
    if (kind == RECORD_LEASE) {
        buf_addf(out, ",\"more\":%s", true_or_false(lease.more));
    }
    if (kind == RECORD_MOMENT) {
        buf_addf(out, ",\"at_ms\":%" PRId64, lease.at_ms);
    }
    return true;
}

static bool entry_json(const struct log_entry *entry, const struct record_header *header, struct buf *out)
{
    const uint8_t *body = entry->bytes + RECORD_HEADER_BYTES;

    buf_addf(out,
             ",\"kind\":\"%s\",\"time_ms\":%" PRId64 ",\"version\":%" PRIu32,
             KINDS[header->kind],
             header->time_ms,
             header->version);
    switch (header->kind) {
    case RECORD_DRAWS:
        return draws_json(entry, header, out);
    case RECORD_OPENING:
        return opening_json(entry, out);
    case RECORD_LEASE:
    case RECORD_RETURN:
    case RECORD_MOMENT:
    case RECORD_GONE:
        return lease_json(entry, header->kind, out);
    case RECORD_VERSION:
        json_member_hex(out, "hash", body, SHA256_BYTES);
        return true;
    case RECORD_PAUSE:
        buf_addf(out, ",\"paused\":%s", true_or_false(body[0] != 0));
        return true;
    }
    return false;
}

void record_json(uint32_t shard, const struct log_entry *entry, struct buf *out)
{
    struct record_header header;
    size_t before = 0;

    buf_addf(out,
             "{\"shard\":%" PRIu32 ",\"epoch\":%" PRIu32 ",\"position\":%" PRIu64,
             shard,
             entry->epoch,
             entry->position);
    before = out->len;
    if (!record_header_read(entry->bytes, entry->len, &header) || !entry_json(entry, &header, out)) {
        out->len = before;
        buf_adds(out, ",\"kind\":\"malformed\"");
        json_member_hex(out, "entry", entry->bytes, entry->len);
    }
    buf_addc(out, '}');
}
