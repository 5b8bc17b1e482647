"""Shows of the studio that are not as they should be: nobody speaks, hardly anything was recorded,
recordings are missing, cut off or full of holes. Each renders with what is there and says what is not,
or says why it cannot."""
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from studio_show import ASIDE, RATE, START_MS, Studio, entry, record  # noqa: E402
from tap import Tap  # noqa: E402

ONE = [("cam_1", "Host", "person")]
TWO = [("cam_1", "Host", "person"), ("cam_2", "Guest", "person")]
SMALL = [*show.SMALL, "--highlights", "16"]


class Odd(Studio):
    """With a log and a list of files that can be changed before it is rendered."""

    def events(self, change):
        path = self.folder / "events.json"
        path.write_text(json.dumps(change(show.load(path))))
        return self

    def keep(self, *names):
        self.files = [f for f in self.files if f["name"] in names]
        self.write_manifest()
        return self

    def replace(self, name, start_ms, seconds, source, kind, from_s=0.0):
        """One more recording, of the host from from_s on."""
        self.files = [f for f in self.files if f["name"] != name]
        path = record(self.folder / name, self.sample / "host.mp4", from_s, seconds)
        self.files.append(entry(path, kind, source, start_ms))
        self.write_manifest()
        return path

    def names(self):
        return {f["name"] for f in show.load(self.folder / "manifest.json")["files"]}

    def report(self):
        return show.load(self.folder / "report.json")

    def codes(self, first_s, last_s):
        """What is shown between two moments of the program."""
        return show.frame_codes(self.program)[round(first_s * RATE):round(last_s * RATE)]


def silent(events):
    return [e for e in events if not e["type"].startswith("speaking")]


def nobody_speaks(work):
    studio = Odd(work, "silent")
    studio.render()
    if "highlights.mp4" not in studio.names():
        return "there were no highlights to begin with: the test proves nothing"
    studio.events(silent).render()
    note = show.load(studio.folder / "highlights.json").get("note", "")
    left = (studio.folder / "highlights.mp4").exists() or "highlights.mp4" in studio.names()
    if "nobody speaks" not in note or left or not any("nobody" in w for w in studio.warnings):
        return f"note {note!r}, left {left}, {studio.warnings}"
    studio.render("--from", "cameras", *SMALL)
    return None if "highlights.mp4" not in studio.names() else "highlights of nothing"


def it_is_over_at_once(work):
    """Shorter than the shortest piece, from the program and from the cameras."""
    studio = Odd(work, "short", sources=TWO)
    studio.files = []
    studio.replace("program.mkv", START_MS, 1.5, None, "program")
    for source in ("cam_1", "cam_2"):
        studio.replace(f"{source}_iso.mkv", START_MS, 1.5, source, "iso")
    studio.render()
    note = show.load(studio.folder / "highlights.json").get("note", "")
    if "the shortest piece" not in note or len(show.frame_codes(studio.program)) != 45:
        return f"{note!r}, {len(show.frame_codes(studio.program))} frames"
    studio.render("--from", "cameras")
    made = len(show.frame_codes(studio.program))
    return None if made == 45 and "poster.jpg" in studio.names() else f"{made} frames"


def a_single_picture(work):
    studio = Odd(work, "picture", sources=ONE)
    studio.files = []
    studio.replace("program.mkv", START_MS, 0.034, None, "program")
    studio.render()
    made = show.frame_codes(studio.program)
    return None if len(made) in (1, 2) else f"{len(made)} frames"


def no_camera_left_anything(work):
    studio = Odd(work, "no-iso")
    studio.keep("program.mkv", "program.2.mkv")
    done = show.crosscut("render", studio.folder, "--from", "cameras", env=ASIDE)
    if done.returncode != 1 or "no recording that can be read" not in done.stderr:
        return f"{done.returncode}: {done.stderr}"
    studio.render()
    missing = any("no timelines" in w for w in studio.warnings)
    return None if missing and "cam_1.mp4" not in studio.names() else f"{studio.warnings}"


def there_is_one_camera(work):
    studio = Odd(work, "one", sources=ONE)
    studio.keep("cam_1_iso.mkv")
    studio.render(*SMALL)
    shots = show.load(studio.folder / "shots.json")["shots"]
    return None if [s["source"] for s in shots] == ["cam_1"] else f"{shots}"


def the_program_is_missing(work):
    studio = Odd(work, "no-program", sources=TWO)
    studio.keep("cam_1_iso.mkv", "cam_2_iso.mkv")
    studio.render()
    report = studio.report()
    print(f"# {report['pictures']}, {report['frames']}")
    return None if report["pictures"] == "recut" and "program.mp4" in studio.names() else f"{report}"


def the_program_cannot_be_read(work):
    studio = Odd(work, "bad-program", sources=TWO)
    for name in ("program.mkv", "program.2.mkv"):
        (studio.folder / name).write_bytes(b"\x1a\x45\xdf\xa3" + bytes(3000))
    studio.render()
    said = sum("left out" in w for w in studio.warnings)
    return None if said >= 2 and studio.report()["pictures"] == "recut" else f"{studio.warnings}"


def a_recording_is_cut_off(work):
    studio = Odd(work, "torn", sources=TWO)
    path = studio.folder / "cam_2_iso.mkv"
    os.truncate(path, path.stat().st_size // 2)
    studio.files = [f for f in studio.files if f["name"] != path.name]
    studio.files.append(entry(path, "iso", "cam_2", START_MS))
    studio.write_manifest()
    studio.render("--from", "cameras")
    missing = studio.report().get("missing", [])
    print(f"# {missing}")
    tail = [m for m in missing if m["source"] == "cam_2" and m["end"] > 33000]
    return None if tail and 8000 < tail[0]["start"] < 26000 else f"{studio.report()}"


def its_own_device_stands_in(work):
    """cam_1 is the only camera; what arrived of it has a hole that its own recording does not have."""
    studio = Odd(work, "local", sources=ONE)
    studio.files = []
    studio.replace("cam_1_iso.mkv", START_MS, 10, "cam_1", "iso")
    studio.replace("cam_1_iso.2.mkv", START_MS + 14000, 10, "cam_1", "iso", from_s=14)
    studio.replace("cam_1_local.mkv", START_MS, 24, "cam_1", "local")
    studio.render("--from", "cameras")
    report = studio.report()
    print(f"# {report['pictures']}, {report['frames']}, {report.get('stand_ins')}")
    first = show.frame_codes(studio.sample / "host.mp4")[0][1]
    wrong = [i for i, code in enumerate(show.frame_codes(studio.program))
             if code is None or abs(code[1] - first - i) > 1]
    if wrong or [s["by"] for s in report.get("stand_ins", [])] != ["cam_1_local"]:
        return f"frames {wrong[:5]} of {len(wrong)}, {report}"
    return None if report["missing"][0]["source"] == "cam_1" else f"{report['missing']}"


def the_program_stands_in(work):
    studio = Odd(work, "program", sources=ONE)
    studio.files = []
    studio.replace("cam_1_iso.mkv", START_MS, 10, "cam_1", "iso")
    studio.replace("cam_1_iso.2.mkv", START_MS + 14000, 10, "cam_1", "iso", from_s=14)
    studio.replace("program.mkv", START_MS, 24, None, "program")
    studio.render("--from", "cameras")
    report = studio.report()
    first = show.frame_codes(studio.sample / "host.mp4")[0][1]
    wrong = [i for i, code in enumerate(show.frame_codes(studio.program))
             if code is None or abs(code[1] - first - i) > 1]
    if wrong or [s["by"] for s in report.get("stand_ins", [])] != ["program"]:
        return f"frames {wrong[:5]} of {len(wrong)}, {report}"
    return None


def nothing_stands_in(work):
    studio = Odd(work, "hole", sources=ONE)
    studio.files = []
    studio.replace("cam_1_iso.mkv", START_MS, 10, "cam_1", "iso")
    studio.replace("cam_1_iso.2.mkv", START_MS + 14000, 10, "cam_1", "iso", from_s=14)
    studio.render("--from", "cameras")
    report = studio.report()
    hole = report.get("missing", [{}])[0]
    good = abs(hole.get("start", 0) - 10000) < 100 and abs(hole.get("end", 0) - 14000) < 100
    return None if good and "stand_ins" not in report else f"{report}"


def only_its_own_device_recorded(work):
    studio = Odd(work, "only-local", sources=ONE)
    studio.files = []
    studio.replace("cam_1_local.mkv", START_MS, 12, "cam_1", "local")
    studio.render("--from", "cameras")
    said = any("only what its own device" in w for w in studio.warnings)
    made = show.frame_codes(studio.program)
    return None if said and len(made) == 12 * RATE else f"{len(made)} frames, {studio.warnings}"


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for test in (nobody_speaks, it_is_over_at_once, a_single_picture, no_camera_left_anything,
                     there_is_one_camera, the_program_is_missing, the_program_cannot_be_read,
                     a_recording_is_cut_off, its_own_device_stands_in, the_program_stands_in,
                     nothing_stands_in, only_its_own_device_recorded):
            tap.run(test.__name__.replace("_", " "), test, work)
    tap.finish()


if __name__ == "__main__":
    main()
