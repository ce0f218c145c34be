/*
 * loadtest/users.c - tokens from a file, and the ring of free users.
 */
#include "loadtest/users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOKENS_BYTES_MAX = 1 << 30, TOKEN_BYTES_MAX = 4096 };

bool users_make(struct users *users, uint32_t count)
{
    users->list = calloc(count, sizeof *users->list);
    users->free = calloc(count, sizeof *users->free);
    if (users->list == NULL || users->free == NULL) {
        return false;
    }
    users->count = count;
    users->free_count = count;
    for (uint32_t i = 0; i < count; i++) {
        users->free[i] = i;
    }
    return true;
}

static bool read_all(FILE *file, char **text, size_t *len)
{
    size_t cap = 1 << 20;

    *text = malloc(cap);
    *len = 0;
    while (*text != NULL) {
        size_t got = fread(*text + *len, 1, cap - *len, file);
        char *more;

        *len += got;
        if (got == 0 || *len == TOKENS_BYTES_MAX) {
            return ferror(file) == 0;
        }
        cap = *len == cap && cap < TOKENS_BYTES_MAX ? cap * 2 : cap;
        more = realloc(*text, cap);
        if (more == NULL) {
            break;
        }
        *text = more;
    }
    return false;
}

/* The next line that is not empty, without its end; false at the end of the text. */
static bool line_next(const char **at, const char *end, struct text *line)
{
    while (*at < end && (**at == '\n' || **at == '\r')) {
        (*at)++;
    }
    line->at = *at;
    while (*at < end && **at != '\n' && **at != '\r') {
        (*at)++;
    }
    line->len = (size_t)(*at - line->at);
    return line->len > 0;
}

static bool token_fits(struct text token)
{
    for (size_t i = 0; i < token.len; i++) {
        if (token.at[i] <= ' ' || token.at[i] == 0x7F) {
            return false;
        }
    }
    return token.len <= TOKEN_BYTES_MAX;
}

static const char *tokens_take(struct users *users, size_t len)
{
    const char *at = users->text, *end = users->text + len;
    struct text line;
    uint32_t count = 0;

    while (line_next(&at, end, &line)) {
        count++;
        if (count > USERS_MAX || !token_fits(line)) {
            return count > USERS_MAX ? "too many lines" : "a line is not a token";
        }
    }
    if (count == 0) {
        return "no token in it; `hongbao token --user u --count 1000` makes some";
    }
    if (!users_make(users, count)) {
        return "out of memory";
    }
    at = users->text;
    for (uint32_t i = 0; line_next(&at, end, &line); i++) {
        users->list[i].token = line;
    }
    return NULL;
}

bool users_read(struct users *users, const char *path, bool is_random, uint64_t seed)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    const char *problem;
    size_t len = 0;

    *users = (struct users){.is_random = is_random, .rng = {.state = seed}};
    if (file == NULL || !read_all(file, &users->text, &len)) {
        problem = strerror(errno);
    } else {
        problem = tokens_take(users, len);
    }
    if (file != NULL && file != stdin) {
        (void)fclose(file);
    }
    if (problem != NULL) {
        fprintf(stderr, "hongbao-load: %s: %s\n", path, problem);
    }
    return problem == NULL;
}

void users_free(struct users *users)
{
    for (uint32_t i = 0; i < users->count; i++) {
        free(users->list[i].session);
    }
    free(users->list);
    free(users->free);
    free(users->text);
    *users = (struct users){0};
}

static uint32_t ring_at(const struct users *users, uint32_t offset)
{
    return (uint32_t)(((uint64_t)users->free_at + offset) % users->count);
}

uint32_t users_take(struct users *users)
{
    uint32_t *first = &users->free[users->free_at];
    uint32_t user = *first;

    if (users->free_count == 0) {
        return USER_NONE;
    }
    if (users->is_random) {
        uint32_t *chosen = &users->free[ring_at(users, rng_below(&users->rng, users->free_count))];

        user = *chosen;
        *chosen = *first;
    }
    users->free_at = ring_at(users, 1);
    users->free_count--;
    return user;
}

void users_put_back(struct users *users, uint32_t user)
{
    users->free[ring_at(users, users->free_count)] = user;
    users->free_count++;
}

bool user_sign_in(struct user *user, struct text session)
{
    char *copy = token_fits(session) ? malloc(session.len) : NULL;

    if (copy == NULL) {
        return false;
    }
    memcpy(copy, session.at, session.len);
    free(user->session);
    user->session = copy;
    user->token = (struct text){copy, session.len};
    return true;
}
