"""A show as the studio leaves it (a camera in parts with a hole between them, one cut off by a
crash, one that never came) rendered again: the frame codes say which camera and frame each frame of
the program really is."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from tap import Tap  # noqa: E402

RATE = 30
ASIDE = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}   # its leak check needs what is denied
SOURCES = [("cam_1", "Host", "person"), ("cam_2", "Guest", "person"), ("cam_4", "All", "wide"),
           ("cam_5", "Never", "person")]
HOLE = (15.0, 20.0)   # of cam_1, in the recording's own time


def record(folder, name, recording, *options):
    """As a browser would have written it, from `recording`."""
    codec = (["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M"]
             if name.endswith("webm") else ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"])
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", recording, *map(str, options), *codec,
                    "-g", "30", "-c:a", "libopus", "-ac", "1", "-f", "matroska", "-live", "1",
                    "-cluster_time_limit", "1000", folder / name], check=True)
    return folder / name


def entry(path, source, start_s):
    """What the server writes into the manifest."""
    done = show.crosscut("index", path, "--json")
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    kept = {k: line[k] for k in ("video", "audio", "duration", "bytes", "sha256", "gaps")}
    return {"name": path.name, "kind": "iso", "source": source, "start": round(start_s * 1000, 3),
            **kept}


# What a phone recorded of itself: a render that opened it would fail.
LOCAL = b"no recording at all"


class Studio:
    """The sample show with its log, its cameras as a browser records them."""

    def __init__(self, work):
        sample = show.sample_show()
        self.truth = {f["source"]: f for f in show.load(sample / "truth.json")["files"]}
        self.folder = work / "studio"
        self.folder.mkdir()
        names = {"cam_1": "host.mp4", "cam_2": "guest.mov", "cam_4": "wide.mkv"}
        self.start = {s: self.truth[s]["start"] - show.video_start_s(sample / n)
                      for s, n in names.items()}
        first = record(self.folder, "cam_1_iso.mkv", sample / "host.mp4", "-t", HOLE[0])
        later = record(self.folder, "cam_1_iso.2.mkv", sample / "host.mp4", "-ss", HOLE[1])
        guest = record(self.folder, "cam_2_iso.webm", sample / "guest.mov")
        os.truncate(guest, guest.stat().st_size * 9 // 10)
        wide = record(self.folder, "cam_4_iso.mkv", sample / "wide.mkv")
        (self.folder / "cam_4_iso.2.mkv").write_bytes(wide.read_bytes()[:100])
        (self.folder / "cam_2_local.webm").write_bytes(LOCAL)
        (self.folder / "program.mkv").write_bytes(b"as it was live")
        self.files = [entry(first, "cam_1", self.start["cam_1"]),
                      entry(later, "cam_1", self.start["cam_1"] + HOLE[1]),
                      entry(guest, "cam_2", self.start["cam_2"]),
                      entry(wide, "cam_4", self.start["cam_4"])]
        self.write_log(sample)
        self.write_manifest()

    def write_log(self, sample):
        """Who speaks, from the truth; nothing of what was lost: the browser crashed."""
        events = [{"type": "session_start", "t": 0, "name": "Studio", "sources": self.sources()}]
        for start, end, source in show.truth_turns(sample):
            if source in self.start:
                events += [{"type": "speaking_start", "source": source, "t": int(start * 1000)},
                           {"type": "speaking_stop", "source": source, "t": int(end * 1000)}]
        events.sort(key=lambda e: e["t"])
        for seq, event in enumerate(events, 1):
            event.update({"id": f"e{seq}", "seq": seq})
        (self.folder / "events.json").write_text(json.dumps(events))

    @staticmethod
    def sources():
        return [{"id": i, "label": label, "role": role} for i, label, role in SOURCES]

    def write_manifest(self):
        broken = self.folder / "cam_4_iso.2.mkv"
        others = [{"name": "program.mkv", "kind": "program", "bytes": 14,
                   "sha256": hashlib.sha256(b"as it was live").hexdigest()},
                  {"name": "cam_2_local.webm", "kind": "local", "source": "cam_2", "start": 10,
                   "bytes": len(LOCAL), "sha256": hashlib.sha256(LOCAL).hexdigest()},
                  {"name": broken.name, "kind": "iso", "source": "cam_4", "start": 44000,
                   "bytes": 100, "sha256": hashlib.sha256(broken.read_bytes()).hexdigest()}]
        manifest = {"version": 1, "id": "0b0e7a3c-0000-4000-8000-000000000001", "name": "Studio",
                    "started_at": "2026-11-27T10:00:00Z", "state": "complete",
                    "program": {"start": 0, "duration": 45000, "rate": [RATE, 1]},
                    "sources": self.sources(), "files": self.files + others}
        (self.folder / "manifest.json").write_text(json.dumps(manifest))

    def render(self, *options):
        before = self.recordings()
        done = show.crosscut("render", self.folder, *show.SMALL, "--json", *options, env=ASIDE)
        assert done.returncode == 0, done.stderr
        assert self.recordings() == before, "the recordings were changed"
        self.lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.shots = show.load(self.folder / "shots.json")
        self.codes = show.frame_codes(self.folder / "program.mp4")

    def recordings(self):
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest()
                for p in self.folder.iterdir() if "_iso" in p.name or p.name in ("program.mkv", "cam_2_local.webm")}

    def session_s(self, frame):
        return self.shots.get("start", 0) / 1000 + frame / RATE

    def shot_at(self, frame):
        return [s for s in self.shots["shots"] if round(s["t"] * RATE / 1000) <= frame][-1]["source"]


def cameras_are_those_of_the_shots(studio):
    for frame, code in enumerate(studio.codes):
        wanted = studio.truth[studio.shot_at(frame)]["camera"]
        if code is None or code[0] != wanted:
            return f"frame {frame}: {code}, shots.json names camera {wanted}"
    shown = {s["source"] for s in studio.shots["shots"]}
    return None if shown == {"cam_1", "cam_2", "cam_4"} else f"shown: {shown}"


def frames_are_of_the_right_moment(studio):
    worst = 0
    for frame, (camera, number) in enumerate(studio.codes):
        off = studio.truth[f"cam_{camera}"]["start"] + number / RATE - studio.session_s(frame)
        worst = max(worst, abs(off) * RATE)
        if abs(off) * RATE > 0.8:
            return f"frame {frame}: camera {camera} frame {number} is {off * 1000:.1f} ms off"
    print(f"# farthest frame: {worst:.2f} of a frame")
    later = [n for c, n in studio.codes if c == 1 and n > HOLE[1] * RATE]
    return None if later else "nothing of the second part is shown"


def nothing_is_shown_of_a_hole(studio):
    start = studio.start["cam_1"]
    for frame in range(len(studio.codes)):
        in_file = studio.session_s(frame) - start
        if HOLE[0] < in_file < HOLE[1] and studio.shot_at(frame) == "cam_1":
            return f"frame {frame}: cam_1 has nothing there"
    spoken = [t for t in show.truth_turns(show.sample_show())
              if t[2] == "cam_1" and t[0] < start + HOLE[1] and t[1] > start + HOLE[0]]
    return None if spoken else "nobody speaks there: the test proves nothing"


def sound_goes_on_in_its_place(studio):
    """The program's sound of a turn in the second part against the recording itself."""
    sample = show.sample_show()
    for start, end, source in show.truth_turns(sample):
        if source != "cam_1" or start < studio.start["cam_1"] + HOLE[1] + 0.5 or end - start < 1.2:
            continue
        file = sample / studio.truth[source]["file"]
        in_program = start - studio.shots.get("start", 0) / 1000
        in_file = start - studio.truth[source]["start"]
        lag, height = show.lag_s(show.sound(file, in_file, 1.0),
                                 show.sound(studio.folder / "program.mp4", in_program, 1.0))
        print(f"# {lag * 1000:+.1f} ms, correlation {height:.2f}")
        if height < 0.5 or abs(lag) > 0.040:
            return f"at {start:.1f} s the sound lies {lag * 1000:+.1f} ms off ({height:.2f})"
        return None
    return "no turn of cam_1 in the second part"


def what_is_missing_is_said(studio):
    warnings = [line["warning"] for line in studio.lines if "warning" in line]
    for word in ("cam_5", "cam_4_iso.2.mkv"):
        if not any(word in warning for warning in warnings):
            return f"nothing is said of {word}: {warnings}"
    return None


def the_folder_is_whole(studio):
    done = show.crosscut("verify", studio.folder)
    left = [p.name for p in studio.folder.iterdir() if p.name.startswith(".")]
    if done.returncode != 0 or left:
        return f"{done.stdout}{done.stderr} left: {left}"
    names = {f["name"] for f in show.load(studio.folder / "manifest.json")["files"]}
    kept = {"program.mkv", "cam_2_local.webm", "cam_1_iso.2.mkv"}
    missing = (kept | {"program.mp4", "shots.json"}) - names
    return f"not in the manifest: {missing}" if missing else None


def a_second_render_is_the_same(studio):
    before = (studio.folder / "program.mp4").read_bytes()
    studio.render("--sandbox")
    return None if (studio.folder / "program.mp4").read_bytes() == before else "it differs"


def a_moment_without_any_camera_is_black(studio, work):
    """All cameras gone for three seconds: the page was loaded again."""
    folder = work / "reloaded"
    folder.mkdir()
    source = studio.folder / "cam_4_iso.mkv"
    files = []
    for name, start, options in (("cam_4_iso.mkv", 0, ("-t", "6")),
                                 ("cam_4_iso.2.mkv", 9, ("-ss", "9", "-t", "5"))):
        files.append(entry(record(folder, name, source, *options), "cam_4", start))
    manifest = show.load(studio.folder / "manifest.json")
    manifest.update(files=files, sources=[s for s in studio.sources() if s["id"] == "cam_4"],
                    program={"start": 0, "duration": 14000, "rate": [RATE, 1]})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "events.json").write_text(json.dumps(
        [{"id": "a", "seq": 1, "t": 0, "type": "speaking_start", "source": "cam_4"}]))
    done = show.crosscut("render", folder, *show.SMALL)
    if done.returncode != 0:
        return done.stderr
    codes = show.frame_codes(folder / "program.mp4")
    inside = codes[int(6.3 * RATE):int(8.7 * RATE)]
    if any(code is not None for code in inside) or None in codes[:5 * RATE]:
        return f"shown: {[c for c in inside if c]}"
    return None if codes[10 * RATE] is not None else "nothing after the hole"


def a_show_without_recordings_is_an_error(studio, work):
    folder = work / "empty"
    folder.mkdir()
    shutil.copy(studio.folder / "events.json", folder)
    manifest = show.load(studio.folder / "manifest.json")
    manifest["files"] = []
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = show.crosscut("render", folder)
    lines = [line for line in done.stderr.splitlines() if "warning" not in line]
    good = done.returncode == 1 and "no recording that can be read" in lines[-1]
    left = sorted(p.name for p in folder.iterdir())
    return None if good and left == ["events.json", "manifest.json"] else f"{done.stderr} {left}"


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        studio = Studio(work)
        studio.render()
        for test in (cameras_are_those_of_the_shots, frames_are_of_the_right_moment,
                     nothing_is_shown_of_a_hole, sound_goes_on_in_its_place,
                     what_is_missing_is_said, the_folder_is_whole, a_second_render_is_the_same):
            tap.run("R9 " + test.__name__.replace("_", " "), test, studio)
        tap.run("R2 a moment without any camera is black", a_moment_without_any_camera_is_black,
                studio, work)
        tap.run("a show without recordings is an error", a_show_without_recordings_is_an_error,
                studio, work)
    tap.finish()


if __name__ == "__main__":
    main()
