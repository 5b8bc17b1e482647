"""Object storage for tests: a real S3 server (versitygw, on a folder of its own), a proxy before it
that fails on demand, and the room's calls as a command."""
import http.client
import http.server
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from ports import free_port

SOURCE = Path(os.environ.get("CROSSCUT_SOURCE") or Path(__file__).resolve().parents[2])
BUILD = Path(os.environ.get("CROSSCUT_BUILD") or SOURCE / "build")
SERVER = SOURCE / "build" / "s3-server" / "versitygw"
CALL = BUILD / "tests" / "s3" / "s3-call"
KEY, SECRET = "AKIDTESTTESTTEST", "S3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr3t0000"
BUCKET = "shows"


def missing():
    """Why tests with a real server cannot run here, or None."""
    return None if SERVER.exists() else "needs build/s3-server (make test-deps)"


class Storage:
    """versitygw, until close(); ended by its process id."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="crosscut-s3-"))
        self.root = self.folder / "root"
        (self.root / BUCKET).mkdir(parents=True)
        (self.folder / "about").mkdir()
        self.port = free_port()
        self.process = None
        self.start()

    def start(self):
        log = open(self.folder / "log", "ab")
        command = [SERVER, "--port", f"127.0.0.1:{self.port}", "--access", KEY, "--secret", SECRET,
                   "posix", "--sidecar", self.folder / "about", self.root]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        cwd=self.folder)
        log.close()
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def objects(self):
        """Keys and bytes of what is there; what goes while it is looked at is not."""
        top = self.root / BUCKET
        found = {}
        for path in sorted(top.rglob("*")):
            name = path.relative_to(top)
            try:
                if path.is_file() and not name.parts[0].startswith(".sgwtmp"):
                    found[str(name)] = path.read_bytes()
            except FileNotFoundError:
                pass
        return found

    def read(self, key):
        return (self.root / BUCKET / key).read_bytes()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- a proxy that fails on demand ----

class Request:
    def __init__(self, method, path, headers):
        self.method, self.path, self.headers = method, path, headers


class Status:
    """An answer of the proxy's own."""

    def __init__(self, status, code=None, headers=None, message="on demand"):
        self.status, self.headers = status, headers or {}
        self.body = (f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message>"
                     "<StringToSign>S3cr3t</StringToSign></Error>").encode() if code else b""


class Cut:
    """The connection ends: before the request is passed on, or (`sent`) after so many bytes of the
    answer's body."""

    def __init__(self, sent=None):
        self.sent = sent


class Stall:
    """Nothing comes until the proxy ends."""


class Change:
    """The true answer with other headers (None: without), or another body."""

    def __init__(self, headers=None, body=None):
        self.headers, self.body = headers or {}, body


class Faults(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """`rule`: given a Request, says what happens to it; None: it is passed on."""
    daemon_threads = True

    def __init__(self, storage):
        super().__init__(("127.0.0.1", 0), Handler)
        self.storage = storage
        self.rule = lambda request: None
        self.seen = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """Connections that end early are what this is for."""

    def close(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        """The test says what matters."""

    def handle_any(self):
        request = Request(self.command, self.path, self.headers)
        self.server.seen.append((self.command, self.path))
        how = self.server.rule(request)
        if isinstance(how, Stall):
            self.server.ended.wait(120)
            self.close_connection = True
        elif isinstance(how, Cut) and how.sent is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if isinstance(how, Status):
                self.answer(how.status, list(how.headers.items()), how.body)
            else:
                self.pass_on(body, how)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

    def pass_on(self, body, how):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.storage.port, timeout=120)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "expect":
                upstream.putheader(name, value)
        upstream.endheaders(body)
        response = upstream.getresponse()
        data = response.read()
        headers = [(k, v) for k, v in response.getheaders()
                   if k.lower() not in ("connection", "transfer-encoding", "keep-alive")]
        upstream.close()
        if isinstance(how, Change):
            changed = {k.lower() for k in how.headers}
            headers = [(k, v) for k, v in headers if k.lower() not in changed]
            headers += [(k, v) for k, v in how.headers.items() if v is not None]
            data = how.body if how.body is not None else data
        self.answer(response.status, headers, data, how.sent if isinstance(how, Cut) else None)

    def answer(self, status, headers, body, sent=None):
        self.send_response_only(status)
        names = {name.lower() for name, _ in headers}
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        length = dict((k.lower(), v) for k, v in headers).get("content-length")
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", length if is_head and length else str(len(body)))
        self.end_headers()
        if not is_head:
            self.wfile.write(body if sent is None else body[:sent])
        if sent is not None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


# ---- the room's calls ----

class Call:
    """What a call of the room came to."""

    def __init__(self, endpoint, *words, url=f"s3://{BUCKET}/here", **settings):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("S3_", "AWS_")) and not k.lower().endswith("_proxy")}
        environment.update({"S3_URL": url, "S3_ENDPOINT": endpoint, "S3_KEY": KEY,
                            "S3_SECRET": SECRET, "S3_PAUSE_MS": "4", "S3_PART_MIB": "5"})
        environment.update({f"S3_{k.upper()}": str(v) for k, v in settings.items()})
        done = subprocess.run([CALL, *map(str, words)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=environment, timeout=240,
                              check=False)
        self.status, self.text, self.log = done.returncode, done.stdout.strip(), done.stderr
        words_said = self.text.split(" ", 2)
        self.error = words_said[1] if self.status == 1 and words_said[0] == "error" else None
        assert self.status in (0, 1), f"{self.status} {done.stderr}"
        assert SECRET not in self.text + self.log
        assert words[0] == "presign" or "Signature=" not in self.text + self.log

    def __repr__(self):
        return f"{self.status} {self.text} {self.log[-2000:]}"
