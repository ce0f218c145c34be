/*
 * base/arena.h - memory that goes together: a request's strings live here until it is answered.
 *
 * arena_alloc() is 16-byte aligned and never NULL below the ceiling given at the start; past it NULL.
 * arena_reset() keeps the first block, so a connection that is reused allocates nothing.
 */
#pragma once

#include <stddef.h>

struct arena;

struct arena *arena_new(size_t block_bytes, size_t max_bytes); /* NULL when out of memory */
void arena_free(struct arena *arena);                          /* accepts NULL */
void arena_reset(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t bytes);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
