/*
 * loadtest/outcomes.h - how every draw ended, a JSON line each, in the order of their ends.
 *
 * Lines leave at the end of the loop's turn that made them, with one write: what was acknowledged to us is in
 * the file also when this process is killed a moment later. A draw that was given up is there as "unknown".
 */
#pragma once

#include "loadtest/verdict.h"

#include <stdint.h>

struct loop;
struct outcomes;

struct outcome {
    uint32_t user; /* its line in the token file, from 0 */
    struct text key;
    const struct verdict *verdict;
    int status; /* 0: no answer */
    bool is_replayed;
    uint32_t attempts;
    int64_t at_us; /* since the start of the run */
};

struct outcomes *outcomes_open(struct loop *loop, const char *path);         /* NULL: said on stderr */
void outcomes_add(struct outcomes *outcomes, const struct outcome *outcome); /* accepts NULL */
bool outcomes_close(
    struct outcomes *outcomes); /* accepts NULL; false: some line was not written, said on stderr */
