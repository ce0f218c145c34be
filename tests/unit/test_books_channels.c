/*
 * Unit tests of what engine/books/channels.c says of a document; the reading meets a real PostgreSQL in
 * tests/system/books_publish.py.
 */
#include "books/channels.h"

#include "tests/support/unit.h"

#include <string.h>

enum { PARTS = 100 };

static struct channel SMALL = {"small", 20000, 0}; /* 2,000,000 in a hundred parts */
static struct channel WIDE = {"wide", 40000, 0};
static struct channel DAY = {"day", 20000, 19900}; /* more than 19,900 in one part never leaves */

/* The only problem, with code "" for none; its texts are the list's. */
static struct problem
asked(struct problems *problems, struct channel *at, size_t count, int64_t kind, int64_t fen, bool published)
{
    struct document_prize prize = {.id = "grand", .kind = kind, .amount_fen = fen, .max_fen = fen};
    struct document document = {.prizes = &prize, .prize_count = 1};
    struct channels channels = {.at = at, .count = count, .max_parts = PARTS, .max_fen = INT64_C(50000000)};

    channels_check(&document, &channels, published, problems);
    assert_true(problems->count <= 1);
    return problems->count == 1 ? problems->items[0] : (struct problem){.code = ""};
}

static bool refused(struct channel *at, size_t count, int64_t fen)
{
    struct problems *problems = problems_new();
    const struct problem found = asked(problems, at, count, PRIZE_CASH, fen, false);
    bool error = found.code[0] != '\0' && found.severity == SEVERITY_ERROR;

    assert_true(found.code[0] == '\0' || strcmp(found.code, "prize_unpayable") == 0);
    problems_free(problems);
    return error;
}

TEST(a_win_that_some_channel_can_pay_in_parts_is_no_problem)
{
    struct channel both[] = {WIDE, SMALL};

    assert_false(refused(&SMALL, 1, 1));
    assert_false(refused(&SMALL, 1, INT64_C(20000) * PARTS));
    assert_true(refused(&SMALL, 1, INT64_C(20000) * PARTS + 1));
    assert_false(refused(both, 2, INT64_C(20000) * PARTS + 1));
    assert_false(refused(both, 2, INT64_C(40000) * PARTS));
    assert_true(refused(both, 2, INT64_C(40000) * PARTS + 1));
}

TEST(a_part_above_the_cap_of_a_day_never_leaves)
{
    assert_false(refused(&DAY, 1, 19900));
    assert_true(refused(&DAY, 1, 19901));  /* in one part */
    assert_false(refused(&DAY, 1, 20001)); /* in two */
    assert_true(refused(&DAY, 1, INT64_C(20000) * PARTS));
    assert_false(refused(&DAY, 1, INT64_C(19900) * PARTS));
}

TEST(a_refusal_names_prize_amount_and_channels)
{
    struct channel both[] = {WIDE, SMALL};
    struct problems *problems = problems_new();
    const struct problem found = asked(problems, both, 2, PRIZE_CASH_SPLIT, 4000001, false);

    assert_string_equal(found.pointer, "/prizes/0/max_fen");
    assert_non_null(strstr(found.en, "grand 4000001"));
    assert_non_null(strstr(found.en, "wide 4000000, small 2000000"));
    assert_non_null(strstr(found.zh, "grand 4000001"));
    assert_non_null(strstr(found.zh, "wide 4000000, small 2000000"));
    problems_free(problems);
}

TEST(without_any_merchant_number_it_is_a_warning)
{
    struct problems *problems = problems_new();
    const struct problem found = asked(problems, NULL, 0, PRIZE_CASH, 4000001, false);

    assert_string_equal(found.code, "no_payment_channel");
    assert_int_equal(found.severity, SEVERITY_WARNING);
    problems_free(problems);
}

TEST(what_is_promised_already_is_a_warning)
{
    struct problems *problems = problems_new();
    const struct problem found = asked(problems, &SMALL, 1, PRIZE_CASH, 2000001, true);

    assert_string_equal(found.code, "prize_unpayable");
    assert_int_equal(found.severity, SEVERITY_WARNING);
    problems_free(problems);
}

TEST(what_is_no_money_or_could_not_be_read_needs_no_channel)
{
    struct problems *problems = problems_new();

    assert_string_equal(asked(problems, NULL, 0, PRIZE_VOUCHER, 0, false).code, "");
    assert_string_equal(asked(problems, &SMALL, 1, PRIZE_CASH, FIELD_UNKNOWN, false).code, "");
    problems_free(problems);
}

TEST(more_than_a_withdrawal_may_be_is_a_warning)
{
    struct problems *problems = problems_new();
    struct channel rich = {"rich", 1000000, 0};
    const struct problem found = asked(problems, &rich, 1, PRIZE_CASH, 50000001, false);

    assert_string_equal(found.code, "above_withdrawal_limit");
    assert_int_equal(found.severity, SEVERITY_WARNING);
    problems_free(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_win_that_some_channel_can_pay_in_parts_is_no_problem),
        RUN(a_part_above_the_cap_of_a_day_never_leaves),
        RUN(a_refusal_names_prize_amount_and_channels),
        RUN(without_any_merchant_number_it_is_a_warning),
        RUN(what_is_promised_already_is_a_warning),
        RUN(what_is_no_money_or_could_not_be_read_needs_no_channel),
        RUN(more_than_a_withdrawal_may_be_is_a_warning),
    };

    return RUN_ALL(tests);
}
