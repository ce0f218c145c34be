/*
 * flow/lane_wins.c - the wins of a batch through the ledger.
 */
#include "flow/lane_internal.h"

#include "base/crash_point.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* Wins that wait for their commit. */
struct posting {
    struct draws *draws;
    struct catalog *catalog;
    const struct campaign_view *campaign;
    uint32_t shard, epoch;
    uint64_t position; /* the entry's; 0: remembered wins */
    size_t count;
    struct draw *waiting[];
};

static void posting_posted(void *arg, hb_err err, const enum win_verdict *verdicts);

static void win_post_fill(struct win_post *win, const struct draw *draw)
{
    *win = (struct win_post){
        .player = draw->request.player,
        .draw_no = draw->result.draw_no,
        .prize = draw->result.prize,
        .unit = draw->result.unit,
        .amount_fen = draw_amount_fen(draw->campaign, draw->result.prize, draw->result.unit),
        .key = draw->request.key,
        .chances_left = draw->result.chances_left,
    };
}

static struct posting *posting_new(const struct lane *lane, struct draw *const *won, size_t count)
{
    struct posting *posting = calloc(1, sizeof *posting + count * sizeof won[0]);

    if (posting != NULL) {
        posting->draws = lane->draws;
        posting->catalog = catalog_hold(lane->batch.catalog);
        posting->campaign = lane->batch.call.campaign;
        posting->shard = lane->shard;
        posting->count = count;
        memcpy(posting->waiting, won, count * sizeof won[0]);
    }
    return posting;
}

static void posting_send(struct posting *posting, const struct shard_entry *entry)
{
    const struct deps *deps = posting->draws->deps;
    struct win_post wins[RECORD_DRAWS_MAX];
    struct ledger_post post = {
        .campaign_id = posting->campaign->id,
        .shard = posting->shard,
        .epoch = posting->epoch,
        .position = posting->position,
        .entry = entry == NULL ? NULL : entry->bytes,
        .entry_len = entry == NULL ? 0 : entry->len,
        .wins = wins,
        .win_count = posting->count,
    };

    for (size_t i = 0; i < posting->count; i++) {
        win_post_fill(&wins[i], posting->waiting[i]);
    }
    CRASH_POINT(DRAW_POSTING);
    deps->ledger.post(deps->ledger.self, &post, posting_posted, posting);
}

void lane_wins_post(const struct lane *lane,
                    uint32_t epoch,
                    const struct shard_entry *entry,
                    struct draw *const *won,
                    size_t count)
{
    struct posting *posting = posting_new(lane, won, count);

    for (size_t i = 0; i < count; i++) {
        if (posting == NULL) {
            draw_finish(won[i], HB_E_RECORDING); /* out of memory: the drain stores it */
        } else {
            won[i]->step = DRAW_POSTING;
        }
    }
    if (posting != NULL) {
        posting->epoch = epoch;
        posting->position = entry == NULL ? 0 : entry->position;
        posting_send(posting, entry);
    }
}

static void win_judged(struct draw *draw, enum win_verdict verdict)
{
    switch (verdict) {
    case WIN_RECORDED:
    case WIN_FOUND:
        draw_ran(draw);
        return;
    case WIN_ABSENT:
        draw_finish(draw, HB_E_UNSURE);
        return;
    case WIN_WAITS:
        draw->draws->deps->win_waits(draw->draws->deps->duties, draw->campaign->id, draw->lane->shard);
        draw_finish(draw, HB_E_RECORDING);
        return;
    case WIN_DIFFERS:
        break;
    }
    char player[PLAYER_HEX + 1];

    player_hex(&draw->request.player, player);
    log_error("win.differs",
              "campaign=%s player=%s draw_no=%u",
              draw->campaign->table->campaign,
              player,
              draw->result.draw_no);
    draw_finish(draw, HB_E_INTERNAL);
}

static void posting_posted(void *arg, hb_err err, const enum win_verdict *verdicts)
{
    struct posting *posting = arg;
    const struct deps *deps = posting->draws->deps;
    bool stored = err == HB_OK && posting->position != 0;

    for (size_t i = 0; i < posting->count; i++) {
        if (err != HB_OK) {
            draw_finish(posting->waiting[i], HB_E_RECORDING);
            continue;
        }
        stored =
            stored && verdicts[i] != WIN_ABSENT; /* the epoch was over: nothing of the post was written */
        win_judged(posting->waiting[i], verdicts[i]);
    }
    CRASH_POINT(DRAW_TOLD);
    if (stored) {
        deps->shards.stored(
            deps->shards.self, posting->campaign, posting->shard, posting->epoch, posting->position);
        CRASH_POINT(ENTRY_NOTED);
    }
    catalog_put_back(posting->catalog);
    free(posting);
}
