"""Payouts under fire: two nodes that pay over real books are killed, PostgreSQL is restarted, the provider loses, refuses and forgets to answer.
By the provider's bill each payout is paid at most once, none is lost, and the books say what the bill says.

TEST_PAYOUTS, TEST_PAYOUT_KILLS, TEST_PAYOUT_RESTARTS: how many (120, 12, 2)."""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))
from ledger_cluster import CHECKS, Refused  # noqa: E402
from ledger_world import CLUSTER, entry, open_shard, post, publish, setUpModule, take  # noqa: E402,F401

PROGRAM = os.path.join(os.environ.get("TEST_BUILD", os.path.join(ROOT, "build", "release")), "tests", "payout_worker")
PAYOUTS = int(os.environ.get("TEST_PAYOUTS", "120"))
KILLS = int(os.environ.get("TEST_PAYOUT_KILLS", "12"))
RESTARTS = int(os.environ.get("TEST_PAYOUT_RESTARTS", "2"))
SEED = int(os.environ.get("TEST_SEED", str(int(time.time()))))
TOPUP = 10_000_000
FEN = 100
OPEN = "state NOT IN ('paid', 'failed')"
# Declined after it was sent more than once: it may end only when every signature is dead, ten minutes later.
SETTLING = "state = 'unknown' AND code LIKE 'declined:%'"


class Node:
    """One process that pays."""

    def __init__(self, work, number):
        self.work, self.number = work, number
        self.process = None

    def start(self, faults):
        with open(os.path.join(self.work, f"node-{self.number}.log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([PROGRAM, "pay", os.path.join(self.work, "people.key"), os.path.join(self.work, "bill"),
                                             str(random.randrange(1 << 30)), str(faults), "m1", f"--database.uri={CLUSTER.uri('hongbao_engine')}"],
                                            stdout=log, stderr=log)

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(30)


def retried(call, *words):
    """PostgreSQL may just be away."""
    until = time.monotonic() + 30
    while True:
        try:
            return call(*words)
        except Refused:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


class Payouts(unittest.TestCase):
    def setUp(self):
        random.seed(SEED)
        print(f"seed {SEED}", flush=True)
        work = tempfile.TemporaryDirectory(prefix="hongbao-payouts-")
        self.addCleanup(work.cleanup)
        self.work = work.name
        path = os.path.join(self.work, "people.key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as key:
            key.write("5a" * 32 + "\n")
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        self.campaign()
        self.withdrawals(path)
        self.nodes = [Node(self.work, number) for number in range(2)]

    def campaign(self):
        publish(units=f"{{{PAYOUTS},100,10}}", fen=f"{{{PAYOUTS * FEN},5000,0}}")
        CLUSTER.sql(f"SELECT campaign_fund('spring', {PAYOUTS * FEN + 5000}, 'first')")
        self.assertEqual(CLUSTER.one("SELECT leader_take('a', 60000)"), "1")
        open_shard()
        take(1, 0, PAYOUTS, PAYOUTS * FEN)
        CLUSTER.sql("""SELECT merchant_set('m1', '{"provider": "wechat", "app_id": "wx1", "min_fen": 1, "rate_per_s": 100}')""", "hongbao_admin")
        CLUSTER.sql(f"SELECT merchant_topup('m1', {TOPUP}, 'top')", "hongbao_admin")

    def withdrawals(self, key):
        lines = subprocess.run([PROGRAM, "seal", key, str(PAYOUTS)], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        self.assertEqual(len(lines), PAYOUTS)
        for start in range(0, PAYOUTS, 200):
            group = [line.split() for line in lines[start:start + 200]]
            wins = [(1, f"'{player}'", 1, 1, start + i, FEN, 7, 3) for i, (player, _) in enumerate(group)]
            self.assertEqual(post([(1, 0, 1, 1 + start // 200, entry(1))], wins), ("r" * len(group), "s"))
            values = ",".join(f"('{player}'::uuid, '\\x{sealed}'::bytea)" for player, sealed in group)
            CLUSTER.sql(f"SELECT payee_put(v.p, 'wechat', 'wx1', v.s, NULL, sha256(uuid_send(v.p)), 0) FROM (VALUES {values}) v(p, s)")
            rows = CLUSTER.sql(f"SELECT (withdraw_open(1, v.p, 'k')).verdict FROM (VALUES {values}) v(p, s)")
            self.assertEqual(rows, [["opened"]] * len(group))

    # ---- time ----

    def later(self):
        """Time passes for the books: what was put off is due, and leases are over, also those of nodes that are at work."""
        retried(CLUSTER.sql, f"UPDATE hongbao.payout SET due_at = clock_timestamp() WHERE {OPEN} AND NOT frozen AND due_at > clock_timestamp()",
                "postgres")

    def count(self, what):
        return int(retried(CLUSTER.one, f"SELECT count(*) FROM payout WHERE {what}"))

    def fire(self):
        """Kills and restarts in random order, until all were done."""
        deeds = ["kill"] * KILLS + ["restart"] * RESTARTS
        random.shuffle(deeds)
        for deed in deeds:
            time.sleep(random.uniform(0.1, 0.9))
            if deed == "kill":
                node = random.choice(self.nodes)
                node.end(signal.SIGKILL)
                node.start(faults=25)
            else:
                CLUSTER.restart()
            if random.random() < 0.4:
                self.later()

    def settle(self):
        for node in self.nodes:
            node.end(signal.SIGKILL)
            node.start(faults=0)
        until = time.monotonic() + 120 + PAYOUTS / 5
        while self.count(f"{OPEN} AND NOT ({SETTLING})") > 0:
            self.assertLess(time.monotonic(), until, CLUSTER.sql(f"SELECT state, code, count(*) FROM payout WHERE {OPEN} GROUP BY 1, 2"))
            self.later()
            time.sleep(1.5)  # time to work for the nodes: later() ends their leases, too
        for node in self.nodes:
            node.end(signal.SIGTERM)

    # ---- what must be so ----

    def bill(self):
        text = subprocess.run([PROGRAM, "bill", os.path.join(self.work, "bill")], check=True, stdout=subprocess.PIPE, text=True).stdout
        return {number: (state, int(fen)) for number, state, fen in (line.split() for line in text.splitlines())}

    def compare(self):
        bill = self.bill()
        books = {row[0]: row for row in CLUSTER.sql("SELECT out_no, state, amount_fen, withdrawal, part, frozen FROM payout")}
        paid = {number for number, (state, _) in bill.items() if state == "paid"}
        self.assertEqual(paid, {number for number, row in books.items() if row[1] == "paid"})
        self.assertEqual({row[5] for row in books.values()}, {"f"})
        parts = [(books[number][3], books[number][4]) for number in paid]
        self.assertEqual(len(parts), len(set(parts)), "a part was paid twice")
        for number in paid:
            self.assertEqual(bill[number][1], int(books[number][2]))
        sent = sum(fen for state, fen in bill.values() if state == "paid")
        self.assertEqual(int(CLUSTER.one("SELECT debit - credit FROM account WHERE name = 'provider:m1'")), TOPUP - sent)
        self.assertGreater(len(paid), PAYOUTS / 3)
        return len(paid), len(bill)

    def test_each_is_paid_at_most_once_and_none_is_lost(self):
        for node in self.nodes:
            node.start(faults=25)
        self.fire()
        self.settle()
        paid, billed = self.compare()
        settling = self.count(SETTLING)
        self.assertLessEqual(settling, max(3, PAYOUTS // 10))
        self.assertEqual(self.count(OPEN), settling)
        self.assertEqual(int(CLUSTER.one("SELECT count(*) FROM quarantine")), 0)
        for check in CHECKS:
            self.assertEqual(CLUSTER.sql(f"SELECT * FROM check_{check}", "hongbao_auditor"), [], check)
        for node in self.nodes:
            with open(os.path.join(self.work, f"node-{node.number}.log"), encoding="utf-8") as log:
                self.assertNotIn("OTHER BODY", log.read())
        resent = int(CLUSTER.one("SELECT count(*) FROM (SELECT out_no FROM payout_event WHERE event = 'send' GROUP BY 1 HAVING count(*) > 1) x"))
        unknown = int(CLUSTER.one("SELECT count(DISTINCT out_no) FROM payout_event WHERE event = 'unknown'"))
        print(f"{PAYOUTS} payouts, {KILLS} kills, {RESTARTS} restarts: {paid} paid, {billed} orders, {resent} sent again, {unknown} were unknown, "
              f"{settling} settling", flush=True)


if __name__ == "__main__":
    unittest.main()
