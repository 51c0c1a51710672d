"""Who hears of cases in tests: a real HTTP server for webhooks, and a real SMTP server for mail."""

from __future__ import annotations

import mailbox
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import eventlet
from eventlet import wsgi

from services.console.stack.ports import claim
from services.console.stack.processes import end_child
from tests.integration.bus import eventually


@dataclass
class Heard:
    """Webhooks that have arrived, and how the next ones are answered: in turn, then 204."""

    url: str
    answers: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Take one."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        self.requests.append((environ["PATH_INFO"], headers, environ["wsgi.input"].read()))
        status, more = self.answers.pop(0) if self.answers else ("204 No Content", {})
        start(status, list(more.items()))
        return [b""]


@contextmanager
def web_listener() -> Iterator[Heard]:
    """An HTTP server for the length of a `with`."""
    heard = Heard("")
    with _serving(lambda listening: wsgi.server(listening, heard, log_output=False)) as heard.url:
        yield heard


def trickling_listener() -> AbstractContextManager[str]:
    """A server that begins to answer, and goes on a byte at a time without an end."""
    return _serving(_trickle)


def _trickle(listening: Any) -> None:
    connection, _ = listening.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
        while True:
            connection.sendall(b"1")
            eventlet.sleep(0.05)


@contextmanager
def _serving(serve: Callable[[Any], None]) -> Iterator[str]:
    listening = eventlet.listen(("127.0.0.1", 0))
    serving = eventlet.spawn(serve, listening)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
    finally:
        serving.kill()
        listening.close()


@dataclass(frozen=True)
class Letters:
    """What a mail server has accepted."""

    url: str
    folder: Path

    def all(self) -> list[dict[str, str]]:
        """Every mail: its headers as they read, and its text."""
        return [_read(each) for each in mailbox.Maildir(self.folder, create=True)]


def _read(mail: Any) -> dict[str, str]:
    headers = {name.lower(): str(make_header(decode_header(text))) for name, text in mail.items()}
    return {**headers, "text": mail.get_payload(decode=True).decode()}


@contextmanager
def mail_server(folder: Path) -> Iterator[Letters]:
    """An SMTP server (aiosmtpd, a process of its own) for the length of a `with`."""
    port = claim(("smtp",), {})["smtp"]
    address = f"127.0.0.1:{port}"
    command = [
        "-m",
        "aiosmtpd",
        "-n",
        "-l",
        address,
        "-c",
        "aiosmtpd.handlers.Mailbox",
        str(folder),
    ]
    server = subprocess.Popen([sys.executable, *command])
    try:
        eventually(lambda: _answers(port))
        yield Letters(f"smtp://{address}", folder)
    finally:
        end_child(server)


def _answers(port: int) -> bool:
    try:
        eventlet.connect(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
