/*
 * duties/duties_internal.h - what the files of the duties share. All of it lives on the duties thread, but
 * for what struct duties says is locked or atomic.
 *
 * Errors of PostgreSQL go through ledger_failed(), which remembers that it is away or that we are fenced: a
 * round then ends at once. Any other error a shard's round returns is its Redis node's, or a reason to look
 * again.
 */
#pragma once

#include "base/err.h"
#include "campaign/disclose.h"
#include "duties/books_watch.h"
#include "duties/duties.h"
#include "duties/lease_size.h"
#include "lottery/fairness.h"
#include "store/pg.h"
#include "store/redis.h"
#include "store/redis_nodes.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    ROUND_US = 200 * 1000,  /* each shard is looked at */
    POLL_US = 500 * 1000,   /* the catalog */
    RENEW_US = 2000 * 1000, /* the leader row */
    STALE_MS = 6000,        /* a leader that is silent for so long is replaced */
    MOMENT_AHEAD_MS = 60 * 1000,
    MOMENT_UNUSED_MS = 30 * 1000,
    HINTS_MAX = 1024,
    SHUTDOWN_MS = 5000,
};

struct duty_shard {
    uint32_t index, node;
    _Atomic uint32_t *epoch; /* what workers send */
    uint32_t ledger_epoch;
    bool ledger_open;

    /* The leader's: */
    bool serving;    /* Redis has it open for this epoch and process */
    bool suspect;    /* its log is not the ledger's: it has to be opened anew */
    bool resume_due; /* the ledger's pause flag was taken back */
    bool pause_told;
    bool log_checked;    /* the ledger has what has left Redis' log */
    bool leases_checked; /* all lease rows are applied, all returns posted */
    bool home_checked; /* of a campaign that is over: the ledger has nothing with this shard that it does not
                          know */
    struct shard *state; /* of the last look; NULL before the first */
    struct demand demand[PRIZES_MAX];
    uint64_t entries;     /* in its stream at the last drain */
    uint32_t drain_epoch; /* where its log was at the last drain: what is before that is old */
    uint64_t drain_position;
    int64_t retry_at_us, drain_at_us, eager_at_us, mark_at_us;
    int64_t behind_said_us;
    unsigned failures;
};

struct planned_moment {
    int64_t at_ms;
    uint32_t shard, unit;
    uint8_t prize;
};

struct voucher_walk { /* over a campaign's wins, for those without their voucher */
    bool walking;
    char player[40], draw[16]; /* where it is */
    int64_t bound, at_us;
};

struct duty_campaign {
    uint32_t id, version;
    char slug[SLUG_MAX + 1];
    bool paused, ended, seeded, revealed;
    bool archived; /* its log is not in the ledger any more: it is neither served nor opened */
    struct document *document;
    struct table *table;
    char *table_json;
    uint8_t hash[SHA256_BYTES], commitment[SHA256_BYTES], secret[SHA256_BYTES];
    char *public_value;
    struct seed seed;
    struct disclose_version *versions;
    size_t version_count;
    struct table **tables; /* of every version, for a rebuild; made when needed */
    size_t table_count;
    int64_t units_left[PRIZES_MAX], free_units[PRIZES_MAX];
    struct duty_shard *shards;
    uint32_t shard_count;
    struct planned_moment *moments;
    size_t moment_count;
    bool moments_planned;
    int64_t moments_at_us;
    int64_t lease_retry_at_us[PRIZES_MAX]; /* of one that the budget cannot pay: the others are not to wait
                                              for it */
    bool lease_warned;
    struct voucher_walk vouchers;
};

struct duty_node {
    struct redis *redis;
    int64_t retry_at_us;
    unsigned failures;
};

struct hint { /* somebody waits for this shard */
    uint32_t campaign_id, shard;
    bool drain; /* for what is in its log; any node may help with that */
};

struct duties {
    const struct config *config;
    struct catalog_slot *slot;
    pthread_t thread;
    atomic_bool ready, leading;
    struct books_watch *books;

    pthread_mutex_t lock; /* the next four */
    pthread_cond_t wake;
    bool stopping;
    struct hint hints[HINTS_MAX];
    size_t hint_count;

    struct pg *pg, *listen;
    bool pg_away;
    unsigned pg_session; /* in which the shards' logs were compared with the ledger */
    int64_t pg_retry_at_us;
    bool listening;
    char name[256]; /* of this node, in the leader row */
    int64_t fence;  /* our leader number; 0: not the leader */
    int64_t renewed_at_us, lead_at_us;
    unsigned kept; /* calls of leader_keep() */
    int64_t poll_at_us, units_at_us, round_at_us, seal_at_us;

    struct duty_node nodes[NODES_MAX];
    size_t node_count;
    struct duty_campaign **campaigns; /* by slug */
    size_t campaign_count;
    bool loaded;  /* read once */
    bool changed; /* since the last snapshot */
};

/* ---- duties.c ---- */
hb_err ledger_failed(struct duties *duties, hb_err err, const char *what);
struct redis *shard_redis(struct duties *duties, const struct duty_shard *shard); /* NULL: no such node */

/* ---- leader.c ---- */
void leader_round(struct duties *duties, int64_t now_us);
void leader_yield(struct duties *duties);
void leader_keep(struct duties *duties); /* in the middle of long work */
void leader_lost(struct duties *duties, const char *why);
bool leader_sure(struct duties *duties); /* before a write to Redis that the ledger does not fence */

/* ---- catalog.c, snapshot.c, campaign.c ---- */
void catalog_round(struct duties *duties, int64_t now_us, bool told);
void catalog_free(struct duties *duties);
struct catalog *snapshot_build(const struct duties *duties); /* NULL when out of memory */
void campaign_free(struct duty_campaign *campaign);
hb_err campaign_load(struct duties *duties, struct duty_campaign *campaign, uint32_t version);
hb_err campaign_tables(struct duties *duties, struct duty_campaign *campaign); /* fills tables */
const struct table *campaign_table(void *arg, uint32_t version);          /* one of them; 0: the newest */
bool campaign_over(const struct duty_campaign *campaign, int64_t now_ms); /* nothing is given any more */
void hash_read(const struct pg_result *rows, int row, int column, uint8_t out[static SHA256_BYTES]);
_Atomic uint32_t *epoch_of(uint32_t campaign_id, uint32_t shard); /* the process' one; never freed */

/* ---- one shard's round ---- */
void shard_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard);
void shard_drain_now(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard);
hb_err shard_open(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard);
hb_err versions_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard);
hb_err leases_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard);
void leases_retry_now(struct duties *duties); /* also what the budget could not pay */
hb_err returns_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard);
hb_err moments_round(struct duties *duties, struct duty_campaign *campaign, struct duty_shard *shard);
void moments_load(struct duties *duties, struct duty_campaign *campaign, int64_t now_us);
void vouchers_round(struct duties *duties, struct duty_campaign *campaign, int64_t now_us);
void sealer_round(struct duties *duties, int64_t now_us);

/* Control entries of one shard; on HB_OK shard->state has it too. */
hb_err shard_control(struct duties *duties,
                     const struct duty_campaign *campaign,
                     struct duty_shard *shard,
                     enum record_kind kind,
                     const struct lease_record *lease);
/* One lease or moment: the ledger's row, then the shard. */
hb_err lease_give(struct duties *duties,
                  struct duty_campaign *campaign,
                  struct duty_shard *shard,
                  uint8_t prize,
                  int64_t units,
                  const struct planned_moment *moment);
/* A RETURN or GONE entry, then its posting. */
hb_err lease_hand_back(struct duties *duties,
                       struct duty_campaign *campaign,
                       struct duty_shard *shard,
                       enum record_kind kind,
                       struct lease_record lease);
/* Postings that a crash left out: RETURN and GONE entries past the ledger's last lease number. */
hb_err returns_post(struct duties *duties,
                    const struct duty_campaign *campaign,
                    const struct duty_shard *shard,
                    uint32_t epoch,
                    uint32_t lease_no);
/* The ledger's last lease number. */
hb_err lease_no_read(struct duties *duties,
                     const struct duty_campaign *campaign,
                     const struct duty_shard *shard,
                     uint32_t *lease_no);

/* ---- ledger_behind.c ---- */
/* Has the ledger all that has left the log of what Redis has of the shard? HB_E_LEDGER_BEHIND: it has not,
 * and that was said. */
hb_err ledger_behind(struct duties *duties,
                     const struct duty_campaign *campaign,
                     struct duty_shard *shard,
                     const struct shard *state);

/* ---- drain.c ---- */
enum drain_what { DRAIN_OLD, DRAIN_ALL, DRAIN_DISCARD };
/* Stores what is in the stream and takes it out. *refused: there are entries that the ledger cannot take any
 * more (of an epoch that is over, or other than what it has); DISCARD takes these out too: nothing in them
 * was ever acknowledged, and the ledger's `kept` counts them as lost. */
hb_err drain_round(struct duties *duties,
                   struct duty_campaign *campaign,
                   struct duty_shard *shard,
                   enum drain_what what,
                   bool *refused);

/* Moves the ledger's mark below which all of the epoch's log is stored, over some ten thousand entries at
 * most. */
hb_err log_mark(struct duties *duties,
                const struct duty_campaign *campaign,
                const struct duty_shard *shard,
                uint64_t *kept);

/* ---- opening_players.c ---- */
struct opening {
    struct duty_campaign *campaign;
    struct duty_shard *shard;
    struct redis *redis;
    char run_id[RUN_ID_BYTES + 1];
    struct shard *before; /* as Redis had it */
    bool present;         /* it had one */
    bool diverged;        /* its log was not the ledger's: nothing in it is believed */
    struct shard *state;  /* to be opened with */
    uint64_t kept;
    const char *reason;
    size_t players;      /* written */
    int64_t log_time_ms; /* of the newest entry that was read */
};
hb_err opening_players(struct duties *duties, struct opening *opening);
