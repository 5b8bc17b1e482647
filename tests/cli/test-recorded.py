"""A show that the studio cut live (H.264 program in two parts with a gap between them, the first torn
by a crash) rendered from its program: every picture must be the recording's, every time too."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from studio_show import (ASIDE, CUTS, GAP_S, RATE, SOURCES, START_MS, Studio, entry, frames,  # noqa: E402
                         record, times)
from tap import Tap  # noqa: E402


def every_frame_is_that_of_the_recording(studio):
    recorded = [frame for path, _ in studio.parts for frame in frames(path)]
    made = frames(studio.program)
    print(f"# {len(made)} frames")
    if len(made) != len(recorded):
        return f"{len(made)} frames, recorded were {len(recorded)}"
    wrong = [i for i, (a, b) in enumerate(zip(made, recorded)) if a != b]
    return f"other frames: {wrong[:5]}" if wrong else None


def every_frame_is_shown_when_it_was(studio):
    recorded = [start + t for path, start in studio.parts for t in times(path)]
    worst = max(abs(a - b) for a, b in zip(times(studio.program), recorded, strict=True))
    print(f"# farthest: {worst * 1000:.1f} ms")
    return f"{worst * 1000:.1f} ms off" if worst > 0.017 else None


def sound_is_in_step_at_the_end(studio):
    for start, end, speaker in reversed(show.truth_turns(studio.sample)):
        in_file = start - show.load(studio.sample / "truth.json")["files"][0]["start"]
        if not GAP_S[1] + 1 < in_file < 31.5 or end - start < 1:
            continue
        path, at = studio.parts[1]
        lag, height = show.lag_s(show.sound(path, in_file - at, 1.2),
                                 show.sound(studio.program, in_file, 1.2))
        print(f"# at {in_file:.1f} s {lag * 1000:+.1f} ms, correlation {height:.2f}")
        bad = height < 0.5 or abs(lag) > 0.020
        return f"{speaker} at {in_file:.1f} s: {lag * 1000:+.1f} ms ({height:.2f})" if bad else None
    return "nobody speaks in the second part: the test proves nothing"


def shots_are_those_of_the_log(studio):
    shots = show.load(studio.folder / "shots.json")
    reasons = {None: None}
    wanted = [(0, "cam_1", "opening")]
    wanted += [(t, source, "speaks" if decision else reasons[None]) for t, source, decision in CUTS]
    found = [(s["t"], s["source"], s.get("reason")) for s in shots["shots"]]
    if abs(shots["start"] - START_MS) > 40 or abs(shots["duration"] - 34000) > 80:
        return f"start {shots['start']}, duration {shots['duration']}"
    moved = [(t - (shots["start"] - START_MS) if t else 0, s, r) for t, s, r in wanted]
    return None if found == moved else f"{found}, wanted {moved}"


def pieces_frames(studio):
    """(number in the program, where it is to lie, first keyframe at or behind the piece's beginning)
    of each frame of the highlights."""
    at, keys = times(studio.program), keyframes(studio.program)
    found = []
    for piece in show.load(studio.folder / "highlights.json")["pieces"]:
        inside = [i for i, t in enumerate(at)
                  if piece["start"] - 0.6 <= t * 1000 < piece["end"] - 0.6]
        copied_from = min((k for k in keys if k >= inside[0]), default=len(at))
        found += [(i, (piece["at"] - piece["start"]) / 1000 + at[i], i >= copied_from)
                  for i in inside]
    return found


def keyframes(path):
    packets = show.probe(path, "-select_streams", "v", "-show_entries", "packet=flags")["packets"]
    return [i for i, p in enumerate(packets) if "K" in p["flags"]]


def highlights_are_the_frames_of_the_program(studio):
    wanted = pieces_frames(studio)
    path = studio.folder / "highlights.mp4"
    program, made = show.frame_codes(studio.program), show.frame_codes(path)
    pieces = len(show.load(studio.folder / "highlights.json")["pieces"])
    print(f"# {pieces} pieces, {len(wanted)} frames, {sum(not c for _, _, c in wanted)} encoded")
    if pieces < 2 or made != [program[i] for i, _, _ in wanted]:
        return f"{pieces} pieces, {len(made)} frames, wanted {len(wanted)}"
    worst = max(abs(a - b) for a, (_, b, _) in zip(times(path), wanted, strict=True))
    return f"a frame is {worst * 1000:.1f} ms off" if worst > 0.002 else None


def only_edges_are_encoded(studio):
    wanted = pieces_frames(studio)
    program, made = frames(studio.program), frames(studio.folder / "highlights.mp4")
    other = [k for k, (i, _, copied) in enumerate(wanted) if copied and made[k] != program[i]]
    edges = sum(not copied for _, _, copied in wanted)
    said = show.load(studio.folder / "report.json")["frames"]
    if other or not edges or said["encoded"] != edges:
        return f"frames {other[:5]} are not copied, {edges} at edges, {said}"
    return None


def highlights_are_in_step(studio):
    piece = show.load(studio.folder / "highlights.json")["pieces"][-1]
    into = (piece["end"] - piece["start"]) / 1000 - 2.0
    lag, height = show.lag_s(show.sound(studio.program, piece["start"] / 1000 + into, 1.2),
                             show.sound(studio.folder / "highlights.mp4", piece["at"] / 1000 + into,
                                        1.2))
    print(f"# {lag * 1000:+.1f} ms, correlation {height:.2f}")
    return f"{lag * 1000:+.1f} ms ({height:.2f})" if height < 0.5 or abs(lag) > 0.020 else None


def the_folder_is_whole(studio):
    done = show.crosscut("verify", studio.folder)
    left = [p.name for p in studio.folder.iterdir() if p.name.startswith(".")]
    names = {f["name"] for f in show.load(studio.folder / "manifest.json")["files"]}
    missing = {"program.mkv", "program.2.mkv", "program.mp4", "shots.json", "program.otio",
               "cam_1.mp4"} - names
    if done.returncode != 0 or left or missing:
        return f"{done.stdout}{done.stderr} left: {left} missing: {missing}"
    return None


def the_library_has_a_picture_and_a_waveform(studio):
    manifest = {f["name"] for f in show.load(studio.folder / "manifest.json")["files"]}
    poster = show.probe(studio.folder / "poster.jpg", "-show_entries", "stream=codec_name,width,height")
    stream = poster["streams"][0]
    wave = show.load(studio.folder / "waveform.json")
    print(f"# {stream}, {len(wave['peaks'])} peaks of {wave['step']} ms, highest {max(wave['peaks'])}")
    if not {"poster.jpg", "waveform.json", "report.json"} <= manifest:
        return f"the manifest names {manifest}"
    if stream["codec_name"] != "mjpeg" or stream["width"] != 640 or stream["height"] != 360:
        return f"{stream}"
    long_enough = abs(len(wave["peaks"]) * wave["step"] - 34000) < 100
    return None if long_enough and 60 < max(wave["peaks"]) <= 255 else f"{wave}"[:200]


def schemas_fit(studio):
    import jsonschema
    import referencing
    schemas = {path.name: show.load(path)
               for path in (show.SOURCE / "docs" / "schemas").glob("*.schema.json")}
    registry = referencing.Registry().with_resources(
        (name, referencing.Resource.from_contents(schema)) for name, schema in schemas.items())
    for name in ("manifest", "shots", "highlights", "waveform", "report"):
        schema = schemas[f"{name}.schema.json"]
        validator = jsonschema.validators.validator_for(schema)(schema, registry=registry)
        validator.validate(show.load(studio.folder / f"{name}.json"))
    return None


def sound_is_copied_when_asked_for(studio):
    studio.render("--audio", "copy")
    streams = show.probe(studio.program, "-show_entries", "stream=codec_name")["streams"]
    if [s["codec_name"] for s in streams][:2] != ["h264", "opus"]:
        return f"{streams}"
    wave = show.load(studio.folder / "waveform.json")["peaks"]
    problem = sound_is_in_step_at_the_end(studio) or highlights_are_in_step(studio)
    studio.render()
    return problem or (None if max(wave) > 20 else f"nothing is heard: {wave[:20]}")


def the_index_lies_in_front(studio):
    head = studio.program.read_bytes()
    streams = show.probe(studio.program, "-show_entries", "stream=codec_name")["streams"]
    names = [s["codec_name"] for s in streams]
    if not 0 < head.find(b"moov") < head.find(b"mdat") or names[:2] != ["h264", "aac"]:
        return f"moov at {head.find(b'moov')}, mdat at {head.find(b'mdat')}, {names}"
    return None


def a_second_render_is_the_same(studio):
    before = studio.program.read_bytes()
    studio.render("--sandbox")
    return None if studio.program.read_bytes() == before else "it differs"


def another_height_is_encoded_and_said(studio):
    studio.render("--from", "program", "--height", "180", "--preset", "ultrafast")
    stream = show.probe(studio.program, "-select_streams", "v", "-show_entries", "stream=height")
    said = any("encoded and not copied" in warning for warning in studio.warnings)
    height = stream["streams"][0]["height"]
    return None if said and height == 180 else f"height {height}, {studio.warnings}"


def other_settings_cut_from_the_cameras(studio):
    studio.render("--set", "min_shot=3", *show.SMALL)
    marks = [s["t"] for s in show.load(studio.folder / "shots.json")["shots"]]
    if marks[1:2] == [CUTS[0][0]]:
        return f"the shots are still those of the show: {marks}"
    done = show.crosscut("render", studio.folder, "--from", "program", "--set", "min_shot=3")
    return None if done.returncode == 2 and "--set" in done.stderr else done.stderr


def without_cameras_the_program_is_there(studio, work):
    bare = Studio(work, "bare")
    bare.files = [f for f in bare.files if f["kind"] == "program"]
    bare.write_manifest()
    bare.render()
    names = {f["name"] for f in show.load(bare.folder / "manifest.json")["files"]}
    said = any("no timelines" in warning for warning in bare.warnings)
    if not said or "program.otio" in names:
        return f"{bare.warnings} {names}"
    return every_frame_is_that_of_the_recording(bare)


def another_codec_is_encoded_once(studio, work):
    codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-g", 2 * RATE]
    other = Studio(work, "vp8", codec).render("--from", "program", *show.SMALL)
    if not any("is not H.264" in warning for warning in other.warnings):
        return f"nothing is said: {other.warnings}"
    made = show.frame_codes(other.program)
    recorded = show.frame_codes(studio.sample / "host.mp4")
    off = [i for i, code in enumerate(made[:14 * RATE]) if code and abs(code[1] - recorded[i][1]) > 1]
    return f"frames {off[:5]} are others" if off or not any(made) else None


def cameras_are_encoded_once(studio, work):
    """As large as the program and no H.264: their files are encoded anyway, and the program is copied
    from those, frame for frame as when it is encoded for itself (which another size makes it)."""
    codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", "-g", 2 * RATE]
    two = Studio(work, "once", codec, sources=SOURCES[:2])
    two.files = []
    for source, name in (("cam_1", "host.mp4"), ("cam_2", "third.mp4")):
        path = record(two.folder / f"{source}_iso.webm", studio.sample / name, 0, 34, codec)
        two.files.append(entry(path, "iso", source, START_MS))
    two.write_manifest()
    seen = {}
    for height in (360, 358):
        two.render("--height", height, "--preset", "superfast")
        way = show.load(two.folder / "report.json")["pictures"]
        seen[way] = [show.frame_codes(two.folder / name) for name in ("program.mp4", "highlights.mp4")]
    if set(seen) != {"shared", "encoded"}:
        return f"{set(seen)}"
    print(f"# {len(seen['shared'][0])} and {len(seen['shared'][1])} frames")
    return None if seen["shared"] == seen["encoded"] else "other frames"


def state_of(studio, *names):
    """Which very files these are."""
    return [((studio.folder / n).stat().st_ino, (studio.folder / n).stat().st_mtime_ns) for n in names]


def level_db(path):
    import numpy
    heard = show.sound(path, 0, 8)
    return 10 * numpy.log10(numpy.mean(numpy.square(numpy.asarray(heard, float))))


def only_highlights_are_made_again(studio, work):
    """Other pieces, from the program that there is: as a render of all of it makes them."""
    other = Studio(work, "pieces")
    pieces = ["--pieces", "2-6.5,21-25"]
    del other.files[2:]
    other.write_manifest()
    whole = show.crosscut("render", other.folder, *pieces, env=ASIDE)
    path = other.folder / "highlights.mp4"
    wanted, level = frames(path), level_db(path)
    other.render()
    kept = state_of(other, "program.mp4", "shots.json", "poster.jpg", "waveform.json")
    done = show.crosscut("render", other.folder, "--only", "highlights", *pieces, env=ASIDE)
    made = frames(path)
    names = {f["name"] for f in show.load(other.folder / "manifest.json")["files"]}
    print(f"# {len(made)} frames, {level_db(path) - level:+.2f} dB, "
          f"{show.load(other.folder / 'report.json')['highlights']}")
    if whole.returncode or done.returncode or made != wanted or abs(level_db(path) - level) > 0.1:
        return f"{whole.stderr} {done.stderr} {len(made)} frames, wanted {len(wanted)}"
    if kept != state_of(other, "program.mp4", "shots.json", "poster.jpg", "waveform.json"):
        return "what was to stay was written"
    checked = show.crosscut("verify", other.folder)
    return None if checked.returncode == 0 and "program.mp4" in names else checked.stdout


def timelines_are_made_when_cameras_come(studio, work):
    late = Studio(work, "late")
    files, late.files = late.files, [f for f in late.files if f["kind"] == "program"]
    late.write_manifest()
    late.render()
    kept = state_of(late, "program.mp4", "highlights.mp4", "shots.json")
    manifest = show.load(late.folder / "manifest.json")
    manifest["files"] += [f for f in files if f["kind"] == "iso"]
    (late.folder / "manifest.json").write_text(json.dumps(manifest))
    late.render("--only", "timelines")
    names = {f["name"] for f in show.load(late.folder / "manifest.json")["files"]}
    wanted = {"program.otio", "program.edl", "cam_1.mp4", "cam_2.mp4", "program.mp4", "highlights.mp4"}
    said = [w for w in show.load(late.folder / "report.json")["warnings"] if "no timelines" in w]
    if wanted - names or said or kept != state_of(late, "program.mp4", "highlights.mp4", "shots.json"):
        return f"missing {wanted - names}, {said}"
    checked, cameras = show.crosscut("verify", late.folder), state_of(late, "cam_1.mp4")
    late.render("--only", "timelines")
    if checked.returncode or cameras != state_of(late, "cam_1.mp4"):
        return f"a camera's file that is there was made again; {checked.stdout}"
    timelines = [f"program.{kind}" for kind in ("otio", "fcpxml", "edl", "mlt")]
    before = [(late.folder / name).read_bytes() for name in timelines]
    late.render()
    after = [(late.folder / name).read_bytes() for name in timelines]
    return None if before == after else "others than when the cameras are there at once"


def only_a_part_keeps_the_program(studio, work):
    for options in (("--only", "highlights", "--set", "min_shot=3"), ("--only", "timelines", "--cut", "a")):
        done = show.crosscut("render", studio.folder, *options)
        if done.returncode != 2 or "--only" not in done.stderr:
            return f"{options}: {done.returncode} {done.stderr}"
    bare = Studio(work, "unrendered")
    done = show.crosscut("render", bare.folder, "--only", "timelines")
    return None if done.returncode == 1 and "no program.mp4" in done.stderr else done.stderr


def sound_is_the_same_left_and_right(studio, work):
    """One voice is encoded for both channels, and every decoder is to hear it in both."""
    import numpy
    for path in (studio.program, studio.folder / "highlights.mp4"):
        done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "f32le", "-"],
                              stdout=subprocess.PIPE, check=True)
        both = numpy.frombuffer(done.stdout, numpy.float32).reshape(-1, 2)
        stream = show.probe(path, "-select_streams", "a", "-show_entries",
                            "stream=channels,profile")["streams"][0]
        if stream != {"profile": "LC", "channels": 2} or not numpy.array_equal(both[:, 0], both[:, 1]):
            return f"{path.name}: {stream}, {numpy.abs(both[:, 0] - both[:, 1]).max()} apart"
        if numpy.abs(both).max() < 0.05:
            return f"{path.name}: silence"
    return None


def a_cut_uses_the_cameras_of_the_show(studio, work):
    done = show.crosscut("render", studio.folder, "--cut", "calm", "--set", "min_shot=3", *show.SMALL,
                         env=ASIDE)
    cut = studio.folder / "cuts" / "calm"
    line = (cut / "program.otio").read_text()
    if done.returncode or (cut / "cam_1.mp4").exists() or str(studio.folder) in line:
        return f"{done.stderr} {[p.name for p in cut.iterdir()]}"
    return None if "../../cam_1.mp4" in line else "the timeline names another file"


def no_program_is_an_error(studio, work):
    folder = work / "none"
    folder.mkdir()
    manifest = show.load(studio.folder / "manifest.json")
    manifest["files"] = []
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = show.crosscut("render", folder, "--from", "program")
    return None if done.returncode == 1 and "no recorded program" in done.stderr else done.stderr


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        studio = Studio(work).render()
        for test in (every_frame_is_that_of_the_recording, every_frame_is_shown_when_it_was,
                     sound_is_in_step_at_the_end, shots_are_those_of_the_log,
                     highlights_are_the_frames_of_the_program, only_edges_are_encoded,
                     highlights_are_in_step, the_folder_is_whole, the_index_lies_in_front,
                     the_library_has_a_picture_and_a_waveform, schemas_fit,
                     sound_is_copied_when_asked_for,
                     a_second_render_is_the_same, another_height_is_encoded_and_said,
                     other_settings_cut_from_the_cameras):
            tap.run(test.__name__.replace("_", " "), test, studio)
        for test in (without_cameras_the_program_is_there, another_codec_is_encoded_once,
                     cameras_are_encoded_once, only_highlights_are_made_again,
                     timelines_are_made_when_cameras_come, only_a_part_keeps_the_program,
                     sound_is_the_same_left_and_right, a_cut_uses_the_cameras_of_the_show,
                     no_program_is_an_error):
            tap.run(test.__name__.replace("_", " "), test, studio, work)
    tap.finish()


if __name__ == "__main__":
    main()
