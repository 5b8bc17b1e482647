"""A show that the studio cut live (H.264 program in two parts with a gap between them, the first torn
by a crash) rendered from its program: every picture must be the recording's, every time too."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from tap import Tap  # noqa: E402

ASIDE = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}   # its leak check needs what is denied
RATE = 30
START_MS = 1500          # of the program, session clock
GAP_S = (16.0, 20.0)     # of the program's time: nothing was recorded
SOURCES = [("cam_1", "Host", "person"), ("cam_2", "Guest", "person"), ("cam_4", "All", "wide")]
#        program's time, source, decision
CUTS = [(5200, "cam_2", "s2"), (9533, "cam_1", "s3"), (13100, "cam_4", None), (21000, "cam_1", "s4"),
        (27500, "cam_2", "s5")]
PIECES = ["--highlights", "16", "--piece-min", "5", "--piece-max", "9"]


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def record(path, source, start_s, seconds, codec=None):
    """As the console writes it: no reordering, a keyframe at each cut and every two seconds."""
    keys = ",".join(str(t / 1000 - start_s) for t, _, _ in CUTS if t / 1000 > start_s)
    codec = codec or ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-bf", "0",
                      "-g", 2 * RATE, "-force_key_frames", keys]
    ffmpeg("-ss", start_s, "-t", seconds, "-i", source, *codec, "-c:a", "libopus", "-f", "matroska",
           "-live", "1", "-cluster_time_limit", "1000", path)
    return path


def entry(path, kind, source, start_ms):
    """What the server writes into the manifest."""
    line = json.loads(show.crosscut("index", path, "--json").stdout)
    kept = {k: line[k] for k in ("video", "audio", "duration", "bytes", "sha256", "gaps")}
    found = {"name": path.name, "kind": kind, "start": start_ms, **kept}
    return {**found, "source": source} if source else found


def frames(path):
    """The hash of each decoded picture."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:v", "-fps_mode",
                           "passthrough", "-f", "framemd5", "-"], stdout=subprocess.PIPE, text=True,
                          check=True)
    return [line.split(",")[-1].strip() for line in done.stdout.splitlines() if line[0] != "#"]


def times(path):
    """When each picture is shown, s from the first."""
    packets = show.probe(path, "-select_streams", "v", "-show_entries", "packet=pts_time")["packets"]
    found = sorted(float(p["pts_time"]) for p in packets)
    return [t - found[0] for t in found]


class Studio:
    def __init__(self, work, name="studio", codec=None):
        self.sample = show.sample_show()
        self.folder = work / name
        self.folder.mkdir()
        host = self.sample / "host.mp4"
        extension = "webm" if codec else "mkv"
        first = record(self.folder / f"program.{extension}", host, 0, GAP_S[0], codec)
        os.truncate(first, first.stat().st_size - 700)
        second = record(self.folder / f"program.2.{extension}", host, GAP_S[1], 14, codec)
        self.parts = [(first, 0.0), (second, GAP_S[1])]
        self.files = [entry(path, "program", None, START_MS + t * 1000) for path, t in self.parts]
        for source, _, _ in SOURCES:
            path = record(self.folder / f"{source}_iso.mkv", host, 0, 34)
            self.files.append(entry(path, "iso", source, START_MS))
        self.write_log()
        self.write_manifest()

    def write_log(self):
        events = [{"type": "session_start", "t": 0, "name": "Studio", "sources": self.sources()},
                  {"type": "record_start", "t": START_MS, "source": "program", "file": "program.mkv",
                   "start": START_MS},
                  {"type": "switch", "t": 0, "source": "cam_1", "reason": "opening", "id": "s1"}]
        for t, source, decision in CUTS:
            if decision:
                events.append({"type": "switch", "t": t + START_MS - 80, "source": source,
                               "reason": "speaks", "id": decision})
            events.append({"type": "cut", "t": t + START_MS, "source": source, "decision": decision})
        for start, end, source in ((1, 5, "cam_1"), (5.2, 9.4, "cam_2"), (9.5, 13, "cam_1"),
                                   (20.9, 27.2, "cam_1"), (27.4, 33, "cam_2")):
            events += [{"type": kind, "source": source, "t": round(t * 1000) + START_MS}
                       for kind, t in (("speaking_start", start), ("speaking_stop", end))]
        events.sort(key=lambda e: e["t"])
        for seq, event in enumerate(events, 1):
            event.update({"id": event.get("id", f"e{seq}"), "seq": seq})
        (self.folder / "events.json").write_text(json.dumps(events))

    @staticmethod
    def sources():
        return [{"id": i, "label": label, "role": role} for i, label, role in SOURCES]

    def write_manifest(self):
        manifest = {"version": 1, "id": "0b0e7a3c-0000-4000-8000-000000000002", "name": "Studio",
                    "started_at": "2026-11-27T10:00:00Z", "state": "complete",
                    "sources": self.sources(), "files": self.files}
        (self.folder / "manifest.json").write_text(json.dumps(manifest))

    def render(self, *options):
        before = self.sums()
        done = show.crosscut("render", self.folder, "--json", *PIECES, *options, env=ASIDE)
        assert done.returncode == 0, done.stderr
        assert self.sums() == before, "the recordings were changed"
        self.lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.warnings = [line["warning"] for line in self.lines if "warning" in line]
        self.program = self.folder / "program.mp4"
        return self

    def sums(self):
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in self.folder.iterdir()
                if "_iso" in p.name or p.name in ("program.mkv", "program.2.mkv")}


def every_frame_is_that_of_the_recording(studio):
    recorded = [frame for path, _ in studio.parts for frame in frames(path)]
    made = frames(studio.program)
    print(f"# {len(made)} frames")
    if len(made) != len(recorded):
        return f"{len(made)} frames, recorded were {len(recorded)}"
    wrong = [i for i, (a, b) in enumerate(zip(made, recorded)) if a != b]
    return f"other frames: {wrong[:5]}" if wrong else None


def every_frame_is_shown_when_it_was(studio):
    recorded = [start + t for path, start in studio.parts for t in times(path)]
    worst = max(abs(a - b) for a, b in zip(times(studio.program), recorded, strict=True))
    print(f"# farthest: {worst * 1000:.1f} ms")
    return f"{worst * 1000:.1f} ms off" if worst > 0.017 else None


def sound_is_in_step_at_the_end(studio):
    for start, end, speaker in reversed(show.truth_turns(studio.sample)):
        in_file = start - show.load(studio.sample / "truth.json")["files"][0]["start"]
        if not GAP_S[1] + 1 < in_file < 31.5 or end - start < 1:
            continue
        path, at = studio.parts[1]
        lag, height = show.lag_s(show.sound(path, in_file - at, 1.2),
                                 show.sound(studio.program, in_file, 1.2))
        print(f"# at {in_file:.1f} s {lag * 1000:+.1f} ms, correlation {height:.2f}")
        bad = height < 0.5 or abs(lag) > 0.020
        return f"{speaker} at {in_file:.1f} s: {lag * 1000:+.1f} ms ({height:.2f})" if bad else None
    return "nobody speaks in the second part: the test proves nothing"


def shots_are_those_of_the_log(studio):
    shots = show.load(studio.folder / "shots.json")
    reasons = {None: None}
    wanted = [(0, "cam_1", "opening")]
    wanted += [(t, source, "speaks" if decision else reasons[None]) for t, source, decision in CUTS]
    found = [(s["t"], s["source"], s.get("reason")) for s in shots["shots"]]
    if abs(shots["start"] - START_MS) > 40 or abs(shots["duration"] - 34000) > 80:
        return f"start {shots['start']}, duration {shots['duration']}"
    moved = [(t - (shots["start"] - START_MS) if t else 0, s, r) for t, s, r in wanted]
    return None if found == moved else f"{found}, wanted {moved}"


def highlights_are_copied_frames(studio):
    pieces = show.load(studio.folder / "highlights.json")["pieces"]
    program, at = frames(studio.program), times(studio.program)
    wanted, places = [], []
    for piece in pieces:
        inside = [i for i, t in enumerate(at)
                  if piece["start"] - 0.6 <= t * 1000 < piece["end"] - 0.6]
        wanted += [program[i] for i in inside]
        places += [(piece["at"] - piece["start"]) / 1000 + at[i] for i in inside]
    path = studio.folder / "highlights.mp4"
    print(f"# {len(pieces)} pieces, {len(wanted)} frames")
    if len(pieces) < 2 or frames(path) != wanted:
        return f"{len(pieces)} pieces, {len(frames(path))} frames, wanted {len(wanted)}"
    worst = max(abs(a - b) for a, b in zip(times(path), places, strict=True))
    return f"a frame is {worst * 1000:.1f} ms off" if worst > 0.002 else None


def highlights_begin_at_keyframes(studio):
    packets = show.probe(studio.program, "-select_streams", "v", "-show_entries",
                         "packet=pts_time,flags")["packets"]
    keys = [float(p["pts_time"]) * 1000 for p in packets if "K" in p["flags"]]
    behind = None   # where a piece ends the next may go on
    for piece in show.load(studio.folder / "highlights.json")["pieces"]:
        if piece["start"] != behind and min(abs(piece["start"] - key) for key in keys) > 1:
            return f"{piece['start']} is no keyframe of the program"
        behind = piece["end"]
    return None


def highlights_are_in_step(studio):
    piece = show.load(studio.folder / "highlights.json")["pieces"][-1]
    into = (piece["end"] - piece["start"]) / 1000 - 2.0
    lag, height = show.lag_s(show.sound(studio.program, piece["start"] / 1000 + into, 1.2),
                             show.sound(studio.folder / "highlights.mp4", piece["at"] / 1000 + into,
                                        1.2))
    print(f"# {lag * 1000:+.1f} ms, correlation {height:.2f}")
    return f"{lag * 1000:+.1f} ms ({height:.2f})" if height < 0.5 or abs(lag) > 0.020 else None


def the_folder_is_whole(studio):
    done = show.crosscut("verify", studio.folder)
    left = [p.name for p in studio.folder.iterdir() if p.name.startswith(".")]
    names = {f["name"] for f in show.load(studio.folder / "manifest.json")["files"]}
    missing = {"program.mkv", "program.2.mkv", "program.mp4", "shots.json", "program.otio",
               "cam_1.mp4"} - names
    if done.returncode != 0 or left or missing:
        return f"{done.stdout}{done.stderr} left: {left} missing: {missing}"
    return None


def the_index_lies_in_front(studio):
    head = studio.program.read_bytes()
    streams = show.probe(studio.program, "-show_entries", "stream=codec_name")["streams"]
    names = [s["codec_name"] for s in streams]
    if not 0 < head.find(b"moov") < head.find(b"mdat") or names[:2] != ["h264", "aac"]:
        return f"moov at {head.find(b'moov')}, mdat at {head.find(b'mdat')}, {names}"
    return None


def a_second_render_is_the_same(studio):
    before = studio.program.read_bytes()
    studio.render("--sandbox")
    return None if studio.program.read_bytes() == before else "it differs"


def another_height_is_encoded_and_said(studio):
    studio.render("--from", "program", "--height", "180", "--preset", "ultrafast")
    stream = show.probe(studio.program, "-select_streams", "v", "-show_entries", "stream=height")
    said = any("encoded and not copied" in warning for warning in studio.warnings)
    height = stream["streams"][0]["height"]
    return None if said and height == 180 else f"height {height}, {studio.warnings}"


def other_settings_cut_from_the_cameras(studio):
    studio.render("--set", "min_shot=3", *show.SMALL)
    marks = [s["t"] for s in show.load(studio.folder / "shots.json")["shots"]]
    if marks[1:2] == [CUTS[0][0]]:
        return f"the shots are still those of the show: {marks}"
    done = show.crosscut("render", studio.folder, "--from", "program", "--set", "min_shot=3")
    return None if done.returncode == 2 and "--set" in done.stderr else done.stderr


def without_cameras_the_program_is_there(studio, work):
    bare = Studio(work, "bare")
    bare.files = [f for f in bare.files if f["kind"] == "program"]
    bare.write_manifest()
    bare.render()
    names = {f["name"] for f in show.load(bare.folder / "manifest.json")["files"]}
    said = any("no timelines" in warning for warning in bare.warnings)
    if not said or "program.otio" in names:
        return f"{bare.warnings} {names}"
    return every_frame_is_that_of_the_recording(bare)


def another_codec_is_encoded_once(studio, work):
    codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-g", 2 * RATE]
    other = Studio(work, "vp8", codec).render("--from", "program", *show.SMALL)
    if not any("is not H.264" in warning for warning in other.warnings):
        return f"nothing is said: {other.warnings}"
    made = show.frame_codes(other.program)
    recorded = show.frame_codes(studio.sample / "host.mp4")
    off = [i for i, code in enumerate(made[:14 * RATE]) if code and abs(code[1] - recorded[i][1]) > 1]
    return f"frames {off[:5]} are others" if off or not any(made) else None


def no_program_is_an_error(studio, work):
    folder = work / "none"
    folder.mkdir()
    manifest = show.load(studio.folder / "manifest.json")
    manifest["files"] = []
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = show.crosscut("render", folder, "--from", "program")
    return None if done.returncode == 1 and "no recorded program" in done.stderr else done.stderr


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        studio = Studio(work).render()
        for test in (every_frame_is_that_of_the_recording, every_frame_is_shown_when_it_was,
                     sound_is_in_step_at_the_end, shots_are_those_of_the_log,
                     highlights_are_copied_frames, highlights_begin_at_keyframes,
                     highlights_are_in_step, the_folder_is_whole, the_index_lies_in_front,
                     a_second_render_is_the_same, another_height_is_encoded_and_said,
                     other_settings_cut_from_the_cameras):
            tap.run(test.__name__.replace("_", " "), test, studio)
        for test in (without_cameras_the_program_is_there, another_codec_is_encoded_once,
                     no_program_is_an_error):
            tap.run(test.__name__.replace("_", " "), test, studio, work)
    tap.finish()


if __name__ == "__main__":
    main()
