#!/usr/bin/env python3
"""index.py [--minutes N] [--rounds N] BUILD

What the sidecar index is worth: a VP9 WebM as a browser writes it (no cues, no length), read in
three pieces of 20 s with and without its sidecar, alternately. ffmpeg's own cut of the same pieces by
copying stands beside it.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

PIECES, SECONDS = (0.2, 0.55, 0.9), 20


def processor_s(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def material(build, minutes):
    path = build / "bench" / f"browser-{minutes}.webm"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        print(f"making {path} …", flush=True)
        minute = path.with_name("minute.webm")
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                        "testsrc2=size=1280x720:rate=30", "-f", "lavfi", "-i",
                        "sine=sample_rate=48000", "-t", "60", "-c:v", "libvpx-vp9", "-b:v", "2500k",
                        "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", "-g", "60",
                        "-c:a", "libopus", minute], check=True)
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", str(minutes - 1),
                        "-i", minute, "-c", "copy", "-f", "webm", "-live", "1",
                        "-cluster_time_limit", "1000", path], check=True)
    return path


def read(build, path, at):
    done = subprocess.run([build / "bench" / "media" / "read-pieces", path, str(SECONDS),
                           *map(str, at)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def ffmpeg_copy(path, at):
    return sum(processor_s(["ffmpeg", "-nostdin", "-v", "error", "-y", "-ss", t, "-i", path, "-t",
                            SECONDS, "-c", "copy", "-f", "null", "-"]) for t in at)


def main():
    parser = argparse.ArgumentParser(description="with and without the sidecar index")
    parser.add_argument("build", type=Path)
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    subprocess.run(["ninja", "-C", build, "bench/media/read-pieces", "crosscut"], check=True,
                   stdout=subprocess.DEVNULL)
    path = material(build, arguments.minutes)
    sidecar = Path(f"{path}.index")
    at = [round(arguments.minutes * 60 * part, 1) for part in PIECES]
    print("$ " + " ".join(sys.argv))
    print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB; CPU-s, median of {arguments.rounds}; "
          f"pieces of {SECONDS} s at {at}")
    without, with_it, making, ffmpeg = [], [], [], []
    for _ in range(arguments.rounds):
        if sidecar.exists():
            os.unlink(sidecar)
        without.append(read(build, path, at))
        ffmpeg.append(ffmpeg_copy(path, at))
        making.append(processor_s([build / "crosscut", "index", path, "-q"]))
        with_it.append(read(build, path, at))
    print(f"making the sidecar: {statistics.median(making):.2f} CPU-s, "
          f"{sidecar.stat().st_size / 1000:.0f} kB")
    print(f"ffmpeg -ss, copying, without: {statistics.median(ffmpeg):.2f} CPU-s")
    print(f"{'':34}{'without':>10}{'with':>10}{'ratio':>8}")
    for key, name in (("probe", "how long is it"), ("first", "first picture of each piece"),
                      ("sound", "sound of the pieces"), ("pictures", "pictures of the pieces")):
        a = statistics.median(r[key] for r in without)
        b = statistics.median(r[key] for r in with_it)
        print(f"{name:34}{a:10.3f}{b:10.3f}{a / max(b, 1e-4):8.1f}")


if __name__ == "__main__":
    main()
