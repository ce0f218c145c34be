/*
 * ledger/invariants.c - the list.
 */
#include "ledger/invariants.h"

/* clang-format off */
enum { QUICK = false, SLOW = true, ROWS = false, PLACED = true, NIGHTLY = false, MINUTE = true };

const struct ledger_invariant LEDGER_INVARIANTS[] = {
    {"prize_sums", "P1", "check_prize", "Of every prize, no more is leased to shards than there is, in units and in fen",
     "每个奖品租给各分片的份数与金额之和不超过其总量", QUICK, ROWS, NIGHTLY},
    {"stock_sums", "P1", "check_stock", "A shard's stock equals its leases, returns and wins, in units and in fen",
     "分片库存与其租约、退回和中奖记录在份数与金额上一致", SLOW, ROWS, NIGHTLY},
    {"unit_once", "P1", "check_unit", "No unit was won twice", "没有任何一份奖品被中出两次", SLOW, ROWS, NIGHTLY},
    {"account_sums", "P3", "check_account", "Every account equals the sum of its transfers, posted and pending",
     "每个账户的已记与待记金额都等于其转账之和", SLOW, ROWS, MINUTE},
    {"shard_accounts", "P3", "check_shard", "A shard's float is its stock in fen, its payable what its winners were given",
     "分片浮存等于其库存金额，应付等于其中奖金额", QUICK, ROWS, MINUTE},
    {"batch_hashes", "P3", "check_batch", "Every committed batch still has the rows it was hashed with",
     "每个已提交批次的记录与其哈希一致", SLOW, ROWS, MINUTE},
    {"seal_chain", "P3", "check_seal", "The chain of seals is unbroken and leaves no batch out", "封存链完整且不遗漏任何批次", SLOW, ROWS, NIGHTLY},
    {"no_orphans", "P3", "check_orphan", "Every row belongs to a committed batch", "每条记录都属于一个已提交的批次", SLOW, ROWS, NIGHTLY},
    {"quarantine_empty", "P2", "quarantine", "Nothing arrived under a name that already had other content",
     "没有同名而内容不同的记录进入账本", QUICK, ROWS, MINUTE},
    {"balance", "P3", "check_balance", "Over all accounts debits equal credits, posted and pending",
     "全部账户的借贷相等，已记与待记皆然", QUICK, PLACED, MINUTE},
    {"limits", "P3", "check_limit", "No account owes what it may not owe, pendings counted", "计入待记金额后没有账户透支", QUICK, PLACED, MINUTE},
    {"transfer_sides", "P3", "check_transfer_kind", "The two sides of every transfer fit its kind", "每笔转账的借贷双方与其类别相符", SLOW, PLACED, NIGHTLY},
    {"resolutions", "P4", "check_resolution", "A reservation ends at most once, later, with no more than was reserved",
     "每笔预留至多了结一次，晚于预留且不超过其金额", SLOW, PLACED, MINUTE},
    {"campaign_sums", "P3", "check_campaign", "What a campaign was funded with is in its accounts, paid, withheld or returned",
     "活动的入金等于其账户余额、已付、代扣与退回之和", SLOW, PLACED, MINUTE},
    {"reserved", "P4", "check_reserved", "What is pending at payables and providers is what open payouts reserved",
     "应付与渠道账户的待记金额等于未了结打款的预留", QUICK, PLACED, MINUTE},
    {"payable_uses", "P3", "check_payable", "What left a payable is what its wins were paid or taken back for",
     "应付账户的支出等于其中奖的打款与收回", SLOW, PLACED, NIGHTLY},
    {"win_uses", "P4", "check_use", "A win is taken for one thing at a time, and that thing is there", "每笔中奖同时只用于一处且该处存在", SLOW, PLACED, NIGHTLY},
    {"taken_back", "P3", "check_taken_back", "What expired or was clawed back is booked, cause by cause", "每次过期与追回都已逐项入账", SLOW, PLACED, NIGHTLY},
    {"withdrawals", "P4", "check_withdrawal", "A withdrawal is the sum of its wins and of its parts, its state theirs",
     "提现等于其中奖之和与分笔之和，状态与之一致", SLOW, PLACED, NIGHTLY},
    {"attempts", "P4", "check_attempt", "Attempts have no gap, only the last may be open, at most one is paid",
     "打款尝试连续编号，只有最后一次可未了结，至多一次成功", SLOW, PLACED, MINUTE},
    {"payouts", "P4", "check_payout", "A payout's number and content follow from its part, its state from its events",
     "打款单号与内容源自其分笔，状态源自其事件", SLOW, PLACED, MINUTE},
    {"payout_books", "P4", "check_payout_books", "Every payout is reserved, posted or released in the books as its state says",
     "每笔打款在账上的预留、记账或释放与其状态一致", SLOW, PLACED, NIGHTLY},
    {"merchant_days", "P4", "check_merchant_day", "What counts against a day's cap is what was reserved on it", "商户号当日额度等于当日预留", SLOW, PLACED, NIGHTLY},
    {"vouchers", "P2", "check_voucher", "A voucher is of a win, of its unit, with its code; its state follows from its events",
     "券码对应中奖与份号，状态源自其事件", SLOW, PLACED, NIGHTLY},
    {"settlements", "P3", "check_settlement", "A settled campaign holds nothing, and its statement adds up", "已结清的活动无余额且结算单平衡", SLOW, PLACED, NIGHTLY},
    {"stale", "P4", "check_stale", "No payout and no suspense is left for longer than a week", "没有打款或挂账超过一周未处理", QUICK, PLACED, MINUTE},
};
/* clang-format on */

size_t ledger_invariant_count(void)
{
    return sizeof LEDGER_INVARIANTS / sizeof *LEDGER_INVARIANTS;
}

const char *ledger_invariant_text(const struct ledger_invariant *invariant, enum hb_lang lang)
{
    return lang == HB_ZH ? invariant->zh : invariant->en;
}
