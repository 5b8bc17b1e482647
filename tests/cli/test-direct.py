"""From recordings to a directed show, and what is in it: the frame codes of the sample show say
which camera and frame each frame of the program really is."""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from tap import Tap  # noqa: E402

SOUND_TOLERANCE_S = 0.020        # from the picture
SOUND_PLACE_TOLERANCE_S = 0.003  # from where the clocks put it
ROLES = ["--role", "cam_4=wide", "--label", "cam_1=Maya"]


class Result:
    """One directed show, and the truth about its recordings."""

    def __init__(self, recordings, folder):
        self.recordings, self.folder = recordings, folder
        self.truth = show.load(recordings / "truth.json")
        self.files = {f["source"]: f for f in self.truth["files"]}
        self.shots = show.load(folder / "shots.json")
        self.manifest = show.load(folder / "manifest.json")
        num, den = self.shots["rate"]
        self.rate = num / den
        self.program = folder / "program.mp4"
        self.codes = show.frame_codes(self.program)
        self.video_start = {s: show.video_start_s(recordings / f["file"])
                            for s, f in self.files.items()}

    def clock(self, source):
        """start, drift_ppm as the manifest has them."""
        for file in self.manifest["files"]:
            if file.get("kind") == "iso" and file.get("source") == source:
                return file["start"] / 1000, file.get("drift_ppm", 0.0)
        raise AssertionError(f"the manifest names no recording of {source}")

    def shot_at(self, frame):
        """The source that shots.json names for a frame of the program."""
        found = None
        for shot in self.shots["shots"]:
            if round(shot["t"] * self.rate / 1000) <= frame:
                found = shot
        return found["source"]

    def session_s(self, frame):
        return self.shots.get("start", 0) / 1000 + frame / self.rate

    def frame_session_s(self, source, number):
        """Where the manifest's clock puts a frame of a recording."""
        start, drift = self.clock(source)
        in_file = self.video_start[source] + number / self.rate
        return start + in_file / (1 + drift * 1e-6)


def every_frame_has_a_code(result):
    unread = [i for i, code in enumerate(result.codes) if code is None]
    return f"{len(unread)} frames unreadable, first {unread[0]}" if unread else None


def length_is_as_promised(result):
    frames = round(result.shots["duration"] * result.rate / 1000)
    if len(result.codes) != frames:
        return f"{len(result.codes)} frames, shots.json promises {frames}"
    return None


def cameras_are_those_of_the_shots(result):
    for frame, code in enumerate(result.codes):
        wanted = result.files[result.shot_at(frame)]["camera"]
        if code is None or code[0] != wanted:
            return f"frame {frame}: camera {code}, shots.json names {wanted}"
    return None


def frames_are_of_the_right_moment(result):
    """Nearest frame by the manifest's clocks, or one that follows on within 3/4 of a frame."""
    worst = 0.0
    for frame, (camera, number) in enumerate(result.codes):
        off = result.frame_session_s(f"cam_{camera}", number) - result.session_s(frame)
        worst = max(worst, abs(off) * result.rate)
        if abs(off) * result.rate > 0.80:
            return f"frame {frame}: camera {camera} frame {number} is {off * 1000:.1f} ms off"
    print(f"# farthest frame: {worst:.2f} of a frame")
    return None


def frames_follow_on_within_a_shot(result):
    jumps = []
    for frame in range(1, len(result.codes)):
        before, here = result.codes[frame - 1], result.codes[frame]
        if before[0] == here[0] and here[1] != before[1] + 1:
            jumps.append(frame)
    return f"repeated or left out at program frames {jumps[:10]}" if jumps else None


def recordings_are_aligned_to_a_frame(result):
    """The manifest's starts against the truth's; both count from the same moment up to a constant,
    taken from cam_1."""
    offs = {}
    for source, file in result.files.items():
        truth_zero = file["start"] - result.video_start[source]
        offs[source] = result.clock(source)[0] - truth_zero
    wrong = {s: o - offs["cam_1"] for s, o in offs.items()
             if abs(o - offs["cam_1"]) > 1 / result.rate}
    print("# off by ms: " + ", ".join(f"{s} {1000 * (o - offs['cam_1']):+.1f}"
                                      for s, o in sorted(offs.items())))
    return f"off by more than a frame: {wrong}" if wrong else None


def sound_fits_the_picture_at_the_end(result):
    """The last long turn whose speaker is on screen: the program's sound against that camera's,
    both counted from the frame that the code names."""
    shift = result.clock("cam_1")[0] - (result.files["cam_1"]["start"]
                                        - result.video_start["cam_1"])
    for start, end, source in reversed(show.truth_turns(result.recordings)):
        start_s = start + shift
        first = int((start_s - result.shots.get("start", 0) / 1000) * result.rate) + 3
        seconds = min(2.5, end - start - 0.2)
        last = first + int(seconds * result.rate)
        camera = result.files[source]["camera"]
        if seconds < 0.8 or first < 0 or last + 3 >= len(result.codes) or any(
                code[0] != camera for code in result.codes[first:last]):
            continue
        number = result.codes[first][1]
        ours = show.sound(result.program, first / result.rate, seconds)
        theirs = show.sound(result.recordings / result.files[source]["file"],
                            number / result.rate, seconds)
        lag, height = show.lag_s(theirs, ours)
        # Up to half a frame of it is the picture's: the program has its frames at its own moments.
        rest = lag - (result.frame_session_s(source, number) - result.session_s(first))
        print(f"# {first / result.rate:.1f} s of {len(result.codes) / result.rate:.1f} s: sound "
              f"{lag * 1000:+.2f} ms from the picture, {rest * 1000:+.2f} ms from its own place "
              f"(correlation {height:.2f})")
        if height < 0.5:
            return f"the sound is not that of {source}: correlation {height:.2f}"
        if abs(lag) > SOUND_TOLERANCE_S or abs(rest) > SOUND_PLACE_TOLERANCE_S:
            return f"{lag * 1000:.1f} ms from the picture, {rest * 1000:.1f} ms from its place"
        return None
    return "no turn whose speaker is on screen"


def the_speaker_is_shown(result):
    """While exactly one person speaks, on the truth: on screen is that person or the wide shot."""
    turns = show.truth_turns(result.recordings)
    shift = result.clock("cam_1")[0] - (result.files["cam_1"]["start"]
                                        - result.video_start["cam_1"])
    alone = shown = 0
    for frame, (camera, _) in enumerate(result.codes):
        t = result.session_s(frame) - shift
        speakers = {source for start, end, source in turns if start <= t < end}
        if len(speakers) == 1:
            alone += 1
            shown += f"cam_{camera}" in speakers
    share = shown / max(alone, 1)
    print(f"# the one who speaks is on screen {share:.1%} of the time")
    return f"only {share:.1%}" if share < 0.7 else None


def streams_are_as_promised(result):
    found = show.probe(result.program, "-show_streams", "-show_format")
    kinds = {s["codec_type"]: s for s in found["streams"]}
    video, audio = kinds["video"], kinds["audio"]
    if (video["codec_name"], video["profile"]) != ("h264", "High"):
        return f"picture is {video['codec_name']} {video['profile']}"
    if (video["width"], video["height"]) != (320, 180):
        return f"picture is {video['width']}×{video['height']}"
    if (audio["codec_name"], audio["sample_rate"], audio["channels"]) != ("aac", "48000", 2):
        return f"sound is {audio['codec_name']} {audio['sample_rate']} {audio['channels']}"
    return None


def index_comes_first(result):
    head = result.program.read_bytes()
    if not 0 < head.find(b"moov") < head.find(b"mdat"):
        return "moov lies behind mdat"
    return None


def loudness_is_as_asked(result):
    done = subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-i", result.program,
                           "-vn", "-af", "ebur128=peak=true", "-f", "null", "-"],
                          stderr=subprocess.PIPE, text=True, check=True)
    summary = done.stderr[done.stderr.rindex("Summary:"):]
    loud = float(re.search(r"I:\s+(-?[\d.]+) LUFS", summary).group(1))
    peak = float(re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary).group(1))
    print(f"# {loud} LUFS, {peak} dBTP")
    if abs(loud + 16) > 0.3 or peak > -1.0:
        return f"{loud} LUFS, true peak {peak}; wanted -16 and at most -1"
    return None


def highlights_are_pieces_of_the_program(result):
    listed = show.load(result.folder / "highlights.json")
    file = result.folder / "highlights.mp4"
    if not listed["pieces"]:
        return None if listed.get("note") and not file.exists() else "no piece and no reason"
    wanted = []
    for piece in listed["pieces"]:
        if abs(piece["at"] * result.rate / 1000 - len(wanted)) > 0.5:
            return f"a piece begins at frame {len(wanted)}, highlights.json says {piece['at']} ms"
        first = round(piece["start"] * result.rate / 1000)
        wanted += result.codes[first:round(piece["end"] * result.rate / 1000)]
    found = show.frame_codes(file)
    if found != wanted:
        at = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b), "the end")
        return f"{len(found)} frames for {len(wanted)}; they differ at {at}"
    return None


def files_are_all_there(result):
    names = {f["name"] for f in result.manifest["files"]}
    wanted = {"events.log", "events.json", "shots.json", "program.mp4", "highlights.json",
              "program.otio", "program.fcpxml", "program.edl"}
    missing = sorted(name for name in wanted
                     if name not in names or not (result.folder / name).exists())
    extra = sorted(p.name for p in result.folder.iterdir()
                   if p.name not in names and p.name != "manifest.json")
    return f"missing {missing}, not in the manifest {extra}" if missing or extra else None


def log_and_array_agree(result):
    lines = [json.loads(line) for line in
             (result.folder / "events.log").read_text().splitlines()]
    array = show.load(result.folder / "events.json")
    if [e["seq"] for e in array] != list(range(1, len(array) + 1)):
        return "events.json is not in the order of seq"
    return None if lines == array else "events.log and events.json differ"


def cut_gives_the_same_shots(result):
    out = result.folder.parent / "again.json"
    done = show.crosscut("cut", result.folder / "events.json", "-o", out)
    if done.returncode != 0:
        return done.stderr
    again = show.load(out)
    same = [(s["t"], s["source"], s["reason"]) for s in again["shots"]] == \
        [(s["t"], s["source"], s["reason"]) for s in result.shots["shots"]]
    return None if same else f"{again['shots']} for {result.shots['shots']}"


def same_input_gives_the_same_decisions(result):
    other = result.folder.parent / "second"
    done = show.crosscut("direct", *[result.recordings / f for f in show.FILES], *ROLES,
                         "--no-render", "-o", other)
    if done.returncode != 0:
        return done.stderr
    for name in ("shots.json", "events.json"):
        a, b = show.load(result.folder / name), show.load(other / name)
        if name == "events.json":   # the show's name is its folder's
            a[0].pop("name", None)
            b[0].pop("name", None)
        if a != b:
            return f"{name} differs"
    if (other / "program.mp4").exists():
        return "--no-render rendered"
    return None


def verify_finds_a_changed_byte(result):
    done = show.crosscut("verify", result.folder)
    if done.returncode != 0:
        return f"whole show: exit {done.returncode}: {done.stdout}{done.stderr}"
    with open(result.program, "r+b") as file:
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))
    done = show.crosscut("verify", result.folder)
    with open(result.program, "r+b") as file:
        file.seek(5000)
        file.write(byte)
    if done.returncode != 1 or "program.mp4" not in done.stdout + done.stderr:
        return f"changed program.mp4: exit {done.returncode}: {done.stdout}{done.stderr}"
    return None


def render_takes_other_settings(result):
    done = show.crosscut("render", result.folder, "--set", "min_shot=4", *show.SMALL)
    if done.returncode != 0:
        return done.stderr
    again = Result(result.recordings, result.folder)
    shots = again.shots["shots"]
    ends = [s["t"] for s in shots[1:]] + [again.shots["duration"]]
    short = [s["t"] for s, end in zip(shots, ends) if end - s["t"] < 4000 and s is not shots[-1]
             and s.get("reason") not in ("lost", "manual")]
    if short and len(short) > 1:   # one more may be cut off by a camera's beginning
        return f"shots under 4 s at {short}"
    return cameras_are_those_of_the_shots(again) or frames_are_of_the_right_moment(again)


def copies_and_cameras_are_whole(result):
    out = result.folder.parent / "copied"
    host = result.recordings / "host.mp4"
    done = show.crosscut("direct", host, result.recordings / "wide.mkv", "--role", "cam_2=wide",
                         *show.SMALL, "--copy", "--per-camera", "-o", out)
    if done.returncode != 0:
        return done.stderr
    if (out / "cam_1_iso.mp4").read_bytes() != host.read_bytes():
        return "the copy differs from the recording"
    for camera, recording in (("cam_1.mp4", "host.mp4"), ("cam_2.mp4", "wide.mkv")):
        if show.frame_codes(out / camera) != show.frame_codes(result.recordings / recording):
            return f"{camera} shows other frames than {recording}"
    if any("path" in file for file in show.load(out / "manifest.json")["files"]):
        return "the manifest names files outside the folder"
    moved = out.with_name("moved")
    out.rename(moved)
    for command in (["verify", moved], ["render", moved, *show.SMALL],
                    ["export", moved, "--to", "otio", "-o", "-"]):
        done = show.crosscut(*command)
        if done.returncode != 0:
            return f"after moving, {command[0]}: {done.stdout}{done.stderr}"
    return None


def a_cut_lies_beside_the_show(result):
    before = {p.name: p.read_bytes() for p in result.folder.iterdir() if p.is_file()}
    done = show.crosscut("render", result.folder, "--cut", "calm", "--set", "min_shot=6",
                         *show.SMALL)
    if done.returncode != 0:
        return done.stderr
    cut = result.folder / "cuts" / "calm"
    if str(cut / "program.mp4") not in done.stdout.splitlines():
        return f"does not say where: {done.stdout}"
    if {p.name: p.read_bytes() for p in result.folder.iterdir() if p.is_file()} != before:
        return "the show has changed"
    settings = show.load(cut / "manifest.json")["settings"]
    if show.load(cut / "shots.json") == result.shots or "6" not in json.dumps(settings):
        return f"not another cut: {settings}"
    for command in (["verify", cut], ["export", cut, "--to", "edl", "-o", "-"]):
        done = show.crosscut(*command)
        if done.returncode != 0:
            return f"{command[0]}: {done.stdout}{done.stderr}"
    return cameras_are_those_of_the_shots(Result(result.recordings, cut))


def a_cut_stays_below_the_show(result):
    for name in ("..", "a/b", "", "x" * 65):
        done = show.crosscut("render", result.folder, "--cut", name)
        if done.returncode != 2 or "--cut" not in done.stderr:
            return f"{name!r}: exit {done.returncode}: {done.stderr}"
    return None


def export_writes_every_format(result):
    for name in ("otio", "fcpxml", "edl", "mlt"):
        done = show.crosscut("export", result.folder, "--to", name, "-o", "-")
        if done.returncode != 0 or not done.stdout.strip():
            return f"{name}: exit {done.returncode}: {done.stderr}"
    return None


def json_lines_are_json(result):
    other = result.folder.parent / "json"
    done = show.crosscut("direct", result.recordings / "host.mp4", "--no-render", "--json", "-o",
                         other)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or not any("file" in line for line in lines):
        return f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return None


def schemas_fit(result):
    import jsonschema
    import referencing
    schemas = {path.name: show.load(path)
               for path in (show.SOURCE / "docs" / "schemas").glob("*.schema.json")}
    registry = referencing.Registry().with_resources(
        (name, referencing.Resource.from_contents(schema)) for name, schema in schemas.items())
    for name in ("manifest", "shots", "highlights", "events"):
        schema = schemas[f"{name}.schema.json"]
        validator = jsonschema.validators.validator_for(schema)(schema, registry=registry)
        validator.validate(show.load(result.folder / f"{name}.json"))
    return None


CHECKS = [
    every_frame_has_a_code, length_is_as_promised, cameras_are_those_of_the_shots,
    frames_are_of_the_right_moment, frames_follow_on_within_a_shot,
    recordings_are_aligned_to_a_frame, sound_fits_the_picture_at_the_end, the_speaker_is_shown,
    streams_are_as_promised, index_comes_first, loudness_is_as_asked,
    highlights_are_pieces_of_the_program, files_are_all_there, log_and_array_agree, schemas_fit,
    cut_gives_the_same_shots, same_input_gives_the_same_decisions, export_writes_every_format,
    json_lines_are_json, verify_finds_a_changed_byte, copies_and_cameras_are_whole,
    a_cut_lies_beside_the_show, a_cut_stays_below_the_show, render_takes_other_settings,
]


# At a rate that is no whole number only what depends on it.
RATE_CHECKS = CHECKS[:7] + [highlights_are_pieces_of_the_program]


def main():
    tap = Tap()
    rate = sys.argv[1] if len(sys.argv) > 1 else None
    checks = RATE_CHECKS if rate else CHECKS
    recordings = show.sample_show("test-show-" + rate.replace("/", "-"), (
        "--minutes", "0.6", "--height", "180", "--fps", rate)) if rate else show.sample_show()
    with tempfile.TemporaryDirectory(prefix="crosscut-direct-", dir=show.BUILD) as work:
        folder = Path(work) / "show"
        done = show.crosscut("direct", *[recordings / f for f in show.FILES], *ROLES, *show.SMALL,
                             "--highlights", "60", "-o", folder)
        if tap.ok(done.returncode == 0, "directs four recordings", done.stdout + done.stderr):
            printed = done.stdout.split("\n")
            tap.ok(str(folder / "program.mp4") in printed, "prints the finished paths",
                   done.stdout)
            result = Result(recordings, folder)
            for check in checks:
                tap.run(check.__name__.replace("_", " "), check, result)
    tap.finish()


if __name__ == "__main__":
    main()
