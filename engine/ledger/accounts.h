/*
 * ledger/accounts.h - the chart of accounts: names, kinds of transfers, and the promises the books keep.
 *
 *   bank                        money received from the sponsor; outside the engine, so it may go into debit
 *   budget:<campaign>           what the campaign has not given to a shard
 *   float:<campaign>:<shard>    what a shard may still give: the fen of its stock
 *   payable:<campaign>:<shard>  what its winners are owed: the win rows are its sub-ledger
 *   provider:<merchant>         what a provider holds for us to pay out; an asset, like the bank
 *   tax_withheld                what was kept back for the authority
 *   suspense                    differences that two people moved here until they are understood; either way
 *
 * A transfer is one row: debit X, credit Y, amount. Liabilities may not owe: credit - debit - pending debit
 * >= 0; a provider's account debit - credit - pending credit >= 0; bank and suspense have no limit.
 */
#pragma once

#include "base/err.h"
#include "base/ids.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ACCOUNT_NAME_MAX = 64 };

#define ACCOUNT_BANK "bank"
#define ACCOUNT_TAX_WITHHELD "tax_withheld"
#define ACCOUNT_SUSPENSE "suspense"

struct account_name {
    char text[ACCOUNT_NAME_MAX + 1];
};

struct account_name account_budget(const char *campaign);
struct account_name account_float(const char *campaign, uint32_t shard);
struct account_name account_payable(const char *campaign, uint32_t shard);
struct account_name account_provider(const char *merchant);

/* THE list; the migrations have it as table transfer_kind. `*`: any account, with suspense as the other side.
 *     symbol           name      debit      credit      what */
#define TRANSFER_KINDS(X)                                                                                 \
    X(TRANSFER_FUND, "fund", "bank", "budget", "the sponsor's money arrives")                             \
    X(TRANSFER_LEASE, "lease", "budget", "float", "units and their fen go to a shard")                    \
    X(TRANSFER_RETURN, "return", "float", "budget", "units and their fen come back")                      \
    X(TRANSFER_WIN, "win", "float", "payable", "winners are owed what they won")                          \
    X(TRANSFER_TOPUP, "topup", "provider", "bank", "money for payouts goes to a provider")                \
    X(TRANSFER_PAYOUT, "payout", "payable", "provider", "a winner is paid: pending, then posted or void") \
    X(TRANSFER_TAX, "tax", "payable", "tax_withheld", "tax that the winner bears, with the payout")       \
    X(TRANSFER_GROSS_UP,                                                                                  \
      "gross_up",                                                                                         \
      "budget",                                                                                           \
      "tax_withheld",                                                                                     \
      "tax that the organiser bears, with the payout")                                                    \
    X(TRANSFER_REMIT, "remit", "tax_withheld", "bank", "withheld tax is paid over")                       \
    X(TRANSFER_EXPIRE, "expire", "payable", "budget", "a win lapsed")                                     \
    X(TRANSFER_CLAW_BACK, "claw_back", "payable", "budget", "a win was taken back by two people")         \
    X(TRANSFER_REFUND, "refund", "budget", "bank", "a closed campaign gives back what is left")           \
    X(TRANSFER_ADJUST, "adjust", "*", "*", "two people move a difference to or from suspense")

#define TRANSFER_ENUM(symbol, name, debit, credit, what) symbol,
enum transfer_kind { TRANSFER_KINDS(TRANSFER_ENUM) TRANSFER_KIND_COUNT };

const char *transfer_kind_name(enum transfer_kind kind);
void transfer_kind_sides(enum transfer_kind kind,
                         const char **debit,
                         const char **credit); /* classes, or "*" */
bool transfer_kind_parse(const char *name, enum transfer_kind *out);
/* Do the two accounts fit the kind? "budget:spring" is a budget. */
bool transfer_fits(enum transfer_kind kind, const char *debit_account, const char *credit_account);
