/*
 * campaign/suggest.h - "did you mean": the known name that is nearest to a mistyped one.
 */
#pragma once

#include <stddef.h>

/* How the names are told: the i-th one, NULL past the last. */
typedef const char *(*suggest_name_fn)(const void *names, size_t i);

/* At most two edits (one in a name of up to four letters; a swap of neighbours is one edit), or its first
 * three letters or more; NULL when none is near. */
const char *suggest_name(const char *typed, suggest_name_fn name, const void *names);
