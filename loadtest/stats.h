/*
 * loadtest/stats.h - what happened in a run: totals, latencies by class, one row for every second.
 *
 * A draw has two latencies. From its planned time to its last answer: what a phone's owner waits, also when
 * the generator was late or the draw was repeated. From the real send of its last attempt: what the server
 * took. Only the first is honest when the server stalls: while it stands still a client sends less.
 *
 * Classes of ended draws: won, none, replayed, ok (a plain GET), refused:CODE, error:WHY. Answers that led to
 * another attempt are classes too, retried:WHY, measured from the time that attempt was due; they are no
 * draws.
 */
#pragma once

#include "loadtest/histogram.h"

enum { CLASSES_MAX = 64, CLASS_NAME_MAX = 63, SECONDS_MAX = 100000 };

enum stats_total {
    TOTAL_PLANNED,  /* due by the plan, sent or not */
    TOTAL_UNSENT,   /* planned and never sent: the run was over */
    TOTAL_LATE,     /* first sent later than the allowance after the plan */
    TOTAL_SENT,     /* requests, with the repeats */
    TOTAL_RETRIES,  /* of these, repeats */
    TOTAL_LOST,     /* attempts without an answer: refused, reset, timed out */
    TOTAL_DONE,     /* draws ended: the sum of the next four */
    TOTAL_WON,      /* also when replayed */
    TOTAL_NONE,     /* also when replayed, and a plain GET's 2xx */
    TOTAL_REFUSED,  /* a 4xx with a code */
    TOTAL_ERRORS,   /* given up, or an answer that is none */
    TOTAL_REPLAYED, /* of won and none, those the server called repeats */
    TOTAL_COUNT
};

/* The first ones have fixed places; the others are found by name. */
enum { CLASS_WON, CLASS_NONE, CLASS_REPLAYED, CLASS_OK, CLASS_FIXED };

struct stats_class {
    char name[CLASS_NAME_MAX + 1];
    struct histogram planned, sent;
};

struct second {
    uint32_t planned, sent_first, sent, won, none, refused, errors, retried;
    uint32_t in_flight;                     /* at its end */
    int64_t p50_us, p90_us, p99_us, max_us; /* from planned, of draws that ended in it */
};

struct stats {
    uint64_t totals[TOTAL_COUNT];
    struct histogram planned, sent; /* of all draws that ended */
    struct stats_class classes[CLASSES_MAX];
    size_t class_count;
    int64_t start_us, end_us, last_done_us; /* of the run; end_us 0 while it runs */
    int64_t late_after_us, late_max_us;
    struct second *seconds;
    size_t second_count, second_cap, second_open; /* rows below second_open have their percentiles */
    struct histogram this_second;
    uint32_t in_flight;
};

/* One end of a draw, or of an attempt that will be repeated. */
struct stats_end {
    int64_t planned_us, sent_us, now_us; /* sent_us 0: it was never on the wire */
    const char *class_name;              /* used when class_at is CLASS_FIXED */
    size_t class_at;
    enum stats_total total; /* WON, NONE, REFUSED, ERRORS, or RETRIES for an attempt that will be repeated */
};

bool stats_init(struct stats *stats, int64_t late_after_us); /* false: out of memory */
void stats_free(struct stats *stats);
void stats_start(struct stats *stats, int64_t now_us);
void stats_planned(struct stats *stats, int64_t planned_us, bool is_sent);
void stats_sent(struct stats *stats, int64_t planned_us, int64_t now_us, bool is_first);
void stats_ended(struct stats *stats, const struct stats_end *end);
void stats_tick(struct stats *stats, int64_t now_us); /* closes the seconds that are over */
void stats_finish(struct stats *stats, int64_t now_us);
double stats_rate(const struct stats *stats);      /* draws ended a second, until the last that ended */
double stats_elapsed_s(const struct stats *stats); /* of the whole run, with its drain */
const char *stats_total_name(enum stats_total total);
