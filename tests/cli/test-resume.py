"""crosscut render --resume: a render that was ended goes on with what it had finished, and gives what one
gives that nobody ended; with other settings it begins anew."""
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from studio_show import ASIDE, PIECES, Studio  # noqa: E402
from tap import Tap  # noqa: E402

WISH = ["--from", "cameras", "--height", "360", "--per-camera", *PIECES]


def pictures(studio):
    """The number that each picture of the program and of the highlights shows."""
    return [show.frame_codes(studio.folder / name) for name in ("program.mp4", "highlights.mp4")]


def listed(folder):
    try:
        return [part["name"] for part in show.load(folder / "parts.json")["parts"]]
    except FileNotFoundError:
        return []


def render(studio, folder, *more):
    done = show.crosscut("render", studio.folder, *WISH, "--resume", folder, *more, env=ASIDE)
    assert done.returncode == 0, done.stderr
    return show.load(studio.folder / "report.json")


def end_when(studio, folder, good):
    """By Ctrl-C, as soon as this is so."""
    process = subprocess.Popen([show.CROSSCUT, "render", studio.folder, *WISH, "--resume", folder],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=ASIDE)
    while not good(listed(folder)):
        assert process.poll() is None, "it was too quick"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    assert not (studio.folder / ".crosscut.part").exists()


def a_render_goes_on(studio, work):
    report = render(studio, work / "whole")
    wanted = pictures(studio)
    if "kept" in report:
        return f"{report}"
    before = (studio.folder / "manifest.json").read_bytes()
    end_when(studio, work / "ended", lambda names: names)
    if (studio.folder / "manifest.json").read_bytes() != before:
        return "the show was changed"
    report = render(studio, work / "ended")
    print(f"# {report['kept']}")
    return None if pictures(studio) == wanted and report["kept"]["parts"] > 0 else f"{report}"


def a_whole_program_is_taken(studio, work):
    wanted = pictures(studio)
    end_when(studio, work / "program", lambda names: "program.mp4" in names)
    report = render(studio, work / "program")
    print(f"# {report['kept']}")
    if pictures(studio) != wanted:
        return "other files"
    return None if {"program.mp4", "highlights.mp4"} <= set(report["kept"]["files"]) and \
        report["pictures"] == "encoded" else f"{report}"


def other_settings_begin_anew(studio, work):
    end_when(studio, work / "other", lambda names: names)
    report = render(studio, work / "other", "--crf", "30")
    return f"{report}" if "kept" in report else None


def what_is_kept_is_no_harm(studio, work):
    """Nothing of it is left in the show, and the folder may be lost at any time."""
    folder = work / "lost"
    end_when(studio, folder, lambda names: names)
    (folder / "parts.json").write_text("{")
    report = render(studio, folder)
    names = {path.name for path in studio.folder.iterdir()}
    if "kept" in report or any("~" in name or name.startswith(".") for name in names):
        return f"{report} {names}"
    return None


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        studio = Studio(work)
        tap.run("r11 a render that was ended goes on", a_render_goes_on, studio, work)
        tap.run("r11 a whole program is taken", a_whole_program_is_taken, studio, work)
        tap.run("other settings begin anew", other_settings_begin_anew, studio, work)
        tap.run("what is kept is no harm", what_is_kept_is_no_harm, studio, work)
    tap.finish()


main()
