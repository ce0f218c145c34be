/*
 * campaign/suggest.c - optimal string alignment distance, on short names only.
 */
#include "campaign/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_LENGTH = 32, FAR_AWAY = 99 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* "amount" for "amount_fen": the unit was left out. */
static bool is_beginning(const char *typed, const char *known)
{
    size_t len = strlen(typed);

    return len >= 3 && strncasecmp(typed, known, len) == 0;
}

/* before, above: the two rows over this one. */
static void fill_row(size_t row,
                     const char *a,
                     const char *b,
                     size_t b_len,
                     const size_t *before,
                     const size_t *above,
                     size_t *out)
{
    out[0] = row;
    for (size_t j = 1; j <= b_len; j++) {
        size_t changed = above[j - 1] + !same(a[row - 1], b[j - 1]);

        out[j] = least(changed, least(above[j], out[j - 1]) + 1);
        if (row > 1 && j > 1 && same(a[row - 1], b[j - 2]) && same(a[row - 2], b[j - 1])) {
            out[j] = least(out[j], before[j - 2] + 1);
        }
    }
}

static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_LENGTH + 1];
    size_t a_len = strnlen(a, NAME_MAX_LENGTH + 1);
    size_t b_len = strnlen(b, NAME_MAX_LENGTH + 1);

    if (a_len > NAME_MAX_LENGTH || b_len > NAME_MAX_LENGTH) {
        return FAR_AWAY;
    }
    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = j;
        rows[2][j] = FAR_AWAY;
    }
    for (size_t row = 1; row <= a_len; row++) {
        fill_row(row, a, b, b_len, rows[(row + 1) % 3], rows[(row - 1) % 3], rows[row % 3]);
    }
    return rows[a_len % 3][b_len];
}

const char *suggest_name(const char *typed, suggest_name_fn name, const void *names)
{
    const char *best = NULL;
    size_t best_distance = FAR_AWAY;

    for (size_t i = 0; name(names, i) != NULL; i++) {
        const char *known = name(names, i);
        size_t near = strlen(known) <= 4 ? 1 : 2;
        size_t found = is_beginning(typed, known) ? near : distance(typed, known);

        if (found < best_distance && found <= near) {
            best = known;
            best_distance = found;
        }
    }
    return best;
}
