"""Shows over HTTP and Socket.IO, as clients see them: events, decisions, replays, restarts."""
import json
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import (Client, Refused, read_log, recording, replay_problem, send_multipart,
                    show_folder, start_show, stop_show, tus_create, tus_head, tus_patch,
                    wait_complete)
from serve import Studio
from tap import Tap

tap = Tap()


def talk(client, source, seconds):
    """One turn, as a detector tells it."""
    start = client.clock()
    first = client.send("speaking_start", source, edge_t=max(start - 93, 0))
    time.sleep(seconds)
    last = client.send("speaking_stop", source, edge_t=client.clock() - 395)
    return first, last


def expect_refused(answer, code, field=None):
    if answer.get("ok") or answer["error"]["code"] != code:
        return f"expected {code}, found {answer}"
    if field and answer["error"].get("field") != field:
        return f"expected the field {field}, found {answer}"
    return None


# ---- a show from start to end ----

def test_show_directs_itself(studio):
    show = start_show(studio, cameras=2, wide=True, settings={"min_shot": 0.5, "ignore": 0.2})
    session = show["sessionId"]
    client = Client(studio, session, last_seq=0)
    client.wait_event("switch", reason="opening")
    talk(client, "cam_1", 0.9)
    talk(client, "cam_2", 2.0)
    switch = client.wait_event("switch", source="cam_2")
    assert switch["text"].startswith("Person 2"), switch
    assert client.send("cut", "cam_2", decision=switch["id"])["ok"]
    assert client.send("manual_cut", "cam_3")["ok"]
    client.wait_event("switch", source="cam_3", reason="manual")
    assert client.send("auto_resume")["ok"]
    stopped = stop_show(studio, session)
    assert stopped["state"] == "stopping" and stopped["duration"] > 2000, stopped
    assert stop_show(studio, session)["duration"] == stopped["duration"]
    client.close()
    folder = show_folder(studio, session)
    log = read_log(folder)
    assert [e["seq"] for e in log] == list(range(1, len(log) + 1)), "the log has holes"
    assert json.loads((folder / "events.json").read_text()) == log
    return replay_problem(log)


def test_look_ahead(studio):
    show = start_show(studio, cameras=3, settings={"look_ahead": 1.0, "min_shot": 0.5})
    client = Client(studio, show["sessionId"])
    for source in ("cam_2", "cam_1", "cam_3"):
        talk(client, source, 1.2)
    client.wait_event("switch", source="cam_3")
    client.close()
    stop_show(studio, show["sessionId"])
    return replay_problem(read_log(show_folder(studio, show["sessionId"])))


def test_roles_and_late_sources(studio):
    show = start_show(studio, cameras=2)
    client = Client(studio, show["sessionId"])
    assert client.send("manual_cut", "cam_2", hold=0.1)["ok"]
    late = [*show["sources"], {"id": "cam_3", "label": "Late", "role": "wide"}]
    assert client.send("sources", sources=late)["ok"]
    assert client.send("source_lost", "cam_2", reason="unplugged")["ok"]
    client.wait_event("switch", reason="lost")
    assert client.send("settings", settings={"min_shot": 0.6})["ok"]
    talk(client, "cam_1", 1.0)
    assert client.send("source_back", "cam_2")["ok"]
    time.sleep(0.4)
    client.close()
    stop_show(studio, show["sessionId"])
    manifest = studio.ask("GET", f"/sessions/{show['sessionId']}").json
    assert [s["id"] for s in manifest["sources"]] == ["cam_1", "cam_2", "cam_3"], manifest
    return replay_problem(read_log(show_folder(studio, show["sessionId"])))


def test_many_commands_in_one_moment(studio):
    """Each is decided before the next is fed, however fast they come."""
    show = start_show(studio, cameras=3)
    client = Client(studio, show["sessionId"])
    client.send("manual_cut", "cam_1")
    answers = []
    for i in range(30):
        client.io.emit("event", {"id": f"c{i}", "type": "manual_cut", "t": client.clock(),
                                 "source": f"cam_{2 + i % 2}"}, callback=answers.append)
    client.wait_event("switch", source="cam_3")
    end = time.monotonic() + 20
    while len(answers) < 30 and time.monotonic() < end:
        time.sleep(0.05)
    client.close()
    stop_show(studio, show["sessionId"])
    log = read_log(show_folder(studio, show["sessionId"]))
    assert sum(e["type"] == "switch" and e["reason"] == "manual" for e in log) >= 30, log
    return replay_problem(log)


def test_resend_is_stored_once(studio):
    show = start_show(studio)
    client = Client(studio, show["sessionId"])
    first = client.send("marker", id_="once", label="here")
    again = client.send("marker", id_="once", label="here")
    assert first["ok"] and again == first, (first, again)
    client.close()
    log = read_log(show_folder(studio, show["sessionId"]))
    assert sum(e["id"] == "once" for e in log) == 1
    stop_show(studio, show["sessionId"])


def test_speech_that_is_closer_than_frames_is_one(studio):
    show = start_show(studio)
    client = Client(studio, show["sessionId"])
    t = client.clock()
    answers = [client.send("speaking_start", "cam_1", id_=f"s{i}", t=t + i) for i in range(5)]
    assert {a["seq"] for a in answers} == {answers[0]["seq"]}, answers
    client.close()
    stop_show(studio, show["sessionId"])


def test_others_hear_events(studio):
    show = start_show(studio)
    one, two = (Client(studio, show["sessionId"]) for _ in range(2))
    assert one.send("marker", label="for the other")["ok"]
    assert two.wait_event("marker")["label"] == "for the other"
    time.sleep(0.2)
    assert not any(e["type"] == "marker" for e in one.heard), "it came back to its sender"
    assert two.send("a_new_type", depth={"of": ["things"]})["ok"], "unknown types are kept"
    assert one.wait_event("a_new_type")["depth"] == {"of": ["things"]}
    signal = one.io.call("signal", {"to": two.welcome["client"], "data": {"sdp": "x"}})
    assert signal["ok"]
    assert two.wait("signal")["from"] == one.welcome["client"]
    one.close(), two.close()
    stop_show(studio, show["sessionId"])


# ---- what is refused ----

def test_bad_events(studio):
    show = start_show(studio)
    client = Client(studio, show["sessionId"])
    problems = [
        expect_refused(client.send("speaking_start", "cam_1", t=client.clock() + 60000),
                       "invalid", "t"),
        expect_refused(client.send("speaking_start", "cam_1", t=-5), "invalid", "t"),
        expect_refused(client.send("speaking_start", "cam_9"), "invalid", "source"),
        expect_refused(client.send("speaking_start"), "invalid", "source"),
        expect_refused(client.io.call("event", {"type": "marker", "t": 1}), "invalid", "id"),
        expect_refused(client.io.call("event", "words"), "invalid"),
        expect_refused(client.send("Speaking"), "invalid", "type"),
        expect_refused(client.send("marker", id_="server.900"), "invalid", "id"),
        expect_refused(client.send("switch", "cam_1"), "forbidden", "type"),
        expect_refused(client.send("session_start", sources=[]), "forbidden", "type"),
        expect_refused(client.send("settings", settings={"min_shot": -1}), "invalid", "settings"),
        expect_refused(client.send("sources", sources=[{"id": "cam_2"}]), "invalid", "sources"),
        expect_refused(client.send("marker", epoch=4), "invalid", "epoch"),
    ]
    client.close()
    log = read_log(show_folder(studio, show["sessionId"]))
    assert {e["type"] for e in log} <= {"session_start", "switch"}, log
    stop_show(studio, show["sessionId"])
    return "\n".join(filter(None, problems))


def test_bad_starts(studio):
    one = [{"id": "cam_1"}]
    bad = [({}, "sources"), ({"sources": []}, "sources"), ({"sources": "cam_1"}, "sources"),
           ({"sources": [{"id": "door"}]}, "sources"),
           ({"sources": one * 2}, "sources"),
           ({"sources": [{"id": "cam_1", "role": "hero"}]}, "sources"),
           ({"sources": one, "name": ""}, "name"), ({"sources": one, "name": 7}, "name"),
           ({"sources": one, "settings": {"min_shot": 900}}, "settings"),
           ({"sources": [{"id": "cam_1", "camera": "cam_4", "role": "mic"}]}, "sources")]
    for body, field in bad:
        answer = studio.ask("POST", "/session/start", body)
        if answer.status != 400 or answer.json["error"].get("field") != field:
            return f"{body}: {answer}"
    return None


def test_wrong_and_stopped_sessions(studio):
    nobody = "00000000-0000-4000-8000-000000000000"
    try:
        Client(studio, nobody)
        return "it was let into a show that is not there"
    except Refused as refused:
        assert refused.code == "not_found", refused
    assert studio.ask("POST", "/session/stop", {"sessionId": nobody}).status == 404
    assert studio.ask("POST", "/session/stop", {}).json["error"]["field"] == "sessionId"
    show = start_show(studio)
    client = Client(studio, show["sessionId"])
    assert send_multipart(studio, show["sessionId"], "cam_1_iso.mkv", recording()).status == 201
    stop_show(studio, show["sessionId"])
    wait_complete(studio, show["sessionId"])
    problem = expect_refused(client.send("marker", label="late"), "stopped", "sessionId")
    client.close()
    return problem


def test_guest_speaks_for_its_own_source(studio):
    show = start_show(studio)
    made = studio.ask("POST", f"/sessions/{show['sessionId']}/guests",
                      {"role": "camera", "source": "cam_2", "minutes": 10})
    assert made.status == 201 and "#guest=" in made.json["link"], made
    token = made.json["token"]
    guest = Client(studio, show["sessionId"], token=token)
    assert guest.send("speaking_start", "cam_2")["ok"]
    problems = [expect_refused(guest.send("speaking_start", "cam_1"), "forbidden", "source"),
                expect_refused(guest.send("manual_cut", "cam_2"), "forbidden", "type"),
                expect_refused(guest.send("settings", settings={}), "forbidden", "type"),
                expect_refused(guest.send("speaking_stop", "cam_2", epoch=1), "forbidden")]
    wrong = send_multipart(studio, show["sessionId"], "cam_1_iso.mkv", recording(), token=token)
    right = send_multipart(studio, show["sessionId"], "cam_2_iso.mkv", recording(), token=token)
    assert wrong.status == 403 and right.status == 201, (wrong, right)
    for file in ("program.webm", "cam_1_local.webm", "cam_20_local.webm", "cam_2_locals.webm"):
        problems.append(expect_refused(guest.send("record_start", "cam_2", file=file, start=0),
                                       "forbidden", "file"))
    other = start_show(studio)
    try:
        Client(studio, other["sessionId"], token=token)
        problems.append("the link opened another show")
    except Refused as refused:
        if refused.code != "forbidden":
            problems.append(f"{refused}")
    guest.close()
    for each in (show, other):
        stop_show(studio, each["sessionId"])
    return "\n".join(filter(None, problems))


def test_floods_are_limited_per_client(studio):
    show = start_show(studio)
    flood, calm = (Client(studio, show["sessionId"]) for _ in range(2))
    answers = []
    for i in range(300):
        flood.io.emit("event", {"id": f"f{i}", "type": "marker", "t": flood.clock()},
                      callback=answers.append)
    assert calm.send("marker", label="calm")["ok"], "another client was limited too"
    end = time.monotonic() + 20
    while len(answers) < 300 and time.monotonic() < end:
        time.sleep(0.05)
    limited = [a for a in answers if not a["ok"]]
    flood.close(), calm.close()
    stop_show(studio, show["sessionId"])
    assert len(answers) == 300 and limited, len(answers)
    assert all(a["error"]["code"] == "rate_limited" and a["error"]["retryAfter"] > 0
               for a in limited), limited[0]


# ---- missed lines and restarts ----

def test_missed_lines_are_replayed(studio):
    show = start_show(studio)
    first = Client(studio, show["sessionId"])
    for i in range(30):
        assert first.send("marker", label=f"m{i}")["ok"]
    seen = first.send("marker", label="seen")["seq"]
    first.close()
    second = Client(studio, show["sessionId"])
    for i in range(20):
        assert second.send("marker", label=f"n{i}")["ok"]
    third = Client(studio, show["sessionId"], last_seq=seen)
    third.wait("replayed")
    got = [e["seq"] for e in third.heard]
    assert got == list(range(seen + 1, seen + 1 + len(got))) and len(got) >= 20, got
    second.close(), third.close()
    stop_show(studio, show["sessionId"])


def test_goes_on_after_kill(studio):
    """A show, events and an upload under way, killed again and again."""
    show = start_show(studio, cameras=2)
    session = show["sessionId"]
    data = recording(600_000, seed=7)
    location = tus_create(studio, session, "cam_1_iso.mkv").headers["Location"]
    acknowledged, events, offset = {}, 0, 0
    chance = random.Random(20)
    for _ in range(5):
        stop = threading.Event()

        def send_events():
            nonlocal events
            try:
                client = Client(studio, session)
                while not stop.is_set():
                    speaks = "speaking_start" if events % 2 == 0 else "speaking_stop"
                    id_, events = f"e{events}", events + 1
                    answer = client.send(speaks, "cam_2", id_=id_)
                    if answer["ok"]:
                        acknowledged[id_] = answer["seq"]
                    time.sleep(0.02)
            except Exception:  # killed under it
                pass

        def send_bytes():
            nonlocal offset
            try:
                while not stop.is_set() and offset < len(data):
                    part = data[offset:offset + 20_000]
                    answer = tus_patch(studio, location, offset, part)
                    if answer.status == 204:
                        offset = int(answer.headers["Upload-Offset"])
            except Exception:  # killed under it
                pass

        threads = [threading.Thread(target=send_events), threading.Thread(target=send_bytes)]
        for thread in threads:
            thread.start()
        time.sleep(0.3 + chance.random() * 0.6)
        studio.kill()
        stop.set()
        for thread in threads:
            thread.join()
        studio.start()
        head = tus_head(studio, location)
        assert head.status == 200 and int(head.headers["Upload-Offset"]) >= offset, (head, offset)
        offset = int(head.headers["Upload-Offset"])
    while offset < len(data):
        answer = tus_patch(studio, location, offset, data[offset:offset + 100_000])
        assert answer.status == 204, answer
        offset = int(answer.headers["Upload-Offset"])
    assert tus_patch(studio, location, offset, b"", length=offset).status == 204
    stop_show(studio, session)
    wait_complete(studio, session)
    folder = show_folder(studio, session)
    log = read_log(folder)
    assert [e["seq"] for e in log] == list(range(1, len(log) + 1)), "the log has a hole or a double"
    by_id = {e["id"]: e["seq"] for e in log}
    lost = {k: v for k, v in acknowledged.items() if by_id.get(k) != v}
    assert not lost and acknowledged, lost
    assert (folder / "cam_1_iso.mkv").read_bytes() == data
    return replay_problem(log)


def test_client_catches_up_after_kill(studio):
    show = start_show(studio)
    client = Client(studio, show["sessionId"])
    seq = client.send("marker", label="before")["seq"]
    client.send("marker", label="also before")
    studio.kill()
    studio.start()
    back = Client(studio, show["sessionId"], last_seq=seq)
    back.wait("replayed")
    assert back.heard[0].get("label") == "also before", back.heard
    assert back.clock() >= 0 and back.welcome["seq"] >= seq + 1
    assert back.send("marker", label="after")["ok"]
    back.close()
    stop_show(studio, show["sessionId"])
    return replay_problem(read_log(show_folder(studio, show["sessionId"])))


def test_console_decided_without_a_link(studio):
    show = start_show(studio, settings={"min_shot": 0.5, "ignore": 0.2})
    client = Client(studio, show["sessionId"])
    talk(client, "cam_1", 0.8)
    seen = client.send("marker", label="last")["seq"]
    client.close()
    away = client.clock()
    time.sleep(2.2)  # the server's director rests after 1.5 s without anybody
    back = Client(studio, show["sessionId"], last_seq=seen)
    own = [("epoch", None, 0, {"by": "console", "lastSeq": seen}),
           ("speaking_start", "cam_2", 300, {}),
           ("switch", "cam_2", 700, {"reason": "speaks"}),
           ("speaking_stop", "cam_2", 1500, {})]
    for type_, source, after, members in own:
        answer = back.send(type_, source, t=away + after, at=away + after, epoch=1, **members)
        assert answer["ok"], (type_, answer)
    handed = back.send("epoch", epoch=2, by="server", lastSeq=0)
    assert handed["ok"], handed
    talk(back, "cam_1", 1.2)
    back.close()
    stop_show(studio, show["sessionId"])
    log = read_log(show_folder(studio, show["sessionId"]))
    line = log[handed["seq"] - 1]
    assert line["type"] == "epoch" and line["by"] == "server" and line["epoch"] == 2, line
    assert line["lastSeq"] == line["seq"] - 1, line
    adopted = [e for e in log if e.get("epoch") == 1]
    assert [e["t"] for e in adopted] == [away + after for _, _, after, _ in own], adopted
    return replay_problem(log)


def test_console_that_does_not_hand_back(studio):
    show = start_show(studio)
    client = Client(studio, show["sessionId"])
    t = client.clock()
    assert client.send("epoch", epoch=1, by="console", lastSeq=2, t=t, at=t)["ok"]
    line = client.wait_event("epoch", by="server", seconds=20)
    client.close()
    stop_show(studio, show["sessionId"])
    assert line["epoch"] == 2, line


# ---- list, trash ----

def test_list_trash_restore(studio):
    show = start_show(studio)
    session = show["sessionId"]
    assert studio.ask("DELETE", f"/sessions/{session}").code == "conflict"
    assert send_multipart(studio, session, "cam_1_iso.mkv", recording()).status == 201
    stop_show(studio, session)
    wait_complete(studio, session)
    listed = studio.ask("GET", "/sessions").json["sessions"]
    assert [s for s in listed if s["id"] == session][0]["people"] == ["Person 1", "Person 2"]
    assert studio.ask("DELETE", f"/sessions/{session}").status == 204
    assert studio.ask("GET", f"/sessions/{session}").status == 404
    assert session not in {s["id"] for s in studio.ask("GET", "/sessions").json["sessions"]}
    assert studio.ask("POST", f"/sessions/{session}/restore").status == 204
    manifest = studio.ask("GET", f"/sessions/{session}").json
    assert manifest["state"] == "complete", manifest
    only = studio.ask("GET", "/sessions?limit=1").json["sessions"]
    assert len(only) == 1, only
    assert studio.ask("GET", "/sessions?limit=0").json["error"]["field"] == "limit"


TESTS = [
    ("/server/shows/a-show-directs-itself-and-its-replay-agrees", test_show_directs_itself),
    ("/server/shows/look-ahead-replays", test_look_ahead),
    ("/server/shows/roles-late-and-lost-sources-replay", test_roles_and_late_sources),
    ("/server/shows/many-commands-in-one-moment-are-each-decided", test_many_commands_in_one_moment),
    ("/server/shows/a-resent-event-is-stored-once", test_resend_is_stored_once),
    ("/server/shows/speech-closer-than-frames-is-one", test_speech_that_is_closer_than_frames_is_one),
    ("/server/shows/others-hear-events-and-signals", test_others_hear_events),
    ("/server/shows/bad-events-name-their-field", test_bad_events),
    ("/server/shows/bad-starts-name-their-field", test_bad_starts),
    ("/server/shows/wrong-and-stopped-sessions-say-so", test_wrong_and_stopped_sessions),
    ("/s06/a-guest-speaks-for-its-own-source-only", test_guest_speaks_for_its_own_source),
    ("/s06/floods-are-limited-per-client", test_floods_are_limited_per_client),
    ("/server/shows/missed-lines-are-replayed", test_missed_lines_are_replayed),
    ("/r01/a-killed-server-loses-nothing-acknowledged", test_goes_on_after_kill),
    ("/r01/a-client-catches-up-after-a-kill", test_client_catches_up_after_kill),
    ("/server/shows/a-console-decides-without-a-link", test_console_decided_without_a_link),
    ("/server/shows/a-console-that-does-not-hand-back", test_console_that_does_not_hand_back),
    ("/server/shows/list-trash-restore", test_list_trash_restore),
]

with Studio("--events-per-second", "100", "--event-burst", "150") as running:
    for name, test in TESTS:
        tap.run(name, test, running)
    tap.ok("Traceback" not in running.log_text() and "CRITICAL" not in running.log_text(),
           "/server/shows/nothing-critical-is-logged", running.log_text()[-3000:])
tap.finish()
