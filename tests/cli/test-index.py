"""crosscut index on what browsers leave: the sidecar follows its schema, the line for the manifest
says what ffprobe says, and a render by it is the same render."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from tap import Tap  # noqa: E402

SCHEMA = show.load(show.SOURCE / "docs" / "schemas" / "index.schema.json")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CODECS = {"a.webm": ("vp9", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]),
          "b.mkv": ("h264", ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"])}


def record(folder, name, seconds=12):
    """A recording as a browser writes it: no cues, no length."""
    path = folder / name
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                    "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i", "sine=sample_rate=48000",
                    "-t", str(seconds), *CODECS[name][1], "-g", "30", "-c:a", "libopus", "-f",
                    "matroska", "-live", "1", "-cluster_time_limit", "1000", path], check=True)
    return path


def index(path):
    done = show.crosscut("index", path, "--json")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done.stdout
    return json.loads(lines[0]), show.load(f"{path}.index")


def follows_its_schema(paths):
    for path in paths:
        _, sidecar = index(path)
        VALIDATOR.validate(sidecar)
        sidecar["video"]["entries"]["offsets"][0] = -1
        if VALIDATOR.is_valid(sidecar):
            return "a place before the file is allowed"
    return None


def the_line_says_what_the_manifest_needs(paths):
    for path in paths:
        line, sidecar = index(path)
        expected = {"video": CODECS[path.name][0], "audio": "opus", "width": 320, "height": 180,
                    "rate": [30, 1], "gaps": [], "torn": False, "bytes": path.stat().st_size,
                    "sha256": sidecar["sha256"]}
        found = {key: line.get(key) for key in expected}
        if found != expected or not 11900 <= line["duration"] <= 12100:
            return f"{path.name}: {line}"
    return None


def keyframes(path):
    packets = show.probe(path, "-select_streams", "v", "-show_entries", "packet=pts,flags")
    return [p["pts"] for p in packets["packets"] if "K" in p["flags"]]


def every_keyframe_is_in_it(paths):
    for path in paths:
        _, sidecar = index(path)
        found, at = [], 0
        for step in sidecar["video"]["entries"]["times"]:
            at += step
            found.append(at)
        if found != keyframes(path):
            return f"{path.name}: {found} is not {keyframes(path)}"
    return None


def a_recording_stays_as_it_is(paths):
    for path in paths:
        before = path.read_bytes()
        index(path)
        names = sorted(p.name for p in path.parent.iterdir() if p.name.startswith(path.name))
        if path.read_bytes() != before or names != [path.name, f"{path.name}.index"]:
            return f"{names}"
    return None


def a_bad_file_is_one_clear_line_and_no_sidecar(folder):
    cases = {"empty.webm": b"", "letter.webm": b"Dear camera,\n" * 100,
             "magic.webm": b"\x1a\x45\xdf\xa3" * 200}
    for name, data in cases.items():
        path = folder / name
        path.write_bytes(data)
        done = show.crosscut("index", path, "--json")
        if done.returncode != 1 or name not in json.loads(done.stdout)["error"]:
            return f"{name}: {done.returncode} {done.stdout}"
        if len(done.stderr.strip().splitlines()) != 1 or Path(f"{path}.index").exists():
            return f"{name}: {done.stderr}"
    return None


# ---- inside the sandbox ----

ASIDE = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}   # its leak check needs what is denied


def element(name, content):
    """An EBML element with a size of eight bytes."""
    return name + (len(content) | 1 << 56).to_bytes(8, "big") + content


def a_hostile_file_ends_its_job(folder, good):
    """Giant pictures, tags in tags, sizes that lie: an index or one clear line, in bounded time."""
    data = good.read_bytes()
    deep = b""
    for _ in range(20000):
        deep = element(b"\x67\xc8", deep[-60000:])
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm"))
    cases = {
        "deep.webm": head + element(b"\x18\x53\x80\x67", element(b"\x12\x54\xc3\x67", deep)),
        "giant.webm": data.replace(b"\xb0\x82\x01\x40", b"\xb0\x82\x40\x00")
                          .replace(b"\xba\x81\xb4", b"\xba\x81\xff"),
        "lies.webm": head + b"\x18\x53\x80\x67\x01" + b"\xff" * 6 + b"\xfe" + data[60:],
        "list.webm": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
    }
    for name, bad in cases.items():
        path = folder / name
        path.write_bytes(bad)
        done = show.crosscut("index", path, "--json", "--sandbox", timeout=60, env=ASIDE)
        answer = json.loads(done.stdout)
        if done.returncode not in (0, 1) or (done.returncode == 1) != ("error" in answer):
            return f"{name}: {done.returncode} {done.stdout}{done.stderr}"
    return None


def starts_inside(process):
    """Whether seccomp holds it, as soon as it does."""
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        if re.search(r"^Seccomp:\s+2$", status, re.M) and "NoNewPrivs:\t1" in status:
            return True
    return False


def it_is_read_inside(folder, good):
    path = folder / "long.webm"
    shutil.copy(good, path)
    os.truncate(path, 1 << 30)   # nothing but a hole: long enough to be looked at
    process = subprocess.Popen([show.CROSSCUT, "index", path, "--sandbox", "--parent",
                                str(os.getpid())], env=ASIDE, stdout=subprocess.DEVNULL)
    try:
        return None if starts_inside(process) else f"ended with {process.returncode}"
    finally:
        process.kill()
        process.wait()


def it_ends_when_it_was_not_started_by_the_parent(good):
    done = show.crosscut("index", good, "--json", "--parent", "1", env=ASIDE)
    if done.returncode != 1 or "has gone" not in json.loads(done.stdout)["error"]:
        return f"{done.returncode} {done.stdout}"
    return None


def a_render_inside_is_the_same_render(folder):
    out = folder / "show"
    before = (out / "program.mp4").read_bytes()
    done = show.crosscut("render", out, *show.SMALL, "--sandbox", env=ASIDE)
    if done.returncode != 0:
        return done.stderr
    return None if (out / "program.mp4").read_bytes() == before else "it differs"


def a_render_by_it_is_the_same_render(folder):
    """The sample show's cameras as a browser would have recorded them."""
    sample = show.sample_show()
    cameras = []
    for number, name in enumerate(["host.mp4", "guest.mov"], 1):
        path = folder / f"cam_{number}.mkv"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", sample / name, "-c:v",
                        "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "libopus", "-ac", "1",
                        "-f", "matroska", "-live", "1", "-cluster_time_limit", "1000", path],
                       check=True)
        cameras.append(path)
    out = folder / "show"
    done = show.crosscut("direct", *cameras, *show.SMALL, "-o", out)
    if done.returncode != 0:
        return done.stderr
    files = ["program.mp4", "shots.json", "highlights.mp4"]
    before = {name: (out / name).read_bytes() for name in files if (out / name).exists()}
    for path in cameras:
        index(path)
    shutil.rmtree(out)
    done = show.crosscut("direct", *cameras, *show.SMALL, "-o", out)
    if done.returncode != 0:
        return done.stderr
    differ = [name for name, data in before.items() if (out / name).read_bytes() != data]
    return f"differ: {differ}" if differ else None


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        paths = [record(folder, name) for name in CODECS]
        tap.run("the sidecar follows its schema", follows_its_schema, paths)
        tap.run("the line says what the manifest needs", the_line_says_what_the_manifest_needs,
                paths)
        tap.run("every keyframe is in it", every_keyframe_is_in_it, paths)
        tap.run("the recording stays as it is", a_recording_stays_as_it_is, paths)
        tap.run("S4 a bad file is one clear line and no sidecar",
                a_bad_file_is_one_clear_line_and_no_sidecar, folder)
        tap.run("a render by it is the same render", a_render_by_it_is_the_same_render, folder)
        tap.run("a render inside the sandbox is the same render",
                a_render_inside_is_the_same_render, folder)
        tap.run("S4 a hostile file ends its job", a_hostile_file_ends_its_job, folder, paths[0])
        tap.run("it is read inside the sandbox", it_is_read_inside, folder, paths[0])
        tap.run("it ends when its parent has gone", it_ends_when_it_was_not_started_by_the_parent,
                paths[0])
    tap.finish()


if __name__ == "__main__":
    main()
