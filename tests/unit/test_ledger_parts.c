/*
 * Unit tests of engine/ledger/parts.c.
 */
#include "ledger/parts.h"

#include "tests/support/unit.h"

#include <string.h>

enum { CAP = 20000, LEAST = 10, WINS_MAX = 64 };

static uint32_t cut(const int64_t *wins, size_t count, struct part_span *out)
{
    uint32_t parts = 0;
    const struct parts_spec spec = {.net_fen = wins, .count = count, .cap_fen = CAP, .min_fen = LEAST};

    assert_int_equal(parts_cut(&spec, out, &parts), HB_OK);
    return parts;
}

static void check_span(struct part_span span, uint32_t from, uint32_t to)
{
    assert_int_equal(span.from, from);
    assert_int_equal(span.to, to);
}

TEST(small_wins_are_paid_together)
{
    const int64_t wins[] = {9, 500, 19491};
    struct part_span out[3];

    assert_int_equal(cut(wins, 3, out), 1);
    for (size_t i = 0; i < 3; i++) {
        check_span(out[i], 1, 1);
    }
}

TEST(a_win_goes_into_the_first_part_that_has_room)
{
    const int64_t wins[] = {15000, 15000, 5000, 5001, 4000};
    struct part_span out[5];

    assert_int_equal(cut(wins, 5, out), 3);
    check_span(out[0], 1, 1);
    check_span(out[1], 2, 2);
    check_span(out[2], 1, 1);
    check_span(out[3], 3, 3);
    check_span(out[4], 2, 2);
}

TEST(a_large_win_is_cut_into_pieces_of_its_own)
{
    const int64_t wins[] = {300, 50001, 400};
    struct part_span out[3];

    assert_int_equal(cut(wins, 3, out), 4);
    check_span(out[0], 1, 1);
    check_span(out[1], 2, 4);
    check_span(out[2], 1, 1);
}

TEST(what_would_be_below_the_minimum_is_left_out)
{
    const int64_t wins[] = {9, 20000, 20000};
    struct part_span out[3];

    assert_int_equal(cut(wins, 3, out), 2);
    check_span(out[0], 0, 0);
    check_span(out[1], 1, 1);
    check_span(out[2], 2, 2);
}

TEST(nothing_is_cut_into_nothing)
{
    struct part_span out[1];

    assert_int_equal(cut(NULL, 0, out), 0);
}

TEST(limits_that_contradict_are_refused)
{
    const int64_t wins[] = {100}, debt[] = {-1};
    struct part_span out[1];
    uint32_t parts = 9;

    assert_int_equal(parts_cut(&(struct parts_spec){wins, 1, 19, 10}, out, &parts), HB_E_INPUT);
    assert_int_equal(parts_cut(&(struct parts_spec){wins, 1, 100, 0}, out, &parts), HB_E_INPUT);
    assert_int_equal(parts_cut(&(struct parts_spec){debt, 1, 100, 1}, out, &parts), HB_E_INPUT);
    assert_int_equal(parts, 0);
}

TEST(pieces_are_nearly_equal_and_add_up)
{
    for (int64_t total = 1; total < 2000; total += 7) {
        for (uint32_t pieces = 1; pieces < 20; pieces++) {
            int64_t sum = 0;

            for (uint32_t k = 1; k <= pieces; k++) {
                int64_t piece = piece_fen(total, pieces, k);

                assert_true(piece == total / pieces || piece == total / pieces + 1);
                sum += piece;
            }
            assert_int_equal(sum, total);
        }
    }
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Whatever comes: no part above the cap or below the minimum, shared parts hold whole wins, no number is
 * skipped. */
TEST(every_part_can_be_paid)
{
    uint64_t seed = 7;

    for (int round = 0; round < 2000; round++) {
        int64_t wins[WINS_MAX], sums[WINS_MAX * 8] = {0};
        struct part_span out[WINS_MAX];
        size_t count = random_next(&seed) % WINS_MAX;
        uint32_t parts;

        for (size_t i = 0; i < count; i++) {
            wins[i] = (int64_t)(random_next(&seed) % (random_next(&seed) % 4 == 0 ? 100000 : 3000));
        }
        parts = cut(wins, count, out);
        for (size_t i = 0; i < count; i++) {
            uint32_t pieces = out[i].to - out[i].from + 1;

            assert_true(out[i].to <= parts && out[i].from <= out[i].to);
            assert_true(out[i].from == 0 || pieces == parts_needed(wins[i], CAP));
            for (uint32_t k = 1; out[i].from > 0 && k <= pieces; k++) {
                sums[out[i].from + k - 1] += piece_fen(wins[i], pieces, k);
            }
        }
        for (uint32_t k = 1; k <= parts; k++) {
            assert_true(sums[k] >= LEAST && sums[k] <= CAP);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(small_wins_are_paid_together),
        RUN(a_win_goes_into_the_first_part_that_has_room),
        RUN(a_large_win_is_cut_into_pieces_of_its_own),
        RUN(what_would_be_below_the_minimum_is_left_out),
        RUN(nothing_is_cut_into_nothing),
        RUN(limits_that_contradict_are_refused),
        RUN(pieces_are_nearly_equal_and_add_up),
        RUN(every_part_can_be_paid),
    };

    return RUN_ALL(tests);
}
