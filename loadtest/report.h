/*
 * loadtest/report.h - the result as text, as JSON, and as a page.
 */
#pragma once

#include "loadtest/run.h"

#include <stdbool.h>
#include <stdio.h>

void report_text(const struct result *result, FILE *out);
bool report_json(const struct result *result, const char *path); /* false: said on stderr */
bool report_html(const struct result *result, const char *path);
bool report_rules_hold(const struct result *result); /* no --fail-if holds */
