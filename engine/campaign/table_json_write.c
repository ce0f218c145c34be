/*
 * campaign/table_json_write.c - table to canonical JSON, and its hash.
 */
#include "campaign/document.h"
#include "campaign/table_json.h"

/* Ids need no escapes: their alphabet is that of slugs. */
static void write_id(struct buf *out, const char *before, const char *id)
{
    buf_adds(out, before);
    buf_addc(out, '"');
    buf_adds(out, id);
    buf_addc(out, '"');
}

static void write_number(struct buf *out, const char *before, int64_t value)
{
    buf_adds(out, before);
    buf_add_u64(out, (uint64_t)value);
}

static void write_pair(struct buf *out, bool first, int64_t a, int64_t b)
{
    write_number(out, first ? "[" : ",[", a);
    write_number(out, ",", b);
    buf_addc(out, ']');
}

static void write_curve(struct buf *out, const struct table_prize *prize)
{
    buf_adds(out, ",\"curve\":[");
    for (uint32_t i = 0; i < prize->curve_count; i++) {
        write_pair(out, i == 0, prize->curve[i].at_s, prize->curve[i].units);
    }
    buf_addc(out, ']');
}

static void write_slots(struct buf *out, const struct table_prize *prize)
{
    buf_adds(out, ",\"slots\":[");
    for (uint32_t i = 0; i < prize->slot_count; i++) {
        write_pair(out, i == 0, prize->slots[i].from_ms, prize->slots[i].to_ms);
    }
    buf_addc(out, ']');
}

static void write_prize(struct buf *out, const struct table_prize *prize)
{
    write_number(out, "{\"amount_fen\":", prize->amount_fen);
    write_curve(out, prize);
    write_id(out, ",\"id\":", prize->id);
    write_id(out, ",\"kind\":", prize_kind_name(prize->kind));
    write_number(out, ",\"max_fen\":", prize->max_fen);
    write_number(out, ",\"min_fen\":", prize->min_fen);
    write_id(out, ",\"mode\":", prize_mode_name(prize->mode));
    write_number(out, ",\"number_from\":", prize->number_from);
    write_number(out, ",\"number_to\":", prize->number_to);
    write_number(out, ",\"per_second\":", prize->per_second);
    write_slots(out, prize);
    write_number(out, ",\"total_fen\":", prize->total_fen);
    write_number(out, ",\"units\":", prize->units);
    write_number(out, ",\"wins_max\":", prize->wins_max);
    buf_addc(out, '}');
}

static void write_days(struct buf *out, const struct table *table)
{
    buf_adds(out, ",\"days\":[");
    for (uint32_t i = 0; i < table->day_count; i++) {
        write_number(out, i == 0 ? "" : ",", table->days[i]);
    }
    buf_addc(out, ']');
}

static void write_prizes(struct buf *out, const struct table *table)
{
    buf_adds(out, ",\"prizes\":[");
    for (uint32_t i = 0; i < table->prize_count; i++) {
        buf_adds(out, i == 0 ? "" : ",");
        write_prize(out, &table->prizes[i]);
    }
    buf_addc(out, ']');
}

hb_err table_json_write(const struct table *table, struct buf *out)
{
    write_number(out, "{\"base\":", table->base_chances);
    write_id(out, ",\"campaign\":", table->campaign);
    write_number(out, ",\"campaign_cap\":", table->campaign_cap);
    write_number(out, ",\"day_cap\":", table->day_cap);
    write_number(out, ",\"day_chances\":", table->day_chances);
    write_days(out, table);
    write_number(out, ",\"end_ms\":", table->end_ms);
    write_number(out, ",\"format\":", TABLE_JSON_FORMAT);
    write_prizes(out, table);
    write_number(out, ",\"shards\":", table->shards);
    write_number(out, ",\"start_ms\":", table->start_ms);
    write_number(out, ",\"version\":", table->version);
    buf_addc(out, '}');
    return out->failed ? HB_E_NOMEM : HB_OK;
}

hb_err table_hash(const struct table *table, uint8_t out[static SHA256_BYTES])
{
    struct buf text;
    hb_err err;

    buf_init(&text, TABLE_JSON_MAX_BYTES);
    err = table_json_write(table, &text);
    if (err == HB_OK) {
        sha256(text.data, text.len, out);
    }
    buf_free(&text);
    return err;
}
