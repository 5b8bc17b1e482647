"""Small shows of a running studio, whose recordings are made here."""
import subprocess
from pathlib import Path

from client import Client, send_multipart, start_show, stop_show, wait_complete


def make_recording(folder, name, tone, seconds, size="160x90"):
    path = Path(folder) / name
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y",
                    "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=30:duration={seconds}",
                    "-f", "lavfi", "-i", f"sine=frequency={tone}:duration={seconds}",
                    "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "30",
                    "-c:a", "libopus", "-ac", "1", "-f", "matroska", path], check=True)
    return path.read_bytes()


def make_show(studio, recordings):
    """A complete show of these recordings: its id."""
    session = start_show(studio)["sessionId"]
    client = Client(studio, session)
    for name in recordings:
        client.send("record_start", name[:5] if name.startswith("cam") else "cam_1", file=name,
                    start=0)
    client.send("speaking_start", "cam_1")
    for name, data in recordings.items():
        assert send_multipart(studio, session, name, data).status == 201
    client.close()
    stop_show(studio, session)
    wait_complete(studio, session)
    return session
