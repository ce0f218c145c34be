"""The server under test, tests/support/http_echo.c, and clients of it down to the byte."""
import os
import resource
import select
import socket
import subprocess
import sys
import time

HELLO = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
BIG = b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n"


class Server:
    binary = None  # of tests/support/http_echo.c

    def __init__(self, *flags, nofile=None):
        def limit():
            if nofile:
                resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))

        self.process = subprocess.Popen([Server.binary, *map(str, flags)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=limit)
        line = self.process.stdout.readline().split()
        assert line[:1] == [b"ready"], self.process.stderr.read()
        self.port = int(line[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        errors = self.process.stderr.read().decode()
        assert code == 0, f"exit {code}: {errors[-2000:]}"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


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


def answer(sock, piece=65536):
    """One answer: (status, body, fields). By pieces of one byte nothing of the next is taken."""
    data = b""
    while b"\r\n\r\n" not in data:
        got = sock.recv(piece)
        if not got:
            raise ConnectionError(f"closed after {data!r}")
        data += got
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    size = int(fields.get(b"content-length", 0))
    while len(body) < size:
        got = sock.recv(min(piece, size - len(body)))
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


def run_checks(argv, usage, checks):
    """Calls each check_* of a program, or those that are named: a line a check, exit status 1 when one failed."""
    if len(argv) < 2:
        sys.exit(usage)
    Server.binary = argv[1]
    failed = 0
    for name in argv[2:] or [name[6:] for name in checks if name.startswith("check_")]:
        try:
            checks["check_" + name]()
            print(f"ok      {name}", flush=True)
        except Exception as error:  # a check that fails must not hide the next one
            failed += 1
            print(f"not ok  {name}: {type(error).__name__} {error}", flush=True)
    return 1 if failed else 0
