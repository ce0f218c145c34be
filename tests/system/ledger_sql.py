"""The ledger's promises, asked of a real PostgreSQL: who may write, what is refused, what adds up.

Usage: ledger_sql.py [unittest options]. Starts a cluster of its own.
"""
import hashlib
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ledger_cluster import Cluster, Refused  # noqa: E402

APPEND_ONLY = ["campaign_version", "batch", "seal", "transfer", "fund", "win", "win_1", "draw_log", "draw_log_1", "lease", "opening",
               "quarantine", "campaign"]
LOGINS = ["hongbao_migrator", "hongbao_engine", "hongbao_auditor"]
CHECKS = ["account", "stock", "prize", "shard", "unit", "batch", "seal", "orphan"]
CLUSTER = Cluster(["fsync=off"])
# spring: prize 1 gold 1000 x 9 fen, 2 split 100 units of 5000 fen together, 3 card 10 without fen
PRIZES = "'{gold,split,card}', '{cash,cash_split,card}'"


def setUpModule():
    CLUSTER.__enter__()
    CLUSTER.roles()
    CLUSTER.migrate()
    CLUSTER.sql("ALTER DATABASE hongbao RENAME TO whole", "postgres", "postgres")


def tearDownModule():
    CLUSTER.__exit__()


def player(number):
    return hashlib.md5(str(number).encode()).hexdigest()


def array(values, kind):
    return "ARRAY[" + ",".join(str(v) for v in values) + f"]::{kind}[]"


def entry(count, kind=1, fill=0):
    """The packed header of a log entry; what follows does not matter to the ledger."""
    return f"'\\x01{kind:02x}{0:016x}{1:08x}{count:04x}{fill:02x}'"


def win(post, number, unit, draw_no=1, prize=1, amount=9, key=7, chances=3):
    return (post, f"'{player(number)}'", draw_no, prize, unit, amount, key, chances)


def post_call(posts, wins):
    """posts: (campaign, shard, epoch, position, entry); wins: what win() makes."""
    kinds = ["int", "smallint", "int", "bigint", "bytea"]
    win_kinds = ["int", "uuid", "int", "smallint", "int", "bigint", "bigint", "int"]
    arrays = [array([p[i] for p in posts], kind) for i, kind in enumerate(kinds)]
    arrays += [array([w[i] for w in wins], kind) for i, kind in enumerate(win_kinds)]
    return "SELECT * FROM ledger_post(" + ", ".join(arrays) + ")"


def post(posts, wins):
    row = CLUSTER.sql(post_call(posts, wins))[0]
    return row[0], row[1]


def publish(version=1, units="{1000,100,10}", fen="{9000,5000,0}", prizes=PRIZES, slug="spring", shards=2, extra=None, ends=2000000000000):
    table = f"table {version} {units}"
    words = {"commitment": "sha256('com')", "secret": "sha256('sec')", "public_name": "NULL", "zone": "'Asia/Shanghai'"}
    words.update(extra or {})
    return CLUSTER.one(f"SELECT campaign_publish('{slug}', {version}, '{{}}', '{{}}', sha256('{table}'), sha256('c'), {words['commitment']}, "
                       f"{words['secret']}, {words['public_name']}, {words['zone']}, 1000, {ends}, "
                       f"'{{{','.join('0' * shards)}}}', {prizes}, '{units}', '{fen}')")


def take(prize, start, end, fen, shard=0, at="NULL", fence=1):
    return CLUSTER.sql(f"SELECT * FROM lease_take({fence}, 1, {shard}::smallint, {prize}::smallint, {start}, {end}, {fen}, {at})")


def give_back(number, prize, start, end, fen, kind="return", shard=0):
    return CLUSTER.one(f"SELECT lease_return(1, 1, {shard}::smallint, {number}, {prize}::smallint, {start}, {end}, {fen}, '{kind}')")


def open_shard(shard=0):
    return CLUSTER.sql(f"SELECT * FROM opening_begin(1, 1, {shard}::smallint)")[0]


def balance(account):
    return int(CLUSTER.one(f"SELECT credit - debit FROM account WHERE name = '{account}'"))


class Ledger(unittest.TestCase):
    def setUp(self):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        publish()
        CLUSTER.sql("SELECT campaign_fund('spring', 14000, 'first')")
        self.assertEqual(CLUSTER.one("SELECT leader_take('a', 5000)"), "1")
        open_shard()

    def refused(self, code, call, *words, **named):
        with self.assertRaises(Refused) as caught:
            call(*words, **named)
        self.assertEqual(caught.exception.code, code, str(caught.exception))

    def all_refused(self, code, statements, role, before=""):
        answers = CLUSTER.codes(statements, role, before)
        self.assertEqual(len(answers), len(statements))
        self.assertEqual([(s, a) for s, a in zip(statements, answers) if a != code], [], role)

    def whole(self):
        for check in CHECKS:
            self.assertEqual(CLUSTER.sql(f"SELECT * FROM check_{check}", "hongbao_auditor"), [], check)


class WhoMayWrite(Ledger):
    def test_no_login_role_can_change_history(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        statements = []
        for table in APPEND_ONLY:
            column = {"batch": "fen", "seal": "seq", "campaign": "shards"}.get(table, "campaign")
            statements += [f"UPDATE hongbao.{table} SET {column} = 2", f"DELETE FROM hongbao.{table}", f"TRUNCATE hongbao.{table}"]
        for role in LOGINS:
            self.all_refused("42501", statements, role)

    def test_no_login_role_can_insert_or_touch_the_sums(self):
        statements = ["UPDATE hongbao.account SET credit = 0", "UPDATE hongbao.stock SET won_units = 0",
                      "UPDATE hongbao.prize SET units = 5", "UPDATE hongbao.shard SET epoch = 9",
                      "INSERT INTO hongbao.batch_unsealed VALUES (5)", "DELETE FROM hongbao.batch_unsealed",
                      "INSERT INTO hongbao.win SELECT * FROM hongbao.win", "UPDATE hongbao.leader SET number = 9",
                      "ALTER TABLE hongbao.win DISABLE TRIGGER ALL", "DROP TABLE hongbao.win", "CREATE TABLE hongbao.mine ()"]
        for role in LOGINS:
            self.all_refused("42501", statements, role)

    def test_the_owner_and_the_superuser_meet_the_triggers(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        post([(1, 0, 1, 1, entry(1, fill=1))], [])
        open_shard()
        CLUSTER.sql("SELECT opening_record(1, 1, 0::smallint, 2, 'x', 1, 'test', '\\x00', 0, 1), seal_some(1, 100)")
        owner = "SET ROLE hongbao_owner; SET search_path = hongbao; "
        for prefix, role in ((owner, "hongbao_migrator"), ("SET search_path = hongbao; ", "postgres"),
                             ("SET search_path = hongbao; SET session_replication_role = replica; ", "postgres")):
            statements = []
            for table in APPEND_ONLY:
                change = {"campaign": "slug = 'other'", "seal": "seq = 7", "batch": "at = now()"}.get(table, "campaign = 2")
                statements += [f"UPDATE {table} SET {change}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]
            self.all_refused("HB007", statements, role, prefix)

    def test_the_auditor_sees_no_sealed_secret_and_calls_nothing(self):
        self.refused("42501", CLUSTER.sql, "SELECT secret FROM campaign", "hongbao_auditor")
        self.refused("42501", CLUSTER.sql, "SELECT * FROM campaign", "hongbao_auditor")
        self.assertEqual(CLUSTER.sql("SELECT secret IS NULL FROM fairness", "hongbao_auditor"), [["t"]])
        for call in ("campaign_pause('spring', true)", "leader_take('b', 0)", "fairness_reveal('spring')"):
            self.refused("42501", CLUSTER.sql, "SELECT " + call, "hongbao_auditor")

    def test_the_engine_calls_only_what_is_granted(self):
        for call in ("batch_close(1, 'post', 0, 0, 0, 0, 0, sha256(''), now())", "transfer_book(1, 'fund', 'bank', 'x', 1, 1, now())",
                     "partitions_make(9)", "fence(1)", "prize_set(1, 1::smallint, 'x', 'cash', 1, 1)"):
            self.refused("42501", CLUSTER.sql, "SELECT " + call)


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


class Publishing(Ledger):
    def test_versions_go_forward_one_by_one(self):
        self.assertEqual(publish(1), "1")  # the same again
        self.refused("HB002", publish, 1, units="{1001,100,10}", fen="{9009,5000,0}")
        self.refused("HB002", publish, 3)
        self.assertEqual(publish(2), "2")
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM campaign_version"), "2")

    def test_what_was_promised_stays(self):
        for extra in ({"commitment": "sha256('x')"}, {"secret": "sha256('x')"}, {"public_name": "'{}'"}, {"zone": "'UTC'"}):
            self.refused("HB002", publish, 2, extra=extra)
        self.refused("HB002", publish, 2, shards=3)
        self.refused("HB002", publish, 2, prizes="'{gold,other,card}', '{cash,cash_split,card}'")
        self.refused("HB002", publish, 2, prizes="'{gold,split}', '{cash,cash_split}'", units="{1000,100}", fen="{9000,5000}")
        publish(2, extra={"commitment": "NULL", "secret": "NULL"})

    def test_stock_may_grow_and_shrink_down_to_what_is_out(self):
        take(1, 0, 400, 3600)
        take(2, 0, 1, 50)
        publish(2, units="{2000,100,10}", fen="{18000,5000,0}")
        publish(3, units="{400,100,20}", fen="{3600,5000,0}")
        self.refused("HB005", publish, 4, units="{399,100,10}", fen="{3591,5000,0}")
        self.refused("HB002", publish, 4, units="{1000,100,10}", fen="{10000,5000,0}")  # another worth of a unit
        self.refused("HB002", publish, 4, units="{400,200,10}", fen="{3600,10000,0}")   # a split that is cut already
        self.refused("23514", publish, 4, units="{400,100,10}", fen="{3600,5000,7}")    # a card is not money
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 1::smallint, 5)"), [])
        self.whole()

    def test_prizes_may_be_added(self):
        publish(2, prizes="'{gold,split,card,late}', '{cash,cash_split,card,voucher}'", units="{1000,100,10,5}", fen="{9000,5000,0,0}")
        take(4, 0, 5, 0)
        self.whole()

    def test_funding_once_a_key(self):
        self.assertEqual(CLUSTER.one("SELECT campaign_fund('spring', 14000, 'first')"), "14000")
        self.assertEqual(CLUSTER.one("SELECT campaign_fund('spring', 6, 'second')"), "14006")
        self.refused("HB003", CLUSTER.sql, "SELECT campaign_fund('spring', 7, 'second')")
        self.refused("HB004", CLUSTER.sql, "SELECT campaign_fund('autumn', 7, 'third')")
        self.refused("23514", CLUSTER.sql, "SELECT campaign_fund('spring', -7, 'third')")
        self.whole()

    def test_the_secret_stays_sealed_until_the_end(self):
        self.refused("HB008", CLUSTER.sql, "SELECT fairness_reveal('spring')")
        self.refused("HB008", CLUSTER.sql, "SELECT fairness_public_value('spring', '3000')")
        CLUSTER.sql("SELECT campaign_end('spring')")
        CLUSTER.sql("SELECT fairness_reveal('spring')")
        self.assertEqual(CLUSTER.sql("SELECT secret = sha256('sec') FROM fairness", "hongbao_auditor"), [["t"]])
        self.refused("HB008", publish, 2)

    def test_the_public_value_is_set_once(self):
        publish(slug="named", extra={"public_name": "'{\"en\": \"index\"}'"})
        CLUSTER.sql("SELECT fairness_public_value('named', '3000.01')")
        CLUSTER.sql("SELECT fairness_public_value('named', '3000.01')")
        self.refused("HB003", CLUSTER.sql, "SELECT fairness_public_value('named', '3000.02')")
        self.refused("HB003", CLUSTER.sql, "SELECT fairness_public_value('named', '')")

    def test_changes_are_told(self):
        text = CLUSTER.sql("LISTEN hongbao_catalog; SELECT campaign_pause('spring', true)")
        self.assertIn('Asynchronous notification "hongbao_catalog" with payload "spring"', str(text))


class Leasing(Ledger):
    def test_leases_returns_and_offers_add_up(self):
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 1::smallint, 300)"), [["0", "300"]])
        self.assertEqual(take(1, 0, 300, 2700), [["1", "t"]])
        self.assertEqual(take(1, 300, 1000, 6300, shard=1), [["1", "f"]])
        self.assertEqual(take(1, 0, 0, 0), [["2", "f"]])  # tells that there is no more
        self.assertEqual(take(1, 0, 0, 0), [])            # once
        self.assertEqual(give_back(3, 1, 200, 300, 900), "t")
        self.assertEqual(give_back(3, 1, 200, 300, 900), "f")
        self.refused("HB009", give_back, 3, 1, 100, 300, 1800)
        self.refused("HB009", give_back, 5, 1, 100, 200, 900)
        self.refused("HB005", give_back, 4, 1, 200, 300, 900)
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 1::smallint, 300)"), [["200", "300"]])
        self.assertEqual(take(1, 0, 0, 0, shard=1), [["2", "t"]])
        self.assertEqual(take(1, 200, 300, 900, shard=1), [["3", "f"]])
        self.assertEqual(balance("budget:spring"), 14000 - 9000)
        self.assertEqual(balance("float:spring:0"), 1800)
        self.assertEqual(balance("float:spring:1"), 7200)
        self.whole()

    def test_moments_move_from_shard_to_shard(self):
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 3::smallint, 1, 6)"), [["6", "7"]])
        take(3, 6, 7, 0, at=5000)
        take(3, 2, 3, 0, at=4000)
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 3::smallint, 1, 6)"), [])
        self.assertEqual(give_back(3, 3, 6, 7, 0, kind="gone"), "t")
        take(3, 6, 7, 0, at=9000, shard=1)
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 0::smallint)"), [["3", "2", "4000"]])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 1::smallint)"), [["3", "6", "9000"]])
        self.assertEqual(give_back(2, 3, 6, 7, 0, kind="gone", shard=1), "t")
        take(3, 6, 7, 0, at=9500)  # back where it was first
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 0::smallint)"), [["3", "2", "4000"], ["3", "6", "9500"]])
        self.whole()

    def test_a_fenced_leader_changes_nothing(self):
        self.assertEqual(CLUSTER.one("SELECT leader_take('b', 60000) IS NULL"), "t")
        self.assertEqual(CLUSTER.one("SELECT leader_renew(1)"), "t")
        self.assertEqual(CLUSTER.one("SELECT leader_take('b', 0)"), "2")
        self.assertEqual(CLUSTER.one("SELECT leader_renew(1)"), "f")
        self.refused("HB001", take, 1, 0, 10, 90)
        self.refused("HB001", open_shard)
        self.refused("HB001", CLUSTER.sql, "SELECT seal_some(1, 1)")
        self.assertEqual(CLUSTER.one("SELECT leader_yield(2)"), "")
        self.assertEqual(CLUSTER.one("SELECT leader_take('c', 5000)"), "3")
        self.assertEqual(take(1, 0, 10, 90, fence=3), [["1", "t"]])

    def test_a_take_over_waits_for_the_duties_in_flight_and_a_renewal_does_not(self):
        call = "BEGIN; SELECT * FROM lease_take(1, 1, 0::smallint, 1::smallint, 0, 10, 90); SELECT pg_sleep(1.5); COMMIT;"
        duty = subprocess.Popen(CLUSTER.command("hongbao_engine"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        duty.stdin.write(call)
        duty.stdin.close()
        while CLUSTER.one("SELECT count(*) FROM pg_locks WHERE relation = 'hongbao.lease'::regclass", "postgres") == "0":
            pass
        self.assertEqual(CLUSTER.one("SET lock_timeout = 200; SELECT leader_renew(1)"), "t")
        self.refused("55P03", CLUSTER.sql, "SET lock_timeout = 200; SELECT leader_take('b', 0)")
        duty.wait()
        self.assertEqual(CLUSTER.one("SELECT leader_take('b', 0)"), "2")


class Opening(Ledger):
    def test_it_reads_what_is_left_and_what_was_given(self):
        take(1, 0, 100, 900)
        take(1, 100, 150, 450)
        take(3, 4, 5, 0, at=77)
        post([(1, 0, 1, 1, entry(2))], [win(1, 1, 0), win(1, 2, 1)])
        post([(1, 0, 1, 3, entry(1))], [win(1, 3, 5)])  # units 2 to 4 went to draws that were lost
        post([(1, 0, 1, 9, entry(1))], [])
        row = open_shard()
        self.assertEqual(row[:5], ["2", "4", "3", "1", "f"])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_prizes(1, 0::smallint)"), [["1", "3", "t"], ["2", "0", "t"], ["3", "0", "t"]])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_ranges(1, 0::smallint)"), [["1", "2", "5"], ["1", "6", "150"]])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 0::smallint)"), [["3", "4", "77"]])
        record = "SELECT opening_record(1, 1, 0::smallint, {}, 'run', 4, 'test', '\\x0102', 3, 1)"
        CLUSTER.sql(record.format(2))
        CLUSTER.sql(record.format(2))
        self.refused("HB001", CLUSTER.sql, record.format(1))
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM opening"), "1")
        self.assertEqual(post([(1, 0, 2, 1, entry(1))], [win(1, 4, 2)]), ("r", "s"))  # a lost unit is given again
        self.whole()

    def test_the_first_missing_position(self):
        kept = "SELECT log_kept(1, 0::smallint)"
        self.assertEqual(CLUSTER.one(kept), "1")
        for position, count, expected in ((4, 2, 1), (1, 2, 3), (8, 1, 3), (3, 1, 6), (6, 2, 9), (9, 5, 14)):
            post([(1, 0, 1, position, entry(count))], [])
            self.assertEqual(CLUSTER.one(kept), str(expected), (position, count))
        self.assertEqual(open_shard()[1], "14")
        self.assertEqual(CLUSTER.one(kept), "1")

    def test_a_post_in_flight_ends_before_the_epoch_does(self):
        take(1, 0, 100, 900)
        writer = subprocess.Popen(CLUSTER.command("hongbao_engine"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        writer.stdin.write("BEGIN; " + post_call([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)]) + "; SELECT pg_sleep(0.7); COMMIT;")
        writer.stdin.close()
        while CLUSTER.one("SELECT count(*) FROM pg_locks WHERE relation = 'hongbao.win_1'::regclass", "postgres") == "0":
            pass
        self.assertEqual(open_shard()[1], "2")  # waited: the entry is there
        self.assertIn("r", writer.stdout.read())
        writer.stdout.close()
        writer.wait()
        self.assertEqual(CLUSTER.sql("SELECT given FROM opening_prizes(1, 0::smallint) WHERE prize = 1"), [["1"]])


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
