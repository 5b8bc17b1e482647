"""Cameras that go and come back, and a show of very many events: what it holds stays the same."""
import os
import random
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, read_log, recording, replay_problem, send_multipart, show_folder,
                    start_show, stop_show, wait_complete)
from serve import Studio
from tap import Tap

tap = Tap()
CAMERAS, EVENTS = 8, 6000


def test_camera_comes_back(studio):
    """Unplugged while on air: the director leaves it; back, its file goes on in a new part."""
    show = start_show(studio, settings={"min_shot": 0.5, "ignore": 0.2})["sessionId"]
    client = Client(studio, show)
    first, second = recording(5000, seed=1), recording(7000, seed=2)
    assert client.send("record_start", "cam_2", file="cam_2_iso.mkv", start=10)["ok"]
    assert client.send("manual_cut", "cam_2")["ok"]
    client.wait_event("switch", source="cam_2")
    assert send_multipart(studio, show, "cam_2_iso.mkv", first).status == 201
    assert client.send("source_lost", "cam_2", reason="unplugged")["ok"]
    assert client.wait_event("switch", reason="lost")["source"] == "cam_1"
    answer = client.send("manual_cut", "cam_2")
    assert answer["ok"], answer
    assert client.send("source_back", "cam_2")["ok"]
    assert client.send("record_start", "cam_2", file="cam_2_iso.2.mkv", start=900)["ok"]
    whole_already = send_multipart(studio, show, "cam_2_iso.mkv", second)
    assert whole_already.status == 409 and whole_already.code == "conflict", whole_already
    assert send_multipart(studio, show, "cam_2_iso.2.mkv", second).status == 201
    assert client.send("manual_cut", "cam_2")["ok"]
    client.wait_event("switch", source="cam_2", reason="manual")
    client.close()
    stop_show(studio, show)
    manifest = wait_complete(studio, show)
    parts = {f["name"]: (f["source"], f["start"], f["bytes"]) for f in manifest["files"]
             if f["kind"] == "iso"}
    assert parts == {"cam_2_iso.mkv": ("cam_2", 10, 5000),
                     "cam_2_iso.2.mkv": ("cam_2", 900, 7000)}, parts
    log = read_log(show_folder(studio, show))
    lost = next(e["seq"] for e in log if e["type"] == "source_lost")
    back = next(e["seq"] for e in log if e["type"] == "source_back")
    shown = [e for e in log if e["type"] == "switch" and lost < e["seq"] < back]
    assert all(e["source"] != "cam_2" for e in shown), shown
    return replay_problem(log)


def holds(studio):
    """Descriptors, threads and kB of memory of the server."""
    folder = Path(f"/proc/{studio.process.pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return (len(os.listdir(folder / "fd")), int(status["Threads"]),
            int(status["VmRSS"].split()[0]))


class Crowd:
    """Sends events as fast as they are answered, so many at once."""

    def __init__(self, client):
        self.client, self.slots, self.bad = client, threading.Semaphore(100), []
        self.chance = random.Random(12)

    def _answered(self, answer):
        if not answer["ok"]:
            self.bad.append(answer)
        self.slots.release()

    def send(self, count):
        for _ in range(count):
            kind = self.chance.choice(("speaking_start", "speaking_stop", "speaking_start",
                                       "speaking_stop", "marker", "source_lost", "source_back"))
            # Never all of them are lost: then the last picture would stay.
            first = CAMERAS // 2 if kind.startswith("source") else 1
            event = {"id": f"{self.chance.getrandbits(64):x}", "type": kind,
                     "t": self.client.clock(),
                     "source": f"cam_{self.chance.randint(first, CAMERAS)}"}
            assert self.slots.acquire(timeout=30), "no answer came"
            self.client.io.emit("event", event, callback=self._answered)
        for _ in range(100):
            assert self.slots.acquire(timeout=30), "no answer came"
        for _ in range(100):
            self.slots.release()
        assert not self.bad, self.bad[0]


def test_many_events(studio):
    show = start_show(studio, cameras=CAMERAS, settings={"min_shot": 0.5, "ignore": 0.2})
    client = Client(studio, show["sessionId"])
    crowd = Crowd(client)
    crowd.send(EVENTS // 3)
    before = holds(studio)
    crowd.send(EVENTS - EVENTS // 3)
    after = holds(studio)
    client.close()
    stop_show(studio, show["sessionId"])
    log = read_log(show_folder(studio, show["sessionId"]))
    assert [e["seq"] for e in log] == list(range(1, len(log) + 1)), "the log has a hole or a double"
    assert len(log) > EVENTS // 3 and any(e["type"] == "switch" for e in log), len(log)
    tap.note(f"descriptors, threads, kB: {before} then {after}; {len(log)} lines")
    assert after[0] <= before[0] and after[1] <= before[1], (before, after)
    return replay_problem(log)


with Studio("--events-per-second", "10000", "--event-burst", "20000") as running:
    tap.run("/r09/a-camera-that-comes-back-goes-on-in-a-new-part", test_camera_comes_back, running)
    tap.run("/r12/very-many-events-leave-the-server-as-it-was", test_many_events, running)
tap.finish()
