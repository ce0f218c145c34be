"""The names in base/crash_point.h, and a process that is told to die at one of them."""
import os
import re
import signal
import subprocess
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, "build", "points")
LIST = os.path.join(ROOT, "engine", "base", "crash_point.h")
ROW = re.compile(r'^ +X\((\w+), +"([a-z._]+)"\)', re.M)


def rows():
    """(symbol, name) of every point, in the order of the list."""
    with open(LIST, encoding="utf-8") as file:
        return ROW.findall(file.read())


def names(*groups):
    """Of these groups: what stands before the full stop."""
    return [name for _, name in rows() if name.split(".")[0] in groups]


class Victim:
    """One process at a time; `start` arms it with a point, or with none."""

    def __init__(self, command, log):
        self.command, self.log = command, log
        self.process, self.armed, self.read_to = None, None, 0

    def start(self, armed=None, passing=1, *words):
        self.armed = armed
        environment = dict(os.environ)
        environment.pop("CRASH_POINT", None)
        if armed:
            environment["CRASH_POINT"] = f"{armed}:{passing}"
        self.read_to = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([*self.command, *words], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(20)

    def died(self):
        """Has it? It must have died at its point and nowhere else."""
        status = self.process.poll()
        if status is None:
            return False
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(self.read_to)
            text = log.read()
        if self.armed is None or status != -signal.SIGKILL or f"crash_point={self.armed}\n" not in text:
            raise AssertionError(f"ended with {status}, armed with {self.armed}: {text[-2000:]}")
        return True


def until(condition, seconds, what):
    """Asks again and again; `what` may be a function that says what was seen."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)
