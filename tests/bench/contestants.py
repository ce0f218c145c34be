"""Who takes part in the draw benchmark: our engine, nginx with Lua, and Redis alone under redis-benchmark.

Each has `url` (a Unix socket), `tcp_url`, `tokens` (a file), and `groups`: names of what its CPU is counted under, with the processes at the time of asking.
"""
import os
import subprocess

import measure  # noqa: F401 - it makes tests/support known

import documents
from engine import BINARY, Engine, free_port
from peer import PlainRedis

NO_PRIZE, WINS = "noprize", "wins"
MIXES = (NO_PRIZE, WINS)


def six_prizes(share):
    """Six prizes that take `share` of all draws together, the first with a cap a player."""
    prizes = [documents.cash(f"p{i + 1}", 100, 2_000_000, round(share / 6, 9)) for i in range(6)]
    prizes[0]["wins_per_player"] = 5
    return prizes


def campaign(mix):
    """Caps of every kind on. The mix without prizes has a few in a hundred million, so that its path is the same."""
    return documents.campaign(mix, six_prizes(0.2 if mix == WINS else 6e-8), budget_fen=12 * 2_000_000 * 100,
                              chances={"base": 10000, "per_day": 0}, caps={"per_day": 10000, "per_campaign": 10000})


class Ours:
    """`./dev up` of this tree with its default shards: Unix sockets, appendfsync always."""

    name = "ours"

    def __init__(self, players, workers=2):
        self.engine, self.players, self.memory_before = Engine(), players, 0
        self.socket = os.path.join(self.engine.home, "http.sock")
        os.environ.update(HONGBAO_HTTP_WORKERS=str(workers), HONGBAO_HTTP_UNIX_SOCKET=self.socket)

    def __enter__(self):
        self.engine.__enter__()
        self.engine.redis("config", "set", "auto-aof-rewrite-percentage", "0")  # its child's CPU would be nobody's
        for mix in MIXES:
            self.engine.publish(campaign(mix))
        self.url, self.tcp_url = "unix:" + self.socket, self.engine.facts["api"]
        self.tokens = self.tokens_file("player", self.players, "--session")
        pids = self.engine.facts["pids"]
        self.groups = {"front": lambda: [pids["engine"]], "redis": lambda: [pids["redis"]], "postgres": lambda: family(pids["postgres"])}
        return self

    def __exit__(self, *failure):
        self.engine.__exit__(*failure)

    def tokens_file(self, user, count, *words):
        path = os.path.join(self.engine.home, f"tokens-{user}")
        with open(path, "w") as out:
            subprocess.run([BINARY, "token", "--home", self.engine.home, "--user", user, "--count", str(count), *words], stdout=out, check=True)
        return path

    def used_memory(self):
        return int(next(line for line in self.engine.redis("info", "memory").splitlines() if line.startswith("used_memory:")).split(":")[1])

    def fill(self, mix):
        """Every player draws four times, so that each remembers four keys."""
        before = self.used_memory()
        measure.load_end(measure.load_start(self.url, self.tokens, mix, "--closed", "--connections", "256", "--count", str(4 * self.players),
                                            "--duration", "7200", users="round"), timeout=7200)
        self.engine.wait_stored(mix, 600)
        self.memory_before = before

    def bytes_per_player(self, mix):
        return (self.used_memory() - self.memory_before) / self.players

    def instructions(self, mix, connections):
        """User instructions of the engine a draw: a second node under callgrind, the slope between two counts of draws."""
        totals = [self.counted(mix, connections, draws) for draws in (4000, 12000)]
        return (totals[1] - totals[0]) / 8000

    def counted(self, mix, connections, draws):
        port, out = free_port(), os.path.join(self.engine.home, f"callgrind-{draws}")
        node = subprocess.Popen(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", BINARY, "serve", "--home", self.engine.home,
                                 f"--http.port={port}", "--http.unix_socket="], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.engine.wait_open(mix, port, 120)
            measure.load_end(measure.load_start(f"http://127.0.0.1:{port}", self.tokens, mix, "--closed", "--connections", str(connections),
                                                "--count", str(draws), "--duration", "300"))
        finally:
            node.terminate()
            node.wait(60)
        with open(out) as file:
            return int(next(line for line in file if line.startswith(("summary:", "totals:"))).split()[1])


def family(pid):
    """A process and its children: PostgreSQL has one a connection."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [pid] + [int(child) for child in file.read().split()]


class Bare(PlainRedis):
    """The peer's draw in a Redis that redis-benchmark has to itself."""

    CLIENTS = (64, 200, 512)

    def __init__(self):
        super().__init__()
        self.last = {}  # rates

    def rate(self, mix, players, seconds, clients, pipeline=1):
        """Draws a second over about so many seconds: redis-benchmark takes a count, so the time before says how many."""
        last = self.last.get((mix, clients, pipeline)) or self.counted(mix, players, 20_000, clients, pipeline)
        rate = self.last[mix, clients, pipeline] = self.counted(mix, players, int(last * seconds), clients, pipeline)
        return rate

    def counted(self, mix, players, count, clients, pipeline):
        run = subprocess.run(["redis-benchmark", "-s", self.socket, "-c", str(clients), "-P", str(pipeline), "-n", str(count), "-r", str(players),
                              "--csv", *self.draw_words(mix)], stdout=subprocess.PIPE, text=True, check=True, timeout=300)
        return float(run.stdout.strip().splitlines()[-1].split('","')[1])

    def rates(self, mix, players, seconds):
        """With each number of clients, each waiting for its answer; and with 16 draws in one write."""
        answer = {f"redis.rps_{clients}": self.rate(mix, players, seconds, clients) for clients in self.CLIENTS}
        return {**answer, "redis.pipelined_rps": self.rate(mix, players, seconds, 64, 16)}
