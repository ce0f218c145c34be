"""What the ledger's tests share: one cluster a program, a fresh copy of the migrated database a test, and the ledger's calls by name."""
import hashlib
import unittest

from ledger_cluster import CHECKS, Cluster, Refused

CLUSTER = Cluster(["fsync=off", "max_connections=100"])
# spring: prize 1 gold 1000 x 9 fen, 2 split 100 units of 5000 fen together, 3 card 10 without fen
PRIZES = "'{gold,split,card}', '{cash,cash_split,card}'"


def setUpModule():
    CLUSTER.__enter__()
    unittest.addModuleCleanup(CLUSTER.__exit__)
    CLUSTER.roles()
    CLUSTER.migrate()
    CLUSTER.sql("ALTER DATABASE hongbao RENAME TO whole", "postgres", "postgres")


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


def publish(version=1, units="{1000,100,10}", fen="{9000,5000,0}", prizes=PRIZES, slug="spring", shards=2, extra=None, ends=2000000000000,
            before=""):
    table = f"table {version} {units}"
    words = {"commitment": "sha256('com')", "secret": "sha256('sec')", "public_name": "NULL", "zone": "'Asia/Shanghai'"}
    words.update(extra or {})
    return CLUSTER.one(f"{before}SELECT campaign_publish('{slug}', {version}, '{{}}', '{{}}', sha256('{table}'), sha256('c'), {words['commitment']}, "
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
