"""The power goes: everything that was not synced is lost. What was answered is there all the same.

The server's changes to its storage are recorded in their order; for a moment of that record the disk
is made as a power cut then would have left it, in two ways: names that were not synced are lost too,
or only contents are (then a rename that came before its file's sync leaves an empty file)."""
import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, read_log, recording, replay_problem, show_folder, start_show, stop_show,
                    tus_create, tus_head, tus_patch, wait_complete)
from disk import Disk, DiskStudio, read_trace
from serve import Studio
from tap import Tap

tap = Tap()
DATA = recording(60_000, seed=9)


class Story:
    """A show, and after each answer what from then on has to survive."""

    def __init__(self, studio):
        self.studio = studio
        self.moments = []  # (end of the record, {"events": {id: seq}, "bytes": n, "state": …})
        self.now = {"events": {}, "bytes": None, "state": "recording"}
        self.session = start_show(studio, settings={"min_shot": 0.5})["sessionId"]
        self.note()

    def note(self):
        self.moments.append((self.studio.trace.stat().st_size,
                             {**self.now, "events": dict(self.now["events"])}))

    def send(self, client, type_, source):
        id_ = f"e{len(self.now['events'])}"
        answer = client.send(type_, source, id_=id_)
        assert answer["ok"], answer
        self.now["events"][id_] = answer["seq"]
        self.note()

    def tell(self):
        client = Client(self.studio, self.session)
        self.send(client, "speaking_start", "cam_1")
        location = tus_create(self.studio, self.session, "cam_1_iso.mkv").headers["Location"]
        self.now["bytes"] = 0
        self.note()
        for at in range(0, len(DATA), 20_000):
            self.send(client, "manual_cut", "cam_2" if at % 40_000 else "cam_1")
            answer = tus_patch(self.studio, location, at, DATA[at:at + 20_000])
            assert answer.status == 204, answer
            self.now["bytes"] = int(answer.headers["Upload-Offset"])
            self.note()
        assert tus_patch(self.studio, location, len(DATA), b"", length=len(DATA)).status == 204
        self.note()
        self.send(client, "speaking_stop", "cam_1")
        stop_show(self.studio, self.session)
        self.now["state"] = "stopping"
        self.note()
        client.close()
        wait_complete(self.studio, self.session)


def record():
    with DiskStudio(trace=True) as studio:
        story = Story(studio)
        story.tell()
        studio.stop()
        # The end of the story itself was asked for by HTTP: it is synced before it is said.
        return story, read_trace(studio.trace.read_bytes())


def lost(story, due, left):
    """Complaint when something of what is due is not there."""
    folder = f"sessions/{story.session}"
    names = sorted(left)
    if f"{folder}/manifest.json" not in left:
        return f"no manifest; {names}"
    manifest = json.loads(left[f"{folder}/manifest.json"])
    if due["state"] == "stopping" and manifest["state"] not in ("stopping", "complete"):
        return f"stopped, and its manifest says {manifest['state']}"
    if due["state"] == "stopping" and not json.loads(left[f"{folder}/events.json"]):
        return "stopped, and events.json is empty"
    lines = left.get(f"{folder}/events.log", b"").splitlines()
    log = {e["id"]: e["seq"] for e in map(json.loads, lines)}
    gone = {k: v for k, v in due["events"].items() if log.get(k) != v}
    if gone or not log:
        return f"events that were answered are gone: {gone}"
    data = left.get(f"{folder}/cam_1_iso.mkv")
    if due["bytes"] is not None and (data is None or data[:due["bytes"]] != DATA[:due["bytes"]]):
        return f"{due['bytes']} bytes were answered, {data and len(data)} are there"
    for name in names:
        if name.endswith(".json") and left[name] is not None:
            json.loads(left[name])  # whole, or not there
    return None


def each_cut(told, keeps_names):
    story, changes = told
    disk = Disk(keeps_names)
    left_at = {}
    at = 0
    for number, (end, due) in enumerate(story.moments):
        while at < len(changes) and changes[at][0] <= end:
            disk.apply(changes[at])
            at += 1
        left = disk.left()
        complaint = lost(story, due, left)
        if complaint:
            return f"answer {number}: {complaint}"
        left_at[number] = left
    while at < len(changes):
        disk.apply(changes[at])
        at += 1
        for path, data in disk.left().items():
            if path.endswith(".json") and data is not None:
                json.loads(data)
    complaint = lost(story, story.now, disk.left())
    return complaint or (None if len(left_at) > 8 else f"only {len(left_at)} answers")


def goes_on(told, keeps_names):
    """The server starts on what is left, and the show is brought to its end."""
    story, changes = told
    count = len(story.moments)
    for number in (0, count // 3, 2 * count // 3, count - 1):
        end, due = story.moments[number]
        disk = Disk(keeps_names)
        for change in changes:
            if change[0] <= end:
                disk.apply(change)
        folder = Path(tempfile.mkdtemp(prefix="crosscut-power-"))
        try:
            disk.write(folder / "storage")
            with Studio(folder=folder) as studio:
                complaint = finish(studio, story, due)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if complaint:
            return f"cut after answer {number}: {complaint}"
    return None


def finish(studio, story, due):
    session = story.session
    if due["state"] == "recording":
        client = Client(studio, session, last_seq=0)
        client.wait("replayed")
        heard = {e["id"]: e["seq"] for e in client.heard}
        assert due["events"].items() <= heard.items(), (due, heard)
        assert client.send("marker", id_="after")["ok"]
        client.close()
    made = tus_create(studio, session, "cam_1_iso.mkv")
    if made.status == 201:
        at = int(tus_head(studio, made.headers["Location"]).headers["Upload-Offset"])
        assert at >= (due["bytes"] or 0), (at, due)
        answer = tus_patch(studio, made.headers["Location"], at, DATA[at:], length=len(DATA))
        assert answer.status == 204, answer
    else:
        assert made.code == "conflict", made
    stop_show(studio, session)
    wait_complete(studio, session)
    folder = show_folder(studio, session)
    assert (folder / "cam_1_iso.mkv").read_bytes() == DATA
    log = read_log(folder)
    assert [e["seq"] for e in log] == list(range(1, len(log) + 1)), log
    return replay_problem(log)


told_story = record()
tap.note(f"{len(told_story[1])} changes, {len(told_story[0].moments)} answers")
for way, keeps in (("names-and-contents", False), ("contents-only", True)):
    tap.run(f"/r03/what-was-answered-is-there/{way}", each_cut, told_story, keeps)
    tap.run(f"/r03/a-server-goes-on-with-what-is-left/{way}", goes_on, told_story, keeps)
tap.finish()
