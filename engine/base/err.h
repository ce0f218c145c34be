/*
 * base/err.h - the one list of errors: code on the wire, HTTP status, retry hint, words.
 *
 * Unavailable: nothing was sent, so nothing happened. Unsure: sent and unanswered, so it may have
 * happened; nobody may undo it. Codes are stable: clients and alerts match on them.
 */
#pragma once

#include <stdbool.h>

/* clang-format off */
/*     symbol                  wire code                 status retry  English / Chinese (plain words for a person) */
#define HB_ERR_LIST(X)                                                                                                 \
    X(HB_OK, "ok", 200, false, "OK", "成功")                                                                           \
    X(HB_E_INPUT, "bad_request", 400, false, "The request is not valid", "请求无效")                                   \
    X(HB_E_JSON, "malformed_json", 400, false, "The body is not valid JSON", "请求体不是有效的 JSON")                  \
    X(HB_E_FIELD, "invalid_field", 400, false, "A field is not valid", "字段无效")                                     \
    X(HB_E_KEY_MISSING, "idempotency_key_missing", 400, false, "The Idempotency-Key header is missing", "缺少 Idempotency-Key 请求头") \
    X(HB_E_KEY_INVALID, "idempotency_key_invalid", 400, false, "The Idempotency-Key header is not valid", "Idempotency-Key 请求头无效") \
    X(HB_E_TOKEN_MISSING, "token_missing", 401, false, "Please sign in", "请先登录")                                   \
    X(HB_E_TOKEN_INVALID, "token_invalid", 401, false, "The sign-in token is not valid", "登录凭证无效")               \
    X(HB_E_TOKEN_EXPIRED, "token_expired", 401, false, "The sign-in has expired", "登录已过期")                        \
    X(HB_E_PROOF_NEEDED, "payee_proof_required", 403, false, "A proof of the identity service is needed for this", "需要身份服务的一次性凭证") \
    X(HB_E_PROOF_INVALID, "payee_proof_invalid", 403, false, "The proof is not valid for this", "一次性凭证无效或与请求不符")    \
    X(HB_E_FORBIDDEN, "forbidden", 403, false, "This is not allowed", "没有权限")                                      \
    X(HB_E_NOT_FOUND, "not_found", 404, false, "There is nothing at this address", "地址不存在")                       \
    X(HB_E_NO_CAMPAIGN, "campaign_not_found", 404, false, "There is no such campaign", "活动不存在")                   \
    X(HB_E_NO_WITHDRAWAL, "withdrawal_not_found", 404, false, "There is no such withdrawal", "提现记录不存在")         \
    X(HB_E_ARCHIVED, "campaign_archived", 410, false, "The campaign was archived; its draws are in the files", "活动已归档，抽奖记录在归档文件中") \
    X(HB_E_METHOD, "method_not_allowed", 405, false, "This method is not allowed here", "不支持该请求方法")            \
    X(HB_E_TIMEOUT, "request_timeout", 408, true, "The request took too long to arrive", "请求超时")                   \
    X(HB_E_NO_CHANCE, "no_chance_left", 409, false, "No chance is left", "抽奖机会已用完")                             \
    X(HB_E_DAY_CAP, "daily_cap_reached", 409, false, "Today's limit of draws is reached", "今日抽奖次数已达上限")      \
    X(HB_E_CAMPAIGN_CAP, "campaign_cap_reached", 409, false, "This campaign's limit of draws is reached", "本活动抽奖次数已达上限") \
    X(HB_E_DRAW_NO, "draw_no_mismatch", 409, false, "This is not the next draw number", "抽奖序号不一致")              \
    X(HB_E_NOT_STARTED, "campaign_not_started", 409, true, "The campaign has not started yet", "活动尚未开始")         \
    X(HB_E_ENDED, "campaign_ended", 409, false, "The campaign has ended", "活动已结束")                                \
    X(HB_E_PAUSED, "campaign_paused", 409, true, "The campaign is paused", "活动已暂停")                               \
    X(HB_E_PROOF_USED, "payee_proof_used", 409, false, "This proof was used before; fetch a new one", "该凭证已使用过，请重新获取") \
    X(HB_E_SETTLED, "campaign_settled", 409, false, "The campaign is settled; nothing can be withdrawn any more", "活动已结算，不能再提现") \
    X(HB_E_PAYOUTS_STOPPED, "payouts_stopped", 409, false, "The organiser has stopped withdrawals for now", "主办方已暂停提现")   \
    X(HB_E_WINDOW, "withdrawal_window_closed", 409, false, "Withdrawing is not possible at this time", "现在不在提现时间内")      \
    X(HB_E_PAYEE_MISSING, "payee_missing", 409, false, "Say first where you want to be paid", "请先设置收款账户")        \
    X(HB_E_PAYEE_COOLING, "payee_cooling", 409, false, "The account was changed and can be used a little later", "收款账户刚更换，稍后才能使用") \
    X(HB_E_NAME_NEEDED, "payee_name_needed", 409, false, "This amount needs the real name of who is paid", "该金额需要填写收款人真实姓名") \
    X(HB_E_NO_CHANNEL, "no_payout_channel", 409, false, "This account cannot be paid at the moment", "暂时无法向该账户打款") \
    X(HB_E_NOTHING_THERE, "nothing_to_withdraw", 409, false, "There is nothing to withdraw", "没有可提现的金额")         \
    X(HB_E_BELOW_MINIMUM, "below_minimum", 409, false, "This is less than can be withdrawn at once", "低于单次提现最低金额")     \
    X(HB_E_ABOVE_MAXIMUM, "above_maximum", 409, false, "This is more than can be withdrawn at once", "超过单次提现最高金额")     \
    X(HB_E_DAY_COUNT, "withdrawals_today_reached", 409, false, "Today's number of withdrawals is reached", "今日提现次数已达上限") \
    X(HB_E_DAY_FEN, "withdrawn_today_reached", 409, false, "Today's amount of withdrawals is reached", "今日提现金额已达上限") \
    X(HB_E_TOO_MANY_PARTS, "too_many_parts", 409, false, "Withdraw fewer prizes at once", "一次提现的奖品过多，请分次提现")      \
    X(HB_E_WINS_CHANGED, "wins_changed", 409, true, "Your wins changed in this moment; ask again", "奖品状态刚有变化，请重试") \
    X(HB_E_NO_ATTEMPT, "attempt_not_allowed", 409, false, "This part cannot be paid again now", "这一部分现在不能再次申请")      \
    X(HB_E_CONFLICT, "conflict", 409, false, "This conflicts with what is there", "与现有内容冲突")                    \
    X(HB_E_BODY_SIZE, "body_too_large", 413, false, "The body is too large", "请求体过大")                             \
    X(HB_E_URI_SIZE, "uri_too_long", 414, false, "The address is too long", "请求地址过长")                            \
    X(HB_E_EXPECT, "expectation_failed", 417, false, "The expectation cannot be met", "无法满足 Expect 请求头")        \
    X(HB_E_KEY_REUSED, "idempotency_key_reused", 422, false, "This key was used for another request", "该幂等键已用于其他请求") \
    X(HB_E_INVALID_DOCUMENT, "invalid_document", 422, false, "The document has problems", "文档校验未通过")            \
    X(HB_E_RATE, "too_many_requests", 429, true, "Too many requests", "请求过于频繁")                                  \
    X(HB_E_HEADER_SIZE, "headers_too_large", 431, false, "The headers are too large", "请求头过大")                    \
    X(HB_E_INTERNAL, "internal_error", 500, true, "Something went wrong on our side", "服务器内部错误")                \
    X(HB_E_NOT_IMPLEMENTED, "not_implemented", 501, false, "This is not supported", "不支持该功能")                    \
    X(HB_E_UNAVAILABLE, "unavailable", 503, true, "Busy right now; nothing was used up", "服务繁忙，未消耗抽奖机会")   \
    X(HB_E_OVERLOADED, "overloaded", 503, true, "Too many people right now; nothing was used up", "当前人数过多，未消耗抽奖机会") \
    X(HB_E_BUSY, "stock_refilling", 503, true, "Prizes are being refilled; nothing was used up", "奖品补充中，未消耗抽奖机会") \
    X(HB_E_RECORDING, "being_recorded", 503, true, "Your draw is being recorded; ask again with the same key", "抽奖结果登记中，请用同一幂等键重试") \
    X(HB_E_UNSURE, "outcome_unknown", 504, true, "The outcome is not known yet; ask again with the same key", "结果尚未确认，请用同一幂等键重试") \
    X(HB_E_HTTP_VERSION, "http_version_not_supported", 505, false, "This HTTP version is not supported", "不支持该 HTTP 版本") \
    X(HB_E_NOMEM, "out_of_memory", 500, true, "Out of memory", "内存不足")                                             \
    X(HB_E_IO, "io_error", 500, true, "Input or output failed", "读写失败")                                            \
    X(HB_E_LEDGER_BEHIND, "ledger_behind", 503, true, "The books were set back; nothing was used up", "账本曾回退，未消耗抽奖机会") \
    X(HB_E_CLOSED, "shard_closed", 503, true, "The shard is being opened; nothing was used up", "分片开启中，未消耗抽奖机会")
/* clang-format on */

#define HB_ERR_ENUM(symbol, code, status, retry, en, zh) symbol,
typedef enum hb_err { HB_ERR_LIST(HB_ERR_ENUM) HB_ERR_COUNT } hb_err;

#define HB_CHECKED __attribute__((warn_unused_result))

enum hb_lang { HB_EN, HB_ZH };

const char *err_code(hb_err err); /* "no_chance_left" */
int err_http_status(hb_err err);
bool err_may_retry(hb_err err);
const char *err_title(hb_err err, enum hb_lang lang);
