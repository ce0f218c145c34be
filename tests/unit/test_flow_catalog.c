/*
 * Unit tests of flow/catalog.c: references, generations, finding.
 */
#include "flow/catalog.h"

#include "base/arena.h"
#include "lottery/table.h"
#include "tests/support/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct catalog *catalog_of(const char *const *slugs, size_t count)
{
    struct arena *arena = arena_new(4096, 1 << 20);
    struct catalog *catalog = calloc(1, sizeof *catalog);

    assert_non_null(arena);
    assert_non_null(catalog);
    atomic_init(&catalog->refs, 1);
    catalog->memory = arena;
    catalog->count = count;
    catalog->campaigns = arena_alloc(arena, (count + 1) * sizeof *catalog->campaigns);
    for (size_t i = 0; i < count; i++) {
        struct table *table = arena_alloc(arena, sizeof *table);

        memset(table, 0, sizeof *table);
        memcpy(table->campaign, slugs[i], strlen(slugs[i]) + 1);
        memset(&catalog->campaigns[i], 0, sizeof catalog->campaigns[i]);
        catalog->campaigns[i].id = (uint32_t)(10 + i);
        catalog->campaigns[i].table = table;
    }
    return catalog;
}

TEST(nothing_is_there_before_the_first)
{
    struct catalog_slot *slot = catalog_slot_new();

    assert_null(catalog_take(slot));
    assert_null(catalog_find(NULL, "a", 1));
    assert_null(catalog_find_id(NULL, 1));
    catalog_slot_free(slot);
}

TEST(a_reader_keeps_the_old_one_while_the_slot_has_the_new)
{
    static const char *const OLD[] = {"old"}, *const NEW[] = {"new"};
    struct catalog_slot *slot = catalog_slot_new();
    struct catalog *held = NULL, *next = NULL;
    uint64_t generation = 0;

    catalog_publish(slot, catalog_of(OLD, 1));
    held = catalog_take(slot);
    generation = catalog_generation(slot);
    assert_int_equal(held->generation, generation);
    catalog_publish(slot, catalog_of(NEW, 1));
    assert_int_equal(catalog_generation(slot), generation + 1);
    assert_non_null(catalog_find(held, "old", 3));
    next = catalog_take(slot);
    assert_null(catalog_find(next, "old", 3));
    assert_non_null(catalog_find(next, "new", 3));
    catalog_put_back(held);
    catalog_put_back(next);
    catalog_slot_free(slot);
}

TEST(campaigns_are_found_by_their_whole_slug_and_by_id)
{
    static const char *const SLUGS[] = {"a", "ab", "abc", "b", "spring", "spring-2"};
    struct catalog *catalog = catalog_of(SLUGS, 6);

    for (size_t i = 0; i < 6; i++) {
        assert_ptr_equal(catalog_find(catalog, SLUGS[i], strlen(SLUGS[i])), &catalog->campaigns[i]);
        assert_ptr_equal(catalog_find_id(catalog, (uint32_t)(10 + i)), &catalog->campaigns[i]);
    }
    assert_null(catalog_find(catalog, "sprin", 5));
    assert_null(catalog_find(catalog, "spring-", 7));
    assert_null(catalog_find(catalog, "", 0));
    assert_ptr_equal(catalog_find(catalog, "spring-3", 6), &catalog->campaigns[4]); /* the length counts */
    assert_null(catalog_find_id(catalog, 9));
    catalog_put_back(catalog);
}

enum { READERS = 3, TURNS = 2000 };

static void *reader_run(void *arg)
{
    struct catalog_slot *slot = arg;

    for (int i = 0; i < TURNS; i++) {
        struct catalog *catalog = catalog_take(slot);

        assert_non_null(catalog_find(catalog, "spring", 6));
        catalog_put_back(catalog);
    }
    return NULL;
}

TEST(readers_and_a_publisher_share_the_slot)
{
    static const char *const SLUGS[] = {"spring"};
    struct catalog_slot *slot = catalog_slot_new();
    pthread_t readers[READERS];

    catalog_publish(slot, catalog_of(SLUGS, 1));
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, reader_run, slot), 0);
    }
    for (int i = 0; i < TURNS / 4; i++) {
        catalog_publish(slot, catalog_of(SLUGS, 1));
    }
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    }
    catalog_slot_free(slot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(nothing_is_there_before_the_first),
        RUN(a_reader_keeps_the_old_one_while_the_slot_has_the_new),
        RUN(campaigns_are_found_by_their_whole_slug_and_by_id),
        RUN(readers_and_a_publisher_share_the_slot),
    };

    return RUN_ALL(tests);
}
