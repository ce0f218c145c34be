#!/usr/bin/python3
"""Limits of the HTTP server: slow clients, ceilings, descriptors, storms, drain.

    http_limits.py HTTP_ECHO [NAME...]

HTTP_ECHO is the binary of tests/support/http_echo.c. Prints a line per check, exits 1 when one failed.
"""
import os
import resource
import select
import signal
import socket
import sys
import threading
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from http_server import BIG, HELLO, SLOW, Server, all_of, answer, run_checks, trickle  # noqa: E402
from waiting import wait  # noqa: E402

LATE = 3  # s; what a limit of half a second has cut by then on a slow machine, and what a trickle that nobody cuts outlives


def check_trickled_head():
    with Server("--request-ms", 500) as server:
        said, took = trickle(server, b"GET /hello HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n", 0.05)
        assert said.startswith(b"HTTP/1.1 408 ") and 0.45 < took < LATE, (said, took)
        assert b"Connection: close" in said


def check_trickled_body():
    with Server("--request-ms", 500) as server:
        said, took = trickle(server, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n", b"x", 0.05)
        assert said.startswith(b"HTTP/1.1 408 ") and 0.45 < took < LATE, (said, took)


def check_trickled_chunks():
    with Server("--request-ms", 500) as server:
        start = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        said, took = trickle(server, start, b"1\r\nx\r\n", 0.05)
        assert said.startswith(b"HTTP/1.1 408 ") and 0.45 < took < LATE, (said, took)


def check_trickle_behind_a_pipeline():
    """Whole requests in front must not set back the clock of the one that trickles."""
    with Server("--request-ms", 500) as server:
        said, took = trickle(server, HELLO + b"GET /hello HT", b"T", 0.05)
        assert took < 0.4 and said.count(b"HTTP/1.1 200") == 1, (said, took)  # the first answer comes at once
        with server.connect() as sock:
            began = time.monotonic()
            sock.sendall(HELLO + b"GET /he")
            said = all_of(sock)
            assert b" 408 " in said and 0.45 < time.monotonic() - began < LATE, said


def check_idle():
    with Server("--idle-ms", 300) as server, server.connect() as sock:
        sock.sendall(HELLO)
        assert answer(sock)[0] == 200
        began = time.monotonic()
        assert all_of(sock) == b"" and 0.2 < time.monotonic() - began < LATE


def check_client_that_does_not_read():
    with Server("--write-ms", 500) as server:
        before = server.rss_kb()
        socks = [server.connect() for _ in range(10)]
        began = time.monotonic()
        for sock in socks:
            sock.setblocking(False)
            try:
                while True:
                    sock.send(BIG * 100)
            except BlockingIOError:
                pass
        wait(lambda: server.descriptors() < 12, "they are cut")
        assert time.monotonic() - began > 0.45
        assert server.rss_kb() - before < 40000, server.rss_kb() - before
        for sock in socks:
            sock.close()


def check_client_that_reads_slowly():
    with Server("--write-ms", 500) as server, server.connect() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        sock.sendall(BIG * 6 + HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        got = 0
        while True:
            data = sock.recv(131072)
            if not data:
                break
            got += len(data)
            time.sleep(0.02)  # that is how slowly
        assert got > 6 << 20, got


def check_order_behind_a_slow_answer():
    with Server() as server, server.connect() as sock:
        sock.sendall((SLOW + HELLO) * 3 + SLOW)
        bodies = []
        while len(bodies) < 7:
            sock.settimeout(5)
            data = sock.recv(65536)
            bodies += [b"slow" if b"slow" in part else b"fast" for part in data.split(b"HTTP/1.1 200")[1:]]
        assert bodies == [b"slow", b"fast"] * 3 + [b"slow"], bodies


def check_client_gone_while_waiting():
    with Server() as server:
        for _ in range(50):
            with server.connect() as sock:
                sock.sendall(SLOW + HELLO)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with server.connect() as sock:
            sock.sendall(SLOW)  # answered after all of theirs were due
            assert answer(sock)[0] == 200


def check_half_closed_client():
    with Server() as server, server.connect() as sock:
        sock.sendall(SLOW + HELLO)
        sock.shutdown(socket.SHUT_WR)
        time.sleep(0.02)  # by then it has seen the end of what we say
        cpu = server.cpu_s()
        said = all_of(sock)
        assert said.count(b"HTTP/1.1 200") == 2, said
        assert server.cpu_s() - cpu < 0.03


def check_answer_survives_a_flood():
    """A client still sending when it is refused sees the refusal, not a reset."""
    for _ in range(5):
        with Server() as server, server.connect() as sock:
            sock.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 180000\r\n\r\n" + b"x" * 150000)
            said = all_of(sock)
            assert said.startswith(b"HTTP/1.1 413 ") and b"[reset]" not in said, said[-200:]


def is_served(server):
    with server.connect() as sock:
        sock.sendall(HELLO)
        return answer(sock)[0] == 200


def check_connections_max():
    with Server("--connections", 5) as server:
        held = [server.connect() for _ in range(5)]
        for sock in held:
            sock.sendall(HELLO)
            assert answer(sock)[0] == 200
        with server.connect() as sock:
            sock.sendall(HELLO)
            said = all_of(sock)
            assert b" 503 " in said and b"Retry-After" in said, said
        held.pop().close()
        wait(lambda: is_served(server), "there is room again")


def check_out_of_descriptors():
    with Server(nofile=32) as server:
        held = [server.connect() for _ in range(80)]
        for sock in held:
            sock.sendall(HELLO)
        time.sleep(0.5)  # by then it has run out of them
        cpu = server.cpu_s()
        time.sleep(1)  # what one second costs
        assert server.cpu_s() - cpu < 0.1, "it spins"
        served = 0
        while held:  # each that goes makes room for one that waits
            ready = select.select(held, [], [], 10)[0]
            assert ready, f"{len(held)} are never served"
            for sock in ready:
                assert answer(sock)[0] == 200
                served += 1
                sock.close()
                held.remove(sock)
        assert served == 80


def check_accept_storm():
    with Server() as server:
        poll, socks, began = select.epoll(), {}, time.monotonic()
        for _ in range(2000):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", server.port))
            poll.register(sock, select.EPOLLOUT)
            socks[sock.fileno()] = sock
        left = len(socks)
        while left:
            assert time.monotonic() - began < 10, f"{left} left"
            for fd, event in poll.poll(1):
                if event & select.EPOLLOUT:
                    socks[fd].send(HELLO)
                    poll.modify(fd, select.EPOLLIN)
                else:
                    assert socks[fd].recv(4096).startswith(b"HTTP/1.1 200")
                    poll.unregister(fd)
                    left -= 1
        assert time.monotonic() - began < 3
        for sock in socks.values():
            sock.close()


class Load(threading.Thread):
    """Requests without end; stops by itself when told to close or when nobody listens any more."""

    def __init__(self, server, request, keep):
        super().__init__(daemon=True)
        self.server, self.request, self.keep = server, request, keep
        self.done, self.failed, self.why = 0, 0, ""

    def run(self):
        try:
            while True:
                try:
                    sock = self.server.connect()
                except ConnectionRefusedError:
                    return  # the listener has gone: that is no failed request
                with sock:
                    self.talk(sock)
        except OSError as error:
            self.failed, self.why = 1, repr(error)

    def talk(self, sock):
        while True:
            sock.sendall(self.request)
            status, _, fields = answer(sock)
            assert status == 200
            self.done += 1
            if fields.get(b"connection") == b"close" or not self.keep:
                return


def check_drain_under_load():
    for _ in range(3):
        with Server("--drain-ms", 5000) as server:
            close = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            loads = [Load(server, request, keep) for _ in range(4)
                     for request, keep in ((HELLO, True), (close, False), (SLOW, True), (HELLO, False))]
            idle = server.connect()
            for load in loads:
                load.start()
            wait(lambda: all(load.done > 0 or load.failed for load in loads), "every load is under way")
            server.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            for load in loads:
                load.join(10)
            server.process.wait(6)
            took = time.monotonic() - began
            assert not any(load.failed for load in loads), [load.why for load in loads if load.failed]
            assert took < 4, took
            assert all_of(idle) == b""


def check_drain_gives_up():
    with Server("--drain-ms", 400, "--write-ms", 60000) as server, server.connect() as sock:
        sock.sendall(BIG * 8)
        assert select.select([sock], [], [], 10)[0], "it does not begin to answer"
        server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        server.process.wait(10)
        assert 0.3 < time.monotonic() - began < LATE


def check_idle_memory():
    with Server() as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        with server.connect() as sock:
            sock.sendall(HELLO)
            answer(sock)
        before = server.rss_kb()
        socks = []
        for _ in range(1500):
            sock = server.connect()
            sock.sendall(HELLO)
            answer(sock)
            socks.append(sock)
        each = (server.rss_kb() - before) / len(socks)
        print(f"  idle connection: {each:.2f} KB")
        assert each < 2.5 or "asan" in Server.binary, each
        for sock in socks:
            sock.close()


if __name__ == "__main__":
    sys.exit(run_checks(sys.argv, __doc__, dict(globals())))
