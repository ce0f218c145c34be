/*
 * base/metrics.c - one set of numbers a thread; the scrape adds them up.
 *
 * A set has one writer, so adding is a relaxed load and store, no locked instruction. A thread that ends
 * leaves its set, numbers included, to the next thread that starts: nothing is lost and nothing piles up.
 */
#include "base/metrics.h"

#include "base/metrics_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const int64_t METRIC_BOUNDS_US[METRIC_BOUNDS] = {100,
                                                 200,
                                                 500,
                                                 1000,
                                                 2000,
                                                 5000,
                                                 10000,
                                                 20000,
                                                 50000,
                                                 100000,
                                                 200000,
                                                 500000,
                                                 1000000,
                                                 2000000,
                                                 5000000,
                                                 10000000};

struct histogram {
    _Atomic uint64_t buckets[METRIC_BOUNDS + 1]; /* the last one: longer than every bound */
    _Atomic uint64_t sum_us;
};

struct metric_set {
    _Alignas(64) _Atomic uint64_t counters[METRIC_COUNTERS];
    _Atomic int64_t gauges[METRIC_GAUGES];
    struct histogram histograms[METRIC_HISTOGRAMS];
    struct metric_set *next; /* written once, before the set is published */
    bool in_use;             /* under sets_lock */
};

static pthread_mutex_t sets_lock = PTHREAD_MUTEX_INITIALIZER;
static struct metric_set *_Atomic sets; /* only ever grows, at its front */
static _Atomic int64_t gauges_set[METRIC_GAUGES];
static _Thread_local struct metric_set *mine;
static pthread_key_t leave_key;
static pthread_once_t leave_once = PTHREAD_ONCE_INIT;

static void set_leave(void *set)
{
    (void)pthread_mutex_lock(&sets_lock);
    ((struct metric_set *)set)->in_use = false;
    (void)pthread_mutex_unlock(&sets_lock);
    mine = NULL;
}

static void leave_key_make(void)
{
    if (pthread_key_create(&leave_key, set_leave) != 0) {
        abort();
    }
}

static struct metric_set *set_new(void)
{
    struct metric_set *set = aligned_alloc(_Alignof(struct metric_set), sizeof *set);

    if (set == NULL) {
        abort(); /* a few kilobytes, at the start of a thread */
    }
    memset(set, 0, sizeof *set);
    set->next = atomic_load(&sets);
    atomic_store(&sets, set);
    return set;
}

static struct metric_set *set_take(void)
{
    struct metric_set *set;

    (void)pthread_mutex_lock(&sets_lock);
    set = atomic_load(&sets);
    while (set != NULL && set->in_use) {
        set = set->next;
    }
    if (set == NULL) {
        set = set_new();
    }
    set->in_use = true;
    (void)pthread_mutex_unlock(&sets_lock);
    return set;
}

void metrics_thread_setup(void)
{
    if (mine == NULL) {
        (void)pthread_once(&leave_once, leave_key_make);
        mine = set_take();
        (void)pthread_setspecific(leave_key, mine);
    }
}

/* A thread that forgot its setup still counts. */
static struct metric_set *set_mine(void)
{
    if (mine == NULL) {
        metrics_thread_setup();
    }
    return mine;
}

static void bump(_Atomic uint64_t *number, uint64_t by)
{
    uint64_t now = atomic_load_explicit(number, memory_order_relaxed);

    atomic_store_explicit(number, now + by, memory_order_relaxed);
}

void metrics_add(enum metric_counter counter, uint64_t by)
{
    bump(&set_mine()->counters[counter], by);
}

void metrics_gauge_add(enum metric_gauge gauge, int64_t by)
{
    _Atomic int64_t *number = &set_mine()->gauges[gauge];
    int64_t now = atomic_load_explicit(number, memory_order_relaxed);

    atomic_store_explicit(number, now + by, memory_order_relaxed);
}

void metrics_gauge_set(enum metric_gauge gauge, int64_t value)
{
    atomic_store_explicit(&gauges_set[gauge], value, memory_order_relaxed);
}

void metrics_observe_us(enum metric_histogram histogram, int64_t us)
{
    struct histogram *target = &set_mine()->histograms[histogram];
    size_t bucket = 0;

    while (bucket < METRIC_BOUNDS && us > METRIC_BOUNDS_US[bucket]) {
        bucket++;
    }
    bump(&target->buckets[bucket], 1);
    bump(&target->sum_us, us > 0 ? (uint64_t)us : 0);
}

uint64_t metrics_counter_sum(enum metric_counter counter)
{
    uint64_t sum = 0;

    for (struct metric_set *set = atomic_load(&sets); set != NULL; set = set->next) {
        sum += atomic_load_explicit(&set->counters[counter], memory_order_relaxed);
    }
    return sum;
}

int64_t metrics_gauge_sum(enum metric_gauge gauge)
{
    int64_t sum = atomic_load_explicit(&gauges_set[gauge], memory_order_relaxed);

    for (struct metric_set *set = atomic_load(&sets); set != NULL; set = set->next) {
        sum += atomic_load_explicit(&set->gauges[gauge], memory_order_relaxed);
    }
    return sum;
}

struct metric_histogram_sum metrics_histogram_sum(enum metric_histogram histogram)
{
    struct metric_histogram_sum sum = {0};

    for (struct metric_set *set = atomic_load(&sets); set != NULL; set = set->next) {
        struct histogram *source = &set->histograms[histogram];

        for (size_t i = 0; i <= METRIC_BOUNDS; i++) {
            sum.buckets[i] += atomic_load_explicit(&source->buckets[i], memory_order_relaxed);
        }
        sum.sum_us += atomic_load_explicit(&source->sum_us, memory_order_relaxed);
    }
    return sum;
}
