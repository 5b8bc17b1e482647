"""What goes in wrong comes out as one line that names the file and the way out, and nothing is
left half-written; what is merely poor is a warning."""
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from tap import Tap  # noqa: E402

SANITISED = b"__asan_init" in show.CROSSCUT.read_bytes()
PROGRAM_LIMIT_BYTES = 12_000_000   # only program.mp4 at this quality is larger
SOUND_LIMIT_BYTES = 1_500_000      # what is kept of the sound meanwhile is larger, too


def contents(folder):
    """Every file below a folder with its bytes, or None when it is not there."""
    if not folder.exists():
        return None
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None
            for p in sorted(folder.rglob("*"))}


class Room:
    """Where the tests work: good recordings, and room for bad ones."""

    def __init__(self, work):
        self.work = Path(work)
        self.recordings = show.sample_show()
        self.host = self.recordings / "host.mp4"
        self.guest = self.recordings / "guest.mov"

    def file(self, name, data=b""):
        path = self.work / name
        path.write_bytes(data)
        return path

    def ffmpeg(self, name, *options):
        path = self.work / name
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, options), path],
                       check=True)
        return path


def fails(arguments, status, name, output, out_before=None, **more):
    """A complaint, or None when the command fails as it should: its status, one line that has
    `name` in it and says what to do, and the output as it was."""
    done = show.crosscut(*arguments, **more)
    lines = done.stderr.strip().splitlines()
    if done.returncode != status:
        return f"exit {done.returncode}, expected {status}: {done.stdout}{done.stderr}"
    if len(lines) != 1:
        return f"{len(lines)} lines on standard error:\n{done.stderr}"
    if str(name) not in lines[0]:
        return f"does not name {name}: {lines[0]}"
    if status == 1 and not re.search(r"[;,] \w+ .*\w|: [a-z]+ .* (or|again|first)", lines[0]):
        return f"does not say what to do: {lines[0]}"
    if contents(output) != out_before:
        return f"left behind: {sorted((contents(output) or {}))}"
    return None


def direct_fails(room, bad, status=1, name=None):
    out = room.work / "out"
    return fails(["direct", room.host, bad, "-o", out], status, name or bad, out)


# ---- exit 1: the world is not as it should be ----

def missing_file(room):
    return direct_fails(room, room.work / "nobody.mp4")


def a_folder(room):
    folder = room.work / "folder.mp4"
    folder.mkdir()
    return direct_fails(room, folder)


def an_empty_file(room):
    return direct_fails(room, room.file("empty.mp4"))


def a_truncated_mp4(room):
    """The index at the end is missing."""
    late = room.ffmpeg("late.mp4", "-i", room.host, "-t", "5", "-c", "copy")
    data = late.read_bytes()
    return direct_fails(room, room.file("truncated.mp4", data[:len(data) // 2]))


def an_mp4_cut_off_in_its_data(room):
    """The index is at the front, half of what it names is missing."""
    data = room.host.read_bytes()
    return direct_fails(room, room.file("half.mp4", data[:len(data) // 2]))


def a_text_file(room):
    return direct_fails(room, room.file("letter.mp4", b"Dear camera,\nhow are you?\n" * 50))


def random_bytes(room):
    return direct_fails(room, room.file("noise.mp4", os.urandom(50000)))


def a_file_without_frames(room):
    return direct_fails(room, room.ffmpeg("none.mp4", "-f", "lavfi", "-i",
                                          "color=s=320x180:d=1", "-frames:v", "0", "-c:v",
                                          "libx264", "-movflags", "+empty_moov"))


def a_picture_that_claims_to_be_giant(room):
    """A few kilobytes whose header says 16,384 pixels each way (ids PixelWidth, PixelHeight)."""
    small = room.ffmpeg("small.mkv", "-f", "lavfi", "-i", "color=s=320x320:d=1", "-c:v", "vp8")
    data = small.read_bytes()
    for tag in (b"\xb0", b"\xba"):
        if data.count(tag + b"\x82\x01\x40") != 1:
            return "the header is not as expected"
        data = data.replace(tag + b"\x82\x01\x40", tag + b"\x82\x40\x00")
    return direct_fails(room, room.file("giant.mkv", data))


def a_recording_that_claims_to_last_for_years(room):
    return direct_fails(room, room.ffmpeg(
        "years.mkv", "-f", "lavfi", "-i", "color=s=64x64:r=10:d=2", "-c:v", "mpeg4", "-bsf:v",
        "setts=ts=TS+gte(N\\,10)*1000000000000"))


def limits_of(process):
    """{name: soft limit} of a running process."""
    text = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
    return {line[:26].strip(): line[26:47].strip() for line in text.splitlines()[1:]}


def recordings_are_read_under_limits(room):
    """No core file with people's pictures in it, and memory that has an end (not where the
    sanitiser's own memory would count)."""
    started = subprocess.Popen([show.CROSSCUT, "direct", room.host, room.guest, "--json", "-o",
                                room.work / "limited"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        started.stdout.readline()   # its first stage: the files are open
        limits = limits_of(started)
    finally:
        started.kill()
        started.communicate(timeout=60)
    data = str((1024 + 2 * 384) << 20)
    wanted = {"Max core file size": "0", "Max data size": "unlimited" if SANITISED else data}
    found = {name: limits[name] for name in wanted}
    return None if found == wanted else f"{found}, expected {wanted}"


def output_below_a_file(room):
    file = room.file("a-file", b"x")
    return fails(["direct", room.host, "-o", file / "show"], 1, file, file / "show")


def output_that_cannot_be_made(room):
    return fails(["direct", room.host, "-o", "/proc/show"], 1, "/proc/show", Path("/proc/show"))


def output_that_is_a_file(room):
    file = room.file("taken", b"x")
    complaint = fails(["direct", room.host, "-o", file], 1, file, room.work / "no-such")
    return complaint or (None if file.read_bytes() == b"x" else "the file was changed")


def direct_with_room_for(room, limit_bytes, out):
    """A limit on the size of a file stands for a full disk: it needs no rights."""
    return show.crosscut("direct", room.host, room.guest, "--preset", "ultrafast", "--crf", "5",
                         "--height", "720", "-o", out,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                               (limit_bytes, limit_bytes)))


def no_room_for_the_program(room):
    out = room.work / "full"
    done = direct_with_room_for(room, PROGRAM_LIMIT_BYTES, out)
    if done.returncode != 1 or not done.stderr.strip():
        return f"exit {done.returncode}: {done.stdout}{done.stderr}"
    if "full" not in done.stderr.splitlines()[-1]:
        return f"does not name the place: {done.stderr}"
    return f"left behind: {sorted(contents(out))}" if contents(out) else None


def no_room_for_what_is_kept_meanwhile(room):
    out = room.work / "no-tmp"
    done = direct_with_room_for(room, SOUND_LIMIT_BYTES, out)
    if done.returncode != 1 or "TMPDIR=" not in done.stderr.splitlines()[-1]:
        return f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return f"left behind: {sorted(contents(out))}" if contents(out) else None


def a_folder_that_holds_a_show(room):
    out = room.work / "held"
    done = show.crosscut("direct", room.host, "--no-render", "-o", out)
    if done.returncode != 0:
        return done.stderr
    before = contents(out)
    complaint = fails(["direct", room.host, "--no-render", "-o", out], 1, out, out, before)
    if complaint:
        return complaint
    done = show.crosscut("direct", room.guest, "--no-render", "--overwrite", "-o", out)
    if done.returncode != 0:
        return done.stderr
    return None if contents(out) != before else "--overwrite changed nothing"


def a_failed_overwrite_keeps_the_old_show(room):
    out = room.work / "kept"
    done = show.crosscut("direct", room.host, "--no-render", "-o", out)
    before = contents(out)
    bad = room.file("bad.mp4", b"no" * 5000)
    return done.stderr if done.returncode else fails(
        ["direct", room.host, bad, "--overwrite", "-o", out], 1, bad, out, before)


def a_log_with_a_wrong_line(room):
    log = room.file("wrong.jsonl", b'{"t":0,"type":"session_start"}\n'
                    b'{"t":"soon","type":"speaking_start","source":"cam_1"}\n')
    done = show.crosscut("cut", log)
    want = 'line 2: "t"'
    return None if done.returncode == 1 and want in done.stderr else \
        f"exit {done.returncode}: {done.stderr}"


def a_folder_without_a_show(room):
    folder = room.work / "plain"
    folder.mkdir()
    for command in (["verify"], ["render"], ["export", "--to", "edl"]):
        complaint = fails([command[0], folder, *command[1:]], 1, folder, folder, {})
        if complaint:
            return f"{command[0]}: {complaint}"
    return None


# ---- exit 2: what was typed cannot be meant ----

USAGE = {
    "a height out of range": ["--height", "20"],
    "a height that is no number": ["--height", "tall"],
    "a crf out of range": ["--crf", "52"],
    "a loudness out of range": ["--loudness", "3"],
    "a setting out of range": ["--set", "min_shot=-1"],
    "an unknown setting": ["--set", "min_shoot=2"],
    "an unknown option": ["--frobnicate"],
    "an option without its value": ["--height"],
    "an unknown mode": ["--mode", "psychic"],
    "a role of an unknown source": ["--role", "cam_9=wide"],
    "an unknown role": ["--role", "cam_1=sofa"],
    "an offset that is no number": ["--offset", "cam_1=later"],
    "an offset of nobody": ["--offset", "cam_7=1"],
}


def usage_fails(room, options):
    out = room.work / "usage"
    done = show.crosscut("direct", room.host, "-o", out, *options)
    if done.returncode != 2:
        return f"exit {done.returncode}: {done.stdout}{done.stderr}"
    if out.exists():
        return "the folder was made"
    what = options[0].lstrip("-").split("=")[0]
    return None if what in done.stderr else f"does not name --{what}: {done.stderr}"


def more_than_sixteen_sources(room):
    files = []
    for i in range(17):
        path = room.work / f"copy-{i}.mp4"
        os.symlink(room.host, path)
        files.append(path)
    done = show.crosscut("direct", *files, "-o", room.work / "many")
    return None if done.returncode == 2 and "16" in done.stderr else \
        f"exit {done.returncode}: {done.stderr}"


def the_same_file_twice(room):
    link = room.work / "same.mp4"
    os.link(room.host, link) if room.host.stat().st_dev == room.work.stat().st_dev else \
        os.symlink(room.host, link)
    for second in (room.host, link):
        complaint = direct_fails(room, second, 2)
        if complaint:
            return complaint
    return None


def no_output_no_files_no_command(room):
    for arguments in (["direct", room.host], ["direct", "-o", room.work / "x"], ["frobnicate"],
                      ["cut"], ["render"], ["verify"], ["export", room.work]):
        done = show.crosscut(*arguments)
        if done.returncode != 2 or not done.stderr.strip():
            return f"{arguments}: exit {done.returncode}: {done.stderr}"
    return None


# ---- exit 0 with a warning ----

def warns(room, out_name, files, *options):
    """(complaint, highlights.json, standard error) of a poor show."""
    out = room.work / out_name
    done = show.crosscut("direct", *files, *show.SMALL, *options, "-o", out)
    if done.returncode != 0:
        return f"exit {done.returncode}: {done.stderr}", None
    if "warning" not in done.stderr.lower():
        return f"no warning: {done.stderr}", None
    if not (out / "program.mp4").exists():
        return "no program.mp4", None
    return None, show.load(out / "highlights.json")


def one_camera_only(room):
    short = room.ffmpeg("one.mp4", "-i", room.host, "-t", "15", "-c", "copy")
    return warns(room, "one", [short])[0]


def two_seconds(room):
    short = room.ffmpeg("short.mp4", "-i", room.host, "-t", "2", "-c", "copy")
    complaint, highlights = warns(room, "two", [short])
    if complaint:
        return complaint
    return None if highlights["note"] and not highlights["pieces"] else f"{highlights}"


def no_speech_at_all(room):
    silent = room.ffmpeg("silent.mp4", "-i", room.host, "-f", "lavfi", "-i",
                         "anoisesrc=a=0.001:r=48000:seed=7", "-map", "0:v", "-map", "1:a", "-t",
                         "12", "-c:v", "copy", "-c:a", "aac")
    complaint, highlights = warns(room, "silence", [silent])
    if complaint:
        return complaint
    return None if highlights["note"] and not highlights["pieces"] else f"{highlights}"


def picture_without_sound_beside_others(room):
    mute = room.ffmpeg("mute.mp4", "-i", room.guest, "-an", "-c:v", "copy", "-t", "14")
    host = room.ffmpeg("with.mp4", "-i", room.host, "-c", "copy", "-t", "14")
    out = room.work / "mute"
    done = show.crosscut("direct", host, mute, *show.SMALL, "--offset", "cam_2=-1.384", "-o", out)
    return None if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"


def what_cannot_be_aligned(room):
    """Another room's noise: no common sound."""
    other = room.ffmpeg("other.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi",
                        "-i", "anoisesrc=a=0.05:r=48000:seed=3", "-t", "20", "-c:v", "libx264",
                        "-preset", "ultrafast", "-c:a", "aac")
    out = room.work / "apart"
    done = show.crosscut("direct", room.host, other, *show.SMALL, "-o", out)
    if done.returncode != 1 or "--offset" not in done.stderr or "other.mp4" not in done.stderr:
        return f"exit {done.returncode}: {done.stderr}"
    return "left behind" if out.exists() else None


def control_c_leaves_no_half_file(room):
    out = room.work / "stopped"
    started = subprocess.Popen([show.CROSSCUT, "direct", room.host, room.guest, "--preset",
                                "slow", "--height", "1080", "-o", out], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(400):   # until it writes
        time.sleep(0.05)
        if started.poll() is not None or (out.exists() and any(
                p.suffix == ".part" or "program" in p.name for p in out.rglob("*"))):
            break
    started.send_signal(signal.SIGINT)
    started.communicate(timeout=120)
    if started.returncode != 130:
        return f"exit {started.returncode}"
    return f"left behind: {sorted(contents(out))}" if out.exists() else None


CHECKS = [
    missing_file, a_folder, an_empty_file, a_truncated_mp4, an_mp4_cut_off_in_its_data,
    a_text_file, random_bytes, a_file_without_frames, a_picture_that_claims_to_be_giant,
    a_recording_that_claims_to_last_for_years, recordings_are_read_under_limits,
    output_below_a_file,
    output_that_cannot_be_made, output_that_is_a_file, no_room_for_the_program,
    no_room_for_what_is_kept_meanwhile,
    a_folder_that_holds_a_show, a_failed_overwrite_keeps_the_old_show, a_log_with_a_wrong_line,
    a_folder_without_a_show, more_than_sixteen_sources, the_same_file_twice,
    no_output_no_files_no_command, one_camera_only, two_seconds, no_speech_at_all,
    picture_without_sound_beside_others, what_cannot_be_aligned, control_c_leaves_no_half_file,
]


def main():
    tap = Tap()
    work = Path(tempfile.mkdtemp(prefix="crosscut-bad-", dir=show.BUILD))
    try:
        for check in CHECKS:
            part = work / check.__name__
            part.mkdir()
            tap.run(check.__name__.replace("_", " "), check, Room(part))
        for name, options in USAGE.items():
            part = work / "usage"
            part.mkdir(exist_ok=True)
            tap.run(name, usage_fails, Room(part), options)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tap.finish()


if __name__ == "__main__":
    main()
