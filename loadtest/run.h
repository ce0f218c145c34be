/*
 * loadtest/run.h - one run, from the first connection to the last answer.
 */
#pragma once

#include "loadtest/options.h"
#include "loadtest/stats.h"

struct sign_in {
    uint64_t users, failed;
    int64_t took_us;
    struct histogram latency; /* of those that worked, from the first send */
};

/* What the reports are made of. */
struct result {
    const struct options *options;
    struct stats stats;
    struct sign_in sign_in;
    struct cpu pids[PIDS_MAX];
    uint32_t user_count;
    uint64_t connects;
    int64_t own_cpu_us; /* of this process, while drawing */
    int64_t started_ms; /* wall clock */
    char run_id[40];
    bool is_interrupted, outcomes_failed;
};

bool result_init(struct result *result, const struct options *options); /* false: out of memory */
void result_free(struct result *result);

/* False: it could not begin; said on stderr. */
bool run_go(const struct options *options, struct result *result);
