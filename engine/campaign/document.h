/*
 * campaign/document.h - the campaign document: what an operator writes, as a struct.
 *
 * docs/campaign-document.md is the reference, docs/campaign.schema.json the schema. Reading notes every
 * problem of form (campaign/problem.h); what the values mean together is campaign/validate.h's job.
 *
 * Units      money in fen, times in ms, decimals (odds, shares) in steps of 1e-9.
 * Ownership  the document owns all it points at; texts live until document_free().
 */
#pragma once

#include "base/ids.h"
#include "campaign/reader.h"
#include "lottery/table.h"

enum {
    DOCUMENT_MAX_BYTES = 1024 * 1024,
    DOCUMENT_CURVE_MAX = 100, /* cutting adds fewer than ten points; CURVE_MAX has room */
    DOCUMENT_SLOTS_MAX = 200,
    DOCUMENT_ORIGINS_MAX = 16,
    WINDOW_DAYS_MAX = 730,
    AMOUNT_MAX_FEN = 5000000, /* the most one win may be */
    MOMENT_UNITS_MAX = 100000,
    DAY_S = 86400,
};
#define BUDGET_MAX_FEN INT64_C(10000000000000) /* 100 thousand million yuan; far below 2^53 */
#define STOCK_MAX_FEN (INT64_MAX / PRIZES_MAX) /* of one prize; PRIZES_MAX of them can be added */
#define UNITS_MAX INT64_C(2147483647)

/* Rows of the prize table in document.c, as bits of document_prize.given. */
enum prize_member {
    MEMBER_ID,
    MEMBER_KIND,
    MEMBER_NAME,
    MEMBER_MODE,
    MEMBER_UNITS,
    MEMBER_AMOUNT,
    MEMBER_TOTAL,
    MEMBER_MIN,
    MEMBER_MAX,
    MEMBER_VALUE,
    MEMBER_ODDS,
    MEMBER_WINS,
    MEMBER_PACING,
    PRIZE_MEMBERS,
};

struct document_point {
    int64_t at_ms, share; /* FIELD_UNKNOWN where unreadable, here and below */
};

struct document_slot {
    bool sound; /* both ends were read and fit */
    bool daily; /* from, to in seconds of the local day; to <= from ends on the next day. Else in ms */
    int64_t from, to;
};

struct document_prize {
    uint64_t given; /* bits of enum prize_member */
    const char *id;
    int64_t kind, mode; /* enum prize_kind, enum prize_mode */
    struct words name;
    int64_t units, amount_fen, total_fen, min_fen, max_fen, value_fen;
    int64_t odds;
    int64_t wins_per_player; /* 0: no cap */
    int64_t per_second;      /* 0: no ceiling */
    struct document_point *curve;
    struct document_slot *slots;
    size_t curve_count, slot_count;
};

struct document {
    const char *id;
    struct words title, rules;
    const char *time_zone; /* always one that exists; UTC when the document's does not */
    int64_t starts_ms, ends_ms;
    int64_t budget_fen;
    int64_t shards;         /* 0: the engine's default */
    int64_t expected_draws; /* 0: not told */
    int64_t base_chances, day_chances;
    int64_t day_cap, campaign_cap; /* draws; 0: no cap */
    struct words public_source;    /* NULLs: operator-sealed only */
    const char **cors_origins;     /* NULL-terminated */
    struct document_prize *prizes;
    size_t prize_count;
    bool sound; /* was read without an error */

    json_t *json;
    struct arena *memory;
};

/* HB_OK also for a document full of problems, as long as it is a JSON object; HB_E_JSON when it is not
 * (a problem says so), HB_E_NOMEM. *out is NULL on error. */
HB_CHECKED hb_err document_parse(const char *text,
                                 size_t len,
                                 struct problems *problems,
                                 struct document **out);
/* From a value that is already parsed; takes a reference. */
HB_CHECKED hb_err document_read(json_t *json, struct problems *problems, struct document **out);
void document_free(struct document *document); /* accepts NULL */

bool prize_has(const struct document_prize *prize, enum prize_member member);
/* What all units together cost; 0 for vouchers and cards, at most STOCK_MAX_FEN, FIELD_UNKNOWN when it
 * cannot be told. */
int64_t prize_stock_fen(const struct document_prize *prize);
const char *prize_member_name(enum prize_member member);
const char *prize_kind_name(enum prize_kind kind); /* "cash_split" */
const char *prize_mode_name(enum prize_mode mode); /* "moments" */
