/*
 * Unit tests of flow/provider.c: names both ways, and no verified verdict passes that speaks of something
 * else.
 */
#include "flow/provider.h"

#include "tests/support/unit.h"

#include <string.h>

static const struct provider_payment PAYMENT = {.order_no = "RP1", .amount_fen = 188, .payee_id = "o1"};

static struct provider_verdict verdict_of(enum provider_outcome outcome)
{
    return (struct provider_verdict){
        .outcome = outcome, .verified = true, .order_no = "RP1", .amount_fen = 188, .payee_id = "o1"};
}

static enum provider_outcome checked(struct provider_verdict verdict)
{
    provider_verdict_check(&verdict, &PAYMENT);
    return verdict.outcome;
}

TEST(every_outcome_has_a_name_of_its_own)
{
    for (enum provider_outcome i = 0; i < PROVIDER_OUTCOME_COUNT; i++) {
        enum provider_outcome back;

        assert_true(provider_outcome_parse(provider_outcome_name(i), &back));
        assert_int_equal(back, i);
    }
    for (enum provider_cause i = 0; i < PROVIDER_CAUSE_COUNT; i++) {
        assert_true(strlen(provider_cause_name(i)) > 0);
    }
}

TEST(a_word_that_is_no_outcome_is_refused)
{
    enum provider_outcome out;

    assert_false(provider_outcome_parse("", &out));
    assert_false(provider_outcome_parse("PAID", &out));
    assert_false(provider_outcome_parse("paid ", &out));
}

TEST(what_fits_stays_what_it_is)
{
    for (enum provider_outcome i = 0; i < PROVIDER_OUTCOME_COUNT; i++) {
        assert_int_equal(checked(verdict_of(i)), i);
    }
}

TEST(what_the_provider_does_not_say_is_not_compared)
{
    struct provider_verdict verdict = verdict_of(PROVIDER_PAID);

    verdict.amount_fen = 0;
    verdict.payee_id[0] = '\0';
    assert_int_equal(checked(verdict), PROVIDER_PAID);
}

TEST(another_amount_payee_or_number_differs)
{
    static const enum provider_outcome ABOUT[] = {
        PROVIDER_PAID, PROVIDER_REFUSED, PROVIDER_RETURNED, PROVIDER_WAITS, PROVIDER_IN_PROGRESS};

    for (size_t i = 0; i < sizeof ABOUT / sizeof ABOUT[0]; i++) {
        struct provider_verdict verdict = verdict_of(ABOUT[i]);

        verdict.amount_fen = 189;
        assert_int_equal(checked(verdict), PROVIDER_DIFFERS);
        verdict = verdict_of(ABOUT[i]);
        verdict.payee_id[1] = '2';
        assert_int_equal(checked(verdict), PROVIDER_DIFFERS);
        verdict = verdict_of(ABOUT[i]);
        verdict.order_no[2] = '2';
        assert_int_equal(checked(verdict), PROVIDER_DIFFERS);
        verdict.order_no[0] = '\0';
        assert_int_equal(checked(verdict), PROVIDER_DIFFERS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_outcome_has_a_name_of_its_own),
        RUN(a_word_that_is_no_outcome_is_refused),
        RUN(what_fits_stays_what_it_is),
        RUN(what_the_provider_does_not_say_is_not_compared),
        RUN(another_amount_payee_or_number_differs),
    };

    return RUN_ALL(tests);
}
