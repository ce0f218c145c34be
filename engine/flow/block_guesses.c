/*
 * flow/block_guesses.c - a set-associative memory: what belongs together lies in one line of the cache.
 */
#include "flow/block_guesses.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE_BITS = 21, WAYS = 16, BLOCK_BITS = 12, BLOCK_MASK = (1 << BLOCK_BITS) - 1 };

/* A place holds part of the player's name above the block; 0: free. */
struct line {
    _Atomic uint32_t places[WAYS];
};

struct block_guesses {
    struct line lines[1 << LINE_BITS];
};

_Static_assert(sizeof(struct line) == 64, "one line of the cache");

struct block_guesses *block_guesses_new(void)
{
    /* Zeros, in pages that cost nothing until they are written to; and a page begins with a line of the
     * cache. */
    void *pages =
        mmap(NULL, sizeof(struct block_guesses), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED) {
        return NULL;
    }
    /* Looked up all over the place; where the kernel has no huge pages, small ones do. */
    (void)madvise(pages, sizeof(struct block_guesses), MADV_HUGEPAGE);
    return pages;
}

void block_guesses_free(struct block_guesses *guesses)
{
    if (guesses != NULL) {
        (void)munmap(guesses, sizeof *guesses);
    }
}

static uint64_t name_of(uint64_t campaign_id, const struct player_id *player)
{
    uint64_t halves[2];

    _Static_assert(sizeof halves == PLAYER_BYTES, "the whole name");
    memcpy(halves, player->bytes, sizeof halves);
    return (halves[0] ^ halves[1] ^ campaign_id) * UINT64_C(0x9e3779b97f4a7c15);
}

static size_t line_of(uint64_t name)
{
    return (size_t)(name >> (64 - LINE_BITS));
}

static uint32_t tag_of(uint64_t name)
{
    return (uint32_t)name & ~(uint32_t)BLOCK_MASK;
}

void block_guess_expect(const struct block_guesses *guesses,
                        uint64_t campaign_id,
                        const struct player_id *player)
{
    __builtin_prefetch(&guesses->lines[line_of(name_of(campaign_id, player))]);
}

uint32_t
block_guess(const struct block_guesses *guesses, uint64_t campaign_id, const struct player_id *player)
{
    uint64_t name = name_of(campaign_id, player);
    const struct line *line = &guesses->lines[line_of(name)];

    for (size_t i = 0; i < WAYS; i++) {
        uint32_t place = atomic_load_explicit(&line->places[i], memory_order_relaxed);

        if (place != 0 && (place & ~(uint32_t)BLOCK_MASK) == tag_of(name)) {
            return place & BLOCK_MASK;
        }
    }
    return 0;
}

/* Where the player is, else a free place, else one that the name chooses. */
static size_t place_find(const struct line *line, uint64_t name)
{
    size_t chosen = (size_t)(name >> BLOCK_BITS) % WAYS;

    for (size_t i = WAYS; i-- > 0;) {
        uint32_t place = atomic_load_explicit(&line->places[i], memory_order_relaxed);

        if (place != 0 && (place & ~(uint32_t)BLOCK_MASK) == tag_of(name)) {
            return i;
        }
        chosen = place == 0 ? i : chosen;
    }
    return chosen;
}

void block_guess_keep(struct block_guesses *guesses,
                      uint64_t campaign_id,
                      const struct player_id *player,
                      uint32_t block)
{
    uint64_t name = name_of(campaign_id, player);
    struct line *line = &guesses->lines[line_of(name)];

    if (block <= BLOCK_MASK && block != block_guess(guesses, campaign_id, player)) {
        atomic_store_explicit(
            &line->places[place_find(line, name)], tag_of(name) | block, memory_order_relaxed);
    }
}
