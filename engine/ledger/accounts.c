/*
 * ledger/accounts.c - names of accounts and kinds of transfers.
 */
#include "ledger/accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *debit, *credit;
} KINDS[] = {
#define TRANSFER_ROW(symbol, name, debit, credit, what) {name, debit, credit},
    TRANSFER_KINDS(TRANSFER_ROW)};

/* Names are slugs of at most SLUG_MAX characters, so they fit. */
struct account_name account_budget(const char *campaign)
{
    struct account_name name;

    snprintf(name.text, sizeof name.text, "budget:%.32s", campaign);
    return name;
}

struct account_name account_float(const char *campaign, uint32_t shard)
{
    struct account_name name;

    snprintf(name.text, sizeof name.text, "float:%.32s:%" PRIu32, campaign, shard);
    return name;
}

struct account_name account_payable(const char *campaign, uint32_t shard)
{
    struct account_name name;

    snprintf(name.text, sizeof name.text, "payable:%.32s:%" PRIu32, campaign, shard);
    return name;
}

struct account_name account_provider(const char *merchant)
{
    struct account_name name;

    snprintf(name.text, sizeof name.text, "provider:%.32s", merchant);
    return name;
}

const char *transfer_kind_name(enum transfer_kind kind)
{
    return KINDS[kind].name;
}

void transfer_kind_sides(enum transfer_kind kind, const char **debit, const char **credit)
{
    *debit = KINDS[kind].debit;
    *credit = KINDS[kind].credit;
}

bool transfer_kind_parse(const char *name, enum transfer_kind *out)
{
    for (size_t i = 0; i < TRANSFER_KIND_COUNT; i++) {
        if (strcmp(KINDS[i].name, name) == 0) {
            *out = (enum transfer_kind)i;
            return true;
        }
    }
    return false;
}

static bool account_is(const char *account, const char *class)
{
    size_t len = strlen(class);

    return strncmp(account, class, len) == 0 && (account[len] == ':' || account[len] == '\0');
}

bool transfer_fits(enum transfer_kind kind, const char *debit_account, const char *credit_account)
{
    if (strcmp(KINDS[kind].debit, "*") == 0) {
        return account_is(debit_account, ACCOUNT_SUSPENSE) != account_is(credit_account, ACCOUNT_SUSPENSE);
    }
    return account_is(debit_account, KINDS[kind].debit) && account_is(credit_account, KINDS[kind].credit);
}
