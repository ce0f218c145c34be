/*
 * tests/support/campaign_documents.h - a sound campaign document, and ways to spoil it.
 *
 * The sample is "spring-2026" in Asia/Shanghai, one week from 2026-02-16T20:00:00 on, with a prize of every
 * kind and mode; at SAMPLE_NOW_MS it has neither errors nor warnings.
 */
#pragma once

#include "campaign/validate.h"

#define SAMPLE_NOW_MS INT64_C(1767225600000)   /* 2026-01-01T00:00:00Z */
#define SAMPLE_START_MS INT64_C(1771243200000) /* 2026-02-16T12:00:00Z */
#define SAMPLE_END_MS INT64_C(1771848000000)   /* a week later */
#define SAMPLE_BUDGET_FEN 2488800

enum {
    SAMPLE_GRAND,
    SAMPLE_CASH,
    SAMPLE_LUCK,
    SAMPLE_TEA,
    SAMPLE_FU,
    SAMPLE_WELCOME,
    SAMPLE_PRIZES,
};

json_t *sample_json(void);

/* Sets what the JSON pointer names to a value given as JSON text; NULL takes it away. "/list/-" appends. */
void edit(json_t *document, const char *pointer, const char *value);

/* The sample with one edit. */
json_t *edited(const char *pointer, const char *value);

/* Read and validated at now_ms; *out may be NULL when nobody needs it. */
struct problems *problems_at(json_t *json, int64_t now_ms, struct document **out);
struct problems *problems_of(json_t *json);

/* Read, and sound or the test fails. */
struct document *sound_document(json_t *json);

/* Is there a problem of that code at that place? Prints them all when there is not. */
bool has_problem(const struct problems *problems, const char *pointer, const char *code);
