/*
 * ledger/invariants.c - the list.
 */
#include "ledger/invariants.h"

/* clang-format off */
const struct ledger_invariant LEDGER_INVARIANTS[] = {
    {"prize_sums", "P1", "check_prize", "Of every prize, no more is leased to shards than there is, in units and in fen",
     "每个奖品租给各分片的份数与金额之和不超过其总量", false},
    {"stock_sums", "P1", "check_stock", "A shard's stock equals its leases, returns and wins, in units and in fen",
     "分片库存与其租约、退回和中奖记录在份数与金额上一致", true},
    {"unit_once", "P1", "check_unit", "No unit was won twice", "没有任何一份奖品被中出两次", true},
    {"account_sums", "P3", "check_account", "Every account equals the sum of its transfers, and debits equal credits",
     "每个账户等于其转账之和，借贷相等", false},
    {"shard_accounts", "P3", "check_shard", "A shard's float is its stock in fen, its payable what its winners were given",
     "分片浮存等于其库存金额，应付等于其中奖金额", false},
    {"batch_hashes", "P3", "check_batch", "Every committed batch still has the rows it was hashed with",
     "每个已提交批次的记录与其哈希一致", true},
    {"seal_chain", "P3", "check_seal", "The chain of seals is unbroken and leaves no batch out", "封存链完整且不遗漏任何批次", false},
    {"no_orphans", "P3", "check_orphan", "Every row belongs to a committed batch", "每条记录都属于一个已提交的批次", true},
    {"quarantine_empty", "P2", "quarantine", "Nothing arrived under a name that already had other content",
     "没有同名而内容不同的记录进入账本", false},
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
