"""The payment providers' stand-in, and a driver of the engine's adapters that talks to it over HTTPS."""
import http.client
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from waiting import wait

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("TEST_BUILD", os.path.join(ROOT, "build", "release"))
SANDBOX = os.path.join(BUILD, "sandbox", "hongbao-sandbox")
DRIVER = os.path.join(BUILD, "tests", "provider_driver")


class SandboxAdmin:
    """The port of whoever tests, of a sandbox that runs."""

    def __init__(self, admin_port):
        self.admin_port = admin_port

    def admin(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        connection.request(method, path, body=None if body is None else json.dumps(body))
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 200:
            raise AssertionError(f"{method} {path}: {response.status} {text!r}")
        return json.loads(text) if "json" in response.getheader("content-type") else text.decode()

    def rules(self, *rules):
        self.admin("PUT", "/rules", list(rules))

    def confirm(self, **which):
        return self.admin("POST", "/confirm", which)["done"]

    def orders(self):
        return self.admin("GET", "/orders")

    def status(self):
        return self.admin("GET", "/status")

    def bill(self):
        return self.admin("GET", "/bill")

    def paid(self):
        """Number -> fen of everything that was really paid; a number that was paid twice is an error of the sandbox itself."""
        rows = self.bill()
        numbers = [(row["merchant"], row["order_no"]) for row in rows]
        assert len(numbers) == len(set(numbers)), "a number is in the bill twice"
        return {row["order_no"]: row["amount_fen"] for row in rows}


class Sandbox(SandboxAdmin):
    """`with Sandbox() as sandbox:` runs one in a folder of its own; `kill()` and `start()` again keep its folder."""

    def __init__(self, *words):
        super().__init__(0)
        self.home = tempfile.mkdtemp(prefix="hongbao-sandbox-")
        self.words, self.process, self.port = list(words), None, 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *rest):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self.process.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self, *words):
        """Again on the same ports, so that nobody has to be told."""
        ports = ["--port", str(self.port), "--admin-port", str(self.admin_port)]
        self.process = subprocess.Popen([SANDBOX, "--home", self.home, *ports, *self.words, *words], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the sandbox did not start")
        facts = json.loads(line)
        self.port, self.admin_port, self.merchants = facts["port"], facts["admin_port"], facts["merchants"]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        self.process.stdout.close()

    def print_bill(self, *words):
        return subprocess.run([SANDBOX, "bill", "--home", self.home, *words], stdout=subprocess.PIPE, text=True, check=True).stdout


class Payment:
    """What a payout worker would have stored: the order and the request that was built for it, once."""

    def __init__(self, merchant, order_no, fen, payee, request):
        self.line = {"merchant": merchant, "order_no": order_no, "fen": fen, "payee": payee, "request": request}


class Driver:
    """The adapters in a process of their own; calls may overlap."""

    def __init__(self, merchants, timeout_ms=800):
        self.process = subprocess.Popen([DRIVER, merchants, "--timeout-ms", str(timeout_ms)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.events, self.answers, self.count = queue.Queue(), {}, 0
        self.lock = threading.Condition()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the driver did not start")
        self.port = json.loads(line)["port"]
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.process.stdin.close()
        self.process.wait(20)
        self.reader.join(20)
        self.process.stdout.close()

    def read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "event" in said:
                self.events.put(said)
            else:
                with self.lock:
                    assert said["id"] not in self.answers, "answered twice"
                    self.answers[said["id"]] = said
                    self.lock.notify_all()

    def send(self, **line):
        with self.lock:
            self.count += 1
            line["id"] = self.count
            self.process.stdin.write(json.dumps(line) + "\n")
            self.process.stdin.flush()
        return line["id"]

    def await_answer(self, number, seconds=20):
        with self.lock:
            if not self.lock.wait_for(lambda: number in self.answers, seconds):
                raise AssertionError(f"no answer to {number}")
            return self.answers[number]

    def ask(self, **line):
        return self.await_answer(self.send(**line))

    def build(self, merchant, order_no, fen, payee=None, name="", kind=None, remark="新年红包"):
        payee = payee or ("2088000000000001" if "alipay" in merchant else "oPAYEE0000000000000000001")
        kind = kind or ("user_id" if "alipay" in merchant else "openid")
        built = self.ask(do="build", merchant=merchant, order_no=order_no, fen=fen, payee=payee, name=name, kind=kind, remark=remark)
        if built["err"] != "ok":
            raise AssertionError(f"build: {built['err']}: {built['why']}")
        return Payment(merchant, order_no, fen, payee, built["request"])

    def create(self, payment):
        return self.ask(do="create", **payment.line)

    def query(self, payment):
        return self.ask(do="query", **payment.line)

    def cancel(self, payment):
        return self.ask(do="cancel", **payment.line)

    def fetch_bill(self, merchant, day):
        return self.ask(do="bill", merchant=merchant, day=day)

    def await_event(self, order_no, seconds=10):
        until = time.monotonic() + seconds
        while True:
            event = self.events.get(timeout=max(0.01, until - time.monotonic()))
            if event["order_no"] == order_no or event["err"] != "ok":
                return event

    def until(self, payment, *outcomes, seconds=15):
        """Asks until the outcome is one of these."""
        seen = []

        def asked():
            seen.append(self.query(payment)["outcome"])
            return seen[-1] in outcomes

        wait(asked, f"{outcomes}, last {seen[-3:]}", seconds)
        return self.query(payment)

    def ready(self, merchant):
        """The provider's certificates are here."""
        probe = self.build(merchant, "PROBE", 30)
        wait(lambda: self.query(probe)["outcome"] == "absent", f"{merchant} answers")
        return self
