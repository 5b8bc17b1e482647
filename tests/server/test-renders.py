"""Renders of a studio's shows: asked for, seen, cancelled, done again after any end of the server."""
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, recording, send_multipart, show_folder, start_show, stop_show,
                    wait_complete)
from serve import Studio
from tap import Tap

tap = Tap()
SMALL = {"height": 90}
LARGE = {"height": 2160}   # long enough to be caught at it
# The leak check of a sanitised child needs calls that its sandbox denies.
ASIDE = {"ASAN_OPTIONS": "detect_leaks=0"}


def make_recording(folder, name, tone, seconds):
    path = Path(folder) / name
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y",
                    "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=30:duration={seconds}",
                    "-f", "lavfi", "-i", f"sine=frequency={tone}:duration={seconds}",
                    "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "30",
                    "-c:a", "libopus", "-ac", "1", "-f", "matroska", path], check=True)
    return path.read_bytes()


def make_show(studio, recordings):
    """A complete show of these recordings: its id."""
    show = start_show(studio)
    session = show["sessionId"]
    client = Client(studio, session)
    for name in recordings:
        client.send("record_start", name[:5], file=name, start=0)
    client.send("speaking_start", "cam_1")
    for name, data in recordings.items():
        assert send_multipart(studio, session, name, data).status == 201
    client.close()
    stop_show(studio, session)
    wait_complete(studio, session)
    return session


def ask(studio, session, wish=None):
    answer = studio.ask("POST", f"/sessions/{session}/render", wish if wish is not None else SMALL)
    assert answer.status == 202, answer
    return answer.json["render"]


def see(studio, session):
    return studio.ask("GET", f"/sessions/{session}").json


def wait_render(studio, session, *states, seconds=150):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        render = see(studio, session).get("render")
        if render and render["state"] in states:
            return render
        time.sleep(0.05)
    raise AssertionError(f"not {states}: {render}\n{studio.log_text()[-2000:]}")


def children(studio):
    """Pids of the renders of this server, with their niceness."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == studio.process.pid and b"render" in command:
            found[int(stat.parent.name)] = int(fields[16])
    return found


def names(manifest):
    return {f["name"] for f in manifest["files"]}


# ---- what it does ----

def test_a_show_is_rendered(studio, short):
    session = make_show(studio, short)
    assert "render" not in see(studio, session) or see(studio, session)["render"] is None
    assert ask(studio, session)["state"] in ("waiting", "running")
    done = wait_render(studio, session, "done")
    assert done == {"state": "done", "progress": 100.0, "left": 0, "error": None}, done
    manifest = see(studio, session)
    assert {"program.mp4", "shots.json", *short} <= names(manifest), names(manifest)
    assert studio.ask("GET", f"/sessions/{session}/program.mp4").body[4:8] == b"ftyp"
    # A show that was rendered takes late recordings, which leave what was rendered alone.
    late = send_multipart(studio, session, "cam_2_iso.2.mkv", short["cam_2_iso.mkv"])
    assert late.status == 201, late
    assert {"program.mp4", "cam_2_iso.2.mkv"} <= names(see(studio, session))


def test_a_cut_leaves_the_show_alone(studio, short):
    session = make_show(studio, short)
    before = names(see(studio, session))
    wish = {**SMALL, "cut": "calm", "settings": {"preset": "church", "min_shot": 2.5,
                                                 "mode": "causal"}}
    assert ask(studio, session, wish)["cut"] == "calm"
    wait_render(studio, session, "done")
    cut = json.loads((show_folder(studio, session) / "cuts/calm/manifest.json").read_text())
    assert cut["settings"]["min_shot"] == 2.5 and cut["settings"]["mode"] == "causal", cut
    assert names(see(studio, session)) == before


def test_progress_is_told(studio, long):
    session = make_show(studio, long)
    client = Client(studio, session)   # the show is open while somebody looks
    ask(studio, session, LARGE)
    state = client.wait("state", lambda s: (s.get("render") or {}).get("progress", 0) > 0, 60)
    assert state["render"]["state"] == "running", state
    assert list(children(studio).values()) == [10], "it should not take time from a show"
    trash = studio.ask("DELETE", f"/sessions/{session}")
    assert trash.status == 409, trash
    assert studio.ask("DELETE", f"/sessions/{session}/render").status == 204
    client.wait("state", lambda s: s["render"]["state"] == "cancelled", 60)
    client.close()
    wait_childless(studio)
    assert not (show_folder(studio, session) / ".crosscut.part").exists()
    assert "program.mp4" not in names(see(studio, session))


def wait_childless(studio, seconds=30):
    end = time.monotonic() + seconds
    while children(studio):
        assert time.monotonic() < end, "the render did not end"
        time.sleep(0.05)


def test_one_at_a_time(studio, short):
    sessions = [make_show(studio, short) for _ in range(3)]
    for session in sessions:
        ask(studio, session)
    most = 0
    while any(see(studio, s)["render"]["state"] != "done" for s in sessions):
        most = max(most, len(children(studio)))
        time.sleep(0.02)
    assert most == 1, most


# ---- what has to wait ----

def test_shows_come_first(studio, long):
    session = make_show(studio, long)
    running = start_show(studio)["sessionId"]
    assert ask(studio, session, LARGE)["state"] == "waiting"
    time.sleep(1.5)
    assert see(studio, session)["render"]["state"] == "waiting" and not children(studio)
    stop_show(studio, running)
    wait_render(studio, session, "running")
    running = start_show(studio)["sessionId"]
    wait_render(studio, session, "paused")
    stop_show(studio, running)
    wait_render(studio, session, "running", "done")
    studio.ask("DELETE", f"/sessions/{session}/render")
    wait_childless(studio)


def test_late_recordings_come_first(studio, long, short):
    session = make_show(studio, long)
    ask(studio, session, LARGE)
    wait_render(studio, session, "running")
    late = send_multipart(studio, session, "cam_1_iso.2.mkv", short["cam_1_iso.mkv"])
    assert late.status == 201, late
    assert "cam_1_iso.2.mkv" in names(see(studio, session))
    render = wait_render(studio, session, "waiting", "done")
    assert render["error"] is None, render
    assert (show_folder(studio, session) / "cam_1_iso.2.mkv").exists()
    studio.ask("DELETE", f"/sessions/{session}/render")
    wait_childless(studio)


# ---- what is refused, what fails ----

def test_refusals(studio, short):
    running = start_show(studio)["sessionId"]
    answer = studio.ask("POST", f"/sessions/{running}/render", {})
    assert answer.status == 409 and answer.code == "conflict", answer
    stop_show(studio, running)
    none = "0b0e7a3c-0000-4000-8000-000000000001"
    assert studio.ask("POST", f"/sessions/{none}/render", {}).status == 404
    assert studio.ask("DELETE", f"/sessions/{none}/render").status == 404
    session = make_show(studio, short)
    for wish, field in (({"height": 10}, "height"), ({"height": "90"}, "height"),
                        ({"cut": "../x"}, "cut"), ({"cut": 5}, "cut"),
                        ({"settings": []}, "settings"), ({"settings": {"min_shot": -1}}, "settings"),
                        ({"settings": {"none_such": 1}}, "settings"),
                        ({"settings": {"mode": "slow"}}, "settings")):
        answer = studio.ask("POST", f"/sessions/{session}/render", wish)
        assert answer.status == 400 and answer.json["error"]["field"] == field, (wish, answer)
    assert studio.ask("POST", f"/sessions/{session}/render", {}, token=None).status == 401
    guest = studio.ask("POST", f"/sessions/{session}/guests", {"role": "viewer"}).json["token"]
    assert studio.ask("POST", f"/sessions/{session}/render", {}, token=guest).status == 403
    assert studio.ask("DELETE", f"/sessions/{session}/render", token=guest).status == 403
    assert studio.ask("DELETE", f"/sessions/{session}/render").status == 204


def test_what_cannot_be_rendered_says_why(studio):
    session = make_show(studio, {"cam_1_iso.mkv": recording(5000)})
    ask(studio, session)
    end = time.monotonic() + 60
    while not see(studio, session)["render"]["error"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    render = see(studio, session)["render"]
    assert render["state"] == "waiting", "it is tried again"
    assert str(studio.folder) not in render["error"], render
    assert studio.ask("DELETE", f"/sessions/{session}/render").status == 204
    assert see(studio, session)["render"]["state"] == "cancelled"


# ---- ends of the server ----

def test_killed_server_goes_on(studio, long):
    session = make_show(studio, long)
    ask(studio, session, {"height": 270})
    wait_render(studio, session, "running")
    left = children(studio)
    studio.kill()
    studio.start()
    end = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in left):
        assert time.monotonic() < end, "the render outlived its server"
        time.sleep(0.05)
    render = see(studio, session)["render"]
    assert render["state"] == "waiting" and render["error"], render
    wait_render(studio, session, "done")
    assert "program.mp4" in names(see(studio, session))


def test_stopped_server_goes_on(studio, long):
    session = make_show(studio, long)
    ask(studio, session, {"height": 270})
    wait_render(studio, session, "running")
    assert studio.stop() == 0
    studio.start()
    render = see(studio, session)["render"]
    assert render["state"] in ("waiting", "running", "done") and not render["error"], render
    wait_render(studio, session, "done")


def test_auto_render(short):
    with Studio("--auto-render", "on", environment=ASIDE) as studio:
        session = make_show(studio, short)
        wait_render(studio, session, "done")
        assert "program.mp4" in names(see(studio, session))


def main():
    with tempfile.TemporaryDirectory() as work:
        short = {f"cam_{i}_iso.mkv": make_recording(work, f"s{i}.mkv", 300 * i, 6) for i in (1, 2)}
        long = {f"cam_{i}_iso.mkv": make_recording(work, f"l{i}.mkv", 300 * i, 30) for i in (1, 2)}
    with Studio(environment=ASIDE) as studio:
        for name, test in (
                ("/server/renders/a-show-is-rendered-and-takes-late-recordings-after",
                 lambda: test_a_show_is_rendered(studio, short)),
                ("/server/renders/a-cut-leaves-the-show-alone", lambda: test_a_cut_leaves_the_show_alone(studio, short)),
                ("/server/renders/progress-is-told-and-cancelling-ends-it", lambda: test_progress_is_told(studio, long)),
                ("/server/renders/one-at-a-time", lambda: test_one_at_a_time(studio, short)),
                ("/server/renders/shows-come-first", lambda: test_shows_come_first(studio, long)),
                ("/server/renders/late-recordings-come-first",
                 lambda: test_late_recordings_come_first(studio, long, short)),
                ("/server/renders/what-is-no-wish-is-refused", lambda: test_refusals(studio, short)),
                ("/server/renders/what-cannot-be-rendered-says-why",
                 lambda: test_what_cannot_be_rendered_says_why(studio)),
                ("/r11/a-stopped-server-goes-on-with-renders", lambda: test_stopped_server_goes_on(studio, long)),
                ("/r11/a-killed-server-goes-on-with-renders", lambda: test_killed_server_goes_on(studio, long))):
            tap.run(name, test)
    tap.run("/server/renders/complete-shows-are-rendered-when-that-is-wished", lambda: test_auto_render(short))
    tap.finish()


main()
