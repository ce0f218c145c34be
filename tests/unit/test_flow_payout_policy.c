/*
 * Unit tests of flow/payout_policy.c: the table, row by row, and what an absence may end.
 */
#include "flow/payout_policy.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS (24LL * 3600 * 1000)

static struct provider_verdict said(enum provider_outcome outcome)
{
    return (struct provider_verdict){.outcome = outcome, .verified = true, .code = "WORD"};
}

static struct payout_reaction
react(enum payout_call call, enum provider_outcome outcome, enum payout_state state, int64_t since_send_ms)
{
    const struct provider_verdict verdict = said(outcome);

    return payout_react(&(struct payout_case){
        .call = call, .verdict = &verdict, .state = state, .sends = 1, .since_send_ms = since_send_ms});
}

/* clang-format off */
static const struct {
    enum provider_outcome outcome;
    enum payout_act act;
    enum payout_event event;
    enum payout_source source;
    int64_t next_ms;
    bool stops, alarms;
} CREATES[] = {
    {PROVIDER_UNKNOWN,       PAYOUT_TELL,   PAYOUT_SAID_NOTHING,     PAYOUT_BY_ENGINE, 1000,    false, false},
    {PROVIDER_PAID,          PAYOUT_TELL,   PAYOUT_SAID_PAID,        PAYOUT_BY_ANSWER, 0,       false, false},
    {PROVIDER_REFUSED,       PAYOUT_TELL,   PAYOUT_SAID_FAILED,      PAYOUT_BY_ANSWER, 0,       false, false},
    {PROVIDER_RETURNED,      PAYOUT_TELL,   PAYOUT_SAID_PAID,        PAYOUT_BY_ANSWER, 0,       false, true},
    {PROVIDER_WAITS,         PAYOUT_TELL,   PAYOUT_SAID_WAITING,     PAYOUT_BY_ANSWER, 5000,    false, false},
    {PROVIDER_IN_PROGRESS,   PAYOUT_TELL,   PAYOUT_SAID_IN_PROGRESS, PAYOUT_BY_ANSWER, 1000,    false, false},
    {PROVIDER_DIFFERS,       PAYOUT_FREEZE, PAYOUT_SAID_NOTHING,     PAYOUT_BY_ENGINE, 0,       false, true},
    {PROVIDER_ABSENT,        PAYOUT_TELL,   PAYOUT_SAID_NOTHING,     PAYOUT_BY_ENGINE, 1000,    false, false},
    {PROVIDER_NOT_SENT,      PAYOUT_TELL,   PAYOUT_SAID_PARKED,      PAYOUT_BY_ENGINE, 5000,    false, false},
    {PROVIDER_NO_FUNDS,      PAYOUT_TELL,   PAYOUT_SAID_PARKED,      PAYOUT_BY_ENGINE, 300000,  false, true},
    {PROVIDER_LIMITED,       PAYOUT_TELL,   PAYOUT_SAID_PARKED,      PAYOUT_BY_ENGINE, 3600000, false, false},
    {PROVIDER_TOO_FAST,      PAYOUT_TELL,   PAYOUT_SAID_NOTHING,     PAYOUT_BY_ENGINE, 2000,    false, false},
    {PROVIDER_MISCONFIGURED, PAYOUT_TELL,   PAYOUT_SAID_PARKED,      PAYOUT_BY_ENGINE, 600000,  true,  true},
    {PROVIDER_DECLINED,      PAYOUT_TELL,   PAYOUT_SAID_NOTHING,     PAYOUT_BY_ENGINE, 1000,    false, false},
};
/* clang-format on */

TEST(each_answer_to_a_create_has_its_row)
{
    assert_int_equal(sizeof CREATES / sizeof CREATES[0], PROVIDER_OUTCOME_COUNT);
    for (size_t i = 0; i < PROVIDER_OUTCOME_COUNT; i++) {
        struct payout_reaction reaction = react(PAYOUT_CREATE, CREATES[i].outcome, PAYOUT_SENT, 0);

        assert_int_equal(CREATES[i].outcome, i);
        assert_int_equal(reaction.act, CREATES[i].act);
        assert_int_equal(reaction.event, CREATES[i].event);
        assert_int_equal(reaction.source, CREATES[i].source);
        assert_int_equal(reaction.next_ms, CREATES[i].next_ms);
        assert_int_equal(reaction.stop_merchant, CREATES[i].stops);
        assert_int_equal(reaction.alarm, CREATES[i].alarms);
        assert_false(reaction.again);
    }
}

/* No answer that is not signed ends a payout, and no word of ours does. */
TEST(only_the_providers_word_ends_a_payout)
{
    for (int call = PAYOUT_CREATE; call <= PAYOUT_NOTICE; call++) {
        for (int outcome = 0; outcome < PROVIDER_OUTCOME_COUNT; outcome++) {
            for (int before = PAYOUT_RESERVED; before < PAYOUT_PAID; before++) {
                struct payout_reaction reaction = react((enum payout_call)call,
                                                        (enum provider_outcome)outcome,
                                                        (enum payout_state)before,
                                                        30 * DAY_MS);
                bool ends = reaction.act == PAYOUT_TELL_ABSENT ||
                            (reaction.act == PAYOUT_TELL &&
                             (reaction.event == PAYOUT_SAID_PAID || reaction.event == PAYOUT_SAID_FAILED));

                if (ends) {
                    assert_true(outcome == PROVIDER_PAID || outcome == PROVIDER_REFUSED ||
                                outcome == PROVIDER_RETURNED);
                    assert_true(reaction.source != PAYOUT_BY_ENGINE);
                }
            }
        }
    }
}

TEST(questions_are_asked_after_one_three_and_ten_seconds_and_then_every_five_minutes)
{
    static const int64_t SINCE_MS[] = {0, 1000, 3000, 9000, 200000, 9999999};
    static const int64_t NEXT_MS[] = {1000, 2000, 6000, 18000, 300000, 300000};

    for (size_t i = 0; i < sizeof SINCE_MS / sizeof SINCE_MS[0]; i++) {
        struct payout_reaction reaction = react(PAYOUT_QUERY, PROVIDER_UNKNOWN, PAYOUT_UNKNOWN, SINCE_MS[i]);

        assert_int_equal(reaction.act, PAYOUT_PUT_OFF);
        assert_int_equal(reaction.next_ms, NEXT_MS[i]);
    }
}

TEST(what_the_provider_has_not_seen_is_sent_again_the_same)
{
    struct payout_reaction reaction = react(PAYOUT_QUERY, PROVIDER_ABSENT, PAYOUT_UNKNOWN, 1000);

    assert_int_equal(reaction.act, PAYOUT_TELL_AND_SEND);
    assert_int_equal(reaction.event, PAYOUT_SAID_NOT_SEEN);
    assert_int_equal(reaction.source, PAYOUT_BY_QUERY);
    /* What it knew before it cannot have forgotten. */
    reaction = react(PAYOUT_QUERY, PROVIDER_ABSENT, PAYOUT_WAITING_USER, 1000);
    assert_int_equal(reaction.act, PAYOUT_PUT_OFF);
    assert_true(reaction.alarm);
}

static struct payout_reaction absent(bool declined, int64_t sends, int64_t since_send_ms, int64_t age_ms)
{
    const struct provider_verdict verdict = said(PROVIDER_ABSENT);

    return payout_react(&(struct payout_case){.call = PAYOUT_QUERY,
                                              .verdict = &verdict,
                                              .state = PAYOUT_UNKNOWN,
                                              .declined = declined,
                                              .sends = sends,
                                              .since_send_ms = since_send_ms,
                                              .age_ms = age_ms});
}

TEST(a_declined_number_fails_only_when_no_request_can_be_on_its_way)
{
    assert_int_equal(absent(true, 1, 1000, 1000).act, PAYOUT_TELL_ABSENT);
    assert_int_equal(absent(true, 2, 1000, 1000).act, PAYOUT_PUT_OFF);
    assert_true(absent(true, 2, 1000, 1000).next_ms > PAYOUT_SETTLED_MS - 2000);
    assert_int_equal(absent(true, 2, PAYOUT_SETTLED_MS, PAYOUT_SETTLED_MS).act, PAYOUT_TELL_ABSENT);
    assert_int_equal(absent(false, 2, PAYOUT_SETTLED_MS, PAYOUT_SETTLED_MS).act, PAYOUT_TELL_AND_SEND);
}

TEST(an_unsigned_absence_ends_nothing)
{
    static const int64_t SINCE_MS[] = {1000, PAYOUT_SETTLED_MS - 1, PAYOUT_SETTLED_MS, DAY_MS};
    struct provider_verdict verdict = said(PROVIDER_ABSENT);

    verdict.verified = false;
    for (size_t i = 0; i < sizeof SINCE_MS / sizeof SINCE_MS[0]; i++) {
        for (int64_t sends = 1; sends <= 2; sends++) {
            struct payout_reaction reaction = payout_react(&(struct payout_case){.call = PAYOUT_QUERY,
                                                                                 .verdict = &verdict,
                                                                                 .state = PAYOUT_UNKNOWN,
                                                                                 .declined = true,
                                                                                 .sends = sends,
                                                                                 .since_send_ms = SINCE_MS[i],
                                                                                 .age_ms = SINCE_MS[i]});

            assert_int_equal(reaction.act, PAYOUT_PUT_OFF);
            assert_int_equal(reaction.alarm, SINCE_MS[i] >= PAYOUT_SETTLED_MS);
            assert_true(reaction.next_ms > 0);
        }
    }
}

/* The money went and came back: no other word may be told, and nothing is sent, or it would be paid twice. */
TEST(what_came_back_counts_as_paid_and_a_person_looks)
{
    static const enum payout_call CALLS[] = {PAYOUT_CREATE, PAYOUT_QUERY, PAYOUT_NOTICE};

    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
        struct payout_reaction reaction = react(CALLS[i], PROVIDER_RETURNED, PAYOUT_UNKNOWN, 1000);

        assert_int_equal(reaction.act, PAYOUT_TELL);
        assert_int_equal(reaction.event, PAYOUT_SAID_PAID);
        assert_true(reaction.alarm);
        assert_false(reaction.again);
    }
}

TEST(after_25_days_nothing_is_sent_and_a_person_looks)
{
    struct payout_reaction reaction = absent(false, 1, 26 * DAY_MS, 26 * DAY_MS);

    assert_int_equal(reaction.act, PAYOUT_PUT_OFF);
    assert_true(reaction.alarm);
    assert_int_equal(absent(true, 1, 26 * DAY_MS, 26 * DAY_MS).act, PAYOUT_PUT_OFF);
}

TEST(who_does_not_tap_in_time_is_cancelled_and_the_query_decides)
{
    const struct provider_verdict verdict = said(PROVIDER_WAITS);
    struct payout_case what = {.call = PAYOUT_QUERY,
                               .verdict = &verdict,
                               .state = PAYOUT_WAITING_USER,
                               .has_package = true,
                               .can_cancel = true,
                               .sends = 1,
                               .since_send_ms = DAY_MS,
                               .age_ms = DAY_MS,
                               .package_over_ms = -1};

    assert_int_equal(payout_react(&what).act, PAYOUT_PUT_OFF);
    what.package_over_ms = PAYOUT_CLOSE_SLACK_MS; /* the provider closes late by itself */
    assert_int_equal(payout_react(&what).act, PAYOUT_PUT_OFF);
    what.package_over_ms++;
    assert_int_equal(payout_react(&what).act, PAYOUT_ASK_CANCEL);
    what.call = PAYOUT_CANCEL;
    assert_int_equal(payout_react(&what).act, PAYOUT_PUT_OFF);
    assert_int_equal(react(PAYOUT_CANCEL, PROVIDER_REFUSED, PAYOUT_WAITING_USER, 0).act, PAYOUT_PUT_OFF);
}

TEST(a_lost_package_is_asked_for_with_the_same_bytes)
{
    const struct provider_verdict verdict = said(PROVIDER_WAITS);
    struct payout_case what = {
        .call = PAYOUT_QUERY, .verdict = &verdict, .state = PAYOUT_SENT, .sends = 1, .since_send_ms = 1000};

    assert_int_equal(payout_react(&what).act, PAYOUT_TELL); /* first that it waits */
    what.state = PAYOUT_WAITING_USER;
    assert_int_equal(payout_react(&what).act, PAYOUT_SEND_AGAIN);
    what.has_package = true;
    assert_int_equal(payout_react(&what).act, PAYOUT_PUT_OFF);
}

TEST(what_stays_in_progress_is_sent_again_the_same_since_the_account_may_have_been_empty)
{
    assert_int_equal(react(PAYOUT_QUERY, PROVIDER_IN_PROGRESS, PAYOUT_IN_PROGRESS, 1000).act, PAYOUT_PUT_OFF);
    assert_int_equal(react(PAYOUT_QUERY, PROVIDER_IN_PROGRESS, PAYOUT_IN_PROGRESS, PAYOUT_STUCK_MS).act,
                     PAYOUT_SEND_AGAIN);
    assert_int_equal(react(PAYOUT_QUERY, PROVIDER_IN_PROGRESS, PAYOUT_SENT, PAYOUT_STUCK_MS).act,
                     PAYOUT_TELL);
}

TEST(another_attempt_follows_by_itself_only_where_it_may_help)
{
    static const bool AGAIN[PROVIDER_CAUSE_COUNT] = {
        [PROVIDER_CAUSE_PAYEE_LIMIT] = true, [PROVIDER_CAUSE_MERCHANT] = true, [PROVIDER_CAUSE_OTHER] = true};

    for (int cause = 0; cause < PROVIDER_CAUSE_COUNT; cause++) {
        struct provider_verdict verdict = said(PROVIDER_REFUSED);
        struct payout_reaction reaction;

        verdict.cause = (enum provider_cause)cause;
        reaction = payout_react(&(struct payout_case){
            .call = PAYOUT_QUERY, .verdict = &verdict, .state = PAYOUT_SENT, .sends = 1});
        assert_int_equal(reaction.event, PAYOUT_SAID_FAILED);
        assert_int_equal(reaction.again, AGAIN[cause]);
        assert_true(!reaction.again || reaction.next_ms >= 600000);
    }
}

TEST(a_notice_counts_only_when_it_is_of_an_end)
{
    assert_int_equal(react(PAYOUT_NOTICE, PROVIDER_PAID, PAYOUT_SENT, 0).source, PAYOUT_BY_CALLBACK);
    assert_int_equal(react(PAYOUT_NOTICE, PROVIDER_REFUSED, PAYOUT_SENT, 0).event, PAYOUT_SAID_FAILED);
    assert_int_equal(react(PAYOUT_NOTICE, PROVIDER_DIFFERS, PAYOUT_SENT, 0).act, PAYOUT_FREEZE);
    assert_int_equal(react(PAYOUT_NOTICE, PROVIDER_WAITS, PAYOUT_SENT, 0).act, PAYOUT_PUT_OFF);
    assert_int_equal(react(PAYOUT_NOTICE, PROVIDER_ABSENT, PAYOUT_SENT, 0).act, PAYOUT_PUT_OFF);
}

TEST(codes_say_the_cause_and_whether_the_number_was_declined)
{
    struct provider_verdict verdict = said(PROVIDER_DECLINED);
    char code[PAYOUT_CODE_MAX + 1];

    verdict.cause = PROVIDER_CAUSE_NAME;
    payout_code(&verdict, code);
    assert_string_equal(code, "declined:name:WORD");
    assert_true(payout_code_declined(code));
    verdict.outcome = PROVIDER_REFUSED;
    payout_code(&verdict, code);
    assert_string_equal(code, "name:WORD");
    assert_false(payout_code_declined(code));
    verdict = said(PROVIDER_IN_PROGRESS);
    payout_code(&verdict, code);
    assert_string_equal(code, "WORD");
    memset(verdict.code, 'X', PROVIDER_CODE_MAX);
    verdict.cause = PROVIDER_CAUSE_PAYEE_LIMIT;
    payout_code(&verdict, code);
    assert_true(strlen(code) <= PAYOUT_CODE_MAX);
}

TEST(jitter_stays_within_a_quarter)
{
    for (uint32_t i = 0; i < 1000; i++) {
        int64_t next_ms = payout_jitter(1000, i * 2654435761U);

        assert_true(next_ms >= 750 && next_ms <= 1250);
    }
    assert_int_equal(payout_jitter(0, 7), 0);
    assert_int_equal(payout_jitter(1, 7), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_answer_to_a_create_has_its_row),
        RUN(only_the_providers_word_ends_a_payout),
        RUN(questions_are_asked_after_one_three_and_ten_seconds_and_then_every_five_minutes),
        RUN(what_the_provider_has_not_seen_is_sent_again_the_same),
        RUN(a_declined_number_fails_only_when_no_request_can_be_on_its_way),
        RUN(an_unsigned_absence_ends_nothing),
        RUN(what_came_back_counts_as_paid_and_a_person_looks),
        RUN(after_25_days_nothing_is_sent_and_a_person_looks),
        RUN(who_does_not_tap_in_time_is_cancelled_and_the_query_decides),
        RUN(a_lost_package_is_asked_for_with_the_same_bytes),
        RUN(what_stays_in_progress_is_sent_again_the_same_since_the_account_may_have_been_empty),
        RUN(another_attempt_follows_by_itself_only_where_it_may_help),
        RUN(a_notice_counts_only_when_it_is_of_an_end),
        RUN(codes_say_the_cause_and_whether_the_number_was_declined),
        RUN(jitter_stays_within_a_quarter),
    };

    return RUN_ALL(tests);
}
