"""Rounds of measurements on a machine that other work shares: one load run, CPU and system calls of processes, medians.

Rates swing with the neighbours; CPU time per draw less; ratios within one round least. So contestants take turns inside a
round, and a figure is the median over rounds of what was measured side by side.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
LOAD = os.path.join(os.environ.get("TEST_BUILD", os.path.join(ROOT, "build", "release")), "loadtest", "hongbao-load")
SPREAD_MAX, REPEATS_MAX = 0.25, 5
TICKS_S = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, file=sys.stderr, flush=True)


def cpu_s(pids):
    """CPU seconds that these processes have used, their threads included."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_S


class Meter:
    """CPU of named groups of processes between start() and per(count)."""

    def __init__(self, groups):
        self.groups, self.before = groups, {}

    def start(self):
        self.before = {name: cpu_s(pids()) for name, pids in self.groups.items()}

    def per(self, count):
        """Microseconds of each group for one of `count` things."""
        return {name + "_us": (cpu_s(pids()) - self.before[name]) * 1e6 / count for name, pids in self.groups.items()}


def load_start(url, tokens, campaign, *words, users="random"):
    """hongbao-load in the background; `load_end` answers its report."""
    report = tempfile.NamedTemporaryFile(prefix="hongbao-bench-", suffix=".json", delete=False).name
    process = subprocess.Popen([LOAD, "--tokens", tokens, "--campaign", campaign, "--users", users, "--quiet", "--json", report, *words, url],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return process, report


def load_end(started, timeout=600):
    process, path = started
    try:
        _, err = process.communicate(timeout=timeout)
        if process.returncode != 0:
            raise SystemExit(f"hongbao-load answered {process.returncode}: {err}")
        with open(path) as file:
            report = json.load(file)
    finally:
        if process.poll() is None:
            process.kill()
        os.unlink(path)
    totals = report["totals"]
    if totals["errors"] or totals["refused"] or totals["lost"] or totals["retries"]:
        raise SystemExit(f"not every draw was answered at once: {totals}")
    return report


def closed(contestant, mix, connections, seconds, seed, tcp=False):
    """Closed loop: what a draw costs, how many there are a second, how long they take. The first second only warms up."""
    url, words = contestant.tcp_url if tcp else contestant.url, ("--closed", "--connections", str(connections))
    load_end(load_start(url, contestant.tokens, mix, *words, "--duration", "1", "--seed", str(seed + 1)))
    meter = Meter(contestant.groups)
    meter.start()
    report = load_end(load_start(url, contestant.tokens, mix, *words, "--duration", str(seconds), "--seed", str(seed)))
    done = report["totals"]["done"]
    figures = meter.per(done)
    figures["draw_us"] = figures["front_us"] + figures["redis_us"]
    figures.update(rps=report["rate_per_s"], p50_ms=report["sent"]["p50_ms"], p99_ms=report["sent"]["p99_ms"])
    return figures


def system_calls(contestant, mix, connections, count, seed):
    """System calls of the front a draw, by the kernel's tracepoint; where that is not allowed by strace, which slows what it counts."""
    pids = ",".join(str(pid) for pid in contestant.groups["front"]())
    with tempfile.NamedTemporaryFile("r", prefix="hongbao-bench-") as out:
        counter = ["perf", "stat", "-x,", "-o", out.name, "-e", "raw_syscalls:sys_enter"]
        if shutil.which("perf") is None or subprocess.run([*counter, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            counter = ["strace", "-f", "-c", "-o", out.name]
        tracer = subprocess.Popen([*counter, "-p", pids], stderr=subprocess.DEVNULL)
        time.sleep(1)
        load_end(load_start(contestant.url, contestant.tokens, mix, "--closed", "--connections", str(connections), "--seed", str(seed),
                            "--count", str(count), "--duration", "300"))
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)
        return counted_calls(out.read(), counter[0]) / count


def counted_calls(text, tool):
    if tool == "perf":
        return int(next(line for line in text.splitlines() if "raw_syscalls" in line).split(",")[0])
    return int(next(line for line in text.splitlines() if line.endswith(" total")).split()[3])


def spread(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def medians(rounds, key, ask, progress=say):
    """`rounds` answers of ask(number): dicts. While the spread of `key` over them is above 25 %, the farthest is asked for again."""
    answers, repeats = [], 0
    while len(answers) < rounds:
        answers.append(ask(len(answers) + repeats))
        values = [answer[key] for answer in answers]
        progress(f"    round {len(answers) + repeats}: {key} {values[-1]:.3f}")
        if len(answers) == rounds and spread(values) > SPREAD_MAX and repeats < REPEATS_MAX:
            middle = statistics.median(values)
            answers.pop(max(range(rounds), key=lambda i: abs(values[i] - middle)))
            repeats += 1
    result = {name: statistics.median(answer[name] for answer in answers) for name in answers[0]}
    result["spread"], result["repeated"] = spread([answer[key] for answer in answers]), repeats
    return result
