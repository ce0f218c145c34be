/*
 * ledger/accounts.h - the chart of accounts: names, kinds of transfers, and the promises the books keep.
 *
 *   bank                        money received from the sponsor; outside the engine, so it may go into debit
 *   budget:<campaign>           what the campaign has not given to a shard
 *   float:<campaign>:<shard>    what a shard may still give: the fen of its stock
 *   payable:<campaign>:<shard>  what its winners are owed: the win rows are its sub-ledger
 *   provider:<merchant>, tax_withheld, suspense   paying out
 *
 * A transfer is one row: debit X, credit Y, amount. All but the bank may not owe: credit >= debit.
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

/*     symbol           name      debit      credit      what */
#define TRANSFER_KINDS(X)                                                              \
    X(TRANSFER_FUND, "fund", "bank", "budget", "the sponsor's money arrives")          \
    X(TRANSFER_LEASE, "lease", "budget", "float", "units and their fen go to a shard") \
    X(TRANSFER_RETURN, "return", "float", "budget", "units and their fen come back")   \
    X(TRANSFER_WIN, "win", "float", "payable", "winners are owed what they won")

#define TRANSFER_ENUM(symbol, name, debit, credit, what) symbol,
enum transfer_kind { TRANSFER_KINDS(TRANSFER_ENUM) TRANSFER_KIND_COUNT };

const char *transfer_kind_name(enum transfer_kind kind);
bool transfer_kind_parse(const char *name, enum transfer_kind *out);
/* Do the two accounts fit the kind? "budget:spring" is a budget. */
bool transfer_fits(enum transfer_kind kind, const char *debit_account, const char *credit_account);
