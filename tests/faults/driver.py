"""What breaks things, and what holds everything together afterwards.

A Driver kills, stops and continues the processes of an Engine by their ids, cuts Redis' log, empties its folder, and starts
what it killed again; a Crowd is a load of players with few chances each, so that every answer they were ever given is still
remembered and can be asked for again.
"""
import contextlib
import glob
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import check_outcomes  # noqa: E402
import documents  # noqa: E402
from engine import BINARY, Client  # noqa: E402
from load import Load  # noqa: E402

CHANCES = 4  # as many answers as a player's record remembers
RECORD = struct.Struct(">16sI7sBBBBIHx")  # a draw in a log entry: docs/records.md
HEADER_BYTES, DRAWS = 16, 1


def seed():
    """Printed, so that a run can be repeated: TEST_SEED."""
    value = int(os.environ.get("TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
    print(f"seed {value}", flush=True)
    return value


def document(campaign, chances=CHANCES):
    """Many wins, split amounts, a cap, and a prize that runs out."""
    return documents.campaign(
        campaign,
        [documents.cash("small", 20, 400_000, 0.2), documents.split("lucky", 8_000_000, 1, 100, 200_000, 0.1),
         documents.cash("capped", 500, 20_000, 0.05, wins_per_player=1), documents.cash("scarce", 5000, 200, 0.01)],
        chances={"base": chances, "per_day": 0}, budget_fen=30_000_000)


class Driver:
    def __init__(self, engine, chance):
        self.engine, self.chance = engine, chance
        self.started = {}  # name: process, of those that we started again

    # ---- processes ----

    def kill(self, name):
        """Wall time of it."""
        at_s = time.time()
        self.engine.kill(name)
        if name in self.started:
            self.started.pop(name).wait()
        return at_s

    @contextlib.contextmanager
    def stopped(self, pid):
        os.kill(pid, signal.SIGSTOP)
        try:
            self.engine.wait(lambda: self.engine.state(pid) == b"T", 5, "it stands still")
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def start(self, name):
        """As ./dev up would, without looking at everything else; PostgreSQL's needs are ./dev's to know."""
        if name == "postgres":
            self.engine.up()
            return
        command = [BINARY, "serve", "--home", self.engine.home] if name == "engine" else ["/usr/bin/redis-server", os.path.join(self.engine.home, "redis.conf")]
        with open(os.path.join(self.engine.home, "log", name + ".log"), "a") as log:
            process = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                       env={**os.environ, "MALLOC_CONF": "thp:always"})  # of Redis' allocator; nobody else's
        with open(os.path.join(self.engine.home, f"run-{name}.pid"), "w") as file:
            file.write(str(process.pid))
        self.started[name] = process

    def stop(self):
        """Before ./dev down: it cannot see that a child of ours has ended."""
        for name, process in self.started.items():
            if process.poll() is None:
                process.terminate()
            process.wait(60)
        self.started.clear()

    # ---- Redis' memory ----

    def cut(self):
        """What a disk may do that lied about its flushes. How many bytes are gone."""
        path = max(glob.glob(os.path.join(self.engine.home, "redis", "appendonlydir", "*.incr.aof")), key=os.path.getmtime)
        size = os.path.getsize(path)
        lost = min(size, int(10 ** self.chance.uniform(0, 6.5)))
        os.truncate(path, size - lost)
        return lost

    def empty(self):
        folder = os.path.join(self.engine.home, "redis")
        shutil.rmtree(folder)
        os.mkdir(folder)

    def not_committed(self, campaign, shards=1):
        """How many wins are in the shards' logs and not in the ledger."""
        wins = []
        for shard in range(shards):
            for entry in redis_entries(self.engine.facts["redis"].removeprefix("unix:"), f"{{{campaign}:{shard}}}:log"):
                if entry[1] == DRAWS:
                    wins += [(player.hex(), draw_no) for player, draw_no, _, _, _, _, prize, _, _ in
                             RECORD.iter_unpack(entry[HEADER_BYTES:]) if prize]
        if not wins:
            return 0
        rows = ",".join(f"('{player}'::uuid,{draw_no})" for player, draw_no in wins)
        return int(self.engine.sql(f"select count(*) from (values {rows}) v(player, draw_no) where not exists (select from win w "
                                   f"join campaign c on c.id = w.campaign where c.slug = '{campaign}' "
                                   "and w.player = v.player and w.draw_no = v.draw_no)"))


def redis_entries(path, key):
    """The entries' bytes; redis-cli would print them as text."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        words = [b"XRANGE", key.encode(), b"-", b"+"]
        connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        with connection.makefile("rb") as answer:
            return [fields[1] for _, fields in resp(answer)]


def resp(file):
    line = file.readline()
    kind, rest = line[:1], line[1:-2]
    if kind == b"*":
        return [resp(file) for _ in range(int(rest))]
    if kind == b"$":
        return file.read(int(rest) + 2)[:-2]
    raise AssertionError(line)


class Crowd(Load):
    """Draws at `rate` from `connections`, open loop, until stopped; no key is given up while it runs."""

    def begin(self, rate, connections=300, seed=1, timeout_s=10):
        return self.start("--rate", str(rate), "--duration", "3600", "--connections", str(connections), "--seed", str(seed),
                          "--retries", "1000", "--retry-for", "600", "--timeout", str(timeout_s))

    @staticmethod
    def end_all(*crowds):
        """Once every draw that had to wait has had its turn; their reports."""
        time.sleep(3.5)  # the longest pause between two repeats is three seconds
        return [crowd.stop() for crowd in crowds]

    def ask_again(self):
        """Every key once more, in the order of before; the file of what was told."""
        asked = self.path("again")
        each = max(int(line["key"].rsplit("-", 1)[1]) for line in self.lines())
        self.run("--closed", "--connections", "64", "--count", str(each * len(self.tokens())), "--duration", "3000", "--retry-for", "60", again=True)
        with open(asked) as file:
            keys = {json.loads(line)["key"] for line in file}
        with open(self.outcomes) as file, open(asked, "a") as out:
            tokens, client = self.tokens(), Client(self.port)
            for line in map(json.loads, file):
                if check_outcomes.is_drawn(line) and line["key"] not in keys:
                    out.write(json.dumps(self.one_again(client, tokens[line["user"]], line)) + "\n")
            client.close()
        return asked

    def one_again(self, client, token, line):
        answer = self.engine.draw_surely(client, token, line["key"], self.campaign)
        again = {"user": line["user"], "key": line["key"], "outcome": "refused", "replayed": "idempotency-replayed" in answer.headers}
        if answer.status == 201:
            prize = answer.json.pop("prize") or {}
            again.update(answer.json)
            again.update({"prize": prize["id"], "amount_fen": prize["amount_fen"]} if prize else {})
        return again

    def check(self, test, again=None, sample=100, memory_lost=False):
        """What was told against the ledger, /wins, /me and what is told now."""
        result = check_outcomes.check(self.outcomes, self.campaign, self.engine.facts["database"], f"http://127.0.0.1:{self.port}", self.tokens(),
                                      sample, again=again, memory_lost=memory_lost)
        test.assertEqual(result.problems[:5], [], f"{len(result.problems)} problems")
        won, units = result.stock["scarce"]
        print(f"{self.campaign}: {result.lines} draws of {len(result.users)} players told, {result.checked} compared, {result.again} asked again; "
              f"{len(result.forgotten)} blanks forgotten; {won} of {units} scarce units won", flush=True)
        return result


def settle(test, engine, campaigns):
    """The books while they are open, and once the campaigns have ended. The totals of verify-draws."""
    engine.wait_ready()
    engine.assert_books_balance(test, campaigns)
    for campaign in campaigns:
        engine.end(campaign)
    totals = {campaign: engine.assert_verified(test, campaign) for campaign in campaigns}
    engine.assert_books_balance(test, campaigns)
    test.assertEqual(engine.sql("select count(*) from quarantine"), "0", "nothing was quarantined")
    return totals
