#!/usr/bin/python3
"""A server of known delays for tests of hongbao-load: answers draws, each after a delay that it writes down.

  load_echo.py [--delay LOW:HIGH] [--stall-at N --stall SECONDS] [--busy-every N] [--drop-every N]

Delays in milliseconds are spread evenly over LOW..HIGH, without chance. At request N the whole server stands still.
Every Nth new key is answered 503 with Retry-After: 1, or its connection is closed, once. Prints "ready PORT"; at
SIGTERM one JSON line: {"delays_ms": [as served], "attempts": {key: [seconds]}}.
"""
import argparse
import asyncio
import json
import signal
import time

GOLDEN = 0.6180339887498949


class Echo:
    def __init__(self, args):
        self.args = args
        self.low, self.high = (float(part) for part in args.delay.split(":"))
        self.requests, self.delays, self.attempts, self.answers, self.writers = 0, [], {}, {}, set()

    def delay_s(self):
        self.requests += 1
        return (self.low + (self.high - self.low) * (self.requests * GOLDEN % 1)) / 1000

    def trouble(self, key):
        """What happens to the first attempt of this key."""
        if len(self.attempts[key]) > 1:
            return None
        number = len(self.attempts)
        if self.args.drop_every and number % self.args.drop_every == 0:
            return "drop"
        return "busy" if self.args.busy_every and number % self.args.busy_every == 0 else None

    def draw(self, key):
        """The stored answer of this key, and whether it was there already."""
        replayed = key in self.answers
        if not replayed:
            number, user = len(self.answers) + 1, int(key.split("-")[1])
            self.answers[key] = json.dumps({"draw_id": f"{user:032x}-{number}", "draw_no": number, "outcome": "none",
                                            "prize": None, "chances_left": 5})
        return self.answers[key], replayed

    async def answer(self, key, arrived, writer):
        self.attempts.setdefault(key, []).append(arrived)
        delay = self.delay_s()
        trouble = self.trouble(key)
        if self.requests == self.args.stall_at:
            time.sleep(self.args.stall)
        if trouble == "busy":
            writer.write(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 21\r\n\r\n{\"code\":\"overloaded\"}")
            return True
        body, replayed = self.draw(key)
        await asyncio.sleep(arrived + delay - time.monotonic())
        if trouble == "drop":
            return False
        extra = "Idempotency-Replayed: true\r\n" if replayed else ""
        writer.write(f"HTTP/1.1 201 Created\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        self.delays.append((time.monotonic() - arrived) * 1000)
        return True

    async def connection(self, reader, writer):
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                arrived = time.monotonic()
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
                if not await self.answer(fields.get("Idempotency-Key", "x-0-0"), arrived, writer):
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def run(self):
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        server = await asyncio.start_server(self.connection, "127.0.0.1", 0, backlog=1024)
        print("ready", server.sockets[0].getsockname()[1], flush=True)
        await stop.wait()
        server.close()
        for writer in list(self.writers):
            writer.close()
        await asyncio.sleep(0.05)
        print(json.dumps({"delays_ms": self.delays, "attempts": self.attempts}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", default="1:1")
    parser.add_argument("--stall-at", type=int, default=0)
    parser.add_argument("--stall", type=float, default=2.0)
    parser.add_argument("--busy-every", type=int, default=0)
    parser.add_argument("--drop-every", type=int, default=0)
    asyncio.run(Echo(parser.parse_args()).run())


if __name__ == "__main__":
    main()
