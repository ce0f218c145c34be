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

TEST(every_invariant_speaks_both_languages)
{
    assert_true(ledger_invariant_count() >= 9);
    for (size_t i = 0; i < ledger_invariant_count(); i++) {
        const struct ledger_invariant *invariant = &LEDGER_INVARIANTS[i];

        assert_true(strlen(ledger_invariant_text(invariant, HB_EN)) > 10);
        assert_true(strlen(ledger_invariant_text(invariant, HB_ZH)) > 10);
        assert_int_equal(invariant->promise[0], 'P');
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
        RUN(every_invariant_speaks_both_languages),
    };

    return RUN_ALL(tests);
}
