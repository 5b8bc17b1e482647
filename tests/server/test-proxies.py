"""The files in deploy/: each is read by the program that it is for, and the studio works behind
real Caddy and nginx as they say: uploads stream through, WebSockets are upgraded, clients have
their own address, nobody lends himself another's."""
import base64
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from serve import CROSSCUT, SOURCE, TOKEN, Studio, free_port  # noqa: E402
from tap import Tap  # noqa: E402

DEPLOY = SOURCE / "deploy"
CLIENT = "127.0.0.2"   # loopback too, and neither the proxy's address nor the studio's
EBML = bytes.fromhex("1a45dfa3")


class Proxy:
    """A proxy that runs; `context` None: it speaks plain HTTP."""

    def __init__(self, name, port, host, command, context=None, environment=None, folder=None):
        self.name, self.port, self.host, self.context = name, port, host, context
        self.folder = folder
        self.log = open(folder / "proxy.log", "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, cwd=folder,
                                        env={**os.environ, **(environment or {})})

    def wait(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                self.open().close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "proxy.log").read_text(errors="replace"))

    def open(self):
        """A socket to it from CLIENT."""
        plain = socket.create_connection(("127.0.0.1", self.port), 30, (CLIENT, 0))
        return self.context.wrap_socket(plain) if self.context else plain

    def connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.sock = self.open()
        return connection

    def headers(self, **more):
        return {"Host": self.host, **{k.replace("_", "-"): v for k, v in more.items()}}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.log.close()


def caddy(folder, upstream):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {"CROSSCUT_DOMAIN": address, "CROSSCUT_UPSTREAM": f"127.0.0.1:{upstream}",
                   "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
                   "HOME": str(folder)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"]
    return Proxy("Caddy", port, f"127.0.0.1:{port}", command, None, environment, folder)


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem", "-days", "2", "-subj", "/CN=studio.example"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def nginx_files(folder, port, plain_port, upstream):
    """deploy/nginx.conf with this machine's ports and certificate, and what Debian has around it."""
    certificate(folder)
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in (("server 127.0.0.1:8080;", f"server 127.0.0.1:{upstream};"),
                     ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
                     ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
                     ("/etc/letsencrypt/live/studio.example/fullchain.pem", f"{folder}/cert.pem"),
                     ("/etc/letsencrypt/live/studio.example/privkey.pem", f"{folder}/key.pem")):
        assert text.count(old) == 1, f"nginx.conf has no {old!r}"
        text = text.replace(old, new)
    (folder / "crosscut.conf").write_text(text)
    temporary = "".join(f"    {kind}_temp_path {folder}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nworker_processes 1;\n"
        f"events {{ }}\nhttp {{\n    access_log off;\n{temporary}    include {folder}/crosscut.conf;\n"
        "}\n")
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def nginx(folder, upstream):
    port = free_port()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    command = nginx_files(folder, port, free_port(), upstream)
    return Proxy("nginx", port, "studio.example", command, context, None, folder)


# ---- behind them ----

def ask(proxy, method, path, body=None, token=TOKEN, **headers):
    connection = proxy.connection()
    given = proxy.headers(**headers)
    if token:
        given["Authorization"] = f"Bearer {token}"
    if isinstance(body, dict):
        body = json.dumps(body).encode()
        given["Content-Type"] = "application/json"
    connection.request(method, path, body=body, headers=given)
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def start_show(proxy):
    answer = ask(proxy, "POST", "/session/start", {
        "name": "Behind a proxy", "sources": [{"id": "cam_1", "label": "Host", "role": "person"}]})
    assert answer.status == 201, f"{answer.status} {answer.body!r}"
    return json.loads(answer.body)["sessionId"]


def client_address_is_right(proxy, studio):
    """Also when the client claims to be somebody else, and when it is a proxy itself."""
    for claim in ({}, {"X_Forwarded_For": "203.0.113.9"},
                  {"X_Forwarded_For": "203.0.113.9, 127.0.0.1", "Forwarded": "for=203.0.113.9",
                   "X_Real_IP": "203.0.113.9"}):
        answer = ask(proxy, "GET", "/me", **claim)
        wanted = answer.headers["X-Request-Id"]
        line = next(x for x in map(json.loads, studio.log_text().splitlines())
                    if x.get("request") == wanted)
        if answer.status != 200 or line["client"] != CLIENT:
            return f"{claim}: {answer.status} {line}"
    return None


def cookie_has_what_the_way_needs(proxy, _studio):
    scheme = "https" if proxy.context else "http"
    answer = ask(proxy, "POST", "/login", {"token": TOKEN}, token=None,
                 Origin=f"{scheme}://{proxy.host}")
    cookie = answer.headers["Set-Cookie"] or ""
    if answer.status != 204 or ("Secure" in cookie) != bool(proxy.context):
        return f"{answer.status} {cookie}"
    value = cookie.partition(";")[0]
    other = ask(proxy, "POST", "/logout", token=None, Cookie=value, Origin="https://evil.example")
    ours = ask(proxy, "POST", "/logout", token=None, Cookie=value,
               Origin=f"{scheme}://{proxy.host}")
    return None if (other.status, ours.status) == (403, 204) else f"{other.status} {ours.status}"


def websocket_is_upgraded(proxy, _studio):
    sock = proxy.open()
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall((f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {proxy.host}\r\n"
                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  f"Sec-WebSocket-Key: {key}\r\n\r\n").encode())
    received = b""
    while b"sid" not in received:
        piece = sock.recv(4096)
        if not piece:
            return f"closed after {received!r}"
        received += piece
    # And a message the other way: a ping of Engine.IO's probe, which is answered.
    text = b"2probe"
    mask = os.urandom(4)
    sock.sendall(bytes([0x81, 0x80 | len(text)]) + mask +
                 bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
    sock.close()
    return None if received.startswith(b"HTTP/1.1 101 ") else repr(received)


def acknowledged_bytes(studio, session):
    """Asked of the studio itself, not through the proxy."""
    manifest = studio.ask("GET", f"/sessions/{session}").json
    return max([u["bytes"] for u in manifest["live"]["uploads"]], default=0)


def upload_streams_through(proxy, studio):
    """Half of a PATCH is on disk before the other half is sent."""
    session = start_show(proxy)
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}"
                        for k, v in (("sessionId", session), ("name", "cam_1_iso.webm")))
    made = ask(proxy, "POST", "/upload", b"", Tus_Resumable="1.0.0", Upload_Defer_Length="1",
               Upload_Metadata=metadata)
    if made.status != 201:
        return f"{made.status} {made.body!r}"
    half = 6 << 20
    body = EBML + os.urandom(2 * half - len(EBML))
    sock = proxy.open()
    path = re.sub(r"^https?://[^/]+", "", made.headers["Location"])
    sock.sendall((f"PATCH {path} HTTP/1.1\r\nHost: {proxy.host}\r\nAuthorization: Bearer {TOKEN}\r\n"
                  "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nConnection: close\r\n"
                  f"Content-Type: application/offset+octet-stream\r\nContent-Length: {2 * half}\r\n\r\n"
                  ).encode() + body[:half])
    deadline = time.monotonic() + 30
    while acknowledged_bytes(studio, session) < half // 2:
        if time.monotonic() > deadline:
            return f"only {acknowledged_bytes(studio, session)} bytes are there of {half} sent"
        time.sleep(0.05)
    sock.sendall(body[half:])
    answer = b""
    while piece := sock.recv(4096):
        answer += piece
    sock.close()
    if b" 204 " not in answer.splitlines()[0] or str(2 * half).encode() not in answer:
        return repr(answer)
    stored = studio.folder / "storage" / "sessions" / session / "cam_1_iso.webm"
    return None if stored.read_bytes() == body else "what is stored is not what was sent"


def long_polling_is_not_held_back(proxy, _studio):
    answer = ask(proxy, "GET", "/socket.io/?EIO=4&transport=polling")
    return None if answer.status == 200 and b'"sid"' in answer.body else repr(answer.body)


def stopped_studio_is_502(proxy, studio):
    """The proxy says so, and goes on when the studio is back."""
    studio.kill()
    down = ask(proxy, "GET", "/healthz")
    studio.start()
    back = ask(proxy, "GET", "/healthz")
    return None if down.status == 502 and back.status == 200 else f"{down.status} {back.status}"


BEHIND = (
    ("clients have their own address", client_address_is_right),
    ("the cookie has what the way needs", cookie_has_what_the_way_needs),
    ("WebSockets are upgraded", websocket_is_upgraded),
    ("uploads stream through", upload_streams_through),
    ("polling is passed on at once", long_polling_is_not_held_back),
    ("it goes on when the studio is back", stopped_studio_is_502),
)


def behind(tap, name, program, make, public_url):
    if shutil.which(program) is None:
        for title, _ in BEHIND:
            tap.skip(f"{name}: {title}", f"needs {program} (make test-deps)")
        return
    folder = Path(tempfile.mkdtemp(prefix="crosscut-proxy-"))
    studio = Studio("--log-format", "json", "--trusted-proxies", "127.0.0.1", "--public-url",
                    public_url)
    proxy = make(folder, studio.port)
    try:
        with studio:
            proxy.wait()
            for title, test in BEHIND:
                tap.run(f"{name}: {title}", test, proxy, studio)
    finally:
        proxy.stop()
        shutil.rmtree(folder, ignore_errors=True)


# ---- the files themselves ----

def caddyfile_is_valid():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["caddy", "validate", "--adapter", "caddyfile", "--config",
                               DEPLOY / "Caddyfile"], capture_output=True, text=True, check=False,
                              env={**os.environ, "CROSSCUT_DOMAIN": "studio.example",
                                   "HOME": folder, "XDG_DATA_HOME": folder,
                                   "XDG_CONFIG_HOME": folder})
    return None if done.returncode == 0 else done.stderr


def nginx_conf_is_valid():
    with tempfile.TemporaryDirectory() as name:
        command = nginx_files(Path(name), free_port(), free_port(), 1)
        done = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 and "[warn]" not in done.stderr else done.stderr


def unit_is_valid_and_narrow():
    text = (DEPLOY / "crosscut.service").read_text()
    with tempfile.TemporaryDirectory() as name:
        unit = Path(name) / "crosscut.service"
        unit.write_text(text.replace("/usr/local/bin/crosscut", str(CROSSCUT)))
        verify = subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                                capture_output=True, text=True, check=False)
        rate = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20",
                               "--no-pager", unit], capture_output=True, text=True, check=False)
    complaints = [line for line in verify.stderr.splitlines() if "crosscut.service" in line]
    if verify.returncode != 0 or complaints:
        return verify.stderr
    return None if rate.returncode == 0 else rate.stdout + rate.stderr


def compose_is_what_compose_reads():
    import yaml
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    server, proxy = document["services"]["server"], document["services"]["caddy"]
    if "ports" in server or server["cap_drop"] != ["ALL"] or not server["read_only"]:
        return "the studio itself is to be reached through the proxy only, and to have nothing else"
    for service in (server, proxy):
        for volume in service["volumes"]:
            source, target = volume.split(":")[:2]
            if source.startswith("./"):
                if not (DEPLOY / source).is_file():
                    return f"{volume}: there is no {source}"
            elif source not in document["volumes"]:
                return f"{volume} is not declared"
        for network in service["networks"]:
            if network not in document["networks"]:
                return f"{network} is not declared"
    if not (DEPLOY / server["build"]["context"] / server["build"]["dockerfile"]).is_file():
        return "there is no Dockerfile where compose.yaml looks for it"
    subnet = document["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    if server["environment"]["CROSSCUT_TRUSTED_PROXIES"] != subnet:
        return "the proxy's network is not the trusted one"
    return settings_are_known(server["environment"])


def settings_are_known(environment):
    known = set(re.findall(r"^# (CROSSCUT_\w+)=", (SOURCE / ".env.example").read_text(), re.M))
    unknown = {n for n in environment if n.startswith("CROSSCUT_")} - known
    return f"no such settings: {unknown}" if unknown else None


def dockerfile_names_the_libraries():
    """What the program links is installed where it runs, and what runs is told known settings."""
    text = (DEPLOY / "server.Dockerfile").read_text()
    last = text[text.rindex("\nFROM "):]
    linked = subprocess.run(["ldd", CROSSCUT], capture_output=True, text=True, check=True).stdout
    wanted = {"libglib-2.0": "libglib2.0-0", "libjansson": "libjansson4", "libnettle": "libnettle8",
              "libmicrohttpd": "libmicrohttpd12", "libwslay": "libwslay1", "libsqlite3": "libsqlite3-0",
              "libhiredis": "libhiredis0.14", "libsodium": "libsodium23", "libcurl": "libcurl4",
              "libebur128": "libebur128-1", "libavformat": "libavformat59",
              "libavcodec": "libavcodec59", "libavfilter": "libavfilter8",
              "libswscale": "libswscale6", "libswresample": "libswresample4",
              "libavutil": "libavutil57"}
    for library, package in wanted.items():
        if f"{library}.so" in linked and f" {package}" not in last:
            return f"{package} is not installed"
    if "\nUSER crosscut\n" not in last:
        return "it runs as root"
    return settings_are_known(re.findall(r"(CROSSCUT_\w+)=", last))


def main():
    tap = Tap()
    for name, program, test in (
            ("deploy/Caddyfile is valid", "caddy", caddyfile_is_valid),
            ("deploy/nginx.conf is valid", "nginx", nginx_conf_is_valid),
            ("deploy/crosscut.service is valid and narrow", "systemd-analyze",
             unit_is_valid_and_narrow),
            ("deploy/compose.yaml is what compose reads", "python3", compose_is_what_compose_reads),
            ("deploy/server.Dockerfile names the libraries", "ldd", dockerfile_names_the_libraries),
    ):
        tap.run_unless(None if shutil.which(program) else f"needs {program}", name, test)
    behind(tap, "Caddy", "caddy", caddy, "http://localhost:1")
    behind(tap, "nginx", "nginx", nginx, "https://studio.example")
    tap.finish()


if __name__ == "__main__":
    main()
