/*
 * flow/withdrawal.h - what becomes of a withdrawal, in one word and in plain ones; pure.
 */
#pragma once

#include "flow/wallet.h"

/* Where a withdrawal is, as its player sees it; the first that holds, from the top.
 *     symbol                 name            what the player reads: English / Chinese */
/* clang-format off */
#define WITHDRAWAL_STAGES(X)                                                                                        \
    X(STAGE_PAID, "paid", "Paid", "已到账")                                                                         \
    X(STAGE_PARTLY, "partly", "Paid in part; the rest is back in your wallet", "部分到账，其余已退回红包余额")      \
    X(STAGE_FAILED, "failed", "Not paid; the money is back in your wallet", "未能到账，金额已退回红包余额")         \
    X(STAGE_HELD, "held", "Being looked into by the organiser", "主办方正在核实")                                   \
    X(STAGE_REVIEW, "review", "Waiting for the organiser's approval", "等待主办方审核")                             \
    X(STAGE_WAITING_USER, "waiting_user", "Waiting for you to confirm the transfer", "等待你确认收款")              \
    X(STAGE_RETRY, "retry", "A part could not be paid; ask for it again", "有一部分未能到账，可以再次申请")         \
    X(STAGE_QUEUED, "queued", "Taken; it will be sent soon", "已受理，即将打款")                                    \
    X(STAGE_ON_ITS_WAY, "on_its_way", "On its way", "打款中")
/* clang-format on */

#define STAGE_ENUM(symbol, name, en, zh) symbol,
enum withdrawal_stage { WITHDRAWAL_STAGES(STAGE_ENUM) STAGE_COUNT };

enum withdrawal_stage withdrawal_stage(const struct withdrawal_row *row);
/* A package that is over waits for nobody: the provider closes such an order by itself. */
enum withdrawal_stage withdrawal_part_stage(const struct withdrawal_part_row *row, int64_t now_ms);
const char *withdrawal_stage_name(enum withdrawal_stage stage);
const char *withdrawal_stage_words(enum withdrawal_stage stage, enum hb_lang lang);

/* The error of a verdict of withdraw_open() or payout_again(), or of payee_set(); HB_OK where it did what was
 * asked. An unknown one is HB_E_INTERNAL. */
hb_err withdraw_error(const char *verdict);
