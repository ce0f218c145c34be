/* audit/findings.c - the list of findings and its two faces. */
#include "audit/findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool findings_room(struct findings *findings)
{
    const size_t capacity = findings->capacity == 0 ? 16 : findings->capacity * 2;
    struct finding *list = NULL;

    if (findings->count < findings->capacity) {
        return true;
    }
    if (findings->count >= FINDINGS_KEPT) {
        return false;
    }
    list = realloc(findings->list, capacity * sizeof *list);
    if (list == NULL) {
        return false;
    }
    findings->list = list;
    findings->capacity = capacity;
    return true;
}

void findings_add(struct findings *findings, const char *check, const char *key, const char *format, ...)
{
    struct finding *finding = NULL;
    va_list args;

    findings->total++;
    if (!findings_room(findings)) {
        return;
    }
    finding = &findings->list[findings->count++];
    (void)snprintf(finding->check, sizeof finding->check, "%s", check);
    (void)snprintf(finding->key, sizeof finding->key, "%s", key);
    va_start(args, format);
    (void)vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
}

static bool findings_have(const struct findings *findings, const struct finding *wanted)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->list[i].check, wanted->check) == 0 &&
            strcmp(findings->list[i].key, wanted->key) == 0) {
            return true;
        }
    }
    return false;
}

void findings_keep_common(struct findings *findings, const struct findings *again)
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->count; i++) {
        if (findings_have(again, &findings->list[i])) {
            findings->list[kept++] = findings->list[i];
        }
    }
    findings->count = kept;
    findings->total = kept;
}

void findings_text(const struct findings *findings, struct buf *out)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];

        buf_addf(out, "  %-14s %s: %s\n", finding->check, finding->key, finding->text);
    }
    if (findings->total > findings->count) {
        buf_addf(out, "  and %" PRIu64 " more\n", findings->total - findings->count);
    }
}

void findings_json(const struct findings *findings, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];

        buf_adds(out, i == 0 ? "{\"check\":" : ",{\"check\":");
        buf_add_json_string(out, finding->check, strlen(finding->check));
        buf_adds(out, ",\"row\":");
        buf_add_json_string(out, finding->key, strlen(finding->key));
        buf_adds(out, ",\"text\":");
        buf_add_json_string(out, finding->text, strlen(finding->text));
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

void findings_free(struct findings *findings)
{
    free(findings->list);
    *findings = (struct findings){0};
}
