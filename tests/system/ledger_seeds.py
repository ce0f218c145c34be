"""Random operations from seeds, on a real PostgreSQL and on the small ledger in memory: both agree after each step, and the checks find nothing.

Usage: ledger_seeds.py [--seeds N] [--first SEED] [--steps N] [--every N] [--verbose]
  --every N   all checks after every N-th step (those that are quick after each); the last step has them all
A seed is one transaction, rolled back. A failing one says its number and what was done.
"""
import argparse
import datetime
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ledger_world  # noqa: E402
from ledger_model import DAY, Ledger  # noqa: E402
from wallet_world import CLUSTER, RUN, Book, campaign, player  # noqa: E402

FUNDED = 10000000
QUICK = ["account", "reserved", "use", "payout", "payout_books"]
SEEN = """SELECT jsonb_build_object(
    'accounts', (SELECT jsonb_object_agg(name, jsonb_build_array(debit, credit, debit_pending, credit_pending)) FROM account),
    'withdrawals', (SELECT coalesce(jsonb_object_agg(id, jsonb_build_array(state, gross_fen, parts)), '{}') FROM withdrawal),
    'parts', (SELECT coalesce(jsonb_object_agg(withdrawal || '/' || part, jsonb_build_array(state, net_fen, tax_fen, organiser_fen, attempts)), '{}') FROM withdrawal_part),
    'payouts', (SELECT coalesce(jsonb_object_agg(out_no, jsonb_build_array(state, attempt, frozen, payee)), '{}') FROM payout),
    'bound', (SELECT count(*) FROM win_use WHERE freed_batch IS NULL))"""


class Disagreement(Exception):
    pass


class Run:
    """One seed: what is drawn, done on both sides, and compared."""

    def __init__(self, session, seed, begin):
        self.random = random.Random(seed)
        self.book = Book(session)
        self.begin, self.now, self.trace = begin, 0, []
        self.keys, self.jobs, self.serial, self.identity, self.closed = [], {}, 0, {}, False
        self.players = [f"{seed}/{i}" for i in range(self.random.randint(1, 5))]
        policy = {"min_fen": self.pick(1, 1, 30), "max_fen": self.pick(2000000, 30000), "day_count": self.pick(10, 3), "day_fen": self.pick(2000000, 60000),
                  "max_wins": self.pick(500, 3), "max_parts": self.pick(100, 4), "review_fen": self.pick(2000000, 15000)}
        merchant = {"min_fen": self.pick(1, 20), "single_cap_fen": self.pick(20000, 5000, 700), "max_attempts": self.pick(1, 2, 3)}
        if self.random.random() < 0.3:
            merchant["day_cap_fen"] = self.pick(20000, 100000)
        taxes = {kind: (self.pick(2000, 500, 8999), self.pick("winner", "organiser")) for kind in ("cash", "cash_split") if self.random.random() < 0.5}
        lapses = self.random.randint(2, 40) * 1800 + 7 if self.random.random() < 0.5 else None
        self.book.policy(**policy, **({"expires_at": self.stamp(lapses)} if lapses else {}))
        self.book.merchant(**merchant)
        for kind, (rate, bearer) in taxes.items():
            self.book.sql(f"SELECT tax_rule_set('spring', '{kind}', {rate}, '{bearer}')")
        midnight = begin.astimezone(datetime.timezone(datetime.timedelta(hours=8)))
        self.model = Ledger({**policy, "expires_at": lapses}, merchant, taxes,
                            midnight.hour * 3600 + midnight.minute * 60 + midnight.second + midnight.microsecond / 1e6)
        self.model.sums = {name: list(sums) for name, sums in self.seen()["accounts"].items()}
        self.do("topup", self.pick(3000000, 50000, 3000), "first")
        for who in self.players:
            if self.random.random() < 0.8:
                self.do("payee", who, "a", 0)
            self.do("win", who, self.amounts())

    def amounts(self):
        chance = self.random
        return [chance.choice((9, 9, chance.randint(1, 900), chance.randint(1000, 9000), chance.randint(10000, 60000))) for _ in range(chance.randint(1, 3))]

    def payout(self, *states):
        """Mostly one in these states."""
        fitting = [p.out_no for p in self.model.payouts.values() if p.state in states]
        return self.pick(*(fitting if fitting and self.random.random() < 0.85 else self.model.payouts))

    def pick(self, *choices):
        return self.random.choice(choices)

    def stamp(self, seconds):
        return (self.begin + datetime.timedelta(seconds=seconds)).isoformat()

    def at(self):
        return f"'{self.stamp(self.now)}'::timestamptz"

    # ---- both sides ----

    def agree(self, what, real, model):
        if real != model:
            raise Disagreement(f"{what}: PostgreSQL {real!r}, model {model!r}")

    def do(self, name, *words):
        self.trace.append(f"{self.now:>6} {name}{words}")
        getattr(self, "do_" + name)(*words)

    def do_topup(self, amount, key):
        self.agree("topup", self.book.topup(amount, key), self.model.topup(amount, key))

    def do_win(self, who, amounts):
        shard = self.players.index(who) % 2
        if sum(self.book.unit.get((shard, kind), shard * (100, 50)[kind - 1]) - shard * (100, 50)[kind - 1] for kind in (1, 2)) > 40:
            return
        for draw, amount in zip(self.book.win(who, *amounts, shard=shard), amounts):
            self.model.won(player(who), draw, shard, amount, "cash" if amount == 9 else "cash_split")

    def do_payee(self, who, identity, cooling):
        self.book.payee(who, identity, cooling=cooling * 1000, now=self.at())
        old = self.model.payees.setdefault(player(who), [])
        if self.identity.get(who) != identity:
            self.identity[who] = identity
            old.append(self.now if not old else self.now + cooling)

    def do_withdraw(self, who, key, draws):
        answer = self.book.withdraw(who, key, draws, now=self.at())
        self.agree("withdraw", answer["verdict"], self.model.withdraw(player(who), key, draws, self.now))
        if answer["verdict"] == "opened":
            self.keys.append((who, key, draws))
            made = self.model.withdrawals[answer["id"]]
            self.agree("its wins", answer["draw_nos"], [w.draw for w in made.wins])

    def do_claim(self, limit, lease):
        jobs = self.book.claim(limit, now=self.at(), lease=lease * 1000)
        self.agree("claim", [j["out_no"] for j in jobs], self.model.claim(limit, lease, self.now))
        self.remember(jobs)

    def do_due(self, limit):
        jobs = self.book.due(limit, now=self.at())
        self.agree("due", [j["out_no"] for j in jobs], self.model.asked_for(limit, 60, self.now))
        self.remember(jobs)

    def remember(self, jobs):
        for job in jobs:
            self.jobs[job["out_no"]] = job["fence"]
            self.model.payouts[job["out_no"]].fence = job["fence"]

    def do_sent(self, out_no, stale, body):
        fence = self.jobs.get(out_no, 0) - stale
        real = self.book.one(f"SELECT payout_sent('{out_no}', {fence}, sha256('{body}{out_no}'), '\\x01', 60000, {self.at()})")
        self.agree("sent", real, self.model.sent(out_no, fence, body, 60, self.now))

    def do_verdict(self, out_no, event, source, amount, again, wait):
        named = {"again": again, "next_ms": wait * 1000, "now": self.stamp(self.now)}
        if amount is not None:
            named["amount"] = amount
        answer = self.book.verdict(out_no, event, source, **named)
        self.agree("verdict", answer["verdict"], self.model.verdict(out_no, event, source, amount, again, wait, self.now))

    def do_approve(self, id, person, yes):
        real = self.book.one(f"SELECT withdrawal_approve('{id}', '{person}', {yes}, 'seen', {self.at()})")
        self.agree("approve", real, self.model.approve(id, person, yes, self.now))

    def do_take_back(self, id):
        self.agree("take back", int(self.book.one(f"SELECT withdrawal_take_back('{id}', NULL, 'ann', 'asked')")), self.model.take_back(id))

    def do_again(self, who, id, part):
        real = self.book.row(f"SELECT * FROM payout_again('{player(who)}', '{id}', {part}, {self.at()})")["verdict"]
        self.agree("again", real, self.model.again(player(who), id, part, self.now))

    def correct(self, kind, content, slug="spring"):
        """Asked by one, decided by another; what cannot be done now is refused at last, so that nothing stays asked."""
        self.serial += 1
        asked = self.book.ask(kind, content, f"c{self.serial}", slug=slug)
        self.agree("asked", asked["verdict"], "asked")
        verdict = self.book.decide(asked["id"], now=self.at())
        if verdict != "done":
            self.agree("refused", self.book.decide(asked["id"], approved=False), "refused")
        return verdict

    def do_claw_back(self, who, draws):
        self.agree("claw back", self.correct("claw_back", {"player": player(who), "draw_nos": draws}), self.model.claw_back(player(who), draws))

    def do_give_up(self, id, part):
        self.agree("give up", self.correct("give_up", {"withdrawal": id, "part": part}), self.model.give_up(id, part))

    def do_thaw(self, out_no):
        self.agree("thaw", self.correct("thaw", {"out_no": out_no}), self.model.thaw(out_no, self.now))

    def do_adjust(self, debit, credit, amount):
        real = self.correct("adjust", {"debit": debit, "credit": credit, "amount_fen": amount}, "spring" if "budget:spring" in (debit, credit) else None)
        self.agree("adjust", real, self.model.adjust(debit, credit, amount))

    def do_expire(self, limit):
        real, after = [0, 0], ("NULL", "NULL")
        while after is not None:
            step = self.book.row(f"SELECT * FROM expire_some(1, {after[0]}, {after[1]}, {limit}, {self.at()})")
            real = [real[0] + step["expired"], real[1] + step["fen"]]
            after = None if step["last_player"] is None else (f"'{step['last_player']}'", step["last_draw"])
        self.agree("expire", tuple(real), self.model.expire(self.now))

    def do_stop(self, what, stopped):
        self.book.sql(f"SELECT wallet_stop('spring', {stopped})" if what == "campaign" else "SELECT merchant_stop('m1', true)" if stopped else RUN)
        setattr(self.model, "stopped" if what == "campaign" else "merchant_stopped", stopped)

    def do_wait(self, seconds):
        self.now += seconds

    def do_close(self):
        for shard, number in ((0, 4), (1, 3)):
            stock = self.book.sql(f"SELECT prize, lower(r), upper(r), leased_fen - won_fen - returned_fen FROM stock, unnest(left_units) AS r "
                                  f"WHERE campaign = 1 AND shard = {shard} ORDER BY 1, 2")
            for turn, (prize, first, last, fen) in enumerate(stock):
                self.book.sql(f"SELECT lease_return(1, 1, {shard}::smallint, {number + turn}, {prize}::smallint, {first}, {last}, {fen}, 'return')")
        self.model.returned()
        self.book.sql("SELECT campaign_end('spring')")
        rows = self.book.rows(f"SELECT * FROM campaign_close('spring', 'ann', {self.at()})")
        real = {r["line"]: r["fen"] for r in rows} if rows[0]["closed"] else {r["line"] for r in rows}
        self.agree("close", real, self.model.close(self.now, FUNDED))

    # ---- what is drawn ----

    def step(self):
        model, chance = self.model, self.random
        who = self.pick(*self.players)
        withdrawals = list(model.withdrawals)
        draws = [w.draw for w in model.wins.values() if w.player == player(who)]
        self.serial += 1
        some = lambda: sorted(chance.sample(draws, chance.randint(1, min(3, len(draws)))))  # noqa: E731
        choices = [
            (6, "win", (who, self.amounts())),
            (3, "payee", (who, chance.choice("ab"), chance.choice((0, 3600)))),
            (8, "withdraw", (who, f"k{self.serial}", None)),
            (4, "wait", (chance.choice((60, 600, 1800, 7200, DAY)),)),
            (1, "expire", (chance.choice((1, 2, 1000)),)),
            (1, "stop", (chance.choice(("campaign", "merchant")), chance.random() < 0.5)),
            (2, "topup", (chance.choice((100, 40000)), f"t{chance.randint(1, 4)}")),
            (1, "adjust", chance.choice((("suspense", "provider:m1", 70), ("budget:spring", "suspense", 900), ("tax_withheld", "suspense", 3)))),
            (8, "claim", (chance.choice((1, 2, 50)), chance.choice((60, 7200))))]
        if draws:
            choices += [(3, "withdraw", (who, f"k{self.serial}", some())), (2, "claw_back", (who, some() + chance.choice(([], [], [999]))))]
        if self.keys:
            choices += [(2, "withdraw", self.pick(*self.keys)), (1, "withdraw", (*self.pick(*self.keys)[:2], [1]))]
        if withdrawals:
            id = self.pick(*withdrawals)
            whole = model.withdrawals[id]
            choices += [(2, "take_back", (id,)), (3, "approve", (id, self.pick("ann", "bob", "cyd"), chance.random() < 0.8)),
                        (3, "again", (next(w for w in self.players if player(w) == whole.player), id, chance.randint(1, len(whole.parts)))),
                        (2, "give_up", (id, chance.randint(1, len(whole.parts))))]
        if model.payouts:
            out_no = self.payout("sent", "waiting_user", "in_progress", "unknown")
            event, source = chance.choice((("paid", "query"), ("paid", "callback"), ("failed", "query"), ("failed", "answer"), ("unknown", "engine"), ("not_seen", "query"),
                                           ("in_progress", "answer"), ("waiting_user", "answer"), ("parked", "engine"), ("paid", "bill"), ("failed", "callback")))
            amount = model.payouts[out_no].part.net if chance.random() < 0.5 else None
            if amount is not None and chance.random() < 0.06:
                amount += 1
            choices += [(16, "verdict", (out_no, event, source, amount, chance.random() < 0.6, chance.choice((0, 60, 3600)))),
                        (12, "sent", (self.payout("reserved", "sent"), chance.random() < 0.05, chance.choice(("a", "a", "a", "b")))), (3, "due", (chance.choice((1, 5)),)),
                        (2, "thaw", (self.pick(*model.payouts),))]
        _, name, words = chance.choices(choices, [c[0] for c in choices])[0]
        self.do(name, *words)

    def wind_up(self):
        """Brings everything to an end, so that the campaign can be closed."""
        model = self.model
        for name, stopped in (("campaign", False), ("merchant", False)):
            self.do("stop", name, stopped)
        for payout in list(model.payouts.values()):
            if payout.frozen:
                self.do("thaw", payout.out_no)
        for id in list(model.withdrawals):
            self.do("take_back", id)
        for payout in list(model.payouts.values()):
            if payout.state not in ("paid", "failed"):
                self.do("verdict", payout.out_no, self.pick("paid", "failed"), "query", None, False, 0)
        for withdrawal in list(model.withdrawals.values()):
            for part in withdrawal.parts:
                if model.piece_waits(withdrawal, part):
                    self.do("give_up", withdrawal.id, part.number)
        if model.policy["expires_at"] is not None:
            self.do("wait", max(0, model.policy["expires_at"] - self.now))
        else:
            for win in [w for w in model.wins.values() if w.taken is None]:
                self.do("claw_back", next(w for w in self.players if player(w) == win.player), [win.draw])

    def seen(self):
        return json.loads(self.book.one("EXECUTE seen"))

    def compare(self):
        real, model = self.seen(), self.model
        self.agree("accounts", real["accounts"], {name: sums for name, sums in model.sums.items()})
        self.agree("withdrawals", real["withdrawals"], {w.id: [w.state, w.gross, len(w.parts)] for w in model.withdrawals.values()})
        self.agree("parts", real["parts"], {f"{w.id}/{p.number}": [p.state, p.net, p.tax, p.borne, len(p.attempts)] for w in model.withdrawals.values() for p in w.parts})
        self.agree("payouts", real["payouts"], {p.out_no: [p.state, p.attempt, p.frozen, p.payee] for p in model.payouts.values()})
        self.agree("bound", real["bound"], sum(w.taken is not None for w in model.wins.values()))
        who = self.pick(*self.players)
        wallet = self.book.wallet(who, self.at()) or dict.fromkeys(model.wallet("", 0), 0)
        expected = model.wallet(player(who), self.now)
        self.agree("wallet of " + who, {k: wallet[k] for k in expected}, expected)

    def check(self, everything):
        for row in self.book.sql("EXECUTE everything" if everything else "EXECUTE quick"):
            if row[0] != "stale":
                raise Disagreement(f"check: {row}")


def seed_run(session, seed, steps, every, begin):
    session.sql("BEGIN")
    run = Run(session, seed, begin)
    try:
        for step in range(1, steps + 1):
            run.step()
            run.compare()
            run.check(step % every == 0)
        if run.random.random() < 0.5:
            run.wind_up()
            run.compare()
        run.do("close")
        run.closed = run.model.closed
        run.compare()
        run.check(True)
    except (Disagreement, ledger_world.Refused, AssertionError) as error:
        return run, f"seed {seed}: {error}\n" + "\n".join(run.trace)
    finally:
        session.sql("ROLLBACK")
    return run, None


def prepare(session):
    quick = " UNION ALL ".join(f"SELECT '{check}', row_to_json(c)::text FROM check_{check} c" for check in QUICK)
    session.sql("SET plan_cache_mode = force_generic_plan")
    session.sql(f"PREPARE seen AS {SEEN}")
    session.sql(f"PREPARE quick AS {quick}")
    session.sql("PREPARE everything AS SELECT * FROM check_all")


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--seeds", type=int, default=int(os.environ.get("TEST_SEEDS", "200")))
    words.add_argument("--first", type=int, default=1)
    words.add_argument("--steps", type=int, default=40)
    words.add_argument("--every", type=int, default=20)
    words.add_argument("--verbose", action="store_true")
    words = words.parse_args()
    with CLUSTER:
        CLUSTER.roles()
        CLUSTER.migrate()
        session = CLUSTER.session("hongbao_admin")
        campaign(session.sql)
        book = Book(session)
        book.merchant()
        prepare(session)
        began, done, failed, closed = time.monotonic(), {}, 0, 0
        begin = datetime.datetime.fromisoformat(session.one("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '+00:00'"))
        for seed in range(words.first, words.first + words.seeds):
            run, wrong = seed_run(session, seed, words.steps, words.every, begin)
            for line in run.trace:
                name = line.split()[1].split("(")[0]
                done[name] = done.get(name, 0) + 1
            closed += run.closed
            if wrong:
                print(wrong)
                failed += 1
            elif words.verbose:
                print("\n".join(run.trace))
        session.close()
        print(f"{words.seeds} seeds in {time.monotonic() - began:.1f} s, {failed} failed, {closed} closed with a statement; {done}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
