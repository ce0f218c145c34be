/*
 * loadtest/retries.c - a binary heap.
 */
#include "loadtest/retries.h"

#include <assert.h>
#include <stdlib.h>

bool retries_init(struct retries *retries, size_t max)
{
    *retries = (struct retries){.items = calloc(max, sizeof *retries->items), .max = max};
    return retries->items != NULL;
}

void retries_free(struct retries *retries)
{
    free(retries->items);
    *retries = (struct retries){0};
}

void retries_add(struct retries *retries, uint32_t user, int64_t due_us)
{
    size_t at = retries->count;

    assert(retries->count < retries->max);
    retries->count++;
    while (at > 0 && retries->items[(at - 1) / 2].due_us > due_us) {
        retries->items[at] = retries->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    retries->items[at] = (struct retry){due_us, user};
}

const struct retry *retries_first(const struct retries *retries)
{
    return retries->count > 0 ? &retries->items[0] : NULL;
}

static size_t child_earlier(const struct retries *retries, size_t at)
{
    size_t left = 2 * at + 1;

    return left + 1 < retries->count && retries->items[left + 1].due_us < retries->items[left].due_us
               ? left + 1
               : left;
}

struct retry retries_take(struct retries *retries)
{
    struct retry first = retries->items[0];
    struct retry last = retries->items[--retries->count];
    size_t at = 0;

    for (size_t child = child_earlier(retries, at); child < retries->count;
         child = child_earlier(retries, at)) {
        if (retries->items[child].due_us >= last.due_us) {
            break;
        }
        retries->items[at] = retries->items[child];
        at = child;
    }
    retries->items[at] = last;
    return first;
}
