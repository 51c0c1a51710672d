"""`haoping selftest`: probes of all five levels through every channel, and what did not pass.

A real system refused one and two stars for a year and nobody noticed; so the way is tried.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import NotAnswered, Token, ask, at
from services.contracts.vocabulary import Channel, Level

POLL_S = 0.2
LOST = "sent, and not seen in the store in time"
PASSED = "probe_passed"
NOT_YET = "not_seen_yet"
console = Console()
Within = Annotated[float, typer.Option(help="Seconds until a probe counts as lost", min=1)]


@dataclass
class Probe:
    """A press that counts nowhere, and what kept it from passing (None: nothing)."""

    channel: Channel
    level: Level
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    obstacle: str | None = LOST


@dataclass(frozen=True)
class Way:
    """The way of a rating over HTTP: in by the edge, looked up in the store, at one place."""

    capture: str
    store: str
    token: str
    place: dict[str, str]

    def try_all(self, channels: Sequence[Channel], within_s: float) -> list[Probe]:
        """Send every level through every channel, and wait up to `within_s` for all of them."""
        deadline = time.monotonic() + within_s
        probes = [Probe(channel, level) for channel, level in product(channels, Level)]
        waiting = [probe for probe in probes if self._sent(probe)]
        while waiting and time.monotonic() < deadline:
            waiting = [probe for probe in waiting if not self._settled(probe)]
            time.sleep(POLL_S if waiting else 0)
        return probes

    def _sent(self, probe: Probe) -> bool:
        try:
            now = ask("GET", self.capture, self.token, "/v1/time").json()["now"]
            press = {"rating_id": probe.id, "level": int(probe.level), "channel": probe.channel}
            body = {**press, **self.place, "pressed_at": now, "probe": True}
            ask("POST", self.capture, self.token, "/v1/ratings", json=body)
        except NotAnswered as error:
            probe.obstacle = f"refused by the edge: {error.message}"
            return False
        return True

    def _settled(self, probe: Probe) -> bool:
        try:
            told = ask("GET", self.store, self.token, f"/v1/ratings/{probe.id}").json()
        except NotAnswered as error:
            probe.obstacle = f"{LOST}: {error.message}"
            return False
        if told["status"] == NOT_YET:
            return False
        passed = told["status"] == PASSED
        probe.obstacle = None if passed else f"refused by the store: {told['detail']}"
        return True


def selftest(
    token: Token,
    window: Annotated[str | None, typer.Option(help="A registered window to press at")] = None,
    unit: Annotated[str | None, typer.Option(help="Or a registered unit")] = None,
    channel: Annotated[list[Channel] | None, typer.Option(help="Only these channels")] = None,
    within: Within = 30,
    capture_url: Annotated[str | None, typer.Option(envvar="HAOPING_CAPTURE_URL")] = None,
    store_url: Annotated[str | None, typer.Option(envvar="HAOPING_STORE_URL")] = None,
) -> None:
    """Send probes of all five levels through every channel; exit code 1 if one did not pass.

    The token is that of a system. Probes are kept beside the ratings: they count nowhere and open
    no case.
    """
    place = {"window": window, "unit": unit}
    named = {kind: id for kind, id in place.items() if id}
    if not named:
        raise typer.BadParameter("name a --window or a --unit at which the probes press")
    way = Way(at("capture", capture_url), at("store", store_url), token, named)
    probes = way.try_all(channel or list(Channel), within)
    console.print(_table(probes))
    if obstacles := list(_obstacles(probes)):
        for line in obstacles:
            console.print(line, markup=False, soft_wrap=True)
        raise typer.Exit(1)


def _table(probes: Sequence[Probe]) -> Table:
    table = Table("channel", *(str(int(level)) for level in Level), title="haoping selftest")
    for channel in dict.fromkeys(probe.channel for probe in probes):
        cells = ["lost" if each.obstacle else "ok" for each in probes if each.channel is channel]
        table.add_row(channel, *cells)
    return table


def _obstacles(probes: Sequence[Probe]) -> Iterator[str]:
    for probe in probes:
        if probe.obstacle:
            yield f"{probe.channel} level {int(probe.level)}: {probe.obstacle}"
