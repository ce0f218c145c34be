/* lottery/unit_set.c - pages of 65536 bits, made when the first bit is set. */
#include "lottery/unit_set.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BITS = 1 << 16, PAGE_WORDS = PAGE_BITS / 64 };

void unit_set_free(struct unit_set *set)
{
    for (size_t i = 0; i < set->page_count; i++) {
        free(set->pages[i]);
    }
    free(set->pages);
    *set = (struct unit_set){0};
}

static bool unit_set_reach(struct unit_set *set, size_t page)
{
    uint64_t **pages = NULL;

    if (page >= set->page_count) {
        pages = realloc(set->pages, (page + 1) * sizeof *pages);
        if (pages == NULL) {
            return false;
        }
        memset(pages + set->page_count, 0, (page + 1 - set->page_count) * sizeof *pages);
        set->pages = pages;
        set->page_count = page + 1;
    }
    if (set->pages[page] == NULL) {
        set->pages[page] = calloc(PAGE_WORDS, sizeof **pages);
    }
    return set->pages[page] != NULL;
}

/* The word that holds unit `at`, and in *mask its bits of [at, to); *next is the unit after them. */
static size_t word_of(uint64_t at, uint64_t to, uint64_t *mask, uint64_t *next)
{
    const uint64_t end = (at / 64 + 1) * 64 < to ? (at / 64 + 1) * 64 : to;

    *mask = end - at == 64 ? UINT64_MAX : ((UINT64_C(1) << (end - at)) - 1) << at % 64;
    *next = end;
    return at % PAGE_BITS / 64;
}

/* The pages end here: nothing behind it is in the set. */
static uint64_t set_end(const struct unit_set *set, uint32_t to)
{
    const uint64_t end = (uint64_t)set->page_count * PAGE_BITS;

    return to < end ? to : end;
}

bool unit_set_add(struct unit_set *set, uint32_t from, uint32_t to)
{
    uint64_t mask = 0;

    for (uint64_t at = from, next = 0; at < to; at = next) {
        const size_t page = at / PAGE_BITS, word = word_of(at, to, &mask, &next);

        if (!unit_set_reach(set, page)) {
            return false;
        }
        set->pages[page][word] |= mask;
    }
    return true;
}

void unit_set_remove(struct unit_set *set, uint32_t from, uint32_t to)
{
    const uint64_t end = set_end(set, to);
    uint64_t mask = 0;

    for (uint64_t at = from, next = 0; at < end; at = next) {
        const size_t page = at / PAGE_BITS, word = word_of(at, end, &mask, &next);

        if (set->pages[page] != NULL) {
            set->pages[page][word] &= ~mask;
        }
    }
}

uint64_t unit_set_count(const struct unit_set *set, uint32_t from, uint32_t to)
{
    const uint64_t end = set_end(set, to);
    uint64_t mask = 0, count = 0;

    for (uint64_t at = from, next = 0; at < end; at = next) {
        const size_t page = at / PAGE_BITS, word = word_of(at, end, &mask, &next);

        if (set->pages[page] != NULL) {
            count += (uint64_t)__builtin_popcountll(set->pages[page][word] & mask);
        }
    }
    return count;
}

bool unit_set_first(const struct unit_set *set, uint32_t *unit)
{
    for (size_t page = 0; page < set->page_count; page++) {
        for (size_t word = 0; set->pages[page] != NULL && word < PAGE_WORDS; word++) {
            const uint64_t bits = set->pages[page][word];

            if (bits != 0) {
                *unit = (uint32_t)(page * PAGE_BITS + word * 64 + (size_t)__builtin_ctzll(bits));
                return true;
            }
        }
    }
    return false;
}
