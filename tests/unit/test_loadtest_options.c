/*
 * Unit tests of loadtest/options.c, loadtest/address.c and loadtest/fail_rule.c.
 */
#include "loadtest/options.h"

#include "loadtest/stats.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 32, LINE_MAX_BYTES = 512 };

static struct options options;
static char line[LINE_MAX_BYTES];

/* The words of one line, by blanks. */
static enum options_verdict verdict_of(const char *words)
{
    char *argv[WORDS_MAX] = {line}, *save = NULL;
    int argc = 1;

    snprintf(line, sizeof line, "%s", words);
    for (char *word = strtok_r(line, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        argv[argc++] = word;
    }
    return options_read(&options, argc, argv);
}

TEST(the_usual_words_are_understood)
{
    assert_int_equal(
        verdict_of("--tokens t --rate=250.5 --duration 2 --session --connections 8 http://127.0.0.1:8080"),
        OPTIONS_RUN);
    assert_true(options.session && !options.is_closed);
    assert_int_equal(options.phase_count, 1);
    assert_true(options.phases[0].rate_per_s == 250.5);
    assert_int_equal(options.phases[0].duration_us, 2000000);
    assert_int_equal(options.connections, 8);
    assert_string_equal(options.campaign, "spring");
    assert_int_equal(verdict_of("--phase 10:1 --phase 0:0.5 --phase 1e3:2 --tokens t http://localhost:1/"),
                     OPTIONS_RUN);
    assert_int_equal(options.phase_count, 3);
    assert_int_equal(options.phases[1].duration_us, 500000);
    assert_string_equal(options.address.host, "localhost:1");
    assert_int_equal(verdict_of("--help"), OPTIONS_HELP);
    assert_int_equal(verdict_of("--version"), OPTIONS_VERSION);
}

TEST(what_is_wrong_is_refused)
{
    static const char *const WRONG[] = {
        "",
        "--get /x",
        "http://127.0.0.1:1",
        "--get x http://127.0.0.1:1",
        "--get /x http://127.0.0.1:1 http://127.0.0.1:1",
        "--get /x --rate http://127.0.0.1:1",
        "--get /x --rate -1 http://127.0.0.1:1",
        "--get /x --rate nan http://127.0.0.1:1",
        "--get /x --rate 1x http://127.0.0.1:1",
        "--get /x --rate 1 --phase 1:1 http://127.0.0.1:1",
        "--get /x --rate 1 --closed http://127.0.0.1:1",
        "--get /x --phase 1 http://127.0.0.1:1",
        "--get /x --phase 1:0 http://127.0.0.1:1",
        "--get /x --count 1.5 http://127.0.0.1:1",
        "--get /x --connections 0 http://127.0.0.1:1",
        "--get /x --surprise http://127.0.0.1:1",
        "--get /x --quiet=1 http://127.0.0.1:1",
        "--get /x --arrivals late http://127.0.0.1:1",
        "--get /x --users some http://127.0.0.1:1",
        "--get /x --fail-if p99>1 http://127.0.0.1:1",
        "--get /x --pid x http://127.0.0.1:1",
        "--get /x --pid x:0 http://127.0.0.1:1",
        "--get /x --run-id \"x\" http://127.0.0.1:1",
        "--tokens t --campaign ../x http://127.0.0.1:1",
    };

    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_int_equal(verdict_of(WRONG[i]), OPTIONS_WRONG);
    }
}

static bool allows(const char *url, bool allow_remote)
{
    struct address address;
    char why[400];

    return address_read(url, allow_remote, &address, why, sizeof why);
}

TEST(only_this_machine_unless_told_otherwise)
{
    assert_true(allows("http://127.0.0.1:8080", false));
    assert_true(allows("http://127.9.9.9", false));
    assert_true(allows("http://[::1]:80/", false));
    assert_true(allows("http://localhost:80", false));
    assert_false(allows("http://10.0.0.1:80", false));
    assert_false(allows("http://0.0.0.0:80", false));
    assert_false(allows("http://[2001:db8::1]:80", false));
    assert_false(allows("http://[::ffff:10.0.0.1]:80", false));
    assert_false(allows("http://example.com:80", false));
    assert_true(allows("http://10.0.0.1:80", true));
    assert_true(allows("unix:/run/hongbao.sock", false));
}

TEST(other_shapes_of_a_url_are_refused)
{
    assert_false(allows("https://127.0.0.1", false));
    assert_false(allows("127.0.0.1:80", false));
    assert_false(allows("http://", false));
    assert_false(allows("http://127.0.0.1:", false));
    assert_false(allows("http://127.0.0.1:99999999", false));
    assert_false(allows("http://127.0.0.1:80x", false));
    assert_false(allows("http://127.0.0.1/v1", false));
    assert_false(allows("http://[::1", false));
    assert_false(allows("http://user@127.0.0.1", false));
    assert_false(allows("unix:", false));
    assert_false(allows(
        "unix:/"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456",
        false));
}

TEST(a_rule_holds_when_its_figure_is_past_the_limit)
{
    struct fail_rule rule;
    static struct stats stats;
    double value = 0;

    assert_true(stats_init(&stats, 1000));
    stats_start(&stats, 1000000);
    stats_sent(&stats, 1000000, 1000000, true);
    stats_ended(&stats,
                &(struct stats_end){.planned_us = 1000000,
                                    .sent_us = 1100000,
                                    .now_us = 1200000,
                                    .class_at = CLASS_WON,
                                    .total = TOTAL_WON});
    stats_finish(&stats, 2000000);
    assert_true(fail_rule_read("p99_ms>199.5", &rule) && fail_rule_holds(&rule, &stats, &value));
    assert_true(value == 200);
    assert_true(fail_rule_read("p99_ms>200", &rule) && !fail_rule_holds(&rule, &stats, &value));
    assert_true(fail_rule_read("sent_max_ms>=100", &rule) && fail_rule_holds(&rule, &stats, &value));
    assert_true(fail_rule_read("won!=1", &rule) && !fail_rule_holds(&rule, &stats, &value));
    assert_true(fail_rule_read("done<2", &rule) && fail_rule_holds(&rule, &stats, &value));
    assert_true(fail_rule_read("errors==0", &rule) && fail_rule_holds(&rule, &stats, &value));
    assert_true(fail_rule_read("rate_per_s<=4", &rule) && !fail_rule_holds(&rule, &stats, &value));
    assert_false(fail_rule_read("p99_ms", &rule));
    assert_false(fail_rule_read("p99_ms>", &rule));
    assert_false(fail_rule_read("p99_ms>1ms", &rule));
    assert_false(fail_rule_read("p99_ms=1", &rule));
    assert_false(fail_rule_read("surprise>1", &rule));
    stats_free(&stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_usual_words_are_understood),
        RUN(what_is_wrong_is_refused),
        RUN(only_this_machine_unless_told_otherwise),
        RUN(other_shapes_of_a_url_are_refused),
        RUN(a_rule_holds_when_its_figure_is_past_the_limit),
    };

    return RUN_ALL(tests);
}
