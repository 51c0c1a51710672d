"""`haoping selftest`: probes of all five levels through every channel on every path.

A real system refused one and two stars for a year and nobody noticed; so the way is tried.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import groupby
from typing import Annotated, Protocol

import httpx
import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import NotAnswered, Token, ask, at
from services.console.device import State
from services.console.probes import (
    LOST,
    Batch,
    By,
    Closed,
    Link,
    Path,
    Place,
    Plate,
    Probe,
    Single,
    drawn,
    refuse,
)
from services.console.reach import Reach
from services.console.stack.layout import Layout
from services.contracts.vocabulary import Channel, Level

POLL_S, TIMEOUT_S = 0.2, 15
PASSED = "probe_passed"
NOT_YET = "not_seen_yet"
NO_WINDOW = "a plate hangs at a window: name --window, or say --without plate"
SLOW = "not sent: what was sent before it took too long"
REMEDIES = {
    LOST: "see with `haoping doctor` whether store runs, and what waits in its queues",
    SLOW: "mend that first, or give more time with --within",
    "refused by the edge": "mend what it names; the log of capture says more",
    "refused by the broker": "see whether the broker runs, and what GET /readyz of capture says",
    "refused by the store": "mend the rules or the registry accordingly, then try again",
}
console = Console()


class Ticks(Protocol):
    """What waiting goes by, as the module `time` offers it."""

    def monotonic(self) -> float:
        """Seconds since any moment."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


Within = Annotated[float, typer.Option(help="Seconds until a probe counts as lost", min=1)]
Skipped = Annotated[
    list[By] | None, typer.Option(help="A path that this installation does not have")
]
Url = Annotated[str | None, typer.Option(envvar="HAOPING_CAPTURE_URL")]
StoreUrl = Annotated[str | None, typer.Option(envvar="HAOPING_STORE_URL")]
MqttUrl = Annotated[
    str | None,
    typer.Option(
        envvar="HAOPING_SELFTEST_MQTT_URL",
        help="mqtt://device-ID:PASSWORD@HOST:1883 of a device for probes; see --kiosk",
    ),
]
KioskFile = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_SELFTEST_KIOSK", help="The outbox file of that enrolled device"),
]
AmqpUrl = Annotated[
    str | None,
    typer.Option(
        envvar="HAOPING_SELFTEST_AMQP_URL",
        help="amqp://system-ID:PASSWORD@HOST:5672/ of the system whose token this is",
    ),
]


def selftest(
    token: Token,
    window: Annotated[str | None, typer.Option(help="A registered window to press at")] = None,
    unit: Annotated[str | None, typer.Option(help="Or a registered unit")] = None,
    channel: Annotated[list[Channel] | None, typer.Option(help="Only these channels")] = None,
    without: Skipped = None,
    within: Within = 30,
    capture_url: Url = None,
    store_url: StoreUrl = None,
    mqtt_url: MqttUrl = None,
    kiosk: KioskFile = None,
    amqp_url: AmqpUrl = None,
    state: State = None,
) -> None:
    """Send probes of all levels through every channel and path; exit code 1 if one did not pass.

    The token is that of a system, best of one called `selftest`. Probes are kept beside the
    ratings: they count nowhere, open no case and use up no device's sequence. On the private stack
    of this folder MQTT and AMQP need no more than a system and a device called `selftest`.
    """
    named = {kind: id for kind, id in {"window": window, "unit": unit}.items() if id}
    if not named:
        raise typer.BadParameter("name a --window or a --unit at which the probes press")
    capture, store = at("capture", capture_url), at("store", store_url)
    now = datetime.fromisoformat(ask("GET", capture, token, "/v1/time").json()["now"])
    with ExitStack() as lines:
        http = lines.enter_context(httpx.Client(timeout=TIMEOUT_S))
        place = Place(http, capture, store, token, named, now)
        reach = Reach(place, Layout.of(state), lines)
        paths = [*_over_http(place), reach.mqtt(mqtt_url, kiosk), reach.amqp(amqp_url)]
        tried = [path for path in paths if path.name not in (without or ())]
        probes = try_all(tried, channel or list(Channel), within)
    _tell(probes)
    if any(probe.obstacle for probe in probes):
        raise typer.Exit(1)


def _over_http(place: Place) -> Iterator[Path]:
    yield from (Single(place), Batch(place), Link(place))
    yield Plate(place) if "window" in place.at else Closed(By.PLATE, NO_WINDOW, (Channel.QR,))


def try_all(
    paths: Sequence[Path], channels: Sequence[Channel], within_s: float, ticks: Ticks = time
) -> list[Probe]:
    """Send every level through every channel of every path; wait up to `within_s` for all."""
    deadline = ticks.monotonic() + within_s
    sent: list[tuple[Path, Probe]] = []
    for left, path in zip(range(len(paths), 0, -1), paths, strict=True):
        now = ticks.monotonic()
        sent += _sent(path, channels, now + (deadline - now) / min(left, 2), ticks)
    waiting = [(path, probe) for path, probe in sent if probe.obstacle == LOST]
    while waiting:
        waiting = [(path, probe) for path, probe in waiting if not settled(path, probe)]
        if ticks.monotonic() > deadline:
            break
        ticks.sleep(POLL_S if waiting else 0)
    return [probe for _, probe in sent]


def _sent(
    path: Path, channels: Sequence[Channel], until: float, ticks: Ticks
) -> list[tuple[Path, Probe]]:
    """Probes sent on a path; one that is slow does not use up the time of the others."""
    drawn_here = list(drawn(path, channels))
    for probes in drawn_here:
        if ticks.monotonic() < until:
            path.send(probes)
        else:
            refuse(probes, SLOW)
    return [(path, probe) for probes in drawn_here for probe in probes]


def settled(path: Path, probe: Probe) -> bool:
    """Whether the store has said what became of the probe."""
    try:
        told = path.find(probe)
    except NotAnswered as error:
        probe.obstacle = f"{LOST}: {error.message}"
        return False
    if told["status"] == NOT_YET:
        return False
    refused = f"refused by the store: {told['detail']}"
    probe.obstacle = None if told["status"] == PASSED else refused
    return True


def _tell(probes: Sequence[Probe]) -> None:
    table = Table(
        "path", "channel", *(str(int(level)) for level in Level), title="haoping selftest"
    )
    for (path, channel), group in groupby(probes, lambda each: (each.path, each.channel)):
        table.add_row(path, channel, *("lost" if each.obstacle else "ok" for each in group))
    console.print(table)
    for line in obstacles(probes):
        console.print(line, markup=False, soft_wrap=True)


def obstacles(probes: Iterable[Probe]) -> Iterator[str]:
    """What did not pass and what to do, one sentence for levels that share a fate."""
    for (path, channel, obstacle), group in groupby(
        probes, lambda each: (each.path, each.channel, each.obstacle)
    ):
        if obstacle:
            levels = ", ".join(str(int(each.level)) for each in group)
            remedy = next((do for kind, do in REMEDIES.items() if obstacle.startswith(kind)), "")
            yield f"{channel} over {path}, level {levels}: {obstacle}{remedy and f'; {remedy}'}"
