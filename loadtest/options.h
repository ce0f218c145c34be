/*
 * loadtest/options.h - the words of the command line, checked.
 */
#pragma once

#include "loadtest/address.h"
#include "loadtest/arrivals.h"
#include "loadtest/cpu.h"
#include "loadtest/fail_rule.h"

#include <stdbool.h>
#include <stdint.h>

enum { PHASES_MAX = 64, PIDS_MAX = 16, RULES_MAX = 16 };

struct options {
    const char *url, *campaign, *tokens_file, *get_path, *run_id;
    const char *json_file, *html_file, *outcomes_file;
    const char *arrivals, *choice; /* fixed or poisson; round or random */
    struct address address;
    struct phase phases[PHASES_MAX];
    size_t phase_count;
    struct cpu pids[PIDS_MAX];
    size_t pid_count;
    struct fail_rule rules[RULES_MAX];
    size_t rule_count;
    double rate_per_s;
    bool is_closed, session, allow_remote, quiet, help, version;
    int64_t connections, count, seed, retries; /* count 0: no limit but time */
    int64_t duration_us, timeout_us, retry_for_us, drain_us, late_us;
};

enum options_verdict { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

/* Keeps pointers into argv. What is wrong is said on stderr. */
enum options_verdict options_read(struct options *options, int argc, char **argv);
void options_help(void);
