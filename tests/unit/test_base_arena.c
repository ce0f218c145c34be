/*
 * Unit tests of base/arena.c.
 */
#include "base/arena.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(pieces_are_aligned_and_apart)
{
    struct arena *arena = arena_new(256, 100000);
    char *last = NULL;

    for (size_t i = 0; i < 200; i++) {
        char *piece = arena_alloc(arena, i);

        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        assert_ptr_not_equal(piece, last);
        memset(piece, (int)i, i);
        last = piece;
    }
    arena_free(arena);
}

TEST(the_ceiling_holds_and_a_reset_gives_it_back)
{
    struct arena *arena = arena_new(64, 160);
    void *first = arena_alloc(arena, 32);

    assert_non_null(first);
    assert_non_null(arena_alloc(arena, 128)); /* larger than a block */
    assert_null(arena_alloc(arena, 1));
    arena_reset(arena);
    assert_ptr_equal(arena_alloc(arena, 32), first); /* the first block was kept */
    assert_null(arena_alloc(arena, 129));
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_non_null(arena_alloc(arena, 128));
    arena_free(arena);
    arena_free(NULL);
}

TEST(text_is_copied_with_its_end)
{
    struct arena *arena = arena_new(64, 1000);

    assert_string_equal(arena_strndup(arena, "hello world", 5), "hello");
    assert_string_equal(arena_strndup(arena, "", 0), "");
    assert_null(arena_strndup(arena, "", SIZE_MAX));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(pieces_are_aligned_and_apart),
        RUN(the_ceiling_holds_and_a_reset_gives_it_back),
        RUN(text_is_copied_with_its_end),
    };

    return RUN_ALL(tests);
}
