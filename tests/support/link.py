"""A TCP link before a server, which a test makes slow, stalls without closing it, or resets."""
import socket
import struct
import threading
import time

CHUNK = 2048


class Silence:
    """Listens on a port of its own of this machine, and never says a word: half-open for who connects."""

    def __init__(self, listener=None):
        self.listener = listener or socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Listener(Silence):
    """serve() has each connection, in a thread."""

    def __init__(self, listener=None):
        super().__init__(listener)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                one, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(one,), daemon=True).start()


class Link(Listener):
    """Passes connections to `port` of this machine on. `buffer_bytes`: that the system may hold of them;
    little, so that a sender notices soon what the link does, and more where it shall only be slow: a
    window that is all but closed is one that is gone."""

    def __init__(self, port, buffer_bytes=8192):
        self.to = port
        self.rate = None  # bytes a second towards the server; None: as it comes
        self.is_open = True
        self.sockets = []
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        super().__init__(listener)

    def serve(self, one):
        try:
            other = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            one.close()
            return
        self.sockets += [one, other]
        threading.Thread(target=self._pump, args=(other, one, False), daemon=True).start()
        self._pump(one, other, True)

    def _pump(self, a, b, is_up):
        held = not self.is_open
        while True:
            while not self.is_open or held:  # those that were held stay so
                held = True
                time.sleep(0.05)
                if a.fileno() < 0:
                    return
            try:
                data = a.recv(CHUNK)
                if not data:
                    b.shutdown(socket.SHUT_WR)
                    return
                b.sendall(data)
            except OSError:
                self._end([a, b])  # whoever is left hears of it
                return
            if is_up and self.rate:
                time.sleep(len(data) / self.rate)

    # ---- what a test does ----

    def slow(self, rate):
        self.rate = rate

    def stall(self):
        """Nothing is taken any more, and nothing ends."""
        self.is_open = False

    def heal(self):
        """As it comes; those that were stalled are gone, new ones are passed on again."""
        if not self.is_open:
            held, self.sockets = self.sockets, []
            self._end(held)
        self.rate = None
        self.is_open = True

    def reset(self):
        """Every connection ends with a reset; new ones are passed on."""
        cut, self.sockets = self.sockets, []
        for one in cut:
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD)  # a thread may wait in it; nothing is sent
            except OSError:
                pass
        for one in cut:
            one.close()

    @staticmethod
    def _end(sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)  # a thread may wait in it
            except OSError:
                pass
            one.close()

    def close(self):
        self.is_open = True
        self._end([self.listener, *self.sockets])
