"""What the tests of the operators' commands share: a campaign in a real PostgreSQL, filled in bulk by the ledger's own functions, and `hongbao` itself."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ledger_world import CLUSTER  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BINARY = os.path.join(os.environ.get("TEST_BUILD", os.path.join(ROOT, "build", "release")), "engine", "hongbao")
FEN = 100  # of a win
TAX_BP = 2000

# p_shards x p_wins wins of 100 fen, player md5(number), through ledger_post in posts of 1000, as a worker would.
FILL = """
DO $$
DECLARE
    v_from int;
    v_count int;
    v_answer record;
BEGIN
    FOR shard IN 0..1 LOOP
        PERFORM opening_begin(1, 1, shard::smallint);
        PERFORM lease_take(1, 1, shard::smallint, 1::smallint, shard * {half}, shard * {half} + {half} , {half} * {fen}::bigint);
        v_from := 0;
        WHILE v_from < {wins} LOOP
            v_count := least(1000, {wins} - v_from);
            SELECT * INTO v_answer FROM ledger_post(ARRAY[1], ARRAY[shard]::smallint[], ARRAY[1], ARRAY[v_from / 1000 + 1]::bigint[],
                ARRAY[decode('0101' || lpad(to_hex(v_from + shard), 16, '0') || '00000001' || '0001' || '00', 'hex')],
                array_fill(1, ARRAY[v_count]), (SELECT array_agg(md5((shard * {wins} + n)::text)::uuid ORDER BY n) FROM generate_series(v_from, v_from + v_count - 1) n),
                array_fill(1, ARRAY[v_count]), array_fill(1::smallint, ARRAY[v_count]),
                (SELECT array_agg(shard * {half} + n ORDER BY n) FROM generate_series(v_from, v_from + v_count - 1) n),
                array_fill({fen}::bigint, ARRAY[v_count]), array_fill(7::bigint, ARRAY[v_count]), array_fill(3, ARRAY[v_count]));
            IF (v_answer)::text !~ '^\\(r+,s\\)$' THEN
                RAISE EXCEPTION 'the post answered %', left(v_answer::text, 100);
            END IF;
            v_from := v_from + v_count;
        END LOOP;
    END LOOP;
END
$$"""

# Every p_each-th player withdraws, is sent, and paid.
PAY = """
DO $$
DECLARE
    v_open record;
    v_job  record;
    v_step int := 0;
BEGIN
    FOR n IN 0..{last} BY {each} LOOP
        PERFORM payee_put(md5(n::text)::uuid, 'wechat', 'wx1', '\\x01', NULL, sha256(n::text::bytea), 0);
        SELECT * INTO v_open FROM withdraw_open(1, md5(n::text)::uuid, 'k');
        IF v_open.verdict <> 'opened' THEN
            RAISE EXCEPTION 'withdrawal %: %', n, v_open.verdict;
        END IF;
    END LOOP;
    LOOP
        v_step := 0;
        FOR v_job IN SELECT * FROM payout_claim('m1', 500, 60000) LOOP
            v_step := v_step + 1;
            PERFORM payout_sent(v_job.out_no, v_job.fence, sha256(v_job.out_no::bytea), '\\x01', 60000);
            PERFORM payout_verdict(v_job.out_no, 'paid', 'query', p_provider_no => 'no' || left(v_job.out_no, 20));
        END LOOP;
        EXIT WHEN v_step = 0;
    END LOOP;
END
$$"""

GIVE_BACK = "SELECT lease_return(1, 1, s::smallint, 2, 1::smallint, s * {half} + {wins}, (s + 1) * {half}, ({half} - {wins}) * {fen}::bigint, 'return') " \
            "FROM generate_series(0, 1) s"


class Books:
    """A campaign `spring` of two shards in a fresh database; `wallets` players won 100 fen each, one of `each` was paid."""

    def __init__(self, wallets, each, spare=100):
        self.wins = wallets // 2
        self.half = self.wins + spare
        self.words = {"wins": self.wins, "half": self.half, "fen": FEN, "last": wallets - 1, "each": each}
        self.paid = (wallets + each - 1) // each
        self.budget = 2 * self.half * FEN

    def begin(self):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        self.sql(f"SELECT campaign_publish('spring', 1, '{{\"budget_fen\": {self.budget}}}', '{{}}', sha256('t'), sha256('c'), sha256('com'), sha256('sec'), NULL, "
                 f"'Asia/Shanghai', 1000, 2000000000000, '{{0,0}}', '{{gold}}', '{{cash}}', '{{{2 * self.half}}}', '{{{self.budget}}}')")
        self.sql(f"SELECT campaign_fund('spring', {self.budget}, 'first')")
        self.sql("SELECT leader_take('a', 5000)")
        merchant = json.dumps({"provider": "wechat", "app_id": "wx1", "min_fen": 1, "single_cap_fen": 20000})
        self.sql(f"SELECT merchant_set('m1', '{merchant}'), merchant_topup('m1', {self.budget}, 'top'), "
                 f"tax_rule_set('spring', 'cash', {TAX_BP}, 'winner')")
        self.policy()

    def policy(self, **changes):
        self.sql(f"SELECT wallet_policy_set('spring', '{json.dumps({'min_fen': 1, **changes})}')")

    def fill(self):
        self.sql(FILL.format(**self.words))

    def pay(self):
        self.sql(PAY.format(**self.words))

    def give_back(self):
        self.sql(GIVE_BACK.format(**self.words))

    @staticmethod
    def sql(text):
        return CLUSTER.sql(text, "hongbao_admin")

    @staticmethod
    def one(text):
        return CLUSTER.one(text, "hongbao_admin")

    @staticmethod
    def hongbao(*words, stdin=None, env=None):
        """The finished process; `hongbao` with this database and no Redis."""
        return subprocess.run([BINARY, *words, f"--database.uri={CLUSTER.uri('hongbao_engine')}",
                               f"--database.operator_uri={CLUSTER.uri('hongbao_admin')}", "--redis.nodes=unix:/nonexistent/redis.sock",
                               "--database.timeout_ms=600000"],
                              input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600, env=env)

    def whole(self, test):
        test.assertEqual(CLUSTER.sql("SELECT * FROM check_all", "hongbao_auditor"), [])
