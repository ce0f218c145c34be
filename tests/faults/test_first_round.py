"""Kills of engine, Redis and PostgreSQL at random moments under a concurrent client that retries with the same key.

TEST_KILLS is the number of kills of each (10), TEST_SEED repeats a run.
"""
import os
import random
import sys
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import Engine  # noqa: E402

KILLS = int(os.environ.get("TEST_KILLS", "10"))
SEED = int(os.environ.get("TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
CLIENTS = 24
CAMPAIGN = "storm"


class Phone(threading.Thread):
    """One player after another: draws with a key until answered, remembers every acknowledged outcome."""

    def __init__(self, engine, token, stop):
        super().__init__(daemon=True)
        self.engine, self.token, self.stop_event = engine, token, stop
        self.acknowledged = []  # (key, body) in order
        self.failure = None

    def run(self):
        client = self.engine.client(timeout=10)
        try:
            while not self.stop_event.is_set():
                key = uuid.uuid4().hex
                answer = self.engine.draw_surely(client, self.token, key, CAMPAIGN, seconds=90)
                if answer.status != 201:
                    raise AssertionError(f"refused: {answer}")
                self.acknowledged.append((key, answer.json))
        except Exception as failure:  # noqa: BLE001 - a thread's failure is the test's
            self.failure = failure


class FirstRound(unittest.TestCase):
    def check_phone(self, engine, client, phone):
        numbers = [body["draw_no"] for _, body in phone.acknowledged]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)), "draw numbers 1..n, in order, no gap, no repeat")
        won = {b["draw_no"]: b["prize"] for _, b in phone.acknowledged if b["outcome"] == "won"}
        listed = engine.all_wins(client, phone.token, CAMPAIGN)
        self.assertEqual(len(listed), len({w["draw_no"] for w in listed}), "no win twice")
        self.assertEqual({w["draw_no"]: w["prize"] for w in listed if w["draw_no"] <= len(numbers)}, won)
        for key, body in phone.acknowledged[-4:]:
            self.assertEqual(engine.draw_surely(client, phone.token, key, CAMPAIGN).json, body)
        return len(numbers), len(won)

    def test_acknowledged_wins_are_there_exactly_once_after_kills_of_everything(self):
        print(f"seed {SEED}, {KILLS} kills each", flush=True)
        chance = random.Random(SEED)
        with Engine() as engine:
            engine.publish(documents.campaign(
                CAMPAIGN,
                [documents.cash("small", 20, 200_000, 0.2), documents.split("lucky", 4_000_000, 1, 100, 100_000, 0.1),
                 documents.cash("rare", 5000, 50, 0.01, wins_per_player=1)],
                chances={"base": 10000, "per_day": 0}))
            engine.wait_ready()
            stop = threading.Event()
            phones = [Phone(engine, token, stop) for token in engine.tokens("phone", CLIENTS)]
            for phone in phones:
                phone.start()
            kills = ["engine", "redis", "postgres"] * KILLS
            chance.shuffle(kills)
            for name in kills:
                time.sleep(chance.uniform(0.2, 1.0))
                engine.kill(name)
                time.sleep(chance.uniform(0.0, 0.3))
                engine.up()
            time.sleep(1)
            stop.set()
            for phone in phones:
                phone.join(120)
                self.assertFalse(phone.is_alive())
                self.assertIsNone(phone.failure, phone.failure)
            engine.wait_ready()
            client = engine.client()
            totals = [self.check_phone(engine, client, phone) for phone in phones]
            print(f"{sum(t[0] for t in totals)} draws and {sum(t[1] for t in totals)} wins acknowledged over {len(kills)} kills")
            engine.assert_books_balance(self, (CAMPAIGN,))
            engine.hongbao("campaign", "end", CAMPAIGN)
            time.sleep(3)
            run = engine.hongbao("verify-draws", CAMPAIGN, check=False)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
