"""Connections that send too slowly are cut: a head has so long, a body has to keep a pace.

Else a few hundred strangers who send a byte a minute could hold every connection there is. What has
come in one piece, as nearly every press does, is not timed.
"""

from __future__ import annotations

import time
from typing import Any

import eventlet
import eventlet.wsgi
from nameko.web.server import HttpOnlyProtocol

from services.adapters.http.heads import Heads
from services.adapters.http.securing import NotSecured

HEAD_S = 20.0
"""From the first byte of a request to the end of its headers."""
BODY_S = 30.0
"""What a body has for itself, besides a second for each `SLOWEST_BYTES` of it."""
SLOWEST_BYTES = 1024
LONGEST_PIECE = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
eventlet.wsgi.MAX_HEADER_LINE = 8 * 1024
eventlet.wsgi.MAX_TOTAL_HEADER_SIZE = 32 * 1024


class TimelyProtocol(HttpOnlyProtocol):
    """eventlet's HTTP, for who keeps up; what it says by itself names no software."""

    server_version, sys_version = "haoping", ""
    heads = Heads()
    rfile: Any

    def _read_request_line(self) -> Any:
        """The first line; the wait for its first byte is that of an idle connection."""
        try:
            if self.rfile.closed or not (come := self.rfile.peek(1)):
                return b""
        except TimeoutError:
            raise
        except (OSError, NotSecured):
            return b""
        head, end, _ = come.partition(END_OF_HEAD)
        self._has_come, self.body_come = bool(end), len(come) - len(head) - len(end)
        self._head, self._whole = bytes(head) if end else b"", self.rfile
        self._head_until = time.monotonic() + HEAD_S
        return self._in_time(super()._read_request_line)

    def parse_request(self) -> Any:
        """The headers, within what is left of the time, or as they were found before."""
        if known := self.heads.known(self._head):
            for name, found in known.items():
                setattr(self, name, found)
            self._whole.read(len(self._head) + len(END_OF_HEAD) - len(self.raw_requestline))
            return True
        parsed = self._in_time(super().parse_request)
        if parsed and self._head:
            self.heads.keep(self._head, self)
        return parsed

    def _in_time(self, read: Any) -> Any:
        if self._has_come:
            return read()
        try:
            with eventlet.Timeout(max(0.0, self._head_until - time.monotonic()), TimeoutError):
                return read()
        except TimeoutError:
            self.wfile.write(TOO_LATE)
            self.wfile.flush()
            raise

    def get_environ(self) -> Any:
        """The environment of WSGI, in which the body is read at a pace.

        Of a body in chunks eventlet finds the end by itself, which werkzeug has to be told.
        """
        whole, self.rfile = self.rfile, Paced(self.rfile, self)
        try:
            environ = super().get_environ()
        finally:
            self.rfile = whole
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True
        return environ

    def log_message(self, *said: Any) -> None:
        """Say nothing: what strangers send does not belong into the log."""


class Paced:
    """What comes after a head. Raises TimeoutError, an OSError, once it has come too slowly."""

    def __init__(self, file: Any, protocol: Any) -> None:
        self._file, self._protocol, self._come = file, protocol, protocol.body_come
        self._until = time.monotonic() + BODY_S

    def read(self, size: int) -> bytes:
        """The next `size` bytes, or as many as there are before the end."""
        if size <= self._come:
            self._come -= size
            return bytes(self._file.read(size))
        pieces: list[bytes] = []
        while size > 0 and (piece := self._next(self._file.read1, min(size, LONGEST_PIECE))):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def readline(self, size: int = -1) -> bytes:
        """The rest of a line, or as much as a line may have: what parts the chunks of a body."""
        return self._next(self._file.readline, size if size >= 0 else eventlet.wsgi.MAX_HEADER_LINE)

    def _next(self, read: Any, size: int) -> bytes:
        self._come = 0
        try:
            with eventlet.Timeout(max(0.0, self._until - time.monotonic()), TimeoutError):
                found: bytes = read(size)
        except OSError:
            self._protocol.close_connection = True
            raise
        self._until += len(found) / SLOWEST_BYTES
        return found
