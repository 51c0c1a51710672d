"""What the supervisor runs, and the servers that are made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

PYTHON = '"%(ENV_HAOPING_PYTHON)s"'
CONFIGURATION = '"%(ENV_HAOPING_CONFIG_DIR)s/services.yaml"'


@dataclass(frozen=True)
class Program:
    """A command that the supervisor keeps running, with a log of its own.

    Commands find their executable on PATH or through PYTHON and run in the state folder
    (`at_home`) or in the project's, so that no path has to be quoted. What is started after it
    may count on the port that it `opens`.
    """

    name: str
    command: str
    group: str
    environment: Mapping[str, str] = field(default_factory=dict)
    at_home: bool = False
    opens: int | None = None
    stop_seconds: int = 20


@dataclass(frozen=True)
class Server:
    """A broker or database that was picked, be it ours to run or somebody else's.

    `probe` raises until the server answers with our credentials and returns what it says it is;
    then `arrange` puts in order what is in it.
    `uris` are those of services that have a user of their own; the others are told none.
    """

    name: str
    uri: str
    picked: str
    probe: Callable[[], str]
    programs: tuple[Program, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    prepare: Callable[[Mapping[str, str]], None] | None = None
    arrange: Callable[[], None] | None = None
    uris: Mapping[str, str] | None = None

    def uri_for(self, service: str) -> str:
        """Where a service finds it: as a user of its own, as ours, or not at all."""
        return self.uri if self.uris is None else self.uris.get(service, "")
