"""Renders by workers through a real Redis: every job becomes its show's once, whoever is killed."""
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
import redis
import s3
from client import show_folder
from serve import BUILD, CROSSCUT, Studio
from shows import make_recording, make_show
from tap import Tap
from workers import (AWS, LEASE, Far, Worker, ask, check_published, published, render_of, wait_for,
                     wait_render, workers_log)

tap = Tap()
IS_SANITISED = "asan" in str(BUILD)
JOBS = 12 if IS_SANITISED else 40
SEED = 20261127


def copy_show(studio, session, count):
    """So many more of this show, made while no server runs."""
    made = []
    for _ in range(count):
        other = str(uuid.uuid4())
        shutil.copytree(show_folder(studio, session), show_folder(studio, other))
        path = show_folder(studio, other) / "manifest.json"
        path.write_text(path.read_text().replace(session, other))
        made.append(other)
    return made


# ---- the trouble ----

def test_many_jobs_in_trouble(tiny):
    """Four workers; some are killed with what they do, and Redis loses everything, more than once."""
    chance = random.Random(SEED)
    with redis.Redis() as server:
        with Studio() as studio:
            session = make_show(studio, tiny)
            assert studio.stop() == 0
            sessions = [session, *copy_show(studio, session, JOBS - 1)]
            studio.options += ["--redis", server.url, "--worker-lease", LEASE]
            studio.start()
            for one in sessions:
                ask(studio, one)
            workers = [Worker(studio, server) for _ in range(4)]
            kills = restarts = 0
            while (done := sum(published(studio, s) for s in sessions)) < JOBS:
                time.sleep(0.3)
                if kills < 5 and done > kills * JOBS // 8 and chance.random() < 0.5:
                    victim = chance.randrange(4)
                    workers[victim].kill()
                    workers[victim] = Worker(studio, server)
                    kills += 1
                if restarts < 3 and done > (restarts + 1) * JOBS // 5:
                    server.kill()
                    server.start()
                    restarts += 1
                failed = [s for s in sessions if render_of(studio, s)["state"] == "failed"]
                assert not failed, [render_of(studio, s) for s in failed]
            for one in sessions:
                wait_render(studio, one, "done")
            tap.note(f"{JOBS} jobs, {kills} workers killed, Redis restarted {restarts} times")
            assert kills >= 3 and restarts == 3
            for worker in workers:
                assert worker.end() == 0
            for one in sessions:
                check_published(studio, one)
            text = studio.ask("GET", "/metrics").body.decode()
            assert f"\ncrosscut_renders_done_total {JOBS}\n" in text, text


# ---- one at a time ----

def test_given_back(studio, server, long):
    """SIGTERM: the render goes back without blame, and another worker does it."""
    ask(studio, long, {"height": 720})
    first = Worker(studio, server)
    wait_render(studio, long, "running")
    wait_for("progress comes from elsewhere", lambda: render_of(studio, long)["progress"] > 0)
    assert first.end() == 0
    assert "job given back" in workers_log(studio)
    assert render_of(studio, long)["error"] is None
    second = Worker(studio, server, "--once")
    assert second.wait() == 0
    wait_render(studio, long, "done")
    check_published(studio, long)


def test_once(studio, server, one):
    """With a session: its render; the exit status says how it went."""
    assert Worker(studio, server, one).wait() == 0, "there is nothing to do"
    ask(studio, one)
    assert Worker(studio, server, one).wait() == 0
    assert wait_render(studio, one, "done")["progress"] == 100
    check_published(studio, one)
    bad = make_show(studio, {"cam_1_iso.mkv": b"\x1a\x45\xdf\xa3" + bytes(5000)})
    ask(studio, bad)
    assert Worker(studio, server, bad).wait() == 1
    render = render_of(studio, bad)
    assert render["state"] == "waiting" and "picture" in render["error"] or \
        "read" in render["error"], render
    studio.ask("DELETE", f"/sessions/{bad}/render")


def test_sleeper(studio, server, long):
    """A worker that sleeps through its lease and wakes up is not believed: another one did it."""
    ask(studio, long, {"height": 360})
    sleeper = Worker(studio, server)
    wait_render(studio, long, "running")
    sleeper.process.send_signal(signal.SIGSTOP)
    before = published(studio, long)
    taken = workers_log(studio).count(f"job taken show={long}")
    lost = workers_log(studio).count("job lost")
    other = Worker(studio, server, "--idle", "60")
    try:
        # Its ticket is claimed after a lease; the try that was lost waits its turn.
        wait_for("another one has it",
                 lambda: workers_log(studio).count(f"job taken show={long}") > taken, 90)
        sleeper.process.send_signal(signal.SIGCONT)
        wait_render(studio, long, "done")
        wait_for("it hears of it", lambda: workers_log(studio).count("job lost") > lost)
    finally:
        sleeper.process.send_signal(signal.SIGCONT)
        ended = sleeper.end(), other.end()
    assert ended == (0, 0), ended
    assert published(studio, long) == before + 1, "once, and by one of them"
    done = subprocess.run([CROSSCUT, "verify", "--quiet", show_folder(studio, long)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cancelled(studio, server, long):
    ask(studio, long, {"height": 2160})
    worker = Worker(studio, server)
    try:
        wait_render(studio, long, "running")
        lost = workers_log(studio).count("job lost")
        assert studio.ask("DELETE", f"/sessions/{long}/render").status == 204
        wait_for("the worker hears of it", lambda: workers_log(studio).count("job lost") > lost)
        assert render_of(studio, long)["state"] == "cancelled"
    finally:
        assert worker.end() == 0


def test_cut(studio, server, one):
    ask(studio, one, {"height": 90, "cut": "calm", "settings": {"min_shot": 2.5}})
    assert Worker(studio, server, "--once").wait() == 0
    folder = show_folder(studio, one) / "cuts" / "calm"
    wait_for("the cut is there", (folder / "manifest.json").exists)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["settings"]["min_shot"] == 2.5, manifest["settings"]
    wanted = str(show_folder(studio, one) / "cam_1_iso.mkv")
    assert wanted in [f.get("path") for f in manifest["files"]], manifest["files"]


def test_finished_is_not_made_again(studio, server, one):
    """The server is away as the render ends, and then the worker is too: the next take only says so."""
    ask(studio, one)
    first = Worker(studio, server)
    wait_render(studio, one, "running")
    assert studio.stop() == 0
    attempts = show_folder(studio, one) / "renders"
    wait_for("the render is whole", lambda: list(attempts.glob("*/finished")))
    first.kill()
    made = os.stat(next(attempts.glob("*/program.mp4"))).st_ino
    studio.start()
    second = Worker(studio, server, "--once")
    assert second.wait() == 0
    wait_render(studio, one, "done")
    assert os.stat(show_folder(studio, one) / "program.mp4").st_ino == made, "it was rendered again"


def test_tampered(studio, server, one):
    """What is not what the worker wrote is not taken: it is rendered again."""
    ask(studio, one)
    first = Worker(studio, server)
    wait_render(studio, one, "running")
    assert studio.stop() == 0
    attempts = show_folder(studio, one) / "renders"
    wait_for("the render is whole", lambda: list(attempts.glob("*/finished")))
    first.kill()
    with open(next(attempts.glob("*/program.mp4")), "r+b") as file:
        file.seek(1000)
        file.write(b"not what was rendered")
    before = (show_folder(studio, one) / "manifest.json").read_bytes()
    studio.start()
    assert Worker(studio, server, "--once").wait() == 1
    render = render_of(studio, one)
    assert "sha256" in render["error"] and render["state"] == "waiting", render
    assert (show_folder(studio, one) / "manifest.json").read_bytes() == before
    studio.ask("DELETE", f"/sessions/{one}/render")


# ---- without a shared folder ----

def test_far(far, tiny):
    """A worker that knows only Redis and the mirror; nothing of it is left anywhere."""
    session = make_show(far.studio, tiny)
    ask(far.studio, session)
    worker = far.worker()
    wait_render(far.studio, session, "done")
    check_published(far.studio, session)
    wait_for("the render is mirrored", lambda: "program.mp4" in far.there(session))
    wait_for("what it left goes", lambda: not any("renders/" in n for n in far.there(session)))
    wait_for("its room is given back", lambda: not list(far.scratch.glob("*/*")))
    assert worker.end() == 0
    assert not list(far.scratch.iterdir())


def test_far_cut(far, tiny):
    session = make_show(far.studio, tiny)
    ask(far.studio, session, {"height": 90, "cut": "calm", "settings": {"min_shot": 2.5}})
    worker = far.worker()
    wait_render(far.studio, session, "done")
    assert worker.end() == 0
    folder = show_folder(far.studio, session)
    manifest = json.loads((folder / "cuts/calm/manifest.json").read_text())
    wanted = str(folder / "cam_1_iso.mkv")
    assert wanted in [f.get("path") for f in manifest["files"]], manifest["files"]
    done = subprocess.run([CROSSCUT, "verify", "--quiet", folder / "cuts/calm"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_far_faults(far, tiny):
    """Object storage that fails, is slow, cuts connections and lies: no harm, and done in the end."""
    chance = random.Random(SEED)
    kinds = (lambda: s3.Status(503, "SlowDown"), lambda: s3.Status(500, "InternalError"),
             lambda: s3.Cut(), lambda: s3.Cut(sent=500))
    session = make_show(far.studio, tiny)
    far.faults.rule = lambda request: chance.choice(kinds)() if chance.random() < 0.25 else None
    ask(far.studio, session)
    worker = far.worker()
    try:
        wait_render(far.studio, session, "done", seconds=150)
    finally:
        far.faults.rule = lambda request: None
    assert worker.end() == 0
    check_published(far.studio, session)


def test_far_denied(far, tiny):
    """What it may not read ends with a reason that names no key, and the show stays as it is."""
    session = make_show(far.studio, tiny)
    wait_for("it is mirrored", lambda: "manifest.json" in far.there(session))
    far.faults.rule = lambda request: s3.Status(403, "AccessDenied")
    ask(far.studio, session)
    worker = far.worker()
    try:
        wait_for("it says why", lambda: render_of(far.studio, session)["error"])
    finally:
        far.faults.rule = lambda request: None
    render = render_of(far.studio, session)
    tap.note(render["error"])
    assert render["state"] == "waiting" and s3.SECRET not in json.dumps(render), render
    assert worker.end() == 0
    assert s3.SECRET not in workers_log(far.studio) + far.studio.log_text()
    studio = far.studio.ask("DELETE", f"/sessions/{session}/render")
    assert studio.status == 204


def sweep_away(studio, session, name):
    """As retention leaves a recording that the mirror has."""
    path = show_folder(studio, session) / "manifest.json"
    manifest = json.loads(path.read_text())
    for file in manifest["files"]:
        if file["name"] == name:
            file["at"] = "mirror"
    path.write_text(json.dumps(manifest))
    for ending in ("", ".index"):
        (show_folder(studio, session) / (name + ending)).unlink(missing_ok=True)


def test_old_recordings(tiny):
    """A show whose recordings are in the mirror alone can be cut anew, here and by workers who see it."""
    storage = s3.Storage()
    url = f"s3://{s3.BUCKET}/studio"
    try:
        with Studio("--mirror", url, "--s3-endpoint", storage.endpoint,
                    environment=AWS) as studio:
            session = make_show(studio, tiny)
            top = f"studio/sessions/{session}/"
            wait_for("all is mirrored", lambda: {f"{top}{n}" for n in (*tiny, "manifest.json")}
                     <= set(storage.objects()))
            studio.stop()
            for name in tiny:
                sweep_away(studio, session, name)
            studio.start()
            ask(studio, session)
            wait_render(studio, session, "done")
            folder = show_folder(studio, session)
            assert (folder / "program.mp4").stat().st_size > 10_000
            assert not (folder / "cam_1_iso.mkv").exists(), "it is old, and stays where it is"
            archive = zipfile.ZipFile(io.BytesIO(studio.ask("GET", f"/sessions/{session}/zip").body))
            note = next(n for n in archive.namelist() if n.endswith("/NOT-IN-HERE.txt"))
            text = archive.read(note).decode()
            assert all(name in text for name in tiny), text
            assert not any(n.endswith("_iso.mkv") for n in archive.namelist()), archive.namelist()
            wait_for("its room is given back", lambda: not (folder / "renders").exists())
    finally:
        storage.close()


def test_old_recordings_far_away(server, tiny):
    """Who does not reach them says so, rather than render without."""
    with Studio("--redis", server.url, "--worker-lease", LEASE) as studio:
        session = make_show(studio, tiny)
        studio.stop()
        sweep_away(studio, session, "cam_2_iso.mkv")
        studio.start()
        ask(studio, session)
        assert Worker(studio, server, "--once").wait() == 1
        assert "cam_2_iso.mkv" in render_of(studio, session)["error"], render_of(studio, session)
        studio.ask("DELETE", f"/sessions/{session}/render")


def test_secrets_are_no_arguments(server):
    done = subprocess.run([CROSSCUT, "worker", "--storage", "/tmp", "--redis",
                           "redis://:secret@127.0.0.1:1/0"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "CROSSCUT_REDIS" in done.stderr, done.stderr
    assert "secret" not in done.stderr
    done = subprocess.run([CROSSCUT, "serve", "--redis", "redis://:secret@127.0.0.1:1/0"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "secret" not in done.stderr, done.stderr
    done = subprocess.run([CROSSCUT, "serve", "--print-config"], capture_output=True, text=True,
                          check=False, env={**os.environ, "CROSSCUT_REDIS": "redis://:secret@h/0"})
    assert "# CROSSCUT_REDIS=set\n" in done.stdout and "secret" not in done.stdout, done.stdout
    for url in ("http://h/", "redis://", "redis://h/x", "redis://h/99999999", "unix://", "h:1"):
        done = subprocess.run([CROSSCUT, "worker", "--storage", "/tmp", "--redis", url],
                              capture_output=True, text=True, check=False)
        assert done.returncode != 0, url


def run_far(server, tiny):
    tests = (("/server/workers/object-storage-is-all-that-is-shared", test_far),
             ("/server/workers/a-cut-comes-from-object-storage", test_far_cut),
             ("/r07/a-storage-that-fails-on-demand-delays-a-render", test_far_faults),
             ("/r07/a-storage-that-refuses-is-a-reason", test_far_denied))
    old = "/server/workers/old-recordings-come-from-the-mirror"
    if s3.missing():
        for name in (*(name for name, _ in tests), old):
            tap.skip(name, s3.missing())
        return
    tap.run(old, lambda: test_old_recordings(tiny))
    with Far(server) as far:
        for name, test in tests:
            tap.run(name, lambda test=test: test(far, tiny))


def main():
    if redis.missing():
        print(f"1..0 # SKIP {redis.missing()}")
        return
    with tempfile.TemporaryDirectory() as work:
        tiny = {f"cam_{i}_iso.mkv": make_recording(work, f"t{i}.mkv", 300 * i, 2) for i in (1, 2)}
        long = {f"cam_{i}_iso.mkv": make_recording(work, f"l{i}.mkv", 300 * i, 20, "640x360")
                for i in (1, 2)}
    tap.run("/r11/every-job-is-published-once-whatever-is-killed", lambda: test_many_jobs_in_trouble(tiny))
    with redis.Redis() as server:
        with Studio("--redis", server.url, "--worker-lease", LEASE) as studio:
            one, two = make_show(studio, tiny), make_show(studio, long)
            third, fourth = make_show(studio, tiny), make_show(studio, tiny)
            for name, test in (
                    ("/server/workers/one-show-and-the-status-says-how", lambda: test_once(studio, server, one)),
                    ("/r11/a-worker-that-has-to-end-gives-its-render-back",
                     lambda: test_given_back(studio, server, two)),
                    ("/r11/a-worker-that-slept-is-not-believed", lambda: test_sleeper(studio, server, two)),
                    ("/server/workers/a-cancelled-render-ends-at-its-worker",
                     lambda: test_cancelled(studio, server, two)),
                    ("/server/workers/a-cut-is-a-folder-of-its-own", lambda: test_cut(studio, server, third)),
                    ("/r11/what-is-finished-is-not-made-again",
                     lambda: test_finished_is_not_made_again(studio, server, third)),
                    ("/server/workers/what-was-changed-is-not-taken",
                     lambda: test_tampered(studio, server, fourth)),
                    ("/s08/addresses-with-passwords-are-no-arguments",
                     lambda: test_secrets_are_no_arguments(server))):
                tap.run(name, test)
    with redis.Redis() as server:
        tap.run("/server/workers/nobody-renders-without-what-it-does-not-reach",
                lambda: test_old_recordings_far_away(server, tiny))
    with redis.Redis() as server:
        run_far(server, tiny)
    tap.finish()


main()
