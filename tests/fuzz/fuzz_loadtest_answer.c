/*
 * tests/fuzz/fuzz_loadtest_answer.c - an answer means the same wherever the connection has cut it, and what
 * is read out of its body lies in the body.
 */
#include "loadtest/answer.h"
#include "loadtest/drawn.h"

#include <stdint.h>
#include <stdlib.h>

enum { CUTS_MAX = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

/* In memory of its exact size, so that the address sanitizer sees a read behind it. */
static char *copy_of(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);

    require(copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

static void lies_in(struct text piece, struct text whole)
{
    require(piece.len == 0 || (piece.at >= whole.at && piece.at + piece.len <= whole.at + whole.len));
}

static void read_body(struct text body)
{
    struct drawn drawn;

    if (drawn_read(body, &drawn)) {
        const struct text pieces[] = {
            drawn.outcome, drawn.draw_id, drawn.prize, drawn.kind, drawn.code, drawn.session};

        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            lies_in(pieces[i], body);
        }
        require(drawn.draw_no >= -1 && drawn.chances_left >= -1 && drawn.amount_fen >= -1);
    }
}

static enum answer_state state_of(const uint8_t *data, size_t size)
{
    struct answer answer;
    char *copy = copy_of(data, size);
    enum answer_state state = answer_read(copy, size, &answer);

    if (state == ANSWER_WHOLE) {
        struct text all = {copy, size};

        require(answer.bytes <= size && answer.status >= 200 && answer.status <= 999);
        lies_in(answer.body, all);
        read_body(answer.body);
    }
    free(copy);
    return state;
}

/* How long the answer is at whose end the bytes become whole. */
static size_t length_of(const uint8_t *data, size_t size)
{
    struct answer answer;
    char *copy = copy_of(data, size);

    require(answer_read(copy, size, &answer) == ANSWER_WHOLE);
    free(copy);
    return answer.bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = copy_of(data, size);
    size_t whole;

    read_body((struct text){body, size});
    free(body);
    if (state_of(data, size) != ANSWER_WHOLE) {
        return 0;
    }
    whole = length_of(data, size);
    require(state_of(data, whole) == ANSWER_WHOLE && length_of(data, whole) == whole);
    for (size_t len = 0; len < whole && whole <= CUTS_MAX; len++) {
        require(state_of(data, len) == ANSWER_PART);
    }
    return 0;
}
