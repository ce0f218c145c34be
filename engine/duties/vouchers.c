/*
 * duties/vouchers.c - winners of vouchers and cards get them: won -> assigned, once their win is committed.
 *
 * Whoever reads his wins has his vouchers bound at once (vouchers()); this finds the others, so that webhooks
 * are sent for those who never look. A campaign is walked only while wins and vouchers differ in number, a
 * slice a round, and rests between two walks: a long one costs the ledger a few percent.
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SLICE_WINS = 2000, REST_US = 3 * 1000 * 1000 };

static hb_err missing_read(struct duties *duties, const struct duty_campaign *campaign, int64_t *missing)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(duties->pg, &rows, "SELECT vouchers_missing($1::int)", "%d", (int)campaign->id);

    if (ledger_failed(duties, err, "vouchers_missing") == HB_OK) {
        *missing = pg_i64(rows, 0, 0);
    }
    pg_result_free(rows);
    return err;
}

static hb_err slice_bind(struct duties *duties, struct duty_campaign *campaign)
{
    struct voucher_walk *walk = &campaign->vouchers;
    char id[16], limit[16];
    const char *params[] = {id,
                            walk->player[0] == '\0' ? NULL : walk->player,
                            walk->player[0] == '\0' ? NULL : walk->draw,
                            limit};
    struct pg_result *rows = NULL;
    hb_err err;

    (void)snprintf(id, sizeof id, "%" PRIu32, campaign->id);
    (void)snprintf(limit, sizeof limit, "%d", SLICE_WINS);
    err = pg_call(duties->pg,
                  "SELECT bound, last_player, last_draw FROM voucher_bind_missing($1::int, $2::uuid, "
                  "$3::int, $4::int)",
                  4,
                  params,
                  &rows);
    if (ledger_failed(duties, err, "voucher_bind") == HB_OK) {
        walk->bound += pg_i64(rows, 0, 0);
        (void)snprintf(walk->player, sizeof walk->player, "%s", pg_text(rows, 0, 1));
        (void)snprintf(walk->draw, sizeof walk->draw, "%s", pg_text(rows, 0, 2));
    }
    pg_result_free(rows);
    return err;
}

static bool has_vouchers(const struct table *table)
{
    for (uint32_t i = 0; i < table->prize_count; i++) {
        if (table->prizes[i].kind == PRIZE_VOUCHER || table->prizes[i].kind == PRIZE_CARD) {
            return true;
        }
    }
    return false;
}

void vouchers_round(struct duties *duties, struct duty_campaign *campaign, int64_t now_us)
{
    struct voucher_walk *walk = &campaign->vouchers;
    int64_t missing = 0;

    if (now_us < walk->at_us || campaign->table == NULL || !has_vouchers(campaign->table)) {
        return;
    }
    if (!walk->walking) {
        walk->at_us = now_us + REST_US;
        if (missing_read(duties, campaign, &missing) != HB_OK || missing <= 0) {
            return;
        }
        *walk = (struct voucher_walk){.walking = true, .at_us = now_us};
    }
    if (slice_bind(duties, campaign) == HB_OK && walk->player[0] == '\0') {
        log_info("vouchers.bound", "campaign=%s vouchers=%" PRId64, campaign->slug, walk->bound);
        walk->walking = false;
        walk->at_us = now_us + REST_US;
    }
}
