"""Renders of a studio's shows: asked for, seen, cancelled, done again after any end of the server."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, recording, send_multipart, show_folder, start_show, stop_show,
                    wait_complete)
from serve import CROSSCUT, Studio
from shows import make_recording, make_show
from tap import Tap

tap = Tap()
SIZE = "320x180"
SMALL = {"height": 90}
LARGE = {"height": 2160}   # long enough to be caught at it
# The leak check of a sanitised child needs calls that its sandbox denies.
ASIDE = {"ASAN_OPTIONS": "detect_leaks=0"}


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


def test_chosen_highlights(studio, short):
    session = make_show(studio, short)
    pieces = [{"start": 500, "end": 2000}, {"start": 3100, "end": 4600}]
    ask(studio, session, {**SMALL, "highlights": pieces})
    wait_render(studio, session, "done")
    found = json.loads((show_folder(studio, session) / "highlights.json").read_text())["pieces"]
    assert len(found) == 2, found
    for piece, wanted in zip(found, pieces):
        assert abs(piece["start"] - wanted["start"]) <= 34, found
        assert abs(piece["end"] - wanted["end"]) <= 34, found
        assert piece["reason"].endswith("; chosen by hand"), found
    manifest = see(studio, session)
    assert "highlights.mp4" in names(manifest), names(manifest)
    first = manifest["program"]["rendered"]
    assert first["times"] == 1 and first["cpu"] == first["last"] > 0, first
    ask(studio, session)
    wait_render(studio, session, "done")
    both = see(studio, session)["program"]["rendered"]
    assert both["times"] == 2 and both["cpu"] == first["cpu"] + both["last"], both


def test_only_highlights(studio, short):
    """Of a show whose program was copied: the program is not made again."""
    session = make_show(studio, {**short, "program.mkv": short["cam_1_iso.mkv"]})
    ask(studio, session, {})
    wait_render(studio, session, "done")
    folder = show_folder(studio, session)
    kept = [(folder / n).stat().st_ino for n in ("program.mp4", "shots.json", "cam_1.mp4")]
    pieces = [{"start": 1000, "end": 3000}]
    assert ask(studio, session, {"only": "highlights", "highlights": pieces})["only"] == "highlights"
    done = wait_render(studio, session, "done")
    assert done["error"] is None, done
    assert len(json.loads((folder / "highlights.json").read_text())["pieces"]) == 1
    assert {"program.mp4", "highlights.mp4", "program.otio", "cam_1.mp4"} <= names(see(studio, session))
    assert kept[0] == (folder / "program.mp4").stat().st_ino, "the program was made again"
    assert kept[2] == (folder / "cam_1.mp4").stat().st_ino, "a camera was made again"
    assert verified(studio, session) == ""
    for wish in ({"only": "sound"}, {"only": 1}, {"only": "highlights", "cut": "calm"},
                 {"only": "timelines", "settings": {}}, {"only": "timelines", "height": 90}):
        answer = studio.ask("POST", f"/sessions/{session}/render", wish)
        assert answer.status == 400 and "only" in answer.json["error"]["message"], answer


def test_a_cut_is_deleted(studio, short):
    session = make_show(studio, {**short, "program.mkv": short["cam_1_iso.mkv"]})
    ask(studio, session, {})
    ask(studio, session, {"cut": "calm", "settings": {"min_shot": 2.5}})
    at = f"/sessions/{session}/cuts/calm"
    assert studio.ask("DELETE", at).status == 409, "it is being made"
    wait_for_cut(studio, session, "calm")
    folder = show_folder(studio, session)
    before, cut = names(see(studio, session)), folder / "cuts" / "calm"
    camera = next(f for f in json.loads((cut / "manifest.json").read_text())["files"]
                  if f["name"] == "cam_1.mp4")
    assert camera["path"] == str(folder / "cam_1.mp4") and not (cut / "cam_1.mp4").exists(), camera
    assert "../../cam_1.mp4" in (cut / "program.otio").read_text()
    guest = studio.ask("POST", f"/sessions/{session}/guests", {"role": "viewer"}).json["token"]
    assert studio.ask("DELETE", at, token=guest).status == 403
    assert studio.ask("DELETE", at).status == 204
    assert not cut.exists() and studio.ask("GET", f"/sessions/{session}/cuts").json == {"cuts": []}
    assert studio.ask("DELETE", at).status == 404
    assert studio.ask("DELETE", f"/sessions/{session}/cuts/.x").status == 404
    assert names(see(studio, session)) == before and verified(studio, session) == ""


def wait_for_cut(studio, session, name, seconds=150):
    end = time.monotonic() + seconds
    while name not in [c["cut"] for c in studio.ask("GET", f"/sessions/{session}/cuts").json["cuts"]]:
        assert time.monotonic() < end, studio.log_text()[-2000:]
        time.sleep(0.1)
    wait_render(studio, session, "done")


def test_progress_is_told(studio, long):
    session = make_show(studio, long)
    client = Client(studio, session)   # the show is open while somebody looks
    ask(studio, session, LARGE)
    state = client.wait("state", lambda s: (s.get("render") or {}).get("progress", 0) > 0, 60)
    assert state["render"]["state"] == "running", state
    listed = next(s for s in studio.ask("GET", "/sessions").json["sessions"] if s["id"] == session)
    assert listed["render"]["state"] in ("running", "paused") and listed["render"]["progress"] > 0, listed
    assert list(children(studio).values()) == [10], "it should not take time from a show"
    trash = studio.ask("DELETE", f"/sessions/{session}")
    assert trash.status == 409, trash
    assert studio.ask("DELETE", f"/sessions/{session}/render").status == 204
    client.wait("state", lambda s: s["render"]["state"] == "cancelled", 60)
    client.close()
    wait_childless(studio)
    wait_tidy(studio, session)
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


def test_late_recordings_do_not_disturb(studio, long, short):
    session = make_show(studio, long)
    ask(studio, session, {"height": 270})
    wait_render(studio, session, "running")
    late = send_multipart(studio, session, "cam_1_iso.2.mkv", short["cam_1_iso.mkv"])
    assert late.status == 201, late
    assert "cam_1_iso.2.mkv" in names(see(studio, session))
    assert wait_render(studio, session, "done")["error"] is None
    assert {"program.mp4", "cam_1_iso.2.mkv"} <= names(see(studio, session))
    assert verified(studio, session) == ""
    wait_tidy(studio, session)


def verified(studio, session):
    """What `crosscut verify` finds wrong with a show; empty: nothing."""
    done = subprocess.run([CROSSCUT, "verify", "--quiet", show_folder(studio, session)],
                          capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def wait_tidy(studio, session, seconds=30):
    """Nothing of a render is left but what became the show's."""
    end = time.monotonic() + seconds
    while (show_folder(studio, session) / "renders").exists():
        assert time.monotonic() < end, list((show_folder(studio, session) / "renders").iterdir())
        time.sleep(0.05)


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
                        ({"settings": {"mode": "slow"}}, "settings"),
                        ({"highlights": []}, "highlights"), ({"highlights": 5}, "highlights"),
                        ({"highlights": [{"start": 0, "end": 999}]}, "highlights"),
                        ({"highlights": [{"start": 0.5, "end": 2000}]}, "highlights"),
                        ({"highlights": [{"start": 9000, "end": 12000}, {"start": 0, "end": 2000}]},
                         "highlights"),
                        ({"highlights": [{"start": 0, "end": 10**15}]}, "highlights"),
                        ({"highlights": [{"start": i * 2000, "end": i * 2000 + 1000}
                                         for i in range(61)]}, "highlights")):
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


# ---- ends of a render ----

def test_killed_render(studio, long):
    """At its beginning, in the middle, near its end: it is tried again, and the show is as it was."""
    session = make_show(studio, long)
    before = (show_folder(studio, session) / "manifest.json").read_bytes()
    for percent in (0, 30, 60):
        ask(studio, session, {"height": 720})
        end = time.monotonic() + 90
        while see(studio, session)["render"]["progress"] < percent or not children(studio):
            assert time.monotonic() < end, see(studio, session)["render"]
            time.sleep(0.02)
        for pid in children(studio):
            os.kill(pid, signal.SIGKILL)
        wait_childless(studio)
        end = time.monotonic() + 30
        while not (render := see(studio, session)["render"])["error"]:
            assert time.monotonic() < end, render
            time.sleep(0.02)
        assert render["state"] == "waiting" and "signal 9" in render["error"], render
        assert (show_folder(studio, session) / "manifest.json").read_bytes() == before
        assert not (show_folder(studio, session) / "program.mp4").exists()
        studio.ask("DELETE", f"/sessions/{session}/render")
    ask(studio, session, SMALL)
    wait_render(studio, session, "done")
    assert verified(studio, session) == ""
    wait_tidy(studio, session)


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


# ---- when a show is rendered by itself ----

def stop_with(studio, recordings, missing=()):
    """A stopped show of which some recordings have not come."""
    session = start_show(studio)["sessionId"]
    client = Client(studio, session)
    for name in (*recordings, *missing):
        client.send("record_start", name[:5] if name.startswith("cam") else "cam_1", file=name,
                    start=0)
    for name, data in recordings.items():
        assert send_multipart(studio, session, name, data).status == 201
    client.close()
    stop_show(studio, session)
    return session


def renders_begun(studio, session):
    return studio.log_text().count(f"show being rendered show={session}")


def test_auto_render(short):
    with Studio("--auto-render", "on", environment=ASIDE) as studio:
        session = make_show(studio, short)
        wait_render(studio, session, "done")
        assert "program.mp4" in names(see(studio, session))
        assert verified(studio, session) == ""


def test_auto_render_with_what_is_there(short):
    """Some time after the stop; when the rest comes it gets its timelines, and the program stays."""
    with Studio("--auto-render", "on", "--render-after", "2s", environment=ASIDE) as studio:
        whole = {"program.mkv": short["cam_1_iso.mkv"], "cam_2_iso.mkv": short["cam_1_iso.mkv"]}
        session = stop_with(studio, whole, missing=["cam_1_iso.mkv"])
        wait_render(studio, session, "done")
        manifest = see(studio, session)
        assert manifest["state"] == "stopping" and "program.mp4" in names(manifest), manifest
        assert "program.otio" not in names(manifest), "a camera that is shown is missing"
        program = (show_folder(studio, session) / "program.mp4").stat().st_ino
        assert send_multipart(studio, session, "cam_1_iso.mkv", short["cam_2_iso.mkv"]).status == 201
        wait_complete(studio, session)
        end = time.monotonic() + 60
        while "program.otio" not in names(see(studio, session)):
            assert time.monotonic() < end, studio.log_text()[-2000:]
            time.sleep(0.1)
        done = wait_render(studio, session, "done")
        assert done["only"] == "timelines", done
        assert {"program.mp4", "cam_1_iso.mkv", "cam_1.mp4"} <= names(see(studio, session))
        assert (show_folder(studio, session) / "program.mp4").stat().st_ino == program
        assert renders_begun(studio, session) == 2 and verified(studio, session) == ""


def test_auto_render_again_with_the_program(short):
    """A program that was missing is not left out for good."""
    with Studio("--auto-render", "on", "--render-after", "1s", environment=ASIDE) as studio:
        session = stop_with(studio, {"cam_1_iso.mkv": short["cam_1_iso.mkv"]},
                            missing=["program.mkv"])
        wait_render(studio, session, "done")
        assert send_multipart(studio, session, "program.mkv", short["cam_2_iso.mkv"]).status == 201
        wait_complete(studio, session)
        end = time.monotonic() + 60
        while renders_begun(studio, session) < 2 or see(studio, session)["render"]["state"] != "done":
            assert time.monotonic() < end, studio.log_text()[-2000:]
            time.sleep(0.1)
        assert verified(studio, session) == ""
        metrics = studio.ask("GET", "/metrics").body.decode()
        assert "\ncrosscut_renders_done_total 2\n" in metrics, metrics
        assert "\ncrosscut_renders_waiting 0\n" in metrics, metrics


def test_auto_render_missed(short):
    """A server that died between the show's end and the job asks for it at the next start."""
    with Studio("--auto-render", "off", environment=ASIDE) as studio:
        session = make_show(studio, short)
        studio.kill()
        studio.options += ["--auto-render", "on"]
        studio.start()
        wait_render(studio, session, "done")


# ---- recordings that are not what they say ----

def damaged(data, kind):
    """Recordings as crashes, bad disks and bad people leave them; the first bytes stay, else nobody
    takes them."""
    import random
    chance = random.Random(kind)
    middle = len(data) // 2
    if kind == "cut short":
        return data[:middle]
    if kind == "a hole in the middle":
        return data[:middle] + bytes(5000) + data[middle + 5000:]
    if kind == "bits flipped":
        changed = bytearray(data)
        for _ in range(200):
            changed[chance.randrange(64, len(data))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    if kind == "doubled":
        return data + data
    if kind == "out of order":
        return data[:4096] + data[middle:] + data[4096:middle]
    if kind == "no head":
        return data[:4] + data[middle:]
    if kind == "deep":   # a segment in a segment in a segment …
        return data[:64] + bytes.fromhex("1853806701ffffffffffffff") * 2000
    assert kind == "huge picture"
    return data.replace(bytes.fromhex("b0820140"), bytes.fromhex("b0823fff")).replace(
        bytes.fromhex("ba81b4"), bytes.fromhex("ba81ff"))


DAMAGE = ("cut short", "a hole in the middle", "bits flipped", "doubled", "out of order", "no head",
          "deep", "huge picture")


def test_damaged_recordings(studio, short):
    """Each ends: with a program of what could be read, or with a reason; the server goes on."""
    for kind in DAMAGE:
        data = damaged(short["cam_2_iso.mkv"], kind)
        session = make_show(studio, {"cam_1_iso.mkv": short["cam_1_iso.mkv"], "cam_2_iso.mkv": data})
        ask(studio, session)
        end = time.monotonic() + 120
        while True:
            render = see(studio, session)["render"]
            if render["state"] in ("done", "failed") or render["error"]:
                break
            assert time.monotonic() < end, (kind, render)
            time.sleep(0.05)
        tap.note(f"{kind}: {render['state']}{', ' + render['error'] if render['error'] else ''}")
        if render["state"] == "done":
            assert verified(studio, session) == "", kind
        else:
            assert len(render["error"]) > 10 and str(studio.folder) not in render["error"], render
            assert "signal" not in render["error"], (kind, render)
            studio.ask("DELETE", f"/sessions/{session}/render")
        assert short["cam_1_iso.mkv"] == (show_folder(studio, session) / "cam_1_iso.mkv").read_bytes()
    assert studio.ask("GET", "/healthz").status == 200


def test_no_room_for_a_render(short):
    """The render says so, nothing of the show changed, and it is made when there is room."""
    with Studio(environment=ASIDE) as studio:
        session = make_show(studio, short)
        before = names(see(studio, session))
        prlimit = ["prlimit", f"--pid={studio.process.pid}"]
        subprocess.run([*prlimit, "--fsize=400000:unlimited"], check=True)
        ask(studio, session, {"height": 1080})
        end = time.monotonic() + 60
        while not see(studio, session)["render"]["error"]:
            assert time.monotonic() < end, see(studio, session)["render"]
            time.sleep(0.05)
        render = see(studio, session)["render"]
        assert render["state"] == "waiting", render
        tap.note(render["error"])
        assert names(see(studio, session)) == before and verified(studio, session) == ""
        subprocess.run([*prlimit, "--fsize=unlimited:unlimited"], check=True)
        studio.ask("DELETE", f"/sessions/{session}/render")
        ask(studio, session, {"height": 1080})
        wait_render(studio, session, "done")
        assert verified(studio, session) == ""


def main():
    with tempfile.TemporaryDirectory() as work:
        short = {f"cam_{i}_iso.mkv": make_recording(work, f"s{i}.mkv", 300 * i, 6, SIZE) for i in (1, 2)}
        long = {f"cam_{i}_iso.mkv": make_recording(work, f"l{i}.mkv", 300 * i, 30, SIZE) for i in (1, 2)}
    with Studio(environment=ASIDE) as studio:
        for name, test in (
                ("/server/renders/a-show-is-rendered-and-takes-late-recordings-after",
                 lambda: test_a_show_is_rendered(studio, short)),
                ("/server/renders/a-cut-leaves-the-show-alone", lambda: test_a_cut_leaves_the_show_alone(studio, short)),
                ("/server/renders/highlights-chosen-by-hand", lambda: test_chosen_highlights(studio, short)),
                ("/server/renders/highlights-alone-leave-the-program", lambda: test_only_highlights(studio, short)),
                ("/server/renders/a-cut-is-deleted-and-the-show-stays", lambda: test_a_cut_is_deleted(studio, short)),
                ("/server/renders/progress-is-told-and-cancelling-ends-it", lambda: test_progress_is_told(studio, long)),
                ("/server/renders/one-at-a-time", lambda: test_one_at_a_time(studio, short)),
                ("/server/renders/shows-come-first", lambda: test_shows_come_first(studio, long)),
                ("/server/renders/late-recordings-do-not-disturb-a-render",
                 lambda: test_late_recordings_do_not_disturb(studio, long, short)),
                ("/server/renders/what-is-no-wish-is-refused", lambda: test_refusals(studio, short)),
                ("/server/renders/what-cannot-be-rendered-says-why",
                 lambda: test_what_cannot_be_rendered_says_why(studio)),
                ("/r11/a-render-that-was-killed-is-tried-again",
                 lambda: test_killed_render(studio, long)),
                ("/r11/a-stopped-server-goes-on-with-renders", lambda: test_stopped_server_goes_on(studio, long)),
                ("/r11/a-killed-server-goes-on-with-renders", lambda: test_killed_server_goes_on(studio, long))):
            tap.run(name, test)
        tap.run("/r10/s04/damaged-recordings-end-a-render-and-nothing-else",
                lambda: test_damaged_recordings(studio, short))
    for name, test in (
            ("/server/renders/complete-shows-are-rendered-by-themselves", test_auto_render),
            ("/server/renders/what-is-there-is-rendered-some-time-after-the-stop",
             test_auto_render_with_what_is_there),
            ("/server/renders/a-program-that-comes-late-is-rendered-again",
             test_auto_render_again_with_the_program),
            ("/r11/a-show-that-ended-as-the-server-died-is-rendered", test_auto_render_missed),
            ("/r05/a-render-without-room-changes-nothing", test_no_room_for_a_render)):
        tap.run(name, lambda test=test: test(short))
    tap.finish()


main()
