#!/usr/bin/env python3
"""recorded.py [--minutes N] [--plain-minutes M] [--cameras] BUILD

What it costs to make program.mp4 and highlights.mp4 of a show that the studio recorded in H.264 and
Opus: `crosscut render --from program`, everything it does besides counted (loudness, checksums)
against ffmpeg that encodes the same recording again (x264 veryfast, CRF 22, AAC)
and cuts the same pieces from it. The plain way is given the first M minutes and scaled to N, and the
line says so. The recording is a minute of test pictures with noise, 1080p30, repeated by copying.

With --cameras: three cameras of that length lie beside it, so that crosscut also makes cam_N.mp4 and
the timelines; the plain way then encodes each of them again, too.
"""
import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from render import ENCODE, RATE, Cost, describe_machine, plain_highlights, row  # noqa: E402

SOURCES = ["cam_1", "cam_2", "cam_3"]
SHOT_S = 12
PIECES = ["--highlights", 60]


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def recording(build, minutes):
    """As the console writes it: no reordering, a keyframe every two seconds."""
    folder = build / "bench" / "recorded"
    minute, whole = folder / "minute.mkv", folder / f"program-{minutes:g}.mkv"
    folder.mkdir(parents=True, exist_ok=True)
    if not minute.exists():
        print(f"making {minute} …", flush=True)
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate={RATE},noise=alls=6:allf=t",
               "-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.1", "-t", 60, "-pix_fmt",
               "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v",
               "5M", "-maxrate", "6M", "-bufsize", "6M", "-g", 2 * RATE, "-c:a", "libopus", "-b:a",
               "96k", minute)
    if not whole.exists():
        ffmpeg("-stream_loop", round(minutes) - 1, "-i", minute, "-c", "copy", "-f", "matroska",
               "-live", "1", "-cluster_time_limit", 1000, whole)
    return whole


def studio(build, minutes, cameras):
    """A show's folder as the server leaves it."""
    folder = build / "bench" / "recorded-show"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    whole = recording(build, minutes)
    names = {"program.mkv": ("program", None)}
    names.update({f"{s}_iso.mkv": ("iso", s) for s in SOURCES if cameras})
    files = []
    for name, (kind, source) in names.items():
        (folder / name).hardlink_to(whole)
        line = json.loads(subprocess.run([build / "crosscut", "index", folder / name, "--json"],
                                         stdout=subprocess.PIPE, check=True).stdout)
        kept = {k: line[k] for k in ("video", "audio", "duration", "bytes", "sha256", "gaps")}
        files.append({"name": name, "kind": kind, "start": 0, **kept,
                      **({"source": source} if source else {})})
    write_log(folder, minutes)
    manifest = {"version": 1, "id": "0b0e7a3c-0000-4000-8000-000000000003", "name": "Bench",
                "started_at": "2026-11-27T10:00:00Z", "state": "complete", "files": files,
                "sources": [{"id": s} for s in SOURCES]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def write_log(folder, minutes):
    events = [{"type": "session_start", "t": 0, "sources": [{"id": s} for s in SOURCES]}]
    for i, t in enumerate(range(0, int(minutes * 60) - 1, SHOT_S)):
        source = SOURCES[i % len(SOURCES)]
        events += [{"type": "switch", "t": t * 1000, "source": source, "reason": "speaks",
                    "id": f"s{i}"},
                   {"type": "cut", "t": t * 1000, "source": source, "decision": f"s{i}"},
                   {"type": "speaking_start", "t": t * 1000, "source": source},
                   {"type": "speaking_stop", "t": (t + SHOT_S) * 1000 - 400, "source": source}]
    for seq, event in enumerate(events, 1):
        event.update({"id": event.get("id", f"e{seq}"), "seq": seq})
    (folder / "events.json").write_text(json.dumps(events))


def plain(folder, minutes, cameras, scale):
    """One ffmpeg for the program, one for each camera, the pieces encoded once more. (scaled, cut)"""
    other = folder.parent / "recorded-plain"
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir()
    whole = Cost()
    names = ["program.mkv"] + [f"{s}_iso.mkv" for s in SOURCES if cameras]
    for name in names:
        whole.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-t", minutes * 60, "-i",
                   folder / name, *ENCODE, "-movflags", "+faststart",
                   (other / name).with_suffix(".mp4")])
    cut = plain_highlights(folder / "program.mkv", folder, other)
    whole.cpu *= scale
    whole.wall *= scale
    return whole, cut


def main():
    parser = argparse.ArgumentParser(description="a recorded program: copied against encoded")
    parser.add_argument("build", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--plain-minutes", type=float, default=5)
    parser.add_argument("--cameras", action="store_true")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    print("$ " + " ".join(sys.argv))
    describe_machine()
    minutes, short = arguments.minutes, min(arguments.minutes, arguments.plain_minutes)
    folder = studio(build, minutes, arguments.cameras)
    ours = Cost().run([build / "crosscut", "render", folder, "--from", "program", *PIECES, "--json"],
                      stdout=subprocess.PIPE, stages=True)
    whole, cut = plain(folder, short, arguments.cameras, minutes / short)
    print(f"{'':22} {'CPU-s':>9} {'wall s':>9} {'peak MB':>9}")
    row("crosscut render", ours, f"{minutes:g} minutes")
    row("plain, whole files", whole, f"{short:g} minutes, scaled to {minutes:g}")
    row("plain highlights", cut)
    for stage, cpu in ours.stages.items():
        print(f"  crosscut, stage {stage}: {cpu:.1f} CPU-s")
    print(f"CPU          {ours.cpu / (whole.cpu + cut.cpu):.4f} of the plain way (aim: at most 0.03)")
    print(f"wall         {ours.wall / (minutes * 60):.4f} of the show's length (aim: below 0.02)")


if __name__ == "__main__":
    main()
