/* Tests of engine/http/proxy.c. */
#include "http/proxy.h"

#include "tests/support/unit.h"

#include <string.h>

static struct http_text text_of(const char *text)
{
    return (struct http_text){text, strlen(text)};
}

static bool trusts(const struct proxy_list *list, const char *text)
{
    struct http_address address;

    assert_true(address_parse(text_of(text), &address));
    return proxy_list_trusts(list, &address);
}

static void assert_client(const char *line, const char *expected)
{
    struct proxy_list *list;
    struct http_address client;
    char text[46];

    assert_int_equal(proxy_list_new("10.0.0.0/8, fd00::/8", &list), HB_OK);
    assert_true(address_parse(text_of("10.0.0.1"), &client));
    (void)proxy_walk(list, text_of(line), &client);
    address_format(&client, text);
    assert_string_equal(text, expected);
    proxy_list_free(list);
}

TEST(networks_hold_what_lies_in_them)
{
    struct proxy_list *list;

    assert_int_equal(proxy_list_new("10.0.0.0/8, 192.0.2.7 ,fd00::/8,0.0.0.0/0", &list), HB_OK);
    assert_true(trusts(list, "10.255.0.1"));
    assert_true(trusts(list, "192.0.2.7"));
    assert_true(trusts(list, "8.8.8.8")); /* the last one */
    assert_true(trusts(list, "fd12::1"));
    assert_false(trusts(list, "fe80::1"));
    proxy_list_free(list);
    assert_int_equal(proxy_list_new("172.16.0.0/12", &list), HB_OK);
    assert_true(trusts(list, "172.31.255.255"));
    assert_true(trusts(list, "::ffff:172.16.0.1"));
    assert_false(trusts(list, "172.32.0.0"));
    proxy_list_free(list);
    assert_int_equal(proxy_list_new("unix, 10.0.0.0/8", &list), HB_OK);
    assert_true(proxy_list_trusts(list, &(struct http_address){.bytes = {0}}));
    assert_true(trusts(list, "10.1.1.1"));
    assert_false(trusts(list, "192.0.2.7"));
    proxy_list_free(list);
}

TEST(what_is_no_network_is_refused)
{
    static const char *const BAD[] = {
        "10.0.0.0/33", "::/129", "a", "10.0.0.1,", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"};
    struct proxy_list *list;

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(proxy_list_new(BAD[i], &list), HB_E_INPUT);
        assert_null(list);
    }
    assert_int_equal(proxy_list_new("", &list), HB_OK);
    assert_null(list);
}

TEST(the_client_is_the_first_address_from_the_right_that_nobody_vouches_for)
{
    assert_client("198.51.100.9", "198.51.100.9");
    assert_client("1.2.3.4, 198.51.100.9, 10.3.3.3", "198.51.100.9");
    assert_client("10.1.1.1, 10.2.2.2", "10.1.1.1");
    assert_client("198.51.100.9:4711", "198.51.100.9");
    assert_client("[2001:db8::1]:443", "2001:db8::1");
    assert_client("2001:db8::1", "2001:db8::1");
    assert_client("", "10.0.0.1");
}

TEST(what_a_client_made_up_ends_the_walk)
{
    assert_client("1.2.3.4, nonsense, 10.3.3.3", "10.3.3.3");
    assert_client("unknown", "10.0.0.1");
    assert_client("1.2.3.4,,10.3.3.3", "10.3.3.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(networks_hold_what_lies_in_them),
        RUN(what_is_no_network_is_refused),
        RUN(the_client_is_the_first_address_from_the_right_that_nobody_vouches_for),
        RUN(what_a_client_made_up_ends_the_walk),
    };

    return RUN_ALL(tests);
}
