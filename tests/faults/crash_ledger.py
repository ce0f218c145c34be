"""An engine dies at named points of a campaign's life: opening, leases, draws, the ledger's batch write, the drain, the chain, withdrawals, the way
home. What the phones were told is so, once, the replay of the log finds nothing, and the sandbox has paid what the books say."""
import concurrent.futures
import http.client
import json
import os
import sys
import threading
import time
import urllib.request
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "system")]
import crash_points  # noqa: E402
import documents  # noqa: E402
from driver import Driver, redis_entries  # noqa: E402
from engine import BINARY, PSQL, Engine  # noqa: E402
from ledger_cluster import CHECKS, Session  # noqa: E402

POINTS = crash_points.names("draw", "writer", "entry", "forget", "drain", "seal", "leader", "lease", "return", "open", "withdraw")
ALONE = ["payout.stored", "payout.sent", "payout.answered"]  # here over the real wire, to the sandbox; all of them, and in pairs: crash_payouts.py
PHONES, DRAWS, LIVES = 4, 3, 4  # of each phone; at most so many campaigns until a point is passed
PRIZES = [documents.cash("small", 40, 40, 0.4), documents.split("lucky", 3000, 30, 200, 30, 0.3)]
OPEN = "state NOT IN ('paid', 'failed')"
ALIPAY = {"provider": "alipay", "kind": "alipay_user_id", "app_id": "2021000000000001"}


class Draws:
    """One home for many runs: Redis and PostgreSQL stay, the engine comes and goes."""

    RUNS = 30  # an engine looks at old campaigns, too: a new home now and then

    def __init__(self, chance):
        self.chance, self.armed, self.told_count, self.runs, self.last = chance, [], 0, 0, None

    def __enter__(self):
        self.engine = Engine().__enter__()
        self.tokens = self.engine.tokens("phone", PHONES)
        for number, token in enumerate(self.tokens):
            answer = self.engine.client().call("PUT", "/v1/wallet/payee", token, f"payee-{number}", {**ALIPAY, "id": f"208800000000000{number}"})
            assert answer.status == 200, answer
        self.engine.kill("engine")
        self.driver = Driver(self.engine, self.chance)
        self.session = Session([PSQL, "-XqAt", "-F", "\t", self.engine.facts["database"].replace("hongbao_auditor", "hongbao_super")])
        self.session.sql("SET search_path = hongbao")
        self.session.sql("SET jit = off")
        self.node = crash_points.Victim([BINARY, "serve", "--home", self.engine.home, "--http.workers=1", "--wallet.connections=1"], os.path.join(self.engine.home, "log", "engine.log"))
        return self

    def __exit__(self, *rest):
        self.node.kill()
        self.session.close()
        self.driver.stop()
        self.engine.__exit__(*rest)

    # ---- one run ----

    def run(self, points):
        self.armed, campaigns = list(points), []
        self.node.kill()
        self.start()
        while self.node.armed or not campaigns:
            assert len(campaigns) < LIVES * len(points), f"{self.node.armed} is never reached"
            campaigns.append(self.life())
        for campaign, told, bound in campaigns:
            self.check_told(campaign, told)
            self.check_bound(campaign, bound)
            self.engine.hongbao("verify-draws", campaign)
        self.check_books()
        self.runs += 1

    def start(self):
        """With the next point of the run, or with none. Another process of Redis is what an opening is for."""
        armed = self.armed.pop(0) if self.armed else None
        if armed and armed.startswith("open.") and self.chance.random() < 0.7:
            self.driver.kill("redis")
            self.driver.start("redis")
        self.node.start(armed, self.chance.choice((1, 1, 2)) if armed not in (None, "leader.taken") else 1)

    def await_all(self, condition, what, seconds=90):
        """Starts again what has died at its point, until the condition holds."""
        def holds():
            if self.node.died():
                self.check_books()
                self.start()
            return condition()

        crash_points.until(holds, seconds, lambda: f"{what}; armed with {self.node.armed}; the last answer: {self.last}")

    # ---- a campaign's life ----

    def life(self):
        campaign = "c" + uuid.uuid4().hex[:12]
        path = self.engine.write(documents.campaign(campaign, PRIZES, chances={"base": DRAWS, "per_day": 0}))
        self.engine.hongbao("campaign", "publish", path)
        self.engine.fund(campaign)
        self.session.sql(f"SELECT wallet_policy_set('{campaign}', '{{\"day_count\": 1000}}')")
        told = self.phones(self.draw, campaign)
        bound = self.phones(self.withdraw, campaign)
        self.engine.hongbao("campaign", "end", campaign)
        number = self.session.one(f"SELECT id FROM campaign WHERE slug = '{campaign}'")
        self.await_all(lambda: self.session.one("SELECT coalesce(sum(leased_units - won_units - returned_units), 0) FROM stock "
                                                f"WHERE campaign = {number}") == "0", "stock is home")
        self.await_all(lambda: self.stored(campaign), "the log is stored")
        if self.node.armed:
            self.await_all(lambda: self.session.one("SELECT count(*) FROM batch_unsealed") == "0", "all is sealed")
        return campaign, told, bound

    def stored(self, campaign):
        try:
            return redis_entries(self.engine.facts["redis"].removeprefix("unix:"), f"{{{campaign}:0}}:log") == []
        except (OSError, AssertionError):
            return False  # another Redis comes up and reads its log

    def phones(self, deed, campaign):
        """{(phone, key): what it was told}: each phone does its deed, asking until it hears."""
        told, over = {}, threading.Event()

        def surely(number, key, ask):
            while not over.is_set():
                answer = self.ask(ask)
                if answer is not None:
                    told[number, key] = answer
                    return
                time.sleep(0.02)

        with concurrent.futures.ThreadPoolExecutor(PHONES) as pool:
            try:
                phones = [pool.submit(deed, self.engine.client(timeout=5), number, campaign, surely) for number in range(PHONES)]
                self.await_all(lambda: all(one.done() for one in phones), f"every phone has heard: {deed.__name__}")
            finally:
                over.set()
            for one in phones:
                one.result()
        return told

    def draw(self, client, number, campaign, surely):
        for turn in range(DRAWS):
            key = f"{campaign}-{number}-{turn}"
            surely(number, key, lambda key=key: self.engine.draw(client, self.tokens[number], key, campaign))
        client.close()

    def withdraw(self, client, number, campaign, surely):
        surely(number, campaign, lambda: self.ask_money(client, number, campaign))
        client.close()

    def ask_money(self, client, number, campaign):
        return client.call("POST", "/v1/wallet/withdrawals", self.tokens[number], campaign, {"campaign": campaign})

    def ask(self, call):
        """None: ask again. Otherwise what the answer says for good."""
        try:
            answer = self.last = call()
        except (OSError, http.client.HTTPException) as error:
            self.last = error
            return None
        if answer.status == 404 or answer.says_again():
            return None  # 404: the catalog of a new node comes a moment after its doors open
        if answer.status == 409:
            return None if answer.json["code"] == "wins_changed" else {"code": answer.json["code"]}
        assert answer.status in (200, 201, 202), answer
        names = ("outcome", "draw_id", "draw_no", "prize", "chances_left", "id", "gross_fen")
        return {name: answer.json[name] for name in names if name in answer.json}

    # ---- what must be so ----

    def check_told(self, campaign, told):
        """Each phone hears the same again, and the ledger holds what was told, nothing else."""
        client = self.engine.client()
        for (number, key), answer in told.items():
            crash_points.until(lambda: self.ask(lambda: self.engine.draw(client, self.tokens[number], key, campaign)) == answer, 10,
                               lambda: f"{key} hears again: {answer}")
        client.close()
        wins = sorted(answer["prize"]["amount_fen"] for answer in told.values() if answer["outcome"] == "won")
        rows = self.session.sql(f"SELECT amount_fen FROM win w JOIN campaign c ON c.id = w.campaign WHERE c.slug = '{campaign}' ORDER BY 1")
        assert [int(row[0]) for row in rows] == wins, (rows, told)
        assert sorted(answer["draw_no"] for answer in told.values()) == sorted(list(range(1, DRAWS + 1)) * PHONES), "each chance was used once"
        self.told_count += len(told)

    def check_bound(self, campaign, bound):
        client = self.engine.client()
        for (number, _), answer in bound.items():
            crash_points.until(lambda: self.ask(lambda: self.ask_money(client, number, campaign)) == answer, 10, lambda: f"the withdrawal again: {answer}")
        client.close()
        opened = sorted(answer["id"] for answer in bound.values() if "id" in answer)
        rows = self.session.sql(f"SELECT w.id FROM withdrawal w JOIN campaign c ON c.id = w.campaign WHERE c.slug = '{campaign}' ORDER BY 1")
        assert [row[0] for row in rows if row[0]] == opened, (rows, bound)

    def check_bill(self):
        """Once all is at its end: the sandbox paid each number once, and just those that the books call paid."""
        crash_points.until(self.all_paid, 60, "all is paid")
        with urllib.request.urlopen(self.engine.facts["sandbox"] + "/bill", timeout=10) as answer:
            bill = json.loads(answer.read())
        paid = {number: int(fen) for number, fen in self.session.sql("SELECT out_no, amount_fen FROM payout WHERE state = 'paid'")}
        assert len(bill) == len(paid) and {row["order_no"]: row["amount_fen"] for row in bill} == paid, (bill, paid)
        return len(paid)

    def all_paid(self):
        """The leases of those that died are over."""
        self.session.sql(f"UPDATE payout SET due_at = clock_timestamp() WHERE {OPEN} AND due_at > clock_timestamp() + interval '2 s'")
        time.sleep(0.3)
        return self.session.one(f"SELECT count(*) FROM payout WHERE {OPEN}") == "0"

    def check_books(self):
        union = " UNION ALL ".join(f"SELECT '{check}', count(*) FROM check_{check}" for check in CHECKS)
        found = [row for row in self.session.sql(union + " UNION ALL SELECT 'quarantine', count(*) FROM quarantine") if row[1] != "0"]
        assert found == [], found

    def summary(self):
        paid = self.check_bill()
        deadlocks = self.session.one("SELECT deadlocks FROM pg_stat_database WHERE datname = 'hongbao'")
        assert deadlocks == "0", deadlocks
        code, report = self.engine.audit()
        assert code == 0, json.dumps(report)
        return f"{self.runs} runs, {self.told_count} draws told and asked again, {paid} payouts"
