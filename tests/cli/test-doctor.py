"""crosscut doctor: what is right is said to be, and each thing that is wrong is found, with what to do,
on the real services and on wrong ones."""
import email.utils
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import livekit  # noqa: E402
import redis  # noqa: E402
import s3  # noqa: E402
from egress import StandIn  # noqa: E402
from serve import CROSSCUT, TOKEN, Studio, free_port  # noqa: E402
from tap import Tap  # noqa: E402

PASSWORD = "r3dis-passw0rd-0815"
SECRETS = (TOKEN, livekit.SECRET, s3.SECRET, s3.KEY, PASSWORD, "5a" * 32)
LINES = {"settings", "listen", "public", "trust", "secrets", "clock", "sandbox", "limits", "media", "storage",
         "space", "speed", "syncs", "livekit", "egress", "redis", "mirror"}


class Said:
    """One run: the lines by check, the exit status."""

    def __init__(self, *options, environment=None, folder=None):
        self.folder = Path(folder or tempfile.mkdtemp(prefix="crosscut-doctor-"))
        given = {k: v for k, v in os.environ.items() if not k.startswith(("CROSSCUT_", "AWS_"))}
        given["CROSSCUT_ADMIN_TOKEN"] = TOKEN
        given.update(environment or {})
        options = ["--low-space", "1MiB", *map(str, options)]
        if "--storage" not in options:
            options += ["--storage", str(self.folder / "storage")]
        if "--listen" not in options:
            options += ["--listen", f"127.0.0.1:{free_port()}"]
        done = subprocess.run([CROSSCUT, "doctor", "--json", *options], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=given, cwd=self.folder, timeout=120,
                              check=False)
        self.status, self.text = done.returncode, done.stdout + done.stderr
        assert "WARNING" not in done.stderr, f"said twice: {done.stderr}"
        assert "AddressSanitizer" not in self.text and "runtime error" not in self.text, self.text
        *lines, self.all = [json.loads(line) for line in done.stdout.splitlines()]
        self.lines = {line["check"]: line for line in lines}
        for secret in SECRETS:
            assert secret not in self.text, f"a secret is shown: {self.text}"
        for line in lines:
            assert line["state"] in ("ok", "off", "warning", "failed"), line
            assert line["state"] in ("ok", "off") or line["advice"], f"what to do? {line}"
        if folder is None:
            shutil.rmtree(self.folder)

    def state(self, check):
        return self.lines[check]["state"]

    def is_so(self, check, state, *words):
        """A complaint, or None. `words` stand in the line or its advice."""
        line = self.lines.get(check, {})
        text = f"{line.get('text')} {line.get('advice')}"
        if line.get("state") != state or not all(word in text for word in words):
            return f"{check}: expected {state} with {words}: {line}"
        if (self.status == 1) != any(one["state"] == "failed" for one in self.lines.values()):
            return f"exit status {self.status}: {self.lines}"
        return None


def first(*complaints):
    return next((c for c in complaints if c), None)


def livekit_environment(url, secret=livekit.SECRET):
    return {"CROSSCUT_LIVEKIT_URL": url, "CROSSCUT_LIVEKIT_KEY": livekit.KEY,
            "CROSSCUT_LIVEKIT_SECRET": secret}


def mirror_environment(storage, secret=s3.SECRET):
    return {"CROSSCUT_MIRROR": f"s3://{s3.BUCKET}/studio", "CROSSCUT_S3_ENDPOINT": storage.endpoint,
            "AWS_ACCESS_KEY_ID": s3.KEY, "AWS_SECRET_ACCESS_KEY": secret}


# ---- all is well ----

def a_machine_as_it_is():
    """Nothing set up: what can be off is, the rest is looked at; the storage is not made."""
    folder = Path(tempfile.mkdtemp(prefix="crosscut-doctor-"))
    try:
        said = Said(folder=folder)
        left = list(folder.iterdir())
    finally:
        shutil.rmtree(folder)
    off = {c for c, line in said.lines.items() if line["state"] == "off"}
    if said.lines.keys() != LINES or off != {"public", "livekit", "egress", "redis", "mirror"}:
        return f"{said.lines}"
    if left:
        return f"something was left: {left}"
    speed, syncs = said.lines["speed"]["measured"], said.lines["syncs"]["measured"]
    if not (speed["bytesPerSecond"] > 0 and syncs["p95Ms"] >= syncs["medianMs"] >= 0):
        return f"{speed} {syncs}"
    return first(said.is_so("settings", "ok"), said.is_so("listen", "ok", "free"),
                 said.is_so("media", "ok"), said.is_so("secrets", "ok"))


def the_real_services():
    with redis.Redis() as queue, livekit.Livekit() as rooms:
        storage = s3.Storage()
        try:
            said = Said(environment={**livekit_environment(rooms.url), **mirror_environment(storage),
                                     "CROSSCUT_REDIS": queue.url})
            left = storage.objects()
            keys = queue.ask("DBSIZE")
        finally:
            storage.close()
    if left or keys != b":0":
        return f"something was left: {left} {keys}"
    return first(said.is_so("livekit", "ok"), said.is_so("redis", "ok", "Redis "),
                 said.is_so("mirror", "ok", "put, read and deleted"), said.is_so("egress", "off"))


def people_read_it():
    with tempfile.TemporaryDirectory() as folder:
        given = {k: v for k, v in os.environ.items() if not k.startswith(("CROSSCUT_", "AWS_"))}
        command = [CROSSCUT, "doctor", "--low-space", "1MiB", "--storage", f"{folder}/s", "--listen",
                   f"127.0.0.1:{free_port()}", "--redis", f"redis://127.0.0.1:{free_port()}/0"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=given,
                              check=False)
        quiet = subprocess.run([*command, "--quiet"], capture_output=True, text=True, cwd=folder,
                               env=given, check=False)
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("failed   redis"))
    if "→ start Redis" not in lines[at + 1] or "1 failed" not in lines[-1] or done.returncode != 1:
        return done.stdout
    if "ok " in quiet.stdout or "failed   redis" not in quiet.stdout:
        return quiet.stdout
    return None


# ---- settings ----

def settings_that_do_not_go_together():
    said = Said("--public-url", "http://studio.example")
    wrong = Said(environment={"CROSSCUT_KEEP_ISO": "soon"})
    return first(wrong.is_so("settings", "failed", "CROSSCUT_KEEP_ISO"),
                 said.is_so("settings", "failed", "--public-url", "no TLS"),
                 said.is_so("public", "warning", "https"))


# ---- addresses ----

def an_address_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.1)

        def hang_up():
            while other.fileno() >= 0:
                try:
                    other.accept()[0].close()
                except OSError:
                    pass
        threading.Thread(target=hang_up, daemon=True).start()
        taken = Said("--listen", f"127.0.0.1:{other.getsockname()[1]}")
    with Studio() as studio:
        ours = Said("--listen", f"127.0.0.1:{studio.port}", "--storage", studio.folder / "storage")
        if not studio.ask("GET", "/readyz").json["ready"]:
            return "the studio was disturbed"
    nowhere = Said("--listen", "192.0.2.1:8080", "--public-url", "https://studio.invalid")
    return first(taken.is_so("listen", "failed", "taken", "--listen"),
                 ours.is_so("listen", "ok", "a studio answers"),
                 nowhere.is_so("listen", "failed"),
                 nowhere.is_so("public", "failed", "studio.invalid", "not reached"))


class Https(threading.Thread):
    """Something with TLS and a certificate that nobody believes."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        key, own = folder / "key.pem", folder / "own.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", own, "-days",
                        "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own, key)
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        self.start()

    def run(self):
        self.server.serve_forever()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Answers(http.server.BaseHTTPRequestHandler):
    """Says what `status` and `ahead_s` of its server say."""

    def log_message(self, *_):
        """The test says what matters."""

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + getattr(self.server, "ahead_s", 0), usegmt=True)

    def do_GET(self):
        body = getattr(self.server, "health", b"") if self.path == "/healthz" else b""
        self.send_response(200 if body else getattr(self.server, "status", 404))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET


def addresses_for_browsers():
    with tempfile.TemporaryDirectory() as folder:
        server = Https(Path(folder))
        distrusted = Said("--public-url", f"https://localhost:{server.port}")
        server.close()
    plain = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{plain.server_address[1]}"
    other = Said("--public-url", url)
    plain.status = 502
    nobody = Said("--public-url", url)
    plain.health = b'{"ok":true}'
    no_sockets = Said("--public-url", url)
    plain.shutdown()
    plain.server_close()
    with Studio() as studio:
        ours = Said("--public-url", studio.address)
    return first(distrusted.is_so("public", "failed", "certificate", "Caddy"),
                 other.is_so("public", "failed", "something else", "404"),
                 nobody.is_so("public", "warning", "502", "start the studio"),
                 no_sockets.is_so("public", "failed", "WebSockets do not", "Upgrade"),
                 ours.is_so("public", "ok", "WebSockets too"))


# ---- this machine ----

def a_storage_that_cannot_be_written():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file")
        file.write_text("x")
        not_a_folder = Said("--storage", file)
    read_only = Said("--storage", "/proc/crosscut")
    full = Said("--low-space", "1024TiB")
    return first(not_a_folder.is_so("storage", "failed", "--storage"),
                 read_only.is_so("storage", "failed", "/proc", "user that runs crosscut"),
                 full.is_so("space", "failed", "--low-space", "recordings would wait"))


def a_disk_for_so_many_cameras():
    one, many = Said("--cameras", 1), Said("--cameras", 16)
    hours = [said.lines["space"]["measured"]["hours"] for said in (one, many)]
    free = [said.lines["space"]["measured"]["freeBytes"] for said in (one, many)]
    if not 0.8 < hours[0] / hours[1] / (17 / 2) * free[1] / free[0] < 1.25:
        return f"{hours} hours of {free}"
    return first(one.is_so("space", one.state("space"), "1 camera "),
                 many.is_so("space", many.state("space"), "16 cameras "))


def files_with_secrets():
    with tempfile.TemporaryDirectory() as folder:
        token = Path(folder, "token")
        token.write_text(TOKEN + "\n")
        token.chmod(0o644)
        environment = {"CROSSCUT_ADMIN_TOKEN": "", "CROSSCUT_ADMIN_TOKEN_FILE": str(token)}
        everybody = Said(environment=environment)
        token.chmod(0o640)
        group = Said(environment=environment)
        token.chmod(0o600)
        good = Said(environment=environment)
        env = Path(folder, "env")
        env.write_text(f"CROSSCUT_SECRET_KEY={'5a' * 32}\n")
        env.chmod(0o644)
        file = Said("--env-file", env)
        env.write_text("CROSSCUT_REDIS=redis://:word@127.0.0.1:1/0\n")
        queue = Said("--env-file", env)
        env.write_text("# CROSSCUT_SECRET_KEY=\nCROSSCUT_CLIENTS_PER_SHOW=9\nCROSSCUT_REDIS=redis://127.0.0.1:1/0\n")
        harmless = Said("--env-file", env)
    return first(everybody.is_so("secrets", "failed", "644", f"chmod 600 {token}"),
                 group.is_so("secrets", "warning", "its group"), good.is_so("secrets", "ok"),
                 file.is_so("secrets", "failed", "chmod 600"),
                 queue.is_so("secrets", "failed", "chmod 600"), harmless.is_so("secrets", "ok"))


def a_clock_that_is_wrong():
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    environment = livekit_environment(f"ws://127.0.0.1:{other.server_address[1]}")
    other.ahead_s = 90
    far = Said(environment=environment)
    other.ahead_s = -20
    near = Said(environment=environment)
    other.shutdown()
    other.server_close()
    return first(far.is_so("clock", "failed", "behind that of LiveKit", "NTP"),
                 near.is_so("clock", "warning", "ahead of", "NTP"),
                 near.is_so("livekit", "failed", "404"))


# ---- services that are wrong ----

def a_livekit_that_is_wrong():
    with livekit.Livekit() as server:
        secret = Said(environment=livekit_environment(server.url, "x" * 40))
        mixed = Said("--public-url", "https://studio.invalid", environment=livekit_environment(server.url))
    closed = Said(environment=livekit_environment(f"ws://127.0.0.1:{free_port()}"))
    half = Said(environment={"CROSSCUT_LIVEKIT_URL": "ws://127.0.0.1:1"})
    return first(secret.is_so("livekit", "failed", "401", "CROSSCUT_LIVEKIT_SECRET"),
                 mixed.is_so("livekit", "failed", "no TLS", "wss://"),
                 closed.is_so("livekit", "failed", "start LiveKit"),
                 half.is_so("livekit", "failed", "all three"))


def an_egress_that_is_there_or_not():
    with livekit.Livekit() as server:
        none = Said("--egress", "livekit", environment=livekit_environment(server.url))
    stand_in = StandIn()
    try:
        there = Said("--egress", "livekit", environment=livekit_environment(stand_in.url))
    finally:
        stand_in.close()
    return first(none.is_so("egress", "failed", "livekit-egress", "Redis"),
                 there.is_so("egress", "ok"))


def a_redis_that_is_wrong():
    closed = Said(environment={"CROSSCUT_REDIS": f"redis://127.0.0.1:{free_port()}/0"})
    with redis.Redis() as server:
        server.ask("CONFIG", "SET", "requirepass", PASSWORD)
        without = Said(environment={"CROSSCUT_REDIS": server.url})
        wrong = Said(environment={"CROSSCUT_REDIS": server.url.replace("//", "//:wrong@")})
        right = Said(environment={"CROSSCUT_REDIS": server.url.replace("//", f"//:{PASSWORD}@")})
    no_url = Said(environment={"CROSSCUT_REDIS": "http://127.0.0.1/"})
    return first(closed.is_so("redis", "failed", "start Redis"),
                 without.is_so("redis", "failed", "password"), wrong.is_so("redis", "failed", "password"),
                 right.is_so("redis", "ok"), no_url.is_so("redis", "failed", "redis://"))


def an_object_storage_that_is_wrong():
    storage = s3.Storage()
    try:
        secret = Said(environment=mirror_environment(storage, "x" * 40))
        bucket = Said(environment={**mirror_environment(storage), "CROSSCUT_MIRROR": "s3://other/studio"})
    finally:
        storage.close()
    closed = Said(environment=mirror_environment(storage))
    without = Said(environment={"CROSSCUT_MIRROR": "s3://shows/studio"})
    return first(secret.is_so("mirror", "failed", "AWS_SECRET_ACCESS_KEY"),
                 bucket.is_so("mirror", "failed", "bucket"),
                 closed.is_so("mirror", "failed", "--s3-endpoint"),
                 without.is_so("mirror", "failed", "AWS_ACCESS_KEY_ID"),
                 without.is_so("settings", "failed", "--mirror"))


def main():
    tap = Tap()
    for name, test in (("a machine as it is", a_machine_as_it_is),
                       ("people read what to do", people_read_it),
                       ("settings that do not go together", settings_that_do_not_go_together),
                       ("an address that is taken", an_address_that_is_taken),
                       ("addresses for browsers", addresses_for_browsers),
                       ("a storage that cannot be written", a_storage_that_cannot_be_written),
                       ("a disk for so many cameras", a_disk_for_so_many_cameras),
                       ("files with secrets", files_with_secrets),
                       ("a clock that is wrong", a_clock_that_is_wrong)):
        tap.run(name, test)
    why_s3, why_rooms, why_redis = s3.missing(), livekit.missing(), redis.missing()
    for name, test, why in (
            ("the real services, when all is well", the_real_services, why_s3 or why_rooms or why_redis),
            ("a LiveKit that is wrong", a_livekit_that_is_wrong, why_rooms),
            ("an Egress that is there or not", an_egress_that_is_there_or_not, why_rooms),
            ("a Redis that is wrong", a_redis_that_is_wrong, why_redis),
            ("an object storage that is wrong", an_object_storage_that_is_wrong, why_s3)):
        tap.run_unless(why, name, test)
    tap.finish()


main()
