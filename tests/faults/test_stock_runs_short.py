"""Stock and money run short and come back: a fund that is too small, a prize that is raised after it was spent, a campaign that
ends in the middle of draws, a ledger that is slow."""
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import PSQL, Client, Engine  # noqa: E402
from storm import Storm  # noqa: E402


class StockRunsShort(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        cls.engine.up()
        cls.engine.wait_ready()

    @classmethod
    def tearDownClass(cls):
        cls.engine.__exit__(None)

    def publish(self, document, fund=None):
        """fund: how many fen are paid in; None: all."""
        path = os.path.join(self.engine.home, document["id"] + ".json")
        with open(path, "w") as out:
            json.dump(document, out)
        self.engine.hongbao("campaign", "publish", path)
        if fund != 0:
            self.fund(document["id"], fund)
        self.engine.wait(lambda: self.engine.client().call("GET", "/v1/campaigns/" + document["id"]).status == 200, 10, "is served")

    def fund(self, campaign, fen=None):
        amount = ["--all"] if fen is None else ["--fen", str(fen)]
        self.engine.hongbao("campaign", "fund", campaign, *amount, "--key", uuid.uuid4().hex)

    def draw(self, campaign, user, key=None):
        return self.engine.draw(self.engine.client(), self.engine.token(user), key, campaign)

    def finish(self, campaign):
        self.engine.hongbao("campaign", "end", campaign)
        budget = f"select credit - debit from account where name = 'budget:{campaign}'"
        held = f"select coalesce(sum(credit - debit), 0) from account where name like 'float:{campaign}:%'"
        self.engine.wait(lambda: self.engine.sql(held) == "0", 10, "unused stock is back in the budget")
        time.sleep(1.5)
        self.engine.assert_books_balance(self, (campaign,))
        return int(self.engine.sql(budget))

    def test_a_prize_that_the_budget_cannot_pay_holds_up_no_other(self):
        self.publish(documents.campaign("short", [documents.cash("big", 10_000, 100, 0.5), documents.cash("small", 1, 1000)]), fund=5000)
        users = iter(range(1000))  # whose first number selects the big one has to wait for it
        self.engine.wait(lambda: self.draw("short", f"first{next(users)}", "k").status == 201, 15, "small ones are given")
        refused, won = 0, 0
        for i in range(12):
            answer = self.draw("short", f"s{i}", "k")
            self.assertIn(answer.status, (201, 503), answer)
            if answer.status == 503:
                self.assertEqual(answer.json["code"], "stock_refilling", answer)
                self.assertIn("retry-after", answer.headers)
                refused += 1
            else:
                self.assertEqual(answer.json["prize"]["id"], "small")
                won += 1
        self.assertGreater(refused, 0)
        self.assertGreater(won, 0)
        self.fund("short")
        for i in range(12):
            self.engine.wait(lambda: self.draw("short", f"s{i}", "k").status == 201, 10, "all are answered once there is money")
        self.finish("short")

    def test_a_prize_raised_after_it_was_spent_is_given_again(self):
        document = documents.campaign("raised", [documents.cash("a", 1, 5)])
        self.publish(document)
        for i in range(5):
            self.engine.wait(lambda: self.draw("raised", f"r{i}", "k").status == 201, 10, "won")
        self.engine.wait(lambda: self.draw("raised", f"r-{uuid.uuid4().hex}").json.get("outcome") == "none", 10, "spent")
        document["prizes"][0]["units"] = 50
        self.publish(document)
        self.engine.wait(lambda: self.draw("raised", f"r-{uuid.uuid4().hex}").json.get("outcome") == "won", 10, "given again")
        won = int(self.engine.sql("select count(*) from win w join campaign c on c.id = w.campaign where slug = 'raised'"))
        self.assertEqual(self.finish("raised"), document["budget_fen"] - won)

    def test_stock_in_more_pieces_than_a_pool_holds_goes_home_at_the_end(self):
        self.publish(documents.campaign("pieces", [documents.cash("a", 2, 100)]))
        self.engine.wait(lambda: self.engine.sql("select leased_units from stock s join campaign c on c.id = s.campaign where slug = 'pieces'") == "100",
                         15, "all is leased")
        wins = range(0, 100, 2)  # as after a loss of every second one
        draws = "".join(f"{hashlib.md5(str(u).encode()).hexdigest()}{1:08x}{0:014x}00000301{u:08x}{0:04x}00" for u in wins)
        entry = f"decode('0101{0:016x}{1:08x}{len(wins):04x}{draws}', 'hex')"
        self.engine.sql(
            f"select ledger_post(array[c.id], array[0::smallint], array[s.epoch], array[1000000::bigint], array[{entry}], array_fill(1, array[{len(wins)}]),"
            f" (select array_agg(md5(u::text)::uuid) from generate_series(0, 98, 2) u), array_fill(1, array[{len(wins)}]),"
            f" array_fill(1::smallint, array[{len(wins)}]), (select array_agg(u) from generate_series(0, 98, 2) u), array_fill(2::bigint, array[{len(wins)}]),"
            f" array_fill(0::bigint, array[{len(wins)}]), array_fill(0, array[{len(wins)}]))"
            " from campaign c join shard s on s.campaign = c.id where slug = 'pieces'")
        self.engine.redis("del", "{pieces:0}:state")
        self.engine.wait(lambda: self.engine.sql("select epoch from shard s join campaign c on c.id = s.campaign where slug = 'pieces' and opened_at is not null") == "2",
                         15, "opened with as many as fit")
        self.engine.hongbao("campaign", "end", "pieces")
        self.engine.wait(lambda: self.engine.sql("select sum(credit - debit) from account where name = 'float:pieces:0'") == "0", 15, "all is home")

    def test_a_campaign_that_ends_in_the_middle_of_draws(self):
        self.publish(documents.campaign("ending", [documents.cash("a", 2, 50_000, 0.5)]))
        with Storm(self.engine, "ending", 12, ends_with=("campaign_ended", "campaign_paused"), name="ender") as storm:
            storm.go_on(300, 20)
            self.engine.hongbao("campaign", "end", "ending")
        for phone in storm.phones:
            phone.key = None  # refused: nothing was used up
        storm.check(self)
        self.finish("ending")
        run = self.engine.hongbao("verify-draws", "ending", check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_a_ledger_that_hangs_costs_time_and_nothing_else(self):
        self.publish(documents.campaign("slow", [documents.cash("a", 2, 50_000, 0.5)]))
        with Storm(self.engine, "slow", 12, name="slowed", numbered=True) as storm:
            storm.go_on(300, 20)
            uri = self.engine.facts["database"].replace("hongbao_auditor", "hongbao_super")
            lock = "begin; select 1 from hongbao.shard where campaign = (select id from hongbao.campaign where slug = 'slow') for update; select pg_sleep(6); commit"
            locker = subprocess.Popen([PSQL, uri, "-qtAX", "-c", lock], stdout=subprocess.DEVNULL)
            locker.wait(30)
            storm.go_on(300, 20, "draws go on")
        storm.check(self)
        print(dict(storm.codes()))
        self.finish("slow")

    def test_wins_that_wait_for_the_ledger_are_found_by_their_keys(self):
        self.publish(documents.campaign("waiting", [documents.cash("a", 2, 50_000, 0.9)]))
        with Storm(self.engine, "waiting", 200, name="waiter", patience_s=5, numbered=True) as storm:
            storm.go_on(400, 20)
            self.engine.kill("postgres")
            time.sleep(4)
            self.engine.up()
            storm.go_on(400, 20, "draws go on")
        storm.check(self)
        codes = storm.codes()
        self.assertGreater(codes["being_recorded"], 0, codes)
        self.finish("waiting")

    def test_a_full_engine_refuses_early_and_uses_nothing(self):
        self.publish(documents.campaign("full", [documents.cash("a", 1, 100_000, 0.3)], chances={"base": 3, "per_day": 0}))
        with self.engine.node("--engine.draws_waiting_max=8", "--http.workers=1") as (_, port):
            tokens = self.engine.tokens("crowd", 400)
            barrier, codes, lock = threading.Barrier(len(tokens)), {}, threading.Lock()

            def phone(token):
                client = Client(port, timeout=30)
                barrier.wait()
                answer = client.call("POST", "/v1/campaigns/full/draws", token, "k0")
                with lock:
                    codes[answer.json.get("code", "drawn")] = codes.get(answer.json.get("code", "drawn"), 0) + 1
                while answer.status != 201:
                    time.sleep(0.2)
                    answer = client.call("POST", "/v1/campaigns/full/draws", token, "k0")
                for i in (1, 2):
                    while answer.status != 201 or answer.json["draw_no"] != i + 1:
                        answer = client.call("POST", "/v1/campaigns/full/draws", token, f"k{i}")
                        if answer.status != 201:
                            time.sleep(0.1)
                with lock:
                    codes["left"] = codes.get("left", 0) + answer.json["chances_left"]
                client.close()

            threads = [threading.Thread(target=phone, args=(token,)) for token in tokens]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
                self.assertFalse(thread.is_alive(), "somebody got no answer")
            print(codes)
            self.assertEqual(codes["left"], 0)
            time.sleep(1.5)
            draws = int(self.engine.sql("select sum(count) from draw_log l join campaign c on c.id = l.campaign where slug = 'full' and kind = 1"))
            self.assertEqual(draws, 3 * len(tokens))
        self.finish("full")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
