/* tests/unit/test_lottery_library.c - the embedded function library and its names. */
#include "support/unit.h"

#include "lottery/library.h"

#include <stdio.h>
#include <string.h>

TEST(the_text_begins_with_the_name_and_has_no_mark_left)
{
    char first[64];
    struct library library;

    assert_true(library_build(&library));
    (void)snprintf(first, sizeof first, "#!lua name=%s\n", library.name);
    assert_memory_equal(library.text.data, first, strlen(first));
    assert_null(memchr(library.text.data, '@', library.text.len));
    library_free(&library);
}

TEST(every_function_carries_the_digits_of_the_content)
{
    struct library library;

    assert_true(library_build(&library));
    const char *digits = strchr(library.name, '_') + 1;
    assert_int_equal(strlen(digits), 16);
    for (unsigned i = 0; i < LIBRARY_FUNCTIONS; i++) {
        const char *end = library.functions[i] + strlen(library.functions[i]) - 16;

        assert_string_equal(end, digits);
        assert_int_equal(end[-1], '_');
    }
    assert_memory_equal(library.functions[LIBRARY_DRAWS], "draws_", 6);
    library_free(&library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_text_begins_with_the_name_and_has_no_mark_left),
        RUN(every_function_carries_the_digits_of_the_content),
    };

    return RUN_ALL(tests);
}
