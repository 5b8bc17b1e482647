#!/usr/bin/env python3
"""check-show.py SHOW CAMERAS webcodecs|mediarecorder|devices

What a show recorded in the browser must be, by what lies on the disk: every recording plays from end
to end, the log has no hole and no double and decides the same again, `crosscut verify` is content.
Where its cameras were those of CAMERAS (samples/make-sample-show), their pictures are read: every
frame of the program is of the camera that the log names, and who is on air speaks, as the truth
knows. Says what it measured, and on stderr what is wrong."""
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

SOURCE = Path(os.environ.get("CROSSCUT_SOURCE") or Path(__file__).resolve().parents[2])
BUILD = Path(os.environ.get("CROSSCUT_BUILD") or SOURCE / "build")
sys.path.insert(0, str(SOURCE / "tests/support"))
from client import replay_problem  # noqa: E402

CAMERA_RATE = 30
LABELS = {"Host": 1, "Guest": 2, "Third": 3}   # whose label → the number in its pictures
# By WebCodecs the log says to the millisecond which frame shows a decision first. MediaRecorder does not
# say when its file begins; a busy machine needs a second until it does.
SLACK_MS = {"webcodecs": 40, "mediarecorder": 2500}
# Chromium's recorder gives two pictures one time now and then, and where it was cut off (the page was
# loaded again) its file ends within a picture.
PASSING = re.compile(r"non monotonically increasing dts|File ended prematurely|^\s*$|Last message repeated")
MOST_LATE_MS = 3000   # from a decision to its cut, on a busy machine
BEGINS = {"manual", "opening", "lost", "auto"}   # cuts that do not follow what is said
wrong = []


def expect(good, why):
    if not good:
        wrong.append(why)
    return good


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


# ---- the log ----

def check_log(show):
    log = json.loads((show / "events.json").read_text())
    lines = [json.loads(line) for line in (show / "events.log").read_text().splitlines()]
    expect([e["id"] for e in lines] == [e["id"] for e in log], "events.json is not events.log")
    expect([e["seq"] for e in log] == list(range(1, len(log) + 1)), "the log has a hole")
    twice = [i for i, n in Counter(e["id"] for e in log).items() if n > 1]
    expect(not twice, f"events are there twice: {twice}")
    speaking = {}
    for e in log:
        if e["type"] in ("speaking_start", "speaking_stop"):
            now = e["type"] == "speaking_start"
            expect(speaking.get(e["source"], False) != now, f"{e['type']} twice: {e}")
            speaking[e["source"]] = now
    switches = {e["id"]: e for e in log if e["type"] == "switch"}
    for e in log:
        if e["type"] == "cut" and e.get("decision") is not None:
            expect(switches.get(e["decision"], {}).get("source") == e["source"], f"of no switch: {e}")
    problem = replay_problem(log)
    expect(problem is None, f"its replay decides otherwise: {problem}")
    print("log:", ", ".join(f"{n} {t}" for t, n in sorted(Counter(e["type"] for e in log).items())))
    return log


def parts_of(log):
    """name → when it began and ended, by the log."""
    begun = {e["file"]: e for e in log if e["type"] == "record_start"}
    over = {e["file"]: e for e in log if e["type"] == "record_stop"}
    expect(begun.keys() == over.keys(), f"begun {sorted(begun)}, ended {sorted(over)}")
    return {name: (begun[name]["start"], over[name]["end"] if name in over else None) for name in begun}


def check_parts(parts, recorder):
    if recorder == "devices":
        names = {"program", "cam_1_iso", "cam_2_iso"}
    else:   # cam_3 was pulled, and the page was loaded again
        names = {f"{stem}{part}" for stem in ("program", "cam_1_iso", "cam_2_iso", "cam_3_iso")
                 for part in ("", ".2")} | {"cam_3_iso.3"}
    found = {name.rpartition(".")[0] for name in parts}
    expect(found == names, f"the recordings are {sorted(found)}, not {sorted(names)}")


# ---- recordings ----

def check_whole(show, parts, recorder):
    manifest = json.loads((show / "manifest.json").read_text())
    expect(manifest["state"] == "complete", f"the show is {manifest['state']}")
    passing = PASSING if recorder == "mediarecorder" else re.compile("^$")
    for name in parts:
        played = run("ffmpeg", "-nostdin", "-v", "error", "-i", show / name, "-fps_mode", "passthrough",
                     "-enc_time_base:v", "1:1000", "-f", "null", "-")
        said = [line for line in played.stderr.splitlines() if not passing.search(line)]
        expect(played.returncode == 0 and not said, f"{name} does not play: {said[:4]}")
        probed = json.loads(run("ffprobe", "-v", "error", "-show_streams", "-of", "json", show / name).stdout)
        kinds = sorted(stream["codec_type"] for stream in probed["streams"])
        expect(kinds == ["audio", "video"], f"{name} holds {kinds}")
    said = run(BUILD / "crosscut", "verify", show)
    expect(said.returncode == 0, f"verify: {said.stdout}{said.stderr}")


def frames_of(path, start_ms):
    """(ms on the session clock, camera, frame of the camera) of each frame; camera None: unreadable."""
    times = run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time",
                "-of", "csv=p=0", path).stdout.replace(",", " ").split()
    codes = [line.split() for line in run(BUILD / "samples/read-codes", path).stdout.splitlines()]
    expect(len(times) == len(codes), f"{path.name}: {len(times)} packets, {len(codes)} pictures")
    return [(start_ms + float(t) * 1000, None if code[1] == "-" else int(code[1]),
             None if code[2] == "-" else int(code[2]))
            for t, code in zip(sorted(times, key=float), codes)]


def numbers_of(log):
    """source → the number in its pictures."""
    begin = next(e for e in log if e["type"] == "session_start")
    return {source["id"]: LABELS.get(source["label"]) for source in begin["sources"]}


def check_camera(name, frames, number):
    cameras = Counter(camera for _, camera, _ in frames)
    expect(cameras[number] >= 0.98 * len(frames) and not set(cameras) - {number, None},
           f"{name} shows {dict(cameras)}")
    shown = [frame for _, _, frame in frames if frame is not None]
    back = [(a, b) for a, b in zip(shown, shown[1:]) if b < a and b > 60]   # but for its beginning anew
    expect(not back, f"{name}: pictures go back: {back[:5]}")
    span = (frames[-1][0] - frames[0][0]) / 1000
    print(f"{name}: {len(frames)} pictures in {span:.1f} s, {cameras[None]} unreadable")


def changes_in(frames):
    """(when, camera) where the picture changes; unreadable frames belong to the shot before."""
    found, last = [], None
    for t, camera, _ in frames:
        if camera is not None and camera != last:
            found.append((t, camera))
            last = camera
    return found


def check_program(name, frames, log, numbers, span, slack_ms):
    found = changes_in(frames)
    said = [(e["t"], numbers[e["source"]]) for e in log
            if e["type"] == "cut" and span[0] < e["t"] <= span[1] + slack_ms]
    before = [found[0][1]] + [camera for _, camera in said]
    said = [cut for cut, last in zip(said, before) if cut[1] != last]
    good = [camera for _, camera in found[1:]] == [camera for _, camera in said]
    if expect(good, f"{name} shows {found}, the log cuts {said}"):
        late = [abs(a - b) for (a, _), (b, _) in zip(found[1:], said)]
        expect(max(late, default=0) <= slack_ms, f"{name}: shows {found}, the log cuts {said}")
        print(f"{name}: {len(found)} shots, cuts within {max(late, default=0):.0f} ms of the log")


# ---- who speaks ----

class Truth:
    def __init__(self, folder):
        self.turns = {}
        for line in (folder / "truth.rttm").read_text().splitlines():
            fields = line.split()
            start, length, who = float(fields[3]), float(fields[4]), int(fields[7][4:])
            self.turns.setdefault(who, []).append((start, start + length))

    def speaks(self, who, since, until):
        return any(a < until and b > since for a, b in self.turns.get(who, []))

    def alone_since(self, t, least):
        """Who has been speaking alone for `least` seconds, pauses for breath apart."""
        who = [w for w in self.turns if self.speaks(w, t - least, t)]
        return who[0] if len(who) == 1 and self.speaks(who[0], t - 0.2, t) else None


def check_voices(frames, log, numbers, truth, slack_ms):
    """Each shot that follows speech is of somebody who spoke just before or speaks; and while one
    person speaks alone, that person is on air most of the time."""
    switches = [e for e in log if e["type"] == "switch"]
    followed = missed = 0
    for t, camera in changes_in(frames)[1:]:
        near = [e for e in switches
                if numbers[e["source"]] == camera and abs(e["t"] - t) <= slack_ms + MOST_LATE_MS]
        cause = min(near, key=lambda e: abs(e["t"] - t), default=None)
        if cause is None or cause["reason"] in BEGINS:
            continue
        frame = next(f for at, c, f in frames if at == t and c == camera) / CAMERA_RATE
        if frame < 4:
            continue   # the recording began anew: who spoke before is at its end
        followed += 1
        if not truth.speaks(camera, frame - 3.5, frame + 0.2):
            missed += 1
            print(f"cut to camera {camera} at {frame:.1f} s of it: {cause['reason']}")
    alone = right = 0
    hand = hand_spans(log)
    for t, camera, frame in frames:
        if frame is None or frame < 5 * CAMERA_RATE or any(a <= t <= b for a, b in hand):
            continue
        who = truth.alone_since(frame / CAMERA_RATE, 3.0)
        if who is not None:
            alone += 1
            right += who == camera
    return followed, missed, alone, right


def hand_spans(log):
    """From each cut by hand, loss or gap of the page to where auto has had time to come back."""
    begins = [e["t"] for e in log if e["type"] in ("manual_cut", "source_lost", "epoch")]
    ends = [e["t"] for e in log if e["type"] in ("auto_resume", "source_back")]
    spans = []
    for t in begins:
        spans.append((t, min([e for e in ends if e >= t], default=t + 12_000) + 5_000))
    return spans


def main():
    show, cameras, recorder = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    log = check_log(show)
    parts = parts_of(log)
    check_parts(parts, recorder)
    check_whole(show, parts, recorder)
    if recorder == "devices":
        return
    numbers = numbers_of(log)
    slack, truth, sums = SLACK_MS[recorder], Truth(cameras), [0, 0, 0, 0]
    for name, span in sorted(parts.items()):
        frames = frames_of(show / name, span[0])
        if not expect(len(frames) > 1, f"{name} has no pictures"):
            continue
        if name.startswith("cam_"):
            check_camera(name, frames, numbers["_".join(name.split("_")[:2])])
            continue
        check_program(name, frames, log, numbers, span, slack)
        sums = [a + b for a, b in zip(sums, check_voices(frames, log, numbers, truth, slack))]
    followed, missed, alone, right = sums
    print(f"speech: {followed} cuts followed it, {missed} not to who spoke; who spoke alone was on air "
          f"in {right} of {alone} pictures")
    expect(followed >= 3, f"only {followed} cuts followed speech")
    expect(missed <= followed * 0.1, f"{missed} of {followed} cuts were not to who spoke")
    expect(right >= 0.75 * alone, f"who spoke alone was on air in {right} of {alone} pictures only")


if __name__ == "__main__":
    main()
    for why in wrong:
        print(why, file=sys.stderr)
    sys.exit(1 if wrong else 0)
