/* audit/audit.c - two looks when the first finds something, and the report. */
#include "audit/audit.h"

#include "audit/audit_internal.h"

#include <inttypes.h>

static hb_err audit_snapshot(struct audit_look *look)
{
    hb_err err = pg_begin(look->pg, /* repeatable_read= */ true);

    if (err != HB_OK) {
        return err;
    }
    err = audit_ledger_shards(look); /* takes the snapshot */
    if (err == HB_OK) {
        err = audit_pools(look);
    }
    if (err == HB_OK) {
        err = audit_books(look);
    }
    if (err == HB_OK && !look->options->quick) {
        err = audit_logs(look);
    }
    pg_rollback(look->pg); /* nothing was written */
    return err;
}

static hb_err audit_look(struct audit_look *look)
{
    hb_err err = audit_look_shards(look);

    if (err == HB_OK) {
        err = audit_look_archives(look);
    }
    if (err == HB_OK && look->options->campaign != NULL && look->shard_count == 0) {
        err = look->archived > 0 ? HB_E_ARCHIVED : HB_E_NO_CAMPAIGN;
    }
    return err == HB_OK ? audit_snapshot(look) : err;
}

struct count_line {
    const char *name;
    int64_t value;
};

enum { COUNT_LINES = 6 };

static void audit_counts(const struct audit_look *look, struct count_line out[static COUNT_LINES])
{
    out[0] = (struct count_line){"shards", (int64_t)look->shard_count};
    out[1] = (struct count_line){"shards_unseen", (int64_t)(look->shard_count - look->seen)};
    out[2] = (struct count_line){"entries", (int64_t)look->entries};
    out[3] = (struct count_line){"wins", (int64_t)look->wins};
    out[4] = (struct count_line){"fen", look->fen};
    out[5] = (struct count_line){"archived", look->archived};
}

static void audit_text(const struct audit_look *look, struct buf *report)
{
    struct count_line lines[COUNT_LINES];

    audit_counts(look, lines);
    buf_addf(report, "audit: %s\n", look->findings.total == 0 ? "everything holds" : "NOT as it should be");
    for (size_t i = 0; i < COUNT_LINES; i++) {
        buf_addf(report, "  %-14s %" PRId64 "\n", lines[i].name, lines[i].value);
    }
    buf_addf(report, "  %-14s %" PRIu64 "\n", "findings", look->findings.total);
    findings_text(&look->findings, report);
}

static void audit_json(const struct audit_look *look, struct buf *report)
{
    struct count_line lines[COUNT_LINES];

    audit_counts(look, lines);
    buf_addf(report, "{\"ok\":%s", look->findings.total == 0 ? "true" : "false");
    for (size_t i = 0; i < COUNT_LINES; i++) {
        buf_addf(report, ",\"%s\":%" PRId64, lines[i].name, lines[i].value);
    }
    buf_addf(report, ",\"findings_total\":%" PRIu64 ",\"findings\":", look->findings.total);
    findings_json(&look->findings, report);
    buf_adds(report, "}\n");
}

hb_err audit_run(struct pg *pg, const struct audit_options *options, struct buf *report, bool json, bool *ok)
{
    struct audit_look first = {.pg = pg, .options = options}, second = {.pg = pg, .options = options};
    hb_err err = audit_look(&first);

    *ok = false;
    if (err == HB_OK && first.findings.total > 0) {
        err = audit_look(&second);
        findings_keep_common(&first.findings, &second.findings);
    }
    if (err == HB_OK) {
        *ok = first.findings.total == 0;
        if (json) {
            audit_json(&first, report);
        } else {
            audit_text(&first, report);
        }
    }
    audit_look_free(&first);
    audit_look_free(&second);
    return err;
}
