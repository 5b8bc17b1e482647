"""A real Redis for tests: on a port of its own, remembering nothing, ended by its process id."""
import shutil
import socket
import subprocess
import tempfile
import time

from serve import free_port

PROGRAM = shutil.which("redis-server")


def missing():
    """Why there can be no such server here, or None."""
    return None if PROGRAM else "needs redis-server (make test-deps)"


class Redis:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="crosscut-redis-")
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly",
             "no", "--dir", self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                if self.ask("PING") == b"+PONG":
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("redis-server did not start")

    def ask(self, *words):
        """The first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as link:
            text = b"*%d\r\n" % len(words)
            for word in words:
                text += b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode())
            link.sendall(text)
            return link.makefile("rb").readline().rstrip(b"\r\n")

    def kill(self):
        """All that it had is gone."""
        self.process.kill()
        self.process.wait(30)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
