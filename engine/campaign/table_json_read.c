/*
 * campaign/table_json_read.c - canonical JSON to table.
 *
 * Reads what it names, checks the promises of struct table, writes the table again and compares: a text
 * with another member, order, blank or number form differs and is refused.
 */
#include "base/json.h"
#include "campaign/document.h"
#include "campaign/table_check.h"
#include "campaign/table_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    const char *flaw; /* the first one; NULL: none yet */
    hb_err err;
};

static void refuse(struct source *source, hb_err err, const char *flaw)
{
    if (source->flaw == NULL) {
        source->flaw = flaw;
        source->err = err;
    }
}

static int64_t number(struct source *source, const json_t *value, int64_t max)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > max) {
        refuse(source, HB_E_INPUT, "a number is missing or out of range");
        return 0;
    }
    return json_integer_value(value);
}

static int64_t read_number(struct source *source, const json_t *object, const char *name)
{
    return number(source, json_object_get(object, name), INT64_MAX);
}

static uint32_t read_count(struct source *source, const json_t *object, const char *name)
{
    return (uint32_t)number(source, json_object_get(object, name), UINT32_MAX);
}

static void
read_id(struct source *source, const json_t *object, const char *name, char out[static SLUG_MAX + 1])
{
    const char *text = json_string_value(json_object_get(object, name));

    if (text == NULL || strlen(text) > SLUG_MAX) {
        refuse(source, HB_E_INPUT, "an id is missing or too long");
        return;
    }
    memcpy(out, text, strlen(text) + 1);
}

/* The place of a text among the names that name(0), name(1) .. name(last) give. */
static int read_name(struct source *source, const json_t *value, const char *(*name)(int), int last)
{
    const char *text = json_string_value(value);

    for (int i = 0; text != NULL && i <= last; i++) {
        if (strcmp(text, name(i)) == 0) {
            return i;
        }
    }
    refuse(source, HB_E_INPUT, "a kind or mode is not known");
    return 0;
}

static const char *kind_name(int i)
{
    return prize_kind_name((enum prize_kind)i);
}

static const char *mode_name(int i)
{
    return prize_mode_name((enum prize_mode)i);
}

/* Room for a list's items, zeroed; *count is 0 when it is empty, too long or no list. */
static void *
read_list(struct source *source, const json_t *list, size_t max, size_t item_size, uint32_t *count)
{
    void *room = NULL;

    *count = 0;
    if (!json_is_array(list) || json_array_size(list) > max) {
        refuse(source, HB_E_INPUT, "a list is missing or too long");
        return NULL;
    }
    if (json_array_size(list) > 0) {
        room = calloc(json_array_size(list), item_size);
        if (room == NULL) {
            refuse(source, HB_E_NOMEM, "out of memory");
            return NULL;
        }
        *count = (uint32_t)json_array_size(list);
    }
    return room;
}

static void read_pair(struct source *source, const json_t *pair, int64_t *a, int64_t *b)
{
    *a = number(source, json_array_get(pair, 0), INT64_MAX);
    *b = number(source, json_array_get(pair, 1), INT64_MAX);
}

static void read_curve(struct source *source, const json_t *json, struct table_prize *prize)
{
    const json_t *list = json_object_get(json, "curve");

    prize->curve = read_list(source, list, CURVE_MAX, sizeof *prize->curve, &prize->curve_count);
    for (uint32_t i = 0; i < prize->curve_count; i++) {
        read_pair(source, json_array_get(list, i), &prize->curve[i].at_s, &prize->curve[i].units);
    }
}

static void read_slots(struct source *source, const json_t *json, struct table_prize *prize)
{
    const json_t *list = json_object_get(json, "slots");

    prize->slots = read_list(source, list, SLOTS_MAX, sizeof *prize->slots, &prize->slot_count);
    for (uint32_t i = 0; i < prize->slot_count; i++) {
        read_pair(source, json_array_get(list, i), &prize->slots[i].from_ms, &prize->slots[i].to_ms);
    }
}

static void read_prize(struct source *source, const json_t *json, struct table_prize *prize)
{
    read_id(source, json, "id", prize->id);
    prize->kind = (enum prize_kind)read_name(source, json_object_get(json, "kind"), kind_name, PRIZE_CARD);
    prize->mode = (enum prize_mode)read_name(source, json_object_get(json, "mode"), mode_name, PRIZE_ALWAYS);
    prize->units = read_number(source, json, "units");
    prize->amount_fen = read_number(source, json, "amount_fen");
    prize->min_fen = read_number(source, json, "min_fen");
    prize->max_fen = read_number(source, json, "max_fen");
    prize->total_fen = read_number(source, json, "total_fen");
    prize->number_from = read_number(source, json, "number_from");
    prize->number_to = read_number(source, json, "number_to");
    prize->wins_max = read_count(source, json, "wins_max");
    prize->per_second = read_number(source, json, "per_second");
    read_curve(source, json, prize);
    read_slots(source, json, prize);
}

static void read_days(struct source *source, const json_t *json, struct table *table)
{
    const json_t *list = json_object_get(json, "days");

    table->days = read_list(source, list, DAYS_MAX, sizeof *table->days, &table->day_count);
    for (uint32_t i = 0; i < table->day_count; i++) {
        table->days[i] = number(source, json_array_get(list, i), INT64_MAX);
    }
}

static void read_prizes(struct source *source, const json_t *json, struct table *table)
{
    const json_t *list = json_object_get(json, "prizes");

    table->prizes = read_list(source, list, PRIZES_MAX, sizeof *table->prizes, &table->prize_count);
    for (uint32_t i = 0; i < table->prize_count; i++) {
        read_prize(source, json_array_get(list, i), &table->prizes[i]);
    }
}

static void read_table(struct source *source, const json_t *json, struct table *table)
{
    if (read_number(source, json, "format") != TABLE_JSON_FORMAT) {
        refuse(source, HB_E_INPUT, "this format of tables is not known");
    }
    read_id(source, json, "campaign", table->campaign);
    table->version = read_count(source, json, "version");
    table->shards = read_count(source, json, "shards");
    table->start_ms = read_number(source, json, "start_ms");
    table->end_ms = read_number(source, json, "end_ms");
    table->base_chances = read_count(source, json, "base");
    table->day_chances = read_count(source, json, "day_chances");
    table->day_cap = read_count(source, json, "day_cap");
    table->campaign_cap = read_count(source, json, "campaign_cap");
    read_days(source, json, table);
    read_prizes(source, json, table);
}

static void require_canonical(struct source *source, const struct table *table, const char *text, size_t len)
{
    struct buf again;

    buf_init(&again, TABLE_JSON_MAX_BYTES);
    if (table_json_write(table, &again) != HB_OK) {
        refuse(source, HB_E_NOMEM, "out of memory");
    } else if (again.len != len || memcmp(again.data, text, len) != 0) {
        refuse(source, HB_E_INPUT, "the text is not canonical");
    }
    buf_free(&again);
}

static void check_table(struct source *source, const struct table *table, const char *text, size_t len)
{
    const char *flaw = source->flaw == NULL ? table_flaw(table) : NULL;

    if (flaw != NULL) {
        refuse(source, HB_E_INPUT, flaw);
    }
    if (source->flaw == NULL) {
        require_canonical(source, table, text, len);
    }
}

static hb_err
answer(const struct source *source, struct table *table, struct table **out, char *why, size_t why_max)
{
    if (source->flaw == NULL) {
        *out = table;
        return HB_OK;
    }
    if (why != NULL && why_max > 0) {
        (void)snprintf(why, why_max, "%s", source->flaw);
    }
    table_free(table);
    return source->err;
}

hb_err table_json_read(const char *text, size_t len, struct table **out, char *why, size_t why_max)
{
    struct source source = {NULL, HB_OK};
    struct table *table = calloc(1, sizeof *table);
    json_t *json = NULL;
    hb_err err;

    *out = NULL;
    if (table == NULL) {
        refuse(&source, HB_E_NOMEM, "out of memory");
    } else if (len > TABLE_JSON_MAX_BYTES) {
        refuse(&source, HB_E_INPUT, "the text is too long");
    } else {
        err = json_parse(text, len, &json, why, why_max);
        if (err != HB_OK) {
            table_free(table);
            return err;
        }
        read_table(&source, json, table);
        check_table(&source, table, text, len);
    }
    json_decref(json);
    return answer(&source, table, out, why, why_max);
}
