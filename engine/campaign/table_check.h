/*
 * campaign/table_check.h - does a table keep its promises? For tables that come back from storage or from
 * outside.
 */
#pragma once

#include "lottery/table.h"

/* What is wrong with it, in English, for a log line; NULL when nothing is. */
const char *table_flaw(const struct table *table);
