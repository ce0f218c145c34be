#!/usr/bin/python3
"""What the HTTP server does besides requests and answers: TLS, files, the address of a client behind proxies.

    http_faces.py HTTP_ECHO [NAME...]

HTTP_ECHO is the binary of tests/support/http_echo.c. Prints a line per check, exits 1 when one failed.
"""
import os
import socket
import ssl
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from http_server import BIG, HELLO, SLOW, Server, all_of, answer, run_checks, trickle  # noqa: E402


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
                        assert answer(sock, 1)[1] == b'{"ok":true,"prize":1234}'
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


def check_unix_socket():
    def ask(path, request=HELLO):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(path)
            sock.sendall(request)
            return answer(sock)[1]

    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        path = os.path.join(folder, "http.sock")
        with Server("--unix", path, "--proxies", "unix", "--cert", cert, "--key", key) as server:
            assert os.stat(path).st_mode & 0o777 == 0o660
            assert all(ask(path) == b'{"ok":true,"prize":1234}' for _ in range(200))
            who = b"GET /who HTTP/1.1\r\nHost: a\r\n%s\r\n"
            assert ask(path, who % b"") == b"unix"
            assert ask(path, who % b"X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n") == b"198.51.100.7"
            second = subprocess.run([Server.binary, "--unix", path], capture_output=True, timeout=10)
            assert second.returncode != 0 and ask(path) == b'{"ok":true,"prize":1234}'
            server.process.kill()
            server.process.wait()
            with Server("--unix", path):  # what the killed one left is no obstacle
                assert ask(path) == b'{"ok":true,"prize":1234}'
            assert not os.path.exists(path)
            server.process.returncode = 0
        too_long = subprocess.run([Server.binary, "--unix", os.path.join(folder, "x" * 108)], capture_output=True, timeout=10)
        assert too_long.returncode != 0 and b"http.unix_socket_path" in too_long.stderr


if __name__ == "__main__":
    sys.exit(run_checks(sys.argv, __doc__, dict(globals())))
