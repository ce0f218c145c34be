"""A node that pays dies at named points: whatever is left behind, by the provider's bill each payout is paid at most once, and the books say
what the bill says."""
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import crash_points  # noqa: E402
from ledger_cluster import CHECKS  # noqa: E402
from ledger_world import CLUSTER, entry, open_shard, post_call, publish, take  # noqa: E402

PROGRAM = os.path.join(crash_points.BUILD, "tests", "payout_worker")
POINTS, ALONE = crash_points.names("payout", "notice"), []
PLAYERS, FEN, TOPUP = 8000, 100, 10_000_000
FAULTS = "30"  # of a hundred requests
OPEN = "state NOT IN ('paid', 'failed')"
SETTLING = "state = 'unknown' AND code LIKE 'declined:%'"  # ends by itself, ten minutes after its last sending


class Payouts:
    """Books, a bill and one node for many runs."""

    RUNS = 1000

    def __init__(self, chance):
        self.chance, self.used, self.position, self.later_at = chance, 0, 0, 0.0

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hongbao-points-")
        self.work = self.folder.name
        self.key = os.path.join(self.work, "people.key")
        with open(os.open(self.key, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as key:
            key.write("5a" * 32 + "\n")
        CLUSTER.__enter__()
        CLUSTER.roles()
        CLUSTER.migrate()
        publish(units=f"{{{PLAYERS},100,10}}", fen=f"{{{PLAYERS * FEN},5000,0}}")
        CLUSTER.sql(f"SELECT campaign_fund('spring', {PLAYERS * FEN + 5000}, 'first')")
        CLUSTER.one("SELECT leader_take('a', 60000)")
        open_shard()
        take(1, 0, PLAYERS, PLAYERS * FEN)
        CLUSTER.sql("""SELECT merchant_set('m1', '{"provider": "wechat", "app_id": "wx1", "min_fen": 1, "rate_per_s": 200}')""", "hongbao_admin")
        CLUSTER.sql(f"SELECT merchant_topup('m1', {TOPUP}, 'top')", "hongbao_admin")
        self.payees = [line.split() for line in self.program("seal", self.key, str(PLAYERS)).splitlines()]
        self.engine, self.super, self.auditor = CLUSTER.session(), CLUSTER.session("postgres"), CLUSTER.session("hongbao_auditor")
        self.super.sql("SET search_path = hongbao")
        self.auditor.sql("SET jit = off")
        self.node = crash_points.Victim([PROGRAM, "pay", self.key, os.path.join(self.work, "bill")], os.path.join(self.work, "log"))
        return self

    def __exit__(self, *rest):
        self.node.kill()
        for session in (self.engine, self.super, self.auditor):
            session.close()
        CLUSTER.__exit__()
        self.folder.cleanup()

    @staticmethod
    def program(*words):
        return subprocess.run([PROGRAM, *words], check=True, stdout=subprocess.PIPE, text=True).stdout

    def plan(self, count):
        """So many players have won, said where to, and asked for it."""
        group = self.payees[self.used:self.used + count]
        wins = [(1, f"'{player}'", 1, 1, self.used + i, FEN, 7, 3) for i, (player, _) in enumerate(group)]
        self.position += 1
        self.used += count
        assert self.engine.sql(post_call([(1, 0, 1, self.position, entry(1))], wins)) == [["r" * count, "s"]]
        values = ",".join(f"('{player}'::uuid, '\\x{sealed}'::bytea)" for player, sealed in group)
        self.engine.sql(f"SELECT payee_put(v.p, 'wechat', 'wx1', v.s, NULL, sha256(uuid_send(v.p)), 0) FROM (VALUES {values}) v(p, s)")
        assert self.engine.sql(f"SELECT (withdraw_open(1, v.p, 'k')).verdict FROM (VALUES {values}) v(p, s)") == [["opened"]] * count

    # ---- one run ----

    def run(self, points):
        self.plan(6)
        for point in points:
            self.until_dead(point)
            self.check_books()
        self.begin(None, "0")
        crash_points.until(self.settled, 30, self.open_ones)
        self.node.kill()
        self.check_books()
        self.check_bill()

    def begin(self, point, faults):
        self.node.start(point, self.chance.choice((1, 1, 2, 3)) if point else 1,
                        str(self.chance.randrange(1 << 30)), faults, "m1", f"--database.uri={CLUSTER.uri('hongbao_engine')}")

    def until_dead(self, point):
        turns = 0
        self.begin(point, FAULTS)

        def dead():
            nonlocal turns
            turns += 1
            if self.node.died():
                return True
            if turns % 20 == 0:
                self.later()
            if turns % 60 == 0:
                self.plan(3)
            if turns % 300 == 0:  # a provider's refusal makes a desk pause; another one has not heard it
                self.node.kill()
                self.begin(point, FAULTS)
            return False

        crash_points.until(dead, 30, f"{point} is reached")

    def later(self):
        """Time passes for the books: what was put off is due, leases are over."""
        self.super.sql(f"UPDATE payout SET due_at = clock_timestamp() WHERE {OPEN} AND NOT ({SETTLING}) AND NOT frozen AND due_at > clock_timestamp()")
        self.later_at = time.monotonic() + 0.3

    def settled(self):
        self.node.died()
        if time.monotonic() > self.later_at:
            self.later()
        return self.engine.one(f"SELECT count(*) FROM payout WHERE {OPEN} AND NOT ({SETTLING})") == "0"

    def open_ones(self):
        return self.engine.sql(f"SELECT out_no, state, code, frozen FROM payout WHERE {OPEN}")

    # ---- what must be so ----

    def check_books(self):
        union = " UNION ALL ".join(f"SELECT '{check}', count(*) FROM check_{check}" for check in CHECKS)
        found = [row for row in self.auditor.sql(union + " UNION ALL SELECT 'quarantine', count(*) FROM quarantine") if row[1] != "0"]
        assert found == [], found

    def check_bill(self):
        bill = [line.split() for line in self.program("bill", os.path.join(self.work, "bill")).splitlines()]
        paid = {number: int(fen) for number, state, fen in bill if state == "paid"}
        books = {row[0]: row for row in self.engine.sql("SELECT out_no, state, amount_fen, withdrawal || '/' || part, frozen FROM payout")}
        assert set(paid) == {number for number, row in books.items() if row[1] == "paid"}, "bill and books name the same payouts"
        assert all(int(books[number][2]) == fen for number, fen in paid.items())
        parts = [books[number][3] for number in paid]
        assert len(parts) == len(set(parts)), "a part was paid twice"
        assert all(row[4] == "f" for row in books.values()), "none is frozen"
        assert self.engine.one("SELECT debit - credit FROM account WHERE name = 'provider:m1'") == str(TOPUP - sum(paid.values()))
        with open(self.node.log, encoding="utf-8") as log:
            assert "OTHER BODY" not in log.read()

    def summary(self):
        states = dict(self.engine.sql("SELECT state, count(*) FROM payout GROUP BY 1"))
        deadlocks = self.super.one("SELECT deadlocks FROM pg_stat_database WHERE datname = 'hongbao'")
        assert deadlocks == "0", deadlocks
        return f"{self.used} withdrawals: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
