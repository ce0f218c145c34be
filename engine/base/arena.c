/*
 * base/arena.c - memory that goes together, in a chain of blocks.
 *
 * The ceiling counts what was asked for (rounded up to 16), not the blocks behind it.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
    struct block *first, *current;
    size_t block_bytes, used_bytes, max_bytes;
};

static struct block *block_new(size_t size)
{
    struct block *block = size <= SIZE_MAX - sizeof *block ? malloc(sizeof *block + size) : NULL;

    if (block != NULL) {
        block->next = NULL;
        block->used = 0;
        block->size = size;
    }
    return block;
}

static void blocks_free(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
}

struct arena *arena_new(size_t block_bytes, size_t max_bytes)
{
    struct arena *arena = calloc(1, sizeof *arena);
    struct block *first = block_new(block_bytes);

    if (arena == NULL || first == NULL) {
        free(arena);
        free(first);
        return NULL;
    }
    *arena = (struct arena){first, first, block_bytes, 0, max_bytes};
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena != NULL) {
        blocks_free(arena->first);
        free(arena);
    }
}

void arena_reset(struct arena *arena)
{
    blocks_free(arena->first->next);
    arena->first->next = NULL;
    arena->first->used = 0;
    arena->current = arena->first;
    arena->used_bytes = 0;
}

static void *block_take(struct block *block, size_t bytes)
{
    void *at = block->bytes + block->used;

    assert(bytes <= block->size - block->used);
    block->used += bytes;
    return at;
}

/* A piece larger than a block gets a block of its own, behind the current one, which stays in use. */
static void *arena_alloc_large(struct arena *arena, size_t bytes)
{
    struct block *block = block_new(bytes);

    if (block == NULL) {
        return NULL;
    }
    block->next = arena->current->next;
    arena->current->next = block;
    return block_take(block, bytes);
}

static void *arena_alloc_next(struct arena *arena, size_t bytes)
{
    struct block *block = block_new(arena->block_bytes);

    if (block == NULL) {
        return NULL;
    }
    block->next = arena->current->next;
    arena->current->next = block;
    arena->current = block;
    return block_take(block, bytes);
}

static void *arena_find_room(struct arena *arena, size_t bytes)
{
    if (bytes <= arena->current->size - arena->current->used) {
        return block_take(arena->current, bytes);
    }
    return bytes > arena->block_bytes ? arena_alloc_large(arena, bytes) : arena_alloc_next(arena, bytes);
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t rounded;
    void *at;

    if (bytes > arena->max_bytes) {
        return NULL;
    }
    rounded = bytes == 0 ? ALIGNMENT : bytes + (ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT;
    if (rounded < bytes || rounded > arena->max_bytes - arena->used_bytes) {
        return NULL;
    }
    at = arena_find_room(arena, rounded);
    if (at != NULL) {
        arena->used_bytes += rounded;
    }
    return at;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

    if (copy != NULL) {
        if (len > 0) {
            memcpy(copy, text, len);
        }
        copy[len] = '\0';
    }
    return copy;
}
