"""The peer of `./dev bench draw`: nginx + Lua + Redis of Debian doing a plain draw, and that draw in Redis alone.

    with Peer(1000000) as peer:     # contestant (b): has url, tcp_url, tokens and groups as every contestant
        ...                         # pipelined=True: all calls of a worker on one connection
    with PlainRedis() as redis:     # contestant (c)
        ... redis-benchmark -s redis.socket -c 200 -n N -r 1000000 *redis.draw_words("noprize") ...

Campaigns: noprize, wins (one draw in five wins), test (three chances, one draw in two wins). A player is made by the
first draw, as ours are. Everything lives in one folder, removed at the end; nothing is a service of the system.
Works as root and as an ordinary user.
"""
import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent / "peer"
NGINX = "/usr/sbin/nginx"
MODULE = "/usr/lib/nginx/modules/ngx_http_lua_module.so"
CAMPAIGNS = ("noprize", "wins", "test")

# What ./dev up gives our own Redis.
REDIS_OPTIONS = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "save": "",
    "hash-max-listpack-entries": "0",
    "disable-thp": "no",
}
REDIS_ENVIRONMENT = {"MALLOC_CONF": "thp:always"}


def is_installed():
    return os.access(NGINX, os.X_OK) and os.path.exists(MODULE)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(condition, process, what, seconds=15):
    until = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise RuntimeError(f"it ended by itself: {what}")
        if time.monotonic() > until:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def end(process, seconds=20):
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class PlainRedis:
    """A private Redis with the plain draw loaded; options: more of redis.conf's, by name."""

    name = "redis"

    def __init__(self, options=None):
        self.options = {**REDIS_OPTIONS, **(options or {})}
        self.dir = self.socket = self.redis_process = None
        self.groups = {"redis": lambda: [self.redis_process.pid]}

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="hongbao-peer-")
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.socket = os.path.join(self.dir, "redis.sock")
        words = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir, "--daemonize", "no"]
        for name, value in self.options.items():
            words += ["--" + name, value]
        with open(os.path.join(self.dir, "redis.log"), "w") as log:
            self.redis_process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **REDIS_ENVIRONMENT})
        wait(lambda: self.redis("ping", check=False) == "PONG", self.redis_process, "Redis is up")
        with open(HERE / "plain_draw.lua") as library:
            self.redis("-x", "function", "load", "replace", stdin=library)

    def stop(self):
        end(self.redis_process)
        shutil.rmtree(self.dir, ignore_errors=True)

    def redis(self, *words, check=True, stdin=subprocess.DEVNULL):
        run = subprocess.run(["redis-cli", "-e", "-s", self.socket, *words], stdin=stdin, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=120)
        if check and run.returncode != 0:
            raise RuntimeError(f"redis-cli {' '.join(words)}: {run.stdout}{run.stderr}")
        return run.stdout.strip()

    def clear(self):
        """Nobody has drawn; the library stays."""
        self.redis("flushall", "sync")

    @staticmethod
    def draw_words(campaign):
        """The draw as redis-benchmark's -r fills it in: users and keys at random."""
        return ["FCALL", f"draw_{campaign}", "2", f"players:{campaign}", f"wins:{campaign}", "u__rand_int__", "key-__rand_int__"]


class Peer(PlainRedis):
    name = "peer"

    def __init__(self, players, workers=2, pipelined=False, options=None):
        super().__init__(options)
        self.players, self.workers, self.pipelined = players, workers, pipelined
        self.port = self.tokens = self.nginx_process = None
        self.groups["front"] = self.worker_pids

    @property
    def url(self):
        return f"unix:{self.dir}/http.sock"

    @property
    def tcp_url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        super().start()
        self.tokens = self.tokens_file("player", self.players)
        self.port = free_port()
        conf = os.path.join(self.dir, "nginx.conf")
        with open(conf, "w") as out:
            out.write(self.configuration())
        with open(self.error_log(), "w") as log:
            # -e: before it has read its configuration nginx would write to a log that only root may open.
            self.nginx_process = subprocess.Popen([NGINX, "-p", self.dir, "-e", self.error_log(), "-c", conf], stdin=subprocess.DEVNULL,
                                                  stdout=log, stderr=log)
        try:
            wait(self.is_ready, self.nginx_process, "nginx is up")
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.errors()}") from None

    def configuration(self):
        text = (HERE / "nginx.conf").read_text()
        # Workers of a root's nginx would become www-data, who may not enter the folder.
        values = {"USER": "user root;" if os.geteuid() == 0 else "", "DIR": self.dir, "HERE": str(HERE), "REDIS": self.socket,
                  "PORT": str(self.port), "WORKERS": str(self.workers), "CALL": "pipelined" if self.pipelined else "pooled"}
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        return text

    def error_log(self):
        return os.path.join(self.dir, "error.log")

    def errors(self):
        with open(self.error_log(), errors="replace") as log:
            return log.read()

    def is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200 and len(self.worker_pids()) == self.workers
        except OSError:
            return False
        finally:
            connection.close()

    def worker_pids(self):
        pid = self.nginx_process.pid
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self):
        end(self.nginx_process)
        super().stop()

    def tokens_file(self, user, count):
        """A token is its user's name: 32 letters, as a player's name with us."""
        path = os.path.join(self.dir, f"tokens-{user}")
        with open(path, "w") as out:
            out.writelines(f"{user}{number:0{32 - len(user)}x}\n" for number in range(count))
        return path
