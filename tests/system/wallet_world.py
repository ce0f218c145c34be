"""What the wallet's tests share: a campaign with wins in a real PostgreSQL, one connection of the operators' role, and a transaction that is
rolled back after each test. What needs several connections commits, in a database of its own (Committed)."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ledger_cluster import Refused  # noqa: E402
from ledger_world import CLUSTER, entry, player, post_call, setUpModule, win  # noqa: E402,F401

# spring: gold 1000 x 9 fen, split 100 units of 5,000,000 fen together, card 10; shards 0 and 1
POLICY = {"min_fen": 1}
RUN = "SELECT merchant_say('m1', false, 'ann', 'go on'), merchant_say('m1', false, 'bob', 'go on')"  # as two people let it
MERCHANT = {"provider": "wechat", "app_id": "wx1", "min_fen": 1, "single_cap_fen": 20000}
NOW = "'2026-02-04 12:00:00+08'::timestamptz"


def text(value):
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def campaign(sql):
    """Publishes, funds and opens the campaign: 10,000,000 fen, 100 units of gold and 60 of split with each shard."""
    sql("SELECT campaign_publish('spring', 1, '{}', '{}', sha256('t'), sha256('c'), sha256('com'), sha256('sec'), NULL, 'Asia/Shanghai', 1000, "
        "2000000000000, '{0,0}', '{gold,split,card}', '{cash,cash_split,card}', '{1000,100,10}', '{9000,5000000,0}')")
    sql("SELECT campaign_fund('spring', 10000000, 'first')")
    sql("SELECT leader_take('a', 5000)")
    for shard in (0, 1):
        sql(f"SELECT * FROM opening_begin(1, 1, {shard}::smallint)")
        sql(f"SELECT * FROM lease_take(1, 1, {shard}::smallint, 1::smallint, {shard * 100}, {shard * 100 + 100}, 900)")
        sql(f"SELECT * FROM lease_take(1, 1, {shard}::smallint, 2::smallint, {shard * 50}, {shard * 50 + 50}, 2500000)")
    sql("SELECT * FROM lease_take(1, 1, 0::smallint, 3::smallint, 0, 10, 0)")


class Book:
    """The ledger's calls by name, over one connection. Rows are dicts of texts; verdicts come back as they are."""

    def __init__(self, session):
        self.session = session
        self.position = {0: 0, 1: 0}
        self.unit = {}
        self.draws = {}

    def sql(self, query):
        return self.session.sql(query)

    def one(self, query):
        return self.session.one(query)

    def row(self, query):
        """One row as a dict, by to_jsonb."""
        return json.loads(self.one(f"SELECT to_jsonb(r) FROM ({query}) r"))

    def rows(self, query):
        return json.loads(self.one(f"SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM ({query}) r"))

    # ---- wins ----

    def win(self, who, *amounts, shard=0, prize=None):
        """The player wins these amounts, each with its own draw: 9 fen of gold, any other of split. Their draw numbers."""
        wins, numbers = [], []
        for amount in amounts:
            kind = prize or (1 if amount == 9 else 2)
            start = 0 if kind == 3 else shard * (100 if kind == 1 else 50)
            unit = self.unit.get((shard, kind), start)
            self.unit[shard, kind] = unit + 1
            self.draws[who] = self.draws.get(who, 0) + 1
            numbers.append(self.draws[who])
            wins.append(win(1, who, unit, draw_no=numbers[-1], prize=kind, amount=amount))
        self.position[shard] += 1
        verdict = self.sql(post_call([(1, shard, 1, self.position[shard], entry(1))], wins))[0]
        assert verdict == ["r" * len(wins), "s"], verdict
        return numbers

    # ---- settings ----

    def policy(self, **changes):
        self.sql(f"SELECT wallet_policy_set('spring', {text(json.dumps({**POLICY, **changes}))})")

    def merchant(self, name="m1", **changes):
        self.sql(f"SELECT merchant_set('{name}', {text(json.dumps({**MERCHANT, **changes}))})")

    def topup(self, amount, key="top", name="m1"):
        return self.one(f"SELECT merchant_topup('{name}', {amount}, '{key}')")

    def payee(self, who, identity="openid", name=None, provider="wechat", app="wx1", cooling=0, now="'2020-01-01'"):
        return self.row(f"SELECT * FROM payee_put('{player(who)}', '{provider}', '{app}', '\\x01', {'NULL' if name is None else text(name) + '::bytea'}, "
                        f"sha256({text(f'{provider}/{app}/{identity}/{name}')}), {cooling}, {now})")

    # ---- a player ----

    def withdraw(self, who, key="k", draws=None, quote=False, now="clock_timestamp()"):
        numbers = "NULL" if draws is None else f"'{{{','.join(map(str, draws))}}}'"
        return self.row(f"SELECT * FROM withdraw_open(1, '{player(who)}', '{key}', {numbers}, {quote}, {now})")

    def wallet(self, who, now="clock_timestamp()"):
        rows = self.rows(f"SELECT * FROM wallet('{player(who)}', {now})")
        return rows[0] if rows else None

    def parts(self, withdrawal):
        return self.rows(f"SELECT * FROM withdrawal_parts('{withdrawal}')")

    def state(self, withdrawal):
        return self.one(f"SELECT state FROM withdrawal WHERE id = '{withdrawal}'")

    # ---- the worker ----

    def claim(self, limit=100, name="m1", now="clock_timestamp()", lease=60000):
        return self.rows(f"SELECT * FROM payout_claim('{name}', {limit}, {lease}, {now})")

    def due(self, limit=100, name="m1", now="clock_timestamp() + interval '1 day'"):
        return self.rows(f"SELECT * FROM payout_due('{name}', {limit}, 60000, {now})")

    def sent(self, job, body="body"):
        return self.one(f"SELECT payout_sent('{job['out_no']}', {job['fence']}, sha256({text(body + job['out_no'])}), '\\x01', 60000)")

    def verdict(self, out_no, event, source="query", **named):
        words = "".join(f", p_{name} => {text(value) if not isinstance(value, (bool, int)) else value}" for name, value in named.items())
        return self.row(f"SELECT * FROM payout_verdict('{out_no}', '{event}', '{source}'{words})")

    def send_all(self, **named):
        """Claims and sends what can be; the jobs in their order."""
        jobs = self.claim(**named)
        for job in jobs:
            assert self.sent(job) == "send"
        return jobs

    # ---- operators ----

    def ask(self, kind, content, key="c", person="ann", slug="spring"):
        return self.row(f"SELECT * FROM correction_ask('{kind}', {text(slug)}, {text(json.dumps(content))}, 'because', '{person}', {text(key)})")

    def decide(self, correction, person="bob", approved=True, now="clock_timestamp()"):
        return self.one(f"SELECT correction_decide('{correction}', '{person}', {approved}, 'yes', {now})")

    def correct(self, kind, content, key="c", slug="spring"):
        asked = self.ask(kind, content, key, slug=slug)
        assert asked["verdict"] == "asked", asked
        return self.decide(asked["id"])

    def close(self, now="clock_timestamp()"):
        return [(r["line"], r["count"], r["fen"]) for r in self.rows(f"SELECT * FROM campaign_close('spring', 'ann', {now})")]

    def account(self, name):
        return self.row(f"SELECT * FROM account WHERE name = '{name}'")

    def balance(self, name):
        a = self.account(name)
        return a["debit"] - a["credit"] if a["asset"] else a["credit"] - a["debit"]


class Wallets(unittest.TestCase):
    """Each test runs in a transaction that is rolled back; afterwards all checks were asked."""

    @classmethod
    def setUpClass(cls):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        cls.session = CLUSTER.session("hongbao_admin")
        cls.addClassCleanup(cls.session.close)
        campaign(cls.session.sql)
        cls.begun(Book(cls.session))

    @classmethod
    def begun(cls, book):
        book.merchant()
        book.policy()
        book.topup(5000000)

    def setUp(self):
        self.session.sql("BEGIN")
        self.addCleanup(self.session.sql, "ROLLBACK")
        self.book = Book(self.session)

    def refused(self, code, call, *words, **named):
        with self.assertRaises(Refused) as caught:
            call(*words, **named)
        self.assertEqual(caught.exception.code, code, str(caught.exception))

    def whole(self, book=None):
        self.assertEqual((book or self.book).rows("SELECT * FROM check_all"), [])

    def paid(self, who, *amounts, **named):
        """A player who won, withdrew, and was paid: the withdrawal's row."""
        self.book.win(who, *amounts)
        self.book.payee(who, who)
        opened = self.book.withdraw(who, f"paid {who}", **named)
        self.assertEqual(opened["verdict"], "opened", opened)
        for job in self.book.send_all():
            self.assertEqual(self.book.verdict(job["out_no"], "paid")["verdict"], "applied")
        return opened


class Committed(Wallets):
    """Each test in a database of its own, committed; self.crowd(n) are n more connections."""

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        self.session = CLUSTER.session("hongbao_admin")
        self.addCleanup(self.session.close)
        campaign(self.session.sql)
        self.book = Book(self.session)
        self.begun(self.book)

    def crowd(self, statements, role="hongbao_engine"):
        """Runs each of the statements on a connection of its own, all at once; the rows of each, when all have answered."""
        crowd = []
        for statement in statements:
            psql = subprocess.Popen(CLUSTER.command(role), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            psql.stdin.write("SELECT 1;\n")
            psql.stdin.flush()
            psql.stdout.readline()  # it is connected
            crowd.append((psql, statement))
        answers = []
        for psql, statement in crowd:
            psql.stdin.write(f"{statement};\n")
        for psql, _ in crowd:
            psql.stdin.flush()
        for psql, statement in crowd:
            out, errors = psql.communicate(timeout=120)
            self.assertEqual(errors, "", statement)
            answers.append([line.split("\t") for line in out.splitlines()])
        return answers
