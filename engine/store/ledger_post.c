/*
 * store/ledger_post.c - posts, lists of them, and one transaction's posts as parameters of ledger_post().
 *
 * sql/004_ledger_post.sql says what the arrays and the letters mean.
 */
#include "store/ledger_internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
enum param {
    POST_CAMPAIGN, POST_SHARD, POST_EPOCH, POST_POSITION, POST_ENTRY,
    WIN_POST, WIN_PLAYER, WIN_DRAW_NO, WIN_PRIZE, WIN_UNIT, WIN_AMOUNT, WIN_KEY, WIN_CHANCES,
};

static const enum pg_element ELEMENTS[LEDGER_PARAMS] = {
    PG_INT4, PG_INT2, PG_INT4, PG_INT8, PG_BYTEA, PG_INT4, PG_UUID, PG_INT4, PG_INT2, PG_INT4, PG_INT8, PG_INT8, PG_INT4,
};
/* clang-format on */

/* Verdicts, wins, entry: one piece of memory, the most aligned first. */
struct post *post_new(const struct ledger_post *facts, ledger_posted_fn done, void *arg, int64_t deadline_us)
{
    size_t wins_bytes = facts->win_count * sizeof *facts->wins;
    size_t verdicts_bytes = facts->win_count * sizeof(enum win_verdict);
    struct post *post = malloc(sizeof *post + wins_bytes + verdicts_bytes + facts->entry_len);
    char *at = (char *)(post + 1);

    if (post == NULL) {
        return NULL;
    }
    *post = (struct post){.facts = *facts, .done = done, .arg = arg, .deadline_us = deadline_us};
    if (wins_bytes > 0) {
        memcpy(at, facts->wins, wins_bytes);
    }
    post->facts.wins = (const struct win_post *)(void *)at;
    at += wins_bytes;
    post->verdicts = (enum win_verdict *)(void *)at;
    at += verdicts_bytes;
    if (facts->entry_len > 0) {
        memcpy(at, facts->entry, facts->entry_len);
    }
    post->facts.entry = (const uint8_t *)at;
    return post;
}

void post_answer(struct post *post, hb_err err)
{
    ledger_posted_fn done = post->done;

    if (done != NULL) {
        post->done = NULL;
        done(post->arg, err, err == HB_OK ? post->verdicts : NULL);
    }
}

/* ---- lists ---- */

static size_t post_bytes(const struct post *post)
{
    return post->facts.entry_len + post->facts.win_count * sizeof(struct win_post) + sizeof *post;
}

void post_list_push(struct post_list *list, struct post *post)
{
    post->next = NULL;
    if (list->tail == NULL) {
        list->head = post;
    } else {
        list->tail->next = post;
    }
    list->tail = post;
    list->count++;
    list->wins += post->facts.win_count;
    list->bytes += post_bytes(post);
}

struct post *post_list_shift(struct post_list *list)
{
    struct post *post = list->head;

    if (post != NULL) {
        list->head = post->next;
        if (list->head == NULL) {
            list->tail = NULL;
        }
        list->count--;
        list->wins -= post->facts.win_count;
        list->bytes -= post_bytes(post);
    }
    return post;
}

void post_list_prepend(struct post_list *list, struct post_list *before)
{
    if (before->tail == NULL) {
        return;
    }
    before->tail->next = list->head;
    list->head = before->head;
    if (list->tail == NULL) {
        list->tail = before->tail;
    }
    list->count += before->count;
    list->wins += before->wins;
    list->bytes += before->bytes;
    *before = (struct post_list){.head = NULL};
}

/* ---- parameters ---- */

void ledger_batch_init(struct ledger_batch *batch)
{
    for (size_t i = 0; i < LEDGER_PARAMS; i++) {
        pg_array_init(&batch->arrays[i], ELEMENTS[i], 4 * (size_t)FLIGHT_BYTES_MAX);
        batch->formats[i] = 1;
    }
}

void ledger_batch_free(struct ledger_batch *batch)
{
    for (size_t i = 0; i < LEDGER_PARAMS; i++) {
        pg_array_free(&batch->arrays[i]);
    }
}

static void win_add(struct pg_array *arrays, const struct win_post *win, size_t post_no)
{
    pg_array_add_int(&arrays[WIN_POST], (int64_t)post_no);
    pg_array_add_bytes(&arrays[WIN_PLAYER], win->player.bytes, PLAYER_BYTES);
    pg_array_add_int(&arrays[WIN_DRAW_NO], win->draw_no);
    pg_array_add_int(&arrays[WIN_PRIZE], win->prize);
    pg_array_add_int(&arrays[WIN_UNIT], win->unit);
    pg_array_add_int(&arrays[WIN_AMOUNT], win->amount_fen);
    pg_array_add_int(&arrays[WIN_KEY], (int64_t)be_read(win->key.bytes, KEY_BYTES));
    pg_array_add_int(&arrays[WIN_CHANCES], win->chances_left);
}

static void post_add(struct pg_array *arrays, const struct ledger_post *facts, size_t post_no)
{
    pg_array_add_int(&arrays[POST_CAMPAIGN], facts->campaign_id);
    pg_array_add_int(&arrays[POST_SHARD], facts->shard);
    pg_array_add_int(&arrays[POST_EPOCH], facts->epoch);
    pg_array_add_int(&arrays[POST_POSITION], (int64_t)facts->position);
    pg_array_add_bytes(&arrays[POST_ENTRY], facts->entry, facts->position == 0 ? 0 : facts->entry_len);
    for (size_t i = 0; i < facts->win_count; i++) {
        win_add(arrays, &facts->wins[i], post_no);
    }
}

bool ledger_batch_fill(struct ledger_batch *batch, const struct post_list *posts)
{
    size_t post_no = 1;
    bool whole = true;

    for (size_t i = 0; i < LEDGER_PARAMS; i++) {
        pg_array_clear(&batch->arrays[i]);
    }
    for (const struct post *post = posts->head; post != NULL; post = post->next) {
        post_add(batch->arrays, &post->facts, post_no++);
    }
    for (size_t i = 0; i < LEDGER_PARAMS; i++) {
        whole = pg_array_finish(&batch->arrays[i], &batch->values[i], &batch->lengths[i]) && whole;
    }
    return whole;
}

/* ---- verdicts ---- */

static void differs_alarm(const struct ledger_post *facts, const struct win_post *win)
{
    char player[PLAYER_HEX + 1];

    player_hex(&win->player, player);
    log_error("ledger.win_differs",
              "campaign=%" PRIu32 " shard=%" PRIu32 " epoch=%" PRIu32 " position=%" PRIu64
              " player=%s draw_no=%" PRIu32 " see=quarantine",
              facts->campaign_id,
              facts->shard,
              facts->epoch,
              facts->position,
              player,
              win->draw_no);
}

/* The post's letters from `letters` on; false for one that is not a verdict. */
static bool post_judge(struct post *post, const char *letters, size_t *recorded)
{
    for (size_t i = 0; i < post->facts.win_count; i++) {
        if (letters[i] == '\0' || strchr("rfdaw", letters[i]) == NULL) {
            return false;
        }
        post->verdicts[i] = (enum win_verdict)letters[i];
        *recorded += letters[i] == WIN_RECORDED ? 1 : 0;
        if (letters[i] == WIN_DIFFERS) {
            differs_alarm(&post->facts, &post->facts.wins[i]);
        }
    }
    return true;
}

bool ledger_batch_read(const struct post_list *posts, const PGresult *result, size_t *recorded)
{
    bool shaped = PQntuples(result) == 1 && PQnfields(result) == 2;
    const char *wins = shaped ? PQgetvalue(result, 0, 0) : "";
    const char *entries = shaped ? PQgetvalue(result, 0, 1) : "";

    *recorded = 0;
    if (strlen(wins) != posts->wins || strlen(entries) != posts->count) {
        return false;
    }
    for (struct post *post = posts->head; post != NULL; post = post->next) {
        if (!post_judge(post, wins, recorded)) {
            return false;
        }
        if (*entries == 'd') {
            log_error("ledger.entry_differs",
                      "campaign=%" PRIu32 " shard=%" PRIu32 " epoch=%" PRIu32 " position=%" PRIu64
                      " see=quarantine",
                      post->facts.campaign_id,
                      post->facts.shard,
                      post->facts.epoch,
                      post->facts.position);
        }
        wins += post->facts.win_count;
        entries++;
    }
    return true;
}
