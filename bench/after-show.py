#!/usr/bin/env python3
"""after-show.py [--minutes N] [--plain-minutes M] [--only WHAT…] [--check] BUILD

What is rendered after a show of the studio, against the plain way (ffmpeg: the program encoded again,
x264 veryfast, CRF 22, AAC; pieces cut from it with -ss and -t, encoded and joined; each camera encoded
again). Processor time of all of crosscut, checksums and loudness included. Where the plain way is given
the first M minutes only, its time is scaled to N, and the line says so.

  copy        H.264 and Opus, program and three cameras: everything of crosscut render, in processor
              time and by the clock
  audio-copy  the same with --audio copy
  recut       another cut from the cameras, against encoding that program; frame for frame the same as
              crosscut's own encoding of it (--check)
  edges       highlights alone (--only highlights: the program is there and stays), where pieces begin
              between keyframes, then where all of them begin at one; the least of five each
  vp9         VP9 and Opus, with all cameras; five minutes at most

Commands for the figures of docs/BENCHMARKS.md, on a machine that does nothing else; each takes some
minutes, and 15 GB of disk at 60 minutes:
  bench/after-show.py build --only copy audio-copy
  bench/after-show.py build --minutes 5 --only recut edges --check
  bench/after-show.py build --minutes 5 --plain-minutes 1 --only vp9

The recordings are a minute of the noisy sample show (samples/make-sample-show --natural), 1080p30, as
browsers encode it (no reordering, 5 Mbit/s), repeated by copying; people take turns of 4 to 20 s, so
that cuts fall anywhere between keyframes, which lie 2 s apart.
"""
import argparse
import json
import math
import random
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from render import ENCODE, RATE, Cost, describe_machine, material, plain_highlights, row  # noqa: E402

SOURCES = ["cam_1", "cam_2", "cam_3"]
PIECES = ["--highlights", 60]   # as --highlights says
WHAT = ["copy", "audio-copy", "recut", "edges", "vp9"]


KINDS = {
    "mkv": ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-tune", "zerolatency",
            "-b:v", "5M", "-maxrate", "6M", "-bufsize", "6M"],
    "webm": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8, "-row-mt", 1, "-b:v", "5M"],
}


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def recording(build, minutes, kind="mkv"):
    """As the console writes it."""
    folder = build / "bench" / "after-show-recordings"
    minute, whole = folder / f"minute.{kind}", folder / f"{minutes:g}.{kind}"
    folder.mkdir(parents=True, exist_ok=True)
    if not minute.exists():
        source = material(build, "natural-1.25", "--natural", "--minutes", 1.25)[0]
        print(f"making {minute} …", flush=True)
        ffmpeg("-t", 60, "-i", source, *KINDS[kind], "-g", 2 * RATE, "-c:a", "libopus", "-b:a", "96k",
               minute)
    if not whole.exists():
        ffmpeg("-stream_loop", math.ceil(minutes) - 1, "-i", minute, "-t", minutes * 60, "-c", "copy",
               "-f", "matroska", "-live", "1", "-cluster_time_limit", 1000, whole)
    return whole


def turns(minutes):
    """(start, end, who) in ms, the same each time."""
    chance, found, t = random.Random(7), [], 0
    while t < minutes * 60000 - 4000:
        end = min(t + chance.randrange(4000, 20000), round(minutes * 60000))
        found.append((t, end, SOURCES[len(found) % len(SOURCES)]))
        t = end
    return found


def write_log(folder, minutes):
    events = [{"type": "session_start", "t": 0, "sources": [{"id": s} for s in SOURCES]}]
    for i, (start, end, source) in enumerate(turns(minutes)):
        events += [{"type": "switch", "t": start, "source": source, "reason": "speaks", "id": f"s{i}"},
                   {"type": "cut", "t": start, "source": source, "decision": f"s{i}"},
                   {"type": "speaking_start", "t": start, "source": source},
                   {"type": "speaking_stop", "t": end - 300, "source": source}]
    for seq, event in enumerate(events, 1):
        event.update({"id": event.get("id", f"e{seq}"), "seq": seq})
    (folder / "events.json").write_text(json.dumps(events))


def studio(build, minutes, whole, program=True):
    """A show's folder as the server leaves it."""
    folder = build / "bench" / "after-show"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {f"{s}_iso{whole.suffix}": ("iso", s) for s in SOURCES}
    if program:
        names[f"program{whole.suffix}"] = ("program", None)
    files = []
    for name, (kind, source) in names.items():
        (folder / name).hardlink_to(whole)
        line = json.loads(subprocess.run([build / "crosscut", "index", folder / name, "--json"],
                                         stdout=subprocess.PIPE, check=True).stdout)
        kept = {k: line[k] for k in ("video", "audio", "duration", "bytes", "sha256", "gaps")}
        files.append({"name": name, "kind": kind, "start": 0, **kept,
                      **({"source": source} if source else {})})
    write_log(folder, minutes)
    manifest = {"version": 1, "id": "0b0e7a3c-0000-4000-8000-000000000004", "name": "Bench",
                "started_at": "2026-11-27T10:00:00Z", "state": "complete", "files": files,
                "sources": [{"id": s} for s in SOURCES]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def ours(build, folder, *options):
    cost = Cost().run([build / "crosscut", "render", folder, *options, "--json"],
                      stdout=subprocess.PIPE, stages=True)
    return cost


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


class Plain:
    """Encoded once for the whole run; `minutes` of each file."""

    def __init__(self, build, whole, minutes):
        self.folder = build / "bench" / "after-show-plain"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.minutes, self.whole, self.pieces = minutes, whole, None
        self.program = Cost().run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-t", minutes * 60,
                                   "-i", whole, *ENCODE, "-movflags", "+faststart",
                                   self.folder / "program.mp4"])

    def a_minute(self):
        return self.program.cpu / self.minutes

    def highlights(self, show):
        """Of the same pieces once only."""
        pieces = [(p["start"], p["end"])
                  for p in json.loads((show / "highlights.json").read_text())["pieces"]]
        if pieces != self.pieces:
            self.pieces, self.cut = pieces, plain_highlights(self.whole, show, self.folder)
        return self.cut


def ratio(what, own, plain, aim, note=""):
    print(f"{what:12} {own:9.2f} CPU-s, the plain way {plain:.1f}{note}: {own / plain:.4f} of it "
          f"(aim: at most {aim})", flush=True)


def copy(build, plain, minutes, whole, options, what, aim):
    folder = studio(build, minutes, whole)
    cost = ours(build, folder, "--from", "program", *PIECES, *options)
    cut = plain.highlights(folder)
    print(f"{what}: {minutes:g} minutes, program, highlights, three cameras; {report_of(folder)['frames']}")
    row("crosscut render", cost)
    for stage, cpu in cost.stages.items():
        print(f"  crosscut, stage {stage}: {cpu:.1f} CPU-s")
    # Three cameras and a program of one and the same kind: one was encoded, it counts four times.
    scaled = 4 * plain.a_minute() * minutes + cut.cpu
    ratio(what, cost.cpu, scaled, aim,
          f" (of {plain.minutes:g} minutes of the program, scaled to {minutes:g}, times four)")
    print(f"{'':12} Stop to a playable program: {cost.wall:.1f} s by the clock for all files, "
          f"{cost.wall / (minutes * 60):.4f} of the show's length (aim: below 0.02)")
    return folder


def recut(build, plain, minutes, whole, check):
    folder = studio(build, minutes, whole, program=False)
    ours(build, folder, *PIECES, "--audio", "copy")   # leaves cam_N.mp4, which the cut uses
    cost = ours(build, folder, "--cut", "bench", "--set", "min_shot=3", "--highlights", 0)
    report = report_of(folder / "cuts" / "bench")
    print(f"recut: {minutes:g} minutes, {report['pictures']}, {report['frames']}")
    for stage, cpu in cost.stages.items():
        print(f"  crosscut, stage {stage}: {cpu:.1f} CPU-s")
    ratio("recut", cost.cpu, plain.a_minute() * minutes, 0.15,
          f" (of {plain.minutes:g} minutes, scaled to {minutes:g})")
    if check:
        ours(build, folder, "--cut", "encoded", "--set", "min_shot=3", "--highlights", 0, "--height",
             1080, "--rate", RATE)
        same_frames(folder / "cuts" / "bench" / "program.mp4", folder / "cuts" / "encoded" / "program.mp4")


def same_frames(one, other):
    """Whether the two show the same: SSIM of each frame of one against the other's."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-i", one, "-i", other, "-lavfi",
                           "[0:v][1:v]ssim=stats_file=-", "-f", "null", "-"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=True)
    values = [float(line.split("All:")[1].split()[0]) for line in done.stdout.splitlines()]
    print(f"{'':12} {len(values)} frames, SSIM against crosscut's own encoding: lowest {min(values):.4f}")


def highlights_alone(build, folder, what, plain, aim):
    cost = min((ours(build, folder, "--only", "highlights", *PIECES) for _ in range(5)),
               key=lambda one: one.cpu)
    cut, made = plain.highlights(folder), report_of(folder)["highlights"]
    pieces = json.loads((folder / "highlights.json").read_text())["pieces"]
    length = sum(p["end"] - p["start"] for p in pieces) / 1000
    ratio(what, cost.cpu, cut.cpu, aim, f"; {length:.0f} s in {len(pieces)} pieces, {made}")
    return made


def edges(build, plain, minutes, whole):
    """The program and what it took to bring it to its loudness are there already."""
    folder = studio(build, minutes, whole)
    ours(build, folder, "--from", "program", "--highlights", 0)
    highlights_alone(build, folder, "edges", plain, 0.15)
    ssim_of_highlights(folder, plain, whole)
    shift_to_keyframes(folder)
    made = highlights_alone(build, folder, "keyframes", plain, 0.03)
    if made["encoded"] > 0:
        print(f"{'':12} {made['encoded']} pictures were encoded: not all pieces begin at keyframes")


def shift_to_keyframes(folder):
    """As where the recorder was asked for keyframes where pieces begin: that is 0.7 s before somebody speaks,
    after a pause, and keyframes lie 2 s apart."""
    events = json.loads((folder / "events.json").read_text())
    for event in events:
        if event["type"] in ("speaking_start", "switch", "cut"):
            event["t"] = event["edge_t"] = round(event["t"] / 2000) * 2000 + 700
        elif event["type"] == "speaking_stop":
            event["t"] = event["edge_t"] = round((event["t"] + 300) / 2000) * 2000 - 700
    (folder / "events.json").write_text(json.dumps(events))


def ssim_of_highlights(folder, plain, whole):
    pieces = json.loads((folder / "highlights.json").read_text())["pieces"]
    text = f"[1:v]split={len(pieces)}" + "".join(f"[v{i}]" for i in range(len(pieces))) + ";"
    for i, piece in enumerate(pieces):
        first, end = round(piece["start"] * RATE / 1000), round(piece["end"] * RATE / 1000)
        text += f"[v{i}]trim=start_frame={first}:end_frame={end},setpts=PTS-STARTPTS[t{i}];"
    text += "".join(f"[t{i}]" for i in range(len(pieces))) + f"concat=n={len(pieces)}[w];[0:v][w]ssim"
    found = []
    for made in (folder / "highlights.mp4", plain.folder / "highlights.mp4"):
        until = max(p["end"] for p in pieces) / 1000 + 1
        done = subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-i", made, "-t", str(until), "-i",
                               whole, "-filter_complex", text, "-f", "null", "-"],
                              stderr=subprocess.PIPE, text=True, check=True)
        found.append(done.stderr.split("All:")[1].split()[0])
    print(f"{'':12} SSIM of the highlights against the recording: crosscut {found[0]}, plain {found[1]}")


def vp9(build, minutes, plain_minutes):
    """The recording is one minute again and again: so is the plain way's time."""
    whole = recording(build, minutes, "webm")
    plain = Plain(build, whole, min(minutes, plain_minutes))
    folder = studio(build, minutes, whole, program=False)
    cost = ours(build, folder, *PIECES, "--per-camera")
    report = report_of(folder)
    cut = plain.highlights(folder)
    print(f"vp9: {minutes:g} minutes, {report['pictures']}, {report['frames']}")
    for stage, cpu in cost.stages.items():
        print(f"  crosscut, stage {stage}: {cpu:.1f} CPU-s")
    ratio("all cameras", cost.cpu, 4 * plain.a_minute() * minutes + cut.cpu, 0.80,
          f" (of {plain.minutes:g} minutes of the program, scaled to {minutes:g}, times four)")


def main():
    parser = argparse.ArgumentParser(description="after the show, against the plain way")
    parser.add_argument("build", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--plain-minutes", type=float, default=5)
    parser.add_argument("--only", nargs="+", choices=WHAT, default=WHAT)
    parser.add_argument("--check", action="store_true", help="compare the recut's frames, too")
    parser.add_argument("--highlights", type=int, default=60, help="seconds of them")
    arguments = parser.parse_args()
    PIECES[1] = arguments.highlights
    build = arguments.build.resolve()
    print("$ " + " ".join(sys.argv))
    describe_machine()
    minutes, short = arguments.minutes, min(arguments.minutes, arguments.plain_minutes)
    if set(arguments.only) != {"vp9"}:
        whole = recording(build, minutes)
        plain = Plain(build, whole, short)
        row("plain program", plain.program, f"{short:g} minutes")
    if "copy" in arguments.only:
        copy(build, plain, minutes, whole, [], "copy", 0.03)
    if "audio-copy" in arguments.only:
        copy(build, plain, minutes, whole, ["--audio", "copy"], "audio-copy", 0.004)
    if "recut" in arguments.only:
        recut(build, plain, minutes, whole, arguments.check)
    if "edges" in arguments.only:
        edges(build, plain, minutes, whole)
    if "vp9" in arguments.only:
        vp9(build, min(arguments.minutes, 5), arguments.plain_minutes)


if __name__ == "__main__":
    main()
