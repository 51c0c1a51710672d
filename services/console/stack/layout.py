"""Where a stack keeps its things: one folder, `.haoping/` unless HAOPING_STATE names another."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from services.console.stack.failure import StackFailed

PROJECT = Path(__file__).resolve().parents[3]
PRIVATE = 0o700
LONGEST_SOCKET_PATH = 90


def default_state() -> Path:
    """HAOPING_STATE, or `.haoping/` beside the project's folders."""
    return Path(os.environ.get("HAOPING_STATE") or PROJECT / ".haoping")


@dataclass(frozen=True)
class Layout:
    """The paths of one stack; `state` is absolute and without symbolic links."""

    state: Path

    @classmethod
    def of(cls, state: Path | str | None = None) -> Layout:
        """The layout of a state folder, which need not exist yet."""
        return cls(Path(state or default_state()).expanduser().resolve())

    @property
    def secrets(self) -> Path:
        """Generated passwords and keys, readable by their owner only."""
        return self.state / "secrets"

    @property
    def logs(self) -> Path:
        """One log per program, rotated."""
        return self.state / "logs"

    @property
    def broker(self) -> Path:
        """RabbitMQ's node: messages, configuration."""
        return self.state / "rabbitmq"

    @property
    def database(self) -> Path:
        """SecantusDB's files."""
        return self.state / "secantusdb"

    @property
    def home(self) -> Path:
        """HOME of everything that runs in the stack, so that nobody's real one is touched."""
        return self.state / "home"

    @property
    def lock(self) -> Path:
        """Held, by the kernel, exactly as long as somebody runs this stack."""
        return self.state / "lock"

    @property
    def ports(self) -> Path:
        """Which port each program had last time."""
        return self.state / "ports.json"

    @property
    def record(self) -> Path:
        """What runs, for people and for `haoping doctor`; never trusted for ending a process."""
        return self.state / "stack.json"

    @property
    def configuration(self) -> Path:
        """The generated configuration of supervisord."""
        return self.state / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """Supervisord's control socket; in the temporary folder when the path would be too long."""
        inside = self.state / "supervisor.sock"
        if len(str(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        name = hashlib.sha256(str(self.state).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"haoping-{os.getuid()}-{name}" / "supervisor.sock"

    def log(self, name: str) -> Path:
        """The log of a program."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Create the folders, private to this user.

        Raises StackFailed when the folder belongs to somebody else or cannot be written.
        """
        if "%" in str(self.state):
            raise StackFailed(f"{self.state}: set HAOPING_STATE to a path without a percent sign")
        folders = (self.state, self.secrets, self.logs, self.broker, self.database, self.home)
        for folder in (*folders, self.socket.parent):
            try:
                folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
                owner = folder.stat().st_uid
            except OSError as error:
                raise StackFailed(f"{error}; set HAOPING_STATE to a folder of your own") from error
            if owner != os.getuid():
                raise StackFailed(
                    f"{folder} belongs to another user; set HAOPING_STATE to a folder of your own"
                )
