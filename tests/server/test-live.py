"""Live streams from outside: a console's packets over the WebSocket, real RTMP servers as destinations,
and what those recorded."""
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import rtmp  # noqa: E402
import websocket  # noqa: E402
from client import Client, read_log, show_folder, start_show, stop_show, until  # noqa: E402
from link import Link, Listener  # noqa: E402
from rtmp import RATE, Clip, Door, Program, Rtmp, config, frame  # noqa: E402
from serve import Studio, free_port  # noqa: E402
from show import frame_codes  # noqa: E402
from tap import Tap  # noqa: E402

KEY = "sk_live_4f8e2d7c9b"
SECRET = {"CROSSCUT_SECRET_KEY": "5a" * 32}


class Show:
    """A running show and a client that hears its log."""

    def __init__(self, studio):
        self.studio = studio
        self.id = start_show(studio)["sessionId"]
        self.client = Client(studio, self.id)

    def go_live(self, url=None, key=KEY, **more):
        body = {"sessionId": self.id, **more}
        if url:
            body.update(url=url, key=key)
        answer = self.studio.ask("POST", "/live/start", body)
        assert answer.status == 202, answer
        return answer.json

    def state(self, destination, state, seconds=90, **members):
        return self.client.wait_event("live_state", seconds, destination=destination, state=state,
                                      **members)

    def report(self):
        return self.studio.ask("GET", f"/live/{self.id}").json

    def wait_report(self, good, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            report = self.report()
            if good(report):
                return report
            time.sleep(0.1)
        raise AssertionError(f"waited in vain: {report}")

    def end(self):
        answer = self.studio.ask("POST", "/live/stop", {"sessionId": self.id})
        assert answer.status == 200, answer
        return answer.json

    def close(self):
        self.client.close()
        stop_show(self.studio, self.id)


def studio_of(*options, **more):
    more.setdefault("environment", SECRET)
    return Studio("--allow-private-targets", *options, **more)


# ---- what was recorded ----

def runs(codes):
    """Frames of the program as (first, last) numbers without one missing between; slates are None."""
    found = []
    for code in codes:
        if code is None:
            continue
        if found and code[1] == found[-1][1] + 1:
            found[-1][1] = code[1]
        else:
            found.append([code[1], code[1]])
    return [tuple(run) for run in found]


def times_problem(path, most_s=0.25):
    """Times rise in picture and sound, and never jump."""
    packets = rtmp.flv_packets(path)
    for kind in ("video", "audio"):
        times = [t for t, k, _ in packets if k == kind]
        steps = [b - a for a, b in zip(times, times[1:])]
        if not times or min(steps) <= 0 or max(steps) > most_s:
            return f"{path.name}: {kind}: {len(times)} packets, steps {min(steps)} to {max(steps)}"
    if packets[0][1] != "video" or not packets[0][2]:
        return f"does not begin with a keyframe: {packets[0]}"
    return None


def first(*complaints):
    return next((c for c in complaints if c), None)


# ---- the way of a stream ----

def every_frame_arrives(clip):
    """From the first keyframe on, in order, with its sound, in one stream that decodes."""
    with Rtmp() as server, studio_of() as studio:
        show = Show(studio)
        show.go_live(server.url)
        program = Program(studio, show.id, clip)
        show.client.wait_event("live_state", state="connecting")
        program.start(show.client.clock(), 10)
        show.state("127.0.0.1", "live")
        program.join()
        show.wait_report(lambda r: r["program"]["frames"] >= program.sent)
        time.sleep(0.3)
        report = show.end()
        program.close()
        log = read_log(show_folder(studio, show.id))
        manifest = json.loads((show_folder(studio, show.id) / "live.json").read_text())
        show.close()
        server.stop()
        [path] = server.recordings()
        [run] = runs(frame_codes(path)) or [None]
        one = report["destinations"][0]
        if run is None or run[1] != program.sent - 1 or run[0] > 3 * RATE or run[0] % RATE != 0:
            return f"of {program.sent} frames arrived {run}"
        if one["frames"] != run[1] - run[0] + 1 or one["dropped"] or one["reconnects"]:
            return f"report {one}, arrived {run}"
        if manifest != report or manifest["state"] != "ended" or one["state"] != "ended":
            return f"live.json {manifest}, answer {report}"
        types = [e["type"] for e in log if e["type"].startswith("live")]
        states = [e["state"] for e in log if e["type"] == "live_state"]
        if types[0] != "live_start" or types[-1] != "live_stop" or states != ["connecting", "live"]:
            return f"log {types} {states}"
        return first(times_problem(path), rtmp.decode_problem(path))


def a_slate_stands_in(clip):
    """For a program that stops, and one that comes from a reloaded page; the stream goes on."""
    with Rtmp() as server, studio_of() as studio:
        show = Show(studio)
        show.go_live(server.url)
        program = Program(studio, show.id, clip).start(show.client.clock(), 5)
        show.state("127.0.0.1", "live")
        program.join()
        program.close()
        show.wait_report(lambda r: r["program"]["slate"])
        time.sleep(1.5)
        again = Program(studio, show.id, clip).start(show.client.clock(), 5, first_s=8.48)
        again.join()
        show.wait_report(lambda r: not r["program"]["slate"] and r["program"]["slates"] == 1)
        time.sleep(0.3)
        report = show.end()
        again.close()
        show.close()
        server.stop()
        [path] = server.recordings()
        codes = frame_codes(path)
        found = runs(codes)
        slates = sum(code is None for code in codes)
        if len(found) != 2 or found[0][1] != 149 or found[1][0] != 270 or found[1][1] < 400:
            return f"runs {found}"
        if not 10 <= slates <= 60 or report["program"]["slates"] != 1:
            return f"{slates} pictures of the slate, report {report['program']}"
        if codes[0] is None or codes[-1] is None:
            return "a slate at an end"
        return first(times_problem(path, 2.2), rtmp.decode_problem(path))


def one_destination_fails_alone(clip):
    """r06: the first is killed and comes back; the second loses no frame."""
    with Rtmp() as one, Rtmp() as two, studio_of() as studio:
        for name, server in (("one", one), ("two", two)):
            studio.ask("PUT", f"/destinations/{name}", {"url": server.url, "key": KEY})
        show = Show(studio)
        show.go_live(destinations=["one", "two"])
        program = Program(studio, show.id, clip).start(show.client.clock(), 19)
        show.wait_report(lambda r: all(d["state"] == "live" for d in r["destinations"]))
        time.sleep(2)
        one.stop(signal.SIGKILL)
        lost = show.state("one", "retrying")
        one.start()
        show.state("one", "live")
        program.join()
        show.wait_report(lambda r: r["program"]["frames"] >= program.sent)
        time.sleep(0.3)
        report = show.end()
        program.close()
        show.close()
        one.stop()
        two.stop()
        by_name = {d["name"]: d for d in report["destinations"]}
        [path] = two.recordings()
        found = runs(frame_codes(path))
        if len(found) != 1 or found[0][1] != program.sent - 1 or by_name["two"]["dropped"]:
            return f"the second has {found}, {by_name['two']}"
        if len(one.recordings()) != 2 or by_name["one"]["reconnects"] != 1:
            return f"the first: {one.recordings()} {by_name['one']}"
        if lost.get("code") not in ("lost", "unreachable") or not lost.get("wait"):
            return f"said {lost}"
        again = runs(frame_codes(one.recordings()[-1]))
        if len(again) != 1 or again[0][0] % RATE or again[0][1] != program.sent - 1:
            return f"the first came back with {again}"
        return first(times_problem(path), rtmp.decode_problem(path),
                     rtmp.decode_problem(one.recordings()[-1]))


def one_destination_is_removed_alone(_):
    """r06: and comes back; the other one is not touched. A server that was killed knows which."""
    with Rtmp() as one, Rtmp() as two, studio_of() as studio:
        for name, server in (("one", one), ("two", two)):
            studio.ask("PUT", f"/destinations/{name}", {"url": server.url, "key": KEY})
        show = Show(studio)

        def stop(destination):
            return studio.ask("POST", "/live/stop",
                              {"sessionId": show.id, "destination": destination})
        show.go_live(destinations=["one", "two"])
        show.wait_report(lambda r: all(d["state"] == "live" and d["frames"] > 0
                                       for d in r["destinations"]))
        removed = stop("one")
        both = studio.ask("POST", "/live/start",  # refused, and forgotten
                          {"sessionId": show.id, "destinations": ["two", "one"]})
        refusals = [(answer.status, answer.code) for answer in
                    (stop("one"), stop("nobody"), both, stop(7))]
        manifest = show_folder(studio, show.id) / "live.json"
        until(lambda: states_of(json.loads(manifest.read_text()))["one"] == "ended",
              what="live.json")
        studio.kill()
        show.client.close()
        studio.start()
        show.client = Client(studio, show.id)
        again = show.wait_report(lambda r: states_of(r) == {"one": "ended", "two": "live"})
        show.go_live(destinations=["one"])
        show.wait_report(lambda r: set(states_of(r).values()) == {"live"})
        ends = [stop("two"), stop("one")]
        show.close()
        log = read_log(show_folder(studio, show.id))
        if removed.status != 200 or states_of(removed.json) != {"one": "ended", "two": "live"} or \
                removed.json["state"] != "live":
            return f"{removed!r}"
        if refusals != [(409, "conflict")] * 3 + [(400, "invalid")]:
            return f"{refusals}"
        kept = {d["name"]: d for d in again["destinations"]}["one"]
        if kept["bytes"] == 0 or kept["end"] is None or kept["states"][-1]["state"] != "ended":
            return f"after the restart {kept}"
        if [a.json["state"] for a in ends] != ["live", "ended"] or \
                set(states_of(ends[1].json).values()) != {"ended"}:
            return f"{ends}"
        said = [(e["type"], e.get("destination"), e.get("state")) for e in log
                if e["type"].startswith("live")]
        if ("live_state", "one", "ended") not in said or said[-1][0] != "live_stop":
            return f"{said}"
        if len(two.recordings()) != 2:  # one before the kill, one behind it
            return f"the other one was cut: {two.recordings()}"
        return None


def children_of(pid):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(folder.name))
        except (OSError, IndexError):
            pass
    return found


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def a_killed_server_goes_on(clip):
    """r01: its children die with it; the stream comes back from its live_start; what it says is true."""
    with Rtmp() as server, studio_of() as studio:
        show = Show(studio)
        show.go_live(server.url, delay=0.5)
        program = Program(studio, show.id, clip).start(show.client.clock(), 4)
        show.state("127.0.0.1", "live")
        program.join()
        time.sleep(1.2)
        before = show.report()["destinations"][0]
        children = children_of(studio.process.pid)
        studio.kill()
        program.close()
        show.client.close()
        end = time.monotonic() + 5
        while any(is_running(pid) for pid in children) and time.monotonic() < end:
            time.sleep(0.05)
        if len(children) != 2 or any(is_running(pid) for pid in children):
            return f"children {children} outlive their server"
        studio.start()
        show.client = Client(studio, show.id)
        again = Program(studio, show.id, clip).start(show.client.clock(), 7, first_s=6)
        show.wait_report(lambda r: r["destinations"][0]["state"] == "live")
        again.join()
        time.sleep(1.2)
        report = show.end()
        again.close()
        show.close()
        log = read_log(show_folder(studio, show.id))
        folder = show_folder(studio, show.id)
        if json.loads((folder / "live.json").read_text()) != report:
            return "live.json is not what was answered"
        studio.stop()
        studio.start()
        if studio.ask("GET", f"/live/{show.id}").json != report:
            return "after the end a restart says otherwise"
        server.stop()
        recordings = server.recordings()
        one = report["destinations"][0]
        if len(recordings) < 2 or not runs(frame_codes(recordings[-1])):
            return f"recordings {recordings}"
        if one["bytes"] <= before["bytes"] or one["frames"] <= before["frames"] or \
                one["start"] != before["start"] or report["delay"] != 500:
            return f"before {before}, after {report}"
        starts = [e["type"] for e in log if e["type"] in ("live_start", "live_stop")]
        if starts != ["live_start", "live_stop"]:
            return f"log {starts}"
        return first(times_problem(recordings[-1], 2.2), rtmp.decode_problem(recordings[-1]))


def a_child_that_ends_is_started_again(clip):
    """The one sender is killed, and the other loses nothing; then the feed, and both come back."""
    with Rtmp() as server, studio_of() as studio:
        show = Show(studio)
        for name in ("one", "two"):
            show.go_live(server.url, key=f"{KEY}-{name}", name=name)
        program = Program(studio, show.id, clip).start(show.client.clock(), 19)
        show.wait_report(lambda r: all(d["state"] == "live" for d in r["destinations"]))
        time.sleep(1)
        roles = {pid: read_quietly(Path(f"/proc/{pid}/cmdline")).split(b"\0")[2]
                 for pid in children_of(studio.process.pid)}
        feed = next(pid for pid, role in roles.items() if role == b"feed")
        os.kill(next(pid for pid, role in roles.items() if role == b"send"), signal.SIGKILL)
        said = show.client.wait_event("live_state", state="retrying")
        show.wait_report(lambda r: all(d["state"] == "live" for d in r["destinations"]))
        before = {d["name"]: d for d in show.report()["destinations"]}
        os.kill(feed, signal.SIGKILL)
        show.wait_report(lambda r: r["program"]["restarts"] == 1 and
                         all(d["state"] == "live" for d in r["destinations"]))
        frames = show.report()["destinations"]
        show.wait_report(lambda r: all(d["frames"] > b["frames"] + 30
                                       for d, b in zip(r["destinations"], frames)))
        report = show.end()
        program.close()
        show.close()
        hit = said["destination"]
        other = next(d for name, d in before.items() if name != hit)
        if said.get("code") != "sender" or before[hit]["restarts"] != 1:
            return f"{said} {before[hit]}"
        if other["restarts"] or other["dropped"] or other["reconnects"]:
            return f"the other one suffered: {other}"
        if any(d["state"] != "ended" for d in report["destinations"]):
            return f"{report}"
        return None


def vp9_is_encoded_once(_):
    """Said, metered, and what comes out is H.264 with the frames of the program."""
    vp9 = Clip(seconds=8, name="vp9", size="320x180",
               video=("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M",
                      "-g", str(RATE)))
    with Rtmp() as server, studio_of() as studio:
        show = Show(studio)
        show.go_live(server.url)
        program = Program(studio, show.id, vp9, codec="vp09.00.31.08").start(show.client.clock(), 7)
        show.state("127.0.0.1", "live")
        program.join()
        show.wait_report(lambda r: r["destinations"][0]["frames"] > 150, 120)
        report = show.end()
        program.close()
        show.close()
        server.stop()
        [path] = server.recordings()
        packets = rtmp.flv_packets(path)
        keys = [t for t, kind, key in packets if kind == "video" and key]
        if not report["program"]["transcoded"] or not report["program"]["warnings"]:
            return f"not said: {report['program']}"
        if len(packets) < 100 or max(b - a for a, b in zip(keys, keys[1:])) > 2.1:
            return f"{len(packets)} packets, keyframes at {keys}"
        return first(times_problem(path), rtmp.decode_problem(path))


# ---- what goes wrong ----

class Tls(Listener):
    """Takes TLS off before an RTMP server, with a certificate for localhost that its own authority
    signed."""

    def __init__(self, folder, port):
        self.to = port
        self.ca = folder / "ca.pem"
        key, request, own = folder / "key.pem", folder / "own.csr", folder / "own.pem"
        names = folder / "names"
        names.write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")

        def openssl(*arguments):
            subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out",
                self.ca, "-days", "2", "-subj", "/CN=test authority")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj",
                "/CN=localhost")
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", folder / "ca.key",
                "-CAcreateserial", "-out", own, "-days", "2", "-extfile", names)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(own, key)
        super().__init__()

    def serve(self, raw):
        try:
            inner = self.context.wrap_socket(raw, server_side=True)
        except OSError:
            raw.close()
            return
        inner.settimeout(0.02)
        with inner, socket.create_connection(("127.0.0.1", self.to)) as outer:
            outer.setblocking(False)
            while True:  # one thread for both ways: an SSL object is not for two
                try:
                    data = inner.recv(65536)
                    if not data:
                        return
                    outer.setblocking(True)
                    outer.sendall(data)
                    outer.setblocking(False)
                except (TimeoutError, ssl.SSLWantReadError):
                    pass
                except OSError:
                    return
                try:
                    back = outer.recv(65536)
                    if not back:
                        return
                    inner.sendall(back)
                except BlockingIOError:
                    pass
                except OSError:
                    return


def rtmps_is_encrypted_and_checked(clip):
    """One with the right certificate is live; with another authority's, or another name, it is not."""
    with Rtmp() as server:
        tls = Tls(server.folder, server.port)
        with studio_of("--live-ca-file", tls.ca) as studio, studio_of() as strict:
            said = []
            for one, host in ((studio, "localhost"), (studio, "127.0.0.1"), (strict, "localhost")):
                show = Show(one)
                show.go_live(f"rtmps://{host}:{tls.port}/live", name="it")
                program = Program(one, show.id, clip).start(show.client.clock(), 4)
                event = show.client.wait_event("live_state", destination="it", state="connecting")
                event = show.client.wait("event", lambda e: e["type"] == "live_state" and
                                         e["state"] in ("live", "retrying"))
                program.join()
                time.sleep(0.5)
                show.end()
                program.close()
                show.close()
                said.append((event["state"], event.get("code")))
        tls.close()
        server.stop()
        if said != [("live", None), ("retrying", "tls"), ("retrying", "tls")]:
            return f"{said}"
        [path] = server.recordings()
        return first(times_problem(path), rtmp.decode_problem(path))


def states_of(report):
    return {d["name"]: d["state"] for d in report["destinations"]}


def troubles_have_their_own_words(_):
    """r06: refused, nobody there, stalled, reset, another protocol: each its state, code and sentence,
    and each on its own; a slow one drops, and stays live."""
    big = Clip(seconds=20, name="big", size="640x360",
               video=("-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-g",
                      str(RATE), "-bf", "0", "-b:v", "4M", "-minrate", "4M", "-maxrate", "4M",
                      "-bufsize", "1M", "-x264-params", "nal-hrd=cbr:filler=1", "-pix_fmt",
                      "yuv420p"))
    door = Door(403)
    speaks_http = Door(200)
    with Rtmp(f"on_publish http://127.0.0.1:{door.port}/;") as guarded, Rtmp() as server, \
            Link(server.port) as stalled, Link(server.port) as cut, Link(server.port, 131072) as slow, \
            studio_of() as studio:
        ports = {"nobody": free_port(), "http": speaks_http.port, "good": server.port,
                 "stalled": stalled.port, "cut": cut.port, "slow": slow.port,
                 "guarded": guarded.port}
        for name, port in ports.items():
            answer = studio.ask("PUT", f"/destinations/{name}",
                                {"url": f"rtmp://127.0.0.1:{port}/live", "key": f"{KEY}-{name}"})
            assert answer.status == 200, answer
        show = Show(studio)
        show.go_live(destinations=list(ports))
        program = Program(studio, show.id, big).start(show.client.clock(), 19.5)
        show.wait_report(lambda r: all(states_of(r)[name] == "live"
                                       for name in ("good", "stalled", "cut", "slow")))
        stalled.stall()
        slow.slow(60000)
        cut.reset()
        seen = {}

        def look(report):
            for one in report["destinations"]:
                if one["state"] == "retrying":
                    seen.setdefault(one["name"], (one["code"], one["why"]))
            by_name = {d["name"]: d for d in report["destinations"]}
            return len(seen) == 5 and by_name["slow"]["dropped"] > 0
        narrow = show.wait_report(look)
        for link in (stalled, slow):
            link.heal()
        door.status = 200
        healed = ("stalled", "cut", "guarded", "slow")
        report = show.wait_report(lambda r: all(states_of(r)[name] == "live" for name in healed))
        by_name = {d["name"]: d for d in report["destinations"]}
        before = {d["name"]: d for d in narrow["destinations"]}
        show.wait_report(lambda r: {d["name"]: d for d in r["destinations"]}["slow"]["frames"] >
                         before["slow"]["frames"] + 5)
        show.end()
        program.close()
        show.close()
        door.close()
        speaks_http.close()
        codes = {name: code for name, (code, _) in seen.items()}
        if codes.pop("http") not in ("refused", "timeout") or codes.pop("stalled") not in \
                ("timeout", "lost"):
            return f"{seen}"
        if codes != {"guarded": "refused", "nobody": "unreachable", "cut": "lost"}:
            return f"{seen}"
        if any(KEY in why for _, why in seen.values()):
            return f"a key in {seen}"
        good = by_name["good"]
        if good["state"] != "live" or good["dropped"] or good["reconnects"]:
            return f"the good one suffered: {good}"
        if before["slow"]["state"] != "live" or by_name["slow"]["reconnects"]:
            return f"the slow one: {before['slow']} {by_name['slow']}"
        return None


def bad_calls_are_refused(studio, show):
    ask = studio.ask
    none = "00000000-0000-4000-8000-000000000000"
    good = {"sessionId": show.id, "url": "rtmp://ingest.example/app", "key": KEY}
    table = [
        ("unknown session", {**good, "sessionId": none}, 404, "not_found", "sessionId"),
        ("no session", {"url": good["url"], "key": KEY}, 400, "invalid", "sessionId"),
        ("no url", {"sessionId": show.id}, 400, "invalid", "url"),
        ("file", {**good, "url": "file:///etc/passwd"}, 400, "invalid", "url"),
        ("http", {**good, "url": "http://ingest.example/app"}, 400, "invalid", "url"),
        ("no host", {**good, "url": "rtmp:///app"}, 400, "invalid", "url"),
        ("no app", {**good, "url": "rtmp://ingest.example"}, 400, "invalid", "url"),
        ("user", {**good, "url": "rtmp://a:b@ingest.example/app"}, 400, "invalid", "url"),
        ("url no text", {**good, "url": 7}, 400, "invalid", "url"),
        ("no key", {**good, "key": ""}, 400, "invalid", "key"),
        ("key no text", {**good, "key": ["x"]}, 400, "invalid", "key"),
        ("key with a line", {**good, "key": "a\nb"}, 400, "invalid", "key"),
        ("delay", {**good, "delay": 31}, 400, "invalid", "delay"),
        ("delay no number", {**good, "delay": "1"}, 400, "invalid", "delay"),
        ("both", {**good, "destinations": ["x"]}, 400, "invalid", "destinations"),
        ("no such", {"sessionId": show.id, "destinations": ["nowhere"]}, 404, "not_found", "name"),
        ("twice", {"sessionId": show.id, "destinations": ["a", "a"]}, 400, "invalid",
         "destinations"),
        ("empty", {"sessionId": show.id, "destinations": []}, 400, "invalid", "destinations"),
        ("loopback", {**good, "url": "rtmp://127.0.0.1/app"}, 403, "forbidden", "url"),
        ("metadata", {**good, "url": "rtmp://169.254.169.254/app"}, 403, "forbidden", "url"),
        ("private", {**good, "url": "rtmp://[fd00::1]/app"}, 403, "forbidden", "url"),
        ("localhost", {**good, "url": "rtmps://localhost/app"}, 403, "forbidden", "url"),
    ]
    for what, body, status, code, field in table:
        answer = ask("POST", "/live/start", body)
        found = (answer.status, answer.code, answer.json["error"].get("field"))
        if found != (status, code, field) or KEY in answer.body.decode():
            return f"{what}: {answer!r}"
    stop = ask("POST", "/live/stop", {"sessionId": show.id})
    if (stop.status, stop.code) != (409, "conflict"):
        return f"stop of what is not on air: {stop!r}"
    for method, path in (("POST", "/live/start"), ("POST", "/live/stop"), ("GET", "/destinations")):
        answer = ask(method, path, good if method == "POST" else None, token=None)
        if answer.status != 401:
            return f"{path} without a token: {answer!r}"
    if ask("GET", f"/live/{show.id}").status != 404 or ask("GET", f"/live/{none}").status != 404:
        return "a show that never was live has a manifest"
    return None


def names_that_lead_home_are_refused(studio, show):
    """s09: a spelling that only the resolver knows as this machine."""
    show.go_live("rtmp://127.1/app")
    said = show.state("127.1", "failed")
    again = studio.ask("POST", "/live/start",
                       {"sessionId": show.id, "url": "rtmp://127.1/app", "key": KEY})
    show.state("127.1", "failed")
    report = show.end()
    if said.get("code") != "private_address" or again.status != 202:
        return f"{said} {again!r}"
    if report["destinations"][0]["state"] != "failed":
        return f"{report}"
    return None


def starting_and_stopping_twice(studio):
    with Rtmp() as server:
        show = Show(studio)
        show.go_live(server.url)
        again = studio.ask("POST", "/live/start",
                           {"sessionId": show.id, "url": server.url, "key": KEY})
        show.end()
        stop = studio.ask("POST", "/live/stop", {"sessionId": show.id})
        show.go_live(server.url, name="second time")  # a show may go live again
        stop_show(studio, show.id)  # which ends the stream
        end = time.monotonic() + 10
        while (report := show.report())["state"] != "ended" and time.monotonic() < end:
            time.sleep(0.1)
        ended = studio.ask("POST", "/live/start",
                           {"sessionId": show.id, "url": server.url, "key": KEY})
        show.client.close()
        if (again.status, again.code, stop.status, stop.code) != (409, "conflict", 409, "conflict"):
            return f"{again!r} {stop!r}"
        if report["state"] != "ended" or (ended.status, ended.code) != (409, "stopped"):
            return f"{report} {ended!r}"
    return None


def destinations_are_kept_without_their_keys(studio):
    ask = studio.ask
    made = ask("PUT", "/destinations/Main%20one", {"url": "rtmp://ingest.example/app/x", "key": KEY})
    if made.status != 200 or made.json != {"name": "Main one", "hasKey": True,
                                           "address": "rtmp://ingest.example/app"}:
        return repr(made)
    listed = ask("GET", "/destinations")
    if [d["name"] for d in listed.json["destinations"]] != ["Main one"] or \
            KEY in listed.body.decode():
        return repr(listed)
    bad = ask("PUT", "/destinations/x", {"url": "rtmp://10.0.0.1/app", "key": KEY})
    if (bad.status, bad.code) != (403, "forbidden"):
        return repr(bad)
    gone = [ask("DELETE", "/destinations/Main%20one").status for _ in range(2)]
    return None if gone == [204, 404] else f"{gone}"


def programs_are_checked(studio, show):
    """Who may send one, and what closes it."""
    def opened(token=studio.token, **headers):
        given = [f"Authorization: Bearer {token}"] if token else []
        given += [f"{k}: {v}" for k, v in headers.items()]
        try:
            return websocket.create_connection(
                f"ws://127.0.0.1:{studio.port}/sessions/{show.id}/program", timeout=10,
                header=given, suppress_origin=True)
        except websocket.WebSocketBadStatusException as refusal:
            return refusal.status_code

    def closed_by(data, binary=True):
        one = opened()
        (one.send_binary if binary else one.send)(data)
        opcode, payload = one.recv_data()
        one.close()
        return int.from_bytes(payload[:2], "big") if opcode == 8 else opcode

    guest = studio.ask("POST", f"/sessions/{show.id}/guests",
                       {"role": "camera", "source": "cam_1"}).json["token"]
    cookie = studio.ask("POST", "/login", {"token": studio.token}, token=None) \
        .headers["Set-Cookie"].partition(";")[0]
    refusals = [opened(None), opened(guest), opened("x" * 20),
                opened(None, Cookie=cookie, Origin="https://evil.example"),
                opened(None, Cookie=cookie)]
    if refusals != [401, 403, 401, 403, 403]:
        return f"{refusals}"
    page = opened(None, Cookie=cookie, Origin=studio.address)
    if isinstance(page, int):
        return f"our own page: {page}"
    plain = studio.ask("GET", f"/sessions/{show.id}/program")
    if plain.status != 400:
        return f"without upgrade: {plain!r}"
    other = opened()
    opcode, payload = page.recv_data()
    if opcode != 8 or int.from_bytes(payload[:2], "big") != 4001:
        return f"the one before was told {opcode} {payload}"
    page.close()
    other.close()
    codes = [closed_by(b"x"), closed_by(frame(2, 1, b"x", version=2)), closed_by(frame(17, 0, b"")),
             closed_by("text", binary=False), closed_by(bytes(5 << 20)),
             closed_by(config(1, "avc1", b"", 0, 0))]
    return None if codes == [1008, 1008, 1008, 1003, 1009, 1008] else f"{codes}"


# ---- secrets ----

def read_quietly(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def keys_stand_nowhere(clip):
    """s08: files, database, logs with all debug messages, command lines, environments, answers."""
    needles = [KEY.encode(), b"5a5a5a5a5a5a5a5a", b"secret-in-url"]
    environment = {**SECRET, "G_MESSAGES_DEBUG": "all"}
    with Rtmp() as server, studio_of(environment=environment) as studio:
        studio.ask("PUT", "/destinations/saved", {"url": server.url, "key": KEY})
        show = Show(studio)
        show.go_live(server.url + "/secret-in-url", key="", name="given")
        show.go_live(destinations=["saved"])
        program = Program(studio, show.id, clip).start(show.client.clock(), 3)
        show.wait_report(lambda r: all(d["state"] == "live" for d in r["destinations"]))
        found = []
        for pid in [studio.process.pid, *children_of(studio.process.pid)]:
            for name in ("cmdline", "environ"):
                data = read_quietly(Path(f"/proc/{pid}/{name}"))
                found += [f"{pid}/{name}" for needle in needles if needle in data]
        program.join()
        server.stop()
        show.wait_report(lambda r: all(d["state"] == "retrying" for d in r["destinations"]))
        answers = [studio.ask("GET", path).body for path in
                   (f"/live/{show.id}", "/destinations", "/metrics", f"/sessions/{show.id}")]
        show.end()
        program.close()
        heard = json.dumps(show.client.heard).encode()
        show.close()
        studio.stop()
        for number, data in enumerate([*answers, heard]):
            found += [f"answer {number}" for needle in needles if needle in data]
        for path in studio.folder.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                found += [str(path) for needle in needles if needle in data]
        if not (studio.folder / "storage" / "server.db").exists():
            return "looked in the wrong place"
        return f"found in {found}" if found else None


def a_secret_is_made_outside_of_the_storage():
    with studio_of(environment={"XDG_DATA_HOME": "/nonexistent"}) as studio:
        data = studio.folder / "data"
        studio.stop()
        studio.environment["XDG_DATA_HOME"] = str(data)
        studio.start()
        studio.ask("PUT", "/destinations/a", {"url": "rtmp://127.0.0.1/app", "key": KEY})
        path = data / "crosscut" / "secret-key"
        mode = path.stat().st_mode & 0o777
        studio.stop()
        studio.environment["XDG_DATA_HOME"] = str(studio.folder / "other")
        studio.start()
        show = Show(studio)
        answer = studio.ask("POST", "/live/start", {"sessionId": show.id, "destinations": ["a"]})
        show.close()
        if mode != 0o600:
            return f"{mode:o}"
        if (answer.status, answer.code) != (409, "conflict"):
            return f"another secret: {answer!r}"
        studio.stop()
        studio.environment["XDG_DATA_HOME"] = str(studio.folder / "storage")
        studio.start()
        inside = studio.ask("PUT", "/destinations/b", {"url": "rtmp://127.0.0.1/app", "key": KEY})
        return None if inside.status == 500 else f"inside of the storage: {inside!r}"


STREAMS = [
    ("/live/stream/every-frame-arrives", every_frame_arrives),
    ("/live/stream/a-slate-stands-in", a_slate_stands_in),
    ("/r06/live/one-destination-fails-alone", one_destination_fails_alone),
    ("/r06/live/one-destination-is-removed-alone", one_destination_is_removed_alone),
    ("/r01/live/a-killed-server-goes-on", a_killed_server_goes_on),
    ("/r06/live/a-child-that-ends-is-started-again", a_child_that_ends_is_started_again),
    ("/live/stream/vp9-is-encoded-once", vp9_is_encoded_once),
    ("/live/stream/rtmps-is-encrypted-and-checked", rtmps_is_encrypted_and_checked),
    ("/r06/live/troubles-have-their-own-words", troubles_have_their_own_words),
    ("/s08/live/keys-stand-nowhere", keys_stand_nowhere),
]


def main():
    tap = Tap()
    chosen = sys.argv[1:]
    why = rtmp.missing()
    clip = Clip() if why is None else None
    if chosen:
        for name, test in STREAMS:
            if any(word in name for word in chosen):
                tap.run(name, test, clip)
        tap.finish()
    with Studio(environment=SECRET) as studio:
        show = Show(studio)
        tap.run("/live/start/bad-calls-are-refused", bad_calls_are_refused, studio, show)
        tap.run("/s09/live/names-that-lead-home-are-refused", names_that_lead_home_are_refused,
                studio, show)
        tap.run("/live/destinations/kept-without-their-keys",
                destinations_are_kept_without_their_keys, studio)
        tap.run("/s06/live/programs-are-checked", programs_are_checked, studio, show)
        show.close()
    tap.run("/live/secret/made-outside-of-the-storage", a_secret_is_made_outside_of_the_storage)
    if why is None:  # each sends for as long as a stream lasts, and copies
        tap.run_side_by_side([(name, test, clip) for name, test in STREAMS], at_once=2)
    else:
        for name, _ in STREAMS:
            tap.skip(name, why)
    if why is None:
        with studio_of() as studio:
            tap.run("/live/stop/starting-and-stopping-twice", starting_and_stopping_twice, studio)
    tap.finish()


if __name__ == "__main__":
    sys.exit(main())
