"""The mirror behind the shows, against a real S3 server with a proxy before it that fails on demand:
what is finished arrives, an outage only delays (R6, R7), and nothing goes that is nowhere else."""
import hashlib
import json
import shutil
import signal
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from client import (recording, send_multipart, show_folder, start_show, stop_show,  # noqa: E402
                    wait_complete)
from s3 import BUCKET, KEY, SECRET, Change, Faults, Status, Storage, missing  # noqa: E402
from serve import Studio, refused  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
AWS = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


def wait_for(what, good, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if good():
            return
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")


class Mirrored:
    """A studio, its mirror, and the proxy between them; clean at the end."""

    def __init__(self, *options, url=f"s3://{BUCKET}/studio", environment=None):
        self.storage = Storage()
        self.faults = Faults(self.storage)
        self.sent = []
        self.faults.rule = self.sent.append
        self.studio = Studio("--mirror", url, "--s3-endpoint", self.faults.endpoint, *options,
                             environment={**AWS, **(environment or {})})

    def __enter__(self):
        self.studio.__enter__()
        return self

    def __exit__(self, *arguments):
        try:
            self.studio.__exit__(*arguments)
        finally:
            self.faults.close()
            self.storage.close()

    def show(self, files, complete=True):
        """A show with these recordings (name: bytes); its id."""
        session = start_show(self.studio)["sessionId"]
        for name, data in files.items():
            answer = send_multipart(self.studio, session, name, data)
            assert answer.status in (200, 201), answer
        if complete:
            stop_show(self.studio, session)
            wait_complete(self.studio, session)
        return session

    def there(self, session):
        """What the mirror has of a show: name → bytes."""
        top = f"studio/sessions/{session}/"
        return {key[len(top):]: data for key, data in self.storage.objects().items()
                if key.startswith(top)}

    def lacks(self, session):
        """Names of files of the manifest here that the mirror has not, or has otherwise."""
        there = self.there(session)
        folder = show_folder(self.studio, session)
        manifest = json.loads((folder / "manifest.json").read_text())
        names = [f["name"] for f in manifest["files"] if "sha256" in f and "at" not in f]
        return [name for name in [*names, "manifest.json"]
                if there.get(name) != (folder / name).read_bytes()]

    def metric(self, name):
        text = self.studio.ask("GET", "/metrics").body.decode()
        return int(next(line for line in text.splitlines()
                        if line.startswith(f"crosscut_mirror_{name} ")).split()[1])

    def ready(self):
        answer = self.studio.ask("GET", "/readyz", token=None)
        return answer.status, answer.json["mirror"]


def arrives(mirrored):
    """Recordings when they are closed, while the show still runs; the rest when it is complete."""
    one, two = recording(300_000, 1), recording(6_000_000, 2)
    session = mirrored.show({"cam_1_iso.webm": one}, complete=False)
    wait_for("a recording of a running show",
             lambda: mirrored.there(session).get("cam_1_iso.webm") == one)
    send_multipart(mirrored.studio, session, "cam_2_iso.webm", two)
    stop_show(mirrored.studio, session)
    manifest = wait_complete(mirrored.studio, session)
    wait_for("all of it", lambda: not mirrored.lacks(session))
    names = set(mirrored.there(session))
    if not {"cam_2_iso.webm", "events.log", "events.json", "manifest.json"} <= names:
        return names
    sums = {f["name"]: f.get("sha256") for f in manifest["files"]}
    if sums["cam_2_iso.webm"] != hashlib.sha256(two).hexdigest():
        return sums
    wait_for("health", lambda: mirrored.ready() == (200, "ok"))
    if mirrored.metric("bytes_total") < 6_300_000 or mirrored.metric("waiting_bytes") != 0:
        return mirrored.studio.ask("GET", "/metrics").body.decode()
    return None


def restart_sends_nothing_twice(mirrored):
    session = mirrored.show({"cam_1_iso.webm": recording(2_000_000, 3)})
    wait_for("all of it", lambda: not mirrored.lacks(session))
    wait_for("rest", lambda: mirrored.ready()[1] == "ok")
    for lost in (False, True):
        mirrored.studio.stop()
        if lost:
            shutil.rmtree(mirrored.studio.folder / "storage" / "mirror")
        mirrored.faults.seen.clear()
        mirrored.studio.start()
        wait_for("a look", lambda: any("uploads" in path for _, path in mirrored.faults.seen))
        wait_for("rest", lambda: mirrored.ready()[1] == "ok")
        sent = [path for method, path in mirrored.faults.seen
                if method == "PUT" and "_iso.webm" in path and ".index" not in path]
        if sent:
            return f"record lost: {lost}, sent again: {sent}"
    return None


def healed(test):
    """The proxy passes everything on before and after the test."""
    def run(mirrored):
        mirrored.faults.rule = lambda request: None
        try:
            return test(mirrored)
        finally:
            mirrored.faults.rule = lambda request: None
    return run


@healed
def outage(mirrored):
    """The mirror is away: shows go on, it is said, readiness stays; then everything arrives. What the
    server was killed over arrives too."""
    mirrored.faults.rule = lambda request: Status(503, "SlowDown", {"Retry-After": "0"})
    data = recording(7_000_000, 4)
    session = mirrored.show({"cam_1_iso.webm": data, "program.webm": recording(50_000, 5)})
    wait_for("a failure that is said", lambda: mirrored.ready() == (200, "failing"))
    wait_for("what waits", lambda: mirrored.metric("waiting_bytes") > 7_050_000)
    if mirrored.metric("errors_total") < 1 or mirrored.metric("behind_seconds") < 1:
        return mirrored.studio.ask("GET", "/metrics").body.decode()
    mirrored.studio.stop(signal.SIGKILL)
    mirrored.studio.start()
    wait_for("a failure that is said", lambda: mirrored.ready() == (200, "failing"))
    mirrored.faults.rule = lambda request: None
    wait_for("all of it", lambda: not mirrored.lacks(session), 90)
    wait_for("health", lambda: mirrored.ready() == (200, "ok"))
    said = mirrored.studio.log_text()
    if "the mirror fails" not in said or "the mirror goes on" not in said:
        return said[-3000:]
    return f"a secret in the log: {said}" if SECRET in said else None


@healed
def retention(mirrored):
    """Recordings whose time has come stay until the mirror has them; then they are fetched there."""
    studio = mirrored.studio
    mirrored.faults.rule = lambda request: Status(500, "InternalError")
    data = recording(200_000, 6)
    session = mirrored.show({"cam_1_iso.webm": data, "program.webm": recording(50_000, 7)})
    iso = show_folder(studio, session) / "cam_1_iso.webm"
    studio.stop()
    time.sleep(1.1)  # so old that it may go
    studio.start()  # a sweep is the first thing it does
    wait_for("a failure", lambda: mirrored.ready()[1] == "failing")
    if not iso.exists():
        return "deleted, and nowhere else"
    other = Change({"x-amz-meta-sha256": "0" * 64})  # what is there is not what was sent
    mirrored.faults.rule = lambda request: (
        other if request.method == "HEAD" and "cam_1_iso" in request.path else None)
    for _ in range(2):
        studio.stop()
        studio.start()
        wait_for("a failure", lambda: mirrored.ready()[1] == "failing")
    if not iso.exists():
        return "deleted, and not verified"
    mirrored.faults.rule = lambda request: None
    wait_for("all of it", lambda: not mirrored.lacks(session), 90)
    studio.stop()
    studio.start()
    wait_for("the sweep", lambda: not iso.exists())
    wait_for("the manifest", lambda: any(
        f.get("at") == "mirror" for f in studio.ask("GET", f"/sessions/{session}").json["files"]))
    answer = studio.ask("GET", f"/sessions/{session}/cam_1_iso.webm?download")
    if answer.status != 307 or answer.headers["Cache-Control"] != "no-store":
        return answer
    with urllib.request.urlopen(answer.headers["Location"], timeout=30) as fetched:
        if fetched.read() != data or "cam_1_iso.webm" not in fetched.headers["Content-Disposition"]:
            return f"{fetched.headers}"
    here = studio.ask("GET", f"/sessions/{session}/program.webm")
    stranger = studio.ask("GET", f"/sessions/{session}/cam_1_iso.webm", token=None)
    if here.status != 200 or stranger.status != 401:
        return f"{here} {stranger}"
    gone = studio.ask("GET", f"/sessions/{session}/cam_2_iso.webm")
    if "X-Amz-Signature" in studio.log_text():
        return "an address that opens it is in the log"
    return None if gone.status == 404 else gone


def deleted(mirrored):
    """A deleted show is deleted at the mirror when its grace has passed, and only then."""
    studio = mirrored.studio
    kept = mirrored.show({"cam_1_iso.webm": recording(10_000, 8)})
    session = mirrored.show({"cam_1_iso.webm": recording(10_000, 9)})
    wait_for("both", lambda: not mirrored.lacks(session) and not mirrored.lacks(kept))
    assert studio.ask("DELETE", f"/sessions/{session}").status == 204
    studio.stop()
    if not mirrored.there(session):
        return "gone at the mirror while it could be taken back"
    studio.start()  # the trash is emptied, whose time has come
    wait_for("its end", lambda: not mirrored.there(session), 90)
    if mirrored.lacks(kept):
        return "another show lost something"
    # A folder that was lost is no wish to delete: that is what a mirror is for.
    studio.stop()
    shutil.rmtree(show_folder(studio, kept))
    mirrored.faults.seen.clear()
    studio.start()
    wait_for("a look", lambda: any("uploads" in path for _, path in mirrored.faults.seen))
    wait_for("rest", lambda: mirrored.ready()[1] == "ok")
    return None if mirrored.there(kept) else "a lost folder was deleted at the mirror too"


def presigned(mirrored):
    """With --presign-downloads what the mirror has is fetched there, documents are not."""
    data = recording(20_000, 10)
    session = mirrored.show({"cam_1_iso.webm": data})
    wait_for("all of it", lambda: not mirrored.lacks(session))
    wait_for("rest", lambda: mirrored.ready()[1] == "ok")
    answer = mirrored.studio.ask("GET", f"/sessions/{session}/cam_1_iso.webm")
    document = mirrored.studio.ask("GET", f"/sessions/{session}/events.json")
    played = mirrored.studio.ask("GET", f"/sessions/{session}/cam_1_iso.webm",
                                 headers={"Sec-Fetch-Dest": "video"})
    saved = mirrored.studio.ask("GET", f"/sessions/{session}/cam_1_iso.webm?download",
                                headers={"Sec-Fetch-Dest": "empty"})
    if [a.status for a in (answer, document, played, saved)] != [307, 200, 200, 307]:
        return f"{answer} {document} {played} {saved}"
    with urllib.request.urlopen(answer.headers["Location"], timeout=30) as fetched:
        return None if fetched.read() == data else "other bytes"


def cuts_and_tags(mirrored):
    """Another cut of a show is mirrored with its manifest; files carry their kind."""
    session = mirrored.show({"cam_1_iso.webm": recording(20_000, 11)})
    folder = show_folder(mirrored.studio, session)
    cut = folder / "cuts" / "calm"
    cut.mkdir(parents=True)
    data = recording(30_000, 12)
    (cut / "program.mp4").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = [
        {"name": "program.mp4", "kind": "program", "bytes": len(data),
         "sha256": hashlib.sha256(data).hexdigest()},
        {"name": "cam_1_iso.webm", "kind": "iso", "path": str(folder / "cam_1_iso.webm"),
         "bytes": 20_000, "sha256": "0" * 64},
        {"name": "grows.webm", "kind": "iso", "bytes": 0}]
    (cut / "manifest.json").write_text(json.dumps(manifest))
    wait_for("the cut", lambda: {"cuts/calm/program.mp4", "cuts/calm/manifest.json"} <=
             set(mirrored.there(session)))
    if mirrored.there(session)["cuts/calm/program.mp4"] != data:
        return "other bytes"
    named = [n for n in mirrored.there(session) if n.startswith("cuts/")]
    if len(named) != 2:
        return f"more than the cut's own: {named}"
    tags = [r.headers["x-amz-tagging"] for r in mirrored.sent
            if r.path.endswith(f"{session}/cam_1_iso.webm") and r.method == "PUT"]
    return None if tags == ["kind=iso"] else tags


def no_bucket(mirrored):
    """What the operator has to mend is said, once, with its name."""
    session = mirrored.show({"cam_1_iso.webm": recording(20_000, 13)})
    wait_for("a failure that is said", lambda: mirrored.ready() == (200, "failing"))
    said = [line for line in mirrored.studio.log_text().splitlines() if "mirror fails" in line]
    if len(said) != 1 or "NoSuchBucket" not in said[0] and "no-such-bucket" not in said[0]:
        return said
    iso = show_folder(mirrored.studio, session) / "cam_1_iso.webm"
    return None if iso.exists() else "deleted, and nowhere else"


def by_bucket(mirrored):
    """A recording that was sent to the bucket by an address for it alone is a recording as any other;
    what is not there, or is something else, is not."""
    studio = mirrored.studio
    started = start_show(studio)
    session, token = started["sessionId"], started["uploadToken"]
    data = recording(6_000_000, 14)
    sums = hashlib.sha256(data).hexdigest()

    def ask(what, name="cam_1_iso.webm", sha256=sums, who=token, size=len(data)):
        return studio.ask("POST", f"/sessions/{session}/{what}", token=who,
                          body={"name": name, "bytes": size, "sha256": sha256})

    def told(**how):
        """What comes of it in the end."""
        while (answer := ask("uploaded", **how)).status == 202:
            time.sleep(0.05)
        return answer

    def put(url, body):
        urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"), timeout=60).close()

    address = ask("upload-url")
    if address.status != 200 or SECRET in address.body.decode():
        return address
    if (early := told()).status != 404:
        return f"fetched before it was sent: {early}"
    put(address.json["url"], data)
    for how, status in (({"sha256": "0" * 64}, 460), ({"size": 5}, 400), ({"size": 0}, 400),
                        ({"name": "../x"}, 400), ({"name": "cam_9_iso.webm"}, 400),
                        ({"size": 6 << 30}, 400), ({"sha256": "x"}, 400)):
        if (answer := told(**how)).status != status:
            return f"{how}: {answer}"
    if (show_folder(studio, session) / "cam_1_iso.webm").exists():
        return "there before it was verified"
    guest = studio.ask("POST", f"/sessions/{session}/guests", {"role": "camera", "source": "cam_2"})
    if ask("upload-url", who=guest.json["token"]).status != 403:
        return "a guest sends another's recording"
    if (answer := told()).status != 201 or told().status != 201:
        return answer
    if (show_folder(studio, session) / "cam_1_iso.webm").read_bytes() != data:
        return "other bytes"
    if ask("upload-url").status != 409:
        return "an address for what is there"
    html = ask("upload-url", name="cam_2_iso.webm", size=6)
    put(html.json["url"], b"<html>")
    wrong = told(name="cam_2_iso.webm", size=6, sha256=hashlib.sha256(b"<html>").hexdigest())
    if wrong.status != 415:
        return f"no recording: {wrong}"
    stop_show(studio, session)
    manifest = wait_complete(studio, session)
    if [f.get("sha256") for f in manifest["files"] if f["name"] == "cam_1_iso.webm"] != [sums]:
        return manifest
    wait_for("all of it", lambda: not mirrored.lacks(session))
    left = [key for key in mirrored.storage.objects() if "cam_1" in key and "incoming" in key]
    return f"left in the bucket: {left}" if left else None


def not_by_bucket(mirrored):
    session = start_show(mirrored.studio)["sessionId"]
    answer = mirrored.studio.ask("POST", f"/sessions/{session}/upload-url",
                                 {"name": "cam_1_iso.webm", "bytes": 5})
    return None if answer.status == 404 and "--direct-uploads" in answer.body.decode() else answer


def wrong_settings():
    """What cannot be is said at the start, without a secret."""
    for options, environment, words in (
            (["--mirror", "s3://shows"], {}, "AWS_ACCESS_KEY_ID"),
            (["--mirror", "https://shows"], AWS, "s3://bucket"),
            (["--mirror", "s3://shows", "--s3-endpoint", "ftp://x"], AWS, "endpoint"),
            (["--presign-downloads"], AWS, "--mirror")):
        code, said = refused(*options, environment=environment)
        if code != 2 or words not in said or SECRET in said:
            return f"{options}: {code} {said}"
    return None


def secrets_stay(mirrored):
    """Not in the environment of the process, in its files or what it prints (S8)."""
    pid = mirrored.studio.process.pid
    for path in (f"/proc/{pid}/environ", f"/proc/{pid}/cmdline"):
        try:
            if SECRET.encode() in Path(path).read_bytes():
                return path
        except PermissionError:
            pass
    for path in (mirrored.studio.folder / "storage").rglob("*"):
        if path.is_file() and SECRET.encode() in path.read_bytes():
            return path
    return None


tap.run("/r07/mirror/wrong-settings-do-not-start", wrong_settings)
why = missing()
if why:
    tap.skip("/r07/mirror/runs", why)
else:
    with Mirrored("--trash", "0") as one:
        tap.run("/r07/mirror/what-is-finished-arrives", arrives, one)
        tap.run("/r07/mirror/a-restart-sends-nothing-twice", restart_sends_nothing_twice, one)
        tap.run("/r06/mirror/an-outage-only-delays", outage, one)
        tap.run("/r05/mirror/deleted-shows-go-lost-ones-do-not", deleted, one)
        tap.run("/s08/mirror/secrets-stay-where-they-are", secrets_stay, one)
    with Mirrored("--keep-iso", "1s") as one:
        tap.run("/r05/mirror/nothing-goes-that-is-nowhere-else", retention, one)
    with Mirrored("--mirror-tags") as one:
        tap.run("/r07/mirror/cuts-are-mirrored-and-kinds-are-tags", cuts_and_tags, one)
    with Mirrored("--keep-iso", "1s", url="s3://no-such-bucket") as one:
        tap.run("/r07/mirror/no-bucket-is-said-once", no_bucket, one)
    with Mirrored("--direct-uploads") as one:
        tap.run("/s02/mirror/recordings-come-by-way-of-the-bucket", by_bucket, one)
    with Mirrored("--presign-downloads") as one:
        tap.run("/s02/mirror/not-by-way-of-the-bucket-unless-asked", not_by_bucket, one)
        tap.run("/r07/mirror/downloads-come-from-there-when-asked", presigned, one)
tap.finish()
