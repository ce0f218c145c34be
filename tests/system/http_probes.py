#!/usr/bin/python3
"""Strictness probes: what a public HTTP/1.1 server must refuse, and what it must not.

    http_probes.py HOST PORT [GET_PATH POST_PATH]

Sends raw bytes, prints a markdown table `case | expected | answer`, exits 1 on any mismatch. A refusal must be
the one answer and must end the connection: bytes behind it may never be read as another request. Against a
server whose POST_PATH does not echo, "accepted" means any answer that is not a parser's refusal.
"""

import socket
import sys

REFUSALS = {400, 408, 413, 414, 417, 431, 501, 505}
H = b"Host: a\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


class Case:
    """want: statuses in order; "ok" is an accepted request. split: send byte by byte."""

    def __init__(self, name, data, want, bodies=None, split=False):
        self.name, self.data, self.want = name, data, want
        self.bodies, self.split = bodies, split


def get(fields=H, line=b"GET {get} HTTP/1.1"):
    return line + b"\r\n" + fields + b"Connection: close\r\n\r\n"


def post(fields, body, host=H):
    return b"POST {post} HTTP/1.1\r\n" + host + fields + b"\r\n" + body


def target(path):
    return get(line=b"GET " + path + b" HTTP/1.1")


def chunked(body, fields=b""):
    return post(b"Transfer-Encoding: chunked\r\nConnection: close\r\n" + fields, body)


def refused(name, data, *statuses):
    return Case(name, data + NEXT, list(statuses) or [400])


def accepted(name, data, bodies=None, count=1, split=False):
    return Case(name, data, ["ok"] * count, bodies, split)


def line_cases():
    return [
        accepted("GET", get()),
        accepted("GET byte by byte", get(), split=True),
        accepted("HEAD", get(line=b"HEAD {get} HTTP/1.1")),
        accepted("one empty line in front", b"\r\n" + get()),
        refused("two empty lines in front", b"\r\n\r\n" + get()),
        refused("blank in front", b" " + get()),
        refused("bare LF in front", b"\n" + get()),
        refused("bare CR in front", b"\r" + get()),
        refused("two blanks before the target", get(line=b"GET  {get} HTTP/1.1")),
        refused("two blanks before the version", get(line=b"GET {get}  HTTP/1.1")),
        refused("tab before the target", get(line=b"GET\t{get} HTTP/1.1")),
        refused("tab before the version", get(line=b"GET {get}\tHTTP/1.1")),
        refused("blank behind the version", get(line=b"GET {get} HTTP/1.1 ")),
        refused("vertical tab in the line", get(line=b"GET\x0b{get} HTTP/1.1")),
        refused("NUL in the line", get(line=b"GET {get}\0 HTTP/1.1")),
        refused("method that is no token", get(line=b"GE(T {get} HTTP/1.1")),
        refused("method that is empty", get(line=b" {get} HTTP/1.1")),
        refused("method in lower case", get(line=b"get {get} HTTP/1.1"), 501),
        refused("method nobody knows", get(line=b"BREW {get} HTTP/1.1"), 501),
        refused("TRACE", get(line=b"TRACE {get} HTTP/1.1"), 501),
        refused("CONNECT", get(line=b"CONNECT a:443 HTTP/1.1"), 501),
        refused("HTTP/0.9", b"GET {get}\r\n"),
        refused("version HTTP/2.0", get(line=b"GET {get} HTTP/2.0"), 505),
        refused("version HTTP/0.9 spelt out", get(line=b"GET {get} HTTP/0.9"), 505),
        refused("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        accepted("version HTTP/1.2", get(line=b"GET {get} HTTP/1.2")),
        refused("version http/1.1", get(line=b"GET {get} http/1.1")),
        refused("version HTTP/1.10", get(line=b"GET {get} HTTP/1.10")),
        refused("version HTTP/1", get(line=b"GET {get} HTTP/1")),
        refused("version HTTP/1.", get(line=b"GET {get} HTTP/1.")),
        refused("version HTTP/+1.1", get(line=b"GET {get} HTTP/+1.1")),
        refused("TLS client hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"),
    ]


def target_cases():
    return [
        accepted("query", target(b"{get}?a=b&c=%20d/?")),
        accepted("query with bare brackets", target(b"{get}?a[]={b}|c")),
        accepted("absolute target", target(b"http://a{get}")),
        accepted("absolute target, upper case", target(b"HTTP://A{get}")),
        accepted("absolute target with the port of its scheme", target(b"http://a:80{get}")),
        accepted("OPTIONS *", get(line=b"OPTIONS * HTTP/1.1")),
        refused("absolute target, another host", target(b"http://b{get}")),
        refused("absolute target, another port", target(b"http://a:81{get}")),
        refused("absolute target with a user", target(b"http://u@a{get}")),
        refused("absolute target without a host", target(b"http://{get}")),
        refused("absolute target of another scheme", target(b"ftp://a{get}")),
        refused("authority as target", target(b"a:80")),
        refused("GET *", target(b"*")),
        refused("target without a slash", target(b"hello")),
        refused("target with a fragment", target(b"{get}#a")),
        refused("target beyond ASCII", target("/抽奖".encode())),
        refused("target with %00", target(b"{get}%00")),
        refused("target with a cut escape", target(b"{get}%4")),
        refused("target with a false escape", target(b"{get}%zz")),
        refused("query with a false escape", target(b"{get}?a=%g1")),
        refused("target with a quote", target(b'{get}"')),
        refused("target with a backslash", target(b"\\{get}")),
        refused("target with <script>", target(b"{get}?<script>")),
        refused("target with DEL", target(b"{get}\x7f")),
    ]


def host_cases():
    return [
        accepted("Host with a port", get(b"Host: a:8080\r\n")),
        accepted("Host IPv6", get(b"Host: [::1]:80\r\n")),
        accepted("Host in HTTP/1.0 missing", get(b"", b"GET {get} HTTP/1.0")),
        refused("Host missing", get(b"")),
        refused("Host twice", get(H + H)),
        refused("Host twice, differing", get(H + b"host: b\r\n")),
        refused("Host empty", get(b"Host:\r\n")),
        refused("Host with a blank", get(b"Host: a b\r\n")),
        refused("Host as a list", get(b"Host: a, b\r\n")),
        refused("Host with a path", get(b"Host: a/b\r\n")),
        refused("Host with a user", get(b"Host: u@a\r\n")),
        refused("Host with a false port", get(b"Host: a:8x\r\n")),
        refused("Host with a port too high", get(b"Host: a:65536\r\n")),
        refused("Host with false IPv6", get(b"Host: [::g]\r\n")),
        refused("Host in HTTP/1.0 twice", get(H + H, b"GET {get} HTTP/1.0")),
    ]


def field_cases():
    return [
        accepted("value with blanks around", get(b"Host: \t a \t\r\n")),
        accepted("value that is empty", get(H + b"X-A:\r\n")),
        accepted("value with a tab", get(H + b"X-A: a\tb\r\n")),
        accepted("value beyond ASCII", get(H + "X-A: 红包\r\n".encode())),
        accepted("name with every token character", get(H + b"!#$%&'*+-.^_`|~9aZ: 1\r\n")),
        refused("blank before the colon", get(b"Host : a\r\n")),
        refused("Content-Length with a blank before the colon", post(b"Content-Length : 35\r\n", b"")),
        refused("tab before the colon", get(b"Host\t: a\r\n")),
        refused("folded field", get(H + b"X-A: a\r\n b\r\n")),
        refused("folded field by a tab", get(H + b"X-A: a\r\n\tb\r\n")),
        refused("blank before the first name", get(b" X-A: a\r\n" + H)),
        refused("bare LF behind a field", get(b"Host: a\nX-A: b\r\n")),
        refused("bare LF everywhere", b"GET {get} HTTP/1.1\nHost: a\n\n"),
        refused("bare CR in a value", get(H + b"X-A: a\rb\r\n")),
        refused("bare CR as a head's end", get(H + b"X-A:\rTransfer-Encoding: chunked\r\n")),
        refused("bare CR before CRLF", get(H + b"X-A: a\r\r\n")),
        refused("NUL in a value", get(H + b"X-A: a\0b\r\n")),
        refused("control character in a value", get(H + b"X-A: a\x01b\r\n")),
        refused("DEL in a value", get(H + b"X-A: a\x7fb\r\n")),
        refused("vertical tab in a value", get(H + b"X-A: \x0bchunked\r\n")),
        refused("name that is empty", get(H + b": a\r\n")),
        refused("line without a colon", get(H + b"X-A\r\n")),
        refused("name with a NUL", get(H + b"X\0A: a\r\n")),
        refused("name with a bracket", get(H + b"X(A): a\r\n")),
        refused("name beyond ASCII", get(H + "红: a\r\n".encode())),
        refused("name with a quote", get(H + b'"X": a\r\n')),
    ]


def length_cases():
    def length(text, body=b"abc"):
        return post(b"Content-Length: " + text + b"\r\nConnection: close\r\n", body)

    return [
        accepted("body by its length", length(b"3"), [b"abc"]),
        accepted("body byte by byte", length(b"3"), [b"abc"], split=True),
        accepted("length 0", length(b"0", b""), [b""]),
        accepted("length with leading zeros", length(b"0003"), [b"abc"]),
        accepted("GET with a body", get(H + b"Content-Length: 3\r\n") + b"abc"),
        accepted("POST without a length", post(b"Connection: close\r\n", b""), [b""]),
        refused("length twice, equal", post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc")),
        refused("length twice, differing", post(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd")),
        refused("length as a list", length(b"3, 3")),
        refused("length with a plus", length(b"+3")),
        refused("length with a minus", length(b"-3")),
        refused("length with a blank", length(b"3 0")),
        refused("length with letters", length(b"3a")),
        refused("length hexadecimal", length(b"0x3")),
        refused("length with a fraction", length(b"3.0")),
        refused("length that is empty", length(b"")),
        refused("length past 64 bits", length(b"18446744073709551619")),
        refused("length 10^17", length(b"100000000000000000"), 413),
        refused("length in other digits", length("３".encode())),
    ]


def coding_cases():
    def coding(text, fields=b""):
        return post(b"Transfer-Encoding: " + text + b"\r\nConnection: close\r\n" + fields, b"3\r\nabc\r\n0\r\n\r\n")

    return [
        accepted("chunked", coding(b"chunked"), [b"abc"]),
        accepted("Chunked", coding(b"Chunked"), [b"abc"]),
        refused("chunked and a length", coding(b"chunked", b"Content-Length: 3\r\n")),
        refused("a length and chunked", post(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n")),
        refused("coding xchunked", coding(b"xchunked"), 501),
        refused("coding gzip", coding(b"gzip"), 501),
        refused("coding gzip, chunked", coding(b"gzip, chunked"), 501),
        refused("coding identity", coding(b"identity"), 501),
        refused("coding chunked, gzip", coding(b"chunked, gzip")),
        refused("coding chunked, chunked", coding(b"chunked, chunked")),
        refused("coding chunked twice", coding(b"chunked", b"Transfer-Encoding: chunked\r\n")),
        refused("coding chunked and identity", coding(b"chunked", b"Transfer-Encoding: identity\r\n")),
        refused("coding chunked with a comma", coding(b"chunked,")),
        refused("coding that is empty", coding(b"")),
        refused("coding in quotes", coding(b'"chunked"'), 501),
        refused("coding in HTTP/1.0", coding(b"chunked").replace(b"HTTP/1.1", b"HTTP/1.0")),
        refused("Transfer_Encoding-like names stay apart", post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n")),
    ]


def chunk_cases():
    end = b"0\r\n\r\n"
    return [
        accepted("chunks", chunked(b"3\r\nabc\r\n2\r\nde\r\n" + end), [b"abcde"]),
        accepted("chunks byte by byte", chunked(b"3\r\nabc\r\n2\r\nde\r\n" + end), [b"abcde"], split=True),
        accepted("chunk size with zeros, upper case", chunked(b"00A\r\n0123456789\r\n" + end), [b"0123456789"]),
        accepted("chunk extension", chunked(b"3;a=b\r\nabc\r\n0;x\r\n\r\n"), [b"abc"]),
        accepted("chunk extension, quoted", chunked(b'3;a="b;\\" c"\r\nabc\r\n' + end), [b"abc"]),
        accepted("chunk extension, blanks around", chunked(b"3 ; a = b\r\nabc\r\n" + end), [b"abc"]),
        accepted("trailer", chunked(b"3\r\nabc\r\n0\r\nX-Check: 1\r\n\r\n"), [b"abc"]),
        refused("chunk size 0x3", chunked(b"0x3\r\nabc\r\n" + end)),
        refused("chunk size +3", chunked(b"+3\r\nabc\r\n" + end)),
        refused("chunk size -3", chunked(b"-3\r\nabc\r\n" + end)),
        refused("chunk size with a blank in front", chunked(b" 3\r\nabc\r\n" + end)),
        refused("chunk size with a blank behind", chunked(b"3 \r\nabc\r\n" + end)),
        refused("chunk size that is empty", chunked(b"\r\nabc\r\n" + end)),
        refused("chunk size with an underscore", chunked(b"0_3\r\nabc\r\n" + end)),
        refused("chunk size past 64 bits", chunked(b"10000000000000003\r\nabc\r\n" + end)),
        refused("chunk size of 16 digits", chunked(b"fffffffffffffffe\r\nabc\r\n" + end)),
        refused("chunk size above the limit", chunked(b"fffffffffffffe\r\nabc\r\n" + end), 413),
        refused("chunk size line ends with LF", chunked(b"3\nabc\r\n" + end)),
        refused("chunk without CRLF behind it", chunked(b"3\r\nabcde\r\n" + end)),
        refused("chunk with LF behind it", chunked(b"3\r\nabc\n" + end)),
        refused("chunk with CR and a letter behind it", chunked(b"3\r\nabc\rx" + end)),
        refused("chunk extension with a bare CR", chunked(b"3;a=b\rc\r\nabc\r\n" + end)),
        refused("chunk extension with a bare LF", chunked(b"3;a=b\nabc\r\n" + end)),
        refused("chunk extension with a NUL", chunked(b"3;a=\0\r\nabc\r\n" + end)),
        refused("chunk extension without a name", chunked(b"3;\r\nabc\r\n" + end)),
        refused("chunk extension, open quote", chunked(b'3;a="b\r\nabc\r\n' + end)),
        refused("chunk extension of 300 bytes", chunked(b"3;" + b"a" * 300 + b"\r\nabc\r\n" + end)),
        refused("chunk extensions of 5000 bytes", chunked((b"1;" + b"a" * 200 + b"\r\nx\r\n") * 25 + end)),
        refused("last chunk ends with LF", chunked(b"3\r\nabc\r\n0\n\n")),
        refused("trailer Content-Length", chunked(b"0\r\nContent-Length: 3\r\n\r\n")),
        refused("trailer Transfer-Encoding", chunked(b"0\r\nTransfer-Encoding: chunked\r\n\r\n")),
        refused("trailer Host", chunked(b"0\r\nHost: b\r\n\r\n")),
        refused("trailer Authorization", chunked(b"0\r\nAuthorization: x\r\n\r\n")),
        refused("trailer folded", chunked(b"0\r\nX-A: a\r\n b\r\n\r\n")),
        refused("trailer with a blank before the colon", chunked(b"0\r\nX-A : a\r\n\r\n")),
        refused("trailers of 20 KB", chunked(b"0\r\nX-A: " + b"a" * 20000 + b"\r\n\r\n"), 431),
        refused("trailers, 300 of them", chunked(b"0\r\n" + b"X: a\r\n" * 300 + b"\r\n"), 431),
    ]


def limit_cases(body_max):
    return [
        refused("fields of 20 KB", get(H + b"X-A: " + b"a" * 20000 + b"\r\n"), 431),
        refused("300 fields", get(H + b"X: a\r\n" * 300), 431),
        refused("target of 20 KB", target(b"{get}?" + b"a" * 20000), 414),
        refused("body above the limit", post(b"Content-Length: %d\r\n" % (body_max + 1), b"x"), 413),
        refused("chunks above the limit", chunked(b"1000\r\n" + b"x" * 4096 + b"\r\n" + b"%x\r\n" % body_max), 413),
    ]


def connection_cases():
    one = b"GET {get} HTTP/1.1\r\nHost: a\r\n\r\n"
    old = b"GET {get} HTTP/1.0\r\n"
    return [
        accepted("pipeline of three", one + one + get(), count=3),
        accepted("pipeline of bodies", post(b"Content-Length: 3\r\n", b"abc") + chunked(b"2\r\nde\r\n0\r\n\r\n"),
                 [b"abc", b"de"], count=2),
        accepted("bytes behind Connection: close stay unread", get() + NEXT),
        accepted("Connection as a list", one.replace(b"\r\n\r\n", b"\r\nConnection: x, Close\r\n\r\n") + NEXT),
        accepted("HTTP/1.0 closes", old + b"\r\n" + NEXT),
        accepted("HTTP/1.0 keep-alive", old + b"Connection: keep-alive\r\n\r\n" + get(), count=2),
        accepted("Upgrade is ignored", get(H + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n")),
        accepted("Expect in HTTP/1.0 is ignored", old + b"Expect: 100-continue\r\n\r\n"),
        Case("Expect: 100-continue", post(b"Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n",
                                          b"[wait]abc"), [100, "ok"], [b"", b"abc"]),
        accepted("Expect: 100-continue with the body at once",
                 post(b"Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n", b"abc"), [b"abc"]),
        refused("Expect of another kind", get(H + b"Expect: 200-ok\r\n"), 417),
        refused("Expect: 100-continue for too much",
                post(b"Expect: 100-continue\r\nContent-Length: 99999999\r\n", b""), 413),
    ]


def cases(body_max=65536):
    return (line_cases() + target_cases() + host_cases() + field_cases() + length_cases() + coding_cases() +
            chunk_cases() + limit_cases(body_max) + connection_cases())


def read_all(sock, seconds):
    sock.settimeout(seconds)
    data = b""
    while True:
        try:
            got = sock.recv(65536)
        except socket.timeout:
            return data, False
        except ConnectionError:
            return data, True
        if not got:
            return data, True
        data += got


def send(sock, data, split):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if split:
            for i in range(len(data)):
                sock.sendall(data[i:i + 1])
        else:
            sock.sendall(data)
    except ConnectionError:
        pass  # refused already: what it answered can still be read


def ask(host, port, data, split):
    """Everything the server says, and whether it closed. [wait] in data waits for the first answer."""
    first, _, rest = data.partition(b"[wait]")
    with socket.create_connection((host, port), 5) as sock:
        send(sock, first, split)
        said = b""
        if rest:
            sock.settimeout(3)
            said = sock.recv(65536)
            send(sock, rest, split)
        more, closed = read_all(sock, 3)
    return said + more, closed


def answers(data, head_only):
    """[(status, body)] of the answers in data; a malformed rest counts as status 0."""
    out = []
    while data:
        head, blank, data = data.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        if not blank or len(words) < 2 or words[0] != b"HTTP/1.1":
            return out + [(0, head)]
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        size = 0 if head_only else int(fields.get(b"content-length", 0))
        out.append((int(words[1]), data[:size]))
        data = data[size:]
    return out


def matches(case, got, closed, echoes):
    statuses = [status for status, _ in got]
    if len(statuses) != len(case.want) or not closed:
        return False
    for status, want in zip(statuses, case.want):
        good = status in (200, 204) if echoes else status not in REFUSALS and status > 0
        if not (good if want == "ok" else status == want):
            return False
    return not (echoes and case.bodies) or [body for _, body in got] == case.bodies


def run(host, port, get_path="/hello", post_path="/echo", echoes=True, body_max=65536):
    """Rows (case, expected, answer, good) of every probe."""
    rows = []
    for case in cases(body_max):
        data = case.data.replace(b"{get}", get_path.encode()).replace(b"{post}", post_path.encode())
        said, closed = ask(host, port, data, case.split)
        got = answers(said, case.data.startswith(b"HEAD "))
        expected = " ".join("accepted" if want == "ok" else str(want) for want in case.want)
        if case.want[0] in REFUSALS:
            expected += ", closed"
        answer = " ".join(str(status) for status, _ in got) or "nothing"
        rows.append((case.name, expected, answer + (", closed" if closed else ", open"),
                     matches(case, got, closed, echoes)))
    return rows


def main(argv):
    if len(argv) not in (3, 5):
        sys.exit(__doc__)
    rows = run(argv[1], int(argv[2]), *argv[3:5], echoes=len(argv) == 3)
    bad = [row for row in rows if not row[3]]
    print("case | expected | answer\n---|---|---")
    for name, expected, answer, good in rows:
        print(f"{name} | {expected} | {answer}{'' if good else '  **wrong**'}")
    print(f"\n{len(rows)} probes, {len(bad)} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
