/*
 * lottery/unit_set.h - a set of unit numbers, in pages of bits: a replay's memory of what was leased and
 * given.
 *
 * Ownership  start from zeros; unit_set_free() gives the memory back.
 * Errors     unit_set_add() answers false when out of memory; the set is then as if some units were not
 * added.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_set {
    uint64_t **pages; /* NULL: an empty page */
    size_t page_count;
};

void unit_set_free(struct unit_set *set);
bool unit_set_add(struct unit_set *set, uint32_t from, uint32_t to); /* [from, to) */
void unit_set_remove(struct unit_set *set, uint32_t from, uint32_t to);
uint64_t unit_set_count(const struct unit_set *set, uint32_t from, uint32_t to);
bool unit_set_first(const struct unit_set *set, uint32_t *unit); /* the smallest; false: empty */
