/*
 * tests/fuzz/fuzz_http_parser.c - a request means the same however it is cut into pieces.
 *
 * The bytes go in whole, byte by byte, and cut in two at every place; verdict, reason, head and body must be
 * equal. Each piece lies in memory of its exact size, so that the address sanitizer sees a read behind it.
 */
#include "http/parser.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 1024, FIELDS_MAX = 16, BODY_MAX = 2048, CUTS_MAX = 600 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct http_parser parser;
    enum http_parse verdict;
    char *data; /* what of the input is kept */
    size_t len; /* of data */
    size_t fed; /* of the input */
};

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static void run_start(struct run *run)
{
    memset(run, 0, sizeof *run);
    http_parser_start(&run->parser, HEADER_MAX, FIELDS_MAX);
}

static void run_parse(struct run *run)
{
    run->verdict = http_parse_head(&run->parser, run->data, run->len);
    if (run->verdict == HTTP_PARSE_DONE) {
        run->verdict = http_parse_body(&run->parser, run->data, &run->len, BODY_MAX);
    }
}

static void run_feed(struct run *run, const uint8_t *bytes, size_t len)
{
    char *grown = malloc(run->len + len > 0 ? run->len + len : 1);

    if (grown == NULL) {
        abort();
    }
    if (run->len > 0) {
        memcpy(grown, run->data, run->len);
    }
    if (len > 0) {
        memcpy(grown + run->len, bytes, len);
    }
    free(run->data);
    run->data = grown;
    run->len += len;
    run->fed += len;
    run_parse(run);
}

static void compare_done(const struct run *whole, const struct run *cut)
{
    const struct http_parser *a = &whole->parser, *b = &cut->parser;

    check(a->pos == cut->fed - (cut->len - b->pos)); /* both end at the same byte of the input */
    check(a->method == b->method && a->minor == b->minor && a->close == b->close);
    check(memcmp(&a->path, &b->path, sizeof a->path) == 0 &&
          memcmp(&a->query, &b->query, sizeof a->query) == 0);
    check(a->field_count == b->field_count);
    check(memcmp(a->fields, b->fields, a->field_count * sizeof a->fields[0]) == 0);
    check(a->head_len == b->head_len && a->body_len == b->body_len && a->body_len <= BODY_MAX);
    check(memcmp(whole->data, cut->data, a->head_len + a->body_len) == 0);
}

static void compare(const struct run *whole, const struct run *cut)
{
    check(whole->verdict == cut->verdict);
    if (whole->verdict == HTTP_PARSE_REFUSED) {
        check(whole->parser.err == cut->parser.err && whole->parser.why == cut->parser.why);
        check(whole->parser.err != HB_OK);
    }
    if (whole->verdict == HTTP_PARSE_DONE) {
        compare_done(whole, cut);
    }
}

static void run_in_steps(const struct run *whole, const uint8_t *data, size_t size, size_t first, size_t step)
{
    struct run run;

    run_start(&run);
    run_feed(&run, data, first);
    while (run.verdict == HTTP_PARSE_MORE && run.fed < size) {
        size_t len = size - run.fed < step ? size - run.fed : step;

        run_feed(&run, data + run.fed, len);
    }
    compare(whole, &run);
    free(run.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole;

    if (size > 8192) {
        return 0;
    }
    run_start(&whole);
    run_feed(&whole, data, size);
    run_in_steps(&whole, data, size, 0, 1);
    for (size_t cut = 1; cut < size && size <= CUTS_MAX; cut++) {
        run_in_steps(&whole, data, size, cut, size);
    }
    free(whole.data);
    return 0;
}
