"""Ports for tests that have to know theirs before somebody listens there."""
import random
import socket

GIVEN = set()  # by this process


def free_port():
    """Of those that the kernel gives to no connection and to nobody who asks for any: it stays free until
    it is listened on, and while a server that was killed is away."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in GIVEN:
            GIVEN.add(port)
            return port
