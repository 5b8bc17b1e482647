#!/usr/bin/env python3
"""bench.py [--rounds N] [--only NAME,NAME] [--quick] BUILD

The studio's server beside an Express + Socket.IO + multer server that does the same job (node/), in
one run: they take turns on the same machine, the same folder of the same disk, under the same
clients (load.c). What counts is the processor time of the server's process (/proc/PID/stat: all its
threads, user and system); medians of the rounds.
"""
import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "kV7f_c0-Qm3xWz81Lh"
TICKS = os.sysconf("SC_CLK_TCK")
FLOOR_MIB = 512
RECORDING_S, QUICK_S = 107, 13  # at 20 Mbit/s: 256 and 32 MiB


class Side:
    """A running server in a folder of its own on the disk of the build."""

    def __init__(self, build, *options):
        self.build = build
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="server-", dir=build / "bench"))

    def __enter__(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CROSSCUT_")}
        environment["CROSSCUT_ADMIN_TOKEN"] = TOKEN
        environment["XDG_RUNTIME_DIR"] = str(self.folder)
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, cwd=self.folder,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env=environment)
        line = self.process.stdout.readline().split("#")[0].rstrip("/\n")
        if not line:
            sys.exit(f"{self.name} did not start: {(self.folder / 'log').read_text()}")
        self.port = line.rpartition(":")[2]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process.stdout.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processor_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def children_s(self):
        """Of those that ended: who looks into recordings."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) / TICKS

    def memory_mb(self):
        """(RSS, PSS) in MB of 10⁶ bytes."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        found = dict(line.split(":", 1) for line in text.splitlines()[1:])
        return tuple(int(found[name].split()[0]) * 1024 / 1e6 for name in ("Rss", "Pss"))

    def start_show(self, sources=4):
        body = {"name": "bench", "sources": [
            {"id": f"cam_{i + 1}", "label": f"Person {i + 1}", "role": "person"}
            for i in range(sources)]}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/session/start", json.dumps(body).encode(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["sessionId"]

    def shows_file(self, count):
        path = self.folder / "shows"
        path.write_text("".join(self.start_show() + "\n" for _ in range(count)))
        return path

    def load(self, what, *words, wait=True):
        process = subprocess.Popen(
            [self.build / "bench/server/load", what, self.port, TOKEN, *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return finish(process, self) if wait else process


class Crosscut(Side):
    name = "crosscut"

    def command(self):
        # What it has and the other has not is given room: rates, shows and sockets.
        return [self.build / "crosscut", "serve", "--listen", "127.0.0.1:0", "--storage",
                self.folder / "storage", "--auto-render", "off", "--shows", "1000", "--events-per-second", "10000",
                "--event-burst", "100000", *self.options]


    def wait_looked_into(self, show, files):
        """Processor seconds of the children that index the recordings and make their sums."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}/sessions/{show}",
                                             headers={"Authorization": f"Bearer {TOKEN}"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                entries = json.load(answer)["files"]
            if sum("sha256" in one and "video" in one for one in entries) == files:
                return self.children_s()
            time.sleep(0.2)
        sys.exit(f"the recordings were not indexed: {entries}")


class Node(Side):
    name = "node"

    def wait_looked_into(self, show, files):
        """It does not look into them."""
        return 0

    def command(self):
        return ["node", self.build / "bench-node/server.js", self.folder]


def finish(process, side):
    out, _ = process.communicate()
    if process.returncode != 0:
        text = (side.folder / "log").read_text(errors="replace")[-2000:]
        sys.exit(f"the clients of {side.name} failed\n{text}")
    lines = out.splitlines()
    return json.loads(lines[-1]) if lines else None


def cost_of(side, what, *words):
    """(processor seconds of the server, what the clients say)."""
    before = side.processor_s()
    said = side.load(what, *words)
    return side.processor_s() - before, said


# ---- what is measured: each takes a kind of side, and gives figures by name ----

def requests(kind, args):
    count = 5000 if args.quick else 30000
    with kind(args.build) as side:
        show = side.start_show()
        side.load("requests", "/me", 2000)  # warm: the other compiles as it runs
        figures = {}
        for path, name in (("/me", "GET /me"), (f"/sessions/{show}", "GET /sessions/{id}")):
            cpu, _ = cost_of(side, "requests", path, count)
            figures[f"{name}, µs CPU"] = cpu * 1e6 / count
        return figures


def recording(args):
    """What a camera leaves: so that it can be looked into afterwards. Copied together by ffmpeg."""
    seconds = QUICK_S if args.quick else RECORDING_S
    piece, whole = (args.build / "bench" / f"camera-{s}.mkv" for s in (10, seconds))
    for path, source, more in (
            (piece, ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30,noise=alls=20:allf=t"],
             ["-t", 10, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-b:v",
              "20M", "-minrate", "20M", "-maxrate", "20M", "-bufsize", "20M", "-g", 60]),
            (whole, ["-stream_loop", -1, "-i", piece], ["-t", seconds, "-c", "copy"])):
        if not path.exists():
            subprocess.run(list(map(str, ["ffmpeg", "-nostdin", "-v", "error", *source, *more,
                                          path])), check=True)
    return whole


def upload(kind, args, way):
    files = 8
    content = recording(args)
    with kind(args.build) as side:
        show = side.start_show(files)
        bare = side.load("floor", side.folder, FLOOR_MIB)["cpu"] / FLOOR_MIB
        cpu, said = cost_of(side, "upload", show, way, files, content)
        looked = side.wait_looked_into(show, files)
        return {f"2 GiB {way}, CPU-s": cpu * 2048 / said["mib"],
                f"bare recv, write, sync ({way})": bare * 2048,
                f"{way}, times the bare loop": cpu / said["mib"] / bare,
                f"2 GiB {way}, seconds": said["seconds"] * 2048 / said["mib"],
                f"index and sha256 after it ({way})": looked * 2048 / said["mib"]}


def events(kind, args):
    seconds = 3 if args.quick else 8
    with kind(args.build) as side:
        process = side.load("events", side.shows_file(10), 4, 16, seconds, wait=False)
        process.stdout.readline()
        before = side.processor_s()
        process.stdin.write("\n")
        said = finish(process, side)
        cpu = side.processor_s() - before
        if said["refused"]:
            sys.exit(f"{side.name} refused {said['refused']} events")
        return {"event, µs CPU": cpu * 1e6 / said["count"],
                "events acknowledged a second": said["count"] / said["seconds"],
                "events acknowledged a CPU-second": said["count"] / cpu}


def switches(kind, args):
    seconds = 5 if args.quick else 20
    with kind(args.build) as side:
        alone = side.load("switches", side.start_show(), seconds // 2)
        show, other = side.start_show(), side.start_show(8)
        busy = side.load("upload", other, "tus", 8, "-", seconds + 2, wait=False)
        said = side.load("switches", show, seconds)
        sent = finish(busy, side)
        return {"event to switch, alone p50, ms": alone["p50"],
                "event to switch, alone p99, ms": alone["p99"],
                "event to switch, 8 uploads p50, ms": said["p50"],
                "event to switch, 8 uploads p99, ms": said["p99"],
                "event to switch, 8 uploads max, ms": said["max"],
                "MiB/s uploaded beside": sent["mib"] / sent["seconds"]}


def memory(kind, args):
    with kind(args.build) as side:
        time.sleep(1)
        empty = side.memory_mb()
        process = side.load("sockets", side.shows_file(250), 4, wait=False)
        process.stdout.readline()
        rss, pss = side.memory_mb()
        finish(process, side)
        return {"at rest, RSS MB": empty[0], "1,000 sockets, RSS MB": rss,
                "1,000 sockets, PSS MB": pss}


def crowd(kind, args):
    seconds = 5 if args.quick else 20
    with kind(args.build) as side:
        process = side.load("events", side.shows_file(200), 4, 0, seconds, wait=False)
        process.stdout.readline()
        before = side.processor_s()
        process.stdin.write("\n")
        said = finish(process, side)
        cpu = side.processor_s() - before
        return {"200 shows × 4 sources, % of a core": cpu / said["seconds"] * 100,
                "200 shows × 4 sources, events a second": said["count"] / said["seconds"],
                "200 shows × 4 sources, ack p50, ms": said["p50"],
                "200 shows × 4 sources, ack p99, ms": said["p99"]}


BENCHES = {
    "requests": requests,
    "multipart": lambda kind, args: upload(kind, args, "multipart"),
    "tus": lambda kind, args: upload(kind, args, "tus"),
    "events": events,
    "switches": switches,
    "memory": memory,
    "crowd": crowd,
}

# What was promised: (figure, how many times less than the other, or at most).
TARGETS = {
    "GET /me, µs CPU": ("times", 5), "GET /sessions/{id}, µs CPU": ("times", 5),
    "2 GiB multipart, CPU-s": ("times", 5), "2 GiB tus, CPU-s": ("times", 5),
    "event, µs CPU": ("times", 4), "event to switch, 8 uploads p99, ms": ("at most", 20),
    "1,000 sockets, RSS MB": ("at most", 40), "200 shows × 4 sources, % of a core": ("at most", 100),
}


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return (f"{model}, {os.cpu_count()} processors, Linux {platform.release()}, "
            f"Node {node.stdout.strip()}, load {os.getloadavg()[0]:.1f}")


def verdict(name, ours, theirs):
    kind, bound = TARGETS.get(name, (None, 0))
    if kind == "times":
        return f"{'met' if theirs >= bound * ours else 'MISSED'} (wanted {bound}× less)"
    if kind == "at most":
        return f"{'met' if ours <= bound else 'MISSED'} (wanted ≤ {bound})"
    return ""


def report(found):
    for name, (ours, theirs) in found.items():
        ratio = f"{theirs / ours:.1f}" if ours else "–"
        print(f"{name:42}{ours:12,.2f}{theirs:12,.2f}{ratio:>17}  {verdict(name, ours, theirs)}",
              flush=True)


def prepare(build):
    (build / "bench").mkdir(exist_ok=True)
    subprocess.run(["ninja", "-C", build, "crosscut", "bench/server/load"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([ROOT / "tools/make-node", build / "bench-node", ROOT / "bench/server/node"],
                   check=True)
    shutil.copy(ROOT / "bench/server/node/server.js", build / "bench-node")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", metavar="NAME,NAME", default=",".join(BENCHES),
                        help=", ".join(BENCHES))
    parser.add_argument("--side", choices=["crosscut", "node"], help="one of them, to profile it")
    parser.add_argument("--quick", action="store_true", help="less of everything, to try it out")
    parser.add_argument("build", type=lambda text: Path(text).resolve())
    args = parser.parse_args()
    prepare(args.build)
    print("$ " + " ".join(sys.argv))
    print(machine())
    print(f"{'':42}{'crosscut':>12}{'node':>12}{'node ÷ crosscut':>17}", flush=True)
    for name in args.only.split(","):
        rounds = {kind: [] for kind in (Crosscut, Node) if args.side in (None, kind.name)}
        for _ in range(args.rounds):
            for kind, figures in rounds.items():
                figures.append(BENCHES[name](kind, args))
        found = {}
        for figure in next(iter(rounds.values()))[0]:
            medians = [statistics.median(one[figure] for one in figures)
                       for figures in rounds.values()]
            found[figure] = (medians[0], medians[-1])
        report(found)
    print(f"medians of {args.rounds} rounds; load at the end {os.getloadavg()[0]:.1f}")


main()
