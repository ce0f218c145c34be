/*
 * campaign/validate_stock.c - all prizes together: budget, odds, and whether the stock fits the crowd.
 */
#include "campaign/validate_internal.h"

#include <math.h>

/* The sum of what is known; *whole: nothing was left out. */
static int64_t stock_fen(const struct document *document, bool *whole)
{
    int64_t sum_fen = 0;

    *whole = true;
    for (size_t i = 0; i < document->prize_count && i < PRIZES_MAX; i++) {
        int64_t fen = prize_stock_fen(&document->prizes[i]);

        *whole = *whole && known(fen);
        sum_fen += known(fen) ? fen : 0;
    }
    return sum_fen;
}

static void check_budget(struct check *check)
{
    bool whole;
    int64_t stock = stock_fen(check->document, &whole);
    int64_t budget = check->document->budget_fen;
    struct path here = path_member(NULL, "budget_fen");

    if (!known(budget) || check->document->prize_count == 0) {
        return;
    }
    if (stock > budget) {
        problem_add(check->problems, &here, PROBLEM_STOCK, fact_int(stock).text, fact_int(budget).text);
    } else if (whole && budget > stock + stock / 2) {
        problem_add(check->problems, &here, PROBLEM_BUDGET_IDLE, fact_int(stock).text, fact_int(budget).text);
    }
}

static bool has_odds(const struct document_prize *prize)
{
    return prize->mode == PRIZE_ODDS && prize->odds > 0;
}

static int64_t odds_sum(const struct document *document)
{
    int64_t sum = 0;

    for (size_t i = 0; i < document->prize_count; i++) {
        sum += has_odds(&document->prizes[i]) ? document->prizes[i].odds : 0;
    }
    return sum;
}

void check_stock(struct check *check)
{
    struct path prizes = path_member(NULL, "prizes");
    int64_t sum = odds_sum(check->document);

    check_budget(check);
    if (sum > NANO) {
        problem_add(check->problems, &prizes, PROBLEM_ODDS_SUM, fact_decimal(sum).text, NULL);
    }
}

/* Expectations, not accounts: doubles will do. */
static int64_t expected_wins(int64_t draws, int64_t odds)
{
    return llround((double)draws * (double)odds / (double)NANO);
}

/* Slots make some draws count and others not; nothing can be said then. */
static void check_odds_stock(struct check *check, const struct path *path, const struct document_prize *prize)
{
    struct path units = path_member(path, "units");
    int64_t wins = expected_wins(check->document->expected_draws, prize->odds);
    enum problem_id id = wins < prize->units ? PROBLEM_ODDS_IDLE : PROBLEM_ODDS_DRY;

    if (prize->slot_count > 0 || !known(prize->units)) {
        return;
    }
    if ((double)wins < 0.9 * (double)prize->units || (double)wins > 1.1 * (double)prize->units) {
        problem_add(check->problems, &units, id, fact_int(wins).text, fact_int(prize->units).text);
    }
}

struct always_facts {
    int64_t units;       /* of all `always` prizes */
    int64_t other_units; /* of all others */
    size_t last;         /* the last one without cap and pacing */
    bool open;           /* there is such a one */
};

static bool is_open(const struct document_prize *prize)
{
    return prize->wins_per_player == 0 && prize->per_second == 0 && prize->slot_count == 0 &&
           prize->curve_count == 0;
}

static struct always_facts always_facts_of(const struct document *document)
{
    struct always_facts facts = {0};

    for (size_t i = 0; i < document->prize_count; i++) {
        const struct document_prize *prize = &document->prizes[i];

        if (!known(prize->units)) {
            continue;
        }
        if (prize->mode != PRIZE_ALWAYS) {
            facts.other_units += prize->units;
            continue;
        }
        facts.units += prize->units;
        if (is_open(prize)) {
            facts.open = true;
            facts.last = i;
        }
    }
    return facts;
}

/* Everybody who wins nothing else gets an `always` prize, so the expected draws tell the need. When they are
 * not told: at least as many units as all other prizes have, or it is not meant for everybody. */
static void check_always(struct check *check)
{
    const struct document *document = check->document;
    struct always_facts facts = always_facts_of(document);
    int64_t rest = NANO - odds_sum(document);
    struct path prizes = path_member(NULL, "prizes");
    struct path here = path_item(&prizes, facts.last);
    struct path units = path_member(&here, "units");
    int64_t need = facts.other_units;

    if (document->expected_draws > 0) {
        need = expected_wins(document->expected_draws, rest > 0 ? rest : 0);
    }
    if (facts.open && known(document->expected_draws) && facts.units < need) {
        problem_add(
            check->problems, &units, PROBLEM_ALWAYS_DRY, fact_int(need).text, fact_int(facts.units).text);
    }
}

void check_expectations(struct check *check)
{
    struct path prizes = path_member(NULL, "prizes");

    for (size_t i = 0; check->document->expected_draws > 0 && i < check->document->prize_count; i++) {
        struct path here = path_item(&prizes, i);

        if (has_odds(&check->document->prizes[i])) {
            check_odds_stock(check, &here, &check->document->prizes[i]);
        }
    }
    check_always(check);
}
