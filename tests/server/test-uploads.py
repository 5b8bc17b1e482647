"""Recordings in, files out: multipart, tus, names, limits, what a browser is told of a file."""
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, read_log, recording, send_multipart, show_folder, start_show, stop_show,
                    tus_create, tus_head, tus_headers, tus_patch, wait_complete)
from serve import CROSSCUT, Studio
from tap import Tap

tap = Tap()


def complaint(answer, status, field=None):
    if answer.status != status:
        return f"expected {status}, found {answer}"
    if field and answer.json["error"].get("field") != field:
        return f"expected the field {field}, found {answer}"
    return None


# ---- multipart ----

def test_multipart(studio):
    session = start_show(studio)["sessionId"]
    data = recording(3_000_000)
    answer = send_multipart(studio, session, "cam_1_iso.webm", data)
    assert answer.status == 201, answer
    assert answer.json == {"name": "cam_1_iso.webm", "bytes": len(data)}, answer
    assert (show_folder(studio, session) / "cam_1_iso.webm").read_bytes() == data
    again = send_multipart(studio, session, "cam_1_iso.webm", data)
    part = send_multipart(studio, session, "cam_1_iso.2.webm", data[:5000])
    stop_show(studio, session)
    manifest = wait_complete(studio, session)
    names = {f["name"]: f for f in manifest["files"]}
    assert names["cam_1_iso.webm"]["source"] == "cam_1", manifest
    assert names["cam_1_iso.2.webm"]["bytes"] == 5000, manifest
    assert names["cam_1_iso.webm"]["sha256"] == hashlib.sha256(data).hexdigest(), manifest
    done = subprocess.run([CROSSCUT, "verify", show_folder(studio, session)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout
    return complaint(again, 409, "name") or complaint(part, 201)


def test_multipart_with_its_sum(studio):
    """A sum before the file is made as it comes, one behind it by reading: both are checked."""
    session = start_show(studio)["sessionId"]
    data = recording(3_000_000)
    sums = {"right": hashlib.sha256(data).hexdigest(), "wrong": "0" * 64, "none": "0" * 63}

    def send(name, sum_, behind=False):
        fields = [("sessionId", session.encode()), ("name", name.encode())]
        more = [("sha256", sums[sum_].encode())]
        return send_multipart(studio, session, name, data, fields=fields + (not behind) * more,
                              behind=more if behind else [])

    expected = {"name": "cam_1_iso.webm", "bytes": len(data), "sha256": sums["right"]}
    problems = [complaint(send("cam_1_iso.webm", "wrong"), 409),
                complaint(send("cam_1_iso.webm", "wrong", behind=True), 409),
                complaint(send("cam_1_iso.webm", "none"), 400, "sha256")]
    answer = send("cam_1_iso.webm", "right")
    assert answer.status == 201 and answer.json == expected, answer
    answer = send("cam_2_iso.webm", "right", behind=True)
    assert answer.status == 201 and answer.json == {**expected, "name": "cam_2_iso.webm"}, answer
    stop_show(studio, session)
    files = {f["name"]: f.get("sha256") for f in wait_complete(studio, session)["files"]}
    assert files["cam_1_iso.webm"] == files["cam_2_iso.webm"] == sums["right"], files
    return "\n".join(filter(None, problems))


def test_multipart_mistakes(studio):
    session = start_show(studio)["sessionId"]
    data = recording(1000)

    def with_fields(*fields):
        return send_multipart(studio, session, "", data, fields=list(fields))

    cut = http.client.HTTPConnection("127.0.0.1", studio.port)
    cut.request("POST", "/upload", b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx',
                {"Authorization": f"Bearer {studio.token}",
                 "Content-Type": "multipart/form-data; boundary=b"})
    answers = [
        complaint(with_fields(("name", b"cam_1_iso.webm")), 400, "file"),
        complaint(with_fields(("sessionId", session.encode())), 400, "file"),
        complaint(with_fields(("sessionId", b"x" * 300), ("name", b"n")), 400, "sessionId"),
        complaint(with_fields(("sessionId", session.encode()), ("name", b"cam_7_iso.webm")), 400,
                  "name"),
        complaint(studio.ask("POST", "/upload", b"plain", headers={"Content-Type": "text/plain"}),
                  415, "Content-Type"),
    ]
    answer = cut.getresponse()
    answers.append(None if answer.status == 400 else f"cut body: {answer.status}")
    cut.close()
    stop_show(studio, session)
    return "\n".join(filter(None, answers))


def test_events_are_merged(studio):
    session = start_show(studio)["sessionId"]
    client = Client(studio, session)
    seq = client.send("marker", id_="known", label="first")["seq"]
    lines = [{"id": "known", "t": 1, "type": "marker", "label": "first"},
             {"id": "new", "t": 2, "type": "marker", "label": "second"}]
    answer = send_multipart(studio, session, "events.json", json.dumps(lines).encode())
    assert answer.status == 201 and answer.json["events"] == 2, answer
    bad = send_multipart(studio, session, "events.json", b'[{"t": "soon", "type": "marker"}]')
    client.close()
    log = read_log(show_folder(studio, session))
    assert [e["seq"] for e in log if e.get("id") == "known"] == [seq]
    assert len([e for e in log if e.get("id") == "new"]) == 1
    stop_show(studio, session)
    return complaint(bad, 400)


# ---- names and types ----

NAMES = ["../x.webm", "..%2fx.webm", "%2e%2e/x.webm", "cam_1_iso.webm\0.png", "x" * 4096,
         "cam_1_iso.mp4", "-rf.webm", ".cam_1_iso.webm", "cam_01_iso.webm", "cam_1_iso.webm/",
         "cam_1_iso.1.webm", "ｃam_1_iso.webm", "cam_1\u202eosi.webm", "manifest.json",
         "events.log", "cam_1_iso.webm.index", "program.0.webm", "cam_1_iso.99999.webm"]


def test_names(studio):
    session = start_show(studio)["sessionId"]
    before = sorted(p for p in studio.folder.rglob("*"))
    problems = []
    for name in NAMES:
        answer = send_multipart(studio, session, name, recording(100))
        if answer.status != 400:
            problems.append(f"multipart {name!r}: {answer}")
        if "\0" not in name and len(name) < 300:
            answer = tus_create(studio, session, name, 100)
            if answer.status != 400:
                problems.append(f"tus {name!r}: {answer}")
    for path in ("../../../../etc/passwd", "..%2f..%2fsecret", "%2e%2e%2fsecret", "lock", "secret",
                 ".hidden", "cam_1_iso.webm%00", "nothing.webm", "//etc/passwd"):
        answer = studio.ask("GET", f"/sessions/{session}/{path}")
        if answer.status not in (400, 404):
            problems.append(f"GET {path}: {answer}")
    link = show_folder(studio, session) / "cam_1_iso.webm"
    os.symlink("/etc/passwd", link)
    for answer in (studio.ask("GET", f"/sessions/{session}/cam_1_iso.webm"),
                   send_multipart(studio, session, "cam_1_iso.webm", recording(100))):
        if answer.status < 400 or b"root:" in answer.body:
            problems.append(f"through a link: {answer}")
    link.unlink()
    after = sorted(p for p in studio.folder.rglob("*"))
    if before != after:
        problems.append(f"left behind: {set(after) - set(before)}")
    stop_show(studio, session)
    return "\n".join(problems)


def test_wrong_bytes(studio):
    session = start_show(studio)["sessionId"]
    html = b"<html><script>alert(1)</script></html>" + b" " * 2000
    problems = [complaint(send_multipart(studio, session, "cam_1_iso.webm", html), 415, "file")]
    location = tus_create(studio, session, "cam_2_iso.webm").headers["Location"]
    problems.append(complaint(tus_patch(studio, location, 0, html), 415, "file"))
    polyglot = recording(100) + html
    assert send_multipart(studio, session, "program.webm", polyglot).status == 201
    answer = studio.ask("GET", f"/sessions/{session}/program.webm?download")
    headers = answer.headers
    if headers["X-Content-Type-Options"] != "nosniff" or headers["Content-Type"] != "video/webm":
        problems.append(f"a browser may guess: {dict(headers)}")
    if headers["Content-Disposition"] != 'attachment; filename="program.webm"':
        problems.append(f"not an attachment: {dict(headers)}")
    if "sandbox" not in (headers["Content-Security-Policy"] or ""):
        problems.append(f"a browser may run it: {dict(headers)}")
    stop_show(studio, session)
    return "\n".join(filter(None, problems))


# ---- files out ----

def test_ranges(studio):
    session = start_show(studio)["sessionId"]
    data = recording(300_000)
    assert send_multipart(studio, session, "program.webm", data).status == 201
    path = f"/sessions/{session}/program.webm"
    whole = studio.ask("GET", path)
    assert whole.body == data and whole.headers["Accept-Ranges"] == "bytes"
    etag = whole.headers["ETag"]
    part = studio.ask("GET", path, headers={"Range": "bytes=100-199", "If-Range": etag})
    tail = studio.ask("GET", path, headers={"Range": "bytes=-50"})
    beyond = studio.ask("GET", path, headers={"Range": "bytes=900000-"})
    same = studio.ask("GET", path, headers={"If-None-Match": etag})
    head = studio.ask("HEAD", path)
    stop_show(studio, session)
    assert part.status == 206 and part.body == data[100:200], part
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(data)}"
    assert tail.status == 206 and tail.body == data[-50:], tail
    assert beyond.status == 416 and same.status == 304, (beyond, same)
    assert head.status == 200 and head.headers["Content-Length"] == str(len(data)), head


# ---- tus ----

def test_tus_goes_on(studio):
    session = start_show(studio)["sessionId"]
    data = recording(500_000)
    made = tus_create(studio, session, "cam_1_iso.mkv")
    location = made.headers["Location"]
    assert made.status == 201 and made.headers["Upload-Expires"].endswith("GMT"), made
    assert tus_patch(studio, location, 0, data[:200_000]).headers["Upload-Offset"] == "200000"
    head = tus_head(studio, location)
    assert head.headers["Upload-Offset"] == "200000", head
    assert head.headers["Upload-Defer-Length"] == "1" and head.headers["Cache-Control"] == "no-store"
    problems = [complaint(tus_patch(studio, location, 300_000, b"x"), 409, "Upload-Offset"),
                complaint(tus_patch(studio, location, 200_000, b"x", type_="text/plain"), 415)]
    good = ("sha256", hashlib.sha256(data[200_000:300_000]).digest())
    bad = ("sha1", hashlib.sha1(b"other").digest())
    assert tus_patch(studio, location, 200_000, data[200_000:300_000], sum_=good).status == 204
    problems.append(complaint(tus_patch(studio, location, 300_000, data[300_000:], sum_=bad), 460))
    unknown = ("md5", b"x" * 16)
    problems.append(complaint(tus_patch(studio, location, 300_000, b"x", sum_=unknown), 400,
                              "Upload-Checksum"))
    resent = tus_patch(studio, location, 250_000, data[250_000:350_000])
    assert resent.headers["Upload-Offset"] == "350000", resent
    last = tus_patch(studio, location, 350_000, data[350_000:], length=len(data))
    assert last.status == 204 and last.headers["Upload-Offset"] == str(len(data)), last
    problems.append(complaint(tus_patch(studio, location, len(data), b"more"), 409))
    head = tus_head(studio, location)
    assert head.headers["Upload-Length"] == str(len(data)), head
    problems.append(complaint(tus_create(studio, session, "cam_1_iso.mkv"), 409, "name"))
    assert (show_folder(studio, session) / "cam_1_iso.mkv").read_bytes() == data
    stop_show(studio, session)
    return "\n".join(filter(None, problems))


def test_tus_protocol(studio):
    session = start_show(studio)["sessionId"]
    options = studio.ask("OPTIONS", "/upload")
    assert options.headers["Tus-Version"] == "1.0.0", options
    assert options.headers["Tus-Extension"] == \
        "creation,creation-defer-length,checksum,expiration,termination", options
    assert options.headers["Tus-Checksum-Algorithm"] == "sha1,sha256", options
    old = studio.ask("POST", "/upload", headers={"Tus-Resumable": "0.2.2"})
    assert old.status == 412 and old.headers["Tus-Version"] == "1.0.0", old
    location = tus_create(studio, session, "cam_1_iso.mkv", 1000).headers["Location"]
    assert tus_head(studio, location).headers["Upload-Length"] == "1000"
    problems = [
        complaint(tus_patch(studio, location, 0, recording(2000)), 413),
        complaint(studio.ask("POST", "/upload", headers=tus_headers(Upload_Length="5")), 400,
                  "sessionId"),
        complaint(tus_create(studio, session, "cam_2_iso.mkv", -5), 400, "Upload-Length"),
        complaint(tus_head(studio, f"/upload/{session}/cam_2_iso.mkv"), 404),
    ]
    assert studio.ask("DELETE", location, headers=tus_headers()).status == 204
    problems.append(complaint(tus_head(studio, location), 404))
    override = studio.ask("POST", tus_create(studio, session, "cam_1_iso.mkv").headers["Location"],
                          recording(100), headers={**tus_headers(
                              Upload_Offset="0", Content_Type="application/offset+octet-stream"),
                              "X-HTTP-Method-Override": "PATCH"})
    problems.append(complaint(override, 204))
    stop_show(studio, session)
    return "\n".join(filter(None, problems))


def test_length_is_known_after_a_kill(folder):
    """A client that said its length at the start never says it again."""
    with Studio("--upload-idle", "60s") as studio:
        session = start_show(studio)["sessionId"]
        data = recording(50_000)
        location = tus_create(studio, session, "cam_1_iso.mkv", len(data)).headers["Location"]
        studio.kill()
        studio.start()
        assert tus_head(studio, location).headers["Upload-Length"] == str(len(data))
        assert tus_patch(studio, location, 0, data).status == 204
        stop_show(studio, session)
        manifest = wait_complete(studio, session)
        return None if manifest["files"][0]["sha256"] == hashlib.sha256(data).hexdigest() else \
            f"{manifest['files']}"


def test_two_tabs(studio):
    session = start_show(studio)["sessionId"]
    location = tus_create(studio, session, "cam_1_iso.mkv").headers["Location"]
    assert tus_patch(studio, location, 0, recording(5000)).status == 204
    answer = tus_create(studio, session, "cam_1_iso.mkv")
    stop_show(studio, session)
    return complaint(answer, 409, "name")


def test_connection_that_died(studio):
    """A client whose connection hangs comes back on another: the old one does not lock it out."""
    session = start_show(studio)["sessionId"]
    data = recording(3_000_000)
    location = tus_create(studio, session, "cam_1_iso.mkv").headers["Location"]
    hanging = socket.create_connection(("127.0.0.1", studio.port))
    hanging.sendall((f"PATCH {location} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                     f"{studio.token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                     "Content-Type: application/offset+octet-stream\r\n"
                     f"Content-Length: {len(data)}\r\n\r\n").encode() + data[:2_500_000])
    end = time.monotonic() + 10
    offset = 0
    while offset < 2 << 20 and time.monotonic() < end:
        offset = int(tus_head(studio, location).headers["Upload-Offset"])
        time.sleep(0.02)
    answer = tus_patch(studio, location, offset, data[offset:], length=len(data))
    hanging.close()
    assert answer.status == 204, answer
    assert (show_folder(studio, session) / "cam_1_iso.mkv").read_bytes() == data
    stop_show(studio, session)


def test_cut_off_in_the_middle(studio):
    """What came of a PATCH before its connection broke is kept, to the last byte."""
    session = start_show(studio)["sessionId"]
    data = recording(5_000_000, seed=3)
    location = tus_create(studio, session, "cam_1_iso.mkv").headers["Location"]
    offset = 0
    for end in (1_700_001, 1_700_011, 4_000_000):
        cut = socket.create_connection(("127.0.0.1", studio.port))
        cut.sendall((f"PATCH {location} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                     f"{studio.token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
                     "Content-Type: application/offset+octet-stream\r\n"
                     f"Content-Length: {len(data) - offset}\r\n\r\n").encode() + data[offset:end])
        cut.close()
        until = time.monotonic() + 20
        while offset < end and time.monotonic() < until:
            time.sleep(0.02)
            offset = int(tus_head(studio, location).headers["Upload-Offset"])
        assert offset == end, (offset, end)
    assert tus_patch(studio, location, offset, data[offset:], length=len(data)).status == 204
    assert (show_folder(studio, session) / "cam_1_iso.mkv").read_bytes() == data
    stop_show(studio, session)


def test_what_looks_like_a_boundary(studio):
    """A recording full of beginnings of boundaries, which fall on every edge there is."""
    session = start_show(studio)["sessionId"]
    pieces = [b"\r\n------"[:i % 9] + b"\r" * (i % 3) + bytes([i % 251]) * (i % 1013)
              for i in range(6000)]
    data = b"\x1a\x45\xdf\xa3" + b"".join(pieces)
    answer = send_multipart(studio, session, "cam_1_iso.webm", data)
    assert answer.status == 201 and answer.json["bytes"] == len(data), answer
    stop_show(studio, session)
    assert (show_folder(studio, session) / "cam_1_iso.webm").read_bytes() == data


def test_many_at_once(studio):
    """Eight cameras at full speed: every byte arrives, and events are answered meanwhile."""
    session = start_show(studio, cameras=8)["sessionId"]
    data = [recording(6_000_000, seed=i) for i in range(8)]
    answers = [None] * 8

    def send(i):
        answers[i] = send_multipart(studio, session, f"cam_{i + 1}_iso.webm", data[i])

    threads = [threading.Thread(target=send, args=(i,)) for i in range(8)]
    client = Client(studio, session)
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert client.send("marker")["ok"]
        time.sleep(0.05)
    client.close()
    sums = [hashlib.sha256(d).hexdigest() for d in data]
    stop_show(studio, session)
    assert [a.status for a in answers] == [201] * 8, answers
    files = {f["name"]: f.get("sha256") for f in wait_complete(studio, session)["files"]}
    assert [files[f"cam_{i + 1}_iso.webm"] for i in range(8)] == sums, files


def test_complete_when_all_is_there(studio):
    session = start_show(studio)["sessionId"]
    client = Client(studio, session)
    assert client.send("record_start", "cam_1", file="cam_1_iso.mkv", start=1234)["ok"]
    stop_show(studio, session)
    client.close()
    data = recording(1000)
    sum_ = hashlib.sha256(data).hexdigest()
    answer = studio.ask("POST", "/session/files", {"sessionId": session, "files": [
        {"name": "cam_1_iso.mkv", "sha256": sum_}, {"name": "program.mkv", "sha256": "0" * 64}]})
    assert answer.status == 200 and answer.json["state"] == "stopping", answer
    assert send_multipart(studio, session, "cam_1_iso.mkv", data).status == 201
    wrong = tus_create(studio, session, "program.mkv", len(data)).headers["Location"]
    problems = [complaint(tus_patch(studio, wrong, 0, data), 409)]
    assert studio.ask("GET", f"/sessions/{session}").json["state"] == "stopping"
    studio.ask("POST", "/session/files",
               {"sessionId": session, "files": [{"name": "program.mkv", "sha256": sum_}]})
    assert tus_patch(studio, wrong, len(data), b"").status == 204
    manifest = wait_complete(studio, session)
    starts = {f["name"]: f.get("start") for f in manifest["files"]}
    assert starts["cam_1_iso.mkv"] == 1234, manifest
    bad = studio.ask("POST", "/session/files", {"sessionId": session, "files": [{"name": "../x"}]})
    problems.append(complaint(bad, 400, "files"))
    return "\n".join(filter(None, problems))


def test_a_guest_sends_its_own_recording_of_itself(studio):
    session = start_show(studio)["sessionId"]
    token = studio.ask("POST", f"/sessions/{session}/guests",
                       {"role": "camera", "source": "cam_2", "minutes": 10}).json["token"]
    guest = Client(studio, session, token=token)
    assert guest.send("record_start", "cam_2", file="cam_2_local.webm", start=777)["ok"]
    problems = []
    for name in ("cam_1_local.webm", "program.webm", "cam_2_locals.webm", "cam_2.webm",
                 "events.json", "cam_2_local.webm/../cam_1_local.webm"):
        answer = send_multipart(studio, session, name, recording(), token=token)
        if answer.status != 403:
            problems.append(f"{name}: {answer.status}")
    data = [recording(5000), recording(3000)]
    names = ["cam_2_local.webm", "cam_2_local.2.mkv"]
    assert send_multipart(studio, session, names[0], data[0], token=token).status == 201
    # Announced, as a phone does: the show waits for it.
    assert guest.send("record_start", "cam_2", file=names[1], start=999)["ok"]
    stop_show(studio, session)
    assert guest.send("record_stop", "cam_2", file=names[0])["ok"]
    assert send_multipart(studio, session, names[1], data[1], token=token).status == 201
    guest.close()
    files = {f["name"]: f for f in wait_complete(studio, session)["files"]}
    for name, sent in zip(names, data):
        found = {k: files[name].get(k) for k in ("kind", "source", "sha256")}
        if found != {"kind": "local", "source": "cam_2",
                     "sha256": hashlib.sha256(sent).hexdigest()}:
            problems.append(f"{files[name]}")
    if files[names[0]]["start"] != 777:
        problems.append(f"start: {files[names[0]]}")
    return "\n".join(problems)


def test_quota(folder):
    with Studio("--quota", "64KiB") as studio:
        session = start_show(studio)["sessionId"]
        problems = [complaint(send_multipart(studio, session, "cam_1_iso.webm", recording(90_000)),
                              507)]
        answer = tus_create(studio, session, "cam_2_iso.mkv")
        patch = tus_patch(studio, answer.headers["Location"], 0, recording(10_000))
        client = Client(studio, session)
        assert client.send("marker", label="the log goes on")["ok"]
        client.close()
        stop_show(studio, session)
        return "\n".join(filter(None, problems + [None if patch.status in (204, 507) else f"{patch}"]))


def test_full_disk(folder):
    """Less room than is to be kept free: recordings wait, the log goes on, nothing is deleted."""
    with Studio() as studio:
        session = start_show(studio)["sessionId"]
        location = tus_create(studio, session, "cam_1_iso.mkv").headers["Location"]
        assert tus_patch(studio, location, 0, recording(5000)).status == 204
        studio.kill()
        before = studio.options
        free = os.statvfs(studio.folder).f_bavail * os.statvfs(studio.folder).f_frsize
        studio.options = [*before, "--low-space", str(free * 2)]
        studio.start()
        storage = studio.ask("GET", "/storage").json
        assert storage["hasRoom"] is False, storage
        client = Client(studio, session)
        assert client.send("marker", label="goes on")["ok"]
        client.close()
        waiting = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=3)
        try:
            waiting.request("PATCH", location, b"x" * 100, {
                "Authorization": f"Bearer {studio.token}", **tus_headers(
                    Upload_Offset="5000", Content_Type="application/offset+octet-stream")})
            answer = waiting.getresponse()
            problem = None if answer.status == 507 else f"it was taken: {answer.status}"
        except (TimeoutError, socket.timeout):
            problem = None  # it waits
        waiting.close()
        studio.kill()
        studio.options = before
        studio.start()
        head = tus_head(studio, location)
        assert head.headers["Upload-Offset"] == "5000", head
        stop_show(studio, session)
        return problem


TESTS = [
    ("/server/uploads/multipart-arrives-whole", test_multipart),
    ("/server/uploads/multipart-with-its-sum-is-held-against-it", test_multipart_with_its_sum),
    ("/server/uploads/multipart-mistakes-name-their-field", test_multipart_mistakes),
    ("/server/uploads/events-are-merged-by-id", test_events_are_merged),
    ("/s01/names-make-no-paths", test_names),
    ("/s02/wrong-bytes-are-refused-and-none-run", test_wrong_bytes),
    ("/server/files/ranges-and-etags", test_ranges),
    ("/server/tus/goes-on-where-it-was", test_tus_goes_on),
    ("/server/tus/speaks-the-protocol", test_tus_protocol),
    ("/server/tus/two-tabs-do-not-record-one-camera", test_two_tabs),
    ("/r06/a-dead-connection-does-not-lock-its-client-out", test_connection_that_died),
    ("/r06/a-connection-that-breaks-costs-no-byte", test_cut_off_in_the_middle),
    ("/server/uploads/what-looks-like-a-boundary-is-none", test_what_looks_like_a_boundary),
    ("/server/uploads/eight-at-once", test_many_at_once),
    ("/server/uploads/complete-when-all-is-there", test_complete_when_all_is_there),
    ("/server/uploads/a-guest-sends-its-own-recording-of-itself",
     test_a_guest_sends_its_own_recording_of_itself),
]

with Studio() as running:
    for name, test in TESTS:
        tap.run(name, test, running)
    tap.ok("CRITICAL" not in running.log_text(), "/server/uploads/nothing-critical-is-logged",
           running.log_text()[-3000:])
tap.run("/r01/a-declared-length-is-known-after-a-kill", test_length_is_known_after_a_kill, None)
tap.run("/s03/quota-is-kept-and-the-log-goes-on", test_quota, None)
tap.run("/r05/a-full-disk-lets-recordings-wait", test_full_disk, None)
tap.finish()
