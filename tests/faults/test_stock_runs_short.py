"""Stock and money run short and come back: a fund that is too small, a prize that is raised after it was spent, a campaign that
ends in the middle of draws, a ledger that is slow."""
import concurrent.futures
import hashlib
import os
import sys
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine_case import EngineCase  # noqa: E402
from storm import Storm  # noqa: E402


class StockRunsShort(EngineCase):
    def finish(self, campaign):
        """Ends it; the fen that are left in its budget."""
        self.engine.end(campaign)
        self.engine.assert_books_balance(self, (campaign,))
        self.engine.assert_verified(self, campaign)
        return int(self.engine.sql(f"select credit - debit from account where name = 'budget:{campaign}'"))

    def won_or_refilling(self, i):
        """Asks until it is one of the two: a draw whose time ends while the shard looks again is told another reason to come back."""
        token, until = self.engine.token(f"s{i}"), time.monotonic() + 30
        while True:
            answer = self.engine.draw(self.engine.client(), token, "k", "short")
            if answer.status == 201 or answer.json["code"] == "stock_refilling":
                return answer
            self.assertTrue(answer.says_again() and time.monotonic() < until, answer)

    def test_a_prize_that_the_budget_cannot_pay_holds_up_no_other(self):
        self.engine.publish(documents.campaign("short", [documents.cash("big", 10_000, 100, 0.5), documents.cash("small", 1, 1000)]), fen=5000)
        users = iter(range(1000))  # whose first number selects the big one has to wait for it
        self.engine.wait(lambda: self.draw_of("short", f"first{next(users)}", "k").status == 201, 30, "small ones are given")
        asked = range(30)  # so many that some numbers select the big one and some do not
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(self.won_or_refilling, asked))
        self.assertEqual({answer.status for answer in answers}, {201, 503})
        self.assertEqual({answer.json["prize"]["id"] for answer in answers if answer.status == 201}, {"small"})
        self.assertTrue(all("retry-after" in answer.headers for answer in answers if answer.status == 503))
        self.engine.fund("short")
        for i in asked:
            self.engine.wait(lambda: self.draw_of("short", f"s{i}", "k").status == 201, 30, "all are answered once there is money")
        self.finish("short")

    def test_a_prize_raised_after_it_was_spent_is_given_again(self):
        document = documents.campaign("raised", [documents.cash("a", 1, 5)])
        self.engine.publish(document)
        for i in range(5):
            self.engine.wait(lambda: self.draw_of("raised", f"r{i}", "k").status == 201, 30, "won")
        self.engine.wait(lambda: self.draw_of("raised", f"r-{uuid.uuid4().hex}").json.get("outcome") == "none", 30, "spent")
        document["prizes"][0]["units"] = 50
        self.engine.publish(document)
        self.engine.wait(lambda: self.draw_of("raised", f"r-{uuid.uuid4().hex}").json.get("outcome") == "won", 30, "given again")
        won = int(self.engine.sql("select count(*) from win w join campaign c on c.id = w.campaign where slug = 'raised'"))
        self.assertEqual(self.finish("raised"), document["budget_fen"] - won)

    def test_stock_in_more_pieces_than_a_pool_holds_goes_home_at_the_end(self):
        self.engine.publish(documents.campaign("pieces", [documents.cash("a", 2, 100)]))
        self.engine.wait(lambda: self.engine.sql("select leased_units from stock s join campaign c on c.id = s.campaign where slug = 'pieces'") == "100",
                         30, "all is leased")
        wins = range(0, 100, 2)  # as after a loss of every second one
        draws = "".join(f"{hashlib.md5(str(u).encode()).hexdigest()}{0:014x}{1:08x}00000301{u:08x}{0:04x}00" for u in wins)
        entry = f"decode('0101{0:016x}{1:08x}{len(wins):04x}{draws}', 'hex')"
        self.engine.sql(
            f"select ledger_post(array[c.id], array[0::smallint], array[s.epoch], array[1000000::bigint], array[{entry}], array_fill(1, array[{len(wins)}]),"
            f" (select array_agg(md5(u::text)::uuid) from generate_series(0, 98, 2) u), array_fill(1, array[{len(wins)}]),"
            f" array_fill(1::smallint, array[{len(wins)}]), (select array_agg(u) from generate_series(0, 98, 2) u), array_fill(2::bigint, array[{len(wins)}]),"
            f" array_fill(0::bigint, array[{len(wins)}]), array_fill(0, array[{len(wins)}]))"
            " from campaign c join shard s on s.campaign = c.id where slug = 'pieces'")
        self.engine.redis("del", "{pieces:0}:state")
        self.engine.wait(lambda: self.engine.sql("select epoch from shard s join campaign c on c.id = s.campaign where slug = 'pieces' and opened_at is not null") == "2",
                         30, "opened with as many as fit")
        self.engine.hongbao("campaign", "end", "pieces")
        self.engine.wait_home("pieces")
        self.assertEqual(self.engine.sql("select credit - debit from account where name = 'float:pieces:0'"), "0")

    def test_a_campaign_that_ends_in_the_middle_of_draws(self):
        self.engine.publish(documents.campaign("ending", [documents.cash("a", 2, 50_000, 0.5)]))
        with Storm(self.engine, "ending", 12, ends_with=("campaign_ended", "campaign_paused"), name="ender") as storm:
            storm.go_on(300)
            self.engine.hongbao("campaign", "end", "ending")
            storm.join()  # each is told so
        storm.check(self)
        self.finish("ending")

    def test_a_ledger_that_hangs_costs_time_and_nothing_else(self):
        self.engine.publish(documents.campaign("slow", [documents.cash("a", 2, 50_000, 0.5)]))
        with Storm(self.engine, "slow", 12, name="slowed", numbered=True) as storm:
            storm.go_on(300)
            self.engine.sql("begin; select 1 from shard where campaign = (select id from campaign where slug = 'slow') for update;"
                            " select pg_sleep(6); commit")
            storm.go_on(300)
        storm.check(self)
        self.finish("slow")

    def test_wins_that_wait_for_the_ledger_are_found_by_their_keys(self):
        self.engine.publish(documents.campaign("waiting", [documents.cash("a", 2, 50_000, 0.9)]))
        with Storm(self.engine, "waiting", 200, name="waiter", patience_s=5, numbered=True) as storm:
            storm.go_on(400)
            self.engine.kill("postgres")
            self.engine.wait(lambda: storm.heard("being_recorded") > len(storm.phones), 30, "phones are told that their wins wait")
            self.engine.up()
            storm.go_on(400)
        storm.check(self)
        self.finish("waiting")

    def test_a_full_engine_refuses_early_and_uses_nothing(self):
        self.engine.publish(documents.campaign("full", [documents.cash("a", 1, 100_000, 0.3)], chances={"base": 3, "per_day": 0}))
        with self.engine.node("--engine.draws_waiting_max=8", "--http.workers=1") as (_, port):
            self.engine.wait_open("full", port)
            with Storm(self.engine, "full", 400, [port], patience_s=30, ends_with=("no_chance_left",), name="crowd") as storm:
                storm.join()
            told = storm.check(self)
        self.assertGreater(storm.heard("overloaded"), 0)
        self.assertEqual({len(phone.told) for phone in storm.phones}, {3}, "each had its three chances")
        self.engine.wait_stored("full")
        draws = int(self.engine.sql("select sum(count) from draw_log l join campaign c on c.id = l.campaign where slug = 'full' and kind = 1"))
        self.assertEqual(draws, told.draws)
        self.finish("full")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
