"""Real RTMP servers for tests (Debian's nginx with its RTMP module), and a console's program: packets
of a clip that is made by code, sent over the WebSocket in real time."""
import http.server
import json
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import websocket

from serve import free_port
from show import BUILD, sample_show

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
RATE = 30  # of the sample show's host

CONFIG = """
load_module {module};
daemon off;
master_process off;
worker_processes 1;
error_log {folder}/error.log warn;
pid {folder}/pid;
events {{ worker_connections 64; }}
rtmp {{
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    chunk_size 4096;
    timeout 20s;
    application live {{
      live on;
      idle_streams off;
      record all;
      record_path {folder};
      record_unique on;
      {more}
    }}
  }}
}}
"""


def missing():
    """Why there can be no such server here, or None."""
    if not shutil.which("nginx") or not MODULE.exists():
        return "needs nginx with its RTMP module (apt install nginx-light libnginx-mod-rtmp)"
    return None


class Rtmp:
    """`more`: lines of the application's configuration."""

    def __init__(self, more=""):
        self.folder = Path(tempfile.mkdtemp(prefix="crosscut-rtmp-"))
        self.port = free_port()
        self.more = more
        self.process = None

    @property
    def url(self):
        return f"rtmp://127.0.0.1:{self.port}/live"

    def start(self):
        config = self.folder / "nginx.conf"
        config.write_text(CONFIG.format(module=MODULE, folder=self.folder, port=self.port,
                                        more=self.more))
        self.process = subprocess.Popen(["nginx", "-c", config, "-p", self.folder],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        return self

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def recordings(self):
        """What was received, one file a connection, oldest first."""
        return sorted(self.folder.glob("*.flv"), key=lambda path: path.stat().st_mtime_ns)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Door:
    """Answers nginx's question whether a stream may be published."""

    def __init__(self, status):
        door = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(door.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.status = status
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# ---- the clip ----

def box(data, name):
    """What the first MP4 box of this name holds."""
    at = data.index(name)
    return data[at + 4:at - 4 + struct.unpack(">I", data[at - 4:at])[0]]


class Clip:
    """H.264 and Opus of one camera of the sample show, as a console would encode them: each frame
    carries its camera and number."""

    def __init__(self, camera="host.mp4", seconds=20, size="640x360", video=(), name=None):
        folder = sample_show()
        path = BUILD / f"live-{name or Path(camera).stem}-{seconds}-{size}.mp4"
        if not path.exists():
            part = path.with_suffix(f".{threading.get_ident()}.part.mp4")
            subprocess.run(
                ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", folder / camera, "-t",
                 str(seconds), "-vf", f"scale={size.replace('x', ':')}",
                 *(video or ("-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast",
                             "-g", str(RATE), "-bf", "0", "-pix_fmt", "yuv420p")),
                 "-c:a", "libopus", "-b:a", "64k", "-ac", "2", part], check=True)
            part.rename(path)
        self.path = path
        self.width, self.height = (int(side) for side in size.split("x"))
        self.data = path.read_bytes()
        self.packets = self._packets()

    def _packets(self):
        """(time s, is picture, is key, bytes), in the order of time."""
        done = subprocess.run(
            ["ffprobe", "-v", "error", "-of", "json", "-show_entries",
             "packet=codec_type,pts_time,flags,pos,size", str(self.path)],
            stdout=subprocess.PIPE, check=True)
        found = []
        for one in json.loads(done.stdout)["packets"]:
            at, size = int(one["pos"]), int(one["size"])
            found.append((max(float(one["pts_time"]), 0), one["codec_type"] == "video",
                          "K" in one["flags"], self.data[at:at + size]))
        return sorted(found, key=lambda packet: packet[0])

    @property
    def avcc(self):
        return box(self.data, b"avcC")

    @property
    def opus_head(self):
        channels, skip, rate = struct.unpack(">BHI", box(self.data, b"dOps")[1:8])
        return b"OpusHead" + struct.pack("<BBHIHB", 1, channels, skip, rate, 0, 0)


# ---- frames: docs/API.md ----

def frame(kind, stream, body, t_us=0, key=False, duration_us=0, version=1):
    return struct.pack(">BBBBIq", version, kind, int(key), stream, duration_us, t_us) + body


def config(stream, codec, description=b"", width=0, height=0, rate=0):
    name = codec.encode()
    return frame(1, stream, bytes([len(name)]) + name +
                 struct.pack(">HHH", width, height, rate) + description)


class Program:
    """A console that sends its program: `start_ms` on the session clock. Runs in a thread."""

    def __init__(self, studio, session, clip, token=..., codec="avc1.42c01e"):
        self.clip, self.codec = clip, codec
        token = studio.token if token is ... else token
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{studio.port}/sessions/{session}/program", timeout=20,
            header=[f"Authorization: Bearer {token}"])
        self.thread = None
        self.is_over = threading.Event()
        self.sent = 0
        self.error = None

    def configure(self):
        clip = self.clip
        avcc = clip.avcc if self.codec.startswith("avc1") else b""
        self.send(config(1, self.codec, avcc, clip.width, clip.height, RATE * 100))
        self.send(config(2, "opus", clip.opus_head))

    def send(self, data):
        self.socket.send_binary(data)

    def run(self, clock_ms, seconds=None, first_s=0.0):
        """The clip from `first_s` on, in real time; its first packet is of now."""
        zero_us = int(clock_ms * 1000)
        begin = time.monotonic()
        for t, is_picture, is_key, data in self.clip.packets:
            if t < first_s:
                continue
            t -= first_s
            if self.is_over.is_set() or (seconds is not None and t >= seconds):
                break
            time.sleep(max(begin + t - time.monotonic(), 0))
            self.send(frame(2, 1 if is_picture else 2, data, zero_us + int(t * 1e6), is_key))
            self.sent += is_picture
        return self.sent

    def start(self, clock_ms, seconds=None, first_s=0.0):
        def work():
            try:
                self.configure()
                self.run(clock_ms, seconds, first_s)
            except Exception as error:  # looked at by the test
                self.error = error
        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        return self

    def join(self):
        self.thread.join(120)
        if self.error:
            raise self.error

    def close(self):
        self.is_over.set()
        if self.thread:
            self.thread.join(30)
        self.socket.close()


# ---- what was received ----

def flv_packets(path):
    """(time s, codec type, is key) of each packet, in the order in which they came."""
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_entries",
                           "packet=codec_type,dts_time,flags", str(path)],
                          stdout=subprocess.PIPE, check=True)
    return [(float(p["dts_time"]), p["codec_type"], "K" in p["flags"])
            for p in json.loads(done.stdout)["packets"]]


def decode_problem(path):
    """None when all of it decodes without a complaint. Times are compared in the file's own unit:
    in frames of a guessed rate, two pictures between which a slate ended may get the same one."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "warning", "-i", str(path),
                           "-enc_time_base", "-1", "-f", "null", "-"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return "\n".join(said[:8]) if done.returncode != 0 or said else None
