/*
 * outbound/merchant_members.c - the members of a merchant, by a table.
 */
#include "base/utf8.h"
#include "outbound/merchant_internal.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 2048 };

enum member_type { MEMBER_TEXT, MEMBER_BOOL, MEMBER_AMOUNT };
struct member {
    const char *name;
    enum member_type type;
    enum merchant_of of;
    bool required;
    size_t offset;
    const char *preset; /* of a text that is not there */
};

/* clang-format off */
#define AT(field) offsetof(struct merchant_draft, field)

static const struct member MEMBERS[] = {
    {"name",                    MEMBER_TEXT,   OF_BOTH,   true,  AT(name),                    ""},
    {"provider",                MEMBER_TEXT,   OF_BOTH,   true,  AT(provider),                ""},
    {"sandbox",                 MEMBER_BOOL,   OF_BOTH,   false, AT(sandbox),                 NULL},
    {"base_url",                MEMBER_TEXT,   OF_BOTH,   true,  AT(base_url),                ""},
    {"ca_file",                 MEMBER_TEXT,   OF_BOTH,   false, AT(ca_file),                 ""},
    {"app_id",                  MEMBER_TEXT,   OF_BOTH,   true,  AT(app_id),                  ""},
    {"private_key_file",        MEMBER_TEXT,   OF_BOTH,   true,  AT(private_key_file),        ""},
    {"min_fen",                 MEMBER_AMOUNT, OF_BOTH,   false, AT(min_fen),                 NULL},
    {"max_fen",                 MEMBER_AMOUNT, OF_BOTH,   false, AT(max_fen),                 NULL},
    {"day_fen",                 MEMBER_AMOUNT, OF_BOTH,   false, AT(day_fen),                 NULL},
    {"calls_per_s",             MEMBER_AMOUNT, OF_BOTH,   false, AT(calls_per_s),             NULL},
    {"mch_id",                  MEMBER_TEXT,   OF_WECHAT, true,  AT(mch_id),                  ""},
    {"certificate_file",        MEMBER_TEXT,   OF_WECHAT, true,  AT(certificate_file),        ""},
    {"api_v3_key_file",         MEMBER_TEXT,   OF_WECHAT, true,  AT(api_v3_key_file),         ""},
    {"public_key_id",           MEMBER_TEXT,   OF_WECHAT, false, AT(public_key_id),           ""},
    {"public_key_file",         MEMBER_TEXT,   OF_WECHAT, false, AT(public_key_file),         ""},
    {"download_certificates",   MEMBER_BOOL,   OF_WECHAT, false, AT(download_certificates),   NULL},
    {"notify_url",              MEMBER_TEXT,   OF_WECHAT, false, AT(notify_url),              ""},
    {"style",                   MEMBER_TEXT,   OF_WECHAT, false, AT(style),                   ""},
    {"app_certificate_file",    MEMBER_TEXT,   OF_ALIPAY, true,  AT(app_certificate_file),    ""},
    {"alipay_certificate_file", MEMBER_TEXT,   OF_ALIPAY, true,  AT(alipay_certificate_file), ""},
    {"root_certificate_file",   MEMBER_TEXT,   OF_ALIPAY, true,  AT(root_certificate_file),   ""},
    {"product_code",            MEMBER_TEXT,   OF_ALIPAY, false, AT(product_code),            "STD_RED_PACKET"},
    {"biz_scene",               MEMBER_TEXT,   OF_ALIPAY, false, AT(biz_scene),               "DIRECT_TRANSFER"},
    {"payer_show_name_use_alias", MEMBER_BOOL, OF_ALIPAY, false, AT(uses_alias),              NULL},
};

/* clang-format on */

enum { MEMBER_COUNT = sizeof MEMBERS / sizeof MEMBERS[0] };

/* ---- members ---- */

static const char *keep_text(struct merchant_reading *reading, const char *name, const json_t *value)
{
    size_t characters, len = json_string_length(value);
    const char *text = "";

    if (!json_is_string(value) || len > TEXT_MAX_BYTES ||
        !utf8_count(json_string_value(value), len, &characters)) {
        merchant_problem(reading, name, "must be a text of one line");
        return text;
    }
    text = arena_strndup(reading->memory, json_string_value(value), len);
    return text != NULL ? text : "";
}

static void take_amount(struct merchant_reading *reading, const char *name, const json_t *value, int64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        merchant_problem(reading, name, "must be a whole number, 0 or more");
        return;
    }
    *out = json_integer_value(value);
}

static void take_member(struct merchant_reading *reading,
                        const struct member *member,
                        const json_t *value,
                        struct merchant_draft *draft)
{
    char *at = (char *)draft + member->offset;

    switch (member->type) {
    case MEMBER_TEXT:
        *(const char **)(void *)at = keep_text(reading, member->name, value);
        return;
    case MEMBER_BOOL:
        if (!json_is_boolean(value)) {
            merchant_problem(reading, member->name, "must be true or false");
        }
        *(bool *)(void *)at = json_is_true(value);
        return;
    case MEMBER_AMOUNT:
        take_amount(reading, member->name, value, (int64_t *)(void *)at);
        return;
    }
}

static const struct member *member_of(const char *name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (strcmp(name, MEMBERS[i].name) == 0) {
            return &MEMBERS[i];
        }
    }
    return NULL;
}

static void draft_preset(struct merchant_draft *draft, const struct provider_limits *limits)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (MEMBERS[i].type == MEMBER_TEXT) {
            *(const char **)(void *)((char *)draft + MEMBERS[i].offset) = MEMBERS[i].preset;
        }
    }
    draft->min_fen = limits->min_fen;
    draft->max_fen = limits->max_fen;
    draft->day_fen = limits->day_fen;
    draft->calls_per_s = limits->calls_per_s;
    draft->download_certificates = true;
}

static void draft_take(struct merchant_reading *reading,
                       const json_t *json,
                       enum merchant_of of,
                       struct merchant_draft *draft)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)json, name, value)
    {
        const struct member *member = member_of(name);

        if (strcmp(name, "scene") == 0) {
            continue;
        }
        if (member == NULL || (member->of & of) == 0) {
            merchant_problem(reading, name, "is no setting of this provider");
        } else {
            take_member(reading, member, value, draft);
        }
    }
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        const char *text = MEMBERS[i].type != MEMBER_TEXT
                               ? NULL
                               : *(const char **)(void *)((char *)draft + MEMBERS[i].offset);

        if (MEMBERS[i].required && (MEMBERS[i].of & of) != 0 && text != NULL && text[0] == '\0') {
            merchant_problem(reading, MEMBERS[i].name, "is missing");
        }
    }
}

void merchant_members_take(struct merchant_reading *reading,
                           const json_t *json,
                           enum merchant_of of,
                           const struct provider_limits *presets,
                           struct merchant_draft *out)
{
    draft_preset(out, presets);
    draft_take(reading, json, of, out);
}

/* ---- the scene ---- */

static void take_report(struct merchant_reading *reading, const json_t *row, struct provider_scene *scene)
{
    const json_t *type = json_object_get(row, "type"), *content = json_object_get(row, "content");

    if (scene->report_count == PROVIDER_REPORTS_MAX || json_object_size(row) != 2 || type == NULL ||
        content == NULL) {
        merchant_problem(reading, "scene.reports", "must be up to 4 rows of type and content");
        return;
    }
    scene->reports[scene->report_count++] = (struct provider_report){
        keep_text(reading, "scene.reports.type", type), keep_text(reading, "scene.reports.content", content)};
}

void merchant_scene_take(struct merchant_reading *reading, const json_t *json, struct provider_scene *scene)
{
    const json_t *id = json_object_get(json, "id"), *perception = json_object_get(json, "perception");
    const json_t *reports = json_object_get(json, "reports");
    size_t known = (size_t)(id != NULL) + (perception != NULL) + (reports != NULL);

    if (!json_is_object(json) || json_object_size(json) != known) {
        merchant_problem(reading, "scene", "must be an object of id, perception and reports");
        return;
    }
    scene->id = id == NULL ? NULL : keep_text(reading, "scene.id", id);
    scene->perception = perception == NULL ? NULL : keep_text(reading, "scene.perception", perception);
    for (size_t i = 0; i < json_array_size(reports); i++) {
        take_report(reading, json_array_get(reports, i), scene);
    }
}
