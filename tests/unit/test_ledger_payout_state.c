/*
 * Unit tests of engine/ledger/payout_state.c.
 */
#include "ledger/payout_state.h"

#include "tests/support/unit.h"

#include <string.h>

static enum payout_state after(enum payout_state before, enum payout_event event)
{
    enum payout_state state = PAYOUT_STATE_COUNT;

    return payout_step(before, event, &state) ? state : PAYOUT_STATE_COUNT;
}

static enum payout_judgement
judge(enum payout_state state, enum payout_event event, enum payout_source source)
{
    return payout_judge(&(struct payout_now){.state = state, .amount_fen = 100},
                        &(struct payout_word){.event = event, .source = source});
}

TEST(states_are_found_by_name)
{
    enum payout_state found = PAYOUT_PLANNED;

    for (int i = 0; i < PAYOUT_STATE_COUNT; i++) {
        assert_true(payout_state_parse(payout_state_name((enum payout_state)i), &found));
        assert_int_equal(found, i);
    }
    assert_false(payout_state_parse("lost", &found));
    assert_string_equal(payout_event_name(PAYOUT_SAID_NOT_SEEN), "not_seen");
    assert_string_equal(payout_source_name(PAYOUT_BY_BILL), "bill");
}

TEST(the_plain_way_ends_paid)
{
    assert_int_equal(after(PAYOUT_PLANNED, PAYOUT_RESERVE), PAYOUT_RESERVED);
    assert_int_equal(after(PAYOUT_RESERVED, PAYOUT_SEND), PAYOUT_SENT);
    assert_int_equal(after(PAYOUT_SENT, PAYOUT_SAID_WAITING), PAYOUT_WAITING_USER);
    assert_int_equal(after(PAYOUT_WAITING_USER, PAYOUT_SAID_PAID), PAYOUT_PAID);
}

TEST(ends_are_ends)
{
    for (int event = 0; event < PAYOUT_EVENT_COUNT; event++) {
        assert_int_equal(after(PAYOUT_PAID, (enum payout_event)event), PAYOUT_STATE_COUNT);
        assert_int_equal(after(PAYOUT_FAILED, (enum payout_event)event), PAYOUT_STATE_COUNT);
    }
    assert_true(payout_ended(PAYOUT_PAID) && payout_ended(PAYOUT_FAILED) && !payout_ended(PAYOUT_UNKNOWN));
}

TEST(what_may_have_been_sent_is_not_taken_back)
{
    for (int each = 0; each < PAYOUT_STATE_COUNT; each++) {
        bool untouched = each == PAYOUT_PLANNED || each == PAYOUT_RESERVED;

        assert_int_equal(after((enum payout_state)each, PAYOUT_WITHDRAW) == PAYOUT_FAILED, untouched);
    }
}

TEST(an_unknown_one_is_not_sent_again_before_it_was_asked_for)
{
    assert_int_equal(after(PAYOUT_UNKNOWN, PAYOUT_SEND), PAYOUT_STATE_COUNT);
    assert_int_equal(after(PAYOUT_UNKNOWN, PAYOUT_SAID_NOT_SEEN), PAYOUT_SENT);
    assert_int_equal(after(PAYOUT_SENT, PAYOUT_SEND), PAYOUT_SENT);
}

TEST(only_a_query_a_callback_or_the_bill_ends_the_unknown)
{
    assert_int_equal(judge(PAYOUT_UNKNOWN, PAYOUT_SAID_PAID, PAYOUT_BY_ANSWER), PAYOUT_ASK_FIRST);
    assert_int_equal(judge(PAYOUT_UNKNOWN, PAYOUT_SAID_FAILED, PAYOUT_BY_ANSWER), PAYOUT_ASK_FIRST);
    assert_int_equal(judge(PAYOUT_UNKNOWN, PAYOUT_SAID_NOTHING, PAYOUT_BY_ENGINE), PAYOUT_APPLY);
    assert_int_equal(judge(PAYOUT_UNKNOWN, PAYOUT_SAID_PAID, PAYOUT_BY_QUERY), PAYOUT_APPLY);
    assert_int_equal(judge(PAYOUT_UNKNOWN, PAYOUT_SAID_PAID, PAYOUT_BY_CALLBACK), PAYOUT_APPLY);
    assert_int_equal(judge(PAYOUT_UNKNOWN, PAYOUT_SAID_FAILED, PAYOUT_BY_BILL), PAYOUT_APPLY);
}

TEST(the_first_final_word_wins_and_another_one_freezes)
{
    assert_int_equal(judge(PAYOUT_PAID, PAYOUT_SAID_PAID, PAYOUT_BY_CALLBACK), PAYOUT_SAME);
    assert_int_equal(judge(PAYOUT_PAID, PAYOUT_SAID_FAILED, PAYOUT_BY_QUERY), PAYOUT_DISAGREE);
    assert_int_equal(judge(PAYOUT_FAILED, PAYOUT_SAID_PAID, PAYOUT_BY_CALLBACK), PAYOUT_DISAGREE);
    assert_int_equal(judge(PAYOUT_PAID, PAYOUT_SAID_IN_PROGRESS, PAYOUT_BY_CALLBACK), PAYOUT_LATE);
    assert_int_equal(judge(PAYOUT_PLANNED, PAYOUT_SAID_PAID, PAYOUT_BY_BILL), PAYOUT_DISAGREE);
}

TEST(another_amount_freezes_in_every_state)
{
    for (int each = 0; each < PAYOUT_STATE_COUNT; each++) {
        const struct payout_now now = {.state = (enum payout_state)each, .amount_fen = 100};
        const struct payout_word word = {
            .event = PAYOUT_SAID_PAID, .source = PAYOUT_BY_QUERY, .has_amount = true, .amount_fen = 101};

        assert_int_equal(payout_judge(&now, &word), PAYOUT_DISAGREE);
    }
}

TEST(a_frozen_one_is_kept_as_it_is)
{
    const struct payout_now now = {.state = PAYOUT_SENT, .amount_fen = 100, .frozen = true};
    const struct payout_word word = {.event = PAYOUT_SAID_PAID, .source = PAYOUT_BY_QUERY};

    assert_int_equal(payout_judge(&now, &word), PAYOUT_KEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(states_are_found_by_name),
        RUN(the_plain_way_ends_paid),
        RUN(ends_are_ends),
        RUN(what_may_have_been_sent_is_not_taken_back),
        RUN(an_unknown_one_is_not_sent_again_before_it_was_asked_for),
        RUN(only_a_query_a_callback_or_the_bill_ends_the_unknown),
        RUN(the_first_final_word_wins_and_another_one_freezes),
        RUN(another_amount_freezes_in_every_state),
        RUN(a_frozen_one_is_kept_as_it_is),
    };

    return RUN_ALL(tests);
}
