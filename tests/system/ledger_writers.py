"""Many writers at once, for seconds, near every limit: what a shard holds, the budget, a merchant's money and its cap of a day. Whoever looks
meanwhile sees no limit passed, and nobody is ever told of a deadlock.

Usage: ledger_writers.py [unittest options]. Starts a cluster of its own. TEST_WRITER_SECONDS (8) is how long, TEST_SEED repeats what is tried.
"""
import collections
import os
import random
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ledger_cluster import CHECKS  # noqa: E402
from wallet_world import CLUSTER, Book, Committed, Refused, entry, player, post_call, setUpModule, win  # noqa: E402,F401

SECONDS = float(os.environ.get("TEST_WRITER_SECONDS", "8"))
SEED = int(os.environ.get("TEST_SEED", str(int(time.time()))))
DAY_CAP, FLOAT = 15_000, 10_000  # of m1, of m2: both less than what is won
BUDGET, ODD = 56_000, 4_000  # of which all but so much is leased at the start
SHARDS, GOLD, SPLIT = (0, 1), 1, 2
WORTH = {GOLD: 9, SPLIT: 500}
LIMITS = """
    SELECT 'room of ' || name FROM account WHERE limited AND account_room(name) < 0
    UNION ALL SELECT 'day cap of ' || merchant FROM merchant_day d JOIN merchant m ON m.id = d.merchant WHERE d.fen > m.day_cap_fen
    UNION ALL SELECT 'stock of shard ' || shard FROM stock WHERE won_units + returned_units > leased_units OR won_fen + returned_fen > leased_fen
    UNION ALL SELECT 'prize ' || prize FROM prize WHERE leased_units > units OR leased_fen > fen
    UNION ALL SELECT 'units of ' || prize FROM (SELECT prize, sum(leased_units - returned_units) AS out FROM stock GROUP BY prize) s JOIN prize p USING (prize)
              WHERE s.out <> p.leased_units
    UNION ALL SELECT 'wins of ' || shard FROM (SELECT shard, sum(won_fen) AS fen FROM stock GROUP BY shard) s
              JOIN (SELECT shard, sum(amount_fen)::bigint AS fen FROM win GROUP BY shard) w USING (shard) WHERE s.fen <> w.fen
    UNION ALL SELECT 'a win twice' FROM win_use WHERE freed_batch IS NULL GROUP BY campaign, player, draw_no HAVING count(*) > 1
    UNION ALL SELECT c::text FROM check_balance c
    UNION ALL SELECT c::text FROM check_account c
    UNION ALL SELECT c::text FROM check_reserved c
    UNION ALL SELECT c::text FROM check_merchant_day c"""


class Writers(Committed):
    """What the actors share is in these dictionaries; each has a connection and a source of chance of its own."""

    def setUp(self):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        self.session = CLUSTER.session("hongbao_admin")
        self.addCleanup(self.session.close)
        self.book = Book(self.session)
        self.lock, self.over = threading.Lock(), threading.Event()
        self.done, self.refusals = collections.Counter(), collections.Counter()
        self.failed, self.looked, self.fullest = [], 0, 0
        self.positions, self.drawn, self.jobs = dict.fromkeys(SHARDS, 0), [], []
        self.units = {(shard, prize): [] for shard in SHARDS for prize in WORTH}
        self.campaign()
        self.begun(self.book)

    def campaign(self):
        sql = self.book.sql
        sql("SELECT campaign_publish('spring', 1, '{}', '{}', sha256('t'), sha256('c'), sha256('com'), sha256('sec'), NULL, 'Asia/Shanghai', 1000, "
            f"2000000000000, '{{0,0}}', '{{gold,split}}', '{{cash,cash_split}}', '{{20000,2000}}', '{{{20000 * WORTH[GOLD]},{2000 * WORTH[SPLIT]}}}')")
        sql(f"SELECT campaign_fund('spring', {BUDGET}, 'first')")
        sql("SELECT leader_take('a', 5000)")
        for shard in SHARDS:
            sql(f"SELECT * FROM opening_begin(1, 1, {shard}::smallint)")
            self.take(self.book, shard, GOLD, shard * 100, shard * 100 + 100)
            self.take(self.book, shard, SPLIT, shard * 50, shard * 50 + 50)
        self.assertLess(self.book.balance("budget:spring"), ODD + 1000)

    def take(self, book, shard, prize, start, end):
        book.sql(f"SELECT * FROM lease_take(1, 1, {shard}::smallint, {prize}::smallint, {start}, {end}, {(end - start) * WORTH[prize]})")
        with self.lock:
            self.units[shard, prize] += range(start, end)

    @classmethod
    def begun(cls, book):
        book.merchant("m1", day_cap_fen=DAY_CAP)
        book.merchant("m2")
        book.policy(expires_after_ms=2500, day_count=100)
        book.topup(50 * DAY_CAP, "m1", "m1")
        book.topup(FLOAT, "m2", "m2")

    # ---- the actors: each does one thing with its book ----

    def post(self, book, chance):
        """Wins of one or both shards, in any order. Now and then a unit is left for another to win as well."""
        posts, wins = [], []
        with self.lock:
            for shard in chance.sample(SHARDS, chance.randint(1, 2)):
                prizes = [prize for prize in chance.choices((GOLD, SPLIT), k=chance.randint(1, 4)) if self.units[shard, prize]]
                if prizes:
                    self.positions[shard] += 1
                    posts.append((1, shard, 1, self.positions[shard], entry(1)))
                for prize in prizes:
                    left = self.units[shard, prize]
                    if left:
                        unit = left[0] if chance.random() < 0.02 else left.pop(chance.randrange(len(left)))
                        wins.append((len(posts), 2 * chance.randrange(100) + shard, unit, prize))
        rows = [win(at, who, unit, draw_no=chance.randrange(1 << 30), prize=prize, amount=WORTH[prize]) for at, who, unit, prize in wins]
        letters = book.sql(post_call(posts, rows))[0][0] if rows else ""
        with self.lock:
            self.drawn += [one[1] for one, letter in zip(wins, letters) if letter == "r"]
            self.done["refused win"] += sum(letter != "r" for letter in letters)
        if not rows:
            time.sleep(0.01)
        return "r" in letters

    def withdraw(self, book, chance):
        who = self.pick(chance, self.drawn)
        if who is None:
            return False
        book.payee(who, who)
        return book.withdraw(who, f"k{chance.randrange(1 << 30)}")["verdict"] == "opened"

    def pay(self, book, chance):
        """Reserves, sends, and says what became of it; some are left to be asked for."""
        jobs = book.claim(chance.randint(1, 12), chance.choice(("m1", "m2")), lease=chance.choice((1, 60000)))
        for job in jobs:
            if book.sent(job) == "send":
                with self.lock:
                    self.jobs.append(job["out_no"])
                if chance.random() < 0.7:
                    book.verdict(job["out_no"], self.word(job["out_no"], chance), "answer")
        return bool(jobs)

    def tell(self, book, chance):
        """Notices and queries: again, in any order."""
        number = self.pick(chance, self.jobs)
        return number is not None and book.verdict(number, self.word(number, chance), chance.choice(("query", "callback")))["verdict"] == "applied"

    @staticmethod
    def word(number, chance):
        """A provider's last word about a number never changes."""
        last = "failed" if number[0] in "0123" else "paid"
        return last if chance.random() < 0.7 else chance.choice(("unknown", "in_progress"))

    def ask(self, book, chance):
        return bool(book.due(chance.randint(1, 10), chance.choice(("m1", "m2"))))

    def lease(self, book, chance):
        """More for a shard, or some of it back. Lease numbers of a shard go one by one, as in the engine."""
        shard = chance.choice(SHARDS)
        with self.lock:
            units = self.units[shard, GOLD]
            unit = units.pop() if units and chance.random() < 0.4 else None
        if unit is not None:
            number = int(book.one(f"SELECT lease_no FROM shard WHERE shard = {shard}")) + 1
            book.sql(f"SELECT lease_return(1, 1, {shard}::smallint, {number}, 1::smallint, {unit}, {unit + 1}, 9, 'return')")
            return True
        prize = chance.choice((GOLD, SPLIT))
        offer = book.sql(f"SELECT from_unit, to_unit FROM lease_offer(1, {prize}::smallint, {chance.randint(1, 4)}, NULL)")
        if offer:
            self.take(book, shard, prize, *map(int, offer[0]))
        return bool(offer)

    def correct(self, book, chance):
        who = self.pick(chance, self.drawn)
        free = [] if who is None else book.sql(f"SELECT draw_no FROM win WHERE player = '{player(who)}' ORDER BY won_at DESC LIMIT 1")
        if not free:
            return False
        asked = book.ask("claw_back", {"player": player(who), "draw_nos": [int(row[0]) for row in free]}, key=f"c{chance.randrange(1 << 40)}")
        return asked["verdict"] == "asked" and book.decide(asked["id"]) == "done"

    def close(self, book, chance):
        """Looks at everything that is open, under the lock that keeps every other writer out; it stays open."""
        return len(book.close()) > 0

    def expire(self, book, chance):
        return int(book.row(f"SELECT * FROM expire_some(1, NULL, NULL, {chance.choice((5, 1000))})")["expired"]) > 0

    def fund(self, book, chance):
        key = f"f{chance.randrange(1 << 40)}"
        book.sql(f"SELECT campaign_fund('spring', {chance.randint(1, 300)}, '{key}')")
        return bool(book.topup(chance.randint(1, 300), key, "m2"))

    def seal(self, book, chance):
        return int(book.one(f"SELECT seal_some(1, {chance.randint(1, 50)})")) > 0

    def pick(self, chance, things):
        with self.lock:
            return chance.choice(things) if things else None

    # ---- the crowd ----

    ACTORS = ["post"] * 3 + ["withdraw"] * 3 + ["pay"] * 2 + ["tell"] * 2 + ["ask", "lease", "correct", "close", "expire", "fund", "seal"]

    def act(self, name, number):
        session, chance = CLUSTER.session("hongbao_admin"), random.Random(f"{SEED}/{number}")
        try:
            book = Book(session)
            while not self.over.is_set():
                try:
                    done = getattr(self, name)(book, chance)
                    self.done[name] += bool(done)
                except Refused as refused:
                    self.refusals[name, refused.code] += 1
                if name in ("close", "seal", "fund", "expire"):
                    time.sleep(0.05)
        except BaseException as error:
            self.failed.append((name, repr(error)))
            raise
        finally:
            session.close()

    def look(self, session):
        """One statement, one moment."""
        self.assertEqual(session.sql(LIMITS), [])
        self.fullest = max(self.fullest, int(session.one("SELECT coalesce(max(fen), 0) FROM merchant_day WHERE merchant = 'm1'")))
        self.looked += 1

    def test_no_limit_is_passed_at_any_moment_and_nobody_deadlocks(self):
        print(f"seed {SEED}", flush=True)
        threads = [threading.Thread(target=self.act, args=(name, number)) for number, name in enumerate(self.ACTORS)]
        observer = CLUSTER.session("postgres")
        self.addCleanup(observer.close)
        observer.sql("SET search_path = hongbao")
        observer.sql("SET jit = off")
        for thread in threads:
            thread.start()
        try:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until and not self.failed:
                self.look(observer)
        finally:
            self.over.set()
            for thread in threads:
                thread.join(60)
        self.assertEqual(self.failed, [])
        self.afterwards(observer)

    def afterwards(self, observer):
        self.look(observer)
        print(f"done {dict(self.done)}\nrefused {dict(self.refusals)}\nlooked {self.looked} times", flush=True)
        for check in CHECKS:
            found = [row for row in observer.sql(f"SELECT * FROM check_{check}") if row[0] != "quarantine_empty"]
            self.assertEqual(found, [], check)
        self.assertEqual(observer.one("SELECT deadlocks FROM pg_stat_database WHERE datname = 'hongbao'"), "0")
        with open(os.path.join(CLUSTER.dir, "log"), encoding="utf-8", errors="replace") as log:
            self.assertNotIn("deadlock", log.read())
        self.assertEqual({name for name in self.ACTORS if self.done[name] == 0}, set(), "each of them did something")
        self.assertEqual({code for _, code in self.refusals} - {"HB005", "HB006", "23514"}, set(), "nothing but stock, budget and limits refuses")
        self.assertGreater(self.refusals["lease", "HB006"], 0, "the budget was at its end")
        self.assertGreater(self.fullest, DAY_CAP * 6 // 10, "and so nearly was the day's cap")


if __name__ == "__main__":
    unittest.main()
