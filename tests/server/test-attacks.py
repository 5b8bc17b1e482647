"""Attacks on a studio while a show runs in it: each is refused with an answer that says why, and the
show does not notice."""
import json
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
import socketio
from client import (Client, Refused, read_log, recording, replay_problem, send_multipart,
                    show_folder, start_show, stop_show, tus_create, tus_head, tus_headers, tus_patch,
                    wait_complete)
from disk import DiskStudio
from serve import TOKEN, Studio
from tap import Tap

tap = Tap()
SETTINGS = {"min_shot": 0.5, "ignore": 0.2}


def complaint(answer, status, field=None):
    if answer.status != status:
        return f"expected {status}, found {answer}"
    error = answer.json["error"]
    if not error["code"] or not error["message"] or (field and error.get("field") != field):
        return f"expected the field {field}, found {answer}"
    return None


class Running:
    """A show that runs; `stop()` says whether anything of it was lost or odd."""

    def __init__(self, studio, **members):
        self.studio = studio
        self.session = start_show(studio, settings=SETTINGS, **members)["sessionId"]
        self.client = Client(studio, self.session)

    def goes_on(self):
        for source in ("cam_2", "cam_1"):
            answer = self.client.send("manual_cut", source)
            assert answer["ok"], answer
            self.client.wait_event("switch", source=source)
        assert self.client.send("auto_resume")["ok"]
        assert self.studio.ask("GET", f"/sessions/{self.session}").status == 200

    def stop(self):
        self.client.close()
        stop_show(self.studio, self.session)
        return replay_problem(read_log(show_folder(self.studio, self.session)))


# ---- S3: lengths, chunks, quotas ----

def raw(studio, head, body=b""):
    connection = socket.create_connection(("127.0.0.1", studio.port), timeout=30)
    connection.sendall(head.encode() + body)
    return connection


def patch_head(studio, location, *more):
    lines = [f"PATCH {location} HTTP/1.1", "Host: 127.0.0.1",
             f"Authorization: Bearer {studio.token}", "Tus-Resumable: 1.0.0",
             "Content-Type: application/offset+octet-stream", *more]
    return "\r\n".join(lines) + "\r\n\r\n"


def read_status(connection):
    data = b""
    while b"\r\n" not in data:
        got = connection.recv(4096)
        if not got:
            return None
        data += got
    return int(data.split()[1])


def test_lying_lengths(studio):
    show = Running(studio)
    data = recording(50_000)
    location = tus_create(studio, show.session, "cam_1_iso.mkv").headers["Location"]
    cut = raw(studio, patch_head(studio, location, "Upload-Offset: 0", "Content-Length: 1000000"),
              data[:10_000])
    cut.close()
    problems = []
    for length in ("-1", "99999999999999999999", "1e9", "1 2", "0x10"):
        answer = tus_create(studio, show.session, "cam_2_iso.mkv", length)
        problems.append(complaint(answer, 400, "Upload-Length"))
    for offset in ("-1", "abc", str(2 ** 63)):
        answer = tus_patch(studio, location, offset, b"x")
        problems.append(complaint(answer, 400, "Upload-Offset"))
    problems.append(complaint(tus_patch(studio, location, 2 ** 40, b"x"), 409, "Upload-Offset"))
    at = int(tus_head(studio, location).headers["Upload-Offset"])
    assert at <= 10_000, at
    short = tus_create(studio, show.session, "cam_2_iso.mkv", 50).headers["Location"]
    problems.append(complaint(tus_patch(studio, short, 0, data[:100]), 413))
    problems.append(complaint(tus_patch(studio, short, 0, data[:50], length=60), 413))
    assert tus_patch(studio, location, at, data[at:], length=len(data)).status == 204
    assert (show_folder(studio, show.session) / "cam_1_iso.mkv").read_bytes() == data
    show.goes_on()
    return "\n".join(filter(None, problems + [show.stop()]))


def test_tiny_chunks(studio):
    """A body in a hundred thousand chunks of one byte, and a recording in hundreds of requests."""
    show = Running(studio)
    data = recording(100_000)
    location = tus_create(studio, show.session, "cam_1_iso.mkv").headers["Location"]
    body = b"".join(b"1\r\n" + data[i:i + 1] + b"\r\n" for i in range(len(data))) + b"0\r\n\r\n"
    connection = raw(studio, patch_head(studio, location, "Upload-Offset: 0",
                                        "Transfer-Encoding: chunked"), body)
    assert read_status(connection) == 204
    connection.close()
    location = tus_create(studio, show.session, "cam_2_iso.mkv").headers["Location"]
    for at in range(300):
        answer = tus_patch(studio, location, at, data[at:at + 1])
        assert answer.status == 204, answer
    folder = show_folder(studio, show.session)
    assert (folder / "cam_1_iso.mkv").read_bytes() == data
    assert (folder / "cam_2_iso.mkv").read_bytes() == data[:300]
    show.goes_on()
    return show.stop()


def test_many_parts(studio):
    show = Running(studio)
    many = [(f"f{i}", b"x") for i in range(5000)]
    answers = [send_multipart(studio, show.session, "cam_1_iso.mkv", recording(100), fields=many),
               send_multipart(studio, show.session, "cam_1_iso.mkv", recording(100), fields=[
                   ("sessionId", show.session.encode()), ("name", b"n" * 1_000_000)])]
    bad = [a for a in answers if a.status not in (400, 413) or a.code not in ("invalid", "too_large")]
    assert not bad, bad
    show.goes_on()
    return show.stop()


def test_bodies(studio):
    """Too large, too deep, no JSON, another type: each its own answer."""
    json_type = {"Content-Type": "application/json"}
    start = ("POST", "/session/start")
    deep = '{"sources":' + "[" * 5000 + "]" * 5000 + "}"
    return "\n".join(filter(None, (
        complaint(studio.ask(*start, {"name": "x" * 10_000_000}), 413),
        complaint(studio.ask(*start, deep, headers=json_type), 400),
        complaint(studio.ask(*start, b"\xff\xfe{}", headers=json_type), 400),
        complaint(studio.ask(*start, '{"name":"\\u0000"}', headers=json_type), 400),
        complaint(studio.ask(*start, "name=x", headers={"Content-Type": "text/plain"}), 415),
        complaint(studio.ask("POST", "/session/stop", {"sessionId": 7}), 400, "sessionId"),
        complaint(studio.ask("POST", "/session/stop", {"sessionId": "../.."}), 404, "sessionId"))))


def test_quota_after_restart():
    """What a show holds counts after a restart too."""
    with Studio("--quota", "100KB") as studio:
        session = start_show(studio)["sessionId"]
        data = recording(150_000)
        location = tus_create(studio, session, "cam_1_iso.mkv").headers["Location"]
        assert tus_patch(studio, location, 0, data[:80_000]).status == 204
        studio.kill()
        studio.start()
        answer = tus_patch(studio, location, 80_000, data[80_000:140_000])
        other = send_multipart(studio, session, "cam_2_iso.mkv", data[:60_000])
        assert studio.ask("DELETE", location, headers=tus_headers()).status == 204
        after = send_multipart(studio, session, "cam_2_iso.2.mkv", data[:60_000])
        client = Client(studio, session)
        assert client.send("marker")["ok"]
        client.close()
        stop_show(studio, session)
        return "\n".join(filter(None, (complaint(answer, 507), complaint(other, 507),
                                       None if after.status == 201 else f"after: {after}")))


# ---- S4: files that mean harm to whoever reads them ----

def ebml(id_, body):
    return bytes.fromhex(id_) + struct.pack(">BQ", 1, len(body))[:1] + \
        len(body).to_bytes(7, "big") + body


def matroska(*children):
    head = ebml("1a45dfa3", ebml("4282", b"matroska"))
    return head + ebml("18538067", b"".join(children))


def hostile_files():
    info = ebml("1549a966", ebml("2ad7b1", b"\x0f\x42\x40") + ebml("4489", struct.pack(">d", 1e15)))
    huge = ebml("1654ae6b", ebml("ae", ebml("d7", b"\x01") + ebml("83", b"\x01") +
                                 ebml("86", b"V_VP9") + ebml("e0", ebml("b0", b"\x40\x00") +
                                                             ebml("ba", b"\x40\x00"))))
    deep = b""
    for _ in range(2000):
        deep = ebml("1254c367", deep)[:100_000]
    yield "huge", matroska(info, huge, ebml("1f43b675", ebml("e7", b"\xff" * 8)))
    yield "deep", matroska(info, deep)
    yield "lying-sizes", bytes.fromhex("1a45dfa3") + b"\x01" + b"\xff" * 7 + b"\x42\x82\x88" * 50
    yield "noise", recording(20_000)
    yield "playlist", bytes.fromhex("1a45dfa3") + b"#EXTM3U\nfile:///etc/passwd\n" * 20


def test_hostile_files(studio):
    files = dict(hostile_files())
    session = start_show(studio, cameras=len(files))["sessionId"]
    for i, data in enumerate(files.values(), 1):
        answer = send_multipart(studio, session, f"cam_{i}_iso.mkv", data)
        assert answer.status == 201, answer
    stop_show(studio, session)
    manifest = wait_complete(studio, session)
    entries = {f["name"]: f for f in manifest["files"]}
    folder = show_folder(studio, session)
    for i, (kind, data) in enumerate(files.items(), 1):
        entry = entries[f"cam_{i}_iso.mkv"]
        assert entry["bytes"] == len(data) and entry["sha256"], (kind, entry)
        assert entry.get("problem") or entry.get("torn") or not entry.get("duration"), (kind, entry)
        assert "passwd" not in json.dumps(entry) and str(folder) not in json.dumps(entry), entry
        assert (folder / f"cam_{i}_iso.mkv").read_bytes() == data, kind
    assert studio.process.poll() is None
    return None


# ---- S5: slow ones ----

def test_slow_connections(studio):
    """Dozens that send a header, a body, or read an answer, at a byte now and then."""
    show = Running(studio)
    send_multipart(studio, show.session, "cam_1_iso.mkv", recording(4_000_000))
    location = tus_create(studio, show.session, "cam_2_iso.mkv").headers["Location"]
    slow = []
    for i in range(15):
        slow.append(raw(studio, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "))
        slow.append(raw(studio, "POST /session/start HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "
                        f"Bearer {studio.token}\r\nContent-Type: application/json\r\n"
                        "Content-Length: 900\r\n\r\n{"))
        reader = raw(studio, f"GET /sessions/{show.session}/cam_1_iso.mkv HTTP/1.1\r\nHost: "
                     f"127.0.0.1\r\nAuthorization: Bearer {studio.token}\r\n\r\n")
        slow.append(reader)
    slow.append(raw(studio, patch_head(studio, location, "Upload-Offset: 0",
                                       "Content-Length: 1000"), recording(10)))
    for _ in range(4):
        for one in slow:
            try:
                one.sendall(b"a")
            except OSError:
                pass  # closed for it
        show.goes_on()
    for one in slow:
        one.close()
    show.goes_on()
    return show.stop()


# ---- S6: Socket.IO ----

def test_reconnect_storm(studio):
    show = Running(studio)
    storm = []
    for _ in range(60):
        answer = studio.ask("GET", "/socket.io/?EIO=4&transport=polling", token=None)
        storm.append(answer.status)
    for _ in range(15):
        other = Client(studio, show.session, last_seq=0)
        other.io.eio.disconnect(abort=True) if hasattr(other.io, "eio") else other.close()
    for token in ("wrong", "", None, 7, {"a": 1}, "x" * 5000):
        try:
            Client(studio, show.session, token=token)
            return f"let in with {token!r}"
        except Refused as refused:
            assert refused.code == "unauthorised", (token, refused)
    show.goes_on()
    assert set(storm) <= {200, 429, 503}, storm
    return show.stop()


def test_huge_messages(studio):
    show = Running(studio)
    other = Client(studio, show.session)
    try:
        other.io.call("event", {"id": "huge", "type": "marker", "t": 1, "x": "y" * 400_000},
                      timeout=5)
        return "it was taken"
    except (socketio.exceptions.TimeoutError, socketio.exceptions.SocketIOError):
        pass
    deep = Client(studio, show.session)
    try:
        answer = deep.io.call("event", {"id": "deep", "type": "marker", "t": 1,
                                        "x": json.loads("[" * 60 + "]" * 60)}, timeout=5)
        assert not answer["ok"], answer
    except (socketio.exceptions.TimeoutError, socketio.exceptions.SocketIOError):
        pass
    long = Client(studio, show.session)
    answers = [long.io.call("event", {"id": "long", "type": "marker", "t": 1, "x": "y" * 200_000},
                            timeout=20),
               long.io.call("event", {"id": "i" * 5000, "type": "marker", "t": 1}, timeout=20)]
    for answer in answers:
        assert not answer["ok"] and answer["error"]["code"] in ("too_large", "invalid"), answer
    assert {e["id"] for e in read_log(show_folder(studio, show.session))}.isdisjoint({"huge", "deep", "long"})
    long.close()
    show.goes_on()
    return show.stop()


def test_forged_speech(studio):
    """A guest that says it speaks all the time, with every t: its own source alone moves."""
    show = Running(studio, cameras=3)
    token = studio.ask("POST", f"/sessions/{show.session}/guests",
                       {"role": "camera", "source": "cam_3", "minutes": 5}).json["token"]
    guest = Client(studio, show.session, token=token)
    answers = []
    for i in range(120):
        t = (0, guest.clock(), guest.clock() + 1900, 1, guest.clock() - 5000)[i % 5]
        source = ("cam_3", "cam_1", "program", None)[i % 4]
        kind = ("speaking_start", "speaking_stop", "manual_cut", "source_lost")[i // 4 % 4]
        event = {"id": f"forged{i}", "type": kind, "t": max(t, 0), "edge_t": max(t - 9000, 0)}
        if source:
            event["source"] = source
        answers.append((source, kind, guest.io.call("event", event, timeout=20)))
    for source, kind, answer in answers:
        if answer["ok"]:
            assert source in ("cam_3", None) and kind != "manual_cut", (source, kind, answer)
        else:
            assert answer["error"]["code"] in ("forbidden", "invalid", "rate_limited"), answer
    guest.close()
    show.goes_on()
    return show.stop()


# ---- S7: links that ended ----

def test_ended_links():
    """A link's end has come: nobody comes in by it, and who is in goes."""
    with DiskStudio() as studio:
        session = start_show(studio)["sessionId"]
        admin = Client(studio, session)
        made = studio.ask("POST", f"/sessions/{session}/guests",
                          {"role": "camera", "source": "cam_1", "minutes": 30}).json
        guest = Client(studio, session, token=made["token"])
        assert guest.send("speaking_start", "cam_1")["ok"]
        studio.set_clock(real_s=31 * 60)
        problems = [complaint(studio.ask("GET", f"/sessions/{session}", token=made["token"]), 401)]
        try:
            Client(studio, session, token=made["token"])
            problems.append("an ended link lets in")
        except Refused as refused:
            assert refused.code == "unauthorised", refused
        end = time.monotonic() + 20
        while guest.io.connected and time.monotonic() < end:
            time.sleep(0.1)
        if guest.io.connected:
            problems.append("a guest stays in after its link's end")
        studio.set_clock()
        problems.append(None if studio.ask("GET", f"/sessions/{session}",
                                           token=made["token"]).status == 200 else "clock")
        assert admin.send("marker")["ok"]
        admin.close()
        stop_show(studio, session)
        return "\n".join(filter(None, problems))


# ---- S11: pages of other sites ----

def test_other_sites(studio):
    """A page of another site in a browser that has the cookie."""
    login = studio.ask("POST", "/login", {"token": TOKEN}, token=None)
    cookie = login.headers["Set-Cookie"].partition(";")[0]
    show = Running(studio)
    problems = []
    for origin in ("https://evil.example", "null", f"http://localhost.evil.example:{studio.port}"):
        headers = {"Cookie": cookie, "Origin": origin}
        for method, path, body in (("POST", "/session/start", {"name": "x", "sources": []}),
                                   ("POST", "/session/stop", {"sessionId": show.session}),
                                   ("DELETE", f"/sessions/{show.session}", None)):
            answer = studio.ask(method, path, body, token=None, headers=headers)
            problems.append(complaint(answer, 403))
        answer = studio.ask("GET", "/socket.io/?EIO=4&transport=polling", token=None, headers=headers)
        if answer.status != 403:
            problems.append(f"Socket.IO from {origin}: {answer}")
        upload = studio.ask("POST", "/upload", b"x", token=None, headers={
            **headers, "Content-Type": "multipart/form-data; boundary=b"})
        problems.append(complaint(upload, 403))
    show.goes_on()
    return "\n".join(filter(None, problems + [show.stop()]))


TESTS = [
    ("/s03/lying-lengths-are-refused", test_lying_lengths),
    ("/s03/tiny-chunks-arrive-whole", test_tiny_chunks),
    ("/s03/very-many-parts-are-refused", test_many_parts),
    ("/s03/bad-bodies-have-their-own-answers", test_bodies),
    ("/s04/hostile-files-are-kept-and-their-problem-is-said", test_hostile_files),
    ("/s05/a-show-does-not-notice-slow-connections", test_slow_connections),
    ("/s06/a-storm-of-connections-moves-no-show", test_reconnect_storm),
    ("/s06/huge-messages-are-refused", test_huge_messages),
    ("/s06/forged-speech-moves-its-own-source-only", test_forged_speech),
    ("/s11/pages-of-other-sites-do-nothing", test_other_sites),
]

with Studio("--events-per-second", "100", "--event-burst", "150") as running:
    for name, test in TESTS:
        tap.run(name, test, running)
    tap.ok("CRITICAL" not in running.log_text(), "/s06/nothing-critical-is-logged",
           running.log_text()[-3000:])
tap.run("/s03/a-quota-holds-after-a-restart", test_quota_after_restart)
tap.run("/s07/a-link-that-ended-lets-nobody-in-or-stay", test_ended_links)
tap.finish()
