#!/usr/bin/python3
"""Clients that hold connections of an engine without ever being done: a third each sends its head, sends its body, or reads its
answers, by a byte every few seconds. Who is cut comes back at once, so that so many are always there.

  slow_clients.py PORT COUNT [--every SECONDS] [--ramp SECONDS] [--page PATH] [--kinds head,body,read]

Each line on stdin is answered by one JSON line: {"connected", "least" (since the question before), "opened", "cut", "heard"
(status lines by count), "cpu_s"}; the end of stdin ends it.

It gives way to everything else on the machine (nice 10): attackers have machines of their own.
"""
import argparse
import collections
import errno
import heapq
import json
import os
import random
import resource
import select
import socket
import sys
import time

HEAD = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: "
BODY = b"POST /v1/campaigns/spring/draws HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{"
READ = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
PIPELINED = 40      # answers asked for by one that does not take them: more than the kernel keeps on the way
READ_WINDOW = 2048  # of one that does not read: bytes its side of the connection holds
READ_BYTES = 1
ADDRESSES = 50      # 127.0.0.2 ...: strangers do not share one address, nor run out of its ports


class Client:
    __slots__ = ("socket", "kind", "turn", "is_open")

    def __init__(self, kind):
        self.kind, self.turn, self.is_open, self.socket = kind, 0, False, None


class Crowd:
    def __init__(self, args):
        self.args, self.poll, self.due, self.clients = args, select.epoll(), [], {}
        self.random = random.Random(1)
        self.connected = self.least = self.opened = self.cut = self.turns = 0
        self.heard = collections.Counter()
        self.starts = {"head": (HEAD, b"x"), "body": (BODY, b" "), "read": (READ % args.page.encode() * PIPELINED, None)}
        now, kinds = time.monotonic(), args.kinds.split(",")
        for i in range(args.count):
            self.plan(Client(kinds[i % len(kinds)]), now + args.ramp * i / args.count)

    def plan(self, client, at):
        """Its next turn."""
        self.turns += 1
        client.turn = self.turns
        heapq.heappush(self.due, (at, client.turn, client))

    def open(self, client):
        client.socket = socket.socket()
        client.socket.setblocking(False)
        if client.kind == "read":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_WINDOW)
        client.socket.bind((f"127.0.0.{2 + self.opened % ADDRESSES}", 0))
        failed = client.socket.connect_ex(("127.0.0.1", self.args.port))
        if failed not in (0, errno.EINPROGRESS):
            raise OSError(failed, os.strerror(failed))
        client.turn = 0  # what the last connection had planned is void
        self.opened += 1
        self.clients[client.socket.fileno()] = client
        self.poll.register(client.socket, select.EPOLLOUT)

    def began(self, client):
        client.is_open = True
        self.connected += 1
        client.socket.send(self.starts[client.kind][0])
        # What one that does not read could read is no news.
        self.poll.modify(client.socket, select.EPOLLRDHUP if client.kind == "read" else select.EPOLLIN)
        self.plan(client, time.monotonic() + self.args.every * self.random.uniform(0.5, 1.5))

    def ended(self, client):
        self.cut += 1
        if client.is_open:
            client.is_open = False
            self.connected -= 1
            self.least = min(self.least, self.connected)
        del self.clients[client.socket.fileno()]
        client.socket.close()
        self.open(client)

    def step(self, client):
        if client.kind == "read":
            return len(client.socket.recv(READ_BYTES)) > 0
        client.socket.send(self.starts[client.kind][1])
        return True

    def turn(self, client):
        if client.socket is None:
            self.open(client)
            return
        try:
            goes_on = self.step(client)
        except BlockingIOError:
            goes_on = True
        except OSError:
            goes_on = False
        if goes_on:
            self.plan(client, time.monotonic() + self.args.every)
        else:
            self.ended(client)

    def event(self, client, what):
        try:
            if what & select.EPOLLOUT and not client.is_open and not what & (select.EPOLLERR | select.EPOLLHUP):
                self.began(client)
                return
            if what & select.EPOLLIN:
                self.heard[client.socket.recv(4096)[:12].decode(errors="replace")] += 1
        except OSError:
            pass
        self.ended(client)  # whatever it says, it is over

    def answer(self):
        """False at the end of stdin."""
        if os.read(0, 4096) == b"":
            return False
        told = {"connected": self.connected, "least": self.least, "opened": self.opened, "cut": self.cut, "heard": self.heard,
                "cpu_s": time.process_time()}
        self.least = self.connected
        print(json.dumps(told), flush=True)
        return True

    def run(self):
        self.poll.register(0, select.EPOLLIN)
        while True:
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                _, turn, client = heapq.heappop(self.due)
                if turn == client.turn:
                    self.turn(client)
            for fd, what in self.poll.poll(0.01 if self.due else 1):
                if fd == 0:
                    if not self.answer():
                        return
                elif fd in self.clients:
                    self.event(self.clients[fd], what)
            time.sleep(0.005)  # what comes meanwhile is served together: few turns, little CPU


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--every", type=float, default=5)
    parser.add_argument("--ramp", type=float, default=10)
    parser.add_argument("--page", default="/")
    parser.add_argument("--kinds", default="head,body,read")
    args = parser.parse_args()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if files < args.count + 50:
        sys.exit(f"{args.count} clients need as many open files; the limit is {files}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.nice(10)
    Crowd(args).run()


if __name__ == "__main__":
    main()
