/*
 * loadtest/progress.c - one line on a terminal, over and over.
 */
#include "loadtest/run_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { SHOW_EVERY_US = 1000000 };

static bool is_wanted(const struct run *run)
{
    return !run->options->quiet && isatty(STDERR_FILENO) == 1;
}

static void drawing_show(const struct run *run, int64_t now_us)
{
    const struct stats *stats = &run->result->stats;
    double since_s = (double)(now_us - run->shown_us) / 1e6;
    int64_t p99_us = stats->second_open > 0 && stats->second_open <= stats->second_count
                         ? stats->seconds[stats->second_open - 1].p99_us
                         : 0;

    fprintf(stderr,
            "\r\033[K%5.0f s  %7.0f/s  done %" PRIu64 "  won %" PRIu64 "  refused %" PRIu64
            "  errors %" PRIu64 "  repeats %" PRIu64 "  under way %" PRIu32 "  p99 %.1f ms",
            (double)(now_us - run->start_us) / 1e6,
            (double)(stats->totals[TOTAL_DONE] - run->shown_done) / since_s,
            stats->totals[TOTAL_DONE],
            stats->totals[TOTAL_WON],
            stats->totals[TOTAL_REFUSED],
            stats->totals[TOTAL_ERRORS],
            stats->totals[TOTAL_RETRIES],
            run->active,
            (double)p99_us / 1000);
}

void progress_show(struct run *run, int64_t now_us)
{
    if (now_us - run->shown_us < SHOW_EVERY_US || !is_wanted(run)) {
        return;
    }
    if (run->step == RUN_SIGNING) {
        fprintf(stderr,
                "\r\033[Ksigned in %" PRIu64 " of %" PRIu32 " users",
                run->result->sign_in.users,
                run->users.count);
    } else if (run->step == RUN_DRAWING) {
        drawing_show(run, now_us);
    }
    run->shown_us = now_us;
    run->shown_done = run->result->stats.totals[TOTAL_DONE];
}

void progress_clear(const struct run *run)
{
    if (is_wanted(run)) {
        fputs("\r\033[K", stderr);
    }
}
