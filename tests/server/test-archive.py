"""All of a show in one download, and the files of its other cuts: as other programs read them."""
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, recording, send_multipart, show_folder, start_show, stop_show,
                    wait_complete)
from serve import Studio
from tap import Tap

tap = Tap()


def make_show(studio, name="A show"):
    session = start_show(studio, name=name)["sessionId"]
    client = Client(studio, session)
    for camera in ("cam_1", "cam_2"):
        client.send("record_start", camera, file=f"{camera}_iso.webm", start=0)
    client.close()
    for camera in ("cam_1", "cam_2"):
        answer = send_multipart(studio, session, f"{camera}_iso.webm", recording(700_000))
        assert answer.status == 201, answer
    stop_show(studio, session)
    wait_complete(studio, session)
    return session


def add_cut(studio, session, name, files):
    """As `crosscut render --cut` leaves one: its manifest names the recordings where they lie."""
    show = show_folder(studio, session)
    folder = show / "cuts" / name
    folder.mkdir(parents=True)
    manifest = json.loads((show / "manifest.json").read_text())
    entries = [{**f, "path": str(show / f["name"])} for f in manifest["files"] if f["kind"] == "iso"]
    for file, text in files.items():
        (folder / file).write_text(text)
        entries.append({"name": file, "kind": "other", "bytes": len(text)})
    manifest.update(files=entries, settings={"min_shot": 2.5, "mode": "full"})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def zip_of(studio, session, **more):
    answer = studio.ask("GET", f"/sessions/{session}/zip", **more)
    assert answer.status == 200, answer
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    return answer


def test_everything(studio):
    session = make_show(studio, "Größe & Ähnliches")
    add_cut(studio, session, "calm", {"shots.json": '{"version":1}', "program.mp4": "x" * 5000})
    folder = show_folder(studio, session)
    (folder / ".hidden.json").write_text("no")
    (folder / "stranger.mp4").write_text("no")
    (folder / "cam_1_iso.webm.index").write_text("{}")
    answer = zip_of(studio, session)
    assert answer.headers["Content-Type"] == "application/zip"
    name = answer.headers["Content-Disposition"].partition('filename="')[2].rstrip('"')
    assert name.startswith("Groesse-Ahnliches-20") or name.startswith("Gro"), name
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        root = name[:-len(".zip")]
        held = {n.removeprefix(root + "/"): archive.read(n) for n in archive.namelist()}
    assert {"manifest.json", "events.json", "events.log", "cam_1_iso.webm", "cam_2_iso.webm",
            "cuts/calm/shots.json", "cuts/calm/program.mp4", "cuts/calm/manifest.json"} == set(held), set(held)
    for file in ("manifest.json", "events.json", "events.log", "cam_1_iso.webm"):
        assert held[file] == (folder / file).read_bytes(), file
    cut = json.loads(held["cuts/calm/manifest.json"])
    assert {f["name"] for f in cut["files"]} == {"shots.json", "program.mp4"}, cut
    assert str(studio.folder).encode() not in held["cuts/calm/manifest.json"]


def test_other_programs(studio, session):
    answer = zip_of(studio, session)
    checks = ([["unzip", "-tq"]] if shutil.which("unzip") else []) + (
        [["7z", "t", "-bso0"]] if shutil.which("7z") else []) + (
        [["bsdtar", "-tf"]] if shutil.which("bsdtar") else [])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "show.zip"
        path.write_bytes(answer.body)
        for check in checks:
            done = subprocess.run([*check, str(path)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, (check, done.stdout, done.stderr)


def test_head(studio, session):
    head = studio.ask("HEAD", f"/sessions/{session}/zip")
    assert head.status == 200 and not head.body, head
    assert int(head.headers["Content-Length"]) == len(zip_of(studio, session).body)
    whole = zip_of(studio, session, headers={"Range": "bytes=0-9"})
    assert whole.headers["Accept-Ranges"] == "none"


def test_growing(studio):
    """What grows is taken as far as it was acknowledged; the show goes on."""
    session = start_show(studio)["sessionId"]
    client = Client(studio, session)
    client.send("record_start", "cam_1", file="cam_1_iso.webm", start=0)
    stop = threading.Event()

    def talk():
        while not stop.is_set():
            client.send("marker", kind="note")
    talker = threading.Thread(target=talk)
    talker.start()
    try:
        for _ in range(5):
            with zipfile.ZipFile(io.BytesIO(zip_of(studio, session).body)) as archive:
                assert archive.testzip() is None
    finally:
        stop.set()
        talker.join()
    client.close()
    stop_show(studio, session)


def test_leaving(studio, session):
    """Readers that go away in the middle leave nothing behind, and others are not held up."""
    import http.client
    folder = show_folder(studio, session)
    with open(folder / "cam_1_iso.2.webm", "wb") as file:   # sparse: much to send, nothing on the disk
        file.truncate(400 << 20)
    for _ in range(4):
        connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=60)
        connection.request("GET", f"/sessions/{session}/zip",
                           headers={"Authorization": f"Bearer {studio.token}"})
        response = connection.getresponse()
        assert len(response.read(100_000)) == 100_000
        assert studio.ask("GET", "/healthz").status == 200
        response.close()
        connection.close()
    end = time.monotonic() + 20
    while open_files(studio, folder):
        assert time.monotonic() < end, open_files(studio, folder)
        time.sleep(0.05)
    (folder / "cam_1_iso.2.webm").unlink()


def open_files(studio, folder):
    found = []
    for link in Path(f"/proc/{studio.process.pid}/fd").iterdir():
        try:
            if "cam_1_iso.2" in str(link.readlink()):
                found.append(link)
        except OSError:
            pass
    return found


def memory_kb(studio):
    for line in Path(f"/proc/{studio.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def test_memory(studio, session):
    """An archive takes no more memory for being large."""
    import http.client
    folder = show_folder(studio, session)
    with open(folder / "cam_2_iso.2.webm", "wb") as file:
        file.truncate(300 << 20)
    zip_of(studio, make_show(studio))
    before = memory_kb(studio)
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=60)
    connection.request("GET", f"/sessions/{session}/zip",
                       headers={"Authorization": f"Bearer {studio.token}"})
    response = connection.getresponse()
    most = 0
    while response.read(1 << 20):
        most = max(most, memory_kb(studio))
    connection.close()
    (folder / "cam_2_iso.2.webm").unlink()
    assert most - before < 40 * 1024, (before, most)


def test_replaced(studio, session):
    """A file that is made anew while it is sent ends the download: a wrong archive is worse."""
    import http.client
    folder = show_folder(studio, session)
    with open(folder / "cam_1_iso.2.webm", "wb") as file:
        file.truncate(200 << 20)
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=60)
    connection.request("GET", f"/sessions/{session}/zip",
                       headers={"Authorization": f"Bearer {studio.token}"})
    response = connection.getresponse()
    got = len(response.read(1000))
    (folder / "new").write_text("{}")
    (folder / "new").rename(folder / "manifest.json")
    while piece := response.read(1 << 20):
        got += len(piece)
    connection.close()
    (folder / "cam_1_iso.2.webm").unlink()
    assert 1000 < got < int(response.headers["Content-Length"]), "the archive should have been cut"


def test_cuts(studio):
    session = make_show(studio)
    assert studio.ask("GET", f"/sessions/{session}/cuts").json == {"cuts": []}
    folder = add_cut(studio, session, "calm", {"shots.json": '{"version":1}', "program.edl": "TITLE"})
    (show_folder(studio, session) / "cuts" / "half").mkdir()
    (folder / "..hidden").write_text("no")
    cuts = studio.ask("GET", f"/sessions/{session}/cuts").json["cuts"]
    assert [c["cut"] for c in cuts] == ["calm"], cuts
    assert cuts[0]["settings"]["min_shot"] == 2.5 and cuts[0]["made"].endswith("Z"), cuts
    assert {f["name"] for f in cuts[0]["files"]} == {"shots.json", "program.edl"}
    assert str(studio.folder) not in json.dumps(cuts)
    at = f"/sessions/{session}/cuts/calm"
    edl = studio.ask("GET", f"{at}/program.edl?download", headers={"Range": "bytes=1-2"})
    assert edl.status == 206 and edl.body == b"IT" and "attachment" in edl.headers["Content-Disposition"]
    for path in (f"{at}/manifest.json", f"{at}/none.json", f"{at}/..hidden", f"{at}/program.exe",
                 f"/sessions/{session}/cuts/none/shots.json", f"/sessions/{session}/cuts/.x/shots.json",
                 f"/sessions/{session}/cuts/half/shots.json"):
        answer = studio.ask("GET", path)
        assert answer.status == 404, (path, answer)
    assert studio.ask("GET", f"/sessions/{session}/cuts/..%2f/shots.json").status in (400, 404)


def test_who_may(studio, session):
    other = make_show(studio)
    guest = studio.ask("POST", f"/sessions/{other}/guests", {"role": "viewer"}).json["token"]
    for path in ("zip", "cuts", "cuts/calm/shots.json"):
        assert studio.ask("GET", f"/sessions/{session}/{path}", token=None).status == 401
        assert studio.ask("GET", f"/sessions/{session}/{path}", token=guest).status == 403
        none = "0b0e7a3c-0000-4000-8000-000000000001"
        assert studio.ask("GET", f"/sessions/{none}/{path}").status == 404
    assert studio.ask("GET", f"/sessions/{other}/zip", token=guest).status == 200
    assert studio.ask("POST", f"/sessions/{other}/zip").status == 405


def main():
    # A sanitised server keeps what was freed for a while: little, so that memory can be looked at.
    kept = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"}
    with Studio(environment=kept) as studio:
        session = make_show(studio)
        for name, test in (
                ("holds-everything-and-nothing-else", lambda: test_everything(studio)),
                ("other-programs-read-it", lambda: test_other_programs(studio, session)),
                ("says-its-length-before", lambda: test_head(studio, session)),
                ("of-a-show-that-runs", lambda: test_growing(studio)),
                ("readers-may-leave", lambda: test_leaving(studio, session)),
                ("takes-no-memory", lambda: test_memory(studio, session)),
                ("other-cuts-are-listed-and-served", lambda: test_cuts(studio)),
                ("who-may-not-see-the-show-may-not-have-it", lambda: test_who_may(studio, session)),
                ("ends-when-a-file-is-replaced", lambda: test_replaced(studio, session))):
            tap.run(f"/server/archive/{name}", test)
    tap.finish()


main()
