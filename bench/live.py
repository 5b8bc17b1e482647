#!/usr/bin/env python3
"""live.py [--seconds N] [--destinations N] [--height 720] BUILD

What a show costs that is live: processor time of server, feed and senders, from /proc, over N seconds
in real time, for one destination and for ten; against ffmpeg publishing the same recording in real
time to the same RTMP server (Debian's nginx): all copied; picture copied and sound as AAC; encoded
again (x264 veryfast). Memory is PSS of each process. The delay is from handing a packet to the WebSocket
until a listener of the RTMP server's bytes has it: see `delay`.

The program is a camera of the noisy sample show (samples/make-sample-show --natural), as the studio's
other benches have it, 30 frames a second, 5 Mbit/s at 1080 and 3 at 720, a keyframe every two seconds,
Opus 96 kbit/s. Needs build/venv (make test-deps).
"""
import argparse
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "support")]
from link import Listener  # noqa: E402
from render import material  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
KEY = "bench"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--destinations", type=int, default=10)
    parser.add_argument("--height", type=int, default=0, help="720 or 1080; both when not given")
    parser.add_argument("build", type=Path)
    return parser.parse_args()


# ---- what a process took ----

def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def pss_mb(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid):
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                found[int(folder.name)] = words[2].decode() if len(words) > 2 else "?"
        except (OSError, IndexError):
            pass
    return found


# ---- the sides ----

def make_program(build, height):
    import rtmp
    camera = material(build, "natural-1.25", "--natural", "--minutes", 1.25)[0]
    kbps = 5000 if height == 1080 else 3000
    size = f"{height * 16 // 9}x{height}"
    path = build / "bench" / f"live-{height}.mp4"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        print(f"making {path} …", flush=True)
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", camera, "-t", "130",
             "-vf", f"scale={size.replace('x', ':')}", "-r", "30", "-pix_fmt", "yuv420p", "-c:v",
             "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune",
             "zerolatency", "-b:v", f"{kbps}k", "-maxrate", f"{kbps}k", "-bufsize", f"{kbps}k", "-g",
             "60", "-bf", "0", "-c:a", "libopus", "-b:a", "96k", "-ac", "2", path], check=True)
    clip = rtmp.Clip.__new__(rtmp.Clip)
    clip.path = path
    clip.width, clip.height = (int(side) for side in size.split("x"))
    clip.data = path.read_bytes()
    clip.packets = clip._packets()
    return clip


def ffmpeg_side(clip, seconds, options):
    """Cores that ffmpeg takes, publishing in real time."""
    import rtmp
    with rtmp.Rtmp("record off;") as server:
        time.sleep(0.3)
        before = os.times()
        began = time.monotonic()
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-re", "-i", clip.path, "-t",
                        str(seconds), *options, "-f", "flv", f"{server.url}/{KEY}"], check=True)
        took = time.monotonic() - began
        after = os.times()
        cpu = (after.children_user + after.children_system -
               before.children_user - before.children_system)
    return cpu / seconds, took / seconds


def crosscut_side(clip, seconds, count):
    """(cores of server, feed, senders; PSS of feed and a sender) while `count` destinations are live."""
    import rtmp
    from client import Client, start_show, stop_show
    from serve import Studio
    with rtmp.Rtmp("record off;") as server, \
            Studio("--allow-private-targets",
                   environment={"CROSSCUT_SECRET_KEY": "5a" * 32}) as studio:
        time.sleep(0.3)
        show = start_show(studio)["sessionId"]
        client = Client(studio, show)
        for i in range(count):
            answer = studio.ask("POST", "/live/start",
                                {"sessionId": show, "url": server.url, "key": f"{KEY}{i}",
                                 "name": f"d{i}"})
            assert answer.status == 202, answer
        program = rtmp.Program(studio, show, clip).start(client.clock(), seconds + 12)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            states = studio.ask("GET", f"/live/{show}").json["destinations"]
            if all(d["state"] == "live" for d in states):
                break
            time.sleep(0.2)
        time.sleep(2)
        own = children(studio.process.pid)
        pids = {studio.process.pid: "serve", **own}
        before = {pid: cpu_s(pid) for pid in pids}
        began = time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        after = {pid: cpu_s(pid) for pid in pids}
        cores = {}
        for pid, role in pids.items():
            cores[role] = cores.get(role, 0) + (after[pid] - before[pid]) / took
        memory = {role: max(pss_mb(pid) for pid, r in pids.items() if r == role)
                  for role in set(pids.values())}
        report = studio.ask("GET", f"/live/{show}").json
        lost = sum(d["dropped"] + d["reconnects"] for d in report["destinations"])
        program.close()
        studio.ask("POST", "/live/stop", {"sessionId": show})
        client.close()
        stop_show(studio, show)
    return cores, memory, lost


class Ear(Listener):
    """A TCP relay before the RTMP server, which notes when a marked packet goes by."""

    def __init__(self, port):
        self.to, self.heard = port, {}
        super().__init__()

    def serve(self, one):
        other = socket.create_connection(("127.0.0.1", self.to))
        threading.Thread(target=self._pump, args=(other, one, False), daemon=True).start()
        self._pump(one, other, True)

    def _pump(self, a, b, listens):
        rest = b""
        while data := a.recv(65536):
            now = time.monotonic()
            if listens:
                rest += data
                at = rest.find(b"CCMARK")
                while at >= 0 and len(rest) >= at + 10:
                    number = struct.unpack(">I", rest[at + 6:at + 10])[0]
                    self.heard.setdefault(number, now)
                    at = rest.find(b"CCMARK", at + 10)
                rest = rest[-16:]
            b.sendall(data)


def delay_ms(clip, seconds=20):
    """From the WebSocket to the bytes of RTMP, of marked pictures: p50, p95."""
    import rtmp
    from client import Client, start_show, stop_show
    from serve import Studio
    sent = {}
    with rtmp.Rtmp("record off;") as server, \
            Studio("--allow-private-targets",
                   environment={"CROSSCUT_SECRET_KEY": "5a" * 32}) as studio:
        ear = Ear(server.port)
        show = start_show(studio)["sessionId"]
        client = Client(studio, show)
        studio.ask("POST", "/live/start", {"sessionId": show, "key": KEY,
                                           "url": f"rtmp://127.0.0.1:{ear.port}/live"})
        program = rtmp.Program(studio, show, clip)
        program.configure()
        zero, begin = client.clock() * 1000, time.monotonic()
        for number, (t, is_picture, is_key, data) in enumerate(clip.packets):
            if t > seconds:
                break
            time.sleep(max(begin + t - time.monotonic(), 0))
            if is_picture and not is_key and len(data) > 200:
                # Behind its own bytes, as filler: the stream stays what it was but for the mark.
                mark = b"CCMARK" + struct.pack(">I", number)
                data = data + struct.pack(">I", len(mark) + 1) + b"\x0c" + mark
                sent[number] = time.monotonic()
            program.send(rtmp.frame(2, 1 if is_picture else 2, data, zero + int(t * 1e6), is_key))
        time.sleep(1)
        program.close()
        studio.ask("POST", "/live/stop", {"sessionId": show})
        client.close()
        stop_show(studio, show)
    waits = sorted((ear.heard[n] - at) * 1000 for n, at in sent.items() if n in ear.heard)
    return waits[len(waits) // 2], waits[len(waits) * 95 // 100], len(waits)


# ---- the table ----

def bench(options, height):
    clip = make_program(options.build, height)
    copy, _ = ffmpeg_side(clip, options.seconds, ["-c:v", "copy", "-c:a", "aac", "-b:a", "128k"])
    encode, pace = ffmpeg_side(clip, options.seconds,
                               ["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-c:a", "aac",
                                "-b:a", "128k"])
    print(f"\n{height}p30, {options.seconds:g} s, cores")
    print(f"  ffmpeg -c:v copy -c:a aac            {copy:.3f}")
    behind = "" if pace < 1.1 else f"  (fell behind: took {pace:.2f} times as long)"
    print(f"  ffmpeg x264 veryfast, aac            {encode:.3f}{behind}")
    for count in (1, options.destinations):
        cores, memory, lost = crosscut_side(clip, options.seconds, count)
        all_ = sum(cores.values())
        parts = ", ".join(f"{role} {cores[role]:.3f}" for role in sorted(cores))
        print(f"  crosscut, {count:2d} destinations           {all_:.3f}  ({parts})  "
              f"{all_ / copy:.2f} of copy+aac, {all_ / encode:.3f} of encoding; lost {lost}")
        print(f"    PSS MB: " + ", ".join(f"{r} {m:.1f}" for r, m in sorted(memory.items())))
    p50, p95, n = delay_ms(clip)
    print(f"  added delay, WebSocket to RTMP       p50 {p50:.0f} ms, p95 {p95:.0f} ms ({n} pictures)")


def main():
    options = arguments()
    os.environ["CROSSCUT_BUILD"] = str(options.build.resolve())
    import rtmp
    why = rtmp.missing()
    if why:
        sys.exit(why)
    print(json.dumps({"cpus": os.cpu_count(), "load": os.getloadavg()[0]}))
    for height in ([options.height] if options.height else [720, 1080]):
        bench(options, height)


if __name__ == "__main__":
    main()
