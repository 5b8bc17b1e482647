"""Who may do what, in a table; and that a whole show with everybody in it leaves no secret behind."""
import base64
import hashlib
import hmac
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import socketio as socketio_client  # noqa: E402
from serve import TOKEN, Studio  # noqa: E402
from tap import Tap  # noqa: E402

EBML = bytes.fromhex("1a45dfa3") + bytes(60)
SOURCES = [{"id": "cam_1", "label": "Host", "role": "person"},
           {"id": "cam_2", "label": "Guest", "role": "person"}]


class Cast:
    """Two shows, and somebody of every kind."""

    def __init__(self, studio):
        self.studio = studio
        self.one = self.start("One")
        self.two = self.start("Two")
        self.tokens = {
            "nobody": None,
            "stranger": "not-a-token-of-anybody",
            "admin": TOKEN,
            "upload": self.one["uploadToken"],
            "other upload": self.two["uploadToken"],
            "camera": self.guest(self.one, "camera", "cam_2"),
            "guest": self.guest(self.one, "guest", "cam_2"),
            "viewer": self.guest(self.one, "viewer"),
            "other viewer": self.guest(self.two, "viewer"),
        }

    def start(self, name):
        answer = self.studio.ask("POST", "/session/start", {"name": name, "sources": SOURCES})
        assert answer.status == 201, answer
        return answer.json

    def guest(self, show, role, source=None, minutes=60):
        body = {"role": role, "minutes": minutes}
        if source:
            body["source"] = source
        answer = self.studio.ask("POST", f"/sessions/{show['sessionId']}/guests", body)
        assert answer.status == 201, answer
        return answer.json["token"]


def tus(session, name):
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}"
                        for k, v in (("sessionId", session), ("name", name)))
    return {"Tus-Resumable": "1.0.0", "Upload-Defer-Length": "1", "Upload-Metadata": metadata}


def calls(cast):
    """name: method, path, body, headers, who may. Others that are known get 403 (or 404 where a
    show is not theirs to know of), those who are not 401."""
    one = cast.one["sessionId"]
    all_of_one = {"admin", "upload", "camera", "guest", "viewer"}
    return {
        "me": ("GET", "/me", None, {}, set(cast.tokens) - {"nobody", "stranger"}),
        "start a show": ("POST", "/session/start", {"name": "x", "sources": []}, {}, {"admin"}),
        "list shows": ("GET", "/sessions", None, {}, {"admin"}),
        "see a show": ("GET", f"/sessions/{one}", None, {}, all_of_one),
        "read its log": ("GET", f"/sessions/{one}/events.log", None, {}, all_of_one),
        "invite": ("POST", f"/sessions/{one}/guests", {"role": "viewer", "minutes": 1}, {}, {"admin"}),
        "delete": ("DELETE", f"/sessions/{one}", None, {}, {"admin"}),
        "restore": ("POST", f"/sessions/{one}/restore", None, {}, {"admin"}),
        "send camera 1": ("POST", "/upload", b"", tus(one, "cam_1_iso.webm"), {"admin", "upload"}),
        "send camera 2": ("POST", "/upload", b"", tus(one, "cam_2_iso.webm"),
                          {"admin", "upload", "camera", "guest"}),
        "send the program": ("POST", "/upload", b"", tus(one, "program.webm"),
                             {"admin", "upload"}),
        "see the metrics": ("GET", "/metrics", None, {}, {"admin"}),
    }


def each_may_what_the_table_says(cast):
    wrong = []
    for what, (method, path, body, headers, may) in calls(cast).items():
        for who, token in cast.tokens.items():
            status = cast.studio.ask(method, path, body, token=token, headers=headers).status
            is_known = who not in ("nobody", "stranger")
            good = (status not in (401, 403) and status < 500) if who in may else (
                status in (403, 404) if is_known else status == 401)
            if not good:
                wrong.append(f"{what} by {who}: {status}")
    return "\n".join(wrong) or None


def signature_is_the_published_one(cast):
    """A guest's token is base64url JSON and 32 bytes of HMAC; changing the role breaks it."""
    head, payload, mac = cast.tokens["camera"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if head != "g1" or set(claims) != {"s", "r", "c", "e"} or claims["c"] != "cam_2":
        return repr(claims)
    forged = []
    for change in ({"r": "admin"}, {"c": "cam_1"}, {"e": 4102444800},
                   {"s": cast.two["sessionId"]}):
        text = base64.urlsafe_b64encode(json.dumps({**claims, **change}).encode()).decode()
        text = text.rstrip("=")
        forged.append(f"g1.{text}.{mac}")
        for key in (b"", b"secret", TOKEN.encode()):
            own = hmac.new(key, f"g1.{text}".encode(), hashlib.sha256).digest()
            forged.append(f"g1.{text}.{base64.urlsafe_b64encode(own).decode().rstrip('=')}")
        forged.append(f"g1.{text}.")
    forged += [f"u1.{payload}.{mac}", f"c1.{payload}.{mac}", f"G1.{payload}.{mac}",
               base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + f".{payload}."]
    for token in forged:
        if cast.studio.ask("GET", "/me", token=token).status != 401:
            return f"was let in: {token}"
    return None


def ended_link_is_out(cast):
    """An end in the past cannot be asked for, so time goes by: one minute of it is too long, and the
    test of the room itself has a clock of its own. Here: what may not be asked for."""
    for minutes in (0, -1, 10 ** 9, "60", 1.5, None):
        body = {"role": "viewer", "minutes": minutes}
        answer = cast.studio.ask("POST", f"/sessions/{cast.one['sessionId']}/guests", body)
        if answer.status != 400:
            return f"{minutes}: {answer!r}"
    for body in ({"role": "admin", "minutes": 5}, {"role": "camera", "minutes": 5},
                 {"role": "camera", "source": "cam_9", "minutes": 5}, {"minutes": 5},
                 {"role": "guest", "minutes": 5}, {"role": "guest", "source": "cam_9"}):
        answer = cast.studio.ask("POST", f"/sessions/{cast.one['sessionId']}/guests", body)
        if answer.status not in (400, 404):
            return f"{body}: {answer!r}"
    return None


# ---- Socket.IO ----

class Client:
    def __init__(self, studio, auth):
        self.refused = []
        self.client = socketio_client.Client(reconnection=False)
        self.client.on("connect_error", self.refused.append)
        try:
            self.client.connect(studio.address, auth=auth, wait_timeout=20,
                                transports=["websocket"])
            self.is_in = True
        except socketio_client.exceptions.ConnectionError:
            self.is_in = False

    def close(self):
        self.client.disconnect()


def sockets_let_in_whom_http_does(cast):
    one = cast.one["sessionId"]
    for who, token in cast.tokens.items():
        client = Client(cast.studio, {"token": token, "sessionId": one} if token else
                        {"sessionId": one})
        is_in = client.is_in
        client.close()
        if is_in != (who in {"admin", "upload", "camera", "guest", "viewer"}):
            return f"{who}: {'in' if is_in else 'out'} {client.refused}"
    return None


def event(kind, source, **more):
    return {"id": os.urandom(8).hex(), "type": kind, "source": source, "t": 1, **more}


def guests_speak_for_themselves_only(cast):
    one = cast.one["sessionId"]
    cases = (("camera", event("speaking_start", "cam_2"), True),
             ("camera", event("speaking_start", "cam_1"), False),
             ("camera", event("manual_cut", "cam_2"), False),
             ("camera", event("settings", "cam_2", settings={}), False),
             ("guest", event("speaking_start", "cam_2"), True),
             ("guest", event("speaking_start", "cam_1"), False),
             ("guest", event("manual_cut", "cam_2"), False),
             ("guest", event("record_start", "cam_2", file="cam_1_local.webm"), False),
             ("viewer", event("speaking_start", "cam_2"), False),
             ("admin", event("speaking_stop", "cam_2"), True))
    for who, sent, may in cases:
        client = Client(cast.studio, {"token": cast.tokens[who], "sessionId": one})
        answer = client.client.call("event", sent, timeout=20)
        client.close()
        if answer["ok"] != may:
            return f"{who} {sent}: {answer}"
        if not may and answer["error"]["code"] not in ("forbidden", "invalid"):
            return f"{who} {sent}: {answer}"
    return None


# ---- S8 ----

def everything_of(studio):
    """name → bytes of every artefact that a run leaves or shows."""
    found = {"log": studio.log_text().encode(), "stdout": repr(studio.first_lines).encode()}
    for path in ("/metrics", "/openapi.json", "/sessions", "/healthz", "/readyz", "/storage"):
        found[path] = studio.ask("GET", path).body
    for process in [studio.process.pid, *children_of(studio.process.pid)]:
        for name in ("cmdline", "environ"):
            try:
                found[f"/proc/{process}/{name}"] = Path(f"/proc/{process}/{name}").read_bytes()
            except OSError:
                pass
    for path in (studio.folder / "storage").rglob("*"):
        if path.is_file() and path.name not in ("reserve", "secret"):
            found[str(path.relative_to(studio.folder))] = path.read_bytes()
    return found


def children_of(pid):
    try:
        return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def whole_show_leaves_no_secret():
    with Studio("--log-format", "json", environment={"G_MESSAGES_DEBUG": "all"}) as studio:
        cast = Cast(studio)
        one = cast.one["sessionId"]
        login = studio.ask("POST", "/login", {"token": TOKEN}, token=None)
        cookie = login.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
        guests = [Client(studio, {"token": cast.tokens[w], "sessionId": one})
                  for w in ("admin", "camera", "viewer", "guest")]
        guests[1].client.call("event", event("speaking_start", "cam_2"), timeout=20)
        Client(studio, {"token": "wrong-token-wrong-token", "sessionId": one}).close()
        studio.ask("GET", f"/sessions/{one}?token={TOKEN}", token=cast.tokens["viewer"])
        studio.ask("GET", "/me", token=cast.tokens["camera"] + "x")
        headers = {**tus(one, "cam_2_iso.webm")}
        made = studio.ask("POST", "/upload", b"", token=cast.tokens["camera"], headers=headers)
        location = made.headers["Location"].split("//")[-1]
        studio.ask("PATCH", location[location.index("/"):], EBML, token=cast.tokens["camera"],
                   headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0",
                            "Content-Type": "application/offset+octet-stream"})
        during = everything_of(studio)
        studio.ask("POST", "/session/stop", {"sessionId": one})
        for guest in guests:
            guest.close()
        time.sleep(0.2)   # the children that read recordings, if any, are seen in between
        after = everything_of(studio)
        studio.stop()
        after["log at the end"] = studio.log_text().encode()
    secrets = {who: token for who, token in cast.tokens.items() if token and who != "stranger"}
    secrets |= {"cookie": cookie, "wrong": "wrong-token-wrong-token"}
    for moment in (during, after):
        for name, content in moment.items():
            for who, secret in secrets.items():
                if secret.encode() in content:
                    return f"the token of {who} stands in {name}"
    return None if len(after) > 12 else f"too little was looked at: {sorted(after)}"


def main():
    tap = Tap()
    with Studio() as studio:
        cast = Cast(studio)
        tap.run("s07 forged tokens are nobody's", signature_is_the_published_one, cast)
        tap.run("s07 links are for those who may be asked for", ended_link_is_out, cast)
        tap.run("s07 sockets let in whom HTTP does", sockets_let_in_whom_http_does, cast)
        tap.run("s07 guests speak for themselves only", guests_speak_for_themselves_only, cast)
        tap.run("s07 each may what the table says", each_may_what_the_table_says, cast)
    tap.run("s08 a whole show leaves no secret", whole_show_leaves_no_secret)
    tap.finish()


if __name__ == "__main__":
    main()
