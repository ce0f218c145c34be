/*
 * campaign/demo.c - the demo campaign's document.
 *
 * The sums: 500,000 draws are expected. Odds prizes have units for just those; the prizes add up to
 * 248,888.00 yuan.
 */
#include "campaign/demo.h"

#include "base/buf.h"
#include "base/zone.h"

#include <stdlib.h>
#include <string.h>

enum { DEMO_MAX_BYTES = 64 * 1024, WALL_TEXT = 19 /* without the offset */, DEMO_DAYS = 30 };

static const char ZONE[] = "Asia/Shanghai";

/* clang-format off */
static const char BEFORE_TIMES[] =
"{\n"
"  \"id\": \"spring\",\n"
"  \"title\": {\n"
"    \"zh\": \"新春红包雨\",\n"
"    \"en\": \"Spring Festival Red Packets\"\n"
"  },\n"
"  \"rules\": {\n"
"    \"zh\": \"活动期间每位参与者有 20 次初始机会，每天另有 50 次。\\n每天 12:00 与 20:00 起各有 10 分钟红包雨。\\n"
"抽奖结果由活动开始前封存的随机种子决定，活动结束后公开，任何人都可以验证。\\n演示活动，奖品不予兑付。\",\n"
"    \"en\": \"Everybody has 20 chances to begin with and 50 more every day.\\nPackets rain for ten minutes from 12:00 and from 20:00."
"\\nResults follow from a seed sealed before the start and revealed after the end; anyone can verify them."
"\\nThis is a demonstration: prizes are not paid out.\"\n"
"  },\n"
"  \"time_zone\": \"Asia/Shanghai\",\n"
"  \"starts_at\": ";

static const char AFTER_TIMES[] =
",\n"
"  \"budget_fen\": 24888800,\n"
"  \"expected_draws\": 500000,\n"
"  \"chances\": {\"base\": 20, \"per_day\": 50},\n"
"  \"prizes\": [\n"
"    {\n"
"      \"id\": \"grand\", \"kind\": \"cash\", \"mode\": \"moments\",\n"
"      \"name\": {\"zh\": \"新春大奖 10000 元\", \"en\": \"Grand prize: 10,000 yuan\"},\n"
"      \"amount_fen\": 1000000, \"units\": 10, \"wins_per_player\": 1\n"
"    },\n"
"    {\n"
"      \"id\": \"lucky-88\", \"kind\": \"cash\", \"mode\": \"odds\", \"odds\": 0.0002,\n"
"      \"name\": {\"zh\": \"发发红包 88.88 元\", \"en\": \"Lucky packet: 88.88 yuan\"},\n"
"      \"amount_fen\": 8888, \"units\": 100, \"wins_per_player\": 1\n"
"    },\n"
"    {\n"
"      \"id\": \"rain\", \"kind\": \"cash_split\", \"mode\": \"odds\", \"odds\": 0.2,\n"
"      \"name\": {\"zh\": \"红包雨\", \"en\": \"Packet rain\"},\n"
"      \"total_fen\": 1000000, \"min_fen\": 20, \"max_fen\": 500, \"units\": 10000,\n"
"      \"pacing\": {\n"
"        \"slots\": [{\"from\": \"12:00\", \"to\": \"12:10\"}, {\"from\": \"20:00\", \"to\": \"20:10\"}],\n"
"        \"per_second\": 100\n"
"      }\n"
"    },\n"
"    {\n"
"      \"id\": \"luck\", \"kind\": \"cash_split\", \"mode\": \"odds\", \"odds\": 0.1,\n"
"      \"name\": {\"zh\": \"拼手气红包\", \"en\": \"Lucky money\"},\n"
"      \"total_fen\": 10000000, \"min_fen\": 50, \"max_fen\": 2000, \"units\": 50000, \"wins_per_player\": 20\n"
"    },\n"
"    {\n"
"      \"id\": \"tea\", \"kind\": \"voucher\", \"mode\": \"odds\", \"odds\": 0.08,\n"
"      \"name\": {\"zh\": \"奶茶立减券 5 元\", \"en\": \"Milk tea voucher: 5 yuan off\"},\n"
"      \"value_fen\": 500, \"units\": 40000, \"wins_per_player\": 10\n"
"    },\n"
"    {\n"
"      \"id\": \"fu\", \"kind\": \"card\", \"mode\": \"odds\", \"odds\": 0.2,\n"
"      \"name\": {\"zh\": \"福卡\", \"en\": \"Fortune card\"},\n"
"      \"units\": 100000\n"
"    },\n"
"    {\n"
"      \"id\": \"welcome\", \"kind\": \"cash_split\", \"mode\": \"always\",\n"
"      \"name\": {\"zh\": \"见面礼\", \"en\": \"Welcome packet\"},\n"
"      \"total_fen\": 3000000, \"min_fen\": 1, \"max_fen\": 50, \"units\": 300000, \"wins_per_player\": 8\n"
"    }\n"
"  ]\n"
"}\n";
/* clang-format on */

static void add_wall_time(struct buf *text, int64_t at_ms)
{
    char time[26];

    zone_format(ZONE, at_ms, time);
    buf_add_json_string(text, time, WALL_TEXT);
}

char *demo_document(int64_t now_ms)
{
    int64_t start_ms = (now_ms / 1000 - 60) * 1000;
    int64_t end_ms = start_ms + INT64_C(1000) * 86400 * DEMO_DAYS;
    struct buf text;
    char *document;

    buf_init(&text, DEMO_MAX_BYTES);
    buf_adds(&text, BEFORE_TIMES);
    add_wall_time(&text, start_ms);
    buf_adds(&text, ",\n  \"ends_at\": ");
    add_wall_time(&text, end_ms);
    buf_adds(&text, AFTER_TIMES);
    document = strdup(buf_cstr(&text));
    if (text.failed) {
        free(document);
        document = NULL;
    }
    buf_free(&text);
    return document;
}
