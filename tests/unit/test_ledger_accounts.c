/*
 * Unit tests of engine/ledger/.
 */
#include "ledger/accounts.h"
#include "ledger/invariants.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(accounts_are_named_as_the_migrations_name_them)
{
    assert_string_equal(account_budget("spring").text, "budget:spring");
    assert_string_equal(account_float("spring", 3).text, "float:spring:3");
    assert_string_equal(account_payable("spring", 255).text, "payable:spring:255");
    assert_string_equal(account_provider("m-1").text, "provider:m-1");
}

TEST(the_longest_names_fit)
{
    const char *slug = "abcdefghijklmnopqrstuvwxyz012345";

    assert_string_equal(account_payable(slug, UINT32_MAX).text,
                        "payable:abcdefghijklmnopqrstuvwxyz012345:4294967295");
}

TEST(kinds_of_transfers_are_found_by_name)
{
    enum transfer_kind kind = TRANSFER_FUND;

    for (enum transfer_kind each = TRANSFER_FUND; each < TRANSFER_KIND_COUNT; each++) {
        assert_true(transfer_kind_parse(transfer_kind_name(each), &kind));
        assert_int_equal(kind, each);
    }
    assert_false(transfer_kind_parse("gift", &kind));
}

TEST(a_transfer_s_sides_must_fit_its_kind)
{
    assert_true(transfer_fits(TRANSFER_FUND, "bank", "budget:spring"));
    assert_true(transfer_fits(TRANSFER_WIN, "float:spring:0", "payable:spring:0"));
    assert_false(transfer_fits(TRANSFER_WIN, "payable:spring:0", "float:spring:0"));
    assert_false(transfer_fits(TRANSFER_FUND, "bankrupt", "budget:spring"));
}

TEST(a_correction_has_suspense_on_one_side)
{
    assert_true(transfer_fits(TRANSFER_ADJUST, "suspense", "provider:m-1"));
    assert_true(transfer_fits(TRANSFER_ADJUST, "payable:spring:0", "suspense"));
    assert_false(transfer_fits(TRANSFER_ADJUST, "suspense", "suspense"));
    assert_false(transfer_fits(TRANSFER_ADJUST, "bank", "budget:spring"));
}

TEST(money_that_is_paid_out_has_its_own_kinds)
{
    assert_true(transfer_fits(TRANSFER_TOPUP, "provider:m-1", "bank"));
    assert_true(transfer_fits(TRANSFER_PAYOUT, "payable:spring:0", "provider:m-1"));
    assert_true(transfer_fits(TRANSFER_TAX, "payable:spring:0", "tax_withheld"));
    assert_true(transfer_fits(TRANSFER_GROSS_UP, "budget:spring", "tax_withheld"));
    assert_false(transfer_fits(TRANSFER_PAYOUT, "provider:m-1", "payable:spring:0"));
    assert_false(transfer_fits(TRANSFER_TAX, "budget:spring", "tax_withheld"));
}

TEST(every_invariant_speaks_both_languages)
{
    assert_true(ledger_invariant_count() >= 26);
    for (size_t i = 0; i < ledger_invariant_count(); i++) {
        const struct ledger_invariant *invariant = &LEDGER_INVARIANTS[i];

        assert_true(strlen(ledger_invariant_text(invariant, HB_EN)) > 10);
        assert_true(strlen(ledger_invariant_text(invariant, HB_ZH)) > 10);
        assert_int_equal(invariant->promise[0], 'P');
        assert_true(strlen(invariant->name) < 24); /* a finding's name */
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(invariant->name, LEDGER_INVARIANTS[k].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(accounts_are_named_as_the_migrations_name_them),
        RUN(the_longest_names_fit),
        RUN(kinds_of_transfers_are_found_by_name),
        RUN(a_transfer_s_sides_must_fit_its_kind),
        RUN(a_correction_has_suspense_on_one_side),
        RUN(money_that_is_paid_out_has_its_own_kinds),
        RUN(every_invariant_speaks_both_languages),
    };

    return RUN_ALL(tests);
}
