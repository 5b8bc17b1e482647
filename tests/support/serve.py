"""A running `crosscut serve` for tests: on a port of its own, in a folder of its own, ended by its
process id."""
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from ports import free_port

SOURCE = Path(os.environ.get("CROSSCUT_SOURCE") or Path(__file__).resolve().parents[2])
BUILD = Path(os.environ.get("CROSSCUT_BUILD") or SOURCE / "build")
CROSSCUT = BUILD / "crosscut"
TOKEN = "kV7f_c0-Qm3xWz81Lh"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The code of a refusal, or None."""
        try:
            return self.json["error"]["code"]
        except (ValueError, KeyError, TypeError):
            return None

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:300]!r}"


class Studio:
    """`token` None: the server makes one. Options are those of the command line."""

    def __init__(self, *options, token=TOKEN, environment=None, folder=None, listen=None):
        self.folder = Path(folder or tempfile.mkdtemp(prefix="crosscut-serve-"))
        self.own_folder = folder is None
        self.token = token
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CROSSCUT_")}
        self.environment["XDG_RUNTIME_DIR"] = str(self.folder / "run")
        if token:
            self.environment["CROSSCUT_ADMIN_TOKEN"] = token
        self.environment.update(environment or {})
        # Its port stays the same when it is started again, as it does with a supervisor.
        self.port = int(listen.rpartition(":")[2]) if listen else free_port()
        self.options = ["--listen", listen or f"127.0.0.1:{self.port}", "--storage",
                        str(self.folder / "storage"), "--reserve", "1MiB", "--low-space", "1MiB",
                        "--auto-render", "off", *map(str, options)]
        self.process = None
        self.first_lines = []

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([CROSSCUT, "serve", *self.options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        cwd=self.folder, env=self.environment)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(30)
            raise RuntimeError(f"did not start: {self.log_text()}")
        self.first_lines = [line.rstrip("\n")]
        if not self.token:
            self.first_lines.append(self.process.stdout.readline().rstrip("\n"))
            self.token_file = Path(self.first_lines[1].partition(" in ")[2])
            self.token = None
        return self

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def ask(self, method, path, body=None, token=..., headers=None, connection=None):
        """One call on a connection of its own. A dict as body is sent as JSON."""
        given = dict(headers or {})
        token = self.token if token is ... else token
        if token:
            given.setdefault("Authorization", f"Bearer {token}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            given.setdefault("Content-Type", "application/json")
        own = connection is None
        if own:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=given)
            return Answer(connection.getresponse())
        finally:
            if own:
                connection.close()

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process.stdout.close()
        self.log.close()

    def stop(self, number=signal.SIGTERM):
        """The exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
            raise
        self.process.stdout.close()
        self.log.close()
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        status = 0
        if self.process and self.process.poll() is None:
            status = self.stop()
        said = self.log_text() if (self.folder / "log").exists() else ""
        # A child that may not be looked into says that its leaks were not searched for.
        found = ("ERROR: AddressSanitizer", "detected memory leaks", "runtime error:")
        if status != 0 or any(words in said for words in found):
            raise RuntimeError(f"ended with {status}: {said[-6000:]}")
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def refused(*options, environment=None, token=TOKEN):
    """Starts what must not start: (exit status, what it said)."""
    folder = tempfile.mkdtemp(prefix="crosscut-serve-")
    given = {k: v for k, v in os.environ.items() if not k.startswith("CROSSCUT_")}
    given["XDG_RUNTIME_DIR"] = folder
    if token:
        given["CROSSCUT_ADMIN_TOKEN"] = token
    given.update(environment or {})
    try:
        done = subprocess.run([CROSSCUT, "serve", "--storage", f"{folder}/storage", *options],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder,
                              env=given, timeout=30, check=False)
        return done.returncode, done.stderr
    finally:
        shutil.rmtree(folder, ignore_errors=True)
