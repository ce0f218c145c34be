/*
 * lottery/library.h - the function library for Redis, lottery.lua and its parts, with the names that its
 * content gives it.
 *
 * Names end in the first 16 hex digits of its SHA-256, so that nodes of two releases share one Redis.
 * Ownership  library_build() allocates the text; library_free() gives it back.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

enum library_function {
    LIBRARY_DRAWS,
    LIBRARY_CONTROL,
    LIBRARY_OPEN,
    LIBRARY_CLOSE,
    LIBRARY_STATE_FORGET,
    LIBRARY_PLAYERS_SET,
    LIBRARY_PLAYERS_CLEAR,
    LIBRARY_PLAYERS_TAKE,
    LIBRARY_FORGET,
    LIBRARY_PEEK,
    LIBRARY_INSPECT,
    LIBRARY_ENTRIES,
    LIBRARY_FUNCTIONS,
};

enum { LIBRARY_NAME_MAX = 40 };

struct library {
    char name[LIBRARY_NAME_MAX]; /* hongbao_<digits> */
    char functions[LIBRARY_FUNCTIONS][LIBRARY_NAME_MAX];
    struct buf text; /* what FUNCTION LOAD takes */
};

bool library_build(struct library *out); /* false when out of memory */
void library_free(struct library *library);
