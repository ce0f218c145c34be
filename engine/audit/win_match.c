/* audit/win_match.c - a sorted list of the log's wins and a walk along it. */
#include "audit/win_match.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void win_match_record(struct win_match *match,
                      uint32_t shard,
                      uint32_t version,
                      const struct draw_record *record,
                      bool unstored)
{
    if (match->count == match->capacity) {
        const size_t capacity = match->capacity == 0 ? 1024 : match->capacity * 2;
        struct won_record *records = realloc(match->records, capacity * sizeof *records);

        if (records == NULL) {
            match->no_memory = true;
            return;
        }
        match->records = records;
        match->capacity = capacity;
    }
    match->records[match->count++] = (struct won_record){.player = record->player,
                                                         .draw_no = record->draw_no,
                                                         .unit = record->unit,
                                                         .version = version,
                                                         .key = record->key,
                                                         .prize = record->prize,
                                                         .shard = (uint8_t)shard,
                                                         .chances_left = record->chances_left,
                                                         .unstored = unstored};
}

static int name_compare(const struct player_id *a, uint32_t a_no, const struct player_id *b, uint32_t b_no)
{
    const int order = memcmp(a, b, sizeof *a);

    return order != 0 ? order : (a_no > b_no) - (a_no < b_no);
}

static int record_compare(const void *left, const void *right)
{
    const struct won_record *a = left, *b = right;

    return name_compare(&a->player, a->draw_no, &b->player, b->draw_no);
}

void win_match_sort(struct win_match *match)
{
    if (match->count > 0) {
        qsort(match->records, match->count, sizeof match->records[0], record_compare);
    }
    match->at = 0;
}

static bool record_is(const struct won_record *record, const struct ledger_win *win)
{
    return record->shard == win->shard && record->prize == win->prize && record->unit == win->unit &&
           record->chances_left == win->chances_left && memcmp(&record->key, &win->key, sizeof win->key) == 0;
}

void win_name(const struct player_id *player, uint32_t draw_no, char out[static WIN_NAME_BYTES])
{
    char hex[PLAYER_HEX + 1];

    player_hex(player, hex);
    (void)snprintf(out, WIN_NAME_BYTES, "%s/%" PRIu32, hex, draw_no);
}

/* `other`: a record of the same draw that says something else; NULL: none. */
static void
unmatched_add(const struct ledger_win *win, const struct won_record *other, struct findings *findings)
{
    char name[WIN_NAME_BYTES];

    win_name(&win->player, win->draw_no, name);
    if (other != NULL) {
        findings_add(findings,
                     "win_differs",
                     name,
                     "the ledger has prize %u unit %" PRIu32 " on shard %u, the log prize %u unit %" PRIu32
                     " on shard %u",
                     win->prize,
                     win->unit,
                     win->shard,
                     other->prize,
                     other->unit,
                     other->shard);
    } else {
        findings_add(findings,
                     "win_no_record",
                     name,
                     "the ledger has a win of prize %u unit %" PRIu32 " that the log of shard %u does not",
                     win->prize,
                     win->unit,
                     win->shard);
    }
}

const struct won_record *
win_match_row(struct win_match *match, const struct ledger_win *win, struct findings *findings)
{
    const struct won_record *other = NULL;

    while (match->at < match->count && name_compare(&match->records[match->at].player,
                                                    match->records[match->at].draw_no,
                                                    &win->player,
                                                    win->draw_no) < 0) {
        match->at++;
    }
    for (size_t i = match->at; i < match->count; i++) {
        struct won_record *record = &match->records[i];

        if (name_compare(&record->player, record->draw_no, &win->player, win->draw_no) != 0) {
            break;
        }
        if (record_is(record, win)) {
            record->matched = true;
            return record;
        }
        other = record;
    }
    unmatched_add(win, other, findings);
    return NULL;
}

/* Is this number matched by another of its records? */
static bool record_redrawn(const struct win_match *match, size_t at)
{
    const struct won_record *record = &match->records[at];

    for (size_t i = at; i > 0 && record_compare(&match->records[i - 1], record) == 0; i--) {
        if (match->records[i - 1].matched) {
            return true;
        }
    }
    for (size_t i = at + 1; i < match->count && record_compare(&match->records[i], record) == 0; i++) {
        if (match->records[i].matched) {
            return true;
        }
    }
    return false;
}

void win_match_rest(struct win_match *match, struct findings *findings)
{
    char name[WIN_NAME_BYTES];

    for (size_t i = 0; i < match->count; i++) {
        const struct won_record *record = &match->records[i];

        if (record->matched || record->unstored || (match->losses && record_redrawn(match, i))) {
            continue;
        }
        win_name(&record->player, record->draw_no, name);
        findings_add(findings,
                     "win_missing",
                     name,
                     "shard %u gave prize %u unit %" PRIu32 ", the ledger has no such win",
                     record->shard,
                     record->prize,
                     record->unit);
    }
    if (match->no_memory) {
        findings_add(findings, "memory", "wins", "out of memory: not all wins were held against the ledger");
    }
}

void win_match_free(struct win_match *match)
{
    free(match->records);
    *match = (struct win_match){0};
}
