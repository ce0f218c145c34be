/*
 * base/zone_file.c - reads a TZif file of the system's tzdata (RFC 8536, versions 2 to 4).
 *
 *   header, data with 32-bit times (skipped), header, data with 64-bit times, "\n" rule "\n"
 */
#include "base/zone_file.h"

#include "base/buf.h"
#include "base/zone_posix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_MAX_BYTES = 65536,
    NAME_MAX_BYTES = 64,
    HEADER_BYTES = 44,
    TYPE_BYTES = 6,
    TRANSITIONS_MAX = 4096,
    TYPES_MAX = 256
};

static const char ZONEINFO[] = "/usr/share/zoneinfo/";

struct zone_rules {
    size_t count; /* of transitions */
    int64_t at[TRANSITIONS_MAX];
    uint8_t type[TRANSITIONS_MAX]; /* from that instant on */
    int32_t offset_s[TYPES_MAX];   /* type 0 holds before the first transition */
    bool has_posix;                /* holds after the last transition */
    struct zone_posix posix;
};

/* The six counts of a header, in the file's order. */
struct counts {
    uint32_t ut_flags, std_flags, leaps, times, types, chars;
};

struct reader {
    const uint8_t *at;
    size_t left;
};

static const uint8_t *take(struct reader *reader, size_t bytes)
{
    const uint8_t *at = reader->at;

    if (bytes > reader->left) {
        return NULL;
    }
    reader->at += bytes;
    reader->left -= bytes;
    return at;
}

static bool read_header(struct reader *reader, struct counts *out)
{
    const uint8_t *header = take(reader, HEADER_BYTES);

    if (header == NULL || memcmp(header, "TZif", 4) != 0 || header[4] < '2') {
        return false;
    }
    header += 20;
    *out = (struct counts){
        (uint32_t)be_read(header, 4),
        (uint32_t)be_read(header + 4, 4),
        (uint32_t)be_read(header + 8, 4),
        (uint32_t)be_read(header + 12, 4),
        (uint32_t)be_read(header + 16, 4),
        (uint32_t)be_read(header + 20, 4),
    };
    return out->times <= TRANSITIONS_MAX && out->types >= 1 && out->types <= TYPES_MAX &&
           out->leaps <= TRANSITIONS_MAX && out->chars <= FILE_MAX_BYTES && out->ut_flags <= TYPES_MAX &&
           out->std_flags <= TYPES_MAX;
}

static size_t block_bytes(const struct counts *counts, size_t time_bytes)
{
    return counts->times * (time_bytes + 1) + counts->types * TYPE_BYTES + counts->chars +
           counts->leaps * (time_bytes + 4) + counts->std_flags + counts->ut_flags;
}

static bool read_types(struct zone_rules *rules, const uint8_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rules->offset_s[i] = (int32_t)be_read(at + i * TYPE_BYTES, 4);
        if (rules->offset_s[i] < -93599 || rules->offset_s[i] > 93599) { /* RFC 8536: within 26 hours */
            return false;
        }
    }
    return true;
}

static bool
read_times(struct zone_rules *rules, const uint8_t *times, const uint8_t *types, const struct counts *counts)
{
    for (size_t i = 0; i < counts->times; i++) {
        rules->at[i] = (int64_t)be_read(times + i * 8, 8);
        rules->type[i] = types[i];
        if (types[i] >= counts->types || (i > 0 && rules->at[i] <= rules->at[i - 1])) {
            return false;
        }
    }
    rules->count = counts->times;
    return true;
}

static bool read_footer(struct zone_rules *rules, const struct reader *reader)
{
    const char *text = (const char *)reader->at;
    const char *end;

    if (reader->left < 2 || text[0] != '\n') {
        return false;
    }
    end = memchr(text + 1, '\n', reader->left - 1);
    if (end == NULL || end == text + 1) {
        return end != NULL; /* an empty rule: none is known */
    }
    rules->has_posix = true;
    return zone_posix_parse(text + 1, (size_t)(end - text - 1), &rules->posix);
}

static bool rules_read(struct zone_rules *rules, struct reader *reader)
{
    struct counts counts;
    const uint8_t *block;

    if (!read_header(reader, &counts) || take(reader, block_bytes(&counts, 4)) == NULL ||
        !read_header(reader, &counts)) {
        return false;
    }
    block = take(reader, block_bytes(&counts, 8));
    return block != NULL && read_times(rules, block, block + counts.times * 8, &counts) &&
           read_types(rules, block + counts.times * 9, counts.types) && read_footer(rules, reader);
}

struct zone_rules *zone_rules_parse(const uint8_t *bytes, size_t len)
{
    struct zone_rules *rules = calloc(1, sizeof *rules);
    struct reader reader = {bytes, len};

    if (rules != NULL && !rules_read(rules, &reader)) {
        free(rules);
        return NULL;
    }
    return rules;
}

/* A name of tzdata, never a way out of its folder. */
static bool name_valid(const char *zone)
{
    size_t len = strnlen(zone, NAME_MAX_BYTES + 1);

    if (len == 0 || len > NAME_MAX_BYTES || zone[0] == '/' || strstr(zone, "..") != NULL) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/", zone[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static size_t file_read(const char *path, uint8_t *out, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0) {
        return 0;
    }
    len = read(fd, out, max); /* a regular file of a few kilobytes: one read */
    (void)close(fd);
    return len > 0 ? (size_t)len : 0;
}

struct zone_rules *zone_rules_load(const char *zone)
{
    char path[sizeof ZONEINFO + NAME_MAX_BYTES];
    struct zone_rules *rules = NULL;
    uint8_t *bytes;

    if (!name_valid(zone)) {
        return NULL;
    }
    bytes = malloc(FILE_MAX_BYTES);
    if (bytes != NULL) {
        (void)snprintf(path, sizeof path, "%s%s", ZONEINFO, zone);
        rules = zone_rules_parse(bytes, file_read(path, bytes, FILE_MAX_BYTES));
    }
    free(bytes);
    return rules;
}

void zone_rules_free(struct zone_rules *rules)
{
    free(rules);
}

/* Index after the last transition at or before utc_s. */
static size_t transitions_before(const struct zone_rules *rules, int64_t utc_s)
{
    size_t low = 0;
    size_t high = rules->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rules->at[middle] <= utc_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int32_t zone_offset_s(const struct zone_rules *rules, int64_t utc_s)
{
    size_t passed = transitions_before(rules, utc_s);

    if (passed == rules->count && rules->has_posix) {
        return zone_posix_offset_s(&rules->posix, utc_s);
    }
    return rules->offset_s[passed == 0 ? 0 : rules->type[passed - 1]];
}
