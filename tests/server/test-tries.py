"""Destinations that are tried before a show: real RTMP servers, and everything that can be wrong."""
import json
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import rtmp  # noqa: E402
from client import Client, show_folder, start_show, stop_show, until  # noqa: E402
from link import Link, Silence  # noqa: E402
from rtmp import Door, Rtmp  # noqa: E402
from serve import Studio, free_port  # noqa: E402
from show import frame_codes  # noqa: E402
from tap import Tap  # noqa: E402

KEY = "sk_live_4f8e2d7c9b"
SECRET = {"CROSSCUT_SECRET_KEY": "5a" * 32}


def studio_of(*options, **more):
    more.setdefault("environment", SECRET)
    return Studio("--allow-private-targets", *options, **more)


def save(studio, name, port, key=KEY):
    answer = studio.ask("PUT", f"/destinations/{name}",
                        {"url": f"rtmp://127.0.0.1:{port}/live", "key": key})
    assert answer.status == 200, answer


class Asked:
    """A test under way."""

    def __init__(self, studio, name):
        self.answer = None
        self.thread = threading.Thread(target=self._ask, args=(studio, name), daemon=True)
        self.thread.start()

    def _ask(self, studio, name):
        self.answer = studio.ask("POST", f"/destinations/{name}/test")

    def result(self):
        self.thread.join(90)
        assert self.answer is not None, "no answer came"
        return self.answer


def a_good_one_gets_a_slate_and_says_so():
    with Rtmp() as server, studio_of() as studio:
        save(studio, "good", server.port)
        saved = studio.ask("POST", "/destinations/good/test")
        given = studio.ask("POST", "/live/test", {"url": server.url, "key": f"{KEY}-2"})
        server.stop()
        recordings = server.recordings()
        if len(recordings) != 2:
            return f"{recordings} {saved!r} {given!r}"
        for answer, path, name in ((saved, recordings[0], "good"),
                                   (given, recordings[1], "127.0.0.1")):
            said = answer.json
            if answer.status != 200 or not said["ok"] or said["state"] != "live" or \
                    said["name"] != name or "code" in said or not said["why"] or \
                    said["sent"] < 4900 or said["bytes"] == 0 or KEY in answer.body.decode():
                return f"{answer!r}"
            codes = frame_codes(path)
            if len(codes) < 20 or any(codes):
                return f"{len(codes)} pictures, not all of the slate"
            problem = rtmp.decode_problem(path)
            if problem:
                return problem
        return None


def each_trouble_has_its_own_words():
    """r06: all at once, each at a place of its own."""
    door = Door(403)
    with Rtmp(f"on_publish http://127.0.0.1:{door.port}/;") as guarded, Silence() as silence, \
            studio_of() as studio:
        ports = {"guarded": guarded.port, "nobody": free_port(), "silent": silence.port}
        for name, port in ports.items():
            save(studio, name, port)
        asked = {name: Asked(studio, name) for name in ports}
        answers = {name: one.result() for name, one in asked.items()}
        door.close()
        found = {name: (a.status, a.json.get("ok"), a.json.get("state"), a.json.get("code"))
                 for name, a in answers.items()}
        wanted = {name: (200, False, "failed", code) for name, code in
                  (("guarded", "refused"), ("nobody", "unreachable"), ("silent", "timeout"))}
        if found != wanted:
            return f"{found} {answers}"
        if any(KEY in a.body.decode() or not a.json["why"] for a in answers.values()):
            return f"{answers}"
        return None


def private_places_are_refused():
    """s09: numbers at once, names when they are looked up."""
    with Studio(environment=SECRET) as studio:
        answers = [studio.ask("POST", "/live/test", {"url": url, "key": KEY}) for url in
                   ("rtmp://127.0.0.1/app", "rtmp://169.254.169.254/app", "rtmp://[fd00::1]/app")]
        named = studio.ask("POST", "/live/test", {"url": "rtmp://127.1/app", "key": KEY})
        unknown = studio.ask("POST", "/live/test", {"url": "rtmp://nothing.invalid/app", "key": KEY})
        bad = studio.ask("POST", "/live/test", {"url": "file:///etc/passwd", "key": KEY})
        none = studio.ask("POST", "/destinations/nowhere/test")
        nobody = studio.ask("POST", "/destinations/nowhere/test", token=None)
    if [a.status for a in answers] != [403] * 3 or bad.status != 400 or none.status != 404 or \
            nobody.status != 401:
        return f"{answers} {bad!r} {none!r} {nobody!r}"
    if named.json.get("code") != "private_address" or unknown.json.get("code") != "unresolved":
        return f"{named!r} {unknown!r}"
    return None


def one_that_ends_the_connection_is_no_good():
    with Rtmp() as server, Link(server.port) as link, studio_of() as studio:
        save(studio, "cut", link.port)
        asked = Asked(studio, "cut")
        until(lambda: any(p.stat().st_size > 0 for p in server.recordings()), what="the stream")
        link.reset()
        answer = asked.result()
        if answer.json.get("ok") or answer.json.get("code") != "lost":
            return f"{answer!r}"
        return None


def one_at_a_time_and_never_on_air():
    with Rtmp() as server, Silence() as silence, studio_of() as studio:
        for name, port in (("silent", silence.port), ("live", server.port)):
            save(studio, name, port)
        save(studio, "same", silence.port)  # another name, the same place
        session = start_show(studio)["sessionId"]
        studio.ask("POST", "/live/start", {"sessionId": session, "destinations": ["live"]})
        asked = Asked(studio, "silent")
        until(lambda: len(children(studio)) == 4, what="feed and sender of the test")
        busy = [studio.ask("POST", f"/destinations/{name}/test") for name in ("silent", "same")]
        on_air = studio.ask("POST", "/destinations/live/test")
        # A show that goes live there comes first.
        studio.ask("POST", "/live/start", {"sessionId": session, "destinations": ["silent"]})
        ended = asked.result()
        studio.ask("POST", "/live/stop", {"sessionId": session})
        stop_show(studio, session)
        after = studio.ask("POST", "/destinations/live/test")
        if [(a.status, a.code) for a in (*busy, on_air, ended)] != [(409, "conflict")] * 4:
            return f"{busy} {on_air!r} {ended!r}"
        return None if after.json.get("ok") else f"{after!r}"


def children(studio):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == studio.process.pid:
            found.append(int(folder.name))
    return found


def a_server_that_ends_waits_for_no_test():
    with Silence() as silence, studio_of() as studio:
        save(studio, "silent", silence.port)
        asked = Asked(studio, "silent")
        until(lambda: len(children(studio)) == 2, what="feed and sender")
        studio.stop()
        answer = asked.result()
        return None if answer.status == 503 else f"{answer!r}"


def no_key_is_in_what_is_left():
    """s08: and a test leaves nothing in a show."""
    environment = {**SECRET, "G_MESSAGES_DEBUG": "all"}
    with Rtmp() as server, studio_of(environment=environment) as studio:
        save(studio, "good", server.port)
        session = start_show(studio)["sessionId"]
        client = Client(studio, session)
        asked = Asked(studio, "good")
        until(lambda: len(children(studio)) == 2, what="feed and sender")
        said = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(studio)]
        said += [asked.result().body, studio.ask("GET", "/metrics").body]
        said += [json.dumps(client.heard).encode()]
        client.close()
        stop_show(studio, session)
        has_manifest = (show_folder(studio, session) / "live.json").exists()
        said += [p.read_bytes() for p in studio.folder.rglob("*") if p.is_file()]
        if any(KEY.encode() in part for part in said):
            return "a key is in something"
        return "a test made a live.json" if has_manifest else None


TESTS = [
    ("/live/test/a-good-one-gets-a-slate", a_good_one_gets_a_slate_and_says_so),
    ("/r06/live/test/each-trouble-has-its-own-words", each_trouble_has_its_own_words),
    ("/s09/live/test/private-places-are-refused", private_places_are_refused),
    ("/live/test/one-that-ends-the-connection", one_that_ends_the_connection_is_no_good),
    ("/live/test/one-at-a-time-and-never-on-air", one_at_a_time_and_never_on_air),
    ("/live/test/a-server-that-ends-waits-for-none", a_server_that_ends_waits_for_no_test),
    ("/s08/live/test/no-key-is-left", no_key_is_in_what_is_left),
]


def main():
    tap = Tap()
    why = rtmp.missing()
    if why:
        print(f"1..0 # SKIP {why}")
        return
    chosen = sys.argv[1:]
    tap.run_side_by_side([(name, test) for name, test in TESTS
                          if not chosen or any(word in name for word in chosen)], at_once=4)
    tap.finish()


if __name__ == "__main__":
    main()
