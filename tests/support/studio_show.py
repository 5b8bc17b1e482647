"""A show as the studio leaves it: H.264 program in two parts with a gap between them, the first torn by
a crash, and a recording of each camera; all show the host of the sample show."""
import hashlib
import json
import os
import subprocess

import show

ASIDE = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}   # its leak check needs what is denied
RATE = 30
START_MS = 1500          # of the program, session clock
GAP_S = (16.0, 20.0)     # of the program's time: nothing was recorded
SOURCES = [("cam_1", "Host", "person"), ("cam_2", "Guest", "person"), ("cam_4", "All", "wide")]
#        program's time, source, decision
CUTS = [(5200, "cam_2", "s2"), (9533, "cam_1", "s3"), (13100, "cam_4", None), (21000, "cam_1", "s4"),
        (27500, "cam_2", "s5")]
PIECES = ["--highlights", "12", "--piece-min", "3", "--piece-max", "5"]


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
    def __init__(self, work, name="studio", codec=None, sources=SOURCES):
        self.sample = show.sample_show()
        self.all = sources
        self.folder = work / name
        self.folder.mkdir()
        host = self.sample / "host.mp4"
        extension = "webm" if codec else "mkv"
        first = record(self.folder / f"program.{extension}", host, 0, GAP_S[0], codec)
        os.truncate(first, first.stat().st_size - 700)
        second = record(self.folder / f"program.2.{extension}", host, GAP_S[1], 14, codec)
        self.parts = [(first, 0.0), (second, GAP_S[1])]
        self.files = [entry(path, "program", None, START_MS + t * 1000) for path, t in self.parts]
        for source, _, _ in sources:
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

    def sources(self):
        return [{"id": i, "label": label, "role": role} for i, label, role in self.all]

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
