/*
 * audit/campaign_facts.h - what was published about a campaign: commitment, seed once known, versions with
 * tables.
 *
 * Ownership  campaign_facts_load() gives the facts to the caller, who ends them with campaign_facts_free().
 */
#pragma once

#include "audit/findings.h"
#include "base/err.h"
#include "lottery/fairness.h"
#include "store/pg.h"

struct published_version {
    char *table_json; /* the bytes that were hashed */
    size_t table_json_len;
    uint8_t table_hash[SHA256_BYTES], cover[SHA256_BYTES];
    int64_t published_ms;
    struct table *table; /* NULL when the text is not a table */
};

struct campaign_facts {
    int64_t id;
    char slug[SLUG_MAX + 1];
    uint32_t shards;
    uint8_t commitment[SHA256_BYTES];
    bool revealed;
    bool has_secret; /* revealed, or given by the caller, or readable for this login role */
    uint8_t secret[32];
    char *public_name;  /* JSON; NULL: operator-sealed */
    char *public_value; /* NULL: not known yet */
    bool seeded;
    struct seed seed;
    uint32_t version_count; /* versions 1..count */
    struct published_version *versions;
};

/* HB_E_NO_CAMPAIGN; else as pg_call(). secret: 32 bytes for a campaign that is not revealed, or NULL. Begins
 * no transaction of its own; reads the secret column only when it must, which fails quietly for an auditor.
 */
HB_CHECKED hb_err campaign_facts_load(struct pg *pg,
                                      const char *slug,
                                      const uint8_t *secret,
                                      struct campaign_facts **out);
void campaign_facts_free(struct campaign_facts *facts); /* accepts NULL */

/* The published table of a version; NULL when there is none. A replay_table_fn when arg is the facts. */
const struct table *campaign_facts_table(const struct campaign_facts *facts, uint32_t version);

/* Commitment, table hashes and covers are what they must be. */
void campaign_facts_check(const struct campaign_facts *facts, struct findings *findings);
