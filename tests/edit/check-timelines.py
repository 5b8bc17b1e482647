"""Timelines as real readers understand them: OpenTimelineIO with its adapters, and melt.

Random programs over three cameras at all rates; each clip's place, length and first frame is
compared with what the rule says, computed here anew in fractions. melt renders one that is cut from
numbered pictures, and the number in every frame is read back.

Usage: check-timelines.py WRITE-TIMELINE-PROGRAM
"""
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

SOURCE = os.environ.get("CROSSCUT_SOURCE", os.getcwd())
VENV = os.environ.get("CROSSCUT_VENV", os.path.join(SOURCE, "build", "venv"))
VENV_PYTHON = os.path.join(VENV, "bin", "python3")
WRITER = os.path.abspath(sys.argv[1])

RATES = [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1)]
TIE = Fraction(1, 1000000)
LABELS = {"cam_1": 'Host & "friends" <1>', "cam_2": "Gäste", "a.very_long-name": "Wide"}


# ---- programs ----


def frame_ms(rate, frame):
    return math.floor(Fraction(frame * 1000 * rate[1], rate[0]) + Fraction(1, 2))


def make_program(seed, rate, media_rates, frames=900, sound=None, longest=120):
    """A program of random shots, some of a source without a file or beyond its end."""
    rng = random.Random(seed)
    media = []
    for index, (source, label) in enumerate(LABELS.items()):
        media.append({
            "source": source, "label": label, "path": f"media/take {index + 1} #ä.mp4",
            "start_s": [0.0, 1.2345, -3.7][index], "drift_ppm": [0.0, 60.0, -120.0][index],
            "duration": frame_ms(rate, frames) + [2000, -3000, 9000][index],
            "rate": media_rates[index], "width": 1920, "height": 1080, "audio": True,
        })
    shots, at, last = [], 0, None
    names = list(LABELS) + ["cam_2", ""]
    while at < frames:
        source = rng.choice([name for name in names if name != last])
        shots.append({"t": frame_ms(rate, at), "source": source, "reason": "speaks", "frame": at})
        at += rng.choice([1, 2, 7, 23, longest // 3, longest // 2, longest])
        last = source
    program = {"rate": rate, "start": 617, "duration": frame_ms(rate, frames), "shots": shots}
    return {"name": "A <show> & more", "program": program, "media": media, "sound": sound,
            "width": 1920, "height": 1080, "frames": frames}


def shown_frame(what, media, frame):
    """The media frame that a program frame shows: nearest, the earlier of two; None: no picture."""
    rate = what["program"]["rate"]
    session = Fraction(what["program"]["start"], 1000) + Fraction(frame * rate[1], rate[0])
    drift = 1 + Fraction(str(media["drift_ppm"])) / 1000000
    at = (session - Fraction(str(media["start_s"]))) * drift * Fraction(*media["rate"])
    number = math.ceil(at - Fraction(1, 2) - TIE)
    return number if 0 <= number < media_frames(media) else None


def media_frames(media):
    return math.floor(Fraction(media["duration"], 1000) * Fraction(*media["rate"])
                      + Fraction(1, 2))


def expected_clips(what):
    """[(first program frame, frames, media or None, first media frame)] by looking at each frame."""
    by_source = {media["source"]: media for media in what["media"]}
    clips = []
    for index, shot in enumerate(what["program"]["shots"]):
        later = what["program"]["shots"][index + 1:]
        end = later[0]["frame"] if later else what["frames"]
        media = by_source.get(shot["source"])
        first = None
        for frame in range(shot["frame"], end):
            number = shown_frame(what, media, frame) if media else None
            if first is not None and (first[3] is None) == (number is None):
                first[1] += 1
                continue
            first = [frame, 1, media if number is not None else None, number]
            clips.append(first)
    return clips


def write(what, kind):
    result = subprocess.run([WRITER, kind], input=json.dumps(what), capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        raise AssertionError(f"write-timeline {kind}: {result.stderr}")
    return result.stdout


def same(got, wanted, where):
    if got != wanted:
        raise AssertionError(f"{where}: got {got}, expected {wanted}")


def url_of(path):
    return path.replace(" ", "%20").replace("#", "%23").replace("ä", "%C3%A4")


# ---- readers ----


def whole(time, rate, where):
    value = time.value * (rate[0] / rate[1]) / time.rate
    if abs(value - round(value)) > 1e-6:
        raise AssertionError(f"{where}: {value} is no whole frame")
    return round(value)


def check_otio(what):
    import opentimelineio as otio
    timeline = otio.adapters.read_from_string(write(what, "otio"), "otio_json")
    rate = what["program"]["rate"]
    same(timeline.name, what["name"], "name")
    tracks = list(timeline.tracks)
    same([track.kind for track in tracks], ["Video", "Audio"], "tracks")
    for track in tracks[:1] if what["sound"] else tracks:
        items = list(track)
        wanted = expected_clips(what)
        same(len(items), len(wanted), "clips")
        for item, (first, frames, media, number) in zip(items, wanted):
            where = f"{track.kind} clip at {first}"
            place = track.range_of_child(item)
            same(whole(place.start_time, rate, where), first, where)
            same(whole(place.duration, rate, where), frames, where)
            same(isinstance(item, otio.schema.Gap), media is None, where)
            if media is None:
                continue
            same(item.source_range.start_time.value, number, where)
            same(abs(item.source_range.start_time.rate - media["rate"][0] / media["rate"][1])
                 < 1e-9, True, where)
            same(item.name, media["label"], where)
            same(item.media_reference.target_url, url_of(media["path"]), where)
            same(item.media_reference.available_range.duration.value, media_frames(media), where)
    if what["sound"]:
        sound = list(tracks[1])
        same(len(sound), 1, "sound clips")
        same(whole(sound[0].duration(), rate, "sound"), what["frames"], "sound")
        same(sound[0].media_reference.target_url, what["sound"], "sound")


def in_program_frames(what, media, number):
    """For formats with one rate: the frame of the program's whose time is nearest."""
    rate = Fraction(*what["program"]["rate"])
    if rate == Fraction(*media["rate"]):
        return number
    return math.ceil(number / Fraction(*media["rate"]) * rate - Fraction(1, 2) - TIE)


def check_edl(what):
    import opentimelineio as otio
    rate = what["program"]["rate"]
    text = write(what, "edl")
    same("FCM: NON-DROP FRAME" in text, True, "FCM")
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=rate[0] / rate[1])
    hour = 3600 * math.ceil(Fraction(*rate))
    video = [track for track in timeline.tracks if track.kind == "Video"]
    same(len(video), 1, "video tracks")
    at = 0
    items = []
    for item in video[0]:
        frames = whole(item.duration(), rate, "EDL")
        items.append((at, frames, item))
        at += frames
    same(whole(video[0].source_range.start_time, rate, "EDL") * -1 in (hour, -hour), True, "start")
    wanted = expected_clips(what)
    same(len(items), len(wanted), "events")
    for (got, got_frames, item), (first, frames, media, number) in zip(items, wanted):
        where = f"event at {first}"
        same((got, got_frames), (first, frames), where)
        if media is None:
            same(item.media_reference.generator_kind, "black", where)
            continue
        same(whole(item.source_range.start_time, rate, where),
             in_program_frames(what, media, number), where)
        same(item.name, media["label"], where)
    reels = {line.split()[1] for line in text.splitlines() if line[:3].isdigit()}
    same(all(len(reel) <= 8 for reel in reels), True, f"reels {reels}")
    for media in what["media"]:
        if any(clip[2] is media for clip in wanted):
            same(f"* SOURCE FILE: {media['path']}" in text, True, media["path"])
    audio = [track for track in timeline.tracks if track.kind == "Audio"]
    same(len(audio), 2, "sound tracks")
    if what["sound"]:
        for track in audio:
            same([whole(clip.duration(), rate, "sound") for clip in track], [what["frames"]], "sound")


def seconds(text):
    return Fraction(text[:-1]) if text else Fraction(0)


def check_fcpxml(what):
    import opentimelineio as otio
    text = write(what, "fcpxml")
    rate = Fraction(*what["program"]["rate"])
    root = ElementTree.fromstring(text)
    same((root.tag, root.get("version")), ("fcpxml", "1.9"), "root")
    assets = {asset.get("id"): asset for asset in root.iter("asset")}
    spine = list(root.find(".//spine"))
    wanted = expected_clips(what)
    same(len(spine), len(wanted), "items")
    for element, (first, frames, media, number) in zip(spine, wanted):
        where = f"{element.tag} at {first}"
        same(seconds(element.get("offset")) * rate, first, where)
        same(seconds(element.get("duration")) * rate, frames, where)
        same(element.tag, "gap" if media is None else "asset-clip", where)
        if media is None:
            continue
        same(seconds(element.get("start")) * Fraction(*media["rate"]), number, where)
        asset = assets[element.get("ref")]
        same(asset.get("name"), media["label"], where)
        same(asset.find("media-rep").get("src"), "./" + url_of(media["path"]), where)
        same(seconds(asset.get("duration")) * Fraction(*media["rate"]), media_frames(media), where)
        same(element.get("srcEnable"), "video" if what["sound"] else None, where)
        slower = element.find("conform-rate")
        same(slower is not None, Fraction(*media["rate"]) != rate, where)
    sounds = [clip for clip in root.iter("asset-clip") if clip.get("lane") == "-1"]
    same(len(sounds), 1 if what["sound"] else 0, "sound clips")
    for clip in sounds:
        same(seconds(clip.get("duration")) * rate, what["frames"], "sound")
        same(clip.get("offset"), spine[0].get("start"), "sound begins with the program")

    # The adapter counts in whole-number rates, so only what it finds is compared, not where.
    library = otio.adapters.read_from_string(text, "fcpx_xml")
    timeline = library[0]
    names = [clip.name for track in timeline.tracks for clip in track
             if isinstance(clip, otio.schema.Clip) and track.name == "0"]
    labels = [media["label"] for _, _, media, _ in wanted if media]
    own_rate = all(Fraction(*media["rate"]) == rate for media in what["media"])
    same(names if own_rate else sorted(names), labels if own_rate else sorted(labels), "names")


# ---- numbered pictures ----

BITS = 12


def make_numbered(path, camera, rate, frames):
    """Sixteen blocks: twelve of the frame's number, four of the camera's."""
    lum = (f"if(if(lt(X,96),mod(floor(N/pow(2,floor(X/8))),2),"
           f"mod(floor({camera}/pow(2,floor((X-96)/8))),2)),235,16)")
    seconds_long = frames * rate[1] / rate[0]
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"color=black:s=128x72:r={rate[0]}/{rate[1]},format=yuv420p,"
                    f"geq=lum='{lum}':cb=128:cr=128",
                    "-f", "lavfi", "-i", f"sine={200 * camera}:r=48000",
                    "-frames:v", str(frames), "-t", f"{seconds_long + 0.01:.3f}",
                    "-c:v", "libx264", "-threads", "1", "-preset", "ultrafast", "-crf", "12",
                    "-g", "48", "-bf", "2", "-c:a", "aac", path], check=True)


def read_numbers(path):
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray",
                          "-vsync", "0", "-"], capture_output=True, check=True).stdout
    size = 128 * 72
    numbers = []
    for at in range(0, len(raw) - size + 1, size):
        row = raw[at + 36 * 128:at + 37 * 128]
        bits = [row[block * 8 + 4] > 128 for block in range(16)]
        number = sum(bit << index for index, bit in enumerate(bits[:BITS]))
        camera = sum(bit << index for index, bit in enumerate(bits[BITS:]))
        numbers.append((camera, number))
    return numbers


def make_real(folder, rate, media_rates, frames, sound):
    what = make_program(7, rate, media_rates, frames, sound, longest=23)
    long_s = frames * rate[1] / rate[0] + 0.5
    for index, media in enumerate(what["media"]):
        length = math.ceil(long_s * media_rates[index][0] / media_rates[index][1])
        media["path"] = f"take {index + 1} &.mp4"
        media["start_s"] = [0.5, 0.25, 0.9][index]
        media["duration"] = round(1000 * length * media_rates[index][1] / media_rates[index][0])
        make_numbered(os.path.join(folder, media["path"]), index + 1, media_rates[index], length)
    if sound:
        shutil.copy(os.path.join(folder, what["media"][0]["path"]), os.path.join(folder, sound))
    what["width"], what["height"] = 128, 72
    return what


def render_with_melt(what, folder):
    path = os.path.join(folder, "program.mlt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(write(what, "mlt"))
    rendered = os.path.join(folder, "rendered.mkv")
    subprocess.run(["melt", path, "-consumer", f"avformat:{rendered}", "vcodec=ffv1",
                    "acodec=pcm_s16le", "real_time=-1", "pix_fmt=yuv420p"],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return read_numbers(rendered)


def check_pictures(rate, media_rates, sound):
    """Every frame of a clip at the program's own rate; the first of each at another."""
    with tempfile.TemporaryDirectory() as folder:
        what = make_real(folder, rate, media_rates, 140, sound)
        numbers = render_with_melt(what, folder)
        same(len(numbers), what["frames"], "frames rendered")
        camera_of = {media["source"]: index + 1 for index, media in enumerate(what["media"])}
        shown = 0
        for first, frames, media, number in expected_clips(what):
            if media is None:
                same(numbers[first], (0, 0), f"gap at {first}")
                continue
            own_rate = Fraction(*media["rate"]) == Fraction(*rate)
            for step in range(frames if own_rate else 1):
                shown += 1
                got = numbers[first + step]
                where = f"program frame {first + step}"
                same(got[0], camera_of[media["source"]], where)
                # A faster file has frames that no frame of the program names.
                slack = 1 if Fraction(*media["rate"]) > Fraction(*rate) else 0
                if abs(got[1] - (number + step)) > slack:
                    raise AssertionError(f"{where}: got {got[1]}, expected {number + step}")
        if shown < (60 if len(set(media_rates)) == 1 else 4):
            raise AssertionError(f"only {shown} frames compared")


# ---- tests ----


def for_all_rates(check):
    def run():
        for seed, rate in enumerate(RATES):
            for sound in (None, "program.mp4"):
                check(make_program(seed, rate, [rate] * 3, sound=sound))
    return run


def for_mixed_rates(check):
    def run():
        for seed, rate in enumerate(RATES):
            check(make_program(100 + seed, rate, [(25, 1), (30000, 1001), (60, 1)]))
    return run


def melt_shows(rate, media_rates=None, sound=None):
    return lambda: check_pictures(rate, media_rates or [rate] * 3, sound)


TESTS = [
    ("otio is frame-exact at all rates", for_all_rates(check_otio), "venv"),
    ("otio names the frame of files of another rate", for_mixed_rates(check_otio), "venv"),
    ("edl is frame-exact at all rates", for_all_rates(check_edl), "venv"),
    ("edl names the nearest frame of files of another rate", for_mixed_rates(check_edl), "venv"),
    ("fcpxml is frame-exact at all rates", for_all_rates(check_fcpxml), "venv"),
    ("fcpxml names the frame of files of another rate", for_mixed_rates(check_fcpxml), "venv"),
    ("melt shows each frame at 23.976", melt_shows((24000, 1001)), "melt"),
    ("melt shows each frame at 25", melt_shows((25, 1), sound="mix.mp4"), "melt"),
    ("melt shows each frame at 29.97", melt_shows((30000, 1001), sound="mix.mp4"), "melt"),
    ("melt shows each frame at 60", melt_shows((60, 1)), "melt"),
    ("melt shows files of other rates", melt_shows((30, 1), [(25, 1), (30000, 1001), (60, 1)]),
     "melt"),
]


def missing(need):
    if need == "venv":
        try:
            import opentimelineio
            names = opentimelineio.adapters.available_adapter_names()
            if not {"cmx_3600", "fcpx_xml"} <= set(names):
                return "opentimelineio's adapters (make test-deps)"
        except ImportError:
            return "opentimelineio (make test-deps)"
        return None
    absent = [tool for tool in ("melt", "ffmpeg") if shutil.which(tool) is None]
    return f"{' and '.join(absent)} (make test-deps)" if absent else None


def main():
    if os.path.exists(VENV_PYTHON) and os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        os.execv(VENV_PYTHON, [VENV_PYTHON] + sys.argv)
    print(f"1..{len(TESTS)}", flush=True)
    failed = 0
    for number, (name, test, need) in enumerate(TESTS, 1):
        lacks = missing(need)
        if lacks:
            print(f"ok {number} {name} # SKIP needs {lacks}", flush=True)
            continue
        try:
            test()
            print(f"ok {number} {name}", flush=True)
        except Exception as error:  # a reader that falls over is a failure like any other
            failed += 1
            print(f"not ok {number} {name}", flush=True)
            print(f"# {type(error).__name__}: {error}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
