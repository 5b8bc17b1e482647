"""A stand-in for LiveKit with its Egress: the Twirp calls, the states and the failures of it, on demand.
It checks tokens as LiveKit does."""
import http.server
import json
import re
import socketserver
import threading
import time
import base64
import hashlib
import hmac

from livekit import KEY, SECRET, claims_of

OVER = ("EGRESS_COMPLETE", "EGRESS_FAILED", "EGRESS_ABORTED", "EGRESS_LIMIT_REACHED")


def redacted(url):
    """As LiveKit shows an address: its key is hidden but for its ends."""
    head, _, key = url.rpartition("/")
    return f"{head}/{{{key[:3]}...{key[-3:]}}}"


class StandIn(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """`rule(method, body)`: None, (status, value) or (status, value, headers), "hang", or "lost": it is
    done, and no answer comes."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.rule = lambda method, body: None
        self.seen = []  # (method, body)
        self.egresses = {}
        self.participants = []
        self.status_at_start = "EGRESS_STARTING"
        self.lock = threading.Lock()
        self.ended = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """Connections that end early are what this is for."""

    def close(self):
        self.ended.set()
        self.shutdown()
        self.server_close()

    # ---- what a test does ----

    def publish(self, picture="TR_program", sound="TR_sound"):
        tracks = [{"sid": picture, "type": "VIDEO", "name": "program", "muted": False}]
        if sound:
            tracks.append({"sid": sound, "type": "AUDIO", "name": "program-sound", "muted": False})
        self.participants = [{"identity": "host-1", "state": "ACTIVE", "joined_at": "1",
                              "tracks": tracks}]

    def asked(self, method):
        return [body for name, body in self.seen if name == method]

    def running(self):
        return [e for e in self.egresses.values() if e["status"] not in OVER]

    def end(self, status, error=""):
        """What runs ends so."""
        with self.lock:
            for egress in self.running():
                egress.update(status=status, error=error)

    def vanish(self):
        with self.lock:
            self.egresses.clear()

    def fail_stream(self, url, error="connection refused"):
        with self.lock:
            for egress in self.running():
                egress["streams"][url] = ("FAILED", error)

    # ---- what LiveKit does ----

    def shown(self, egress):
        if egress["status"] == "EGRESS_STARTING" and time.monotonic() - egress["begun"] > 0.3:
            egress["status"] = "EGRESS_ACTIVE"
        return {"egress_id": egress["id"], "room_name": egress["room"], "status": egress["status"],
                "error": egress.get("error", ""), "started_at": "1700000000000000000",
                "stream_results": [{"url": redacted(url), "status": status, "error": error}
                                   for url, (status, error) in egress["streams"].items()]}

    def start(self, body):
        name = f"EG_{len(self.asked('StartTrackCompositeEgress')) + len(self.asked('StartRoomCompositeEgress'))}"
        urls = body["stream_outputs"][0]["urls"]
        self.egresses[name] = {"id": name, "room": body["room_name"], "begun": time.monotonic(),
                               "status": self.status_at_start, "body": body,
                               "streams": {url: ("ACTIVE", "") for url in urls}}
        return 200, self.shown(self.egresses[name])

    StartTrackCompositeEgress = StartRoomCompositeEgress = start

    def ListEgress(self, body):
        found = [e for e in self.egresses.values()
                 if body.get("egress_id") in (None, e["id"]) and
                 body.get("room_name") in (None, e["room"])]
        items = [self.shown(e) for e in found]
        if body.get("active"):
            items = [i for i in items if i["status"] not in OVER]
        return 200, {"items": items}

    def UpdateStream(self, body):
        egress = self.egresses.get(body["egress_id"])
        if egress is None or egress["status"] != "EGRESS_ACTIVE":
            return 404, {"code": "not_found", "msg": "egress does not exist"}
        for url in body.get("remove_output_urls", []):
            if url not in egress["streams"]:
                return 404, {"code": "not_found", "msg": "stream does not exist"}
            egress["streams"][url] = ("FINISHED", "")
        egress["streams"].update({url: ("ACTIVE", "") for url in body.get("add_output_urls", [])})
        return 200, self.shown(egress)

    def StopEgress(self, body):
        egress = self.egresses.get(body["egress_id"])
        if egress is None:
            return 404, {"code": "not_found", "msg": "egress does not exist"}
        if egress["status"] in OVER:
            return 412, {"code": "failed_precondition", "msg": "egress is over"}
        egress["status"] = "EGRESS_COMPLETE"
        return 200, self.shown(egress)

    def CreateRoom(self, body):
        return 200, {"sid": "RM_1", "name": body["name"], "metadata": ""}

    def ListParticipants(self, body):
        return 200, {"participants": self.participants}

    def DeleteRoom(self, body):
        return 200, {}

    UpdateRoomMetadata = SendData = DeleteRoom


def may(headers, room):
    token = headers.get("Authorization", "").removeprefix("Bearer ")
    text, _, mac = token.rpartition(".")
    right = base64.urlsafe_b64encode(hmac.new(SECRET.encode(), text.encode(),
                                              hashlib.sha256).digest()).rstrip(b"=").decode()
    claims = claims_of(token) if text else {}
    now = time.time()
    return mac == right and claims["iss"] == KEY and claims["nbf"] <= now < claims["exp"] and \
        claims["video"].get("roomRecord") and room in (None, claims["video"].get("room"))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """The test says what matters."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        method = re.fullmatch(r"/twirp/livekit\.(?:Egress|RoomService)/(\w+)", self.path)[1]
        stand_in = self.server
        stand_in.seen.append((method, body))
        how = stand_in.rule(method, body)
        if how == "hang":
            stand_in.ended.wait(60)
        if how == "hang" or stand_in.ended.is_set():
            self.close_connection = True
            return
        room = body.get("room_name") or body.get("room") or body.get("name")
        headers = {}
        if isinstance(how, tuple):
            status, value, *more = how
            headers = more[0] if more else {}
        elif not may(self.headers, room):
            status, value = 401, {"code": "unauthenticated", "msg": "invalid token"}
        else:
            with stand_in.lock:
                status, value = getattr(stand_in, method)(body)
        if how == "lost":
            self.close_connection = True
            return
        data = json.dumps(value).encode()
        self.send_response_only(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
