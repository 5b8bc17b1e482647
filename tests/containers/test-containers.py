"""deploy/server.Dockerfile and deploy/renderer.Dockerfile, built and run without Docker and without a
container registry: buildah makes them from what Debian's packages give (make test-containers). Takes
some minutes and 3 GB; run as root.

    CROSSCUT_BUILD=build build/venv/bin/python3 tests/containers/test-containers.py"""
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
import redis
from client import Client, send_multipart, start_show, stop_show, wait_complete
from serve import SOURCE, TOKEN, Answer, Studio, free_port
from tap import Tap

tap = Tap()
BASE = "docker.io/library/debian:bookworm-slim"
BUILDAH = ["buildah", "--storage-driver=vfs"]
USER = 10001
# Where a company's proxy signs certificates of its own, npm within the build has to know.
CA = Path("/etc/ssl/certs/ca-certificates.crt")


def run(*words, **more):
    done = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", check=False, **more)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def get_base(work):
    """Debian's base image, from Debian's packages, where it is not there yet."""
    if subprocess.run([*BUILDAH, "inspect", BASE], capture_output=True, check=False).returncode == 0:
        return
    run("mmdebstrap", "--variant=minbase", "bookworm", work / "base.tar")
    run("podman", "--storage-driver=vfs", "import", work / "base.tar", BASE)


def build(work, name):
    source = work / "source"
    if not source.exists():
        source.mkdir()
        files = run("git", "-C", SOURCE, "ls-files", "-z")
        subprocess.run(["tar", "-C", SOURCE, "--null", "-T", "-", "-cf", work / "source.tar"],
                       input=files, text=True, check=True)
        run("tar", "-C", source, "-xf", work / "source.tar")
    trust = ["--volume", f"{CA}:/run/host-ca.crt:ro", "--build-arg",
             "NODE_EXTRA_CA_CERTS=/run/host-ca.crt"]
    # Layers: the second image takes its first stage from there.
    run(*BUILDAH, "bud", "--layers", "--network=host", "--isolation=chroot", "--pull-never",
        *(trust if os.environ.get("NODE_EXTRA_CA_CERTS") else []), "-f", f"deploy/{name}.Dockerfile",
        "-t", f"crosscut-{name}", source)


class Container:
    """A working container of an image; removed at the end."""

    def __init__(self, image):
        self.name = run(*BUILDAH, "from", "--pull-never", image).strip()

    def command(self, *words, volumes=(), environment=None):
        options = [f"--volume={v}" for v in volumes]
        options += [f"--env={k}={v}" for k, v in (environment or {}).items()]
        return list(map(str, [*BUILDAH, "run", "--isolation=chroot", *options, self.name, "--", *words]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run(*BUILDAH, "rm", self.name)


def make_recording(folder, tone):
    path = folder / "made.mkv"
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
        "testsrc2=size=320x180:rate=30:duration=4", "-f", "lavfi", "-i",
        f"sine=frequency={tone}:duration=4", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0",
        "-g", "30", "-c:a", "libopus", "-ac", "1", "-f", "matroska", path)
    return path.read_bytes()


class Inside(Studio):
    """The studio in its container, as far as tests talk to it."""

    def __init__(self, container, storage, server):
        super().__init__()
        self.port = free_port()
        self.process = subprocess.Popen(
            container.command("/usr/local/bin/crosscut", "serve",
                              volumes=[f"{storage}:/var/lib/crosscut/storage"],
                              environment={"CROSSCUT_LISTEN": f"127.0.0.1:{self.port}",
                                           "CROSSCUT_ADMIN_TOKEN": TOKEN,
                                           "CROSSCUT_AUTO_RENDER": "0",
                                           "CROSSCUT_REDIS": server.url}),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while True:
            try:
                answer = self.ask("GET", "/healthz", token=None)
                assert isinstance(answer, Answer) and answer.status == 200, answer
                break
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, "it does not start"
                time.sleep(0.1)

    def end(self):
        self.process.terminate()
        self.process.wait(60)


def render_in_containers(work):
    """A show of the contained studio, rendered by the contained worker: one argument, the session."""
    storage = work / "storage"
    storage.mkdir()
    os.chown(storage, USER, USER)
    with redis.Redis() as server, Container("crosscut-server") as studio_box, \
            Container("crosscut-renderer") as worker_box:
        studio = Inside(studio_box, storage, server)
        try:
            session = start_show(studio)["sessionId"]
            client = Client(studio, session)
            for i in (1, 2):
                client.send("record_start", f"cam_{i}", file=f"cam_{i}_iso.mkv", start=0)
                data = make_recording(work, 300 * i)
                assert send_multipart(studio, session, f"cam_{i}_iso.mkv", data).status in (200, 201)
            client.close()
            stop_show(studio, session)
            wait_complete(studio, session)
            assert studio.ask("POST", f"/sessions/{session}/render", {"height": 180}).status == 202
            done = subprocess.run(
                worker_box.command("/usr/local/bin/crosscut", "worker", session,
                                   volumes=[f"{storage}:/storage"],
                                   environment={"CROSSCUT_REDIS": server.url,
                                                "CROSSCUT_STORAGE": "/storage"}),
                capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            shown = studio.ask("GET", f"/sessions/{session}").json
            assert shown["render"]["state"] == "done", shown["render"]
            program = storage / "sessions" / session / "program.mp4"
            assert program.stat().st_uid == USER and program.stat().st_size > 10_000
        finally:
            studio.end()


def images_are_narrow():
    """Nobody but the user of the program, and nothing to build with."""
    for name in ("server", "renderer"):
        with Container(f"crosscut-{name}") as box:
            said = run(*box.command("sh", "-c", "id -u; command -v gcc npm git make; "
                                    "test -s /etc/ssl/certs/ca-certificates.crt || echo untrusting; "
                                    "touch /usr/local/bin/x /etc/x 2>/dev/null && echo written; "
                                    "find / -xdev -perm -4000 -type f 2>/dev/null | wc -l; true"))
            lines = said.split()
            assert lines[0] == str(USER) and "written" not in lines, said
            assert "untrusting" not in lines, "nothing with TLS would be believed"
            assert not any("gcc" in line or "npm" in line for line in lines), said


def main():
    missing = [p for p in ("buildah", "podman", "mmdebstrap", "redis-server", "ffmpeg")
               if shutil.which(p) is None]
    if missing or os.getuid() != 0:
        print(f"1..0 # SKIP needs {' and '.join(missing) or 'root'} (make test-containers)")
        return
    work = Path(tempfile.mkdtemp(prefix="crosscut-containers-"))
    os.chmod(work, 0o755)
    try:
        tap.run("a base image is made of Debian's packages", get_base, work)
        for name in ("server", "renderer"):
            tap.run(f"deploy/{name}.Dockerfile builds", build, work, name)
        tap.run("the images are narrow", images_are_narrow)
        tap.run("a contained worker renders a show of the contained studio", render_in_containers, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tap.finish()


main()
