/*
 * campaign/document.c - the document's members, as tables, and what reads its lists.
 */
#include "campaign/document.h"

#include "base/arena.h"
#include "base/zone.h"
#include "campaign/document_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_BLOCK = 16 * 1024,
    MEMORY_MAX = 4 * 1024 * 1024,
    ORIGIN_TEXT_MAX = 200,
    CHANCES_MAX = 10000,
    WINS_MAX = 65535, /* a shard counts a player's wins in 16 bits */
    PLAYER_DRAWS_MAX = 1000000,
    WHY_MAX = 160,
};
#define DRAWS_MAX INT64_C(1000000000000)

static void read_prizes(struct reader *reader, const struct path *path, const json_t *list, void *object);
static void read_origins(struct reader *reader, const struct path *path, const json_t *list, void *object);

static const char *const KINDS[] = {"cash", "cash_split", "voucher", "card", NULL};
static const char *const MODES[] = {"odds", "moments", "always", NULL};

/* clang-format off */
#define OWNER document_prize
static const struct field PRIZE_FIELDS[PRIZE_MEMBERS + 1] = {
    [MEMBER_ID] =     SLUG("id", id),
    [MEMBER_KIND] =   CHOICE("kind", kind, KINDS),
    [MEMBER_NAME] =   WORDS("name", true, name, 60),
    [MEMBER_MODE] =   CHOICE("mode", mode, MODES),
    [MEMBER_UNITS] =  INTEGER("units", true, units, 1, UNITS_MAX),
    [MEMBER_AMOUNT] = INTEGER("amount_fen", false, amount_fen, 1, BUDGET_MAX_FEN),
    [MEMBER_TOTAL] =  INTEGER("total_fen", false, total_fen, 1, BUDGET_MAX_FEN),
    [MEMBER_MIN] =    INTEGER("min_fen", false, min_fen, 1, BUDGET_MAX_FEN),
    [MEMBER_MAX] =    INTEGER("max_fen", false, max_fen, 1, BUDGET_MAX_FEN),
    [MEMBER_VALUE] =  INTEGER("value_fen", false, value_fen, 0, BUDGET_MAX_FEN),
    [MEMBER_ODDS] =   DECIMAL("odds", false, odds),
    [MEMBER_WINS] =   INTEGER("wins_per_player", false, wins_per_player, 1, WINS_MAX),
    [MEMBER_PACING] = GROUP("pacing", false, PACING_FIELDS),
    [PRIZE_MEMBERS] = END,
};
#undef OWNER

#define OWNER document
static const struct field CHANCES_FIELDS[] = {
    INTEGER("base", true, base_chances, 0, CHANCES_MAX),
    INTEGER("per_day", true, day_chances, 0, CHANCES_MAX),
    END,
};

static const struct field CAPS_FIELDS[] = {
    INTEGER("per_day", false, day_cap, 1, WINS_MAX - 1),
    INTEGER("per_campaign", false, campaign_cap, 1, PLAYER_DRAWS_MAX),
    END,
};

static const struct field FAIRNESS_FIELDS[] = {
    WORDS("public_source", false, public_source, 300),
    END,
};

static const struct field DOCUMENT_FIELDS[] = {
    SLUG("id", id),
    WORDS("title", true, title, 80),
    LINES("rules", rules, 20000),
    TEXT("time_zone", time_zone, TIME_TEXT_MAX),
    TIME("starts_at", starts_ms),
    TIME("ends_at", ends_ms),
    INTEGER("budget_fen", true, budget_fen, 0, BUDGET_MAX_FEN),
    INTEGER("shards", false, shards, 1, SHARDS_MAX),
    INTEGER("expected_draws", false, expected_draws, 1, DRAWS_MAX),
    LIST("cors_origins", false, 0, DOCUMENT_ORIGINS_MAX, read_origins),
    GROUP("chances", true, CHANCES_FIELDS),
    GROUP("caps", false, CAPS_FIELDS),
    GROUP("fairness", false, FAIRNESS_FIELDS),
    LIST("prizes", true, 1, PRIZES_MAX, read_prizes),
    END,
};
#undef OWNER
/* clang-format on */

static void read_prizes(struct reader *reader, const struct path *path, const json_t *list, void *object)
{
    struct document *document = object;
    size_t count = json_array_size(list);

    document->prizes = reader_alloc(reader, count, sizeof *document->prizes);
    document->prize_count = document->prizes == NULL ? 0 : count;
    for (size_t i = 0; i < document->prize_count; i++) {
        struct document_prize *prize = &document->prizes[i];
        struct path here = path_item(path, i);

        prize->given = reader_object(reader, &here, json_array_get(list, i), PRIZE_FIELDS, prize);
    }
}

static bool host_valid(const char *at, size_t len)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";

    return len > 0 && strspn(at, ALLOWED) >= len && at[0] != '.' && at[0] != '-' && at[len - 1] != '.' &&
           at[len - 1] != '-';
}

static bool port_valid(const char *at)
{
    size_t len = strspn(at, "0123456789");

    return len >= 1 && len <= 5 && at[len] == '\0' && at[0] != '0' && strtol(at, NULL, 10) <= 65535;
}

/* As browsers send it: scheme, host in lower case, a port unless it is the scheme's own; no path. */
static bool origin_valid(const char *origin)
{
    const char *host;
    size_t len;

    if (strcmp(origin, "*") == 0) {
        return true;
    }
    if (strlen(origin) > ORIGIN_TEXT_MAX) {
        return false;
    }
    if (strncmp(origin, "https://", 8) != 0 && strncmp(origin, "http://", 7) != 0) {
        return false;
    }
    host = strstr(origin, "://") + 3;
    len = strcspn(host, ":");
    return host_valid(host, len) && (host[len] == '\0' || port_valid(host + len + 1));
}

static bool is_listed(const char *const *origins, const char *origin)
{
    for (size_t i = 0; origins[i] != NULL; i++) {
        if (strcmp(origins[i], origin) == 0) {
            return true;
        }
    }
    return false;
}

static void read_origins(struct reader *reader, const struct path *path, const json_t *list, void *object)
{
    struct document *document = object;
    const char **origins = reader_alloc(reader, json_array_size(list) + 1, sizeof *origins);
    size_t count = 0;

    for (size_t i = 0; origins != NULL && i < json_array_size(list); i++) {
        const char *origin = json_string_value(json_array_get(list, i));
        struct path here = path_item(path, i);

        if (origin == NULL) {
            problem_add(reader->problems, &here, PROBLEM_NOT_TEXT, NULL, NULL);
        } else if (!origin_valid(origin)) {
            problem_add(reader->problems, &here, PROBLEM_ORIGIN, NULL, NULL);
        } else if (is_listed(origins, origin)) {
            problem_add(reader->problems, &here, PROBLEM_ORIGIN_TWICE, NULL, NULL);
        } else {
            origins[count++] = origin;
        }
    }
    document->cors_origins = origins;
}

/* Everything else is read in the zone, so it comes first. With an unknown one UTC stands in, and the
 * problems of the times are told all the same. */
static const char *find_zone(const json_t *json, struct problems *problems)
{
    const char *zone = json_string_value(json_object_get(json, "time_zone"));
    struct path here = path_member(NULL, "time_zone");

    if (zone != NULL && strlen(zone) <= TIME_TEXT_MAX && zone_exists(zone)) {
        return zone;
    }
    if (zone != NULL && strlen(zone) <= TIME_TEXT_MAX && zone[0] != '\0') {
        problem_add(problems, &here, PROBLEM_ZONE, zone, NULL);
    }
    return "UTC";
}

static hb_err read_document(struct document *document, struct problems *problems)
{
    size_t errors_before = problems->errors;
    struct reader reader = {problems, find_zone(document->json, problems), document->memory, false};

    (void)reader_object(&reader, NULL, document->json, DOCUMENT_FIELDS, document);
    document->time_zone = reader.zone;
    if (document->cors_origins == NULL) {
        document->cors_origins = reader_alloc(&reader, 1, sizeof *document->cors_origins);
    }
    document->sound = problems->errors == errors_before;
    return reader.out_of_memory ? HB_E_NOMEM : HB_OK;
}

hb_err document_read(json_t *json, struct problems *problems, struct document **out)
{
    struct document *document = NULL;
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (!json_is_object(json)) {
        problem_add(problems, NULL, PROBLEM_NOT_OBJECT, NULL, NULL);
        return HB_E_JSON;
    }
    document = calloc(1, sizeof *document);
    if (document == NULL) {
        return HB_E_NOMEM;
    }
    document->json = json_incref(json);
    document->memory = arena_new(MEMORY_BLOCK, MEMORY_MAX);
    err = document->memory == NULL ? HB_E_NOMEM : read_document(document, problems);
    if (err != HB_OK) {
        document_free(document);
        return err;
    }
    *out = document;
    return HB_OK;
}

hb_err document_parse(const char *text, size_t len, struct problems *problems, struct document **out)
{
    json_t *json = NULL;
    char why[WHY_MAX] = "";
    hb_err err = HB_E_JSON;

    *out = NULL;
    if (len > DOCUMENT_MAX_BYTES) {
        problem_add(problems, NULL, PROBLEM_TOO_LARGE, fact_int(DOCUMENT_MAX_BYTES).text, NULL);
        return HB_E_JSON;
    }
    err = json_parse(text, len, &json, why, sizeof why);
    if (err == HB_E_JSON) {
        problem_add(problems, NULL, PROBLEM_JSON, why, NULL);
    }
    if (err == HB_OK) {
        err = document_read(json, problems, out);
    }
    json_decref(json);
    return err;
}

void document_free(struct document *document)
{
    if (document != NULL) {
        json_decref(document->json);
        arena_free(document->memory);
        free(document);
    }
}

bool prize_has(const struct document_prize *prize, enum prize_member member)
{
    return (prize->given >> member & 1) != 0;
}

int64_t prize_stock_fen(const struct document_prize *prize)
{
    switch (prize->kind) {
    case PRIZE_CASH:
        if (prize->units == FIELD_UNKNOWN || prize->amount_fen < 1) {
            return FIELD_UNKNOWN;
        }
        /* Over every limit it only has to stay comparable and addable. */
        return prize->amount_fen > STOCK_MAX_FEN / (prize->units > 0 ? prize->units : 1)
                   ? STOCK_MAX_FEN
                   : prize->units * prize->amount_fen;
    case PRIZE_CASH_SPLIT:
        return prize->total_fen < 1 ? FIELD_UNKNOWN : prize->total_fen;
    case PRIZE_VOUCHER:
    case PRIZE_CARD:
        return 0;
    default:
        return FIELD_UNKNOWN;
    }
}

const char *prize_member_name(enum prize_member member)
{
    return PRIZE_FIELDS[member].name;
}

const char *prize_kind_name(enum prize_kind kind)
{
    return KINDS[kind];
}

const char *prize_mode_name(enum prize_mode mode)
{
    return MODES[mode];
}
