"""Wins and log entries into a real PostgreSQL: never oversold, each once, hashed and chained.

Usage: ledger_posting.py [unittest options]. Starts a cluster of its own.
"""
import hashlib
import os
import subprocess
import sys
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from ledger_world import CLUSTER, Ledger, balance, entry, open_shard, player, post, post_call, publish, setUpModule, take, win  # noqa: E402,F401
from waiting import wait  # noqa: E402


class NeverOversold(Ledger):
    def test_a_lease_cannot_exceed_units_fen_or_budget(self):
        self.refused("HB005", take, 1, 0, 1001, 9009)
        self.refused("HB005", take, 1, 0, 10, 91)
        self.refused("23514", take, 2, 0, 50, 5001)
        take(2, 0, 50, 2000)
        self.refused("23514", take, 2, 50, 100, 2999)  # the last units must take exactly what is left
        self.refused("HB005", take, 2, 40, 60, 100)    # some are out already
        publish(2, units="{2000,100,10}", fen="{18000,5000,0}")
        self.refused("HB006", take, 1, 0, 2000, 18000)
        self.whole()

    def test_wins_cannot_exceed_a_lease_in_units_or_fen(self):
        take(2, 0, 2, 100)
        self.assertEqual(post([(1, 0, 1, 1, entry(1))], [win(1, 1, 5, prize=2, amount=10)])[0], "d")   # a unit of another
        self.refused("23514", post, [(1, 0, 1, 2, entry(1))], [win(1, 1, 0, prize=2, amount=101)])   # more fen than leased
        self.refused("23514", post, [(1, 0, 1, 3, entry(1))], [win(1, 1, 0, prize=2, amount=10), win(1, 2, 0, prize=2, amount=10)])
        self.assertEqual(post([(1, 0, 1, 4, entry(1))], [win(1, 1, 0, prize=2, amount=10), win(1, 2, 1, prize=2, amount=90)])[0], "rr")
        self.assertEqual(post([(1, 0, 1, 5, entry(1))], [win(1, 3, 1, prize=2, amount=0)])[0], "d")    # a unit given already
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM quarantine"), "2")
        self.whole()

    def test_a_unit_is_worth_what_it_is_worth(self):
        take(1, 0, 10, 90)
        self.assertEqual(post([(1, 0, 1, 6, entry(1))], [win(1, 1, 0, amount=8)])[0], "d")
        self.assertEqual(post([(1, 0, 1, 7, entry(1))], [win(1, 1, 0, amount=9)])[0], "r")
        self.whole()

    def test_the_constraints_hold_against_the_owner_too(self):
        take(1, 0, 10, 90)
        owner = "SET ROLE hongbao_owner; SET search_path = hongbao; "
        for statement in ("UPDATE stock SET won_units = 11 WHERE shard = 0 AND prize = 1", "UPDATE stock SET won_fen = 91 WHERE shard = 0 AND prize = 1",
                          "UPDATE stock SET left_units = '{[0,11)}' WHERE shard = 0 AND prize = 1", "UPDATE prize SET leased_units = 1001 WHERE prize = 1",
                          "UPDATE prize SET leased_fen = 9001 WHERE prize = 1", "UPDATE account SET debit = credit + 1 WHERE name = 'budget:spring'"):
            self.refused("23514", CLUSTER.sql, owner + statement, "hongbao_migrator")


class Posting(Ledger):
    def setUp(self):
        super().setUp()
        take(1, 0, 100, 900)
        take(3, 4, 5, 0)

    def test_a_repeat_finds_and_changes_nothing(self):
        posts, wins = [(1, 0, 1, 1, entry(2))], [win(1, 1, 0), win(1, 2, 4, prize=3, amount=0)]
        self.assertEqual(post(posts, wins), ("rr", "s"))
        before = CLUSTER.sql("SELECT * FROM stock ORDER BY 1, 2, 3; SELECT count(*) FROM batch")
        for _ in range(3):
            self.assertEqual(post(posts, wins), ("ff", "f"))
        self.assertEqual(CLUSTER.sql("SELECT * FROM stock ORDER BY 1, 2, 3; SELECT count(*) FROM batch"), before)
        self.assertEqual(balance("payable:spring:0"), 9)
        self.assertEqual(balance("float:spring:0"), 891)
        self.whole()

    def test_one_call_may_hold_a_win_twice(self):
        self.assertEqual(post([(1, 0, 1, 1, entry(1)), (1, 0, 1, 0, "''")], [win(1, 1, 0), win(2, 1, 0)]), ("rr", "s-"))
        self.assertEqual(balance("payable:spring:0"), 9)
        self.whole()

    def test_part_new_part_known(self):
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        self.assertEqual(post([(1, 0, 1, 1, entry(1)), (1, 0, 1, 2, entry(2))], [win(1, 1, 0), win(2, 2, 1), win(2, 3, 2)]), ("frr", "fs"))
        self.whole()

    def test_other_content_is_an_alarm_and_changes_nothing(self):
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        for other in (win(1, 1, 1), win(1, 1, 0, key=8), win(1, 1, 0, chances=9), win(1, 1, 4, prize=3, amount=0)):
            self.assertEqual(post([(1, 0, 1, 0, "''")], [other])[0], "d")
            self.assertEqual(post([(1, 0, 1, 0, "''")], [other])[0], "d")
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM quarantine WHERE kind = 'win' AND found IS NOT NULL"), "4")
        self.assertEqual(balance("payable:spring:0"), 9)
        self.whole()

    def test_a_win_is_recorded_only_together_with_its_entry(self):
        before = CLUSTER.sql("SELECT * FROM stock ORDER BY 1, 2, 3; SELECT count(*) FROM batch")
        self.assertEqual(post([(1, 0, 1, 0, "''")], [win(1, 1, 0)]), ("w", "-"))
        self.assertEqual(CLUSTER.sql("SELECT * FROM stock ORDER BY 1, 2, 3; SELECT count(*) FROM batch"), before)
        self.assertEqual(post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)]), ("r", "s"))
        self.assertEqual(post([(1, 0, 1, 0, "''")], [win(1, 1, 0)]), ("f", "-"))
        self.assertEqual(open_shard()[0], "2")
        self.assertEqual(post([(1, 0, 1, 0, "''"), (1, 0, 2, 0, "''")], [win(1, 2, 1), win(2, 2, 1)]), ("aw", "--"))
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM quarantine"), "0")
        self.whole()

    def test_an_entry_with_other_bytes_takes_its_new_wins_with_it(self):
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        self.assertEqual(post([(1, 0, 1, 1, entry(1, fill=9)), (1, 0, 1, 2, entry(1))], [win(1, 1, 0), win(1, 5, 3), win(2, 6, 4)]), ("fdr", "ds"))
        self.assertEqual(CLUSTER.sql("SELECT kind, count(*) FROM quarantine GROUP BY kind ORDER BY kind"), [["entry", "1"], ["win", "1"]])
        self.whole()

    def test_an_epoch_that_is_over_stores_nothing(self):
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        self.assertEqual(open_shard()[0], "2")
        posts = [(1, 0, 1, 1, entry(1)), (1, 0, 1, 2, entry(1)), (1, 0, 2, 1, entry(1)), (1, 0, 3, 1, entry(1)), (1, 7, 1, 1, entry(1))]
        wins = [win(1, 1, 0), win(2, 2, 1), win(3, 3, 2), win(4, 4, 3), win(5, 5, 4), win(2, 1, 5)]
        self.assertEqual(post(posts, wins), ("faraaa", "fosoo"))  # the last: lost with the epoch, its number drawn again
        self.assertEqual(CLUSTER.sql("SELECT epoch, position FROM draw_log ORDER BY 1, 2"), [["1", "1"], ["2", "1"]])
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM quarantine"), "0")
        self.assertEqual(post([(1, 0, 1, 1, entry(1))], [win(1, 1, 5)]), ("d", "f"))  # not lost: its entry is stored
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM quarantine"), "1")
        self.whole()

    def test_entries_without_wins(self):
        call = (f"SELECT entries_store('{{1,1,1}}', '{{0,0,0}}', '{{1,1,9}}', '{{1,4,1}}', ARRAY[{entry(3)}, {entry(1, kind=3)}, {entry(1)}]::bytea[])")
        self.assertEqual(CLUSTER.one(call), "sso")
        self.assertEqual(CLUSTER.one(call), "ffo")
        self.assertEqual(CLUSTER.sql("SELECT position, count, kind FROM draw_log ORDER BY 1"), [["1", "3", "1"], ["4", "1", "3"]])
        self.assertEqual(CLUSTER.one("SELECT log_kept(1, 0::smallint)"), "5")
        self.whole()

    def test_a_malformed_entry_refuses_the_call(self):
        self.refused("2202E", post, [(1, 0, 1, 1, "'\\x01'")], [])

    def test_units_that_are_no_range_and_campaigns_side_by_side(self):
        self.assertEqual(publish(slug="autumn", shards=1), "1")
        CLUSTER.sql("SELECT campaign_fund('autumn', 14000, 'second'); SELECT * FROM opening_begin(1, 2, 0::smallint); "
                    "SELECT * FROM lease_take(1, 2, 0::smallint, 1::smallint, 0, 10, 90)")
        posts = [(2, 0, 1, 1, entry(1)), (1, 0, 1, 1, entry(4)), (1, 0, 1, 5, entry(2))]
        wins = [win(2, 1, 7), win(2, 2, 0), win(1, 1, 7), win(2, 3, 99), win(3, 4, 8), win(3, 5, 4, prize=3, amount=0), win(2, 6, 5)]
        self.assertEqual(post(posts, wins), ("rrrrrrr", "sss"))
        self.assertEqual(CLUSTER.sql("SELECT campaign, prize, won_units, left_units FROM stock WHERE won_units > 0 ORDER BY 1, 2"),
                         [["1", "1", "5", "{[1,5),[6,7),[9,99)}"], ["1", "3", "1", "{}"], ["2", "1", "1", "{[0,7),[8,10)}"]])
        self.refused("23514", post, [(1, 0, 1, 7, entry(3))], [win(1, 7, 11), win(1, 8, 11), win(1, 9, 13)])  # between them a hole
        self.whole()

    def waiting_post(self, posts, wins):
        """A post that has come as far as somebody else's lock."""
        process = subprocess.Popen(CLUSTER.command("hongbao_engine"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(post_call(posts, wins) + ";\n")
        process.stdin.close()
        wait(lambda: CLUSTER.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "postgres") != "0", "it waits for the lock", 30)
        return process

    def heard(self, process):
        letters = process.stdout.read().rstrip("\n").split("\t")
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        return tuple(letters)

    def test_an_opening_while_a_post_is_under_way(self):
        before = CLUSTER.one("SELECT count(*) FROM batch")
        with CLUSTER.transaction("SELECT * FROM opening_begin(1, 1, 0::smallint)"):
            process = self.waiting_post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        self.assertEqual(self.heard(process), ("a", "o"))
        self.assertEqual(CLUSTER.sql("SELECT count(*) FROM win UNION ALL SELECT count(*) FROM draw_log UNION ALL SELECT count(*) FROM batch"),
                         [["0"], ["0"], [before]])
        self.whole()

    def test_units_that_go_while_a_post_is_under_way(self):
        with CLUSTER.transaction("SELECT lease_return(1, 1, 0::smallint, 3, 1::smallint, 0, 50, 450, 'return')"):
            process = self.waiting_post([(1, 0, 1, 1, entry(2))], [win(1, 1, 49), win(1, 2, 50)])
        self.assertEqual(self.heard(process), ("dr", "s"))
        self.assertEqual(CLUSTER.one("SELECT won_units FROM stock WHERE shard = 0 AND prize = 1"), "1")
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM quarantine"), "1")
        self.whole()

    def test_the_same_posts_from_two_sides_at_once(self):
        posts = [[(1, 0, 1, 1 + 2 * i, entry(1)), (1, 0, 1, 2 + 2 * i, entry(1))] for i in range(40)]
        wins = [[win(1, f"a{i}", 2 * i), win(2, f"b{i}", 2 * i + 1)] for i in range(40)]
        turned = [[(2, *wins[i][1][1:]), (1, *wins[i][0][1:])] for i in range(40)]
        sides = []
        for lines in ([post_call(p, w) for p, w in zip(posts, wins)], [post_call(p, w) for p, w in zip(posts, turned)]):
            process = subprocess.Popen(CLUSTER.command("hongbao_engine"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            process.stdin.write(";\n".join(lines) + ";\n")
            process.stdin.close()
            sides.append(process)
        heard = []
        for process in sides:
            heard.append(process.stdout.read().split())
            self.assertEqual(process.stderr.read(), "")
            self.assertEqual(process.wait(), 0)
            process.stdout.close()
            process.stderr.close()
        for one, other in zip(*heard):
            self.assertIn((one, other), (("rr", "ff"), ("ff", "rr"), ("ss", "ff"), ("ff", "ss")))
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM win"), "80")
        self.whole()

    def test_eight_writers_on_shared_shards(self):
        take(1, 100, 1000, 8100, shard=1)
        open_shard(1)
        writers = []
        for writer in range(8):
            lines = []
            for turn in range(25):
                number = writer * 25 + turn
                order = (0, 1) if writer % 2 else (1, 0)  # each asks for the shards in another order
                posts = [(1, shard, 1, number + 1, entry(1)) for shard in order]
                units = {0: number, 1: 100 + number}
                wins = [win(i + 1, f"{shard}/{number}", units[shard]) for i, shard in enumerate(order) if shard == 1 or number < 100]
                lines.append(post_call(posts, wins) + ";\n" + post_call(posts, wins) + ";\n")
            process = subprocess.Popen(CLUSTER.command("hongbao_engine"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            process.stdin.write("".join(lines))
            process.stdin.close()
            writers.append(process)
        for process in writers:
            letters = process.stdout.read()
            self.assertEqual(process.stderr.read(), "")
            self.assertEqual(process.wait(), 0)
            self.assertEqual(set(letters.replace("\t", "").replace("\n", "")), {"r", "s", "f"})
            process.stdout.close()
            process.stderr.close()
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM win"), "300")
        self.assertEqual(CLUSTER.sql("SELECT shard, won_units FROM stock WHERE prize = 1 ORDER BY 1"), [["0", "100"], ["1", "200"]])
        self.assertEqual(CLUSTER.one("SELECT seal_some(1, 100000) = (SELECT count(*) FROM batch)"), "t")
        self.whole()


class Sealing(Ledger):
    def test_the_chain_can_be_followed_by_hand(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        self.assertEqual(CLUSTER.one("SELECT seal_some(1, 2)"), "2")
        self.assertEqual(CLUSTER.one("SELECT seal_some(1, 200)"), "1")
        self.assertEqual(CLUSTER.one("SELECT seal_some(1, 200)"), "0")
        head = bytes(32)
        for batch, hash_hex, seal in CLUSTER.sql("SELECT b.id, encode(b.hash, 'hex'), encode(s.hash, 'hex') FROM seal s JOIN batch b ON b.id = s.batch ORDER BY seq"):
            head = hashlib.sha256(head + int(batch).to_bytes(8, "big") + bytes.fromhex(hash_hex)).digest()
            self.assertEqual(head.hex(), seal)
        self.whole()

    def test_the_hash_of_a_batch_can_be_computed_by_hand(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0, key=5)])
        row = CLUSTER.sql("SELECT b.id, encode(b.hash, 'hex'), (extract(epoch FROM w.won_at - '2000-01-01 00:00+00') * 1000000)::bigint, t.id "
                          "FROM batch b JOIN win w ON w.batch = b.id JOIN transfer t ON t.batch = b.id")[0]
        i4, i8 = (lambda n: int(n).to_bytes(4, "big")), (lambda n: int(n).to_bytes(8, "big"))
        body = bytes.fromhex(entry(1).strip("'")[2:])
        wins = i4(1) + bytes.fromhex(player(1)) + i4(1) + i4(0) + i4(1) + i4(0) + i8(9) + i8(5) + i4(3) + i8(row[2])
        entries = i4(1) + i4(0) + i4(1) + i8(1) + i4(len(body)) + body
        transfers = i8(row[3]) + i4(1) + b"win\0float:spring:0\0payable:spring:0\0" + i8(9)
        parts = b"".join(hashlib.sha256(part).digest() for part in (wins, entries, transfers, b""))
        self.assertEqual(hashlib.sha256(b"hongbao/batch/1\0" + parts).hexdigest(), row[1])

    def test_the_checks_find_what_was_tampered_with(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        CLUSTER.sql("SELECT seal_some(1, 100)")
        self.whole()
        cases = {"batch": "UPDATE win SET amount_fen = 8", "orphan": "UPDATE lease SET batch = 999", "seal": "UPDATE seal SET hash = sha256('x') WHERE seq = 2",
                 "account": "UPDATE account SET debit = debit - 1 WHERE name = 'float:spring:0'",
                 "stock": "DELETE FROM win", "shard": "UPDATE account SET credit = credit + 1 WHERE name = 'payable:spring:0'"}
        for check, statement in cases.items():
            undone = ("SET search_path = hongbao; BEGIN; ALTER TABLE win DISABLE TRIGGER ALL; ALTER TABLE win_1 DISABLE TRIGGER ALL; "
                      "ALTER TABLE lease DISABLE TRIGGER ALL; ALTER TABLE seal DISABLE TRIGGER ALL; "
                      f"{statement}; SELECT count(*) > 0 FROM check_{check}; ROLLBACK;")
            self.assertEqual(CLUSTER.sql(undone, "postgres"), [["t"]], check)

    def test_a_dump_restores_and_sealing_goes_on(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        CLUSTER.sql("SELECT seal_some(1, 2)")
        CLUSTER.run("pg_dump", "-h", CLUSTER.dir, "-U", "postgres", "-Fc", "-f", CLUSTER.dir + "/dump", "hongbao")
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao", "postgres", "postgres")
        CLUSTER.run("pg_restore", "-h", CLUSTER.dir, "-U", "postgres", "-d", "hongbao", "--exit-on-error", CLUSTER.dir + "/dump")
        self.assertEqual(post([(1, 0, 1, 2, entry(1))], [win(1, 2, 1)]), ("r", "s"))
        self.assertEqual(CLUSTER.one("SELECT seal_some(1, 100)"), "2")
        self.whole()


if __name__ == "__main__":
    unittest.main()
