"""LiveKit from outside: the real server, its rooms, tokens, data and webhooks; and what holds while it
does not answer."""
import base64
import email.utils
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import livekit  # noqa: E402
from client import Client, Refused as NotConnected, read_log, show_folder, start_show, stop_show, until  # noqa: E402
from livekit import KEY, SECRET, Gate, Livekit, Refused, claims_of, hook_token, join, jwt  # noqa: E402
from serve import Studio, free_port, refused  # noqa: E402
from tap import Tap  # noqa: E402


def environment(url):
    return {"CROSSCUT_LIVEKIT_URL": url, "CROSSCUT_LIVEKIT_KEY": KEY,
            "CROSSCUT_LIVEKIT_SECRET": SECRET}


def studio_at(url, *options, **more):
    return Studio(*options, environment=environment(url), **more)


def room_state(client, state, seconds=40):
    """The next `state` in which the room is so."""
    def is_so(value):
        return (value.get("livekit") or {}).get("state") == state
    if is_so(client.welcome["state"]):
        return client.welcome["state"]["livekit"]
    return client.wait("state", is_so, seconds)["livekit"]


def guest_link(studio, session, role="camera", source="cam_2", minutes=60):
    body = {"role": role, "minutes": minutes}
    if role != "viewer":
        body["source"] = source
    answer = studio.ask("POST", f"/sessions/{session}/guests", body)
    assert answer.status == 201, answer
    return answer.json["token"]


def token_for(studio, session, token=..., body=None):
    return studio.ask("POST", f"/sessions/{session}/livekit/token", body, token=token)


def first(*complaints):
    return next((c for c in complaints if c), None)


# ---- rooms and tokens ----

def a_room_lives_as_long_as_its_show(server):
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        until(lambda: session in server.rooms(), what="the room")
        metrics = until(lambda: "crosscut_livekit_rooms 1" in
                        (text := studio.ask("GET", "/metrics").body.decode()) and text)
        ready = studio.ask("GET", "/readyz").json  # once it has heard that the room is there
        stop_show(studio, session)
        until(lambda: session not in server.rooms(), what="the end of the room")
        late = token_for(studio, session)
        if ready["livekit"] != "ok" or "crosscut_livekit_up 1" not in metrics:
            return f"{ready} {metrics}"
        return None if late.status == 409 and late.code == "stopped" else f"{late}"


def livekit_takes_our_tokens_and_no_others(server):
    """s07"""
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        other = start_show(studio)["sessionId"]
        link = guest_link(studio, session)
        answer = token_for(studio, session, link)
        if answer.status != 201 or answer.json["identity"] != "cam_2" or \
                answer.json["url"] != server.url or answer.json["room"] != session:
            return f"{answer}"
        good = answer.json["token"]
        socket = join(server.url, good)
        until(lambda: "cam_2" in server.people(session), what="the guest")
        socket.close()
        claims = claims_of(good)
        bad = {"another secret": jwt(claims, "x" * 40), "no algorithm": jwt(claims, algorithm="none"),
               "ended": jwt({**claims, "exp": int(time.time()) - 3600}),
               "not yet": jwt({**claims, "nbf": int(time.time()) + 3600}),
               "cut": good[:-2], "another key": jwt({**claims, "iss": "APIother"})}
        for why, token in bad.items():
            try:
                join(server.url, token).close()
                return f"LiveKit takes a token with {why}"
            except Refused as refusal:
                if refusal.args[0] not in (401, 403):
                    return f"{why}: {refusal}"
        stranger = token_for(studio, other, link)
        nobody = token_for(studio, session, None)
        return None if stranger.status == 403 and nobody.status == 401 else f"{stranger} {nobody}"


def pages_may_ask_livekit_and_no_other(server):
    """s07: the console's policy names LiveKit's address where there is one."""
    with studio_at(server.url) as studio, Studio() as alone:
        policies = [one.ask("GET", "/", token=None).headers["Content-Security-Policy"]
                    for one in (studio, alone)]
        rules = [dict(part.strip().partition(" ")[::2] for part in p.split(";")) for p in policies]
        found = [rule["connect-src"] for rule in rules]
        return None if found == [f"'self' ws: wss: http://127.0.0.1:{server.port}",
                                 "'self' ws: wss:"] else f"{found}"


def a_role_comes_from_the_link(server):
    """s07: nothing that a body asks for makes more of it."""
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        asked = {"role": "host", "identity": "host-1", "room": "another", "canPublish": True}
        viewer = token_for(studio, session, guest_link(studio, session, "viewer"), asked).json
        guest = token_for(studio, session, guest_link(studio, session, "guest"), asked).json
        phone = token_for(studio, session, guest_link(studio, session), asked).json
        host = token_for(studio, session).json
        short = token_for(studio, session, guest_link(studio, session, minutes=1)).json
        for one, role, publishes in ((viewer, "viewer", False), (guest, "guest", True),
                                     (phone, "guest", True), (host, "host", True)):
            claims = claims_of(one["token"])
            video = claims["video"]
            if one["role"] != role or video["canPublish"] != publishes or \
                    video["canPublishData"] != publishes or video["room"] != session or \
                    any(video.get(k) for k in ("roomAdmin", "roomCreate", "roomRecord")):
                return f"{one} {claims}"
            if not time.time() < claims["exp"] <= time.time() + 601:
                return f"counts until {claims['exp']}"
        if guest["identity"] != "cam_2" or claims_of(guest["token"]).get("name") != "Person 2":
            return f"{guest} {claims_of(guest['token'])}"
        if not host["identity"].startswith("host-") or short["end"] > time.time() + 60:
            return f"{host} {short}"
        return None


def is_refused(connect, code):
    try:
        connect()
    except NotConnected as refusal:
        return refusal.code == code
    return False


def who_was_removed_stays_out(server):
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        link = guest_link(studio, session)
        token = token_for(studio, session, link).json["token"]
        socket = join(server.url, token)
        until(lambda: "cam_2" in server.people(session), what="the guest")
        events = Client(studio, session, token=link)
        path = f"/sessions/{session}/livekit/participants/cam_2"
        guest_may = studio.ask("DELETE", path, token=link)
        gone = studio.ask("DELETE", path)
        until(lambda: "cam_2" not in server.people(session), what="the end of the guest")
        again = token_for(studio, session, link)
        until(lambda: not events.io.connected, what="the end of the guest's Socket.IO")
        if not is_refused(lambda: Client(studio, session, token=link), "forbidden"):
            return "who was removed may connect again"
        socket.close()
        back = join(server.url, token)  # the old token counts until it ends: they are removed again
        until(lambda: "cam_2" not in server.people(session), what="the second end")
        back.close()
        mute = studio.ask("POST", f"{path}/mute", {"track": "TR_none", "muted": True})
        studio.kill()
        studio.start()
        if token_for(studio, session, link).status != 403:
            return "who was removed may come again once the server was killed"
        if guest_may.status != 403 or gone.status != 204 or again.status != 403:
            return f"{guest_may} {gone} {again}"
        return None if mute.status in (404, 503) else f"{mute}"


# ---- the program ----

def each_change_is_published(server):
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        client = Client(studio, session)
        room_state(client, "ok")
        opening = until(lambda: server.program(session), what="the opening")
        client.send("manual_cut", "cam_2")
        switch = client.wait_event("switch", source="cam_2")
        said = until(lambda: (p := server.program(session)) and p["source"] == "cam_2" and p,
                     what="the change")
        client.close()
        if (opening["source"], opening["reason"]) != ("cam_1", "opening"):
            return f"{opening}"
        if said["t"] != switch["t"] or said["reason"] != switch["reason"] or \
                said["seq"] != switch["seq"] or said["track"] is not None:
            return f"{said} {switch}"
        return None


def a_flood_of_cuts_is_let_through_in_drops(server):
    """Metadata at most once a second, messages ten times; the last change is the one that stays."""
    gate = Gate(server.port)
    try:
        with studio_at(gate.url) as studio:
            session = start_show(studio, cameras=3)["sessionId"]
            client = Client(studio, session)
            room_state(client, "ok")
            client.send("manual_cut", "cam_3")
            until(lambda: gate.count("UpdateRoomMetadata") > 0)
            begin = time.monotonic()
            for i in range(40):
                client.send("manual_cut", f"cam_{1 + i % 2}")
                time.sleep(0.04)
            switches = [e for e in client.heard if e["type"] == "switch"]
            last = switches[-1]
            until(lambda: server.program(session)["seq"] == last["seq"], what="the last cut")
            spent = time.monotonic() - begin
            sent = [one for one in gate.seen if one[0] >= begin]
            written = sum(m == "UpdateRoomMetadata" for _, m, _ in sent)
            messages = [json.loads(base64.b64decode(b["data"]))["program"]
                        for _, m, b in sent if m == "SendData"]
            client.close()
            if len(switches) < 20:
                return f"only {len(switches)} switches"
            if written > spent + 2 or len(messages) > spent * 10 + 2 or not messages:
                return f"{written} writes, {len(messages)} messages in {spent:.1f} s"
            return None if messages[-1]["seq"] == last["seq"] else f"{messages[-1]} {last}"
    finally:
        gate.close()


# ---- LiveKit fails ----

def a_show_begins_without_livekit(_):
    server = Livekit()
    try:
        with studio_at(server.url) as studio:
            session = start_show(studio)["sessionId"]
            client = Client(studio, session)
            state = room_state(client, "failing")
            took = client.send("manual_cut", "cam_2")
            client.wait_event("switch", source="cam_2")
            ready = studio.ask("GET", "/readyz")
            if "not reached" not in state["why"] or not took["ok"]:
                return f"{state} {took}"
            if ready.status != 200 or ready.json["livekit"] != "failing":
                return f"{ready}"
            server.start()
            room_state(client, "ok")
            until(lambda: (server.program(session) or {}).get("source") == "cam_2",
                  what="the program, later")
            client.close()
            stop_show(studio, session)
            return None
    finally:
        server.__exit__()


def livekit_dies_in_mid_show(_):
    """It is back with the room and what the program is."""
    with Livekit() as server, studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        client = Client(studio, session)
        room_state(client, "ok")
        server.stop()
        room_state(client, "failing")
        client.send("manual_cut", "cam_2")
        switch = client.wait_event("switch", source="cam_2")
        server.start()
        room_state(client, "ok")
        until(lambda: (server.program(session) or {}).get("seq") == switch["seq"], what="the program")
        server.stop()
        client.close()
        stopped = stop_show(studio, session)  # and it stops without LiveKit
        return None if stopped["state"] in ("stopping", "complete") else f"{stopped}"


def a_livekit_that_hangs_stops_nothing(server):
    gate = Gate(server.port)
    gate.rule = lambda method, body: "hang"
    try:
        with studio_at(gate.url) as studio:
            session = start_show(studio)["sessionId"]
            client = Client(studio, session)
            for i in range(4):
                took = client.send("manual_cut", f"cam_{1 + i % 2}")
                if not took["ok"]:
                    return f"{took}"
            if token_for(studio, session).status != 201:
                return "no token"
            client.close()
            stop_show(studio, session)
        return None  # and the server ended
    finally:
        gate.close()


def clocks_that_are_apart_are_said(server):
    gate = Gate(server.port)
    late = email.utils.formatdate(time.time() - 3600, usegmt=True)
    denial = {"code": "unauthenticated", "msg": "invalid token: exp claim"}
    gate.rule = lambda method, body: (401, denial, {"Date": late})
    try:
        with studio_at(gate.url) as studio:
            session = start_show(studio)["sessionId"]
            client = Client(studio, session)
            state = room_state(client, "failing")
            gate.rule = lambda method, body: (401, denial, {})
            denied = client.wait("state", lambda s: "unauthenticated" in
                                 (s["livekit"].get("why") or ""), 40) \
                if "clock" not in state["why"] else None
            client.close()
            if "ahead of" not in state["why"]:
                return f"{state} {denied}"
            if gate.count("CreateRoom") > 4:
                return f"a refusal is tried {gate.count('CreateRoom')} times"
            return None
    finally:
        gate.close()


def it_is_never_looked_for_where_clouds_keep_secrets(_):
    """s09"""
    with studio_at("http://169.254.169.254") as studio:
        session = start_show(studio)["sessionId"]
        client = Client(studio, session)
        state = room_state(client, "failing")
        client.close()
        return None if "link-local" in state["why"] else f"{state}"


def what_is_half_set_up_does_not_start(_):
    """s07: nor what anybody could guess."""
    url = "wss://livekit.example"
    cases = [({"CROSSCUT_LIVEKIT_URL": url}, "belong together"),
             ({"CROSSCUT_LIVEKIT_SECRET": SECRET}, "belong together"),
             ({**environment(url), "CROSSCUT_LIVEKIT_SECRET": "short"}, "shorter than 32"),
             (environment("file:///etc/passwd"), "expected an address"),
             (environment("wss://user:pass@livekit.example"), "no user")]
    for given, wanted in cases:
        status, said = refused(environment=given)
        if status == 0 or wanted not in said or SECRET in said:
            return f"{given}: {status} {said}"
    with Studio() as studio:
        session = start_show(studio)["sessionId"]
        answer = token_for(studio, session)
        hook = studio.ask("POST", "/livekit/webhook", b"{}")
        ready = studio.ask("GET", "/readyz").json["livekit"]
        if answer.status != 409 or hook.status != 404 or ready != "off":
            return f"{answer} {hook} {ready}"
    return None


# ---- webhooks, and events that come as data ----

def webhooks_say_who_comes(_):
    port = free_port()
    with Livekit([f"http://127.0.0.1:{port}/livekit/webhook"]) as server, \
            studio_at(server.url, listen=f"127.0.0.1:{port}") as studio:
        session = start_show(studio)["sessionId"]
        client = Client(studio, session)
        room_state(client, "ok")
        socket = join(server.url, token_for(studio, session, guest_link(studio, session)).json["token"])
        client.wait("state", lambda s: any(p["identity"] == "cam_2" for p in
                                           s["livekit"]["participants"]))
        socket.close()
        client.wait("state", lambda s: not s["livekit"]["participants"], 60)
        client.close()
        return None if "webhook refused" not in studio.log_text() else studio.log_text()


def a_webhook_with_a_wrong_signature_is_refused(server):
    """s07"""
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        body = json.dumps({"event": "room_finished", "room": {"name": session}}).encode()

        def tell(token, sent=body):
            headers = {"Content-Type": "application/webhook+json"}
            if token:
                headers["Authorization"] = token
            return studio.ask("POST", "/livekit/webhook", sent, token=None, headers=headers).status
        good = hook_token(body)
        wrong = {"none": None, "secret": hook_token(body, secret="x" * 40),
                 "body": hook_token(b"another"), "old": hook_token(body, time.time() - 3600),
                 "early": hook_token(body, time.time() + 3600), "key": hook_token(body, key="other"),
                 "plain": studio.token, "algorithm": jwt(claims_of(good), algorithm="none")}
        found = {why: tell(token) for why, token in wrong.items()}
        if any(status != 401 for status in found.values()):
            return f"{found}"
        if tell(good) != 204 or tell(hook_token(body, time.time() - 320)) != 204:  # the leeway
            return f"a good one is not taken: {studio.log_text()[-500:]}"
        if tell(hook_token(b"[]"), b"[]") != 400 or tell(hook_token(b"x" * 300000), b"x" * 300000) != 413:
            return "bad bodies"
        said = studio.log_text()
        return None if SECRET not in said and good not in said else "a secret in the log"


def a_forged_event_moves_its_sender_alone(server):
    """s06: handed in by a console, it counts as the guest's whom LiveKit named."""
    with studio_at(server.url) as studio:
        session = start_show(studio, cameras=3)["sessionId"]
        client = Client(studio, session)
        path = f"/sessions/{session}/livekit/events"

        def relay(identity, token=..., **event):
            return studio.ask("POST", path, {"identity": identity, "event": event}, token=token)
        t = client.clock()
        good = relay("cam_2", type="speaking_start", t=t, id="a1")
        if good.status != 200:
            return f"{good}"
        heard = client.wait_event("speaking_start", source="cam_2")
        again = relay("cam_2", type="speaking_start", t=t, id="a1")
        other = relay("cam_2", type="speaking_start", source="cam_1", t=t, id="a2")
        command = relay("cam_2", type="manual_cut", source="cam_2", t=t, id="a3")
        host = relay("host-1", type="speaking_start", source="cam_1", t=t, id="a4")
        guest = relay("cam_2", guest_link(studio, session), type="speaking_stop", t=t, id="a5")
        future = relay("cam_3", type="speaking_start", t=10 ** 12, edge_t=-5, id="a6")
        clamped = client.wait_event("speaking_start", source="cam_3")
        with ThreadPoolExecutor(8) as pool:  # one after the other may be slow enough
            flood = list(pool.map(lambda i: relay("cam_2", type="clock", t=client.clock(),
                                                  id=f"f{i}").status, range(160)))
        still = relay("cam_3", type="speaking_stop", t=client.clock(), id="a7")
        now = client.clock()
        client.close()
        log = read_log(show_folder(studio, session))
        if good.status != 200 or again.json["seq"] != good.json["seq"] or heard["id"] != "a1":
            return f"{good} {again}"
        statuses = [a.status for a in (other, command, host, guest)]
        if statuses != [403] * 4:
            return f"{statuses}"
        if future.status != 200 or clamped["t"] > now or "edge_t" in clamped:
            return f"{future} {clamped}"
        if 429 not in flood or still.status != 200:
            return f"{flood} {still}"
        moved = {e.get("source") for e in log if e["type"].startswith("speaking")}
        return None if moved == {"cam_2", "cam_3"} else f"{moved}"


def no_secret_is_in_what_is_left(server):
    """s08"""
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        client = Client(studio, session)
        room_state(client, "ok")
        token = token_for(studio, session).json["token"]
        client.send("manual_cut", "cam_2")
        until(lambda: server.program(session))
        said = [studio.ask("GET", path).body for path in
                ("/metrics", "/readyz", f"/sessions/{session}", "/openapi.json")]
        said += [Path(f"/proc/{studio.process.pid}/cmdline").read_bytes(),
                 json.dumps(client.welcome).encode(), json.dumps(client.heard).encode()]
        client.close()
        stop_show(studio, session)
        said += [p.read_bytes() for p in studio.folder.rglob("*") if p.is_file()]
        for secret in (SECRET, token):
            if any(secret.encode() in part for part in said):
                return f"{secret[:12]}… is in something"
        return None


def a_restarted_server_finds_its_room(server):
    """r01"""
    with studio_at(server.url) as studio:
        session = start_show(studio)["sessionId"]
        until(lambda: session in server.rooms())
        studio.kill()
        studio.start()
        client = Client(studio, session)
        room_state(client, "ok")
        client.send("manual_cut", "cam_2")
        until(lambda: (server.program(session) or {}).get("source") == "cam_2", what="the program")
        client.close()
        stop_show(studio, session)
        until(lambda: session not in server.rooms(), what="the end of the room")
        return None


TESTS = [
    ("what is half set up does not start", what_is_half_set_up_does_not_start),
    ("a room lives as long as its show", a_room_lives_as_long_as_its_show),
    ("s07 LiveKit takes our tokens and no others", livekit_takes_our_tokens_and_no_others),
    ("s07 a role comes from the link", a_role_comes_from_the_link),
    ("s07 pages may ask LiveKit and no other", pages_may_ask_livekit_and_no_other),
    ("who was removed stays out", who_was_removed_stays_out),
    ("each change of the program is published", each_change_is_published),
    ("a flood of cuts is let through in drops", a_flood_of_cuts_is_let_through_in_drops),
    ("a show begins without LiveKit", a_show_begins_without_livekit),
    ("LiveKit dies in mid-show", livekit_dies_in_mid_show),
    ("a LiveKit that hangs stops nothing", a_livekit_that_hangs_stops_nothing),
    ("clocks that are apart are said", clocks_that_are_apart_are_said),
    ("s09 it is never looked for where clouds keep secrets",
     it_is_never_looked_for_where_clouds_keep_secrets),
    ("webhooks say who comes", webhooks_say_who_comes),
    ("s07 a webhook with a wrong signature is refused", a_webhook_with_a_wrong_signature_is_refused),
    ("s06 a forged event moves its sender alone", a_forged_event_moves_its_sender_alone),
    ("s08 no secret is in what is left", no_secret_is_in_what_is_left),
    ("r01 a restarted server finds its room", a_restarted_server_finds_its_room),
]


def main():
    tap = Tap()
    why = livekit.missing()
    if why:
        print(f"1..0 # SKIP {why}")
        return
    chosen = sys.argv[1:]
    with Livekit() as server:
        tap.run_side_by_side([(name, test, server) for name, test in TESTS
                              if not chosen or any(word in name for word in chosen)], at_once=6)
    tap.finish()


if __name__ == "__main__":
    main()
