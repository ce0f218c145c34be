/*
 * Unit tests of store/pg_array.c and of the posts in store/ledger_post.c: the bytes that PostgreSQL is sent.
 */
#include "store/ledger_internal.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static uint64_t header(const char *bytes, size_t field)
{
    return be_read((const uint8_t *)bytes + 4 * field, 4);
}

TEST(an_empty_array_has_one_dimension_of_no_elements)
{
    struct pg_array array;
    const char *bytes = NULL;
    int len = 0;

    pg_array_init(&array, PG_INT4, 1000);
    assert_true(pg_array_finish(&array, &bytes, &len));
    assert_int_equal(len, 20);
    assert_int_equal(header(bytes, 0), 1);
    assert_int_equal(header(bytes, 1), 0);
    assert_int_equal(header(bytes, 2), 23);
    assert_int_equal(header(bytes, 3), 0);
    assert_int_equal(header(bytes, 4), 1);
    pg_array_free(&array);
}

TEST(integers_take_their_type_s_width_and_sign)
{
    static const uint8_t EXPECTED[] = {0, 0, 0, 2, 0xff, 0xfe, 0, 0, 0, 2, 0x01, 0x02};
    struct pg_array array;
    const char *bytes = NULL;
    int len = 0;

    pg_array_init(&array, PG_INT2, 1000);
    pg_array_add_int(&array, -2);
    pg_array_add_int(&array, 0x0102);
    assert_true(pg_array_finish(&array, &bytes, &len));
    assert_int_equal(header(bytes, 3), 2);
    assert_int_equal(len, 20 + (int)sizeof EXPECTED);
    assert_memory_equal(bytes + 20, EXPECTED, sizeof EXPECTED);
    pg_array_clear(&array);
    assert_true(pg_array_finish(&array, &bytes, &len));
    assert_int_equal(header(bytes, 3), 0);
    pg_array_free(&array);
}

TEST(bytes_keep_their_zeros_and_may_be_empty)
{
    struct pg_array array;
    const char *bytes = NULL;
    int len = 0;

    pg_array_init(&array, PG_BYTEA, 1000);
    pg_array_add_bytes(&array, "a\0b", 3);
    pg_array_add_bytes(&array, "", 0);
    assert_true(pg_array_finish(&array, &bytes, &len));
    assert_int_equal(len, 20 + 4 + 3 + 4);
    assert_memory_equal(bytes + 20, "\0\0\0\3a\0b\0\0\0\0", 11);
    pg_array_free(&array);
}

TEST(past_the_ceiling_an_array_cannot_be_finished)
{
    struct pg_array array;
    const char *bytes = NULL;
    int len = 0;

    pg_array_init(&array, PG_INT8, 40);
    pg_array_add_int(&array, 1);
    assert_true(pg_array_finish(&array, &bytes, &len));
    pg_array_add_int(&array, 2);
    assert_false(pg_array_finish(&array, &bytes, &len));
    pg_array_free(&array);
}

static void ignored(void *arg, hb_err err, const enum win_verdict *verdicts)
{
    int *calls = arg;

    assert_true((err == HB_OK) == (verdicts != NULL));
    (*calls)++;
}

TEST(a_post_copies_what_it_is_given_and_answers_once)
{
    uint8_t entry[3] = {1, 2, 3};
    struct win_post win = {.draw_no = 7, .prize = 2, .unit = 9};
    struct ledger_post facts = {1, 2, 3, 4, entry, sizeof entry, &win, 1};
    int calls = 0;
    struct post *post = post_new(&facts, ignored, &calls, 5);

    entry[0] = 9;
    win.draw_no = 8;
    assert_int_equal(post->facts.entry[0], 1);
    assert_int_equal(post->facts.wins[0].draw_no, 7);
    post_answer(post, HB_E_UNSURE);
    post_answer(post, HB_OK);
    assert_int_equal(calls, 1);
    free(post);
}

TEST(lists_keep_order_and_sums_when_a_flight_comes_back)
{
    struct ledger_post facts = {.win_count = 0};
    struct post_list waiting = {.head = NULL}, flight = {.head = NULL};
    struct post *posts[4];

    for (size_t i = 0; i < 4; i++) {
        posts[i] = post_new(&facts, NULL, NULL, 0);
        post_list_push(i < 2 ? &flight : &waiting, posts[i]);
    }
    post_list_prepend(&waiting, &flight);
    assert_null(flight.head);
    assert_int_equal(waiting.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_ptr_equal(post_list_shift(&waiting), posts[i]);
        free(posts[i]);
    }
    assert_null(waiting.tail);
    assert_int_equal(waiting.bytes, 0);
}

TEST(a_batch_numbers_its_posts_from_one)
{
    struct win_post win = {.draw_no = 7, .prize = 2, .unit = 9, .key = {{0x80, 0, 0, 0, 0, 0, 1}}};
    struct ledger_post facts = {1, 2, 3, 0, (const uint8_t *)"xyz", 3, &win, 1};
    struct post_list posts = {.head = NULL};
    struct ledger_batch batch;

    ledger_batch_init(&batch);
    post_list_push(&posts, post_new(&facts, NULL, NULL, 0));
    post_list_push(&posts, post_new(&facts, NULL, NULL, 0));
    assert_true(ledger_batch_fill(&batch, &posts));
    assert_int_equal(batch.lengths[4], 20 + 2 * 4); /* position 0: the entry stays here */
    assert_int_equal(header(batch.values[5], 6), 1);
    assert_int_equal(header(batch.values[5], 8), 2);
    assert_int_equal(header(batch.values[11], 6), 0x00800000); /* seven bytes in eight */
    ledger_batch_free(&batch);
    free(post_list_shift(&posts));
    free(post_list_shift(&posts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_empty_array_has_one_dimension_of_no_elements),
        RUN(integers_take_their_type_s_width_and_sign),
        RUN(bytes_keep_their_zeros_and_may_be_empty),
        RUN(past_the_ceiling_an_array_cannot_be_finished),
        RUN(a_post_copies_what_it_is_given_and_answers_once),
        RUN(lists_keep_order_and_sums_when_a_flight_comes_back),
        RUN(a_batch_numbers_its_posts_from_one),
    };

    return RUN_ALL(tests);
}
