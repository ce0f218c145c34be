/*
 * campaign/problem.c - the list of problems and their words.
 */
#include "campaign/problem.h"

#include "base/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_BLOCK = 8 * 1024,
    MEMORY_MAX = 2 * 1024 * 1024,
    POINTER_MAX = 4096,
    TEXT_MAX = 1024,
    FACT_MAX = 200
};

#define PROBLEM_ROW(symbol, code, severity, en, zh) {code, SEVERITY_##severity, en, zh},
static const struct {
    const char *code;
    enum severity severity;
    const char *en, *zh;
} ROWS[] = {PROBLEM_LIST(PROBLEM_ROW)};

struct problems *problems_new(void)
{
    struct problems *problems = calloc(1, sizeof *problems);

    if (problems == NULL) {
        return NULL;
    }
    problems->items = calloc(PROBLEMS_MAX, sizeof *problems->items);
    problems->memory = arena_new(MEMORY_BLOCK, MEMORY_MAX);
    if (problems->items == NULL || problems->memory == NULL) {
        problems_free(problems);
        return NULL;
    }
    return problems;
}

void problems_free(struct problems *problems)
{
    if (problems != NULL) {
        arena_free(problems->memory);
        free(problems->items);
        free(problems);
    }
}

bool problems_has(const struct problems *problems, const char *code)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (strcmp(problems->items[i].code, code) == 0) {
            return true;
        }
    }
    return false;
}

const char *problem_code(enum problem_id id)
{
    return ROWS[id].code;
}

/* RFC 6901: ~ and / inside a name are written ~0 and ~1. */
static void pointer_add_name(struct buf *out, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '~' || *at == '/') {
            buf_adds(out, *at == '~' ? "~0" : "~1");
        } else {
            buf_addc(out, *at);
        }
    }
}

/* Recursion is as deep as the document's shape, and that is fixed: six levels. */
static void pointer_write(const struct path *path, struct buf *out)
{
    if (path == NULL) {
        return;
    }
    pointer_write(path->up, out);
    buf_addc(out, '/');
    if (path->name == NULL) {
        buf_add_u64(out, path->index);
    } else {
        pointer_add_name(out, path->name);
    }
}

/* A fact may be a member's name as long as the document: cut it, never within a UTF-8 character. */
static size_t fact_length(const char *fact)
{
    size_t len = strnlen(fact, FACT_MAX + 1);

    if (len <= FACT_MAX) {
        return len;
    }
    len = FACT_MAX;
    while (len > 0 && ((unsigned char)fact[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

static void text_write(const char *text, const char *a, const char *b, struct buf *out)
{
    while (*text != '\0') {
        if (strncmp(text, "{a}", 3) == 0 || strncmp(text, "{b}", 3) == 0) {
            const char *fact = text[1] == 'a' ? a : b;

            buf_add(out, fact == NULL ? "" : fact, fact == NULL ? 0 : fact_length(fact));
            text += 3;
        } else {
            buf_addc(out, *text++);
        }
    }
}

static const char *keep(struct problems *problems, struct buf *text)
{
    const char *kept = text->failed ? NULL : arena_strndup(problems->memory, buf_cstr(text), text->len);

    buf_free(text);
    return kept;
}

static const char *keep_pointer(struct problems *problems, const struct path *path)
{
    struct buf text;

    buf_init(&text, POINTER_MAX);
    pointer_write(path, &text);
    if (text.failed && path != NULL) { /* a name of thousands of characters: its parent's place will do */
        buf_free(&text);
        return keep_pointer(problems, path->up);
    }
    return keep(problems, &text);
}

static const char *keep_text(struct problems *problems, const char *words, const char *a, const char *b)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    text_write(words, a, b, &text);
    return keep(problems, &text);
}

void problem_add(
    struct problems *problems, const struct path *path, enum problem_id id, const char *a, const char *b)
{
    struct problem problem = {.code = ROWS[id].code, .severity = ROWS[id].severity};

    if (problem.severity == SEVERITY_ERROR) {
        problems->errors++;
    } else {
        problems->warnings++;
    }
    if (problems->count < PROBLEMS_MAX) {
        problem.pointer = keep_pointer(problems, path);
        problem.en = keep_text(problems, ROWS[id].en, a, b);
        problem.zh = keep_text(problems, ROWS[id].zh, a, b);
    }
    if (problem.pointer == NULL || problem.en == NULL || problem.zh == NULL) {
        problems->truncated = true;
        return;
    }
    problems->items[problems->count++] = problem;
}

static void write_member(struct buf *out, const char *name, const char *value)
{
    buf_adds(out, name);
    buf_add_json_string(out, value, strlen(value));
}

void problems_write_json(const struct problems *problems, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];

        write_member(out, i == 0 ? "{\"code\":" : ",{\"code\":", problem->code);
        write_member(out, ",\"en\":", problem->en);
        write_member(out, ",\"pointer\":", problem->pointer);
        write_member(out, ",\"severity\":", problem->severity == SEVERITY_ERROR ? "error" : "warning");
        write_member(out, ",\"zh\":", problem->zh);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

struct fact fact_int(int64_t value)
{
    struct fact fact;

    (void)snprintf(fact.text, sizeof fact.text, "%" PRId64, value);
    return fact;
}

struct fact fact_decimal(int64_t nano)
{
    struct fact fact;
    size_t len;

    (void)snprintf(
        fact.text, sizeof fact.text, "%" PRId64 ".%09" PRId64, nano / 1000000000, nano % 1000000000);
    len = strlen(fact.text);
    while (fact.text[len - 1] == '0') {
        fact.text[--len] = '\0';
    }
    if (fact.text[len - 1] == '.') {
        fact.text[len - 1] = '\0';
    }
    return fact;
}
