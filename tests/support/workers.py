"""Workers of a studio, through a real Redis, with its folder or with object storage alone."""
import json
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import s3
from client import show_folder
from serve import CROSSCUT, Studio

LEASE = "3s"


class Worker:
    def __init__(self, studio, server, *options, storage=None, environment=None):
        self.log = open(studio.folder / "workers.log", "ab")
        given = {**studio.environment, "CROSSCUT_REDIS": server.url, **(environment or {})}
        del given["CROSSCUT_ADMIN_TOKEN"]
        self.process = subprocess.Popen(
            [CROSSCUT, "worker", "--storage", storage or studio.folder / "storage", *options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=given)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.log.close()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds=120):
        status = self.process.wait(seconds)
        self.log.close()
        return status


def workers_log(studio):
    return (studio.folder / "workers.log").read_text(errors="replace")


def ask(studio, session, wish=None):
    answer = studio.ask("POST", f"/sessions/{session}/render", wish or {"height": 90})
    assert answer.status == 202, answer


def render_of(studio, session):
    return studio.ask("GET", f"/sessions/{session}").json.get("render")


def wait_render(studio, session, *states, seconds=120):
    end = time.monotonic() + seconds
    while (render := render_of(studio, session))["state"] not in states:
        assert time.monotonic() < end, (render, studio.log_text()[-1500:], workers_log(studio)[-1500:])
        time.sleep(0.05)
    return render


def wait_for(what, good, seconds=60):
    end = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def published(studio, session):
    return studio.log_text().count(f"show rendered show={session}")


def check_published(studio, session):
    assert published(studio, session) == 1, (session, published(studio, session))
    manifest = json.loads((show_folder(studio, session) / "manifest.json").read_text())
    names = {f["name"] for f in manifest["files"]}
    assert {"program.mp4", "shots.json"} <= names, names
    assert any(name.startswith("cam_1_iso.") for name in names), names
    done = subprocess.run([CROSSCUT, "verify", "--quiet", show_folder(studio, session)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for("what the render left goes", lambda: not (show_folder(studio, session) / "renders").exists())


AWS = {"AWS_ACCESS_KEY_ID": s3.KEY, "AWS_SECRET_ACCESS_KEY": s3.SECRET}


class Far:
    """A studio with a mirror; workers reach the mirror through a proxy that fails on demand."""

    def __init__(self, server):
        self.server, self.storage = server, s3.Storage()
        self.faults = s3.Faults(self.storage)
        self.url = f"s3://{s3.BUCKET}/studio"
        self.studio = Studio("--redis", server.url, "--worker-lease", LEASE, "--mirror", self.url,
                             "--s3-endpoint", self.storage.endpoint, environment=AWS)
        self.scratch = Path(tempfile.mkdtemp(prefix="crosscut-scratch-"))

    def worker(self, *options):
        return Worker(self.studio, self.server, "--scratch", self.scratch, *options, storage=self.url,
                      environment={"CROSSCUT_S3_ENDPOINT": self.faults.endpoint, **AWS})

    def there(self, session):
        top = f"studio/sessions/{session}/"
        return {key[len(top):] for key in self.storage.objects() if key.startswith(top)}

    def __enter__(self):
        self.studio.__enter__()
        return self

    def __exit__(self, *arguments):
        self.studio.__exit__(*arguments)
        self.faults.close()
        self.storage.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
