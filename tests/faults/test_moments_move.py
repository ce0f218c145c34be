"""Winning moments on two shards of which one sleeps: each is won once, those of the sleeping shard move on, unused ones go back."""
import os
import sys
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import Engine  # noqa: E402

CAMPAIGN, UNITS = "due", 120  # so many that some fall due early on the sleeping shard, whatever the seed
BUDGET = 100 * UNITS + 100_000
STARTS_S, ENDS_S = 3, 44


class MomentsMove(unittest.TestCase):
    def players_of_shard(self, engine, wanted):
        """A player is one shard's: the first four bytes of its name."""
        client = engine.client()
        for token in engine.tokens("due", 40):
            player = client.call("GET", f"/v1/campaigns/{CAMPAIGN}/me", token).json["player"]
            if int(player[:8], 16) % 2 == wanted:
                yield token

    def test_each_is_won_once_moves_on_or_goes_back(self):
        with Engine() as engine:
            prize = documents.cash("gold", 100, UNITS)
            prize["mode"] = "moments"
            began = time.monotonic()
            engine.publish(documents.campaign(
                CAMPAIGN, [prize, documents.cash("blank", 1, 100_000, 0.0)], shards=2, starts_at=documents.at(STARTS_S), ends_at=documents.at(ENDS_S),
                budget_fen=BUDGET, chances={"base": 10000, "per_day": 0}))
            client = engine.client()
            awake = list(self.players_of_shard(engine, 0))[:4]
            self.assertTrue(awake)
            won = 0
            while time.monotonic() < began + ENDS_S - 3:
                for token in awake:
                    answer = engine.draw_surely(client, token, uuid.uuid4().hex, CAMPAIGN)
                    if answer.status == 201 and answer.json["outcome"] == "won":
                        self.assertEqual(answer.json["prize"]["id"], "gold")
                        won += 1
                time.sleep(0.05)
            moved = int(engine.sql("select count(*) from lease where kind = 'gone'"))
            print(f"{won} of {UNITS} won, {moved} moves", flush=True)
            self.assertGreater(won, 0)
            self.assertGreater(moved, 0)
            time.sleep(max(0, began + ENDS_S - time.monotonic()))
            engine.wait_home(CAMPAIGN)
            engine.wait_stored(CAMPAIGN)
            self.assertEqual(engine.sql(f"select credit - debit from account where name = 'budget:{CAMPAIGN}'"), str(BUDGET - 100 * won))
            self.assertEqual(engine.sql("select count(*) from win w join prize p using (campaign, prize) where prize_id = 'gold'"), str(won))
            engine.assert_books_balance(self, (CAMPAIGN,))
            totals = engine.assert_verified(self, CAMPAIGN)
            print({name: totals[name] for name in ("draws", "wins")})


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
