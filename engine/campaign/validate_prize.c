/*
 * campaign/validate_prize.c - one prize by itself: its kind, its mode, its amounts.
 */
#include "campaign/validate_internal.h"

#define BIT(member) (UINT64_C(1) << (member))

/* Which amounts a kind of prize needs, and which it may have besides. */
static const struct {
    uint64_t needs, may;
} KIND_MEMBERS[] = {
    [PRIZE_CASH] = {BIT(MEMBER_AMOUNT), 0},
    [PRIZE_CASH_SPLIT] = {BIT(MEMBER_TOTAL) | BIT(MEMBER_MIN) | BIT(MEMBER_MAX), 0},
    [PRIZE_VOUCHER] = {0, BIT(MEMBER_VALUE)},
    [PRIZE_CARD] = {0, 0},
};

static void check_kind(struct check *check, const struct path *path, const struct document_prize *prize)
{
    for (enum prize_member member = MEMBER_AMOUNT; member <= MEMBER_VALUE; member++) {
        const char *name = prize_member_name(member);
        struct path here = path_member(path, name);
        bool needed = (KIND_MEMBERS[prize->kind].needs & BIT(member)) != 0;
        bool allowed = needed || (KIND_MEMBERS[prize->kind].may & BIT(member)) != 0;

        if (needed && !prize_has(prize, member)) {
            problem_add(check->problems, path, PROBLEM_MISSING, name, NULL);
        } else if (!allowed && prize_has(prize, member)) {
            problem_add(check->problems,
                        &here,
                        PROBLEM_KIND_MEMBER,
                        name,
                        prize_kind_name((enum prize_kind)prize->kind));
        }
    }
}

static void check_mode(struct check *check, const struct path *path, const struct document_prize *prize)
{
    const char *mode = prize_mode_name((enum prize_mode)prize->mode);
    struct path odds = path_member(path, "odds");
    struct path pacing = path_member(path, "pacing");
    struct path per_second = path_member(&pacing, "per_second");
    struct path units = path_member(path, "units");

    if (prize->mode == PRIZE_ODDS && !prize_has(prize, MEMBER_ODDS)) {
        problem_add(check->problems, path, PROBLEM_MISSING, "odds", NULL);
    }
    if (prize->mode != PRIZE_ODDS && prize_has(prize, MEMBER_ODDS)) {
        problem_add(check->problems, &odds, PROBLEM_MODE_MEMBER, "odds", mode);
    }
    if (prize->mode == PRIZE_MOMENTS && prize->per_second != 0) {
        problem_add(check->problems, &per_second, PROBLEM_MODE_MEMBER, "per_second", mode);
    }
    if (prize->mode == PRIZE_MOMENTS && prize->units > MOMENT_UNITS_MAX) {
        problem_add(check->problems, &units, PROBLEM_RANGE, "1", fact_int(MOMENT_UNITS_MAX).text);
    }
}

static void check_amount(struct check *check, const struct path *path, const char *name, int64_t fen)
{
    struct path here = path_member(path, name);

    if (fen > AMOUNT_MAX_FEN) {
        problem_add(check->problems, &here, PROBLEM_AMOUNT, fact_int(AMOUNT_MAX_FEN).text, NULL);
    }
}

static void check_split(struct check *check, const struct path *path, const struct document_prize *prize)
{
    struct path max = path_member(path, "max_fen");
    struct path total = path_member(path, "total_fen");

    check_amount(check, path, "max_fen", prize->max_fen);
    if (prize->min_fen < 1 || prize->max_fen < 1) {
        return; /* missing or unreadable */
    }
    if (prize->max_fen < prize->min_fen) {
        problem_add(check->problems, &max, PROBLEM_SPLIT_RANGE, NULL, NULL);
        return;
    }
    if (prize->max_fen > AMOUNT_MAX_FEN || !known(prize->units) || prize->total_fen < 1) {
        return;
    }
    if (prize->total_fen < prize->units * prize->min_fen ||
        prize->total_fen > prize->units * prize->max_fen) {
        problem_add(check->problems,
                    &total,
                    PROBLEM_SPLIT,
                    fact_int(prize->units * prize->min_fen).text,
                    fact_int(prize->units * prize->max_fen).text);
    }
}

void check_prize(struct check *check, const struct path *path, const struct document_prize *prize)
{
    struct path odds = path_member(path, "odds");

    if (known(prize->kind)) {
        check_kind(check, path, prize);
    }
    if (known(prize->mode)) {
        check_mode(check, path, prize);
    }
    if (prize->kind == PRIZE_CASH) {
        check_amount(check, path, "amount_fen", prize->amount_fen);
    } else if (prize->kind == PRIZE_CASH_SPLIT) {
        check_split(check, path, prize);
    }
    if (prize->mode == PRIZE_ODDS && prize_has(prize, MEMBER_ODDS) && prize->odds == 0) {
        problem_add(check->problems, &odds, PROBLEM_ODDS_ZERO, NULL, NULL);
    }
}
