/*
 * Unit tests of flow/withdrawal.c: every verdict has its refusal, every state its words.
 */
#include "flow/withdrawal.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(what_was_done_is_no_error)
{
    static const char *const DONE[] = {"opened", "same", "quote", "again", "set"};

    for (size_t i = 0; i < sizeof DONE / sizeof *DONE; i++) {
        assert_int_equal(withdraw_error(DONE[i]), HB_OK);
    }
}

TEST(every_refusal_has_a_code_of_its_own)
{
    static const char *const REFUSED[] = {"proof_used",
                                          "key_reused",
                                          "no_campaign",
                                          "closed",
                                          "stopped",
                                          "window",
                                          "payee_missing",
                                          "payee_cooling",
                                          "name_needed",
                                          "no_channel",
                                          "nothing",
                                          "below_minimum",
                                          "above_maximum",
                                          "day_count",
                                          "day_fen",
                                          "too_many_parts",
                                          "changed",
                                          "not_allowed"};

    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        hb_err err = withdraw_error(REFUSED[i]);

        assert_int_not_equal(err, HB_OK);
        assert_int_not_equal(err, HB_E_INTERNAL);
        assert_in_range(err_http_status(err), 400, 499);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(err, withdraw_error(REFUSED[k]));
        }
    }
    assert_int_equal(withdraw_error("what is this"), HB_E_INTERNAL);
    assert_int_equal(withdraw_error(""), HB_E_INTERNAL);
}

TEST(only_what_changed_meanwhile_may_be_asked_again_at_once)
{
    assert_true(err_may_retry(withdraw_error("changed")));
    assert_false(err_may_retry(withdraw_error("window")));
}

static enum withdrawal_stage
stage(const char *state, bool review, int64_t frozen, int64_t waiting, int64_t again, int64_t unsent)
{
    return withdrawal_stage(&(struct withdrawal_row){.state = state,
                                                     .in_review = review,
                                                     .frozen = frozen,
                                                     .waiting = waiting,
                                                     .again = again,
                                                     .unsent = unsent});
}

TEST(a_withdrawal_shows_what_matters_most)
{
    assert_int_equal(stage("paid", false, 0, 0, 0, 0), STAGE_PAID);
    assert_int_equal(stage("partly", true, 1, 1, 1, 1), STAGE_PARTLY);
    assert_int_equal(stage("failed", false, 0, 0, 0, 0), STAGE_FAILED);
    assert_int_equal(stage("open", true, 1, 1, 1, 1), STAGE_HELD);
    assert_int_equal(stage("open", true, 0, 0, 0, 1), STAGE_REVIEW);
    assert_int_equal(stage("open", false, 0, 1, 1, 1), STAGE_WAITING_USER);
    assert_int_equal(stage("open", false, 0, 0, 1, 1), STAGE_RETRY);
    assert_int_equal(stage("open", false, 0, 0, 0, 1), STAGE_QUEUED);
    assert_int_equal(stage("open", false, 0, 0, 0, 0), STAGE_ON_ITS_WAY);
}

static enum withdrawal_stage
part(const char *state, const char *payout, const char *package, int64_t until, bool again, bool frozen)
{
    return withdrawal_part_stage(&(struct withdrawal_part_row){.state = state,
                                                               .payout_state = payout,
                                                               .package = package,
                                                               .package_until_ms = until,
                                                               .again = again,
                                                               .frozen = frozen},
                                 1000);
}

TEST(a_part_waits_for_its_player_only_while_its_package_holds)
{
    assert_int_equal(part("open", "waiting_user", "p", 1001, false, false), STAGE_WAITING_USER);
    assert_int_equal(part("open", "waiting_user", "p", 0, false, false), STAGE_WAITING_USER);
    assert_int_equal(part("open", "waiting_user", "p", 1000, false, false), STAGE_ON_ITS_WAY);
    assert_int_equal(part("open", "waiting_user", "", 0, false, false), STAGE_ON_ITS_WAY);
    assert_int_equal(part("open", "planned", "", 0, false, false), STAGE_QUEUED);
    assert_int_equal(part("open", "reserved", "", 0, false, false), STAGE_QUEUED);
    assert_int_equal(part("open", "unknown", "", 0, false, false), STAGE_ON_ITS_WAY);
    assert_int_equal(part("open", "sent", "", 0, false, true), STAGE_HELD);
    assert_int_equal(part("failed", "failed", "", 0, true, false), STAGE_RETRY);
    assert_int_equal(part("failed", "failed", "", 0, false, false), STAGE_FAILED);
    assert_int_equal(part("given_up", "failed", "", 0, false, false), STAGE_FAILED);
    assert_int_equal(part("paid", "paid", "p", 0, false, false), STAGE_PAID);
}

TEST(every_stage_has_a_name_and_words_in_both_languages)
{
    for (enum withdrawal_stage i = 0; i < STAGE_COUNT; i++) {
        assert_true(strlen(withdrawal_stage_name(i)) > 0);
        assert_string_not_equal(withdrawal_stage_words(i, HB_EN), withdrawal_stage_words(i, HB_ZH));
        for (enum withdrawal_stage k = 0; k < i; k++) {
            assert_string_not_equal(withdrawal_stage_name(i), withdrawal_stage_name(k));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {RUN(what_was_done_is_no_error),
                                       RUN(every_refusal_has_a_code_of_its_own),
                                       RUN(only_what_changed_meanwhile_may_be_asked_again_at_once),
                                       RUN(a_withdrawal_shows_what_matters_most),
                                       RUN(a_part_waits_for_its_player_only_while_its_package_holds),
                                       RUN(every_stage_has_a_name_and_words_in_both_languages)};

    return RUN_ALL(tests);
}
