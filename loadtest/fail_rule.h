/*
 * loadtest/fail_rule.h - thresholds: `p99_ms>200`, `errors>0`. One that holds at the end fails the run.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct stats;

enum fail_op { FAIL_ABOVE, FAIL_AT_LEAST, FAIL_BELOW, FAIL_AT_MOST, FAIL_EQUAL, FAIL_UNEQUAL };

struct fail_rule {
    const char *text; /* as it was given; borrowed */
    size_t figure;    /* its row in the table of figures */
    enum fail_op op;
    double limit;
};

bool fail_rule_read(const char *text, struct fail_rule *out); /* false: not a rule, or no such figure */
bool fail_rule_holds(const struct fail_rule *rule, const struct stats *stats, double *value);
const char *fail_rule_figure(size_t at); /* the names that may be used; NULL past the last */
