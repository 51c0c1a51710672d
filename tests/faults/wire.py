"""A line of TCP between a service and its server that can be cut, slowed, reset or left hanging.

It runs in threads of its own beside the bench, and carries everything in order, as TCP does.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

PIECE_BYTES = 65536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close say RST instead of FIN."""
LOOK_EVERY_S = 0.2


class Wire:
    """Carries connections to `uri`'s server; services are told `self.uri` in its place.

    Where there are `others` like it, connections go to each in turn, and past those that are down.
    """

    def __init__(self, uri: str, *others: str) -> None:
        there = urlsplit(uri)
        self._servers = deque((each.hostname, each.port) for each in map(urlsplit, (uri, *others)))
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        port = self._listening.getsockname()[1]
        self.uri = uri.replace(f"{there.hostname}:{there.port}", f"127.0.0.1:{port}")
        self.delay_s = 0.0
        self.is_cut = self.is_silent = False
        self._ends: set[socket.socket] = set()
        self._open = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self._open = False
        self._listening.close()
        self.reset()

    def cut(self) -> None:
        """The cable is out: nobody gets through, and whoever was talking learns it."""
        self.is_cut = True
        self.reset()

    def mend(self) -> None:
        """Everything is as it should be; who hung in between is cut off, as routers do."""
        hung = self.is_silent
        self.is_cut = self.is_silent = False
        self.delay_s = 0.0
        if hung:
            self.reset()

    def reset(self) -> None:
        """Every connection breaks in the middle of a word."""
        for each in list(self._ends):
            with suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                each.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                each.close()
        self._ends.clear()

    def _serve(self) -> None:
        while self._open:
            with suppress(OSError):
                near, _ = self._listening.accept()
                if self.is_cut:
                    near.close()
                    continue
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        far = self._reach()
        if far is None:
            near.close()
            return
        for each in (near, far):
            each.settimeout(None)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ends |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _reach(self) -> socket.socket | None:
        for _ in range(len(self._servers)):
            self._servers.rotate()
            with suppress(OSError):
                return socket.create_connection(self._servers[0], timeout=5)
        return None

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                if self.delay_s:
                    time.sleep(self.delay_s)
                while self.is_silent and source in self._ends:
                    time.sleep(LOOK_EVERY_S)
                sink.sendall(piece)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
            self._ends.discard(each)
