/*
 * ledger/window.c - windows from texts, and whether one is open.
 */
#include "ledger/window.h"

#include "base/zone.h"

#include <stdio.h>
#include <string.h>

enum { DAY_LEN = 10, TIME_MAX = 40, HOUR_MS = 3600 * 1000 };

static hb_err window_of_day(const char *zone, const char *day, struct window *out)
{
    char text[TIME_MAX];
    int64_t starts[3];
    size_t count = 0;
    hb_err err;

    snprintf(text, sizeof text, "%.10sT00:00:00", day);
    err = zone_parse(zone, text, &out->from_ms);
    if (err == HB_OK) {
        /* A day has 22 to 26 hours: the second start within 36 is the next day's. */
        err = zone_day_starts(zone,
                              out->from_ms,
                              out->from_ms + INT64_C(36) * HOUR_MS,
                              starts,
                              sizeof starts / sizeof starts[0],
                              &count);
    }
    if (err == HB_OK && count < 2) {
        err = HB_E_INPUT;
    }
    out->to_ms = err == HB_OK ? starts[1] : 0;
    return err;
}

static hb_err window_of_times(const char *zone, const char *text, size_t from_len, struct window *out)
{
    char from[TIME_MAX];
    hb_err err;

    if (from_len >= sizeof from) {
        return HB_E_INPUT;
    }
    memcpy(from, text, from_len);
    from[from_len] = '\0';
    err = zone_parse(zone, from, &out->from_ms);
    if (err == HB_OK) {
        err = zone_parse(zone, text + from_len + 1, &out->to_ms);
    }
    return err == HB_OK && out->to_ms <= out->from_ms ? HB_E_INPUT : err;
}

hb_err window_parse(const char *zone, const char *text, struct window *out)
{
    size_t from_len = strcspn(text, "/");

    if (text[from_len] == '/') {
        return window_of_times(zone, text, from_len, out);
    }
    return from_len == DAY_LEN ? window_of_day(zone, text, out) : HB_E_INPUT;
}

bool windows_ordered(const struct window *windows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (windows[i].to_ms <= windows[i].from_ms || (i > 0 && windows[i].from_ms <= windows[i - 1].to_ms)) {
            return false;
        }
    }
    return true;
}

struct window_state windows_at(const struct window *windows, size_t count, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (now_ms < windows[i].from_ms) {
            return (struct window_state){.open = false, .until_ms = windows[i].from_ms};
        }
        if (now_ms < windows[i].to_ms) {
            return (struct window_state){.open = true, .until_ms = windows[i].to_ms};
        }
    }
    return (struct window_state){.open = count == 0, .until_ms = WINDOW_NEVER};
}
