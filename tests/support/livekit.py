"""LiveKit for tests: the real server (build/livekit-server), a gate before it that counts calls and fails
on demand, and tokens made here by other means than the program's."""
import base64
import hashlib
import hmac
import http.client
import http.server
import json
import shutil
import signal
import socketserver
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import websocket

from serve import SOURCE, free_port

SERVER = SOURCE / "build" / "livekit-server" / "livekit-server"
KEY, SECRET = "APIcrosscut", "lk_s3cret_of_at_least_thirty_two_bytes"


def missing():
    """Why there can be no such server here, or None."""
    return None if SERVER.exists() else "needs build/livekit-server (make test-deps)"


# ---- tokens ----

def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims, secret=SECRET, algorithm="HS256"):
    head = {"alg": algorithm, "typ": "JWT"}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{'' if algorithm == 'none' else base64url(mac)}"


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def hook_token(body, now=None, secret=SECRET, key=KEY, **more):
    now = time.time() if now is None else now
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return jwt({"iss": key, "nbf": int(now) - 5, "exp": int(now) + 300, "sha256": digest, **more},
               secret)


# ---- the server ----

class Livekit:
    """`hooks`: addresses that are told."""

    def __init__(self, hooks=()):
        self.folder = Path(tempfile.mkdtemp(prefix="crosscut-livekit-"))
        self.port, self.udp, self.tcp = free_port(), free_port(), free_port()
        self.hooks = list(hooks)
        self.process = None

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def start(self):
        config = {"port": self.port, "bind_addresses": ["127.0.0.1"],
                  "rtc": {"node_ip": "127.0.0.1", "enable_loopback_candidate": True,
                          "use_external_ip": False, "udp_port": self.udp, "tcp_port": self.tcp},
                  "keys": {KEY: SECRET}, "logging": {"level": "warn"}}
        if self.hooks:
            config["webhook"] = {"api_key": KEY, "urls": self.hooks}
        path = self.folder / "livekit.yaml"
        path.write_text(json.dumps(config))  # JSON is YAML
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([SERVER, "--config", path], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder)
        end = time.monotonic() + 60
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    return self
            except OSError:
                pass
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.1)

    def stop(self, number=signal.SIGKILL):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def ask(self, method, body, **video):
        """A call of RoomService, past the program."""
        grants = {"roomList": True, "roomCreate": True, "roomAdmin": True, **video}
        if "room" in body:
            grants["room"] = body["room"]
        token = jwt({"iss": KEY, "nbf": int(time.time()) - 5, "exp": int(time.time()) + 60,
                     "video": grants})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", f"/twirp/livekit.RoomService/{method}", json.dumps(body),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        value = json.loads(response.read())
        connection.close()
        assert response.status == 200, value
        return value

    def rooms(self):
        return {room["name"]: room for room in self.ask("ListRooms", {})["rooms"]}

    def program(self, room):
        """What the room's metadata says of the program, or None."""
        text = self.rooms().get(room, {}).get("metadata")
        return json.loads(text)["program"] if text else None

    def people(self, room):
        return [one["identity"] for one in
                self.ask("ListParticipants", {"room": room})["participants"]]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Refused(Exception):
    pass


def join(url, token):
    """A participant's signalling, without media; Refused with the status."""
    try:
        return websocket.create_connection(
            f"{url}/rtc?access_token={token}&protocol=9&auto_subscribe=1", timeout=20)
    except websocket.WebSocketBadStatusException as error:
        raise Refused(error.status_code) from None


# ---- a gate that fails on demand ----

class Gate(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Passes Twirp calls on to `port`. `rule(method, body)`: None, or (status, body, headers), or
    "hang". What was asked is in `seen`: (time, method, body)."""
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), GateHandler)
        self.to = port
        self.rule = lambda method, body: None
        self.seen = []
        self.ended = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def count(self, method):
        return sum(one[1] == method for one in self.seen)

    def handle_error(self, request, client_address):
        """Connections that end early are what this is for."""

    def close(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


class GateHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """The test says what matters."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        method = self.path.rpartition("/")[2]
        self.server.seen.append((time.monotonic(), method, json.loads(body or b"{}")))
        how = self.server.rule(method, self.server.seen[-1][2])
        if how == "hang":
            self.server.ended.wait(60)
            self.close_connection = True
            return
        if how is None:
            how = self.pass_on(body)
        status, data, headers = how
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def pass_on(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.to, timeout=30)
        try:
            upstream.request("POST", self.path, body,
                             {name: self.headers[name] for name in ("Authorization", "Content-Type")})
            response = upstream.getresponse()
            return response.status, response.read(), {}
        except OSError:
            return 502, b"", {}
        finally:
            upstream.close()
