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

ANSWER_S = 90   # no key waits longer
REMEMBERED = 4  # keys that are still answered

Told = collections.namedtuple("Told", "draws wins forgotten")


class Phone(threading.Thread):
    def __init__(self, storm, number, token):
        super().__init__(daemon=True)
        self.storm, self.token = storm, token
        self.turn = number  # whose turn it is to be asked, of the nodes
        self.told = []  # (key, body) in order
        self.codes = collections.Counter()
        self.failure = None

    def body(self, draw_no):
        return {"draw_no": draw_no} if self.storm.numbered else None

    def ask(self, client, key):
        """An answer, or None when it says to come back."""
        try:
            answer = self.storm.engine.draw(client, self.token, key, self.storm.campaign, self.body(len(self.told) + 1))
        except (OSError, http.client.HTTPException):
            self.codes["lost"] += 1
            return None
        if answer.says_again():
            self.codes[answer.json["code"] if answer.json else answer.status] += 1
            return None
        return answer

    def ask_surely(self, clients, key):
        until = time.monotonic() + ANSWER_S
        while True:
            answer = self.ask(clients[self.turn % len(clients)], key)
            if answer is not None:
                return answer
            if time.monotonic() > until:
                raise AssertionError(f"no answer within {ANSWER_S} s for key {key}; heard {dict(self.codes)}")
            self.turn += 1  # the other node may know
            time.sleep(0.05)

    def run(self):
        clients = [Client(port, timeout=self.storm.patience_s) for port in self.storm.ports]
        try:
            while not self.storm.stopping.is_set():
                key = uuid.uuid4().hex
                answer = self.ask_surely(clients, key)
                if answer.status == 409 and answer.json["code"] in self.storm.ends_with:
                    return
                if answer.status != 201:
                    raise AssertionError(f"refused: {answer}")
                self.told.append((key, answer.json))
        except Exception as failure:  # noqa: BLE001 - a thread's failure is the test's
            self.failure = failure
        finally:
            for client in clients:
                client.close()


class Storm:
    def __init__(self, engine, campaign, clients=16, ports=None, patience_s=10, ends_with=(), name="phone", numbered=False):
        """numbered: phones say which draw they mean, so that a request that comes late, after others, cannot be another draw."""
        self.engine, self.campaign, self.patience_s = engine, campaign, patience_s
        self.ports, self.ends_with, self.numbered = ports or [engine.port], ends_with, numbered
        self.stopping = threading.Event()
        self.phones = [Phone(self, i, token) for i, token in enumerate(engine.tokens(name, clients))]

    def __enter__(self):
        for phone in self.phones:
            phone.start()
        return self

    def __exit__(self, kind, *rest):
        self.stopping.set()
        if kind is None:
            self.join()

    def join(self):
        """Until each phone has stopped, with the answer to its last key."""
        for phone in self.phones:
            phone.join(ANSWER_S + 2 * self.patience_s)

    def draws(self):
        return sum(len(phone.told) for phone in self.phones)

    def heard(self, code):
        """How many times phones were told to come back for this reason."""
        return sum(phone.codes[code] for phone in self.phones)

    def go_on(self, draws, seconds=40, what="draws go on"):
        """Until so many more draws were answered."""
        target = self.draws() + draws
        self.engine.wait(lambda: self.draws() >= target or any(phone.failure for phone in self.phones), seconds, what)

    def check(self, test, memory_lost=False, caps=None):
        """Afterwards: every win that was told is in the ledger once, no cap was passed, the last keys are still answered."""
        client = self.engine.client()
        told = [self.check_phone(test, client, phone, memory_lost, caps or {}) for phone in self.phones]
        total = Told(*(sum(column) for column in zip(*told)))
        codes = sum((phone.codes for phone in self.phones), collections.Counter())
        print(f"told {total.draws} draws and {total.wins} wins, {total.forgotten} blanks forgotten; came back for {dict(codes)}", flush=True)
        return total

    def check_phone(self, test, client, phone, memory_lost, caps):
        test.assertFalse(phone.is_alive(), "a phone still waits")
        test.assertIsNone(phone.failure, phone.failure)
        numbers = [body["draw_no"] for _, body in phone.told]
        won = {body["draw_no"]: body["prize"] for _, body in phone.told if body["outcome"] == "won"}
        wins = sum(body["outcome"] == "won" for _, body in phone.told)
        test.assertEqual(len(won), wins, "no win was told for two keys")
        listed = self.engine.all_wins(client, phone.token, self.campaign)
        prizes = {win["draw_no"]: win["prize"] for win in listed}
        test.assertEqual(len(listed), len(prizes), "no draw won twice")
        if memory_lost:
            test.assertLessEqual(won.items(), prizes.items(), "each win that was told is in the ledger")
        else:
            test.assertEqual(numbers, list(range(1, len(numbers) + 1)), "draw numbers in order, no gap, no repeat")
            test.assertEqual(prizes, won, "the wins that were told, and no other")
        counts = collections.Counter(win["prize"]["id"] for win in listed)
        for prize, cap in caps.items():
            test.assertLessEqual(counts[prize], cap, f"the cap of {prize}")
        late = len(self.ports) > 1 and not self.numbered  # a request that slept at a node may have taken one place
        for key, body in phone.told[late - REMEMBERED:]:
            if body["outcome"] == "won" or not memory_lost:
                again = self.engine.draw_surely(client, phone.token, key, self.campaign, body=phone.body(body["draw_no"]))
                test.assertEqual(again.json, body)
        return Told(len(numbers), wins, len(numbers) - len(set(numbers)))
