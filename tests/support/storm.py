"""Phones that draw while things break: what they were told is held against the ledger afterwards.

A phone keeps its key until it has an answer. What it was told it won must be in the ledger once and for ever; that it won
nothing may be forgotten when Redis loses its memory.
"""
import collections
import http.client
import threading
import time
import uuid

from engine import Client

AGAIN = (429, 500, 502, 503, 504)


class Phone(threading.Thread):
    def __init__(self, storm, number, token):
        super().__init__(daemon=True)
        self.storm, self.number, self.token = storm, number, token
        self.told = []  # (key, body) in order
        self.codes = collections.Counter()
        self.failure = None
        self.key = None  # of the draw that is not answered yet

    def ask(self, client, key):
        """An answer, or None when it says to come back."""
        try:
            body = {"draw_no": len(self.told) + 1} if self.storm.numbered else None
            answer = client.call("POST", f"/v1/campaigns/{self.storm.campaign}/draws", self.token, key, body)
        except (OSError, http.client.HTTPException):
            self.codes["lost"] += 1
            return None
        if answer.status in AGAIN:
            self.codes[answer.json["code"] if answer.json else answer.status] += 1
            return None
        return answer

    def run(self):
        turn = 0
        clients = [Client(port, timeout=self.storm.patience_s) for port in self.storm.ports]
        try:
            while not self.storm.stopping.is_set() or (self.key and time.monotonic() < self.storm.until):
                if self.key is None:
                    self.key = uuid.uuid4().hex
                answer = self.ask(clients[(self.number + turn) % len(clients)], self.key)
                if answer is None:
                    turn += 1  # the other node may know
                    time.sleep(0.05)
                    continue
                if answer.status == 409 and answer.json["code"] in self.storm.ends_with:
                    return
                if answer.status != 201:
                    raise AssertionError(f"refused: {answer}")
                self.told.append((self.key, answer.json))
                self.key = None
                time.sleep(self.storm.pause_s)
        except Exception as failure:  # noqa: BLE001 - a thread's failure is the test's
            self.failure = failure
        finally:
            for client in clients:
                client.close()


class Storm:
    def __init__(self, engine, campaign, clients=16, ports=None, pause_s=0.0, patience_s=10, ends_with=(), name="phone", numbered=False):
        """numbered: phones say which draw they mean, so that a request that comes late, after others, cannot be another draw."""
        self.engine, self.campaign, self.pause_s, self.patience_s = engine, campaign, pause_s, patience_s
        self.ports, self.ends_with, self.numbered = ports or [engine.port], ends_with, numbered
        self.stopping, self.until = threading.Event(), 0
        self.phones = [Phone(self, i, token) for i, token in enumerate(engine.tokens(name, clients))]

    def __enter__(self):
        for phone in self.phones:
            phone.start()
        return self

    def __exit__(self, kind, *rest):
        self.stop()

    def draws(self):
        return sum(len(phone.told) for phone in self.phones)

    def codes(self):
        return sum((phone.codes for phone in self.phones), collections.Counter())

    def go_on(self, draws, seconds, what="draws go on"):
        """Until so many more draws were answered."""
        target = self.draws() + draws
        self.engine.wait(lambda: self.draws() >= target or any(phone.failure for phone in self.phones), seconds, what)

    def stop(self, seconds=60):
        if not self.stopping.is_set():
            self.until = time.monotonic() + seconds
            self.stopping.set()
        for phone in self.phones:
            phone.join(seconds + 30)

    def check(self, test, memory_lost=False, caps=None):
        """After stop(): every win that was told is in the ledger once, and no cap was passed."""
        client, wins = self.engine.client(), 0
        for phone in self.phones:
            test.assertFalse(phone.is_alive(), "a phone still waits")
            test.assertIsNone(phone.failure, phone.failure)
            test.assertIsNone(phone.key, f"no answer to the last key; heard {dict(phone.codes)}")
            listed = self.engine.all_wins(client, phone.token, self.campaign)
            prizes = {w["draw_no"]: w["prize"] for w in listed}
            test.assertEqual(len(listed), len(prizes), "no draw won twice")
            told = [b for _, b in phone.told if b["outcome"] == "won"]
            test.assertEqual(len({b["draw_no"] for b in told}), len(told), "no two keys were told of one win")
            for body in told:
                test.assertEqual(prizes.get(body["draw_no"]), body["prize"], body)
            if not memory_lost:
                numbers = [b["draw_no"] for _, b in phone.told]
                test.assertEqual(numbers, list(range(1, len(numbers) + 1)), "draw numbers in order, no gap, no repeat")
                test.assertEqual(len(listed), len(told), "no win that nobody was told of")
            counts = collections.Counter(w["prize"]["id"] for w in listed)
            for prize, cap in (caps or {}).items():
                test.assertLessEqual(counts[prize], cap, f"the cap of {prize}")
            for key, body in phone.told[-3:]:
                if body["outcome"] == "won" or not memory_lost:
                    number = {"draw_no": body["draw_no"]} if self.numbered else None
                    test.assertEqual(self.engine.draw_surely(client, phone.token, key, self.campaign, body=number).json, body)
            wins += len(told)
        return self.draws(), wins
