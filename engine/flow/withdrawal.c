/*
 * flow/withdrawal.c - what becomes of a withdrawal.
 */
#include "flow/withdrawal.h"

#include <string.h>

static const struct {
    const char *name, *words[2];
} STAGES[STAGE_COUNT] = {
#define STAGE_ROW(symbol, name, en, zh) [symbol] = {name, {[HB_EN] = en, [HB_ZH] = zh}},
    WITHDRAWAL_STAGES(STAGE_ROW)};

const char *withdrawal_stage_name(enum withdrawal_stage stage)
{
    return STAGES[stage].name;
}

const char *withdrawal_stage_words(enum withdrawal_stage stage, enum hb_lang lang)
{
    return STAGES[stage].words[lang == HB_ZH ? HB_ZH : HB_EN];
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

enum withdrawal_stage withdrawal_stage(const struct withdrawal_row *row)
{
    if (is(row->state, "paid")) {
        return STAGE_PAID;
    }
    if (is(row->state, "partly")) {
        return STAGE_PARTLY;
    }
    if (is(row->state, "failed")) {
        return STAGE_FAILED;
    }
    if (row->frozen > 0) {
        return STAGE_HELD;
    }
    if (row->in_review) {
        return STAGE_REVIEW;
    }
    if (row->waiting > 0) {
        return STAGE_WAITING_USER;
    }
    if (row->again > 0) {
        return STAGE_RETRY;
    }
    return row->unsent > 0 ? STAGE_QUEUED : STAGE_ON_ITS_WAY;
}

static bool waits_for_user(const struct withdrawal_part_row *row, int64_t now_ms)
{
    return is(row->payout_state, "waiting_user") && row->package[0] != '\0' &&
           (row->package_until_ms == 0 || row->package_until_ms > now_ms);
}

enum withdrawal_stage withdrawal_part_stage(const struct withdrawal_part_row *row, int64_t now_ms)
{
    if (is(row->state, "paid")) {
        return STAGE_PAID;
    }
    if (row->frozen) {
        return STAGE_HELD;
    }
    if (row->again) {
        return STAGE_RETRY;
    }
    if (is(row->state, "failed") || is(row->state, "given_up")) {
        return STAGE_FAILED;
    }
    if (waits_for_user(row, now_ms)) {
        return STAGE_WAITING_USER;
    }
    return is(row->payout_state, "planned") || is(row->payout_state, "reserved") ? STAGE_QUEUED
                                                                                 : STAGE_ON_ITS_WAY;
}

static const struct {
    const char *verdict;
    hb_err err;
} VERDICTS[] = {
    {"opened", HB_OK},
    {"same", HB_OK},
    {"quote", HB_OK},
    {"again", HB_OK},
    {"set", HB_OK},
    {"proof_used", HB_E_PROOF_USED},
    {"key_reused", HB_E_KEY_REUSED},
    {"no_campaign", HB_E_NO_CAMPAIGN},
    {"closed", HB_E_SETTLED},
    {"stopped", HB_E_PAYOUTS_STOPPED},
    {"window", HB_E_WINDOW},
    {"payee_missing", HB_E_PAYEE_MISSING},
    {"payee_cooling", HB_E_PAYEE_COOLING},
    {"name_needed", HB_E_NAME_NEEDED},
    {"no_channel", HB_E_NO_CHANNEL},
    {"nothing", HB_E_NOTHING_THERE},
    {"below_minimum", HB_E_BELOW_MINIMUM},
    {"above_maximum", HB_E_ABOVE_MAXIMUM},
    {"day_count", HB_E_DAY_COUNT},
    {"day_fen", HB_E_DAY_FEN},
    {"too_many_parts", HB_E_TOO_MANY_PARTS},
    {"changed", HB_E_WINS_CHANGED},
    {"not_allowed", HB_E_NO_ATTEMPT},
};

hb_err withdraw_error(const char *verdict)
{
    for (size_t i = 0; i < sizeof VERDICTS / sizeof *VERDICTS; i++) {
        if (is(VERDICTS[i].verdict, verdict)) {
            return VERDICTS[i].err;
        }
    }
    return HB_E_INTERNAL;
}
