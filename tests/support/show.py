"""The small sample show that tests of the command line direct, and readers of their own for what
comes out: the ffmpeg programs and the frame codes, nothing of Crosscut."""
import fcntl
import hashlib
import json
import os
import subprocess
from array import array
from pathlib import Path

SOURCE = Path(os.environ.get("CROSSCUT_SOURCE") or Path(__file__).resolve().parents[2])
BUILD = Path(os.environ.get("CROSSCUT_BUILD") or SOURCE / "build")
CROSSCUT = BUILD / "crosscut"
TOOLS = BUILD / "samples"
FILES = ["host.mp4", "guest.mov", "third.mp4", "wide.mkv"]
SMALL = ["--height", "180", "--preset", "superfast"]


def fingerprint(options):
    """Changes when anything that makes the show changes."""
    digest = hashlib.sha256(repr(options).encode())
    for path in sorted((SOURCE / "samples").iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def sample_show(name="test-show", options=("--minutes", "0.75", "--height", "360")):
    """The folder of a sample show, made when it is not there; safe when tests run side by side."""
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    with open(BUILD / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "made-from"
        wanted = fingerprint(options)
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run([SOURCE / "samples" / "make-sample-show", "--tools", TOOLS, "-o", folder,
                            *options], check=True, stdout=subprocess.DEVNULL)
            stamp.write_text(wanted)
    return folder


def crosscut(*arguments, **more):
    more.setdefault("timeout", 280)
    return subprocess.run([CROSSCUT, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace", check=False, **more)


def load(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def probe(path, *entries):
    """ffprobe as JSON."""
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", *entries, str(path)],
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def video_start_s(path):
    """First frame's time from the file's zero, which is its earliest stream's first moment."""
    streams = probe(path, "-show_entries", "stream=codec_type,start_time")["streams"]
    starts = {s["codec_type"]: float(s["start_time"]) for s in streams}
    return starts["video"] - min(starts.values())


def frame_codes(path):
    """(camera, frame) of every frame of a video, or None where it has no code."""
    done = subprocess.run([TOOLS / "read-codes", path], stdout=subprocess.PIPE, text=True,
                          check=True)
    codes = []
    for line in done.stdout.splitlines():
        _, camera, frame = line.split()
        codes.append(None if camera == "-" else (int(camera), int(frame)))
    return codes


def sound(path, start_s, seconds, rate_hz=8000):
    """Samples of the file's sound from start_s after its video's first frame, mono."""
    streams = probe(path, "-show_entries", "stream=codec_type,start_time:format=start_time")
    video = next(float(s["start_time"]) for s in streams["streams"]
                 if s["codec_type"] == "video")
    # Cut by the samples' own times, after decoding: seeking would be a second thing to trust.
    trim = (f"aresample={rate_hz}:first_pts=0,"
            f"atrim=start={start_s + video:.6f}:duration={seconds:.6f}")
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-copyts", "-i", str(path), "-vn",
                           "-af", trim, "-ac", "1", "-f", "s16le", "-"], stdout=subprocess.PIPE,
                          check=True)
    return array("h", done.stdout)


def lag_s(a, b, reach_s=0.08, rate_hz=8000):
    """By how much b lies behind a: the highest normalised correlation, and how high it is."""
    reach = int(reach_s * rate_hz)
    length = min(len(a), len(b)) - 2 * reach
    base = a[reach:reach + length]
    energy_a = sum(x * x for x in base) or 1
    best = (0.0, 0.0)
    for lag in range(-reach, reach + 1):
        other = b[reach + lag:reach + lag + length]
        dot = sum(map(int.__mul__, base, other))
        if dot > best[0]:
            energy_b = sum(map(int.__mul__, other, other)) or 1
            best = (dot, dot / (energy_a * energy_b) ** 0.5)
            at = lag
    return (at / rate_hz, best[1]) if best[0] > 0 else (float("inf"), 0.0)


def truth_turns(folder):
    """(start, end, source) of speech, s on the truth's clock."""
    turns = []
    for line in (folder / "truth.rttm").read_text().splitlines():
        words = line.split()
        start = float(words[3])
        turns.append((start, start + float(words[4]), words[7]))
    return sorted(turns)
