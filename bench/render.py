#!/usr/bin/env python3
"""render.py [--minutes N] [--rounds N] [--highlights | --memory] BUILD

Crosscut against the plain way on the same files: three noisy 1080p30 cameras, a program and 60 s of
highlights. The plain way is given the very shots and pieces that Crosscut decided, and everything
Crosscut does besides (listening, aligning, deciding, the mix, loudness, checksums) counts on
Crosscut's side. Both run alternately on the same machine; x264 has the same preset and CRF.

With --highlights: what they cost alone. They are written along with the program, so that is the
difference between a show with and one without them (the least of several rounds each: noise only
adds), against cutting the same pieces from the program with ffmpeg.

With --memory: peak memory for 3 and 60 minutes, and for 3 hours without rendering.
"""
import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRESET, CRF, RATE = "veryfast", 22, 30
ENCODE = ["-c:v", "libx264", "-preset", PRESET, "-crf", CRF, "-pix_fmt", "yuv420p", "-c:a", "aac",
          "-b:a", "160k"]
SSIM_SECONDS = 60
HIGHLIGHTS_MINUTES, HIGHLIGHTS_ROUNDS = 1.25, 3


class Cost:
    """What a list of commands took: seconds of the processor, of the clock, peak memory."""

    def __init__(self):
        self.cpu = self.wall = self.rss_mb = 0.0
        self.stages = {}

    def run(self, command, **more):
        begin = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                                   stdout=more.get("stdout", subprocess.DEVNULL),
                                   stderr=subprocess.PIPE, text=True)
        watched = watch_stages(process, self.stages) if more.get("stages") else None
        error = process.stderr.read() if watched is None else watched
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{command[0]} failed: {error.strip()[-2000:]}")
        self.wall += time.monotonic() - begin
        self.cpu += usage.ru_utime + usage.ru_stime
        self.rss_mb = max(self.rss_mb, usage.ru_maxrss / 1024)
        return self


def processor_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch_stages(process, stages):
    """Processor seconds of each stage that --json names on the way."""
    last, since = None, 0.0
    for line in process.stdout:
        stage = json.loads(line).get("stage")
        if stage and stage != last:
            now = processor_s(process.pid)
            if last:
                stages[last] = stages.get(last, 0.0) + now - since
            last, since = stage, now
    return process.stderr.read()


# ---- material ----

def material(build, name, *options):
    folder = build / "bench" / name
    if not (folder / "truth.json").exists():
        print(f"making {folder} …", flush=True)
        subprocess.run([ROOT / "samples" / "make-sample-show", "--tools", build / "samples", "-o",
                        folder, *map(str, options)], check=True)
    return [folder / f["file"] for f in json.loads((folder / "truth.json").read_text())["files"]]


# ---- the two ways ----

def crosscut(build, files, folder, highlights_s=60):
    shutil.rmtree(folder, ignore_errors=True)
    return Cost().run([build / "crosscut", "direct", *files, "--preset", PRESET, "--crf", CRF,
                       "--highlights", highlights_s, "--json", "-o", folder],
                      stdout=subprocess.PIPE, stages=True)


def segments(folder, limit_frames=None):
    """(input, first frame of the source, frames) of each shot, from what the manifest says."""
    manifest = json.loads((folder / "manifest.json").read_text())
    shots = json.loads((folder / "shots.json").read_text())
    recordings = [f for f in manifest["files"] if f["kind"] == "iso"]
    order = {f["source"]: i for i, f in enumerate(recordings)}
    starts = {f["source"]: f["start"] / 1000 for f in recordings}
    rate = shots["rate"][0] / shots["rate"][1]
    marks = [round(s["t"] * rate / 1000) for s in shots["shots"]]
    marks.append(round(shots["duration"] * rate / 1000))
    if limit_frames:
        marks = [min(mark, limit_frames) for mark in marks]
    found = []
    for shot, first, end in zip(shots["shots"], marks, marks[1:]):
        if end > first:
            at_s = shots.get("start", 0) / 1000 + first / rate - starts[shot["source"]]
            found.append((order[shot["source"]], max(0, round(at_s * rate)), end - first))
    return found


def graph(parts, inputs, sound=True, first_input=0):
    """A trim and concat graph over whole inputs."""
    uses = [[i for i, part in enumerate(parts) if part[0] == n] for n in range(inputs)]
    text = []
    for n, used in enumerate(uses):
        if used:
            text.append(f"[{n + first_input}:v]split={len(used)}" +
                        "".join(f"[v{i}]" for i in used))
            if sound:
                text.append(f"[{n + first_input}:a]asplit={len(used)}" +
                            "".join(f"[a{i}]" for i in used))
    for i, (_, first, count) in enumerate(parts):
        text.append(f"[v{i}]trim=start_frame={first}:end_frame={first + count},"
                    f"setpts=PTS-STARTPTS[vt{i}]")
        if sound:
            text.append(f"[a{i}]atrim=start={first / RATE:.6f}:end={(first + count) / RATE:.6f},"
                        f"asetpts=PTS-STARTPTS[at{i}]")
    pads = "".join(f"[vt{i}]" + (f"[at{i}]" if sound else "") for i in range(len(parts)))
    text.append(f"{pads}concat=n={len(parts)}:v=1:a={int(sound)}[v]" + ("[a]" if sound else ""))
    return ";".join(text)


def plain(files, show, folder):
    """One ffmpeg for the program, one for each piece, one to join them. (program, highlights)"""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    inputs = [word for file in files for word in ("-i", file)]
    program = folder / "program.mp4"
    whole = Cost().run(["ffmpeg", "-nostdin", "-v", "error", "-y", *inputs, "-filter_complex",
                        graph(segments(show), len(files)), "-map", "[v]", "-map", "[a]", *ENCODE,
                        "-movflags", "+faststart", program])
    return whole, plain_highlights(program, show, folder)


def plain_highlights(program, show, folder):
    pieces = json.loads((show / "highlights.json").read_text())["pieces"]
    cut = Cost()
    names = []
    for i, piece in enumerate(pieces):
        names.append(f"piece-{i}.mp4")
        cut.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-ss", piece["start"] / 1000, "-t",
                 (piece["end"] - piece["start"]) / 1000, "-i", program, *ENCODE,
                 folder / names[-1]])
    (folder / "list.txt").write_text("".join(f"file {name}\n" for name in names))
    cut.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "concat", "-i", folder / "list.txt",
             "-c", "copy", "-movflags", "+faststart", folder / "highlights.mp4"])
    return cut


def ssim(program, files, show):
    """Of the program's first minute against the frames of the recordings that it shows."""
    frames = SSIM_SECONDS * RATE
    enough = ("-t", str(SSIM_SECONDS + 30))   # recordings start at most some seconds apart
    inputs = [word for file in files for word in (*enough, "-i", str(file))]
    text = graph(segments(show, frames), len(files), sound=False, first_input=1)
    text += f";[0:v]trim=end_frame={frames},setpts=PTS-STARTPTS[p];[p][v]ssim"
    done = subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", *enough, "-i", str(program),
                           *inputs,
                           "-filter_complex", text, "-f", "null", "-"], stderr=subprocess.PIPE,
                          text=True, check=True)
    return float(re.search(r"SSIM .*All:([\d.]+)", done.stderr).group(1))


# ---- the report ----

def describe_machine():
    model = "processor not named"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    version = subprocess.run(["ffmpeg", "-version"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout.splitlines()[0]
    print(f"{os.cpu_count()} cores, {model}, {platform.release()}; {version}; load "
          f"{os.getloadavg()[0]:.2f}")


def row(name, cost, extra=""):
    print(f"{name:22} {cost.cpu:9.1f} {cost.wall:9.1f} {cost.rss_mb:9.0f}  {extra}")


def compare(build, minutes, rounds):
    files = material(build, f"natural-{minutes:g}", "--natural", "--minutes", minutes)
    show, other = build / "bench" / "crosscut", build / "bench" / "plain"
    print(f"three cameras, 1080p30, {minutes:g} minutes; x264 {PRESET}, CRF {CRF}; program and 60 s "
          "of highlights")
    print(f"{'':22} {'CPU-s':>9} {'wall s':>9} {'peak MB':>9}")
    ratios = {"CPU": [], "wall": []}
    for _ in range(rounds):
        ours = crosscut(build, files, show)
        whole, cut = plain(files, show, other)
        row("crosscut direct", ours)
        row("plain program", whole)
        row("plain highlights", cut)
        ratios["CPU"].append(ours.cpu / (whole.cpu + cut.cpu))
        ratios["wall"].append(ours.wall / (whole.wall + cut.wall))
        for stage, cpu in ours.stages.items():
            print(f"  crosscut, stage {stage}: {cpu:.1f} CPU-s")
    for name, values in ratios.items():
        print(f"{name:12} {statistics.median(values):.3f} of the plain way (aim: at most 0.80)")
    print(f"SSIM         crosscut {ssim(show / 'program.mp4', files, show):.4f}, "
          f"plain {ssim(other / 'program.mp4', files, show):.4f}")
    sizes = [(f / "program.mp4").stat().st_size / 1e6 for f in (show, other)]
    print(f"size         crosscut {sizes[0]:.1f} MB, plain {sizes[1]:.1f} MB")


def highlights_alone(build):
    files = material(build, f"natural-{HIGHLIGHTS_MINUTES:g}", "--natural", "--minutes",
                     HIGHLIGHTS_MINUTES)
    show, other = build / "bench" / "crosscut", build / "bench" / "plain"
    costs = {0: [], 60: []}
    for _ in range(HIGHLIGHTS_ROUNDS):
        for highlights_s, found in costs.items():
            found.append(crosscut(build, files, show, highlights_s).cpu)
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir(parents=True)
    plain_cpu = plain_highlights(show / "program.mp4", show, other).cpu
    total_s = json.loads((show / "highlights.json").read_text())["total"] / 1000
    alone = min(costs[60]) - min(costs[0])
    print(f"highlights of {total_s:.1f} s: a show takes {min(costs[60]):.2f} CPU-s with them, "
          f"{min(costs[0]):.2f} without; the plain way {plain_cpu:.2f} for them alone")
    print(f"highlights   {alone / plain_cpu:.3f} of the plain way (aim: at most 0.05)")


def memory(build):
    small = ["--height", 180, "--preset", "ultrafast"]
    print(f"{'':22} {'CPU-s':>9} {'wall s':>9} {'peak MB':>9}")
    for name, minutes, options in (("3 minutes", 3, small), ("60 minutes", 60, small),
                                   ("3 h, no render", 180, ["--no-render"])):
        height = 1080 if minutes < 100 else 360
        files = material(build, f"long-{minutes}", "--minutes", minutes, "--height", height,
                         "--cameras", 3, "--repeat")
        folder = build / "bench" / "memory"
        shutil.rmtree(folder, ignore_errors=True)
        cost = Cost().run([build / "crosscut", "direct", *files, *options, "-o", folder])
        row(name, cost, f"{height} lines, {minutes * 60 / cost.cpu * 3:.0f} camera-seconds a CPU-s")


def main():
    parser = argparse.ArgumentParser(description="Crosscut against the plain way")
    parser.add_argument("build", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--highlights", action="store_true", help="what they cost, instead")
    instead.add_argument("--memory", action="store_true", help="peak memory instead")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    print("$ " + " ".join(sys.argv))
    describe_machine()
    if arguments.memory:
        memory(build)
    elif arguments.highlights:
        highlights_alone(build)
    else:
        compare(build, arguments.minutes, arguments.rounds)


if __name__ == "__main__":
    main()
