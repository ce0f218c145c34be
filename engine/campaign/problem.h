/*
 * campaign/problem.h - what is wrong with a document: everything at once, each thing with its place.
 *
 * A problem names its place by a JSON pointer (RFC 6901), has a stable code, and says it in English
 * and Chinese. Errors keep a document from being published, warnings do not.
 *
 * Ownership  the list owns all its texts; they live until problems_free().
 * Errors     past PROBLEMS_MAX, or out of memory, further problems are only counted and `truncated`
 *            is set: a document with an error never looks sound.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBLEMS_MAX = 256 };

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* One row a message. Several messages may share a code. {a} and {b} are the facts of the case. */
#define PROBLEM_LIST(X)                                                                                      \
    X(JSON, "malformed_json", ERROR, "Not valid JSON: {a}", "不是有效的 JSON：{a}")                          \
    X(TOO_LARGE, "document_too_large", ERROR, "The document is larger than {a} bytes", "文档超过 {a} 字节")  \
    X(UNKNOWN, "unknown_member", ERROR, "There is no member \"{a}\" here", "此处没有名为“{a}”的成员")        \
    X(UNKNOWN_LIKE,                                                                                          \
      "unknown_member",                                                                                      \
      ERROR,                                                                                                 \
      "There is no member \"{a}\" here; did you mean \"{b}\"?",                                              \
      "此处没有名为“{a}”的成员，是否想写“{b}”？")                                                            \
    X(MISSING, "missing_member", ERROR, "\"{a}\" is missing", "缺少“{a}”")                                   \
    X(NOT_OBJECT, "wrong_type", ERROR, "Must be an object", "必须是对象")                                    \
    X(NOT_LIST, "wrong_type", ERROR, "Must be a list", "必须是数组")                                         \
    X(NOT_TEXT, "wrong_type", ERROR, "Must be a text", "必须是字符串")                                       \
    X(NOT_INTEGER, "wrong_type", ERROR, "Must be a whole number", "必须是整数")                              \
    X(NOT_NUMBER, "wrong_type", ERROR, "Must be a number", "必须是数字")                                     \
    X(RANGE, "out_of_range", ERROR, "Must be from {a} to {b}", "必须在 {a} 到 {b} 之间")                     \
    X(DECIMALS, "too_many_decimals", ERROR, "At most 9 decimals", "小数最多 9 位")                           \
    X(TOO_LONG, "too_long", ERROR, "At most {a} characters", "最多 {a} 个字符")                              \
    X(BLANK, "blank_text", ERROR, "Must not be blank", "不能为空")                                           \
    X(CONTROL, "control_character", ERROR, "Must not hold control characters", "不能包含控制字符")           \
    X(SLUG,                                                                                                  \
      "bad_id",                                                                                              \
      ERROR,                                                                                                 \
      "1 to 32 of a-z, 0-9, _ and -, with a letter or digit first",                                          \
      "须为 1 到 32 个 a-z、0-9、_ 或 -，且以字母或数字开头")                                                \
    X(CHOICE, "bad_choice", ERROR, "Must be one of: {a}", "必须是其中之一：{a}")                             \
    X(TIME,                                                                                                  \
      "bad_time",                                                                                            \
      ERROR,                                                                                                 \
      "Must be a time like 2026-02-16T20:00:00, or one with Z or +08:00",                                    \
      "须为 2026-02-16T20:00:00 这样的时间，或带 Z、+08:00 的时间")                                          \
    X(TIME_FAR,                                                                                              \
      "bad_time",                                                                                            \
      ERROR,                                                                                                 \
      "Must be from the year 2000 to the year 2100",                                                         \
      "须在 2000 年到 2100 年之间")                                                                          \
    X(ZONE, "unknown_time_zone", ERROR, "There is no time zone \"{a}\"", "没有名为“{a}”的时区")              \
    X(ORIGIN,                                                                                                \
      "bad_origin",                                                                                          \
      ERROR,                                                                                                 \
      "Must be an origin like https://www.example.com, or *",                                                \
      "须为 https://www.example.com 这样的来源，或 *")                                                       \
    X(ORIGIN_TWICE, "duplicate_origin", ERROR, "This origin is already in the list", "该来源已在列表中")     \
    X(TOO_MANY, "too_many_items", ERROR, "At most {a} here", "此处最多 {a} 项")                              \
    X(TOO_FEW, "too_few_items", ERROR, "At least {a} here", "此处至少 {a} 项")                               \
    X(PRIZE_TWICE, "duplicate_prize", ERROR, "Another prize has the id \"{a}\"", "已有编号为“{a}”的奖品")    \
    X(KIND_MEMBER,                                                                                           \
      "not_for_kind",                                                                                        \
      ERROR,                                                                                                 \
      "\"{a}\" does not belong to a prize of kind \"{b}\"",                                                  \
      "“{a}”不适用于类型为“{b}”的奖品")                                                                      \
    X(MODE_MEMBER,                                                                                           \
      "not_for_mode",                                                                                        \
      ERROR,                                                                                                 \
      "\"{a}\" does not belong to a prize of mode \"{b}\"",                                                  \
      "“{a}”不适用于方式为“{b}”的奖品")                                                                      \
    X(WINDOW, "window_reversed", ERROR, "The end must be after the start", "结束时间必须晚于开始时间")       \
    X(WINDOW_LONG, "window_too_long", ERROR, "A campaign lasts at most {a} days", "活动最长 {a} 天")         \
    X(WINDOW_OVER, "window_over", ERROR, "The campaign would already be over", "活动在发布时已经结束")       \
    X(ODDS_SUM, "odds_over_one", ERROR, "The odds add up to {a}, more than 1", "中奖概率之和为 {a}，超过 1") \
    X(STOCK,                                                                                                 \
      "stock_over_budget",                                                                                   \
      ERROR,                                                                                                 \
      "The prizes add up to {a} fen, more than the budget of {b} fen",                                       \
      "奖品合计 {a} 分，超过预算 {b} 分")                                                                    \
    X(AMOUNT, "amount_over_limit", ERROR, "A single win may not be over {a} fen", "单份金额不得超过 {a} 分") \
    X(SPLIT_RANGE,                                                                                           \
      "split_range_reversed",                                                                                \
      ERROR,                                                                                                 \
      "max_fen must not be below min_fen",                                                                   \
      "max_fen 不得小于 min_fen")                                                                            \
    X(SPLIT,                                                                                                 \
      "split_impossible",                                                                                    \
      ERROR,                                                                                                 \
      "This total cannot be cut: it must be from {a} to {b} fen",                                            \
      "该总额无法拆分，须在 {a} 到 {b} 分之间")                                                              \
    X(MOMENTS_DENSE,                                                                                         \
      "moments_too_dense",                                                                                   \
      ERROR,                                                                                                 \
      "Too many winning moments for this time: at most {a}",                                                 \
      "这段时间内的中奖时刻过多，最多 {a} 个")                                                               \
    X(CLOCK,                                                                                                 \
      "bad_time",                                                                                            \
      ERROR,                                                                                                 \
      "Must be a time of day like 20:00 or 20:00:30",                                                        \
      "须为 20:00 或 20:00:30 这样的时刻")                                                                   \
    X(SLOT_MIXED,                                                                                            \
      "slot_mixed",                                                                                          \
      ERROR,                                                                                                 \
      "\"from\" and \"to\" must both be times of day, or both full times",                                   \
      "from 与 to 须同为每日时刻，或同为完整时间")                                                           \
    X(SLOT_EMPTY, "slot_empty", ERROR, "The slot ends before it has begun", "时段的结束不晚于开始")          \
    X(SLOT_OUTSIDE,                                                                                          \
      "slot_outside_window",                                                                                 \
      ERROR,                                                                                                 \
      "The slot is not within the campaign's time",                                                          \
      "时段不在活动时间之内")                                                                                \
    X(SLOT_OVERLAP,                                                                                          \
      "slots_overlap",                                                                                       \
      ERROR,                                                                                                 \
      "The slot overlaps slot {a} of this prize",                                                            \
      "该时段与此奖品的时段 {a} 重叠")                                                                       \
    X(SLOT_MANY,                                                                                             \
      "too_many_slots",                                                                                      \
      ERROR,                                                                                                 \
      "The slots of all days are more than {a}",                                                             \
      "展开到每一天的时段超过 {a} 个")                                                                       \
    X(CURVE_TIME, "curve_not_rising", ERROR, "Must be later than the point before", "时间必须晚于前一个点")  \
    X(CURVE_SHARE, "curve_not_rising", ERROR, "Must not be below the point before", "不得小于前一个点")      \
    X(CURVE_OUTSIDE,                                                                                         \
      "curve_outside_window",                                                                                \
      ERROR,                                                                                                 \
      "The point is not within the campaign's time",                                                         \
      "该点不在活动时间之内")                                                                                \
    X(CAPS,                                                                                                  \
      "caps_contradict",                                                                                     \
      ERROR,                                                                                                 \
      "The cap of a day is above the cap of the campaign",                                                   \
      "每日上限高于活动上限")                                                                                \
    X(FROZEN, "frozen", ERROR, "Fixed by the first publication, as {a}", "首次发布后不可更改，原值为 {a}")   \
    X(FROZEN_PRIZES,                                                                                         \
      "frozen_prizes",                                                                                       \
      ERROR,                                                                                                 \
      "Prizes and their order are fixed by the first publication",                                           \
      "首次发布后奖品及其顺序不可更改")                                                                      \
    X(FROZEN_PLAN,                                                                                           \
      "frozen_plan",                                                                                         \
      ERROR,                                                                                                 \
      "The winning moments of \"{a}\" are planned over this",                                                \
      "“{a}”的中奖时刻已据此排定，不可更改")                                                                 \
    X(FROZEN_START,                                                                                          \
      "frozen_start",                                                                                        \
      ERROR,                                                                                                 \
      "The campaign has started; its start stays {a}",                                                       \
      "活动已开始，开始时间须保持 {a}")                                                                      \
    X(END_PAST, "end_in_past", ERROR, "A new end must lie ahead", "新的结束时间必须在当前时间之后")          \
    X(LEASED_UNITS,                                                                                          \
      "units_below_leased",                                                                                  \
      ERROR,                                                                                                 \
      "{a} units are already out on the shards",                                                             \
      "已有 {a} 份库存下发到分片")                                                                           \
    X(LEASED_FEN,                                                                                            \
      "budget_below_leased",                                                                                 \
      ERROR,                                                                                                 \
      "{a} fen are already out on the shards",                                                               \
      "已有 {a} 分资金下发到分片")                                                                           \
    X(UNPAYABLE,                                                                                             \
      "prize_unpayable",                                                                                     \
      ERROR,                                                                                                 \
      "No payment channel can pay a win of {a} fen; each at most, in fen: {b}",                              \
      "没有支付通道能支付这样的一份：{a} 分；各通道单份上限（分）：{b}")                                     \
    X(STARTED, "window_started", WARNING, "The campaign would already have begun", "活动在发布时已经开始")   \
    X(NO_CHANCES,                                                                                            \
      "no_chances",                                                                                          \
      WARNING,                                                                                               \
      "Nobody has a chance to draw unless it is granted",                                                    \
      "除另行发放外，没有人有抽奖机会")                                                                      \
    X(CAP_CHANCES,                                                                                           \
      "cap_below_chances",                                                                                   \
      WARNING,                                                                                               \
      "A player gets more chances than this cap lets them use",                                              \
      "参与者获得的机会多于此上限允许使用的次数")                                                            \
    X(BUDGET_IDLE,                                                                                           \
      "budget_unused",                                                                                       \
      WARNING,                                                                                               \
      "The prizes add up to {a} fen, far below the budget of {b} fen",                                       \
      "奖品合计 {a} 分，远低于预算 {b} 分")                                                                  \
    X(ODDS_ZERO,                                                                                             \
      "odds_zero",                                                                                           \
      WARNING,                                                                                               \
      "With these odds nobody ever wins this prize",                                                         \
      "按此概率无人能中此奖")                                                                                \
    X(ODDS_IDLE,                                                                                             \
      "odds_leave_stock",                                                                                    \
      WARNING,                                                                                               \
      "About {a} wins are expected, for {b} units",                                                          \
      "预计中奖约 {a} 次，而库存为 {b} 份")                                                                  \
    X(ODDS_DRY,                                                                                              \
      "odds_run_dry",                                                                                        \
      WARNING,                                                                                               \
      "About {a} wins are expected, for only {b} units",                                                     \
      "预计中奖约 {a} 次，库存仅 {b} 份")                                                                    \
    X(ALWAYS_DRY,                                                                                            \
      "always_runs_dry",                                                                                     \
      WARNING,                                                                                               \
      "About {a} wins are expected of prizes that everybody gets, for {b} units",                            \
      "人人有份的奖品预计发出约 {a} 份，库存为 {b} 份")                                                      \
    X(UNPAYABLE_LATER,                                                                                       \
      "prize_unpayable",                                                                                     \
      WARNING,                                                                                               \
      "No payment channel can pay a win of {a} fen any more; each at most, in fen: {b}",                     \
      "已没有支付通道能支付这样的一份：{a} 分；各通道单份上限（分）：{b}")                                   \
    X(NO_CHANNEL,                                                                                            \
      "no_payment_channel",                                                                                  \
      WARNING,                                                                                               \
      "There is no merchant number yet: winners can withdraw when one is added",                             \
      "尚无商户号：添加之后中奖者才能提现")                                                                  \
    X(OVER_WITHDRAWAL,                                                                                       \
      "above_withdrawal_limit",                                                                              \
      WARNING,                                                                                               \
      "A win of {a} fen is above the {b} fen of one withdrawal; raise max_fen of the wallet policy",         \
      "单份 {a} 分高于单次提现上限 {b} 分；请提高钱包规则的 max_fen")                                        \
    X(CURVE_SHORT,                                                                                           \
      "curve_incomplete",                                                                                    \
      WARNING,                                                                                               \
      "The curve ends at {a}: the rest of the units is never given",                                         \
      "曲线止于 {a}，其余份数永远不会发出")

#define PROBLEM_ENUM(symbol, code, severity, en, zh) PROBLEM_##symbol,
enum problem_id { PROBLEM_LIST(PROBLEM_ENUM) PROBLEM_IDS };

struct problem {
    const char *pointer; /* "" is the whole document */
    const char *code;
    enum severity severity;
    const char *en, *zh;
};

struct arena;

struct problems {
    struct problem *items;
    size_t count;
    size_t errors, warnings; /* also those that found no room in items */
    bool truncated;
    struct arena *memory;
};

struct problems *problems_new(void);           /* NULL when out of memory */
void problems_free(struct problems *problems); /* accepts NULL */
bool problems_has(const struct problems *problems, const char *code);

/* [{"code":..,"en":..,"pointer":..,"severity":"error","zh":..},...] */
void problems_write_json(const struct problems *problems, struct buf *out);

/* A place in a document, as a chain on the stack from the member up to the root. */
struct path {
    const struct path *up; /* NULL: the root */
    const char *name;      /* NULL: the item number `index` of a list */
    size_t index;
};

static inline struct path path_member(const struct path *up, const char *name)
{
    return (struct path){up, name, 0};
}

static inline struct path path_item(const struct path *up, size_t index)
{
    return (struct path){up, NULL, index};
}

/* path NULL: the whole document. a and b may be NULL where the text has no use for them. */
void problem_add(
    struct problems *problems, const struct path *path, enum problem_id id, const char *a, const char *b);

const char *problem_code(enum problem_id id);

/* A fact as text: problem_add(.., fact_int(7).text, NULL). */
struct fact {
    char text[24];
};
struct fact fact_int(int64_t value);
struct fact fact_decimal(int64_t nano); /* 1e-9 steps: "0.125" */
