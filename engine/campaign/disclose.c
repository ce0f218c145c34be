/*
 * campaign/disclose.c - the public description of a campaign.
 */
#include "campaign/disclose.h"

#include "base/zone.h"

#include <string.h>

static void write_text(struct buf *out, const char *before, const char *text)
{
    buf_adds(out, before);
    if (text == NULL) {
        buf_adds(out, "null");
    } else {
        buf_add_json_string(out, text, strlen(text));
    }
}

static void write_words(struct buf *out, const char *before, const struct words *words)
{
    buf_adds(out, before);
    if (words->zh == NULL) {
        buf_adds(out, "null");
        return;
    }
    write_text(out, "{\"zh\":", words->zh);
    write_text(out, ",\"en\":", words->en);
    buf_addc(out, '}');
}

static void write_number(struct buf *out, const char *before, int64_t value)
{
    buf_adds(out, before);
    buf_add_u64(out, (uint64_t)value);
}

static void write_if(struct buf *out, const char *before, bool given, int64_t value)
{
    if (given) {
        write_number(out, before, value);
    } else {
        buf_adds(out, before);
        buf_adds(out, "null");
    }
}

static void write_hash(struct buf *out, const char *before, const uint8_t *hash)
{
    char hex[SHA256_BYTES * 2 + 1];

    if (hash == NULL) {
        write_text(out, before, NULL);
        return;
    }
    hex_encode(hash, SHA256_BYTES, hex);
    write_text(out, before, hex);
}

static void write_time(struct buf *out, const char *before, const char *zone, int64_t at_ms)
{
    char text[26];

    zone_format(zone, at_ms, text);
    write_text(out, before, text);
}

static void write_campaign(struct buf *out, const struct disclose_facts *facts)
{
    const struct document *document = facts->document;

    write_text(out, "{\"id\":", document->id);
    write_number(out, ",\"version\":", facts->version);
    write_words(out, ",\"title\":", &document->title);
    write_words(out, ",\"rules\":", &document->rules);
    write_text(out, ",\"time_zone\":", document->time_zone);
    write_time(out, ",\"starts_at\":", document->time_zone, document->starts_ms);
    write_time(out, ",\"ends_at\":", document->time_zone, document->ends_ms);
    buf_adds(out, facts->sandbox ? ",\"sandbox\":true" : ",\"sandbox\":false");
    write_number(out, ",\"chances\":{\"base\":", document->base_chances);
    write_number(out, ",\"per_day\":", document->day_chances);
    write_if(out, "},\"caps\":{\"per_day\":", document->day_cap > 0, document->day_cap);
    write_if(out, ",\"per_campaign\":", document->campaign_cap > 0, document->campaign_cap);
    buf_addc(out, '}');
}

static void write_odds(struct buf *out, const struct document_prize *prize)
{
    buf_adds(out, ",\"odds\":");
    buf_adds(out, prize->mode == PRIZE_ODDS ? fact_decimal(prize->odds).text : "null");
}

static void write_prize(struct buf *out, const struct document_prize *prize, int64_t units_left)
{
    bool split = prize->kind == PRIZE_CASH_SPLIT;

    write_text(out, "{\"id\":", prize->id);
    write_text(out, ",\"kind\":", prize_kind_name((enum prize_kind)prize->kind));
    write_words(out, ",\"name\":", &prize->name);
    write_text(out, ",\"mode\":", prize_mode_name((enum prize_mode)prize->mode));
    write_number(out, ",\"units\":", prize->units);
    write_number(out, ",\"units_left\":", units_left);
    write_odds(out, prize);
    write_if(out, ",\"amount_fen\":", prize->kind == PRIZE_CASH, prize->amount_fen);
    write_if(out, ",\"amount_min_fen\":", split, prize->min_fen);
    write_if(out, ",\"amount_max_fen\":", split, prize->max_fen);
    write_if(out, ",\"wins_per_player\":", prize->wins_per_player > 0, prize->wins_per_player);
    buf_addc(out, '}');
}

static void write_prizes(struct buf *out, const struct disclose_facts *facts)
{
    buf_adds(out, ",\"prizes\":[");
    for (size_t i = 0; i < facts->document->prize_count; i++) {
        const struct document_prize *prize = &facts->document->prizes[i];

        buf_adds(out, i == 0 ? "" : ",");
        write_prize(out, prize, facts->units_left == NULL ? prize->units : facts->units_left[i]);
    }
    buf_addc(out, ']');
}

static void write_fairness(struct buf *out, const struct disclose_facts *facts)
{
    write_hash(out, ",\"fairness\":{\"commitment\":", facts->commitment);
    write_words(out, ",\"public_source\":", &facts->document->public_source);
    write_text(out, ",\"public_value\":", facts->public_value);
    write_hash(out, ",\"secret\":", facts->secret);
    buf_adds(out, ",\"versions\":[");
    for (size_t i = 0; i < facts->version_count; i++) {
        write_number(out, i == 0 ? "{\"version\":" : ",{\"version\":", facts->versions[i].version);
        write_hash(out, ",\"hash\":", facts->versions[i].hash);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
}

hb_err disclose_write(const struct disclose_facts *facts, struct buf *out)
{
    write_campaign(out, facts);
    write_prizes(out, facts);
    write_fairness(out, facts);
    return out->failed ? HB_E_NOMEM : HB_OK;
}
