"""Shows that LiveKit's Egress sends, by a stand-in that fails on demand: how it is started, watched, and
ended, and what is said of it."""
import email.utils
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from client import Client, read_log, show_folder, start_show, stop_show, until  # noqa: E402
from egress import StandIn  # noqa: E402
from livekit import KEY, SECRET  # noqa: E402
from serve import Studio, refused  # noqa: E402
from tap import Tap  # noqa: E402

KEYS = ("sk_live_4f8e2d7c9b", "sk_live_77aa88bb99")
URL = "rtmp://192.0.2.1/live"
PAGE = "https://studio.example/egress.html"
ENVIRONMENT = {"CROSSCUT_SECRET_KEY": "5a" * 32, "CROSSCUT_LIVEKIT_KEY": KEY,
               "CROSSCUT_LIVEKIT_SECRET": SECRET}


def away(method, _):
    return (503, {"code": "unavailable", "msg": "later"}) if method == "UpdateStream" else None


class Show:
    """A running show at a stand-in, whose console publishes its program."""

    def __init__(self, *options, publishes=True):
        self.livekit = StandIn()
        if publishes:
            self.livekit.publish()
        self.studio = Studio("--allow-private-targets", *options,
                             environment={**ENVIRONMENT, "CROSSCUT_LIVEKIT_URL": self.livekit.url})

    def __enter__(self):
        self.studio.start()
        self.id = start_show(self.studio)["sessionId"]
        self.client = Client(self.studio, self.id)
        return self

    def __exit__(self, kind, value, trace):
        self.client.close()
        self.livekit.close()
        self.studio.__exit__(kind, value, trace)

    def start(self, name="one", key=KEYS[0], status=202, **more):
        answer = self.studio.ask("POST", "/live/start",
                                 {"sessionId": self.id, "url": URL, "key": key, "name": name,
                                  "egress": "livekit", **more})
        assert answer.status == status, answer
        return answer

    def state(self, state, destination="one", seconds=60, **members):
        return self.client.wait_event("live_state", seconds, destination=destination, state=state,
                                      **members)

    def report(self):
        return self.studio.ask("GET", f"/live/{self.id}").json

    def stop(self, destination):
        return self.studio.ask("POST", "/live/stop",
                               {"sessionId": self.id, "destination": destination})

    def end(self):
        answer = self.studio.ask("POST", "/live/stop", {"sessionId": self.id})
        assert answer.status == 200, answer
        return answer.json

    @property
    def manifest(self):
        return json.loads((show_folder(self.studio, self.id) / "live.json").read_text())

    def starts(self):
        return self.livekit.asked("StartTrackCompositeEgress")


# ---- the way of a stream ----

def the_program_s_track_is_sent(show):
    report = show.start().json
    show.state("live")
    [body] = show.starts()
    running = show.livekit.running()
    ended = show.end()
    log = read_log(show_folder(show.studio, show.id))
    one = ended["destinations"][0]
    if (body["room_name"], body["video_track_id"], body["audio_track_id"]) != \
            (show.id, "TR_program", "TR_sound") or \
            body["stream_outputs"] != [{"protocol": "RTMP", "urls": [f"{URL}/{KEYS[0]}"]}]:
        return f"{body}"
    if len(running) != 1 or show.livekit.running() or report["egress"] != "livekit":
        return f"{report} {running} {show.livekit.egresses}"
    if ended["state"] != "ended" or one["state"] != "ended" or show.manifest != ended or \
            ended["program"]["warnings"]:
        return f"{ended} {show.manifest}"
    begun = next(e for e in log if e["type"] == "live_start")
    states = [e["state"] for e in log if e["type"] == "live_state"]
    if begun["egress"] != "livekit" or states != ["connecting", "live"] or \
            [e["type"] for e in log if e["type"].startswith("live")][-1] != "live_stop":
        return f"{log}"
    return None


def it_waits_for_the_program(show):
    show.start()
    waits = show.state("connecting", code="waiting")
    if show.starts() or "published" not in waits["why"]:
        return f"{waits} {show.starts()}"
    show.livekit.publish(sound=None)
    show.state("live")
    [body] = show.starts()
    return None if "audio_track_id" not in body else f"{body}"


def a_page_is_shown_where_no_console_publishes(show):
    show.start(egress="livekit-composite")
    show.state("live")
    [body] = show.livekit.asked("StartRoomCompositeEgress")
    if body["custom_base_url"] != PAGE or body["layout"] != "program" or "video_track_id" in body:
        return f"{body}"
    return None if show.end()["egress"] == "livekit-composite" else f"{show.manifest}"


def it_is_this_servers_own_where_none_is_named(show):
    show.start(egress="livekit-composite")
    show.state("live")
    [body] = show.livekit.asked("StartRoomCompositeEgress")
    page = show.studio.ask("GET", "/composite", token=None)
    if body["custom_base_url"] != f"{show.studio.address}/composite":
        return f"{body}"
    show.studio.kill()  # the address is known before the server listens, too
    show.client.close()
    show.livekit.vanish()
    show.studio.start()
    show.client = Client(show.studio, show.id)
    until(lambda: len(show.livekit.asked("StartRoomCompositeEgress")) == 2, what="another one")
    body = show.livekit.asked("StartRoomCompositeEgress")[-1]
    if body["custom_base_url"] != f"{show.studio.address}/composite":
        return f"after a restart {body}"
    return None if page.status == 200 and b"<video" not in page.body and \
        "Content-Security-Policy" in page.headers else f"{page!r}"


def another_destination_is_added_while_it_runs(show):
    show.start()
    show.state("live")
    show.start(name="two", key=KEYS[1])
    show.state("live", "two")
    [body] = show.livekit.asked("UpdateStream")
    twice = show.start(name="two", key=KEYS[1], status=409)
    if body["add_output_urls"] != [f"{URL}/{KEYS[1]}"] or len(show.starts()) != 1:
        return f"{body} {show.starts()}"
    show.livekit.fail_stream(f"{URL}/{KEYS[1]}")
    lost = show.state("retrying", "two")
    show.state("live", "two")
    report = show.end()
    states = {d["name"]: [s["state"] for s in d["states"]] for d in report["destinations"]}
    if "refused" not in lost["why"] or states["one"].count("live") != 1 or \
            "retrying" in states["one"]:
        return f"{lost} {states}"
    return None if twice.code == "conflict" else f"{twice}"


def one_destination_is_removed_from_it(show):
    """The other one stays, and it may come back; a LiveKit that is away is asked again."""
    show.start()
    show.start(name="two", key=KEYS[1])
    show.state("live")
    show.state("live", "two")
    removed = show.stop("two")
    asked = [b["remove_output_urls"] for b in show.livekit.asked("UpdateStream")
             if "remove_output_urls" in b]
    show.start(name="two", key=KEYS[1])
    show.state("live", "two")
    show.livekit.rule = away
    late = show.stop("two")
    show.livekit.rule = lambda method, body: None
    show.state("ended", "two")
    last = show.stop("one")
    states = [{d["name"]: d["state"] for d in a.json["destinations"]}
              for a in (removed, late, last)]
    if asked != [[f"{URL}/{KEYS[1]}"]] or len(show.starts()) != 1:
        return f"{asked} {show.starts()}"
    [said] = [[s["state"] for s in d["states"]] for d in last.json["destinations"]
              if d["name"] == "two"]
    if said.count("live") != 2 or said.count("ended") != 2:
        return f"what it was before it came back: {said}"
    if states[0] != {"one": "live", "two": "ended"} or states[1]["two"] != "live" or \
            set(states[2].values()) != {"ended"} or show.livekit.running():
        return f"{states} {show.livekit.egresses}"
    return None


def the_last_that_was_not_removed_ends_the_stream(show):
    """Though LiveKit has not let go of another one yet."""
    show.start()
    show.start(name="two", key=KEYS[1])
    show.state("live")
    show.state("live", "two")
    show.livekit.rule = away
    first = show.stop("two").json
    last = show.stop("one").json
    if first["state"] != "live" or last["state"] != "ended" or show.livekit.running():
        return f"{first} {last} {show.livekit.egresses}"
    log = read_log(show_folder(show.studio, show.id))
    return None if any(e["type"] == "live_stop" for e in log) else f"{log}"


# ---- it fails ----

def what_is_aborted_is_started_again(show):
    show.start()
    show.state("live")
    show.livekit.end("EGRESS_ABORTED", "worker went away")
    again = show.state("retrying", code="aborted")
    show.state("live")
    report = show.end()
    if "worker went away" not in again["why"] or len(show.starts()) != 2:
        return f"{again} {show.starts()}"
    return None if report["program"]["restarts"] == 1 else f"{report}"


def what_vanished_is_started_again(show):
    show.start()
    show.state("live")
    show.livekit.vanish()
    show.state("retrying", code="vanished")
    show.state("live")
    return None if len(show.livekit.running()) == 1 else f"{show.livekit.egresses}"


def a_lost_answer_makes_no_second_egress(show):
    first = []

    def lose(method, _):
        if method.startswith("Start") and not first:
            first.append(method)
            return "lost"
        return None
    show.livekit.rule = lose
    show.start()
    show.state("live")
    return None if len(show.starts()) == 1 and len(show.livekit.running()) == 1 \
        else f"{show.starts()}"


def livekit_may_be_away_while_the_stream_goes_on(show):
    show.start()
    show.state("live")
    show.livekit.rule = lambda method, body: (503, {"code": "unavailable", "msg": "later"})
    away = show.state("retrying", code="livekit")
    show.livekit.rule = lambda method, body: None
    show.state("live")
    return None if len(show.starts()) == 1 and "503" in away["why"] else f"{away} {show.starts()}"


def clocks_that_are_apart_are_said(show):
    """Tokens that do not count yet, or any more: its own code, and it passes."""
    late = email.utils.formatdate(time.time() - 3600, usegmt=True)
    denial = {"code": "unauthenticated", "msg": "invalid token: exp claim"}
    show.livekit.rule = lambda method, body: (401, denial, {"Date": late}) \
        if "Egress" in method else None
    show.start()
    said = show.state("retrying", code="clock")
    show.livekit.rule = lambda method, body: None
    show.state("live")
    return None if "ahead of" in said["why"] else f"{said}"


def livekit_may_be_down_at_the_start(show):
    """Then the console is not blamed."""
    show.livekit.rule = lambda method, body: (503, {"code": "unavailable", "msg": "later"})
    until(lambda: show.studio.ask("GET", "/readyz").json["livekit"] == "failing", what="the news")
    show.start()
    said = show.state("retrying", code="livekit")
    show.livekit.rule = lambda method, body: None
    show.livekit.publish()
    show.state("live")
    return None if "503" in said["why"] else f"{said}"


def an_egress_that_is_not_there_yet_is_waited_for(show):
    """No Egress is connected to LiveKit: unavailable, which passes."""
    tries = []

    def none_yet(method, _):
        if method.startswith("Start") and len(tries) < 2:
            tries.append(method)
            return 503, {"code": "unavailable", "msg": "no response from servers"}
        return None
    show.livekit.rule = none_yet
    show.start()
    waits = show.state("retrying", code="livekit")
    show.state("live")
    return None if "no response from servers" in waits["why"] and waits["wait"] else f"{waits}"


def what_is_refused_is_said_and_left(show):
    show.livekit.rule = lambda method, body: \
        (403, {"code": "permission_denied", "msg": "no egress in this plan"}) \
        if method.startswith("Start") else None
    show.start()
    failed = show.state("failed")
    again = len(show.starts())
    show.livekit.rule = lambda method, body: None
    show.start()  # by hand
    show.state("live")
    if failed["code"] != "refused" or "in this plan" not in failed["why"] or again != 1:
        return f"{failed} {again}"
    return None


def what_fails_again_and_again_is_given_up(show):
    show.livekit.status_at_start = "EGRESS_FAILED"
    show.start()
    failed = show.state("failed", seconds=90)
    return None if failed["code"] == "egress" and len(show.starts()) == 5 else \
        f"{failed} {len(show.starts())}"


def a_console_that_publishes_anew_is_followed(show):
    show.start()
    show.state("live")
    show.livekit.publish("TR_second", "TR_second_sound")
    show.state("retrying", code="track")
    show.state("live")
    [_, body] = show.starts()
    return None if body["video_track_id"] == "TR_second" and len(show.livekit.running()) == 1 \
        else f"{body}"


# ---- the end ----

def the_end_comes_without_livekit(show):
    """live.json is written; the egress is ended when LiveKit is back."""
    show.start()
    show.state("live")
    show.livekit.rule = lambda method, body: (503, {"code": "unavailable", "msg": "later"})
    report = show.end()
    if report["state"] != "ended" or show.manifest != report or not report["program"]["warnings"]:
        return f"{report} {show.manifest}"
    if not show.livekit.running():
        return "it ended by itself"
    show.livekit.rule = lambda method, body: None
    until(lambda: not show.livekit.running(), what="the end of the egress")
    return None


def the_end_of_a_show_ends_its_egress(show):
    show.start()
    show.state("live")
    stop_show(show.studio, show.id)
    until(lambda: not show.livekit.running(), what="the end of the egress")
    until(lambda: show.manifest["state"] == "ended", what="the end of live.json")
    return None


def a_killed_server_takes_its_egress_up_again(show):
    """r01: one egress, before and after."""
    show.start()
    show.state("live")
    until(lambda: show.manifest["state"] == "live", what="live.json")
    before = show.manifest["egressId"]
    show.studio.kill()
    show.client.close()
    show.studio.start()
    show.client = Client(show.studio, show.id)
    until(lambda: show.report()["destinations"][0]["state"] == "live" and
          show.report().get("egressId") == before, what="the egress of before")
    report = show.end()
    if len(show.starts()) != 1 or show.livekit.running() or report["egress"] != "livekit":
        return f"{report} {show.starts()}"
    return None


# ---- bad input, and secrets ----

def what_cannot_be_is_400(show):
    cases = [({"egress": "satellite"}, 400), ({"egress": 7}, 400), ({"delay": 3}, 400),
             ({"url": "file:///etc/passwd"}, 400)]
    for more, status in cases:
        show.start(status=status, **more)
    show.start()
    mixed = show.start(name="two", key=KEYS[1], egress="console", status=409)
    with Studio(environment=ENVIRONMENT | {"CROSSCUT_LIVEKIT_KEY": "",
                                           "CROSSCUT_LIVEKIT_SECRET": ""}) as studio:
        session = start_show(studio)["sessionId"]
        none = studio.ask("POST", "/live/start", {"sessionId": session, "url": URL, "key": KEYS[0],
                                                  "egress": "livekit"})
    elsewhere = {**ENVIRONMENT, "CROSSCUT_LIVEKIT_URL": "wss://livekit.example"}
    with Studio("--allow-private-targets", environment=elsewhere) as studio:
        session = start_show(studio)["sessionId"]
        far = studio.ask("POST", "/live/start", {"sessionId": session, "url": URL, "key": KEYS[0],
                                                 "egress": "livekit-composite"})
    if far.status != 400 or "--public-url" not in far.json["error"]["message"]:
        return f"a page that LiveKit does not reach: {far}"
    for options in (["--egress", "livekit"], ["--egress", "satellite"]):
        status, said = refused(*options)
        if status == 0 or "--egress" not in said:
            return f"{options}: {status} {said}"
    if mixed.code != "conflict" or none.status != 400:
        return f"{mixed} {none}"
    return None


def private_names_are_refused(show):
    """s09: also when they are names."""
    for url in ("rtmp://127.0.0.1/live", "rtmp://169.254.169.254/live"):
        show.start(url=url, status=403)
    show.start(url="rtmp://127.1/live")
    failed = show.state("failed")
    show.start(url="rtmp://nothing.invalid/live", name="two")
    unknown = show.state("retrying", "two")
    return None if failed["code"] == "private" and unknown["code"] == "unknown" and \
        not show.starts() else f"{failed} {unknown}"


def no_key_is_in_what_is_left(show):
    """s08"""
    show.start()
    show.state("live")
    show.livekit.end("EGRESS_FAILED", "some trouble")
    show.state("live")
    said = [show.studio.ask("GET", path).body for path in
            ("/metrics", f"/live/{show.id}", f"/sessions/{show.id}")]
    said += [Path(f"/proc/{show.studio.process.pid}/cmdline").read_bytes()]
    show.end()
    said += [p.read_bytes() for p in show.studio.folder.rglob("*") if p.is_file()]
    for secret in (KEYS[0], SECRET):
        if any(secret.encode() in part for part in said):
            return f"{secret[:8]}… is in something"
    return None


TESTS = [
    ("the program's track is sent", the_program_s_track_is_sent, (), {}),
    ("it waits for the program", it_waits_for_the_program, (), {"publishes": False}),
    ("a page is shown where no console publishes", a_page_is_shown_where_no_console_publishes,
     ("--egress-template", PAGE), {"publishes": False}),
    ("it is this server's own, where none is named", it_is_this_servers_own_where_none_is_named, (),
     {"publishes": False}),
    ("r06 another destination is added while it runs", another_destination_is_added_while_it_runs,
     (), {}),
    ("r06 one destination is removed from it", one_destination_is_removed_from_it, (), {}),
    ("the last that was not removed ends the stream", the_last_that_was_not_removed_ends_the_stream,
     (), {}),
    ("clocks that are apart are said", clocks_that_are_apart_are_said, (), {}),
    ("LiveKit may be down at the start", livekit_may_be_down_at_the_start, (), {"publishes": False}),
    ("what is aborted is started again", what_is_aborted_is_started_again, (), {}),
    ("what vanished is started again", what_vanished_is_started_again, (), {}),
    ("a lost answer makes no second egress", a_lost_answer_makes_no_second_egress, (), {}),
    ("LiveKit may be away while the stream goes on", livekit_may_be_away_while_the_stream_goes_on,
     (), {}),
    ("an egress that is not there yet is waited for", an_egress_that_is_not_there_yet_is_waited_for,
     (), {}),
    ("what is refused is said and left", what_is_refused_is_said_and_left, (), {}),
    ("what fails again and again is given up", what_fails_again_and_again_is_given_up, (), {}),
    ("a console that publishes anew is followed", a_console_that_publishes_anew_is_followed, (), {}),
    ("the end comes without LiveKit", the_end_comes_without_livekit, (), {}),
    ("the end of a show ends its egress", the_end_of_a_show_ends_its_egress, (), {}),
    ("r01 a killed server takes its egress up again", a_killed_server_takes_its_egress_up_again, (),
     {}),
    ("what cannot be is 400", what_cannot_be_is_400, (), {}),
    ("s09 private names are refused", private_names_are_refused, None, {}),
    ("s08 no key is in what is left", no_key_is_in_what_is_left, (), {}),
]


def run(test, options, more):
    show = Show(*(options or ()), **more)
    if options is None:
        show.studio.options.remove("--allow-private-targets")
    with show:
        return test(show)


def main():
    tap = Tap()
    chosen = sys.argv[1:]
    tap.run_side_by_side([(name, run, test, options, more) for name, test, options, more in TESTS
                          if not chosen or any(word in name for word in chosen)], at_once=6)
    tap.finish()


if __name__ == "__main__":
    main()
