/*
 * campaign/document_internal.h - how rows of the field tables are written, and what document_pacing.c reads.
 */
#pragma once

#include "campaign/document.h"

enum { TIME_TEXT_MAX = 64 };

extern const struct field PACING_FIELDS[]; /* of struct document_prize */

/* A table defines OWNER as the struct it describes. */
/* clang-format off */
#define AT(member) offsetof(struct OWNER, member)
#define INTEGER(n, need, member, low, high) {.name = n, .type = FIELD_INTEGER, .required = need, .offset = AT(member), .min = low, .max = high}
#define DECIMAL(n, need, member) {.name = n, .type = FIELD_DECIMAL, .required = need, .offset = AT(member), .min = 0, .max = NANO}
#define TIME(n, member) {.name = n, .type = FIELD_TIME, .required = true, .offset = AT(member)}
#define SLUG(n, member) {.name = n, .type = FIELD_SLUG, .required = true, .offset = AT(member)}
#define TEXT(n, member, longest) {.name = n, .type = FIELD_TEXT, .required = true, .offset = AT(member), .max = longest}
#define WORDS(n, need, member, longest) {.name = n, .type = FIELD_WORDS, .required = need, .offset = AT(member), .max = longest}
#define LINES(n, member, longest) {.name = n, .type = FIELD_WORDS, .required = true, .lines = true, .offset = AT(member), .max = longest}
#define CHOICE(n, member, list) {.name = n, .type = FIELD_CHOICE, .required = true, .offset = AT(member), .choices = list}
#define GROUP(n, need, table) {.name = n, .type = FIELD_GROUP, .required = need, .group = table}
#define LIST(n, need, low, high, fn) {.name = n, .type = FIELD_LIST, .required = need, .min = low, .max = high, .read_list = fn}
#define END {.name = NULL}
/* clang-format on */
