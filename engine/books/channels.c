/*
 * books/channels.c - the largest win of each prize against every channel.
 */
#include "books/channels.h"

#include "ledger/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMED = 3, NAMES_MAX = 160 };

/* The limits of a campaign that is not there yet are its table's defaults. */
#define LIMIT(column)                                                                                \
    "coalesce(y." column ", (SELECT pg_get_expr(d.adbin, d.adrelid)::bigint FROM pg_attrdef d JOIN " \
    "pg_attribute a ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum) WHERE a.attrelid = "            \
    "'hongbao.wallet_policy'::regclass AND a.attname = '" column "'))"

hb_err channels_read(struct pg *pg, const char *slug, struct channels *out)
{
    static const char SQL[] = "SELECT " LIMIT("max_parts") ", " LIMIT(
        "max_fen") ", m.id, m.single_cap_fen, m.day_cap_fen FROM (SELECT) one "
                   "LEFT JOIN campaign c ON c.slug = $1 "
                   "LEFT JOIN wallet_policy y ON y.campaign = c.id "
                   "LEFT JOIN merchant m ON y.merchants IS NULL OR m.id = ANY (y.merchants) "
                   "ORDER BY m.single_cap_fen DESC, m.id";
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(pg, &rows, SQL, "%s", slug);

    *out = (struct channels){.count = 0};
    if (err != HB_OK) {
        return err;
    }
    out->max_parts = pg_i64(rows, 0, 0);
    out->max_fen = pg_i64(rows, 0, 1);
    out->at = calloc((size_t)pg_rows(rows), sizeof *out->at);
    for (int row = 0; out->at != NULL && row < pg_rows(rows) && !pg_null(rows, row, 2); row++) {
        struct channel *channel = &out->at[out->count++];

        (void)snprintf(channel->merchant, sizeof channel->merchant, "%s", pg_text(rows, row, 2));
        channel->single_cap_fen = pg_i64(rows, row, 3);
        channel->day_cap_fen = pg_i64(rows, row, 4);
    }
    pg_result_free(rows);
    return out->at == NULL ? HB_E_NOMEM : HB_OK;
}

void channels_free(struct channels *channels)
{
    free(channels->at);
    *channels = (struct channels){.count = 0};
}

/* The largest win that it can pay. Pieces of a cut win are nearly equal, so a day's cap below the single cap
 * bears only as many of them as leave each within it. */
static int64_t channel_most_fen(const struct channel *channel, int64_t max_parts)
{
    int64_t cap = channel->single_cap_fen, day = channel->day_cap_fen;

    if (day == 0 || day >= cap) {
        return max_parts * cap;
    }
    for (int64_t parts = max_parts; parts > 1; parts--) {
        if (parts * day > (parts - 1) * cap) {
            return parts * day;
        }
    }
    return day;
}

static bool can_pay(const struct channel *channel, int64_t max_parts, int64_t fen)
{
    int64_t parts = parts_needed(fen, channel->single_cap_fen);

    return parts <= max_parts && (channel->day_cap_fen == 0 || (fen - 1) / parts + 1 <= channel->day_cap_fen);
}

static bool any_can_pay(const struct channels *channels, int64_t fen)
{
    for (size_t i = 0; i < channels->count; i++) {
        if (can_pay(&channels->at[i], channels->max_parts, fen)) {
            return true;
        }
    }
    return false;
}

/* "m1 2000000, m2 400000": the first few. */
static void channels_name(const struct channels *channels, char out[static NAMES_MAX])
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < channels->count && i < NAMED && len < NAMES_MAX; i++) {
        len += (size_t)snprintf(out + len,
                                NAMES_MAX - len,
                                "%s%s %" PRId64,
                                i == 0 ? "" : ", ",
                                channels->at[i].merchant,
                                channel_most_fen(&channels->at[i], channels->max_parts));
    }
    if (channels->count > NAMED && len < NAMES_MAX) {
        (void)snprintf(out + len, NAMES_MAX - len, ", ...");
    }
}

/* What a unit can be worth; 0 when it is no money, or not known. */
static int64_t largest_fen(const struct document_prize *prize, const char **member)
{
    int64_t fen = 0;

    if (prize->kind == PRIZE_CASH) {
        *member = "amount_fen";
        fen = prize->amount_fen;
    } else if (prize->kind == PRIZE_CASH_SPLIT) {
        *member = "max_fen";
        fen = prize->max_fen;
    }
    return fen > 0 ? fen : 0; /* FIELD_UNKNOWN is not */
}

static void prize_check(const struct document_prize *prize,
                        const struct path *path,
                        const struct channels *channels,
                        bool published,
                        struct problems *problems)
{
    const char *member = "";
    int64_t fen = largest_fen(prize, &member);
    struct path here = path_member(path, member);
    char win[64], names[NAMES_MAX];

    if (fen == 0) {
        return;
    }
    if (channels->count > 0 && !any_can_pay(channels, fen)) {
        (void)snprintf(win, sizeof win, "%s %" PRId64, prize->id == NULL ? "" : prize->id, fen);
        channels_name(channels, names);
        problem_add(problems, &here, published ? PROBLEM_UNPAYABLE_LATER : PROBLEM_UNPAYABLE, win, names);
    }
    if (fen > channels->max_fen) {
        problem_add(
            problems, &here, PROBLEM_OVER_WITHDRAWAL, fact_int(fen).text, fact_int(channels->max_fen).text);
    }
}

void channels_check(const struct document *document,
                    const struct channels *channels,
                    bool published,
                    struct problems *problems)
{
    struct path prizes = path_member(NULL, "prizes");
    bool cash = false;

    for (size_t i = 0; i < document->prize_count; i++) {
        struct path path = path_item(&prizes, i);
        const char *member;

        prize_check(&document->prizes[i], &path, channels, published, problems);
        cash = cash || largest_fen(&document->prizes[i], &member) > 0;
    }
    if (cash && channels->count == 0) {
        problem_add(problems, &prizes, PROBLEM_NO_CHANNEL, NULL, NULL);
    }
}
