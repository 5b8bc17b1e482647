"""test-clients.py SOCKETIO-ECHO: python-socketio's client, unchanged, over each of its transports."""
import os
import queue
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from tap import Tap  # noqa: E402

import socketio  # noqa: E402

PROGRAM = sys.argv[1]
WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}
PATIENCE_S = 60


class Echo:
    def __init__(self, *options, port=0):
        self.process = subprocess.Popen([PROGRAM, "--port", str(port), *options],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, f"socketio-echo ended with {self.process.returncode}"


class Client:
    """A client whose events are waited for."""

    def __init__(self, echo, way, auth=None, namespaces=None, reconnection=False):
        self.io = socketio.Client(reconnection=reconnection, reconnection_delay=0.05,
                                  handle_sigint=False)
        self.events = queue.Queue()
        for space in namespaces or ["/"]:
            self.io.on("*", lambda name, *args, s=space: self.events.put((s, name, *args)),
                       namespace=space)
            self.io.on("connect", lambda s=space: self.events.put((s, "connect")), namespace=space)
            self.io.on("connect_error", lambda *args, s=space:
                       self.events.put((s, "connect_error", *args)), namespace=space)
        self.io.on("disconnect", lambda reason: self.events.put(("/", "disconnect", reason)))
        self.io.on("question", lambda *args: args)
        self.where = {"url": echo.url, "auth": auth, "transports": WAYS[way],
                      "namespaces": namespaces, "wait_timeout": PATIENCE_S}

    def connect(self):
        self.io.connect(**self.where)
        return self

    def wait_for(self, name, space="/"):
        while True:
            got = self.events.get(timeout=PATIENCE_S)
            if got[:2] == (space, name):
                return got[2:]

    def call(self, event, *args, **options):
        return self.io.call(event, args if args else None, timeout=PATIENCE_S, **options)


def connects(echo, way):
    client = Client(echo, way, auth={"token": "x"}).connect()
    assert client.wait_for("auth") == ({"token": "x"},)
    assert client.io.transport() == ("polling" if way == "polling" else "websocket")
    client.io.disconnect()


def carries(echo, way):
    client = Client(echo, way).connect()
    values = [1, "two", {"three": [True, None, 4.5]}, b"\x01\x02\x03"]
    client.io.emit("message", tuple(values))
    assert list(client.wait_for("message-back")) == values
    assert list(client.call("message-with-ack", *values)) == values
    assert client.call("message-with-ack", "one") == "one"
    client.io.disconnect()


def answers(echo, way):
    client = Client(echo, way).connect()
    client.io.emit("ask", (41, b"b"))
    assert client.wait_for("answered") == (41, b"b")
    client.io.disconnect()


def gets_all(echo, way):
    client = Client(echo, way).connect()
    for number in range(200):
        client.io.emit("message", (number, b"x" * (number % 5)) if number % 2 else number)
    # The client calls each handler on a thread of its own, so their order says nothing.
    got = {client.wait_for("message-back")[0] for _ in range(200)}
    assert got == set(range(200))
    client.io.disconnect()


def joins_namespaces(echo, way):
    client = Client(echo, way, namespaces=["/", "/custom"]).connect()
    assert client.wait_for("auth", "/custom") == ({},)
    assert client.io.get_sid("/") != client.io.get_sid("/custom")
    client.io.disconnect()


def is_refused(echo, way):
    client = Client(echo, way, auth={"refuse": "not you"})
    try:
        client.connect()
    except socketio.exceptions.ConnectionError:
        told = {"message": "not you", "data": {"code": "refused"}}
        assert client.wait_for("connect_error") == (told,)
    else:
        raise AssertionError("it was let in")


def is_in_rooms(echo, way):
    one, two, three = (Client(echo, way).connect() for _ in range(3))
    for client in (one, two):
        client.call("join", "show")
    one.call("to-others", "show", b"hi")
    assert two.wait_for("room") == ("show", b"hi")
    three.call("to-room", "show", 2)
    assert one.wait_for("room") == ("show", 2)
    assert two.wait_for("room") == ("show", 2)
    for client in (one, two, three):
        client.io.disconnect()


def is_put_out(echo, way):
    client = Client(echo, way).connect()
    client.io.emit("put-out")
    assert client.wait_for("disconnect") == (client.io.reason.SERVER_DISCONNECT,)
    client.io.disconnect()


def comes_back(_, way):
    echo = Echo()
    client = Client(echo, way, reconnection=True).connect()
    client.wait_for("connect")
    echo.stop()
    client.wait_for("disconnect")
    again = Echo(port=echo.port)
    client.wait_for("connect")
    assert client.call("message-with-ack", 1) == 1
    client.io.disconnect()
    again.stop()


def lives_by_pongs(_, way):
    echo = Echo("--ping-interval", "50", "--ping-timeout", "20000")
    client = Client(echo, way).connect()
    for number in range(20):
        assert client.call("message-with-ack", number) == number
        client.io.sleep(0.02)
    client.io.disconnect()
    echo.stop()


TESTS = {
    "connects-with-its-auth": connects,
    "events-and-acks-carry-json-and-bytes": carries,
    "answers-what-it-is-asked": answers,
    "many-messages-all-arrive": gets_all,
    "namespaces-share-a-session": joins_namespaces,
    "is-refused-with-the-message": is_refused,
    "rooms-reach-who-joined": is_in_rooms,
    "is-put-out": is_put_out,
    "comes-back-after-the-server-restarted": comes_back,
    "lives-by-its-pongs": lives_by_pongs,
}


def main():
    tap = Tap()
    echo = Echo()
    for way in WAYS:
        for name, test in TESTS.items():
            tap.run(f"/socketio/python-client/{way}/{name}", test, echo, way)
    tap.run("/socketio/python-client/the-server-ends-well", echo.stop)
    sys.stdout.flush()
    print(f"1..{tap.count}", flush=True)
    # Threads of clients that failed would keep the test from ending.
    os._exit(1 if tap.failed else 0)


main()
