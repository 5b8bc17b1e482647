"""Disk full, disk ill, no descriptors, in mid-show: events are answered and the director decides,
recordings wait and say so, and go on when it is over."""
import errno
import resource
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, read_log, recording, replay_problem, send_multipart, show_folder,
                    start_show, stop_show, tus_create, tus_head, tus_patch, wait_complete)
from disk import SYNC, WRITE, DiskStudio
from tap import Tap

tap = Tap()
MIB = 1 << 20
SETTINGS = {"min_shot": 0.5, "ignore": 0.2}


def metric(studio, name):
    for line in studio.ask("GET", "/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    raise AssertionError(f"no metric {name}")


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def cut_to(client, source):
    """The live path: a command in, the decision out."""
    answer = client.send("manual_cut", source)
    assert answer["ok"], answer
    client.wait_event("switch", source=source)


class Sender(threading.Thread):
    """A camera that does not give up, as the console's: what was not taken is sent again."""

    def __init__(self, studio, session, name, data):
        super().__init__(daemon=True)
        self.studio, self.data = studio, data
        made = tus_create(studio, session, name)
        assert made.status == 201, made
        self.location = made.headers["Location"]
        self.refusals = []
        self.offset = 0
        self.give_up = time.monotonic() + 60
        self.start()

    def run(self):
        while self.offset < len(self.data) and time.monotonic() < self.give_up:
            try:
                head = tus_head(self.studio, self.location)
                at = int(head.headers["Upload-Offset"])
                part = self.data[at:at + 500_000]
                length = len(self.data) if at + len(part) == len(self.data) else None
                answer = tus_patch(self.studio, self.location, at, part, length=length)
            except OSError:
                time.sleep(0.2)
                continue
            if answer.status == 204:
                self.offset = int(answer.headers["Upload-Offset"])
            else:
                self.refusals.append((answer.status, answer.code))
                time.sleep(0.2)


def test_full_disk():
    with DiskStudio() as studio:
        show = start_show(studio, settings=SETTINGS)["sessionId"]
        client = Client(studio, show)
        studio.set_room(4 * MIB)
        data = recording(8 * MIB, seed=2)
        sender = Sender(studio, show, "cam_1_iso.mkv", data)
        said = client.wait("state", lambda s: s["storage"]["hasRoom"] is False)
        assert studio.ask("GET", "/storage").json["hasRoom"] is False, said
        assert metric(studio, "crosscut_storage_has_room") == 0
        studio.set_room(0)  # others took the rest
        for source in ("cam_2", "cam_1", "cam_2"):
            cut_to(client, source)
        taken = metric(studio, "crosscut_upload_bytes_total")
        assert taken < len(data), "more than there was room for was taken"
        assert sender.is_alive(), "the recording did not wait"
        studio.set_room(200 * MIB)
        client.wait("state", lambda s: s["storage"]["hasRoom"] is True)
        sender.join(60)
        cut_to(client, "cam_1")
        client.close()
        assert sender.offset == len(data), (sender.offset, sender.refusals)
        assert all(status in (503, 507) for status, _ in sender.refusals), sender.refusals
        stop_show(studio, show)
        wait_complete(studio, show)
        folder = show_folder(studio, show)
        assert (folder / "cam_1_iso.mkv").read_bytes() == data, "the recording differs"
        return replay_problem(read_log(folder))


def test_ill_disk():
    """Recordings on a disk that says EIO, that is read-only, that has no quota left."""
    with DiskStudio() as studio:
        show = start_show(studio, settings=SETTINGS)["sessionId"]
        client = Client(studio, show)
        data = recording(900_000, seed=3)
        faults = ((WRITE, errno.EIO, {500}), (WRITE, errno.EROFS, {500}), (SYNC, errno.EIO, {500}),
                  (WRITE, errno.EDQUOT, {507}))
        for part, (kinds, code, good) in enumerate(faults, 2):
            studio.fail(kinds, -1, code, only=".mkv")
            name = f"cam_1_iso.{part}.mkv"
            sender = Sender(studio, show, name, data)
            assert wait_for(lambda s=sender: len(s.refusals) > 1), f"{errno.errorcode[code]}: taken"
            cut_to(client, "cam_1" if part % 2 else "cam_2")
            studio.heal()
            sender.join(30)
            statuses = {status for status, _ in sender.refusals}
            assert statuses <= good | {503}, (errno.errorcode[code], sender.refusals)
            assert sender.offset == len(data), (name, sender.offset)
            assert (show_folder(studio, show) / name).read_bytes() == data, f"{name} differs"
        client.close()
        stop_show(studio, show)
        wait_complete(studio, show)
        return replay_problem(read_log(show_folder(studio, show)))


def test_ill_log():
    """A log that cannot be written takes no event; when it can, the show goes on where it was, and
    what it decided then is what its log says."""
    with DiskStudio() as studio:
        show = start_show(studio, settings=SETTINGS)["sessionId"]
        client = Client(studio, show)
        cut_to(client, "cam_2")
        for kinds, code in ((WRITE, errno.EIO), (SYNC, errno.EIO), (WRITE, errno.EROFS)):
            studio.fail(kinds, -1, code, only="events.log")
            refused = client.send("manual_cut", "cam_1", id_=f"{kinds}-{code}")
            assert not refused["ok"] and refused["error"]["code"] in ("failed", "busy"), refused
            assert "storage" not in refused["error"]["message"], refused
            client.send("speaking_start", "cam_1")
            time.sleep(0.5)
            studio.heal()
            time.sleep(0.5)
            again = client.send("manual_cut", "cam_1", id_=f"{kinds}-{code}")
            assert again["ok"], again
            assert client.send("auto_resume")["ok"]
            cut_to(client, "cam_2")
        late = Client(studio, show, last_seq=0)
        late.wait("replayed")
        log = read_log(show_folder(studio, show))
        assert [e["seq"] for e in late.heard] == [e["seq"] for e in log], (late.heard, log)
        behind = Client(studio, show, last_seq=log[-3]["seq"])
        behind.wait("replayed")
        assert [e["seq"] for e in behind.heard] == [e["seq"] for e in log[-2:]], behind.heard
        for each in (client, late, behind):
            each.close()
        stop_show(studio, show)
        log = read_log(show_folder(studio, show))
        seqs = [e["seq"] for e in log]
        assert seqs == sorted(set(seqs)), seqs
        return replay_problem(log)


def test_no_descriptors():
    with DiskStudio() as studio:
        show = start_show(studio, settings=SETTINGS)["sessionId"]
        client = Client(studio, show)
        cut_to(client, "cam_2")
        pid = studio.process.pid
        used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
        waiting = threading.Thread(target=send_multipart,
                                   args=(studio, show, "cam_1_iso.mkv", recording(50_000)))
        waiting.start()
        for source in ("cam_1", "cam_2", "cam_1"):
            cut_to(client, source)
        assert waiting.is_alive() or studio.process.poll() is None
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        waiting.join(30)
        if not (show_folder(studio, show) / "cam_1_iso.mkv").exists():
            answer = send_multipart(studio, show, "cam_1_iso.mkv", recording(50_000))
            assert answer.status == 201, answer
        cut_to(client, "cam_2")
        client.close()
        stop_show(studio, show)
        wait_complete(studio, show)
        return replay_problem(read_log(show_folder(studio, show)))


for name, test in (
        ("/r05/a-disk-that-fills-lets-recordings-wait-and-the-show-go-on", test_full_disk),
        ("/r05/an-ill-disk-refuses-recordings-and-takes-them-again", test_ill_disk),
        ("/r05/an-ill-log-takes-no-event-and-goes-on-when-well", test_ill_log),
        ("/r05/without-descriptors-the-show-goes-on", test_no_descriptors)):
    tap.run(name, test)
tap.finish()
