/*
 * Unit tests of store/redis_wire.c.
 */
#include "store/redis_wire.h"

#include "tests/support/unit.h"

#include <string.h>

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
        RUN(commands_are_binary_safe),
        RUN(a_shards_keys_share_one_hash_tag),
        RUN(the_run_id_is_found_in_info),
    };

    return RUN_ALL(tests);
}
