/*
 * loadtest/stats.c - adds up; nothing here knows of sockets or draws.
 */
#include "loadtest/stats.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const FIXED[CLASS_FIXED] = {
    [CLASS_WON] = "won", [CLASS_NONE] = "none", [CLASS_REPLAYED] = "replayed", [CLASS_OK] = "ok"};

static const char *const TOTALS[TOTAL_COUNT] = {[TOTAL_PLANNED] = "planned",
                                                [TOTAL_UNSENT] = "unsent",
                                                [TOTAL_LATE] = "late",
                                                [TOTAL_SENT] = "sent",
                                                [TOTAL_RETRIES] = "retries",
                                                [TOTAL_LOST] = "lost",
                                                [TOTAL_DONE] = "done",
                                                [TOTAL_WON] = "won",
                                                [TOTAL_NONE] = "none",
                                                [TOTAL_REFUSED] = "refused",
                                                [TOTAL_ERRORS] = "errors",
                                                [TOTAL_REPLAYED] = "replayed"};

const char *stats_total_name(enum stats_total total)
{
    return TOTALS[total];
}

static struct stats_class *class_add(struct stats *stats, const char *name)
{
    struct stats_class *class = &stats->classes[stats->class_count];

    if (!histogram_init(&class->planned) || !histogram_init(&class->sent)) {
        histogram_free(&class->planned);
        return NULL;
    }
    snprintf(class->name, sizeof class->name, "%s", name);
    stats->class_count++;
    return class;
}

bool stats_init(struct stats *stats, int64_t late_after_us)
{
    *stats = (struct stats){.late_after_us = late_after_us};
    if (!histogram_init(&stats->planned) || !histogram_init(&stats->sent) ||
        !histogram_init(&stats->this_second)) {
        return false;
    }
    for (size_t i = 0; i < CLASS_FIXED; i++) {
        if (class_add(stats, FIXED[i]) == NULL) {
            return false;
        }
    }
    return true;
}

void stats_free(struct stats *stats)
{
    for (size_t i = 0; i < stats->class_count; i++) {
        histogram_free(&stats->classes[i].planned);
        histogram_free(&stats->classes[i].sent);
    }
    histogram_free(&stats->planned);
    histogram_free(&stats->sent);
    histogram_free(&stats->this_second);
    free(stats->seconds);
    stats->seconds = NULL;
    stats->class_count = 0;
}

void stats_start(struct stats *stats, int64_t now_us)
{
    stats->start_us = now_us;
}

static bool seconds_grow(struct stats *stats, size_t count)
{
    size_t cap = stats->second_cap == 0 ? 64 : stats->second_cap;
    struct second *rows;

    while (cap < count) {
        cap *= 2;
    }
    if (cap != stats->second_cap) {
        rows = realloc(stats->seconds, cap * sizeof *rows);
        if (rows == NULL) {
            return false;
        }
        stats->seconds = rows;
        stats->second_cap = cap;
    }
    memset(stats->seconds + stats->second_count, 0, (count - stats->second_count) * sizeof *stats->seconds);
    stats->second_count = count;
    return true;
}

/* The row of a moment; what is out of range or memory is counted in a row that nobody reads. */
static struct second *second_of(struct stats *stats, int64_t at_us)
{
    static struct second nowhere;
    int64_t index = (at_us - stats->start_us) / 1000000;

    if (stats->start_us == 0 || at_us < stats->start_us || index >= SECONDS_MAX) {
        return &nowhere;
    }
    if ((size_t)index >= stats->second_count && !seconds_grow(stats, (size_t)index + 1)) {
        return &nowhere;
    }
    return &stats->seconds[index];
}

static void second_close(struct stats *stats, struct second *row)
{
    row->p50_us = histogram_at(&stats->this_second, 0.5);
    row->p90_us = histogram_at(&stats->this_second, 0.9);
    row->p99_us = histogram_at(&stats->this_second, 0.99);
    row->max_us = stats->this_second.max_us;
    row->in_flight = stats->in_flight;
    histogram_clear(&stats->this_second);
}

void stats_tick(struct stats *stats, int64_t now_us)
{
    while (stats->start_us + (int64_t)(stats->second_open + 1) * 1000000 <= now_us &&
           stats->second_open < SECONDS_MAX) {
        second_close(stats, second_of(stats, stats->start_us + (int64_t)stats->second_open * 1000000));
        stats->second_open++;
    }
}

void stats_planned(struct stats *stats, int64_t planned_us, bool is_sent)
{
    stats->totals[TOTAL_PLANNED]++;
    second_of(stats, planned_us)->planned++;
    stats->totals[TOTAL_UNSENT] += is_sent ? 0 : 1;
}

void stats_sent(struct stats *stats, int64_t planned_us, int64_t now_us, bool is_first)
{
    struct second *row = second_of(stats, now_us);
    int64_t late_us = now_us - planned_us;

    stats->totals[TOTAL_SENT]++;
    row->sent++;
    stats->totals[TOTAL_RETRIES] += is_first ? 0 : 1;
    if (is_first) {
        row->sent_first++;
        stats->in_flight++;
        stats->totals[TOTAL_LATE] += late_us > stats->late_after_us ? 1 : 0;
        stats->late_max_us = late_us > stats->late_max_us ? late_us : stats->late_max_us;
    }
}

/* Past the last place everything is one class. */
static struct stats_class *class_find(struct stats *stats, const struct stats_end *end)
{
    struct stats_class *made;

    if (end->class_at < CLASS_FIXED) {
        return &stats->classes[end->class_at];
    }
    for (size_t i = CLASS_FIXED; i < stats->class_count; i++) {
        if (strncmp(stats->classes[i].name, end->class_name, CLASS_NAME_MAX) == 0) {
            return &stats->classes[i];
        }
    }
    made = stats->class_count < CLASSES_MAX - 1 ? class_add(stats, end->class_name)
           : stats->class_count < CLASSES_MAX   ? class_add(stats, "others")
                                                : &stats->classes[CLASSES_MAX - 1];
    return made != NULL ? made : &stats->classes[stats->class_count - 1];
}

static void second_add(struct second *row, enum stats_total total)
{
    row->won += total == TOTAL_WON ? 1U : 0U;
    row->none += total == TOTAL_NONE ? 1U : 0U;
    row->refused += total == TOTAL_REFUSED ? 1U : 0U;
    row->errors += total == TOTAL_ERRORS ? 1U : 0U;
    row->retried += total == TOTAL_RETRIES ? 1U : 0U;
}

static void draw_ended(struct stats *stats, const struct stats_end *end)
{
    assert(stats->in_flight > 0);
    stats->in_flight--;
    stats->totals[TOTAL_DONE]++;
    stats->totals[end->total]++;
    stats->totals[TOTAL_REPLAYED] += end->class_at == CLASS_REPLAYED ? 1 : 0;
    stats->last_done_us = end->now_us;
    histogram_add(&stats->planned, end->now_us - end->planned_us);
    histogram_add(&stats->this_second, end->now_us - end->planned_us);
    if (end->sent_us > 0) {
        histogram_add(&stats->sent, end->now_us - end->sent_us);
    }
}

void stats_ended(struct stats *stats, const struct stats_end *end)
{
    struct stats_class *class = class_find(stats, end);

    stats_tick(stats, end->now_us);
    second_add(second_of(stats, end->now_us), end->total);
    histogram_add(&class->planned, end->now_us - end->planned_us);
    if (end->sent_us > 0) {
        histogram_add(&class->sent, end->now_us - end->sent_us);
    }
    if (end->total != TOTAL_RETRIES) {
        draw_ended(stats, end);
    }
}

void stats_finish(struct stats *stats, int64_t now_us)
{
    stats_tick(stats, now_us);
    if (stats->second_open < SECONDS_MAX) {
        second_close(stats, second_of(stats, now_us));
    }
    stats->end_us = now_us;
}

double stats_rate(const struct stats *stats)
{
    double seconds = (double)(stats->last_done_us - stats->start_us) / 1e6;

    return seconds > 0 ? (double)stats->totals[TOTAL_DONE] / seconds : 0;
}

double stats_elapsed_s(const struct stats *stats)
{
    return (double)(stats->end_us - stats->start_us) / 1e6;
}
