/*
 * campaign/compile.c - document to table.
 */
#include "campaign/compile.h"

#include "base/zone.h"
#include "campaign/slots.h"
#include "campaign/validate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct compiler {
    const struct document *document;
    struct table *table;
    struct calendar *calendar;
    struct slot_span *spans;    /* SLOTS_MAX */
    struct curve_point *points; /* CURVE_MAX */
    int64_t odds;               /* of all prizes so far */
};

int64_t compile_threshold(int64_t odds)
{
    int64_t whole = NUMBER_SPAN / NANO;
    int64_t rest = NUMBER_SPAN % NANO;

    assert(odds >= 0 && odds <= NANO);
    return odds * whole + odds * rest / NANO; /* odds * NUMBER_SPAN itself needs 78 bits */
}

/* NULL for none, and when out of memory: the caller looks at count. */
static void *copy_of(const void *items, size_t count, size_t size)
{
    void *copy = count == 0 ? NULL : malloc(count * size);

    if (copy != NULL) {
        memcpy(copy, items, count * size);
    }
    return copy;
}

static hb_err compile_days(struct compiler *compiler)
{
    struct table *table = compiler->table;
    size_t count = 0;
    hb_err err;

    table->days = calloc(DAYS_MAX, sizeof *table->days);
    if (table->days == NULL) {
        return HB_E_NOMEM;
    }
    err = zone_day_starts(
        compiler->document->time_zone, table->start_ms, table->end_ms, table->days, DAYS_MAX, &count);
    table->day_count = (uint32_t)count;
    return err;
}

static hb_err
compile_slots(struct compiler *compiler, const struct document_prize *from, struct table_prize *prize)
{
    size_t count = 0;
    hb_err err =
        slots_expand(compiler->document, from, compiler->calendar, compiler->spans, SLOTS_MAX, &count);

    if (err != HB_OK || count == 0) {
        return err;
    }
    prize->slots = calloc(count, sizeof *prize->slots);
    if (prize->slots == NULL) {
        return HB_E_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        prize->slots[i] = (struct slot){compiler->spans[i].from_ms, compiler->spans[i].to_ms};
    }
    prize->slot_count = (uint32_t)count;
    return HB_OK;
}

static hb_err
compile_prize_curve(struct compiler *compiler, const struct document_prize *from, struct table_prize *prize)
{
    uint32_t count = compile_curve(from, compiler->document->starts_ms, compiler->points);

    prize->curve = copy_of(compiler->points, count, sizeof *prize->curve);
    if (prize->curve == NULL && count > 0) {
        return HB_E_NOMEM;
    }
    prize->curve_count = count;
    return HB_OK;
}

static void
compile_odds(struct compiler *compiler, const struct document_prize *from, struct table_prize *prize)
{
    if (prize->mode == PRIZE_ODDS) {
        prize->number_from = compile_threshold(compiler->odds);
        compiler->odds += from->odds;
        prize->number_to = compile_threshold(compiler->odds);
    }
}

static hb_err
compile_prize(struct compiler *compiler, const struct document_prize *from, struct table_prize *prize)
{
    hb_err err;

    (void)memcpy(prize->id, from->id, strlen(from->id) + 1);
    prize->kind = (enum prize_kind)from->kind;
    prize->mode = (enum prize_mode)from->mode;
    prize->units = from->units;
    prize->amount_fen = from->amount_fen;
    prize->min_fen = from->min_fen;
    prize->max_fen = from->max_fen;
    prize->total_fen = from->total_fen;
    prize->wins_max = (uint32_t)from->wins_per_player;
    prize->per_second = from->per_second;
    compile_odds(compiler, from, prize);
    err = compile_prize_curve(compiler, from, prize);
    return err == HB_OK ? compile_slots(compiler, from, prize) : err;
}

static hb_err compile_prizes(struct compiler *compiler)
{
    const struct document *document = compiler->document;
    struct table *table = compiler->table;

    table->prizes = calloc(document->prize_count, sizeof *table->prizes);
    if (table->prizes == NULL) {
        return HB_E_NOMEM;
    }
    for (size_t i = 0; i < document->prize_count; i++) {
        hb_err err;

        table->prize_count++; /* counted before it is filled, so that table_free() reaches its arrays */
        err = compile_prize(compiler, &document->prizes[i], &table->prizes[i]);
        if (err != HB_OK) {
            return err;
        }
    }
    return HB_OK;
}

static void compile_campaign(const struct document *document, struct table *table)
{
    (void)memcpy(table->campaign, document->id, strlen(document->id) + 1);
    table->start_ms = document->starts_ms;
    table->end_ms = document->ends_ms;
    table->base_chances = (uint32_t)document->base_chances;
    table->day_chances = (uint32_t)document->day_chances;
    table->day_cap = (uint32_t)document->day_cap;
    table->campaign_cap = (uint32_t)document->campaign_cap;
}

/* Only a sound document has all the values that the rest takes for granted. */
static hb_err require_sound(const struct document *document)
{
    struct validate_facts facts = {.now_ms = 0, .published = true};
    struct problems *problems = document->sound ? problems_new() : NULL;
    hb_err err = document->sound ? HB_E_NOMEM : HB_E_INVALID_DOCUMENT;

    if (problems != NULL) {
        err = document_validate(document, &facts, problems);
        if (err == HB_OK && problems->errors > 0) {
            err = HB_E_INVALID_DOCUMENT;
        }
    }
    problems_free(problems);
    return err;
}

static hb_err fill_table(struct compiler *compiler)
{
    const struct document *document = compiler->document;
    hb_err err =
        calendar_new(document->time_zone, document->starts_ms, document->ends_ms, &compiler->calendar);

    compiler->spans = calloc(SLOTS_MAX, sizeof *compiler->spans);
    compiler->points = calloc(CURVE_MAX, sizeof *compiler->points);
    if (compiler->spans == NULL || compiler->points == NULL) {
        err = HB_E_NOMEM;
    }
    if (err == HB_OK) {
        compile_campaign(document, compiler->table);
        err = compile_days(compiler);
    }
    if (err == HB_OK) {
        err = compile_prizes(compiler);
    }
    calendar_free(compiler->calendar);
    free(compiler->spans);
    free(compiler->points);
    return err;
}

hb_err table_compile(const struct document *document, uint32_t version, uint32_t shards, struct table **out)
{
    struct compiler compiler = {.document = document};
    hb_err err = require_sound(document);

    *out = NULL;
    if (err != HB_OK) {
        return err;
    }
    assert(version >= 1 && shards >= 1 && shards <= SHARDS_MAX);
    compiler.table = calloc(1, sizeof *compiler.table);
    if (compiler.table == NULL) {
        return HB_E_NOMEM;
    }
    compiler.table->version = version;
    compiler.table->shards = document->shards > 0 ? (uint32_t)document->shards : shards;
    err = fill_table(&compiler);
    if (err != HB_OK) {
        table_free(compiler.table);
        return err;
    }
    *out = compiler.table;
    return HB_OK;
}
