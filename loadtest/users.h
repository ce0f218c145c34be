/*
 * loadtest/users.h - the users of a run, their tokens, and who is free to draw.
 *
 * A user does one thing at a time, as a phone does: taken when a draw starts, put back when it has ended.
 */
#pragma once

#include "loadtest/rng.h"
#include "loadtest/text.h"

#include <stdint.h>

enum { USERS_MAX = 10000000 };

#define USER_NONE UINT32_MAX

struct user {
    struct text token;
    char *session;      /* token.at when the user has signed in; ours */
    int64_t planned_us; /* of the draw in flight */
    int64_t due_us;     /* of its latest attempt; the first one's is planned_us */
    int64_t first_us;   /* when its first attempt began */
    uint32_t draws;     /* started so far; the number in the key */
    uint32_t attempts;  /* of the draw in flight */
};

struct users {
    struct user *list;
    uint32_t count;
    char *text;     /* the token file */
    uint32_t *free; /* a ring: taken at the front, put back behind */
    uint32_t free_at, free_count;
    bool is_random; /* take any of the free ones, not the one that has waited longest */
    struct rng rng;
};

/* One token a line. Prints why it failed. */
bool users_read(struct users *users, const char *path, bool is_random, uint64_t seed);
bool users_make(struct users *users, uint32_t count); /* without tokens */
void users_free(struct users *users);
uint32_t users_take(struct users *users); /* USER_NONE: all are busy */
void users_put_back(struct users *users, uint32_t user);
bool user_sign_in(struct user *user, struct text session); /* false: out of memory */
