/*
 * Unit tests of store/redis_nodes.c.
 */
#include "store/redis_nodes.h"

#include "tests/support/unit.h"

#include <string.h>

static bool parses(const char *text, struct node_address *out)
{
    return node_address_parse(text, strlen(text), out);
}

TEST(addresses_are_a_path_or_a_host_with_a_port)
{
    struct node_address address;

    assert_true(parses("unix:/run/redis.sock", &address));
    assert_string_equal(address.host, "/run/redis.sock");
    assert_int_equal(address.port, 0);
    assert_true(parses("redis-1:6379", &address));
    assert_string_equal(address.host, "redis-1");
    assert_int_equal(address.port, 6379);
    assert_true(parses("[::1]:7000", &address));
    assert_string_equal(address.host, "::1");
    assert_false(parses("", &address));
    assert_false(parses("unix:", &address));
    assert_false(parses("redis", &address));
    assert_false(parses(":6379", &address));
    assert_false(parses("redis:0", &address));
    assert_false(parses("redis:65536", &address));
    assert_false(parses("redis:12x", &address));
}

TEST(a_list_of_nodes_is_split_at_commas)
{
    struct node_address addresses[NODES_MAX];

    assert_int_equal(node_addresses_parse("unix:/a, b:1,c:2", addresses), 3);
    assert_string_equal(addresses[1].host, "b");
    assert_int_equal(addresses[2].port, 2);
    assert_int_equal(node_addresses_parse("", addresses), 0);
    assert_int_equal(node_addresses_parse("a:1,", addresses), 0);
    assert_int_equal(node_addresses_parse("a:1,,b:1", addresses), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(addresses_are_a_path_or_a_host_with_a_port),
        RUN(a_list_of_nodes_is_split_at_commas),
    };

    return RUN_ALL(tests);
}
