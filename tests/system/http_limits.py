#!/usr/bin/python3
"""Limits of the HTTP server: slow clients, ceilings, descriptors, storms, drain, TLS, files.

    http_limits.py HTTP_ECHO [NAME...]

HTTP_ECHO is the binary of tests/support/http_echo.c. Prints a line per check, exits 1 when one failed.
"""

import os
import resource
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HELLO = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
BIG = b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
ECHO = None


class Server:
    def __init__(self, *flags, nofile=None):
        def limit():
            if nofile:
                resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))

        self.process = subprocess.Popen([ECHO, *map(str, flags)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=limit)
        line = self.process.stdout.readline().split()
        assert line[:1] == [b"ready"], self.process.stderr.read()
        self.port = int(line[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(20)
        errors = self.process.stderr.read().decode()
        assert code == 0, f"exit {code}: {errors[-2000:]}"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def cpu_s(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def until(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come"
        time.sleep(0.01)


def all_of(sock, seconds=10):
    sock.settimeout(seconds)
    data = b""
    while True:
        try:
            got = sock.recv(1 << 20)
        except ConnectionError:
            return data + b"[reset]"
        if not got:
            return data
        data += got


def answer(sock):
    """One answer: (status, body)."""
    data = b""
    while b"\r\n\r\n" not in data:
        got = sock.recv(65536)
        if not got:
            raise ConnectionError(f"closed after {data!r}")
        data += got
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    size = int(fields.get(b"content-length", 0))
    while len(body) < size:
        got = sock.recv(65536)
        if not got:
            raise ConnectionError("closed in a body")
        body += got
    return int(head.split()[1]), body, fields


def trickle(server, start, piece, pause, seconds=5):
    """Sends start, then piece again and again, until the server ends it: (what it said, how long it took)."""
    with server.connect() as sock:
        began = time.monotonic()
        sock.sendall(start)
        while time.monotonic() - began < seconds:
            if select.select([sock], [], [], pause)[0]:
                break
            try:
                sock.sendall(piece)
            except ConnectionError:
                break
        took = time.monotonic() - began
        return all_of(sock), took


def check_trickled_head():
    with Server("--request-ms", 500) as server:
        said, took = trickle(server, b"GET /hello HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n", 0.05)
        assert said.startswith(b"HTTP/1.1 408 ") and 0.45 < took < 1.2, (said, took)
        assert b"Connection: close" in said


def check_trickled_body():
    with Server("--request-ms", 500) as server:
        said, took = trickle(server, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n", b"x", 0.05)
        assert said.startswith(b"HTTP/1.1 408 ") and 0.45 < took < 1.2, (said, took)


def check_trickled_chunks():
    with Server("--request-ms", 500) as server:
        start = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        said, took = trickle(server, start, b"1\r\nx\r\n", 0.05)
        assert said.startswith(b"HTTP/1.1 408 ") and 0.45 < took < 1.2, (said, took)


def check_trickle_behind_a_pipeline():
    """Whole requests in front must not set back the clock of the one that trickles."""
    with Server("--request-ms", 500) as server:
        said, took = trickle(server, HELLO + b"GET /hello HT", b"T", 0.05)
        assert took < 0.2 and said.count(b"HTTP/1.1 200") == 1  # the first answer comes at once
        with server.connect() as sock:
            began = time.monotonic()
            sock.sendall(HELLO + b"GET /he")
            said = all_of(sock)
            assert b" 408 " in said and 0.45 < time.monotonic() - began < 1.2, said


def check_idle():
    with Server("--idle-ms", 300) as server, server.connect() as sock:
        sock.sendall(HELLO)
        assert answer(sock)[0] == 200
        began = time.monotonic()
        assert all_of(sock) == b"" and 0.2 < time.monotonic() - began < 1


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
        until(lambda: server.descriptors() < 12, 8)
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
            time.sleep(0.02)
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
        time.sleep(0.2)
        with server.connect() as sock:
            sock.sendall(HELLO)
            assert answer(sock)[0] == 200


def check_half_closed_client():
    with Server() as server, server.connect() as sock:
        sock.sendall(SLOW + HELLO)
        sock.shutdown(socket.SHUT_WR)
        time.sleep(0.02)
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
        time.sleep(0.1)
        with server.connect() as sock:
            sock.sendall(HELLO)
            assert answer(sock)[0] == 200


def check_out_of_descriptors():
    with Server(nofile=32) as server:
        held = [server.connect() for _ in range(80)]
        for sock in held:
            sock.sendall(HELLO)
        time.sleep(0.5)
        cpu = server.cpu_s()
        time.sleep(1)
        assert server.cpu_s() - cpu < 0.1, "it spins"
        served = 0
        while held:  # each that goes makes room for one that waits
            ready = select.select(held, [], [], 3)[0]
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
        super().__init__()
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
                    if not self.talk(sock):
                        return
        except OSError as error:
            self.failed, self.why = 1, repr(error)

    def talk(self, sock):
        while True:
            sock.sendall(self.request)
            status, _, fields = answer(sock)
            assert status == 200
            self.done += 1
            if fields.get(b"connection") == b"close" or not self.keep:
                return True


def check_drain_under_load():
    for _ in range(3):
        with Server("--drain-ms", 5000) as server:
            close = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            loads = [Load(server, request, keep) for _ in range(4)
                     for request, keep in ((HELLO, True), (close, False), (SLOW, True), (HELLO, False))]
            idle = server.connect()
            for load in loads:
                load.start()
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            for load in loads:
                load.join(10)
            server.process.wait(6)
            took = time.monotonic() - began
            assert not any(load.failed for load in loads), [load.why for load in loads if load.failed]
            assert all(load.done > 0 for load in loads) and took < 4, took
            assert all_of(idle) == b""


def check_drain_gives_up():
    with Server("--drain-ms", 400, "--write-ms", 60000) as server, server.connect() as sock:
        sock.sendall(BIG * 8)
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        server.process.wait(3)
        assert 0.3 < time.monotonic() - began < 1.5


def certificate(folder):
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    return cert, key


def tls_client(server, low, high):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version, context.maximum_version = low, high
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context.wrap_socket(server.connect())


def check_tls():
    version = ssl.TLSVersion
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        with Server("--cert", cert, "--key", key, "--request-ms", 500) as server:
            for each in (version.TLSv1_2, version.TLSv1_3):
                with tls_client(server, each, each) as sock:
                    assert sock.selected_alpn_protocol() == "http/1.1"
                    body = os.urandom(60000)
                    sock.sendall(HELLO * 20 + b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + body)
                    for _ in range(20):
                        assert_hello(sock)
                    sock.sendall(SLOW + BIG)
                    said = b""
                    while len(said) < (1 << 20) + 60000:
                        said += sock.recv(1 << 16)
                    assert body in said and b"slow" in said
            try:
                tls_client(server, version.TLSv1, version.TLSv1_1)
                raise AssertionError("TLS 1.1 was accepted")
            except (ssl.SSLError, ConnectionError):
                pass
            with server.connect() as sock:
                sock.sendall(HELLO)
                assert b"HTTP/1.1 200" not in all_of(sock)
            said, took = trickle(server, b"\x16\x03\x01\x02", b"\x00", 0.1)
            assert took < 1.5, took
            with tls_client(server, version.TLSv1_2, version.TLSv1_3) as sock:
                sock.sendall(b"GET /hello HTTP/1.1\r\nHost : a\r\n\r\n")
                assert all_of(sock).startswith(b"HTTP/1.1 400")


def assert_hello(sock):
    data = b""
    while not data.endswith(b'{"ok":true,"prize":1234}'):
        data += sock.recv(1)


def check_files():
    with tempfile.TemporaryDirectory() as folder:
        site = os.path.join(folder, "site")
        os.makedirs(os.path.join(site, "assets"))
        for name, text in (("site/index.html", "<p>hi"), ("site/assets/a.js", "1" * 300000), ("site/.secret", "x"),
                           ("outside.txt", "x")):
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        os.symlink("../outside.txt", os.path.join(site, "link.txt"))
        with Server("--static", site) as server, server.connect() as sock:
            def ask(path, fields=b"", method=b"GET"):
                sock.sendall(method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n")
                return answer(sock)

            status, body, fields = ask(b"/")
            assert status == 200 and body == b"<p>hi" and fields[b"content-type"] == b"text/html; charset=utf-8"
            assert fields[b"content-security-policy"].startswith(b"default-src 'self'")
            assert fields[b"x-content-type-options"] == b"nosniff" and b"referrer-policy" in fields
            etag = fields[b"etag"]
            assert ask(b"/", b"If-None-Match: " + etag + b"\r\n")[0] == 304
            assert ask(b"/index.html", b'If-None-Match: "x", W/' + etag + b"\r\n")[0] == 304
            status, body, fields = ask(b"/assets/a.js")
            assert status == 200 and len(body) == 300000 and b"immutable" in fields[b"cache-control"]
            for path in (b"/../outside.txt", b"/%2e%2e/outside.txt", b"/..%2foutside.txt", b"/link.txt", b"/.secret",
                         b"/assets", b"/assets/../index.html", b"//index.html", b"/assets/%2e%2e/index.html"):
                assert ask(path)[0] == 404, path
            assert ask(b"/", b"Content-Length: 0\r\n", b"POST")[0] == 405
        with Server("--static", site) as server, server.connect() as sock:
            sock.sendall(b"GET /assets/a.js HTTP/1.1\r\nHost: a\r\n\r\n" * 5 +
                         HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            said = all_of(sock)
            assert said.count(b"HTTP/1.1 200") == 6 and len(said) > 1500000


def check_forwarded():
    def who(server, fields):
        with server.connect() as sock:
            sock.sendall(b"GET /who HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n")
            return answer(sock)[1]

    forwarded = b"X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nX-Forwarded-For: 10.1.1.1\r\n"
    with Server() as server:
        assert who(server, forwarded) == b"127.0.0.1"
    with Server("--proxies", "127.0.0.0/8, 10.0.0.0/8") as server:
        assert who(server, forwarded) == b"198.51.100.7"
        assert who(server, b"") == b"127.0.0.1"
        assert who(server, b"X-Forwarded-For: garbage, 10.1.1.1\r\n") == b"10.1.1.1"


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
        assert each < 2.5 or "asan" in ECHO, each
        for sock in socks:
            sock.close()


def main(argv):
    global ECHO
    if len(argv) < 2:
        sys.exit(__doc__)
    ECHO = argv[1]
    names = argv[2:] or [name[6:] for name in globals() if name.startswith("check_")]
    failed = 0
    for name in names:
        try:
            globals()["check_" + name]()
            print(f"ok      {name}", flush=True)
        except Exception as error:  # a check that fails must not hide the next one
            failed += 1
            print(f"not ok  {name}: {type(error).__name__} {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
