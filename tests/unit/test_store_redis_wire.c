/*
 * Unit tests of store/redis_wire.c.
 */
#include "store/redis_wire.h"

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

TEST(commands_are_binary_safe)
{
    static const char WANTED[] = "*2\r\n$3\r\nGET\r\n$2\r\n\0\n\r\n";
    struct buf out;

    buf_init(&out, 256);
    wire_command(&out, 2);
    wire_text(&out, "GET");
    wire_bulk(&out, "\0\n", 2);
    assert_int_equal(out.len, sizeof WANTED - 1);
    assert_memory_equal(out.data, WANTED, out.len);
    buf_free(&out);
}

TEST(a_shards_keys_share_one_hash_tag)
{
    struct buf out;

    buf_init(&out, 512);
    wire_keys(&out, "spring", 7);
    assert_string_equal(
        buf_cstr(&out),
        "$1\r\n4\r\n$16\r\n{spring:7}:state\r\n$18\r\n{spring:7}:players\r\n$14\r\n{spring:7}:log\r\n"
        "$16\r\n{spring:7}:table\r\n");
    buf_free(&out);
}

TEST(the_run_id_is_found_in_info)
{
    static const char INFO[] = "# Server\r\nrun_id:0123456789abcdef0123456789abcdef01234567\r\nx:y\r\n";
    char out[41];

    assert_true(wire_run_id(INFO, strlen(INFO), out));
    assert_string_equal(out, "0123456789abcdef0123456789abcdef01234567");
    assert_false(wire_run_id(INFO, 30, out));
    assert_false(wire_run_id("", 0, out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(addresses_are_a_path_or_a_host_with_a_port),
        RUN(a_list_of_nodes_is_split_at_commas),
        RUN(commands_are_binary_safe),
        RUN(a_shards_keys_share_one_hash_tag),
        RUN(the_run_id_is_found_in_info),
    };

    return RUN_ALL(tests);
}
