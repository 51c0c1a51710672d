"""Mail out over SMTP, if there is a server for it."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from nameko.extensions import DependencyProvider

from services.adapters.trust import context
from services.adapters.webhooks import Answer
from services.errors import Misconfigured

TIMEOUT_S = 10.0
PORTS = {"smtp": 25, "smtps": 465}
FORM = "write it as smtp://user:password@host:25?starttls=1 or smtps://host"


@dataclass(frozen=True)
class Post:
    """The mail server, and whose name is on what it sends; without one there is no mail."""

    server: SplitResult | None = field(repr=False)
    sender: str
    trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    @property
    def enabled(self) -> bool:
        """Whether mail can be sent at all."""
        return self.server is not None

    def send(self, message: EmailMessage) -> Answer:
        """Try once. Never raises: what went wrong is in the answer."""
        if self.server is None:
            return Answer(False, "HAOPING_SMTP_URL names no mail server")
        message["From"] = self.sender
        try:
            with self._line(self.server) as line:
                line.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            return Answer(False, f"{type(error).__name__}: {error}"[:200])
        return Answer(True, "accepted by the mail server")

    def _line(self, server: SplitResult) -> smtplib.SMTP:
        host, port = server.hostname or "", server.port or PORTS[server.scheme]
        if server.scheme == "smtps":
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=TIMEOUT_S, context=self.trusted
            )
        else:
            line = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        if parse_qs(server.query).get("starttls") == ["1"]:
            line.starttls(context=self.trusted)
        if server.username:
            line.login(unquote(server.username), unquote(server.password or ""))
        return line


def post_of(url: str, sender: str) -> Post:
    """The mail server behind a URL; an empty one means that there is none.

    Raises Misconfigured, without what the URL holds, for one that cannot be read.
    """
    if not url:
        return Post(None, sender)
    try:
        server = urlsplit(url)
        readable = server.scheme in PORTS and server.hostname and server.port != 0
    except ValueError:
        readable = None
    if not readable:
        raise Misconfigured(f"HAOPING_SMTP_URL cannot be read: {FORM}")
    return Post(server, sender)


class Mail(DependencyProvider):
    """Gives workers the mail server of `HAOPING_SMTP_URL`."""

    post: Post

    def setup(self) -> None:
        """Read where mail goes."""
        config = self.container.config
        url = str(config.get("HAOPING_SMTP_URL") or "")
        post = post_of(url, str(config.get("HAOPING_MAIL_FROM") or "haoping@localhost"))
        self.post = replace(post, trusted=context(config))

    def get_dependency(self, worker_ctx: object) -> Post:
        """The mail server."""
        return self.post
