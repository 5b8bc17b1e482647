"""Renders that were ended in the middle go on: what an earlier take finished is not made again, and the
result is that of a render that nobody disturbed."""
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
import redis
import s3
import show
from client import (Client, send_multipart, show_folder, start_show, stop_show,
                    until, wait_complete)
from serve import Studio
from studio_show import ffmpeg
from tap import Tap
from workers import (LEASE, Far, Worker, ask, check_published, render_of, wait_for, wait_render,
                     workers_log)

tap = Tap()
WISH = {"height": 180}
MADE = ("program.mp4", "cam_1.mp4", "cam_2.mp4")


def make_vp9(folder, name, tone):
    """Half a minute that has to be encoded: in two parts."""
    path = Path(folder) / name
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=32", "-f", "lavfi", "-i",
           f"sine=frequency={tone}:duration=32", "-c:v", "libvpx-vp9", "-deadline", "realtime",
           "-cpu-used", "8", "-b:v", "400k", "-g", "60", "-c:a", "libopus", "-ac", "1", "-f", "webm", path)
    return path.read_bytes()


def make_show(studio, recordings):
    """Both cameras are shown, so both are encoded."""
    session = start_show(studio)["sessionId"]
    client = Client(studio, session)
    for name in recordings:
        client.send("record_start", name[:5], file=name, start=0)
    client.send("speaking_start", "cam_1")
    client.send("manual_cut", "cam_1")
    until(lambda: client.clock() > 500)
    client.send("manual_cut", "cam_2")
    for name, data in recordings.items():
        assert send_multipart(studio, session, name, data).status == 201
    client.close()
    stop_show(studio, session)
    wait_complete(studio, session)
    return session


def frames_problem(path, wanted):
    """Each picture is the one that it is in the other file: libx264 itself gives one other bytes now and
    then."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-i", wanted, "-lavfi",
                           "psnr=stats_file=-", "-f", "null", "-"], capture_output=True, text=True,
                          check=True)
    likeness = [float(line.split("psnr_avg:")[1].split()[0]) for line in done.stdout.splitlines()]
    counts = [show.probe(p, "-select_streams", "v", "-count_packets", "-show_entries",
                         "stream=nb_read_packets") for p in (path, wanted)]
    if counts[0] != counts[1] or len(likeness) < 900 or min(likeness) < 35:
        return f"{path.name}: {counts}, {len(likeness)} pictures, as near as {min(likeness)} dB"
    return None


def made(studio, session):
    return {name: show_folder(studio, session) / name for name in MADE}


def kept(studio, session):
    report = json.loads((show_folder(studio, session) / "report.json").read_text())
    return report.get("kept", {"files": [], "parts": 0})


def names_of(path):
    """The list is written whole."""
    try:
        return [part["name"] for part in json.loads(path.read_text())["parts"]]
    except FileNotFoundError:
        return []


def parts_here(studio, session):
    lists = (show_folder(studio, session) / "renders").glob("*/parts/parts.json")
    return [name for path in lists for name in names_of(path)]


def check_gone_on(studio, session, wanted):
    check_published(studio, session)
    found = kept(studio, session)
    tap.note(f"kept: {json.dumps(found)}")
    for name, path in made(studio, session).items():
        problem = frames_problem(path, wanted[name])
        assert problem is None, problem
    return found


def undisturbed(studio, server, recordings):
    session = make_show(studio, recordings)
    ask(studio, session, WISH)
    assert Worker(studio, server, "--once").wait() == 0
    wait_render(studio, session, "done")
    assert kept(studio, session) == {"files": [], "parts": 0}
    return made(studio, session)


def end_after(studio, server, session, number, enough):
    """A worker that gets this signal once so many parts are whole."""
    ask(studio, session, WISH)
    worker = Worker(studio, server)
    wait_for("parts are finished", lambda: len(parts_here(studio, session)) >= enough)
    worker.process.send_signal(number)
    worker.wait()
    assert render_of(studio, session)["state"] != "done", "it was too quick"


def test_killed(studio, server, recordings, wanted):
    session = make_show(studio, recordings)
    end_after(studio, server, session, signal.SIGKILL, 1)
    assert Worker(studio, server, "--once", "--idle", "60").wait() == 0
    wait_render(studio, session, "done")
    found = check_gone_on(studio, session, wanted)
    assert found["parts"] + len(found["files"]) >= 1, found


def test_given_back(studio, server, recordings, wanted):
    """After the first camera is whole: it is one of what was finished."""
    session = make_show(studio, recordings)
    ask(studio, session, WISH)
    first = Worker(studio, server)
    wait_for("a camera is finished", lambda: "cam_1.mp4" in parts_here(studio, session))
    assert first.end() == 0
    assert "job given back" in workers_log(studio)
    assert Worker(studio, server, "--once").wait() == 0
    wait_render(studio, session, "done")
    found = check_gone_on(studio, session, wanted)
    assert "cam_1.mp4" in found["files"], found


def test_damaged(studio, server, recordings, wanted):
    """Bytes that are not those that were kept are made again."""
    session = make_show(studio, recordings)
    end_after(studio, server, session, signal.SIGKILL, 1)
    for path in (show_folder(studio, session) / "renders").glob("*/parts/*.mp4"):
        with open(path, "r+b") as file:
            file.seek(-2000, os.SEEK_END)
            file.write(b"not what was encoded")
    assert Worker(studio, server, "--once", "--idle", "60").wait() == 0
    wait_render(studio, session, "done")
    found = check_gone_on(studio, session, wanted)
    assert found == {"files": [], "parts": 0}, found


def test_other_log(studio, server, recordings):
    """What was made of something else is not taken: the show's log has changed meanwhile."""
    session = make_show(studio, recordings)
    end_after(studio, server, session, signal.SIGKILL, 1)
    path = show_folder(studio, session) / "events.json"
    events = json.loads(path.read_text())
    events.append({**events[-1], "id": "late", "type": "marker", "label": "late",
                   "seq": events[-1]["seq"] + 1})
    path.write_text(json.dumps(events))
    assert Worker(studio, server, "--once", "--idle", "60").wait() == 0
    wait_render(studio, session, "done")
    assert kept(studio, session) == {"files": [], "parts": 0}, kept(studio, session)


def test_server(recordings, wanted):
    """Without workers: the server itself is killed."""
    with Studio() as studio:
        session = make_show(studio, recordings)
        ask(studio, session, WISH)
        wait_for("parts are finished", lambda: parts_here(studio, session))
        studio.kill()
        studio.start()
        wait_render(studio, session, "done")
        found = check_gone_on(studio, session, wanted)
        assert found["parts"] + len(found["files"]) >= 1, found


def parts_there(far, session):
    return {name for name in far.there(session) if "/parts/" in name and name.endswith(".json")}


def test_far(far, recordings, wanted):
    """A machine that is reclaimed, and one that ends without a word; the next knows only object storage."""
    session = make_show(far.studio, recordings)
    ask(far.studio, session, WISH)
    first = far.worker()
    wait_for("a part is in object storage", lambda: parts_there(far, session))
    first.end()
    assert "job given back" in workers_log(far.studio)
    before = parts_there(far, session)
    second = far.worker()
    wait_for("more are", lambda: parts_there(far, session) - before)
    second.kill()
    third = far.worker()
    wait_render(far.studio, session, "done")
    assert third.end() == 0
    found = check_gone_on(far.studio, session, wanted)
    assert found["parts"] + len(found["files"]) >= 1, found
    wait_for("what they left goes", lambda: not any("renders/" in n for n in far.there(session)))


def run_far(recordings, wanted):
    name = "/r11/resume/parts-come-by-object-storage"
    if s3.missing():
        tap.skip(name, s3.missing())
        return
    with redis.Redis() as server, Far(server) as far:
        tap.run(name, test_far, far, recordings, wanted)


def main():
    if redis.missing():
        print(f"1..0 # SKIP {redis.missing()}")
        return
    with tempfile.TemporaryDirectory() as work:
        recordings = {f"cam_{i}_iso.webm": make_vp9(work, f"{i}.webm", 300 * i) for i in (1, 2)}
    with redis.Redis() as server:
        with Studio("--redis", server.url, "--worker-lease", LEASE) as studio:
            wanted = undisturbed(studio, server, recordings)
            for name, test in (("/r11/resume/a-killed-workers-parts-are-taken", test_killed),
                               ("/r11/resume/what-was-given-back-goes-on", test_given_back),
                               ("/r11/resume/damaged-parts-are-made-again", test_damaged)):
                tap.run(name, test, studio, server, recordings, wanted)
            tap.run("/r11/resume/parts-of-another-log-are-not-taken", test_other_log, studio, server,
                    recordings)
            tap.run("/r11/resume/a-killed-servers-parts-are-taken", test_server, recordings, wanted)
            run_far(recordings, wanted)
    tap.finish()


main()
