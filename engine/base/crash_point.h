/*
 * base/crash_point.h - named places where a process may be told to die, for the tests that kill it there.
 *
 * Only in a build with HB_CRASH_POINTS (preset `points`): there CRASH_POINT=name:3 ends the process at
 * once, as SIGKILL does, when it passes that place for the third time (`name` alone: the first). Nothing is
 * flushed, no lock is let go. Everywhere else CRASH_POINT() is nothing at all.
 *
 * Any thread. The tests read this list: each name stands at one place in the sources and each is reached.
 */
#pragma once

/* clang-format off */
/*    symbol            name                what has just happened */
#define CRASH_POINT_LIST(X)                                                                                            \
    /* a batch of draws: the worker */                                                                                 \
    X(DRAW_GATHERED,    "draw.gathered")    /* draws wait in a batch; Redis was not asked */                           \
    X(DRAW_ANSWERED,    "draw.answered")    /* Redis has drawn and logged them; nothing was made of the answer */      \
    X(DRAW_POSTING,     "draw.posting")     /* the wins are known here; the writer was not asked */                    \
    X(WRITER_FILLED,    "writer.filled")    /* the transaction is put together; nothing was sent */                    \
    X(WRITER_SENT,      "writer.sent")      /* the statement has left; it may be carried out */                        \
    X(WRITER_COMMITTED, "writer.committed") /* PostgreSQL has said so; no draw was told */                             \
    X(DRAW_TOLD,        "draw.told")        /* the draws of a post were answered; Redis keeps the entry */             \
    X(ENTRY_NOTED,      "entry.noted")      /* the entry is to be forgotten with the next call */                      \
    X(FORGET_DUE,       "forget.due")       /* no call came: asked for by itself, about to leave */                    \
    X(FORGET_DONE,      "forget.done")      /* Redis has forgotten it */                                               \
    /* the duties: log, chain, stock */                                                                                \
    X(DRAIN_READ,       "drain.read")       /* entries were read from the stream */                                    \
    X(DRAIN_POSTED,     "drain.posted")     /* they are committed; Redis keeps them */                                 \
    X(DRAIN_FORGOTTEN,  "drain.forgotten")  /* Redis has forgotten them */                                             \
    X(SEAL_DUE,         "seal.due")         /* committed batches are not in the chain */                               \
    X(SEAL_DONE,        "seal.done")        /* they are */                                                             \
    X(LEADER_TAKEN,     "leader.taken")     /* the row is ours; the one before may have left anything */               \
    X(LEASE_OFFERED,    "lease.offered")    /* free units were named; nothing was taken */                             \
    X(LEASE_TAKEN,      "lease.taken")      /* the ledger has the lease; the shard does not know it */                 \
    X(LEASE_PLACED,     "lease.placed")     /* the shard has it */                                                     \
    X(RETURN_WRITTEN,   "return.written")   /* the shard has given it back; the ledger does not know */                \
    X(RETURN_POSTED,    "return.posted")    /* the ledger has booked it */                                             \
    /* an opening */                                                                                                   \
    X(OPEN_CLOSED,      "open.closed")      /* nobody draws at the shard any more */                                   \
    X(OPEN_DRAINED,     "open.drained")     /* all that Redis had is in the ledger */                                  \
    X(OPEN_SETTLED,     "open.settled")     /* so are the returns */                                                   \
    X(OPEN_BEGUN,       "open.begun")       /* the epoch is raised */                                                  \
    X(OPEN_PLAYERS,     "open.players")     /* the players are written */                                              \
    X(OPEN_OPENED,      "open.opened")      /* the shard serves; the ledger does not know it */                        \
    X(OPEN_RECORDED,    "open.recorded")    /* the ledger knows; the workers do not */                                 \
    /* a withdrawal: the plan of a payout */                                                                           \
    X(WITHDRAW_ASKED,   "withdraw.asked")   /* a player asks for the money; nothing was sent to the books */           \
    X(WITHDRAW_OPENED,  "withdraw.opened")  /* wins are bound and payouts planned, committed; the player was not told */\
    /* a payout */                                                                                                     \
    X(PAYOUT_CLAIMING,  "payout.claiming")  /* the statement that reserves is on its way */                            \
    X(PAYOUT_CLAIMED,   "payout.claimed")   /* reserved and committed, handed over */                                  \
    X(PAYOUT_BUILT,     "payout.built")     /* its request exists in memory alone */                                   \
    X(PAYOUT_STORING,   "payout.storing")   /* the statement that says `sent` is on its way */                         \
    X(PAYOUT_STORED,    "payout.stored")    /* committed as sent; not a byte has left */                               \
    X(PAYOUT_SENT,      "payout.sent")      /* the provider was asked to pay; no answer */                             \
    X(PAYOUT_DUE,       "payout.due")       /* handed over because it is to be asked for */                            \
    X(PAYOUT_ASKED,     "payout.asked")     /* the provider was asked what is so; no answer */                         \
    X(PAYOUT_ANSWERED,  "payout.answered")  /* its answer was read; the books do not know */                           \
    X(PAYOUT_TELLING,   "payout.telling")   /* the verdict is on its way to the books */                               \
    X(PAYOUT_PUT_OFF,   "payout.put_off")   /* nothing new: when to ask again is on its way */                         \
    X(PAYOUT_BOOKED,    "payout.booked")    /* committed; the desk still has it in hand */                             \
    /* a notice */                                                                                                     \
    X(NOTICE_RECEIVED,  "notice.received")  /* its signature is good; nothing was looked up */                         \
    X(NOTICE_COMPARED,  "notice.compared")  /* it is about what is stored; nothing was written */                      \
    X(NOTICE_TELLING,   "notice.telling")   /* its word is on its way to the books */                                  \
    X(NOTICE_BOOKED,    "notice.booked")    /* committed; the provider was not answered */
/* clang-format on */

#define CRASH_POINT_ENUM(symbol, name) CRASH_##symbol,
enum crash_point { CRASH_POINT_LIST(CRASH_POINT_ENUM) CRASH_POINT_COUNT };

#ifdef HB_CRASH_POINTS
void crash_point_pass(enum crash_point point);
#define CRASH_POINT(symbol) crash_point_pass(CRASH_##symbol)
#else
#define CRASH_POINT(symbol) ((void)CRASH_##symbol)
#endif
