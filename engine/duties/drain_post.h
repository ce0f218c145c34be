/*
 * duties/drain_post.h - log entries and the wins in them as one call of ledger_post().
 */
#pragma once

#include "duties/duties_internal.h"

enum drain_column { /* the function's parameters, in order */
                    POST_CAMPAIGN,
                    POST_SHARD,
                    POST_EPOCH,
                    POST_POSITION,
                    POST_ENTRY, /* an entry each */
                    WIN_POST,
                    WIN_PLAYER,
                    WIN_DRAW_NO,
                    WIN_PRIZE,
                    WIN_UNIT,
                    WIN_AMOUNT,
                    WIN_KEY,
                    WIN_CHANCES, /* a win each */
                    DRAIN_COLUMNS,
};

struct drain_post {
    const struct duty_campaign *campaign;
    const struct duty_shard *shard;
    struct buf columns[DRAIN_COLUMNS]; /* array texts, without the closing brace until they are sent */
    struct buf verdicts;               /* a letter an entry */
    size_t entries, wins;
};

void drain_post_init(struct drain_post *post);
void drain_post_free(struct drain_post *post);
void drain_post_start(struct drain_post *post,
                      const struct duty_campaign *campaign,
                      const struct duty_shard *shard);
/* False when there is no more room: send first. */
bool drain_post_add(struct drain_post *post,
                    const struct record_header *header,
                    uint32_t epoch,
                    uint64_t position,
                    const uint8_t *bytes,
                    size_t len);
HB_CHECKED hb_err drain_post_send(struct drain_post *post, struct pg *pg);
char drain_post_verdict(const struct drain_post *post, size_t entry); /* s f d o, as ledger_post() says */
