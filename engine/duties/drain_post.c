/*
 * duties/drain_post.c - log entries and the wins in them as one call of ledger_post().
 */
#include "duties/drain_post.h"

#include "base/log.h"
#include "lottery/split.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMN_MAX = 32 << 20, POST_BYTES = 8 << 20, WINS_MAX = 20000, VERDICTS_MAX = 1 << 20 };

void drain_post_init(struct drain_post *post)
{
    memset(post, 0, sizeof *post);
    for (size_t i = 0; i < DRAIN_COLUMNS; i++) {
        buf_init(&post->columns[i], COLUMN_MAX);
    }
    buf_init(&post->verdicts, VERDICTS_MAX);
}

void drain_post_free(struct drain_post *post)
{
    for (size_t i = 0; i < DRAIN_COLUMNS; i++) {
        buf_free(&post->columns[i]);
    }
    buf_free(&post->verdicts);
}

void drain_post_start(struct drain_post *post,
                      const struct duty_campaign *campaign,
                      const struct duty_shard *shard)
{
    post->campaign = campaign;
    post->shard = shard;
    post->entries = post->wins = 0;
    for (size_t i = 0; i < DRAIN_COLUMNS; i++) {
        buf_clear(&post->columns[i]);
        buf_addc(&post->columns[i], '{');
    }
    buf_clear(&post->verdicts);
}

/* ---- elements ---- */

static struct buf *element(struct drain_post *post, enum drain_column column)
{
    struct buf *text = &post->columns[column];

    if (text->len > 1) {
        buf_addc(text, ',');
    }
    return text;
}

static void add_number(struct drain_post *post, enum drain_column column, uint64_t value)
{
    buf_add_u64(element(post, column), value);
}

static void add_bytes(struct drain_post *post, enum drain_column column, const uint8_t *bytes, size_t len)
{
    struct buf *text = element(post, column);

    buf_adds(text, "\"\\\\x"); /* an escaped backslash, inside quotes */
    buf_add_hex(text, bytes, len);
    buf_addc(text, '"');
}

/* ---- entries ---- */

static void win_add(struct drain_post *post, const struct draw_record *draw)
{
    const struct duty_campaign *campaign = post->campaign;

    add_number(post, WIN_POST, post->entries);
    buf_add_hex(element(post, WIN_PLAYER), draw->player.bytes, PLAYER_BYTES);
    add_number(post, WIN_DRAW_NO, draw->draw_no);
    add_number(post, WIN_PRIZE, draw->prize);
    add_number(post, WIN_UNIT, draw->unit);
    add_number(post,
               WIN_AMOUNT,
               (uint64_t)prize_unit_fen(campaign->table, draw->prize, &campaign->seed, draw->unit));
    add_number(post, WIN_KEY, be_read(draw->key.bytes, KEY_BYTES));
    add_number(post, WIN_CHANCES, draw->chances_left);
    post->wins++;
}

static void
wins_add(struct drain_post *post, const struct record_header *header, const uint8_t *bytes, size_t len)
{
    for (uint16_t i = 0; i < header->count && header->kind == RECORD_DRAWS; i++) {
        struct draw_record draw;

        if (record_draw_read(bytes, len, i, &draw) && draw.prize != 0 &&
            draw.prize <= post->campaign->table->prize_count) {
            win_add(post, &draw);
        }
    }
}

bool drain_post_add(struct drain_post *post,
                    const struct record_header *header,
                    uint32_t epoch,
                    uint64_t position,
                    const uint8_t *bytes,
                    size_t len)
{
    if (post->columns[POST_ENTRY].len > POST_BYTES || post->wins > WINS_MAX) {
        return false;
    }
    post->entries++;
    add_number(post, POST_CAMPAIGN, post->campaign->id);
    add_number(post, POST_SHARD, post->shard->index);
    add_number(post, POST_EPOCH, epoch);
    add_number(post, POST_POSITION, position);
    add_bytes(post, POST_ENTRY, bytes, len);
    wins_add(post, header, bytes, len);
    return true;
}

/* ---- the call ---- */

static void wins_told(const struct drain_post *post, const char *verdicts)
{
    size_t differing = 0;

    for (const char *at = verdicts; *at != '\0'; at++) {
        differing += *at == 'd';
    }
    if (differing > 0) {
        log_error("drain.wins_differ",
                  "campaign=%s shard=%" PRIu32 " wins=%zu",
                  post->campaign->slug,
                  post->shard->index,
                  differing);
    }
}

hb_err drain_post_send(struct drain_post *post, struct pg *pg)
{
    const char *params[DRAIN_COLUMNS];
    struct pg_result *result = NULL;
    hb_err err = HB_OK;

    for (size_t i = 0; i < DRAIN_COLUMNS; i++) {
        buf_addc(&post->columns[i], '}');
        params[i] = buf_cstr(&post->columns[i]);
        if (post->columns[i].failed) {
            return HB_E_NOMEM;
        }
    }
    err = pg_call(
        pg,
        "SELECT win_verdicts, entry_verdicts FROM ledger_post($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
        DRAIN_COLUMNS,
        params,
        &result);
    if (err == HB_OK) {
        wins_told(post, pg_text(result, 0, 0));
        buf_adds(&post->verdicts, pg_text(result, 0, 1));
    }
    pg_result_free(result);
    return err;
}

char drain_post_verdict(const struct drain_post *post, size_t entry)
{
    return entry < post->verdicts.len ? post->verdicts.data[entry] : 'o';
}
