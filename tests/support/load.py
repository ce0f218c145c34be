"""hongbao-load in the background: started, stopped, and what it was told."""
import datetime
import json
import os
import signal
import subprocess

from engine import ROOT

LOAD = os.environ.get("TEST_LOAD", os.path.join(os.environ.get("TEST_BUILD", os.path.join(ROOT, "build", "release")), "loadtest", "hongbao-load"))


class Load:
    """The name is the run's id, so a second run with the same name and tokens asks with the same keys."""

    def __init__(self, engine, campaign, name, users, port=None):
        """users: how many players, each with a session of its own, or somebody else's Load, for the same players."""
        self.engine, self.campaign, self.name = engine, campaign, name
        self.port = port or engine.port
        self.tokens_file = users.tokens_file if isinstance(users, Load) else self.path("tokens")
        if not isinstance(users, Load):
            with open(self.tokens_file, "w") as out:
                out.write(engine.hongbao("token", "--user", name, "--count", str(users), "--session").stdout)
        self.process, self.seen, self.counted = None, 0, 0

    def path(self, suffix):
        return os.path.join(self.engine.home, f"load-{self.name}-{suffix}")

    @property
    def outcomes(self):
        return self.path("outcomes")

    def tokens(self):
        with open(self.tokens_file) as file:
            return file.read().split()

    def command(self, *words, again=False):
        return [LOAD, "--quiet", "--campaign", self.campaign, "--tokens", self.tokens_file, "--run-id", self.name,
                "--json", self.path("report-again" if again else "report"), "--outcomes", self.path("again" if again else "outcomes"),
                *words, f"http://127.0.0.1:{self.port}"]

    def start(self, *words):
        with open(self.path("log"), "w") as log:
            self.process = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.engine.wait(lambda: os.path.exists(self.outcomes) or self.process.poll() is not None, 60, "the load has begun")
        if self.process.poll() is not None:
            raise AssertionError(f"the load did not begin: {self.log()}")
        return self

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def told(self):
        """How many draws have ended."""
        with open(self.outcomes, "rb") as file:
            file.seek(self.seen)
            while chunk := file.read(1 << 20):
                self.seen += len(chunk)
                self.counted += chunk.count(b"\n")
        return self.counted

    def lines(self):
        with open(self.outcomes) as file:
            return [json.loads(line) for line in file]

    def go_on(self, draws, seconds=60, what="draws go on"):
        target = self.told() + draws
        self.engine.wait(lambda: self.told() >= target or self.process.poll() is not None, seconds, what)
        if self.told() < target:
            raise AssertionError(f"the load has ended: {self.log()}")

    def log(self):
        with open(self.path("log")) as file:
            return file.read()[-2000:]

    def stop(self, seconds=30):
        """No new draws; those under way have two seconds."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.finish(seconds)

    def finish(self, seconds):
        status = self.process.wait(seconds)
        if status not in (0, 1, 3):
            raise AssertionError(f"hongbao-load answered {status}: {self.log()}")
        return self.report()

    def report(self, again=False):
        with open(self.path("report-again" if again else "report")) as file:
            return json.load(file)

    def run(self, *words, seconds=600, again=False):
        """In the foreground. again: what it is told goes to files of its own."""
        run = subprocess.run(self.command(*words, again=again), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=seconds)
        if run.returncode not in (0, 1):
            raise AssertionError(f"hongbao-load answered {run.returncode}: {run.stdout}")
        return self.report(again)

    def began_s(self):
        """Wall time of at_us 0 of its outcomes."""
        report = self.report()
        return datetime.datetime.strptime(report["started_at"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
