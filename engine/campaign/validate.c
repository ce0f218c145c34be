/*
 * campaign/validate.c - window, chances and caps; runs the other checks.
 */
#include "campaign/validate.h"

#include "campaign/validate_internal.h"

#include <stdlib.h>
#include <string.h>

enum { LATE_MS = 10 * 60 * 1000 }; /* a start this little ago is "now" */

static void check_window(struct check *check)
{
    const struct document *document = check->document;
    struct path starts = path_member(NULL, "starts_at");
    struct path ends = path_member(NULL, "ends_at");

    if (known(document->starts_ms) && known(document->ends_ms)) {
        int64_t length_ms = document->ends_ms - document->starts_ms;

        if (length_ms <= 0) {
            problem_add(check->problems, &ends, PROBLEM_WINDOW, NULL, NULL);
        } else if (length_ms > INT64_C(1000) * DAY_S * WINDOW_DAYS_MAX) {
            problem_add(check->problems, &ends, PROBLEM_WINDOW_LONG, fact_int(WINDOW_DAYS_MAX).text, NULL);
        }
    }
    if (check->facts->published) {
        return;
    }
    if (known(document->ends_ms) && document->ends_ms <= check->facts->now_ms) {
        problem_add(check->problems, &ends, PROBLEM_WINDOW_OVER, NULL, NULL);
    } else if (known(document->starts_ms) && document->starts_ms < check->facts->now_ms - LATE_MS) {
        problem_add(check->problems, &starts, PROBLEM_STARTED, NULL, NULL);
    }
}

static void check_chances(struct check *check)
{
    const struct document *document = check->document;
    struct path caps = path_member(NULL, "caps");
    struct path day = path_member(&caps, "per_day");
    struct path campaign = path_member(&caps, "per_campaign");
    struct path chances = path_member(NULL, "chances");

    if (document->base_chances == 0 && document->day_chances == 0) {
        problem_add(check->problems, &chances, PROBLEM_NO_CHANCES, NULL, NULL);
    }
    if (document->day_cap > 0 && document->campaign_cap > 0 && document->day_cap > document->campaign_cap) {
        problem_add(check->problems, &day, PROBLEM_CAPS, NULL, NULL);
    }
    if (document->day_cap > 0 && document->day_chances > document->day_cap) {
        problem_add(check->problems, &day, PROBLEM_CAP_CHANCES, NULL, NULL);
    }
    if (document->campaign_cap > 0 && document->base_chances > document->campaign_cap) {
        problem_add(check->problems, &campaign, PROBLEM_CAP_CHANCES, NULL, NULL);
    }
}

static bool id_is_taken(const struct document *document, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (document->prizes[j].id != NULL && strcmp(document->prizes[j].id, document->prizes[i].id) == 0) {
            return true;
        }
    }
    return false;
}

static void check_prizes(struct check *check)
{
    struct path prizes = path_member(NULL, "prizes");

    for (size_t i = 0; i < check->document->prize_count; i++) {
        const struct document_prize *prize = &check->document->prizes[i];
        struct path here = path_item(&prizes, i);
        struct path id = path_member(&here, "id");

        if (prize->id != NULL && id_is_taken(check->document, i)) {
            problem_add(check->problems, &id, PROBLEM_PRIZE_TWICE, prize->id, NULL);
        }
        check_prize(check, &here, prize);
        check_pacing(check, &here, prize);
    }
}

static void run_checks(struct check *check)
{
    check_window(check);
    check_chances(check);
    check_prizes(check);
    check_stock(check);
    check_expectations(check);
}

/* No calendar for an impossible window: what depends on it is not looked at. */
static hb_err make_calendar(struct check *check)
{
    const struct document *document = check->document;
    hb_err err = HB_E_INPUT;

    if (known(document->starts_ms) && known(document->ends_ms)) {
        err = calendar_new(document->time_zone, document->starts_ms, document->ends_ms, &check->calendar);
    }
    return err == HB_E_NOMEM ? err : HB_OK;
}

hb_err document_validate(const struct document *document,
                         const struct validate_facts *facts,
                         struct problems *problems)
{
    struct check check = {document, facts, problems, NULL, NULL};
    hb_err err = make_calendar(&check);

    check.spans = calloc(SLOTS_MAX, sizeof *check.spans);
    if (err == HB_OK && check.spans == NULL) {
        err = HB_E_NOMEM;
    }
    if (err == HB_OK) {
        run_checks(&check);
    }
    calendar_free(check.calendar);
    free(check.spans);
    return err;
}

hb_err document_check(const char *text,
                      size_t len,
                      const struct validate_facts *facts,
                      struct problems *problems,
                      struct document **out)
{
    hb_err err = document_parse(text, len, problems, out);

    if (err == HB_OK) {
        err = document_validate(*out, facts, problems);
    }
    if (err == HB_OK && problems->errors > 0) {
        return HB_E_INVALID_DOCUMENT;
    }
    if (err != HB_OK) {
        document_free(*out);
        *out = NULL;
    }
    return err;
}
