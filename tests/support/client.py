"""A client of a show for tests, over python-socketio's own client, and what shows are held against."""
import base64
import hashlib
import json
import queue
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import socketio

from serve import CROSSCUT


def until(look, seconds=90, what="it"):
    """The first true value of look()."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come")
        time.sleep(0.05)


class Refused(Exception):
    """The server did not let the client in; `code` as in HTTP errors."""

    def __init__(self, data):
        super().__init__(str(data))
        self.code = (data or {}).get("data", {}).get("code") if isinstance(data, dict) else None


class Client:
    """One connection to one show. Events that come are in `heard`, in their order."""

    def __init__(self, studio, session, token=..., last_seq=None):
        self.heard = []
        self.inbox = queue.Queue()
        self.refusal = None
        self.io = socketio.Client(reconnection=False)
        self.io.on("event", self._hear)
        self.io.on("connect_error", self._refused)
        for name in ("welcome", "replayed", "state", "signal"):
            self.io.on(name, lambda value, name=name: self.inbox.put((name, value)))
        auth = {"sessionId": session, "token": studio.token if token is ... else token}
        if last_seq is not None:
            auth["lastSeq"] = last_seq
        try:
            self.io.connect(studio.address, auth=auth, transports=["websocket"], wait_timeout=60)
        except socketio.exceptions.ConnectionError:
            raise Refused(self.refusal) from None
        self.welcome = self.wait("welcome")
        self.zero = time.monotonic() - self.welcome["clock"] / 1000

    def _hear(self, event):
        self.heard.append(event)
        self.inbox.put(("event", event))

    def _refused(self, data):
        self.refusal = data

    def clock(self):
        return int((time.monotonic() - self.zero) * 1000)

    def wait(self, name, good=lambda value: True, seconds=90):
        """The next message of that name that is good; others are passed over."""
        end = time.monotonic() + seconds
        while True:
            got, value = self.inbox.get(timeout=max(end - time.monotonic(), 0.01))
            if got == name and good(value):
                return value

    def wait_event(self, type_, seconds=90, **members):
        return self.wait("event", lambda e: e["type"] == type_ and
                         all(e.get(k) == v for k, v in members.items()), seconds)

    def send(self, type_, source=None, id_=None, **members):
        """The server's answer to one event."""
        event = {"id": id_ or str(uuid.uuid4()), "type": type_, "t": self.clock(), **members}
        if source:
            event["source"] = source
        return self.io.call("event", event, timeout=90)

    def close(self):
        self.io.disconnect()


def start_show(studio, cameras=2, wide=False, **members):
    sources = [{"id": f"cam_{i + 1}", "label": f"Person {i + 1}"} for i in range(cameras)]
    if wide:
        sources.append({"id": f"cam_{cameras + 1}", "label": "Wide", "role": "wide"})
    answer = studio.ask("POST", "/session/start", {"name": "A show", "sources": sources, **members})
    assert answer.status == 201, answer
    return answer.json


def stop_show(studio, session):
    answer = studio.ask("POST", "/session/stop", {"sessionId": session})
    assert answer.status == 200, answer
    return answer.json


def wait_complete(studio, session, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        manifest = studio.ask("GET", f"/sessions/{session}").json
        if manifest["state"] == "complete":
            return manifest
        time.sleep(0.1)
    raise AssertionError(f"not complete: {manifest}")


def show_folder(studio, session):
    return studio.folder / "storage" / "sessions" / session


def read_log(folder):
    return [json.loads(line) for line in Path(folder, "events.log").read_text().splitlines()]


# ---- multipart and tus ----

def send_multipart(studio, session, name, data, token=..., fields=None, behind=()):
    boundary = "----" + uuid.uuid4().hex
    parts = fields or [("sessionId", session.encode()), ("name", name.encode())]

    def write(pairs):
        return b"".join(f"--{boundary}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n"
                        .encode() + value + b"\r\n" for key, value in pairs)

    body = write(parts)
    body += (f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n"
             "Content-Type: application/octet-stream\r\n\r\n").encode() + data + b"\r\n"
    body += write(behind) + f"--{boundary}--\r\n".encode()
    return studio.ask("POST", "/upload", body, token=token,
                      headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})


def tus_headers(**more):
    return {"Tus-Resumable": "1.0.0", **{k.replace("_", "-"): v for k, v in more.items()}}


def tus_create(studio, session, name, length=None, token=...):
    pairs = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}"
                     for k, v in (("sessionId", session), ("name", name)))
    size = {"Upload_Length": str(length)} if length is not None else {"Upload_Defer_Length": "1"}
    return studio.ask("POST", "/upload", token=token,
                      headers=tus_headers(Upload_Metadata=pairs, **size))


def tus_patch(studio, location, offset, data, token=..., length=None, sum_=None, type_=None):
    headers = tus_headers(Upload_Offset=str(offset),
                          Content_Type=type_ or "application/offset+octet-stream")
    if length is not None:
        headers["Upload-Length"] = str(length)
    if sum_ is not None:
        kind, digest = sum_
        headers["Upload-Checksum"] = f"{kind} {base64.b64encode(digest).decode()}"
    return studio.ask("PATCH", location, data, token=token, headers=headers)


def tus_head(studio, location, token=...):
    return studio.ask("HEAD", location, token=token, headers=tus_headers())


def recording(length=100_000, seed=1):
    """Bytes that begin as Matroska does; nothing else of it is looked at by the server itself."""
    block = hashlib.sha256(str(seed).encode()).digest()
    return b"\x1a\x45\xdf\xa3" + (block * (length // 32 + 1))[:length - 4]


# ---- what a log is held against ----

def shown(changes, t):
    source = None
    for at, name in changes:
        if at <= t:
            source = name
    return source


def replay_problem(log):
    """None when a replay of this log decides what its `switch` lines say; else what differs. Where
    the console decided, its lines are its own."""
    sources = next(e for e in log if e["type"] == "session_start")
    end = max(max(e["t"], e.get("at", 0)) for e in log)
    look_ahead = sources["settings"].get("look_ahead", 0)
    mode = ["--mode", "look-ahead", "--look-ahead", str(look_ahead)] if look_ahead else \
        ["--mode", "causal"]
    settings = [f"{k}={v}" for k, v in sources["settings"].items() if k != "look_ahead"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.json")
        path.write_text(json.dumps(log))
        command = [CROSSCUT, "cut", path, *mode, "--duration", str((end + 1) / 1000)]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run([*command, "-o", Path(folder, "shots.json")], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            return done.stderr
        shots = json.loads(Path(folder, "shots.json").read_text())["shots"]
    replayed = [(s["t"], s["source"]) for s in shots]
    logged = [(e["t"], e["source"]) for e in log if e["type"] == "switch"]
    away, since = [], None
    for event in log:
        if event["type"] == "epoch" and event["by"] == "console":
            since = event["at"] - look_ahead * 1000
        elif event["type"] == "epoch" and since is not None:
            away.append((since, event["at"]))
            since = None
    last = max([e["at"] for e in log if e["type"] == "switch"], default=0) - look_ahead * 1000
    for t in sorted({t for t, _ in replayed + logged} | {0}):
        if t > last or any(a <= t < b for a, b in away):
            continue
        if shown(logged, t) != shown(replayed, t):
            return (f"at {t} ms the show had {shown(logged, t)}, its replay {shown(replayed, t)}\n"
                    f"logged {logged}\nreplayed {replayed}")
    return None
