/*
 * flow/wallet.h - the port to wallets: what a player sees of the money, and asks for.
 *
 * The promise of flow/ports.h holds. Rows and their texts are readable during the callback only.
 * Units: money in fen, times in milliseconds UTC, 0 where there is none.
 * Reads answer HB_E_UNAVAILABLE when anything went wrong on the way; what writes answers HB_E_UNSURE when it
 * was sent and not answered.
 */
#pragma once

#include "base/err.h"
#include "base/ids.h"

#include <stddef.h>
#include <stdint.h>

/* Do the numbers that pay move real money? Unknown: there is no number yet. */
enum wallet_sandbox { SANDBOX_UNKNOWN, SANDBOX_NO, SANDBOX_YES };

/* A player's wins in one campaign: gross = available + bound + paid + expired + clawed_back. */
struct wallet_sum {
    const char *campaign; /* slug */
    int64_t gross_fen, available_fen, bound_fen, paid_fen, tax_fen, expired_fen, clawed_back_fen;
    int64_t cash_wins, other_wins;
    int64_t lapses_at_ms;
    int64_t min_fen;   /* of a withdrawal */
    const char *state; /* open | window | stopped | closed */
    int64_t opens_at_ms;
    enum wallet_sandbox sandbox;
};
typedef void (*wallet_sums_fn)(void *arg, hb_err err, const struct wallet_sum *rows, size_t count);

struct wallet_move {
    int64_t at_us;
    const char *id, *campaign;
    const char *kind; /* win | withdrawal | paid | returned | expired | clawed_back */
    int64_t amount_fen, net_fen;
    const char *ref; /* draw number, or withdrawal */
    enum wallet_sandbox sandbox;
};
typedef void (*wallet_moves_fn)(void *arg, hb_err err, const struct wallet_move *rows, size_t count);

/* Where a page begins: behind the row that these name. */
enum { MOVE_ID_MAX = 80 };
struct wallet_cursor {
    int64_t at_us; /* 0: at the newest */
    char id[MOVE_ID_MAX + 1];
};

struct sealed_bytes {
    const uint8_t *at; /* NULL: none */
    size_t len;
};

struct payee_order {
    struct player_id player;
    const char *provider, *app_id;
    struct sealed_bytes payee, name, person;
    struct sealed_bytes fingerprint, proof; /* 32 bytes each; proof NULL: none was asked for */
    int64_t proof_until_s;
};
struct payee_verdict {
    const char *verdict; /* set | same | proof_used */
    int64_t usable_at_ms;
};
typedef void (*payee_set_fn)(void *arg, hb_err err, const struct payee_verdict *verdict);

struct payee_row {
    const char *provider, *app_id;
    struct sealed_bytes payee, name;
    int64_t usable_at_ms;
    enum wallet_sandbox sandbox;
};
/* row NULL: there is none. */
typedef void (*payee_read_fn)(void *arg, hb_err err, const struct payee_row *row);

enum { WITHDRAW_WINS_MAX = 5000 };
struct withdraw_order {
    struct player_id player;
    const char *campaign, *key;
    const uint32_t *draw_nos; /* NULL: all that fit */
    size_t draw_count;
    bool quote; /* only says what it would be */
};
struct withdraw_verdict {
    const char *verdict; /* of withdraw_open() in sql/011_withdraw.sql */
    const char *id;
    int64_t gross_fen, tax_fen, net_fen, wins, parts;
    int64_t until_ms, min_fen;
    enum wallet_sandbox sandbox;
};
typedef void (*withdrawn_fn)(void *arg, hb_err err, const struct withdraw_verdict *verdict);

struct withdrawal_row {
    const char *id, *campaign, *state; /* open | paid | partly | failed */
    int64_t no, gross_fen, tax_fen, net_fen, paid_fen, wins, parts;
    bool in_review;
    int64_t waiting, again, frozen, unsent; /* parts */
    int64_t opened_at_ms, ended_at_ms;
    enum wallet_sandbox sandbox;
};
typedef void (*withdrawals_read_fn)(void *arg, hb_err err, const struct withdrawal_row *rows, size_t count);

struct withdrawal_part_row {
    int64_t part, net_fen, attempts;
    const char *state, *payout_state; /* of the part; of its newest attempt */
    const char *code;                 /* the provider's last word, "" */
    bool again, frozen;
    int64_t ended_at_ms;
    const char *provider, *mch_id, *app_id;
    const char *package; /* "": does not wait for the player */
    int64_t package_until_ms;
    const char *confirm_url; /* of a sandbox, "" */
};
typedef void (*withdrawal_parts_fn)(void *arg,
                                    hb_err err,
                                    const struct withdrawal_part_row *rows,
                                    size_t count);

/* verdict: of payout_again() in sql/014_payout_people.sql */
typedef void (*withdrawal_again_fn)(void *arg, hb_err err, const char *verdict);

/* What a voucher or card won brought. */
struct voucher_row {
    uint32_t draw_no;
    const char *state;        /* assigned | sent | used | failed */
    struct sealed_bytes code; /* flow/voucher_code.h; NULL: none to show */
};
typedef void (*vouchers_fn)(void *arg, hb_err err, const struct voucher_row *rows, size_t count);

enum { UUID_TEXT = 36, WALLET_PAGE_MAX = 200 };

struct wallet_port {
    void *self;
    void (*sums)(void *self, const struct player_id *player, wallet_sums_fn done, void *arg);
    /* Newest first. */
    void (*moves)(void *self,
                  const struct player_id *player,
                  const struct wallet_cursor *from,
                  uint32_t limit,
                  wallet_moves_fn done,
                  void *arg);
    void (*payee_set)(void *self, const struct payee_order *order, payee_set_fn done, void *arg);
    void (*payee)(void *self, const struct player_id *player, payee_read_fn done, void *arg);
    void (*withdraw)(void *self, const struct withdraw_order *order, withdrawn_fn done, void *arg);
    /* Newest first, `no` below before (0: from the newest); or with id (a UUID's text, else NULL) that one.
     */
    void (*withdrawals)(void *self,
                        const struct player_id *player,
                        const char *id,
                        uint64_t before,
                        uint32_t limit,
                        withdrawals_read_fn done,
                        void *arg);
    void (*parts)(
        void *self, const struct player_id *player, const char *id, withdrawal_parts_fn done, void *arg);
    void (*again)(void *self,
                  const struct player_id *player,
                  const char *id,
                  uint32_t part,
                  withdrawal_again_fn done,
                  void *arg);
    /* All of the player's in one campaign, by draw number; bound first where they are not yet. */
    void (*vouchers)(
        void *self, uint32_t campaign_id, const struct player_id *player, vouchers_fn done, void *arg);
};
