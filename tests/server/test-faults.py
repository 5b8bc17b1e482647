"""A disk that fails in mid-show: nothing crashes, every answer says what happened, what was answered
well is there after a restart, and the live path goes on while recordings wait."""
import errno
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, Refused, read_log, recording, replay_problem, show_folder, start_show,
                    stop_show, tus_create, tus_head, tus_patch, wait_complete)
from disk import OPEN, RENAME, SYNC, WRITE, DiskStudio
from tap import Tap

tap = Tap()
DATA = recording(9_000, seed=4)
SOURCES = [{"id": "cam_1", "label": "One"}, {"id": "cam_2", "label": "Two"}]
# What may be said to somebody whose call the disk failed.
EXCUSES = {500, 503, 507}
CODES = {"failed", "no_room", "busy"}


class ShortShow:
    """A short show under a fault: every answer is looked at, none is believed to be a good one."""

    def __init__(self, studio):
        self.studio = studio
        self.acknowledged = {}
        self.offset = 0
        self.is_whole = False
        self.has_stopped = False
        self.location = None
        answer = studio.ask("POST", "/session/start",
                            {"name": "Short", "sources": SOURCES, "settings": {"min_shot": 0.5}})
        self.check(answer, 201)
        self.session = answer.json["sessionId"] if answer.status == 201 else None
        self.client = None

    def check(self, answer, *good):
        if answer.status not in good and answer.status not in EXCUSES:
            raise AssertionError(f"a fault is answered with {answer}")
        return answer.status in good

    def send(self, id_, type_, source):
        answer = self.client.send(type_, source, id_=id_)
        if answer["ok"]:
            self.acknowledged[id_] = answer["seq"]
        elif answer["error"]["code"] == "stopped" and self.has_stopped and self.is_whole:
            return True  # it was complete already
        elif answer["error"]["code"] not in CODES:
            raise AssertionError(f"a fault is answered with {answer}")
        return answer["ok"]

    def record(self):
        if self.location is None:
            made = tus_create(self.studio, self.session, "cam_1_iso.mkv")
            if not self.check(made, 201):
                return False
            self.location = made.headers["Location"]
        location = self.location
        head = tus_head(self.studio, location)
        if not self.check(head, 200):
            return False
        offset = int(head.headers["Upload-Offset"])
        assert offset >= self.offset, f"{self.offset} bytes were acknowledged, {offset} are there"
        while offset < len(DATA):
            answer = tus_patch(self.studio, location, offset, DATA[offset:offset + 4_000])
            if not self.check(answer, 204):
                return False
            offset = self.offset = int(answer.headers["Upload-Offset"])
        answer = tus_patch(self.studio, location, offset, b"", length=offset)
        self.is_whole = self.check(answer, 204)
        return self.is_whole

    def run(self):
        if self.session is None:
            return
        self.client = Client(self.studio, self.session)
        self.send("a", "speaking_start", "cam_1")
        self.send("b", "manual_cut", "cam_2")
        self.record()
        self.send("c", "record_stop", "cam_1")
        answer = self.studio.ask("POST", "/session/stop", {"sessionId": self.session})
        self.has_stopped = self.check(answer, 200)

    def make_good(self):
        """The disk is well again: everything can be done that was not."""
        if self.session is None:
            return
        for id_, type_, source in (("a", "speaking_start", "cam_1"), ("d", "manual_cut", "cam_1")):
            assert self.send(id_, type_, source), f"{id_} is refused by a disk that is well"
        if not self.is_whole:
            assert self.record(), "a recording is refused by a disk that is well"
        self.client.close()
        stop_show(self.studio, self.session)

    def held(self):
        """Complaint when what was acknowledged is not there."""
        folder = show_folder(self.studio, self.session)
        log = read_log(folder)
        seqs = [e["seq"] for e in log]
        by_id = {e["id"]: e["seq"] for e in log}
        lost = {k: v for k, v in self.acknowledged.items() if by_id.get(k) != v}
        if lost or len(by_id) != len(log) or seqs != sorted(set(seqs)):
            return f"acknowledged and not there: {lost}; {log}"
        if (folder / "cam_1_iso.mkv").read_bytes() != DATA:
            return "the recording differs"
        return replay_problem(log)


def each_call_fails(kinds, code):
    """The n-th call fails, for every n of a show; one server for all of them."""
    with DiskStudio("--shows", "1000") as studio:
        shows, n, failed_starts = [], 0, 0
        while n < 200:
            n += 1
            studio.fail(kinds, n, code)
            show = ShortShow(studio)
            try:
                show.run()
                hit = studio.has_failed
                studio.heal()
                show.make_good()
            except (AssertionError, Refused) as problem:
                raise AssertionError(f"call {n}: {problem}\n{studio.log_text()[-2000:]}") from problem
            failed_starts += show.session is None
            if show.session:
                shows.append(show)
            if not hit:
                break
        assert n < 200 and len(shows) > 2, (n, len(shows))
        known = {s["id"] for s in studio.ask("GET", "/sessions?limit=200").json["sessions"]}
        assert known == {s.session for s in shows}, "a show that did not start is in the list"
        assert "CRITICAL" not in studio.log_text(), studio.log_text()[-3000:]
        studio.kill()
        studio.start()
        for show in shows:
            complaint = show.held()
            if complaint:
                return complaint
        for show in shows:
            wait_complete(studio, show.session)
        known = {s["id"] for s in studio.ask("GET", "/sessions?limit=200").json["sessions"]}
        assert known == {s.session for s in shows}, "a show that did not start is there after all"
        tap.note(f"{n - 1} calls failed in turn, {failed_starts} shows did not start")
    return None


for name, kinds, code in (("open", OPEN, errno.EIO), ("write", WRITE, errno.ENOSPC),
                          ("sync", SYNC, errno.EIO),
                          ("rename", RENAME, errno.EIO)):
    tap.run(f"/r04/each-{name}-of-a-show-fails-once", each_call_fails, kinds, code)
tap.finish()
