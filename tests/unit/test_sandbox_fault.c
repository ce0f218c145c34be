/*
 * Unit tests of sandbox/fault.c: rules are read strictly, and act when, on whom and as often as they say.
 */
#include "sandbox/fault.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static struct faults *faults;
static const char *why;

static int setup(void **state)
{
    (void)state;
    faults = faults_new(1);
    return faults == NULL;
}

static int teardown(void **state)
{
    (void)state;
    faults_free(faults);
    return 0;
}

static bool set(const char *rules)
{
    json_t *json = NULL;
    bool good = json_parse(rules, strlen(rules), &json, NULL, 0) == HB_OK && faults_set(faults, json, &why);

    json_decref(json);
    return good;
}

static enum fault on_create(const char *order_no, int64_t amount_fen)
{
    return faults_match(faults, CALL_CREATE, "shop", order_no, amount_fen).fault;
}

TEST(without_rules_nothing_goes_wrong)
{
    assert_int_equal(on_create("RP1", 188), FAULT_NONE);
}

TEST(every_condition_of_a_rule_must_hold)
{
    assert_true(set("[{\"call\":\"create\",\"shop\":\"shop\",\"order_no\":\"RP1\",\"amount_fen\":188,"
                    "\"fault\":\"silent\"}]"));
    assert_int_equal(on_create("RP1", 188), FAULT_SILENT);
    assert_int_equal(on_create("RP2", 188), FAULT_NONE);
    assert_int_equal(on_create("RP1", 189), FAULT_NONE);
    assert_int_equal(faults_match(faults, CALL_QUERY, "shop", "RP1", 188).fault, FAULT_NONE);
    assert_int_equal(faults_match(faults, CALL_CREATE, "other", "RP1", 188).fault, FAULT_NONE);
}

TEST(what_acted_is_counted_whatever_the_rules_are_by_now)
{
    assert_true(set("[{\"call\":\"create\",\"fault\":\"silent\",\"times\":2}]"));
    for (int i = 0; i < 5; i++) {
        (void)on_create("RP1", 188);
    }
    assert_true(set("[{\"call\":\"query\",\"fault\":\"silent\"}]"));
    (void)on_create("RP1", 188);
    assert_int_equal(faults_acted(faults, CALL_CREATE, FAULT_SILENT), 2);
    assert_int_equal(faults_acted(faults, CALL_QUERY, FAULT_SILENT), 0);
}

TEST(the_first_rule_that_fits_acts_as_often_as_it_may)
{
    assert_true(set("[{\"fault\":\"html\",\"times\":2},{\"fault\":\"none\",\"order_no\":\"RP1\"},"
                    "{\"fault\":\"refuse\",\"code\":\"X\",\"status\":403}]"));
    assert_int_equal(on_create("RP1", 1), FAULT_HTML);
    assert_int_equal(on_create("RP1", 1), FAULT_HTML);
    assert_int_equal(on_create("RP1", 1), FAULT_NONE);
    assert_int_equal(on_create("RP2", 1), FAULT_REFUSE);
    assert_string_equal(faults_match(faults, CALL_CREATE, "shop", "RP2", 1).code, "X");
}

TEST(a_share_of_the_calls_is_about_that_share)
{
    size_t hits = 0;

    assert_true(set("[{\"fault\":\"silent\",\"per_mille\":250}]"));
    for (size_t i = 0; i < 10000; i++) {
        hits += on_create("RP1", 1) == FAULT_SILENT;
    }
    assert_in_range(hits, 2300, 2700);
}

TEST(new_rules_replace_the_old_ones_and_wrong_ones_change_nothing)
{
    static const char *const BAD[] = {
        "{}",
        "[{}]",
        "[7]",
        "[{\"fault\":\"nonsense\"}]",
        "[{\"fault\":\"silent\",\"call\":\"pay\"}]",
        "[{\"fault\":\"silent\",\"shops\":\"a\"}]",
        "[{\"fault\":\"silent\",\"times\":-2}]",
        "[{\"fault\":\"silent\",\"per_mille\":1001}]",
        "[{\"fault\":\"silent\",\"delay_ms\":1.5}]",
        "[{\"fault\":\"silent\",\"order_no\":7}]",
        "[{\"fault\":\"refuse\"}]",
    };

    assert_true(set("[{\"fault\":\"silent\"}]"));
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        why = NULL;
        assert_false(set(BAD[i]));
        assert_non_null(why);
        assert_int_equal(on_create("RP1", 1), FAULT_SILENT);
    }
    assert_true(set("[]"));
    assert_int_equal(on_create("RP1", 1), FAULT_NONE);
}

TEST(every_fault_can_be_named)
{
    for (enum fault i = 0; i < FAULT_COUNT; i++) {
        char rules[128];

        (void)snprintf(rules, sizeof rules, "[{\"fault\":\"%s\",\"code\":\"X\"}]", fault_name(i));
        assert_true(set(rules));
        assert_int_equal(on_create("RP1", 1), i);
    }
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(without_rules_nothing_goes_wrong),
        RUN_IN_WORLD(every_condition_of_a_rule_must_hold),
        RUN_IN_WORLD(what_acted_is_counted_whatever_the_rules_are_by_now),
        RUN_IN_WORLD(the_first_rule_that_fits_acts_as_often_as_it_may),
        RUN_IN_WORLD(a_share_of_the_calls_is_about_that_share),
        RUN_IN_WORLD(new_rules_replace_the_old_ones_and_wrong_ones_change_nothing),
        RUN_IN_WORLD(every_fault_can_be_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
