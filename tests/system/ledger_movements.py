"""Movements into a real PostgreSQL: each once, groups whole or not at all, reservations ended once, no limit passed, no deadlock.

Usage: ledger_movements.py [unittest options]. Starts a cluster of its own.
"""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wallet_world import CLUSTER, Book, Committed, Wallets, campaign, setUpModule  # noqa: E402,F401

PAYABLE, PROVIDER = "payable:spring:0", "provider:m1"


def move(name, amount, kind="payout", phase="posted", debit=PAYABLE, credit=PROVIDER, shard=0, of=None, group=None):
    pending = "NULL" if of is None else f"ref_of('t', '{of}')"
    together = "NULL" if group is None else f"ref_of('g', '{group}')"
    return (f"ROW(ref_of('t', '{name}'), '{kind}', '{phase}', '{debit}', '{credit}', {amount}, 1, "
            f"{'NULL' if shard is None else shard}, {pending}, {together})::movement")


def booking(*moves):
    return (f"WITH b AS MATERIALIZED (SELECT nextval('batch_id') AS id), "
            f"m AS MATERIALIZED (SELECT b.id, movements_book(b.id, ARRAY[{', '.join(moves)}], clock_timestamp()) AS letters FROM b) "
            "SELECT letters FROM m")


class AsOwner(Wallets):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Book(cls.session).win(1, 1000)  # payable:spring:0 owes 1000
        cls.session = CLUSTER.session("hongbao_migrator")
        cls.addClassCleanup(cls.session.close)
        cls.session.sql("SET ROLE hongbao_owner")
        cls.session.sql("SET search_path = hongbao")

    def book_moves(self, *moves):
        letters = self.book.one(booking(*moves))
        batch = self.book.one("SELECT last_value FROM batch_id")
        self.book.sql(f"SELECT batch_write({batch}, 'payout', clock_timestamp())")
        return letters

    def sums(self, name):
        a = self.book.account(name)
        return a["debit"], a["credit"], a["debit_pending"], a["credit_pending"]

    def sound(self):
        """The books alone: these movements belong to no payout."""
        for check in ("account", "balance", "limit", "resolution", "batch", "seal", "orphan", "transfer_kind"):
            self.assertEqual(self.book.rows(f"SELECT * FROM check_{check}"), [], check)

    def quarantined(self):
        return int(self.book.one("SELECT count(*) FROM quarantine WHERE kind = 'transfer'"))

    def test_a_movement_is_booked_once(self):
        self.assertEqual(self.book_moves(move("a", 100)), "b")
        before = self.sums(PAYABLE)
        self.assertEqual(self.book_moves(move("a", 100)), "f")
        self.assertEqual(self.book_moves(move("b", 1), move("b", 1)), "bf")
        self.assertEqual(self.sums(PAYABLE)[0], before[0] + 1)
        self.assertEqual(self.quarantined(), 0)
        self.sound()

    def test_the_same_id_with_other_content_is_kept_aside(self):
        self.book_moves(move("a", 100))
        before = self.sums(PAYABLE)
        for other in (move("a", 101), move("a", 100, debit="payable:spring:1", shard=1), move("a", 100, phase="pending"), move("a", 100, group="x"),
                      move("a", 100, kind="claw_back", credit="budget:spring")):
            self.assertEqual(self.book_moves(other), "q")
            self.assertEqual(self.book_moves(other), "q")
        self.assertEqual(self.book_moves(move("c", 1), move("c", 2)), "bq")
        self.assertEqual(self.sums(PAYABLE)[0], before[0] + 1)
        self.assertEqual(self.quarantined(), 6)
        sent = self.book.row("SELECT sent, found FROM quarantine ORDER BY id LIMIT 1")
        self.assertEqual((sent["sent"]["amount"], sent["found"]["amount"]), (101, 100))
        self.sound()

    def test_a_reservation_counts_and_moves_nothing(self):
        self.assertEqual(self.book_moves(move("r", 600, phase="pending")), "b")
        self.assertEqual(self.sums(PAYABLE), (0, 1000, 600, 0))
        self.assertEqual(self.sums(PROVIDER)[1:], (0, 0, 600))
        self.refused("23514", self.book_moves, move("more", 401))
        self.refused("23514", self.book_moves, move("more", 401, phase="pending"))
        self.assertEqual(self.book_moves(move("rest", 400)), "b")
        self.sound()

    def test_a_reservation_ends_once(self):
        self.book_moves(move("r", 600, phase="pending"))
        self.assertEqual(self.book_moves(move("p", 250, phase="post", of="r")), "b")  # the rest is released
        self.assertEqual(self.sums(PAYABLE), (250, 1000, 0, 0))
        self.assertEqual(self.book_moves(move("p", 250, phase="post", of="r")), "f")
        for other in (move("p2", 350, phase="post", of="r"), move("v", 600, phase="void", of="r"), move("e", 600, phase="expire", of="r")):
            self.assertEqual(self.book_moves(other), "q")
        self.assertEqual(self.sums(PAYABLE), (250, 1000, 0, 0))
        self.sound()

    def test_void_and_expiry_release_all_of_it(self):
        for phase in ("void", "expire"):
            self.book_moves(move("r" + phase, 600, phase="pending"))
            self.assertEqual(self.book_moves(move(phase + "part", 599, phase=phase, of="r" + phase)), "q")
            self.assertEqual(self.book_moves(move(phase, 600, phase=phase, of="r" + phase)), "b")
        self.assertEqual(self.sums(PAYABLE), (0, 1000, 0, 0))
        self.sound()

    def test_what_was_not_reserved_so_does_not_end(self):
        self.book_moves(move("r", 600, phase="pending"))
        self.book_moves(move("plain", 10))
        for other in (move("x1", 601, phase="post", of="r"), move("x2", 10, phase="post", of="plain"), move("x3", 10, phase="post", of="nothing"),
                      move("x4", 600, kind="tax", credit="tax_withheld", phase="post", of="r"), move("x5", 600, debit="payable:spring:1", shard=1, phase="post", of="r")):
            self.assertEqual(self.book_moves(other), "q")
        self.assertEqual(self.sums(PAYABLE), (10, 1000, 600, 0))
        self.sound()

    def test_a_group_is_booked_whole_or_not_at_all(self):
        tax = {"kind": "tax", "credit": "tax_withheld"}
        self.assertEqual(self.book_moves(move("g1", 100, group="g"), move("g2", 20, group="g", **tax)), "bb")
        self.assertEqual(self.book_moves(move("g1", 100, group="g"), move("g2", 20, group="g", **tax)), "ff")
        self.assertEqual(self.book_moves(move("g1", 100, group="g"), move("g3", 20, group="g", **tax)), "fq")  # when one is a repeat, all must be
        self.assertEqual(self.book_moves(move("h1", 101, group="h"), move("g2", 21, group="h", **tax), move("alone", 1)), "qqb")
        self.assertEqual(self.sums(PAYABLE), (121, 1000, 0, 0))
        self.assertEqual(self.sums("tax_withheld")[1], 20)
        self.sound()

    def test_what_is_no_movement_is_refused(self):
        for wrong in (move("x", 0), move("x", -1), move("x", 1, debit="payable:autumn:0"), move("x", 1, kind="gift"), move("x", 1, kind="tax"),
                      move("x", 1, kind="adjust"), move("x", 1, debit=PROVIDER, credit=PAYABLE)):
            self.refused("HB004", self.book_moves, wrong)
        self.sound()

    def test_liabilities_and_assets_have_their_limits(self):
        self.refused("23514", self.book_moves, move("x", 1001))
        self.refused("23514", self.book_moves, move("x", 1, debit="payable:spring:1", shard=1))
        self.book_moves(move("adjust", 4999990, kind="adjust", debit="suspense", credit=PROVIDER, shard=None))
        self.refused("23514", self.book_moves, move("x", 11))  # the provider's account holds 10
        self.assertEqual(self.book_moves(move("x", 10)), "b")
        self.assertEqual(self.book_moves(move("topup", 10**12, kind="topup", debit=PROVIDER, credit="bank", shard=None)), "b")  # the bank has none
        self.sound()


class Upgrading(Wallets):
    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        pass

    def test_a_ledger_of_before_the_wallets_goes_on_and_its_batches_stay_verifiable(self):
        CLUSTER.drop()
        CLUSTER.roles()
        CLUSTER.migrate(last=7)
        self.session = CLUSTER.session("hongbao_engine")
        campaign(self.session.sql)
        book = self.book = Book(self.session)
        book.win(1, 9, 500)
        book.sql("SELECT seal_some(1, 100)")
        hashes = book.rows("SELECT id, hash FROM batch ORDER BY id")
        self.session.close()
        CLUSTER.migrate(first=8)
        book.session = self.session = CLUSTER.session("hongbao_admin")
        self.addCleanup(self.session.close)
        self.whole()
        self.assertEqual(book.rows("SELECT id, hash FROM batch ORDER BY id"), hashes)
        book.merchant()
        book.policy()
        book.topup(1000)
        self.paid(2, 300)
        self.assertEqual(book.wallet(1)["available_fen"], 509)
        self.assertEqual(book.rows("SELECT records IS NULL AS first, count(*) FROM batch GROUP BY 1 ORDER BY 1"),
                         [{"first": False, "count": 5}, {"first": True, "count": len(hashes) + 1}])
        self.whole()


class AtOnce(Committed):
    def test_writers_never_pass_a_limit_nor_deadlock(self):
        self.book.win(1, 1000)
        self.book.win(2, 1000, shard=1)
        statements = []
        for writer in range(16):
            lines = []
            for turn in range(10):
                shards = (0, 1) if (writer + turn) % 2 else (1, 0)
                moves = [move(f"{writer}/{turn}/{s}", 100, debit=f"payable:spring:{s}", shard=s, phase="pending" if turn % 3 else "posted") for s in shards]
                other = [move(f"{writer}/{turn}/s", 1, kind="adjust", debit="suspense", credit="budget:spring", shard=None)]
                lines.append(f"BEGIN; {booking(*(moves + other if writer % 2 else other + moves))}; COMMIT")
            statements.append("SET ROLE hongbao_owner; SET search_path = hongbao; \\set ON_ERROR_STOP 0\n\\set QUIET on\n" + ";\n".join(lines))
        answers = self.crowd_codes(statements)
        self.assertEqual({code for answer in answers for code in answer} - {"00000", "23514"}, set(), "only the limit refuses")
        for shard in (0, 1):
            account = self.book.account(f"payable:spring:{shard}")
            self.assertEqual(account["credit"] - account["debit"] - account["debit_pending"], 0, "all of it was taken")
        for check in ("account", "balance", "limit", "resolution"):
            self.assertEqual(self.book.rows(f"SELECT * FROM check_{check}"), [], check)

    def crowd_codes(self, statements):
        """The SQLSTATEs of each connection's transactions, all at once."""
        crowd = []
        for statement in statements:
            psql = subprocess.Popen(CLUSTER.command("hongbao_migrator", stop="0"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            psql.stdin.write(statement.replace("; COMMIT", ";\n\\echo :SQLSTATE\nCOMMIT") + ";\n")
            psql.stdin.flush()
            crowd.append(psql)
        return [[line for line in psql.communicate(timeout=120)[0].splitlines() if len(line) == 5] for psql in crowd]


if __name__ == "__main__":
    unittest.main()
